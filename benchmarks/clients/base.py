"""What every client here can be asked. A method that a client lacks leaves it out of the workloads that need it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlencode


class Client:
    """A client with its connections kept: `Client(ca)` trusts the authorities in the PEM file `ca`.

    A subclass has `get`, and as many of the others as its library can do in the way that its users would. `json`,
    `save`, `start_api` and `finished` here are for clients that bring nothing of the kind.
    """

    #: Content codings are undone without being asked.
    decodes = False
    #: Many threads may use one of these.
    shared = False

    def __init__(self, ca: str) -> None:
        raise NotImplementedError

    def get(self, url: str) -> bytes:
        """The whole body."""
        raise NotImplementedError

    def json(self, url: str) -> Any:
        """The value of a JSON document."""
        return json.loads(self.get(url))

    def text(self, url: str) -> str:
        """The body as text, in an encoding that the client finds out."""
        raise NotImplementedError

    def follow(self, url: str) -> bytes:
        """The body at the end of redirects."""
        raise NotImplementedError

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        """The body in pieces of about `size` bytes."""
        raise NotImplementedError

    def lines(self, url: str) -> Iterator[Any]:
        """The body line by line."""
        raise NotImplementedError

    def raw(self, url: str) -> AbstractContextManager[Any]:
        """The body as a binary file to read from, as it comes: `file.read(n)`, and what `shutil` does with files."""
        raise NotImplementedError

    def save(self, url: str, path: str, size: int) -> None:
        """Write the body of `url` to the file `path`, in pieces of `size` bytes."""
        with open(path, "wb") as file:
            for piece in self.stream(url, size):
                file.write(piece)

    def post_json(self, url: str, value: object) -> bytes:
        """The value sent as JSON."""
        raise NotImplementedError

    def upload(self, url: str, path: str) -> bytes:
        """POST of a file, read as it is sent."""
        raise NotImplementedError

    def multipart(self, url: str, path: str) -> bytes:
        """POST of a form with this one file."""
        raise NotImplementedError

    def once(self, url: str) -> bytes:
        """The body without the kept connections, as by a script's single call."""
        raise NotImplementedError

    def once_tls(self, url: str) -> bytes:
        """The same from an https server of the authorities that are trusted."""
        raise NotImplementedError

    def new(self) -> None:
        """Make anew what keeps connections, and close it; no request is sent."""
        raise NotImplementedError

    def bound(self, origins: int, connections: int) -> None:
        """From now on keep that many origins, with at most that many connections each."""
        raise NotImplementedError

    def fill_jar(self, cookies: Iterable[tuple[str, str, str]]) -> None:
        """Put (name, value, domain) of each cookie into the jar."""
        raise NotImplementedError

    def start_api(self, fields: dict[str, str], login: tuple[str, str], cookies: dict[str, str]) -> None:
        """What every call of `api` brings along; `login` is name and password."""
        basic = base64.b64encode(":".join(login).encode()).decode()
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self.fields = {**fields, "Authorization": f"Basic {basic}", "Cookie": cookie}

    def finished(
        self, url: str, params: dict[str, object], value: object
    ) -> tuple[str, str, bytes | None, dict[str, str]]:
        """Method, URL, body and fields of a call of `api`."""
        url = f"{url}?{urlencode(params)}"
        if value is None:
            return "GET", url, None, self.fields
        return "POST", url, json.dumps(value).encode(), {**self.fields, "Content-Type": "application/json"}

    def api(self, url: str, params: dict[str, object], value: object) -> Any:
        """The response's JSON; POST of `value` as JSON if there is one, else GET."""
        raise NotImplementedError

    def close(self) -> None:
        """Close what is kept."""


def can(client: type[Client], method: str) -> bool:
    """Whether the client does this itself; saving is streaming."""
    method = "stream" if method == "save" else method
    return getattr(client, method) is not getattr(Client, method)

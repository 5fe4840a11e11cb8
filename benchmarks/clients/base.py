"""What every client here can be asked. A method that a client lacks leaves it out of the workloads that need it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import urlencode


class Client:
    """A client with its connections kept: `Client(ca)` trusts the authorities in the PEM file `ca`.

    A subclass has `get`, and as many of these as its library can do in the way that its users would:

        get(url) -> bytes                   the whole body
        post_json(url, value) -> bytes      the value sent as JSON
        stream(url, size) -> Iterator       the body in pieces of about `size` bytes
        lines(url) -> Iterator              the body line by line
        upload(url, path) -> bytes          POST of a file, read as it is sent
        multipart(url, path) -> bytes       POST of a form with this one file
        once(url) -> bytes                  without the kept connections, as a script's single call
        once_tls(url) -> bytes              the same to an https server of those authorities
        follow(url) -> bytes                the body at the end of redirects
        text(url) -> str                    the body as text, in an encoding that the client finds out
        new()                               what keeps connections, made anew and closed, no request sent
        bound(origins, connections)         from now on keep that many origins, with at most that many connections each
        fill_jar(cookies)                   (name, value, domain) for each cookie
        start_api(fields, login, cookies)   what every call of `api` brings along; login is (name, password)
        api(url, params, value) -> object   the response's JSON; POST of `value` as JSON if there is one, else GET

    `start_api` and `finished` here are for clients without a session, which are handed the finished URL and fields.
    """

    #: Content codings are undone without being asked.
    decodes = False
    #: Many threads may use one of these.
    shared = False

    def __init__(self, ca: str) -> None:
        raise NotImplementedError

    def get(self, url: str) -> bytes:
        raise NotImplementedError

    def save(self, url: str, path: str, size: int) -> None:
        """Write the body of `url` to the file `path`, in pieces of `size` bytes."""
        with open(path, "wb") as file:
            for piece in self.stream(url, size):
                file.write(piece)

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        raise NotImplementedError

    def start_api(self, fields: dict[str, str], login: tuple[str, str], cookies: dict[str, str]) -> None:
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

    def api(self, url: str, params: dict[str, object], value: object) -> object:
        raise NotImplementedError

    def close(self) -> None:
        """Close what is kept."""


def can(client: type[Client], method: str) -> bool:
    """Whether the client does this itself; saving is streaming."""
    method = "stream" if method == "save" else method
    return getattr(client, method, None) is not getattr(Client, method, None)

"""What clients with a session, or with responses that are read step by step, have in common; hooks say what differs.

The calls are those that the users of each library write. A hook costs a call of Python for a request or a body, never
for a piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from . import base


class StreamingClient(base.Client):
    """A client whose responses are context managers with a body that is still to be read."""

    decodes = True
    shared = True

    def open(self, url: str) -> AbstractContextManager[Any]:
        """Hook: the response of a GET, its body not read."""
        raise NotImplementedError

    def pieces(self, response: Any, size: int) -> Iterable[bytes]:
        """Hook: the body in pieces of `size` bytes."""
        raise NotImplementedError

    def split(self, response: Any) -> Iterable[Any]:
        """Hook: the body line by line."""
        return response.iter_lines()

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        with self.open(url) as response:
            yield from self.pieces(response, size)

    def lines(self, url: str) -> Iterator[Any]:
        with self.open(url) as response:
            yield from self.split(response)


class SessionClient(StreamingClient):
    """A client whose session merges settings, keeps cookies, follows redirects, and whose responses decode."""

    #: Hook: the module with `get` for single calls.
    library: Any
    #: Hook: what a GET needs to follow redirects.
    following: Mapping[str, Any] = {}

    def __init__(self, ca: str) -> None:
        self.ca = ca
        self.session = self.new_session(verify=self.trust())

    def new_session(self, **options: Any) -> Any:
        """Hook: the library's session."""
        return self.library.Session(**options)

    def trust(self) -> Any:
        """Hook: what `verify` is to trust the authorities in the file `ca`."""
        return self.ca

    def get(self, url: str) -> bytes:
        return self.session.get(url).content

    def post_json(self, url: str, value: object) -> bytes:
        return self.session.post(url, json=value).content

    def once(self, url: str) -> bytes:
        return self.library.get(url).content

    def once_tls(self, url: str) -> bytes:
        return self.library.get(url, verify=self.trust()).content

    def follow(self, url: str) -> bytes:
        return self.session.get(url, **self.following).content

    def text(self, url: str) -> str:
        return self.session.get(url).text

    def json(self, url: str) -> Any:
        return self.session.get(url).json()

    def new(self) -> None:
        self.new_session().close()

    def fill_jar(self, cookies: Iterable[tuple[str, str, str]]) -> None:
        for name, value, domain in cookies:
            self.session.cookies.set(name, value, domain=domain, path="/")

    def start_api(self, fields: dict[str, str], login: tuple[str, str], cookies: dict[str, str]) -> None:
        self.session.headers.update(fields)
        self.session.auth = login
        self.fill_jar((name, value, "127.0.0.1") for name, value in cookies.items())

    def api(self, url: str, params: dict[str, object], value: object) -> Any:
        if value is None:
            return self.session.get(url, params=params).json()
        return self.session.post(url, params=params, json=value).json()

    def close(self) -> None:
        self.session.close()


class UploadingClient(SessionClient):
    """A session that sends files as they are read, and forms."""

    #: Hook: the option that takes a body.
    body = "data"

    def upload(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            return self.session.post(url, **{self.body: file}).content

    def multipart(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            return self.session.post(url, files={"file": file}).content

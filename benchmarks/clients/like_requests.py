"""The API of requests, which three of the clients have: the very same calls are measured for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .base import Client


class LikeRequests(Client):
    """A Session of `library`, a module with the names of requests."""

    decodes = True
    shared = True
    library: Any

    def __init__(self, ca: str) -> None:
        self.ca = ca
        self.session = self.library.Session()
        self.session.verify = ca

    def get(self, url: str) -> bytes:
        return self.session.get(url).content

    def post_json(self, url: str, value: object) -> bytes:
        return self.session.post(url, json=value).content

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        with self.session.get(url, stream=True) as response:
            yield from response.iter_content(size)

    def lines(self, url: str) -> Iterator[bytes]:
        with self.session.get(url, stream=True) as response:
            yield from response.iter_lines()

    def upload(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            return self.session.post(url, data=file).content

    def multipart(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            return self.session.post(url, files={"file": file}).content

    def once(self, url: str) -> bytes:
        return self.library.get(url).content

    def once_tls(self, url: str) -> bytes:
        return self.library.get(url, verify=self.ca).content

    def follow(self, url: str) -> bytes:
        return self.session.get(url).content

    def text(self, url: str) -> str:
        return self.session.get(url).text

    def new(self) -> None:
        self.library.Session().close()

    def bound(self, origins: int, connections: int) -> None:
        adapter = self.library.adapters.HTTPAdapter(origins, connections, pool_block=True)
        self.session.mount("http://", adapter)

    def fill_jar(self, cookies: Iterable[tuple[str, str, str]]) -> None:
        for name, value, domain in cookies:
            self.session.cookies.set(name, value, domain=domain, path="/")

    def start_api(self, fields: dict[str, str], login: tuple[str, str], cookies: dict[str, str]) -> None:
        self.session.headers.update(fields)
        self.session.auth = login
        for name, value in cookies.items():
            self.session.cookies.set(name, value, domain="127.0.0.1", path="/")

    def api(self, url: str, params: dict[str, object], value: object) -> object:
        if value is None:
            return self.session.get(url, params=params).json()
        return self.session.post(url, params=params, json=value).json()

    def close(self) -> None:
        self.session.close()

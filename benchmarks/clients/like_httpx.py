"""The API of httpx, which two of the clients have."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from typing import Any

from . import base


class LikeHttpx(base.Client):
    decodes = True
    shared = True
    library: Any

    def __init__(self, ca: str) -> None:
        self.ca = ca
        self.client = self.library.Client(verify=ssl.create_default_context(cafile=ca), timeout=60)

    def get(self, url: str) -> bytes:
        return self.client.get(url).content

    def post_json(self, url: str, value: object) -> bytes:
        return self.client.post(url, json=value).content

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        with self.client.stream("GET", url) as response:
            yield from response.iter_bytes(size)

    def lines(self, url: str) -> Iterator[str]:
        with self.client.stream("GET", url) as response:
            yield from response.iter_lines()

    def upload(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            return self.client.post(url, content=file).content

    def multipart(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            return self.client.post(url, files={"file": file}).content

    def once(self, url: str) -> bytes:
        return self.library.get(url).content

    def once_tls(self, url: str) -> bytes:
        return self.library.get(url, verify=ssl.create_default_context(cafile=self.ca)).content

    def follow(self, url: str) -> bytes:
        return self.client.get(url, follow_redirects=True).content

    def text(self, url: str) -> str:
        return self.client.get(url).text

    def new(self) -> None:
        self.library.Client().close()

    def bound(self, origins: int, connections: int) -> None:
        number = origins * connections
        limits = self.library.Limits(max_connections=number, max_keepalive_connections=number)
        self.client = self.library.Client(limits=limits, timeout=60)

    def fill_jar(self, cookies: Iterable[tuple[str, str, str]]) -> None:
        for name, value, domain in cookies:
            self.client.cookies.set(name, value, domain=domain, path="/")

    def start_api(self, fields: dict[str, str], login: tuple[str, str], cookies: dict[str, str]) -> None:
        self.client.headers.update(fields)
        self.client.auth = login
        for name, value in cookies.items():
            self.client.cookies.set(name, value, domain="127.0.0.1", path="/")

    def api(self, url: str, params: dict[str, object], value: object) -> object:
        if value is None:
            return self.client.get(url, params=params).json()
        return self.client.post(url, params=params, json=value).json()

    def close(self) -> None:
        self.client.close()

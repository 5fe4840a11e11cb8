"""urllib3, which does the work in requests."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import urllib3

from .with_session import StreamingClient


class Client(StreamingClient):
    def __init__(self, ca: str) -> None:
        self.ca = ca
        self.pool = urllib3.PoolManager(ca_certs=ca)

    def get(self, url: str) -> bytes:
        return self.pool.request("GET", url).data

    def post_json(self, url: str, value: object) -> bytes:
        return self.pool.request("POST", url, json=value).data

    def open(self, url: str) -> AbstractContextManager[Any]:
        return self.pool.request("GET", url, preload_content=False)

    def pieces(self, response: Any, size: int) -> Iterable[bytes]:
        return response.stream(size)

    def split(self, response: Any) -> Iterable[bytes]:
        return response

    def raw(self, url: str) -> AbstractContextManager[Any]:
        return self.open(url)  # the response is the file

    def upload(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            return self.pool.request("POST", url, body=file, headers={"Content-Length": str(size)}).data

    def multipart(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            return self.pool.request("POST", url, fields={"file": ("file", file.read())}).data

    def once(self, url: str) -> bytes:
        return urllib3.request("GET", url).data

    def once_tls(self, url: str) -> bytes:
        with urllib3.PoolManager(ca_certs=self.ca) as pool:
            return pool.request("GET", url).data

    def follow(self, url: str) -> bytes:
        return self.pool.request("GET", url, retries=10).data  # three unless it is told

    def json(self, url: str) -> Any:
        return self.pool.request("GET", url).json()

    def new(self) -> None:
        urllib3.PoolManager().clear()

    def bound(self, origins: int, connections: int) -> None:
        self.pool = urllib3.PoolManager(origins, maxsize=connections, block=True)

    def api(self, url: str, params: dict[str, object], value: object) -> Any:
        method, url, body, fields = self.finished(url, params, value)
        return self.pool.request(method, url, body=body, headers=fields).json()

    def close(self) -> None:
        self.pool.clear()

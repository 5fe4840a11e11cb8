"""urllib3, which does the work in requests."""

from __future__ import annotations

from collections.abc import Iterator

import urllib3

from . import base


class Client(base.Client):
    decodes = True
    shared = True

    def __init__(self, ca: str) -> None:
        self.pool = urllib3.PoolManager(ca_certs=ca)

    def get(self, url: str) -> bytes:
        return self.pool.request("GET", url).data

    def post_json(self, url: str, value: object) -> bytes:
        return self.pool.request("POST", url, json=value).data

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        response = self.pool.request("GET", url, preload_content=False)
        yield from response.stream(size)
        response.release_conn()

    def lines(self, url: str) -> Iterator[bytes]:
        response = self.pool.request("GET", url, preload_content=False)
        yield from response
        response.release_conn()

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

    def follow(self, url: str) -> bytes:
        return self.pool.request("GET", url, retries=10).data  # three unless it is told

    def new(self) -> None:
        urllib3.PoolManager().clear()

    def bound(self, origins: int, connections: int) -> None:
        self.pool = urllib3.PoolManager(origins, maxsize=connections, block=True)

    def api(self, url: str, params: dict[str, object], value: object) -> object:
        method, url, body, fields = self.finished(url, params, value)
        return self.pool.request(method, url, body=body, headers=fields).json()

    def close(self) -> None:
        self.pool.clear()

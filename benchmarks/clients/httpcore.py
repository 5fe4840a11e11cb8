"""httpcore, which does the work in httpx; it stands on h11 as we do."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterator
from typing import Any

import httpcore

from . import base


class Client(base.Client):
    shared = True

    def __init__(self, ca: str) -> None:
        self.ca = ca
        self.pool = httpcore.ConnectionPool(ssl_context=ssl.create_default_context(cafile=ca))

    def get(self, url: str) -> bytes:
        return self.pool.request("GET", url).content

    def post_json(self, url: str, value: object) -> bytes:
        body = json.dumps(value).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        return self.pool.request("POST", url, headers=headers, content=body).content

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        with self.pool.stream("GET", url) as response:
            yield from response.iter_stream()

    def upload(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            headers = {"Content-Length": str(os.path.getsize(path))}
            return self.pool.request("POST", url, headers=headers, content=iter(lambda: file.read(65536), b"")).content

    def once(self, url: str) -> bytes:
        return httpcore.request("GET", url).content

    def once_tls(self, url: str) -> bytes:
        with httpcore.ConnectionPool(ssl_context=ssl.create_default_context(cafile=self.ca)) as pool:
            return pool.request("GET", url).content

    def new(self) -> None:
        httpcore.ConnectionPool().close()

    def bound(self, origins: int, connections: int) -> None:
        number = origins * connections
        self.pool = httpcore.ConnectionPool(max_connections=number, max_keepalive_connections=number)

    def api(self, url: str, params: dict[str, object], value: object) -> Any:
        method, url, body, fields = self.finished(url, params, value)
        if body is not None:
            fields["Content-Length"] = str(len(body))
        return json.loads(self.pool.request(method, url, headers=fields, content=body).content)

    def close(self) -> None:
        self.pool.close()

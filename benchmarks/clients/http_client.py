"""http.client of the standard library, one connection for each origin."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Iterator
from typing import Any

from . import base


class Client(base.Client):
    def __init__(self, ca: str) -> None:
        self.context = ssl.create_default_context(cafile=ca)
        self.connections: dict[str, http.client.HTTPConnection] = {}

    def _ask(self, method: str, url: str, body: Any = None, **headers: str) -> http.client.HTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._send(method, url, body, named)

    def _send(self, method: str, url: str, body: Any, fields: dict[str, str]) -> http.client.HTTPResponse:
        scheme, _, rest = url.partition("://")
        authority, slash, path = rest.partition("/")
        connection = self.connections.get(authority)
        if connection is None:
            if scheme == "https":
                connection = http.client.HTTPSConnection(authority, context=self.context)
            else:
                connection = http.client.HTTPConnection(authority)
            self.connections[authority] = connection
        try:
            connection.request(method, slash + path, body=body, headers=fields)
            return connection.getresponse()
        except OSError:
            connection.close()  # else the next request is refused by the connection itself
            raise

    def get(self, url: str) -> bytes:
        return self._ask("GET", url).read()

    def post_json(self, url: str, value: object) -> bytes:
        return self._ask("POST", url, json.dumps(value), Content_Type="application/json").read()

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        response = self._ask("GET", url)
        while piece := response.read(size):
            yield piece

    def raw(self, url: str) -> http.client.HTTPResponse:
        return self._ask("GET", url)

    def lines(self, url: str) -> Iterator[bytes]:
        response = self._ask("GET", url)
        yield from response
        response.close()  # which the last line alone does not do

    def upload(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            return self._ask("POST", url, file, Content_Length=str(os.path.getsize(path))).read()

    def api(self, url: str, params: dict[str, object], value: object) -> Any:
        return json.loads(self._send(*self.finished(url, params, value)).read())

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()

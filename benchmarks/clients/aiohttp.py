"""aiohttp, one request at a time: the event loop is entered once for each request, as a synchronous program must."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any

import aiohttp

from . import base


class Client(base.Client):
    decodes = True

    def __init__(self, ca: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.context = ssl.create_default_context(cafile=ca)
        self.session = self.loop.run_until_complete(self._open())

    async def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.context))

    async def _ask(self, method: str, url: str, **options: Any) -> bytes:
        async with self.session.request(method, url, **options) as response:
            return await response.read()

    def get(self, url: str) -> bytes:
        return self.loop.run_until_complete(self._ask("GET", url))

    def post_json(self, url: str, value: object) -> bytes:
        return self.loop.run_until_complete(self._ask("POST", url, json=value))

    def upload(self, url: str, path: str) -> bytes:
        with open(path, "rb") as file:
            return self.loop.run_until_complete(self._ask("POST", url, data=file))

    def follow(self, url: str) -> bytes:
        return self.get(url)

    def text(self, url: str) -> str:
        return self.loop.run_until_complete(self._text(url))

    def json(self, url: str) -> Any:
        return self.loop.run_until_complete(self._json(url))

    async def _json(self, url: str) -> Any:
        async with self.session.get(url) as response:
            return await response.json()

    async def _text(self, url: str) -> str:
        async with self.session.get(url) as response:
            return await response.text()

    def api(self, url: str, params: dict[str, object], value: object) -> Any:
        method, url, body, fields = self.finished(url, params, value)
        return json.loads(self.loop.run_until_complete(self._ask(method, url, data=body, headers=fields)))

    def close(self) -> None:
        self.loop.run_until_complete(self.session.close())
        self.loop.close()

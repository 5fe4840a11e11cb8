"""primp: Rust's reqwest behind a small Python face."""

from __future__ import annotations

from collections.abc import Iterator

import primp

from . import base


class Client(base.Client):
    decodes = True
    shared = True

    def __init__(self, ca: str) -> None:
        self.client = primp.Client(ca_cert_file=ca)

    def get(self, url: str) -> bytes:
        return self.client.get(url).content

    def post_json(self, url: str, value: object) -> bytes:
        return self.client.post(url, json=value).content

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        with self.client.get(url, stream=True) as response:
            yield from response.iter_bytes(size)

    def lines(self, url: str) -> Iterator[str]:
        with self.client.get(url, stream=True) as response:
            yield from response.iter_lines()

    def once(self, url: str) -> bytes:
        return primp.get(url).content

"""curl_cffi: libcurl under an API near to that of requests."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, closing
from typing import Any

from curl_cffi import requests

from .with_session import SessionClient


class Client(SessionClient):
    library = requests
    shared = False

    def open(self, url: str) -> AbstractContextManager[Any]:
        return closing(self.session.get(url, stream=True))

    def pieces(self, response: Any, size: int) -> Iterable[bytes]:
        return response.iter_content()  # in the pieces that curl brings: it has no other

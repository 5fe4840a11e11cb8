"""The API of httpx, which two of the clients have."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from .with_session import UploadingClient


class LikeHttpx(UploadingClient):
    """A Client of `library`, a module with the names of httpx."""

    following = {"follow_redirects": True}
    body = "content"

    def new_session(self, **options: Any) -> Any:
        return self.library.Client(timeout=60, **options)

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)

    def open(self, url: str) -> AbstractContextManager[Any]:
        return self.session.stream("GET", url)

    def pieces(self, response: Any, size: int) -> Iterable[bytes]:
        return response.iter_bytes(size)

    def bound(self, origins: int, connections: int) -> None:
        number = origins * connections
        # Kept for as long as it takes: five seconds unless it is told.
        limits = self.library.Limits(max_connections=number, max_keepalive_connections=number, keepalive_expiry=None)
        self.session = self.new_session(limits=limits)

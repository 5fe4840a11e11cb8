"""The API of requests, which three of the clients have: the very same calls are measured for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from .with_session import UploadingClient


class LikeRequests(UploadingClient):
    """A Session of `library`, a module with the names of requests."""

    def new_session(self, **options: Any) -> Any:
        session = self.library.Session()
        for name, value in options.items():
            setattr(session, name, value)
        return session

    def open(self, url: str) -> AbstractContextManager[Any]:
        return self.session.get(url, stream=True)

    def pieces(self, response: Any, size: int) -> Iterable[bytes]:
        return response.iter_content(size)

    @contextmanager
    def raw(self, url: str) -> Iterator[Any]:
        with self.open(url) as response:
            yield response.raw

    def bound(self, origins: int, connections: int) -> None:
        adapter = self.library.adapters.HTTPAdapter(origins, connections, pool_block=True)
        self.session.mount("http://", adapter)

"""The other end of a stream in memory: reads a request, and writes what a canned response says to it.

What is said is decided before (`requests_mock`), and how it is put by `sansio/http1/responder`; here it is handed over.
"""

from __future__ import annotations

from ..sansio.http1.responder import Responder
from .attempts import timed_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .canned import Reply


class Peer:
    """Serves one exchange.

    `reply_to` is called with the body of the request, once all of that is there, and the limit on a read in seconds.
    """

    def __init__(self, reply_to: Callable[[bytes, float | None], Reply]) -> None:
        self._reply_to = reply_to
        self._responder = Responder()
        self._at_once = b""
        self._pieces: Iterator[bytes] | None = None
        self._body: object = None

    def receive(self, data: bytes) -> None:
        """Take bytes of the request."""
        self._at_once += self._responder.receive(data)

    def pull(self, timeout: float | None) -> bytes:
        """Return bytes of the response, b"" at its end. TimeoutError: there are none, `timeout` seconds are over."""
        if self._at_once:
            data, self._at_once = self._at_once, b""
            return data
        if not self._responder.is_complete:
            raise timed_out(timeout)
        if self._pieces is None:
            self._pieces = self._written(self._reply_to(self._responder.body, timeout))
        return next(self._pieces, b"")

    def close(self) -> None:
        """End what gives the body, as a server does whose client has gone."""
        for each in (self._pieces, self._body):
            getattr(each, "close", int)()

    def _written(self, reply: Reply) -> Iterator[bytes]:
        if reply.raw is not None:
            return iter([reply.raw])
        self._body = reply.body
        cut = reply.fault == "truncated"
        return self._responder.response(reply.status, reply.reason, reply.fields, reply.body, cut=cut)

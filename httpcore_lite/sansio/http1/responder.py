"""The server's side of one exchange: a request's bytes are taken apart, those of its response are put together.

What stands in a server's place, as a mock does, needs it; it is h11's that both messages are well formed. Bytes in,
bytes out: nothing is waited for, so that a driver over sockets, over memory or over asyncio can use it.

    receive(data) ──▶ ... ──▶ `is_complete`: head and body are there ──▶ response(...) gives the pieces to send

RFC 9112 sections 2 to 7, RFC 9110 section 10.1.1 (100-continue is said as soon as it is asked for).
"""

from __future__ import annotations

from itertools import islice

import h11

from ..errors import ProtocolError
from .headers import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

#: The largest head of a request that is taken, in bytes.
MAX_REQUEST_HEAD: Final = 1024 * 1024
# Statuses whose responses have no body (RFC 9110 sections 15.3.5 and 15.4.5).
_WITHOUT_BODY: Final = (204, 304)


class Responder:
    """Reads one request and writes the response to it.

    Attributes:
        head: the request's, once it is there.
        is_complete: whether all of the request is there.
    """

    def __init__(self) -> None:
        self._server = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_REQUEST_HEAD)
        self._pieces: list[bytes] = []
        self.head: h11.Request | None = None
        self.is_complete: bool = False

    @property
    def body(self) -> bytes:
        """The request's body as far as it has come, its transfer coding taken off."""
        return b"".join(self._pieces)

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the request; returns what is to be sent at once. ProtocolError: they are no request."""
        reply = b""
        try:
            self._server.receive_data(data)
            while not self.is_complete:
                event = self._server.next_event()
                if isinstance(event, h11.Request):
                    self.head = event
                    if self._server.they_are_waiting_for_100_continue:
                        reply += self._sent(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
                elif isinstance(event, h11.Data):
                    self._pieces.append(bytes(event.data))
                elif isinstance(event, h11.EndOfMessage):
                    self.is_complete = True
                else:
                    break
        except h11.RemoteProtocolError as error:
            raise ProtocolError(f"these bytes are no HTTP/1.1 request: {error}") from error
        return reply

    def response(
        self,
        status: int,
        reason: str | None,
        fields: Iterable[tuple[str | bytes, object]],
        body: bytes | Iterable[bytes],
        *,
        cut: bool = False,
    ) -> Iterator[bytes]:
        """Yield the bytes of a response, piece by piece; none of them is empty.

        Args:
            status: 200 to 999.
            reason: None for none.
            fields: of the head. A body that is bytes gets a Content-Length, any other comes in chunks, where the
                fields do not frame it.
            body: is left out where the request, or the status, allows none.
            cut: end before the body is whole, at its half.

        Raises:
            ValueError: a field, or the reason, cannot be sent.
        """
        lines = [(_bytes_of(name), _bytes_of(value)) for name, value in fields]
        framing = {name.lower() for name, _ in lines} & {b"content-length", b"transfer-encoding"}
        if isinstance(body, bytes):
            if not framing and status not in _WITHOUT_BODY:
                lines.append((b"Content-Length", b"%d" % (len(body) + (cut and not body))))
                framing = {b"content-length"}
            body = (body[: len(body) // 2] if cut else body,)
        elif cut:
            body = islice(filter(None, body), 1)
        try:
            head = self._sent(h11.Response(status_code=status, headers=lines, reason=_bytes_of(reason or "")))
            if status in _WITHOUT_BODY or (self.head is not None and self.head.method == b"HEAD"):
                yield head + self._sent(h11.EndOfMessage())
                return
            yield head
            if framing == {b"content-length"}:
                yield from filter(None, body)  # as it is, also where it is shorter or longer than that says
                return
            for piece in filter(None, body):
                yield self._sent(h11.Data(data=piece))
            if not cut and (end := self._sent(h11.EndOfMessage())):
                yield end
        except h11.LocalProtocolError as error:
            raise ValueError(f"this response cannot be sent: {error}") from error

    def _sent(self, event: h11.Event) -> bytes:
        return self._server.send(event) or b""


def _bytes_of(part: object) -> bytes:
    """Return a part of a head as it goes on the wire: Latin-1 where that has it, UTF-8 elsewhere (RFC 9110, 5.5)."""
    if isinstance(part, bytes):
        return part
    text = text_of(part)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")

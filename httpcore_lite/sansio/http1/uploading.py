"""How a body goes out that is long, or comes in pieces, or must be asked for, or has trailers.

    head ──▶ may it continue? ──▶ piece, piece, ... ──▶ the end, with the trailers

While it does, the peer may respond: a final response ends the sending at once (RFC 9112 section 9.5), unless it is a
2xx that is not complete, which is begun by servers that go on reading. A request counts as sent when the last byte of
its end has left: a connection that owes the peer a part of a body is never used again.

A pure room: whatever drives it sends what `pieces` yields, and hands in what is received meanwhile.
"""

from __future__ import annotations

from ..errors import ProtocolError, ReadTimeoutError
from .request_body import READ_SIZE
from .request_heads import trailer_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .exchange import Exchange
    from .protocol import Protocol
    from .request_body import FileRegion, OutgoingBody
    from .request_heads import Request

    Piece = bytes | memoryview | FileRegion


class Upload:
    """One request whose body is sent piece by piece."""

    __slots__ = ("_patience_ends", "body", "exchange", "length", "protocol", "request")

    def __init__(self, exchange: Exchange, protocol: Protocol, request: Request, body: OutgoingBody) -> None:
        self.exchange: Exchange = exchange
        self.protocol: Protocol = protocol
        self.request: Request = request
        self.body: OutgoingBody = body
        #: What Content-Length says, in bytes; None for a body in chunks.
        self.length: int | None = next(
            (int(value) for name, value in request.headers if name == b"content-length"), None
        )
        self._patience_ends: float | None = None

    def head(self) -> bytes:
        """Begin the exchange; returns the bytes of the request's head. Raises InvalidHeader."""
        return self.protocol.start(self.request)

    def pieces(self, regions: bool) -> Iterator[Piece]:
        """Yield what is to be sent behind the head, in this order; go on only when all of the last one has left.

        `regions`: whether the system can send a part of a file by itself. Raises ProtocolError, and whatever the body's
        source raises.
        """
        on_upload = self.exchange.options.on_upload
        sent = 0
        for piece in self._unframed(regions):
            if piece:
                framed = self.protocol.send_data(piece)
                # A chunk's size, data and end in one write: three small ones would be three packets.
                yield framed[0] if len(framed) == 1 else b"".join(framed)  # type: ignore[arg-type]
                if on_upload is not None:
                    sent += len(piece)
                    on_upload(sent, self.length)
        trailers = self.exchange.options.trailers
        if trailers:
            end = self.protocol.end_request(trailer_fields(trailers() if callable(trailers) else trailers))
        else:
            end = self.protocol.end_request()
        if end:
            yield end
        self.protocol.request_sent = True

    def _unframed(self, regions: bool) -> Iterator[Piece]:
        data = self.body.data
        if data is None:
            # Between the system and a plain socket nothing has to see the bytes; chunks and TLS wrap them.
            return self.body.pieces(regions=regions and self.length is not None)
        view = memoryview(data)
        return (view[start : start + READ_SIZE] for start in range(0, len(view), READ_SIZE))

    # -- what the peer says meanwhile ----------------------------------------------------------------------

    def receive(self, data: bytes) -> bool:
        """Take bytes that came while the body goes out, b"" for the peer's close.

        Returns whether the peer has said what matters now: the final response has begun, or the peer is gone.
        """
        if not data:
            return True  # it shows at a write, or to what reads the head
        self.protocol.receive(data)
        return self.exchange.next_head(self.protocol) is not None

    @property
    def goes_on(self) -> bool:
        """Whether the body is still wanted though the response has begun: a good one that is not complete yet.

        One that is complete, and one that refuses, is the final word.
        """
        head = self.exchange.head
        return head is not None and 200 <= head.status < 300 and not head.reader.ended

    # -- Expect: 100-continue (RFC 9110 section 10.1.1) ----------------------------------------------------

    def begin_waiting(self, now: float) -> None:
        """Begin to wait for 100, for `expect_timeout` seconds at most."""
        patience = self.exchange.options.expect_timeout
        self._patience_ends = None if patience is None else now + patience

    def patience(self, now: float) -> float | None:
        """Return the seconds to wait for the server's word from now on, None for ever; 0.0: it has had its time.

        A server that never heard of this says nothing, and gets the body all the same. Raises ReadTimeoutError.
        """
        exchange, ends = self.exchange, self._patience_ends
        limit = exchange.timeouts.read if ends is None else max(0.0, ends - now)
        return limit if limit == 0.0 or exchange.deadline is None else exchange.left(limit, now, ReadTimeoutError)

    def waited(self, limit: float | None) -> None:
        """A wait of `limit` seconds was in vain: ReadTimeoutError unless it was `expect_timeout` that ended it."""
        if self._patience_ends is None:
            raise self.exchange.timed_out(ReadTimeoutError, limit)

    def heard(self, data: bytes) -> bool | None:
        """Take bytes that came while the server's word is awaited; returns whether the body follows, None: unknown."""
        self.protocol.receive(data)
        if not data:
            return False
        head = self.exchange.next_head(self.protocol)
        if any(informational.status == 100 for informational in self.exchange.informational):
            return head is None or self.goes_on
        return None if head is None else False


def file_fell_short(missing: int) -> ProtocolError:
    """Return the error for a file that ended while the system sent it."""
    return ProtocolError(f"the file that is sent ended {missing} bytes before the size it had")

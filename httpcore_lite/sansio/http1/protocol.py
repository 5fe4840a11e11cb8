"""The exchanges of one connection: a request goes out, a response comes in, and may there be another?

Sans-IO around h11: bytes and events in, bytes and events out. No socket, no clock, no waiting; it can be driven
by a test with nothing but bytes. h11 is the judge of both heads and of the request's body; the response's body
is read by `framing`, which is faster and proven equal. A head that h11 refuses may be put right by `mending`.

                     start()                 end_request()
        ┌── IDLE ───────────────▶ SENDING ─────────────────▶ WAITING
        │                            │   a head may arrive     │
        │                            ▼   before all is sent    ▼
        │                          BODY ◀──────── head ────────┘     Informational heads come in between
        │                            │
        │   next_exchange(),         ▼ the body's end
        └──────────────────────── ENDED        `reusable` says which way
                                     │
                                     ▼
                                  (close)

Rules that live here and nowhere else:
* reuse has one judge, `Protocol.reusable`: the request fully sent, the body ended, no byte left over, neither
  side asked to close (HTTP/1.0 with keep-alive counts as not asking), no framing field mended or ambiguous;
* bytes that were handed out are not bytes that were sent: `request_sent` is set by the room that sends, once the
  last byte of the request has left;
* bytes that arrive unasked poison a connection: they are never read as the next response (RFC 9112 section 9.2);
* limits on a head are checked on its raw bytes before h11 sees them, so no verdict depends on how they were cut;
* what h11 has judged it need not judge again: a message of a kind that it has accepted before gets the verdict of
  then from `verdicts`, and no `h11.Connection` is made. What goes on is kept here: `request_sent`, the heads' words on
  going on, HEAD, 204, 304. A response that comes before the request was sent is h11's, which knows both states.

RFC 9112 sections 2 to 9; RFC 9110 sections 6, 7.8, 8.6 and 15.2.
"""

from __future__ import annotations

import re

import h11

from ..errors import HeadError, InvalidHeader, ProtocolError, RemoteDisconnected, TransportError
from . import verdicts
from .framing import ChunkedReader, CloseReader, LengthReader, check_head, find_head_end
from .headers import HTTPHeaderDict
from .request_heads import KnownRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final

    from .request_body import FileRegion
    from .request_heads import Request

    Fields = list[tuple[bytes, bytes]]
    Reader = LengthReader | ChunkedReader | CloseReader

MAX_HEAD_BYTES: Final = 262_144
MAX_FIELDS: Final = 1_000
MAX_INFORMATIONAL: Final = 100

# The end of every request without trailers is the same event.
_END: Final = h11.EndOfMessage()

_KEEP_ALIVE_TIMEOUT: Final = rb"(?i:(?:^|[,;\s])timeout\s*=\s*\"?(\d{1,9}))"


class Informational:
    """A 1xx head that precedes the response (RFC 9110 section 15.2), 103 Early Hints for example (RFC 8297)."""

    __slots__ = ("fields", "reason", "status")

    def __init__(self, status: int, reason: bytes, fields: Fields) -> None:
        self.status: int = status
        self.reason: str = reason.decode("latin-1")
        self.fields: list[tuple[bytes, bytes]] = fields

    @property
    def status_code(self) -> int:
        """The status, under the name that responses have it by."""
        return self.status

    @property
    def headers(self) -> HTTPHeaderDict:
        """The fields, by name in any case."""
        return HTTPHeaderDict.from_wire(self.fields)

    def __repr__(self) -> str:
        return f"<Informational [{self.status}]>"


class Head:
    """The head of the response: what it says, how its body is framed, and whether the peer will go on.

    `version` is 10 or 11; `fields` are the field lines' bytes in their order and case; `reader`, which there is once
    the head was framed for its request, knows where the body ends (framing.py).
    """

    #: What the fields say of the body: its length, whether it comes in chunks, whether it has a content coding.
    length: int | None = None
    chunked: bool = False
    coded: bool = False
    #: The codings of the transfer besides chunked, as a Content-Encoding field would name them.
    codings: str = ""
    sets_cookie: bool = False
    #: The peer's `Keep-Alive: timeout=` in seconds.
    idle_limit: int | None = None
    #: Whether the peer will go on after this, and the verdict of both heads on that.
    persists: bool = False
    keep_alive: bool = False
    #: Whether this ends HTTP on the connection (101, or a 2xx to CONNECT).
    upgraded: bool = False
    #: What mending changed.
    notes: tuple[str, ...] = ()

    def __init__(self, status: int, reason: bytes, version: int, fields: Fields) -> None:
        self.status: int = status
        self.reason: bytes = reason
        self.version: int = version
        self.fields: list[tuple[bytes, bytes]] = fields
        self.reader: Reader


class End:
    """The end of the response, with the trailer section's fields."""

    __slots__ = ("trailers",)

    def __init__(self, trailers: Fields) -> None:
        self.trailers: list[tuple[bytes, bytes]] = trailers


class Protocol:
    """The protocol state of one connection."""

    #: Whether the peer serves one exchange only, without saying so.
    once: bool = False

    def __init__(self, max_head: int = MAX_HEAD_BYTES, max_fields: int = MAX_FIELDS) -> None:
        self.max_head: int = max_head
        self.max_fields: int = max_fields
        self._eof = False
        self.leftover: bytes = b""  # what arrived behind the response: another protocol's first bytes, or poison
        self._reset()

    def _reset(self) -> None:
        # One h11.Connection both sends and judges, until a head must be mended: then another one judges. There is none
        # as long as nothing new is to be judged.
        self._sender: h11.Connection | None = None
        self._judge: h11.Connection | None = None
        self._request: Request | None = None
        self.request_sent: bool = False  # set from outside (see the rules)
        self._keep_alive = True
        self._head: Head | None = None
        self._informational = 0
        self._interim_size = 0  # bytes of informational heads so far
        # The part of a head that has arrived: bytes as long as it came in one piece, then a bytearray.
        self._buffer: bytes | bytearray = b""
        self._searched = 0  # how much of it is known to hold no end
        self._pieces: list[bytes] = []  # of the body, received but not yet handed out as events
        # What is wrong with the body, kept until the pieces before it have been handed out.
        self.failure: TransportError | None = None

    # -- the request ---------------------------------------------------------------------------------------

    def start(self, request: Request, body: bytes | None = None) -> bytes:
        """Begin an exchange with the request's head and, when it is given, all of its body.

        Without `body` the request is not ended: `send_data` and `end_request` follow. Returns the bytes to send;
        raises InvalidHeader when the body does not fit the head.
        """
        assert self._request is None, "start() before the last exchange was over"
        self._request = request
        if isinstance(request, KnownRequest):
            if body is not None and len(body) == request.length:
                self._keep_alive = request.goes_on
                return request.head + body if body else request.head
            request = request.event
        self._sender = self._judge = sender = h11.Connection(h11.CLIENT)
        try:
            head = out = sender.send(request)
            if body is not None:
                if body:
                    out = head + sender.send(h11.Data(data=body))
                out += self._end(_END)
                # Of a body in chunks more is sent than the body.
                if len(out) == len(head) + len(body):
                    verdicts.learn_request(request, head, self._keep_alive)
        except h11.LocalProtocolError as error:
            raise InvalidHeader(f"this request cannot be sent: {error}") from error
        return out

    def send_data(self, data: bytes | memoryview | FileRegion) -> list[bytes | memoryview | FileRegion]:
        """Frame a piece of the body; returns what to send, `data` itself among it. Raises ProtocolError.

        Nothing of `data` is looked at but its length.
        """
        assert self._sender is not None, "send_data() without start()"
        try:
            passed: Any = data  # h11 asks for its length, and hands it on
            framed = self._sender.send_with_data_passthrough(h11.Data(data=passed))
        except h11.LocalProtocolError as error:
            raise ProtocolError(f"the request's body does not fit its head: {error}") from error
        assert framed is not None
        return framed  # type: ignore[return-value]

    def end_request(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
        """End the request's body; returns the bytes to send. Raises ProtocolError when the body fell short."""
        event = h11.EndOfMessage(headers=list(trailers)) if trailers else _END
        try:
            return self._end(event)
        except h11.LocalProtocolError as error:
            raise ProtocolError(f"the request's body does not fit its head: {error}") from error

    def _end(self, event: h11.EndOfMessage) -> bytes:
        assert self._sender is not None, "end_request() without start()"
        out = self._sender.send(event)
        # h11 has read our Connection field; MUST_CLOSE says that we asked to close.
        self._keep_alive = self._sender.our_state is not h11.MUST_CLOSE
        return out

    # -- the response --------------------------------------------------------------------------------------

    @property
    def began(self) -> bool:
        """Whether the first byte of a response has arrived."""
        return bool(self._buffer) or self._head is not None or self._informational > 0

    def receive(self, data: bytes) -> None:
        """Take bytes from the peer; b"" says that it closed."""
        if not data:
            self._eof = True
        elif self._head is None:
            if not self._buffer:
                self._buffer = data
            else:
                if isinstance(self._buffer, bytes):
                    self._buffer = bytearray(self._buffer)
                self._buffer += data
        elif self._head.reader.ended:
            self.leftover += data
        else:
            self.receive_body(data, self._pieces)

    def next_event(self) -> Informational | Head | bytes | End | None:
        """Return the next thing that the bytes so far say, or None when more of them are needed.

        Raises HeadError, ProtocolError or IncompleteRead; the connection cannot be used after that.
        """
        if self._head is None:
            return self._next_head()
        if self._pieces:
            return self._pieces.pop(0)
        if self.failure is not None:
            raise self.failure
        reader = self._head.reader
        if not reader.ended and self._eof:
            reader.receive_eof()
        return End(reader.trailers) if reader.ended else None

    def receive_body(self, data: bytes, pieces: list[bytes]) -> None:
        """Take bytes that follow the head and append the body's pieces in them to `pieces`.

        What is wrong behind these pieces is kept as `failure`, so that no verdict depends on how the bytes were cut.
        """
        assert self._head is not None
        try:
            leftover = self._head.reader.receive(data, pieces)
        except TransportError as error:
            self.failure = error
            return
        if leftover:
            self.leftover += leftover

    def receive_body_eof(self) -> None:
        """The peer closed while the body was read: its end, or IncompleteRead."""
        assert self._head is not None
        self._eof = True
        self._head.reader.receive_eof()

    def _next_head(self) -> Informational | Head | None:
        data = self._buffer
        end = find_head_end(data, self._searched)
        if end == -1:
            if len(data) > self.max_head:
                check_head(data, self.max_head, self.max_fields)
            if self._eof:
                return self._head_cut_by_eof(data)
            # An end is three bytes long at most, two of which may have arrived.
            self._searched = max(0, len(data) - 2)
            return None
        self._searched = 0
        data = bytes(data)
        raw, self._buffer = data[:end], data[end:]
        check_head(raw, self.max_head, self.max_fields)
        return self._judged(raw)

    def _head_cut_by_eof(self, data: bytes | bytearray) -> Informational | Head:
        if not data:
            cause = RemoteDisconnected("Remote end closed connection without response")
            raise ProtocolError("Connection aborted.", cause) from cause
        # Counted as the head that it is taken for: with its empty line.
        check_head(data.rstrip(b"\r\n") + b"\r\n\r\n", self.max_head, self.max_fields)
        self._buffer = b""
        return self._mended(bytes(data), None)

    def _judged(self, raw: bytes) -> Informational | Head:
        known = verdicts.response(raw) if self.request_sent else None
        if known is not None:
            verdict, fields, told = known
            final = Head(*verdict, fields)
            _read_fields(final, told)
            return self._framed(final, self._keep_alive)
        judge = self._judge or self._new_judge()
        judge.receive_data(raw)
        try:
            event = judge.next_event()
        except h11.RemoteProtocolError as error:
            return self._mended(raw, error)
        head = self._told(event, (), len(raw), framing_mended=False)
        if isinstance(head, Head):
            verdicts.learn_response(raw, (head.status, head.reason, head.version), head.fields)
        return head

    def _new_judge(self) -> h11.Connection:
        """Return an h11.Connection that waits for the response to the request under way."""
        assert self._request is not None
        self._judge = judge = h11.Connection(h11.CLIENT)
        judge.send(self._request.event if isinstance(self._request, KnownRequest) else self._request)
        return judge

    def _mended(self, raw: bytes, refusal: h11.RemoteProtocolError | None) -> Informational | Head:
        """Give a head that h11 refused (or that the peer's close cut) another chance, put right."""
        from .mending import bad_status_line, mend

        try:
            mended = mend(raw, eof=refusal is None)
        except HeadError:
            line = bad_status_line(raw)
            if line is None:
                raise
            raise HeadError("Connection aborted.", line) from line
        judge = self._new_judge()
        judge.receive_data(mended.head)
        try:
            event = judge.next_event()
        except h11.RemoteProtocolError as error:
            raise HeadError(f"the response's head is malformed: {refusal or error}") from (refusal or error)
        head = self._told(event, tuple(mended.notes), len(raw), framing_mended=mended.framing, shown=mended.shown)
        if isinstance(head, Head):
            head.codings = mended.codings
        return head

    def _told(
        self,
        event: object,
        notes: tuple[str, ...],
        size: int,
        framing_mended: bool,
        shown: Iterable[tuple[int, tuple[bytes, bytes]]] = (),
    ) -> Informational | Head:
        if isinstance(event, h11.InformationalResponse) and event.status_code != 101:
            self._informational += 1
            if self._informational > MAX_INFORMATIONAL:
                raise HeadError(f"more than {MAX_INFORMATIONAL} informational responses in a row")
            self._interim_size += size
            if self._interim_size > self.max_head:
                raise HeadError(f"the informational responses are together longer than {self.max_head} bytes")
            return Informational(event.status_code, event.reason, event.headers.raw_items())
        if not isinstance(event, (h11.Response, h11.InformationalResponse)):
            raise HeadError("the response's head is malformed: no status line")
        if event.http_version[:1] != b"1" and event.http_version != b"0.9":
            raise HeadError(f"the peer speaks HTTP/{event.http_version.decode('ascii')}, which is not HTTP/1.1")
        version = 10 if event.http_version in (b"1.0", b"0.9") else 11
        head = Head(event.status_code, event.reason.strip(), version, event.headers.raw_items())
        head.notes = notes
        _read_fields(head, verdicts.telling(head.fields))
        self._framed(head, self._keep_alive and not framing_mended)
        for place, field in shown:
            head.fields.insert(place, field)  # after framing: they are to be read by people only
        return head

    def _framed(self, head: Head, keep_alive: bool) -> Head:
        """Frame a head for the request under way, and take what of its body has come with it."""
        assert self._request is not None
        _frame(head, self._request.method, keep_alive)
        self._head = head
        rest, self._buffer = bytes(self._buffer), b""
        if rest:
            self.receive(rest)
        return head

    def take_pieces(self) -> list[bytes]:
        """Return the body's pieces that arrived together with the head."""
        pieces, self._pieces = self._pieces, []
        return pieces

    # -- and another one? ----------------------------------------------------------------------------------

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent on this connection. There is no other judge of that."""
        head = self._head
        return (
            head is not None
            and head.keep_alive
            and self.request_sent
            and self._keep_alive
            and head.reader.ended
            and not self.leftover
            and not self._eof
            and not self.once
        )

    def next_exchange(self) -> None:
        """Make ready for another request; only a reusable connection may."""
        assert self.reusable, "next_exchange() on a connection that cannot be used again"
        self._reset()


def _read_fields(head: Head, told: Fields) -> None:
    """Enter what the fields of `head` say to this room: `told`, by name in lower case (RFC 9112 sections 6.3, 9.3)."""
    close = persist = False
    for name, value in told:
        if name == b"content-length":
            head.length = int(value)
        elif name == b"connection" and value == b"keep-alive":
            persist = True
        elif name == b"connection":
            options = [option.strip() for option in value.lower().split(b",")]
            close = close or b"close" in options
            persist = persist or b"keep-alive" in options
        elif name == b"transfer-encoding":
            head.chunked = True  # h11 lets no other transfer coding through
        elif name == b"content-encoding":
            head.coded = True
        elif name == b"keep-alive":
            match = re.search(_KEEP_ALIVE_TIMEOUT, value)
            if match:
                head.idle_limit = int(match[1])
        elif name != b"upgrade":
            head.sets_cookie = True
    # Two lengths, or chunks from HTTP/1.0, are a sign of an intermediary that may count differently.
    # So is a 204 that speaks of a body: its sender may send one as well (RFC 9112 section 6.1).
    ambiguous = head.chunked and (head.length is not None or head.version == 10)
    ambiguous = ambiguous or (head.status == 204 and (head.chunked or bool(head.length)))
    head.persists = (persist or head.version != 10) and not close and not ambiguous


def _frame(head: Head, method: bytes, keep_alive: bool) -> None:
    """Say how the body of `head` ends and whether the connection may go on (RFC 9112 sections 6.3 and 9.3)."""
    status = head.status
    head.upgraded = status == 101 or (method == b"CONNECT" and 200 <= status < 300)
    if head.upgraded or status in (204, 304) or method == b"HEAD":
        head.reader = LengthReader(0)
    elif head.chunked:
        head.reader = ChunkedReader()
    elif head.length is not None:
        head.reader = LengthReader(head.length)
    else:
        head.reader = CloseReader()
    head.keep_alive = keep_alive and head.persists and not head.upgraded and not isinstance(head.reader, CloseReader)

"""One connected stream with one protocol: sends a request, receives its response.

This room waits and reads and writes; what may be sent, what was received and whether the connection may be used
again is decided in `protocol.py`. Every wait is bounded by the limits that the exchange was given.

    send_request()  head and body out        read_head()     until the response's head is there
    receive_body()  some of the body         receive_into()  the same, straight into its destination
"""

from __future__ import annotations

from itertools import count
from time import monotonic

from ..sansio.errors import ProtocolError, ReadTimeoutError, SSLError, TransportError, WriteTimeoutError, peer_is_gone
from ..sansio.http1.protocol import Head, Informational, Protocol
from ..sansio.http1.request_body import READ_SIZE
from ..sansio.http1.response_body import BODY_READ
from ..sansio.options import NO_OPTIONS
from ..sansio.timeouts import NO_LIMITS, shorter
from ..sansio.timings import ConnectionInfo, Timestamps

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any, Final

    from ..sansio.connections.routes import Route
    from ..sansio.http1.request_body import OutgoingBody
    from ..sansio.http1.request_heads import Request
    from ..sansio.options import ExchangeOptions
    from ..sansio.timeouts import Deadline, Timeouts
    from ..sansio.timings import ConnectTimings
    from ..sansio.trace import Watcher

# One receive of this size holds the head and the body of a small response.
HEAD_READ: Final = 16 * 1024

_numbers = count(1)
NO_TIMESTAMPS: Final = Timestamps(0.0, 0.0, None, None)


class Connection:
    """A connection to `route` over the socket `sock`, opened at `born` (seconds of `time.monotonic()`)."""

    __slots__ = (
        "__weakref__",
        "_poll",
        "books",
        "born",
        "deadline",
        "exchanges",
        "generation",
        "head",
        "info",
        "informational",
        "timestamps",
        "number",
        "opening",
        "protocol",
        "queued",
        "remember",
        "route",
        "sent_any",
        "sock",
        "target",
        "options",
        "timeouts",
        "watch",
    )

    def __init__(self, sock: socket.socket, route: Route, born: float) -> None:
        self.sock: socket.socket = sock
        self.route: Route = route
        self.born: float = born
        self.protocol: Protocol = Protocol()
        self.exchanges: int = 0
        self.sent_any: bool = False  # whether a byte of the request under way has left
        self.head: Head | None = None
        self.informational: list[Informational] = []
        # What the exchange under way is bound by, who watches it, and its moments.
        self.options: ExchangeOptions = NO_OPTIONS
        self.timeouts: Timeouts = NO_LIMITS
        self.deadline: Deadline | None = None
        self.target: str = ""
        self.watch: Watcher | None = None
        self.timestamps: Timestamps = NO_TIMESTAMPS
        # How long its steps took, until the first exchange has taken note of that.
        self.opening: ConnectTimings | None = None
        self.queued: float | None = None  # seconds that the exchange under way waited for it
        self.number: int = next(_numbers)
        self.info: ConnectionInfo | None = None
        self._poll: Callable[[], bool] | None = None
        # Told of the socket once something was read from it: what keeps the TLS session.
        self.remember: Callable[[socket.socket], None] | None = None
        # Of the pool that it belongs to: its ledger, and how often it had been closed.
        self.books: object = None
        self.generation: int = 0

    def __repr__(self) -> str:
        return f"<Connection {self.route!r}, {self.exchanges} exchanges>"

    @property
    def host(self) -> str:
        """The host that the connection leads to."""
        return self.route.host

    @property
    def port(self) -> int:
        """The port that the connection leads to."""
        return self.route.port

    def tell(self, event: str, **info: object) -> None:
        """Tell whoever watches of a step."""
        if self.watch is not None:
            self.watch(event, {"route": self.route.origin, "connection": self.number, **info})

    def describe(self) -> None:
        """Take note of what the connection is made of: later, when somebody asks, it may be closed."""
        sock: Any = self.sock
        route = self.route
        secure = route.tls is not None and not route.forwarding
        cipher = sock.cipher() if secure else None
        self.info = ConnectionInfo(
            self.number,
            local_address=_end_of(sock, "getsockname"),
            remote_address=_end_of(sock, "getpeername"),
            tls_version=sock.version() if secure else None,
            cipher=cipher[0] if cipher else None,
            certificate=sock.getpeercert() if secure else None,
            resumed=bool(sock.session_reused) if secure else None,
            proxy=f"{route.scheme}://{route.host}:{route.port}"
            if route.forwarding
            else repr(route.proxy)
            if route.proxy
            else None,
        )

    # -- between two exchanges -----------------------------------------------------------------------------

    @property
    def is_stale(self) -> bool:
        """Whether an idle connection can be read from: the peer closed it, or sent what nobody asked for."""
        if self._poll is None:
            from .readiness import reading

            self._poll = reading(self.sock)
        return self._poll()

    def forget_exchange(self) -> None:
        """Make ready for another exchange and keep nothing of the last one: an idle connection may live for long.

        Only a reusable connection may. What the response still needs it holds itself.
        """
        self.protocol.next_exchange()
        self.head = None
        if self.informational:
            self.informational = []
        self.options, self.timeouts = NO_OPTIONS, NO_LIMITS
        self.deadline = self.watch = None
        self.target = ""
        self.timestamps = NO_TIMESTAMPS

    def begin(self, target: str, options: ExchangeOptions, began: float, watch: Watcher | None = None) -> None:
        """Begin an exchange for `target` with these options; it began when a connection was asked for."""
        if self.head is not None:
            self.forget_exchange()  # one that was not given back in between, as a proxy's refusal
        self.exchanges += 1
        self.sent_any = False
        self.target = target
        self.options = options
        self.timeouts = options.timeouts
        self.deadline = options.deadline
        self.watch = watch
        self.timestamps = Timestamps(began, monotonic(), self.queued, self.opening)
        self.opening = self.queued = None

    # -- the request ---------------------------------------------------------------------------------------

    def send_request(self, request: Request, body: OutgoingBody) -> None:
        """Send the head and the body.

        A body that `expects` waits for the server's word (RFC 9110 section 10.1.1). A peer that stops reading may
        have answered already: then sending ends early without an error, and `read_head` tells. Raises
        WriteTimeoutError, ReadTimeoutError, ProtocolError, SSLError, InvalidHeader.
        """
        if self.watch is not None:
            from ..sansio.redaction import masked, masked_target

            self.tell(
                "send.start",
                method=request.method.decode("ascii"),
                target=masked_target(self.target),
                headers=masked(request.headers.raw_items()),
            )
        data = body.data
        if data is not None and len(data) <= READ_SIZE and not body.expects and not self.options.trailers:
            self.send(self.protocol.start(request, data))
            self.protocol.request_sent = True
            if data and self.options.on_upload is not None:
                self.options.on_upload(len(data), len(data))
        else:
            from .sending import upload  # most requests never need it

            upload(self, request, body)
        timestamps = self.timestamps
        timestamps.sent = monotonic()
        if self.watch is not None:
            self.tell("send.end", seconds=timestamps.sent - timestamps.ready)

    def write_limit(self) -> float | None:
        if self.deadline is None:
            return self.timeouts.write
        return self.left(self.timeouts.write, WriteTimeoutError)

    def send(self, data: bytes | memoryview) -> None:
        """Send all of `data`, within the limit on a write. WriteTimeoutError, ProtocolError, SSLError."""
        sock = self.sock
        limit = self.write_limit()
        # The user can reach the socket, so its own word counts and no remembered value.
        if sock.gettimeout() != limit:
            sock.settimeout(limit)
        try:
            # The first send tells whether anything left at all, which decides if a request may be sent again.
            sent = sock.send(data)
            self.sent_any = True
            while sent < len(data):
                limit = self.write_limit()  # on a write without progress: each that made some begins a new one
                if sock.gettimeout() != limit:
                    sock.settimeout(limit)
                sent += sock.send(memoryview(data)[sent:])
        except TimeoutError as error:
            raise self.timed_out(WriteTimeoutError, limit) from error
        except OSError as error:
            raise self.broken("Connection aborted.", error) from error

    # -- the response --------------------------------------------------------------------------------------

    def read_head(self) -> Head:
        """Return the head of the response; informational ones before it are kept in `informational`.

        Raises ReadTimeoutError, HeadError, ProtocolError (with a RemoteDisconnected inside when the peer closed
        before the first byte), SSLError.
        """
        protocol = self.protocol
        head = self.head  # an answer may have come while the request was being sent
        while head is None:
            protocol.receive(self._receive(HEAD_READ, "Connection aborted."))
            head = self.next_head()
        timestamps = self.timestamps
        timestamps.answered = monotonic()
        if self.remember is not None:
            self.remember(self.sock)
            self.remember = None
        if self.watch is not None:
            from ..sansio.redaction import masked

            self.tell(
                "response.head",
                status=head.status,
                reason=head.reason.decode("latin-1"),
                headers=masked(head.fields),
                seconds=timestamps.answered - timestamps.sent,
            )
        return head

    def next_head(self) -> Head | None:
        """Return the final head if what was received holds it; keep the informational ones before it."""
        while (event := self.protocol.next_event()) is not None:
            if isinstance(event, Head):
                self.head = event
                if self.watch is not None:
                    for note in event.notes:
                        self.tell("response.mended", note=note)
                return event
            assert isinstance(event, Informational)
            self.informational.append(event)
            if self.watch is not None:
                self.tell("response.informational", status=event.status, reason=event.reason)
            if self.options.on_informational is not None:
                self.options.on_informational(event)
        return None

    def receive_body(self, pieces: list[bytes], limit: int = BODY_READ) -> None:
        """Receive once, at most `limit` bytes, and append what of the body has come to `pieces`.

        At the peer's close the body ends or IncompleteRead is raised.
        """
        if self.protocol.failure is not None:
            raise self.protocol.failure
        data = self._receive(limit, "Connection broken")
        if data:
            self.protocol.receive_body(data, pieces)
        else:
            self.protocol.receive_body_eof()

    def receive_direct(self, size: int) -> bytes:
        """Receive once at most `size` bytes, no more than the reader's `direct`: they are the body's as they are.

        At the peer's close b"" is returned where that ends the body; elsewhere IncompleteRead is raised.
        """
        data = self._receive(size, "Connection broken")
        assert self.head is not None
        if data:
            self.head.reader.advance(len(data))
        else:
            self.protocol.receive_body_eof()
        return data

    def receive_into(self, view: memoryview) -> int:
        """Receive once into `view`, which is no longer than the reader's `direct`; returns the bytes received.

        At the peer's close 0 is returned where that ends the body; elsewhere IncompleteRead is raised.
        """
        limit = self._read_limit()
        try:
            count = self.sock.recv_into(view)
        except OSError as error:
            if not self._is_ragged_eof(error):
                raise self._failed(error, limit, "Connection broken") from error
            count = 0
        assert self.head is not None
        if count:
            self.head.reader.advance(count)
        else:
            self.protocol.receive_body_eof()
        return count

    def _receive(self, size: int, message: str) -> bytes:
        limit = self._read_limit()
        try:
            return self.sock.recv(size)
        except OSError as error:
            if self._is_ragged_eof(error):
                return b""
            raise self._failed(error, limit, message) from error

    def _read_limit(self) -> float | None:
        limit = self.timeouts.read
        if self.deadline is not None:
            limit = self.left(limit, ReadTimeoutError)
        sock = self.sock
        if sock.gettimeout() != limit:
            sock.settimeout(limit)
        return limit

    # -- what can go wrong ---------------------------------------------------------------------------------

    def left(self, limit: float | None, kind: type[ReadTimeoutError] | type[WriteTimeoutError]) -> float | None:
        """Return the seconds until the limit or the deadline, whichever comes first; raise when it has passed."""
        left = shorter(limit, self.deadline, monotonic())
        if left is not None and left <= 0:
            raise self.timed_out(kind, 0.0)
        return left

    def timed_out(self, kind: type[ReadTimeoutError] | type[WriteTimeoutError], limit: float | None) -> TransportError:
        reading = kind is ReadTimeoutError
        deadline = self.deadline
        own = self.timeouts.read if reading else self.timeouts.write
        if deadline is not None and limit != own:
            error = ReadTimeoutError(self.route, self.target, f"Read timed out. (total timeout={deadline.seconds})")
            error.phase, error.seconds = "total", deadline.seconds
        elif reading:
            in_body = self.head is not None
            # As urllib3's, which says the limit while it waits for a head only.
            words = "Read timed out." if in_body else f"Read timed out. (read timeout={limit})"
            error = ReadTimeoutError(self.route, self.target, words)
            error.phase, error.seconds = "receive" if in_body else "wait", limit
        else:
            failure = WriteTimeoutError(self.route, self.target, f"Write timed out. (write timeout={limit})")
            failure.phase, failure.seconds = "send", limit
            return failure
        return error

    def _failed(self, error: OSError, limit: float | None, message: str) -> TransportError:
        if isinstance(error, TimeoutError):
            return self.timed_out(ReadTimeoutError, limit)
        return self.broken(message, error)

    def broken(self, message: str, error: OSError) -> TransportError:
        if _is_ssl_error(error):
            failure = SSLError(error)
            # In the middle of an exchange, which the peer may have acted on: `Retry` asks for that.
            if not self.protocol.request_sent:
                failure.phase = "send"
            else:
                failure.phase = "wait" if self.head is None else "receive"
            return failure
        return ProtocolError(message if message.endswith(".") else f"{message}: {error!r}", error)

    def _is_ragged_eof(self, error: OSError) -> bool:
        """Whether the stream ended without TLS's close_notify where that cuts nothing off (RFC 8446 section 6.1).

        A body whose length is known, and a head, tell by themselves whether they are whole; only a body that is
        ended by the close does not, and there the missing close_notify stays an error.
        """
        if not _is_ssl_error(error) or type(error).__name__ != "SSLEOFError":
            return False
        head = self.head
        return head is None or head.length is not None or head.chunked

    @property
    def died_unanswered(self) -> bool:
        """Whether nothing of a response to the exchange under way has arrived."""
        return not self.protocol.began

    # -- the end -------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the stream. Never fails."""
        try:
            self.sock.close()
        except OSError:
            pass


def is_disconnect(error: BaseException) -> bool:
    """Whether a ProtocolError says that the peer went away, not that it sent something wrong."""
    return peer_is_gone(error.__cause__)


def _is_ssl_error(error: BaseException) -> bool:
    # Without importing ssl, which a plain connection does not need.
    return type(error).__module__ == "ssl"


def _end_of(sock: object, name: str) -> object:
    # The peer may be gone by now, and a socket of a test tool's may not have such a thing.
    try:
        return getattr(sock, name)()
    except (OSError, AttributeError):
        return None

"""One exchange under way: what bounds it, its moments, what has come of it, and what is made of its errors.

A `Connection` outlives many of these; all that belongs to one of them, and to no other, is here, and what a program
may see of it when it is over (`Timings`, `ConnectionInfo`). A pure room: the time is handed in, and the bytes are
`Protocol`'s. RFC 9110 section 9.2.2, RFC 8446 section 6.1.
"""

from __future__ import annotations

from .. import Value
from ..errors import ProtocolError, ReadTimeoutError, SSLError, TransportError, WriteTimeoutError, peer_is_gone
from ..options import NO_OPTIONS
from ..timeouts import shorter
from .protocol import Head, Informational

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TypeAlias

    from ..connections.routes import Route
    from ..options import ExchangeOptions
    from ..timeouts import ConnectTimings, Deadline, Timeouts
    from ..trace import Watcher
    from .protocol import Protocol
    from .request_heads import Request

    LateError: TypeAlias = type[ReadTimeoutError] | type[WriteTimeoutError]

# RFC 9110 section 9.2.2
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


class Timings(Value):
    """How long the phases of one exchange took, in seconds; None for a phase that there was not."""

    #: Waiting for a connection of a full pool.
    queue: float | None
    #: Looking up names.
    dns: float | None
    #: TCP, and the way through a proxy.
    connect: float | None
    #: TLS handshakes.
    tls: float | None
    #: The request, its body included.
    send: float
    #: Until the head of the response was there.
    wait: float
    #: From then to the body's end; None while it is being read.
    receive: float | None
    #: From the moment at which a connection was asked for to the body's end; None until then.
    total: float | None
    #: Whether the connection had served before.
    reused: bool
    #: Before all of these: waiting for its time under a RateLimit.
    limit: float | None = None

    def __repr__(self) -> str:
        names = ["limit", *(name for name in self._fields if name not in ("limit", "reused"))]
        phases = [name for name in names if getattr(self, name) is not None]
        shown = [f"{name}={getattr(self, name):.6f}" for name in phases]
        return f"Timings({', '.join([*shown, f'reused={self.reused}'])})"


class ConnectionInfo(Value):
    """Over what connection an exchange went."""

    #: Counts the connections of the process.
    number: int
    #: As `socket.getsockname()` and `getpeername()` give them; the latter of the proxy where there is one.
    local_address: object = None
    remote_address: object = None
    #: Of the TLS with the origin; None without TLS, as in the next two.
    tls_version: str | None = None
    cipher: str | None = None
    #: The origin's, as `ssl.SSLSocket.getpeercert()` gives it; empty if it was not verified.
    certificate: dict[str, object] | None = None
    #: Whether the TLS session was resumed.
    resumed: bool | None = None
    #: The proxy's URL without credentials.
    proxy: str | None = None

    def __repr__(self) -> str:
        names = ("local_address", "remote_address", "tls_version", "cipher", "resumed", "proxy")
        shown = [f"{name}={getattr(self, name)!r}" for name in names if getattr(self, name) is not None]
        return f"<ConnectionInfo #{self.number} {', '.join(shown)}>"


class Exchange:
    """A request and its response on a connection to `route`.

    Its moments are seconds on the clock of `time.monotonic()`: `began`, when a connection was asked for; `ready`, when
    it was there; `sent`, when the request was; `responded`, when the head was there.
    """

    sent_any: bool = False  # whether a byte of the request has left
    head: Head | None = None

    def __init__(
        self,
        route: Route | None,
        target: str,
        options: ExchangeOptions,
        began: float,
        ready: float,
        watch: Watcher | None = None,
        number: int = 0,
        queued: float | None = None,
        opening: ConnectTimings | None = None,
    ) -> None:
        self.route: Route | None = route
        self.target: str = target
        self.options: ExchangeOptions = options
        self.timeouts: Timeouts = options.timeouts
        self.deadline: Deadline | None = options.deadline
        self.began: float = began
        self.ready: float = ready
        self.sent: float = ready
        self.responded: float = ready
        self.watch: Watcher | None = watch  # called at each step, or None
        self.number: int = number  # the connection's
        self.queued: float | None = queued  # seconds that it waited for the connection
        self.opening: ConnectTimings | None = opening  # what opening the connection took, if that was for this exchange
        self.informational: list[Informational] = []

    # -- what is told --------------------------------------------------------------------------------------

    def tell(self, event: str, **info: object) -> None:
        """Tell of a step, where the program watches."""
        if self.watch is not None:
            assert self.route is not None
            self.watch(event, {"route": self.route.origin, "connection": self.number, **info})

    def tell_request(self, request: Request) -> None:
        """Tell of the head that is about to be sent, its secrets masked."""
        from ..redaction import masked, masked_target

        method = request.method.decode("ascii")
        fields = masked(request.headers.raw_items())
        self.tell("send.start", method=method, target=masked_target(self.target), headers=fields)

    def tell_head(self, head: Head) -> None:
        """Tell of the response's head, its secrets masked."""
        from ..redaction import masked

        self.tell(
            "response.head",
            version=head.version,
            status=head.status,
            reason=head.reason.decode("latin-1"),
            headers=masked(head.fields),
            seconds=self.responded - self.sent,
        )

    def timings(self, ended: float | None) -> Timings:
        """Return the seconds between the moments; `ended` is when the body had ended, None while it is being read."""
        opening = self.opening
        return Timings(
            limit=None if self.options.turn is None else self.options.turn.seconds,
            queue=self.queued,
            dns=None if opening is None else opening.dns,
            connect=None if opening is None else opening.connect,
            tls=None if opening is None else opening.tls,
            send=self.sent - self.ready,
            # A server may respond before it has read all of the request.
            wait=max(0.0, self.responded - self.sent),
            receive=None if ended is None else ended - self.responded,
            total=None if ended is None else ended - self.began,
            reused=opening is None,
        )

    # -- the head of the response --------------------------------------------------------------------------

    def next_head(self, protocol: Protocol) -> Head | None:
        """Return the final head if what was received holds it; keep the informational ones before it."""
        while (event := protocol.next_event()) is not None:
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

    # -- limits --------------------------------------------------------------------------------------------

    def left(self, limit: float | None, now: float, kind: LateError) -> float | None:
        """Return the seconds until the limit or the deadline, whichever comes first; raise when it has passed."""
        left = shorter(limit, self.deadline, now)
        if left is not None and left <= 0:
            raise self.timed_out(kind, 0.0)
        return left

    def timed_out(self, kind: LateError, limit: float | None) -> TransportError:
        """Return the error for a wait of `limit` seconds in vain: which limit it was, and in which phase."""
        reading = kind is ReadTimeoutError
        deadline = self.deadline
        error: ReadTimeoutError | WriteTimeoutError
        if deadline is not None and limit != (self.timeouts.read if reading else self.timeouts.write):
            error = ReadTimeoutError(self.route, self.target, f"Read timed out. (total timeout={deadline.seconds})")
            error.phase, error.seconds = "total", deadline.seconds
        elif reading:
            in_body = self.head is not None
            # As urllib3's, which says the limit while it waits for a head only.
            words = "Read timed out." if in_body else f"Read timed out. (read timeout={limit})"
            error = ReadTimeoutError(self.route, self.target, words)
            error.phase, error.seconds = "receive" if in_body else "wait", limit
        else:
            error = WriteTimeoutError(self.route, self.target, f"Write timed out. (write timeout={limit})")
            error.phase, error.seconds = "send", limit
        return error

    # -- what can go wrong ---------------------------------------------------------------------------------

    def read_failed(self, error: OSError, limit: float | None, message: str, protocol: Protocol) -> TransportError:
        """Return the error for a receive under `limit` that failed."""
        if isinstance(error, TimeoutError):
            return self.timed_out(ReadTimeoutError, limit)
        return self.broken(message, error, protocol)

    def broken(self, message: str, error: OSError, protocol: Protocol) -> TransportError:
        """Return the error for a stream that broke."""
        if is_ssl_error(error):
            failure = SSLError(error)
            # In the middle of an exchange, which the peer may have acted on: `Retry` asks for that.
            if not protocol.request_sent:
                failure.phase = "send"
            else:
                failure.phase = "wait" if self.head is None else "receive"
            return failure
        return ProtocolError(message if message.endswith(".") else f"{message}: {error!r}", error)

    def is_ragged_end(self, error: OSError) -> bool:
        """Whether the stream ended without TLS's close_notify where that cuts nothing off (RFC 8446 section 6.1).

        A body whose length is known, and a head, tell by themselves whether they are whole; only a body that is
        ended by the close does not, and there the missing close_notify stays an error.
        """
        if not is_ssl_error(error) or type(error).__name__ != "SSLEOFError":
            return False
        head = self.head
        return head is None or head.length is not None or head.chunked

    def may_be_replayed(self, error: BaseException, method: str, protocol: Protocol, is_repeatable: bool) -> bool:
        """Whether the request may be sent once more, on a new connection, after `error` on one that was idle before.

        The peer may close an idle connection at any time. So it may be repeated where nothing of a response has
        arrived, and the request is idempotent or no byte of it has left, and its body is repeatable.
        """
        return (
            isinstance(error, (ProtocolError, SSLError))
            and is_disconnect(error)
            and not protocol.began
            and may_replay(method, self.sent_any, is_repeatable)
        )


#: What a connection has between two exchanges: nothing of the last one.
NO_EXCHANGE: Final = Exchange(None, "", NO_OPTIONS, 0.0, 0.0)


def may_replay(method: str, sent_any: bool, body_is_repeatable: bool) -> bool:
    """Whether a request whose reused connection died unanswered may be sent once more (RFC 9110 section 9.2.2)."""
    return body_is_repeatable and (not sent_any or method in _IDEMPOTENT)


def is_disconnect(error: BaseException) -> bool:
    """Whether a ProtocolError says that the peer went away, not that it sent something wrong."""
    return peer_is_gone(error.__cause__)


def is_ssl_error(error: BaseException) -> bool:
    """Whether an error is of `ssl`, told without loading that: a plain connection does not need it."""
    return type(error).__module__ == "ssl"

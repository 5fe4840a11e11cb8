"""One connected stream with one protocol: sends a request, receives its response.

This room waits and reads and writes; what may be sent, what was received and whether the connection may be used
again is decided in `sansio.http1.protocol`, what belongs to the exchange under way is in `sansio.http1.exchange`. Every
wait is bounded by the limits that the exchange was given.

    send_request()  head and body out        read_head()     until the response's head is there
    receive_body()  some of the body         receive_into()  the same, straight into its destination
"""

from __future__ import annotations

from itertools import count
from time import monotonic

from ..sansio.errors import ReadTimeoutError, TransportError, WriteTimeoutError
from ..sansio.http1.exchange import NO_EXCHANGE, ConnectionInfo, Exchange
from ..sansio.http1.protocol import Protocol
from ..sansio.http1.response_body import BODY_READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any, Final

    from ..sansio.connections.ledger import Ledger
    from ..sansio.connections.routes import Route, TLSSettings
    from ..sansio.http1.protocol import Head
    from ..sansio.http1.request_heads import Request
    from ..sansio.options import ExchangeOptions
    from ..sansio.timeouts import ConnectTimings
    from ..sansio.trace import Watcher

# One receive of this size holds the head and the body of a small response.
HEAD_READ: Final = 16 * 1024

_numbers = count(1)
# What `getpeercert()` says of a certificate that was verified, by its DER bytes: reading one takes time.
_certificates: dict[bytes, dict[str, object]] = {}
_MAX_CERTIFICATES: Final = 64


class Connection:
    """A connection to `route` over the socket `sock`, opened at `born` (seconds of `time.monotonic()`)."""

    # Of the pool that it belongs to, as long as it is in use. Here, since an interrupt may end __init__ anywhere.
    ledger: Ledger | None = None

    def __init__(self, sock: socket.socket, route: Route, born: float) -> None:
        self.sock: socket.socket = sock
        self.route: Route = route
        self.born: float = born
        self.protocol: Protocol = Protocol()
        self.number: int = next(_numbers)
        self.exchange: Exchange = NO_EXCHANGE  # the one under way
        self.exchanges: int = 0  # how many there were
        # For the next exchange: how long opening the connection took, and how many seconds it was waited for.
        self.opening: ConnectTimings | None = None
        self.queued: float | None = None
        self.info: ConnectionInfo | None = None
        self._poll: Callable[[], bool] | None = None
        # Called with the socket once something was read from it.
        self.keep_tls_session: Callable[[socket.socket], None] | None = None
        # How often the pool that it belongs to had been closed.
        self.generation: int = 0

    def __del__(self) -> None:
        # In use, and nothing knows of it: an interrupt came on its way into a variable. Its slot is given up with it.
        ledger = self.ledger
        if ledger is not None:
            try:
                self.close()
            finally:
                ledger.given_up.append(self)

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

    def note_info(self) -> None:
        """Take note of what the connection is made of: later, when a program asks, it may be closed."""
        sock: Any = self.sock
        route = self.route
        tls = None if route.forwarding else route.tls
        cipher = None if tls is None else sock.cipher()
        self.info = ConnectionInfo(
            self.number,
            local_address=_end_of(sock, "getsockname"),
            remote_address=_end_of(sock, "getpeername"),
            tls_version=None if tls is None else sock.version(),
            cipher=cipher[0] if cipher else None,
            certificate=None if tls is None else _certificate_of(sock, tls),
            resumed=None if tls is None else bool(sock.session_reused),
            proxy=f"{route.scheme}://{route.host}:{route.port}"
            if route.forwarding
            else repr(route.proxy)
            if route.proxy
            else None,
        )

    # -- between two exchanges -----------------------------------------------------------------------------

    @property
    def is_stale(self) -> bool:
        """Whether an idle connection can be read from: the peer closed it, or sent what was not asked for."""
        if self._poll is None:
            self._poll = readable_now(self.sock)
        return self._poll()

    def forget_exchange(self) -> None:
        """Make ready for another exchange and keep nothing of the last one: an idle connection may live for long.

        Only a reusable connection may. What the response still needs it holds itself.
        """
        self.protocol.next_exchange()
        self.exchange = NO_EXCHANGE

    def begin_exchange(self, target: str, options: ExchangeOptions, began: float, watch: Watcher | None = None) -> None:
        """Begin an exchange for `target` with these options; it began when a connection was asked for."""
        if self.exchange.head is not None:
            self.forget_exchange()  # one that was not given back in between, as a proxy's refusal
        self.exchanges += 1
        self.exchange = Exchange(
            self.route, target, options, began, monotonic(), watch, self.number, self.queued, self.opening
        )
        self.opening = self.queued = None

    # -- the request ---------------------------------------------------------------------------------------

    def send_request(self, request: Request, body: bytes) -> None:
        """Send a head and a short body in one piece (longer ones: `sending.upload`).

        Raises WriteTimeoutError, ProtocolError, SSLError, InvalidHeader.
        """
        exchange = self.exchange
        if exchange.watch is not None:
            exchange.tell_request(request)
        self.send(self.protocol.start(request, body))
        self.protocol.request_sent = True
        if body and exchange.options.on_upload is not None:
            exchange.options.on_upload(len(body), len(body))
        exchange.sent = monotonic()
        if exchange.watch is not None:
            exchange.tell("send.end", seconds=exchange.sent - exchange.ready)

    def write_limit(self) -> float | None:
        """Return the seconds that a write beginning now may take. Raises WriteTimeoutError, ReadTimeoutError."""
        exchange = self.exchange
        if exchange.deadline is None:
            return exchange.timeouts.write
        return exchange.left(exchange.timeouts.write, monotonic(), WriteTimeoutError)

    def send(self, data: bytes | memoryview) -> None:
        """Send all of `data`, within the limit on a write. WriteTimeoutError, ProtocolError, SSLError."""
        sock, exchange = self.sock, self.exchange
        limit = self.write_limit()
        # The user can reach the socket, so its own word counts and no remembered value.
        if sock.gettimeout() != limit:
            sock.settimeout(limit)
        try:
            # The first send tells whether anything left at all, which decides if a request may be sent again.
            sent = sock.send(data)
            exchange.sent_any = True
            while sent < len(data):
                limit = self.write_limit()  # on a write without progress: each that made some begins a new one
                if sock.gettimeout() != limit:
                    sock.settimeout(limit)
                sent += sock.send(memoryview(data)[sent:])
        except TimeoutError as error:
            raise exchange.timed_out(WriteTimeoutError, limit) from error
        except OSError as error:
            raise self.broken(error) from error

    def broken(self, error: OSError) -> TransportError:
        """Return the error for a stream that broke before the response's head was there."""
        return self.exchange.broken("Connection aborted.", error, self.protocol)

    # -- the response --------------------------------------------------------------------------------------

    def read_head(self) -> Head:
        """Return the head of the response; informational ones before it are kept in `exchange.informational`.

        Raises ReadTimeoutError, HeadError, ProtocolError (with a RemoteDisconnected inside when the peer closed
        before the first byte), SSLError.
        """
        protocol, exchange = self.protocol, self.exchange
        head = exchange.head  # a response may have come while the request was being sent
        while head is None:
            protocol.receive(self._receive(HEAD_READ, "Connection aborted."))
            head = exchange.next_head(protocol)
        exchange.responded = monotonic()
        if self.keep_tls_session is not None:
            self.keep_tls_session(self.sock)
            self.keep_tls_session = None
        if exchange.watch is not None:
            exchange.tell_head(head)
        return head

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
        assert self.exchange.head is not None
        if data:
            self.exchange.head.reader.advance(len(data))
        else:
            self.protocol.receive_body_eof()
        return data

    def receive_into(self, view: memoryview) -> int:
        """Receive once into `view`, which is no longer than the reader's `direct`; returns the bytes received.

        At the peer's close 0 is returned where that ends the body; elsewhere IncompleteRead is raised.
        """
        limit = self._read_limit()
        exchange = self.exchange
        try:
            count = self.sock.recv_into(view)
        except OSError as error:
            if not exchange.is_ragged_end(error):
                raise exchange.read_failed(error, limit, "Connection broken", self.protocol) from error
            count = 0
        assert exchange.head is not None
        if count:
            exchange.head.reader.advance(count)
        else:
            self.protocol.receive_body_eof()
        return count

    def _receive(self, size: int, message: str) -> bytes:
        limit = self._read_limit()
        try:
            return self.sock.recv(size)
        except OSError as error:
            if self.exchange.is_ragged_end(error):
                return b""
            raise self.exchange.read_failed(error, limit, message, self.protocol) from error

    def _read_limit(self) -> float | None:
        exchange = self.exchange
        limit = exchange.timeouts.read
        if exchange.deadline is not None:
            limit = exchange.left(limit, monotonic(), ReadTimeoutError)
        sock = self.sock
        if sock.gettimeout() != limit:
            sock.settimeout(limit)
        return limit

    # -- the end -------------------------------------------------------------------------------------------

    def shut_down(self) -> None:
        """End what comes from the peer: a thread that waits for that reads the end."""
        from socket import SHUT_RD, socket

        sock: Any = self.sock
        try:
            if isinstance(sock, socket):
                socket.shutdown(sock, SHUT_RD)  # an SSLSocket's own would end its TLS, and then read ciphertext
            else:
                sock.shutdown(SHUT_RD)
        except OSError:
            pass

    def close(self) -> None:
        """Close the stream. Never fails."""
        try:
            self.sock.close()
        except OSError:
            pass


def _certificate_of(sock: Any, settings: TLSSettings) -> dict[str, object]:
    """Return the peer's certificate as `getpeercert()` has it: empty if it was not verified."""
    # A program's own context may say by now that it verifies nothing.
    encoded = sock.getpeercert(True) if settings.verify and settings.ssl_context is None else b""
    found = _certificates.get(encoded)
    if found is None:
        found = sock.getpeercert()
        if encoded:
            if len(_certificates) >= _MAX_CERTIFICATES:
                _certificates.clear()
            _certificates[encoded] = found
    return {**found}


def _end_of(sock: object, name: str) -> object:
    # The peer may be gone by now, and a socket of a test tool's may not have such a thing.
    try:
        return getattr(sock, name)()
    except (OSError, AttributeError):
        return None


def descriptor_of(sock: socket.socket) -> int | None:
    """Return the descriptor of a socket, None when there is no real one: test tools put such objects in its place."""
    try:
        descriptor = sock.fileno()
    except Exception:
        return None
    return descriptor if isinstance(descriptor, int) and descriptor >= 0 else None


def readable_now(sock: socket.socket) -> Callable[[], bool]:
    """Return a function that tells whether `sock` can be read from at this moment, without waiting or receiving.

    By poll where it exists (0.4 us with an object that is kept), by select elsewhere (Windows).
    """
    descriptor = descriptor_of(sock)
    if descriptor is None:
        return lambda: False
    import select

    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        # What TLS has decrypted already does not show at the descriptor.
        pending = getattr(sock, "pending", None)

        def by_poll() -> bool:
            try:
                return bool((pending is not None and pending()) or poll.poll(0))
            except OSError:
                return True  # it cannot be told, so it is not to be trusted

        return by_poll

    def by_select() -> bool:
        try:
            return bool(getattr(sock, "pending", int)() or select.select([descriptor], [], [], 0)[0])
        except (OSError, ValueError):
            return True

    return by_select

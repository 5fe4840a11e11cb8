"""A peer on loopback that does exactly what a test tells it, connection by connection.

    with Peer([receive(), send(response("hi")), close()], [receive(), send(response("again"))]) as peer:
        assert client.get(peer.url("/")).text == "hi"
    assert peer.connections == 1
    assert peer.requests[0].head.startswith(b"GET / ")

Each argument of `Peer` is the script of one connection, in the order in which they are accepted; a script is a list
of steps. Rules:

- When a script has ended the connection stays open until the client closes it or the test ends: say `close()`,
  `half_close()` or `reset()` where the end matters. Bytes that come meanwhile are kept in `peer.leftovers`.
- A connection without a script is accepted, counted and closed at once; with `repeat=True` it gets the last script.
- Where the client closes between two requests, the script just ends. Where it closes inside a request, or sends
  something else than the script waits for, leaving the `with` block raises `PeerError`.
- Where the client goes away while the peer sends, the script ends and `peer.cut_short` tells so; a TLS handshake
  that fails is kept in `peer.handshake_errors`. Both are what many tests are about, so neither is an error.
- In the `aftermath` connections whose scripts have ended, and new ones, respond to every request, and nothing counts.
- Nothing waits longer than `patience` seconds, and nothing ever sleeps.
"""

from __future__ import annotations

import functools
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar

from .messages import Cut, Reader, Received, chunked, chunked_response, response

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "Conversation",
    "Peer",
    "PeerError",
    "Received",
    "Step",
    "call",
    "chunked",
    "chunked_response",
    "close",
    "closed_port",
    "forever",
    "half_close",
    "ipv6_works",
    "notify",
    "receive",
    "receive_body",
    "receive_bytes",
    "receive_head",
    "reset",
    "response",
    "send",
    "stall",
    "start_tls",
    "wait_for",
]

PATIENCE = 10.0
SOON = 0.2  # seconds in which a script ends that has nothing more to wait for


class PeerError(AssertionError):
    """The client did something that the script did not foresee."""


class _End(Exception):
    """Ends a script without a complaint."""


class Conversation:
    """One accepted connection, as the steps of its script see it."""

    def __init__(self, peer: Peer, sock: socket.socket, index: int) -> None:
        self.peer = peer
        self.sock = sock
        self.index = index
        self.reader = Reader(sock)
        self.request: Received | None = None  # the latest one
        self.resting = threading.Event()  # its script has ended

    def use(self, sock: socket.socket) -> None:
        """Go on with another socket (TLS has begun)."""
        self.sock = sock
        self.reader.sock = sock
        self.peer.watch(sock)

    def record(self, request: Received) -> None:
        self.request = request
        self.peer.requests.append(request)


Step = Callable[[Conversation], None]
ResponseData = bytes | Callable[[Received], bytes]


def receive_head() -> Step:
    """Wait for a request's head and record it; the body is left for `receive_body`."""

    def step(talk: Conversation) -> None:
        if not talk.reader.buffer and not talk.reader.fill():
            raise _End
        talk.record(talk.reader.head(talk.index))

    return step


def receive_body() -> Step:
    """Wait for the body of the request whose head was received last."""

    def step(talk: Conversation) -> None:
        if talk.request is None:
            raise PeerError("receive_body() without receive_head()")
        talk.reader.body(talk.request)

    return step


def receive() -> Step:
    """Wait for a whole request, head and body, and record it."""
    head, body = receive_head(), receive_body()

    def step(talk: Conversation) -> None:
        head(talk)
        body(talk)

    return step


def receive_bytes(count: int | None = None) -> Step:
    """Wait for `count` bytes of anything (None: until the client stops sending); `peer.leftovers` keeps them."""

    def step(talk: Conversation) -> None:
        if count is not None:
            talk.peer.leftovers.append(talk.reader.exactly(count))
            return
        while talk.reader.fill():
            pass
        talk.peer.leftovers.append(talk.reader.buffer)
        talk.reader.buffer = b""

    return step


def send(data: ResponseData, *, pieces: int | None = None) -> Step:
    """Send bytes, or what a function makes of the latest request.

    `pieces=1` sends byte by byte, `pieces=n` in parts of n bytes, each in a segment of its own.
    """

    def step(talk: Conversation) -> None:
        if callable(data):
            if talk.request is None:
                raise PeerError("send(function) needs a request to respond to")
            content = data(talk.request)
        else:
            content = data
        try:
            for start in range(0, len(content), pieces or len(content) or 1):
                talk.sock.sendall(content[start : start + pieces] if pieces else content)
        except TimeoutError:
            raise
        except OSError as error:
            talk.peer.cut_short.append(error)
            raise _End from None

    return step


def close() -> Step:
    """Close the connection in order: the client reads its end."""

    def step(talk: Conversation) -> None:
        if isinstance(talk.sock, ssl.SSLSocket):
            talk.sock.settimeout(0)  # say close_notify, and do not wait for the client's
            _quietly(talk.sock.unwrap)
        _quietly(lambda: talk.sock.shutdown(socket.SHUT_WR))
        # Unread bytes would turn the close into a reset; take what is there without waiting.
        _quietly(lambda: _drain(talk.sock))
        talk.sock.close()
        talk.peer.closed[talk.index].set()
        raise _End

    return step


def reset() -> Step:
    """Drop the connection with a TCP reset."""

    def step(talk: Conversation) -> None:
        talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        talk.sock.close()
        talk.peer.closed[talk.index].set()
        raise _End

    return step


def half_close() -> Step:
    """Say that nothing more will be sent, and go on receiving."""

    def step(talk: Conversation) -> None:
        _quietly(lambda: talk.sock.shutdown(socket.SHUT_WR))  # the client may have gone already
        talk.peer.closed[talk.index].set()

    return step


def stall() -> Step:
    """Do nothing until the test ends."""

    def step(talk: Conversation) -> None:
        talk.peer.over.wait(talk.peer.patience)
        raise _End

    return step


def wait_for(event: threading.Event) -> Step:
    """Go on when the test sets `event`."""

    def step(talk: Conversation) -> None:
        if not event.wait(talk.peer.patience):
            raise PeerError("the event that the script waited for was not set")

    return step


def notify(event: threading.Event) -> Step:
    """Tell the test that the script has come this far."""
    return lambda talk: event.set()


def call(function: Callable[[Conversation], None]) -> Step:
    """Anything else; the function gets the `Conversation`."""
    return function


def start_tls(context: ssl.SSLContext) -> Step:
    """Begin TLS on the connection, as a CONNECT proxy's origin does."""

    def step(talk: Conversation) -> None:
        try:
            # Watched before the handshake, so that `stop` ends that, too.
            talk.use(context.wrap_socket(talk.sock, server_side=True, do_handshake_on_connect=False))
            talk.sock.do_handshake()  # type: ignore[attr-defined]
        except TimeoutError:
            raise
        except OSError as error:
            talk.peer.handshake_errors.append(error)
            _quietly(lambda: _let_read(talk.sock))
            raise _End from None

    return step


def forever(*steps: Step) -> Step:
    """Those steps again and again, until the client closes."""

    def step(talk: Conversation) -> None:
        while True:
            for one in steps:
                one(talk)

    return step


def _quietly(action: Callable[[], object]) -> None:
    try:
        action()
    except (OSError, ValueError):
        pass


def _let_read(sock: socket.socket) -> None:
    """Wait for the client's end: a close with bytes that were not read is a reset, which may overtake an alert."""
    sock.shutdown(socket.SHUT_WR)
    while socket.socket.recv(sock, 65536):
        pass


def _drain(sock: socket.socket) -> None:
    sock.setblocking(False)
    while sock.recv(65536):
        pass


class Peer:
    """A listening socket on 127.0.0.1 that follows one script per connection (see the module's docstring).

    `tls` is a server context: every connection begins with a handshake. `host` may be "::1" or "localhost".
    """

    running: ClassVar[set[Peer]] = set()

    def __init__(
        self,
        *scripts: Sequence[Step],
        tls: ssl.SSLContext | None = None,
        repeat: bool = False,
        host: str = "127.0.0.1",
        patience: float = PATIENCE,
    ) -> None:
        self.scripts = [list(script) for script in scripts]
        self.tls = tls
        self.repeat = repeat
        self.patience = patience
        self.requests: list[Received] = []
        self.leftovers: list[bytes] = []
        self.received: list[bytes] = []  # per connection: every byte that came (after TLS)
        self.errors: list[BaseException] = []
        self.cut_short: list[OSError] = []
        self.handshake_errors: list[OSError] = []
        self.connections = 0
        self.closed: list[threading.Event] = []  # per connection: the peer has ended its side
        self.gone: list[threading.Event] = []  # per connection: it is over, whichever side ended it
        self.over = threading.Event()
        self.asks_again = False  # the aftermath has begun
        self._last, self._has_last = 0, threading.Event()  # the client's port of a connection that counts others
        self._talks: list[Conversation] = []
        self.host = host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, 0))
        self._listener.listen(64)
        self.port: int = self._listener.getsockname()[1]
        self._waker, self._wake = socket.socketpair()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._accepted = threading.Condition(self._lock)

    def url(self, path: str = "/", *, host: str | None = None, scheme: str | None = None) -> str:
        """The address of `path` on this peer."""
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{scheme or ('https' if self.tls else 'http')}://{name}:{self.port}{path}"

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    def wait_closed(self, connection: int = 0) -> None:
        """Return when the peer has closed that connection (its FIN or RST is on the way)."""
        self._wait(self.closed, connection, "closed")

    def wait_gone(self, connection: int = 0) -> None:
        """Return when that connection is over, whichever side ended it."""
        self._wait(self.gone, connection, "over")

    def _wait(self, events: list[threading.Event], connection: int, word: str) -> None:
        with self._accepted:
            if not self._accepted.wait_for(lambda: len(events) > connection, self.patience):
                raise PeerError(f"connection {connection} was never made")
        if not events[connection].wait(self.patience):
            raise PeerError(f"connection {connection} is not {word}")

    def __enter__(self) -> Self:
        Peer.running.add(self)
        thread = threading.Thread(target=self._accept, name="peer", daemon=True)
        self._threads.append(thread)
        thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None and self.errors:
            raise PeerError(f"in the scripted peer: {self.errors[0]!r}") from self.errors[0]

    @contextmanager
    def aftermath(self) -> Iterator[bool]:
        """Respond to every request, uncounted, while in here. Yields False and does nothing while a script goes on."""
        if self.over.is_set() or not self._has_accepted_all():
            yield False
            return
        with self._lock:
            talks = [talk for talk in self._talks if not self.gone[talk.index].is_set()]
        if not all(talk.resting.wait(SOON) for talk in talks):
            yield False
            return
        self.asks_again = True
        try:
            yield True
        finally:
            self.asks_again = False

    def _has_accepted_all(self) -> bool:
        """Wait until all connections that were made are accepted, and counted: until one that comes behind them is."""
        with socket.socket(self._listener.family) as last:
            last.settimeout(self.patience)
            last.bind((self._listener.getsockname()[0], 0))
            self._last, self._has_last = last.getsockname()[1], threading.Event()
            try:
                last.connect(self._listener.getsockname())
            except OSError:
                return False
            return self._has_last.wait(self.patience)

    def _respond_again(self, talk: Conversation) -> None:
        try:
            request = talk.reader.head(talk.index)
            talk.reader.body(request)
        except Cut:
            return  # no request: a TLS alert behind the script's own end of TLS
        talk.sock.sendall(response("the response to " + request.target))

    def _rest(self, talk: Conversation) -> None:
        """Keep what comes behind the end of the script; in the aftermath it is the start of another request."""
        talk.resting.set()
        received = talk.reader.received
        try:
            while talk.reader.fill():
                if self.asks_again:
                    self._respond_again(talk)
                    talk.reader.received = received
                received = talk.reader.received
        except Cut:
            pass  # no request: what came late of a connection that was dropped, for TLS its close_notify
        self.leftovers.append(talk.reader.buffer)
        talk.reader.buffer = b""

    def _serve_again(self, sock: socket.socket) -> None:
        talk = Conversation(self, sock, -1)
        try:
            if self.tls is not None:
                talk.use(self.tls.wrap_socket(sock, server_side=True))
            while talk.reader.fill():
                self._respond_again(talk)
        except (OSError, Cut):
            pass  # the client says what it has made of it
        finally:
            _quietly(talk.sock.close)

    def watch(self, sock: socket.socket) -> None:
        """Have `stop` wake what waits for this socket."""
        with self._lock:
            self._sockets.append(sock)

    def stop(self) -> None:
        """End every connection and every thread."""
        Peer.running.discard(self)
        self.over.set()
        _quietly(lambda: self._wake.send(b"x"))
        with self._lock:
            sockets = list(self._sockets)
        for sock in sockets:
            # Past SSLSocket's own shutdown: its thread may be in the middle of a read.
            _quietly(functools.partial(socket.socket.shutdown, sock, socket.SHUT_RDWR))
        for thread in list(self._threads):
            thread.join(self.patience)
        for sock in (*sockets, self._listener, self._waker, self._wake):
            _quietly(sock.close)

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._waker, selectors.EVENT_READ)
            while not self.over.is_set():
                ready = {key.fileobj for key, _ in selector.select(self.patience)}
                if self._waker in ready:
                    break
                if self._listener in ready:
                    self._begin(*self._listener.accept())
        self._count_the_rest()

    def _count_the_rest(self) -> None:
        """Connections that were made but not yet accepted when the test ended count all the same."""
        self._listener.setblocking(False)
        try:
            while True:
                self._listener.accept()[0].close()
                self.connections += 1
        except OSError:
            pass

    def _begin(self, sock: socket.socket, client: tuple[object, ...]) -> None:
        sock.settimeout(self.patience)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if client[1] == self._last:
            sock.close()
            self._last = 0
            self._has_last.set()
            return
        if self.asks_again:
            with self._lock:
                self._sockets.append(sock)
            thread = threading.Thread(target=self._serve_again, args=(sock,), name="peer-again", daemon=True)
            self._threads.append(thread)
            thread.start()
            return
        with self._lock:
            index = self.connections
            talk = Conversation(self, sock, index)
            self._sockets.append(sock)
            self.received.append(b"")
            self.closed.append(threading.Event())
            self.gone.append(threading.Event())
            self.connections += 1
            self._accepted.notify_all()
        if index >= len(self.scripts) and not (self.repeat and self.scripts):
            sock.close()
            self.closed[index].set()
            self.gone[index].set()
            return
        self._talks.append(talk)
        script = self.scripts[min(index, len(self.scripts) - 1)]
        thread = threading.Thread(target=self._follow, args=(talk, script), name=f"peer-{index}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _follow(self, talk: Conversation, script: Sequence[Step]) -> None:
        try:
            if self.tls is not None:
                start_tls(self.tls)(talk)
            for step in script:
                step(talk)
            self._rest(talk)
        except _End:
            pass
        except Cut as cut:
            self.leftovers.append(cut.received)
            self._complain(cut)
        except ConnectionError:
            pass  # a client may reset an idle or refused connection
        except Exception as error:
            self._complain(error)
        finally:
            self.received[talk.index] = talk.reader.received
            _quietly(talk.sock.close)
            self.gone[talk.index].set()

    def _complain(self, error: BaseException) -> None:
        if not self.over.is_set():
            self.errors.append(error)


@functools.cache
def ipv6_works() -> bool:
    """Whether there is an IPv6 loopback, which many containers do without."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def closed_port() -> int:
    """A port on 127.0.0.1 without a listener (it was free a moment ago)."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])

"""A body on its way, over a pair of sockets whose other end is in the test's hand."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from httpcore_lite.sansio.connections.routes import Route
from httpcore_lite.sansio.errors import ProtocolError, ReadTimeoutError, WriteTimeoutError
from httpcore_lite.sansio.http1.exchange import is_disconnect
from httpcore_lite.sansio.http1.request_body import OutgoingBody
from httpcore_lite.sansio.http1.request_heads import RequestHeads
from httpcore_lite.sansio.options import ExchangeOptions
from httpcore_lite.sansio.timeouts import Deadline, Timeouts
from httpcore_lite.transport.connection import Connection
from httpcore_lite.transport.connectors.tls_in_tls import TLSStream
from httpcore_lite.transport.sending import upload
from support.certificates import authority, server_context

CHUNKED = ("Transfer-Encoding", "chunked")
REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"


def context() -> ssl.SSLContext:
    found = ssl.create_default_context()
    authority().configure_trust(found)
    return found


def plain(left: socket.socket) -> Any:
    return left


def tls(left: socket.socket) -> Any:
    return context().wrap_socket(left, server_hostname="localhost", do_handshake_on_connect=False)


def over_memory(left: socket.socket) -> Any:
    """What TLS in TLS is, on a stream that is not encrypted itself."""
    return TLSStream(left, context(), "localhost")


@pytest.fixture(params=[plain, tls, over_memory])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[Connection, Any]]:
    """A connection, and the peer's end."""
    left, right = socket.socketpair()
    stream: Any = request.param(left)
    peer: Any = right
    if stream is not left:
        peer = server_context().wrap_socket(right, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=peer.do_handshake)
        thread.start()
        stream.do_handshake()
        thread.join(10)
    peer.settimeout(10)
    connection = Connection(stream, Route("http", "h", 80), 0.0)
    yield connection, peer
    connection.close()
    left.close()
    peer.close()


def post(connection: Connection, body: Any, *fields: tuple[str, str], options: ExchangeOptions | None = None) -> None:
    connection.begin_exchange("/", options or ExchangeOptions(Timeouts(read=10, write=10)), 0.0)
    outgoing = OutgoingBody(body)
    outgoing.expects = any(name == "Expect" for name, _ in fields)
    upload(connection, RequestHeads().build("POST", "/", list(fields), "h"), outgoing)


@pytest.mark.parametrize("framing", [CHUNKED, ("Content-Length", "12")])
def test_a_refusal_right_behind_an_informational_response_is_seen_at_once(
    ends: tuple[Connection, Any], framing: tuple[str, str]
) -> None:
    connection, peer = ends
    given: list[bytes] = []

    def body() -> Iterator[bytes]:
        # In records of their own that are received together.
        peer.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        peer.sendall(REFUSAL)
        for piece in (b"one", b"two", b"six", b"ten"):
            given.append(piece)
            yield piece

    post(connection, body(), framing)
    assert len(given) == 1
    assert connection.read_head().status == 413
    assert not connection.protocol.reusable


@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("response", [REFUSAL, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"])
def test_what_stands_behind_100_decides_whether_the_body_is_sent(
    ends: tuple[Connection, Any], joined: bool, response: bytes
) -> None:
    connection, peer = ends
    going_on = b"HTTP/1.1 100 Continue\r\n\r\n"
    for data in [going_on + response] if joined else [going_on, response]:
        peer.sendall(data)
    given: list[bytes] = []
    body = (given.append(piece) or piece for piece in (b"one", b"two"))  # type: ignore[func-returns-value]
    post(connection, body, CHUNKED, ("Expect", "100-continue"))
    status = connection.read_head().status
    if status == 200:
        assert given == [b"one", b"two"]  # it goes on as it reads
        assert connection.protocol.request_sent
    else:
        assert len(given) <= 1
        assert not connection.protocol.request_sent


@pytest.mark.parametrize("total", [None, 10.0])
@pytest.mark.parametrize("patience", [0.0, 0.05])
def test_a_server_that_says_nothing_to_expect_gets_the_body(
    ends: tuple[Connection, Any], total: float | None, patience: float
) -> None:
    connection, peer = ends
    options = ExchangeOptions(Timeouts(read=5), None if total is None else Deadline(total, monotonic()))
    options.expect_timeout = patience
    post(connection, b"hello", ("Content-Length", "5"), ("Expect", "100-continue"), options=options)
    assert connection.protocol.request_sent
    received = b""
    while not received.endswith(b"hello"):
        received += peer.recv(65_536)


class WantsToRead:
    """A TLS socket in a renegotiation: behind the head it cannot write before it has read what the peer owes it."""

    def __init__(self, sock: socket.socket, when_asked: Callable[[], object]) -> None:
        self._sock, self._when_asked = sock, when_asked
        self.asked = 0
        self.head_sent = self.has_read = False

    def send(self, data: Any) -> int:
        if self.head_sent and not self.has_read:
            self.asked += 1
            self._when_asked()
            raise ssl.SSLWantReadError
        self.head_sent = True
        return self._sock.send(data)

    def recv(self, size: int) -> bytes:
        try:
            self.has_read = bool(self._sock.recv(size))
        except BlockingIOError:
            pass
        raise ssl.SSLWantReadError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


@pytest.mark.parametrize("limits", [Timeouts(write=0.1), Timeouts(read=0.1, total=0.1)])
def test_tls_that_must_read_before_it_can_write_is_waited_for_and_not_asked_again_and_again(limits: Timeouts) -> None:
    left, right = socket.socketpair()
    with left, right:
        sock: Any = WantsToRead(left, lambda: None)
        connection = Connection(sock, Route("http", "h", 80), 0.0)
        deadline = None if limits.total is None else Deadline(limits.total, monotonic())
        with pytest.raises((WriteTimeoutError, ReadTimeoutError)):
            post(connection, iter([b"x" * 1000]), CHUNKED, options=ExchangeOptions(limits, deadline))
        assert sock.asked < 5


def test_tls_that_has_read_what_it_had_to_goes_on_with_the_upload() -> None:
    left, right = socket.socketpair()
    with left, right:
        sock: Any = WantsToRead(left, lambda: right.sendall(b"a handshake"))
        connection = Connection(sock, Route("http", "h", 80), 0.0)
        post(connection, iter([b"x" * 1000]), CHUNKED)
        assert (connection.protocol.request_sent, sock.asked) == (True, 1)
        assert right.recv(65_536).endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("number", [errno.ENOTCONN, errno.EPIPE, errno.ECONNRESET])
def test_a_peer_that_is_gone_while_the_system_sends_a_file_may_have_responded_before(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*arguments: int) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "sendfile", gone)
    left, right = socket.socketpair()
    (tmp_path / "f").write_bytes(b"file")
    with left, right, (tmp_path / "f").open("rb") as file:
        connection = Connection(left, Route("http", "h", 80), 0.0)
        with pytest.raises(ProtocolError) as caught:
            post(connection, file, ("Content-Length", "4"))
        assert is_disconnect(caught.value)


def test_a_response_to_a_short_request_that_could_not_be_sent_whole_leaves_no_connection() -> None:
    class Broken:
        def __init__(self) -> None:
            self.sent = False

        def send(self, data: Any) -> int:
            if self.sent:
                raise BrokenPipeError
            self.sent = True
            return 10

        def recv(self, size: int) -> bytes:
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

        def gettimeout(self) -> None:
            return None

        def settimeout(self, seconds: float | None) -> None:
            pass

    sock: Any = Broken()
    connection = Connection(sock, Route("http", "h", 80), 0.0)
    with pytest.raises(ProtocolError):
        post(connection, b"hello", ("Content-Length", "5"))
    assert connection.read_head().status == 200
    assert not connection.protocol.reusable

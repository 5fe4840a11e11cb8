"""What the rooms that ask a proxy do with its socket, against a socket of our own making."""

from __future__ import annotations

from itertools import pairwise
from time import monotonic
from typing import Any

import pytest

from httpcore_lite.sansio.connections.routes import ProxyRoute, Route
from httpcore_lite.sansio.connections.tunnel import MAX_REFUSAL
from httpcore_lite.sansio.errors import ProxyError
from httpcore_lite.sansio.http1.request_heads import RequestHeads
from httpcore_lite.sansio.options import ExchangeOptions
from httpcore_lite.sansio.timeouts import ConnectBudget, Deadline
from httpcore_lite.transport.connection import Connection
from httpcore_lite.transport.connectors.proxy import SOCKSConnector, TunnelConnector

ROUTE = Route("https", "origin.test", 443)


class Sock:
    """A socket that receives what it is told, and notes what is done to it. An exception is raised instead."""

    def __init__(self, *arriving: bytes | BaseException, takes: int = 1 << 20) -> None:
        self.arriving = list(arriving)
        self.takes = takes
        self.timeout: float | None = None
        self.timeouts: list[float | None] = []
        self.sent = b""
        self.closed = False

    def gettimeout(self) -> float | None:
        return self.timeout

    def settimeout(self, seconds: float | None) -> None:
        self.timeout = seconds

    def send(self, data: Any) -> int:
        self.timeouts.append(self.timeout)
        self.sent += bytes(data)[: self.takes]
        return min(len(data), self.takes)

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def recv(self, size: int) -> bytes:
        if not self.arriving:
            return b""
        data = self.arriving.pop(0)
        if isinstance(data, BaseException):
            raise data
        return data

    def close(self) -> None:
        self.closed = True


class Inner:
    def __init__(self, sock: Sock) -> None:
        self.sock = sock

    def connect(self, budget: ConnectBudget) -> Any:
        return self.sock


def refused(*arriving: bytes) -> Connection:
    """A connection whose CONNECT was refused by a head that is the first to arrive."""
    connection = Connection(Sock(*arriving), Route("http", "proxy.test", 3128), 0.0)  # type: ignore[arg-type]
    connection.begin_exchange("origin.test:443", ExchangeOptions(), 0.0)
    connection.send_request(RequestHeads().build("CONNECT", "origin.test:443", [], "origin.test:443"), b"")
    assert connection.read_head().status == 407
    return connection


HEAD = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: "


@pytest.mark.parametrize(
    ("arriving", "fit"),
    [
        ((HEAD + b"5\r\n\r\nwh", b"o", b"?!"), True),
        ((HEAD + b"5\r\n\r\nwh", b"o"), False),
        ((HEAD + b"5\r\n\r\n", b"who?!", b""), True),
        ((HEAD + b"%d\r\n\r\n" % (MAX_REFUSAL + 2), b"x" * MAX_REFUSAL, b"xx"), False),
        ((HEAD + b"5\r\n\r\n", b"who?!?"), False),
    ],
    ids=["in pieces", "cut", "behind its head", "too long", "more than it said"],
)
def test_a_refusal_is_read_to_its_end_before_its_connection_is_used_again(arriving: Any, fit: bool) -> None:
    assert TunnelConnector._drained(refused(*arriving)) is fit


@pytest.mark.parametrize("scheme", ["socks4a", "socks5h"])
@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (TimeoutError(), ProxyError),
        (ConnectionResetError(), ProxyError),
        (b"", ProxyError),
        (b"\xff" * 8, ProxyError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["timeout", "reset", "closed", "nonsense", "interrupt"],
)
def test_a_socks_handshake_that_fails_closes_its_socket(scheme: str, fault: Any, raised: Any) -> None:
    sock = Sock(fault)
    connector = SOCKSConnector(Inner(sock), ProxyRoute(scheme, "proxy.test", 1080), ROUTE)  # type: ignore[arg-type]
    with pytest.raises(raised):
        connector.connect(ConnectBudget(5.0, None, monotonic))
    assert sock.closed


def test_each_write_of_a_short_request_has_what_is_left_of_the_deadline() -> None:
    sock = Sock(takes=10)
    connection = Connection(sock, Route("http", "origin.test", 80), 0.0)  # type: ignore[arg-type]
    connection.begin_exchange("/", ExchangeOptions(deadline=Deadline(60.0, monotonic())), monotonic())
    connection.send_request(RequestHeads().build("GET", "/", [], "origin.test"), b"")
    assert sock.sent.endswith(b"\r\n\r\n")
    assert len(sock.timeouts) > 2
    assert all(later is not None and later < before for before, later in pairwise(sock.timeouts))

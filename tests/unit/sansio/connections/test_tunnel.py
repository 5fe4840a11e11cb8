"""What a proxy is asked, and what its responses mean: bytes in, bytes out."""

from __future__ import annotations

import pytest

from httpcore_lite.sansio.connections.proxy_auth import Login
from httpcore_lite.sansio.connections.routes import ProxyRoute
from httpcore_lite.sansio.connections.tunnel import Tunnel, too_late
from httpcore_lite.sansio.errors import ConnectTimeoutError, ProxyError
from httpcore_lite.sansio.http1.protocol import Head, Protocol
from httpcore_lite.sansio.timeouts import ConnectBudget, Deadline

BASIC = b'Basic realm="r"'


def asked(tunnel: Tunnel, response: bytes) -> tuple[bytes, Head, bytes]:
    """Send the CONNECT and read a response to it: the request's bytes, the head, and what came behind it."""
    protocol = Protocol()
    sent = protocol.start(tunnel.request("nonce"), b"")
    protocol.request_sent = True
    protocol.receive(response)
    head = protocol.next_event()
    assert isinstance(head, Head)
    return sent, head, protocol.leftover


def test_credentials_are_sent_once_the_proxy_asks_and_no_second_time() -> None:
    refusal = b"HTTP/1.1 407 Who\r\nProxy-Authenticate: %s\r\nContent-Length: 0\r\n\r\n" % BASIC
    tunnel = Tunnel(ProxyRoute("http", "p", 3128), "::1%eth0", 443, Login("user", "pass"))
    sent, head, _ = asked(tunnel, refusal)
    assert sent.startswith(b"CONNECT [::1]:443 ") and b"Proxy-Authorization" not in sent
    assert tunnel.asks_again(head)
    sent, head, leftover = asked(tunnel, refusal)
    assert b"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n" in sent
    assert not tunnel.asks_again(head)
    with pytest.raises(ProxyError) as caught:
        tunnel.opened(head, leftover)
    assert "407 Who" in str(caught.value.__cause__)


def test_without_credentials_a_refusal_is_final() -> None:
    tunnel = Tunnel(ProxyRoute("http", "p", 3128), "origin.test", 443, None)
    _, head, _ = asked(tunnel, b"HTTP/1.1 407 Who\r\nProxy-Authenticate: %s\r\nContent-Length: 0\r\n\r\n" % BASIC)
    assert not tunnel.asks_again(head)


def test_a_stream_leads_to_the_origin_only_if_the_proxy_says_nothing_more() -> None:
    tunnel = Tunnel(ProxyRoute("http", "p", 3128), "origin.test", 443, None)
    _, head, leftover = asked(tunnel, b"HTTP/1.1 200 OK\r\n\r\n")
    tunnel.opened(head, leftover)
    with pytest.raises(ProxyError, match="sent bytes behind"):
        tunnel.opened(head, b"more")


def test_a_proxy_is_blamed_for_its_own_slowness_only() -> None:
    assert isinstance(too_late(ConnectBudget(3.0, None, lambda: 0.0), None, "The tunnel"), ProxyError)
    over = too_late(ConnectBudget(3.0, Deadline(1.0, 0.0), lambda: 2.0), None, "The tunnel")
    assert isinstance(over, ConnectTimeoutError) and over.phase == "total"


def test_a_step_counts_down_over_all_of_its_waits() -> None:
    now = [0.0]
    budget = ConnectBudget(3.0, None, lambda: now[0])
    left = budget.countdown(None, "The handshake", "tls")
    now[0] = 2.0
    assert left() == 1.0
    now[0] = 3.0
    with pytest.raises(ConnectTimeoutError, match=r"connect timeout=3.0") as caught:
        left()
    assert caught.value.phase == "tls"

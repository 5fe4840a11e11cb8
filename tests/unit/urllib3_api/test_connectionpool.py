"""One origin's pool: the connections that the pools of one manager share, and which fields go to a proxy."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from httpcore_lite.messages.urls import parse_url
from httpcore_lite.sansio.connections.ledger import Limits
from httpcore_lite.urllib3_api.connectionpool import HTTPConnectionPool, HTTPSConnectionPool, SharedPool
from httpcore_lite.urllib3_api.poolmanager import ProxyConfig
from support.scripted import Peer, receive, response, send


@pytest.fixture
def eager_switching() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_threads_that_send_the_first_request_together_get_one_pool(
    eager_switching: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from httpcore_lite.transport import pool as module

    real = module.ConnectionPool
    together = threading.Barrier(4)

    def slow(limits: Limits) -> object:
        together.wait(10)  # every thread makes a pool, and one of these pools is the one that all get
        return real(limits)

    monkeypatch.setattr(module, "ConnectionPool", slow)
    shared = SharedPool(Limits())
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(shared.pool)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert together.broken is False
    assert len(got) == 4
    assert len(set(map(id, got))) == 1


def test_a_wire_that_was_never_used_closes_without_making_anything() -> None:
    shared = SharedPool(Limits())
    shared.close()
    assert shared._pool is None


# -- fields for a proxy -----------------------------------------------------------------------------------------------

OWN = {"Proxy-Authorization": "Basic b3du", "X-A": "1"}
FOR_PROXY = {"Proxy-Authorization": "Basic cHJveHk="}


def fields(kind: type[HTTPConnectionPool], proxy: str) -> list[tuple[object, object]]:
    config = ProxyConfig(None, False, None, None, None)
    pool = kind("origin.test", _proxy=parse_url(proxy), _proxy_headers=FOR_PROXY, _proxy_config=config)
    return list(pool._with_proxy_fields(list(OWN.items())))


def test_a_forwarding_proxy_gets_its_own_credentials_once() -> None:
    assert fields(HTTPConnectionPool, "http://proxy.test:3128") == [("X-A", "1"), *FOR_PROXY.items()]


@pytest.mark.parametrize(
    ("kind", "proxy"),
    [
        (HTTPSConnectionPool, "http://proxy.test:3128"),
        (HTTPSConnectionPool, "socks5://proxy.test"),
        (HTTPConnectionPool, "socks5://proxy.test"),
    ],
)
def test_inside_of_a_tunnel_the_origin_gets_no_credentials_of_the_proxy(
    kind: type[HTTPConnectionPool], proxy: str
) -> None:
    assert fields(kind, proxy) == [("X-A", "1")]


def test_without_a_proxy_the_programs_own_field_is_sent_as_it_is() -> None:
    with Peer([receive(), send(response())]) as peer:
        HTTPConnectionPool("127.0.0.1", peer.port).urlopen("GET", "/", headers=OWN)
    assert b"Proxy-Authorization: Basic b3du" in peer.requests[0].head

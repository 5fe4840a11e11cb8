"""Which fields go to a proxy, and which never reach the origin behind it."""

from __future__ import annotations

import pytest

from httpcore_lite.messages.urls import parse_url
from httpcore_lite.urllib3_api.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from httpcore_lite.urllib3_api.poolmanager import ProxyConfig
from support.scripted import Peer, receive, response, send

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

"""Proxies that other people wrote: what a program asks of a proxy works with each of them."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

import httpcore_lite as client
from httpcore_lite.exceptions import ProxyError, RequestException
from support.certificates import ca_path
from support.real_proxies import WAYS, Proxy, running
from support.scripted import closed_port
from support.servers import EchoServer, tls_echo_server

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="the proxies are ended by their process groups")


def ways(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("proxy", names, indirect=True, scope="module")


@pytest.fixture(scope="module", params=WAYS)
def proxy(request: pytest.FixtureRequest) -> Iterator[Proxy]:
    way = WAYS[request.param]
    if not way.installed:
        pytest.skip(f"{way.needs} is not installed")
    with running(way) as proxy:
        yield proxy


@pytest.fixture(params=["http", "https"])
def origin(request: pytest.FixtureRequest) -> Iterator[EchoServer]:
    with EchoServer() if request.param == "http" else tls_echo_server() as server:
        yield server


@pytest.fixture
def session(proxy: Proxy) -> Iterator[client.Session]:
    with client.Session() as session:
        session.proxies, session.verify = {"all": proxy.url()}, ca_path()
        yield session


def went_through(response: client.Response, proxy: Proxy) -> bool:
    assert response.connection_info is not None
    return response.connection_info.remote_address == ("127.0.0.1", proxy.port)


def test_requests_go_through_and_nothing_of_the_login_reaches_the_origin(
    proxy: Proxy, origin: EchoServer, session: client.Session
) -> None:
    for number in range(2):
        response = session.get(origin.url(f"/a/{number}?b=c"), timeout=10)
        assert response.status_code == 200 and response.json()["target"] == f"/a/{number}?b=c"
        assert went_through(response, proxy)
    # proxy.py takes the login out of a connection's first request only.
    seen = origin.requests[:1] if proxy.way.careless and not origin.tls else origin.requests
    assert {request.get("Proxy-Authorization") for request in seen} == {None}
    assert [request.get("Authorization") for request in origin.requests] == [None, None]
    if proxy.way.socks or origin.tls:
        assert origin.connections == 1


def test_bodies_arrive_whole_in_both_directions(proxy: Proxy, origin: EchoServer, session: client.Session) -> None:
    sent = bytes(range(256)) * 1000
    response = session.post(origin.url("/post"), data=sent, timeout=10)
    assert response.json()["method"] == "POST"
    assert response.json()["body"].encode("latin-1") == sent
    response = session.get(origin.url("/bytes/1000000"), timeout=10)
    assert response.content == bytes(index % 251 for index in range(1_000_000))


# pproxy knows no names in SOCKS4.
@ways(*[name for name in WAYS if name != "pproxy-socks4a"])
def test_an_origins_name_is_looked_up_by_the_proxy_but_for_socks4_and_socks5(
    proxy: Proxy, origin: EchoServer, session: client.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up, looked_up = socket.getaddrinfo, set()
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: looked_up.add(host) or look_up(host, *rest, **more)
    )
    response = session.get(origin.url("/", host="localhost"), timeout=10)
    assert dict(response.json()["headers"])["Host"] == f"localhost:{origin.port}"
    assert ("localhost" in looked_up) == (proxy.way.scheme in ("socks4", "socks5"))


@ways(*[way.name for way in WAYS.values() if way.login])
def test_a_wrong_login_is_refused(proxy: Proxy, origin: EchoServer) -> None:
    assert proxy.way.login is not None
    # SOCKS4 has no passwords.
    known = "somebody" if "socks4" in proxy.way.scheme else proxy.way.login[0]
    for login in [("somebody", proxy.way.login[1]), (known, "else")]:
        proxies = {"all": proxy.url(login)}
        if origin.tls or proxy.way.socks:
            with pytest.raises(ProxyError):
                client.get(origin.url(), proxies=proxies, timeout=10, verify=ca_path())
        else:
            assert client.get(origin.url(), proxies=proxies, timeout=10).status_code == proxy.way.refusal
    assert origin.requests == []


def test_an_origin_that_is_not_there_is_an_error(proxy: Proxy, session: client.Session) -> None:
    port = closed_port()
    for scheme in ("http", "https"):
        if scheme == "http" and not proxy.way.socks:
            assert session.get(f"http://127.0.0.1:{port}/", timeout=10).status_code >= 500
            continue
        with pytest.raises(RequestException if proxy.way.early else ProxyError):
            session.get(f"{scheme}://127.0.0.1:{port}/", timeout=10)


def test_the_environment_names_the_proxy_and_a_program_can_say_no(
    proxy: Proxy, origin: EchoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.url())
    assert went_through(client.get(origin.url(), timeout=10, verify=ca_path()), proxy)
    response = client.get(origin.url(), timeout=10, verify=ca_path(), proxies=False)
    assert response.ok and not went_through(response, proxy)


@pytest.mark.parametrize("scheme", ["http", "socks4", "socks4a", "socks5", "socks5h"])
def test_a_proxy_that_is_not_there_is_a_proxy_error(scheme: str, origin: EchoServer) -> None:
    with pytest.raises(ProxyError):
        client.get(origin.url(), proxies={"all": f"{scheme}://127.0.0.1:{closed_port()}"}, timeout=10)
    assert origin.connections == 0

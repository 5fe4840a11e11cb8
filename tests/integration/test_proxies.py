"""Real proxies on loopback: forwarding, tunnels, credentials."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import pytest

import httpcore_lite as client
from support import certificates
from support.messages import response
from support.scripted import Peer, receive, receive_head, send, stall, start_tls
from support.servers import EchoServer, ProxyServer, tls_echo_server


def test_plain_requests_go_to_the_proxy_in_absolute_form() -> None:
    with EchoServer() as server, ProxyServer() as proxy:
        response = client.get(server.url("/x?y"), proxies={"http": proxy.url()}, timeout=10)
        assert response.json()["target"] == "/x?y"
        assert [request.target for request in proxy.requests] == [server.url("/x?y")]


def test_https_goes_through_a_tunnel() -> None:
    with tls_echo_server() as server, ProxyServer() as proxy, client.Session() as session:
        session.proxies, session.verify = {"https": proxy.url()}, certificates.ca_path()
        for _ in range(3):
            assert session.get(server.url("/in"), timeout=10).json()["target"] == "/in"
        assert [(request.method, request.target) for request in proxy.requests] == [("CONNECT", server.address)]
        assert server.connections == 1


def test_credentials_go_to_the_proxy_and_never_to_the_origin() -> None:
    with tls_echo_server() as server, ProxyServer(credentials="user:p w") as proxy:
        proxies = {"https": proxy.url("", host="user:p%20w@127.0.0.1")}
        response = client.get(server.url("/"), proxies=proxies, verify=certificates.ca_path(), timeout=10)
        assert all(name.lower() != "proxy-authorization" for name, _ in response.json()["headers"])
        assert proxy.requests[0].get("Proxy-Authorization") is not None


@pytest.mark.parametrize("userinfo", ["token", "token:", "to%20ken"])
@pytest.mark.parametrize("way", ["forwarded", "tunnel", "redirected"])
def test_a_user_alone_is_sent_with_the_empty_password(way: str, userinfo: str) -> None:
    """As curl does; keys of an API are written so. requests sends nothing for `token@`."""
    wanted = userinfo.rstrip(":").replace("%20", " ") + ":"
    with ProxyServer(credentials=wanted) as proxy, EchoServer() as plain, tls_echo_server() as secure:
        proxies = {"all": proxy.url("", host=f"{userinfo}@127.0.0.1")}
        target = plain.url("/x")
        if way == "tunnel":
            target = secure.url("/x")
        elif way == "redirected":
            target = plain.url("/redirect/302?to=" + plain.url("/x"))
        response = client.get(target, proxies=proxies, verify=certificates.ca_path(), timeout=10)
        assert response.json()["target"] == "/x"
        assert all(name.lower() != "proxy-authorization" for name, _ in response.json()["headers"])
        sent = [request.get("Proxy-Authorization") for request in proxy.requests]
    assert sent == ["Basic " + base64.b64encode(wanted.encode()).decode()] * (2 if way == "redirected" else 1)


def test_a_malformed_proxy_behind_a_redirect_is_told_of_when_it_is_asked() -> None:
    with EchoServer() as server, ProxyServer() as proxy, client.Session() as session:
        proxies = {f"http://{server.host}": proxy.url(""), "http": "http://user@[bad"}
        with pytest.raises(client.exceptions.InvalidURL):
            session.get(server.url("/redirect/302?to=http://there.test/"), proxies=proxies, timeout=10)
        assert session.get(server.url("/x"), proxies=proxies, timeout=10).ok


@pytest.mark.parametrize("userinfo", ["", ":pw@"])
def test_without_a_user_no_credentials_are_sent(userinfo: str) -> None:
    with ProxyServer() as proxy, EchoServer() as plain:
        proxies = {"all": proxy.url("", host=f"{userinfo}127.0.0.1")}
        assert client.get(plain.url("/x"), proxies=proxies, timeout=10).ok
        assert proxy.requests[0].get("Proxy-Authorization") is None


@pytest.mark.parametrize("host", ["[fe80::1%25eth0]", "[FE80::1%25eth0]:8080"])
def test_a_zone_id_stays_here_and_is_not_sent_to_a_forwarding_proxy(host: str) -> None:
    """RFC 6874 section 3: it means something on this machine only."""
    with Peer([receive(), send(response("hi"))], repeat=True) as proxy:
        for target in (f"http://user:pw@{host}/a%25b?u=http://h/%25", f"http://{host}"):
            assert client.get(target, proxies={"http": proxy.url()}, timeout=10).text == "hi"
        sent = [request.target for request in proxy.requests]
        hosts = [request.get("Host") for request in proxy.requests]
    bare = host.lower().replace("%25eth0", "")
    assert sent == [f"http://{bare}/a%25b?u=http://h/%25", f"http://{bare}/"]
    assert hosts == [bare, bare]


def test_what_looks_like_a_zone_in_a_path_is_sent_as_it_is() -> None:
    with Peer([receive(), send(response("hi"))]) as proxy:
        url = "http://there.test/?u=http://%5Bfe80::1%25eth0%5D/"
        assert client.get(url, proxies={"http": proxy.url()}, timeout=10).text == "hi"
        assert proxy.requests[0].target == url


def test_a_tunnel_refused_for_lack_of_credentials_is_a_proxy_error() -> None:
    with ProxyServer(credentials="user:pass") as proxy, pytest.raises(client.exceptions.ProxyError) as caught:
        client.get("https://example.test/", proxies={"https": proxy.url()}, timeout=10)
    assert caught.value.request.url == "https://example.test/"


def test_a_tunnel_that_cannot_be_made_is_a_proxy_error() -> None:
    with ProxyServer(dead=True) as proxy, pytest.raises(client.exceptions.ProxyError):
        client.get("https://example.test/", proxies={"https": proxy.url()}, timeout=10)


def test_a_plain_request_without_credentials_gets_the_407() -> None:
    with ProxyServer(credentials="user:pass") as proxy:
        response = client.get("http://example.test/", proxies={"http": proxy.url()}, timeout=10)
    assert response.status_code == 407


def test_the_origins_certificate_is_checked_inside_the_tunnel() -> None:
    with tls_echo_server("other.example") as server, ProxyServer() as proxy:
        with pytest.raises(client.exceptions.SSLError):
            client.get(server.url("/"), proxies={"https": proxy.url()}, verify=certificates.ca_path(), timeout=10)
        assert server.requests == []


def test_the_environments_proxies_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with EchoServer() as server, ProxyServer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url())
        assert client.get(server.url("/a"), timeout=10).ok
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert client.get(server.url("/b"), timeout=10).ok
        assert len(proxy.requests) == 1


@pytest.mark.parametrize("junk", [b"x", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\x15\x03\x03\x00\x02\x01\x00"])
@pytest.mark.parametrize("secure", [False, True])
def test_bytes_behind_the_response_to_connect_are_never_read_as_the_origins(junk: bytes, secure: bool) -> None:
    refused = send(b"HTTP/1.1 200 Connection established\r\n\r\n" + junk)
    # All else is as it should be: nothing but the refusal keeps the response from being read.
    rest = [stall()] if secure else [start_tls(certificates.server_context()), receive(), send(response("unseen"))]
    tls = certificates.server_context() if secure else None
    with Peer([receive_head(), refused, *rest], tls=tls) as proxy, client.Session() as session:
        session.verify = certificates.ca_path()
        session.proxies = {"https": proxy.url("")}
        with pytest.raises(client.exceptions.ProxyError, match="bytes behind its response to CONNECT"):
            session.get("https://localhost/", timeout=5)
        assert session.adapters["https://"].pool.stats().open == 0
        with tls_echo_server() as server:
            with ProxyServer() as good:
                session.proxies = {"https": good.url("")}
                assert session.get(server.url("/x"), timeout=5).json()["target"] == "/x"


# -- NO_PROXY is asked for each URL ------------------------------------------------------------------------------------


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[EchoServer, ProxyServer, ProxyServer]]:
    """A server with two names, the environment's proxy for one of them, and a proxy of the program's own."""
    with ExitStack() as stack:
        server, proxy, own = (stack.enter_context(each) for each in (EchoServer(), ProxyServer(), ProxyServer()))
        monkeypatch.setenv("http_proxy", proxy.url(""))  # type: ignore[attr-defined]
        monkeypatch.setenv("no_proxy", "localhost")
        yield server, proxy, own  # type: ignore[misc]


def _chain(server: EchoServer, *hosts: str) -> str:
    url = ""
    for number, host in reversed(list(enumerate(hosts))):
        url = server.url(f"/redirect/302?n={number}&to={quote(url, safe='')}" if url else f"/{number}", host=host)
    return url


CHAIN = ("127.0.0.1", "localhost", "127.0.0.1", "localhost", "localhost", "127.0.0.1")
#: What the program says of proxies -> which stops of the chain are asked of the environment's, and of its own.
SAID: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing": ({}, "101001", "000000"),
    "its own for http": ({"proxies": {"http": "OWN"}}, "000000", "111111"),
    "its own for all": ({"proxies": {"all": "OWN"}}, "101001", "010110"),
    "its own for one host": ({"proxies": {"http://localhost": "OWN"}}, "101001", "010110"),
    "its own for https": ({"proxies": {"https": "OWN"}}, "101001", "000000"),
    "none for http": ({"proxies": {"http": None}}, "000000", "000000"),
    "none at all": ({"proxies": False}, "000000", "000000"),
    "a list of its own": ({"proxies": {"no_proxy": "127.0.0.1"}}, "010110", "000000"),
}


@pytest.mark.parametrize("level", ["call", "session", "send", "steps"])
@pytest.mark.parametrize("said", SAID)
def test_the_environments_proxies_are_asked_for_again_behind_each_redirect(
    said: str, level: str, world: tuple[EchoServer, ProxyServer, ProxyServer]
) -> None:
    server, proxy, own = world
    settings, from_environment, from_program = SAID[said]
    given: Any = settings.get("proxies", {})
    if given:
        given = {key: own.url("") if value == "OWN" else value for key, value in given.items()}
    if level == "send" and given and (None in given.values() or "all" in given):
        return  # Session.send takes the session's proxies as they are, as in requests
    url = _chain(server, *CHAIN)
    with client.Session() as session:
        if level == "call":
            response = session.get(url, proxies=given, timeout=5)
        elif level == "session":
            session.proxies = given
            response = session.get(url, timeout=5)
        elif level == "send":
            session.proxies = given
            response = session.send(session.prepare_request(client.Request("GET", url)), timeout=5)
        else:
            response = session.get(url, proxies=given, timeout=5, allow_redirects=False)
            kept = session.merge_environment_settings(url, given, None, None, None)["proxies"]
            response = list(session.resolve_redirects(response, response.request, proxies=kept, timeout=5))[-1]
    assert response.json()["target"] == "/5"

    def stops(peer: ProxyServer) -> str:
        seen = {int(each.target.partition("n=")[2][:1] or 5) for each in peer.requests}
        return "".join(str(int(number in seen)) for number in range(6))

    assert (stops(proxy), stops(own)) == (from_environment, from_program)


def test_a_step_that_adds_a_proxy_is_obeyed_behind_redirects_too(
    world: tuple[EchoServer, ProxyServer, ProxyServer],
) -> None:
    server, proxy, own = world

    class Adding(client.Session):
        def merge_environment_settings(self, *args: Any) -> Any:
            settings = super().merge_environment_settings(*args)
            settings["proxies"]["http"] = own.url("")
            return settings

    with Adding() as session:
        session.get(_chain(server, *CHAIN), timeout=5)
    assert (len(proxy.requests), len(own.requests)) == (0, 6)


def test_the_request_that_answers_a_challenge_takes_the_way_of_the_first(
    world: tuple[EchoServer, ProxyServer, ProxyServer],
) -> None:
    server, proxy, _ = world
    auth = client.auth.HTTPDigestAuth("user", "pw")
    url = server.url("/redirect/302?to=" + quote(server.url("/digest/user", host="localhost"), safe=""))
    with client.Session() as session:
        assert session.get(url, auth=auth, timeout=5).status_code == 401  # another host: not answered
        assert session.get(server.url("/digest/user", host="localhost"), auth=auth, timeout=5).status_code == 200
        assert session.get(server.url("/digest/user"), auth=auth, timeout=5).status_code == 200
    assert len(proxy.requests) == 3


def test_the_proxies_of_a_call_are_a_dict_that_can_be_copied_and_pickled() -> None:
    import copy
    import pickle

    from httpcore_lite.utils import CallProxies

    proxies = CallProxies({"http": "a", "ftp": None}, {"https": "b", "ftp": "c"})
    for each in (
        proxies,
        proxies.copy(),
        copy.copy(proxies),
        copy.deepcopy(proxies),
        pickle.loads(pickle.dumps(proxies)),
    ):
        assert each == {"http": "a", "https": "b"}
        each["all"] = "d"
        del each["https"]
        assert each.named() == {"http": "a", "ftp": None, "all": "d", "https": None}
    assert isinstance(proxies, dict)

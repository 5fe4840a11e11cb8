"""A proxy that asks for credentials: Basic and Digest, for tunnels and what it forwards; and proxies that misbehave."""

from __future__ import annotations

import hashlib
import os
import re
import select
import socket
import time
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Timeouts
from support.certificates import ca_path, other_ca_path, server_context
from support.messages import Received, response
from support.programs import run_program
from support.scripted import Conversation, Peer, Step, _End, receive_head, send
from support.servers import EchoServer, ProxyServer, tls_echo_server


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class DigestProxy(ProxyServer):
    """Wants Digest (RFC 7616, MD5, qop=auth), computed here independently; each nonce is good for `uses` requests."""

    def __init__(self, user: str, password: str, *, uses: int = 1000, keep: bool = True, **settings: Any) -> None:
        super().__init__(credentials="never:basic", **settings)
        self.user, self.password, self.uses, self.keep = user, password, uses, keep
        self.nonces: dict[str, int] = {}

    def _serve(self, talk: Conversation) -> None:
        request = talk.request
        assert request is not None
        if request.method != "CONNECT":
            talk.reader.body(request)
        if not self._accepts(request):
            nonce = f"n{len(self.nonces)}"
            self.nonces[nonce] = 0
            fields = [
                ("Proxy-Authenticate", 'Basic realm="p"'),
                ("Proxy-Authenticate", f'Digest realm="p", nonce="{nonce}", qop="auth"'),
            ]
            if not self.keep:
                fields.append(("Connection", "close"))
            talk.sock.sendall(response("who?" * 100, 407, "Proxy Authentication Required", fields))
            if not self.keep:
                raise _End
        elif request.method == "CONNECT":
            self._connect(talk, request.target)
        else:
            talk.sock.sendall(self._forward(request))

    def _accepts(self, request: Received) -> bool:
        field = request.get("Proxy-Authorization") or ""
        if not field.startswith("Digest "):
            return False
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', field))
        nonce = given["nonce"]
        if (
            nonce not in self.nonces
            or self.nonces[nonce] >= self.uses
            or int(given["nc"], 16) != self.nonces[nonce] + 1
        ):
            return False
        ha1, ha2 = md5(f"{self.user}:p:{self.password}"), md5(f"{request.method}:{given['uri']}")
        right = md5(f"{ha1}:{nonce}:{given['nc']}:{given['cnonce']}:{given['qop']}:{ha2}")
        if given["uri"] != request.target or given["response"] != right:
            return False
        self.nonces[nonce] += 1
        return True


def through(proxy: Peer, userinfo: str) -> dict[str, str]:
    return {"all": proxy.url("", host=f"{userinfo}@127.0.0.1")}


@pytest.mark.parametrize("keep", [True, False])
def test_a_tunnels_digest_challenge_is_answered_on_the_same_connection_if_it_lasts(keep: bool) -> None:
    with tls_echo_server() as server, DigestProxy("us er", "p@ss:word", keep=keep) as proxy:
        with client.Session() as session:
            session.proxies, session.verify = through(proxy, "us%20er:p%40ss%3Aword"), ca_path()
            assert session.get(server.url("/x"), timeout=5).json()["target"] == "/x"
            assert len(proxy.requests) == 2
            assert proxy.connections == (1 if keep else 2)
            # The next tunnel sends its credentials at once.
            session.close()
            assert session.get(server.url("/y"), timeout=5).status_code == 200
            assert len(proxy.requests) == 3
        assert all(request.get("Proxy-Authorization") is None for request in server.requests)


def test_what_a_proxy_forwards_is_answered_and_then_answered_at_once() -> None:
    with EchoServer() as server, DigestProxy("user", "pw") as proxy, client.Session() as session:
        session.proxies = through(proxy, "user:pw")
        for number in range(3):
            echo = session.post(server.url(f"/{number}"), data=b"body", timeout=5).json()
            assert (echo["target"], echo["body"]) == (f"/{number}", "body")
            assert not [name for name, _ in echo["headers"] if name.lower() == "proxy-authorization"]
        assert len(proxy.requests) == 4


def test_a_nonce_that_is_used_up_is_replaced() -> None:
    with EchoServer() as server, DigestProxy("user", "pw", uses=1) as proxy, client.Session() as session:
        session.proxies = through(proxy, "user:pw")
        assert [session.get(server.url("/"), timeout=5).status_code for _ in range(3)] == [200] * 3
        assert len(proxy.requests) == 6


def test_a_wrong_password_is_asked_once_more_and_not_for_ever() -> None:
    with tls_echo_server() as secure, EchoServer() as plain, DigestProxy("user", "pw") as proxy:
        with client.Session() as session:
            session.proxies = through(proxy, "user:wrong")
            with pytest.raises(client.exceptions.ProxyError, match="407 Proxy Authentication Required"):
                session.get(secure.url("/"), timeout=5)
            asked = len(proxy.requests)
            assert asked == 2
            assert session.get(plain.url("/"), timeout=5).status_code == 407
            assert len(proxy.requests) - asked <= 2
        assert secure.requests == plain.requests == []


def test_a_file_as_a_body_is_sent_again_from_its_start(tmp_path: Any) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 200_000)
    with EchoServer() as server, DigestProxy("user", "pw") as proxy, path.open("rb") as file:
        echo = client.post(server.url("/"), data=file, proxies=through(proxy, "user:pw"), timeout=5).json()
    assert len(echo["body"]) == 200_000


def test_basic_is_answered_where_it_was_not_sent_at_once() -> None:
    with EchoServer() as server, ProxyServer(credentials="user:pw") as proxy:
        from httpcore_lite.urllib3_api.poolmanager import ProxyManager

        manager = ProxyManager(proxy.url("", host="user:pw@127.0.0.1"))
        assert manager.urlopen("GET", server.url("/")).status == 200
        assert [request.get("Proxy-Authorization") is None for request in proxy.requests] == [True, False]


def test_credentials_learnt_for_one_proxy_never_reach_another() -> None:
    with EchoServer() as server, DigestProxy("user", "pw") as one, ProxyServer() as other:
        with client.Session() as session:
            session.get(server.url("/"), proxies=through(one, "user:pw"), timeout=5)
            session.get(server.url("/"), proxies={"all": other.url("")}, timeout=5)
        assert other.requests[0].get("Proxy-Authorization") is None


def nonces(proxy: Peer) -> list[tuple[str, int]]:
    """(nonce, how often it was used) of each request that the proxy got; "" for one that names none."""
    fields = [request.get("Proxy-Authorization") or "" for request in proxy.requests]
    parts = [dict(re.findall(r'(\w+)="?([^",]*)"?', field)) for field in fields]
    return [(part.get("nonce", ""), int(part.get("nc", "0"), 16)) for part in parts]


@pytest.mark.parametrize("origin", [EchoServer, tls_echo_server], ids=["forwarded", "tunnel"])
def test_what_one_session_learnt_of_a_proxy_no_other_one_shows(origin: Any) -> None:
    """By the nonce a proxy would know that two Session objects are one program."""
    with origin() as server, DigestProxy("user", "pw") as proxy:
        for _ in range(2):
            with client.Session() as session:
                session.proxies, session.verify = through(proxy, "user:pw"), ca_path()
                for _ in range(2):
                    assert session.get(server.url("/"), timeout=5).status_code == 200
                    session.close()
        assert client.get(server.url("/"), proxies=session.proxies, verify=ca_path(), timeout=5).status_code == 200
    of_a_session = [("", 0), ("n{}", 1), ("n{}", 2)]
    expected = [(nonce.format(turn), uses) for turn in range(2) for nonce, uses in of_a_session]
    assert nonces(proxy) == [*expected, ("", 0), ("n2", 1)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")
def test_a_child_uses_no_nonce_of_its_parents() -> None:
    source = """
        session = new_session()
        session.proxies = {"all": os.environ["THE_PROXY"]}
        assert session.get(url).status_code == 200
        pid = os.fork()
        if pid == 0:
            ok = session.get(url).status_code == 200
            os._exit(not ok)
        assert os.waitpid(pid, 0)[1] == 0
        assert session.get(url).status_code == 200
    """
    first = "import warnings; warnings.filterwarnings('ignore', 'This process', DeprecationWarning)"
    with EchoServer() as server, DigestProxy("user", "pw") as proxy:
        first += f"; import os; os.environ['THE_PROXY'] = {through(proxy, 'user:pw')['all']!r}"
        run_program(source, server.url("/"), first=first)
    assert nonces(proxy) == [("", 0), ("n0", 1), ("", 0), ("n1", 1), ("n0", 2)]


# -- proxies that misbehave --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nonsense_from_a_proxy_is_a_proxy_error(scheme: str) -> None:
    with Peer([receive_head(), send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")]) as proxy:
        with pytest.raises(client.exceptions.ProxyError):
            client.get(f"{scheme}://origin.test/", proxies={"all": proxy.url("")}, timeout=5)


# Seconds: half of what the slow ones take, and more than the busiest machine takes to see that a limit has passed.
SOON = 6


def drip(data: bytes) -> Step:
    def step(talk: Conversation) -> None:
        for byte in data:
            talk.sock.sendall(bytes([byte]))
            time.sleep(0.1)  # the proxy's slowness is what is tested

    return step


@pytest.mark.parametrize("limits", [Timeouts(connect=0.3), Timeouts(total=0.3)])
def test_a_proxy_that_drips_is_stopped_in_time(limits: Timeouts) -> None:
    kind = client.exceptions.ProxyError if limits.connect else client.ConnectTimeout
    with Peer([receive_head(), drip(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20)]) as proxy:
        began = time.monotonic()
        with pytest.raises(kind):
            client.get("https://origin.test/", proxies={"https": proxy.url("")}, timeout=limits)
        assert time.monotonic() - began < SOON


@pytest.mark.parametrize("limits", [Timeouts(connect=0.3), Timeouts(total=0.3)])
def test_a_socks_proxy_that_drips_is_stopped_in_time(limits: Timeouts) -> None:
    kind = client.exceptions.ProxyError if limits.connect else client.ConnectTimeout
    with Peer([drip(b"\5\0\5\0\0\3\xff" + b"x" * 130)]) as proxy:
        began = time.monotonic()
        with pytest.raises(kind):
            client.get("http://origin.test/", proxies={"http": f"socks5h://{proxy.address}"}, timeout=limits)
        assert time.monotonic() - began < SOON


def test_tls_in_tls_through_an_https_proxy_and_each_is_verified_for_its_own_name() -> None:
    with tls_echo_server() as server, ProxyServer(tls=server_context("127.0.0.1", "localhost")) as proxy:
        url = proxy.url("", scheme="https")
        response = client.get(server.url("/bytes/300000"), proxies={"https": url}, verify=ca_path(), timeout=5)
        assert len(response.content) == 300_000
        assert response.connection_info is not None
        assert response.connection_info.tls_version == "TLSv1.3"
        with pytest.raises(client.exceptions.ProxyError):
            client.get(
                server.url("/"), proxies={"https": url.replace("127.0.0.1", "127.0.0.2")}, verify=ca_path(), timeout=5
            )
    with EchoServer(tls=server_context("other.example")) as wrong, ProxyServer(tls=server_context()) as proxy:
        with pytest.raises(client.exceptions.SSLError):
            client.get(wrong.url("/"), proxies={"https": proxy.url("")}, verify=ca_path(), timeout=5)


class DrippingProxy(ProxyServer):
    """A proxy that takes its time for what comes through its tunnel, once it `drips`."""

    drips = False

    def _connect(self, talk: Conversation, target: str) -> None:
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port)), self.patience) as origin:
            talk.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            while not self.over.is_set():
                for sock in select.select([talk.sock, origin], [], [], 0.5)[0]:
                    data = sock.recv(300 if sock is origin else 65_536)
                    if not data:
                        raise _End
                    (origin if sock is talk.sock else talk.sock).sendall(data)
                    if self.drips and sock is origin:
                        time.sleep(0.25)  # the proxy's slowness is what is tested


@pytest.mark.parametrize("limits", [Timeouts(connect=10, read=0.3), Timeouts(total=0.5)])
def test_a_record_of_tls_in_tls_that_drips_is_bounded_by_the_limits(limits: Timeouts) -> None:
    with tls_echo_server() as server, DrippingProxy(tls=server_context()) as proxy, client.Session() as session:
        session.verify, session.proxies = ca_path(), {"https": proxy.url("")}
        assert session.get(server.url("/bytes/10"), timeout=5).status_code == 200
        proxy.drips = True
        began = time.monotonic()
        with pytest.raises(client.ReadTimeout):
            session.get(server.url("/bytes/15000"), timeout=limits)  # one record, which takes 12 seconds
        assert time.monotonic() - began < SOON
        proxy.drips = False
        assert session.adapters["https://"].pool.stats().open == 0
        assert session.get(server.url("/bytes/10"), timeout=5).status_code == 200


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_an_https_proxy_that_forwards_plain_requests_is_verified_by_the_callers_cas() -> None:
    with EchoServer() as server, ProxyServer(tls=server_context()) as proxy:
        url = proxy.url("", scheme="https")
        for verify in (ca_path(), False):
            response = client.get(server.url("/x"), proxies={"http": url}, verify=verify, timeout=5)
            assert response.json()["target"] == "/x"
        for verify in (True, other_ca_path()):
            with pytest.raises(client.exceptions.ProxyError, match="CERTIFICATE_VERIFY_FAILED"):
                client.get(server.url("/x"), proxies={"http": url}, verify=verify, timeout=5)

"""The options of connections, as HTTPAdapter and Session take them, against real servers on loopback."""

from __future__ import annotations

import pickle
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite.adapters import HTTPAdapter
from httpcore_lite.transport.connectors import tls
from support.certificates import (
    authority,
    ca_path,
    client_bundle,
    client_certificate,
    mutual_context,
    other_ca_path,
    server_context,
)
from support.messages import response
from support.scripted import Peer, ipv6_works, receive, send
from support.servers import EchoServer, ProxyServer, tls_echo_server

OK = response("ok")


def get(url: str, *, verify: Any = True, **options: Any) -> client.Response:
    with client.Session(**options) as session:
        return session.get(url, verify=verify, timeout=10)


# -- names and values --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [client.Session, HTTPAdapter])
def test_an_unknown_option_is_refused_with_the_known_ones_listed(make: Any) -> None:
    with pytest.raises(TypeError, match=r"no option 'resolvr'.*allow_address.*max_age.*resolver.*uds"):
        make(resolvr=print)


def test_an_unknown_option_of_a_request_is_refused_with_the_known_ones_listed() -> None:
    for call in (client.get, client.Session().get, client.Session().post):
        with pytest.raises(TypeError, match=r"no option 'trase'.*timeout.*trace"):
            call("http://127.0.0.1:9/", trase=print)


def test_an_option_in_the_wrong_place_is_refused_with_the_right_place() -> None:
    with pytest.raises(TypeError, match=r"'uds' is an option of Session\(...\) and HTTPAdapter\(...\)"):
        client.get("http://127.0.0.1:9/", uds="/x")
    with pytest.raises(TypeError, match="'trace' is an option of Session"):
        HTTPAdapter(trace=print)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resolver", "127.0.0.1"),
        ("resolve", {"no-port": "127.0.0.1"}),
        ("resolve", {"host:80": "no address"}),
        ("resolve", "host:80:127.0.0.1"),
        ("allow_address", True),
        ("source_address", "127.0.0.1"),
        ("source_address", ("127.0.0.1", "0")),
        ("socket_options", "x"),
        ("socket_options", [(1, 2)]),
        ("family", "inet"),
        ("uds", 3),
        ("ca_data", 3),
        ("cert_password", 3),
        ("assert_fingerprint", "xyz"),
        ("assert_hostname", True),
        ("server_hostname", b"x"),
        ("minimum_version", "TLSv1.3"),
        ("max_connections", 0),
        ("max_per_origin", 1.5),
        ("idle_timeout", -1),
        ("idle_timeout", True),
        ("max_age", "60"),
        ("trace", 3),
        ("pool_maxsize", "x"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_at_once_by_name(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{name}="):
        client.Session(**{name: value})


def test_a_password_is_never_in_the_text_of_an_error_or_of_the_adapter() -> None:
    adapter = HTTPAdapter(cert_password="hunter2", max_age=3)
    assert "hunter2" not in repr(adapter)
    assert "max_age=3" in repr(adapter)


def test_options_survive_pickling() -> None:
    session = client.Session(resolve={"there.test:80": "127.0.0.1"}, max_connections=3, trace=print)
    copy = pickle.loads(pickle.dumps(session))
    adapter = copy.get_adapter("https://there.test/")
    assert adapter.pool.limits.total == 3
    with EchoServer() as server:
        copy.mount(
            "http://", pickle.loads(pickle.dumps(HTTPAdapter(resolve={f"there.test:{server.port}": "127.0.0.1"})))
        )
        assert copy.get(f"http://there.test:{server.port}/x", timeout=10).json()["target"] == "/x"


# -- names and addresses -----------------------------------------------------------------------------------------------


def test_resolve_overrides_one_host_and_port_and_the_host_field_stays() -> None:
    with EchoServer() as server:
        options = {f"there.test:{server.port}": "127.0.0.1"}
        echo = get(f"http://there.test:{server.port}/x", resolve=options).json()
        assert ["Host", f"there.test:{server.port}"] in echo["headers"]
        with pytest.raises(client.ConnectionError, match=r"there\.test"):
            get("http://there.test:1/", resolve=options)


def test_the_resolver_is_asked_for_names_and_not_for_addresses() -> None:
    asked: list[tuple[str, int]] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    with EchoServer() as server:
        get(f"http://there.test:{server.port}/", resolver=resolver)
        get(server.url("/"), resolver=resolver)
        assert asked == [("there.test", server.port)]


def test_a_resolver_that_names_no_address_is_an_error_that_says_so() -> None:
    with pytest.raises(client.ConnectionError, match="'elsewhere.test', which is no IP address"):
        get("http://there.test/", resolver=lambda host, port: ["elsewhere.test"])
    with pytest.raises(client.ConnectionError, match="named no address"):
        get("http://there.test/", resolver=lambda host, port: [])


def test_a_refused_address_gets_no_packet_and_the_error_says_so() -> None:
    seen: list[str] = []

    def allow(address: Any) -> bool:
        seen.append(str(address))
        return bool(address.is_global)

    with EchoServer() as server:
        for host in ("127.0.0.1", "[::ffff:127.0.0.1]", "localhost"):
            with pytest.raises(client.ConnectionError, match="allow_address refused every address of"):
                get(f"http://{host}:{server.port}/", allow_address=allow)
        assert server.connections == 0
    assert "127.0.0.1" in seen


def test_the_filter_sees_what_a_redirect_leads_to() -> None:
    with (
        EchoServer() as inner,
        Peer([receive(), send(response("", 302, "Found", [("Location", inner.url("/"))]))]) as outer,
    ):
        options = {"resolve": {f"out.test:{outer.port}": "127.0.0.2"}}
        with pytest.raises(client.ConnectionError):
            get(f"http://out.test:{outer.port}/", allow_address=lambda ip: str(ip) == "127.0.0.2", **options)
        assert inner.connections == 0


@pytest.mark.parametrize("scheme", ["http", "socks4a", "socks5h"])
@pytest.mark.parametrize("origin", ["http", "https"])
def test_the_filter_sees_an_address_that_a_proxy_is_asked_for(scheme: str, origin: str) -> None:
    with Peer([]) as proxy, client.Session(allow_address=lambda ip: str(ip) == "127.0.0.1") as session:
        with pytest.raises(client.ConnectionError, match=r"allow_address refused the address 10\.1\.2\.3"):
            session.get(f"{origin}://10.1.2.3/", proxies={"all": f"{scheme}://{proxy.address}"}, timeout=5)
        assert proxy.received == []


@pytest.mark.parametrize(
    "spelling",
    ["167772161", "0xa000001", "10.1", "012.0.0.1", "10.0.0.1.", "0251.0376.0251.0376", "[::ffff:10.0.0.1]",
     "[64:ff9b::a9fe:a9fe]", "[2002:a00:1::]", "[::10.0.0.1]", "1.2.3.4.5"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "socks4a", "socks5h"])
@pytest.mark.parametrize("origin", ["http", "https"])
def test_no_spelling_of_an_address_gets_past_the_filter_by_a_proxy(scheme: str, origin: str, spelling: str) -> None:
    def allow(ip: Any) -> bool:
        return str(ip) == "127.0.0.1" or ip.version == 6

    with Peer([]) as proxy, client.Session(allow_address=allow) as session:
        with pytest.raises(client.RequestException):
            session.get(f"{origin}://{spelling}/", proxies={"all": f"{scheme}://{proxy.address}"}, timeout=5)
        assert proxy.received in ([], [b""])
        assert session.get_adapter(f"{origin}://").pool.stats().open == 0


def test_a_forwarding_pool_shows_the_filter_the_host_of_the_target_too() -> None:
    from httpcore_lite.sansio.errors import NewConnectionError
    from httpcore_lite.urllib3_api.poolmanager import ProxyManager

    with Peer([]) as proxy:
        manager = ProxyManager(proxy.url(""), allow_address=lambda ip: str(ip) == "127.0.0.1")
        pool = manager.connection_from_host("a.test", 80)
        with pytest.raises(NewConnectionError, match="refused the address 167772161"):
            pool.urlopen("GET", "http://167772161/", assert_same_host=False)
        assert proxy.received == []


def test_a_name_is_still_the_proxys_to_look_up() -> None:
    with EchoServer() as server, ProxyServer() as proxy:
        url, allowed = server.url("/x").replace("127.0.0.1", "localhost"), {"127.0.0.1"}
        with client.Session(allow_address=lambda ip: str(ip) in allowed) as session:
            assert session.get(url, proxies={"http": proxy.url("")}, timeout=5).status_code == 200


def test_a_black_holed_address_costs_no_more_than_the_stagger() -> None:
    # A listener whose queue is full accepts no further SYN: what a broken IPv6 looks like.
    fillers = []
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as hole:
        port = listener.getsockname()[1]
        hole.bind(("127.0.0.3", port))
        hole.listen(0)
        try:
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.3", port))
                fillers.append(filler)
            threading.Thread(target=_respond_once, args=(listener,), daemon=True).start()
            began = time.monotonic()
            response = get(f"http://there.test:{port}/", resolver=lambda host, _: ["127.0.0.3", "127.0.0.1"])
            assert response.text == "ok"
            assert 0.2 < time.monotonic() - began < 4.5
            assert response.connection_info is not None
            assert response.connection_info.remote_address[0] == "127.0.0.1"
        finally:
            for filler in fillers:
                filler.close()


def _respond_once(listener: socket.socket) -> None:
    sock, _ = listener.accept()
    with sock:
        sock.recv(65536)
        sock.sendall(OK)


def test_source_address_and_socket_options_are_set_before_connecting() -> None:
    with (
        EchoServer() as server,
        client.Session(
            source_address=("127.0.0.9", 0), socket_options=[(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        ) as session,
    ):
        response = session.get(server.url("/"), timeout=10, stream=True)
        assert response.connection_info is not None
        assert response.connection_info.local_address[0] == "127.0.0.9"
        assert response.raw._connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_a_socket_option_that_the_system_refuses_is_named() -> None:
    with (
        EchoServer() as server,
        pytest.raises(client.ConnectionError, match=r"socket option \(9999, 1, 1\) was refused"),
    ):
        get(server.url("/"), socket_options=[(9999, 1, 1)])


def test_family_limits_the_addresses() -> None:
    with EchoServer() as server:
        assert get(f"http://localhost:{server.port}/", family=socket.AF_INET).status_code == 200
        with pytest.raises(client.ConnectionError):
            get(server.url("/"), family=socket.AF_INET6)


@pytest.mark.skipif(not ipv6_works(), reason="no IPv6 loopback here")
def test_ipv6_works_and_a_zone_id_is_never_sent() -> None:
    with EchoServer(host="::1") as server:
        echo = get(f"http://[::1%251]:{server.port}/").json()
        assert ["Host", f"[::1]:{server.port}"] in echo["headers"]


# -- Unix sockets ------------------------------------------------------------------------------------------------------


HI = response("hi", headers=[("Connection", "close")])


@contextmanager
def unix_server(path: Path, seen: list[bytes], *responses: bytes) -> Iterator[None]:
    """A server that gives each response on a connection of its own."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(5)

        def serve() -> None:
            for response in responses or (HI,):
                sock, _ = listener.accept()
                with sock:
                    seen.append(sock.recv(65536))
                    sock.sendall(response)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        thread.join(5)


def test_a_unix_socket_in_the_url_whatever_its_case_and_never_through_a_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    seen: list[bytes] = []
    path = tmp_path / "Docker.sock"
    with unix_server(path, seen):
        url = "http+unix://" + str(path).replace("/", "%2F") + "/v1/info?all=1"
        assert mounted().get(url, timeout=5).text == "hi"
    assert seen[0].startswith(b"GET /v1/info?all=1 HTTP/1.1\r\nHost: localhost\r\n")


def mounted(**options: Any) -> client.Session:
    """A session that may open Unix sockets."""
    session = client.Session()
    session.mount("http+unix://", client.adapters.HTTPAdapter(**options))
    return session


def test_a_unix_socket_in_the_url_is_opened_only_where_the_program_has_asked_for_that(tmp_path: Path) -> None:
    # A program that fetches the URLs of others rests on requests' two schemes.
    seen: list[bytes] = []
    url = "http+unix://" + str(tmp_path / "s").replace("/", "%2F") + "/"
    with unix_server(tmp_path / "s", seen):
        for refused in (url, url.upper().replace("%2F", "%2f"), "HTTP+unix://%2Fx/"):
            with pytest.raises(client.exceptions.InvalidSchema, match="No connection adapters were found for"):
                client.get(refused, timeout=5)
        assert client.Session(uds=tmp_path / "s").get(url, timeout=5).text == "hi"
    with client.Session(uds=tmp_path / "s") as s, pytest.raises(client.exceptions.InvalidSchema, match="another Unix"):
        s.get("http+unix://%2Frun%2Fdocker.sock/", timeout=5)
    assert len(seen) == 1


def test_no_redirect_leads_from_elsewhere_to_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "docker.sock").replace("/", "%2F")
    moved = response("", 302, "Found", [("Location", f"http+unix://{path}/secret")])
    for session in (client.Session(), mounted()):
        with (
            Peer([receive(), send(moved)]) as peer,
            pytest.raises(client.exceptions.InvalidSchema, match="Unix socket"),
        ):
            session.get(peer.url("/"), timeout=5)


def test_a_unix_socket_in_the_url_does_not_get_past_a_filter_of_addresses() -> None:
    with pytest.raises(client.exceptions.InvalidSchema, match="allow_address") as caught:
        mounted(allow_address=lambda ip: True).get("http+unix://%2Frun%2Fdocker.sock/")
    assert caught.value.request is not None


def test_a_redirect_within_a_unix_socket_is_followed(tmp_path: Path) -> None:
    seen: list[bytes] = []
    url = "http+unix://" + str(tmp_path / "S.sock").replace("/", "%2F")
    moved = response("", 302, "Found", [("Location", "/there"), ("Connection", "close")])
    with unix_server(tmp_path / "S.sock", seen, moved, response("hi")):
        assert mounted().get(url + "/here", timeout=5).text == "hi"
    assert [head.split(b" ")[1] for head in seen] == [b"/here", b"/there"]


def test_a_unix_socket_as_an_option_keeps_the_urls_host(tmp_path: Path) -> None:
    seen: list[bytes] = []
    with unix_server(tmp_path / "s", seen):
        assert get("http://docker/info", uds=tmp_path / "s").text == "hi"
    assert seen[0].startswith(b"GET /info HTTP/1.1\r\nHost: docker\r\n")


def test_a_unix_socket_that_is_not_there_is_a_connection_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(client.ConnectionError, match="gone"):
        get("http://docker/", uds=tmp_path / "gone")


# -- TLS ---------------------------------------------------------------------------------------------------------------


def test_verify_takes_a_context_as_it_is() -> None:
    good = ssl.create_default_context(cafile=ca_path())
    bad = ssl.create_default_context(cafile=other_ca_path())
    lax = ssl.create_default_context()
    lax.check_hostname, lax.verify_mode = False, ssl.CERT_NONE
    nameless = ssl.create_default_context(cafile=ca_path())
    nameless.check_hostname = False
    with tls_echo_server() as server, EchoServer(tls=server_context("other.example")) as other:
        assert get(server.url("/"), verify=good).status_code == 200
        with pytest.raises(client.exceptions.SSLError):
            get(server.url("/"), verify=bad)
        with pytest.warns(Warning, match="Unverified"):
            assert get(server.url("/"), verify=lax).status_code == 200
        assert get(other.url("/"), verify=nameless).status_code == 200
        with pytest.raises(client.exceptions.SSLError, match="other.example|mismatch"):
            get(other.url("/"), verify=good)
        assert lax.verify_mode == ssl.CERT_NONE
        assert good.check_hostname


def test_ca_data_in_memory_as_pem_or_der_replaces_the_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    pem = authority().cert_pem.bytes()
    with tls_echo_server() as server:
        for data in (pem, pem.decode(), ssl.PEM_cert_to_DER_cert(pem.decode())):
            assert get(server.url("/"), ca_data=data).status_code == 200
        other = Path(other_ca_path()).read_text()
        with pytest.raises(client.exceptions.SSLError):
            get(server.url("/"), ca_data=other)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_path())
        with pytest.raises(client.exceptions.SSLError):
            get(server.url("/"), ca_data=other)
        with pytest.raises(client.exceptions.SSLError, match="no CA certificate can be read from the data given"):
            get(server.url("/"), ca_data="nonsense")


@pytest.mark.parametrize("with_truststore", [True, False])
def test_verify_system_asks_the_operating_system(with_truststore: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_contexts", {})
    if not with_truststore:
        monkeypatch.setitem(__import__("sys").modules, "truststore", None)
    with tls_echo_server() as server:
        with pytest.raises(client.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED|certificate"):
            get(server.url("/"), verify="system")
        monkeypatch.setattr(tls, "_contexts", {})
        monkeypatch.setenv("SSL_CERT_FILE", ca_path())
        assert get(server.url("/"), verify="system").status_code == 200


def test_a_client_certificate_as_pem_bytes() -> None:
    chain, key = (Path(path).read_bytes() for path in client_certificate())
    with EchoServer(tls=mutual_context()) as server, client.Session() as session:
        session.verify = ca_path()
        for cert in ((chain, key), chain + key, client_bundle(), client_certificate()):
            session.close()
            assert session.get(server.url("/"), cert=cert, timeout=10).status_code == 200
        with pytest.raises(client.ConnectionError):
            session.get(server.url("/"), timeout=10)
        with pytest.raises(client.exceptions.SSLError, match="cannot be loaded from the PEM bytes"):
            session.get(server.url("/"), cert=(b"-----BEGIN CERTIFICATE-----\nno", key), timeout=10)


def test_an_encrypted_key_needs_its_password(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    chain, plain = (Path(path).read_bytes() for path in client_certificate())
    loaded = serialization.load_pem_private_key(plain, None)
    key = loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"hunter2"),
    )
    (tmp_path / "key").write_bytes(key)
    with EchoServer(tls=mutual_context()) as server:
        for cert in ((chain, key), (client_certificate()[0], str(tmp_path / "key"))):
            with client.Session(cert_password="hunter2") as session:
                assert session.get(server.url("/"), verify=ca_path(), cert=cert, timeout=10).status_code == 200
            for options in ({}, {"cert_password": "wrong"}):
                with client.Session(**options) as session, pytest.raises(client.exceptions.SSLError) as caught:
                    session.get(server.url("/"), verify=ca_path(), cert=cert, timeout=10)
                assert "wrong" not in str(caught.value).replace("WRONG", "")


def test_a_pin_is_checked_and_a_wrong_one_gets_no_request() -> None:
    import hashlib

    with tls_echo_server() as server:
        der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.port)))
        right = hashlib.sha256(der).hexdigest()
        assert get(server.url("/"), verify=ca_path(), assert_fingerprint=right).status_code == 200
        before = len(server.requests)
        with pytest.raises(client.exceptions.SSLError, match="[Ff]ingerprint"):
            get(server.url("/"), verify=ca_path(), assert_fingerprint="ab" * 32)
        assert len(server.requests) == before


def test_another_name_to_ask_for_and_another_to_check() -> None:
    with EchoServer(tls=server_context("inner.example")) as server:
        assert get(server.url("/"), verify=ca_path(), server_hostname="inner.example").status_code == 200
        assert get(server.url("/"), verify=ca_path(), assert_hostname="inner.example").status_code == 200
        assert get(server.url("/"), verify=ca_path(), assert_hostname=False).status_code == 200
        for options in ({}, {"server_hostname": "x.example"}, {"assert_hostname": "x.example"}):
            with pytest.raises(client.exceptions.SSLError):
                get(server.url("/"), verify=ca_path(), **options)


def test_a_minimum_version_is_kept() -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("127.0.0.1").configure_cert(old)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with EchoServer(tls=old) as server:
        response = get(server.url("/"), verify=ca_path())
        assert response.connection_info is not None
        assert response.connection_info.tls_version == "TLSv1.2"
        with pytest.raises(client.exceptions.SSLError):
            get(server.url("/"), verify=ca_path(), minimum_version=ssl.TLSVersion.TLSv1_3)


def test_bytes_that_tls_has_decrypted_already_poison_a_connection() -> None:
    # One record holds the response and an unasked one behind it: nothing of that shows at the descriptor.
    unasked = response("poison")
    with (
        Peer(
            [receive(), send(response("x" * 20000) + unasked), receive(), send(OK)],
            [receive(), send(OK)],
            tls=server_context(),
        ) as peer,
        client.Session() as session,
    ):
        session.verify = ca_path()
        assert len(session.get(peer.url("/"), timeout=5).content) == 20000
        assert session.get(peer.url("/"), timeout=5).text == "ok"


# -- no proxy at all ---------------------------------------------------------------------------------------------------


def test_false_for_proxies_beats_the_session_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with EchoServer() as server, ProxyServer() as proxy, client.Session() as session:
        monkeypatch.setenv("HTTP_PROXY", proxy.url())
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        session.proxies = {"http": proxy.url()}
        redirect = server.url(f"/redirect/302?to={server.url('/x')}")
        assert session.get(redirect, proxies=False, timeout=10).json()["target"] == "/x"
        prepared = session.prepare_request(client.Request("GET", redirect))
        assert session.send(prepared, proxies=False, timeout=10).json()["target"] == "/x"
        assert client.get(redirect, proxies=False, timeout=10).json()["target"] == "/x"
        with client.Session(proxies=False) as quiet:
            assert quiet.get(redirect, timeout=10).json()["target"] == "/x"
            assert quiet.send(prepared.copy(), timeout=10).json()["target"] == "/x"
            assert proxy.requests == []
            # What a call says itself still counts.
            quiet.get(server.url("/y"), proxies={"http": proxy.url()}, timeout=10)
        assert len(proxy.requests) == 1

"""TLS: whom we trust, what we say when we do not, and client certificates."""

from __future__ import annotations

import warnings
from types import ModuleType

import pytest

from support import certificates
from support.programs import run_program
from support.scripted import Peer, close, receive, response, send
from support.servers import EchoServer, tls_echo_server

OK = response("secret")


def _peer(*names: str) -> Peer:
    return Peer([receive(), send(OK), receive(), send(OK)], tls=certificates.server_context(*names))


def test_a_trusted_authority_is_accepted(either: ModuleType) -> None:
    with _peer() as peer:
        assert either.get(peer.url("/"), verify=certificates.ca_path(), timeout=5).text == "secret"


def test_the_environments_bundle_is_used(either: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificates.ca_path())
    with _peer() as peer:
        assert either.get(peer.url("/"), timeout=5).text == "secret"


def test_an_unknown_authority_is_an_ssl_error(either: ModuleType) -> None:
    with _peer() as peer, pytest.raises(either.exceptions.SSLError) as caught:
        either.get(peer.url("/"), timeout=5)
    assert peer.requests == []
    assert caught.value.request.url == peer.url("/")
    assert "certificate" in str(caught.value).lower()


def test_another_authority_is_an_ssl_error(either: ModuleType) -> None:
    with _peer() as peer, pytest.raises(either.exceptions.SSLError):
        either.get(peer.url("/"), verify=certificates.other_ca_path(), timeout=5)
    assert peer.requests == []


def test_another_hosts_certificate_is_an_ssl_error(either: ModuleType) -> None:
    with _peer("other.example") as peer, pytest.raises(either.exceptions.SSLError):
        either.get(peer.url("/"), verify=certificates.ca_path(), timeout=5)
    assert peer.requests == []


def test_verify_false_accepts_anything_and_warns(either: ModuleType) -> None:
    with _peer("other.example") as peer, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert either.get(peer.url("/"), verify=False, timeout=5).text == "secret"
    assert "InsecureRequestWarning" in [warning.category.__name__ for warning in caught]


def test_a_connection_made_without_checking_is_never_used_for_a_checked_request(client: ModuleType) -> None:
    session = client.Session()
    with tls_echo_server("other.example") as server:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert session.get(server.url("/"), verify=False, timeout=5).ok
        with pytest.raises(client.exceptions.SSLError):
            session.get(server.url("/"), verify=certificates.ca_path(), timeout=5)
    assert len(server.requests) == 1


def test_a_client_certificate_is_shown(either: ModuleType) -> None:
    with Peer([receive(), send(OK)], tls=certificates.mutual_context()) as peer:
        pair = certificates.client_certificate()
        assert either.get(peer.url("/"), verify=certificates.ca_path(), cert=pair, timeout=5).text == "secret"


def test_without_the_client_certificate_it_is_a_connection_error(either: ModuleType) -> None:
    with Peer([receive(), send(OK)], tls=certificates.mutual_context()) as peer:
        with pytest.raises(either.ConnectionError):  # an SSLError, or what TLS 1.3's late alert looks like
            either.get(peer.url("/"), verify=certificates.ca_path(), timeout=5)
    assert peer.requests == []


def test_several_requests_share_one_tls_connection(either: ModuleType) -> None:
    session = either.Session()
    session.verify = certificates.ca_path()
    with _peer() as peer:
        for _ in range(2):
            assert session.get(peer.url("/"), timeout=5).text == "secret"
    assert peer.connections == 1


def test_a_body_cut_by_tls_close_is_an_error(either: ModuleType) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    with Peer([receive(), send(cut), close()], tls=certificates.server_context()) as peer:
        with pytest.raises(either.exceptions.ChunkedEncodingError):
            either.get(peer.url("/"), verify=certificates.ca_path(), timeout=5)


def test_an_idle_tls_connection_that_closed_is_replaced(client: ModuleType) -> None:
    session = client.Session()
    session.verify = certificates.ca_path()
    context = certificates.server_context()
    with Peer([receive(), send(OK), close()], [receive(), send(response("fresh"))], tls=context) as peer:
        assert session.get(peer.url("/"), timeout=5).text == "secret"
        peer.wait_closed()
        assert session.post(peer.url("/"), data=b"x", timeout=5).text == "fresh"


def test_without_the_ssl_module_https_is_an_ssl_error_and_http_works() -> None:
    source = """
        session = client.Session()
        ways = [{}, {"proxies": {"all": "http://127.0.0.1:1"}}, {"proxies": {"all": "https://127.0.0.1:1"}}]
        for settings in ways:
            try:
                session.get("https://127.0.0.1:1/", timeout=5, **settings)
            except client.exceptions.SSLError as error:
                assert "SSL module is not available" in str(error) and error.request is not None, error
            else:
                raise AssertionError(settings)
        try:
            session.get(url, timeout=5, **ways[2])
        except client.exceptions.ProxyError as error:
            assert "SSL module is not available" in str(error), error
        for _ in range(2):
            assert session.get(url, timeout=5).json()["target"] == "/"
        for prefix in ("http://", "https://"):
            found = session.get_adapter(prefix).pool.stats()
            assert found.open == found.idle, found
    """
    with EchoServer() as server:
        run_program(source, server.url("/"), first="import sys; sys.modules['ssl'] = sys.modules['_ssl'] = None")

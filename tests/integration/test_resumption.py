"""TLS sessions are resumed with the same peer under the same settings, and with nobody else."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

import httpcore_lite as client
from support import certificates
from support.servers import EchoServer, tls_echo_server

CLOSE = {"Connection": "close"}


class Adapter(client.adapters.HTTPAdapter):
    """An adapter with settings of urllib3's."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        super().__init__()

    def init_poolmanager(self, *args: Any, **kw: Any) -> None:
        super().init_poolmanager(*args, **kw, **self.settings)


def session_with(adapter: Adapter | None = None, verify: Any = None) -> client.Session:
    session = client.Session()
    session.verify = certificates.ca_path() if verify is None else verify
    if adapter is not None:
        session.mount("https://", adapter)
    return session


def resumed(session: client.Session, server: EchoServer) -> bool:
    """Whether a request on a new connection of its own resumed a TLS session."""
    with session.get(server.url("/"), headers=CLOSE, stream=True, timeout=10) as answer:
        reused = bool(answer.raw._connection.sock.session_reused)
        assert answer.json()["target"] == "/"
        return reused


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_new_connection_to_a_known_peer_resumes(version: ssl.TLSVersion) -> None:
    session = session_with(Adapter(ssl_minimum_version=version, ssl_maximum_version=version))
    with tls_echo_server() as server:
        assert [resumed(session, server) for _ in range(3)] == [False, True, True]


def test_another_session_of_the_process_resumes_too_under_equal_settings() -> None:
    with tls_echo_server() as server:
        assert [resumed(session_with(), server), resumed(session_with(), server)] == [False, True]


def test_the_same_address_under_another_name_is_verified_for_that_name() -> None:
    with tls_echo_server() as server:
        assert not resumed(session_with(), server)
        stranger = session_with(Adapter(server_hostname="somebody.else.test"))
        with pytest.raises(client.exceptions.SSLError):
            resumed(stranger, server)
        assert resumed(session_with(), server)


def test_a_session_made_without_verification_is_not_offered_with_it() -> None:
    with tls_echo_server() as server:
        with pytest.warns(Warning, match="Unverified"):
            assert not resumed(session_with(verify=False), server)
        with pytest.raises(client.exceptions.SSLError):
            session = client.Session()
            resumed(session, server)
        assert not resumed(session_with(), server)


def test_a_pin_is_checked_on_a_resumed_session_as_well() -> None:
    wrong = "ab" * 32
    with tls_echo_server() as server:
        assert not resumed(session_with(), server)
        for _ in range(2):
            with pytest.raises(client.exceptions.SSLError, match="ingerprint"):
                resumed(session_with(Adapter(assert_fingerprint=wrong)), server)


def test_equal_settings_share_one_context_and_its_parsed_authorities() -> None:
    from httpcore_lite.transport.routes import TLSSettings
    from httpcore_lite.transport.tls import context_for

    path = certificates.ca_path()
    assert context_for(TLSSettings(ca_file=path)) is context_for(TLSSettings(ca_file=path))
    assert context_for(TLSSettings(ca_file=path)) is not context_for(TLSSettings(ca_file=path, verify=False))

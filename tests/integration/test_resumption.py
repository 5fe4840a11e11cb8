"""TLS sessions are resumed with the same peer, by the same Session object, under the same settings, and not else."""

from __future__ import annotations

import copy
import hashlib
import os
import pickle
import ssl
import textwrap
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite.sansio.errors import SSLError
from httpcore_lite.urllib3_api.poolmanager import PoolManager
from support import certificates
from support.hellos import RecognisingServer
from support.programs import run_program
from support.scripted import Peer
from support.servers import EchoServer, ProxyServer, tls_echo_server

CLOSE = {"Connection": "close"}
FORKS = "import warnings; warnings.filterwarnings('ignore', 'This process', DeprecationWarning)"


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
    with session.get(server.url("/"), headers=CLOSE, stream=True, timeout=10) as response:
        reused = bool(response.raw._connection.sock.session_reused)
        assert response.json()["target"] == "/"
        return reused


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_new_connection_to_a_known_peer_resumes(version: ssl.TLSVersion) -> None:
    session = session_with(Adapter(ssl_minimum_version=version, ssl_maximum_version=version))
    with tls_echo_server() as server:
        assert [resumed(session, server) for _ in range(3)] == [False, True, True]


# -- between Session objects -------------------------------------------------------------------------------------------

OLD, NEW = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize(
    ("version", "tickets", "way"),
    [
        *[(version, True, way) for version in (OLD, NEW) for way in ("direct", "tunnel", "tunnel in tls")],
        # By session ids, on connections that end with close_notify: OpenSSL forgets those that do not.
        (OLD, False, "direct"),
    ],
)
def test_sessions_one_after_the_other_resume_their_own_and_nothing_of_each_other(
    version: ssl.TLSVersion, tickets: bool, way: str
) -> None:
    proxy_tls = certificates.server_context() if way == "tunnel in tls" else None
    with RecognisingServer(version, tickets=tickets) as server, ProxyServer(tls=proxy_tls) as proxy:
        for _ in range(3):
            # With TLS 1.3 switched on a session id may be mere chance (RFC 8446 appendix D.4), and proves nothing.
            with session_with(Adapter(ssl_maximum_version=version)) as session:
                if way != "direct":
                    session.proxies = {"all": proxy.url("")}
                for _ in range(2):
                    assert session.get(server.url("/"), headers=CLOSE, timeout=10).ok
    assert server.resumed == [False, True] * 3 or not tickets
    shown = server.identities
    assert [bool(identity) for identity in shown] == [False, True] * 3
    assert len(set(shown[1::2])) == 3


@pytest.mark.parametrize("ask", ["module", "pickled", "deep copy", "two adapters"])
def test_what_is_no_longer_the_same_pool_shows_nothing_of_an_earlier_one(ask: str) -> None:
    with RecognisingServer() as server, session_with() as session:
        assert session.get(server.url("/"), headers=CLOSE, timeout=10).ok
        if ask == "module":
            assert client.get(server.url("/"), verify=certificates.ca_path(), timeout=10).ok
        elif ask == "two adapters":
            session.mount("https://", client.adapters.HTTPAdapter())
            assert session.get(server.url("/"), timeout=10).ok
        else:
            other = pickle.loads(pickle.dumps(session)) if ask == "pickled" else copy.deepcopy(session)
            with other:
                assert other.get(server.url("/"), timeout=10).ok
        assert (server.resumed, server.identities) == ([False, False], [b"", b""])


def test_a_session_that_was_closed_goes_on_with_what_it_knew() -> None:
    with RecognisingServer() as server, session_with() as session:
        for _ in range(2):
            assert session.get(server.url("/"), timeout=10).ok
            session.close()
        assert server.resumed == [False, True]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")
def test_a_child_shows_nothing_of_its_parents_sessions() -> None:
    source = """
        session = new_session()
        close = {"Connection": "close"}
        session.get(url, headers=close)
        pid = os.fork()
        if pid == 0:
            session.get(url, headers=close)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        session.get(url, headers=close)
    """
    with RecognisingServer() as server:
        run_program(textwrap.dedent(source), server.url("/"), first=FORKS)
    assert server.resumed == [False, False, True]
    assert server.identities[:2] == [b"", b""]


# -- settings A, then B, under one pool --------------------------------------------------------------------------------


def asked(session: client.Session, server: Peer, **settings: Any) -> bool:
    """Whether a request on a new connection got a response; False for an SSLError."""
    try:
        return session.get(server.url("/"), headers=CLOSE, timeout=10, **settings).ok
    except client.exceptions.SSLError:
        return False


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("whose", ["init_poolmanager", "verify", "ours"])
def test_what_was_not_verified_is_never_resumed_where_it_is_to_be(version: ssl.TLSVersion, whose: str) -> None:
    """One context, `verify=False` and then `verify=True`: OpenSSL would not look at the certificate again."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts no authority
    with RecognisingServer(version) as server:
        session = session_with(Adapter(ssl_context=context) if whose == "init_poolmanager" else None, verify=True)
        if whose == "verify":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            assert asked(session, server, verify=context)
            assert asked(session, server, verify=context)
            context.verify_mode, context.check_hostname = ssl.CERT_REQUIRED, True
            assert not asked(session, server, verify=context)
        else:
            assert asked(session, server, verify=False)
            assert asked(session, server, verify=False)
            assert not asked(session, server, verify=certificates.other_ca_path())
    assert server.resumed[:2] == [False, True]
    assert server.identities[2:] == [b""]


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize(
    "change",
    [
        {"assert_hostname": "localhost"},
        {"assert_hostname": False},
        {"server_hostname": "localhost"},
        {"assert_fingerprint": "right"},
        {"cert_file": "client"},
        {"cert_reqs": "CERT_NONE"},
        {"ca_certs": None, "ca_cert_data": "ca"},
        {"ssl_minimum_version": ssl.TLSVersion.TLSv1_3},
        {"key_password": "secret"},
    ],
    ids=lambda change: ", ".join(change),
)
@pytest.mark.parametrize("own_context", [False, True])
def test_other_settings_under_the_same_pool_shake_hands_anew(change: dict[str, Any], own_context: bool) -> None:
    shared = {"ssl_context": ssl.create_default_context(cafile=certificates.ca_path())} if own_context else {}
    real = {"client": certificates.client_bundle(), "ca": Path(certificates.ca_path()).read_text()}
    with RecognisingServer() as server, PoolManager(ca_certs=certificates.ca_path(), **shared) as manager:
        real["right"] = hashlib.sha256(server.certificate).hexdigest()
        given = {name: real.get(value, value) if isinstance(value, str) else value for name, value in change.items()}

        def ask(settings: dict[str, Any]) -> int:
            pool = manager.connection_from_host("127.0.0.1", server.port, "https", settings)
            return int(pool.urlopen("GET", "/", headers=CLOSE).status)

        assert [ask({}), ask(given), ask({}), ask(given)] == [200] * 4
    assert server.resumed == [False, False, True, True]
    assert [bool(identity) for identity in server.identities] == [False, False, True, True]


@pytest.mark.parametrize("what", ["verify_flags", "options"])
def test_a_callers_context_that_was_changed_shakes_hands_anew(what: str) -> None:
    context = ssl.create_default_context(cafile=certificates.ca_path())
    with RecognisingServer() as server, session_with(verify=context) as session:
        assert [asked(session, server), asked(session, server)] == [True, True]
        if what == "verify_flags":
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF  # there is no such list: nothing can be verified
            assert not asked(session, server)
        else:
            context.options |= ssl.OP_NO_RENEGOTIATION
            assert asked(session, server)
    assert server.resumed[:2] == [False, True]
    assert server.identities[2] == b""


def test_a_session_is_not_offered_on_another_way_to_the_same_server() -> None:
    with RecognisingServer() as server, ProxyServer() as proxy, ProxyServer() as other, session_with() as session:
        ways = [{}, {"all": proxy.url("")}, {"all": other.url("")}, {"all": proxy.url("", host="user:pw@127.0.0.1")}]
        for way in ways * 2:
            assert session.get(server.url("/"), headers=CLOSE, proxies=way, timeout=10).ok
    assert server.resumed == [False] * 4 + [True] * 4


def test_the_same_address_under_another_name_is_verified_for_that_name() -> None:
    with RecognisingServer() as server, PoolManager(ca_certs=certificates.ca_path(), retries=False) as manager:

        def ask(name: str | None) -> int:
            pool = manager.connection_from_host("127.0.0.1", server.port, "https", {"server_hostname": name})
            return int(pool.urlopen("GET", "/", headers=CLOSE).status)

        assert ask(None) == 200
        with pytest.raises(SSLError):
            ask("another.test")
        assert ask(None) == 200
    assert server.identities[1] == b""


def test_a_pin_is_checked_on_a_resumed_session_as_well() -> None:
    wrong = "ab" * 32
    with tls_echo_server() as server:
        assert not resumed(session_with(), server)
        for _ in range(2):
            with pytest.raises(client.exceptions.SSLError, match="ingerprint"):
                resumed(session_with(Adapter(assert_fingerprint=wrong)), server)


def test_equal_settings_share_one_context_and_its_parsed_authorities() -> None:
    from httpcore_lite.sansio.connections.routes import TLSSettings
    from httpcore_lite.transport.connectors.tls import context_for

    path = certificates.ca_path()
    assert context_for(TLSSettings(ca_certs=path)) is context_for(TLSSettings(ca_certs=path))
    assert context_for(TLSSettings(ca_certs=path)) is not context_for(TLSSettings(ca_certs=path, verify=False))

"""Where a program has replaced something in urllib3, each option is kept, or refused by an error that names it."""

from __future__ import annotations

import ssl
import textwrap
from pathlib import Path

import pytest

from support import certificates
from support.messages import response
from support.patches import PATCHED, run
from support.scripted import Peer, receive, receive_bytes, send
from support.servers import EchoServer, tls_echo_server

CERTIFICATES = """
chain, key, bundle, locked = CERT
pem = tuple(open(name, "rb").read() for name in (chain, key))
for cert in ((chain, key), bundle, pem, b"".join(pem)):
    try:
        print(session.get(url, cert=cert).status_code)
    except Exception as error:
        print(type(error).__name__, error)
print(type(failure(lambda: session.get(url))).__name__, len(sent) > 3)
print(failure(lambda: session.get(url, cert="/no/such.pem")))
if client.__name__ == "httpcore_lite":
    keyed = client.Session(cert_password="secret")
    keyed.verify = sys.argv[2]
    print(keyed.get(url, cert=(chain, locked)).status_code)
    print(keyed.get(url, cert=(pem[0], open(locked, "rb").read())).status_code)
"""
MISSING = "Could not find the TLS certificate file, invalid path: /no/such.pem"


def locked_key(folder: Path) -> str:
    from cryptography.hazmat.primitives import serialization as form

    with open(certificates.client_certificate()[1], "rb") as source:
        key = form.load_pem_private_key(source.read(), None)
    path = folder / "locked.key"
    kind, locked = form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"secret")
    path.write_bytes(key.private_bytes(form.Encoding.PEM, kind, locked))
    return str(path)


@pytest.mark.parametrize("client", ["under its own name", "requests"])
def test_a_client_certificate_is_shown_there(client: str, tmp_path: Path) -> None:
    names = (*certificates.client_certificate(), certificates.client_bundle(), locked_key(tmp_path))
    with EchoServer(tls=certificates.mutual_context()) as server:
        lines = run(client, PATCHED + f"CERT = {names!r}" + CERTIFICATES, server.url("/"))
    assert lines[:2] == ["200", "200"]
    assert lines[5] == MISSING
    if client != "requests":
        assert lines[2:5] == ["200", "200", "SSLError True"]
        assert lines[6:] == ["200", "200"]


SYSTEM = """
for call in (
    lambda: session.get(url, verify="system"), lambda: client.get(url, verify="system"),
    lambda: client.Session().get(url, verify="system", cert=CERT),
):
    print(call().status_code, len(sent))
os.environ["SSL_CERT_FILE"] = OTHER
print(type(failure(lambda: client.Session().get(url, verify="system"))).__name__)
"""


def test_the_system_s_trust_store_is_asked_there() -> None:
    store = f"import os\nos.environ['SSL_CERT_FILE'] = {certificates.ca_path()!r}"
    given = f"CERT = {certificates.client_certificate()!r}\nOTHER = {certificates.other_ca_path()!r}"
    with tls_echo_server() as server:
        lines = run("under its own name", PATCHED + given + SYSTEM, server.url("/"), first=store)
    assert lines == ["200 1", "200 2", "200 3", "SSLError"]


CHECKED = """
def S(**options):
    made = client.Session(**options)
    made.verify = sys.argv[2]
    return made
for call in (
    lambda: S(assert_hostname="a.test").get(url),
    lambda: S(assert_hostname="b.test").get(url),
    lambda: S(assert_hostname=False).get(url),
    lambda: S(server_hostname="a.test").get(url),
    lambda: S().get(url),
    lambda: S(minimum_version=ssl.TLSVersion.TLSv1_3).get(url, verify=False),
    lambda: S(source_address=("127.0.0.1", 0), server_hostname="a.test").get(url),
    lambda: S(socket_options=[(6, 2, 1000)], server_hostname="a.test").get(url),
):
    try:
        print(call().status_code)
    except Exception as error:
        print(type(error).__name__)
print(len(sent))
"""


def test_names_versions_and_sockets_of_a_session_hold_there() -> None:
    old = certificates.server_context.__wrapped__("a.test")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with EchoServer(tls=old) as server:
        lines = run("under its own name", PATCHED + "import ssl\n" + CHECKED, server.url("/"))
    assert lines[:5] == ["200", "SSLError", "200", "200", "SSLError"]
    assert lines[5] in ("SSLError", "ConnectionError")
    assert lines[6:8] == ["200", "200"]


# What only our transport keeps, on each way there is to a server.
REFUSED = """
proxies = PROXIES
for options in (
    {"allow_address": lambda address: True}, {"assert_fingerprint": "00" * 32}, {"resolver": lambda *host: ["1.2.3.4"]},
):
    for each in (None, {"all": proxies}, {"all": "socks5h://" + proxies[7:]}):
        error = failure(lambda: client.Session(**options).get(url, proxies=each, timeout=5))
        print(type(error) is client.RequestException, [*options][0] + "=" in str(error), "putrequest" in str(error))
"""


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_pins_and_filters_are_refused_there_whatever_the_way(scheme: str) -> None:
    with Peer([]) as proxy, Peer([]) as server:
        program = PATCHED + f"PROXIES = {proxy.url('')!r}" + REFUSED
        lines = run("under its own name", program, server.url("/", scheme=scheme))
        assert lines == ["True True True"] * 9
        assert proxy.connections == server.connections == 0


SOCKS = """
for proxy in PROXIES:
    print(session.get("http://a.test/x", proxies={"all": proxy}, timeout=5).content, len(sent))
"""


@pytest.mark.parametrize("client", ["under its own name", "requests"])
def test_a_socks_proxy_is_used_there(client: str) -> None:
    asked = [receive_bytes(13), send(b"\5\0\0\1\0\0\0\0\0\0"), receive(), send(response(b"fine"))]
    login = [receive_bytes(4), send(b"\5\2"), receive_bytes(7), send(b"\1\0")]
    with Peer([receive_bytes(3), send(b"\5\0"), *asked], [*login, *asked]) as proxy:
        urls = [f"socks5h://{proxy.address}", f"socks5h://us:p%40@{proxy.address}"]
        assert run(client, PATCHED + f"PROXIES = {urls!r}" + SOCKS, "") == ["b'fine' 1", "b'fine' 2"]
        told = [sent for sent in proxy.leftovers if sent]
    assert told == [b"\5\1\0", b"\5\1\0\3\6a.test\0P", b"\5\2\0\2", b"\1\2us\2p@", b"\5\1\0\3\6a.test\0P"]


@pytest.mark.parametrize("client", ["under its own name", "requests"])
def test_without_the_package_for_socks_that_is_said_there(client: str) -> None:
    absent = "import sys, warnings\nsys.modules['socks'] = None\nwarnings.simplefilter('ignore')"
    program = """
    error = failure(lambda: session.get(url, proxies={"all": "socks5h://127.0.0.1:1"}))
    print(type(error).__name__, error)
    """
    lines = run(client, PATCHED + textwrap.dedent(program), "http://a.test/", first=absent)
    assert lines == ["InvalidSchema Missing dependencies for SOCKS support."]

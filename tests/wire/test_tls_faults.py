"""TLS that goes wrong: certificates that prove nothing, peers that break off, and what the error says about it.

Nothing of a request leaves before the peer has proven its identity; every row looks at that, too.
"""

from __future__ import annotations

import datetime
import functools
import ssl
import time
import warnings
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

import httpcore_lite as client
from httpcore_lite import Timeouts
from support import certificates
from support.messages import response
from support.scripted import (
    Conversation,
    Peer,
    Step,
    close,
    half_close,
    ipv6_works,
    receive,
    receive_bytes,
    reset,
    send,
    stall,
)
from support.servers import ProxyServer

OK = response("secret")
HEAD = b"HTTP/1.1 200 OK\r\n"
NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def context_of(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


def issued(*names: str, **settings: Any) -> ssl.SSLContext:
    return context_of(certificates.authority().issue_cert(*names, **settings))


def signed(names: list[x509.GeneralName], common_name: str, *, by_itself: bool = False) -> ssl.SSLContext:
    """A server's context with a certificate that trustme would not make."""
    authority = certificates.authority()
    key: Any = serialization.load_pem_private_key(authority.issue_cert("key.test").private_key_pem.bytes(), None)
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    signer: Any = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    ski = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by_itself else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = builder.sign(key if by_itself else signer, hashes.SHA256())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return context_of(trustme.LeafCert(secret, made.public_bytes(pem), []))


def ask(server: Peer, host: str, **options: Any) -> client.Response:
    """Ask a server under a name that leads to it, whatever it is."""
    settings = {"verify": certificates.ca_path(), "timeout": 5}
    settings |= {name: options.pop(name) for name in ("verify", "timeout", "cert") if name in options}
    if not host.replace(".", "").isdigit() and "[" not in host:
        options["resolve"] = {f"{host.lower()}:{server.port}": server.host}
    with client.Session(**options) as session:
        return session.get(f"https://{host}:{server.port}/path", **settings)


# -- the peer's identity -----------------------------------------------------------------------------------------------

dns, address = x509.DNSName, lambda text: x509.IPAddress(ip_address(text))

#: name -> (the server's certificate, the host in the URL)
GOOD: dict[str, tuple[Callable[[], ssl.SSLContext], str]] = {
    "its name": (lambda: issued("a.example.org"), "a.example.org"),
    "its name in capitals": (lambda: issued("a.example.org"), "A.EXAMPLE.ORG"),
    "one of its names": (lambda: issued("a.example.org", "b.example.org"), "b.example.org"),
    "a wildcard for one label": (lambda: issued("*.example.org"), "a.example.org"),
    "an IPv4 address": (lambda: issued("127.0.0.1"), "127.0.0.1"),
    "an international name": (lambda: issued("bücher.example"), "xn--bcher-kva.example"),
    "a trailing dot": (lambda: issued("a.example.org"), "a.example.org."),
}
_MISMATCH = "certificate is not valid for|doesn't match|IP address mismatch"
#: name -> (the server's certificate, the host in the URL, what the error says, what it advises)
BAD: dict[str, tuple[Callable[[], ssl.SSLContext], str, str, str]] = {
    "expired": (
        lambda: issued("a.test", not_before=NOW - 2 * DAY, not_after=NOW - DAY),
        "a.test",
        "certificate has expired",
        "certificate has expired, or this machine's clock is wrong",
    ),
    "not yet valid": (
        lambda: issued("a.test", not_before=NOW + DAY, not_after=NOW + 2 * DAY),
        "a.test",
        "certificate is not yet valid",
        "clock right",
    ),
    "another name": (lambda: issued("b.test"), "a.test", _MISMATCH, "is for other names"),
    "a name that contains ours": (lambda: issued("a.test.evil.test"), "a.test", _MISMATCH, "is for other names"),
    "a name that ours contains": (lambda: issued("test.example"), "a.test.example", _MISMATCH, "is for other names"),
    "a wildcard two labels away": (lambda: issued("*.example.org"), "a.b.example.org", _MISMATCH, "other names"),
    "a wildcard for the domain itself": (lambda: issued("*.example.org"), "example.org", _MISMATCH, "other names"),
    "a partial wildcard": (
        lambda: signed([dns("f*.example.org")], "f"),
        "foo.example.org",
        _MISMATCH,
        "other names",
    ),
    "a wildcard in the middle": (
        lambda: signed([dns("a.*.example.org")], "f"),
        "a.b.example.org",
        _MISMATCH,
        "other names",
    ),
    "a wildcard for a top level": (lambda: signed([dns("*.test")], "f"), "a.test", _MISMATCH, "other names"),
    "a wildcard for everything": (lambda: signed([dns("*")], "f"), "localhost", _MISMATCH, "other names"),
    "a wildcard for an address": (lambda: signed([dns("*.0.0.1")], "f"), "127.0.0.1", _MISMATCH, "other names"),
    "an address written as a name": (lambda: signed([dns("127.0.0.1")], "f"), "127.0.0.1", _MISMATCH, "other names"),
    "another address": (lambda: signed([address("127.0.0.2")], "f"), "127.0.0.1", _MISMATCH, "other names"),
    "a common name alone": (lambda: signed([], "a.test"), "a.test", _MISMATCH, "other names"),
    "a common name beside other names": (lambda: signed([dns("b.test")], "a.test"), "a.test", _MISMATCH, "other names"),
    "a common name that is the address": (lambda: signed([], "127.0.0.1"), "127.0.0.1", _MISMATCH, "other names"),
    "signed by itself": (
        lambda: signed([dns("a.test")], "a.test", by_itself=True),
        "a.test",
        "self.signed certificate",
        "certificate is self-signed: pass it as verify=",
    ),
    "signed by an unknown authority": (
        lambda: context_of(trustme.CA().issue_cert("a.test")),
        "a.test",
        "unable to get local issuer certificate",
        "pass its CA as verify=",
    ),
}


@pytest.mark.parametrize("row", GOOD)
def test_a_certificate_for_the_host_is_accepted(row: str) -> None:
    make, host = GOOD[row]
    with Peer([receive(), send(OK)], tls=make()) as peer:
        assert ask(peer, host).text == "secret"


@pytest.mark.skipif(not ipv6_works(), reason="no IPv6 loopback here")
def test_a_certificate_for_an_ipv6_address_is_accepted_for_that_address_only() -> None:
    with Peer([receive(), send(OK)], tls=issued("::1"), host="::1") as peer:
        assert ask(peer, "[0:0:0:0:0:0:0:1]").text == "secret"
    with Peer([receive(), send(OK)], tls=issued("::2"), host="::1") as peer:
        with pytest.raises(client.exceptions.SSLError, match=_MISMATCH):
            ask(peer, "[::1]")
        assert peer.requests == []


@pytest.mark.parametrize("own_context", [False, True], ids=["", "own context"])
@pytest.mark.parametrize("row", BAD)
def test_any_other_certificate_is_an_error_that_says_why(row: str, own_context: bool) -> None:
    make, host, says, advises = BAD[row]
    verify: Any = certificates.ca_path()
    if own_context:
        verify = ssl.create_default_context(cafile=verify)
        verify.hostname_checks_common_name = False  # ours say so by themselves
    with Peer([receive(), send(OK)], tls=make()) as peer:
        with pytest.raises(client.exceptions.SSLError, match=says) as caught:
            ask(peer, host, verify=verify)
    assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value)
    assert f"GET https://{host}:{peer.port}/path, TLS handshake" in caught.value.explanation
    assert advises in caught.value.explanation
    assert peer.requests == []


@pytest.mark.parametrize("row", [name for name in BAD if "common name" in name or "wildcard" in name])
def test_a_name_that_is_checked_by_hand_follows_the_same_rules(row: str) -> None:
    make, host, _, _ = BAD[row]
    with Peer([receive(), send(OK)], tls=make()) as peer:
        with pytest.raises(client.exceptions.SSLError, match="doesn't match"):
            ask(peer, "other.test", assert_hostname=host)
        assert peer.requests == []


def test_without_verification_any_certificate_does() -> None:
    make, host, _, _ = BAD["expired"]
    with Peer([receive(), send(OK)], tls=make()) as peer, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert ask(peer, host, verify=False).text == "secret"
    assert [each.category.__name__ for each in caught] == ["InsecureRequestWarning"]


@pytest.mark.parametrize("name", ["a\0b", "a" * 64, "a..b", ".", "\ud800"], ids=ascii)
def test_a_name_that_tls_cannot_ask_for_is_an_error_that_shows_it(name: str) -> None:
    with Peer([receive_bytes()], tls=certificates.server_context()) as peer:
        with pytest.raises(client.exceptions.SSLError, match="cannot be asked for as a server name") as caught:
            ask(peer, "127.0.0.1", server_hostname=name)
        peer.wait_gone()  # while the error is held, and with it the frames that it came through
    assert "TLS settings" in caught.value.explanation
    assert "\0" not in str(caught.value)
    assert not any(peer.received)


# -- no common ground --------------------------------------------------------------------------------------------------


def versions(lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> ssl.SSLContext:
    context = issued("127.0.0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a version that should not be spoken
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version, context.maximum_version = lowest, highest
    return context


OLD, MIDDLE, NEW = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize(
    ("server", "options"),
    [((MIDDLE, MIDDLE), {"minimum_version": NEW}), ((OLD, OLD), {})],
    ids=["ours is too new", "theirs is too old"],
)
def test_no_version_in_common_is_an_error_that_says_so(
    server: tuple[ssl.TLSVersion, ssl.TLSVersion], options: dict[str, Any]
) -> None:
    with Peer([receive(), send(OK)], tls=versions(*server)) as peer:
        with pytest.raises(client.exceptions.SSLError) as caught:
            ask(peer, "127.0.0.1", **options)
        assert "no version of TLS in common" in caught.value.explanation
        assert peer.requests == []


def test_a_context_that_is_too_old_for_the_server_is_an_error_that_says_so() -> None:
    own = ssl.create_default_context(cafile=certificates.ca_path())
    own.maximum_version = MIDDLE
    with Peer([receive(), send(OK)], tls=versions(NEW, NEW)) as peer:
        with pytest.raises(client.exceptions.SSLError) as caught:
            ask(peer, "127.0.0.1", verify=own)
        assert "no version of TLS in common" in caught.value.explanation


def test_no_cipher_in_common_is_an_error_that_says_so() -> None:
    server = versions(MIDDLE, MIDDLE)
    server.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
    own = ssl.create_default_context(cafile=certificates.ca_path())
    own.maximum_version = MIDDLE
    own.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with Peer([receive(), send(OK)], tls=server) as peer:
        with pytest.raises(client.exceptions.SSLError) as caught:
            ask(peer, "127.0.0.1", verify=own)
        assert "No cipher in common" in caught.value.explanation


# -- no TLS at all -----------------------------------------------------------------------------------------------------

#: What a server says to a ClientHello -> (exception, words)
NO_TLS: dict[str, tuple[list[Step], str, str]] = {
    "plain HTTP": ([receive_bytes(5), send(b"HTTP/1.1 400 Bad Request\r\n\r\n")], "SSLError", "is it plain http://"),
    "plain HTTP, and closes": ([send(b"HTTP/1.1 400 Bad\r\n\r\n"), close()], "SSLError", "is it plain http://"),
    "SSH": ([send(b"SSH-2.0-OpenSSH_9.6\r\n")], "SSLError", "does not speak TLS on this port"),
    "garbage": ([send(b"\xff\x00\x17garbage, and more of it")], "SSLError", "does not speak TLS on this port"),
    "half a record": ([receive_bytes(5), send(b"\x16\x03\x03\x00\x7a\x02"), close()], "SSLError", "does it speak TLS"),
    "a broken record": ([receive_bytes(5), send(b"\x16\x03\x03\x00\x04\x02\x00\x00\x00")], "SSLError", "SSL"),
    "nothing": ([receive_bytes(5), close()], "SSLError", "does it speak TLS on this port?"),
    "a reset": ([receive_bytes(5), reset()], "ConnectionError", "does it speak TLS on this port?"),
    "an alert": ([receive_bytes(5), send(b"\x15\x03\x03\x00\x02\x02\x70")], "SSLError", "knows no host of that name"),
}


@pytest.mark.parametrize("row", NO_TLS)
def test_a_peer_that_does_not_shake_hands_is_an_error_that_says_so(row: str) -> None:
    steps, kind, words = NO_TLS[row]
    with Peer([*steps, receive_bytes()]) as peer:
        with pytest.raises(client.ConnectionError) as caught:
            client.get(peer.url("/path", scheme="https"), timeout=5)
    assert type(caught.value).__name__ == kind
    assert words in str(caught.value) + caught.value.explanation
    assert f"GET https://{peer.address}/path, TLS handshake" in caught.value.explanation


def slowly(data: bytes) -> Step:
    def step(talk: Conversation) -> None:
        for byte in data:
            send(bytes([byte]))(talk)
            time.sleep(0.03)  # the peer's slowness is what is tested

    return step


@pytest.mark.parametrize(
    "steps",
    [
        [stall()],
        [receive_bytes(5), send(b"\x16\x03\x03\x00\x7a"), stall()],
        [receive_bytes(5), slowly(b"\x16\x03\x03\x40\x00" + b"\x02\x00\x3f\xfc" + b"x" * 400), stall()],
    ],
    ids=["silence", "half a record", "a drip"],
)
@pytest.mark.parametrize("limits", [Timeouts(total=0.4), (0.4, 30)], ids=repr)
def test_a_handshake_that_stalls_ends_with_the_connect_timeout(steps: list[Step], limits: Any) -> None:
    with Peer(steps) as peer:
        began = time.monotonic()
        with pytest.raises(client.ConnectTimeout, match=r"TLS handshake with 127.0.0.1 timed out. \(.* timeout=0.4\)"):
            client.get(peer.url("/", scheme="https"), timeout=limits)
        assert time.monotonic() - began < 6


def test_a_handshake_through_a_proxy_that_stalls_ends_as_well() -> None:
    with Peer([stall()]) as peer, ProxyServer() as proxy:
        began = time.monotonic()
        with pytest.raises(client.ConnectTimeout):
            client.get(peer.url("/", scheme="https"), proxies={"https": proxy.url()}, timeout=(0.2, 30))
        assert time.monotonic() - began < 6


@pytest.mark.parametrize(
    ("response", "words"),
    [
        ([send(b"\x15\x03\x01\x00\x02\x02\x46"), close()], "speaks TLS on this port: the URL begins with https://"),
        ([close()], "that wants https:// on this port"),
        ([reset()], "that wants https:// on this port"),
    ],
    ids=["an alert", "a close", "a reset"],
)
def test_a_plain_request_to_a_tls_server_is_an_error_that_says_so(response: list[Step], words: str) -> None:
    with Peer([receive(), *response]) as peer, pytest.raises(client.ConnectionError) as caught:
        client.get(peer.url("/"), timeout=5)
    assert words in caught.value.explanation


# -- truncation (RFC 8446 section 6.1) ---------------------------------------------------------------------------------

CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
#: What is sent before the TCP connection ends without close_notify -> the exception
CUT = {
    "before the head": (b"", "ConnectionError"),
    "in the status line": (b"HTTP/1.1 20", "ConnectionError"),
    "in the head": (HEAD + b"Content-Length: 1", "ConnectionError"),
    "in a body with a length": (HEAD + b"Content-Length: 10\r\n\r\nabc", "ChunkedEncodingError"),
    "in a chunk": (CHUNKED + b"a\r\nabc", "ChunkedEncodingError"),
    "between chunks": (CHUNKED + b"3\r\nabc\r\n", "ChunkedEncodingError"),
    "in a body without a length": (HEAD + b"\r\nabc", "SSLError"),
    "before a body without a length": (HEAD + b"\r\n", "SSLError"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["", "stream"])
@pytest.mark.parametrize("row", CUT)
def test_a_stream_that_is_cut_is_never_taken_for_its_end(row: str, stream: bool) -> None:
    data, kind = CUT[row]
    with Peer([receive(), send(data), half_close()], tls=certificates.server_context()) as peer:
        got = b""
        with pytest.raises(client.RequestException) as caught:
            for piece in ask(peer, "127.0.0.1", timeout=5).iter_content(1) if not stream else streamed(peer):
                got += piece
    assert type(caught.value).__name__ == kind
    assert caught.value.request.url == peer.url("/path")
    assert b"abc".startswith(got)


def streamed(peer: Peer) -> Any:
    return client.get(peer.url("/path"), stream=True, timeout=5, verify=certificates.ca_path()).iter_content(1)


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (HEAD + b"\r\nabc", close()),
        (HEAD + b"Content-Length: 3\r\n\r\nabc", half_close()),
        (CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", half_close()),
    ],
    ids=["close_notify ends a body", "a length does", "the last chunk does"],
)
def test_what_ends_as_it_should_is_whole_whether_tls_was_closed_or_not(data: bytes, end: Step) -> None:
    with Peer([receive(), send(data), end], tls=certificates.server_context()) as peer:
        assert ask(peer, "127.0.0.1").content == b"abc"


# -- the client's certificate ------------------------------------------------------------------------------------------


@functools.cache
def mutual(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = versions(version, version)
    certificates.authority().configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def files(leaf: trustme.LeafCert, folder: Path) -> tuple[str, str]:
    leaf.cert_chain_pems[0].write_to_path(str(folder / "c.pem"))
    leaf.private_key_pem.write_to_path(str(folder / "k.pem"))
    return str(folder / "c.pem"), str(folder / "k.pem")


@pytest.mark.parametrize("version", [MIDDLE, NEW], ids=["TLS 1.2", "TLS 1.3"])
@pytest.mark.parametrize("given", ["none", "a stranger's", "an expired one"])
def test_the_server_that_refuses_the_clients_certificate_is_an_error(
    given: str, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    leaf = {
        "none": None,
        "a stranger's": trustme.CA().issue_cert("client@example.org"),
        "an expired one": certificates.authority().issue_cert("c@example.org", not_before=NOW - 2 * DAY, not_after=NOW),
    }[given]
    cert = None if leaf is None else files(leaf, tmp_path)
    with Peer([receive(), send(OK)], tls=mutual(version)) as peer:
        with pytest.raises(client.ConnectionError) as caught:  # with TLS 1.3 a reset may overtake the alert
            ask(peer, "127.0.0.1", cert=cert)
        assert peer.requests == []
    if version is MIDDLE and given != "an expired one":
        assert "client certificate" in caught.value.explanation or "does not trust" in caught.value.explanation


def test_a_server_that_goes_away_behind_the_handshake_may_want_a_certificate() -> None:
    # TLS 1.3: the client's handshake is over before the server has looked at its certificate.
    with Peer([close()], tls=certificates.server_context()) as peer, pytest.raises(client.ConnectionError) as caught:
        ask(peer, "127.0.0.1")
    assert "wants a client certificate (cert=) does that, too" in caught.value.explanation


#: cert= -> what the error says
UNUSABLE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a missing file": (lambda folder: str(folder / "no.pem"), "Could not find the TLS certificate file, invalid path"),
    "a missing key": (
        lambda folder: (certificates.client_certificate()[0], str(folder / "no.key")),
        "Could not find the TLS key file, invalid path",
    ),
    "no key": (lambda folder: certificates.client_certificate()[0], "client certificate cannot be loaded"),
    "another's key": (
        lambda folder: (certificates.client_certificate()[0], files(trustme.CA().issue_cert("x.test"), folder)[1]),
        "client certificate cannot be loaded",
    ),
    "no certificate": (lambda folder: written(folder, b"nonsense"), "client certificate cannot be loaded"),
    "an encrypted key": (
        lambda folder: (certificates.client_certificate()[0], locked(folder)),
        "private key is encrypted and no password was given",
    ),
}


def written(folder: Path, data: bytes) -> str:
    (folder / "file").write_bytes(data)
    return str(folder / "file")


def locked(folder: Path) -> str:
    key: Any = serialization.load_pem_private_key(Path(certificates.client_certificate()[1]).read_bytes(), None)
    how = serialization.BestAvailableEncryption(b"right")
    return written(folder, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how))


@pytest.mark.parametrize("row", UNUSABLE)
def test_a_client_certificate_that_cannot_be_used_costs_no_connection(row: str, tmp_path: Path) -> None:
    make, words = UNUSABLE[row]
    with Peer([receive(), send(OK)], tls=mutual(NEW)) as peer:
        # A file that is not there is no error of the exchange.
        kind = FileNotFoundError if "missing" in row else client.exceptions.SSLError
        with pytest.raises(kind, match=words) as caught:
            ask(peer, "127.0.0.1", cert=make(tmp_path))
        assert isinstance(caught.value, OSError)
    assert peer.connections == 0


def test_a_wrong_password_for_the_key_is_an_error_without_the_password(tmp_path: Path) -> None:
    cert = (certificates.client_certificate()[0], locked(tmp_path))
    with Peer([receive(), send(OK)], tls=mutual(NEW)) as peer:
        with pytest.raises(client.exceptions.SSLError, match="client certificate cannot be loaded") as caught:
            ask(peer, "127.0.0.1", cert=cert, cert_password="hush")
        assert "hush" not in repr(caught.value) + str(caught.value)
        assert ask(peer, "127.0.0.1", cert=cert, cert_password="right").text == "secret"

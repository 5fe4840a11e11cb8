"""What the errors say: for each likely fault the class, requests' text, and an explanation that helps.

An explanation of an exchange says what may help where that is known, and what was tried: method, URL without secrets,
how far it came, and the seconds that it took. The texts are compared with those of requests in
tests/compat/test_error_texts_compat.py. docs/errors.md shows these tables to people; what is said of a program's own
mistakes is in tests/unit/client/test_mistake_texts.py.
"""

from __future__ import annotations

import copy
import gzip
import pickle
import socket
from collections.abc import Callable
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Retry, Timeouts
from support import certificates
from support.messages import response
from support.scripted import (
    Peer,
    Step,
    call,
    close,
    closed_port,
    receive,
    receive_bytes,
    receive_head,
    reset,
    send,
    stall,
)
from support.servers import EchoServer, ProxyServer
from support.texts import check

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


# -- faults: between us and the server ---------------------------------------------------------------------------------

#: The steps of a server -> (class, words in order, the arguments of the request)
Fault = tuple[list[Step], str, list[str], dict[str, Any]]
WAITING, READING = (
    "/path?token=[masked], waiting for the response",
    "/path?token=[masked], reading the body",
)
EARLY = "/path?token=[masked], sending the request or waiting for the response"
FAULTS: dict[str, Fault] = {
    "reset before the response": (
        [receive(), reset()],
        "ConnectionError",
        ["'Connection aborted.'", "Connection reset by peer", EARLY, "https:// on this port"],
        {},
    ),
    "closed before the response": (
        [receive(), close()],
        "ConnectionError",
        ["'Connection aborted.', RemoteDisconnected('Remote end closed connection without response')", EARLY],
        {},
    ),
    "closed in the head": (
        [receive(), send(OK + b"X-Half: li"), close()],
        "ConnectionError",
        ["the response's head is malformed", "the peer closed within this line", WAITING],
        {},
    ),
    "closed in the body": (
        [receive(), send(OK + b"Content-Length: 10\r\n\r\nabc"), close()],
        "ChunkedEncodingError",
        ["'Connection broken: IncompleteRead(3 bytes read, 7 more expected)'", READING, "before the body's end"],
        {},
    ),
    "reset in the body": (
        [receive(), send(OK + b"Content-Length: 10\r\n\r\nabc"), reset()],
        "ChunkedEncodingError",
        ["Connection broken: ConnectionResetError", READING],
        {},
    ),
    "a chunk of no length": (
        [receive(), send(CHUNKED + b"xyz\r\nabc\r\n")],
        "ChunkedEncodingError",
        ["InvalidChunkLength(got length b'xyz\\r\\n', 0 bytes read)", READING, "where a chunk's length belongs"],
        {},
    ),
    "no response in time": (
        [receive(), stall()],
        "ReadTimeout",
        [
            "HTTPConnectionPool(host='127.0.0.1', port=",
            "): Read timed out. (read timeout=0.1)",
            WAITING,
            "timeout= can",
        ],
        {"timeout": (5, 0.1)},
    ),
    "no body in time": (
        [receive(), send(OK + b"Content-Length: 10\r\n\r\nabc"), stall()],
        "ConnectionError",
        ["Read timed out.", READING, "timeout= can allow more"],
        {"timeout": (5, 0.6)},
    ),
    "not all of it in time": (
        [receive(), stall()],
        "ReadTimeout",
        ["Read timed out. (total timeout=0.4)", "total time"],
        {"timeout": Timeouts(total=0.4)},
    ),
    "SSH": (
        [receive(), send(b"SSH-2.0-OpenSSH_9.6\r\n"), close()],
        "ConnectionError",
        ["('Connection aborted.', BadStatusLine('SSH-2.0-OpenSSH_9.6", WAITING, "This is an SSH server"],
        {},
    ),
    "mail": (
        [receive(), send(b"220 mx.example.org ESMTP\r\n"), close()],
        "ConnectionError",
        ["BadStatusLine(", WAITING, "a mail or an FTP server"],
        {},
    ),
    "no HTTP": (
        [receive(), send(b"<html>hello</html>"), close()],
        "ConnectionError",
        ["BadStatusLine(", WAITING, "This is no HTTP server, or not on this port"],
        {},
    ),
    "TLS on a plain URL": (
        [receive(), send(b"\x15\x03\x01\x00\x02\x02\x46"), close()],
        "ConnectionError",
        ["BadStatusLine(", WAITING, "The server speaks TLS on this port: the URL begins with https://"],
        {},
    ),
    "HTTP/2": (
        [receive(), send(bytes.fromhex("00001204000000000000030000006400040010000000060000400000000408")), close()],
        "ConnectionError",
        ["BadStatusLine(", WAITING, "speaks HTTP/2 only"],
        {},
    ),
    "a field too long": (
        [receive(), send(OK + b"X: " + b"y" * 300_000)],
        "ConnectionError",
        ["the response's head is longer than 262144 bytes", WAITING],
        {},
    ),
    "too many fields": (
        [receive(), send(OK + b"X: y\r\n" * 1100 + b"\r\n")],
        "ConnectionError",
        ["the response's head has more than 1000 field lines", WAITING],
        {},
    ),
    "two lengths": (
        [receive(), send(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok")],
        "InvalidHeader",
        ["Content-Length contained multiple unmatching values (2, 3)", "GET http://127.0.0.1:"],
        {},
    ),
    "no gzip": (
        [receive(), send(response(b"plain", headers=[("Content-Encoding", "gzip")]))],
        "ContentDecodingError",
        [
            "Received response with content-encoding: gzip, but failed to decode it.",
            READING,
            "'Accept-Encoding: identity'",
        ],
        {},
    ),
    "gzip that breaks off": (
        [receive(), send(response(gzip.compress(b"x" * 99)[:-4], headers=[("Content-Encoding", "gzip")]))],
        "ContentDecodingError",
        ["the gzip stream of the body is cut off after", READING],
        {},
    ),
    "too large": (
        [receive(), send(response(b"0123456789"))],
        "ResponseTooLarge",
        ["the body has 10 bytes, max_response_size allows 5", READING],
        {"max_response_size": 5},
    ),
    "a bomb": (
        [receive(), send(response(gzip.compress(bytes(1_000_000)), headers=[("Content-Encoding", "gzip")]))],
        "ResponseTooLarge",
        ["bytes were inflated to", "max_decode_ratio allows 10 times", READING],
        {"max_decode_ratio": 10},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_what_was_tried_and_what_may_help(name: str) -> None:
    steps, kind, words, given = FAULTS[name]
    with Peer(steps) as peer:
        with pytest.raises(client.RequestException) as caught:
            client.get(peer.url("/path?token=hush", host="user:hush@127.0.0.1"), **{"timeout": 5, **given})
    check(caught.value, kind, words)
    assert f"GET http://127.0.0.1:{peer.port}/path?token=[masked]" in caught.value.explanation
    assert "0.0 s" not in caught.value.explanation
    for again in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert again.explanation == caught.value.explanation
        assert str(caught.value).endswith(str(again))  # a pool does not travel


def tls(*names: str) -> dict[str, Any]:
    return {"tls": certificates.server_context(*names)}


#: The steps of a server for https -> (class, words in order, settings of the peer, arguments of the request)
TLS_FAULTS: dict[str, tuple[list[Step], str, list[str], dict[str, Any], dict[str, Any]]] = {
    "plain HTTP": (
        [receive_bytes(5), send(b"HTTP/1.1 400 Bad Request\r\n\r\n")],
        "SSLError",
        [
            "Max retries exceeded with url: /path",
            "WRONG_VERSION_NUMBER",
            "does not speak TLS on this port: is it plain http://?",
        ],
        {},
        {},
    ),
    "an unknown authority": (
        [receive()],
        "SSLError",
        ["CERTIFICATE_VERIFY_FAILED", "unable to get local issuer certificate", "verify='/path/to/ca.pem'"],
        tls(),
        {},
    ),
    "another name": (
        [receive()],
        "SSLError",
        ["CERTIFICATE_VERIFY_FAILED", "not valid for '127.0.0.1'", "is the host in the URL right?"],
        tls("other.example"),
        {"verify": certificates.ca_path()},
    ),
    "silence": (
        [stall()],
        "ConnectTimeout",
        ["The TLS handshake with 127.0.0.1 timed out. (connect timeout=0.4)", "speak TLS on this port?"],
        {},
        {"timeout": 0.4},
    ),
    "a close": (
        [receive_bytes(5), close()],
        "SSLError",
        ["EOF occurred in violation of protocol", "does it speak TLS on this port?"],
        {},
        {},
    ),
}


@pytest.mark.parametrize("name", TLS_FAULTS)
def test_a_fault_of_tls_is_told_in_the_same_way(name: str) -> None:
    steps, kind, words, settings, given = TLS_FAULTS[name]
    with Peer(steps, **settings) as peer, pytest.raises(client.RequestException) as caught:
        client.get(peer.url("/path", scheme="https", host="user:hush@127.0.0.1"), **{"timeout": 5, **given})
    check(caught.value, kind, ["HTTPSConnectionPool(host='127.0.0.1', port=", *words[:-1]])
    check(caught.value, kind, [words[-1], f"GET https://127.0.0.1:{peer.port}/path, TLS handshake"])


def test_an_unknown_name() -> None:
    with pytest.raises(client.RequestException) as caught:
        client.get("http://user:hush@name.invalid/path?api_key=hush", timeout=5)
    words = ["HTTPConnectionPool(host='name.invalid', port=80): Max retries exceeded with url: /path?api_key=[masked]"]
    words += [
        "NameResolutionError",
        "Failed to resolve 'name.invalid'",
        "GET http://name.invalid/path?api_key=[masked]",
    ]
    check(caught.value, "ConnectionError", [*words, "name lookup", "Is the host spelled right"])


def test_a_port_without_a_listener() -> None:
    port = closed_port()
    with pytest.raises(client.RequestException) as caught:
        client.get(f"http://user:hush@127.0.0.1:{port}/path", timeout=5)
    words = [f"HTTPConnectionPool(host='127.0.0.1', port={port}): Max retries exceeded with url: /path (Caused by "]
    words += ["NewConnectionError", "Failed to establish a new connection: [Errno ", "Connection refused"]
    words += [
        "Nothing listens on that port: is the server running",
        f"GET http://127.0.0.1:{port}/path, connecting to 127.0.0.1",
    ]
    check(caught.value, "ConnectionError", words)


def test_the_addresses_that_were_tried_are_named() -> None:
    port = closed_port()
    with client.Session(resolver=lambda host, port: ["127.0.0.1", "127.0.0.2"]) as session:
        with pytest.raises(client.RequestException) as caught:
            session.get(f"http://example.test:{port}/", timeout=5)
    check(caught.value, "ConnectionError", ["refused", "connecting to 127.0.0.1, 127.0.0.2"])


def test_no_server_responds() -> None:
    def timed_out(*args: Any) -> Any:
        raise TimeoutError

    with pytest.MonkeyPatch.context() as patch, pytest.raises(client.RequestException) as caught:
        patch.setattr("socket.socket.connect", timed_out)
        client.get("http://192.0.2.1/path", timeout=0.5)
    words = ["Max retries exceeded with url: /path", "Connection to 192.0.2.1 timed out. (connect timeout=0.5)"]
    words += ["Is the address right, and does no firewall", "GET http://192.0.2.1/path, connecting to 192.0.2.1"]
    check(caught.value, "ConnectTimeout", words)


def test_the_server_stops_reading() -> None:
    small = call(lambda talk: talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096))
    with Peer([small, stall()]) as peer, pytest.raises(client.RequestException) as caught:
        client.post(peer.url("/path"), data=b"x" * 20_000_000, timeout=(5, 0.2))
    check(caught.value, "WriteTimeout", ["Write timed out. (write timeout=0.2)", "POST http://", "sending the request"])


def test_a_pool_that_is_full() -> None:
    with EchoServer() as server, client.Session(max_connections=1) as session:
        with session.get(server.url("/bytes/100000"), stream=True, timeout=5):
            with pytest.raises(client.RequestException) as caught:
                session.get(server.url("/path"), timeout=Timeouts(pool=0.1))
    words = ["Pool is full", "(pool timeout=0.1)", "All connections are in use", "/path, waiting for a connection"]
    check(caught.value, "PoolTimeout", words)


def test_attempts_that_are_used_up() -> None:
    with EchoServer() as server, client.Session() as session:
        session.mount("http://", client.adapters.HTTPAdapter(max_retries=Retry(2, status_forcelist=[503])))
        with pytest.raises(client.RequestException) as caught:
            session.get(server.url("/status/503", host="user:hush@127.0.0.1"), timeout=5)
    check(caught.value, "RetryError", ["Max retries exceeded with url: /status/503", "too many 503 error responses"])


# -- faults of proxies -------------------------------------------------------------------------------------------------


def proxied(proxy: str, url: str = "https://example.test/path", **given: Any) -> client.RequestException:
    with pytest.raises(client.RequestException) as caught:
        client.get(url, proxies={"all": proxy}, **{"timeout": 5, **given})
    assert f"GET {url}, " in caught.value.explanation
    return caught.value


@pytest.mark.parametrize("url", ["http://example.test/path", "https://example.test/path"])
def test_a_proxy_that_is_not_there(url: str) -> None:
    for scheme in ("http", "socks5"):
        error = proxied(f"{scheme}://user:hush@127.0.0.1:{closed_port()}", url)
        words = ["Max retries exceeded with url: ", "'Unable to connect to proxy'", "Connection refused"]
        check(
            error,
            "ProxyError",
            [*words, "connecting to the proxy at 127.0.0.1", "Nothing listens on that port: is the proxy running"],
        )


def test_a_proxy_of_an_unknown_name() -> None:
    error = proxied("http://user:hush@proxy.invalid:1")
    check(error, "ProxyError", ["Failed to resolve 'proxy.invalid'", "name lookup of the proxy"])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"credentials": "user:other"},
            ["Tunnel connection failed: 407 Proxy Authentication Required", "a user and a password that it knows"],
        ),
        ({"dead": True}, ["Tunnel connection failed: 502 Bad Gateway", "It is the proxy that says so"]),
    ],
    ids=["407", "502"],
)
def test_a_proxy_that_opens_no_tunnel(settings: dict[str, Any], words: list[str]) -> None:
    with ProxyServer(**settings) as proxy:
        error = proxied(proxy.url("", host="user:hush@127.0.0.1"))
    check(
        error, "ProxyError", ["'Unable to connect to proxy'", words[0], "opening the way through the proxy", words[1]]
    )


def test_a_proxy_that_is_taken_for_one_with_tls() -> None:
    for url in ("http://example.test/path", "https://example.test/path"):
        with Peer([receive_bytes(5), send(b"HTTP/1.1 400 Bad Request\r\n\r\n")]) as proxy:
            error = proxied(proxy.url("", scheme="https", host="user:hush@127.0.0.1"), url)
        words = ["WRONG_VERSION_NUMBER", "TLS handshake with the proxy", "Does the proxy speak plain HTTP?"]
        check(error, "ProxyError", words)


def test_a_proxy_that_says_nothing() -> None:
    with Peer([receive_head(), stall()]) as proxy:
        error = proxied(proxy.url("", host="user:hush@127.0.0.1"), timeout=0.4)
    check(
        error,
        "ProxyError",
        [f"through the proxy http://{proxy.address} timed out. (connect timeout=0.4)", "opening the way"],
    )


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([receive_bytes(4), send(b"\5\xff")], "SOCKS5: the proxy accepts no authentication method"),
        ([receive_bytes(4), send(b"\5\2"), receive_bytes(11), send(b"\1\1")], "refused the user name and password"),
        (
            [receive_bytes(4), send(b"\5\0"), receive_bytes(5), send(b"\5\5\0\1")],
            "SOCKS5 error 0x05: connection refused",
        ),
        ([receive_bytes(4), send(b"HTTP/1.1 400")], "the proxy does not speak SOCKS5: it answered with b'HT'"),
        ([receive_bytes(4), close()], "the proxy closed the connection in the middle of the handshake"),
    ],
    ids=["no method", "login refused", "connection refused", "no SOCKS", "closed"],
)
def test_a_socks_proxy_that_refuses(steps: list[Step], words: str) -> None:
    with Peer([*steps, receive_bytes()]) as proxy:
        error = proxied(f"socks5h://user:hush@{proxy.address}", "http://example.test/path")
    check(error, "ProxyError", [words, "opening the way through the proxy"])


# -- with a response in hand -------------------------------------------------------------------------------------------


def test_a_status_that_is_an_error() -> None:
    with EchoServer() as server, pytest.raises(client.HTTPError) as caught:
        client.get(
            server.url("/status/404/Nowhere?token=hush", host="user:hush@127.0.0.1"), timeout=5
        ).raise_for_status()
    words = f"404 Client Error: Nowhere for url: http://127.0.0.1:{server.port}/status/404/Nowhere?token=[masked]"
    check(caught.value, "HTTPError", [words])


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (
            b"<html>hello</html>",
            "text/html; charset=utf-8",
            "18 bytes is text/html and begins with '<html>hello</html>'",
        ),
        (b"", "application/json", "The response has no body."),
        (b'{"a": "hush', "application/json", "11 bytes is application/json."),
    ],
)
def test_a_body_that_is_no_json(body: bytes, kind: str, words: str) -> None:
    with Peer([receive(), send(response(body, headers=[("Content-Type", kind)]))]) as peer:
        received = client.get(peer.url("/path", host="user:hush@127.0.0.1"), timeout=5)
    with pytest.raises(client.exceptions.JSONDecodeError, match=r"line 1 column \d+ \(char \d+\)") as caught:
        received.json()
    check(caught.value, "JSONDecodeError", [words, f"GET http://127.0.0.1:{peer.port}/path, status 200"])
    assert pickle.loads(pickle.dumps(caught.value)).explanation == caught.value.explanation
    assert caught.value.doc == body.decode()
    assert (caught.value.msg, caught.value.lineno) == (caught.value.__cause__.msg, 1)  # type: ignore[union-attr]


def test_a_stream_that_was_read_already() -> None:
    with Peer([receive(), send(response("hello"))]) as peer:
        received = client.get(peer.url("/"), stream=True, timeout=5)
        assert list(received.iter_content(9)) == [b"hello"]
        with pytest.raises(client.exceptions.StreamConsumedError) as caught:
            received.iter_content(9)
        check(caught.value, "StreamConsumedError", ["was read as a stream already", "ask without stream=True"])
        with pytest.raises(RuntimeError, match="The content for this response was already consumed"):
            received.content  # noqa: B018


def test_a_loop_of_redirects() -> None:
    with EchoServer() as server, client.Session() as session, pytest.raises(client.TooManyRedirects) as caught:
        session.max_redirects = 3
        session.get(server.url("/loop?token=hush", host="user:hush@127.0.0.1"), timeout=5)
    words = ["Exceeded 3 redirects.", f"GET http://127.0.0.1:{server.port}/loop?token=[masked]", "at last from "]
    check(caught.value, "TooManyRedirects", [*words, "to /loop?token=[masked]", "cookie or a login"])
    assert caught.value.response.status_code == 302


@pytest.mark.parametrize(
    ("to", "kind", "words"),
    [
        ("http://user:hush@[::1/", "InvalidURL", ["the redirect from http://127.0.0.1:", "leads to no valid URL"]),
        ("http://user:hush@a:b/", "InvalidURL", ["Failed to parse: 'a:b' is not a valid host or port"]),
        pytest.param(
            "ftp://user:hush@h/x",
            "InvalidSchema",
            ["No connection adapters were found for 'ftp://h/x'"],
        ),
    ],
)
def test_a_redirect_that_leads_nowhere(to: str, kind: str, words: list[str]) -> None:
    moved = response("", 302, "Found", [("Location", to)])
    with Peer([receive(), send(moved)]) as peer, pytest.raises(client.RequestException) as caught:
        client.get(peer.url("/", host="user:hush@127.0.0.1"), timeout=5)
    check(caught.value, kind, words)


def test_a_body_that_cannot_be_sent_again() -> None:
    with EchoServer() as server, pytest.raises(client.RequestException) as caught:
        client.post(server.url("/redirect/307?to=/x"), data=iter([b"once"]), timeout=5)
    check(caught.value, "UnrewindableBodyError", ["The body was used up by the request that was redirected"])


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_what_is_shown_of_objects_holds_no_secret() -> None:
    from httpcore_lite.adapters import HTTPAdapter
    from httpcore_lite.auth import HTTPBasicAuth, HTTPDigestAuth, HTTPProxyAuth
    from httpcore_lite.sansio.connections.routes import ProxyRoute, TLSSettings
    from httpcore_lite.urllib3_api.poolmanager import ProxyManager, SOCKSProxyManager, proxy_from_url

    url = "http://user:hush@127.0.0.1:1/?token=hush"
    request = client.Request(
        "GET", url, headers={"Authorization": "hush"}, auth=("user", "hush"), cookies={"a": "hush"}
    )
    prepared = request.prepare()
    session = client.Session(cert_password="hush")
    session.auth, session.proxies = ("user", "hush"), {"all": "http://user:hush@proxy:1"}
    adapter = session.get_adapter("http://")
    manager = proxy_from_url("http://user:hush@proxy:1")
    with EchoServer() as server:
        response = session.get(server.url("/", host="user:hush@127.0.0.1"), proxies=False, timeout=5)
    shown = [
        request,
        prepared,
        session,
        adapter,
        HTTPAdapter(cert_password="hush"),
        response,
        response.raw,
        response.connection_info,
        response.history,
        HTTPBasicAuth("user", "hush"),
        HTTPProxyAuth("user", "hush"),
        HTTPDigestAuth("user", "hush"),
        manager,
        ProxyManager("http://user:hush@proxy:1"),
        SOCKSProxyManager("socks5://user:hush@proxy:1"),
        manager.connection_from_host("example.test"),
        manager.connection_from_host("example.test", scheme="https"),
        ProxyRoute("http", "proxy", 1, auth=("user", "hush"), headers=(("Proxy-Authorization", "hush"),)),
        TLSSettings(key_password="hush", key_data=b"hush", cert_data=b"hush"),
        Timeouts(total=1),
    ]
    for each in shown:
        assert "hush" not in repr(each), type(each)
        assert "hush" not in str(each), type(each)
        assert "dXNlcjpodXNo" not in repr(each), type(each)  # user:hush


def test_no_error_in_the_chain_of_causes_shows_a_secret() -> None:
    fails: list[Callable[[], object]] = [
        lambda: client.get(f"http://user:hush@127.0.0.1:{closed_port()}/?token=hush", timeout=5),
        lambda: client.get("http://user:hush@name.invalid/?password=hush", timeout=5),
        lambda: client.get(
            "http://a.test/", proxies={"http": f"http://user:hush@127.0.0.1:{closed_port()}"}, timeout=5
        ),
        lambda: client.get(
            "http://a.test/", proxies={"http": f"socks5://user:hush@127.0.0.1:{closed_port()}"}, timeout=5
        ),
        lambda: client.get("http://user:hush@[::1/"),
        lambda: client.get("http://user:hush@a:b/"),
        lambda: client.get("http://user:hush@/"),
        lambda: client.get("http://a.test/", headers={"Authorization": "hush\0"}),
    ]
    for fail in fails:
        with pytest.raises(client.RequestException) as caught:
            fail()
        error: BaseException | None = caught.value
        while error is not None:
            assert "hush" not in str(error) + repr(error), repr(error)
            error = error.__cause__ or error.__context__

"""Nothing that a program passes on from others can make a second header, request or part out of one.

CR, LF, NUL, the other controls and what Latin-1 has no place for, wherever a text goes into a request: either it is
refused before a connection is made, by an error of our family that names the culprit, or it is encoded so that it
stays what it was. The server counts connections and keeps every byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite.urllib3_api.poolmanager import ProxyManager
from support.messages import response
from support.scripted import Peer, close, forever, receive, receive_bytes, send
from support.servers import EchoServer, ProxyServer

CONTROLS = [chr(code) for code in (*range(0x20), 0x7F) if chr(code) != "\t"]
EVIL = [
    "a\r\nEvil: 1",
    "a\nEvil: 1",
    "a\rEvil: 1",
    "a\r\n\r\nGET /evil HTTP/1.1\r\n\r\n",
    "a\0b",
    "a\r",
    "a\n",
    "日本",
    "a\u010ab",
]
IDS = [ascii(text) for text in EVIL]


def refused(ask: Callable[[str], object], *, names: str = "") -> str:
    """Have `ask(url)` fail without a connection, with an error of ours that names the culprit; returns its text."""
    with EchoServer() as server:
        with pytest.raises(client.RequestException) as caught:
            ask(server.url("/x"))
    assert server.connections == 0
    explanation = getattr(caught.value, "explanation", "")
    assert names.lower() in (str(caught.value) + explanation).lower()
    assert "\n" not in str(caught.value)
    assert "\r" not in str(caught.value)
    return str(caught.value)


def heads(ask: Callable[[str], object]) -> list[bytes]:
    """The heads that a server received, whatever came of it; never one that holds the evil line."""
    with EchoServer() as server:
        ask(server.url("/x"))
    for request in server.requests:
        assert request.get("Evil") is None
        assert b"\n" not in request.head.replace(b"\r\n", b"")
        assert b"\r" not in request.head.replace(b"\r\n", b"")
        assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", request.head)
    assert len(server.requests) == 1
    return [request.head for request in server.requests]


# -- the request line --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*EVIL, "", "GE T", "GET ", "G(ET", "GET\t/"], ids=ascii)
def test_a_method_that_is_no_token_is_refused(text: str) -> None:
    refused(lambda url: client.request(text, url, timeout=5), names="method")


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_a_control_character_in_a_method_is_refused(control: str) -> None:
    refused(lambda url: client.request(f"GE{control}T", url, timeout=5), names="method")


@pytest.mark.parametrize("text", [*EVIL, "a b"], ids=ascii)
@pytest.mark.parametrize("place", ["path", "query", "fragment", "params", "params' name"])
def test_what_a_url_cannot_hold_is_encoded(place: str, text: str) -> None:
    def ask(url: str) -> object:
        if place == "params":
            return client.get(url, params={"q": text}, timeout=5)
        if place == "params' name":
            return client.get(url, params={text: "q"}, timeout=5)
        return client.get(url + {"path": "/", "query": "?q=", "fragment": "#"}[place] + text, timeout=5)

    [head] = heads(ask)
    line = head.partition(b"\r\n")[0]
    assert line.count(b" ") == 2
    assert line.isascii()


@pytest.mark.parametrize("control", [*CONTROLS, "\t"], ids=ascii)
def test_a_control_character_in_a_url_is_encoded(control: str) -> None:
    [head] = heads(lambda url: client.get(f"{url}/a{control}b?c{control}d", timeout=5))
    code = b"%%%02X" % ord(control)
    assert b"/x/a%bb?c%bd " % (code, code) in head


@pytest.mark.parametrize("text", ["/a b", "/a\r\nEvil: 1", "/a\nb", "/a\0", "/日本", "a b"], ids=ascii)
def test_a_target_that_was_set_by_hand_is_encoded_or_refused(text: str) -> None:
    class Adapter(client.adapters.HTTPAdapter):
        def request_url(self, request: Any, proxies: Any) -> str:
            return text

    with EchoServer() as server, client.Session() as session:
        session.mount("http://", Adapter())
        try:
            session.get(server.url("/"), timeout=5)
        except client.RequestException as error:
            assert "target" in str(error)
            assert server.connections == 0
        else:
            assert server.requests[0].head.partition(b"\r\n")[0].count(b" ") == 2
            assert server.requests[0].get("Evil") is None


HOSTS = [
    "a\r\nEvil: 1",
    "a\nb",
    "a\0b",
    "a b",
    "a\tb",
    "a\x7fb",
    "127.0.0.1\r\nEvil: 1",
    "a%0d%0aEvil",
    "a%00b",
    "a\u2028b",
]


@pytest.mark.parametrize("host", HOSTS, ids=ascii)
def test_a_host_that_is_none_is_refused_before_it_is_looked_up(host: str) -> None:
    asked: list[str] = []

    def resolver(name: str, port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"]

    def ask(url: str) -> object:
        with client.Session(resolver=resolver) as session:
            return session.get(url.replace("127.0.0.1", host), timeout=5)

    refused(ask)
    assert asked == []


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_a_control_character_in_a_host_is_refused(control: str) -> None:
    refused(lambda url: client.get(url.replace("127.0.0.1", f"lo{control}calhost"), timeout=5))


# -- fields ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", EVIL, ids=IDS)
@pytest.mark.parametrize("where", ["call", "session", "bytes"])
def test_a_value_that_is_none_is_refused(where: str, text: str) -> None:
    def ask(url: str) -> object:
        with client.Session() as session:
            if where == "session":
                session.headers["X-Evil"] = text
                return session.get(url, timeout=5)
            value: Any = text.encode() if where == "bytes" else text
            return session.get(url, headers={"X-Evil": value}, timeout=5)

    if where == "bytes" and not re.search(r"[\r\n\0]", text):
        [head] = heads(ask)  # bytes are sent as they are
        assert text.encode() in head
    else:
        refused(ask, names="X-Evil")


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
@pytest.mark.parametrize("name", ["X-Evil", "Host", "Cookie"])
def test_a_control_character_in_a_value_is_refused(name: str, control: str) -> None:
    refused(lambda url: client.post(url, data=b"x", headers={name: f"a{control}b"}, timeout=5), names=name)


NAMES = [*EVIL, "", " X", "X ", "X Y", "X:", "X:Y", "X\tY", "X\x7f", "X/Y", "X(", "é"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *[pytest.param(str, name, id=ascii(name)) for name in NAMES],
        *[pytest.param(bytes, name, id=ascii(name.encode())) for name in NAMES],
    ],
)
def test_a_name_that_is_no_token_is_refused(kind: type, name: str) -> None:
    given: Any = name.encode() if kind is bytes else name
    refused(lambda url: client.get(url, headers={given: "v"}, timeout=5), names="name")


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization"])
@pytest.mark.parametrize(
    "bad",
    [
        "Bearer s3cret\n",
        "Bearer s3cret\r\nEvil: 1",
        " s3cret",
        *[pytest.param(each) for each in ("s3cret\0", "s3cret日")],
    ],
    ids=ascii,
)
def test_the_error_about_a_secret_value_does_not_show_it(name: str, bad: str) -> None:
    with EchoServer() as server:
        try:
            client.get(server.url("/"), headers={name: bad}, timeout=5)
        except client.exceptions.InvalidHeader as error:
            assert "s3cret" not in str(error) + repr(error) + error.explanation
            assert name in str(error) + error.explanation
            assert server.connections == 0
        else:
            pytest.fail("nothing was refused")


# -- cookies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", EVIL, ids=IDS)
@pytest.mark.parametrize("place", ["value", "name", "jar's value", "jar's name"])
def test_a_cookie_that_is_none_is_refused(place: str, text: str) -> None:
    def ask(url: str) -> object:
        with client.Session() as session:
            pair = (text, "v") if "name" in place else ("n", text)
            if "jar" in place:
                session.cookies.set(*pair)
                return session.get(url, timeout=5)
            return session.get(url, cookies=dict([pair]), timeout=5)

    refused(ask, names="Cookie")


@pytest.mark.parametrize(
    "value", [*[pytest.param(b"a" + each + b"b") for each in (b"\x01", b"\x7f")], b"\xff\xfe", b"a\x00b"]
)
def test_a_cookie_that_a_server_sets_does_not_spoil_the_session(value: bytes) -> None:
    evil = b"HTTP/1.1 200 OK\r\nSet-Cookie: evil=" + value + b"\r\nContent-Length: 0\r\n\r\n"
    with Peer([receive(), send(evil)], repeat=True) as peer, EchoServer() as server, client.Session() as session:
        try:
            session.get(peer.url("/"), timeout=5)
        except client.ConnectionError:
            pass  # a NUL makes the head no head
        assert session.get(server.url("/"), timeout=5).status_code == 200
        assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", server.requests[0].head)


# -- forms -------------------------------------------------------------------------------------------------------------


def parts(ask: Callable[[str], client.Response]) -> list[tuple[list[str], str]]:
    """The parts of a form as a strict reader sees them: the lines of the head, and the content."""
    with EchoServer() as server:
        ask(server.url("/"))
    [request] = server.requests
    boundary = (request.get("Content-Type") or "").partition("boundary=")[2].encode()
    found = []
    for part in request.payload.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        assert b"\n" not in head.replace(b"\r\n", b"")
        found.append((head.decode().split("\r\n"), content.decode()))
    return found


@pytest.mark.parametrize("text", ['a"; filename="evil', "a\r\nEvil: 1\r\n\r\nevil", "a\nb", "a\rb", "a\\"], ids=ascii)
@pytest.mark.parametrize("place", ["name", "file name", "field's name"])
def test_a_name_in_a_form_stays_in_its_quotes(place: str, text: str) -> None:
    def ask(url: str) -> client.Response:
        if place == "field's name":
            return client.post(url, data={text: "v"}, files={"f": b"x"}, timeout=5)
        files = {text: b"x"} if place == "name" else {"f": (text, b"x")}
        return client.post(url, files=files, timeout=5)

    head = parts(ask)[0][0]
    assert len(head) == 1
    assert re.fullmatch(r'Content-Disposition: form-data; name="[^"\r\n]*"(; filename="[^"\r\n]*")?', head[0])
    encoded = text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    assert f'"{encoded}"' in head[0]


@pytest.mark.parametrize("given", [("f", b"x", "text/plain\r\nEvil: 1"), ("f", b"x", "text/plain", {"X": "a\r\nEvil: 1"}), ("f", b"x", "text/plain", {"X\r\nEvil": "1"})], ids=ascii)  # fmt: skip # noqa: E501
def test_a_field_of_a_part_is_refused_when_it_would_be_two(given: Any) -> None:
    refused(lambda url: client.post(url, files={"f": given}, timeout=5))


def test_a_content_that_looks_like_the_end_of_a_part_ends_nothing() -> None:
    [(_, content)] = parts(lambda url: client.post(url, files={"f": b"x\r\n--evil--\r\n"}, timeout=5))
    assert content == "x\r\n--evil--\r\n"


# -- credentials -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a\r\nEvil: 1", "a\0b", "a\nb", "\xe9"], ids=ascii)
def test_basic_credentials_are_encoded_whatever_they_hold(text: str) -> None:
    heads(lambda url: client.get(url, auth=(text, text), timeout=5))
    heads(lambda url: client.get(url.replace("//", "//a%0D%0AEvil%3A1:b%00@"), timeout=5))


@pytest.mark.parametrize("pair", [("日本", "s3cret"), ("user", "s3cret日")], ids=["user", "password"])
@pytest.mark.parametrize("way", ["auth", "userinfo"])
def test_basic_credentials_beyond_latin_1_are_refused_without_showing_them(way: str, pair: tuple[str, str]) -> None:
    def ask(url: str) -> object:
        if way == "auth":
            return client.get(url, auth=pair, timeout=5)
        return client.get(url.replace("//", "//{}:{}@".format(*pair)), timeout=5)

    text = refused(ask, names="Latin-1")
    assert "s3cret" not in text
    assert ("user name" if pair[0] == "日本" else "password") in text


@pytest.mark.parametrize("user", ["a\r\nEvil: 1", "a\nb", "a\0b", 'a", uri="/evil', "a\\", "日本"], ids=ascii)
def test_a_digest_user_stays_in_its_quotes_or_is_refused(user: str) -> None:
    challenge = response("", 401, "Unauthorized", [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')])
    with Peer([forever(receive(), send(challenge))]) as peer:
        try:
            client.get(peer.url("/x"), auth=client.auth.HTTPDigestAuth(user, "pw"), timeout=5)
        except client.RequestException as error:
            assert "Authorization" in str(error)
            assert len(peer.requests) == 1
            return
    field = peer.requests[1].get("Authorization") or ""
    assert peer.requests[1].get("Evil") is None
    assert re.match(r"""Digest username(="(?:[^"\\]|\\.)*"|\*=UTF-8''[\w%]+), realm=""", field)


@pytest.mark.parametrize("realm", [r"r\", uri=\"/evil", r"r\\"], ids=ascii)
def test_what_a_challenge_holds_stays_in_its_quotes(realm: str) -> None:
    challenge = response("", 401, "No", [("WWW-Authenticate", f'Digest realm="{realm}", nonce="n", qop="auth"')])
    with Peer([forever(receive(), send(challenge))]) as peer:
        client.get(peer.url("/x"), auth=client.auth.HTTPDigestAuth("user", "pw"), timeout=5)
    field = peer.requests[1].get("Authorization") or ""
    assert f'realm="{realm}"' in field
    assert re.fullmatch(r'Digest (?:\w+=(?:"(?:[^"\\]|\\.)*"|[\w-]+)(?:, |$))+', field)


# -- proxies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("text", EVIL, ids=IDS)
def test_a_field_for_a_proxy_that_is_none_is_refused(text: str, scheme: str) -> None:
    class Adapter(client.adapters.HTTPAdapter):
        def proxy_headers(self, proxy: str) -> dict[str, str]:
            return {"X-Evil": text}

    with ProxyServer() as proxy, client.Session() as session:
        session.mount(f"{scheme}://", Adapter())
        with pytest.raises(client.RequestException) as caught:
            session.get(f"{scheme}://origin.test/", proxies={scheme: proxy.url()}, timeout=5)
        assert "X-Evil" in str(caught.value)
        assert proxy.requests == []
        assert all(not received for received in proxy.received)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxys_userinfo_is_encoded_whatever_it_holds(scheme: str) -> None:
    with Peer([receive(), send(response("", 403, "No")), close()]) as proxy:
        url = proxy.url("", host="a%0D%0AEvil%3A%201:b%00c@127.0.0.1")
        try:
            client.get(f"{scheme}://origin.test/", proxies={scheme: url}, timeout=5)
        except client.exceptions.ProxyError:
            assert scheme == "https"
    [request] = proxy.requests
    assert request.get("Evil") is None
    assert (request.get("Proxy-Authorization") or "").startswith("Basic ")


@pytest.mark.parametrize("userinfo", ["%E6%97%A5:s3cret", "日:s3cret", "user:s3cret%E6%97%A5"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxys_userinfo_beyond_latin_1_is_refused_or_encoded(scheme: str, userinfo: str) -> None:
    with Peer([receive(), send(response("", 403, "No")), close()]) as proxy:
        try:
            client.get(
                f"{scheme}://origin.test/", proxies={scheme: proxy.url("", host=f"{userinfo}@127.0.0.1")}, timeout=5
            )
        except client.RequestException as error:
            assert "s3cret" not in str(error)
            assert isinstance(error, client.exceptions.ProxyError) or proxy.connections == 0


@pytest.mark.parametrize(
    ("scheme", "userinfo", "words"),
    [
        ("socks5", "%00:b", "user name"),
        ("socks5h", "a:%00", "password"),
        ("socks5h", "a" * 256 + ":b", "user name"),
        ("socks5h", "a:" + "b" * 256, "password"),
        ("socks4", "a%00b", "user name"),
        ("socks4a", "a%00b", "user name"),
    ],
)
def test_a_login_that_socks_has_no_place_for_is_refused(scheme: str, userinfo: str, words: str) -> None:
    greeting = [receive_bytes(4), send(b"\5\2")] if scheme.startswith("socks5") else []
    with Peer([*greeting, receive_bytes()]) as proxy, pytest.raises(client.exceptions.ProxyError) as caught:
        client.get("http://127.0.0.1/", proxies={"http": f"{scheme}://{userinfo}@{proxy.address}"}, timeout=5)
    assert words in str(caught.value)
    assert all(len(received) <= 4 for received in proxy.received)


def test_a_login_of_line_ends_is_bytes_like_others_to_socks() -> None:
    with Peer([receive_bytes(4), send(b"\5\2"), receive_bytes(9), send(b"\1\1"), close()]) as proxy:
        with pytest.raises(client.exceptions.ProxyError, match="refused the user name and password"):
            client.get("http://a.test/", proxies={"http": f"socks5h://a%0D%0A:b%0D%0A@{proxy.address}"}, timeout=5)
    assert proxy.leftovers[1] == b"\1\3a\r\n\3b\r\n"


@pytest.mark.parametrize("host", ["a\r\nEvil: 1", "a\0b", "a b"], ids=ascii)
@pytest.mark.parametrize("scheme", ["http", "socks5h", "socks4a"])
def test_a_host_that_is_none_is_not_told_to_a_proxy(scheme: str, host: str) -> None:
    with Peer([]) as proxy, pytest.raises(client.exceptions.InvalidURL):
        client.get(f"http://{host}/", proxies={"http": f"{scheme}://{proxy.address}"}, timeout=5)
    assert proxy.connections == 0


def test_a_proxy_manager_refuses_the_same() -> None:
    with ProxyServer() as proxy:
        manager = ProxyManager(proxy.url(), proxy_headers={"X-Evil": "a\r\nEvil: 1"})
        for url in ("http://origin.test/", "https://origin.test/"):
            with pytest.raises(Exception, match="X-Evil"):
                manager.urlopen("GET", url, retries=False)
        assert proxy.requests == []


# -- what a server says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "target"),
    [
        (b"/a b", "/a%20b"),
        (b"/a\tb", "/ab"),  # as in urllib.parse and in browsers
        (b"/a\x01b", "/a%01b"),
        ("/日".encode(), "/%E6%97%A5"),
        (b"/\xff", "/%FF"),
        (b"/a%0d%0aEvil:1", "/a%0D%0AEvil:1"),
    ],
)
def test_a_redirect_cannot_make_two_lines_of_a_target(location: bytes, target: str) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    with Peer([receive(), send(moved), receive(), send(response("ok"))]) as peer:
        assert client.get(peer.url("/"), timeout=5).text == "ok"
    assert peer.requests[1].target.upper() == target.upper()
    assert peer.requests[1].get("Evil") is None


@pytest.mark.parametrize("location", [b"http://a\x01b/", b"http://a%0d%0aEvil/", b"http://a%00/"])
def test_a_redirect_to_a_host_that_is_none_is_refused(location: bytes) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    with Peer([receive(), send(moved)]) as peer, pytest.raises(client.exceptions.InvalidURL):
        client.get(peer.url("/"), timeout=5)

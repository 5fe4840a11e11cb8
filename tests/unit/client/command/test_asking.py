"""From a command line to the arguments of a request."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest

from httpcore_lite.client.command.asking import Asked, asked_for, full_proxy, full_url, proxy_with_user
from httpcore_lite.client.command.parsing import parse
from httpcore_lite.client.command.table import UsageError

FILES = {
    "f.txt": b"text",
    "-": b"input",
    "lines": b"a\r\nb\n",
    "headers": b"A: 1\n\nB;\n",
    "utf-8": "A: 1\u2028B: 2\r\nC: Å".encode(),
}


class Sources:
    """Files that are not on any disk."""

    def read(self, path: str) -> bytes:
        return FILES[path]

    def opened(self, path: str) -> BinaryIO:
        return io.BytesIO(FILES[path])

    def stream(self) -> Iterator[bytes]:
        yield FILES["-"]

    def password(self, name: str) -> str:
        return f"password of {name}"


def asked(*words: str) -> Asked:
    return asked_for(parse(words), Sources())


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (":3000/x", "http://localhost:3000/x"),
        (":3000", "http://localhost:3000"),
        (":3000?q", "http://localhost:3000?q"),
        (":", "http://localhost"),
        (":/x", "http://localhost/x"),
        ("example.org/x", "http://example.org/x"),
        ("localhost:80", "http://localhost:80"),
        ("::1/", "http://::1/"),
        ("https://example.org", "https://example.org"),
        ("HTTPS://example.org", "HTTPS://example.org"),
        ("http+unix://%2Fsocket/", "http+unix://%2Fsocket/"),
        ("example.org/?to=http://other", "http://example.org/?to=http://other"),
        ("http:/example.org/x", "http://example.org/x"),
        ("HTTPS:/example.org", "HTTPS://example.org"),
        ("http:80/x", "http://http:80/x"),
        ("example.org/\udcff", "http://example.org/%FF"),
    ],
)
def test_the_url_that_is_meant(text: str, url: str) -> None:
    assert full_url(text) == url


def test_proto_default_is_the_scheme_of_a_url_without_one() -> None:
    assert asked("--proto-default", "https", "example.org").url == "https://example.org"
    assert asked("--proto-default", "https", ":1/").url == "https://localhost:1/"


@pytest.mark.parametrize(
    ("words", "method", "url"),
    [
        (["u"], "GET", "http://u"),
        (["get", "u"], "GET", "http://u"),
        (["PURGE", "u"], "PURGE", "http://u"),
        (["localhost", "a=1"], "POST", "http://localhost"),
        (["PUT", "u", "a=1"], "PUT", "http://u"),
        (["delete"], "GET", "http://delete"),
        (["-X", "lower", "u"], "lower", "http://u"),
        (["-I", "u"], "HEAD", "http://u"),
        (["-T", "f.txt", "u/d/?q"], "PUT", "http://u/d/f.txt?q"),
        (["-T", "f.txt", "u?q=/#/"], "PUT", "http://u/f.txt?q=/#/"),
        (["-T", "f.txt", "u/d#/"], "PUT", "http://u/d#/"),
        (["-T", "-", "u/"], "PUT", "http://u/"),
        (["-I", "-G", "-d", "a", "u"], "HEAD", "http://u?a"),
        (["u", "q==1"], "GET", "http://u"),
        (["u", "X:1"], "GET", "http://u"),
        (["-G", "-d", "a=1", "u?b#c"], "GET", "http://u?b&a=1#c"),
    ],
)
def test_the_method_and_the_url(words: list[str], method: str, url: str) -> None:
    found = asked(*words)
    assert (found.method, found.url) == (method, url)


def test_fields_are_json_and_a_form_where_that_is_said() -> None:
    found = asked("u", "a=1", "b:=[true]", "a=2")
    assert found.request["data"] == b'{"a": "2", "b": [true]}'
    headers = {"Content-Type": "application/json", "Accept": "application/json, */*;q=0.5"}
    assert found.request["headers"] == headers
    found = asked("--urlencoded", "u", "a=1", "b:=true", "a=2")
    assert found.request["data"] == [("a", "1"), ("b", "true"), ("a", "2")]
    found = asked("u", "a=1", "f@f.txt", "g@f.txt;type=x/y")
    (name, (filename, _, kind)), (_, (_, _, other)) = found.request["files"]  # type: ignore[misc, attr-defined]
    assert (found.request["data"], name, filename, kind, other) == ([("a", "1")], "f", "f.txt", "text/plain", "x/y")


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["-d", "a=1", "-d", "b= 2"], b"a=1&b= 2"),
        (["-d", "@lines", "--data-binary", "@lines", "--data-raw", "@lines"], b"ab&a\r\nb\n&@lines"),
        (["--data-urlencode", "a b&", "--data-urlencode", "=ü", "--data-urlencode", "n=x/"], b"a+b%26&%C3%BC&n=x%2F"),
        (["--data-urlencode", "n@lines", "--data-urlencode", "@lines"], b"n=a%0D%0Ab%0A&a%0D%0Ab%0A"),
        (["--json", '{"a":', "--json", "1}"], b'{"a":1}'),
        (["-d", "@-"], b"input"),
        (["-d", "\udcff"], b"\xff"),
    ],
)
def test_data_is_put_together_as_by_curl(words: list[str], body: bytes) -> None:
    found = asked(*words, "u")
    assert (found.method, found.request["data"]) == ("POST", body)


def test_the_parts_of_a_form_are_those_of_curl() -> None:
    words = [
        "a=1",
        "b=@f.txt",
        "c=<f.txt",
        "d=x;type=text/x",
        'e=@f.txt;filename="q;r";type=a/b',
        "f=a;b",
        'g="x;y"',
        "i=<f.txt;type=a/b;charset=utf-8; v=1;filename=n",
    ]
    found = asked(*[each for word in words for each in ("-F", word)], "-F", "h=@-", "u")
    parts: Any = found.request["files"]
    shown = [(name, part[0], getattr(part[1], "name", part[1]), *part[2:]) for name, part in parts if name not in "be"]
    assert shown == [
        ("a", None, "1"), ("c", None, b"text"), ("d", None, "x", "text/x"), ("f", None, "a;b"), ("g", None, "x;y"),
        ("i", "n", b"text", "a/b;charset=utf-8; v=1"), ("h", "-", b"input", "application/octet-stream"),
    ]  # fmt: skip
    files = {name: (part[0], part[1].read(), part[2]) for name, part in parts if name in "be"}
    assert files == {"b": ("f.txt", b"text", "text/plain"), "e": ("q;r", b"text", "a/b")}


def test_headers_can_come_from_a_file() -> None:
    assert asked("-H", "@headers", "u").request["headers"] == {"A": "1", "B": ""}


def test_a_header_of_ones_own_comes_before_the_default_and_may_come_twice() -> None:
    found = asked("-H", "content-type: x/y", "-H", "A: 1", "-H", "a: 2", "-H", "B:", "u", "a=1", "C;")
    expected = {"content-type": "x/y", "a": "1, 2", "B": None, "C": "", "Accept": "application/json, */*;q=0.5"}
    assert found.request["headers"] == expected


def test_times_are_those_of_curl_and_one_of_our_own() -> None:
    assert repr(asked("u").request["timeout"]) == "Timeouts(connect=60.0, read=60.0, write=60.0)"
    words = ["--timeout", "0", "--connect-timeout", "2", "-m", "9", "u"]
    assert repr(asked(*words).request["timeout"]) == "Timeouts(connect=2.0, total=9.0)"


def test_the_way_is_made_of_options_of_a_session() -> None:
    words = [
        "--resolve",
        "[::1]:80:127.0.0.1",
        "--resolve",
        "h:443:[::2]",
        "--unix-socket",
        "/s",
        "--interface",
        "127.0.0.1",
    ]
    found = asked(
        *words, "--fingerprint", "AB:" * 31 + "ab", "--cert", r"C:\c.pem:pw", "--key", "k", "--max-redirs", "2", "u"
    )
    assert found.session == {
        "max_redirects": 2,
        "uds": "/s",
        "resolve": {"[::1]:80": "127.0.0.1", "h:443": "::2"},
        "source_address": ("127.0.0.1", 0),
        "assert_fingerprint": "ab" * 32,
        "cert_password": "pw",
    }
    assert found.request["cert"] == (r"C:\c.pem", "k")


def test_credentials_are_sent_as_utf8_and_asked_for_where_the_password_is_missing() -> None:
    assert asked("-u", "ü:p:ö", "u").request["auth"] == ("ü".encode(), "p:ö".encode())
    assert asked("-u", "me", "u").request["auth"] == (b"me", b"password of me")
    assert proxy_with_user("proxy:1", "me@x:p/w") == "http://me%40x:p%2Fw@proxy:1"
    assert proxy_with_user("https://old:one@proxy:1", "me") == "https://me@proxy:1"
    assert proxy_with_user("https://old:one@proxy:1", None) == "https://old:one@proxy:1"
    assert proxy_with_user("proxy:1", None) == "http://proxy:1"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("proxy", "http://proxy:1080"),
        ("me:p@proxy/", "http://me:p@proxy:1080/"),
        ("HTTP://[::1]", "HTTP://[::1]:1080"),
        ("[::1]:3128", "http://[::1]:3128"),
        ("https://proxy", "https://proxy"),
        ("socks5h://proxy", "socks5h://proxy"),
    ],
)
def test_a_proxy_without_a_port_is_where_curl_looks_for_it(given: str, meant: str) -> None:
    assert full_proxy(given) == meant


def test_cookies_are_sent_as_the_bytes_that_were_typed_and_a_range_has_a_dash() -> None:
    found = asked("-b", "a=\u20ac; b=\udcff", "-r", "5", "u").request
    sent = {name: value.encode("latin-1") for name, value in found["cookies"].items()}  # type: ignore[attr-defined]
    assert sent == {"a": "\u20ac".encode(), "b": b"\xff"}
    assert found["headers"]["Range"] == "bytes=5-"  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([""], "write a URL: "),
        (["GET"], "write a URL: "),
        (["-X", "PUT", "POST", "u"], "say the method once: it is both POST and -X PUT"),
        (["-d", "a", "-F", "b=c", "u"], "say what is sent in one way: -d and -F are two"),
        (["-d", "a", "u", "b=c"], "say what is sent in one way: -d and items are two"),
        (["-G", "u", "a=1"], "-G goes with -d, not with items"),
        (["-I", "-d", "a", "u"], "say -i for the head of what -d asks for: -I sends nothing"),
        (["-I", "u", "a=1"], "say -i for the head of what items asks for"),
        (["-o", "a", "-O", "u"], "say either -o FILE or -O"),
        (["-J", "u"], "-J goes with -O"),
        (["-C", "-", "u"], "say with -o FILE or -O where to go on"),
        (["-C", "-", "-o", "-", "u"], "say with -o FILE or -O where to go on"),
        (["-C", "x", "-O", "u"], "-C takes - or a number of bytes, not 'x'"),
        (["-C", "-", "-OJ", "u"], "say either -C or -J"),
        (["--key", "k", "u"], "--key goes with --cert"),
        (["--fingerprint", "ab", "u"], "--fingerprint takes the SHA-256"),
        (["--resolve", "h:80", "u"], "--resolve takes HOST:PORT:ADDRESS"),
        (["--resolve", "h:80:name", "u"], "--resolve takes HOST:PORT:ADDRESS"),
        (["-H", "name", "u"], "write a header as 'Name: value'"),
        (["-F", "name", "u"], "-F takes NAME=CONTENT"),
        (["--urlencoded", "u", "a:=[1]"], "a:= is a list or an object, which a form has no place for"),
        (["u", "http://other/"], "ask for one URL at a time"),
        (["-e", "x;auto", "u"], "leave ;auto out of -e"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_before_anything_is_sent(words: list[str], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked(*words)
    assert str(caught.value).startswith(text)
    assert len(str(caught.value)) <= 105


def test_a_field_is_sent_as_the_bytes_that_were_typed() -> None:
    found = asked("-H", "X: é€", "-A", "\udcff", "u", "Y:ß").request["headers"]
    assert {name: value.encode("latin-1") for name, value in found.items()} == {  # type: ignore[attr-defined]
        "User-Agent": b"\xff",
        "X": "é€".encode(),
        "Y": "ß".encode(),
    }
    found = asked("-H", "@utf-8", "u").request["headers"]
    assert {name: value.encode("latin-1").decode() for name, value in found.items()} == {  # type: ignore[attr-defined]
        "A": "1\u2028B: 2",
        "C": "Å",
    }


def test_an_authorization_that_is_given_comes_before_u_as_with_curl() -> None:
    assert "auth" not in asked("-u", "a:b", "-H", "authorization: Bearer x", "u").request
    assert "auth" in asked("-u", "a:b", "-H", "Authorization:", "u").request

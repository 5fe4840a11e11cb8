"""URLs: what they are taken apart into, what they mean, how they are written."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time

import pytest

import httpcore_lite as client
from httpcore_lite.exceptions import InvalidURL
from httpcore_lite.messages import urls
from httpcore_lite.sansio.errors import LocationParseError

# -- parse_url ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("", (None,) * 7),
        ("http://example.com", ("http", None, "example.com", None, None, None, None)),
        ("HTTP://EXAMPLE.com:80/A/../b?C#D", ("http", None, "example.com", 80, "/b", "C", "D")),
        ("http://u:p@h:1/", ("http", "u:p", "h", 1, "/", None, None)),
        ("http://u@d:p@h/", ("http", "u%40d:p", "h", None, "/", None, None)),
        ("google.com:80", (None, None, "google.com", 80, None, None, None)),
        ("/path?q", (None, None, None, None, "/path", "q", None)),
        ("http://h?q", ("http", None, "h", None, "", "q", None)),
        ("http://h:/", ("http", None, "h", None, "/", None, None)),
        ("http://h:0080/", ("http", None, "h", 80, "/", None, None)),
        ("http://h:65535", ("http", None, "h", 65535, None, None, None)),
        ("http://[::1]:8/x", ("http", None, "[::1]", 8, "/x", None, None)),
        ("http://[2001:DB8::A]/", ("http", None, "[2001:db8::a]", None, "/", None, None)),
        ("http://[::ffff:192.0.2.1]/", ("http", None, "[::ffff:192.0.2.1]", None, "/", None, None)),
        ("http://0X7F.1/", ("http", None, "0X7F.1", None, "/", None, None)),
        ("http://ex%41mple.com/", ("http", None, "example.com", None, "/", None, None)),
        ("http://a b/", None),
        ("ftp://Host/a b", ("ftp", None, "Host", None, "/a b", None, None)),
        ("http+unix://%2Ftmp%2Fs/x", ("http+unix", None, "%2Ftmp%2Fs", None, "/x", None, None)),
        ("http://h\\@evil/", ("http", None, "h", None, "/%5C@evil/", None, None)),
    ],
)
def test_a_url_is_taken_apart_into_normalised_parts(url: str, parts: tuple[object, ...] | None) -> None:
    if parts is None:
        with pytest.raises(LocationParseError):
            urls.parse_url(url)
    else:
        assert tuple(urls.parse_url(url)) == parts


@pytest.mark.parametrize(
    "url",
    [
        "http://h:65536/",
        "http://h:abc/",
        "http://h:-1/",
        "http://h:99999999999/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[1:2:3]/",
        "http://[::1::2]/",
        "http://[1:2:3:4:5:6:7:8:9]/",
        "http://[::12345]/",
        "http://[::1%]/",
        "http://[::1%25%00]/",
        "http://[v1.x]/",
        "http://h%zz/",
        "http://h%00/",
        "http://h\x00/",
        "http://h\n/",
        "http://a:b:c/",
        "http://ex\u3002ample.\u2603\u0338/",
    ],
)
def test_a_wrong_host_or_port_is_an_error(url: str) -> None:
    with pytest.raises(LocationParseError):
        urls.parse_url(url)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("/a b", "/a%20b"),
        ("/é", "/%C3%A9"),
        ("/%7euser%2f", "/%7Euser%2F"),
        ("/%20%zz", "/%20%25zz"),
        ("/100%", "/100%25"),
        ("/%", "/%25"),
        ('/"<>\\^`{|}', "/%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("/\ud800", "/%ED%A0%80"),
    ],
)
def test_a_path_is_quoted_and_valid_escapes_stay(text: str, quoted: str) -> None:
    assert urls.parse_url("http://h" + text).path == quoted
    assert urls.parse_url("http://h" + quoted).path == quoted


@pytest.mark.parametrize(
    ("path", "normal"),
    [("/.", "/"), ("/..", "/"), ("/a/./b", "/a/b"), ("/a/../../b", "/b"), ("/a/b/..", "/a/"), ("/.a/..b", "/.a/..b")],
)
def test_dot_segments_are_removed(path: str, normal: str) -> None:
    assert urls.parse_url("http://h" + path).path == normal


def test_hosts_outside_ascii_become_a_labels() -> None:
    assert urls.parse_url("http://Königsgäßchen.de/straße").url == "http://xn--knigsgchen-b4a3dun.de/stra%C3%9Fe"
    assert urls.parse_url("http://ジェーピーニック.jp").host == "xn--hckqz9bzb1cyrb.jp"
    with pytest.raises(LocationParseError, match="IDNA"):
        urls.parse_url("http://\u2603\u0338.de/")
    assert urls.encode_idna("Königsgäßchen.de") == "xn--knigsgchen-b4a3dun.de"
    with pytest.raises(UnicodeError):
        urls.encode_idna("a" * 70 + "é.de")


def test_the_parts_are_a_named_tuple_of_urllib3s_shape() -> None:
    url = urls.parse_url("http://u:p%20w@[::1]:8080/a?b#c")
    assert url.hostname == "[::1]"
    assert url.netloc == "[::1]:8080"
    assert url.authority == "u:p%20w@[::1]:8080"
    assert url.request_uri == "/a?b"
    assert url.auth_decoded == ("u", "p w")
    assert url.auth_decoded_joined == "u:p w"
    assert str(url) == url.url == "http://u:p%20w@[::1]:8080/a?b#c"
    assert url._replace(port=None).netloc == "[::1]"
    assert pickle.loads(pickle.dumps(url)) == url
    assert repr(urls.ParsedURL("HTTP", host="h", path="x")).startswith("Url(scheme='http', auth=None, host='h'")
    assert urls.ParsedURL(path="x").path == "/x"
    assert urls.ParsedURL().auth_decoded == (None, None)
    assert urls.ParsedURL(auth="u").auth_decoded_joined == "u:"


# -- zone identifiers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["%25eth0", "%eth0"])
def test_a_zone_survives_from_the_url_to_the_socket(written: str) -> None:
    parsed = urls.parse_url(f"http://[FE80::1{written}]:8/a%20b")
    assert parsed.host == "[fe80::1%eth0]"
    prepared = urls.unparse("http", parsed.netloc or "", parsed.path, parsed.query, parsed.fragment)
    assert prepared == "http://[fe80::1%25eth0]:8/a%20b"
    assert urls.parse_url(prepared) == parsed
    assert urls.split_origin(prepared) == ("http", "fe80::1%eth0", 8, "/a%20b")


def test_a_zone_that_looks_like_an_escape_survives_too() -> None:
    parsed = urls.parse_url("http://[fe80::1%25e1]/")
    assert parsed.host == "[fe80::1%e1]"
    prepared = urls.unparse("http", parsed.netloc or "", "/", None, None)
    assert urls.split_origin(prepared)[1] == "fe80::1%e1"
    assert urls.requote_uri("http://[fe80::1%e1]/a b") == "http://[fe80::1%25e1]/a%20b"


# -- quoting -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "quoted"),
    [
        ("http://example.com/fiz?buz=%25ppicture", "http://example.com/fiz?buz=%25ppicture"),
        ("http://example.com/fiz?buz=%ppicture", "http://example.com/fiz?buz=%25ppicture"),
        ("http://h/%41%2f%zz %20", "http://h/A%2f%25zz%20%20"),
        ("http://h/%C3%A9é", "http://h/%C3%A9%C3%A9"),
        ("http://[::1]/", "http://[::1]/"),
        ("", ""),
    ],
)
def test_requoting_encodes_what_is_illegal_and_nothing_twice(uri: str, quoted: str) -> None:
    assert urls.requote_uri(uri) == quoted
    assert urls.requote_uri(quoted) == quoted


# -- split, unsplit, join ----------------------------------------------------------------------------------


# -- split_origin ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://Example.com/a?b#c", ("http", "example.com", None, "/a?b")),
        ("https://h:8443", ("https", "h", 8443, "/")),
        ("http://h?x=/y", ("http", "h", None, "/?x=/y")),
        ("http://h/?", ("http", "h", None, "/")),
        ("http://h/??", ("http", "h", None, "/??")),
        ("http://h/#f?", ("http", "h", None, "/")),
        ("http://u:p@[::1]:80/", ("http", "::1", 80, "/")),
        ("http://bücher.example/", ("http", "xn--bcher-kva.example", None, "/")),
        ("http+unix://%2Ftmp%2Fs/x", ("http+unix", "%2Ftmp%2Fs", None, "/x")),
        ("http://h//evil/", ("http", "h", None, "//evil/")),
    ],
)
def test_an_origin_tells_where_to_connect_and_what_to_ask_for(url: str, origin: tuple[object, ...]) -> None:
    assert urls.split_origin(url) == origin
    assert urls.split_origin(url) == origin, "the second result comes from memory"


@pytest.mark.parametrize("url", ["", "h/x", "http:///x", "http://:80/", "http://h:99999/", "http://[::1/"])
def test_a_url_without_a_host_has_no_origin(url: str) -> None:
    for _ in range(2):
        with pytest.raises(LocationParseError):
            urls.split_origin(url)


def test_remembered_origins_are_bounded() -> None:
    for number in range(3000):
        urls.split_origin(f"http://h{number}/")
    assert len(urls._ORIGINS) <= 1024


# -- cost --------------------------------------------------------------------------------------------------


def test_hostile_urls_take_linear_time() -> None:
    began = time.process_time()
    for url in (
        "http://h/" + "%" * 200_000,
        "http://h/" + "a" * 200_000 + " ",
        "http://" + "a." * 50_000 + "@ ",
        "http://[" + ":" * 100_000 + "]/",
        "http://h/" + "%20" * 100_000 + "%",
        "http://h/" + "../" * 100_000,
    ):
        try:
            urls.parse_url(url)
        except LocationParseError:
            pass
        urls.requote_uri(url)
    assert time.process_time() - began < 5


def test_importing_loads_neither_idna_nor_urllib() -> None:
    code = (
        "import sys, httpcore_lite.messages.urls\n"
        "print([m for m in ('idna', 'urllib', 'urllib.parse', 'ipaddress', 'socket') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env=_ENVIRON)
    assert out.stdout.strip() == "[]"


_ENVIRON = {"PYTHONPATH": ":".join(path for path in sys.path if path)}


@pytest.mark.parametrize("host", ["[::1%25]", "[fe80::1%25]", "[::1%]", "[::1%25%]", "[::1%25a b]"])
def test_an_address_with_an_empty_or_broken_zone_is_refused(host: str) -> None:
    for text in (f"http://{host}/", f"http://u:p@{host}:80/", f"https://{host}"):
        with pytest.raises(LocationParseError):
            urls.parse_url(text)
        with pytest.raises(client.exceptions.InvalidURL):
            client.Request("GET", text).prepare()
        with pytest.raises(LocationParseError):
            urls.split_origin(text)


@pytest.mark.parametrize(
    ("host", "address"),
    [("[fe80::1%25eth0]", "[fe80::1%eth0]"), ("[fe80::1%eth0]", "[fe80::1%eth0]"), ("[::1%25253]", "[::1%253]")],
)
def test_a_zone_stays_in_the_address_and_is_introduced_by_25_in_the_url(host: str, address: str) -> None:
    assert urls.parse_url(f"http://{host}/").host == address
    assert client.Request("GET", f"http://{host}/").prepare().url == f"http://{address.replace('%', '%25')}/"


@pytest.mark.parametrize("dot", ["\u3002", "\uff0e", "\uff61"])
def test_other_full_stops_are_no_dots_of_a_host(dot: str) -> None:
    with pytest.raises(client.exceptions.InvalidURL):
        client.Request("GET", f"http://a{dot}test/").prepare()


# -- requests' helpers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "result"),
    [
        ("http://e/?a=%--", "http://e/?a=%--"),
        ("http://e/?a=%300", "http://e/?a=00"),
        ("%7e%2f%41%", "~%2fA%"),
        ("x", "x"),
    ],
)
def test_unreserved_escapes_are_undone(uri: str, result: str) -> None:
    assert urls.unquote_unreserved(uri) == result


@pytest.mark.parametrize("uri", ["%zz", "%é1", "%٣٤"])
def test_escapes_that_are_none_are_an_error(uri: str) -> None:
    with pytest.raises(InvalidURL):
        urls.unquote_unreserved(uri)


@pytest.mark.parametrize(
    ("url", "result"),
    [
        ("example.com/path", "http://example.com/path"),
        ("//example.com/path", "http://example.com/path"),
        ("example.com:80", "http://example.com:80"),
        ("http://user:pass@example.com/path?query", "http://user:pass@example.com/path?query"),
        ("http://[fe80::1%25eth0]:3128", "http://[fe80::1%25eth0]:3128"),
        ("socks5://h", "socks5://h"),
    ],
)
def test_a_scheme_is_put_in_front_where_there_is_none(url: str, result: str) -> None:
    assert urls.prepend_scheme_if_needed(url, "http") == result


def test_credentials_of_a_url_come_decoded() -> None:
    assert urls.get_auth_from_url("http://us%20er:p%40ss@h/") == ("us er", "p@ss")
    assert urls.get_auth_from_url("http://user@h/") == urls.get_auth_from_url("http://h/") == ("", "")


@pytest.mark.parametrize(
    ("url", "result"),
    [
        ("http://u:p@h:1/p;x?q#f", "http://h:1/p;x?q"),
        ("http://u@d:p@h/", "http://h/"),
        ("//u@h/p", "//h/p"),
        ("//h", "//h"),
    ],
)
def test_fragment_and_userinfo_are_taken_off(url: str, result: str) -> None:
    assert urls.urldefragauth(url) == result

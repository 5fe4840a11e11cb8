"""The helpers, beside those of the real requests and urllib3: same arguments, same result or same class of error."""

from __future__ import annotations

import inspect
import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from httpcore_lite import utils
from httpcore_lite.messages import multipart, url_parts, urls

requests = pytest.importorskip("requests")
theirs = pytest.importorskip("requests.utils")
fields = pytest.importorskip("urllib3.fields")
filepost = pytest.importorskip("urllib3.filepost")
their_url = pytest.importorskip("urllib3.util.url")


def outcome(function: Callable[..., Any], *args: Any) -> Any:
    """What a call gives: its result, or the name of its error's class."""
    try:
        result = function(*args)
    except Exception as error:
        return type(error).__name__
    return list(result) if inspect.isgenerator(result) else result


def agree(name: str, *args: Any) -> None:
    assert outcome(getattr(utils, name), *args) == outcome(getattr(theirs, name), *args)


# -- names and signatures ----------------------------------------------------------------------------------

FUNCTIONS = sorted(name for name, value in vars(theirs).items() if inspect.isfunction(value))


@pytest.mark.parametrize("name", sorted(name for name in vars(theirs) if not name.startswith("__")))
def test_every_name_is_there(name: str) -> None:
    assert hasattr(utils, name)
    assert name in dir(utils)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameters_have_requests_names_and_defaults(name: str) -> None:
    mine, other = (inspect.signature(getattr(module, name)).parameters.values() for module in (utils, theirs))
    assert [(p.name, p.kind, p.default) for p in mine] == [(p.name, p.kind, p.default) for p in other]


# -- by table ----------------------------------------------------------------------------------------------

LISTS = [
    "",
    "a",
    "a,b",
    'a="b,c", d',
    '"a\\"b", "c',
    'x="\\\\"',
    ",,",
    ' "a" , b ',
    '"a"b"c"',
    'n="x=y"',
    "=",
    'a=" b "',
]
LINKS = [
    "",
    "<a>",
    '<http:/.../front.jpeg>; rel=front; type="image/jpeg"',
    "<http:/.../front.jpeg>,<http://.../back.jpeg>",
    '<a>; rel="next", <b>; rel=last;',
    "<a>; x; y=1",
    " '<a>' ",
    "<a>;=",
    ", <a>",
]
URLS = [
    "http://user:pass@complex.url.com/path?query=yes",
    "http://user%25user:pass@h/",
    "http://h",
    "//u:p@h/p;x?q#f",
    "u@h/p",
    "h",
    "http://u:p@[::1]:80/",
    "hTTp:///path",
    "file:///etc/motd",
    "https://",
    "",
    "http://h/a%20b?c%zd",
    "http://[::1",
]
CASES: dict[str, list[tuple[Any, ...]]] = {
    "parse_list_header": [(value,) for value in LISTS],
    "_parse_list_header": [(value,) for value in LISTS],
    "parse_dict_header": [(value,) for value in LISTS],
    "unquote_header_value": [(value, name) for value in [*LISTS, '"\\\\C\\R"', None] for name in (True, False)],
    "parse_header_links": [(value,) for value in LINKS],
    "_parse_content_type_header": [
        (value,) for value in ["", "a/b", "a/b;c=d", 'a; b="c=d" ; E', "a;;=;b='c'", "a; charset", "a; x=y; X=z"]
    ],
    "get_encoding_from_headers": [
        ({"content-type": value},)
        for value in ["", "text/plain", "x; charset='a\"'", "application/json", "image/png", "text/html; charset="]
    ],
    "guess_json_utf": [
        (value,) for value in [b"", b"{", b"\0{", b"{\0", b"\0\0\0\0", b"\0\0\0{", b"\xef\xbb\xbf", b"\xff\xfe{\0"]
    ],
    "get_auth_from_url": [(url,) for url in URLS],
    "urldefragauth": [(url,) for url in URLS],
    "prepend_scheme_if_needed": [(url, "http") for url in URLS]
    + [("/a", "http"), ("socks5://h:1", "http"), ("h:80/x?y#z", "https")],
    "select_proxy": [
        (url, proxies) for url in URLS for proxies in ({"http": "a"}, {"all": "b"}, {"http://h": "c", "all://h": "d"})
    ]
    + [("http://h/", {}), ("http://h/", None)],
    "unquote_unreserved": [(value,) for value in ["%", "%4", "%41", "%7e%2f", "%zz", "%--", "a%20b", "%é1", "%C3%A9"]],
    "super_len": [(value,) for value in ["é", b"a", [1], (), {}, object(), 3, None]],
    "iter_slices": [("abcde", n) for n in (1, 2, 9, 0, -1, None)] + [(b"", 3)],
    "to_key_val_list": [(value,) for value in [None, {"a": 1}, [("a", 1)], "s", b"s", 1, True, ()]],
    "from_key_val_list": [(value,) for value in [None, {"a": 1}, [("a", 1)], "s", b"s", 1, True, ()]],
    "dict_to_sequence": [(value,) for value in [[("a", 1)], ()]],
    "guess_filename": [
        (value,) for value in [None, io.StringIO(), type("N", (), {"name": "a/b"})(), type("N", (), {"name": ""})()]
    ],
    "address_in_network": [
        ("192.168.1.1", "192.168.1.0/24"),
        ("1.2.3.4", "1.2.3.4/32"),
        ("1.2.3.4", "1.2.3.5/32"),
        ("x", "1.2.3.4/8"),
    ],
    "dotted_netmask": [(bits,) for bits in range(1, 33)],
    "is_ipv4_address": [(value,) for value in ["8.8.8.8", "8.8.8", "0x7f.1", "a", "", "::1", "1.2.3.256"]],
    "is_valid_cidr": [
        (value,)
        for value in ["1.2.3.0/24", "1.2.3.0/0", "1.2.3.0/33", "1.2.3.0", "1.2.3.0/a", "a/8", "1.2.3.4/8/8", "::/8"]
    ],
    "check_header_validity": [
        ((name, value),)
        for name in ["a", "", ":", "a:b", " a", "a\n", b"a", b" a", 3, "a\x1c", "\x1ca", "\u2003a"]
        for value in ["v", "", " v", "v\r", b"v", b"\x0bv", None, "\u2003v", "v "]
    ],
    "extract_zipped_paths": [("/",), ("/no/such",), (os.__file__,), (os.__file__ + "/x",), (r"\\localhost\x",)],
}


@pytest.mark.parametrize(
    ("name", "args"),
    [(name, args) for name, rows in CASES.items() for args in rows],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_helper_does_what_requests_does(name: str, args: tuple[Any, ...]) -> None:
    agree(name, *args)


def test_default_headers_accept_what_requests_accepts() -> None:
    mine, other = utils.default_headers(), theirs.default_headers()
    assert list(mine) == list(other)
    # zstandard is told about here and not by urllib3; what it decodes is decoded by both.
    known = mine["Accept-Encoding"].split(", ")
    assert set(other["Accept-Encoding"].split(", ")) <= set(known)
    assert {**mine, "User-Agent": "", "Accept-Encoding": ""} == {**other, "User-Agent": "", "Accept-Encoding": ""}
    assert utils.default_user_agent("x").startswith("x/")


# -- by hypothesis -----------------------------------------------------------------------------------------

HEADER_TEXT = st.text(alphabet="ab=\",;<> \\'\t", max_size=25)
MARKUP = st.lists(
    st.sampled_from(["<meta", "<META ", "charset=", "content=", ";charset=", '"', "'", ">", " ", "x", "utf-8", "\n"])
    | st.sampled_from(["<?xml", "encoding=", "''"]),
    max_size=14,
).map("".join)
URL_TEXT = st.lists(
    st.sampled_from(
        ["http", "https", "HTTP", "://", ":", "//", "/", "?", "#", "@", "[::1]", "[fe80::1%25e]", "%41", "%2f", "%zz"]
    )
    | st.sampled_from(
        ["h", "H.x", "1.2.3.4", "0x7f.1", "80", "99999", "..", ".", " ", "é", "ß", "\\", "\t", ";", "&=", "~", "|"]
    ),
    max_size=9,
).map("".join)


@given(HEADER_TEXT)
def test_header_values_are_read_as_requests_reads_them(value: str) -> None:
    for name in ("parse_list_header", "parse_dict_header", "parse_header_links", "_parse_content_type_header"):
        agree(name, value)


@given(MARKUP)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_declared_charsets_are_those_that_requests_finds(content: str) -> None:
    agree("get_encodings_from_content", content)
    agree("get_encodings_from_content", "<?xml" + content)


@given(st.binary(max_size=6))
def test_json_encodings_are_guessed_alike(data: bytes) -> None:
    agree("guess_json_utf", data)


@given(st.text(max_size=5) | st.binary(max_size=5), st.text(max_size=5) | st.binary(max_size=5))
def test_headers_are_judged_alike(name: Any, value: Any) -> None:
    agree("check_header_validity", (name, value))


def only_whole_escapes(text: str) -> bool:
    """Deliberate difference: a percent sign that starts no escape does not have every other one escaped again."""
    return not re.search("%(?![0-9A-Fa-f]{2})", text)


@given(URL_TEXT)
def test_urls_are_parsed_as_urllib3_parses_them(url: str) -> None:
    assume(only_whole_escapes(url))
    mine, other = outcome(urls.parse_url, url), outcome(their_url.parse_url, url)
    assert mine == other
    if not isinstance(mine, str):
        for name in ("url", "netloc", "authority", "request_uri", "hostname", "auth_decoded", "auth_decoded_joined"):
            assert outcome(getattr, mine, name) == outcome(getattr, other, name)
        assert repr(mine) == repr(other)


@given(URL_TEXT)
def test_urls_are_quoted_as_requests_quotes_them(url: str) -> None:
    assume(only_whole_escapes(url) and "[fe80" not in url)
    agree("requote_uri", url)


@given(URL_TEXT)
def test_credentials_fragments_and_proxies_of_urls_are_found_alike(url: str) -> None:
    # Which brackets are an error differs between versions of the standard library; a lone `;` it drops.
    assume("[" not in url and "]" not in url and not re.search(r";(?=[?#]|$)", url))
    assume(not re.match(r"\s*[0-9.]", url))  # a scheme that begins with a digit is one in Python 3.10 only
    agree("get_auth_from_url", url)
    if url_parts.split(url).hostname:
        agree("urldefragauth", url)
    agree("select_proxy", url, {"http": "a", "all://h": "b", "all": "c"})


@given(
    st.sampled_from(
        ["http://h.example:80/", "http://10.0.0.1/", "https://h.example/", "http://u:p@a.b.c:8080/x", "file:///x"]
    ),
    st.lists(
        st.sampled_from(["h.example", ".example", "10.0.0.0/8", "10.0.0.1", "a.b.c:8080", "b.c", "*", "x", " c"]),
        max_size=3,
    ),
)
def test_what_requests_lets_around_the_proxy_goes_around_it_here(url: str, entries: list[str]) -> None:
    no_proxy = ",".join(entries)
    with mock.patch.dict(os.environ, {"no_proxy": no_proxy, "NO_PROXY": ""}):
        for argument in (None, no_proxy):
            if theirs.should_bypass_proxies(url, no_proxy=argument):
                assert utils.should_bypass_proxies(url, no_proxy=argument)
            elif ":80" not in no_proxy and "*" not in no_proxy:
                assert not utils.should_bypass_proxies(url, no_proxy=argument)


# -- netrc -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "machine h login a password b\n",
        "machine other login a password b\n",
        "default login d password p\n",
        "machine other login a password b\ndefault\n",
        "machine h login a\n",
        "machine h password b\n",
        "machine h account c password b\n",
        'machine h login "a b" password "#c"\n',
        "# only a comment\n",
        "nonsense\n",
        "",
    ],
)
@pytest.mark.parametrize("raise_errors", [False, True])
def test_netrc_is_read_as_requests_reads_it(
    text: str, raise_errors: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "netrc"
    path.write_text(text)
    monkeypatch.setenv("NETRC", str(path))
    for url in ("http://h/", "http://h:80/", "http://x@h/", b"http://h/", "http://h:@evil/", "file:///x"):
        agree("get_netrc_auth", url, raise_errors)


# -- multipart ---------------------------------------------------------------------------------------------

NAMES = st.text(max_size=6) | st.sampled_from(['"', "\r\n", "%22", "ü", "a\\"])
VALUES = st.text(max_size=6) | st.binary(max_size=6) | st.integers()
SPECS = (
    VALUES
    | st.none()
    | st.tuples(NAMES | st.none(), VALUES)
    | st.tuples(NAMES, VALUES | st.none(), st.sampled_from(["text/plain", "", None]))
    | st.tuples(
        NAMES,
        VALUES,
        st.sampled_from(["a/b", None]),
        # A line end in a part's field is refused here (docs/differences.md).
        st.dictionaries(
            st.sampled_from(["X", "Content-Type", "y"]), NAMES.filter(lambda text: not {*text} & {*"\r\n"})
        ),
    )
)
DATA = st.none() | st.dictionaries(NAMES | st.just(b"b"), VALUES | st.lists(VALUES | st.none()) | st.none(), max_size=3)
FILES = st.dictionaries(NAMES, SPECS, max_size=3) | st.lists(st.tuples(NAMES, SPECS), max_size=3)


def with_boundary(call: Callable[..., Any], *args: Any) -> Any:
    result = outcome(call, *args)
    return (result[0].replace(result[1][-32:].encode(), b"B"), result[1][:-32]) if isinstance(result, tuple) else result


@given(FILES, DATA)
def test_forms_have_the_bytes_that_requests_sends(files: Any, data: Any) -> None:
    mine = with_boundary(multipart.encode_files, files, data)
    assert mine == with_boundary(requests.models.RequestEncodingMixin._encode_files, files, data)


@given(
    st.lists(st.tuples(NAMES, VALUES | st.tuples(NAMES, VALUES) | st.tuples(NAMES, VALUES, st.just("a/b"))), max_size=3)
)
def test_forms_have_the_bytes_that_urllib3_writes(pairs: Any) -> None:
    mine = outcome(multipart.encode_multipart_formdata, pairs, "B")
    assert mine == outcome(filepost.encode_multipart_formdata, pairs, "B")


def test_fields_have_the_members_of_urllib3s() -> None:
    assert {name for name in vars(fields.RequestField) if not name.startswith("__")} <= set(dir(multipart.RequestField))
    for name in ("__init__", "from_tuples", "make_multipart", "render_headers", "_render_part", "_render_parts"):
        mine, other = (inspect.signature(getattr(cls, name)) for cls in (multipart.RequestField, fields.RequestField))
        assert list(mine.parameters) == list(other.parameters)

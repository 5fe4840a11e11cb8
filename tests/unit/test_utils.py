"""The helpers of requests.utils: bodies, files, header values, and where patched names take effect."""

from __future__ import annotations

import io
import os
import tarfile
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import httpcore_lite
from httpcore_lite import certs, utils
from httpcore_lite.client import environment
from httpcore_lite.exceptions import FileModeWarning, InvalidHeader, InvalidURL, UnrewindableBodyError

# -- names -------------------------------------------------------------------------------------------------


def test_every_name_can_be_imported_and_listed() -> None:
    space: dict[str, Any] = {}
    exec("from httpcore_lite.utils import *", space)
    assert set(utils.__all__) <= set(space)
    assert set(utils.__all__) <= set(dir(utils))
    with pytest.raises(AttributeError):
        _ = utils.no_such_name  # type: ignore[attr-defined]


def test_the_ca_bundle_is_what_certs_says_now(monkeypatch: pytest.MonkeyPatch) -> None:
    assert certs.where() == utils.DEFAULT_CA_BUNDLE_PATH
    monkeypatch.setattr(certs, "where", lambda: "/elsewhere")
    assert utils.DEFAULT_CA_BUNDLE_PATH == "/elsewhere"


# -- super_len and friends ---------------------------------------------------------------------------------


class Sized:
    def __init__(self, size: int) -> None:
        self.len = size


class NoTell:
    def __len__(self) -> int:
        return 5

    def tell(self) -> int:
        raise OSError


class OnlyTell:
    def tell(self) -> int:
        raise OSError

    def seek(self, offset: int, whence: int) -> None:
        raise AssertionError


class NoSeek:
    def tell(self) -> int:
        return 0

    def seek(self, *args: int) -> None:
        raise OSError


@pytest.mark.parametrize(
    ("body", "length"),
    [
        ("é", 2),
        (b"abc", 3),
        ([1, 2, 3], 3),
        (Sized(5), 5),
        (NoTell(), 0),
        (OnlyTell(), 0),
        (NoSeek(), 0),
        (object(), 0),
        (io.BytesIO(b"four"), 4),
        (io.StringIO("four"), 4),
    ],
)
def test_the_length_of_a_body_is_found(body: Any, length: int) -> None:
    assert utils.super_len(body) == length


def test_what_was_read_already_does_not_count(tmp_path: Path) -> None:
    memory = io.BytesIO(b"12345")
    memory.read(2)
    assert utils.super_len(memory) == 3
    assert memory.tell() == 2
    path = tmp_path / "f"
    path.write_bytes(b"12345")
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("error")
        file.read(4)
        assert utils.super_len(file) == 1
        file.seek(99)
        assert utils.super_len(file) == 0


def test_a_file_in_text_mode_is_measured_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("Test")
    with path.open() as file, pytest.warns(FileModeWarning) as caught:
        assert utils.super_len(file) == 4
    assert caught[0].filename == __file__ or caught[0].filename.endswith("utils.py")


def test_a_member_of_an_archive_is_measured(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t", "w") as tar:
        info = tarfile.TarInfo("m")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"Test"))
    with tarfile.open(tmp_path / "t") as tar:
        assert utils.super_len(tar.extractfile("m")) == 4


class Prepared:
    def __init__(self, body: Any, position: Any) -> None:
        self.body = body
        self._body_position = position


def test_a_body_is_put_back_to_where_it_began() -> None:
    body = io.BytesIO(b"abcdef")
    body.read()
    utils.rewind_body(Prepared(body, 2))  # type: ignore[arg-type]
    assert body.read() == b"cdef"


class Stuck(io.BytesIO):
    def seek(self, *args: int) -> int:
        raise OSError


@pytest.mark.parametrize(
    ("body", "position"), [(b"x", 0), (io.BytesIO(), None), (io.BytesIO(), object()), (Stuck(), 0)]
)
def test_a_body_that_cannot_be_put_back_is_an_error(body: Any, position: Any) -> None:
    with pytest.raises(UnrewindableBodyError):
        utils.rewind_body(Prepared(body, position))  # type: ignore[arg-type]


class Named:
    def __init__(self, name: Any) -> None:
        self.name = name


@pytest.mark.parametrize(
    ("name", "guess"),
    [("/a/b.txt", "b.txt"), (b"/a/b", b"b"), ("<stdin>", None), (b"<x>", None), (3, None), ("", None), (None, None)],
)
def test_the_name_of_a_file_is_guessed(name: Any, guess: Any) -> None:
    assert utils.guess_filename(Named(name)) == guess
    assert utils.guess_filename(object()) is None


@pytest.mark.parametrize(
    ("length", "slices"), [(2, ["ab", "c"]), (3, ["abc"]), (None, ["abc"]), (0, ["abc"]), (-1, ["abc"])]
)
def test_text_is_sliced(length: int | None, slices: list[str]) -> None:
    assert list(utils.iter_slices("abc", length)) == slices
    assert list(utils.iter_slices("", length)) == []
    assert list(utils.iter_slices(b"abc", length)) == [piece.encode() for piece in slices]


# -- pairs -------------------------------------------------------------------------------------------------


def test_pairs_and_mappings_are_the_same_to_us() -> None:
    assert utils.to_key_val_list({"a": 1}) == utils.to_key_val_list([("a", 1)]) == [("a", 1)]
    assert utils.to_key_val_list(None) is utils.from_key_val_list(None) is None
    assert utils.from_key_val_list([("a", 1)]) == {"a": 1}
    assert list(utils.dict_to_sequence({"a": 1})) == [("a", 1)]
    assert utils.dict_to_sequence([("a", 1)]) == [("a", 1)]


@pytest.mark.parametrize("value", ["string", b"bytes", 3, True])
def test_scalars_are_no_pairs(value: Any) -> None:
    for function in (utils.to_key_val_list, utils.from_key_val_list):
        with pytest.raises(ValueError, match="2-tuples"):
            function(value)


# -- files -------------------------------------------------------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("folder/ca.pem", "content")
    return path


def test_a_member_of_an_archive_is_extracted(archive: Path) -> None:
    extracted = utils.extract_zipped_paths(str(archive / "folder" / "ca.pem"))
    try:
        assert Path(extracted).read_text() == "content"
        assert extracted.endswith(".pem")
    finally:
        os.remove(extracted)


def test_other_paths_stay_as_they_are(archive: Path) -> None:
    for path in (str(archive), str(archive / "none"), "/", "/no/such/place", r"\\localhost\invalid\location", ""):
        assert utils.extract_zipped_paths(path) == path


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with utils.atomic_open(str(path)) as file:
        file.write(b"one")
        assert not path.exists()
    with pytest.raises(RuntimeError), utils.atomic_open(str(path)) as file:
        file.write(b"two")
        raise RuntimeError
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


# -- header values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("", []),
        ('token, "quoted value"', ["token", "quoted value"]),
        ('a="b, c", d', ['a="b, c"', "d"]),
        ("a,,b", ["a", "", "b"]),
        ('"a\\"b"', ['a"b']),
        ('"open, never closed', ['"open, never closed']),
        ('"ends in a backslash\\', ['"ends in a backslash']),
        ("back\\slash, x", ["back\\slash", "x"]),
    ],
)
def test_a_list_is_taken_apart(value: str, items: list[str]) -> None:
    assert utils.parse_list_header(value) == items


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('foo="is a fish", bar="as well"', {"foo": "is a fish", "bar": "as well"}),
        ("key_without_value", {"key_without_value": None}),
        ('a=1, b="", c, d="x=y"', {"a": "1", "b": "", "c": None, "d": "x=y"}),
    ],
)
def test_pairs_of_a_header_are_taken_apart(value: str, found: dict[str, str | None]) -> None:
    assert utils.parse_dict_header(value) == found


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        ("", ""),
        ("Test", "Test"),
        ('"Test"', "Test"),
        ('"Test\\\\"', "Test\\"),
        ('"\\\\Comp\\Res"', "\\Comp\\Res"),
    ],
)
def test_a_quoted_string_loses_its_quotes(value: Any, plain: Any) -> None:
    assert utils.unquote_header_value(value) == plain


def test_the_name_of_a_share_keeps_its_backslashes() -> None:
    assert utils.unquote_header_value('"\\\\Comp\\Res"', True) == "\\\\Comp\\Res"


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ("", []),
        ("<http:/x>", [{"url": "http:/x"}]),
        ('<a>; rel=front; type="image/jpeg", <b>;', [{"url": "a", "rel": "front", "type": "image/jpeg"}, {"url": "b"}]),
        ("<a>; x=1=2; y=3", [{"url": "a"}]),
    ],
)
def test_links_are_taken_apart(value: str, links: list[dict[str, str]]) -> None:
    assert utils.parse_header_links(value) == links


@pytest.mark.parametrize("piece", ['"', "\\", '\\"', ",", '"\\', "a,", '"a",', "<;=", ", <", ", ", "; a=b", '="'])
def test_hostile_headers_take_linear_time(piece: str) -> None:
    value = piece * (1_000_000 // len(piece))
    began = time.perf_counter()
    utils.parse_list_header(value)
    utils.parse_dict_header(value)
    utils.parse_header_links(value)
    utils._parse_content_type_header(value)
    # A quadratic way through a megabyte takes many minutes; a linear one well under a second on a quiet machine.
    assert time.perf_counter() - began < 40


@pytest.mark.parametrize("header", [("a", "b"), (b"a", b"b"), ("a", ""), ("a b", "c\td "), ("é", "é"), ("a", b"")])
def test_legal_headers_pass(header: Any) -> None:
    utils.check_header_validity(header)


@pytest.mark.parametrize(
    "header",
    [("", "v"), (":a", "v"), ("a:b", "v"), (" a", "v"), ("a\n", "v"), ("a", " v"), ("a", "v\r\nx: y"), ("a", "\n")]
    + [(b"a:", b"v"), (b"a", b"\tv"), (b"a", b"v\n"), ("a", 3), (3, "a"), ("a", None), ("a", ["b"])],
)
def test_illegal_headers_are_an_error(header: Any) -> None:
    with pytest.raises(InvalidHeader):
        utils.check_header_validity(header)


# -- what a session begins with ----------------------------------------------------------------------------


def test_default_headers_are_requests_names_in_requests_order() -> None:
    headers = utils.default_headers()
    assert list(headers) == ["User-Agent", "Accept-Encoding", "Accept", "Connection"]
    assert headers["Accept-Encoding"].startswith("gzip, deflate")
    assert headers["user-agent"].partition("/")[0] == "httpcore_lite"


def test_the_agent_is_requests_where_programs_think_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "installed_as_requests", lambda: True)
    assert utils.default_headers()["User-Agent"] == "python-requests/2.34.2" == utils.default_user_agent()
    assert utils.default_user_agent("mine").startswith("mine/")


def test_a_replaced_default_user_agent_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "default_user_agent", lambda: "theirs")
    assert utils.default_headers()["User-Agent"] == "theirs"


def test_a_replaced_accept_encoding_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "DEFAULT_ACCEPT_ENCODING", "identity", raising=False)
    assert utils.default_headers()["Accept-Encoding"] == "identity"


# -- URLs --------------------------------------------------------------------------------------------------


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
    assert utils.unquote_unreserved(uri) == result


@pytest.mark.parametrize("uri", ["%zz", "%é1", "%٣٤"])
def test_escapes_that_are_none_are_an_error(uri: str) -> None:
    with pytest.raises(InvalidURL):
        utils.unquote_unreserved(uri)


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
    assert utils.prepend_scheme_if_needed(url, "http") == result


def test_credentials_of_a_url_come_decoded() -> None:
    assert utils.get_auth_from_url("http://us%20er:p%40ss@h/") == ("us er", "p@ss")
    assert utils.get_auth_from_url("http://user@h/") == utils.get_auth_from_url("http://h/") == ("", "")


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
    assert utils.urldefragauth(url) == result


# -- proxies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "proxies", "proxy"),
    [
        ("http://h/", None, None),
        ("http://h/", {"http": "a", "all": "b"}, "a"),
        ("https://h/", {"http": "a", "all": "b"}, "b"),
        ("http://U@H/", {"http://h": "a", "http": "b"}, "a"),
        ("http://h/", {"all://h": "a", "all": "b"}, "a"),
        ("http://[::1]/", {"http://::1": "a"}, "a"),
        ("http://[::1]/", {"http://[::1]": "a"}, "a"),
        ("file:///x", {"all": "a"}, "a"),
        ("http://h/", {"http": None, "all": "b"}, None),
    ],
)
def test_the_closest_key_has_the_proxy(url: str, proxies: Any, proxy: str | None) -> None:
    assert utils.select_proxy(url, proxies) == proxy


class Asked:
    def __init__(self, url: str) -> None:
        self.url = url


def test_the_environment_fills_in_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "getproxies", lambda: {"http": "env", "all": "every"})
    monkeypatch.setattr(utils, "should_bypass_proxies", lambda url, no_proxy: no_proxy == "h")
    given = {"https": "given"}
    request: Any = Asked("http://h/")
    assert utils.resolve_proxies(request, given) == {"https": "given", "http": "env"}
    assert utils.resolve_proxies(request, given, trust_env=False) == given == {"https": "given"}
    assert utils.resolve_proxies(request, {"no_proxy": "h"}) == {"no_proxy": "h"}
    assert utils.resolve_proxies(request, None) == {"http": "env"}
    assert utils.resolve_proxies(Asked("ftp://h/"), None) == {"ftp": "every"}  # type: ignore[arg-type]
    assert utils.get_environ_proxies("http://h/", no_proxy="h") == {}
    assert utils.get_environ_proxies("http://h/") == {"http": "env", "all": "every"}


@pytest.mark.parametrize("url", ["http://172.16.1.1:5000/", "http://user:pass@172.16.1.1", "http://172.16.1.1/"])
def test_a_patched_proxy_bypass_is_asked_with_the_host_alone(url: str) -> None:
    with mock.patch("httpcore_lite.utils.proxy_bypass", return_value=True) as bypass:
        assert utils.should_bypass_proxies(url, no_proxy=None)
        bypass.assert_called_once_with("172.16.1.1")


def test_netrc_is_found_by_the_names_of_this_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "mine").write_text("machine h login l password p\n")
    assert utils.get_netrc_auth("http://h/") is None
    monkeypatch.setattr(utils, "NETRC_FILES", ("mine",))
    assert utils.get_netrc_auth(b"http://h/") == ("l", "p")


def test_a_variable_has_a_value_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SET", "before")
    monkeypatch.delenv("UNSET", raising=False)
    with utils.set_environ("SET", "in"), utils.set_environ("UNSET", "in"), utils.set_environ("UNSET", None):
        assert os.environ["SET"] == os.environ["UNSET"] == "in"
    assert os.environ["SET"] == "before"
    assert "UNSET" not in os.environ


# -- addresses ---------------------------------------------------------------------------------------------


def test_ipv4_networks() -> None:
    assert utils.address_in_network("192.168.1.1", "192.168.1.0/24")
    assert not utils.address_in_network("172.16.0.1", "192.168.1.0/24")
    assert [utils.dotted_netmask(bits) for bits in (8, 24, 25, 32)] == [
        "255.0.0.0",
        "255.255.255.0",
        "255.255.255.128",
        "255.255.255.255",
    ]
    assert utils.is_ipv4_address("8.8.8.8")
    assert not utils.is_ipv4_address("8.8.8.8.8")
    assert utils.is_valid_cidr("192.168.1.0/24")
    for text in ("8.8.8.8", "192.168.1.0/a", "192.168.1.0/128", "192.168.1.0/-1", "192.168.1.999/24", "1.2.3.4/8/8"):
        assert not utils.is_valid_cidr(text)


# -- charsets and cookies ----------------------------------------------------------------------------------


class FakeResponse:
    def __init__(self, content: Any, content_type: str, encoding: str | None = None) -> None:
        self.content = content
        self.headers = {"content-type": content_type}
        self.encoding = encoding


def test_the_deprecated_helpers_still_help() -> None:
    response: Any = FakeResponse("é".encode(), "text/plain; charset=utf-8")
    nothing: Any = FakeResponse(None, "")
    with pytest.warns(DeprecationWarning, match="get_encodings_from_content"):
        assert utils.get_encodings_from_content('<meta charset="UTF-8">') == ["UTF-8"]
    with pytest.warns(DeprecationWarning, match="get_unicode_from_response"):
        assert utils.get_unicode_from_response(response) == "é"
    with pytest.warns(DeprecationWarning, match="get_unicode_from_response"):
        assert utils.get_unicode_from_response(nothing) is None


def test_pieces_come_as_text_where_the_encoding_is_known() -> None:
    text: Any = FakeResponse(None, "", "utf-8")
    unknown: Any = FakeResponse(None, "")
    assert list(utils.stream_decode_response_unicode([b"\xc3", b"\xa9"], text)) == ["é"]
    assert list(utils.stream_decode_response_unicode([b"\xc3", b"\xa9"], unknown)) == [b"\xc3", b"\xa9"]


def test_cookies_go_into_a_jar_and_come_out() -> None:
    from http.cookiejar import CookieJar

    for jar in (CookieJar(), httpcore_lite.cookies.RequestsCookieJar()):
        assert utils.add_dict_to_cookiejar(jar, {"a": "b"}) is jar
        assert utils.dict_from_cookiejar(jar) == {"a": "b"}


def test_nothing_here_depends_on_the_environment_module_being_patched() -> None:
    assert utils.proxy_bypass is environment.proxy_bypass

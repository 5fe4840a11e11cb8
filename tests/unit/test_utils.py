"""The helpers of requests.utils: files, proxies, charsets, and where patched names take effect."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import httpcore_lite
from httpcore_lite import certs, utils
from httpcore_lite.client import environment

# -- names ------------------------------------------------------------------------------------------------------------


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


# -- files ------------------------------------------------------------------------------------------------------------


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


# -- what a session begins with ---------------------------------------------------------------------------------------


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


# -- proxies ----------------------------------------------------------------------------------------------------------


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


# -- addresses --------------------------------------------------------------------------------------------------------


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


# -- charsets and cookies ---------------------------------------------------------------------------------------------


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

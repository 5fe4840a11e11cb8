"""The environment: proxies, what goes around them, netrc, CA bundles, and that changes are seen at once."""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import httpcore_lite as client
from httpcore_lite.client import environment

NAMES = [
    "http_proxy",
    "HTTP_PROXY",
    "Http_Proxy",
    "all_proxy",
    "no_proxy",
    "NO_PROXY",
    "_proxy",
    "ftp_proxy",
    "REQUEST_METHOD",
]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in (
            "REQUEST_METHOD",
            "NETRC",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
        ):
            monkeypatch.delenv(name)


linux = pytest.mark.skipif(environment._SYSTEM_SETTINGS, reason="the system has settings of its own")

# -- variables ---------------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["", "http://p:1", "x", "*"])))
def test_proxies_are_read_as_the_standard_library_reads_them(values: dict[str, str]) -> None:
    with mock.patch.dict(os.environ, values):
        assert environment.getproxies_environment() == urllib.request.getproxies_environment()


def test_a_changed_variable_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "http" not in environment.getproxies_environment()
    monkeypatch.setenv("http_proxy", "http://one")
    assert environment.getproxies_environment()["http"] == "http://one"
    monkeypatch.setenv("http_proxy", "http://two")
    assert environment.getproxies()["http"] == "http://two"
    with mock.patch("os.environ", {"http_proxy": "http://three"}):
        assert environment.getproxies()["http"] == "http://three"
    with mock.patch.dict(os.environ, {"HTTPS_PROXY": "http://four"}, clear=True):
        assert environment.getproxies() == {"https": "http://four"}
    assert environment.getproxies()["http"] == "http://two"


def test_the_dictionary_is_the_callers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://one")
    environment.getproxies().clear()
    environment.getproxies_environment().clear()
    assert environment.getproxies()["http"] == "http://one"


def test_http_proxy_is_ignored_in_a_cgi_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://attacker")
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    assert "http" not in environment.getproxies_environment()


def test_the_ca_bundle_is_requests_variable_or_else_curls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.ca_bundle() is None
    monkeypatch.setenv("CURL_CA_BUNDLE", "/curl")
    assert environment.ca_bundle() == "/curl"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/requests")
    assert environment.ca_bundle() == "/requests"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
    assert environment.ca_bundle() == "/curl"


def test_asking_costs_next_to_nothing_when_nothing_is_set() -> None:
    url = "http://example.com/path"
    environment.bypasses(url, None, environment.proxy_bypass)
    taken = []
    for _ in range(3):  # the collector may come in one of them, with all that other tests have left
        began = time.thread_time()
        for _ in range(1000):
            environment.bypasses(url, None, environment.proxy_bypass)
            environment.getproxies()
            environment.ca_bundle()
        taken.append(time.thread_time() - began)
    assert min(taken) < 0.1, "60 times what it takes"


# -- the list ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "port", "no_proxy", "matched"),
    [
        ("example.com", 80, "*", True),
        ("example.com", 80, "localhost,*", True),
        ("example.com", 80, "example.com", True),
        ("EXAMPLE.com.", 80, "Example.COM", True),
        ("www.example.com", 80, "example.com", True),
        ("www.example.com", 80, ".example.com", True),
        ("www.example.com", 80, "*.example.com", True),
        ("example.com", 80, ".example.com", True),
        ("badexample.com", 80, "example.com", False),
        ("example.com", 80, "a, ,example.com", True),
        ("example.com", 80, "a example.com b", True),
        ("example.com", 8080, "example.com:8080", True),
        ("www.example.com", 8080, "example.com:8080", True),
        ("example.com", 80, "example.com:8080", False),
        ("example.com", None, "example.com:8080", False),
        ("example.com", 80, "", False),
        ("example.com", 80, ".", False),
        ("192.0.2.7", 80, "192.0.2.7", True),
        ("192.0.2.7", 80, "192.0.2.7:80", True),
        ("192.0.2.7", 80, "192.0.2.7:81", False),
        ("192.0.2.7", 80, "192.0.2.0/24", True),
        ("192.0.3.7", 80, "192.0.2.0/24", False),
        ("192.0.3.7", 80, "0.0.0.0/0", True),
        ("192.0.2.7", 80, "192.0.2.0/33", False),
        ("192.0.2.7", 80, "192.0.2.0/x", False),
        ("192.0.2.7", 80, "192.0.2.0/", False),
        ("192.0.2.7", 80, "2.7", False),
        ("127.1", 80, "127.0.0.0/8", True),
        ("1example.com", 80, "example.com", False),
        ("::1", 80, "::1", True),
        ("::1", 80, "[::1]", True),
        ("::1", 80, "0:0:0:0:0:0:0:1", True),
        ("::1", 80, "[::1]:80", True),
        ("::1", 80, "[::1]:81", False),
        ("::1", 80, "::/127", True),
        ("::2", 80, "::/127", False),
        ("2001:db8::5", 443, "2001:db8::/32", True),
        ("2001:db8::5", 443, "[2001:db8::]/32", True),
        ("2001:db9::5", 443, "2001:db8::/32", False),
        ("2001:db8::5", 443, "192.0.2.0/24", False),
        ("::ffff:192.0.2.7", 443, "192.0.2.0/24", True),
        ("fe80::1%eth0", 80, "fe80::1", True),
        ("fe80::1%eth0", 80, "fe80::/10", True),
        ("fe80::1%eth0", 80, "fe80::1%eth0", True),
        ("fe80::1%25eth0", 80, "fe80::1%eth0", True),
        ("fe80::1%eth0", 80, "fe80::1%eth1", False),
        ("::1", 80, "localhost", False),
    ],
)
def test_an_entry_matches(host: str, port: int | None, no_proxy: str, matched: bool) -> None:
    assert environment.matches(host, port, no_proxy) is matched


@given(
    st.sampled_from(["a.b", "b", "10.0.0.1", "a.b:80", "x:y", "B.", ":1"]),
    st.sampled_from(["", "*", "b", ".B, c", "a.b:80", "0.1", "x"]),
)
def test_the_plain_comparison_is_the_standard_librarys(host: str, no_proxy: str) -> None:
    proxies = {"no": no_proxy} if no_proxy else {}
    expected = bool(urllib.request.proxy_bypass_environment(host, proxies))  # type: ignore[attr-defined]
    assert environment.proxy_bypass_environment(host, proxies) == expected


def ask(url: str, no_proxy: str | None = None) -> bool:
    return environment.bypasses(url, no_proxy, environment.proxy_bypass)


@linux
def test_the_url_tells_host_and_port() -> None:
    assert ask("https://example.com/", "example.com:443")
    assert not ask("http://example.com/", "example.com:443")
    assert ask("http://user:pass@example.com:8080/x", "example.com:8080")
    assert ask("http://[2001:db8::1]:8080/", "2001:db8::/32")
    assert ask("http://[fe80::1%25eth0]/", "fe80::/10")
    assert ask("file:///etc/motd")
    assert not ask("socks5h://one/", "two")
    assert ask("socks5h://two/", "two"), "hosts of long schemes are not mixed up"
    assert ask("http://10.0.0.1/", "0.1"), "what the standard library's text comparison matches stays matched"


@linux
def test_the_list_of_the_environment_is_replaced_by_the_one_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "one.example")
    assert ask("http://one.example/")
    assert not ask("http://one.example/", "two.example")
    assert not ask("http://one.example/", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "one.example")
    assert ask("http://one.example/")
    monkeypatch.delenv("NO_PROXY")
    assert not ask("http://one.example/")


def test_a_replaced_proxy_bypass_has_the_last_word_and_sees_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str | None]] = []

    def bypass(host: str) -> bool:
        seen.append((host, os.environ.get("no_proxy")))
        return True

    monkeypatch.setenv("no_proxy", "before")
    assert environment.bypasses("http://u:p@Host:1/", "list", bypass)
    assert environment.bypasses("http://host/", None, bypass)
    assert seen == [("host", "list"), ("host", "before")]
    assert os.environ["no_proxy"] == "before"

    def broken(host: str) -> bool:
        raise OSError(host)

    assert not environment.bypasses("http://host/", None, broken)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has the registry")
def test_without_variables_the_system_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_SYSTEM_SETTINGS", True)
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"http": "http://system"})
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == "local")
    assert environment.getproxies() == {"http": "http://system"}
    assert ask("http://local/")
    assert not ask("http://far/")
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: True)
    assert ask("http://far/"), "the system's settings are asked each time"
    monkeypatch.setenv("http_proxy", "http://variable")
    assert environment.getproxies() == {"http": "http://variable"}
    assert not ask("http://local/")


def test_decisions_are_bounded() -> None:
    for number in range(3000):
        ask(f"http://h{number}/")
    assert len(environment._current().decisions) <= 1024


# -- netrc -------------------------------------------------------------------------------------------------


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "netrc"
    path.write_text("machine example.com login aaaa password bbbb\n")
    monkeypatch.setenv("NETRC", str(path))
    return path


def test_the_netrc_that_is_named_is_read(netrc: Path) -> None:
    assert environment.netrc_auth("http://example.com:8080/x") == ("aaaa", "bbbb")
    assert environment.netrc_auth("http://other/") is None
    assert environment.netrc_auth("http://example.com:@evil.com/&apos;") is None
    assert environment.netrc_auth("file:///x") is None


def test_a_url_of_another_library_has_the_login_of_its_text(netrc: Path) -> None:
    class URL:
        def __str__(self) -> str:
            return "http://example.com/"

    url: Any = URL()
    with client.Session() as session:
        assert session.prepare_request(client.Request("GET", url)).headers["Authorization"].startswith("Basic ")
        url = 5
        with pytest.raises(client.exceptions.MissingSchema):
            session.get(url)


def test_a_changed_netrc_is_seen_at_once(netrc: Path) -> None:
    assert environment.netrc_auth("http://example.com/") == ("aaaa", "bbbb")
    netrc.write_text("machine example.com login aaaa password cccccc\n")
    assert environment.netrc_auth("http://example.com/") == ("aaaa", "cccccc")
    netrc.unlink()
    assert environment.netrc_auth("http://example.com/") is None


def test_an_unchanged_netrc_is_parsed_once(netrc: Path) -> None:
    environment.netrc_auth("http://example.com/")
    with mock.patch("netrc.netrc", side_effect=AssertionError):
        assert environment.netrc_auth("http://example.com/") == ("aaaa", "bbbb")


def test_the_default_entry_counts_and_an_empty_one_does_not(netrc: Path) -> None:
    netrc.write_text("default login dd password pp\n")
    assert environment.netrc_auth("http://any/") == ("dd", "pp")
    netrc.write_text("machine example.com login user password pass\ndefault\n")
    assert environment.netrc_auth("http://httpbin.org/") is None


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the netrc of Python 3.10 knows no entry without a login")
def test_an_entry_without_a_login_gives_its_account(netrc: Path) -> None:
    netrc.write_text("machine h account acc password pp\n")
    assert environment.netrc_auth("http://h/") == ("acc", "pp")


def test_a_broken_netrc_counts_as_empty_unless_errors_are_wanted(netrc: Path) -> None:
    from netrc import NetrcParseError

    netrc.write_text("machine\nnonsense here\n")
    for _ in range(2):
        assert environment.netrc_auth("http://example.com/") is None
        with pytest.raises(NetrcParseError):
            environment.netrc_auth("http://example.com/", raise_errors=True)


def test_a_netrc_that_is_no_file_counts_as_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path))
    assert environment.netrc_auth("http://example.com/") is None
    monkeypatch.setenv("NETRC", "")
    assert environment.netrc_auth("http://example.com/") is None


def test_without_the_variable_the_home_directory_is_looked_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert environment.netrc_auth("http://h/") is None
    (tmp_path / "_netrc").write_text("machine h login second password p\n")
    (tmp_path / "_netrc").chmod(0o600)
    assert environment.netrc_auth("http://h/") == ("second", "p")
    (tmp_path / ".netrc").write_text("machine h login first password p\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert environment.netrc_auth("http://h/") == ("first", "p")


def test_a_missing_netrc_costs_two_looks_and_loads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    environment.netrc_auth("http://h/")
    with mock.patch("os.access", return_value=False) as look:
        assert environment.netrc_auth("http://h/") is None
    assert look.call_count == 2

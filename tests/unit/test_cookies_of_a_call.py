"""Cookies that are given to one call: where they go, and what they do to the session's."""

from __future__ import annotations

import copy
import pickle
from http.cookiejar import (  # type: ignore[attr-defined]
    CookieJar,
)

import pytest

from httpcore_lite.cookies import (
    RequestsCookieJar,
    cookiejar_from_dict,
    cookies_for_request,
    get_cookie_header,
    merge_cookies,
)
from support.cookies import Request


def sent(jar: CookieJar, url: str, **headers: str) -> str | None:
    return get_cookie_header(jar, Request(url, **headers))


def test_cookies_of_a_call_look_like_those_of_requests() -> None:
    jar = cookies_for_request({"a": "1", "b": "2"}, "http://example.com/")
    assert [(cookie.name, cookie.value, cookie.domain, cookie.path, cookie.secure) for cookie in jar] == [
        ("a", "1", "", "/", False),
        ("b", "2", "", "/", False),
    ]
    assert type(jar) is RequestsCookieJar
    assert cookies_for_request(None, "http://x.com/").get_dict() == cookies_for_request({}, None).get_dict() == {}


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("http://example.com/other?x", True),
        ("http://EXAMPLE.com:8080/", True),
        ("https://example.com/", True),
        ("http://sub.example.com/", False),
        ("http://example.com.evil.org/", False),
        ("http://evil.org/?example.com", False),
        ("http://example.com@evil.org/", False),
        ("http://com/", False),
    ],
)
def test_cookies_of_a_call_stick_to_its_host(url: str, goes: bool) -> None:
    jar = merge_cookies(RequestsCookieJar(), cookies_for_request({"a": "1"}, "http://example.com/"))
    assert sent(jar, url) == ("a=1" if goes else None)


@pytest.mark.parametrize(
    ("written", "prepared"),
    [
        ("  HTTP://Example.COM/", "http://example.com/"),
        (b"http://example.com", "http://example.com/"),
        ("http://b\u00fccher.example/", "http://xn--bcher-kva.example/"),
        ("http://[::1]:8080/", "http://[::1]:9090/"),
        ("http://127.0.0.1", "http://127.0.0.1/"),
        ("http://localhost:80/", "http://localhost/"),
    ],
)
def test_the_host_is_found_in_urls_as_people_write_them(written: str | bytes, prepared: str) -> None:
    assert sent(cookies_for_request({"a": "1"}, written), prepared) == "a=1"


def test_once_over_https_always_over_https() -> None:
    jar = cookies_for_request({"a": "1"}, "http://example.com/")
    assert sent(jar, "http://example.com/") == "a=1"
    assert sent(jar, "https://example.com/") == "a=1"
    assert sent(jar, "http://example.com/") is None
    assert sent(jar.copy(), "http://example.com/") is None
    assert sent(jar, "https://example.com:8443/") == "a=1"


def test_the_bond_survives_copies_merges_and_pickles() -> None:
    jar = cookies_for_request({"a": "1"}, "http://example.com/")
    plain = merge_cookies(CookieJar(), jar)
    for other in (
        jar.copy(),
        copy.deepcopy(jar),
        pickle.loads(pickle.dumps(jar)),
        plain,
        merge_cookies(jar, {"a": "9"}),
    ):
        assert sent(other, "http://evil.org/") is None
        assert sent(other, "http://example.com/") == "a=1"
    assert [cookie.name for cookie in plain] == ["a"]


def test_cookies_of_a_call_replace_those_of_the_session_and_free_ones_stay_free() -> None:
    jar = merge_cookies(
        cookiejar_from_dict({"a": "session", "free": "1"}), cookies_for_request({"a": "call"}, "http://x.com/")
    )
    assert sent(jar, "http://x.com/") == "a=call; free=1"
    assert sent(jar, "http://y.com/") == "free=1"


def test_a_jar_given_to_a_call_keeps_its_own_domains() -> None:
    given = RequestsCookieJar()
    given.set("a", "1", domain="example.com")
    jar = merge_cookies(RequestsCookieJar(), given)
    assert sent(jar, "http://example.com/") == "a=1"
    assert sent(jar, "http://example.org/") is None


def test_without_a_url_cookies_are_free() -> None:
    assert sent(cookies_for_request({"a": "1"}, None), "http://anywhere.com/") == "a=1"

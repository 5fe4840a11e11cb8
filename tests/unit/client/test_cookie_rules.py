"""Promises of cookie_rules.py: what servers may put into a jar."""

from __future__ import annotations

import copy
import http.client
import logging
import pickle
from http.cookiejar import CookieJar, DefaultCookiePolicy, LWPCookieJar, MozillaCookieJar
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.cookies import (
    MockRequest,
    MockResponse,
    RequestsCookieJar,
    create_cookie,
    extract_cookies_to_jar,
    get_cookie_header,
    jar_to_send,
)
from support.cookies import Raw, Request


class Reading(RequestsCookieJar):
    """A jar that reads responses in a way of its own."""

    def make_cookies(self, response: Any, request: Any) -> Any:
        return super().make_cookies(response, request)


class Extracting(RequestsCookieJar):
    """A jar that does something before."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        super().extract_cookies(response, request)


KINDS = [RequestsCookieJar, CookieJar, MozillaCookieJar, LWPCookieJar, Reading, Extracting]
every_kind = pytest.mark.parametrize("kind", KINDS)


def receive(jar: CookieJar, url: str, *values: str) -> None:
    extract_cookies_to_jar(jar, Request(url), Raw(*values))


def sent(jar: CookieJar, url: str) -> str | None:
    return get_cookie_header(jar_to_send(jar), Request(url))


# -- attributes that make no sense -----------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize(
    "attribute",
    ["Max-Age=abc", "Max-Age", "Max-Age=", "max-age=1_0", "MAX-AGE=+5", 'Max-Age="60"', "Max-Age=1.5", "Path=x", "Path",
     "Path=", 'Path="/"', "Domain", "Domain=", "Domain=.", "Version=abc", "Version", "Port=abc",
     "Max-Age=" + "9" * 5000],
)  # fmt: skip
def test_an_attribute_that_makes_no_sense_loses_no_cookie(kind: type[CookieJar], attribute: str) -> None:
    jar = kind()
    receive(jar, "http://example.com/a/b", f"a=1; {attribute}", f"{attribute.partition('=')[0]}=name; Path=/")
    found = next(cookie for cookie in jar if cookie.name == "a")
    assert (found.domain, found.domain_specified, found.path) == ("example.com", False, "/a")
    assert "a=1" in (sent(jar, "http://example.com/a/c") or "")
    assert "=name" in (sent(jar, "http://example.com/") or "")  # only behind the first semicolon it is an attribute


def test_an_attribute_that_is_ignored_gives_way_to_one_that_makes_sense() -> None:
    jar = RequestsCookieJar()
    receive(jar, "http://x.com/a/b", "a=1; Max-Age=abc; Expires=Wed, 09 Jun 2100 10:18:14 GMT; Path=x; Path=/a")
    cookie = next(iter(jar))
    assert cookie.expires == 4116219494
    assert cookie.path == "/a"


@every_kind
@pytest.mark.parametrize(
    "gone", ["Max-Age=0", "Max-Age=-1", "Max-Age=-" + "9" * 500, "Expires=Thu, 01 Jan 1970 00:00:01 GMT"]
)
def test_a_cookie_of_the_past_removes_the_one_of_its_place(kind: type[CookieJar], gone: str) -> None:
    jar = kind()
    receive(jar, "http://x.com/", "a=1", "b=2")
    receive(jar, "http://x.com/", f"a=; {gone}", f"c=3; {gone}")
    assert [cookie.name for cookie in jar] == ["b"]


# -- which host may set what--------------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize(
    ("url", "domain"),
    [("http://127.0.0.1/", ".0.1"), ("http://127.0.0.1/", "0.0.1"), ("http://10.1/", "1"), ("http://10.0x1/", ".0x1")],
)
def test_an_address_sets_no_cookies_for_other_addresses(kind: type[CookieJar], url: str, domain: str) -> None:
    jar = kind()
    receive(jar, url, f"a=1; Domain={domain}", "b=1; Domain=" + url[7:-1], "c=1")
    assert sorted(cookie.name for cookie in jar) == ["b", "c"]
    assert sent(jar, url) == "b=1; c=1"


@every_kind
@pytest.mark.parametrize(
    ("url", "value", "kept"),
    [
        ("https://x.com/", "__Secure-a=1; Secure", True),
        ("https://x.com/", "__SECURE-a=1; secure; Domain=x.com; Path=/p", True),
        ("https://x.com/", "__Secure-a=1", False),
        ("http://x.com/", "__Secure-a=1; Secure", False),
        ("https://x.com/", "__Host-a=1; Secure; Path=/", True),
        ("https://x.com/", "__host-a=1; Secure; Path=/; Domain=", True),
        ("https://x.com/", "__Host-a=1; Secure", False),
        ("https://x.com/", "__Host-a=1; Path=/", False),
        ("https://x.com/", "__Host-a=1; Secure; Path=/p", False),
        ("https://www.x.com/", "__hOST-a=1; Secure; Path=/; Domain=x.com", False),
        ("http://x.com/", "__Host-a=1; Secure; Path=/", False),
        ("https://x.com/", "__Host-a; Secure", False),
        ("http://x.com/", "__Hosta=1", True),
        ("http://x.com/", "a__Host-=1", True),
    ],
)
def test_names_with_a_prefix_keep_its_promise(kind: type[CookieJar], url: str, value: str, kept: bool) -> None:
    jar = kind()
    receive(jar, url, value)
    assert len(list(jar)) == kept


def test_a_program_may_set_what_it_likes() -> None:
    jar = RequestsCookieJar()
    jar.set("__Host-a", "1", domain="x.com", path="/p")
    jar["__Secure-b"] = "x" * 100_000
    assert sorted(jar.keys()) == ["__Host-a", "__Secure-b"]


@every_kind
@pytest.mark.parametrize(
    ("old", "new", "survives"),
    [
        ("s=old; Secure; Path=/", "s=new; Path=/", True),
        ("s=old; Secure; Path=/", "s=new; Path=/; Secure", True),
        ("s=old; Secure; Path=/", "s=new; Path=/a", True),
        ("s=old; Secure; Path=/", "s=new; Domain=x.com; Path=/", True),
        ("s=old; Secure; Path=/; Domain=x.com", "s=new; Path=/", True),
        ("s=old; Secure; Path=/", "s=; Max-Age=0; Path=/", True),
        ("s=old; Secure; Path=/a", "s=new; Path=/", False),
        ("s=old; Secure; Path=/a", "s=new; Path=/ab", False),
        ("s=old; Secure; Path=/", "S=new; Path=/", False),
        ("s=old; Path=/", "s=new; Path=/", False),
    ],
)
def test_http_does_not_touch_a_secure_cookie(kind: type[CookieJar], old: str, new: str, survives: bool) -> None:
    jar = kind()
    receive(jar, "https://www.x.com/", old)
    if kind is Reading and "Max-Age" in new:
        return  # it parses for itself, and so removes for itself
    receive(jar, "http://www.x.com/", new)
    assert [cookie.value for cookie in jar] == ["old"] if survives else "new" in [cookie.value for cookie in jar]
    receive(jar, "https://www.x.com/", new)
    assert "new" in [cookie.value for cookie in jar] or not list(jar)


def test_a_secure_cookie_of_another_site_is_no_concern() -> None:
    jar = RequestsCookieJar()
    jar.set("s", "1", domain="other.com", secure=True)
    jar.set("s", "1", domain="xx.com", secure=True)
    receive(jar, "http://x.com/", "s=2")
    assert sent(jar, "http://x.com/") == "s=2"


@pytest.mark.parametrize("kind", [RequestsCookieJar, CookieJar, MozillaCookieJar, LWPCookieJar])
def test_no_site_removes_the_cookies_of_another(kind: type[CookieJar]) -> None:
    jar = kind()
    receive(jar, "http://www.bank.com/", "s=1; Domain=bank.com; Path=/")
    receive(jar, "http://evil.com/", "s=; Domain=bank.com; Path=/; Max-Age=0")
    assert sent(jar, "http://bank.com/") == "s=1"


# -- bounds ----------------------------------------------------------------------------------------------------------


@every_kind
def test_a_cookie_of_a_server_has_a_bound_and_a_programs_has_none(
    kind: type[CookieJar], caplog: pytest.LogCaptureFixture
) -> None:
    jar = kind()
    receive(
        jar,
        "http://x.com/",
        "a=" + "x" * (64 * 1024 - 1) + "; Path=/",
        "b=" + "s3cret" * 11_000,
        "c=1; x=" + "y" * 66_000,
    )
    assert [cookie.name for cookie in jar] == ["a"]
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert "'b'" in caplog.text
    assert "s3cret" not in caplog.text
    jar.set_cookie(create_cookie("d", "x" * 200_000, domain="x.com"))
    assert len(sent(jar, "http://x.com/") or "") > 200_000


@every_kind
def test_a_domain_has_a_bound_beyond_which_its_oldest_cookies_go(
    kind: type[CookieJar], caplog: pytest.LogCaptureFixture
) -> None:
    jar = kind()
    jar.max_cookies_per_domain = 3  # type: ignore[attr-defined]
    for number in range(20):
        jar.set_cookie(create_cookie(f"own{number}", "1", domain="x.com"))
    receive(jar, "http://other.com/", "o=1")
    for number in range(6):
        receive(jar, "http://x.com/", f"c{number}=1" + ("; Domain=x.com" if number % 2 else f"; Path=/{number}"))
    names = [cookie.name for cookie in jar]
    assert sorted(name for name in names if name[0] == "c") == ["c3", "c4", "c5"]
    assert len(names) == 20 + 3 + 1
    assert "'c0'" in caplog.text
    assert "x.com has more than 3" in caplog.text
    caplog.clear()
    receive(jar, "http://x.com/", *[f"d{number}=1" for number in range(50)])
    assert len(caplog.records) == 1  # no server fills the log


@every_kind
def test_a_jar_has_a_bound_too(kind: type[CookieJar]) -> None:
    jar = kind()
    jar.max_cookies = 5  # type: ignore[attr-defined]
    jar.set_cookie(create_cookie("own", "1"))
    for number in range(9):
        receive(jar, f"http://h{number}.com/", "a=1", "b=2")
    assert len(list(jar)) == 6
    assert {cookie.domain for cookie in jar} == {"", "h6.com", "h7.com", "h8.com"}


def test_the_bounds_are_those_that_the_documentation_names() -> None:
    jar = RequestsCookieJar()
    receive(jar, "http://x.com/", *[f"c{number}=1" for number in range(1_050)])
    assert len(jar) == 1_000
    for host in range(11):
        receive(jar, f"http://h{host}.com/", *[f"c{number}=1" for number in range(999)])
    assert len(jar) == 10_000


@pytest.mark.parametrize("name", ["max_cookie_size", "max_cookies_per_domain", "max_cookies"])
def test_a_bound_can_be_changed_and_stays_with_copies(name: str) -> None:
    for bound in (None, 2):
        jar = RequestsCookieJar()
        setattr(jar, name, bound)
        for each in (jar, jar.copy(), jar_to_send(jar), copy.deepcopy(jar), pickle.loads(pickle.dumps(jar))):
            receive(each, "http://x.com/", "a=1", "b=2", "c=" + "3" * 70_000)
            if name == "max_cookie_size":
                assert each.keys() == (["a", "b", "c"] if bound is None else ["a", "b"])
            else:
                assert each.keys() == ["a", "b"]


def test_a_refusal_is_logged_without_the_value(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "httpcore_lite"):
        receive(RequestsCookieJar(), "http://x.com/", "__Host-a=s3cret")
    assert "'__Host-a'" in caplog.text
    assert "s3cret" not in caplog.text


# -- policies, and whatever comes ------------------------------------------------------------------------------------


class Deaf(DefaultCookiePolicy):
    def set_ok(self, cookie: Any, request: Any) -> bool:
        return False


def test_a_policy_that_takes_nothing_lets_nothing_be_removed() -> None:
    jar = RequestsCookieJar(Deaf())
    jar.set("a", "1", domain="x.com")
    receive(jar, "http://x.com/", "a=; Domain=x.com; Max-Age=0", "b=1")
    assert jar.keys() == ["a"]


def test_a_jar_is_used_without_requests_as_well() -> None:
    jar = RequestsCookieJar()
    message = http.client.HTTPMessage()
    message["Set-Cookie"] = "a=1; Max-Age=abc"
    message["Set-Cookie"] = "__Host-b=1"
    jar.extract_cookies(MockResponse(message), MockRequest(Request("http://x.com/")))
    assert jar.keys() == ["a"]


words = st.sampled_from([
    "a", "__Host-b", "=", "=", ";", ";", "; ", ",", " ", '"', "Max-Age", "Path", "Domain", "Secure", "Expires", "Port",
    "Version", "/", "/a", ".", "x.com", ".com", "0", "1", "-1", "9" * 30, "\xff", "\u00b2", "Discard",
    "Thu, 01 Jan 1970 00:00:01 GMT",
])  # fmt: skip


@given(st.lists(st.lists(words, max_size=14).map("".join), max_size=4), st.sampled_from(["http", "https"]))
def test_no_field_of_whatever_form_raises_or_reaches_another_host(values: list[str], scheme: str) -> None:
    jar = RequestsCookieJar()
    jar.set("kept", "1", domain="bank.com", secure=True)
    for _ in range(2):
        receive(jar, f"{scheme}://www.x.com/a/b", *values)
        assert sent(jar, "https://bank.com/") == "kept=1"
        assert sent(jar, "http://y.com/a/b") is None

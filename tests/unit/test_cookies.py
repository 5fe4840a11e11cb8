"""Promises of cookies.py."""

from __future__ import annotations

import http.client
import pickle
from http.cookiejar import (  # type: ignore[attr-defined]
    CookieJar,
    DefaultCookiePolicy,
    LWPCookieJar,
    MozillaCookieJar,
)
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite import cookies
from httpcore_lite.cookies import (
    CookieConflictError,
    MockRequest,
    MockResponse,
    RequestsCookieJar,
    cookiejar_from_dict,
    create_cookie,
    extract_cookies_to_jar,
    get_cookie_header,
    jar_to_send,
    merge_cookies,
    morsel_to_cookie,
    remove_cookie_by_name,
)
from support.cookies import Raw, Request


def sent(jar: CookieJar, url: str, **headers: str) -> str | None:
    return get_cookie_header(jar, Request(url, **headers))


# -- the jar as a mapping ----------------------------------------------------------------------------------------


def test_names_are_read_set_and_removed_like_those_of_a_dict() -> None:
    jar = RequestsCookieJar()
    jar["a"] = "1"
    jar.set("b", "2", domain="example.com", path="/x")
    assert jar["a"] == jar.get("a") == "1"
    assert jar.get("c", "none") == "none"
    assert "a" in jar
    assert "c" not in jar
    assert dict(jar) == {"a": "1", "b": "2"}  # type: ignore[call-overload]
    assert jar.keys() == list(jar.iterkeys()) == ["a", "b"]
    assert jar.values() == list(jar.itervalues()) == ["1", "2"]
    assert jar.items() == list(jar.iteritems()) == [("a", "1"), ("b", "2")]
    assert len(jar) == 2
    assert jar == {"a": "1", "b": "2"}
    del jar["a"]
    assert jar.pop("b") == "2"
    assert len(jar) == 0
    assert not jar
    with pytest.raises(KeyError):
        jar["a"]
    jar.update({"x": "1"})
    jar.clear()
    assert jar.keys() == []


def test_a_name_of_several_cookies_needs_a_domain_or_a_path() -> None:
    jar = RequestsCookieJar()
    jar.set("a", "1", domain="one.com", path="/")
    jar.set("a", "2", domain="two.com", path="/x")
    assert "a" in jar
    with pytest.raises(CookieConflictError, match="multiple cookies with name, 'a'"):
        jar["a"]
    with pytest.raises(CookieConflictError):
        jar.get("a")
    assert jar.get("a", domain="one.com") == "1"
    assert jar.get("a", path="/x") == "2"
    assert jar._find("a") in ("1", "2")
    assert jar._find("a", domain="two.com") == "2"
    assert jar.list_domains() == ["one.com", "two.com"]
    assert jar.list_paths() == ["/", "/x"]
    assert jar.get_dict(domain="one.com") == {"a": "1"}
    assert jar.get_dict(path="/x") == {"a": "2"}
    assert jar.multiple_domains() is False
    jar.set("b", "3", domain="one.com")
    assert jar.multiple_domains() is True
    assert issubclass(CookieConflictError, RuntimeError)


def test_setting_none_removes() -> None:
    jar = RequestsCookieJar()
    jar.set("a", "1", domain="one.com")
    jar.set("a", "2", domain="two.com")
    assert jar.set("a", None, domain="one.com") is None
    assert jar.get_dict() == {"a": "2"}
    jar["a"] = None
    assert not jar


def test_removing_by_name_minds_domain_and_path() -> None:
    jar = CookieJar()
    for domain, path in [("one", "/"), ("one", "/x"), ("two", "/")]:
        jar.set_cookie(create_cookie("a", "1", domain=domain, path=path))
    remove_cookie_by_name(jar, "a", domain="one", path="/x")
    assert [(cookie.domain, cookie.path) for cookie in jar] == [("one", "/"), ("two", "/")]
    remove_cookie_by_name(jar, "a", path="/")
    assert len(jar) == 0
    remove_cookie_by_name(jar, "a")


def test_a_jar_may_be_read_while_another_thread_changes_it() -> None:
    jar = RequestsCookieJar()
    for number in range(4):
        jar.set("name", "value", domain=f"host{number}.com")
    cookies_of_that_moment = iter(jar)
    next(cookies_of_that_moment)
    jar.set("other", "value", domain="host3.com")
    jar.clear("host2.com", "/", "name")
    assert [cookie.domain for cookie in cookies_of_that_moment] == ["host1.com", "host2.com", "host3.com"]


# -- making cookies ----------------------------------------------------------------------------------------------


def test_a_cookie_gets_defaults_for_what_is_not_said() -> None:
    cookie = create_cookie("a", "1")
    assert (cookie.name, cookie.value, cookie.domain, cookie.path) == ("a", "1", "", "/")
    assert (cookie.version, cookie.port, cookie.secure, cookie.expires, cookie.discard) == (0, None, False, None, True)
    assert (cookie.domain_specified, cookie.path_specified, cookie.port_specified) == (False, True, False)
    cookie = create_cookie("a", "1", domain=".x.com", port="80", rest={"HttpOnly": True}, secure=True, expires=7)
    assert (cookie.domain_specified, cookie.domain_initial_dot, cookie.port_specified) == (True, True, True)
    assert (cookie.secure, cookie.expires, cookie._rest) == (True, 7, {"HttpOnly": True})
    with pytest.raises(TypeError, match=r"unexpected keyword arguments: \['colour'\]"):
        create_cookie("a", "1", colour="red")


def test_a_morsel_becomes_a_cookie() -> None:
    simple: SimpleCookie = SimpleCookie()
    simple["a"] = "1"
    morsel = simple["a"]
    morsel["domain"], morsel["path"], morsel["secure"], morsel["httponly"] = "x.com", "/p", True, True
    morsel["expires"] = "Thu, 01-Jan-1970 00:00:01 GMT"
    jar = RequestsCookieJar()
    cookie = jar.set("ignored", morsel)
    assert cookie is not None
    assert (cookie.name, cookie.value, cookie.domain, cookie.path) == ("a", "1", "x.com", "/p")
    assert (cookie.secure, cookie.expires, cookie.discard) == (True, 1, False)
    assert cookie.has_nonstandard_attr("HttpOnly")
    jar["b"] = morsel
    assert jar.keys() == ["a"]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [("max-age", "woops", TypeError), ("expires", 100, TypeError), ("expires", "woops", ValueError)],
)
def test_a_morsel_with_nonsense_is_refused(field: str, value: Any, error: type[Exception]) -> None:
    morsel: Morsel[str] = Morsel()
    dict.__setitem__(morsel, field, value)
    with pytest.raises(error):
        morsel_to_cookie(morsel)


def test_a_morsels_max_age_counts_from_now() -> None:
    morsel: Morsel[str] = Morsel()
    morsel["max-age"] = 60
    expires = morsel_to_cookie(morsel).expires
    assert isinstance(expires, int)
    assert expires > 1_600_000_000


def test_a_mapping_becomes_a_jar_and_may_leave_what_is_there() -> None:
    assert cookiejar_from_dict(None).get_dict() == {}
    assert type(cookiejar_from_dict({})) is RequestsCookieJar
    plain = CookieJar()
    assert cookiejar_from_dict({"a": "1"}, plain) is plain
    cookiejar_from_dict({"a": "2", "b": "2"}, plain, overwrite=False)
    assert {cookie.name: cookie.value for cookie in plain} == {"a": "1", "b": "2"}
    cookiejar_from_dict({"a": "3"}, plain)
    assert {cookie.name: cookie.value for cookie in plain} == {"a": "3", "b": "2"}


def test_merging() -> None:
    jar = cookiejar_from_dict({"a": "1"})
    assert merge_cookies(jar, {"a": "2", "b": "2"}) is jar
    assert jar.get_dict() == {"a": "1", "b": "2"}
    merge_cookies(jar, cookiejar_from_dict({"a": "3"}))
    assert jar["a"] == "3"
    assert merge_cookies(jar, None) is jar
    plain = merge_cookies(CookieJar(), jar)
    assert [cookie.name for cookie in plain] == ["a", "b"]
    with pytest.raises(ValueError, match="CookieJar"):
        merge_cookies({}, {"a": "1"})  # type: ignore[type-var]


def test_merged_cookies_are_copies() -> None:
    one, two = cookiejar_from_dict({"a": "1"}), RequestsCookieJar()
    merge_cookies(two, one)
    next(iter(two)).value = "changed"
    assert one["a"] == "1"


# -- receiving and sending ---------------------------------------------------------------------------------------


def test_cookies_go_back_to_where_they_came_from() -> None:
    jar = RequestsCookieJar()
    extract_cookies_to_jar(
        jar, Request("http://example.com/a/b"), Raw("x=1; Path=/a", "y=2; Secure", "z=3; Domain=other.com")
    )
    assert jar.get_dict() == {"x": "1", "y": "2"}
    assert sent(jar, "http://example.com/a/c") == "x=1"
    assert sent(jar, "https://example.com/a/c") == "x=1; y=2"
    assert sent(jar, "http://example.com/b") is None
    assert sent(jar, "http://example.org/a/") is None


def test_a_cookie_header_that_is_there_stays() -> None:
    assert sent(cookiejar_from_dict({"a": "1"}), "http://x.com/", Cookie="mine=1") is None


def test_the_host_header_decides_whose_cookies_they_are() -> None:
    jar = RequestsCookieJar()
    extract_cookies_to_jar(jar, Request("http://127.0.0.1/", Host="example.com"), Raw("x=1"))
    assert jar.list_domains() == ["example.com"]
    assert sent(jar, "http://127.0.0.1/", Host="example.com") == "x=1"
    assert sent(jar, "http://127.0.0.1/") is None


def test_a_response_without_an_original_sets_nothing() -> None:
    jar = RequestsCookieJar()
    for raw in (object(), None, type("Raw", (), {"_original_response": None})()):
        extract_cookies_to_jar(jar, Request("http://x.com/"), raw)
    assert not jar


def test_an_expired_cookie_is_removed() -> None:
    jar = RequestsCookieJar()
    extract_cookies_to_jar(jar, Request("http://x.com/"), Raw("a=1"))
    extract_cookies_to_jar(jar, Request("http://x.com/"), Raw("a=; expires=Thu, 01-Jan-1970 00:00:01 GMT"))
    assert "a" not in jar


def test_a_jar_that_reads_responses_its_own_way_sees_those_without_cookies_too() -> None:
    class Curious(RequestsCookieJar):
        seen: int = 0

        def extract_cookies(self, response: Any, request: Any) -> None:
            self.seen += 1

    jar = Curious()
    extract_cookies_to_jar(jar, Request("http://x.com/"), Raw())
    assert jar.seen == 1


def test_the_mocks_have_the_shape_that_a_jar_wants() -> None:
    mock = MockRequest(Request("https://user@x.com:8443/p;q?r#s", Accept="a"))
    assert (mock.type, mock.get_type(), mock.host, mock.origin_req_host) == (
        "https",
        "https",
        "x.com:8443",
        mock.host,
    )
    assert mock.get_full_url() == "https://x.com:8443/p;q?r"
    assert mock.unverifiable is mock.is_unverifiable() is True
    assert mock.has_header("accept")
    assert mock.get_header("Accept") == "a"
    assert mock.get_header("Other", "no") == "no"
    with pytest.raises(NotImplementedError):
        mock.add_header("a", "b")
    mock.add_unredirected_header("Cookie", "a=1")
    assert mock.has_header("Cookie")
    assert mock.get_header("Cookie") == "a=1"
    assert mock.get_new_headers() == {"Cookie": "a=1"}
    mock = MockRequest(Request("http://1.2.3.4:80/p?q", Host="x.com:8080"))
    assert mock.get_full_url() == "http://x.com:8080/p?q"
    message = http.client.HTTPMessage()
    assert MockResponse(message).info() is message


@pytest.mark.parametrize(
    ("set_by", "goes_to", "stays_from"),
    [
        ("http://example.com/", ["http://example.com/", "http://EXAMPLE.com:81/"], ["http://sub.example.com/"]),
        ("http://intranet/", ["http://intranet/"], ["http://x.intranet/", "http://sub.intranet.local/"]),
        ("http://127.0.0.1/", ["http://127.0.0.1:81/"], ["http://x.127.0.0.1/", "http://127.1.0.1/"]),
        ("http://[::1]/", ["http://[::1]:81/"], ["http://[::2]/", "http://[1::1]/"]),
        (
            "http://user:pw@example.com/",
            ["http://example.com/", "http://other@example.com/"],
            ["http://a.example.com/"],
        ),
    ],
)
@pytest.mark.parametrize("kind", [RequestsCookieJar, CookieJar, MozillaCookieJar, LWPCookieJar])
def test_a_cookie_without_a_domain_goes_back_to_its_host_alone(
    kind: type[CookieJar], set_by: str, goes_to: list[str], stays_from: list[str]
) -> None:
    jar = kind()
    extract_cookies_to_jar(jar, Request(set_by), Raw("a=1; Path=/"))
    for each in (jar_to_send(jar), merge_cookies(RequestsCookieJar(), jar)):
        assert [sent(each, url) for url in goes_to] == ["a=1"] * len(goes_to)
        assert [sent(each, url) for url in stays_from] == [None] * len(stays_from)


class OnlyOwn(DefaultCookiePolicy):
    """A policy that has a word of its own when cookies are received, and none when they are sent."""

    def set_ok(self, cookie: Any, request: Any) -> bool:
        return cookie.name != "x" and super().set_ok(cookie, request)


class ToAll(DefaultCookiePolicy):
    def domain_return_ok(self, domain: str, request: Any) -> bool:
        return True

    def return_ok(self, cookie: Any, request: Any) -> bool:
        return True


@pytest.mark.parametrize(("policy", "to_sub_hosts"), [(OnlyOwn, None), (ToAll, "a=1")])
def test_a_policy_that_says_where_cookies_go_is_believed(policy: Any, to_sub_hosts: str | None) -> None:
    jar = RequestsCookieJar(policy())
    extract_cookies_to_jar(jar, Request("http://example.com/"), Raw("a=1"))
    assert sent(jar_to_send(jar), "http://example.com/") == "a=1"
    assert sent(jar_to_send(jar), "http://sub.example.com/") == to_sub_hosts


def test_cookies_for_a_domain_go_to_the_hosts_below_it_whichever_host_set_them() -> None:
    jar = RequestsCookieJar()
    extract_cookies_to_jar(jar, Request("http://www.example.com/"), Raw("server=1; Domain=example.com; Path=/"))
    jar.set("program", "1", domain="example.com")  # as in requests, which takes the domain for one of many hosts
    assert sent(jar, "http://other.example.com/") == "server=1; program=1"


def test_an_address_is_no_domain() -> None:
    jar = RequestsCookieJar()
    jar.set("a", "1", domain=".0.1")
    jar.set("b", "1", domain="127.0.0.1")
    assert sent(jar, "http://127.0.0.1/") == "b=1"
    assert sent(jar, "http://127.1.0.1/") is None


@pytest.mark.parametrize("userinfo", ["user:pw@", "a.test@", "%40@"])
def test_userinfo_is_no_part_of_the_host_that_cookies_are_kept_for(userinfo: str) -> None:
    jar = RequestsCookieJar()
    extract_cookies_to_jar(jar, Request(f"http://{userinfo}example.com:81/p/"), Raw("a=1"))
    assert [(cookie.domain, cookie.path) for cookie in jar] == [("example.com", "/p")]


# -- quotes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "shown"),
    [
        ('"plain"', '"plain"'),
        ('"a\\"b"', '"a\\"b"'),
        ('"\\"bar:baz\\""', '"bar:baz"'),
        ('"\\"a\\"b\\""', '"\\"a\\"b\\""'),
        ('"', '"'),
        ('""', '""'),
        ('"\\""', '"\\""'),
        ('"open', '"open'),
    ],
)
def test_a_quoted_value_comes_back_as_it_was_sent(received: str, shown: str) -> None:
    jar = RequestsCookieJar()
    extract_cookies_to_jar(jar, Request("http://example.com/"), Raw(f"q={received}; Path=/"))
    assert jar["q"] == shown
    for each in (jar, jar.copy(), jar_to_send(jar), pickle.loads(pickle.dumps(jar))):
        assert sent(each, "http://example.com/") == f"q={received}"


def test_a_value_that_a_program_changed_is_sent_as_it_left_it() -> None:
    jar = RequestsCookieJar()
    extract_cookies_to_jar(jar, Request("http://example.com/"), Raw('q="\\"old\\""'))
    next(iter(jar)).value = "new"
    assert sent(jar, "http://example.com/") == "q=new"


@given(st.text(st.sampled_from('"\\ab ='), max_size=8))
def test_any_value_set_by_a_program_is_sent_unchanged(value: str) -> None:
    jar = RequestsCookieJar()
    jar.set("q", value, domain="example.com")
    assert sent(jar, "http://example.com/") == f"q={value}"


# -- policies, classes, copies -----------------------------------------------------------------------------------


class Silent(DefaultCookiePolicy):
    def return_ok(self, cookie: Any, request: Any) -> bool:
        return False


class Deaf(DefaultCookiePolicy):
    def set_ok(self, cookie: Any, request: Any) -> bool:
        return False


def test_a_policy_is_obeyed_when_receiving_and_when_sending() -> None:
    jar = RequestsCookieJar(Deaf())
    extract_cookies_to_jar(jar, Request("http://x.com/"), Raw("a=1"))
    assert not jar
    for session_jar in (RequestsCookieJar(Silent()), CookieJar(Silent()), LWPCookieJar(policy=Silent())):
        session_jar.set_cookie(create_cookie("a", "1"))
        copied = jar_to_send(session_jar)
        assert type(copied) is RequestsCookieJar
        assert copied.get_dict() == {"a": "1"}
        assert sent(copied, "http://x.com/") is None


def test_a_jar_that_sends_its_own_way_is_asked() -> None:
    class Loud(CookieJar):
        def add_cookie_header(self, request: Any) -> None:
            request.add_unredirected_header("Cookie", "loud=1")

    class Louder(RequestsCookieJar):
        def _cookie_attrs(self, cookies: list[Any]) -> list[str]:
            return [attribute.upper() for attribute in super()._cookie_attrs(cookies)]

    assert sent(jar_to_send(Loud()), "http://x.com/") == "loud=1"
    louder = cookiejar_from_dict({"a": "b"}, Louder())
    copied = jar_to_send(louder)
    assert type(copied) is Louder
    assert copied is not louder
    assert sent(copied, "http://x.com/") == "A=B"


def test_what_comes_into_the_jar_to_send_or_leaves_it_does_not_happen_to_the_session() -> None:
    for jar in (
        RequestsCookieJar(),
        CookieJar(),
        type("Own", (CookieJar,), {"__iter__": lambda self: CookieJar.__iter__(self)})(),
    ):
        jar.set_cookie(create_cookie("a", "1"))
        other = jar_to_send(jar)
        other.clear("", "/", "a")
        other.set_cookie(create_cookie("b", "1"))
        assert [(cookie.name, cookie.value) for cookie in jar] == [("a", "1")]


def test_a_copy_has_the_policy_and_the_class_and_its_own_cookies() -> None:
    class Named(RequestsCookieJar):
        def __init__(self, title: str) -> None:
            super().__init__(Silent())
            self.title = title

    jar = Named("mine")
    jar["a"] = "1"
    other = jar.copy()
    assert type(other) is Named
    assert other.title == "mine"
    assert other.get_policy() is jar.get_policy()
    other["a"] = "2"
    assert jar["a"] == "1"
    plain = RequestsCookieJar(Silent())
    assert plain.copy().get_policy() is plain.get_policy()
    assert other._cookies_lock is not jar._cookies_lock  # type: ignore[attr-defined]


def test_any_jar_can_be_copied() -> None:
    assert cookies._copy_cookie_jar(None) is None
    jar = LWPCookieJar("name.txt", policy=Silent())
    jar.set_cookie(create_cookie("a", "1"))
    other = cookies._copy_cookie_jar(jar)
    assert type(other) is LWPCookieJar
    assert other.filename == "name.txt"
    next(iter(other)).value = "2"
    assert [cookie.value for cookie in jar] == ["1"]


def test_pickle_keeps_cookies_and_policy() -> None:
    jar = RequestsCookieJar(Silent())
    jar.set("a", "1", domain="x.com")
    again = pickle.loads(pickle.dumps(jar))
    assert again.get_dict(domain="x.com") == {"a": "1"}
    assert type(again.get_policy()) is Silent
    again["b"] = "2"
    assert len(again) == 2


def test_names_that_requests_has_by_accident_are_there_too() -> None:
    import http.cookiejar
    import http.cookies
    import urllib.parse

    assert cookies.cookielib is http.cookiejar
    assert cookies.Morsel is http.cookies.Morsel
    assert cookies.urlparse is urllib.parse.urlparse  # type: ignore[attr-defined]

"""The short ways of choosing the cookies for a request give what the standard library gives."""

from __future__ import annotations

import time
from http.cookiejar import (  # type: ignore[attr-defined]
    Cookie,
    CookieJar,
    DefaultCookiePolicy,
)
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.cookies import (
    MockRequest,
    RequestsCookieJar,
    create_cookie,
    get_cookie_header,
    jar_to_send,
)
from support.cookies import Request


def sent(jar: CookieJar, url: str, **headers: str) -> str | None:
    return get_cookie_header(jar, Request(url, **headers))


def everyday_cookie(name: str, domain: str, path: str, secure: bool, expires: int | None, version: int) -> Cookie:
    return create_cookie(
        name, "v", domain=domain, path=path, secure=secure, expires=expires, version=version,
        port="80,443" if name == "p" else None,
    )  # fmt: skip


DOMAINS = ["", "example.com", ".example.com", "www.example.com", "ample.com", ".com", "127.0.0.1", "intranet.local"]


@given(
    cookies=st.lists(
        st.builds(
            everyday_cookie,
            st.sampled_from("abcp"), st.sampled_from(DOMAINS), st.sampled_from(["/", "/a", "/a/b"]), st.booleans(),
            st.sampled_from([None, 1, 4_000_000_000]), st.sampled_from([0, 0, 0, 1]),
        ),
        max_size=12,
    ),
    url=st.sampled_from([
        "http://example.com/", "https://www.example.com/a/b", "http://WWW.example.com:8080/a", "http://127.0.0.1/a/",
        "http://intranet/", "https://sample.com/", "http://com/",
    ]),
    policy=st.sampled_from([{}, {"rfc2965": True}, {"netscape": False}, {"strict_ns_domain": 3},
                            {"blocked_domains": [".example.com"]}, {"allowed_domains": ["127.0.0.1"]}]),
)  # fmt: skip
def test_the_cookies_that_go_are_those_that_the_standard_library_chooses(
    cookies: list[Cookie], url: str, policy: dict[str, Any]
) -> None:
    request: Any = Request(url)
    plain, ours = CookieJar(DefaultCookiePolicy(**policy)), RequestsCookieJar(DefaultCookiePolicy(**policy))
    for cookie in cookies:
        ours.set_cookie(cookie)
    for cookie in ours:  # in the order in which a jar goes through itself, which Python 3.11 changed
        plain.set_cookie(cookie)
    mock = MockRequest(request)
    plain.add_cookie_header(mock)  # type: ignore[arg-type]
    assert get_cookie_header(jar_to_send(ours), request) == mock.get_new_headers().get("Cookie")


# -- the short ways give what the long ones give ------------------------------------------------------------------

DOMAINS = ["", "a.example", ".a.example", ".example", "b.example"]


@given(
    st.lists(st.tuples(st.sampled_from(DOMAINS), st.sampled_from(["/", "/a", "/a/", "", "/é"])), max_size=5),
    st.sampled_from(["/", "/a", "/a/b", "/ab", "?x", "/é"]),
    st.lists(st.sampled_from(DOMAINS[1:]), max_size=2),
    st.one_of(st.none(), st.lists(st.sampled_from(DOMAINS[1:]), max_size=2)),
)
def test_the_cookies_of_a_domain_are_chosen_as_by_the_standard_library(
    kept: list[tuple[str, str]], path: str, blocked: list[str], allowed: list[str] | None
) -> None:
    policy = DefaultCookiePolicy(blocked_domains=blocked, allowed_domains=allowed)
    jar = RequestsCookieJar(policy)
    for domain, below in kept:
        jar.set("name", "value", domain=domain, path=below)
    policy._now = jar._now = int(time.time())  # type: ignore[attr-defined]
    mock = MockRequest(Request(f"http://a.example{path}"))
    for domain in jar._cookies:  # type: ignore[attr-defined]
        chosen = CookieJar._cookies_for_domain(jar, domain, mock)  # type: ignore[attr-defined]
        assert (jar._of(domain, mock) if mock.is_in(domain) else []) == chosen

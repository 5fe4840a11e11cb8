"""Cookies on the wire and in jars (IDIOMS 20)."""

from __future__ import annotations

import http.cookiejar
from typing import Any

from support.differential import scenario


def _after(requests: Any, server: Any, query: str, path: str = "/after", host: str | None = None) -> Any:
    s = requests.Session()
    s.get(server.url(f"/cookies/set?{query}"))
    return s.get(server.url(path, host=host)), s.cookies


for _name, _query in (
    ("a plain cookie", "a=1"),
    ("two cookies", "b=2&a=1"),
    ("a cookie with a path", "a=1;Path=/other"),
    ("a cookie that is deleted", "a=1&a=;Max-Age%3D0"),
    ("a secure cookie", "a=1;Secure"),
    ("an HttpOnly cookie", "a=1;HttpOnly;SameSite%3DLax"),
    ("a cookie for another domain", "a=1;Domain%3Dexample.org"),
    ("a cookie that expired", "a=1;Expires%3DThu, 01 Jan 1970 00:00:00 GMT"),
    ("a cookie with spaces and equals", "a=b c%3Dd"),
    ("a quoted cookie", 'a="quoted \\" value"'),
    ("a cookie without a value", "a="),
    ("a cookie of odd characters", "a=ü"),
):
    scenario(_name, 20, lambda requests, server, query=_query: _after(requests, server, query))

scenario("a cookie and its path", 20, lambda requests, server: _after(requests, server, "a=1;Path=/deep", "/deep/er"))
scenario("a cookie without a path belongs to its folder", 20, lambda requests, server: _plain(requests, server))


def _plain(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.get(server.url("/cookies/plain?a=1"))
    return s.get(server.url("/elsewhere")), s.get(server.url("/cookies/also/echo")), s.cookies


scenario("a cookie stays with its host", 20, lambda requests, server: _after(requests, server, "a=1", host="localhost"))
scenario("cookies as a dict", 20, lambda requests, server: requests.get(server.url("/"), cookies={"b": "2", "a": "1"}))


@scenario("cookies as a jar", 20)
def _(requests: Any, server: Any) -> Any:
    jar = requests.cookies.RequestsCookieJar()
    jar.set("here", "1", domain="127.0.0.1", path="/here")
    jar.set("there", "2", domain="example.org")
    jar.set("any", "3")
    return requests.get(server.url("/here/x"), cookies=jar), requests.get(server.url("/else"), cookies=jar), jar


@scenario("cookies of call and session are merged", 20)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.cookies.update({"a": "session", "b": "session"})
    return s.get(server.url("/"), cookies={"b": "call", "c": "call"}), s.cookies


@scenario("an own Cookie header beside a jar", 20)
def _(requests: Any, server: Any) -> Any:
    return requests.get(server.url("/"), headers={"Cookie": "own=1"}, cookies={"jar": "2"})


@scenario("a plain LWPCookieJar on the session", 20)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.cookies = http.cookiejar.LWPCookieJar()
    s.get(server.url("/cookies/set?a=1"))
    return s.get(server.url("/after")), [cookie.name for cookie in s.cookies], type(s.cookies).__name__


@scenario("a policy that refuses everything", 20)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    s.get(server.url("/cookies/set?a=1"))
    return s.get(server.url("/after")), s.cookies


@scenario("a jar subclass is kept", 20)
def _(requests: Any, server: Any) -> Any:
    class Mine(requests.cookies.RequestsCookieJar):  # type: ignore[misc]
        def set_cookie(self, cookie: Any, *args: Any, **kw: Any) -> Any:
            cookie.value = f"mine-{cookie.value}"
            return super().set_cookie(cookie, *args, **kw)

    s = requests.Session()
    s.cookies = Mine()
    s.get(server.url("/cookies/set?a=1"))
    return s.get(server.url("/after")), type(s.cookies).__name__


@scenario("cookies of a redirect", 20)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    response = s.get(server.url("/redirect/302?to=/cookies/set%3Fb=2&Set-Cookie=a%3D1"), cookies={"call": "1"})
    return response, s.cookies, s.get(server.url("/after"))


@scenario("a cookie deleted on the way", 20)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.cookies.set("a", "1", domain="127.0.0.1", path="/")
    response = s.get(server.url("/redirect/302?to=/x&Set-Cookie=a%3D%3B%20Max-Age%3D0%3B%20Path%3D/"))
    return response, s.cookies


@scenario("the names around jars", 20)
def _(requests: Any, server: Any) -> Any:
    c = requests.cookies
    jar = c.cookiejar_from_dict({"a": "1"})
    c.merge_cookies(jar, {"b": "2", "a": "ignored"})
    cookie = c.create_cookie("n", "v", domain="d.test", path="/p", secure=True, rest={"X": "1"})
    jar.set_cookie(cookie)
    c.remove_cookie_by_name(jar, "b")
    errors = []
    for bad in ({"nope": 1}, {"rest": 1, "odd": 2}):
        try:
            c.create_cookie("n", "v", **bad)
        except TypeError as error:
            errors.append(type(error).__name__)
    jar.set("dup", "1", domain="a.test")
    jar.set("dup", "2", domain="b.test")
    try:
        jar["dup"]
    except c.CookieConflictError as error:
        errors.append(type(error).__name__)
    return (
        jar,
        errors,
        jar.list_domains(),
        jar.list_paths(),
        jar.multiple_domains(),
        jar.get_dict("a.test"),
        jar.get("n"),
    )


@scenario("get_cookie_header and extract_cookies_to_jar", 20)
def _(requests: Any, server: Any) -> Any:
    c = requests.cookies
    response = requests.get(server.url("/cookies/set?a=1&b=2;Path=/x"), stream=True)
    jar = c.RequestsCookieJar()
    c.extract_cookies_to_jar(jar, response.request, response.raw)
    there = requests.Request("GET", server.url("/x/y")).prepare()
    mocked = c.MockRequest(there)
    return jar, c.get_cookie_header(jar, there), mocked.get_host(), mocked.get_full_url(), mocked.is_unverifiable()

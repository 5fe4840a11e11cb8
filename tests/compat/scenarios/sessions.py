"""Sessions: settings, overrides, redirects, environment (IDIOMS 1, 6, 7, 8, 29, 34)."""

from __future__ import annotations

import copy
import logging
import pickle
from typing import Any
from unittest import mock

from support.differential import scenario

# 1. Session and its overrides


@scenario("a session sends its cookies back", 1)
def _(requests: Any, server: Any) -> Any:
    with requests.Session() as s:
        s.get(server.url("/cookies/set?a=1&b=two"))
        return s.get(server.url("/after")), s.cookies


scenario("requests.session() makes a session", 1, lambda requests, server: requests.session().get(server.url("/")))


def _recording_session(requests: Any, calls: list[Any]) -> Any:
    class Recording(requests.Session):  # type: ignore[misc]
        def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append(("request", method, args, sorted(kwargs.items())))
            return super().request(method, url, *args, **kwargs)

        def send(self, request: Any, **kwargs: Any) -> Any:
            calls.append(("send", request.method, sorted(kwargs.items())))
            return super().send(request, **kwargs)

        def prepare_request(self, request: Any) -> Any:
            calls.append(("prepare_request", request.method, request.data, request.params))
            return super().prepare_request(request)

        def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
            calls.append(("merge_environment_settings", url, dict(proxies), stream, verify, cert))
            return super().merge_environment_settings(url, proxies, stream, verify, cert)

        def get_adapter(self, url: Any) -> Any:
            calls.append(("get_adapter", url))
            return super().get_adapter(url)

        def rebuild_auth(self, prepared_request: Any, response: Any) -> Any:
            calls.append(("rebuild_auth", prepared_request.url, response.status_code))
            return super().rebuild_auth(prepared_request, response)

        def should_strip_auth(self, old_url: Any, new_url: Any) -> Any:
            calls.append(("should_strip_auth", old_url, new_url))
            return super().should_strip_auth(old_url, new_url)

        def get_redirect_target(self, resp: Any) -> Any:
            calls.append(("get_redirect_target", resp.status_code))
            return super().get_redirect_target(resp)

        def resolve_redirects(self, resp: Any, req: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append(("resolve_redirects", resp.status_code, req.method, args, sorted(kwargs.items())))
            return super().resolve_redirects(resp, req, *args, **kwargs)

        def rebuild_proxies(self, prepared_request: Any, proxies: Any) -> Any:
            calls.append(("rebuild_proxies", prepared_request.url, proxies))
            return super().rebuild_proxies(prepared_request, proxies)

        def rebuild_method(self, prepared_request: Any, response: Any) -> Any:
            calls.append(("rebuild_method", prepared_request.method, response.status_code))
            return super().rebuild_method(prepared_request, response)

    return Recording()


@scenario("overridden session methods see the calls of a plain GET", (1, 29))
def _(requests: Any, server: Any) -> Any:
    calls: list[Any] = []
    return _recording_session(requests, calls).get(server.url("/plain")), calls


@scenario("overridden session methods see the calls of a POST with every setting", (1, 29))
def _(requests: Any, server: Any) -> Any:
    calls: list[Any] = []
    s = _recording_session(requests, calls)
    response = s.post(
        server.url("/p"), data={"a": 1}, params={"q": 2}, headers={"X": "y"}, timeout=(3, 4), stream=False
    )
    return response, calls


@scenario("overridden session methods see the calls of a redirect", (1, 29))
def _(requests: Any, server: Any) -> Any:
    calls: list[Any] = []
    s = _recording_session(requests, calls)
    return s.post(server.url("/redirect/302?to=/next"), data="x", auth=("u", "p"), timeout=5), calls


@scenario("overridden session methods see the calls of an unfollowed redirect", (1, 29))
def _(requests: Any, server: Any) -> Any:
    calls: list[Any] = []
    s = _recording_session(requests, calls)
    return s.get(server.url("/redirect/301?to=/next"), allow_redirects=False), calls


@scenario("a session subclass with a base address", 1)
def _(requests: Any, server: Any) -> Any:
    class Based(requests.Session):  # type: ignore[misc]
        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            return super().request(method, server.url(url), *args, **kwargs)

    return Based().get("/relative", params={"a": "b"})


@scenario("should_strip_auth that never strips keeps credentials", 1)
def _(requests: Any, server: Any) -> Any:
    class Trusting(requests.Session):  # type: ignore[misc]
        def should_strip_auth(self, old_url: str, new_url: str) -> bool:
            return False

    target = server.url("/there", host="localhost")
    return Trusting().get(server.url(f"/redirect/302?to={target}"), auth=("u", "p"))


@scenario("SessionRedirectMixin works on a bare subclass", (28, 29))
def _(requests: Any, server: Any) -> Any:
    calls: list[Any] = []

    class Bare(requests.sessions.SessionRedirectMixin):  # type: ignore[misc]
        max_redirects = 3
        trust_env = False

        def __init__(self) -> None:
            self.cookies = requests.cookies.RequestsCookieJar()

        def send(self, request: Any, **kwargs: Any) -> Any:
            calls.append((request.url, sorted(kwargs.items())))
            return requests.Session().send(request, **kwargs)

    first = requests.get(server.url("/redirect/302?to=/one"), allow_redirects=False)
    return list(Bare().resolve_redirects(first, first.request)), calls


# 6. settings on the session


@scenario("session settings are merged into a request", 6)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.headers.update({"X-Session": "yes", "Accept": "text/x"})
    s.params = {"token": "t", "drop": "me"}
    s.auth = ("user", "pass")
    s.cookies.set("c", "1")
    return s.get(server.url("/m"), params={"q": "1", "drop": None}, headers={"x-session": "call", "X-More": "1"})


@scenario("a header set to None is taken out of the session's", 6)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.headers["X-Gone"] = "here"
    return s.get(server.url("/n"), headers={"X-Gone": None, "Accept-Encoding": None})


@scenario("the order of header fields is session first, then call", 6)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.headers.clear()
    s.headers.update({"Zed": "1", "alpha": "2", "Mid": "3"})
    return s.get(server.url("/o"), headers={"last": "4", "ALPHA": "5"})


@scenario("session hooks run and may replace the response", 6)
def _(requests: Any, server: Any) -> Any:
    seen: list[Any] = []
    s = requests.Session()
    s.hooks["response"].append(
        lambda response, *args, **kwargs: seen.append((response.status_code, args, sorted(kwargs)))
    )

    def other(response: Any, **kwargs: Any) -> Any:
        response.reason = "Hooked"
        return response

    s.hooks["response"].append(other)
    return s.get(server.url("/hooks")), seen


@scenario("max_redirects ends in TooManyRedirects", 6)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.max_redirects = 3
    return s.get(server.url("/loop"))


@scenario("a redirect loop ends after max_redirects", (6, 18))
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.max_redirects = 2
    try:
        return s.get(server.url("/loop?a"))
    except requests.TooManyRedirects as error:
        return error, error.response, len(error.response.history)


@scenario("trust_env, keep_alive and unknown attributes do no harm", 6)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.trust_env = False
    s.keep_alive = False
    s.my_own = 1
    return s.get(server.url("/k")), s.my_own


@scenario("session.stream leaves the body for later", 6)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.stream = True
    response = s.get(server.url("/bytes/100"))
    return response._content_consumed, response.content, response._content_consumed


@scenario("a session may be used after close", 6)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.get(server.url("/one"))
    s.close()
    return s.get(server.url("/two"))


# 7. prepare, merge, send


@scenario("prepare, merge settings, send", 7)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.headers["X-A"] = "1"
    prepared = s.prepare_request(requests.Request("post", server.url("/p"), data={"a": "b"}))
    settings = s.merge_environment_settings(prepared.url, {}, None, None, None)
    return s.send(prepared, **settings), sorted(settings.items())


@scenario("merge_environment_settings honours the session", 7)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.verify, s.cert, s.stream, s.proxies = "/ca", ("c", "k"), True, {"http": "http://p:1"}
    return (
        sorted(s.merge_environment_settings("http://a/", {}, None, None, None).items()),
        sorted(s.merge_environment_settings("http://a/", {"https": "x"}, False, False, "d").items()),
    )


@scenario("merge_environment_settings reads the environment", 7)
def _(requests: Any, server: Any) -> Any:
    names = {
        "HTTP_PROXY": "http://env:1",
        "http_proxy": "http://env:1",
        "NO_PROXY": "none",
        "REQUESTS_CA_BUNDLE": "/ca",
    }
    s = requests.Session()
    with mock.patch.dict("os.environ", names):
        first = sorted(s.merge_environment_settings("http://a/", {}, None, None, None).items())
        s.trust_env = False
        return first, sorted(s.merge_environment_settings("http://a/", {}, None, None, None).items())


@scenario("send without settings takes the session's", 7)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    return s.send(s.prepare_request(requests.Request("GET", server.url("/redirect/303?to=/x"))))


@scenario("a Request handed to send is refused", 7)
def _(requests: Any, server: Any) -> Any:
    return requests.Session().send(requests.Request("GET", server.url("/")))


@scenario("a prepared request is changed before it is sent", 7)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    prepared = s.prepare_request(requests.Request("POST", server.url("/p"), data="abc"))
    prepared.body = "longer body"
    prepared.headers["Content-Length"] = str(len(prepared.body))
    prepared.headers["X-Late"] = "yes"
    del prepared.headers["Accept"]
    return s.send(prepared)


@scenario("a prepared request is sent twice", 7)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    prepared = s.prepare_request(requests.Request("PUT", server.url("/twice"), data=b"same"))
    return s.send(prepared), s.send(prepared)


# 8. module defaults


@scenario("DEFAULT_RETRIES set before a session is made", 8)
def _(requests: Any, server: Any) -> Any:
    with mock.patch.object(requests.adapters, "DEFAULT_RETRIES", 5):
        adapter = requests.Session().get_adapter("http://x")
        return adapter.max_retries.total, adapter.max_retries.read


@scenario("adapters keep what they were made with", 8)
def _(requests: Any, server: Any) -> Any:
    adapter = requests.adapters.HTTPAdapter(pool_connections=3, pool_maxsize=4, max_retries=2, pool_block=True)
    s = requests.Session()
    s.mount("http://", adapter)
    response = s.get(server.url("/"))
    return adapter._pool_connections, adapter._pool_maxsize, adapter._pool_block, adapter.max_retries.total, response


@scenario("one connection is enough for requests in a row", 8)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    return [s.get(server.url(f"/{index}")).json()["connection"] for index in range(4)]


@scenario("pool_maxsize=1 keeps one connection", 8)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=1, pool_block=True))
    return [s.post(server.url("/"), data=str(index)).json()["connection"] for index in range(3)]


@scenario("module functions use a session each", 8)
def _(requests: Any, server: Any) -> Any:
    return [requests.get(server.url("/")).json()["connection"] for _ in range(2)]


# redirects


for _status in (301, 302, 303, 307, 308):
    for _method in ("GET", "POST", "HEAD", "PUT"):

        @scenario(f"{_method} through {_status}", (1, 14))
        def _(requests: Any, server: Any, status: int = _status, method: str = _method) -> Any:
            data = b"body" if method in ("POST", "PUT") else None
            url = server.url(f"/redirect/{status}?to=/target")
            return requests.request(method, url, data=data, headers={"X-Kept": "1"}, allow_redirects=True)


@scenario("a chain of redirects keeps its history and its cookies", (1, 14))
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    second = "/redirect/302%3Fto=/last%26Set-Cookie=b%253D2"
    response = s.get(server.url(f"/redirect/301?to={second}&Set-Cookie=a%3D1"))
    return response, s.cookies


@scenario("credentials do not follow to another host", 12)
def _(requests: Any, server: Any) -> Any:
    target = server.url("/there", host="localhost")
    return requests.get(server.url(f"/redirect/302?to={target}"), auth=("u", "p"), headers={"Cookie": "mine=1"})


@scenario("a redirect keeps the fragment", 14)
def _(requests: Any, server: Any) -> Any:
    return requests.get(server.url("/redirect/302?to=/x#own")), requests.get(
        server.url("/redirect/302?to=/x%23new#old")
    )


@scenario("a redirect to nothing, to a relative path and to a strange scheme", 14)
def _(requests: Any, server: Any) -> Any:
    results: list[Any] = [
        requests.get(server.url("/redirect/302")),
        requests.get(server.url("/redirect/302?to=../deep/er")),
    ]
    try:
        requests.get(server.url("/redirect/302?to=ftp://example.org/"))
    except requests.RequestException as error:
        results.append(error)
    return results


@scenario("a Location with spaces and umlauts", 14)
def _(requests: Any, server: Any) -> Any:
    return requests.get(server.url("/redirect/302?to=/a%20b/%C3%BC%3Fq%3D1%202"))


@scenario("a protocol-relative Location", 14)
def _(requests: Any, server: Any) -> Any:
    return requests.get(server.url(f"/redirect/302?to=//{server.address}/elsewhere"))


@scenario("the next request of an unfollowed redirect", 14)
def _(requests: Any, server: Any) -> Any:
    response = requests.post(server.url("/redirect/303?to=/x"), data="abc", allow_redirects=False)
    return response, response.next, requests.Session().send(response.next)


@scenario("a bytes body is sent again through 307", (11, 14))
def _(requests: Any, server: Any) -> Any:
    import io

    return requests.put(server.url("/redirect/307?to=/x"), data=io.BytesIO(b"stream me twice"))


# 34. pickling and copying


@scenario("a pickled session goes on", (5, 34))
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.headers["X-Mine"] = "1"
    s.auth = ("u", "p")
    s.get(server.url("/cookies/set?a=1"))
    again = pickle.loads(pickle.dumps(s))
    return again.get(server.url("/after")), sorted(again.__attrs__)


@scenario("a copied session shares its jar", (5, 34))
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    other = copy.copy(s)
    other.get(server.url("/cookies/set?a=1"))
    return s.get(server.url("/after"))


@scenario("a deep copied session has its own jar", (5, 34))
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    other = copy.deepcopy(s)
    other.get(server.url("/cookies/set?a=1"))
    return s.get(server.url("/after")), other.get(server.url("/after"))


@scenario("a pickled response keeps what it had", (5, 17, 34))
def _(requests: Any, server: Any) -> Any:
    response = requests.get(server.url("/redirect/302?to=/cookies/set%3Fa=1"))
    again = pickle.loads(pickle.dumps(response))
    return again, again.elapsed == response.elapsed, sorted(response.__attrs__), again.raw


@scenario("extended __attrs__ are pickled", (5, 34))
def _(requests: Any, server: Any) -> Any:
    adapter = pickle.loads(pickle.dumps(requests.adapters.HTTPAdapter(pool_maxsize=7, max_retries=3)))
    s = requests.Session()
    s.mount("http://", adapter)
    return adapter.__attrs__, adapter._pool_maxsize, adapter.max_retries.total, s.get(server.url("/"))


# 29. assignment of methods


@scenario("replacing HTTPAdapter.send is obeyed", 29)
def _(requests: Any, server: Any) -> Any:
    def respond(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        made = requests.Response()
        made.status_code, made.url, made.request, made._content = 299, request.url, request, b"made up"
        made.raw = mock.Mock(_original_response=None, headers={})
        return made

    with mock.patch.object(requests.adapters.HTTPAdapter, "send", respond):
        return requests.get(server.url("/never")), server.connections


@scenario("replacing Session.send is obeyed", 29)
def _(requests: Any, server: Any) -> Any:
    with mock.patch.object(requests.Session, "send", lambda self, request, **kwargs: sorted(kwargs.items())):
        return requests.get(server.url("/never"), timeout=3)


@scenario("replacing Session.get_adapter is obeyed", 29)
def _(requests: Any, server: Any) -> Any:
    seen: list[str] = []
    real = requests.Session.get_adapter

    def spy(self: Any, url: str) -> Any:
        seen.append(url)
        return real(self, url)

    with mock.patch.object(requests.Session, "get_adapter", spy):
        return requests.get(server.url("/redirect/302?to=/x")), seen


@scenario("build_response takes a raw of urllib3's shape", 29)
def _(requests: Any, server: Any) -> Any:
    import io

    import urllib3

    raw = urllib3.HTTPResponse(
        body=io.BytesIO(b"hello"), status=201, reason="Made", headers={"Content-Type": "text/x; charset=ascii"},
        preload_content=False,
    )  # fmt: skip
    prepared = requests.Request("GET", "http://example.org/made").prepare()
    return requests.adapters.HTTPAdapter().build_response(prepared, raw)


@scenario("requests.get uses sessions.Session", 29)
def _(requests: Any, server: Any) -> Any:
    class Mine(requests.Session):  # type: ignore[misc]
        def request(self, *args: Any, **kwargs: Any) -> Any:
            return "mine", sorted(kwargs)

    with mock.patch.object(requests.sessions, "Session", Mine):
        return requests.get("http://nowhere/", params={"a": 1})


@scenario("logging for urllib3 may be configured", 25)
def _(requests: Any, server: Any) -> Any:
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    return requests.get(server.url("/"))

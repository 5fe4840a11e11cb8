"""Programs as requests' documentation has them, and as programs are written: a type checker finds nothing here.

Read by `check.py`, which runs mypy (strict) and pyright over this file. Nothing here is ever run.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import pickle
import re
import shutil
import ssl
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookiejar import CookieJar, LWPCookieJar
from pathlib import Path
from typing import Any

import httpcore_lite as requests
from httpcore_lite import Event, NotAnEventStream, Retry, Timeouts, download, mock, threaded
from httpcore_lite.adapters import BaseAdapter, HTTPAdapter
from httpcore_lite.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth, HTTPProxyAuth
from httpcore_lite.cookies import RequestsCookieJar, cookiejar_from_dict, create_cookie, merge_cookies
from httpcore_lite.exceptions import ConnectionError, HTTPError, JSONDecodeError, RequestException, Timeout
from httpcore_lite.models import PreparedRequest, Request, Response
from httpcore_lite.sessions import Session, merge_setting
from httpcore_lite.structures import CaseInsensitiveDict, LookupDict
from httpcore_lite.utils import (
    default_headers,
    dict_from_cookiejar,
    get_encoding_from_headers,
    get_netrc_auth,
    guess_filename,
    parse_header_links,
    quote,
    requote_uri,
    select_proxy,
    super_len,
    unquote,
    urlparse,
)

URL = "https://example.org/"

# -- the quick start ---------------------------------------------------------------------------------------------


def methods() -> None:
    """Make a request."""
    response: Response = requests.get("https://api.github.com/events")
    response = requests.post("https://httpbin.org/post", data={"key": "value"})
    response = requests.put("https://httpbin.org/put", data={"key": "value"})
    response = requests.delete("https://httpbin.org/delete")
    response = requests.head("https://httpbin.org/get")
    response = requests.options("https://httpbin.org/get")
    response = requests.patch("https://httpbin.org/patch", b"bytes")
    response = requests.request("GET", b"https://httpbin.org/get")
    response = requests.get(url=URL, timeout=5)
    print(response)


def parameters() -> None:
    """Pass parameters in URLs."""
    payload = {"key1": "value1", "key2": "value2"}
    response = requests.get("https://httpbin.org/get", params=payload)
    lists: dict[str, str | list[str]] = {"key1": "value1", "key2": ["value2", "value3"]}
    response = requests.get("https://httpbin.org/get", params=lists)
    requests.get(URL, {"page": 1, "size": 2.5, "name": "text", "none": None, "many": [1, 2]})
    requests.get(URL, [("a", "1"), ("a", "2")])
    requests.get(URL, (("a", "1"), ("b", 2)))
    requests.get(URL, "a=1&b=2")
    requests.get(URL, b"a=1")
    requests.get(URL, params=None)
    print(response.url.upper())


def content() -> None:
    """Read what came back."""
    response = requests.get(URL)
    print(response.text.splitlines(), response.content.splitlines(), len(response.content))
    print(response.encoding)
    response.encoding = "ISO-8859-1"
    response.encoding = response.apparent_encoding
    image = io.BytesIO(response.content)
    data = response.json()
    print(image, data["key"], data[0].name, response.json(parse_float=str))
    raw = requests.get(URL, stream=True)
    print(raw.raw, raw.raw.read(10), raw.raw.headers, raw.raw.version)
    with open("file", "wb") as file:
        for chunk in raw.iter_content(chunk_size=128):
            file.write(chunk)
    with open("file", "wb") as file:
        raw.raw.decode_content = True
        shutil.copyfileobj(raw.raw, file)
    for piece in raw:
        print(piece.decode())


def headers_and_bodies() -> None:
    """Headers, forms, JSON and files."""
    url = "https://api.github.com/some/endpoint"
    response = requests.get(url, headers={"user-agent": "my-app/0.0.1"})
    response = requests.get(url, headers={"x": b"bytes"})
    fields: CaseInsensitiveDict[str] = CaseInsensitiveDict({"accept": "text/plain"})
    response = requests.get(url, headers=fields)
    tuples = [("key1", "value1"), ("key1", "value2")]
    response = requests.post(url, data=tuples)
    response = requests.post(url, data={"key1": ["value1", "value2"]})
    response = requests.post(url, data=json.dumps({"some": "data"}))
    response = requests.post(url, json={"some": "data", "list": [1, 2.5, None, True, {"a": "b"}]})
    response = requests.post(url, json=[1, 2])
    response = requests.post(url, json="text")
    files = {"file": open("report.xls", "rb")}
    response = requests.post(url, files=files)
    response = requests.post(
        url, files={"file": ("report.xls", open("report.xls", "rb"), "application/vnd.ms-excel", {"Expires": "0"})}
    )
    response = requests.post(url, files={"file": ("report.csv", "some,data,to,send\nanother,row,to,send\n")})
    several = [
        ("images", ("foo.png", open("foo.png", "rb"), "image/png")),
        ("images", ("bar.png", open("bar.png", "rb"), "image/png")),
    ]
    response = requests.post(url, files=several, data={"a": "b"})
    with open("massive-body", "rb") as f:
        requests.post("http://some.url/streamed", data=f)
    requests.post(url, data=open("text"))
    requests.post(url, data=io.BytesIO(b"bytes"))
    requests.post(url, data=bytearray(b"bytes"))
    requests.post(url, data=generated())
    requests.post(url, data=iter([b"hi", b"there"]))
    requests.put(url, data="text", json=None)
    print(response)


def generated() -> Iterator[bytes]:
    """A body that is made while it is sent."""
    yield b"hi"
    yield b"there"


def status() -> bool:
    """Status codes and headers of a response."""
    response = requests.get("https://httpbin.org/status/404")
    if response.status_code == requests.codes.ok or response.status_code == requests.codes["not_found"]:
        return True
    response.raise_for_status()
    if response.status_code >= 500 and response.reason.startswith("Internal"):
        return False
    length = int(response.headers["Content-Length"])
    kind: str | None = response.headers.get("content-type")
    text: str = response.headers.get("content-type", "")
    print(length, kind, text.lower(), response.headers.items(), dict(response.headers), "x" in response.headers)
    for each in response.history:
        print(each.status_code, each.url, each.is_redirect, each.is_permanent_redirect)
    if response.next is not None and response.next.url:
        print(response.next.url.upper())
    took: timedelta = response.elapsed
    print(took.total_seconds(), response.links["next"]["url"], response.links.get("last", {}).get("url"))
    return bool(response) and response.ok


def cookies() -> None:
    """Cookies of responses, of requests and in jars."""
    response = requests.get("http://example.com/some/cookie/setting/url")
    print(response.cookies["example_cookie_name"], response.cookies.get("a", "default"), response.cookies.get_dict())
    response = requests.get("https://httpbin.org/cookies", cookies={"cookies_are": "working"})
    jar = requests.cookies.RequestsCookieJar()
    jar.set("tasty_cookie", "yum", domain="httpbin.org", path="/cookies")
    jar["a"] = "b"
    jar.update({"c": "d"})
    jar.set_cookie(create_cookie("name", "value", domain="example.org"))
    for cookie in jar:
        print(cookie.name, cookie.value, cookie.expires)
    for name, value in jar.items():
        print(name.upper(), value)
    response = requests.get("https://httpbin.org/cookies", cookies=jar)
    response = requests.get("https://httpbin.org/cookies", cookies=LWPCookieJar("file"))
    merged: CookieJar = merge_cookies(jar, {"e": "f"})
    print(dict_from_cookiejar(merged), cookiejar_from_dict({"a": "b"}).get_dict(), jar.list_domains(), response)


def errors() -> None:
    """Timeouts, redirects off, and what can go wrong."""
    requests.get("https://github.com/", timeout=0.001, allow_redirects=False)
    requests.get("https://github.com/", timeout=(3.05, 27))
    requests.get("https://github.com/", timeout=(3.05, None))
    requests.get("https://github.com/", timeout=None)
    try:
        response = requests.get(URL)
        response.raise_for_status()
        response.json()
    except Timeout:
        print("late")
    except JSONDecodeError as error:
        print(error.doc, error.pos, error.msg)
    except HTTPError as error:
        if error.response is not None:
            print(error.response.status_code, error.response.text)
    except requests.exceptions.SSLError:
        pass
    except ConnectionError as error:
        print(error.args, str(error))
    except RequestException as error:
        if error.request is not None and error.request.url:
            print(error.request.url, error.explanation)
        raise SystemExit(error) from error


# -- advanced usage ----------------------------------------------------------------------------------------------


def sessions() -> None:
    """Session objects."""
    s = requests.Session()
    s.get("https://httpbin.org/cookies/set/sessioncookie/123456789")
    s.auth = ("user", "pass")
    s.headers.update({"x-test": "true"})
    s.headers["X"] = "Y"
    del s.headers["X"]
    s.get("https://httpbin.org/headers", headers={"x-test2": "true", "x-test": None})
    s.params = {"key": "value"}
    s.params["page"] = 2
    s.verify = False
    s.verify = "/path/to/certfile"
    s.verify = ssl.create_default_context()
    s.verify = Path("/path/to/certfile")
    s.cert = ("/path/client.cert", "/path/client.key")
    s.cert = "/path/client.cert"
    s.proxies.update({"http": "http://10.10.1.10:3128", "https": "http://10.10.1.10:1080"})
    s.proxies = {"http": "http://10.10.1.10:3128"}
    s.hooks["response"].append(print_url)
    s.hooks = {"response": [print_url]}
    s.max_redirects = 5
    s.trust_env = False
    s.stream = True
    s.cookies.set("a", "b")
    s.cookies = cookiejar_from_dict({"a": "b"})
    s.cookies = LWPCookieJar()
    s.cookies.clear()
    s.close()
    with requests.Session() as again, requests.session() as third:
        again.get("https://httpbin.org/cookies", cookies={"from-my": "browser"})
        third.post(URL, {"a": "b"}, timeout=3)
    print(pickle.dumps(s), s.adapters["https://"], s.get_adapter(URL).close)


def preparing() -> None:
    """Prepared requests."""
    s = Session()
    req = Request("POST", URL, data={"a": "b"}, headers={"X-Custom": "header"}, params={"q": 1}, cookies={"c": "d"})
    prepped = req.prepare()
    prepped = s.prepare_request(req)
    prepped.body = "No, I want exactly this as the body."
    prepped.headers["Keep-Dead"] = "parrot"
    del prepped.headers["Content-Type"]
    response = s.send(prepped, stream=True, verify=True, proxies={}, cert=None, timeout=5)
    settings = s.merge_environment_settings(prepped.url or URL, {}, None, None, None)
    response = s.send(prepped, **settings)
    print(response.status_code, prepped.copy().path_url, prepped.method, prepped.hooks)
    bare = PreparedRequest()
    bare.prepare_method("GET")
    bare.prepare_url(URL, {"a": "b"})
    bare.prepare_headers({"Accept": "*/*"})
    bare.prepare_cookies({"a": "b"})
    bare.prepare_body(b"", None)
    bare.prepare_auth(("user", "password"))
    bare.prepare_content_length(b"body")
    bare.register_hook("response", print_url)
    bare.deregister_hook("response", print_url)


def print_url(response: Response, *args: Any, **kwargs: Any) -> None:
    """A hook."""
    print(response.url)


def record_hook(response: Response, **kwargs: Any) -> Response:
    """A hook that returns the response."""
    return response


def change_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """A hook for the arguments."""
    return {**arguments, "timeout": 5}


def sign(prepared: PreparedRequest, **kwargs: Any) -> None:
    """A hook for a request that is about to be sent."""
    prepared.headers["X-Signature"] = "signed"


def hooks() -> None:
    """Event hooks."""
    requests.get("https://httpbin.org/", hooks={"response": print_url})
    requests.get("https://httpbin.org/", hooks={"response": [print_url, record_hook]})
    requests.get(
        "https://httpbin.org/", hooks={"response": lambda response, *args, **kwargs: response.raise_for_status()}
    )
    s = requests.Session()
    s.hooks["response"].append(record_hook)
    s.hooks["args"].append(change_arguments)
    s.hooks["pre_request"].append(sign)
    s.hooks["post_request"] += [sign]
    every: dict[str, list[Any]] = {"args": [change_arguments], "pre_request": [sign]}
    requests.get("https://httpbin.org/", hooks=every)
    requests.get("https://httpbin.org/", hooks={"args": change_arguments, "pre_request": [sign], "response": print_url})
    Request("GET", URL, hooks={"pre_request": sign}).register_hook("post_request", sign)


def told_once() -> None:
    """What a Session is told once."""
    s = requests.Session(base_url=URL, raise_for_status=True, headers={"X": "1", "User-Agent": None}, params={"a": 1})
    requests.session(base_url=URL, timeout=5, proxies=False, max_connections=3).get("items")
    requests.Session(
        auth=("user", "password"), cookies={"a": "b"}, hooks={"response": print_url, "args": change_arguments}
    )
    requests.Session(auth=PizzaAuth("pete"), cookies=LWPCookieJar(), hooks={"pre_request": [sign]})
    requests.Session(verify="/path/to/ca.pem", cert=("/path/client.cert", "/path/client.key"), stream=True)
    requests.Session(verify=ssl.create_default_context(), max_redirects=5, trust_env=False)
    s.get("items", raise_for_status=False)
    requests.post(URL, json={}, raise_for_status=True)


class PizzaAuth(AuthBase):
    """Custom authentication."""

    def __init__(self, username: str) -> None:
        self.username = username

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["X-Pizza"] = self.username
        return request


def token(request: PreparedRequest) -> PreparedRequest:
    """Authentication by a function."""
    request.headers["Authorization"] = "Bearer ..."
    return request


def authentication() -> None:
    """All ways to give credentials."""
    requests.get("http://pizzabin.org/admin", auth=PizzaAuth("kenneth"))
    requests.get(URL, auth=("user", "pass"))
    requests.get(URL, auth=HTTPBasicAuth("user", "pass"))
    requests.get(URL, auth=HTTPDigestAuth("user", "pass"))
    requests.get(URL, auth=HTTPProxyAuth(b"user", b"pass"))
    requests.get(URL, auth=token)
    found = get_netrc_auth(URL)
    requests.get(URL, auth=found)


def streaming() -> None:
    """Streaming requests."""
    response = requests.get("https://httpbin.org/stream/20", stream=True)
    for line in response.iter_lines():
        if line:
            print(json.loads(line.decode("utf-8")))
    if response.encoding is None:
        response.encoding = "utf-8"
    for text in response.iter_lines(decode_unicode=True):
        if text:
            print(json.loads(text))
    for line in response.iter_lines(chunk_size=1024, delimiter=b"\n"):
        print(line.strip())
    for piece in response.iter_content(chunk_size=None, decode_unicode=True):
        print(piece)
    for event in response.iter_events(max_size=1 << 16):
        print(event.data.strip(), event.event.upper(), event.id.split("-"), (event.retry or 0) + 1)
    for value in response.iter_json_lines():
        print(value["id"])
    with Session() as session:
        try:
            found: list[Event] = list(session.events(URL, method="POST", json={"a": 1}, last_event_id="7", reconnect=3))
            print(found, Event("a") == Event("a", event="message"))
            events = session.events(URL, timeout=Timeouts(total=5), headers={"X-A": "b"})
            events.close()
        except NotAnEventStream as error:
            print(error.response)
    with requests.get(URL, stream=True) as streamed:
        print(streamed.raw.read(1024, decode_content=True), streamed.raw.closed)


def proxies_and_tls() -> None:
    """Proxies and verification."""
    proxies = {"http": "http://10.10.1.10:3128", "https": "socks5h://user:pass@host:port"}
    requests.get("http://example.org", proxies=proxies)
    requests.get("http://example.org", proxies={"http": None, "https://host": "http://10.10.1.10:5323"})
    requests.get("https://github.com", verify=False)
    requests.get("https://github.com", verify="/path/to/certfile")
    requests.get("https://kennethreitz.org", cert=("/path/client.cert", "/path/client.key"))
    print(select_proxy(URL, proxies))


class SourcePortAdapter(HTTPAdapter):
    """A transport adapter of a program's own."""

    def __init__(self, port: int, **kwargs: Any) -> None:
        self._port = port
        super().__init__(**kwargs)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        pool_kwargs["ssl_context"] = ssl.create_default_context()
        super().init_poolmanager(connections, maxsize, block=block, **pool_kwargs)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        proxy_kwargs["ssl_context"] = ssl.create_default_context()
        return super().proxy_manager_for(proxy, **proxy_kwargs)

    def add_headers(self, request: PreparedRequest, **kwargs: Any) -> None:
        request.headers["X-Source"] = "yes"

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        response = super().build_response(req, resp)
        response.reason = "as I say"
        return response


class CannedAdapter(BaseAdapter):
    """An adapter without a network."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        response = Response()
        response.status_code = 200
        response.url = request.url or ""
        response.request = request
        response.raw = io.BytesIO(b"canned")
        response.headers = CaseInsensitiveDict({"Content-Type": "text/plain"})
        response._content = b"canned"
        return response

    def close(self) -> None:
        pass


class TimingSession(requests.Session):
    """A session that does each step in its own way."""

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Response:
        kwargs.setdefault("timeout", 10)
        return super().request(str(method), url, *args, **kwargs)

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        logging.getLogger("timing").info("%s %s", request.method, request.url)
        return super().send(request, **kwargs)

    def should_strip_auth(self, old_url: str, new_url: str) -> bool:
        return urlparse(old_url).netloc != urlparse(new_url).netloc

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        super().rebuild_auth(prepared_request, response)

    def get_adapter(self, url: str) -> BaseAdapter:
        return super().get_adapter(url)


def adapters() -> None:
    """Transport adapters."""
    s = TimingSession()
    s.mount("https://github.com/", SourcePortAdapter(5000, pool_connections=5, pool_maxsize=5, pool_block=True))
    s.mount("mock://", CannedAdapter())
    retries = Retry(
        total=3,
        backoff_factor=0.1,
        status_forcelist=[502, 503, 504],
        allowed_methods={"POST"},
        respect_retry_after_header=True,
    )
    s.mount("https://", HTTPAdapter(max_retries=retries))
    s.mount("http://", HTTPAdapter(max_retries=3))
    adapter = s.get_adapter(URL)
    if isinstance(adapter, HTTPAdapter):
        print(adapter.max_retries, adapter.poolmanager.connection_pool_kw, adapter.config, adapter.pool.stats())


# -- what is around, and what is ours ------------------------------------------------------------------------------


def around(response: Response) -> None:
    """Structures and helpers."""
    fields = CaseInsensitiveDict(Accept="application/json")
    mapping: Mapping[str, str] = fields
    lookup: LookupDict[int] = LookupDict(name="codes")
    print(fields["accept"], list(fields.lower_items()), fields.copy() == mapping, lookup.get("a", 5))
    print(requote_uri(URL), super_len(b"abc"), default_headers()["User-Agent"], guess_filename(open("file")))
    print(parse_header_links('<u>; rel="next"')[0]["url"], get_encoding_from_headers(response.headers))
    print(quote("a b"), unquote("a%20b"), urlparse(URL).hostname, requests.utils.default_user_agent())
    print(merge_setting({"a": 1}, {"b": 2}), requests.__version__, requests.codes.teapot)
    jar = RequestsCookieJar()
    print(jar.copy(), jar.get_policy(), len(jar), "name" in jar, requests.certs.where())


def options() -> None:
    """The options that requests does not have."""
    requests.get(URL, timeout=Timeouts(connect=3, read=10, total=60), retries=2, max_response_size=1_000_000)
    requests.get(URL, trace=lambda event, info: print(event, info), retries=Retry(total=2))
    requests.get(URL, on_download=lambda received, total: print(received, total), trailers={"Checksum": "a"})
    requests.get(URL, retries=False, proxies=False, max_decode_ratio=False)
    with requests.Session(timeout=10, retries=3, max_connections=20, uds="/run/app.sock", proxies=False) as s:
        s.timeout = (3, 10)
        s.timeout = Timeouts(total=5)
        response = s.get(URL, expect_timeout=1.5)
        if response.timings is not None and response.timings.total is not None:
            print(response.timings.total * 1000)
        print(response.trailers.get("checksum"), response.informational, response.connection_info)
    limit = requests.RateLimit(100, 60, burst=5, per_host=False, max_pause=10)
    with requests.Session(rate_limit=limit) as s:
        s.get(URL, rate_limit=False)
        try:
            timings = requests.get(URL, rate_limit=limit).timings
            print(timings is not None and timings.limit)
        except requests.RateLimited as refused:
            print(refused.origin.upper(), refused.seconds + 1)
    HTTPAdapter(resolve={"example.org:443": "192.0.2.1"}, max_age=60, minimum_version=ssl.TLSVersion.TLSv1_3)
    requests.install_as_requests()
    requests.install_as_requests(urllib3=True, under="other._vendor")


def downloads() -> None:
    """Downloads."""
    found = download(URL, Path("f"), checksum="sha256:", progress=lambda done, total: print(done / (total or 1)))
    path: Path = found.path
    path, size, before, response = download(URL, b"f", progress=True, decoded=False, timeout=5, headers={})
    print(path.name, size - before, response.status_code)


def many(urls: list[str]) -> None:
    """Many requests at once."""
    with requests.Session() as s, ThreadPoolExecutor(4) as executor:
        answers = s.map((url for url in urls), workers=8, ordered=False, timeout=5)
        print(next(answers).status_code)
        answers.close()
        for item, response in s.map([{"url": URL}, Request("GET", URL)], pairs=True, return_exceptions=True):
            print(item, response.request)
        print(list(s.map(urls, executor=executor, look_ahead=8)))
    responses, exceptions = threaded.map([{"method": "GET", "url": URL}], num_processes=2)
    pool = threaded.pool.Pool.from_exceptions(exceptions, initializer=lambda session: session)
    pool.join_all()
    print([each.request_kwargs["url"] for each in responses], pool.get_response(), pool.get_exception())


@mock.activate(assert_all_requests_are_fired=True, registry=mock.registries.OrderedRegistry)
def canned(page: int) -> str:
    """Canned responses."""

    def respond(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        return 200, {"X-Url": request.url or ""}, "body"

    wanted = [
        mock.matchers.query_param_matcher({"page": page}),
        mock.matchers.header_matcher({"Accept": re.compile("a")}),
    ]
    registered = mock.get(URL, json=[1], status=201, headers=[("Set-Cookie", "a=1")], match=wanted)
    mock.add("POST", re.compile(URL), body=(piece for piece in [b"a"]), content_type=None, fault="truncated")
    mock.add(mock.Response("PUT", URL, body=ValueError("no")))
    mock.add_callback("GET", URL, respond)
    mock.get(URL, raw=b"HTTP/1.1 200 OK")
    mock.add_passthru(re.compile("http://localhost"))
    print(registered.call_count, registered.calls[0].request.params.get("page"), mock.pauses[0] + 1.0)
    print(mock.calls[0].response.text, [call.request.url for call in mock.calls[1:]], mock.assert_call_count(URL, 1))
    with mock.RequestsMock(passthru_prefixes=("http://localhost",), real_time=True) as active:
        active.replace("GET", URL, body="x")
        print([each.method for each in active.registered()], active.pauses)
    return canned(page + 1).upper()


@mock.activate
async def canned_coroutine() -> int:
    """The decorator keeps the type of the function."""
    return len(await asyncio.sleep(0, result="text"))

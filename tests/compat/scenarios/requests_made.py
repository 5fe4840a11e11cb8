"""Requests as they are prepared and sent: URLs, headers, bodies, files, auth (IDIOMS 9, 10, 11, 12)."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from support.differential import scenario

# 9. Request and PreparedRequest


@scenario("a Request prepared without a session", 9)
def _(requests: Any, server: Any) -> Any:
    made = requests.Request("get", "http://Example.ORG:80/ä b?x=ü", params={"q": "1 2"}, headers={"A": "b"})
    return made.prepare(), repr(made), repr(made.prepare())


@scenario("a PreparedRequest filled step by step", 9)
def _(requests: Any, server: Any) -> Any:
    p = requests.PreparedRequest()
    p.prepare_method("post")
    p.prepare_url(server.url("/steps"), {"a": "1"})
    p.prepare_headers({"X-A": "1", "Content-Type": "text/x"})
    p.prepare_cookies({"c": "1"})
    p.prepare_body("body", None)
    p.prepare_auth(("u", "p"), server.url("/"))
    p.prepare_hooks({})
    return requests.Session().send(p), p.path_url


@scenario("prepare_url alone", 9)
def _(requests: Any, server: Any) -> Any:
    results = []
    for url, params in (
        ("http://a.b", {}),
        ("http://a.b?x=1", {"y": ["1", "2"], "z": None}),
        ("http://a.b/#frag", {"q": "ü"}),
        (b"http://a.b/bytes", b"raw=1"),
        ("  http://a.b/space", "str=1"),
        ("HTTP://A.B/%7Euser/%zz", [("k", 1), ("k", 2)]),
        ("http://a.b/a/../b/./c//d", ""),
        ("http://bücher.example/ü", {}),
        ("http://user:pass@a.b/", {}),
        ("http://[::1]:8080/x", {}),
        ("mailto:someone@example.org", {}),
        ("data:text/plain,hello", {"ignored": "1"}),
        ("http+unix://%2Fvar%2Frun/x", {"a": "b"}),
    ):
        p = requests.PreparedRequest()
        p.prepare_url(url, params)
        results.append(p.url)
    return results


for _bad in (
    "no-scheme",
    "http://",
    "http://*.x",
    "http://.x",
    "http://a b/",
    "http:///path",
    "//a.b",
    "",
    "http://\u2603.x\u2488/",
):
    scenario(f"the URL {_bad!r}", (9, 18), lambda requests, server, url=_bad: requests.Request("GET", url).prepare())
scenario("a port that is none", (9, 18), lambda requests, server: requests.get("http://127.0.0.1:99999/"))
scenario("a host label that is too long", (9, 18), lambda requests, server: requests.get(f"http://{'a' * 64}.test/"))


@scenario("prepare_content_length", 9)
def _(requests: Any, server: Any) -> Any:
    results = []
    for method, body in (
        ("GET", None),
        ("POST", None),
        ("POST", b""),
        ("PUT", b"abc"),
        ("DELETE", None),
        ("get", b"x"),
    ):
        p = requests.PreparedRequest()
        p.prepare_method(method)
        p.prepare_headers({})
        p.prepare_content_length(body)
        results.append(p.headers)
    return results


@scenario("a copy is independent", 9)
def _(requests: Any, server: Any) -> Any:
    p = requests.Request("POST", server.url("/c"), data="x", cookies={"a": "1"}, headers={"H": "1"}).prepare()
    q = p.copy()
    q.headers["H"] = "2"
    q.method = "PUT"
    return p, q, requests.Session().send(q)


@scenario("hooks are registered and taken back", 9)
def _(requests: Any, server: Any) -> Any:
    seen: list[Any] = []

    def hook(response: Any, **kw: Any) -> None:
        seen.append(response.status_code)

    p = requests.Request("GET", server.url("/h")).prepare()
    p.register_hook("response", hook)
    p.register_hook("response", [hook, hook])
    results = [p.deregister_hook("response", hook), p.deregister_hook("response", print)]
    requests.Session().send(p)
    return seen, results


@scenario("path_url of several URLs", 9)
def _(requests: Any, server: Any) -> Any:
    urls = ["http://a", "http://a/", "http://a?x", "http://a/b;c?d=e#f", "http://a/?"]
    return [requests.Request("GET", url).prepare().path_url for url in urls]


@scenario("methods of every kind", 9)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    results = [getattr(s, name)(server.url(f"/{name}")) for name in "get options head post put patch delete".split()]
    return [*results, s.request("propfind", server.url("/dav")), s.request(b"BYTES".decode(), server.url("/x"))]


@scenario("the module's functions", 9)
def _(requests: Any, server: Any) -> Any:
    names = "get options head post put patch delete".split()
    return [getattr(requests, name)(server.url(f"/{name}"), headers={"X": name}) for name in names]


# header fields


@scenario("header names keep their case and order", 9)
def _(requests: Any, server: Any) -> Any:
    headers = {"x-LOWER": "1", "ACCEPT": "*/x", "UsEr-AgEnT": "mine", "b": b"bytes", b"C": "name in bytes"}
    return requests.get(server.url("/h"), headers=headers)


@scenario("an own Host", 9)
def _(requests: Any, server: Any) -> Any:
    return requests.get(server.url("/h"), headers={"Host": "virtual.example", "X": "1"})


for _name, _value in (
    ("X", "a\nb"),
    ("X", "a\r\nY: b"),
    (" X", "lead"),
    ("X", " lead"),
    ("X", 1),
    ("X:", "colon"),
    ("X", None),
):
    scenario(
        f"the header {_name!r}: {_value!r}",
        (9, 18),
        lambda requests, server, name=_name, value=_value: requests.get(server.url("/h"), headers={name: value}),
    )
scenario(
    "a Latin-1 header value",
    9,
    lambda requests, server: requests.get(server.url("/h"), headers={"X": "grün", "Y": b"\xff"}),
)
scenario(
    "a header value beyond Latin-1",
    (9, 18),
    lambda requests, server: requests.get(server.url("/h"), headers={"X": "日本"}),
)
scenario(
    "an empty header value",
    9,
    lambda requests, server: requests.get(server.url("/h"), headers={"X": "", "Y": "\t tab"}),
)


# 10. files


def _files(name: str, make: Any) -> None:
    scenario(name, 10, lambda requests, server: requests.post(server.url("/upload"), **make()))


_files("a file object", lambda: {"files": {"f": io.BytesIO(b"content")}})
_files("a file with a name", lambda: {"files": {"f": ("name.txt", io.BytesIO(b"content"))}})
_files("a file with type and headers", lambda: {"files": {"f": ("n", io.BytesIO(b"c"), "text/plain", {"X-H": "v"})}})
_files("a file of str", lambda: {"files": {"f": "just text"}})
_files("a file of bytes and an umlaut in its name", lambda: {"files": {"fü": ("grüße.txt", b"b\xff")}})
_files("a name with quotes and line ends", lambda: {"files": {'f"\r\n': ('a"b\r\nc.txt', b"x")}})
_files("several files under one name", lambda: {"files": [("f", ("a", b"1")), ("f", ("b", b"2")), ("g", ("c", b"3"))]})
_files(
    "fields beside files", lambda: {"files": {"f": ("n", b"x")}, "data": {"a": "1", "b": ["2", "3"], "c": None, "d": 4}}
)
_files("fields as a list beside files", lambda: {"files": {"f": b"x"}, "data": [("a", "1"), ("a", b"2")]})
_files("a file that is None", lambda: {"files": {"f": None, "g": ("n", b"x")}})
_files("a file without a name", lambda: {"files": {"f": (None, "value")}})
_files("data as str beside files", lambda: {"files": {"f": b"x"}, "data": "text"})
_files("no files at all", lambda: {"files": {}, "data": {"a": 1}})
_files("files beside json", lambda: {"files": {"f": ("n", b"x")}, "json": {"a": 1}})


@scenario("a file from disk is named after itself", 10)
def _(requests: Any, server: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "disk.csv")
        with open(path, "w") as out:
            out.write("a,b\n")
        with open(path, "rb") as source, open(path) as text:
            return requests.post(server.url("/up"), files={"f": source}), requests.put(
                server.url("/t"), files={"t": text}
            )


# 11. data, json, params


def _sent(name: str, make: Any, method: str = "post") -> None:
    scenario(name, 11, lambda requests, server: requests.request(method, server.url("/b"), **make()))


class _Sized:
    """An iterator that knows its length, as toolbelt's bodies do."""

    def __init__(self) -> None:
        self.parts = [b"one", b"two"]

    def __len__(self) -> int:
        return 6

    def __iter__(self) -> Any:
        return iter(self.parts)


class _Encoder:
    """A file-like body with `len`, as toolbelt's MultipartEncoder."""

    content_type = "multipart/form-data; boundary=b"
    len = 5

    def __init__(self) -> None:
        self.source = io.BytesIO(b"12345")

    def read(self, size: int = -1) -> bytes:
        return self.source.read(size)


def _generator() -> Any:
    yield b"first "
    yield b"second"


def _strings() -> Any:
    yield "str "
    yield "ümlaut"


def _seeked() -> io.BytesIO:
    source = io.BytesIO(b"0123456789")
    source.seek(4)
    return source


_sent("data as a dict", lambda: {"data": {"a": "1", "b": ["x", "y"], "ü": "ö ä", "n": None, "i": 5}})
_sent("data as a list of tuples", lambda: {"data": [("b", "1"), ("a", "2"), ("b", "3")]})
_sent("data as bytes", lambda: {"data": b"\x00\xffraw"})
_sent("data as str", lambda: {"data": "text"})
_sent("data as non-ASCII str", lambda: {"data": "grüße"})
_sent("data as an empty dict", lambda: {"data": {}})
_sent("data as a file object", lambda: {"data": io.BytesIO(b"file body")})
_sent("data as a file read in part", lambda: {"data": _seeked()})
_sent("data as an empty file", lambda: {"data": io.BytesIO(b"")})
_sent("data as a text file object", lambda: {"data": io.StringIO("text stream")})
_sent("data as a generator", lambda: {"data": _generator()}, "put")
_sent("data as a generator of str", lambda: {"data": _strings()})
_sent("data as an iterator with a length", lambda: {"data": _Sized()})
_sent("data as an encoder", lambda: {"data": _Encoder(), "headers": {"Content-Type": _Encoder.content_type}})
_sent("data as a bytearray", lambda: {"data": bytearray(b"array")})
_sent("data with an own Content-Type", lambda: {"data": {"a": 1}, "headers": {"Content-Type": "x/y"}})
_sent("data on GET", lambda: {"data": {"a": 1}}, "get")
_sent("json of many kinds", lambda: {"json": {"ü": [1, 2.5, None, True, "日本"], "o": {"z": 1, "a": 2}}})
_sent("json null-like values", lambda: {"json": None})
_sent("json empty dict", lambda: {"json": {}})
_sent("json list", lambda: {"json": []})
_sent("json false", lambda: {"json": False})
_sent("json with an own Content-Type", lambda: {"json": [1], "headers": {"content-type": "application/vnd+json"}})
_sent("json beside data", lambda: {"json": {"j": 1}, "data": {"d": 2}})
_sent("json that is not JSON", lambda: {"json": {"x": float("nan")}})
_sent("json of a strange object", lambda: {"json": {1, 2}})
_sent("a generator of empty pieces", lambda: {"data": iter([b"", b"a", b"", b"b"])})
_sent("an own Content-Length is kept for bytes", lambda: {"data": b"12345", "headers": {"Content-Length": "5"}})
_sent("a generator beside files is refused", lambda: {"data": _generator(), "files": {"f": b"x"}})
_sent("a body of 100 kB", lambda: {"data": b"x" * 100_000})

for _label, _params in (
    ("dict", {"a": "1", "b": ["2", "3"], "n": None, "ü": "ö&="}),
    ("list of tuples", [("b", 1), ("a", 2), ("b", 3)]),
    ("bytes", b"raw=%20x"),
    ("str", "raw=ü x"),
    ("empty", {}),
    ("tuple values", {"t": (1, 2)}),
    ("a dict of int keys and bools", {"1": True, "2": 1.5}),
):
    scenario(
        f"params as {_label}",
        11,
        lambda requests, server, params=_params: requests.get(server.url("/p?have=1#frag"), params=params),
    )
for _path in (
    "/a%20b/%C3%BC",
    "/a b/ü",
    "/%",
    "/%zz%41",
    "/a;b=c,d:e@f!$&'()*+",
    "/~-._",
    '/"<>\\^`{|}',
    "/..%2F../x",
    "/a//b/../c",
    "?",
    "/?a=b?c",
    "/?x=%zz&y=ü&z=[1]",
):
    scenario(f"the path {_path}", 11, lambda requests, server, path=_path: requests.get(server.url(path)))


# 12. auth


scenario(
    "auth as a tuple", 12, lambda requests, server: requests.get(server.url("/basic/user/pass"), auth=("user", "pass"))
)
scenario("auth with umlauts", 12, lambda requests, server: requests.get(server.url("/"), auth=("üser", "päss")))
scenario("auth of bytes", 12, lambda requests, server: requests.get(server.url("/"), auth=(b"\xffu", b"p\xfe")))
scenario("auth as numbers warns", 12, lambda requests, server: requests.get(server.url("/"), auth=(1, 2)))
scenario(
    "auth in the URL", 12, lambda requests, server: requests.get(server.url("/", host=f"us%40er:p%3Aw@{server.host}"))
)
scenario(
    "auth in the URL and as an argument",
    12,
    lambda requests, server: requests.get(server.url("/", host=f"a:b@{server.host}"), auth=("c", "d")),
)
scenario(
    "HTTPBasicAuth, HTTPProxyAuth",
    12,
    lambda requests, server: [
        requests.get(server.url("/"), auth=requests.auth.HTTPBasicAuth("u", "p")),
        requests.get(server.url("/"), auth=requests.auth.HTTPProxyAuth("u", "p")),
    ],
)


@scenario("auth as a function", 12)
def _(requests: Any, server: Any) -> Any:
    def sign(request: Any) -> Any:
        request.headers["X-Sign"] = f"{request.method} {request.path_url} {request.body}"
        request.body = (request.body or "") + "!"
        return request

    return requests.post(server.url("/signed"), data="abc", auth=sign)


@scenario("an AuthBase subclass on the session", 12)
def _(requests: Any, server: Any) -> Any:
    class Token(requests.auth.AuthBase):  # type: ignore[misc]
        def __call__(self, request: Any) -> Any:
            request.headers["Authorization"] = "Token t"
            return request

    s = requests.Session()
    s.auth = Token()
    return s.get(server.url("/")), s.get(server.url("/"), auth=("u", "p"))


@scenario("digest answers a challenge", 12)
def _(requests: Any, server: Any) -> Any:
    auth = requests.auth.HTTPDigestAuth("user", "pass")
    s = requests.Session()
    return s.get(server.url("/digest/user"), auth=auth), s.get(server.url("/digest/user"), auth=auth), s.cookies


for _algorithm in ("MD5", "MD5-SESS", "SHA", "SHA-256", "SHA-512", "UNKNOWN"):
    scenario(
        f"digest by {_algorithm}",
        12,
        lambda requests, server, algorithm=_algorithm: requests.get(
            server.url(f"/digest/user?algorithm={algorithm}"), auth=requests.auth.HTTPDigestAuth("user", "pass")
        ),
    )
scenario(
    "digest with a body and a wrong user",
    12,
    lambda requests, server: [
        requests.post(server.url("/digest/u"), data=b"abc", auth=requests.auth.HTTPDigestAuth("u", "p")),
        requests.post(server.url("/digest/other"), data=b"abc", auth=requests.auth.HTTPDigestAuth("u", "p")),
    ],
)


@contextmanager
def _netrc() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "netrc")
        with open(path, "w") as out:
            out.write("machine 127.0.0.1 login n password s\n")
        with mock.patch.dict("os.environ", {"NETRC": path}):
            yield


@scenario("netrc is used when nothing else is said", 12)
def _(requests: Any, server: Any) -> Any:
    with _netrc():
        return requests.get(server.url("/")), requests.get(server.url("/"), auth=("own", "auth"))


@scenario("netrc beside an own Authorization header", 12)
def _(requests: Any, server: Any) -> Any:
    with _netrc():
        return requests.get(server.url("/"), headers={"Authorization": "Bearer mine"})


scenario(
    "_basic_auth_str",
    12,
    lambda requests, server: [requests.auth._basic_auth_str("u", "p"), requests.auth._basic_auth_str("ü", "")],
)

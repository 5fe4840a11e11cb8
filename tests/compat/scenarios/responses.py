"""Responses: reading, text, raw and hand-made ones (IDIOMS 14, 15, 16, 17, 30)."""

from __future__ import annotations

import csv
import io
import shutil
import tarfile
import weakref
import zlib
from typing import Any

from support.differential import scenario
from support.scripted import chunked, chunked_response, close, receive, response, send

# 14. reading a response

scenario("ok and truth", 14, lambda requests, server: [
    (bool(response), response.ok)
    for response in (requests.get(server.url(f"/status/{code}")) for code in (200, 399, 404, 500))
])  # fmt: skip
for _status in (400, 404, 500, 599, 399, 600):
    scenario(
        f"raise_for_status on {_status}",
        (14, 18),
        lambda requests, server, status=_status: requests.get(
            server.url(f"/status/{status}/Some%20Reason")
        ).raise_for_status(),
    )
scenario("the words of raise_for_status", (14, 18), lambda requests, server: _words(requests, server))


def _words(requests: Any, server: Any) -> Any:
    try:
        requests.get(server.url("/status/404/Not%20There")).raise_for_status()
    except requests.HTTPError as error:
        return str(error)
    return None


def _get(requests: Any, server: Any) -> Any:
    return requests.get(server.url("/"))


def _stream(requests: Any, server: Any, path: str) -> Any:
    return requests.get(server.url(path), stream=True)


scenario("iterating a response", 14, lambda requests, server: list(_stream(requests, server, "/bytes/1000")))
scenario(
    "iter_content by 7", 14, lambda requests, server: list(_stream(requests, server, "/bytes/100").iter_content(7))
)
scenario(
    "iter_content of a compressed body",
    14,
    lambda requests, server: list(_stream(requests, server, "/gzip").iter_content(100)),
)
scenario(
    "iter_content decoded",
    14,
    lambda requests, server: list(
        _stream(requests, server, "/text?charset=utf-8").iter_content(3, decode_unicode=True)
    ),
)
scenario(
    "iter_content without an encoding",
    14,
    lambda requests, server: list(_stream(requests, server, "/bytes/10").iter_content(4, decode_unicode=True)),
)
scenario(
    "iter_content(None) gives it all",
    14,
    lambda requests, server: b"".join(_stream(requests, server, "/chunks/5").iter_content(None)),
)
scenario(
    "iter_content with a strange size",
    14,
    lambda requests, server: list(requests.get(server.url("/")).iter_content("1024")),
)
scenario(
    "iter_content after content",
    14,
    lambda requests, server: list(requests.get(server.url("/bytes/10")).iter_content(3)),
)
scenario("iter_lines", 14, lambda requests, server: list(_stream(requests, server, "/lines").iter_lines()))
scenario(
    "iter_lines decoded",
    14,
    lambda requests, server: list(_stream(requests, server, "/lines").iter_lines(decode_unicode=True)),
)
scenario(
    "iter_lines with a delimiter",
    14,
    lambda requests, server: list(_stream(requests, server, "/chunks/3").iter_lines(delimiter=b";")),
)
scenario(
    "content after a part was read",
    (14, 18),
    lambda requests, server: (lambda response: (next(response.iter_content(10)), response.content))(
        _stream(requests, server, "/bytes/100")
    ),
)
scenario(
    "reading twice",
    (14, 18),
    lambda requests, server: (lambda response: (list(response.iter_content(10)), list(response.iter_content(10))))(
        _stream(requests, server, "/bytes/30")
    ),
)
scenario("links", 14, lambda requests, server: requests.get(server.url("/links")).links)
scenario("json", 14, lambda requests, server: requests.get(server.url("/json")).json())
scenario(
    "json with its own parser", 14, lambda requests, server: requests.get(server.url("/json")).json(parse_float=str)
)
scenario("json that is none", (14, 18), lambda requests, server: requests.get(server.url("/lines")).json())
scenario("json of nothing", (14, 18), lambda requests, server: requests.get(server.url("/empty")).json())
for _charset in ("utf-8", "iso-8859-1", "utf-16", "shift_jis", "", "nonsense", '"utf-8"'):
    scenario(
        f"text with charset {_charset!r}",
        14,
        lambda requests, server, charset=_charset: (
            requests.get(server.url(f"/text?charset={charset}")).text
            if charset != '"utf-8"'
            else requests.get(server.url('/headers?Content-Type=text/x;charset="utf-8"')).encoding
        ),
    ) if _charset != "nonsense" else scenario(
        "text with an unknown charset",
        14,
        lambda requests, server: requests.get(server.url("/headers?Content-Type=text/plain;charset=nonsense")),
    )


@scenario("an encoding set by hand", 14)
def _(requests: Any, server: Any) -> Any:
    response = requests.get(server.url("/text"))
    before = response.encoding
    response.encoding = "utf-8"
    return before, response.text


@scenario("with a streamed response", 14)
def _(requests: Any, server: Any) -> Any:
    with _stream(requests, server, "/bytes/100000") as response:
        part = response.raw.read(10)
    return part, response.raw.closed


@scenario("elapsed and repr", 14)
def _(requests: Any, server: Any) -> Any:
    response = requests.get(server.url("/"))
    return 0 <= response.elapsed.total_seconds() < 60, repr(response), type(response.elapsed).__name__


@scenario("duplicate fields, odd fields and their order", 14)
def _(requests: Any, server: Any) -> Any:
    response = requests.get(server.url("/headers?B=1&a=2&B=3&Empty=&Set-Cookie=x%3D1&Set-Cookie=y%3D2"))
    return response, list(response.headers), response.headers.get("b"), response.headers["SET-COOKIE"]


for _status in (100 + 104, 205, 304):
    scenario(
        f"status {_status}", 14, lambda requests, server, status=_status: requests.get(server.url(f"/status/{status}"))
    )
scenario("HEAD with a length", 14, lambda requests, server: requests.head(server.url("/bytes/100")))
scenario("gzip", 14, lambda requests, server: requests.get(server.url("/gzip")))
scenario("deflate", 14, lambda requests, server: requests.get(server.url("/deflate")))
scenario("raw deflate", 14, _get, script=lambda: [[
    receive(), send(response(zlib.compress(b"zlib body" * 9)[2:-4], headers=[("Content-Encoding", "deflate")]))
]])  # fmt: skip
scenario("gzip and deflate stacked", 14, _get, script=lambda: [[
    receive(), send(response(_gzip(zlib.compress(b"twice")), headers=[("Content-Encoding", "deflate, gzip")]))
]])  # fmt: skip
scenario("two gzip members", 14, _get, script=lambda: [[
    receive(), send(response(_gzip(b"one ") + _gzip(b"two"), headers=[("Content-Encoding", "gzip")]))
]])  # fmt: skip
scenario("an unknown coding is left alone", 14, _get, script=lambda: [[
    receive(), send(response(b"as is", headers=[("Content-Encoding", "x-odd")]))
]])  # fmt: skip
scenario("an empty body with gzip", 14, _get, script=lambda: [[
    receive(), send(response(b"", headers=[("Content-Encoding", "gzip")]))
]])  # fmt: skip
scenario("broken gzip", (14, 18), _get, script=lambda: [[
    receive(), send(response(b"not gzip at all", headers=[("Content-Encoding", "gzip")]))
]])  # fmt: skip
scenario("chunked with extensions and trailers", 14, _get, script=lambda: [[
    receive(), send(response(headers=[("Transfer-Encoding", "chunked")]) + b"3;a=b\r\nabc\r\n0\r\nX-T: 1\r\n\r\n")
]])  # fmt: skip
scenario("body until close", 14, _get, script=lambda: [[
    receive(), send(response(b"until the end", length=False)), close()
]])  # fmt: skip
scenario("HTTP/1.0", 14, lambda requests, server: _get(requests, server).raw.version, script=lambda: [[
    receive(), send(response(b"old", version="HTTP/1.0", length=False)), close()
]])  # fmt: skip


def _gzip(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data, mtime=0)


# 15, 30. raw


@scenario("copyfileobj from raw", 15)
def _(requests: Any, server: Any) -> Any:
    response = _stream(requests, server, "/gzip")
    response.raw.decode_content = True
    out = io.BytesIO()
    shutil.copyfileobj(response.raw, out)
    return out.getvalue()


scenario("raw without decoding", 15, lambda requests, server: len(_stream(requests, server, "/gzip").raw.read()))
scenario(
    "raw with decoding", 15, lambda requests, server: _stream(requests, server, "/gzip").raw.read(decode_content=True)
)
scenario(
    "raw read in parts",
    (15, 30),
    lambda requests, server: (lambda raw: [raw.read(3), raw.read(4), raw.tell(), raw.read(), raw.read(), raw.read(5)])(
        _stream(requests, server, "/bytes/20").raw
    ),
)
scenario("raw.stream", (15, 30), lambda requests, server: list(_stream(requests, server, "/bytes/20").raw.stream(8)))
scenario(
    "raw.stream of chunks", (15, 30), lambda requests, server: list(_stream(requests, server, "/chunks/3").raw.stream())
)


@scenario("raw.readinto and its friends", (15, 30))
def _(requests: Any, server: Any) -> Any:
    raw = _stream(requests, server, "/lines").raw
    buffer = bytearray(5)
    count = raw.readinto(buffer)
    return count, bytes(buffer), raw.readline(), raw.readlines(), raw.readable(), raw.writable(), raw.seekable()


@scenario("what raw knows", (15, 30))
def _(requests: Any, server: Any) -> Any:
    response = _stream(requests, server, "/headers?Set-Cookie=a%3D1&Set-Cookie=b%3D2&X-A=v")
    raw = response.raw
    facts = [
        raw.status, raw.reason, raw.version, raw.version_string, raw.headers.getlist("Set-Cookie"),
        raw.getheader("x-a"),
        sorted(raw.getheaders().items()), raw.isclosed(), raw.closed, raw.chunked, raw.length_remaining,
        raw.decode_content, raw.geturl(), raw.url, raw.supports_chunked_reads(), raw.get_redirect_location(),
        raw.auto_close, raw.enforce_content_length, raw._request_url,
    ]  # fmt: skip
    return facts, raw.data, raw.isclosed(), raw.closed, raw._original_response.msg.get_all("Set-Cookie")


@scenario("raw.headers behave like urllib3's", (15, 30))
def _(requests: Any, server: Any) -> Any:
    headers = _stream(requests, server, "/headers?A=1&a=2&B=3").raw.headers
    headers.add("A", "4")
    headers.extend({"C": "5"})
    return list(headers.items()), headers.getlist("a"), headers["A"], "b" in headers, headers.get("none"), list(headers)


@scenario("raw data, release and close", (15, 30))
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    response = s.get(server.url("/bytes/10"), stream=True)
    data = response.raw.data
    response.raw.release_conn()
    response.raw.close()
    return data, response.raw.closed, s.get(server.url("/again")).json()["connection"]


@scenario("a released connection that was read is used again", (15, 30))
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    response = s.get(server.url("/bytes/10"), stream=True)
    response.raw.read()
    return s.get(server.url("/again")).json()["connection"]


@scenario("a closed stream is not used again", (15, 30))
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    response = s.get(server.url("/bytes/1000000"), stream=True)
    response.raw.read(10)
    response.close()
    return s.get(server.url("/again")).json()["connection"], response.raw.closed


@scenario("drain_conn makes the connection usable", 30)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    response = s.get(server.url("/bytes/100"), stream=True)
    response.raw.drain_conn()
    response.raw.release_conn()
    return s.get(server.url("/again")).json()["connection"]


@scenario("raw under TextIOWrapper and csv", (15, 30))
def _(requests: Any, server: Any) -> Any:
    raw = _stream(requests, server, "/lines").raw
    raw.auto_close = False
    return list(csv.reader(io.TextIOWrapper(raw, encoding="utf-8", newline="")))


@scenario("raw under tarfile", (15, 30), script=lambda: [[receive(), send(response(_tar()))]])
def _(requests: Any, server: Any) -> Any:
    with tarfile.open(fileobj=_stream(requests, server, "/tar").raw, mode="r|gz") as archive:
        return [(member.name, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.txt")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"hello"))
    return out.getvalue()


@scenario("raw.read1 and read_chunked", 30)
def _(requests: Any, server: Any) -> Any:
    one = _stream(requests, server, "/bytes/20").raw
    chunks = _stream(requests, server, "/chunks/3").raw
    return one.read1(5), one.read1(), list(chunks.read_chunked())


@scenario("read_chunked needs a chunked body", 30)
def _(requests: Any, server: Any) -> Any:
    try:
        return list(_stream(requests, server, "/bytes/5").raw.read_chunked())
    except Exception as error:
        return type(error).__name__


@scenario("raw can be weakly referenced and written on", 30)
def _(requests: Any, server: Any) -> Any:
    response = _stream(requests, server, "/bytes/5")
    reference = weakref.ref(response.raw)
    response.raw.version = 99
    response.raw.reason = "mine"
    response.raw.enforce_content_length = True
    return reference() is response.raw, response.raw.version, response.raw.reason, response.content


@scenario("a wrapped _fp is read through", 30)
def _(requests: Any, server: Any) -> Any:
    class Wrapper:
        def __init__(self, inner: Any) -> None:
            self.inner = inner
            self.seen = b""

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def read(self, *args: Any, **kw: Any) -> Any:
            data = self.inner.read(*args, **kw)
            self.seen += data
            return data

    response = _stream(requests, server, "/bytes/20")
    wrapper = response.raw._fp = Wrapper(response.raw._fp)
    return response.content, wrapper.seen


@scenario("raw.json", 30)
def _(requests: Any, server: Any) -> Any:
    return _stream(requests, server, "/json").raw.json()


# 16. the connection below


@scenario("names of both ends", 16)
def _(requests: Any, server: Any) -> Any:
    response = _stream(requests, server, "/bytes/10")
    sock = response.raw._connection.sock
    return sock.getpeername()[0], sock.getpeername()[1] == server.port, sock.getsockname()[0]


@scenario("raw.connection before and after reading", 16)
def _(requests: Any, server: Any) -> Any:
    response = _stream(requests, server, "/bytes/10")
    before = response.raw.connection is not None, response.raw._connection is response.raw.connection
    response.content  # noqa: B018
    return before, response.raw.connection is None


@scenario("the socket under _fp", 16)
def _(requests: Any, server: Any) -> Any:
    response = _stream(requests, server, "/bytes/10")
    return response.raw._fp.fp.raw._sock.getpeername()[1] == server.port


@scenario("_original_response", 16)
def _(requests: Any, server: Any) -> Any:
    response = _stream(requests, server, "/headers?A=1&A=2")
    original = response.raw._original_response
    return original.msg.get_all("A"), original.isclosed()


@scenario("the connection's host and port", 16)
def _(requests: Any, server: Any) -> Any:
    response = _stream(requests, server, "/bytes/10")
    return response.raw._connection.host, response.raw._connection.port == server.port


@scenario("the peer's certificate", 16, tls=lambda: _tls())
def _(requests: Any, server: Any) -> Any:
    from support import certificates

    response = requests.get(server.url("/bytes/10"), stream=True, verify=certificates.ca_path())
    names = response.raw._connection.sock.getpeercert()["subjectAltName"]
    return names, isinstance(response.raw.connection.sock.getpeercert(True), bytes)


def _tls() -> Any:
    from support import certificates

    return certificates.server_context()


# 17. hand-made responses


@scenario("a bare Response", 17)
def _(requests: Any, server: Any) -> Any:
    response = requests.Response()
    return (
        response.status_code,
        response.url,
        response.encoding,
        response.reason,
        response.history,
        response.headers,
        response.cookies,
        response.request,
        response.raw,
        response.ok if 0 else None,
    )


@scenario("a Response filled by hand", 17)
def _(requests: Any, server: Any) -> Any:
    response = requests.Response()
    response.status_code, response._content, response.url, response.encoding, response.reason = (
        404,
        b'{"a": 1}',
        "http://x/",
        "utf-8",
        "Gone",
    )
    response.headers["Content-Type"] = "application/json"
    return response, response.json(), repr(response)


@scenario("a Response over BytesIO", 17)
def _(requests: Any, server: Any) -> Any:
    response = requests.Response()
    response.status_code, response.raw, response.encoding = 200, io.BytesIO(b"line one\nline two"), "ascii"
    return list(response.iter_lines(decode_unicode=True)), response._content_consumed


@scenario("a Response over urllib3's HTTPResponse", 17)
def _(requests: Any, server: Any) -> Any:
    import urllib3

    response = requests.Response()
    response.status_code = 200
    response.raw = urllib3.HTTPResponse(body=io.BytesIO(b"0123456789"), preload_content=False)
    return list(response.iter_content(4)), response.content if False else None


@scenario("an empty Response has no content", 17)
def _(requests: Any, server: Any) -> Any:
    response = requests.Response()
    return response.content, response.text


@scenario(
    "a body in pieces on the wire",
    (14, 30),
    script=lambda: [[receive(), send(chunked_response(b"a", b"bc", b"def"), pieces=3)]],
)
def _(requests: Any, server: Any) -> Any:
    return requests.get(server.url("/"))


@scenario("a chunk and its end cut anywhere", 14, script=lambda: [
    [receive(), send(response(headers=[("Transfer-Encoding", "chunked")]) + chunked(b"abc" * 9), pieces=1)]
])  # fmt: skip
def _(requests: Any, server: Any) -> Any:
    return requests.get(server.url("/"))

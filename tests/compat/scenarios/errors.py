"""Exchanges that fail, and heads that only look like it (IDIOMS 18)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from support.differential import scenario
from support.scripted import Step, chunked, close, closed_port, receive, receive_head, reset, response, send, stall

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def _get(requests: Any, server: Any, **kw: Any) -> Any:
    return requests.get(server.url("/path"), timeout=kw.pop("timeout", 5), **kw)


def _sends(data: bytes, *more: Step) -> Callable[[], Sequence[Sequence[Step]]]:
    return lambda: [[receive(), send(data), *(more or (close(),))]]


def _streamed(requests: Any, server: Any) -> Any:
    """Read as a stream: the pieces that came and what ended it."""
    got = []
    try:
        got.extend(requests.get(server.url("/path"), timeout=5, stream=True).iter_content(4))
    except Exception as error:
        return b"".join(got), error
    return b"".join(got)


FAULTS: dict[str, Callable[[], Sequence[Sequence[Step]]]] = {
    "closed before the head": lambda: [[receive(), close()]],
    "reset before the head": lambda: [[receive(), reset()]],
    "closed in the status line": _sends(b"HTTP/1.1 20"),
    "closed in the head": _sends(OK + b"Content-Length: 5\r\nX-Part"),
    "a truncated body": _sends(OK + b"Content-Length: 10\r\n\r\nabc"),
    "a truncated chunk": _sends(CHUNKED + b"a\r\nabc"),
    "a missing last chunk": _sends(CHUNKED + b"3\r\nabc\r\n"),
    "closed after the chunk size": _sends(CHUNKED + b"3\r\n"),
    "reset in the body": _sends(OK + b"Content-Length: 10\r\n\r\nabc", reset()),
    "a chunk size of junk": _sends(CHUNKED + b"xyz\r\nabc\r\n0\r\n\r\n"),
    "a chunk size of 0x3": _sends(CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n"),
    "a chunk size of +3": _sends(CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n"),
    "a negative chunk size": _sends(CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n"),
    "a chunk that ends late": _sends(CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n"),
    "an empty chunk size": _sends(CHUNKED + b"\r\nabc\r\n0\r\n\r\n"),
    "garbage": _sends(b"this is not HTTP at all\r\n\r\n"),
    "SSH's banner": _sends(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "an HTTP/2 preface": _sends(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "an empty line and nothing": _sends(b"\r\n"),
    "a status of letters": _sends(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a status of 99": _sends(b"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n"),
    "a status of 1000": _sends(b"HTTP/1.1 1000 High\r\nContent-Length: 0\r\n\r\n"),
    "a version of 9.9": _sends(b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "a NUL in a value": _sends(OK + b"X: a\x00b\r\nContent-Length: 2\r\n\r\nok"),
    "a bare CR in a value": _sends(OK + b"X: a\rb\r\nContent-Length: 2\r\n\r\nok"),
    "Content-Length: +2": _sends(OK + b"Content-Length: +2\r\n\r\nok"),
    "Content-Length: -2": _sends(OK + b"Content-Length: -2\r\n\r\nok"),
    "Content-Length: 2x": _sends(OK + b"Content-Length: 2x\r\n\r\nok"),
    "Content-Length: 0x2": _sends(OK + b"Content-Length: 0x2\r\n\r\nok"),
    "two different lengths": _sends(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
    "different lengths in a list": _sends(OK + b"Content-Length: 2, 3\r\n\r\nok"),
    "bad gzip data": _sends(response(b"\x1f\x8b\x08 nonsense", headers=[("Content-Encoding", "gzip")])),
    "truncated gzip data": _sends(
        response(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03K", headers=[("Content-Encoding", "gzip")])
    ),
}
SLOPPY: dict[str, Callable[[], Sequence[Sequence[Step]]]] = {
    "a space before the colon": _sends(OK + b"X-A : 1\r\nContent-Length: 2\r\n\r\nok"),
    "a line without a colon": _sends(OK + b"no colon here\r\nContent-Length: 2\r\n\r\nok"),
    "a strange field name": _sends(OK + b"X(odd): 1\r\nContent-Length: 2\r\n\r\nok"),
    "an empty field name": _sends(OK + b": 1\r\nContent-Length: 2\r\n\r\nok"),
    "bare LF line ends": _sends(b"HTTP/1.1 200 OK\nContent-Length: 2\nX: 1\n\nok"),
    "an empty reason": _sends(b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"),
    "no reason and no space": _sends(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"),
    "a Latin-1 reason": _sends(b"HTTP/1.1 200 Gr\xfc\xdfe\r\nContent-Length: 2\r\n\r\nok"),
    "a UTF-8 reason": _sends("HTTP/1.1 404 Нет\r\nContent-Length: 2\r\n\r\nok".encode()),
    "two spaces in the status line": _sends(b"HTTP/1.1  200  OK\r\nContent-Length: 2\r\n\r\nok"),
    "a tab in the reason": _sends(b"HTTP/1.1 200 a\tb\r\nContent-Length: 2\r\n\r\nok"),
    "HTTP/1.0 with a length": _sends(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    "HTTP/1.2": _sends(b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    "identity": _sends(OK + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok"),
    "identity until close": _sends(OK + b"Transfer-Encoding: identity\r\n\r\nok"),
    "chunked twice": _sends(OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"ok")),
    "chunked twice in a list": _sends(OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + chunked(b"ok")),
    "Chunked with a capital": _sends(OK + b"Transfer-Encoding: Chunked\r\n\r\n" + chunked(b"ok")),
    "chunked and a length": _sends(OK + b"Transfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n" + chunked(b"ok")),
    "an empty Content-Length": _sends(OK + b"Content-Length:\r\n\r\nok"),
    "the same length twice": _sends(OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
    "the same length in a list": _sends(OK + b"Content-Length: 2, 2\r\n\r\nok"),
    "a head without its last line end": _sends(OK + b"Content-Length: 0\r\n"),
    "a folded field": _sends(OK + b"X-Fold: one\r\n two\r\nContent-Length: 2\r\n\r\nok"),
    "a Latin-1 value": _sends(OK + b"X: gr\xfcn\r\nContent-Length: 2\r\n\r\nok"),
    "a control character in a value": _sends(OK + b"X: a\x01b\x7f\r\nContent-Length: 2\r\n\r\nok"),
    "spaces around a value": _sends(OK + b"X: \t both \t\r\nContent-Length: 2\r\n\r\nok"),
    "200 with nothing else": _sends(OK + b"\r\n"),
    "a chunk size with spaces": _sends(CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n"),
    "a chunk size with leading zeros": _sends(CHUNKED + b"0003\r\nabc\r\n000\r\n\r\n"),
    "chunk lines ended by LF": _sends(CHUNKED + b"3\nabc\n0\n\n"),
    "close instead of the last empty line": _sends(CHUNKED + b"3\r\nabc\r\n0\r\n"),
    "an upper case chunk size": _sends(CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n"),
    "more than was announced": _sends(OK + b"Content-Length: 2\r\n\r\nokEXTRA"),
    "a status of 600": _sends(b"HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nok"),
    "100 before the response": _sends(b"HTTP/1.1 100 Continue\r\n\r\n" + response("ok")),
    "103 before the response": _sends(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + response("ok")),
    "102 twice before the response": _sends(b"HTTP/1.1 102 Processing\r\n\r\n" * 2 + response("ok")),
    "204 with a length": _sends(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"),
    "304 with a length": _sends(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
    "a response before the request ended": lambda: [
        [receive_head(), send(response("early", 413, "Too Large")), close()]
    ],
    "an empty line before the response": _sends(b"\r\n" + response("ok")),
    "ICY": _sends(b"ICY 200 OK\r\nContent-Length: 2\r\n\r\nok"),
}  # fmt: skip

for _name, _script in FAULTS.items():
    scenario(f"fault: {_name}", 18, _get, script=_script)
    scenario(f"fault in a stream: {_name}", 18, _streamed, script=_script)
for _name, _script in SLOPPY.items():
    scenario(f"sloppy: {_name}", 18, _get, script=_script)

scenario("HEAD ignores a length", 18, lambda requests, server: requests.head(server.url("/"), timeout=5),
         script=_sends(OK + b"Content-Length: 10\r\n\r\n", stall()
))  # fmt: skip
scenario("connection refused", 18, lambda requests, server: requests.get(f"http://127.0.0.1:{closed_port()}/"))
scenario("a name that does not exist", 18, lambda requests, server: requests.get("http://does-not-exist.invalid/"))
scenario(
    "a read timeout in the head", 18, lambda requests, server: _get(requests, server, timeout=(5, 0.1)),
    script=lambda: [[receive(), stall()]],
)  # fmt: skip
scenario(
    "a read timeout within the head", 18, lambda requests, server: _get(requests, server, timeout=(5, 0.1)),
    script=lambda: [[receive(), send(OK + b"X: y\r\n"), stall()]],
)  # fmt: skip
scenario(
    "a read timeout in the body", 18, lambda requests, server: _get(requests, server, timeout=(5, 0.6)),
    script=lambda: [[receive(), send(OK + b"Content-Length: 5\r\n\r\nab"), stall()]],
)  # fmt: skip
scenario(
    "a read timeout in a chunk", 18, lambda requests, server: _get(requests, server, timeout=(5, 0.6)),
    script=lambda: [[receive(), send(CHUNKED + b"5\r\nab"), stall()]],
)  # fmt: skip


@scenario("TLS to a plain server", 18, script=lambda: [[send(b"HTTP/1.1 400 Bad\r\n\r\n"), close()]])
def _(requests: Any, server: Any) -> Any:
    return requests.get(server.url("/", scheme="https"), timeout=5)


@scenario("a generator that raises", 18, script=lambda: [[]])
def _(requests: Any, server: Any) -> Any:
    def broken() -> Any:
        yield b"a"
        raise KeyError("mine")

    return requests.post(server.url("/"), data=broken(), timeout=5)


@scenario("a generator that yields nonsense", 18, script=lambda: [[]])
def _(requests: Any, server: Any) -> Any:
    return requests.post(server.url("/"), data=iter([1, 2]), timeout=5)


@scenario("exceptions carry what they were given", 18)
def _(requests: Any, server: Any) -> Any:
    prepared = requests.Request("GET", "http://x/").prepare()
    response = requests.Response()
    response.request, response.status_code = prepared, 500
    return [
        requests.RequestException(request=prepared),
        requests.RequestException(response=response),
        requests.HTTPError("words", response=response),
        requests.ConnectTimeout("a", "b"),
        issubclass(requests.ConnectTimeout, requests.ConnectionError),
        issubclass(requests.ConnectTimeout, requests.Timeout),
        issubclass(requests.RequestException, IOError),
    ]


@scenario("args[0].reason tells the cause", 18)
def _(requests: Any, server: Any) -> Any:
    try:
        requests.get(f"http://127.0.0.1:{closed_port()}/")
    except requests.ConnectionError as error:
        return type(error.args[0]).__name__, type(error.args[0].reason).__name__, "127.0.0.1" in str(error)
    return None


@scenario("an error's message names host and port", 18, script=lambda: [[receive(), stall()]])
def _(requests: Any, server: Any) -> Any:
    try:
        _get(requests, server, timeout=(5, 0.1))
    except requests.ReadTimeout as error:
        return "127.0.0.1" in str(error), str(server.port) in str(error), type(error.args[0]).__name__
    return None


# A second request on the session, after something odd happened to the first.


def _twice(method: str = "GET", **kw: Any) -> Any:
    def run(requests: Any, server: Any) -> Any:
        s = requests.Session()
        first = s.get(server.url("/one"), timeout=5)
        return first.text, s.request(method, server.url("/two"), **{"timeout": 5, **kw})

    return run


HELLO = response("one")


def _pair(*steps: Step) -> Callable[[], Sequence[Sequence[Step]]]:
    return lambda: [[receive(), *steps], [receive(), send(response("two"))]]


for _name, _steps in {
    "Connection: close": (send(response("one", headers=[("Connection", "close")])), close()),
    "Connection: close, but it stays open": (send(response("one", headers=[("Connection", "close")])), stall()),
    "HTTP/1.0": (send(response("one", version="HTTP/1.0")), close()),
    "HTTP/1.0, but it stays open": (send(response("one", version="HTTP/1.0")), stall()),
    "a body until close": (send(response("one", length=False)), close()),
}.items():
    scenario(f"the next request after {_name}", (8, 18), _twice(), script=_pair(*_steps))
scenario("HTTP/1.0 with keep-alive is used again", (8, 18), _twice(), script=lambda: [[
    receive(), send(response("one", version="HTTP/1.0", headers=[("Connection", "keep-alive")])),
    receive(), send(response("two")),
]])  # fmt: skip
scenario("a GET on a connection that dies under it", (8, 18), _twice(), script=_pair(send(HELLO), receive(), close()))
scenario(
    "a POST on a connection that dies under it",
    (8, 18),
    _twice("POST", data=b"x"),
    script=_pair(send(HELLO), receive(), close()),
)
scenario("leftover bytes after the response", (8, 18), _twice(timeout=5), script=_pair(send(HELLO + b"LEFT"), stall()))

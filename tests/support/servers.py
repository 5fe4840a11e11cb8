"""Servers for whole programs: an echo server with routes, proxies, and httpbin.

`EchoServer` is built on the scripted peer: it records every request and counts connections just as a script does,
and responds by the path asked for (see `Routes`).
"""

from __future__ import annotations

import base64
import gzip
import json
import select
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .certificates import server_context
from .messages import Received, chunked_response, response
from .scripted import Conversation, Peer, Step, _End, _quietly, forever, receive, receive_head, send, start_tls

Route = Callable[[Received], bytes]
REASONS = {200: "OK", 204: "No Content", 301: "Moved Permanently", 302: "Found", 303: "See Other"}
REASONS |= {304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect", 401: "Unauthorized"}
REASONS |= {404: "Not Found", 407: "Proxy Authentication Required", 500: "Internal Server Error", 503: "Unavailable"}


def echo(request: Received) -> dict[str, Any]:
    """What arrived, as JSON can say it."""
    return {
        "method": request.method,
        "target": request.target,
        "version": request.version,
        "headers": [list(pair) for pair in request.headers],
        "body": request.payload.decode("latin-1"),
        "connection": request.connection,
    }


class Routes:
    """The paths an `EchoServer` knows; all others respond with the request as JSON.

    `/status/N[/reason]`, `/redirect/STATUS?to=URL&Name=value` (further fields), `/loop`,
    `/cookies/set?a=1&b=2` (values may carry attributes; Path=/ unless told; `/cookies/plain` adds none),
    `/headers?Name=value`, `/bytes/N`, `/chunks/N`, `/gzip`, `/deflate`, `/text?charset=..`, `/json`, `/lines`,
    `/links`, `/empty`, `/basic/USER/PASSWORD`, `/digest/USER`.
    """

    def __call__(self, request: Received) -> bytes:
        parts = urlsplit(request.target)
        name, *rest = [unquote(part) for part in parts.path.strip("/").split("/")]
        route = getattr(self, f"on_{name}", None)
        if route is None:
            return self.echo(request)
        response: bytes = route(request, rest, parse_qsl(parts.query, keep_blank_values=True))
        return response if request.method != "HEAD" else response.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    def echo(self, request: Received) -> bytes:
        """The request itself, as JSON."""
        return self.json_of(echo(request), request)

    @staticmethod
    def json_of(value: Any, request: Received | None = None, status: int = 200) -> bytes:
        whole = response(json.dumps(value), status, REASONS.get(status, "Odd"), [("Content-Type", "application/json")])
        head_only = request is not None and request.method == "HEAD"
        return whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head_only else whole

    def on_status(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        status = int(rest[0])
        reason = rest[1] if len(rest) > 1 else REASONS.get(status, "Odd")
        bodyless = status in (204, 304)
        return response(b"" if bodyless else b"body", status, reason, query, length=not bodyless)

    def on_redirect(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        status = int(rest[0])
        # A Location goes out as UTF-8, as most servers send it.
        fields = [("Location", v.encode().decode("latin-1")) if k == "to" else (k, v) for k, v in query]
        return response("moved", status, REASONS.get(status, "Odd"), fields)

    def on_loop(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response("round", 302, "Found", [("Location", request.target)])

    def on_cookies(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        path = "; Path=/" if rest == ["set"] else ""
        values = [f"{key}={value}" for key, value in query]
        return response("set", headers=[("Set-Cookie", v if "path=" in v.lower() else v + path) for v in values])

    def on_headers(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response("headers", headers=query)

    def on_bytes(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response(bytes(index % 251 for index in range(int(rest[0]))), headers=query)

    def on_chunks(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return chunked_response(*[b"piece %03d;" % index for index in range(int(rest[0]))], headers=query)

    def on_gzip(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        body = gzip.compress(b"compressed " * 50, mtime=0)
        return response(body, headers=[("Content-Encoding", "gzip"), ("Content-Type", "text/plain; charset=utf-8")])

    def on_deflate(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response(zlib.compress(b"deflated " * 50), headers=[("Content-Encoding", "deflate")])

    def on_text(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        charset = dict(query).get("charset", "")
        body = "grüße, 日本 ✓\n".encode(charset or "utf-8", "ignore")
        return response(body, headers=[("Content-Type", "text/plain" + (f"; charset={charset}" if charset else ""))])

    def on_json(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return self.json_of({"a": [1, 2.5, None, True], "ü": "日本"}, request)

    def on_lines(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response("one\ntwo\r\nthree\n\nfive", headers=[("Content-Type", "text/plain; charset=utf-8")])

    def on_links(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        link = '<http://example.org/?page=2>; rel="next"; title="b", <http://example.org/?page=9>; rel=last'
        return response("links", headers=[("Link", link)])

    def on_basic(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        wanted = "Basic " + base64.b64encode(":".join(rest).encode()).decode()
        if request.get("Authorization") == wanted:
            return self.echo(request)
        return response("who?", 401, "Unauthorized", [("WWW-Authenticate", 'Basic realm="here"')])

    def on_digest(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        if f'username="{rest[0]}"' in (request.get("Authorization") or ""):
            return self.echo(request)
        options = dict(query)
        challenge = f'Digest realm="here", nonce="abc", opaque="xyz", qop="{options.get("qop", "auth")}"'
        if "algorithm" in options:
            challenge += f", algorithm={options['algorithm']}"
        fields = [("WWW-Authenticate", challenge), ("Set-Cookie", "seen=1")]
        return response("who?", 401, "Unauthorized", fields)

    def on_empty(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response()


class Together:
    """A route that responds when so many requests wait for it, and breaks where they do not come at the same time."""

    def __init__(self, count: int, routes: Route | None = None) -> None:
        self._all = threading.Barrier(count)
        self._routes = routes or Routes()

    def __call__(self, request: Received) -> bytes:
        self._all.wait(20)
        return self._routes(request)


class EchoServer(Peer):
    """A keep-alive server that responds to every request by `routes`, on any number of connections."""

    def __init__(self, routes: Route | None = None, *, tls: ssl.SSLContext | None = None, **settings: Any) -> None:
        script: list[Step] = [forever(receive(), send(routes or Routes()))]
        super().__init__(script, repeat=True, tls=tls, **settings)


def tls_echo_server(*names: str) -> EchoServer:
    """An `EchoServer` behind TLS, with a certificate for `names` (default: 127.0.0.1, ::1, localhost)."""
    return EchoServer(tls=server_context(*names))


def _tunnel(left: socket.socket, right: socket.socket, over: threading.Event, early: bytes) -> None:
    """Copy bytes both ways until one side closes."""
    if early:
        right.sendall(early)
    other = {left: right, right: left}
    while not over.is_set():
        ready, _, _ = select.select([left, right], [], [], 0.5)
        for sock in ready:
            data = sock.recv(65536)
            if not data:
                return
            other[sock].sendall(data)


class ProxyServer(Peer):
    """A proxy: forwards requests in absolute form, tunnels CONNECT to wherever it is asked.

    `credentials="user:password"` makes it respond 407 to requests without them; `dead=True` refuses every CONNECT
    with 502. `requests` holds what it was asked (never what went through a tunnel).
    """

    def __init__(
        self, *, credentials: str | None = None, dead: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self.wanted = None if credentials is None else "Basic " + base64.b64encode(credentials.encode()).decode()
        self.dead = dead
        super().__init__([forever(receive_head(), self._serve)], repeat=True, tls=tls)

    def _serve(self, talk: Conversation) -> None:
        request = talk.request
        assert request is not None
        if request.method != "CONNECT":
            talk.reader.body(request)
        if self.wanted is not None and request.get("Proxy-Authorization") != self.wanted:
            challenge = [("Proxy-Authenticate", 'Basic realm="proxy"')]
            talk.sock.sendall(response("who?", 407, "Proxy Authentication Required", challenge))
        elif request.method == "CONNECT":
            self._connect(talk, request.target)
        else:
            talk.sock.sendall(self._forward(request))

    def _connect(self, talk: Conversation, target: str) -> None:
        if self.dead:
            talk.sock.sendall(response("no way", 502, "Bad Gateway"))
            return
        host, _, port = target.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), self.patience) as origin:
            talk.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _quietly(lambda: _tunnel(talk.sock, origin, self.over, talk.reader.buffer))
        raise _End

    def _forward(self, request: Received) -> bytes:
        parts = urlsplit(request.target)
        if not parts.hostname:
            return response("not for a proxy", 400, "Bad Request")
        with socket.create_connection((parts.hostname, parts.port or 80), self.patience) as origin:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            fields = [pair for pair in request.headers if pair[0].lower() not in ("proxy-authorization", "connection")]
            lines = "".join(f"{name}: {value}\r\n" for name, value in [*fields, ("Connection", "close")])
            origin.sendall(f"{request.method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + request.body)
            return _whole_response(origin, request.method)


def _whole_response(origin: socket.socket, method: str) -> bytes:
    from .messages import HEAD_END, Reader

    reader = Reader(origin)
    head = reader.until(HEAD_END)
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    if method == "HEAD" or not lengths:
        return head
    return head + reader.exactly(int(lengths[0].partition(b":")[2]))


def connect_script(origin: ssl.SSLContext, *steps: Step) -> list[Step]:
    """A script for one connection: respond to CONNECT, then be the TLS origin and follow `steps`."""
    return [receive_head(), send(b"HTTP/1.1 200 Connection established\r\n\r\n"), start_tls(origin), *steps]


@contextmanager
def httpbin() -> Iterator[str]:
    """A real httpbin on loopback; yields its address without a trailing slash."""
    from httpbin import app  # type: ignore[import-untyped]
    from pytest_httpbin.serve import Server  # type: ignore[import-untyped]

    with Server(application=app) as server:
        yield f"http://127.0.0.1:{server.port}"

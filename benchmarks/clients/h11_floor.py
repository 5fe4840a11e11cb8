"""The least Python that drives h11 correctly over a blocking socket: the floor that a design on h11 allows.

No pool, no redirects, no timeouts, no cookies. A repeated request is one `h11.Request` object, validated once. The
response is received before h11 is asked for it, and h11 is asked until it says that the message has ended; then the
next cycle begins, or a new connection when h11 says that this one is over. Bodies come as h11's own events.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import h11

from . import base

END = h11.EndOfMessage()


class Line:
    """One origin: a socket and the h11 connection over it, both made anew when they must be."""

    def __init__(self, scheme: str, authority: str, context: ssl.SSLContext | None) -> None:
        self.secure = scheme == "https"
        self.host, _, port = authority.partition(":")
        self.port = int(port or (443 if self.secure else 80))
        self.context = context
        self.session: ssl.SSLSession | None = None
        self.sock: socket.socket | None = None

    def dial(self) -> socket.socket:
        """Connect, and resume the TLS session of the last connection."""
        sock = socket.create_connection((self.host, self.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context is not None and self.secure:
            sock = self.context.wrap_socket(sock, server_hostname=self.host, session=self.session)
        self.sock = sock
        self.protocol = h11.Connection(h11.CLIENT)
        return sock

    def begin(self, request: h11.Request, body: bytes = b"") -> None:
        sock = self.sock or self.dial()
        send = self.protocol.send
        data = send(request)
        if body:
            data += send(h11.Data(data=body))
        sock.sendall(data + send(END))

    def pieces(self) -> Iterator[bytes]:
        """Yield what h11 reports of the body, and leave the line ready for the next request."""
        assert self.sock is not None  # since `begin`
        protocol, receive = self.protocol, self.sock.recv
        protocol.receive_data(receive(65536))
        while True:
            event: Any = protocol.next_event()
            kind = type(event)
            if kind is h11.Data:
                yield event.data
            elif kind is h11.NEED_DATA:
                protocol.receive_data(receive(65536))
            elif kind is h11.EndOfMessage:
                break
        self.ready()

    def read(self) -> bytes:
        """Return the whole body; `pieces` without a generator's cost for the small ones."""
        assert self.sock is not None  # since `begin`
        protocol, receive = self.protocol, self.sock.recv
        protocol.receive_data(receive(65536))
        body = []
        while True:
            event: Any = protocol.next_event()
            kind = type(event)
            if kind is h11.Data:
                body.append(event.data)
            elif kind is h11.NEED_DATA:
                protocol.receive_data(receive(65536))
            elif kind is h11.EndOfMessage:
                break
        self.ready()
        return body[0] if len(body) == 1 else b"".join(body)

    def ready(self) -> None:
        """Start the next cycle, or hang up when h11 knows that there is none."""
        if self.protocol.our_state is h11.DONE and self.protocol.their_state is h11.DONE:
            self.protocol.start_next_cycle()
        else:
            if isinstance(self.sock, ssl.SSLSocket):
                self.session = self.sock.session
            self.hang_up()

    def hang_up(self) -> None:
        if self.sock is not None:
            self.sock.close()
            self.sock = None


class Client(base.Client):
    def __init__(self, ca: str | None) -> None:
        self.ca = ca
        self.context = ssl.create_default_context(cafile=ca) if ca else None
        self.lines_by_authority: dict[str, Line] = {}
        self.known: dict[str, tuple[Line, h11.Request]] = {}

    def _find(self, url: str) -> tuple[Line, str, str]:
        scheme, _, rest = url.partition("://")
        authority, slash, path = rest.partition("/")
        line = self.lines_by_authority.get(authority)
        if line is None:
            line = self.lines_by_authority[authority] = Line(scheme, authority, self.context)
        return line, slash + path, authority

    def _get(self, url: str) -> tuple[Line, h11.Request]:
        known = self.known.get(url)
        if known is None:
            line, target, authority = self._find(url)
            known = self.known[url] = (line, h11.Request(method="GET", target=target, headers=[("Host", authority)]))
        return known

    def get(self, url: str) -> bytes:
        line, request = self._get(url)
        line.begin(request)
        return line.read()

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        line, request = self._get(url)
        line.begin(request)
        return line.pieces()

    def _post(self, url: str, kind: str, length: int) -> tuple[Line, h11.Request]:
        line, target, authority = self._find(url)
        headers = [("Host", authority), ("Content-Type", kind), ("Content-Length", str(length))]
        return line, h11.Request(method="POST", target=target, headers=headers)

    def post_json(self, url: str, value: object) -> bytes:
        body = json.dumps(value).encode()
        known = self.known.get(f"{url} {len(body)}")
        if known is None:
            known = self.known[f"{url} {len(body)}"] = self._post(url, "application/json", len(body))
        line, request = known
        line.begin(request, body)
        return line.read()

    def upload(self, url: str, path: str) -> bytes:
        line, request = self._post(url, "application/octet-stream", os.path.getsize(path))
        sock = line.sock or line.dial()
        sock.sendall(line.protocol.send(request))
        with open(path, "rb") as file:
            while data := file.read(65536):
                sock.sendall(line.protocol.send(h11.Data(data=data)))
        sock.sendall(line.protocol.send(END))
        return line.read()

    def api(self, url: str, params: dict[str, object], value: object) -> Any:
        method, url, body, fields = self.finished(url, params, value)
        line, target, authority = self._find(url)
        headers = [("Host", authority), *fields.items()]
        if body:
            headers.append(("Content-Length", str(len(body))))
        line.begin(h11.Request(method=method, target=target, headers=headers), body or b"")
        return json.loads(line.read())

    def once(self, url: str) -> bytes:
        return self._alone(None, url)

    def once_tls(self, url: str) -> bytes:
        return self._alone(self.ca, url)

    def _alone(self, ca: str | None, url: str) -> bytes:
        client = Client(ca)
        try:
            return client.get(url)
        finally:
            client.close()

    def close(self) -> None:
        for line in self.lines_by_authority.values():
            line.hang_up()

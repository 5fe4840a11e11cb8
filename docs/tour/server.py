"""A small server on loopback for the guided tour: HTTP, and HTTPS with a certificate authority made on the spot."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

DOWNLOAD = bytes(range(256)) * 16 * 1024  # 4 MiB
FILM = bytes(range(251)) * 4096  # 1 MiB
FILM_SHA256 = hashlib.sha256(FILM).hexdigest()
THINKING = 0.02  # seconds


class Server(ThreadingHTTPServer):
    """Counts its connections and requests, and lets those that wait go when it closes."""

    daemon_threads = True
    request_queue_size = 64  # 16 connections at once must not wait for a second SYN

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = context
        self.connections = 0
        self.closing = threading.Event()
        self.asked: Counter[str] = Counter()  # by path, and by method and path
        self.ranges: list[str] = []

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        self.connections += 1
        if self.context is not None:
            # The handshake is left to the first read, in the connection's own thread.
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tour."""


class Handler(BaseHTTPRequestHandler):
    """One connection; its methods are named after the paths."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.number = self.server.connections
        self.served = 0

    def log_message(self, format: str, *args: Any) -> None:
        """The tour tells what happens."""

    def do_GET(self) -> None:
        self.served += 1
        path = urlsplit(self.path).path
        self.server.asked.update([path, f"{self.command} {path}"])
        route = getattr(self, "on_" + path.strip("/"), None)
        if route is None:
            self.send_error(404)
        else:
            route()

    do_POST = do_GET  # noqa: N815 - the name is http.server's

    def respond(self, body: bytes, status: int = 200, **fields: str) -> None:
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def respond_json(self, value: Any, **fields: str) -> None:
        self.respond(json.dumps(value).encode(), Content_Type="application/json", **fields)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def on_hello(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        greeting = f"Hello, {query.get('name', ['stranger'])[0]}!"
        self.respond_json({"greeting": greeting, "connection": self.number, "request on it": self.served})

    def on_form(self) -> None:
        self.respond_json({"type": self.headers["Content-Type"], "form": parse_qs(self.body().decode())})

    def on_document(self) -> None:
        self.respond_json({"type": self.headers["Content-Type"], "document": json.loads(self.body())})

    def on_download(self) -> None:
        self.respond(DOWNLOAD, Content_Type="application/octet-stream", X_SHA256=hashlib.sha256(DOWNLOAD).hexdigest())

    def on_old(self) -> None:
        self.respond(b"", 301, Location="/middle")

    def on_middle(self) -> None:
        self.respond(b"", 302, Location="/hello?name=traveller")

    def on_login(self) -> None:
        self.respond(b"", Set_Cookie="visitor=42; Path=/; HttpOnly")

    def on_seen(self) -> None:
        self.respond_json({"cookie": self.headers["Cookie"]})

    def on_private(self) -> None:
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        user = base64.b64decode(credentials).decode().partition(":")[0] if scheme == "Basic" else None
        self.respond_json({"user": user, "language": self.headers["Accept-Language"]})

    def on_upload(self) -> None:
        boundary = self.headers["Content-Type"].partition("boundary=")[2].encode()
        self.respond_json({"parts": self.body().count(b"--" + boundary) - 1})

    def on_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        while not self.server.closing.wait(0.1):
            self.wfile.write(b".")

    def on_busy(self) -> None:
        if self.server.asked["/busy"] == 1:
            self.respond(b"", 429, Retry_After="1")
        else:
            self.respond_json({"served": True})

    def on_lead(self) -> None:
        self.respond(b"", 302, Location=parse_qs(urlsplit(self.path).query)["to"][0])

    def on_bomb(self) -> None:
        self.respond(bomb(), Content_Encoding="gzip")

    def on_vanish(self) -> None:
        """Read a request, and hang up instead of responding, on a connection that was used before."""
        self.body()
        if self.served > 1:
            self.close_connection = True
        else:
            self.respond(b"")

    def on_thinking(self) -> None:
        self.server.closing.wait(THINKING)
        self.respond_json({"thought": True})

    def on_breaks(self) -> None:
        """Send a file from where it is asked for, and hang up on the way."""
        asked = self.headers.get("Range", "bytes=0-")
        self.server.ranges.append(asked)
        begin = int(asked.removeprefix("bytes=").partition("-")[0])
        end = min(len(FILM), begin + 600_000)
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("ETag", '"film"')
        self.send_header("Content-Length", str(len(FILM) - begin))
        if "Range" in self.headers:
            self.send_header("Content-Range", f"bytes {begin}-{len(FILM) - 1}/{len(FILM)}")
        self.end_headers()
        self.wfile.write(FILM[begin:end])
        self.close_connection = True


def bomb() -> bytes:
    """100 MB of zeros, in members of a MB each, so that making it takes no time."""
    return gzip.compress(bytes(1_000_000)) * 100


@dataclass(frozen=True)
class Demo:
    """Where the server is found, the file that its certificates are verified by, and the server without TLS."""

    http: str
    https: str
    ca: str
    server: Server


@contextmanager
def demo() -> Iterator[Demo]:
    """Run the server while the block runs."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    servers = [Server(), Server(context)]
    servers[1].asked = servers[0].asked  # counted together
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    with TemporaryDirectory(prefix="tour-") as folder:
        ca = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(str(ca))
        ports = [server.server_address[1] for server in servers]
        try:
            yield Demo(f"http://localhost:{ports[0]}", f"https://localhost:{ports[1]}", str(ca), servers[0])
        finally:
            for server in servers:
                server.closing.set()
                server.shutdown()
                server.server_close()

"""A small server on loopback for the guided tour: HTTP, and HTTPS with a certificate authority made on the spot."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
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


@dataclass(frozen=True)
class Demo:
    """Where the server is found, and the file that its certificates are verified by."""

    http: str
    https: str
    ca: str


class Server(ThreadingHTTPServer):
    """Counts its connections, and lets those that wait go when it closes."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = context
        self.connections = 0
        self.closing = threading.Event()

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
        route = getattr(self, "on_" + urlsplit(self.path).path.strip("/").replace("/", "_"), None)
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

    def on_who(self) -> None:
        self.respond_json({"cookie": self.headers["Cookie"]})

    def on_slow(self) -> None:
        self.server.closing.wait(30)
        self.close_connection = True


@contextmanager
def demo() -> Iterator[Demo]:
    """Run the server while the block runs."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    servers = [Server(), Server(context)]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    with TemporaryDirectory(prefix="tour-") as folder:
        ca = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(str(ca))
        ports = [server.server_address[1] for server in servers]
        try:
            yield Demo(f"http://localhost:{ports[0]}", f"https://localhost:{ports[1]}", str(ca))
        finally:
            for server in servers:
                server.closing.set()
                server.shutdown()
                server.server_close()

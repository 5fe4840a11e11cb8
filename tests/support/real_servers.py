"""Servers that other people wrote, on free ports of loopback: nginx, aiohttp, uvicorn, and h11's own server side.

    with running("aiohttp") as server:
        response = client.put(server.url("/upload"), data=b"...")
    assert server.arrival(response).sha256 == ...

All take uploads at `server.upload()` and tell by `server.arrival(response)` what came; what aiohttp and uvicorn serve
besides stands in `real_apps.py`, nginx in `NGINX` below, h11 in `H11Server`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import h11
import pytest

from .certificates import authority
from .real_apps import pattern
from .real_proxies import started
from .scripted import closed_port

if TYPE_CHECKING:
    from typing_extensions import Self

KINDS = ("nginx", "nginx-tls", "aiohttp", "aiohttp-tls", "uvicorn", "h11")
PATIENCE = 20.0
WHOLE_SIZE = 1_500_000
WHOLE = pattern(WHOLE_SIZE)


def servers(*kinds: str) -> pytest.MarkDecorator:
    """Have a test run with these kinds of servers only."""
    return pytest.mark.parametrize("server", kinds, indirect=True, scope="module")


def digest(data: bytes) -> str:
    """The SHA-256 of `data` in hex, as `Arrival.sha256`."""
    return hashlib.sha256(data).hexdigest()


@dataclass
class Arrival:
    """An upload as its server saw it: bytes and their digest, and the fields that frame them."""

    size: int
    sha256: str | None
    length: str | None
    transfer: str | None
    port: int  # of the client: which connection it was
    complete: bool = True
    expect: str | None = None
    type: str | None = None
    trailers: dict[str, str] = field(default_factory=dict)


class Server:
    """A server that is running."""

    def __init__(self, kind: str, base: str) -> None:
        self.kind = kind
        self.base = base

    def url(self, path: str = "/") -> str:
        return self.base + path

    def upload(self) -> str:
        """Where a body may be PUT."""
        return self.url("/upload")

    def arrival(self, response: Any) -> Arrival:
        """What came, of the upload that got this response."""
        assert response.status_code == 200, response.text
        return Arrival(**response.json())


# -- aiohttp and uvicorn -----------------------------------------------------------------------------------------------


@contextmanager
def _python(kind: str) -> Iterator[Server]:
    name, _, secure = kind.partition("-")
    with tempfile.TemporaryDirectory(prefix="server-") as folder:
        arguments = [write_certificate(Path(folder))] if secure else []
        with _process(name, *arguments) as port:
            yield Server(kind, f"{'https' if secure else 'http'}://127.0.0.1:{port}")


def write_certificate(folder: Path) -> str:
    """Write a certificate for 127.0.0.1 with its key into the folder; returns the path."""
    path = str(folder / "server.pem")
    leaf = authority().issue_cert("127.0.0.1", "localhost")
    for blob in (leaf.private_key_pem, *leaf.cert_chain_pems):
        blob.write_to_path(path, append=True)
    return path


@contextmanager
def _process(*arguments: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "support.real_apps", *arguments],
        env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(Path(__file__).parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        port = process.stdout.readline().strip()
        if not port:
            raise RuntimeError(f"{arguments[0]} does not start")
        yield port
    finally:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()
        process.stdin.close()


# -- nginx -------------------------------------------------------------------------------------------------------------

NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/temp; proxy_temp_path {folder}/t1; fastcgi_temp_path {folder}/t2;
    uwsgi_temp_path {folder}/t3; scgi_temp_path {folder}/t4;
    log_format short '$remote_port $request_method $uri $status $request_length'; access_log {folder}/access.log short;
    limit_req_zone $server_port zone=slow:1m rate=1r/s;
    sendfile on; keepalive_timeout 20s; client_max_body_size 0; client_body_buffer_size 16k; default_type text/plain;
    types {{ }}
    server {{
        listen 127.0.0.1:{port} {tls}; server_name localhost;
        ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.pem;
        root {folder}/files;
        location / {{ }}
        location /gzip/ {{ alias {folder}/files/; gzip on; gzip_types *; gzip_min_length 0; gzip_http_version 1.0; }}
        location /put/ {{
            alias {folder}/stored/; dav_methods PUT; create_full_put_path on;
            add_header X-Length $http_content_length always; add_header X-Transfer $http_transfer_encoding always;
            add_header X-Port $remote_port always; add_header X-Expect $http_expect always;
        }}
        location /small/ {{ alias {folder}/stored/; dav_methods PUT; client_max_body_size 1k; }}
        location /limited {{ limit_req zone=slow; limit_req_status 429; error_page 429 @later; try_files /text =404; }}
        location @later {{ add_header Retry-After 1 always; return 429; }}
    }}
}}
"""


class Nginx(Server):
    """nginx: static files at /NAME and, compressed, at /gzip/NAME; PUT to /put/NAME and, up to 1 KiB, to /small/NAME;
    /limited once a second.
    """

    def __init__(self, kind: str, base: str, folder: Path) -> None:
        super().__init__(kind, base)
        self.folder = folder
        self._names = count()

    def file(self, name: str, content: bytes) -> None:
        """Have it serve this."""
        (self.folder / "files" / name).write_bytes(content)

    def upload(self) -> str:
        return self.url(f"/put/{next(self._names)}")

    def arrival(self, response: Any) -> Arrival:
        assert response.status_code in (201, 204), response.text
        content = (self.folder / "stored" / urlsplit(response.url).path.rpartition("/")[2]).read_bytes()
        fields = response.headers
        return Arrival(
            len(content),
            hashlib.sha256(content).hexdigest(),
            fields.get("X-Length"),
            fields.get("X-Transfer"),
            int(fields["X-Port"]),
            expect=fields.get("X-Expect"),
        )

    def log(self) -> list[list[str]]:
        """Of each request so far: the client's port, method, path, status, and how many bytes of it came."""
        return [line.split() for line in (self.folder / "access.log").read_text().splitlines()]


def nginx_program() -> str | None:
    """nginx, where Debian keeps it when it is not on the way of an ordinary user."""
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


@contextmanager
def _nginx(kind: str) -> Iterator[Nginx]:
    folder = Path(tempfile.mkdtemp(prefix="nginx-"))
    folder.chmod(0o755)
    try:
        for name in ("files", "stored"):
            (folder / name).mkdir()
            (folder / name).chmod(0o777)
        write_certificate(folder)
        tls = "ssl" if kind == "nginx-tls" else ""
        for _ in range(3):
            port = closed_port()
            (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, tls=tls))
            command = [str(nginx_program()), "-e", str(folder / "error.log"), "-p", str(folder), "-c", "nginx.conf"]
            with started(command, port) as listens:
                if listens:
                    yield Nginx(kind, f"{'https' if tls else 'http'}://127.0.0.1:{port}", folder)
                    return
        raise RuntimeError(f"nginx does not start: {(folder / 'error.log').read_text()}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# -- h11's own server side ---------------------------------------------------------------------------------------------


class H11Server(Server):
    """Threads around `h11.Connection(SERVER)`, which refuses whatever is no legal request.

        /upload      what came, trailers too         /refuse      413 before the body, which is never asked for
        /early/N     413 after N bytes of the body   /hints/N     N times 103, then 200
        /trailers    a body with trailers behind it  /switch      101, "hello" at once, then an echo

    `seen` has every request, also what h11 refused (`complete` is false then); `bytes` counts what each connection
    brought; `errors` what went wrong here.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        super().__init__("h11", f"http://127.0.0.1:{self._listener.getsockname()[1]}")
        self.seen: list[Arrival] = []
        self.bytes: dict[int, int] = {}
        self.errors: list[BaseException] = []
        self.over = threading.Condition()
        self._open: dict[int, socket.socket] = {}
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, *exc_info: object) -> None:
        # A listener that is shut down ends its accept() (Linux); where it does not, a last visitor does.
        with suppress(OSError):
            socket.create_connection(self._listener.getsockname(), 1).close()
        for sock in [self._listener, *self._open.values()]:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._listener.close()
        if self.errors and exc_info[0] is None:
            raise self.errors[0]

    def _begin(self, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, (_, port) = self._listener.accept()
                sock.settimeout(PATIENCE)
                self._open[port] = sock
                self.bytes[port] = 0
                self._begin(self._serve, sock, port)

    def _serve(self, sock: socket.socket, port: int) -> None:
        try:
            with sock:
                visit = _Visit(self, sock, port)
                while visit.serve():
                    visit.h11.start_next_cycle()
        except OSError:
            pass  # clients may leave
        except BaseException as error:
            self.errors.append(error)
        finally:
            with self.over:
                del self._open[port]
                self.over.notify_all()

    def wait_over(self, port: int) -> None:
        """Return when the connection from this port of the client is over."""
        with self.over:
            assert self.over.wait_for(lambda: port not in self._open, PATIENCE), "the connection is not over"


class _Visit:
    """One connection of a client."""

    def __init__(self, server: H11Server, sock: socket.socket, port: int) -> None:
        self.server, self.sock, self.port = server, sock, port
        self.h11 = h11.Connection(h11.SERVER)
        self.arrival: Arrival

    def _next(self, willing: bool = True) -> Any:
        while (event := self.h11.next_event()) is h11.NEED_DATA:
            if willing and self.h11.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=100, headers=[], reason="Continue"))
            data = self.sock.recv(65536)
            self.server.bytes[self.port] += len(data)
            self.h11.receive_data(data)
        return event

    def _send(self, *events: Any) -> None:
        for event in events:
            data = self.h11.send(event)
            if data:
                self.sock.sendall(data)

    def serve(self) -> bool:
        """One exchange; returns whether another one may follow."""
        try:
            request = self._next()
            if not isinstance(request, h11.Request):
                return False
            fields = {name.decode(): value.decode("latin-1") for name, value in request.headers}
            self.arrival = Arrival(
                0, None, fields.get("content-length"), fields.get("transfer-encoding"), self.port, False,
                fields.get("expect"), fields.get("content-type"),
            )  # fmt: skip
            self.server.seen.append(self.arrival)
            name, _, rest = request.target.decode().lstrip("/").partition("/")
            getattr(self, f"_{name}")(rest)
        except h11.RemoteProtocolError:
            return False  # `complete` is false, and the client is left alone
        return self.h11.our_state is h11.DONE and self.h11.their_state is h11.DONE

    def _body(self, most: int | None = None) -> None:
        digest = hashlib.sha256()
        while not isinstance(event := self._next(), h11.EndOfMessage):
            digest.update(event.data)
            self.arrival.size += len(event.data)
            if most is not None and self.arrival.size > most:
                return
        self.arrival.sha256, self.arrival.complete = digest.hexdigest(), True
        self.arrival.trailers = {name.decode(): value.decode() for name, value in event.headers}

    def _respond(self, body: bytes, status: int = 200, *fields: tuple[str, str]) -> None:
        lines = [*fields, ("Content-Length", str(len(body)))]
        self._send(h11.Response(status_code=status, headers=lines, reason="R"), h11.Data(data=body), h11.EndOfMessage())

    def _upload(self, rest: str) -> None:
        self._body()
        self._respond(json.dumps(vars(self.arrival)).encode())

    def _refuse(self, rest: str) -> None:
        self._respond(b"too large", 413, ("Connection", "close"))
        # What the client sends all the same is counted, and not read as anything.
        while data := self.sock.recv(65536):
            self.server.bytes[self.port] += len(data)

    def _early(self, rest: str) -> None:
        self._body(int(rest))
        self._refuse("")

    def _hints(self, rest: str) -> None:
        self._body()
        for number in range(int(rest)):
            link = ("Link", f"</{number}.css>; rel=preload")
            self._send(h11.InformationalResponse(status_code=103, headers=[link], reason="Early Hints"))
        self._respond(b"ok")

    def _trailers(self, rest: str) -> None:
        self._body()
        self._send(
            h11.Response(status_code=200, headers=[("Transfer-Encoding", "chunked"), ("Trailer", "X-Sum")]),
            *(h11.Data(data=b"piece %d;" % number) for number in range(3)),
            h11.EndOfMessage(headers=[("X-Sum", "27"), ("X-Time", "12 ms")]),
        )

    def _switch(self, rest: str) -> None:
        self._body()
        upgrade = [("Upgrade", "echo"), ("Connection", "Upgrade")]
        switched = self.h11.send(h11.InformationalResponse(status_code=101, headers=upgrade, reason="Switching"))
        assert switched is not None
        self.sock.sendall(switched + b"hello")
        while data := self.sock.recv(65536):
            self.sock.sendall(data)


# -- all of them -------------------------------------------------------------------------------------------------------


def missing(kind: str) -> str | None:
    """What is not installed here that this server needs."""
    if kind.startswith("nginx"):
        return None if nginx_program() else "nginx"
    name = kind.partition("-")[0]
    return None if importlib.util.find_spec(name) else name


@contextmanager
def running(kind: str) -> Iterator[Any]:
    """Start that server and end it."""
    if kind == "h11":
        with H11Server() as server:
            yield server
    elif kind.startswith("nginx"):
        with _nginx(kind) as nginx:
            yield nginx
    else:
        with _python(kind) as python:
            yield python

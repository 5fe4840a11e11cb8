"""What the examples of the documentation ask: `example.org` and its neighbours, on this machine.

Pages say `https://example.org/items`, as a reader would. In the programs that run them `SITECUSTOMIZE` gives such names
an address of the internet, and leads connections to it, and to 192.0.2.7, to servers on loopback, which have
certificates for those names. On this machine port 3000 is such a server, too.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .certificates import ca_path, client_certificate, server_context
from .messages import Received, response
from .scripted import Conversation
from .servers import EchoServer, ProxyServer, Routes

NAMES = (
    "example.org", "*.example.org", "example.com", "*.example.com", "proxy", "app", "api", "localhost",
    "127.0.0.1", "192.0.2.7",
)  # fmt: skip
SITECUSTOMIZE = """
import os, socket

EXAMPLE = "93.184.215.14"
_ports = dict(pair.split("=") for pair in os.environ.get("DOCS_PORTS", "").split(",") if pair)
_getaddrinfo, _connect, _connect_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex


def getaddrinfo(host, *args, **kwargs):
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name.endswith((".invalid", ".test")):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    known = name.endswith(("example.org", "example.com")) or name in ("proxy", "app")
    return _getaddrinfo(EXAMPLE if known else host, *args, **kwargs)


def moved(address):
    if isinstance(address, tuple) and address[:2] == ("127.0.0.1", 3000):
        return "127.0.0.1", int(_ports["80"])
    if isinstance(address, tuple) and address[0] in (EXAMPLE, "192.0.2.7") and str(address[1]) in _ports:
        return "127.0.0.1", int(_ports[str(address[1])])
    return address


socket.getaddrinfo = getaddrinfo
socket.socket.connect = lambda self, address: _connect(self, moved(address))
socket.socket.connect_ex = lambda self, address: _connect_ex(self, moved(address))
"""


def a_tar() -> bytes:
    """A small archive with two files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in (("readme.txt", b"hello\n"), ("data.csv", b"1,2\n" * 2000)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


class Site(Routes):
    """The routes of the echo server, and what the pages want beside them."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}
        self.over = threading.Event()

    def __call__(self, request: Received) -> bytes:
        self.asked[request.target] = self.asked.get(request.target, 0) + 1
        if request.target == "/archive.tar":
            return self.archive(request)
        return super().__call__(request)

    @staticmethod
    def archive(request: Received) -> bytes:
        etag = ("ETag", '"a1"')
        if request.get("If-None-Match") == etag[1]:
            return response(status=304, reason="Not Modified", headers=[etag], length=False)
        if request.method != "GET":
            return response(status=201, reason="Created")
        return response(a_tar(), headers=[("Content-Type", "application/x-tar"), etag])

    def on_search(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return self.json_of({"q": dict(query).get("q"), "found": 3}, request)

    def on_items(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        if request.method == "POST":
            made = json.loads(request.payload) if "json" in (request.get("Content-Type") or "") else {}
            return self.json_of({"id": 7, **made}, request, 201)
        if rest:
            return self.json_of({"id": int(rest[0]), "name": f"item {rest[0]}"}, request)
        return self.json_of([{"id": number, "name": f"item {number}"} for number in range(1, 4)], request)

    def on_pages(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        page = int(dict(query).get("page", "1"))
        following = [("Link", f'</pages?page={page + 1}>; rel="next"')] if page < 3 else []
        body = json.dumps([f"row {page}.{row}" for row in (1, 2)])
        return response(body, headers=[("Content-Type", "application/json"), *following])

    def on_lines(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        lines = "".join(json.dumps({"id": number, "number": number}) + "\n" for number in range(3))
        return response(lines, headers=[("Content-Type", "application/x-ndjson")])

    def on_events(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        """Three events, and the end when it is asked to go on behind the last."""
        if request.get("Last-Event-ID") == "2":
            return response(status=204, reason="No Content", length=False)
        events = "retry: 1\n\n" + "".join(f"id: {number}\ndata: event {number}\n\n" for number in range(3))
        return response(events, headers=[("Content-Type", "text/event-stream")])

    def on_chat(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        events = "data: it scatters\n\ndata: [DONE]\n\n"
        return response(events, headers=[("Content-Type", "text/event-stream")])

    def on_busy(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        """429 with `Retry-After: 0` when it is asked first, 200 then."""
        if self.asked[request.target] % 2:
            return response("slow down", 429, "Too Many Requests", [("Retry-After", "0")])
        return response("here it is")

    def on_silent(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        """No byte, for as long as the test goes on."""
        self.over.wait(30)
        return response("late")

    def on_bomb(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        body = gzip.compress(bytes(50_000_000), 6, mtime=0)
        return response(body, headers=[("Content-Encoding", "gzip")])

    def on_protected(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        """401 unless the request brings a token that is not the old one."""
        token = request.get("Authorization") or request.get("X-Token") or ""
        if token and not token.endswith("old"):
            return self.json_of({"user": "ada"}, request)
        return response("who are you?", 401, "Unauthorized", [("WWW-Authenticate", 'Bearer realm="api"')])

    def on_token(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return self.json_of({"access_token": "fresh", "token_type": "Bearer", "expires_in": 3600}, request)

    def on_missing(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response("there is no such page", 404, "Not Found", [("Content-Type", "text/plain")])

    def on_moved(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response("moved", 301, "Moved Permanently", [("Location", "/items")])

    def on_login(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response("welcome", headers=[("Set-Cookie", "session=abc; Path=/; HttpOnly")])

    def on_latin(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        return response("Größe".encode("latin-1"), headers=[("Content-Type", "text/plain")])


class SiteProxy(ProxyServer):
    """An HTTP proxy that knows where `example.org` is."""

    ports: dict[str, int]

    def _connect(self, talk: Conversation, target: str) -> None:
        super()._connect(talk, f"127.0.0.1:{self.ports['443']}")

    def _forward(self, request: Received) -> bytes:
        parts = urlsplit(request.target)
        request.target = parts._replace(netloc=f"127.0.0.1:{self.ports['80']}").geturl()
        return super()._forward(request)


@dataclass
class Running:
    """A running site: what a program needs to reach it."""

    ports: dict[str, int]

    def environment(self, folder: Path) -> dict[str, str]:
        """The variables that a program is started with, whose working directory is `folder`."""
        modules = folder / "modules"
        modules.mkdir(exist_ok=True)
        (modules / "sitecustomize.py").write_text(SITECUSTOMIZE)
        # Stands for certifi, so that our authority is one of those that are trusted by default.
        (modules / "certifi.py").write_text(f"def where():\n    return {ca_path()!r}\n")
        ports = ",".join(f"{name}={port}" for name, port in self.ports.items())
        return {**os.environ, "SSL_CERT_FILE": ca_path(), "DOCS_PORTS": ports}


@contextmanager
def running_site() -> Iterator[Running]:
    """The servers, for as long as the context lasts."""
    site = Site()
    with (
        EchoServer(site) as plain,
        EchoServer(site, tls=server_context(*NAMES)) as tls,
        SiteProxy() as proxy,
        SiteProxy(credentials="user:password") as locked,
    ):
        ports = proxy.ports = locked.ports = {
            "80": plain.port,
            "443": tls.port,
            "3128": proxy.port,
            "3129": locked.port,
        }
        try:
            yield Running(ports)
        finally:
            site.over.set()


def locked(key: bytes, password: bytes) -> bytes:
    """A private key that a password opens."""
    from cryptography.hazmat.primitives import serialization

    encryption = serialization.BestAvailableEncryption(password)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return serialization.load_pem_private_key(key, None).private_bytes(serialization.Encoding.PEM, form, encryption)


def write_files(folder: Path) -> None:
    """The files that the examples read."""
    certificate, key = client_certificate()
    texts = {
        "ca.pem": Path(ca_path()).read_bytes(),
        "client.pem": Path(certificate).read_bytes(),
        "client.key": Path(key).read_bytes(),
        "locked.pem": Path(certificate).read_bytes() + locked(Path(key).read_bytes(), b"secret"),
        "archive.tar": a_tar(),
        "film.mp4": bytes(2000),
        "poster.jpg": bytes(500),
        "photo.jpg": bytes(500),
        "report.csv": b"a,b\n1,2\n",
        "document.json": b'{"a": 1}\n',
        "file.txt": b"some text\n",
        "script.py": b"import requests\nprint(requests.__name__)\n",
        "module.py": b"import requests\nprint(requests.__name__)\n",
        "some_library.py": b"import requests\n\nfetch = requests.get\n",
    }
    for name, content in texts.items():
        (folder / name).write_bytes(content)

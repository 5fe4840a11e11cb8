"""A package index on loopback, over TLS, with the manners of the big ones: ETags, ranges, caching; and their faults."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.certificates import server_context


def a_wheel() -> bytes:
    """A wheel of a package `sample`, with a module of 300,000 bytes that do not compress."""
    written = io.BytesIO()
    noise = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(9375)).hex().encode()
    files = {
        "sample/__init__.py": b"NOISE = b'" + noise + b"'\n",
        "sample-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n",
        "sample-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, "sample-1.0.dist-info/RECORD"])
    with zipfile.ZipFile(written, "w") as file:
        for name, data in {**files, "sample-1.0.dist-info/RECORD": record.encode()}.items():
            file.writestr(name, data)
    return written.getvalue()


class Index:
    """The server. `asked` holds (method, path, Range, status) of each request.

    `busy` is how many requests get 503 first; `cut` how many downloads end in the middle.
    """

    def __init__(self, busy: int = 0, cut: int = 0) -> None:
        self.wheel = a_wheel()
        self.busy = busy
        self.cut = cut
        self.asked: list[tuple[str, str, str, int]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"index": self}))
        self._server.socket = server_context().wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Index:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}/simple/"


class _Handler(BaseHTTPRequestHandler):
    index: Index
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        index, asked = self.index, self.headers.get("Range", "")
        if index.busy:
            index.busy -= 1
            self._respond(503, {}, b"busy")
        elif self.path.startswith("/simple/"):
            name = b"sample-1.0-py3-none-any.whl"
            page = b'<!DOCTYPE html><html><body><a href="/files/%s">%s</a></body></html>' % (name, name)
            if self.headers.get("If-None-Match") == '"page"':
                self._respond(304, {"ETag": '"page"'}, b"")
            else:
                self._respond(200, {"ETag": '"page"', "Content-Type": "text/html", "Cache-Control": "max-age=0"}, page)
        elif asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            end = min(int(last) + 1 if last else len(index.wheel), len(index.wheel))
            span = f"bytes {first}-{end - 1}/{len(index.wheel)}"
            self._respond(206, {"ETag": '"file"', "Content-Range": span}, index.wheel[int(first) : end])
        else:
            self._respond(200, {"ETag": '"file"', "Cache-Control": "max-age=99999, public"}, index.wheel)

    def _respond(self, status: int, fields: dict[str, str], body: bytes) -> None:
        self.index.asked.append((self.command, self.path, self.headers.get("Range", ""), status))
        self.send_response(status)
        for name, value in {"Accept-Ranges": "bytes", **fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD" or not body:
            return
        if self.index.cut and body is self.index.wheel:
            self.index.cut -= 1
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

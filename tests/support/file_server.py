"""A server of one file on loopback, with ranges, that can be told to do each thing wrong that servers do.

with FileServer(b"...", etag='"1"') as server:
    server.cuts = [1000]            # the first response breaks off behind 1,000 bytes of its body
    download(server.url, path)
assert server.ranges == [None, "bytes=1000-"]
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

YEAR = 365 * 24 * 3600


class FileServer:
    def __init__(self, body: bytes, etag: str | None = '"1"', modified: float | None = None) -> None:
        self.body = body
        self.etag = etag
        self.modified = None if modified is None else formatdate(modified, usegmt=True)
        self.cuts: list[int | None] = []  # bytes of the body of each response before it breaks off, None for all
        self.statuses: list[int] = []  # error statuses of the next responses, 0 for the file; -1 for no response
        self.ignores_range = False
        self.ignores_if_range = False
        self.says_etag_in_206 = True
        self.content_range: Callable[[int, int], str | None] = lambda first, size: f"bytes {first}-{size - 1}/{size}"
        self.of_416: Callable[[int], str | None] = lambda size: f"bytes */{size}"
        self.extra: dict[str, str] = {}
        self.chunked = False
        self.piece = 1 << 20
        self.on_piece: Callable[[], object] = lambda: None
        self.before: Callable[[int], object] = lambda count: None  # called with the number of each request
        self.requests: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.peers: set[object] = set()
        self.statuses_sent: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/files/data.bin"

    @property
    def ranges(self) -> list[str | None]:
        return [request.get("range") for request in self.requests]

    def __enter__(self) -> FileServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def status_and_range(self, request: dict[str, str]) -> tuple[int, int]:
        """The status, and the first byte that is sent."""
        asked = re.fullmatch(r"bytes=(\d+)-", request.get("range", ""))
        condition = request.get("if-range")
        holds = condition is None or self.ignores_if_range or condition in (self.etag, self.modified)
        if asked is None or self.ignores_range or not holds:
            return 200, 0
        first = int(asked[1])
        return (206, first) if first < len(self.body) else (416, 0)


def _handler(server: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(server.body)))
            self.end_headers()

        def do_GET(self) -> None:
            request = {name.lower(): value for name, value in self.headers.items()}
            server.requests.append(request)
            server.paths.append(self.path)
            server.peers.add(self.client_address)
            server.before(len(server.requests))
            error = server.statuses.pop(0) if server.statuses else 0
            if error < 0:
                return self.break_off()
            if error:
                self.send_response(error)
                self.send_header("Content-Length", "4")
                self.end_headers()
                self.wfile.write(b"oops")
                server.statuses_sent.append(error)
                return None
            status, first = server.status_and_range(request)
            server.statuses_sent.append(status)
            return self.send_file(status, first)

        def send_file(self, status: int, first: int) -> None:
            size = len(server.body)
            rest = b"" if status == 416 else server.body[first:]
            self.send_response(status)
            for name, value in self.fields(status, first, size, rest).items():
                self.send_header(name, value)
            self.end_headers()
            cut = server.cuts.pop(0) if server.cuts else None
            sent = rest if cut is None else rest[:cut]
            for at in range(0, len(sent), server.piece):
                piece = sent[at : at + server.piece]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if server.chunked else piece)
                server.on_piece()
            if cut is not None:
                self.break_off()
            elif server.chunked:
                self.wfile.write(b"0\r\n\r\n")

        def fields(self, status: int, first: int, size: int, rest: bytes) -> dict[str, str]:
            found = dict(server.extra)
            said = server.of_416(size) if status == 416 else server.content_range(first, size)
            if status != 200 and said is not None:
                found["Content-Range"] = said
            if status == 200 or (status == 206 and server.says_etag_in_206):
                found.update({"ETag": server.etag} if server.etag else {})
                found.update({"Last-Modified": server.modified} if server.modified else {})
            if server.chunked:
                found["Transfer-Encoding"] = "chunked"
            else:
                found.setdefault("Content-Length", str(len(rest)))
            return found

        def break_off(self) -> None:
            self.close_connection = True
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                pass  # the client has gone

    return Handler

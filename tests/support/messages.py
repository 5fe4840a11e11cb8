"""HTTP messages as a test's own peer reads and writes them.

Nothing here is shared with the client under test: a peer that parsed requests with the client's own code would
agree with the client's own mistakes.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
HEAD_LIMIT = 1 << 20


class Cut(Exception):
    """The client closed the connection in the middle of a message; `received` is what came before."""

    def __init__(self, received: bytes) -> None:
        super().__init__(f"the client closed after {received[:200]!r}")
        self.received = received


@dataclass
class Received:
    """One request as it arrived: the very bytes, and what they say."""

    connection: int  # which connection brought it, from 0
    head: bytes  # up to and with the empty line
    body: bytes = b""  # as on the wire, chunk lines included
    payload: bytes = b""  # the body with its transfer coding removed
    headers: list[tuple[str, str]] = field(default_factory=list)
    method: str = ""
    target: str = ""
    version: str = ""
    trailers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def raw(self) -> bytes:
        """All bytes of the request."""
        return self.head + self.body

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first field of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    def getlist(self, name: str) -> list[str]:
        """Every value sent under that name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Reader:
    """Reads requests from one socket, keeping what came too early for the next one."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""
        self.received = b""  # everything that ever came, for the record

    def fill(self) -> bool:
        """Wait for more bytes; False when the client has closed."""
        data = self.sock.recv(65536)
        self.received += data
        self.buffer += data
        return bool(data)

    def until(self, mark: bytes, limit: int = HEAD_LIMIT) -> bytes:
        """Everything up to and with `mark`."""
        while mark not in self.buffer:
            if len(self.buffer) > limit:
                raise Cut(self.buffer)
            if not self.fill():
                raise Cut(self.buffer)
        part, _, self.buffer = self.buffer.partition(mark)
        return part + mark

    def exactly(self, size: int) -> bytes:
        """Just so many bytes."""
        while len(self.buffer) < size:
            if not self.fill():
                raise Cut(self.buffer)
        part, self.buffer = self.buffer[:size], self.buffer[size:]
        return part

    def head(self, connection: int) -> Received:
        """A request's head, parsed; its body stays unread."""
        head = self.until(HEAD_END)
        first, *lines = head[: -len(HEAD_END)].decode("latin-1").split("\r\n")
        method, _, rest = first.partition(" ")
        target, _, version = rest.rpartition(" ")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return Received(connection, head, headers=headers, method=method, target=target, version=version)

    def body(self, request: Received) -> None:
        """Read the body that the head announced into `request`."""
        if "chunked" in (request.get("Transfer-Encoding") or "").lower():
            self._chunked(request)
        else:
            request.body = request.payload = self.exactly(int(request.get("Content-Length") or 0))

    def _chunked(self, request: Received) -> None:
        while True:
            line = self.until(b"\r\n")
            size = int(line.split(b";")[0], 16)
            request.body += line
            if size == 0:
                break
            data = self.exactly(size + 2)
            request.body += data
            request.payload += data[:-2]
        while (line := self.until(b"\r\n")) != b"\r\n":
            request.body += line
            name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
            request.trailers.append((name, value.strip()))
        request.body += b"\r\n"


def response(
    body: bytes | str = b"",
    status: int = 200,
    reason: str = "OK",
    headers: list[tuple[str, str]] | dict[str, str] | None = None,
    *,
    length: bool = True,
    version: str = "HTTP/1.1",
) -> bytes:
    """A whole response as bytes.

    `length=False` leaves Content-Length out, for bodies that end with the connection and statuses without a body.
    """
    data = body.encode() if isinstance(body, str) else body
    pairs = list(headers.items() if isinstance(headers, dict) else headers or [])
    if length and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in pairs):
        pairs.append(("Content-Length", str(len(data))))
    lines = "".join(f"{name}: {value}\r\n" for name, value in pairs)
    return f"{version} {status} {reason}\r\n{lines}\r\n".encode("latin-1") + data


def chunked(*pieces: bytes, trailers: bytes = b"", end: bool = True) -> bytes:
    """Those pieces as chunks; with `end=False` the last chunk is missing."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return body + (b"0\r\n" + trailers + b"\r\n" if end else b"")


def chunked_response(*pieces: bytes, headers: list[tuple[str, str]] | None = None, end: bool = True) -> bytes:
    """A 200 with a chunked body of those pieces."""
    fields = [*(headers or []), ("Transfer-Encoding", "chunked")]
    return response(headers=fields) + chunked(*pieces, end=end)

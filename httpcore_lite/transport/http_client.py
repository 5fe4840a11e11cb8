"""The response of http.client, as programs find it in ours: `raw._fp` and `raw._original_response`.

That is our `BodyFile`; what http.client's has besides is here, and loaded when a program asks for it. `fp.raw` is the
socket as a `socket.SocketIO`: programs that speak another protocol after the head (docker's `exec` and `attach`) take
it to read and write the connection themselves. What has arrived behind the head comes first. From the first byte on the
connection is theirs: it never goes back to its pool.
"""

from __future__ import annotations

import io
import socket

from ..sansio.errors import TransportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from typing_extensions import Buffer

    from ..sansio.http1.exchange import Exchange
    from ..sansio.http1.headers import HTTPHeaderDict
    from ..sansio.http1.protocol import Head
    from .connection import Connection

    class Body(Protocol):
        """The body of a response, as far as it is asked for here."""

        head: Head
        exchange: Exchange
        pieces: list[bytes]
        bytes_read: int
        untold: bool
        socket_file: SocketFile | None

        @property
        def headers(self) -> HTTPHeaderDict: ...
        @property
        def connection(self) -> Connection | None: ...
        @property
        def closed(self) -> bool: ...
        def seen(self) -> bytes: ...
        def read_piece(self, limit: int) -> bytes: ...
        def forget_read(self) -> None: ...
        def abandon(self) -> None: ...


class HTTPClientResponse:
    """What a response of http.client has, and the file of our response's body has not."""

    debuglevel = 0

    def __init__(self, body: Body) -> None:
        self._body = body
        head = body.head
        self.status: int = head.status
        self.reason: str = head.reason.decode("latin-1")
        #: 10 for HTTP/1.0, 11 for HTTP/1.1.
        self.version: int = head.version
        self.chunked: bool = head.chunked
        #: Whether the connection ends with this response.
        self.will_close: bool = not head.keep_alive

    @property
    def fp(self) -> SocketFile | None:
        """The buffered reader that http.client would have: its `.raw._sock` is the socket. None at the end."""
        body = self._body
        connection = body.connection
        if connection is None:
            return None
        if body.socket_file is None:
            connection.sock.settimeout(body.exchange.timeouts.read)
            body.socket_file = SocketFile(body, connection.sock)
        return body.socket_file

    @property
    def length(self) -> int | None:
        """Bytes of the body that were not read yet; None where no length was declared."""
        body = self._body
        if body.head.chunked or body.head.length is None:
            return None
        return 0 if body.closed else body.head.length - body.bytes_read

    def getheaders(self) -> list[tuple[str, str]]:
        """Return the fields as pairs."""
        return list(self._body.headers.items())

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return a field's value, or `default`."""
        return self._body.headers.get(name, default)

    def peek(self, size: int = -1) -> bytes:
        """Return what the next read would give, without taking it away: b"" at the end only."""
        return self._body.seen()

    def readline(self, limit: int = -1) -> bytes:
        """Return a line with its end, at most `limit` bytes of it."""
        body = self._body
        parts: list[bytes] = []
        while limit and not (parts and parts[-1].endswith(b"\n")):
            try:
                seen = body.seen()
            except TransportError:
                if not parts:
                    raise
                body.untold = True  # behind what came before
                break
            if not seen:
                break
            size = seen.find(b"\n") + 1 or len(seen)
            size = min(size, limit) if limit > 0 else size
            parts.append(body.read_piece(size))
            limit -= size if limit > 0 else 0
        return b"".join(parts)

    def fileno(self) -> int:
        """Return the socket's descriptor. OSError when the connection was given back."""
        connection = self._body.connection
        if connection is None:
            raise OSError("the response has no connection any more, so no file descriptor")
        return connection.sock.fileno()


def take_over(body: Body, limit: int) -> bytes:
    """Return what has arrived behind the head, at most `limit` bytes: the rest of the connection is the caller's.

    It is not used for another request after this.
    """
    connection, pieces = body.connection, body.pieces
    if connection is None:
        return b""
    body.head.keep_alive = False
    body.forget_read()
    if limit and pieces:
        piece = pieces.pop()
        if len(piece) > limit:
            pieces.append(piece[limit:])
        return piece[:limit]
    protocol = connection.protocol
    arrived = protocol.leftover[:limit]
    protocol.leftover = protocol.leftover[limit:]
    return arrived


class SocketFile:
    """The buffered reader that http.client has around the socket; only the way to `raw` is kept."""

    def __init__(self, body: Body, sock: socket.socket) -> None:
        self.raw: RawSocketFile = RawSocketFile(body, sock)

    @property
    def closed(self) -> bool:
        """Whether `raw` was closed."""
        return self.raw.closed

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self.raw.fileno()

    def close(self) -> None:
        """Close `raw`."""
        self.raw.close()


class RawSocketFile(socket.SocketIO):
    """The socket as an unbuffered file, with what was received already in front of it. `_sock` is the socket."""

    def __init__(self, body: Body, sock: socket.socket) -> None:
        super().__init__(sock, "rwb")
        self._body = body

    def readinto(self, b: Buffer) -> int | None:
        """Read what has arrived into `b`, waiting where nothing has; returns the bytes read, 0 at the end."""
        self._check_open()
        with memoryview(b).cast("B") as view:
            size = len(view)
            arrived = take_over(self._body, size)
            view[: len(arrived)] = arrived
        return len(arrived) if arrived or not size else super().readinto(b)

    def write(self, b: Buffer) -> int | None:
        """Send some of `b`; returns how many bytes."""
        self._check_open()
        take_over(self._body, 0)
        return super().write(b)

    def _check_open(self) -> None:
        if self._body.connection is None:
            raise ValueError("I/O operation on a connection that the response has given back, or closed")

    def close(self) -> None:
        """Close the connection, as the last file of a socket does that its HTTPConnection has left."""
        self._body.abandon()
        io.RawIOBase.close(self)  # SocketIO's own would count down references that sockets of other kinds do not have

    def __del__(self) -> None:
        # In IOBase's place, which would close the connection of a response that may still be read.
        pass

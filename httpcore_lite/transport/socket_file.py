"""The socket of a response as http.client shows it: `raw._fp.fp.raw`, a `socket.SocketIO`.

Programs that speak another protocol after the head (docker's `exec` and `attach`) take it to read and write the
connection themselves. What has arrived behind the head comes first. From the first byte on the connection is theirs: it
never goes back to its pool. Loaded when a program asks for it.
"""

from __future__ import annotations

import io
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from typing_extensions import Buffer

    class Body(Protocol):
        """The body whose connection it is."""

        @property
        def connection(self) -> Any: ...
        def take_over(self, limit: int) -> bytes: ...
        def abandon(self) -> None: ...


class SocketFile:
    """The buffered reader that http.client has around the socket; only the way to `raw` is kept."""

    def __init__(self, body: Body, sock: object) -> None:
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

    def __init__(self, body: Body, sock: Any) -> None:
        super().__init__(sock, "rwb")
        self._body = body

    def readinto(self, buffer: Buffer) -> int | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Read what has arrived into `buffer`, waiting where nothing has; returns the bytes read, 0 at the end."""
        self._check_open()
        with memoryview(buffer).cast("B") as view:
            size = len(view)
            arrived = self._body.take_over(size)
            view[: len(arrived)] = arrived
        return len(arrived) if arrived or not size else super().readinto(buffer)

    def write(self, data: Buffer) -> int | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Send some of `data`; returns how many bytes."""
        self._check_open()
        self._body.take_over(0)
        return super().write(data)

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

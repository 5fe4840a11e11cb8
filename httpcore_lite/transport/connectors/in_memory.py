"""A stream in memory: its peer is an object of this process, asked for bytes when they are received.

It has the methods of a socket that the transport uses, and no descriptor, so that nothing polls it. No byte of it
leaves, and it never waits: what the peer has nothing to say to is a timeout.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Peer(Protocol):
        """The other end. What it raises comes out of `send` and `recv`; an OSError means what a socket's means."""

        def receive(self, data: bytes) -> None: ...
        def pull(self, timeout: float | None) -> bytes: ...
        def close(self) -> None: ...


class MemoryStream:
    """The client's end of a stream to `peer`, which serves one exchange."""

    #: Such a connection is never used again (`Protocol.once`).
    serves_once = True

    def __init__(self, peer: Peer, address: tuple[str, int]) -> None:
        self._peer = peer
        self._address = address
        self._timeout: float | None = None
        self._held = memoryview(b"")
        self._closed = False

    def __repr__(self) -> str:
        return f"<MemoryStream to {self._address[0]}:{self._address[1]}>"

    def send(self, data: bytes | memoryview) -> int:
        """Hand all of `data` to the peer."""
        self._peer.receive(bytes(data))
        return len(data)

    def sendall(self, data: bytes | memoryview) -> None:
        """Hand all of `data` to the peer."""
        self.send(data)

    def recv(self, size: int) -> bytes:
        """Return at most `size` bytes, b"" at the end."""
        if not self._held and not self._closed:
            self._held = memoryview(self._peer.pull(self._timeout))
        data = bytes(self._held[:size])
        self._held = self._held[size:]
        return data

    def recv_into(self, view: memoryview) -> int:
        """Receive into `view`; returns the number of bytes, 0 at the end."""
        data = self.recv(len(view))
        view[: len(data)] = data
        return len(data)

    def pending(self) -> int:
        """Return how many bytes were taken from the peer and not received yet."""
        return len(self._held)

    def settimeout(self, seconds: float | None) -> None:
        """Set the limit on a wait: what a timeout takes, since nothing is waited for."""
        self._timeout = seconds

    def gettimeout(self) -> float | None:
        """Return the limit on a wait, in seconds."""
        return self._timeout

    def getpeername(self) -> tuple[str, int]:
        """Return the host and the port that were to be connected to."""
        return self._address

    def getsockname(self) -> tuple[str, int]:
        """Return an address that is none."""
        return ("", 0)

    def fileno(self) -> int:
        """Return -1: there is no descriptor."""
        return -1

    def shutdown(self, how: int) -> None:
        """End the stream."""
        self.close()

    def close(self) -> None:
        """End the stream; the peer is told once."""
        if not self._closed:
            self._closed = True
            self._peer.close()

"""TLS inside TLS: to an https origin through an https proxy.

`ssl` wraps a socket's descriptor, so it cannot wrap a stream that is encrypted already. Here OpenSSL works on two
buffers in memory, and the outer stream carries what comes out of them. The object has what `Connection` and
programs use of a socket.
"""

from __future__ import annotations

import ssl

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any, Final

_READ: Final = 16 * 1024 + 512  # one TLS record with its overhead


class TLSStream:
    """A TLS stream for `server_hostname` on top of another stream."""

    def __init__(
        self, outer: socket.socket, context: ssl.SSLContext, server_hostname: str, session: ssl.SSLSession | None = None
    ) -> None:
        self.outer = outer
        self.context = context
        self.server_hostname = server_hostname
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._before_wait: Callable[[Any], None] | None = None
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname, session=session)

    def do_handshake(self, before_wait: Callable[[Any], None] | None = None) -> None:
        """Shake hands; `before_wait` is called with the outer stream before each wait, to set its timeout."""
        self._before_wait = before_wait
        try:
            self._run(self._tls.do_handshake)
        except ssl.SSLError:
            self._flush_quietly()  # the peer should learn why: OpenSSL has left an alert for it
            raise
        finally:
            self._before_wait = None

    def _run(self, operation: Callable[..., Any], *args: Any) -> Any:
        """Run an operation of OpenSSL, carrying its bytes out and in until it is done."""
        while True:
            try:
                result = operation(*args)
            except ssl.SSLWantReadError:
                self._flush()
                if self._before_wait is not None:
                    self._before_wait(self.outer)
                data = self.outer.recv(_READ)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self.outer.sendall(data)

    def _flush_quietly(self) -> None:
        try:
            self._flush()
        except OSError:
            pass

    def recv(self, size: int = 1024, flags: int = 0) -> bytes:
        """Return at most `size` bytes, b"" after the peer's close_notify. SSLEOFError when it just went away."""
        try:
            return self._run(self._tls.read, size)  # type: ignore[no-any-return]
        except ssl.SSLZeroReturnError:
            return b""

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        """Receive into a buffer; returns the bytes received."""
        with memoryview(buffer).cast("B") as view:
            data = self.recv(size or len(view))
            view[: len(data)] = data
            return len(data)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send some of the bytes; returns how many."""
        return self._run(self._tls.write, data)  # type: ignore[no-any-return]

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of the bytes."""
        with memoryview(data).cast("B") as view:
            sent = 0
            while sent < len(view):
                sent += self.send(view[sent:])

    def getpeercert(self, binary_form: bool = False) -> Any:
        """As `ssl.SSLSocket.getpeercert`."""
        return self._tls.getpeercert(binary_form)

    def pending(self) -> int:
        """Return the bytes that wait to be read: of the plaintext, or of records that were not decrypted yet."""
        return self._tls.pending() or self._incoming.pending or self.outer.pending()  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:
        # version, cipher, selected_alpn_protocol ... are those of the inner TLS; addresses and timeouts the outer's.
        found = getattr(self._tls, name, None)
        return found if found is not None else getattr(self.outer, name)

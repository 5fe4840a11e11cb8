"""TLS inside TLS: to an https origin through an https proxy.

`ssl` wraps a socket's descriptor, so it cannot wrap a stream that is encrypted already. Here OpenSSL works on two
buffers in memory, and the outer stream carries what comes out of them. The object has what `Connection` and
programs use of a socket, and keeps the manners of `ssl.SSLSocket`:

* a timeout bounds one call, and one call reads or writes one record at most, however many waits that takes;
* without a timeout to wait (0.0) a call raises SSLWantReadError or SSLWantWriteError;
* no byte that OpenSSL has encrypted is ever lost: its place in the stream cannot be filled by another. What the outer
  stream does not take stays in `_unsent` and goes first the next time;
* `send` returns when the outer stream has all of what it encrypted. One that could not is called again with the same
  bytes, and goes on where it was.
"""

from __future__ import annotations

import ssl
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any, Final

    # Sets the outer stream's timeout to what is left, before each wait; None where there is nothing to count.
    Countdown = Callable[["socket.socket"], None] | None
    Step = Callable[[Countdown], object]

_READ: Final = 16 * 1024 + 512  # one TLS record with its overhead


class TLSStream:
    """A TLS stream for `server_hostname` on top of another stream."""

    def __init__(
        self, outer: ssl.SSLSocket, context: ssl.SSLContext, server_hostname: str, session: ssl.SSLSession | None = None
    ) -> None:
        self.outer = outer
        self.context = context
        self.server_hostname = server_hostname
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._unsent = b""
        self._accepted = 0  # bytes of a `send` that are encrypted, but of which some are still unsent
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname, session=session)

    def do_handshake(self, before_wait: Countdown = None) -> None:
        """Shake hands; `before_wait` is called with the outer stream before each wait, to set its timeout."""
        before_wait = before_wait or self._countdown()
        try:
            self._run(self._tls.do_handshake, self._flush, before_wait)
            self._flush(before_wait)
        except ssl.SSLError:
            self._flush_quietly()  # the peer should learn why: OpenSSL has left an alert for it
            raise

    def _countdown(self) -> Countdown:
        """Return what sets the outer stream's timeout to the rest of the one it has now; None without one to count."""
        seconds = self.outer.gettimeout()
        if not seconds:
            return None
        ends = monotonic() + seconds

        def apply(outer: socket.socket) -> None:
            left = ends - monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            outer.settimeout(left)

        return apply

    def _run(self, operation: Callable[..., object], flush: Step, before_wait: Countdown, *args: object) -> Any:
        """Run an operation of OpenSSL until it is done: when it wants more, `flush` and receive."""
        while True:
            try:
                return operation(*args)
            except ssl.SSLWantReadError:
                flush(before_wait)
                if before_wait is not None:
                    before_wait(self.outer)
                data = self.outer.recv(_READ)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()

    def _flush(self, before_wait: Countdown) -> None:
        """Hand the outer stream what OpenSSL has written; what it does not take is kept."""
        if self._outgoing.pending:
            self._unsent += self._outgoing.read()
        while self._unsent:
            if before_wait is not None:
                before_wait(self.outer)
            self._unsent = self._unsent[self.outer.send(self._unsent) :]

    def _flush_quietly(self) -> None:
        try:
            self._flush(self._countdown())
        except OSError:
            pass

    def _offer(self, before_wait: Countdown) -> None:
        """Flush what the outer stream takes without a wait. What a reader reads does not hang on that, nor fail by it.

        It is the reply to a KeyUpdate, or the rest of an upload that the peer does not want any more.
        """
        if self._unsent or self._outgoing.pending:
            seconds = self.outer.gettimeout()
            try:
                self.outer.settimeout(0.0)
                self._flush(None)
            except OSError:
                pass
            self.outer.settimeout(seconds)

    def _within_timeout(self, operation: Step) -> Any:
        """Run an operation whose waits share the stream's timeout, which is the same again afterwards."""
        seconds = self.outer.gettimeout()
        try:
            return operation(self._countdown())
        finally:
            if self.outer.gettimeout() != seconds and self.outer.fileno() >= 0:
                self.outer.settimeout(seconds)

    def recv(self, size: int = 1024, flags: int = 0) -> bytes:
        """Return at most `size` bytes, b"" after the peer's close_notify. SSLEOFError when it just went away."""
        try:
            found: bytes = self._within_timeout(lambda before_wait: self._read(size, before_wait))
            return found
        except ssl.SSLZeroReturnError:
            return b""

    def _read(self, size: int, before_wait: Countdown) -> bytes:
        data: bytes = self._run(self._tls.read, self._offer, before_wait, size)
        self._offer(before_wait)
        return data

    def recv_into(self, buffer: bytearray | memoryview, size: int = 0, flags: int = 0) -> int:
        """Receive into a buffer; returns the bytes received."""
        with memoryview(buffer).cast("B") as view:
            data = self.recv(size or len(view))
            view[: len(data)] = data
            return len(data)

    def send(self, data: object, flags: int = 0) -> int:
        """Send some of the bytes; returns how many. After an error that says to wait: again, with the same bytes."""
        found: int = self._within_timeout(lambda before_wait: self._write(data, before_wait))
        return found

    def _write(self, data: object, before_wait: Countdown) -> int:
        self._flush(before_wait)
        if not self._accepted:
            self._accepted = self._run(self._tls.write, self._flush, before_wait, data)
            self._flush(before_wait)
        accepted, self._accepted = self._accepted, 0
        return accepted

    def sendall(self, data: bytes | memoryview, flags: int = 0) -> None:
        """Send all of the bytes."""
        with memoryview(data).cast("B") as view:
            sent = 0
            while sent < len(view):
                sent += self.send(view[sent:])

    def shutdown(self, how: int) -> None:
        """Shut down the connection below both layers of TLS, which stay: no ciphertext is ever read as plaintext."""
        from socket import socket

        socket.shutdown(self.outer, how)

    def getpeercert(self, binary_form: bool = False) -> object:
        """As `ssl.SSLSocket.getpeercert`."""
        return self._tls.getpeercert(binary_form)

    def pending(self) -> int:
        """Return the bytes that wait to be read: of the plaintext, or of records that were not decrypted yet."""
        return self._tls.pending() or self._incoming.pending or self.outer.pending()

    def __getattr__(self, name: str) -> object:
        # version, cipher, selected_alpn_protocol ... are those of the inner TLS; addresses and timeouts the outer's.
        found = getattr(self._tls, name, None)
        return found if found is not None else getattr(self.outer, name)

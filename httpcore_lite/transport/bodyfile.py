"""The body of a response as it was sent, transfer coding taken off: bytes from the connection, and its way back.

`RawResponse` (response.py) reads from here and takes the content coding off. When the body has ended the connection
goes back to its pool; a body that is closed, or fails, before that costs the connection.
"""

from __future__ import annotations

import io
from time import monotonic

from . import errors
from .connection import BODY_READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any, Final

    from .connection import Connection
    from .pool import ConnectionPool

# A body of known length is received straight into memory that grows in steps of this size at most: what a peer
# declares is never believed before it has arrived.
GROWTH: Final = 8 * 1024 * 1024

# So many pieces are joined to one where they are shorter than this on average (bytes).
MANY: Final = 1000
SMALL: Final = 1024


def compact(pieces: list[bytes], start: int) -> int:
    """Join the pieces from `start` on when they are many and small; returns where those to come begin.

    A list of tiny pieces, and joining it, costs a hundred times their bytes, and the peer chooses how long a chunk is.
    """
    if len(pieces) - start < MANY:
        return start
    if sum(map(len, pieces[start:])) < MANY * SMALL:
        pieces[start:] = [b"".join(pieces[start:])]
    return len(pieces)


class BodyFile:
    """The body's bytes as they were sent, transfer coding taken off: what `raw._fp` is."""

    def __init__(self, connection: Connection, pool: ConnectionPool) -> None:
        self._connection: Connection | None = connection
        self._pool = pool
        assert connection.head is not None
        self.head = connection.head
        self.reader = connection.head.reader
        # Pieces received but not yet read, the next one last.
        self._pieces = connection.protocol.take_pieces()
        self._pieces.reverse()
        self.bytes_read = 0
        self.marks = connection.marks
        self.info = connection.info
        # When the body had ended, on the clock of the marks.
        self.ended_at = self.marks.answered if self.reader.ended else None
        # The most bytes that the body may have, for one that is not decoded.
        self.most: int | None = None
        self.on_download = connection.terms.on_download
        self.arrived = 0  # counted where somebody wants to know
        # Told of every error before it is raised: the upper floor's way to dress it up.
        self.on_error: Callable[[BaseException], None] | None = None
        if self.reader.ended and not self._pieces and not self.head.upgraded:
            self._finish()
        elif self.on_download is not None and self._pieces:
            self._tell_arrived(sum(map(len, self._pieces)))  # an error ends the exchange, which closes

    # -- reading -------------------------------------------------------------------------------------------

    def read_piece(self, limit: int) -> bytes:
        """Return the next piece as it arrived, at most `limit` bytes of it; b"" at the end."""
        pieces = self._pieces
        while not pieces:
            if self.reader.ended or self._connection is None:
                self._finish()
                return b""
            direct = self.reader.direct
            if direct >= limit or not self.head.chunked:
                # No more than is asked for: what is left over would have to be cut off, and be copied twice.
                piece = self._receive_direct(min(limit, direct, BODY_READ))
                self.bytes_read += len(piece)
                if self.at_end:
                    self._finish()
                return piece
            self._receive(pieces)
            pieces.reverse()
        piece = pieces[-1]
        if len(piece) > limit:
            pieces[-1] = piece[limit:]
            piece = piece[:limit]
        else:
            pieces.pop()
        self.bytes_read += len(piece)
        if not pieces and self.reader.ended:
            self._finish()
        return piece

    def read(self, amt: int | None = None) -> bytes:
        """Return `amt` bytes, fewer only at the end; all of the rest when `amt` is None or negative."""
        if amt is None or amt < 0:
            return self._read_rest()
        if amt == 0:
            return b""
        piece = self.read_piece(amt)
        if len(piece) == amt or not piece:
            return piece
        parts = [piece]
        compacted = 0
        missing = amt - len(piece)
        while missing:
            piece = self.read_piece(missing)
            if not piece:
                break
            parts.append(piece)
            compacted = compact(parts, compacted)
            missing -= len(piece)
        return b"".join(parts)

    read1 = read_piece

    def readinto(self, buffer: Any) -> int:
        """Read into a writable buffer; returns the bytes read, 0 at the end."""
        with memoryview(buffer).cast("B") as view:
            size = len(view)
            if not self._pieces and self._connection is not None and size > 0 and self.reader.direct:
                direct = min(size, self.reader.direct)
                count = self._receive_into(view[:direct])
                self.bytes_read += count
                if self.reader.ended:
                    self._finish()
                return count
            piece = self.read_piece(size) if size else b""
            view[: len(piece)] = piece
            return len(piece)

    def _read_rest(self) -> bytes:
        pieces = self._pieces
        pieces.reverse()
        if not self.reader.ended and self._connection is not None:
            if self.head.chunked:
                compacted = 0
                while not self.reader.ended:
                    self._receive(pieces)
                    compacted = compact(pieces, compacted)
            else:
                return self._read_rest_growing(pieces)
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.bytes_read += len(data)
        self._finish()
        return data

    def _read_rest_growing(self, pieces: list[bytes]) -> bytes:
        """Receive all of an unchunked body straight into one buffer, which is the result: nothing is held twice."""
        buffer = io.BytesIO(b"".join(pieces))
        filled = buffer.seek(0, io.SEEK_END)
        pieces.clear()
        reader = self.reader
        while not reader.ended:
            step = min(reader.direct, GROWTH, max(filled, BODY_READ))
            buffer.seek(filled + step - 1)
            buffer.write(b"\0")  # grows the buffer to the size that is received into
            with buffer.getbuffer() as whole:
                end = filled + step
                while filled < end and not reader.ended:
                    count = self._receive_into(whole[filled:end])
                    filled += count
        buffer.truncate(filled)
        self.bytes_read += filled
        self._finish()
        return buffer.getvalue()

    def _receive(self, pieces: list[bytes]) -> None:
        """Receive once. Pieces that came before a fault are handed out before it is raised, by the next call."""
        assert self._connection is not None
        before = len(pieces)
        try:
            self._connection.receive_body(pieces, BODY_READ)
        except BaseException as error:
            self._abort(error)
            raise
        if self.most is not None:
            self.count(sum(map(len, pieces[before:])))
        if self.on_download is not None:
            self._tell_or_close(sum(map(len, pieces[before:])))

    def _receive_direct(self, size: int) -> bytes:
        assert self._connection is not None
        try:
            data = self._connection.receive_direct(size)
        except BaseException as error:
            self._abort(error)
            raise
        if self.most is not None:
            self.count(len(data))
        if self.on_download is not None:
            self._tell_or_close(len(data))
        return data

    def _receive_into(self, view: memoryview) -> int:
        assert self._connection is not None
        try:
            with view:
                received = self._connection.receive_into(view)
        except BaseException as error:
            self._abort(error)
            raise
        if self.most is not None:
            self.count(received)
        if self.on_download is not None:
            self._tell_or_close(received)
        return received

    def _tell_arrived(self, received: int) -> None:
        assert self.on_download is not None
        if received:
            self.arrived += received
            self.on_download(self.arrived, None if self.head.chunked else self.head.length)

    def _tell_or_close(self, received: int) -> None:
        try:
            self._tell_arrived(received)
        except BaseException:  # of the program's own making: it ends the body
            self.close()
            raise

    def _abort(self, error: BaseException) -> None:
        """Close the connection; say in urllib3's words that the body broke off."""
        self.close()
        if isinstance(error, (errors.IncompleteRead, errors.InvalidChunkLength)):
            if getattr(error, "expected", 0) is None and isinstance(error, errors.IncompleteRead):
                # Between two chunks.
                broken = errors.ProtocolError("Response ended prematurely")
            else:
                broken = errors.ProtocolError(f"Connection broken: {error!r}", error)
            self.tell(broken)
            raise broken from error
        self.tell(error)

    def count(self, received: int) -> None:
        """Count bytes of a body that has a limit; ResponseTooLarge when there are too many, and the connection goes."""
        assert self.most is not None
        self.most -= received
        if self.most < 0:
            self.close()
            error = errors.ResponseTooLarge("the body is larger than max_response_size allows")
            self.tell(error)
            raise error

    def tell(self, error: BaseException) -> None:
        """Tell whoever wants to know that `error` is about to be raised."""
        if self.on_error is not None:
            self.on_error(error)

    # -- the end -------------------------------------------------------------------------------------------

    @property
    def at_end(self) -> bool:
        """Whether every byte of the body has been read."""
        return self.reader.ended and not self._pieces

    @property
    def connection(self) -> Connection | None:
        return self._connection

    def _finish(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                if self.ended_at is None:
                    self.ended_at = monotonic()
                if connection.watch is not None:
                    self._tell_end(connection, connection.protocol.reusable)
                self._pool.release(connection)
            except BaseException:
                # A signal handler's, or of the program's own making: the connection must not be lost with it.
                self._pool.discard(connection)
                raise

    def _tell_end(self, connection: Connection, kept: bool) -> None:
        ended = monotonic() if self.ended_at is None else self.ended_at
        connection.tell("response.end", bytes=self.bytes_read, seconds=ended - self.marks.answered, kept=kept)

    def release(self) -> None:
        """Give the connection back if all of the body has arrived, read or not; else close it."""
        if self.reader.ended:
            self._finish()
        else:
            self.close()

    def detach(self) -> tuple[socket.socket, bytes]:
        """Hand over the socket, with what was received behind the head. OSError when the connection is gone."""
        connection, self._connection = self._connection, None
        if connection is None:
            raise OSError("the response has no connection any more, so no socket")
        self._pool.detach(connection)
        pieces = b"".join(reversed(self._pieces))
        self._pieces.clear()
        return connection.sock, pieces + connection.protocol.leftover

    def disown(self) -> None:
        """Leave the connection to whoever is about to close it: the exchange that failed."""
        self._pieces.clear()
        self._connection = None

    def abandon(self) -> None:
        """Close the connection without waiting for any lock: the response was forgotten by the program."""
        # Giving up twice counts once, so the connection is forgotten last: an interrupt in between loses nothing.
        if self._connection is not None:
            self._pool.discard(self._connection)
            self._connection = None

    def close(self) -> None:
        """Throw away what was not read. The connection survives only if the body has arrived whole."""
        self._pieces.clear()
        if self.reader.ended and not self.head.upgraded:
            self._finish()
            return
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                if connection.watch is not None:
                    self._tell_end(connection, False)
            finally:
                self._pool.discard(connection)

    @property
    def closed(self) -> bool:
        return self._connection is None and not self._pieces

    def isclosed(self) -> bool:
        """As http.client's response: whether everything was read, or it was closed."""
        return self.closed

    def flush(self) -> None:
        """Nothing is ever written here."""

    @property
    def fp(self) -> Any:
        """The buffered reader that http.client would have: its `.raw._sock` is the socket. None at the end."""
        return None if self._connection is None else _SocketFile(self._connection)


class _SocketFile:
    """The two steps `fp.raw._sock` by which programs reach the socket."""

    def __init__(self, connection: Connection) -> None:
        self.raw = self
        self._sock = connection.sock

    def fileno(self) -> int:
        return self._sock.fileno()

"""The body of a response as it was sent, transfer coding taken off: bytes from the connection, and its way back.

`RawResponse` (response.py) reads from here and takes the content coding off. When the body has ended the connection
goes back to its pool; a body that is closed, or fails, before that costs the connection. One that has failed never
reads as one that has ended: what came before is handed out, then the error is raised, each time.
"""

from __future__ import annotations

import io
from time import monotonic

from ..sansio import errors
from ..sansio.http1.framing import UNBOUNDED, ChunkedReader
from ..sansio.http1.headers import HTTPHeaderDict
from .connection import BODY_READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any, Final

    from ..sansio.http1.exchange import Exchange
    from ..sansio.http1.protocol import Head, Reader
    from ..sansio.timings import ConnectionInfo
    from .connection import Connection
    from .pool import ConnectionPool
    from .socket_file import SocketFile

# A body of known length is received straight into memory that grows in steps of this size at most: what a peer
# declares is never believed before it has arrived.
# Small enough to be in the processor's cache still when it is received into.
GROWTH: Final = 2 * 1024 * 1024
# What is asked for at once is set aside at once up to this: memory that nothing was received into is not touched.
AT_ONCE: Final = 16 * 1024 * 1024
# The rest of a body up to this size (bytes) is received in pieces and joined: quicker than to set memory aside for it.
SHORT: Final = 256 * 1024
# For reads up to this size (bytes) more is received than they ask for, what there is up to BODY_READ.
SMALL_READ: Final = 16 * 1024

# So many pieces are joined to one where they are shorter than this on average (bytes).
MANY: Final = 1000
SMALL: Final = 1024


def is_fp_closed(obj: Any) -> bool:
    """Return whether a file-like object is closed, asking in each way that such objects know.

    ValueError when it knows none.
    """
    if hasattr(obj, "isclosed"):
        return bool(obj.isclosed())
    if hasattr(obj, "closed"):
        return bool(obj.closed)
    if hasattr(obj, "fp"):
        return obj.fp is None
    raise ValueError("Unable to determine whether fp is closed.")


def compact(pieces: list[bytes], start: int) -> int:
    """Join the pieces from `start` on when they are many and small; returns where those to come begin.

    A list of tiny pieces, and joining it, costs a hundred times their bytes, and the peer chooses how long a chunk is.
    """
    if len(pieces) - start < MANY:
        return start
    if sum(map(len, pieces[start:])) < MANY * SMALL:
        pieces[start:] = [b"".join(pieces[start:])]
    return len(pieces)


class _Unbuffered(io.RawIOBase):
    """A body for `io.BufferedReader`, whose `read` receives into memory that becomes its result as it is.

    There it is neither filled with zeros before nor copied after. With `parts` an error behind some bytes is kept for
    the next reading.
    """

    def __init__(self, body: BodyFile, parts: bool) -> None:
        self._body = body
        self._parts = parts
        self._began = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as `io.BufferedReader` calls it
        with buffer:  # not valid any more after this, when an error's traceback may still hold it
            try:
                count = self._body.readinto(buffer)
            except errors.TransportError:
                if not (self._parts and self._began):
                    raise
                self._body.untold = True
                return 0
        self._began = True
        return count


class BodyFile:
    """The body's bytes as they were sent, transfer coding taken off: what `raw._fp` is, and `_original_response`."""

    if TYPE_CHECKING:
        _headers: HTTPHeaderDict | None
        _socket_file: SocketFile | None

    _headers = None
    _socket_file = None

    def __init__(self, connection: Connection, pool: ConnectionPool) -> None:
        self._connection: Connection | None = connection
        self._pool = pool
        self.exchange: Exchange = connection.exchange
        exchange = self.exchange
        assert exchange.head is not None
        self.head: Head = exchange.head
        self.reader: Reader = exchange.head.reader
        # Pieces received but not yet read, the next one last.
        self._pieces = connection.protocol.take_pieces()
        self._pieces.reverse()
        self.bytes_read: int = 0
        self._at = 0  # how much of the next piece was read
        self.info: ConnectionInfo | None = connection.info
        # When the body had ended, on the clock of the exchange.
        self.ended_at = exchange.responded if self.reader.ended else None
        # How many more bytes the body may have, None where they are not counted here.
        self.most: int | None = None
        # What ended the body before its end, and whether it still has to be raised for the first time.
        self.failure: BaseException | None = None
        self.untold: bool = False
        self.on_download: Callable[[int, int | None], object] | None = exchange.options.on_download
        self.arrived: int = 0  # counted where the program wants to know
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
                if self.failure is not None:
                    raise self.failed_again()
                self._finish()
                return b""
            direct = self.reader.direct
            if direct < limit and self.head.chunked:
                self._receive(pieces)
                pieces.reverse()
            elif limit > SMALL_READ or self._socket_file is not None:
                # No more than is asked for: what is left over would have to be cut off, and be copied twice.
                piece = self._receive_direct(min(limit, direct, BODY_READ))
                self.bytes_read += len(piece)
                if self.at_end:
                    self._finish()
                return piece
            elif piece := self._receive_direct(min(direct, BODY_READ)):
                pieces.append(piece)
        piece = pieces[-1]
        start = self._at
        if len(piece) - start > limit:
            self._at = start + limit
            self.bytes_read += limit
            return piece[start : start + limit]
        pieces.pop()
        if start:
            piece = piece[start:]
            self._at = 0
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
        if amt > BODY_READ and (there := self._straight(amt)):
            return self._read_straight(there, parts=True)
        piece = self.read_piece(amt)
        if len(piece) == amt or not piece:
            return piece
        parts = [piece]
        compacted = 0
        missing = amt - len(piece)
        while missing:
            try:
                piece = self.read_piece(missing)
            except errors.TransportError:
                self.untold = True
                break
            if not piece:
                break
            parts.append(piece)
            compacted = compact(parts, compacted)
            missing -= len(piece)
        return b"".join(parts)

    def _straight(self, most: int) -> int:
        """Return how many bytes to read straight into the result: at most `most`; 0 where that does not pay."""
        left = self.reader.direct
        if left <= BODY_READ or self.head.chunked or self._connection is None:
            return 0
        amt = min(most, left + sum(map(len, self._pieces)) - self._at)
        return amt if amt <= AT_ONCE else 0

    def _read_straight(self, amt: int, parts: bool) -> bytes:
        """Read `amt` bytes, or all to the end, straight into the result; see `_Unbuffered` for `parts`."""
        return io.BufferedReader(_Unbuffered(self, parts), 1).read(amt)

    read1 = read_piece

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Read into a writable buffer; returns the bytes read, 0 at the end."""
        with memoryview(buffer).cast("B") as view:
            size = len(view)
            if not self._pieces and self._connection is not None and size > 0 and self.reader.direct:
                count = self._receive_into(view[: min(size, self.reader.direct)])
                self.bytes_read += count
                if self.reader.ended:
                    self._finish()
                return count
            piece = self.read_piece(size) if size else b""
            view[: len(piece)] = piece
            return len(piece)

    def _read_rest(self) -> bytes:
        if self._at:
            self._forget_read()
        pieces = self._pieces
        if not self.reader.ended and self._connection is not None:
            if not self.head.chunked and self.reader.direct > SHORT:
                amt = self._straight(UNBOUNDED)
                return self._read_straight(amt, parts=False) if amt else self._read_rest_growing()
            pieces.reverse()
            self._receive_rest(pieces)
        else:
            pieces.reverse()
        if self.failure is not None:
            pieces.clear()
            raise self.failed_again()
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.bytes_read += len(data)
        self._finish()
        return data

    def _receive_rest(self, pieces: list[bytes]) -> None:
        """Append the rest of the body, which is short or comes in chunks, to `pieces`."""
        reader, chunked = self.reader, self.head.chunked
        compacted = 0
        while not reader.ended:
            if chunked:
                self._receive(pieces)
            elif self._connection is None:
                pieces.clear()
                raise self.failed_again()
            else:
                pieces.append(self._receive_direct(min(reader.direct, BODY_READ)))
            compacted = compact(pieces, compacted)

    def _forget_read(self) -> None:
        """Cut off what was read of the next piece."""
        if self._at:
            self._pieces[-1] = self._pieces[-1][self._at :]
            self._at = 0

    def _clear(self) -> None:
        self._pieces.clear()
        self._at = 0

    def arrived_pieces(self, most: int) -> Iterator[bytes]:
        """Yield the pieces that have arrived, as far as each has at most `most` bytes; the last one is left."""
        pieces = self._pieces
        while len(pieces) > 1 and not self._at and len(pieces[-1]) <= most:
            piece = pieces.pop()
            self.bytes_read += len(piece)
            yield piece

    def read_arrived(self) -> bytes:
        """Return what has arrived as one piece, after waiting where nothing has; b"" at the end."""
        piece = self.read_piece(BODY_READ)
        pieces = self._pieces
        if not pieces or self._at:
            return piece
        pieces.append(piece)
        pieces.reverse()
        joined = b"".join(pieces)
        pieces.clear()
        self.bytes_read += len(joined) - len(piece)
        if self.reader.ended:
            self._finish()
        return joined

    def _read_rest_growing(self) -> bytes:
        """Receive all of an unchunked body straight into one buffer, which is the result: nothing is held twice."""
        buffer = io.BytesIO(b"".join(reversed(self._pieces)))
        filled = buffer.seek(0, io.SEEK_END)
        self._pieces.clear()
        reader = self.reader
        while not reader.ended:
            step = min(reader.direct, GROWTH, max(filled, BODY_READ))
            buffer.seek(filled + step - 1)
            buffer.write(b"\0")  # grows the buffer to the size that is received into
            with buffer.getbuffer() as whole:
                end = filled + step
                while filled < end and not reader.ended:
                    filled += self._receive_into(whole[filled:end])
        if self.failure is not None:
            raise self.failed_again()
        buffer.truncate(filled)
        self.bytes_read += filled
        self._finish()
        return buffer.getvalue()

    def _receive(self, pieces: list[bytes]) -> None:
        """Receive once. Pieces that came before a fault are handed out before it is raised, by the next call."""
        if self._connection is None:
            pieces.clear()
            raise self.failed_again()
        before = len(pieces)
        try:
            self._connection.receive_body(pieces, BODY_READ)
        except BaseException as error:
            self._abort(error)
            raise
        if self.on_download is not None:
            self._tell_or_fail(sum(map(len, pieces[before:])))
        if self.most is not None:
            self._allow(pieces, before)

    def _receive_direct(self, size: int) -> bytes:
        assert self._connection is not None
        try:
            data = self._connection.receive_direct(size)
        except BaseException as error:
            self._abort(error)
            raise
        if self.on_download is not None:
            self._tell_or_fail(len(data))
        return data if self.most is None else data[: self._some_allowed(len(data))]

    def _receive_into(self, view: memoryview) -> int:
        if self._connection is None:
            raise self.failed_again()
        try:
            with view:
                received = self._connection.receive_into(view)
        except BaseException as error:
            self._abort(error)
            raise
        if self.on_download is not None:
            self._tell_or_fail(received)
        return received if self.most is None else self._some_allowed(received)

    def _tell_arrived(self, received: int) -> None:
        assert self.on_download is not None
        if received:
            self.arrived += received
            self.on_download(self.arrived, None if self.head.chunked else self.head.length)

    def _tell_or_fail(self, received: int) -> None:
        try:
            self._tell_arrived(received)
        except BaseException as error:  # of the program's own making: it ends the body
            self.fail(error)
            raise

    # -- limits and faults ---------------------------------------------------------------------------------

    def bound(self, most: int) -> None:
        """Let the body have at most `most` more bytes, those included that arrived and were not read.

        What fits is handed out, then ResponseTooLarge is raised: how the bytes were cut makes no difference.
        """
        self.most = most
        self._forget_read()
        self._pieces.reverse()
        self._allow(self._pieces, 0)
        self._pieces.reverse()

    def _allow(self, pieces: list[bytes], start: int) -> None:
        """Count the pieces from `start` on; take away what is beyond the limit."""
        received = sum(map(len, pieces[start:]))
        surplus = received - self._allowed(received)
        while surplus:
            last = pieces.pop()
            if len(last) > surplus:
                pieces.append(last[:-surplus])
            surplus = max(0, surplus - len(last))

    def _allowed(self, received: int) -> int:
        """Return how many of the bytes just received the limit lets through; if not all, the body ends with them."""
        most = self.most
        assert most is not None
        self.most = max(0, most - received)
        if received > most:
            self._end_by(errors.ResponseTooLarge("the body is larger than max_response_size allows"))
        return min(received, most)

    def _some_allowed(self, received: int) -> int:
        allowed = self._allowed(received)
        if received and not allowed:
            raise self.failed_again()  # nothing would mean the end
        return allowed

    def _abort(self, error: BaseException) -> None:
        """Close the connection; say in urllib3's words that the body broke off."""
        if isinstance(error, (errors.IncompleteRead, errors.InvalidChunkLength)):
            if isinstance(error, errors.IncompleteRead) and error.expected is None:
                broken = errors.ProtocolError("Response ended prematurely")  # between two chunks
            else:
                broken = errors.ProtocolError(f"Connection broken: {error!r}", error)
            self.fail(broken)
            try:
                raise broken from error
            finally:
                del broken  # or this frame and the error would keep each other alive, and the body
        self.fail(error)

    def fail(self, error: BaseException) -> None:
        """End the body by an error that the caller is about to raise; so does every later reading."""
        self._clear()
        self._end_by(error)
        self.untold = False

    def _end_by(self, error: BaseException) -> None:
        """Let the connection go, and have `error` raised once what is held was read."""
        self._let_go()
        self.tell(error)
        if self.failure is None:
            self.untold = True
            if isinstance(error, Exception):
                self.failure = errors.twin_of(error)
            else:  # of a signal: not for a later reading, which must not take the body for a whole one either
                self.failure = errors.ProtocolError(f"Connection broken: {error!r}")

    def failed_again(self) -> BaseException:
        """Return the error that ended the body, to be raised once more."""
        self.untold = False
        if self.failure is None:
            return errors.ProtocolError("Connection broken: the response was closed while its body was read")
        error: BaseException = errors.twin_of(self.failure)
        self.tell(error)
        return error

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
                if connection.exchange.watch is not None:
                    self._tell_end(connection, connection.protocol.reusable)
                self._pool.release(connection)
            except BaseException:
                # A signal handler's, or of the program's own making: the connection must not be lost with it.
                self._pool.discard(connection)
                raise

    def _tell_end(self, connection: Connection, kept: bool) -> None:
        ended = monotonic() if self.ended_at is None else self.ended_at
        connection.exchange.tell(
            "response.end", bytes=self.bytes_read, seconds=ended - self.exchange.responded, kept=kept
        )

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
        self._forget_read()
        pieces = b"".join(reversed(self._pieces))
        self._pieces.clear()
        return connection.sock, pieces + connection.protocol.leftover

    def abandon(self) -> None:
        """Close the connection without waiting for any lock: the response was forgotten by the program."""
        # Giving up twice counts once, so the connection is forgotten last: an interrupt in between loses nothing.
        if self._connection is not None:
            self._pool.discard(self._connection)
            self._connection = None

    def close(self) -> None:
        """Throw away what was not read. The connection survives only if the body has arrived whole."""
        self._clear()
        self.untold = False
        self._let_go()

    def _let_go(self) -> None:
        if self.reader.ended and not self.head.upgraded:
            self._finish()
            return
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                if connection.exchange.watch is not None:
                    self._tell_end(connection, False)
            finally:
                self._pool.discard(connection)

    @property
    def closed(self) -> bool:
        return self._connection is None and not self._pieces and not self.untold

    def isclosed(self) -> bool:
        """As http.client's response: whether everything was read, or it was closed."""
        return self.closed

    def flush(self) -> None:
        """Nothing is ever written here."""

    # -- as http.client's response ---------------------------------------------------------------------------

    @property
    def fp(self) -> SocketFile | None:
        """The buffered reader that http.client would have: its `.raw._sock` is the socket. None at the end."""
        connection = self._connection
        if connection is None:
            return None
        if self._socket_file is None:
            from .socket_file import SocketFile

            connection.sock.settimeout(self.exchange.timeouts.read)
            self._socket_file = SocketFile(self, connection.sock)
        return self._socket_file

    def take_over(self, limit: int) -> bytes:
        """Return what has arrived behind the head, at most `limit` bytes: the rest of the connection is the caller's.

        It is not used for another request after this.
        """
        connection = self._connection
        if connection is None:
            return b""
        self.head.keep_alive = False
        self._forget_read()
        if limit and self._pieces:
            piece = self._pieces.pop()
            if len(piece) > limit:
                self._pieces.append(piece[limit:])
            return piece[:limit]
        protocol = connection.protocol
        arrived = protocol.leftover[:limit]
        protocol.leftover = protocol.leftover[limit:]
        return arrived

    debuglevel = 0

    @property
    def status(self) -> int:
        """The status code."""
        return self.head.status

    @property
    def reason(self) -> str:
        """The reason phrase."""
        return self.head.reason.decode("latin-1")

    @property
    def version(self) -> int:
        """10 for HTTP/1.0, 11 for HTTP/1.1."""
        return self.head.version

    @property
    def headers(self) -> HTTPHeaderDict:
        """The fields; `get_all(name)` is there."""
        if self._headers is None:
            self._headers = HTTPHeaderDict.from_wire(self.head.fields)
        return self._headers

    @headers.setter
    def headers(self, headers: HTTPHeaderDict) -> None:
        self._headers = headers

    msg = headers

    def getheaders(self) -> list[tuple[str, str]]:
        """Return the fields as pairs."""
        return list(self.headers.items())

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return a field's value, or `default`."""
        return self.headers.get(name, default)

    @property
    def will_close(self) -> bool:
        """Whether the connection ends with this response."""
        return not self.head.keep_alive

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return self.head.chunked

    @property
    def length(self) -> int | None:
        """Bytes of the body that were not read yet; None where no length was declared."""
        if self.head.chunked or self.head.length is None:
            return None
        return 0 if self.closed else self.head.length - self.bytes_read

    @property
    def chunk_left(self) -> int | None:
        """Bytes of the chunk that the reader stands in, as far as they were not read; 0 behind its last one.

        None before the first chunk, at the end, and where the body does not come in chunks.
        """
        reader, pieces = self.reader, self._pieces
        if not isinstance(reader, ChunkedReader) or not self.bytes_read or self.at_end:
            return None
        if not pieces:
            return reader.rest_of_chunk
        if not self._at:
            return 0  # each piece is of a chunk of its own
        return len(pieces[-1]) - self._at + (reader.rest_of_chunk if len(pieces) == 1 else 0)

    def peek(self, size: int = -1) -> bytes:
        """Return what the next read would give, without taking it away: b"" at the end only."""
        if not self._pieces and (piece := self.read_piece(BODY_READ)):
            self._pieces.append(piece)
            self.bytes_read -= len(piece)
        return self._pieces[-1][self._at :] if self._pieces else b""

    def readline(self, limit: int = -1) -> bytes:
        """Return a line with its end, at most `limit` bytes of it."""
        parts: list[bytes] = []
        while limit and not (parts and parts[-1].endswith(b"\n")):
            try:
                seen = self.peek()
            except errors.TransportError:
                if not parts:
                    raise
                self.untold = True  # behind what came before
                break
            if not seen:
                break
            size = seen.find(b"\n") + 1 or len(seen)
            size = min(size, limit) if limit > 0 else size
            parts.append(self.read_piece(size))
            limit -= size if limit > 0 else 0
        return b"".join(parts)

    def fileno(self) -> int:
        """Return the socket's descriptor. OSError when the connection was given back."""
        if self._connection is None:
            raise OSError("the response has no connection any more, so no file descriptor")
        return self._connection.sock.fileno()

"""The body of a response as it was sent, transfer coding taken off: bytes from the connection, and its way back.

`RawResponse` (response.py) reads from here and takes the content coding off. What was received, what is wanted next and
what goes wrong is `ResponseBody`'s (sansio/http1/response_body.py); here it is waited for. When the body has ended the
connection goes back to its pool; a body that is closed, or fails, before that costs the connection.
"""

from __future__ import annotations

from time import monotonic

from .._internal_utils import late
from ..sansio import errors
from ..sansio.http1.headers import HTTPHeaderDict
from ..sansio.http1.response_body import BODY_READ, ResponseBody, compact

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any, Final, NoReturn

    from ..sansio.http1.exchange import ConnectionInfo, Exchange
    from . import http_client as _http_client
    from . import long_body as _long_body
    from .connection import Connection
    from .http_client import SocketFile
    from .pool import ConnectionPool
else:
    _http_client = late(".transport.http_client")
    _long_body = late(".transport.long_body")

# The rest of a body up to this size (bytes) is received in pieces and joined: quicker than to set memory aside for it.
SHORT: Final = 256 * 1024


class BodyFile(ResponseBody):
    """The body's bytes as they were sent, transfer coding taken off: what `raw._fp` is, and `_original_response`."""

    if TYPE_CHECKING:
        _headers: HTTPHeaderDict | None
        socket_file: SocketFile | None

    _headers = None
    socket_file = None

    def __init__(self, connection: Connection, pool: ConnectionPool) -> None:
        self._connection: Connection | None = connection
        self._pool = pool
        self.exchange: Exchange = connection.exchange
        exchange = self.exchange
        self.info: ConnectionInfo | None = connection.info
        head = exchange.head
        assert head is not None
        ended = head.reader.ended
        # When the body had ended, on the clock of the exchange.
        self.ended_at = exchange.responded if ended else None
        super().__init__(head, connection.protocol.take_pieces(), exchange.options.on_download)
        if ended and not self.pieces and not head.upgraded:
            self._finish()

    # -- reading -------------------------------------------------------------------------------------------

    def read_piece(self, limit: int) -> bytes:
        """Return the next piece as it arrived, at most `limit` bytes of it; b"" at the end."""
        pieces = self.pieces
        while not pieces:
            if self.reader.ended or self._connection is None:
                if self.failure is not None:
                    raise self.failed_again()
                self._finish()
                return b""
            size = self.wanted(limit, self.socket_file is not None)
            if not size:
                self._receive(pieces)
                pieces.reverse()
                continue
            piece = self._receive_direct(size)
            if len(piece) <= limit:
                self.bytes_read += len(piece)
                if self.at_end:
                    self._finish()
                return piece
            pieces.append(piece)
        return self.take(limit)

    read1 = read_piece

    def read(self, amt: int | None = None) -> bytes:
        """Return `amt` bytes, fewer only at the end; all of the rest when `amt` is None or negative."""
        if amt is None or amt < 0:
            return self.take_all() if self.failure is None and self.reader.ended else self._read_rest()
        pieces = self.pieces
        if pieces and len(pieces[-1]) - self._at >= amt:
            return self.take(amt)
        if not amt:
            return b""
        if amt > BODY_READ and self._connection is not None and (there := self.straight(amt)):
            return _long_body.read_straight(self, self.readinto, there, parts=True)
        piece = self.take(amt) if pieces else self.read_piece(amt)
        if len(piece) == amt or not piece:
            return piece
        parts = [piece]
        compacted = 0
        missing = amt - len(piece)
        while missing:
            try:
                piece = self.take(missing) if pieces else self.read_piece(missing)
            except errors.TransportError:
                self.untold = True
                break
            if not piece:
                break
            parts.append(piece)
            compacted = compact(parts, compacted)
            missing -= len(piece)
        return b"".join(parts)

    def read_arrived(self) -> bytes:
        """Return what has arrived as one piece, after waiting where nothing has; b"" at the end."""
        return self.take_behind(self.read_piece(BODY_READ))

    def seen(self) -> bytes:
        """Return what the next read gives, without taking it away: b"" at the end only."""
        if not self.pieces and (piece := self.read_piece(BODY_READ)):
            self.pieces.append(piece)
            self.bytes_read -= len(piece)
        return self.pieces[-1][self._at :] if self.pieces else b""

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Read into a writable buffer; returns the bytes read, 0 at the end."""
        with memoryview(buffer).cast("B") as view:
            size = len(view)
            if self.pieces:
                piece = self.take(size)
            elif self._connection is not None and size > 0 and self.reader.direct:
                count = self.receive_into(view[: min(size, self.reader.direct)])
                self.bytes_read += count
                if self.reader.ended:
                    self._finish()
                return count
            else:
                piece = self.read_piece(size) if size else b""
            view[: len(piece)] = piece
            return len(piece)

    def _read_rest(self) -> bytes:
        if not self.reader.ended and self._connection is not None:
            if not self.head.chunked and self.reader.direct > SHORT:
                amt = self.straight()
                if amt:
                    return _long_body.read_straight(self, self.readinto, amt)
                return _long_body.read_growing(self, self.receive_into)
            self._receive_rest()
        if self.failure is not None:
            self._clear()
            raise self.failed_again()
        return self.take_all()

    def _receive_rest(self) -> None:
        """Receive the rest of the body, which is short or comes in chunks."""
        reader, chunked, pieces = self.reader, self.head.chunked, self.pieces
        compacted = 0
        self.forget_read()
        pieces.reverse()
        while not reader.ended:
            if chunked:
                self._receive(pieces)
            elif self._connection is None:
                pieces.clear()
                raise self.failed_again()
            else:
                pieces.append(self._receive_direct(min(reader.direct, BODY_READ)))
            compacted = compact(pieces, compacted)
        pieces.reverse()

    # -- receiving: the only places that wait ----------------------------------------------------------------

    def _receive(self, pieces: list[bytes]) -> None:
        """Receive once, and append what of the body has come to `pieces`."""
        if self._connection is None:
            pieces.clear()
            raise self.failed_again()
        before = len(pieces)
        try:
            self._connection.receive_body(pieces, BODY_READ)
        except BaseException as error:
            self._raise(error)
        self._pieces_came(pieces, before)

    def _receive_direct(self, size: int) -> bytes:
        assert self._connection is not None
        try:
            data = self._connection.receive_direct(size)
        except BaseException as error:
            self._raise(error)
        return data if self.most is None and self.on_download is None else data[: self._came(len(data))]

    def receive_into(self, view: memoryview) -> int:
        if self._connection is None:
            raise self.failed_again()
        try:
            with view:
                received = self._connection.receive_into(view)
        except BaseException as error:
            self._raise(error)
        return received if self.most is None and self.on_download is None else self._came(received)

    def _raise(self, error: BaseException) -> NoReturn:
        """Close the connection and raise what a failed receive is for the reader."""
        broken = self._broken_by(error)
        try:
            if broken is error:
                raise broken
            raise broken from error
        finally:
            del broken, error  # or this frame and the error would keep each other alive, and the body

    # -- the end -------------------------------------------------------------------------------------------

    @property
    def connection(self) -> Connection | None:
        """The connection, as long as the body has it."""
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

    def drain(self, most: int) -> None:
        """Read and throw away the rest of the body; close it if there are more than `most` bytes."""
        if self.failure is not None:
            return
        try:
            while most > 0 and (piece := self.read_piece(most)):
                most -= len(piece)
        except errors.TransportError:
            return
        if not self.at_end:
            self.close()

    def detach(self) -> tuple[socket.socket, bytes]:
        """Hand over the socket, with what was received behind the head. OSError when the connection is gone."""
        connection, self._connection = self._connection, None
        if connection is None:
            raise OSError("the response has no connection any more, so no socket")
        self._pool.detach(connection)
        self.forget_read()
        pieces = b"".join(reversed(self.pieces))
        self.pieces.clear()
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
        return self._connection is None and not self.pieces and not self.untold

    def isclosed(self) -> bool:
        """As http.client's response: whether everything was read, or it was closed."""
        return self.closed

    def flush(self) -> None:
        """Nothing is ever written here."""

    # -- as http.client's response ---------------------------------------------------------------------------

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


class _OfHTTPClient:
    """A name that http.client's response has besides, and few programs ask for."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, body: BodyFile | None, owner: type) -> Any:
        return self if body is None else getattr(_http_client.HTTPClientResponse(body), self._name)


# Each by itself, since a class with a `__getattr__` reads all of its attributes more slowly.
for _name in (
    "chunked", "debuglevel", "fileno", "fp", "getheader", "getheaders", "length", "peek", "readline", "reason",
    "status", "version", "will_close",
):  # fmt: skip
    setattr(BodyFile, _name, _OfHTTPClient(_name))

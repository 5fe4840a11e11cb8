"""The body of a response as a file-like object: what programs know as `Response.raw`.

The shape is urllib3's `HTTPResponse`; behind it is our connection. Reading receives from the connection when what
has arrived is used up, takes off the content coding when asked to, and gives the connection back to its pool when
the body has ended. A response that is closed, or forgotten, before that closes the connection.

    connection ──▶ _BodyFile (`_fp`: the body's bytes as they were sent) ──▶ decoder ──▶ read, stream, readinto ...

Reading raises errors of the tree in `errors.py`.
"""

from __future__ import annotations

import io
from time import monotonic

from . import errors
from .connection import BODY_READ
from .decoders import decoder_for
from .headers import HTTPHeaderDict
from .insight import Timings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any, Final

    from .connection import Connection
    from .insight import ConnectionInfo
    from .pool import ConnectionPool

# A body of known length is received straight into memory that grows in steps of this size at most: what a peer
# declares is never believed before it has arrived.
GROWTH: Final = 8 * 1024 * 1024
# Below so many decoded bytes nobody asks how far they were inflated: small bodies may be all zeros.
RATIO_FLOOR: Final = 64 * 1024
# Decoded bytes looked at together where a limit is set.
LIMITED_STEP: Final = 256 * 1024
# How much of an unread body is read and thrown away to save a connection, in bytes.
MAX_DRAIN: Final = 64 * 1024


class _BodyFile:
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
        missing = amt - len(piece)
        while missing:
            piece = self.read_piece(missing)
            if not piece:
                break
            parts.append(piece)
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
                while not self.reader.ended:
                    self._receive(pieces)
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
            if self.ended_at is None:
                self.ended_at = monotonic()
            if connection.watch is not None:
                self._tell_end(connection, connection.protocol.reusable)
            self._pool.release(connection)

    def _tell_end(self, connection: Connection, kept: bool) -> None:
        ended = monotonic() if self.ended_at is None else self.ended_at
        try:
            connection.tell("response.end", bytes=self.bytes_read, seconds=ended - self.marks.answered, kept=kept)
        except BaseException:  # of the program's own making: the connection must not be lost with it
            self._pool.discard(connection)
            raise

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
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.discard(connection)

    def close(self) -> None:
        """Throw away what was not read. The connection survives only if the body has arrived whole."""
        self._pieces.clear()
        if self.reader.ended and not self.head.upgraded:
            self._finish()
            return
        connection, self._connection = self._connection, None
        if connection is not None:
            if connection.watch is not None:
                self._tell_end(connection, False)
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


class _OriginalResponse:
    """What programs reach through `raw._original_response`: the head, as http.client's response shows it."""

    def __init__(self, raw: RawResponse) -> None:
        self._raw = raw
        self.status = raw.status
        self.reason = raw.reason
        self.version = raw.version

    @property
    def msg(self) -> HTTPHeaderDict:
        """The fields; `get_all(name)` is there."""
        return self._raw.headers  # type: ignore[no-any-return]

    headers = msg

    def getheaders(self) -> list[tuple[str, str]]:
        """Return the fields as pairs."""
        return list(self._raw.headers.items())

    def isclosed(self) -> bool:
        """Whether the body was read to its end, or closed."""
        return self._raw.isclosed()

    def close(self) -> None:
        """Close the response."""
        self._raw.close()


class RawResponse(io.IOBase):
    """A response whose head has arrived and whose body is read on demand.

    As urllib3's HTTPResponse with `preload_content=False`. `decode_content` says whether the reading methods take
    off the content coding when they are not told; `auto_close` whether the object is closed when the body ends
    (a wrapper such as `io.TextIOWrapper` wants False).
    """

    def __init__(self, connection: Connection, pool: ConnectionPool, method: str, target: str) -> None:
        head = connection.head
        assert head is not None
        self._head = head
        self._pool = pool
        self._request_method = method
        self._request_url: str | None = target
        self._body = _BodyFile(connection, pool)
        self._fp: Any = self._body
        self.informational = connection.informational
        self.status = head.status
        self.decode_content = False
        self.auto_close = True
        self.retries: Any = None
        self._decoder: Any = None
        self._decoder_made = False
        self._decoded = b""  # decoded and not yet read
        self._max_size: int | None = connection.terms.max_response_size
        self._max_ratio = connection.terms.max_decode_ratio
        if self._max_size is not None:
            self._refuse_too_large(self._max_size)

    def _refuse_too_large(self, most: int) -> None:
        """Refuse a body whose declared length is over the limit; have one of unknown length counted."""
        if self.headers.get("content-encoding"):
            return  # what is decoded is counted
        body = self._body
        if body.at_end:
            return  # HEAD, 304: there is no body, whatever length is declared
        length = None if self._head.chunked else self._head.length
        received = sum(map(len, body._pieces))
        if max(length or 0, received) > most:
            body.disown()
            size = "too many" if length is None else length
            raise errors.ResponseTooLarge(f"the body has {size} bytes, max_response_size allows {most}")
        body.most = most - received

    # -- the head ------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # What most programs never read is built when it is read, and then is a plain attribute.
        make = _LAZY.get(name)
        if make is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = make(self)
        setattr(self, name, value)
        return value

    @property
    def on_error(self) -> Callable[[BaseException], None] | None:
        """What is told of an error before it is raised, or None."""
        return self._body.on_error

    @on_error.setter
    def on_error(self, hook: Callable[[BaseException], None] | None) -> None:
        self._body.on_error = hook

    @property
    def raw_fields(self) -> list[tuple[bytes, bytes]]:
        """The field lines of the head as they were sent: pairs of bytes."""
        return self._head.fields

    @property
    def version_string(self) -> str:
        """The version as text, "HTTP/1.1"."""
        return {9: "HTTP/0.9", 10: "HTTP/1.0", 11: "HTTP/1.1", 20: "HTTP/2"}.get(self.version, "HTTP/?")

    def getheaders(self) -> HTTPHeaderDict:
        """Return the fields."""
        return self.headers  # type: ignore[no-any-return]

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return a field's value, or `default`."""
        return self.headers.get(name, default)  # type: ignore[no-any-return]

    def info(self) -> HTTPHeaderDict:
        """Return the fields, as urllib's responses do."""
        return self.headers  # type: ignore[no-any-return]

    @property
    def url(self) -> str | None:
        """The target that was asked for."""
        return self._request_url

    @url.setter
    def url(self, url: str | None) -> None:
        self._request_url = url

    def geturl(self) -> str | None:
        """Return `url`."""
        return self.url

    def get_redirect_location(self) -> Any:
        """Return where a redirect leads, None for a redirect without Location, False for any other response."""
        if self.status in (301, 302, 303, 307, 308):
            return self.headers.get("location")
        return False

    # -- what was seen of the exchange ---------------------------------------------------------------------

    @property
    def timings(self) -> Timings:
        """How long the phases of the exchange took, in seconds."""
        return Timings(self._body.marks, self._body.ended_at)

    @property
    def connection_info(self) -> ConnectionInfo | None:
        """Over what connection the exchange went."""
        return self._body.info

    # -- the connection ------------------------------------------------------------------------------------

    @property
    def _connection(self) -> Connection | None:
        """The connection while this response has it: its `.sock` is the socket."""
        return self._body.connection

    @property
    def connection(self) -> Connection | None:
        """The connection while this response has it."""
        return self._body.connection

    def release_conn(self) -> None:
        """Give the connection back to its pool. Closes it when the body has not arrived whole."""
        self._body.release()

    def drain_conn(self) -> None:
        """Read and throw away the rest of the body, if it is short, so that the connection can be used again."""
        body = self._body
        try:
            left = MAX_DRAIN
            while left > 0 and (piece := body.read_piece(left)):
                left -= len(piece)
        except errors.TransportError:
            return
        if not body.at_end:
            body.close()

    def detach_socket(self) -> tuple[socket.socket, bytes]:
        """Take the socket over, after `101 Switching Protocols` for example: returns it, and the bytes already read.

        The pool forgets the connection; closing the socket is the caller's. OSError when it was given back before.
        """
        sock, received = self._body.detach()
        sock.settimeout(None)
        return sock, received

    def drop_conn(self) -> None:
        """Close the connection, also where it could be used again."""
        self._body.abandon()

    # -- reading -------------------------------------------------------------------------------------------

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """Return `amt` bytes of the body, fewer only at its end; all of the rest when `amt` is None.

        With decoding `amt` counts decoded bytes. `cache_content` keeps the result for `data`.
        """
        if amt is not None and amt < 0:
            amt = None
        decoder = self._decoder_if(decode_content)
        if decoder is None:
            data: bytes = self._undecoded(amt)
        elif amt is None:
            data = self._decode_rest(decoder)
        else:
            data = self._decode(decoder, amt)
        if cache_content:
            self.__dict__["_data"] = data
        return data

    def read_whole(self) -> bytes:
        """Return the rest of the body, decoded: for whoever wants all of it at once."""
        return self.read(None, True)

    def _undecoded(self, amt: int | None) -> bytes:
        if not self._decoded:
            return self._fp.read() if amt is None else self._fp.read(amt)  # type: ignore[no-any-return]
        # Something decoded is left over from a reading with decoding: it comes first, whatever is asked now.
        held = self._decoded if amt is None else self._decoded[:amt]
        self._decoded = self._decoded[len(held) :]
        if amt is None:
            return held + self._fp.read()  # type: ignore[no-any-return]
        return held + self._fp.read(amt - len(held)) if len(held) < amt else held

    def _decoder_if(self, decode_content: bool | None) -> Any:
        if not (self.decode_content if decode_content is None else decode_content):
            return None
        if not self._decoder_made:
            self._decoder_made = True
            coding = self.headers.get("content-encoding")
            if coding:
                self._decoder = decoder_for(coding)
        return self._decoder

    def _decode(self, decoder: Any, amt: int) -> bytes:
        """Return `amt` decoded bytes, fewer at the end, inflating hardly more than was asked for."""
        parts = [self._decoded] if self._decoded else []
        have = len(self._decoded)
        while have < amt:
            if decoder.has_unconsumed:
                piece = self._decoded_by(decoder, b"", amt - have)
            else:
                data = self._fp.read(BODY_READ) if self._fp is not self._body else self._body.read_piece(BODY_READ)
                if not data:
                    tail = self._flush(decoder)
                    if tail:
                        parts.append(tail)
                    break
                piece = self._decoded_by(decoder, data, amt - have)
            if piece:
                parts.append(piece)
                have += len(piece)
        whole = parts[0] if len(parts) == 1 else b"".join(parts)
        self._decoded = whole[amt:]
        return whole[:amt]

    def _decode_rest(self, decoder: Any) -> bytes:
        parts = [self._decoded] if self._decoded else []
        self._decoded = b""
        # Under a limit no further than needed to see that it is passed.
        step = -1 if self._max_size is None and self._max_ratio is None else LIMITED_STEP
        while True:
            while decoder.has_unconsumed:
                parts.append(self._decoded_by(decoder, b"", step))
            data = self._fp.read(BODY_READ) if self._fp is not self._body else self._body.read_piece(BODY_READ)
            if not data:
                break
            parts.append(self._decoded_by(decoder, data, step))
        parts.append(self._flush(decoder))
        return b"".join(parts)

    def _decoded_by(self, decoder: Any, data: bytes, limit: int) -> bytes:
        try:
            decoded: bytes = decoder.decode(data, limit)
            if self._max_size is not None or self._max_ratio is not None:
                self._check_limits(decoder)
        except errors.DecodeError as error:
            self._body.close()
            self._body.tell(error)
            raise
        return decoded

    def _check_limits(self, decoder: Any) -> None:
        produced = decoder.produced
        if self._max_size is not None and produced > self._max_size:
            raise errors.ResponseTooLarge(f"the decoded body is larger than max_response_size={self._max_size} bytes")
        ratio = self._max_ratio
        if ratio is not None and produced > RATIO_FLOOR and produced > ratio * decoder.consumed:
            raise errors.ResponseTooLarge(
                f"{decoder.consumed} bytes were inflated to {produced} or more, max_decode_ratio allows {ratio:g} times"
            )

    def _flush(self, decoder: Any) -> bytes:
        # A response without a body (HEAD, 304) may name a coding; there is nothing to complain about then.
        if not self._body.bytes_read:
            return b""
        self._decoder_made, self._decoder = True, None  # once only
        try:
            return decoder.flush()  # type: ignore[no-any-return]
        except errors.DecodeError as error:
            self._body.tell(error)
            raise

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Return what has arrived, waiting only when nothing has: at most `amt` bytes, b"" at the end."""
        limit = BODY_READ if amt is None or amt < 0 else amt
        if not limit:
            return b""
        decoder = self._decoder_if(decode_content)
        if decoder is None:
            return self._undecoded_piece(limit)
        if not self._decoded:
            return self._decoded_piece(decoder, limit)
        held, self._decoded = self._decoded[:limit], self._decoded[limit:]
        return held

    def _undecoded_piece(self, limit: int) -> bytes:
        if self._decoded:
            return self._undecoded(min(limit, len(self._decoded)))
        return self._fp.read(limit) if self._fp is not self._body else self._body.read_piece(limit)  # type: ignore[no-any-return]

    def _decoded_piece(self, decoder: Any, limit: int) -> bytes:
        while True:
            if decoder.has_unconsumed:
                piece = self._decoded_by(decoder, b"", limit)
            else:
                data = self._undecoded_piece(BODY_READ)
                if not data:
                    return self._flush(decoder)
                piece = self._decoded_by(decoder, data, limit)
            if piece:
                return piece

    def stream(self, amt: int | None = 2**16, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the body in pieces.

        With a chunked body, or `amt` None, pieces come as they arrive, of at most `amt` bytes; otherwise each but
        the last has exactly `amt` bytes.
        """
        if amt is None or self.chunked:
            while piece := self.read1(amt or BODY_READ, decode_content):
                yield piece
        else:
            while piece := self.read(amt, decode_content):
                yield piece

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        """As `stream`, for a chunked body only. Raises ResponseNotChunked."""
        if not self.chunked:
            raise errors.ResponseNotChunked("Response is not chunked. Header 'transfer-encoding: chunked' is missing.")
        return self.stream(amt, decode_content)

    def supports_chunked_reads(self) -> bool:
        """Whether the body comes from a connection."""
        return True

    def readable(self) -> bool:
        """A response can be read."""
        return True

    def readinto(self, b: Any) -> int:
        """Read into a writable buffer; returns the bytes read, 0 at the end."""
        if self._decoder_if(None) is None and not self._decoded and self._fp is self._body:
            return self._body.readinto(b)  # type: ignore[no-any-return]
        with memoryview(b).cast("B") as view:
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)

    def peek(self, amt: int = 1) -> bytes:
        """Return what the next read would give without taking it away: at least a byte, except at the end."""
        if not self._decoded:
            # `_decoded` is handed out before anything else, so it serves here for bodies that are not decoded too.
            self._decoded = self.read1(BODY_READ)
        return self._decoded

    def tell(self) -> int:
        """Return how many bytes of the body were taken from the wire, before decoding."""
        return self._body.bytes_read

    @property
    def _fp_bytes_read(self) -> int:
        return self._body.bytes_read

    @property
    def length_remaining(self) -> int | None:
        """Bytes of a body of declared length that were not read yet; None where no length is known."""
        if self._request_method == "HEAD" or self._head.status in (204, 304):
            return 0
        if self._head.chunked or self._head.length is None:
            return None
        return self._head.length - self._body.bytes_read

    @property
    def chunk_left(self) -> int | None:
        """Bytes of the current chunk that have not arrived; None between chunks."""
        return (self._body.reader.direct or None) if self.chunked else None

    @property
    def data(self) -> bytes:
        """All of the body, decoded if `decode_content` says so; the same bytes each time."""
        if "_data" not in self.__dict__:
            self.read(cache_content=True)
        return self.__dict__["_data"]  # type: ignore[no-any-return]

    def json(self) -> Any:
        """Return `data` parsed as JSON in UTF-8."""
        import json

        return json.loads(self.data.decode("utf-8"))

    @property
    def trailers(self) -> HTTPHeaderDict:
        """The fields of the trailer section, empty until the body was read (RFC 9110 section 6.5)."""
        return HTTPHeaderDict.from_wire(self._body.reader.trailers)

    # -- the end -------------------------------------------------------------------------------------------

    def isclosed(self) -> bool:
        """Whether the body was read to its end, or the response closed."""
        return self._fp is None or bool(self._fp.closed)

    @property
    def closed(self) -> bool:
        """Whether nothing can be read any more; with `auto_close` that is so at the body's end."""
        if not self.auto_close:
            return io.IOBase.closed.__get__(self)  # type: ignore[no-any-return]
        return not self._decoded and self.isclosed()

    def close(self) -> None:
        """Throw away what was not read, and the connection with it unless the body has arrived whole."""
        body = self.__dict__.get("_body")
        if body is None:
            return  # never came to be
        self._decoded = b""
        if self._fp is not body and hasattr(self._fp, "close"):
            self._fp.close()
        body.close()
        if not self.auto_close:
            io.IOBase.close(self)

    def __del__(self) -> None:
        # In IOBase's place, which would call close(): that may wait for a lock, and the collector must not.
        body = self.__dict__.get("_body")
        if body is not None:
            body.abandon()

    def shutdown(self) -> None:
        """Wake a thread that waits for this body: it reads the end, and the connection is not used again."""
        connection = self._body.connection
        if connection is not None:
            from socket import SHUT_RD

            try:
                connection.sock.shutdown(SHUT_RD)
            except OSError:
                pass

    def fileno(self) -> int:
        """Return the socket's descriptor. OSError when the connection was given back."""
        connection = self._body.connection
        if connection is None:
            raise OSError("the response has no connection any more, so no file descriptor")
        return connection.sock.fileno()

    def flush(self) -> None:
        """Nothing is ever written here."""

    def __repr__(self) -> str:
        return f"<RawResponse {self.status} {self._request_method} {self._request_url}>"


def _reason(raw: RawResponse) -> str:
    return raw._head.reason.decode("latin-1")


_LAZY: Final = {
    "headers": lambda raw: HTTPHeaderDict.from_wire(raw._head.fields),
    "reason": _reason,
    "version": lambda raw: raw._head.version,
    "chunked": lambda raw: raw._head.chunked,
    "enforce_content_length": lambda raw: True,
    "_original_response": _OriginalResponse,
}

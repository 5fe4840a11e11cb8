"""The body of a response as a file-like object: what programs know as `Response.raw`.

The shape is urllib3's `HTTPResponse`; behind it is our connection. Reading receives from the connection when what
has arrived is used up, takes off the content coding when asked to, and gives the connection back to its pool when
the body has ended. A response that is closed, or forgotten, before that closes the connection.

    connection ──▶ BodyFile (`_fp`: the body's bytes as they were sent) ──▶ decoder ──▶ read, stream, readinto ...

Reading raises errors of the tree in `errors.py`.
"""

from __future__ import annotations

import io

from ..sansio import errors
from ..sansio.http1.headers import HTTPHeaderDict
from ..sansio.options import RATIO_FLOOR
from ..sansio.timings import Timings
from .connection import BODY_READ
from .response_body import BodyFile, compact, is_fp_closed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any, Final

    from ..sansio.http1.decoders import Decoder
    from ..sansio.http1.protocol import Informational
    from ..sansio.timings import ConnectionInfo
    from .connection import Connection
    from .pool import ConnectionPool

# Decoded bytes looked at together where a limit is set.
LIMITED_STEP: Final = 256 * 1024
# How much of an unread body is read and thrown away to save a connection, in bytes.
MAX_DRAIN: Final = 64 * 1024


class _Computed:
    """An attribute that is computed until a program assigns another value, which is plain then."""

    def __init__(self, compute: Callable[[Any], object]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __get__(self, raw: object, owner: object = None) -> object:
        return self if raw is None else self._compute(raw)


class RawResponse(io.IOBase):
    """A response whose head has arrived and whose body is read on demand.

    As urllib3's HTTPResponse with `preload_content=False`. `decode_content` says whether the reading methods take
    off the content coding when they are not told; `auto_close` whether the object is closed when the body ends
    (a wrapper such as `io.TextIOWrapper` wants False).
    """

    # What urllib3 keeps here: a body that was read whole, for `data`.
    _body: bytes | None = None
    # Bytes read from a file that a program has put in place of `_fp`; what it said of the counts.
    _from_elsewhere = 0
    _counted_before = 0
    _length: tuple[int | None, int] | None = None

    def __init__(self, connection: Connection, pool: ConnectionPool, method: str, target: str) -> None:
        # Taken first: a body that has arrived gives the connection back, to another thread perhaps.
        exchange = connection.exchange
        head, options = exchange.head, exchange.options
        self.informational: list[Informational] = exchange.informational
        assert head is not None
        self._head = head
        self._pool = pool
        self._request_method = method
        self._request_url: str | None = target
        self._wire = BodyFile(connection, pool)
        self._fp: Any = self._wire
        self.status: int = head.status
        self.decode_content = False
        self.auto_close = True
        self.retries: object = None
        self._taker: Decoder | None = None  # what takes the codings off
        self._taker_made = False
        self._decoded = b""  # decoded and not yet read
        self._max_size: int | None = options.max_response_size
        self._max_ratio = options.max_decode_ratio
        # Whether the limit is still to be set: whether a redirect's page counts is known when somebody reads it.
        self._unbounded = self._max_size is not None
        if self._unbounded and not self.get_redirect_location():
            self._set_limit()

    def _set_limit(self) -> None:
        """Refuse a body whose declared length is over the limit; have one that is not decoded counted."""
        self._unbounded = False
        body, most = self._wire, self._max_size
        if most is None or body.at_end or self._is_decoded():
            return  # HEAD, 304: there is no body, whatever length is declared. What is decoded is counted behind that.
        length = None if self._head.chunked else self._head.length
        if length is not None and length > most:
            body.fail(errors.ResponseTooLarge(f"the body has {length} bytes, max_response_size allows {most}"))
            raise body.failed_again()
        body.bound(most)

    def _is_decoded(self) -> bool:
        coding = self.headers.get("content-encoding") if self._head.coded else None
        try:
            return self._new_decoder(coding) is not None
        except errors.DecodeError:
            return True  # which reading will tell

    def lift_limit(self) -> None:
        """Forget `max_response_size`: the body is that of a redirect that is followed, and its reader has a bound."""
        self._unbounded, self._max_size, self._wire.most = False, None, None

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
        return self._wire.on_error

    @on_error.setter
    def on_error(self, hook: Callable[[BaseException], None] | None) -> None:
        self._wire.on_error = hook

    @property
    def sets_cookie(self) -> bool:
        """Whether the head has a Set-Cookie field."""
        return self._head.sets_cookie

    @property
    def wire_fields(self) -> list[tuple[bytes, bytes]] | None:
        """The fields as they came; None once `headers` was made or assigned, where they may have been changed."""
        return None if "headers" in self.__dict__ else self._head.fields

    @_Computed
    def version_string(self) -> str:
        """The version as text, "HTTP/1.1"."""
        return {9: "HTTP/0.9", 10: "HTTP/1.0", 11: "HTTP/1.1", 20: "HTTP/2"}.get(self.version, "HTTP/?")

    def getheaders(self) -> HTTPHeaderDict:
        """Return the fields."""
        found: HTTPHeaderDict = self.headers
        return found

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return a field's value, or `default`."""
        found: str | None = self.headers.get(name, default)
        return found

    def info(self) -> HTTPHeaderDict:
        """Return the fields, as urllib's responses do."""
        found: HTTPHeaderDict = self.headers
        return found

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
        return self._wire.exchange.timings(self._wire.ended_at)

    @property
    def connection_info(self) -> ConnectionInfo | None:
        """Over what connection the exchange went."""
        return self._wire.info

    # -- the connection ------------------------------------------------------------------------------------

    @_Computed
    def _connection(self) -> Connection | None:
        """The connection while this response has it: its `.sock` is the socket."""
        return self._wire.connection

    @property
    def connection(self) -> Connection | None:
        """The connection while this response has it."""
        return self._wire.connection

    def release_conn(self) -> None:
        """Give the connection back to its pool. Closes it when the body has not arrived whole."""
        self._wire.release()

    def drain_conn(self) -> None:
        """Read and throw away the rest of the body, if it is short, so that the connection can be used again."""
        body = self._wire
        if body.failure is not None:
            return
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
        sock, received = self._wire.detach()
        sock.settimeout(None)
        return sock, received

    def drop_conn(self) -> None:
        """Close the connection, also where it could be used again."""
        self._wire.abandon()

    # -- reading -------------------------------------------------------------------------------------------

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """Return `amt` bytes of the body, fewer only at its end; all of the rest when `amt` is None.

        With decoding `amt` counts decoded bytes. `cache_content` keeps the result for `data`.
        """
        if amt is not None and amt < 0:
            amt = None
        decoder = self._decoder_if(decode_content)
        try:
            if decoder is None:
                data: bytes = self._undecoded(amt)
            elif amt is None:
                data = self._decode_rest(decoder)
            else:
                data = self._decoded_bytes(decoder, amt)
        except BaseException as error:
            if not isinstance(error, Exception) or isinstance(error, MemoryError):
                self._wire.fail(error)  # anywhere between two pieces: what was taken already is lost
            raise
        if cache_content:
            self._body = data
        return data

    def read_whole(self) -> bytes:
        """Return the rest of the body, decoded: for whoever wants all of it at once."""
        return self.read(None, True)

    def _taken(self, amt: int | None) -> bytes:
        """Return bytes of `_fp`, which may be another file that a program has put there."""
        fp, wire = self._fp, self._wire
        if fp is wire:
            found: bytes = wire.read(amt)
            return found
        if fp is None or (isinstance(fp, io.IOBase) and fp.closed):
            return b""
        before = wire.bytes_read  # by a wrapper around it, perhaps
        data: bytes = fp.read() if amt is None else fp.read(amt)
        self._from_elsewhere += len(data) - (wire.bytes_read - before)
        if not data and amt != 0:
            if self.chunked:
                self._update_chunk_length()  # patched by CacheControl, to be told of the end
            if amt is not None:
                fp.close()
        return data

    def _undecoded(self, amt: int | None) -> bytes:
        if not self._decoded:
            return self._wire.read(amt) if self._fp is self._wire else self._taken(amt)
        # Something decoded is left over from a reading with decoding: it comes first, whatever is asked now.
        held = self._decoded if amt is None else self._decoded[:amt]
        self._decoded = self._decoded[len(held) :]
        if amt is None:
            return held + self._taken(None)
        try:
            return held + self._taken(amt - len(held)) if len(held) < amt else held
        except errors.TransportError:
            if not self._is_told_later(held):
                raise
            return held

    def _is_told_later(self, came_before: object) -> bool:
        """Whether an error waits for the next reading, because bytes that came before it are handed out first."""
        if not came_before or self._wire.failure is None:
            return False
        self._wire.untold = True
        return True

    def _decoder_if(self, decode_content: bool | None) -> Decoder | None:
        head = self._head
        if self._unbounded:
            self._set_limit()
        decoding = self.decode_content if decode_content is None else decode_content
        if not decoding and not head.codings:
            if self._max_size is not None and self._wire.most is None:
                self._wire.bound(self._max_size)  # coded, and read as it is
            return None
        if not self._taker_made:
            # Where nobody has looked at the fields they need not be made for this.
            coded = decoding and (head.coded or "headers" in self.__dict__)
            coding = self.headers.get("content-encoding") if coded else None
            if coding or head.codings:
                try:
                    self._taker = self._new_decoder(coding)
                except errors.DecodeError as error:
                    self._wire.fail(error)
                    raise
            self._taker_made = True
        return self._taker

    @property
    def _decoder(self) -> object:
        """The decoder that a program has put in place of ours, of the shape of urllib3's; None where none has."""
        return getattr(self._taker, "theirs", None)

    @_decoder.setter
    def _decoder(self, theirs: object) -> None:
        from ..sansio.http1.decoders import AssignedDecoder

        self._taker = None if theirs is None else AssignedDecoder(theirs)
        self._taker_made = theirs is not None

    def _new_decoder(self, coding: str | None) -> Decoder | None:
        """Return what takes off the content coding, and those of the transfer, which are no business of a program's."""
        from ..sansio.http1.decoders import decoder_for

        transfer = self._head.codings
        decoder = decoder_for(", ".join([each for each in (coding, transfer) if each]))
        return decoder_for(transfer) if decoder is None and transfer else decoder

    def _decoded_bytes(self, decoder: Decoder, amt: int) -> bytes:
        """Return `amt` decoded bytes, fewer at the end, inflating hardly more than was asked for."""
        parts = [self._decoded] if self._decoded else []
        have, compacted = len(self._decoded), 0
        self._decoded = b""
        try:
            while have < amt and (piece := self._decoded_piece(decoder, amt - have)):
                parts.append(piece)
                compacted = compact(parts, compacted)
                have += len(piece)
        except errors.TransportError:
            if not self._is_told_later(parts):
                raise
        whole = parts[0] if len(parts) == 1 else b"".join(parts)
        self._decoded = whole[amt:]
        return whole[:amt]

    def _decode_rest(self, decoder: Decoder) -> bytes:
        parts = [self._decoded] if self._decoded else []
        self._decoded = b""
        # Under a limit no further than needed to see that it is passed.
        step = -1 if self._max_size is None and self._max_ratio is None else LIMITED_STEP
        compacted = 0
        while True:
            compacted = compact(parts, compacted)
            while decoder.has_unconsumed:
                parts.append(self._decoded_by(decoder, b"", step))
            data = self._taken(BODY_READ) if self._fp is not self._wire else self._wire.read_piece(BODY_READ)
            if not data:
                break
            parts.append(self._decoded_by(decoder, data, step))
        parts.append(self._flush(decoder))
        return b"".join(parts)

    def _decoded_by(self, decoder: Decoder, data: bytes, limit: int) -> bytes:
        if isinstance(self._wire.failure, errors.DecodeError):
            raise self._wire.failed_again()
        try:
            decoded: bytes = decoder.decode(data, limit)
        except errors.DecodeError as error:
            self._wire.fail(error)
            raise
        if self._max_size is not None or self._max_ratio is not None:
            return self._within_limits(decoder, decoded)
        return decoded

    def _within_limits(self, decoder: Decoder, decoded: bytes) -> bytes:
        """Return what the limits let through of `decoded`, which was decoded just now; raise if that is nothing."""
        produced = decoder.produced
        surplus = 0
        text = ""
        if self._max_size is not None and produced > self._max_size:
            surplus = produced - self._max_size
            text = f"the decoded body is larger than max_response_size={self._max_size} bytes"
        ratio = self._max_ratio
        if ratio is not None and produced - surplus > max(RATIO_FLOOR, ratio * decoder.consumed):
            surplus = produced - max(RATIO_FLOOR, int(ratio * decoder.consumed))
            text = (
                f"{decoder.consumed} bytes were inflated to {produced} or more, max_decode_ratio allows {ratio:g} times"
            )
        if not surplus:
            return decoded
        self._wire.fail(errors.ResponseTooLarge(text))
        decoder.produced -= surplus
        if surplus >= len(decoded):
            raise self._wire.failed_again()
        self._wire.untold = True
        return decoded[:-surplus]

    @property
    def _is_framed(self) -> bool:
        """Whether the head says where the body ends: one that the close ends may be cut anywhere."""
        return self._head.chunked or self._head.length is not None

    def _flush(self, decoder: Decoder) -> bytes:
        # A response without a body (HEAD, 304) may name a coding; there is nothing to complain about then.
        if not self._bytes_taken:
            return b""
        try:
            tail: bytes = decoder.flush(framed=self._is_framed)
        except errors.DecodeError as error:
            self._wire.fail(error)
            raise
        return tail

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
        return self._taken(limit) if self._fp is not self._wire else self._wire.read_piece(limit)

    def _decoded_piece(self, decoder: Decoder, limit: int) -> bytes:
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
            limit = amt or BODY_READ
            while piece := self.read1(limit, decode_content):
                yield piece
                # Of what came with it each piece takes the short way, until the program has changed something.
                if self._is_plain(decode_content):
                    for piece in self._wire.arrived_pieces(limit):
                        yield piece
                        if self._decoded or self._fp is not self._wire or self._taker is not None:
                            break
        else:
            while piece := self.read(amt, decode_content):
                yield piece

    def stream_joined(self) -> Iterator[bytes]:
        """Yield the body, decoded, as it arrives: what has arrived in one piece, wherever the peer has cut it."""
        while piece := self._wire.read_arrived() if self._is_plain(True) else self.read1(BODY_READ, True):
            yield piece

    def _is_plain(self, decode_content: bool | None) -> bool:
        """Whether what comes next is what comes from the connection, as it is."""
        if decode_content is None and self._head.coded:
            return False  # `decode_content` may be set at any time
        return self._decoder_if(decode_content) is None and not self._decoded and self._fp is self._wire

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

    def readinto(self, b: bytearray | memoryview) -> int:
        """Read into a writable buffer; returns the bytes read, 0 at the end."""
        if self._decoder_if(None) is None and not self._decoded and self._fp is self._wire:
            found: int = self._wire.readinto(b)
            return found
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
        """Return how many bytes of the body were read, before decoding."""
        return self._fp_bytes_read

    # Programs that put another file in place of `_fp` set the two counts; they go on from there.

    @property
    def _bytes_taken(self) -> int:
        return self._wire.bytes_read + self._from_elsewhere

    @property
    def _fp_bytes_read(self) -> int:
        return self._bytes_taken + self._counted_before

    @_fp_bytes_read.setter
    def _fp_bytes_read(self, count: int) -> None:
        self._counted_before = count - self._bytes_taken

    @property
    def length_remaining(self) -> int | None:
        """Bytes of a body of declared length that were not read yet; None where no length is known."""
        if self._length is not None:
            length, since = self._length
        elif self._request_method == "HEAD" or self._head.status in (204, 304):
            return 0
        else:
            length, since = (None if self._head.chunked else self._head.length), 0
        return None if length is None else length - (self._bytes_taken - since)

    @length_remaining.setter
    def length_remaining(self, length: int | None) -> None:
        self._length = (length, self._bytes_taken)

    @_Computed
    def chunk_left(self) -> int | None:
        """Bytes of the current chunk that were not read; None between chunks, 0 behind the last one."""
        wire = self._wire
        return 0 if self.chunked and wire.at_end else wire.chunk_left or None

    def _update_chunk_length(self) -> None:
        """As urllib3 does before each chunk: does nothing here, where `chunk_left` is computed."""

    @property
    def data(self) -> bytes:
        """All of the body, decoded if `decode_content` says so; the same bytes each time."""
        if self._body is None:
            self.read(cache_content=True)
        if TYPE_CHECKING:
            assert self._body is not None
        return self._body

    def json(self) -> object:
        """Return `data` parsed as JSON in UTF-8."""
        import json

        return json.loads(self.data.decode("utf-8"))

    @property
    def trailers(self) -> HTTPHeaderDict:
        """The fields of the trailer section, empty until the body was read (RFC 9110 section 6.5)."""
        return HTTPHeaderDict.from_wire(self._wire.reader.trailers)

    # -- the end -------------------------------------------------------------------------------------------

    def isclosed(self) -> bool:
        """Whether the body was read to its end, or the response closed."""
        fp = self._fp
        return fp is None or (fp.closed if fp is self._wire else is_fp_closed(fp))

    @property
    def closed(self) -> bool:
        """Whether nothing can be read any more; with `auto_close` that is so at the body's end."""
        if not self.auto_close:
            found: bool = io.IOBase.closed.__get__(self)
            return found
        return not self._decoded and self.isclosed()

    def close(self) -> None:
        """Throw away what was not read, and the connection with it unless the body has arrived whole."""
        body = self.__dict__.get("_wire")
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
        body = self.__dict__.get("_wire")
        if body is not None:
            body.abandon()

    def shutdown(self) -> None:
        """Wake a thread that waits for this body: it reads the end, and the connection is not used again."""
        connection = self._wire.connection
        if connection is not None:
            from socket import SHUT_RD, socket

            sock: Any = connection.sock
            try:
                if isinstance(sock, socket):
                    socket.shutdown(sock, SHUT_RD)  # an SSLSocket's own would end its TLS, and then read ciphertext
                else:
                    sock.shutdown(SHUT_RD)
            except OSError:
                pass

    def fileno(self) -> int:
        """Return the socket's descriptor. OSError when the connection was given back."""
        connection = self._wire.connection
        if connection is None:
            raise OSError("the response has no connection any more, so no file descriptor")
        return connection.sock.fileno()

    def flush(self) -> None:
        """Nothing is ever written here."""

    def __repr__(self) -> str:
        return f"<RawResponse {self.status} {self._request_method} {self._request_url}>"


def _reason(raw: RawResponse) -> str:
    return raw._head.reason.decode("latin-1")


def _original_response(raw: RawResponse) -> BodyFile:
    raw._wire.headers = raw.headers  # one mapping is enough
    return raw._wire


_LAZY: Final = {
    "headers": lambda raw: HTTPHeaderDict.from_wire(raw._head.fields),
    "reason": _reason,
    "version": lambda raw: raw._head.version,
    "chunked": lambda raw: raw._head.chunked,
    "enforce_content_length": lambda raw: True,
    "_original_response": _original_response,
}

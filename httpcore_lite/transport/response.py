"""The body of a response as a file-like object: what programs know as `Response.raw`.

The shape is urllib3's `HTTPResponse`; behind it is our connection. Reading receives from the connection when what
has arrived is used up, takes off the content coding when asked to, and gives the connection back to its pool when
the body has ended. A response that is closed, or forgotten, before that closes the connection.

    connection ──▶ BodyFile (`_fp`: the body's bytes as they were sent) ──▶ decoder ──▶ read, stream, readinto ...

Reading raises errors of the tree in `errors.py`.
"""

from __future__ import annotations

import io

from . import errors
from .bodyfile import BodyFile, compact
from .connection import BODY_READ
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

# Below so many decoded bytes nobody asks how far they were inflated: small bodies may be all zeros.
RATIO_FLOOR: Final = 64 * 1024
# Decoded bytes looked at together where a limit is set.
LIMITED_STEP: Final = 256 * 1024
# How much of an unread body is read and thrown away to save a connection, in bytes.
MAX_DRAIN: Final = 64 * 1024


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
        # Taken first: a body that has arrived gives the connection back, to another thread perhaps.
        head, terms, self.informational = connection.head, connection.terms, connection.informational
        assert head is not None
        self._head = head
        self._pool = pool
        self._request_method = method
        self._request_url: str | None = target
        self._body = BodyFile(connection, pool)
        self._fp: Any = self._body
        self.status = head.status
        self.decode_content = False
        self.auto_close = True
        self.retries: Any = None
        self._decoder: Any = None
        self._decoder_made = False
        self._decoded = b""  # decoded and not yet read
        self._max_size: int | None = terms.max_response_size
        self._max_ratio = terms.max_decode_ratio
        # Whether the limit is still to be set: whether a redirect's page counts is known when somebody reads it.
        self._unbounded = self._max_size is not None
        if self._unbounded and not self.get_redirect_location():
            self._set_limit()

    def _set_limit(self) -> None:
        """Refuse a body whose declared length is over the limit; have one that nobody decodes counted."""
        self._unbounded = False
        body, most = self._body, self._max_size
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
        self._unbounded, self._max_size, self._body.most = False, None, None

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
    def sets_cookie(self) -> bool:
        """Whether the head has a Set-Cookie field."""
        return self._head.sets_cookie

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
        try:
            if decoder is None:
                data: bytes = self._undecoded(amt)
            elif amt is None:
                data = self._decode_rest(decoder)
            else:
                data = self._decode(decoder, amt)
        except BaseException as error:
            if not isinstance(error, Exception) or isinstance(error, MemoryError):
                self._body.fail(error)  # anywhere between two pieces: what was taken already is lost
            raise
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
        try:
            return held + self._fp.read(amt - len(held)) if len(held) < amt else held
        except errors.TransportError:
            if not self._is_told_later(held):
                raise
            return held

    def _is_told_later(self, came_before: Any) -> bool:
        """Whether an error waits for the next reading, because bytes that came before it are handed out first."""
        if not came_before or self._body.failure is None:
            return False
        self._body.untold = True
        return True

    def _decoder_if(self, decode_content: bool | None) -> Any:
        head = self._head
        if self._unbounded:
            self._set_limit()
        decoding = self.decode_content if decode_content is None else decode_content
        if not decoding and not head.codings:
            if self._max_size is not None and self._body.most is None:
                self._body.bound(self._max_size)  # coded, and read as it is
            return None
        if not self._decoder_made:
            # Where nobody has looked at the fields they need not be made for this.
            coded = decoding and (head.coded or "headers" in self.__dict__)
            coding = self.headers.get("content-encoding") if coded else None
            if coding or head.codings:
                try:
                    self._decoder = self._new_decoder(coding)
                except errors.DecodeError as error:
                    self._body.fail(error)
                    raise
            self._decoder_made = True
        return self._decoder

    def _new_decoder(self, coding: str | None) -> Any:
        """Return what takes off the content coding, and those of the transfer, which are no business of a program's."""
        from .decoders import decoder_for

        transfer = self._head.codings
        decoder = decoder_for(", ".join([each for each in (coding, transfer) if each]))
        return decoder_for(transfer) if decoder is None and transfer else decoder

    def _decode(self, decoder: Any, amt: int) -> bytes:
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

    def _decode_rest(self, decoder: Any) -> bytes:
        parts = [self._decoded] if self._decoded else []
        self._decoded = b""
        # Under a limit no further than needed to see that it is passed.
        step = -1 if self._max_size is None and self._max_ratio is None else LIMITED_STEP
        compacted = 0
        while True:
            compacted = compact(parts, compacted)
            while decoder.has_unconsumed:
                parts.append(self._decoded_by(decoder, b"", step))
            data = self._fp.read(BODY_READ) if self._fp is not self._body else self._body.read_piece(BODY_READ)
            if not data:
                break
            parts.append(self._decoded_by(decoder, data, step))
        parts.append(self._flush(decoder))
        return b"".join(parts)

    def _decoded_by(self, decoder: Any, data: bytes, limit: int) -> bytes:
        if isinstance(self._body.failure, errors.DecodeError):
            raise self._body.failed_again()
        try:
            decoded: bytes = decoder.decode(data, limit)
        except errors.DecodeError as error:
            self._body.fail(error)
            raise
        if self._max_size is not None or self._max_ratio is not None:
            return self._within_limits(decoder, decoded)
        return decoded

    def _within_limits(self, decoder: Any, decoded: bytes) -> bytes:
        """Return what the limits let through of `decoded`, which was decoded just now; raise if that is nothing."""
        produced = decoder.produced
        surplus = 0
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
        self._body.fail(errors.ResponseTooLarge(text))
        decoder.produced -= surplus
        if surplus >= len(decoded):
            raise self._body.failed_again()
        self._body.untold = True
        return decoded[:-surplus]

    def _flush(self, decoder: Any) -> bytes:
        # A response without a body (HEAD, 304) may name a coding; there is nothing to complain about then.
        if not self._body.bytes_read:
            return b""
        try:
            tail: bytes = decoder.flush()
        except errors.DecodeError as error:
            self._body.fail(error)
            raise
        self._decoder_made, self._decoder = True, None  # once only
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

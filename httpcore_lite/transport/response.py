"""A response that came over a connection: what programs know as `Response.raw`.

It is read as any response is (`HTTPResponse`); behind it is our connection. Reading receives from it when what has
arrived is used up, takes off the content coding when asked to, and gives the connection back to its pool when the body
has ended. A response that is closed, or forgotten, before that closes the connection.

    connection ──▶ BodyFile (`_fp`: the body's bytes as they were sent) ──▶ Content ──▶ read, stream, readinto ...

Reading raises errors of the tree in `errors.py`.
"""

from __future__ import annotations

import io

from .._internal_utils import late
from ..sansio import errors
from ..sansio.http1.exchange import Timings
from ..sansio.http1.headers import HTTPHeaderDict
from ..sansio.http1.response_body import BODY_READ, Counts
from .file_response import HTTPResponse
from .response_body import BodyFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any, Final

    from ..sansio.http1.content import Content
    from ..sansio.http1.exchange import ConnectionInfo
    from ..sansio.http1.protocol import Informational
    from . import file_body as _file_body
    from .connection import Connection
    from .pool import ConnectionPool
else:
    _file_body = late(".transport.file_body")

# How much of an unread body is read and thrown away to save a connection, in bytes.
MAX_DRAIN: Final = 64 * 1024


class RawResponse(Counts, HTTPResponse):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A response whose head has arrived and whose body is read on demand.

    As urllib3's HTTPResponse with `preload_content=False`. `decode_content` says whether the reading methods take
    off the content coding when they are not told; `auto_close` whether the object is closed when the body ends
    (a wrapper such as `io.TextIOWrapper` wants False).
    """

    if TYPE_CHECKING:
        retries: Any

    retries = None  # a plain attribute here: our redirects have set `url` themselves

    def __init__(self, connection: Connection, pool: ConnectionPool, method: str, target: str) -> None:
        # Taken first: a body that has arrived gives the connection back, to another thread perhaps.
        exchange = connection.exchange
        head, options = exchange.head, exchange.options
        self.informational: list[Informational] = exchange.informational
        assert head is not None
        self._head = head
        self._pool = pool
        self._request_method = method
        self._request_url = target
        self._wire: BodyFile = BodyFile(connection, pool)
        self._fp: Any = self._wire
        self.status: int = head.status
        self.decode_content = False
        self._max_size = options.max_response_size
        self._max_ratio = options.max_decode_ratio
        # Whether the limit is still to be set: whether a redirect's page counts is known when it is read.
        self._unbounded = self._max_size is not None
        if self._unbounded and not self.get_redirect_location():
            self._set_limit()

    def _set_limit(self) -> None:
        """Refuse a body whose declared length is over the limit; have one that is not decoded counted."""
        self._unbounded = False
        most = self._max_size
        if most is None or self._wire.at_end or self._is_decoded():
            return  # HEAD, 304: there is no body, whatever length is declared. What is decoded is counted behind that.
        self._wire.refuse_longer(most)

    def _is_decoded(self) -> bool:
        coding = self.headers.get("content-encoding") if self._head.coded else None
        try:
            return self._new_content(coding) is not None
        except errors.DecodeError:
            return True  # which reading will tell

    def lift_limit(self) -> None:
        """Forget `max_response_size`: the body is that of a redirect that is followed, and its reader has a bound."""
        self._unbounded, self._max_size, self._wire.most = False, None, None
        if self._content is not None:
            self._content.max_size = None

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

    @property
    def timings(self) -> Timings:
        """How long the phases of the exchange took, in seconds."""
        return self._wire.exchange.timings(self._wire.ended_at)

    @property
    def connection_info(self) -> ConnectionInfo | None:
        """Over what connection the exchange went."""
        return self._wire.info

    # -- the connection ------------------------------------------------------------------------------------

    def release_conn(self) -> None:
        """Give the connection back to its pool. Closes it when the body has not arrived whole."""
        self._wire.release()

    def drain_conn(self) -> None:
        """Read and throw away the rest of the body, if it is short, so that the connection can be used again."""
        self._wire.drain(MAX_DRAIN)

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

    # -- reading: what differs from a file's ----------------------------------------------------------------

    __iter__ = io.IOBase.__iter__  # line by line, without reading ahead

    def read_whole(self) -> bytes:
        """Return the rest of the body, decoded: for the reader that wants all of it at once."""
        return self.read(None, True)

    def _take(self, amt: int | None, once: bool = False) -> bytes:
        """Return bytes of `_fp`, which may be another file that a program has put there."""
        if self._fp is not self._wire:
            return _file_body.take_other(self, amt, once)
        wire: BodyFile = self._wire
        if not once:
            return wire.read(amt)
        return wire.take(amt or BODY_READ) if wire.pieces else wire.read_piece(amt or BODY_READ)

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """As any response's; what is as it came, and comes from the connection, takes the short way."""
        if self._decoded or cache_content or amt == 0 or self._fp is not self._wire or self._content_if(decode_content):
            return super().read(amt, decode_content, cache_content)
        self._partly_read = True
        try:
            data: bytes = self._wire.read(amt)
            return data
        except BaseException as error:
            if not isinstance(error, Exception) or isinstance(error, MemoryError):
                self._wire.fail(error)  # anywhere between two pieces: what was taken already is lost
            raise

    def _undecoded(self, amt: int | None, decode_content: bool | None) -> bytes:
        return super()._undecoded(amt, False)

    def _coded(self, amt: int | None, once: bool) -> bytes:
        return self._take(BODY_READ, once=True)

    def _content_if(self, decode_content: bool | None) -> Content | None:
        head = self._head
        if self._unbounded:
            self._set_limit()
        decoding = self.decode_content if decode_content is None else decode_content
        if not decoding and not head.codings:
            if self._max_size is not None and self._wire.most is None:
                self._wire.bound(self._max_size)  # coded, and read as it is
            return None
        if not self._content_made:
            # Where the fields were not looked at they need not be made for this.
            coded = decoding and (head.coded or "headers" in self.__dict__)
            coding = self.headers.get("content-encoding") if coded else None
            if coding or head.codings:
                try:
                    self._content = self._new_content(coding)
                except errors.DecodeError as error:
                    self._wire.fail(error)
                    raise
            self._content_made = True
        return self._content

    def _new_content(self, coding: str | None) -> Content | None:
        """Return what takes off the content coding, and those of the transfer, which are no business of a program's."""
        from ..sansio.http1.content import Content

        transfer, limits = self._head.codings, (self._max_size, self._max_ratio)
        content = Content.coded(", ".join([each for each in (coding, transfer) if each]), *limits)
        return Content.coded(transfer, *limits) if content is None and transfer else content

    @property
    def _is_framed(self) -> bool:
        return self._head.chunked or self._head.length is not None

    def _fail(self, error: BaseException) -> None:
        self._wire.fail(error)
        if self._content is not None:
            self._content.failure = self._wire.failure
            self._content.held()

    def _is_told_later(self) -> bool:
        if self._wire.failure is None:
            return False
        self._wire.untold = True
        return True

    def stream(self, amt: int | None = BODY_READ, decode_content: bool | None = None) -> Iterator[bytes]:
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
                        if self._decoded or self._fp is not self._wire or self._content is not None:
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
        return self._content_if(decode_content) is None and not self._decoded and self._fp is self._wire

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        """As `stream`, for a chunked body only. Raises ResponseNotChunked."""
        if not self.chunked:
            raise errors.ResponseNotChunked("Response is not chunked. Header 'transfer-encoding: chunked' is missing.")
        return self.stream(amt, decode_content)

    def readinto(self, b: bytearray | memoryview) -> int:
        """Read into a writable buffer; returns the bytes read, 0 at the end."""
        if self._content_if(None) is None and not self._decoded and self._fp is self._wire:
            count: int = self._wire.readinto(b)
            return count
        return super().readinto(b)

    def _update_chunk_length(self) -> None:
        """As urllib3 does before each chunk: does nothing here, where `chunk_left` is computed."""

    @property
    def trailers(self) -> HTTPHeaderDict:
        """The fields of the trailer section, empty until the body was read (RFC 9110 section 6.5)."""
        return HTTPHeaderDict.from_wire(self._wire.reader.trailers)

    def isclosed(self) -> bool:
        """Whether everything was read, or it was closed."""
        return self._wire.closed if self._fp is self._wire else super().isclosed()

    # -- the end -------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Throw away what was not read, and the connection with it unless the body has arrived whole."""
        body = self.__dict__.get("_wire")
        if body is None:
            return  # never came to be
        self._drop_content()
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
            connection.shut_down()

    def __repr__(self) -> str:
        return f"<RawResponse {self.status} {self._request_method} {self._request_url}>"


def _original(raw: RawResponse) -> BodyFile:
    raw._wire.headers = raw.headers  # one mapping is enough
    return raw._wire


_VERSIONS: Final = {9: "HTTP/0.9", 10: "HTTP/1.0", 11: "HTTP/1.1", 20: "HTTP/2"}


class _Made:
    """An attribute that most programs never read: made when it is read, until a program assigns another value."""

    __slots__ = ("_kept", "_make", "_name")

    def __init__(self, name: str, make: Callable[[RawResponse], object], kept: bool) -> None:
        self._name = name
        self._make = make
        self._kept = kept

    def __get__(self, raw: RawResponse | None, owner: type) -> object:
        if raw is None:
            return self
        value = self._make(raw)
        if self._kept:
            setattr(raw, self._name, value)
        return value


# Each by itself, since a class with a `__getattr__` reads all of its attributes more slowly.
_MADE: Final[dict[str, Callable[[RawResponse], object]]] = {
    "headers": lambda raw: raw._wire.headers,
    "reason": lambda raw: raw._head.reason.decode("latin-1"),
    "version": lambda raw: raw._head.version,
    "version_string": lambda raw: _VERSIONS.get(raw.version, "HTTP/?"),
    "chunked": lambda raw: raw._head.chunked,
    "_original_response": _original,
    # While this response has it: its `.sock` is the socket.
    "_connection": lambda raw: raw._wire.connection,
    # Bytes of the current chunk that were not read; None between chunks, 0 behind the last one.
    "chunk_left": lambda raw: 0 if raw.chunked and raw._wire.at_end else raw._wire.chunk_left or None,
}
for _name, _make in _MADE.items():
    setattr(RawResponse, _name, _Made(_name, _make, _name not in ("_connection", "chunk_left")))

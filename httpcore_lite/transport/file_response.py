"""A response as a file: one reader, over any file-like object that gives the body.

The shape is urllib3's `HTTPResponse`. What came over a connection is read by the same methods, from the file that our
connections give (`RawResponse` over `BodyFile`). Libraries that reply in a server's place build one over a file of
their own, and give it to `HTTPAdapter.build_response`:

    HTTPResponse(body=io.BytesIO(b"..."), headers={...}, status=200, preload_content=False)

    file (`_fp`) ──▶ _take: counts, checks the length, translates errors ──▶ Content ──▶ read, stream, readinto ...
"""

from __future__ import annotations

import io

from .._internal_utils import late
from ..sansio import errors
from ..sansio.http1.headers import BaseHTTPResponse
from ..sansio.http1.response_body import BODY_READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    from ..sansio.http1.content import Content
    from ..sansio.http1.framing import ChunkedReader
    from . import file_body as _file_body

    # A file of any kind that a program brings, or a connection to let go of.
    File: TypeAlias = Any
else:
    _file_body = late(".transport.file_body")


class HTTPResponse(BaseHTTPResponse):
    """A response whose body is read from a file-like object, or is bytes or text given whole.

    preload_content: read the body at once; it is `data` then. decode_content: take off the content coding where a
    method is not told. enforce_content_length: raise when the file ends before Content-Length says so.
    request_method: HEAD has no body whatever Content-Length says. original_response, pool, connection: closed and
    given back when the body has ended. auto_close: whether this object is closed when its file is.
    """

    if TYPE_CHECKING:
        _content: Content | None
        _chunks: ChunkedReader | None

    auto_close: bool = True
    enforce_content_length: bool = True
    # A body that was read whole, for `data`; whether some of it was read otherwise.
    _body: object = None
    _partly_read = False
    # What takes the codings off, once it was looked for, within limits on decoded bytes and their ratio to coded ones.
    _max_size: int | None = None
    _max_ratio: float | None = None
    _content = None
    _content_made = False
    _chunks = None  # the ChunkedReader of a chunked body as it was sent
    _decoded = b""  # not yet read: what was decoded beyond what was asked for, or seen by `peek`

    def __init__(
        self,
        body: object = "",
        headers: object = None,
        status: int = 0,
        version: int = 0,
        version_string: str = "HTTP/?",
        reason: str | None = None,
        preload_content: bool = True,
        decode_content: bool = True,
        original_response: File = None,
        pool: File = None,
        connection: File = None,
        msg: object = None,
        retries: object = None,
        enforce_content_length: bool = True,
        request_method: str | None = None,
        request_url: str | None = None,
        auto_close: bool = True,
        sock_shutdown: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(
            headers=headers,
            status=status,
            version=version,
            version_string=version_string,
            reason=reason,
            decode_content=decode_content,
            request_url=request_url,
            retries=retries,
        )
        self.enforce_content_length = enforce_content_length
        self.auto_close = auto_close
        self.msg = msg
        self.chunk_left: int | None = None
        self._original_response = original_response
        self._pool = pool
        self._connection = connection
        self._sock_shutdown = sock_shutdown
        self._body = body if body and isinstance(body, (str, bytes)) else None
        self._fp: File = body if hasattr(body, "read") else None
        self._fp_bytes_read = 0
        self.length_remaining: int | None = _file_body.declared_length(self, request_method)
        if preload_content and not self._body:
            self._body = self.read(decode_content=decode_content)

    # -- reading -------------------------------------------------------------------------------------------

    def _take(self, amt: int | None, once: bool = False) -> bytes:
        """Return bytes of the file: `amt`, or all of the rest; with `once` what one read of it gives."""
        return _file_body.take(self, amt, once)

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """Return `amt` bytes of the body, fewer only at its end; all of the rest when `amt` is None or negative.

        With decoding `amt` counts decoded bytes. `cache_content` keeps a body that is read whole for `data`.
        """
        if amt == 0:
            return b""
        amt = None if amt is not None and amt < 0 else amt
        content = self._content_if(decode_content)
        try:
            if self._decoded and amt is not None and amt <= len(self._decoded):
                data = self._held(amt)
            elif content is None:
                data = self._undecoded(amt, decode_content)
            else:
                data = self._decoded_bytes(content, amt)
        except BaseException as error:
            if not isinstance(error, Exception) or isinstance(error, MemoryError):
                self._fail(error)  # anywhere between two pieces: what was taken already is lost
            raise
        if amt is not None or not cache_content:
            self._partly_read = True
        elif not self._partly_read:
            self._body = data
        return data

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Return what has arrived, waiting only when nothing has: at most `amt` bytes, b"" at the end."""
        if amt == 0:
            return b""
        amt = None if amt is not None and amt < 0 else amt
        self._partly_read = True
        content = self._content_if(decode_content)
        if self._decoded:
            return self._held(amt)
        if content is None:
            return self._take(amt, once=True)
        return self._decoded_bytes(content, BODY_READ if amt is None else amt, some=True)

    def _held(self, amt: int | None) -> bytes:
        """Return what is held, at most `amt` bytes of it."""
        held = self._decoded if amt is None else self._decoded[:amt]
        self._decoded = self._decoded[len(held) :]
        return held

    def _undecoded(self, amt: int | None, decode_content: bool | None) -> bytes:
        """Return `amt` bytes as they are, behind what is held: that comes first, whatever is asked now.

        As urllib3: where decoding is not wanted one read of the file must do, which may give less than was asked for.
        """
        fully = self.decode_content if decode_content is None else decode_content
        data = self._held(amt)
        try:
            data += self._take(None if amt is None else amt - len(data))
            while fully and amt is not None and 0 < len(data) < amt and (more := self._take(amt - len(data))):
                data += more
        except errors.TransportError:
            if amt is None or not data or not self._is_told_later():
                raise
        return data

    # -- decoding ------------------------------------------------------------------------------------------

    @property
    def _decoder(self) -> object:
        """The decoder that a program has put in place of ours, of the shape of urllib3's; None where none has."""
        return None if self._content is None else getattr(self._content.decoder, "theirs", None)

    @_decoder.setter
    def _decoder(self, theirs: object) -> None:
        from ..sansio.http1.content import Content

        self._content = Content.assigned(theirs, self._max_size, self._max_ratio)
        self._content_made = theirs is not None

    def _content_if(self, decode_content: bool | None) -> Content | None:
        """Return what takes the codings off, None where there are none or the bytes are wanted as they are."""
        content = self._content
        if not (self.decode_content if decode_content is None else decode_content):
            if content is not None and content.begun:
                raise RuntimeError("what was read decoded so far cannot be read on undecoded (decode_content=False)")
            return None
        if not self._content_made:
            self._content_made = True
            codings = self.headers.get("content-encoding")
            if codings:
                from ..sansio.http1.content import Content

                self._content = content = Content.coded(codings)
        return content

    def _coded(self, amt: int | None, once: bool) -> bytes:
        """Return coded bytes for a reading of `amt` decoded ones."""
        return self._take(None if amt is None else BODY_READ, once)

    @property
    def _is_framed(self) -> bool:
        """Whether it is known where the body ends: one that the close ends may be cut anywhere."""
        return self.chunked or self.length_remaining == 0

    def _decoded_bytes(self, content: Content, amt: int | None, some: bool = False) -> bytes:
        """Return `amt` decoded bytes, fewer at the end, hardly inflating more; with `some` as soon as there are any."""
        held = self._held(amt)
        try:
            wanted = None if amt is None else amt - len(held)
            while (taken := content.take(wanted, some)) is None:
                content.feed(self._coded(amt, some), self._is_framed)
        except errors.TransportError as error:
            taken = content.held()
            if content.failure is not None:
                self._fail(error)
            if amt is None or not (held or taken) or not self._is_told_later():
                raise
        data = held + taken
        if amt is not None and len(data) > amt:
            self._decoded = data[amt:]
            return data[:amt]
        return data

    # What a body knows of faults that waits for them behind it; a file does not.

    def _fail(self, error: BaseException) -> None:
        """End the body by an error."""

    def _is_told_later(self) -> bool:
        """Whether an error waits for the next reading, because bytes that came before it are handed out first."""
        return self._content is not None and self._content.failure is not None

    def stream(self, amt: int | None = BODY_READ, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the body in pieces of `amt` bytes; chunk by chunk where the file is a chunked body as sent."""
        return _file_body.stream(self, amt, decode_content)

    def supports_chunked_reads(self) -> bool:
        """Whether the file is like http.client's response: its `fp` gives the chunks as they were sent."""
        return hasattr(self._fp, "fp")

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the data of a chunked body, chunks longer than `amt` in pieces of that size.

        Raises ResponseNotChunked, and BodyNotHttplibCompatible where the file does not give chunks as sent.
        """
        return _file_body.chunks(self, amt, decode_content)

    def readinto(self, b: bytearray | memoryview) -> int:
        """Read into a writable buffer; returns the bytes read, 0 at the end."""
        with memoryview(b).cast("B") as view:
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)

    def peek(self, amt: int = 1) -> bytes:
        """Return what the next read would give without taking it away: at least a byte, except at the end."""
        if not self._decoded:
            # What is held is handed out before anything else, so it serves for bodies that are not decoded too.
            self._decoded = self.read1(BODY_READ)
        return self._decoded

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines of the decoded body."""
        return _file_body.lines(self)

    @property
    def data(self) -> Any:
        """All of the body, decoded if `decode_content` says so; None when there was none."""
        if self._body:
            return self._body
        return None if self._fp is None else self.read(cache_content=True)

    def tell(self) -> int:
        """Return how many bytes of the body were read, before decoding."""
        return self._fp_bytes_read

    def _drop_content(self) -> None:
        """Forget what was decoded: what is left of the body is not wanted."""
        self._decoded = b""
        if self._content is not None and self._content.begun:
            self._content, self._content_made = None, True

    # -- the end -------------------------------------------------------------------------------------------

    @property
    def connection(self) -> object:
        """The connection that was handed in, while it is not given back."""
        return self._connection

    def release_conn(self) -> None:
        """Give the connection back to its pool."""
        if self._pool and self._connection:
            self._pool._put_conn(self._connection)
            self._connection = None

    def drain_conn(self) -> None:
        """Read and throw away the rest of the body."""
        _file_body.drain(self)
        self._drop_content()

    def isclosed(self) -> bool:
        """Whether the file is closed."""
        return self._fp is None or _file_body.is_fp_closed(self._fp)

    @property
    def closed(self) -> bool:
        """Whether the file is closed; without `auto_close`, whether `close()` was called."""
        if not self.auto_close:
            return bool(io.IOBase.closed.__get__(self))
        return "_fp" not in self.__dict__ or (not self._decoded and self.isclosed())

    def close(self) -> None:
        """Close the file, and the connection with it. What was not read is gone."""
        self._sock_shutdown = None
        self._drop_content()
        if not self.closed and self._fp:
            self._fp.close()
        if self._connection:
            self._connection.close()
        if not self.auto_close:
            io.IOBase.close(self)

    def shutdown(self) -> None:
        """Wake a thread that waits for this body. ValueError where nothing was handed in for it."""
        if not self._sock_shutdown:
            raise ValueError("nothing was handed in as sock_shutdown")
        if self._connection is None:
            raise RuntimeError("the connection was given back to its pool")
        self._sock_shutdown(0)  # socket.SHUT_RD

    def fileno(self) -> int:
        """Return the file's descriptor. OSError when it has none."""
        if not hasattr(self._fp, "fileno"):
            raise OSError("the response is not read from a file with a descriptor")
        return int(self._fp.fileno())

    def flush(self) -> None:
        """Flush the file, as wrappers of the io module expect."""
        if hasattr(self._fp, "flush") and not getattr(self._fp, "closed", False):
            self._fp.flush()

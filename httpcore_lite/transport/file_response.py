"""A response as a file: one reader, over any file-like object that gives the body.

The shape is urllib3's `HTTPResponse`. What came over a connection is read by the same methods, from the file that our
connections give (`RawResponse` over `BodyFile`). Libraries that reply in a server's place build one over a file of
their own, and give it to `HTTPAdapter.build_response`:

    HTTPResponse(body=io.BytesIO(b"..."), headers={...}, status=200, preload_content=False)

    file (`_fp`) ──▶ _take: counts, checks the length, translates errors ──▶ Content ──▶ read, stream, readinto ...
"""

from __future__ import annotations

import io
import sys

from ..sansio import errors
from ..sansio.http1.headers import HTTPHeaderDict
from ..sansio.http1.response_body import BODY_READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final, Literal, ParamSpec, TypeAlias, TypeVar

    from ..sansio.http1.content import Content
    from ..sansio.http1.framing import ChunkedReader

    # A file of any kind that a program brings, or a connection to let go of.
    _File: TypeAlias = Any
    _P = ParamSpec("_P")
    _T = TypeVar("_T")

# What is read at once of a line of the chunked coding (bytes); `ChunkedReader` has the limits.
MAX_LINE: Final = 16 * 1024


def is_fp_closed(obj: _File) -> bool:
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


class BaseHTTPResponse(io.IOBase):
    """The head of a response, and what can be said without its body."""

    REDIRECT_STATUSES = (301, 302, 303, 307, 308)

    def __init__(
        self,
        *,
        headers: object = None,
        status: int,
        version: int,
        version_string: str,
        reason: str | None,
        decode_content: bool,
        request_url: str | None,
        retries: object = None,
    ) -> None:
        self.headers: HTTPHeaderDict = headers if isinstance(headers, HTTPHeaderDict) else HTTPHeaderDict(headers)
        self.status = status
        self.version = version
        self.version_string = version_string
        self.reason = reason
        self.decode_content = decode_content
        self._request_url = request_url
        self.retries = retries
        codings = self.headers.get("transfer-encoding", "").lower().split(",")
        self.chunked: bool = "chunked" in [coding.strip() for coding in codings]

    @property
    def retries(self) -> object:
        """The policy after the last attempt. Setting one that followed a redirect sets `url` to where it led."""
        return self._retries

    @retries.setter
    def retries(self, retries: Any) -> None:
        if retries is not None and retries.history:
            self.url = retries.history[-1].redirect_location
        self._retries = retries

    @property
    def url(self) -> str | None:
        """The URL that this is the response of."""
        return self._request_url

    @url.setter
    def url(self, url: str | None) -> None:
        self._request_url = url

    def geturl(self) -> str | None:
        """Return `url`."""
        return self.url

    def get_redirect_location(self) -> str | Literal[False] | None:
        """Return where a redirect leads, None for a redirect without Location, False for any other response."""
        return self.headers.get("location") if self.status in self.REDIRECT_STATUSES else False

    def getheaders(self) -> HTTPHeaderDict:
        """Return the fields."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return a field's value, or `default`."""
        return self.headers.get(name, default)

    def info(self) -> HTTPHeaderDict:
        """Return the fields, as urllib's responses do."""
        return self.headers


class HTTPResponse(BaseHTTPResponse):
    """A response whose body is read from a file-like object, or is bytes or text given whole.

    preload_content: read the body at once; it is `data` then. decode_content: take off the content coding where a
    method is not told. enforce_content_length: raise when the file ends before Content-Length says so.
    request_method: HEAD has no body whatever Content-Length says. original_response, pool, connection: closed and
    given back when the body has ended. auto_close: whether this object is closed when its file is.
    """

    if TYPE_CHECKING:
        _body: object
        _content: Content | None
        _chunks: ChunkedReader | None

    auto_close = True
    enforce_content_length = True
    # A body that was read whole, for `data`; whether some of it was read otherwise.
    _body = None
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
        original_response: _File = None,
        pool: _File = None,
        connection: _File = None,
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
        self._fp: _File = body if hasattr(body, "read") else None
        self._fp_bytes_read = 0
        self.length_remaining = self._declared_length(request_method)
        if preload_content and not self._body:
            self._body = self.read(decode_content=decode_content)

    def _declared_length(self, method: str | None) -> int | None:
        if method == "HEAD" or self.status in (204, 304) or 100 <= (self.status or 0) < 200:
            return 0
        value = self.headers.get("content-length")
        if value is None or self.chunked:
            return None
        members = {member.strip() for member in value.split(",")}
        if not all(member.isascii() and member.isdigit() for member in members):
            return None
        if len({int(member) for member in members}) > 1:
            raise errors.InvalidHeader(f"Content-Length contained multiple unmatching values ({value})")
        return int(members.pop())

    # -- the connection ------------------------------------------------------------------------------------

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
        try:
            while self._take(BODY_READ):
                pass
        except (errors.TransportError, OSError):
            pass
        self._drop_content()

    # -- the file ------------------------------------------------------------------------------------------

    def _take(self, amt: int | None, once: bool = False) -> bytes:
        """Return bytes of the file: `amt`, or all of the rest; with `once` what one read of it gives."""
        if self._fp is None:
            return b""
        data = self._guarded(self._read_file, amt, once)
        self._fp_bytes_read += len(data)
        if self.length_remaining is not None:
            self.length_remaining -= len(data)
        return data

    def _read_file(self, amt: int | None, once: bool) -> bytes:
        file = self._fp
        data: bytes = b"" if getattr(file, "closed", False) else _read(file, amt, once)
        if not data and amt != 0 and (amt is not None or once):
            file.close()
            if self.enforce_content_length and self.length_remaining and not once:
                raise errors.IncompleteRead(self._fp_bytes_read, self.length_remaining)
        return data

    def _guarded(self, read: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what `read` does; errors of files and sockets leave as those of the transport.

        An error closes the connection; at the end of what it had sent it is given back.
        """
        failed = True
        try:
            data = read(*args, **kwargs)
            failed = False
            return data
        except Exception as error:
            translated = self._translated(error)
            if translated is None:
                raise
            raise translated from error
        finally:
            original = self._original_response
            if failed:
                for part in (original, self._connection):
                    if part:
                        part.close()
            if original and original.isclosed():
                self.release_conn()

    def _translated(self, error: Exception) -> Exception | None:
        if isinstance(error, errors.TransportError) and not isinstance(error, errors.IncompleteRead):
            return None
        if isinstance(error, TimeoutError):
            return errors.ReadTimeoutError(self._pool, None, "Read timed out.")
        if _is_a(error, "ssl", "SSLError"):
            return errors.SSLError(error)
        if isinstance(error, (OSError, errors.IncompleteRead)) or _is_a(error, "http.client", "HTTPException"):
            return errors.ProtocolError(f"Connection broken: {error!r}", error)
        return None

    # -- reading -------------------------------------------------------------------------------------------

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """Return `amt` bytes of the body, fewer only at its end; all of the rest when `amt` is None or negative.

        With decoding `amt` counts decoded bytes. `cache_content` keeps a body that is read whole for `data`.
        """
        if amt is not None and amt <= 0:
            if not amt:
                return b""
            amt = None
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
        if amt is not None and amt <= 0:
            if not amt:
                return b""
            amt = None
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
        if failure := self._failed_again(content):
            raise failure
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

    def _failed_again(self, content: Content) -> BaseException | None:
        """Return what has ended the content, to be raised once more; None where nothing has."""
        return None if content.failure is None else errors.twin_of(content.failure)

    def _is_told_later(self) -> bool:
        """Whether an error waits for the next reading, because bytes that came before it are handed out first."""
        return self._content is not None and self._content.failure is not None

    def stream(self, amt: int | None = BODY_READ, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the body in pieces of `amt` bytes; chunk by chunk where the file is a chunked body as sent."""
        if amt == 0:
            return
        if self.chunked and self.supports_chunked_reads():
            yield from self.read_chunked(amt, decode_content)
            return
        while not self.isclosed() or self._decoded or (self._content and self._content.decoder.has_unconsumed):
            data = self.read(amt, decode_content)
            if not data:
                return
            yield data

    def readinto(self, b: bytearray | memoryview) -> int:
        """Read into a writable buffer; returns the bytes read, 0 at the end."""
        with memoryview(b).cast("B") as view:
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)

    def readable(self) -> bool:
        """A response can be read."""
        return True

    def peek(self, amt: int = 1) -> bytes:
        """Return what the next read would give without taking it away: at least a byte, except at the end."""
        if not self._decoded:
            # What is held is handed out before anything else, so it serves for bodies that are not decoded too.
            self._decoded = self.read1(BODY_READ)
        return self._decoded

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines of the decoded body."""
        rest: list[bytes] = []
        for piece in self.stream(decode_content=True):
            *lines, last = piece.split(b"\n")
            for line in lines:
                rest.append(line + b"\n")
                yield b"".join(rest)
                rest.clear()
            if last:
                rest.append(last)
        if rest:
            yield b"".join(rest)

    @property
    def data(self) -> Any:
        """All of the body, decoded if `decode_content` says so; None when there was none."""
        if self._body:
            return self._body
        return None if self._fp is None else self.read(cache_content=True)

    def json(self) -> Any:
        """Return `data` parsed as JSON in UTF-8."""
        import json

        return json.loads(self.data.decode("utf-8"))

    def tell(self) -> int:
        """Return how many bytes of the body were read, before decoding."""
        return self._fp_bytes_read

    # -- a chunked body as it was sent (RFC 9112 section 7.1) ------------------------------------------------

    def supports_chunked_reads(self) -> bool:
        """Whether the file is like http.client's response: its `fp` gives the chunks as they were sent."""
        return hasattr(self._fp, "fp")

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the data of a chunked body, chunks longer than `amt` in pieces of that size.

        Raises ResponseNotChunked, and BodyNotHttplibCompatible where the file does not give chunks as sent.
        """
        if not self.chunked:
            raise errors.ResponseNotChunked("Response is not chunked. Header 'transfer-encoding: chunked' is missing.")
        if not self.supports_chunked_reads():
            raise errors.BodyNotHttplibCompatible("the body has no attribute `fp` that gives chunks as they were sent")
        if self._chunks is None:
            from ..sansio.http1.framing import ChunkedReader

            self._chunks = ChunkedReader()
        content = self._content_if(decode_content)
        self._partly_read = True
        limit = amt if amt and amt > 0 else None
        data: bytes = b"-"
        while data:
            piece = data = self._guarded(self._next_of_chunk, limit)
            if content is not None:
                content.feed(data, framed=True)
                piece = content.take(None) or content.held()
            if piece:
                yield piece

    def _next_of_chunk(self, amt: int | None) -> bytes:
        """Return the rest of a chunk, at most `amt` bytes of it, b"" behind the last one."""
        source, reader = self._fp.fp, self._chunks
        if source is None or reader is None:
            return b""
        pieces: list[bytes] = []
        before = reader.received
        while not pieces and not reader.ended:
            if left := reader.direct:
                data = source.read(left if amt is None else min(amt, left))
            else:
                data = source.readline(MAX_LINE)
            if not data:
                reader.receive_eof()
            reader.receive(data, pieces)
        self._fp_bytes_read += reader.received - before
        self.chunk_left = reader.direct or None
        if reader.ended:
            self._fp.close()
            if self._original_response:
                self._original_response.close()
        return pieces[0] if pieces else b""

    def _drop_content(self) -> None:
        """Forget what was decoded: what is left of the body is not wanted."""
        self._decoded = b""
        if self._content is not None and self._content.begun:
            self._content, self._content_made = None, True

    # -- the end -------------------------------------------------------------------------------------------

    def isclosed(self) -> bool:
        """Whether the file is closed."""
        return self._fp is None or is_fp_closed(self._fp)

    @property
    def closed(self) -> bool:
        """Whether the file is closed; without `auto_close`, whether `close()` was called."""
        if not self.auto_close:
            found: bool = io.IOBase.closed.__get__(self)
            return found
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
        number: int = self._fp.fileno()
        return number

    def flush(self) -> None:
        """Flush the file, as wrappers of the io module expect."""
        if hasattr(self._fp, "flush") and not getattr(self._fp, "closed", False):
            self._fp.flush()


def _read(file: _File, amt: int | None, once: bool) -> bytes:
    # Some files do not take None for "all of it".
    if once and hasattr(file, "read1"):
        data: bytes = file.read1() if amt is None else file.read1(amt)
    else:
        data = file.read() if amt is None else file.read(amt)
    return data


def _is_a(error: BaseException, module: str, name: str) -> bool:
    # An error of a module that was never loaded cannot be here, so nothing is loaded to look.
    return isinstance(error, getattr(sys.modules.get(module), name, ()))

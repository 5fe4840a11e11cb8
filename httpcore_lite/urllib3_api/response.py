"""A response over any file-like object, with the shape of urllib3's `HTTPResponse`.

Libraries that answer in a server's place build one by hand and give it to `HTTPAdapter.build_response`:

    HTTPResponse(body=io.BytesIO(b"..."), headers={...}, status=200, preload_content=False)

Where urllib3 is not installed they find this class under its name. A response that came over a
connection is `transport.response.RawResponse`.

    file (`_fp`) ──▶ _take: counts, checks the length, translates errors ──▶ decoder ──▶ read, stream, ...
"""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager

from .._internal_utils import lazy_names
from ..sansio import errors
from ..sansio.http1.headers import HTTPHeaderDict
from ..transport.response import RawResponse
from ..transport.response_body import is_fp_closed as is_fp_closed
from .exceptions import BodyNotHttplibCompatible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    from ..sansio.http1.decoders import Decoder

    # A file of any kind that a program brings, or a connection to let go of.
    _File: TypeAlias = Any
__all__ = ["BaseHTTPResponse", "HTTPResponse"]

_PIECE = 64 * 1024
# A chunk's size line, or a line of the trailer section, longer than this is an attack.
_MAX_LINE = 64 * 1024


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

    def get_redirect_location(self) -> object:
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
        self._body: object = body if body and isinstance(body, (str, bytes)) else None
        self._fp: _File = body if hasattr(body, "read") else None
        self._fp_bytes_read = 0
        self._partly_read = False
        self._taker: Any = None
        self._taker_made = False
        self._has_decoded_content = False
        self._decoded = b""  # decoded and not yet read
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
            while self._take(_PIECE):
                pass
        except (errors.TransportError, OSError):
            pass
        if self._has_decoded_content:
            self._taker, self._decoded = _Ended(), b""

    # -- the file ------------------------------------------------------------------------------------------

    def _take(self, amt: int | None, *, once: bool = False) -> bytes:
        """Return bytes of the file: `amt`, or all of the rest; with `once` what one read of it gives."""
        file = self._fp
        if file is None:
            return b""
        with self._errors_translated():
            data: bytes = b"" if getattr(file, "closed", False) else _read(file, amt, once)
            if not data and amt != 0 and (amt is not None or once):
                file.close()
                if self.enforce_content_length and self.length_remaining and not once:
                    raise errors.IncompleteRead(self._fp_bytes_read, self.length_remaining)
        self._fp_bytes_read += len(data)
        if self.length_remaining is not None:
            self.length_remaining -= len(data)
        return data

    @contextmanager
    def _errors_translated(self) -> Iterator[None]:
        """Let errors of files and sockets leave as those of the transport; give the connection back at the end."""
        failed = True
        try:
            yield
            failed = False
        except errors.IncompleteRead as error:
            raise errors.ProtocolError(f"Connection broken: {error!r}", error) from error
        except TimeoutError as error:
            raise errors.ReadTimeoutError(self._pool, None, "Read timed out.") from error
        except OSError as error:
            if _is_a(error, "ssl", "SSLError"):
                raise errors.SSLError(error) from error
            raise errors.ProtocolError(f"Connection broken: {error!r}", error) from error
        except Exception as error:
            if _is_a(error, "http.client", "HTTPException"):
                raise errors.ProtocolError(f"Connection broken: {error!r}", error) from error
            raise
        finally:
            original = self._original_response
            if failed:
                for part in (original, self._connection):
                    if part:
                        part.close()
            if original and original.isclosed():
                self.release_conn()

    # -- decoding ------------------------------------------------------------------------------------------

    @property
    def _decoder(self) -> object:
        """The decoder that a program has put in place of ours, of the shape of urllib3's; None where none has."""
        return getattr(self._taker, "theirs", None)

    @_decoder.setter
    def _decoder(self, theirs: object) -> None:
        from ..sansio.http1.decoders import AssignedDecoder

        self._taker = None if theirs is None else AssignedDecoder(theirs)
        self._taker_made = theirs is not None

    def _decoder_if(self, decode_content: bool | None) -> Any:
        if not (self.decode_content if decode_content is None else decode_content):
            if self._has_decoded_content:
                raise RuntimeError("what was read decoded so far cannot be read on undecoded (decode_content=False)")
            return None
        if not self._taker_made:
            self._taker_made = True
            coding = self.headers.get("content-encoding")
            if coding:
                from ..sansio.http1.decoders import decoder_for

                self._taker = decoder_for(coding)
        return self._taker

    def _decoded_bytes(self, decoder: Decoder, amt: int | None, *, once: bool = False) -> bytes:
        """Return `amt` decoded bytes, fewer at the end; with `once` as soon as there are any."""
        parts = [self._decoded] if self._decoded else []
        have = len(self._decoded)
        while (amt is None or have < amt) and not (once and have):
            limit = -1 if amt is None else amt - have
            if decoder.has_unconsumed:
                piece = decoder.decode(b"", limit)
            elif data := self._take(None if amt is None and not once else _PIECE, once=once):
                self._has_decoded_content = True
                piece = decoder.decode(data, limit)
            else:
                piece = self._flushed()
                limit = 0
            if piece:
                parts.append(piece)
                have += len(piece)
            if limit == 0:
                break
        whole = parts[0] if len(parts) == 1 else b"".join(parts)
        if amt is None:
            self._decoded = b""
            return whole
        self._decoded = whole[amt:]
        return whole[:amt]

    def _flushed(self) -> bytes:
        decoder, self._taker = self._taker, _Ended()
        # A response without a body (HEAD, 304) may name a coding; there is nothing to complain about then.
        framed = self.chunked or self.length_remaining == 0
        return decoder.flush(framed) if self._fp_bytes_read else b""

    # -- reading -------------------------------------------------------------------------------------------

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """Return `amt` bytes of the body, fewer only at its end; all of the rest when `amt` is None or negative.

        With decoding `amt` counts decoded bytes. `cache_content` keeps the result for `data`.
        """
        if amt == 0:
            return b""
        if amt is not None and amt < 0:
            amt = None
        decoding = self.decode_content if decode_content is None else decode_content
        decoder = self._decoder_if(decoding)
        if decoder is not None:
            data = self._decoded_bytes(decoder, amt)
        else:
            data = self._take(amt)
            # As urllib3: without decoding one read of the file must do, which may give less than was asked for.
            while decoding and amt is not None and 0 < len(data) < amt and (more := self._take(amt - len(data))):
                data += more
        if amt is not None or not cache_content:
            self._partly_read = True
        elif not self._partly_read:
            self._body = data
        return data

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Return what one read of the file gives: at most `amt` bytes, b"" at the end."""
        if amt == 0:
            return b""
        if amt is not None and amt < 0:
            amt = None
        self._partly_read = True
        decoder = self._decoder_if(decode_content)
        return self._take(amt, once=True) if decoder is None else self._decoded_bytes(decoder, amt, once=True)

    def stream(self, amt: int | None = _PIECE, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the body in pieces of `amt` bytes; chunk by chunk where the file is a chunked body as sent."""
        if amt == 0:
            return
        if self.chunked and self.supports_chunked_reads():
            yield from self.read_chunked(amt, decode_content)
            return
        while not self.isclosed() or self._decoded or (self._taker and self._taker.has_unconsumed):
            data = self.read(amt, decode_content)
            if not data:
                return
            yield data

    def readinto(self, b: _File) -> int:
        """Read into a writable buffer; returns the bytes read, 0 at the end."""
        data = self.read(len(b))
        b[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        """A response can be read."""
        return True

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
        """Return how many bytes were taken from the file, before decoding."""
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
            raise BodyNotHttplibCompatible("the body has no attribute `fp` that gives chunks as they were sent")
        decoder = self._decoder_if(decode_content)
        self._partly_read = True
        while data := self._next_of_chunk(amt if amt and amt > 0 else None):
            if decoder is not None:
                self._has_decoded_content = True
                data = decoder.decode(data, -1)
            if data:
                yield data
        if decoder is not None and (data := self._flushed()):
            yield data

    def _next_of_chunk(self, amt: int | None) -> bytes:
        with self._errors_translated():
            source = self._fp.fp
            if source is None:
                return b""
            if self.chunk_left is None:
                self.chunk_left = self._chunk_size(_line(source))
            if not self.chunk_left:
                while _line(source) not in (b"", b"\n", b"\r\n"):
                    pass  # the trailer section
                self._fp.close()
                if self._original_response:
                    self._original_response.close()
                return b""
            wanted = self.chunk_left if amt is None else min(amt, self.chunk_left)
            data: bytes = source.read(wanted)
            if len(data) < wanted:
                raise errors.IncompleteRead(self._fp_bytes_read + len(data), self.chunk_left - len(data))
            self._fp_bytes_read += wanted
            self.chunk_left -= wanted
            if not self.chunk_left:
                source.read(2)
                self.chunk_left = None
            return data

    def _chunk_size(self, line: bytes) -> int:
        size = line.partition(b";")[0].strip()
        if not size:
            raise errors.ProtocolError("Response ended prematurely")
        if size.strip(b"0123456789abcdefABCDEF"):
            raise errors.InvalidChunkLength(self, size)
        return int(size, 16)

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
        return "_fp" not in self.__dict__ or self.isclosed()

    def close(self) -> None:
        """Close the file, and the connection with it. What was not read is gone."""
        self._sock_shutdown = None
        if self._has_decoded_content:
            self._taker, self._decoded = _Ended(), b""
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


class _Ended:
    """The decoder after its end: it has nothing more to give."""

    has_unconsumed = False

    def decode(self, data: bytes, limit: int = -1) -> bytes:
        return b""

    def flush(self, framed: bool = False) -> bytes:
        return b""


def _read(file: _File, amt: int | None, once: bool) -> bytes:
    # Some files do not take None for "all of it".
    if once and hasattr(file, "read1"):
        data: bytes = file.read1() if amt is None else file.read1(amt)
    else:
        data = file.read() if amt is None else file.read(amt)
    return data


def _line(source: _File) -> bytes:
    line: bytes = source.readline(_MAX_LINE + 1)
    if len(line) > _MAX_LINE:
        raise errors.ProtocolError("a line of the chunked coding is longer than 64 KiB")
    return line


def _is_a(error: BaseException, module: str, name: str) -> bool:
    # An error of a module that was never loaded cannot be here, so nothing is loaded to look.
    return isinstance(error, getattr(sys.modules.get(module), name, ()))


# What came over a connection counts as one too: isinstance(response.raw, HTTPResponse) is a question that programs ask.
HTTPResponse.register(RawResponse)

# Names that urllib3's module has and ours does not need.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            ".urllib3_api.exceptions": (
                "DecodeError HTTPError IncompleteRead InvalidChunkLength InvalidHeader ProtocolError ReadTimeoutError"
                " ResponseNotChunked SSLError"
            )
        },
    )

"""The body of a response that a program has made: a file of any kind, read as urllib3 reads the file of a connection.

What comes is counted and held against Content-Length; errors of files and sockets leave as those of the transport; and
a chunked body may be read chunk by chunk as it was sent. Loaded with the first such response.
"""

from __future__ import annotations

import io
import sys

from ..sansio import errors
from ..sansio.http1.response_body import BODY_READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final, TypeAlias

    # A file of any kind that a program brings; and its response, an `HTTPResponse`: of that the shape is known here.
    File: TypeAlias = Any
    Response: TypeAlias = Any

# What is read at once of a line of the chunked coding (bytes); `ChunkedReader` has the limits.
MAX_LINE: Final = 16 * 1024


def is_fp_closed(obj: File) -> bool:
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


def declared_length(response: Response, method: str | None) -> int | None:
    """Return the bytes that the response to `method` says its body has, None where it does not. InvalidHeader."""
    if method == "HEAD" or response.status in (204, 304) or 100 <= (response.status or 0) < 200:
        return 0
    value = response.headers.get("content-length")
    if value is None or response.chunked:
        return None
    members = {member.strip() for member in value.split(",")}
    if not all(member.isascii() and member.isdigit() for member in members):
        return None
    if len({int(member) for member in members}) > 1:
        raise errors.InvalidHeader(f"Content-Length contained multiple unmatching values ({value})")
    return int(members.pop())


def take(response: Response, amt: int | None, once: bool = False) -> bytes:
    """Return bytes of the file: `amt`, or all of the rest; with `once` what one read of it gives."""
    if response._fp is None:
        return b""
    data = _guarded(_read_file, response, amt, once)
    response._fp_bytes_read += len(data)
    if response.length_remaining is not None:
        response.length_remaining -= len(data)
    return data


def _read_file(response: Response, amt: int | None, once: bool) -> bytes:
    file = response._fp
    data: bytes = b"" if getattr(file, "closed", False) else _read(file, amt, once)
    if not data and amt != 0 and (amt is not None or once):
        file.close()
        if response.enforce_content_length and response.length_remaining and not once:
            raise errors.IncompleteRead(response._fp_bytes_read, response.length_remaining)
    return data


def drain(response: Response) -> None:
    """Read and throw away the rest of the body."""
    try:
        while take(response, BODY_READ):
            pass
    except (errors.TransportError, OSError):
        pass


def take_other(response: Response, amt: int | None, once: bool) -> bytes:
    """Return bytes of a file that a program has put in place of the `_fp` of a response that came over a connection."""
    file, wire = response._fp, response._wire
    if once and amt is None:
        amt = BODY_READ
    if file is None or (isinstance(file, io.IOBase) and file.closed):
        return b""
    before = wire.bytes_read  # by a wrapper around it, perhaps
    data: bytes = file.read() if amt is None else file.read(amt)
    response._from_elsewhere += len(data) - (wire.bytes_read - before)
    if not data and amt != 0:
        if response.chunked:
            response._update_chunk_length()  # patched by CacheControl, to be told of the end
        if amt is not None:
            file.close()
    return data


def _guarded(read: Callable[..., bytes], response: Response, *args: object) -> bytes:
    """Return what `read` does; errors of files and sockets leave as those of the transport.

    An error closes the connection; at the end of what it had sent it is given back.
    """
    failed = True
    try:
        data = read(response, *args)
        failed = False
        return data
    except Exception as error:
        translated = _translated(response, error)
        if translated is None:
            raise
        raise translated from error
    finally:
        original = response._original_response
        if failed:
            for part in (original, response._connection):
                if part:
                    part.close()
        if original and original.isclosed():
            response.release_conn()


def _translated(response: Response, error: Exception) -> Exception | None:
    if isinstance(error, errors.TransportError) and not isinstance(error, errors.IncompleteRead):
        return None
    if isinstance(error, TimeoutError):
        return errors.ReadTimeoutError(response._pool, None, "Read timed out.")
    if _is_a(error, "ssl", "SSLError"):
        return errors.SSLError(error)
    if isinstance(error, (OSError, errors.IncompleteRead)) or _is_a(error, "http.client", "HTTPException"):
        return errors.ProtocolError(f"Connection broken: {error!r}", error)
    return None


def stream(response: Response, amt: int | None, decode_content: bool | None) -> Iterator[bytes]:
    """As `HTTPResponse.stream`."""
    if amt == 0:
        return
    if response.chunked and response.supports_chunked_reads():
        yield from response.read_chunked(amt, decode_content)
        return
    while (
        not response.isclosed() or response._decoded or (response._content and response._content.decoder.has_unconsumed)
    ):
        data = response.read(amt, decode_content)
        if not data:
            return
        yield data


def lines(response: Response) -> Iterator[bytes]:
    """Yield the lines of the decoded body."""
    rest: list[bytes] = []
    for piece in response.stream(decode_content=True):
        *lines, last = piece.split(b"\n")
        for line in lines:
            rest.append(line + b"\n")
            yield b"".join(rest)
            rest.clear()
        if last:
            rest.append(last)
    if rest:
        yield b"".join(rest)


def chunks(response: Response, amt: int | None, decode_content: bool | None) -> Iterator[bytes]:
    """As `HTTPResponse.read_chunked`."""
    if not response.chunked:
        raise errors.ResponseNotChunked("Response is not chunked. Header 'transfer-encoding: chunked' is missing.")
    if not response.supports_chunked_reads():
        raise errors.BodyNotHttplibCompatible("the body has no attribute `fp` that gives chunks as they were sent")
    content = response._content_if(decode_content)
    response._partly_read = True
    limit = amt if amt and amt > 0 else None
    data: bytes = b"-"
    while data:
        piece = data = _guarded(_read_chunk, response, limit)
        if content is not None:
            content.feed(data, framed=True)
            piece = content.take(None) or content.held()
        if piece:
            yield piece


def _read_chunk(response: Response, amt: int | None) -> bytes:
    """Return the rest of a chunk as it was sent, at most `amt` bytes of it, b"" behind the last one."""
    from ..sansio.http1.framing import ChunkedReader  # with h11, which few such responses need

    source = response._fp.fp
    if source is None:
        return b""
    reader = response._chunks = response._chunks or ChunkedReader()
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
    response._fp_bytes_read += reader.received - before
    response.chunk_left = reader.direct or None
    if reader.ended:
        response._fp.close()
        if response._original_response:
            response._original_response.close()
    return pieces[0] if pieces else b""


def _read(file: File, amt: int | None, once: bool) -> bytes:
    # Some files do not take None for "all of it".
    if once and hasattr(file, "read1"):
        data: bytes = file.read1() if amt is None else file.read1(amt)
    else:
        data = file.read() if amt is None else file.read(amt)
    return data


def _is_a(error: BaseException, module: str, name: str) -> bool:
    # An error of a module that was never loaded cannot be here, so nothing is loaded to look.
    return isinstance(error, getattr(sys.modules.get(module), name, ()))

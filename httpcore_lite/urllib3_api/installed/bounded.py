"""A response of a pool that is not ours, whose body is bounded: its time, its size, how far it inflates.

The shape is that of the response inside (urllib3's HTTPResponse), which does the reading. It is asked for pieces, so
that each can be looked at before the next is decoded. Only made where a program asks for a bound.
"""

from __future__ import annotations

import io
from time import monotonic

from ...sansio.errors import ReadTimeoutError, ResponseTooLarge
from ...sansio.options import MAX_REDIRECT_BODY, RATIO_FLOOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final, TypeAlias

    from ...sansio.options import ExchangeOptions
    from ...sansio.timeouts import Deadline

    # A response, a file or a socket of the installed urllib3.
    _Raw: TypeAlias = Any
_PIECE: Final = 64 * 1024


class BoundedResponse(io.IOBase):
    """Reads from another response within the bounds of `options`; every other attribute is that response's own."""

    def __init__(self, raw: _Raw, options: ExchangeOptions) -> None:
        self._raw = raw
        self._options = options
        self._received = 0
        self._data: bytes | None = None
        self._most = options.max_response_size
        if self._most is not None and raw.get_redirect_location():
            # The page of a redirect is read for the sake of its connection; `redirects.py` bounds it.
            self._most = max(self._most, MAX_REDIRECT_BODY)
        fp = getattr(raw, "_fp", None)
        self._reads_pieces = hasattr(raw, "read1") and hasattr(fp, "read1")
        if options.deadline is not None:
            self._bound_waits(fp, options.deadline)
        length = raw.headers.get("content-length", "")
        self._size = int(length) if length.isdecimal() else None
        # Of a response without a body, length_remaining is 0 whatever the field says.
        declared = getattr(raw, "length_remaining", None) if self._size is not None else None
        if self._most is None or declared is None or "content-encoding" in raw.headers:
            return
        if declared > self._most:
            self.close()
            raise ResponseTooLarge(f"the body has {declared} bytes, max_response_size allows {self._most}")

    def _bound_waits(self, fp: _Raw, deadline: Deadline) -> None:
        """Have each wait of the file under http.client's response end with the deadline."""
        try:
            file = fp.fp.raw
            file._sock = _BoundSocket(file._sock, deadline, self._options.timeouts.read)
        except AttributeError:
            pass  # what a recorder plays back waits for nothing

    def __getattr__(self, name: str) -> _Raw:
        if name == "_raw":
            raise AttributeError(name)
        return getattr(self._raw, name)

    @property
    def decode_content(self) -> bool:
        """Whether the reading methods take off the content coding when they are not told."""
        return bool(self._raw.decode_content)

    @decode_content.setter
    def decode_content(self, value: bool) -> None:
        self._raw.decode_content = value

    # -- reading -------------------------------------------------------------------------------------------

    def _piece(self, most: int, decode_content: bool | None) -> bytes:
        """Return the next piece of the body, b"" at its end."""
        deadline = self._options.deadline
        if deadline is not None and deadline.remaining(monotonic()) <= 0:
            self.close()
            raise ran_out(deadline)
        read = self._raw.read1 if self._reads_pieces else self._raw.read
        try:
            piece: bytes = read(most, decode_content=decode_content) or b""
        except Exception as error:
            if deadline is None or deadline.remaining(monotonic()) > 0:
                raise
            self.close()
            raise ran_out(deadline) from error
        self._received += len(piece)
        self._check()
        return piece

    def _check(self) -> None:
        options = self._options
        if self._most is not None and self._received > self._most:
            self.close()
            raise ResponseTooLarge(f"the body is larger than max_response_size={self._most} bytes")
        if options.max_decode_ratio is None and options.on_download is None:
            return
        coded = self._raw.tell()
        ratio = options.max_decode_ratio
        if ratio is not None and self._received > RATIO_FLOOR and self._received > ratio * coded:
            self.close()
            raise ResponseTooLarge(
                f"{coded} bytes were inflated to {self._received} or more, max_decode_ratio allows {ratio:g} times"
            )
        if options.on_download is not None:
            options.on_download(coded, self._size)

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """As urllib3's."""
        pieces = []
        left = amt if amt is not None and amt >= 0 else None
        while left is None or left > 0:
            piece = self._piece(_PIECE if left is None else min(left, _PIECE), decode_content)
            if not piece:
                break
            pieces.append(piece)
            left = None if left is None else left - len(piece)
        data = b"".join(pieces)
        if cache_content:
            self._data = data
        return data

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """As urllib3's."""
        return self._piece(_PIECE if amt is None or amt < 0 else amt, decode_content) if amt != 0 else b""

    def readinto(self, b: bytearray | memoryview) -> int:
        """As a file's."""
        data = self.read(len(b))
        b[: len(data)] = data
        return len(data)

    def stream(self, amt: int | None = 2**16, decode_content: bool | None = None) -> Iterator[bytes]:
        """As urllib3's: pieces of `amt` bytes, or of a chunked body what has arrived."""
        read = self.read1 if amt is None or getattr(self._raw, "chunked", False) else self.read
        while piece := read(amt, decode_content):
            yield piece

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        """As urllib3's."""
        return self.stream(amt, decode_content)

    @property
    def data(self) -> bytes:
        """The whole body."""
        if self._data is None:
            self.read(cache_content=True)
        return self._data or b""

    # -- what io.IOBase has a word of its own for ------------------------------------------------------------

    def readable(self) -> bool:
        """As a file's."""
        return True

    def tell(self) -> int:
        """Return how many bytes of the body were received."""
        return int(self._raw.tell())

    def fileno(self) -> int:
        """As a file's."""
        return int(self._raw.fileno())

    @property
    def closed(self) -> bool:
        """Whether the body was read to its end, or closed."""
        return bool(self._raw.closed)

    def close(self) -> None:
        """Close the response, and its connection unless the body was read to its end."""
        self._raw.close()


class _BoundSocket:
    """A socket whose waits end with a deadline; for the file of one response."""

    def __init__(self, sock: _Raw, deadline: Deadline, limit: float | None) -> None:
        self._sock = sock
        self._deadline = deadline
        self._limit = limit

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)

    def recv_into(self, *args: object) -> int:
        left = self._deadline.remaining(monotonic())
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left if self._limit is None else min(left, self._limit))
        return int(self._sock.recv_into(*args))


def ran_out(deadline: Deadline, what: str = "Read timed out.") -> ReadTimeoutError:
    """Return the error for a call whose time is over."""
    late = ReadTimeoutError(None, "", f"{what} (total timeout={deadline.seconds})")
    late.phase, late.seconds = "total", deadline.seconds
    return late

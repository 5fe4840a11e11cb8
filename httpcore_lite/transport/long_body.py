"""A long body that does not come in chunks is received straight into its result: no byte of it is held twice.

Loaded with the first such body.
"""

from __future__ import annotations

import io

from ..sansio.errors import TransportError
from ..sansio.http1.response_body import BODY_READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from typing_extensions import Buffer

    from ..sansio.http1.response_body import ResponseBody

    # Receives or reads into memory; returns the bytes that came.
    Into = Callable[[memoryview], int]

# A body of known length is received straight into memory that grows in steps of this size at most: what a peer
# declares is never believed before it has arrived.
# Small enough to be in the processor's cache still when it is received into.
GROWTH: Final = 2 * 1024 * 1024


def read_straight(body: ResponseBody, readinto: Into, amt: int, parts: bool = False) -> bytes:
    """Return `amt` bytes, all of the rest if there are no more. With `parts` an error behind some waits for later."""
    return io.BufferedReader(_Unbuffered(body, readinto, parts), 1).read(amt)


def read_growing(body: ResponseBody, receive_into: Into) -> bytes:
    """Receive all of an unchunked body straight into one buffer, which is the result: nothing is held twice."""
    body.forget_read()
    buffer = io.BytesIO(b"".join(reversed(body.pieces)))
    filled = buffer.seek(0, io.SEEK_END)
    body.pieces.clear()
    reader = body.reader
    while not reader.ended:
        step = min(reader.direct, GROWTH, max(filled, BODY_READ))
        buffer.seek(filled + step - 1)
        buffer.write(b"\0")  # grows the buffer to the size that is received into
        with buffer.getbuffer() as whole:
            end = filled + step
            while filled < end and not reader.ended:
                filled += receive_into(whole[filled:end])
    if body.failure is not None:
        raise body.failed_again()
    buffer.truncate(filled)
    body.bytes_read += filled
    body._finish()
    return buffer.getvalue()


class _Unbuffered(io.RawIOBase):
    """A body for `io.BufferedReader`, whose `read` receives into memory that becomes its result as it is.

    There it is neither filled with zeros before nor copied after. With `parts` an error behind some bytes is kept for
    the next reading.
    """

    def __init__(self, body: ResponseBody, readinto: Into, parts: bool) -> None:
        self._body = body
        self._readinto = readinto
        self._parts = parts
        self._began = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        assert isinstance(buffer, memoryview)  # as `io.BufferedReader` calls it
        with buffer:  # not valid any more after this, when an error's traceback may still hold it
            try:
                count = self._readinto(buffer)
            except TransportError:
                if not (self._parts and self._began):
                    raise
                self._body.untold = True
                return 0
        self._began = True
        return count

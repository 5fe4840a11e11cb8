"""What has arrived of a response's body and was not read yet, what to receive next, and what ended it too early.

    driver receives ──▶ pieces ──▶ take: at most so many bytes, in order
                          │
                          └── counted: on_download, max_response_size

A pure room. A driver (`transport/response_body`) asks how much is `wanted`, receives it, says what has come, and takes.
Two verbs of the driver's are called from here: `_finish` when the last byte was read, `_let_go` when the rest is not
wanted, or cannot come. A body that has failed never reads as one that has ended: what came before is handed out, then
the error is raised, each time.
"""

from __future__ import annotations

from .. import errors
from .framing import UNBOUNDED, ChunkedReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Final

    from .protocol import Head, Reader

# The most that is received at once, and handed out as one piece (bytes).
BODY_READ: Final = 64 * 1024
# What is asked for at once is set aside at once up to this: memory that nothing was received into is not touched.
AT_ONCE: Final = 16 * 1024 * 1024
# For reads up to this size (bytes) more is received than they ask for, what there is up to BODY_READ.
SMALL_READ: Final = 16 * 1024

# So many pieces are joined to one where they are shorter than this on average (bytes).
MANY: Final = 1000
SMALL: Final = 1024


def compact(pieces: list[bytes], start: int) -> int:
    """Join the pieces from `start` on when they are many and small; returns where those to come begin.

    A list of tiny pieces, and joining it, costs a hundred times their bytes, and the peer chooses how long a chunk is.
    """
    if len(pieces) - start < MANY:
        return start
    if sum(map(len, pieces[start:])) < MANY * SMALL:
        pieces[start:] = [b"".join(pieces[start:])]
    return len(pieces)


class ResponseBody:
    """The body of the response with this head, of which `pieces` have come with the head.

    on_download: called with (bytes received, bytes in all or None) each time some have come.
    """

    if TYPE_CHECKING:
        on_error: Callable[[BaseException], None] | None

    bytes_read: int = 0
    arrived: int = 0  # counted where on_download wants to know
    # How many more bytes the body may have, None where they are not counted here.
    most: int | None = None
    # What ended the body before its end, and whether it still has to be raised for the first time.
    failure: BaseException | None = None
    untold: bool = False
    # Called with every error before it is raised: the upper floor's way to dress it up.
    on_error = None
    _at = 0  # how much of the next piece was read

    def __init__(
        self, head: Head, pieces: list[bytes], on_download: Callable[[int, int | None], object] | None = None
    ) -> None:
        self.head: Head = head
        self.reader: Reader = head.reader
        pieces.reverse()
        self.pieces = pieces  # received but not yet read, the next one last
        self.on_download = on_download
        if on_download is not None and pieces:
            self._tell_arrived(sum(map(len, pieces)))

    # What the driver does.

    def _finish(self) -> None:
        """The last byte was read: give the connection back."""
        raise NotImplementedError

    def _let_go(self) -> None:
        """Give the connection back if the body has arrived whole, else close it."""
        raise NotImplementedError

    # -- what to receive -----------------------------------------------------------------------------------

    @property
    def at_end(self) -> bool:
        """Whether every byte of the body has been read."""
        return self.reader.ended and not self.pieces

    def wanted(self, limit: int, exactly: bool = False) -> int:
        """Return how many bytes to receive for a reading of `limit` bytes; they are the body's as they come.

        0 where that cannot be said: then up to BODY_READ are for `Protocol.receive_body` to look through. More than
        `limit` only if that is small, and not where `exactly` so many are wanted.
        """
        direct = self.reader.direct
        if direct < limit and self.head.chunked:
            return 0
        # No more than is asked for: what is left over would have to be cut off, and be copied twice.
        return min(direct, BODY_READ, limit) if exactly or limit > SMALL_READ else min(direct, BODY_READ)

    def straight(self, most: int = UNBOUNDED) -> int:
        """Return how many bytes to read straight into the result: at most `most`; 0 where that does not pay."""
        left = self.reader.direct
        if left <= BODY_READ or self.head.chunked:
            return 0
        amt = min(most, left + sum(map(len, self.pieces)) - self._at)
        return amt if amt <= AT_ONCE else 0

    # -- what was received ---------------------------------------------------------------------------------

    def take(self, limit: int) -> bytes:
        """Return what is next of the pieces, at most `limit` bytes of one; there must be one."""
        piece = self.pieces[-1]
        start = self._at
        if len(piece) - start > limit:
            self._at = start + limit
            self.bytes_read += limit
            return piece[start : start + limit]
        self.pieces.pop()
        if start:
            piece = piece[start:]
            self._at = 0
        self.bytes_read += len(piece)
        if not self.pieces and self.reader.ended:
            self._finish()
        return piece

    def take_all(self) -> bytes:
        """Return the rest of a body that has ended."""
        if self._at:
            self.forget_read()
        pieces = self.pieces
        pieces.reverse()
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.bytes_read += len(data)
        self._finish()
        return data

    def take_behind(self, piece: bytes) -> bytes:
        """Return `piece`, which was taken just now, and with it what has arrived behind it."""
        pieces = self.pieces
        if not pieces or self._at:
            return piece
        pieces.append(piece)
        pieces.reverse()
        joined = b"".join(pieces)
        pieces.clear()
        self.bytes_read += len(joined) - len(piece)
        if self.reader.ended:
            self._finish()
        return joined

    def arrived_pieces(self, most: int) -> Iterator[bytes]:
        """Yield the pieces that have arrived, as far as each has at most `most` bytes; the last one is left."""
        pieces = self.pieces
        while len(pieces) > 1 and not self._at and len(pieces[-1]) <= most:
            piece = pieces.pop()
            self.bytes_read += len(piece)
            yield piece

    @property
    def chunk_left(self) -> int | None:
        """Bytes of the chunk that the reader stands in, as far as they were not read; 0 behind its last one.

        None before the first chunk, at the end, and where the body does not come in chunks.
        """
        reader, pieces = self.reader, self.pieces
        if not isinstance(reader, ChunkedReader) or not self.bytes_read or self.at_end:
            return None
        if not pieces:
            return reader.rest_of_chunk
        if not self._at:
            return 0  # each piece is of a chunk of its own
        return len(pieces[-1]) - self._at + (reader.rest_of_chunk if len(pieces) == 1 else 0)

    def forget_read(self) -> None:
        """Cut off what was read of the next piece."""
        if self._at:
            self.pieces[-1] = self.pieces[-1][self._at :]
            self._at = 0

    def _clear(self) -> None:
        self.pieces.clear()
        self._at = 0

    def _came(self, count: int) -> int:
        """Tell of `count` bytes that were received just now; returns how many of them the limit lets through."""
        if self.on_download is not None:
            self._tell_or_fail(count)
        if self.most is None:
            return count
        allowed = self._allowed(count)
        if count and not allowed:
            raise self.failed_again()  # nothing would mean the end
        return allowed

    def _pieces_came(self, pieces: list[bytes], start: int) -> None:
        """As `_came`, for the pieces from `start` on. Those before a fault are handed out before it is raised."""
        if self.on_download is not None:
            self._tell_or_fail(sum(map(len, pieces[start:])))
        if self.most is not None:
            self._allow(pieces, start)

    def _tell_arrived(self, received: int) -> None:
        assert self.on_download is not None
        if received:
            self.arrived += received
            self.on_download(self.arrived, None if self.head.chunked else self.head.length)

    def _tell_or_fail(self, received: int) -> None:
        try:
            self._tell_arrived(received)
        except BaseException as error:  # of the program's own making: it ends the body
            self.fail(error)
            raise

    # -- the limit on a body's size ------------------------------------------------------------------------

    def bound(self, most: int) -> None:
        """Let the body have at most `most` more bytes, those included that arrived and were not read.

        What fits is handed out, then ResponseTooLarge is raised: how the bytes were cut makes no difference.
        """
        self.most = most
        self.forget_read()
        self.pieces.reverse()
        self._allow(self.pieces, 0)
        self.pieces.reverse()

    def refuse_longer(self, most: int) -> None:
        """As `bound`, for a body of which nothing was read; one that declares more is refused at once."""
        length = None if self.head.chunked else self.head.length
        if length is not None and length > most:
            self.fail(errors.ResponseTooLarge(f"the body has {length} bytes, max_response_size allows {most}"))
            raise self.failed_again()
        self.bound(most)

    def _allow(self, pieces: list[bytes], start: int) -> None:
        """Count the pieces from `start` on; take away what is beyond the limit."""
        received = sum(map(len, pieces[start:]))
        surplus = received - self._allowed(received)
        while surplus:
            last = pieces.pop()
            if len(last) > surplus:
                pieces.append(last[:-surplus])
            surplus = max(0, surplus - len(last))

    def _allowed(self, received: int) -> int:
        """Return how many of the bytes just received the limit lets through; if not all, the body ends with them."""
        most = self.most
        assert most is not None
        self.most = max(0, most - received)
        if received > most:
            self._end_by(errors.ResponseTooLarge("the body is larger than max_response_size allows"))
        return min(received, most)

    # -- faults --------------------------------------------------------------------------------------------

    def fail(self, error: BaseException) -> None:
        """End the body by an error that the caller is about to raise; so does every later reading."""
        self._clear()
        self._end_by(error)
        self.untold = False

    def _broken_by(self, error: BaseException) -> BaseException:
        """End the body by an error of receiving; returns what to raise: in urllib3's words if the body broke off."""
        broken: BaseException = error
        if isinstance(error, errors.IncompleteRead) and error.expected is None:
            broken = errors.ProtocolError("Response ended prematurely")  # between two chunks
        elif isinstance(error, (errors.IncompleteRead, errors.InvalidChunkLength)):
            broken = errors.ProtocolError(f"Connection broken: {error!r}", error)
        self.fail(broken)
        return broken

    def _end_by(self, error: BaseException) -> None:
        """Let the connection go, and have `error` raised once what is held was read."""
        self._let_go()
        self.tell(error)
        if self.failure is None:
            self.untold = True
            if isinstance(error, Exception):
                self.failure = errors.twin_of(error)
            else:  # of a signal: not for a later reading, which must not take the body for a whole one either
                self.failure = errors.ProtocolError(f"Connection broken: {error!r}")

    def failed_again(self) -> BaseException:
        """Return the error that ended the body, to be raised once more."""
        self.untold = False
        if self.failure is None:
            return errors.ProtocolError("Connection broken: the response was closed while its body was read")
        error: BaseException = errors.twin_of(self.failure)
        self.tell(error)
        return error

    def tell(self, error: BaseException) -> None:
        """Call `on_error`, which may want to know that `error` is about to be raised."""
        if self.on_error is not None:
            self.on_error(error)


class Counts:
    """What a program may read, and set, of the bytes of a response that were read from `_fp`.

    Programs that put another file in its place set the two counts; they go on from there.
    """

    if TYPE_CHECKING:
        _head: Head
        _request_method: str

        @property
        def _wire(self) -> ResponseBody: ...

    # Bytes read from a file that a program has put in place of `_fp`; what it said of the counts.
    _from_elsewhere = 0
    _counted_before = 0
    _length: tuple[int | None, int] | None = None

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

"""Where a response's body ends, read faster than through h11's events, and equal to them byte for byte.

h11 has judged the head before one of these readers is made: which of the three ways of RFC 9112 section 6.3
ends the body is no longer in question. A reader is fed what arrives and hands out the body's pieces.

    LengthReader    Content-Length: so many bytes, and no more          (RFC 9112 section 6.2)
    ChunkedReader   chunks, the last one empty, then a trailer section  (RFC 9112 section 7.1)
    CloseReader     until the peer closes                               (RFC 9112 section 6.3, rule 8)

Each of them has

    receive(data, pieces) -> bytes     append the body's pieces in `data`; returns what lies behind the body's end
    receive_eof()                      the peer closed: the end of the body, or IncompleteRead
    direct                             how many bytes may be received straight into their destination now
    advance(count)                     so many were received that way
    ended, received                    whether the body is over; bytes of it so far
    trailers                           the trailer section's fields, once it has ended

A pure room: bytes in, bytes out. The same bytes give the same result however they were cut; a property test
holds the readers against h11's own.
"""

from __future__ import annotations

import re

import h11

from ..errors import HeadError, IncompleteRead, InvalidChunkLength, ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

# What a body without a known end may receive straight at once: only a number to compare with.
UNBOUNDED: Final = 1 << 62

# A chunk's size line with its extensions; h11 takes 16 KiB for what it calls an incomplete event.
MAX_CHUNK_LINE: Final = 16 * 1024
MAX_TRAILERS: Final = 64 * 1024
# Size lines that were judged are remembered for the body, so many of them and none longer (bytes).
MAX_SIZES: Final = 256
MAX_SIZE_LENGTH: Final = 32

# RFC 9112 section 7.1, with spaces before the line's end as h11 allows them. No sign, no "0x", no underscore.
# Compiled by `re` at first use.
_CHUNK_LINE = rb"([0-9A-Fa-f]{1,20})(?:;.*)?[ \t]*"

# What ends a head, and a trailer section.
_EMPTY_LINE: Final = re.compile(rb"\n\r?\n")

_NO_FIELDS: list[tuple[bytes, bytes]] = []


class LengthReader:
    """A body of a declared length in bytes."""

    __slots__ = ("direct", "received")

    trailers = _NO_FIELDS

    def __init__(self, length: int) -> None:
        self.direct: int = length
        self.received: int = 0

    @property
    def ended(self) -> bool:
        return self.direct == 0

    def receive(self, data: bytes, pieces: list[bytes]) -> bytes:
        size = len(data)
        if size <= self.direct:
            self.direct -= size
            self.received += size
            pieces.append(data)
            return b""
        wanted = self.direct
        if wanted:
            pieces.append(data[:wanted])
        self.received += wanted
        self.direct = 0
        return data[wanted:]

    def advance(self, count: int) -> None:
        self.direct -= count
        self.received += count

    def receive_eof(self) -> None:
        if self.direct:
            raise IncompleteRead(self.received, self.direct)


class CloseReader:
    """A body that the peer ends by closing the connection."""

    __slots__ = ("ended", "received")

    trailers = _NO_FIELDS

    def __init__(self) -> None:
        self.ended: bool = False
        self.received: int = 0

    @property
    def direct(self) -> int:
        return 0 if self.ended else UNBOUNDED

    def receive(self, data: bytes, pieces: list[bytes]) -> bytes:
        self.received += len(data)
        pieces.append(data)
        return b""

    def advance(self, count: int) -> None:
        self.received += count

    def receive_eof(self) -> None:
        self.ended = True


class ChunkedReader:
    """A body in chunks.

    A piece is handed out a chunk (or what of it has arrived), never two chunks joined: programs exist that
    take a chunk for a message.

        SIZE ──"5;x\\r\\n"──▶ DATA ──5 bytes──▶ END ──"\\r\\n"──▶ SIZE ... ──"0\\r\\n"──▶ TRAILERS ──empty line──▶ ended
    """

    def __init__(self) -> None:
        self.ended: bool = False
        self.received: int = 0
        self.trailers: list[tuple[bytes, bytes]] = _NO_FIELDS
        self._size = 0  # of the current chunk
        self.direct: int = 0  # bytes of it still to come
        self._end_left = b""  # what is still to come of the line end behind a chunk's data
        self._in_trailers = False
        self._buffer = b""  # an incomplete size line or trailer section
        self._searched = 0  # how much of a trailer section is known to hold no end
        # Most bodies have few chunk sizes: a size line that was judged before needs no second judgement.
        self._sizes: dict[bytes, int] = {}

    def receive(self, data: bytes, pieces: list[bytes]) -> bytes:
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        position = 0
        size = len(data)
        while position < size:
            if self._in_trailers:
                return self._receive_trailers(data[position:])
            left = self.direct
            if left:
                piece = data[position : position + left]
                pieces.append(piece)
                position += len(piece)
                self.advance(len(piece))
            elif self._end_left:
                position = self._receive_chunk_end(data, position)
            else:
                position = self._whole_chunks(data, position, pieces)
                end = data.find(b"\r\n", position)
                if end == -1:
                    self._buffer = data[position:]
                    # The first half of the line's end may have arrived.
                    if len(self._buffer) > MAX_CHUNK_LINE + 1:
                        raise InvalidChunkLength(None, self._buffer[:64] + b"...")
                    break
                self._start_chunk(data[position:end])
                position = end + 2
        return b""

    def _whole_chunks(self, data: bytes, position: int, pieces: list[bytes]) -> int:
        """Take the chunks at `position` that are there as a whole and whose size lines were judged before.

        Of many small chunks that is nearly all of them, and each takes a third of what the way around by the states
        does. Returns where the first other one begins.
        """
        find, follows, append, judged = data.find, data.startswith, pieces.append, self._sizes.get
        received = 0
        while (end := find(b"\r\n", position, position + MAX_SIZE_LENGTH + 2)) > 0:
            size = judged(data[position:end])
            start = end + 2
            if size is None or not follows(b"\r\n", end := start + size):
                break
            line = data[position:start]
            append(data[start:end])
            received += size
            position = end + 2
            # As long ones as this mostly follow, which are quicker to recognise.
            while follows(line, position) and follows(b"\r\n", end := (start := position + len(line)) + size):
                append(data[start:end])
                received += size
                position = end + 2
        self.received += received
        return position

    def advance(self, count: int) -> None:
        self.received += count
        self.direct -= count
        if not self.direct:
            self._end_left = b"\r\n"

    @property
    def rest_of_chunk(self) -> int:
        """What is still to come of the chunk whose data came last: 0 where only the size of the next one has come."""
        return 0 if self.direct == self._size else self.direct

    def _start_chunk(self, line: bytes) -> None:
        size = self._sizes.get(line, 0)
        if not size:
            match = re.fullmatch(_CHUNK_LINE, line)
            if match is None or len(line) > MAX_CHUNK_LINE:
                raise InvalidChunkLength(None, line + b"\r\n" if len(line) <= 64 else line[:64] + b"...")
            size = int(match[1], 16)
            self._remember(line, size)
        self.direct = self._size = size
        if not size:
            self._in_trailers = True

    def _remember(self, line: bytes, size: int) -> None:
        """Remember a size line that was judged; of the last chunk's on none will be needed."""
        if not size or len(self._sizes) >= MAX_SIZES:
            self._sizes.clear()
        if size and len(line) <= MAX_SIZE_LENGTH:
            self._sizes[line] = size

    def _receive_chunk_end(self, data: bytes, position: int) -> int:
        expected = self._end_left
        found = data[position : position + len(expected)]
        if not expected.startswith(found):
            raise ProtocolError(f"a chunk's data is followed by {found!r} instead of a line end (RFC 9112 section 7.1)")
        self._end_left = expected[len(found) :]
        return position + len(found)

    def _receive_trailers(self, data: bytes) -> bytes:
        if data.startswith((b"\r\n", b"\n")):
            self.ended = True
            return data[2:] if data[0] == 13 else data[1:]
        match = _EMPTY_LINE.search(data, self._searched)
        if match is None:
            # An end is three bytes long at most, two of which may have arrived.
            self._searched = max(0, len(data) - 2)
            if len(data) > MAX_TRAILERS:
                raise ProtocolError(f"the trailer section is longer than {MAX_TRAILERS} bytes")
            self._buffer = data
            return b""
        if match.end() > MAX_TRAILERS:
            raise ProtocolError(f"the trailer section is longer than {MAX_TRAILERS} bytes")
        self.trailers = _judged_by_h11(data[: match.end()])
        self.ended = True
        return data[match.end() :]

    def receive_eof(self) -> None:
        if self._in_trailers and not self._buffer:
            # The last chunk has come, so the body is complete (RFC 9112 section 8), and no trailer was begun. The one
            # place where h11 is stricter: servers exist that leave out the last empty line.
            self.ended = True
        if not self.ended:
            raise IncompleteRead(self.received, self.direct or None)


def _judged_by_h11(section: bytes) -> list[tuple[bytes, bytes]]:
    """Return the fields of a trailer section, read by h11 behind a head of our own making.

    Trailers are rare, so that this costs something does not matter; that their syntax has one judge does.
    """
    judge = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_TRAILERS)
    judge.send(h11.Request(method="GET", target="/", headers=[("Host", "trailers")]))
    judge.send(h11.EndOfMessage())
    judge.receive_data(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + section)
    try:
        judge.next_event()
        end = judge.next_event()
    except h11.RemoteProtocolError as error:
        raise ProtocolError(f"the trailer section is malformed: {error}") from error
    assert isinstance(end, h11.EndOfMessage)
    return end.headers.raw_items()


# -- where a head ends --------------------------------------------------------------------------------


def find_head_end(buffer: bytes | bytearray, start: int = 0) -> int:
    """Return the index just behind the empty line that ends a head, -1 when it has not arrived.

    Lines end in CRLF or in a bare LF (RFC 9112 section 2.2). `start` is how far an earlier search of the same
    buffer has looked, less the two bytes of an empty line that may have arrived: `max(0, len(buffer) - 2)` as it
    was then. An empty line at the very start ends a head without a status line.
    """
    if start == 0 and buffer[:1] in (b"\r", b"\n"):
        if buffer[:1] == b"\n":
            return 1
        if buffer[:2] == b"\r\n":
            return 2
    # One search for both kinds of empty line: of long heads it takes a third of the time that two take.
    match = _EMPTY_LINE.search(buffer, start)
    return -1 if match is None else match.end()


def check_head(head: bytes | bytearray, max_bytes: int = 262_144, max_fields: int = 1_000) -> None:
    """Raise HeadError when a head is longer than `max_bytes` or has more than `max_fields` field lines.

    Takes a whole head, or so much of one as has arrived; the verdict on a head is the same however it was cut, if
    this is asked when its end has arrived and as soon as more than `max_bytes` have without it. Folded lines count.
    """
    if len(head) > max_bytes:
        raise HeadError(f"the response's head is longer than {max_bytes} bytes")
    # The status line and the empty line are no fields.
    if head.count(b"\n") - 2 > max_fields and find_head_end(head) != -1:
        raise HeadError(f"the response's head has more than {max_fields} field lines")

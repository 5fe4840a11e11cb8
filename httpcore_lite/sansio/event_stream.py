"""Streams read as they arrive: server-sent events (WHATWG HTML section 9.2), and lines of JSON.

    bytes ──▶ feed() ──▶ the events, or lines, that end in them          what has not ended is held

Nothing waits here, and no time is read: whatever receives the bytes hands them in. For both readers:

1. How the bytes were cut makes no difference: the same bytes give the same events, the same lines, and the same error.
2. Time is linear in the number of bytes, however small the pieces. No more is held than `max_size` bytes of what has
   not ended.
3. What is too large sets `error`; what came before it is handed out first.

And for events:

4. Lines end in CR, LF or CRLF, and in nothing else. An event ends with its empty line: where that is a CR, at once,
   since what follows may come much later; an LF that comes next still belongs to that line, and to no event.
5. The size of an event is that of its lines with their ends, comments among them, as they were sent.
6. An event that the end of the stream cuts off is dropped, and its `id` with it. A `retry` counts when its line ends.
"""

from __future__ import annotations

from collections import namedtuple

from .errors import ResponseTooLarge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, NamedTuple

    class Event(NamedTuple):
        """One server-sent event: what it says, its kind, and where in the stream it stands."""

        data: str
        event: str = "message"
        id: str = ""
        retry: int | None = None

else:
    Event = namedtuple("Event", ("data", "event", "id", "retry"), defaults=("message", "", None))
    Event.__doc__ = """One server-sent event: what it says, its kind, and where in the stream it stands.

    data: its text; several lines are joined by LF. event: its kind, "message" where the server names none.
    id: the last `id` that the server has sent, with this event or before it (WHATWG HTML section 9.2.6).
    retry: milliseconds to wait before connecting again, where this event says so, else None.
    """

#: Bytes of one event that `iter_events` reads.
MAX_EVENT: Final = 1_048_576
#: Bytes of one line that `iter_json_lines` reads.
MAX_LINE: Final = 16_777_216
# More digits than any number of milliseconds; int() may refuse to read very long ones.
_MAX_DIGITS: Final = 640

_BOM: Final = b"\xef\xbb\xbf"
_ENDS: Final = (b"\n", b"\r")
_EMPTY: Final = (b"\n", b"\r\n", b"\r")
# What makes an Event, quicker than its class does.
_made = tuple.__new__


class EventReader:
    """Reads one stream of events.

    Args:
        max_size: bytes of an event.
        last_event_id: the `id` that counts until the stream says another one.

    Attributes:
        last_event_id: the `id` of the last event that ended, whether or not it had data.
        retry: milliseconds to wait before connecting again, as the stream said last; None where it has not.
        error: what ended the reading, None while it goes on.
    """

    __slots__ = (
        "_after_cr", "_begin", "_begun", "_data", "_held", "_id", "_kind", "_max_size", "_retry", "_size", "error",
        "last_event_id", "retry",
    )  # fmt: skip

    def __init__(self, max_size: int = MAX_EVENT, last_event_id: str = "") -> None:
        self.last_event_id: str = last_event_id
        self.retry: int | None = None
        self.error: ResponseTooLarge | None = None
        self._max_size = max_size
        # The first bytes, while they may be those of a byte order mark.
        self._begin = b""
        self._begun = False
        # The line that has not ended; whether the last one ended in CR; the bytes of the event that has not ended.
        self._held = bytearray()
        self._after_cr = False
        self._size = 0
        # The fields of the event that has not ended.
        self._data: list[bytes] = []
        self._kind = ""
        self._id = last_event_id
        self._retry: int | None = None

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events that end in these bytes. Rule 3: `error` is looked at after them."""
        if not self._begun:
            piece = self._begin + piece
            if len(piece) < len(_BOM) and _BOM.startswith(piece):
                self._begin = piece
                return []
            self._begun = True
            piece = piece.removeprefix(_BOM)
        if self._after_cr and piece:
            self._after_cr = False
            if piece[0] == 10:
                piece = piece[1:]
                self._count(1 if self._size else 0)  # Rule 4
        if not piece or self.error is not None:
            return []
        lines = piece.splitlines(True)  # of bytes: CR, LF and CRLF only
        last = b"" if piece.endswith(_ENDS) else lines.pop()
        if self._size + len(piece) > self._max_size:
            lines, last = self._within(lines, last)
        return self._fed(lines, last, b"\r" in piece)

    def _count(self, count: int) -> bool:
        """Add to the size of the event that has not ended; False when it is too large."""
        self._size += count
        if self._size > self._max_size:
            self.error = ResponseTooLarge(f"an event is larger than max_size={self._max_size} bytes")
        return self.error is None

    def _within(self, lines: list[bytes], last: bytes) -> tuple[list[bytes], bytes]:
        """Return the lines before the one with which an event becomes too large. Rule 5."""
        before = self._size
        for index, line in enumerate(lines):
            ends = line in _EMPTY and (index or not self._held)
            if not self._count(1 if ends else len(line)):
                return lines[:index], b""
            if ends:
                self._size = 0
        self._count(len(last))
        self._size = before
        return lines, last

    def _fed(self, lines: list[bytes], last: bytes, has_cr: bool) -> list[Event]:
        sizes = list(map(len, lines))
        if lines and self._held:
            lines[0] = bytes(self._held) + lines[0]
            self._held.clear()
        if has_cr and lines:
            self._after_cr = not last and lines[-1].endswith(b"\r")
            lines = [line.rstrip(b"\r\n") + b"\n" for line in lines]
        found: list[Event] = []
        data, ended = self._data, 0
        for index, line in enumerate(lines, 1):
            if line.startswith(b"data: "):
                data.append(line[6:-1])
            elif line != b"\n":
                self._field(line)
            else:
                ended = index
                self.last_event_id = self._id
                if data:
                    text = b"\n".join(data).decode("utf-8", "replace")
                    found.append(_made(Event, (text, self._kind or "message", self._id, self._retry)))
                    data.clear()
                self._kind, self._retry = "", None
        self._size = (0 if ended else self._size) + sum(sizes[ended:]) + len(last)
        self._held += last
        return found

    def _field(self, line: bytes) -> None:
        name, _, value = line[:-1].partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._kind = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value) <= _MAX_DIGITS:
            self.retry = self._retry = int(value)


class LineReader:
    """Reads lines that end in LF; a CR before it is whitespace, to JSON. A byte order mark at the start is taken off.

    Args:
        max_size: bytes of a line, its LF not counted.

    Attributes:
        error: what ended the reading, None while it goes on.
    """

    __slots__ = ("_count", "_held", "_max_size", "error")

    def __init__(self, max_size: int = MAX_LINE) -> None:
        self.error: ResponseTooLarge | None = None
        self._max_size = max_size
        self._held = bytearray()
        self._count = 0

    def feed(self, piece: bytes) -> list[tuple[int, bytes]]:
        """Return (number, line) of the lines that end in these bytes. Rule 3: `error` is looked at after them."""
        if self.error is not None:
            return []
        lines = piece.split(b"\n")
        last = lines.pop()
        if lines and self._held:
            lines[0] = bytes(self._held) + lines[0]
            self._held.clear()
        found: list[tuple[int, bytes]] = []
        for line in lines:
            if len(line) > self._max_size:
                self._too_large()
                return found
            found.append(self._numbered(line))
        self._held += last
        if len(self._held) > self._max_size:
            self._too_large()
        return found

    def end(self) -> list[tuple[int, bytes]]:
        """Return (number, line) of the last line where the body ended without an LF."""
        return [self._numbered(bytes(self._held))] if self._held else []

    def _numbered(self, line: bytes) -> tuple[int, bytes]:
        self._count += 1
        return self._count, line.removeprefix(_BOM) if self._count == 1 else line

    def _too_large(self) -> None:
        self.error = ResponseTooLarge(f"line {self._count + 1} is larger than max_size={self._max_size} bytes")

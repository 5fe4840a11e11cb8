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
    from collections.abc import Iterable, Iterator
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
# What makes an Event, quicker than its class does.
_made = tuple.__new__


class EventReader:
    """Reads one stream of events.

    What has arrived of an event that has not ended is held, each of its lines with an LF as its end, and is taken apart
    when it has ended.

    Args:
        max_size: bytes of an event.
        last_event_id: the `id` that counts until the stream says another one.

    Attributes:
        begun: whether there was anything in the stream.
        last_event_id: the `id` of the last event that ended, whether or not it had data.
        retry: milliseconds to wait before connecting again, as the stream said last; None where it has not.
        error: what ended the reading, None while it goes on.
    """

    __slots__ = ("_after_cr", "_begin", "_held", "_more", "_max_size", "begun", "error", "last_event_id", "retry")

    def __init__(self, max_size: int = MAX_EVENT, last_event_id: str = "") -> None:
        self.begun: bool = False
        self.last_event_id: str = last_event_id
        self.retry: int | None = None
        self.error: ResponseTooLarge | None = None
        self._max_size = max_size
        # The first bytes, while they may be those of a byte order mark; whether the last byte was a CR.
        self._begin = b""
        self._after_cr = False
        # What has not ended, and how many bytes it had more when it was sent, as its lines ended in CRLF.
        self._held = bytearray()
        self._more = 0

    def read(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        """Yield the events of a stream whose pieces an iterable gives. Rule 3: `error` is looked at after them."""
        held = self._held
        room = -1  # what may be held without another look, below 0 for nothing
        for piece in pieces:
            # Most of a stream in tiny pieces goes no further than this. Nothing looks faster for an LF, or for two.
            if 13 not in piece and len(held) + len(piece) <= room:
                if 10 not in piece:
                    held += piece
                    continue
                if held and not piece.partition(b"\n\n")[1] and (piece[0] != 10 or held[-1] != 10):
                    held += piece
                    continue
                found: list[Event] = []
                self._fed(piece, found)
                yield from found
                continue
            yield from self.feed(piece)
            if self.error is not None:
                return
            room = self._max_size - self._more if self.begun and not self._after_cr else -1

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events that end in these bytes. Rule 3: `error` is looked at after them."""
        if not self.begun:
            piece = self._begin + piece
            if len(piece) < len(_BOM) and _BOM.startswith(piece):
                self._begin = piece
                return []
            self.begun = True
            piece = piece.removeprefix(_BOM)
        if self._after_cr and piece:
            self._after_cr = False
            if piece[0] == 10:
                piece = piece[1:]
                self._more += 1 if self._held else 0  # Rule 4
        found: list[Event] = []
        if self.error is not None:
            return found
        if len(self._held) + self._more + len(piece) > self._max_size:
            self._fed_slowly(piece, found)
        elif 13 in piece:
            self._fed_with_cr(piece, found)
        else:
            self._fed(piece, found)
        return found

    def end(self) -> None:
        """Note that the stream has ended, and with it the last line but where it was cut off. Rule 6."""
        whole = self._held[: self._held.rfind(b"\n") + 1]
        for name, value in _fields(bytes(whole)):
            self._set_retry(name, value)

    def _fed(self, text: bytes, found: list[Event]) -> bool:
        """Take bytes with which no event can become too large, and whose lines end in LF.

        Returns whether all that is held now came with them.
        """
        held = self._held
        if held and held[-1] == 10 and text[:1] == b"\n":
            self._ended(bytes(held[:-1]), found)
            held.clear()
        fresh = not held
        if fresh:
            self._more = 0
            text = text.lstrip(b"\n")  # each an event without a field
        events = text.split(b"\n\n")
        last = events.pop()
        if events:
            if held:
                events[0] = bytes(held) + events[0]
                held.clear()
            for event in events:
                # Nearly all are a line of data, and an empty one.
                if event.startswith(b"data: ") and 10 not in event:
                    data = event[6:].decode("utf-8", "replace")
                    found.append(_made(Event, (data, "message", self.last_event_id, None)))
                else:
                    self._ended(event, found)
            fresh, self._more = True, 0
            last = last.lstrip(b"\n")
        held += last
        return fresh

    def _fed_with_cr(self, piece: bytes, found: list[Event]) -> None:
        """Take bytes with which no event can become too large."""
        self._after_cr = piece.endswith(b"\r")
        text = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not self._fed(text, found):
            self._more += len(piece) - len(text)
        elif self._held:
            lines = self._held.count(b"\n") + (self._held[-1] != 10)
            self._more = sum(map(len, piece.splitlines(True)[-lines:])) - len(self._held)

    def _fed_slowly(self, piece: bytes, found: list[Event]) -> None:
        """Take bytes with which an event may become too large. Rule 5."""
        held = self._held
        for line in piece.splitlines(True):  # of bytes: CR, LF and CRLF only
            text = line.rstrip(b"\r\n")
            ends = not text and (not held or held[-1] == 10)
            if len(held) + self._more + (1 if ends else len(line)) > self._max_size:
                self._too_large()
                return
            if ends:
                self._ended(bytes(held[:-1]), found)
                held.clear()
                self._more = 0
            else:
                held += text if len(text) == len(line) else text + b"\n"
                self._more += max(0, len(line) - len(text) - 1)
        self._after_cr = piece.endswith(b"\r")
        if len(held) + self._more > self._max_size:
            self._too_large()

    def _too_large(self) -> None:
        self.error = ResponseTooLarge(f"an event is larger than max_size={self._max_size} bytes")

    def _ended(self, event: bytes, found: list[Event]) -> None:
        """Take an event apart that has ended."""
        data: list[bytes] = []
        kind, retry = b"", None
        for name, value in _fields(event):
            if name == b"data":
                data.append(value)
            elif name == b"event":
                kind = value
            elif name == b"id":
                if b"\0" not in value:
                    self.last_event_id = value.decode("utf-8", "replace")
            elif self._set_retry(name, value):
                retry = self.retry
        if data:
            text = b"\n".join(data).decode("utf-8", "replace")
            found.append(_made(Event, (text, kind.decode("utf-8", "replace") or "message", self.last_event_id, retry)))

    def _set_retry(self, name: bytes, value: bytes) -> bool:
        if name != b"retry" or not value.isdigit() or len(value) > _MAX_DIGITS:
            return False
        self.retry = int(value)
        return True


def _fields(lines: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, value) of lines that end in LF; of a comment the name is empty."""
    for line in lines.split(b"\n"):
        name, _, value = line.partition(b":")
        yield name, value[1:] if value.startswith(b" ") else value


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

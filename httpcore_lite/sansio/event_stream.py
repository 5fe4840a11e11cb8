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

    What has arrived of an event that has not ended is held as it was sent, and is taken apart when it has ended.

    Args:
        max_size: bytes of an event.
        last_event_id: the `id` that counts until the stream says another one.

    Attributes:
        begun: whether there was anything in the stream.
        last_event_id: the `id` of the last event that ended, whether or not it had data.
        retry: milliseconds to wait before connecting again, as the stream said last; None where it has not.
        error: what ended the reading, None while it goes on.
    """

    __slots__ = ("_begin", "_held", "_max_size", "begun", "error", "last_event_id", "retry")

    def __init__(self, max_size: int = MAX_EVENT, last_event_id: str = "") -> None:
        self.begun: bool = False
        self.last_event_id: str = last_event_id
        self.retry: int | None = None
        self.error: ResponseTooLarge | None = None
        self._max_size = max_size
        # The first bytes, while they may be those of a byte order mark; what has not ended.
        self._begin = b""
        self._held = bytearray()

    def read(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        """Yield the events of a stream whose pieces an iterable gives. Rule 3: `error` is looked at after them."""
        held, most = self._held, self._max_size
        for piece in pieces if self.error is None else ():
            if not self.begun:
                piece = self._without_mark(piece)
            # Most of a stream in tiny pieces goes no further than this.
            if 10 not in piece and 13 not in piece and len(held) + len(piece) <= most:
                held += piece
                continue
            if not held:
                piece = piece.lstrip(b"\r\n")  # the LF of a CR that has ended an event, and events without a field
            if len(held) + len(piece) > most:
                yield from self._read_slowly(piece)
                if self.error is not None:
                    return
                continue
            # An event ends where a line end has another one right behind it, which CRLF is not.
            start = len(held) - 1 if held else 0
            held += piece
            if held.find(b"\n\n", start) < 0 and (
                13 not in piece or (held.find(b"\n\r", start) < 0 and held.find(b"\r\r", start) < 0)
            ):
                continue
            text = bytes(held)
            has_cr = 13 in text
            events = text.split(b"\r\n\r\n" if has_cr else b"\n\n")
            rest = events.pop()
            if has_cr and (10 in rest or 13 in rest):  # ends of several kinds, or the very last LF is still to come
                last = max(rest.rfind(b"\n\n"), rest.rfind(b"\n\r"), rest.rfind(b"\r\r")) + 1
                events.append(rest[:last])
                rest = rest[last:]
            held.clear()
            held += rest.lstrip(b"\r\n")
            for event in events:
                # Nearly all are a line of data, and an empty one.
                if event.startswith(b"data: ") and 10 not in event and not (has_cr and 13 in event):
                    data = event[6:].decode("utf-8", "replace")
                    yield _made(Event, (data, "message", self.last_event_id, None))
                    continue
                for lines in event.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n\n"):
                    if (found := self._ended(lines)) is not None:
                        yield found

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events that end in these bytes. Rule 3: `error` is looked at after them."""
        return list(self.read([piece]))

    def _without_mark(self, piece: bytes) -> bytes:
        """Return the first bytes without a byte order mark; none of them while they may be one."""
        piece = self._begin + piece
        self.begun = len(piece) >= len(_BOM) or not _BOM.startswith(piece)
        self._begin = b"" if self.begun else piece
        return piece.removeprefix(_BOM) if self.begun else b""

    def end(self) -> None:
        """Note that the stream has ended, and with it the last line but where it was cut off. Rule 6."""
        for line in self._held.splitlines(True):
            if line[-1] in b"\r\n":
                self._noted_retry(bytes(line.rstrip(b"\r\n")))

    def _read_slowly(self, piece: bytes) -> Iterator[Event]:
        """Yield the events of bytes with which one may become too large. Rule 5."""
        held = self._held
        if held[-1:] == b"\r" and piece[:1] == b"\n":
            held += b"\n"
            piece = piece[1:]
        for line in piece.splitlines(True):  # of bytes: CR, LF and CRLF only
            ends = not line.rstrip(b"\r\n") and (not held or held[-1] in b"\r\n")
            if len(held) + (1 if ends else len(line)) > self._max_size:
                break
            if not ends:
                held += line
                continue
            found = self._ended(bytes(held))
            held.clear()
            if found is not None:
                yield found
        else:
            if len(held) <= self._max_size:
                return
        self.error = ResponseTooLarge(f"an event is larger than max_size={self._max_size} bytes")

    def _ended(self, event: bytes) -> Event | None:
        """Return an event that has ended, None for one without data."""
        data: list[bytes] = []
        kind, retry = b"", None
        for line in event.splitlines():
            name, _, value = line.partition(b":")
            if value[:1] == b" ":
                value = value[1:]
            if name == b"data":
                data.append(value)
            elif name == b"event":
                kind = value
            elif name == b"id":
                if b"\0" not in value:
                    self.last_event_id = value.decode("utf-8", "replace")
            elif self._noted_retry(line):
                retry = self.retry
        if not data:
            return None
        text = b"\n".join(data).decode("utf-8", "replace")
        return _made(Event, (text, kind.decode("utf-8", "replace") or "message", self.last_event_id, retry))

    def _noted_retry(self, line: bytes) -> bool:
        """Take note of what a line says of `retry`; tell whether it does."""
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name != b"retry" or not value.isdigit() or len(value) > _MAX_DIGITS:
            return False
        self.retry = int(value)
        return True


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

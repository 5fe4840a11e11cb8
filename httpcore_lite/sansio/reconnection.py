"""When a stream of events is connected to again, after how long, and what the server is told (WHATWG HTML section 9.2).

               ┌──────────────────────────── pause ◀──────────────────────────────┐
               ▼                                                                   │
           connect ──▶ stands() ──▶ received() ... ──▶ after_end(), after_break() ─┤
               └──────────────────▶ after_refusal() ──────────────────────────────┘

Each `after` returns the seconds to wait, or None: the stream is over, with the error if there is one. No clock is read.

1. The first connection is made once: what ends it before the stream stands is not tried again.
2. A stream that ends in order is connected to again, always, and so is one that breaks off after it has brought a byte.
   What brings nothing, because it is refused or breaks off at once, is a failure: so many in a row, and no more.
3. The pause is what the server said last (`retry`), 3 seconds before it says so; it is doubled up to 30 seconds while
   no connection stands, as if it were a tenth of a second at least: a server that starts again may take longer than so
   many failures at once. The server's own can be longer.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

#: Failures in a row after which the last one is raised.
FAILURES: Final = 10
#: Seconds before the first attempt to connect again, where the server has not said how long.
FIRST_PAUSE: Final = 3.0
# Seconds that are doubled at least.
_LEAST_DOUBLED: Final = 0.1
#: Seconds up to which a pause is doubled.
MAX_DOUBLED: Final = 30.0
#: Seconds of the longest pause, whatever the server says.
MAX_PAUSE: Final = 86_400.0
# Doubling further makes no difference, whatever the first pause is.
_MAX_DOUBLINGS: Final = 32


class Reconnection:
    """What one stream of events has come to, however many connections it takes.

    Args:
        failures: how many in a row are borne, at which the last one is raised; 0 for a stream of one connection.
        last_event_id: what the server is told of where to begin.

    Attributes:
        last_event_id: the `id` of the last event, for the next connection.
        retry: milliseconds to wait, as the server said last.
    """

    __slots__ = ("_brought", "_failed", "_failures", "_stood", "_unanswered", "last_event_id", "retry")

    def __init__(self, failures: int, last_event_id: str = "") -> None:
        self.last_event_id: str = last_event_id
        self.retry: int | None = None
        self._failures = failures
        self._failed = 0
        self._stood = False  # whether a connection ever did
        self._brought = False  # whether the present one has brought a byte
        self._unanswered = 0

    def stands(self) -> None:
        """Note that the server has begun to send a stream."""
        self._stood = True
        self._brought = False
        self._unanswered = 0

    def received(self) -> None:
        """Note that the stream has brought something."""
        self._brought = True

    def after_end(self) -> float | None:
        """Return the seconds to wait after a stream that has ended in order."""
        self._failed = 0
        return self._next()

    def after_break(self) -> float | None:
        """Return the seconds to wait after a stream that broke off."""
        self._failed = 0 if self._brought else self._failed + 1
        return self._next()

    def after_refusal(self, asked: float | None = None) -> float | None:
        """Return the seconds to wait after there was no stream, at least those that the server `asked` for."""
        if not self._stood:
            return None  # Rule 1
        self._failed += 1
        self._unanswered += 1
        pause = self._next()
        return pause if pause is None or asked is None else max(pause, asked)

    def _next(self) -> float | None:
        if self._failed >= self._failures:
            return None
        first = FIRST_PAUSE if self.retry is None else min(self.retry, MAX_PAUSE * 1000) / 1000
        if not self._unanswered:
            return first
        doubled = max(first, _LEAST_DOUBLED) * float(2 ** min(self._unanswered, _MAX_DOUBLINGS))
        return min(doubled, max(first, MAX_DOUBLED))

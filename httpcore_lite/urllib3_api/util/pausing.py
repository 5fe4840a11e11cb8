"""Where a pause is made: Retry's, a rate limit's, those between attempts to connect again.

In one place, so that whatever has to be neither waited for nor measured in real time (a mock) can step in here. What
decides how long a pause is does not live here; nor do the waits for sockets, which are the transport's.

A pause that is not waited for moves the clock of its thread on: `now`, and what each `Deadline` reads. Of its thread,
since pauses of several threads would go by side by side. A call begins at the latest moment that any of them has come
to.
"""

from __future__ import annotations

import time
from threading import local

from ...sansio.timeouts import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar, Final

#: Takes note of a pause, and says whether that is all: false where it is to be waited for. None without a mock.
instead: Callable[[float], bool] | None = None


class _Ahead(local):
    """By how many seconds each thread's clock is ahead, and that of the foremost."""

    latest: ClassVar[float] = 0.0

    def __init__(self) -> None:
        self.seconds: float = _Ahead.latest

    def catch_up(self) -> float:
        """Go on to where the foremost thread is; returns the seconds."""
        self.seconds = max(self.seconds, _Ahead.latest)
        return self.seconds


_ahead: Final = _Ahead()


def pause(seconds: float, sleep: Callable[[float], object] | None = None) -> None:
    """Wait for `seconds`, by `sleep` where that is given, or have a mock note them.

    `time.sleep` is looked up at the time of the call: programs patch it.
    """
    noted = instead  # another thread may end it
    if noted is not None and noted(seconds):
        skip(seconds)
    else:
        (sleep or time.sleep)(seconds)


def skip(seconds: float) -> None:
    """Move the clock of this thread on, as if `seconds` had been waited for."""
    Deadline.ahead = _ahead
    _ahead.seconds += seconds
    _Ahead.latest = max(_Ahead.latest, _ahead.seconds)


def catch_up() -> None:
    """Have the clock of this thread, which begins a call, go on to where the foremost thread is."""
    _ahead.catch_up()


def now() -> float:
    """Return the moment, in seconds of `time.monotonic()`, by which pauses are decided.

    Not for a Deadline, which is asked with `time.monotonic()` itself, and adds what was not waited for.
    """
    # With no mock there are no pauses side by side, and what threads share has to see one clock.
    return time.monotonic() + (_Ahead.latest if instead is None else _ahead.seconds)

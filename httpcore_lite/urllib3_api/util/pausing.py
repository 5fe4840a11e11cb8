"""Where a pause is made: Retry's, a rate limit's, those between attempts to connect again.

In one place, so that whatever has to be neither waited for nor measured in real time (a mock) can step in here. What
decides how long a pause is does not live here; nor do the waits for sockets, which are the transport's.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from typing import Final

# What every system's locks can count to, in seconds.
_TEN_DAYS: Final = 10 * 24 * 3600.0


def pause(seconds: float, alarm: LockType | None = None) -> None:
    """Wait for `seconds`, or until `alarm`, a lock that is held, is released by another thread.

    `time.sleep` is looked up at the time of the call: programs patch it.
    """
    if alarm is None:
        time.sleep(seconds)
    else:
        alarm.acquire(timeout=min(seconds, _TEN_DAYS))


def now() -> float:
    """Return the moment, in seconds of `time.monotonic()`, by which pauses are decided."""
    return time.monotonic()

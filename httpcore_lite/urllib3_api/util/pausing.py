"""Where a pause is made: Retry's, a rate limit's, those between attempts to connect again.

In one place, so that whatever has to be neither waited for nor measured in real time (a mock) can step in here. What
decides how long a pause is does not live here; nor do the waits for sockets, which are the transport's.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def pause(seconds: float, sleep: Callable[[float], object] | None = None) -> None:
    """Wait for `seconds`, by `sleep` where that is given.

    `time.sleep` is looked up at the time of the call: programs patch it.
    """
    (sleep or time.sleep)(seconds)


def now() -> float:
    """Return the moment, in seconds of `time.monotonic()`, by which pauses are decided."""
    return time.monotonic()

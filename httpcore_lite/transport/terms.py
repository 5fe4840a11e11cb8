"""The terms of one exchange: what bounds it, and whom it tells.

A pure value room. The upper floor fills it in; the rooms that wait look at it.
"""

from __future__ import annotations

from .timeouts import NO_LIMITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .timeouts import Deadline, Timeouts


class Terms:
    """The terms of one exchange. What is not set is not asked for.

    timeouts: seconds for each phase; deadline: of the whole call, or None;
    trace: called with (event, info) at each step (see `journal.py`).
    """

    trace: Callable[[str, dict[str, Any]], object] | None = None

    def __init__(self, timeouts: Timeouts = NO_LIMITS, deadline: Deadline | None = None) -> None:
        self.timeouts = timeouts
        self.deadline = deadline

"""`--retry`: curl's rules of what is worth another attempt, and of how long to pause before it.

A timeout, in the body too; a name that was not found; and a status that says "later". Whatever the method, since it was
asked for. An attempt is all of it: `-m` bounds each of them, and redirects are followed anew.
"""

from __future__ import annotations

from ...sansio.errors import InvalidHeader
from ...urllib3_api.util.retry import Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, TypeAlias

    # A Response: this room is below the one that has the class.
    _Response: TypeAlias = Any

# Exit codes and statuses.
_PASSING: Final = frozenset((5, 6, 28, 408, 429, 500, 502, 503, 504))
#: Seconds of the longest pause, but for what a server asks for.
MAX_PAUSE: Final = 600.0
_MAX_DOUBLINGS: Final = 16


class Attempts:
    """Those that are left after the first.

    Args:
        count: how many.
        longest: seconds after which none is decided on, nor one that would begin later because a server wants it so;
            None or 0 for any.
        began: the moment of the first, in seconds of any clock.
    """

    def __init__(self, count: int, longest: float | None, began: float) -> None:
        self._count = count
        self._longest = longest or float("inf")
        self._began = began
        self._made = 0

    def pause_after(self, result: int, now: float, least: float = 0.0) -> float | None:
        """Return the seconds until the next attempt, None where there is none.

        Args:
            result: a status, or the exit code of a failure.
            now: the moment.
            least: seconds that the server asks for.
        """
        spent = now - self._began
        if result not in _PASSING or self._made >= self._count:
            return None
        if spent >= self._longest or (least and spent + least > self._longest):
            return None
        self._made += 1
        return max(least, min(MAX_PAUSE, 2.0 ** min(self._made - 1, _MAX_DOUBLINGS)))


def asked_pause(response: _Response) -> float:
    """Return the seconds of a response's Retry-After, 0 where it has none that makes sense."""
    try:
        return Retry().get_retry_after(response) or 0.0
    except InvalidHeader:
        return 0.0

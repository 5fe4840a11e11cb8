"""`--retry`: curl's rules of what is worth another attempt, as a policy of ours.

A timeout, a name that was not found, and a status that says "later"; whatever the method, since it was asked for.
"""

from __future__ import annotations

from ...urllib3_api.util import pausing as _pausing
from ...urllib3_api.util.retry import Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Final

    from typing_extensions import Self

    from ...urllib3_api.util.retry import Response

_STATUSES: Final = frozenset((408, 429, 500, 502, 503, 504))
#: Seconds of the longest pause.
MAX_PAUSE: Final = 600.0
_MAX_DOUBLINGS: Final = 16


class CommandRetry(Retry):
    """So many attempts after the first, the last of which begins before `until`, a moment of `pausing.now()`."""

    until: float | None = None

    @classmethod
    def of(cls, count: int, seconds: float | None) -> CommandRetry:
        """Return the policy for `--retry` and `--retry-max-time`."""
        made = cls(count, allowed_methods=None, raise_on_status=False, redirect=0)
        made.until = None if not seconds else _pausing.now() + seconds
        return made

    def new(self, **kw: object) -> Self:
        """Return a policy that differs in what is given."""
        made = super().new(**kw)
        made.until = self.until
        return made

    @property
    def _is_over(self) -> bool:
        return self.until is not None and _pausing.now() >= self.until

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Whether a response with this status asks for another attempt."""
        return status_code in _STATUSES and bool(self.total) and not self._is_over

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Response | None = None,
        error: BaseException | None = None,
        _pool: object = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return the policy after one more attempt. The error itself: no other attempt is made after it."""
        if error is not None and (not _is_passing(error) or self._is_over or not self.total):
            raise error.with_traceback(_stacktrace)
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_backoff_time(self) -> float:
        """Return the seconds of the next pause: 1, 2, 4 ..."""
        failures = sum(1 for attempt in self.history if attempt.redirect_location is None)
        return 0.0 if not failures else min(MAX_PAUSE, 2.0 ** min(failures - 1, _MAX_DOUBLINGS))


def _is_passing(error: BaseException) -> bool:
    following: Any = error
    names: set[str] = set()
    for _ in range(8):
        if following is None:
            break
        names |= {cls.__name__ for cls in type(following).__mro__}
        following = getattr(following, "original_error", None) or following.__cause__
    if "NameResolutionError" in names:
        return True
    return "TimeoutError" in names and "NewConnectionError" not in names

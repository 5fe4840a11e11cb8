"""Again or stop, and after how long: the arithmetic of a retry policy.

A pure room. It reads no clock, never sleeps and draws no random number: what time it is and what chance says
are handed in. The policy that programs hold, with its history, its clock and its sleep, is `Retry` in
`httpcore_lite.urllib3_api.util.retry`; another driver of exchanges (asyncio) can decide with the same functions.

What ended an attempt is one of six kinds, each with an allowance of its own besides the common one, `total`:

    kind       what happened                                              goes on when
    -------------------------------------------------------------------------------------------------------
    CONNECT    no connection: the server has seen nothing                 its allowance lasts
    READ       the exchange broke after it began: the server may have     its allowance lasts, and the method
               acted on the request                                       may be repeated
    OTHER      any other error                                            its allowance lasts
    REDIRECT   a response that names another place                        its allowance lasts
    STATUS     a response whose status asks for another attempt           its allowance lasts
    UNKNOWN    none of these                                              `total` lasts

An allowance is a number of attempts; None is no limit of its own; False forbids (CONNECT, READ and total:
the error itself is raised, not a MaxRetryError). Retry-After is RFC 9110 section 10.2.3.
"""

from __future__ import annotations

from ...sansio.errors import InvalidHeader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    Budget = Mapping[str, Any]

CONNECT = "connect"
READ = "read"
OTHER = "other"
REDIRECT = "redirect"
STATUS = "status"
UNKNOWN = "unknown"

# By name and not by class, so that a policy of ours also judges the errors of an installed urllib3.
_KIND_BY_NAME = {
    "ConnectTimeoutError": CONNECT,
    "ReadTimeoutError": READ,
    "WriteTimeoutError": READ,
    "ProtocolError": READ,
}
# Doubling further would overflow a float, and every sensible maximum was passed long before.
_MAX_DOUBLINGS = 1023
# More digits than any number of seconds that could be meant; int() may refuse to read very long ones.
_MAX_DIGITS = 18


def kind_of(error: BaseException) -> str:
    """Return the kind of an error: CONNECT, READ or OTHER.

    What kept us from reaching a proxy counts as the same thing would without one.
    """
    kind = _kind_by_name(error)
    if kind != OTHER:
        return kind
    if _named(error, "SSLError") and getattr(error, "phase", None) in ("send", "wait", "receive"):
        return READ  # TLS broke once the request was on its way; urllib3 takes it for a handshake that failed
    behind = getattr(error, "original_error", None)
    if isinstance(behind, BaseException) and _named(error, "ProxyError") and _kind_by_name(behind) == CONNECT:
        return CONNECT
    return OTHER


def _kind_by_name(error: BaseException) -> str:
    for cls in type(error).__mro__:
        kind = _KIND_BY_NAME.get(cls.__name__)
        if kind is not None:
            return kind
    return OTHER


def _named(error: BaseException, name: str) -> bool:
    return any(cls.__name__ == name for cls in type(error).__mro__)


def spend(budget: Budget, kind: str, *, repeatable: bool) -> dict[str, object] | None:
    """Return what is left of a budget after one attempt that ended in an event of this kind.

    budget: allowance by name: total, connect, read, redirect, status, other. repeatable: whether the method
    may be sent again although the server may have acted on it. None means: stop now, with the error itself.
    """
    is_error = kind in (CONNECT, READ, OTHER)
    if is_error and budget["total"] is False:
        return None
    if kind == CONNECT and budget[CONNECT] is False:
        return None
    if kind == READ and (budget[READ] is False or not repeatable):
        return None
    left = dict(budget)
    for name in ("total", kind):
        if left.get(name) is not None:
            left[name] -= 1
    return left


def exhausted(allowances: Iterable[int | None]) -> bool:
    """Return True when any allowance is overdrawn."""
    return any(allowance < 0 for allowance in allowances if allowance)


def may_repeat(method: str, allowed: Collection[str] | None) -> bool:
    """Return True when the method is among those allowed; no collection, or an empty one, allows all."""
    return not allowed or method.upper() in allowed


def asks_again(
    status: int,
    *,
    forced: Collection[int] | None,
    has_retry_after: bool,
    retry_after_statuses: Collection[int],
) -> bool:
    """Return True when a response asks for another attempt.

    That is: its status is one of `forced`, or the response carries Retry-After and its status is one with
    which that field speaks of a retry (with others, a redirect for instance, it does not).
    """
    if forced and status in forced:
        return True
    return has_retry_after and status in retry_after_statuses


def failures_in_a_row(redirect_locations: Iterable[str | None]) -> int:
    """Return how many attempts failed since the last redirect, given each attempt's redirect, newest first."""
    count = 0
    for location in redirect_locations:
        if location is not None:
            break
        count += 1
    return count


def backoff(failures: int, factor: float, longest: float, extra: float = 0.0) -> float:
    """Return the seconds to wait before the next attempt after so many failures in a row.

    Nothing after the first, since most faults are gone at the second try; then `factor` doubled with every
    failure, `extra` seconds (the jitter that chance gave) on top, and never more than `longest`.
    """
    if failures <= 1:
        return 0.0
    seconds = factor * 2.0 ** min(failures - 1, _MAX_DOUBLINGS) + extra
    return float(max(0, min(longest, seconds)))


def seconds_asked(retry_after: str, now: float, longest: float) -> float:
    """Return the seconds that a Retry-After field asks for, at most `longest`, never less than zero.

    retry_after: the field's value, a number of seconds or a date. now: seconds since the epoch, as `time.time()`
    gives them. Raises InvalidHeader for anything else.
    """
    value = retry_after.strip()
    if value.isascii() and value.isdigit():
        seconds: float = int(value) if len(value) <= _MAX_DIGITS else longest
    else:
        # Imported here, because few answers carry a date and email.utils is slow to load.
        from email.utils import mktime_tz, parsedate_tz

        try:
            date = parsedate_tz(value)
            at = None if date is None else mktime_tz(date)
        except (ValueError, OverflowError, IndexError, TypeError):
            at = None
        if at is None:
            raise InvalidHeader(f"Invalid Retry-After header: {retry_after}")
        seconds = at - now
    return min(max(seconds, 0), longest)

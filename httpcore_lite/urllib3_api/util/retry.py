"""`Retry` as programs know it from urllib3: which requests are sent again, how often, and after how long.

A `Retry` is a value that is never changed: each attempt gives the next one, with smaller allowances and a longer
history. All but its sleep is arithmetic: `is_retry`, `increment` and `get_wait_time` serve any driver of exchanges.

    policy ── is_retry(method, status) ──► False: the response is the result
       │                └─► True, or an error: increment(...) ──► MaxRetryError, or the error itself: stop
       └────────── policy for the next attempt ◄── sleep(response) ◄──┘

The everyday case, a server that sends 429 with Retry-After a few times, then 200:

    session.mount("https://", HTTPAdapter(max_retries=Retry(5)))

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

An allowance is a number of attempts; None is no limit of its own; False forbids (CONNECT, READ and total: the error
itself is raised, not a MaxRetryError). Retry-After is RFC 9110 section 10.2.3.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import namedtuple
from collections.abc import Collection

from ..._internal_utils import late
from ...sansio.errors import InvalidHeader, MaxRetryError, ResponseError
from ...sansio.timeouts import misspelt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Any, ClassVar, Literal, NamedTuple, NoReturn, Protocol

    from typing_extensions import Self  # typing has it from Python 3.11 on

    from . import pausing as _pausing

    class RequestHistory(NamedTuple):
        """One attempt: what was asked for, and the error or the response's status and redirect that ended it."""

        method: str | None
        url: str | None
        error: BaseException | None
        status: int | None
        redirect_location: str | None

    class RetryLike(Protocol):
        """A `Retry`: ours, or that of an installed urllib3."""

        def increment(self, *args: Any, **kwargs: Any) -> Any: ...

    class Response(Protocol):
        """What is asked of a raw response, whatever it came over."""

        @property
        def status(self) -> int: ...
        @property
        def headers(self) -> Mapping[str, str]: ...
        def get_redirect_location(self) -> str | Literal[False] | None: ...
else:
    _pausing = late(".urllib3_api.util.pausing")
    RequestHistory = namedtuple("RequestHistory", ("method", "url", "error", "status", "redirect_location"))
    RequestHistory.__doc__ = "One attempt: what was asked for, and the error or the status and redirect that ended it."

__all__ = ["RequestHistory", "Retry"]

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

_NOT_GIVEN: Any = object()
_ALLOWANCES = ("total", CONNECT, READ, REDIRECT, STATUS, OTHER)
_REMOVED = frozenset(["Authorization", "Cookie", "Proxy-Authorization"])
_REMOVED_IN_SMALL = frozenset([name.lower() for name in _REMOVED])


def kind_of(error: BaseException) -> str:
    """Return the kind of an error: CONNECT, READ or OTHER.

    What kept us from reaching a proxy counts as the same thing would without one.
    """
    names = [cls.__name__ for cls in type(error).__mro__]
    for name in names:
        if name in _KIND_BY_NAME:
            return _KIND_BY_NAME[name]
    if "SSLError" in names and getattr(error, "phase", None) in ("send", "wait", "receive"):
        return READ  # TLS broke once the request was on its way; urllib3 takes it for a handshake that failed
    behind = getattr(error, "original_error", None)
    if "ProxyError" in names and isinstance(behind, BaseException) and kind_of(behind) == CONNECT:
        return CONNECT
    return OTHER


class Retry:
    """A retry policy with urllib3's constructor, attributes and meaning.

    Args:
        total: attempts after the first, of whatever kind; it wins over the other counts. None: only the others count.
            False: never again, and no error for a redirect.
        connect: after errors before the request was sent. None here and below: no limit of its own.
        read: after errors since.
        redirect: redirects followed (False as for total); `requests` follows redirects itself and leaves this alone.
        status: after responses that ask for it.
        other: after errors of no other kind.
        allowed_methods: methods (in capitals) that may be repeated once the server may have acted on them; None: all.
        status_forcelist: statuses that are retried, for these methods.
        backoff_factor: seconds; the wait after the nth failure in a row is factor * 2 ** (n - 1), none after the first.
        backoff_max: most seconds of such a wait.
        raise_on_redirect: whether a redirect that used up the attempts becomes a MaxRetryError or is the response.
        raise_on_status: the same for a response that asked for another attempt.
        history: attempts so far.
        respect_retry_after_header: wait as Retry-After says, with the statuses in RETRY_AFTER_STATUS_CODES also where
            they are not in `status_forcelist`.
        remove_headers_on_redirect: names of fields that are not sent to another host.
        backoff_jitter: a random number of seconds up to this is added to a wait.
        retry_after_max: most seconds of a wait for Retry-After; a longer one is cut to this.
        method_whitelist: the name of `allowed_methods` in urllib3 1.x, deprecated.
    """

    DEFAULT_ALLOWED_METHODS = frozenset(["DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"])
    RETRY_AFTER_STATUS_CODES = frozenset([413, 429, 503])
    DEFAULT_REMOVE_HEADERS_ON_REDIRECT = _REMOVED
    DEFAULT_BACKOFF_MAX = 120
    DEFAULT_RETRY_AFTER_MAX = 6 * 60 * 60
    if TYPE_CHECKING:
        DEFAULT: ClassVar[Retry]

    def __init__(
        self,
        total: bool | int | None = 10,
        connect: int | None = None,
        read: int | None = None,
        redirect: bool | int | None = None,
        status: int | None = None,
        other: int | None = None,
        allowed_methods: Collection[str] | None = DEFAULT_ALLOWED_METHODS,
        status_forcelist: Collection[int] | None = None,
        backoff_factor: float = 0,
        backoff_max: float = DEFAULT_BACKOFF_MAX,
        raise_on_redirect: bool = True,
        raise_on_status: bool = True,
        history: tuple[RequestHistory, ...] | None = None,
        respect_retry_after_header: bool = True,
        remove_headers_on_redirect: Collection[str] = DEFAULT_REMOVE_HEADERS_ON_REDIRECT,
        backoff_jitter: float = 0.0,
        retry_after_max: int = DEFAULT_RETRY_AFTER_MAX,
        *,
        method_whitelist: Collection[str] | None = _NOT_GIVEN,
        **unknown: NoReturn,
    ) -> None:
        if unknown:
            raise misspelt(unknown, type(self).__name__, _ARGUMENTS)
        if total is False or redirect is False:
            redirect, raise_on_redirect = 0, False
        self.total = total
        self.connect = connect
        self.read = read
        self.redirect = redirect
        self.status = status
        self.other = other
        self.allowed_methods = _methods(allowed_methods, method_whitelist)
        self.status_forcelist: Collection[int] = status_forcelist or set()
        self.backoff_factor = backoff_factor
        self.backoff_max = backoff_max
        self.backoff_jitter = backoff_jitter
        self.raise_on_redirect = raise_on_redirect
        self.raise_on_status = raise_on_status
        self.history: tuple[RequestHistory, ...] = history or ()
        self.respect_retry_after_header = respect_retry_after_header
        self.retry_after_max = retry_after_max
        self.remove_headers_on_redirect = _in_small(remove_headers_on_redirect)

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}={getattr(self, name)}" for name in _ALLOWANCES[:5])
        return f"{type(self).__name__}({counts})"

    def new(self, **kw: object) -> Self:
        """Return a copy with some constructor arguments replaced. Subclasses with arguments of their own extend it."""
        arguments: dict[str, Any] = {name: getattr(self, name) for name in _ARGUMENTS}
        arguments.update(kw)
        return type(self)(**arguments)

    @classmethod
    def from_int(
        cls,
        retries: RetryLike | bool | int | None,
        redirect: bool | int | None = True,
        default: RetryLike | bool | int | None = None,
    ) -> Retry:
        """Return the policy that `retries` means.

        A policy (an installed urllib3's as well) as it is; None for `default`, or for DEFAULT when there is none;
        a number or False as `total`. With `redirect` false, redirects are not followed.
        """
        if retries is None:
            retries = cls.DEFAULT if default is None else default
        if isinstance(retries, Retry):
            return retries
        found: Any = retries
        if hasattr(found, "increment"):
            policy: Retry = found  # an installed urllib3's: the same shape
            return policy
        policy = cls(found, redirect=None if redirect else False)
        if "logging" in sys.modules:
            from ...sansio.urllib3_log import converted

            converted(retries, policy)
        return policy

    # -- again or stop -------------------------------------------------------------------------------------

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Return True when a response with this status is no result but asks for another attempt.

        That is: the status is one of `status_forcelist`, or the response carries Retry-After and the status is one with
        which that field speaks of a retry (with others, a redirect for instance, it does not).
        """
        forced = status_code in self.status_forcelist
        if not (forced or has_retry_after) or not self._is_method_retryable(method):
            return False  # nearly always, the method not asked about
        obeyed = self.total and self.respect_retry_after_header and has_retry_after
        return forced or bool(obeyed and status_code in self.RETRY_AFTER_STATUS_CODES)

    def is_exhausted(self) -> bool:
        """Return True when an allowance is overdrawn."""
        allowances = [getattr(self, name) for name in _ALLOWANCES]
        return any(allowance < 0 for allowance in allowances if allowance)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Response | None = None,
        error: BaseException | None = None,
        _pool: object = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return the policy after one more attempt, which ended in `error` or else in `response`.

        Raises MaxRetryError when an allowance is overdrawn, and `error` itself when such errors, or repeating this
        method after them, are not allowed at all.
        """
        status = location = None
        if error:
            kind = self._kind_of(error)
            if self._forbids(kind, method):
                raise error.with_traceback(_stacktrace)
        else:
            location = response.get_redirect_location() or None if response else None
            status = (response.status or None) if response else None
            kind = REDIRECT if location else STATUS if status else UNKNOWN
        left = {name: allowance - 1 for name in ("total", kind) if (allowance := getattr(self, name, None)) is not None}
        following = self.new(history=(*self.history, RequestHistory(method, url, error, status, location)), **left)
        if following.is_exhausted():
            reason = error or ResponseError(_complaint(kind, status))
            raise MaxRetryError(_pool, url, reason) from reason
        if "logging" in sys.modules:
            from ...sansio.urllib3_log import incremented

            incremented(url, following)
        return following

    def _kind_of(self, error: BaseException) -> str:
        # Asked through methods, because subclasses override them.
        if self._is_connection_error(error):
            return CONNECT
        return READ if self._is_read_error(error) else OTHER

    def _forbids(self, kind: str, method: str | None) -> bool:
        """Whether an error of this kind ends the request, however many attempts are left."""
        if self.total is False or (kind == CONNECT and self.connect is False):
            return True
        return kind == READ and (self.read is False or method is None or not self._is_method_retryable(method))

    def _is_connection_error(self, err: BaseException) -> bool:
        return kind_of(err) == CONNECT

    def _is_read_error(self, err: BaseException) -> bool:
        return kind_of(err) == READ

    def _is_method_retryable(self, method: str) -> bool:
        return not self.allowed_methods or method.upper() in self.allowed_methods

    # -- after how long ------------------------------------------------------------------------------------

    def get_backoff_time(self) -> float:
        """Return the seconds to wait after the failures in a row so far, Retry-After aside.

        Nothing after the first, since most faults are gone at the second try.
        """
        failures = 0
        for attempt in reversed(self.history):
            if attempt.redirect_location is not None:
                break
            failures += 1
        if failures <= 1:
            return 0.0
        seconds = self.backoff_factor * 2.0 ** min(failures - 1, _MAX_DOUBLINGS)
        if self.backoff_jitter != 0.0:
            import random

            seconds += random.random() * self.backoff_jitter
        return float(max(0, min(self.backoff_max, seconds)))

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that the value of a Retry-After field asks for. Raises InvalidHeader."""
        value = retry_after.strip()
        if value.isascii() and value.isdigit():
            seconds: float = int(value) if len(value) <= _MAX_DIGITS else self.retry_after_max
        else:
            # Imported here, because few responses carry a date and email.utils is slow to load.
            from email.utils import mktime_tz, parsedate_tz

            try:
                date = parsedate_tz(value)
                at = None if date is None else mktime_tz(date)
            except (ValueError, OverflowError, IndexError, TypeError):
                at = None
            if at is None:
                raise InvalidHeader(f"Invalid Retry-After header: {retry_after}")
            seconds = at - time.time()
        return min(max(seconds, 0), self.retry_after_max)

    def get_retry_after(self, response: Response) -> float | None:
        """Return the seconds that a response asks to wait, None when it does not say."""
        value = response.headers.get("Retry-After")
        return None if value is None else self.parse_retry_after(value)

    def get_wait_time(self, response: Response | None = None) -> float:
        """Return the seconds that `sleep(response)` sleeps. Ours; urllib3 has no such method."""
        if self.respect_retry_after_header and response:
            asked = self.get_retry_after(response)
            if asked:
                return asked
        return max(self.get_backoff_time(), 0.0)

    def sleep(self, response: Response | None = None) -> None:
        """Sleep as the response's Retry-After says, or else as long as the failures so far suggest."""
        if self.respect_retry_after_header and response and self.sleep_for_retry(response):
            return
        self._sleep_backoff()

    def sleep_for_retry(self, response: Response) -> bool:
        """Sleep as the response's Retry-After says; return False when it says nothing."""
        asked = self.get_retry_after(response)
        if not asked:
            return False
        _pausing.pause(asked)
        return True

    def _sleep_backoff(self) -> None:
        seconds = self.get_backoff_time()
        if seconds > 0:
            _pausing.pause(seconds)

    def sleep_within(self, seconds: float | None, response: Response | None = None) -> bool:
        """Sleep as `sleep(response)` does, if that takes less than `seconds`; otherwise return False at once.

        So a call with a deadline does not sleep only to find that it has passed. None is no limit. A subclass's
        own way of sleeping is called when what is asked for fits. Ours; urllib3 has no such method.
        """
        return sleep_within(self, seconds, response)


# The names of the constructor's arguments, which `new` hands on.
_ARGUMENTS = Retry.__init__.__code__.co_varnames[1 : Retry.__init__.__code__.co_argcount]
_SLEEPERS = ("sleep", "sleep_for_retry", "_sleep_backoff")


def sleep_within(
    retries: Any, seconds: float | None, response: Response | None, pause: Callable[[float], object] | None = None
) -> bool:
    """Do `Retry.sleep_within` for a policy of any class: ours, an installed urllib3's, or in their shape.

    `pause` sleeps in the place of `time.sleep`, for a policy whose way of sleeping is known.

    Both libraries' own ways of sleeping are known: as long as `get_retry_after` or `get_backoff_time` says. A policy
    that sleeps in another way is called to do so, and one of an installed urllib3 where there is no deadline, too.
    """
    base: type | None = Retry
    if not isinstance(retries, Retry):
        named = ("urllib3.util.retry", "Retry")
        theirs = (each for each in type(retries).__mro__ if (each.__module__, each.__name__) == named)
        base = None if seconds is None and _pausing.instead is None else next(theirs, None)
    own_way = base is None or any(getattr(type(retries), name) is not getattr(base, name) for name in _SLEEPERS)
    if own_way and seconds is None:
        retries.sleep(response)
        return True
    wait = getattr(type(retries), "get_wait_time", Retry.get_wait_time)(retries, response)
    if seconds is not None and wait >= seconds:
        return False
    if own_way:
        retries.sleep(response)
    elif wait > 0:
        _pausing.pause(wait, pause)
    return True


def _methods(allowed: Collection[str] | None, whitelist: Collection[str] | bool | None) -> Collection[str] | None:
    """Return `allowed_methods`, which may be given under the name that it had in urllib3 1.x."""
    if whitelist is not _NOT_GIVEN:
        if allowed is not Retry.DEFAULT_ALLOWED_METHODS and allowed != whitelist:
            raise ValueError("'method_whitelist' is the old name of 'allowed_methods': give one of them")
        warnings.warn(
            "Retry(method_whitelist=...) is deprecated, its name is 'allowed_methods' now.",
            DeprecationWarning,
            stacklevel=3,
        )
        # In urllib3 1.x False meant every method, as None does.
        return None if isinstance(whitelist, bool) else whitelist or None
    if not allowed and isinstance(allowed, Collection):
        warnings.warn(
            "An empty collection as 'allowed_methods' means every method today and will mean none. "
            "Say Retry(..., allowed_methods=None) for every method.",
            FutureWarning,
            stacklevel=3,
        )
    return allowed


def _in_small(names: Collection[str]) -> frozenset[str]:
    return _REMOVED_IN_SMALL if names is _REMOVED else frozenset([name.lower() for name in names])


def _complaint(kind: str, status: int | None) -> str:
    if kind == REDIRECT:
        return "too many redirects"
    return ResponseError.SPECIFIC_ERROR.format(status_code=status) if kind == STATUS else ResponseError.GENERIC_ERROR


Retry.DEFAULT = Retry(3)

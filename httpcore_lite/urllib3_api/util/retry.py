"""`Retry` as programs know it from urllib3: which requests are sent again, how often, and after how long.

A `Retry` is a value that is never changed: each attempt gives the next one, with smaller allowances and a longer
history. This room holds the clock, the sleep and the chance; the decisions are in `urllib3_api.util._retry_decision`.

    policy ── is_retry(method, status) ──► False: the response is the answer
       │                └─► True, or an error: increment(...) ──► MaxRetryError, or the error itself: stop
       └────────── policy for the next attempt ◄── sleep(response) ◄──┘

The everyday case, a server that answers 429 with Retry-After a few times, then 200:

    session.mount("https://", HTTPAdapter(max_retries=Retry(5)))
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import namedtuple
from collections.abc import Collection

from ...sansio.errors import MaxRetryError, ResponseError
from ...sansio.timeouts import misspelt
from . import _retry_decision as decision

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, ClassVar, NamedTuple, NoReturn, TypeAlias

    from typing_extensions import Self  # typing has it from Python 3.11 on

    from ... import _types as _t

    class RequestHistory(NamedTuple):
        """One attempt: what was asked for, and the error or the response's status and redirect that ended it."""

        method: str | None
        url: str | None
        error: BaseException | None
        status: int | None
        redirect_location: str | None

    # The raw response, of ours or of anybody.
    _Response: TypeAlias = Any
else:
    RequestHistory = namedtuple("RequestHistory", ("method", "url", "error", "status", "redirect_location"))
    RequestHistory.__doc__ = "One attempt: what was asked for, and the error or the status and redirect that ended it."

__all__ = ["RequestHistory", "Retry"]

_NOT_GIVEN: Any = object()

_ALLOWANCES = ("total", "connect", "read", "redirect", "status", "other")


_REMOVED = frozenset(["Authorization", "Cookie", "Proxy-Authorization"])
_REMOVED_IN_SMALL = frozenset([name.lower() for name in _REMOVED])


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
        status_forcelist: statuses that are tried again, for these methods.
        backoff_factor: seconds; the wait after the nth failure in a row is factor * 2 ** (n - 1), none after the first.
        backoff_max: most seconds of such a wait.
        raise_on_redirect: whether a redirect that used up the attempts becomes a MaxRetryError or is the response.
        raise_on_status: the same for a response that asked for another attempt.
        history: attempts so far.
        respect_retry_after_header: wait as Retry-After says, with the statuses in RETRY_AFTER_STATUS_CODES also where
            they are not in `status_forcelist`.
        remove_headers_on_redirect: names of fields that are not sent to another host.
        backoff_jitter: up to so many seconds, by chance, are added to a wait.
        retry_after_max: most seconds that Retry-After is obeyed for.
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
            raise misspelt(unknown, type(self).__name__, Retry.__init__.__code__.co_varnames[1:17])
        if method_whitelist is not _NOT_GIVEN:
            allowed_methods = self._renamed(method_whitelist, allowed_methods)
        elif not allowed_methods and isinstance(allowed_methods, Collection):
            warnings.warn(
                "An empty collection as 'allowed_methods' means every method today and will mean none. "
                "Say Retry(..., allowed_methods=None) for every method.",
                FutureWarning,
                stacklevel=2,
            )
        if total is False or redirect is False:
            redirect = 0
            raise_on_redirect = False
        self.total = total
        self.connect = connect
        self.read = read
        self.redirect = redirect
        self.status = status
        self.other = other
        self.allowed_methods = allowed_methods
        self.status_forcelist: Collection[int] = status_forcelist or set()
        self.backoff_factor = backoff_factor
        self.backoff_max = backoff_max
        self.backoff_jitter = backoff_jitter
        self.raise_on_redirect = raise_on_redirect
        self.raise_on_status = raise_on_status
        self.history: tuple[RequestHistory, ...] = history or ()
        self.respect_retry_after_header = respect_retry_after_header
        self.retry_after_max = retry_after_max
        self.remove_headers_on_redirect: frozenset[str] = (
            _REMOVED_IN_SMALL
            if remove_headers_on_redirect is _REMOVED
            else frozenset([name.lower() for name in remove_headers_on_redirect])
        )

    def _renamed(self, old: Collection[str] | bool | None, new: Collection[str] | None) -> Collection[str] | None:
        if new is not self.DEFAULT_ALLOWED_METHODS and new != old:
            raise ValueError("'method_whitelist' is the old name of 'allowed_methods': give one of them")
        warnings.warn(
            "Retry(method_whitelist=...) is deprecated, its name is 'allowed_methods' now.",
            DeprecationWarning,
            stacklevel=3,
        )
        # In urllib3 1.x False meant every method, as None does.
        return old or None  # type: ignore[return-value]

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}={getattr(self, name)}" for name in _ALLOWANCES[:5])
        return f"{type(self).__name__}({counts})"

    def new(self, **kw: object) -> Self:
        """Return a copy with some constructor arguments replaced. Subclasses with arguments of their own extend it."""
        arguments: _t.Keywords = {name: getattr(self, name) for name in _ALLOWANCES}
        arguments.update(
            allowed_methods=self.allowed_methods,
            status_forcelist=self.status_forcelist,
            backoff_factor=self.backoff_factor,
            backoff_max=self.backoff_max,
            raise_on_redirect=self.raise_on_redirect,
            raise_on_status=self.raise_on_status,
            history=self.history,
            respect_retry_after_header=self.respect_retry_after_header,
            remove_headers_on_redirect=self.remove_headers_on_redirect,
            backoff_jitter=self.backoff_jitter,
            retry_after_max=self.retry_after_max,
        )
        arguments.update(kw)
        return type(self)(**arguments)

    @classmethod
    def from_int(
        cls,
        retries: Retry | bool | int | None,
        redirect: bool | int | None = True,
        default: Retry | bool | int | None = None,
    ) -> Retry:
        """Return the policy that `retries` means.

        A policy (an installed urllib3's as well) as it is; None for `default`, or for DEFAULT when there is none;
        a number or False as `total`. With `redirect` false, redirects are not followed.
        """
        if retries is None:
            retries = cls.DEFAULT if default is None else default
        if isinstance(retries, Retry):
            return retries
        if hasattr(retries, "increment"):
            foreign: Any = retries
            found: Retry = foreign  # an installed urllib3's: the same shape
            return found
        policy = cls(retries, redirect=None if redirect else False)
        if "logging" in sys.modules:
            from ...sansio.urllib3_log import converted

            converted(retries, policy)
        return policy

    # -- again or stop -------------------------------------------------------------------------------------

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Return True when a response with this status is no answer but asks for another attempt."""
        if not has_retry_after and status_code not in self.status_forcelist:
            return False  # nearly always: so the method is not asked about
        return self._is_method_retryable(method) and decision.asks_again(
            status_code,
            forced=self.status_forcelist,
            has_retry_after=bool(self.total and self.respect_retry_after_header and has_retry_after),
            retry_after_statuses=self.RETRY_AFTER_STATUS_CODES,
        )

    def is_exhausted(self) -> bool:
        """Return True when an allowance is overdrawn."""
        return decision.exhausted(getattr(self, name) for name in _ALLOWANCES)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: _Response = None,
        error: BaseException | None = None,
        _pool: object = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return the policy after one more attempt, which ended in `error` or else in `response`.

        Raises MaxRetryError when an allowance is overdrawn, and `error` itself when such errors, or repeating this
        method after them, are not allowed at all.
        """
        kind = self._kind(response, error)
        repeatable = kind != decision.READ or (method is not None and self._is_method_retryable(method))
        left = decision.spend({name: getattr(self, name) for name in _ALLOWANCES}, kind, repeatable=repeatable)
        if left is None:
            assert error is not None
            raise error.with_traceback(_stacktrace)
        status = response.status if kind in (decision.REDIRECT, decision.STATUS) else None
        location = response.get_redirect_location() if kind == decision.REDIRECT else None
        following = self.new(
            history=(*self.history, RequestHistory(method, url, error, status, location or None)),
            **left,
        )
        if following.is_exhausted():
            reason = error or ResponseError(_complaint(kind, status))
            raise MaxRetryError(_pool, url, reason) from reason
        if "logging" in sys.modules:
            from ...sansio.urllib3_log import incremented

            incremented(url, following)
        return following

    def _kind(self, response: _Response, error: BaseException | None) -> str:
        # Asked through methods, because subclasses override them.
        if error:
            if self._is_connection_error(error):
                return decision.CONNECT
            return decision.READ if self._is_read_error(error) else decision.OTHER
        if response and response.get_redirect_location():
            return decision.REDIRECT
        return decision.STATUS if response and response.status else decision.UNKNOWN

    def _is_connection_error(self, err: BaseException) -> bool:
        return decision.kind_of(err) == decision.CONNECT

    def _is_read_error(self, err: BaseException) -> bool:
        return decision.kind_of(err) == decision.READ

    def _is_method_retryable(self, method: str) -> bool:
        return decision.may_repeat(method, self.allowed_methods)

    # -- after how long ------------------------------------------------------------------------------------

    def get_backoff_time(self) -> float:
        """Return the seconds to wait after the failures so far, Retry-After aside."""
        failures = decision.failures_in_a_row(attempt.redirect_location for attempt in reversed(self.history))
        return decision.backoff(failures, self.backoff_factor, self.backoff_max, self._jitter(failures))

    def _jitter(self, failures: int) -> float:
        if failures <= 1 or self.backoff_jitter == 0.0:
            return 0.0
        import random

        return random.random() * self.backoff_jitter

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that the value of a Retry-After field asks for. Raises InvalidHeader."""
        return decision.seconds_asked(retry_after, time.time(), self.retry_after_max)

    def get_retry_after(self, response: _Response) -> float | None:
        """Return the seconds that a response asks to wait, None when it does not say."""
        value = response.headers.get("Retry-After")
        return None if value is None else self.parse_retry_after(value)

    def get_wait_time(self, response: object = None) -> float:
        """Return the seconds that `sleep(response)` sleeps. Ours; urllib3 has no such method."""
        if self.respect_retry_after_header and response:
            asked = self.get_retry_after(response)
            if asked:
                return asked
        return max(self.get_backoff_time(), 0.0)

    def sleep(self, response: object = None) -> None:
        """Sleep as the response's Retry-After says, or else as long as the failures so far suggest."""
        if self.respect_retry_after_header and response and self.sleep_for_retry(response):
            return
        self._sleep_backoff()

    def sleep_for_retry(self, response: object) -> bool:
        """Sleep as the response's Retry-After says; return False when it says nothing."""
        asked = self.get_retry_after(response)
        if not asked:
            return False
        time.sleep(asked)
        return True

    def _sleep_backoff(self) -> None:
        seconds = self.get_backoff_time()
        if seconds > 0:
            time.sleep(seconds)

    def sleep_within(self, seconds: float | None, response: object = None) -> bool:
        """Sleep as `sleep(response)` does, if that takes less than `seconds`; otherwise return False at once.

        So a call with a deadline does not sleep only to find that it has passed. None is no limit. A subclass's
        own way of sleeping is called when what is asked for fits. Ours; urllib3 has no such method.
        """
        return sleep_within(self, Retry, seconds, response)


_SLEEPERS = ("sleep", "sleep_for_retry", "_sleep_backoff")


def sleep_within(retries: _Response, base: type | None, seconds: float | None, response: object) -> bool:
    """Do `Retry.sleep_within` for a policy of any class.

    base: the class whose way of sleeping is known: as long as `get_retry_after` or `get_backoff_time` says. A policy
    that sleeps in another way, or of no known class (None), is called to do so.
    """
    own_way = base is None or any(getattr(type(retries), name) is not getattr(base, name) for name in _SLEEPERS)
    if own_way and seconds is None:
        retries.sleep(response)
        return True
    wait = _wait_of(retries, response)
    if seconds is not None and wait >= seconds:
        return False
    if own_way:
        retries.sleep(response)
    elif wait > 0:
        time.sleep(wait)
    return True


def sleep_of_another(retries: object, seconds: float | None, response: object) -> bool:
    """Do `Retry.sleep_within` for a policy of an installed urllib3, or of a subclass of it."""
    named = ("urllib3.util.retry", "Retry")
    theirs = (each for each in type(retries).__mro__ if (each.__module__, each.__name__) == named)
    # Without a deadline it sleeps itself, as in urllib3.
    return sleep_within(retries, None if seconds is None else next(theirs, None), seconds, response)


def _wait_of(retries: _Response, response: object) -> float:
    asked = getattr(retries, "get_wait_time", None)
    if asked is not None:
        return float(asked(response))
    if response and getattr(retries, "respect_retry_after_header", True):
        after = retries.get_retry_after(response)
        if after:
            return float(after)
    return max(float(retries.get_backoff_time()), 0.0)


def _complaint(kind: str, status: int | None) -> str:
    if kind == decision.REDIRECT:
        return "too many redirects"
    if kind == decision.STATUS:
        return ResponseError.SPECIFIC_ERROR.format(status_code=status)
    return ResponseError.GENERIC_ERROR


Retry.DEFAULT = Retry(3)

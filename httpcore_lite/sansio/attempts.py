"""What comes after an attempt: the response is the one that was asked for, or once more, or the end.

    exchange ──▶ an error     after_error()    ──▶ wait, rewind, once more, or the error that ends the request
             ──▶ a response   asks_again()     ──▶ False: it is the result
                              policy_after()   ──▶ drain it, wait, rewind, once more, or MaxRetryError, or the result

How often, and after how long, is the policy's to say (`Retry`, or one of an installed urllib3). A pure room: whatever
drives it drains responses and sleeps.
"""

from __future__ import annotations

from .errors import (
    ConnectTimeoutError,
    HeadError,
    MaxRetryError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
    TransportError,
)
from .trace import watcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any, Final, Protocol, TypeVar

    from .connections.routes import Route
    from .http1.headers import BaseHTTPResponse
    from .http1.request_body import OutgoingBody
    from .options import ExchangeOptions
    from .timeouts import Deadline

    _Body = TypeVar("_Body")
    _Value = TypeVar("_Value")

    class Policy(Protocol):
        """What says how often and when: a `Retry`, or one of an installed urllib3."""

        @property
        def history(self) -> tuple[object, ...]: ...
        @property
        def raise_on_status(self) -> bool: ...
        def sleep_within(self, seconds: float | None, response: object = None) -> bool: ...
        def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool: ...
        def increment(
            self,
            method: str | None = None,
            url: str | None = None,
            response: BaseHTTPResponse | None = None,
            error: Exception | None = None,
            _pool: object = None,
            _stacktrace: TracebackType | None = None,
        ) -> Policy: ...


# What describes a body (RFC 9110 section 15.4.4).
_OF_CONTENT: Final = frozenset(
    "content-encoding content-language content-location content-type content-length digest last-modified".split()
)


class Attempts:
    """One request along `route`, and as many attempts as its policy, `retries`, allows."""

    __slots__ = ("body", "method", "retries", "route", "target", "options")

    def __init__(
        self, method: str, target: str, route: Route, body: OutgoingBody, options: ExchangeOptions, retries: Any
    ) -> None:
        self.method: str = method
        self.target: str = target
        self.route: Route = route
        self.body: OutgoingBody = body
        self.options: ExchangeOptions = options
        self.retries: Policy = retries

    def asks_again(self, response: BaseHTTPResponse) -> bool:
        """Whether a response is no result but asks for another attempt."""
        status = response.status
        has_retry_after = status in (413, 429, 503) and bool(response.getheader("Retry-After"))
        return self.retries.is_retry(self.method, status, has_retry_after)

    def after_error(self, error: TransportError, pool: object) -> TransportError:
        """Count an attempt that ended in `error`; returns the error as it is to be told of. `pool` is what errors name.

        Raises what ends the request: MaxRetryError, or the error itself where the policy says so.
        """
        self._watch("request.failed", error=error)
        blamed = _blamed(error, self.route)
        try:
            self.retries = self.retries.increment(
                self.method, self.target, error=blamed, _pool=pool, _stacktrace=blamed.__traceback__
            )
        except (MaxRetryError, HeadError) as final:
            if self.route.forwarding and isinstance(error, HeadError):
                # The policy was asked about what it is, a response that makes no sense; it was the proxy that sent it.
                blamed = ProxyError("The proxy's response makes no sense", error)
                blamed.__cause__ = error
                raise blamed from final
            raise
        return blamed

    def announce(self, response: BaseHTTPResponse | None, error: TransportError | None) -> None:
        """Tell the program of the attempt that comes now, after `response` or else `error`."""
        reason = repr(error) if response is None else f"status {response.status}"
        self._watch("request.retried", attempt=len(self.retries.history) + 1, reason=reason)
        if self.options.on_retry is not None and self.retries.history:
            self.options.on_retry(self.retries.history[-1])

    def _watch(self, event: str, **info: object) -> None:
        watch = watcher(self.options.trace)
        if watch is not None:
            from .redaction import masked_target

            known = {"route": self.route.origin, "method": self.method, "target": masked_target(self.target)}
            watch(event, {**known, **info})


def policy_after(
    response: BaseHTTPResponse, retries: Policy, method: str, url: str, pool: object, raises: bool
) -> Policy | None:
    """Return the policy after a response that asks for another request.

    Where the attempts are used up, MaxRetryError, or None if not `raises`: the response is the result then. `pool` is
    what the error names.
    """
    try:
        return retries.increment(method, url, response=response, _pool=pool)
    except Exception as error:
        if raises or not is_exhausted(error):
            raise
        return None


def is_exhausted(error: Exception) -> bool:
    """Whether a policy says that no attempt is left: by the class's name, since an installed urllib3 has one, too."""
    return any(cls.__name__ == "MaxRetryError" for cls in type(error).__mro__)


def redirected(
    status: int, method: str, body: _Body, headers: Mapping[str, _Value]
) -> tuple[str, _Body | None, Mapping[str, _Value]]:
    """Return method, body and fields of the request that follows a redirect: GET after 303 (RFC 9110, 15.4.4)."""
    if status != 303:
        return method, body, headers
    return "GET", None, {name: value for name, value in headers.items() if name.lower() not in _OF_CONTENT}


def too_late(pool: object, target: str, deadline: Deadline) -> ReadTimeoutError:
    """Return the error for a pause that would end behind the deadline."""
    late = ReadTimeoutError(pool, target, f"The next attempt would come too late. (total timeout={deadline.seconds})")
    late.phase, late.seconds = "total", deadline.seconds
    return late


def _blamed(error: TransportError, route: Route) -> TransportError:
    """Return the error, as a ProxyError when it is the forwarding proxy that could not be reached."""
    if route.forwarding and isinstance(error, (ConnectTimeoutError, SSLError)) and error.phase != "total":
        from .connections.tunnel import unreachable

        blamed = unreachable(error)
        blamed.__cause__ = error
        return blamed
    return error

"""What belongs to one call of a program and has no place in the arguments of requests' methods.

A call is everything that one `Session.request` or `Session.send` sets off: redirects, retries and answers to
challenges included. What they share rides on the PreparedRequest, in `_options`, which `copy()` keeps and pickling
drops: ExchangeOptions until the call begins, then the Call.
"""

from __future__ import annotations

from time import monotonic

from ..sansio.options import NO_OPTIONS, ExchangeOptions
from ..sansio.timeouts import Deadline, Timeouts
from .options import EXCHANGE_NAMES, exchange_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from ..messages.shapes import PreparedRequest

# What the thread's calls are cancelled by, once `many` is loaded: `cancellation.flag_of_thread`.
flag_of_thread: Any = None

# The keywords of requests' adapters.
_OF_ADAPTERS: Final = frozenset({"stream", "timeout", "verify", "cert", "proxies"})


class Call:
    """One call.

    Attributes:
        options: of each of its exchanges; the deadline among them bounds all of the call.
        over: whether it has returned: then it means nothing any more.
    """

    __slots__ = ("options", "over")

    def __init__(self, options: ExchangeOptions) -> None:
        self.options: ExchangeOptions = options
        self.over: bool = False


def call_of(request: PreparedRequest) -> Call | None:
    """Return the call under way that `request` is part of, None when there is none."""
    call = request._options
    return call if isinstance(call, Call) and not call.over else None


def begin_call(request: PreparedRequest, defaults: ExchangeOptions, kwargs: dict[str, object]) -> Call | None:
    """Return the Call that begins here, None when there is nothing to share or it is under way already.

    `defaults` are the session's exchange options; options among `kwargs` are taken out, since adapters know nothing
    of them. TypeError for one that makes no sense.
    """
    options = defaults
    carried = request._options
    if type(carried) is Call:
        if not carried.over:
            return None
    elif type(carried) is ExchangeOptions:
        options = defaults.replaced(**carried.given)
    if not kwargs.keys() <= _OF_ADAPTERS:
        given = {name: kwargs.pop(name) for name in EXCHANGE_NAMES if name in kwargs}
        options = exchange_options(given, "send()", options)
    timeout = kwargs.get("timeout")
    if type(timeout) is Timeouts and timeout.total is not None:
        options = options.replaced(deadline=Deadline(timeout.total, monotonic()))
    if flag_of_thread is not None and flag_of_thread.cancellation is not None:
        options = options.replaced(cancellation=flag_of_thread.cancellation)
    if options is NO_OPTIONS:
        return None
    call = request._options = Call(options)
    return call

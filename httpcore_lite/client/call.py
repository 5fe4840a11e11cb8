"""What belongs to one call of a program and has no place in the arguments of requests' methods.

A call is everything that one `Session.request` or `Session.send` sets off: redirects, retries and answers to
challenges included. What they share rides on the PreparedRequest, in `_options`, which `copy()` keeps and pickling
drops: the exchange options as a dict until the call begins, then the Call.
"""

from __future__ import annotations

from time import monotonic

from ..sansio.timeouts import Deadline, Timeouts
from .options import EXCHANGE_NAMES, exchange_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from .. import _types as _t
    from ..messages.shapes import PreparedRequest


# The keywords of requests' adapters.
_OF_ADAPTERS: Final = frozenset({"stream", "timeout", "verify", "cert", "proxies"})


class Call:
    """One call. `deadline` bounds all of it, or is None; `options` are its exchange options (`options.py`).

    `over` is true once it has returned: then it means nothing any more.
    """

    __slots__ = ("deadline", "options", "over")

    def __init__(self, deadline: Deadline | None, options: _t.Keywords) -> None:
        self.deadline: Deadline | None = deadline
        self.options: _t.Keywords = options
        self.over: bool = False


def call_of(request: PreparedRequest) -> Call | None:
    """Return the call under way that `request` is part of, None when there is none."""
    call = request._options
    return call if isinstance(call, Call) and not call.over else None


def begin_call(request: PreparedRequest, defaults: Mapping[str, object], kwargs: dict[str, object]) -> Call | None:
    """Return the Call that begins here, None when there is nothing to share or it is under way already.

    `defaults` are the session's exchange options; options among `kwargs` are taken out, since adapters know nothing
    of them. TypeError for one that makes no sense.
    """
    carried = request._options
    if type(carried) is Call and not carried.over:
        return None
    own = carried if isinstance(carried, dict) else {}
    if not kwargs.keys() <= _OF_ADAPTERS:
        given = {name: kwargs.pop(name) for name in EXCHANGE_NAMES if name in kwargs}
        own = {**own, **exchange_settings(given, "send()")}
    timeout = kwargs.get("timeout")
    total = timeout.total if type(timeout) is Timeouts else None
    if total is None and not own and not defaults:
        return None
    call = Call(None if total is None else Deadline(total, monotonic()), {**defaults, **own})
    request._options = call
    return call

"""What belongs to one call of a program and has no place in the arguments of requests' methods.

A call is everything that one `Session.request` or `Session.send` sets off: redirects, retries and answers to
challenges included. What they share rides on the PreparedRequest, in `_options`, which `copy()` keeps and pickling
drops: the exchange options as a dict until the call begins, then the Call.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .models import PreparedRequest
    from .transport.timeouts import Deadline


class Call:
    """One call. `deadline` bounds all of it, or is None; `options` are its exchange options (`settings.py`).

    `over` is true once it has returned: then it means nothing any more.
    """

    __slots__ = ("deadline", "options", "over")

    def __init__(self, deadline: Deadline | None, options: dict[str, Any]) -> None:
        self.deadline = deadline
        self.options = options
        self.over = False


def call_of(request: PreparedRequest) -> Call | None:
    """Return the call under way that `request` is part of, None when there is none."""
    call = request._options
    return call if isinstance(call, Call) and not call.over else None


def pending_options(request: PreparedRequest) -> dict[str, Any]:
    """Return the exchange options that were given for a request whose call has not begun."""
    options = request._options
    return options if isinstance(options, dict) else {}

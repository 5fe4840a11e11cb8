"""One call of a program: which settings count for it, and what its exchanges share.

A setting of the call counts before that of its session; of two mappings both do (`merge_setting`).

A call is everything that one `Session.request` or `Session.send` sets off: redirects, retries and answers to
challenges included. What they share, and what requests' methods have no arguments for, rides on the PreparedRequest, in
`_options`, which `copy()` keeps and pickling drops: ExchangeOptions until the call begins, then the Call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from time import monotonic

from ..sansio.options import NO_OPTIONS, ExchangeOptions
from ..sansio.timeouts import Deadline, Timeouts
from ..structures import CaseInsensitiveDict, pairs_of
from .options import EXCHANGE_NAMES, exchange_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, TypeAlias

    from ..hooks import HookType
    from ..messages.shapes import PreparedRequest

    _Hooks: TypeAlias = dict[str, list[HookType]] | None


# The keywords of requests' adapters.
_OF_ADAPTERS: Final = frozenset({"stream", "timeout", "verify", "cert", "proxies"})


# -- settings ----------------------------------------------------------------------------------------------------------


def merge_setting(request_setting: object, session_setting: object, dict_class: type = OrderedDict) -> Any:
    """Return the setting that counts for a request: its own, else the session's, and of two mappings both.

    In a merged mapping, a `dict_class`, the request's values come over the session's; None takes a key away.
    """
    if session_setting is None:
        return request_setting
    if request_setting is None:
        return session_setting
    if not (isinstance(session_setting, Mapping) and isinstance(request_setting, Mapping)):
        return request_setting
    merged = dict_class(session_setting.items())
    merged.update(request_setting.items())
    for key in [key for key, value in merged.items() if value is None]:
        del merged[key]
    return merged


def merge_hooks(request_hooks: _Hooks, session_hooks: _Hooks, dict_class: type = OrderedDict) -> _Hooks:
    """Return the hooks that count for a request; an empty list of either side gives way to the other's."""
    if session_hooks is None or session_hooks.get("response") == []:
        return request_hooks
    if request_hooks is None or request_hooks.get("response") == []:
        return session_hooks
    merged: dict[str, list[HookType]] = merge_setting(request_hooks, session_hooks, dict_class)
    return merged


def merged_headers(own: object, of_session: object, merge: Callable[[object, object, type], Any]) -> Any:
    """Return the fields of a request, its own over the session's: what `merge`, a `merge_setting`, makes of them.

    It is called where the types are others than usual.
    """
    if type(of_session) is CaseInsensitiveDict:
        if not own:
            for _, value in of_session._store.values():
                if value is None:
                    return merge({}, of_session, CaseInsensitiveDict)
            return of_session
        if type(own) is dict or type(own) is CaseInsensitiveDict:
            merged = of_session.copy()
            store = merged._store
            for name, value in pairs_of(own):
                store[name.lower()] = (name, value)
            for key in [key for key, entry in store.items() if entry[1] is None]:
                del store[key]
            return merged
    return merge(own, of_session, CaseInsensitiveDict)


# -- the call ----------------------------------------------------------------------------------------------------------


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
    if options is NO_OPTIONS:
        return None
    call = request._options = Call(options)
    return call

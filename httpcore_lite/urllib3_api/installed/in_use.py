"""What the rest of this package must know of a urllib3 in use, and nothing that it could do without one.

Programs catch urllib3's own errors from `Response.raw`, filter urllib3's own warnings and patch urllib3's own
functions; where urllib3 is loaded, they must be served. It is never loaded here: every function looks at what is
in `sys.modules` now. Our own modules of urllib3's names (`urllib3_api`) are not meant where it says
"urllib3" below, except where programs patch something in them.
"""

from __future__ import annotations

import sys

from ..._internal_utils import OWN_URLLIB3
from ...sansio.errors import InsecureRequestWarning, TransportError
from ..exceptions import ProxySchemeUnsupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, TypeAlias, TypeVar

    Error = TypeVar("Error", bound=BaseException)

    # Of the installed urllib3, or in its shape.
    _Theirs: TypeAlias = Any

_SETTLED_SOCKET_OPTIONS = [(6, 1, 1)]  # (IPPROTO_TCP, TCP_NODELAY, 1): what urllib3 and we set anyway


def _urllib3(name: str) -> ModuleType | None:
    """Return urllib3's module `name` ("exceptions", "util.retry") if a program has loaded it."""
    module = sys.modules.get(f"urllib3.{name}")
    if module is None or str(getattr(module, "__name__", "")).startswith(OWN_URLLIB3):
        return None
    return module


def _urllib3_or_own(name: str) -> ModuleType | None:
    return _urllib3(name) or sys.modules.get(f"{OWN_URLLIB3}.{name}")


# -- errors and warnings -----------------------------------------------------------------------------------------

# (our class, urllib3's class) -> a class that is both
_both: dict[tuple[type, type], type] = {}
_THEIR_NAMES = {"TransportError": "HTTPError"}


def adopt(error: Error) -> Error:
    """Make a transport error an instance of urllib3's class of its name too, if urllib3 is loaded.

    The error itself is changed and returned: its arguments, attributes, cause, context and traceback stay, and
    what holds it (a retry history, another error's `reason`) holds the same one. The errors inside it (reason,
    original_error, arguments, causes) are adopted with it. Other errors are returned as they are. Repeating it
    does nothing.
    """
    exceptions = _urllib3("exceptions")
    if exceptions is not None:
        _adopt(error, exceptions, set())
    return error


def _adopt(error: object, exceptions: ModuleType, seen: set[int]) -> None:
    if not isinstance(error, (TransportError, ProxySchemeUnsupported)) or id(error) in seen:
        return
    seen.add(id(error))
    both = _class_for(type(error), exceptions)
    if both is not None:
        error.__class__ = both
    inside = (getattr(error, "reason", None), getattr(error, "original_error", None), error.__cause__)
    for other in (*inside, *error.args):
        _adopt(other, exceptions, seen)


def _class_for(ours: type, exceptions: ModuleType) -> _Theirs:
    for cls in ours.__mro__:
        theirs = getattr(exceptions, _THEIR_NAMES.get(cls.__name__, cls.__name__), None)
        if isinstance(theirs, type) and issubclass(theirs, BaseException):
            break
    else:
        return None
    if issubclass(ours, theirs):
        return None
    both = _both.get((ours, theirs))
    if both is None:
        shown = {name: getattr(ours, name) for name in ("__module__", "__qualname__", "__doc__")}
        members = {**shown, "__reduce__": _reduce, "_plain": ours}
        both = _both.setdefault((ours, theirs), type(ours.__name__, (ours, theirs), members))
    return both


def _reduce(error: _Theirs) -> tuple[object, ...]:
    # The class was made here and has no name to be found by: what is pickled is our class, and the wish to adopt.
    plain = error._plain
    _, arguments, *state = plain.__reduce__(error)
    return (_revived, (plain, *arguments), *state)


def _revived(plain: type[BaseException], *arguments: object) -> BaseException:
    return adopt(plain(*arguments))


def insecure_request_warning() -> type[Warning]:
    """Return the class of the warning about unverified HTTPS that programs filter: urllib3's if it is loaded."""
    exceptions = _urllib3("exceptions")
    return InsecureRequestWarning if exceptions is None else exceptions.InsecureRequestWarning


# -- settings that programs make for all of urllib3 --------------------------------------------------------------


def gai_family() -> int | None:
    """Return the address family that a program allows, None when it allows all.

    Programs set `urllib3.util.connection.HAS_IPV6` or replace `allowed_gai_family` there, or in our module of
    that name.
    """
    connection = _urllib3_or_own("util.connection")
    if connection is None:
        return None
    return connection.allowed_gai_family() or None  # AF_UNSPEC is 0


def default_socket_options() -> list[tuple[int, int, int | bytes]] | None:
    """Return the options that a program has set on `urllib3.connection.HTTPConnection`, None when it set none."""
    connection = _urllib3_or_own("connection")
    if connection is None:
        return None
    options = plain_socket_options(connection.HTTPConnection.default_socket_options)
    return None if options == _SETTLED_SOCKET_OPTIONS else options


def plain_socket_options(options: _Theirs) -> list[tuple[int, int, int | bytes]]:
    """Return socket options as `setsockopt` takes them; urllib3-future says of each whether it is for TCP or UDP."""
    plain = []
    for option in options:
        if len(option) == 4 and isinstance(option[3], str):
            if option[3].lower() != "tcp":
                continue
            option = option[:3]
        plain.append(option)
    return plain


def default_ciphers() -> str | None:
    """Return the ciphers that a program has set as `urllib3.util.ssl_.DEFAULT_CIPHERS`, None when it set none.

    In our module of that name only: an installed urllib3 has no such name since its version 2.
    """
    ssl_ = sys.modules.get(f"{OWN_URLLIB3}.util.ssl_")
    return None if ssl_ is None else ssl_.chosen_ciphers()


# -- policies and limits for pools that are not ours -------------------------------------------------------------


def convert_retry(retry: _Theirs) -> object:
    """Return `retry` as a Retry of the urllib3 that is loaded, for one of its pools.

    A subclass of our Retry keeps what it overrides. Anything else, and anything when urllib3 is not loaded, is
    returned as it is.
    """
    room = _urllib3("util.retry")
    own = sys.modules.get(f"{OWN_URLLIB3}.util.retry")
    if room is None or own is None or not isinstance(retry, own.Retry) or isinstance(retry, room.Retry):
        return retry
    if type(retry) is own.Retry:
        code = room.Retry.__init__.__code__  # older versions know fewer arguments
        known = code.co_varnames[1 : code.co_argcount]
        return room.Retry(**{name: getattr(retry, name) for name in known if hasattr(retry, name)})
    twin: _Theirs = _subclass_for(type(retry), room.Retry)
    converted = twin.__new__(twin)
    vars(converted).update(vars(retry))
    return converted


def _subclass_for(ours: _Theirs, theirs: type) -> type:
    both = _both.get((ours, theirs))
    if both is None:

        def increment(self: object, *args: object, **kw: object) -> object:
            # Its pool catches urllib3's own errors.
            try:
                return ours.increment(self, *args, **kw)
            except TransportError as error:
                raise adopt(error)  # noqa: B904 - the same error, its cause included

        members = {"__module__": ours.__module__, "__qualname__": ours.__qualname__, "increment": increment}
        both = _both.setdefault((ours, theirs), type(ours.__name__, (ours, theirs), members))
    return both


def convert_timeout(timeouts: _Theirs) -> object:
    """Return limits (our Timeouts, our Timeout) as a Timeout of the urllib3 that is loaded, for one of its pools.

    Our `total` becomes its `total`, which bounds less: connecting and each read. Anything else, and anything when
    urllib3 is not loaded, is returned as it is.
    """
    room = _urllib3("util.timeout")
    if room is None or isinstance(timeouts, room.Timeout):
        return timeouts
    if hasattr(timeouts, "connect_timeout"):
        own, theirs = timeouts.DEFAULT_TIMEOUT, room.Timeout.DEFAULT_TIMEOUT
        limits = {"connect": timeouts._connect, "read": timeouts._read, "total": timeouts.total}
        return room.Timeout(**{name: theirs if limit is own else limit for name, limit in limits.items()})
    if hasattr(timeouts, "pool"):
        return room.Timeout(connect=timeouts.connect, read=timeouts.read, total=timeouts.total)
    return timeouts

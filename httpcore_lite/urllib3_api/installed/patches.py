"""What programs have put into an installed urllib3 or into http.client: recorders, tracers, guards, settings.

Programs on requests replace methods of urllib3's connections and pools, or of `http.client.HTTPConnection` below them,
and set constants there, and mean every request by it. This room tells what there is of it; it replaces
nothing, and `through.py` is the way that a request then takes.

1. Untouched is a function that was written in the library's own module: `type(f) is FunctionType and f.__globals__ is
   vars(module)`, read from the class's own `__dict__`; of a static or class method its `__func__`, of a property its
   `fget`. A wrapper that forwards `__code__`, a mock, a function of another module is a patch.
2. Only names that are methods in the untouched library are looked at, and `ConnectionCls` of the pools, by identity.
   What is no method there (`response_class`, `debuglevel`) says nothing.
3. A patch is seen by the next request, and so is its end: what is there is fetched at each request and compared with
   what was judged last, by identity, since a wrapper may say that it equals what it wraps. That is done in C, class by
   class from the end of its `__dict__`: what is added comes last, and the constants that come first are not reached.
4. Neither library is loaded here, with one exception: where http.client is patched and urllib3 is installed but not
   loaded, since that is how requests would reach what was patched.
"""

from __future__ import annotations

import sys
from operator import is_
from types import FunctionType

from ..._alias import other_installed
from ..._internal_utils import OWN_URLLIB3, PACKAGE, SHOWN_URLLIB3, load
from ...sansio import Value
from .in_use import default_ciphers, default_socket_options, gai_family

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    # A module or a class of the installed urllib3.
    _Found: TypeAlias = Any
    # Of each class the entries that were seen, the last one first, and what iterates over those of now in that order.
    Entries: TypeAlias = tuple[list[object], Callable[[], Iterator[object]]]

# Methods of Python 3.10 to 3.14 and of urllib3 1.26 to 2.8; what another version has is added when it is first seen.
_methods: set[str] = {
    "__init__", "_connect_tls_proxy", "_get_conn", "_get_hostport", "_get_timeout", "_make_request", "_new_conn",
    "_output", "_prepare_conn", "_prepare_proxy", "_put_conn", "_raise_timeout", "_read_readable", "_send_output",
    "_send_request", "_tunnel", "_validate_conn", "close", "connect", "endheaders", "getresponse",
    "has_connected_to_proxy", "host", "is_closed", "is_connected", "is_same_host", "putheader", "putrequest", "request",
    "request_chunked", "send", "set_cert", "set_debuglevel", "set_tunnel", "urlopen",
}  # fmt: skip


class Survey(Value):
    """What programs want of every connection, by what they have put into an installed library."""

    #: The only address family.
    family: int | None = None
    #: Socket options.
    options: tuple[object, ...] | None = None
    #: An OpenSSL cipher list.
    ciphers: str | None = None
    #: What stands in `urllib3.util.connection.create_connection`'s place, where that is all that was replaced.
    opener: object = None
    #: The names of what was replaced, where requests have to go through the installed urllib3 for it to count.
    patched: tuple[str, ...] = ()


class _Watch:
    """The modules of the installed libraries as they are loaded now, and what is in them now.

    seen: what the classes hold. settings: tells whether the settings are as they were.
    """

    def __init__(self, modules: tuple[object, ...]) -> None:
        self.modules = modules
        client, connection, pool, util = [_complete(module) for module in modules]
        self.util = util if connection is not None and pool is not None else None
        #: The library's own classes, each with the module of its methods.
        self.classes: list[tuple[_Found, object]] = []
        if self.util is None:
            if client is not None:
                self._add(client, "HTTPConnection")
            self.settings: Callable[[], bool] = _own_settings_watched()
        else:
            for room, names in (
                (connection, ("HTTPConnection", "HTTPSConnection")),
                (pool, ("HTTPConnectionPool", "HTTPSConnectionPool")),
            ):
                for name in names:
                    self._add(room, name)
            # Those of urllib3-future do not stand on http.client's.
            bases = self.classes[0][0].__mro__ if self.classes else ()
            lowest = next((cls for cls in bases if cls.__module__ == "http.client"), None)
            if lowest is not None and client is not None:
                self.classes.append((lowest, client))
            self.settings = self._settings_watched() if self.classes else lambda: True
        self.seen = [_seen(vars(cls)) for cls, _ in self.classes]

    def _add(self, room: object, name: str) -> None:
        own = _original(getattr(room, name), room, name)
        if own is not None:
            self.classes.append((own, room))

    def _settings_watched(self) -> Callable[[], bool]:
        """Return what tells whether urllib3's settings are those of now."""
        constants, util = self.classes[0][0], vars(self.util)
        family, opener = util["allowed_gai_family"], util["create_connection"]
        # What programs set for it, which is cheaper to read than the function is to call.
        own_family = _is_own(family, self.util)
        value = util["HAS_IPV6"] if own_family else family()
        options = constants.default_socket_options
        options = options[:] if isinstance(options, list) else options  # a copy, since programs add to the list

        def same() -> bool:
            return (
                util["create_connection"] is opener
                and util["allowed_gai_family"] is family
                and (util["HAS_IPV6"] if own_family else family()) == value
                and constants.default_socket_options == options
            )

        return same


def _own_settings_watched() -> Callable[[], bool]:
    """Return what tells whether the settings in our own modules of urllib3's names are those of now."""
    modules = sys.modules
    settings = _own_settings() if SHOWN_URLLIB3 in modules else None
    return lambda: (_own_settings() if SHOWN_URLLIB3 in modules else None) == settings


def _seen(names: _Found) -> Entries:
    """Return the entries of a class's `__dict__` from its end to the first that is looked at, and what shows them."""
    kinds = (FunctionType, staticmethod, classmethod, property)
    entries = list(names.items())
    looked_at = [name in _methods or name == "ConnectionCls" or type(value) in kinds for name, value in entries]
    first = looked_at.index(True) if True in looked_at else 0
    return [value for _, value in reversed(entries[first:])], names.values().__reversed__


# (module, name) -> the library's own class, for when something without a trace of it stands in its place
_originals: dict[tuple[str, str], object] = {}


def _original(found: object, room: _Found, name: str) -> object:
    """Return the library's own class: what stands under its name, or a base of that, or what once stood there."""
    for cls in getattr(found, "__mro__", ()):
        if cls.__module__ == room.__name__ and cls.__name__ == name:
            _originals[room.__name__, name] = cls
            return cls
    return _originals.get((room.__name__, name))


def _complete(module: object) -> _Found:
    """Return a module that is loaded as far as it is needed here; None for one of ours that stands in for urllib3's."""
    name = str(getattr(module, "__name__", ""))
    needed = {"connection": "HTTPSConnection", "connectionpool": "HTTPSConnectionPool", "client": "HTTPConnection"}
    names = ["create_connection"] if name.endswith("util.connection") else [needed.get(name.rpartition(".")[2], "")]
    return module if not name.startswith(OWN_URLLIB3) and all(hasattr(module, name) for name in names) else None


def _own_settings() -> tuple[int | None, tuple[object, ...] | None, str | None]:
    """Return what programs have set in our own modules of urllib3's names."""
    options = default_socket_options()
    return gai_family(), None if options is None else tuple(options), default_ciphers()


# (http.client, urllib3.connectionpool, `seen` and `settings` of the watch on them, what came of it): one assignment, so
# that no lock is needed
_state: tuple[object, object, list[Entries], Callable[[], bool], Survey] | None = None
# What the log and the warning have said already.
_told: set[tuple[str, ...]] = set()


def survey() -> Survey:
    """Return what programs have put into the installed libraries by now; the same object while nothing changes."""
    state = _state
    if state is not None:
        client, pool, seen, settings, known = state
        get = sys.modules.get
        # The pools' module is the last of urllib3's that are looked at to be loaded.
        if client is get("http.client") and pool is get("urllib3.connectionpool"):
            try:
                for entries, backwards in seen:
                    if not all(map(is_, entries, backwards())):
                        break
                else:
                    if settings():
                        return known
            except (KeyError, RuntimeError):  # something was taken out; another thread is about to replace something
                pass
    return _judged()


def _judged() -> Survey:
    """Look at everything anew, and remember what came of it."""
    global _state
    get = sys.modules.get
    names = ("http.client", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.connection")
    watch = _Watch(tuple([get(name) for name in names]))
    patched = [name for cls, room in watch.classes for name in _patched_in(cls, room)]
    opener = None
    if watch.util is None:
        if patched and _load_urllib3():
            return _judged()
        found = Survey(*_own_settings()) if SHOWN_URLLIB3 in sys.modules else Survey()
        if patched:
            _warn(tuple(patched))
    else:
        if not _is_own(watch.util.create_connection, watch.util):
            if patched:
                patched.append("urllib3.util.connection.create_connection")
            else:
                opener = watch.util.create_connection
        options = default_socket_options()
        found = Survey(gai_family(), None if options is None else tuple(options), None, opener, tuple(patched))
    _log(found)
    _state = (watch.modules[0], watch.modules[2], watch.seen, watch.settings, found)
    return found


def _patched_in(cls: type, room: _Found) -> list[str]:
    """Return the names of the methods of a class that are no longer the library's."""
    found = []
    for name, value in list(vars(cls).items()):
        if name == "ConnectionCls":
            made = "HTTPSConnection" if cls.__name__.startswith("HTTPS") else "HTTPConnection"
            changed = value is not _originals.get(("urllib3.connection", made))
        elif _is_own(value, room):
            _methods.add(name)
            continue
        else:
            changed = name in _methods
        if changed:
            found.append(f"{room.__name__}.{cls.__name__}.{name}")
    return found


def _is_own(value: _Found, room: object) -> bool:
    """Whether a function, or what is made from one, was written in this module of the library (rule 1)."""
    kind = type(value)
    if kind is staticmethod or kind is classmethod:
        value = value.__func__
    elif kind is property:
        value = value.fget
    return type(value) is FunctionType and value.__globals__ is vars(room)


def _load_urllib3() -> bool:
    """Load the urllib3 that is installed, through which requests would reach a patched http.client (rule 4)."""
    try:
        if not other_installed("urllib3") or _complete(load("urllib3.connectionpool")) is None:
            return False
    except ImportError:
        return False
    return all(_complete(sys.modules.get(f"urllib3.{name}")) for name in ("connection", "util.connection"))


# -- what is said of it ------------------------------------------------------------------------------------------


def _warn(patched: tuple[str, ...]) -> None:
    if patched in _told:
        return
    _told.add(patched)
    import warnings

    from ...exceptions import RequestsWarning

    warnings.warn(
        f"{', '.join(patched)} was replaced, but urllib3, through which requests would use it, is not installed: "
        "requests are sent without it",
        RequestsWarning,
        stacklevel=2,
    )


def _log(found: Survey) -> None:
    names = found.patched or (("urllib3.util.connection.create_connection",) if found.opener is not None else ())
    get_logger = getattr(sys.modules.get("logging"), "getLogger", None)
    if not names or names in _told or get_logger is None:
        return
    _told.add(names)
    way = "requests go through the installed urllib3" if found.patched else "it opens our connections"
    get_logger(PACKAGE).info("%s was replaced: %s", ", ".join(names), way)

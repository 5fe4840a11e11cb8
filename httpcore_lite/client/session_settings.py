"""What a Session is told once: keywords of its constructor that requests' has as attributes, or not at all.

The former set the attributes. The latter are kept as one value in a slot that nothing else writes: a subclass may have
an attribute or a method of the same name, which means what that program says and nothing here. Loaded with the first
Session that is told one of them.
"""

from __future__ import annotations

from .._internal_utils import late
from ..hooks import SessionHooks, checked_hooks, default_hooks
from ..sansio import Value
from .failures import EXPECTED, kind_of
from .options import flag, only, pickled_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from ..messages import base_url as _base_url
    from .options import Check
else:
    _base_url = late(".messages.base_url")


class ToldOnce(Value):
    """What requests' Session has no attribute for."""

    base_url: str | None = None  #: What URLs are appended to.
    raise_for_status: bool = False  #: Whether an error status of the final response is an HTTPError.

    def whole(self, url: Any) -> Any:
        """Return the URL that is meant by one that a program gave. InvalidURL: it leaves `base_url`."""
        return url if self.base_url is None or url is None else _base_url.joined(self.base_url, url)

    @property
    def given(self) -> dict[str, object]:
        """What a program gave, for pickling."""
        return {name: getattr(self, name) for name in self._fields if getattr(self, name) != self._defaults[name]}


def expected(name: str, value: Any) -> Any:
    """Return a value of a type that this argument takes. TypeError: it is of another one."""
    said, is_good = EXPECTED[name]
    if not is_good(value):
        raise TypeError(f"{name}= takes {said}, not {kind_of(value)}")  # the value may be a secret
    return value


def _headers(name: str, value: Any) -> object:
    expected(name, value)
    for field in value:
        if not isinstance(field, (str, bytes)):
            raise TypeError(f"the name of a header is {kind_of(field)}: it must be text")
    return value


def _params(name: str, value: object) -> object:
    if not hasattr(value, "items"):
        raise TypeError(f"{name}= of a Session takes a mapping of names to values, not {kind_of(value)}")
    return value


def _hooks(name: str, value: Any) -> object:
    expected(name, value)
    hooks = SessionHooks(default_hooks())
    for event, functions in value.items() if value else ():
        hooks[event].extend(checked_hooks(event, functions))
    return hooks


# In the order of the constructor's signature. `verify` and `cert` are judged when they are used.
_CHECKS: Final[dict[str, Check | None]] = {
    "base_url": lambda _, value: _base_url.checked_base(value),
    "raise_for_status": flag,
    "headers": _headers,
    "params": _params,
    "auth": expected,
    "cookies": expected,
    "hooks": _hooks,
    "verify": None,
    "cert": None,
    "stream": flag,
    "max_redirects": only("a number of redirects, at least 0", lambda value: type(value) is int and value >= 0),
    "trust_env": flag,
}


def apply(session: Any, given: Mapping[str, Any], cookies: Any) -> None:
    """Tell a Session what its constructor was given; None is what was not given.

    Args:
        session: one that has its defaults.
        given: keywords, of the names in `options.SESSION_NAMES`.
        cookies: the module that makes a jar of a mapping.

    Raises:
        TypeError, ValueError: a value makes no sense. The session is as it was.
    """
    checked: dict[str, Any] = {}
    for name, check in _CHECKS.items():
        value = given.get(name)
        if value is not None:
            checked[name] = value if check is None else check(name, value)
    told = ToldOnce(**{name: checked.pop(name) for name in ToldOnce._fields if name in checked})
    if told.given:
        session._told_once = told
    for name, value in checked.pop("headers", {}).items():
        if value is None:
            session.headers.pop(name, None)
        else:
            session.headers[name] = value
    if not hasattr(checked.get("cookies"), "set_cookie") and "cookies" in checked:
        checked["cookies"] = cookies.cookiejar_from_dict(dict(checked["cookies"]))
    for name, value in checked.items():
        setattr(session, name, value)


# -- what of a Session is pickled ----------------------------------------------------------------------------------


def state_of(session: Any) -> dict[str, Any]:
    """Return what of a Session is pickled and copied: what it was told, and what became of that."""
    # `__attrs__` is requests' list, which programs read; what is ours comes beside it.
    state = {name: getattr(session, name, None) for name in session.__attrs__}
    if "timeout" in session.__dict__:
        state["timeout"] = session.timeout
    if session._told_once is not None:
        state["_told_once"] = session._told_once.given
    return {**state, "_exchange": session._exchange.given}


def restore(session: Any, state: Mapping[str, Any]) -> None:
    """Give a Session what `state_of` said of another, perhaps that of an earlier version."""
    session._exchange = pickled_options(state.get("_exchange", {}))
    if "_told_once" in state:
        told = state["_told_once"]
        session._told_once = ToldOnce(**{name: told[name] for name in ToldOnce._fields if name in told})
    for name, value in state.items():
        if name == "hooks" and type(value) is dict:
            session.hooks = SessionHooks(value)
        elif name not in ("_one_limit", "_exchange", "_told_once"):
            setattr(session, name, value)
    secure, plain = session.adapters.get("https://"), session.adapters.get("http://")
    # Of an earlier version, whose adapters do not know it themselves.
    if state.get("_one_limit") and hasattr(secure, "_share_connections") and hasattr(plain, "_share_connections"):
        secure._share_connections(plain)

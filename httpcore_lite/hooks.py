"""Hooks: functions that a program wants called when something happens, and what they are handed.

There are four events, in the order in which they happen: `args`, the arguments of `Session.request`; `pre_request`, a
PreparedRequest that is about to be sent; `post_request`, the same once the head of its response is there; `response`,
that response, before redirects are followed. When a function raises at the last one, the caller does not get the
response, so it gives its connection back (`let_go`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ._internal_utils import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    HookType = Callable[..., object]

__all__ = ["HOOKS", "RequestHooksMixin", "default_hooks", "dispatch_hook"]

#: The events that `default_hooks` has a list for (as requests).
HOOKS: list[str] = ["response"]
# Those that requests had in its first years, and has no more.
_FURTHER = ("args", "pre_request", "post_request")
# CO_COROUTINE, CO_ITERABLE_COROUTINE and CO_ASYNC_GENERATOR of the inspect module.
_ASYNC = 0x80 | 0x100 | 0x200


def default_hooks() -> dict[str, list[HookType]]:
    """Return a new dict with an empty list of functions for each event."""
    hooks: dict[str, list[HookType]] = {}
    for event in HOOKS:  # a comprehension is a call more, in Python 3.11
        hooks[event] = []
    return hooks


class UnknownEvent(ValueError, KeyError):
    """A Session has no hooks for such an event. A KeyError as well, since `Session.hooks` is a dict."""

    __str__ = ValueError.__str__  # KeyError's shows the repr


def _no_such(event: object) -> str:
    known = ", ".join(sorted({*HOOKS, *_FURTHER}))
    return f'Unsupported event specified, with event name "{event}". The events are: {known}'


class SessionHooks(dict[str, "list[HookType]"]):
    """The hooks of a Session: a dict, in which an event that has no list yet gets one when it is asked for.

    It is equal to a dict, and copied and pickled as one.
    """

    def __missing__(self, event: str) -> list[HookType]:
        if event not in _FURTHER and event not in HOOKS:
            raise UnknownEvent(_no_such(event))
        return self.setdefault(event, [])  # in one step, for threads

    def __reduce__(self) -> tuple[type, tuple[dict[str, list[HookType]]]]:
        return dict, (dict(self),)


def checked_hooks(event: str, hook: object) -> list[HookType]:
    """Return what a program gives for an event, a function or several, as a list; None among them is left out.

    Raises:
        TypeError: one of them cannot be called, or is a coroutine function.
    """
    several: Iterable[object] = hook if not callable(hook) and isinstance(hook, Iterable) else (hook,)
    functions: list[HookType] = []
    for function in several:
        if function is None:
            continue
        if not callable(function):
            raise TypeError(f"a hook for {event!r} is a function, or a list of them, not {function!r:.50}")
        refuse_async(event, function)
        functions.append(function)
    return functions


def refuse_async(event: str, function: object) -> None:
    """Refuse a coroutine function, also one in a partial, a method or a callable object. TypeError."""
    while type(function).__name__ == "partial" and (inner := getattr(function, "func", None)) is not None:
        function = inner
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        code = getattr(getattr(type(function), "__call__", None), "__code__", None)  # noqa: B004 - a method of its class
    if getattr(code, "co_flags", 0) & _ASYNC:
        name = getattr(function, "__qualname__", type(function).__name__)
        raise TypeError(f"a hook for {event!r} is called and not awaited: {name} is a coroutine function")


class RequestHooksMixin:
    """Functions that are called when something happens to a request."""

    if TYPE_CHECKING:
        hooks: dict[str, list[HookType]]

    def register_hook(self, event: str, hook: Iterable[HookType] | HookType) -> None:
        """Have `hook`, a function or several, called at `event`.

        ValueError when there is no such event, TypeError for what cannot be called, and for a coroutine function.
        """
        if event not in self.hooks and event not in _FURTHER:
            raise ValueError(_no_such(event))
        functions = checked_hooks(event, hook)
        self.hooks.setdefault(event, []).extend(functions)

    def deregister_hook(self, event: str, hook: HookType) -> bool:
        """Undo `register_hook` for one function; returns whether it was registered."""
        if event in _FURTHER and event not in self.hooks:
            return False
        try:
            self.hooks[event].remove(hook)
        except ValueError:
            return False
        return True


def dispatch_hook(
    key: str, hooks: Mapping[str, Iterable[HookType] | HookType] | None, hook_data: object, **kwargs: object
) -> Any:
    """Call the functions registered for the event `key`, in order.

    Args:
        key: the event's name.
        hooks: event -> a function or several; None for no hooks at all.
        hook_data: what happened. A function that returns something other than None replaces it, for the
            functions after it and for the caller.
        kwargs: handed to every function.

    Returns:
        `hook_data`, or what the last function that returned something made of it.
    """
    functions = hooks.get(key) if hooks else None
    return run_hooks(key, functions, hook_data, kwargs) if functions else hook_data


def run_hooks(
    event: str,
    functions: Iterable[HookType] | HookType | None,
    data: Any,
    kwargs: Mapping[str, object],
    kind: type[object] = object,
) -> Any:
    """Call the functions of one event, as `dispatch_hook` does, where what they return is a `kind` or None.

    TypeError: it is not, or one of them is a coroutine function.
    """
    for function in (functions,) if callable(functions) else functions or ():
        try:
            refuse_async(event, function)
            replacement = function(data, **kwargs)
        except BaseException as error:
            if event == "response":
                let_go(data, error, kwargs.get("stream"))
            raise
        if replacement is None:
            continue
        if not isinstance(replacement, kind):
            name = getattr(function, "__qualname__", type(function).__name__)
            returned = type(replacement).__name__
            raise TypeError(
                f"a hook for {event!r} returns a {kind.__name__} or None: {name} returned one of type {returned}"
            )
        data = replacement
    return data


# Bytes of a body that are read for an error that carries the response.
_MAX_READ = 16 * 1024 * 1024


def let_go(response: Any, error: BaseException, stream: object) -> None:
    """Have a response that the caller does not get, because of `error`, give its connection back.

    When the error carries it (`HTTPError.response`), its body is read before, so that the program can look at it: up to
    16 MiB, and with `stream` only where its length is declared; a longer stream is left to the program. Otherwise it is
    closed: a hook may raise because it does not want the body.
    """
    try:
        carried = isinstance(error, Exception) and getattr(error, "response", None) is response
        length = response.headers.get("Content-Length")
        if carried and (not stream if length is None else int(length) <= _MAX_READ):
            response.content  # noqa: B018 - reading the body is the point
        elif not (carried and stream):
            response.close()
    except Exception:  # what is wrong with the body, or with the error's attributes, matters less than `error`
        close = getattr(response, "close", None)
        if close is not None:
            close()


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(globals(), {"typing": "Any"})

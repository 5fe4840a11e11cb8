"""Hooks: functions that a program wants called when something has happened.

There is one event, `response`: a response was received, before redirects are followed. When a function raises, the
caller does not get the response, so it gives its connection back (`let_go`).
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

#: The events that exist.
HOOKS: list[str] = ["response"]


def default_hooks() -> dict[str, list[HookType]]:
    """Return a new dict with an empty list of functions for each event."""
    hooks: dict[str, list[HookType]] = {}
    for event in HOOKS:  # a comprehension is a call more, in Python 3.11
        hooks[event] = []
    return hooks


class RequestHooksMixin:
    """Functions that are called when something happens to a request."""

    if TYPE_CHECKING:
        hooks: dict[str, list[HookType]]

    def register_hook(self, event: str, hook: Iterable[HookType] | HookType) -> None:
        """Have `hook`, a function or several, called at `event`.

        ValueError when there is no such event, TypeError for what cannot be called.
        """
        if event not in self.hooks:
            raise ValueError(f'Unsupported event specified, with event name "{event}"')
        if callable(hook):
            self.hooks[event].append(hook)
            return
        functions: list[HookType] = list(hook) if isinstance(hook, Iterable) else [hook]
        for function in functions:
            if function is not None and not callable(function):
                raise TypeError(f"a hook for {event!r} is a function, or a list of them, not {function!r:.50}")
        self.hooks[event].extend(function for function in functions if function is not None)

    def deregister_hook(self, event: str, hook: HookType) -> bool:
        """Undo `register_hook` for one function; returns whether it was registered."""
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
    if functions:
        for function in (functions,) if callable(functions) else functions:
            try:
                replacement = function(hook_data, **kwargs)
            except BaseException as error:
                let_go(hook_data, error, kwargs.get("stream"))
                raise
            if replacement is not None:
                hook_data = replacement
    return hook_data


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

"""The hooks that change a request: its arguments (`args`), what is about to be sent, and what was.

The functions run where `sessions` says; here is what they are handed and what they may return. Loaded with the first
such hook.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..hooks import run_hooks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from ..messages.shapes import PreparedRequest

# The arguments of Session.request but hooks, with what they are when nothing is said.
_ARGUMENTS: Final[dict[str, Any]] = {
    **dict.fromkeys(("method", "url", "params", "data", "headers", "cookies", "files", "auth", "timeout")),
    "allow_redirects": True,
    **dict.fromkeys(("proxies", "stream", "verify", "cert", "json")),
    "options": {},
}


def args_hooked(arguments: dict[str, Any], hooks: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the hooks for `args` make of the arguments of `Session.request`.

    Raises:
        TypeError: one returned something else than a mapping, left out what is needed, or added what there is not.
    """
    functions = hooks.get("args") if hooks else None
    if not functions:
        return arguments
    changed: Mapping[str, Any] = run_hooks("args", functions, arguments, {}, Mapping)
    for name in changed:
        if name not in _ARGUMENTS:
            known = ", ".join(_ARGUMENTS)
            raise TypeError(f"a hook for 'args' has left {name!r} among the arguments, which are: {known}")
    for name in ("method", "url"):
        if changed.get(name) is None:
            raise TypeError(f"a hook for 'args' has left no {name!r} among the arguments")
    return {**_ARGUMENTS, **changed}


def keywords_hooked(keywords: dict[str, Any], hooks: Mapping[str, Any]) -> dict[str, Any]:
    """Do `args_hooked` for the keywords of one call of `Session.request`, options among them."""
    own = {name: value for name, value in keywords.items() if name in _ARGUMENTS}
    options = {name: value for name, value in keywords.items() if name not in _ARGUMENTS and name != "hooks"}
    changed = args_hooked({**_ARGUMENTS, **own, "options": options}, hooks)
    return {**changed, **changed["options"], "hooks": keywords.get("hooks")}


def request_hooked(event: str, request: Any, kind: type, kwargs: Mapping[str, object]) -> Any:
    """Return what the hooks for `pre_request` or `post_request` make of a request, a `kind`.

    What it shares with its call, deadline and options, goes with it. TypeError: a hook returned something else.
    """
    changed: PreparedRequest = run_hooks(event, request.hooks.get(event), request, kwargs, kind)
    if changed is not request:
        changed._options = request._options
    return changed

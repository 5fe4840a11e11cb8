"""No secret in a text: what of fields and URLs an error, a log or a trace may show.

Secrets are the values of fields and query parameters whose names speak of them, and the userinfo of a URL. What is
shown is decided here and nowhere else. A pure room, in time linear in the size of the text.
"""

from __future__ import annotations

import re

from .http1.headers import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

MASK: Final = "[masked]"
# Fields and query parameters whose values are secrets, or may be.
# (Compiled by `re` at first use, which is when a program watches.)
_SECRET: Final = (
    r"(?i:authori[sz]ation|cookie|token|secret|passw|passphrase|signature|session|credential"
    r"|(?:api|access|auth|private|master|subscription|functions)[-_]?key"
    r"|\A[?&;#]?(?:key|sig|pwd)\Z)"  # as a whole: those of Google and Azure; not a sort_key, nor a signal
)
# The one field of whose name that is not true: CORS says "true" in it.
_NO_SECRET: Final = "access-control-allow-credentials"
_URLS: Final = ("location", "content-location", "referer", "refresh", "link", "origin")
_PARAMETER: Final = r"([?&;#][^=?&;#]*)="
# A semicolon may be one of the value: no other parameter follows it.
_VALUE: Final = r"[^&;#]*(?:;(?![^&;#]*=)[^&;#]*)*"
# What stands before the authority of a URL, however it was mistyped. A word and a colon are a scheme where a slash
# follows, else they may be a user.
_OPENING: Final = r"\s*(?:[A-Za-z][A-Za-z0-9+.\-]*:(?=[/\\])|(?i:https?):|(?i:https?)(?=[/\\]{2}))?[/\\]*"
_AUTHORITY: Final = r"[^/?#\\]*"
_HOST_AND_PORT: Final = r"(?:\[[^\[\]]*\]|[\w.%\-]*)(?::[0-9]+)?"
# The userinfo of a URL inside of another one (a parameter, the path of a forwarding service), or of a field's text; and
# what `http:/user:password@host` becomes behind a redirect, a path with a colon before its `@`.
_INNER_USERINFO: Final = r"(?i:(//|%2f%2f)(?:(?!%2f)[^/?#&\s])*(?:@|%40))|(/)[^/?#&\s:]*:[^/?#&\s]*@"


def masked(fields: Iterable[tuple[object, object]]) -> list[tuple[str, str]]:
    """Return field lines as text, the values that are secrets replaced by MASK."""
    shown = []
    for raw, content in fields:
        name = text_of(raw)
        if re.search(_SECRET, name) and name.lower() != _NO_SECRET:
            value = MASK
        else:
            value = _shown_content(name.lower(), text_of(content))
        shown.append((name, value))
    return shown


def _shown_content(name: str, content: str) -> str:
    if name not in _URLS:
        return re.sub(_INNER_USERINFO, r"\1\2", content) if "@" in content else content
    if name == "refresh":
        delay, equals, target = content.partition("=")  # 5; url=/there
        return f"{delay}{equals}{masked_target(target)}"
    return ",".join(map(masked_target, content.split(","))) if name == "link" else masked_target(content)


def masked_target(target: str) -> str:
    """Return a target or URL without userinfo, and without the values of parameters whose names speak of secrets.

    The one place that decides what of a URL may be shown. It must hold for what is no valid URL as well, since that
    is what errors are about: a URL without a scheme or with too few slashes, a password with a slash in it.
    """
    if "@" in target or "%40" in target:
        target = re.sub(_INNER_USERINFO, r"\1\2", _without_userinfo(target))
    return _without_values(target) if "=" in target else target


def _without_values(target: str) -> str:
    """Return a target with the values masked that are secrets, those in a URL inside of another value, too."""
    value = re.compile(_VALUE)
    pieces: list[str] = []
    at = 0
    for found in re.finditer(_PARAMETER, target):
        if found.start() >= at and re.search(_SECRET, found[1]):
            end = value.match(target, found.end())
            assert end is not None  # it matches nothing, too
            pieces += target[at : found.end()], MASK
            at = end.end()
    return "".join(pieces) + target[at:]


def _without_userinfo(target: str) -> str:
    opening = re.match(_OPENING, target)
    start = opening.end() if opening else 0
    found = re.compile(_AUTHORITY).match(target, start)
    assert found is not None  # it matches nothing, too
    end = found.end()
    at = target.rfind("@", start, end)
    if target[:start] == "/":
        return target  # a path
    if at < 0 and not re.fullmatch(_HOST_AND_PORT, target[start:end]):
        # What looks like a port is the beginning of a password.
        at = target.rfind("@")
        if at < 0 and (escaped := target.rfind("%40", start, end)) >= 0:
            at = escaped + 2
    return target[:start] + target[at + 1 :] if at >= 0 else target


def cut(text: str, most: int) -> str:
    """Return `text` in at most so many characters."""
    return text if len(text) <= most else text[: most - 3] + "..."

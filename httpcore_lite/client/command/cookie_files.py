"""Cookies in a file, as curl and browsers have exchanged them ever since Netscape: one line each, seven fields.

    domain  TRUE for subdomains  path  TRUE for https only  expires  name  value

`expires` is in seconds since 1970, 0 for a cookie of the session. `#HttpOnly_` before the domain is a mark, any other
`#` begins a comment. A file's bytes are read as Latin-1, as those of header fields are. Pure text work.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from http.cookiejar import Cookie
    from typing import Final, TypeAlias

    # Name, value, and the keywords of `RequestsCookieJar.set`.
    Read: TypeAlias = tuple[str, str, dict[str, object]]

_TITLE: Final = "# Netscape HTTP Cookie File\n# Written by httpcore-lite. These are secrets.\n\n"
_ONLY: Final = "#HttpOnly_"


def read_cookies(text: str) -> list[Read]:
    """Return the cookies of a file's text; lines that are none are skipped, as curl does."""
    found: list[Read] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        is_hidden = line.startswith(_ONLY)
        fields = line[len(_ONLY) if is_hidden else 0 :].split("\t")
        if (line[:1] == "#" and not is_hidden) or len(fields) != 7:
            continue
        domain, subdomains, path, secure, expires, name, value = fields
        if re.fullmatch(r" *-?[0-9]{1,18} *", expires) is None:
            continue
        at = int(expires) or None
        words: dict[str, object] = {"domain": _dotted(domain, subdomains == "TRUE"), "path": path}
        words |= {"secure": secure == "TRUE", "expires": at, "discard": at is None}
        found.append((name, value, {**words, "rest": {"HttpOnly": None} if is_hidden else {}}))
    return found


def _dotted(domain: str, subdomains: bool) -> str:
    bare = domain.lstrip(".")
    return "." + bare if subdomains else bare


def written_cookies(cookies: Iterable[Cookie]) -> str:
    """Return the text of a file with these cookies."""
    lines = []
    for cookie in cookies:
        mark = _ONLY if cookie.has_nonstandard_attr("HttpOnly") else ""
        flags = ["TRUE" if flag else "FALSE" for flag in (cookie.domain.startswith("."), cookie.secure)]
        fields = (mark + cookie.domain, flags[0], cookie.path, flags[1], str(cookie.expires or 0), cookie.name)
        value = cookie.value or ""
        if not any(character in "\t\r\n" for character in "".join(fields) + value):
            lines.append("\t".join((*fields, value)) + "\n")
    return _TITLE + "".join(lines)

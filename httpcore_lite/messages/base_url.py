"""A base URL and what is appended to it: `Session(base_url=)`.

Joining as RFC 3986 section 5.2 does it would drop the last segment of the base, or all of its path, without a word. So:

Rule 1. What contains `://` before the first of `/ ? #` is absolute, and is taken as it is.
Rule 2. All else is appended to the path of the base, whether either side has a slash or not; dot segments are resolved.
Rule 3. Nothing leaves the path of the base. What is judged is the URL as it will be sent, where escapes of unreserved
        characters are undone (`%2e%2e`); a backslash counts as a slash, also as `%5C`, since some servers take it for
        one; and of segments without a name none takes the place of one that has, since some servers drop them.
"""

from __future__ import annotations

import re

from ..exceptions import InvalidURL, explained
from .preparing import prepared_url, url_text
from .url_errors import shown
from .url_parts import split
from .urls import remove_dot_segments, requote_uri

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

# What is in front of the path.
_ABSOLUTE: Final = "[^/?#]*://[^/?#]*"
_BASE: Final = r"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]+"
_APPENDED: Final = "With base_url=, all but an absolute URL is appended to the path of base_url, and stays below it"


def checked_base(base_url: object) -> str:
    """Return a base URL as text, dot segments resolved.

    Raises:
        TypeError: it is no text.
        ValueError: it has no scheme or no host, a query or a fragment, or cannot be requested at all.
    """
    if not isinstance(base_url, (str, bytes)):
        raise TypeError(f"base_url= takes a URL, not {base_url!r:.50}")
    expected = "base_url= takes a scheme, a host and perhaps a path, for example 'https://example.org/api'"
    try:
        text = url_text(base_url).strip()
        if "?" in text or "#" in text:
            raise ValueError(f"{expected}; no query and no fragment, which {shown(text)} has")
        found = re.match(_BASE, text)
        if found is None:
            raise ValueError(f"{expected}, not {shown(text)}")
        text = found[0] + remove_dot_segments(text[found.end() :])
        prepared_url(text, None, str)
    except InvalidURL as error:
        raise ValueError(f"{expected}. {error}") from error
    return text


def joined(base: str, url: str | bytes) -> str | bytes:
    """Return the URL that is meant where `base`, a `checked_base`, is the base URL of a session.

    Raises:
        InvalidURL: it leaves the path of the base, or names another host without a scheme.
    """
    text = url_text(url).lstrip()
    if re.match(_ABSOLUTE, text):
        return url
    path = re.split("[?#]", text, maxsplit=1)[0]
    if _with_slashes(path[:6]).startswith("//"):
        error = InvalidURL(f"Invalid URL {shown(text)}: it names a host, but no scheme")
        raise explained(error, f"{_APPENDED}. For another host, say the scheme as well")
    found = re.match(_BASE, base)
    assert found is not None  # it was checked
    of_base = base[found.end() :]
    whole = remove_dot_segments(f"{of_base.removesuffix('/')}/{path.removeprefix('/')}") if path else of_base
    whole = found[0] + whole + text[len(path) :]
    if not _is_below(_sent_path(whole), _sent_path(base).removesuffix("/")):
        raise explained(InvalidURL(f"Invalid URL {shown(text)}: it leads out of base_url {shown(base)}"), _APPENDED)
    return whole


def _sent_path(url: str) -> str:
    """Return the path of a URL as it will be sent, a backslash as a slash."""
    return _with_slashes(requote_uri(split(prepared_url(url, None, str)).path)) or "/"


def _with_slashes(path: str) -> str:
    return path.replace("\\", "/").replace("%5C", "/").replace("%5c", "/")


def _is_below(path: str, base: str) -> bool:
    """Whether a path is that of the base or below it, at every one of the dot segments that it still has."""
    if path != base and not path.startswith(base + "/"):
        return False
    depth = 0
    for segment in path[len(base) :].split("/"):
        if segment == "..":
            depth -= 1
            if depth < 0 and base:
                return False
        elif segment not in ("", "."):
            depth += 1
    return True

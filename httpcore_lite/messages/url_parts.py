"""The lenient view of a URL: taken apart and put together without a change, references joined, addresses as numbers.

As `urllib.parse` does it, whose import costs more than all of this work in a short script. Everything is a function of
its arguments. The strict view, which decides where to connect, is `urls.parse_url`.

Kept: RFC 3986 (sections 3 and 5.2), RFC 4291 section 2.2.
"""

from __future__ import annotations

import re
from collections import namedtuple

from ..sansio.connections.routes import DEFAULT_PORTS as DEFAULT_PORTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Match
    from typing import NamedTuple

# Patterns are kept as text and compiled by the `re` module when they are first used.


def unquote(text: str) -> str:
    """Return `text` with percent escapes decoded as UTF-8, wrong sequences replaced: `urllib.parse.unquote`."""
    if "%" not in text:
        return text
    return re.sub(_ESCAPE_RUN, _decode_run, text)


_ESCAPE_RUN = "(?:%[0-9A-Fa-f]{2})+"


def _decode_run(found: Match[str]) -> str:
    return bytes.fromhex(found.group().replace("%", "")).decode("utf-8", "replace")


def ipv4_number(text: str) -> int | None:
    """Return a dotted quad as a number of 32 bits, or None when `text` is not one."""
    parts = text.split(".")
    if len(parts) != 4:
        return None
    number = 0
    for part in parts:
        if not (part.isascii() and part.isdecimal() and len(part) <= 3) or int(part) > 255:
            return None
        number = number << 8 | int(part)
    return number


def _ipv6_groups(text: str, last: bool) -> list[int] | None:
    """Groups of 16 bits; `last` says that a dotted quad may stand at the end (RFC 4291 §2.2)."""
    groups: list[int] = []
    parts = text.split(":") if text else []
    for index, part in enumerate(parts):
        if 1 <= len(part) <= 4 and not part.strip("0123456789abcdefABCDEF"):
            groups.append(int(part, 16))
        elif last and index == len(parts) - 1 and (quad := ipv4_number(part)) is not None:
            groups += [quad >> 16, quad & 0xFFFF]
        else:
            return None
    return groups


def ipv6_number(text: str) -> int | None:
    """Return an IPv6 address (no brackets; a zone identifier is ignored) as a number of 128 bits, or None."""
    text = text.partition("%")[0]
    if ":" not in text or len(text) > 45:
        return None
    head, gap, tail = text.partition("::")
    left = _ipv6_groups(head, not gap)
    right = _ipv6_groups(tail, True)
    if left is None or right is None:
        return None
    missing = 8 - len(left) - len(right)
    if (missing < 1) if gap else (missing != 0):
        return None
    number = 0
    for group in left + [0] * missing + right:
        number = number << 16 | group
    return number


if TYPE_CHECKING:

    class _SplitParts(NamedTuple):
        scheme: str
        netloc: str
        path: str
        query: str
        fragment: str
else:
    _SplitParts = namedtuple("_SplitParts", "scheme netloc path query fragment")


class SplitURL(_SplitParts):
    """The five parts of a URL as they are written: `urllib.parse.SplitResult`, as far as programs of ours need it."""

    __slots__ = ()

    @property
    def hostname(self) -> str | None:
        """The host in lower case and without brackets (a zone keeps its case), or None."""
        text = self.netloc.rpartition("@")[2]
        host = text.partition("[")[2].partition("]")[0] if "[" in text else text.partition(":")[0]
        name, percent, zone = host.partition("%")
        return name.lower() + percent + zone or None

    @property
    def username(self) -> str | None:
        """The user as it is written (escapes and all), or None."""
        userinfo, at, _ = self.netloc.rpartition("@")
        return userinfo.partition(":")[0] if at else None

    @property
    def password(self) -> str | None:
        """The password as it is written (escapes and all), or None."""
        _, colon, password = self.netloc.rpartition("@")[0].partition(":")
        return password if colon else None


_STRIPPED = "".join(map(chr, range(33)))
_SCHEME = r"([A-Za-z][A-Za-z0-9+.\-]*):"
# An IP literal (RFC 3986 §3.2.2), after userinfo and before a port; the address is looked at on connecting.
# It matches in one way only: with a colon in the first set as well, a megabyte of colons would take quadratic time.
_BRACKETS = r"(?:[^\[\]]*@)?\[(?:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[^\[\]]+)?|v[0-9A-Fa-f]+\..+)\](?::[^\[\]]*)?"


def _check_netloc(netloc: str) -> None:
    """Brackets hold an address, and no character turns into a delimiter under NFKC. ValueError otherwise."""
    if ("[" in netloc or "]" in netloc) and not re.fullmatch(_BRACKETS, netloc):
        raise ValueError("Invalid IPv6 URL")
    if netloc.isascii():
        return
    import unicodedata

    bare = netloc.translate({ord(character): None for character in "@:#?"})
    folded = unicodedata.normalize("NFKC", bare)
    if bare != folded and any(character in folded for character in "/?#@:"):
        place = netloc.rpartition("@")[2]
        raise ValueError(f"netloc {place!r} contains invalid characters under NFKC normalization")


def split(url: str) -> SplitURL:
    """Take a URL apart without changing its parts: `urllib.parse.urlsplit` for text. ValueError: a wrong netloc."""
    url = url.lstrip(_STRIPPED)
    if "\n" in url or "\r" in url or "\t" in url:
        url = url.translate({9: None, 10: None, 13: None})
    scheme = netloc = ""
    if found := re.match(_SCHEME, url):
        scheme, url = found.group(1).lower(), url[found.end() :]
    if url[:2] == "//":
        end = len(url)
        for delimiter in "/?#":
            at = url.find(delimiter, 2, end)
            end = at if at >= 0 else end
        netloc, url = url[2:end], url[end:]
        _check_netloc(netloc)
    url, _, fragment = url.partition("#")
    path, _, query = url.partition("?")
    return _SplitParts.__new__(SplitURL, scheme, netloc, path, query, fragment)


def unsplit(scheme: str, netloc: str, path: str, query: str, fragment: str) -> str:
    """Put the parts of `split` together: `urllib.parse.urlunsplit` for http URLs."""
    url = path
    if netloc:
        url = f"//{netloc}/{path}" if path and path[0] != "/" else f"//{netloc}{path}"
    elif url[:2] == "//" or (scheme in ("http", "https") and url[:1] in ("", "/")):
        url = "//" + url  # else the first segment would be read as a host, or the slashes be missing
    if scheme:
        url = f"{scheme}:{url}"
    if query:
        url = f"{url}?{query}"
    return f"{url}#{fragment}" if fragment else url


def _split_parameters(path: str) -> tuple[str, str]:
    """The path and the parameters of its last segment, which `urllib.parse` keeps apart."""
    at = path.find(";", path.rfind("/") + 1)
    return (path, "") if at < 0 else (path[:at], path[at + 1 :])


def _merge_paths(base: str, path: str) -> str:
    """RFC 3986 §5.2.3 and §5.2.4; empty segments in the middle are dropped, as `urllib.parse` does."""
    segments = path.split("/")
    if path[:1] != "/":
        kept = base.split("/")
        if kept[-1]:
            kept.pop()
        segments = kept + segments
        segments[1:-1] = filter(None, segments[1:-1])
    resolved: list[str] = []
    for segment in segments:
        if segment == "..":
            if resolved:
                resolved.pop()
        elif segment != ".":
            resolved.append(segment)
    if segments[-1] in (".", ".."):
        resolved.append("")
    return "/".join(resolved) or "/"


def join(base: str, reference: str) -> str:
    """Return the URL that `reference` means when it stands in the resource at `base` (RFC 3986 §5.2).

    As `urllib.parse.urljoin` for http and https; a reference in another scheme is returned as it is.
    ValueError: an authority with brackets that do not match.
    """
    if not base or not reference:
        return reference or base
    scheme, netloc, base_path, base_query, _ = split(base)
    own_scheme, own_netloc, path, query, fragment = split(reference)
    if scheme not in ("http", "https", ""):
        return _join_elsewhere(base, reference)
    if own_scheme and own_scheme != scheme:
        return reference
    path, parameters = _split_parameters(path)
    base_path, base_parameters = _split_parameters(base_path)
    if not own_netloc:
        own_netloc = netloc
        if not path and not parameters:
            path, parameters, query = base_path, base_parameters, query or base_query
        else:
            path = _merge_paths(base_path, path)
    if parameters:
        path = f"{path};{parameters}"
    return unsplit(scheme, own_netloc, path, query, fragment)


def _join_elsewhere(base: str, reference: str) -> str:
    """Schemes that are none of ours follow the rules, and the table, of the standard library."""
    from urllib.parse import urljoin

    return urljoin(base, reference)

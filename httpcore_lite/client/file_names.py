"""The name under which a body is saved: of its Content-Disposition field or of its URL, made safe.

Pure text work, linear in the length of what a server says. Kept: RFC 6266 (the field, and sections 4.3 and 5: what a
recipient must not take from it), RFC 8187 (`filename*`).

1. A name is one segment of a path, whatever separators stand in it, and is none that any system reads as something
   else: hidden, a device, a stream, a drive.
2. What cannot be seen is no part of a name: control characters, and those that turn the direction of text.
3. No server writes what stands beside a download: a name ends in neither `.part` nor `.part.json`.
"""

from __future__ import annotations

import re

from ..messages import url_parts as _url_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

#: Bytes of a name in UTF-8. File systems take 255; some are left for what stands beside the file while it comes.
MAX_NAME_BYTES: Final = 240
#: What a file is called where its server gives it no name.
NAMELESS: Final = "download"

# A quoted string (it may lack its end), a semicolon, or a run of anything else.
_TOKEN: Final = r'(?s:"[^"\\]*(?:\\.[^"\\]*)*\\?"?|;|[^";]+)'
_EXTENDED: Final = r"(?i:(utf-8|iso-8859-1))'[^']*'((?:[!#$&+.^_`|~0-9A-Za-z*'(),/:<=>?@\[\]{} \-]|%[0-9A-Fa-f]{2})*)"
# Spaces of other scripts and widths: they become a plain one.
_SPACES: Final = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Wildcards, redirections, drives and streams of Windows.
_NO_NAME: Final = r'[<>:"|?*]'
_DEVICES: Final = (
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}
    | {f"COM{digit}" for digit in "0123456789\xb9\xb2\xb3"}
    | {f"LPT{digit}" for digit in "0123456789\xb9\xb2\xb3"}
)


def file_name(disposition: str | None, *urls: str) -> str:
    """Return a safe name for a body.

    Args:
        disposition: the value of its Content-Disposition field, None where there is none.
        urls: its URLs, the one that counts first.

    Returns:
        the first name that these give; `NAMELESS` where none does. At most `MAX_NAME_BYTES`.
    """
    found = safe_name(name_of_disposition(disposition)) if disposition else ""
    for url in urls:
        found = found or safe_name(name_of_url(url))
    return found or NAMELESS


def name_of_disposition(value: str) -> str:
    """Return the name that a Content-Disposition field gives, as it is written there; "" where it gives none.

    `filename*` comes before `filename`, and does not count where it is malformed. Bytes that are UTF-8 are read as
    that, as browsers do. Of a `filename` only the escapes of quotes and of the backslash itself are taken off: servers
    put paths of Windows there.
    """
    found: dict[str, str] = {}
    for parameter in _parameters(value):
        name, equals, text = parameter.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), _unquoted(text.strip()))
    extended = _extended(found.get("filename*", ""))
    return _as_utf8(found.get("filename", "")) if extended is None else extended


def _parameters(value: str) -> list[str]:
    """Split at semicolons outside of quotes."""
    items = [""]
    pieces: list[str] = []
    for token in re.findall(_TOKEN, value):
        if token != ";":
            pieces.append(token)
            continue
        items.append("".join(pieces))
        pieces.clear()
    return [*items, "".join(pieces)]


def _unquoted(text: str) -> str:
    if text[:1] != '"':
        return text
    inner = text[1:-1] if len(text) > 1 and text[-1] == '"' else text[1:]
    return re.sub(r'\\(["\\])', r"\1", inner) if inner[:2] != "\\\\" else inner


def _extended(text: str) -> str | None:
    """Return what an ext-value of RFC 8187 says, None where it says nothing that can be read."""
    parts = re.fullmatch(_EXTENDED, text)
    if parts is None:
        return None
    charset, coded = parts.groups()
    octets = b"".join(
        bytes.fromhex(run[1:].replace("%", "")) if run[0] == "%" else run.encode("ascii")
        for run in re.findall(r"(?:%[0-9A-Fa-f]{2})+|[^%]+", coded)
    )
    try:
        return octets.decode(charset)
    except UnicodeDecodeError:
        return None


def _as_utf8(text: str) -> str:
    """Return the text that the bytes of a field mean; fields are read as Latin-1."""
    try:
        return text if text.isascii() else text.encode("latin-1").decode("utf-8")
    except ValueError:
        return text


def name_of_url(url: str) -> str:
    """Return the last segment of a URL's path, its escapes decoded; "" where it has none."""
    return _url_parts.unquote(_url_parts.split(url).path.rpartition("/")[2])


def safe_name(name: str) -> str:
    """Return `name` as one that can be given to a file on any system, "" where nothing is left.

    Its last segment (`/` and `\\` both separate), without control characters, without dots and spaces at its ends,
    without a name that Windows keeps for devices, with `_` for the characters that Windows does not take, and for the
    dot of an ending that is ours.
    """
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join([c if c.isprintable() else " " if c in _SPACES else "" for c in name])
    name = _cut(re.sub(_NO_NAME, "_", name).strip(". "))
    while name:
        stem, _, rest = name.partition(".")
        if stem.rstrip().upper() not in _DEVICES:
            break
        name = rest.strip(". ")
    return re.sub(r"(?i)\.(part(?:\.json)?)$", r"_\1", name)  # Rule 3


def _cut(name: str) -> str:
    """Return a name of at most `MAX_NAME_BYTES`, its extension kept where it is short."""
    octets = name.encode("utf-8")
    if len(octets) <= MAX_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    ending = (dot + extension).encode("utf-8") if stem and len(extension) <= 16 else b""
    kept = octets[: MAX_NAME_BYTES - len(ending)].decode("utf-8", "ignore")
    return kept.rstrip(". ") + ending.decode("utf-8")

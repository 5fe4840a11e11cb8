"""What to say of a URL that cannot be requested: the text of requests, and what may have been meant.

No secret is shown, also where the URL lacks its scheme. Loaded with the first such URL.
"""

from __future__ import annotations

import re

from ..sansio.redaction import cut, masked_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

# Characters of an explanation.
MAX_SHOWN: Final = 200


def shown(url: object) -> str:
    """Return a URL as an error may show it: quoted, and without secrets, also where it lacks its scheme."""
    return repr(masked_target(str(url)))


def no_scheme(text: str) -> tuple[str, str]:
    """Return the text of the error for a URL without a scheme, which is requests', and its explanation."""
    said = f"Invalid URL {shown(text)}: No scheme supplied. Perhaps you meant https://{shown(text)[1:-1]}?"
    if text in ("", "None"):
        return said, "There is no URL: was a setting or a variable left empty?"
    if text.replace(".", "", 1).isdigit():
        return said, "The URL is a number: it must be text like https://example.org/"
    meant = _mended(text)
    return said, "" if said.endswith(f"meant {meant}?") else _guess(meant)


def no_host(text: str) -> tuple[str, str]:
    """Return the text of the error for a URL without a host, which is requests', and its explanation."""
    meant = _mended(text)
    return f"Invalid URL {shown(text)}: No host supplied", _guess(meant) if meant != shown(text)[1:-1] else ""


def _guess(meant: str) -> str:
    return cut(f"Perhaps {meant} was meant", MAX_SHOWN)


def _mended(text: str) -> str:
    found = re.match(r"(https?)(?::/*|/+)([^/].*)", text, re.IGNORECASE | re.DOTALL)
    return shown(f"{found[1]}://{found[2]}" if found else text if "://" in text else "https://" + text.lstrip("/"))[
        1:-1
    ]


def no_adapter(url: str) -> tuple[str, str]:
    """Return the text of the error for a URL that no adapter is mounted for, as requests', and its explanation."""
    text = f"No connection adapters were found for {shown(url)}"
    if url[:1] in ("[", "(", "{", "<"):
        return (
            text,
            "The URL looks like a list, a dict or another object that was turned into text: pass one URL as text",
        )
    scheme, _, rest = url.partition(":")
    if rest[:1].isdigit():
        return text, _guess(f"http://{shown(url)[1:-1]}")
    if scheme.lower() == "http+unix":
        return text, "Session(uds='/path') opens a Unix socket, an HTTPAdapter mounted for http+unix:// any of them"
    from difflib import get_close_matches

    close = get_close_matches(scheme.strip().lower(), ("https", "http"), 1)
    if close:
        return text, _guess(f"{close[0]}://")
    return text, "It begins with neither http:// nor https://. Session.mount() adds adapters for others"

"""`urllib3.util.url`."""

from __future__ import annotations

import re

from ...messages.urls import ParsedURL as Url
from ...messages.urls import parse_url
from ...sansio.errors import LocationParseError

# Programs put something else here that the case of escapes is left as it is.
_PERCENT_RE = re.compile(r"%[a-fA-F0-9]{2}")


def get_host(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme (http where none is given), host and port of a URL."""
    parsed = parse_url(url)
    return parsed.scheme or "http", parsed.host, parsed.port


__all__ = ["LocationParseError", "Url", "get_host", "parse_url"]

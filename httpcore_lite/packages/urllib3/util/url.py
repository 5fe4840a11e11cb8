"""`urllib3.util.url`."""

from __future__ import annotations

import re

from ....transport.errors import LocationParseError
from ....urls import ParsedURL as Url
from ....urls import parse_url

# Programs put something else here that the case of escapes is left as it is.
_PERCENT_RE = re.compile(r"%[a-fA-F0-9]{2}")


def get_host(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme (http where none is given), host and port of a URL."""
    parsed = parse_url(url)
    return parsed.scheme or "http", parsed.host, parsed.port


__all__ = ["LocationParseError", "Url", "get_host", "parse_url"]

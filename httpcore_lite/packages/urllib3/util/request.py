"""`urllib3.util.request`."""

from ....urllib3_api._shapes import (
    SKIP_HEADER,
    SKIPPABLE_HEADERS,
    make_headers,
)

__all__ = ["SKIPPABLE_HEADERS", "SKIP_HEADER", "make_headers"]

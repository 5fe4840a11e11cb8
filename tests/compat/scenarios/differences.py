"""Where we differ from requests on purpose, with the reason; a test fails when one of these no longer differs."""

from __future__ import annotations

from support.differential import Difference

DIFFERENCES: dict[str, Difference] = {}

"""The library under the name that an idiom is tried with, and servers for it."""

from __future__ import annotations

import importlib
import os
from typing import Any

NAME = os.environ.get("IDIOMS_AS", "httpcore_lite")
requests: Any = importlib.import_module(NAME)


def module(path: str) -> Any:
    """A submodule under whatever name the library has here."""
    return importlib.import_module(f"{NAME}.{path}")


def sent(response: Any) -> dict[str, str]:
    """The header fields that the echo server got."""
    return dict(response.json()["headers"])

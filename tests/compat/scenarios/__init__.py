"""Programs on requests, one small one per scenario, grouped by the lines of IDIOMS.md they stand for."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Import every module of this package, so that its scenarios are known."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")

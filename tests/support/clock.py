"""The package's clock, moved on by a test that would have to sleep otherwise: what it says holds on any machine."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time

import pytest

import httpcore_lite.adapters
import httpcore_lite.client
import httpcore_lite.transport


class MovedClock:
    """`time.monotonic()`, as all modules of the package read it, and `ahead` seconds more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        for package in (httpcore_lite.client, httpcore_lite.transport):
            for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                importlib.import_module(found.name)
        for name, module in list(sys.modules.items()):
            if name.startswith("httpcore_lite.") and vars(module).get("monotonic") is time.monotonic:
                monkeypatch.setattr(module, "monotonic", self)

    def __call__(self) -> float:
        return time.monotonic() + self.ahead

"""Which client a wire test drives."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest


@pytest.fixture
def client() -> ModuleType:
    """Ours."""
    return importlib.import_module("httpcore_lite")


@pytest.fixture(params=["httpcore_lite", "requests"])
def either(request: pytest.FixtureRequest) -> ModuleType:
    """Ours, and the real requests: what the test promises holds for both."""
    return pytest.importorskip(request.param)

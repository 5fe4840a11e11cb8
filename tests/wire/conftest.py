"""Which client a wire test drives, and what is asked behind each of them."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest

from support.aftermath import watch_sessions
from support.clock import MovedClock


@pytest.fixture
def client() -> ModuleType:
    """Ours."""
    return importlib.import_module("httpcore_lite")


@pytest.fixture(params=["httpcore_lite", "requests"])
def either(request: pytest.FixtureRequest) -> ModuleType:
    """Ours, and the real requests: what the test promises holds for both."""
    return pytest.importorskip(request.param)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """Our clock, which a test may move on."""
    return MovedClock(monkeypatch)


@pytest.fixture(autouse=True)
def asked_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test did: the next request on its session gets its own response, and no connection is lost."""
    watch_sessions(monkeypatch)

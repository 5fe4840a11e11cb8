"""The comparison of packages on both clients judges honestly."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def harness() -> Any:
    spec = importlib.util.spec_from_file_location("packages_run", Path(__file__).parent / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.AT_LEAST = 1
    return module


def came(result: Any = 1, received: str = "GET", broke: Any = None) -> dict[str, Any]:
    return {"p": {"results": {"step": result, "the scenario itself": broke}, "received": [received]}}


def test_the_same_is_right(harness: Any) -> None:
    assert harness.compare(came(), came(), {}) == []


@pytest.mark.parametrize(
    ("ours", "said"),
    [(came(result=2), "p, step"), (came(received="POST"), "p, received"), (came(broke=["raised"]), "broke off")],
)
def test_a_difference_that_is_not_listed_is_wrong(harness: Any, ours: dict[str, Any], said: str) -> None:
    (wrong,) = harness.compare(came(), ours, {})
    assert said in wrong


def test_a_listed_difference_is_right_until_it_is_none(harness: Any) -> None:
    assert harness.compare(came(), came(result=2), {("p", "step"): "a reason"}) == []
    assert "but is none" in harness.compare(came(), came(), {("p", "step"): "a reason"})[0]


def test_too_few_packages_are_wrong(harness: Any) -> None:
    harness.AT_LEAST = 2
    assert "only 1 packages" in harness.compare(came(), came(), {})[0]
    harness.AT_LEAST = 1

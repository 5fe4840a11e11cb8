"""The pages of guarantees and the tests name each other: no promise without a test, no row without a promise."""

from __future__ import annotations

import importlib.util
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGES = HERE.parent.parent / "docs" / "guarantees"
FRAMING = PAGES / "framing.md"
TABLES = (
    "test_promises.ROWS",
    "test_promises_bodies.ROWS",
    "test_promises_bodies.CODED",
    "test_promises_bounds.FLOODS",
)
NAME = re.compile(r"`([^`]+)`")


def _rows() -> list[str]:
    names: list[str] = []
    for table in TABLES:
        module, _, attribute = table.partition(".")
        spec = importlib.util.spec_from_file_location(f"{module}_for_the_page", HERE / f"{module}.py")
        assert spec is not None
        assert spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        names += getattr(loaded, attribute)
    return names


def _framing() -> str:
    return FRAMING.read_text(encoding="utf-8")


def _named() -> list[str]:
    """Return the names of tests that any of the pages has."""
    pages = [page.read_text(encoding="utf-8") for page in sorted(PAGES.glob("*.md"))]
    return sorted({name for page in pages for name in re.findall(r"`(test_\w+)`", page)})


def _held_by() -> list[str]:
    """Return the names in the last column of the page's tables."""
    lines = [line for line in _framing().splitlines() if line.startswith("| ") and "held by" not in line]
    return [name for line in lines for name in NAME.findall(line.rstrip(" |").rpartition(" | ")[2])]


def test_every_promise_names_rows_that_exist() -> None:
    rows = _rows()
    named = [name for name in _held_by() if not name.startswith("test_")]
    assert len(named) > 100
    assert [name for name in named if not any(fnmatchcase(row, name) for row in rows)] == []


def test_every_row_is_on_the_page() -> None:
    named = _held_by()
    assert [row for row in _rows() if not any(fnmatchcase(row, name) for name in named)] == []


def test_every_line_of_the_page_is_held_by_something() -> None:
    for line in _framing().splitlines():
        if line.startswith("| ") and "held by" not in line:
            cells = line.strip("| ").split(" | ")
            assert len(cells) == 5, line
            assert NAME.search(cells[-1]), line


@pytest.mark.parametrize("name", _named())
def test_every_test_that_a_page_names_exists(name: str) -> None:
    found = any(f"def {name}(" in path.read_text(encoding="utf-8") for path in HERE.parent.rglob("test_*.py"))
    assert found, name

"""docs/limits.md and the code name the same limits and the same things that are kept for the process."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import httpcore_lite

FOLDER = Path(httpcore_lite.__file__).parent
PAGE = FOLDER.parent / "docs" / "limits.md"
LIMIT = re.compile(r"_?MAX_[A-Z_]+|RATIO_FLOOR")
NAME = re.compile(r"`([^`]+)`")
KEPT_IN = {"set", "dict", "list", "deque", "OrderedDict", "WeakKeyDictionary", "WeakValueDictionary", "count"}
# Empty for good: what a body without trailers says.
CONSTANT = {("_NO_FIELDS", "sansio/http1/framing")}

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the pages are not beside an installed package")


def room_of(path: Path) -> str:
    parts = path.relative_to(FOLDER).with_suffix("").parts
    return "/".join(parts[:-1] if parts[-1] == "__init__" else parts)


def shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def assigned(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    found = []
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [(target.id, node.value) for target in targets if isinstance(target, ast.Name)]
    return found


def is_kept(value: ast.expr) -> bool:
    """Whether it begins empty and is there to be filled."""
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).rpartition(".")[2] in KEPT_IN
    return (isinstance(value, ast.Dict) and not value.keys) or (isinstance(value, ast.List) and not value.elts)


def limits_of_the_code() -> set[tuple[str, str, str]]:
    found = set()
    for path in FOLDER.rglob("*.py"):
        for name, _ in assigned(ast.parse(path.read_text(encoding="utf-8"))):
            if LIMIT.fullmatch(name):
                module = importlib.import_module(f"{httpcore_lite.__name__}.{room_of(path).replace('/', '.')}")
                found.add((name, shown(getattr(module, name)), room_of(path)))
    return found


def kept_by_the_code() -> set[tuple[str, str]]:
    found = set()
    for path in FOLDER.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {name for name, value in assigned(tree) if is_kept(value)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Global):
                names.update(node.names)
            elif isinstance(node, ast.FunctionDef) and "cache" in "".join(map(ast.unparse, node.decorator_list)):
                names.add(node.name)
        found |= {(name, room_of(path)) for name in names}
    return found - CONSTANT


def rows_under(heading: str) -> list[list[str]]:
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return [row for row in rows[2:] if row[2] or row[3]]


def test_every_limit_is_on_the_page_with_its_value_and_its_room() -> None:
    on_the_page = [(*NAME.findall(row[0]), row[1], *NAME.findall(row[2])) for row in rows_under("What is fixed")]
    assert len(set(on_the_page)) == len(on_the_page)
    assert set(on_the_page) == limits_of_the_code()


def test_no_limit_goes_by_another_name() -> None:
    other = re.compile(r"_?(MOST|LONGEST|DEEPEST|BIGGEST|LARGEST)(_[A-Z_]+)?|_?[A-Z_]+_MAX")
    for path in FOLDER.rglob("*.py"):
        names = [name for name, _ in assigned(ast.parse(path.read_text(encoding="utf-8")))]
        assert [name for name in names if other.fullmatch(name)] == [], path


def test_everything_that_is_kept_for_the_process_is_on_the_page() -> None:
    rows = rows_under("What is kept for the process")
    on_the_page = [(name, room) for row in rows for room in NAME.findall(row[1]) for name in NAME.findall(row[0])]
    assert len(set(on_the_page)) == len(on_the_page)
    assert set(on_the_page) == kept_by_the_code()
    assert all(row[3] for row in rows), "each has a bound"

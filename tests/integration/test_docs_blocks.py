"""Every block of code in the README and in the documentation runs, and prints what the page shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import httpcore_lite
from support import pages
from support.docs_site import Running, running_site, write_files

RUNNER = Path(__file__).resolve().parents[1] / "support" / "run_page.py"
WITH_CODE = (
    [path for path in pages.pages() if any(block.kind in pages.RUN for block in pages.blocks(path.read_text("utf-8")))]
    if pages.DOCS.exists()
    else []
)

PACKAGE = Path(httpcore_lite.__file__).parent
#: What an example in a docstring takes for granted.
BEFORE_DOCSTRINGS = """
from httpcore_lite import *
from httpcore_lite.adapters import HTTPAdapter
from httpcore_lite.structures import CaseInsensitiveDict
from httpcore_lite.threaded.pool import Pool

session = Session()
login = lambda session: session
"""

pytestmark = pytest.mark.skipif(not pages.DOCS.exists(), reason="the pages are not beside an installed package")


@pytest.fixture
def site() -> Iterator[Running]:
    with running_site() as site:
        yield site


def named(path: Path) -> str:
    return path.relative_to(pages.ROOT).as_posix()


def run(page: str, blocks: list[pages.Block], site: Running, folder: Path) -> None:
    """Run blocks in a program of its own; AssertionError with what it prints where one fails."""
    write_files(folder)
    task = {
        "page": page,
        "names": {"url": "https://example.org/items", "urls": [f"https://example.org/items/{n}" for n in (1, 2, 3)]},
        "blocks": [(block.kind, block.line, block.text, block.expected) for block in blocks if block.not_run is None],
    }
    environment = site.environment(folder)
    path_of_modules = [folder / "modules", pages.ROOT, folder, pages.DOCS / "examples"]
    environment["PYTHONPATH"] = os.pathsep.join(map(str, path_of_modules))
    done = subprocess.run(
        [sys.executable, str(RUNNER)], input=json.dumps(task), capture_output=True, text=True, timeout=50,
        env=environment, cwd=folder, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]


@pytest.mark.parametrize("path", WITH_CODE, ids=named)
def test_the_blocks_of_the_page_run_and_print_what_it_shows(path: Path, site: Running, tmp_path: Path) -> None:
    blocks = [block for block in pages.blocks(path.read_text("utf-8")) if block.kind in {*pages.RUN, "setup"}]
    run(named(path), blocks, site, tmp_path)


def test_the_examples_in_docstrings_run(site: Running, tmp_path: Path) -> None:
    blocks = [pages.Block("setup", 1, BEFORE_DOCSTRINGS)]
    for module in sorted(PACKAGE.rglob("*.py")):
        if module.relative_to(PACKAGE).parts[0] not in {
            "sansio",
            "_internal_utils.py",
        }:  # of the house, not of programs
            blocks += pages.examples_of(module)
    assert len(blocks) > 8
    run("docstrings", blocks, site, tmp_path)


def test_every_block_is_of_a_kind_that_is_run_or_says_why_it_is_not() -> None:
    for path in pages.pages():
        for block in pages.blocks(path.read_text("utf-8")):
            directive = block.kind.startswith("{")
            known = (
                directive
                or (block.kind == "sh" and block.not_run)
                or block.kind in {*pages.RUN, *pages.NOT_CODE, "setup"}
            )
            assert known, f"{named(path)}:{block.line}: {block.kind or 'no language'}"
            assert block.not_run is None or len(block.not_run) > 10, f"{named(path)}:{block.line}: say why"


def test_every_example_is_a_program_that_a_test_runs() -> None:
    tests = "\n".join(path.read_text("utf-8") for path in pages.ROOT.glob("tests/**/test_*.py"))
    examples = sorted(path.name for path in (pages.DOCS / "examples").glob("*.py"))
    assert [name for name in examples if name not in tests] == []

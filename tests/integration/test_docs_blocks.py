"""Every block of code in the README and in the documentation runs, and prints what the page shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import pages
from support.docs_site import Running, running_site, write_files

RUNNER = Path(__file__).resolve().parents[1] / "support" / "run_page.py"
WITH_CODE = (
    [path for path in pages.pages() if any(block.kind in pages.RUN for block in pages.blocks(path.read_text("utf-8")))]
    if pages.DOCS.exists()
    else []
)

pytestmark = pytest.mark.skipif(not pages.DOCS.exists(), reason="the pages are not beside an installed package")


@pytest.fixture(scope="module")
def site() -> Iterator[Running]:
    with running_site() as site:
        yield site


def named(path: Path) -> str:
    return path.relative_to(pages.ROOT).as_posix()


@pytest.mark.parametrize("path", WITH_CODE, ids=named)
def test_the_blocks_of_the_page_run_and_print_what_it_shows(path: Path, site: Running, tmp_path: Path) -> None:
    write_files(tmp_path)
    wanted = [block for block in pages.blocks(path.read_text("utf-8")) if block.kind in {*pages.RUN, "setup"}]
    task = {
        "page": named(path),
        "names": {"url": "https://example.org/items", "urls": [f"https://example.org/items/{n}" for n in (1, 2, 3)]},
        "blocks": [(block.kind, block.line, block.text, block.expected) for block in wanted if block.not_run is None],
    }
    environment = site.environment(tmp_path)
    path_of_modules = [tmp_path / "modules", pages.ROOT, tmp_path, pages.DOCS / "examples"]
    environment["PYTHONPATH"] = os.pathsep.join(map(str, path_of_modules))
    done = subprocess.run(
        [sys.executable, str(RUNNER)], input=json.dumps(task), capture_output=True, text=True, timeout=50,
        env=environment, cwd=tmp_path, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]


def test_every_block_is_of_a_kind_that_is_run_or_says_why_it_is_not() -> None:
    for path in pages.pages():
        for block in pages.blocks(path.read_text("utf-8")):
            directive = block.kind.startswith("{")
            known = directive or block.kind in {*pages.RUN, *pages.NOT_CODE, "setup"}
            assert known, f"{named(path)}:{block.line}: {block.kind or 'no language'}"
            assert block.not_run is None or len(block.not_run) > 10, f"{named(path)}:{block.line}: say why"


def test_every_example_is_a_program_that_a_test_runs() -> None:
    tests = "\n".join(path.read_text("utf-8") for path in pages.ROOT.glob("tests/**/test_*.py"))
    examples = sorted(path.name for path in (pages.DOCS / "examples").glob("*.py"))
    assert [name for name in examples if name not in tests] == []

"""README says of itself what the project's own files say: figures, versions, licence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PROJECT = ROOT / "pyproject.toml"

pytestmark = pytest.mark.skipif(not README.exists(), reason="an installed package has no README beside it")


def badge(name: str) -> str:
    return " ".join(re.findall(r"<text [^>]*>([^<]*)</text>", (ROOT / f"docs/badges/{name}.svg").read_text("utf-8")))


def test_the_figures_are_those_of_the_committed_results() -> None:
    report = pytest.importorskip("benchmarks.report")
    results = json.loads((ROOT / "docs/benchmarks/results.json").read_text("utf-8"))
    page = README.read_text("utf-8")
    assert report.summary(results) in page
    assert report.with_summary(page, results) == page


def test_the_badges_say_what_the_project_says() -> None:
    project = PROJECT.read_text("utf-8")
    versions = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)
    assert f"{versions[0]} – {versions[-1]}" in badge("python")
    license_of_it = re.search(r'^license = "(.*)"', project, re.MULTILINE)
    assert license_of_it is not None and license_of_it[1] in badge("license")
    floor = re.search(r"^fail_under = (\d+)", project, re.MULTILINE)
    assert floor is not None and f"≥ {floor[1]} %" in badge("coverage")
    dependencies = re.search(r"^dependencies = \[(.*)\]", project, re.MULTILINE)
    assert dependencies is not None
    assert ", ".join(re.findall(r'"([a-z0-9]+)', dependencies[1])) in badge("dependencies")


def test_every_picture_and_page_that_it_names_is_there() -> None:
    page = README.read_text("utf-8")
    named = re.findall(r"\]\(([^)#]+)", page) + re.findall(r'src="([^"]+)"', page)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []

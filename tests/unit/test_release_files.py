"""What a release says of itself in several places is the same in all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import httpcore_lite

ROOT = Path(httpcore_lite.__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="not beside an installed package")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_citation_has_the_version_and_the_licence() -> None:
    citation = text_of("CITATION.cff")
    assert f"\nversion: {httpcore_lite.__version__}\n" in citation
    assert "\nlicense: Apache-2.0\n" in citation


def test_every_extra_stands_on_a_page_and_every_extra_on_a_page_is_there() -> None:
    extras = text_of("pyproject.toml").partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    there = set(re.findall(r"^(\w+) = \[", extras, re.MULTILINE))
    pages = "\n".join(path.read_text(encoding="utf-8") for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
    said = {name for names in re.findall(r"httpcore-lite\[([\w,]+)\]", pages) for name in names.split(",")}
    assert there - {"all"} <= said <= there
    (everything,) = re.findall(r"httpcore-lite\[([\w,]+)\]", extras)
    assert set(everything.split(",")) == there - {"all"}


def test_the_hosted_checks_run_on_each_python_of_the_classifiers() -> None:
    classified = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text_of("pyproject.toml"))
    (matrix,) = re.findall(r"python: \[(.*)\]", text_of(".github/workflows/ci.yml"))
    assert set(classified) <= set(re.findall(r"3\.\d+", matrix))
    assert httpcore_lite.__name__ and classified[0] == "3.10"


def test_the_address_of_the_first_release_has_one_place() -> None:
    assert text_of("pyproject.toml").count("THE PUBLIC ADDRESS") == 1
    names = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "CITATION.cff")
    for name in names:
        links = re.findall(r"\]\((https?://[^)]+)\)", text_of(name))
        assert [link for link in links if "httpcore" in link] == [], name


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_the_links_of_the_files_at_the_root_lead_somewhere(name: str) -> None:
    inside = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text_of(name)) if "://" not in link]
    assert inside
    assert [link for link in inside if not (ROOT / link).exists()] == []
    targets = set(re.findall(r"make ([a-z-]+)", text_of(name)))
    assert [each for each in targets if not re.search(rf"^{each}:", text_of("Makefile"), re.MULTILINE)] == []

"""The table of docs/in-place-of-requests.md, of what sees our requests under each way of switching, is what is so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import httpcore_lite
from support.servers import EchoServer
from support.wheels import Environment

PROGRAM = Path(__file__).with_name("ways.py")
ROOT = Path(httpcore_lite.__file__).parents[1]
PAGE = ROOT / "docs" / "in-place-of-requests.md"
WAYS = ("the import line", "`install_as_requests()`", "`--as-requests`", "the pytest plugin", "the stand-in")


def table() -> dict[str, dict[str, str]]:
    """What the page says: library -> way -> what it sees."""
    section = PAGE.read_text(encoding="utf-8").partition("## What others see of it")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {row[0]: dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[2:]}


def run(way: str, url: str, folder: Path, environment: Environment) -> str:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    variables |= {"PYTHONPATH": str(ROOT), "WAYS_URL": url, "WAYS_FOLDER": str(folder)}
    words: list[str | Path] = [sys.executable]
    if way == "the stand-in":
        words = [environment.python]
        del variables["PYTHONPATH"]
    elif way == "`--as-requests`":
        words += ["-m", "httpcore_lite", "--as-requests"]
    elif way == "the pytest plugin":
        words += ["-m", "pytest", "-q", "-s", "-p", "httpcore_lite.pytest_plugin", "-p", "no:cacheprovider"]
        words += ["-c", os.devnull]
    else:
        variables["WAY"] = {"the import line": "line"}.get(way, "install")
    words += [PROGRAM] if "pytest" in words else [PROGRAM, url, folder]
    done = subprocess.run(words, env=variables, cwd=folder, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("way", WAYS)
def test_the_page_says_what_each_sees(way: str, server: EchoServer, tmp_path: Path, with_stand_in: Environment) -> None:
    lines = [line.split(": ") for line in run(way, server.url("/x"), tmp_path, with_stand_in).splitlines()]
    found = {line[0]: line[1] for line in lines if len(line) == 2}
    assert found == {library: row[way] for library, row in table().items()}
    agents = {(request.get("User-Agent") or "").partition("/")[0] for request in server.requests}
    assert agents == {"httpcore_lite" if way == "the import line" else "python-requests"}

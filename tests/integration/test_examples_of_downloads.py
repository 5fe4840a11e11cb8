"""The examples of the page "Downloads" are programs, which do what the page says."""

from __future__ import annotations

import hashlib
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

import httpcore_lite
from support.file_server import FileServer

DOCS = Path(httpcore_lite.__file__).parents[1] / "docs"
BODY = random.Random(2).randbytes(600_000)

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="the pages are not beside an installed package")


def run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DOCS / "examples" / name), *words]
    environment = {**os.environ, "PYTHONPATH": str(DOCS.parent)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_the_example_of_a_download_in_chunks(tmp_path: Path) -> None:
    with FileServer(BODY) as server:
        done = run("download_chunks.py", server.url, str(tmp_path / "f"))
    assert done.stdout.splitlines() == [
        "262144 of 600000 bytes, 43 %", "524288 of 600000 bytes, 87 %", "600000 of 600000 bytes, 100 %"
    ]  # fmt: skip
    assert (tmp_path / "f").read_bytes() == BODY


def test_the_example_of_a_download_that_is_continued_and_verified(tmp_path: Path) -> None:
    path = tmp_path / "f"
    digest = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
    with FileServer(BODY) as server:
        server.cuts, server.statuses = [1000], [0, 404]
        first = run("download_file.py", server.url, str(path), digest)
        assert first.stdout.startswith("broken off: 404 Client Error")
        second = run("download_file.py", server.url, str(path), digest)
        assert (second.returncode, second.stdout) == (0, f"{path}: 600000 bytes, 1000 of them from before\n")
        assert path.read_bytes() == BODY
        assert run("download_file.py", server.url, str(path), digest).stdout == f"{path} is there already\n"
        path.unlink()
        server.body = b"other"
        assert run("download_file.py", server.url, str(path), digest).returncode == 1
    assert not path.exists()


@pytest.mark.parametrize("library", ["tqdm", "rich"])
def test_the_examples_of_other_bars(library: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip(library)
    page = (DOCS / "downloads.md").read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if f"from {library}" in block]
    with FileServer(BODY) as server:
        server.cuts = [300_000]
        names = {"download": httpcore_lite.download, "url": server.url, "path": tmp_path / "f"}
        exec(code, names)
    assert (tmp_path / "f").read_bytes() == BODY
    shown = capsys.readouterr()
    assert "100%" in shown.out + shown.err or "600k" in shown.out + shown.err

"""The soak run in little: that it runs, finds nothing, and would tell if it did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parent / "soak.py"


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(SOAK), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=50,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.returncode, done.stdout


def test_mixed_traffic_through_faults_ends_in_right_answers_or_our_errors_and_leaks_nothing() -> None:
    code, told = run("--minutes", "0.5", "--requests", "800", "--small", "1000")
    assert code == 0, told
    assert "nothing grew, nothing leaked" in told

"""`make run`: the guided tour runs to its end, and shows what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOUR = Path(__file__).parents[2] / "docs" / "tour" / "tour.py"
# What a step is seen by, in the order of the tour.
SEEN = [
    "a tour against a demo server",
    "Every day",
    "'greeting': 'Hello, Ada!'",
    "[301, 302, 200]",
    "What requests cannot do",
    "(total timeout=0.4)",
    "the server was asked 2 times",
    "allow_address refused",
    "max_response_size=1000000",
    "2 GETs, the last one on a new connection, and 1 POST",
    "wait  ",
    "the connection broke",
    "Many at once",
    "Beside requests",
    "That was the tour",
]


def test_the_tour_runs_to_its_end_and_shows_what_it_says() -> None:
    done = subprocess.run([sys.executable, TOUR], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    place = 0
    for words in SEEN:
        place = done.stdout.index(words, place) + len(words)
    assert "\033" not in done.stdout, "colours are for terminals"
    assert not done.stderr

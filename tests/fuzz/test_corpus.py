"""Every input that fuzzing has found worth keeping, through the same functions, without a fuzzer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fuzz import run
from fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
INPUTS = [(target.name, file) for target in sorted(CORPUS.iterdir()) for file in sorted(target.iterdir())]


@pytest.mark.parametrize(("target", "file"), INPUTS, ids=lambda value: getattr(value, "name", value))
def test_an_input_that_was_found_breaks_nothing(target: str, file: Path) -> None:
    TARGETS[target](file.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_beginnings_and_halves_of_the_inputs_break_nothing(target: str) -> None:
    for _, file in [(name, file) for name, file in INPUTS if name == target]:
        data = file.read_bytes()[:2_000]
        for end in range(0, len(data), max(1, len(data) // 20)):
            TARGETS[target](data[:end])
            TARGETS[target](data[:3] + data[end:])


def test_every_target_has_inputs_and_words() -> None:
    assert set(TARGETS) == set(run.NAMES) == {name for name, _ in INPUTS}
    assert all((Path(run.HERE) / "words" / f"{name}.txt").is_file() for name in TARGETS)


def test_without_atheris_it_says_where_there_is_one() -> None:
    code = "import sys; sys.modules['atheris'] = None; from fuzz import run; sys.argv[1:] = []; sys.exit(run.main())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, cwd=CORPUS.parent.parent
    )
    assert done.returncode == 2
    assert "It has wheels for" in done.stderr

"""Runs the blocks of one page of the documentation, in order and in one namespace, as a reader would type them.

    python run_page.py < blocks.json

A program of its own for each page: pages switch logging on, install us as requests, and replace things. Each block is
`[kind, line, text, expected]`; `python` and `setup` are run as they stand, `pycon` and `output` are compared with what
is printed (`...` stands for anything), a `console` block is handed to a shell.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import os
import re
import shlex
import subprocess
import sys
import traceback
from typing import Any

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Wrong(Exception):
    """What a page shows is not what comes out."""


class Output(io.StringIO):
    """Where everything is printed. One for the whole page: a log that a block has set up goes on writing to it."""

    def taken(self) -> str:
        """Return what was printed since the last time."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


PRINTED = Output()


def compared(expected: str, printed: str, where: str) -> None:
    if not doctest.OutputChecker().check_output(expected.rstrip() + "\n", printed.rstrip() + "\n", FLAGS):
        raise Wrong(f"{where}\n-- the page shows:\n{expected}\n-- printed:\n{printed}")


def run_python(page: str, line: int, text: str, expected: str | None, names: dict[str, Any]) -> None:
    code = compile("\n" * line + text, page, "exec", dont_inherit=True)
    PRINTED.taken()
    with contextlib.redirect_stdout(PRINTED), contextlib.redirect_stderr(PRINTED):
        exec(code, names)
    if expected is not None:
        compared(expected, PRINTED.taken(), f"{page}:{line}")


def run_prompt(page: str, line: int, text: str, names: dict[str, Any]) -> None:
    for example in doctest.DocTestParser().get_examples(text + "\n", page):
        where = line + 1 + example.lineno
        code = compile("\n" * (where - 1) + example.source, page, "single", dont_inherit=True)
        PRINTED.taken()
        with contextlib.redirect_stdout(PRINTED):
            try:
                exec(code, names)
            except Exception as error:
                PRINTED.write("Traceback (most recent call last):\n  ...\n" + shown_of(error))
        compared(example.want, PRINTED.taken(), f"{page}:{where}: {example.source}")


def shown_of(error: Exception) -> str:
    """The end of a traceback, with the notes that Python shows from 3.11 on."""
    lines = "".join(traceback.format_exception_only(type(error), error))
    explanation = getattr(error, "explanation", "")
    if explanation and explanation not in lines and sys.version_info < (3, 11):
        lines += explanation + "\n"
    return lines


def run_shell(page: str, line: int, text: str) -> None:
    """Each command, `$ python ...`, by this interpreter; what is shown below it is what it prints."""
    if not text.startswith("$ "):
        raise Wrong(f"{page}:{line}: a command begins with `$ `; if it cannot be run, say why: <!-- not run: ... -->")
    for command, shown in re.findall(r"^\$ (.*(?:\\\n.*)*)\n?((?:(?!\$ ).*\n?)*)", text, re.MULTILINE):
        words = command.replace("\\\n", " ").partition("  #")[0].strip()
        words = re.sub(r"^httpcore-lite(?= )", "python -m httpcore_lite", words)
        if not words.startswith("python "):
            raise Wrong(f"{page}:{line}: only `python ...` can be run here; say why not: <!-- not run: ... -->")
        whole = f"{shlex.quote(sys.executable)} {words.removeprefix('python ')}"
        done = subprocess.run(whole, shell=True, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            raise Wrong(f"{page}:{line}: {words}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        if shown.strip():
            compared(shown, done.stdout + done.stderr, f"{page}:{line}: {words}")


def main() -> int:
    task = json.load(sys.stdin)
    page, names = task["page"], {"__name__": "__main__", **task["names"]}
    exec("import httpcore_lite; import httpcore_lite as requests", names)
    for kind, line, text, expected in task["blocks"]:
        try:
            if kind == "pycon":
                run_prompt(page, line, text, names)
            elif kind == "console":
                run_shell(page, line, text)
            else:
                run_python(page, line, text, expected, names)
        except BaseException as error:
            shown = str(error) if isinstance(error, Wrong) else traceback.format_exc()
            print(f"the block at {page}:{line} fails\n{text}\n\n{shown}")
            return 1
    sys.stdout.flush()
    os._exit(0)  # threads that a page left behind are not waited for


if __name__ == "__main__":
    sys.exit(main())

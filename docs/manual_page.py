"""Write the manual page of the command line, and the tables of command-line.md, from the table of its options.

    python docs/manual_page.py

A test fails while they are out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from httpcore_lite.__version__ import __version__
from httpcore_lite.client.command.manual import ABOUT, names_of
from httpcore_lite.client.command.table import EXAMPLES, EXIT_CODES, ITEMS, PROGRAM, SECTIONS

if TYPE_CHECKING:
    from httpcore_lite.client.command.table import Row

DOCS = Path(__file__).resolve().parent
PAGE, MANUAL = DOCS / "command-line.md", DOCS / "httpcore-lite.1"
BEGIN, END = "<!-- {} -->", "<!-- end -->"
PURPOSE = "request a URL over HTTP/1.1 and print the response"
PRINTING = (
    "A terminal is shown the head and the body: JSON indented, control characters as \\x1b, and nothing that is "
    "binary. Colours need the package rich; NO_COLOR switches them off. To a pipe or a file goes the body as it is, "
    "and nothing else. An error is one line on standard error."
)


def pages() -> dict[Path, str]:
    """Each page, and its text as it must be now."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables().items():
        before, _, rest = text.partition(BEGIN.format(name))
        _, _, after = rest.partition(END)
        text = f"{before}{BEGIN.format(name)}\n\n{table}\n\n{END}{after}"
    return {PAGE: text, MANUAL: manual_page(__version__)}


# -- the manual page ---------------------------------------------------------------------------------------------------


def manual_page(version: str) -> str:
    """Return the manual page in the language of man(7)."""
    return "\n".join(_roff_lines(version)) + "\n"


def _roff_lines(version: str) -> Iterator[str]:
    yield f'.TH {PROGRAM.upper()} 1 "" "{PROGRAM} {version}" "User Commands"'
    yield ".SH NAME"
    yield f"{_roff(PROGRAM)} \\- {_roff(PURPOSE)}"
    yield ".SH SYNOPSIS"
    yield f".B {_roff(PROGRAM)}"
    yield "[\\fIOPTION\\fR ...] [\\fIMETHOD\\fR] \\fIURL\\fR [\\fIITEM\\fR ...]"
    yield ".SH DESCRIPTION"
    yield _roff(ABOUT)
    yield ".PP"
    yield _roff(PRINTING)
    for title, rows in SECTIONS:
        yield f".SH {title.upper()}"
        for row in rows:
            yield ".TP"
            names = ", ".join(f"\\fB{_roff(name)}\\fR" for name in _names(row))
            yield names + (f" \\fI{_roff(row[2])}\\fR" if row[2] else "")
            yield _roff(_sentence(row[5]))
    for title, entries in (("ITEMS", ITEMS), ("EXIT STATUS", EXIT_CODES)):
        yield f".SH {title}"
        for left, meaning in entries:
            yield ".TP"
            yield f".B {_roff(str(left))}"
            yield _roff(_sentence(meaning))
    yield ".SH EXAMPLES"
    for words, meaning in EXAMPLES:
        yield ".TP"
        yield f".B {_roff(f'{PROGRAM} {words}')}"
        yield _roff(_sentence(meaning))
    yield ".SH SEE ALSO"
    yield "\\fBcurl\\fR(1), \\fBhttp\\fR(1)"


def _names(row: Row) -> list[str]:
    return [f"-{row[0]}", f"--{row[1]}"] if row[0] else [f"--{row[1]}"]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + escaped if escaped[:1] in (".", "'") else escaped


# -- the docs ----------------------------------------------------------------------------------------------------------


def tables() -> dict[str, str]:
    """Return the tables of the docs' page as Markdown: "options", "items", "exit codes"."""
    lines = ["| option | what it does |", "| --- | --- |"]
    for title, rows in SECTIONS:
        lines.append(f"| **{title}** | |")
        lines += [f"| `{names_of(row)}` | {_cell(row[5])} |" for row in rows]
    found = {"options": "\n".join(lines)}
    for name, head, entries in (("items", "item", ITEMS), ("exit codes", "exit code", EXIT_CODES)):
        rows_of = [f"| `{left}` | {_cell(meaning)} |" for left, meaning in entries]
        found[name] = "\n".join([f"| {head} | meaning |", "| --- | --- |", *rows_of])
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")

"""`--help`, the manual page and the table for the docs, all of them from the table of options."""

from __future__ import annotations

from .table import EXAMPLES, EXIT_CODES, ITEMS, PROGRAM, SECTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from .table import Row

_WIDTH: Final = 79
_INDENT: Final = 30
_USAGE: Final = f"{PROGRAM} [OPTION ...] [METHOD] URL [ITEM ...]"
_PURPOSE: Final = "request a URL over HTTP/1.1 and print the response"
_ABOUT: Final = (
    "Options are curl's, items are HTTPie's. Redirects are followed, compressed bodies decoded. :3000/x is a URL of "
    "this machine, and one without a scheme is http. Standard input is read only where it is named (-d @-, -T -)."
)
_PRINTING: Final = (
    "A terminal is shown the head and the body: JSON indented, control characters as \\x1b, and nothing that is "
    "binary. Colours need the package rich; NO_COLOR switches them off. To a pipe or a file goes the body as it is, "
    "and nothing else. An error is one line on standard error."
)


def names_of(row: Row) -> str:
    """Return how an option is written: `-o, --output FILE`."""
    names = f"-{row[0]}, --{row[1]}" if row[0] else f"--{row[1]}"
    return f"{names} {row[2]}".rstrip()


def help_text() -> str:
    """Return what `--help` prints."""
    return "\n".join(_help_lines()) + "\n"


def _help_lines() -> Iterator[str]:
    yield f"usage: {_USAGE}"
    yield ""
    yield from _wrapped(_ABOUT, "")
    for title, rows in SECTIONS:
        yield ""
        yield f"{title}:"
        for row in rows:
            yield from _entry(names_of(row), row[5])
    yield ""
    yield "Items:"
    for written, meaning in ITEMS:
        yield from _entry(written, meaning)
    yield ""
    yield "Exit codes:"
    for code, meaning in EXIT_CODES:
        yield from _entry(str(code), meaning, 8)
    yield ""
    yield "Examples:"
    for words, meaning in EXAMPLES:
        yield f"  {PROGRAM} {words}"
        yield f"      {meaning}"


def _wrapped(text: str, indent: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _entry(left: str, text: str, width: int = _INDENT) -> list[str]:
    lines = _wrapped(text, " " * width)
    head = f"  {left}"
    if len(head) + 1 < width:
        lines[0] = head.ljust(width) + lines[0].lstrip()
        return lines
    return [head, *lines]


# -- the manual page ---------------------------------------------------------------------------------------------------


def manual_page(version: str) -> str:
    """Return the manual page in the language of man(7)."""
    return "\n".join(_roff_lines(version)) + "\n"


def _roff_lines(version: str) -> Iterator[str]:
    yield f'.TH {PROGRAM.upper()} 1 "" "{PROGRAM} {version}" "User Commands"'
    yield ".SH NAME"
    yield f"{_roff(PROGRAM)} \\- {_roff(_PURPOSE)}"
    yield ".SH SYNOPSIS"
    yield f".B {_roff(PROGRAM)}"
    yield "[\\fIOPTION\\fR ...] [\\fIMETHOD\\fR] \\fIURL\\fR [\\fIITEM\\fR ...]"
    yield ".SH DESCRIPTION"
    yield _roff(_ABOUT)
    yield ".PP"
    yield _roff(_PRINTING)
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

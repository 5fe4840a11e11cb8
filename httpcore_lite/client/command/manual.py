"""`--help`, from the table of options. The manual page and the tables of the docs are made by docs/manual_page.py."""

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
ABOUT: Final = (
    "Options are curl's, items are HTTPie's. Redirects are followed, compressed bodies decoded. :3000/x is a URL of "
    "this machine, and one without a scheme is http. Standard input is read only where it is named (-d @-, -T -)."
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
    yield from _wrapped(ABOUT, "")
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

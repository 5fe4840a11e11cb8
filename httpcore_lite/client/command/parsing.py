"""The words of a command line become Settings, by the table: short options combine (`-sSfo FILE`, `-XPOST`), as curl's.

    -o FILE    -oFILE    --output FILE    --output=FILE    --    and no shortening of long names

A value is whatever comes next, also where it begins with a hyphen (`-C -`). Of an option that is given twice the last
one counts, unless its kind keeps all of them. Pure, and quick: this is run at every start.
"""

from __future__ import annotations

from .table import PROGRAM, SECTIONS, Settings, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Final

    from .table import Row

_UNITS: Final = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
# What HTTPie has under such a name, or curl under another one.
_ELSEWHERE: Final = {
    "follow": "redirects are always followed",
    "print": "-i prints the head, --body the body alone",
    "headers": "-I or -i prints the head",
    "verify": "-k verifies nothing, --cacert FILE names the authorities",
    "download": "-O saves to a file",
    "auth": "-u USER:PASSWORD authenticates",
    "multipart": "-F name=content sends a multipart form",
    "check-status": "-f exits with 22 for a status of 400 or more",
    "ignore-stdin": "standard input is read only where it is named: -d @-, -T -",
    "pinnedpubkey": "--fingerprint takes the SHA-256 of the certificate",
    "url": "a URL is written without an option",
}


def parse(words: Sequence[str]) -> Settings:
    """Return what a command line says. UsageError: it makes no sense."""
    settings = Settings()
    settings.words = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            settings.words += rest
        elif word[:2] == "--":
            name, equals, value = word[2:].partition("=")
            row = _found(1, name)
            if row is None:
                raise _unknown(name)
            _enter(settings, row, "--" + name, value if equals else None, rest)
        elif word[:1] == "-" and word != "-":
            _short(settings, word, rest)
        else:
            settings.words.append(word)
    return settings


def _found(column: int, name: str) -> Row | None:
    """Return the row of an option by its short name, in column 0, or its long one, in column 1."""
    return next((row for _, rows in SECTIONS for row in rows if row[column] == name), None) if name else None


def _short(settings: Settings, word: str, rest: Iterator[str]) -> None:
    """Enter `-sSfo` and the like: flags, then one option at most whose value is the rest of the word, or the next."""
    for place, letter in enumerate(word[1:], 2):
        row = _found(0, letter)
        if row is None:
            raise UsageError(f"see {PROGRAM} --help: there is no option -{letter}" + _inside(word, letter))
        if row[2]:
            _enter(settings, row, "-" + letter, word[place:] or None, rest)
            return
        _enter(settings, row, "-" + letter, None, rest)


def _inside(word: str, letter: str) -> str:
    return "" if word == "-" + letter else f" (in {word})"


def _enter(settings: Settings, row: Row, shown: str, value: str | None, rest: Iterator[str]) -> None:
    """Enter one option; `shown` is how it was written."""
    _, name, placeholder, field, kind, _ = row
    if not placeholder:
        if value is not None:
            raise UsageError(f"write {shown} alone: it takes no value")
        if field:
            setattr(settings, field, True)
        return
    if kind == "first":
        raise UsageError(f"write {shown} as the first word: all that follows it belongs to the program")
    if value is None:
        value = next(rest, None)
        if value is None:
            raise UsageError(f"{shown} needs a value: {shown} {placeholder}")
    if kind == "list" or kind == "piece":
        # Those of the class are shared.
        kept = settings.__dict__.setdefault(field, [])
        kept.append(value if kind == "list" else (name, value))
    else:
        setattr(settings, field, value if kind == "text" else _NUMBERS[kind](shown, value))


def _seconds(shown: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise UsageError(f"{shown} takes a number of seconds, not {text!r}")
    return seconds


def _count(shown: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError(f"{shown} takes a whole number, not {text!r}")
    return int(text)


def _size(shown: str, text: str) -> int:
    unit = text[-1:].lower() if text[-1:].isalpha() else ""
    number = text[: len(text) - len(unit)]
    try:
        size = int(float(number) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        size = 0
    if size <= 0:
        raise UsageError(f"{shown} takes a number of bytes, as in 500, 100k, 2.5M or 1G, not {text!r}")
    return size


_NUMBERS: Final[dict[str, Callable[[str, str], float]]] = {"seconds": _seconds, "count": _count, "size": _size}


def _unknown(name: str) -> UsageError:
    from difflib import get_close_matches

    if name in _ELSEWHERE:
        return UsageError(f"{_ELSEWHERE[name]}: there is no option --{name}")
    close = get_close_matches(name, [row[1] for _, rows in SECTIONS for row in rows], 1)
    helps = f"did you mean --{close[0]}?" if close else f"see {PROGRAM} --help:"
    return UsageError(f"{helps} There is no option --{name}" if close else f"{helps} there is no option --{name}")

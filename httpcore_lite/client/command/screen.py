r"""What a terminal shows of a response: the head in colour, JSON indented, text made harmless, binary refused.

1. Nothing that the server says reaches the terminal as a control character: `\x1b` is shown as that.
2. Nothing is changed that means something: JSON keeps its order, its doubled names, and its numbers as written.
3. Colour is rich's, of the extra `cli`; without it, with NO_COLOR, or where the terminal has none, all is plain.

What is decided is pure: text in, pieces of text with a style out. `Screen` writes them.
"""

from __future__ import annotations

import os
import re

from .exit_codes import CommandError
from .reporting import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final, TextIO, TypeAlias

    # A piece of text, and its style.
    Piece: TypeAlias = tuple[str, str]

#: Bytes of JSON that is indented; a longer document is shown as it is.
MAX_INDENTED: Final = 4_194_304
#: Pieces that are shown in colour, half a second's worth; of more of them all are plain.
MAX_COLOURED: Final = 50_000
_MAX_DEPTH: Final = 500
_SAMPLE: Final = 4096
_TOKEN: Final = r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+'
# Of rich.
_STYLES: Final = {
    "version": "blue", "good": "bold green", "moved": "bold cyan", "bad": "bold red", "name": "cyan",
    "key": "bold blue",     "string": "green", "number": "magenta", "word": "bold magenta", "mark": "", "": "",
}  # fmt: skip


# -- what is shown -----------------------------------------------------------------------------------------------------


def head_pieces(lines: Iterable[str]) -> Iterator[Piece]:
    """Yield the lines of a head, ended by an empty one."""
    rest = iter(lines)
    version, _, status = visible(next(rest)).partition(" ")
    yield version + " ", "version"
    yield status + "\n", {"2": "good", "1": "good", "3": "moved"}.get(status[:1], "bad")
    for line in rest:
        name, colon, value = visible(line).replace("\n", " ").partition(":")
        yield name, "name"
        yield colon + value + "\n", ""
    yield "\n", ""


def json_pieces(text: str) -> list[Piece] | None:
    """Return a document of JSON indented, None where it is none, or too deep. Rule 2."""
    import json

    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    pieces: list[Piece] = []
    tokens = re.findall(_TOKEN, text)
    depth = 0
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in "{[":
            depth += 1
            if depth > _MAX_DEPTH:
                return None
            pieces.append((token if following in "}]" and following else token + _line(depth), "mark"))
        elif token in "}]":
            depth -= 1
            was_empty = place > 0 and tokens[place - 1] in "{["
            pieces.append((token if was_empty else _line(depth) + token, "mark"))
        elif token == ",":
            pieces.append(("," + _line(depth), "mark"))
        elif token == ":":
            pieces.append((": ", "mark"))
        else:
            pieces.append((_readable(token), _style_of(token, following)))
    pieces.append(("\n", "mark"))
    return pieces


def _line(depth: int) -> str:
    return "\n" + "    " * depth


def _style_of(token: str, following: str) -> str:
    if token[0] == '"':
        return "key" if following == ":" else "string"
    return "word" if token[0] in "tfnNI" else "number"


def _readable(token: str) -> str:
    r"""Return a string of JSON with the letters that it writes as escapes; what cannot be printed stays escaped."""
    if "\\u" in token:
        import json

        written = json.dumps(json.loads(token), ensure_ascii=False)
        if not re.search("[\ud800-\udfff]", written):
            token = written
    return visible(token)


def is_json(content_type: str) -> bool:
    """Whether a media type is JSON's, or of one that is written in JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind in ("application/json", "text/json") or kind.endswith("+json")


def is_binary(sample: bytes, charset: str, is_whole: bool) -> bool:
    """Whether bytes at the beginning of a body are no text in that charset."""
    if b"\0" in sample and not charset.lower().startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return True
    import codecs

    try:
        codecs.getincrementaldecoder(charset)().decode(sample[:_SAMPLE], is_whole and len(sample) <= _SAMPLE)
    except UnicodeError:
        return charset == "utf-8"
    return False


def known_charset(name: str | None) -> str:
    """Return a charset that can be decoded: the one that is named, else UTF-8."""
    import codecs

    try:
        " ".encode(name or "utf-8")  # LookupError also for what is no charset, as zip
        found = codecs.lookup(name or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    # Those for names of hosts read no text, and take quadratic time.
    return "utf-8" if found in ("idna", "punycode") else found


class SafeText:
    """A body in pieces becomes text that can be shown, piece by piece; line ends of any kind become a line feed."""

    def __init__(self, charset: str) -> None:
        import codecs

        self._decoder = codecs.getincrementaldecoder(charset)("replace")
        self._held = ""

    def feed(self, piece: bytes, is_last: bool = False) -> str:
        """Return what can be shown of one more piece."""
        text = self._held + self._decoder.decode(piece, is_last)
        self._held = "\r" if text.endswith("\r") and not is_last else ""
        text = text[: len(text) - len(self._held)]
        return visible(text.replace("\r\n", "\n"))


# -- where it is shown -------------------------------------------------------------------------------------------------


class Screen:
    """A terminal.

    Args:
        file: standard output.
        in_colour: whether to ask rich for colours.
    """

    def __init__(self, file: TextIO, in_colour: bool | None = None) -> None:
        self._file = file
        wanted = in_colour if in_colour is not None else not os.environ.get("NO_COLOR")
        self._rich: Any = _console(file) if wanted else None

    def show(self, pieces: Iterable[Piece]) -> None:
        """Write pieces of text in their styles."""
        pieces = list(pieces)
        if self._rich is None or len(pieces) > MAX_COLOURED:
            self.write("".join([text for text, _ in pieces]))
            return
        from rich.text import Text

        whole = Text.assemble(*[(self._fitting(text), _STYLES[style]) for text, style in pieces])
        self._rich.print(whole, end="", soft_wrap=True, highlight=False)

    def write(self, text: str) -> None:
        """Write text."""
        self._file.write(self._fitting(text))
        self._file.flush()

    def _fitting(self, text: str) -> str:
        """Return a text in which what the terminal's charset has no place for is escaped."""
        encoding = getattr(self._file, "encoding", None) or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)

    def body(self, pieces: Iterator[bytes], content_type: str, charset: str | None) -> None:
        """Show a body as it arrives. CommandError: it is binary."""
        sample, is_whole = _begun(pieces, MAX_INDENTED if is_json(content_type) else 1)
        name = known_charset(charset)
        if name in ("utf-16", "utf-32") and sample[:2] not in (b"\xff\xfe", b"\xfe\xff", b"\0\0"):
            name += "-le"  # as WHATWG has it where there is no BOM
        if charset is None and content_type[:5].lower() == "text/" and b"\0" not in sample:
            name = "latin-1" if is_binary(sample, "utf-8", is_whole) else "utf-8"
        if is_binary(sample, name, is_whole):
            kind = visible(content_type.partition(";")[0]) or "of no type"
            raise CommandError(23, f"-o FILE saves the body, -o - prints it all the same: it is binary ({kind})")
        if is_whole and is_json(content_type):
            indented = json_pieces(sample.decode(name, "replace").lstrip("\ufeff"))
            if indented is not None:
                self.show(indented)
                return
        text = SafeText(name)
        shown = text.feed(sample)
        self.write(shown)
        for piece in pieces:
            shown = text.feed(piece) or shown
            self.write(shown)
        last = text.feed(b"", is_last=True)
        if (sample or last) and not (last or shown).endswith("\n"):
            last += "\n"
        self.write(last)


def _begun(pieces: Iterator[bytes], most: int) -> tuple[bytes, bool]:
    """Read at least `most` bytes, if there are so many; return them, and whether that is all."""
    found: list[bytes] = []
    size = 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size >= most:
            return b"".join(found), False
    return b"".join(found), True


def _console(file: TextIO) -> Any:
    """Return rich's console, None where there is none, or no colour."""
    try:
        from rich.console import Console
    except ImportError:
        return None
    console = Console(file=file, markup=False, highlight=False, emoji=False)
    return console if console.color_system else None

"""A sloppy server's head made fit for h11, or refused.

h11 is stricter than the servers of this world, and requests' users receive what h11 refuses. `protocol` gives h11 a
head as it came; only when h11 has refused it, `mend` is asked, and what it returns goes to a fresh `h11.Connection`.

`MENDED` is the table of what is put right, `REFUSED` of what never is: whatever two readers could understand
differently about where the body ends. A head that was mended in a framing field says so in `Mended.framing`: its
connection carries no second exchange. No line is dropped silently: `Mended.notes` is for a debug log.

A pure room: bytes in, bytes out, in time linear in the size of the head. RFC 9112 sections 2.2, 4, 5, 6 and 8;
RFC 9110 sections 5.5, 5.6.1 and 8.6. "As requests" means: as http.client and urllib3 2 read it.
"""

from __future__ import annotations

import re

from ..errors import BadStatusLine, HeadError, InvalidHeader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    Fields = list[tuple[bytes, bytes]]

# What is put right: name -> (such lines as received, the lines that h11 gets, why this is safe).
MENDED: Final[dict[str, tuple[bytes, bytes, str]]] = {
    # -- the status line
    "odd white space in the status line": (
        b" HTTP/1.1\t200  OK", b"HTTP/1.1 200 OK",
        "RFC 9112 section 4: its parts may be split at any white space; http.client does",
    ),
    "odd minor version": (
        b"HTTP/1.10 200 OK", b"HTTP/1.1 200 OK",
        "http.client takes every HTTP/1.x but 1.0 for 1.1; counts as framing, since it decides on persistence",
    ),
    "control character in the reason phrase": (
        b"HTTP/1.1 200 O\x0cK", b"HTTP/1.1 200 O K",
        "RFC 9112 section 4: a client ignores the reason phrase; h11 takes no VT and no FF",
    ),
    # -- field lines
    "folded line before the first field": (
        b" X-A: 1", b"",
        "RFC 9112 section 2.2: such a line is refused or ignored as a whole; http.client ignores it",
    ),
    "line without a colon": (
        b"no colon here", b"",
        "requests receives such heads (and loses all fields below); only the line is lost here",
    ),
    "strange field name": (
        b"X(odd): 1", b"",
        "RFC 9110 section 5.1: not a token, so its meaning cannot have been agreed on",
    ),
    "white space before the colon": (
        b"X-A : 1", b"X-A: 1",
        "RFC 9112 section 5.1: removed from a response; a recipient that did not remove it saw another field",
    ),
    "control character in a value": (
        b"X-A: 1\x0b2", b"X-A: 1 2",
        "RFC 9110 section 5.5: invalid, may be kept or replaced by SP; h11 takes no VT and no FF",
    ),
    # -- framing fields
    "empty Content-Length": (
        b"Content-Length:", b"",
        "names no length, so the body ends with the connection (RFC 9112 section 6.3), as requests",
    ),
    "empty Transfer-Encoding": (
        b"Transfer-Encoding: ,", b"",
        "RFC 9110 section 5.6.1: empty elements of a list count for nothing",
    ),
    "Transfer-Encoding: identity": (
        b"Transfer-Encoding: identity", b"",
        "RFC 2616 section 3.6 had it, for no coding at all; still shown to the user (`Mended.shown`)",
    ),
    "chunked more than once": (
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked",
        "two layers of one server each named it, one applied it; urllib3 takes off one",
    ),
    "coded and chunked": (
        b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked",
        "RFC 9112 section 7: legal, and the formats are those of the content codings (`Mended.codings`)",
    ),
    "coded and not chunked": (
        b"Transfer-Encoding: gzip", b"",
        "RFC 9112 section 6.3: the body ends with the connection; only where no Content-Length contradicts",
    ),
    # -- the end
    "no empty line before the close": (
        b"Content-Length: 0", b"Content-Length: 0",
        "all lines are complete and one says where the body ends, so nothing that matters is missing; as requests",
    ),
}  # fmt: skip

_TWO_LENGTHS: Final = "there are different values of Content-Length"

# What is never put right: why -> such lines as received.
REFUSED: Final[dict[str, bytes]] = {
    "it holds a NUL": b"X-A: a\0b",
    "it holds a bare CR": b"X-A: a\rContent-Length: 5",
    "the status line is malformed": b"ICY 200 OK",
    "the status is no number of three digits": b"HTTP/1.1 +200 OK",
    "its name is almost that of a framing field": b"Content Length: 5",
    "a framing field holds a control character": b"Transfer-Encoding: \x0bchunked",
    "Content-Length is no number": b"Content-Length: +5",
    _TWO_LENGTHS: b"Content-Length: 5\r\nContent-Length: 6",
    "the last transfer coding does not say where the body ends": b"Transfer-Encoding: chunked, gzip",
    "the peer closed within this line": b"X-A: tru",
    "the peer closed before it said where the body ends": b"X-A: 1",
}

_SHOWN: Final = 80  # bytes of a culprit in a message or note
# These are compiled by `re` at first use: most heads need no mending.
# HTTP/1.x, a status, and a reason phrase that may be missing; VT and FF count as white space (RFC 9112 section 4).
_STATUS_LINE: Final = rb"(?s:([ \t\x0b\x0c]*)(HTTP/1\.[^ \t\x0b\x0c]*|HTTP/0\.9)([ \t\x0b\x0c]+)([^ \t\x0b\x0c]+)(.*))"
# What http.client, and so requests, takes for a status line.
_HTTP_STATUS: Final = rb"\s*HTTP/\S*\s+[+]?[1-9][0-9]{2}(?:\s|$)"
_MAX_LINE: Final = 1000  # bytes of a line shown that is none
_STATUS: Final = rb"[1-9][0-9]{2}"
_MINOR: Final = rb"HTTP/[01]\.[0-9]"
_TOKEN: Final = rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+"
_LENGTH: Final = rb"[0-9]{1,20}"  # h11 takes no more digits
_NO_LETTERS: Final = rb"[^a-z]+"
_SPACES: Final = b" \t"
_VT_AND_FF_TO_SPACE: Final = bytes.maketrans(b"\x0b\x0c", b"  ")

_CONTENT_LENGTH: Final = b"content-length"
_TRANSFER_ENCODING: Final = b"transfer-encoding"
_FRAMING: Final = (_CONTENT_LENGTH, _TRANSFER_ENCODING, b"connection")
_ALMOST_FRAMING: Final = (b"contentlength", b"transferencoding")
# Transfer codings whose formats are those of the content codings of the same names (RFC 9112 section 7.2).
_ALSO_CONTENT_CODINGS: Final = frozenset((b"gzip", b"x-gzip", b"deflate"))


class Mended:
    """What `mend` made of a head.

    `head` is fit for h11. `notes` says what was changed, for a debug log. `framing` is true when something was
    touched that tells where a body ends or whether the connection goes on: it carries no second exchange then.
    `shown` holds fields that h11 cannot be given but the user may see, each with its place among the others: never
    to be framed by. `codings` names the transfer codings that are taken off besides chunked, "gzip" for example.
    """

    __slots__ = ("codings", "framing", "head", "notes", "shown")

    def __init__(
        self, head: bytes, notes: list[str], framing: bool, shown: list[tuple[int, tuple[bytes, bytes]]], codings: str
    ) -> None:
        self.codings: str = codings
        self.head: bytes = head
        self.notes: list[str] = notes
        self.framing: bool = framing
        self.shown: list[tuple[int, tuple[bytes, bytes]]] = shown


def mend(head: bytes, eof: bool = False) -> Mended:
    """Make a head that h11 refused fit for it.

    `head` is all of one response head, an informational one included, up to and with its empty line; with `eof` it
    is what had arrived when the peer closed before that line. Raises HeadError that names the culprit when the
    head stays refused (InvalidHeader for different lengths). Mending a flawless head gives the same head.
    """
    return _Mender().mend(head, eof)


class _Mender:
    """Mends one head, from its first line to its last, then what concerns several lines."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.framing = False
        self.shown: list[tuple[int, tuple[bytes, bytes]]] = []
        self.codings = ""
        self.status = b""
        self.fields: Fields = []

    def mend(self, head: bytes, eof: bool) -> Mended:
        lines, rest = _lines(head, eof)
        if not lines:
            raise _refused("the peer closed within this line" if rest else "the status line is malformed", rest)
        status_line = self._status_line(lines[0])
        for line in self._unfolded(lines[1:]):
            self._field(line)
        self._content_length()
        self._transfer_encoding()
        if eof:
            self._cut_by_eof(rest)
        out = [status_line, *(name + b": " + value if value else name + b":" for name, value in self.fields)]
        return Mended(b"\r\n".join(out) + b"\r\n\r\n", self.notes, self.framing, self.shown, self.codings)

    def _note(self, row: str, line: bytes, framing: bool = False) -> None:
        assert row in MENDED
        self.notes.append(f"{row}: {_short(line)}")
        self.framing = self.framing or framing

    def _status_line(self, line: bytes) -> bytes:
        match = re.fullmatch(_STATUS_LINE, line)
        if not match:
            raise _refused("the status line is malformed", line)
        before, version, between, self.status, rest = match.groups()
        if not re.fullmatch(_STATUS, self.status):
            raise _refused("the status is no number of three digits", line)
        if not re.fullmatch(_MINOR, version):
            self._note("odd minor version", line, framing=True)
            version = b"HTTP/1.1"
        if before or between != b" " or rest[:1] not in (b"", b" "):
            self._note("odd white space in the status line", line)
        reason = rest.strip(b" \t\x0b\x0c")
        plain = reason.translate(_VT_AND_FF_TO_SPACE)
        if plain != reason:
            self._note("control character in the reason phrase", line)
        return b" ".join((version, self.status, plain)) if plain else version + b" " + self.status

    def _unfolded(self, lines: list[bytes]) -> list[bytes]:
        """Return the field lines, each with the lines that continue it (RFC 9112 section 5.2)."""
        unfolded: list[bytes] = []
        parts: list[bytes] = []
        for line in lines:
            if not line.startswith((b" ", b"\t")):
                if parts:
                    unfolded.append(b" ".join(parts))
                parts = [line]
            elif parts:
                parts.append(line.strip(_SPACES))
            else:
                _check_look_alike(line, line)
                self._note("folded line before the first field", line)
        if parts:
            unfolded.append(b" ".join(parts))
        return unfolded

    def _field(self, line: bytes) -> None:
        name, colon, value = line.partition(b":")
        bare = name.rstrip(_SPACES)
        if not colon or not re.fullmatch(_TOKEN, bare):
            letters = _check_look_alike(name, line)
            row = "strange field name" if colon else "line without a colon"
            self._note(row, line, framing=letters.startswith(b"connection"))
            return
        framing = bare.lower() in _FRAMING
        if bare != name:
            self._note("white space before the colon", line, framing)
        plain = value.translate(_VT_AND_FF_TO_SPACE)
        if plain != value:
            if framing:
                raise _refused("a framing field holds a control character", line)
            self._note("control character in a value", line)
        self.fields.append((bare, plain.strip(_SPACES)))

    def _values(self, name: bytes) -> list[bytes]:
        """Return the elements of all fields of that name, empty ones included."""
        fields = [value for found, value in self.fields if found.lower() == name]
        return [element.strip(_SPACES) for value in fields for element in value.split(b",")]

    def _without(self, name: bytes) -> Fields:
        return [field for field in self.fields if field[0].lower() != name]

    def _content_length(self) -> None:
        lengths = self._values(_CONTENT_LENGTH)
        if not any(lengths):
            if lengths:
                self._note("empty Content-Length", b"Content-Length:", framing=True)
                self.fields = self._without(_CONTENT_LENGTH)
            return
        for length in lengths:
            if not re.fullmatch(_LENGTH, length):
                raise _refused("Content-Length is no number", b"Content-Length: " + length)
        if len(set(lengths)) > 1:
            raise _refused(_TWO_LENGTHS, b"Content-Length: " + b", ".join(lengths))

    def _transfer_encoding(self) -> None:
        named = self._values(_TRANSFER_ENCODING)
        whole = b"Transfer-Encoding: " + b", ".join(named)
        codings = [coding.lower() for coding in named if coding and coding.lower() != b"identity"]
        if not named or (codings == [b"chunked"] and len(named) == 1):
            return
        others = [coding for coding in codings if coding != b"chunked"]
        chunks = len(codings) - len(others)
        if others:
            self._note(self._kind_of_coding(whole, codings, others), whole, framing=True)
        elif chunks > 1:
            self._note("chunked more than once", whole, framing=True)
        if not codings:
            place = [name.lower() for name, _ in self.fields].index(_TRANSFER_ENCODING)
            self.shown.append((place, (self.fields[place][0], b", ".join(named))))
        if any(coding.lower() == b"identity" for coding in named):
            self._note("Transfer-Encoding: identity", whole, framing=True)
        elif not all(named):
            self._note("empty Transfer-Encoding", whole, framing=True)
        self.fields = self._without(_TRANSFER_ENCODING)
        if chunks:
            self.fields.append((b"Transfer-Encoding", b"chunked"))
        self.codings = b", ".join(others).decode("ascii")

    def _kind_of_coding(self, whole: bytes, codings: list[bytes], others: list[bytes]) -> str:
        """Return the row for a body coded as `others` say, where that leaves no doubt about its end."""
        if _ALSO_CONTENT_CODINGS.issuperset(others):
            if codings.count(b"chunked") == 1 and codings[-1] == b"chunked":
                return "coded and chunked"
            if b"chunked" not in codings and not self._values(_CONTENT_LENGTH):
                return "coded and not chunked"
        raise _refused("the last transfer coding does not say where the body ends", whole)

    def _cut_by_eof(self, rest: bytes) -> None:
        """Accept a head without its empty line only where nothing of it can be missing that matters."""
        if rest:
            raise _refused("the peer closed within this line", rest)
        framed = any(name.lower() in (_CONTENT_LENGTH, _TRANSFER_ENCODING) for name, _ in self.fields)
        if not framed and self.status not in (b"204", b"304"):
            raise _refused(
                "the peer closed before it said where the body ends", self.fields[-1][0] if self.fields else b""
            )
        self._note("no empty line before the close", self.fields[-1][0] if self.fields else self.status, framing=True)


def _lines(head: bytes, eof: bool) -> tuple[list[bytes], bytes]:
    """Return the lines of a head without their ends, and with `eof` the part of a line behind the last one."""
    lines = head.split(b"\n")
    rest = lines.pop().rstrip(b"\r")
    if not eof:
        lines.pop()  # the empty line
    lines = [line.removesuffix(b"\r") for line in lines]
    for line in (*lines, rest):
        if b"\0" in line:
            raise _refused("it holds a NUL", line)
        if b"\r" in line:
            raise _refused("it holds a bare CR", line)
    return lines, rest


def _check_look_alike(name: bytes, line: bytes) -> bytes:
    """Return the letters of a name; refuse to drop a line that another recipient takes for one that frames the body."""
    letters = re.sub(_NO_LETTERS, b"", name.lower())
    if letters.startswith(_ALMOST_FRAMING):
        raise _refused("its name is almost that of a framing field", line)
    return letters


def _short(line: bytes) -> str:
    return repr(line if len(line) <= _SHOWN else line[:_SHOWN] + b"...")


def _refused(reason: str, line: bytes) -> HeadError | InvalidHeader:
    assert reason in REFUSED
    if reason == _TWO_LENGTHS:  # the one fault for which requests has a class of its own
        lengths = line.partition(b": ")[2].decode("latin-1")
        return InvalidHeader(f"Content-Length contained multiple unmatching values ({lengths})")
    return HeadError(f"the response's head is malformed: {reason}: {_short(line)}")


def bad_status_line(head: bytes) -> BadStatusLine | None:
    """Return the first line of a head as the error that requests has for it, None where http.client would take it."""
    line = head[: head.find(b"\n") + 1 or None]
    if re.match(_HTTP_STATUS, line):
        return None
    return BadStatusLine((line if len(line) <= _MAX_LINE else line[:_MAX_LINE] + b"...").decode("latin-1"))

"""The charsets of text: found out, decoded as the text arrives, cut into lines. And which content codings we take.

Every function here takes time linear in its input, whatever the input is: a response comes from a stranger. The
room knows nothing of responses or sockets; pieces come as iterables.

How `detect` decides, first match wins:

    nothing at all                        -> None
    byte order mark                       -> utf-8-sig, utf-16, utf-32
    NUL bytes in the pattern of UTF-16/32 -> utf-16-le, ...;   other NUL bytes mean no text -> None
    ASCII                                 -> ascii, or iso2022_jp when it switches sets by escape sequences
    valid UTF-8                           -> utf-8
    declared in markup (meta, xml, css)   -> that, by the names browsers have for it (WHATWG Encoding §4.2)
    nearly valid UTF-8                    -> utf-8 (a broken byte in a long page is no reason for mojibake)
    bytes 0x80-0x9F that cp1252 knows     -> windows-1252
    else                                  -> ISO-8859-1, which decodes anything

It is what `Response.apparent_encoding` falls back on; an installed chardet or charset_normalizer goes first, as in
requests.
"""

from __future__ import annotations

import codecs
import re

from .. import compat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, TypeAlias

    _Text: TypeAlias = Any  # text or bytes, one kind throughout

# -- detection -----------------------------------------------------------------------------------------------

_SAMPLE = 4096  # bytes in which a declaration is looked for; browsers look at 1024
_SLICE = 1 << 16

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

# Labels that stand for more than they say (WHATWG Encoding §4.2): pages declare the small set and use the large one.
_WIDER = {
    "ascii": "windows-1252",
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gbk",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# Codecs that are no charset of the web, or that a server must not choose for us (UTF-7 smuggles markup).
_REFUSED = frozenset(["idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"])

_DECLARATION = (
    rb"""(?i)<meta[^>]{0,512}?charset\s{0,16}=\s{0,16}["']?\s{0,16}([a-z0-9_.:\-]{2,40})"""
    rb"""|^\s*<\?xml[^>]{0,256}?encoding\s{0,16}=\s{0,16}["']([a-z0-9_.:\-]{2,40})["']"""
    rb"""|^@charset "([a-z0-9_.:\-]{2,40})";"""
)
_ISO_2022_JP = rb"\x1b(?:\$[@B]|\([JI])"


def _declared(sample: bytes) -> str | None:
    """The charset that markup names, as the codec that reads it; None when it names none that can be."""
    found = re.search(_DECLARATION, sample)
    if found is None:
        return None
    label = (found.group(1) or found.group(2) or found.group(3)).decode("ascii")
    try:
        name = codecs.lookup(label).name
        b"abcd".decode(name)  # LookupError: a codec that makes no text
    except (LookupError, UnicodeError, ValueError):
        return None
    if name.replace("_", "-") in _REFUSED or name.startswith(("utf-16", "utf-32")):
        return None  # a declaration that can be read as ASCII is not in UTF-16
    return _WIDER.get(name, name)


def _without_mark(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark, told from where the NUL bytes of mostly Latin text stand."""
    length = len(sample) // 4 * 4
    if not length:
        length = len(sample) // 2 * 2
    if not length:
        return None
    nulls = [sample[start:length:4].count(0) * 4 / length for start in range(4)]
    empty = [share > 0.7 for share in nulls]
    filled = [share < 0.1 for share in nulls]
    if length % 4 == 0 and empty[2] and empty[3] and filled[0]:
        return "utf-32-le"
    if length % 4 == 0 and empty[0] and empty[1] and filled[3]:
        return "utf-32-be"
    even, odd = sample[0:length:2].count(0) * 2 / length, sample[1:length:2].count(0) * 2 / length
    if odd > 0.7 and even < 0.1:
        return "utf-16-le"
    if even > 0.7 and odd < 0.1:
        return "utf-16-be"
    return None


def _is_utf8(content: bytes) -> bool:
    """Is it valid UTF-8? Looked at in slices, so that a long body is not held twice."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        for start in range(0, len(content), _SLICE):
            decode(content[start : start + _SLICE])
        decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _is_nearly_utf8(content: bytes) -> bool:
    """Do at least nine of ten sequences outside ASCII read as UTF-8?"""
    text = content[: 1 << 20].decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    strange = len(text) - len(text.encode("ascii", "ignore"))
    return strange - wrong >= 9 * wrong


def detect(content: bytes) -> str | None:
    """Return the name of the codec that `content` is most likely text in, or None when it is empty or no text.

    Linear time, and no more memory than a slice of 64 KiB for valid UTF-8. The order of the guesses is in the
    module's docstring.
    """
    if not content:
        return None
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return name
    sample = bytes(content[:_SAMPLE])
    if 0 in sample:
        return _without_mark(sample)
    if content.isascii():
        return "iso2022_jp" if re.search(_ISO_2022_JP, content) else "ascii"
    if _is_utf8(content):
        return "utf-8"
    if declared := _declared(sample):
        return declared
    if _is_nearly_utf8(content):
        return "utf-8"
    controls = set(content).intersection(range(0x80, 0xA0))
    if controls and not controls & {0x81, 0x8D, 0x8F, 0x90, 0x9D}:
        return "windows-1252"
    return "ISO-8859-1"


def apparent(content: bytes) -> str | None:
    """Return what `Response.apparent_encoding` is for `content`: the installed detector's word, else `detect`'s.

    chardet and charset_normalizer are not asked where it can be nothing but UTF-8, which they take fifty times longer
    to find out; a detector that the program has put in their place always is.
    """
    detector: Any = compat.chardet  # looked up each time, so that a program can replace it
    if detector is not None:
        if getattr(detector, "__name__", None) in ("chardet", "charset_normalizer") and _is_surely_utf8(content):
            return "utf-8"
        encoding: str | None = detector.detect(content)["encoding"]
        return encoding
    return detect(content)


def _is_surely_utf8(content: bytes) -> bool:
    """Tell whether it is valid UTF-8 with eight continuation bytes or more, no NUL and no byte order mark.

    In another charset, eight pairs that happen to be UTF-8 and none that is not are no text of any language.
    """
    if content.isascii() or 0 in content or content.startswith(_BYTE_ORDER_MARKS[0][0]):
        return False
    continued = 0
    for start in range(0, len(content), _SLICE):
        piece = content[start : start + _SLICE]
        continued += len(piece) - len(piece.translate(None, _CONTINUATIONS))
        if continued >= 8:
            return _is_utf8(content)
    return False


_CONTINUATIONS = bytes(range(0x80, 0xC0))


def guess_json_utf(data: bytes) -> str | None:
    """Return which of the UTF encodings JSON text is in, told from its first four bytes (RFC 4627 §3); else None."""
    sample = bytes(data[:4])
    for mark, name in _BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return name
    if 0 not in sample:
        return "utf-8"
    # The first two characters of JSON are ASCII, so that the places of the NUL bytes tell.
    return _NULLS.get(tuple([index for index, byte in enumerate(sample) if byte == 0]))


_NULLS = {(0, 2): "utf-16-be", (1, 3): "utf-16-le", (0, 1, 2): "utf-32-be", (1, 2, 3): "utf-32-le"}


# -- what headers and markup declare -------------------------------------------------------------------------


def content_type_parts(header: str) -> tuple[str, dict[str, Any]]:
    """Return the media type and the parameters of a Content-Type value; names of parameters in lower case.

    As lenient as requests: a semicolon always separates, quotes and spaces around names and values are dropped,
    what has no `=` is passed over, the last of two equal names wins.
    """
    media_type, *parameters = header.split(";")
    found: dict[str, object] = {}
    for parameter in parameters:
        name, equals, value = parameter.strip().partition("=")
        if equals:
            found[name.strip("\"' ").lower()] = value.strip("\"' ")
    return media_type.strip(), found


def from_headers(headers: Any) -> str | None:
    """Return the charset that a response's headers tell of, or None (`utils.get_encoding_from_headers`).

    `text` without a charset is ISO-8859-1 (RFC 2616 §3.7.1; requests kept it), JSON is UTF-8 (RFC 8259 §8.1).
    """
    value = headers.get("content-type")
    return charset_of(value) if value else None


def from_wire(fields: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return what `from_headers` does, of the fields as they came."""
    values = [value for name, value in fields if len(name) == 12 and name.lower() == b"content-type"]
    return charset_of(b", ".join(values).decode("latin-1")) if values else None


def charset_of(value: str) -> str | None:
    """Return the charset that a Content-Type tells of, or None; remembered by its text, of which servers have few."""
    charset = _CHARSETS.get(value, "")
    if charset != "":  # which no Content-Type is remembered with: "" is asked for again
        return charset
    charset = _charset_of(value)
    if type(value) is str and len(value) <= _MAX_REMEMBERED_LENGTH:
        if len(_CHARSETS) >= _MAX_REMEMBERED:
            _CHARSETS.clear()
        _CHARSETS[value] = charset
    return charset


_CHARSETS: dict[str, str | None] = {}
_MAX_REMEMBERED = 64
_MAX_REMEMBERED_LENGTH = 256


def _charset_of(value: str) -> str | None:
    media_type, parameters = content_type_parts(value)
    if "charset" in parameters:
        charset: str = parameters["charset"].strip("'\"")
        return charset
    if "text" in media_type:
        return "ISO-8859-1"
    if "application/json" in media_type:
        return "utf-8"
    return None


_END_OF_VALUE = "[\"'>]"


def _values_after(line: str, opening: str, key: str, flags: int, at_start: bool = False) -> list[str]:
    """What stands between `key` and the next quote or `>`, once for each `opening` that comes before it.

    One step to the right for every match, and no step twice: when no end is left in the line, nothing further can
    match. (Written as one expression with `.*?` this takes quadratic time on a page of nothing but openings.)
    """
    values: list[str] = []
    position = 0
    openings, keys = re.compile(opening, flags), re.compile(key, flags)
    last_end = max(line.rfind('"'), line.rfind("'"), line.rfind(">"))
    while start := openings.match(line, position) if at_start else openings.search(line, position):
        position = start.end()
        value = None
        while value is None and (found := keys.search(line, position)):
            position = found.end()
            value = _value_at(line, found.start("quotes"), found.end("quotes"), last_end)
        if value is None:
            break
        first, last = value
        values.append(line[first:last])
        position = last + 1
        if at_start:
            break
    return values


def _value_at(line: str, quotes: int, first: int, last_end: int) -> tuple[int, int] | None:
    """Where a value of at least one character begins and ends; quotes before it belong to it only if they must."""
    for begin in range(first, max(quotes, first - 2) - 1, -1):
        # To search where no end is left, once for each key, would take quadratic time.
        if begin < last_end and (end := re.compile(_END_OF_VALUE).search(line, begin + 1)):
            return begin, end.start()
    return None


def declared_in_text(content: str) -> list[str]:
    """Return every charset that markup declares: meta charset, meta pragma, XML declaration, in this order.

    The same as requests' three expressions find, in linear time.
    """
    lines = content.split("\n")
    charsets = [
        value for line in lines for value in _values_after(line, "<meta", "charset=(?P<quotes>[\"']*)", re.IGNORECASE)
    ]
    for line in lines:
        charsets += _values_after(line, "<meta", "content=[\"']*;?charset=(?P<quotes>)", re.IGNORECASE)
    return charsets + _values_after(lines[0], r"<\?xml", "encoding=(?P<quotes>[\"']*)", 0, at_start=True)


# -- text as it arrives --------------------------------------------------------------------------------------


def decode_stream(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Yield the text of `chunks`, a character that is cut in two held back until it is whole; no empty pieces.

    What is wrong in the encoding becomes U+FFFD. LookupError: no such encoding.
    """
    decode = codecs.getincrementaldecoder(encoding)(errors="replace").decode
    for chunk in chunks:
        if text := decode(chunk):
            yield text
    if text := decode(b"", True):
        yield text


def iter_lines(chunks: Iterable[_Text], delimiter: _Text | None = None) -> Iterator[_Text]:
    """Yield the lines of a text that comes in pieces, the same ones however it was cut.

    Without a delimiter they are those of `splitlines()` of the whole; a line that ends in CR is handed out at
    once, and an LF that comes first in a later piece belongs to it. With a delimiter they are those of `split()`
    without an empty last one; an empty delimiter counts as none (as requests). Linear time, also for a long line in
    many small pieces; no more is held than the line that is not yet complete.
    """
    return _cut_at(chunks, delimiter) if delimiter else _cut_lines(chunks)


def _cut_lines(chunks: Iterable[_Text]) -> Iterator[_Text]:
    held: list[_Text] = []  # the pieces of the line that has not ended yet
    after_cr = False
    for chunk in chunks:
        if not chunk:
            continue
        nothing = chunk[:0]
        line_feed, carriage_return = ("\n", "\r") if isinstance(nothing, str) else (b"\n", b"\r")
        if after_cr and chunk.startswith(line_feed):
            chunk = chunk[1:]
            after_cr = False
            if not chunk:
                continue
        lines = chunk.splitlines()
        # Does the piece end with its last line? Only then cutting off the last character leaves the line as it is.
        complete = not chunk[-1:].splitlines()[0]
        if not held:
            last = None if complete else lines.pop()
        elif len(lines) == 1 and not complete:
            held.append(lines[0])
            continue
        else:
            held.append(lines[0])
            lines[0] = nothing.join(held)
            held.clear()
            last = None if complete else lines.pop()
        if last is not None:
            held.append(last)
        after_cr = chunk.endswith(carriage_return)
        yield from lines
    if held:
        yield held[0][:0].join(held)


def _cut_at(chunks: Iterable[_Text], delimiter: _Text) -> Iterator[_Text]:
    nothing = delimiter[:0]
    overlap = len(delimiter) - 1
    held: list[_Text] = []  # pieces of the unfinished item in which no delimiter can begin any more
    tail = nothing  # the end of the unfinished item, in which one may have begun
    for chunk in chunks:
        items = (tail + chunk).split(delimiter)
        tail = items.pop()
        if items:
            held.append(items[0])
            items[0] = nothing.join(held)
            held.clear()
            yield from items
        if len(tail) > overlap:
            cut = len(tail) - overlap
            held.append(tail[:cut])
            tail = tail[cut:]
    held.append(tail)
    if last := nothing.join(held):
        yield last

"""Charsets found out, text decoded as it arrives, lines cut."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite import compat
from httpcore_lite.messages import charsets as encodings
from httpcore_lite.structures import fields_of_wire

# -- iter_lines --------------------------------------------------------------------------------------------

TEXTS = st.text(alphabet="ab\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", max_size=30)
BYTES = st.text(alphabet="ab\r\n\x0b\x0c\x1c\x85", max_size=30).map(lambda text: text.encode("latin-1"))
CUTS = st.lists(st.integers(0, 30), max_size=6)


def cut(content: Any, places: list[int]) -> list[Any]:
    edges = sorted({min(place, len(content)) for place in places} | {0, len(content)})
    return [content[start:end] for start, end in zip(edges, edges[1:], strict=False)] + [content[:0]]


@given(TEXTS, CUTS)
def test_lines_of_text_are_those_of_splitlines_however_it_is_cut(text: str, places: list[int]) -> None:
    assert list(encodings.iter_lines(cut(text, places))) == text.splitlines()
    assert list(encodings.iter_lines(list(text))) == text.splitlines()


@given(BYTES, CUTS)
def test_lines_of_bytes_are_those_of_splitlines_however_they_are_cut(content: bytes, places: list[int]) -> None:
    assert list(encodings.iter_lines(cut(content, places))) == content.splitlines()


@given(st.text(alphabet="ab|", max_size=20), CUTS, st.sampled_from(["|", "||", "ab", "aba", "aa"]))
def test_items_are_those_of_split_without_an_empty_last_one(text: str, places: list[int], delimiter: str) -> None:
    expected = text.split(delimiter)
    if not expected[-1]:
        expected.pop()
    assert list(encodings.iter_lines(cut(text, places), delimiter)) == expected
    content = text.encode()
    assert list(encodings.iter_lines(cut(content, places), delimiter.encode())) == [item.encode() for item in expected]


def test_a_line_that_ends_in_cr_is_handed_out_at_once_and_a_late_lf_belongs_to_it() -> None:
    seen: list[Any] = []

    def pieces() -> Any:
        yield b"one\r"
        assert seen == [b"one"]
        yield b"\n"
        assert seen == [b"one"]
        yield b"\r"
        assert seen == [b"one", b""]
        yield b"two"

    for line in encodings.iter_lines(pieces()):
        seen.append(line)  # noqa: PERF402 - what is seen is looked at in between
    assert seen == [b"one", b"", b"two"]


def test_an_empty_delimiter_counts_as_none() -> None:
    assert list(encodings.iter_lines([b"a\nb"], b"")) == [b"a", b"b"]


def test_a_delimiter_of_the_wrong_type_is_an_error() -> None:
    with pytest.raises(TypeError):
        list(encodings.iter_lines([b"a"], "|"))  # type: ignore[type-var]


@pytest.mark.parametrize("delimiter", [None, b"\n"])
def test_cutting_lines_takes_linear_time(delimiter: bytes | None) -> None:
    body = b"x" * 25 + b"\n"
    body *= 40_000
    began = time.process_time()
    pieces = [body[start : start + 512] for start in range(0, len(body), 512)]
    assert len(list(encodings.iter_lines(pieces, delimiter))) == 40_000
    long = [b"x" * 64] * 100_000
    assert len(list(encodings.iter_lines(long, delimiter))) == 1
    assert time.process_time() - began < 2


# -- detection ---------------------------------------------------------------------------------------------

META = b'<html><head><meta charset="%s"><title>\xd0\xcf\xe9</title>'


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"", None),
        (b"plain", "ascii"),
        (b"\xef\xbb\xbfx", "utf-8-sig"),
        ("x".encode("utf-16"), "utf-16"),
        ("x".encode("utf-32"), "utf-32"),
        ("hello world".encode("utf-16-le"), "utf-16-le"),
        ("hello world".encode("utf-16-be"), "utf-16-be"),
        ("hello world".encode("utf-32-le"), "utf-32-le"),
        ("hello world".encode("utf-32-be"), "utf-32-be"),
        (b"\x00", None),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00>\x00", None),
        ("héllo".encode(), "utf-8"),
        (("é" * 500).encode() + b"\xff", "utf-8"),
        ("héllo".encode("latin-1"), "ISO-8859-1"),
        ("“héllo”".encode("cp1252"), "windows-1252"),
        (b"\x81\x93\xe9", "ISO-8859-1"),
        ("日本語".encode("iso2022_jp"), "iso2022_jp"),
        (META % b"koi8-r", "koi8-r"),
        (META % b"gb2312", "gbk"),
        (META % b"iso-8859-1", "windows-1252"),
        (META % b"Shift_JIS", "cp932"),
        (META % b"utf-8", "utf-8"),
        (META % b"utf-7", "ISO-8859-1"),
        (META % b"utf-16", "ISO-8859-1"),
        (META % b"rot13", "ISO-8859-1"),
        (META % b"unicode_escape", "ISO-8859-1"),
        (META % b"nonsense", "ISO-8859-1"),
        (META % b"../../x", "ISO-8859-1"),
        (b"<?xml version='1.0' encoding='windows-1251'?><a>\xcf\xd0</a>", "cp1251"),
        (b'@charset "iso-8859-2"; a { content: "\xb1" }', "iso8859-2"),
    ],
)
def test_the_charset_is_found(content: bytes, charset: str | None) -> None:
    assert encodings.detect(content) == charset
    if charset is not None:
        content.decode(charset, "replace")


@given(st.text(alphabet=st.characters(exclude_characters="\x00\x1b", exclude_categories=["Cs"]), min_size=1))
def test_any_utf8_without_nul_reads_back(text: str) -> None:
    content = text.encode()
    assert content.decode(encodings.detect(content) or "") == text.removeprefix("\ufeff")


def test_a_broken_end_of_a_long_utf8_body_is_seen_across_slices() -> None:
    assert encodings.detect("é".encode() * 100_000) == "utf-8"
    assert encodings.detect("é".encode() * 3 + b"\xc3") == "ISO-8859-1"


@pytest.mark.parametrize(
    "content",
    [b"<meta" * 200_000 + b"\xff", b"\xff" * 1_000_000, b"\xc3\xa9" * 500_000 + b"\xc3", b" " * 1_000_000 + b"\xff"],
)
def test_detection_takes_linear_time(content: bytes) -> None:
    began = time.process_time()
    encodings.detect(content)
    assert time.process_time() - began < 2


class Detector:
    @staticmethod
    def detect(content: bytes) -> dict[str, Any]:
        return {"encoding": "their word"}


def test_an_installed_detector_has_the_first_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "chardet", Detector, raising=False)
    assert encodings.apparent(b"x") == "their word"
    monkeypatch.setattr(compat, "chardet", None)
    assert encodings.apparent(b"x") == "ascii"


def test_without_a_detector_the_import_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(compat.__dict__, "chardet", raising=False)
    monkeypatch.setitem(sys.modules, "chardet", None)
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    try:
        assert encodings.apparent(b"abc") == "ascii"
        assert "chardet" in compat.__dict__
    finally:
        compat.__dict__.pop("chardet", None)


class Installed(Detector):
    """Stands where charset_normalizer does."""

    __name__ = "charset_normalizer"


@pytest.mark.parametrize(
    ("content", "asked"),
    [
        ("äöüß".encode() * 2, False),
        (b"a" * 100_000 + "äöüß".encode() * 2, False),
        ("漢字".encode() * 40_000, False),
        ("äöüßäöü".encode(), True),  # seven continuation bytes
        ("äöüß".encode() * 2 + b"\xe4", True),
        ("äöüß".encode() * 2 + b"\0", True),
        (("\ufeff" + "äöüß" * 2).encode(), True),
        (b"plain", True),
        (("äöüß" * 9).encode("latin-1"), True),
        (b"", True),
    ],
)
def test_an_installed_detector_is_not_asked_about_what_is_surely_utf8(
    content: bytes, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compat, "chardet", Installed(), raising=False)
    assert encodings.apparent(content) == ("their word" if asked else "utf-8")
    monkeypatch.setattr(compat, "chardet", Detector)
    assert encodings.apparent(content) == "their word"  # one that the program has put there always is


@given(
    st.lists(st.tuples(st.sampled_from([b"Content-Type", b"content-type", b"X"]), st.binary(max_size=12)), max_size=3)
)
def test_the_charset_from_the_wire_is_that_of_the_fields(fields: list[tuple[bytes, bytes]]) -> None:
    assert encodings.from_wire(fields) == encodings.from_headers(fields_of_wire(fields))


def test_what_is_remembered_of_content_types_is_bounded() -> None:
    for number in range(1000):
        assert encodings.charset_of(f"text/plain; charset=c{number}") == f"c{number}"
        encodings.charset_of(f"text/plain; charset={number}" + "x" * 1000)
    assert sum(map(len, encodings._CHARSETS)) < 64 * 256


# -- JSON, headers, markup ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be", "utf-16-le", "utf-32-be", "utf-32-le"]
)
def test_the_encoding_of_json_is_told_from_its_first_bytes(charset: str) -> None:
    assert encodings.guess_json_utf("{}".encode(charset)) == charset
    if charset.endswith(("be", "le")):
        assert encodings.guess_json_utf("\ufeff{}".encode(charset)) == charset[:6]


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x00", b"\x00a", b"\x00\x00a", b"a\x00\x00b"])
def test_what_is_no_json_has_no_encoding(data: bytes) -> None:
    assert encodings.guess_json_utf(data) is None


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("text/html", ("text/html", {})),
        ("text/html; Charset=utf-8", ("text/html", {"charset": "utf-8"})),
        ("a/b ; boundary = '--x' ; ; flag; c=\"d=e\"", ("a/b", {"boundary": "--x", "c": "d=e"})),
        ("; =x", ("", {"": "x"})),
    ],
)
def test_a_content_type_is_taken_apart(header: str, parts: Any) -> None:
    assert encodings.content_type_parts(header) == parts


@pytest.mark.parametrize(
    ("value", "charset"),
    [
        (None, None),
        ("", None),
        ("text/plain", "ISO-8859-1"),
        ("text/html; charset='gbk'", "gbk"),
        ("application/json", "utf-8"),
        ("application/json; charset=latin-1", "latin-1"),
        ("image/png", None),
    ],
)
def test_headers_tell_the_charset(value: str | None, charset: str | None) -> None:
    assert encodings.from_headers({} if value is None else {"content-type": value}) == charset


def test_every_declaration_in_markup_is_found_in_requests_order() -> None:
    content = (
        '<?xml version="1.0" encoding="XML"?>\n<meta charset="HTML5">\n<META content=";charset=P">\n<meta charset=a>'
    )
    assert encodings.declared_in_text(content) == ["HTML5", "P", "a", "P", "XML"]


@pytest.mark.parametrize(
    "piece", ["<meta", "<meta charset=", "<meta charset='", "charset=", '<?xml encoding="', "content=''"]
)
def test_declarations_are_searched_in_linear_time(piece: str) -> None:
    began = time.process_time()
    encodings.declared_in_text(piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 4


# -- decoding as it arrives --------------------------------------------------------------------------------


def test_a_character_cut_in_two_is_held_back_until_it_is_whole() -> None:
    assert list(encodings.decode_stream([b"a\xc3", b"\xa9", b"", b"\xe2\x82"], "utf-8")) == ["a", "é", "\ufffd"]


def test_an_unknown_encoding_is_a_lookup_error() -> None:
    with pytest.raises(LookupError):
        list(encodings.decode_stream([b"a"], "no-such-charset"))


@pytest.mark.parametrize("function", [encodings.iter_lines, lambda pieces: encodings.decode_stream(pieces, "utf-8")])
def test_nothing_is_read_ahead(function: Callable[[Any], Any]) -> None:
    def pieces() -> Any:
        yield b"a\n"
        raise AssertionError("read too far")

    assert next(iter(function(pieces()))) in (b"a", "a\n")

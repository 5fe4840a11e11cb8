"""What a terminal is shown."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.client.command.exit_codes import CommandError
from httpcore_lite.client.command.reporting import visible
from httpcore_lite.client.command.screen import (
    MAX_INDENTED,
    SafeText,
    Screen,
    head_pieces,
    is_binary,
    is_json,
    json_pieces,
    known_charset,
)


def text_of(pieces: list[tuple[str, str]] | None) -> str:
    assert pieces is not None
    return "".join(text for text, _ in pieces)


def shown(body: bytes, content_type: str = "text/plain", charset: str | None = None, size: int = 7) -> str:
    """What a plain terminal is shown of a body that comes in pieces."""
    file = io.StringIO()
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    Screen(file, in_colour=False).body(pieces, content_type, charset)
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x07\x08\x7f\x9b", "\\x07\\x08\\x7f\\x9b"),
        ("\u202eexe.png", "\\u202eexe.png"),
        ("\u2028\U000e0041", "\\u2028\\U000e0041"),
        ("grüße ✓ 日本\u3000", "grüße ✓ 日本\u3000"),
    ],
)
def test_control_characters_are_seen_and_not_obeyed(text: str, seen: str) -> None:
    assert visible(text) == seen


@given(st.binary(max_size=60), st.integers(1, 9))
def test_no_control_character_comes_through_and_pieces_do_not_matter(body: bytes, size: int) -> None:
    text = SafeText("utf-8")
    found = "".join(text.feed(body[start : start + size]) for start in range(0, len(body), size))
    found += text.feed(b"", is_last=True)
    whole = SafeText("utf-8")
    assert found == whole.feed(body) + whole.feed(b"", is_last=True)
    assert not any(
        ord(character) < 32 and character not in "\n\t" or 127 <= ord(character) < 160 for character in found
    )


def test_line_ends_of_any_kind_are_line_feeds_and_the_last_line_is_ended() -> None:
    assert shown(b"one\r\ntwo\r\n\r\nthree", size=4) == "one\ntwo\n\nthree\n"
    assert shown(b"over\rwritten") == "over\\x0dwritten\n"
    assert shown(b"") == ""
    assert shown("é".encode("latin-1"), charset="latin-1") == "é\n"
    assert shown("ß".encode("utf-16"), charset="utf-16") == "ß\n"


def test_a_long_document_is_shown_without_waiting_for_colours() -> None:
    rich = pytest.importorskip("rich.console")
    for count, is_coloured in ((10, True), (30_000, False)):
        file = io.StringIO()
        screen = Screen(file, in_colour=False)
        screen._rich = rich.Console(file=file, force_terminal=True, color_system="truecolor")
        screen.body(iter([json.dumps(["a"] * count).encode()]), "application/json", None)
        assert ("\x1b[" in file.getvalue()) is is_coloured
        assert file.getvalue().count("a") == count


@pytest.mark.parametrize("charset", ["hex", "zip", "base64", "rot13", "quopri", "idna", "punycode", "undefined", "no"])
def test_a_charset_that_is_none_is_utf8(charset: str) -> None:
    assert shown("é 48656c6c6f".encode(), charset=charset) == "é 48656c6c6f\n"


@pytest.mark.parametrize("charset", ["utf-16", "utf-32"])
def test_what_has_no_byte_order_mark_is_little_endian(charset: str) -> None:
    assert shown("ßa".encode(charset + "-le"), charset=charset) == "ßa\n"
    assert shown("\ufeffßa".encode(charset + "-be"), charset=charset) == "ßa\n"


def test_text_without_a_charset_is_utf8_or_else_latin1() -> None:
    assert shown("ét".encode()) == shown("ét".encode("latin-1")) == "ét\n"


# -- JSON --------------------------------------------------------------------------------------------------------------

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.booleans())
def test_indented_json_says_what_it_said(value: object, escaped: bool) -> None:
    text = text_of(json_pieces(json.dumps(value, ensure_ascii=escaped)))
    if "\\x" not in text and "\\U" not in text and "\\u" not in text:  # of what cannot be seen
        assert json.loads(text) == value
    assert not any(ord(character) < 32 and character != "\n" for character in text)


def test_json_keeps_its_order_its_doubled_names_and_its_numbers() -> None:
    text = text_of(json_pieces('{"b":1.0e5,"a":[],"b":{},"c":[1,{"d":-0}],"n":123456789012345678901}'))
    lines = ['{', '    "b": 1.0e5,', '    "a": [],', '    "b": {},', '    "c": [', '        1,', '        {',
             '            "d": -0', '        }', '    ],', '    "n": 123456789012345678901', '}', '']  # fmt: skip
    assert text.split("\n") == lines


def test_escapes_of_letters_are_read_and_others_stay() -> None:
    assert text_of(json_pieces(r'["gr\u00fc\u00dfe", "\u001b[31m", "\ud800", "a\\u0041"]')).split() == [
        "[", '"grüße",', r'"\u001b[31m",', r'"\ud800",', r'"a\\u0041"', "]",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nothing", "[" * 100_000])
def test_what_is_no_json_is_shown_as_it_is(text: str) -> None:
    assert json_pieces(text) is None
    assert shown(text.encode(), "application/json", size=1000) == (text + "\n" if text else "")


def test_a_long_document_is_not_held() -> None:
    body = b'["' + b"x" * MAX_INDENTED + b'"]'
    assert shown(body, "application/json", size=65536) == body.decode() + "\n"


def test_media_types_that_are_json() -> None:
    found = ["application/json", "application/json; charset=utf-8", "application/problem+json", "text/json"]
    assert all(map(is_json, found))
    assert not any(map(is_json, ["", "text/plain", "application/jsonl", "application/x-ndjson"]))


# -- heads, and what is binary -----------------------------------------------------------------------------------------


def test_a_head_is_shown_in_styles_that_say_what_the_status_is() -> None:
    for status, style in (("200 OK", "good"), ("302 Found", "moved"), ("404 Not Found", "bad"), ("500", "bad")):
        pieces = list(head_pieces([f"HTTP/1.1 {status}", "X-A: \x1b[31m\r"]))
        assert pieces[1] == (status + "\n", style)
        assert text_of(pieces) == f"HTTP/1.1 {status}\nX-A: \\x1b[31m\\x0d\n\n"


def test_binary_is_refused_with_what_helps() -> None:
    for body in (b"\x89PNG\r\n\x1a\n", b"text and \0 more", b"\x1f\x8b\x08\xff" * 10):
        with pytest.raises(CommandError) as caught:
            shown(body, "image/\x1bpng; x=y", size=100)
        assert caught.value.code == 23
        assert str(caught.value) == "-o FILE saves the body, -o - prints it all the same: it is binary (image/\\x1bpng)"


def test_text_that_is_cut_in_a_character_is_no_binary() -> None:
    assert not is_binary("é".encode()[:1], "utf-8", is_whole=False)
    assert is_binary("é".encode()[:1], "utf-8", is_whole=True)
    assert not is_binary(b"a" * 4095 + "é".encode(), "utf-8", is_whole=True)
    assert known_charset("no such charset") == known_charset(None) == "utf-8"


def test_a_terminal_with_a_small_charset_gets_escapes() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Screen(file, in_colour=False).write("grüße\n")
    assert file.buffer.getvalue() == b"gr\\xfc\\xdfe\n"  # type: ignore[attr-defined]

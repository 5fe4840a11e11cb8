"""Values of header fields: lists, pairs, quoted strings and links taken apart in linear time, and what can be sent."""

from __future__ import annotations

import time
from typing import Any

import pytest

from httpcore_lite import utils
from httpcore_lite.exceptions import InvalidHeader
from httpcore_lite.messages import fields


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("", []),
        ('token, "quoted value"', ["token", "quoted value"]),
        ('a="b, c", d', ['a="b, c"', "d"]),
        ("a,,b", ["a", "", "b"]),
        ('"a\\"b"', ['a"b']),
        ('"open, never closed', ['"open, never closed']),
        ('"ends in a backslash\\', ['"ends in a backslash']),
        ("back\\slash, x", ["back\\slash", "x"]),
    ],
)
def test_a_list_is_taken_apart(value: str, items: list[str]) -> None:
    assert fields.parse_list_header(value) == items


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('foo="is a fish", bar="as well"', {"foo": "is a fish", "bar": "as well"}),
        ("key_without_value", {"key_without_value": None}),
        ('a=1, b="", c, d="x=y"', {"a": "1", "b": "", "c": None, "d": "x=y"}),
    ],
)
def test_pairs_of_a_header_are_taken_apart(value: str, found: dict[str, str | None]) -> None:
    assert fields.parse_dict_header(value) == found


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        ("", ""),
        ("Test", "Test"),
        ('"Test"', "Test"),
        ('"Test\\\\"', "Test\\"),
        ('"\\\\Comp\\Res"', "\\Comp\\Res"),
    ],
)
def test_a_quoted_string_loses_its_quotes(value: Any, plain: Any) -> None:
    assert fields.unquote_header_value(value) == plain


def test_the_name_of_a_share_keeps_its_backslashes() -> None:
    assert fields.unquote_header_value('"\\\\Comp\\Res"', True) == "\\\\Comp\\Res"


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ("", []),
        ("<http:/x>", [{"url": "http:/x"}]),
        ('<a>; rel=front; type="image/jpeg", <b>;', [{"url": "a", "rel": "front", "type": "image/jpeg"}, {"url": "b"}]),
        ("<a>; x=1=2; y=3", [{"url": "a"}]),
    ],
)
def test_links_are_taken_apart(value: str, links: list[dict[str, str]]) -> None:
    assert fields.parse_header_links(value) == links


@pytest.mark.parametrize("piece", ['"', "\\", '\\"', ",", '"\\', "a,", '"a",', "<;=", ", <", ", ", "; a=b", '="'])
def test_hostile_headers_take_linear_time(piece: str) -> None:
    value = piece * (1_000_000 // len(piece))
    began = time.process_time()
    fields.parse_list_header(value)
    fields.parse_dict_header(value)
    fields.parse_header_links(value)
    utils._parse_content_type_header(value)
    # A quadratic way through a megabyte takes many minutes; a linear one well under a second on a quiet machine.
    assert time.process_time() - began < 40


@pytest.mark.parametrize("header", [("a", "b"), (b"a", b"b"), ("a", ""), ("a b", "c\td "), ("é", "é"), ("a", b"")])
def test_legal_headers_pass(header: Any) -> None:
    fields.check_header_validity(header)


@pytest.mark.parametrize(
    "header",
    [("", "v"), (":a", "v"), ("a:b", "v"), (" a", "v"), ("a\n", "v"), ("a", " v"), ("a", "v\r\nx: y"), ("a", "\n")]
    + [(b"a:", b"v"), (b"a", b"\tv"), (b"a", b"v\n"), ("a", 3), (3, "a"), ("a", None), ("a", ["b"])],
)
def test_illegal_headers_are_an_error(header: Any) -> None:
    with pytest.raises(InvalidHeader):
        fields.check_header_validity(header)

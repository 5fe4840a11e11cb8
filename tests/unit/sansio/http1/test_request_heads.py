"""What is a request's head, and what is refused before it is one."""

from __future__ import annotations

import re

import pytest

from httpcore_lite.sansio.errors import InvalidHeader
from httpcore_lite.sansio.http1.protocol import Protocol
from httpcore_lite.sansio.http1.request_heads import RequestHeads, trailer_fields


def request(method: str = "GET", *fields: tuple[str, str]) -> object:
    return RequestHeads().build(method, "/", list(fields), "example.org")


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\0b", "a\x0bb", "a\x1fb", "a\x7fb", "\u20ac", b"a\r\nb"])
def test_a_value_that_is_none_is_refused_and_named(value: str) -> None:
    with pytest.raises(InvalidHeader, match="X-Culprit"):
        request("GET", ("X-Culprit", value))


def test_the_refusal_shows_the_value_and_its_control_character_unless_the_name_speaks_of_secrets() -> None:
    with pytest.raises(InvalidHeader, match=re.escape(r"the control character b'\n': 'a\nb'")):
        request("GET", ("X-Culprit", "a\nb"))
    with pytest.raises(InvalidHeader) as caught:
        request("GET", ("Authorization", "hush\n"), ("Authorization", "hush\0"))
    assert "hush" not in str(caught.value)


def test_trailers_are_sent_as_fields_and_what_must_precede_the_body_is_no_trailer() -> None:
    assert trailer_fields({"X-Sum": "1", "X-None": None}) == [(b"X-Sum", b"1")]
    assert trailer_fields([("X-Sum", "1"), ("X-Sum", "2")]) == [(b"X-Sum", b"1"), (b"X-Sum", b"2")]
    for name in ("Authorization", "content-length", "Transfer-Encoding", "UPGRADE"):
        with pytest.raises(InvalidHeader, match=name):
            trailer_fields({name: "1"})


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "\u00e4", "a\0"])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(InvalidHeader):
        request("GET", (name, "x"))


@pytest.mark.parametrize("target", ["/a b", "/a\r\nX: y", "/\u00e4", "", "/\0"])
def test_a_target_that_must_be_escaped_is_refused(target: str) -> None:
    with pytest.raises(InvalidHeader):
        RequestHeads().build("GET", target, [], "example.org")


@pytest.mark.parametrize("method", ["GET /", "G\r\nET", "", "G\u00c4T"])
def test_a_method_that_is_no_token_is_refused(method: str) -> None:
    with pytest.raises(InvalidHeader):
        RequestHeads().build(method, "/", [], "example.org")


def test_values_go_out_as_latin_1_without_the_space_around_them() -> None:
    out = Protocol().start(request("GET", ("X-A", " \u00e9 "), ("x-B", b"\xe9")), b"")  # type: ignore[arg-type]
    assert b"X-A: \xe9\r\nx-B: \xe9\r\n" in out


def test_an_own_host_field_takes_the_place_of_ours() -> None:
    out = Protocol().start(request("GET", ("hOST", "other")), b"")  # type: ignore[arg-type]
    assert out == b"GET / HTTP/1.1\r\nhOST: other\r\n\r\n"


def test_a_field_that_is_none_is_absent() -> None:
    heads = RequestHeads()
    built = heads.build("GET", "/", [("X-A", None), ("X-B", "b")], "h")
    assert built.headers.raw_items() == [(b"Host", b"h"), (b"X-B", b"b")]


def test_a_remembered_head_is_used_again_only_for_equal_fields() -> None:
    heads = RequestHeads()
    fields: list[tuple[str, str]] = [("X-A", "1")]
    first = heads.build("GET", "/", list(fields), "h")
    assert heads.build("GET", "/", list(fields), "other").headers != first.headers
    assert heads.build("GET", "/other", list(fields), "h").headers == first.headers
    fields[0] = ("X-A", "2\r\n")
    with pytest.raises(InvalidHeader):
        heads.build("GET", "/", list(fields), "h")

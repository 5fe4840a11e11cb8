"""The content of a body: no further than asked for, within limits, and one error each time."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from httpcore_lite.sansio.errors import DecodeError, ResponseTooLarge
from httpcore_lite.sansio.http1.content import LIMITED_STEP, Content

TEXT = bytes(range(256)) * 40
CODED = gzip.compress(TEXT, mtime=0)


def content(**limits: Any) -> Content:
    made = Content.coded("gzip", **limits)
    assert made is not None
    return made


def read(made: Content, coded: list[bytes], amt: int | None, some: bool = False, framed: bool = True) -> bytes:
    while (data := made.take(amt, some)) is None:
        made.feed(coded.pop(0) if coded else b"", framed)
    return data


@pytest.mark.parametrize("size", [1, 7, 100, len(CODED)])
def test_as_much_as_is_asked_for_is_given_however_the_bytes_are_cut(size: int) -> None:
    made, coded = content(), [CODED[at : at + size] for at in range(0, len(CODED), size)]
    assert read(made, coded, 10) == TEXT[:10]
    assert 0 < len(read(made, coded, 5000, some=True)) <= 5000
    made, coded = content(), [CODED[at : at + size] for at in range(0, len(CODED), size)]
    assert read(made, coded, None) == TEXT
    assert (read(made, coded, None), read(made, coded, 5)) == (b"", b"")


def test_no_more_is_fed_than_is_needed() -> None:
    made, coded = content(), [CODED, b"never"]
    assert read(made, coded, len(TEXT)) == TEXT
    assert coded == [b"never"]


def test_a_response_without_a_body_may_name_a_coding() -> None:
    assert read(content(), [], None) == b""


@pytest.mark.parametrize("coded", [[b"nonsense"], [CODED[:-9]]])
def test_what_is_no_such_stream_is_an_error_each_time_and_what_came_before_is_held(coded: list[bytes]) -> None:
    made = content()
    with pytest.raises(DecodeError) as caught:
        read(made, coded, 1 << 20)
    assert TEXT.startswith(made.held())
    with pytest.raises(DecodeError) as again:
        made.take(1)
    assert again.value is not caught.value  # or it would keep the frames of the first


@pytest.mark.parametrize("amt", [None, 100, LIMITED_STEP])
def test_a_limit_lets_through_what_it_says_and_no_byte_more(amt: int | None) -> None:
    assert read(content(max_size=len(TEXT)), [CODED], None) == TEXT
    made, coded, got = content(max_size=1000), [CODED], b""
    with pytest.raises(ResponseTooLarge):
        for _ in range(1000):
            got += read(made, coded, amt)
    assert got + made.held() == TEXT[:1000]
    with pytest.raises(ResponseTooLarge):
        made.take(1)


def test_a_coding_that_is_not_known_leaves_nothing_to_take_off() -> None:
    assert Content.coded("unknown") is None
    assert Content.assigned(None) is None

"""What the body readers say at the edges; that they equal h11's is a property test's business."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_lite.sansio.errors import IncompleteRead, InvalidChunkLength, ProtocolError
from httpcore_lite.sansio.http1.framing import (
    MAX_CHUNK_LINE,
    MAX_SIZE_LENGTH,
    MAX_SIZES,
    MAX_TRAILERS,
    ChunkedReader,
    CloseReader,
    LengthReader,
)


def test_what_lies_behind_the_end_is_given_back() -> None:
    pieces: list[bytes] = []
    assert LengthReader(3).receive(b"abcNEXT", pieces) == b"NEXT"
    assert ChunkedReader().receive(b"1\r\nx\r\n0\r\n\r\nNEXT", pieces) == b"NEXT"
    assert pieces == [b"abc", b"x"]


def test_chunks_are_never_joined() -> None:
    pieces: list[bytes] = []
    ChunkedReader().receive(b"1\r\na\r\n1;ext=1\r\nb\r\n", pieces)
    assert pieces == [b"a", b"b"]


def test_an_early_end_is_an_incomplete_read() -> None:
    reader = LengthReader(5)
    reader.receive(b"ab", [])
    with pytest.raises(IncompleteRead) as caught:
        reader.receive_eof()
    assert (caught.value.partial, caught.value.expected) == (2, 3)
    with pytest.raises(IncompleteRead):
        ChunkedReader().receive_eof()


def test_an_end_by_closing_is_an_end() -> None:
    reader = CloseReader()
    reader.receive(b"abc", [])
    reader.receive_eof()
    assert (reader.ended, reader.received, reader.direct) == (True, 3, 0)


@pytest.mark.parametrize("line", [b"", b"+1", b"0x1", b"1_0", b"-1", b"g", b" 1", b"1" * 21, b"\r\nx"])
def test_a_size_that_is_no_hexadecimal_number_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidChunkLength):
        ChunkedReader().receive(line + b"\r\n", [])


def test_lines_and_trailers_have_bounds() -> None:
    with pytest.raises(InvalidChunkLength):
        ChunkedReader().receive(b"1;" + b"x" * MAX_CHUNK_LINE, [])
    with pytest.raises(ProtocolError, match="trailer section is longer"):
        ChunkedReader().receive(b"0\r\nX: " + b"x" * MAX_TRAILERS, [])


def test_no_more_size_lines_are_remembered_than_a_bound_and_none_behind_the_end() -> None:
    reader, pieces = ChunkedReader(), list[bytes]()
    for number in range(3 * MAX_SIZES):
        reader.receive(b"1;%d\r\nx\r\n1;%s\r\ny\r\n" % (number, b"z" * MAX_SIZE_LENGTH), pieces)
        assert len(reader._sizes) <= MAX_SIZES
        assert max(map(len, reader._sizes), default=0) <= MAX_SIZE_LENGTH
    assert pieces == [b"x", b"y"] * (3 * MAX_SIZES)
    reader.receive(b"0\r\n\r\n", pieces)
    assert (reader.ended, reader._sizes) == (True, {})


def test_trailers_are_kept() -> None:
    reader = ChunkedReader()
    reader.receive(b"0\r\nDigest: x\r\n\r\n", [])
    assert reader.trailers == [(b"Digest", b"x")]


@pytest.mark.parametrize(
    "reader", [LengthReader(9), CloseReader(), ChunkedReader()], ids=lambda one: type(one).__name__
)
def test_bytes_received_straight_into_their_place_are_counted(reader: Any) -> None:
    if isinstance(reader, ChunkedReader):
        assert reader.receive(b"9\r\n", []) == b""
    reader.advance(4)
    assert reader.receive(b"12345", []) == b""
    assert reader.received == 9


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_every_byte_of_chunks_of_one_size_is_counted(count: int) -> None:
    reader, pieces = ChunkedReader(), []  # type: ignore[var-annotated]
    assert reader.receive(b"5;x\r\nhello\r\n" * count + b"2\r\nhe", pieces) == b""
    assert pieces == [b"hello"] * count + [b"he"]
    assert reader.received == 5 * count + 2


def test_a_response_of_nothing_but_a_bad_size_is_refused_as_a_later_one_is() -> None:
    for before in (b"", b"1\r\nx\r\n"):
        with pytest.raises(InvalidChunkLength):
            ChunkedReader().receive(before + b"x\r\n", [])

"""Where the bytes of a request's body come from, and whether they can be sent again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from httpcore_lite.sansio.http1.request_body import READ_SIZE, FileRegion, OutgoingBody, regions_of


@pytest.mark.parametrize(
    ("source", "data"),
    [(None, b""), (b"x", b"x"), ("ü", b"\xc3\xbc"), (bytearray(b"x"), b"x"), (memoryview(b"x"), b"x")],
)
def test_what_is_in_memory_is_one_piece_and_always_repeatable(source: Any, data: bytes) -> None:
    body = OutgoingBody(source)
    assert (body.data, type(body.data)) == (data, bytes)
    body.rewind()
    assert body.is_repeatable


def test_a_file_is_read_in_blocks_and_sent_again_from_where_it_stood() -> None:
    source = io.BytesIO(b"skip" + b"x" * (READ_SIZE + 1))
    source.seek(4)
    body = OutgoingBody(source)
    assert (body.data, body.position) == (None, 4)
    for _ in range(2):
        assert [len(piece) for piece in body.pieces()] == [READ_SIZE, 1]
        assert body.is_repeatable
        body.rewind()


def test_a_position_that_the_caller_recorded_counts() -> None:
    source = io.BytesIO(b"0123")
    source.seek(3)
    body = OutgoingBody(source, 1)
    assert list(body.pieces()) == [b"3"]
    body.rewind()
    assert list(body.pieces()) == [b"123"]


def test_an_iterable_is_used_up_by_being_sent() -> None:
    body = OutgoingBody(iter(["ü", b"a", bytearray(b"b")]))
    assert body.is_repeatable, "nothing of it was taken yet"
    assert list(body.pieces()) == [b"\xc3\xbc", b"a", b"b"]
    assert not body.is_repeatable


def test_a_file_that_cannot_tell_is_not_repeatable() -> None:
    class Pipe(io.BytesIO):
        def tell(self) -> int:
            raise OSError("a pipe has no position")

    body = OutgoingBody(Pipe(b"x"))
    assert list(body.pieces()) == [b"x"]
    assert not body.is_repeatable


def test_pieces_of_another_kind_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="not of int"):
        list(OutgoingBody([1]).pieces())


def test_what_can_only_be_read_is_a_body() -> None:
    class Source:
        pieces_left = [b"a", b"b"]

        def read(self, size: int) -> bytes:
            return self.pieces_left.pop(0) if self.pieces_left else b""

    assert list(OutgoingBody(Source()).pieces()) == [b"a", b"b"]


def test_a_body_that_was_not_begun_has_nothing_to_rewind() -> None:
    body = OutgoingBody(iter([b"a"]))
    body.rewind()
    assert list(body.pieces()) == [b"a"]


def test_a_file_is_named_to_the_operating_system_only_where_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123")
    with path.open("rb") as file:
        assert list(OutgoingBody(file).pieces()) == [b"0123"]
        file.seek(1)
        region = next(iter(OutgoingBody(file).pieces(regions=True)))
        assert isinstance(region, FileRegion)
        assert (region.descriptor, region.offset, len(region)) == (file.fileno(), 1, 3)


def test_a_file_that_says_it_is_empty_is_read_and_not_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    with path.open("rb") as file:
        assert regions_of(file) is None

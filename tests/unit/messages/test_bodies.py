"""Bodies as programs give them: how long they are, put back to where they began, sliced; and pairs."""

from __future__ import annotations

import io
import tarfile
import warnings
from pathlib import Path
from typing import Any

import pytest

from httpcore_lite.exceptions import FileModeWarning, UnrewindableBodyError
from httpcore_lite.messages import bodies


class Sized:
    def __init__(self, size: int) -> None:
        self.len = size


class NoTell:
    def __len__(self) -> int:
        return 5

    def tell(self) -> int:
        raise OSError


class OnlyTell:
    def tell(self) -> int:
        raise OSError

    def seek(self, offset: int, whence: int) -> None:
        raise AssertionError


class NoSeek:
    def tell(self) -> int:
        return 0

    def seek(self, *args: int) -> None:
        raise OSError


@pytest.mark.parametrize(
    ("body", "length"),
    [
        ("é", 2),
        (b"abc", 3),
        ([1, 2, 3], 3),
        (Sized(5), 5),
        (NoTell(), 0),
        (OnlyTell(), 0),
        (NoSeek(), 0),
        (object(), 0),
        (io.BytesIO(b"four"), 4),
        (io.StringIO("four"), 4),
    ],
)
def test_the_length_of_a_body_is_found(body: Any, length: int) -> None:
    assert bodies.super_len(body) == length


def test_what_was_read_already_does_not_count(tmp_path: Path) -> None:
    memory = io.BytesIO(b"12345")
    memory.read(2)
    assert bodies.super_len(memory) == 3
    assert memory.tell() == 2
    path = tmp_path / "f"
    path.write_bytes(b"12345")
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("error")
        file.read(4)
        assert bodies.super_len(file) == 1
        file.seek(99)
        assert bodies.super_len(file) == 0


def test_a_file_in_text_mode_is_measured_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("Test")
    with path.open() as file, pytest.warns(FileModeWarning) as caught:
        assert bodies.super_len(file) == 4
    assert caught[0].filename == __file__ or caught[0].filename.endswith("utils.py")


def test_a_member_of_an_archive_is_measured(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t", "w") as tar:
        info = tarfile.TarInfo("m")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"Test"))
    with tarfile.open(tmp_path / "t") as tar:
        assert bodies.super_len(tar.extractfile("m")) == 4


class Prepared:
    def __init__(self, body: Any, position: Any) -> None:
        self.body = body
        self._body_position = position


def test_a_body_is_put_back_to_where_it_began() -> None:
    body = io.BytesIO(b"abcdef")
    body.read()
    bodies.rewind_body(Prepared(body, 2))  # type: ignore[arg-type]
    assert body.read() == b"cdef"


class Stuck(io.BytesIO):
    def seek(self, *args: int) -> int:
        raise OSError


@pytest.mark.parametrize(
    ("body", "position"), [(b"x", 0), (io.BytesIO(), None), (io.BytesIO(), object()), (Stuck(), 0)]
)
def test_a_body_that_cannot_be_put_back_is_an_error(body: Any, position: Any) -> None:
    with pytest.raises(UnrewindableBodyError):
        bodies.rewind_body(Prepared(body, position))  # type: ignore[arg-type]


class Named:
    def __init__(self, name: Any) -> None:
        self.name = name


@pytest.mark.parametrize(
    ("name", "guess"),
    [("/a/b.txt", "b.txt"), (b"/a/b", b"b"), ("<stdin>", None), (b"<x>", None), (3, None), ("", None), (None, None)],
)
def test_the_name_of_a_file_is_guessed(name: Any, guess: Any) -> None:
    assert bodies.guess_filename(Named(name)) == guess
    assert bodies.guess_filename(object()) is None


@pytest.mark.parametrize(
    ("length", "slices"), [(2, ["ab", "c"]), (3, ["abc"]), (None, ["abc"]), (0, ["abc"]), (-1, ["abc"])]
)
def test_text_is_sliced(length: int | None, slices: list[str]) -> None:
    assert list(bodies.iter_slices("abc", length)) == slices
    assert list(bodies.iter_slices("", length)) == []
    assert list(bodies.iter_slices(b"abc", length)) == [piece.encode() for piece in slices]


# -- pairs ------------------------------------------------------------------------------------------------------------


def test_pairs_and_mappings_are_the_same_to_us() -> None:
    assert bodies.to_key_val_list({"a": 1}) == bodies.to_key_val_list([("a", 1)]) == [("a", 1)]
    assert bodies.to_key_val_list(None) is bodies.from_key_val_list(None) is None
    assert bodies.from_key_val_list([("a", 1)]) == {"a": 1}
    assert list(bodies.dict_to_sequence({"a": 1})) == [("a", 1)]
    assert bodies.dict_to_sequence([("a", 1)]) == [("a", 1)]


@pytest.mark.parametrize("value", ["string", b"bytes", 3, True])
def test_scalars_are_no_pairs(value: Any) -> None:
    for function in (bodies.to_key_val_list, bodies.from_key_val_list):
        with pytest.raises(ValueError, match="2-tuples"):
            function(value)

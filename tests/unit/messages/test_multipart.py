"""multipart/form-data: the bytes on the wire, and that no name can break out of its place."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.exceptions import ConnectionError
from httpcore_lite.messages.multipart import (
    MAX_IN_MEMORY,
    MultipartBody,
    RequestField,
    choose_boundary,
    encode_files,
    encode_multipart_formdata,
    format_multipart_header_param,
    guess_content_type,
    iter_field_objects,
)
from httpcore_lite.messages.part_content import content_of
from httpcore_lite.sansio.http1.request_body import FileRegion


def encoded(files: Any, data: Any = None) -> bytes:
    """The body, its random boundary replaced by B."""
    body, content_type = encode_files(files, data)
    boundary = content_type.removeprefix("multipart/form-data; boundary=")
    assert len(boundary) == 32
    return body.replace(boundary.encode(), b"B")


def part(head: str, content: bytes) -> bytes:
    return b"--B\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"


END = b"--B--\r\n"


@pytest.mark.parametrize(
    ("files", "data", "body"),
    [
        ({"f": b"c"}, None, part('Content-Disposition: form-data; name="f"; filename="f"', b"c")),
        ({"f": "é"}, None, part('Content-Disposition: form-data; name="f"; filename="f"', "é".encode())),
        ({"f": ("n.txt", "c")}, None, part('Content-Disposition: form-data; name="f"; filename="n.txt"', b"c")),
        ({"f": (None, "c")}, None, part('Content-Disposition: form-data; name="f"', b"c")),
        (
            {"f": ("n", io.BytesIO(b"c"), "text/plain")},
            None,
            part('Content-Disposition: form-data; name="f"; filename="n"\r\nContent-Type: text/plain', b"c"),
        ),
        (
            {"f": ("n", "c", "t/t", {"X-A": "1", "Content-Type": "gone", "X-B": ""})},
            None,
            part('Content-Disposition: form-data; name="f"; filename="n"\r\nContent-Type: t/t\r\nX-A: 1', b"c"),
        ),
        (
            [("f", b"1"), ("f", bytearray(b"2")), ("g", None), ("h", ("n", None))],
            None,
            part('Content-Disposition: form-data; name="f"; filename="f"', b"1")
            + part('Content-Disposition: form-data; name="f"; filename="f"', b"2"),
        ),
        (
            {"f": b"c"},
            {"a": ["1", 2, None], b"b": b"x", "n": None},
            part('Content-Disposition: form-data; name="a"', b"1")
            + part('Content-Disposition: form-data; name="a"', b"2")
            + part('Content-Disposition: form-data; name="b"', b"x")
            + part('Content-Disposition: form-data; name="f"; filename="f"', b"c"),
        ),
        ({"f": 12}, [("a", True)], part('Content-Disposition: form-data; name="a"', b"True")
         + part('Content-Disposition: form-data; name="f"; filename="f"', b"12")),
    ],
)  # fmt: skip
def test_files_and_data_become_parts(files: Any, data: Any, body: bytes) -> None:
    assert encoded(files, data) == body + END


def test_a_files_own_name_is_its_file_name() -> None:
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(b"content")
        file.seek(3)
        name = os.path.basename(file.name)
        assert (
            encoded({"f": file}) == part(f'Content-Disposition: form-data; name="f"; filename="{name}"', b"tent") + END
        )


@pytest.mark.parametrize(("files", "data"), [(None, {}), ({}, None), ({"f": b""}, "text"), ({"f": b""}, b"bytes")])
def test_no_files_or_data_without_fields_is_an_error(files: Any, data: Any) -> None:
    with pytest.raises(ValueError):
        encode_files(files, data)


def test_content_that_cannot_be_sent_is_an_error() -> None:
    with pytest.raises(TypeError):
        encode_files({"f": ("n", {"a": 1})}, None)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('a"b', 'x="a%22b"'),
        ("a\r\nb", 'x="a%0D%0Ab"'),
        ("a\\b%", 'x="a\\b%"'),
        ("ünï", 'x="ünï"'),
        ("ü".encode(), 'x="ü"'),
    ],
)
def test_quotes_and_line_ends_in_names_are_percent_encoded(value: Any, written: str) -> None:
    assert format_multipart_header_param("x", value) == written


@given(st.text(), st.text())
def test_no_name_ends_its_parameter_or_its_line(name: str, filename: str) -> None:
    name, filename = (text.encode("utf-8", "replace").decode() for text in (name, filename))
    body = encoded({name: (filename, b"c")})
    head, _, rest = body.removeprefix(b"--B\r\n").partition(b"\r\n\r\n")
    assert rest == b"c\r\n--B--\r\n"
    assert b"\r" not in head
    assert b"\n" not in head
    assert head.count(b'"') == 4


def test_fields_have_urllib3s_shape() -> None:
    field = RequestField.from_tuples("n", ("a.txt", b"c"))
    assert field.headers["Content-Type"] == "text/plain"
    assert RequestField.from_tuples("n", ("a", b"c", "t/t")).headers["Content-Type"] == "t/t"
    assert RequestField.from_tuples("n", b"c").render_headers() == 'Content-Disposition: form-data; name="n"\r\n\r\n'
    assert RequestField("n", b"c").render_headers() == "\r\n"
    field = RequestField("n", b"c", headers={"X": "y"}, header_formatter=lambda name, value: f"{name}={value!r}")
    field.make_multipart(content_disposition="attachment", content_location="/l")
    assert field.render_headers() == (
        "Content-Disposition: attachment; name='n'\r\nContent-Location: /l\r\nX: y\r\n\r\n"
    )
    assert field._render_parts({"a": "1", "b": None}) == "a='1'"
    assert [found.data for found in iter_field_objects([field, ("m", "v")])] == [b"c", "v"]


def test_media_types_are_guessed_from_names() -> None:
    assert guess_content_type("a.jpg") == "image/jpeg"
    assert guess_content_type("a.unheard-of") == guess_content_type(None) == "application/octet-stream"


def test_a_boundary_can_be_chosen_and_is_random_otherwise() -> None:
    assert encode_multipart_formdata({"a": "b"}, "x")[1] == "multipart/form-data; boundary=x"
    assert choose_boundary() != choose_boundary()


# -- the body as it is streamed ----------------------------------------------------------------------------


def test_a_body_knows_its_length_and_comes_twice() -> None:
    file = io.BytesIO(b"skipped" + b"x" * 200_000)
    file.seek(7)
    body = MultipartBody([("a", "é"), RequestField("f", file), ("b", memoryview(b"m"))])
    pieces = list(body)
    assert body.length == sum(map(len, pieces)) == len(body.encode())
    assert max(map(len, pieces)) <= 1 << 16
    assert b"".join(body) == b"".join(pieces)


def test_nothing_of_a_file_is_read_before_the_body_is() -> None:
    class Untouched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size == 0
            return super().read(size)

    assert MultipartBody([RequestField("f", Untouched(b"abc"))]).length is not None


def test_a_part_of_unknown_size_leaves_the_length_open() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        body = MultipartBody([RequestField("p", pipe), RequestField("i", iter([b"1", b"2"]))], "B")
        assert body.length is None
        assert body.encode() == b"--B\r\n\r\nfrom a pipe\r\n--B\r\n\r\n12\r\n--B--\r\n"


def test_text_files_are_sent_as_utf8_and_counted_in_bytes() -> None:
    body = MultipartBody([RequestField("p", io.StringIO("é" * 70_000))], "B")
    assert body.length == len(body.encode()) == len("é".encode()) * 70_000 + len(b"--B\r\n\r\n\r\n--B--\r\n")
    assert "ééé".encode() in body.encode()


def test_a_file_that_shrinks_is_an_error() -> None:
    file = io.BytesIO(b"four")
    body = MultipartBody([RequestField("f", file)])
    file.truncate(2)
    with pytest.raises(ConnectionError, match="not the size any more that it had .4 bytes"):
        body.encode()


def test_a_file_that_grows_is_sent_up_to_where_it_was() -> None:
    file = io.BytesIO(b"four")
    body = MultipartBody([RequestField("f", file)], "B")
    file.seek(0, 2)
    file.write(b" and more")
    assert body.encode() == b"--B\r\n\r\nfour\r\n--B--\r\n"


def test_a_file_that_was_closed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(bytes(2 << 20))
    with path.open("rb") as file:
        body, _ = encode_files({"f": file}, None)
    with pytest.raises(ConnectionError, match=r"report.pdf' of this form cannot be read .* must stay open"):
        list(body)


# -- where the bytes of a part come from -----------------------------------------------------------------------


class Pipe:
    """Reads, and cannot go back."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


class Promise(Pipe):
    """Tells how much it will give."""

    def __init__(self, content: bytes, told: int) -> None:
        super().__init__(content)
        self.len = told


class Careless(Pipe):
    """Its read() knows no size."""

    def read(self) -> bytes:  # type: ignore[override]
        return self._file.read()


class Generous(Pipe):
    """Gives more than it is asked for."""

    def read(self, size: int = -1) -> bytes:
        return self._file.read(max(5, size))


@pytest.mark.parametrize("kind", [io.BytesIO, Pipe, Careless, Generous, lambda content: Promise(content, len(content))])
def test_every_kind_of_file_gives_its_content(kind: Any) -> None:
    content = content_of(kind(b"0123456789"))
    assert content.size == 10
    assert b"".join(content.pieces(False)) == b"0123456789"


def test_a_long_pipe_has_no_size_and_is_given_once() -> None:
    whole = os.urandom(3 << 20)
    content = content_of(Pipe(whole))
    assert content.size is None
    assert not content.repeatable
    assert b"".join(content.pieces(False)) == whole
    body = MultipartBody([RequestField("f", Pipe(whole))])
    assert not hasattr(body, "len")
    with pytest.raises(OSError, match="second time"):
        body.tell()


@pytest.mark.parametrize("told", [9, 11])
def test_a_size_that_was_promised_is_kept_or_an_error(told: int) -> None:
    with pytest.raises(ConnectionError, match=f"than the {told} that it told"):
        list(content_of(Promise(b"0123456789", told)).pieces(False))


def test_a_compressed_file_is_as_long_as_what_is_read_of_it() -> None:
    import gzip

    file = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"x" * 100_000)))
    content = content_of(file)
    assert content.size == 100_000
    assert b"".join(content.pieces(True)) == b"x" * 100_000


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="there is no /proc")
def test_a_file_that_says_it_is_empty_is_read() -> None:
    with open("/proc/self/limits", "rb") as file:
        content = content_of(file)
        assert content.size
        assert b"Max open files" in b"".join(content.pieces(True))


def test_a_file_that_is_named_twice_is_empty_the_second_time_as_with_requests() -> None:
    file = io.BytesIO(b"once")
    body = encoded([("a", file), ("b", file)])
    assert body.count(b"once") == 1
    assert body.count(b" name=") == 2


def test_a_long_form_is_read_while_it_is_sent_and_as_often_as_needed(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(os.urandom(MAX_IN_MEMORY))
    with path.open("rb") as file:
        file.seek(3)
        body, _ = encode_files({"f": file}, {"a": "b"})
        assert isinstance(body, MultipartBody)
        assert body.tell() == body.seek(0) == 0
        first = b"".join(body)
        assert b"".join(body) == first
        assert len(first) == body.len
        assert path.read_bytes()[3:] in first
        with pytest.raises(OSError, match="start only"):
            body.seek(1)
        regions = [piece for piece in body.pieces(regions=True) if isinstance(piece, FileRegion)]
        assert [(region.offset, region.size) for region in regions] == [(3, MAX_IN_MEMORY - 3)]
        assert file.tell() == MAX_IN_MEMORY

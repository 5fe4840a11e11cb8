"""multipart/form-data: the bytes on the wire, and that no name can break out of its place."""

from __future__ import annotations

import io
import os
import tempfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.multipart import (
    MultipartBody,
    RequestField,
    choose_boundary,
    encode_files,
    encode_multipart_formdata,
    format_multipart_header_param,
    guess_content_type,
    iter_field_objects,
)


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


def test_text_files_are_sent_as_utf8_with_no_length_announced() -> None:
    body = MultipartBody([RequestField("p", io.StringIO("é"))], "B")
    assert body.length is None
    assert "é".encode() in body.encode()


def test_a_file_that_shrinks_is_an_error() -> None:
    file = io.BytesIO(b"four")
    body = MultipartBody([RequestField("f", file)])
    file.truncate(2)
    with pytest.raises(ValueError, match="2 bytes"):
        body.encode()

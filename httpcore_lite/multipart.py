"""multipart/form-data: forms with files, written as browsers write them (RFC 7578, WHATWG HTML §4.10.21.8).

A body is a row of parts, each a head and its content, with a boundary between them:

    --boundary CRLF  head CRLF CRLF  content CRLF      for each part
    --boundary-- CRLF

The bytes are those that requests sends: `Content-Disposition`, `Content-Type`, `Content-Location`, then the part's
other headers; in names and file names a quote and line ends are percent-encoded, everything else is UTF-8 as it
is, so that no name can end its parameter or its line.

`MultipartBody` writes the format, in one piece or piece by piece with bounded memory. The functions above it have the
names and parameters of urllib3's (`RequestField`, `encode_multipart_formdata`, `choose_boundary`), because programs
use those, and `encode_files` is what requests makes of `files=` and `data=`.
"""

from __future__ import annotations

import os

from .utils import guess_filename, super_len, to_key_val_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    FieldValue = str | bytes
    FieldTuple = FieldValue | tuple[str, FieldValue] | tuple[str, FieldValue, str]
    Fields = Mapping[str, FieldTuple] | Iterable["tuple[str, FieldTuple] | RequestField"]

__all__ = [
    "MultipartBody",
    "RequestField",
    "choose_boundary",
    "encode_files",
    "encode_multipart_formdata",
    "format_multipart_header_param",
    "guess_content_type",
    "iter_field_objects",
]

_PIECE = 1 << 16  # bytes of a file that are in memory at once

# The characters that could end a parameter or its line (WHATWG HTML §4.10.21.8, step 5).
_ESCAPED = {0x0A: "%0A", 0x0D: "%0D", 0x22: "%22"}

_FIRST_HEADERS = ("Content-Disposition", "Content-Type", "Content-Location")


def choose_boundary() -> str:
    """Return a boundary that stands in no content: 32 hexadecimal digits at random."""
    return os.urandom(16).hex()


def guess_content_type(filename: str | None, default: str = "application/octet-stream") -> str:
    """Return the media type that goes with a file name's ending, or `default`."""
    if not filename:
        return default
    import mimetypes

    return mimetypes.guess_type(filename)[0] or default


def format_multipart_header_param(name: str, value: FieldValue) -> str:
    """Return `name="value"`, with quote, CR and LF in `value` percent-encoded; bytes are taken as UTF-8."""
    text = value.decode("utf-8") if isinstance(value, bytes) else value
    return f'{name}="{text.translate(_ESCAPED)}"'


class RequestField:
    """One part of a form: a name, its content, perhaps a file name and headers (the shape is urllib3's).

    `make_multipart` writes the headers that make a part of it; `header_formatter` writes one parameter of them.
    """

    def __init__(
        self,
        name: str,
        data: Any,
        filename: str | None = None,
        headers: Mapping[str, str] | None = None,
        header_formatter: Callable[[str, FieldValue], str] | None = None,
    ) -> None:
        self._name = name
        self._filename = filename
        self.data = data
        self.headers: dict[str, str | None] = dict(headers) if headers else {}
        self.header_formatter = header_formatter or format_multipart_header_param

    @classmethod
    def from_tuples(
        cls,
        fieldname: str,
        value: FieldTuple,
        header_formatter: Callable[[str, FieldValue], str] | None = None,
    ) -> RequestField:
        """Return a part from its content, or from (file name, content[, media type]); a missing type is guessed."""
        filename = content_type = None
        data: Any = value
        if isinstance(value, tuple):
            filename, data = value[0], value[1]
            content_type = value[2] if len(value) == 3 else guess_content_type(filename)
        field = cls(fieldname, data, filename=filename, header_formatter=header_formatter)
        field.make_multipart(content_type=content_type)
        return field

    def _render_part(self, name: str, value: FieldValue) -> str:
        """Write one parameter; subclasses override it to write it otherwise."""
        return self.header_formatter(name, value)

    def _render_parts(
        self, header_parts: Mapping[str, FieldValue | None] | Sequence[tuple[str, FieldValue | None]]
    ) -> str:
        """Write the parameters that have a value, with `; ` between them."""
        pairs: Any = header_parts.items() if isinstance(header_parts, dict) else header_parts
        return "; ".join([self._render_part(name, value) for name, value in pairs if value is not None])

    def render_headers(self) -> str:
        """Return the part's head: the headers that have a value, each ended by CRLF, and the empty line."""
        names = [name for name in _FIRST_HEADERS if name in self.headers]
        names += [name for name in self.headers if name not in _FIRST_HEADERS]
        lines = [f"{name}: {self.headers[name]}\r\n" for name in names if self.headers[name]]
        return "".join(lines) + "\r\n"

    def make_multipart(
        self,
        content_disposition: str | None = None,
        content_type: str | None = None,
        content_location: str | None = None,
    ) -> None:
        """Set the part's three own headers, in place of any that were given; `form-data` is the disposition."""
        parameters = self._render_parts((("name", self._name), ("filename", self._filename)))
        self.headers["Content-Disposition"] = f"{content_disposition or 'form-data'}; {parameters}"
        self.headers["Content-Type"] = content_type
        self.headers["Content-Location"] = content_location


def iter_field_objects(fields: Fields) -> Iterator[RequestField]:
    """Yield a `RequestField` for each part; pairs become fields by `RequestField.from_tuples`."""
    for field in fields.items() if hasattr(fields, "items") else fields:
        yield field if isinstance(field, RequestField) else RequestField.from_tuples(*field)


class MultipartBody:
    """The body made of some parts, with its length when every part's size is known.

    A part's content is bytes, text (sent as UTF-8), a number (sent as its text), a file (from where it stands; it is
    read again from there in a second iteration) or an iterable of bytes, of which the size is not known. Nothing is
    read before the iteration.
    """

    def __init__(self, fields: Fields, boundary: str | None = None) -> None:
        self.boundary = choose_boundary() if boundary is None else boundary
        self.content_type = f"multipart/form-data; boundary={self.boundary}"
        self._end = f"--{self.boundary}--\r\n".encode("latin-1")
        opening = f"--{self.boundary}\r\n".encode("latin-1")
        #: (what stands before the content, the content, its size or None, where a file stood)
        self._parts: list[tuple[bytes, Any, int | None, int | None]] = []
        for field in iter_field_objects(fields):
            self._parts.append((opening + field.render_headers().encode("utf-8"), *_measured(field.data)))
        sizes = [None if size is None else len(head) + size + 2 for head, _, size, _ in self._parts]
        #: Bytes in all, or None when a part's size is not known.
        self.length: int | None = None
        if None not in sizes:
            self.length = sum([size for size in sizes if size is not None]) + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in pieces; of a file no more than 64 KiB is in memory.

        ValueError: a file ends before the size it had, so that the announced length cannot be kept.
        """
        for head, content, size, start in self._parts:
            yield head
            if start is not None:
                content.seek(start)
            if hasattr(content, "read"):
                yield from _read_exactly(content, size)
            elif size is None:
                yield from content
            else:
                yield content
            yield b"\r\n"
        yield self._end

    def encode(self) -> bytes:
        """Return the whole body as one bytes object."""
        return b"".join(self)


def _measured(data: Any) -> tuple[Any, int | None, int | None]:
    """(content, its size or None, the position of a file that can be rewound)."""
    if isinstance(data, int):
        data = str(data)
    if isinstance(data, str):
        data = data.encode("utf-8")
    if hasattr(data, "read"):
        return data, *_measured_file(data)
    if hasattr(data, "__next__") or hasattr(data, "__aiter__") or isinstance(data, (list, tuple)):
        return data, None, None
    if not isinstance(data, bytes):
        data = memoryview(data)  # TypeError: what this is cannot be sent
        return data, data.nbytes, None
    return data, len(data), None


def _measured_file(file: Any) -> tuple[int | None, int | None]:
    try:
        start = file.tell()
        file.seek(start)
    except (AttributeError, OSError, ValueError):
        return None, None  # a pipe: read once, to its end
    text = isinstance(file.read(0), str)
    return (None if text else super_len(file)), start


def _read_exactly(file: Any, size: int | None) -> Iterator[bytes]:
    missing = size
    while missing is None or missing > 0:
        piece = file.read(_PIECE if missing is None else min(_PIECE, missing))
        if not piece:
            break
        data = piece.encode("utf-8") if isinstance(piece, str) else piece
        missing = None if missing is None else missing - len(data)
        yield data
    if missing:
        raise ValueError(f"a file of this form ended {missing} bytes before the size it had")


def encode_multipart_formdata(fields: Fields, boundary: str | None = None) -> tuple[bytes, str]:
    """Return (body, Content-Type) for parts given as a mapping, as pairs or as `RequestField` objects."""
    body = MultipartBody(fields, boundary)
    return body.encode(), body.content_type


# -- requests' files= ----------------------------------------------------------------------------------------


def _text_fields(data: Any) -> Iterator[tuple[str, bytes]]:
    """The fields of `data=`, one for each value that is not None."""
    for name, value in to_key_val_list(data or {}):
        values = [value] if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else value
        for item in values:
            if item is None:
                continue
            content = item if isinstance(item, bytes) else str(item).encode("utf-8")
            yield (name.decode("utf-8") if isinstance(name, bytes) else name), content


def _file_field(name: str, spec: Any) -> RequestField | None:
    """A file as `files=` describes it: content, or (file name, content[, media type[, headers]])."""
    content_type = headers = None
    if isinstance(spec, (tuple, list)):
        if len(spec) == 2:
            filename, file = spec
        elif len(spec) == 3:
            filename, file, content_type = spec
        else:
            filename, file, content_type, headers = spec
    else:
        filename, file = guess_filename(spec) or name, spec
    if file is None:
        return None
    if not isinstance(file, (str, bytes, bytearray)) and hasattr(file, "read"):
        file = file.read()
    field = RequestField(name=name, data=file, filename=filename, headers=headers)
    field.make_multipart(content_type=content_type)
    return field


def encode_files(files: Any, data: Any) -> tuple[bytes, str]:
    """Return (body, Content-Type) for requests' `files=` and `data=`: the fields of `data` first, each in its order.

    ValueError: there are no files, or `data` is text or bytes, which has no fields.
    """
    if not files:
        raise ValueError("Files must be provided.")
    if isinstance(data, (str, bytes)):
        raise ValueError("Data must not be a string.")
    fields: list[Any] = list(_text_fields(data))
    for name, spec in to_key_val_list(files):
        if (field := _file_field(name, spec)) is not None:
            fields.append(field)
    return encode_multipart_formdata(fields)

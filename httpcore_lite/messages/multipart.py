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
import re
import sys
from types import FunctionType

from ..exceptions import InvalidBody, InvalidHeader
from ..sansio.http1.request_body import PiecewiseBody, utf8
from .bodies import guess_filename, to_key_val_list
from .part_content import content_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any, Final

    from ..sansio.http1.request_body import FileRegion
    from .part_content import Content

    FieldValue = str | bytes
    FieldTuple = FieldValue | tuple[str, FieldValue] | tuple[str, FieldValue, str]
    Fields = Mapping[str, FieldTuple] | Iterable["tuple[str, FieldTuple] | RequestField"]

#: A form of up to so many bytes is bytes, as with requests: programs and their tests look at what they send. A longer
#: one is read while it is sent.
MAX_IN_MEMORY: Final = 1 << 20

# The characters that could end a parameter or its line (WHATWG HTML §4.10.21.8, step 5).
_ESCAPED = {0x0A: "%0A", 0x0D: "%0D", 0x22: "%22"}

# What would make two lines out of one.
_ENDS_LINE = re.compile("[\r\n]")

_FIRST_HEADERS = ("Content-Disposition", "Content-Type", "Content-Location")


def replaced(room: str, name: str, own: object) -> Any:
    """Return what a program has put under a name of urllib3's module `room`; None where it is the library's or ours."""
    module = sys.modules.get(f"urllib3.{room}")
    found = getattr(module, name, own)
    # Untouched is what was written there (`urllib3_api/installed/patches.py` has the reasons).
    if found is own or (type(found) is FunctionType and found.__globals__ is vars(module)):
        return None
    return found


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
    text = _utf8_name(value) if isinstance(value, bytes) else value
    return f'{name}="{text.translate(_ESCAPED)}"'


def _utf8_name(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidBody(f"{name!r}, a name in a form, is not UTF-8") from error


class RequestField:
    """One part of a form: a name, its content, perhaps a file name and headers (the shape is urllib3's).

    `make_multipart` writes the headers that make a part of it; `header_formatter` writes one parameter of them.
    """

    def __init__(
        self,
        name: str,
        data: object,
        filename: str | None = None,
        headers: Mapping[str, str] | None = None,
        header_formatter: Callable[[str, FieldValue], str] | None = None,
    ) -> None:
        self._name = name
        self._filename = filename
        self.data = data
        self.headers: dict[str, str | None] = dict(headers) if headers else {}
        self.header_formatter: Callable[[str, FieldValue], str] = (
            header_formatter
            or replaced("fields", "format_multipart_header_param", format_multipart_header_param)
            or format_multipart_header_param
        )

    @classmethod
    def from_tuples(
        cls,
        fieldname: str,
        value: FieldTuple,
        header_formatter: Callable[[str, FieldValue], str] | None = None,
    ) -> RequestField:
        """Return a part from its content, or from (file name, content[, media type]); a missing type is guessed."""
        filename = content_type = None
        data = value
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
        for name in names:
            if _ENDS_LINE.search(name) or _ENDS_LINE.search(str(self.headers[name] or "")):
                raise InvalidHeader(f"the field {name!r} of the part {self._name!r} of a form holds a line end")
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
    given: Any = fields
    for field in given.items() if hasattr(given, "items") else given:
        # urllib3's own fields have the same shape.
        yield field if hasattr(field, "render_headers") else RequestField.from_tuples(*field)


class MultipartBody(PiecewiseBody):
    """The body made of some parts: an iterable, which begins anew with each iteration where its parts can.

    A part's content is bytes, text (sent as UTF-8), a number (sent as its text), a file (sent from where it stands to
    where it ends, both of now) or an iterable of bytes, of which the size is not known. Of a file 64 KiB are in memory,
    whatever its size. `len` is how many bytes there are in all, where every part's size is known.
    """

    def __init__(self, fields: Fields, boundary: str | None = None) -> None:
        if boundary is None:
            chosen: str = (replaced("filepost", "choose_boundary", choose_boundary) or choose_boundary)()
            boundary = chosen
        self.boundary: str = boundary
        self.content_type: str = f"multipart/form-data; boundary={self.boundary}"
        self._end = f"--{self.boundary}--\r\n".encode("latin-1")
        opening = f"--{self.boundary}\r\n".encode("latin-1")
        #: (what stands before the content, the content)
        self._parts: list[tuple[bytes, Content]] = []
        for field in iter_field_objects(fields):
            self._parts.append((opening + utf8(field.render_headers(), "a form", InvalidBody), content_of(field.data)))
        sizes = [None if content.size is None else len(head) + content.size + 2 for head, content in self._parts]
        #: Bytes in all, or None when a part's size is not known.
        self.length: int | None = None
        if None not in sizes:
            self.length = sum([size for size in sizes if size is not None]) + len(self._end)

    @property
    def len(self) -> int:
        """Bytes in all, under the name that `super_len` asks for. AttributeError when a part's size is not known."""
        if self.length is None:
            raise AttributeError("the size of a part of this form is not known")
        return self.length

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in pieces. ConnectionError: a file ended before the size it had, or was closed."""
        pieces: Iterator[Any] = self.pieces(regions=False)
        return pieces

    def pieces(self, regions: bool) -> Iterator[bytes | FileRegion]:
        """Yield the body in pieces as `__iter__` does; with `regions`, FileRegions in the place of files' bytes."""
        for head, content in self._parts:
            yield head
            yield from content.pieces(regions)
            yield b"\r\n"
        yield self._end

    def tell(self) -> int:
        """Return 0: each iteration begins there. OSError where a part cannot be read a second time."""
        if not all(content.repeatable for _, content in self._parts):
            raise OSError("a part of this form cannot be read a second time")
        return 0

    def seek(self, position: int, whence: int = 0) -> int:
        """Go back to the start, which needs nothing but that it can be done: OSError as of `tell`."""
        if position or whence:
            raise OSError("a form can be sent from its start only")
        return self.tell()

    def encode(self) -> bytes:
        """Return the whole body as one bytes object. Errors as of iterating."""
        return b"".join(self)


def encode_multipart_formdata(fields: Fields, boundary: str | None = None) -> tuple[bytes, str]:
    """Return (body, Content-Type) for parts given as a mapping, as pairs or as `RequestField` objects."""
    body = MultipartBody(fields, boundary)
    return body.encode(), body.content_type


# -- requests' files= ----------------------------------------------------------------------------------------


def _text_fields(data: object) -> Iterator[tuple[str, bytes]]:
    """The fields of `data=`, one for each value that is not None."""
    for name, value in to_key_val_list(data or {}):
        values = [value] if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else value
        for item in values:
            if item is None:
                continue
            content = item if isinstance(item, bytes) else utf8(str(item), "a form", InvalidBody)
            yield (_utf8_name(name) if isinstance(name, bytes) else name), content


def _file_field(name: str, spec: Any, make: Callable[..., RequestField] | None) -> RequestField | None:
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
    if make is not None and hasattr(file, "read"):
        file = file.read()  # as requests, whose class it stands for
    field = (make or RequestField)(name=name, data=file, filename=filename, headers=headers)
    field.make_multipart(content_type=content_type)
    return field


def encode_files(
    files: object,
    data: object,
    make_field: Callable[..., RequestField] | None = None,
    encode: Callable[..., tuple[bytes, str]] | None = None,
) -> tuple[bytes | MultipartBody, str]:
    """Return (body, Content-Type) for requests' `files=` and `data=`: the fields of `data` first, each in its order.

    The body is bytes up to `MAX_IN_MEMORY` of them. A longer one, and one whose length is not known, reads its files
    while it is sent: they must be open until then. `make_field` and `encode` are a program's own, in the place of
    RequestField and encode_multipart_formdata; files are read for them, as requests does. ValueError: there are no
    files, or `data` is text or bytes, which has no fields.
    """
    if not files:
        raise ValueError("Files must be provided.")
    if isinstance(data, (str, bytes)):
        raise ValueError("Data must not be a string.")
    if make_field is RequestField:
        make_field = None
    fields: list[Any] = list(_text_fields(data))
    seen: list[object] = []
    for name, spec in to_key_val_list(files):
        field = _file_field(name, spec, make_field)
        if field is None:
            continue
        if hasattr(field.data, "read"):
            # With requests a file that is named twice has been read to its end when its second part comes.
            if any(field.data is file for file in seen):
                field.data = b""
            else:
                seen.append(field.data)
        fields.append(field)
    if encode is not None and encode is not encode_multipart_formdata:
        for field in fields:
            if hasattr(field, "data") and hasattr(field.data, "read"):
                field.data = field.data.read()
        return encode(fields)
    body = MultipartBody(fields)
    small = body.length is not None and body.length <= MAX_IN_MEMORY
    return (body.encode() if small else body), body.content_type

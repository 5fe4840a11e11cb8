"""The content of one part of a form: how long it is, and its bytes piece by piece.

What is known when the form is made is what is sent: a file's size is asked then, and a file that grows afterwards is
sent up to there. A source of which the size cannot be asked is read up to 1 MiB, which tells most of them: servers
that do not understand chunked bodies are still about.
"""

from __future__ import annotations

import os
from itertools import chain

from ..exceptions import ConnectionError, InvalidBody
from ..sansio.http1.request_body import READ_SIZE, regions_of, utf8
from .bodies import super_len

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Final, TypeAlias

    from ..sansio.http1.request_body import FileRegion

    # What has `read`, in text or binary mode.
    _File: TypeAlias = Any

# Bytes that are read ahead of a source to find out how long it is.
_AHEAD: Final = 1 << 20


class Content:
    """A content made of `source`: bytes, or pieces in an iterable.

    `size` in bytes is None where it is not known; `repeatable` is whether `pieces` can be asked for again.
    """

    def __init__(self, source: _File, size: int | None, repeatable: bool = True) -> None:
        self._source = source
        self.size = size
        self.repeatable = repeatable

    def pieces(self, regions: bool) -> Iterator[bytes | FileRegion]:
        """Yield the content from its start; `regions` is whether FileRegions are welcome."""
        if self.size is not None:
            yield self._source
            return
        for piece in self._source:
            yield utf8(piece, "a form", InvalidBody) if isinstance(piece, str) else piece


class FileContent(Content):
    """The content of a file that can seek, from `start`: `size` bytes."""

    def __init__(self, file: _File, start: int, size: int) -> None:
        super().__init__((), size)
        self._file = file
        self._start = start

    def pieces(self, regions: bool) -> Iterator[bytes | FileRegion]:
        """Yield the content from its start. ConnectionError: the file was closed, or has become shorter."""
        file = self._file
        missing = self.size or 0
        try:
            file.seek(self._start)
            found = regions_of(file, missing) if regions else None
            if found is not None:
                yield from found
                return
            while missing:
                piece = file.read(min(READ_SIZE, missing))
                data = utf8(piece, "a form", InvalidBody) if isinstance(piece, str) else piece
                if not data or len(data) > missing:
                    raise ConnectionError(f"{_named(file)} has not the size any more that it had ({self.size} bytes).")
                missing -= len(data)
                yield data
        except InvalidBody:
            raise  # a ValueError as well
        except ValueError as error:
            raise ConnectionError(
                f"{_named(file)} cannot be read while it is sent ({error}); it must stay open until then."
            ) from error


def content_of(data: _File) -> Content:
    """Return what gives a part's content. TypeError when `data` cannot be sent."""
    if isinstance(data, int):
        data = str(data)
    if isinstance(data, str):
        data = utf8(data, "a form", InvalidBody)
    if hasattr(data, "read"):
        return _content_of_file(data)
    if hasattr(data, "__next__") or hasattr(data, "__aiter__") or isinstance(data, (list, tuple)):
        return Content(data, None, repeatable=isinstance(data, (list, tuple)))
    if not isinstance(data, bytes):
        data = memoryview(data).tobytes()  # TypeError: what this is cannot be sent
    return Content(data, len(data))


def _content_of_file(file: _File) -> Content:
    try:
        nothing = file.read(0)  # says what kind of file it is
    except TypeError:
        nothing = file.read()  # its read() knows no size
    else:
        if nothing:
            nothing += file.read()  # its read() takes 0 for all, or for as much as it likes
    if nothing:
        return content_of(nothing)
    try:
        start = file.tell()
        file.seek(start)
    except (AttributeError, OSError, ValueError):
        return _content_of_pipe(file)
    size = None if isinstance(nothing, str) else _size_from(file, start)
    return FileContent(file, start, _counted(file, start) if size is None else size)


def _content_of_pipe(file: _File) -> Content:
    """What can be read once. A size that it tells of itself is believed."""
    known = super_len(file) if hasattr(file, "__len__") or hasattr(file, "len") else 0
    if known:
        return _Promised(_blocks(file.read), known)
    blocks = _blocks(file.read)
    ahead = bytearray()
    for block in blocks:
        ahead += block
        if len(ahead) > _AHEAD:
            return Content(chain([bytes(ahead)], blocks), None, repeatable=False)
    return Content(bytes(ahead), len(ahead))


class _Promised(Content):
    """Pieces of which the size in all was told, and is held against them."""

    def __init__(self, source: Iterable[bytes], size: int) -> None:
        super().__init__(source, size, repeatable=False)

    def pieces(self, regions: bool) -> Iterator[bytes | FileRegion]:
        """Yield the content. ConnectionError when it is not as long as was told."""
        given = 0
        for piece in self._source:
            given += len(piece)
            if given > (self.size or 0):
                break
            yield piece
        if given != self.size:
            raise ConnectionError(
                f"A file of this form gave another number of bytes than the {self.size} that it told."
            )


def _size_from(file: _File, start: int) -> int | None:
    """How many bytes a file has from `start` on, None when it does not tell.

    Its end is asked for, and not its descriptor: that of a GzipFile tells how long the compressed file is.
    """
    try:
        file.seek(0, os.SEEK_END)
        size = max(0, int(file.tell()) - start)
        file.seek(start)
        if not size and file.read(1):
            size = -1  # the files of /proc and such have content, and say that they have none
    except (OSError, ValueError):
        size = -1
    file.seek(start)
    return None if size < 0 else size


def _counted(file: _File, start: int) -> int:
    """How many bytes come out of a file from `start` on, by reading it."""
    size = sum(map(len, _blocks(file.read)))
    file.seek(start)
    return size


def _blocks(read: Callable[[int], str | bytes]) -> Iterator[bytes]:
    try:
        while block := read(READ_SIZE):
            yield utf8(block, "a form", InvalidBody) if isinstance(block, str) else block
    except UnicodeDecodeError as error:
        raise InvalidBody(f"a file of this form is in text mode and cannot be read as text: {error}") from error


def _named(file: _File) -> str:
    name = getattr(file, "name", None)
    return f"The file {name!r} of this form" if isinstance(name, (str, bytes)) else "A file of this form"

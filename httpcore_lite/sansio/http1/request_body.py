"""The body of a request: where its bytes come from, and whether it can be sent a second time.

A body is nothing, bytes or whatever has a buffer (`bytearray`, `array.array`), text (sent as UTF-8), a file object, or
an iterable of pieces. A file object is read in large blocks, or is named to the operating system, which sends it by
itself; it may be sent again from where it stood when it was given to us, if it can seek. An iterable is used up by
being sent, unless it can `seek` as well. Nothing here touches the network.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final

READ_SIZE: Final = 64 * 1024
# What the operating system is asked to send at once: small enough that an answer on the way is soon seen.
REGION: Final = 1 << 20


class FileRegion:
    """A stretch of a regular file, in bytes, for the operating system to send (`os.sendfile`)."""

    __slots__ = ("descriptor", "offset", "size")

    def __init__(self, descriptor: int, offset: int, size: int) -> None:
        self.descriptor = descriptor
        self.offset = offset
        self.size = size

    def __len__(self) -> int:
        return self.size


class PiecewiseBody:
    """A body that knows by itself how to be sent piece by piece: the base of forms."""

    def pieces(self, regions: bool) -> Iterator[bytes | FileRegion]:
        """Yield the body's bytes; with `regions`, FileRegions in the place of those of regular files."""
        raise NotImplementedError


class OutgoingBody:
    """One request's body.

    `data` is the whole of it when it is bytes in memory (b"" when there is none), else None; `pieces()` gives it
    piece by piece otherwise. `position` is where a file object stood at first, if the caller recorded that. `expects`
    is whether the server is asked first (`Expect: 100-continue`).
    """

    __slots__ = ("_source", "_started", "data", "expects", "position")

    def __init__(self, source: Any, position: Any = None) -> None:
        self._source = source
        self._started = False
        self.data: bytes | None = None
        self.expects = False
        self.position = position
        if source is None:
            self.data = b""
        elif isinstance(source, bytes):
            self.data = source
        elif isinstance(source, str):
            self.data = utf8(source)
        elif (view := buffer_of(source)) is not None:
            self.data = view.tobytes()
        elif position is None and hasattr(source, "seek") and hasattr(source, "tell"):
            self.position = position_of(source)
        if self.data is None and not hasattr(source, "read") and not hasattr(source, "__iter__"):
            raise TypeError(
                f"'body' must be a bytes-like object, file-like object, or iterable. Instead was {source!r}"
            )

    def pieces(self, regions: bool = False) -> Iterator[bytes | FileRegion]:
        """Yield the body's bytes; with `regions`, FileRegions in the place of those of regular files.

        TypeError when the source gives something else than bytes or text, InvalidBody for text that has no UTF-8.
        """
        self._started = True
        source = self._source
        read: Iterable[Any]
        if isinstance(source, PiecewiseBody):
            read = source.pieces(regions)
        elif hasattr(source, "read"):
            read = (regions_of(source) if regions else None) or _blocks(source)
        else:
            read = source
        for piece in read:
            if isinstance(piece, str):
                yield utf8(piece)
            elif isinstance(piece, (bytes, FileRegion)):
                yield piece
            elif (view := buffer_of(piece)) is not None:
                yield view.tobytes()
            else:
                raise TypeError(f"a request's body is made of bytes or text, not of {type(piece).__name__}")

    @property
    def is_repeatable(self) -> bool:
        """Whether the body can be sent again from its start."""
        if self.data is not None or not self._started:
            return True
        return isinstance(self.position, int) and hasattr(self._source, "seek")

    def rewind(self, cause: BaseException | None = None) -> None:
        """Go back to the start. UnrewindableBodyError, whose cause is `cause` or what `seek` has raised: it cannot."""
        if self.data is None and self._started:
            rewind(self._source, self.position, cause)
            self._started = False


def position_of(source: Any) -> Any:
    """Return where a file stands, None when it has no position, and an object when it has but does not tell."""
    if getattr(source, "tell", None) is None:
        return None
    try:
        return source.tell()
    except (OSError, ValueError):
        return object()  # not None: it cannot be rewound, and that is to be said where it is needed


def rewind(source: Any, position: Any, cause: BaseException | None = None) -> None:
    """Put a body back to the position it was first sent from. UnrewindableBodyError: it cannot seek, or has none."""
    from ..errors import UnrewindableBodyError

    seek = getattr(source, "seek", None)
    if seek is None or not isinstance(position, int):
        raise UnrewindableBodyError(
            "the body cannot be read a second time, so the request cannot be sent again"
        ) from cause
    try:
        seek(position)
    except (OSError, ValueError) as error:  # the latter of a file that was closed
        raise UnrewindableBodyError(f"the body cannot be rewound to its start: {error}") from error


def utf8(text: str) -> bytes:
    """Return text as it is sent. InvalidBody: it holds a lone surrogate, which UTF-8 has no bytes for (RFC 3629)."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        from ..errors import InvalidBody

        raise InvalidBody(
            f"the request's body holds {text[error.start]!r}, a lone surrogate, which cannot be sent as UTF-8"
        ) from error


def buffer_of(source: Any) -> memoryview | None:
    """Return the memory of what has a buffer and is no file (`array.array`, a memoryview of numbers), else None."""
    if hasattr(source, "read"):
        return None
    try:
        return memoryview(source)
    except TypeError:
        return None


def regions_of(file: Any, size: int | None = None) -> Iterator[FileRegion] | None:
    """Return the regions of `file` from where it stands, `size` bytes in all or to its end; None when it has none.

    Only files of `open(..., "rb")` have: whatever is made around one may read in its own way, and so may what is below
    a reader (a GzipFile has the descriptor of the compressed file). The file's position goes along, as if it had been
    read.
    """
    import io
    import os
    import stat

    try:
        if type(file.raw if type(file) is io.BufferedReader else file) is not io.FileIO:
            return None
        descriptor = file.fileno()
        status = os.fstat(descriptor)
        start = file.tell()
    except (OSError, ValueError):
        return None
    # The files of /proc and such have content, and say that they have none.
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        return None
    return _regions(file, descriptor, start, status.st_size if size is None else start + size)


def _regions(file: Any, descriptor: int, start: int, end: int) -> Iterator[FileRegion]:
    while start < end:
        region = FileRegion(descriptor, start, min(REGION, end - start))
        yield region
        start += region.size
        file.seek(start)


def _blocks(source: Any) -> Iterator[Any]:
    while block := source.read(READ_SIZE):
        yield block

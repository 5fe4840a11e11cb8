"""The body of a request: where its bytes come from, and whether it can be sent a second time.

A body is nothing, bytes or whatever has a buffer (`bytearray`, `array.array`), text (sent as UTF-8), a file object, or
an iterable of pieces. A file object is read in large blocks, or is named to the operating system, which sends it by
itself; it may be sent again from where it stood when it was given to us, if it can seek. An iterable is used up by
being sent, unless it can `seek` as well. Nothing here touches the network.
"""

from __future__ import annotations

from .headers import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final, TypeAlias

    from .headers import GivenFields

    # A file, an iterable, or what has a buffer.
    _Source: TypeAlias = Any
READ_SIZE: Final = 64 * 1024
# RFC 9110 section 8.6: without a body, these need no Content-Length to say so.
_WITHOUT_CONTENT: Final = frozenset({"GET", "HEAD", "DELETE", "TRACE", "OPTIONS", "CONNECT"})
# What the operating system is asked to send at once: small enough that a response on the way is soon seen.
REGION: Final = 1 << 20


class FileRegion:
    """A stretch of a regular file, in bytes, for the operating system to send (`os.sendfile`)."""

    __slots__ = ("descriptor", "offset", "size")

    def __init__(self, descriptor: int, offset: int, size: int) -> None:
        self.descriptor: int = descriptor
        self.offset: int = offset
        self.size: int = size

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

    def __init__(self, source: _Source, position: object = None) -> None:
        self._source = source
        self._started = False
        self.data: bytes | None = None
        self.expects: bool = False
        self.position: object = position
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
        read: Iterable[object]
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


# -- its framing, which is said in the head --------------------------------------------------------------------------


def framed(fields: GivenFields, method: str, body: OutgoingBody, chunked: bool) -> GivenFields:
    """Return the request's fields with the body's framing among them (RFC 9112 section 6).

    A body in chunks is what is `chunked`, or of unknown length. `body.expects` is set from an Expect field.
    """
    data = body.data
    if data is not None and not data and not chunked and method in _WITHOUT_CONTENT:
        return fields
    length = transfer = None
    for name, value in fields:
        lower = (name if type(name) is str else text_of(name)).lower()
        if value is not None:
            length = name if lower == "content-length" else length
            transfer = name if lower == "transfer-encoding" else transfer
            if lower == "expect":
                body.expects = data != b"" and text_of(value).strip().lower() == "100-continue"
    if length is not None and transfer is not None:
        # A message with both is a request smuggler's tool (RFC 9112 section 6.2); the length is what is true.
        fields = [field for field in fields if field[0] != transfer]
    elif length is None and transfer is None:
        # As far in front as urllib3 puts it.
        if data is not None and not chunked:
            fields.insert(0, ("Content-Length", str(len(data))))
        else:
            fields.insert(0, ("Transfer-Encoding", "chunked"))
    return fields


def announced(fields: GivenFields, body: OutgoingBody, trailers: object) -> tuple[GivenFields, object]:
    """Return the fields for a body with trailers behind it, and the trailers, checked where they are known.

    Only a chunked body has an end that something can follow (RFC 9112 section 7.1.2); no body, no trailers.
    """
    if body.data == b"":
        return fields, None
    framed = [field for field in fields if text_of(field[0]).lower() not in ("content-length", "transfer-encoding")]
    framed.insert(0, ("Transfer-Encoding", "chunked"))
    if not callable(trailers):
        from .request_heads import trailer_fields

        trailers = trailer_fields(trailers)
        if not any(text_of(name).lower() == "trailer" for name, _ in fields):
            framed.append(("Trailer", b", ".join([name for name, _ in trailers])))
    return framed, trailers


# -- where its bytes come from ----------------------------------------------------------------------------------------


def position_of(source: _Source) -> object:
    """Return where a file stands, None when it has no position, and an object when it has but does not tell."""
    if getattr(source, "tell", None) is None:
        return None
    try:
        return source.tell()
    except (OSError, ValueError):
        return object()  # not None: it cannot be rewound, and that is to be said where it is needed


def rewind(source: _Source, position: object, cause: BaseException | None = None) -> None:
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


def utf8(text: str, what: str = "the request's body", kind: type[Exception] | None = None) -> bytes:
    """Return text as it is sent.

    Raises `kind`, by default InvalidBody, where `what` holds a lone surrogate: UTF-8 has no bytes for it (RFC 3629).
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        from ..errors import InvalidBody

        words = f"{what} holds {text[error.start]!r}, a lone surrogate, which cannot be sent as UTF-8"
        raise (kind or InvalidBody)(words) from error


def buffer_of(source: _Source) -> memoryview | None:
    """Return the memory of what has a buffer and is no file (`array.array`, a memoryview of numbers), else None."""
    if hasattr(source, "read"):
        return None
    try:
        return memoryview(source)
    except TypeError:
        return None


def regions_of(file: _Source, size: int | None = None) -> Iterator[FileRegion] | None:
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


def _regions(file: _Source, descriptor: int, start: int, end: int) -> Iterator[FileRegion]:
    while start < end:
        region = FileRegion(descriptor, start, min(REGION, end - start))
        yield region
        start += region.size
        file.seek(start)


def _blocks(source: _Source) -> Iterator[object]:
    while block := source.read(READ_SIZE):
        yield block

"""The body of a request, as a program gives it: pairs, how many bytes it has, and whether it can be sent again.

What is asked here is asked before a request is sent; `sansio.http1.request_body` sends it. Some of these names are
those of `requests.utils`.
"""

from __future__ import annotations

import io
import os

from ..exceptions import FileModeWarning, InvalidBody, UnrewindableBodyError
from ..sansio import errors
from ..sansio.http1.request_body import buffer_of, rewind, utf8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import OrderedDict
    from collections.abc import Iterable, Iterator
    from typing import IO, Any, AnyStr, TypeAlias

    from .shapes import PreparedRequest

    # What a program gives: a form, or a body, which has some of the attributes of files and texts.
    _Given: TypeAlias = Any


def dict_to_sequence(d: _Given) -> Iterable[tuple[object, object]]:
    """Return the items of what has items, and anything else as it is."""
    pairs: Iterable[tuple[object, object]] = d.items() if hasattr(d, "items") else d
    return pairs


def _refuse_scalars(value: object) -> None:
    if isinstance(value, (str, bytes, bool, int)):
        raise ValueError("cannot encode objects that are not 2-tuples")


def from_key_val_list(value: _Given) -> OrderedDict[object, object] | None:
    """Return a mapping or pairs as an OrderedDict, None as None. ValueError: text, bytes or a number."""
    if value is None:
        return None
    _refuse_scalars(value)
    from collections import OrderedDict

    return OrderedDict(value)


def to_key_val_list(value: _Given) -> _Given:
    """Return a mapping or pairs as a list of pairs, None as None. ValueError: text, bytes or a number."""
    if value is None:
        return None
    _refuse_scalars(value)
    return list(value.items() if hasattr(value, "items") else value)


def super_len(o: _Given) -> int:
    """Return how many bytes are left to be read of a body; 0 when that cannot be known.

    Text counts as UTF-8. Asked are `len()`, a `len` attribute, the size of the file behind `fileno()`, the
    position after `seek` to the end, in this order; what `tell()` says was read already is taken off. A file opened in
    text mode is measured in bytes, with a FileModeWarning (as requests).
    """
    total: int | None = None
    position: _Given = 0
    if isinstance(o, str):
        o = o.encode("utf-8")
    if hasattr(o, "__len__"):
        total = len(o)
    elif hasattr(o, "len"):
        total = o.len
    elif hasattr(o, "fileno"):
        total = _size_of_file(o)
    if hasattr(o, "tell"):
        try:
            position = o.tell()
        except OSError:
            # A pipe or a terminal: its length is not to be known, and 0 has it sent in chunks.
            position = total if total is not None else 0
        else:
            if total is None and hasattr(o, "seek"):
                total = _size_by_seeking(o, position)
    left: int = (total or 0) - position
    return max(0, left)


def _size_of_file(o: _Given) -> int | None:
    try:
        descriptor: int = o.fileno()
    except (OSError, AttributeError, ValueError):
        return None  # io.UnsupportedOperation, a member of a tar archive: they only look like files
    size: int = os.fstat(descriptor).st_size
    if "b" not in o.mode:
        import warnings

        warnings.warn(
            "The length of this body is the size of its file in bytes, but the file was opened in text mode, where "
            "what is read may have another length. Open it in binary mode ('rb').",
            FileModeWarning,
            stacklevel=3,
        )
    return size


def _size_by_seeking(o: _Given, position: object) -> int:
    try:
        o.seek(0, 2)
        size: int = o.tell()
        o.seek(position or 0)  # a body that was read in part goes on from there
    except OSError:
        return 0
    return size


def rewind_body(prepared_request: PreparedRequest) -> None:
    """Put a request's body back to where it began, so that it can be sent again.

    UnrewindableBodyError: it cannot seek, or its beginning was never recorded.
    """
    try:
        rewind(prepared_request.body, prepared_request._body_position)
    except errors.UnrewindableBodyError as error:
        if error.__cause__ is None:
            raise UnrewindableBodyError("Unable to rewind request body for redirect.") from None
        raise UnrewindableBodyError("An error occurred when rewinding request body for redirect.") from error.__cause__


def guess_filename(obj: object) -> str | None:
    """Return the last part of a file's name, unless it has none or one like `<stdin>`; bytes stay bytes."""
    name = getattr(obj, "name", None)
    if not name or not isinstance(name, (str, bytes)):
        return None
    opening, closing = ("<", ">") if isinstance(name, str) else (b"<", b">")
    if name[:1] == opening or name[-1:] == closing:
        return None
    base: _Given = os.path.basename(name)
    found: str | None = base
    return found


def iter_slices(string: AnyStr, slice_length: int | None) -> Iterator[AnyStr]:
    """Yield `string` in slices of this length; in one when it is None or not positive. Nothing for an empty one."""
    step = slice_length if slice_length is not None and slice_length > 0 else len(string) or 1
    for start in range(0, len(string), step):
        yield string[start : start + step]


def length_of(data: _Given) -> int | None:
    """Return the length in bytes that a body is sent with, None when it does not tell. InvalidBody: it has no UTF-8.

    It is `super_len` (as requests), but for bodies of which that measures something else than what is sent: text,
    memory whose items are longer than a byte, files that are compressed below.
    """
    if type(data) is bytes or (type(data) is str and data.isascii()):
        return len(data)
    if isinstance(data, bytes):
        return super_len(data)
    if isinstance(data, str):
        return len(utf8(data, "the body", InvalidBody))
    try:
        if (view := buffer_of(data)) is not None:
            return view.nbytes
        if isinstance(data, io.TextIOBase):
            return _length_of_text(data)
        return None if _measures_another_file(data) else super_len(data)
    except UnicodeDecodeError as error:
        raise InvalidBody(f"the body is a file in text mode that cannot be read as text: {error}") from error
    except (TypeError, AttributeError, io.UnsupportedOperation):
        return None


def _length_of_text(file: io.TextIOBase) -> int | None:
    """How many bytes the rest of a text file is as UTF-8, by reading it; None when it cannot go back.

    Its encoding, its line ends and characters of several bytes make that another number than its size.
    """
    try:
        position = file.tell()
        file.seek(position)
    except (OSError, ValueError):
        return None
    try:
        return sum(len(utf8(block, "the body", InvalidBody)) for block in iter(lambda: file.read(65_536), ""))
    finally:
        file.seek(position)


def _measures_another_file(file: _Given) -> bool:
    """Whether the size of the file behind `fileno()` is not that of what `read()` gives.

    Text from `codecs.open` or a temporary file, and what is compressed, or made by the program, below a reader.
    """
    if not hasattr(file, "fileno") or hasattr(file, "__len__") or hasattr(file, "len"):
        return False
    if isinstance(file, (io.BufferedReader, io.BufferedRandom)):
        return type(file.raw) is not io.FileIO and _has_descriptor(file)
    # Binary files have no encoding. Asked of others, `read(0)` takes nothing out of them.
    text = hasattr(file, "encoding") and hasattr(file, "mode") and isinstance(file.read(0), str)
    return text or type(file).__module__ in ("gzip", "bz2", "lzma")


def _has_descriptor(file: IO[bytes] | IO[str]) -> bool:
    try:
        return isinstance(file.fileno(), int)
    except (OSError, ValueError):
        return False


def is_spent_by_sending(body: _Given) -> bool:
    """Tell whether a body is used up when it was sent once and has no position to go back to."""
    if body is None or isinstance(body, (str, bytes, bytearray, memoryview)):
        return False
    if hasattr(body, "read"):
        return True
    return iter(body) is body

"""A body read event by event, or JSON line by JSON line: `Response.iter_events` and `Response.iter_json_lines`.

What an event or a line is, `sansio.event_stream` says. Here the pieces of a response are handed to it, and its errors
become those that reading a body raises. Loaded when one of them is first asked for.
"""

from __future__ import annotations

from .._internal_utils import late
from ..sansio.redaction import cut, masked_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, TypeAlias

    from .. import compat
    from ..sansio.errors import TransportError
    from ..sansio.event_stream import Event, EventReader, LineReader
    from .content import Content

    _Pieces: TypeAlias = Iterable[bytes]
    # A UnicodeDecodeError, a RecursionError, or what json, or simplejson, raises.
    _NoJSON: TypeAlias = Any
else:
    compat = late(".compat")


def checked_size(max_size: object) -> int:
    """Return a bound that was given. TypeError: it is no number; ValueError: it is below 1."""
    if isinstance(max_size, bool) or not isinstance(max_size, int):
        raise TypeError(f"max_size= takes a number of bytes, not {max_size!r:.80}")
    if max_size < 1:
        raise ValueError(f"max_size= takes a number of at least 1, not {max_size!r}")
    return max_size


def events_of(response: Content, pieces: _Pieces, reader: EventReader) -> Iterator[Event]:
    """Yield the events of a body."""
    yield from reader.read(pieces)
    if reader.error is not None:
        raise _ended(response, reader.error)


def json_lines_of(response: Content, pieces: _Pieces, reader: LineReader) -> Iterator[object]:
    """Yield the values of a body that has one in each line."""
    for piece in pieces:
        for number, line in reader.feed(piece):
            if line and not line.isspace():
                yield _value(response, number, line)
        if reader.error is not None:
            raise _ended(response, reader.error)
    for number, line in reader.end():
        if line and not line.isspace():
            yield _value(response, number, line)


def _ended(response: Content, error: TransportError) -> Exception:
    """Return the error for a body that is not read any further; its connection is closed."""
    drop = getattr(response.raw, "drop_conn", None)
    if drop is not None:
        drop()
    if response.raw is not None:
        response.raw.close()
    return response._as_translated(error)


def _value(response: Content, number: int, line: bytes) -> object:
    try:
        value: object = compat.json.loads(line.decode("utf-8"))
        return value
    except (ValueError, RecursionError) as error:
        raise _no_json(response, number, line, error) from error


def _no_json(response: Content, number: int, line: bytes, error: _NoJSON) -> Exception:
    from ..exceptions import JSONDecodeError

    if isinstance(error, UnicodeDecodeError):
        text = line[: error.start].decode("utf-8")
        failure = JSONDecodeError(f"No UTF-8 ({error.reason})", text + line[error.start :].decode("latin-1"), len(text))
    elif hasattr(error, "pos"):
        failure = JSONDecodeError(error.msg, error.doc, error.pos)
    else:  # it is nested deeper, or has a longer number, than Python reads
        failure = JSONDecodeError(str(error), line.decode("utf-8"), 0)
    failure._in_line(number)
    request = response.request
    method, url = getattr(request, "method", None), masked_target(str(getattr(request, "url", None)))
    failure._words = cut(f"Line {number} of the body is no JSON, {len(line)} bytes. {method} {url}", 200)
    failure.request = request
    return failure

"""The body of a Response, as programs read it: whole, in pieces, in lines, as text, as JSON.

It is read once, from `raw`, a file-like object. Errors while it is read are RequestExceptions, and a body that has
failed raises its error each time: it never reads as a whole one.
"""

from __future__ import annotations

from .._internal_utils import late
from ..exceptions import StreamConsumedError
from ..sansio.errors import twin_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal, overload

    from .. import compat
    from ..messages import bodies as _bodies
    from ..messages import charsets as _charsets
    from ..sansio import event_stream as _event_stream
    from ..sansio.event_stream import Event
    from . import body_readers as _body_readers
    from . import failures as _failures
else:
    compat = late(".compat")
    _bodies = late(".messages.bodies")
    _body_readers = late(".client.body_readers")
    _charsets = late(".messages.charsets")
    _event_stream = late(".sansio.event_stream")
    _failures = late(".client.failures")

#: Bytes read at a time for `Response.content` and `iter_lines`.
CONTENT_CHUNK_SIZE = 10 * 1024
ITER_CHUNK_SIZE = 512
#: Bytes of a body that are taken at once, at most, where they are wanted as they arrive.
ARRIVED_SIZE = 64 * 1024


class Content:
    """The part of a Response that reads its body."""

    if TYPE_CHECKING:
        _content: Any
        raw: Any
        request: Any
        encoding: str | None
        status_code: int

    _content = False
    _content_consumed = False
    # What ended the body before its end, as `raw` raised it.
    _failure: Exception | None = None

    @property
    def apparent_encoding(self) -> str | None:
        """The charset that the body seems to be in."""
        return _charsets.apparent(self.content)

    if TYPE_CHECKING:

        @overload
        def iter_content(
            self, chunk_size: int | None = 1, decode_unicode: Literal[False] = False
        ) -> Iterator[bytes]: ...
        @overload
        def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[str | bytes]: ...

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[object]:
        """Yield the body in pieces.

        chunk_size: the size of a piece in bytes. Every piece but the last has it, unless the body is chunked; then
        pieces come as they arrive, none larger. None gives pieces as they arrive, of any size. decode_unicode:
        text in the response's encoding instead of bytes. StreamConsumedError when the body was read already, ValueError
        for pieces of no bytes; a body that has failed raises its error each time.
        """
        return self._pieces(chunk_size, decode_unicode)

    def _pieces(self, chunk_size: int | None, decode_unicode: bool, joined: bool = False) -> Iterator[object]:
        """As `iter_content`; pieces that have arrived together come as one where they are to be `joined`."""
        failed = self._failure is not None and isinstance(self._content, bool)
        if self._content_consumed and isinstance(self._content, bool) and not failed:
            raise StreamConsumedError()
        size: object = chunk_size
        if size is not None and not isinstance(size, int):
            raise TypeError(f"chunk_size must be an int, it is instead a {type(chunk_size)}.")
        filled = self.raw is None and self._content is not False  # by a program, with nothing to read from
        if filled or (self._content_consumed and not failed):
            read: Any = self._content or b""
            pieces: Iterator[Any] = _bodies.iter_slices(read, chunk_size)
        elif size == 0:
            raise ValueError("chunk_size=0 would yield nothing of the body; None yields pieces as they arrive")
        else:
            pieces = self._received(chunk_size, joined)
        return pieces if not decode_unicode or self.encoding is None else _charsets.decode_stream(pieces, self.encoding)

    def _received(self, chunk_size: int | None, joined: bool, decoded: bool = True) -> Iterator[bytes]:
        if self._failure is not None:
            raise self._as_translated(self._failure)
        raw = self.raw
        if joined and not getattr(raw, "chunked", False):
            chunk_size = 1  # of what cannot give what has arrived: the first bytes must not wait for others
        try:
            if joined and hasattr(raw, "stream_joined"):
                yield from raw.stream_joined()
            elif joined and hasattr(raw, "read1") and not getattr(raw, "chunked", False):
                decoding = {"decode_content": True} if hasattr(raw, "stream") else {}
                while piece := raw.read1(ARRIVED_SIZE, **decoding):
                    yield piece
            elif hasattr(raw, "stream"):
                yield from raw.stream(chunk_size, decode_content=decoded)
            else:
                while piece := raw.read(chunk_size):
                    yield piece
        except Exception as error:
            raise self._as_translated(error)  # noqa: B904 - its cause is set, or it is the error itself
        self._content_consumed = True

    def _as_translated(self, error: Exception) -> Exception:
        """Return what is raised for what ended the body, a transport's error translated; it will be raised again."""
        self._failure = twin_of(error)
        if not _failures.is_transport_error(error):
            return error
        found = _failures.translate_body(error, self.request)
        found.__cause__ = _failures.original(error)
        return found

    if TYPE_CHECKING:

        @overload
        def iter_lines(
            self, chunk_size: int = 512, decode_unicode: Literal[False] = False, delimiter: bytes | None = None
        ) -> Iterator[bytes]: ...
        @overload
        def iter_lines(
            self, chunk_size: int = 512, decode_unicode: bool = False, delimiter: str | bytes | None = None
        ) -> Iterator[str | bytes]: ...

    def iter_lines(
        self, chunk_size: int = ITER_CHUNK_SIZE, decode_unicode: bool = False, delimiter: str | bytes | None = None
    ) -> Iterator[object]:
        """Yield the body line by line, the same lines however it arrives: those of `content.splitlines()`.

        With a delimiter they are those of `content.split(delimiter)` without an empty last one. Unless a size is asked
        for, what has arrived is cut into lines as it comes.
        """
        if chunk_size == ITER_CHUNK_SIZE and self._reads_whole():
            # Sooner there than so many bytes, and quicker than in pieces of some lines each.
            pieces: Iterator[object] = self._pieces(None, decode_unicode, joined=True)
        else:
            pieces = self.iter_content(chunk_size, decode_unicode)
        return _charsets.iter_lines(pieces, delimiter)

    def iter_events(self, *, max_size: int = 1_048_576) -> Iterator[Event]:
        """Yield the server-sent events of the body as they arrive (WHATWG HTML section 9.2), as UTF-8 in any case.

        max_size: bytes of an event, comments and line ends counted; ResponseTooLarge for a larger one. An event that
        the end of the body cuts off is dropped. Errors are those of `iter_content`; TypeError, ValueError.
        """
        reader = _event_stream.EventReader(_body_readers.checked_size(max_size))
        return _body_readers.events_of(self, self._arriving(), reader)

    def iter_json_lines(self, *, max_size: int = 16_777_216) -> Iterator[Any]:
        """Yield the values of a body that has one in each line, as they arrive; empty lines are skipped.

        max_size: bytes of a line; ResponseTooLarge for a longer one. JSONDecodeError has the line's number as its
        `lineno`. Other errors are those of `iter_content`; TypeError, ValueError.
        """
        reader = _event_stream.LineReader(_body_readers.checked_size(max_size))
        return _body_readers.json_lines_of(self, self._arriving(), reader)

    def _arriving(self) -> Iterator[Any]:
        """Yield the body, decoded, as it arrives: nothing that is there waits for more to come."""
        if getattr(self.iter_content, "__func__", None) is not Content.iter_content:
            return self.iter_content(None)
        return self._pieces(None, False, joined=True)

    def _reads_whole(self) -> bool:
        """Tell whether the body is our transport's, and no program has a way of its own to read it."""
        ours = getattr(self.iter_content, "__func__", None) is Content.iter_content
        return ours and hasattr(type(self.raw), "read_whole")

    @property
    def content(self) -> bytes:
        """The whole body, decoded from its content coding; None when there is none to read."""
        if self._content is False:
            if self._failure is not None:
                raise self._as_translated(self._failure)
            if self._content_consumed:
                raise RuntimeError("The content for this response was already consumed")
            if self.status_code == 0 or self.raw is None:
                self._content = None
            else:
                self._content = self._read_whole()
        self._content_consumed = True
        found: bytes = self._content  # or None (as requests)
        return found

    def _read_whole(self) -> bytes:
        # Our own raw response reads a body into one buffer; pieces would have to be held twice to be joined.
        if not self._reads_whole():
            return b"".join(self.iter_content(CONTENT_CHUNK_SIZE)) or b""
        try:
            return bytes(self.raw.read_whole())
        except Exception as error:
            raise self._as_translated(error)  # noqa: B904 - as above

    @property
    def text(self) -> str:
        """The whole body as text, in `encoding`, or where that is None in `apparent_encoding`.

        What does not fit the encoding is replaced, never an error.
        """
        content = self.content
        if not content:
            return ""
        encoding = self.apparent_encoding if self.encoding is None else self.encoding
        try:
            return str(content, encoding or "utf-8", errors="replace")
        except (LookupError, TypeError, ValueError):
            # A misspelt or invented charset.
            return str(content, errors="replace")

    def json(self, **kwargs: object) -> Any:
        """Return the body parsed as JSON; `kwargs` are those of `json.loads`.

        JSONDecodeError (also a ValueError and json's own class) when it is not JSON.
        """
        content = self.content
        if not self.encoding and content and len(content) > 3:
            encoding = _charsets.guess_json_utf(content)
            if encoding is not None:
                try:
                    return self._loaded(content.decode(encoding), kwargs)
                except UnicodeDecodeError:
                    pass  # in no UTF encoding after all: `text` knows better
        return self._loaded(self.text, kwargs)

    def _loaded(self, text: str, kwargs: dict[str, Any]) -> object:
        if text[:1] == "\ufeff":
            text = text[1:]  # a byte order mark, which may be ignored (RFC 8259 section 8.1)
        try:
            return compat.json.loads(text, **kwargs)
        except ValueError as error:
            found: Any = error
            if not hasattr(found, "pos"):
                raise
            from ..exceptions import JSONDecodeError

            failure = JSONDecodeError(found.msg, found.doc, found.pos)
            failure._explain, failure._body_of = _failures.explain_json, self
            raise failure from error

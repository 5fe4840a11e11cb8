"""Content codings taken off a body, piece by piece and never further than asked (RFC 9110 section 8.4).

A decoder is fed what arrives and gives what it means, at most `max_length` bytes at a time; what it still holds back
is fetched by feeding it nothing. So reading n bytes of a body never inflates much more than n, whatever a server
has packed into it.

    decode(data, max_length=-1) -> bytes    has_unconsumed: more can be had without more input
    flush() -> bytes                        the body has ended: DecodeError when the coded stream has not
    consumed, produced                      bytes in and out so far

| coding          | by                                                              |
|-----------------|-----------------------------------------------------------------|
| gzip, x-gzip    | zlib; several members; garbage behind the last one is ignored   |
| deflate         | zlib, with its header (RFC 1950) or without it (RFC 1951)       |
| br              | brotli or brotlicffi, where installed                           |
| zstd            | compression.zstd (Python 3.14), backports.zstd or zstandard     |

Several codings in a row are taken off in the reverse order, up to `MAX_CODINGS`. A coding that nobody here knows
leaves the body as it is, as in requests. A pure room; a library is loaded when its first decoder is made.
"""

from __future__ import annotations

from .errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Protocol

    class Decoder(Protocol):
        """What takes a coding off."""

        consumed: int
        produced: int

        @property
        def has_unconsumed(self) -> bool: ...
        def decode(self, data: bytes, max_length: int = -1) -> bytes: ...
        def flush(self) -> bytes: ...


MAX_CODINGS: Final = 5
# What one decoder hands to the next, and what a library without a limit of its own is fed, at a time.
_STEP: Final = 64 * 1024
_SMALL_STEP: Final = 256
# For how long a stream without output may still turn out to be the other kind of deflate.
_MAX_UNDECIDED: Final = 64 * 1024


def decoder_for(content_encoding: str) -> Decoder | None:
    """Return a decoder for the value of a Content-Encoding field, None when there is nothing to take off.

    DecodeError when more than MAX_CODINGS are named.
    """
    names = [name for name in (part.strip().lower() for part in content_encoding.split(",")) if name]
    if len(names) > MAX_CODINGS:
        raise DecodeError(f"a body with {len(names)} content codings is refused, {MAX_CODINGS} are the most")
    decoder: Decoder | None = None
    for name in reversed(names):
        if name == "identity":
            continue
        make = _CODINGS.get(name)
        one: Decoder | None = None if make is None else make()
        if one is None:
            return None  # unknown here: the body stays as it is
        decoder = one if decoder is None else _Chain(decoder, one)  # type: ignore[assignment]
    return decoder


class _ByZlib:
    """A zlib decompressor that hands out its output in bounded pieces."""

    name = ""

    def __init__(self, window: int) -> None:
        import zlib

        self._zlib = zlib
        self._window = window
        self._inflater: Any = zlib.decompressobj(window)
        self._tail = b""
        self._full = False  # the last call gave all it was allowed to: there may be more
        self.consumed = 0
        self.produced = 0

    @property
    def has_unconsumed(self) -> bool:
        return self._full or bool(self._tail)

    def decode(self, data: bytes, max_length: int = -1) -> bytes:
        self.consumed += len(data)
        data = self._tail + data if self._tail else data
        out = self._inflate(data, max(0, max_length))
        self._full = max_length > 0 and len(out) >= max_length
        self.produced += len(out)
        return out

    def _inflate(self, data: bytes, limit: int) -> bytes:
        out: bytes = self._one_step(data, limit)
        self._tail = self._inflater.unconsumed_tail
        return out

    def _one_step(self, data: bytes, limit: int) -> bytes:
        try:
            return self._inflater.decompress(data, limit)  # type: ignore[no-any-return]
        except self._zlib.error as error:
            raise DecodeError(f"the body is no valid {self.name} stream: {error}") from error

    def flush(self) -> bytes:
        if self.consumed and not self._inflater.eof:
            raise DecodeError(f"the {self.name} stream of the body is cut off after {self.consumed} bytes")
        return b""


class _Gzip(_ByZlib):
    """RFC 1952: members, one behind the other."""

    name = "gzip"

    def __init__(self) -> None:
        super().__init__(31)
        self._members = 0
        self._garbage = False
        self._next = b""  # behind a member, not yet enough to know whether another one follows

    def _inflate(self, data: bytes, limit: int) -> bytes:
        parts: list[bytes] = []
        have = 0
        data = self._next + data if self._next else data
        self._next = self._tail = b""
        while not self._garbage:
            if self._inflater.eof:
                data = data.lstrip(b"\0")  # padding of tapes
                if len(data) < 2 and b"\x1f\x8b".startswith(data):
                    self._next = data
                    break
                if not data.startswith(b"\x1f\x8b"):
                    self._garbage = True
                    break
                self._inflater = self._zlib.decompressobj(self._window)
                self._members += 1
            out = self._one_step(data, limit - have if limit else 0)
            parts.append(out)
            have += len(out)
            if not self._inflater.eof:
                self._tail = self._inflater.unconsumed_tail
                break
            data = self._inflater.unused_data
            if limit and have >= limit:
                self._next = data
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @property
    def has_unconsumed(self) -> bool:
        return not self._garbage and (self._full or bool(self._tail) or len(self._next) > 1)


class _Deflate(_ByZlib):
    """What servers call deflate: a zlib stream as the RFC says, or the bare deflate that some send."""

    name = "deflate"

    def __init__(self) -> None:
        super().__init__(15)
        self._undecided: bytes | None = b""

    def _one_step(self, data: bytes, limit: int) -> bytes:
        if self._undecided is None:
            return super()._one_step(data, limit)
        seen = self._undecided + data
        try:
            out: bytes = self._inflater.decompress(data, limit)
        except self._zlib.error:
            self._undecided = None
            self._inflater = self._zlib.decompressobj(-15)
            return super()._one_step(seen, limit)
        taken = len(seen) - len(self._inflater.unconsumed_tail)
        self._undecided = None if out or len(seen) > _MAX_UNDECIDED else seen[:taken]
        return out


class _ByLibrary:
    """A decompressor of another library, which has `decompress(data, limit)` and `finished`."""

    def __init__(self, name: str, wrapped: Any) -> None:
        self.name = name
        self._wrapped = wrapped
        self._tail = b""
        self._full = False
        self.consumed = 0
        self.produced = 0

    @property
    def has_unconsumed(self) -> bool:
        return self._full or bool(self._tail)

    def decode(self, data: bytes, max_length: int = -1) -> bytes:
        self.consumed += len(data)
        data = self._tail + data if self._tail else data
        self._tail = b""
        try:
            out, self._tail = self._wrapped.decompress(data, max_length)
        except DecodeError:
            raise
        except Exception as error:  # each library has classes of its own
            raise DecodeError(f"the body is no valid {self.name} stream: {error}") from error
        self._full = max_length > 0 and len(out) >= max_length
        self.produced += len(out)
        return out  # type: ignore[no-any-return]

    def flush(self) -> bytes:
        if self.consumed and not self._wrapped.finished:
            raise DecodeError(f"the {self.name} stream of the body is cut off after {self.consumed} bytes")
        return b""


class _Brotli:
    """brotli's or brotlicffi's decompressor (RFC 7932)."""

    def __init__(self, library: Any) -> None:
        self._inflater = library.Decompressor()
        # `process` in brotli, `decompress` in brotlicffi; the limit came late to both.
        self._process = getattr(self._inflater, "process", None) or self._inflater.decompress
        self._limited = True
        self.finished = False

    def decompress(self, data: bytes, limit: int) -> tuple[bytes, bytes]:
        if self.finished:
            return b"", b""  # garbage behind the stream
        if limit <= 0:
            out, rest = self._process(data), b""
        else:
            out, rest = self._bounded(data, limit)
        self.finished = bool(self._inflater.is_finished())
        return out, b"" if self.finished else rest

    def _bounded(self, data: bytes, limit: int) -> tuple[bytes, bytes]:
        if self._limited:
            try:
                if not getattr(self._inflater, "can_accept_more_data", lambda: True)():
                    return self._process(b"", output_buffer_limit=limit), data
                return self._process(data, output_buffer_limit=limit), b""
            except TypeError:
                self._limited = False
        parts, have, position = [], 0, 0
        while have < limit and position < len(data):
            parts.append(self._process(data[position : position + _SMALL_STEP]))
            have += len(parts[-1])
            position += _SMALL_STEP
        return b"".join(parts), data[position:]


class _Zstd:
    """The decompressor of compression.zstd or backports.zstd (RFC 8878): frames, one behind the other."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._inflater = library.ZstdDecompressor()
        self.finished = False

    def decompress(self, data: bytes, limit: int) -> tuple[bytes, bytes]:
        parts: list[bytes] = []
        have = 0
        while True:
            if self._inflater.eof:
                if not data:
                    break
                self._inflater = self._library.ZstdDecompressor()
            parts.append(self._inflater.decompress(data, limit - have if limit > 0 else -1))
            have += len(parts[-1])
            data = self._inflater.unused_data if self._inflater.eof else b""
            if not data or (limit > 0 and have >= limit):
                break
        self.finished = bool(self._inflater.eof) and not data
        return b"".join(parts), data


class _Zstandard:
    """The decompressor of the package zstandard, which has no limit: fed in small steps."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._inflater = library.ZstdDecompressor().decompressobj()
        self._began = False

    @property
    def finished(self) -> bool:
        return not self._began or bool(self._inflater.eof)

    def decompress(self, data: bytes, limit: int) -> tuple[bytes, bytes]:
        parts: list[bytes] = []
        have = 0
        while data and (limit <= 0 or have < limit):
            if self._began and self._inflater.eof:
                self._inflater = self._library.ZstdDecompressor().decompressobj()
            self._began = True
            step = data[:_SMALL_STEP]
            parts.append(self._inflater.decompress(step))
            have += len(parts[-1])
            unused = self._inflater.unused_data if self._inflater.eof else b""
            data = unused + data[len(step) :]
        return b"".join(parts), data


class _Chain:
    """Two decoders in a row: what `inner` gives is what `outer` gets."""

    def __init__(self, inner: Decoder, outer: Decoder) -> None:
        self._inner = inner
        self._outer = outer

    @property
    def consumed(self) -> int:
        return self._inner.consumed

    @property
    def produced(self) -> int:
        return self._outer.produced

    @property
    def has_unconsumed(self) -> bool:
        return self._outer.has_unconsumed or self._inner.has_unconsumed

    def decode(self, data: bytes, max_length: int = -1) -> bytes:
        parts: list[bytes] = []
        left = max_length
        while left:
            if self._outer.has_unconsumed:
                piece = self._outer.decode(b"", left)
            elif data or self._inner.has_unconsumed:
                piece = self._outer.decode(self._inner.decode(data, _STEP), left)
                data = b""
            else:
                break
            parts.append(piece)
            if max_length > 0:
                left -= len(piece)
        if data:
            # The limit is zero or was reached by what was held back: the input must not be lost.
            parts.append(self._outer.decode(self._inner.decode(data, 1), 1))
        return b"".join(parts)

    def flush(self) -> bytes:
        out = self._outer.decode(self._inner.flush())
        return out + self._outer.flush()


def _brotli() -> Decoder | None:
    for name in ("brotli", "brotlicffi"):
        try:
            return _ByLibrary("br", _Brotli(__import__(name)))
        except ImportError:
            continue
    return None


def _zstd() -> Decoder | None:
    from importlib import import_module

    for name in ("compression.zstd", "backports.zstd"):
        try:
            return _ByLibrary("zstd", _Zstd(import_module(name)))
        except ImportError:
            continue
    try:
        return _ByLibrary("zstd", _Zstandard(import_module("zstandard")))
    except ImportError:
        return None


_CODINGS: Final[dict[str, Any]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _brotli,
    "zstd": _zstd,
}

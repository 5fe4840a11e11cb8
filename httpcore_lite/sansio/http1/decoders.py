"""Content codings taken off a body, piece by piece and never further than asked (RFC 9110 section 8.4).

A decoder is fed what arrives and gives what it means, at most `max_length` bytes at a time; what it still holds back
is fetched by feeding it nothing. So reading n bytes of a body never inflates much more than n, whatever a server
has packed into it.

    bytes as they arrive ──▶ _Stream ──▶ at most max_length bytes      one coding: what waits on either side, errors
                                │
                                ▼
                             engine                                    one library's ways: zlib, brotli, zstd

| coding          | by                                                              | behind its end      |
|-----------------|-----------------------------------------------------------------|---------------------|
| gzip, x-gzip    | zlib; several members, one behind the other                     | ignored, as gzip    |
| deflate         | zlib, with its header (RFC 1950) or without it (RFC 1951)       | ignored, as urllib3 |
| br              | brotli or brotlicffi, where installed (RFC 7932)                | an error            |
| zstd            | compression.zstd (Python 3.14), backports.zstd or zstandard;    | an error            |
|                 | several frames, one behind the other (RFC 8878, RFC 9659)       |                     |

Several codings in a row are taken off in the reverse order, up to `MAX_CODINGS`. A coding that is unknown here
leaves the body as it is, as in requests. A stream that breaks off is an error: requests gives the half of a gzip
body for the whole. In a body whose framing is complete, gzip and deflate may end where their sender has flushed them:
there are servers that only ever flush. br and zstd have no mark of that, so there it stays an error. No exception of a
library leaves this room but as the cause of a DecodeError. A pure room; a library is loaded when it is first asked for.
"""

from __future__ import annotations

from ..errors import DecodeError, twin_of
from . import LIBRARIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, TypeAlias

    # A module of Brotli or Zstandard, or an object of it: there are several, not all with types.
    _Library: TypeAlias = Any
MAX_CODINGS: Final = 5
# The memory that a zstd frame may ask for, as a power of two: 8 MiB (RFC 9659 section 3). Browsers refuse more as well;
# the libraries allow 128 MiB, for a body of some kilobytes.
_WINDOW_LOG: Final = 23
# What an engine is fed, and what one decoder hands to the next, at a time (bytes).
_STEP: Final = 64 * 1024
# The same where a stream holds many small ones: each start copies what is left of the step.
_SMALL_STEP: Final = 4 * 1024
# The same for libraries without a limit of their own: so few bytes inflate to a few blocks at most.
_TINY_STEP: Final = 16


# RFC 1951 section 3.2.4: what a deflater writes to flush, an empty stored block; and the shortest block, with the bit
# that says that it is the last one.
_FLUSHED: Final = b"\x00\x00\xff\xff"
_EMPTY_LAST_BLOCK: Final = b"\x03\x00"


class Decoder:
    """What takes one or more codings off: feed it until the body ends, then `flush`.

    `consumed` and `produced` count the bytes in and out so far.
    """

    consumed = 0
    produced = 0

    @property
    def has_unconsumed(self) -> bool:
        """Whether there may be output that needs no more input: `decode(b"", n)` gives it."""
        raise NotImplementedError

    def decode(self, data: bytes, max_length: int = -1) -> bytes:
        """Take coded bytes and return decoded ones, at most `max_length`; all there are if that is negative.

        With 0 the bytes are kept for later. Raises DecodeError when they do not belong to the coding; once that
        has happened it happens again.
        """
        raise NotImplementedError

    def flush(self, framed: bool = False) -> bytes:
        """Say that the body has ended, and return what was held back.

        Raises DecodeError when the coded stream has not ended, unless nothing of it came at all: a response to
        HEAD names a coding, too. Where the body is `framed`, so that it is known to be whole, a stream may also end at
        a flush boundary.
        """
        raise NotImplementedError


def decoder_for(content_encoding: str) -> Decoder | None:
    """Return a decoder for the value of a Content-Encoding field, None when there is nothing to take off.

    That is so when no coding is named, or one that is unknown or whose library is not installed. Raises
    DecodeError when more than MAX_CODINGS are named.
    """
    if content_encoding in _ENGINES:  # nearly always
        names = [content_encoding]
    else:
        names = [name for name in (part.strip().lower() for part in content_encoding.split(",")) if name]
    if any(name not in _ENGINES and name != "identity" for name in names):
        return None
    if len(names) > MAX_CODINGS:
        raise DecodeError(f"a body with {len(names)} content codings is refused, {MAX_CODINGS} are the most")
    decoder: Decoder | None = None
    for name in reversed(names):
        if name == "identity":
            continue
        engine = _engine(name)
        if engine is None:
            return None
        stream = _Stream(name, engine)
        decoder = stream if decoder is None else _Chain(decoder, stream)
    return decoder


class _Waiting:
    """Bytes that are taken from the front without copying the rest each time."""

    __slots__ = ("_at", "_data")

    def __init__(self) -> None:
        self._data = b""
        self._at = 0

    def __len__(self) -> int:
        return len(self._data) - self._at

    def add(self, data: bytes) -> None:
        self._data = self._data[self._at :] + data if len(self) else bytes(data)
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the first `size` bytes and forget them; all when that is negative."""
        whole = not self._at and (size < 0 or size >= len(self._data))
        end = len(self._data) if size < 0 else self._at + size
        out = self._data if whole else self._data[self._at : end]
        self._at = min(end, len(self._data))
        if self._at == len(self._data):
            self.clear()
        return out

    def put_back(self, taken: bytes, left: bytes) -> None:
        """Put `left` in front again, the end of `taken`, which was taken just now, or more than that."""
        if not self._data:
            self._data = left
        elif len(left) <= len(taken):
            self._at -= len(left)
        else:
            self._data, self._at = left + self._data[self._at :], 0

    def clear(self) -> None:
        self._data, self._at = b"", 0


class _Stream(Decoder):
    """One coding: an engine with what waits before it and behind it."""

    def __init__(self, name: str, engine: _Engine) -> None:
        self._name = name
        self._engine = engine
        self._before = _Waiting()
        self._behind = _Waiting()  # what a library gave beyond the limit
        self._failed: DecodeError | None = None
        self._last = b""  # the last four coded bytes

    @property
    def has_unconsumed(self) -> bool:
        return bool(self._behind) or bool(self._before) or self._engine.more

    def decode(self, data: bytes, max_length: int = -1) -> bytes:
        self.consumed += len(data)
        if self._failed is not None:
            raise twin_of(self._failed)
        if data:
            self._before.add(data)
            self._last = data[-4:] if len(data) > 3 else (self._last + data)[-4:]
        if max_length == 0:
            return b""
        parts = [self._behind.take(max_length)] if self._behind else []
        have = len(parts[0]) if parts else 0
        while (max_length < 0 or have < max_length) and (self._before or self._engine.more):
            out = self._one_step(max_length - have if max_length > 0 else -1)
            if 0 <= max_length - have < len(out):
                self._behind.add(out)
                out = self._behind.take(max_length - have)
            parts.append(out)
            have += len(out)
        self.produced += have
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _one_step(self, limit: int) -> bytes:
        engine = self._engine
        # What is inside an engine comes out before more goes in.
        data = b"" if engine.more else self._before.take(engine.step if limit > 0 else engine.free_step)
        was_done = engine.done
        try:
            out: bytes = engine.feed(data, limit)
            if not out and len(engine.left) >= len(data) and (data or engine.more) and engine.done == was_done:
                raise DecodeError(f"the {self._name} stream of the body does not go on")
        except DecodeError as error:
            self._failed = twin_of(error)
            raise
        except MemoryError:
            raise
        except Exception as error:  # each library has classes of its own
            cause = twin_of(error)
            words = f"Received response with content-encoding: {self._name}, but failed to decode it."
            self._failed = DecodeError(words, cause)
            self._failed.__cause__ = cause
            raise twin_of(self._failed) from error
        if engine.left:
            self._before.put_back(data, engine.left)
        return out

    def flush(self, framed: bool = False) -> bytes:
        out = self.decode(b"") if self.has_unconsumed or self._failed else b""
        if self.consumed and not self._engine.done and not (framed and self._engine.is_flushed(self._last)):
            raise DecodeError(f"the {self._name} stream of the body is cut off after {self.consumed} bytes")
        return out


class _Chain(Decoder):
    """Two decoders in a row: what `inner` gives is what `outer` gets, a step at a time."""

    def __init__(self, inner: Decoder, outer: Decoder) -> None:
        self._inner = inner
        self._outer = outer

    @property
    def has_unconsumed(self) -> bool:
        return self._outer.has_unconsumed or self._inner.has_unconsumed

    def decode(self, data: bytes, max_length: int = -1) -> bytes:
        self.consumed += len(data)
        self._inner.decode(data, 0)
        parts: list[bytes] = []
        room = max_length
        while room and self.has_unconsumed:
            between = b"" if self._outer.has_unconsumed else self._inner.decode(b"", _STEP)
            parts.append(self._outer.decode(between, room))
            if max_length > 0:
                room -= len(parts[-1])
        out = b"".join(parts)
        self.produced += len(out)
        return out

    def flush(self, framed: bool = False) -> bytes:
        out = self.decode(b"") if self.has_unconsumed else b""
        return out + self._outer.decode(self._inner.flush(framed)) + self._outer.flush(framed)


class AssignedDecoder(Decoder):
    """A decoder of the shape of urllib3's, which a program has assigned to `raw._decoder`.

    `decompress(data, max_length=)`, `has_unconsumed_tail` where it has one, and `flush()`. google-cloud-storage assigns
    one that computes a checksum of the coded bytes as they pass.
    """

    def __init__(self, theirs: _Library) -> None:
        self.theirs = theirs
        self._waiting = b""
        self._flushed = False

    @property
    def has_unconsumed(self) -> bool:
        return bool(self._waiting) or bool(getattr(self.theirs, "has_unconsumed_tail", False))

    def decode(self, data: bytes, max_length: int = -1) -> bytes:
        self.consumed += len(data)
        data, self._waiting = self._waiting + data, b""
        if max_length == 0:
            self._waiting = data
            return b""
        try:
            try:
                out: bytes = self.theirs.decompress(data, max_length=max_length)
            except TypeError:  # of before urllib3 2.6
                out = self.theirs.decompress(data)
        except (DecodeError, MemoryError):
            raise
        except Exception as error:  # each library has classes of its own
            raise DecodeError(f"the body cannot be decoded: {error}") from error
        self.produced += len(out)
        return out

    def flush(self, framed: bool = False) -> bytes:
        out = self.decode(b"") if self.has_unconsumed else b""
        if not self._flushed:
            self._flushed = True
            out += self.theirs.flush()
        return out


# -- engines -----------------------------------------------------------------------------------------------------


class _Engine:
    """One library's way to inflate.

    `feed(data, limit)` returns output, about `limit` bytes at most (no bound when that is negative). After it `left`
    is what of the bytes fed was not taken, `more` says whether feeding nothing gives more, `done` whether the stream
    has ended. `step` is how much to feed at a time under a limit, `free_step` without one.
    """

    left = b""
    more = False
    done = False
    step = _STEP
    free_step = _STEP

    def feed(self, data: bytes, limit: int) -> bytes:
        raise NotImplementedError

    def is_flushed(self, last: bytes) -> bool:
        """Whether the stream, not ended, stands where its sender has flushed it; `last` are its last four bytes."""
        return False  # br and zstd have no mark by which to know


class _Zlib(_Engine):
    """A stream of zlib's in one of its three wrappings, which `window` names (see zlib.decompressobj)."""

    def __init__(self, window: int = 0) -> None:
        import zlib

        self._zlib = zlib
        self._window = window
        self._inflater: _Library = zlib.decompressobj(window) if window else None

    def feed(self, data: bytes, limit: int) -> bytes:
        if self.done:
            self.left = b""
            return b""  # as urllib3: what is behind the end is ignored
        inflater = self._inflater
        out: bytes = inflater.decompress(data, max(limit, 0))
        self.done = inflater.eof
        self.left = inflater.unused_data if self.done else inflater.unconsumed_tail
        # A full measure may have left something inside zlib's window.
        self.more = not self.done and not self.left and 0 < limit <= len(out)
        return out

    def is_flushed(self, last: bytes) -> bool:
        if last != _FLUSHED or self._inflater is None:
            return False
        # The mark may be data of a block that was cut. Between two blocks an empty last one ends the stream, up to the
        # checksum, which is wrong; within a block the same bytes are something else.
        probe = self._inflater.copy()
        try:
            probe.decompress(_EMPTY_LAST_BLOCK + bytes(8), 1)
        except self._zlib.error as error:
            return "incorrect data check" in str(error)
        return bool(probe.eof)


class _Gzip(_Zlib):
    """RFC 1952: members, one behind the other. What then follows and is no member is ignored, zeros between too."""

    _MAGIC: Final = b"\x1f\x8b"

    def __init__(self) -> None:
        super().__init__(31)
        self._begun = b""  # the first byte of a magic number, perhaps
        self._garbage = False

    def feed(self, data: bytes, limit: int) -> bytes:
        if self.done and not self._garbage:
            data = (self._begun + data).lstrip(b"\0")
            self._begun = b""
            if data.startswith(self._MAGIC):
                self._inflater = self._zlib.decompressobj(self._window)
                self.done = False
                self.step = self.free_step = _SMALL_STEP
            elif self._MAGIC.startswith(data):
                self._begun = data
            else:
                self._garbage = True
        return super().feed(data, limit)


class _Deflate(_Zlib):
    """What servers call deflate: a zlib stream as the RFC says, or the bare deflate that some send.

    The first two bytes tell: a bare stream of which they are a zlib header would start with a stored block with
    bits set in its padding, which no deflater writes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._begun = b""

    def feed(self, data: bytes, limit: int) -> bytes:
        if self._inflater is None:
            data = self._begun + data
            self._begun = data
            if len(data) < 2:
                return b""
            header = data[0] & 0x8F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._inflater = self._zlib.decompressobj(15 if header else -15)
            self._begun = b""
        return super().feed(data, limit)


class _Brotli(_Engine):
    """The decompressor of brotli or brotlicffi. A limit came to both in version 1.2."""

    def __init__(self, library: _Library) -> None:
        self._inflater: _Library = library.Decompressor()
        try:
            self._inflater.process(b"", output_buffer_limit=1)
            self._bounded = True
        except TypeError:
            self._bounded = False
            self.step = _TINY_STEP

    def feed(self, data: bytes, limit: int) -> bytes:
        inflater = self._inflater
        held = False
        if self.done:
            raise DecodeError("there are bytes behind the end of the br stream")
        if not self._bounded:
            out: bytes = inflater.process(data)
        else:
            # Both allot as much as the limit says before they know that there is so much.
            limit = min(limit, _STEP) if limit > 0 else _STEP
            out = inflater.process(data, output_buffer_limit=limit)
            # A full measure may have left something inside, which brotli, unlike brotlicffi, does not tell.
            held = not inflater.can_accept_more_data()
            self.more = held or len(out) >= limit
        self.done = inflater.is_finished()
        if self.done:
            self.more = held  # bytes behind the end: the next call says so
        return out


class _Zstd(_Engine):
    """The decompressor of compression.zstd or backports.zstd.

    A frame may say how long its content is. The library looks at that when it sees all of the frame at once, but not
    when an empty block ends what came in pieces; here it is always looked at.
    """

    def __init__(self, library: _Library) -> None:
        options = {library.DecompressionParameter.window_log_max: _WINDOW_LOG}
        self._make: _Library = lambda: library.ZstdDecompressor(options=options)
        self._begin()

    def _begin(self) -> None:
        self._inflater: _Library = self._make()
        self._header = b""  # of the frame, with some of what follows it
        self._given = 0

    def feed(self, data: bytes, limit: int) -> bytes:
        if self.done:
            self._begin()
            self._more_frames()
        if len(self._header) < _ZSTD_HEADER:
            self._header += data[:_ZSTD_HEADER]
        out = self._inflate(data, limit)
        self._given += len(out)
        self.done = self._inflater.eof
        self.left = self._inflater.unused_data if self.done else b""  # some of it may have been fed long ago
        if self.done and _declared(self._header) not in (None, self._given):
            raise DecodeError(f"a frame of the zstd stream has {self._given} bytes and says that it has others")
        return out

    def _more_frames(self) -> None:
        self.step = self.free_step = _SMALL_STEP

    def _inflate(self, data: bytes, limit: int) -> bytes:
        out: bytes = self._inflater.decompress(data, limit)
        self.more = not self._inflater.eof and not self._inflater.needs_input
        return out


class _Zstandard(_Zstd):
    """The decompressor of the package zstandard, which has no limit."""

    step = _TINY_STEP

    def __init__(self, library: _Library) -> None:
        self._make = library.ZstdDecompressor(max_window_size=1 << _WINDOW_LOG).decompressobj
        self._begin()

    def _more_frames(self) -> None:
        self.free_step = _SMALL_STEP

    def _inflate(self, data: bytes, limit: int) -> bytes:
        found: bytes = self._inflater.decompress(data)
        return found


# The longest header of a frame, in bytes.
_ZSTD_HEADER: Final = 18


def _declared(header: bytes) -> int | None:
    """How many bytes a zstd frame says that it has, None if it does not say (RFC 8878 section 3.1.1.1)."""
    if header[:4] != b"\x28\xb5\x2f\xfd":
        return None  # one to be skipped
    descriptor = header[4]
    single = bool(descriptor & 32)
    width = (int(single), 2, 4, 8)[descriptor >> 6]
    at = 6 - single + (0, 1, 2, 4)[descriptor & 3]
    return int.from_bytes(header[at : at + width], "little") + 256 * (width == 2) if width else None


def _find_brotli() -> object:
    for name in LIBRARIES["br"]:
        try:
            library = __import__(name)
            library.Decompressor().is_finished()
        except Exception:  # a library that is there may still fail to load, in its own way
            continue
        return lambda: _Brotli(library)
    return None


def _find_zstd() -> object:
    for name in LIBRARIES["zstd"]:
        try:
            library = __import__(name, fromlist=["ZstdDecompressor"])
            library.ZstdDecompressor()
        except Exception:
            continue
        kind = _Zstandard if name == "zstandard" else _Zstd
        return lambda: kind(library)
    return None


# Codings that need a library -> what loads it and returns a maker of engines, or None.
_LIBRARIES: Final[dict[str, _Library]] = {"br": _find_brotli, "zstd": _find_zstd}
_ENGINES: Final[dict[str, _Library]] = {"gzip": _Gzip, "x-gzip": _Gzip, "deflate": _Deflate, **_LIBRARIES}
# What was found, None for what was not: an import that fails is slow each time.
_found: dict[str, object] = {}


def _library(name: str) -> _Library:
    if name not in _found:
        _found[name] = _LIBRARIES[name]()
    return _found[name]


def _engine(name: str) -> _Engine | None:
    make = _library(name) if name in _LIBRARIES else _ENGINES[name]
    if make is None:
        return None
    try:
        found: _Engine | None = make()
        return found
    except ImportError:  # a Python without zlib
        return None

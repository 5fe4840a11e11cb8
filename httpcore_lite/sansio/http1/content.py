"""The content of a body: its codings taken off as far as it is read, and within the limits that a program has set.

    coded bytes, b"" at their end ──feed──▶ Content ──take──▶ decoded bytes, or None: more must be fed first

A pure room: the driver's loop is `while (data := content.take(amt)) is None: content.feed(...)`. It is loaded with the
first body that has a coding.
"""

from __future__ import annotations

from ..errors import DecodeError, ResponseTooLarge, twin_of
from ..options import RATIO_FLOOR
from .decoders import AssignedDecoder, decoder_for
from .response_body import compact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from .decoders import Decoder

# Decoded bytes looked at together where a limit is set.
LIMITED_STEP: Final = 256 * 1024


class Content:
    """What `decoder` makes of a body.

    max_size: the most decoded bytes; max_ratio: the most decoded bytes to a coded one, beyond RATIO_FLOOR. None: any.
    """

    def __init__(self, decoder: Decoder, max_size: int | None = None, max_ratio: float | None = None) -> None:
        self.decoder = decoder
        self.max_size = max_size
        self.max_ratio = max_ratio
        # What ended it: what the codings do not allow, or the limits do not.
        self.failure: BaseException | None = None
        self.begun: bool = False
        self._parts: list[bytes] = []
        self._have = self._compacted = 0
        self._ended = False

    @classmethod
    def coded(cls, codings: str, max_size: int | None = None, max_ratio: float | None = None) -> Content | None:
        """Return the content of a body in these codings, None if there is nothing to take off. DecodeError."""
        decoder = decoder_for(codings)
        return None if decoder is None else cls(decoder, max_size, max_ratio)

    @classmethod
    def assigned(cls, theirs: object, max_size: int | None = None, max_ratio: float | None = None) -> Content | None:
        """Return what a program's own decoder, of the shape of urllib3's, makes of a body; None for None."""
        return None if theirs is None else cls(AssignedDecoder(theirs), max_size, max_ratio)

    def take(self, amt: int | None, some: bool = False) -> bytes | None:
        """Return `amt` decoded bytes, all there are if that is None; fewer at the end, or as soon as there are `some`.

        None says that bytes must be fed first. DecodeError, ResponseTooLarge; `held` gives what came before it.
        """
        if self.failure is not None:
            raise twin_of(self.failure)
        while (amt is None or self._have < amt) and not (some and self._have):
            if self.decoder.has_unconsumed:
                self._add(self._decoded(b"", self._step if amt is None else amt - self._have))
            elif self._ended:
                self._ended = False  # a program may put another file behind this one
                break
            else:
                return None
        return self.held()

    def feed(self, data: bytes, framed: bool) -> None:
        """Take coded bytes; b"" says that the body has ended, `framed` whether it is known to be whole then."""
        if data:
            self.begun = True
            self._decoded(data, 0)
            return
        self._ended = True
        # A response without a body (HEAD, 304) may name a coding; there is nothing to complain about then.
        if self.begun:
            try:
                self._add(self.decoder.flush(framed))
            except DecodeError as error:
                self.failure = twin_of(error)
                raise

    def held(self) -> bytes:
        """Return what was decoded and not taken."""
        parts = self._parts
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._parts, self._have, self._compacted = [], 0, 0
        return data

    @property
    def _step(self) -> int:
        # Under a limit no further than needed to see that it is passed.
        return -1 if self.max_size is None and self.max_ratio is None else LIMITED_STEP

    def _add(self, piece: bytes) -> None:
        if piece:
            self._parts.append(piece)
            self._have += len(piece)
            self._compacted = compact(self._parts, self._compacted)

    def _decoded(self, data: bytes, limit: int) -> bytes:
        try:
            decoded = self.decoder.decode(data, limit)
        except DecodeError as error:
            self.failure = twin_of(error)
            raise
        if decoded and (self.max_size is not None or self.max_ratio is not None):
            self._check_limits(decoded)
        return decoded

    def _check_limits(self, decoded: bytes) -> None:
        """Raise ResponseTooLarge when `decoded`, which was decoded just now, passes a limit; what is within is held."""
        consumed, produced = self.decoder.consumed, self.decoder.produced
        allowed, text = produced, ""
        if self.max_size is not None and produced > self.max_size:
            allowed = self.max_size
            text = f"the decoded body is larger than max_response_size={self.max_size} bytes"
        ratio = self.max_ratio
        if ratio is not None and allowed > max(RATIO_FLOOR, ratio * consumed):
            allowed = max(RATIO_FLOOR, int(ratio * consumed))
            text = f"{consumed} bytes were inflated to {produced} or more, max_decode_ratio allows {ratio:g} times"
        if allowed < produced:
            self._add(decoded[: max(0, len(decoded) - (produced - allowed))])
            self.failure = ResponseTooLarge(text)
            raise twin_of(self.failure)

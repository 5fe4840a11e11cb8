"""The body of a request: where its bytes come from, and whether it can be sent a second time.

A body is nothing, bytes, text (sent as UTF-8), a file object, or an iterable of pieces. A file object is read in
large blocks and may be sent again from where it stood when it was given to us, if it can seek; an iterable is
used up by being sent. Nothing here touches the network.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final

READ_SIZE: Final = 64 * 1024


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
            self.data = source.encode("utf-8")
        elif isinstance(source, (bytearray, memoryview)):
            self.data = bytes(source)
        elif position is None and hasattr(source, "read") and hasattr(source, "tell"):
            try:
                self.position = source.tell()
            except (OSError, ValueError):
                self.position = None

    def pieces(self) -> Iterator[bytes]:
        """Yield the body's bytes. TypeError when the source gives something else than bytes or text."""
        self._started = True
        source = self._source
        read: Iterable[Any] = _blocks(source) if hasattr(source, "read") else source
        for piece in read:
            if isinstance(piece, str):
                yield piece.encode("utf-8")
            elif isinstance(piece, (bytes, bytearray, memoryview)):
                yield piece if isinstance(piece, bytes) else bytes(piece)
            else:
                raise TypeError(f"a request's body is made of bytes or text, not of {type(piece).__name__}")

    @property
    def is_repeatable(self) -> bool:
        """Whether the body can be sent again from its start."""
        if self.data is not None or not self._started:
            return True
        return isinstance(self.position, int) and hasattr(self._source, "seek")

    def rewind(self) -> None:
        """Go back to the start. Raises what the source's `seek` raises."""
        if self.data is None and self._started:
            self._source.seek(self.position)
            self._started = False


def _blocks(source: Any) -> Iterator[Any]:
    while block := source.read(READ_SIZE):
        yield block

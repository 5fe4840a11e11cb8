"""What has arrived of a body: a driver that waits for nothing shows that none is needed."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_lite.sansio.errors import IncompleteRead, ProtocolError, ResponseTooLarge
from httpcore_lite.sansio.http1.framing import ChunkedReader, CloseReader, LengthReader
from httpcore_lite.sansio.http1.protocol import Head
from httpcore_lite.sansio.http1.response_body import BODY_READ, MANY, SMALL_READ, ResponseBody, compact

BODY = bytes(range(256)) * 1000


class Driven(ResponseBody):
    """A driver over the bytes that a peer has sent."""

    def __init__(self, reader: Any, sent: bytes, pieces: list[bytes] | None = None, **kw: Any) -> None:
        head = Head(200, b"OK", 11, [])
        head.reader, head.chunked = reader, isinstance(reader, ChunkedReader)
        head.length = reader.received + reader.direct if isinstance(reader, LengthReader) else None
        super().__init__(head, pieces or [], **kw)
        self.sent, self.done, self.asked = sent, [], []  # type: ignore[var-annotated]

    def _finish(self) -> None:
        self.done.append("finish")

    def _let_go(self) -> None:
        self.done.append("let go")

    def read(self, limit: int) -> bytes:
        while not self.pieces:
            if self.failure is not None:
                raise self.failed_again()
            if self.reader.ended:
                return b""
            size = self.wanted(limit)
            self.asked.append(size)
            data, self.sent = self.sent[: size or BODY_READ], self.sent[size or BODY_READ :]
            before = len(self.pieces)
            if data:
                self.reader.receive(data, self.pieces)
            else:
                self.reader.receive_eof()
            self._pieces_came(self.pieces, before)
            self.pieces.reverse()
        return self.take(limit)


def readers() -> list[tuple[Any, bytes]]:
    chunks = b"".join(b"%x\r\n%s\r\n" % (5000, BODY[at : at + 5000]) for at in range(0, 255000, 5000))
    chunks += b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY) - 255000, BODY[255000:])
    return [(LengthReader(len(BODY)), BODY), (ChunkedReader(), chunks), (CloseReader(), BODY)]


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("limit", [100, SMALL_READ, 20_000, BODY_READ])
def test_a_driver_receives_what_is_wanted_and_takes_what_came(number: int, limit: int) -> None:
    body = Driven(*readers()[number])
    assert b"".join(iter(lambda: body.read(limit), b"")) == BODY
    assert body.bytes_read == len(BODY)
    assert body.at_end
    assert len(body.asked) < len(BODY) / min(limit, 5000) + 60
    if number != 1:
        assert all(size <= max(limit, BODY_READ if limit <= SMALL_READ else 0) for size in body.asked)
        assert body.wanted(10, exactly=True) <= 10


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("most", [0, 1, 70_000, len(BODY) - 1])
def test_a_bound_lets_so_many_bytes_through_and_then_fails_each_time(number: int, most: int) -> None:
    told: list[BaseException] = []
    body = Driven(*readers()[number])
    body.on_error = told.append
    body.bound(most)
    got = b""
    with pytest.raises(ResponseTooLarge):
        for _ in range(1000):
            got += body.read(30_000)
    assert got == BODY[:most]
    assert body.done[:1] == ["let go"]
    assert told and all(isinstance(error, ResponseTooLarge) for error in told)


def test_progress_is_told_of_what_came_with_the_head_too() -> None:
    told: list[Any] = []
    reader = LengthReader(9)
    reader.advance(3)
    body = Driven(reader, b"defghi", [b"abc"], on_download=lambda *now: told.append(now))
    assert body.read(9) + body.read(9) == b"abcdefghi"
    assert told == [(3, 9), (9, 9)]


def test_what_broke_off_is_said_in_urllib3s_words_and_a_signal_is_not_kept() -> None:
    body = Driven(LengthReader(9), b"")
    broken = body._broken_by(IncompleteRead(0, 9))
    assert isinstance(broken, ProtocolError)
    assert "Connection broken" in str(broken)
    signal = KeyboardInterrupt()
    body = Driven(LengthReader(9), b"")
    assert body._broken_by(signal) is signal
    assert isinstance(body.failed_again(), ProtocolError)


def test_many_tiny_pieces_are_joined_and_large_ones_are_not() -> None:
    pieces = [b"ab"] * MANY
    assert compact(pieces, 0) == 1
    assert pieces == [b"ab" * MANY]
    large = [bytes(2048)] * MANY
    assert compact(large, 0) == MANY
    assert len(large) == MANY

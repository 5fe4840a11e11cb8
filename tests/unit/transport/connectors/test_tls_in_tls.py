"""TLS over a stream that takes and gives as little as a test says, with a clock of the test's own."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from httpcore_lite.transport.connectors import tls_in_tls
from httpcore_lite.transport.connectors.tls_in_tls import TLSStream
from support.certificates import authority, server_context

DATA = bytes(range(256)) * 400


class Outer:
    """A stream of which the other end is OpenSSL in memory, in the same thread.

    It takes `room` bytes in all (None: any number) and `piece` at once, gives `piece` at once, and each takes `pace`
    seconds.
    """

    def __init__(self) -> None:
        self.timeout: float | None = None
        self.room: int | None = None
        self.piece = 1 << 20
        self.pace = self.now = 0.0
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.origin = server_context().wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.shaken = False

    def gettimeout(self) -> float | None:
        return self.timeout

    def settimeout(self, seconds: float | None) -> None:
        self.timeout = seconds

    def fileno(self) -> int:
        return 3

    def _take_time(self) -> None:
        if self.timeout and self.pace > self.timeout:
            raise TimeoutError("timed out")
        self.now += self.pace

    def send(self, data: bytes) -> int:
        if self.room == 0:
            raise ssl.SSLWantWriteError if self.timeout == 0.0 else TimeoutError("timed out")
        self._take_time()
        taken = data[: self.piece if self.room is None else min(self.piece, self.room)]
        if self.room is not None:
            self.room -= len(taken)
        self.incoming.write(taken)
        return len(taken)

    def recv(self, size: int) -> bytes:
        if not self.shaken:
            try:
                self.origin.do_handshake()
                self.shaken = True
            except ssl.SSLWantReadError:
                pass
        if not self.outgoing.pending:
            raise ssl.SSLWantReadError
        self._take_time()
        return self.outgoing.read(min(size, self.piece))

    def received(self) -> bytes:
        """What the origin reads of what has come."""
        data = b""
        try:
            while piece := self.origin.read(1 << 20):
                data += piece
        except ssl.SSLWantReadError:
            pass
        return data


@pytest.fixture
def outer(monkeypatch: pytest.MonkeyPatch) -> Outer:
    outer = Outer()
    monkeypatch.setattr(tls_in_tls, "monotonic", lambda: outer.now)
    return outer


@pytest.fixture
def stream(outer: Outer) -> TLSStream:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    stream: Any = TLSStream(outer, context, "localhost")  # type: ignore[arg-type]
    stream.do_handshake()
    stream.settimeout(0.0)
    with pytest.raises(ssl.SSLWantReadError):
        stream.recv(1)  # the tickets
    return stream  # type: ignore[no-any-return]


def send_all(stream: TLSStream, outer: Outer, data: bytes, room: int) -> bytes:
    """Send as an upload does, and make room whenever the stream is full; returns what the origin has read."""
    got, sent = b"", 0
    while sent < len(data):
        try:
            sent += stream.send(data[sent:])
            assert not stream._unsent  # what counts as sent has left
        except ssl.SSLWantWriteError:
            got += outer.received()
            outer.room = room
    return got + outer.received()


@pytest.mark.parametrize("room", [1, 20, 5_000, 16_384, 16_406, 40_000])
def test_no_byte_is_lost_or_doubled_wherever_the_stream_is_full(stream: TLSStream, outer: Outer, room: int) -> None:
    outer.room = 0
    data = DATA[:2_000] if room == 1 else DATA
    assert send_all(stream, outer, data, room) == data
    assert send_all(stream, outer, b"next", room) == b"next"


def test_bytes_can_be_received_while_some_wait_to_be_sent_and_these_go_first_afterwards(
    stream: TLSStream, outer: Outer
) -> None:
    for seconds in (0.0, 5.0):
        outer.room = 10
        stream.settimeout(0.0)
        with pytest.raises(ssl.SSLWantWriteError):
            stream.send(b"first")
        outer.origin.write(b"refused")
        stream.settimeout(seconds)
        assert stream.recv(100) == b"refused"
        assert stream.gettimeout() == seconds
        outer.room = None
        assert stream.send(b"first") == 5
        stream.sendall(b", second")
        assert outer.received() == b"first, second"


@pytest.mark.parametrize("size", [100, 16_384])
def test_a_record_that_drips_in_is_one_wait(stream: TLSStream, outer: Outer, size: int) -> None:
    outer.origin.write(DATA[:size])
    outer.piece, outer.pace = 1, 0.1
    stream.settimeout(1.0)
    began = outer.now
    with pytest.raises(TimeoutError):
        stream.recv(65_536)
    assert outer.now - began <= 1.0
    assert stream.gettimeout() == 1.0
    outer.pace = 0.0
    assert stream.recv(65_536) == DATA[:size]  # and nothing of it is lost


def test_a_record_that_drips_out_is_one_wait(stream: TLSStream, outer: Outer) -> None:
    outer.piece, outer.pace = 1, 0.1
    stream.settimeout(1.0)
    began = outer.now
    with pytest.raises(TimeoutError):
        stream.send(DATA[:10_000])
    assert outer.now - began <= 1.0
    assert stream.gettimeout() == 1.0


def test_the_bytes_of_several_records_that_came_together_are_pending(stream: TLSStream, outer: Outer) -> None:
    outer.origin.write(b"one")
    outer.origin.write(b"two")
    assert stream.recv(100) == b"one"
    assert stream.pending()
    assert stream.recv(100) == b"two"
    assert not stream._incoming.pending


def test_a_peer_that_goes_away_is_an_error_and_one_that_says_so_is_an_end(stream: TLSStream, outer: Outer) -> None:
    with pytest.raises(ssl.SSLWantReadError):
        outer.origin.unwrap()
    assert stream.recv(100) == b""
    outer.recv = lambda size: b""  # type: ignore[method-assign]
    other: Any = TLSStream(outer, stream.context, "localhost")  # type: ignore[arg-type]
    with pytest.raises(ssl.SSLEOFError):
        other.do_handshake()

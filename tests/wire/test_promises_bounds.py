"""The promises on bounds: whatever a server sends without end is refused in time, and what it costs is bounded.

Memory is what Python's allocator hands out at most while a row runs (tracemalloc); the peer's own bytes exist before
that is measured. `docs/guarantees/framing.md` says why.
"""

from __future__ import annotations

import gc
import os
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from httpcore_lite.sansio.errors import ProtocolError
from httpcore_lite.sansio.http1.framing import MAX_TRAILERS, ChunkedReader
from support.promises import Row, chunks, keep, kept, ok, refused, respond, spent
from support.scripted import Conversation, Peer, call, chunked, close, receive, send

HELLO = "Content-Length: 5"
BIG = 10_000_000
TOO_LONG = "longer than 262144 bytes"

FLOODS = {
    "1,000 field lines": Row(ok(*["X: y"] * 999, HELLO, body="hello"), kept("hello")),
    "1,001 field lines": Row(
        ok(*["X: y"] * 1000, HELLO, body="hello"), refused("ConnectionError", "more than 1000 field lines")
    ),
    "1,001 lines of folds": Row(
        ok("X: y", *[" z"] * 999, HELLO, body="hello"), refused("ConnectionError", "more than 1000 field lines")
    ),
    "100,000 field lines": Row(ok(*["X: y"] * 100_000, HELLO, body="hello"), refused("ConnectionError", TOO_LONG)),
    "one field of 10 MB": Row(ok("X: " + "y" * BIG, HELLO, body="hello"), refused("ConnectionError", TOO_LONG)),
    "a name of 10 MB": Row(ok("X" * BIG + ": y", HELLO, body="hello"), refused("ConnectionError", TOO_LONG)),
    "a status line of 10 MB": Row(ok(HELLO, status="200 " + "O" * BIG), refused("ConnectionError", TOO_LONG)),
    "spaces of 10 MB": Row(ok("X:" + " " * BIG), refused("ConnectionError", TOO_LONG)),
    "field lines without end": Row(
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500_000, refused("ConnectionError", TOO_LONG)
    ),
    "one line without end": Row(b"HTTP/1.1 200 OK\r\nX: " + b"y" * BIG, refused("ConnectionError", TOO_LONG)),
    "no line at all": Row(b"y" * BIG, refused("ConnectionError", TOO_LONG)),
    "10 MB of NUL": Row(bytes(BIG), refused("ConnectionError", TOO_LONG)),
    "a head of the allowed size": Row(ok("X: " + "y" * (262_144 - 43), HELLO, body="hello"), kept("hello")),
    "a head one byte longer": Row(
        ok("X: " + "y" * (262_144 - 42), HELLO, body="hello"), refused("ConnectionError", TOO_LONG)
    ),
    "interim responses of 250,000 bytes": Row(
        ok("X: " + "y" * 250_000, status="103 Hints") * 40,
        refused("ConnectionError", "together longer than 262144 bytes"),
    ),
    "an extension of 10 MB": Row(
        chunks("5;" + "x" * BIG + "\r\nhello\r\n"), refused("ChunkedEncodingError", "InvalidChunkLength")
    ),
    "a size of 10 MB": Row(chunks("0" * BIG + "5\r\n"), refused("ChunkedEncodingError", "InvalidChunkLength")),
    "trailers of 10 MB": Row(
        chunks("0\r\n" + "X: y\r\n" * (BIG // 6)), refused("ChunkedEncodingError", "longer than 65536 bytes")
    ),
    "extensions without end": Row(chunks(("1;" + "x" * 16_000 + "\r\ny\r\n") * 600 + "0\r\n\r\n"), kept("y" * 600)),
    "30,000 chunks of one byte": Row(chunks("1\r\ny\r\n" * 30_000 + "0\r\n\r\n"), kept("y" * 30_000)),
    "10 MB behind": Row(ok(HELLO, body="hello") + bytes(BIG), spent("hello")),
    "10 MB behind 304": Row(ok(status="304 Not") + bytes(BIG), spent("", 304)),
    "a length of 2**63": Row(
        ok(f"Content-Length: {2**63}", body="hello"), refused("ChunkedEncodingError", "5 bytes read", "hello"), True
    ),
    "a chunk of 2**63": Row(
        chunks(f"{2**63:x}\r\nhello"), refused("ChunkedEncodingError", "5 bytes read", "hello"), True
    ),
}

FAULTS = {
    "no head": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nX: ",
    "no length": ok("Content-Length: x"),
    "two lengths": ok(HELLO, "Content-Length: 6"),
    "half a body": ok(HELLO, body="he"),
    "no chunk": chunks("x\r\n"),
}

# Bytes at most that a row may cost; a head of the largest size is held about four times while it is judged.
MOST = 2_000_000


@pytest.fixture(scope="module", autouse=True)
def everything_is_imported() -> None:
    """What the first request imports is no cost of a row."""
    import httpcore_lite

    keep(httpcore_lite, Row(ok(HELLO, body="hello"), kept("hello")))


def _peak(action: Callable[[], object]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("way", ["whole, content", "bytewise, iter_content"])
@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_refused_or_borne_in_bounded_memory(client: ModuleType, name: str, way: str) -> None:
    peak = _peak(lambda: keep(client, FLOODS[name], [way]))
    assert peak < MOST, f"{peak:,} bytes"


def test_a_head_that_the_close_ends_has_the_same_bounds(client: ModuleType) -> None:
    sent = ok(*["X: y"] * 1000, "Content-Length: 0").removesuffix(b"\r\n")
    keep(client, Row(sent, refused("ConnectionError", "more than 1000 field lines"), closes=True))


def _tiny_chunks(coded: bool) -> bytes:
    squeeze = zlib.compressobj(wbits=31)
    pieces = [b"%d" % (i % 10) for i in range(30_000)]
    if not coded:
        return ok("Transfer-Encoding: chunked") + chunked(*pieces)
    pieces = [squeeze.compress(piece) + squeeze.flush(zlib.Z_SYNC_FLUSH) for piece in pieces]
    return ok("Content-Encoding: gzip", "Transfer-Encoding: chunked") + chunked(*pieces, squeeze.flush())


@pytest.mark.parametrize("coded", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("all_at_once", [False, True], ids=["read", "content"])
def test_tiny_chunks_cost_no_more_than_long_ones(client: ModuleType, coded: bool, all_at_once: bool) -> None:
    sent = _tiny_chunks(coded)

    def read_it() -> None:
        with Peer([receive(), send(sent)], patience=40) as peer:
            response = client.get(peer.url("/"), timeout=40, stream=True)
            data = response.content if all_at_once else response.raw.read(1_000_000, decode_content=True)
            assert len(data) == 30_000

    assert _peak(read_it) < MOST


def test_trailers_that_come_byte_by_byte_are_read_in_linear_time() -> None:
    reader = ChunkedReader()
    reader.receive(b"0\r\n", [])
    began = time.process_time()
    with pytest.raises(ProtocolError, match="longer than"):
        for byte in b"X: y\r\n" * MAX_TRAILERS:
            reader.receive(bytes([byte]), [])
    assert time.process_time() - began < 2  # four seconds where every byte meant a search from the start


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
def test_hundreds_of_faults_leave_no_descriptor(client: ModuleType) -> None:
    faults = [*FAULTS.values()] * (300 // len(FAULTS))
    script = [[receive(), send(data), close()] for data in faults]
    with Peer(*script) as peer, client.Session() as session:
        before = len(os.listdir("/proc/self/fd"))
        for _ in faults:
            with pytest.raises(client.RequestException):
                session.get(peer.url("/"), timeout=5)
        peer.wait_gone(len(faults) - 1)
        gc.collect()
        assert session.get_adapter("http://").pool.stats().open == 0
        assert len(os.listdir("/proc/self/fd")) <= before + 3
    assert peer.connections == len(faults)


def test_a_server_that_keeps_talking_is_stopped_by_the_deadline(client: ModuleType) -> None:
    def talk_on(talk: Conversation) -> None:
        while not talk.peer.over.wait(0.01):  # the peer's slowness is what is tested
            send(b"1;x\r\ny\r\n")(talk)

    with Peer([receive(), send(chunks("")), call(talk_on)], [receive(), send(respond)]) as peer:
        with client.Session() as session:
            began = time.monotonic()
            with pytest.raises(client.ReadTimeout, match="total"):
                session.get(peer.url("/"), timeout=client.Timeouts(read=5, total=0.2))
            assert time.monotonic() - began < 8  # the peer talks for as long as the test goes on
            assert session.get(peer.url("/next"), timeout=5).text == "the response to /next"

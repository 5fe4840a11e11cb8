"""A body read in any mixture of ways gives its bytes, once and in order, wherever the peer has cut them."""

from __future__ import annotations

import io
from itertools import islice
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.sansio import errors
from httpcore_lite.sansio.connections.routes import Route
from httpcore_lite.sansio.http1.response_body import BODY_READ, SMALL_READ
from httpcore_lite.sansio.options import ExchangeOptions
from httpcore_lite.transport.connection import Connection
from httpcore_lite.transport.http_client import take_over
from httpcore_lite.transport.response import RawResponse

BODY = bytes(range(251)) * 1200


class Wire:
    """A socket that gives what was sent in pieces of `sizes`, again and again, then the end."""

    def __init__(self, head: bytes, data: bytes, sizes: list[int]) -> None:
        self._sent, self._sizes, self.calls = [head], sizes, 0
        self.left = memoryview(data)

    def gettimeout(self) -> None:
        return None

    def recv(self, size: int) -> bytes:
        self.calls += 1
        if self._sent:
            return self._sent.pop()
        size = min(size, self._sizes[self.calls % len(self._sizes)])
        data, self.left = bytes(self.left[:size]), self.left[size:]
        return data

    def recv_into(self, view: memoryview) -> int:
        data = self.recv(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None: ...


class Pool:
    """What a response does to its pool."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def __getattr__(self, verb: str) -> Any:
        return lambda connection: self.done.append(verb)


def opened(framing: str, body: bytes, sizes: list[int], chunks: list[int], most: int | None = None) -> Any:
    """Return a response whose head has arrived, its pool and its socket."""
    field = {"length": b"Content-Length: %d" % len(body), "chunked": b"Transfer-Encoding: chunked", "close": b"X: y"}
    if framing == "chunked":
        at, turn, parts = 0, 0, []
        while part := body[at : at + chunks[turn % len(chunks)]]:
            parts.append(b"%x\r\n%s\r\n" % (len(part), part))
            at, turn = at + len(part), turn + 1
        body = b"".join(parts) + b"0\r\n\r\n"
    wire, pool = Wire(b"HTTP/1.1 200 OK\r\n" + field[framing] + b"\r\n\r\n", body, sizes), Pool()
    connection = Connection(wire, Route("http", "x", 80), 0.0)  # type: ignore[arg-type]
    options = ExchangeOptions()
    options.max_response_size = most
    connection.begin_exchange("/", options, 0.0)
    connection.protocol.start(h11.Request(method="GET", target="/", headers=[("Host", "x")]), b"")
    connection.protocol.request_sent = True
    connection.exchange.sent = 0.0
    connection.read_head()
    return RawResponse(connection, pool, "GET", "/"), pool, wire  # type: ignore[arg-type]


def _into(raw: Any, size: int) -> bytes:
    buffer = bytearray(size)
    return bytes(buffer[: raw.readinto(buffer)])


def _peek(raw: Any, size: int) -> bytes:
    seen = raw.peek()
    return raw.read(min(size, len(seen))) if seen else b""  # type: ignore[no-any-return]


def _peek_between(raw: Any, size: int) -> bytes:
    parts = []
    for piece in islice(raw.stream(size, True), 3):
        parts.append(piece)
        raw.peek()
    return b"".join(parts)


WAYS = {
    "read": lambda raw, size: raw.read(size),
    "read1": lambda raw, size: raw.read1(size),
    "readinto": _into,
    "peek": _peek,
    "stream": lambda raw, size: next(raw.stream(size), b""),
    "two of a stream": lambda raw, size: b"".join(islice(raw.stream(size, True), 2)),
    "a stream and peeks": _peek_between,
    "as it comes": lambda raw, size: next(raw.stream(None), b""),
    "joined": lambda raw, size: next(raw.stream_joined(), b""),
    "line": lambda raw, size: raw._fp.readline(size) if not raw._decoded else raw.read1(size),
}
sizes_read = st.one_of(st.integers(1, 40), st.sampled_from([512, SMALL_READ, SMALL_READ + 1, BODY_READ, BODY_READ + 1]))
sizes_sent = st.lists(st.one_of(st.integers(1, 3000), st.sampled_from([1 << 14, 1 << 20])), min_size=1, max_size=4)
framings = st.sampled_from(["length", "chunked", "close"])
readings = st.lists(st.tuples(st.sampled_from(sorted(WAYS)), sizes_read), max_size=30)


@given(framings, st.integers(0, len(BODY)), sizes_sent, sizes_sent, readings, st.sampled_from([None, 7, 1 << 20]))
def test_any_mixture_of_readings_gives_the_body(
    framing: str, length: int, sizes: list[int], chunks: list[int], ways: list[tuple[str, int]], last: int | None
) -> None:
    body = BODY[:length]
    raw, pool, _ = opened(framing, body, [max(size, length // 200) for size in sizes], [
        max(size, length // 500) for size in chunks
    ])  # fmt: skip
    read = b""
    for way, size in ways:
        piece = WAYS[way](raw, size)
        assert len(piece) <= 3 * size or way in ("as it comes", "joined")
        if way == "read":
            assert len(piece) == min(size, length - len(read))
        read += piece
        assert raw.tell() - len(raw._decoded) == len(read)
        assert raw.length_remaining in (None, length - raw.tell())
    if last == 7:
        last = 7 + length // 50
    while piece := raw.read(last):
        read += piece
    assert read == body
    assert pool.done == ["release"]


@given(framings, st.integers(0, 200_000), sizes_sent, readings, st.sampled_from(["cut", "large"]))
def test_any_mixture_of_readings_gives_what_came_before_a_fault(
    framing: str, length: int, sizes: list[int], ways: list[tuple[str, int]], fault: str
) -> None:
    most = length if fault == "large" else None
    if framing == "length" and most is not None:
        return  # refused with the head
    if framing == "close" and most is None:
        return  # a body that ends there
    raw, pool, wire = opened(framing, BODY, [max(size, 1000) for size in sizes], [5000], most)
    if most is None:
        wire.left = wire.left[:length]
    read = b""
    try:
        for way, size in [*ways, *([("read", 100_000)] * 20)]:
            if way in ("two of a stream", "a stream and peeks"):
                continue  # the second may fail, and the first would be lost
            assert not raw.closed
            read += WAYS[way](raw, size)
        pytest.fail("the fault was not seen")
    except errors.TransportError:
        pass
    assert BODY.startswith(read)
    assert len(read) == length or (framing == "chunked" and length - 400 <= len(read))  # what the size lines take
    for way in ("read", "read1", "readinto"):
        with pytest.raises(errors.TransportError):
            WAYS[way](raw, 10)
    assert pool.done == ["discard"]


@pytest.mark.parametrize("framing", ["length", "close"])
@pytest.mark.parametrize("size", [1, 100, 1000, SMALL_READ])
def test_small_reads_do_not_receive_once_each(framing: str, size: int) -> None:
    raw, _, wire = opened(framing, BODY, [1 << 20], [])
    assert b"".join(iter(lambda: raw.read(size), b"")) == BODY
    assert wire.calls <= len(BODY) / BODY_READ + 4


@pytest.mark.parametrize("framing", ["length", "close", "chunked"])
def test_a_caller_that_takes_the_socket_gets_what_was_received_ahead(framing: str) -> None:
    raw, pool, _ = opened(framing, BODY, [3000], [2995])
    assert raw.read(10) == BODY[:10]
    if framing == "chunked":
        assert raw.chunk_left == 2985
    assert take_over(raw._wire, 5) + take_over(raw._wire, 5) == BODY[10:20]  # what `raw._fp.fp.raw.read` begins with
    assert raw.read(5) == BODY[20:25]
    received = raw._wire.detach()[1]
    assert received == BODY[25 : 2995 if framing == "chunked" else 3000]
    assert pool.done == ["detach"]


def test_a_read_of_more_than_is_declared_sets_no_more_aside() -> None:
    raw, _, _ = opened("length", BODY, [1 << 20], [])
    assert raw.read(10) + raw.read(1 << 40) == BODY
    with io.BytesIO() as out:
        raw, _, _ = opened("close", BODY, [70_000], [])
        while piece := raw.read(200_000):
            out.write(piece)
        assert out.getvalue() == BODY

"""The readers of framing.py against h11's own: same bytes, same verdict, however the bytes are cut."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.sansio.errors import TransportError
from httpcore_lite.sansio.http1.framing import MAX_CHUNK_LINE, ChunkedReader, CloseReader, LengthReader

HEADS = {
    "length": "Content-Length: {length}",
    "chunked": "Transfer-Encoding: chunked",
    "close": "Server: x",
}


def by_h11(kind: str, length: int, data: bytes) -> tuple[bytes, str, object]:
    """Return the body's bytes, the verdict ("ended", "more", "error") and the trailers, as h11 reads them."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(b"HTTP/1.1 200 OK\r\n" + HEADS[kind].format(length=length).encode() + b"\r\n\r\n" + data)
    assert isinstance(connection.next_event(), h11.Response)
    body = b""
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            return body, "error", None
        if isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return body, "ended", event.headers.raw_items()
        else:
            return body, "more", None


def by_us(kind: str, length: int, pieces: list[bytes], direct: bool) -> tuple[bytes, str, object]:
    reader = {"length": lambda: LengthReader(length), "chunked": ChunkedReader, "close": CloseReader}[kind]()
    body: list[bytes] = []
    for piece in pieces:
        try:
            while piece and not reader.ended:
                if direct and reader.direct:
                    count = min(len(piece), reader.direct)
                    body.append(piece[:count])
                    reader.advance(count)
                    piece = piece[count:]
                else:
                    piece = reader.receive(piece, body)
        except TransportError:
            return b"".join(body), "error", None
    return b"".join(body), "ended" if reader.ended else "more", reader.trailers if reader.ended else None


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]


def chunked_body(chunks: list[tuple[bytes, str, str]], trailers: list[tuple[str, str]]) -> bytes:
    out = b""
    for data, extension, spaces in chunks:
        if data:
            out += b"%x%s%s\r\n%s\r\n" % (len(data), extension.encode(), spaces.encode(), data)
    out += b"0\r\n"
    for name, value in trailers:
        out += f"{name}: {value}\r\n".encode()
    return out + b"\r\n"


token = st.text(alphabet="abcXYZ-", min_size=1, max_size=8)
extensions = st.sampled_from(["", ";x", ";x=1", ';q="a;b"'])
bodies = st.builds(
    chunked_body,
    st.lists(
        st.tuples(st.binary(max_size=40), extensions, st.sampled_from(["", " ", "\t "])),
        max_size=5,
    ),
    st.lists(st.tuples(token, token), max_size=3),
)
# The same size lines again and again, in any order: those are judged once.
recurring = st.builds(
    chunked_body,
    st.lists(
        st.tuples(st.sampled_from([b"a", b"bc", b"\r\n", b"0\r\n", b"d" * 40]), extensions, st.just("")), max_size=40
    ),
    st.just([]),
)
bodies |= recurring
places = st.lists(st.integers(0, 10_000), max_size=12)


@given(body=bodies, rest=st.binary(max_size=10), where=places, direct=st.booleans())
def test_a_chunked_body_reads_as_h11_reads_it_for_every_cut(
    body: bytes, rest: bytes, where: list[int], direct: bool
) -> None:
    data = body + rest
    assert by_us("chunked", 0, cut(data, where), direct) == by_h11("chunked", 0, data)


@given(body=bodies, where=places, at=st.integers(0, 500), value=st.integers(0, 255))
def test_a_damaged_chunked_body_gets_the_verdict_that_h11_gives(
    body: bytes, where: list[int], at: int, value: int
) -> None:
    damaged = bytearray(body)
    damaged[at % len(damaged)] = value
    data = bytes(damaged)
    ours, theirs = by_us("chunked", 0, cut(data, where), False), by_h11("chunked", 0, data)
    assert ours[1:] == theirs[1:]
    assert ours[0] == theirs[0]


@given(body=bodies, where=places, keep=st.integers(0, 500))
def test_a_cut_chunked_body_is_as_far_as_h11_is(body: bytes, where: list[int], keep: int) -> None:
    data = body[: keep % (len(body) + 1)]
    assert by_us("chunked", 0, cut(data, where), False) == by_h11("chunked", 0, data)


@given(length=st.integers(0, 60), data=st.binary(max_size=80), where=places, direct=st.booleans())
def test_a_body_of_declared_length_reads_as_h11_reads_it(
    length: int, data: bytes, where: list[int], direct: bool
) -> None:
    assert by_us("length", length, cut(data, where), direct) == by_h11("length", length, data)


@given(data=st.binary(max_size=80), where=places, direct=st.booleans())
def test_a_body_until_close_reads_as_h11_reads_it(data: bytes, where: list[int], direct: bool) -> None:
    assert by_us("close", 0, cut(data, where), direct) == by_h11("close", 0, data)


@pytest.mark.parametrize("size", [MAX_CHUNK_LINE, MAX_CHUNK_LINE + 1])
def test_the_longest_size_line_gets_one_verdict_for_every_cut(size: int) -> None:
    line = b"1;" + b"x" * (size - 2)
    data = line + b"\r\na\r\n0\r\n\r\n"
    for place in (size - 1, size, size + 1, size + 2):
        verdict = by_us("chunked", 0, cut(data, [place]), False)[1]
        assert verdict == ("ended" if size == MAX_CHUNK_LINE else "error")

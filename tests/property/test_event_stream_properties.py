"""Readers of streams: the same events, the same lines and the same errors however the bytes were cut."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite import Event
from httpcore_lite.sansio.event_stream import EventReader, LineReader

# What a stream is made of: fields whole and broken, each kind of line end, and bytes that other readers stumble over.
WORDS = [
    b"data", b"event", b"id", b"retry", b"datax", b":", b": ", b" ", b"a", b"0", b"10", b"-1", b"\0", b"\xef\xbb\xbf",
    b"\xef", b"\xbb", b"\xe2\x80\xa8", b"\xc2\x85", b"\x0b", b"\x0c", b"\x1c", b"\xff", b"\xe2\x82", "é".encode(),
    b"\r", b"\n", b"\r\n", b"\n\n", b"\r\r", b"data: x\n\n", b"data: y\r\n", b"data: z\r", b"event: k\r\n",
    b"data\n", b"id: 7\r\n", b"retry: 5\r", b": c\n",
]  # fmt: skip
STREAMS = st.lists(st.sampled_from(WORDS), max_size=60).map(b"".join)
LINES = st.lists(
    st.sampled_from([b"1", b'"a"', b"{", b"}", b"\n", b"\r\n", b"\n\n", b" ", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\r"]),
    max_size=60,
).map(b"".join)
CUTS = st.lists(st.integers(0, 400), max_size=30)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place for place in places if place <= len(data)), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]


def expected(stream: bytes, max_size: int) -> tuple[list[Event], str, bool]:
    """The rules of WHATWG HTML section 9.2.6, step by step, of the whole stream: events, last id, whether too large."""
    stream = stream.removeprefix(b"\xef\xbb\xbf")
    lines, sizes, at = [], [], 0
    while at < len(stream):
        end = next((i for i in range(at, len(stream)) if stream[i : i + 1] in (b"\r", b"\n")), None)
        if end is None:
            break
        after = end + (2 if stream[end : end + 2] == b"\r\n" else 1)
        lines.append(stream[at:end])
        sizes.append(after - at)
        at = after
    found, size, last_id = [], 0, ""
    data, kind, buffered, retry = "", "", "", None
    for line, length in zip(lines, sizes, strict=True):
        size += length if line else 1
        if size > max_size:
            return found, last_id, True
        if not line:
            last_id, size = buffered, 0
            if data:
                found.append(Event(data[:-1], kind or "message", buffered, retry))
            data, kind, retry = "", "", None
            continue
        name, _, raw = line.partition(b":")
        value = raw.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            data += value + "\n"
        elif name == b"event":
            kind = value
        elif name == b"id" and "\0" not in value:
            buffered = value
        elif name == b"retry" and value and not set(value) - set("0123456789"):
            retry = int(value)
    return found, last_id, size + len(stream) - at > max_size


def read(pieces: list[bytes], max_size: int) -> tuple[list[Event], str, bool]:
    reader, other = EventReader(max_size), EventReader(max_size)
    found = [event for piece in pieces for event in reader.feed(piece)]
    assert list(other.read(pieces)) == found
    assert (other.last_event_id, other.error is None) == (reader.last_event_id, reader.error is None)
    return found, reader.last_event_id, reader.error is not None


@given(STREAMS, CUTS)
def test_events_are_those_of_the_standard_however_the_bytes_are_cut(stream: bytes, places: list[int]) -> None:
    assert read(cut(stream, places), 1000) == expected(stream, 1000)
    assert read([stream[at : at + 1] for at in range(len(stream))], 1000) == expected(stream, 1000)


@given(STREAMS, CUTS, st.integers(1, 40))
def test_what_is_too_large_is_the_same_however_the_bytes_are_cut(stream: bytes, places: list[int], size: int) -> None:
    wanted = expected(stream, size)
    for pieces in (cut(stream, places), [stream], [stream[at : at + 1] for at in range(len(stream))]):
        found, last_id, too_large = read(pieces, size)
        assert (found, too_large) == (wanted[0], wanted[2])
        assert too_large or last_id == wanted[1]


@given(STREAMS, CUTS)
def test_no_more_is_held_than_what_has_not_ended(stream: bytes, places: list[int]) -> None:
    reader = EventReader(20)
    for piece in cut(stream, places):
        reader.feed(piece)
        if reader.error is None:
            assert len(reader._held) <= 20


@given(LINES, CUTS, st.integers(1, 20))
def test_lines_are_the_same_however_the_bytes_are_cut(body: bytes, places: list[int], size: int) -> None:
    whole = body.split(b"\n")
    if not whole[-1]:
        whole.pop()
    wanted = []
    for number, line in enumerate(whole, 1):
        if len(line) > size:
            break
        wanted.append((number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line))
    for pieces in (cut(body, places), [body[at : at + 1] for at in range(len(body))]):
        reader = LineReader(size)
        found = [each for piece in pieces for each in reader.feed(piece)]
        if reader.error is None:
            found += reader.end()
        assert found == wanted
        assert (reader.error is not None) == (len(wanted) < len(whole))


@given(st.lists(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4), max_size=10), CUTS)
def test_what_json_writes_in_lines_is_read_again(values: list[object], places: list[int]) -> None:
    body = b"".join(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\r\n" for value in values)
    reader = LineReader()
    found = [each for piece in cut(body, places) for each in reader.feed(piece)]
    assert [json.loads(line) for _, line in found] == [
        json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) for value in values
    ]
    assert reader.end() == []

"""Mending is total, makes heads that h11 takes, changes nothing that h11 takes, and is linear."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from httpcore_lite.sansio.errors import HeadError, InvalidHeader
from httpcore_lite.sansio.http1.framing import check_head, find_head_end
from httpcore_lite.sansio.http1.mending import mend
from support.h11_reads import h11_reads as h11_event

TOKENS = st.sampled_from(
    [b"Content-Length", b"Transfer-Encoding", b"Connection", b"X-A", b"chunked", b"identity", b"gzip", b"5", b"6", b"-"]
    + [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/", b"200", b"204", b"OK", b":", b": ", b" ", b"\t", b",", b"\x0b", b"\x0c"]
    + [b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"close"]
)
JUNK = st.lists(TOKENS | st.binary(max_size=3), max_size=30).map(b"".join)
HEADS = st.builds(
    lambda status, junk: status + junk + b"\r\n\r\n",
    st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1\t200\r\n", b"HTTP/1.1 204 No\x0b\r\n", b""]),
    JUNK,
)
Read = "tuple[int, bytes, bytes, list[tuple[bytes, bytes]]] | None"


def h11_reads(head: bytes) -> Read:
    event = h11_event(head)
    return event and (event.status_code, event.reason.strip(), event.http_version, event.headers.raw_items())


def only(head: bytes) -> bytes:
    """The first head in these bytes."""
    return head[: find_head_end(head)]


@given(HEADS.map(only))
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection : close\r\n\r\n")
def test_what_is_mended_is_taken_by_h11_and_what_is_not_is_refused(head: bytes) -> None:
    try:
        mended = mend(head)
    except (HeadError, InvalidHeader):
        return
    assert h11_reads(mended.head) is not None
    assert find_head_end(mended.head) == len(mended.head)


@given(HEADS.map(only))
def test_a_head_that_h11_takes_means_the_same_mended(head: bytes) -> None:
    read = h11_reads(head)
    if read is None:
        return
    mended = mend(head)
    assert h11_reads(mended.head) == read
    assert not mended.framing


@given(HEADS.map(only))
def test_mending_twice_is_mending_once(head: bytes) -> None:
    try:
        mended = mend(head)
    except (HeadError, InvalidHeader):
        return
    again = mend(mended.head)
    assert (again.head, again.notes, again.framing) == (mended.head, [], False)


@given(HEADS)
def test_a_head_that_a_close_cut_is_taken_whole_or_refused(head: bytes) -> None:
    try:
        mended = mend(head.rstrip(b"\r\n") + b"\r\n", eof=True)
    except (HeadError, InvalidHeader):
        return
    assert mended.framing
    assert h11_reads(mended.head) is not None


@given(JUNK, st.data())
def test_the_end_of_a_head_is_found_however_it_was_cut(junk: bytes, data: st.DataObject) -> None:
    whole = b"HTTP/1.1 200 OK\r\n" + junk + b"\r\n\r\n" + junk
    expected = find_head_end(whole)
    buffer, searched, end, fed = bytearray(), 0, -1, 0
    while end == -1:
        size = data.draw(st.integers(1, 7))
        buffer += whole[fed : fed + size]
        fed += size
        end = find_head_end(buffer, searched)
        searched = max(0, len(buffer) - 2)
    assert end == expected


@given(JUNK, st.integers(0, 40), st.integers(0, 5), st.data())
def test_the_verdict_of_the_limits_does_not_depend_on_cuts(
    junk: bytes, max_bytes: int, max_fields: int, data: st.DataObject
) -> None:
    whole = only(b"HTTP/1.1 200 OK\r\n" + junk + b"\r\n\r\n")
    expected = verdict(whole, max_bytes, max_fields)
    fed = 0
    while True:
        fed = min(len(whole), fed + data.draw(st.integers(1, 9)))
        if fed == len(whole) or fed > max_bytes:
            break
    assert verdict(whole[:fed], max_bytes, max_fields) == expected


def verdict(head: bytes, max_bytes: int, max_fields: int) -> str:
    try:
        check_head(head, max_bytes, max_fields)
    except HeadError as error:
        return str(error)
    return "fine"


@pytest.mark.parametrize(
    "line",
    [b" ", b" a", b"a :\r\n", b"x", b"X: 1\r\n", b"X: 1\r\n \r\n", b"X: " + b"\x0b" * 5, b",", b"\t"]
    + [b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n", b"5,", b"\n"],
)
@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200", b"HTTP/1.1", b"", b"Transfer-Encoding: "])
def test_the_time_to_mend_grows_no_faster_than_the_head(start: bytes, line: bytes) -> None:
    def seconds(size: int) -> float:
        head = start + line * (size // len(line)) + b"\r\n\r\n"
        began = time.process_time()
        try:
            check_head(head, 1 << 30, 1 << 30)
            mend(head)
        except (HeadError, InvalidHeader):
            pass
        return time.process_time() - began

    # A quarter of a megabyte in quadratic time would take minutes; the bound has room for slow machines.
    assert seconds(250_000) < 3

from __future__ import annotations

import inspect

import pytest

from httpcore_lite.sansio.errors import HeadError, InvalidHeader
from httpcore_lite.sansio.http1 import mending
from httpcore_lite.sansio.http1.framing import check_head, find_head_end
from httpcore_lite.sansio.http1.mending import MENDED, REFUSED, mend
from support.h11_reads import h11_reads

OK = b"HTTP/1.1 200 OK\r\n"


def as_head(lines: bytes, *more: bytes) -> bytes:
    """A head with these lines; a status line in front where they have none."""
    start = b"" if lines.lstrip().startswith((b"HTTP/", b"ICY")) else OK
    return start + lines + (b"\r\n" if lines else b"") + b"".join(more) + b"\r\n"


CHUNKED = [(b"transfer-encoding", b"chunked")]
AT_EOF = "no empty line before the close"
FRAMING = {
    "odd minor version",
    "empty Content-Length",
    "empty Transfer-Encoding",
    "Transfer-Encoding: identity",
    "chunked more than once",
    "coded and chunked",
    "coded and not chunked",
    AT_EOF,
}


@pytest.mark.parametrize("row", MENDED)
def test_a_row_of_the_table_is_what_happens(row: str) -> None:
    received, result, reason = MENDED[row]
    head = as_head(received)
    if row == AT_EOF:
        mended = mend(head[:-2], eof=True)
    else:
        assert h11_reads(head) is None, "h11 takes it as it is: the row is not needed"
        mended = mend(head)
    assert mended.head == as_head(result)
    assert h11_reads(mended.head) is not None
    assert [note.partition(": '")[0].partition(": b'")[0] for note in mended.notes] == [row]
    assert mended.framing is (row in FRAMING)
    assert reason


CUT = [reason for reason in REFUSED if reason.startswith("the peer closed")]


@pytest.mark.parametrize("reason", [reason for reason in REFUSED if reason not in CUT])
def test_a_refused_line_is_refused_for_the_reason_in_the_table(reason: str) -> None:
    head = as_head(REFUSED[reason])
    assert h11_reads(head) is None, "h11 takes it as it is: mending is never asked"
    words = (
        "multiple unmatching values" if "Content-Length" in reason and "different" in reason else f"{reason}: b['\"]"
    )
    with pytest.raises((HeadError, InvalidHeader), match=words):
        mend(head)


def test_a_head_cut_within_a_line_is_refused() -> None:
    with pytest.raises(HeadError, match="the peer closed within this line: b'X-A: tru'"):
        mend(OK + b"Content-Length: 0\r\nX-A: tru", eof=True)
    with pytest.raises(HeadError, match="the peer closed within this line"):
        mend(b"HTTP/1.1 200", eof=True)


def test_a_head_cut_before_it_names_its_framing_is_refused() -> None:
    with pytest.raises(HeadError, match="before it said where the body ends"):
        mend(OK + b"X-A: 1\r\n", eof=True)
    with pytest.raises(HeadError, match="before it said where the body ends"):
        mend(OK, eof=True)
    with pytest.raises(HeadError, match="before it said where the body ends"):
        mend(OK + b"Content-Length:\r\n", eof=True)


@pytest.mark.parametrize(
    "head",
    [
        OK + b"Content-Length: 0\r\n",
        OK + b"Content-Length: 0\n",
        OK + b"Content-Length: 0\r\n\r",
        OK + b"Transfer-Encoding: chunked\r\n",
        b"HTTP/1.1 204 No Content\r\n",
        b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n",
    ],
)
def test_a_head_whose_empty_line_alone_is_missing_at_the_close_is_taken(head: bytes) -> None:
    mended = mend(head, eof=True)
    assert h11_reads(mended.head) is not None
    assert mended.framing


@pytest.mark.parametrize("head", [b"", b"\r", b"\n", b"\r\n", b"\n\n", b"\0"])
def test_hardly_anything_is_refused(head: bytes) -> None:
    for eof in (False, True) if head.endswith(b"\n") else (True,):
        with pytest.raises(HeadError):
            mend(head, eof)


@pytest.mark.parametrize(
    "head",
    [
        OK + b"Content-Length: 2\r\n\r\n",
        b"HTTP/1.0 404 Not Found\r\nSet-Cookie: a=b; c\r\nset-cookie: \xfc\x01\r\nEmpty:\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
    ],
)
def test_a_flawless_head_stays_as_it_is(head: bytes) -> None:
    mended = mend(head)
    assert (mended.head, mended.notes, mended.framing, mended.shown) == (head, [], False, [])


def test_names_keep_their_case_and_fields_their_order() -> None:
    mended = mend(OK + b"x-B : 1\r\nX-a: 2\r\nX-A: 3\r\n\r\n")
    assert mended.head == OK + b"x-B: 1\r\nX-a: 2\r\nX-A: 3\r\n\r\n"


def test_the_lines_that_continue_a_dropped_line_are_dropped_with_it() -> None:
    mended = mend(OK + b"no colon\r\n Content-Length: 7\r\nX-A: 1\r\n 2\r\n\t3\r\n\r\n")
    assert mended.head == OK + b"X-A: 1 2 3\r\n\r\n"


@pytest.mark.parametrize("name", [b"Content-Length", b"transfer-encoding", b"CONNECTION"])
def test_a_framing_field_that_was_touched_ends_the_connection(name: bytes) -> None:
    value = b"chunked" if name.startswith(b"t") else b"5"
    assert mend(OK + name + b" : " + value + b"\r\n\r\n").framing
    assert not mend(OK + b"X-" + name + b" : " + value + b"\r\n\r\n").framing


def test_a_dropped_line_that_may_have_said_close_ends_the_connection() -> None:
    assert mend(OK + b"Connection close\r\nContent-Length: 0\r\n\r\n").framing


@pytest.mark.parametrize(
    "line",
    [
        b"Content Length: 5",
        b"Content-Length 5",
        b"\xa0Content-Length: 5",
        b"Content-Length\x0b: 5",
        b"(Transfer-Encoding): chunked",
        b" Transfer-Encoding: chunked",
        b"Transfer-Encoding=chunked",
    ],
)
def test_a_line_that_another_reader_may_frame_by_is_never_dropped_silently(line: bytes) -> None:
    with pytest.raises(HeadError, match="almost that of a framing field"):
        mend(OK + line + b"\r\n\r\n")


@pytest.mark.parametrize("value", [b"5, 6", b"5,", b",5", b"-1", b"5 5", b"0x5", b"5.0", b"1_0", b"9" * 21, b"\xb2"])
def test_a_length_that_is_none_is_refused(value: bytes) -> None:
    for lines in (b"Content-Length: " + value, b"Transfer-Encoding: chunked\r\nContent-Length: " + value):
        with pytest.raises((HeadError, InvalidHeader)):
            mend(OK + b"X-A : 1\r\n" + lines + b"\r\n\r\n")


@pytest.mark.parametrize(
    ("received", "result", "codings"),
    [
        (b"chunked, identity", CHUNKED, ""),
        (b"identity, chunked", CHUNKED, ""),
        (b"CHUNKED,,chunked", CHUNKED, ""),
        (b"identity", [], ""),
        (b"gzip", [], "gzip"),
        (b"x-gzip, chunked", CHUNKED, "x-gzip"),
        (b"deflate, GZIP, chunked", CHUNKED, "deflate, gzip"),
    ],
)
def test_transfer_codings_that_leave_no_doubt_are_understood(
    received: bytes, result: list[tuple[bytes, bytes]], codings: str
) -> None:
    mended = mend(OK + b"Content-Encoding: br\r\nTransfer-Encoding: " + received + b"\r\n\r\n")
    event = h11_reads(mended.head)
    assert event is not None
    assert list(event.headers) == [(b"content-encoding", b"br"), *result]
    assert mended.codings == codings
    assert mended.framing


@pytest.mark.parametrize(
    "value",
    [
        b"gzip, identity, foo",
        b"chunked, gzip",
        b"chunked, gzip, chunked",
        b"foo",
        b"foo, chunked",
        b"xchunked",
        b"chunked;q=1",
        b'"chunked"',
        b"chunked\xa0",
        b"\x01chunked",
    ],
)
def test_transfer_codings_that_leave_a_doubt_are_refused(value: bytes) -> None:
    with pytest.raises(HeadError, match="does not say where the body ends"):
        mend(OK + b"Transfer-Encoding: " + value + b"\r\n\r\n")


def test_a_coded_body_until_close_contradicts_a_length() -> None:
    with pytest.raises(HeadError, match="does not say where the body ends"):
        mend(OK + b"Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n")


def test_an_identity_that_h11_cannot_be_given_is_still_shown() -> None:
    mended = mend(OK + b"A: 1\r\ntransfer-encoding: identity\r\nB: 2\r\n\r\n")
    assert mended.head == OK + b"A: 1\r\nB: 2\r\n\r\n"
    assert mended.shown == [(1, (b"transfer-encoding", b"identity"))]


def test_different_lengths_are_the_error_that_requests_has_for_them() -> None:
    with pytest.raises(InvalidHeader, match="5, 6"):
        mend(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n")


def test_a_culprit_is_shortened_in_notes_and_errors() -> None:
    assert len(mend(OK + b"x" * 100_000 + b"\r\n\r\n").notes[0]) < 200
    with pytest.raises(HeadError) as caught:
        mend(OK + b"X: \0" + b"x" * 100_000 + b"\r\n\r\n")
    assert len(str(caught.value)) < 250


def test_informational_heads_are_mended_too() -> None:
    mended = mend(b"HTTP/1.1\t100\tContinue\r\nX-A : 1\r\n\r\n")
    assert mended.head == b"HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n"


# -- the end of a head -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("buffer", "end"),
    [
        (b"", -1),
        (b"\r", -1),
        (b"\n", 1),
        (b"\r\n", 2),
        (b"\r\nHTTP/1.1", 2),
        (b"a\r\n", -1),
        (b"a\r\n\r", -1),
        (b"a\r\n\r\nb", 5),
        (b"a\n\nb", 3),
        (b"a\n\r\nb", 4),
        (b"a\r\n\nb", 4),
        (b"a\r\n \r\nb", -1),
        (b"a\r\r\n\r\r\n", -1),
    ],
)
def test_the_end_of_a_head_is_an_empty_line(buffer: bytes, end: int) -> None:
    assert find_head_end(bytearray(buffer), 0) == end
    assert find_head_end(buffer) == end


# -- limits ----------------------------------------------------------------------------------------------------


def test_a_head_may_be_as_long_as_the_limit_and_no_longer() -> None:
    head = OK + b"X: " + b"x" * 100 + b"\r\n\r\n"
    check_head(head, max_bytes=len(head))
    with pytest.raises(HeadError, match=f"longer than {len(head) - 1} bytes"):
        check_head(head, max_bytes=len(head) - 1)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_head_may_have_as_many_fields_as_the_limit_and_no_more(end: bytes) -> None:
    check_head(OK + (b"X: 1" + end) * 5 + end, max_fields=5)
    with pytest.raises(HeadError, match="more than 5 field lines"):
        check_head(OK + (b"X: 1" + end) * 6 + end, max_fields=5)


def test_the_module_names_no_other_reasons_than_its_tables() -> None:
    source = inspect.getsource(mending)
    for row in MENDED:
        assert source.count(f'"{row}"') >= 2, row

"""urllib3's HTTPResponse over any file."""

from __future__ import annotations

import http.client
import io
import json
import weakref
import zlib
from typing import Any

import pytest

from httpcore_lite.sansio import errors
from httpcore_lite.sansio.http1.headers import HTTPHeaderDict
from httpcore_lite.urllib3_api.exceptions import BodyNotHttplibCompatible
from httpcore_lite.urllib3_api.response import HTTPResponse, is_fp_closed
from httpcore_lite.urllib3_api.util.retry import RequestHistory, Retry


def response(body: Any = b"", **kw: Any) -> HTTPResponse:
    kw.setdefault("preload_content", False)
    return HTTPResponse(io.BytesIO(body) if isinstance(body, bytes) else body, **kw)


def test_a_preloaded_body_is_data_again_and_again() -> None:
    made = HTTPResponse(io.BytesIO(b"foo"), preload_content=True)
    assert (made.data, made.data) == (b"foo", b"foo")
    assert HTTPResponse(b"foo").data == b"foo"
    assert HTTPResponse("foo").data == "foo"
    assert HTTPResponse().data is None


def test_the_body_is_read_in_the_pieces_asked_for() -> None:
    made = response(b"0123456789")
    assert made.read(3) == b"012"
    assert made.read1(2) == b"34"
    buffer = bytearray(3)
    assert made.readinto(buffer) == 3
    assert bytes(buffer) == b"567"
    assert made.tell() == 8
    assert not made.closed
    assert made.read() == b"89"
    assert made.read(1) == b""
    assert made.closed


def test_streaming_gives_pieces_of_the_size_asked_for_and_ends() -> None:
    assert list(response(b"0123456789").stream(4)) == [b"0123", b"4567", b"89"]
    assert list(response(b"0123456789").stream(None)) == [b"0123456789"]
    assert list(response(b"0123456789").stream(0)) == []
    assert list(response(b"a\nb\n\nc")) == [b"a\n", b"b\n", b"\n", b"c"]


def test_data_of_an_unread_body_is_kept_but_not_after_a_part_was_read() -> None:
    made = response(b"foobar")
    assert (made.data, made.data) == (b"foobar", b"foobar")
    made = response(b"foobar")
    made.read(3)
    assert (made.data, made.data) == (b"bar", b"")


@pytest.mark.parametrize("amt", [None, 1, 5, 1000])
def test_a_coded_body_is_decoded_when_asked_to(amt: int | None) -> None:
    text = bytes(range(256)) * 20
    coder = zlib.compressobj(wbits=31)
    coded = coder.compress(text) + coder.flush()
    made = response(coded, headers={"Content-Encoding": "gzip"}, decode_content=True)
    assert b"".join(made.stream(amt)) == text
    assert made.tell() == len(coded)
    assert response(coded, headers={"Content-Encoding": "gzip"}, decode_content=False).read() == coded
    assert response(coded, headers={"Content-Encoding": "gzip"}).read(decode_content=False) == coded
    assert b"".join(iter(lambda: made.read1(100), b"")) == b""


def test_what_was_read_decoded_cannot_be_read_on_undecoded() -> None:
    coder = zlib.compressobj(wbits=31)
    made = response(coder.compress(b"foobar") + coder.flush(), headers={"content-encoding": "gzip"})
    assert made.read(1) == b"f"
    with pytest.raises(RuntimeError, match="decode_content"):
        made.read(1, decode_content=False)
    assert made.read() == b"oobar"


def test_a_body_that_is_not_in_its_coding_is_a_decode_error() -> None:
    with pytest.raises(errors.DecodeError):
        response(b"nonsense", headers={"content-encoding": "gzip"}).read()


def test_a_body_shorter_than_declared_is_an_error_where_lengths_are_enforced() -> None:
    made = response(b"foo", headers={"Content-Length": "10"})
    assert made.length_remaining == 10
    with pytest.raises(errors.ProtocolError, match="Connection broken") as caught:
        list(made.stream(2))
    assert isinstance(caught.value.args[1], errors.IncompleteRead)
    lax = response(b"foo", headers={"Content-Length": "10"}, enforce_content_length=False)
    assert b"".join(lax.stream(2)) == b"foo"


@pytest.mark.parametrize(
    ("headers", "kw", "length"),
    [
        ({"Content-Length": "5"}, {}, 5),
        ({"Content-Length": "5, 5"}, {}, 5),
        ({"Content-Length": "five"}, {}, None),
        ({"Content-Length": "-5"}, {}, None),
        ({"Content-Length": "5", "Transfer-Encoding": "chunked"}, {}, None),
        ({"Content-Length": "5"}, {"request_method": "HEAD"}, 0),
        ({"Content-Length": "5"}, {"status": 304}, 0),
        ({}, {}, None),
    ],
)
def test_the_declared_length_is_what_the_head_says(headers: Any, kw: Any, length: int | None) -> None:
    assert response(b"", headers=headers, **kw).length_remaining == length


def test_different_lengths_are_refused() -> None:
    with pytest.raises(errors.InvalidHeader, match="unmatching"):
        response(b"", headers={"Content-Length": "5, 6"})


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (TimeoutError("slow"), errors.ReadTimeoutError),
        (ConnectionResetError("reset"), errors.ProtocolError),
        (http.client.IncompleteRead(b"x", 3), errors.ProtocolError),
        (errors.DecodeError("as it is"), errors.DecodeError),
        (ZeroDivisionError(), ZeroDivisionError),
    ],
)
def test_errors_of_the_file_leave_as_the_transports_and_close_the_connection(
    raised: Exception, expected: type[Exception]
) -> None:
    class Broken(io.BytesIO):
        def read(self, *args: Any) -> bytes:
            raise raised

    class Connection:
        closed = False

        def close(self) -> None:
            self.closed = True

    connection = Connection()
    with pytest.raises(expected):
        response(Broken(), connection=connection).read(1)
    assert connection.closed


class Sent:
    """A file like http.client's response: `fp` gives a chunked body as it was sent."""

    def __init__(self, body: bytes) -> None:
        self.fp: Any = io.BytesIO(body)

    def read(self, amt: int = -1) -> bytes:
        raise AssertionError("chunks are read from fp")

    def close(self) -> None:
        self.fp = None

    def isclosed(self) -> bool:
        return self.fp is None


CHUNKED = {"Transfer-Encoding": "gzip, chunked"}


def test_chunks_are_read_as_they_were_sent_long_ones_in_pieces() -> None:
    body = b"3;note=x\r\nfoo\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
    made = response(Sent(body), headers=CHUNKED)
    assert list(made.stream(4)) == [b"foo", b"0123", b"4567", b"89"]
    assert made.closed
    assert list(made.read_chunked()) == []
    assert list(response(Sent(body), headers=CHUNKED).read_chunked()) == [b"foo", b"0123456789"]


@pytest.mark.parametrize("body", [b"", b"3\r\nfo", b"xyz\r\nfoo\r\n", b"-3\r\nfoo\r\n", b"+3\r\nfoo\r\n", b"3" * 70000])
def test_broken_chunks_are_errors(body: bytes) -> None:
    with pytest.raises(errors.ProtocolError):
        list(response(Sent(body), headers=CHUNKED).stream())


def test_reading_chunks_needs_a_chunked_body_and_a_file_that_gives_them() -> None:
    with pytest.raises(errors.ResponseNotChunked):
        next(response(b"").read_chunked())
    with pytest.raises(BodyNotHttplibCompatible):
        next(response(b"", headers=CHUNKED).read_chunked())
    assert list(response(b"foo", headers=CHUNKED).stream()) == [b"foo"]


def test_the_head_is_there_in_each_of_the_ways_that_programs_ask_for_it() -> None:
    made = response(
        b'{"a": 1}',
        headers={"Location": "/there"},
        status=302,
        version=11,
        reason="Found",
        request_url="http://a.test/",
    )
    assert made.getheader("location") == made.headers["LOCATION"] == made.info().get("Location") == "/there"
    assert made.getheader("x", "none") == "none"
    assert made.getheaders() is made.headers
    assert made.geturl() == made.url == "http://a.test/"
    assert made.get_redirect_location() == "/there"
    assert response(status=302).get_redirect_location() is None
    assert response(status=200).get_redirect_location() is False
    assert made.json() == json.loads('{"a": 1}')
    own = HTTPHeaderDict(a="b")
    assert response(headers=own).headers is own


def test_a_policy_that_followed_a_redirect_sets_the_url() -> None:
    policy = Retry(history=(RequestHistory("GET", "/", None, 302, "http://b.test/"),))
    assert response(retries=policy, request_url="http://a.test/").url == "http://b.test/"


def test_wrappers_of_the_io_module_work_on_it() -> None:
    made: Any = response("é\nb".encode(), auto_close=False)
    assert list(io.TextIOWrapper(made, "utf-8")) == ["é\n", "b"]
    assert io.BufferedReader(response(b"foobar")).read(4) == b"foob"
    assert weakref.ref(made)() is made
    with pytest.raises(OSError, match=r"descriptor|fileno"):
        response(b"").fileno()


def test_the_connection_goes_back_to_its_pool_once() -> None:
    class Pool:
        def __init__(self) -> None:
            self.back: list[Any] = []

        def _put_conn(self, connection: Any) -> None:
            self.back.append(connection)

    pool = Pool()
    made = response(b"foo", pool=pool, connection="connection")
    made.drain_conn()
    made.release_conn()
    made.release_conn()
    assert pool.back == ["connection"]
    assert made.connection is None


def test_whether_a_file_is_closed_is_asked_in_every_way_files_know() -> None:
    assert is_fp_closed(Sent(b"")) is False
    closed = io.BytesIO()
    closed.close()
    assert is_fp_closed(closed) is True
    holder: Any = type("Holder", (), {"fp": None})()
    assert is_fp_closed(holder) is True
    with pytest.raises(ValueError, match="Unable to determine"):
        is_fp_closed(object())

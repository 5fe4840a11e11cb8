"""How a body goes out, and what a response means meanwhile: bytes in, bytes out."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_lite.sansio.connections.routes import Route
from httpcore_lite.sansio.errors import ReadTimeoutError
from httpcore_lite.sansio.http1.exchange import Exchange
from httpcore_lite.sansio.http1.protocol import Protocol
from httpcore_lite.sansio.http1.request_body import OutgoingBody
from httpcore_lite.sansio.http1.request_heads import RequestHeads
from httpcore_lite.sansio.http1.uploading import Upload
from httpcore_lite.sansio.options import ExchangeOptions
from httpcore_lite.sansio.timeouts import Deadline, Timeouts

CHUNKED: Any = [("Transfer-Encoding", "chunked")]


def upload(body: Any, fields: Any = CHUNKED, options: ExchangeOptions | None = None) -> Upload:
    protocol = Protocol()
    exchange = Exchange(Route("http", "h", 80), "/", options or ExchangeOptions(), 0.0, 0.0)
    made = Upload(exchange, protocol, RequestHeads().build("POST", "/", fields, "h"), OutgoingBody(body))
    assert made.head().startswith(b"POST / HTTP/1.1")
    return made


def test_pieces_are_framed_and_the_request_counts_as_sent_once_the_end_has_left() -> None:
    going = upload(iter([b"one", b"", b"two"]))
    out = going.pieces(False)
    assert [next(out), next(out), next(out)] == [b"3\r\none\r\n", b"3\r\ntwo\r\n", b"0\r\n\r\n"]
    assert not going.protocol.request_sent
    assert next(out, None) is None
    assert going.protocol.request_sent


def test_the_program_is_told_of_what_has_left_and_trailers_come_last() -> None:
    options, told = ExchangeOptions(), []
    options.on_upload = lambda sent, total: told.append((sent, total))
    options.trailers = lambda: {"X-Sum": str(len(told))}
    out = list(upload(iter([b"ab", b"c"]), options=options).pieces(False))
    assert told == [(2, None), (3, None)]
    assert out[-1] == b"0\r\nX-Sum: 2\r\n\r\n"


@pytest.mark.parametrize(
    ("received", "begun", "goes_on"),
    [
        (b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", True, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", True, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True, False),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", False, False),
        (b"HTTP/1.1 2", False, False),
        (b"", True, False),
    ],
    ids=["refused", "a good one that goes on", "a good one that is complete", "informational", "a part", "gone"],
)
def test_a_response_meanwhile_ends_the_sending_unless_it_is_good_and_not_complete(
    received: bytes, begun: bool, goes_on: bool
) -> None:
    going = upload(iter([b"body"]))
    assert (going.receive(received), going.goes_on) == (begun, goes_on)


@pytest.mark.parametrize(
    ("received", "follows"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n", True),
        (b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.1 102 Processing\r\n\r\n", None),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n", False),
        (b"", False),
    ],
    ids=["continue", "refused", "not yet", "both", "gone"],
)
def test_the_body_follows_the_servers_word(received: bytes, follows: bool | None) -> None:
    assert upload(iter([b"body"])).heard(received) is follows


def test_the_servers_word_is_awaited_for_its_time_and_no_longer() -> None:
    going = upload(iter([b"body"]))
    going.begin_waiting(10.0)
    assert (going.patience(10.25), going.patience(11.0)) == (0.75, 0.0)
    going.waited(0.75)  # the body follows now
    options = ExchangeOptions(Timeouts(read=5), Deadline(2.0, 10.0))
    options.expect_timeout = None
    patient = upload(iter([b"body"]), options=options)
    patient.begin_waiting(10.0)
    assert patient.patience(11.5) == 0.5
    with pytest.raises(ReadTimeoutError):
        patient.patience(12.0)
    with pytest.raises(ReadTimeoutError):
        patient.waited(0.5)

"""The server's side of one exchange: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from httpcore_lite.sansio.errors import ProtocolError
from httpcore_lite.sansio.http1.responder import Responder

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


def written(request: bytes = GET, status: int = 200, fields: Any = (), body: Any = b"hi", **more: Any) -> bytes:
    responder = Responder()
    responder.receive(request)
    assert responder.is_complete
    return b"".join(responder.response(status, "OK", fields, body, **more))


def test_a_request_is_read_however_its_bytes_are_cut() -> None:
    wire = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    responder = Responder()
    for place in range(len(wire)):
        assert not responder.is_complete
        assert responder.receive(wire[place : place + 1]) == b""
    assert responder.is_complete and responder.body == b"abcde"
    assert responder.head is not None and responder.head.target == b"/x"


def test_continue_is_said_as_soon_as_it_is_asked_for() -> None:
    responder = Responder()
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    assert responder.receive(head).startswith(b"HTTP/1.1 100 Continue\r\n")
    assert responder.receive(b"ab") == b"" and responder.body == b"ab"


def test_what_is_no_request_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="no HTTP/1.1 request"):
        Responder().receive(b"HELO there\r\n\r\n")


@pytest.mark.parametrize(
    ("more", "wire"),
    [
        ({}, OK + b"Content-Length: 2\r\n\r\nhi"),
        ({"body": [b"a", b"", b"bc"]}, CHUNKED + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"),
        ({"body": b"", "status": 204}, b"HTTP/1.1 204 OK\r\n\r\n"),
        ({"status": 304, "fields": [("ETag", "x")]}, b"HTTP/1.1 304 OK\r\nETag: x\r\n\r\n"),
        ({"request": GET.replace(b"GET", b"HEAD")}, OK + b"Content-Length: 2\r\n\r\n"),
        ({"fields": [("Content-Length", 5)]}, OK + b"Content-Length: 5\r\n\r\nhi"),
        ({"fields": [("Content-Length", "1")]}, OK + b"Content-Length: 1\r\n\r\nhi"),
        ({"body": b"half", "cut": True}, OK + b"Content-Length: 4\r\n\r\nha"),
        ({"body": b"", "cut": True}, OK + b"Content-Length: 1\r\n\r\n"),
        ({"body": [b"a", b"b"], "cut": True}, CHUNKED + b"1\r\na\r\n"),
        ({"fields": [("X", "é"), ("Y", "€")]}, OK + b"X: \xe9\r\nY: \xe2\x82\xac\r\nContent-Length: 2\r\n\r\nhi"),
    ],
)  # fmt: skip
def test_a_response_is_framed_by_what_is_known_of_its_body(more: dict[str, Any], wire: bytes) -> None:
    assert written(**more) == wire


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ([("X", "a\r\nY: b")], b""),
        ([("bad name", "a")], b""),
    ],
)
def test_what_cannot_be_sent_is_refused(fields: Any, body: Iterable[bytes]) -> None:
    with pytest.raises(ValueError, match="this response cannot be sent"):
        written(fields=fields, body=body)

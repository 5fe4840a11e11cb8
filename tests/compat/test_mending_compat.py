"""Odd response heads, served over raw sockets to the real requests: our verdict is the same, or the reason is listed.

Ours is the verdict of `Protocol`, driven by bytes alone: h11's, and where h11 refuses, that of h11 on the mended head.
"""

from __future__ import annotations

import h11
import pytest

from httpcore_lite.sansio.errors import TransportError
from httpcore_lite.sansio.http1.protocol import End, Head, Protocol
from support.scripted import Peer, close, receive, send

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 2\r\n"
BODY = LENGTH + b"\r\nok"
CHUNKS = b"\r\n2\r\nok\r\n0\r\n\r\n"
REFUSED = "refused"

# name -> all that the server sends before it closes
CATALOGUE: dict[str, bytes] = {
    # status lines
    "plain": OK + BODY,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n" + BODY,
    "HTTP/0.9 as a version": b"HTTP/0.9 200 OK\r\n" + BODY,
    "HTTP/1.2": b"HTTP/1.2 200 OK\r\n" + BODY,
    "HTTP/1.10": b"HTTP/1.10 200 OK\r\n" + BODY,
    "HTTP/1. without a minor version": b"HTTP/1. 200 OK\r\n" + BODY,
    "HTTP/1 without a dot": b"HTTP/1 200 OK\r\n" + BODY,
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\n" + BODY,
    "lower-case version": b"http/1.1 200 OK\r\n" + BODY,
    "ICY": b"ICY 200 OK\r\n" + BODY,
    "no status line": b"ok",
    "a tag instead of a head": b"<html>\r\n\r\n",
    "no reason and no space": b"HTTP/1.1 200\r\n" + BODY,
    "no reason but a space": b"HTTP/1.1 200 \r\n" + BODY,
    "two spaces before the status": b"HTTP/1.1  200 OK\r\n" + BODY,
    "two spaces before the reason": b"HTTP/1.1 200  OK\r\n" + BODY,
    "tabs in the status line": b"HTTP/1.1\t200\tOK\r\n" + BODY,
    "space before the status line": b" HTTP/1.1 200 OK\r\n" + BODY,
    "empty line before the status line": b"\r\n" + OK + BODY,
    "no space before the reason": b"HTTP/1.1 200OK\r\n" + BODY,
    "status of two digits": b"HTTP/1.1 20 OK\r\n" + BODY,
    "status of four digits": b"HTTP/1.1 2000 OK\r\n" + BODY,
    "status with a leading zero": b"HTTP/1.1 0200 OK\r\n" + BODY,
    "status with a sign": b"HTTP/1.1 +200 OK\r\n" + BODY,
    "status 099": b"HTTP/1.1 099 OK\r\n" + BODY,
    "status 999": b"HTTP/1.1 999 OK\r\n" + BODY,
    "status 600": b"HTTP/1.1 600 OK\r\n" + BODY,
    "Latin-1 in the reason": b"HTTP/1.1 200 Gr\xfc\xdfe\r\n" + BODY,
    "UTF-8 in the reason": "HTTP/1.1 200 Grüße\r\n".encode() + BODY,
    "SOH in the reason": b"HTTP/1.1 200 O\x01K\r\n" + BODY,
    "VT in the reason": b"HTTP/1.1 200 O\x0bK\r\n" + BODY,
    "FF in the reason": b"HTTP/1.1 200 O\x0cK\r\n" + BODY,
    "DEL in the reason": b"HTTP/1.1 200 O\x7fK\r\n" + BODY,
    "NUL in the reason": b"HTTP/1.1 200 O\0K\r\n" + BODY,
    "bare CR in the reason": b"HTTP/1.1 200 O\rK\r\n" + BODY,
    "bare LF everywhere": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "bare LF after the status line": b"HTTP/1.1 200 OK\n" + BODY,
    "an empty line of a bare LF": OK + LENGTH + b"\nok",
    # names
    "space before the colon": OK + LENGTH + b"X-A : 1\r\n\r\nok",
    "space before the colon of Content-Length": OK + b"Content-Length : 2\r\n\r\nok",
    "tab before the colon": OK + LENGTH + b"X-A\t: 1\r\n\r\nok",
    "line without a colon": OK + LENGTH + b"no colon here\r\n\r\nok",
    "line without a colon before the framing": OK + b"no colon here\r\n" + BODY,
    "status line twice": OK + OK + BODY,
    "empty name": OK + LENGTH + b": 1\r\n\r\nok",
    "space in the name": OK + LENGTH + b"X A: 1\r\n\r\nok",
    "parentheses in the name": OK + b"X(odd): 1\r\n" + BODY,
    "slash in the name": OK + b"X/A: 1\r\n" + BODY,
    "Latin-1 in the name": OK + LENGTH + b"Gr\xf6\xdfe: 1\r\n\r\nok",
    "control character in the name": OK + LENGTH + b"X\x01A: 1\r\n\r\nok",
    "NUL in the name": OK + LENGTH + b"X\0A: 1\r\n\r\nok",
    "space in Content-Length's name": OK + b"Content Length: 1\r\n\r\nok",
    "name without letters": OK + b"1: 1\r\n" + BODY,
    # values
    "no space behind the colon": OK + b"Content-Length:2\r\n\r\nok",
    "empty value": OK + b"X-A:\r\n" + BODY,
    "tab before the value": OK + b"Content-Length:\t2\r\n\r\nok",
    "spaces behind the value": OK + b"Content-Length: 2  \r\n\r\nok",
    "Latin-1 in a value": OK + b"X-A: gr\xfcn\r\n" + BODY,
    "SOH in a value": OK + b"X-A: a\x01b\r\n" + BODY,
    "VT in a value": OK + b"X-A: a\x0bb\r\n" + BODY,
    "FF in a value": OK + b"X-A: a\x0cb\r\n" + BODY,
    "VT in Connection": OK + b"Connection: close\x0b\r\n" + BODY,
    "NUL in a value": OK + b"X-A: a\0b\r\n" + BODY,
    "bare CR in a value": OK + LENGTH + b"X-A: a\rb\r\n\r\nok",
    "bare CR that hides a field": OK + b"X-A: a\rContent-Length: 1\r\n\r\nok",
    "CR CR LF": OK + b"X-A: a\r\r\n" + BODY,
    "folded value": OK + b"X-A: a\r\n b\r\n" + BODY,
    "folded value by tab": OK + b"X-A: a\r\n\tb\r\n" + BODY,
    "folded Content-Length": OK + b"Content-Length:\r\n 2\r\n\r\nok",
    "folded line first": OK + b" X-A: 1\r\n" + BODY,
    "folded framing first": OK + b" Content-Length: 1\r\n" + BODY,
    "line of spaces": OK + b"X-A: 1\r\n  \r\n" + BODY,
    # Content-Length
    "empty Content-Length": OK + b"Content-Length:\r\n\r\nok",
    "length twice": OK + LENGTH + BODY,
    "length in a list": OK + b"Content-Length: 2, 2\r\n\r\nok",
    "two lengths": OK + LENGTH + b"Content-Length: 1\r\n\r\nok",
    "two lengths in a list": OK + b"Content-Length: 2, 1\r\n\r\nok",
    "an empty length beside one": OK + b"Content-Length:\r\n" + BODY,
    "length with a plus": OK + b"Content-Length: +2\r\n\r\nok",
    "length with a minus": OK + b"Content-Length: -2\r\n\r\nok",
    "length with a zero before": OK + b"Content-Length: 02\r\n\r\nok",
    "length with an underscore": OK + b"Content-Length: 0_2\r\n\r\nok",
    "length in hexadecimal": OK + b"Content-Length: 0x2\r\n\r\nok",
    "length with a fraction": OK + b"Content-Length: 2.0\r\n\r\nok",
    "length of junk": OK + b"Content-Length: two\r\n\r\nok",
    "length with VT": OK + b"Content-Length: 2\x0b\r\n\r\nok",
    "length and chunks": OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n" + CHUNKS,
    "empty length and chunks": OK + b"Content-Length:\r\nTransfer-Encoding: chunked\r\n" + CHUNKS,
    # Transfer-Encoding
    "Chunked with a capital": OK + b"Transfer-Encoding: Chunked\r\n" + CHUNKS,
    "chunked over HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n" + CHUNKS,
    "chunked twice": OK + b"Transfer-Encoding: chunked\r\n" * 2 + CHUNKS,
    "chunked twice in a list": OK + b"Transfer-Encoding: chunked, chunked\r\n" + CHUNKS,
    "space before the colon of Transfer-Encoding": OK + LENGTH + b"Transfer-Encoding : chunked\r\n" + CHUNKS,
    "identity": OK + b"Transfer-Encoding: identity\r\n" + BODY,
    "identity until close": OK + b"Transfer-Encoding: identity\r\n\r\nok",
    "identity, chunked": OK + b"Transfer-Encoding: identity, chunked\r\n" + CHUNKS,
    "empty Transfer-Encoding": OK + b"Transfer-Encoding:\r\n" + BODY,
    "gzip, chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n" + CHUNKS,
    "gzip until close": OK + b"Transfer-Encoding: gzip\r\n\r\nok",
    "gzip beside a length": OK + b"Transfer-Encoding: gzip\r\n" + BODY,
    "chunked, gzip": OK + b"Transfer-Encoding: chunked, gzip\r\n" + CHUNKS,
    "xchunked": OK + b"Transfer-Encoding: xchunked\r\n" + CHUNKS,
    "chunked with a parameter": OK + b"Transfer-Encoding: chunked;q=1\r\n" + CHUNKS,
    "VT before chunked": OK + b"Transfer-Encoding: \x0bchunked\r\n" + CHUNKS,
    # ends
    "no empty line before close, length 0": OK + b"Content-Length: 0\r\n",
    "no empty line before close, 204": b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n",
    "a part of the empty line before close": OK + b"Content-Length: 0\r\n\r",
    "status line before close": OK,
    "no framing before close": OK + b"X-A: 1\r\n",
    "closed within a line": OK + b"Content-Length: 0\r\nX-A: tru",
    "closed within the length": OK + b"Content-Length: 1",
    "nothing before close": b"",
    # interim responses
    "100 before the response": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + BODY,
    "100 with a sloppy head": b"HTTP/1.1 100\tContinue\r\nX-A : 1\r\n\r\n" + OK + BODY,
    "103 before the response": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK + BODY,
    "101 that was not asked for": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
}  # fmt: skip

NUL_OR_CR = "NUL and bare CR are refused: they read differently elsewhere (RFC 9112 section 2.2, RFC 9110 section 5.5)"
NO_NUMBER = "what is no number is no length: requests ignores it and reads until close, or takes it for one"
CUT = "a head that breaks off where something of it may be missing is refused, not taken for all"
NO_THREE_DIGITS = "a status is three digits (RFC 9110 section 15)"
CODING = (
    "a transfer coding that is no chunked does not say where the body ends beside other fields (RFC 9112 section 6.3)"
)

# name -> why the status or the body is not what requests gives
DIFFERENCES: dict[str, str] = {
    "status with a leading zero": NO_THREE_DIGITS,
    "status with a sign": NO_THREE_DIGITS,
    "NUL in the reason": NUL_OR_CR,
    "bare CR in the reason": NUL_OR_CR,
    "NUL in the name": NUL_OR_CR,
    "NUL in a value": NUL_OR_CR,
    "bare CR in a value": NUL_OR_CR,
    "bare CR that hides a field": NUL_OR_CR,
    "CR CR LF": NUL_OR_CR,
    "VT in Connection": "a field that frames is taken literally or not at all",
    "space in Content-Length's name": "a recipient in between may take it for Content-Length",
    "folded framing first": "a recipient in between may take it for Content-Length",
    "an empty length beside one": NO_NUMBER,
    "length with a plus": NO_NUMBER,
    "length with a minus": NO_NUMBER,
    "length with an underscore": NO_NUMBER,
    "length in hexadecimal": NO_NUMBER,
    "length with a fraction": NO_NUMBER,
    "length of junk": NO_NUMBER,
    "length with VT": NO_NUMBER,
    "space before the colon of Transfer-Encoding": "RFC 9112 section 5.1: the space is removed, and it is chunked",
    "gzip beside a length": CODING,
    "chunked, gzip": CODING,
    "xchunked": CODING,
    "chunked with a parameter": CODING,
    "VT before chunked": CODING,
    "status line before close": CUT,
    "no framing before close": CUT,
    "closed within a line": CUT,
    "103 before the response": "an interim response is never the final one (RFC 9110 section 15.2)",
    "101 that was not asked for": "h11: no server may switch the protocol unasked (RFC 9110 section 15.2.2)",
}

REQUEST = h11.Request(method="GET", target="/", headers=[("Host", "x")])


def by_requests(data: bytes) -> object:
    requests = pytest.importorskip("requests")
    with Peer([receive(), send(data), close()]) as peer:
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.get(peer.url("/"), timeout=5)
                return response.status_code, response.content
        except (requests.RequestException, ValueError):
            return REFUSED


def by_us(data: bytes) -> object:
    protocol = Protocol()
    protocol.start(REQUEST, b"")
    status, body = 0, b""
    pieces = [data, b""] if data else [b""]
    try:
        while True:
            event = protocol.next_event()
            if event is None:
                protocol.receive(pieces.pop(0))
            elif isinstance(event, Head):
                status = event.status
            elif isinstance(event, End):
                return status, body
            elif isinstance(event, bytes):
                body += event
    except TransportError:
        return REFUSED


def h11_takes(data: bytes) -> bool:
    connection = h11.Connection(h11.CLIENT)
    connection.send(REQUEST)
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    try:
        event = connection.next_event()
        while isinstance(event, h11.InformationalResponse):
            event = connection.next_event()
    except h11.RemoteProtocolError:
        return False
    return isinstance(event, h11.Response)


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in DIFFERENCES])
def test_a_head_is_understood_as_requests_does(name: str) -> None:
    assert by_us(CATALOGUE[name]) == by_requests(CATALOGUE[name])


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_listed_difference_is_one(name: str) -> None:
    assert by_us(CATALOGUE[name]) != by_requests(CATALOGUE[name])


def test_mending_takes_back_what_h11_alone_would_refuse() -> None:
    mended = {name for name, data in CATALOGUE.items() if not h11_takes(data) and by_us(data) != REFUSED}
    received = {name for name in mended if by_requests(CATALOGUE[name]) != REFUSED}
    assert mended == received
    assert len(mended) >= 30

"""The promises on framing, first half: heads, and lengths. `docs/guarantees/framing.md` says why.

Each row is run in every way of `support.promises.WAYS`: sent whole and byte by byte, read at once and as a stream.
"""

from __future__ import annotations

from types import ModuleType

import pytest

from support.promises import SILENT, Row, chunks, keep, kept, ok, refused, spent

HELLO = "Content-Length: 5"

LENGTHS = {
    "length": Row(ok(HELLO, body="hello"), kept("hello")),
    "length missing": Row(ok(body="until close"), spent("until close"), closes=True),
    "length missing, nothing follows": Row(ok(), spent(""), closes=True),
    "length of 0": Row(ok("Content-Length: 0"), kept("")),
    "length with zeros before": Row(ok("Content-Length: 00005", body="hello"), kept("hello")),
    "length with spaces around": Row(ok("Content-Length: \t 5 \t", body="hello"), kept("hello")),
    "length twice the same": Row(ok(HELLO, HELLO, body="hello"), kept("hello")),
    "length in a list of the same": Row(ok("Content-Length: 5, 5", body="hello"), kept("hello")),
    "lengths that differ": Row(
        ok(HELLO, "Content-Length: 6", body="hello!"),
        refused("InvalidHeader", "Content-Length contained multiple unmatching values"),
    ),
    "lengths that differ in a list": Row(
        ok("Content-Length: 5, 6", body="hello!"),
        refused("InvalidHeader", "Content-Length contained multiple unmatching values"),
    ),
    "lengths that differ in writing": Row(
        ok(HELLO, "Content-Length: 05", body="hello"),
        refused("InvalidHeader", "Content-Length contained multiple unmatching values"),
    ),
    "length empty": Row(ok("Content-Length:", body="until close"), spent("until close"), closes=True),
    "length empty beside one": Row(
        ok("Content-Length:", HELLO, body="hello"), refused("ConnectionError", "Content-Length is no number")
    ),
    "length huge": Row(
        ok(f"Content-Length: {2**63}", body="hello"),
        refused("ChunkedEncodingError", "5 bytes read", "hello"),
        closes=True,
    ),
    "length of 20 digits": Row(
        ok("Content-Length: " + "9" * 20, body="hello"),
        refused("ChunkedEncodingError", "5 bytes read", "hello"),
        closes=True,
    ),
    "length of 21 digits": Row(
        ok("Content-Length: " + "9" * 21), refused("ConnectionError", "Content-Length is no number")
    ),
    "length of 5,000 digits": Row(
        ok("Content-Length: " + "1" * 5000), refused("ConnectionError", "Content-Length is no number")
    ),
    "length cut short": Row(
        ok("Content-Length: 9", body="hello"), refused("ChunkedEncodingError", "4 more expected", "hello"), closes=True
    ),
    "length never filled": Row(
        ok("Content-Length: 9", body="hello"), refused("ConnectionError", "Read timed out", "hello"), timeout=SILENT
    ),
}

# Every spelling that one recipient could take for a length and another not.
NO_LENGTHS = {
    "negative": "-5",
    "plus": "+5",
    "hexadecimal": "0x5",
    "fraction": "5.0",
    "exponent": "5e0",
    "underscore": "1_0",
    "junk behind": "5x",
    "junk before": "x5",
    "space within": "1 0",
    "semicolon": "5;x",
    "quotes": '"5"',
    "junk": "five",
    "list with an empty element": "5,",
    "list with junk": "5, x",
    "Arabic digits as UTF-8": "٥".encode().decode("latin-1"),
    "superscript": "\xb2",
    "no-break space": "\xa05",
}
LENGTHS |= {
    f"length of no digits: {name}": Row(
        ok(f"Content-Length: {value}", body="hello"), refused("ConnectionError", "Content-Length")
    )
    for name, value in NO_LENGTHS.items()
}

LAST = "0\r\n\r\n"
TWO_WAYS = {
    "length and chunks": Row(
        ok("Content-Length: 3", "Transfer-Encoding: chunked", body="5\r\nhello\r\n" + LAST), spent("hello")
    ),
    "length behind chunks": Row(
        ok("Transfer-Encoding: chunked", "Content-Length: 300", body="5\r\nhello\r\n" + LAST), spent("hello")
    ),
    "no number beside chunks": Row(
        ok("Transfer-Encoding: chunked", "Content-Length: x", body=LAST),
        refused("ConnectionError", "Content-Length"),
    ),
    "Chunked with a capital": Row(ok("Transfer-Encoding: Chunked", body="5\r\nhello\r\n" + LAST), kept("hello")),
    "chunked, chunked": Row(ok("Transfer-Encoding: chunked, chunked", body="5\r\nhello\r\n" + LAST), spent("hello")),
    "chunked in two fields": Row(
        ok("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body="5\r\nhello\r\n" + LAST), spent("hello")
    ),
    "identity": Row(ok("Transfer-Encoding: identity", HELLO, body="hello"), spent("hello")),
    "identity until close": Row(ok("Transfer-Encoding: identity", body="hello"), spent("hello"), closes=True),
    "identity, chunked": Row(ok("Transfer-Encoding: identity, chunked", body="5\r\nhello\r\n" + LAST), spent("hello")),
    "no coding": Row(ok("Transfer-Encoding:", HELLO, body="hello"), spent("hello")),
    "chunked over HTTP/1.0": Row(
        ok("Connection: keep-alive", "Transfer-Encoding: chunked", version="1.0", body="5\r\nhello\r\n" + LAST),
        spent("hello"),
    ),
    "chunked, gzip": Row(
        ok("Transfer-Encoding: chunked, gzip", body="5\r\nhello\r\n" + LAST), refused("ConnectionError", "coding")
    ),
    "gzip beside a length": Row(
        ok("Transfer-Encoding: gzip", HELLO, body="hello"), refused("ConnectionError", "coding")
    ),
    "coding unknown": Row(ok("Transfer-Encoding: zip, chunked", body=LAST), refused("ConnectionError", "coding")),
    "xchunked": Row(ok("Transfer-Encoding: xchunked", body=LAST), refused("ConnectionError", "coding")),
    "chunked with a parameter": Row(
        ok("Transfer-Encoding: chunked;q=1", body=LAST), refused("ConnectionError", "coding")
    ),
    "chunked behind a control": Row(
        ok("Transfer-Encoding: \x0bchunked", body=LAST), refused("ConnectionError", "control character")
    ),
    "space before the colon of a coding": Row(
        ok("Transfer-Encoding : chunked", body="5\r\nhello\r\n" + LAST), spent("hello")
    ),
    "space before the colon of a length": Row(ok("Content-Length : 5", body="hello"), spent("hello")),
    "almost a framing field": Row(ok("Content_Length: 5", body="hello"), spent("hello"), closes=True),
    "space in a framing field's name": Row(
        ok("Content Length: 5", body="hello"), refused("ConnectionError", "almost that of a framing field")
    ),
    "folded length": Row(ok("Content-Length:", " 5", body="hello"), kept("hello")),
}

NOTHING = ("", "Content-Length: 5", "Transfer-Encoding: chunked")


def _bodiless(status: str, *lines: str) -> bytes:
    return ok(*(line for line in lines if line), status=status)


BODILESS = {
    **{
        f"HEAD{', ' + line if line else ''}": Row(_bodiless("200 OK", line), kept(""), method="HEAD")
        for line in NOTHING
    },
    **{
        f"{status[:3]}{', ' + line if line else ''}": Row(
            _bodiless(status, line),
            # A server that speaks of a body where there can be none may send one as well.
            spent("", 204)
            if status[:3] == "204" and line not in ("", "Content-Length: 0")
            else kept("", int(status[:3])),
        )
        for status in ("204 No Content", "304 Not Modified")
        for line in NOTHING
    },
    "HEAD with a body all the same": Row(ok(HELLO, body="hello"), spent(""), method="HEAD"),
    "204 with a body all the same": Row(ok(HELLO, body="hello", status="204 No"), spent("", 204)),
    "304 with chunks all the same": Row(
        ok("Transfer-Encoding: chunked", body="5\r\nhello\r\n" + LAST, status="304 No"), spent("", 304)
    ),
    "205 with a body": Row(ok(HELLO, body="hello", status="205 Reset"), kept("hello", 205)),
}

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
RESPONSE = ok(HELLO, body="hello")
INTERIM = {
    "100 first": Row(CONTINUE + RESPONSE, kept("hello")),
    "103 first": Row(HINTS + RESPONSE, kept("hello")),
    "1xx unknown first": Row(ok(status="199 Odd") + RESPONSE, kept("hello")),
    "1xx with a length first": Row(ok(HELLO, status="103 Hints") + RESPONSE, kept("hello")),
    "100 interim responses": Row(CONTINUE * 100 + RESPONSE, kept("hello")),
    "101 interim responses": Row(
        CONTINUE * 101 + RESPONSE, refused("ConnectionError", "more than 100 informational responses")
    ),
    "interim responses without end": Row(
        HINTS * 20_000, refused("ConnectionError", "more than 100 informational responses")
    ),
    "100, then the close": Row(CONTINUE, refused("ConnectionError", "Connection aborted"), closes=True),
    "100, then silence": Row(CONTINUE, refused("ReadTimeout", "Read timed out"), timeout=SILENT),
    "101 unasked": Row(
        ok("Upgrade: websocket", "Connection: Upgrade", status="101 Switching"),
        refused("ConnectionError", "malformed"),
    ),
}

VERSIONS = {
    "HTTP/1.0": Row(ok(HELLO, body="hello", version="1.0"), spent("hello")),
    "HTTP/1.0, keep-alive": Row(ok(HELLO, "Connection: keep-alive", body="hello", version="1.0"), kept("hello")),
    "HTTP/1.0, keep-alive, no length": Row(
        ok("Connection: keep-alive", body="hello", version="1.0"), spent("hello"), closes=True
    ),
    "HTTP/1.1, close": Row(ok(HELLO, "Connection: close", body="hello"), spent("hello")),
    "HTTP/1.1, close in a list": Row(ok(HELLO, "Connection: x, Close", body="hello"), spent("hello")),
    "HTTP/1.1, close and keep-alive": Row(ok(HELLO, "Connection: keep-alive, close", body="hello"), spent("hello")),
    "HTTP/1.2": Row(ok(HELLO, body="hello", version="1.2"), kept("hello")),
    "HTTP/1.10": Row(ok(HELLO, body="hello", version="1.10"), spent("hello")),
    "HTTP/0.9 as a version": Row(ok(HELLO, body="hello", version="0.9"), spent("hello")),
    "HTTP/2.0": Row(ok(HELLO, body="hello", version="2.0"), refused("ConnectionError", "HTTP/2.0")),
    "HTTP/3": Row(ok(HELLO, body="hello", version="3"), refused("ConnectionError", "malformed")),
    "HTTP/2's preface": Row(b"\0\0\6\4\0\0\0\0\0\0\4\0\0\0\1\n\n", refused("ConnectionError", "BadStatusLine(")),
    "no head at all": Row(b"hello", refused("ConnectionError", "BadStatusLine("), closes=True),
    "a page without a head": Row(b"<html>\n\n</html>", refused("ConnectionError", "BadStatusLine(")),
    "another protocol": Row(b"SSH-2.0-OpenSSH_9.9\r\n", refused("ConnectionError", "BadStatusLine("), closes=True),
    "ICY": Row(b"ICY 200 OK\r\n\r\n", refused("ConnectionError", "BadStatusLine(")),
    "lower-case version": Row(b"http/1.1 200 OK\r\n\r\n", refused("ConnectionError", "BadStatusLine(")),
    "empty line first": Row(b"\r\n" + RESPONSE, refused("ConnectionError", "BadStatusLine(")),
    "line feed first": Row(b"\n" + RESPONSE, refused("ConnectionError", "BadStatusLine(")),
    "nothing": Row(b"", refused("ConnectionError", "Remote end closed connection without response"), closes=True),
    "silence": Row(b"", refused("ReadTimeout", "Read timed out"), timeout=SILENT),
}

STATUSES = {
    "status of two digits": Row(ok(status="99 Low"), refused("ConnectionError", "BadStatusLine(")),
    "status of four digits": Row(ok(status="1000 High"), refused("ConnectionError", "BadStatusLine(")),
    "status with a sign": Row(ok(status="+200 OK"), refused("ConnectionError", "three digits")),
    "status of 0xx": Row(ok(status="020 OK"), refused("ConnectionError", "BadStatusLine(")),
    "status of letters": Row(ok(status="abc OK"), refused("ConnectionError", "BadStatusLine(")),
    "status missing": Row(ok(status=""), refused("ConnectionError", "BadStatusLine(")),
    "status of 999": Row(ok(HELLO, body="hello", status="999 Odd"), kept("hello", 999)),
    "no reason": Row(ok(HELLO, body="hello", status="200"), kept("hello")),
    "two spaces in the status line": Row(ok(HELLO, body="hello", status=" 200  OK"), kept("hello")),
    "Latin-1 reason": Row(ok(HELLO, body="hello", status="200 Gr\xfc\xdfe"), kept("hello")),
    "NUL in the reason": Row(ok(HELLO, body="hello", status="200 O\0K"), refused("ConnectionError", "NUL")),
    "bare CR in the reason": Row(ok(HELLO, body="hello", status="200 O\rK"), refused("ConnectionError", "bare CR")),
}

LINES = {
    "bare LF": Row(RESPONSE.replace(b"\r\n", b"\n"), kept("hello")),
    "bare LF in places": Row(b"HTTP/1.1 200 OK\r\nX: y\nContent-Length: 5\n\r\nhello", kept("hello")),
    "bare CR": Row(RESPONSE.replace(b"\r\n", b"\r"), refused("ConnectionError", "malformed"), closes=True),
    "bare CR in a value": Row(ok("X: a\rb", HELLO, body="hello"), refused("ConnectionError", "bare CR")),
    "bare CR that hides a length": Row(ok(f"X: a\r{HELLO}", body="hello"), refused("ConnectionError", "bare CR")),
    "CR CR LF": Row(ok("X: a\r", HELLO, body="hello"), refused("ConnectionError", "bare CR")),
    "NUL in a value": Row(ok("X: a\0b", HELLO, body="hello"), refused("ConnectionError", "NUL")),
    "NUL in a name": Row(ok("X\0Y: a", HELLO, body="hello"), refused("ConnectionError", "NUL")),
    "control in a value": Row(ok("X: a\x01b", HELLO, body="hello"), kept("hello")),
    "VT and FF in a value": Row(ok("X: a\x0bb\x0cc", HELLO, body="hello"), kept("hello")),
    "VT behind a length": Row(ok(HELLO + "\x0b", body="hello"), refused("ConnectionError", "control character")),
    "VT in Connection": Row(
        ok("Connection: close\x0b", HELLO, body="hello"), refused("ConnectionError", "control character")
    ),
    "control in a name": Row(ok("X\x01Y: a", HELLO, body="hello"), kept("hello")),
    "fold": Row(ok("X: a", " b", "\tc", HELLO, body="hello"), kept("hello")),
    "fold first": Row(ok(" X: a", HELLO, body="hello"), kept("hello")),
    "fold first that frames": Row(
        ok(" Content-Length: 9", HELLO, body="hello"), refused("ConnectionError", "almost that of a framing field")
    ),
    "fold of a length's digits": Row(
        ok("Content-Length: 1", " 0", body="hello"), refused("ConnectionError", "Content-Length")
    ),
    "line of spaces": Row(ok("X: a", "  ", HELLO, body="hello"), kept("hello")),
    "space before the colon": Row(ok("X : a", HELLO, body="hello"), kept("hello")),
    "no colon": Row(ok("no colon", HELLO, body="hello"), kept("hello")),
    "empty name": Row(ok(": a", HELLO, body="hello"), kept("hello")),
    "name that is no token": Row(ok("X(a): b", HELLO, body="hello"), kept("hello")),
    "name in Latin-1": Row(ok("Gr\xfc\xdfe: b", HELLO, body="hello"), kept("hello")),
    "empty value": Row(ok("X:", HELLO, body="hello"), kept("hello")),
    "status line twice": Row(ok("HTTP/1.1 200 OK", HELLO, body="hello"), kept("hello")),
}

BEHIND = {
    "two responses": Row(RESPONSE + ok("Content-Length: 6", body="POISON"), spent("hello")),
    "a byte behind": Row(RESPONSE + b"!", spent("hello")),
    "a line end behind": Row(RESPONSE + b"\r\n", spent("hello")),
    "a body longer than its length": Row(RESPONSE + b" and more", spent("hello")),
    "a response behind chunks": Row(chunks("5\r\nhello\r\n" + LAST) + RESPONSE, spent("hello")),
    "a byte behind chunks": Row(chunks("5\r\nhello\r\n" + LAST) + b"!", spent("hello")),
    "a response behind trailers": Row(chunks("5\r\nhello\r\n0\r\nX: y\r\n\r\n") + RESPONSE, spent("hello")),
    "a response behind 204": Row(ok(status="204 No") + RESPONSE, spent("", 204)),
    "an interim response behind": Row(RESPONSE + CONTINUE, spent("hello")),
    "the close behind": Row(RESPONSE, spent("hello"), closes=True),
    "a megabyte behind": Row(RESPONSE + b"x" * 1_000_000, spent("hello")),
}

ROWS = LENGTHS | TWO_WAYS | BODILESS | INTERIM | VERSIONS | STATUSES | LINES | BEHIND


@pytest.mark.parametrize("name", ROWS)
def test_a_response_gives_what_is_promised_and_never_the_next_response(client: ModuleType, name: str) -> None:
    keep(client, ROWS[name])

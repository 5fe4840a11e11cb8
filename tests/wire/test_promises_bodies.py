"""The promises on framing, second half: chunks, codings, messages that break off, and responses that come too late.

The rows run as those of test_promises.py do; `docs/guarantees/framing.md` says why.
"""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from httpcore_lite.sansio.errors import ResponseTooLarge
from support.promises import (
    SILENT,
    WAYS,
    Promise,
    Row,
    chunks,
    keep,
    keep_side_by_side,
    kept,
    ok,
    refused,
    respond,
    spent,
)
from support.scripted import Peer, Step, chunked, half_close, receive, reset, response, send, wait_for

LAST = "0\r\n\r\n"
HELLO = "5\r\nhello\r\n"
BAD_CHUNK = "InvalidChunkLength"

SIZES = {
    "chunk": Row(chunks(HELLO + LAST), kept("hello")),
    "no chunk but the last": Row(chunks(LAST), kept("")),
    "chunks of one byte": Row(chunks("1\r\nh\r\n1\r\ni\r\n" + LAST), kept("hi")),
    "size in capitals": Row(chunks("A\r\n0123456789\r\n" + LAST), kept("0123456789")),
    "size in small letters": Row(chunks("a\r\n0123456789\r\n" + LAST), kept("0123456789")),
    "size with zeros before": Row(chunks("0005\r\nhello\r\n" + LAST), kept("hello")),
    "size of 20 digits": Row(chunks("0" * 19 + "5\r\nhello\r\n" + LAST), kept("hello")),
    "size of 21 digits": Row(chunks("0" * 20 + "5\r\nhello\r\n" + LAST), refused("ChunkedEncodingError", BAD_CHUNK)),
    "last chunk of many zeros": Row(chunks(HELLO + "0000\r\n\r\n"), kept("hello")),
    "space behind a size": Row(chunks("5 \r\nhello\r\n0 \r\n\r\n"), kept("hello")),
    "tab behind a size": Row(chunks("5\t\r\nhello\r\n" + LAST), kept("hello")),
    "size huge": Row(
        chunks(f"{2**63:x}\r\nhello"), refused("ChunkedEncodingError", "IncompleteRead(5 bytes read", "hello"), True
    ),
    "size of all digits": Row(
        chunks("F" * 20 + "\r\nhello"), refused("ChunkedEncodingError", "IncompleteRead(5 bytes read", "hello"), True
    ),
}

# Every spelling of a size that one recipient could take for 5 (or 16, or 0) and another not.
NO_SIZES = {
    "hexadecimal prefix": "0x5",
    "plus": "+5",
    "minus": "-5",
    "minus zero": "-0",
    "space before": " 5",
    "tab before": "\t5",
    "space within": "1 0",
    "underscore": "1_0",
    "empty": "",
    "spaces only": "  ",
    "extension only": ";x=y",
    "letters": "hello",
    "junk behind": "5z",
    "fraction": "5.0",
    "comma": "5,5",
    "quotes": '"5"',
    "NUL before": "\x005",
    "NUL behind": "5\0",
    "VT behind": "5\x0b",
    "bare CR behind": "5\r",
    "full-width digit": "５".encode().decode("latin-1"),
    "superscript": "\xb2",
}
SIZES |= {
    f"size of no digits: {name}": Row(
        chunks(f"{HELLO}{size}\r\nhello\r\n{LAST}"), refused("ChunkedEncodingError", BAD_CHUNK, "hello")
    )
    for name, size in NO_SIZES.items()
}

EXTENSIONS = {
    "extension": Row(chunks("5;a=b\r\nhello\r\n0;c\r\n\r\n"), kept("hello")),
    "extension in quotes": Row(chunks('5;a="b;c"\r\nhello\r\n' + LAST), kept("hello")),
    "extension between spaces": Row(
        chunks("5 ; a = b\r\nhello\r\n" + LAST), refused("ChunkedEncodingError", BAD_CHUNK)
    ),
    "extension empty": Row(chunks("5;\r\nhello\r\n" + LAST), kept("hello")),
    "extension long": Row(chunks("5;" + "a" * 16_000 + "\r\nhello\r\n" + LAST), kept("hello")),
    "extension too long": Row(
        chunks("5;" + "a" * 17_000 + "\r\nhello\r\n"), refused("ChunkedEncodingError", BAD_CHUNK)
    ),
    "extension without end": Row(chunks("5;" + "a" * 1_000_000), refused("ChunkedEncodingError", BAD_CHUNK)),
    "extension with a control": Row(chunks("5;a\x01\r\nhello\r\n" + LAST), kept("hello")),
    "extension with a NUL": Row(chunks("5;a\0b\r\nhello\r\n" + LAST), kept("hello")),
    "extension with a bare CR": Row(chunks("5;a\rb\r\nhello\r\n" + LAST), kept("hello")),
    "extension with a line feed": Row(chunks("5;a\nb\r\nhello\r\n" + LAST), refused("ChunkedEncodingError", BAD_CHUNK)),
}

NO_END = "instead of a line end"
ENDS = {
    "bare LF behind a size": Row(chunks("5\nhello\r\n" + LAST), refused("ChunkedEncodingError", BAD_CHUNK)),
    "bare LF behind data": Row(chunks("5\r\nhello\n" + LAST), refused("ChunkedEncodingError", NO_END, "hello")),
    "bare CR behind data": Row(chunks("5\r\nhello\r" + LAST), refused("ChunkedEncodingError", NO_END, "hello")),
    "nothing behind data": Row(chunks("5\r\nhello" + LAST), refused("ChunkedEncodingError", NO_END, "hello")),
    "other bytes behind data": Row(chunks("5\r\nhelloXX" + LAST), refused("ChunkedEncodingError", NO_END, "hello")),
    "more data than its size": Row(chunks("5\r\nhello!\r\n" + LAST), refused("ChunkedEncodingError", NO_END, "hello")),
    "less data than its size": Row(
        chunks("7\r\nhello\r\n" + LAST), refused("ChunkedEncodingError", NO_END, "hello\r\n")
    ),
    "two line ends behind data": Row(
        chunks("5\r\nhello\r\n\r\n" + LAST), refused("ChunkedEncodingError", BAD_CHUNK, "hello")
    ),
    "bare LF behind the last size": Row(chunks(HELLO + "0\n\r\n"), refused("ChunkedEncodingError", BAD_CHUNK, "hello")),
    "bare LF at the very end": Row(chunks(HELLO + "0\r\n\n"), kept("hello")),
    "no empty line, then the close": Row(chunks(HELLO + "0\r\n"), spent("hello"), closes=True),
    "half an empty line, then the close": Row(
        chunks(HELLO + "0\r\n\r"), refused("ChunkedEncodingError", "Response ended prematurely", "hello"), closes=True
    ),
    "no last chunk, then the close": Row(
        chunks(HELLO), refused("ChunkedEncodingError", "Response ended prematurely", "hello"), closes=True
    ),
    "no last chunk, then silence": Row(chunks(HELLO), refused("ConnectionError", "timed out", "hello"), timeout=SILENT),
    "no empty line, then silence": Row(
        chunks(HELLO + "0\r\n"), refused("ConnectionError", "timed out", "hello"), timeout=SILENT
    ),
}


def _trailers(section: str | bytes, promise: Promise, closes: bool = False) -> Row:
    data = section if isinstance(section, bytes) else section.encode("latin-1")
    return Row(chunks(HELLO) + b"0\r\n" + data + (b"" if closes else b"\r\n"), promise, closes)


MALFORMED = refused("ChunkedEncodingError", "the trailer section is malformed", "hello")
TRAILERS = {
    "trailers": _trailers("X-A: 1\r\nX-B: 2\r\n", kept("hello")),
    "trailers with bare LF": _trailers("X-A: 1\nX-B: 2\n", kept("hello")),
    "trailer that folds": _trailers("X-A: 1\r\n 2\r\n", kept("hello")),
    "trailer that frames: length": _trailers("Content-Length: 3\r\n", kept("hello")),
    "trailer that frames: lengths": _trailers("Content-Length: 3\r\nContent-Length: 4\r\n", MALFORMED),
    "trailer that frames: coding": _trailers("Transfer-Encoding: chunked\r\n", kept("hello")),
    "trailer that frames: close": _trailers("Connection: close\r\n", kept("hello")),
    "trailer without a colon": _trailers("no colon\r\n", MALFORMED),
    "trailer without a name": _trailers(": x\r\n", MALFORMED),
    "trailer with a space before the colon": _trailers("X : 1\r\n", MALFORMED),
    "trailer with a NUL": _trailers("X: a\0b\r\n", MALFORMED),
    "trailer with a bare CR": _trailers("X: a\rb\r\n", MALFORMED),
    "5,000 trailers": _trailers("X: y\r\n" * 5000, kept("hello")),
    "100,000 trailers": _trailers(
        "X: y\r\n" * 100_000, refused("ChunkedEncodingError", "longer than 65536 bytes", "hello")
    ),
    "one trailer of 1 MB": _trailers(
        "X: " + "y" * 1_000_000 + "\r\n", refused("ChunkedEncodingError", "longer than 65536 bytes", "hello")
    ),
    "trailers cut": _trailers(
        "X: y\r\n", refused("ChunkedEncodingError", "Response ended prematurely", "hello"), closes=True
    ),
}

GZIP = gzip.compress(b"hello", mtime=0)
CODED = {
    "gzip, chunked": Row(ok("Transfer-Encoding: gzip, chunked") + chunked(GZIP), spent("hello")),
    "deflate, gzip, chunked": Row(
        ok("Transfer-Encoding: deflate, gzip, chunked") + chunked(gzip.compress(zlib.compress(b"hello"))),
        spent("hello"),
    ),
    "gzip until close": Row(ok("Transfer-Encoding: gzip", body=GZIP), spent("hello"), closes=True),
}

ROWS = SIZES | EXTENSIONS | ENDS | TRAILERS


@pytest.mark.parametrize("name", ROWS)
def test_a_chunked_body_is_just_its_data_or_an_error(client: ModuleType, name: str) -> None:
    keep(client, ROWS[name])


@pytest.mark.parametrize("name", CODED)
def test_a_coding_of_the_transfer_is_taken_off(client: ModuleType, name: str) -> None:
    keep(client, CODED[name])


RAW: dict[str, Callable[[Any, bool], bytes]] = {
    "read": lambda raw, decode: raw.read(decode_content=decode),
    "read(n)": lambda raw, decode: b"".join(iter(lambda: raw.read(3, decode), b"")),
    "read1": lambda raw, decode: b"".join(iter(lambda: raw.read1(3, decode), b"")),
    "stream": lambda raw, decode: b"".join(raw.stream(3, decode)),
    "as it comes": lambda raw, decode: b"".join(raw.stream(None, decode)),
}


@pytest.mark.parametrize("decode", [True, False])
@pytest.mark.parametrize("coding", ["", "gzip", "zip", "deflate, gzip"])
@pytest.mark.parametrize("how", [*RAW, "readinto"])
@pytest.mark.parametrize("options", [{}, {"max_response_size": 500}])
def test_a_coding_of_the_transfer_is_off_whether_or_not_the_content_is_decoded(
    client: ModuleType, how: str, coding: str, decode: bool, options: dict[str, Any]
) -> None:
    content = {"gzip": GZIP, "deflate, gzip": gzip.compress(zlib.compress(b"hello"))}.get(coding, b"hello")
    fields = ["Transfer-Encoding: gzip, chunked", *([f"Content-Encoding: {coding}"] if coding else [])]
    sent = ok(*fields) + chunked(*[bytes([byte]) for byte in gzip.compress(content)])
    with Peer([receive(), send(sent)]) as peer, client.Session() as session:
        found = session.get(peer.url("/"), timeout=5, stream=True, **options)
        assert found.headers.get("Content-Encoding", "") == coding  # its own, and not the transfer's
        if how == "readinto":
            found.raw.decode_content = decode
            got, buffer = b"", bytearray(3)
            while count := found.raw.readinto(buffer):
                got += buffer[:count]
        else:
            got = RAW[how](found.raw, decode)
    assert got == (b"hello" if decode else content)


def test_a_bomb_in_a_coding_of_the_transfer_is_stopped(client: ModuleType) -> None:
    sent = ok("Transfer-Encoding: gzip, chunked") + chunked(gzip.compress(bytes(1_000_000)))
    for options in ({"max_response_size": 1000}, {"max_decode_ratio": 10}):
        with Peer([receive(), send(sent)]) as peer:
            found = client.get(peer.url("/"), timeout=5, stream=True, **options)
            for _ in range(2):
                with pytest.raises(ResponseTooLarge):
                    found.raw.read()


@pytest.mark.parametrize("name", ["trailer that frames: length", "trailer that frames: coding", "trailers"])
def test_a_trailer_is_never_a_header(client: ModuleType, name: str) -> None:
    with Peer([receive(), send(TRAILERS[name].sent)]) as peer:
        found = client.get(peer.url("/"), timeout=5)
    assert list(found.headers.items()) == [("Transfer-Encoding", "chunked")]


# -- messages that break off -------------------------------------------------------------------------------------------

BY_LENGTH = ok("Content-Length: 11", "X: yz", body="hello world")
BY_CHUNKS = chunks("5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n")
BROKEN_OFF = "IncompleteRead|Response ended prematurely"


def _promise_of_cut(message: bytes, cut: int, data_at: list[int]) -> Promise:
    """Return what is promised for the first `cut` bytes of a message and the close.

    `data_at` are the places of the body's bytes in the message.
    """
    head = message.index(b"\r\n\r\n") + 4
    # Without its empty line, or half of it, a head is whole when it ends in a whole line and says where the body ends.
    whole_lines = cut >= message.index(b"\r\n", 20) + 2 and message[:cut].endswith((b"\r\n", b"\r\n\r"))
    if cut < head and not whole_lines:
        return refused(
            "ConnectionError", "Connection aborted" if cut < len("HTTP/1.1 200") else "the response's head is malformed"
        )
    got = bytes(message[place] for place in data_at if place < cut)
    if message is BY_CHUNKS and message[:cut].endswith(b"\r\n0\r\n"):
        return spent(got)
    return refused("ChunkedEncodingError", BROKEN_OFF, got)


DATA_AT = {
    "length": [BY_LENGTH.index(b"hello") + i for i in range(11)],
    "chunks": [BY_CHUNKS.index(b"hello") + i for i in range(5)] + [BY_CHUNKS.index(b" world") + i for i in range(6)],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("framed", DATA_AT)
def test_a_response_that_breaks_off_at_any_byte_is_an_error(client: ModuleType, framed: str, way: str) -> None:
    message = {"length": BY_LENGTH, "chunks": BY_CHUNKS}[framed]
    for cut in range(len(message)):
        keep(client, Row(message[:cut], _promise_of_cut(message, cut, DATA_AT[framed]), closes=True), [way])


@pytest.mark.parametrize("framed", DATA_AT)
def test_a_response_that_stops_anywhere_is_a_timeout(client: ModuleType, framed: str) -> None:
    message = {"length": BY_LENGTH, "chunks": BY_CHUNKS}[framed]
    head = message.index(b"\r\n\r\n") + 4
    in_head = refused("ReadTimeout", "timed out")
    rows = [Row(message[:cut], in_head, timeout=SILENT) for cut in (0, 1, 12, head - 2, head - 1)]
    for cut in (head, head + 2, head + 8, len(message) - 1):
        got = bytes(message[place] for place in DATA_AT[framed] if place < cut)
        rows.append(Row(message[:cut], refused("ConnectionError", "timed out", got), timeout=SILENT))
    keep_side_by_side(client, rows, ["whole, content", "whole, iter_content"])


@pytest.mark.parametrize("stream", [False, True])
def test_a_body_until_close_that_is_reset_is_an_error(client: ModuleType, stream: bool) -> None:
    read = threading.Event()
    session = client.Session()
    with Peer([receive(), send(ok(body="hello")), wait_for(read), reset()], [receive(), send(respond)]) as peer:
        reply = session.get(peer.url("/"), timeout=5, stream=True)
        assert reply.raw.read(5) == b"hello"  # a reset takes away what was not read
        read.set()
        with pytest.raises(client.exceptions.ChunkedEncodingError):
            list(reply.iter_content(1)) if stream else reply.content
        assert session.get(peer.url("/next"), timeout=5).text == "the response to /next"


REDIRECTS = {
    "cut by length": ok("Location: /target", "Content-Length: 9", body="hello", status="302 Found"),
    "cut in a chunk": ok("Location: /target", "Transfer-Encoding: chunked", body="9\r\nhello", status="302 Found"),
    "no chunk": ok("Location: /target", "Transfer-Encoding: chunked", body="x\r\nhello", status="302 Found"),
    "no gzip": ok("Location: /target", "Content-Encoding: gzip", "Content-Length: 5", body="hello", status="302 Found"),
}


@pytest.mark.parametrize("name", REDIRECTS)
def test_a_redirect_is_followed_whatever_is_wrong_with_its_body(client: ModuleType, name: str) -> None:
    script: list[Step] = [receive(), send(REDIRECTS[name]), half_close()]
    with Peer(script, [receive(), send(respond)]) as peer, client.Session() as session:
        reply = session.get(peer.url("/row"), timeout=5)
        assert (reply.text, [old.status_code for old in reply.history]) == ("the response to /target", [302])
        peer.wait_gone(0)
        assert session.get_adapter("http://").pool.stats().open == 1


# -- responses that come when no request waits for them ----------------------------------------------------------------

LATE = response("POISON")


def _timed_out(client: ModuleType, session: Any, peer: Peer) -> None:
    with pytest.raises(client.ReadTimeout):
        session.get(peer.url("/slow"), timeout=(5, 0.1))


def _deadline_passed(client: ModuleType, session: Any, peer: Peer) -> None:
    with pytest.raises(client.ReadTimeout):
        session.get(peer.url("/slow"), timeout=client.Timeouts(total=0.4))


def _body_timed_out(client: ModuleType, session: Any, peer: Peer) -> None:
    with pytest.raises(client.ConnectionError):
        session.get(peer.url("/slow"), timeout=SILENT)


def _stream_closed(client: ModuleType, session: Any, peer: Peer) -> None:
    session.get(peer.url("/slow"), timeout=5, stream=True).close()


def _stream_forgotten(client: ModuleType, session: Any, peer: Peer) -> None:
    session.get(peer.url("/slow"), timeout=5, stream=True)


HALF = ok("Content-Length: 6", body="half")
# name -> (what came in time, what the program did then, what comes too late)
TOO_LATE = {
    "after a timeout": (b"", _timed_out, LATE),
    "after half a head": (LATE[:20], _timed_out, LATE[20:] + LATE),
    "after a deadline": (b"", _deadline_passed, LATE),
    "after half a body": (HALF, _body_timed_out, b"xx" + LATE),
    "after half a chunk": (chunks("5\r\nhe"), _body_timed_out, b"llo\r\n0\r\n\r\n" + LATE),
    "after the last chunk": (chunks("0\r\n"), _body_timed_out, b"\r\n" + LATE),
    "after a stream was closed": (HALF, _stream_closed, b"xx" + LATE),
    "after a stream was forgotten": (HALF, _stream_forgotten, b"xx" + LATE),
}


@pytest.mark.parametrize("name", TOO_LATE)
def test_what_comes_too_late_is_never_the_next_response(client: ModuleType, name: str) -> None:
    in_time, give_up, late = TOO_LATE[name]
    given_up, sent = threading.Event(), threading.Event()

    def send_late(talk: Any) -> None:
        try:
            send(late)(talk)
        finally:
            sent.set()

    slow: list[Step] = [receive(), send(in_time), wait_for(given_up), send_late]
    with Peer(slow, [receive(), send(respond)]) as peer, client.Session() as session:
        give_up(client, session, peer)
        given_up.set()
        assert sent.wait(5)
        assert session.get(peer.url("/next"), timeout=5).text == "the response to /next"
        peer.wait_gone(0)
        assert session.get_adapter("http://").pool.stats().open == 1
    assert peer.connections == 2


@pytest.mark.parametrize("late", [LATE, b"!", b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"])
def test_what_comes_unasked_on_an_idle_connection_is_never_the_next_response(client: ModuleType, late: bytes) -> None:
    idle, sent = threading.Event(), threading.Event()
    script: list[Step] = [receive(), send(respond), wait_for(idle), send(late), lambda talk: sent.set()]
    with Peer(script, [receive(), send(respond)]) as peer, client.Session() as session:
        assert session.post(peer.url("/first"), timeout=5).text == "the response to /first"
        idle.set()
        assert sent.wait(5)
        assert session.post(peer.url("/next"), timeout=5).text == "the response to /next"
        peer.wait_gone(0)
    assert peer.connections == 2

"""Reading what a peer sent takes time in proportion to its length: a megabyte is no attack.

Each reader is given each hostile text in growing sizes, and must never take much more than in proportion. A pattern
that backtracks, or a text that is copied for each of its pieces, fails at a few kilobytes, before it takes long.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import cookies, utils
from httpcore_lite.messages import charsets as encodings
from httpcore_lite.messages import url_parts, urls
from httpcore_lite.sansio import redaction
from httpcore_lite.sansio.connections import digest
from httpcore_lite.sansio.errors import TransportError
from httpcore_lite.sansio.event_stream import EventReader, LineReader
from httpcore_lite.sansio.http1.headers import HTTPHeaderDict
from httpcore_lite.sansio.http1.protocol import End, Protocol
from httpcore_lite.sansio.http1.request_heads import RequestHeads

#: What a text of n times the length may take: 2n times the time, and some for the noise of a busy machine, in seconds.
FACTOR, NOISE = 2.0, 0.1
#: The most that a megabyte may take, in seconds of processor time.
MOST = 8.0
MEGABYTE = (4_096, 32_768, 262_144, 1_048_576)
FIELD = (2_048, 16_384, 131_072)  # a head is hardly longer than that, and growth shows
TINY = (4_096, 32_768)  # for what comes in pieces of a few bytes


def check(read: Callable[[Any], object], make: Callable[[int], Any], sizes: tuple[int, ...] = MEGABYTE) -> None:
    last, before = sizes[0], MOST
    for size in sizes:
        text = make(size)
        allowed = min(MOST, FACTOR * size / last * before + NOISE)
        taken = seconds(read, text)
        for _ in range(2):
            if taken > allowed:
                taken = min(taken, seconds(read, text))
        assert taken <= allowed, f"{size} take {taken:.2f} s, {last} take {before:.2f} s"
        last, before = size, taken


def seconds(read: Callable[[Any], object], text: Any) -> float:
    gc.collect()
    gc.disable()  # it walks through all that other tests have left, the more objects are made the oftener
    began = time.process_time()
    try:
        read(text)
    except (ValueError, TransportError, client.RequestException):
        pass  # to refuse must be quick, too
    finally:
        gc.enable()
    return time.process_time() - began


def repeated(start: str, unit: str, end: str = "") -> Callable[[int], str]:
    return lambda size: start + unit * (size // len(unit)) + end


def named(*texts: tuple[str, str, str]) -> list[Any]:
    return [pytest.param(repeated(*text), id=ascii(" ".join(text))[1:45]) for text in texts]


# -- URLs ------------------------------------------------------------------------------------------------------------


def prepared(url: str) -> object:
    return client.Request("GET", url).prepare()


def joined(url: str) -> object:
    return url_parts.join("http://h.example/a/b", url)


@pytest.mark.parametrize(
    "make",
    named(
        ("http://[", ":", ""),  # took a minute for 64 KB once
        ("http://[", ":", "]x"),
        ("http://[v1.", "]", "x"),
        ("http://[::1%25", "a%", "]/"),
        ("http://", "@", "["),
        ("http://", "a@[", ""),
        ("http://", "a.", "!"),
        ("http://", "é", "/"),
        ("http://a", "\u0301", "/"),
        ("http://", "\u0661", "/"),
        ("http://", "1.", "x"),
        ("http://h:", "0", "x"),
        ("http://h/", "a/../", ""),
        ("http://h/", "%", ""),
        ("http://h/", "é ", ""),
        ("http://h/", "\t", ""),
        ("http://h", "\\", ""),
        ("http://h/?", "?#", ""),
        ("", " ", "http://h/"),
        ("", "a", ":"),
        ("", "/", ""),
    ),
)
@pytest.mark.parametrize("read", [prepared, joined, urls.requote_uri, urls.split_origin])
def test_a_url(read: Callable[[str], object], make: Callable[[int], str]) -> None:
    check(read, make, FIELD)


@pytest.mark.parametrize(
    "make",
    named(
        ("", "?", "@"),  # took minutes for a megabyte once
        ("/", ":", "@x"),
        ("", "//", "@"),
        ("", "/:", "@"),
        ("", ":@", ""),
        ("", "//@", ""),
        ("?a=", "%2f%2f", "@"),
        ("", "http:", "@"),
        ("", "\t", "@"),
        ("http://h/?", "&a", "="),
        ("?token=", ";a", "="),
        ("?token=", ";", "=?token="),
        ("", "?token=;", ""),
    ),
)
def test_a_url_that_is_shown(make: Callable[[int], str]) -> None:
    check(redaction.masked_target, make, FIELD)


@pytest.mark.parametrize("make", named(("http://[", ":", ""), ("http://h/", "a/../", ""), ("http://", "a.", "!")))
def test_a_url_of_a_megabyte(make: Callable[[int], str]) -> None:
    check(prepared, make)


# -- fields ----------------------------------------------------------------------------------------------------------


FIELDS = named(
    ("", '"', ""),
    ("", "\\", ""),
    ('"', '\\"', ""),
    ('"', "a\\", ""),
    ("", "a, ", ""),
    ("", ",", ""),
    ("a", " ", "!"),
    ("a=", "=", ""),
    ("", 'a="b", ', ""),
    ("", 'a="', ""),
    ("", "<a>; rel=b, ", ""),
    ("", ", <", ""),
    ("<a>;", ";", ""),
    ("<", "<", ">"),
    ("Digest ", "a=b, ", ""),
    ("", "Digest ", ""),
    ('Digest nonce="', "\\\\", ""),
    ("Basic ", "a", "!"),
    ("Basic a", "=", "!"),
    ("text/html", "; charset=", ""),
)
READERS: list[Callable[[str], object]] = [
    utils.parse_header_links,
    utils.parse_list_header,
    utils.parse_dict_header,
    digest.choose,
    encodings.content_type_parts,
]


@pytest.mark.parametrize("make", FIELDS)
@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_the_value_of_a_field(read: Callable[[str], object], make: Callable[[int], str]) -> None:
    check(read, make, FIELD)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("make", FIELDS[2:3])
def test_the_value_of_a_field_of_a_megabyte(read: Callable[[str], object], make: Callable[[int], str]) -> None:
    check(read, make)


# -- cookies ---------------------------------------------------------------------------------------------------------


class Asked:
    """As much of a request as a cookie jar looks at."""

    url = "http://h.example/a/b"
    headers: dict[str, str] = {}


def set_cookies(values: list[str]) -> object:
    jar, fields = cookies.RequestsCookieJar(), HTTPHeaderDict()
    for value in values:
        fields.add("Set-Cookie", value)
    jar.extract_cookies(cookies.MockResponse(fields), cookies.MockRequest(Asked))  # type: ignore[arg-type]
    return cookies.get_cookie_header(jar, Asked)


@pytest.mark.parametrize(
    "make",
    named(
        ("", "a=b; ", ""),
        ("", ";", ""),
        ("a=", '"', ""),
        ("a=b;", " ", "!"),
        ("a=b; expires=", "1 ", ""),
        ("a=b; expires=", " ", "x"),
        ("a=b; expires=Wed, 01-Jan-2026 00:00:00", " ", "!"),
        ("a=b; expires=1 Jan", "-", ""),
        ("a=b; max-age=", "9", ""),
        ("a=b; domain=", ".", ""),
        ("a=b; path=", "/a", ""),
        ("a=b", "; path=/", ""),
    ),
)
def test_one_cookie(make: Callable[[int], str]) -> None:
    check(lambda value: set_cookies([value]), make)


@pytest.mark.parametrize("value", ["a{}=b", "a=b{}", "a{}=b; path=/a{}", "a{}=b; domain=h.example", "=;{}"])
def test_a_thousand_cookies(value: str) -> None:
    check(set_cookies, lambda size: [value.replace("{}", str(number)) for number in range(size)], (60, 250, 1_000))


# -- bodies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    named(
        ("", '<meta charset="', ""),
        ("", "<meta ", ""),
        ("<meta ", "charset=", ""),
        ("<?xml ", 'encoding="', ""),
        ("<meta ", 'content="', ""),
        ("<meta ", "charset=\"'", ">"),
    ),
)
def test_the_charset_that_a_page_declares(make: Callable[[int], str]) -> None:
    check(encodings.declared_in_text, make)
    check(encodings.detect, lambda size: b"\xff" + make(size).encode())


@pytest.mark.parametrize("delimiter", [None, "\r\n", "ab"])
@pytest.mark.parametrize("piece", ["x", "\r", "a", "\n"])
def test_lines_in_tiny_pieces(piece: str, delimiter: str | None) -> None:
    check(lambda pieces: list(encodings.iter_lines(pieces, delimiter)), lambda size: [piece] * size, FIELD)


@pytest.mark.parametrize("most", [2_000, 1 << 30])
@pytest.mark.parametrize("piece", [b"x", b"\r", b"data: a\n", b"data: a\r\n\r\n"])
def test_events_in_tiny_pieces(piece: bytes, most: int) -> None:
    check(lambda pieces: list(EventReader(most).read(pieces)), lambda size: [piece] * size, FIELD)
    check(lambda stream: EventReader().feed(stream), lambda size: piece * (size // len(piece)))


@pytest.mark.parametrize("piece", [b"1", b"\n", b" \n", b"[]\r\n"])
def test_lines_of_json_in_tiny_pieces(piece: bytes) -> None:
    def read(pieces: list[bytes]) -> None:
        reader = LineReader()
        for each in pieces:
            reader.feed(each)
        reader.end()

    check(read, lambda size: [piece] * size, FIELD)
    check(read, lambda size: [piece * size])


# -- a connection's bytes --------------------------------------------------------------------------------------------


def received(data: list[bytes]) -> None:
    protocol = Protocol(1 << 30, 1 << 30)
    protocol.start(RequestHeads().build("GET", "/", [], "h"), b"")
    for piece in data:
        protocol.receive(piece)
        while (event := protocol.next_event()) is not None and not isinstance(event, End):
            protocol.take_pieces()


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
#: What comes first, and what then comes again and again.
STREAMS = {
    "one field": (OK + b"X: ", b"a"),
    "a field of words": (OK + b"X: ", b"a "),
    "many fields": (OK, b"X: a\r\n"),
    "folded lines": (OK + b"X: a\r\n", b" a\r\n"),
    "a status line": (b"HTTP/1.1 200 ", b" "),
    "no end of lines": (OK, b"\r"),
    "no fields": (OK, b"\n "),
    "tiny chunks": (CHUNKED, b"1\r\nx\r\n"),
    "a size line": (CHUNKED, b"0"),
    "an extension": (CHUNKED + b"1", b";x"),
    "trailers": (CHUNKED + b"0\r\n", b"X: a\r\n"),
    "a body": (OK + b"\r\n", b"x"),
    "hints": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("piece", [16_384, 7])
def test_what_a_peer_sends(name: str, piece: int) -> None:
    start, unit = STREAMS[name]

    def make(size: int) -> list[bytes]:
        data = start + unit * (size // len(unit)) + b"\r\n\r\n"
        return [data[at : at + piece] for at in range(0, len(data), piece)]

    check(received, make, MEGABYTE if piece > 100 else TINY)


# -- memory ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [utils.parse_list_header, utils.parse_dict_header, digest.choose, urls.parse_url])
@pytest.mark.parametrize("make", named(("", "a", ""), ('"', "a", ""), ("http://", "a", "/")))
def test_a_pattern_keeps_no_note_of_each_character(read: Callable[[str], object], make: Callable[[int], str]) -> None:
    text = make(FIELD[-1])
    tracemalloc.start()
    try:
        read(text)
        peak = tracemalloc.get_traced_memory()[1]
    except ValueError:
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30 * len(text)

"""Whole responses, protocol and decoders together: no cut changes them, and no damage ends in anything unforeseen."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass

from hypothesis import example, given
from hypothesis import strategies as st

from fuzz.targets import LIMITS, check_told, decode, tell
from httpcore_lite.sansio.http1 import accepted_codings

CODERS = {"gzip": lambda data: gzip.compress(data, mtime=0), "deflate": zlib.compress}
if "br" in accepted_codings().split(", "):
    try:
        import brotli
    except ImportError:
        import brotlicffi as brotli
    CODERS["br"] = brotli.compress

TOKEN = st.text(alphabet="abcXYZ-09", min_size=1, max_size=8)
VALUE = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=20)
SIZES = st.binary(max_size=6)


@dataclass
class Sent:
    """A valid response: the bytes, and what they say."""

    data: bytes
    method: str
    status: int
    hints: int
    coding: str
    body: bytes
    trailers: list[tuple[bytes, bytes]]
    reusable: bool


def framed(body: bytes, framing: str, sizes: list[int], trailers: list[tuple[bytes, bytes]]) -> bytes:
    if framing != "chunked":
        return body
    out, at, turn = b"", 0, 0
    while at < len(body):
        size = sizes[turn % len(sizes)] if sizes else len(body)
        piece = body[at : at + size]
        out += b"%x\r\n%s\r\n" % (len(piece), piece)
        at, turn = at + size, turn + 1
    return out + b"0\r\n" + b"".join(b"%s: %s\r\n" % field for field in trailers) + b"\r\n"


@st.composite
def responses(draw: st.DrawFn) -> Sent:
    method = draw(st.sampled_from(["GET", "GET", "POST", "HEAD"]))
    status = draw(st.sampled_from([200, 200, 206, 301, 404, 500, 204, 304]))
    framing = draw(st.sampled_from(["length", "chunked", "close"]))
    names = draw(st.lists(st.sampled_from(sorted(CODERS)), max_size=3))
    body = draw(st.binary(max_size=300))
    coded = body
    for name in names:
        coded = CODERS[name](coded)
    trailers = draw(st.lists(st.tuples(TOKEN.map(str.encode), TOKEN.map(str.encode)), max_size=2))
    fields = [(f"X-{name}", value.strip()) for name, value in draw(st.lists(st.tuples(TOKEN, VALUE), max_size=4))]
    if names:
        fields.append(("Content-Encoding", ", ".join(names)))
    bodiless = method == "HEAD" or status in (204, 304)
    if status == 204:
        framing = "close"  # one that speaks of a body is not valid (RFC 9110 section 8.6), and costs its connection
    if framing == "length":
        fields.append(("Content-Length", str(len(coded))))
    elif framing == "chunked":
        fields.append(("transfer-encoding", "Chunked"))
    end = draw(st.sampled_from(["\r\n", "\r\n", "\n"]))
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in draw(st.permutations(fields)))]
    hints = draw(st.integers(0, 2))
    head = "HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n" * hints + end.join([*lines, "", ""])
    sizes = draw(st.lists(st.integers(1, 60), max_size=3))
    data = head.encode("latin-1") + (b"" if bodiless else framed(coded, framing, sizes, trailers))
    said = trailers if framing == "chunked" and not bodiless else []
    coding = "" if bodiless else ", ".join(names)
    return Sent(data, method, status, hints, coding, b"" if bodiless else body, said, bodiless or framing != "close")


@given(responses(), SIZES)
def test_any_cut_of_a_valid_response_gives_the_same(sent: Sent, sizes: bytes) -> None:
    for cut in (b"", b"\0", sizes):
        told = tell(sent.data, cut, sent.method)
        assert told.error is None
        assert [head[0] for head in told.heads] == [103] * sent.hints + [sent.status]
        assert told.trailers == sent.trailers
        assert told.leftover == b""
        for limit in (7, 1 << 16):
            assert decode(sent.coding, told.body, cut, limit) == (sent.body, "ended")
    assert tell(sent.data, sizes, sent.method, eof=False).reusable == sent.reusable


@given(responses(), st.integers(0, 10_000), SIZES)
def test_a_valid_response_that_breaks_off_is_never_taken_for_whole(sent: Sent, keep: int, sizes: bytes) -> None:
    part = sent.data[: keep % len(sent.data)] if sent.data else b""
    whole = tell(part, b"", sent.method)
    assert tell(part, sizes, sent.method) == whole
    body = tell(sent.data, b"", sent.method).body
    assert body.startswith(whole.body)
    assert not whole.reusable  # the peer has closed
    assert not tell(part, sizes, sent.method, eof=False).reusable
    if whole.error is None and whole.body != body:
        # Only where the close is the end: then the coding, if there is one, must tell.
        assert not sent.reusable
        assert not sent.coding or decode(sent.coding, whole.body)[1] == "error" or whole.body == b""


PLACE = st.integers(0, 10_000)
PARTS = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b":", b"\0", b"\xff", b"\x0b", b"0", b"1", b"-1", b"+", b"f" * 17]
    + [b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"Connection: close"]
    + [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0", b"0\r\n\r\n", b"5\r\nhello\r\n", b";", b","]
)
MUTATIONS = st.lists(
    st.tuples(st.just("flip"), PLACE, st.integers(0, 7))
    | st.tuples(st.just("set"), PLACE, st.integers(0, 255))
    | st.tuples(st.just("insert"), PLACE, PARTS | st.binary(max_size=3))
    | st.tuples(st.just("delete"), PLACE, st.integers(1, 40))
    | st.tuples(st.just("double"), PLACE, st.integers(1, 80))
    | st.tuples(st.just("move"), PLACE, PLACE),
    min_size=1,
    max_size=5,
)


def mutated(data: bytes, changes: list[tuple[str, int, object]], other: bytes) -> bytes:
    for kind, place, how in changes:
        at = place % (len(data) + 1)
        before, behind = data[:at], data[at:]
        if kind == "insert":
            data = before + how + behind  # type: ignore[operator]
        elif kind == "delete":
            data = before + behind[how:]  # type: ignore[misc]
        elif kind == "double":
            data = before + behind[:how] + behind  # type: ignore[misc]
        elif kind == "move":
            data = before + other[how % (len(other) + 1) :]  # type: ignore[operator]
        elif behind:
            data = before + bytes([behind[0] ^ 1 << how if kind == "flip" else how]) + behind[1:]  # type: ignore[operator,list-item]
    return data


NOTHING = Sent(b"", "GET", 200, 0, "", b"", [], True)
OK = b"HTTP/1.1 200 OK\r\n"


def given_as(data: bytes) -> Sent:
    return Sent(data, "GET", 200, 0, "", b"", [], True)


@given(responses(), MUTATIONS, responses(), SIZES, st.sampled_from(LIMITS), st.booleans())
@example(
    given_as(OK + b"Content-Length: 5\r\n\r\nhello"),
    [("insert", 17, b"Content-Length: 3\r\n")],
    NOTHING,
    b"",
    LIMITS[0],
    True,
)
@example(
    given_as(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"),
    [("insert", 57, b"+")],
    NOTHING,
    b"",
    LIMITS[0],
    True,
)
def test_a_damaged_response_ends_in_a_response_or_an_error_of_ours_for_every_cut(
    sent: Sent,
    changes: list[tuple[str, int, object]],
    other: Sent,
    sizes: bytes,
    limits: tuple[int, int],
    eof: bool,
) -> None:
    data = mutated(sent.data, changes, other.data)
    whole = tell(data, b"", sent.method, eof, limits)
    assert tell(data, sizes, sent.method, eof, limits) == whole
    assert tell(data, b"\0", sent.method, eof, limits) == whole
    check_told(whole, data, sent.method)


@given(responses(), responses(), SIZES)
def test_a_second_response_is_never_read_as_part_of_the_first(sent: Sent, other: Sent, sizes: bytes) -> None:
    told = tell(sent.data + other.data, sizes, sent.method)
    if not sent.reusable:
        return  # the close is its end: all belongs to it
    assert told.error is None
    assert told.leftover == other.data
    assert not told.reusable
    assert decode(sent.coding, told.body) == (sent.body, "ended")

"""What is remembered of h11's verdicts makes no difference: the same exchanges, with the memory and without it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from fuzz.targets import Exchange, converse, memory
from httpcore_lite.sansio.errors import InvalidHeader
from httpcore_lite.sansio.http1 import verdicts
from httpcore_lite.sansio.http1.request_heads import RequestHeads

Choose = Callable[[Sequence[Any]], Any]

# Of each part of a message: what is plain, and what is odd in one way.
STATUS_LINES = (
    [b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found", b"HTTP/1.0 200 OK", b"HTTP/1.1 204 No Content"],
    [
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 ",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1 200 \xff",
        b"HTTP/1.1 200 O\x0cK",
        b"ICY 200 OK",
    ]
    + [b"HTTP/2.0 200 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 101 Switching", b"HTTP/1.1 100 Continue", b"HTTP/1.1 304 No"],
)
NAMES = (
    [b"Date", b"ETag", b"X-Id", b"Content-Length", b"Connection", b"Set-Cookie", b"Content-Type", b"Upgrade"]
    + [b"Transfer-Encoding", b"Keep-Alive", b"Content-Encoding", b"content-length", b"DATE", b"Set-Cookie2"],
    [b"X Odd", b"Date ", b"", b"\xe9", b"\tDate", b" Content-Length", b"Content-Length\t", b"X-" + b"y" * 64],
)
PLAIN_VALUES = [b"x", b"a  b", b"a=b; Path=/", b"\xff\x80", b"", b"a\tb", b"a:b"]
ODD_VALUES = [
    b"a\0b",
    b"a\x0bb",
    b"a\x1fb",
    b"a\x7f",
    b"a\rb",
    b"\x0b",
    b"y" * 65,
    b"content-length",
    b"connection",
    b"\x85",
]
SAID = {
    b"content-length": (
        [b"5", b"0"],
        [b"05", b"5, 5", b"5,6", b"+5", b"-0", b"6 ", b"\xb2", b"1_0", b"9" * 20, b"9" * 21, b""],
    ),
    b"connection": ([b"keep-alive", b"close"], [b"Close, x", b"keep-alive, close", b"Upgrade", b"content-length"]),
    b"transfer-encoding": ([b"chunked"], [b"Chunked", b"gzip, chunked", b"identity", b""]),
    b"keep-alive": ([b"timeout=5, max=9", b"timeout=5, max=8"], [b"timeout=x", b"TIMEOUT = 7"]),
    b"content-encoding": ([b"gzip"], [b"", b"a, b"]),
}
SEPARATORS = [b": ", b":"], [b":\t ", b" : ", b"", b" "]
ENDS = [b"\r\n", b" \r\n"], [b"\n", b"\r\n ", b"\r\n\t", b"\r\r\n"]
HEAD_ENDS = [b"\r\n"], [b"\n", b" \r\n\r\n", b"x\r\n\r\n"]
BODIES = [b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n"], [b"helloHTTP/1.1 200 OK\r\n\r\n"]
BEFORE = [b""], [b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"\r\n", b"\n"]

SENT_NAMES = (
    ["Accept", "User-Agent", "Cookie", "Connection", "X-A", b"X-B", "x-a", "TE", "Upgrade"],
    [
        "Host",
        "host",
        "Expect",
        "Content-Length",
        "Transfer-Encoding",
        "Keep-Alive",
        "X Odd",
        "",
        "X-\xe9",
        b"X-\xe9",
        "A\r\n",
    ]
    + ["y" * 65],
)
SENT_VALUES = (
    ["x", "close", "keep-alive", "gzip, deflate", b"raw", " x ", "a\tb", "\xff", None, "websocket", ""],
    [
        "5",
        "0",
        "05",
        "+5",
        "5, 5",
        "\u0665",
        "\xb2",
        "chunked",
        "100-continue",
        "a\r\nb",
        "a\nb",
        "\u20ac",
        "a\0",
        "a\x7f",
    ]
    + [b"a\r\n"],
)
METHODS = ["GET", "POST", "HEAD"], ["CONNECT", "FOO", "G T", ""]
TARGETS = ["/", "/a?b=c"], ["*", "/\xe9", "", "/a b", "/a\r\nX: y", "/\x7f"]
RARELY = [False] * 24 + [True]


def response(choose: Choose) -> bytes:
    """A response: mostly plain, since one odd part is enough for h11."""

    def one(parts: tuple[list[Any], list[Any]]) -> Any:
        return choose(parts[choose(RARELY)])

    out = one(BEFORE) + one(STATUS_LINES) + b"\r\n"
    for _ in range(choose([0, 1, 2, 3])):
        name = one(NAMES)
        out += name + one(SEPARATORS) + one(SAID.get(name.lower().strip(), (PLAIN_VALUES, ODD_VALUES))) + one(ENDS)
    return out + one(HEAD_ENDS) + one(BODIES)


def exchange(choose: Choose) -> Exchange:
    """A request and a response to it, both mostly plain."""

    def one(parts: tuple[list[Any], list[Any]]) -> Any:
        return choose(parts[choose(RARELY)])

    fields = [(one(SENT_NAMES), one(SENT_VALUES)) for _ in range(choose([0, 1, 2, 3]))]
    body = choose([b"", b"hello"])
    if body and not choose(RARELY):
        fields.append(("Content-Length", "5"))
    return one(METHODS), one(TARGETS), fields, body, response(choose)


@st.composite
def exchanges(draw: st.DrawFn) -> list[Exchange]:
    return [exchange(lambda options: draw(st.sampled_from(options))) for _ in range(draw(st.integers(1, 4)))]


OK = b"HTTP/1.1 200 OK\r\n"
PLAIN: Exchange = ("GET", "/", [("Accept", "x")], b"", OK + b"Date: a\r\nContent-Length: 0\r\n\r\n")


def exchange_with(data: bytes) -> Exchange:
    return (*PLAIN[:4], data)


@given(exchanges(), st.binary(max_size=4))
@example([PLAIN, exchange_with(OK + b"Date\r\nContent-Length: 0\r\n\r\n")], b"")
@example([PLAIN, exchange_with(OK + b"Date: a\n\tb\r\nContent-Length: 0\r\n\r\n")], b"")
@example([PLAIN, exchange_with(OK + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello")], b"\0")
@example([PLAIN, exchange_with(b"HTTP/1.1 103 Early Hints\r\n\r\n" + PLAIN[4])], b"\2")
@example([PLAIN, exchange_with(b"HTTP/1.1 101 Switching\r\nDate: x\r\n\r\nhello")], b"")
def test_exchanges_are_the_same_with_the_memory_and_without_for_every_cut(asked: list[Exchange], sizes: bytes) -> None:
    with memory(remembering=False):
        expected = converse(asked)
    with memory():
        assert converse(asked) == expected  # while it learns
        assert converse(asked) == expected  # of what it has learnt
        assert converse(asked, sizes) == expected


@given(st.lists(st.integers(0, 1 << 30), min_size=1, max_size=3))
def test_what_some_exchanges_taught_makes_no_difference_to_others(seeds: list[int]) -> None:
    """One memory for many exchanges, as in a program: whatever they taught, the next is judged as h11 would."""
    with memory():
        for seed in seeds:
            asked = [exchange(random.Random(seed + turn).choice) for turn in range(20)]
            with memory(remembering=False):
                expected = [converse([one]) for one in asked]
            assert [converse([one]) for one in asked] == expected


def test_the_memory_serves_a_good_part_of_random_exchanges() -> None:
    """Or the others here would hold nothing."""
    counted = {"response": 0, "request": 0}

    def counting(name: str) -> object:
        judge = getattr(verdicts, name)

        def count(*arguments: object) -> object:
            verdict = judge(*arguments)
            counted[name] += verdict is not None
            return verdict

        return count

    pick = random.Random(1).choice
    with memory(), mock.patch.multiple(verdicts, response=counting("response"), request=counting("request")):
        for _ in range(2_000):
            converse([exchange(pick)])
    assert counted["response"] > 400, counted
    assert counted["request"] > 800, counted


ANY_NAME = st.one_of(st.sampled_from(SENT_NAMES[0] + SENT_NAMES[1]), st.text(max_size=5), st.binary(max_size=5))
ANY_VALUE = st.one_of(
    st.none(), st.integers(), st.binary(max_size=8), st.text(max_size=8), st.sampled_from(["5", "5, 5"])
)


@given(
    st.one_of(st.sampled_from(["GET", "POST", "CONNECT", "get", "", "A B"]), st.text(max_size=4)),
    st.one_of(st.sampled_from(["/", "*", "/a b", "", "/\u00e9"]), st.text(max_size=4)),
    st.lists(st.tuples(ANY_NAME, ANY_VALUE), max_size=4),
    st.one_of(st.just("a.test:8080"), st.text(max_size=4)),
)
@example("GET", "/", [("Host", "a"), ("host", "b")], "h")
@example("GET", "/", [("Content-Length", "5"), ("content-length", "6")], "h")
@example("GET", "/", [("Transfer-Encoding", "gzip")], "h")
@example("G\x7fT", "/", [], "h")
@example("GET", "/", [("X A", "b")], "h")
@example("GET", "/", [("X:A", "b")], "h")
@example("GET", "/", [(b"X-\xe9", "b")], "h")
def test_what_is_plain_h11_accepts(method: str, target: str, fields: Any, host: str) -> None:
    plain = verdicts.is_plain(method, target, fields, host)
    try:
        with memory(False):
            made = RequestHeads().build(method, target, fields, host)
    except InvalidHeader:
        assert not plain
    else:
        if plain:  # what is sent is what the rules say
            assert made.method == method.encode("ascii")
            assert made.target == target.encode("ascii")


def test_everyday_heads_are_plain() -> None:
    fields = [("User-Agent", "a/1"), ("Accept", "*/*"), ("Authorization", "Basic eA=="), ("Content-Length", "5")]
    assert verdicts.is_plain("POST", "/a?b=c", [*fields, ("Cookie", "a=b"), ("X-None", None)], "a.test")
    assert not verdicts.is_plain("CONNECT", "a.test:443", fields, "a.test")

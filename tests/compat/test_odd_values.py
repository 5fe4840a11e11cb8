"""Values that no argument was made for: what requests takes is sent the same, what fails fails as a RequestException.

Or as the TypeError, ValueError or AttributeError that requests raises for a wrong type; never as an error of a codec,
of a mapping or of an index.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import requests

import httpcore_lite as client
from support.servers import EchoServer

LONE = "\ud800"


class Thing:
    def __repr__(self) -> str:
        return "Thing()"


TEXTS: list[Any] = [
    "",
    "a",
    "é",
    "日",
    "\x00",
    "a\nb",
    LONE,
    "a" + LONE,
    b"",
    b"a",
    b"\xff",
    b"\x00",
    bytearray(b"\xff"),
]
OTHERS: list[Any] = [None, 0, 5, 5.0, True, False, Thing(), object, (), [], {}, {1}, memoryview(b"ab")]
VALUES = [*TEXTS, *OTHERS]
MAPPINGS: list[Any] = [
    *({"a": value} for value in VALUES),
    *({name: "a"} for name in VALUES if name.__hash__ and not isinstance(name, memoryview)),
    {"a": [1, LONE]}, {"a": [b"\xff", None]}, {b"\xff": b"\xff"}, {None: None},
]  # fmt: skip
PAIRS: list[Any] = [
    [("a", LONE)], [(LONE, "a")], [("a",)], [("a", "b", "c")], ["ab"], [1], ("a", LONE), (5, 6), (None, None),
    ("u", None), (LONE, "p"), (b"u", b"\xff"), ("é", "日"), ("u", "p", "x"), ["u", "p"], ("", ""), (Thing(), "p"),
]  # fmt: skip
PROXIES: list[Any] = [
    {"http": "http://[::1"}, {"http": f"http://u{LONE}:p@127.0.0.1:1"}, {"http": "ws://[u:p@h"}, {"all": 5},
    {"http": "socks5://u:p@[::1"}, {"http": "http://"}, {"http": "http://h:x"}, {"http": "foo:bar"},
]  # fmt: skip
GIVEN = {
    "params": [*VALUES, *MAPPINGS, *PAIRS],
    # An iterable of numbers breaks off on the way: that is a matter of bodies.
    "data": [
        *(value for value in OTHERS if value != {1}),
        *(text for text in TEXTS if LONE not in str(text)),
        *MAPPINGS,
        *PAIRS,
    ],
    "headers": [*VALUES, *MAPPINGS, *PAIRS],
    "cookies": [*VALUES, *MAPPINGS, *PAIRS],
    "auth": [*VALUES, *MAPPINGS, *PAIRS],
    "proxies": [*VALUES, *MAPPINGS, *PAIRS, *PROXIES],
    "hooks": [*VALUES, *MAPPINGS],
    "cert": [*VALUES, *PAIRS],
}
HERE = "http://127.0.0.1:{port}"
URLS: list[Any] = [
    *VALUES, f"{HERE}/{LONE}", f"{HERE}/?{LONE}", f"{HERE}/#{LONE}", f"http://{LONE}/", f"http://a{LONE}.test/",
    f"http://u{LONE}@127.0.0.1:{{port}}/", HERE.encode(), HERE.encode() + b"/\xff", b"http://\xff/", b"http://u:\xff@h/",
    [HERE], (HERE,), f" {HERE}", f"{HERE}\n", "http://h\x00/", "mailto:" + LONE, "foo:" + LONE, "//" + LONE,
    "http:" + LONE, f"ftp://{LONE}[", f"http://127.0.0.1:{LONE}", f"{HERE}/%", "http://127.0.0.1:٣/",
    "http://\u3002/",
    "http://a\u3002b/", "http://\u00ad/", "http://xn--/", "http://é\ud800.test/", "http+unix://" + LONE,
    f"{HERE}/é?é#é",
    "http://[::1%25]:{port}/", "http://[::1%]:{port}/", f"http://[::1%25lo{LONE}]:{{port}}/",
    "http://" + "a" * 64 + "/",
]  # fmt: skip
# What requests sends and we refuse, or send otherwise: docs/differences.md has each.
ZEROS: list[Any] = [{"a": "\x00"}, {"a": b"\x00"}, {"\x00": "a"}, {b"\x00": "a"}]
OURS = {"headers": [{"": "a"}, {b"": "a"}, {"é": "a"}, {"日": "a"}, *ZEROS], "cookies": ZEROS, "method": ["", b""]}


@pytest.fixture(scope="module")
def server() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


def asked(library: ModuleType, server: EchoServer, method: Any, url: Any, **given: Any) -> tuple[Any, Any]:
    """Send one request; return the error, if any, and what of the request has arrived."""
    server.requests.clear()
    error = None
    with library.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session.trust_env = False
        try:
            session.request(method, url, timeout=5, **given)
        except Exception as caught:
            error = caught
    skipped = ("user-agent", "accept", "accept-encoding", "connection", "host")
    arrived = [
        (sent.method, sent.target, sorted(pair for pair in sent.headers if pair[0].lower() not in skipped), sent.body)
        for sent in server.requests
    ]
    return error, arrived[-1:]


def check(theirs: tuple[Any, Any], ours: tuple[Any, Any], may_refuse: bool) -> None:
    (their_error, their_request), (our_error, our_request) = theirs, ours
    if our_error is not None and not isinstance(our_error, client.RequestException):
        # A file that is missing is the plain OSError of requests.
        assert isinstance(our_error, (TypeError, ValueError, AttributeError, FileNotFoundError)), repr(our_error)
        assert not isinstance(our_error, UnicodeError), repr(our_error)
        assert their_error is not None and not isinstance(their_error, requests.RequestException), repr(our_error)
    if their_error is None and not may_refuse:
        assert our_error is None, repr(our_error)
        assert our_request == their_request


@pytest.mark.parametrize("name", GIVEN)
def test_odd_arguments(name: str, server: EchoServer) -> None:
    method = "POST" if name == "data" else "GET"
    for value in GIVEN[name]:
        given = {name: value}
        theirs, ours = (asked(each, server, method, server.url("/"), **given) for each in (requests, client))
        try:
            check(theirs, ours, may_refuse=value in OURS.get(name, []))
        except AssertionError as error:
            raise AssertionError(f"{name}={value!a}: {error}\ntheirs: {theirs!a}\nours: {ours!a}") from error


def test_odd_urls(server: EchoServer) -> None:
    for url in URLS:
        if isinstance(url, str):
            url = url.replace("{port}", str(server.port))
        elif isinstance(url, bytes):
            url = url.replace(b"{port}", str(server.port).encode())
        theirs, ours = (asked(each, server, "GET", url) for each in (requests, client))
        try:
            check(theirs, ours, may_refuse=False)
        except AssertionError as error:
            raise AssertionError(f"{url!a}: {error}\ntheirs: {theirs!a}\nours: {ours!a}") from error


def test_odd_methods(server: EchoServer) -> None:
    for method in VALUES:
        if method == LONE or method == "a" + LONE:
            continue  # the room of the wire refuses it
        theirs, ours = (asked(each, server, method, server.url("/")) for each in (requests, client))
        check(theirs, ours, may_refuse=method in OURS["method"])


@pytest.mark.parametrize("url", [b"\xff", b"http://\xff/", b"http://user:hush\xff@h/\xff", b"//user:hush@\xff"])
def test_a_url_of_bytes_that_are_no_utf8_is_an_invalid_url_without_its_secrets(url: bytes) -> None:
    asks = [
        lambda: client.Request("GET", url).prepare(),
        lambda: client.Session().prepare_request(client.Request("GET", url)),
        lambda: client.Session().request("GET", url),
        lambda: client.get(url),
        lambda: client.models.PreparedRequest().prepare_url(url, None),
        lambda: client.get("http://h/", params=url),
    ]
    for ask in asks:
        with pytest.raises(client.exceptions.InvalidURL) as caught:
            ask()
        error: BaseException | None = caught.value
        while error is not None:
            assert "hush" not in repr(error) and "hush" not in str(error)
            error = error.__cause__


@pytest.mark.parametrize(
    ("name", "error"), [("params", client.exceptions.InvalidURL), ("data", client.RequestException)]
)
def test_a_lone_surrogate_in_a_form_field_is_a_request_exception(name: str, error: type[Exception]) -> None:
    for value in ({LONE: "a"}, {"a": LONE}, [("a", LONE)], {"a": ["b", LONE]}):
        with pytest.raises(error, match="surrogate|cannot be sent as UTF-8") as caught:
            client.Request("POST", "http://h/", **{name: value}).prepare()
        assert isinstance(caught.value, ValueError)

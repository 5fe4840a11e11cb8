"""The limits on what a server may send hold by the byte: whatever coding it names, however its bytes are cut.

A body whose declared length is too large is refused with its head; of any other what fits is handed out first. The page
of a redirect that is followed has a bound of its own.
"""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable
from contextlib import closing
from types import ModuleType
from typing import Any

import pytest

from httpcore_lite.client.redirects import MAX_REDIRECT_BODY
from httpcore_lite.sansio import options
from httpcore_lite.sansio.http1 import accepted_codings, decoders
from support import certificates
from support.promises import ok, respond
from support.scripted import Peer, Step, chunked, half_close, receive, reset, send, stall, wait_for

LIMIT = 1000
BODY = bytes(index % 251 for index in range(3 * LIMIT))
FRAMINGS: dict[str, Callable[[bytes, str], bytes]] = {
    "length": lambda body, line: ok(line, f"Content-Length: {len(body)}", body=body),
    "chunked": lambda body, line: ok(
        line,
        "Transfer-Encoding: chunked",
        body=chunked(*[body[at : at + 700] for at in range(0, len(body), 700)]),
    ),
    "close": lambda body, line: ok(line, body=body),
}
# Values of Content-Encoding of which nothing is taken off.
NOT_TAKEN_OFF = ["", "identity", "Identity, identity", "zip", "gzip, zip", "br", "zstd", "gzip, br", ",", "x" * 300]


def _into(raw: Any) -> Any:
    buffer = bytearray(70)
    return iter(lambda: bytes(buffer[: raw.readinto(buffer)]), b"")


READINGS: dict[str, Callable[[Any], Any]] = {
    "content": lambda response: [response.content],
    "iter_content": lambda response: response.iter_content(64),
    "iter_content as it comes": lambda response: response.iter_content(None),
    "raw.read()": lambda response: [response.raw.read()],
    "raw.read": lambda response: iter(lambda: response.raw.read(300), b""),
    "raw.read1": lambda response: iter(lambda: response.raw.read1(), b""),
    "raw.readinto": lambda response: _into(response.raw),
    "raw.stream": lambda response: response.raw.stream(5000),
}
ALL_AT_ONCE = ("content", "raw.read()")


def _read(
    client: ModuleType, sent: bytes, reading: str, pieces: int | None = None, **options: Any
) -> tuple[bytes, str]:
    """Return what was read, and the name of the error behind it."""
    got = b""
    script: list[Step] = [receive(), send(sent, pieces=pieces), half_close()]
    with Peer(script, [receive(), send(respond)]) as peer, closing(client.Session()) as session:
        try:
            found = session.get(peer.url("/"), timeout=5, stream=True, **options)
            for piece in READINGS[reading](found):
                got += piece
            error = ""
        except Exception as caught:
            error = type(caught).__name__
        assert session.get(peer.url("/next"), timeout=5).text == "the response to /next"
        assert session.get_adapter("http://").pool.stats().open == 1
    return got, error


@pytest.fixture
def no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """As without brotli and zstd: the default installation."""
    monkeypatch.setattr(decoders, "_found", {"br": None, "zstd": None})


@pytest.mark.usefixtures("no_libraries")
@pytest.mark.parametrize("coding", NOT_TAKEN_OFF)
@pytest.mark.parametrize("framing", FRAMINGS)
def test_no_content_encoding_switches_the_limit_off(client: ModuleType, framing: str, coding: str) -> None:
    line = f"Content-Encoding: {coding}"
    for reading in READINGS:
        for size in (LIMIT, LIMIT + 1, 3 * LIMIT):
            got, error = _read(client, FRAMINGS[framing](BODY[:size], line), reading, max_response_size=LIMIT)
            if size <= LIMIT:
                assert (got, error) == (BODY[:size], ""), reading
                continue
            assert error == "ResponseTooLarge", reading
            refused = framing == "length" or reading in ALL_AT_ONCE
            assert got == (b"" if refused else BODY[:LIMIT]), reading


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("reading", [name for name in READINGS if name.startswith("raw")])
def test_a_coded_body_that_is_read_coded_is_counted_too(client: ModuleType, framing: str, reading: str) -> None:
    coded = gzip.compress(BODY, 0, mtime=0)
    sent = FRAMINGS[framing](coded, "Content-Encoding: gzip")
    got, error = _read(client, sent, reading, max_response_size=LIMIT)
    assert error == "ResponseTooLarge"
    assert got == (b"" if reading in ALL_AT_ONCE else coded[:LIMIT])
    assert _read(client, sent, reading, max_response_size=len(coded)) == (coded, "")


def test_the_limit_ends_a_coded_body_before_the_rest_has_arrived(client: ModuleType) -> None:
    asked = threading.Event()
    head = ok("Content-Encoding: gzip", f"Content-Length: {3 * LIMIT}")
    with Peer([receive(), send(head), wait_for(asked), send(BODY[: LIMIT + 1]), stall()]) as peer:
        found = client.get(peer.url("/"), timeout=5, stream=True, max_response_size=LIMIT)
        asked.set()
        for _ in range(2):
            with pytest.raises(client.packages.urllib3.exceptions.HTTPError, match="larger than max_response_size"):
                found.raw.read()


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("reading", ["iter_content", "iter_content as it comes", "raw.read"])
@pytest.mark.parametrize("size", [0, 1, LIMIT - 1, LIMIT, LIMIT + 1, LIMIT + 700])
def test_what_fits_is_handed_out_however_the_bytes_were_cut(
    client: ModuleType, framing: str, reading: str, size: int
) -> None:
    sent = FRAMINGS[framing](BODY[:size], "X: y")
    wanted = (BODY[: min(size, LIMIT)], "ResponseTooLarge" if size > LIMIT else "")
    for pieces in (None, 1, 331):
        assert _read(client, sent, reading, pieces, max_response_size=LIMIT) == wanted


def test_a_declared_length_over_the_limit_is_refused_with_the_head(client: ModuleType) -> None:
    for pieces in (None, 1):
        with Peer([receive(), send(FRAMINGS["length"](BODY[: LIMIT + 1], "X: y"), pieces=pieces)]) as peer:
            with pytest.raises(client.ResponseTooLarge, match="the body has 1001 bytes, max_response_size allows 1000"):
                client.get(peer.url("/"), timeout=5, stream=True, max_response_size=LIMIT)


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "204 None"), ("GET", "304 Not"), ("HEAD", "302 Found")]
)
@pytest.mark.parametrize("line", ["Content-Length: 5000", "Transfer-Encoding: chunked", "Content-Encoding: identity"])
def test_a_response_without_a_body_may_declare_what_it_likes(
    client: ModuleType, method: str, status: str, line: str
) -> None:
    sent = ok(line, "Location: /next", status=status)
    with Peer([receive(), send(sent)]) as peer:
        found = client.request(
            method, peer.url("/"), timeout=5, max_response_size=1, max_decode_ratio=1, allow_redirects=False
        )
        assert (found.content, found.status_code) == (b"", int(status[:3]))


def test_the_limit_holds_over_tls(client: ModuleType) -> None:
    got = b""
    with Peer([receive(), send(FRAMINGS["close"](BODY, "X: y"))], tls=certificates.server_context()) as peer:
        found = client.get(
            peer.url("/"), timeout=5, stream=True, max_response_size=LIMIT, verify=certificates.ca_path()
        )
        with pytest.raises(client.ResponseTooLarge):
            for piece in found.iter_content(7):
                got += piece
    assert got == BODY[:LIMIT]


# -- the ratio, at its bound -------------------------------------------------------------------------------------------

SIZE = 400_000


def _coded(coding: str, data: bytes) -> bytes:
    if coding == "gzip":
        return gzip.compress(data, mtime=0)
    if coding == "deflate":
        return zlib.compress(data)
    if coding == "br":
        brotli = pytest.importorskip("brotli")
        return brotli.compress(data)  # type: ignore[no-any-return]
    zstd = pytest.importorskip("backports.zstd")
    return zstd.compress(data)  # type: ignore[no-any-return]


@pytest.mark.parametrize("reading", ["content", "iter_content as it comes"])
@pytest.mark.parametrize("coding", [*accepted_codings().split(", "), "gzip, gzip"])
def test_the_ratio_is_what_was_asked_for_and_no_more(client: ModuleType, coding: str, reading: str) -> None:
    data = bytes(SIZE)
    for each in coding.split(", "):
        data = _coded(each, data)
    sent = FRAMINGS["length"](data, f"Content-Encoding: {coding}")
    exact = SIZE / len(data)
    assert _read(client, sent, reading, max_decode_ratio=exact) == (bytes(SIZE), "")
    for ratio in (exact * 0.999, exact / 2, exact / 3.9):
        got, error = _read(client, sent, reading, max_decode_ratio=ratio)
        assert error == "ResponseTooLarge"
        most = max(options.RATIO_FLOOR, int(ratio * len(data)))
        assert got == (b"" if reading == "content" else bytes(most))


@pytest.mark.parametrize(("size", "error"), [(0, ""), (1, "ResponseTooLarge")])
def test_the_ratio_is_looked_at_from_64_kib_on(client: ModuleType, size: int, error: str) -> None:
    data = gzip.compress(bytes(64 * 1024 + size), mtime=0)
    found = _read(client, FRAMINGS["length"](data, "Content-Encoding: gzip"), "iter_content", max_decode_ratio=1)
    assert found == (bytes(64 * 1024), error)


# -- redirects ---------------------------------------------------------------------------------------------------------


def _moved(body: bytes, framing: str = "length", status: str = "302 Found") -> bytes:
    return FRAMINGS[framing](body, "Location: /target").replace(b"200 OK", status.encode(), 1)


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("status", ["301 Moved", "303 See", "307 Temporary"])
def test_the_page_of_a_redirect_that_is_followed_does_not_count(client: ModuleType, framing: str, status: str) -> None:
    script = [receive(), send(_moved(BODY, framing, status)), receive(), send(respond)]
    with Peer(script) as peer, closing(client.Session()) as session:
        found = session.get(peer.url("/"), timeout=5, max_response_size=100, allow_redirects=True)
        assert found.text == "the response to /target"
        assert found.history[0].content == BODY
        assert peer.connections == 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("stream", [True, False])
def test_the_page_of_a_redirect_that_is_not_followed_counts(client: ModuleType, framing: str, stream: bool) -> None:
    with Peer([receive(), send(_moved(BODY, framing))]) as peer, pytest.raises(client.ResponseTooLarge):
        options: dict[str, Any] = {"timeout": 5, "allow_redirects": False, "max_response_size": 100}
        client.get(peer.url("/"), stream=stream, **options).content  # noqa: B018


def test_a_page_without_a_location_counts(client: ModuleType) -> None:
    sent = FRAMINGS["length"](BODY, "X: y").replace(b"200 OK", b"302 Found", 1)
    with Peer([receive(), send(sent)]) as peer, pytest.raises(client.ResponseTooLarge):
        client.get(peer.url("/"), timeout=5, max_response_size=100, stream=True)


@pytest.mark.parametrize("stream", [True, False])
def test_a_redirect_that_is_not_followed_is_read_whole(client: ModuleType, stream: bool) -> None:
    page = bytes(MAX_REDIRECT_BODY + 5)
    with Peer([receive(), send(_moved(page)), receive(), send(respond)]) as peer, closing(client.Session()) as session:
        found = session.get(peer.url("/"), timeout=5, allow_redirects=False, stream=stream)
        assert found.next.url == peer.url("/target")
        assert found.content == page
        assert session.get(peer.url("/next"), timeout=5).text == "the response to /next"
        assert peer.connections == 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("surplus", [0, 1, 5_000_000])
def test_a_redirect_page_over_its_bound_costs_its_connection(client: ModuleType, framing: str, surplus: int) -> None:
    moved = _moved(bytes(MAX_REDIRECT_BODY + surplus), framing)
    left = surplus > 64 * 1024  # else the last piece that is read is the body's last as well
    kept: list[Step] = [] if left else [receive(), send(respond)]
    with Peer([receive(), send(moved), *kept], [receive(), send(respond)]) as peer:
        with closing(client.Session()) as session:
            found = session.get(peer.url("/"), timeout=5)
            assert found.text == "the response to /target"
            assert session.get_adapter("http://").pool.stats().open == 1
            if left:
                peer.wait_gone(0)
            if surplus:
                with pytest.raises(client.ResponseTooLarge, match=f"up to {MAX_REDIRECT_BODY} bytes"):
                    found.history[0].content  # noqa: B018
            else:
                assert len(found.history[0].content) == MAX_REDIRECT_BODY
    assert peer.connections == (2 if left else 1)


@pytest.mark.parametrize("surplus", [0, 1])
def test_throwing_a_body_away_is_bounded_by_64_kib(client: ModuleType, surplus: int) -> None:
    sent = FRAMINGS["length"](bytes(64 * 1024 + surplus), "X: y")
    with Peer([receive(), send(sent), receive(), send(respond)], [receive(), send(respond)]) as peer:
        with closing(client.Session()) as session:
            session.get(peer.url("/"), timeout=5, stream=True).raw.drain_conn()
            assert session.get(peer.url("/next"), timeout=5).text == "the response to /next"
    assert peer.connections == 1 + surplus


def test_a_reset_under_a_limit_is_no_end(client: ModuleType) -> None:
    with Peer([receive(), send(FRAMINGS["close"](BODY[:10], "X: y")), reset()]) as peer:
        with pytest.raises(client.RequestException):
            client.get(peer.url("/"), timeout=5, max_response_size=LIMIT)

"""Peers that break off, lie or talk nonsense: each ends in the exception class that requests raises.

`either` runs a test with ours and with the real requests, so the expectation is the real one's, not a memory of it.
"""

from __future__ import annotations

import gc
import socket
from types import ModuleType
from typing import Any

import pytest

import httpcore_lite
from support.scripted import Peer, Step, chunked, close, closed_port, receive, reset, response, send

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def _fails(client: ModuleType, name: str, *steps: Step, **kw: Any) -> Any:
    """Ask a peer that follows `steps` after the request; the error, which is of the class `name`."""
    with Peer([receive(), *steps]) as peer, pytest.raises(client.RequestException) as caught:
        client.request("GET", peer.url("/path"), **{"timeout": 5, **kw})
    assert type(caught.value).__name__ == name
    return caught.value


BEFORE_THE_BODY = {
    "closed before the head": (close(),),
    "reset before the head": (reset(),),
    "closed in the status line": (send(b"HTTP/1.1 20"), close()),
    "garbage": (send(b"this is not HTTP at all\r\n\r\n"), close()),
    "another protocol": (send(b"SSH-2.0-OpenSSH_9.6\r\n"), close()),
    "a status of letters": (send(b"HTTP/1.1 abc OK\r\n\r\n"), close()),
    "a status of two digits": (send(b"HTTP/1.1 99 Low\r\n\r\n"), close()),
    "a status of four digits": (send(b"HTTP/1.1 1000 High\r\n\r\n"), close()),
    "an empty line first": (send(b"\r\n"), close()),
}


@pytest.mark.parametrize("steps", BEFORE_THE_BODY.values(), ids=BEFORE_THE_BODY.keys())
def test_no_response_head_is_a_connection_error(either: ModuleType, steps: tuple[Step, ...]) -> None:
    error = _fails(either, "ConnectionError", *steps)
    assert error.request.url.endswith("/path")
    assert error.response is None


@pytest.mark.parametrize("found", [["127.0.0.1"], ["127.0.0.1", "127.0.0.2"], []], ids=["one", "two", "no address"])
def test_a_connection_that_cannot_be_made_leaves_nothing_for_the_garbage_collector(
    found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(host: str, port: int, *_: object) -> list[Any]:
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    url = f"http://peer.example:{closed_port()}/"

    def refused() -> bool:
        try:
            session.get(url)
        except httpcore_lite.ConnectionError:
            return True
        return False

    with httpcore_lite.Session() as session:
        assert refused()
        gc.collect()
        gc.disable()
        try:
            assert refused()
            # One frame of its traceback that names the error would keep all of them.
            assert gc.collect() == 0
        finally:
            gc.enable()


IN_THE_BODY = {
    "a truncated body": (send(OK + b"Content-Length: 10\r\n\r\nabc"), close()),
    "a body reset": (send(OK + b"Content-Length: 10\r\n\r\nabc"), reset()),
    "a truncated chunk": (send(CHUNKED + b"a\r\nabc"), close()),
    "no chunk after its size": (send(CHUNKED + b"3\r\n"), close()),
    "no last chunk": (send(CHUNKED + b"3\r\nabc\r\n"), close()),
    "a chunk size of letters": (send(CHUNKED + b"xyz\r\nabc\r\n0\r\n\r\n"), close()),
    "a chunk longer than its size": (send(CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n"), close()),
    "an empty chunk size": (send(CHUNKED + b"\r\nabc\r\n0\r\n\r\n"), close()),
}


@pytest.mark.parametrize("steps", IN_THE_BODY.values(), ids=IN_THE_BODY.keys())
def test_a_body_that_breaks_off_is_a_chunked_encoding_error(either: ModuleType, steps: tuple[Step, ...]) -> None:
    _fails(either, "ChunkedEncodingError", *steps)


@pytest.mark.parametrize("steps", IN_THE_BODY.values(), ids=IN_THE_BODY.keys())
def test_a_stream_gives_what_came_and_then_the_error(client: ModuleType, steps: tuple[Step, ...]) -> None:
    got = b""
    with Peer([receive(), *steps]) as peer:
        response = client.get(peer.url("/"), timeout=5, stream=True)
        with pytest.raises(client.exceptions.ChunkedEncodingError):
            for piece in response.iter_content(1):
                got += piece
    assert b"abc".startswith(got[:3])


STRICT = {
    "a NUL in a value": OK + b"X: a\x00b\r\nContent-Length: 2\r\n\r\nok",
    "a bare CR in a value": OK + b"X: a\rb\r\nContent-Length: 2\r\n\r\nok",
    "a bare CR as a line end": OK + b"X: a\rContent-Length: 2\r\n\r\nok",
    "a plus sign in Content-Length": OK + b"Content-Length: +2\r\n\r\nok",
    "a minus sign in Content-Length": OK + b"Content-Length: -2\r\n\r\nok",
    "junk in Content-Length": OK + b"Content-Length: 2x\r\n\r\nok",
    "a hexadecimal Content-Length": OK + b"Content-Length: 0x2\r\n\r\nok",
    "an underscore in Content-Length": OK + b"Content-Length: 1_0\r\n\r\n0123456789",
    "two different lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "different lengths in a list": OK + b"Content-Length: 2, 3\r\n\r\nok",
    "a signed chunk size": CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",
    "a negative chunk size": CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
    "a 0x chunk size": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "an underscore in a chunk size": CHUNKED + b"0_3\r\nabc\r\n0\r\n\r\n",
    "a chunk end of other bytes": CHUNKED + b"3\r\nabcXX0\r\n\r\n",
    "an endless chunk size": CHUNKED + b"1" * 70_000 + b"\r\n",
    "a chunk size of nothing but an extension": CHUNKED + b";a=b\r\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("data", STRICT.values(), ids=STRICT.keys())
@pytest.mark.parametrize("pieces", [None, 1], ids=["whole", "bytewise"])
def test_what_endangers_framing_is_an_error(client: ModuleType, data: bytes, pieces: int | None) -> None:
    if pieces and len(data) > 10_000:
        pieces = 4096
    with (
        Peer([receive(), send(data, pieces=pieces), close()]) as peer,
        pytest.raises(client.RequestException) as caught,
    ):
        client.get(peer.url("/"), timeout=5)
    assert caught.value.request is not None
    assert not isinstance(caught.value, client.Timeout)


@pytest.mark.parametrize("lengths", ["Content-Length: 2\r\nContent-Length: 3", "Content-Length: 2, 3"])
def test_different_lengths_are_an_invalid_header(either: ModuleType, lengths: str) -> None:
    _fails(either, "InvalidHeader", send(OK + lengths.encode() + b"\r\n\r\nok"), close())


def test_a_port_without_a_listener_is_a_connection_error(either: ModuleType) -> None:
    url = f"http://127.0.0.1:{closed_port()}/"
    with pytest.raises(either.ConnectionError) as caught:
        either.get(url, timeout=5)
    assert type(caught.value) is either.ConnectionError
    assert caught.value.request.url == url
    assert "127.0.0.1" in str(caught.value)


def test_a_name_that_does_not_exist_is_a_connection_error(either: ModuleType) -> None:
    with pytest.raises(either.ConnectionError) as caught:
        either.get("http://name.invalid/", timeout=5)
    assert "name.invalid" in str(caught.value)


def test_broken_gzip_is_a_content_decoding_error(either: ModuleType) -> None:
    bad = response(b"certainly not gzip", headers=[("Content-Encoding", "gzip")])
    _fails(either, "ContentDecodingError", send(bad))


def test_a_redirect_loop_is_too_many_redirects(either: ModuleType) -> None:
    loop = response("round", 302, "Found", [("Location", "/again")])
    session = either.Session()
    session.max_redirects = 4
    with Peer([step for _ in range(5) for step in (receive(), send(loop))]) as peer:
        with pytest.raises(either.TooManyRedirects) as caught:
            session.get(peer.url("/"), timeout=5)
    assert len(peer.requests) == 5
    assert caught.value.response.status_code == 302
    assert peer.connections == 1


def test_plain_http_where_tls_is_expected_is_an_ssl_error(either: ModuleType) -> None:
    with Peer([send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), close()]) as peer:
        with pytest.raises(either.exceptions.SSLError):
            either.get(peer.url("/", scheme="https"), timeout=5)


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000 + b"\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000]
)
def test_a_head_without_end_is_a_connection_error(either: ModuleType, data: bytes) -> None:
    _fails(either, "ConnectionError", send(data), close())


def test_an_error_in_a_body_generator_comes_out_and_ends_the_connection(either: ModuleType) -> None:
    def broken() -> Any:
        yield b"first"
        raise KeyError("mine")

    session = either.Session()
    with Peer([], [receive(), send(response("fresh"))]) as peer:
        with pytest.raises(KeyError, match="mine"):
            session.post(peer.url("/"), data=broken(), timeout=5)
        assert session.get(peer.url("/"), timeout=5).text == "fresh"
    assert peer.connections == 2


def test_a_chunked_response_cut_anywhere_is_read_the_same(client: ModuleType) -> None:
    data = CHUNKED + chunked(b"one", b"two" * 5, trailers=b"X-T: 1\r\n")
    for pieces in (1, 2, 3, 5, 7, 11):
        with Peer([receive(), send(data, pieces=pieces)]) as peer:
            assert client.get(peer.url("/"), timeout=5).content == b"one" + b"two" * 5

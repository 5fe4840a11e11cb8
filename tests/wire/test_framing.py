"""Where a response begins and ends: interim responses, statuses without a body, bodies until close."""

from __future__ import annotations

from types import ModuleType

import pytest

from support.scripted import Peer, chunked, close, half_close, receive, receive_body, receive_head, response, send

OK = b"HTTP/1.1 200 OK\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


@pytest.mark.parametrize("pieces", [None, 1], ids=["whole", "bytewise"])
@pytest.mark.parametrize("interim", [CONTINUE, CONTINUE * 3], ids=["once", "three times"])
def test_100_before_the_response_is_not_the_response(either: ModuleType, interim: bytes, pieces: int | None) -> None:
    session = either.Session()
    received = response("final")
    with Peer([receive(), send(interim + received, pieces=pieces), receive(), send(received)]) as peer:
        assert session.get(peer.url("/"), timeout=5).text == "final"
        assert session.get(peer.url("/"), timeout=5).text == "final"
    assert peer.connections == 1


@pytest.mark.parametrize("status", [102, 103, 110])
def test_other_interim_responses_are_not_the_response_either(client: ModuleType, status: int) -> None:
    with Peer([receive(), send(b"HTTP/1.1 %d Wait\r\nX: y\r\n\r\n" % status + response("final"))]) as peer:
        received = client.get(peer.url("/"), timeout=5)
    assert (received.status_code, received.text) == (200, "final")
    assert "X" not in received.headers


def test_interim_responses_without_end_are_an_error(client: ModuleType) -> None:
    with Peer([receive(), send(HINTS * 5000), close()]) as peer, pytest.raises(client.ConnectionError):
        client.get(peer.url("/"), timeout=5)


def test_interim_then_close_is_a_connection_error(either: ModuleType) -> None:
    with Peer([receive(), send(CONTINUE), close()]) as peer, pytest.raises(either.ConnectionError):
        either.get(peer.url("/"), timeout=5)


BODILESS = {
    "HEAD with a length": ("HEAD", OK + b"Content-Length: 1000\r\n\r\n", 200),
    "HEAD with chunks": ("HEAD", OK + b"Transfer-Encoding: chunked\r\n\r\n", 200),
    "204": ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204),
    "204 with a length of 0": ("DELETE", b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 204),
    "304": ("GET", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", 304),
    "304 with a length": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n", 304),
    "a length of 0": ("GET", OK + b"Content-Length: 0\r\n\r\n", 200),
    "no chunks": ("POST", OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200),
}


@pytest.mark.parametrize("name", BODILESS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_response_without_a_body_frees_its_connection(either: ModuleType, name: str, stream: bool) -> None:
    method, data, status = BODILESS[name]
    session = either.Session()
    with Peer([receive(), send(data), receive(), send(response("next"))]) as peer:
        first = session.request(method, peer.url("/"), timeout=5, stream=stream)
        assert (first.status_code, first.content) == (status, b"")
        assert session.get(peer.url("/next"), timeout=5).text == "next"
    assert peer.connections == 1


@pytest.mark.parametrize("end", [close(), half_close()], ids=["closed", "half closed"])
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_body_without_a_length_ends_with_the_connection(either: ModuleType, end: object, version: bytes) -> None:
    data = b"HTTP/%s 200 OK\r\n\r\n" % version + b"until the end" * 1000
    with Peer([receive(), send(data), end]) as peer:  # type: ignore[list-item]
        assert either.get(peer.url("/"), timeout=5).content == b"until the end" * 1000


def test_trailers_are_passed_over(either: ModuleType) -> None:
    data = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b"body", trailers=b"X-Sum: 1\r\nX-More: 2\r\n")
    session = either.Session()
    with Peer([receive(), send(data), receive(), send(response("next"))]) as peer:
        received = session.get(peer.url("/"), timeout=5)
        assert (received.text, "X-Sum" in received.headers) == ("body", False)
        assert session.get(peer.url("/"), timeout=5).text == "next"
    assert peer.connections == 1


def test_chunk_extensions_are_passed_over(either: ModuleType) -> None:
    data = OK + b'Transfer-Encoding: chunked\r\n\r\n4;name=value;q="a b"\r\nbody\r\n0;last\r\n\r\n'
    with Peer([receive(), send(data)]) as peer:
        assert either.get(peer.url("/"), timeout=5).text == "body"


def test_a_chunked_request_is_framed_piece_by_piece(either: ModuleType) -> None:
    with Peer([receive(), send(response("got it"))]) as peer:
        either.post(peer.url("/"), data=iter([b"one", b"", b"three"]), timeout=5)
    assert peer.requests[0].body == b"3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"


def test_a_long_body_arrives_whole(either: ModuleType) -> None:
    body = bytes(range(256)) * 8000
    with Peer([receive(), send(lambda request: response(request.payload))]) as peer:
        assert either.post(peer.url("/"), data=body, timeout=10).content == body


def test_expect_100_does_not_hang(either: ModuleType) -> None:
    with Peer([receive_head(), send(CONTINUE), receive_body(), send(response("ok"))]) as peer:
        received = either.post(peer.url("/"), data=b"body", headers={"Expect": "100-continue"}, timeout=5)
    assert received.text == "ok"
    assert peer.requests[0].payload == b"body"

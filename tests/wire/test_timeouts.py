"""Every wait ends: which timeout, and which exception."""

from __future__ import annotations

import time
from types import ModuleType

import pytest

from support.scripted import Conversation, Peer, call, receive, send, stall

OK = b"HTTP/1.1 200 OK\r\n"
# Seconds of a silence that is waited out, where a head comes before: that must not be taken for the silence.
BEHIND_A_HEAD = (5, 0.6)


@pytest.mark.parametrize("timeout", [0.2, (5, 0.1)])
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 2", OK + b"X: y\r\n"], ids=["nothing", "status", "fields"])
def test_no_head_in_time_is_a_read_timeout(either: ModuleType, sent: bytes, timeout: object) -> None:
    with Peer([receive(), send(sent), stall()]) as peer, pytest.raises(either.ReadTimeout) as caught:
        either.get(peer.url("/slow"), timeout=timeout)
    assert caught.value.request.url.endswith("/slow")
    assert caught.value.response is None
    assert not isinstance(caught.value, either.ConnectionError)


@pytest.mark.parametrize(
    "sent",
    [OK + b"Content-Length: 5\r\n\r\nab", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", OK + b"\r\nab"],
    ids=["length", "chunk", "until close"],
)
def test_no_body_in_time_is_a_connection_error(either: ModuleType, sent: bytes) -> None:
    with Peer([receive(), send(sent), stall()]) as peer, pytest.raises(either.ConnectionError) as caught:
        either.get(peer.url("/slow"), timeout=BEHIND_A_HEAD)
    assert "timed out" in str(caught.value).lower()


def test_a_stream_times_out_as_it_is_read(either: ModuleType) -> None:
    with Peer([receive(), send(OK + b"Content-Length: 5\r\n\r\nab"), stall()]) as peer:
        stream = either.get(peer.url("/"), timeout=BEHIND_A_HEAD, stream=True)
        assert stream.status_code == 200
        with pytest.raises(either.ConnectionError):
            stream.content  # noqa: B018


def test_a_timed_out_connection_is_not_used_again(client: ModuleType) -> None:
    session = client.Session()
    fresh = OK + b"Content-Length: 5\r\n\r\nfresh"
    with Peer([receive(), stall()], [receive(), send(fresh)]) as peer:
        with pytest.raises(client.ReadTimeout):
            session.get(peer.url("/"), timeout=(5, 0.1))
        assert session.get(peer.url("/"), timeout=5).text == "fresh"
    assert peer.connections == 2


def test_the_read_timeout_bounds_silence_not_the_whole(client: ModuleType) -> None:
    def pause(talk: Conversation) -> None:
        time.sleep(0.3)  # the peer's slowness is what is tested

    pieces = [step for _ in range(6) for step in (send(b"x"), call(pause))]
    with Peer([receive(), send(OK + b"Content-Length: 6\r\n\r\n"), *pieces]) as peer:
        began = time.monotonic()
        assert len(client.get(peer.url("/"), timeout=(5, 1.2)).content) == 6
        assert time.monotonic() - began > 1.2


def test_a_tls_handshake_that_stalls_is_bounded(either: ModuleType) -> None:
    with Peer([stall()]) as peer:
        started = time.monotonic()
        with pytest.raises((either.ConnectionError, either.Timeout)):
            either.get(peer.url("/", scheme="https"), timeout=0.2)
        assert time.monotonic() - started < 8


def test_a_write_that_stalls_is_bounded(client: ModuleType) -> None:
    small = call(lambda talk: talk.sock.setsockopt(1, 8, 4096))
    with Peer([small, stall()]) as peer:
        started = time.monotonic()
        with pytest.raises((client.ConnectionError, client.Timeout)):
            client.post(peer.url("/"), data=b"x" * 30_000_000, timeout=0.3)
        assert time.monotonic() - started < 8

"""The options of one exchange: retries, limits on what a server may send, what comes beside the response."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import time
import zlib
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Retry, Timeouts
from support.messages import chunked_response, response
from support.scripted import Peer, Step, close, closed_port, receive, receive_body, receive_bytes, receive_head, send
from support.servers import EchoServer

OK = response("ok")
BUSY = response("slow down", 429, "Too Many Requests", [("Retry-After", "0")])


def script(*responses: bytes) -> list[Step]:
    return [step for response in responses for step in (receive(), send(response))]


# -- retries -----------------------------------------------------------------------------------------------------------


def test_a_server_that_says_when_is_asked_again() -> None:
    with Peer(script(BUSY, BUSY, OK)) as peer:
        response = client.get(peer.url("/"), retries=5, timeout=5)
    assert response.text == "ok"
    assert [attempt.status for attempt in response.raw.retries.history] == [429, 429]


def test_the_pause_is_as_long_as_the_server_says_and_the_deadline_holds() -> None:
    wait = response("", 503, "Busy", [("Retry-After", "1")])
    with Peer(script(wait, OK)) as peer:
        began = time.monotonic()
        assert client.get(peer.url("/"), retries=1, timeout=5).text == "ok"
        assert 0.9 < time.monotonic() - began < 10
    later = response("", 503, "Busy", [("Retry-After", "30")])
    with Peer(script(later)) as peer, pytest.raises(client.ReadTimeout, match="total timeout=20"):
        client.get(peer.url("/"), retries=1, timeout=Timeouts(total=20))


def test_the_calls_retries_beat_the_sessions_and_those_the_adapters() -> None:
    with client.Session(retries=2) as session:
        session.mount("http://", client.adapters.HTTPAdapter(max_retries=Retry(9, status_forcelist=[429])))
        with Peer(script(BUSY, BUSY, OK)) as peer:
            assert session.get(peer.url("/"), timeout=5).text == "ok"
        with Peer(script(BUSY, BUSY)) as peer:
            assert session.get(peer.url("/"), retries=Retry(1, raise_on_status=False), timeout=5).status_code == 429
            assert len(peer.requests) == 2
        with Peer(script(BUSY)) as peer:
            assert session.get(peer.url("/"), retries=False, timeout=5).status_code == 429
            assert len(peer.requests) == 1


def test_each_hop_of_a_redirect_has_all_its_retries() -> None:
    moved = response("", 302, "Found", [("Location", "/next")])
    with Peer(script(BUSY, moved, BUSY, OK)) as peer:
        assert client.get(peer.url("/"), retries=1, timeout=5).text == "ok"


def test_each_failed_attempt_is_told_before_its_pause() -> None:
    seen: list[Any] = []
    with Peer(script(BUSY, OK)) as peer:
        client.get(peer.url("/x"), retries=3, on_retry=seen.append, timeout=5)
    assert [(attempt.method, attempt.url, attempt.status) for attempt in seen] == [("GET", "/x", 429)]
    seen.clear()
    with pytest.raises(client.ConnectionError):
        client.get(f"http://127.0.0.1:{closed_port()}/", retries=2, on_retry=seen.append, timeout=5)
    assert len(seen) == 2
    assert all(attempt.error is not None for attempt in seen)


def test_a_file_is_sent_again_from_where_it_stood() -> None:
    file = io.BytesIO(b"--hello")
    file.seek(2)
    with Peer(script(BUSY, OK)) as peer:
        assert client.put(peer.url("/"), data=file, retries=1, timeout=5).text == "ok"
        assert [request.payload for request in peer.requests] == [b"hello", b"hello"]


@pytest.mark.parametrize("value", [-1, "3", True, 1.5])
def test_retries_that_make_no_sense_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="retries="):
        client.Session(retries=value)


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_declared_length_over_the_limit_is_refused_before_the_body() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n"
    with (
        Peer([receive(), send(head)]) as peer,
        pytest.raises(client.ResponseTooLarge, match="5000000000 bytes") as caught,
    ):
        client.get(peer.url("/"), max_response_size=1000, stream=True, timeout=5)
    assert caught.value.request is not None
    assert isinstance(caught.value, client.exceptions.ContentDecodingError)


@pytest.mark.parametrize("size", [1000, 1001, 300_000])
@pytest.mark.parametrize("framing", ["length", "chunked", "close", "gzip"])
@pytest.mark.parametrize("how", ["content", "stream", "raw"])
def test_a_body_may_have_as_much_as_the_limit_and_no_byte_more(size: int, framing: str, how: str) -> None:
    body = bytes(index % 251 for index in range(size))
    received = {
        "length": response(body),
        "chunked": chunked_response(*[body[at : at + 700] for at in range(0, size, 700)]),
        "close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body,
        "gzip": response(gzip.compress(body), headers=[("Content-Encoding", "gzip")]),
    }[framing]

    def read() -> bytes:
        got = client.get(peer.url("/"), max_response_size=1000, stream=True, timeout=5)
        if how == "content":
            return got.content
        if how == "stream":
            return b"".join(got.iter_content(100))
        try:
            return b"".join(iter(lambda: got.raw.read(100, decode_content=True), b""))
        except Exception as error:
            assert type(error).__name__ == "ResponseTooLarge"
            raise client.ResponseTooLarge from error

    with Peer([receive(), send(received), close()]) as peer:
        if size <= 1000:
            assert read() == body
        else:
            with pytest.raises(client.ResponseTooLarge):
                read()


def test_a_head_request_may_declare_more() -> None:
    with Peer([receive(), send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")]) as peer:
        assert client.head(peer.url("/"), max_response_size=10, timeout=5).headers["Content-Length"] == "5000"


def test_a_body_that_inflates_too_far_is_stopped() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    with Peer(script(response(bomb, headers=[("Content-Encoding", "gzip")]))) as peer:
        with pytest.raises(client.ResponseTooLarge, match="max_decode_ratio allows 100 times"):
            client.get(peer.url("/"), max_decode_ratio=100, timeout=5)


def test_a_small_body_may_inflate_as_far_as_it_likes() -> None:
    small = gzip.compress(bytes(60_000))
    with Peer(script(response(small, headers=[("Content-Encoding", "gzip")]))) as peer:
        assert len(client.get(peer.url("/"), max_decode_ratio=2, timeout=5).content) == 60_000


def test_a_bomb_in_a_bomb_costs_no_memory_under_a_limit() -> None:
    program = """
import resource, sys
import httpcore_lite as client
client.get(sys.argv[1] + "warm", timeout=5)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    client.get(sys.argv[1], max_response_size=1_000_000, timeout=20)
except client.ResponseTooLarge:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    # 10 GB of zeros, packed twice: 10 kB.
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    inner = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(1024)), packer.flush()])
    bomb = response(gzip.compress(inner * 10), headers=[("Content-Encoding", "gzip, gzip")])
    warm = response(gzip.compress(gzip.compress(bytes(1000))), headers=[("Content-Encoding", "gzip, gzip")])
    with Peer(script(warm), script(bomb)) as peer:
        done = subprocess.run(
            [sys.executable, "-c", program, peer.url("/")], capture_output=True, text=True, check=True, timeout=60
        )
    assert int(done.stdout) < 8 * 1024  # KiB


# -- beside the response -----------------------------------------------------------------------------------------------


def test_early_hints_are_told_at_once_and_kept() -> None:
    seen: list[Any] = []
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    with Peer([receive(), send(hints + hints + OK)]) as peer:
        response = client.get(peer.url("/"), on_informational=seen.append, timeout=5)
    assert [hint.status_code for hint in seen] == [103, 103]
    assert seen == response.informational
    assert response.informational[0].headers["link"] == "</a.css>; rel=preload"
    assert response.informational[0].reason == "Early Hints"
    assert client.Response().informational == []


def test_trailers_are_there_when_the_body_was_read() -> None:
    whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"
    with Peer([receive(), send(whole, pieces=7)]) as peer:
        response = client.get(peer.url("/"), stream=True, timeout=5)
        assert response.content == b"ok"
        assert response.trailers["x-sum"] == "7"
    assert client.Response().trailers == {}


def test_nothing_of_it_changes_what_a_program_without_options_gets() -> None:
    with EchoServer() as server, client.Session() as session:
        plain = session.get(server.url("/bytes/100000"), timeout=5)
        limited = session.get(server.url("/bytes/100000"), max_response_size=100_000, retries=3, timeout=5)
        assert plain.content == limited.content
        assert server.connections == 1


# -- bodies on their way -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "steps"),
    [
        (b"x" * 1000, [(1000, 1000)]),
        (b"x" * 150_000, [(65536, 150_000), (131_072, 150_000), (150_000, 150_000)]),
        (io.BytesIO(b"x" * 70_000), [(65536, 70_000), (70_000, 70_000)]),
        (iter([b"ab", b"", b"cde"]), [(2, None), (5, None)]),
    ],
)
def test_an_upload_tells_how_far_it_is(data: Any, steps: list[Any]) -> None:
    seen: list[tuple[int, int | None]] = []
    with EchoServer() as server:
        client.post(server.url("/"), data=data, on_upload=lambda sent, total: seen.append((sent, total)), timeout=5)
    assert seen == steps


@pytest.mark.parametrize("path", ["/bytes/300000", "/chunks/50", "/gzip"])
def test_a_download_tells_how_far_it_is(path: str) -> None:
    seen: list[tuple[int, int | None]] = []
    with EchoServer() as server:
        response = client.get(server.url(path), on_download=lambda got, total: seen.append((got, total)), timeout=5)
    sizes = [got for got, _ in seen]
    assert sizes == sorted(set(sizes))
    declared = response.headers.get("Content-Length")
    assert {total for _, total in seen} == {None if declared is None else int(declared)}
    assert sizes[-1] == (len(response.content) if declared is None else int(declared))


def test_an_error_of_a_progress_function_reaches_the_program_and_loses_no_slot() -> None:
    def fails(done: int, total: int | None) -> None:
        raise LookupError

    with EchoServer() as server, client.Session(max_connections=1) as session:
        for options, size in (
            ({"on_upload": fails}, 10),
            ({"on_download": fails}, 10),
            ({"on_download": fails}, 200_000),
        ):
            with pytest.raises(LookupError):
                session.post(server.url("/"), data=b"x" * size, timeout=5, **options)
        assert session.get(server.url("/"), timeout=Timeouts(pool=2, read=5)).status_code == 200


EXPECT = {"Expect": "100-continue"}


def test_a_body_that_the_server_refuses_is_not_sent() -> None:
    large = response("too large", 413, "Content Too Large")
    with Peer([receive_head(), send(large), close()]) as peer:
        received = client.post(peer.url("/"), data=b"x" * 100, headers=EXPECT, timeout=5)
    assert received.status_code == 413
    assert b"xxx" not in peer.received[0]


def test_a_body_that_the_server_wants_is_sent_at_once() -> None:
    with Peer([receive_head(), send(b"HTTP/1.1 100 Continue\r\n\r\n"), receive_body(), send(OK)]) as peer:
        began = time.monotonic()
        response = client.put(peer.url("/"), data=b"x" * 100, headers=EXPECT, expect_timeout=30, timeout=5)
        assert time.monotonic() - began < 10
    assert response.text == "ok"
    assert peer.requests[0].payload == b"x" * 100
    assert [head.status for head in response.informational] == [100]


def test_a_server_that_says_nothing_gets_the_body_when_the_time_is_over() -> None:
    with Peer(script(OK)) as peer:
        began = time.monotonic()
        assert client.put(peer.url("/"), data=b"abc", headers=EXPECT, expect_timeout=0.1, timeout=5).text == "ok"
        assert 0.09 < time.monotonic() - began < 5
    assert peer.requests[0].payload == b"abc"


def test_a_switch_of_protocols_hands_over_the_socket_with_what_was_read() -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nearly"
    upgrade = {"Upgrade": "echo", "Connection": "Upgrade"}
    with Peer([receive(), send(switch), receive_bytes(4), send(b"late"), close()], script(OK)) as peer:
        with client.Session(max_connections=1) as session:
            response = session.get(peer.url("/"), headers=upgrade, stream=True, timeout=5)
            assert response.status_code == 101
            sock, received = response.raw.detach_socket()
            assert received == b"early"
            with pytest.raises(OSError, match="no connection"):
                response.raw.detach_socket()
            # The pool has forgotten it: its slot is free, and closing the session does not touch it.
            assert session.get(peer.url("/"), timeout=Timeouts(pool=2, read=5)).text == "ok"
            session.close()
            with sock:
                sock.sendall(b"ping")
                assert sock.recv(10) == b"late"

"""When a connection is used again, when it must not be, and what happens when it dies meanwhile."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from support.scripted import (
    Peer,
    Step,
    chunked_response,
    close,
    notify,
    receive,
    receive_bytes,
    receive_head,
    reset,
    response,
    send,
    stall,
    wait_for,
)

OK = response("first")
FRESH: list[Step] = [receive(), send(response("fresh"))]


def _first(session: Any, peer: Peer) -> None:
    assert session.get(peer.url("/first"), timeout=5).text == "first"


def test_ten_requests_go_over_one_connection(either: ModuleType) -> None:
    session = either.Session()
    with Peer([step for _ in range(10) for step in (receive(), send(OK))]) as peer:
        for _ in range(10):
            _first(session, peer)
    assert (peer.connections, len(peer.requests)) == (1, 10)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_closed_while_idle_is_replaced_before_anything_is_sent(either: ModuleType, method: str) -> None:
    session = either.Session()
    with Peer([receive(), send(OK), close()], FRESH) as peer:
        _first(session, peer)
        peer.wait_closed()
        assert session.request(method, peer.url("/second"), timeout=5).text == "fresh"
    assert [request.connection for request in peer.requests] == [0, 1]


@pytest.mark.parametrize("end", [close(), reset()], ids=["closed", "reset"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_an_idempotent_request_on_a_connection_that_dies_is_sent_once_more(
    client: ModuleType, method: str, end: Step
) -> None:
    session = client.Session()
    with Peer([receive(), send(OK), receive(), end], FRESH) as peer:
        _first(session, peer)
        body = b"bytes" if method == "PUT" else None
        assert session.request(method, peer.url("/second"), data=body, timeout=5).status_code == 200
    assert [(request.connection, request.method) for request in peer.requests] == [(0, "GET"), (0, method), (1, method)]
    assert peer.requests[1].body == peer.requests[2].body


def both_idle(session: Any, peer: Peer) -> None:
    """Leave two idle connections behind."""
    one, two = (session.get(peer.url("/first"), stream=True, timeout=5) for _ in range(2))
    assert (one.text, two.text) == ("first", "first")


@pytest.mark.parametrize("end", [close(), reset()], ids=["closed", "reset"])
def test_the_repetition_never_takes_another_idle_connection_which_may_be_as_dead(client: ModuleType, end: Step) -> None:
    session = client.Session()
    with Peer(*[[receive(), send(OK), receive(), end]] * 2, [*FRESH, *FRESH]) as peer:
        both_idle(session, peer)
        assert session.get(peer.url("/second"), timeout=5).text == "fresh"
        assert session.get(peer.url("/third"), timeout=5).text == "fresh"
        stats = session.get_adapter("http://").pool.stats()
        assert (stats.open, stats.created) == (2, 3)
        session.close()
    assert [request.connection for request in peer.requests] == [0, 1, 1, 2, 2]


def test_the_repetition_waits_for_a_new_connection_where_all_are_taken(client: ModuleType) -> None:
    """A third request takes its place; what comes back first was used before, and would die as the first one did."""
    session = client.Session(max_connections=2)
    pool = session.get_adapter("http://").pool
    dies: list[Step] = [receive(), close()]
    held: list[Any] = []
    threads: list[threading.Thread] = []

    def give_back() -> None:
        while not pool._ledger.waiting:
            pass
        assert held[0].text == "first"

    def on_event(event: str, info: Any) -> None:
        if event == "request.replayed":
            held.append(session.get(peer.url("/third"), stream=True, timeout=5))
            threads.append(threading.Thread(target=give_back))
            threads[0].start()

    with Peer([receive(), send(OK), *dies], [receive(), send(OK), receive(), send(OK), *dies], FRESH, FRESH) as peer:
        both_idle(session, peer)
        held.append(session.get(peer.url("/held"), stream=True, timeout=5))
        assert session.get(peer.url("/second"), timeout=5, trace=on_event).text == "fresh"
        threads[0].join(5)
        assert held[1].text == "fresh"
        assert (pool.stats().open, pool.stats().idle, pool.stats().created) == (2, 2, 4)
        session.close()
    assert [request.connection for request in peer.requests] == [0, 1, 1, 0, 2, 3]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_request_that_may_have_had_an_effect_is_never_repeated(either: ModuleType, method: str) -> None:
    session = either.Session()
    with Peer([receive(), send(OK), receive(), close()], FRESH) as peer:
        _first(session, peer)
        with pytest.raises(either.ConnectionError):
            session.request(method, peer.url("/second"), data=b"once", timeout=5)
    assert [request.method for request in peer.requests] == ["GET", method]
    assert peer.connections == 1


def test_a_put_from_a_generator_is_not_repeated(either: ModuleType) -> None:
    session = either.Session()
    with Peer([receive(), send(OK), receive(), close()], FRESH) as peer:
        _first(session, peer)
        with pytest.raises(either.ConnectionError):
            session.put(peer.url("/second"), data=iter([b"once ", b"only"]), timeout=5)
    assert [request.payload for request in peer.requests] == [b"", b"once only"]
    assert peer.connections == 1


def test_a_put_from_a_file_is_repeated_from_where_it_began(client: ModuleType) -> None:
    session = client.Session()
    source = io.BytesIO(b"skipped,the rest")
    source.seek(8)
    with Peer([receive(), send(OK), receive(), close()], FRESH) as peer:
        _first(session, peer)
        assert session.put(peer.url("/second"), data=source, timeout=5).text == "fresh"
    assert [request.payload for request in peer.requests] == [b"", b"the rest", b"the rest"]


def test_a_fresh_connection_that_dies_is_an_error_at_once(either: ModuleType) -> None:
    with Peer([receive(), close()], FRESH) as peer, pytest.raises(either.ConnectionError):
        either.get(peer.url("/"), timeout=5)
    assert peer.connections == 1


def test_a_second_connection_that_dies_too_is_an_error(client: ModuleType) -> None:
    session = client.Session()
    with Peer([receive(), send(OK), receive(), close()], [receive(), close()], FRESH) as peer:
        _first(session, peer)
        with pytest.raises(client.ConnectionError):
            session.get(peer.url("/second"), timeout=5)
    assert peer.connections == 2


def test_a_connection_that_dies_after_the_first_response_byte_is_an_error(client: ModuleType) -> None:
    session = client.Session()
    with Peer([receive(), send(OK), receive(), send(b"H"), close()], FRESH) as peer:
        _first(session, peer)
        with pytest.raises(client.ConnectionError):
            session.get(peer.url("/second"), timeout=5)
    assert peer.connections == 1


def test_leftover_bytes_are_never_the_next_response(client: ModuleType) -> None:
    session = client.Session()
    poison = response("POISON")
    with Peer([receive(), send(OK + poison)], FRESH) as peer:
        _first(session, peer)
        assert session.get(peer.url("/second"), timeout=5).text == "fresh"
    assert peer.connections == 2


def test_bytes_that_come_later_unasked_are_never_the_next_response(client: ModuleType) -> None:
    session = client.Session()
    read, sent = threading.Event(), threading.Event()
    with Peer([receive(), send(OK), wait_for(read), send(response("POISON")), notify(sent)], FRESH) as peer:
        _first(session, peer)
        read.set()
        assert sent.wait(5)
        assert session.get(peer.url("/second"), timeout=5).text == "fresh"
    assert peer.connections == 2


NOT_REUSABLE = {
    "Connection: close": response("first", headers=[("Connection", "close")]),
    "Connection: Close, TE": response("first", headers=[("Connection", "TE, Close")]),
    "HTTP/1.0": response("first", version="HTTP/1.0"),
}


@pytest.mark.parametrize("data", NOT_REUSABLE.values(), ids=NOT_REUSABLE.keys())
def test_a_connection_that_was_to_end_is_not_used_again(client: ModuleType, data: bytes) -> None:
    session = client.Session()
    with Peer([receive(), send(data)], FRESH) as peer:
        _first(session, peer)
        assert session.get(peer.url("/second"), timeout=5).text == "fresh"
        peer.wait_gone(0)
    assert peer.connections == 2


def test_http_1_0_with_keep_alive_is_used_again(either: ModuleType) -> None:
    session = either.Session()
    old = response("first", version="HTTP/1.0", headers=[("Connection", "keep-alive")])
    with Peer([receive(), send(old), receive(), send(OK)]) as peer:
        _first(session, peer)
        _first(session, peer)
    assert peer.connections == 1


def test_a_request_that_asked_to_close_ends_its_connection(client: ModuleType) -> None:
    session = client.Session()
    with Peer([receive(), send(OK)], FRESH) as peer:
        session.get(peer.url("/"), headers={"Connection": "close"}, timeout=5)
        peer.wait_gone(0)
        assert session.get(peer.url("/second"), timeout=5).text == "fresh"


STREAMS = {
    "by length": response(b"x" * 100_000),
    "chunked": chunked_response(*[b"y" * 1000] * 100),
}


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS.keys())
@pytest.mark.parametrize("how", ["close", "with", "session", "dropped"])
def test_a_stream_that_was_not_read_to_its_end_never_returns_to_the_pool(
    client: ModuleType, data: bytes, how: str
) -> None:
    session = client.Session()
    with Peer([receive(), send(data), stall()], FRESH) as peer:
        stream = session.get(peer.url("/"), stream=True, timeout=5)
        assert next(stream.iter_content(10))
        if how == "close":
            stream.close()
        elif how == "with":
            with stream:
                pass
        elif how == "session":
            session.close()
        else:
            del stream
        assert session.get(peer.url("/second"), timeout=5).text == "fresh"
    assert peer.connections == 2


def test_an_unread_stream_does_not_block_the_next_request(either: ModuleType) -> None:
    session = either.Session()
    with Peer([receive(), send(response(b"x" * 1000))], FRESH) as peer:
        stream = session.get(peer.url("/"), stream=True, timeout=5)
        assert session.get(peer.url("/second"), timeout=5).text == "fresh"
        assert len(stream.content) == 1000


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_read_to_its_end_returns_its_connection(either: ModuleType, data: bytes) -> None:
    session = either.Session()
    with Peer([receive(), send(data), receive(), send(OK)]) as peer:
        for _ in session.get(peer.url("/"), stream=True, timeout=5).iter_content(4096):
            pass
        _first(session, peer)
    assert peer.connections == 1


@pytest.mark.parametrize("size", [8, 300_000])
def test_after_a_body_that_could_not_be_decoded_the_next_request_is_well(client: ModuleType, size: int) -> None:
    session = client.Session()
    bad = response(b"not gzip" * (size // 8), headers=[("Content-Encoding", "gzip")])
    with Peer([receive(), send(bad), *FRESH], FRESH) as peer:
        with pytest.raises(client.exceptions.ContentDecodingError):
            session.get(peer.url("/"), timeout=5)
        assert session.get(peer.url("/second"), timeout=5).text == "fresh"


def test_an_early_response_ends_the_connection_and_is_given(either: ModuleType) -> None:
    early = response("too large", 413, "Too Large", [("Connection", "close")])
    with Peer([receive_head(), send(early), receive_bytes(None)]) as peer:
        received = either.post(peer.url("/"), data=b"x" * 100, timeout=5)
    assert (received.status_code, received.text) == (413, "too large")


def test_an_early_response_to_a_long_body_is_given(client: ModuleType) -> None:
    early = response("too large", 413, "Too Large", [("Connection", "close")])

    def endless() -> Iterator[bytes]:
        for _ in range(2000):
            yield b"x" * 16384

    with Peer([receive_head(), send(early), stall()]) as peer:
        received = client.post(peer.url("/"), data=endless(), timeout=5)
    assert (received.status_code, received.text) == (413, "too large")


def test_closing_the_session_closes_its_idle_connections(either: ModuleType) -> None:
    session = either.Session()
    with Peer([receive(), send(OK)]) as peer:
        _first(session, peer)
        session.close()
        peer.wait_gone(0)

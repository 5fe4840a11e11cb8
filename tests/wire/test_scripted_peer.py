"""The scripted peer itself does what its docstring says, driven by a bare socket."""

from __future__ import annotations

import socket
import threading

import pytest

from support.scripted import (
    Peer,
    PeerError,
    close,
    forever,
    half_close,
    notify,
    receive,
    receive_body,
    receive_bytes,
    receive_head,
    reset,
    response,
    send,
    stall,
    wait_for,
)

GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


def _talk(peer: Peer, data: bytes) -> bytes:
    with socket.create_connection((peer.host, peer.port), 5) as sock:
        sock.sendall(data)
        got = b""
        while piece := sock.recv(65536):
            got += piece
        return got


def test_a_script_is_followed_and_the_request_is_recorded() -> None:
    with Peer([receive(), send(b"abc"), close()]) as peer:
        assert _talk(peer, GET) == b"abc"
    assert peer.connections == 1
    (request,) = peer.requests
    assert (request.method, request.target, request.version) == ("GET", "/x", "HTTP/1.1")
    assert request.raw == GET
    assert request.headers == [("Host", "a")]


def test_bodies_are_read_by_length_and_by_chunks() -> None:
    sized = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    chunks = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nT: 1\r\n\r\n"
    with Peer([receive(), receive(), close()]) as peer:
        _talk(peer, sized + chunks)
    first, second = peer.requests
    assert first.body == first.payload == second.payload == b"abc"
    assert second.raw == chunks
    assert second.trailers == [("T", "1")]


def test_head_and_body_may_be_received_apart() -> None:
    seen = threading.Event()
    with Peer([receive_head(), notify(seen), send(b"go"), receive_body(), close()]) as peer:
        with socket.create_connection((peer.host, peer.port), 5) as sock:
            sock.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\n")
            assert seen.wait(5)
            assert sock.recv(10) == b"go"
            sock.sendall(b"hi")
            assert sock.recv(10) == b""
    assert peer.requests[0].body == b"hi"


def test_each_connection_has_its_script_and_further_ones_are_closed() -> None:
    with Peer([receive(), send(b"1"), close()], [receive(), send(b"2"), close()]) as peer:
        assert [_talk(peer, GET), _talk(peer, GET)] == [b"1", b"2"]
        with socket.create_connection((peer.host, peer.port), 5) as sock:
            assert sock.recv(1) == b""
    assert peer.connections == 3


def test_the_last_script_may_be_repeated() -> None:
    with Peer([receive(), send(lambda request: request.target.encode()), close()], repeat=True) as peer:
        assert [_talk(peer, GET) for _ in range(3)] == [b"/x"] * 3


def test_a_connection_stays_open_after_its_script() -> None:
    with Peer([receive(), send(b"a")]) as peer, socket.create_connection((peer.host, peer.port), 5) as sock:
        sock.sendall(GET)
        assert sock.recv(10) == b"a"
        sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            sock.recv(1)


def test_a_reset_is_a_reset() -> None:
    with Peer([receive(), reset()]) as peer, pytest.raises(ConnectionResetError):
        _talk(peer, GET)


def test_a_half_closed_peer_goes_on_receiving() -> None:
    with Peer([receive(), half_close(), receive_bytes(4)]) as peer:
        with socket.create_connection((peer.host, peer.port), 5) as sock:
            sock.sendall(GET)
            assert sock.recv(1) == b""
            sock.sendall(b"more")
            sock.shutdown(socket.SHUT_WR)
            peer.wait_gone()
    assert peer.leftovers[0] == b"more"


def test_what_comes_late_of_a_dropped_connection_is_no_request_of_the_aftermath() -> None:
    with Peer([receive(), half_close()]) as peer:
        with socket.create_connection((peer.host, peer.port), 5) as sock:
            sock.sendall(GET)
            assert sock.recv(1) == b""
            with peer.aftermath() as served:
                assert served
                sock.sendall(b"\x17\x03\x03")
                sock.shutdown(socket.SHUT_WR)
                peer.wait_gone()
    assert peer.leftovers[0] == b"\x17\x03\x03"


def test_a_stall_ends_with_the_test() -> None:
    with Peer([stall()]) as peer:
        socket.create_connection((peer.host, peer.port), 5).close()


def test_a_script_waits_for_an_event() -> None:
    event = threading.Event()
    with Peer([receive(), wait_for(event), send(b"now"), close()]) as peer:
        event.set()
        assert _talk(peer, GET) == b"now"


def test_forever_ends_when_the_client_closes() -> None:
    with Peer([forever(receive(), send(response("a")))]) as peer:
        with socket.create_connection((peer.host, peer.port), 5) as sock:
            for _ in range(3):
                sock.sendall(GET)
                assert sock.recv(100)
        peer.wait_gone()
    assert len(peer.requests) == 3


def test_a_request_that_breaks_off_is_told() -> None:
    peer = Peer([receive()])
    with pytest.raises(PeerError), peer:
        with socket.create_connection((peer.host, peer.port), 5) as sock:
            sock.sendall(b"GET / HT")
        peer.wait_gone()


def test_a_failing_step_is_told() -> None:
    def fail(request: object) -> bytes:
        raise KeyError("in the server's thread")

    peer = Peer([receive(), send(fail)])
    with pytest.raises(PeerError, match="in the server's thread"), peer:
        _talk(peer, GET)


def test_a_clients_error_is_not_hidden_by_the_peers() -> None:
    peer = Peer([receive()])
    with pytest.raises(ZeroDivisionError), peer:
        with socket.create_connection((peer.host, peer.port), 5) as sock:
            sock.sendall(b"x")
        peer.wait_gone()
        raise ZeroDivisionError


def test_bytes_are_sent_one_by_one() -> None:
    with Peer([receive(), send(b"abcdef", pieces=1), close()]) as peer:
        assert _talk(peer, GET) == b"abcdef"

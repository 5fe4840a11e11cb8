"""Uploads of every kind over every kind of stream, with small buffers, and what the server reads behind them.

The server takes little at a time, and the system keeps 16 KiB for us: each write stops in the middle. After each upload
one more request goes out on the same session, and the server reports what it read: not a byte may be missing, be there
twice, or belong to another request.
"""

from __future__ import annotations

import array
import hashlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from support.certificates import ca_path, server_context
from support.messages import response
from support.scripted import (
    Conversation,
    Peer,
    call,
    forever,
    notify,
    receive,
    receive_body,
    receive_head,
    send,
    stall,
    wait_for,
)  # fmt: skip
from support.servers import ProxyServer

STREAMS = ["plain", "tls", "tls in tls"]
SMALL = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
SIZE = (1 << 20) + 12_345
CONTENT = hashlib.shake_256(b"content").digest(SIZE)
LIMITS = client.Timeouts(connect=10, read=10, write=10)
OK = response("ok")


@contextmanager
def over(stream: str, *script: Any, **settings: Any) -> Iterator[tuple[Peer, client.Session]]:
    """A peer that follows `script` on each connection over such a stream, and a session that leads to it."""
    with ExitStack() as stack:
        tls = None if stream == "plain" else server_context()
        peer = stack.enter_context(Peer(list(script), tls=tls, repeat=True))
        peer._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        session = stack.enter_context(client.Session(socket_options=SMALL, **settings))
        session.verify = ca_path()
        if stream == "tls in tls":
            proxy = stack.enter_context(ProxyServer(tls=server_context()))
            proxy._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
            session.proxies = {"https": proxy.url("", scheme="https")}
        yield peer, session


def stats(session: client.Session, peer: Peer) -> tuple[int, int]:
    """How many connections are open, and how many of them idle."""
    found = session.get_adapter(peer.url("/")).pool.stats()
    return found.open, found.idle


def slowly(talk: Conversation) -> None:
    """A step: what follows is received little by little."""
    reader = talk.reader

    def fill() -> bool:
        data = reader.sock.recv(5_000)
        reader.buffer += data
        return bool(data)

    reader.fill = fill  # type: ignore[method-assign]


def report(request: Any) -> bytes:
    """What the server read: length and digest of the content."""
    return response(f"{len(request.payload)} {hashlib.sha256(request.payload).hexdigest()}")


def reported(content: bytes) -> str:
    return f"{len(content)} {hashlib.sha256(content).hexdigest()}"


class File:
    """A file of the program's own: it has read() and nothing else."""

    def __init__(self, content: bytes) -> None:
        self.read = io.BytesIO(content).read


def _on_disk(folder: Path, content: bytes = CONTENT) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


def _chunks() -> list[bytes]:
    return [CONTENT[place : place + 33_333] for place in range(0, SIZE, 33_333)]


TEXT = "grüße, 日本\n" * 60_000

BODIES: dict[str, Callable[[Path], tuple[dict[str, Any], bytes]]] = {
    "bytes": lambda folder: ({"data": CONTENT}, CONTENT),
    "64 KiB of bytes": lambda folder: ({"data": CONTENT[:65_536]}, CONTENT[:65_536]),
    "a bytearray": lambda folder: ({"data": bytearray(CONTENT)}, CONTENT),
    "a file": lambda folder: ({"data": _on_disk(folder).open("rb")}, CONTENT),
    "a file without a buffer": lambda folder: ({"data": _on_disk(folder).open("rb", buffering=0)}, CONTENT),
    "a file in text mode": lambda folder: (
        {"data": _on_disk(folder, TEXT.encode("utf-16")).open(encoding="utf-16")},
        TEXT.encode(),
    ),
    "a BufferedReader": lambda folder: ({"data": io.BufferedReader(io.BytesIO(CONTENT))}, CONTENT),  # type: ignore[type-var]
    "a BytesIO": lambda folder: ({"data": io.BytesIO(CONTENT)}, CONTENT),
    "a StringIO": lambda folder: ({"data": io.StringIO(TEXT)}, TEXT.encode()),
    "an object with read": lambda folder: ({"data": iter(File(CONTENT).read, b"")}, CONTENT),
    "a generator": lambda folder: ({"data": (chunk for chunk in _chunks())}, CONTENT),
    "a generator of text": lambda folder: ({"data": iter([TEXT] * 3)}, TEXT.encode() * 3),
    "an iterator of a list": lambda folder: ({"data": iter(_chunks())}, CONTENT),
    "a generator with a length": lambda folder: (
        {"data": iter(_chunks()), "headers": {"Content-Length": str(SIZE)}},
        CONTENT,
    ),
    "bytes with trailers": lambda folder: ({"data": CONTENT, "trailers": {"X-Sum": "1"}}, CONTENT),
    "a generator with trailers": lambda folder: (
        {"data": iter(_chunks()), "trailers": lambda: {"X-Sum": "2"}},
        CONTENT,
    ),
    "bytes with Expect": lambda folder: (
        {"data": CONTENT, "headers": {"Expect": "100-continue"}, "expect_timeout": 0.05},
        CONTENT,
    ),
    "a generator with Expect": lambda folder: (
        {"data": iter(_chunks()), "headers": {"Expect": "100-continue"}, "expect_timeout": 0.05},
        CONTENT,
    ),
}


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("body", BODIES)
def test_an_upload_arrives_whole_and_the_next_request_begins_where_it_ends(
    stream: str, body: str, tmp_path: Path
) -> None:
    arguments, content = BODIES[body](tmp_path)
    with over(stream, call(slowly), forever(receive(), send(report))) as (peer, session):
        assert session.post(peer.url("/upload"), timeout=LIMITS, **arguments).text == reported(content)
        assert session.post(peer.url("/next"), data=b"next", timeout=LIMITS).text == reported(b"next")
        assert [request.head.split()[:2] for request in peer.requests] == [[b"POST", b"/upload"], [b"POST", b"/next"]]
        assert peer.connections == 1
        assert stats(session, peer) == (1, 1)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("size", [1_000, SIZE])
def test_a_form_arrives_whole_and_the_next_request_begins_where_it_ends(stream: str, size: int, tmp_path: Path) -> None:
    with over(stream, call(slowly), forever(receive(), send(report))) as (peer, session):
        with _on_disk(tmp_path, CONTENT[:size]).open("rb") as file:
            text = session.post(peer.url("/upload"), files={"f": file}, data={"a": "b"}, timeout=LIMITS).text
        request = peer.requests[0]
        assert text == reported(request.payload)
        assert b"\r\n\r\n" + CONTENT[:size] + b"\r\n--" in request.payload
        assert session.post(peer.url("/next"), data=b"next", timeout=LIMITS).text == reported(b"next")
        assert stats(session, peer) == (1, 1)
        assert peer.connections == 1


# -- a response before the request has ended ------------------------------------------------------------------------


def paused(pieces: list[bytes], told: threading.Event, arrived: Callable[[], None]) -> Iterator[bytes]:
    """Those pieces, and before the last step of the generator the peer's word is waited for, and that it is here."""
    yield from pieces[:-1]
    assert told.wait(10)
    arrived()
    yield from pieces[-1:]


def watched(session: client.Session, peer: Peer) -> Callable[[], None]:
    """What waits until bytes lie at the socket of the session's last connection, and no more of them come.

    Between a proxy and its client something may still be on the way when the peer has sent it, tickets of TLS too.
    """
    pool = session.get_adapter(peer.url("/")).pool
    opened: list[Any] = []
    opening = pool._open

    def opened_one(*arguments: Any) -> Any:
        opened.append(opening(*arguments))
        return opened[-1]

    pool._open = opened_one

    def arrived() -> None:
        fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
        sock = opened[-1].sock
        descriptor, before, ends = sock.fileno(), 0, time.monotonic() + 10
        looks = 6 if session.proxies else 1  # the proxy's thread may be late
        while looks and time.monotonic() < ends:
            time.sleep(0.05)
            size = array.array("i", [0])
            fcntl.ioctl(descriptor, termios.FIONREAD, size)
            looks -= bool(size[0] and size[0] == before)
            before = size[0]

    return arrived


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("trailers", [None, {"X-Sum": "1"}])
@pytest.mark.parametrize("status", [201, 403])
def test_a_response_before_the_end_of_a_chunked_request_closes_the_connection(
    stream: str, trailers: Any, status: int
) -> None:
    responded = threading.Event()
    received = response("early", status, "Early")

    def first_chunk(talk: Conversation) -> None:
        talk.reader.until(b"first\r\n")

    script = [receive_head(), call(first_chunk), send(received), notify(responded), stall()]
    with over(stream, *script) as (peer, session):
        # The last piece is empty: all that is left to send is the end.
        body = paused([b"first", b""], responded, watched(session, peer))
        early = session.post(peer.url("/a"), data=body, trailers=trailers, timeout=LIMITS)
        assert (early.status_code, early.text) == (status, "early")
        assert stats(session, peer) == (0, 0)
        peer.scripts[0][:] = [forever(receive(), send(report))]
        assert session.post(peer.url("/pay"), json={"to": "bob"}, timeout=LIMITS).text == reported(b'{"to": "bob"}')
        assert peer.connections == 2
        assert stats(session, peer) == (1, 1)
        peer.stop()


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("length", [None, "11"])
def test_a_response_in_the_middle_of_an_upload_closes_the_connection(stream: str, length: str | None) -> None:
    responded = threading.Event()
    script = [receive_head(), send(response("no", 413, "Content Too Large")), notify(responded), stall()]
    with over(stream, *script) as (peer, session):
        headers = {"Content-Length": length} if length else {}
        body = paused([b"first", b"second"], responded, watched(session, peer))
        assert session.post(peer.url("/a"), data=body, headers=headers, timeout=LIMITS).status_code == 413
        assert stats(session, peer) == (0, 0)
        peer.scripts[0][:] = [forever(receive(), send(report))]
        assert session.post(peer.url("/b"), data=b"next", timeout=LIMITS).text == reported(b"next")
        assert peer.connections == 2
        peer.stop()


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("completes", ["while the body is sent", "afterwards"])
def test_a_good_response_that_has_begun_lets_the_body_go_on_and_the_connection_live(
    stream: str, completes: str
) -> None:
    began, seen, complete = threading.Event(), threading.Event(), threading.Event()
    received = response("early", 200, "OK")

    def body() -> Iterator[bytes]:
        yield b"first"
        assert began.wait(10)
        yield b"second"
        seen.set()
        assert completes == "afterwards" or complete.wait(10)
        yield b"last"

    rest = [wait_for(seen), send(received[-3:]), notify(complete)]
    rest = [*rest, receive_body()] if completes == "while the body is sent" else [receive_body(), *rest]
    script = [receive_head(), send(received[:-3]), notify(began), *rest, forever(receive(), send(report))]
    with over(stream, *script) as (peer, session):
        assert session.post(peer.url("/a"), data=body(), timeout=LIMITS).text == "early"
        assert stats(session, peer) == (1, 1)
        assert session.post(peer.url("/b"), data=b"next", timeout=LIMITS).text == reported(b"next")
        assert peer.requests[0].payload == b"firstsecondlast"
        assert peer.connections == 1

"""What real servers send: bodies and their codings, early hints, trailers, other protocols."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Retry, Timeouts
from support.real_apps import TEXT, pattern
from support.real_servers import H11Server, Nginx, Server, digest, servers

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="the servers are ended by their process groups")


# -- bodies in ---------------------------------------------------------------------------------------------------------


@servers("nginx", "nginx-tls")
@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_a_static_file_comes_whole_however_it_is_read(server: Nginx, session: client.Session, size: int) -> None:
    server.file("static", pattern(size))
    url = server.url("/static")
    assert session.get(url).content == pattern(size)
    assert b"".join(session.get(url, stream=True).iter_content(10_000)) == pattern(size)
    assert session.get(url, headers={"Range": "bytes=10-19"}).content == pattern(size)[10:20] or size < 20
    copied = io.BytesIO()
    steps: list[tuple[int, int | None]] = []
    with session.get(url, stream=True, on_download=lambda got, total: steps.append((got, total))) as response:
        for piece in response.iter_content(None):
            copied.write(piece)
    assert copied.getvalue() == pattern(size)
    assert steps[-1:] == [(size, size)][: bool(size)]
    session.get(url)  # nginx has logged the four before it when it serves this one
    assert len({line[0] for line in server.log()[-4:]}) == 1  # one connection


@servers("nginx", "nginx-tls")
def test_a_download_that_was_left_goes_on_and_is_found_to_be_complete(
    server: Nginx, session: client.Session, tmp_path: Path
) -> None:
    server.file("large", pattern(3_000_000))
    checksum = f"sha256:{digest(pattern(3_000_000))}"
    for limit, least in ((1_000_000, 0), (2_000_000, 1_000_000), (3_000_000, 2_000_000)):
        seen: list[int] = []

        def leave(done: int, _: object, limit: int = limit, seen: list[int] = seen) -> None:
            seen.append(done)
            if done >= limit:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            client.download(server.url("/large"), tmp_path / "f", session=session, progress=leave)
        assert seen[0] >= least
    found = client.download(server.url("/large"), tmp_path / "f", session=session, checksum=checksum)
    assert (found.resumed_from, found.response.status_code) == (3_000_000, 416)


@servers("nginx", "nginx-tls")
def test_a_file_that_nginx_compresses_comes_as_it_was(server: Nginx, session: client.Session) -> None:
    server.file("text", TEXT)
    steps: list[tuple[int, int | None]] = []
    response = session.get(server.url("/gzip/text"), on_download=lambda got, total: steps.append((got, total)))
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.content == TEXT
    assert {total for _, total in steps} == {None}
    assert 0 < steps[-1][0] < len(TEXT)  # what is told is what travels


CODINGS = [
    "gzip",
    "deflate",
    "bare-deflate",
    "br",
    "zstd",
    "gzip, br",
    "zstd, deflate, gzip",
    "br, zstd, gzip, deflate, gzip",
]


@servers("aiohttp")
@pytest.mark.parametrize("codings", CODINGS)
@pytest.mark.parametrize("framing", ["chunks", "length"])
def test_codings_are_taken_off_in_any_number_up_to_five(
    server: Server, session: client.Session, codings: str, framing: str
) -> None:
    url = server.url(f"/coded/{codings}?framing={framing}")
    response = session.get(url)
    assert response.headers["Content-Encoding"] == codings.replace("bare-", "")
    assert (response.headers.get("Content-Length") is None) == (framing == "chunks")
    assert response.content == TEXT
    streamed = session.get(url, stream=True)
    assert list(streamed.iter_lines()) == TEXT.splitlines()
    with session.get(url, stream=True) as pieces:
        read = iter(lambda: pieces.raw.read(1234, decode_content=True), b"")
        assert {len(piece) for piece in list(read)[:-1]} == {1234}


@servers("aiohttp")
def test_six_codings_are_refused(server: Server, session: client.Session) -> None:
    with pytest.raises(client.exceptions.ContentDecodingError, match="6 content codings"):
        session.get(server.url("/coded/" + ", ".join(["gzip"] * 6)))


@servers("aiohttp")
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_aiohttp_compresses_comes_as_it_was(server: Server, session: client.Session, coding: str) -> None:
    response = session.get(server.url(f"/compressed/{coding}"), stream=True)
    assert response.headers["Content-Encoding"] == coding
    coded = response.raw.read(decode_content=False)
    assert 0 < len(coded) < len(TEXT)
    assert session.get(server.url(f"/compressed/{coding}")).text == TEXT.decode()


BOMB = """
import sys
import httpcore_lite as client

def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

warm, url, how = sys.argv[1:]
client.get(warm, timeout=10).content
before = peak()
if how == "limit":
    try:
        client.get(url, timeout=20, max_response_size=1_000_000)
    except client.ResponseTooLarge:
        got = 0
elif how == "ratio":
    try:
        client.get(url, timeout=20, max_decode_ratio=50)
    except client.ResponseTooLarge:
        got = 0
elif how == "a little":
    got = len(client.get(url, stream=True, timeout=20).raw.read(1000, decode_content=True))
else:
    got = sum(map(len, client.get(url, stream=True, timeout=20).iter_content(100_000)))
print(got, peak() - before)
"""


@pytest.mark.skipif("not sys.platform.startswith('linux')", reason="the peak of a process is read from /proc")
@servers("aiohttp")
@pytest.mark.parametrize(
    ("coding", "how", "got"),
    [
        ("gzip", "limit", 0),
        ("zstd,gzip", "limit", 0),
        ("gzip", "ratio", 0),
        ("gzip", "a little", 1000),
        ("br", "a little", 1000),
        ("zstd", "a little", 1000),
        ("gzip", "stream", 40 << 20),
    ],
)
def test_reading_a_little_inflates_little(server: Server, coding: str, how: str, got: int) -> None:
    arguments = [server.url(f"/coded/{coding}"), server.url(f"/bomb/{coding}/40"), how]
    command = [sys.executable, "-c", BOMB, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.stderr == ""
    read, growth = map(int, done.stdout.split())
    assert read == got
    assert growth < 8 * 1024  # KiB


@servers("aiohttp")
@pytest.mark.parametrize("status", [302, 503])
def test_the_body_of_a_response_that_is_not_read_is_not_drained_for_ever(
    server: Server, session: client.Session, status: int
) -> None:
    url = server.url(f"/endless/{status}")
    if status == 302:
        response = session.get(url, params={"Location": "/bytes/10"}, timeout=Timeouts(total=8), stream=True)
        assert response.content == pattern(10)
    else:
        retry = Retry(1, raise_on_status=False)
        response = session.get(url, params={"Retry-After": "0"}, retries=retry, timeout=Timeouts(total=8), stream=True)
        assert [attempt.status for attempt in response.raw.retries.history] == [503]
        response.close()
    endless = session.get(server.url("/seen")).json()[-1]
    assert endless["size"] < 20_000_000  # what fits into the system's buffers


@servers("aiohttp")
@pytest.mark.parametrize(("size", "kept"), [(1000, True), (60_000, True), (3_000_000, False)])
def test_draining_saves_a_connection_if_little_is_left(
    server: Server, session: client.Session, size: int, kept: bool
) -> None:
    response = session.get(server.url(f"/bytes/{size}"), stream=True)
    assert response.connection_info is not None
    response.raw.drain_conn()
    again = session.get(server.url("/bytes/1"))
    assert again.connection_info is not None
    assert (again.connection_info.number == response.connection_info.number) == kept


# -- beside the body ---------------------------------------------------------------------------------------------------


@servers("h11")
def test_early_hints_come_before_the_response(server: Server, session: client.Session) -> None:
    told: list[Any] = []
    response = session.get(server.url("/hints/3"), on_informational=told.append)
    assert response.text == "ok"
    assert [hint.headers["Link"] for hint in told] == [f"</{number}.css>; rel=preload" for number in range(3)]
    assert response.informational == told
    assert {hint.status_code for hint in told} == {103}
    assert session.get(server.url("/hints/0")).informational == []


@servers("h11")
def test_trailers_come_behind_the_body(server: Server, session: client.Session) -> None:
    response = session.get(server.url("/trailers"))
    assert response.text == "piece 0;piece 1;piece 2;"
    assert dict(response.trailers) == {"X-Sum": "27", "X-Time": "12 ms"}
    streamed = session.get(server.url("/trailers"), stream=True)
    assert b"".join(streamed.iter_content(5)) == response.content
    assert streamed.trailers["x-sum"] == "27"


@servers("h11")
def test_after_a_switch_the_socket_is_the_programs(server: H11Server, session: client.Session) -> None:
    upgrade = {"Upgrade": "echo", "Connection": "Upgrade"}
    response = session.get(server.url("/switch"), headers=upgrade, stream=True)
    assert response.status_code == 101
    sock, early = response.raw.detach_socket()
    with sock:
        while len(early) < 5:
            early += sock.recv(100)
        sock.sendall(b"ping")
        assert (early, sock.recv(100)) == (b"hello", b"ping")
        port = sock.getsockname()[1]
    server.wait_over(port)


@servers("aiohttp")
def test_a_websocket_of_aiohttp_is_opened_and_used(server: Server, session: client.Session) -> None:
    handshake = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    response = session.get(server.url("/socket"), headers=handshake, stream=True)
    assert response.status_code == 101
    assert response.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455 section 1.3
    sock, received = response.raw.detach_socket()
    with sock:
        sock.settimeout(5)
        mask = b"\x01\x02\x03\x04"
        text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(b"hello"))
        sock.sendall(b"\x81\x85" + mask + text)
        while len(received) < 7:
            received += sock.recv(100)
    assert received == b"\x81\x05olleh"

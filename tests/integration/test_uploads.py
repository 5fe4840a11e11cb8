"""What goes out: long forms, files that the system sends, trailers."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from support.messages import response
from support.scripted import Peer, close, receive, receive_bytes, receive_head, send, wait_for
from support.servers import EchoServer, tls_echo_server

SIZE = 3 << 20
OK = response("ok")


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def parts_of(request: Any) -> dict[str, bytes]:
    """What a form holds, by the name of the part, told by another parser than ours."""
    head = b"Content-Type: " + request.get("Content-Type").encode() + b"\r\n\r\n"
    message = BytesParser().parsebytes(head + request.payload)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in message.get_payload()
    }


def test_a_long_form_arrives_whole_with_its_exact_length(big: Path) -> None:
    with EchoServer() as server, big.open("rb") as file:
        response = client.post(server.url("/"), files={"f": file, "g": ("g.txt", "small")}, data={"a": "b"}, timeout=10)
        assert response.status_code == 200
        request = server.requests[0]
        assert int(request.get("Content-Length")) == len(request.body) == response.request.body.len
        assert request.get("Transfer-Encoding") is None
        assert parts_of(request) == {"a": b"b", "f": big.read_bytes(), "g": b"small"}


def test_a_long_form_of_unknown_length_goes_in_chunks() -> None:
    class Endless:
        left = SIZE

        def read(self, size: int = -1) -> bytes:
            taken = min(size, self.left)
            self.left -= taken
            return b"p" * taken

    with EchoServer() as server:
        client.post(server.url("/"), files={"f": Endless()}, timeout=10)
        request = server.requests[0]
        assert request.get("Transfer-Encoding") == "chunked"
        assert request.get("Content-Length") is None
        assert parts_of(request) == {"f": b"p" * SIZE}


def test_a_long_form_is_sent_again_on_redirects_and_retries(big: Path) -> None:
    moved = response("", 307, "Temporary Redirect", [("Location", "/next")])
    busy = response("", 503, "Busy", [("Retry-After", "0")])
    steps = [step for received in (moved, busy, OK) for step in (receive(), send(received))]
    with Peer(steps) as peer, big.open("rb") as file:
        retries = client.Retry(1, status_forcelist=[503], allowed_methods=None)
        assert client.post(peer.url("/"), files={"f": file}, retries=retries, timeout=10).text == "ok"
        assert [parts_of(request)["f"] == big.read_bytes() for request in peer.requests] == [True, True, True]


def test_a_form_that_cannot_be_read_again_is_not_redirected_with_half_of_it() -> None:
    moved = response("", 307, "Temporary Redirect", [("Location", "/next")])
    with Peer([receive(), send(moved)]) as peer, pytest.raises(client.RequestException) as caught:
        client.post(peer.url("/"), files={"f": Pipe(b"x" * SIZE)}, timeout=10)
    assert type(caught.value).__name__ == "UnrewindableBodyError"


class Pipe(io.RawIOBase):
    """Reads, and cannot go back."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._content.read(size)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("wrap", [lambda file: file, lambda file: {"f": file}])
def test_a_file_arrives_whole_and_stands_at_its_end(big: Path, secure: bool, wrap: Callable[[Any], Any]) -> None:
    server = tls_echo_server() if secure else EchoServer()
    with server, big.open("rb") as file:
        file.seek(5)
        sent: list[Any] = []
        body = wrap(file)
        kind: dict[str, Any] = {"files": body} if isinstance(body, dict) else {"data": body}
        client.post(server.url("/"), **kind, on_upload=lambda *told: sent.append(told), verify=False, timeout=10)
        request = server.requests[0]
        received = parts_of(request)["f"] if "files" in kind else request.body
        assert hashlib.sha256(received).digest() == hashlib.sha256(big.read_bytes()[5:]).digest()
        assert file.tell() == SIZE
        assert sent[-1] == (len(request.body), len(request.body))


def test_the_system_sends_files_over_plain_sockets_and_only_there(big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    sendfile = os.sendfile

    def counted(*arguments: int) -> int:
        told.append(sendfile(*arguments))
        return told[-1]

    monkeypatch.setattr(os, "sendfile", counted)
    with EchoServer() as server, big.open("rb") as file:
        client.post(server.url("/"), data=file, timeout=10)
    assert sum(told) == SIZE
    told.clear()
    with tls_echo_server() as server, big.open("rb") as file:
        client.post(server.url("/"), data=file, verify=False, timeout=10)
    with EchoServer() as server, big.open("rb") as file:
        client.post(server.url("/"), data=(line for line in file), timeout=10)
    assert told == []


def test_a_file_system_that_cannot_is_read(big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*arguments: int) -> int:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "sendfile", cannot)
    with EchoServer() as server, big.open("rb") as file:
        client.post(server.url("/"), data=file, timeout=10)
        assert server.requests[0].body == big.read_bytes()


@pytest.mark.parametrize("form", [False, True])
def test_a_file_that_shrinks_on_the_way_is_an_error_and_ends_the_connection(big: Path, form: bool) -> None:
    def shrink(sent: int, total: int | None) -> None:
        os.truncate(big, 1 << 20)

    with Peer([receive_head(), receive_bytes(None)]) as peer, big.open("rb") as file:
        kind: dict[str, Any] = {"files": {"f": file}} if form else {"data": file}
        with pytest.raises(client.ConnectionError, match="ended .* bytes before the size it had"):
            client.post(peer.url("/"), **kind, on_upload=shrink, timeout=10)
        peer.wait_gone()


def test_a_response_on_the_way_ends_the_sending_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    refused = threading.Event()
    script = [receive_head(), send(response("no", 413, "Content Too Large", [("Connection", "close")])),
              wait_for(refused), close()]  # fmt: skip
    for kind in ("data", "files"):
        refused.clear()
        with Peer(script) as peer, path.open("rb") as file:
            body: Any = file if kind == "data" else {"f": file}
            assert client.post(peer.url("/"), **{kind: body}, timeout=10).status_code == 413
            refused.set()
            assert file.tell() < 1 << 30


def test_a_complete_response_ends_the_sending_and_a_begun_one_does_not(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 26)
    done = threading.Event()
    counted: list[int] = []
    script = [receive_head(), send(OK), wait_for(done), close()]
    with Peer(script) as peer, path.open("rb") as file:
        assert client.post(peer.url("/"), data=file, timeout=10).text == "ok"
        done.set()
        assert file.tell() < 1 << 26
    script = [receive_head(), send(OK[:-1]), count_body(counted), send(OK[-1:])]
    with Peer(script) as peer, path.open("rb") as file:
        assert client.post(peer.url("/"), data=file, timeout=10).text == "ok"
    assert counted == [1 << 26]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory in bytes is Linux's VmHWM")
def test_a_form_of_a_gigabyte_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    program = f"""
import httpcore_lite as client, re, sys
session = client.Session()
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
def post(path):
    with open(path, "rb") as file:
        return session.post(sys.argv[1], files={{"f": file}}, timeout=30)
post({__file__!r})
before = peak()
response = post({str(path)!r})
print(peak() - before, response.text)
"""
    counted: list[int] = []
    with Peer([receive(), send(OK), receive_head(), count_body(counted), send(OK)]) as peer:
        out = subprocess.run(
            [sys.executable, "-c", program, peer.url("/")], capture_output=True, text=True, timeout=60, check=True
        )
    growth, text = out.stdout.split()
    assert text == "ok"
    assert counted[0] > 1 << 30
    assert int(growth) < 8 << 10


def count_body(counted: list[int]) -> Callable[[Any], None]:
    """A step that reads a body and keeps nothing but how long it was."""

    def step(talk: Any) -> None:
        left = length = int(talk.request.get("Content-Length"))
        left -= len(talk.reader.buffer) if hasattr(talk.reader, "buffer") else 0
        while left > 0:
            data = talk.sock.recv(1 << 20)
            if not data:
                break
            left -= len(data)
        counted.append(length - max(0, left))

    return step


# -- trailers ----------------------------------------------------------------------------------------------------------


def raw_request(body: Any, **options: Any) -> bytes:
    """What goes over the wire for a POST, up to the end of its trailers."""
    seen: list[bytes] = []

    def until_the_end(talk: Any) -> None:
        data = b""
        while not data.endswith(b"\r\n\r\n") or data.count(b"\r\n\r\n") < 2:
            data += talk.sock.recv(65536)
        seen.append(data)

    with Peer([until_the_end, send(OK)]) as peer:
        assert client.post(peer.url("/"), data=body, timeout=5, **options).text == "ok"
    return seen[0]


@pytest.mark.parametrize("body", [b"12345", iter([b"123", b"45"]), io.BytesIO(b"12345")])
def test_trailers_follow_the_body_and_are_announced(body: Any) -> None:
    sent = raw_request(body, trailers={"X-Digest": "abc", "X-None": None})
    head, _, rest = sent.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert b"Trailer: X-Digest" in head
    assert b"Content-Length" not in head
    assert rest.endswith(b"0\r\nX-Digest: abc\r\n\r\n")


def test_trailers_may_be_worked_out_while_the_body_is_sent() -> None:
    digest = hashlib.sha256()

    def body() -> Any:
        for piece in (b"one", b"two"):
            digest.update(piece)
            yield piece

    sent = raw_request(body(), trailers=lambda: [("X-Digest", digest.hexdigest())])
    assert sent.endswith(b"\r\nX-Digest: " + hashlib.sha256(b"onetwo").hexdigest().encode() + b"\r\n\r\n")


@pytest.mark.parametrize(
    "trailers",
    [{"Content-Length": "1"}, {"transfer-encoding": "x"}, {"Host": "x"}, {"Authorization": "x"}, {"a b": "x"},
     {"X": "a\r\nb"}, {"X": "\u65e5"}, [("Trailer", "x")]],
)  # fmt: skip
def test_what_cannot_stand_behind_a_body_is_refused_before_a_byte_is_sent(trailers: Any) -> None:
    with Peer([receive_head(), receive_bytes(None)]) as peer:
        with pytest.raises(client.exceptions.InvalidHeader):
            client.post(peer.url("/"), data=b"12", trailers=trailers, timeout=5)
        assert peer.requests == []
        with pytest.raises(client.exceptions.InvalidHeader):
            client.post(peer.url("/"), data=iter([b"12"]), trailers=lambda: trailers, timeout=5)


def test_without_a_body_there_are_no_trailers() -> None:
    with EchoServer() as server:
        client.get(server.url("/"), trailers={"X": "y"}, timeout=5)
        client.post(server.url("/"), trailers={"X": "y"}, timeout=5)
        assert [request.get("Transfer-Encoding") for request in server.requests] == [None, None]


@pytest.mark.parametrize("value", ["X: y", 3, True])
def test_trailers_that_make_no_sense_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="trailers= takes"):
        client.Session(trailers=value)

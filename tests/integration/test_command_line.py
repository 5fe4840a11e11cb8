"""The command line with real servers, real faults, and a real terminal."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite
from httpcore_lite import cli
from httpcore_lite.client import failures, progress
from httpcore_lite.client.command import exit_codes
from httpcore_lite.client.command.parsing import parse
from httpcore_lite.client.command.saving import Target
from httpcore_lite.urllib3_api.util import pausing
from support import certificates
from support.certificates import mutual_context
from support.messages import chunked_response, response
from support.scripted import (
    Peer,
    close,
    closed_port,
    notify,
    receive,
    receive_head,
    reset,
    send,
    stall,
)
from support.servers import EchoServer, ProxyServer, tls_echo_server

Captured = pytest.CaptureFixture[bytes]
ROOT = Path(httpcore_lite.__file__).parent.parent
COMMAND = [sys.executable, "-m", "httpcore_lite"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "100", **more}


def call(capfdbinary: Captured, *words: str) -> tuple[int, bytes, str]:
    """Run the command line in this process: exit code, standard output, standard error."""
    code = cli.main(words)
    out, err = capfdbinary.readouterr()
    return code, out, err.decode()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory inside of another one."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses that would be made; time goes by as they say."""
    made: list[float] = []
    start = pausing.now()
    monkeypatch.setattr(pausing, "pause", lambda seconds, sleep=None: made.append(seconds))
    monkeypatch.setattr(pausing, "now", lambda: start + sum(made))
    return made


# -- exit codes that curl's test does not have -------------------------------------------------------------------------


def test_a_full_disk_is_23(capfdbinary: Captured) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    with EchoServer() as server:
        code, _, err = call(capfdbinary, "-o", "/dev/full", server.url("/bytes/100000"))
    assert (code, err) == (23, "httpcore-lite: Is there room, and may it be written? No space left on device\n")


def closed_or_full(descriptor: int, file: str, *words: str) -> tuple[int, bytes, bytes]:
    """Run the command line with one of its descriptors closed, or on another file: exit code, output, errors."""

    def change() -> None:
        os.close(descriptor)
        if file:
            assert os.open(file, os.O_RDWR) == descriptor
            os.set_inheritable(descriptor, True)

    done = subprocess.run([*COMMAND, *words], capture_output=True, timeout=30, env=environment(), preexec_fn=change)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_what_cannot_be_written_is_one_line_and_never_a_traceback() -> None:
    with EchoServer() as server:
        url = server.url("/bytes/3")
        closed = b"httpcore-lite: -o FILE saves the body: standard output is closed\n"
        for words in (["-o", "-"], ["-o", os.devnull, "-w", "x"], ["-o", os.devnull, "-c", "-"]):
            assert closed_or_full(1, "", *words, url) == (23, b"", closed), words
        assert closed_or_full(2, "/dev/full", "-v", url) == (0, b"\0\1\2", b"")
        assert closed_or_full(2, "/dev/full", f"http://127.0.0.1:{closed_port()}/")[0] == 7
        assert closed_or_full(2, "/dev/full", "--nonsense")[0] == 2
    full = b"httpcore-lite: Is there room, and may it be written? No space left on device\n"
    for word in ("--help", "--version"):
        assert closed_or_full(1, "/dev/full", word) == (23, b"", full)


@pytest.mark.skipif(os.name == "nt", reason="descriptors are closed as on Unix")
def test_standard_input_that_cannot_be_read_is_26() -> None:
    with EchoServer() as server:
        for words in (["-T", "-"], ["-d", "@-"]):
            code, _, err = closed_or_full(0, "", *words, server.url("/"))
            assert (code, err) == (26, b"httpcore-lite: Is the path right? Bad file descriptor: -\n")
        assert not server.requests


def test_an_upload_that_the_server_breaks_off_is_55(capfdbinary: Captured, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(40_000_000))
    with Peer([receive_head(), reset()]) as peer:
        code, _, err = call(capfdbinary, "-T", str(tmp_path / "large"), "-H", "Expect:", peer.url("/"))
    assert (code, err.count("\n")) == (55, 1), err


def test_a_socks_proxy_that_refuses_is_97(capfdbinary: Captured) -> None:
    with Peer([send(b"\x05\xff"), close()]) as peer:
        code, _, err = call(capfdbinary, "-x", f"socks5h://{peer.address}", "http://example.org/")
    assert (code, err.count("\n")) == (97, 1)
    assert err.startswith("httpcore-lite: Is -x right, and -U? ")


def test_tls_with_a_proxy_has_the_exit_codes_of_tls(capfdbinary: Captured) -> None:
    with (
        EchoServer() as server,
        ProxyServer(tls=certificates.server_context()) as proxy,
        Peer([send(b"HTTP/1.1 400 No\r\n\r\n"), close()]) as plain,
    ):
        words = ["-x", proxy.url(), server.url("/bytes/1")]
        assert call(capfdbinary, "--cacert", certificates.ca_path(), *words)[:2] == (0, b"\0")
        code, _, err = call(capfdbinary, "--cacert", certificates.other_ca_path(), *words)
        assert code == 60
        assert err.startswith(
            "httpcore-lite: --cacert FILE names the authority to trust, -k trusts any: that of the proxy"
        )
        code, _, err = call(capfdbinary, "-x", plain.url(scheme="https"), server.url("/"))
        assert (code, err.count("\n")) == (35, 1), err


@pytest.mark.parametrize(
    "words", ["CA certificate", "client certificate", "SOCKS no password was given", "doesn't match"]
)
def test_what_a_server_says_is_not_taken_for_our_own_words(capfdbinary: Captured, words: str) -> None:
    with Peer(
        [receive(), send(b"HTTP/1.1 200 OK\r\nContent-Length: " + words.encode() + b"\r\n\r\n"), close()]
    ) as peer:
        assert call(capfdbinary, peer.url(f"/{words}"))[0] == 8
    with tls_echo_server() as server:
        assert call(capfdbinary, server.url(f"/{words}"))[0] == 60


def test_a_wrong_fingerprint_is_60_and_the_right_one_is_enough(capfdbinary: Captured) -> None:
    with tls_echo_server() as server:
        code, _, err = call(capfdbinary, "-k", "--fingerprint", "ab" * 32, server.url("/"))
        assert code == 60
        assert err == f"httpcore-lite: Is --fingerprint right? {server.address} has another certificate\n"
        found = re.search(r'got "(\w{64})"', call(capfdbinary, "-vk", "--fingerprint", "ab" * 32, server.url("/"))[2])
        assert found is not None
        assert call(capfdbinary, "-k", "--fingerprint", found[1], server.url("/bytes/1"))[:2] == (0, b"\0")


def test_a_client_certificate_that_is_wanted_is_asked_for(capfdbinary: Captured) -> None:
    ca, (cert, key) = certificates.ca_path(), certificates.client_certificate()
    with EchoServer(tls=mutual_context()) as server:
        code, _, err = call(capfdbinary, "--cacert", ca, server.url("/"))
        assert code in (35, 56)
        assert "--cert" in err
        words = ["--cacert", ca, "--cert", cert, "--key", key]
        assert call(capfdbinary, *words, server.url("/bytes/1"))[:2] == (0, b"\0")


def test_an_interrupt_is_130_and_says_nothing() -> None:
    waits = threading.Event()
    with Peer([receive(), notify(waits), stall()]) as peer:
        with subprocess.Popen([*COMMAND, peer.url("/")], stderr=subprocess.PIPE, env=environment()) as process:
            assert waits.wait(20)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            assert process.stderr.read() == b""
            assert process.wait(20) == 130


@pytest.mark.parametrize(
    "words",
    [
        ["http://user:hidden@127.0.0.1:{}/?token=hidden"],
        ["-u", "user:hidden", "http://127.0.0.1:{}/", "X-Token:hidden"],
        ["-x", "http://user:hidden@127.0.0.1:{}", "http://example.org/"],
        ["-x", "ftp://user:hidden@127.0.0.1:{}", "http://example.org/"],
        ["http//user:hidden@127.0.0.1:{}/"],
    ],
)
def test_no_error_shows_a_secret_nor_does_v(capfdbinary: Captured, words: list[str]) -> None:
    code, _, err = call(capfdbinary, "-v", *[word.format(closed_port()) for word in words])
    assert code
    assert "hidden" not in err


def test_an_error_shows_control_characters_of_the_server(capfdbinary: Captured) -> None:
    with Peer([receive(), send(b"HTTP/1.1 404 \x1b[31mNo\x9b\r\nContent-Length: 0\r\n\r\n"), close()]) as peer:
        code, _, err = call(capfdbinary, "-vf", peer.url("/"))
    assert code == 22
    assert "responded 404 \\x1b[31mNo\\x9b\n" in err
    assert "\x1b" not in err and "\x9b" not in err


def test_v_shows_the_whole_chain_of_an_error(capfdbinary: Captured) -> None:
    port = closed_port()
    lines = call(capfdbinary, "-v", f"http://127.0.0.1:{port}/")[2].splitlines()
    assert lines[0] == "* 127.0.0.1 is at 127.0.0.1"
    assert lines[1].startswith("httpcore-lite: Is the server running")
    assert lines[2].startswith("* ConnectionError: ")
    assert lines[-1].startswith("* caused by ConnectionRefusedError: ")
    assert call(capfdbinary, "-s", f"http://127.0.0.1:{port}/")[2] == ""
    assert call(capfdbinary, "-sS", f"http://127.0.0.1:{port}/")[2].count("\n") == 1


def test_hints_speak_of_options_and_never_of_python() -> None:
    assert exit_codes._TLS.keys() == failures._TLS.keys() == set(failures._FAULTS.values())
    values = list(exit_codes._TLS.values())
    values += [text for _, text in exit_codes._CLASSES.values()]
    source = Path(exit_codes.__file__).read_text(encoding="utf-8")
    values += re.findall(r'return \d+, f?"([^"]+)"', source)
    assert len(values) > 40
    for text in values:
        said = text.replace("{place}", "www.example.org:8443").replace("{seconds}", "60 s").replace("{peer}", "server")
        assert len(exit_codes.line(said)) < exit_codes.MAX_LINE, said
        assert not re.search(r"\w=|Session|\(\)|None|True|False", said), said


# -- files: where they are written, and where not ----------------------------------------------------------------------

NAMED = {
    "/a/report.pdf": (None, "report.pdf"),
    "/": (None, "download"),
    "/..%2f..%2fevil": (None, "evil"),
    "/x": ('attachment; filename="../../evil"', "evil"),
    "/y": ("attachment; filename=/etc/passwd", "passwd"),
    "/z": (r'attachment; filename="..\\..\\evil2"', "evil2"),
    "/.bashrc": (None, "bashrc"),
    "/w": ("attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt", "grüße.txt"),
}


@pytest.mark.parametrize("path", NAMED)
def test_a_file_is_named_by_the_url_or_the_server_and_stays_in_this_directory(
    capfdbinary: Captured, here: Path, path: str
) -> None:
    disposition, name = NAMED[path]
    fields = [("Content-Disposition", disposition)] if disposition else []
    with Peer([receive(), send(response("content", headers=fields)), close()]) as peer:
        code, out, err = call(capfdbinary, "-OJ" if disposition else "-O", peer.url(path))
    assert (code, out, err) == (0, b"", "")
    assert [each.name for each in here.iterdir()] == [name]
    assert [each.name for each in here.parent.iterdir()] == ["here"]
    assert (here / name).read_text() == "content"


def test_a_file_that_is_there_is_never_written_over_nor_a_link_followed(capfdbinary: Captured, here: Path) -> None:
    (here / "file").write_text("mine")
    (here.parent / "outside").write_text("mine")
    (here / "link").symlink_to(here.parent / "outside")
    (here / "dangling").symlink_to(here.parent / "new")
    for name in ("file", "link", "dangling"):
        fields = [("Content-Disposition", f"attachment; filename={name}")]
        with EchoServer(lambda request, fields=fields: response("theirs", headers=fields)) as server:  # type: ignore[misc]
            for words in (["-O", server.url(f"/{name}")], ["-OJ", server.url("/x")]):
                code, _, err = call(capfdbinary, *words)
                assert code == 23
                assert err == (
                    f"httpcore-lite: -o {name} writes over it, -C - -O goes on with it: {name} is there already\n"
                )
    with EchoServer() as server:
        assert call(capfdbinary, "-C", "-", "-O", server.url("/link"))[0] == 23
    assert (here / "file").read_text() == (here.parent / "outside").read_text() == "mine"
    assert not (here.parent / "new").exists()


def test_cookies_come_back_byte_by_byte_and_the_file_is_read_before_it_is_written(
    capfdbinary: Captured, here: Path
) -> None:
    fields = [("Set-Cookie", "a=gr\xfc\xdfe; Path=/"), ("Set-Cookie", "b=1; Path=/")]
    with EchoServer(lambda request: response("", headers=fields)) as server:
        for _ in range(2):
            assert call(capfdbinary, "-b", "jar", "-c", "jar", server.url("/"))[0] == 0
        assert (server.requests[0].get("Cookie"), server.requests[1].get("Cookie")) == (None, "a=gr\xfc\xdfe; b=1")
        code, out, _ = call(capfdbinary, "-c", "-", server.url("/"))
    assert out.endswith((here / "jar").read_bytes())


def test_a_failed_request_leaves_no_file(capfdbinary: Captured, here: Path) -> None:
    with EchoServer() as server:
        assert call(capfdbinary, "-f", "-O", server.url("/status/404"))[0] == 22
    assert call(capfdbinary, "-o", "file", f"http://127.0.0.1:{closed_port()}/")[0] == 7
    assert list(here.iterdir()) == []


def part_of(request: object) -> bytes:
    """A server of 100 bytes that knows ranges."""
    start = int((request.get("Range") or "bytes=0-")[6:-1])  # type: ignore[attr-defined]
    if start >= 100:
        return response("no", 416, "No", {"Content-Range": "bytes */100"})
    body = bytes(range(start, 100))
    return response(body, 206 if start else 200, "OK", {"Content-Range": f"bytes {start}-99/100"} if start else {})


@pytest.mark.parametrize("name", ["-O", "-o"])
@pytest.mark.parametrize("size", [None, 0, 40, 100])
def test_c_goes_on_where_the_file_ends(capfdbinary: Captured, here: Path, name: str, size: int | None) -> None:
    if size is not None:
        (here / "file").write_bytes(bytes(range(size)))
    words = [name] if name == "-O" else ["-o", "file"]
    with EchoServer(part_of) as server:
        code, _, err = call(capfdbinary, "-C", "-", *words, server.url("/file"))
        sent = server.requests[0]
    assert (code, err) == (0, "")
    assert (here / "file").read_bytes() == bytes(range(100))
    assert sent.get("Range") == (f"bytes={size}-" if size else None)
    assert sent.get("Accept-Encoding") == "identity"


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (206, {"Content-Range": "bytes 0-99/100"}),
        (206, {"Content-Range": "bytes 41-99/100"}),
        (206, {}),
        (200, {}),
        (416, {"Content-Range": "bytes */30"}),
        (404, {}),
        (206, {"Content-Range": "bytes 4-99/100"}),
        (206, {"Content-Range": "bytes 40-99/100", "Content-Encoding": "gzip"}),
    ],
)
def test_c_is_33_where_the_server_does_not_go_on_there(
    capfdbinary: Captured, here: Path, status: int, fields: dict[str, str]
) -> None:
    (here / "file").write_bytes(bytes(range(40)))
    with Peer([receive(), send(response(bytes(60), status, "Odd", fields)), close()]) as peer:
        code, _, err = call(capfdbinary, "-C", "-", "-o", "file", peer.url("/"))
    assert (code, err.count("\n")) == (33, 1)
    assert (here / "file").read_bytes() == bytes(range(40))


def test_a_file_that_is_whole_already_is_no_failure_with_f(capfdbinary: Captured, here: Path) -> None:
    (here / "file").write_bytes(bytes(range(100)))
    with EchoServer(part_of) as server:
        for fail in ("-f", "--fail-with-body"):
            assert call(capfdbinary, fail, "-C", "-", "-o", "file", server.url("/")) == (0, b"", "")
    assert (here / "file").read_bytes() == bytes(range(100))


def test_har_is_written_of_a_failure_too(capfdbinary: Captured, here: Path) -> None:
    with EchoServer() as server:
        assert call(capfdbinary, "--har", "har", "--max-redirs", "2", server.url("/loop"))[0] == 47
        assert [each["response"]["status"] for each in entries(here / "har")] == [302] * 3
    assert call(capfdbinary, "--har", "har", f"http://127.0.0.1:{closed_port()}/")[0] == 7
    assert entries(here / "har") == []


def entries(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["log"]["entries"]
    return found


def test_files_with_cookies_and_har_are_for_their_owner_alone(capfdbinary: Captured, here: Path) -> None:
    with EchoServer() as server:
        words = ["-c", "jar", "--har", "har", "-u", "me:hidden", server.url("/cookies/set?session=hidden")]
        assert call(capfdbinary, *words)[0] == 0
    assert [oct(each.stat().st_mode & 0o777) for each in (here / "jar", here / "har")] == ["0o600", "0o600"]
    assert "hidden" in (here / "jar").read_text()
    text = (here / "har").read_text()
    assert "hidden" not in text
    assert json.loads(text)["log"]["entries"][0]["response"]["content"]["text"] == "set"


# -- standard input, times, tries --------------------------------------------------------------------------------------


def test_standard_input_is_read_only_where_it_is_named() -> None:
    # A pipe that nothing is written to, and that is never closed: what reads it waits for ever.
    ours, theirs = os.pipe()
    try:
        with EchoServer() as server:
            for words in ([server.url("/bytes/1")], [server.url("/"), "a=1"], ["POST", server.url("/")]):
                done = subprocess.run(
                    [*COMMAND, *words], stdin=ours, capture_output=True, timeout=30, env=environment()
                )
                assert done.returncode == 0
            assert [request.payload for request in server.requests] == [b"", b'{"a": "1"}', b""]
            done = subprocess.run(
                [*COMMAND, "-T", "-", server.url("/")],
                input=b"text",
                capture_output=True,
                timeout=30,
                env=environment(),
            )
            assert server.requests[-1].payload == b"text"
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_stream_that_had_to_be_sent_twice_is_65(capfdbinary: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"text")))
    with EchoServer() as server:
        code, _, err = call(capfdbinary, "-T", "-", server.url("/redirect/307?to=/here"))
        assert (code, err.count("\n")) == (65, 1), err
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"text")))
        assert call(capfdbinary, "-d", "@-", server.url("/redirect/307?to=/here"))[0] == 0
        assert server.requests[-1].payload == b"text"


def test_retry_pauses_as_curl_does_and_shows_the_last_response(capfdbinary: Captured, pauses: list[float]) -> None:
    with EchoServer(lambda request: response("later", 503, "Busy")) as server:
        code, out, err = call(capfdbinary, "--retry", "3", "-d", "a=1", server.url("/"))
        assert (code, out, pauses) == (0, b"later", [1.0, 2.0, 4.0])
        assert err.splitlines() == ["httpcore-lite: trying again after status 503"] * 3
        assert len(server.requests) == 4
        assert call(capfdbinary, "-sf", "--retry", "9", "--retry-max-time", "5", server.url("/"))[0] == 22
        assert pauses[3:] == [1.0, 2.0, 4.0]
    with EchoServer(lambda request: response("no", 404, "No")) as server:
        assert call(capfdbinary, "--retry", "3", server.url("/"))[1] == b"no"
    with EchoServer(lambda request: response("no", 429, "Slow", {"Retry-After": "7"})) as server:
        assert call(capfdbinary, "-s", "--retry", "1", server.url("/"))[1] == b"no"
    assert pauses[6:] == [7.0]


def test_retry_tries_after_a_timeout_and_not_after_a_refusal(capfdbinary: Captured, pauses: list[float]) -> None:
    assert call(capfdbinary, "--retry", "2", f"http://127.0.0.1:{closed_port()}/")[0] == 7
    assert pauses == []
    with Peer([receive(), stall()], [receive(), send(response("there")), close()]) as peer:
        code, out, err = call(capfdbinary, "--retry", "2", "--timeout", "0.2", peer.url("/"))
    assert (code, out, pauses) == (0, b"there", [1.0])
    assert err.startswith("httpcore-lite: trying again after ")


@pytest.mark.parametrize("words", [["-o", "file"], ["-O"], ["-C", "-", "-o", "half"], ["-C", "-", "-O"]], ids=" ".join)
def test_retry_begins_a_body_anew_in_a_file_and_never_on_a_pipe(
    capfdbinary: Captured, here: Path, pauses: list[float], words: list[str]
) -> None:
    body = bytes(range(100))
    name = "half" if "-C" in words else "file"
    start = 40 if "-C" in words else 0
    fields = {"Content-Range": "bytes 40-99/100"} if start else {}
    whole = response(body[start:], 206 if start else 200, "OK", fields)
    if start:
        (here / name).write_bytes(body[:start])
    script = [receive(), send(whole[:-7]), stall()], [receive(), send(whole), close()]
    with Peer(*script) as peer:
        assert call(capfdbinary, "-sS", "--retry", "2", "--timeout", "0.3", *words, peer.url(f"/{name}")) == (
            0,
            b"",
            "",
        )
        assert {request.get("Range") for request in peer.requests} == {f"bytes={start}-" if start else None}
    assert ((here / name).read_bytes(), pauses) == (body, [1.0])
    with Peer(*script) as peer:
        code, out, _ = call(capfdbinary, "-sS", "--retry", "2", "--timeout", "0.3", peer.url("/"))
        assert (code, out, len(peer.requests)) == (28, body[start:-7], 1)


def test_max_time_is_for_each_attempt_as_with_curl(capfdbinary: Captured, pauses: list[float]) -> None:
    with Peer([receive(), stall()], [receive(), send(response("there")), close()]) as peer:
        assert call(capfdbinary, "-s", "--retry", "1", "-m", "0.3", peer.url("/"))[:2] == (0, b"there")
    assert pauses == [1.0]


@pytest.mark.parametrize("way", ["-T", "-F", "item"])
def test_retry_sends_a_file_whole_once_more_and_a_stream_never(
    capfdbinary: Captured, here: Path, pauses: list[float], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "file").write_bytes(b"content" * 10_000)
    words = {"-T": ["-T", "file"], "-F": ["-F", "a=@file"], "item": []}[way]
    items = ["a@file"] if way == "item" else []
    with EchoServer(lambda request: response("later", 503, "Busy")) as server:
        assert call(capfdbinary, "-s", "--retry", "1", *words, server.url("/x"), *items)[:2] == (0, b"later")
        assert [b"content" * 10_000 in request.payload for request in server.requests] == [True, True]
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"text")))
        code, out, err = call(capfdbinary, "--retry", "1", "-T", "-", server.url("/x"))
        assert (code, out, err.count("\n"), len(server.requests)) == (65, b"", 1, 3)


@pytest.mark.parametrize(("said", "made"), [("soon", [1.0]), ("-7", [1.0]), ("0", [1.0]), ("30", [])])
def test_retry_after_is_obeyed_where_it_makes_sense_and_fits(
    capfdbinary: Captured, pauses: list[float], said: str, made: list[float]
) -> None:
    with EchoServer(lambda request: response("no", 429, "Slow", {"Retry-After": said})) as server:
        words = ["--retry", "1", "--retry-max-time", "20", server.url("/")]
        assert call(capfdbinary, "-s", *words) == (0, b"no", "")
    assert pauses == made


def test_a_password_is_never_read_from_standard_input() -> None:
    command = [*COMMAND, "-u", "me", f"http://127.0.0.1:{closed_port()}/"]
    done = subprocess.run(
        command, input=b"hidden", capture_output=True, timeout=30, env=environment(), start_new_session=True
    )
    assert (done.returncode, done.stdout) == (2, b"")
    said = b"httpcore-lite: write the password behind a colon, -u USER:PASSWORD: there is no terminal"
    assert done.stderr.splitlines() == [said]


def test_limit_rate_slows_both_directions(capfdbinary: Captured, tmp_path: Path, pauses: list[float]) -> None:
    (tmp_path / "file").write_bytes(bytes(50_000))
    with EchoServer() as server:
        assert len(call(capfdbinary, "--limit-rate", "10000", server.url("/bytes/50000"))[1]) == 50_000
        assert sum(pauses) == pytest.approx(5.0)
        assert max(pauses) < 1
        pauses.clear()
        words = ["--limit-rate", "1000000", "-T", str(tmp_path / "file"), "-o", os.devnull, server.url("/status/204")]
        assert call(capfdbinary, *words)[0] == 0
    assert sum(pauses) == pytest.approx(0.05)


def test_max_time_ends_what_limit_rate_makes_slow(capfdbinary: Captured, tmp_path: Path, pauses: list[float]) -> None:
    (tmp_path / "file").write_bytes(bytes(50_000))
    said = "httpcore-lite: -m or --limit-rate allows more: it took more than 2 s in all\n"
    with EchoServer() as server:
        for words in ([server.url("/bytes/50000")], ["-T", str(tmp_path / "file"), server.url("/status/204")]):
            pauses.clear()
            code, _, err = call(capfdbinary, "-m", "2", "--limit-rate", "10000", *words)
            assert (code, err) == (28, said)
            assert sum(pauses) <= 2


def test_max_filesize_holds_for_a_body_of_unknown_length(capfdbinary: Captured) -> None:
    with EchoServer(lambda request: chunked_response(*[b"x" * 100] * 10)) as server:
        assert call(capfdbinary, "--max-filesize", "999", server.url("/"))[0] == 63
        assert call(capfdbinary, "--max-filesize", "1000", server.url("/"))[0] == 0


# -- netrc and proxies -------------------------------------------------------------------------------------------------


def test_netrc_is_read_with_n_only_behind_redirects_too(
    capfdbinary: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with EchoServer() as server:
        for words, sent in (([], [None, None]), (["-n"], ["Basic bWU6c2VjcmV0"] * 2)):
            call(capfdbinary, *words, server.url("/redirect/302?to=/here"))
            assert [request.get("Authorization") for request in server.requests[-2:]] == sent


def test_p_asks_for_a_tunnel_for_http_too(capfdbinary: Captured) -> None:
    with EchoServer() as server, ProxyServer(credentials="me:p@ss") as proxy:
        words = ["-x", proxy.url(), "-U", "me:p@ss"]
        assert call(capfdbinary, *words, server.url("/bytes/1"))[1] == b"\0"
        assert call(capfdbinary, *words, "-p", server.url("/redirect/302?to=/bytes/2"))[1] == b"\0\1"
        asked = [(request.method, request.target) for request in proxy.requests]
        assert asked == [("GET", server.url("/bytes/1")), ("CONNECT", server.address)]
        assert all(request.get("Proxy-Authorization") is None for request in server.requests)
        code, _, err = call(capfdbinary, "-p", "-x", proxy.url(), server.url("/"))
    assert code == 56
    assert err.startswith("httpcore-lite: -U USER:PASSWORD logs in: ")


def test_noproxy_and_an_empty_x_switch_proxies_off(capfdbinary: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    with EchoServer() as server, ProxyServer() as proxy:
        url = server.url("/redirect/302?to=/bytes/1")
        monkeypatch.setenv("http_proxy", proxy.url())
        for words, count in (
            ([], 2),
            (["-x", ""], 0),
            (["--noproxy", "*"], 0),
            (["--noproxy", "example.org,127.0.0.1"], 0),
            (["--noproxy", "example.org"], 2),
            (["-x", proxy.url(), "--noproxy", "127.0.0.1"], 0),
        ):
            before = len(proxy.requests)
            assert call(capfdbinary, *words, url)[1] == b"\0"
            assert len(proxy.requests) - before == count, words
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        before = len(proxy.requests)
        assert call(capfdbinary, "-x", proxy.url(), url)[1] == b"\0"
        assert len(proxy.requests) == before
        assert call(capfdbinary, "-x", proxy.url(), "--noproxy", "", url)[1] == b"\0"
        assert len(proxy.requests) == before + 2


def test_an_address_a_socket_or_a_name_can_be_given(capfdbinary: Captured, tmp_path: Path) -> None:
    with EchoServer() as server:
        words = ["--resolve", f"example.org:{server.port}:127.0.0.1", "-4", "--interface", "127.0.0.1"]
        assert call(capfdbinary, *words, f"http://example.org:{server.port}/bytes/1")[1] == b"\0"
        assert server.requests[0].get("Host") == f"example.org:{server.port}"
        code, _, err = call(capfdbinary, "--interface", "192.0.2.1", server.url("/"))
        assert (code, err) == (45, "httpcore-lite: Is --interface one of this machine? It cannot be connected from\n")
        assert call(capfdbinary, "-6", "-m", "5", server.url("/"))[0] in (6, 7)


# -- the terminal ------------------------------------------------------------------------------------------------------


def on_terminal(words: Sequence[str], *, errors_only: bool = False, **more: str) -> tuple[int, str]:
    """Run the command line on a terminal of its own: exit code, and all that it wrote there."""
    pty = pytest.importorskip("pty")
    main, side = pty.openpty()
    try:
        command = [sys.executable, *words[1:]] if words[:1] == ["python"] else [*COMMAND, *words]
        out = subprocess.DEVNULL if errors_only else side
        process = subprocess.Popen(command, stdin=side, stdout=out, stderr=side, env=environment(**more))
        os.close(side)
        side = -1
        written = b"".join(_read(main))
        return process.wait(30), written.decode()
    finally:
        os.close(main)
        if side >= 0:
            os.close(side)


def _read(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # the other side is closed
            return
        if not piece:
            return
        yield piece


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_terminal_shows_the_head_in_colour_and_json_indented() -> None:
    pytest.importorskip("rich")
    with EchoServer() as server:
        code, written = on_terminal([server.url("/json")])
        plain = on_terminal([server.url("/json")], NO_COLOR="1")[1]
        dumb = on_terminal([server.url("/json")], TERM="dumb")[1]
        small = on_terminal([server.url("/json")], PYTHONIOENCODING="ascii")[1]
        alone = on_terminal(["--body", server.url("/json")], NO_COLOR="1")[1]
        in_pipe = subprocess.run([*COMMAND, server.url("/json")], capture_output=True, env=environment(), timeout=30)
    assert code == 0
    assert COLOUR.search(written)
    assert COLOUR.sub("", written) == plain == dumb
    assert COLOUR.sub("", small) == plain.replace("ü", "\\xfc").replace("日本", "\\u65e5\\u672c")
    assert plain.replace("\r\n", "\n") == (
        "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 53\n\n"
        '{\n    "a": [\n        1,\n        2.5,\n        null,\n        true\n    ],\n    "ü": "日本"\n}\n'
    )
    assert alone == plain[plain.index("{") :]
    assert json.loads(in_pipe.stdout) == {"a": [1, 2.5, None, True], "ü": "日本"}
    assert b"\x1b" not in in_pipe.stdout


def test_a_terminal_without_rich_is_plain() -> None:
    with EchoServer() as server:
        code = (
            "import sys; sys.modules['rich'] = sys.modules['rich.console'] = None\nfrom httpcore_lite.cli import main\n"
        )
        words = ["python", "-c", code + f"sys.exit(main([{server.url('/json')!r}]))"]
        plain = on_terminal([server.url("/json")], NO_COLOR="1")
        assert on_terminal(words) == plain


def test_a_terminal_shows_control_characters_and_refuses_what_is_binary() -> None:
    evil = response("a\x1b[2J\x07b\r\n\x9bc", headers=[("X-Evil", "\x1b]0;title\x07"), ("Content-Type", "text/plain")])
    with EchoServer(lambda request: evil if request.target == "/evil" else response(bytes(10))) as server:
        code, written = on_terminal([server.url("/evil")])
        assert code == 0
        shown = COLOUR.sub("", written)
        assert "\x1b" not in shown and "\x07" not in shown and "\x9b" not in shown
        assert "X-Evil: \\x1b]0;title\\x07\r\n" in shown
        assert "a\\x1b[2J\\x07b\r\n\\x9bc\r\n" in shown
        code, written = on_terminal([server.url("/binary")])
        assert code == 23
        said = "-o FILE saves the body, -o - prints it all the same: it is binary (of no type)"
        assert written.endswith(f"httpcore-lite: {said}\r\n")
        code, written = on_terminal(["-o", "-", server.url("/binary")])
        assert (code, written) == (0, "\0" * 10)


def test_progress_is_shown_on_a_terminal_alone_for_downloads_and_uploads(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(1_000_000))
    with EchoServer() as server:
        words = ["-o", str(tmp_path / "got"), server.url("/bytes/1000000")]
        code, written = on_terminal(words, errors_only=True)
        assert code == 0
        assert "100%" in written and "/s" in written
        written = on_terminal(["-T", str(tmp_path / "file"), server.url("/status/204")], errors_only=True)[1]
        assert "up  " in written and "100%" in written
        item = f"part@{tmp_path / 'file'}"
        assert "up  " in on_terminal([server.url("/status/204"), item], errors_only=True)[1]
        assert on_terminal(["-s", *words], errors_only=True)[1] == ""
        done = subprocess.run([*COMMAND, *words], capture_output=True, env=environment(), timeout=30)
        assert done.stderr == b""


def test_the_rate_of_a_resumed_download_counts_from_where_it_resumed(
    capfdbinary: Captured, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, int, list[tuple[int, int | None]]]] = []

    class Bar:
        def __init__(self, resumed_from: int = 0, label: str = "") -> None:
            begun.append((label, resumed_from, []))

        def __call__(self, done: int, total: int | None) -> None:
            begun[-1][2].append((done, total))

        def close(self) -> None:
            pass

    monkeypatch.setattr(progress, "Bar", Bar)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    (here / "file").write_bytes(bytes(range(40)))
    with EchoServer(part_of) as server:
        assert call(capfdbinary, "-C", "-", "-O", server.url("/file"))[0] == 0
    assert begun == [("file", 40, [(40, 100), (100, 100)])]


def test_timings_go_to_standard_error(capfdbinary: Captured) -> None:
    with EchoServer() as server:
        code, out, err = call(capfdbinary, "--timings", server.url("/bytes/1"))
    assert (code, out) == (0, b"\0")
    assert [line.split("  ")[0] for line in err.splitlines()] == [
        "name lookup", "connecting", "sending the request", "waiting for the response", "receiving the body", "in all",
    ]  # fmt: skip


def test_a_small_get_loads_nothing_that_it_has_no_use_for() -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\nfrom httpcore_lite.cli import main\ncode = main([sys.argv[1]])\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)\nsys.exit(code)"
    )
    with EchoServer() as server:
        done = subprocess.run(
            [sys.executable, "-c", code, server.url("/json")], capture_output=True, env=environment(), timeout=30
        )
    loaded = set(done.stderr.decode().split())
    assert done.returncode == 0
    assert not loaded & {"argparse", "json", "rich", "difflib", "textwrap", "http.cookiejar", "ssl", "mimetypes"}
    ours = {name.rpartition(".")[2] for name in loaded if ".client.command." in name}
    assert ours == {"asking", "parsing", "running", "table"}


COUNTED = """
import sys
count = 0
def profile(frame, event, argument):
    global count
    count += event in ("call", "c_call")
sys.setprofile(profile)
{}
sys.setprofile(None)
print(count, file=sys.stderr)
"""


def test_a_small_get_costs_at_most_a_quarter_more_than_a_script_of_two_lines() -> None:
    script = "import httpcore_lite as requests\nprint(requests.get(sys.argv[1]).text)"
    command = "from httpcore_lite.cli import main\nmain(sys.argv[1:])"
    counts = []
    with EchoServer() as server:
        for code in (script, command):
            words = [sys.executable, "-c", COUNTED.format(code), server.url("/json")]
            done = subprocess.run(words, capture_output=True, env=environment(), timeout=50)
            assert json.loads(done.stdout)
            counts.append(int(done.stderr))
    assert counts[1] <= 1.25 * counts[0]


def test_a_body_is_printed_as_it_arrives() -> None:
    seen = threading.Event()
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst"

    def wait(talk: object) -> None:
        assert seen.wait(20)

    with Peer([receive(), send(first), wait, send(b"later"), close()]) as peer:
        with subprocess.Popen([*COMMAND, peer.url("/")], stdout=subprocess.PIPE, env=environment()) as process:
            assert process.stdout is not None
            assert process.stdout.read(5) == b"first"
            seen.set()
            assert process.stdout.read() == b"later"
            assert process.wait(20) == 0


def test_a_unix_socket_can_be_connected_to(capfdbinary: Captured, tmp_path: Path) -> None:
    if not hasattr(socket, "AF_UNIX"):
        pytest.skip("there are no Unix sockets")
    path = str(tmp_path / "s")

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(response("there"))

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        assert call(capfdbinary, "--unix-socket", path, ":/")[1] == b"there"
        thread.join(10)


def test_a_link_that_appears_after_the_file_was_looked_at_is_not_followed(here: Path) -> None:
    (here / "file").write_text("mine")
    target = Target(parse(["-C", "-", "-O", "url"]), "http://example.org/file")
    (here.parent / "outside").write_text("mine")
    (here / "file").unlink()
    (here / "file").symlink_to(here.parent / "outside")
    with pytest.raises(exit_codes.CommandError) as caught:
        target.opened(httpcore_lite.Response())
    assert caught.value.code == 23
    assert (here.parent / "outside").read_text() == "mine"

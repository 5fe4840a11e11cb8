"""The command line beside the real curl: the same words, the same server; what is sent, printed and returned."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import httpcore_lite
from support import certificates
from support.messages import response
from support.scripted import Peer, Step, close, closed_port, receive, reset, send, stall
from support.servers import EchoServer, ProxyServer, tls_echo_server

CURL = shutil.which("curl")
needs_curl = pytest.mark.skipif(CURL is None, reason="there is no curl")

ROOT = Path(httpcore_lite.__file__).parent.parent
OURS = [sys.executable, "-m", "httpcore_lite"]
# What is each program's own.
OWN = ("user-agent", "accept", "accept-encoding", "connection", "host")


class Done:
    """What a program has done."""

    def __init__(self, program: list[str], words: Sequence[str], folder: Path, given: bytes = b"") -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder), "CURL_HOME": str(folder)}
        done = subprocess.run(
            [*program, *words], cwd=folder, input=given, capture_output=True, timeout=50, env=environment
        )
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr.decode()


def both(words: Sequence[str], folder: Path, given: bytes = b"") -> tuple[Done, Done]:
    """(ours, curl's); curl follows redirects as we do, and shows no progress. Without curl ours, twice."""
    ours, theirs = folder / "ours", folder / "theirs"
    for each in (ours, theirs):
        each.mkdir(exist_ok=True)
        (each / "data").write_bytes(b"a=1\r\nb=2\n")
        (each / "half").write_bytes(bytes(range(40)))
        (each / "whole").write_bytes(bytes(range(100)))
        (each / "lines").write_text("X-One: 1\nX-Two: 2\n")
        (each / ".netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    return Done(OURS, words, ours, given), Done(OURS if CURL is None else [CURL, "-sSL"], words, theirs, given)


# -- what is sent ------------------------------------------------------------------------------------------------------

SENT = {
    "a GET": [],
    "a method": ["-X", "PURGE"],
    "a method and nothing between": ["-XPURGE"],
    "a header": ["-H", "X-One: 1", "-H", "X-Empty;", "-H", "X-None:"],
    "headers of a file": ["-H", "@lines"],
    "the agent and the referer": ["-A", "me", "-e", "http://example.org/"],
    "no agent": ["-A", ""],
    "no referer": ["-e", ""],
    "a form": ["-d", "a=1", "-d", "b= 2"],
    "a form from a file": ["-d", "@data", "--data-binary", "@data", "--data-raw", "@data"],
    "a form from standard input": ["-d", "@-"],
    "percent-encoded": [
        "--data-urlencode", "a b&c", "--data-urlencode", "=ü", "--data-urlencode", "n=x y/",
        "--data-urlencode", "n@data",
    ],
    "a form with a method and a type": ["-X", "PUT", "-d", "{}", "-H", "content-type: application/json"],
    "JSON": ["--json", '{"a":', "--json", "1}"],
    "data in the query": ["-G", "-d", "a=1", "--data-urlencode", "b= 2"],
    "a method in small letters": ["-X", "purge"],
    "a range": ["-r", "1-2"],
    "a range without an end": ["-r", "5"],
    "cookies": ["-b", "a=1; b=2", "-b", "c=3"],
    "cookies beyond ASCII": ["-b", "a=€"],
    "a user": ["-u", "me:pä:ss"],
    "netrc": ["-n"],
    "no netrc": ["-s"],
    "a file": ["-T", "data"],
    "standard input": ["-T", "-"],
    "flags together": ["-sSfd", "a=1"],
}  # fmt: skip


@needs_curl
@pytest.mark.parametrize("words", SENT.values(), ids=SENT)
def test_the_same_request_goes_out(words: list[str], tmp_path: Path) -> None:
    with EchoServer() as server:
        ours, theirs = both([*words, server.url("/a")], tmp_path, b"in\nput")
        assert (ours.code, theirs.code) == (0, 0), (ours.err, theirs.err)
        mine, curls = server.requests
    assert (mine.method, mine.target, mine.payload) == (curls.method, curls.target, curls.payload)

    def fields(request: object) -> list[tuple[str, str]]:
        own = set(OWN) - ({"user-agent"} if "-A" in words else set())
        # Ours says so where a method may bring a body, as requests does; curl asks first whether to send one.
        own |= {"expect"} | ({"content-length"} if not mine.payload else set())
        return sorted(
            (name.lower(), value.replace("; ", ";")) for name, value in request.headers if name.lower() not in own
        )  # type: ignore[attr-defined]

    assert fields(mine) == fields(curls)


@needs_curl
def test_a_file_is_sent_to_a_url_that_has_its_name(tmp_path: Path) -> None:
    with EchoServer() as server:
        for end in ("", "?q=/", "/", "/a/?q", "/a"):
            both(["-T", "data", f"http://{server.address}{end}"], tmp_path)
            mine, curls = server.requests[-2:]
            assert mine.target == curls.target


@needs_curl
def test_the_same_multipart_form_goes_out(tmp_path: Path) -> None:
    words = ["-F", "a=1", "-F", "b=@data", "-F", "c=<data", "-F", "d=x;type=text/x", "-F", 'e=@data;filename="q;r"']
    words += ["-F", "f=@data;type=application/json;charset=utf-8;filename=x"]
    with EchoServer() as server:
        ours, theirs = both([*words, server.url("/")], tmp_path)
        assert (ours.code, theirs.code) == (0, 0), ours.err
        mine, curls = server.requests

    def parts(request: object) -> list[bytes]:
        boundary = request.get("Content-Type").partition("boundary=")[2].encode()  # type: ignore[attr-defined]
        return list(request.payload.split(b"--" + boundary)[1:-1])  # type: ignore[attr-defined]

    def content(part: bytes) -> tuple[bytes, bool, bytes]:
        head, _, body = part.partition(b"\r\n\r\n")
        return head.strip().splitlines()[0].lower(), b"Content-Type: application/json;charset=utf-8" in head, body

    assert list(map(content, parts(mine))) == list(map(content, parts(curls)))


# -- exit codes --------------------------------------------------------------------------------------------------------

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
FAULTS: dict[str, tuple[list[Step], list[str], int]] = {
    "cut off": ([receive(), send(LENGTH), close()], [], 18),
    "cut off between chunks": (
        [receive(), send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), close()], [], 18,
    ),
    "a wrong chunk": (
        [receive(), send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n"), close()], [], 56,
    ),
    "nothing": ([receive(), close()], [], 52),
    "a reset": ([receive(), reset()], [], 56),
    "a reset in the body": ([receive(), send(LENGTH), reset()], [], 56),
    "no HTTP": ([receive(), send(b"220 mail.example.org ESMTP\r\n\r\n"), close()], [], 1),
    "silence": ([receive(), stall()], ["-m", "1"], 28),
    "silence in the body": ([receive(), send(LENGTH), stall()], ["-m", "1"], 28),
    "too large": ([receive(), send(response("x" * 100)), close()], ["--max-filesize", "99"], 63),
    "no gzip": (
        [receive(), send(response("text", headers=[("Content-Encoding", "gzip")])), close()], ["--compressed"], 61,
    ),
    "an error status": ([receive(), send(response("no", 404, "Not Found")), close()], ["-f"], 22),
    "an error status and its body": (
        [receive(), send(response("no", 404, "Not Found")), close()], ["--fail-with-body"], 22,
    ),
    "an error status without -f": ([receive(), send(response("no", 404, "Not Found")), close()], [], 0),
    "the output": ([receive(), send(response("text")), close()], ["-o", "no/such/folder"], 23),
    "two methods": ([receive(), send(response("text")), close()], ["-I", "-d", "a"], 2),
    "the input": ([receive(), send(response("text")), close()], ["-T", "no/such/file"], 26),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_the_exit_code_of_a_fault_is_curls(fault: str, tmp_path: Path) -> None:
    script, words, code = FAULTS[fault]
    with Peer(script, script) as peer:
        ours, theirs = both([*words, peer.url("/")], tmp_path)
    assert (ours.code, theirs.code) == (code, code), (ours.err, theirs.err)
    assert ours.out == theirs.out
    assert ours.err.count("\n") == (code != 0) and all(len(line) <= 120 for line in ours.err.splitlines())


URLS = {
    "http://": 3,
    "http://[::1/": 3,
    "http://127.0.0.1:99999/": 3,
    "nonsense://x/": 1,
    "http://no.such.host.invalid/": 6,
}


@pytest.mark.parametrize("url", URLS)
def test_the_exit_code_of_a_url_is_curls(url: str, tmp_path: Path) -> None:
    ours, theirs = both([url], tmp_path)
    assert (ours.code, theirs.code) == (URLS[url], URLS[url]), (ours.err, theirs.err)
    assert len(ours.err.splitlines()) == 1


def test_the_exit_codes_of_connecting_are_curls(tmp_path: Path) -> None:
    with EchoServer() as server, ProxyServer(dead=True) as proxy:
        closed = f"http://127.0.0.1:{closed_port()}"
        for words, code in (
            ([closed + "/"], 7),
            (["-x", closed, server.url("/")], 7),
            (["-x", "http://no.such.host.invalid:1", server.url("/")], 5),
            (["-p", "-x", proxy.url(), server.url("/")], 56),
            (["--unix-socket", "no/such/socket", server.url("/")], 7),
            ([server.url("/loop"), "--max-redirs", "3"], 47),
        ):
            ours, theirs = both(words, tmp_path)
            assert (ours.code, theirs.code) == (code, code), (words, ours.err, theirs.err)
            assert len(ours.err.splitlines()) == 1, ours.err


def test_the_exit_codes_of_tls_are_curls(tmp_path: Path) -> None:
    ca, other, (cert, key) = certificates.ca_path(), certificates.other_ca_path(), certificates.client_certificate()
    with (
        tls_echo_server() as server,
        tls_echo_server("example.org") as named,
        Peer([send(b"HTTP/1.1 400 No\r\n\r\n"), close()], repeat=True) as plain,
    ):
        url = server.url("/bytes/2")
        for words, code in (
            (["--cacert", ca, url], 0),
            (["-k", url], 0),
            (["--cacert", other, url], 60),
            ([url], 60),
            (["--cacert", ca, named.url("/")], 60),
            (["--cacert", "no/such/file", url], 77),
            (["--cacert", ca, "--cert", "no/such/file", url], 58),
            (["--cacert", ca, "--cert", cert, "--key", "no/such/file", url], 58),
            (["--cacert", ca, "--cert", cert, "--key", key, url], 0),
            ([plain.url("/").replace("http:", "https:")], 35),
        ):
            ours, theirs = both(words, tmp_path)
            assert (ours.code, theirs.code) == (code, code), (words, ours.err, theirs.err)
            assert len(ours.err.splitlines()) == (code != 0), ours.err


# -- going on with a file ----------------------------------------------------------------------------------------------

BODY = bytes(range(100))


def ranged(fields: dict[str, str], body: bytes, status: int = 206) -> list[Step]:
    return [receive(), send(response(body, status, "Odd", fields)), close()]


RESUMED: dict[str, tuple[list[Step], str, int, bytes]] = {
    "the rest": (ranged({"Content-Range": "bytes 40-99/100"}, BODY[40:]), "half", 0, BODY),
    "no file yet": (ranged({}, BODY, 200), "new", 0, BODY),
    "the server has no ranges": (ranged({}, BODY, 200), "half", 33, BODY[:40]),
    "it is whole": (ranged({"Content-Range": "bytes */100"}, b"no", 416), "whole", 0, BODY),
    "it is whole, and the server has no ranges": (ranged({}, BODY, 200), "whole", 0, BODY),
}


@pytest.mark.parametrize("name", RESUMED)
def test_a_file_is_continued_as_by_curl(name: str, tmp_path: Path) -> None:
    script, file, code, content = RESUMED[name]
    with Peer(script, script) as peer:
        ours, theirs = both(["-C", "-", "-o", file, peer.url("/")], tmp_path)
        assert [request.get("Range") for request in peer.requests][0] == peer.requests[1].get("Range")
    assert (ours.code, theirs.code) == (code, code), (ours.err, theirs.err)
    assert (tmp_path / "ours" / file).read_bytes() == (tmp_path / "theirs" / file).read_bytes() == content


# -- what is printed ---------------------------------------------------------------------------------------------------

VARIABLES = (
    "http_code response_code method url_effective num_redirects content_type size_download remote_ip remote_port "
    "local_ip http_version scheme exitcode"
)


def test_the_variables_of_w_are_curls(tmp_path: Path) -> None:
    template = "".join(f"{name}=%{{{name}}}\\n" for name in VARIABLES.split())
    with EchoServer() as server:
        for words in (
            [server.url("/redirect/302?to=/text&token=shown")],
            [server.url("/loop"), "--max-redirs", "2"],
            ["-I", server.url("/json")],
            ["-d", "a", server.url("/json")],
        ):
            ours, theirs = both([*words, "-o", "got", "-w", template + r"100%%\t\\n\q%{stdout}"], tmp_path)
            assert ours.out.splitlines() == theirs.out.splitlines(), theirs.err
    port = closed_port()
    ours, theirs = both(["-w", "%{http_code} %{exitcode}", f"http://127.0.0.1:{port}/"], tmp_path)
    assert ours.out == theirs.out == b"000 7"


def test_the_times_of_w_are_in_curls_order(tmp_path: Path) -> None:
    names = "namelookup connect appconnect pretransfer starttransfer total".split()
    template = " ".join(f"%{{time_{name}}}" for name in names)
    with tls_echo_server() as server:
        for done in both(["-k", "-o", "got", "-w", template, server.url("/")], tmp_path):
            times = list(map(float, done.out.split()))
            assert times == sorted(times) and times[2] > times[1] > 0, done.out


@pytest.mark.parametrize(
    "words", [["-i"], ["-I"], ["-i", "-o", "got"], ["-I", "-X", "GET"], ["-I", "-o", "got"]], ids=" ".join
)
def test_a_head_is_printed_as_by_curl(words: list[str], tmp_path: Path) -> None:
    with EchoServer() as server:
        ours, theirs = both([*words, server.url("/json")], tmp_path)
    assert ours.out == theirs.out
    if "-o" in words:
        assert (tmp_path / "ours" / "got").read_bytes() == (tmp_path / "theirs" / "got").read_bytes()


def test_cookies_are_kept_in_files_that_curl_reads(tmp_path: Path) -> None:
    with EchoServer() as server:
        both(["-c", "jar", server.url("/cookies/set?a=1&b=2;Max-Age=1000")], tmp_path)
        (tmp_path / "ours" / "jar").replace(tmp_path / "swapped")
        (tmp_path / "theirs" / "jar").replace(tmp_path / "ours" / "jar")
        (tmp_path / "swapped").replace(tmp_path / "theirs" / "jar")
        both(["-b", "jar", server.url("/")], tmp_path)
        sent = [sorted((request.get("Cookie") or "").split("; ")) for request in server.requests[2:]]
    assert sent == [["a=1", "b=2"], ["a=1", "b=2"]]

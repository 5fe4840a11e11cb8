"""`python -m httpcore_lite URL`."""

from __future__ import annotations

import io
import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from httpcore_lite import cli
from support import certificates
from support.messages import chunked_response
from support.scripted import Peer, close, closed_port, forever, receive, send, stall
from support.servers import EchoServer, ProxyServer, tls_echo_server

ROOT = Path(cli.__file__).parent.parent


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


def call(capfdbinary: pytest.CaptureFixture[bytes], *words: str) -> tuple[int, bytes, str]:
    """Run the command line in this process: exit code, standard output, standard error."""
    code = cli.main(words)
    out, err = capfdbinary.readouterr()
    return code, out, err.decode()


def echoed(out: bytes) -> dict[str, Any]:
    import json

    value = json.loads(out)
    assert isinstance(value, dict)
    return value


Captured = pytest.CaptureFixture[bytes]


def test_the_body_goes_to_standard_output_as_it_is(capfdbinary: Captured, server: EchoServer) -> None:
    code, out, err = call(capfdbinary, server.url("/bytes/100000"))
    assert (code, err) == (0, "")
    assert out == bytes(index % 251 for index in range(100000))


def test_a_compressed_body_is_printed_decoded(capfdbinary: Captured, server: EchoServer) -> None:
    assert call(capfdbinary, server.url("/gzip"))[1] == b"compressed " * 50


def test_i_prints_the_head_first(capfdbinary: Captured, server: EchoServer) -> None:
    _, out, _ = call(capfdbinary, "-i", server.url("/headers?Set-Cookie=a=1&Set-Cookie=b=2"))
    head, _, body = out.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.count(b"Set-Cookie: ") == 2
    assert body == b"headers"


def test_every_status_is_a_response(capfdbinary: Captured, server: EchoServer) -> None:
    code, out, _ = call(capfdbinary, "-i", server.url("/status/503"))
    assert code == 0
    assert out.startswith(b"HTTP/1.1 503 Unavailable\r\n")


def test_x_names_the_method_and_h_adds_headers(capfdbinary: Captured, server: EchoServer) -> None:
    words = ["-X", "PURGE", "-H", "X-One: 1", "-H", "accept:", "-H", "X-Empty;", server.url("/")]
    response = echoed(call(capfdbinary, *words)[1])
    headers = {name.lower(): value for name, value in response["headers"]}
    assert response["method"] == "PURGE"
    assert (headers["x-one"], headers["x-empty"], headers.get("accept")) == ("1", "", None)


@pytest.mark.parametrize("line", ["no colon", ": no name", ""])
def test_a_header_that_is_none_is_refused(capfdbinary: Captured, line: str) -> None:
    code, _, err = call(capfdbinary, "-H", line, "http://127.0.0.1/")
    assert code == 2
    assert err.startswith("httpcore-lite: write a header as 'Name: value'")


def test_d_posts_a_form(capfdbinary: Captured, server: EchoServer, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"b=\r\n2\n")
    response = echoed(call(capfdbinary, "-d", "a=1", "-d", f"@{tmp_path / 'data'}", server.url("/"))[1])
    assert (response["method"], response["body"]) == ("POST", "a=1&b=2")
    assert ["Content-Type", "application/x-www-form-urlencoded"] in response["headers"]


def test_d_keeps_a_content_type_and_a_method_that_are_given(capfdbinary: Captured, server: EchoServer) -> None:
    words = ["-X", "PUT", "-d", '{"ü": 1}', "-H", "content-type: application/json", server.url("/")]
    response = echoed(call(capfdbinary, *words)[1])
    assert (response["method"], response["body"].encode("latin-1").decode()) == ("PUT", '{"ü": 1}')
    assert [value for name, value in response["headers"] if name.lower() == "content-type"] == ["application/json"]


def test_d_reads_standard_input(capfdbinary: Captured, server: EchoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"from=stdin")))
    assert echoed(call(capfdbinary, "-d", "@-", server.url("/"))[1])["body"] == "from=stdin"


def test_a_file_that_is_missing_is_said_before_anything_is_sent(capfdbinary: Captured, server: EchoServer) -> None:
    code, _, err = call(capfdbinary, "-d", "@/no/such/file", server.url("/"))
    assert (code, server.requests) == (26, [])
    assert err == "httpcore-lite: Is the path right? No such file or directory: /no/such/file\n"


def test_u_authenticates(capfdbinary: Captured, server: EchoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    response = echoed(call(capfdbinary, "-u", "user:pa:ss", server.url("/"))[1])
    assert ["Authorization", "Basic dXNlcjpwYTpzcw=="] in response["headers"]
    monkeypatch.setattr("getpass.getpass", lambda prompt: "pa:ss")
    response = echoed(call(capfdbinary, "-u", "user", server.url("/"))[1])
    assert ["Authorization", "Basic dXNlcjpwYTpzcw=="] in response["headers"]


def test_o_writes_a_file(capfdbinary: Captured, server: EchoServer, tmp_path: Path) -> None:
    code, out, _ = call(capfdbinary, "-o", str(tmp_path / "got"), server.url("/bytes/300000"))
    assert (code, out) == (0, b"")
    assert (tmp_path / "got").stat().st_size == 300000


def test_a_file_that_cannot_be_written_is_one_line(capfdbinary: Captured, server: EchoServer) -> None:
    code, _, err = call(capfdbinary, "-o", "/no/such/folder/file", server.url("/"))
    assert code == 23
    assert err == "httpcore-lite: Is the path right? No such file or directory: /no/such/folder/file\n"


def test_v_shows_every_head_on_standard_error(capfdbinary: Captured, server: EchoServer) -> None:
    code, out, err = call(capfdbinary, "-v", server.url("/redirect/302?to=/text"))
    lines = err.splitlines()
    assert code == 0
    assert out.startswith("grüße".encode())
    requests = [line for line in lines if line.startswith("> GET")]
    assert requests == ["> GET /redirect/302?to=/text HTTP/1.1", "> GET /text HTTP/1.1"]
    assert [line for line in lines if line.startswith("< HTTP")] == ["< HTTP/1.1 302 Found", "< HTTP/1.1 200 OK"]
    assert f"> Host: {server.address}" in lines


def test_redirects_are_followed_unless_told_not_to(capfdbinary: Captured, server: EchoServer) -> None:
    url = server.url("/redirect/302?to=/bytes/3")
    assert call(capfdbinary, url)[1] == b"\x00\x01\x02"
    assert call(capfdbinary, "--no-redirects", url)[1] == b"moved"


def test_a_url_without_a_scheme_is_http(capfdbinary: Captured, server: EchoServer) -> None:
    assert call(capfdbinary, f"{server.address}/bytes/2")[1] == b"\x00\x01"


def test_certificates_are_checked_by_cacert_or_not_at_all_with_k(capfdbinary: Captured) -> None:
    with tls_echo_server() as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        assert call(capfdbinary, "--cacert", certificates.ca_path(), server.url("/bytes/1"))[:2] == (0, b"\x00")
        assert call(capfdbinary, "-k", server.url("/bytes/1")) == (0, b"\x00", "")
        code, out, err = call(capfdbinary, server.url("/bytes/1"))
    assert (code, out) == (60, b"")
    assert err.startswith("httpcore-lite: --cacert FILE names the authority to trust, -k trusts any: ")


def test_x_goes_through_a_proxy(capfdbinary: Captured, server: EchoServer) -> None:
    with ProxyServer() as proxy:
        response = echoed(call(capfdbinary, "-x", proxy.url(), server.url("/far"))[1])
        assert response["target"] == "/far"
        assert [request.target for request in proxy.requests] == [server.url("/far")]


def test_a_silent_server_ends_in_an_error_in_time(capfdbinary: Captured) -> None:
    with Peer([receive(), stall()]) as peer:
        code, _, err = call(capfdbinary, "--timeout", "0.1", peer.url("/"))
    assert code == 28
    assert err == f"httpcore-lite: --timeout allows more: {peer.address} sent or took nothing for 0.1 s\n"


@pytest.mark.parametrize(("url", "code"), [("http://", 3), ("nonsense://x/", 1), ("http://[::1/", 3)])
def test_an_error_is_one_line_and_an_exit_code(capfdbinary: Captured, url: str, code: int) -> None:
    found, out, err = call(capfdbinary, url)
    assert (found, out, err.count("\n")) == (code, b"", 1)
    assert len(err) <= 121


def test_a_refused_connection_names_host_and_port(capfdbinary: Captured) -> None:
    port = closed_port()
    code, _, err = call(capfdbinary, f"http://127.0.0.1:{port}/")
    assert code == 7
    helps = "Is the server running, and the port right?"
    assert err == f"httpcore-lite: {helps} Nothing listens at 127.0.0.1:{port}\n"


def test_a_body_cut_short_is_an_error_after_what_arrived(capfdbinary: Captured) -> None:
    with Peer([receive(), send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), close()]) as peer:
        code, _, err = call(capfdbinary, peer.url("/"))
    assert code == 18
    assert err.startswith("httpcore-lite: -C - goes on with a file: ")


def test_a_reader_that_has_seen_enough_ends_it_quietly() -> None:
    piece = b"x" * 65536
    with Peer([forever(receive(), send(chunked_response(*[piece] * 100)))]) as peer:
        command = [sys.executable, "-m", "httpcore_lite", peer.url("/")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.read(10)
            process.stdout.close()
            assert process.wait(20) == 23
            assert process.stderr.read() == b""


def test_a_keyboard_interrupt_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object, **options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.CommandSession, "request", interrupted)
    assert cli.main(["http://127.0.0.1/"]) == 130


def test_the_version_and_the_help_are_told(capfdbinary: Captured) -> None:
    for words, wanted in ((["--version"], b"httpcore-lite 0."), (["-V"], b"httpcore-lite 0."), (["-h"], b"Examples:")):
        code, out, _ = call(capfdbinary, *words)
        assert code == 0
        assert wanted in out


def test_as_requests_without_a_program_is_a_usage_error(capfdbinary: Captured) -> None:
    for words in ([], ["-m"], ["/no/such/script.py"]):
        assert cli.main(["--as-requests", *words]) == 2
    assert b"usage:" in capfdbinary.readouterr().err


def test_a_large_body_is_written_in_bounded_memory(tmp_path: Path) -> None:
    size = 64 * 2**20
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    with Peer([receive(), send(head), *[send(b"x" * 2**20)] * 64]) as peer:
        tracemalloc.start()
        try:
            assert cli.main(["-o", str(tmp_path / "got"), peer.url("/")]) == 0
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (tmp_path / "got").stat().st_size == size
    assert peak < size / 4

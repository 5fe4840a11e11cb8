"""A body that has failed never reads as one that is whole: every later reading raises the same error again.

What came before the fault is handed out first. Each kind of fault is read in each way, and then in all the others.
"""

from __future__ import annotations

import copy
import gc
import gzip
import pickle
import socket
import weakref
from collections.abc import Callable
from contextlib import ExitStack, closing
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from httpcore_lite.sansio import errors
from httpcore_lite.transport.connection import HEAD_READ
from support import certificates
from support.promises import SILENT, chunks, ok, respond
from support.scripted import Peer, Step, call, chunked, chunked_response, half_close, receive, send, stall
from support.servers import ProxyServer

GZIP = gzip.compress(b"hello" * 50, mtime=0)
LONG = ok("Content-Length: 300000", body="x" * 300_000)
CODED = "Content-Encoding: gzip"


class Stop(Exception):
    """What a program's own callback raises."""


def _stop(received: int, total: int | None) -> None:
    if received > HEAD_READ:  # what comes with the head would be raised by get()
        raise Stop("enough")


class Fault(NamedTuple):
    """What is sent, the class that Response raises and the one that `raw` raises, the options, and whether it ends."""

    sent: bytes
    error: str
    raw: str
    options: dict[str, Any]
    closes: bool = True


def _of(sent: bytes, error: str, raw: str, closes: bool = True, **options: Any) -> Fault:
    return Fault(sent, error, raw, options, closes)


BROKEN = ("ChunkedEncodingError", "ProtocolError")
TOO_LARGE = ("ResponseTooLarge", "ResponseTooLarge")
NO_GZIP = ("ContentDecodingError", "DecodeError")
FAULTS = {
    "cut by length": _of(ok("Content-Length: 9", body="hello"), *BROKEN),
    "cut in a chunk": _of(chunks("9\r\nhello"), *BROKEN),
    "no chunk": _of(chunks("5\r\nhello\r\nx\r\n"), *BROKEN),
    "no end of a chunk": _of(chunks("5\r\nhelloXX0\r\n\r\n"), *BROKEN),
    "trailers cut": _of(chunks("5\r\nhello\r\n0\r\nX: y\r\n"), *BROKEN),
    "silence": _of(ok("Content-Length: 9", body="hello"), "ConnectionError", "ReadTimeoutError", False, timeout=SILENT),
    "silence in a chunk": _of(chunks("9\r\nhello"), "ConnectionError", "ReadTimeoutError", False, timeout=SILENT),
    "a deadline": _of(ok("Content-Length: 9", body="hello"), "ReadTimeout", "ReadTimeoutError", False),
    "a callback": _of(LONG, "Stop", "Stop", False, on_download=_stop),
    "too large, chunked": _of(chunked_response(b"hello", b"world!"), *TOO_LARGE, max_response_size=10),
    "too large until close": _of(ok(body="hello world"), *TOO_LARGE, max_response_size=10),
    "too large, decoded": _of(
        ok(CODED, f"Content-Length: {len(GZIP)}", body=GZIP), *TOO_LARGE, max_response_size=249
    ),
    "inflated too far": _of(
        ok(CODED, body=gzip.compress(bytes(200_000))), *TOO_LARGE, max_decode_ratio=10
    ),
    "no gzip": _of(ok(CODED, "Content-Length: 5", body="hello"), *NO_GZIP),
    "gzip cut": _of(ok(CODED, f"Content-Length: {len(GZIP) - 3}", body=GZIP[:-3]), *NO_GZIP),
    "gzip cut, chunked": _of(ok(CODED, "Transfer-Encoding: chunked", body=chunked(GZIP[:-3])), *NO_GZIP),
    "gzip of the transfer cut": _of(ok("Transfer-Encoding: gzip, chunked", body=chunked(GZIP[:-3])), *NO_GZIP),
    "gzip and length cut": _of(ok(CODED, f"Content-Length: {len(GZIP)}", body=GZIP[:-3]), *BROKEN),
    "six codings": _of(ok("Content-Encoding: " + "gzip, " * 6, f"Content-Length: {len(GZIP)}", body=GZIP), *NO_GZIP),
}  # fmt: skip


def _into(raw: Any, size: int) -> bytes:
    buffer, got = bytearray(size), b""
    raw.decode_content = True
    while count := raw.readinto(buffer):
        got += buffer[:count]
    return got


def _peeking(raw: Any) -> bytes:
    raw.decode_content = True
    got = b""
    while raw.peek():
        got += raw.read(1)
    return got


# How a program reads a body: by Response, and by `raw`, which raises errors of the transport.
READINGS: dict[str, Callable[[Any], object]] = {
    "content": lambda response: response.content,
    "text": lambda response: response.text,
    "json": lambda response: response.json(),
    "iter_content": lambda response: list(response.iter_content(1000)),
    "iter_content, bytewise": lambda response: list(response.iter_content(1)),
    "iter_content, as it comes": lambda response: list(response.iter_content(None)),
    "iter_content, text": lambda response: list(response.iter_content(10, decode_unicode=True)),
    "iter_lines": lambda response: list(response.iter_lines()),
    "iter": list,
    "apparent_encoding": lambda response: response.apparent_encoding,
    "pickle": pickle.dumps,
    "copy": copy.deepcopy,
}
RAW_READINGS: dict[str, Callable[[Any], object]] = {
    "raw.read": lambda response: response.raw.read(decode_content=True),
    "raw.read(n)": lambda response: list(iter(lambda: response.raw.read(1000, True), b"")),
    "raw.read(1)": lambda response: list(iter(lambda: response.raw.read(1, True), b"")),
    "raw.read1": lambda response: list(iter(lambda: response.raw.read1(7, True), b"")),
    "raw.readinto": lambda response: _into(response.raw, 1000),
    "raw.stream": lambda response: list(response.raw.stream(16, True)),
    "raw.peek": lambda response: _peeking(response.raw),
}
ALL = READINGS | RAW_READINGS


def _failure(reading: str, response: Any) -> BaseException:
    try:
        got = ALL[reading](response)
    except Exception as error:
        return error
    raise AssertionError(f"{reading} gave {got!r}")


def _script(fault: Fault) -> list[Step]:
    end = [half_close()] if fault.closes else []
    return [receive(), send(fault.sent), *end]


def _options(client: ModuleType, name: str) -> dict[str, Any]:
    deadline = {"timeout": client.Timeouts(total=SILENT)} if name == "a deadline" else {}
    return {"timeout": 5, "stream": True, **FAULTS[name].options, **deadline}


@pytest.mark.parametrize("first", ALL)
@pytest.mark.parametrize("name", FAULTS)
def test_a_body_that_failed_fails_again_however_it_is_read(client: ModuleType, name: str, first: str) -> None:
    fault = FAULTS[name]
    with Peer(_script(fault), [receive(), send(respond)]) as peer, closing(client.Session()) as session:
        response = session.get(peer.url("/row"), **_options(client, name))
        seen: dict[str, str] = {}
        for reading in (first, first, *ALL):
            error = _failure(reading, response)
            in_raw = reading in RAW_READINGS
            assert type(error).__name__ == (fault.raw if in_raw else fault.error), f"{reading}: {error!r}"
            assert str(error) == seen.setdefault("raw" if in_raw else "response", str(error)), reading
            if not in_raw and fault.error != "Stop":
                assert error.request is response.request  # type: ignore[attr-defined]
        response.close()
        assert type(_failure("content", response)).__name__ == fault.error
        assert response.raw.closed
        assert session.get(peer.url("/next"), timeout=5).text == "the response to /next"
        stats = session.get_adapter("http://").pool.stats()
        assert (stats.open, stats.idle) == (1, 1)


HANDED_OUT = {
    "cut by length": b"hello",
    "cut in a chunk": b"hello",
    "no chunk": b"hello",
    "trailers cut": b"hello",
    "silence": b"hello",
    "a deadline": b"hello",
    "too large, chunked": b"helloworld",
    "too large until close": b"hello worl",
    "too large, decoded": (b"hello" * 50)[:249],
    "gzip cut": b"hello" * 50,
    "gzip cut, chunked": b"hello" * 50,
    "gzip of the transfer cut": b"hello" * 50,
    "gzip and length cut": b"hello" * 50,
}
STREAMS: dict[str, Callable[[Any], Any]] = {
    "iter_content(1)": lambda response: response.iter_content(1),
    "iter_content(1000)": lambda response: response.iter_content(1000),
    "iter_content(None)": lambda response: response.iter_content(None),
    "raw.read(1000)": lambda response: iter(lambda: response.raw.read(1000, True), b""),
    "raw.read(7)": lambda response: iter(lambda: response.raw.read(7, True), b""),
    "raw.read1": lambda response: iter(lambda: response.raw.read1(1000, True), b""),
    "raw.stream": lambda response: response.raw.stream(7, True),
    "raw until closed": lambda response: iter(
        lambda: b"" if response.raw.closed else response.raw.read(1000, True), b""
    ),
}


@pytest.mark.parametrize("pieces", [None, 1], ids=["whole", "bytewise"])
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", HANDED_OUT)
def test_what_came_before_a_fault_is_handed_out_however_it_was_cut(
    client: ModuleType, name: str, stream: str, pieces: int | None
) -> None:
    fault = FAULTS[name]
    script = [receive(), send(fault.sent, pieces=pieces), *([half_close()] if fault.closes else [])]
    got = b""
    with Peer(script) as peer, closing(client.Session()) as session:
        response = session.get(peer.url("/"), **_options(client, name))
        with pytest.raises(Exception) as caught:
            for piece in STREAMS[stream](response):
                got += piece
        assert type(caught.value).__name__ in (fault.error, fault.raw)
    assert got == HANDED_OUT[name]


def test_an_interrupt_leaves_no_shorter_body(client: ModuleType) -> None:
    def interrupt(received: int, total: int | None) -> None:
        if received > HEAD_READ:
            raise KeyboardInterrupt

    with Peer([receive(), send(LONG)]) as peer:
        response = client.get(peer.url("/"), timeout=5, stream=True, on_download=interrupt)
        with pytest.raises(KeyboardInterrupt):
            response.content  # noqa: B018
        for _ in range(2):
            with pytest.raises(client.exceptions.ChunkedEncodingError, match="KeyboardInterrupt"):
                response.content  # noqa: B018


def test_a_hook_that_reads_a_failed_body_and_the_program_get_the_same_error(client: ModuleType) -> None:
    seen: list[Any] = []

    def hook(response: Any, *args: Any, **kw: Any) -> None:
        with pytest.raises(client.exceptions.ChunkedEncodingError) as caught:
            response.content  # noqa: B018
        seen.append(caught.value)

    with Peer(_script(FAULTS["cut by length"])) as peer:
        with pytest.raises(client.exceptions.ChunkedEncodingError) as caught:
            client.get(peer.url("/"), timeout=5, hooks={"response": hook})
    assert str(caught.value) == str(seen[0])


def test_a_with_block_changes_nothing_about_a_failed_body(client: ModuleType) -> None:
    with Peer(_script(FAULTS["cut in a chunk"])) as peer:
        with client.get(peer.url("/"), timeout=5, stream=True) as response:
            assert next(response.iter_content(5)) == b"hello"
            with pytest.raises(client.exceptions.ChunkedEncodingError):
                response.content  # noqa: B018
        with pytest.raises(client.exceptions.ChunkedEncodingError):
            response.text  # noqa: B018
        response._content = b"put there by the program"
        assert response.content == b"put there by the program"
        assert list(response.iter_content(100)) == [b"put there by the program"]


@pytest.mark.parametrize("how", ["content", "iter_content"])
def test_a_body_of_another_transport_that_failed_fails_again(client: ModuleType, how: str) -> None:
    class Raw:
        """As a test tool's: it forgets that it has failed."""

        failed = False

        def stream(self, size: int, decode_content: bool) -> Any:
            if not self.failed:
                self.failed = True
                yield b"some"
                raise errors.ProtocolError("broken off")

    response = client.Response()
    response.raw, response.request = Raw(), client.Request("GET", "http://a.test/").prepare()
    for _ in range(3):
        with pytest.raises(client.exceptions.ChunkedEncodingError, match="broken off"):
            response.content if how == "content" else list(response.iter_content(10))


@pytest.mark.parametrize("name", ["cut in a chunk", "a callback", "gzip cut", "no gzip", "too large, decoded"])
def test_a_failed_body_that_is_forgotten_is_freed_at_once(client: ModuleType, name: str) -> None:
    gc.collect()
    gc.disable()
    try:
        with Peer(_script(FAULTS[name])) as peer:
            response = client.get(peer.url("/"), **_options(client, name))
            for _ in range(2):
                try:
                    response.content  # noqa: B018
                except (client.RequestException, Stop):
                    pass
            gone = weakref.ref(response)
            del response
            assert gone() is None
    finally:
        gc.enable()


def test_the_page_of_a_redirect_that_broke_off_is_an_error_for_its_reader(client: ModuleType) -> None:
    moved = ok("Location: /target", "Content-Length: 9", body="hello", status="302 Found")
    with Peer([receive(), send(moved), half_close()], [receive(), send(respond)]) as peer:
        response = client.get(peer.url("/"), timeout=5)
    assert response.text == "the response to /target"
    for each in (response, pickle.loads(pickle.dumps(response))):
        for reading in ("content", "text", "iter_content"):
            assert type(_failure(reading, each.history[0])).__name__ == "ChunkedEncodingError"


def test_tls_that_breaks_off_fails_again(client: ModuleType) -> None:
    def cut(talk: Any) -> None:
        socket.socket.shutdown(talk.sock, socket.SHUT_WR)  # without close_notify
        talk.peer.over.wait(talk.peer.patience)

    with Peer([receive(), send(ok(body="hello")), call(cut)], tls=certificates.server_context()) as peer:
        response = client.get(peer.url("/"), timeout=5, stream=True, verify=certificates.ca_path())
        for reading in ("content", "content", "iter_content", "pickle"):
            assert type(_failure(reading, response)).__name__ == "SSLError"


LETTERS = b"a" * 200_000
HEADS = {
    "length": ok("Content-Length: 300000", body=LETTERS),
    "chunked": ok("Transfer-Encoding: chunked", body=b"30d40\r\n" + LETTERS + b"\r\n"),
    "close": ok(body=LETTERS),
}


@pytest.mark.parametrize("way", ["plain", "TLS", "TLS in TLS"])
@pytest.mark.parametrize("framing", HEADS)
def test_a_body_that_was_shut_down_ends_or_fails_and_never_is_ciphertext(
    client: ModuleType, framing: str, way: str
) -> None:
    tls = None if way == "plain" else certificates.server_context()
    with ExitStack() as stack:
        peer = stack.enter_context(Peer([receive(), send(HEADS[framing]), stall()], tls=tls))
        session = stack.enter_context(client.Session())
        session.verify = certificates.ca_path()
        if way == "TLS in TLS":
            proxy = stack.enter_context(ProxyServer(tls=certificates.server_context()))
            session.proxies = {"https": proxy.url("")}
        raw = session.get(peer.url("/"), timeout=5, stream=True).raw
        got = raw.read(20_000)
        raw.shutdown()
        try:
            while piece := raw.read(10_000):
                got += piece
            ended = framing == "close" and way == "plain"
            assert ended, "only there is the end of the connection that of the body"
        except errors.TransportError as error:
            assert not isinstance(error, errors.TimeoutError)
            for _ in range(2):
                with pytest.raises(type(error)):
                    raw.read()
        assert LETTERS.startswith(got)
        assert session.get_adapter(peer.url()).pool.stats().open == 0


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "text/plain; charset=utf-8", "x/y"]
)
def test_json_may_begin_with_a_byte_order_mark(client: ModuleType, kind: str) -> None:
    body = b"\xef\xbb\xbf" + '{"ü": 1}'.encode()
    with Peer([receive(), send(ok(f"Content-Type: {kind}", f"Content-Length: {len(body)}", body=body))]) as peer:
        assert client.get(peer.url("/"), timeout=5).json() == {"ü": 1}


@pytest.mark.parametrize("framing", ["Content-Length: 5", "Transfer-Encoding: chunked"])
def test_pieces_of_no_bytes_are_a_mistake(client: ModuleType, framing: str) -> None:
    sent = ok(framing, body=b"hello" if "Length" in framing else chunked(b"hello"))
    with Peer([receive(), send(sent)]) as peer:
        response = client.get(peer.url("/"), timeout=5, stream=True)
        for read in (response.iter_content, response.iter_lines):
            with pytest.raises(ValueError, match="chunk_size=0"):
                read(0)
        assert list(response.iter_content(-1)) == [b"hello"]

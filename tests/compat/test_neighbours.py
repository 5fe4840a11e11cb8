"""What packages built on requests reach into: their very calls, on requests and on us."""

from __future__ import annotations

import inspect
import io
import socket
import typing
import zlib
from typing import Any

import pytest

import httpcore_lite
from httpcore_lite.urllib3_api.response import HTTPResponse as OurHTTPResponse
from tests.support.messages import chunked, chunked_response, response
from tests.support.scripted import Peer, call, close, receive, send

requests = pytest.importorskip("requests")

BOTH = pytest.mark.parametrize("client", [requests, httpcore_lite], ids=["requests", "ours"])
TEXT = bytes(range(256)) * 40
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"


def flushed(wbits: int = 31, text: bytes = TEXT, level: int = 6) -> bytes:
    """A stream that is flushed and never finished."""
    coder = zlib.compressobj(level, wbits=wbits)
    return coder.compress(text) + coder.flush(zlib.Z_SYNC_FLUSH)


def gzipped(text: bytes = TEXT) -> bytes:
    coder = zlib.compressobj(wbits=31)
    return coder.compress(text) + coder.flush()


# -- requests-cache ----------------------------------------------------------------------------------------------------

PUBLIC_MODULES = (
    "adapters api auth certs compat cookies exceptions help hooks models sessions status_codes structures utils "
    "urllib3_api.util.retry packages.urllib3.response packages.urllib3.connectionpool packages.urllib3.poolmanager "
    "packages.urllib3.exceptions packages.urllib3.util.retry packages.urllib3.util.timeout "
    "urllib3_api.response urllib3_api.exceptions urllib3_api.util.timeout urllib3_api.poolmanager "
    "sansio.timeouts sansio.http1.exchange transport.response"
).split()


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_the_annotations_of_every_public_class_resolve(module: str) -> None:
    namespace = vars(__import__(f"httpcore_lite.{module}", fromlist=["*"]))
    for value in list(namespace.values()):
        if inspect.isclass(value) and value.__module__.startswith("httpcore_lite"):
            typing.get_type_hints(value)


def test_attrs_makes_a_class_of_response() -> None:
    attrs = pytest.importorskip("attrs")

    @attrs.define(auto_attribs=False, slots=False)
    class Cached(httpcore_lite.Response):  # type: ignore[misc]
        status_code: int = attrs.field(default=0)
        url: str = attrs.field(default="")

    attrs.resolve_types(Cached)
    assert Cached(status_code=201).ok


@BOTH
@pytest.mark.parametrize("coding", [b"", b"gzip"])
def test_a_body_that_was_read_can_be_put_back_as_another_file(client: Any, coding: bytes) -> None:
    body = gzipped() if coding else TEXT
    with Peer([receive(), send(response(body, headers=[("Content-Encoding", coding.decode() or "identity")]))]) as peer:
        got = client.get(peer.url("/"), stream=True, timeout=5)
        raw = got.raw
        assert raw.read(decode_content=False) == body
        for _ in range(1 if coding and client is requests else 2):  # urllib3's decoder does not begin anew
            raw._fp = io.BytesIO(body)
            raw._fp_bytes_read = 0
            raw.length_remaining = len(body)
            assert raw.read(10, decode_content=True) == TEXT[:10]
            assert b"".join(raw.stream(64, decode_content=True)) == TEXT[10:]
            assert (raw._fp_bytes_read, raw.tell(), raw.length_remaining) == (len(body), len(body), 0)
        assert raw.read() == b""


def test_a_file_that_is_cut_off_is_an_error_too_in_place_of_the_body() -> None:
    with Peer([receive(), send(response(b"", headers=[("Content-Encoding", "gzip")]))]) as peer:
        got = httpcore_lite.get(peer.url("/"), stream=True, timeout=5)
        got.raw._fp = io.BytesIO(gzipped()[:-9])
        with pytest.raises(httpcore_lite.exceptions.ContentDecodingError):
            got.content  # noqa: B018


@BOTH
def test_the_plain_attributes_of_raw_can_be_assigned(client: Any) -> None:
    with Peer([receive(), send(response(TEXT))]) as peer:
        raw = client.get(peer.url("/"), stream=True, timeout=5).raw
        for name in ("version_string", "chunk_left", "_fp_bytes_read", "length_remaining", "_body"):
            setattr(raw, name, 7)
            assert getattr(raw, name) == 7
        raw._body = b"theirs"
        assert raw.data == b"theirs"
        raw.close()


def test_no_attribute_of_raw_has_a_name_of_urllib3s_and_another_meaning() -> None:
    urllib3 = pytest.importorskip("urllib3")
    theirs = urllib3.HTTPResponse(io.BytesIO(), preload_content=False)
    with Peer([receive(), send(response(TEXT))]) as peer:
        raw = httpcore_lite.get(peer.url("/"), stream=True, timeout=5).raw
        shared = {
            name
            for name in {*dir(theirs), *vars(theirs)}
            if name.startswith("_") and not hasattr(io.IOBase, name) and hasattr(raw, name)
        }
        assert shared == {
            "_body", "_connection", "_decoder", "_fp", "_fp_bytes_read", "_original_response", "_pool", "_request_url",
            "_update_chunk_length",
        }  # fmt: skip
        assert (raw._body, raw._decoder) == (None, None)
        raw.close()


# -- CacheControl ------------------------------------------------------------------------------------------------------


class Wrapper:
    """CacheControl's: keeps what is read, and tells of the end."""

    def __init__(self, fp: Any) -> None:
        self.fp_within = fp
        self.kept = io.BytesIO()
        self.ended = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["fp_within"], name)

    def _is_closed(self) -> bool:
        try:
            return self.fp_within.fp is None  # type: ignore[no-any-return]
        except AttributeError:
            return bool(self.fp_within.closed)

    def _close(self) -> None:
        self.ended += 1

    def read(self, amt: int | None = None) -> bytes:
        data: bytes = self.fp_within.read(amt)
        self.kept.write(data)
        if self._is_closed():
            self._close()
        return data

    def _safe_read(self, amt: int) -> bytes:
        data: bytes = self.fp_within._safe_read(amt)
        if amt == 2 and data == b"\r\n":
            return data
        self.kept.write(data)
        return data


@BOTH
@pytest.mark.parametrize("coding", [b"", b"gzip"])
@pytest.mark.parametrize("framing", ["chunked", "chunked late", "length", "close", "empty"])
def test_a_wrapped_body_is_seen_as_sent_and_to_its_end(client: Any, framing: str, coding: bytes) -> None:
    body = gzipped() if coding else TEXT
    fields = [("Content-Encoding", coding.decode())] if coding else []
    steps = {
        "chunked": [send(chunked_response(body[:99], body[99:], headers=fields))],
        "chunked late": [send(chunked_response(body, headers=fields)[:-5]), send(b"0\r\n\r\n")],
        "length": [send(response(body, headers=fields))],
        "close": [send(response(body, headers=fields, length=False)), close()],
        "empty": [send(response(b"", headers=[]))],
    }[framing]  # fmt: skip
    with Peer([receive(), *steps]) as peer:
        got = client.get(peer.url("/"), stream=True, timeout=5)
        raw = got.raw
        raw._fp = wrapper = Wrapper(raw._fp)
        if raw.chunked:
            whole = type(raw)._update_chunk_length

            def told() -> None:
                whole(raw)
                if raw.chunk_left == 0:
                    wrapper._close()

            raw._update_chunk_length = told
        assert got.content == (b"" if framing == "empty" else TEXT)
        assert wrapper.ended
        assert wrapper.kept.getvalue() == (b"" if framing == "empty" else body)
        del raw._fp


# -- docker ------------------------------------------------------------------------------------------------------------


def docker_stream(raw: Any) -> list[bytes]:
    """How docker's SDK reads events, and the output of a build: a chunk is a message."""
    assert raw._fp.chunked
    found = []
    while not raw.closed:
        data = raw.read(1)
        if not data:
            break
        if raw._fp.chunk_left:
            data += raw.read(raw._fp.chunk_left)
        found.append(data)
    return found


MESSAGES = [b"{1}", b"x", b"y" * 100_000, b"z", b"{22}", b"w" * 3000, b"\n"]


@BOTH
@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 100])
def test_each_chunk_is_a_message_however_it_arrives(client: Any, pieces: int) -> None:
    with Peer([receive(), send(CHUNKED + b"\r\n" + chunked(*MESSAGES), pieces=pieces)]) as peer:
        assert docker_stream(client.get(peer.url("/"), stream=True, timeout=5).raw) == MESSAGES


@BOTH
def test_a_chunk_is_handed_out_before_the_next_one_comes(client: Any) -> None:
    with Peer([receive(), send(CHUNKED + b"\r\n5\r\nfirst\r\n"), receive()]) as peer:
        raw = client.get(peer.url("/"), stream=True, timeout=5).raw
        assert raw._fp.chunk_left is None
        assert raw.read(1) == b"f"
        assert raw._fp.chunk_left == 4
        assert raw.read(4) == b"irst"
        assert not raw._fp.chunk_left
        raw.close()


@BOTH
@pytest.mark.parametrize(
    "head", [b"101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp", b"200 OK\r\nConnection: close"]
)
def test_the_socket_below_is_read_and_written_from_what_has_arrived_on(client: Any, head: bytes) -> None:
    def talk(conversation: Any) -> None:
        data = b""
        while data != b"hello\n":
            data += conversation.sock.recv(100)
        conversation.sock.sendall(b"world\n")

    with Peer([receive(), send(b"HTTP/1.1 " + head + b"\r\n\r\n"), call(talk), close()]) as peer:
        got = client.post(
            peer.url("/exec"), stream=True, timeout=5, headers={"Connection": "Upgrade", "Upgrade": "tcp"}
        )
        sock = got.raw._fp.fp.raw
        assert isinstance(sock, socket.SocketIO)
        assert sock is got.raw._fp.fp.raw
        sock._response = got
        assert sock.fileno() == sock._sock.fileno() == got.raw._fp.fileno()
        sock._sock.settimeout(4)
        if client is httpcore_lite:
            assert sock.write(b"hello\n") == 6
        else:
            sock._sock.sendall(b"hello\n")  # http.client's can only be read
        assert sock._sock.gettimeout() == 4
        assert sock.read(100) == b"world\n"
        assert sock.read(100) == b""
        sock.close()
        assert sock.closed


@pytest.mark.parametrize("framing", [b"", b"Content-Length: 300\r\n"])
def test_what_came_behind_the_head_is_read_first_and_the_connection_is_not_used_again(framing: bytes) -> None:
    with Peer(
        [receive(), send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\nearly"), send(b"late")],
        [receive(), send(response("hi"))],
    ) as peer:
        with httpcore_lite.Session() as s:
            got = s.get(peer.url("/"), stream=True, timeout=5)
            file = got.raw._fp.fp.raw
            assert file.read(2) == b"ea"
            assert (file.read(5) + file.read(5))[:4] == b"rlyl"
            got.close()
            with pytest.raises(ValueError, match="I/O operation"):
                file.read(1)
            assert s.get(peer.url("/"), timeout=5).text == "hi"
            assert s.adapters["http://"].pool.stats().open == 1


@BOTH
def test_the_file_of_the_body_shows_the_head_as_http_client_does(client: Any) -> None:
    with Peer([receive(), send(response(b"one\ntwo\nthree", headers=[("X-A", "1")]))]) as peer:
        got = client.get(peer.url("/"), stream=True, timeout=5)
        fp = got.raw._fp
        assert (fp.status, fp.reason, fp.version, fp.length, fp.will_close, fp.debuglevel) == (
            200,
            "OK",
            11,
            13,
            False,
            0,
        )
        assert (fp.getheader("x-a"), fp.getheader("y", 5), fp.msg["X-A"], fp.headers.get_all("x-a")) == (
            "1",
            5,
            "1",
            ["1"],
        )
        assert ("X-A", "1") in fp.getheaders()
        assert fp.peek(3)[:3] == b"one"
        assert (fp.readline(), fp.length) == (b"one\n", 9)
        assert (fp.readline(2), fp.readline(), fp.readline(), fp.readline()) == (b"tw", b"o\n", b"three", b"")
        assert fp.isclosed() or client is requests


# -- google-cloud-storage ----------------------------------------------------------------------------------------------


class Hashing:
    """google-cloud-storage's decoder: it sees the coded bytes as they pass."""

    def __init__(self, limited: bool) -> None:
        self.seen = b""
        self.inflater = zlib.decompressobj(31)
        self.flushes = 0
        if limited:
            self.decompress = self.limited

    def limited(self, data: bytes, max_length: int = -1) -> bytes:
        self.seen += data
        return self.inflater.decompress(self.inflater.unconsumed_tail + data, max(0, max_length))

    def decompress(self, data: bytes) -> bytes:  # type: ignore[no-redef]
        return self.limited(data)

    @property
    def has_unconsumed_tail(self) -> bool:
        return bool(self.inflater.unconsumed_tail)

    def flush(self) -> bytes:
        self.flushes += 1
        return self.inflater.flush()


@BOTH
@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.parametrize("way", ["content", "iter_content", "read"])
def test_an_assigned_decoder_is_used(client: Any, way: str, limited: bool) -> None:
    if client is requests and not limited:
        pytest.skip("urllib3 2.6 and later gives max_length to every decoder")
    body = gzipped()
    with Peer([receive(), send(response(body, headers=[("Content-Encoding", "gzip")]))]) as peer:
        got = client.get(peer.url("/"), stream=True, timeout=5)
        got.raw._decoder = decoder = Hashing(limited)
        if way == "content":
            assert got.content == TEXT
        elif way == "iter_content":
            assert b"".join(got.iter_content(100)) == TEXT
        else:
            assert b"".join(iter(lambda: got.raw.read(1000, decode_content=True), b"")) == TEXT
        assert decoder.seen == body


def test_an_assigned_decoder_that_fails_is_a_decoding_error_and_the_limits_hold() -> None:
    received = response(b"no gzip", headers=[("Content-Encoding", "gzip")])
    with Peer([receive(), send(received)]) as peer:
        got = httpcore_lite.get(peer.url("/"), stream=True, timeout=5)
        got.raw._decoder = Hashing(True)
        for _ in range(2):
            with pytest.raises(httpcore_lite.exceptions.ContentDecodingError):
                got.content  # noqa: B018
    with Peer([receive(), send(response(gzipped(), headers=[("Content-Encoding", "gzip")]))]) as peer:
        got = httpcore_lite.get(peer.url("/"), stream=True, timeout=5, max_response_size=5000)
        got.raw._decoder = Hashing(True)
        with pytest.raises(httpcore_lite.ResponseTooLarge):
            got.content  # noqa: B018


@pytest.mark.parametrize("limited", [True, False])
def test_an_assigned_decoder_is_used_by_a_response_made_by_hand(limited: bool) -> None:
    made = OurHTTPResponse(io.BytesIO(gzipped()), headers={"Content-Encoding": "gzip"}, preload_content=False)
    made._decoder = decoder = Hashing(limited)
    assert made.read() == TEXT
    assert decoder.seen == gzipped()


# -- streams that are flushed and never finished -----------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 7, 1000])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "bare deflate"])
@pytest.mark.parametrize("text", [TEXT, b"", b"\x00\x00\xff\xff" * 50])
@BOTH
def test_a_stream_that_ends_where_it_was_flushed_is_a_body_in_complete_framing(
    client: Any, text: bytes, coding: str, cut: int
) -> None:
    body = flushed({"gzip": 31, "deflate": 15, "bare deflate": -15}[coding], text)
    fields = [("Content-Encoding", coding.split()[-1])]
    chunks = [body[at : at + cut] for at in range(0, len(body), cut)]
    responses = [chunked_response(*chunks, headers=fields), response(body, headers=fields)]
    with Peer([receive(), send(responses[0]), receive(), send(responses[1]), receive(), send(responses[1])]) as peer:
        with client.Session() as s:
            for _ in responses:
                assert s.get(peer.url("/"), timeout=5).content == text
            assert b"".join(s.get(peer.url("/"), timeout=5, stream=True).iter_content(10)) == text


@pytest.mark.parametrize(
    ("body", "framed"),
    [
        (flushed(), False),  # until the close
        (flushed()[:-1], True),
        (flushed()[:-4], True),
        (gzipped()[:-8], True),  # the checksum is missing
        (gzipped()[:-4], True),
        # The mark as data within a stored block that is cut behind it.
        (flushed(text=b"a" * 100 + b"\x00\x00\xff\xff" + b"b" * 100, level=0)[: 10 + 5 + 104], True),
        (flushed(text=b"\x00\x00\xff\xff" * 9, level=0)[: 10 + 5 + 34], True),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", True),  # the head alone
    ],
)
def test_what_breaks_off_elsewhere_stays_an_error(body: bytes, framed: bool) -> None:
    fields = [("Content-Encoding", "gzip")]
    received = response(body, headers=fields) if framed else b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + body
    with Peer([receive(), send(received), close()]) as peer:
        with pytest.raises(httpcore_lite.exceptions.ContentDecodingError):
            httpcore_lite.get(peer.url("/"), timeout=5)

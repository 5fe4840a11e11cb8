"""Coded bodies as servers send them, broken ones and bombs among them: what a program gets, and what it costs.

The decoders by themselves are tested in tests/unit/sansio/http1/test_decoders.py; here is what reaches a program
through Session and Response, and what its process needs for it.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import httpcore_lite as client
from httpcore_lite.sansio.errors import DecodeError
from httpcore_lite.sansio.http1 import accepted_codings, decoders
from httpcore_lite.sansio.http1.decoders import decoder_for
from support.codings import bare_deflate, brotli, zstd
from support.messages import response
from support.scripted import Peer, Step, close, receive, send

TEXT = b"The quick brown fox jumps over the lazy dog. " * 40


#: What servers call it, and how it is done.
CODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "br": ("br", brotli),
    "zstd": ("zstd", zstd),
}
CODERS = {kind: coder for kind, coder in CODERS.items() if coder[0] in accepted_codings().split(", ")}
#: Kinds of codings, the first one applied first.
NESTS = [
    ("gzip", "gzip"),
    ("bare deflate", "gzip"),
    ("br", "zstd"),
    ("zstd", "br", "deflate"),
    ("gzip", "deflate", "br", "zstd", "gzip"),
]
NESTS = [nest for nest in NESTS if set(nest) <= set(CODERS)]
each_coding = pytest.mark.parametrize("kind", CODERS)


def coded(kinds: tuple[str, ...], data: bytes) -> tuple[str, bytes]:
    for kind in kinds:
        data = CODERS[kind][1](data)
    return ", ".join(CODERS[kind][0] for kind in kinds), data


def coded_response(coding: str, data: bytes) -> bytes:
    return response(data, headers=[("Content-Encoding", coding)])


def by_content(got: client.Response) -> bytes:
    return got.content


def by_pieces(got: client.Response) -> bytes:
    return b"".join(got.iter_content(100))


def as_it_comes(got: client.Response) -> bytes:
    return b"".join(got.iter_content(None))


def by_raw(got: client.Response) -> bytes:
    try:
        return b"".join(iter(lambda: got.raw.read(77, decode_content=True), b""))
    except DecodeError as error:  # the transport's own, as in requests
        raise client.exceptions.ContentDecodingError(error) from error


def by_buffer(got: client.Response) -> bytes:
    buffer, out = bytearray(50), b""
    got.raw.decode_content = True
    try:
        while count := got.raw.readinto(buffer):
            out += buffer[:count]
    except DecodeError as error:
        raise client.exceptions.ContentDecodingError(error) from error
    return out


READINGS = [by_content, by_pieces, as_it_comes, by_raw, by_buffer]
each_reading = pytest.mark.parametrize("read", READINGS, ids=lambda read: read.__name__)


@contextmanager
def served(data: bytes, *more: Step) -> Iterator[tuple[Peer, client.Session]]:
    """A server that gives this response, then on the next connection (or on the same one) a plain one."""
    plain = [receive(), send(response(b"next"))]
    with Peer([receive(), send(data), *more, *plain], plain) as peer, client.Session(timeout=5) as session:
        yield peer, session


def check_next(peer: Peer, session: client.Session) -> None:
    assert session.get(peer.url("/next")).content == b"next"


# -- what is whole -----------------------------------------------------------------------------------------------------


@each_reading
@pytest.mark.parametrize("kinds", [*[(kind,) for kind in CODERS], *NESTS], ids=" in ".join)
def test_what_was_coded_is_read_as_it_was(kinds: tuple[str, ...], read: Callable[[client.Response], bytes]) -> None:
    with served(coded_response(*coded(kinds, TEXT))) as (peer, session):
        assert read(session.get(peer.url("/"), stream=True)) == TEXT
        check_next(peer, session)
        assert len(peer.requests) == 2
        assert peer.requests[1].connection == 0  # the connection is used again


@each_coding
def test_an_empty_body_under_a_coding_is_empty(kind: str) -> None:
    with served(coded_response(CODERS[kind][0], b"")) as (peer, session):
        assert session.get(peer.url("/")).content == b""
        check_next(peer, session)


def test_a_sixth_coding_is_refused_before_anything_is_inflated() -> None:
    coding, data = coded(("gzip",) * 6, TEXT)
    with served(coded_response(coding, data)) as (peer, session):
        with pytest.raises(
            client.exceptions.ContentDecodingError, match="6 content codings is refused, 5 are the most"
        ):
            session.get(peer.url("/"))
        check_next(peer, session)


@pytest.mark.parametrize(
    ("kinds", "shown"),
    [
        (("gzip", "gzip"), "several gzip members"),
        (("zstd", "zstd"), "several zstd frames"),
    ],
    ids=["gzip", "zstd"],
)
@each_reading
def test_members_and_frames_in_a_row_are_one_body(
    kinds: tuple[str, str], shown: str, read: Callable[[client.Response], bytes]
) -> None:
    if kinds[0] not in CODERS:
        pytest.skip("not installed")
    coding, coder = CODERS[kinds[0]]
    with served(coded_response(coding, coder(TEXT) + coder(b"") + coder(b"more"))) as (peer, session):
        assert read(session.get(peer.url("/"), stream=True)) == TEXT + b"more", shown
        check_next(peer, session)


# -- what is broken ----------------------------------------------------------------------------------------------------


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 0x55
    return bytes(changed)


#: How a coded body is broken. Of each requests gives what came before the fault for the whole, or junk, in some coding.
FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "one byte": lambda data: data[:1],
    "the first six bytes": lambda data: data[:6],
    "half": lambda data: data[: len(data) // 2],
    "all but three bytes": lambda data: data[:-3],
    "all but the last byte": lambda data: data[:-1],
    "another beginning": lambda data: flipped(data, 0),
    "another end": lambda data: flipped(data, -1),
    "not coded at all": lambda data: TEXT,
    "nothing but zeros": lambda data: bytes(100),
}


@pytest.mark.parametrize("fault", FAULTS)
@each_coding
@pytest.mark.parametrize("framing", ["length", "close"])
def test_a_broken_stream_is_an_error_that_knows_its_request(kind: str, fault: str, framing: str) -> None:
    coding, data = coded((kind,), TEXT)
    broken = FAULTS[fault](data)
    if framing == "length":
        sent = [send(coded_response(coding, broken))]
    else:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n".encode()
        sent = [send(head + broken), close()]
    plain = [receive(), send(response(b"next"))]
    with Peer([receive(), *sent, *plain], plain) as peer, client.Session(timeout=5) as session:
        with pytest.raises(client.exceptions.ContentDecodingError) as caught:
            session.get(peer.url("/"))
        assert caught.value.request is not None
        assert caught.value.request.url == peer.url("/")
        assert coding in str(caught.value)
        assert isinstance(caught.value.args[0], DecodeError)
        check_next(peer, session)


@pytest.mark.parametrize("fault", ["half", "all but the last byte", "another end"])
@pytest.mark.parametrize("kinds", [*[(kind,) for kind in CODERS], *NESTS[:3]], ids=" in ".join)
@each_reading
def test_no_way_of_reading_takes_a_broken_stream_for_a_whole_one(
    kinds: tuple[str, ...], fault: str, read: Callable[[client.Response], bytes]
) -> None:
    coding, data = coded(kinds, TEXT)
    with served(coded_response(coding, FAULTS[fault](data))) as (peer, session):
        got = session.get(peer.url("/"), stream=True)
        with pytest.raises(client.exceptions.ContentDecodingError):
            read(got)
        check_next(peer, session)


@pytest.mark.parametrize("keep", [30, 60, 90])
@each_coding
def test_what_came_before_the_break_was_right(kind: str, keep: int) -> None:
    text = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(20_000))
    coding, data = coded((kind,), text)
    with served(coded_response(coding, data[: len(data) * keep // 100])) as (peer, session):
        pieces = session.get(peer.url("/"), stream=True).iter_content(1_000)
        got = b""
        with pytest.raises(client.exceptions.ContentDecodingError, match=f"{coding} stream of the body is cut off"):
            for piece in pieces:
                got += piece
    assert text.startswith(got)
    assert len(got) > len(text) * (keep - 25) // 100


@pytest.mark.parametrize("inner", [True, False])
@pytest.mark.parametrize("kinds", NESTS, ids=" in ".join)
def test_a_break_in_any_layer_of_a_nest_is_an_error(kinds: tuple[str, ...], inner: bool) -> None:
    first, data = coded(kinds[:1] if inner else kinds, TEXT)
    data = data[:-2]
    if inner:
        data = coded(kinds[1:], data)[1]
    with served(coded_response(coded(kinds, b"")[0], data)) as (peer, session):
        with pytest.raises(client.exceptions.ContentDecodingError, match="cut off"):
            session.get(peer.url("/"))
        check_next(peer, session)


@pytest.mark.parametrize("library", ["compression.zstd", "backports.zstd", "zstandard"])
@pytest.mark.parametrize(
    ("frame", "whole"),
    [
        ("28b52ffd 20 00 010000", b""),
        ("28b52ffd 20 02 110000 6869", b"hi"),
        ("28b52ffd 60 0000 010800" + "61" * 256, b"a" * 256),
        ("28b52ffd 00 58 110000 6869", b"hi"),  # says nothing of its size
        ("502a4d18 02000000 6869 28b52ffd 20 02 110000 6869", b"hi"),  # behind a frame to be skipped
        ("28b52ffd 20 01 010000", None),  # ends in an empty block: the library does not count its bytes then
        ("28b52ffd 60 0000 010000", None),
        ("28b52ffd a0 02000000 100000 6869 010000", b"hi"),
        ("28b52ffd a0 03000000 100000 6869 010000", None),
        ("28b52ffd e0 0300000000000000 100000 6869 010000", None),
    ],
)
def test_a_zstd_frame_has_as_many_bytes_as_it_says_however_it_is_cut(
    library: str, frame: str, whole: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(library)
    for other in {"compression.zstd", "backports.zstd", "zstandard"} - {library}:
        monkeypatch.setitem(sys.modules, other, None)
    monkeypatch.setattr(decoders, "_found", {})
    data = bytes.fromhex(frame)
    for size in (1, 5, len(data)):
        made = decoder_for("zstd")
        assert made is not None
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        if whole is None:
            with pytest.raises(DecodeError, match="zstd"):
                b"".join([made.decode(piece) for piece in pieces])
        else:
            assert b"".join([made.decode(piece) for piece in pieces]) + made.flush() == whole


# -- what is behind the end --------------------------------------------------------------------------------------------

IGNORED, ERROR = "ignored", "error"
#: What is behind the end of a stream, coding by coding. The same as with requests.
BEHIND = {"gzip": IGNORED, "deflate": IGNORED, "bare deflate": IGNORED, "br": ERROR, "zstd": ERROR}


@pytest.mark.parametrize("behind", [b"garbage", bytes(9), b"\r\n"], ids=["garbage", "zeros", "a line end"])
@each_reading
@each_coding
def test_what_is_behind_the_end_of_a_stream_is_ignored_or_an_error(
    kind: str, behind: bytes, read: Callable[[client.Response], bytes]
) -> None:
    coding, data = coded((kind,), TEXT)
    with served(coded_response(coding, data + behind)) as (peer, session):
        got = session.get(peer.url("/"), stream=True)
        if BEHIND[kind] == IGNORED:
            assert read(got) == TEXT
        else:
            with pytest.raises(client.exceptions.ContentDecodingError):
                read(got)
        check_next(peer, session)


# -- bombs -------------------------------------------------------------------------------------------------------------

MEGABYTE = 1 << 20


@functools.cache
def bomb(kinds: tuple[str, ...]) -> tuple[str, bytes]:
    """64 MB of zeros."""
    return coded(kinds, bytes(64 * MEGABYTE))


ALL = [*[(kind,) for kind in CODERS], *NESTS]


@pytest.mark.parametrize("read", [by_content, by_pieces, by_raw, by_buffer], ids=lambda read: read.__name__)
@pytest.mark.parametrize("kinds", ALL, ids=" in ".join)
def test_a_limit_of_the_size_stops_every_bomb(kinds: tuple[str, ...], read: Callable[[client.Response], bytes]) -> None:
    with served(coded_response(*bomb(kinds))) as (peer, session):
        got = session.get(peer.url("/"), max_response_size=100_000, stream=True)
        with pytest.raises(client.exceptions.ContentDecodingError, match="max_response_size") as caught:
            read(got)
        assert got.raw._content.decoder.produced <= 100_000 + 256 * 1024
        if read in (by_content, by_pieces):
            assert isinstance(caught.value, client.ResponseTooLarge)
        check_next(peer, session)


@pytest.mark.parametrize("kinds", ALL, ids=" in ".join)
def test_a_limit_of_the_ratio_stops_every_bomb(kinds: tuple[str, ...]) -> None:
    with served(coded_response(*bomb(kinds))) as (peer, session):
        got = session.get(peer.url("/"), max_decode_ratio=50, stream=True)
        with pytest.raises(client.ResponseTooLarge, match="max_decode_ratio allows 50 times"):
            got.content  # noqa: B018
        check_next(peer, session)


@pytest.mark.parametrize("kinds", ALL, ids=" in ".join)
def test_what_is_within_the_limits_is_read_whole(kinds: tuple[str, ...]) -> None:
    with served(coded_response(*coded(kinds, TEXT))) as (peer, session):
        got = session.get(peer.url("/"), max_response_size=len(TEXT), max_decode_ratio=1000)
        assert got.content == TEXT
        check_next(peer, session)


@pytest.mark.parametrize("kind", [kind for kind in ("gzip", "zstd") if kind in CODERS])
def test_a_bomb_of_many_small_members_is_stopped_as_well(kind: str) -> None:
    coding, coder = CODERS[kind]
    data = coder(bytes(10_000)) * 2_000
    with served(coded_response(coding, data)) as (peer, session):
        with pytest.raises(client.ResponseTooLarge):
            session.get(peer.url("/"), max_response_size=1_000_000)
        check_next(peer, session)
    with served(coded_response(coding, data)) as (peer, session):
        assert len(session.get(peer.url("/")).content) == 20_000_000


#: Reads in a process of its own for each row; prints how many KiB a bomb needs beyond what a small body needed before.
PROGRAM = """
import json, os, resource, sys
import httpcore_lite as client
from httpcore_lite.client import failures  # which the first error loads: no matter of the bomb's
from httpcore_lite.sansio.http1 import decoders
from httpcore_lite.sansio.http1 import accepted_codings
from httpcore_lite.sansio.http1.decoders import decoder_for

def pieces(url):
    with client.get(url, stream=True, timeout=20) as got:
        stream = got.iter_content(10_000)
        return sum(len(next(stream)) for _ in range(3))

def all_of_it(url):
    with client.get(url, stream=True, timeout=20) as got:
        return sum(map(len, got.iter_content(10_000)))

def limited(url):
    try:
        client.get(url, max_response_size=100_000, timeout=20)
    except client.ResponseTooLarge:
        return 0

for coding in accepted_codings().split(", "):
    decoder_for(coding)
url, rows = sys.argv[1], json.loads(sys.argv[2])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name, row in rows:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        all_of_it(url + "warm" + row)  # a small one: what is needed once is there
        before = peak()
        got = globals()[name](url + row)
        os.write(writer, json.dumps([name, row, got, peak() - before]).encode())
        os._exit(0)
    os.close(writer)
    print(os.read(reader, 1000).decode())
    assert os.waitpid(child, 0)[1] == 0
"""
#: What a library keeps for itself, in KiB: the window that these bombs were packed with, and what it works with.
OWN = {"gzip": 128, "deflate": 128, "bare deflate": 128, "br": 5 * 1024, "zstd": 3 * 1024}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted differently elsewhere")
def test_reading_n_bytes_of_a_bomb_needs_hardly_more_than_n_bytes() -> None:
    rows = [(name, str(index)) for index in range(len(ALL)) for name in ("pieces", "limited")]
    rows += [("all_of_it", str(index)) for index in range(len(CODERS))]
    warm = {f"/warm{index}": coded_response(*coded(kinds, TEXT)) for index, kinds in enumerate(ALL)}
    responses = {**warm, **{f"/{index}": coded_response(*bomb(kinds)) for index, kinds in enumerate(ALL)}}
    order = [path for _, row in rows for path in (f"/warm{row}", f"/{row}")]
    with Peer(*([receive(), send(responses[path])] for path in order)) as peer:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, peer.url("/"), json.dumps(rows)], capture_output=True, text=True, timeout=50
        )
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(rows)
    for name, row, got, needed in results:
        kinds = ALL[int(row)]
        print(name, kinds, needed)
        assert got == {"pieces": 30_000, "limited": 0, "all_of_it": 64 * MEGABYTE}[name]
        assert needed <= 1024 + sum(OWN[kind] for kind in kinds), f"{name} of {kinds} needs {needed} KiB"

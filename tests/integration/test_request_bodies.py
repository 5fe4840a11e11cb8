"""Whatever can be a body arrives as it is, with the length that it has, or is refused before a byte is sent."""

from __future__ import annotations

import array
import bz2
import codecs
import gc
import gzip
import io
import lzma
import os
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite.messages.bodies import length_of
from support.servers import EchoServer

CONTENT = os.urandom((1 << 20) + 7)
TEXT = "grüße\r\n日本 \N{SNOWMAN}\n" * 3_000


def sent(**arguments: Any) -> Any:
    """What a server read of a POST: behind it the connection is fit for another one, which is sent."""
    with EchoServer() as server, client.Session() as session:
        assert session.post(server.url("/"), timeout=5, **arguments).status_code == 200
        assert session.post(server.url("/next"), data=b"next", timeout=5).json()["body"] == "next"
        assert server.connections == 1
        assert (session.adapters["http://"].pool.stats().open, session.adapters["http://"].pool.stats().idle) == (1, 1)
        return server.requests[0]


def refused(kind: type[Exception] = client.RequestException, **arguments: Any) -> Exception:
    """The error of a POST that is refused, behind which the session sends another one."""
    with EchoServer() as server, client.Session() as session:
        with pytest.raises(kind) as caught:
            session.post(server.url("/"), timeout=5, **arguments)
        assert session.post(server.url("/next"), data=b"next", timeout=5).json()["body"] == "next"
        assert session.adapters["http://"].pool.stats().open == 1
        if server.connections > 1:
            server.wait_gone(0)
            server.errors.clear()  # it was cut off in the middle of a request
    assert isinstance(caught.value, client.RequestException)
    return caught.value


# -- memory -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        array.array("B", b"bytes"),
        array.array("i", range(100)),
        array.array("d", [1.5, -2.0]),
        memoryview(array.array("H", range(50_000))),
        memoryview(b"0123456789")[::2],
        memoryview(bytearray(b"x" * 100)).cast("I"),
        bytearray(b"array"),
    ],
)
def test_whatever_has_a_buffer_is_sent_byte_for_byte_with_its_length(data: Any) -> None:
    expected = memoryview(data).tobytes()
    assert int(sent(data=data).get("Content-Length")) == len(expected)
    assert sent(data=data).body == expected
    assert sent(data=iter([data, b"-", data])).payload == expected + b"-" + expected
    assert expected in sent(files={"f": ("n", data)}).body
    assert sent(data=data, auth=("user", "password")).body == expected


def test_a_buffer_is_sent_again_behind_a_redirect() -> None:
    data = array.array("i", range(100))
    with EchoServer() as server:
        response = client.post(server.url("/redirect/307?to=/x"), data=data, timeout=5)
        assert response.status_code == 200
        assert [request.body for request in server.requests] == [data.tobytes()] * 2


# -- text ---------------------------------------------------------------------------------------------------------


def _text_file(folder: Path, encoding: str) -> Path:
    path = folder / encoding
    path.write_bytes(TEXT.encode(encoding))
    return path


def _read_in_part(file: Any) -> Any:
    file.read(11)
    return file


def _spooled() -> Any:
    file = tempfile.SpooledTemporaryFile(1 << 20, "w+", encoding="utf-16", newline="")  # noqa: SIM115
    file.write(TEXT)
    file.seek(0)
    return file


def _temporary() -> Any:
    file = tempfile.NamedTemporaryFile("w+", encoding="utf-16", newline="")  # noqa: SIM115
    file.write(TEXT)
    file.seek(0)
    return file


TEXTS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "StringIO": (lambda folder: io.StringIO(TEXT, newline=""), TEXT),
    "StringIO read in part": (lambda folder: _read_in_part(io.StringIO(TEXT, newline="")), TEXT[11:]),
    "UTF-8": (lambda folder: _text_file(folder, "utf-8").open(encoding="utf-8", newline=""), TEXT),
    "UTF-16": (lambda folder: _text_file(folder, "utf-16").open(encoding="utf-16", newline=""), TEXT),
    "line ends that are translated": (
        lambda folder: _text_file(folder, "utf-8").open(encoding="utf-8"),
        TEXT.replace("\r\n", "\n"),
    ),
    "a file read in part": (
        lambda folder: _read_in_part(_text_file(folder, "utf-16").open(encoding="utf-16", newline="")),
        TEXT[11:],
    ),
    "gzip": (lambda folder: io.TextIOWrapper(_gzipped(TEXT.encode()), "utf-8", newline=""), TEXT),
    "codecs": (lambda folder: codecs.open(str(_text_file(folder, "utf-16")), encoding="utf-16"), TEXT),  # noqa: SIM115
    "a temporary file": (lambda folder: _temporary(), TEXT),
    "a spooled file": (lambda folder: _spooled(), TEXT),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("arguments", [{}, {"auth": ("user", "password")}, {"headers": {"Content-Length": "7"}}])
def test_text_is_sent_as_utf8_to_its_end(kind: str, arguments: dict[str, Any], tmp_path: Path) -> None:
    make, text = TEXTS[kind]
    if "headers" in arguments and kind in ("codecs", "a temporary file", "a spooled file"):
        pytest.skip("a length that the program declares is believed where we do not know better")
    assert sent(data=make(tmp_path), **arguments).payload == text.encode()


def test_what_can_be_counted_is_sent_with_its_length_and_is_sent_again(tmp_path: Path) -> None:
    for file in (io.StringIO(TEXT), _text_file(tmp_path, "utf-16").open(encoding="utf-16", newline="")):
        with file, EchoServer() as server:
            assert client.post(server.url("/redirect/307?to=/x"), data=file, timeout=5).status_code == 200
            assert [request.body for request in server.requests] == [TEXT.encode()] * 2
            assert [int(request.get("Content-Length") or 0) for request in server.requests] == [len(TEXT.encode())] * 2


SURROGATE = "a\ud800b"


@pytest.mark.parametrize(
    "arguments",
    [
        {"data": SURROGATE},
        {"data": io.StringIO(SURROGATE)},
        {"data": iter([SURROGATE])},
        {"data": iter(["x" * 100_000, SURROGATE])},
        {"data": iter([SURROGATE]), "headers": {"Content-Length": "5"}},
        {"files": {"f": SURROGATE}},
        {"files": {"f": (SURROGATE, b"x")}},
        {"files": {SURROGATE: b"x"}},
        {"files": {"f": ("n", b"x", SURROGATE)}},
        {"files": {"f": ("n", b"x", "t/t", {"X": SURROGATE})}},
        {"files": {"f": io.StringIO(SURROGATE)}},
        {"files": {"f": io.StringIO("x" * (2 << 20) + SURROGATE)}},
        {"files": {"f": iter([b"x" * (2 << 20), SURROGATE])}},
        {"files": {"f": ["x", SURROGATE]}},
        {"files": {"f": b"x"}, "data": {SURROGATE: "x"}},
        {"files": {"f": b"x"}, "data": {"x": SURROGATE}},
        {"files": {"f": b"x"}, "data": {b"\xff": "x"}},
        {"files": {"f": (b"\xff", b"x")}},
    ],
)
def test_text_that_has_no_bytes_is_an_invalid_body(arguments: dict[str, Any]) -> None:
    error = refused(client.exceptions.InvalidBody, **arguments)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("size", [5, 1 << 21])
def test_a_text_file_that_holds_no_text_is_an_invalid_body(size: int, tmp_path: Path) -> None:
    path = _stored(tmp_path, b"a" * size + b"\xff")
    with path.open(encoding="utf-8") as file:
        refused(client.exceptions.InvalidBody, data=file)
        assert file.tell() == 0
        refused(client.exceptions.InvalidBody, files={"f": file})


# -- files that are not what lies below them -------------------------------------------------------------------------


def _gzipped(content: bytes) -> Any:
    memory = io.BytesIO()
    with gzip.GzipFile(fileobj=memory, mode="wb") as file:
        file.write(content)
    memory.seek(0)
    return gzip.GzipFile(fileobj=memory)


class Decrypting(io.RawIOBase):
    """A file of the program's own around one of the system's, whose descriptor and mode it passes on."""

    mode = "rb"

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, position: int, whence: int = 0) -> int:
        return self._file.seek(position, whence)

    def readinto(self, buffer: Any) -> int:
        data = bytes(byte ^ 1 for byte in self._file.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        super().close()
        self._file.close()


def _stored(folder: Path, content: bytes) -> Path:
    path = folder / "stored"
    path.write_bytes(content)
    return path


READERS: dict[str, Callable[[Path], Any]] = {
    "gzip": lambda folder: gzip.open(_stored(folder, gzip.compress(CONTENT))),  # noqa: SIM115
    "bz2": lambda folder: bz2.open(_stored(folder, bz2.compress(CONTENT))),  # noqa: SIM115
    "xz": lambda folder: lzma.open(_stored(folder, lzma.compress(CONTENT))),  # noqa: SIM115
    "the program's own": lambda folder: Decrypting(_stored(folder, bytes(byte ^ 1 for byte in CONTENT))),
    "the system's": lambda folder: _stored(folder, CONTENT).open("rb", buffering=0),
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("size", [io.DEFAULT_BUFFER_SIZE, 1 << 17])
def test_a_reader_gives_what_it_reads_and_not_what_lies_below(kind: str, size: int, tmp_path: Path) -> None:
    def reader() -> Any:
        return io.BufferedReader(READERS[kind](tmp_path), size)

    length = {"Content-Length": str(len(CONTENT))}
    assert sent(data=reader(), headers=length).payload == CONTENT
    assert CONTENT in sent(files={"f": ("n", reader())}).body
    if kind != "the program's own":
        assert sent(data=READERS[kind](tmp_path), headers=length).payload == CONTENT
    assert sent(data=reader()).payload == CONTENT


@pytest.mark.parametrize("kind", ["gzip", "bz2", "xz"])
def test_a_compressed_file_that_says_rb_is_not_measured_by_what_lies_below(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with READERS[kind](tmp_path) as opened:
        monkeypatch.setattr(opened, "mode", "rb") if kind == "gzip" else None
        monkeypatch.setattr(type(opened), "mode", "rb", raising=False)  # as from Python 3.13 on
        assert length_of(opened) is None
        monkeypatch.undo()


# -- odd objects ------------------------------------------------------------------------------------------------------


class Odd:
    """A body with attributes that mean nothing here."""

    pieces: Any = ["not", "ours"]
    data = size = None

    def __iter__(self) -> Iterator[bytes]:
        yield b"one"
        yield b"two"


@pytest.mark.parametrize("pieces", [[1], None, lambda: 1, lambda regions: [b"wrong"]])
def test_an_attribute_of_a_body_that_has_one_of_our_names_means_nothing(pieces: Any) -> None:
    body = Odd()
    body.pieces = pieces
    assert sent(data=body).payload == b"onetwo"


@pytest.mark.parametrize("pieces", [[b"a", b"b"], (b"a", b"b"), ["a", "b"], [b"a" * (1 << 20), b"b"], []])
def test_a_form_takes_its_content_in_a_list_of_pieces(pieces: Any) -> None:
    spec = ("n", pieces) if isinstance(pieces, list) else ("n", list(pieces))
    content = b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)
    request = sent(files={"f": spec})
    assert b"\r\n\r\n" + content + b"\r\n--" in request.payload
    assert request.get("Transfer-Encoding") == "chunked"


def test_an_idle_connection_keeps_nothing_of_the_program_alive() -> None:
    class Program:
        def told(self, *anything: Any) -> None:
            """Anything."""

    with EchoServer() as server, client.Session() as session:
        program = Program()
        told = program.told
        session.post(
            server.url("/"), data=b"x", trace=told, on_upload=told, on_download=told, on_informational=told, timeout=5
        )
        assert session.adapters["http://"].pool.stats().idle == 1
        gone = weakref.ref(program)
        del told, program
        gc.collect()
        assert gone() is None

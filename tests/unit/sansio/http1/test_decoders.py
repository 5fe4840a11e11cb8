from __future__ import annotations

import gzip
import pickle
import subprocess
import sys
import tracemalloc
import types
import zlib
from collections.abc import Callable, Iterator

import pytest

from httpcore_lite.sansio.errors import DecodeError
from httpcore_lite.sansio.http1 import accepted_codings, decoders
from httpcore_lite.sansio.http1.decoders import MAX_CODINGS, Decoder, decoder_for
from support.codings import bare_deflate, brotli, zstd

TEXT = b"The quick brown fox jumps over the lazy dog. " * 2000


CODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "br": ("br", brotli),
    "zstd": ("zstd", zstd),
}
each_coding = pytest.mark.parametrize("kind", CODERS)


@pytest.fixture(autouse=True)
def _libraries_are_looked_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoders, "_found", {})


def decoder(value: str) -> Decoder:
    made = decoder_for(value)
    assert made is not None
    return made


def coded(kind: str, data: bytes = TEXT) -> tuple[Decoder, bytes]:
    name, coder = CODERS[kind]
    data = coder(data)
    return decoder(name), data


def pieces(made: Decoder, data: bytes, size: int, limit: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield made.decode(data[start : start + size], limit)
        while made.has_unconsumed:
            yield made.decode(b"", limit)


# -- what is made ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["", " ", ",", "identity", "identity, Identity", "aws-chunked", "gzip, nobody", "utf-8"]
)
def test_nothing_is_taken_off_where_no_coding_or_an_unknown_one_is_named(value: str) -> None:
    assert decoder_for(value) is None


@pytest.mark.parametrize("value", ["gzip", " GZip ", "x-gzip", "gzip,", ",identity , gzip"])
def test_names_know_no_case_and_empty_elements_count_for_nothing(value: str) -> None:
    assert decoder(value).decode(gzip.compress(b"x")) == b"x"


def test_up_to_five_codings_are_taken_off_and_no_more() -> None:
    data = TEXT
    for _ in range(MAX_CODINGS):
        data = gzip.compress(data)
    made = decoder(", ".join(["gzip"] * MAX_CODINGS))
    assert made.decode(data) + made.flush() == TEXT
    with pytest.raises(DecodeError, match="6 content codings"):
        decoder_for(", ".join(["gzip"] * (MAX_CODINGS + 1)))


def test_codings_are_taken_off_in_the_reverse_order() -> None:
    made = decoder("gzip, deflate")
    assert made.decode(zlib.compress(gzip.compress(b"abc"))) + made.flush() == b"abc"


# -- streams -----------------------------------------------------------------------------------------------------


@each_coding
@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
@pytest.mark.parametrize("limit", [-1, 1000, 1 << 20])
def test_a_stream_is_decoded_however_it_is_cut(kind: str, size: int, limit: int) -> None:
    made, data = coded(kind)
    parts = list(pieces(made, data, size, limit))
    assert b"".join(parts) + made.flush() == TEXT
    assert limit < 0 or max(map(len, parts)) <= limit
    assert (made.consumed, made.produced) == (len(data), len(TEXT))
    assert not made.has_unconsumed


@each_coding
def test_a_limit_of_one_byte_is_kept(kind: str) -> None:
    made, data = coded(kind, b"abcabcabc")
    assert [part for part in pieces(made, data, 4, 1) if part] == [b"a", b"b", b"c"] * 3
    assert made.flush() == b""


@each_coding
def test_a_limit_of_zero_keeps_the_bytes_for_later(kind: str) -> None:
    made, data = coded(kind)
    assert made.decode(data, 0) == b""
    assert made.has_unconsumed
    assert made.decode(b"", 10) == TEXT[:10]
    assert made.flush() == TEXT[10:]


@each_coding
def test_an_empty_body_under_a_coding_is_empty(kind: str) -> None:
    made, data = coded(kind, b"")
    assert made.decode(data) + made.flush() == b""


@each_coding
def test_no_bytes_at_all_are_no_error(kind: str) -> None:
    made, _ = coded(kind)
    assert made.decode(b"") == b""
    assert made.flush() == b""
    assert not made.has_unconsumed


@each_coding
@pytest.mark.parametrize("missing", [1, 3, 20])
def test_a_stream_that_breaks_off_is_an_error_at_its_end(kind: str, missing: int) -> None:
    made, data = coded(kind)
    out = made.decode(data[:-missing])
    assert TEXT.startswith(out)
    with pytest.raises(
        DecodeError, match=f"{CODERS[kind][0]} stream of the body is cut off after {len(data) - missing} bytes"
    ):
        made.flush()


@each_coding
def test_a_stream_of_one_byte_is_cut_off(kind: str) -> None:
    made, data = coded(kind)
    made.decode(data[:1])
    with pytest.raises(DecodeError):
        made.flush()


@each_coding
def test_corrupt_data_is_an_error_that_names_the_coding_and_its_cause_and_stays(kind: str) -> None:
    made, _ = coded(kind)
    for _ in range(2):
        with pytest.raises(DecodeError, match=f"content-encoding: {CODERS[kind][0]}, but failed") as caught:
            made.decode(b"\xff" * 100)
        assert caught.value.__cause__ is not None
        assert isinstance(pickle.loads(pickle.dumps(caught.value)), DecodeError)
    with pytest.raises(DecodeError):
        made.decode(b"")
    with pytest.raises(DecodeError):
        made.flush()


def test_a_wrong_checksum_is_an_error() -> None:
    data = bytearray(gzip.compress(b"abc"))
    data[-6] ^= 1
    with pytest.raises(DecodeError, match="incorrect data check"):
        decoder("gzip").decode(bytes(data))


def test_a_chain_whose_inner_stream_breaks_off_is_an_error() -> None:
    made = decoder("gzip, deflate")
    made.decode(zlib.compress(gzip.compress(b"abc"))[:-1])
    with pytest.raises(DecodeError, match="deflate stream"):
        made.flush()


def test_a_chain_whose_outer_stream_breaks_off_is_an_error() -> None:
    made = decoder("gzip, deflate")
    made.decode(zlib.compress(gzip.compress(b"abc")[:-1]))
    with pytest.raises(DecodeError, match="gzip stream"):
        made.flush()


@each_coding
def test_bytes_like_objects_are_taken(kind: str) -> None:
    made, data = coded(kind)
    assert made.decode(memoryview(data)[:10]) + made.decode(bytearray(data[10:])) + made.flush() == TEXT


# -- several streams, and what is behind the last ------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
@pytest.mark.parametrize("size", [1, 5, 1 << 20])
@pytest.mark.parametrize("limit", [-1, 1, 100])
def test_members_and_frames_follow_one_another(kind: str, size: int, limit: int) -> None:
    made, data = coded(kind, b"one ")
    data += CODERS[kind][1](b"") + CODERS[kind][1](b"two")
    assert b"".join(pieces(made, data, size, limit)) + made.flush() == b"one two"


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_second_member_that_breaks_off_is_an_error(kind: str) -> None:
    made, data = coded(kind)
    made.decode(data + data[:10])
    with pytest.raises(DecodeError, match="cut off"):
        made.flush()


@pytest.mark.parametrize("kind", ["gzip", "deflate", "bare deflate"])
@pytest.mark.parametrize("garbage", [b"\x1f", b"\0" * 1000, b"garbage", b"\r\n", b"\x1f\x1f\x8b", b"\0\x1fx"])
@pytest.mark.parametrize("size", [1, 1 << 20])
@pytest.mark.parametrize("limit", [-1, 10])
def test_garbage_behind_the_end_is_ignored(kind: str, garbage: bytes, size: int, limit: int) -> None:
    made, data = coded(kind, b"0123456789")
    assert b"".join(pieces(made, data + garbage, size, limit)) + made.flush() == b"0123456789"


@pytest.mark.parametrize("kind", ["br", "zstd"])
@pytest.mark.parametrize("size", [1, 1 << 20])
@pytest.mark.parametrize("limit", [-1, 10])
def test_garbage_behind_the_end_of_the_newer_codings_is_an_error(kind: str, size: int, limit: int) -> None:
    made, data = coded(kind, b"0123456789")
    with pytest.raises(DecodeError):
        list(pieces(made, data + b"garbage", size, limit))


def test_a_member_behind_zeros_is_read() -> None:
    made = decoder("gzip")
    assert made.decode(gzip.compress(b"a") + b"\0" * 7 + gzip.compress(b"b")) + made.flush() == b"ab"


def test_many_tiny_members_take_linear_time() -> None:
    made = decoder("gzip")
    assert made.decode(gzip.compress(b"x") * 20_000) + made.flush() == b"x" * 20_000


# -- bombs -------------------------------------------------------------------------------------------------------


def skip_without_a_limit(made: Decoder) -> None:
    if not getattr(getattr(made, "_engine", None), "_bounded", True):
        pytest.skip("this library has no limit: a step may inflate to a whole block of its format")


def bomb(kind: str, megabytes: int) -> bytes:
    """Zeros, coded a megabyte at a time where the coding can be."""
    if kind == "gzip":
        deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
        zeros = bytes(1 << 20)
        return b"".join(deflater.compress(zeros) for _ in range(megabytes)) + deflater.flush()
    return CODERS[kind][1](bytes(megabytes << 20))


@pytest.mark.parametrize(("kind", "layers"), [("gzip", 1), ("gzip", 2), ("deflate", 1), ("br", 1), ("zstd", 1)])
def test_a_bomb_is_read_in_constant_memory(kind: str, layers: int) -> None:
    name, coder = CODERS[kind]
    data = bomb(kind, 64)
    for _ in range(layers - 1):
        data = coder(data)
    made = decoder(", ".join([name] * layers))
    skip_without_a_limit(made)
    tracemalloc.start()
    try:
        count = sum(map(len, pieces(made, data, 1000, 10_000)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 64 << 20
    assert made.flush() == b""
    assert peak < 2 << 20


@each_coding
def test_reading_a_little_of_a_bomb_costs_little(kind: str) -> None:
    made, data = coded(kind, bytes(16 << 20))
    skip_without_a_limit(made)
    tracemalloc.start()
    try:
        assert made.decode(data, 100) == bytes(100)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (1 << 20) + len(data) * 3


# -- libraries ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["backports.zstd", "zstandard"])
@pytest.mark.parametrize(("window", "allowed"), [(10, True), (23, True), (24, False), (27, False)])
def test_a_zstd_frame_gets_no_more_memory_than_the_rfc_allows(
    monkeypatch: pytest.MonkeyPatch, library: str, window: int, allowed: bool
) -> None:
    zstandard = pytest.importorskip("zstandard")
    if library == "zstandard":
        monkeypatch.setitem(decoders._found, "zstd", lambda: decoders._Zstandard(zstandard))
    parameters = zstandard.ZstdCompressionParameters(window_log=window, compression_level=1)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = packer.compress(TEXT) + packer.flush()
    for coded in (body, zstd(b"first") + body):
        made = decoder("zstd")
        if allowed:
            assert (made.decode(coded) + made.flush()).endswith(TEXT)
        else:
            with pytest.raises(DecodeError, match="zstd"):
                made.decode(coded)


def test_what_is_available_comes_in_the_order_of_requests() -> None:
    names = tuple(accepted_codings().split(", "))
    assert names[:2] == ("gzip", "deflate")
    assert names == tuple(name for name in ("gzip", "deflate", "br", "zstd") if name in names)
    assert all(decoder_for(name) is not None for name in names)


ALL = ("brotli", "brotlicffi", "compression.zstd", "backports.zstd", "zstandard")


def without(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


def test_codings_whose_libraries_are_missing_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, *ALL)
    assert accepted_codings() == "gzip, deflate"
    assert decoder_for("br") is None
    assert decoder_for("gzip, zstd") is None


def test_a_python_without_zlib_offers_no_coding_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "zlib", "brotli", "brotlicffi")
    assert accepted_codings() in ("zstd", "identity")
    without(monkeypatch, *ALL)
    assert accepted_codings() == "identity"
    assert decoder_for("gzip") is None


def test_libraries_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def find() -> None:
        calls.append("br")

    monkeypatch.setitem(decoders._LIBRARIES, "br", find)
    for _ in range(3):
        assert decoder_for("br") is None
    assert calls == ["br"]


@pytest.mark.parametrize("broken", [OSError("no such symbol"), AttributeError("x"), SystemError("x")])
def test_a_library_that_cannot_be_used_counts_as_missing(monkeypatch: pytest.MonkeyPatch, broken: Exception) -> None:
    class Decompressor:
        def __init__(self) -> None:
            raise broken

    module = types.ModuleType("fake")
    module.Decompressor = module.ZstdDecompressor = Decompressor  # type: ignore[attr-defined]
    without(monkeypatch, *ALL)
    monkeypatch.setitem(sys.modules, "brotli", module)
    monkeypatch.setitem(sys.modules, "backports.zstd", module)
    assert decoder_for("br") is decoder_for("zstd") is None


class Fake:
    """A brotli that gives each byte ten times, as the real one was before 1.2."""

    def __init__(self) -> None:
        self.fed: list[int] = []

    def process(self, data: bytes) -> bytes:
        self.fed.append(len(data))
        if b"!" in data:
            raise RuntimeError("boom")
        return b"".join(bytes([byte]) * 10 for byte in data)

    def is_finished(self) -> bool:
        return False


@pytest.fixture
def old_brotli(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    module = types.ModuleType("brotli")
    module.Decompressor = Fake  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "brotli", module)
    return decoder("br")


def test_a_library_without_a_limit_is_fed_in_tiny_steps_and_its_surplus_kept(old_brotli: Decoder) -> None:
    assert old_brotli.decode(b"ab" * 1000, 15) == b"a" * 10 + b"b" * 5
    assert max(old_brotli._engine._inflater.fed) <= 16  # type: ignore[attr-defined]
    assert old_brotli.decode(b"", 10) == b"b" * 5 + b"a" * 5
    assert old_brotli.produced == 25
    assert len(old_brotli.decode(b"")) == 20_000 - 25


def test_no_exception_of_a_library_leaks(old_brotli: Decoder) -> None:
    with pytest.raises(DecodeError, match=r"content-encoding: br, but failed to decode it.*boom") as caught:
        old_brotli.decode(b"a!")
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_the_package_zstandard_serves_where_no_other_is(monkeypatch: pytest.MonkeyPatch) -> None:
    zstandard = pytest.importorskip("zstandard")
    without(monkeypatch, "compression.zstd", "backports.zstd")
    one = zstandard.compress(TEXT)
    for size in (1, 100, 1 << 20):
        for limit in (-1, 10, 5000):
            made = decoder("zstd")
            parts = list(pieces(made, one + one, size, limit))
            assert b"".join(parts) + made.flush() == TEXT * 2
            assert limit < 0 or max(map(len, parts)) <= limit
    made = decoder("zstd")
    made.decode(one[:-1])
    with pytest.raises(DecodeError, match="cut off"):
        made.flush()
    with pytest.raises(DecodeError, match="content-encoding: zstd, but failed to decode it"):
        decoder("zstd").decode(b"garbage, surely")


def test_the_other_brotli_serves_where_the_first_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    library = pytest.importorskip("brotlicffi")
    without(monkeypatch, "brotli")
    made = decoder("br")
    assert b"".join(pieces(made, library.compress(TEXT), 50, 777)) + made.flush() == TEXT


def test_importing_the_room_loads_no_library() -> None:
    code = (
        "import sys; import httpcore_lite.sansio.http1.decoders as d; "
        "bad = {'zlib', 'brotli', 'brotlicffi', 'zstandard', 'backports', 'socket', 'threading'} & set(sys.modules); "
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_a_bare_stream_that_begins_like_a_wrapped_one_is_told_by_the_check_of_its_header() -> None:
    # A stored block whose unused bits look like zlib's "deflate with a window of 256 bytes".
    made = decoder("deflate")
    assert made.decode(b"\x08\x03\0\xfc\xffabc" + b"\1\0\0\xff\xff") + made.flush() == b"abc"


@pytest.mark.parametrize("kind", ["deflate", "br"])
def test_a_chain_without_a_limit_gives_all_at_once_and_its_end_what_was_kept(kind: str) -> None:
    body = CODERS[kind][1](gzip.compress(TEXT))
    made = decoder(f"gzip, {kind}")
    assert made.decode(body) == TEXT
    assert made.flush() == b""
    made = decoder(f"gzip, {kind}")
    assert made.decode(body, 0) == b""
    assert made.flush() == TEXT


@pytest.mark.parametrize("kind", ["gzip", "deflate", "bare deflate"])
def test_all_that_has_come_is_given_under_a_limit_before_more_is_needed(kind: str) -> None:
    coding, encode = CODERS[kind]
    body = encode(bytes(3000))
    for cut in range(len(body) + 1):
        whole = decoder(coding).decode(body[:cut])
        made = decoder(coding)
        given = [made.decode(body[:cut], 10)]
        while made.has_unconsumed:
            given.append(made.decode(b"", 10))
        assert b"".join(given) == whole, f"after {cut} bytes"

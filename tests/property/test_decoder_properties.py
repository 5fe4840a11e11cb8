"""Decoders: any cut gives the same output, limits are kept, and whatever comes ends in data or a DecodeError."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from httpcore_lite.sansio.errors import DecodeError
from httpcore_lite.sansio.http1 import accepted_codings
from httpcore_lite.sansio.http1.decoders import decoder_for


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(data) + deflater.flush()


CODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("gzip", lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:])),
]
if "br" in accepted_codings().split(", "):
    try:
        import brotli
    except ImportError:
        import brotlicffi as brotli
    CODERS.append(("br", brotli.compress))
if "zstd" in accepted_codings().split(", "):
    try:
        from backports import zstd
    except ImportError:
        zstd = __import__("compression.zstd", fromlist=["zstd"])
    CODERS.append(("zstd", zstd.compress))
    CODERS.append(("zstd", lambda data: zstd.compress(data[:5]) + zstd.compress(data[5:])))

DATA = st.binary(max_size=200) | st.builds(
    lambda piece, times: piece * times, st.binary(max_size=3), st.integers(0, 99_999)
)
CHAINS = st.lists(st.sampled_from(CODERS), min_size=1, max_size=3)
LIMITS = st.sampled_from([-1, 1, 2, 13, 1000, 70_000])


def encode(chain: list[tuple[str, Callable[[bytes], bytes]]], data: bytes) -> tuple[str, bytes]:
    for _, coder in chain:
        data = coder(data)
    return ", ".join(name for name, _ in chain), data


def read(value: str, data: bytes, cuts: list[int], limit: int, budget: int = 300_000) -> tuple[bytes, bool]:
    """What comes out, fed in pieces that end at `cuts` and read by `limit`; and whether it ended without an error."""
    decoder = decoder_for(value)
    assert decoder is not None
    if limit > 0:
        limit = max(limit, budget // 3000)  # a byte at a time is for short bodies
    out = bytearray()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    try:
        for start, end in zip(edges, edges[1:], strict=False):
            piece = decoder.decode(data[start:end], limit)
            out += piece
            while decoder.has_unconsumed:
                assert limit < 0 or len(piece) <= limit
                piece = decoder.decode(b"", limit)
                out += piece
        out += decoder.flush()
    except DecodeError:
        return bytes(out), False
    assert decoder.produced == len(out)
    assert decoder.consumed == len(data)
    return bytes(out), True


@given(CHAINS, DATA, st.lists(st.integers(0, 10_000), max_size=8), LIMITS)
def test_any_cut_and_any_limit_give_the_same(
    chain: list[tuple[str, Callable[[bytes], bytes]]], data: bytes, cuts: list[int], limit: int
) -> None:
    value, coded = encode(chain, data)
    assert read(value, coded, cuts, limit, len(data)) == (data, True)


@given(CHAINS, DATA, st.integers(0, 10_000), st.lists(st.integers(0, 10_000), max_size=4), LIMITS)
def test_a_stream_that_breaks_off_gives_a_beginning_and_an_error(
    chain: list[tuple[str, Callable[[bytes], bytes]]], data: bytes, cut: int, cuts: list[int], limit: int
) -> None:
    value, coded = encode(chain, data)
    part = coded[: cut % len(coded)]
    out, ended = read(value, part, cuts, limit, len(data))
    assert data.startswith(out)
    # Between two members a stream may end.
    assert not ended or not part or (len(chain) >= 1 and chain[-1] in (CODERS[3], CODERS[-1]))


@given(
    CHAINS,
    DATA,
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=5),
    st.binary(max_size=10),
    st.lists(st.integers(0, 10_000), max_size=4),
    LIMITS,
)
@example([CODERS[-2]], b"", [(5, 1)], b"", [1], -1)  # zstd: a size that the library looks at now and then
def test_a_mutated_stream_ends_in_data_or_an_error(
    chain: list[tuple[str, Callable[[bytes], bytes]]],
    data: bytes,
    changes: list[tuple[int, int]],
    behind: bytes,
    cuts: list[int],
    limit: int,
) -> None:
    value, coded = encode(chain, data)
    mutated = bytearray(coded)
    for place, bits in changes:
        mutated[place % len(mutated)] ^= bits
    mutated += behind
    whole = read(value, bytes(mutated), [], -1)
    cut = read(value, bytes(mutated), cuts, limit)
    assert cut[1] == whole[1]
    if whole[1]:
        assert cut == whole


@given(st.lists(st.sampled_from(["gzip", "deflate", "br", "zstd"]), min_size=1, max_size=3), st.binary(max_size=100))
def test_any_bytes_end_in_data_or_an_error(names: list[str], data: bytes) -> None:
    if set(names) <= set(accepted_codings().split(", ")):
        read(", ".join(names), data, [1, 2, 3], 10)


@given(st.text(max_size=30) | st.lists(st.sampled_from(["gzip", "x", "identity", "", "br"])).map(",".join))
def test_any_value_of_the_field_gives_a_decoder_or_none_or_an_error(value: str) -> None:
    try:
        decoder_for(value)
    except DecodeError:
        assert value.count(",") >= 5

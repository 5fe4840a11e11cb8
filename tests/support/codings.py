"""Content codings as servers make them, by libraries that are not the client's; tests without them are skipped."""

from __future__ import annotations

import zlib

import pytest


def bare_deflate(data: bytes) -> bytes:
    """Deflate without zlib's header and checksum, as some servers send it."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(data) + deflater.flush()


def brotli(data: bytes) -> bytes:
    """The coding `br`."""
    try:
        import brotli as library
    except ImportError:
        library = pytest.importorskip("brotlicffi")
    return library.compress(data, quality=4)  # type: ignore[no-any-return]


def zstd(data: bytes) -> bytes:
    """The coding `zstd`, in one frame."""
    try:
        from compression.zstd import compress
    except ImportError:
        try:
            from backports.zstd import compress
        except ImportError:
            compress = pytest.importorskip("zstandard").compress
    return compress(data)  # type: ignore[no-any-return]

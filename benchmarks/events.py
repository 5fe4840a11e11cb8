"""Server-sent events: `Response.iter_events` beside sseclient-py, the same bytes in the same pieces. Run by hand.

    .venv/bin/python -m benchmarks.events [--megabytes 100] [--pieces 1,16,256,4096,65536,mixed]

What the pieces come from costs next to nothing, so that reading is what is measured: seconds of processor time, each
reader in turns. Both must find the same events. The stream is what real ones are: short pieces of JSON, as language
models send them, some with an id and a kind, a few of several lines, and a comment now and then.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore_lite

PIECES = "1,16,256,4096,65536,mixed"
MOST = 65_536


def stream_of(size: int) -> bytes:
    """Return so many bytes of events, or some more."""
    chance = random.Random(7)
    parts, length, number = [], 0, 0
    while length < size:
        number += 1
        token = "".join(chance.choices("abcdefghij é", k=chance.randrange(1, 12)))
        text = (
            f'data: {{"id":"chatcmpl-{number:07}","object":"chunk","choices":[{{"delta":{{"content":"{token}"}}}}]}}\n'
        )
        if number % 4 == 0:
            text = f"event: delta\nid: {number}\n{text}"
        if number % 50 == 0:
            text += "data: and a second line\n: a comment\n"
        part = text.encode() + b"\n"
        parts.append(part)
        length += len(part)
    return b"".join(parts)


def cut(stream: bytes, size: int | None) -> Iterator[bytes]:
    """Yield the stream in pieces of `size` bytes, None for pieces of 1 to 65,536."""
    chance = random.Random(11)
    at, view = 0, memoryview(stream)
    while at < len(stream):
        step = size or chance.randrange(1, MOST + 1)
        yield bytes(view[at : at + step])
        at += step


class _Raw:
    """What a response is read from: pieces as they arrive."""

    chunked = True

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    def stream(self, amt: int | None, decode_content: bool | None = None) -> Iterable[bytes]:
        return self._pieces


def ours(pieces: Iterable[bytes]) -> Iterable[Any]:
    """Return the events, as this package reads them."""
    response = httpcore_lite.Response()
    response.status_code, response.raw = 200, _Raw(pieces)
    return response.iter_events()


def sseclient(pieces: Iterable[bytes]) -> Iterable[Any]:
    """Return the events, as sseclient-py reads them."""
    from sseclient import SSEClient

    found: Iterable[Any] = SSEClient(iter(pieces)).events()
    return found


def nothing(pieces: Iterable[bytes]) -> Iterable[Any]:
    """Return the pieces, to see what they cost."""
    return pieces


def seconds(read: Callable[[Iterable[bytes]], Iterable[Any]], stream: bytes, size: int | None) -> float:
    """Return the seconds of processor time that reading takes; nothing is done with the events."""
    gc.collect()
    began = time.process_time()
    for _ in read(cut(stream, size)):
        pass
    return time.process_time() - began


def digest(read: Callable[[Iterable[bytes]], Iterable[Any]], stream: bytes, size: int | None) -> str:
    """Return a digest of all events, to be compared."""
    found = hashlib.sha256()
    for event in read(cut(stream, size)):
        found.update(f"{event.event}\0{event.data}\0".encode())
    return found.hexdigest()


def measure(megabytes: float, pieces: str, rounds: int) -> list[str]:
    """Return the lines of the report."""
    stream = stream_of(int(megabytes * 1e6))
    lines = [f"{'pieces of':>10} {'ours':>9} {'sseclient-py':>13} {'ratio':>7}"]
    for name in pieces.split(","):
        size = None if name == "mixed" else int(name)
        assert digest(ours, stream, size) == digest(sseclient, stream, size), f"other events in pieces of {name}"
        # The best of the rounds: what else runs on the machine only ever adds.
        best = {read: min(seconds(read, stream, size) for _ in range(rounds)) for read in (ours, sseclient, nothing)}
        mine, theirs = best[ours] - best[nothing], best[sseclient] - best[nothing]
        lines.append(f"{name:>10} {mine:>7.2f} s {theirs:>11.2f} s {theirs / mine:>7.2f}")
    return lines


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--pieces", default=PIECES)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    print("\n".join(measure(options.megabytes, options.pieces, options.rounds)))


if __name__ == "__main__":
    main()

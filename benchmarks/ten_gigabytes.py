"""Ten gigabytes out and in: how much memory a client needs for them. Run by hand; it takes a minute or two.

    .venv/bin/python -m benchmarks.ten_gigabytes [--gigabytes 10] [CASE ...]

Each case runs in a process of its own, with a server in another one that counts and throws away, or sends what costs
no work. The files are sparse: they have a size, and take no room. Told are the seconds, and by how much the peak of
the process's memory has grown since it had made a first small request.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

GIGABYTE = 10**9
BLOCK = 1 << 20
BOUND = 8 * 1024 * 1024  # bytes of growth that are allowed


# -- the server --------------------------------------------------------------------------------------------------------


def serve(folder: str) -> None:
    """Tell the port in a line, and serve until standard input ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=_accept, args=(listener, folder), daemon=True).start()
    sys.stdin.read()


def _accept(listener: socket.socket, folder: str) -> None:
    while True:
        threading.Thread(target=_talk, args=(listener.accept()[0], folder), daemon=True).start()


def _talk(sock: socket.socket, folder: str) -> None:
    # A client that stops a bomb goes away.
    with suppress(OSError), sock, sock.makefile("rb", BLOCK) as incoming:
        while line := incoming.readline():
            method, target, _ = line.decode().split()
            fields = {}
            while (line := incoming.readline()) != b"\r\n":
                name, _, value = line.decode().partition(":")
                fields[name.lower()] = value.strip()
            if method == "GET":
                path = os.path.join(folder, target[1:])
                coding = "Content-Encoding: gzip\r\n" if target == "/bomb" else ""
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {os.path.getsize(path)}\r\n{coding}\r\n"
                sock.sendall(head.encode())
                with open(path, "rb") as file:
                    sock.sendfile(file)
            else:
                chunked = "chunked" in fields.get("transfer-encoding", "")
                length = int(fields.get("content-length", 0))
                counted = sum(_chunks(incoming)) if chunked else _count(incoming, length)
                declared = None if chunked else length
                counts = json.dumps({"declared": declared, "counted": counted}).encode()
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(counts) + counts)


def _count(incoming: Any, length: int) -> int:
    buffer = memoryview(bytearray(BLOCK))
    left = length
    while left and (count := incoming.readinto1(buffer[: min(left, BLOCK)])):
        left -= count
    return length - left


def _chunks(incoming: Any) -> Iterator[int]:
    while size := int(incoming.readline(), 16):
        yield _count(incoming, size)
        incoming.readline()
    incoming.readline()


def write_bomb(path: str, size: int) -> None:
    """Write `size` zeros as one gzip member of a thousandth of that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(BLOCK)) + packer.flush(zlib.Z_FULL_FLUSH)
    # Behind a full flush nothing refers to what came before: the same block says the same again.
    block = packer.compress(bytes(BLOCK)) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = bytes(BLOCK)
    checksum = 0
    with open(path, "wb") as file:
        file.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
        for _ in range(size // BLOCK):
            file.write(block)
            checksum = zlib.crc32(zeros, checksum)
        rest = zlib.compressobj(9, zlib.DEFLATED, -15)
        file.write(rest.compress(bytes(size % BLOCK)) + rest.flush())
        checksum = zlib.crc32(bytes(size % BLOCK), checksum)
        file.write(checksum.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little"))


# -- the cases ---------------------------------------------------------------------------------------------------------


def _uploaded(response: Any, least: int) -> str:
    told = response.json()
    assert told["counted"] >= least, told
    assert told["declared"] in (None, told["counted"]), told
    return f"{told['counted']:,} bytes" + (" in chunks" if told["declared"] is None else ", as declared")


def upload_file(client: Any, url: str, path: str) -> str:
    with open(path, "rb") as file:
        return _uploaded(client.put(url, data=file, timeout=10), os.path.getsize(path))


def upload_generator(client: Any, url: str, path: str) -> str:
    zeros, size = bytes(BLOCK), os.path.getsize(path)
    pieces = (zeros[: min(BLOCK, size - at)] for at in range(0, size, BLOCK))
    return _uploaded(client.put(url, data=pieces, timeout=10), size)


def upload_form(client: Any, url: str, path: str) -> str:
    with open(path, "rb") as file:
        response = client.post(url, files={"f": ("large.bin", file)}, data={"a": "b"}, timeout=10)
    assert int(response.request.headers["Content-Length"]) == response.json()["counted"]
    return _uploaded(response, os.path.getsize(path))


def download(client: Any, url: str, path: str) -> str:
    got = 0
    with client.get(url + "large", stream=True, timeout=10) as response, open(os.devnull, "wb") as sink:
        for piece in response.iter_content(BLOCK):
            sink.write(piece)
            got += len(piece)
    assert got == os.path.getsize(path)
    return f"{got:,} bytes"


def copy_raw(client: Any, url: str, path: str) -> str:
    with client.get(url + "large", stream=True, timeout=10) as response, open(os.devnull, "wb") as sink:
        shutil.copyfileobj(response.raw, sink, BLOCK)
        got = response.raw.tell()
    assert got == os.path.getsize(path)
    return f"{got:,} bytes"


def bomb_stopped(client: Any, url: str, path: str) -> str:
    try:
        client.get(url + "bomb", max_response_size=1_000_000, timeout=10)
    except client.ResponseTooLarge as error:
        return str(error).partition(" (")[0]
    raise AssertionError("the bomb went off")


def bomb_streamed(client: Any, url: str, path: str) -> str:
    with client.get(url + "bomb", stream=True, timeout=10) as response:
        got = sum(map(len, response.iter_content(BLOCK)))
    assert got == os.path.getsize(path)
    return f"{got:,} bytes"


CASES: dict[str, Callable[[Any, str, str], str]] = {
    "upload of a file": upload_file,
    "upload of a generator": upload_generator,
    "form with a file": upload_form,
    "download by iter_content": download,
    "download by copyfileobj": copy_raw,
    "gzip bomb, limited": bomb_stopped,
    "gzip bomb, streamed": bomb_streamed,
}


def peak() -> int:
    """Bytes that this process has held at most. Only Linux tells it of this process alone, and not of its parent."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    except OSError:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def run_case(name: str, url: str, path: str) -> None:
    """Run one case and tell, in a line of JSON, what became of it."""
    import httpcore_lite as client

    client.get(url + "small", timeout=10)
    before, began = peak(), time.perf_counter()
    outcome = CASES[name](client, url, path)
    print(json.dumps({"outcome": outcome, "seconds": time.perf_counter() - began, "growth": peak() - before}))


# -- all of it ---------------------------------------------------------------------------------------------------------


def _sparse(path: str, size: int) -> str:
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def _read_once(path: str) -> None:
    """Have the system's cache filled, so that the first case does not pay for it."""
    buffer = bytearray(BLOCK)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("cases", nargs="*", help=", ".join(map(repr, CASES)))
    arguments = parser.parse_args()
    size = int(arguments.gigabytes * GIGABYTE)
    worst = 0
    with tempfile.TemporaryDirectory(prefix="ten-gigabytes-") as folder:
        large = _sparse(os.path.join(folder, "large"), size)
        _sparse(os.path.join(folder, "small"), 100)
        _read_once(large)
        if any("bomb" in name for name in arguments.cases or CASES):
            write_bomb(os.path.join(folder, "bomb"), size)
        me = [sys.executable, os.path.abspath(__file__)]
        with subprocess.Popen(
            [*me, "serve", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None and server.stdin is not None
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}/"
            print(f"{'case':28}{'seconds':>8}{'growth of the peak':>21}   outcome")
            for name in arguments.cases or CASES:
                done = subprocess.run([*me, "case", name, url, large], stdout=subprocess.PIPE, text=True, check=True)
                told = json.loads(done.stdout)
                worst = max(worst, told["growth"])
                print(
                    f"{name:28}{told['seconds']:8.1f}{told['growth'] / 1024:17,.0f} KiB   {told['outcome']}", flush=True
                )
            server.stdin.close()
    print(f"the most that is allowed is {BOUND // 1024:,} KiB")
    return int(worst > BOUND)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    elif sys.argv[1:2] == ["case"]:
        run_case(*sys.argv[2:5])
    else:
        sys.exit(main())

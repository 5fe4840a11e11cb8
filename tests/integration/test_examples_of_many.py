"""The examples of the page "Many requests" are programs, which do what the page says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import httpcore_lite
from support.messages import Received, response
from support.servers import EchoServer

EXAMPLES = Path(httpcore_lite.__file__).parents[1] / "docs" / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="the pages are not beside an installed package")


def run(name: str, server: EchoServer) -> list[str]:
    command = [sys.executable, str(EXAMPLES / name), server.url("").rstrip("/")]
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


class Late:
    """The third item is there at the second attempt only."""

    def __init__(self, first: bytes) -> None:
        self.first = first
        self.asked = 0

    def __call__(self, request: Received) -> bytes:
        if request.target == "/items/3":
            self.asked += 1
            if self.asked == 1:
                return self.first
        return response(request.target)


def test_the_example_of_a_map() -> None:
    with EchoServer(Late(b"HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n")) as server:
        lines = run("map_urls.py", server)
        kept = [number for number in range(20) if number != 3]
        assert lines == [*[f"{server.url(f'/items/{n}')} 200" for n in kept], "once more: <Response [200]>"]
        assert server.connections <= 5


def test_the_example_of_a_threaded_pool() -> None:
    with EchoServer(Late(response("no", 503, "Unavailable"))) as server:
        lines = run("threaded_pool.py", server)
        assert sorted(lines[:19]) == sorted(f"{server.url(f'/items/{n}')} 200" for n in range(20) if n != 3)
        failed, again = lines[19:]
        assert failed.startswith(f"failed: {server.url('/items/3')} 503 Server Error")
        assert again == "at the second attempt: 1 of 1"
        assert {request.get("User-Agent") for request in server.requests} == {"example/1.0"}


def test_the_example_of_a_dask_cluster() -> None:
    pytest.importorskip("distributed")
    with EchoServer() as server:
        (line,) = run("map_dask.py", server)
        assert line.endswith(" bytes")
        assert len(server.requests) == 100
        assert {request.get("Authorization") for request in server.requests} == {"Bearer ..."}

"""The examples of the pages "Sessions" and "Hooks" are programs, which do what the pages say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import httpcore_lite
from support.messages import Received, response
from support.servers import EchoServer, Routes

EXAMPLES = Path(httpcore_lite.__file__).parents[1] / "docs" / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="the pages are not beside an installed package")


def run(name: str, url: str) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1])}
    command = [sys.executable, str(EXAMPLES / name), url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_example_of_hooks() -> None:
    with EchoServer() as server:
        assert run("hooks.py", server.url("").rstrip("/")) == [
            "GET /redirect/302?to=%2Fitems&client=example 302",
            "GET /items 200",
            "shown: ***",
        ]
        signatures = [request.get("X-Signature") for request in server.requests]
        assert signatures == ["GET /redirect/302?to=%2Fitems&client=example", "GET /items"]
        assert {request.get("Authorization") for request in server.requests} == {"Basic dXNlcjpwYXNzd29yZA=="}


def test_the_example_of_a_client_of_an_api() -> None:
    def api(request: Received) -> bytes:
        if request.target.startswith("/api/status/404"):
            return response("no such item", 404, "Not Found")
        return Routes().echo(request)

    with EchoServer(api) as server:
        assert run("api_client.py", server.url("/api")) == [
            server.url("/api/items?version=2"),
            "200",
            "404 no such item",
            "404",
            "InvalidURL With base_url=, all but an absolute URL is appended to the path of base_url, and stays below "
            "it",
        ]
        assert {request.get("Accept") for request in server.requests} == {"application/json"}
        assert server.connections == 1

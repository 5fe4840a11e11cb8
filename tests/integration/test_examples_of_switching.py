"""The examples of the pages "Tracing" and "In place of requests" are programs, which do what the pages say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import httpcore_lite
from httpcore_lite.__version__ import REQUESTS_API_LEVEL
from support.servers import EchoServer

EXAMPLES = Path(httpcore_lite.__file__).parents[1] / "docs" / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="the pages are not beside an installed package")


def run(*words: str) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1])}
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_example_of_the_verbose_line_and_of_both_logs() -> None:
    with EchoServer() as server:
        lines = run(str(EXAMPLES / "verbose.py"), server.url("").rstrip("/"))
        host = f"127.0.0.1:{server.port}"
    assert [re.sub(r"^\S{26}", "MOMENT", line) for line in lines[:2]] == [
        f"MOMENT   GET   http://{host}/redirect/302?to=%2Fitems&token=[masked]",
        f"MOMENT   GET   http://{host}/items",
    ]
    assert lines[2] == f"urllib3.connectionpool: Starting new HTTP connection (1): {host}"
    assert lines[3].startswith(f'urllib3.connectionpool: http://{host} "GET /items HTTP/1.1" 200 ')
    assert {line.partition(":")[0] for line in lines[4:]} == {"httpcore_lite.transport"}
    assert any("GET /items" in line for line in lines[4:])


def test_the_example_of_ways_that_a_program_takes_itself() -> None:
    with EchoServer() as server:
        assert run(str(EXAMPLES / "switching.py"), server.url("").rstrip("/")) == [
            "own requests: httpcore_lite",
            f"a library's: python-requests/{REQUESTS_API_LEVEL}",
            "the same package: True",
        ]


def test_the_example_of_a_program_that_stays_as_it_is() -> None:
    pytest.importorskip("requests")
    program = str(EXAMPLES / "which_requests.py")
    with EchoServer() as server:
        assert run(program, server.url("/")) == ["200 by requests"]
        assert run("-m", "httpcore_lite", "--as-requests", program, server.url("/")) == ["200 by httpcore_lite"]

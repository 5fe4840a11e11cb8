"""The soak run in little: that it runs, finds nothing, and would tell if it did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.programs import run_program
from support.servers import tls_echo_server

SOAK = Path(__file__).parent / "soak.py"


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(SOAK), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=50,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.returncode, done.stdout


def test_mixed_traffic_through_faults_ends_in_right_responses_or_our_errors_and_leaks_nothing() -> None:
    code, told = run("--minutes", "0.5", "--requests", "800", "--small", "1000")
    assert code == 0, told
    assert "nothing grew, nothing leaked" in told


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="a system that does not tell what memory is used")
def test_new_tls_connections_cost_no_memory_for_ever() -> None:
    # Each session that is read costs 6 kB that CPython never frees: 300 of them would be 2 MB.
    source = """
import gc

def pages():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])

def connect(times):
    for _ in range(times):
        assert session.get(url, headers={"Connection": "close"}, timeout=10).status_code == 200

session = new_session()
connect(100)
began = pages()
connect(300)
print((pages() - began) * os.sysconf("SC_PAGE_SIZE"))
session.close()
"""
    with tls_echo_server() as server:
        grown = int(run_program(source, server.url("/"), strict=False))
    assert grown < 1_000_000

"""Servers for the tests that compare."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.servers import EchoServer, tls_echo_server


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with EchoServer() as running:
        yield running


@pytest.fixture
def tls() -> Iterator[EchoServer]:
    with tls_echo_server() as running:
        yield running

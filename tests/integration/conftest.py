"""The real servers of support/real_servers.py, and a session that trusts their certificates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import httpcore_lite as client
from support.certificates import ca_path
from support.real_servers import KINDS, missing, running


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    if lacking := missing(request.param):
        pytest.skip(f"{lacking} is not installed")
    with running(request.param) as server:
        yield server


@pytest.fixture
def session() -> Iterator[client.Session]:
    with client.Session(timeout=10) as session:
        session.verify = ca_path()
        yield session

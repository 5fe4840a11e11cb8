"""The connections that the pools of one manager share."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from httpcore_lite.sansio.connections.ledger import Limits
from httpcore_lite.urllib3_api.connectionpool import SharedPool


@pytest.fixture
def eager_switching() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_threads_that_send_the_first_request_together_get_one_pool(
    eager_switching: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from httpcore_lite.transport import pool as module

    real = module.ConnectionPool
    together = threading.Barrier(4)

    def slow(limits: Limits) -> object:
        together.wait(10)  # every thread makes a pool, and one of these pools is the one that all get
        return real(limits)

    monkeypatch.setattr(module, "ConnectionPool", slow)
    shared = SharedPool(Limits())
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(shared.pool)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert together.broken is False
    assert len(got) == 4
    assert len(set(map(id, got))) == 1


def test_a_wire_that_was_never_used_closes_without_making_anything() -> None:
    shared = SharedPool(Limits())
    shared.close()
    assert shared._pool is None

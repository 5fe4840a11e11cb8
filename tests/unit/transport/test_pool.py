"""The pool's locking, waiting and closing, with socket pairs in place of dialled connections."""

from __future__ import annotations

import gc
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from httpcore_lite.transport import pool as module
from httpcore_lite.transport.connection import Connection
from httpcore_lite.transport.errors import EmptyPoolError
from httpcore_lite.transport.ledger import Limits
from httpcore_lite.transport.pool import ConnectionPool
from httpcore_lite.transport.protocol import RequestHeads
from httpcore_lite.transport.routes import Route
from httpcore_lite.transport.terms import Terms
from httpcore_lite.transport.timeouts import NO_LIMITS, Timeouts

ROUTE = Route("http", "example.org", 80)
OTHER = Route("http", "example.net", 80)


class Dialled:
    """Stands in for the connectors: each connection is one end of a socket pair."""

    def __init__(self) -> None:
        self.peers: list[socket.socket] = []
        self.fails: type[BaseException] | None = None

    def connect(self, budget: Any) -> socket.socket:
        if self.fails is not None:
            raise self.fails("told to fail")
        ours, peer = socket.socketpair()
        self.peers.append(peer)
        return ours


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dialled]:
    dialled = Dialled()
    monkeypatch.setattr(module, "connector_for", lambda route, memory: dialled)
    yield dialled
    for peer in dialled.peers:
        peer.close()


def use(pool: ConnectionPool, route: Route = ROUTE, timeouts: Timeouts = NO_LIMITS) -> Connection:
    """Acquire a connection and do an exchange on it that leaves it reusable."""
    connection = pool.acquire(route, Terms(timeouts))
    connection.begin("/", Terms(), 0.0)
    connection.protocol.start(RequestHeads().build("GET", "/", [], "h"), b"")
    connection.protocol.request_sent = True
    connection.protocol.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    connection.head = connection.protocol.next_event()  # type: ignore[assignment]
    return connection


def test_a_released_connection_is_used_again(dialled: Dialled) -> None:
    pool = ConnectionPool()
    first = use(pool)
    pool.release(first)
    assert use(pool) is first
    assert repr(pool.stats()) == "Stats(open=1, idle=0, created=1, reused=1, dropped=0)"


def test_a_connection_that_may_not_be_used_again_is_closed_at_release(dialled: Dialled) -> None:
    pool = ConnectionPool()
    connection = pool.acquire(ROUTE, Terms())
    pool.release(connection)
    assert connection.sock.fileno() == -1
    assert pool.stats().open == 0


@pytest.mark.parametrize("act", [lambda peer: peer.close(), lambda peer: peer.sendall(b"unasked")])
def test_an_idle_connection_that_was_closed_or_spoke_unasked_is_replaced(dialled: Dialled, act: Any) -> None:
    pool = ConnectionPool()
    first = use(pool)
    pool.release(first)
    act(dialled.peers[0])
    second = use(pool)
    assert second is not first
    assert first.sock.fileno() == -1
    assert (pool.stats().open, pool.stats().dropped) == (1, 1)


def test_a_failed_connect_frees_its_slot(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    dialled.fails = OSError
    for _ in range(3):
        with pytest.raises(OSError, match="told to fail"):
            pool.acquire(ROUTE, Terms())
    dialled.fails = None
    assert use(pool)


def test_waiting_ends_with_the_pool_timeout(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    use(pool)
    with pytest.raises(EmptyPoolError) as caught:
        use(pool, timeouts=Timeouts(pool=0.05))
    assert caught.value.phase == "queue"
    assert pool._ledger.waiting == 0


def test_a_waiter_gets_the_connection_that_comes_back(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    first = use(pool)
    got: list[Connection] = []
    waiter = threading.Thread(target=lambda: got.append(use(pool, timeouts=Timeouts(pool=10))))
    waiter.start()
    while not pool._ledger.waiting:
        pass
    pool.release(first)
    waiter.join(10)
    assert got == [first]


def test_a_waiter_gets_a_new_connection_when_the_one_in_use_is_closed(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    first = use(pool)
    got: list[Connection] = []
    waiter = threading.Thread(target=lambda: got.append(use(pool, timeouts=Timeouts(pool=10))))
    waiter.start()
    while not pool._ledger.waiting:
        pass
    pool.discard(first)
    waiter.join(10)
    assert got[0] is not first
    assert got[0].sock.fileno() != -1
    assert pool.stats().open == 1


def test_an_interrupted_waiter_leaves_no_trace(dialled: Dialled, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    first = use(pool)

    class Interrupted:
        acquired = False

        def acquire(self, timeout: float = -1) -> bool:
            if self.acquired:
                raise KeyboardInterrupt
            self.acquired = True
            return True

        def release(self) -> None: ...

    monkeypatch.setattr(module, "allocate_lock", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool.acquire(ROUTE, Terms())
    assert pool._ledger.waiting == 0
    pool.release(first)
    assert pool.stats().idle == 1


def test_close_closes_idle_connections_and_lets_those_in_use_finish(dialled: Dialled) -> None:
    pool = ConnectionPool()
    idle, busy = use(pool), use(pool)
    pool.release(idle)
    pool.close()
    assert idle.sock.fileno() == -1
    assert busy.sock.fileno() != -1
    pool.release(busy)
    assert busy.sock.fileno() == -1
    assert pool.stats().open == 0
    assert use(pool)  # it can be used again


def test_what_the_collector_gives_up_under_the_lock_is_not_lost(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    connection = use(pool)
    with pool._lock:  # as when the collector runs inside a locked section of the same thread
        pool.discard(connection)
    assert pool.stats().open == 0
    assert use(pool, timeouts=Timeouts(pool=1))


def test_closing_expired_connections_leaves_the_others(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(idle_timeout=0.000001))
    pool.release(use(pool))
    pool.close_expired()
    assert pool.stats().idle == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_neither_uses_nor_writes_to_its_parents_connections(dialled: Dialled) -> None:
    pool = ConnectionPool()
    idle, busy = use(pool), use(pool)
    pool.release(idle)
    child = os.fork()
    if not child:
        try:
            fresh = pool.acquire(ROUTE, Terms())
            pool.release(busy)
            ok = fresh not in (idle, busy) and pool.stats().created == 1
        except BaseException:
            ok = False
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert use(pool) is idle
    dialled.peers[0].setblocking(False)
    with pytest.raises(BlockingIOError):
        dialled.peers[0].recv(1)


def test_threads_never_hold_more_connections_than_the_limit(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=4))
    in_use = 0
    most = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal in_use, most
        for turn in range(30):
            connection = use(pool, timeouts=Timeouts(pool=20))
            with lock:
                in_use += 1
                most = max(most, in_use)
            with lock:
                in_use -= 1
            if turn % 7:
                pool.release(connection)
            else:
                pool.discard(connection)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert most <= 4
    assert pool.stats().open <= 4
    gc.collect()

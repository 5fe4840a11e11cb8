"""The pool's locking, waiting and closing, with socket pairs in place of dialled connections."""

from __future__ import annotations

import gc
import os
import socket
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import h11
import pytest

from httpcore_lite.sansio.connections.ledger import Limits
from httpcore_lite.sansio.connections.routes import Route
from httpcore_lite.sansio.errors import EmptyPoolError
from httpcore_lite.sansio.http1.exchange import NO_EXCHANGE
from httpcore_lite.sansio.http1.protocol import Head
from httpcore_lite.sansio.http1.request_heads import RequestHeads
from httpcore_lite.sansio.options import ExchangeOptions
from httpcore_lite.sansio.timeouts import NO_LIMITS, Deadline, Timeouts
from httpcore_lite.transport import connectors, waiting
from httpcore_lite.transport import pool as module
from httpcore_lite.transport.connection import Connection
from httpcore_lite.transport.pool import ConnectionPool

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
    monkeypatch.setattr(connectors, "connector_for", lambda route, memory: dialled)
    yield dialled
    for peer in dialled.peers:
        peer.close()


def use(pool: ConnectionPool, route: Route = ROUTE, timeouts: Timeouts = NO_LIMITS, fields: bytes = b"") -> Connection:
    """Acquire a connection and do an exchange on it that leaves it reusable; `fields` are of the response."""
    connection = pool.acquire(route, ExchangeOptions(timeouts))
    connection.begin_exchange("/", ExchangeOptions(), 0.0)
    connection.protocol.start(RequestHeads().build("GET", "/", [], "h"), b"")
    connection.protocol.request_sent = True
    connection.protocol.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + fields + b"\r\n")
    connection.exchange.head = connection.protocol.next_event()  # type: ignore[assignment]
    return connection


def test_a_released_connection_is_used_again(dialled: Dialled) -> None:
    pool = ConnectionPool()
    first = use(pool)
    pool.release(first)
    assert use(pool) is first
    assert repr(pool.stats()) == "Stats(open=1, idle=0, created=1, reused=1, dropped=0)"


def test_an_idle_connection_keeps_nothing_of_its_last_exchange(dialled: Dialled) -> None:
    pool = ConnectionPool()
    connection = pool.acquire(ROUTE, ExchangeOptions())
    connection.begin_exchange(
        "/path?with=a-secret", ExchangeOptions(Timeouts(read=7), Deadline(60, 0.0)), 0.0, lambda event, info: None
    )
    # A new kind of request and response, for which h11 is asked.
    connection.protocol.start(RequestHeads().build("GET", "/", [("X-Nobody-Sent-This", "1")], "h"), b"")
    connection.protocol.request_sent = True
    connection.protocol.receive(b"HTTP/1.1 200 OK\r\nX-Nobody-Said-This: 1\r\nContent-Length: 0\r\n\r\n")
    head = connection.exchange.head = connection.protocol.next_event()  # type: ignore[assignment]
    assert isinstance(head, Head)
    pool.release(connection)
    reached = everything_behind(connection)
    assert not [one for one in reached if type(one) in (Head, Deadline, h11.Connection, h11.Request, type(head.reader))]
    assert not [
        one for one in reached if isinstance(one, (str, bytes)) and ("secret" in str(one) or "Nobody" in str(one))
    ]
    assert connection.exchange is NO_EXCHANGE
    assert head.fields[0] == (b"X-Nobody-Said-This", b"1")  # a response that is still held has its own


def everything_behind(connection: Connection) -> list[object]:
    """Everything that the connection's own attributes lead to, its protocol's included."""
    found: list[object] = []
    for owner in (connection, connection.protocol):
        for value in vars(owner).values():
            found += [value, *(value if isinstance(value, (list, tuple)) else ())]
    return found


def test_a_connection_that_may_not_be_used_again_is_closed_at_release(dialled: Dialled) -> None:
    pool = ConnectionPool()
    connection = pool.acquire(ROUTE, ExchangeOptions())
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
            pool.acquire(ROUTE, ExchangeOptions())
    dialled.fails = None
    assert use(pool)


def test_a_connection_that_nothing_knows_of_any_more_frees_its_slot(dialled: Dialled) -> None:
    """As one that an interrupt kept from reaching a variable."""
    pool = ConnectionPool(Limits(per_key=1))
    sock = use(pool).sock
    assert sock.fileno() == -1
    held = use(pool, timeouts=Timeouts(pool=0.5))
    assert repr(pool.stats()) == "Stats(open=1, idle=0, created=2, reused=0, dropped=1)"
    pool.release(held)


def test_waiting_ends_with_the_pool_timeout(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    held = use(pool)
    with pytest.raises(EmptyPoolError) as caught:
        use(pool, timeouts=Timeouts(pool=0.05))
    assert caught.value.phase == "queue"
    assert pool._ledger.waiting == 0
    pool.release(held)


@pytest.mark.parametrize(("pool_limit", "total", "phase"), [(0.05, 60.0, "queue"), (60.0, 0.05, "total")])
def test_an_error_of_a_full_pool_names_the_limit_that_ended_the_wait(
    dialled: Dialled, pool_limit: float, total: float, phase: str
) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    held = use(pool)
    options = ExchangeOptions(Timeouts(pool=pool_limit), Deadline(total, monotonic()))
    with pytest.raises(
        EmptyPoolError, match=r"\(%s timeout=0\.05" % ("total" if phase == "total" else "pool")
    ) as caught:
        pool.acquire(ROUTE, options)
    assert (caught.value.phase, caught.value.seconds) == (phase, 0.05)
    pool.release(held)


def test_a_waiter_of_books_that_were_begun_anew_asks_again(dialled: Dialled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_NAP", 0.01)
    pool = ConnectionPool(Limits(per_key=1))
    old = use(pool)
    got: list[Any] = []
    waiter = started(pool, Timeouts(pool=20), got)
    with pool._lock:
        pool._start_over()
    waiter.join(5)
    assert [type(each) for each in got] == [Connection]
    pool.release(got[0])
    pool.release(old)
    assert (pool.stats().open, pool.stats().idle) == (1, 1)


def waited_for(pool: ConnectionPool, happens: Callable[[], None]) -> Connection:
    """The connection that a waiter got, once it waited and something happened."""
    got: list[Any] = []
    waiter = started(pool, Timeouts(pool=10), got)
    happens()
    waiter.join(10)
    [connection] = got
    return connection


def test_a_waiter_gets_the_connection_that_comes_back(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    first = use(pool)
    assert waited_for(pool, lambda: pool.release(first)) is first


def test_a_waiter_gets_a_new_connection_when_the_one_in_use_is_closed(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    first = use(pool)
    second = waited_for(pool, lambda: pool.discard(first))
    assert second is not first
    assert second.sock.fileno() != -1
    assert pool.stats().open == 1


def test_a_waiter_for_a_fresh_connection_gets_no_used_one(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    first = use(pool)
    got: list[Connection] = []
    waiter = threading.Thread(
        target=lambda: got.append(pool.acquire(ROUTE, ExchangeOptions(Timeouts(pool=10)), fresh=True))
    )
    waiter.start()
    while not pool._ledger.waiting:
        pass
    pool.release(first)
    waiter.join(10)
    assert got[0] is not first
    assert got[0].exchanges == 0
    assert repr(pool.stats()) == "Stats(open=1, idle=0, created=2, reused=0, dropped=1)"
    pool.discard(got[0])
    pool.release(use(pool))
    assert repr(pool.stats()) == "Stats(open=1, idle=1, created=3, reused=0, dropped=2)"


def started(pool: ConnectionPool, timeouts: Timeouts, got: list[Any]) -> threading.Thread:
    """A thread that waits for a connection; what it gets or what it raises is appended to `got`."""

    def work() -> None:
        try:
            got.append(use(pool, timeouts=timeouts))
        except EmptyPoolError as error:
            got.append(error)

    before = pool._ledger.waiting
    thread = threading.Thread(target=work)
    thread.start()
    while pool._ledger.waiting == before:
        pass
    return thread


class Held:
    """A pool's lock in whose critical section of one thread something else happens first."""

    def __init__(self, lock: Any, meanwhile: Callable[[], None]) -> None:
        self.lock = lock
        self.meanwhile: Callable[[], None] | None = meanwhile

    def locked(self) -> bool:
        return bool(self.lock.locked())

    def __enter__(self) -> None:
        self.lock.__enter__()
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()

    def __exit__(self, *exc: Any) -> None:
        self.lock.__exit__(*exc)


def test_what_is_given_up_while_a_waiter_leaves_wakes_the_next_one_at_once(
    dialled: Dialled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_NAP", 60.0)
    pool = ConnectionPool(Limits(per_key=1))
    first = use(pool)
    got: list[Any] = []
    waiter = started(pool, Timeouts(pool=20), got)
    ticket = pool._ledger.checkout(ROUTE, 0.0, [])
    pool._lock = Held(pool._lock, lambda: pool.discard(first))  # type: ignore[assignment]
    pool._hand_back(ticket, ROUTE, pool._ledger)
    waiter.join(5)
    assert not waiter.is_alive()
    assert isinstance(got[0], Connection)
    pool.release(got[0])
    assert repr(pool.stats()) == "Stats(open=1, idle=1, created=2, reused=0, dropped=1)"


def test_what_is_given_up_while_books_are_found_to_be_begun_anew_wakes_the_next_one_at_once(
    dialled: Dialled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_NAP", 60.0)
    pool = ConnectionPool(Limits(per_key=1))
    old = use(pool)
    with pool._lock:
        pool._start_over()
    newer = use(pool)
    got: list[Any] = []
    waiter = started(pool, Timeouts(pool=20), got)
    pool._lock = Held(pool._lock, lambda: pool.discard(newer))  # type: ignore[assignment]
    pool.release(old)
    waiter.join(5)
    assert not waiter.is_alive()
    pool.release(got[0])
    assert (pool.stats().open, pool.stats().idle) == (1, 1)
    assert old.sock.fileno() == -1


def test_a_waiter_that_was_served_as_the_books_were_begun_anew_takes_what_it_was_granted(dialled: Dialled) -> None:
    pool = ConnectionPool(Limits(per_key=1))
    first = use(pool)
    books = pool._ledger
    ticket = books.checkout(ROUTE, 0.0, [])

    class Late(type(ticket)):  # type: ignore[misc]
        """Granted, and the books begun anew, between two looks of the waiter."""

        @property
        def granted(self) -> Any:
            found = vars(self).get("found")
            if found is None:
                pool.release(first)
                with pool._lock:
                    pool._start_over()
            return found

        @granted.setter
        def granted(self, found: Any) -> None:
            vars(self)["found"] = found

    late = Late(ROUTE)
    books._waiting[0] = late
    assert waiting.granted(pool, books, late, ExchangeOptions(Timeouts(pool=5))) is first
    first.close()


def test_a_connection_is_given_up_a_second_before_its_peer_does(
    dialled: Dialled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/differences.md says: the peer's close and our next request would cross on the way."""
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    pool = ConnectionPool()
    first = use(pool, fields=b"Keep-Alive: timeout=5\r\n")
    pool.release(first)
    now = 103.99
    assert use(pool, fields=b"Keep-Alive: timeout=5\r\n") is first
    pool.release(first)
    now += 4
    second = use(pool)
    assert second is not first
    assert first.sock.fileno() == -1
    assert repr(pool.stats()) == "Stats(open=1, idle=0, created=2, reused=1, dropped=1)"


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_peer_that_keeps_connections_for_a_second_at_most_is_asked_on_new_ones(
    dialled: Dialled, seconds: int
) -> None:
    pool = ConnectionPool()
    first = use(pool, fields=b"Keep-Alive: timeout=%d\r\n" % seconds)
    pool.release(first)
    assert first.sock.fileno() == -1
    second = use(pool)
    assert second is not first
    assert repr(pool.stats()) == "Stats(open=1, idle=0, created=2, reused=0, dropped=1)"


def test_the_counts_are_right_after_every_odd_end(dialled: Dialled) -> None:
    """One by one: dead when asked for, closed under a waiter, a connect that fails, expired, evicted."""
    pool = ConnectionPool(Limits(per_key=1, total=1))
    counts = [(0, 0, 0)]

    def since() -> tuple[int, ...]:
        stats = pool.stats()
        counts.append((stats.created, stats.reused, stats.dropped))
        assert stats.open == stats.idle
        return tuple(new - old for new, old in zip(*reversed(counts[-2:]), strict=True))

    pool.release(use(pool))
    assert since() == (1, 0, 0)
    pool.release(use(pool))
    assert since() == (0, 1, 0)
    dialled.peers[-1].close()
    dialled.fails = OSError
    with pytest.raises(OSError, match="told to fail"):
        use(pool)
    assert since() == (0, 0, 1)
    dialled.fails = None
    pool.release(use(pool))
    pool.release(use(pool, OTHER))
    assert since() == (2, 0, 1)
    got: list[Any] = []
    held = use(pool, OTHER)
    waiter = started(pool, Timeouts(pool=10), got)
    pool.release(held)
    waiter.join(10)
    pool.release(got[0])
    assert since() == (1, 1, 1)
    held = use(pool)
    ticket = pool._ledger.checkout(ROUTE, 0.0, [])
    pool.release(held)
    pool._hand_back(ticket, ROUTE, pool._ledger)  # granted, and its waiter was interrupted
    assert since() == (0, 1, 1)
    pool.release(use(pool))
    pool.close()
    assert since() == (1, 0, 1)


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

    monkeypatch.setattr(waiting, "allocate_lock", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool.acquire(ROUTE, ExchangeOptions())
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
            fresh = pool.acquire(ROUTE, ExchangeOptions())
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

"""The ledger with a lock: acquire a connection, release it, close them all.

Every decision is the ledger's (`ledger.py`) or the protocol's (`Protocol.reusable`); this room locks, waits, dials
and closes. Sockets are opened and closed outside of the lock.

Safe in threads, the counts included; in a child after a fork it begins anew, and the parent's connections are let go
without a byte.

Safe under exceptions out of nowhere too (a signal handler's, KeyboardInterrupt): what was taken is given back, each
step of that may be done twice and counts once, and a ledger in which an entry was interrupted is begun anew.
"""

from __future__ import annotations

from _thread import allocate_lock
from _weakref import ref
from collections import deque
from time import monotonic

from ..sansio.connections import Memory
from ..sansio.connections.ledger import NEW, Ledger, Limits, Stats, Ticket, wake
from ..sansio.timeouts import ConnectBudget
from . import in_children
from .connectors import opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..sansio.connections.routes import Route
    from ..sansio.options import ExchangeOptions
    from ..sansio.trace import Watcher
    from .connection import Connection


class _Entry:
    """An entry in the ledger, made under the lock. One that is interrupted leaves nothing to rely on: begin anew.

    `with pool._lock, pool._entry:`, and what the entry gives is kept before that ends.
    """

    __slots__ = ("_pool",)

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = ref(pool)  # which must be forgotten with its last user, not when garbage is collected

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None and (pool := self._pool()) is not None:
            pool._start_over()


class ConnectionPool:
    """Connections to any number of routes within `limits`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits: Limits = limits or Limits()
        self._begin()
        in_children(self, type(self)._begin_in_child)

    def _begin(self) -> None:
        self._lock = allocate_lock()
        self._entry = _Entry(self)
        # Connections given up where the lock could not be waited for: by the garbage collector.
        self._given_up: deque[Connection] = deque()
        self._ledger = Ledger(self.limits, self._given_up)
        self._generation = 0
        #: What the connections learn of their peers.
        self.memory: Memory = Memory()
        self._created = self._reused = self._dropped = 0

    def _begin_in_child(self) -> None:
        """Let go of the parent's connections, and of a lock that a thread of the parent's may hold."""
        inherited = self._ledger.idle_connections
        self._begin()
        for connection in inherited:
            connection.close()

    def enters(self, ledger: Ledger) -> bool:
        """Whether entries are made in this ledger still."""
        return ledger is self._ledger

    def _start_over(self) -> None:
        """Begin the ledger anew: an entry was interrupted, and its state is unknown. The caller has the lock.

        Connections in use are closed when their exchange is over, and waiters ask again.
        """
        idle = self._ledger.idle_connections
        self._ledger = Ledger(self.limits, self._given_up)
        for connection in idle:
            connection.close()

    def __repr__(self) -> str:
        return f"<ConnectionPool {self.stats()!r}>"

    def __del__(self) -> None:
        # A pool that was forgotten: its idle connections need no warning each. Nothing else can hold the lock now.
        ledger = self.__dict__.get("_ledger")
        if ledger is not None:
            for connection in ledger.clear():
                connection.close()

    # -- out -----------------------------------------------------------------------------------------------

    def acquire(
        self,
        route: Route,
        options: ExchangeOptions,
        watch: Watcher | None = None,
        *,
        fresh: bool = False,
        meanwhile: Callable[[], object] | None = None,
    ) -> Connection:
        """Return a connection for one exchange: an idle one that is alive, or, with `fresh` always, a new one.

        `watch` is told of each step; `meanwhile` is called while a new connection is under way, or before where
        connecting cannot be begun without waiting. Raises EmptyPoolError when none became free in time, what connecting
        raises and what `meanwhile` raises.
        """
        ledger: Ledger | None = None
        found: Any = None
        dead: Connection | None = None
        queued: float | None = None
        evicted: list[Connection] = []
        try:
            with self._lock, self._entry:
                ledger = self._ledger
                found = ledger.checkout(route, monotonic(), evicted, fresh)
                self._dropped += len(evicted)
                if found is not NEW and found.__class__ is not Ticket:
                    self._reused += 1
            self.settle(evicted)
            if found.__class__ is Ticket:
                from .waiting import wait  # most callers never need it

                found, queued = wait(self, ledger, found, route, options, watch)
                if found is None:  # granted by a ledger that was begun anew since
                    return self.acquire(route, options, watch, fresh=fresh, meanwhile=meanwhile)
            if found is not NEW:
                found.ledger = ledger
                if found.generation == self._generation and not found.is_stale:
                    found.queued = queued
                    result: Connection = found
                    return result
                # Its slot stays booked, for the connection that takes its place.
                self._bury(found)
                dead, found = found, NEW
            found = opened = self._open(route, options, watch, dead, meanwhile)
            opened.ledger = ledger
            opened.generation = self._generation
            opened.queued = queued
            return opened
        except BaseException:
            self._hand_back(found, route, ledger)
            for connection in evicted:
                connection.close()
            raise

    def _bury(self, dead: Connection) -> None:
        """Close a connection that was to be used once more and cannot be. Its slot is for the caller to free or use."""
        dead.ledger = None
        dead.close()
        with self._lock:
            self._reused -= 1
            self._dropped += 1

    def _hand_back(self, found: Any, route: Route, ledger: Ledger | None) -> None:
        """Give back what a caller got and cannot use."""
        if type(found) is Ticket:
            ticket = found
            try:
                found = self._taken_back(ticket, ledger)
            except BaseException:
                # Interrupted while it waited for the lock. An interrupt comes once, so what it broke off is done now.
                self._hand_back(ticket, route, ledger)
                raise
        if found is None:
            self.settle()
            return
        if found is not NEW:
            self._bury(found)
        self._free(route, ledger)

    def _taken_back(self, ticket: Ticket, ledger: Ledger | None) -> object:
        """Take back a ticket; returns what it was granted until then, or None."""
        with self._lock:
            if ticket.granted is None and ledger is self._ledger:
                self._ledger.cancel(ticket)
        self.settle()
        return ticket.granted

    def _open(
        self,
        route: Route,
        options: ExchangeOptions,
        watch: Watcher | None,
        dead: Connection | None,
        meanwhile: Callable[[], object] | None,
    ) -> Connection:
        """Open a connection, in the place of one that was found `dead` if there was one."""
        # Those whose time is over may never be asked for again.
        self.close_expired()
        if dead is not None and watch is not None:
            watch("connection.dropped", {"route": route.origin, "connection": dead.number})
        if watch is not None:
            self.memory.counts.opening(route, dead is not None)
        budget = ConnectBudget(options.timeouts.connect, options.deadline, monotonic, watch, route)
        if options.cancellation is None:
            connection = opened(route, self.memory, budget, meanwhile)
        else:
            from .cancelling import ended_by

            with ended_by(options.cancellation, budget):
                connection = opened(route, self.memory, budget, meanwhile)
        try:
            with self._lock:
                self._created += 1
            if self._given_up:
                self.settle()
        except BaseException:
            connection.close()
            raise
        return connection

    # -- back ----------------------------------------------------------------------------------------------

    def release(self, connection: Connection) -> None:
        """Take a connection back when its exchange is over: keep it if it may be used again, else close it."""
        evicted: list[Connection] = []
        woken: list[Ticket] = []
        try:
            if not connection.protocol.reusable or connection.generation != self._generation:
                if connection.exchange.watch is not None:
                    self.memory.counts.closed(connection.route)
                self.discard(connection)
                return
            head = connection.exchange.head
            idle_limit = None if head is None or head.idle_limit is None else head.idle_limit - 1
            if connection.exchange.options.cancellation is not None:
                connection.exchange.options.cancellation.over(id(connection))
            # Nothing of the exchange, the program's callbacks least of all, shall live as long as an idle connection.
            connection.forget_exchange()
            with self._lock, self._entry:
                ledger = self._ledger
                if connection.ledger is ledger:
                    woken = ledger.checkin(
                        connection.route, connection, monotonic(), evicted, born=connection.born, idle_limit=idle_limit
                    )
                    connection.ledger = None  # not in use: its last user has nothing to give up any more
                    if woken and woken[0].granted is connection:
                        self._reused += 1
                    if evicted:
                        self._dropped += len(evicted)
            if connection.ledger is not None:
                connection.close()  # of a ledger that was begun anew since, or of the parent before a fork
            # Closed before another is opened in its place: the limits hold at every moment.
            self.settle(evicted)
            wake(woken)
        except BaseException:
            self.discard(connection)
            for late in evicted:
                late.close()
            raise

    def discard(self, connection: Connection) -> None:
        """Close a connection in use and free its slot. Never waits for the lock: the garbage collector may call this.

        Of one that is not in use any more, which others may have by now, nothing is touched.
        """
        if connection.ledger is not None:
            if connection.exchange.options.cancellation is not None:
                connection.exchange.options.cancellation.over(id(connection))
            try:
                connection.close()
            except BaseException:
                connection.close()  # an interrupt comes once, so what it broke off is done now
                raise
            finally:
                # Entered twice, by what failed and by what cleans up, it counts once.
                self._given_up.append(connection)
                self.settle()

    def detach(self, connection: Connection) -> None:
        """Free the slot of a connection whose socket the program takes over."""
        if connection.exchange.options.cancellation is not None:
            connection.exchange.options.cancellation.over(id(connection))
        if connection.ledger is not None:
            self._given_up.append(connection)
            self.settle()

    def _free(self, route: object, ledger: Ledger | None) -> None:
        """Free a slot that was booked for a connection that did not come to be, or is closed now."""
        evicted: list[Connection] = []
        woken: list[Ticket] = []
        with self._lock, self._entry:
            if ledger is self._ledger:
                woken = self._ledger.discard(route, evicted)
                self._dropped += len(evicted)
        self.settle(evicted)
        wake(woken)

    def settle(self, evicted: Sequence[Connection] = ()) -> None:
        """Close what was evicted, and enter in the ledger what was given up meanwhile.

        Whatever holds the lock looks here after letting go of it, so an entry made while it was held is not lost.
        """
        for connection in evicted:
            connection.close()
        # Asked, not tried: an exception behind a try that succeeded would keep the lock for ever. Where the reply is
        # that it is free, this may wait for a moment after all, but never for itself.
        while self._given_up and not self._lock.locked():
            more: list[Connection] = []
            woken: list[Ticket] = []
            with self._lock, self._entry:
                while self._given_up:
                    connection = self._given_up[0]
                    if connection.ledger is self._ledger:
                        self._dropped += 1
                        connection.ledger = None
                        woken += self._ledger.discard(connection.route, more)
                    connection.ledger = None
                    self._given_up.popleft()
                self._dropped += len(more)
            for connection in more:
                connection.close()
            wake(woken)

    # -- all of them ---------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close every idle connection, and those in use when their exchange ends. The pool can be used again."""
        with self._lock, self._entry:
            self._generation += 1
            self.memory.forget_counts()
            idle = self._ledger.clear()
            self._dropped += len(idle)
        self.settle(idle)

    def close_expired(self) -> None:
        """Close the idle connections whose time is over."""
        if not self._ledger.idle and not self._given_up:
            return
        with self._lock, self._entry:
            expired = self._ledger.expire(monotonic())
            self._dropped += len(expired)
        if expired or self._given_up:
            self.settle(expired)

    def stats(self) -> Stats:
        """Return what the pool holds and has done so far."""
        self.settle()
        with self._lock:
            open_now, idle = self._ledger.open, self._ledger.idle
        self.settle()
        return Stats(open_now, idle, self._created, self._reused, self._dropped)

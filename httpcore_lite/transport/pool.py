"""The ledger with a lock: acquire a connection, release it, close them all.

Every decision is the ledger's (`ledger.py`) or the protocol's (`Protocol.reusable`); this room locks, waits, dials
and closes. Sockets are opened and closed outside of the lock.

Safe in threads; in a child after a fork it begins anew, and the parent's connections are let go without a byte.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from os import getpid
from time import monotonic

from .chain import connector_for
from .connect import Budget
from .connection import Connection
from .errors import EmptyPoolError
from .ledger import NEW, Ledger, Limits, Ticket
from .timeouts import shorter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .journal import Watcher
    from .routes import Route
    from .terms import Terms


class Stats:
    """What a pool holds and has done: open, idle, created, reused, dropped (closed before their time or found dead)."""

    __slots__ = ("created", "dropped", "idle", "open", "reused")

    def __init__(self, open: int, idle: int, created: int, reused: int, dropped: int) -> None:  # noqa: A002
        self.open = open
        self.idle = idle
        self.created = created
        self.reused = reused
        self.dropped = dropped

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)}" for name in ("open", "idle", "created", "reused", "dropped"))
        return f"Stats({shown})"


class ConnectionPool:
    """Connections to any number of routes within `limits`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._begin()

    def _begin(self) -> None:
        self._pid = getpid()
        self._lock = allocate_lock()
        self._ledger = Ledger(self.limits)
        # Connections given up where the lock could not be waited for: by the garbage collector.
        self._given_up: deque[Connection] = deque()
        self._generation = 0
        self._created = self._reused = self._dropped = 0

    def __repr__(self) -> str:
        return f"<ConnectionPool {self.stats()!r}>"

    def __del__(self) -> None:
        # A pool that was forgotten: its idle connections need no warning each. Nobody else can hold the lock now.
        ledger = self.__dict__.get("_ledger")
        if ledger is not None:
            for connection in ledger.clear():
                connection.close()

    # -- out -----------------------------------------------------------------------------------------------

    def acquire(self, route: Route, terms: Terms, watch: Watcher | None = None, *, fresh: bool = False) -> Connection:
        """Return a connection for one exchange: an idle one that is alive, or, with `fresh` always, a new one.

        `watch` is told of each step. Raises EmptyPoolError when none became free in time, and what connecting raises.
        """
        queued: float | None = None
        if self._pid != getpid():
            self._begin()
        evicted: list[Connection] = []
        with self._lock:
            found = self._ledger.checkout(route, monotonic(), evicted, fresh)
        self._settle(evicted)
        if type(found) is Ticket:
            found, queued = self._wait_watched(found, terms, watch, route)
        if found is not NEW:
            if found.generation == self._generation and not found.is_stale:
                self._reused += 1
                if queued is not None:
                    found.queued = queued
                return found  # type: ignore[no-any-return]
            # Its slot stays booked, for the connection that takes its place.
            self._dropped += 1
            found.close()
        connection = self._open(route, terms, watch, None if found is NEW else found)
        connection.queued = queued
        return connection

    def _wait_watched(self, ticket: Ticket, terms: Terms, watch: Watcher | None, route: Route) -> tuple[Any, float]:
        """Wait for a connection or a slot; returns it, and the seconds that it took."""
        began = monotonic()
        self._tell_waiting(ticket, watch, "queue.start", {"route": route.origin})
        found = self._wait(ticket, terms)
        queued = monotonic() - began
        self._tell_waiting(ticket, watch, "queue.end", {"route": route.origin, "seconds": queued})
        return found, queued

    def _tell_waiting(self, ticket: Ticket, watch: Watcher | None, event: str, info: dict[str, Any]) -> None:
        if watch is None:
            return
        try:
            watch(event, info)
        except BaseException:  # of the program's own making: the place in the queue must not be lost with it
            self._leave(ticket)
            raise

    def _wait(self, ticket: Ticket, terms: Terms) -> Any:
        seconds = shorter(terms.timeouts.pool, terms.deadline, monotonic())
        wake = allocate_lock()
        wake.acquire()
        with self._lock:
            ticket.wake = wake
            granted = ticket.granted
        if granted is None:
            try:
                wake.acquire(timeout=-1 if seconds is None else seconds)
            except BaseException:
                self._leave(ticket)
                raise
            with self._lock:
                granted = ticket.granted
                if granted is None:
                    self._ledger.cancel(ticket)
        if granted is None:
            deadline = terms.deadline
            by_total = deadline is not None and seconds != terms.timeouts.pool
            limit = f"total timeout={deadline.seconds}" if deadline and by_total else f"pool timeout={seconds}"
            error = EmptyPoolError(ticket.key, f"Pool is full: no connection became free in time. ({limit})")
            error.phase, error.seconds = ("total", deadline.seconds) if deadline and by_total else ("queue", seconds)
            raise error
        return granted

    def _leave(self, ticket: Ticket) -> None:
        """Take back a ticket of a waiter that was interrupted, with what it may have been granted."""
        with self._lock:
            granted = ticket.granted
            if granted is None:
                self._ledger.cancel(ticket)
        if granted is NEW:
            self._free(ticket.key)
        elif granted is not None:
            self.release(granted)

    def _open(self, route: Route, terms: Terms, watch: Watcher | None, dead: Connection | None) -> Connection:
        """Open a connection, in the place of one that was found `dead` if there was one."""
        try:
            # Whoever opens a connection closes those whose time is over, which nobody may ever ask for again.
            self.close_expired()
            if dead is not None and watch is not None:
                watch("connection.dropped", {"route": route.origin, "connection": dead.number})
            connector = connector_for(route)
            budget = Budget(terms.timeouts.connect, terms.deadline, watch, route)
            sock = connector.connect(budget)
            try:
                connection = Connection(sock, route, monotonic())
                connection.opening = budget.opening
                connection.describe()
                connection.remember = getattr(connector, "remember", None)
            except BaseException:
                sock.close()
                raise
        except BaseException:
            self._free(route)
            raise
        connection.books = self._ledger
        connection.generation = self._generation
        self._created += 1
        return connection

    # -- back ----------------------------------------------------------------------------------------------

    def release(self, connection: Connection) -> None:
        """Take a connection back when its exchange is over: keep it if it may be used again, else close it."""
        if connection.books is not self._ledger or self._pid != getpid():
            connection.close()  # of the parent, before a fork
            return
        if not connection.protocol.reusable or connection.generation != self._generation:
            self.discard(connection)
            return
        head = connection.head
        idle_limit = None if head is None or head.idle_limit is None else head.idle_limit - 1
        evicted: list[Connection] = []
        with self._lock:
            woken = self._ledger.checkin(
                connection.route, connection, monotonic(), evicted, born=connection.born, idle_limit=idle_limit
            )
        # Closed before anybody opens another in its place: the limits hold at every moment.
        self._settle(evicted)
        _wake(woken)

    def discard(self, connection: Connection) -> None:
        """Close a connection and free its slot. Never waits for the lock: the garbage collector may call this."""
        connection.close()
        if connection.books is self._ledger:
            connection.books = None  # given up twice, by whoever failed and by whoever cleans up, it counts once
            self._given_up.append(connection)
            self._settle(())

    def detach(self, connection: Connection) -> None:
        """Free the slot of a connection whose socket the program takes over."""
        if connection.books is self._ledger:
            connection.books = None
            self._given_up.append(connection)
            self._settle(())

    def _free(self, route: Any) -> None:
        """Free a slot that was booked for a connection that did not come to be."""
        evicted: list[Connection] = []
        with self._lock:
            woken = self._ledger.discard(route, evicted)
        self._settle(evicted)
        _wake(woken)

    def _settle(self, evicted: Any) -> None:
        """Close what was evicted, and enter in the books what was given up meanwhile.

        Whoever holds the lock looks here after letting go of it, so an entry made while it was held is not lost.
        """
        for connection in evicted:
            self._dropped += 1
            connection.close()
        while self._given_up and self._lock.acquire(False):
            more: list[Connection] = []
            woken: list[Ticket] = []
            try:
                while self._given_up:
                    connection = self._given_up.popleft()
                    self._dropped += 1
                    woken += self._ledger.discard(connection.route, more)
            finally:
                self._lock.release()
            for connection in more:
                self._dropped += 1
                connection.close()
            _wake(woken)

    # -- all of them ---------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close every idle connection, and those in use when their exchange ends. The pool can be used again."""
        if self._pid != getpid():
            self._begin()
            return
        with self._lock:
            self._generation += 1
            idle = self._ledger.clear()
        self._settle(idle)

    def close_expired(self) -> None:
        """Close the idle connections whose time is over."""
        with self._lock:
            expired = self._ledger.expire(monotonic())
        self._settle(expired)

    def stats(self) -> Stats:
        """Return what the pool holds and has done so far."""
        self._settle(())
        with self._lock:
            open_now, idle = self._ledger.open, self._ledger.idle
        self._settle(())
        return Stats(open_now, idle, self._created, self._reused, self._dropped)

    @property
    def routes(self) -> list[Any]:
        """The routes that a connection is open to."""
        with self._lock:
            keys = self._ledger.keys
        self._settle(())
        return keys


def _wake(tickets: list[Ticket]) -> None:
    for ticket in tickets:
        if ticket.wake is not None:
            ticket.wake.release()

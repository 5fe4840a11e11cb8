"""Which connection to hand out, which to evict, which has expired, and which waiter is next.

A pure room: connections are opaque, time is handed in, nothing waits here. `pool.py` puts a lock around it, closes
what it is given to close and wakes the waiters that it is told to wake.

    checkout(key) ──▶ a connection          idle under this key and still good as far as the ledger knows
                  ──▶ NEW                   the caller may open one: a slot is booked for it
                  ──▶ a Ticket              the limits are reached: wait until it is granted a connection or NEW
    checkin(key, connection)                an exchange is over: idle again, or straight to the first waiter
    discard(key)                            a booked slot is free: its connection is closed, or never came to be
    cancel(ticket)                          that waiter is gone

A freed connection or slot belongs to the first ticket from the moment it is free, under the same lock: no
later caller can take it, and a connection that is being closed is in no list that callers are served from.
"""

from __future__ import annotations

from collections import deque

from .. import Value
from ..errors import EmptyPoolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any, Final, TypeAlias

    # Nothing is known of a connection here.
    _Connection: TypeAlias = Any

    from ..timeouts import Deadline


class _New:
    def __repr__(self) -> str:
        return "NEW"


NEW: Final = _New()
_FULL: Final = "Pool is full: no connection became free in time."


class Limits(Value):
    """The bounds of a pool; None is no bound."""

    #: Idle connections kept, all keys together, and for one key.
    idle: int = 256
    idle_per_key: int = 10
    #: Keys whose idle connections are kept.
    keys: int | None = None
    #: Connections open at once, all keys together, and for one key. A caller that wants one more waits.
    total: int | None = None
    per_key: int | None = None
    #: Seconds that a connection may lie idle.
    idle_timeout: float | None = 60.0
    #: Seconds after which a connection is not used again.
    max_age: float | None = None


class Stats(Value):
    """What a pool holds, and what it has done."""

    #: Connections that are open, and those of them that are idle.
    open: int
    idle: int
    created: int
    reused: int
    #: Closed before their time, or found dead.
    dropped: int


class Ticket:
    """A place in the queue. `granted` becomes a connection or NEW; `wake` is the waiter's own, to be told by.

    With `fresh` it is never granted a connection that was used before.
    """

    __slots__ = ("fresh", "granted", "key", "wake")

    def __init__(self, key: Hashable, fresh: bool = False) -> None:
        self.key: Hashable = key
        self.fresh: bool = fresh
        self.granted: object = None
        self.wake: _Connection = None


def wake(tickets: list[Ticket]) -> None:
    """Wake the waiters of these tickets, as far as they sleep."""
    for ticket in tickets:
        if ticket.wake is not None:
            ticket.wake.release()


class _Idle:
    """An idle connection with the moment at which it must not be used any more."""

    __slots__ = ("connection", "expires", "key")

    def __init__(self, key: Hashable, connection: _Connection, expires: float) -> None:
        self.key = key
        self.connection = connection
        self.expires = expires


class Ledger:
    """What one pool knows of its connections and waiters."""

    def __init__(self, limits: Limits, given_up: deque[_Connection] | None = None) -> None:
        self.limits = limits
        # Connections in use that were closed: not entered yet, since that takes the pool's lock. Threads may append.
        self.given_up: deque[_Connection] = deque() if given_up is None else given_up
        # Per key the idle connections, the last one used on top: it is the likeliest to be alive.
        self._idle: dict[Hashable, list[_Idle]] = {}
        # The same entries by identity, the longest idle first.
        self._by_age: dict[int, _Idle] = {}
        self._open: dict[Hashable, int] = {}
        self.open: int = 0
        self._waiting: deque[Ticket] = deque()

    @property
    def idle(self) -> int:
        """How many connections are idle."""
        return len(self._by_age)

    @property
    def idle_connections(self) -> list[_Connection]:
        """The connections that are idle, also where an entry was interrupted half-way."""
        entries = {id(entry): entry for stack in list(self._idle.values()) for entry in stack} | self._by_age
        return [entry.connection for entry in entries.values()]

    @property
    def waiting(self) -> int:
        """How many tickets wait."""
        return len(self._waiting)

    # -- out -----------------------------------------------------------------------------------------------

    def checkout(self, key: Hashable, now: float, evicted: list[_Connection], fresh: bool = False) -> object:
        """Hand out an idle connection, NEW or a Ticket; append to `evicted` what the caller must close.

        With `fresh` a connection that was used before is never handed out, nor granted to the Ticket.
        """
        if not fresh:
            stack = self._idle.get(key)
            while stack:
                entry = stack.pop()
                if not stack:
                    del self._idle[key]
                del self._by_age[id(entry)]
                if entry.expires > now:
                    return entry.connection
                evicted.append(entry.connection)
                self._count_down(key)
        if (self._waiting and self._comes_later(key)) or not self._book(key, evicted):
            return self._queue(key, fresh)
        return NEW

    def _comes_later(self, key: Hashable) -> bool:
        """Whether there is a waiter that could use what is free before a newcomer under `key` does.

        A waiter whose own origin has too many connections open holds up no other.
        """
        return any(ticket.key == key or not self._is_full(ticket.key) for ticket in self._waiting)

    def _queue(self, key: Hashable, fresh: bool) -> Ticket:
        ticket = Ticket(key, fresh)
        self._waiting.append(ticket)
        return ticket

    def _is_full(self, key: Hashable) -> bool:
        per_key = self.limits.per_key
        return per_key is not None and self._open.get(key, 0) >= per_key

    def _book(self, key: Hashable, evicted: list[object]) -> bool:
        """Book a slot for one more connection under `key`, at the cost of the longest idle one if need be."""
        limits = self.limits
        if self._is_full(key):
            # An idle one under the same key is in the way only of a caller that wants a fresh one.
            stack = self._idle.get(key)
            if not stack:
                return False
            evicted.append(self._drop(stack[0]))
        elif limits.total is not None and self.open >= limits.total:
            if not self._by_age:
                return False
            evicted.append(self._drop(next(iter(self._by_age.values()))))
        self._open[key] = self._open.get(key, 0) + 1
        self.open += 1
        return True

    def cancel(self, ticket: Ticket) -> None:
        """Take back a ticket. What it was granted meanwhile is the caller's to check in or to discard."""
        if ticket.granted is None and ticket in self._waiting:
            self._waiting.remove(ticket)

    # -- back ----------------------------------------------------------------------------------------------

    def checkin(
        self,
        key: Hashable,
        connection: object,
        now: float,
        evicted: list[_Connection],
        *,
        born: float,
        idle_limit: float | None,
    ) -> list[Ticket]:
        """Take back a connection that is fit for another exchange; returns the tickets to wake.

        `born` is when it was opened; `idle_limit` is how long its peer will keep it idle, in seconds. Append to
        `evicted` what the caller must close.
        """
        limits = self.limits
        if limits.max_age is not None and now - born >= limits.max_age:
            evicted.append(connection)
            return self.discard(key, evicted)
        for ticket in self._waiting:
            if ticket.key == key and not ticket.fresh:
                self._waiting.remove(ticket)
                ticket.granted = connection
                return [ticket]
            if ticket.key == key or (limits.total is not None and not self._is_full(ticket.key)):
                # It came first and wants another origin, or no used one: a slot is worth more than an idle connection.
                evicted.append(connection)
                return self.discard(key, evicted)
        expires = self._expiry(now, born, idle_limit)
        if expires <= now:
            evicted.append(connection)
            return self.discard(key, evicted)
        entry = _Idle(key, connection, expires)
        self._idle.setdefault(key, []).append(entry)
        self._by_age[id(entry)] = entry
        self._trim(key, evicted)
        return []

    def _expiry(self, now: float, born: float, idle_limit: float | None) -> float:
        limits = self.limits
        expires = float("inf") if limits.idle_timeout is None else now + limits.idle_timeout
        if idle_limit is not None:
            expires = min(expires, now + idle_limit)
        if limits.max_age is not None:
            expires = min(expires, born + limits.max_age)
        return expires

    def _trim(self, key: Hashable, evicted: list[object]) -> None:
        """Drop the longest idle connections above the bounds, of this key first."""
        limits = self.limits
        stack = self._idle[key]
        if len(stack) > limits.idle_per_key:
            evicted.append(self._drop(stack[0]))
        if len(self._by_age) > limits.idle:
            evicted.append(self._drop(next(iter(self._by_age.values()))))
        if limits.keys is not None:
            while len(self._idle) > limits.keys:
                oldest = next(iter(self._by_age.values())).key
                evicted.extend(self._drop(entry) for entry in list(self._idle[oldest]))

    def discard(self, key: Hashable, evicted: list[_Connection]) -> list[Ticket]:
        """Free the slot of a connection that is closed or never came to be; returns the tickets to wake."""
        self._count_down(key)
        for ticket in self._waiting:
            if self._book(ticket.key, evicted):
                self._waiting.remove(ticket)
                ticket.granted = NEW
                return [ticket]
        return []

    # -- out of use ----------------------------------------------------------------------------------------

    def expire(self, now: float) -> list[_Connection]:
        """Drop every idle connection whose time is over; returns them for the caller to close."""
        return [self._drop(entry) for entry in list(self._by_age.values()) if entry.expires <= now]

    def clear(self) -> list[_Connection]:
        """Drop every idle connection; returns them for the caller to close."""
        return [self._drop(entry) for entry in list(self._by_age.values())]

    def _drop(self, entry: _Idle) -> _Connection:
        del self._by_age[id(entry)]
        stack = self._idle[entry.key]
        stack.remove(entry)
        if not stack:
            del self._idle[entry.key]
        self._count_down(entry.key)
        return entry.connection

    def _count_down(self, key: Hashable) -> None:
        self.open -= 1
        left = self._open[key] - 1
        if left:
            self._open[key] = left
        else:
            del self._open[key]


def no_connection_in_time(
    key: Hashable, limit: float | None, seconds: float | None, deadline: Deadline | None
) -> EmptyPoolError:
    """Return the error for a waiter whose `seconds` are over: its `limit`, or else what the `deadline` left."""
    if deadline is not None and seconds != limit:
        error = EmptyPoolError(key, f"{_FULL} (total timeout={deadline.seconds})")
        error.phase, error.seconds = "total", deadline.seconds
    else:
        error = EmptyPoolError(key, f"{_FULL} (pool timeout={seconds})")
        error.phase, error.seconds = "queue", seconds
    return error

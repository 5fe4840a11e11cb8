"""A caller waits until a connection or a slot of a full pool is free: by the ticket that the ledger gave it."""

from __future__ import annotations

from _thread import allocate_lock
from time import monotonic

from ..sansio.connections.ledger import no_connection_in_time
from ..sansio.timeouts import shorter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Protocol

    from ..sansio.connections.ledger import Ledger, Ticket
    from ..sansio.connections.routes import Route
    from ..sansio.options import ExchangeOptions
    from ..sansio.trace import Watcher

    class Pool(Protocol):
        """What the ticket is for."""

        def enters(self, ledger: Ledger) -> bool: ...
        def settle(self) -> None: ...


# How long a waiter sleeps before it looks around itself, in seconds: what had to wake it may have been interrupted.
_NAP: Final = 1.0


def wait(
    pool: Pool, ledger: Ledger, ticket: Ticket, route: Route, options: ExchangeOptions, watch: Watcher | None
) -> tuple[Any, float]:
    """Return what the ticket of `ledger` was granted, and the seconds that it took.

    None where the pool has begun a new ledger since: ask again. Raises EmptyPoolError when the time is over.
    """
    began = monotonic()
    if watch is not None:
        watch("queue.start", {"route": route.origin})
    found = granted(pool, ledger, ticket, options)
    queued = monotonic() - began
    if watch is not None:
        watch("queue.end", {"route": route.origin, "seconds": queued})
    return found, queued


def granted(pool: Pool, ledger: Ledger, ticket: Ticket, options: ExchangeOptions) -> Any:
    """Wait as `wait` does, unwatched."""
    began = monotonic()
    limit = options.timeouts.pool
    seconds = shorter(limit, options.deadline, began)
    wake = allocate_lock()
    wake.acquire()
    ticket.wake = wake  # what grants it before this need not wake us
    flag = options.cancellation
    if flag is not None:
        from .cancelling import Alarm

        ticket.wake = alarm = Alarm(wake)
        flag.waits(ticket, alarm.release)
    try:
        pool.settle()  # what was given up since may be what this waits for
        while True:
            if flag is not None:
                flag.check()
            # Asked in this order: a ledger that was replaced by now grants nothing any more.
            begun_anew = not pool.enters(ledger)
            if ticket.granted is not None:
                return ticket.granted
            if begun_anew:
                return None
            left = None if seconds is None else began + seconds - monotonic()
            if left is not None and left <= 0:
                raise no_connection_in_time(ticket.key, limit, seconds, options.deadline)
            wake.acquire(timeout=_NAP if left is None else min(left, _NAP))
            pool.settle()
    finally:
        if flag is not None:
            flag.over(ticket)

"""Which address is tried when: the schedule of RFC 8305 ("Happy Eyeballs") as a state machine.

Addresses of both families take turns. The first is tried at once; the next one follows when an attempt has failed,
or `STAGGER` seconds after the last one began, while the earlier ones go on. The first to connect wins.

    due(now)  ──▶ the addresses whose attempt begins now        failed(now)  an attempt has ended without success
    wait(now) ──▶ the seconds until the next one is due          lost         every attempt has failed

A pure room: `connect.py` opens the sockets and tells what became of them. RFC 8305 sections 4 and 5.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from .addresses import SocketAddress

# RFC 8305 section 5: the recommended delay between two attempts.
STAGGER: Final = 0.25


def interleave(addresses: Sequence[SocketAddress]) -> list[SocketAddress]:
    """Return the addresses, (family, ...) tuples in the resolver's order, with the families taking turns.

    The family of the first one begins, and within a family the order stays (RFC 8305 section 4).
    """
    queues: dict[object, list[SocketAddress]] = {}
    for address in addresses:
        queues.setdefault(address[0], []).append(address)
    turns: list[SocketAddress] = []
    while queues:
        for family in list(queues):
            turns.append(queues[family].pop(0))
            if not queues[family]:
                del queues[family]
    return turns


class Race:
    """The attempts to connect to one host."""

    def __init__(self, addresses: Sequence[SocketAddress], stagger: float = STAGGER) -> None:
        self._left = list(addresses)
        self._stagger = stagger
        self._running = 0
        self._next_at = float("-inf")

    @property
    def lost(self) -> bool:
        """Whether every attempt has failed and none is left."""
        return not self._left and not self._running

    def due(self, now: float) -> list[SocketAddress]:
        """Return the address to begin with now, in a list, or an empty one."""
        if not self._left or now < self._next_at:
            return []
        self._next_at = now + self._stagger
        self._running += 1
        return [self._left.pop(0)]

    def failed(self, now: float) -> None:
        """One attempt has failed: the next one need not wait for its turn."""
        self._running -= 1
        self._next_at = now

    def wait(self, now: float) -> float | None:
        """Return the seconds until the next attempt is due, None when no address is left."""
        return max(0.0, self._next_at - now) if self._left else None

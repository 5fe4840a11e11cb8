"""The order of work where many requests go out at once: what is taken, begun and yielded when, and what ends it.

A pure room: items, outcomes and origins are opaque, and nothing waits here. A driver (`client/many` with threads;
asyncio could have another) asks for the next step, does it and tells what came of it, all from one thread or task:

    step() ──▶ TAKE      take an item from the program: taken(), or refused() where it is none, or no_more()
           ──▶ BEGIN     begin the request of this index; finished() is told whenever that is over
           ──▶ YIELD     hand the outcome of this index to the program
           ──▶ RAISE     raise the outcome of this index: it ends the rest
           ──▶ WAIT      until the request of this index has finished, or any where the index is -1
           ──▶ BLOCKED   until the program has read or closed a response that it was given: freed()
           ──▶ OVER      there is nothing more to do

1. At most `look_ahead` items are taken whose outcomes were not yielded. One is taken for each outcome that is asked
   for, more only while there is none to yield: a slow source of items does not hold up what is there.
2. Outcomes are yielded in the order of the items, or with `ordered` false as they come.
3. An outcome that is to be raised ends the rest in its place: in order, what stands before it is yielded first. What
   stands behind it is neither taken nor begun any more.
4. A streamed response holds a place of the pool until the program has read it. As long as there is one, no more
   requests are begun than places are left: an unread response never locks out one that must be yielded before it.
"""

from __future__ import annotations

from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Final

TAKE: Final = "take"
BEGIN: Final = "begin"
YIELD: Final = "yield"
RAISE: Final = "raise"
WAIT: Final = "wait"
BLOCKED: Final = "blocked"
OVER: Final = "over"


class Places:
    """How many connections a pool has left, all together and for each origin; None is no bound."""

    __slots__ = ("per_origin", "total")

    def __init__(self, total: int | None = None, per_origin: int | None = None) -> None:
        self.total: int | None = total
        self.per_origin: int | None = per_origin


class _Item:
    """An item that was taken: where it leads, and whether its response is left to be read by the program."""

    __slots__ = ("index", "origin", "streams")

    def __init__(self, index: int, origin: Hashable, streams: bool) -> None:
        self.index: int = index
        self.origin: Hashable = origin
        self.streams: bool = streams


class MapPlan:
    """The plan of one iteration.

    Args:
        look_ahead: how many items are taken before their outcomes are asked for.
        at_once: how many requests are under way at once; None for as many as were taken.
        ordered: whether outcomes are yielded in the order of the items.
        places: the connections that streamed responses may hold.
    """

    def __init__(
        self, look_ahead: int, at_once: int | None = None, *, ordered: bool = True, places: Places | None = None
    ) -> None:
        self.look_ahead: int = look_ahead
        self.at_once: int | None = at_once
        self.ordered: bool = ordered
        self.places: Places = places or Places()
        #: How many items were taken so far.
        self.count: int = 0
        self._takes_one: bool = True  # Rule 1
        self._ended: bool = False  # there are no more items, or none that could be yielded
        self._queued: deque[_Item] = deque()
        self._under_way: dict[int, _Item] = {}
        self._last: int | None = None  # the index of what will be raised
        # Finished and not yielded, in the order of arrival: whether it is to be raised.
        self._done: dict[int, bool] = {}
        self._turn: int = 0  # the index that is yielded next, in order
        # What holds a place of the pool: under way, or a response that the program has to read.
        self._holding: dict[int, _Item] = {}
        self._streamed: int = 0  # how many of these are streamed

    # -- what to do ----------------------------------------------------------------------------------------

    def step(self) -> tuple[str, int]:
        """Return what to do now, and for which index; -1 where it is for none, or for any."""
        if self._queued and self._may_begin(self._queued[0]):
            return BEGIN, self._begin()
        done = self._done
        if self.ordered:
            ready = self._turn if self._turn in done else None
        else:
            ready = next(iter(done), None)
        if not self._ended and (self._takes_one or ready is None) and self.taken_ahead < self.look_ahead:
            return TAKE, -1
        if ready is not None:
            self._takes_one = True
            self._turn = ready + 1
            return (RAISE if done.pop(ready) else YIELD), ready
        if self._under_way:
            # As long as this one is not there, the end of another changes nothing but what can be begun.
            return WAIT, self._turn if self.ordered and not self._queued else -1
        return (BLOCKED if self._queued else OVER), -1

    @property
    def taken_ahead(self) -> int:
        """How many items were taken whose outcomes were not yielded yet."""
        return len(self._queued) + len(self._under_way) + len(self._done)

    @property
    def unwanted(self) -> list[int]:
        """The requests under way whose outcomes will not be yielded, since an error ends the rest before."""
        if self._last is None:
            return []
        return [index for index in self._under_way if index > self._last or not self.ordered]

    @property
    def held(self) -> int:
        """How many places of the pool are held: by requests under way, and by responses that were not read yet."""
        return len(self._holding)

    def _may_begin(self, item: _Item) -> bool:
        if self.at_once is not None and len(self._under_way) >= self.at_once:
            return False
        if not self._streamed and not item.streams:
            return True  # what waits for a place gets one: all that hold one give it back by themselves
        places = self.places
        if places.total is not None and len(self._holding) >= places.total:
            return False
        if places.per_origin is None:
            return True
        held = [each.origin for each in self._holding.values()]
        # What may lead anywhere (None) counts for every origin.
        return sum(item.origin in (None, each) or each is None for each in held) < places.per_origin

    def _begin(self) -> int:
        item = self._queued.popleft()
        self._under_way[item.index] = self._holding[item.index] = item
        self._streamed += item.streams
        return item.index

    # -- what came of it -----------------------------------------------------------------------------------

    def taken(self, origin: Hashable = None, streams: bool = False) -> int:
        """Note an item that was taken, and leads to `origin`; returns its index, counted from 0."""
        index = self.count
        self.count += 1
        self._takes_one = False
        self._queued.append(_Item(index, origin, streams))
        return index

    def refused(self, raises: bool = True) -> int:
        """Note that an item was taken which cannot be requested, or that none could be taken; returns its index."""
        index = self.count
        self.count += 1
        self._takes_one = False
        self._finish(index, raises)
        return index

    def no_more(self) -> None:
        """Note that the program has no more items."""
        self._ended = True

    def finished(self, index: int, raises: bool = False, holds: bool = False) -> None:
        """Note that a request has finished: whether its outcome is to be raised, and whether it still holds a place."""
        del self._under_way[index]
        if not holds:
            self.freed(index)
        self._finish(index, raises)

    def _finish(self, index: int, raises: bool) -> None:
        self._done[index] = raises
        if raises:  # Rule 3
            self._ended = True
            self._last = index if self._last is None or index < self._last else self._last
            while self._queued and (not self.ordered or self._queued[-1].index > index):
                self._queued.pop()

    def freed(self, index: int) -> None:
        """Note that a response holds its place no longer: it was read, closed or forgotten."""
        item = self._holding.pop(index, None)
        if item is not None:
            self._streamed -= item.streams

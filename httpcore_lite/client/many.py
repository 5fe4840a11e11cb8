"""Many requests at once: `Session.map`.

What is taken, begun and yielded when, and what ends it, `sansio.map_plan` says; what an item is, `items`; where
requests run, `lanes` and `elsewhere`. Here items are taken and outcomes yielded, all of it in the program's own thread:

    program ── next() ──▶ plan.step() ── BEGIN ──▶ lane ──▶ Session.request
                              ▲                                 │
                              └── finished() ◀── done ◀─────────┘

Each request that is under way has a Cancellation. When the program leaves the loop, in whatever way, all of them are
cancelled: our waits end, the threads with them, and responses that the program will not see are closed. What runs
elsewhere has no reference to the iteration, so that the collector may end that, too.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from time import monotonic, sleep
from weakref import ref

from ..exceptions import RequestException
from ..sansio import Value
from ..sansio.map_plan import BEGIN, BLOCKED, OVER, RAISE, TAKE, WAIT, MapPlan, Places
from .cancellation import Cancellation
from .items import Items, Job
from .lanes import Done, Submitted, Threads, close_quietly, outcome_of, shares_memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from typing import Any, Final, TypeAlias

    from .items import Keywords, Kinds
    from .lanes import Outcome

    # A Session, an executor, what a response is read from; what is yielded: a response, an exception, a pair.
    _Session: TypeAlias = Any
    _Executor: TypeAlias = Any
    _Raw: TypeAlias = Any
    _Yielded: TypeAlias = Any


# How long a wait lasts at most before it is begun anew, in seconds: where a signal does not wake it (Windows).
_NAP: Final = 0.5
# How often responses that the program has are looked at, and for how long none of them may move on, in seconds.
_LOOK: Final = 0.02
_PATIENCE: Final = 5.0


class How(Value):
    """How many requests are sent at once: the arguments of `Session.map`."""

    workers: int | None
    ordered: bool
    return_exceptions: bool
    pairs: bool
    look_ahead: int | None
    executor: _Executor


def map_requests(
    session: _Session, kinds: Kinds, requests: Iterable[object], how: How, options: Keywords
) -> Generator[_Yielded, None, None]:
    """Return the iterator of `Session.map`; `kinds` are the classes Session, Request and PreparedRequest.

    Raises:
        TypeError: an argument is of a type that makes no sense, or is unknown.
        ValueError: a number is below 1, or `timeout` makes no sense.
    """
    source = _source_of(requests, kinds)
    executor = how.executor
    if executor is not None and (isinstance(executor, type) or not callable(getattr(executor, "submit", None))):
        raise TypeError(f"executor= takes a concurrent.futures.Executor, not {executor!r:.80}")
    workers = _count("workers", how.workers) or _workers_of(executor)
    ahead = _count("look_ahead", how.look_ahead) or 2 * workers
    # Our threads and an executor are given all that was taken: they have a queue of their own.
    plan = MapPlan(ahead, None if executor is None or how.workers is None else workers, ordered=how.ordered)
    done = Done()
    lane: Threads | Submitted
    if executor is not None and not shares_memory(executor):
        from .elsewhere import PackedItems, unpacked

        items: Items = (packed := PackedItems(session, kinds, options))
        lane = Submitted(executor, done, lambda job, _: packed.work(job), unpacked, waits=False)
    else:
        items = Items(session, kinds, options)
        if executor is None:
            lane = Threads(items.sent, done, workers)
        else:
            lane = Submitted(executor, done, lambda job, flag: (outcome_of, items.sent, job, flag))
    return _iterate(_Iteration(items, source, plan, lane, done, how.return_exceptions), how.pairs)


def _source_of(requests: Iterable[object], kinds: Kinds) -> Iterable[object]:
    """Return the items. TypeError for one that stands alone, and for what cannot be iterated over."""
    if isinstance(requests, (str, bytes, dict, *kinds)):
        raise TypeError(
            f"Session.map() takes an iterable of requests, not one {type(requests).__name__}: put it into a list"
        )
    if not hasattr(requests, "__iter__") and not hasattr(requests, "__getitem__"):
        hint = ", and an asynchronous one is none" if hasattr(requests, "__aiter__") else ""
        from .failures import kind_of

        raise TypeError(f"Session.map() takes an iterable of requests, not {kind_of(requests)}{hint}")
    return requests


def _count(name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}= takes a number of at least 1, not {value!r}")
    if value < 1:
        raise ValueError(f"{name}= takes a number of at least 1, not {value!r}")
    return value


def _workers_of(executor: _Executor) -> int:
    """Return how many an executor has, where it says so; else as many as `concurrent.futures` has by default."""
    own = getattr(executor, "_max_workers", None)
    if isinstance(own, int) and not isinstance(own, bool) and own > 0:
        return own
    return min(32, (os.cpu_count() or 1) + 4)


# -- one iteration -----------------------------------------------------------------------------------------------------


def _iterate(work: _Iteration, pairs: bool) -> Generator[_Yielded, None, None]:
    """Do what the plan says, and end everything when the program leaves."""
    try:
        while True:
            if work.done.finished or work.unread:
                work.look()
            what, index = work.plan.step()
            if what == BEGIN:
                work.begin(index)
            elif what == TAKE:
                work.take()
            elif what == WAIT:
                work.wait(index)
            elif what == BLOCKED:
                work.wait_for_reader()
            elif what == OVER:
                return
            else:
                item, outcome = work.outcome(index)
                try:
                    if what == RAISE:
                        raise outcome
                    yield (item, outcome) if pairs else outcome
                finally:
                    del item, outcome  # or a frame and its error would keep each other alive, and a response stay
    finally:
        work.close()


class _Iteration:
    """One way through the items: what was taken, what is under way, and what has come of it."""

    def __init__(
        self,
        items: Items,
        source: Iterable[object],
        plan: MapPlan,
        lane: Threads | Submitted,
        done: Done,
        keep_errors: bool,
    ) -> None:
        self.plan = plan
        self._items = items
        self._source = source
        self._iterator: Iterator[object] | None = None
        self._lane = lane
        self.done = done
        self._keep_errors = keep_errors
        self._jobs: dict[int, Job] = {}
        self._under_way: dict[int, Cancellation] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._streams = False  # whether a response was asked for that is streamed
        # What the program has still to read of, by index.
        self.unread: dict[int, ref[_Raw]] = {}
        self._process = os.getpid()

    def _places(self) -> Places:
        """Return how many connections are left for responses that are streamed."""
        totals: list[int] = []
        of_origins: list[int] = []
        for adapter in self._items.session.adapters.values():
            pool: _Session = getattr(adapter, "pool", None)
            limits = getattr(pool, "limits", None)
            for name, found in (("total", totals), ("per_key", of_origins)):
                if isinstance(bound := getattr(limits, name, None), int):
                    stats = pool.stats()
                    found.append(max(1, bound - (stats.open - stats.idle)))  # what others use is not left
        return Places(min(totals, default=None), min(of_origins, default=None))

    # -- items ---------------------------------------------------------------------------------------------

    def take(self) -> None:
        """Take one item from the program."""
        plan = self.plan
        index, item = plan.count, None
        try:
            if self._iterator is None:
                self._iterator = iter(self._source)
            try:
                item = next(self._iterator)
            except StopIteration:
                plan.no_more()
                return
            job = self._items.job(item, index)
            job.streams = self._items.streams(job)
        except Exception as error:
            # The item's, or the source's own: it is raised where the response would have been.
            self._jobs[index] = Job(item, {})
            self._outcomes[plan.refused(self._raises(error))] = error
            return
        self._jobs[index] = job
        if job.streams and not self._streams:
            self._streams, plan.places = True, self._places()
        origin = None if plan.places.per_origin is None else self._items.origin(job)
        plan.taken(origin, job.streams)

    def begin(self, index: int) -> None:
        """Have the request of an item sent."""
        cancellation = self._under_way[index] = Cancellation()
        self._lane.begin(index, self._jobs[index], cancellation, len(self._under_way))

    # -- outcomes ------------------------------------------------------------------------------------------

    def _raises(self, outcome: Outcome) -> bool:
        if isinstance(outcome, RequestException):
            return not self._keep_errors
        return isinstance(outcome, BaseException)

    def look(self) -> None:
        """Take note of what has finished, and of what the program has read."""
        if self.unread:
            self._look_at_readers()
        finished = self.done.finished
        while finished:
            self._finished(*finished.popleft())

    def wait(self, index: int) -> None:
        """Wait until the request of this index has finished, or any where it is -1; not for ever."""
        if os.getpid() != self._process:
            raise RuntimeError("Session.map cannot go on in a child process: it has no threads there")
        self.done.wait(index, _NAP)

    def _finished(self, index: int, outcome: Outcome) -> None:
        del self._under_way[index]
        self._outcomes[index] = outcome
        job = self._jobs[index]
        holds = False
        if isinstance(outcome, RequestException):
            self._items.name_request(outcome, job)
        elif job.streams and (raw := _holding(outcome)) is not None:
            self.unread[index] = raw
            holds = True
        self.plan.finished(index, self._raises(outcome), holds)
        for other in self.plan.unwanted:
            self._under_way[other].cancel()

    def outcome(self, index: int) -> tuple[object, Outcome]:
        """Return an item and what came of it, of which nothing is kept here."""
        return self._jobs.pop(index).item, self._outcomes.pop(index)

    # -- responses that the program reads ------------------------------------------------------------------

    def _look_at_readers(self) -> bool:
        """Free the places of responses that were read, closed or forgotten; returns whether there were any."""
        read = [index for index, raw in self.unread.items() if not _has_connection(raw())]
        for index in read:
            del self.unread[index]
            self.plan.freed(index)
        return bool(read)

    def wait_for_reader(self) -> None:
        """Wait until the program has read or closed a response. RuntimeError where it never will, as by `list()`."""
        ends, seen = monotonic() + _PATIENCE, self._progress()
        gc.collect()  # a response that was forgotten in a circle of references
        while not self._look_at_readers():
            if seen != (now := self._progress()):
                ends, seen = monotonic() + _PATIENCE, now
            # Nothing else runs that could read them, or nothing has for a while.
            if monotonic() >= ends or not _others_run():
                raise RuntimeError(
                    f"{self.plan.held} responses of Session.map(..., stream=True) were not read, and hold all the"
                    " connections that max_connections, max_per_origin or pool_block allow: read or close each before"
                    " the next is asked for"
                )
            sleep(_LOOK)

    def _progress(self) -> list[object]:
        return [getattr(raw(), "_fp_bytes_read", None) for raw in self.unread.values()]

    # -- the end -------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End what is under way, and close what was not yielded."""
        if sys.is_finalizing():
            return  # threads have stopped wherever they were: nothing can be waited for
        for cancellation in list(self._under_way.values()):
            cancellation.cancel()
        try:
            if os.getpid() == self._process:
                self._lane.close()
        finally:
            for outcome in (*self._outcomes.values(), *[each for _, each in self.done.finished]):
                close_quietly(outcome)


def _holding(response: Outcome) -> ref[_Raw] | None:
    """Return what a response is read from while it has a connection, else None."""
    raw = getattr(response, "raw", None)
    return ref(raw) if _has_connection(raw) else None


def _has_connection(raw: _Raw) -> bool:
    return raw is not None and getattr(raw, "_connection", None) is not None


def _others_run() -> bool:
    """Whether there are threads that are neither this one nor ours."""
    here = threading.current_thread()
    return any(each is not here and each.name != "httpcore_lite.map" for each in threading.enumerate())

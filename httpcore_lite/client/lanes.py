"""Where the requests of `Session.map` run: in threads of our own, or in those of an executor that the program gives.

A lane is told to begin a request and says in `done`, as (index, outcome), what came of it: the response, or the
exception. Nothing is decided here. Threads know the queues and the function that sends, never the iteration.
"""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections import deque
from queue import Empty, SimpleQueue
from time import monotonic

from .cancellation import Cancellation, flag_of_thread, unlock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, TypeAlias

    from .items import Job

    # An executor and its futures, of whatever library.
    _Executor: TypeAlias = Any
    # A Response or an exception.
    Outcome: TypeAlias = Any
    Send: TypeAlias = Callable[[Job], Outcome]
    _Job: TypeAlias = Any

#: Seconds within which leaving the loop leaves nothing running.
SECONDS_TO_END: Final = 1.0


def outcome_of(send: Callable[[_Job], Outcome], job: _Job, cancellation: Cancellation | None = None) -> Outcome:
    """Return what `send(job)` returns, or else the exception that it raises; its waits end with `cancellation`."""
    flag_of_thread.cancellation = cancellation
    try:
        if cancellation is None:
            return send(job)
        if cancellation.cancelled:
            cancellation.check()
        found = send(job)
        if cancellation.cancelled:  # a body that is ended by the peer's close may have been cut off by us
            close_quietly(found)
            cancellation.check()
        return found
    except BaseException as error:  # also what another thread raises in this one: no job is ever lost
        return error
    finally:
        flag_of_thread.cancellation = None


def new_thread(target: Callable[..., object], *args: object) -> threading.Thread:
    """Return a thread, to be started, that the interpreter does not wait for when it exits."""
    return threading.Thread(target=target, args=args, name="httpcore_lite.map", daemon=True)


def close_quietly(outcome: Outcome) -> None:
    """Close a response that the program will not see, and let an exception be."""
    close = getattr(outcome, "close", None)
    if close is not None and not isinstance(outcome, BaseException):
        try:
            close()
        except Exception:  # an adapter's own response
            pass


class Done:
    """What has finished, as (index, outcome): put here by any thread, taken by the one that iterates.

    That one is woken for what it waits for, and slept on for the rest: a switch of threads takes as long as much of a
    request.

    Attributes:
        finished: what was put here and not taken yet.
    """

    def __init__(self) -> None:
        self.finished: deque[tuple[int, Outcome]] = deque()
        self._alarm = allocate_lock()
        self._alarm.acquire()
        self._wanted: int | None = None  # what is waited for: an index, or any at all (-1)

    def put(self, index: int, outcome: Outcome) -> None:
        """Note what came of a request."""
        self.finished.append((index, outcome))
        if self._wanted is not None and self._wanted in (-1, index):
            unlock(self._alarm)

    def wait(self, index: int, seconds: float) -> None:
        """Wait until this one has finished, or any where the index is -1; for so many seconds at most."""
        self._wanted = index
        try:
            # What came before it was said what is wanted has woken nothing.
            if not any(index in (-1, each) for each, _ in list(self.finished)):
                self._alarm.acquire(timeout=seconds)
        finally:
            self._wanted = None


def _serve(send: Send, jobs: SimpleQueue[_Job], done: Done) -> None:
    """Send what stands in `jobs` until that says None."""
    while (given := jobs.get()) is not None:
        index, job, cancellation = given
        outcome = outcome_of(send, job, cancellation)
        done.put(index, outcome)
        del given, job, cancellation, outcome  # nothing of it is kept while this waits for the next


class Threads:
    """Threads of our own, at most `most`: one is started for a request that finds all of them busy."""

    def __init__(self, send: Send, done: Done, most: int) -> None:
        self._send = send
        self._done = done
        self._most = most
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def __del__(self) -> None:
        # An interrupt may come on the way to `close`, or in it: they would wait for ever.
        for _ in self.__dict__.get("_threads", ()):
            self._jobs.put(None)

    def begin(self, index: int, job: Job, cancellation: Cancellation, under_way: int) -> None:
        """Have a request sent, which is the `under_way`th of those under way now."""
        self._jobs.put((index, job, cancellation))
        if len(self._threads) < min(self._most, under_way):
            thread = new_thread(_serve, self._send, self._jobs, self._done)
            self._threads.append(thread)  # before it runs: an interrupt may come just behind its start
            try:
                thread.start()
            except RuntimeError:  # the system has no more: those that there are will do
                self._threads.remove(thread)
                if not self._threads:
                    raise

    def close(self) -> None:
        """End the threads, whose waits were cancelled, and wait for that for a second altogether."""
        try:
            while True:
                self._jobs.get_nowait()
        except Empty:
            pass
        for _ in self._threads:
            self._jobs.put(None)
        ends = monotonic() + SECONDS_TO_END
        for thread in self._threads:
            # It may never have been started, and the collector may run in any.
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(max(0.0, ends - monotonic()))


class Submitted:
    """An executor of the program's. Its threads and processes are not ended, only what was submitted to it.

    `work(job, cancellation)` is a function and its arguments, to be submitted; `result` makes of what that returned
    the outcome.
    """

    def __init__(
        self,
        executor: _Executor,
        done: Done,
        work: Callable[[Job, Cancellation], tuple[object, ...]],
        result: Callable[[Outcome], Outcome] = lambda returned: returned,
        waits: bool = True,
    ) -> None:
        self._executor = executor
        self._done = done
        self._work = work
        self._result = result
        self._waits = waits
        self._futures: dict[int, _Executor] = {}

    def begin(self, index: int, job: Job, cancellation: Cancellation, under_way: int) -> None:
        """Submit a request."""
        done, futures, result = self._done, self._futures, self._result

        def tell(future: _Executor) -> None:
            try:
                outcome = result(future.result())
            except BaseException as error:  # of the executor, or CancelledError: it was shut down
                outcome = error
            futures.pop(index, None)
            done.put(index, outcome)

        future = futures[index] = self._executor.submit(*self._work(job, cancellation))
        future.add_done_callback(tell)

    def close(self) -> None:
        """Take back what has not begun; wait a second for what has, where that can be cancelled."""
        ends = monotonic() + SECONDS_TO_END
        for future in list(self._futures.values()):
            future.cancel()
        while self._waits and self._futures and monotonic() < ends:
            self._done.wait(-1, max(0.0, ends - monotonic()))
            while self._done.finished:
                close_quietly(self._done.finished.popleft()[1])


# Executors whose threads run in this process. Of a subclass nothing is known: it may run elsewhere.
_THREAD_POOLS: Final = frozenset(
    {("concurrent.futures.thread", "ThreadPoolExecutor"), ("gevent.threadpool", "ThreadPoolExecutor")}
)


def shares_memory(executor: _Executor) -> bool:
    """Tell whether an executor is known to run what it is given in threads of this process."""
    kind = type(executor)
    return (kind.__module__, kind.__qualname__) in _THREAD_POOLS

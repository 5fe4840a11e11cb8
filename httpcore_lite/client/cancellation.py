"""The flag that ends the waits of a call whose response is not wanted any more.

It travels where the Deadline does, in `ExchangeOptions`: what is about to wait registers how it is woken, and looks at
the flag when it is. Nothing of this is paid for by a call without one. A thread that sends requests for another has
one (`flag_of_thread`) for each of them; every call that begins in it gets that, those of hooks and of `auth` too.

    worker:  waits(key, wake) ──▶ blocks ──▶ is woken ──▶ check() raises RequestCancelled
    other:   cancel()

A wake-up is called by the cancelling thread, once the flag is set, and under the lock with which `over` takes it back:
what a key stood for may belong to another call from then on, as a connection that was given back to its pool.
"""

from __future__ import annotations

from _thread import RLock, allocate_lock
from threading import local

from ..sansio.errors import RequestCancelled
from . import options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable
    from typing import Final

# What every system's locks can count to, in seconds.
_TEN_DAYS: Final = 10 * 24 * 3600.0


class Cancellation:
    """Whether a call was cancelled, and what of it waits.

    Attributes:
        cancelled: set once and for ever.
    """

    __slots__ = ("_lock", "_waiting", "cancelled")

    def __init__(self) -> None:
        self.cancelled: bool = False
        self._waiting: dict[object, Callable[[], object]] = {}
        # Entered again by what the garbage collector, or a signal handler, gives up meanwhile.
        self._lock = RLock()

    def cancel(self) -> None:
        """End all waits of the call, those to come as well. Never raises, never waits."""
        self.cancelled = True
        with self._lock:
            for wake in list(self._waiting.values()):
                wake()

    def check(self) -> None:
        """Raise RequestCancelled where the call was cancelled."""
        if self.cancelled:
            raise RequestCancelled("The request was cancelled: its response is not wanted any more.")

    def waits(self, key: object, wake: Callable[[], object]) -> None:
        """Have `wake` called when the call is cancelled, or at once if it was; it must not raise, nor wait."""
        self._waiting[key] = wake
        if self.cancelled:
            wake()

    def over(self, key: object) -> None:
        """Forget what was registered under `key`: it is not called any more once this returns."""
        with self._lock:
            self._waiting.pop(key, None)

    def pause(self, seconds: float) -> None:
        """Sleep, as `time.sleep`. RequestCancelled at once where the call is cancelled."""
        alarm = allocate_lock()
        alarm.acquire()
        self.waits(alarm, lambda: unlock(alarm))
        try:
            alarm.acquire(timeout=min(seconds, _TEN_DAYS))
        finally:
            self.over(alarm)
        self.check()


def unlock(alarm: LockType) -> None:
    """Release a lock that another thread may have released already: what waits for it is woken once."""
    try:
        alarm.release()
    except RuntimeError:
        pass


class _FlagOfThread(local):
    """What each thread has of its own: the Cancellation of what it does now, or None."""

    cancellation: Cancellation | None = None


flag_of_thread: Final = _FlagOfThread()
# Where a call that begins looks for it.
options.flag_of_thread = flag_of_thread

"""How a wait for a peer is ended from another thread: its socket is shut down, and what waits for it is woken.

The socket stays open for its owner, so that no descriptor is closed under a thread that uses it. What comes of the wait
is an error of the stream; whatever cancels does not want to see it.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    import selectors
    from _thread import LockType
    from collections.abc import Callable, Iterator
    from typing import Any, Final, TypeAlias

    from ..sansio.timeouts import Cancellation, ConnectBudget

    # A socket, or what programs put in its place.
    _Socket: TypeAlias = Any
    Select: TypeAlias = Callable[[float | None], list[tuple[selectors.SelectorKey, int]]]

# How long a wait for several sockets lasts before it looks at the flag, in seconds.
_SLICE: Final = 0.1


def ends_with(cancellation: Cancellation, key: object, sock: _Socket) -> None:
    """Have `cancellation` end what waits for `sock`, until it is told that `key` is over, or stands for another."""
    cancellation.waits(key, lambda: shut_down(sock))


def shut_down(sock: _Socket) -> None:
    """Shut a connection down in both directions, below its TLS. Never raises."""
    try:
        if isinstance(sock, socket.socket):
            # Not the method of `ssl.SSLSocket`, which would have the owner read ciphertext as plaintext.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        else:
            sock.shutdown(socket.SHUT_RDWR)
    except Exception:  # it is closed already, was never connected, or is of a program's making
        pass


@contextmanager
def ended_by(cancellation: Cancellation, budget: ConnectBudget) -> Iterator[None]:
    """Have `cancellation` end all waits of connecting within `budget`."""
    budget.cancellation = cancellation
    budget.on_stream = lambda sock: ends_with(cancellation, budget, sock)
    try:
        yield
    finally:
        cancellation.over(budget)


def selecting(selector: selectors.BaseSelector, cancellation: Cancellation) -> Select:
    """Return what does as `selector.select`, but raises RequestCancelled soon after the flag was set.

    By looking at it now and then: not every system wakes what waits for a socket that is connecting.
    """

    def select(seconds: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        ends = None if seconds is None else monotonic() + seconds
        while True:
            cancellation.check()
            found = selector.select(_SLICE if ends is None else max(0.0, min(_SLICE, ends - monotonic())))
            if found or (ends is not None and monotonic() >= ends):
                return found

    return select


class Alarm:
    """A lock that a waiter waits for, and that may be released more than once."""

    __slots__ = ("_lock",)

    def __init__(self, lock: LockType) -> None:
        self._lock = lock

    def release(self) -> None:
        """Wake the waiter."""
        try:
            self._lock.release()
        except RuntimeError:
            pass  # it was woken already

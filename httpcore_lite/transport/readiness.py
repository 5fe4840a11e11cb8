"""Whether a socket can be read from or written to, asked without receiving or sending.

By poll where it exists (0.4 us with an object that is kept), by select elsewhere (Windows), and not at all for an
object without a real descriptor: test tools put such objects in a socket's place.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def descriptor_of(sock: Any) -> int | None:
    """Return the descriptor of a socket, None when there is no real one."""
    try:
        descriptor = sock.fileno()
    except Exception:
        return None
    return descriptor if isinstance(descriptor, int) and descriptor >= 0 else None


def reading(sock: object) -> Callable[[], bool]:
    """Return a function that tells whether `sock` can be read from at this moment, without waiting."""
    descriptor = descriptor_of(sock)
    if descriptor is None:
        return lambda: False
    import select

    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        # What TLS has decrypted already does not show at the descriptor.
        pending = getattr(sock, "pending", None)

        def by_poll() -> bool:
            try:
                return bool((pending is not None and pending()) or poll.poll(0))
            except OSError:
                return True  # nobody can tell, so it is not to be trusted

        return by_poll

    def by_select() -> bool:
        try:
            return bool(getattr(sock, "pending", int)() or select.select([descriptor], [], [], 0)[0])
        except (OSError, ValueError):
            return True

    return by_select


def either(sock: object, reads: bool = True, writes: bool = True) -> Callable[[float | None], tuple[bool, bool]] | None:
    """Return a function that waits until `sock` can be read from or written to, None where nobody can tell.

    The function takes the seconds to wait at most (None for ever) and returns (readable, writable), both false when
    the time has passed. Without `reads` it waits for the latter only, without `writes` for the former.
    """
    descriptor = descriptor_of(sock)
    if descriptor is None:
        return None
    import select

    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, (select.POLLIN if reads else 0) | (select.POLLOUT if writes else 0))

        def by_poll(seconds: float | None) -> tuple[bool, bool]:
            # Rounded up: a wait that ends a fraction of a millisecond early would be repeated in a busy loop.
            found = poll.poll(None if seconds is None else int(seconds * 1000) + 1)
            events = found[0][1] if found else 0
            # An error or a hang-up shows when the socket is used.
            return bool(events & ~select.POLLOUT), bool(events & select.POLLOUT or (events and not reads))

        return by_poll

    try:
        select.select([], [descriptor], [], 0)
    except (OSError, ValueError):
        return None  # a number above those that select can be asked about

    def by_select(seconds: float | None) -> tuple[bool, bool]:
        readable, writable, broken = select.select(
            [descriptor] if reads else [], [descriptor] if writes else [], [descriptor], seconds
        )
        return bool(readable or broken), bool(writable or (broken and not reads))

    return by_select

"""HTTP/1.1 on the wire: these rooms lock, connect, read, write and close, and decide nothing.

Nothing here knows of sessions, cookies, redirects or authentication. What is to be done, `sansio` decides.

Here is what begins anew in a child after a fork: what has a lock, for a thread of the parent's may have held it. Locks
of threads that the child does not have stay locked in it for ever.
"""

from __future__ import annotations

import os
from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# By a reference that does not keep the owner alive.
_renewals: dict[ref[object], Callable[..., None]] = {}


def in_children(owner: object, renew: Callable[..., None]) -> None:
    """Have `renew(owner)` called in every child process, as long as `owner` lives."""
    _renewals[ref(owner, _renewals.pop)] = renew


def _renew_all() -> None:
    for reference, renew in list(_renewals.items()):
        owner = reference()
        if owner is not None:
            renew(owner)


# Not where there is no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)

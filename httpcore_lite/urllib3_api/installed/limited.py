"""A rate that is kept on the way through a pool that is not ours: the first attempt waits here, the others in Retry.

Nothing is known of a pool's connections, so that a request waits before it is handed over, and leaves when that pool
has a connection for it.
"""

from __future__ import annotations

import sys

from ...messages.urls import parse_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from ...sansio.options import ExchangeOptions, Turn

    # Of the installed urllib3, or in its shape.
    _Theirs: TypeAlias = Any


def first_turn(pool: _Theirs, url: str, options: ExchangeOptions) -> Turn:
    """Return the turn of a request for `url`, a target or absolute, once its time has come.

    Raises what `Turn.wait` raises.
    """
    assert options.rate_limit is not None
    scheme, host, port = (getattr(pool, name, None) for name in ("scheme", "host", "port"))
    if not url.startswith("/"):
        # Of a proxy that forwards it: the pool is the proxy's.
        parsed = parse_url(url)
        scheme, host, port = parsed.scheme or scheme, parsed.host or host, parsed.port
    turn = options.rate_limit.turn(str(scheme or "http"), str(host or "").strip("[]"), port, options)
    _take(turn)
    return turn


def _take(turn: Turn) -> None:
    turn.wait(None)
    while turn.departs(None) and turn.goes_back:
        turn.wait(None)


def counting(retries: object, turn: Turn) -> object:
    """Return a Retry like that of the installed urllib3, each of whose attempts waits for its time, too."""
    room = sys.modules.get("urllib3.util.retry")
    if room is None or not isinstance(retries, room.Retry):
        return retries
    theirs: _Theirs = type(retries)

    def increment(self: _Theirs, method: object = None, url: object = None, *args: object, **kw: object) -> _Theirs:
        response = kw.get("response")
        if response is not None and turn.heard(response):
            # For the caller as it is, which is what a Retry has come to its end says to the pool.
            self.raise_on_status = False
            raise room.MaxRetryError(kw.get("_pool"), url, None)
        return theirs.increment(self, method, url, *args, **kw)

    def sleep(self: _Theirs, response: object = None) -> None:
        theirs.sleep(self, response)
        _take(turn)

    counted: _Theirs = object.__new__(type("Counting", (theirs,), {"increment": increment, "sleep": sleep}))
    counted.__dict__.update(vars(retries))
    return counted

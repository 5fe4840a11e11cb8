"""A rate that a Session keeps: `RateLimit`, and the threads that wait for their time under it.

`sansio.rate_limit` decides what may go out when, with the time handed in; here is the lock around that, and the waits.
A `Turn` is one sending of a request:

    wait()  ──▶ a connection is asked for ──▶ departs() ──▶ the request is sent ──▶ heard(response)
"""

from __future__ import annotations

import os
from _thread import RLock, allocate_lock
from math import isfinite
from time import monotonic

from ..exceptions import RateLimited
from ..messages.urls import origin_of
from ..sansio.connections.routes import DEFAULT_PORTS
from ..sansio.errors import InvalidHeader, TimeoutError
from ..sansio.rate_limit import AGAIN, LATE, PAUSING, REFUSED, RateSchedule
from ..sansio.timeouts import misspelt
from ..sansio.trace import watcher
from ..urllib3_api.util import pausing
from ..urllib3_api.util.retry import Retry
from .cancellation import unlock
from .failures import kind_of, translate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final, NoReturn, TypeAlias

    from ..sansio.options import ExchangeOptions
    from ..sansio.options import RateLimit as AnyLimit
    from ..sansio.options import Turn as AnyTurn
    from ..sansio.rate_limit import Ticket
    from ..sansio.trace import Watcher
    from .options import Call

    # A raw response, ours or another library's; what a program has mounted, what that is given and returns.
    _Raw: TypeAlias = Any
    _Adapter: TypeAlias = Any
    _Request: TypeAlias = Any
    _Response: TypeAlias = Any

# What a limit is made with.
_NUMBERS: Final = ("rate", "per", "burst", "per_host", "max_pause")
# How long a waiter sleeps before it asks again, in seconds: more than any system's locks can count to may be asked for.
_NAP: Final = 3600.0
# Retry obeys a server for six hours at most; that it asked for more is to be known here. What is beyond a year is one.
_ASKED: Final = Retry(retry_after_max=365 * 24 * 3600)


class RateLimit:
    """A limit of `rate` requests in `per` seconds, kept by a Session or by several that share it.

    Requests are spaced evenly, by `per / rate` seconds and a fiftieth of that: in no window of `per` seconds are
    there more than `rate + burst - 1`. Everything that is sent counts: redirects, retries and a digest's repetition.
    A 429 or 503 with Retry-After pauses its origin for all threads. Pickles and copies have the numbers, not the state.

    Args:
        rate: requests in `per` seconds; a number above 0.
        per: seconds.
        burst: how many may go out at once after a quiet time; a number of at least 1.
        per_host: whether each origin (scheme, host and port) is counted by itself, or all of them as one.
        max_pause: seconds of the longest Retry-After that is waited for. Beyond it the response is handed to its
            caller, and until the pause is over requests that are for that origin are a RateLimited at once.

    Raises:
        TypeError: an argument is of a type that makes no sense.
        ValueError: a number makes no sense.
    """

    def __init__(
        self,
        rate: float,
        per: float = 1.0,
        *,
        burst: int = 1,
        per_host: bool = True,
        max_pause: float = 60.0,
        **unknown: NoReturn,
    ) -> None:
        if unknown:
            raise misspelt(unknown, "RateLimit", _NUMBERS)
        for name, number in (("rate", rate), ("per", per), ("max_pause", max_pause)):
            _check_number(name, number)
        if not isinstance(burst, int) or isinstance(burst, bool):
            raise TypeError(f"burst= takes a whole number of at least 1, not {kind_of(burst)}")
        if burst < 1:
            raise ValueError(f"burst= takes a whole number of at least 1, not {burst}")
        if not isinstance(per_host, bool):
            raise TypeError(f"per_host= takes True or False, not {kind_of(per_host)}")
        #: The numbers that it was made with, which do not change.
        self.rate: float = rate
        self.per: float = per
        self.burst: int = burst
        self.per_host: bool = per_host
        self.max_pause: float = max_pause
        self._begin()

    def _begin(self) -> None:
        # Entered again by what a signal handler sends meanwhile.
        self._lock = RLock()
        try:
            self._schedule = RateSchedule(self.rate, self.per, self.burst, self.max_pause, self.per_host)
            makes_sense = self._schedule.spacing > 0 and isfinite(self._schedule.spacing * self.burst)
        except OverflowError:
            makes_sense = False
        if not makes_sense:
            raise ValueError(f"a rate of {self.rate!r:.40} in {self.per!r:.40} s makes no sense")
        # Last of all: no other thread of a child takes the schedule of the parent, whose threads wait in it for ever.
        self._process = os.getpid()

    def __repr__(self) -> str:
        numbers = f"per={self.per!r}, burst={self.burst!r}, per_host={self.per_host!r}, max_pause={self.max_pause!r}"
        return f"RateLimit({self.rate!r}, {numbers})"

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name not in ("_lock", "_process", "_schedule")}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._begin()

    def __setattr__(self, name: str, value: object) -> None:
        if name in _NUMBERS and "_schedule" in vars(self):
            raise AttributeError(f"{name} of a RateLimit does not change: make another one", name=name, obj=self)
        super().__setattr__(name, value)

    def turn(self, scheme: str, host: str, port: int | None, options: ExchangeOptions) -> Turn:
        """Return the turn of one sending to this origin, under the options of its exchange."""
        if os.getpid() != self._process:
            self._begin()  # a child process: a thread of the parent's may have held the lock
        shown = f"[{host}]" if ":" in host else host.lower()
        port = port or DEFAULT_PORTS.get(scheme)
        return Turn(self, f"{scheme}://{shown}" + ("" if port is None else f":{port}"), options)

    def limited(self, adapter: _Adapter, call: Call) -> LimitedAdapter:
        """Return what sends one request of `call` through an adapter of the program's own, when its time has come."""
        return LimitedAdapter(adapter, call, self)


def _check_number(name: str, value: object) -> None:
    lowest = "of at least 0" if name == "max_pause" else "above 0"
    expected = f"a number {'of requests' if name == 'rate' else 'of seconds'} {lowest}"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name}= takes {expected}, not {kind_of(value)}")
    try:
        good = isfinite(value) and (value > 0 or (value == 0 and name == "max_pause"))
    except OverflowError:
        good = False
    if not good:
        raise ValueError(f"{name}= takes {expected}, not {value!r:.40}")


class Turn:
    """The turn of one sending.

    Attributes:
        seconds: how long it has waited, None where it has not.
        goes_back: whether it is to `wait` again, without a connection, since its origin is paused.
    """

    __slots__ = ("_alarm", "_limit", "_options", "_paid", "_ticket", "goes_back", "origin", "seconds")

    def __init__(self, limit: RateLimit, origin: str, options: ExchangeOptions) -> None:
        self._limit: RateLimit = limit
        self._options: ExchangeOptions = options
        self._alarm = allocate_lock()
        self._ticket: Ticket | None = None
        self._paid: bool = False  # whether it has waited for an exchange that is to come
        self.origin: str = origin
        self.seconds: float | None = None
        self.goes_back: bool = False

    def wait(self, watch: Watcher | None, *, pays: bool = False) -> None:
        """Wait until a connection may be asked for; with `pays` also in the place of the next call of this.

        Raises:
            Timeout: that would be behind the end of the call.
            RateLimited: the server asked for a longer pause than is waited for.
            RequestCancelled: the call was cancelled.
        """
        if self._paid:
            self._paid = pays
            return
        self._paid = pays
        limit = self._limit
        ticket = self._ticket if self.goes_back else None
        if ticket is None:
            with limit._lock:
                self._ticket = ticket = limit._schedule.ticket(self.origin, lambda: unlock(self._alarm))
        self._goes(ticket, watch, at_gate=False)

    def departs(self, watch: Watcher | None) -> bool:
        """Wait, as `wait` does before, until the request may be sent; return whether it took any time.

        Where it `goes_back` then, the request may not be sent yet.
        """
        assert self._ticket is not None, "departs() before wait()"
        return self._goes(self._ticket, watch, at_gate=True) or self.goes_back

    def heard(self, response: _Raw) -> bool:
        """Take note of a response that may ask for a pause; return whether it is for its caller as it is."""
        return self.told(response.status, response.headers)

    def told(self, status: int, headers: Mapping[str, str] | None) -> bool:
        """Do `heard` for a response with this status and these fields, which a program may have made."""
        value = headers.get("Retry-After") if status in PAUSING and headers else None
        if value is None:
            return False
        try:
            seconds = _ASKED.parse_retry_after(str(value))
        except InvalidHeader:
            return False  # whatever asked for it is told of that by Retry
        limit = self._limit
        with limit._lock:
            return limit._schedule.heard(self.origin, status, seconds, pausing.now())

    def _goes(self, ticket: Ticket, watch: Watcher | None, at_gate: bool) -> bool:
        """Join a line and wait until the ticket may go; return whether it took any time."""
        lock, schedule = self._limit._lock, self._limit._schedule
        began = pausing.now()
        waited = False
        try:
            with lock:
                schedule.at_gate(ticket, began) if at_gate else schedule.at_door(ticket)
            while (seconds := self._asked(ticket)) > 0:
                if not waited and watch is not None:
                    watch("limit.start", {"route": self.origin})
                waited = True
                self._sleep(seconds)
        except BaseException:
            with lock:
                schedule.leave(ticket)  # or what stands behind it would wait for ever
            raise
        if waited:
            took = pausing.now() - began
            self.seconds = (self.seconds or 0.0) + took
            if watch is not None:
                watch("limit.end", {"route": self.origin, "seconds": took})
        return waited

    def _asked(self, ticket: Ticket) -> float:
        """Return the seconds to wait before the next question, 0 where the ticket may go."""
        # Before the question: what is told since then opens it again.
        self._alarm.acquire(blocking=False)
        deadline = self._options.deadline
        now = pausing.now()
        with self._limit._lock:
            left = None if deadline is None else deadline.remaining(monotonic())
            step, seconds = self._limit._schedule.ask(ticket, now, left)
        if step == REFUSED:
            raise self._refused(ticket.pace.asked_by, seconds)
        if step == LATE:
            raise self._too_late(seconds)
        self.goes_back = step == AGAIN
        return seconds

    def _sleep(self, seconds: float) -> None:
        """Pause, until another thread says that there is news, or the call is cancelled."""
        flag = self._options.cancellation
        if flag is None:
            pausing.pause(seconds, self._until_news)
            return
        flag.waits(self, lambda: unlock(self._alarm))
        try:
            flag.check()
            pausing.pause(seconds, self._until_news)
        finally:
            flag.over(self)
        flag.check()

    def _until_news(self, seconds: float) -> None:
        self._alarm.acquire(timeout=min(seconds, _NAP))

    def _refused(self, origin: str, seconds: float) -> RateLimited:
        text = (
            f"{origin} asked for a pause (Retry-After) of which {seconds:.1f} s are left: more than the rate limit "
            f"waits for (max_pause={self._limit.max_pause:g})"
        )
        return RateLimited(text, origin=origin, seconds=seconds)

    def _too_late(self, seconds: float) -> Exception:
        deadline = self._options.deadline
        assert deadline is not None
        late = TimeoutError(
            f"The rate limit of {self.origin} has it wait for {seconds:.3g} s, which is too long. "
            f"(total timeout={deadline.seconds})"
        )
        late.phase, late.seconds = "limit", deadline.seconds
        return translate(late, None)


# -- adapters of a program's own -----------------------------------------------------------------------------------


class LimitedAdapter:
    """In the place of an adapter that is none of ours, for one request: it is handed over when its time has come.

    Where that adapter has one of ours send the request, it is not counted a second time.
    """

    def __init__(self, adapter: _Adapter, call: Call, limit: AnyLimit) -> None:
        self._adapter = adapter
        self._call = call
        self._limit = limit

    def send(self, request: _Request, **kwargs: object) -> _Response:
        """Send a request as the adapter does, once its time has come."""
        call = self._call
        options = call.options
        turn = self._limit.turn(*_origin(str(request.url)), options)
        turn.wait(watcher(options.trace), pays=True)
        call.options = options.replaced(rate_limit=_Paid(self._limit, turn))
        try:
            response = self._adapter.send(request, **kwargs)
        finally:
            call.options = options
        turn.told(response.status_code, response.headers)
        return response


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of any URL that a program has an adapter for."""
    scheme, host, port = origin_of(url)
    return (scheme, host, port) if scheme else (url.partition(":")[0].lower(), "", None)


class _Paid:
    """A limit whose next turn has been waited for."""

    def __init__(self, limit: AnyLimit, turn: AnyTurn) -> None:
        self._limit = limit
        self._turn: AnyTurn | None = turn

    def turn(self, scheme: str, host: str, port: int | None, options: ExchangeOptions) -> AnyTurn:
        turn, self._turn = self._turn, None
        return turn or self._limit.turn(scheme, host, port, options)

    def limited(self, adapter: _Adapter, call: Call) -> LimitedAdapter:
        return LimitedAdapter(adapter, call, self)

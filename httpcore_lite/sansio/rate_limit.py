"""When a request may go out under a rate, and how long a server's Retry-After holds all of them up.

A pure room: the time is handed in as seconds of a clock that never goes back, and nothing waits here. A driver
(`client/rate_waiting` with threads; asyncio could have another) takes a ticket for each sending and asks, again after
each wait, until it is told to go:

    ticket() ──▶ at_door() ──▶ ask() ──▶ GO   a connection may be asked for; then, once that is there:
                 at_gate() ──▶ ask() ──▶ GO   the request may be sent, now
                                ├──▶ WAIT     so many seconds; earlier where `wake` of the ticket is called
                                ├──▶ LATE     the wait would end behind the end of the call
                                ├──▶ REFUSED  the server asked for a longer pause than is waited for
                                └──▶ AGAIN    to the door, and without the connection: at the gate only
    heard() ──▶ True: the response goes to its caller as it is

1. The rate is kept by the generic cell rate algorithm (GCRA; ITU-T I.371): a clock stands at the moment at which the
   next request is due, moves on by one spacing for each, and may be ahead of the time by `burst - 1` spacings. So in no
   window of `per` seconds are there more than `rate + burst - 1`.
2. Each origin has two lines, each with a clock of its own. At the door a request waits without a connection. Opening
   that takes longer at one time than at another, so that they are spaced once more at the gate, where they leave.
3. The spacing is `per / rate`, and at the door a fiftieth longer: what lies between here and the server's own clock
   may bring two requests closer together, and a server that counts a window of seconds is not to see one too many. So
   the gate has to hold up few.
4. A line is left in the order in which it was entered: in that of arrival at the door, at the gate in that in which
   the connections were ready.
5. Where the gate had to hold requests up, the door lets the next one in later, by as much as the last took in between.
6. A pause holds up both lines. One beyond `max_pause` is waited for by none: until it is over all are REFUSED.
7. A pause of more than HELD seconds is waited for at the door: others may need the connection meanwhile. What is sent
   back there from the gate has the place that it came with.
8. At most MAX_ORIGINS are remembered. The one that was not used for the longest time is forgotten first, never one at
   whose door something waits.
"""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

GO: Final = "go"
WAIT: Final = "wait"
LATE: Final = "late"
REFUSED: Final = "refused"
AGAIN: Final = "again"

#: Origins whose clocks and pauses are remembered (Rule 8).
MAX_ORIGINS: Final = 10_000
#: Seconds of a pause for which a connection is held (Rule 7).
HELD: Final = 1.0
# Rule 3.
_RESERVE: Final = 1.02
#: The statuses with which Retry-After speaks of a pause of the server (RFC 9110 section 10.2.3, RFC 6585 section 4).
PAUSING: Final = frozenset({429, 503})


class _Line:
    """Tickets in the order of arrival, and the moment at which the next one is due."""

    __slots__ = ("clock", "spacing", "tolerance", "waiting")

    def __init__(self, spacing: float, burst: int) -> None:
        self.spacing: float = spacing
        self.tolerance: float = (burst - 1) * spacing
        self.clock: float = float("-inf")
        self.waiting: list[Ticket] = []


class _Pace:
    """What is remembered of an origin."""

    __slots__ = ("asked_by", "door", "gate", "paused", "refuses")

    def __init__(self, spacing: float, burst: int) -> None:
        self.door: _Line = _Line(spacing * _RESERVE, burst)
        self.gate: _Line = _Line(spacing, burst)
        self.paused: float = float("-inf")  # until when
        self.refuses: bool = False  # whether that pause is too long to be waited for
        self.asked_by: str = ""  # the origin that asked for it


class Ticket:
    """The place of one sending. `wake` is the waiter's own: it must not raise, nor wait."""

    __slots__ = ("arrived", "entered", "line", "pace", "took", "wake")

    def __init__(self, pace: _Pace, wake: Callable[[], object]) -> None:
        self.pace: _Pace = pace
        self.line: _Line = pace.door
        self.arrived: int = 0  # how many came to a door before, and it; 0 as long as it did not
        self.entered: float = 0.0  # when it was let in at the door
        self.took: float = 0.0  # seconds from there to the gate
        self.wake: Callable[[], object] = wake


class RateSchedule:
    """The schedule of one limit.

    Args:
        rate: requests in `per` seconds.
        per: seconds.
        burst: how many may go out at once where none did for a while.
        max_pause: seconds of the longest pause that is waited for.
        per_host: whether each origin has a pace of its own, or all of them have one.
    """

    def __init__(self, rate: float, per: float, burst: int, max_pause: float, per_host: bool = True) -> None:
        self.spacing: float = per / rate
        self.burst: int = burst
        self.max_pause: float = max_pause
        self.per_host: bool = per_host
        self._paces: OrderedDict[str, _Pace] = OrderedDict()
        self._arrivals: int = 0

    # -- a sending -----------------------------------------------------------------------------------------

    def ticket(self, origin: str, wake: Callable[[], object]) -> Ticket:
        """Return a ticket for one sending to `origin`, which is in no line yet."""
        return Ticket(self._pace(origin), wake)

    def at_door(self, ticket: Ticket) -> None:
        """Have a ticket join the line at the door: at its end, or again at the place that it came with."""
        ticket.line = ticket.pace.door
        if not ticket.arrived:
            self._arrivals += 1
            ticket.arrived = self._arrivals
        insort(ticket.line.waiting, ticket, key=lambda each: each.arrived)

    def at_gate(self, ticket: Ticket, now: float) -> None:
        """Have a ticket that was let in join the line at the gate: its connection is there."""
        ticket.line = ticket.pace.gate
        ticket.line.waiting.append(ticket)
        ticket.took = now - ticket.entered

    def ask(self, ticket: Ticket, now: float, left: float | None = None) -> tuple[str, float]:
        """Return what a ticket may do, and the seconds: until it is to ask again, or of the pause that is too long.

        Args:
            ticket: one that waits in a line; it has left that where the result is GO or AGAIN.
            now: the moment.
            left: seconds until the call must be over, None for no end.
        """
        pace, line = ticket.pace, ticket.line
        place = line.waiting.index(ticket)
        seconds = self._due(pace, line, place, now) - now
        if place == 0 and seconds <= 0:
            self._pass(ticket, now)
            return GO, 0.0
        if pace.refuses and pace.paused > now:
            return REFUSED, pace.paused - now
        if seconds <= 0:
            # It is due, but not yet its turn: what passes before it wakes it, at any moment.
            seconds = line.spacing if left is None else min(line.spacing, left)
            return (WAIT if seconds > 0 else LATE), seconds
        if left is not None and seconds >= left:
            return LATE, seconds
        if line is pace.gate and pace.paused - now > HELD:
            line.waiting.pop(place)
            return AGAIN, 0.0
        return WAIT, seconds

    def leave(self, ticket: Ticket) -> None:
        """Forget a ticket that was given up, where it is in a line still."""
        waiting = ticket.line.waiting
        if ticket in waiting:
            place = waiting.index(ticket)
            del waiting[place]
            for behind in waiting[place:]:
                behind.wake()

    def _due(self, pace: _Pace, line: _Line, place: int, now: float) -> float:
        """Return the moment at which the ticket in this place of a line is due, as far as can be known now."""
        first = max(now, pace.paused, line.clock - line.tolerance)
        if place == 0:
            return first
        return max(first, max(line.clock, first) + place * line.spacing - line.tolerance)

    def _pass(self, ticket: Ticket, now: float) -> None:
        pace, line = ticket.pace, ticket.line
        line.waiting.pop(0)
        line.clock = max(line.clock, now) + line.spacing
        if line is pace.door:
            ticket.entered = now
        else:
            pace.door.clock = max(pace.door.clock, line.clock - ticket.took)  # Rule 5
        if line.waiting and self._due(pace, line, 0, now) <= now:
            line.waiting[0].wake()

    # -- what servers say ----------------------------------------------------------------------------------

    def heard(self, origin: str, status: int, seconds: float, now: float) -> bool:
        """Take note of a response with Retry-After.

        Args:
            origin: where it came from.
            status: its status; only 429 and 503 speak of a pause.
            seconds: what it asks for.
            now: the moment.

        Returns:
            Whether it goes to its caller as it is: the pause is longer than is waited for (Rule 6).
        """
        if status not in PAUSING or seconds <= 0:
            return False
        pace = self._pace(origin)
        too_long = seconds > self.max_pause
        until = now + seconds
        if pace.paused <= now or until > pace.paused:
            pace.refuses = too_long or (pace.refuses and pace.paused > now)
            pace.paused, pace.asked_by = until, origin
            for waiting in (*pace.door.waiting, *pace.gate.waiting):
                waiting.wake()
        return too_long

    # -- memory --------------------------------------------------------------------------------------------

    @property
    def remembered(self) -> int:
        """How many origins are remembered."""
        return len(self._paces)

    def _pace(self, origin: str) -> _Pace:
        key = origin if self.per_host else ""
        pace = self._paces.get(key)
        if pace is not None:
            self._paces.move_to_end(key)
            return pace
        if len(self._paces) >= MAX_ORIGINS:
            oldest = next((name for name, each in self._paces.items() if not each.door.waiting), None)
            if oldest is not None:
                del self._paces[oldest]
        pace = self._paces[key] = _Pace(self.spacing, self.burst)
        return pace

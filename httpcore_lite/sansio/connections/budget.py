"""How long each step of connecting may take, what is said of a step that took longer, and what each took.

A pure room: the clock is handed in, and whatever opens the connection gives its sockets the seconds that it is told.
"""

from __future__ import annotations

from ..errors import ConnectTimeoutError
from ..timeouts import shorter
from ..timings import ConnectTimings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..timeouts import Deadline
    from ..trace import Watcher
    from .routes import Route


class ConnectBudget:
    """The time for one connection, however many steps lead to it.

    Attributes:
        limit: seconds for a step.
        deadline: of the whole call.
        clock: as `time.monotonic`.
        opening: gets the seconds of the steps.
        watch: called at each step, or None.
        route: what the steps lead to.
    """

    __slots__ = ("clock", "deadline", "limit", "opening", "route", "watch")

    def __init__(
        self,
        limit: float | None,
        deadline: Deadline | None,
        clock: Callable[[], float],
        watch: Watcher | None = None,
        route: Route | None = None,
    ) -> None:
        self.limit: float | None = limit
        self.deadline: Deadline | None = deadline
        self.clock: Callable[[], float] = clock
        self.opening: ConnectTimings = ConnectTimings()
        self.watch: Watcher | None = watch
        self.route: Route | None = route

    def seconds(self) -> float | None:
        """Return the seconds that a step beginning now may take, None for no limit."""
        return shorter(self.limit, self.deadline, self.clock())

    def for_step(self, connector: object, what: str, phase: str) -> float | None:
        """Return the seconds that a step beginning now may take; raise ConnectTimeoutError when there are none left."""
        seconds = self.seconds()
        if seconds is not None and seconds <= 0:
            raise self.ran_out(connector, what, phase)
        return seconds

    def countdown(self, connector: object, what: str, phase: str) -> Callable[[], float | None]:
        """Return what tells the seconds that are left of a step beginning now, however many waits the step has.

        It raises ConnectTimeoutError when none are left.
        """
        seconds = self.seconds()
        ends = None if seconds is None else self.clock() + seconds

        def left() -> float | None:
            rest = None if ends is None else ends - self.clock()
            if rest is not None and rest <= 0:
                raise self.ran_out(connector, what, phase)
            return rest

        return left

    def ran_out(self, connector: object, what: str, phase: str) -> ConnectTimeoutError:
        """Return the error for a step that took too long: `what` says which, and whether it or the whole call did."""
        deadline = self.deadline
        if deadline is not None and (self.limit is None or deadline.remaining(self.clock()) <= 0):
            error = ConnectTimeoutError(connector, f"{what} timed out. (total timeout={deadline.seconds})")
            error.phase, error.seconds = "total", deadline.seconds
        else:
            error = ConnectTimeoutError(connector, f"{what} timed out. (connect timeout={self.limit})")
            error.phase, error.seconds = phase, self.limit
        return error

    def begin(self, step: str, **info: object) -> float:
        """Note that a step begins; returns the moment."""
        self._tell(f"{step}.start", info)
        return self.clock()

    def end(self, step: str, began: float, **info: object) -> None:
        """Note that a step is done. The way through a proxy counts as connecting."""
        seconds = self.clock() - began
        self.opening.add("connect" if step == "proxy" else step, seconds)
        self._tell(f"{step}.end", {"seconds": seconds, **info})

    def _tell(self, event: str, info: dict[str, object]) -> None:
        if self.watch is not None:
            self.watch(event, {"route": "" if self.route is None else self.route.origin, **info})

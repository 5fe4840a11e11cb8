"""How long each phase of an exchange may take, and when the whole of it must be over.

A pure value room: nothing here reads a clock. What waits hands in what `time.monotonic()` says.

    Timeouts        what the caller allows: connect, read, write, pool, total (seconds, None for no limit)
    Deadline        the moment at which `total` has passed, shared by everything that one call does
    ConnectBudget   the time for one connection: what each step may take, and what each took
"""

from __future__ import annotations

from .errors import ConnectTimeoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, ClassVar, Final, NoReturn, Protocol, TypeAlias

    from .connections.routes import Route
    from .trace import Watcher

    # What a program wrote.
    _Value: TypeAlias = Any

    class Ahead(Protocol):
        """By how much a clock is ahead."""

        seconds: float

        def catch_up(self) -> float: ...

    class Cancellation(Protocol):
        """The flag that ends all waits of a call (`client/cancellation.py`)."""

        cancelled: bool

        def check(self) -> None: ...
        def waits(self, key: object, wake: Callable[[], object]) -> None: ...
        def over(self, key: object) -> None: ...
        def pause(self, seconds: float) -> None: ...


# Some ten days in milliseconds is what every system's poll takes.
_MAX_SECONDS: Final = 10 * 24 * 3600


def seconds_of(name: str, value: _Value) -> float | None:
    """Return `value` as seconds, or raise ValueError in the words that requests' users know."""
    if value is None:
        return None
    if isinstance(value, bool):
        raise ValueError("Timeout cannot be a boolean value. It must be an int, float or None.")
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError  # float() would read it
        seconds = float(value)
    except (TypeError, ValueError):
        is_error = isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException))
        hint = " That is an exception: was Timeouts(...) meant?" if is_error else ""
        raise ValueError(f"Timeout value {name} was {value}, but it must be an int, float or None.{hint}") from None
    if not seconds > 0:  # also refuses NaN
        raise ValueError(
            f"Attempted to set {name} timeout to {value}, but the timeout cannot be set to a value less than or equal "
            "to 0."
        )
    # Infinity, and what no operating system's clock can count to, is no limit.
    if seconds >= _MAX_SECONDS:
        return None
    return value if type(value) is int else seconds  # errors show it as it was given


def misspelt(given: Iterable[str], owner: str, known: Iterable[str]) -> TypeError:
    """Return the error for a keyword that `owner` does not have, with the one that may be meant."""
    from difflib import get_close_matches

    name = next(iter(given))
    close = get_close_matches(name, list(known), 1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    return TypeError(f"{owner}() got an unexpected keyword argument {name!r}.{meant}")


class Timeouts:
    """The time limits of one exchange, in seconds; None means no limit.

    Args:
        connect: for each of the TCP connection, the proxy's tunnel and the TLS handshake.
        read: without a byte from the peer.
        write: without progress in sending.
        pool: waiting for a connection of a bounded pool.
        total: the whole call, body, redirects and retries included.

    Raises:
        ValueError: a limit is no number above 0.
    """

    __slots__ = ("connect", "pool", "read", "total", "write")

    def __init__(
        self,
        *,
        connect: float | None = None,
        read: float | None = None,
        write: float | None = None,
        pool: float | None = None,
        total: float | None = None,
        **unknown: NoReturn,
    ) -> None:
        if unknown:
            raise misspelt(unknown, "Timeouts", self.__slots__)
        self.connect: float | None = seconds_of("connect", connect)
        self.read: float | None = seconds_of("read", read)
        self.write: float | None = seconds_of("write", write)
        self.pool: float | None = seconds_of("pool", pool)
        self.total: float | None = seconds_of("total", total)

    @classmethod
    def of(cls, value: _Value) -> Timeouts:
        """Return the Timeouts that `value` means.

        None, a number or a (connect, read) tuple as in requests, where read also bounds a write; a Timeouts
        as it is; an object with `connect_timeout` and `read_timeout` (urllib3's Timeout). Raises ValueError.
        """
        if value is None:
            return NO_LIMITS
        if isinstance(value, cls):
            return value
        if isinstance(value, tuple):
            try:
                connect, read = value
                return cls(connect=connect, read=read, write=read)
            except ValueError as error:
                raise ValueError(
                    f"Invalid timeout {value!r}. Pass a (connect, read) timeout tuple, or a single float to set both "
                    "timeouts to the same value."
                ) from error
        if hasattr(value, "connect_timeout"):
            return cls._of_urllib3(value)
        return cls(connect=value, read=value, write=value)

    @classmethod
    def _of_urllib3(cls, value: _Value) -> Timeouts:
        # Its `total` bounds connect plus the wait for each read, not the exchange: it is not our `total`.
        # `read_timeout` starts its own clock, so the plain attributes are read.
        total = value.total
        connect, read = (
            None if limit is None or not isinstance(limit, (int, float)) else limit
            for limit in (value._connect, value._read)
        )
        if total is not None:
            connect = total if connect is None else min(connect, total)
            read = total if read is None else min(read, total)
        return cls(connect=connect, read=read, write=read)

    def deadline(self, now: float) -> Deadline | None:
        """Return the deadline of a call that begins now, None where `total` sets none."""
        return None if self.total is None else Deadline(self.total, now)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timeouts):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Timeouts.__slots__)

    def __hash__(self) -> int:
        return hash((self.connect, self.read, self.write, self.pool, self.total))

    def __repr__(self) -> str:
        limits = ("connect", "read", "write", "pool", "total")
        given = ", ".join(f"{name}={getattr(self, name)!r}" for name in limits if getattr(self, name) is not None)
        return f"Timeouts({given})"

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self.connect, self.read, self.write, self.pool, self.total)


def _restore(
    connect: float | None, read: float | None, write: float | None, pool: float | None, total: float | None
) -> Timeouts:
    return Timeouts(connect=connect, read=read, write=write, pool=pool, total=total)


NO_LIMITS = Timeouts()


class TimeoutsOfMany(Timeouts):
    """The limits of a call that is one of several which must be over by one deadline, whenever each begins."""

    __slots__ = ("_shared",)

    def __init__(self, limits: Timeouts, shared: Deadline) -> None:
        super().__init__(
            connect=limits.connect, read=limits.read, write=limits.write, pool=limits.pool, total=limits.total
        )
        self._shared: Deadline = shared

    def deadline(self, now: float) -> Deadline:
        """Return the deadline that all of them share."""
        return self._shared


class Deadline:
    """The moment (on the clock of `time.monotonic()`) at which a whole call must be over.

    Attributes:
        ahead: what tells by how many `seconds` the clock is ahead, for pauses that a mock has noted and not waited for
            (`urllib3_api/util/pausing`); None where there never was such a pause.
    """

    __slots__ = ("_ahead", "at", "seconds")

    if TYPE_CHECKING:
        ahead: ClassVar[Ahead | None]

    ahead = None

    def __init__(self, seconds: float, now: float) -> None:
        self.seconds: float = seconds
        self.at: float = now + seconds
        self._ahead: float = 0.0 if Deadline.ahead is None else Deadline.ahead.catch_up()

    def remaining(self, now: float) -> float:
        """Return the seconds left, never less than zero."""
        if Deadline.ahead is not None:
            now += max(0.0, Deadline.ahead.seconds - self._ahead)
        return max(0.0, self.at - now)

    def __repr__(self) -> str:
        return f"Deadline({self.seconds} s in total, at {self.at:.3f})"


def shorter(limit: float | None, deadline: Deadline | None, now: float) -> float | None:
    """Return the seconds that a wait may take under its own `limit` and the call's `deadline`."""
    if deadline is None:
        return limit
    left = deadline.remaining(now)
    return left if limit is None or left < limit else limit


# -- connecting ----------------------------------------------------------------------------------------------


class ConnectTimings:
    """Seconds that the steps of opening a connection took, as they are noted; None for a step that there was not."""

    __slots__ = ("connect", "dns", "tls")

    def __init__(self) -> None:
        self.dns: float | None = None
        self.connect: float | None = None
        self.tls: float | None = None


class ConnectBudget:
    """The time for one connection, however many steps lead to it.

    Attributes:
        limit: seconds for a step.
        deadline: of the whole call.
        clock: as `time.monotonic`.
        opening: gets the seconds of the steps.
        watch: called at each step, or None.
        route: what the steps lead to.
        cancellation: what ends the waits of the steps, or None.
        on_stream: called with each stream that a step has opened, which it can end from then on; None without it.
    """

    __slots__ = ("cancellation", "clock", "deadline", "limit", "on_stream", "opening", "route", "watch")

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
        self.cancellation: Cancellation | None = None
        self.on_stream: Callable[[object], None] | None = None

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
        if self.watch is not None:
            self._tell(self.watch, f"{step}.start", info)
        return self.clock()

    def end(self, step: str, began: float, **info: object) -> None:
        """Note that a step is done. The way through a proxy counts as connecting."""
        seconds = self.clock() - began
        opening, phase = self.opening, "connect" if step == "proxy" else step
        setattr(opening, phase, (getattr(opening, phase) or 0.0) + seconds)  # there may be two of a kind
        if self.watch is not None:
            self._tell(self.watch, f"{step}.end", {"seconds": seconds, **info})

    def _tell(self, watch: Watcher, event: str, info: dict[str, object]) -> None:
        watch(event, {"route": "" if self.route is None else self.route.origin, **info})

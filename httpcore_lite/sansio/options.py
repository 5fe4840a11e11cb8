"""The options of one exchange: what bounds it, and what is called on its way.

Made once for a call, by `client.options`, which checks what a program gave; the one object goes down to the rooms that
wait, which look at it. A pure value room.
"""

from __future__ import annotations

from .timeouts import NO_LIMITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final, Protocol

    from .http1.protocol import Informational
    from .timeouts import Cancellation, Deadline, Timeouts
    from .trace import Watcher

    class Turn(Protocol):
        """One sending that keeps to a rate (`client/rate_waiting.py`)."""

        origin: str
        seconds: float | None
        goes_back: bool

        def wait(self, watch: Watcher | None, *, pays: bool = False) -> None: ...
        def departs(self, watch: Watcher | None) -> bool: ...
        def heard(self, response: Any) -> bool: ...
        def told(self, status: int, headers: Mapping[str, str]) -> bool: ...

    class RateLimit(Protocol):
        """A rate that is kept."""

        def turn(self, scheme: str, host: str, port: int | None, options: ExchangeOptions) -> Turn: ...
        def limited(self, adapter: Any, call: Any) -> Any: ...


#: Decoded bytes below which `max_decode_ratio` is not looked at: small bodies may be all zeros.
RATIO_FLOOR: Final = 64 * 1024
# What belongs to one call, and no program has given by its name.
_NOT_GIVEN: Final = ("timeouts", "deadline", "cancellation", "turn")
#: How much of a redirect's body is read for `history`, in bytes; a longer one costs the connection instead.
MAX_REDIRECT_BODY: Final = 1024 * 1024


class ExchangeOptions:
    """The options of one exchange; never changed. What is not set stays with the class, so that making one is cheap."""

    #: Seconds for each phase.
    timeouts: Timeouts = NO_LIMITS
    #: When the whole call must be over.
    deadline: Deadline | None = None
    #: What ends the waits of the call at once, where there is such a thing.
    cancellation: Cancellation | None = None
    #: The rate that all sendings of the call keep to.
    rate_limit: RateLimit | None = None
    #: Under that, the turn of this exchange.
    turn: Turn | None = None
    #: Called with (event, info) at each step (`trace.py`).
    trace: Callable[[str, dict[str, object]], object] | None = None
    #: The Retry of this exchange; None for that of the adapter, or of the pool.
    retries: Any = None
    #: Called with the entry of `Retry.history` for the attempt that failed, before the pause.
    on_retry: Callable[[object], object] | None = None
    #: Called with each 1xx head.
    on_informational: Callable[[Informational], object] | None = None
    #: Called with (bytes sent, bytes in all or None) while the body is sent.
    on_upload: Callable[[int, int | None], object] | None = None
    #: Called with (bytes received, bytes in all or None) while the body is received, as it is coded.
    on_download: Callable[[int, int | None], object] | None = None
    #: Fields to send behind the body, or what gives them once the body was sent.
    trailers: object = None
    #: Seconds to wait for 100 after `Expect: 100-continue`; None for no limit.
    expect_timeout: float | None = 1.0
    #: Bytes of the decoded body.
    max_response_size: int | None = None
    #: Decoded bytes to coded ones, looked at once there are more than RATIO_FLOOR of the former.
    max_decode_ratio: float | None = None

    def __init__(self, timeouts: Timeouts = NO_LIMITS, deadline: Deadline | None = None) -> None:
        self.timeouts = timeouts
        self.deadline = deadline

    def replaced(self, **changes: object) -> ExchangeOptions:
        """Return options that differ from these in what is given."""
        changed = ExchangeOptions()
        changed.__dict__.update(self.__dict__)
        changed.__dict__.update(changes)
        return changed

    @property
    def given(self) -> dict[str, object]:
        """What a program gave, the times aside."""
        return {name: value for name, value in self.__dict__.items() if name not in _NOT_GIVEN}


#: Those of an exchange for which nothing was asked.
NO_OPTIONS: Final = ExchangeOptions()

"""The terms of one exchange: what bounds it, and whom it tells.

A pure value room. The upper floor fills it in; the rooms that wait look at it.
"""

from __future__ import annotations

from .timeouts import NO_LIMITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .http1.protocol import Informational
    from .timeouts import Deadline, Timeouts


class Terms:
    """The terms of one exchange. What is not set is not asked for.

    timeouts: seconds for each phase; deadline: of the whole call, or None;
    trace: called with (event, info) at each step (see `trace.py`);
    on_informational: called with each 1xx head (`protocol.Informational`);
    on_retry: called with the entry of `Retry.history` for the attempt that failed, before the pause;
    on_upload: called with (bytes sent, bytes in all or None) while the body is sent; on_download: likewise while one is
    received, as it is coded; trailers: fields to send behind the body, or what gives them once the body was sent;
    expect_timeout: seconds to wait for 100 after `Expect: 100-continue`;
    max_response_size: bytes of the decoded body; max_decode_ratio: decoded bytes to coded ones, looked at once there
    are more than 64 KiB of the former.
    """

    trace: Callable[[str, dict[str, object]], object] | None = None
    on_informational: Callable[[Informational], object] | None = None
    on_retry: Callable[[object], object] | None = None
    on_upload: Callable[[int, int | None], object] | None = None
    on_download: Callable[[int, int | None], object] | None = None
    trailers: object = None
    expect_timeout: float | None = 1.0
    max_response_size: int | None = None
    max_decode_ratio: float | None = None

    def __init__(self, timeouts: Timeouts = NO_LIMITS, deadline: Deadline | None = None) -> None:
        self.timeouts = timeouts
        self.deadline = deadline

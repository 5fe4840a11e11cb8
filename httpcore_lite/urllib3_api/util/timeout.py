"""`Timeout` of urllib3: the (connect, read) limits, with its stop-watch. `sansio.timeouts` reads it."""

from __future__ import annotations

import time

from ...sansio.timeouts import seconds_of
from ..exceptions import TimeoutStateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, TypeAlias

    _Seconds: TypeAlias = "float | _SystemDefault | None"

__all__ = ["Timeout"]


class _SystemDefault:
    """The limit that `socket.getdefaulttimeout()` gives. There is one such object."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<system default>"

    def __reduce__(self) -> str:
        return "_DEFAULT_TIMEOUT"  # pickled and copied as a name, so that it stays the one


_DEFAULT_TIMEOUT: Final = _SystemDefault()


class Timeout:
    """How long to wait for a connection and for each read, in seconds.

    connect, read: None for no limit; left out, the system's default. total: bounds the connecting, and what it
    left over bounds each read; it does not bound the exchange (`Timeouts(total=)` does that). ValueError for
    anything that is no positive number.
    """

    DEFAULT_TIMEOUT = _DEFAULT_TIMEOUT

    def __init__(
        self, total: _Seconds = None, connect: _Seconds = _DEFAULT_TIMEOUT, read: _Seconds = _DEFAULT_TIMEOUT
    ) -> None:
        self._connect = _limit(connect, "connect")
        self._read = _limit(read, "read")
        self.total: Any = _limit(total, "total")
        self._start_connect: float | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(connect={self._connect!r}, read={self._read!r}, total={self.total!r})"

    @classmethod
    def from_float(cls, timeout: _Seconds) -> Timeout:
        """Return a Timeout with one limit for connecting and for reading."""
        return cls(connect=timeout, read=timeout)

    def clone(self) -> Timeout:
        """Return a Timeout with the same limits, its watch not started."""
        return type(self)(total=self.total, connect=self._connect, read=self._read)

    @staticmethod
    def resolve_default_timeout(timeout: _Seconds) -> float | None:
        """Return `timeout`, or the system's default where it was left out."""
        if not isinstance(timeout, _SystemDefault):
            return timeout
        import socket

        return socket.getdefaulttimeout()

    def start_connect(self) -> float:
        """Start the watch. TimeoutStateError when it was started before."""
        if self._start_connect is not None:
            raise TimeoutStateError("Timeout timer has already been started.")
        self._start_connect = time.monotonic()
        return self._start_connect

    def get_connect_duration(self) -> float:
        """Return the seconds since `start_connect()`. TimeoutStateError when it was not called."""
        if self._start_connect is None:
            raise TimeoutStateError("Can't get connect duration for timer that has not started.")
        return time.monotonic() - self._start_connect

    @property
    def connect_timeout(self) -> Any:
        """The limit for connecting: the shorter of `connect` and `total`."""
        if self.total is None:
            return self._connect
        if self._connect is None or self._connect is _DEFAULT_TIMEOUT:
            return self.total
        return min(self._connect, self.total)

    @property
    def read_timeout(self) -> float | None:
        """The limit for a read: `read`, or what connecting left of `total` if that is shorter."""
        if self.total is None or self.total is _DEFAULT_TIMEOUT:
            return self.resolve_default_timeout(self._read)
        if self._read is None or self._read is _DEFAULT_TIMEOUT:
            limit: float = max(0, self.total - self.get_connect_duration())
        elif self._start_connect is None:
            limit = self._read
        else:
            limit = max(0, min(self.total - self.get_connect_duration(), self._read))
        return limit


def _limit(value: Any, name: str) -> Any:
    if value is not _DEFAULT_TIMEOUT:
        seconds_of(name, value)
    return value

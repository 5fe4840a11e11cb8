"""Small things that programs take from urllib3 and that have no other room in this house.

    Timeout            the (connect, read) limits of urllib3, with its stop-watch; `sansio.timeouts` reads it
    make_headers       a dict of common request fields
    HTTPConnection     names only: the constants that programs read from urllib3's connection classes, and set there
    disable_warnings, add_stderr_logger

They are found under urllib3's names in `packages/`. Nothing in this package needs them.
"""

from __future__ import annotations

import time

from .._internal_utils import PACKAGE
from ..sansio.connections import basic
from ..sansio.errors import TimeoutStateError, TransportWarning
from ..sansio.timeouts import seconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any, ClassVar, Final, TextIO, TypeAlias

    _Seconds: TypeAlias = "float | _SystemDefault | None"

__all__ = [
    "HTTPConnection",
    "HTTPSConnection",
    "Timeout",
    "add_stderr_logger",
    "disable_warnings",
    "make_headers",
]


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

    DEFAULT_TIMEOUT: ClassVar[_SystemDefault] = _DEFAULT_TIMEOUT

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
    def resolve_default_timeout(timeout: Any) -> float | None:
        """Return `timeout`, or the system's default where it was left out."""
        if timeout is not _DEFAULT_TIMEOUT:
            found: float | None = timeout
            return found
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


# -- fields of a request ---------------------------------------------------------------------------------------

# Given as a field's value, they leave out a field that would be sent otherwise.
SKIP_HEADER = "@@@SKIP_HEADER@@@"
SKIPPABLE_HEADERS = frozenset(["accept-encoding", "host", "user-agent"])


def make_headers(
    keep_alive: bool | None = None,
    accept_encoding: bool | list[str] | str | None = None,
    user_agent: str | None = None,
    basic_auth: str | None = None,
    proxy_basic_auth: str | None = None,
    disable_cache: bool | None = None,
    *,
    basic_auth_encoding: str = "latin-1",
    proxy_basic_auth_encoding: str = "latin-1",
) -> dict[str, str]:
    """Return request fields as a dict.

    accept_encoding: codings as text or a list; True for all that can be decoded here. basic_auth,
    proxy_basic_auth: "user:password", encoded by the encoding named. The rest switch a field on.
    """
    headers: dict[str, str] = {}
    if accept_encoding:
        if isinstance(accept_encoding, list):
            headers["accept-encoding"] = ",".join(accept_encoding)
        else:
            headers["accept-encoding"] = accept_encoding if isinstance(accept_encoding, str) else _known_codings()
    if user_agent:
        headers["user-agent"] = user_agent
    if keep_alive:
        headers["connection"] = "keep-alive"
    if basic_auth:
        headers["authorization"] = basic.credentials(basic_auth, basic_auth_encoding)
    if proxy_basic_auth:
        headers["proxy-authorization"] = basic.credentials(proxy_basic_auth, proxy_basic_auth_encoding)
    if disable_cache:
        headers["cache-control"] = "no-cache"
    return headers


def _known_codings() -> str:
    from ..sansio.http1.codings import accepted_codings

    return accepted_codings().replace(" ", "")


# -- names of the connection classes ---------------------------------------------------------------------------


class HTTPConnection:
    """Constants that programs read from urllib3's class of this name.

    Setting `default_socket_options` here counts for connections made from then on (keep-alive probes for
    a whole program). Connections themselves are made by the transport, so this class makes none.
    """

    default_port: ClassVar[int] = 80
    # (IPPROTO_TCP, TCP_NODELAY, 1), the same numbers on every platform.
    default_socket_options: ClassVar[list[tuple[int, int, int | bytes]]] = [(6, 1, 1)]
    is_verified: bool = False
    proxy_is_verified: bool | None = None

    def __init__(self, *args: object, **kw: object) -> None:
        raise NotImplementedError(
            f"{type(self).__name__} is only a name here: connections are made by the pools. "
            "A program that makes or subclasses urllib3's own needs urllib3 installed."
        )


class HTTPSConnection(HTTPConnection):
    """As HTTPConnection, for https."""

    default_port: ClassVar[int] = 443
    ssl_minimum_version: int | None = None
    ssl_maximum_version: int | None = None


# -- a whole program's settings --------------------------------------------------------------------------------


def disable_warnings(category: type[Warning] = TransportWarning) -> None:
    """Silence warnings of a category, all of ours by default."""
    import warnings

    warnings.simplefilter("ignore", category)


def add_stderr_logger(level: int = 10) -> logging.StreamHandler[TextIO]:
    """Show what this package logs, from `level` on (DEBUG by default), on stderr; returns the handler."""
    import logging

    logger = logging.getLogger(PACKAGE)
    handler: logging.StreamHandler[TextIO] = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.debug("Added a stderr logging handler to logger: %s", logger.name)
    return handler

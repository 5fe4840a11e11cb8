"""The tree of transport errors under urllib3's names, and what of urllib3's own tree the transport never raises."""

from __future__ import annotations

from ..sansio.errors import (
    BodyNotHttplibCompatible,
    ConnectTimeoutError,
    DecodeError,
    EmptyPoolError,
    HostChangedError,
    IncompleteRead,
    InsecureRequestWarning,
    InvalidChunkLength,
    InvalidHeader,
    LocationParseError,
    LocationValueError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    PoolError,
    ProtocolError,
    ProxyError,
    ProxySchemeUnknown,
    ReadTimeoutError,
    RequestError,
    ResponseError,
    ResponseNotChunked,
    SecurityWarning,
    SSLError,
    TimeoutError,
    UnrewindableBodyError,
    URLSchemeUnknown,
)
from ..sansio.errors import TransportError as HTTPError
from ..sansio.errors import TransportWarning as HTTPWarning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ConnectionError = ProtocolError  # its older name

__all__ = [
    "BodyNotHttplibCompatible",
    "ClosedPoolError",
    "ConnectTimeoutError",
    "ConnectionError",
    "DecodeError",
    "DependencyWarning",
    "EmptyPoolError",
    "FullPoolError",
    "HTTPError",
    "HTTPWarning",
    "HeaderParsingError",
    "HostChangedError",
    "IncompleteRead",
    "InsecurePlatformWarning",
    "InsecureRequestWarning",
    "InvalidChunkLength",
    "InvalidHeader",
    "LocationParseError",
    "LocationValueError",
    "MaxRetryError",
    "NameResolutionError",
    "NewConnectionError",
    "NotOpenSSLWarning",
    "PoolError",
    "ProtocolError",
    "ProxyError",
    "ProxySchemeUnknown",
    "ProxySchemeUnsupported",
    "ReadTimeoutError",
    "RequestError",
    "ResponseError",
    "ResponseNotChunked",
    "SSLError",
    "SecurityWarning",
    "SystemTimeWarning",
    "TimeoutError",
    "TimeoutStateError",
    "URLSchemeUnknown",
    "UnrewindableBodyError",
]


# -- pools, time, messages --------------------------------------------------------------------------------------


class FullPoolError(PoolError):
    """A connection was given back to a pool that has no place for it."""


class ClosedPoolError(PoolError):
    """The pool was closed while, or before, a connection was asked for."""


class TimeoutStateError(HTTPError):
    """A timeout object was used in the wrong order."""


class ProxySchemeUnsupported(ValueError):
    """This combination of proxy scheme and target scheme is not supported."""


class HeaderParsingError(HTTPError):
    """The defects of a head that was read nevertheless."""

    def __init__(self, defects: Any, unparsed_data: Any) -> None:
        self.defects = defects
        self.unparsed_data = unparsed_data
        super().__init__(f"{defects or 'Unknown'}, unparsed data: {unparsed_data!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.defects, self.unparsed_data)


# -- warnings --------------------------------------------------------------------------------------------------


class NotOpenSSLWarning(SecurityWarning):
    """The ssl module is not built on OpenSSL."""


class SystemTimeWarning(SecurityWarning):
    """The clock is probably wrong, so certificates cannot be judged."""


class InsecurePlatformWarning(SecurityWarning):
    """The platform's ssl module lacks something that secure connections need."""


class DependencyWarning(HTTPWarning):
    """An optional package is missing."""

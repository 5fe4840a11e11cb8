"""The tree of transport errors under urllib3's names, and what of urllib3's own tree the transport never raises."""

from __future__ import annotations

from ..sansio.errors import *  # noqa: F403
from ..sansio.errors import PoolError, ProtocolError, SecurityWarning
from ..sansio.errors import TransportError as HTTPError
from ..sansio.errors import TransportWarning as HTTPWarning

ConnectionError = ProtocolError  # its older name


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

    def __init__(self, defects: object, unparsed_data: object) -> None:
        self.defects = defects
        self.unparsed_data = unparsed_data
        super().__init__(f"{defects or 'Unknown'}, unparsed data: {unparsed_data!r}")

    def __reduce__(self) -> tuple[object, ...]:
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

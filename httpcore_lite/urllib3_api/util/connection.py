"""`urllib3.util.connection`: connecting, and which address families may be used.

A program limits the families for every connection by setting `HAS_IPV6` here, or by replacing
`allowed_gai_family`; both are looked up here for each connection made.
"""

from __future__ import annotations

import socket
import sys

from ..._internal_utils import lazy_names
from ...sansio.errors import LocationParseError
from .timeout import Timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    HAS_IPV6: bool

__all__ = ["HAS_IPV6", "allowed_gai_family", "create_connection", "is_connection_dropped"]


def _has_ipv6(_: str) -> bool:
    # That Python can speak IPv6 does not mean that this machine has an interface for it.
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(globals(), {}, {"HAS_IPV6": _has_ipv6})


def allowed_gai_family() -> socket.AddressFamily:
    """Return the family of addresses to look up: AF_UNSPEC (all), or AF_INET where IPv6 is not to be used."""
    return socket.AF_UNSPEC if sys.modules[__name__].HAS_IPV6 else socket.AF_INET


def is_connection_dropped(conn: Any) -> bool:
    """Return whether a connection can no longer be used."""
    return not conn.is_connected


def create_connection(
    address: tuple[str, int],
    timeout: Any = Timeout.DEFAULT_TIMEOUT,
    source_address: tuple[str, int] | None = None,
    socket_options: Iterable[tuple[int, int, int | bytes]] | None = None,
) -> socket.socket:
    """Return a socket connected to the first of a host's addresses that accepts it.

    timeout: seconds for each address, None for no limit; left out, the system's default. Raises the last
    address's OSError, or LocationParseError for a host that cannot be a name.
    """
    host, port = address
    host = host.strip("[]")
    try:
        host.encode("idna")
    except UnicodeError:
        raise LocationParseError(f"{host!r}, label empty or too long") from None
    failure: OSError | None = None
    for family, kind, protocol, _, resolved in socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM):
        sock = None
        try:
            sock = socket.socket(family, kind, protocol)
            for option in socket_options or ():
                sock.setsockopt(*option)
            if timeout is not Timeout.DEFAULT_TIMEOUT:
                sock.settimeout(timeout)
            if source_address:
                sock.bind(source_address)
            sock.connect(resolved)
            return sock
        except OSError as error:
            failure = error
            if sock is not None:
                sock.close()
    try:
        raise failure or OSError("getaddrinfo returns an empty list")
    finally:
        failure = None  # it holds this frame, which would hold it

"""urllib3's connection classes, names only: the constants that programs read from them, and set there."""

from __future__ import annotations

__all__ = ["DummyConnection", "HTTPConnection", "HTTPSConnection", "VerifiedHTTPSConnection", "port_by_scheme"]

port_by_scheme: dict[str, int] = {"http": 80, "https": 443}


class HTTPConnection:
    """Constants that programs read from urllib3's class of this name.

    Setting `default_socket_options` here counts for connections made from then on (keep-alive probes for
    a whole program). Connections themselves are made by the transport, so this class makes none.
    """

    default_port: int = 80
    # (IPPROTO_TCP, TCP_NODELAY, 1), the same numbers on every platform.
    default_socket_options: list[tuple[int, int, int | bytes]] = [(6, 1, 1)]
    is_verified: bool = False
    proxy_is_verified: bool | None = None

    def __init__(self, *args: object, **kw: object) -> None:
        raise NotImplementedError(
            f"{type(self).__name__} is only a name here: connections are made by the pools. "
            "A program that makes or subclasses urllib3's own needs urllib3 installed."
        )


class HTTPSConnection(HTTPConnection):
    """As HTTPConnection, for https."""

    default_port: int = 443
    ssl_minimum_version: int | None = None
    ssl_maximum_version: int | None = None


VerifiedHTTPSConnection = HTTPSConnection  # its older name


class DummyConnection:
    """Stands, as in urllib3, for a connection of a kind that cannot be made."""

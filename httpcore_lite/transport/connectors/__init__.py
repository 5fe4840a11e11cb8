"""Connectors: each opens one step of the way to a connected stream, wrapping the one before.

TCPConnector, UnixConnector (tcp.py) ──▶ a tunnel through a proxy (proxy.py) ──▶ TLS on top (tls.py)

Here the chain is made that a route asks for.
"""

from __future__ import annotations

from ..._internal_utils import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ...sansio.connections import Memory
    from ...sansio.connections.routes import Route
    from ...sansio.timeouts import ConnectBudget
    from .. import connection as _connection
    from ..connection import Connection
    from . import tcp as _tcp
    from . import tls as _tls
    from .tcp import Connector, TCPConnector
else:
    _connection = late(".transport.connection")  # with h11, while the first connection is under way
    _tcp = late(".transport.connectors.tcp")
    _tls = late(".transport.connectors.tls")  # ssl takes 15 ms to load, which plain HTTP need not pay


def early_connector(route: Route) -> TCPConnector | None:
    """Return the innermost connector of the route if it may `begin` before the others are loaded, or None."""
    if not route.may_begin_early or not _tcp.is_untouched():
        return None
    return _tcp.TCPConnector(route.host, route.port, route.sockets)


def opened(
    route: Route, memory: Memory, budget: ConnectBudget, meanwhile: Callable[[], object] | None = None
) -> Connection:
    """Return a new connection along a route. `meanwhile` is as of `connected`."""
    connector, sock = connected(route, memory, budget, meanwhile)
    try:
        connection = _connection.Connection(sock, route, budget.clock())
        connection.opening = budget.opening
        connection.protocol.once = getattr(sock, "serves_once", False)
        connection.note_info()
        connection.keep_tls_session = getattr(connector, "keep_tls_session", None)
    except BaseException:
        sock.close()
        raise
    return connection


def connected(
    route: Route, memory: Memory, budget: ConnectBudget, meanwhile: Callable[[], object] | None = None
) -> tuple[Connector, socket.socket]:
    """Connect along a route; returns the chain that did, and its socket.

    `meanwhile` is called while the connection is under way, or before where connecting cannot be begun without waiting.
    """
    if meanwhile is not None:
        early = early_connector(route)
        try:
            if early is not None:
                early.begin(budget)
            meanwhile()
            connector = connector_for(route, memory, early)
            return connector, connector.connect(budget)
        except BaseException:
            if early is not None:
                early.close()
            raise
    connector = connector_for(route, memory)
    return connector, connector.connect(budget)


def connector_for(route: Route, memory: Memory, early: TCPConnector | None = None) -> Connector:
    """Return the chain of connectors that the route asks for; `early` is the innermost one, if it has begun already.

    SSLError where the route leads through TLS without `ssl`.
    """
    leads_through = route.proxy
    connector: Connector
    try:
        if early is not None:
            connector = early
        elif route.sockets.uds is not None:
            connector = _tcp.UnixConnector(route.sockets.uds)
        elif leads_through is None and route.sockets.opener is not None:
            from .opening import OpenedConnector  # a program's own way to connect

            connector = OpenedConnector(route.host, route.port, route.sockets)
        elif leads_through is None:
            connector = _tcp.TCPConnector(route.host, route.port, route.sockets)
        else:
            from .proxy import proxy_connector  # most routes have no proxy

            connector = proxy_connector(route, leads_through, memory)
        if route.tls is not None:
            connector = _tls.TLSConnector(connector, route.tls, route.host, route.port, leads_through, memory.sessions)
    except ImportError as error:  # a Python that was built without it; everything else here is always there
        from ...sansio.errors import SSLError

        failure = SSLError("Can't connect to HTTPS URL because the SSL module is not available.")
        failure.phase = "settings"
        raise failure from error
    return connector

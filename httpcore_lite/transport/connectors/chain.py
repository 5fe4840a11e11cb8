"""From a route to a connected stream: a chain of connectors, each wrapping the one before.

TCPConnector, UnixConnector (connect.py) ──▶ a tunnel through a proxy (proxy.py) ──▶ TLS on top (tls.py)
"""

from __future__ import annotations

from .tcp import TCPConnector, UnixConnector, is_untouched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...sansio.connections.proxy_auth import Logins
    from ...sansio.connections.routes import Route
    from ...sansio.connections.tls_sessions import Sessions
    from .tcp import Connector


class Memory:
    """What the connections of one pool have learnt of their peers: TLS sessions, and what proxies have asked for.

    By either of them a peer recognises a client that was there before. So they belong to the pool and to nothing beyond
    it, and a child begins without. Each is made when it is first needed; of two made at once the first one stays.
    """

    @property
    def sessions(self) -> Sessions:
        """The TLS sessions to resume."""
        found: Sessions | None = self.__dict__.get("_sessions")
        if found is None:
            from ...sansio.connections.tls_sessions import Sessions

            made: Sessions = self.__dict__.setdefault("_sessions", Sessions())
            return made
        return found

    @property
    def logins(self) -> Logins:
        """The challenges of proxies, and how often each was met."""
        found: Logins | None = self.__dict__.get("_logins")
        if found is None:
            from ...sansio.connections.proxy_auth import Logins

            made: Logins = self.__dict__.setdefault("_logins", Logins())
            return made
        return found


def early_connector(route: Route) -> TCPConnector | None:
    """Return the innermost connector of the route if it may `begin` before the others are loaded, or None."""
    if not route.may_begin_early or not is_untouched():
        return None
    return TCPConnector(route.host, route.port, route.dialling)


def connector_for(route: Route, memory: Memory, early: TCPConnector | None = None) -> Connector:
    """Return the chain of connectors that the route asks for; `early` is the innermost one, if it has begun already.

    SSLError where the route leads through TLS without `ssl`.
    """
    leads_through = route.proxy
    connector: Connector
    try:
        if early is not None:
            connector = early
        elif route.dialling.uds is not None:
            connector = UnixConnector(route.dialling.uds)
        elif leads_through is None and route.dialling.opener is not None:
            from .opening import OpenedConnector  # a program's own way to connect

            connector = OpenedConnector(route.host, route.port, route.dialling)
        elif leads_through is None:
            connector = TCPConnector(route.host, route.port, route.dialling)
        else:
            from .proxy import proxy_connector  # most routes have no proxy

            connector = proxy_connector(route, leads_through, memory)
        if route.tls is not None:
            from .tls import TLSConnector  # ssl takes 15 ms to load, which plain HTTP need not pay

            connector = TLSConnector(connector, route.tls, route.host, route.port, leads_through, memory.sessions)
    except ImportError as error:  # a Python that was built without it; everything else here is always there
        from ...sansio.errors import SSLError

        failure = SSLError("Can't connect to HTTPS URL because the SSL module is not available.")
        failure.phase = "settings"
        raise failure from error
    return connector

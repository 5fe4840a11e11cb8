"""From a route to a connected stream: a chain of connectors, each wrapping the one before.

TCPConnector, UnixConnector (connect.py) ──▶ a tunnel through a proxy (proxy.py) ──▶ TLS on top (tls.py)
"""

from __future__ import annotations

from .connect import TCPConnector, UnixConnector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .connect import Connector
    from .routes import Route


def connector_for(route: Route) -> Connector:
    """Return the chain of connectors that the route asks for."""
    proxy = route.proxy
    connector: Connector
    if route.dialling.uds is not None:
        connector = UnixConnector(route.dialling.uds)
    elif proxy is None:
        connector = TCPConnector(route.host, route.port, route.dialling)
    else:
        from .proxy import proxy_connector  # most routes have no proxy

        connector = proxy_connector(route, proxy)
    if route.tls is not None:
        from .tls import TLSConnector  # ssl takes 15 ms to load, which plain HTTP need not pay

        connector = TLSConnector(connector, route.tls, route.host, route.port, proxy)
    return connector

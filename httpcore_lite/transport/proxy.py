"""Connectors that lead through a proxy: a CONNECT tunnel (RFC 9110 section 9.3.6) or SOCKS.

    TCPConnector ──▶ (TLSConnector, for an https proxy) ──▶ TunnelConnector or SOCKSConnector

The proxy's credentials are sent to the proxy alone, inside the CONNECT or the SOCKS handshake; nothing of the
origin's request is. Whatever goes wrong here is a ProxyError that says what the proxy did.
"""

from __future__ import annotations

import socket
from time import monotonic

from .connect import TCPConnector
from .connection import Connection
from .errors import ProtocolError, ProxyError, SSLError, TransportError
from .handshakes import socks4, socks5
from .protocol import RequestHeads
from .timeouts import Timeouts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .connect import Budget, Connector
    from .handshakes import Handshake
    from .protocol import Head
    from .routes import ProxyRoute, Route


def proxy_connector(route: Route, proxy: ProxyRoute) -> Connector:
    """Return the connector that opens a stream to `route` through `proxy`."""
    connector: Connector = TCPConnector(proxy.host, proxy.port, route.dialling)
    if proxy.is_socks:
        return SOCKSConnector(connector, proxy, route)
    if proxy.tls is not None:
        from .tls import TLSConnector

        connector = TLSConnector(connector, proxy.tls, proxy.host, proxy.port, None)
    return TunnelConnector(connector, proxy, route)


def _reach(inner: Connector, budget: Budget) -> socket.socket:
    """Connect to the proxy itself."""
    try:
        return inner.connect(budget)
    except (TransportError, OSError) as error:
        raise ProxyError("Unable to connect to proxy", error) from error


class TunnelConnector:
    """Asks an HTTP proxy for a tunnel to the origin."""

    def __init__(self, inner: Connector, proxy: ProxyRoute, route: Route) -> None:
        self.inner = inner
        self.proxy = proxy
        self.route = route

    def connect(self, budget: Budget) -> socket.socket:
        sock = _reach(self.inner, budget)
        try:
            self._open_tunnel(sock, budget)
        except BaseException:
            sock.close()
            raise
        return sock

    def _open_tunnel(self, sock: socket.socket, budget: Budget) -> None:
        host = self.route.host.partition("%")[0]
        authority = f"[{host}]:{self.route.port}" if ":" in host else f"{host}:{self.route.port}"
        request = RequestHeads().build("CONNECT", authority, list(self.proxy.headers), authority)
        connection = Connection(sock, self.route, monotonic())
        seconds = budget.seconds()
        try:
            connection.begin(authority, Timeouts(read=seconds, write=seconds), budget.deadline)
            connection.send_request(request, b"", None)
            head = connection.read_head()
        except (ProtocolError, SSLError, TransportError) as error:
            raise ProxyError(f"Unable to open a tunnel through the proxy {self.proxy!r}", error) from error
        if not head.upgraded:
            raise _tunnel_refused(head)
        if connection.protocol.leftover:
            # The origin cannot have spoken yet: they are the proxy's own, and TLS would take them for the origin's.
            message = "Tunnel connection failed: the proxy sent bytes behind its answer to CONNECT"
            raise ProxyError(message, OSError(message))


def _tunnel_refused(head: Head) -> ProxyError:
    reason = head.reason.decode("latin-1")
    cause = OSError(f"Tunnel connection failed: {head.status} {reason}")
    error = ProxyError("Unable to connect to proxy", cause)
    error.__cause__ = cause
    return error


class SOCKSConnector:
    """Asks a SOCKS proxy for a connection to the origin."""

    def __init__(self, inner: Connector, proxy: ProxyRoute, route: Route) -> None:
        self.inner = inner
        self.proxy = proxy
        self.route = route

    def connect(self, budget: Budget) -> socket.socket:
        sock = _reach(self.inner, budget)
        try:
            _converse(sock, self._handshake(), budget)
        except (TransportError, OSError) as error:
            sock.close()
            if isinstance(error, ProxyError):
                raise
            raise ProxyError(f"the SOCKS handshake with {self.proxy!r} failed: {error}", error) from error
        except BaseException:
            sock.close()
            raise
        return sock

    def _handshake(self) -> Handshake:
        proxy, host, port = self.proxy, self.route.host, self.route.port
        if proxy.scheme in ("socks4", "socks4a"):
            by_name = proxy.scheme == "socks4a"
            user = proxy.auth[0] if proxy.auth else None
            return socks4(host if by_name else _resolved(host, socket.AF_INET), port, user, by_name=by_name)
        # "socks5" resolves names here, "socks5h" lets the proxy do it, as curl and PySocks have it.
        return socks5(host if proxy.scheme == "socks5h" else lambda: _resolved(host, 0), port, proxy.auth)


def _resolved(host: str, family: int) -> str:
    try:
        found = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ProxyError(f"Failed to resolve {host!r} for the SOCKS proxy ({error})", error) from error
    return str(found[0][4][0])


def _converse(sock: socket.socket, handshake: Handshake, budget: Budget) -> None:
    try:
        send, need = next(handshake)
        while True:
            if send:
                budget.apply(sock, None, "The SOCKS handshake", "proxy")
                sock.sendall(send)
            send, need = handshake.send(_exactly(sock, need, budget))
    except StopIteration:
        return


def _exactly(sock: socket.socket, need: int, budget: Budget) -> bytes:
    # Not a byte more than the handshake asks for: what follows belongs to the origin.
    got = b""
    while len(got) < need:
        budget.apply(sock, None, "The SOCKS handshake", "proxy")
        piece = sock.recv(need - len(got))
        if not piece:
            raise ConnectionResetError("the proxy closed the connection in the middle of the handshake")
        got += piece
    return got

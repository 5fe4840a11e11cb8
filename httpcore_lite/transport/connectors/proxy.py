"""Connectors that lead through a proxy: a CONNECT tunnel (RFC 9110 section 9.3.6) or SOCKS.

    TCPConnector ──▶ (TLSConnector, for an https proxy) ──▶ TunnelConnector or SOCKSConnector

The proxy's credentials are sent to the proxy alone, inside the CONNECT or the SOCKS handshake; nothing of the
origin's request is. Whatever goes wrong here is a ProxyError that says what the proxy did.
"""

from __future__ import annotations

import socket
from os import urandom
from time import monotonic

from ...sansio.connections.socks import socks4, socks5
from ...sansio.connections.tunnel import MAX_REFUSAL, Tunnel, is_over, too_late, unreachable
from ...sansio.errors import ProxyError, ReadTimeoutError, TransportError, WriteTimeoutError
from ...sansio.options import ExchangeOptions
from ...sansio.timeouts import Deadline
from ..connection import Connection
from .tcp import TCPConnector, addresses_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ...sansio.connections import Memory
    from ...sansio.connections.proxy_auth import Logins
    from ...sansio.connections.routes import ProxyRoute, Route
    from ...sansio.connections.socks import Handshake
    from ...sansio.http1.protocol import Head
    from ...sansio.timeouts import ConnectBudget
    from .tcp import Connector


def proxy_connector(route: Route, proxy: ProxyRoute, memory: Memory) -> Connector:
    """Return the connector that opens a stream to `route` through `proxy`."""
    connector: Connector = TCPConnector(proxy.host, proxy.port, route.sockets)
    if route.sockets.opener is not None:
        from .opening import OpenedConnector

        connector = OpenedConnector(proxy.host, proxy.port, route.sockets)
    if proxy.is_socks:
        return SOCKSConnector(connector, proxy, route)
    if proxy.tls is not None:
        from .tls import TLSConnector

        connector = TLSConnector(connector, proxy.tls, proxy.host, proxy.port, None, memory.sessions)
    return TunnelConnector(connector, proxy, route, memory.logins)


def _check_literal_address(route: Route, connector: Connector) -> None:
    """Raise NewConnectionError where the proxy would be asked for an address that `allow_address` refuses."""
    if route.sockets.allow_address is not None:
        from ...sansio.connections.addresses import check_literal_address

        check_literal_address(route.host, route.sockets.allow_address, connector)


def _reach(inner: Connector, budget: ConnectBudget) -> socket.socket:
    """Connect to the proxy itself."""
    try:
        return inner.connect(budget)
    except (TransportError, OSError) as error:
        if is_over(error) or getattr(error, "of_settings", False):
            raise
        raise unreachable(error) from error


class TunnelConnector:
    """Asks an HTTP proxy for a tunnel to the origin."""

    def __init__(self, inner: Connector, proxy: ProxyRoute, route: Route, logins: Logins) -> None:
        self.inner = inner
        self.proxy = proxy
        self.route = route
        self.logins = logins

    def connect(self, budget: ConnectBudget) -> socket.socket:
        _check_literal_address(self.route, self)
        tunnel = Tunnel(self.proxy, self.route.host, self.route.port, self.logins.of(self.proxy))
        connection = self._reached(budget)
        try:
            began = budget.begin("proxy", proxy=repr(self.proxy))
            head = self._ask(connection, tunnel, budget)
            if tunnel.asks_again(head):
                if not self._drained(connection):
                    connection.close()
                    connection = self._reached(budget)
                head = self._ask(connection, tunnel, budget)
            tunnel.opened(head, connection.protocol.leftover)
            budget.end("proxy", began, proxy=repr(self.proxy))
        except BaseException:
            connection.close()
            raise
        return connection.sock

    def _reached(self, budget: ConnectBudget) -> Connection:
        return Connection(_reach(self.inner, budget), self.route, monotonic())

    def _ask(self, connection: Connection, tunnel: Tunnel, budget: ConnectBudget) -> Head:
        """Send the CONNECT and return the head of the response."""
        request = tunnel.request(urandom(8).hex())
        seconds = budget.seconds()
        # The limit is on all of the response: a proxy that drips must not get a new one for each byte.
        deadline = None if seconds is None else Deadline(seconds, monotonic())
        try:
            connection.begin_exchange(tunnel.target, ExchangeOptions(deadline=deadline), monotonic())
            connection.send_request(request, b"")
            return connection.read_head()
        except (ReadTimeoutError, WriteTimeoutError) as error:
            raise too_late(budget, self.inner, f"The tunnel through the proxy {self.proxy!r}") from error
        except TransportError as error:
            raise ProxyError(f"Unable to open a tunnel through the proxy {self.proxy!r}", error) from error

    @staticmethod
    def _drained(connection: Connection) -> bool:
        """Read the rest of a refusal, if it is short; returns whether the connection can be used again."""
        head = connection.exchange.head
        assert head is not None
        received = 0
        pieces = connection.protocol.take_pieces()
        try:
            while not head.reader.ended and received < MAX_REFUSAL:
                connection.receive_body(pieces)
                received += sum(map(len, pieces))
                pieces.clear()
        except TransportError:
            return False
        return connection.protocol.reusable


class SOCKSConnector:
    """Asks a SOCKS proxy for a connection to the origin."""

    def __init__(self, inner: Connector, proxy: ProxyRoute, route: Route) -> None:
        self.inner = inner
        self.proxy = proxy
        self.route = route

    def connect(self, budget: ConnectBudget) -> socket.socket:
        _check_literal_address(self.route, self)
        sock = _reach(self.inner, budget)
        began = budget.begin("proxy", proxy=repr(self.proxy))
        try:
            _shake_hands(sock, self._handshake(budget), budget.countdown(self.inner, "The SOCKS handshake", "proxy"))
            budget.end("proxy", began, proxy=repr(self.proxy))
        except TimeoutError as error:
            sock.close()
            raise too_late(budget, self.inner, f"The SOCKS handshake with {self.proxy!r}") from error
        except (TransportError, OSError) as error:
            sock.close()
            if isinstance(error, ProxyError) or is_over(error):
                raise
            raise ProxyError(f"the SOCKS handshake with {self.proxy!r} failed: {error}", error) from error
        except BaseException:
            sock.close()
            raise
        return sock

    def _handshake(self, budget: ConnectBudget) -> Handshake:
        proxy, host, port = self.proxy, self.route.host, self.route.port
        if proxy.scheme in ("socks4", "socks4a"):
            by_name = proxy.scheme == "socks4a"
            user = proxy.auth[0] if proxy.auth else None
            address = host if by_name else self._resolved(budget, socket.AF_INET)
            return socks4(address, port, user, by_name=by_name)
        # "socks5" resolves names here, "socks5h" lets the proxy do it, as curl and PySocks have it.
        if proxy.scheme == "socks5h":
            return socks5(host, port, proxy.auth)
        return socks5(lambda: self._resolved(budget, 0), port, proxy.auth)

    def _resolved(self, budget: ConnectBudget, family: int) -> str:
        """Return the origin's address, under the same rules as if we connected to it ourselves."""
        host, route = self.route.host, self.route
        try:
            found = addresses_of(host, route.port, route.sockets, budget, self, family)
        except TransportError as error:
            raise ProxyError(f"Failed to resolve {host!r} for the SOCKS proxy ({error})", error) from error
        return str(found[0][1][0])


def _shake_hands(sock: socket.socket, handshake: Handshake, left: Callable[[], float | None]) -> None:
    try:
        send, need = next(handshake)
        while True:
            if send:
                sock.settimeout(left())
                sock.sendall(send)
            send, need = handshake.send(_exactly(sock, need, left))
    except StopIteration:
        return


def _exactly(sock: socket.socket, need: int, left: Callable[[], float | None]) -> bytes:
    # Not a byte more than the handshake asks for: what follows belongs to the origin.
    got = b""
    while len(got) < need:
        sock.settimeout(left())
        piece = sock.recv(need - len(got))
        if not piece:
            raise ConnectionResetError("the proxy closed the connection in the middle of the handshake")
        got += piece
    return got

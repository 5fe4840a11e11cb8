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
from ...sansio.errors import ProxyError, ReadTimeoutError, SSLError, TransportError, WriteTimeoutError
from ...sansio.http1.protocol import RequestHeads
from ...sansio.options import Terms
from ...sansio.timeouts import Deadline
from ..connection import Connection
from .tcp import TCPConnector, addresses_of, refuse_literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from ...sansio.connections.memory import Memory
    from ...sansio.connections.proxy_auth import Login, Logins
    from ...sansio.connections.routes import ProxyRoute, Route
    from ...sansio.connections.socks import Handshake
    from ...sansio.http1.protocol import Head
    from .tcp import Budget, Connector

_SPEAKS_HTTP: Final = (
    " Your proxy appears to only use HTTP and not HTTPS, try changing your proxy URL to be HTTP. See: "
    "https://urllib3.readthedocs.io/en/latest/advanced-usage.html#https-proxy-error-http-proxy"
)
# How much of the body of a refusal is read to save the connection, in bytes.
MAX_REFUSAL: Final = 64 * 1024


def proxy_connector(route: Route, proxy: ProxyRoute, memory: Memory) -> Connector:
    """Return the connector that opens a stream to `route` through `proxy`."""
    connector: Connector = TCPConnector(proxy.host, proxy.port, route.dialling)
    if route.dialling.opener is not None:
        from .opening import OpenedConnector

        connector = OpenedConnector(proxy.host, proxy.port, route.dialling)
    if proxy.is_socks:
        return SOCKSConnector(connector, proxy, route)
    if proxy.tls is not None:
        from .tls import TLSConnector

        connector = TLSConnector(connector, proxy.tls, proxy.host, proxy.port, None, memory.sessions)
    return TunnelConnector(connector, proxy, route, memory.logins)


def _reach(inner: Connector, budget: Budget) -> socket.socket:
    """Connect to the proxy itself."""
    try:
        return inner.connect(budget)
    except (TransportError, OSError) as error:
        if _is_over(error) or getattr(error, "of_settings", False):
            raise
        raise unreachable(error) from error


def unreachable(error: BaseException) -> ProxyError:
    """Return the error for a proxy that could not be connected to, in urllib3's words."""
    inner = error.args[0] if isinstance(error, SSLError) and error.args else None
    plain = getattr(inner, "reason", None) in ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE")
    return ProxyError(f"Unable to connect to proxy.{_SPEAKS_HTTP}" if plain else "Unable to connect to proxy", error)


def _is_over(error: BaseException) -> bool:
    """Whether it was the whole call's time that ran out, which is no fault of the proxy's."""
    return getattr(error, "phase", None) == "total"


def _too_late(budget: Budget, connector: Connector, what: str) -> TransportError:
    """Return the error for a proxy that took too long, or for the whole call if that had no time left."""
    late = budget.ran_out(connector, what, "proxy")
    return late if _is_over(late) else ProxyError(str(late), late)


class TunnelConnector:
    """Asks an HTTP proxy for a tunnel to the origin."""

    def __init__(self, inner: Connector, proxy: ProxyRoute, route: Route, logins: Logins) -> None:
        self.inner = inner
        self.proxy = proxy
        self.route = route
        self.logins = logins
        host = route.host.partition("%")[0]
        self.target = f"[{host}]:{route.port}" if ":" in host else f"{host}:{route.port}"

    def connect(self, budget: Budget) -> socket.socket:
        refuse_literal(self.route.host, self.route.dialling, self)
        login = self.logins.of(self.proxy)
        connection = self._reached(budget)
        try:
            began = budget.begin("proxy", proxy=repr(self.proxy))
            sent = self._authorization(login)
            head = self._ask(connection, sent, budget)
            if head.status == 407 and login is not None and login.learn(_challenges(head), sent):
                # Once more, with the answer: on the same connection if the refusal leaves it fit for use.
                if not self._drained(connection):
                    connection.close()
                    connection = self._reached(budget)
                head = self._ask(connection, self._authorization(login), budget)
            if not head.upgraded:
                raise _tunnel_refused(head)
            if connection.protocol.leftover:
                # The origin cannot have spoken yet: they are the proxy's own, and TLS would take them for the origin's.
                message = "Tunnel connection failed: the proxy sent bytes behind its answer to CONNECT"
                raise ProxyError(message, OSError(message))
            budget.end("proxy", began, proxy=repr(self.proxy))
        except BaseException:
            connection.close()
            raise
        return connection.sock

    def _reached(self, budget: Budget) -> Connection:
        return Connection(_reach(self.inner, budget), self.route, monotonic())

    def _authorization(self, login: Login | None) -> str | None:
        """Return the value of Proxy-Authorization: the answer to what the proxy has asked for, or what was given."""
        answer = login.answer("CONNECT", self.target, urandom(8).hex()) if login is not None else None
        if answer is not None:
            return answer
        return next((value for name, value in self.proxy.headers if name.lower() == "proxy-authorization"), None)

    def _ask(self, connection: Connection, authorization: str | None, budget: Budget) -> Head:
        """Send the CONNECT and return the head of its answer."""
        fields: list[Any] = [field for field in self.proxy.headers if field[0].lower() != "proxy-authorization"]
        if authorization is not None:
            fields.append(("Proxy-Authorization", authorization))
        request = RequestHeads().build("CONNECT", self.target, fields, self.target)
        seconds = budget.seconds()
        # The limit is on all of the answer: a proxy that drips must not get a new one for each byte.
        deadline = None if seconds is None else Deadline(seconds, monotonic())
        try:
            connection.begin_exchange(self.target, Terms(deadline=deadline), monotonic())
            connection.send_request(request, b"")
            return connection.read_head()
        except (ReadTimeoutError, WriteTimeoutError) as error:
            raise _too_late(budget, self.inner, f"The tunnel through the proxy {self.proxy!r}") from error
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


def _challenges(head: Head) -> str:
    values = [value.decode("latin-1") for name, value in head.fields if name.lower() == b"proxy-authenticate"]
    return ", ".join(values)


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
        refuse_literal(self.route.host, self.route.dialling, self)
        sock = _reach(self.inner, budget)
        began = budget.begin("proxy", proxy=repr(self.proxy))
        try:
            _converse(sock, self._handshake(budget), budget.countdown(self.inner, "The SOCKS handshake", "proxy"))
            budget.end("proxy", began, proxy=repr(self.proxy))
        except TimeoutError as error:
            sock.close()
            raise _too_late(budget, self.inner, f"The SOCKS handshake with {self.proxy!r}") from error
        except (TransportError, OSError) as error:
            sock.close()
            if isinstance(error, ProxyError) or _is_over(error):
                raise
            raise ProxyError(f"the SOCKS handshake with {self.proxy!r} failed: {error}", error) from error
        except BaseException:
            sock.close()
            raise
        return sock

    def _handshake(self, budget: Budget) -> Handshake:
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

    def _resolved(self, budget: Budget, family: int) -> str:
        """Return the origin's address, under the same rules as if we connected to it ourselves."""
        host, route = self.route.host, self.route
        try:
            found = addresses_of(host, route.port, route.dialling, budget, self, family)
        except TransportError as error:
            raise ProxyError(f"Failed to resolve {host!r} for the SOCKS proxy ({error})", error) from error
        return str(found[0][1][0])


def _converse(sock: socket.socket, handshake: Handshake, apply: Callable[[Any], None]) -> None:
    try:
        send, need = next(handshake)
        while True:
            if send:
                apply(sock)
                sock.sendall(send)
            send, need = handshake.send(_exactly(sock, need, apply))
    except StopIteration:
        return


def _exactly(sock: socket.socket, need: int, apply: Callable[[Any], None]) -> bytes:
    # Not a byte more than the handshake asks for: what follows belongs to the origin.
    got = b""
    while len(got) < need:
        apply(sock)
        piece = sock.recv(need - len(got))
        if not piece:
            raise ConnectionResetError("the proxy closed the connection in the middle of the handshake")
        got += piece
    return got

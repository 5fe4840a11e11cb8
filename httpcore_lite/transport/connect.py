"""Connectors that open a stream: to an address by TCP, or to a Unix domain socket.

A connector has one method, `connect(budget)`, which returns a connected socket or raises an error of the tree in
`errors.py`; what it opened is closed when it fails. It decides nothing: the route has said it all.
"""

from __future__ import annotations

import os
import selectors
import socket
from time import monotonic

from .dialling import Race, interleave
from .errors import ConnectTimeoutError, LocationParseError, NameResolutionError, NewConnectionError
from .timeouts import shorter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from .routes import Dialling
    from .timeouts import Deadline

    Address = tuple[int, tuple[Any, ...]]

    class Connector(Protocol):
        """One step of the way to a connection."""

        def connect(self, budget: Budget) -> socket.socket: ...


class Budget:
    """How long each step of connecting may take: `limit` seconds, and never beyond the call's `deadline`."""

    __slots__ = ("deadline", "limit")

    def __init__(self, limit: float | None, deadline: Deadline | None) -> None:
        self.limit = limit
        self.deadline = deadline

    def seconds(self) -> float | None:
        """Return the seconds that a step beginning now may take, None for no limit."""
        return shorter(self.limit, self.deadline, monotonic())

    def apply(self, sock: Any, connector: Any, what: str, phase: str) -> None:
        """Give a socket the time that a step beginning now may take; raise when there is none left."""
        seconds = self.seconds()
        if seconds is not None and seconds <= 0:
            raise self.ran_out(connector, what, phase)
        sock.settimeout(seconds)

    def ran_out(self, connector: Any, what: str, phase: str) -> ConnectTimeoutError:
        """Return the error for a step that took too long: `what` says which, and whether it or the whole call did."""
        deadline = self.deadline
        if deadline is not None and (self.limit is None or deadline.remaining(monotonic()) <= 0):
            error = ConnectTimeoutError(connector, f"{what} timed out. (total timeout={deadline.seconds})")
            error.phase, error.seconds = "total", deadline.seconds
        else:
            error = ConnectTimeoutError(connector, f"{what} timed out. (connect timeout={self.limit})")
            error.phase, error.seconds = phase, self.limit
        return error


class TCPConnector:
    """Opens a TCP connection with TCP_NODELAY: a request is written at once, so nothing is won by waiting."""

    def __init__(self, host: str, port: int, dialling: Dialling) -> None:
        self.host = host
        self.port = port
        self.dialling = dialling

    def __str__(self) -> str:
        return f"HTTPConnection(host={self.host!r}, port={self.port})"

    __repr__ = __str__

    def connect(self, budget: Budget) -> socket.socket:
        addresses = self._allowed(self._resolved())
        timeout = budget.seconds()
        try:
            if timeout is not None and timeout <= 0:
                raise TimeoutError
            sock = self._dial(addresses, timeout)
        except TimeoutError as error:
            raise budget.ran_out(self, f"Connection to {self.host}", "connect") from error
        except OSError as error:
            raise NewConnectionError(self, f"Failed to establish a new connection: {error}") from error
        try:
            self._prepare(sock)
        except OSError as error:
            sock.close()
            raise NewConnectionError(self, f"a socket option was refused: {error}") from error
        return sock

    # -- addresses -----------------------------------------------------------------------------------------

    def _resolved(self) -> list[Address]:
        """Return the host's addresses, as (family, socket address), in the order in which to try them."""
        dialling = self.dialling
        hosts = [self.host]
        if dialling.resolve:
            hosts = [dict(dialling.resolve).get(f"{self.host}:{self.port}", self.host)]
        addresses: list[Address] = []
        try:
            if dialling.resolver is not None and hosts == [self.host]:
                hosts = list(dialling.resolver(self.host, self.port))
            for host in hosts:
                # Looked up in the module at each call: programs and test tools replace it.
                found = socket.getaddrinfo(host, self.port, dialling.family or 0, socket.SOCK_STREAM)
                addresses += [(family, address) for family, _, _, _, address in found]
        except UnicodeError as error:  # the interpreter's own IDNA codec refuses the name
            raise LocationParseError(f"{self.host!r}: a label of this host name is empty or too long") from error
        except OSError as error:
            raise NameResolutionError(self.host, self, error) from error
        if not addresses:
            raise NameResolutionError(self.host, self, OSError("the resolver named no address"))
        return interleave(list(dict.fromkeys(addresses)))

    def _allowed(self, addresses: list[Address]) -> list[Address]:
        """Return the addresses that the caller's filter lets through; it sees each before a packet is sent to it."""
        allow = self.dialling.allow_address
        if allow is None:
            return addresses
        allowed = [entry for entry in addresses if allow(_as_seen_by_a_filter(str(entry[1][0])))]
        if not allowed:
            refused = ", ".join(str(entry[1][0]) for entry in addresses)
            raise NewConnectionError(self, f"allow_address refused every address of {self.host}: {refused}")
        return allowed

    # -- dialling ------------------------------------------------------------------------------------------

    def _dial(self, addresses: list[Address], timeout: float | None) -> socket.socket:
        if len(addresses) == 1:
            address = addresses[0][1]
            # With a scope id the host part alone would lose it; getaddrinfo gives it back from this spelling.
            host = (
                f"{address[0]}%{address[3]}"
                if len(address) == 4 and address[3] and "%" not in address[0]
                else address[0]
            )
            return socket.create_connection((host, address[1]), timeout, self.dialling.source_address)
        return self._race(addresses, timeout)

    def _race(self, addresses: list[Address], timeout: float | None) -> socket.socket:
        """Connect to whichever address answers first, on the schedule of `dialling.Race`."""
        ends = None if timeout is None else monotonic() + timeout
        race = Race(addresses)
        failure: OSError = OSError("no address could be tried")
        with selectors.DefaultSelector() as selector:
            try:
                while not race.lost:
                    now = monotonic()
                    for address in race.due(now):
                        try:
                            selector.register(self._begin(address), selectors.EVENT_WRITE)
                        except OSError as error:
                            failure = error
                            race.failed(now)
                    if not selector.get_map():
                        continue
                    if ends is not None and now >= ends:
                        raise TimeoutError
                    for key, _ in selector.select(_sooner(race.wait(now), None if ends is None else ends - now)):
                        sock: socket.socket = key.fileobj  # type: ignore[assignment]
                        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                        selector.unregister(sock)
                        if not code:
                            return sock
                        sock.close()
                        failure = OSError(code, os.strerror(code))
                        race.failed(monotonic())
            finally:
                for key in list(selector.get_map().values()):
                    key.fileobj.close()  # type: ignore[union-attr]
        raise failure

    def _begin(self, address: Address) -> socket.socket:
        """Begin to connect to one address, without waiting."""
        family, place = address
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            if self.dialling.source_address is not None:
                sock.bind(self.dialling.source_address)
            sock.connect(place)
        except BlockingIOError:
            pass  # under way
        except BaseException:
            sock.close()
            raise
        return sock

    def _prepare(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for level, name, value in self.dialling.socket_options or ():
            sock.setsockopt(level, name, value)


def _as_seen_by_a_filter(address: str) -> Any:
    """Return the address that packets will go to: of an IPv4 address written as IPv6, the IPv4 one.

    `::ffff:127.0.0.1` is the loopback, whatever `is_loopback` says of it.
    """
    from ipaddress import ip_address

    found = ip_address(address)
    return getattr(found, "ipv4_mapped", None) or found


class UnixConnector:
    """Connects to a Unix domain socket, where the URL's host is only a name for the Host field."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __str__(self) -> str:
        return f"UnixConnection(path={self.path!r})"

    __repr__ = __str__

    def connect(self, budget: Budget) -> socket.socket:
        family = getattr(socket, "AF_UNIX", None)
        if family is None:
            raise NewConnectionError(self, "this system has no Unix domain sockets")
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            budget.apply(sock, self, f"Connection to {self.path}", "connect")
            sock.connect(self.path)
        except TimeoutError as error:
            sock.close()
            raise budget.ran_out(self, f"Connection to {self.path}", "connect") from error
        except OSError as error:
            sock.close()
            raise NewConnectionError(self, f"Failed to establish a new connection: {error}") from error
        except BaseException:
            sock.close()
            raise
        return sock


def _sooner(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)

"""Connectors that open a stream: to an address by TCP, or to a Unix domain socket.

A connector has one method, `connect(budget)`, which returns a connected socket or raises an error of the tree in
`errors.py`; what it opened is closed when it fails. It decides nothing: the route has said it all.
"""

from __future__ import annotations

import os
import selectors
import socket
from time import monotonic

from ...sansio.connections.routes import without_codec
from ...sansio.errors import LocationParseError, NameResolutionError, NewConnectionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from ...sansio.connections.addresses import SocketAddress as Address
    from ...sansio.connections.routes import SocketOptions
    from ...sansio.errors import ConnectTimeoutError
    from ...sansio.timeouts import Cancellation, ConnectBudget
    from ..cancelling import Select as _Select

    class Connector(Protocol):
        """One step of the way to a connection."""

        def connect(self, budget: ConnectBudget) -> socket.socket: ...


# -- addresses ---------------------------------------------------------------------------------------------------


def addresses_of(
    host: str, port: int, sockets: SocketOptions, budget: ConnectBudget, connector: object, family: int = 0
) -> list[Address]:
    """Return the addresses of a host that may be connected to, as (family, socket address), in the order to try them.

    `resolve` and `resolver` of `sockets` come before the system's lookup, and `allow_address` sees every address
    before a packet is sent to it. Raises NameResolutionError, LocationParseError, NewConnectionError.
    """
    began = budget.begin("dns", host=host, port=port)
    found = _resolved(host, port, sockets, connector, family)
    budget.end("dns", began, host=host, addresses=[str(address[0]) for _, address in found])
    if sockets.allow_address is None:
        return found
    from ...sansio.connections.addresses import allowed

    return allowed(found, sockets.allow_address, host, connector)


def _resolved(host: str, port: int, sockets: SocketOptions, connector: object, family: int) -> list[Address]:
    hosts = [host]
    found: list[Address] = []
    family = family or sockets.family or 0
    failures: list[OSError] = []  # the last one, without a name for it (see `TCPConnector.connect`)
    try:
        if sockets.resolve or sockets.resolver is not None:
            from ...sansio.connections.addresses import hosts_to_look_up

            hosts = hosts_to_look_up(host, port, sockets)
        for name in hosts:
            try:
                # Looked up in the module at each call: programs and test tools replace it.
                records = socket.getaddrinfo(
                    without_codec(name, socket.getaddrinfo, "socket"), port, family, socket.SOCK_STREAM
                )
            except OSError as error:  # of another family, or a zone that is not ours: there may be others
                failures = [error]
                continue
            found += [(kind, address) for kind, _, _, _, address in records]
        if failures and not found:
            raise failures.pop()
    except UnicodeError as error:  # the interpreter's own IDNA codec refuses the name
        raise LocationParseError(f"{host!r}, label empty or too long") from error
    except OSError as error:
        raise NameResolutionError(host, connector, error) from error
    if not found:
        raise NameResolutionError(host, connector, OSError("the resolver named no address"))
    if len(found) == 1:
        return found
    from ...sansio.connections.happy_eyeballs import interleave

    return interleave(list(dict.fromkeys(found)))


# -- connectors --------------------------------------------------------------------------------------------------


def _is_replaced(create: object) -> bool:
    """Whether `socket.create_connection` is a program's own function, set before or after this room was loaded.

    Green threads replace it together with the socket class; then the class does all that is needed.
    """
    home: Any = getattr(create, "__globals__", None)
    # By what a wrapper cannot take over: `functools.wraps` copies the name of the module.
    if home is vars(socket):
        return False
    made_in = getattr(socket.socket, "__module__", "").partition(".")[0]
    return made_in == "socket" or home is None or str(home.get("__name__")).partition(".")[0] != made_in


def is_untouched() -> bool:
    """Whether sockets are the standard library's own: no test tool, guard or green thread has put itself there."""
    made, plain = socket.socket, socket.SocketType
    if getattr(socket.create_connection, "__globals__", None) is not vars(socket):
        return False
    return getattr(made, "__module__", "") == "socket" and made.__bases__ == (plain,) and made.connect is plain.connect


class TCPConnector:
    """Opens a TCP connection with TCP_NODELAY: a request is written at once, so nothing is won by waiting.

    `begin` does not wait either; `connect` goes on with what it has begun, and the limit counts from then.
    """

    # What `begin` has begun: addresses, the moment, the limit in seconds, the socket of the first address.
    _begun: tuple[list[Address], float, float | None, socket.socket | None] | None = None
    _flag: Cancellation | None = None

    def __init__(self, host: str, port: int, sockets: SocketOptions) -> None:
        self.host = host
        self.port = port
        self.sockets = sockets

    def __str__(self) -> str:
        return f"HTTPConnection(host={self.host!r}, port={self.port})"

    __repr__ = __str__

    def begin(self, budget: ConnectBudget) -> None:
        """Look the host up and begin to connect to its first address, for `connect` to go on with.

        Raises what the lookup raises. What else goes wrong `connect` will meet and tell. `close` gives it up.
        """
        addresses, began, timeout = self._looked_up(budget)
        first = None
        if timeout is None or timeout > 0:
            try:
                first = self._opened(addresses[0], 0.0)
            except OSError:
                pass
        self._begun = addresses, began, timeout, first

    def close(self) -> None:
        """Close what was begun."""
        if self._begun is not None and self._begun[-1] is not None:
            _close_quietly(self._begun[-1])

    def _looked_up(self, budget: ConnectBudget) -> tuple[list[Address], float, float | None]:
        addresses = addresses_of(self.host, self.port, self.sockets, budget, self)
        began = budget.begin("connect", addresses=[str(address[0]) for _, address in addresses])
        return addresses, began, budget.seconds()

    def connect(self, budget: ConnectBudget) -> socket.socket:
        self._flag = budget.cancellation
        addresses, began, timeout, first = self._begun or (*self._looked_up(budget), None)
        left = timeout if first is None else budget.seconds()  # of the whole call's time, which may be over by now
        try:
            if left is not None and left <= 0:
                raise TimeoutError
            sock = self._dial(addresses, timeout) if first is None else self._go_on(addresses, began, timeout, first)
        except TimeoutError as error:
            raise _tried(budget.ran_out(self, f"Connection to {self.host}", "connect"), addresses) from error
        except OSError as error:
            # Without a name for it here: with one, frame and error keep each other, and all frames of the call, alive.
            raise _tried(_failed(self, error), addresses) from error
        return _ready(self, sock, budget, began, undelayed=True)

    def _dial(self, addresses: list[Address], timeout: float | None) -> socket.socket:
        if len(addresses) > 1:
            return self._race(addresses, None if timeout is None else monotonic() + timeout)
        family, place = addresses[0]
        if _is_replaced(socket.create_connection):
            return socket.create_connection(place[:2], timeout, self.sockets.source_address)
        if self._flag is not None:
            return self._race(addresses, None if timeout is None else monotonic() + timeout)
        return self._opened(addresses[0], timeout)  # that function would look up the address again

    def _go_on(
        self, addresses: list[Address], began: float, timeout: float | None, first: socket.socket
    ) -> socket.socket:
        """Wait for the attempt that `begin` has begun, and begin others beside it."""
        ends = None if timeout is None else began + timeout
        if len(addresses) > 1 or self._flag is not None:
            return self._race(addresses, ends, began, first)
        with selectors.DefaultSelector() as selector:
            selector.register(first, selectors.EVENT_WRITE)
            if not selector.select(None if ends is None else max(0.0, ends - monotonic())):
                raise TimeoutError
        if code := first.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, os.strerror(code))
        return first

    def _race(
        self, addresses: list[Address], ends: float | None, began: float = 0.0, first: socket.socket | None = None
    ) -> socket.socket:
        """Connect to whichever address responds first, and close the other attempts.

        `ends`, `began`: moments; `first` is an attempt for the first address, if there is one since `began`.
        """
        begun = [] if first is None else [first]
        try:
            winner = self._winner(addresses, ends, began, begun)
            for sock in begun:
                if sock is not winner:
                    _close_quietly(sock)
        except BaseException:
            for sock in begun:
                _close_quietly(sock)
            raise
        return winner

    def _winner(
        self, addresses: list[Address], ends: float | None, began: float, begun: list[socket.socket]
    ) -> socket.socket:
        """Return the first socket to connect, on the schedule of `Race`; every one is appended to `begun`."""
        from ...sansio.connections.happy_eyeballs import Race

        race = Race(addresses)
        failures = [OSError("no address could be tried")]  # the last one, without a name (see `connect`)
        with selectors.DefaultSelector() as selector:
            select: _Select = selector.select
            if self._flag is not None:
                from ..cancelling import selecting

                select = selecting(selector, self._flag)
            for first in begun:
                race.due(began)
                selector.register(first, selectors.EVENT_WRITE)
            while not race.lost:
                now = monotonic()
                left = None if ends is None else max(0.0, ends - now)
                for address in race.due(now) if left != 0 else ():
                    try:
                        begun.append(self._opened(address, 0.0))
                        selector.register(begun[-1], selectors.EVENT_WRITE)
                    except OSError as error:
                        failures = [error]
                        race.failed(now)
                ready = (
                    select(min([each for each in (race.wait(now), left) if each is not None], default=None))
                    if selector.get_map()
                    else []
                )
                if left == 0 and not ready:
                    raise TimeoutError
                for key, _ in ready:
                    sock = key.fileobj
                    if TYPE_CHECKING:
                        assert isinstance(sock, socket.socket)
                    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    selector.unregister(sock)
                    if not code:
                        return sock
                    failures = [OSError(code, os.strerror(code))]
                    race.failed(monotonic())
        raise failures.pop()

    def _opened(self, address: Address, timeout: float | None) -> socket.socket:
        """Return a socket connected to one address; with a timeout of 0 one whose attempt has begun."""
        return _opened(*address, timeout, self._prepare)

    def _prepare(self, sock: socket.socket) -> None:
        for level, name, value in self.sockets.socket_options or ():
            try:
                sock.setsockopt(level, name, value)
            except (OSError, TypeError) as error:
                message = f"the socket option ({level}, {name}, {value!r}) was refused: {error}"
                raise NewConnectionError(self, message) from error
        if self.sockets.source_address is not None:
            sock.bind(self.sockets.source_address)


def _tried(error: ConnectTimeoutError, addresses: list[Address]) -> ConnectTimeoutError:
    """Note in an error where a connection was tried to."""
    error.addresses = tuple(str(address[0]) for _, address in addresses)
    return error


def _ready(
    connector: Connector, sock: socket.socket, budget: ConnectBudget, began: float, undelayed: bool = False
) -> socket.socket:
    """Return the socket that has connected, `undelayed` with TCP_NODELAY; it is closed where that fails."""
    try:
        if undelayed:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if budget.watch is None:
            budget.end("connect", began)
        else:  # only a watcher is told the addresses
            budget.end("connect", began, local_address=sock.getsockname(), remote_address=sock.getpeername())
        if budget.on_stream is not None:
            budget.on_stream(sock)
    except OSError as error:  # gone again already
        sock.close()
        raise _failed(connector, error) from error
    except BaseException:
        sock.close()
        raise
    return sock


class UnixConnector:
    """Connects to a Unix domain socket, where the URL's host is only a name for the Host field."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __str__(self) -> str:
        return f"UnixConnection(path={self.path!r})"

    __repr__ = __str__

    def connect(self, budget: ConnectBudget) -> socket.socket:
        family = getattr(socket, "AF_UNIX", None)
        if family is None:
            raise NewConnectionError(self, "this system has no Unix domain sockets")
        began = budget.begin("connect", addresses=[self.path])
        what = f"Connection to {self.path}"
        timeout = budget.for_step(self, what, "connect")
        try:
            sock = _opened(family, self.path, timeout)
        except TimeoutError as error:
            raise budget.ran_out(self, what, "connect") from error
        except OSError as error:
            raise _failed(self, error) from error
        return _ready(self, sock, budget, began)


def _opened(
    family: int, place: Any, timeout: float | None, prepare: Callable[[socket.socket], None] | None = None
) -> socket.socket:
    """Return a socket connected to `place`; with a timeout of 0 one whose attempt has begun.

    `prepare` is called with the socket before: some options (buffers, marks, devices) have no effect later.
    """
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        if prepare is not None:
            prepare(sock)
        sock.connect(place)
    except BaseException as error:
        if timeout != 0.0 or not isinstance(error, BlockingIOError):
            sock.close()
            raise
    return sock


def _failed(connector: object, error: OSError) -> NewConnectionError:
    return NewConnectionError(connector, f"Failed to establish a new connection: {error}")


def _close_quietly(sock: socket.socket) -> None:
    try:
        sock.close()
    except OSError:
        pass

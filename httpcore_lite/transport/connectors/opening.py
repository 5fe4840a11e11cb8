"""A connection that a program's own function opens, in the place of looking up and dialling.

Programs replace urllib3's `create_connection`: for a lookup of their own, for pinned addresses, as a guard against
requests to inner addresses. What stands there is called with urllib3's arguments, once for each new connection.
"""

from __future__ import annotations

import socket

from ...sansio.connections.addresses import effective_addresses
from ...sansio.errors import NameResolutionError, NewConnectionError
from .tcp import TCPConnector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...sansio.timeouts import ConnectBudget


class OpenedConnector(TCPConnector):
    """Has `sockets.opener` connect; `allow_address` judges where the socket that it returns leads."""

    def connect(self, budget: ConnectBudget) -> socket.socket:
        """Return the socket.

        ConnectTimeoutError, NameResolutionError, NewConnectionError as of dialling; what else the function raises goes
        through as it is, since a guard's own error is for the program.
        """
        began = budget.begin("connect", addresses=[self.host])
        what = f"Connection to {self.host}"
        timeout = budget.for_step(self, what, "connect")
        sockets = self.sockets
        assert sockets.opener is not None
        try:
            sock = sockets.opener(
                (self.host, self.port),
                timeout,
                source_address=sockets.source_address,
                socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), *(sockets.socket_options or ())],
            )
        except TimeoutError as error:
            raise budget.ran_out(self, what, "connect") from error
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except OSError as error:
            raise NewConnectionError(self, f"Failed to establish a new connection: {error}") from error
        try:
            self._judge(sock)
        except BaseException:
            sock.close()
            raise
        budget.end("connect", began)
        if budget.on_stream is not None:
            budget.on_stream(sock)
        return sock

    def _judge(self, sock: socket.socket) -> None:
        """Refuse a connection to an address that `allow_address` does not allow, before a byte is sent on it."""
        allow = self.sockets.allow_address
        if allow is None:
            return
        try:
            peer = str(sock.getpeername()[0])
            allowed = all(map(allow, effective_addresses(peer.partition("%")[0])))
        except (OSError, AttributeError, IndexError, ValueError) as error:
            message = f"allow_address cannot judge where the connection to {self.host} leads: {error}"
            raise NewConnectionError(self, message) from error
        if not allowed:
            raise NewConnectionError(self, f"allow_address refused the address of {self.host}: {peer}")

"""What can be seen of an exchange when it is over: how long each phase took, and over what connection it went.

A pure room: times are handed in, and nothing is asked of a socket here.
"""

from __future__ import annotations

from .values import Value


class ConnectTimings:
    """Seconds that the steps of opening a connection took, as they are noted; None for a step that there was not."""

    __slots__ = ("connect", "dns", "tls")

    def __init__(self) -> None:
        self.dns: float | None = None
        self.connect: float | None = None
        self.tls: float | None = None

    def add(self, step: str, seconds: float) -> None:
        """Add the seconds of a step; a way through a proxy can have two of a kind."""
        setattr(self, step, (getattr(self, step) or 0.0) + seconds)


class Timings(Value):
    """How long the phases of one exchange took, in seconds; None for a phase that there was not."""

    #: Waiting for a connection of a full pool.
    queue: float | None
    #: Looking up names.
    dns: float | None
    #: TCP, and the way through a proxy.
    connect: float | None
    #: TLS handshakes.
    tls: float | None
    #: The request, its body included.
    send: float
    #: Until the head of the response was there.
    wait: float
    #: From then to the body's end; None while it is being read.
    receive: float | None
    #: From the moment at which a connection was asked for to the body's end; None until then.
    total: float | None
    #: Whether the connection had served before.
    reused: bool

    def __repr__(self) -> str:
        phases = [name for name in self._fields[:-1] if getattr(self, name) is not None]
        shown = [f"{name}={getattr(self, name):.6f}" for name in phases]
        return f"Timings({', '.join([*shown, f'reused={self.reused}'])})"


class ConnectionInfo(Value):
    """Over what connection an exchange went."""

    #: Counts the connections of the process.
    number: int
    #: As `socket.getsockname()` and `getpeername()` give them; the latter of the proxy where there is one.
    local_address: object = None
    remote_address: object = None
    #: Of the TLS with the origin; None without TLS, as in the next two.
    tls_version: str | None = None
    cipher: str | None = None
    #: The origin's, as `ssl.SSLSocket.getpeercert()` gives it; empty if it was not verified.
    certificate: dict[str, object] | None = None
    #: Whether the TLS session was resumed.
    resumed: bool | None = None
    #: The proxy's URL without credentials.
    proxy: str | None = None

    def __repr__(self) -> str:
        names = ("local_address", "remote_address", "tls_version", "cipher", "resumed", "proxy")
        shown = [f"{name}={getattr(self, name)!r}" for name in names if getattr(self, name) is not None]
        return f"<ConnectionInfo #{self.number} {', '.join(shown)}>"

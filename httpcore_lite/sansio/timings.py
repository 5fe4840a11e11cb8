"""What can be seen of an exchange when it is over: how long each phase took, and over what connection it went.

A pure room: times are handed in, and nothing is asked of a socket here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Moments(Protocol):
        """The moments of an exchange on one clock, in seconds (`http1.exchange.Exchange`)."""

        began: float
        ready: float
        sent: float
        responded: float
        queued: float | None
        opening: ConnectTimings | None


class ConnectTimings:
    """Seconds that the steps of opening a connection took; None for a step that there was not."""

    __slots__ = ("connect", "dns", "tls")

    def __init__(self) -> None:
        self.dns: float | None = None
        self.connect: float | None = None
        self.tls: float | None = None

    def add(self, step: str, seconds: float) -> None:
        """Add the seconds of a step; a way through a proxy can have two of a kind."""
        setattr(self, step, (getattr(self, step) or 0.0) + seconds)


class Timings:
    """How long the phases of one exchange took, in seconds; None for a phase that there was not.

    queue: waiting for a connection of a full pool; dns: looking up names; connect: TCP, and the way through a proxy;
    tls: TLS handshakes; send: the request, its body included; wait: until the head of the response was there;
    receive: from then to the body's end, None while it is being read; total: all of it, from the moment at which a
    connection was asked for, and None until the body's end. `reused` says whether the connection had served before.
    """

    __slots__ = ("connect", "dns", "queue", "receive", "reused", "send", "tls", "total", "wait")

    def __init__(self, exchange: Moments, ended: float | None) -> None:
        opening = exchange.opening
        self.queue = exchange.queued
        self.dns = None if opening is None else opening.dns
        self.connect = None if opening is None else opening.connect
        self.tls = None if opening is None else opening.tls
        self.send = exchange.sent - exchange.ready
        # A server may answer before it has read all of the request.
        self.wait = max(0.0, exchange.responded - exchange.sent)
        self.receive = None if ended is None else ended - exchange.responded
        self.total = None if ended is None else ended - exchange.began
        self.reused = opening is None

    def __repr__(self) -> str:
        phases = ("queue", "dns", "connect", "tls", "send", "wait", "receive", "total")
        shown = [f"{name}={getattr(self, name):.6f}" for name in phases if getattr(self, name) is not None]
        return f"Timings({', '.join([*shown, f'reused={self.reused}'])})"


class ConnectionInfo:
    """Over what connection an exchange went.

    number: counts the connections of the process; local_address, remote_address: as `socket.getsockname()` gives them,
    the latter of the proxy where there is one; tls_version, cipher: of the TLS with the origin, None without TLS;
    certificate: the origin's, as `ssl.SSLSocket.getpeercert()` gives it, empty if it was not verified, None without
    TLS; resumed: whether the TLS session was, None without TLS; proxy: its URL without credentials, or None.
    """

    __slots__ = (
        "certificate",
        "cipher",
        "local_address",
        "number",
        "proxy",
        "remote_address",
        "resumed",
        "tls_version",
    )

    def __init__(
        self,
        number: int,
        *,
        local_address: Any = None,
        remote_address: Any = None,
        tls_version: str | None = None,
        cipher: str | None = None,
        certificate: dict[str, Any] | None = None,
        resumed: bool | None = None,
        proxy: str | None = None,
    ) -> None:
        self.number = number
        self.local_address = local_address
        self.remote_address = remote_address
        self.tls_version = tls_version
        self.cipher = cipher
        self.certificate = certificate
        self.resumed = resumed
        self.proxy = proxy

    def __repr__(self) -> str:
        names = ("local_address", "remote_address", "tls_version", "cipher", "resumed", "proxy")
        shown = [f"{name}={getattr(self, name)!r}" for name in names if getattr(self, name) is not None]
        return f"<ConnectionInfo #{self.number} {', '.join(shown)}>"

"""What can be seen of an exchange when it is over: how long each phase took, and over what connection it went.

A pure room: times are handed in, and nothing is asked of a socket here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass


class Opening:
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

    def __init__(self, marks: Marks, ended: float | None) -> None:
        opening = marks.opening
        self.queue: float | None = marks.queued
        self.dns: None | float = None if opening is None else opening.dns
        self.connect: None | float = None if opening is None else opening.connect
        self.tls: None | float = None if opening is None else opening.tls
        self.send: float = marks.sent - marks.ready
        # A server may answer before it has read all of the request.
        self.wait: float = max(0.0, marks.answered - marks.sent)
        self.receive: None | float = None if ended is None else ended - marks.answered
        self.total: None | float = None if ended is None else ended - marks.began
        self.reused: bool = opening is None

    def __repr__(self) -> str:
        phases = ("queue", "dns", "connect", "tls", "send", "wait", "receive", "total")
        shown = [f"{name}={getattr(self, name):.6f}" for name in phases if getattr(self, name) is not None]
        return f"Timings({', '.join([*shown, f'reused={self.reused}'])})"


class Marks:
    """The moments of one exchange on the clock of `time.monotonic()`, as they are noted on the way.

    began: a connection was asked for; ready: it was there; sent: the request was; answered: the head was there.
    """

    __slots__ = ("answered", "began", "opening", "queued", "ready", "sent")

    def __init__(self, began: float, ready: float, queued: float | None, opening: Opening | None) -> None:
        self.began: float = began
        self.ready: float = ready
        self.sent: float = ready
        self.answered: float = ready
        self.queued: float | None = queued
        self.opening: Opening | None = opening


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
        local_address: object = None,
        remote_address: object = None,
        tls_version: str | None = None,
        cipher: str | None = None,
        certificate: dict[str, object] | None = None,
        resumed: bool | None = None,
        proxy: str | None = None,
    ) -> None:
        self.number: int = number
        self.local_address: object = local_address
        self.remote_address: object = remote_address
        self.tls_version: str | None = tls_version
        self.cipher: str | None = cipher
        self.certificate: dict[str, object] | None = certificate
        self.resumed: bool | None = resumed
        self.proxy: str | None = proxy

    def __repr__(self) -> str:
        names = ("local_address", "remote_address", "tls_version", "cipher", "resumed", "proxy")
        shown = [f"{name}={getattr(self, name)!r}" for name in names if getattr(self, name) is not None]
        return f"<ConnectionInfo #{self.number} {', '.join(shown)}>"

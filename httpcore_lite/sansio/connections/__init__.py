"""Which connection, and what is said before it carries a request.

And what the connections of one pool have learnt of their peers.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..urllib3_log import Counts
    from .proxy_auth import Logins
    from .tls_sessions import SessionCache


class Memory:
    """What the connections of one pool have learnt of their peers: TLS sessions, and what proxies have asked for.

    By either of them a peer recognises a client that was there before. So they belong to the pool and to nothing beyond
    it, and a child begins without. Each is made when it is first needed; of two made at once the first one stays.
    """

    if TYPE_CHECKING:
        #: The TLS sessions to resume.
        sessions: SessionCache
        #: The challenges of proxies, and how often each was met.
        logins: Logins
        #: How many connections each route has had, for the log.
        counts: Counts

    def __getattr__(self, name: str) -> object:
        kind: type[SessionCache | Logins | Counts]
        if name == "sessions":
            from .tls_sessions import SessionCache as kind
        elif name == "logins":
            from .proxy_auth import Logins as kind
        elif name == "counts":
            from ..urllib3_log import Counts as kind
        else:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.__dict__.setdefault(name, kind())

    def forget_counts(self) -> None:
        """Begin the counts anew."""
        self.__dict__.pop("counts", None)

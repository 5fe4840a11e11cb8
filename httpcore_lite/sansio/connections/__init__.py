"""Which connection, and what is said before it carries a request.

And what the connections of one pool have learnt of their peers.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .proxy_auth import Logins
    from .tls_sessions import Sessions


class Memory:
    """What the connections of one pool have learnt of their peers: TLS sessions, and what proxies have asked for.

    By either of them a peer recognises a client that was there before. So they belong to the pool and to nothing beyond
    it, and a child begins without. Each is made when it is first needed; of two made at once the first one stays.
    """

    @property
    def sessions(self) -> Sessions:
        """The TLS sessions to resume."""
        found: Sessions | None = self.__dict__.get("_sessions")
        if found is None:
            from .tls_sessions import Sessions

            made: Sessions = self.__dict__.setdefault("_sessions", Sessions())
            return made
        return found

    @property
    def logins(self) -> Logins:
        """The challenges of proxies, and how often each was met."""
        found: Logins | None = self.__dict__.get("_logins")
        if found is None:
            from .proxy_auth import Logins

            made: Logins = self.__dict__.setdefault("_logins", Logins())
            return made
        return found

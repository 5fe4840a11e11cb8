"""TLS sessions, kept so that the next connection to the same peer shakes hands at half the price.

RFC 8446 section 2.2, RFC 5246 section 7.3.

OpenSSL does not look at the peer's name again when a session is resumed: whoever resumes is taken for whom he was taken
for at first. So a session is kept and offered only under everything that decided what was checked: the context
object, all the settings beside it, the name as it was verified, the port, and the proxy in between.

A pure room: sessions are opaque here, and nobody locks. `tls.py` offers them and takes them, under its lock.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from .routes import TLSSettings

    Key = tuple[TLSSettings, str, int, Any]

# Peers whose last session is kept for each context, the longest unused forgotten first; a session is a few kB.
MAX_SESSIONS: Final = 256


class Sessions:
    """The last session of each peer, for as long as the context lives that made it."""

    def __init__(self, most: int = MAX_SESSIONS) -> None:
        self._most = most
        self._by_context: WeakKeyDictionary[Any, dict[Key, Any]] = WeakKeyDictionary()

    def offer(self, context: Any, key: Key) -> Any:
        """Return the session to offer to this peer, None when there is none."""
        return self._by_context.get(context, {}).get(key)

    def keep(self, context: Any, key: Key, session: Any) -> None:
        """Keep the session of a connection whose peer was found to be the right one."""
        if session is None:
            return
        kept = self._by_context.setdefault(context, {})
        kept.pop(key, None)
        while len(kept) >= self._most:
            del kept[next(iter(kept))]
        kept[key] = session

    def forget(self, context: Any, key: Key) -> None:
        """Forget the session of a peer with which a handshake has failed."""
        self._by_context.get(context, {}).pop(key, None)

"""TLS sessions, kept so that the next connection to the same peer shakes hands at half the price.

RFC 8446 section 2.2, RFC 5246 section 7.3.

OpenSSL does not look at the peer's name again when a session is resumed: a peer that resumes is taken for what it was
taken for at first. So a session is kept and offered only under everything that decided what was checked: the context
object and what it said of itself, all the settings beside it, the name as it was verified, the port, and the proxy in
between. And since a server recognises its client by a ticket, each connection pool has sessions of its own.

A pure room: sessions are opaque here, and nothing is locked. `tls.py` offers them and takes them, under its lock.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from typing import Final

    from .routes import TLSSettings

    # Settings, name, port, proxy, and what a caller's context said.
    Key = tuple[TLSSettings, str, int, object, tuple[object, ...]]

# How often in a row a peer may decline to resume before its sessions are not read any more: some never resume.
PATIENCE: Final = 3
# Peers whose last session is kept for each context, the longest unused forgotten first; a session is a few kB.
MAX_SESSIONS: Final = 256


class _Peer:
    """What is known of a peer: its session, and how many new connections in a row did not resume one."""

    __slots__ = ("declined", "session")

    def __init__(self) -> None:
        self.session: ssl.SSLSession | None = None
        self.declined = 0


class SessionCache:
    """What one pool has: a session of each peer, for as long as the context lives that made it."""

    def __init__(self, most: int = MAX_SESSIONS) -> None:
        self._most = most
        self._by_context: WeakKeyDictionary[object, dict[Key, _Peer]] = WeakKeyDictionary()

    def offer(self, context: object, key: Key) -> ssl.SSLSession | None:
        """Return the session to offer to this peer, None when there is none."""
        peer = self._by_context.get(context, {}).get(key)
        return None if peer is None else peer.session

    def wants(self, context: object, key: Key, resumed: bool) -> bool:
        """Tell whether the session of a new connection, which `resumed` one or not, should be read and kept.

        Reading one costs memory for ever: CPython (3.10 to 3.13 at least) makes two copies of it and frees one, some
        6 kB. So a session that was resumed stays in use, and that of a peer that never resumes is not read again.
        """
        peer = self._peer(context, key)
        if resumed:
            peer.declined = 0
            return False
        peer.declined += 1
        return peer.declined <= PATIENCE

    def keep(self, context: object, key: Key, session: ssl.SSLSession | None) -> None:
        """Keep the session of a connection whose peer was found to be the right one."""
        if session is not None:
            self._peer(context, key).session = session

    def forget(self, context: object, key: Key) -> None:
        """Forget the session of a peer with which a handshake has failed."""
        self._by_context.get(context, {}).pop(key, None)

    def _peer(self, context: object, key: Key) -> _Peer:
        """Return what is known of a peer, now the one asked for last."""
        known = self._by_context.setdefault(context, {})
        peer = known.pop(key, None) or _Peer()
        while len(known) >= self._most:
            del known[next(iter(known))]
        known[key] = peer
        return peer

"""What a proxy wants to hear before it serves: Basic (RFC 7617) or Digest (RFC 7616), by its Proxy-Authenticate field.

    407 ──learn()──▶ a Login that knows the challenge ──answer()──▶ Proxy-Authorization of this and the next requests

How often a nonce was used tells a proxy that two requests are of one client, so each pool counts for itself.

A pure room: the client's own nonce is handed in.
"""

from __future__ import annotations

from itertools import count

from .digest import answer, choose, parse_challenges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from .routes import ProxyRoute

# Proxies whose challenge a pool remembers; a program that makes up credentials must not fill memory.
MAX_LOGINS: Final = 64


class Login:
    """One user at one proxy. Safe in threads."""

    def __init__(self, username: str, password: str) -> None:
        self.username = username
        self.password = password
        # (parameters of the Digest challenge or None for Basic, uses of its nonce), replaced as a whole.
        self._known: tuple[dict[str, str] | None, Any] | None = None

    def learn(self, field: str, sent: str | None) -> bool:
        """Take note of a Proxy-Authenticate field; returns whether asking again with an answer makes sense.

        `sent` is the Proxy-Authorization of the request that was refused: the same answer again would be in vain.
        """
        challenge = choose(field)
        tried = (sent or "").partition(" ")[0].lower()
        if challenge is not None and "realm" in challenge:
            # Refused although the nonce was good: the name or the password is wrong. With a fresh nonce that is not
            # said, since a proxy may have forgotten the old one.
            stale = challenge.get("stale", "").lower() == "true"
            known = self._known[0] if self._known else None
            same = known is not None and known.get("nonce") == challenge.get("nonce")
            if tried == "digest" and same and not stale:
                return False
            self._known = (challenge, count(1))
            return True
        if tried != "basic" and any(found.scheme.lower() == "basic" for found in parse_challenges(field)):
            self._known = (None, None)
            return True
        return False

    def answer(self, method: str, target: str, cnonce: str, body: bytes | None = None) -> str | None:
        """Return the value of a Proxy-Authorization field; None as long as nothing was learnt."""
        known = self._known
        if known is None:
            return None
        challenge, uses = known
        if challenge is None:
            from . import basic

            return basic.credentials(f"{self.username}:{self.password}", "utf-8")
        return answer(
            challenge,
            method=method,
            uri=target,
            username=self.username,
            password=self.password,
            nonce_count=next(uses),
            cnonce=cnonce,
            body=body,
        )


class Logins:
    """What one pool knows of each user at each proxy. Safe in threads: each step is one that nothing can divide."""

    def __init__(self, most: int = MAX_LOGINS) -> None:
        self._most = most
        self._known: dict[ProxyRoute, Login] = {}

    def of(self, proxy: ProxyRoute) -> Login | None:
        """Return what is known of this user at this proxy; None without credentials."""
        if proxy.auth is None:
            return None
        login = self._known.get(proxy)
        if login is None:
            while len(self._known) >= self._most:
                self._known.pop(next(iter(list(self._known)), proxy), None)
            login = self._known.setdefault(proxy, Login(*proxy.auth))
        return login

"""What a proxy wants to hear before it serves: Basic (RFC 7617) or Digest (RFC 7616), by its Proxy-Authenticate field.

    407 ──learn()──▶ a Login with its challenge ──credentials()──▶ Proxy-Authorization of this request and the next

How often a nonce was used tells a proxy that two requests are of one client, so each pool counts for itself.

A pure room: the client's own nonce is handed in.
"""

from __future__ import annotations

from itertools import count

from . import digest
from .digest import choose, parse_challenges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from ..http1.request_body import OutgoingBody
    from .routes import ProxyRoute

# Proxies whose challenge a pool remembers; a program that makes up credentials must not fill memory.
MAX_LOGINS: Final = 64


class Login:
    """One user at one proxy. Safe in threads."""

    def __init__(self, username: str, password: str) -> None:
        self.username = username
        self.password = password
        # (parameters of the Digest challenge or None for Basic, uses of its nonce), replaced as a whole.
        self._known: tuple[dict[str, str] | None, Iterator[int]] | None = None

    def learn(self, field: str, sent: str | None) -> bool:
        """Take note of a Proxy-Authenticate field; returns whether asking again with credentials makes sense.

        `sent` is the Proxy-Authorization of the request that was refused: the same credentials again would be in vain.
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
            self._known = (None, count(1))
            return True
        return False

    def credentials(self, method: str, target: str, cnonce: str, body: bytes | None = None) -> str | None:
        """Return the value of a Proxy-Authorization field; None as long as nothing was learnt."""
        known = self._known
        if known is None:
            return None
        challenge, uses = known
        if challenge is None:
            from . import basic

            return basic.credentials(f"{self.username}:{self.password}", "utf-8")
        return digest.credentials(
            challenge,
            method=method,
            uri=target,
            username=self.username,
            password=self.password,
            nonce_count=next(uses),
            cnonce=cnonce,
            body=body,
        )


class Negotiation:
    """Of one request to a proxy: with which credentials it is sent, and whether it is sent once more after a 407.

    `login`: what is known of the user, or None; `given`: the program's own Proxy-Authorization, which is sent as long
    as the proxy has asked for nothing else.
    """

    def __init__(self, login: Login | None, given: str | None) -> None:
        self._login = login
        self._given = given
        self._sent: str | None = None
        self._asked_again = False

    def authorization(self, method: str, target: str, cnonce: str, body: bytes | None = None) -> str | None:
        """Return the Proxy-Authorization to send now, None for none."""
        known = None if self._login is None else self._login.credentials(method, target, cnonce, body)
        self._sent = self._given if known is None else known
        return self._sent

    def asks_again(self, status: int, challenges: list[str]) -> bool:
        """Whether to send the request once more after this response and its Proxy-Authenticate fields."""
        if status != 407 or self._login is None or self._asked_again:
            return False
        self._asked_again = True
        return self._login.learn(", ".join(challenges), self._sent)

    @staticmethod
    def may_stay(body: OutgoingBody) -> bool:
        """Whether to ask again on the same connection.

        A proxy that has refused a body may be at a loss with what follows it: squid 5 is, from 64 KiB on.
        """
        return body.data == b""


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

"""What a pool knows of its users at proxies."""

from __future__ import annotations

from httpcore_lite.sansio.connections import Memory
from httpcore_lite.sansio.connections.proxy_auth import Logins
from httpcore_lite.sansio.connections.routes import ProxyRoute


def proxy(user: str, host: str = "proxy.test") -> ProxyRoute:
    return ProxyRoute("http", host, 3128, auth=(user, "pw"))


def test_a_user_at_a_proxy_has_one_login_and_others_have_their_own() -> None:
    logins = Logins()
    assert logins.of(proxy("a")) is logins.of(proxy("a"))
    assert len({id(logins.of(route)) for route in (proxy("a"), proxy("b"), proxy("a", "other.test"))}) == 3


def test_without_credentials_there_is_nothing_to_know() -> None:
    assert Logins().of(ProxyRoute("http", "proxy.test", 3128)) is None


def test_no_more_logins_are_kept_than_the_bound_says_and_the_oldest_goes() -> None:
    logins = Logins(most=2)
    first, second = logins.of(proxy("1")), logins.of(proxy("2"))
    logins.of(proxy("3"))
    assert len(logins._known) == 2
    assert logins.of(proxy("2")) is second
    assert logins.of(proxy("1")) is not first


def test_what_one_pool_remembers_is_its_own_and_made_once() -> None:
    one, other = Memory(), Memory()
    assert (one.sessions, one.logins) == (one.sessions, one.logins)
    assert one.sessions is not other.sessions
    assert one.logins is not other.logins

"""Two requests share a connection only when their routes are equal: every field decides."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from httpcore_lite.sansio.connections.routes import DEFAULT_SOCKETS, ProxyRoute, Route, SocketOptions, TLSSettings

SECRET = "hunter2-do-not-show"

# For each class what is needed to make one, and for each field two values that must not share a connection.
TLS_CHANGES: dict[str, tuple[Any, Any]] = {
    "verify": (True, False),
    "ca_certs": (None, "/ca.pem"),
    "ca_cert_dir": (None, "/ca"),
    "ca_cert_data": (None, b"der"),
    "system_trust": (False, True),
    "cert_file": (None, "/client.pem"),
    "key_file": (None, "/client.key"),
    "cert_data": (None, b"cert"),
    "key_data": (None, b"key"),
    "key_password": (None, "password"),
    "ssl_context": (None, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)),
    "server_hostname": (None, "name.test"),
    "assert_hostname": (None, False),
    "assert_fingerprint": (None, "ab" * 32),
    "ssl_minimum_version": (None, ssl.TLSVersion.TLSv1_3),
    "ssl_maximum_version": (None, ssl.TLSVersion.TLSv1_2),
    "ciphers": (None, "ECDHE+AESGCM"),
    "options": (None, 1),
}
SOCKET_CHANGES: dict[str, tuple[Any, Any]] = {
    "source_address": (None, ("127.0.0.1", 0)),
    "socket_options": (None, ((1, 9, 1),)),
    "family": (None, 2),
    "resolver": (None, print),
    "resolve": ((), (("a.test:80", "192.0.2.1"),)),
    "allow_address": (None, bool),
    "uds": (None, "/run/socket"),
    "opener": (None, print),
}
PROXY_CHANGES: dict[str, tuple[Any, Any]] = {
    "scheme": ("http", "https"),
    "host": ("proxy.test", "other.test"),
    "port": (3128, 8080),
    "auth": (None, ("user", "password")),
    "headers": ((), (("Proxy-Authorization", "Basic x"),)),
    "tls": (None, TLSSettings()),
}
ROUTE_CHANGES: dict[str, tuple[Any, Any]] = {
    "scheme": ("http", "https"),
    "host": ("example.org", "example.com"),
    "port": (80, 8080),
    "tls": (None, TLSSettings()),
    "proxy": (None, ProxyRoute("http", "proxy.test", 3128)),
    "sockets": (DEFAULT_SOCKETS, SocketOptions(uds="/run/socket")),
    "forwarding": (False, True),
}
CLASSES: list[tuple[type, dict[str, tuple[Any, Any]]]] = [
    (TLSSettings, TLS_CHANGES),
    (SocketOptions, SOCKET_CHANGES),
    (ProxyRoute, PROXY_CHANGES),
    (Route, ROUTE_CHANGES),
]
CASES = [(kind, changes, name) for kind, changes in CLASSES for name in changes]


def plain(changes: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {name: first for name, (first, _) in changes.items()}


@pytest.mark.parametrize(("kind", "changes"), CLASSES)
def test_no_field_is_left_out_of_these_tests(kind: Any, changes: dict[str, tuple[Any, Any]]) -> None:
    assert sorted(kind._fields) == sorted(changes)


@pytest.mark.parametrize(("kind", "changes"), CLASSES)
def test_equal_values_are_one_key(kind: Any, changes: dict[str, tuple[Any, Any]]) -> None:
    for given in (plain(changes), {name: second for name, (_, second) in changes.items()}):
        first, second = kind(**given), kind(**given)
        assert first == second
        assert hash(first) == hash(second)
        assert len({first: 1, second: 2}) == 1


@pytest.mark.parametrize(("kind", "changes", "name"), CASES)
def test_changing_any_one_field_makes_another_key(kind: Any, changes: dict[str, tuple[Any, Any]], name: str) -> None:
    base = kind(**plain(changes))
    other = kind(**{**plain(changes), name: changes[name][1]})
    assert getattr(other, name) == changes[name][1]
    assert other != base
    assert not other == base  # noqa: SIM201 - both operators count
    assert len({base, other}) == 2


@pytest.mark.parametrize("name", TLS_CHANGES)
def test_a_tls_setting_that_differs_keeps_routes_and_proxies_apart(name: str) -> None:
    changed: Any = {name: TLS_CHANGES[name][1]}
    one, other = TLSSettings(), TLSSettings(**changed)
    assert Route("https", "a.test", 443, tls=one) != Route("https", "a.test", 443, tls=other)
    proxies = [ProxyRoute("https", "proxy.test", 443, tls=tls) for tls in (one, other)]
    assert Route("https", "a.test", 443, proxy=proxies[0]) != Route("https", "a.test", 443, proxy=proxies[1])


def test_values_of_different_classes_are_never_equal() -> None:
    class Subclass(SocketOptions):
        __slots__ = ()

    assert SocketOptions() != Subclass()
    assert SocketOptions() != TLSSettings()
    assert SocketOptions() != ()
    assert Route("http", "a.test", 80) != "http://a.test:80"
    assert (SocketOptions() == ()) is False


def test_an_equal_hash_is_not_enough_to_share_a_connection() -> None:
    one, other = TLSSettings(options=-1), TLSSettings(options=-2)
    assert hash(one) == hash(other), "CPython hashes both numbers alike; else this test asks nothing"
    assert one != other


def test_an_own_ssl_context_is_told_apart_by_identity() -> None:
    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2)]
    assert TLSSettings(ssl_context=contexts[0]) == TLSSettings(ssl_context=contexts[0])
    assert TLSSettings(ssl_context=contexts[0]) != TLSSettings(ssl_context=contexts[1])


def test_what_is_given_to_the_assertions_about_names_counts_by_value() -> None:
    values: list[Any] = [None, False, "a.test", "b.test"]
    assert len({TLSSettings(assert_hostname=value) for value in values}) == len(values)


# -- what people read --------------------------------------------------------------------------------------------


def test_no_secret_is_ever_shown() -> None:
    tls = TLSSettings(key_password=SECRET, cert_data=SECRET.encode(), key_data=SECRET.encode(), cert_file="/c.pem")
    headers = (("Proxy-Authorization", SECRET),)
    proxy = ProxyRoute("https", "proxy.test", 443, auth=("someone", SECRET), headers=headers, tls=tls)
    route = Route("https", "a.test", 443, tls=tls, proxy=proxy)
    for value in (tls, proxy, route):
        for text in (repr(value), str(value), f"{value}", repr([value])):
            assert SECRET not in text
    assert "someone" not in repr(proxy)


def test_repr_of_tls_settings_names_what_was_set() -> None:
    assert repr(TLSSettings()) == "TLSSettings()"
    assert repr(TLSSettings(verify=False)) == "TLSSettings(verify=False)"
    assert "ca_certs='/ca.pem'" in repr(TLSSettings(ca_certs="/ca.pem"))


@pytest.mark.parametrize(
    ("scheme", "socks"),
    [("http", False), ("https", False), ("socks4", True), ("socks4a", True), ("socks5", True), ("socks5h", True)],
)
def test_a_proxy_knows_whether_it_is_socks(scheme: str, socks: bool) -> None:
    assert ProxyRoute(scheme, "proxy.test", 1080).is_socks is socks


@pytest.mark.parametrize(
    ("scheme", "host", "port", "authority"),
    [
        ("http", "a.test", 80, "a.test"),
        ("https", "a.test", 443, "a.test"),
        ("http", "a.test", 443, "a.test:443"),
        ("https", "a.test", 80, "a.test:80"),
        ("http", "::1", 80, "[::1]"),
        ("http", "::1", 8080, "[::1]:8080"),
        ("http", "fe80::1%eth0", 80, "[fe80::1]"),
    ],
)
def test_the_authority_is_what_a_host_field_needs(scheme: str, host: str, port: int, authority: str) -> None:
    assert Route(scheme, host, port).authority == authority


def test_routes_and_proxies_are_shown_as_people_write_them() -> None:
    proxy = ProxyRoute("socks5", "::1", 1080)
    assert repr(proxy) == "socks5://[::1]:1080"
    assert Route("http", "::1", 80).origin == "http://[::1]:80"
    assert str(Route("https", "a.test", 443)) == "HTTPSConnectionPool(host='a.test', port=443)"
    assert repr(Route("http", "a.test", 80)) == "<Route http://a.test:80>"
    assert repr(Route("http", "a.test", 80, proxy=proxy)) == "<Route http://a.test:80 via socks5://[::1]:1080>"


@pytest.mark.parametrize(
    ("route", "early"),
    [
        (Route("http", "a.test", 80), True),
        (Route("https", "a.test", 443, tls=TLSSettings(ca_certs="/ca.pem")), True),
        (Route("http", "proxy.test", 3128, forwarding=True), True),
        (Route("http", "a.test", 80, sockets=SocketOptions(resolve=(("a.test:80", "127.0.0.1"),))), True),
        (Route("http", "a.test", 80, proxy=ProxyRoute("http", "proxy.test", 3128)), False),
        (Route("http", "a.test", 80, sockets=SocketOptions(uds="/socket")), False),
        (Route("http", "a.test", 80, sockets=SocketOptions(opener=print)), False),
        *((Route("https", "a.test", 443, tls=TLSSettings(**{name: "x"})), False) for name in ("cert_file", "ciphers")),
        *(
            (Route("https", "a.test", 443, tls=TLSSettings(**{name: b"x"})), False)
            for name in ("cert_data", "ca_cert_data")
        ),
    ],
)
def test_connecting_may_begin_early_where_nothing_else_is_to_be_found_out_first(route: Route, early: bool) -> None:
    assert route.may_begin_early is early

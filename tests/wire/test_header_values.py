"""What a program sets as a field's value after the request was prepared: sent as http.client does, or named."""

from __future__ import annotations

import enum
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import httpcore_lite as ours
from httpcore_lite.sansio.errors import InvalidHeader
from httpcore_lite.sansio.http1.request_heads import RequestHeads, trailer_fields
from httpcore_lite.urllib3_api.poolmanager import PoolManager, ProxyManager
from support.certificates import ca_path
from support.servers import EchoServer, ProxyServer, tls_echo_server


class Level(enum.IntEnum):
    HIGH = 3


class Count(int):
    """A number of the program's own."""


def by_auth(client: ModuleType, url: str, value: Any, session: Any) -> Any:
    def auth(request: Any) -> Any:
        request.headers["X-T"] = value
        return request

    return session.get(url, auth=auth, timeout=5)


def by_adapter(client: ModuleType, url: str, value: Any, session: Any) -> Any:
    values = [value]  # once: the next request on the session is as usual

    class Adapter(client.adapters.HTTPAdapter):  # type: ignore[name-defined,misc]
        def add_headers(self, request: Any, **kwargs: Any) -> None:
            if values:
                request.headers["X-T"] = values.pop()

    session.mount("http://", Adapter())
    return session.get(url, timeout=5)


def by_prepared(client: ModuleType, url: str, value: Any, session: Any) -> Any:
    prepared = session.prepare_request(client.Request("POST", url, data=b"body"))
    prepared.headers["X-T"] = value
    prepared.headers["Content-Length"] = len(prepared.body)
    return session.send(prepared, timeout=5)


WAYS = [by_auth, by_adapter, by_prepared]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", [1_700_000_000, 0, -5, True, 10**30, Count(7), Level.HIGH, b"bytes"])
def test_an_int_is_sent_as_its_digits(either: ModuleType, way: Callable[..., Any], value: Any) -> None:
    with EchoServer() as server, either.Session() as session:
        assert way(either, server.url("/"), value, session).status_code == 200
        assert server.requests[0].get("X-T") == (value.decode() if isinstance(value, bytes) else str(value))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", [1.5, ["a"], object, {}, b"x".join])
def test_what_is_no_text_is_refused_with_its_type_and_nothing_is_sent(way: Callable[..., Any], value: Any) -> None:
    with EchoServer() as server, ours.Session() as session:
        with pytest.raises(ours.exceptions.InvalidHeader, match=f"X-T.*{type(value).__name__}"):
            way(ours, server.url("/"), value, session)
        assert server.requests == []
        assert session.get_adapter(server.url("/")).pool.stats().open == 0


@pytest.mark.parametrize("name", [5, 1.5, bytearray(b"X"), None, "\ud800"])
def test_a_name_that_is_no_text_is_refused_with_its_type(name: Any) -> None:
    for build in (lambda: RequestHeads().build("GET", "/", [(name, "x")], "h"), lambda: trailer_fields([(name, "x")])):
        with pytest.raises(InvalidHeader, match=r"must be of type str or bytes|is no name for a header"):
            build()
    with EchoServer() as server, PoolManager() as manager, pytest.raises((InvalidHeader, AttributeError)):
        manager.request("GET", server.url("/"), headers=[(name, "x")])


def test_trailers_take_ints_and_refuse_the_rest() -> None:
    assert trailer_fields({"X-Count": 5, "X-No": None}) == [(b"X-Count", b"5")]
    with pytest.raises(InvalidHeader, match="X-Count.*float"):
        trailer_fields({"X-Count": 5.0})
    with EchoServer() as server:
        ours.post(server.url("/"), data=b"x", trailers={"X-Count": 5}, timeout=5)
        assert server.requests[0].trailers == [("X-Count", "5")]
        with pytest.raises(ours.exceptions.InvalidHeader, match="float"):
            ours.post(server.url("/"), data=b"x", trailers={"X-Count": 5.0}, timeout=5)


def _through(value: Any) -> type[ours.adapters.HTTPAdapter]:
    class Adapter(ours.adapters.HTTPAdapter):
        def proxy_headers(self, proxy: str) -> dict[str, Any]:
            return {"X-T": value}

    return Adapter


@pytest.mark.parametrize("secure", [False, True])
def test_a_proxys_fields_may_be_ints_and_nothing_odd(secure: bool) -> None:
    with tls_echo_server() if secure else EchoServer() as server, ProxyServer() as proxy, ours.Session() as session:
        session.proxies = {"http": proxy.url(""), "https": proxy.url("")}
        session.verify = ca_path()
        session.mount("http://", _through(7)())
        session.mount("https://", _through(7)())
        assert session.get(server.url("/"), timeout=5).status_code == 200
        assert proxy.requests[0].get("X-T") == "7"
        for value in (1.5, ["a"], {}):
            session.mount("http://", _through(value)())
            session.mount("https://", _through(value)())
            with pytest.raises(ours.exceptions.RequestException, match=type(value).__name__):
                session.get(server.url("/"), timeout=5)


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    with pytest.raises(InvalidHeader) as caught:
        RequestHeads().build("GET", "/", [("Authorization", ["s3cret"])], "h")  # type: ignore[list-item]
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second", "expected"), [(1, True, b"True"), (True, 1, b"1"), (1, "1", b"1"), (0, False, b"False")]
)
def test_values_that_are_equal_and_not_the_same_are_told_apart(first: Any, second: Any, expected: bytes) -> None:
    heads = RequestHeads()
    heads.build("GET", "/", [("X-T", first)], "h")
    request = heads.build("GET", "/", [("X-T", second)], "h")
    assert dict(request.headers)[b"x-t"] == expected
    with pytest.raises(InvalidHeader, match="float"):
        heads.build("GET", "/", [("X-T", float(first))], "h")


def test_a_value_that_was_changed_in_its_place_is_seen() -> None:
    heads, value = RequestHeads(), bytearray(b"one")
    heads.build("GET", "/", [("X-T", value)], "h")  # type: ignore[list-item]
    value[:] = b"two"
    assert dict(heads.build("GET", "/", [("X-T", value)], "h").headers)[b"x-t"] == b"two"  # type: ignore[list-item]


def test_a_remembered_head_has_the_host_of_its_own_target() -> None:
    hosts = ("a.example", "b.example", "a.example")
    with EchoServer() as proxy, ProxyManager(proxy.url("")) as manager:
        pool = manager.connection_from_host("a.example", 80, "http")
        for host in hosts:
            pool.urlopen("GET", f"http://{host}/", assert_same_host=False, retries=False)
        assert [(request.target, request.get("Host")) for request in proxy.requests] == [
            (f"http://{host}/", host) for host in hosts
        ]

"""What programs do with urllib3's names (pools, managers, header dicts, raw responses), beside the installed one."""

from __future__ import annotations

import io
import ssl
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3
from urllib3._collections import HTTPHeaderDict as TheirHeaders
from urllib3.util.retry import Retry as TheirRetry

import httpcore_lite as client
from httpcore_lite import Retry, Timeouts
from httpcore_lite.sansio import errors
from httpcore_lite.sansio.http1.headers import HTTPHeaderDict
from httpcore_lite.urllib3_api import poolmanager as ours
from httpcore_lite.urllib3_api._settings import pinned_version, verifies
from httpcore_lite.urllib3_api.connectionpool import HTTPConnectionPool, HTTPSConnectionPool, connection_from_url
from support.messages import chunked_response, response
from support.scripted import Peer, close, receive, receive_head, send, stall
from support.servers import EchoServer

BOTH = [
    pytest.param((ours.PoolManager, HTTPConnectionPool, Retry, connection_from_url), id="ours"),
    pytest.param(
        (urllib3.PoolManager, urllib3.HTTPConnectionPool, TheirRetry, urllib3.connection_from_url), id="urllib3"
    ),
]


# -- pools and managers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", BOTH)
def test_a_manager_sends_follows_redirects_and_ends_with_its_block(library: Any) -> None:
    manager_class, _, retry_class, _ = library
    with EchoServer() as server, manager_class(num_pools=2) as manager:
        assert manager.request("GET", server.url("/plain")).status == 200
        moved = manager.request("GET", server.url("/redirect/303?to=/there"))
        assert moved.json()["target"] == "/there"
        stopped = manager.request("GET", server.url("/redirect/302?to=/x"), redirect=False)
        assert stopped.status == 302
        counted = manager.request("GET", server.url("/redirect/302?to=/x"), retries=3)
        assert counted.retries.total == 2
        kept = manager.request("GET", server.url("/loop"), retries=retry_class(redirect=1, raise_on_redirect=False))
        assert kept.status in (301, 302)
        with pytest.raises(Exception, match="Max retries exceeded|too many redirects") as caught:
            manager.request("GET", server.url("/loop"), retries=retry_class(redirect=1))
        assert type(caught.value).__name__ == "MaxRetryError"


@pytest.mark.parametrize("library", BOTH)
def test_a_pool_sends_to_one_origin_and_follows_its_redirects(library: Any) -> None:
    _, pool_class, retry_class, _ = library
    with EchoServer() as server, pool_class("127.0.0.1", server.port, timeout=5) as pool:
        assert pool.request("GET", "/plain").status == 200
        assert pool.request("POST", "/redirect/303?to=/there", body=b"x").json()["method"] == "GET"
        assert pool.urlopen("GET", "/plain", pool_timeout=3).status == 200
        last = pool.request("GET", "/loop", retries=retry_class(redirect=1, raise_on_redirect=False))
        assert last.status in (301, 302)
        with pytest.raises(Exception, match="redirects") as caught:
            pool.request("GET", "/loop", retries=retry_class(redirect=1))
        assert type(caught.value).__name__ == "MaxRetryError"
        with pytest.raises(Exception, match="another.test") as foreign:
            pool.request("GET", "http://another.test/")
        assert type(foreign.value).__name__ == "HostChangedError"


@pytest.mark.parametrize("library", BOTH)
def test_fields_json_and_bodies_exclude_each_other(library: Any) -> None:
    manager_class = library[0]
    with EchoServer() as server, manager_class() as manager:
        url = server.url("/")
        manager.request("POST", url, json={"ü": [1]})
        manager.request("POST", url, json={}, headers={"content-type": "application/x"})
        manager.request("POST", url, fields={"a": "b"}, encode_multipart=False)
        manager.request("POST", url, fields={"f": ("n.txt", b"c")}, multipart_boundary="B")
        manager.request("GET", url, fields={"q": "1 2"})
        told = [(each.get("Content-Type"), each.payload, each.target) for each in server.requests]
        assert told == [
            ("application/json", '{"ü":[1]}'.encode(), "/"),
            ("application/x", b"{}", "/"),
            ("application/x-www-form-urlencoded", b"a=b", "/"),
            ("multipart/form-data; boundary=B", told[3][1], "/"),
            (None, b"", "/?q=1+2"),
        ]
        assert b'name="f"; filename="n.txt"' in told[3][1]
        with pytest.raises(TypeError, match="body"):
            manager.request("POST", url, body=b"x", json={})
        with pytest.raises(TypeError, match="body"):
            manager.request("POST", url, body=b"x", fields={"a": "b"})


@pytest.mark.parametrize("library", BOTH)
def test_an_origin_without_a_host_or_of_an_unknown_scheme_is_refused(library: Any) -> None:
    manager_class, pool_class, _, from_url = library
    manager = manager_class()
    for ask in (
        lambda: manager.connection_from_host("", 80),
        lambda: pool_class(""),
        lambda: manager.connection_from_host("h.test", 80, "gopher"),
    ):
        with pytest.raises(ValueError) as caught:
            ask()
        assert "LocationValueError" in {cls.__name__ for cls in type(caught.value).__mro__}
    assert from_url("http://h.test:81/x").port == 81
    assert from_url("https://h.test").port == 443


def test_our_manager_keeps_a_pool_for_each_origin_and_settings() -> None:
    manager = ours.PoolManager(maxsize=2)
    first = manager.connection_from_host("h.test", 80)
    assert manager.connection_from_url("http://h.test/") is not None
    assert manager.connection_from_host("h.test", 80) is first
    listed = manager.connection_from_host("h.test", 80, pool_kwargs={"socket_options": [(6, 1, 1)]})
    assert manager.connection_from_host("h.test", 80, pool_kwargs={"socket_options": [(6, 1, 1)]}) is listed
    assert listed is not first
    context = {"scheme": "http", "host": "h.test", "port": 80}
    assert manager.connection_from_context(context) is not None
    assert len(manager.pools) == len(manager.pools.keys()) == len(manager.pools.values())
    assert manager.pools.keys()[0] in manager.pools
    assert manager.pools[manager.pools.keys()[0]] is first
    manager.connection_pool_kw["maxsize"] = 3
    assert manager.connection_from_host("h.test", 80) is not first  # changed settings count from now on
    for number in range(1100):
        manager.connection_from_host("h.test", number)
    assert len(manager.pools) == 1024


def test_a_manager_of_urllib3_is_taken_for_its_settings_unless_it_is_more_than_that() -> None:
    theirs = urllib3.PoolManager(7, headers={"X": "y"}, maxsize=3)
    twin = ours.adopted_manager(theirs)
    assert isinstance(twin, ours.PoolManager)
    assert twin.connection_pool_kw is theirs.connection_pool_kw
    assert ours.adopted_manager(theirs) is twin
    proxied = ours.adopted_manager(urllib3.ProxyManager("http://user:pw@proxy.test:3128", proxy_headers={"P": "q"}))
    assert isinstance(proxied, ours.ProxyManager)
    assert proxied.proxy_headers == {"P": "q"}

    class More(urllib3.PoolManager):
        pass

    special = urllib3.PoolManager()
    special.pool_classes_by_scheme = {"http": object}
    for manager in (More(), special, object()):
        assert ours.adopted_manager(manager) is manager


def test_a_socks_manager_wants_a_socks_proxy() -> None:
    manager = ours.SOCKSProxyManager("socks5://proxy.test:1080", "user")
    assert manager.proxy_config.auth == ("user", "")
    with pytest.raises(ValueError, match="SOCKS version"):
        ours.SOCKSProxyManager("http://proxy.test:1080")


@pytest.mark.parametrize(
    ("asked", "context", "expected"),
    [(None, None, True), ("CERT_NONE", None, False), ("required", None, True), (ssl.CERT_NONE, None, False),
     (ssl.CERT_OPTIONAL, None, True), (None, SimpleNamespace(verify_mode=0), False)],
)  # fmt: skip
def test_whether_a_pool_verifies_is_said_in_each_of_urllib3s_ways(asked: Any, context: Any, expected: bool) -> None:
    assert verifies(asked, context) is expected


def test_one_version_of_tls_is_a_lower_and_an_upper_bound() -> None:
    twelve, thirteen = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    assert pinned_version("TLSv1_2") == pinned_version(ssl.PROTOCOL_TLSv1_2) == twelve
    assert pinned_version(ssl.PROTOCOL_TLS_CLIENT) is None
    for given, bounds in (({}, (twelve, twelve)), ({"ssl_maximum_version": thirteen}, (twelve, thirteen))):
        settings: Any = HTTPSConnectionPool("h", ssl_version="TLSv1_2", **given)._tls_settings()
        assert (settings.ssl_minimum_version, settings.ssl_maximum_version) == bounds


# -- header dicts ------------------------------------------------------------------------------------------------------

STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "made of pairs": lambda kind, fields: kind([("A", "1"), ("a", "2")]),
    "made of keywords": lambda kind, fields: kind(A="1"),
    "made of what is only like a mapping": lambda kind, fields: kind(LikeMapping()),
    "added": lambda kind, fields: (fields.add("x", "3"), fields),
    "added to the last": lambda kind, fields: (fields.add("x", "3", combine=True), fields),
    "discarded": lambda kind, fields: (fields.discard("X"), fields.discard("none"), fields),
    "set by default": lambda kind, fields: (fields.setdefault("x"), fields.setdefault("new", "v"), fields),
    "joined": lambda kind, fields: fields | {"y": "4"},
    "joined behind": lambda kind, fields: {"y": "4", "x": "0"} | fields,
    "joined in place": lambda kind, fields: fields.__ior__({"y": "4"}),
    "not joined": lambda kind, fields: fields.__or__(3) is NotImplemented and fields.__ror__(3) is NotImplemented,
    "not joined in place": lambda kind, fields: fields.__ior__(3) is NotImplemented,
    "extended twice": lambda kind, fields: fields.extend({}, {}),
    "extended": lambda kind, fields: (fields.extend({"x": "5"}, z="6"), fields),
    "of another type": lambda kind, fields: (fields == 3, fields != 3, fields == {"x": "1, 2", "Y": "b"}),
    "its items": lambda kind, fields: (("x", "1") in fields.items(), ("x", "9") in fields.items(), 3 in fields.items()),
    "how many items": lambda kind, fields: len(fields.items()),
    "its values": lambda kind, fields: (fields.getlist("x"), fields.getlist("none"), fields.getlist("none", 1)),
    "a bytes name": lambda kind, fields: (fields.add(b"x-b", "1"), fields),
}


class LikeMapping:
    def keys(self) -> list[str]:
        return ["A"]

    def __getitem__(self, key: str) -> str:
        return "1"


def seen(value: Any) -> Any:
    if isinstance(value, (HTTPHeaderDict, TheirHeaders)):
        return list(value.items())
    if isinstance(value, tuple):
        return tuple(seen(each) for each in value)
    return value


@pytest.mark.parametrize("step", STEPS)
def test_a_header_dict_does_what_urllib3s_does(step: str) -> None:
    results = []
    for kind in (HTTPHeaderDict, TheirHeaders):
        fields: Any = kind([("X", "1"), ("x", "2"), ("Y", "b")])
        try:
            results.append(seen(STEPS[step](kind, fields)))
        except TypeError:
            results.append(TypeError)
    assert results[0] == results[1]


# -- raw responses -----------------------------------------------------------------------------------------------------


def raw_of(message: bytes, **options: Any) -> Any:
    with Peer([receive(), send(message), close()]) as peer:
        return client.get(peer.url("/"), stream=True, timeout=5, **options).raw


def test_a_raw_response_shows_what_http_clients_does() -> None:
    raw = raw_of(response("hello", headers=[("X", "1")]))
    original = raw._original_response
    assert original.getheaders() == list(raw.headers.items())
    assert original.msg is original.headers is raw.headers is raw.getheaders() is raw.info()
    assert (original.status, original.version, original.reason) == (200, 11, "OK")
    assert raw.getheader("x") == "1"
    assert raw.geturl() == raw.url == "/"
    raw.url = "/elsewhere"
    assert raw.geturl() == "/elsewhere"
    assert raw.on_error is not None
    assert not original.isclosed()
    original.close()
    assert original.isclosed()
    assert raw.isclosed()


def test_a_raw_response_reads_in_each_way() -> None:
    raw = raw_of(response("hello world"))
    assert raw.read(0) == b""
    assert raw.read1(0) == b""
    assert raw.peek()[:1] == b"h"
    assert raw.read(2) == b"he"
    assert raw.tell() == raw._fp_bytes_read
    space = bytearray(3)
    assert raw.readinto(space) == 3
    assert bytes(space) == b"llo"
    assert raw.read(-1) == b" world"
    assert raw.length_remaining == 0
    assert raw.read1() == b""
    raw = raw_of(response("hello"))
    raw.auto_close = False
    assert list(io.TextIOWrapper(raw, encoding="utf-8")) == ["hello"]


def test_a_raw_response_tells_how_much_is_left() -> None:
    raw = raw_of(response("hello"))
    assert raw.length_remaining == 5
    raw.read(2)
    assert raw.length_remaining == 3
    assert raw_of(chunked_response(b"hello")).length_remaining is None
    assert raw_of(response("", 204)).length_remaining == 0


def test_a_body_that_breaks_off_while_it_is_thrown_away_costs_its_connection_and_nothing_else() -> None:
    raw = raw_of(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
    raw.drain_conn()
    assert raw.connection is None


def test_a_thread_that_waits_for_a_body_is_woken_by_shutdown() -> None:
    with Peer([receive_head(), send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), stall()]) as peer:
        raw = client.get(peer.url("/"), stream=True, timeout=Timeouts(read=20)).raw
        assert isinstance(raw.fileno(), int)
        ended: list[Any] = []

        def read() -> None:
            try:
                raw.read()
            except errors.ProtocolError as error:
                ended.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        raw.shutdown()
        reader.join(10)
        assert len(ended) == 1
        raw.shutdown()  # of one that is over, nothing
        with pytest.raises(OSError, match="no connection any more"):
            raw.fileno()


def test_a_total_of_a_pools_own_timeout_bounds_its_requests() -> None:
    with Peer([receive_head(), stall()]) as peer:
        pool = HTTPConnectionPool("127.0.0.1", peer.port, timeout=Timeouts(total=0.3))
        with pytest.raises((errors.MaxRetryError, errors.ReadTimeoutError), match="total timeout"):
            pool.request("GET", "/", retries=False)


@pytest.mark.parametrize("library", BOTH)
@pytest.mark.parametrize("status", [200, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309])
def test_which_responses_are_redirects(library: Any, status: int) -> None:
    with (
        Peer([receive(), send(response("", status, "Whatever", [("Location", "/x")]))]) as peer,
        library[0]() as manager,
    ):
        found = manager.request("GET", peer.url("/"), redirect=False, retries=False).get_redirect_location()
    assert found == ("/x" if status in (301, 302, 303, 307, 308) else False)


@pytest.mark.parametrize("library", BOTH)
def test_a_file_that_a_program_put_in_place_of_the_body_is_closed_with_it(library: Any) -> None:
    with EchoServer() as server, library[0]() as manager:
        raw = manager.request("GET", server.url("/"), preload_content=False)
        raw._fp = io.BytesIO(b"other")
        raw.close()
        assert raw._fp is None or raw._fp.closed

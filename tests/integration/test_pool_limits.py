"""The pool's limits under many threads, its clock, and the race that hung another pool."""

from __future__ import annotations

import copy
import os
import pickle
import socket
import threading
import time
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Timeouts
from httpcore_lite.adapters import HTTPAdapter
from httpcore_lite.sansio.connections.ledger import Limits
from httpcore_lite.sansio.connections.routes import Route
from httpcore_lite.sansio.http1.request_heads import RequestHeads
from httpcore_lite.sansio.options import ExchangeOptions
from httpcore_lite.transport import connectors
from httpcore_lite.transport import pool as module
from httpcore_lite.transport.connection import Connection
from httpcore_lite.transport.pool import ConnectionPool
from support.messages import Received, response
from support.scripted import Peer, Step, forever, receive, send
from support.servers import EchoServer, ProxyServer

OK = response("ok")
ROUTE = Route("http", "there.test", 80)


class Crowd:
    """Counts how many requests a server is serving at once, and the most there were."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __call__(self, request: Received) -> bytes:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.002)  # so that requests overlap
        with self.lock:
            self.now -= 1
        return response(request.target)


@pytest.mark.parametrize("options", [{"max_connections": 20}, {"max_per_origin": 20}])
def test_three_hundred_threads_on_twenty_connections(options: dict[str, int]) -> None:
    crowd = Crowd()
    right: list[bool] = []
    waits: list[float] = []
    over: list[int] = []
    with EchoServer(crowd) as server, client.Session(**options) as session:  # type: ignore[arg-type]
        pool = session.get_adapter("http://").pool

        def work(number: int) -> None:
            for turn in range(2):
                began = time.monotonic()
                text = session.get(server.url(f"/{number}/{turn}"), timeout=Timeouts(pool=20, total=30)).text
                waits.append(time.monotonic() - began)
                right.append(text == f"/{number}/{turn}")
                over.append(pool.stats().open)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(300)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(40)
        assert len(right) == 600
        assert all(right)
        assert max(waits) < 20
        assert max(over) <= 20
        assert crowd.most <= 20
        assert server.connections <= 20
        assert pool.stats().idle == pool.stats().open


def test_a_waiter_past_its_deadline_gets_an_error_and_the_pool_goes_on() -> None:
    with EchoServer() as server, client.Session(max_connections=1) as session:
        held = session.get(server.url("/bytes/1000"), stream=True, timeout=5)
        for limits in (Timeouts(pool=0.1), Timeouts(total=0.1)):
            began = time.monotonic()
            with pytest.raises(client.PoolTimeout, match=r"\((pool|total) timeout=0\.1\)"):
                session.get(server.url("/"), timeout=limits)
            assert 0.09 < time.monotonic() - began < 10
        held.close()
        assert session.get(server.url("/"), timeout=Timeouts(pool=2)).status_code == 200


def test_the_total_limit_of_a_session_counts_both_schemes_and_proxies() -> None:
    with EchoServer() as server, ProxyServer() as proxy, client.Session(max_connections=1) as session:
        assert session.get_adapter("http://").pool is session.get_adapter("https://").pool
        held = session.get(server.url("/bytes/1000"), stream=True, timeout=5)
        with pytest.raises(client.PoolTimeout):
            session.get(server.url("/"), proxies={"http": proxy.url()}, timeout=Timeouts(pool=0.1))
        held.close()
        assert session.get(server.url("/"), proxies={"http": proxy.url()}, timeout=Timeouts(pool=2)).status_code == 200


@pytest.mark.parametrize(
    "again",
    [lambda session: pickle.loads(pickle.dumps(session)), copy.deepcopy, copy.copy],
    ids=["pickled", "deep", "copy"],
)
def test_the_total_limit_of_a_copied_session_counts_both_schemes_too(again: Any) -> None:
    with client.Session(max_connections=1) as original, EchoServer() as server, again(original) as session:
        for _ in range(2):
            session = again(session)
            pool = session.get_adapter("http://").pool
            assert pool is session.get_adapter("https://").pool
            assert (pool is original.get_adapter("http://").pool) is (again is copy.copy)
        held = session.get(server.url("/bytes/1000"), stream=True, timeout=5)
        with pytest.raises(client.PoolTimeout):
            session.get("https://127.0.0.1:9/", timeout=Timeouts(pool=0.1))
        held.close()
        assert session.get(server.url("/"), timeout=Timeouts(pool=2)).status_code == 200
        assert (pool.stats().open, pool.stats().idle) == (1, 1)


def test_adapters_with_limits_of_their_own_keep_them_when_the_session_is_copied() -> None:
    session = client.Session()
    for prefix in ("http://", "https://"):
        session.mount(prefix, HTTPAdapter(max_connections=1))
    for other in (session, pickle.loads(pickle.dumps(session)), copy.deepcopy(session), copy.copy(session)):
        assert other.get_adapter("http://").pool is not other.get_adapter("https://").pool


def test_one_adapter_for_all_is_one_adapter_in_a_copied_session() -> None:
    session, adapter = client.Session(), HTTPAdapter(max_connections=1)
    for prefix in ("http://", "https://"):
        session.mount(prefix, adapter)
    other = pickle.loads(pickle.dumps(session))
    assert other.get_adapter("http://") is other.get_adapter("https://")


def test_the_total_limit_of_a_session_that_an_earlier_version_pickled_counts_both_schemes() -> None:
    # There the session knew it, not its adapters.
    adapters = {prefix: HTTPAdapter(max_connections=1) for prefix in ("https://", "http://")}
    session = client.Session()
    session.__setstate__({**session.__getstate__(), "adapters": adapters, "_one_limit": True})
    assert session.get_adapter("http://").pool is session.get_adapter("https://").pool


def test_the_first_waiter_is_served_first_whatever_its_origin() -> None:
    with EchoServer() as busy, EchoServer() as other, client.Session(max_connections=1) as session:
        pool = session.get_adapter("http://").pool
        held = session.get(busy.url("/bytes/1000"), stream=True, timeout=5)
        served: list[str] = []

        def ask(name: str, server: EchoServer) -> None:
            session.get(server.url("/"), timeout=Timeouts(pool=10, read=10))
            served.append(name)

        threads = []
        for number, (name, server) in enumerate([("other", other), ("busy", busy), ("busy", busy)]):
            thread = threading.Thread(target=ask, args=(name, server))
            thread.start()
            threads.append(thread)
            while pool._ledger.waiting <= number:
                thread.join(0.001)
        held.close()
        for thread in threads:
            thread.join(10)
        assert served == ["other", "busy", "busy"]


def test_an_idle_connection_gives_way_to_another_origin_at_the_limit() -> None:
    with EchoServer() as one, EchoServer() as two, client.Session(max_connections=1) as session:
        for server in (one, two, one):
            assert session.get(server.url("/"), timeout=Timeouts(pool=2)).status_code == 200
        stats = session.get_adapter("http://").pool.stats()
        assert (stats.open, stats.created, stats.dropped) == (1, 3, 2)


@pytest.mark.parametrize(("option", "served"), [("idle_timeout", 2), ("max_age", 2), (None, 1)])
def test_a_connection_whose_time_is_over_is_not_used_again(
    option: str | None, served: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    options: dict[str, Any] = {} if option is None else {option: 30}
    with EchoServer() as server, client.Session(**options) as session:
        session.get(server.url("/"), timeout=5)
        now[0] += 20
        session.get(server.url("/"), timeout=5)
        assert server.connections == 1
        # Its age counts from its making, its idleness from its last use.
        now[0] += 20 if option == "max_age" else 40
        session.get(server.url("/"), timeout=5)
        assert server.connections == served


def test_idle_connections_that_are_not_asked_for_again_are_closed_when_another_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    with EchoServer() as one, EchoServer() as two, client.Session() as session:
        session.get(one.url("/"), timeout=5)
        now[0] += 61
        session.get(two.url("/"), timeout=5)
        assert session.get_adapter("http://").pool.stats().open == 1


def test_the_adapter_shows_its_pool() -> None:
    with EchoServer() as server:
        adapter = HTTPAdapter()
        assert "nothing sent yet" in repr(adapter)
        session = client.Session()
        session.mount("http://", adapter)
        for _ in range(3):
            session.get(server.url("/"), timeout=5)
        stats = adapter.pool.stats()
        assert (stats.open, stats.idle, stats.created, stats.reused, stats.dropped) == (1, 1, 1, 2, 0)
        assert repr(adapter) == "<HTTPAdapter: Stats(open=1, idle=1, created=1, reused=2, dropped=0)>"
        session.close()
        assert adapter.pool.stats().open == 0


# -- the race ----------------------------------------------------------------------------------------------------------


class SlowlyClosing:
    """A socket whose close takes until it is told to end."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.closing = threading.Event()
        self.may_end = threading.Event()

    def close(self) -> None:
        self.closing.set()
        assert self.may_end.wait(10)
        self.sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


class NaivePool:
    """A pool of one connection as one would write it at first: what comes back is free, and closed if need be."""

    def __init__(self, connect: Any) -> None:
        self.connect = connect
        self.free = threading.Condition()
        self.idle: list[Connection] = []
        self.open = 0

    def acquire(self, route: Route, options: ExchangeOptions) -> Connection:
        with self.free:
            while not self.idle and self.open:
                assert self.free.wait(10)
            if self.idle:
                return self.idle.pop()
            self.open += 1
        return Connection(self.connect(), route, 0.0)

    def release(self, connection: Connection) -> None:
        with self.free:
            self.idle.append(connection)
            self.free.notify()
        if not connection.protocol.reusable:
            connection.close()


def finish(connection: Connection) -> None:
    """An exchange after which the server closes."""
    connection.begin_exchange("/", ExchangeOptions(), 0.0)
    connection.protocol.start(RequestHeads().build("GET", "/", [], "h"), b"")
    connection.protocol.request_sent = True
    connection.protocol.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    connection.exchange.head = connection.protocol.next_event()  # type: ignore[assignment]


def waiter_gets_a_closing_connection(naive: bool, monkeypatch: pytest.MonkeyPatch) -> bool:
    """One thread gives back a connection that must be closed, and is slow at it; another waits for one."""
    pairs = [socket.socketpair() for _ in range(2)]
    sockets = iter([SlowlyClosing(pairs[0][0]), pairs[1][0]])

    class Connector:
        def connect(self, budget: Any) -> Any:
            return next(sockets)

    monkeypatch.setattr(connectors, "connector_for", lambda route, memory: Connector())
    pool: Any = NaivePool(lambda: next(sockets)) if naive else ConnectionPool(Limits(total=1))
    first = pool.acquire(ROUTE, ExchangeOptions())
    finish(first)
    got: list[Connection] = []
    waiter = threading.Thread(
        target=lambda: got.append(pool.acquire(ROUTE, ExchangeOptions(Timeouts(pool=10)))), daemon=True
    )
    waiter.start()
    giver = threading.Thread(target=pool.release, args=(first,), daemon=True)
    giver.start()
    slow: Any = first.sock
    assert slow.closing.wait(5)
    waiter.join(10 if naive else 0.2)  # a pool that hands it out does so by now
    caught = bool(got) and got[0] is first
    slow.may_end.set()
    giver.join(5)
    waiter.join(5)
    assert len(got) == 1, "the waiter was never served"
    for pair in pairs:
        for sock in pair:
            sock.close()
    return caught


def test_a_waiter_never_gets_a_connection_that_is_being_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not waiter_gets_a_closing_connection(False, monkeypatch)


def test_the_race_catches_a_naive_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    assert waiter_gets_a_closing_connection(True, monkeypatch)


def test_closing_the_session_while_threads_use_it_harms_nobody() -> None:
    with EchoServer() as server, client.Session(max_connections=4) as session:
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(30):
                    assert session.get(server.url("/"), timeout=Timeouts(pool=10, read=10)).status_code == 200
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(12)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            session.close()
            threads[0].join(0.001)
        assert failures == []


# -- forks -------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_leaves_the_connections_of_its_parent_alone() -> None:
    script: list[Step] = [receive(), send(OK), receive(), send(OK)]
    with Peer(script, [receive(), send(OK)]) as peer, client.Session() as session:
        session.get(peer.url("/parent"), timeout=5)
        pid = os.fork()
        if pid == 0:
            try:
                response = session.get(peer.url("/child"), timeout=5)
                os._exit(0 if response.timings is not None and not response.timings.reused else 1)
            finally:
                os._exit(2)
        assert os.waitpid(pid, 0)[1] == 0
        again = session.get(peer.url("/parent-again"), timeout=5)
        assert again.timings is not None
        assert again.timings.reused
        assert [(request.target, request.connection) for request in peer.requests] == [
            ("/parent", 0),
            ("/child", 1),
            ("/parent-again", 0),
        ]


# -- a response that the caller does not get gives its place back ------------------------------------------------------


def _raise_for_status(response: Any, **settings: Any) -> None:
    response.raise_for_status()


def _raise(response: Any, **settings: Any) -> None:
    raise KeyError("mine")


def _interrupt(response: Any, **settings: Any) -> None:
    raise KeyboardInterrupt


class Unreadable(Exception):
    @property
    def response(self) -> Any:
        raise LookupError("it has none")


def _raise_unreadable(response: Any, **settings: Any) -> None:
    raise Unreadable


def _ask_elsewhere(response: Any, **settings: Any) -> None:
    client.get("http://127.0.0.1:1/", timeout=5)


def _replaced(response: Any, **settings: Any) -> Any:
    other = client.Response()
    other.status_code, other._content = 200, b""
    return other


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [200, 404, 302])
@pytest.mark.parametrize(
    "hook", [_raise_for_status, _raise, _interrupt, _raise_unreadable, _ask_elsewhere, [_replaced, _raise]]
)
def test_a_hook_that_raises_leaves_its_place_in_the_pool_to_others(hook: Any, status: int, stream: bool) -> None:
    body = bytes(300_000)  # more than is received along with the head
    moved = [("Location", "/404")] if status == 302 else []

    def route(request: Received) -> bytes:
        code = 404 if request.target == "/404" else status
        return response(body, code, "Odd", moved if code == 302 else []) if request.target != "/next" else OK

    limits = Timeouts(pool=5, read=5)
    with EchoServer(route) as server, client.Session(max_connections=1) as session:
        try:
            session.get(server.url("/"), hooks={"response": hook}, stream=stream, timeout=limits).close()
        except BaseException as error:
            assert hook is not _raise_unreadable or type(error) is Unreadable
            if isinstance(error, client.HTTPError):
                assert error.response.content == body  # the program has it, and reads it when it likes
            assert session.get(server.url("/next"), timeout=limits).text == "ok"
        assert session.get(server.url("/next"), timeout=limits).text == "ok"


@pytest.mark.parametrize("stream", [False, True])
def test_a_hook_that_does_not_want_the_body_is_not_given_it(stream: bool) -> None:
    """What has no end is not read for an error that does not carry it, and not for one that does behind `stream`."""
    head = b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n"
    limits = Timeouts(pool=5, read=5)
    with Peer([receive(), send(head + b"1\r\na\r\n"), forever(receive(), send(OK))], [receive(), send(OK)]) as server:
        with client.Session(max_connections=1) as session:
            hook = _raise_for_status if stream else _raise
            with pytest.raises((KeyError, client.HTTPError)) as caught:
                session.get(server.url("/"), hooks={"response": hook}, stream=stream, timeout=limits)
            if stream:
                assert next(caught.value.response.iter_content(1)) == b"a"  # type: ignore[union-attr]
                caught.value.response.close()  # type: ignore[union-attr]
            assert session.get(server.url("/next"), timeout=limits).text == "ok"


class Failing(client.auth.AuthBase):
    """Wants a second request after a 401 that cannot be sent."""

    def __call__(self, request: Any) -> Any:
        request.register_hook("response", self.handle)
        return request

    def handle(self, response: Any, **settings: Any) -> Any:
        again = response.request.copy()
        again.url = "http://127.0.0.1:1/"
        return response.connection.send(again, **settings)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("body", [None, "generator"])
def test_authentication_that_fails_leaves_its_place_to_others(stream: bool, body: Any) -> None:
    refusal = response(bytes(300_000), 401, "Who", [("WWW-Authenticate", 'Digest realm="r", nonce="n"')])
    auth: Any = client.auth.HTTPDigestAuth("user", "pw") if body else Failing()
    limits = Timeouts(pool=5, read=5)
    with EchoServer(lambda request: OK if request.target == "/next" else refusal) as server:
        with client.Session(max_connections=1) as session:
            data = iter([b"spent"]) if body else None
            with pytest.raises(client.RequestException) as caught:
                session.post(server.url("/"), data=data, auth=auth, stream=stream, timeout=Timeouts(pool=1, read=5))
            assert caught.value
            assert session.get(server.url("/next"), timeout=limits).text == "ok"


class Refusing(client.cookies.RequestsCookieJar):
    def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> None:
        raise KeyError("mine")


@pytest.mark.parametrize("hops", [0, 1])
def test_a_jar_that_raises_leaves_its_place_to_others(hops: int) -> None:
    sets = response(bytes(300_000), headers=[("Set-Cookie", "a=1")])
    moved = response("", 302, "Found", [("Location", "/set")])
    limits = Timeouts(pool=5, read=5)
    with EchoServer(lambda request: {"/next": OK, "/set": sets}.get(request.target, moved)) as server:
        with client.Session(max_connections=1) as session:
            session.cookies = Refusing()
            with pytest.raises(KeyError) as caught:
                session.get(server.url("/" if hops else "/set"), stream=True, timeout=limits)
            assert caught.value
            assert session.get(server.url("/next"), timeout=limits).text == "ok"


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_chain_that_is_too_long_leaves_its_place_to_others_and_keeps_its_response(size: int) -> None:
    loop = response(bytes(size), 302, "Found", [("Location", "/loop")])
    limits = Timeouts(pool=5, read=5)
    with Peer(
        [forever(receive(), send(lambda request: OK if request.target == "/next" else loop))], repeat=True
    ) as server:
        with client.Session(max_connections=1) as session:
            session.max_redirects = 2
            with pytest.raises(client.TooManyRedirects) as caught:
                session.get(server.url("/loop"), stream=True, timeout=limits)
            assert session.get(server.url("/next"), timeout=limits).text == "ok"
            if size == 10:
                assert caught.value.response.content == bytes(10)

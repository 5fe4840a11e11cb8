"""One Session in many threads: right responses, and never more connections than agreed."""

from __future__ import annotations

import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import httpcore_lite as client
from httpcore_lite import cookies
from support import certificates
from support.messages import Received, response
from support.scripted import Conversation, Peer, call, close, forever, receive, send
from support.servers import EchoServer, Routes, tls_echo_server

# `make soak-long`.
LONG = "SOAK_LONG" in os.environ


@pytest.mark.parametrize("maxsize", [1, 3, 8])
def test_a_hundred_requests_in_eight_threads_never_take_more_connections_than_pool_maxsize(maxsize: int) -> None:
    session = client.Session()
    session.mount("http://", client.adapters.HTTPAdapter(pool_maxsize=maxsize, pool_block=True))
    with EchoServer() as server, ThreadPoolExecutor(8) as threads:
        bodies = [f"body {number}" for number in range(100)]

        def ask(body: str) -> tuple[str, str]:
            echo = session.post(server.url(f"/{body[5:]}"), data=body, timeout=20).json()
            return echo["target"], echo["body"]

        assert list(threads.map(ask, bodies)) == [(f"/{body[5:]}", body) for body in bodies]
        assert 1 <= server.connections <= maxsize


def test_a_hundred_requests_in_eight_threads_without_blocking_are_all_right() -> None:
    with EchoServer() as server, ThreadPoolExecutor(8) as threads, client.Session() as session:
        responses = list(
            threads.map(lambda n: session.get(server.url(f"/{n}"), timeout=20).json()["target"], range(100))
        )
        assert responses == [f"/{number}" for number in range(100)]


def test_threads_over_tls_get_their_own_responses() -> None:
    with tls_echo_server() as server, ThreadPoolExecutor(4) as threads, client.Session() as session:
        session.verify = certificates.ca_path()
        responses = list(
            threads.map(lambda n: session.get(server.url(f"/{n}"), timeout=20).json()["target"], range(24))
        )
        assert responses == [f"/{number}" for number in range(24)]


def test_a_waiter_gets_the_connection_that_is_given_back() -> None:
    first_in, let_go = threading.Event(), threading.Event()

    def route(request: Received) -> bytes:
        if request.target == "/first":
            first_in.set()
            assert let_go.wait(10)
        return response(request.target)

    session = client.Session()
    session.mount("http://", client.adapters.HTTPAdapter(pool_maxsize=1, pool_block=True))
    with EchoServer(route) as server, ThreadPoolExecutor(2) as threads:
        one = threads.submit(session.get, server.url("/first"), timeout=20)
        assert first_in.wait(10)
        two = threads.submit(session.get, server.url("/second"), timeout=20)
        let_go.set()
        assert [one.result(20).text, two.result(20).text] == ["/first", "/second"]
        assert server.connections == 1


def test_streams_in_several_threads_do_not_mix() -> None:
    with EchoServer() as server, ThreadPoolExecutor(6) as threads, client.Session() as session:

        def read(size: int) -> bool:
            with session.get(server.url(f"/bytes/{size}"), stream=True, timeout=20) as response:
                return b"".join(response.iter_content(333)) == bytes(index % 251 for index in range(size))

        assert all(threads.map(read, range(1000, 31000, 1000)))


# -- identities --------------------------------------------------------------------------------------------------------


# By target: the request for it has timed out.
GIVEN_UP: dict[str, threading.Event] = {}


class Crowd:
    """What many threads ask of one session. Every response must be the asker's own, whatever happened to the others."""

    def __init__(self, session: client.Session, server: Peer) -> None:
        self.session = session
        self.server = server
        self.timeouts: list[int] = []

    def ask(self, number: int) -> None:
        kind = number % 50
        if kind == 7:
            self.too_slow(number)
        elif kind in (13, 29):
            # Never read: it is the collector that closes it.
            self.session.get(self.server.url(f"/bytes/{number % 3000}"), stream=True, timeout=20)
        elif kind == 31:
            with self.session.get(self.server.url("/bytes/20000"), stream=True, timeout=20) as response:
                assert next(response.iter_content(5)) == bytes(range(5))
        else:
            self.identified(number, "/closing" if kind in (3, 17) else "/who")

    def identified(self, number: int, path: str) -> None:
        name = f"{threading.get_ident()}-{number}"
        url = self.server.url(f"{path}/{name}")
        # Not POST: what meets a connection that was closed without a word may be sent again only if it is idempotent.
        found = self.session.put(url, data=f"body of {name}", headers={"X-Id": name}, timeout=20).json()
        assert found["target"] == f"{path}/{name}"
        assert found["body"] == f"body of {name}"
        assert [value for field, value in found["headers"] if field == "X-Id"] == [name]

    def too_slow(self, number: int) -> None:
        # The server responds when we have given up; no request may get that response.
        given_up = GIVEN_UP[f"/slow/{number}"] = threading.Event()
        with pytest.raises(client.ReadTimeout):
            self.session.get(self.server.url(f"/slow/{number}"), timeout=client.Timeouts(read=0.01, pool=20))
        given_up.set()
        self.timeouts.append(number)


def crowded_server(tls: bool) -> Peer:
    """Responds with what it was sent, late for `/slow`, and ends the connection without a word after `/closing`."""
    routes = Routes()

    def respond(request: Received) -> bytes:
        if request.target.startswith("/slow"):
            GIVEN_UP.pop(request.target).wait(20)
        return routes(request)

    def perhaps_close(talk: Conversation) -> None:
        assert talk.request is not None
        if talk.request.target.startswith("/closing"):
            close()(talk)

    script = [forever(receive(), send(respond), call(perhaps_close))]
    return Peer(script, repeat=True, tls=certificates.server_context() if tls else None, patience=30)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


@pytest.mark.timeout(1200 if LONG else 180)
@pytest.mark.parametrize(
    ("tls", "settings"),
    [
        pytest.param(False, {}, id="plain"),
        pytest.param(False, {"pool_maxsize": 5, "pool_block": True}, id="plain, bounded"),
        pytest.param(True, {"pool_maxsize": 8, "pool_block": True}, id="tls, bounded"),
    ],
)
def test_32_threads_on_one_session_get_their_own_responses_and_leave_nothing_behind(
    tls: bool, settings: dict[str, int]
) -> None:
    count = (100_000 if LONG else 2000) // (5 if tls else 1)
    session = client.Session()
    session.trust_env = False
    session.verify = certificates.ca_path()
    for scheme in ("http://", "https://"):
        session.mount(scheme, client.adapters.HTTPAdapter(**settings))
    gc.collect()
    descriptors, threads = open_descriptors(), threading.active_count()
    with crowded_server(tls) as server:
        crowd = Crowd(session, server)
        with ThreadPoolExecutor(32) as pool:
            for outcome in [pool.submit(crowd.ask, number) for number in range(count)]:
                outcome.result(60 * 20)
        gc.collect()
        found = session.get_adapter(server.url()).pool.stats()
        assert found.open == found.idle, found
        assert len(crowd.timeouts) == len(range(7, count, 50))
        if "pool_block" in settings:
            assert found.open <= settings["pool_maxsize"]
        server.requests.clear()
        session.close()
        # What was asked and given up is no error of the server's.
        server.errors.clear()
    assert session.get_adapter(server.url()).pool.stats().open == 0
    # Fewer are those of a test before this one, ended by now.
    assert threading.active_count() <= threads
    assert open_descriptors() <= descriptors


def test_threads_that_want_the_first_cookie_get_the_same_jar(monkeypatch: pytest.MonkeyPatch) -> None:
    made = threading.Barrier(4)
    make = cookies.cookiejar_from_dict

    def slowly(*args: object) -> object:
        jar = make(*args)  # type: ignore[call-overload]
        made.wait(10)  # all have one before the first of them is kept
        return jar

    session = client.Session()
    monkeypatch.setattr(cookies, "cookiejar_from_dict", slowly)
    with ThreadPoolExecutor(4) as threads:
        jars = list(threads.map(lambda n: session.cookies, range(4)))
    assert {id(jar) for jar in jars} == {id(session.cookies)}


def test_the_first_cookies_of_a_session_are_kept_whichever_thread_they_come_to() -> None:
    with EchoServer() as server, ThreadPoolExecutor(4) as threads:
        for _ in range(20):
            with client.Session() as session:
                list(threads.map(lambda n: session.get(server.url(f"/cookies/set?c{n}=1"), timeout=20), range(4)))
                assert sorted(session.cookies.keys()) == ["c0", "c1", "c2", "c3"]


def test_a_jar_is_put_in_place_taken_away_and_pickled() -> None:
    import copy
    import pickle

    with EchoServer() as server, client.Session() as session:
        for jar in (cookies.cookiejar_from_dict({"a": "1"}), None, cookies.RequestsCookieJar(), None):
            session.cookies = jar
            assert "_jar" in vars(session) if jar is not None else "_jar" not in vars(session)
            for each in (session, pickle.loads(pickle.dumps(session)), copy.copy(session), copy.deepcopy(session)):
                sent = dict(each.get(server.url("/"), timeout=5).json()["headers"]).get("Cookie")
                assert sent == ("; ".join(f"{name}={value}" for name, value in jar.items()) if jar else None)
        session.get(server.url("/cookies/set?c=3"), timeout=5)
        assert session.cookies.get_dict() == {"c": "3"}

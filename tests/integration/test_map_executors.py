"""`Session.map` over executors: threads of the program's, processes, a local Dask cluster."""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import RateLimit, Request, Retry, Session, Timeouts, mock
from httpcore_lite.adapters import HTTPAdapter
from httpcore_lite.auth import HTTPDigestAuth
from httpcore_lite.client import elsewhere
from support.scripted import closed_port
from support.servers import EchoServer, Routes


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    # Spawned: this process has threads.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        yield executor


class Recording(Executor):
    """Runs nothing before it is told to: what was submitted, and when."""

    def __init__(self) -> None:
        self.submitted: list[tuple[Any, tuple[Any, ...], Future[Any]]] = []
        self.changed = threading.Condition()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self.changed:
            self.submitted.append((fn, args, future))
            self.changed.notify_all()
        return future

    def run(self, number: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.submitted) > number, 10)
            fn, args, future = self.submitted[number]
        if future.set_running_or_notify_cancel():
            future.set_result(fn(*args))


def url_and_process(answer: Any, **kwargs: Any) -> None:
    """A hook that travels: notes the process that it runs in."""
    answer.headers["X-Process"] = str(os.getpid())


# -- threads -----------------------------------------------------------------------------------------------------------


def test_in_a_thread_pool_this_session_is_used() -> None:
    with EchoServer(Routes()) as server, Session() as session, ThreadPoolExecutor(3) as threads:
        session.headers["X"] = "mine"
        seen = session.map([server.url("/cookies/set?a=1"), *[server.url("/")] * 10], executor=threads, ordered=True)
        next(seen)
        assert {dict(each.json()["headers"])["X"] for each in seen} == {"mine"}
        assert session.cookies["a"] == "1"


def test_streams_can_be_had_of_a_thread_pool() -> None:
    with EchoServer(Routes()) as server, Session(max_connections=2) as session, ThreadPoolExecutor(4) as threads:
        answers = session.map([server.url("/bytes/100000")] * 9, executor=threads, stream=True)
        assert [len(each.content) for each in answers] == [100000] * 9


def test_a_subclass_of_a_thread_pool_is_not_known_to_share_memory() -> None:
    class Odd(ThreadPoolExecutor):
        """Of which nobody knows where it runs what it is given (Python 3.14 has one of interpreters)."""

    with EchoServer(Routes()) as server, Session() as session, Odd(2) as odd:
        (answer,) = session.map([server.url("/cookies/set?a=1")], executor=odd)
        assert answer.ok
        assert not session.cookies
        with pytest.raises(TypeError, match="stream=True cannot be had"):
            session.map([], executor=odd, stream=True)


def test_an_executor_that_was_shut_down_is_an_error_and_not_an_end_without_one() -> None:
    threads = ThreadPoolExecutor(1)
    threads.shutdown()
    with Session() as session, pytest.raises(RuntimeError, match="shutdown"):
        list(session.map(["http://127.0.0.1/"], executor=threads))


def test_not_more_than_look_ahead_is_submitted_and_what_has_not_begun_is_taken_back() -> None:
    executor = Recording()
    with EchoServer() as server, Session() as session:
        answers = session.map((server.url(f"/{n}") for n in range(100)), executor=executor, look_ahead=4)
        threading.Thread(target=executor.run, args=(0,)).start()
        assert next(answers).json()["target"] == "/0"
        assert len(executor.submitted) == 4
        answers.close()
        assert [future.cancelled() for _, _, future in executor.submitted] == [False, True, True, True]


# -- processes ---------------------------------------------------------------------------------------------------------


def test_a_response_comes_back_from_another_process_with_what_was_seen_of_it(processes: Executor) -> None:
    with EchoServer(Routes()) as server, Session() as session:
        session.hooks["response"].append(url_and_process)
        urls = [server.url(f"/redirect/302?to=/headers%3Fn%3D{n}&Set-Cookie=a%3Db") for n in range(12)]
        answers = list(session.map(urls, executor=processes, timeout=Timeouts(total=20), retries=Retry(1)))
        assert [each.headers["n"] for each in answers] == [str(n) for n in range(12)]
        for each in answers:
            assert each.content == b"headers"
            assert each.elapsed.total_seconds() > 0
            assert each.timings.total > 0
            assert each.connection_info.remote_address[1] == server.port
            assert [old.status_code for old in each.history] == [302]
            assert each.history[0].timings.send >= 0
            assert each.request.url.startswith(server.url("/headers"))
        homes = {each.headers["X-Process"] for each in answers}
        assert str(os.getpid()) not in homes
        assert not session.cookies, "what is set there stays there"
        # One Session in each process: not a connection for each request.
        assert server.connections <= len(homes)


def test_errors_come_back_with_their_request_and_explanation(processes: Executor) -> None:
    with EchoServer() as server, Session() as session:
        urls = [f"http://127.0.0.1:{closed_port()}/a", "http:///", server.url("/")]
        found = list(session.map(urls, executor=processes, return_exceptions=True))
        assert [type(each).__name__ for each in found] == ["ConnectionError", "InvalidURL", "Response"]
        assert [each.request.url for each in found[:2]] == urls[:2]
        assert "Nothing listens on that port" in found[0].explanation
        with pytest.raises(client.ConnectionError):
            list(session.map(urls, executor=processes))


def test_prepared_requests_and_bodies_travel(processes: Executor) -> None:
    with EchoServer(Routes()) as server, Session() as session:
        session.auth = HTTPDigestAuth("me", "secret")
        prepared = session.prepare_request(Request("POST", server.url("/p"), data={"a": "1"}))
        items = [prepared, {"method": "PUT", "url": server.url("/q"), "json": [1]}, server.url("/digest/me")]
        first, second, third = session.map(items, executor=processes)
        assert (first.json()["body"], second.json()["body"]) == ("a=1", "[1]")
        assert third.status_code == 200
        assert [old.status_code for old in third.history] == [401]


def asks_for_page_two(arguments: dict[str, Any]) -> None:
    arguments["params"] = {"page": "2"}


@pytest.mark.parametrize("elsewhere", [False, True], ids=["threads", "processes"])
def test_a_session_is_told_once_for_every_executor(elsewhere: bool, request: pytest.FixtureRequest) -> None:
    """base_url, raise_for_status and hooks for args act wherever a request is sent from."""
    executor = request.getfixturevalue("processes") if elsewhere else None
    hooks = {"args": asks_for_page_two}
    with (
        EchoServer(Routes()) as server,
        Session(base_url=server.url("/"), raise_for_status=True, hooks=hooks) as session,
    ):
        prepared = session.prepare_request(Request("GET", "status/404"))
        items = ["echo", "status/404", {"url": "status/404", "raise_for_status": False}, prepared]
        first, missing, told_not, sent = session.map(items, executor=executor, return_exceptions=True)
        assert first.url.endswith("/echo?page=2")
        assert isinstance(missing, client.HTTPError)
        assert (missing.response.status_code, missing.response.url.endswith("?page=2")) == (404, True)
        assert missing.request.url == missing.response.url
        assert (told_not.status_code, sent.status_code) == (404, 404)
        with pytest.raises(client.HTTPError):
            next(session.map([prepared], executor=executor, raise_for_status=True))
        with pytest.raises(TypeError, match="raise_for_status"):
            session.map([prepared], executor=executor, raise_for_status="no")


def test_what_cannot_travel_is_named(processes: Executor) -> None:
    class Odd(HTTPAdapter):
        def __getstate__(self) -> Any:
            raise ValueError("it holds a lock")

    with Session() as session:
        session.mount("http://odd.example/", Odd())
        with pytest.raises(
            TypeError, match=r"the adapter for 'http://odd.example/' \(Odd\) cannot be pickled: it holds"
        ):
            session.map([], executor=processes)
    with Session() as session:
        session.hooks["response"].append(lambda answer, **kwargs: None)
        with pytest.raises(TypeError, match=r"this Session cannot be sent .*: Session\.hooks"):
            session.map([], executor=processes)
    with EchoServer() as server, Session() as session:
        url = server.url("/")
        for given, message in [
            ({"url": url, "stream": True}, "item 1: stream=True cannot be had"),
            ({"url": url, "rate_limit": RateLimit(9)}, "item 1: rate_limit= would begin anew"),
            ({"url": url, "on_retry": lambda attempt: None}, "item 1 cannot be sent .*: on_retry"),
            ({"url": url, "data": (each for each in [b"x"])}, "item 1 cannot be sent .*: its body"),
            ({"url": url, "hooks": {"response": lambda answer, **kw: None}}, "item 1 cannot be sent .*: its hooks"),
        ]:
            answers = session.map([url, given], executor=processes)
            assert next(answers).ok
            with pytest.raises(TypeError, match=message):
                next(answers)


def test_while_a_mock_is_active_nothing_leaves_from_a_process_that_has_none(processes: ProcessPoolExecutor) -> None:
    with EchoServer() as server, EchoServer() as open_to_all, Session() as session, ThreadPoolExecutor(1) as threads:
        with mock.RequestsMock() as canned:
            canned.add_passthru(open_to_all.url("/"))
            canned.get(server.url("/"), body="canned")
            urls = [server.url("/"), open_to_all.url("/")]
            refused, passed = session.map(urls, executor=processes, return_exceptions=True)
            assert isinstance(refused, client.ConnectionError) and refused.request.url == server.url("/")
            assert "another process" in str(refused) and passed.ok
            assert next(session.map(urls, executor=threads)).text == "canned"
        assert server.connections == 0
        assert next(session.map(urls, executor=processes)).ok


def test_a_worker_that_dies_is_an_error() -> None:
    with EchoServer() as server, Session() as session:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
            answers = session.map([server.url("/")] * 50, executor=executor, return_exceptions=True)
            next(answers)
            for worker in list(executor._processes.values()):
                worker.kill()
            with pytest.raises(Exception, match="terminated abruptly") as caught:
                list(answers)
            assert not isinstance(caught.value, client.RequestException)


def test_a_process_keeps_four_sessions_by_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[bytes, Any] = {}
    monkeypatch.setattr(elsewhere, "_sessions", kept)

    def used(number: int) -> Session:
        session = Session()
        session.headers["X-Number"] = str(number)
        data = pickle.dumps(session)
        return elsewhere._session_of(b"%d" % number, data)

    sessions = [used(number) for number in range(4)]
    assert used(0) is sessions[0]
    used(4)
    assert set(kept) == {b"0", b"2", b"3", b"4"}, "the longest unused one went"
    assert used(0) is sessions[0]


def test_what_an_error_holds_that_cannot_be_pickled_does_not_keep_it_from_coming_back() -> None:
    error = client.ConnectionError("told", threading.Lock())
    prepared = Request("GET", "http://x/").prepare()
    found = elsewhere._fit_to_travel(error, prepared)
    assert type(found) is client.ConnectionError
    assert "told" in str(found)
    assert pickle.loads(pickle.dumps(found)).request.url == "http://x/"


# -- Dask --------------------------------------------------------------------------------------------------------------


def test_a_local_dask_cluster_sends_requests() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        EchoServer() as server,
        Session() as session,
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as dask,
    ):
        answers = session.map((server.url(f"/{n}") for n in range(20)), executor=dask.get_executor(), look_ahead=6)
        assert [each.json()["target"] for each in answers] == [f"/{n}" for n in range(20)]
        endless = session.map((server.url("/") for _ in iter(int, 1)), executor=dask.get_executor(), look_ahead=6)
        assert next(endless).ok
        began = time.monotonic()
        endless.close()
        assert time.monotonic() - began < 5

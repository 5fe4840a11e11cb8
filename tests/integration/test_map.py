"""`Session.map`: order, bounds, errors, what an item may be, and that leaving the loop leaves nothing running."""

from __future__ import annotations

import gc
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import PreparedRequest, Request, Session, Timeouts
from httpcore_lite.client.items import Items
from support.messages import Received, response
from support.scripted import closed_port
from support.servers import EchoServer, Routes


def targets(answers: Any) -> list[str]:
    return [each.json()["target"] for each in answers]


def threads_of_maps() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "httpcore_lite.map"]


def in_use(session: Session) -> int:
    stats = session.adapters["http://"].pool.stats()
    return int(stats.open - stats.idle)


class Gate:
    """A route whose responses a test lets go one by one."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.events: dict[str, threading.Event] = {}
        self._lock = threading.Condition()
        self._is_open = False

    def __call__(self, request: Received) -> bytes:
        with self._lock:
            self.asked.append(request.target)
            event = self.events.setdefault(request.target, threading.Event())
            self._lock.notify_all()
            if self._is_open:
                event.set()
        assert event.wait(10), f"{request.target} was not let go"
        return response(request.target)

    def let_go(self, target: str) -> None:
        with self._lock:
            self.events.setdefault(target, threading.Event()).set()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._lock:
            assert self._lock.wait_for(condition, 10), self.asked

    def open(self) -> None:
        with self._lock:
            self._is_open = True
            for event in self.events.values():
                event.set()


# -- order -------------------------------------------------------------------------------------------------------------


def test_responses_come_in_the_order_of_the_requests_however_they_arrive() -> None:
    gate = Gate()
    with EchoServer(gate) as server, Session() as session:
        answers = session.map((server.url(f"/{number}") for number in range(4)), workers=4)
        threading.Thread(
            target=lambda: (gate.wait_for(lambda: len(gate.asked) == 4), [gate.let_go(f"/{n}") for n in (3, 2, 1, 0)])
        ).start()
        assert [each.text for each in answers] == ["/0", "/1", "/2", "/3"]


def test_responses_come_as_they_arrive_where_no_order_is_asked_for() -> None:
    gate = Gate()
    with EchoServer(gate) as server, Session() as session:
        answers = session.map((server.url(f"/{number}") for number in range(3)), workers=3, ordered=False)
        seen = []
        threading.Thread(target=lambda: (gate.wait_for(lambda: len(gate.asked) == 3), gate.let_go("/2"))).start()
        for answer in answers:
            seen.append(answer.text)
            gate.let_go({"/2": "/0", "/0": "/1", "/1": ""}[answer.text])
        assert seen == ["/2", "/0", "/1"]


def test_pairs_bring_the_item_as_it_was_given() -> None:
    with EchoServer() as server, Session() as session:
        items = [server.url("/a"), Request("POST", server.url("/b")), {"url": server.url("/c")}]
        found = list(session.map(items, pairs=True))
        assert [item for item, _ in found] == items
        assert targets(answer for _, answer in found) == ["/a", "/b", "/c"]


# -- lazy and bounded --------------------------------------------------------------------------------------------------


def test_nothing_is_taken_before_the_first_next_and_never_more_than_look_ahead() -> None:
    taken = 0

    def endless(url: str) -> Iterator[str]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            yield f"{url}{number}"

    with EchoServer() as server, Session() as session:
        answers = session.map(endless(server.url("/")), workers=2, look_ahead=5)
        assert taken == 0
        for yielded, answer in enumerate(itertools.islice(answers, 40)):
            assert answer.json()["target"] == f"/{yielded}"
            assert taken <= yielded + 1 + 5


def test_look_ahead_is_twice_the_workers_unless_told() -> None:
    gate = Gate()
    taken: list[int] = []
    with EchoServer(gate) as server, Session() as session:
        answers = session.map((taken.append(n) or server.url(f"/{n}") for n in range(100)), workers=2)  # type: ignore[func-returns-value]
        threading.Thread(target=lambda: (gate.wait_for(lambda: len(gate.asked) == 2), gate.let_go("/0"))).start()
        next(answers)
        # Two are under way, and as many wait; no thread is free for them.
        assert taken == [0, 1, 2, 3]
        gate.open()
        answers.close()


def test_no_more_threads_than_workers_nor_than_requests() -> None:
    with EchoServer() as server, Session() as session:
        seen = set()
        for _ in session.map((server.url(f"/{number}") for number in range(30)), workers=3):
            seen |= set(threads_of_maps())
        assert 1 <= len(seen) <= 3
        answers = session.map([server.url("/")], workers=30)
        next(answers)
        assert len(threads_of_maps()) == 1
        del answers


def test_all_share_the_session_its_cookies_and_its_connections() -> None:
    with EchoServer(Routes()) as server, Session(max_connections=2) as session:
        list(session.map([server.url("/cookies/set?a=1")]))
        assert session.cookies["a"] == "1"
        seen = [dict(each.json()["headers"]).get("Cookie") for each in session.map([server.url("/")] * 20, workers=8)]
        assert seen == ["a=1"] * 20
        assert server.connections <= 2


# -- items -------------------------------------------------------------------------------------------------------------


def test_options_are_the_defaults_of_all_items() -> None:
    with EchoServer() as server, Session() as session:
        items: list[Any] = [
            server.url("/a"),
            {"url": server.url("/b"), "headers": {"X": "own"}},
            Request("PUT", server.url("/c")),
            Request("GET", server.url("/d"), headers={"X": "own"}),
        ]
        found = [each.json() for each in session.map(items, headers={"X": "all"}, method="POST")]
        assert [(each["method"], dict(each["headers"])["X"]) for each in found] == [
            ("POST", "all"),
            ("POST", "own"),
            ("PUT", "all"),
            ("GET", "own"),
        ]


def test_urls_of_bytes_and_of_other_libraries_are_taken() -> None:
    class URL:
        scheme, host = "http", "127.0.0.1"

        def __init__(self, text: str) -> None:
            self.text = text

        def __str__(self) -> str:
            return self.text

    with EchoServer() as server, Session() as session:
        assert targets(session.map([server.url("/a").encode(), URL(server.url("/b"))])) == ["/a", "/b"]


def test_one_prepared_request_may_stand_in_several_places() -> None:
    with EchoServer() as server, Session(timeout=Timeouts(total=10)) as session:
        prepared = session.prepare_request(Request("POST", server.url("/p"), data=b"x"))
        assert [each.json()["body"] for each in session.map([prepared] * 6, workers=6)] == ["x"] * 6


def test_a_file_is_sent_from_its_beginning_once_more(tmp_path: Any) -> None:
    (tmp_path / "body").write_bytes(b"content")
    with EchoServer() as server, Session() as session, (tmp_path / "body").open("rb") as file:
        prepared = session.prepare_request(Request("POST", f"http://127.0.0.1:{closed_port()}/", data=file))
        (error,) = session.map([prepared], return_exceptions=True)
        error.request.url = server.url("/")
        file.read()  # as an attempt would that has failed half-way
        (answer,) = session.map([error.request])
        assert answer.json()["body"] == "content"


def test_methods_that_a_subclass_overrides_are_called() -> None:
    class Based(Session):
        def request(self, method: str, url: Any, mine: int = 0, **kwargs: Any) -> Any:  # type: ignore[override]
            return super().request(method, f"{url}?mine={mine}", **kwargs)

    with EchoServer() as server, Based() as session:
        assert targets(session.map([server.url("/")], mine=3)) == ["/?mine=3"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (None, "item 1 is a NoneType: an item is a URL"),
        (("GET", "http://x/"), "item 1 is a tuple"),
        ({"method": "GET"}, "item 1 has no 'url'"),
        ({"url": "http://x/", "parms": {}}, "item 1: .*'parms'.*Did you mean 'params'"),
        ({"url": "http://x/", "retries": "many"}, "retries= takes a number"),
        ({"url": "http://x/", "timeout": "soon"}, "item 1: Timeout value"),
        (Request("GET"), "item 1 is a Request without a URL"),
    ],
)
def test_an_item_that_is_none_is_refused_in_its_place_by_its_index(item: Any, message: str) -> None:
    with EchoServer() as server, Session() as session:
        answers = session.map([server.url("/"), item], return_exceptions=True)
        assert next(answers).ok
        with pytest.raises((TypeError, ValueError), match=message):
            next(answers)
        assert list(answers) == [], "it has ended the rest"


def test_what_comes_too_late_for_a_prepared_request_is_refused() -> None:
    with Session() as session:
        prepared = session.prepare_request(Request("GET", "http://127.0.0.1/"))
        with pytest.raises(TypeError, match="item 0 is a PreparedRequest, for which params= comes too late"):
            list(session.map([prepared], params={"a": 1}))


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"workers": 0}, ValueError, "workers= takes a number of at least 1, not 0"),
        ({"workers": True}, TypeError, "workers="),
        ({"workers": 1.5}, TypeError, "workers="),
        ({"look_ahead": 0}, ValueError, "look_ahead="),
        ({"executor": 3}, TypeError, "executor= takes a concurrent.futures.Executor, not 3"),
        ({"executor": ThreadPoolExecutor}, TypeError, "executor="),
        ({"url": "http://x/"}, TypeError, "takes the URLs as its items"),
        ({"timeuot": 3}, TypeError, "Did you mean 'timeout'"),
        ({"order": False}, TypeError, "Did you mean 'ordered'"),
        ({"timeout": -1}, ValueError, "less than or equal to 0"),
        ({"retries": "x"}, TypeError, "retries= takes"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_by_the_call(
    arguments: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        Session().map([], **arguments)


@pytest.mark.parametrize("requests", ["http://x/", b"http://x/", {"url": "http://x/"}, Request("GET", "http://x/")])
def test_one_request_is_not_taken_for_many(requests: Any) -> None:
    with pytest.raises(TypeError, match="put it into a list"):
        Session().map(requests)


def test_what_cannot_be_iterated_over_is_refused_by_the_call() -> None:
    async def urls() -> Any:
        yield "http://x/"

    with pytest.raises(TypeError, match="takes an iterable of requests, not an int"):
        Session().map(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="asynchronous"):
        Session().map(urls())


# -- errors ------------------------------------------------------------------------------------------------------------


def test_the_first_error_is_raised_in_its_place_and_ends_the_rest() -> None:
    with EchoServer() as server, Session() as session:
        urls = [server.url("/0"), server.url("/1"), f"http://127.0.0.1:{closed_port()}/", server.url("/3")]
        answers = session.map(urls, workers=4)
        assert targets(itertools.islice(answers, 2)) == ["/0", "/1"]
        with pytest.raises(client.ConnectionError):
            next(answers)
        assert list(answers) == []
    assert threads_of_maps() == []


def test_what_is_under_way_behind_an_error_is_ended_before_that_is_raised() -> None:
    gate = Gate()
    with EchoServer(gate) as server, Session() as session:

        def refuse(request: Any) -> Any:
            gate.wait_for(lambda: {"/0", "/2"} <= set(gate.asked))
            raise client.exceptions.InvalidURL("refused while the others are under way")

        urls = [server.url("/0"), {"url": server.url("/1"), "auth": refuse}, server.url("/2")]
        answers = session.map(urls, workers=3)

        def let_go() -> None:
            gate.wait_for(lambda: "/2" in gate.asked)
            deadline = time.monotonic() + 10
            while in_use(session) > 1 and time.monotonic() < deadline:  # /2 is ended while /0 is waited for
                time.sleep(0.01)
            ended.append(in_use(session))
            gate.let_go("/0")

        ended: list[int] = []
        threading.Thread(target=let_go).start()
        assert next(answers).text == "/0"
        assert ended == [1]
        with pytest.raises(client.exceptions.InvalidURL, match="refused"):
            next(answers)
        gate.open()


def test_exceptions_are_yielded_in_their_place_and_can_be_tried_again() -> None:
    with EchoServer() as server, Session() as session:
        wrong = f"http://127.0.0.1:{closed_port()}/x"
        found = list(session.map([server.url("/0"), wrong, "http:///", server.url("/3")], return_exceptions=True))
        assert [type(each).__name__ for each in found] == ["Response", "ConnectionError", "InvalidURL", "Response"]
        failed = [each for each in found if isinstance(each, client.RequestException)]
        assert [each.request.url for each in failed] == [wrong, "http:///"]
        again = list(session.map((each.request for each in failed), return_exceptions=True))
        assert [type(each).__name__ for each in again] == ["ConnectionError", "InvalidURL"]


def test_an_error_that_is_no_request_exception_is_always_raised() -> None:
    def broken(answer: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("the program's own")

    with EchoServer() as server, Session() as session:
        items = [server.url("/"), {"url": server.url("/"), "hooks": {"response": broken}}]
        answers = session.map(items, return_exceptions=True)
        assert next(answers).ok
        with pytest.raises(ZeroDivisionError):
            next(answers)


def test_an_error_of_the_source_is_raised_behind_what_came_before_it() -> None:
    def urls(url: str) -> Iterator[str]:
        yield url
        raise LookupError("no more")

    with EchoServer() as server, Session() as session:
        answers = session.map(urls(server.url("/")))
        assert next(answers).ok
        with pytest.raises(LookupError, match="no more"):
            next(answers)


def test_an_error_keeps_no_frame_alive() -> None:
    class Body(bytes):
        pass

    with Session() as session:
        gc.collect()
        gc.disable()
        try:
            with pytest.raises(client.ConnectionError):
                list(session.map([{"url": f"http://127.0.0.1:{closed_port()}/", "data": Body(b"x")}]))
            kept = [each for each in gc.get_objects() if isinstance(each, Body)]
            assert kept == []
        finally:
            gc.enable()


# -- leaving the loop --------------------------------------------------------------------------------------------------


def leave_by_break(answers: Iterator[Any]) -> None:
    for _ in answers:
        break


def leave_by_exception(answers: Iterator[Any]) -> None:
    with pytest.raises(ZeroDivisionError):
        for _ in answers:
            raise ZeroDivisionError


def leave_by_interrupt(answers: Iterator[Any]) -> None:
    with pytest.raises(KeyboardInterrupt):
        for _ in answers:
            raise KeyboardInterrupt


def leave_by_close(answers: Any) -> None:
    next(answers)
    answers.close()


def leave_by_collector(answers: Any) -> None:
    next(answers)
    circle: list[Any] = [answers]
    circle.append(circle)
    del circle, answers


@pytest.mark.parametrize(
    "leave", [leave_by_break, leave_by_exception, leave_by_interrupt, leave_by_close, leave_by_collector]
)
@pytest.mark.parametrize("lane", ["own", "executor"])
def test_leaving_the_loop_leaves_nothing_running(leave: Callable[[Any], None], lane: str) -> None:
    gate = Gate()
    gate.let_go("/0")
    taken: list[int] = []
    with EchoServer(gate) as server, Session() as session, ThreadPoolExecutor(4) as threads:
        urls = (taken.append(number) or server.url(f"/{number}") for number in itertools.count())  # type: ignore[func-returns-value]
        answers = [session.map(urls, workers=4, executor=threads if lane == "executor" else None)]
        began = time.monotonic()
        leave(answers.pop())
        gc.collect()
        assert time.monotonic() - began < 8, "the server lets go after ten"
        count = len(taken)
        assert threads_of_maps() == []
        assert in_use(session) == 0
        # The Session is as good as before.
        gate.let_go("/again")
        assert session.get(server.url("/again")).text == "/again"
        assert len(taken) == count
        gate.open()


def test_responses_that_were_not_yielded_are_closed_and_those_that_were_stay_readable() -> None:
    with EchoServer(Routes()) as server, Session() as session:
        for answer in session.map([server.url("/bytes/300000")] * 8, workers=4, stream=True):
            kept = answer
            break
        gc.collect()
        assert threads_of_maps() == []
        assert in_use(session) == 1
        assert len(kept.content) == 300000
        assert in_use(session) == 0


def test_the_interpreter_exits_in_the_middle_of_an_iteration_without_waiting() -> None:
    gate = Gate()
    gate.let_go("/0")
    with EchoServer(gate) as server:
        code = f"""
import sys
from httpcore_lite import Session
answers = Session().map("{server.url("/")}" + str(number) for number in range(9))
print(next(answers).text)
"""
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
        assert (done.stdout.strip(), done.stderr, done.returncode) == ("/0", "", 0)
        assert time.monotonic() - began < 8
        gate.open()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal that can be sent to a process")
def test_an_interrupt_while_the_next_response_is_waited_for_ends_everything() -> None:
    gate = Gate()
    gate.let_go("/0")
    with EchoServer(gate) as server:
        code = f"""
import os, signal, threading
from httpcore_lite import Session
session = Session()
answers = session.map(("{server.url("/")}" + str(number) for number in range(9)), workers=3)
print(next(answers).text)
try:
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    next(answers)
except KeyboardInterrupt:
    pass
stats = session.adapters["http://"].pool.stats()
assert stats.open == stats.idle, stats
assert not [each for each in threading.enumerate() if each.name == "httpcore_lite.map"]
print("interrupted")
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
        assert (done.stdout.split(), done.stderr, done.returncode) == (["/0", "interrupted"], "", 0)
        gate.open()


def test_an_interrupt_behind_the_start_of_a_thread_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    really = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        really(thread)
        if thread.name == "httpcore_lite.map":
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", start)
    with Session() as session, pytest.raises(KeyboardInterrupt):
        next(session.map([f"http://127.0.0.1:{closed_port()}/"]))
    for thread in threads_of_maps():
        thread.join(5)
    assert threads_of_maps() == []


def test_an_interrupt_on_the_way_to_the_end_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def close(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("httpcore_lite.client.many._Iteration.close", close)
    with EchoServer() as server, Session() as session:
        with pytest.raises(KeyboardInterrupt):
            list(session.map([server.url("/")] * 4, workers=2))
        gc.collect()
        for thread in threads_of_maps():
            thread.join(5)
        assert threads_of_maps() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_an_iteration_does_not_go_on_in_a_child_process() -> None:
    gate = Gate()
    gate.let_go("/0")
    with EchoServer(gate) as server, Session() as session:
        answers = session.map((server.url(f"/{number}") for number in range(4)), workers=1)
        next(answers)
        child = os.fork()
        if not child:
            try:
                next(answers)
            except RuntimeError:
                os._exit(7)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        gate.open()


# -- streams -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("limits", [{"max_connections": 2}, {"max_per_origin": 2}])
def test_unread_responses_never_lock_out_the_next(limits: dict[str, int], ordered: bool) -> None:
    with EchoServer(Routes()) as server, Session(**limits) as session:  # type: ignore[arg-type]
        urls = [server.url(f"/redirect/302?to={server.url('/bytes/100000')}%3F{number}") for number in range(50)]
        count = 0
        for answer in session.map(urls, workers=16, stream=True, ordered=ordered):
            assert len(answer.content) == 100000
            count += 1
        assert count == 50
        assert server.connections >= 1
        assert in_use(session) == 0


@pytest.mark.parametrize("told", [{"stream": True}, {"stream": True, "allow_redirects": False}, {"stream": False}])
@pytest.mark.parametrize(
    "kind", [str, str.encode, lambda url: url[url.index("/bytes") :]], ids=["text", "bytes", "below a base"]
)
def test_what_leads_to_one_origin_is_counted_as_one_however_it_is_said(
    told: dict[str, bool], kind: Callable[[str], object]
) -> None:
    """The one that must be yielded first asks for the connection last, which the other must not hold by then."""
    second_has_it = threading.Event()

    def later(request: PreparedRequest) -> PreparedRequest:
        second_has_it.wait(0.5)
        return request

    def note(*_: object, **__: object) -> None:
        second_has_it.set()

    with EchoServer(Routes()) as server, Session(max_per_origin=1, base_url=server.url("/")) as session:
        url = server.url("/bytes/300000")
        items = [
            {"url": kind(url), "auth": later, **told},
            {"url": url, "stream": True, "allow_redirects": False, "hooks": {"response": note}},
        ]
        answers = session.map(items, timeout=Timeouts(pool=10))
        assert [len(answer.content) for answer in answers] == [300000, 300000]


def test_origins_behind_a_proxy_of_the_environment_share_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(max_per_origin=1)
    items = Items(session, (Session, Request, PreparedRequest), {"stream": True, "allow_redirects": False})
    jobs = [items.job(f"http://{name}.test/", index) for index, name in enumerate("ab")]
    assert [items.origin(job) for job in jobs] == [("http", "a.test", 80), ("http", "b.test", 80)]
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert [items.origin(job) for job in jobs] == [None, None]


def test_a_list_that_could_never_end_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httpcore_lite.client.many._PATIENCE", 0.1)
    with EchoServer(Routes()) as server, Session(max_connections=2) as session:
        with pytest.raises(RuntimeError, match=r"2 responses .* were not read.*read or close each before the next"):
            list(session.map([server.url("/bytes/300000")] * 5, stream=True))
        gc.collect()
        assert in_use(session) == 0


def test_responses_that_other_threads_read_make_place_for_the_next() -> None:
    with (
        EchoServer(Routes()) as server,
        Session(max_connections=2) as session,
        ThreadPoolExecutor(2) as readers,
    ):
        answers = session.map([server.url("/bytes/200000")] * 12, stream=True)
        sizes = [readers.submit(lambda response=answer: len(response.content)) for answer in answers]
        assert [each.result() for each in sizes] == [200000] * 12


def test_places_that_the_program_holds_itself_are_not_counted_on() -> None:
    with EchoServer(Routes()) as server, Session(max_connections=2) as session:
        held = session.get(server.url("/bytes/300000"), stream=True)
        sizes = [len(each.content) for each in session.map([server.url("/bytes/100000")] * 6, stream=True)]
        assert sizes == [100000] * 6
        held.close()


def test_without_bounds_streamed_responses_may_all_be_kept() -> None:
    with EchoServer(Routes()) as server, Session() as session:
        answers = list(session.map([server.url("/bytes/100000")] * 20, workers=4, stream=True))
        assert {len(each.content) for each in answers} == {100000}

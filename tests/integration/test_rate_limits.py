"""`RateLimit`: what a Session that keeps to a rate promises, with real servers and threads.

Where the test says nothing else, pauses take no time: the clock that they are decided by is moved on instead.
"""

from __future__ import annotations

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import RateLimit, RateLimited, Retry, Session, Timeouts
from httpcore_lite.adapters import BaseAdapter, HTTPAdapter
from httpcore_lite.client import rate_waiting
from httpcore_lite.sansio.options import NO_OPTIONS
from httpcore_lite.urllib3_api.util import pausing
from support.messages import Received, response
from support.patches import PATCHED, run
from support.scripted import Peer, close, receive, send
from support.servers import EchoServer, Routes


class Clock:
    """A clock that nothing but pauses moves on; `pauses` are those that were made, in seconds."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.moved = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.began + self.moved

    def pause(self, seconds: float, sleep: Any = None) -> None:
        self.pauses.append(seconds)
        self.moved += seconds

    @property
    def rounded(self) -> list[int]:
        """Whole seconds; a gate that is asked late may have pauses of milliseconds between them."""
        return [round(seconds) for seconds in self.pauses if seconds >= 0.5]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pausing, "pause", clock.pause)
    monkeypatch.setattr(pausing, "now", clock.now)
    return clock


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


class Departures:
    """When the requests under a limit went out, as it decided: a thread may get to write that down a moment later."""

    def __init__(self, limit: RateLimit, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times: list[float] = []
        self._latest = threading.local()
        ask = limit._schedule.ask

        def asked(ticket: Any, now: float, left: float | None = None) -> tuple[str, float]:
            result = ask(ticket, now, left)
            self._latest.now = now
            return result

        monkeypatch.setattr(limit._schedule, "ask", asked)

    def trace(self, event: str, info: dict[str, Any]) -> None:
        if event == "send.start":
            self.times.append(self._latest.now)


class Busy:
    """A route that responds with 429 and Retry-After as often as `asks` says; then with the request."""

    def __init__(self, *asks: str, status: int = 429) -> None:
        self.asks = list(asks)
        self.status = status

    def __call__(self, request: Received) -> bytes:
        if self.asks:
            return response("busy", self.status, "Busy", [("Retry-After", self.asks.pop(0))])
        return Routes()(request)


# -- the rate ------------------------------------------------------------------------------------------------------


def test_forty_requests_of_eight_threads_are_ten_in_any_second_and_waiting_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit = RateLimit(10)
    left_at = Departures(limit, monkeypatch)
    arrived: list[float] = []

    def note(request: Received) -> bytes:
        arrived.append(pausing.now())  # which a mock of another test may have moved on
        return response("ok")

    with EchoServer(note) as server, Session(rate_limit=limit, trace=left_at.trace) as session:
        left = iter(range(40))
        used = []

        def work() -> None:
            while next(left, None) is not None:
                session.get(server.url())
            used.append(time.thread_time())

        began = time.monotonic()
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
    # At most 4.3 where threads run as soon as they may (see below); a busy machine has them late, and never early.
    assert 3.9 <= seconds < 25
    assert len(left_at.times) == len(arrived) == 40
    times = sorted(left_at.times)
    assert all(beyond - first >= 1 for first, beyond in zip(times, times[10:], strict=False))
    assert all(there >= left for left, there in zip(times, sorted(arrived), strict=True))
    assert sum(used) < 2, "eight threads that waited for four seconds each"


def test_forty_requests_wait_for_four_seconds_where_nothing_else_takes_time(server: EchoServer, clock: Clock) -> None:
    with Session(rate_limit=RateLimit(10)) as session:
        for _ in range(40):
            session.get(server.url())
    assert 3.9 <= sum(clock.pauses) < 4.3


def test_redirects_retries_and_a_digest_count_as_every_sending(server: EchoServer, clock: Clock) -> None:
    for count, sent in {
        3: lambda session: session.get(server.url("/redirect/302?to=/redirect/302?to=/end")),
        2: lambda session: session.get(server.url("/digest/u"), auth=client.auth.HTTPDigestAuth("u", "p")),
        4: lambda session: session.get(
            server.url("/status/500"), retries=Retry(3, status_forcelist=[500], raise_on_status=False)
        ),
    }.items():
        with Session(rate_limit=RateLimit(1)) as session:
            del clock.pauses[:]
            before = len(server.requests)
            sent(session)
            assert len(server.requests) - before == count
            assert clock.rounded == [1] * (count - 1)
            session.get(server.url())
            assert clock.rounded == [1] * count


def test_a_request_that_is_sent_once_more_after_a_dead_connection_counts_twice(clock: Clock) -> None:
    ok = send(response("ok"))
    with Peer([receive(), ok, receive(), close()], [receive(), ok]) as peer, Session() as session:
        session.get(peer.url())
        session.get(peer.url(), rate_limit=RateLimit(1))
        assert len(peer.requests) == 3
        assert clock.rounded == [1]


def test_what_comes_after_a_while_goes_at_once_and_so_does_a_burst(server: EchoServer, clock: Clock) -> None:
    with Session(rate_limit=RateLimit(1, burst=3)) as session:
        for _ in range(4):
            session.get(server.url())
        assert clock.rounded == [1]
        clock.moved += 60
        for _ in range(3):
            session.get(server.url())
        assert clock.rounded == [1]


def test_each_origin_has_its_own_count_or_all_have_one(server: EchoServer, clock: Clock) -> None:
    with EchoServer() as other, Session(rate_limit=RateLimit(1)) as session:
        session.get(server.url())
        session.get(other.url())
        assert clock.pauses == []
        with Session(rate_limit=RateLimit(1, per_host=False)) as one:
            one.get(server.url())
            one.get(other.url())
        assert clock.rounded == [1]


def test_one_limit_is_shared_by_sessions_and_copies_of_a_session(server: EchoServer, clock: Clock) -> None:
    limit = RateLimit(1)
    with Session(rate_limit=limit) as first, Session(rate_limit=limit) as second, copy.copy(first) as third:
        for session in (first, second, third):
            session.get(server.url())
    client.get(server.url(), rate_limit=limit)
    assert clock.rounded == [1, 1, 1]


def test_a_call_may_have_none_or_one_of_its_own(server: EchoServer, clock: Clock) -> None:
    with Session(rate_limit=RateLimit(1)) as session:
        session.get(server.url())
        assert session.get(server.url(), rate_limit=False).timings.limit is None
        session.get(server.url(), rate_limit=RateLimit(1))
        assert clock.pauses == []
        session.get(server.url(), rate_limit=None)
        assert clock.rounded == [1]


def test_threads_go_in_the_order_in_which_they_came(server: EchoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    limit, moved, all_in_line = RateLimit(50), [0.0], threading.Event()

    def pause(seconds: float, sleep: Any = None) -> None:
        assert all_in_line.wait(20)
        time.sleep(min(seconds, 0.005))

    monkeypatch.setattr(pausing, "now", lambda: time.monotonic() + moved[0])
    monkeypatch.setattr(pausing, "pause", pause)
    with Session(rate_limit=limit) as session:
        session.get(server.url("/first"))
        with limit._lock:
            limit._schedule._paces[server.url("").rstrip("/")].paused = pausing.now() + 60
        threads = []
        for number in range(8):
            in_line = threading.Event()
            told = lambda event, info, in_line=in_line: in_line.set() if event == "limit.start" else None  # noqa: E731
            threads.append(
                threading.Thread(target=session.get, args=(server.url(f"/{number}"),), kwargs={"trace": told})
            )
            threads[-1].start()
            assert in_line.wait(10)
        moved[0] += 60
        all_in_line.set()
        for thread in threads:
            thread.join()
    assert [request.target for request in server.requests] == ["/first", *[f"/{number}" for number in range(8)]]


def test_a_connection_that_takes_long_to_open_does_not_bring_two_requests_together(
    server: EchoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, limit = threading.Event(), RateLimit(5)
    left_at = Departures(limit, monkeypatch)

    def resolver(host: str, port: int) -> list[str]:
        if not first.is_set():
            first.set()
            time.sleep(0.3)
        return ["127.0.0.1"]

    with Session(rate_limit=limit, resolver=resolver, trace=left_at.trace) as session:
        url = server.url(host="slow.test")
        threads = [threading.Thread(target=session.get, args=(url,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    times = sorted(left_at.times)
    assert len(times) == 3
    assert min(later - before for before, later in zip(times, times[1:], strict=False)) >= 0.2


def test_a_connection_that_dies_while_the_request_waits_is_replaced(clock: Clock) -> None:
    limit = RateLimit(1000)
    with Peer([close()], [receive(), send(response("ok"))]) as peer:

        def resolver(host: str, port: int) -> list[str]:
            # The server has another thread wait, told while this one connects.
            limit._schedule.heard(f"http://slow.test:{port}", 429, 0.9, clock.now())
            return ["127.0.0.1"]

        def closed(event: str, info: dict[str, Any]) -> None:
            if event == "limit.start":
                peer.wait_closed()

        with Session(rate_limit=limit, resolver=resolver, trace=closed) as session:
            assert session.post(peer.url(host="slow.test"), data="x").ok
        assert len(peer.requests) == 1
        assert 1 in clock.rounded


# -- pauses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_a_server_asks_for_holds_up_its_origin_and_no_other(clock: Clock, status: int) -> None:
    with EchoServer(Busy("7", status=status)) as busy, EchoServer() as other:
        with Session(rate_limit=RateLimit(1000)) as session:
            assert session.get(busy.url()).status_code == status
            session.get(other.url())
            assert clock.pauses == []
            assert session.get(busy.url()).ok
            assert clock.rounded == [7]


def test_a_pause_of_one_origin_holds_no_connection_that_another_needs() -> None:
    asked, one_waits = threading.Event(), threading.Event()

    def route(request: Received) -> bytes:
        if asked.is_set():
            return response("ok")
        asked.set()
        assert one_waits.wait(10)
        return response("busy", 429, "Busy", [("Retry-After", "3")])

    def seen(event: str, info: dict[str, Any]) -> None:
        if event == "queue.start":
            one_waits.set()

    with EchoServer(route) as busy, EchoServer() as other:
        with Session(rate_limit=RateLimit(1000), max_connections=1) as session:
            first = threading.Thread(target=session.get, args=(busy.url(),))
            first.start()
            assert asked.wait(10)
            second = threading.Thread(target=session.get, args=(busy.url(),), kwargs={"trace": seen})
            second.start()
            first.join()
            session.get(other.url())
            assert second.is_alive(), "it waits for the three seconds"
            second.join()
            assert len(busy.requests) == 2


def test_a_pause_holds_up_all_threads_and_not_only_the_one_that_was_told() -> None:
    came: list[float] = []

    def route(request: Received) -> bytes:
        came.append(time.monotonic())
        return response("busy", 429, "Busy", [("Retry-After", "1")]) if len(came) == 1 else response("ok")

    with EchoServer(route) as server, Session(rate_limit=RateLimit(1000)) as session:
        assert session.get(server.url()).status_code == 429
        threads = [threading.Thread(target=session.get, args=(server.url(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(came) == 5
    assert min(came[1:]) >= came[0] + 1


def test_a_pause_that_retry_and_the_limit_both_see_is_waited_for_once(clock: Clock) -> None:
    with EchoServer(Busy("7", "5")) as busy, Session(rate_limit=RateLimit(1000), retries=5) as session:
        assert session.get(busy.url()).ok
        assert clock.rounded == [7, 5]


def test_beyond_max_pause_the_response_is_returned_and_what_would_have_to_wait_is_refused(clock: Clock) -> None:
    with EchoServer(Busy("61")) as busy, Session(rate_limit=RateLimit(1000), retries=5) as session:
        refused = session.get(busy.url())
        assert refused.status_code == 429 and refused.headers["Retry-After"] == "61"
        with pytest.raises(RateLimited) as caught:
            session.get(busy.url("/?token=secret"))
        error = caught.value
        assert error.origin == busy.url("").rstrip("/") and 60 < error.seconds <= 61
        assert error.origin in str(error) and "max_pause=60" in str(error) and "secret" not in str(error)
        assert error.request is not None and isinstance(error, client.RequestException)
        again = pickle.loads(pickle.dumps(error))
        assert (again.origin, again.seconds, str(again)) == (error.origin, error.seconds, str(error))
        assert session.get(busy.url(), rate_limit=False).ok
        clock.moved += 61
        assert session.get(busy.url()).ok
        assert clock.pauses == []
        assert len(busy.requests) == 3


def test_where_all_origins_have_one_count_the_error_names_the_one_that_asked(server: EchoServer) -> None:
    with EchoServer(Busy("86400")) as busy, Session(rate_limit=RateLimit(1000, per_host=False)) as session:
        session.get(busy.url())
        with pytest.raises(RateLimited, match="asked for a pause") as caught:
            session.get(server.url())
        assert caught.value.origin == busy.url("").rstrip("/") and caught.value.origin in str(caught.value)
        assert server.requests == []


@pytest.mark.parametrize(("value", "seconds"), [("86400", 86400), ("9" * 5000, 365 * 86400)])
def test_a_pause_is_as_long_as_the_server_asks_and_at_most_a_year(value: str, seconds: float, clock: Clock) -> None:
    with EchoServer(Busy(value)) as busy, Session(rate_limit=RateLimit(1000)) as session:
        session.get(busy.url())
        clock.moved += seconds - 60
        with pytest.raises(RateLimited):
            session.get(busy.url())
        clock.moved += 61
        assert session.get(busy.url()).ok


def test_what_waits_already_is_refused_at_once_when_the_server_asks_for_too_long_a_pause() -> None:
    asked, in_line = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def route(request: Received) -> bytes:
        asked.set()
        assert in_line.wait(10)
        return response("busy", 429, "Busy", [("Retry-After", "600")])

    def work() -> None:
        try:
            session.get(server.url(), trace=lambda event, info: in_line.set() if event == "limit.start" else None)
        except RateLimited as error:
            errors.append(error)

    with EchoServer(route) as server, Session(rate_limit=RateLimit(1, 50)) as session:
        first = threading.Thread(target=session.get, args=(server.url(),))
        first.start()
        assert asked.wait(10)
        thread = threading.Thread(target=work)
        thread.start()
        for each in (first, thread):
            each.join(10)
            assert not each.is_alive()
        assert len(errors) == 1


@pytest.mark.parametrize("value", ["soon", "-5", "0", "Sat, 01 Jan 2000 00:00:00 GMT"])
def test_what_asks_for_no_pause_makes_none(clock: Clock, value: str) -> None:
    with EchoServer(Busy(value)) as busy, Session(rate_limit=RateLimit(1000)) as session:
        session.get(busy.url())
        session.get(busy.url())
        assert clock.pauses == [] or max(clock.pauses) < 0.1


# -- what bounds and ends a wait -----------------------------------------------------------------------------------


def test_a_wait_that_would_end_behind_the_call_is_a_timeout_at_once_whose_phase_says_so(server: EchoServer) -> None:
    with Session(rate_limit=RateLimit(1, 60), retries=3) as session:
        session.get(server.url())
        began = time.monotonic()
        with pytest.raises(client.Timeout) as caught:
            session.get(server.url("/?token=secret"), timeout=Timeouts(total=5))
        assert time.monotonic() - began < 20
        assert caught.value.args[0].phase == "limit" and caught.value.args[0].seconds == 5
        assert "waiting for the rate limit" in caught.value.explanation
        assert caught.value.request is not None and caught.value.request.url == server.url("/?token=secret")
        assert len(server.requests) == 1
        assert session.get(server.url(), rate_limit=False).ok


def test_a_map_shares_the_limit_and_leaving_it_ends_the_waits(server: EchoServer) -> None:
    limit = RateLimit(20)
    with Session(rate_limit=limit) as session:
        began = time.monotonic()
        assert len(list(session.map([server.url()] * 5, workers=5))) == 5
        assert time.monotonic() - began >= 4 / 20
        slow = RateLimit(1, 100)
        began = time.monotonic()
        for _ in session.map([server.url()] * 20, workers=5, ordered=False, rate_limit=slow):
            break
        assert time.monotonic() - began < 10
        assert len(server.requests) == 6
        (pace,) = slow._schedule._paces.values()
        assert pace.door.waiting == [] and pace.gate.waiting == []


def test_an_interrupted_wait_does_not_hold_up_what_comes_behind(
    server: EchoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(seconds: float, sleep: Any) -> None:
        raise KeyboardInterrupt

    with Session(rate_limit=RateLimit(20)) as session:
        session.get(server.url())
        with monkeypatch.context() as patched:
            patched.setattr(pausing, "pause", interrupted)
            with pytest.raises(KeyboardInterrupt):
                session.get(server.url())
        assert session.get(server.url()).ok


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_process_begins_anew_whatever_a_thread_of_the_parent_held(server: EchoServer) -> None:
    limit = RateLimit(1, 60)
    with Session(rate_limit=limit) as session:
        session.get(server.url())
        with limit._lock:
            thread = threading.Thread(target=_in_child, args=(session, server.url()), daemon=True)
            thread.start()
            thread.join(40)
            assert not thread.is_alive()
    assert len(server.requests) == 2


def test_two_threads_at_once_in_a_child_process_leave_the_schedule_of_the_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit = RateLimit(1)
    limit._process, of_parent = -1, limit._schedule
    make, taken = rate_waiting.RateSchedule, []

    def slowly(*numbers: Any) -> Any:
        monkeypatch.setattr(rate_waiting, "RateSchedule", make)
        limit.turn("http", "a", 80, NO_OPTIONS)  # of the other thread
        taken.append(limit._schedule)
        return make(*numbers)

    monkeypatch.setattr(rate_waiting, "RateSchedule", slowly)
    limit.turn("http", "a", 80, NO_OPTIONS)
    assert taken and of_parent not in taken


def _in_child(session: Session, url: str) -> None:
    pid = os.fork()
    if not pid:
        signal.alarm(30)
        os._exit(0 if session.get(url).ok else 1)
    assert os.waitpid(pid, 0)[1] == 0


# -- what is seen --------------------------------------------------------------------------------------------------


def test_the_wait_is_a_timing_and_two_events(server: EchoServer) -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    with Session(rate_limit=RateLimit(20), trace=lambda *event: events.append(event)) as session:
        assert session.get(server.url()).timings.limit is None
        assert not [name for name, _ in events if name.startswith("limit")]
        del events[:]
        timings = session.get(server.url()).timings
    assert [name for name, _ in events][:2] == ["limit.start", "limit.end"]
    assert events[0][1] == {"route": server.url("").rstrip("/")}
    waits = [info["seconds"] for name, info in events if name == "limit.end"]  # at the gate, too, if there it had to
    assert sum(waits) == pytest.approx(timings.limit) and 0 < timings.limit <= timings.total
    assert timings.limit + timings.send <= timings.total, "each second is counted once"


# -- other ways out ------------------------------------------------------------------------------------------------


class Own(BaseAdapter):
    """An adapter of a program's own, which has another send."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self.inner = HTTPAdapter()

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.sent += 1
        return self.inner.send(request, *args, **kwargs)

    def close(self) -> None:
        self.inner.close()


def test_an_adapter_of_the_programs_own_counts_once_for_each_send_also_where_it_has_ours_send(clock: Clock) -> None:
    with EchoServer(Busy("7")) as busy, Session(rate_limit=RateLimit(1)) as session:
        session.mount("http://", own := Own())
        session.get(busy.url())
        session.get(busy.url())
        session.get(busy.url("/redirect/302?to=/end"))
        assert own.sent == 4
        assert clock.rounded == [7, 1, 1]


def test_an_adapter_for_another_scheme_counts(clock: Clock) -> None:
    class Made(BaseAdapter):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            made = client.Response()
            made.status_code, made.url, made.request, made._content = 200, request.url, request, b""
            return made

        def close(self) -> None: ...

    with Session(rate_limit=RateLimit(1)) as session:
        session.mount("made:", Made())
        for _ in range(3):
            session.get("made:anything")
    assert clock.rounded == [1, 1]


@pytest.mark.parametrize("headers", [None, {"Retry-After": 5}, client.structures.CaseInsensitiveDict()])
def test_a_response_that_an_adapter_made_may_have_odd_fields_or_none(clock: Clock, headers: Any) -> None:
    class Made(BaseAdapter):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            made = client.Response()
            made.status_code, made.url, made.request, made._content = 429, request.url, request, b""
            made.headers = headers
            return made

        def close(self) -> None: ...

    with Session(rate_limit=RateLimit(1000)) as session:
        session.mount("made:", Made())
        for _ in range(2):
            assert session.get("made:anything").status_code == 429
    assert clock.rounded == ([5] if headers else [])


WHERE_PATCHED = """
import httpcore_lite
from httpcore_lite import RateLimit, RateLimited, Retry
from httpcore_lite.urllib3_api.util import pausing
pauses, moved = [], [0.0]
import time
def pause(seconds, sleep=None):
    pauses.append(round(seconds)); moved[0] += seconds
pausing.pause = pause
pausing.now = lambda: time.monotonic() + moved[0]
time.sleep = pause
limited = client.Session(rate_limit=RateLimit(1))
limited.trust_env = False
for path in ("/", "/redirect/302?to=/end"):
    limited.get(url + path)
print(len(sent), pauses)
again = Retry(2, status_forcelist=[500], raise_on_status=False)
print(limited.get(url + "/status/500", retries=again).status_code, len(sent), pauses[2:])
del pauses[:]
print(limited.get(url + "/status/429?Retry-After=61", retries=again).status_code, len(sent), pauses)
try:
    limited.get(url)
except RateLimited as error:
    print(type(error).__name__, error.origin == url, len(sent))
"""


@pytest.mark.parametrize("name", ["under its own name", "installed as requests"])
def test_where_urllib3_is_patched_every_sending_counts_as_well(name: str, server: EchoServer) -> None:
    source = f"url = {server.url('').rstrip('/')!r}\n" + WHERE_PATCHED
    assert run(name, source, server.url(), first=PATCHED) == [
        "3 [1, 1]",
        "500 6 [1, 1, 1]",
        "429 7 [1]",
        "RateLimited True 7",
    ]


# -- the example -----------------------------------------------------------------------------------------------------


def test_the_example_meets_a_server_that_allows_two_requests_in_a_second() -> None:
    pytest.importorskip("tenacity")
    example = Path(client.__file__).parents[1] / "docs" / "examples" / "rate_limits.py"
    if not example.exists():
        pytest.skip("the pages are not beside an installed package")
    served: dict[str, list[float]] = {}
    refused: list[str] = []

    def route(request: Received) -> bytes:
        now = time.monotonic()
        before = served.setdefault(request.target, [])
        # Half of what it says: what does not wait comes within that, what does comes later, on a busy machine too.
        if len([each for each in before if each > now - 0.5]) == 2:
            refused.append(request.target)
            return response("busy", 429, "Too Many Requests", [("Retry-After", "1")])
        before.append(now)
        return response("ok")

    with EchoServer(route) as server:
        environment = {**os.environ, "PYTHONPATH": str(example.parents[2])}
        command = [sys.executable, str(example), server.url("").rstrip("/")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.stdout.splitlines() == [f"{way:<11} [200, 200, 200]" for way in ("retries=", "tenacity", "RateLimit")]
    assert refused == ["/retries", "/tenacity"], done.stderr


# -- numbers -------------------------------------------------------------------------------------------------------


def test_the_numbers_are_pickled_and_not_the_state(server: EchoServer, clock: Clock) -> None:
    limit = RateLimit(3, 60, burst=2, per_host=False, max_pause=5)
    assert repr(limit) == "RateLimit(3, per=60, burst=2, per_host=False, max_pause=5)"
    with Session(rate_limit=RateLimit(1, 60)) as session:
        session.get(server.url())
        for made in (pickle.loads(pickle.dumps(session)), copy.deepcopy(session)):
            with made:
                made.get(server.url())
        assert clock.pauses == []
        session.get(server.url())
        assert len(clock.pauses) == 1
    for made in (pickle.loads(pickle.dumps(limit)), copy.copy(limit), copy.deepcopy(limit)):
        assert made is not limit and repr(made) == repr(limit)


class Patient(RateLimit):
    """A limit of a program's own."""

    def __init__(self, rate: float, reason: str) -> None:
        super().__init__(rate)
        self.reason = reason


def test_a_limit_of_the_programs_own_class_stays_one_when_it_is_pickled_and_copied() -> None:
    limit = Patient(3, "asked to")
    for made in (pickle.loads(pickle.dumps(limit)), copy.copy(limit), copy.deepcopy(limit)):
        assert type(made) is Patient and made.reason == "asked to" and made.rate == 3
        assert made._schedule is not limit._schedule


def test_a_number_that_is_set_later_is_refused_since_it_would_count_for_nothing() -> None:
    limit = RateLimit(10)
    with pytest.raises(AttributeError, match="rate of a RateLimit does not change: make another one"):
        limit.rate = 5
    assert limit.rate == 10


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((0,), ValueError, "rate= takes a number of requests above 0, not 0"),
        ((-1,), ValueError, "rate="),
        ((float("nan"),), ValueError, "rate="),
        ((float("inf"),), ValueError, "rate="),
        ((10**400,), ValueError, "rate="),
        (("10",), TypeError, "rate= takes a number of requests above 0, not a str"),
        ((True,), TypeError, "rate="),
        ((None,), TypeError, "rate="),
        ((10, 0), ValueError, "per= takes a number of seconds above 0, not 0"),
        ((10, "minute"), TypeError, "per= takes a number of seconds above 0, not a str"),
        ((1e300, 1e-300), ValueError, "makes no sense"),
        ((1e-300, 1e300), ValueError, "makes no sense"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(arguments: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        RateLimit(*arguments)


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({"burst": 0}, ValueError, "burst= takes a whole number of at least 1, not 0"),
        ({"burst": 1.5}, TypeError, "burst= takes a whole number of at least 1, not a float"),
        ({"burst": True}, TypeError, "burst="),
        ({"burst": 10**400}, ValueError, "makes no sense"),
        ({"per_host": 1}, TypeError, "per_host= takes True or False, not an int"),
        ({"max_pause": -1}, ValueError, "max_pause= takes a number of seconds of at least 0, not -1"),
        ({"max_pause": None}, TypeError, "max_pause="),
        ({"period": 60}, TypeError, "unexpected keyword argument 'period'"),
    ],
)
def test_keywords_that_make_no_sense_are_refused(keywords: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        RateLimit(10, **keywords)


@pytest.mark.parametrize("value", [10, "10/s", True, RateLimit, (10, 1.0)])
def test_an_option_that_is_no_limit_is_refused_by_name(value: Any) -> None:
    for told in (lambda: Session(rate_limit=value), lambda: client.get("http://example.invalid", rate_limit=value)):
        with pytest.raises(TypeError, match=r"rate_limit= takes a RateLimit, as RateLimit\(10\), not "):
            told()

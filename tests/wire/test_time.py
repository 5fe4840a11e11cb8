"""Every wait has an end: the limits of each phase, and the deadline of a whole call."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator

import pytest

import httpcore_lite as client
from httpcore_lite import Retry, Timeouts
from support.clock import MovedClock
from support.messages import response
from support.scripted import Peer, Step, receive, send, stall

OK = response("ok")
# Seconds: less than the peer's patience, and more than the busiest machine takes for what is over at once.
SOON = 6


class Stopwatch:
    """Measures how long something took."""

    def __enter__(self) -> Stopwatch:
        self._began = time.monotonic()
        return self

    def __exit__(self, *exc: object) -> None:
        self.seconds = time.monotonic() - self._began


def drip(data: bytes, every: float) -> Step:
    """Send byte by byte, so that no read ever waits longer than `every` seconds."""

    def step(talk: object) -> None:
        for byte in data:
            send(bytes([byte]))(talk)  # type: ignore[arg-type]
            time.sleep(every)  # the peer's slowness is what is tested

    return step


def test_total_stops_a_body_that_drips_for_ever() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with Peer([receive(), send(head), drip(b"x" * 1000, 0.02)]) as peer, Stopwatch() as taken:
        with pytest.raises(client.exceptions.ReadTimeout) as caught:
            client.get(peer.url("/"), timeout=Timeouts(read=5, total=0.3))
    assert taken.seconds < SOON
    assert "total timeout=0.3" in str(caught.value)


def test_total_stops_a_head_that_drips_for_ever() -> None:
    with Peer([receive(), drip(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 100, 0.02)]) as peer, Stopwatch() as taken:
        with pytest.raises(client.exceptions.ReadTimeout) as caught:
            client.get(peer.url("/"), timeout=Timeouts(total=0.3))
    assert taken.seconds < SOON
    assert caught.value.args[0].phase == "total"


def test_total_covers_the_callers_own_time_between_reads(clock: MovedClock) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    with Peer([receive(), send(head + b"hello"), stall()]) as peer:
        response = client.get(peer.url("/"), stream=True, timeout=Timeouts(total=20))
        assert response.raw.read(5) == b"hello"
        clock.ahead += 25  # the caller's own time
        with pytest.raises(client.exceptions.ReadTimeout):  # with time left it would end as the peer does
            response.content  # noqa: B018


def test_redirects_share_the_deadline(clock: MovedClock) -> None:
    def slow_redirect(to: str) -> Step:
        return send(response("", 302, "Found", [("Location", to)]))

    def wait(talk: object) -> None:
        clock.ahead += 15

    script: list[Step] = []
    for hop in range(10):
        script += [receive(), wait, slow_redirect(f"/{hop}")]
    with Peer(script) as peer, pytest.raises(client.exceptions.Timeout):
        client.get(peer.url("/"), timeout=Timeouts(read=20, total=40))
    assert len(peer.requests) == 3


def test_a_retry_does_not_sleep_past_the_deadline() -> None:
    busy = response("busy", 503, "Busy", [("Retry-After", "30")])
    session = client.Session()
    session.mount("http://", client.adapters.HTTPAdapter(max_retries=Retry(3, status_forcelist=[503])))
    with Peer([receive(), send(busy), receive(), send(OK)]) as peer, Stopwatch() as taken:
        with pytest.raises(client.exceptions.ReadTimeout, match="total timeout=5"):
            session.get(peer.url("/"), timeout=Timeouts(total=5))
    assert taken.seconds < SOON


def test_phases_have_limits_of_their_own() -> None:
    with Peer([receive(), stall()]) as peer, Stopwatch() as taken, pytest.raises(client.exceptions.ReadTimeout):
        client.get(peer.url("/"), timeout=Timeouts(read=0.1, connect=5))
    assert taken.seconds < SOON


def test_the_sessions_timeout_holds_where_a_call_names_none() -> None:
    session = client.Session(timeout=0.1)
    for ask in (
        lambda url: session.get(url),
        lambda url: session.send(client.Request("GET", url).prepare()),
    ):
        with Peer([receive(), stall()]) as peer, pytest.raises(client.exceptions.ReadTimeout):
            ask(peer.url("/"))


def test_an_empty_timeouts_takes_the_sessions_limit_away() -> None:
    seen: list[object] = []

    class Adapter(client.adapters.HTTPAdapter):
        def send(self, request: object, **kw: object) -> object:  # type: ignore[override]
            seen.append(kw["timeout"])
            return super().send(request, **kw)  # type: ignore[arg-type]

    session = client.Session(timeout=3)
    session.mount("http://", Adapter())
    with Peer([receive(), send(OK), receive(), send(OK), receive(), send(OK)]) as peer:
        session.get(peer.url("/"))
        session.get(peer.url("/"), timeout=Timeouts())
        session.get(peer.url("/"), timeout=(1, 2))
    assert seen == [3, Timeouts(), (1, 2)]


@pytest.mark.parametrize("timeout", ["x", 0, -1, (1, 2, 3), True])
def test_a_session_refuses_a_timeout_that_makes_no_sense(timeout: object) -> None:
    with pytest.raises(ValueError, match=r"[Tt]imeout"):
        client.Session(timeout=timeout)


def test_a_sessions_timeout_is_pickled() -> None:
    limits = Timeouts(connect=1, total=2)
    assert pickle.loads(pickle.dumps(client.Session(timeout=limits))).timeout == limits


def test_a_deadline_ends_with_its_call(clock: MovedClock) -> None:
    prepared = client.Request("GET", "http://placeholder/").prepare()
    session = client.Session()
    with Peer([receive(), send(response("", 302, "Found", [("Location", "/next")])), *_responses(2)]) as peer:
        prepared.url = peer.url("/")
        first = session.send(prepared, timeout=Timeouts(total=20), allow_redirects=False)
        clock.ahead += 25  # longer than the first call had
        assert session.send(first.next, timeout=Timeouts(total=5)).text == "ok"
        assert session.send(prepared, timeout=Timeouts(total=5)).text == "ok"


def _responses(count: int) -> Iterator[Step]:
    for _ in range(count):
        yield receive()
        yield send(OK)

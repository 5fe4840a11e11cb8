"""Many requests on green threads: `Session.map`, `threaded`, and grequests with us in requests' place."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from importlib.util import find_spec

import pytest

from support.scripted import Peer, receive, response, send
from support.servers import EchoServer, Together

pytest.importorskip("gevent")


def run(source: str, url: str) -> str:
    code = "from gevent import monkey; monkey.patch_all()\n" + textwrap.dedent(source).replace("URL", repr(url))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=40, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.strip()


def test_twenty_requests_of_a_map_overlap() -> None:
    with EchoServer(Together(20, lambda _: response("ok"))) as server:
        run(
            """
            from httpcore_lite import Session
            assert [each.text for each in Session().map([URL] * 20, workers=20)] == ["ok"] * 20
            """,
            server.url("/"),
        )


def test_greenlets_wait_under_a_rate_in_order_while_others_run_and_one_that_is_killed_holds_up_none() -> None:
    with EchoServer() as server:
        shown = run(
            """
            import gevent
            from gevent.event import Event
            from httpcore_lite import RateLimit, Session
            ticks, in_line = [], Event()
            def tick():
                while True:
                    ticks.append(1)
                    gevent.sleep(0.01)
            def told(event, info):
                if event == "limit.start":
                    in_line.set()
            gevent.spawn(tick)
            with Session(rate_limit=RateLimit(4)) as session:
                traces = [told if number == 5 else None for number in range(6)]
                asked = [gevent.spawn(session.get, f"{URL}{number}", trace=traces[number]) for number in range(6)]
                assert in_line.wait(10)
                asked[3].kill()
                gevent.joinall(asked, timeout=20)
                print([each.ready() and each.exception for each in asked], len(ticks) > 20)
            """,
            server.url("/"),
        )
        assert shown == f"{[None] * 6} True"
        assert [request.target for request in server.requests] == ["/0", "/1", "/2", "/4", "/5"]


def test_leaving_the_loop_ends_what_waits() -> None:
    with Peer([receive(), send(response("ok"))], [receive()], repeat=True) as peer:
        seconds = run(
            """
            import time
            from httpcore_lite import Session
            session = Session()
            for each in session.map([URL] * 9, workers=4, ordered=False):
                began = time.monotonic()
                break
            print(time.monotonic() - began)
            stats = session.adapters["http://"].pool.stats()
            assert stats.open == stats.idle, stats
            """,
            peer.url("/"),
        )
    assert float(seconds) < 6, "the server is silent for ten"


def test_twenty_requests_of_a_threaded_pool_overlap() -> None:
    with EchoServer(Together(20, lambda _: response("ok"))) as server:
        run(
            """
            from httpcore_lite import threaded
            responses, exceptions = threaded.map([{"method": "GET", "url": URL}] * 20, num_processes=20)
            assert [len(list(responses)), len(list(exceptions))] == [20, 0]
            """,
            server.url("/"),
        )


# Not imported here: it patches the process.
@pytest.mark.skipif(find_spec("grequests") is None, reason="grequests is not installed")
def test_twenty_requests_of_grequests_overlap() -> None:
    with EchoServer(Together(20, lambda _: response("ok"))) as server:
        run(
            """
            import httpcore_lite
            httpcore_lite.install_as_requests()
            import grequests, requests
            assert requests is httpcore_lite
            assert [each.text for each in grequests.map(grequests.get(URL) for _ in range(20))] == ["ok"] * 20
            """,
            server.url("/"),
        )

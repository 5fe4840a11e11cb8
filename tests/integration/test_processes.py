"""What ends a program or patches it: the garbage collector, the interpreter's end, gevent."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from time import sleep

import pytest

from support.messages import Received
from support.programs import run_program
from support.servers import EchoServer, Routes, Together, tls_echo_server

BOTH = pytest.mark.parametrize("serve", [EchoServer, tls_echo_server], ids=["plain", "tls"])


def run(source: str, url: str, **settings: object) -> str:
    return run_program(textwrap.dedent(source), url, **settings)  # type: ignore[arg-type]


# -- the garbage collector ---------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    "drop",
    [
        pytest.param("del response", id="by its last reference"),
        pytest.param("response.self = response; del response; gc.collect()", id="in a cycle"),
        pytest.param("pieces = response.iter_content(10); next(pieces); del response, pieces", id="half read"),
        pytest.param("raw = response.raw; raw.read(10); del response, raw", id="by its raw"),
        pytest.param(
            "response.raw.stream(10); kept = iter(response); next(kept); del kept, response", id="by an iterator"
        ),
    ],
)
def test_an_unread_stream_that_is_forgotten_gives_back_its_descriptor_and_its_place(
    serve: Callable[[], EchoServer], drop: str
) -> None:
    source = f"""
        import gc

        session = new_session(pool_maxsize=2, pool_block=True)
        session.get(url, timeout=5)
        began = descriptors() - stats(session).open
        gc.disable()
        for number in range(8):
            response = session.get(url + "bytes/100000", stream=True, timeout=client.Timeouts(read=5, pool=2))
            {drop}
        found = stats(session)
        assert found.open == found.idle, found
        assert descriptors() == began + found.open, (descriptors(), began, found)
        session.close()
    """
    with serve() as server:
        # In a cycle the socket may be finalized before the response: it says that it was never closed.
        run(source, server.url("/"), first="import warnings; warnings.simplefilter('ignore', ResourceWarning)")


def test_a_thread_that_waits_is_served_when_the_collector_finds_a_forgotten_stream() -> None:
    source = """
        import gc

        gc.disable()  # or it may find the stream before anything waits for its place
        session = new_session(pool_maxsize=1, pool_block=True)
        response = session.get(url + "bytes/100000", stream=True, timeout=5)
        response.self = response
        del response
        found = []
        patient = client.Timeouts(read=10, pool=10)
        waiter = threading.Thread(target=lambda: found.append(session.get(url + "waited", timeout=patient).json()))
        waiter.start()
        while waiter.is_alive() and not session.get_adapter(url).pool._ledger.waiting:
            pass
        gc.collect()
        waiter.join()
        assert found[0]["target"] == "/waited"
        session.close()
    """
    with EchoServer() as server:
        run(source, server.url("/"), first="import warnings; warnings.simplefilter('ignore', ResourceWarning)")


# -- the end of the interpreter ----------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    "left",
    [
        pytest.param("session.get(url, timeout=5)", id="an open session"),
        pytest.param("response = session.get(url + 'bytes/100000', stream=True, timeout=5)", id="an unread stream"),
        pytest.param(
            "response = session.get(url + 'bytes/100000', stream=True, timeout=5)\nnext(response.iter_content(10))",
            id="a half-read stream",
        ),
        pytest.param("response = client.get(url + 'empty', verify=sys.argv[2], timeout=5)", id="the module's function"),
        pytest.param(
            "response = session.get(url + 'bytes/100000', stream=True, timeout=5)\n"
            "response.self = response\nsys.modules['kept'] = response",
            id="a cycle that modules keep",
        ),
        pytest.param(
            "threading.Thread(target=session.get, args=(url + 'late',), kwargs={'timeout': 5}).start()",
            id="a thread at work",
        ),
        pytest.param(
            "session.get(url, timeout=5)\n"
            "def forever():\n"
            "    while True:\n"
            "        session.get(url + 'again', timeout=5)\n"
            "for _ in range(3):\n"
            "    threading.Thread(target=forever, daemon=True).start()\n"
            "session.get(url, timeout=5)",
            id="daemon threads at work",
        ),
        pytest.param("session.get(url, timeout=5)\nraise SystemExit(0)", id="sys.exit"),
    ],
)
def test_an_interpreter_that_ends_with_all_of_it_open_says_nothing(serve: Callable[[], EchoServer], left: str) -> None:
    with serve() as server:
        assert run("session = new_session()\n" + left, server.url("/")) == ""


# -- gevent ------------------------------------------------------------------------------------------------------------

GREEN = """
import gevent, time
import gevent.pool

session = new_session(ADAPTER)


def ask(number):
    found = session.post(f"{url}slow/{number}", data=f"body {number}", timeout=client.Timeouts(read=20, pool=20)).json()
    return (found["target"], found["body"]) == (f"/slow/{number}", f"body {number}")


session.get(url, timeout=5)
ticks = 0


def tick():
    global ticks
    while True:
        gevent.sleep(0.01)
        ticks += 1


ticker = gevent.spawn(tick)
jobs = [gevent.spawn(ask, number) for number in range(COUNT)]
gevent.joinall(jobs, timeout=30)
assert all(job.value for job in jobs), [job.exception for job in jobs if not job.value]
assert ticks > 5, "the others stood still"
found = stats(session)
assert found.open == found.idle, found
ticker.kill()
session.close()
print(found.created)
"""


class Slow(Routes):
    """Responds to `/slow/N` when `count` of them are there, and 0.2 s later; to all else at once."""

    def __init__(self, count: int) -> None:
        self._together = Together(count, super().__call__)

    def __call__(self, request: Received) -> bytes:
        if not request.target.startswith("/slow"):
            return super().__call__(request)
        response = self._together(request)
        sleep(0.2)  # in which the other green threads go on
        return response


def green(server: EchoServer, first: str, count: int, adapter: str) -> int:
    """Have `count` green threads ask for `/slow` at once; returns how many connections were made."""
    pytest.importorskip("gevent")
    source = GREEN.replace("ADAPTER", adapter).replace("COUNT", str(count))
    return int(run(source, server.url("/"), first=first, strict=False))


PATCHES = [
    pytest.param("from gevent import monkey; monkey.patch_all()", id="all"),
    pytest.param("from gevent import monkey; monkey.patch_all(select=False)", id="all but select"),
    pytest.param(
        "import select; poll = select.poll; from gevent import monkey; monkey.patch_all(); select.poll = poll",
        id="all but poll",
    ),
]


@pytest.mark.parametrize("patch", PATCHES)
def test_fifty_slow_requests_on_green_threads_overlap(patch: str) -> None:
    with EchoServer(Slow(50)) as server:
        green(server, patch, 50, "")


def test_fifty_slow_requests_over_tls_on_green_threads_overlap() -> None:
    from support.certificates import server_context

    with EchoServer(Slow(50), tls=server_context()) as server:
        green(server, "from gevent import monkey; monkey.patch_all()", 50, "")


@pytest.mark.parametrize("patch", PATCHES[:1])
def test_waiting_for_a_bounded_pool_lets_other_green_threads_go_on(patch: str) -> None:
    with EchoServer(Slow(4)) as server:
        created = green(server, patch, 12, "pool_maxsize=4, pool_block=True")
    assert created <= 4


def test_a_long_upload_on_a_green_thread_lets_others_go_on() -> None:
    source = """
        import gevent

        session = new_session()
        ticks = 0

        def tick():
            global ticks
            while True:
                gevent.sleep(0.001)
                ticks += 1

        ticker = gevent.spawn(tick)
        found = session.post(url, data=(bytes(60000) for _ in range(100)), timeout=20).json()
        assert len(found["body"]) == 6000000
        ticker.kill()
        assert ticks > 5, ticks
        session.close()
    """
    pytest.importorskip("gevent")
    with EchoServer() as server:
        run(source, server.url("/"), first="from gevent import monkey; monkey.patch_all()", strict=False)


@pytest.mark.skipif(sys.platform == "win32", reason="select has no highest number there")
def test_without_poll_a_descriptor_above_those_that_select_knows_sends_and_receives_all_the_same() -> None:
    # As under eventlet, which takes poll away.
    source = """
        import resource, select
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096) if most > 0 else 4096, most))
        kept = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
        del select.poll
        session = new_session()
        for number in range(3):
            assert session.get(f"{url}{number}", timeout=10).json()["target"] == f"/{number}"
        found = session.post(url, data=(bytes(60000) for _ in range(20)), timeout=10).json()
        assert len(found["body"]) == 1200000
        session.close()
    """
    with EchoServer() as server:
        run(source, server.url("/"))


# -- subinterpreters ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(
    sys.version_info < (3, 13), reason="interpreters in threads, each with its own lock, came with 3.13"
)
@BOTH
def test_interpreters_in_threads_of_one_process_get_their_own_responses(serve: Callable[[], EchoServer]) -> None:
    source = """
        import _interpreters

        CODE = '''
        import httpcore_lite as client
        with client.Session() as session:
            session.verify = CA
            for number in range(20):
                name = f"/{NUMBER}-{number}"
                assert session.get(URL + name[1:], timeout=10).json()["target"] == name
        left_open = client.Session()
        left_open.get(URL, verify=CA, timeout=10)
        '''

        def work(number):
            interpreter = _interpreters.create()
            names = f"URL, CA, NUMBER = {url!r}, {sys.argv[2]!r}, {number}"
            failed = _interpreters.run_string(interpreter, names + CODE)
            _interpreters.destroy(interpreter)
            if failed is None:
                done.append(number)

        done = []
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(done) == [0, 1, 2, 3]
    """
    with serve() as server:
        run(source, server.url("/"))
        assert len(server.requests) == 4 * 21

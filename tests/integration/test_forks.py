"""A fork with a warm pool: parent and child have nothing in common any more, and neither ends what is the other's."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest

from support.messages import Received
from support.programs import run_program
from support.servers import EchoServer, tls_echo_server

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")

# From Python 3.12 on a fork beside threads warns; programs that do it are what these tests are about.
FIRST = "import warnings; warnings.filterwarnings('ignore', 'This process', DeprecationWarning)"
TWENTY = """
def twenty(session, caller):
    for number in range(20):
        name = f"{caller}-{number}"
        found = session.post(f"{url}{name}", data=name, headers={"X-Id": name}, timeout=10).json()
        assert found["target"] == f"/{name}" and found["body"] == name and ["X-Id", name] in found["headers"], found


def warm(session, count=3):
    streams = [session.get(f"{url}warm-{number}", stream=True, timeout=10) for number in range(count)]
    for stream in streams:
        stream.content


def wait_for(pid):
    assert os.waitpid(pid, 0)[1] == 0, "the child failed"
"""


def connections_of(server: EchoServer) -> dict[str, set[int]]:
    """Which connections brought whose requests."""
    found: dict[str, set[int]] = {}
    for request in server.requests:
        found.setdefault(re.sub(r"-\d+$", "", request.target.strip("/")), set()).add(request.connection)
    return found


@pytest.mark.parametrize("way_out", ["os._exit(0)", "sys.exit()", "session.close(); sys.exit()"])
@pytest.mark.parametrize("serve", [EchoServer, tls_echo_server], ids=["plain", "tls"])
def test_a_child_dials_anew_and_its_end_leaves_the_parents_connections_alone(
    serve: Callable[[], EchoServer], way_out: str
) -> None:
    source = f"""
        session = new_session()
        warm(session)
        pid = os.fork()
        if pid == 0:
            twenty(session, "child")
            {way_out}
        twenty(session, "parent")
        wait_for(pid)
        created = stats(session).created
        warm(session)
        twenty(session, "later")
        assert stats(session).created == created == 3, stats(session)
        session.close()
    """
    with serve() as server:
        run_program(TWENTY + _dedented(source), server.url("/"), first=FIRST)
        found = connections_of(server)
    assert found["parent"] | found["later"] <= found["warm"]
    assert not found["child"] & found["warm"]


@pytest.mark.parametrize("serve", [EchoServer, tls_echo_server], ids=["plain", "tls"])
def test_a_body_that_is_being_read_at_the_fork_is_the_parents(serve: Callable[[], EchoServer]) -> None:
    source = """
        session = new_session(pool_maxsize=2, pool_block=True)
        stream = session.get(url + "bytes/3000000", stream=True, timeout=10)
        first = next(stream.iter_content(1000))
        pid = os.fork()
        if pid == 0:
            stream.close()
            del stream
            twenty(session, "child")
            assert stats(session).open == 1, stats(session)
            sys.exit()
        wait_for(pid)
        assert first + stream.content == bytes(index % 251 for index in range(3000000))
        twenty(session, "parent")
        assert stats(session).created == 1, stats(session)
        session.close()
    """
    with serve() as server:
        run_program(TWENTY + _dedented(source), server.url("/"), first=FIRST)


@pytest.mark.parametrize("serve", [EchoServer, tls_echo_server], ids=["plain", "tls"])
@pytest.mark.parametrize(
    ("warmed", "then"),
    [
        pytest.param(True, "pass", id="a warm pool"),
        pytest.param(False, "pass", id="nothing sent yet"),
        pytest.param(True, "session.close()", id="closed first"),
        pytest.param(True, "repr(session.get_adapter(url))", id="counted first"),
    ],
)
def test_locks_that_other_threads_hold_at_the_fork_do_not_stop_the_child(
    serve: Callable[[], EchoServer], warmed: bool, then: str
) -> None:
    # Whatever lock the package has, in a module or in an object: another thread is inside of it, for ever.
    source = f"""
        import gc, signal
        import httpcore_lite.transport.pool, httpcore_lite.transport.connectors.tls

        session = new_session()
        if {warmed}:
            twenty(session, "before")
        mine = [module for name, module in list(sys.modules.items()) if name.startswith("httpcore_lite.transport")]
        objects = [thing for thing in gc.get_objects() if type(thing).__module__.startswith("httpcore_lite")]
        values = [value for thing in mine + objects for value in getattr(thing, "__dict__", {{}}).values()]
        locks = {{id(value): value for value in values if type(value) is type(threading.Lock())}}.values()
        assert len(locks) >= 3
        holder = threading.Thread(target=lambda: [lock.acquire(timeout=10) for lock in locks])
        holder.start()
        holder.join()
        pid = os.fork()
        if pid == 0:
            signal.alarm(25)
            {then}
            twenty(session, "child")
            session.close()
            os._exit(0)
        wait_for(pid)
        for lock in locks:
            lock.release()
        twenty(session, "parent")
        session.close()
    """
    with serve() as server:
        run_program(TWENTY + _dedented(source), server.url("/"), first=FIRST)


def test_children_of_a_parent_whose_threads_are_busy_get_their_own_responses() -> None:
    source = """
        import signal

        session = new_session(pool_maxsize=3, pool_block=True)
        twenty(session, "before")  # a fork while another thread imports is the interpreter's own trouble
        over = threading.Event()

        def busy(number):
            count = 0
            while not over.is_set():
                count += 1
                name = f"busy{number}-{count}"
                assert session.get(url + name, timeout=10).json()["target"] == "/" + name

        threads = [threading.Thread(target=busy, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for number in range(8):
            pid = os.fork()
            if pid == 0:
                signal.alarm(20)
                twenty(session, f"child{number}")
                os._exit(0)
            wait_for(pid)
        over.set()
        for thread in threads:
            thread.join()
        found = stats(session)
        assert found.open == found.idle <= 3, found
        session.close()
    """

    def owners(requests: list[Received]) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for request in requests:
            child = request.target[1:].partition("-")[0]
            found.setdefault(request.connection, set()).add(child if child.startswith("child") else "parent")
        return found

    with EchoServer() as server:
        run_program(TWENTY + _dedented(source), server.url("/"), first=FIRST)
        assert all(len(names) == 1 for names in owners(server.requests).values())


def _dedented(source: str) -> str:
    import textwrap

    return textwrap.dedent(source)

"""One Session in many threads: right answers, and never more connections than agreed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import httpcore_lite as client
from support import certificates
from support.messages import Received, response
from support.servers import EchoServer, tls_echo_server


@pytest.mark.parametrize("maxsize", [1, 3, 8])
def test_a_hundred_requests_in_eight_threads_never_take_more_connections_than_pool_maxsize(maxsize: int) -> None:
    session = client.Session()
    session.mount("http://", client.adapters.HTTPAdapter(pool_maxsize=maxsize, pool_block=True))
    with EchoServer() as server, ThreadPoolExecutor(8) as threads:
        bodies = [f"body {number}" for number in range(100)]

        def ask(body: str) -> tuple[str, str]:
            answer = session.post(server.url(f"/{body[5:]}"), data=body, timeout=20).json()
            return answer["target"], answer["body"]

        assert list(threads.map(ask, bodies)) == [(f"/{body[5:]}", body) for body in bodies]
        assert 1 <= server.connections <= maxsize


def test_a_hundred_requests_in_eight_threads_without_blocking_are_all_right() -> None:
    with EchoServer() as server, ThreadPoolExecutor(8) as threads, client.Session() as session:
        answers = list(threads.map(lambda n: session.get(server.url(f"/{n}"), timeout=20).json()["target"], range(100)))
        assert answers == [f"/{number}" for number in range(100)]


def test_threads_over_tls_get_their_own_answers() -> None:
    with tls_echo_server() as server, ThreadPoolExecutor(4) as threads, client.Session() as session:
        session.verify = certificates.ca_path()
        answers = list(threads.map(lambda n: session.get(server.url(f"/{n}"), timeout=20).json()["target"], range(24)))
        assert answers == [f"/{number}" for number in range(24)]


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
            with session.get(server.url(f"/bytes/{size}"), stream=True, timeout=20) as answer:
                return b"".join(answer.iter_content(333)) == bytes(index % 251 for index in range(size))

        assert all(threads.map(read, range(1000, 31000, 1000)))

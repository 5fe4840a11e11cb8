"""`httpcore_lite.threaded`: what programs on `requests_toolbelt.threaded` find."""

from __future__ import annotations

import copy
import pickle
import queue
import threading
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import threaded
from httpcore_lite.threaded.pool import Pool, ThreadException, ThreadResponse
from support.scripted import closed_port
from support.servers import EchoServer, Routes


def test_map_brings_responses_and_exceptions() -> None:
    with EchoServer() as server:
        wrong = {"method": "GET", "url": f"http://127.0.0.1:{closed_port()}/"}
        jobs = [{"method": "POST", "url": server.url(f"/{n}"), "data": str(n)} for n in range(8)]
        responses, exceptions = threaded.map([*jobs, wrong], num_processes=3)
        found = {each.json()["target"]: each for each in responses}
        assert sorted(found) == [f"/{n}" for n in range(8)]
        assert all(isinstance(each, ThreadResponse) for each in found.values())
        assert found["/3"].request_kwargs is jobs[3]
        assert found["/3"].response.status_code == found["/3"].status_code == 200
        (failed,) = exceptions
        assert isinstance(failed, ThreadException)
        assert failed.request_kwargs is wrong
        assert isinstance(failed.exception, client.ConnectionError)
        assert failed.request.url == wrong["url"]
        assert failed.message == str(failed) == str(failed.exception)


def test_a_pool_of_urls_whose_failed_ones_are_tried_again() -> None:
    tries: dict[str, int] = {}

    class Late(Routes):
        def on_late(self, request: Any, rest: Any, query: Any) -> bytes:
            tries[request.target] = tries.get(request.target, 0) + 1
            return self.json_of(request.target, status=200 if tries[request.target] > 1 else 503)

    def refuse(answer: Any, **kwargs: Any) -> None:
        answer.raise_for_status()

    with EchoServer(Late()) as server:
        pool = Pool.from_urls([server.url(f"/late/{n}") for n in range(5)], {"hooks": {"response": refuse}})
        pool.join_all()
        assert list(pool.responses()) == []
        again = Pool.from_exceptions(pool.exceptions(), num_processes=2)
        again.join_all()
        assert sorted(each.json() for each in again.responses()) == [f"/late/{n}" for n in range(5)]
        assert again.get_exception() is None
        assert again.get_response() is None


def test_each_thread_has_a_session_of_its_own_made_ready_by_both_functions() -> None:
    made: list[Any] = []
    order: list[str] = []

    class Mine(client.Session):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    def initializer(session: Any) -> Any:
        order.append("initializer")
        session.headers["X"] = "1"
        return session

    def auth_generator(session: Any) -> Any:
        order.append("auth")
        session.auth = ("me", session.headers["X"])
        return session

    with EchoServer() as server:
        pool = Pool.from_urls(
            [server.url("/")] * 6, initializer=initializer, auth_generator=auth_generator, num_processes=3, session=Mine
        )
        pool.join_all()
        assert len(made) == 3
        assert order == ["initializer", "auth"] * 3
        assert {dict(each.json()["headers"])["Authorization"] for each in pool.responses()} == {"Basic bWU6MQ=="}


def test_an_unexpected_exception_is_kept_and_loses_no_job() -> None:
    with EchoServer() as server:
        jobs: queue.Queue[Any] = queue.Queue()
        for job in [{"method": "GET"}, None, {"method": "GET", "url": server.url("/"), "nonsense": 1}]:
            jobs.put(job)
        jobs.put({"method": "GET", "url": server.url("/")})
        pool = Pool(jobs, num_processes=1)
        pool.join_all()
        jobs.join()  # every job was said to be done
        assert [type(each.exception) for each in pool.exceptions()] == [TypeError] * 3
        assert len(list(pool.responses())) == 1


@pytest.mark.parametrize("count", [0, -1])
def test_no_threads_are_a_value_error(count: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Pool(queue.Queue(), num_processes=count)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_processes": "3"}, "num_processes= is the number of threads, not '3'"),
        ({"session": client.Session()}, "session= is called for each thread"),
        ({"job_queue": []}, "job_queue= is a queue.Queue of dicts, not a list"),
    ],
)
def test_arguments_that_make_no_sense_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Pool(**{"job_queue": queue.Queue(), **arguments})


@pytest.mark.parametrize("requests", [None, [], [[]], ["http://x/"]])
def test_map_takes_a_list_of_dicts(requests: Any) -> None:
    with pytest.raises(ValueError, match="list of dicts"):
        threaded.map(requests)


def test_a_function_that_forgets_to_return_the_session_is_named() -> None:
    def initializer(session: Any) -> None:
        session.headers["X"] = "1"

    before = threading.active_count()
    with pytest.raises(TypeError, match="initializer returned None: it must return the session"):
        Pool.from_urls(["http://127.0.0.1/"], initializer=initializer)
    assert threading.active_count() <= before


def test_what_is_wrapped_can_be_copied_and_pickled() -> None:
    error = ThreadException({"url": "http://x/"}, client.ConnectionError("told"))
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (twin.message, twin.request_kwargs) == ("told", {"url": "http://x/"})
    with pytest.raises(AttributeError):
        error.nonsense  # noqa: B018 - reading it is the point

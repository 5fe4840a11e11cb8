"""Retries on the adapter (IDIOMS 2)."""

from __future__ import annotations

from typing import Any

from support.differential import scenario
from support.scripted import close, receive, response, send


def _statuses(*statuses: int, close_each: bool = False) -> Any:
    def make() -> Any:
        steps: list[Any] = []
        for status in statuses:
            steps += [receive(), send(response(f"{status}", status, "R"))]
        return [[*steps, close()]] if close_each else [steps]

    return make


def _retrying(requests: Any, **settings: Any) -> Any:
    retry = requests.adapters.Retry(**{"backoff_factor": 0, **settings})
    s = requests.Session()
    s.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
    return s


scenario(
    "status_forcelist repeats until it is well",
    (2, 32),
    lambda requests, server: (
        (response := _retrying(requests, total=5, status_forcelist=[500, 503]).get(server.url("/s"))),
        [(h.method, h.url, h.status) for h in response.raw.retries.history],
    ),
    script=_statuses(500, 503, 200),
)
scenario(
    "too many bad statuses are a RetryError",
    (2, 32, 18),
    lambda requests, server: _retrying(requests, total=1, status_forcelist=[500]).get(server.url("/s")),
    script=_statuses(500, 500),
)
scenario(
    "raise_on_status=False gives the last response",
    (2, 32),
    lambda requests, server: _retrying(requests, total=1, status_forcelist=[500], raise_on_status=False).get(
        server.url("/s")
    ),
    script=_statuses(500, 500),
)
scenario(
    "POST is not repeated on a status by default",
    (2, 32),
    lambda requests, server: _retrying(requests, total=5, status_forcelist=[500]).post(server.url("/s"), data="x"),
    script=_statuses(500, 200),
)
scenario(
    "POST is repeated when allowed_methods says so",
    (2, 32),
    lambda requests, server: _retrying(requests, total=5, status_forcelist=[500], allowed_methods=["POST"]).post(
        server.url("/s"), data="x"
    ),
    script=_statuses(500, 200),
)
scenario(
    "allowed_methods=None repeats everything",
    (2, 32),
    lambda requests, server: _retrying(requests, total=5, status_forcelist=[500], allowed_methods=None).patch(
        server.url("/s"), data=b"x"
    ),
    script=_statuses(500, 200),
)
scenario(
    "a urllib3 Retry is taken as it is",
    (2, 32),
    lambda requests, server: _urllib3_retry(requests, server),
    script=_statuses(502, 200),
)


def _urllib3_retry(requests: Any, server: Any) -> Any:
    from urllib3.util.retry import Retry

    s = requests.Session()
    s.mount("http://", requests.adapters.HTTPAdapter(max_retries=Retry(total=2, status_forcelist=[502])))
    return s.get(server.url("/s"))


@scenario("Retry-After: 0 is honoured without a list", (2, 32), script=lambda: [
    [receive(), send(response("", 503, "Busy", [("Retry-After", "0")])), receive(), send(response("well"))]
])  # fmt: skip
def _(requests: Any, server: Any) -> Any:
    return _retrying(requests, total=2).get(server.url("/s"))


@scenario("Retry.from_int and its attributes", (2, 32))
def _(requests: Any, server: Any) -> Any:
    retry = requests.adapters.Retry
    made = retry.from_int(3)
    more = made.new(total=2)
    return made.total, made.redirect, more.total, retry.from_int(made) is made, made.is_retry("GET", 503, True)


@scenario("connection errors count against total", (2, 32, 18), script=lambda: [[receive(), close()]] * 3)
def _(requests: Any, server: Any) -> Any:
    return _retrying(requests, total=2).get(server.url("/dies"))


@scenario("connection errors are repeated until it is well", (2, 32), script=lambda: [
    [receive(), close()], [receive(), close()], [receive(), send(response("third"))]
])  # fmt: skip
def _(requests: Any, server: Any) -> Any:
    return _retrying(requests, total=2).get(server.url("/dies"))


@scenario("a Retry subclass is asked and told", 32, script=_statuses(500, 500, 200))
def _(requests: Any, server: Any) -> Any:
    calls: list[Any] = []

    class Told(requests.adapters.Retry):  # type: ignore[misc]
        def increment(self, method: Any = None, url: Any = None, response: Any = None, error: Any = None,
                      _pool: Any = None, _stacktrace: Any = None) -> Any:  # fmt: skip
            calls.append((method, url, response and response.status, response and response.data, error))
            return super().increment(method, url, response, error, _pool, _stacktrace)

        def sleep(self, response: Any = None) -> None:
            calls.append(("sleep", response and response.status))

    s = requests.Session()
    s.mount("http://", requests.adapters.HTTPAdapter(max_retries=Told(total=3, status_forcelist=[500])))
    return s.get(server.url("/told")), calls


@scenario("an exception of a Retry subclass comes out", 32, script=_statuses(500, 200))
def _(requests: Any, server: Any) -> Any:
    class Raising(requests.adapters.Retry):  # type: ignore[misc]
        def increment(self, *args: Any, **kwargs: Any) -> Any:
            raise KeyError("mine")

    s = requests.Session()
    s.mount("http://", requests.adapters.HTTPAdapter(max_retries=Raising(total=3, status_forcelist=[500])))
    return s.get(server.url("/told"))


@scenario("total=False raises the bare error", 32, script=lambda: [[receive(), close()]])
def _(requests: Any, server: Any) -> Any:
    return _retrying(requests, total=False).get(server.url("/dies"))

"""Hooks for `args`, `pre_request` and `post_request`: when they run, what they are handed, what they change."""

from __future__ import annotations

import functools
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import httpcore_lite as client
from support.scripted import Peer, receive, response, send
from support.servers import EchoServer

EVENTS = ("args", "pre_request", "post_request", "response")
ARGUMENTS = (
    "method", "url", "params", "data", "headers", "cookies", "files", "auth", "timeout", "allow_redirects", "proxies",
    "stream", "verify", "cert", "json", "options",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[EchoServer]:
    with EchoServer() as running:
        yield running


class Seen(list[Any]):
    """What hooks were called with, in order."""

    def hooks(self, *events: str) -> dict[str, Any]:
        return {event: self.of(event) for event in events or EVENTS}

    def of(self, event: str) -> Any:
        return lambda handed, **kwargs: self.append((event, handed, kwargs))

    @property
    def events(self) -> list[str]:
        return [event for event, _, _ in self]


# -- when they run, and with what ----------------------------------------------------------------------------------


def test_each_event_in_its_order_and_what_it_is_handed(server: EchoServer) -> None:
    seen = Seen()
    with client.Session() as session:
        found = session.post(server.url("/"), json={"a": 1}, timeout=5, retries=2, hooks=seen.hooks())
    assert seen.events == list(EVENTS)
    (_, arguments, nothing), (_, before, sending), (_, after, after_that), (_, last, with_last) = seen
    assert tuple(arguments) == ARGUMENTS and nothing == {}
    assert (arguments["method"], arguments["url"], arguments["json"]) == ("POST", server.url("/"), {"a": 1})
    assert (arguments["timeout"], arguments["options"]) == (5, {"retries": 2})
    assert before is after is found.request and last is found
    assert sending == after_that == with_last and sending["timeout"] == 5
    assert set(sending) == {"timeout", "stream", "verify", "cert", "proxies"}


def test_hooks_of_the_session_run_as_those_of_a_request(server: EchoServer) -> None:
    seen = Seen()
    with client.Session() as session:
        for event in EVENTS:
            session.hooks[event].append(seen.of(event))
        session.get(server.url("/"))
    assert seen.events == list(EVENTS)
    with client.Session(hooks=seen.hooks()) as session:
        session.get(server.url("/"))
    assert seen.events == list(EVENTS) * 2
    client.get(server.url("/"), hooks=seen.hooks())
    assert seen.events == list(EVENTS) * 3


def test_every_redirect_is_sent_with_hooks_but_args(server: EchoServer) -> None:
    seen = Seen()
    client.get(server.url(f"/redirect/302?to={server.url('/x')}"), hooks=seen.hooks())
    assert seen.events == ["args", *EVENTS[1:], *EVENTS[1:]]
    assert [handed.url for event, handed, _ in seen if event == "pre_request"][1] == server.url("/x")


def test_the_repetition_with_a_digest_answer_is_not_told(server: EchoServer) -> None:
    seen = Seen()
    auth = client.auth.HTTPDigestAuth("user", "password")
    found = client.get(server.url("/digest/user"), auth=auth, hooks=seen.hooks("pre_request", "post_request"))
    assert found.ok and len(found.history) == 1
    assert seen.events == ["pre_request", "post_request"]
    assert "Authorization" in found.request.headers, "and the response is of the repetition"


def test_the_attempts_of_retry_are_not_told() -> None:
    seen = Seen()
    retries = client.Retry(1, status_forcelist=[503], backoff_factor=0)
    with Peer([receive(), send(response("busy", 503, "Unavailable")), receive(), send(response("fine"))]) as peer:
        assert client.get(peer.url("/"), retries=retries, hooks=seen.hooks()).text == "fine"
    assert seen.events == list(EVENTS)


def test_args_do_not_run_for_send(server: EchoServer) -> None:
    seen = Seen()
    with client.Session(hooks=seen.hooks()) as session:
        session.send(session.prepare_request(client.Request("GET", server.url("/"))))
    assert seen.events == list(EVENTS[1:])


def test_post_request_runs_when_the_head_is_there_and_the_body_is_not() -> None:
    go = threading.Event()
    whole = response("body")
    head, _, rest = whole.partition(b"\r\n\r\n")
    from support.scripted import wait_for

    with Peer([receive(), send(head + b"\r\n\r\n"), wait_for(go), send(rest)]) as peer:
        hooks: Any = {"post_request": lambda prepared, **kwargs: go.set()}
        assert client.get(peer.url("/"), hooks=hooks).text == "body"


# -- what they change ----------------------------------------------------------------------------------------------


def test_args_change_the_request_before_it_is_made(server: EchoServer) -> None:
    def renamed(arguments: dict[str, Any]) -> dict[str, Any]:
        return {**arguments, "method": "PUT", "params": {"a": "1"}, "headers": {"X": "y"}, "data": "body"}

    def in_place(arguments: dict[str, Any]) -> None:
        assert arguments["method"] == "PUT", "the next function is handed what the one before returned"
        arguments["url"] += "more"

    found = client.get(server.url("/"), hooks={"args": [renamed, in_place]}).json()
    assert (found["method"], found["target"], found["body"]) == ("PUT", "/more?a=1", "body")
    assert ["X", "y"] in found["headers"]


def test_args_change_settings_and_options_of_the_call(server: EchoServer) -> None:
    def careful(arguments: dict[str, Any]) -> dict[str, Any]:
        return {**arguments, "allow_redirects": False, "timeout": 3, "options": {"raise_for_status": True}}

    seen = Seen()
    with client.Session(base_url=server.url("/"), hooks={"args": careful}) as session:
        hooks = {"args": careful, **seen.hooks("response")}
        assert session.get("redirect/302?to=/x", hooks=hooks).status_code == 302
        assert seen[0][2]["timeout"] == 3
        with pytest.raises(client.HTTPError):
            session.get("status/404")


def test_what_args_leave_out_is_as_not_said(server: EchoServer) -> None:
    found = client.post(server.url("/"), data="x", hooks={"args": lambda a: {"method": "GET", "url": a["url"] + "y"}})
    assert (found.json()["method"], found.json()["target"], found.json()["body"]) == ("GET", "/y", "")


def test_pre_request_changes_what_is_sent(server: EchoServer) -> None:
    def signed(prepared: client.PreparedRequest, **kwargs: Any) -> None:
        prepared.headers["X-Signature"] = f"{prepared.method} {prepared.path_url}"

    found = client.get(server.url(f"/redirect/302?to={server.url('/x')}"), hooks={"pre_request": signed})
    assert ["X-Signature", "GET /x"] in found.json()["headers"]


def test_pre_request_may_send_another_request_through_another_adapter(server: EchoServer) -> None:
    used: list[object] = []

    class Noting(client.adapters.HTTPAdapter):
        def send(self, request: client.PreparedRequest, *args: Any, **kwargs: Any) -> client.Response:
            used.append(request)
            return super().send(request, *args, **kwargs)

    other = client.Request("POST", server.url("/special/x"), data="body").prepare()
    ticks: list[object] = []
    with client.Session() as session:
        session.mount(server.url("/special"), Noting())
        found = session.get(
            server.url("/"),
            hooks={"pre_request": lambda prepared, **kwargs: other},
            on_upload=lambda *n: ticks.append(n),
        )
    assert (found.json()["method"], found.json()["target"], used) == ("POST", "/special/x", [other])
    assert found.request is other
    assert ticks, "the options of the call go with it"


def test_what_post_request_returns_is_the_request_of_the_response(server: EchoServer) -> None:
    def without_secrets(prepared: client.PreparedRequest, **kwargs: Any) -> client.PreparedRequest:
        shown = prepared.copy()
        shown.headers["Authorization"] = "***"
        return shown

    found = client.get(server.url("/"), auth=("user", "hush"), hooks={"post_request": without_secrets})
    assert found.request.headers["Authorization"] == "***"
    assert any(name == "Authorization" and value != "***" for name, value in found.json()["headers"])
    moved = client.get(
        server.url(f"/redirect/302?to={server.url('/x')}"), auth=("u", "p"), hooks={"post_request": without_secrets}
    )
    assert ["Authorization", "Basic dTpw"] in moved.json()["headers"], "a redirect follows what was sent"
    assert moved.history[0].request.headers["Authorization"] == "***"


def test_a_response_hook_sees_what_post_request_returned(server: EchoServer) -> None:
    other = client.Request("GET", "http://shown/").prepare()
    seen: list[object] = []
    hooks: Any = {
        "post_request": lambda prepared, **kwargs: other,
        "response": lambda found, **kwargs: seen.append(found.request),
    }
    client.get(server.url("/"), hooks=hooks)
    assert seen == [other]


# -- mistakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["pre_request", "post_request"])
@pytest.mark.parametrize("wrong", [5, "text", {}, client.Request("GET", "http://h/"), client.Response()])
def test_what_is_no_prepared_request_is_a_type_error(server: EchoServer, event: str, wrong: object) -> None:
    def odd(prepared: client.PreparedRequest, **kwargs: Any) -> object:
        return wrong

    with client.Session() as session:
        words = rf"'{event}' returns a PreparedRequest or None: .*odd returned one of type {type(wrong).__name__}$"
        with pytest.raises(TypeError, match=words):
            session.get(server.url("/"), hooks={event: odd})
        assert session.get(server.url("/")).ok


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (5, "returns a Mapping or None: .* returned one of type int"),
        ({"method": "GET"}, "has left no 'url' among the arguments"),
        ({"url": "http://h", "method": None}, "has left no 'method'"),
        (
            {"url": "http://h", "method": "GET", "retries": 3},
            "has left 'retries' among the arguments, which are: method,",
        ),
    ],
)
def test_args_that_make_no_sense_are_a_type_error(returned: object, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        client.get("http://h/", hooks={"args": lambda arguments: returned})


async def coroutine(*args: object, **kwargs: object) -> None: ...
async def generator(*args: object, **kwargs: object) -> Any:
    yield


class Called:
    async def __call__(self, *args: object, **kwargs: object) -> None: ...
    async def method(self, *args: object, **kwargs: object) -> None: ...
    @classmethod
    async def of_class(cls, *args: object, **kwargs: object) -> None: ...


ASYNC = [coroutine, generator, Called(), Called().method, Called.of_class, functools.partial(coroutine, 1)]
ASYNC += [functools.partial(Called().method), functools.partial(functools.partial(coroutine), 2)]


@pytest.mark.parametrize("function", ASYNC)
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.filterwarnings("error")
def test_a_coroutine_function_is_refused_everywhere(server: EchoServer, event: str, function: Any) -> None:
    words = rf"a hook for '{event}' is called and not awaited: .* is a coroutine function"
    request = client.Request("GET", server.url("/"))
    prepared = request.prepare()
    for place in (
        lambda: client.Request("GET", server.url("/"), hooks={event: function}),
        lambda: client.Request("GET", server.url("/"), hooks={event: [print, function]}),
        lambda: request.register_hook(event, function),
        lambda: prepared.register_hook(event, [function]),
        lambda: client.Session(hooks={event: function}),
        lambda: client.get(server.url("/"), hooks={event: function}),
    ):
        with pytest.raises(TypeError, match=words):
            place()
    with client.Session() as session:
        session.hooks[event].append(function)
        with pytest.raises(TypeError, match=words):
            session.get(server.url("/"))
        session.hooks[event].clear()
        prepared.hooks[event] = [function]
        if event != "args":
            with pytest.raises(TypeError, match=words):
                session.send(prepared)
        assert session.get(server.url("/")).ok


@pytest.mark.parametrize("event", EVENTS)
def test_exceptions_propagate_and_the_session_goes_on(server: EchoServer, event: str) -> None:
    class Own(Exception):
        pass

    def failing(*args: object, **kwargs: object) -> None:
        raise Own

    with client.Session() as session:
        session.get(server.url("/"))
        for stream in (False, True):
            with pytest.raises(Own):
                session.get(server.url("/bytes/100000"), hooks={event: failing}, stream=stream)
            adapter: Any = session.get_adapter("http://h")
            stats = adapter.poolmanager.shared.pool.stats()
            assert stats.open == stats.idle
            assert session.get(server.url("/")).ok


@pytest.mark.parametrize("error", [AttributeError, TypeError, ValueError, IndexError])
def test_an_error_of_an_args_hook_is_not_taken_for_a_mistake_in_the_arguments(error: type[Exception]) -> None:
    def failing(arguments: dict[str, Any]) -> None:
        raise error("the program's own")

    with pytest.raises(error, match="the program's own"):
        client.get("http://h/", headers=5, hooks={"args": failing})  # type: ignore[arg-type]


def test_unknown_events_are_refused_with_those_that_there_are(server: EchoServer) -> None:
    words = r'Unsupported event specified, with event name "pre_requests"\. The events are: args, post_request, pre_'
    for place in (
        lambda: client.get(server.url("/"), hooks={"pre_requests": print}),
        lambda: client.Session(hooks={"pre_requests": print}),
        lambda: client.Request("GET", "http://h").register_hook("pre_requests", print),
        lambda: client.Session().hooks["pre_requests"],
    ):
        with pytest.raises(ValueError, match=words):
            place()
    with client.Session() as session:
        session.hooks = {"pre_requests": [print]}
        with pytest.raises(ValueError, match=words):
            session.get(server.url("/"))


# -- whose hooks count -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("empty", [[], None, ()])
def test_hooks_are_merged_event_by_event(server: EchoServer, event: str, empty: Any) -> None:
    for other in EVENTS:
        seen, own = Seen(), Seen()
        with client.Session(hooks={event: seen.of(event)}) as session:
            session.get(server.url("/"), hooks={other: own.of(other), "response": own.of("response"), event: empty})
            if other == event:
                assert seen.events == [event]
            session.get(server.url("/"), hooks={other: own.of(other)})
            assert seen.events.count(event) == (1 if other == event else 2)
            session.get(server.url("/"), hooks={event: own.of(event)})
            assert seen.events.count(event) == (1 if other == event else 2), "its own in place of the session's"


def test_hooks_of_a_request_never_reach_the_session(server: EchoServer) -> None:
    seen = Seen()
    with client.Session() as session:
        session.get(server.url("/"), hooks=seen.hooks())
        session.get(server.url("/"))
        assert session.hooks == {"response": []}
    assert seen.events == list(EVENTS)


@pytest.mark.parametrize("plain", [{}, {"response": []}, {"args": []}, None])
def test_a_plain_dict_that_a_program_puts_there_works(server: EchoServer, plain: Any) -> None:
    seen = Seen()
    with client.Session() as session:
        session.hooks = plain
        assert session.get(server.url("/")).ok
        session.get(server.url("/"), hooks=seen.hooks())
        session.hooks = seen.hooks()
        session.get(server.url("/"))
    assert seen.events == list(EVENTS) * 2


def test_register_hook_takes_the_four_and_deregister_undoes_it() -> None:
    for made in (client.Request("GET", "http://h"), client.Request("GET", "http://h").prepare()):
        for event in EVENTS:
            assert made.deregister_hook(event, print) is False
            made.register_hook(event, print)
            made.register_hook(event, [print, None, repr])  # type: ignore[list-item]
            assert made.hooks[event] == [print, print, repr]
            assert made.deregister_hook(event, print) is True
            assert made.hooks[event] == [print, repr]
    assert client.hooks.HOOKS == ["response"] and client.hooks.default_hooks() == {"response": []}


def test_a_pickled_session_keeps_its_hooks(server: EchoServer) -> None:
    session = client.Session(hooks={"pre_request": print, "response": [print]})
    again = pickle.loads(pickle.dumps(session))
    assert again.hooks == {"response": [print], "pre_request": [print]}
    again.hooks["args"].append(print)


def test_without_hooks_no_room_for_them_is_loaded() -> None:
    import subprocess
    import sys

    code = (
        "import sys, httpcore_lite as r\n"
        "with r.Session(timeout=5) as s:\n    s.get(sys.argv[1])\n"
        "print([m for m in sys.modules if m.rpartition('.')[2] in"
        " ('hooking', 'error_status', 'session_settings', 'base_url')])"
    )
    with EchoServer() as server:
        run = subprocess.run([sys.executable, "-c", code, server.url("/")], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

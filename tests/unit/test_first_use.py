"""What meets people at first use: completion, `vars()`, and mistakes that are named at once."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
import requests

import httpcore_lite as client
from httpcore_lite import Retry, Timeouts
from httpcore_lite.models import plain_dict
from support import certificates
from support.messages import response
from support.scripted import Peer, receive, send

NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def pair() -> tuple[Any, client.Response]:
    """A response of requests and one of ours, of the same bytes, nothing of either read yet."""
    raw = response("hello", headers=[("Set-Cookie", "a=b"), ("Content-Type", "text/plain; charset=latin-1")])
    found = []
    for library in (requests, client):
        with Peer([receive(), send(raw)]) as peer:
            found.append(library.get(peer.url("/")))
    return found[0], found[1]


def test_completion_of_a_response_has_all_that_requests_has(pair: tuple[Any, client.Response]) -> None:
    theirs, ours = pair
    assert {name for name in dir(theirs) if not name.startswith("__")} <= set(dir(ours))
    assert {name for name in dir(requests.Response()) if not name.startswith("__")} <= set(dir(client.Response()))


def test_completion_makes_nothing(pair: tuple[Any, client.Response]) -> None:
    dir(pair[1])
    assert "encoding" not in plain_dict(pair[1])


def test_vars_of_a_response_show_what_they_show_with_requests(pair: tuple[Any, client.Response]) -> None:
    theirs, ours = pair
    shown = vars(ours)
    assert vars(theirs).keys() <= shown.keys()
    assert {name for name in shown if not name.startswith("_")} == {n for n in vars(theirs) if not n.startswith("_")}
    for name in ("status_code", "encoding", "reason", "history", "_content"):
        assert shown[name] == vars(theirs)[name]
    assert dict(shown["cookies"]) == {"a": "b"}
    assert vars(requests.Response()).keys() <= vars(client.Response()).keys()


def test_what_is_written_to_vars_of_a_response_is_its_attribute(pair: tuple[Any, client.Response]) -> None:
    ours = pair[1]
    vars(ours)["mine"] = ours.__dict__["encoding"] = "utf-8"
    assert (ours.mine, ours.encoding) == ("utf-8", "utf-8")  # type: ignore[attr-defined]
    for again in (copy.copy(ours), pickle.loads(pickle.dumps(ours))):
        assert (again.text, again.encoding) == ("hello", "utf-8")


def test_a_mock_of_a_response_has_its_attributes(pair: tuple[Any, client.Response]) -> None:
    mock = Mock(spec=pair[1])
    for name in ("headers", "elapsed", "encoding", "reason", "cookies", "history", "json"):
        getattr(mock, name)
    with pytest.raises(AttributeError):
        mock.no_such_name  # noqa: B018


def two(one: Any, two: Any) -> None: ...


class Called:
    def method(self, one: Any) -> None: ...


MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "params of a number": (
        lambda: client.get(NOWHERE, params=5),
        "params= takes a mapping, pairs, text or bytes, not int",
    ),
    "params of a number behind others": (lambda: client.get(NOWHERE + "?a=b", params=5.5), "not float"),
    "params of an object": (lambda: client.get(NOWHERE, params=object()), "not object"),
    "max_retries of text": (lambda: client.adapters.HTTPAdapter(max_retries="3"), "max_retries= takes a number"),
    "max_retries of a list": (lambda: client.adapters.HTTPAdapter(max_retries=[3]), r"or a Retry, not \[3\]"),
    "a hook of a number": (lambda: client.get(NOWHERE, hooks={"response": 5}), "a hook for 'response' is a function"),
    "a hook of numbers": (lambda: client.get(NOWHERE, hooks={"response": [print, 5]}), "or a list of them, not 5"),
    "Timeouts": (lambda: Timeouts(conect=1), "keyword argument 'conect'. Did you mean 'connect'?"),  # type: ignore[arg-type]
    "Timeouts, nothing like it": (lambda: Timeouts(xyz=1), "unexpected keyword argument 'xyz'.$"),  # type: ignore[arg-type]
    "Retry": (lambda: Retry(totl=3), "keyword argument 'totl'. Did you mean 'total'?"),  # type: ignore[arg-type]
    "trace": (
        lambda: client.get(NOWHERE, trace=lambda event: None),
        r"trace= is called with \(event, info\), which <lam",
    ),
    "on_upload": (
        lambda: client.get(NOWHERE, on_upload=Called().method),
        r"\(sent, total\), which method does not take",
    ),
    "on_retry": (lambda: client.Session(on_retry=two), r"on_retry= is called with \(attempt\), which two does not"),
    "resolver": (lambda: client.Session(resolver=lambda host: []), r"\(host, port\)"),  # type: ignore[arg-type, misc]
    "trailers": (lambda: client.post(NOWHERE, trailers=two), r"trailers= is called with \(\), which two does"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_a_type_error_at_once(name: str) -> None:
    do, words = MISTAKES[name]
    with pytest.raises(TypeError, match=words):
        do()


@pytest.mark.parametrize("text", ["a=b", b"a=b", {"a": "b"}, [("a", "b")], 0, None, ""])
def test_params_that_requests_takes_are_taken(text: Any) -> None:
    theirs = requests.Request("GET", NOWHERE, params=text).prepare().url
    assert client.Request("GET", NOWHERE, params=text).prepare().url == theirs


@pytest.mark.parametrize(
    "hook", [None, [], [None], print, (print, len), {print}, Mock()], ids=lambda hook: type(hook).__name__
)
def test_hooks_that_can_be_called_or_are_none_are_taken(hook: Any) -> None:
    client.Request("GET", NOWHERE, hooks={"response": hook}).prepare()


@pytest.mark.parametrize(
    "function",
    [two, print, Mock(), lambda *args: None, lambda one, two, three=3: None, Called().method.__func__, dict.get],
    ids=["two", "print", "a mock", "args", "a default", "a method", "of a class"],
)
def test_a_callback_that_takes_what_it_gets_is_taken(function: Any) -> None:
    client.Session(trace=function)


@pytest.mark.parametrize("retries", [0, 1, 2.0, True, False, None, Retry(1)], ids=str)
def test_max_retries_of_a_number_or_a_policy_is_taken(retries: Any) -> None:
    client.adapters.HTTPAdapter(max_retries=retries)


def test_the_warning_about_unverified_https_says_what_to_do() -> None:
    with Peer([receive(), send(response("a"))], tls=certificates.server_context()) as peer:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            client.get(peer.url("/", scheme="https"), verify=False)
    text = str(caught[0].message)
    assert text.startswith(
        "Unverified HTTPS request is being made to host '127.0.0.1'. Adding certificate verification"
    )
    assert "verify='/path/to/ca.pem'" in text


def test_the_title_is_that_of_requests_where_the_package_stands_in_for_it() -> None:
    code = (
        "import httpcore_lite as r\n"
        "assert r.__title__ == 'httpcore-lite'\n"
        "r.install_as_requests()\n"
        "import requests\n"
        "assert requests.__title__ == 'requests'\n"
        "from requests import __title__; assert __title__ == 'requests'\n"
        "requests.__title__ = 'mine'; assert requests.__title__ == 'mine'\n"
        "del requests.__title__; assert requests.__title__ == 'requests'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)

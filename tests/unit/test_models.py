"""A Response beside that of requests: completion, `vars()`, copies, and attributes made when they are read."""

from __future__ import annotations

import copy
import pickle
from typing import Any
from unittest.mock import Mock

import pytest
import requests

import httpcore_lite as client
from httpcore_lite.models import plain_dict
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


@pytest.mark.parametrize("content", [b'{"a": 1}\n[2]\n', b"", None])
def test_a_response_that_a_program_has_filled_is_read_in_every_way(content: bytes | None) -> None:
    made = client.Response()
    made.status_code, made._content = 200, content
    for _ in range(2):
        assert b"".join(made.iter_content(3)) == (content or b"")
        assert list(made.iter_lines()) == (content or b"").splitlines()
        assert list(made.iter_json_lines()) == ([{"a": 1}, [2]] if content else [])
        assert list(made.iter_events()) == []
        assert made.content == content  # which notes that it was read

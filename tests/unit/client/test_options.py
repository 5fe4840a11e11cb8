"""An option is said once: its name, its type, its check and where it goes agree, from the keyword to the wire."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite.client import options
from httpcore_lite.client.options import OPTIONS, exchange_options, session_options
from httpcore_lite.sansio.connections.ledger import Limits
from httpcore_lite.sansio.connections.routes import SocketOptions, TLSSettings
from httpcore_lite.sansio.options import NO_OPTIONS, ExchangeOptions
from httpcore_lite.sansio.timeouts import Deadline, Timeouts
from httpcore_lite.urllib3_api._settings import SOCKET_NAMES, TLS_NAMES

PAGE = Path(client.__file__).parent.parent / "docs" / "options.md"


def words(place: str) -> set[str]:
    return {word for _, where, word in OPTIONS.values() if where == place}


def typed(name: str) -> set[str]:
    """The names in a TypedDict, which there is for type checkers only."""
    for node in ast.walk(ast.parse(Path(options.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return {line.target.id for line in node.body if isinstance(line, ast.AnnAssign)}  # type: ignore[union-attr]
    raise LookupError(name)


def test_every_exchange_option_is_a_field_of_exchange_options_and_the_other_way_round() -> None:
    assert words("exchange") == set(ExchangeOptions.__annotations__) - {"timeouts", "deadline", "cancellation", "turn"}
    assert words("exchange") == set(options.EXCHANGE_NAMES), "no name changes on the way"


def test_every_connection_option_is_a_field_of_a_route_or_of_limits() -> None:
    assert words("limits") <= set(Limits._fields)
    assert words("pool") <= {*SOCKET_NAMES, *TLS_NAMES}
    assert words("pool") <= {*SocketOptions._fields, *TLSSettings._fields}
    assert {where for _, where, _ in OPTIONS.values()} == {"pool", "limits", "adapter", "exchange"}


def test_what_type_checkers_know_is_what_there_is() -> None:
    assert typed("ConnectionKwargs") == set(options.CONNECTION_NAMES)
    assert typed("ExchangeKwargs") == set(options.EXCHANGE_NAMES)
    assert typed("CallKwargs") == set(options.CALL_NAMES)
    assert typed("SessionKwargs") == words("adapter") | set(options.SESSION_NAMES) - set(options.CALL_NAMES)


@pytest.mark.skipif(not PAGE.exists(), reason="the pages are not beside an installed package")
def test_the_page_of_options_has_a_row_for_each() -> None:
    rows = [line.split("|")[1].strip().strip("`") for line in PAGE.read_text("utf-8").splitlines() if line[:3] == "| `"]
    assert {*OPTIONS, *options.SESSION_NAMES} <= set(rows)


def test_what_is_not_given_stays_with_the_class() -> None:
    assert exchange_options({"trace": None}, "a request") is NO_OPTIONS
    given = exchange_options({"trace": print, "max_response_size": 3}, "a request")
    assert given.given == {"trace": print, "max_response_size": 3}
    assert (given.expect_timeout, given.on_retry) == (1.0, None)
    assert NO_OPTIONS.given == {}


def test_none_keeps_what_held_before_and_false_takes_it_away() -> None:
    before = exchange_options({"trace": print, "on_retry": print, "retries": 3}, "Session()")
    after = exchange_options({"trace": False, "on_retry": None, "retries": False}, "a request", before)
    assert (after.trace, after.on_retry) == (None, print)
    assert after.retries.total == 0
    assert before.retries.total == 3


def test_options_are_never_changed_but_replaced() -> None:
    deadline = Deadline(3, 0.0)
    changed = NO_OPTIONS.replaced(deadline=deadline, timeouts=Timeouts(read=1))
    assert (changed.deadline, changed.timeouts.read) == (deadline, 1)
    assert (NO_OPTIONS.deadline, NO_OPTIONS.timeouts.read) == (None, None)


def test_the_options_of_a_session_are_told_apart() -> None:
    connection, exchange, own = session_options({"max_age": 3, "pool_maxsize": 4, "trace": print, "stream": True})
    assert own == {"stream": True}
    assert connection == {"max_age": 3, "pool_maxsize": 4}
    assert exchange.given == {"trace": print}


def test_a_pickled_session_keeps_its_exchange_options_also_those_that_are_none() -> None:
    session = client.Session(trace=print, retries=False, expect_timeout=False, max_response_size=7)
    again: Any = pickle.loads(pickle.dumps(session))
    assert again._exchange.given.keys() == {"trace", "retries", "expect_timeout", "max_response_size"}
    assert (again._exchange.expect_timeout, again._exchange.retries.total) == (None, 0)


def test_a_session_that_an_earlier_version_pickled_has_its_options() -> None:
    state = {**client.Session().__getstate__(), "_exchange": {"trace": print, "retries": None}}
    session = client.Session.__new__(client.Session)
    session.__setstate__(state)
    assert (session._exchange.trace, session._exchange.retries.total) == (print, 0)

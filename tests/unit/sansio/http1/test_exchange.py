"""What is made of an exchange that breaks off or takes too long, with plain values."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_lite.sansio.connections.routes import Route
from httpcore_lite.sansio.errors import ProtocolError, ReadTimeoutError, WriteTimeoutError
from httpcore_lite.sansio.http1.exchange import Exchange
from httpcore_lite.sansio.http1.protocol import Head, Protocol
from httpcore_lite.sansio.options import ExchangeOptions
from httpcore_lite.sansio.timeouts import Deadline, Timeouts

ROUTE = Route("http", "origin.test", 80)


def exchange(deadline: Deadline | None = None, head: bool = False) -> Exchange:
    made = Exchange(ROUTE, "/", ExchangeOptions(Timeouts(read=7, write=3), deadline), 0.0, 0.0)
    if head:
        made.head = Head(200, b"OK", 11, [])
    return made


@pytest.mark.parametrize(
    ("kind", "limit", "head", "deadline", "phase", "words"),
    [
        (ReadTimeoutError, 7, False, None, "wait", "Read timed out. (read timeout=7)"),
        (ReadTimeoutError, 7, True, None, "receive", "Read timed out."),
        (WriteTimeoutError, 3, False, None, "send", "Write timed out. (write timeout=3)"),
        (ReadTimeoutError, 2.5, False, Deadline(9.0, 0.0), "total", "Read timed out. (total timeout=9.0)"),
        (WriteTimeoutError, 2.5, False, Deadline(9.0, 0.0), "total", "Read timed out. (total timeout=9.0)"),
        (WriteTimeoutError, 3, False, Deadline(9.0, 0.0), "send", "Write timed out. (write timeout=3)"),
    ],
)
def test_a_timeout_says_which_limit_it_was_and_in_which_phase(
    kind: Any, limit: float, head: bool, deadline: Deadline | None, phase: str, words: str
) -> None:
    error: Any = exchange(deadline, head).timed_out(kind, limit)
    assert (error.phase, str(error).endswith(words)) == (phase, True), str(error)


def test_no_wait_begins_behind_the_deadline() -> None:
    under_way = exchange(Deadline(5.0, 0.0))
    assert under_way.left(7, 4.0, ReadTimeoutError) == 1.0
    with pytest.raises(ReadTimeoutError):
        under_way.left(7, 5.0, ReadTimeoutError)


@pytest.mark.parametrize(
    ("error", "received", "repeatable", "again"),
    [
        (ConnectionResetError(), b"", True, True),
        (ConnectionResetError(), b"HTTP/1.1 2", True, False),
        (ConnectionResetError(), b"", False, False),
        (OSError("another fault"), b"", True, False),
    ],
    ids=["gone", "has begun to respond", "a body that is used up", "not gone"],
)
def test_a_request_is_repeated_only_where_the_peer_went_away_without_a_byte(
    error: OSError, received: bytes, repeatable: bool, again: bool
) -> None:
    protocol = Protocol()
    if received:
        protocol.receive(received)
    broken = ProtocolError("Connection aborted.", error)
    broken.__cause__ = error
    under_way = exchange()
    under_way.sent_any = True
    assert under_way.may_be_replayed(broken, "GET", protocol, repeatable) is again
    assert not under_way.may_be_replayed(broken, "POST", protocol, repeatable)

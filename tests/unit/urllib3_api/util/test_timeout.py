"""urllib3's Timeout: limits for connecting and reading, with a stop-watch."""

from __future__ import annotations

import copy
import pickle
import socket
import time
from typing import Any

import pytest

from httpcore_lite.sansio.timeouts import Timeouts
from httpcore_lite.urllib3_api import exceptions as errors
from httpcore_lite.urllib3_api.util.timeout import Timeout


@pytest.mark.parametrize(
    ("timeout", "connect", "read"),
    [
        (Timeout(connect=2, read=7), 2, 7),
        (Timeout(10), 10, None),
        (Timeout(10, connect=2, read=7), 2, 7),
        (Timeout(3, connect=5, read=7), 3, 7),
        (Timeout(connect=None, read=None), None, None),
        (Timeout.from_float(4), 4, 4),
    ],
    ids=repr,
)
def test_the_shorter_limit_counts(timeout: Timeout, connect: float | None, read: float | None) -> None:
    assert timeout.connect_timeout == connect
    if timeout.total is None or timeout._read is not Timeout.DEFAULT_TIMEOUT:
        assert timeout.read_timeout == read


def test_what_connecting_took_is_taken_from_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    timeout = Timeout(10, read=8)
    timeout.start_connect()
    clock[0] += 3
    assert timeout.get_connect_duration() == 3
    assert timeout.read_timeout == 7
    clock[0] += 20
    assert timeout.read_timeout == 0
    assert timeout.clone()._start_connect is None


def test_the_watch_is_started_once_and_before_it_is_read() -> None:
    timeout = Timeout(10)
    with pytest.raises(errors.TimeoutStateError):
        timeout.get_connect_duration()
    with pytest.raises(errors.TimeoutStateError):
        assert timeout.read_timeout
    timeout.start_connect()
    with pytest.raises(errors.TimeoutStateError):
        timeout.start_connect()


@pytest.mark.parametrize("value", [True, 0, -1, "foo", object(), float("nan"), [1]])
def test_what_is_no_positive_number_of_seconds_is_refused(value: Any) -> None:
    for name in ("total", "connect", "read"):
        with pytest.raises(ValueError, match=r"[Tt]imeout"):
            Timeout(**{name: value})


def test_limits_left_out_are_the_systems_and_stay_so_when_copied_or_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getdefaulttimeout", lambda: 17)
    for timeout in (Timeout(), copy.deepcopy(Timeout()), pickle.loads(pickle.dumps(Timeout()))):
        assert timeout.connect_timeout is Timeout.DEFAULT_TIMEOUT
        assert timeout.read_timeout == 17


def test_our_limits_are_read_from_it() -> None:
    assert Timeouts.of(Timeout(connect=1, read=2)) == Timeouts(connect=1, read=2, write=2)

"""What limits mean, without a clock."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import urllib3

from httpcore_lite.sansio.timeouts import NO_LIMITS, Deadline, Timeouts, shorter

PHASES = ("connect", "read", "write", "pool", "total")


def limits(timeouts: Timeouts) -> dict[str, float | None]:
    return {name: getattr(timeouts, name) for name in PHASES}


def test_a_limit_that_is_not_named_is_none() -> None:
    assert limits(Timeouts()) == dict.fromkeys(PHASES)
    for name in PHASES:
        only: dict[str, Any] = {name: 3}
        assert limits(Timeouts(**only)) == {**dict.fromkeys(PHASES), name: 3.0}


@pytest.mark.parametrize("name", PHASES)
@pytest.mark.parametrize("value", [0, -1, 0.0, -0.5, float("nan"), float("-inf")])
def test_a_limit_must_be_greater_than_zero(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"set {name} timeout to .*less than or equal to 0"):
        Timeouts(**{name: value})


@pytest.mark.parametrize("name", PHASES)
@pytest.mark.parametrize("value", [True, False, "soon", "", "1", b"1", [], object()])
def test_a_limit_must_be_a_number(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"Timeout (value {name} was|cannot be a boolean value)"):
        Timeouts(**{name: value})


@pytest.mark.parametrize("value", [2, 2.0, Decimal(2), Fraction(2)])
def test_any_kind_of_number_will_do(value: Any) -> None:
    found = Timeouts(read=value).read
    assert found == 2.0
    assert type(found) is (int if type(value) is int else float)  # errors show it as it was given


@pytest.mark.parametrize("name", PHASES)
@pytest.mark.parametrize("value", [float("inf"), 1e300, 2**40, 10 * 24 * 3600])
def test_what_no_system_can_wait_for_is_no_limit(name: str, value: float) -> None:
    assert limits(Timeouts(**{name: value})) == dict.fromkeys(PHASES)


def test_a_week_is_a_limit() -> None:
    assert Timeouts(read=7 * 24 * 3600).read == 7 * 24 * 3600


# -- what callers may give ---------------------------------------------------------------------------------------


def test_none_is_no_limit() -> None:
    assert Timeouts.of(None) is NO_LIMITS
    assert limits(NO_LIMITS) == dict.fromkeys(PHASES)


def test_a_number_bounds_connecting_reading_and_writing_each() -> None:
    assert limits(Timeouts.of(4)) == {"connect": 4, "read": 4, "write": 4, "pool": None, "total": None}


def test_a_pair_is_connect_and_read_and_read_bounds_a_write_too() -> None:
    assert limits(Timeouts.of((1, 2))) == {"connect": 1, "read": 2, "write": 2, "pool": None, "total": None}
    assert limits(Timeouts.of((None, 2))) == {"connect": None, "read": 2, "write": 2, "pool": None, "total": None}
    assert Timeouts.of((None, None)) == NO_LIMITS


@pytest.mark.parametrize("value", [(), (1,), (1, 2, 3)])
def test_a_tuple_of_another_length_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"\(connect, read\)"):
        Timeouts.of(value)


@pytest.mark.parametrize("value", ["5s", 0, -1, True, (0, 1), (1, "x"), [1, 2], {"connect": 1}])
def test_what_means_no_seconds_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="timeout|Timeout"):
        Timeouts.of(value)


def test_timeouts_stay_as_they_are() -> None:
    given = Timeouts(pool=1)
    assert Timeouts.of(given) is given


def test_urllib3s_timeout_is_understood() -> None:
    assert Timeouts.of(urllib3.Timeout(connect=1, read=2)) == Timeouts(connect=1, read=2, write=2)
    assert Timeouts.of(urllib3.Timeout(read=2)) == Timeouts(read=2, write=2)
    assert Timeouts.of(urllib3.Timeout()) == NO_LIMITS
    assert Timeouts.of(urllib3.Timeout(connect=None, read=None)) == NO_LIMITS


def test_urllib3s_total_bounds_both_waits_and_is_not_ours() -> None:
    found = Timeouts.of(urllib3.Timeout(total=3, connect=1, read=9))
    assert limits(found) == {"connect": 1, "read": 3, "write": 3, "pool": None, "total": None}
    assert Timeouts.of(urllib3.Timeout(3)) == Timeouts(connect=3, read=3, write=3)


# -- values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PHASES)
def test_timeouts_are_equal_when_every_limit_is(name: str) -> None:
    base: dict[str, Any] = dict.fromkeys(PHASES, 5)
    same, other = Timeouts(**base), Timeouts(**{**base, name: 6})
    assert Timeouts(**base) == same
    assert hash(Timeouts(**base)) == hash(same)
    assert other != same
    assert len({Timeouts(**base), same, other}) == 2


def test_timeouts_equal_nothing_else() -> None:
    assert Timeouts() != None  # noqa: E711 - the comparison is what is tested
    assert Timeouts(read=5) != 5
    assert (Timeouts(read=5) == 5) is False


def test_repr_names_the_limits_that_there_are() -> None:
    assert repr(Timeouts()) == "Timeouts()"
    assert repr(Timeouts(total=3, connect=1)) == "Timeouts(connect=1, total=3)"


@pytest.mark.parametrize("timeouts", [NO_LIMITS, Timeouts(connect=1, read=2, write=3, pool=4, total=5)])
def test_timeouts_can_be_copied_and_pickled(timeouts: Timeouts) -> None:
    for again in (copy.copy(timeouts), copy.deepcopy(timeouts), pickle.loads(pickle.dumps(timeouts))):
        assert again == timeouts
        assert limits(again) == limits(timeouts)


# -- the deadline ------------------------------------------------------------------------------------------------


def test_a_deadline_counts_down_to_zero_and_no_further() -> None:
    deadline = Deadline(5, now=100.0)
    assert deadline.at == 105.0
    assert [deadline.remaining(now) for now in (100.0, 104.5, 105.0, 300.0)] == [5.0, 0.5, 0.0, 0.0]
    assert deadline.seconds == 5
    assert repr(deadline) == "Deadline(5 s in total, at 105.000)"


@pytest.mark.parametrize(
    ("limit", "total", "now", "expected"),
    [
        (None, None, 0, None),
        (3, None, 0, 3),
        (None, 5, 1, 4),
        (3, 5, 1, 3),
        (3, 5, 3, 2),
        (3, 5, 2, 3),
        (3, 5, 9, 0),
        (None, 5, 9, 0),
    ],
)
def test_a_wait_takes_the_shorter_of_its_limit_and_what_is_left(
    limit: float | None, total: float | None, now: float, expected: float | None
) -> None:
    assert shorter(limit, None if total is None else Deadline(total, 0), now) == expected

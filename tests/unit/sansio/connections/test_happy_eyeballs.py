"""The schedule of RFC 8305, on a clock made of numbers."""

from __future__ import annotations

from httpcore_lite.sansio.connections.happy_eyeballs import STAGGER, Race, interleave

SIX, FOUR, UNIX = 10, 2, 1
A = [(SIX, "six-1"), (SIX, "six-2"), (FOUR, "four-1"), (FOUR, "four-2"), (FOUR, "four-3")]


def test_families_take_turns_and_the_first_ones_family_begins() -> None:
    assert [name for _, name in interleave(A)] == ["six-1", "four-1", "six-2", "four-2", "four-3"]
    assert [name for _, name in interleave(A[::-1])] == ["four-3", "six-2", "four-2", "six-1", "four-1"]


def test_the_resolvers_order_stays_within_a_family() -> None:
    turns = interleave(A)
    for family in (SIX, FOUR):
        assert [entry for entry in turns if entry[0] == family] == [entry for entry in A if entry[0] == family]


def test_interleaving_loses_and_invents_no_address() -> None:
    assert interleave([]) == []
    assert interleave(A[:1]) == A[:1]
    assert interleave(A[2:]) == A[2:]
    three = [(UNIX, "u"), *A]
    assert sorted(interleave(three)) == sorted(three)
    assert [family for family, _ in interleave(three)[:3]] == [UNIX, SIX, FOUR]


def test_the_callers_list_is_not_touched() -> None:
    given = list(A)
    interleave(given)
    Race(given).due(0)
    assert given == A


def test_the_stagger_is_what_the_rfc_recommends() -> None:
    assert STAGGER == 0.25


def test_the_first_attempt_begins_at_once_on_any_clock() -> None:
    for now in (-5.0, 0.0, 1e9):
        race = Race(A)
        assert race.wait(now) == 0
        assert race.due(now) == A[:1]
        assert race.due(now) == [], "one address a turn"


def test_the_next_attempt_follows_a_stagger_after_the_last_one_began() -> None:
    race = Race(A)
    race.due(100.0)
    assert race.wait(100.0) == STAGGER
    assert race.wait(100.1) == 100.0 + STAGGER - 100.1
    assert race.due(100.0 + STAGGER - 0.001) == []
    assert race.due(100.0 + STAGGER) == A[1:2]
    assert race.wait(100.0 + STAGGER) == STAGGER


def test_a_late_start_gives_the_next_one_its_full_stagger() -> None:
    race = Race(A)
    race.due(0.0)
    assert race.wait(7.0) == 0, "never negative"
    assert race.due(7.0) == A[1:2]
    assert race.due(7.0 + STAGGER / 2) == []


def test_a_failure_starts_the_next_attempt_at_once() -> None:
    race = Race(A)
    race.due(0.0)
    race.failed(0.01)
    assert race.wait(0.01) == 0
    assert race.due(0.01) == A[1:2]
    assert race.due(0.01) == []
    assert race.wait(0.01) == STAGGER


def test_another_stagger_may_be_given() -> None:
    race = Race(A, stagger=2.0)
    race.due(0.0)
    assert race.wait(0.5) == 1.5
    assert race.due(1.9) == []
    assert race.due(2.0) == A[1:2]


def test_a_race_is_lost_when_every_attempt_has_failed_and_not_before() -> None:
    race = Race(A[:2])
    assert not race.lost
    race.due(0.0)
    race.due(STAGGER)
    assert not race.lost
    race.failed(0.3)
    assert not race.lost, "one attempt is still under way"
    race.failed(0.4)
    assert race.lost
    assert race.due(9.0) == []


def test_an_address_that_is_left_keeps_the_race_open() -> None:
    race = Race(A[:2])
    race.due(0.0)
    race.failed(0.0)
    assert not race.lost
    race.due(0.0)
    race.failed(0.0)
    assert race.lost


def test_nothing_is_waited_for_when_no_address_is_left() -> None:
    race = Race(A[:1])
    race.due(0.0)
    assert race.wait(0.0) is None
    assert Race([]).lost
    assert Race([]).wait(0.0) is None
    assert Race([]).due(0.0) == []

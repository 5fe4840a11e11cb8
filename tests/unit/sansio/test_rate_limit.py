"""The rules of a rate that no property needs: what is forgotten, what a pause does, what is given up."""

from __future__ import annotations

from httpcore_lite.sansio.rate_limit import AGAIN, GO, LATE, MAX_ORIGINS, REFUSED, WAIT, RateSchedule


def test_the_origin_that_was_not_used_for_the_longest_time_is_forgotten_and_never_one_that_is_waited_for() -> None:
    schedule = RateSchedule(1, 1.0, 1, 60.0)
    kept = schedule.ticket("kept", lambda: None)
    schedule.at_door(kept)
    for number in range(MAX_ORIGINS + 5):
        schedule.ticket(f"http://{number}", lambda: None)
        schedule.ticket("http://1", lambda: None)
    assert schedule.remembered == MAX_ORIGINS
    assert "http://1" in schedule._paces
    assert "kept" in schedule._paces and "http://0" not in schedule._paces
    assert f"http://{MAX_ORIGINS + 4}" in schedule._paces
    assert schedule.ask(kept, 0.0) == (GO, 0.0)


def test_a_longer_pause_than_is_waited_for_refuses_until_it_is_over() -> None:
    woken: list[str] = []
    schedule = RateSchedule(1, 1.0, 1, 60.0)
    ticket = schedule.ticket("a", lambda: woken.append("ticket"))
    schedule.at_door(ticket)
    assert not schedule.heard("a", 200, 100.0, 0.0) and not schedule.heard("a", 429, 0.0, 0.0)
    assert not schedule.heard("a", 503, 30.0, 0.0)  # is waited for
    assert schedule.ask(ticket, 0.0) == (WAIT, 30.0) and woken == ["ticket"]
    assert schedule.heard("a", 429, 100.0, 10.0)
    assert schedule.ask(ticket, 10.0) == (REFUSED, 100.0) and woken == ["ticket"] * 2
    assert not schedule.heard("a", 429, 20.0, 50.0)  # ends before the other does
    assert schedule.ask(ticket, 100.0) == (REFUSED, 10.0)
    assert schedule.ask(ticket, 110.0) == (GO, 0.0)


def test_what_is_given_up_makes_room_for_those_behind() -> None:
    woken: list[int] = []
    schedule = RateSchedule(1, 1.0, 1, 60.0)
    tickets = [schedule.ticket("a", lambda number=number: woken.append(number)) for number in range(4)]
    for ticket in tickets:
        schedule.at_door(ticket)
    assert schedule.ask(tickets[0], 0.0)[0] == GO
    assert schedule.ask(tickets[3], 0.0) == (WAIT, 3 * 1.02)
    schedule.leave(tickets[1])
    schedule.leave(tickets[1])
    assert schedule.ask(tickets[3], 0.0) == (WAIT, 2 * 1.02)
    assert set(woken) == {2, 3}


def test_a_long_pause_sends_what_is_at_the_gate_back_to_its_place_at_the_door_and_a_short_one_does_not() -> None:
    schedule = RateSchedule(1, 1.0, 3, 60.0)
    first, second, third = (schedule.ticket("a", lambda: None) for _ in range(3))
    for ticket in (first, second, third):
        schedule.at_door(ticket)
    for ticket in (first, second):
        assert schedule.ask(ticket, 0.0)[0] == GO
        schedule.at_gate(ticket, 0.0)
    schedule.heard("a", 429, 1.0, 0.0)
    assert schedule.ask(first, 0.0) == (WAIT, 1.0)
    schedule.heard("a", 429, 30.0, 0.0)
    assert schedule.ask(second, 0.0, 5.0)[0] == LATE
    for ticket in (second, first):
        assert schedule.ask(ticket, 0.0) == (AGAIN, 0.0)
        schedule.at_door(ticket)
    assert first.pace.gate.waiting == []
    assert first.pace.door.waiting == [first, second, third]


def test_what_is_due_behind_another_that_was_not_asked_for_yet_is_not_too_late() -> None:
    schedule = RateSchedule(1, 60.0, 2, 60.0)
    first, second, third = (schedule.ticket("a", lambda: None) for _ in range(3))
    for ticket in (first, second, third):
        schedule.at_door(ticket)
    assert schedule.ask(second, 0.0, 5.0)[0] == WAIT
    assert schedule.ask(second, 5.0, 0.0)[0] == LATE
    assert schedule.ask(third, 0.0, 5.0)[0] == LATE
    assert [schedule.ask(ticket, 0.0, 5.0) for ticket in (first, second)] == [(GO, 0.0)] * 2


def test_where_the_gate_held_requests_up_the_door_lets_the_next_one_in_later() -> None:
    schedule = RateSchedule(1, 1.0, 1, 60.0)
    slow, quick, last = (schedule.ticket("a", lambda: None) for _ in range(3))
    for ticket, entered, ready in ((slow, 0.0, 0.5), (quick, 1.02, 1.02)):
        schedule.at_door(ticket)
        assert schedule.ask(ticket, entered)[0] == GO
        schedule.at_gate(ticket, ready)
    assert schedule.ask(slow, 1.02)[0] == GO  # had its thread woken late
    assert schedule.ask(quick, 1.02)[0] == WAIT
    assert schedule.ask(quick, 2.02)[0] == GO
    schedule.at_door(last)
    assert schedule.ask(last, 2.03)[0] == WAIT, "it would be held up at the gate"
    assert schedule.ask(last, 3.03)[0] == GO
    schedule.at_gate(last, 3.03)
    assert schedule.ask(last, 3.03)[0] == GO

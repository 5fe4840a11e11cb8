"""The order of work of `Session.map`: what is taken, begun and yielded when, told with plain values."""

from __future__ import annotations

import pytest

from httpcore_lite.sansio.map_plan import BEGIN, BLOCKED, OVER, RAISE, TAKE, WAIT, YIELD, MapPlan, Places


def steps(plan: MapPlan, *, items: int = 100, streams: bool = False, origin: object = None) -> list[tuple[str, int]]:
    """Do the steps of `plan` until it waits, yields or ends, taking one of `items` where it asks for one."""
    seen = []
    while True:
        what, index = plan.step()
        seen.append((what, index))
        if what == TAKE:
            if plan.count < items:
                plan.taken(origin, streams)
            else:
                plan.no_more()
        elif what != BEGIN:
            return seen


def begun(seen: list[tuple[str, int]]) -> list[int]:
    return [index for what, index in seen if what == BEGIN]


def test_nothing_is_taken_before_it_is_asked_for() -> None:
    assert MapPlan(4).count == 0


def test_as_many_items_are_taken_as_may_be_ahead_and_no_more() -> None:
    plan = MapPlan(4, 2)
    assert begun(steps(plan)) == [0, 1]
    assert (plan.count, plan.taken_ahead) == (4, 4)
    plan.finished(1)
    assert begun(seen := steps(plan)) == [2]
    assert seen[-1] == (WAIT, -1), "the first is not there yet, and one is to be begun where any has finished"
    assert plan.count == 4


def test_outcomes_come_in_the_order_of_their_items() -> None:
    plan = MapPlan(3)
    steps(plan, items=3)
    for index in (2, 1, 0):
        plan.finished(index)
    assert [steps(plan, items=3)[-1] for _ in range(4)] == [(YIELD, 0), (YIELD, 1), (YIELD, 2), (OVER, -1)]


@pytest.mark.parametrize(("ordered", "awaited"), [(True, 0), (False, -1)])
def test_only_what_changes_something_is_waited_for(ordered: bool, awaited: int) -> None:
    plan = MapPlan(3, ordered=ordered)
    assert steps(plan)[-1] == (WAIT, awaited)


def test_outcomes_come_as_they_arrive_where_no_order_is_asked_for() -> None:
    plan = MapPlan(3, ordered=False)
    steps(plan, items=3)
    for index in (2, 0, 1):
        plan.finished(index)
    assert [steps(plan, items=3)[-1] for _ in range(4)] == [(YIELD, 2), (YIELD, 0), (YIELD, 1), (OVER, -1)]


def test_what_is_there_is_yielded_before_a_slow_source_is_asked_for_more_than_one_item() -> None:
    plan = MapPlan(8)
    assert plan.step()[0] == TAKE
    plan.taken()
    assert plan.step() == (BEGIN, 0)
    plan.finished(0)
    # The one item of this turn is taken; its outcome is there, so no second one is.
    assert plan.step() == (YIELD, 0)
    assert plan.step()[0] == TAKE


def test_what_is_raised_ends_the_rest_in_its_place() -> None:
    plan = MapPlan(6, 3)
    steps(plan)
    plan.finished(1, raises=True)
    assert plan.step() == (WAIT, 0), "what is behind it is not begun"
    plan.finished(0)
    plan.finished(2)
    assert steps(plan)[-1] == (YIELD, 0)
    assert plan.step() == (RAISE, 1)
    assert plan.count == 6, "nothing was taken any more"


def test_what_is_under_way_behind_an_error_is_not_wanted_any_more() -> None:
    plan = MapPlan(6)
    steps(plan)
    assert plan.unwanted == []
    plan.finished(4, raises=True)
    assert plan.unwanted == [5]
    plan.finished(2, raises=True)
    assert plan.unwanted == [3, 5]
    plan = MapPlan(4, ordered=False)
    steps(plan)
    plan.finished(2, raises=True)
    assert plan.unwanted == [0, 1, 3]


def test_what_stands_before_an_error_is_begun_and_yielded_still() -> None:
    plan = MapPlan(6, 2)
    steps(plan, items=3)  # 0 and 1 are under way, 2 waits for one of them
    assert plan.refused() == 3
    plan.finished(0)
    assert steps(plan)[0] == (BEGIN, 2)


def test_an_error_is_raised_as_it_comes_where_no_order_is_asked_for() -> None:
    plan = MapPlan(6, 3, ordered=False)
    steps(plan)
    plan.finished(2, raises=True)
    assert plan.step() == (RAISE, 2)


def test_an_item_that_is_none_is_raised_at_its_place() -> None:
    plan = MapPlan(4)
    assert plan.step()[0] == TAKE
    plan.taken()
    assert plan.step() == (BEGIN, 0)
    assert plan.step()[0] == TAKE
    assert plan.refused() == 1
    assert plan.step() == (WAIT, 0)
    plan.finished(0)
    assert plan.step() == (YIELD, 0)
    assert plan.step() == (RAISE, 1)


@pytest.mark.parametrize("ordered", [True, False])
def test_no_more_streamed_requests_are_under_way_than_there_are_places(ordered: bool) -> None:
    plan = MapPlan(8, 8, ordered=ordered, places=Places(2))
    assert begun(steps(plan, streams=True)) == [0, 1]
    plan.finished(0, holds=True)
    plan.finished(1, holds=True)
    assert plan.step() == (YIELD, 0)
    assert steps(plan, streams=True)[-1] == (YIELD, 1)
    assert steps(plan, streams=True)[-1] == (BLOCKED, -1)
    plan.freed(0)
    assert begun(steps(plan, streams=True)) == [2]


def test_places_count_for_each_origin_where_origins_are_told() -> None:
    plan = MapPlan(8, 8, places=Places(None, 1))
    for origin in ("a", "b", "a"):
        plan.taken(origin, True)
    assert [plan.step() for _ in range(2)] == [(BEGIN, 0), (BEGIN, 1)]
    plan.no_more()
    assert plan.step() == (WAIT, -1)
    plan.finished(0)  # read to its end already
    assert plan.step() == (BEGIN, 2)


@pytest.mark.parametrize("origins", [(None, "a"), ("a", None)])
def test_what_may_lead_anywhere_counts_for_every_origin(origins: tuple[str | None, str | None]) -> None:
    plan = MapPlan(8, 8, places=Places(None, 1))
    for origin in origins:
        plan.taken(origin, True)
    plan.no_more()
    assert [plan.step() for _ in range(2)] == [(BEGIN, 0), (WAIT, -1)]
    plan.finished(0)
    assert plan.step() == (BEGIN, 1)


def test_a_response_that_is_read_at_once_waits_for_no_place_unless_streamed_ones_hold_them() -> None:
    plan = MapPlan(8, 8, places=Places(1))
    assert len(begun(steps(plan, items=3))) == 3
    for index in range(3):
        plan.finished(index)
        assert steps(plan, items=3)[-1] == (YIELD, index)
    plan = MapPlan(8, 8, places=Places(1))
    plan.taken(None, True)
    plan.taken(None, False)
    plan.no_more()
    assert plan.step() == (BEGIN, 0)
    plan.finished(0, holds=True)
    assert plan.step() == (YIELD, 0)
    assert plan.step() == (BLOCKED, -1), "it would wait for the place of the one that was not read"
    plan.freed(0)
    assert plan.step() == (BEGIN, 1)

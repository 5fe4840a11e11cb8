"""Whatever the order in which requests finish: what `Session.map` promises about order, bounds and ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.sansio.map_plan import BEGIN, BLOCKED, OVER, RAISE, TAKE, WAIT, YIELD, MapPlan, Places


class Driver:
    """Drives a plan: requests finish in an order that `choose` makes up, and the program reads what it was given."""

    def __init__(self, plan: MapPlan, items: int, streams: bool, wrong: set[int], data: st.DataObject) -> None:
        self.plan = plan
        self.items = items
        self.streams = streams
        self.wrong = wrong
        self.data = data
        self.under_way: list[int] = []
        self.unread: list[int] = []
        self.yielded: list[int] = []
        self.raised: int | None = None
        self.most = 0

    def run(self) -> None:
        plan = self.plan
        while True:
            assert plan.taken_ahead <= plan.look_ahead
            assert plan.at_once is None or len(self.under_way) <= plan.at_once
            if self.streams and plan.places.total is not None:
                assert len(self.under_way) + len(self.unread) <= plan.places.total
            what, index = plan.step()
            if what == TAKE:
                if plan.count < self.items:
                    plan.taken(None, self.streams)
                else:
                    plan.no_more()
            elif what == BEGIN:
                self.under_way.append(index)
                self.most = max(self.most, len(self.under_way))
            elif what == WAIT:
                assert index == -1 or index in self.under_way
                self.finish()
            elif what == YIELD:
                self.yielded.append(index)
                if self.data.draw(st.booleans()):
                    self.read()
                if self.under_way and self.data.draw(st.booleans()):
                    self.finish()
            elif what == RAISE:
                self.raised = index
                return
            elif what == BLOCKED:
                assert any(index in self.yielded for index in self.unread), "nobody could ever free a place"
                self.read()
            else:
                assert what == OVER
                return

    def finish(self) -> None:
        index = self.under_way.pop(self.data.draw(st.integers(0, len(self.under_way) - 1)))
        raises = index in self.wrong
        self.plan.finished(index, raises, holds=self.streams and not raises)
        if self.streams and not raises:
            self.unread.append(index)

    def read(self) -> None:
        """Read the first response that was yielded and not read: a program reads what it has."""
        for index in self.unread:
            if index in self.yielded:
                self.unread.remove(index)
                self.plan.freed(index)
                return


@given(
    data=st.data(),
    items=st.integers(0, 20),
    look_ahead=st.integers(1, 8),
    at_once=st.none() | st.integers(1, 6),
    ordered=st.booleans(),
    streams=st.booleans(),
    places=st.none() | st.integers(1, 4),
)
def test_each_item_is_yielded_once_within_all_bounds(
    data: st.DataObject,
    items: int,
    look_ahead: int,
    at_once: int | None,
    ordered: bool,
    streams: bool,
    places: int | None,
) -> None:
    plan = MapPlan(look_ahead, at_once, ordered=ordered, places=Places(places))
    driver = Driver(plan, items, streams, set(), data)
    driver.run()
    assert driver.raised is None
    assert sorted(driver.yielded) == list(range(items))
    if ordered:
        assert driver.yielded == sorted(driver.yielded)


@given(data=st.data(), wrong=st.sets(st.integers(0, 19), min_size=1), ordered=st.booleans(), streams=st.booleans())
def test_an_error_ends_the_rest_in_its_place(
    data: st.DataObject, wrong: set[int], ordered: bool, streams: bool
) -> None:
    driver = Driver(MapPlan(5, 3, ordered=ordered, places=Places(2)), 20, streams, wrong, data)
    driver.run()
    assert driver.raised in wrong
    assert not wrong & set(driver.yielded)
    if ordered:
        assert driver.raised == min(wrong)
        assert driver.yielded == list(range(min(wrong)))

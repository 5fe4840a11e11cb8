"""Whatever arrives when, however late a thread wakes and however long a connection takes: what a rate promises."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.sansio.rate_limit import AGAIN, GO, LATE, MAX_ORIGINS, WAIT, RateSchedule, Ticket

moments = st.floats(0.0, 10.0, allow_nan=False)


class Sending:
    """One sending in a world of its own time: it arrives, connects, and leaves."""

    def __init__(self, arrives: float, connects: float, late: float) -> None:
        self.arrives = self.wakes = arrives
        self.connects = connects
        self.late = late  # how much later than it should it wakes
        self.stage = "new"
        self.ticket: Ticket | None = None
        self.entered = self.left = -1.0


def run(schedule: RateSchedule, sendings: list[Sending], pauses: list[tuple[float, float]] = []) -> None:  # noqa: B006
    """Let all of them go, and the server ask for pauses: (when, how long)."""
    now, news = 0.0, sorted(pauses)
    for _ in range(10_000):
        waiting = [each for each in sendings if each.stage != "gone"]
        if not waiting:
            return
        following = min(waiting, key=lambda each: each.wakes)
        if news and news[0][0] <= following.wakes:
            when, seconds = news.pop(0)
            now = max(now, when)
            schedule.heard("a", 429, seconds, now)
            continue
        now = max(now, following.wakes)
        step(schedule, following, now)
    raise AssertionError("some were never let go")


def step(schedule: RateSchedule, each: Sending, now: float) -> None:
    if each.stage == "new":

        def wake() -> None:
            if each.stage in ("door", "gate"):
                each.wakes = min(each.wakes, now_of[0] + each.late)

        now_of = [now]
        each.ticket = schedule.ticket("a", wake)
        schedule.at_door(each.ticket)
        each.stage = "door"
    elif each.stage == "connecting":
        assert each.ticket is not None
        schedule.at_gate(each.ticket, now)
        each.stage = "gate"
    assert each.ticket is not None
    what, seconds = schedule.ask(each.ticket, now)
    if what == AGAIN:
        assert each.stage == "gate"
        schedule.at_door(each.ticket)
        each.stage = "door"
        what, seconds = schedule.ask(each.ticket, now)
    if what == GO and each.stage == "door":
        each.entered = now if each.entered < 0 else each.entered  # for the first time
        each.stage, each.wakes = "connecting", now + each.connects
    elif what == GO:
        each.left, each.stage = now, "gone"
    else:
        assert what == WAIT and seconds > 0
        each.wakes = now + seconds + each.late


@st.composite
def crowds(draw: st.DrawFn) -> list[Sending]:
    # Mostly at once: what comes one by one need not be spaced.
    times = st.tuples(st.just(0.0) | moments, st.just(0.0) | st.floats(0.0, 3.0), st.just(0.0) | st.floats(0.0, 0.2))
    return [Sending(*each) for each in draw(st.lists(times, min_size=1, max_size=20))]


@given(crowds(), st.integers(1, 4), st.floats(0.1, 5.0), st.integers(1, 4), st.lists(st.tuples(moments, moments)))
def test_no_window_has_more_than_the_rate_allows_and_all_leave_in_the_order_of_arrival(
    crowd: list[Sending], rate: int, per: float, burst: int, pauses: list[tuple[float, float]]
) -> None:
    run(RateSchedule(rate, per, burst, max_pause=10.0), crowd, pauses)
    left = sorted(each.left for each in crowd)
    most = rate + burst - 1
    for first, beyond in zip(left, left[most:], strict=False):
        assert beyond - first >= per - 1e-9
    for seconds, since in [(seconds, when) for when, seconds in pauses]:
        assert not [each for each in crowd if since < each.left < since + seconds]
    in_order = sorted(crowd, key=lambda each: each.arrives)  # stable, as the line is
    assert [each.entered for each in in_order] == sorted(each.entered for each in crowd)


@given(st.integers(1, 40), st.integers(1, 20), st.integers(1, 5))
def test_no_more_is_waited_for_than_the_rate_asks_for(count: int, rate: int, burst: int) -> None:
    schedule = RateSchedule(rate, 1.0, burst, 60.0)
    crowd = [Sending(0.0, 0.0, 0.0) for _ in range(count)]
    run(schedule, crowd)
    assert crowd[-1].left <= max(0, count - burst) / rate * 1.021 + 1e-6


@given(st.lists(st.floats(0.001, 2.0), max_size=20), st.floats(0.001, 3.0))
def test_a_wait_that_would_end_behind_the_call_is_told_at_once(before: list[float], left: float) -> None:
    schedule = RateSchedule(1, 1.0, 1, 60.0)
    for _ in before:
        schedule.at_door(schedule.ticket("a", lambda: None))
    ticket = schedule.ticket("a", lambda: None)
    schedule.at_door(ticket)
    what, seconds = schedule.ask(ticket, 5.0, left)
    assert what == (GO if not before else WAIT if seconds < left else LATE)
    assert abs(seconds - len(before) * 1.02) < 1e-9


@given(st.lists(st.integers(0, 12_000), max_size=50))
def test_no_more_origins_are_remembered_than_there_is_room_for(more: list[int]) -> None:
    schedule = RateSchedule(1, 1.0, 1, 60.0)
    kept = schedule.ticket("kept", lambda: None)
    schedule.at_door(kept)
    for number in [*range(3), *more]:
        schedule.ticket(f"http://{number}", lambda: None)
    assert schedule.remembered <= min(MAX_ORIGINS, len({*range(3), *more}) + 1)

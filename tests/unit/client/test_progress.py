"""A progress bar: its figures, its line, and that it is written on a terminal only."""

from __future__ import annotations

import io

import pytest

from httpcore_lite.client import progress
from httpcore_lite.client.progress import Bar, Progress, shown_size, shown_time


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (12_345, "12.3 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (9_995_000, "10.0 MB"),
        (5e15, "5.00 PB"),
        (5e18, "5000 PB"),
    ],
)
def test_a_size_has_three_digits(count: float, text: str) -> None:
    assert shown_size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3661, "1:01:01"), (1e9, "-:--"), (-1, "-:--")]
)
def test_a_time_is_minutes_and_hours(seconds: float, text: str) -> None:
    assert shown_time(seconds) == text


def test_the_rate_of_a_resumed_transfer_counts_what_came_since() -> None:
    state = Progress(100.0, 1_000_000, 900_000)
    state.update(910_000, 101.0)
    assert state.rate == state.rate_in_all == 10_000
    assert state.seconds_left == 9
    assert "91%  910 kB of 1.00 MB  10.0 kB/s  0:09" in state.line()


def test_the_rate_is_that_of_the_last_seconds_and_of_all_on_the_last_line() -> None:
    state = Progress(0.0, 10_000_000)
    for second in range(1, 11):
        state.update(second * 500_000, float(second))
    for second in range(11, 31):
        state.update(5_000_000 + (second - 10) * 1_000, float(second))
    assert state.rate == pytest.approx(1_000)
    assert state.rate_in_all == pytest.approx(5_020_000 / 30)
    assert state.line(over=True).endswith("167 kB/s  0:30")


def test_a_transfer_that_begins_anew_begins() -> None:
    state = Progress(0.0, 1000, 500)
    state.update(800, 1.0)
    state.update(0, 2.0)
    state.update(100, 3.0)
    assert state.rate == state.rate_in_all == 100


def test_what_is_not_known_is_not_said() -> None:
    assert Progress(0.0).line() == "0 B  -- B/s"
    assert Progress(0.0, 10).line().endswith("  0%  0 B of 10 B  -- B/s  -:--")
    assert "100%" in Progress(0.0, 0).line()
    later = Progress(0.0)
    later.update(5, 1.0, 10)
    assert later.line().endswith("50%  5 B of 10 B  5 B/s  0:01")
    later.update(50, 2.0)
    assert "100%" in later.line()
    assert "100%" not in Progress(0.0, 1_000_000, 999_999).line()


@pytest.mark.parametrize("width", [200, 80, 60, 40, 20, 5, 1, 0])
@pytest.mark.parametrize("label", ["", "name.bin", "日本語" * 8])
def test_a_line_fits_the_terminal(width: int, label: str) -> None:
    state = Progress(0.0, 1000, label=label)
    state.update(500, 1.0)
    assert progress._columns_of(state.line(width)) < max(width, 1)
    if width == 200:
        assert state.line(width).startswith(f"{label}  [###" if label else "[###")
    elif width >= 40:
        assert "50%  500 B of 1.00 kB  500 B/s  0:01" in state.line(width)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_written_on_a_terminal_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.05, 1.0, 2.0])
    monkeypatch.setattr(progress._pausing, "now", lambda: next(moments))
    plain, terminal = io.StringIO(), Terminal()
    for file in (plain, terminal):
        bar = Bar(label="a\x1b[31mb", file=file)
        if file is terminal:
            for done in (0, 10, 500):
                bar(done, 1000)
        else:
            bar(500, 1000)
        bar.close()
        bar.close()
        bar(600, 1000)
    assert plain.getvalue() == ""
    written = terminal.getvalue()
    assert written.count("\r") == 2, "the second came too soon"
    assert written.count("\n") == 1
    assert "\x1b" not in written
    assert "50%" in written


def test_a_terminal_that_is_gone_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(Terminal):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    bar = Bar(file=Gone())
    bar(1, 2)
    bar(2, 2)
    bar.close()
    monkeypatch.setattr("sys.stderr", None)
    Bar()(1, 2)

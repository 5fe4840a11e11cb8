"""A progress bar: how far a transfer is, how fast it goes, and when it will be over, as one line of text.

`Progress` is the state, and pure: the time is handed in. `Bar` writes it on a terminal, and nowhere else.

1. The rate counts what came in this run: what a resumed transfer began with was not fast, it was there.
2. The rate shown is that of the last seconds, so that it tells of a line that has become slow; that of the whole run
   stands on the last line.
3. A transfer that begins anew, and so goes back, is one that begins.
"""

from __future__ import annotations

import sys

from ..urllib3_api.util import pausing as _pausing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TextIO

# Seconds that the shown rate is of, and between two samples of it.
_WINDOW: Final = 8.0
_STEP: Final = 0.25
# Seconds between two writes, so that a terminal is not the slowest part.
_PAUSE: Final = 0.1
# Characters of "100%  12.3 MB of 1.00 GB  12.3 MB/s  1:23:45".
_USUAL: Final = 46
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")


def shown_size(count: float) -> str:
    """Return a number of bytes in three digits and a decimal unit: "0 B", "999 B", "1.50 kB", "12.3 MB"."""
    number, unit = float(count), 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number /= 1000
        unit += 1
    if unit == 0:
        return f"{number:.0f} B"
    return f"{number:.{2 if number < 9.995 else 1 if number < 99.95 else 0}f} {_UNITS[unit]}"


def shown_time(seconds: float) -> str:
    """Return a duration as "m:ss" or "h:mm:ss", "-:--" for one that is longer than anything is waited for."""
    if not 0 <= seconds < 360_000:
        return "-:--"
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes at most."""
    return len(text) if text.isascii() else sum(1 if character.isascii() else 2 for character in text)


class Progress:
    """How far a transfer is.

    Args:
        now: the moment at which it begins, in seconds of any clock.
        total: bytes in all, None where that is unknown.
        resumed_from: bytes that were there before it began.
        label: what stands before the bar.
    """

    def __init__(self, now: float, total: int | None = None, resumed_from: int = 0, label: str = "") -> None:
        self.total = total
        self.label = label
        self._begin(now, resumed_from)

    def _begin(self, now: float, done: int) -> None:
        self.began, self.resumed_from, self.done, self.at = now, done, done, now
        self._samples = [(now, done)]

    def update(self, done: int, now: float, total: int | None = None) -> None:
        """Note that `done` bytes are there, those of before included; a `total` that has become known replaces it."""
        self.total = self.total if total is None else total
        if done < self.done:
            self._begin(now, done)  # Rule 3
            return
        self.done, self.at = done, now
        if now - self._samples[-1][0] >= _STEP:
            self._samples = [sample for sample in self._samples if now - sample[0] <= _WINDOW] or self._samples[-1:]
            self._samples.append((now, done))

    @property
    def rate(self) -> float:
        """Bytes per second of the last seconds, 0 where nothing can be said yet."""
        then, there = self._samples[0]
        return (self.done - there) / (self.at - then) if self.at > then else 0.0

    @property
    def rate_in_all(self) -> float:
        """Bytes per second since it began."""
        return (self.done - self.resumed_from) / (self.at - self.began) if self.at > self.began else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until it is over, at the rate of now; None where total or rate are unknown."""
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.done) / self.rate

    def line(self, width: int = 80, over: bool = False) -> str:
        """Return the bar as a line of fewer than `width` characters, all of ASCII but those of the label.

        over: whether it is the last one, which tells how long it took.
        """
        rate = self.rate_in_all if over else self.rate
        speed = f"{shown_size(rate)}/s" if rate else "-- B/s"
        left = self.seconds_left
        time = shown_time(self.at - self.began) if over else "-:--" if left is None else shown_time(left)
        if self.total is None:
            said = f"{shown_size(self.done)}  {speed}" + (f"  {time}" if over else "")
            return self._with_label(said, width)
        share = min(1.0, self.done / self.total) if self.total else 1.0
        size = f"{shown_size(self.done)} of {shown_size(self.total)}"
        said = f"{int(share * 100):>3}%  {size}  {speed}  {time}"
        # As if what is said had its usual length, so that the bar does not change its own with every figure.
        room = min(30, width - max(len(said), _USUAL) - _columns_of(self.label) - 7)
        if room >= 5:
            filled = int(share * room)
            said = f"[{'#' * filled}{'-' * (room - filled)}] {said}"
        return self._with_label(said, width)

    def _with_label(self, said: str, width: int) -> str:
        whole = f"{self.label}  {said}" if self.label else said
        return whole if _columns_of(whole) < width else said[: max(0, width - 1)]


class Bar:
    """A progress bar on standard error, where that is a terminal; anywhere else it writes nothing.

    Called as what `on_upload`, `on_download` and `download(progress=)` call: with the bytes so far and those in all.

    Args:
        resumed_from: bytes that were there before.
        label: what stands before the bar; what cannot be printed is left out.
        file: where it is written in the place of standard error.
    """

    def __init__(self, resumed_from: int = 0, label: str = "", file: TextIO | None = None) -> None:
        self._file: TextIO | None = sys.stderr if file is None else file
        if self._file is None or not self._file.isatty():
            self._file = None
        self._label = "".join([c for c in label if c.isprintable()])
        self._resumed_from = resumed_from
        self._state: Progress | None = None
        self._written = 0.0
        self._width = 0

    def __call__(self, done: int, total: int | None) -> None:
        """Note that `done` of `total` bytes are there, and show it if it is time to."""
        if self._file is None:
            return
        now = _pausing.now()
        state = self._state
        if state is None:
            # What is there when a transfer is first heard of, was there, unless nothing else was said.
            state = self._state = Progress(now, total, min(self._resumed_from, done), self._label)
        state.update(done, now, total)
        if now - self._written >= _PAUSE:
            self._written = now
            self._write(state.line(self._columns()))

    def close(self) -> None:
        """Write the last line, and end it. To be called once, however the transfer ended."""
        if self._file is not None and self._state is not None:
            self._write(self._state.line(self._columns(), over=True), "\n")
        self._file = None

    def _columns(self) -> int:
        from shutil import get_terminal_size

        return get_terminal_size().columns

    def _write(self, line: str, end: str = "") -> None:
        file = self._file
        if file is None:
            return
        encoding = getattr(file, "encoding", None) or "ascii"
        line = line.encode(encoding, "replace").decode(encoding)
        blanks = " " * max(0, self._width - _columns_of(line))
        self._width = _columns_of(line)
        try:
            file.write(f"\r{line}{blanks}{end}")
            file.flush()
        except (OSError, ValueError):  # the terminal is gone: what is transferred matters more
            self._file = None

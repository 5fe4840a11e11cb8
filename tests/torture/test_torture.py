"""Every operation fails once: whatever fails, the error is ours, nothing leaks, and the next request works.

`make torture` runs the long form (TORTURE=1): every call of every scenario with every fault that it can have, and an
exception at every line of the package. `make test` runs every call of two scenarios and a sample of the others.
"""

from __future__ import annotations

import gc
import io
import os
import random
import signal
import sys
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from torture.injector import INTERRUPT, SIGNAL, Fault, Injector, Interrupt, Lines, Source, every, likely
from torture.scenarios import LARGE, SCENARIOS, Scenario, World, WrongError, servers

import httpcore_lite as client
from httpcore_lite.transport.connectors import tls

LONG = bool(os.environ.get("TORTURE"))
SEED = 20260

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc/self/fd")


@pytest.fixture(scope="module")
def injector() -> Iterator[Injector]:
    with Injector().installed() as injector:
        yield injector


@pytest.fixture(scope="module")
def world(injector: Injector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    file = tmp_path_factory.mktemp("torture") / "large.bin"
    file.write_bytes(LARGE)
    with servers() as told:
        yield World(**told, file=str(file), source=partial(Source, injector))


# -- one run -----------------------------------------------------------------------------------------------------


class Broken(AssertionError):
    """A promise was broken."""


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@contextmanager
def silence() -> Iterator[list[str]]:
    """Collect what must not be said: warnings, errors that could not be caught, output."""
    said: list[str] = []
    output = io.StringIO()
    hook, sys.unraisablehook = sys.unraisablehook, lambda told: said.append(f"unraisable: {told.exc_value!r}")
    error, sys.stderr = sys.stderr, output
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield said
            said += [f"{each.category.__name__}: {each.message}" for each in warned]
    finally:
        sys.unraisablehook, sys.stderr = hook, error
        if output.getvalue():
            said.append(f"on stderr: {output.getvalue()}")


class Torture:
    """Runs one scenario again and again, and looks each time whether the promises hold."""

    def __init__(self, scenario: Scenario, world: World, injector: Injector) -> None:
        self.scenario = scenario
        self.world = world
        self.injector = injector
        self.outcomes: Counter[str] = Counter()
        self.broken: list[str] = []
        self.runs = 0

    def once(
        self,
        attack: Callable[[], None],
        fault: Fault | None = None,
        *,
        stop: Callable[[], None] = lambda: None,
        strict: bool = True,
    ) -> list[str]:
        """Run the scenario with one attack on it; returns the calls that were made. Raises Broken.

        Unless `strict`, a slot of the pool may be lost, and a socket closed by the garbage collector.
        """
        self.runs += 1
        tls._contexts.clear()
        threads = threading.active_count()
        session = self.scenario.session(client, self.world)
        files = open_files()
        with silence() as said:
            try:
                self.scenario.prepare(session, self.world)
                attack()
                try:
                    calls, failure = self._run(session, stop)
                    outcome = self._judged(failure, fault)
                finally:
                    failure = None
                gc.collect()
                self.scenario.next_request(session, self.world, self.runs)
                if strict:
                    self._look_at_pools(session)
            finally:
                session.close()
            gc.collect()
            # The proxies are threads of this process, and close their ends a moment later.
            ends = time.monotonic() + 10
            while open_files() > files and time.monotonic() < ends:
                time.sleep(0.01)
            if open_files() > files:  # fewer are those of a test before this one, closed by now
                said.append(f"{open_files() - files} descriptors leaked")
            if strict and any(pool.stats().open for pool in pools(session)):
                said.append(f"open after close: {pools(session)}")
        if threading.active_count() > threads:  # fewer are those of a test before this one, ended by now
            said.append("a thread is left")
        if not strict:
            said = [each for each in said if not each.startswith("ResourceWarning")]
        if said:
            raise Broken("; ".join(said))
        self.outcomes[outcome] += 1
        return calls

    def _run(self, session: Any, stop: Callable[[], None]) -> tuple[list[str], BaseException | None]:
        failure = None
        try:
            self.scenario.run(session, self.world)
        except BaseException as error:
            failure = error
        finally:
            stop()
            calls = self.injector.end()
        try:
            return calls, failure
        finally:
            failure = None  # with it this frame would be its own prisoner, and the response in it

    def _judged(self, failure: BaseException | None, fault: Fault | None) -> str:
        """Return the class of an outcome; Broken when it may not be."""
        hit = self.injector.hit
        if isinstance(failure, WrongError):
            raise Broken(f"wrong data: {failure}")
        if fault is not None and fault.interrupts and hit:
            if not isinstance(failure, Interrupt):
                raise Broken(f"the interrupt was swallowed: {shown(failure)}")
            return "interrupted"
        if failure is None:
            return "succeeded" if hit or fault is None else "not reached"
        if fault is not None and fault.label == "MemoryError" and isinstance(failure, MemoryError):
            return "MemoryError"
        if not isinstance(failure, client.RequestException):
            if self.injector.failed == "read" and isinstance(failure, OSError):
                return "the caller's own"  # its own file, read before there was a request: as requests
            raise Broken(f"foreign exception: {shown(failure)}")
        if failure.request is None:
            raise Broken(f"no request in {shown(failure)}")
        if not hit:
            raise Broken(f"failed without a fault: {shown(failure)}")
        return type(failure).__name__

    def _look_at_pools(self, session: Any) -> None:
        for pool in pools(session):
            stats = pool.stats()
            if stats.open != stats.idle:
                raise Broken(f"a connection is lost in the pool: {stats}")

    # -- many runs -----------------------------------------------------------------------------------------

    def calls(self) -> list[str]:
        """What the scenario calls when nothing fails."""
        self.once(self.injector.begin)  # loads what is loaded once
        self.outcomes.clear()
        self.runs = 0
        return self.once(self.injector.begin)

    def all(self, calls: list[str], plan: list[tuple[int, Fault]]) -> None:
        """Run the scenario once for every (number of a call, fault) of the plan; what is broken is collected."""
        gc.collect()
        gc.freeze()  # what is old need not be looked at in each of many collections
        try:
            for number, fault in plan:
                operation = calls[number - 1]
                try:
                    self.once(partial(self.injector.begin, number, fault, operation), fault)
                except Exception as error:
                    self.broken.append(f"call {number}, {operation}: {fault.label}: {error!r}")
        finally:
            gc.unfreeze()


def pools(session: Any) -> list[Any]:
    return [adapter.pool for adapter in session.adapters.values()]


def shown(error: BaseException | None) -> str:
    return "".join(traceback.format_exception(error)) if error is not None else "no error"


# -- the tests ---------------------------------------------------------------------------------------------------


def planned(scenario: Scenario, calls: list[str]) -> list[tuple[int, Fault]]:
    """What is injected: in the long form everything, in the short one all that is likely, or a sample."""
    plan = every(calls)
    if LONG:
        return plan
    if scenario.name in ("plain", "TLS"):
        return [(number, fault) for number, fault in plan if fault in likely(calls[number - 1])]
    return random.Random(SEED).sample(plan, 12)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
@pytest.mark.timeout(280 if LONG else 180)
def test_whatever_call_fails_the_error_is_ours_and_nothing_is_lost(
    scenario: Scenario, world: World, injector: Injector, capfd: pytest.CaptureFixture[str]
) -> None:
    torture = Torture(scenario, world, injector)
    calls = torture.calls()
    plan = planned(scenario, calls)
    torture.all(calls, plan)
    assert capfd.readouterr().err == ""
    if LONG:
        with capfd.disabled():
            told = ", ".join(f"{count} {name}" for name, count in torture.outcomes.most_common())
            print(f"\n{scenario.name:22} {len(calls):4} calls {len(plan):5} faults  {told}", end="")
    assert not torture.broken, "\n".join(torture.broken)


@pytest.mark.parametrize("name", ["pooled", "stale", "left unread"])
def test_an_interrupt_in_the_middle_of_the_pools_own_work_loses_no_connection(
    name: str, world: World, injector: Injector
) -> None:
    torture = Torture(next(each for each in SCENARIOS if each.name == name), world, injector)
    calls = torture.calls()
    work = [number for number, operation in enumerate(calls, 1) if operation in ("lock", "try lock", "poll", "close")]
    plan = [each for each in every(calls) if each[0] in work and each[1].interrupts]
    torture.all(calls, plan)
    assert torture.outcomes["interrupted"]
    assert not torture.broken, "\n".join(torture.broken)


@pytest.mark.parametrize(("name", "operation"), [("full pool", "lock"), ("left unread", "close")])
def test_an_interrupt_while_something_is_given_back_loses_no_place_in_the_pool(
    name: str, operation: str, world: World, injector: Injector
) -> None:
    torture = Torture(next(each for each in SCENARIOS if each.name == name), world, injector)
    calls = torture.calls()
    plan = [each for each in every(calls) if calls[each[0] - 1] == operation and each[1].interrupts]
    torture.all(calls, plan)
    assert not torture.broken, "\n".join(torture.broken)


@pytest.mark.parametrize("scenario", SCENARIOS if LONG else SCENARIOS[:1], ids=lambda scenario: scenario.name)
def test_a_signal_whose_handler_raises_during_a_call_loses_nothing(
    scenario: Scenario, world: World, injector: Injector
) -> None:
    def handle(*_: object) -> None:
        raise Interrupt

    torture = Torture(scenario, world, injector)
    calls = torture.calls()
    before = signal.signal(signal.SIGUSR1, handle)
    try:
        torture.all(calls, [(number, SIGNAL) for number in range(1, len(calls) + 1)])
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert not torture.broken, "\n".join(torture.broken)
    assert torture.outcomes["interrupted"] > 1


@pytest.mark.skipif(not LONG, reason="takes half a minute: make torture")
@pytest.mark.parametrize("name", ["plain", "pooled", "left unread"])
@pytest.mark.timeout(200)
def test_an_interrupt_at_any_line_of_the_package_leaves_a_session_that_works(
    name: str, world: World, injector: Injector, capfd: pytest.CaptureFixture[str]
) -> None:
    torture = Torture(next(each for each in SCENARIOS if each.name == name), world, injector)
    torture.calls()
    all_lines = Lines(injector)
    torture.once(all_lines.begin, stop=all_lines.end)
    gc.collect()
    gc.freeze()
    try:
        for number in range(1, all_lines.count + 1):
            lines = Lines(injector, number)
            try:
                torture.once(lines.begin, INTERRUPT, stop=lines.end, strict=False)
            except Exception as error:
                torture.broken.append(f"{lines.where}: {error!r}")
    finally:
        gc.unfreeze()
    with capfd.disabled():
        print(f"\n{name:22} {all_lines.count:4} lines, {torture.outcomes['interrupted']} interrupted", end="")
    assert not torture.broken, "\n".join(torture.broken)

"""Ctrl-C at any moment: nothing is lost, and the next request works.

A signal handler runs between two steps of the interpreter, so its exception can come out of any of them. Once it is
raised by a timer, and once, exactly, behind the n-th call of a request, for one n after the other.
"""

from __future__ import annotations

import os
import signal
import textwrap
from collections.abc import Callable

import pytest

from support.programs import run_program
from support.servers import EchoServer, tls_echo_server

BOTH = pytest.mark.parametrize("serve", [EchoServer, tls_echo_server], ids=["plain", "tls"])
# `make soak-long`: every moment, and many more of the timer's.
LONG = "SOAK_LONG" in os.environ


def run(source: str, url: str) -> str:
    # Not strict: a socket that is interrupted on its way into a variable is the collector's, which says so.
    return run_program(textwrap.dedent(source), url, strict=False, seconds=600 if LONG else 40)


# -- by a timer --------------------------------------------------------------------------------------------------------

INTERRUPTED = """
import gc, random, signal

chance = random.Random(SEED)
session = new_session(pool_maxsize=2, pool_block=True)
patient = client.Timeouts(connect=5, read=5, pool=2)


def ask(number):
    kind = number % 3
    if kind == 0:
        found = session.post(f"{url}{number}", data=f"body {number}", timeout=patient).json()
        assert (found["target"], found["body"]) == (f"/{number}", f"body {number}"), found
    elif kind == 1:
        with session.get(f"{url}bytes/{number}?X-N={number}", stream=True, timeout=patient) as response:
            pieces = list(response.iter_content(50))
        assert b"".join(pieces) == bytes(index % 251 for index in range(number))
    else:
        assert session.get(f"{url}redirect/302?to=/{number}", timeout=patient).json()["target"] == f"/{number}"


def ring(number, frame):
    raise KeyboardInterrupt


sys.unraisablehook = lambda unraisable: None  # the interrupt may come in a finalizer, where it cannot be raised
signal.signal(signal.SIGALRM, ring)
interrupted = 0
for number in range(3):  # what is loaded late is by then: Python wraps what comes out of the making of a class
    ask(number)
began = descriptors() - stats(session).open
number = 0
while number < ROUNDS or interrupted <= 10 and number < 20 * ROUNDS:  # a quick machine is interrupted less often
    number += 1
    try:
        signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.00002, 0.006))
        try:
            ask(number)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupted += 1
signal.setitimer(signal.ITIMER_REAL, 0)
gc.collect()
found = stats(session)
assert found.open == found.idle <= 2, found
assert descriptors() == began + found.open
for number in range(6):
    ask(number)
session.close()
assert stats(session).open == 0 and descriptors() == began
print(interrupted)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a system without interval timers")
@BOTH
@pytest.mark.parametrize("seed", [1, 2])
def test_a_keyboard_interrupt_at_any_moment_loses_no_connection_and_no_place_in_the_pool(
    serve: Callable[[], EchoServer], seed: int
) -> None:
    source = INTERRUPTED.replace("SEED", str(seed)).replace("ROUNDS", str(5000 if LONG else 150))
    with serve() as server:
        interrupted = int(run(source, server.url("/")))
    assert interrupted > 10


# -- at each of them ---------------------------------------------------------------------------------------------------

EACH = """
import gc

sys.unraisablehook = lambda unraisable: None  # a generator that is interrupted while it is closed says so, and no more

patient = client.Timeouts(connect=5, read=5, pool=0.2)


class Interrupt(KeyboardInterrupt):
    pass


def interrupt_at(moment):
    left = moment

    def profile(frame, event, argument):
        nonlocal left
        # Where a signal handler may run: where a function begins, behind a call of a built-in one, and, in Python 3.10,
        # behind any call: what it returned is lost.
        if event in ("call", "c_return", "return"):
            left -= 1
            if left == 0:
                sys.setprofile(None)
                while frame is not None and frame.f_code.co_name != "__del__":
                    frame = frame.f_back
                if frame is None:  # it cannot be raised in a finalizer
                    raise Interrupt

    return profile


def one(session):
    SCENARIO


moment = START
interrupted = True
while interrupted:
    session = new_session(pool_maxsize=1, pool_block=True)
    session.get(url, timeout=patient)
    began = descriptors() - 1
    interrupted = False
    try:
        sys.setprofile(interrupt_at(moment))
        try:
            one(session)
        finally:
            interrupted = sys.getprofile() is None
            sys.setprofile(None)
    except Interrupt:
        pass
    gc.collect()
    found = stats(session)
    assert found.open == found.idle, (moment, found)
    assert descriptors() == began + found.open, moment
    assert session.get(f"{url}after-{moment}", timeout=patient).json()["target"] == f"/after-{moment}"
    session.close()
    assert descriptors() == began, moment
    moment += STEP
print(moment)
"""


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param("session.get(url, timeout=patient)", id="on a warm connection"),
        pytest.param("session.close(); session.get(url, timeout=patient)", id="on a new connection"),
        pytest.param(
            "list(session.get(url + 'bytes/30000', stream=True, timeout=patient).iter_content(5000))", id="streamed"
        ),
        pytest.param(
            "next(session.get(url + 'bytes/30000', stream=True, timeout=patient).iter_content(10))", id="given up"
        ),
    ],
)
@BOTH
def test_an_interrupt_at_each_moment_of_a_request_loses_nothing(serve: Callable[[], EchoServer], scenario: str) -> None:
    step = 1 if LONG else 13
    source = EACH.replace("SCENARIO", scenario).replace("START", str(step)).replace("STEP", str(step))
    with serve() as server:
        moments = int(run(source, server.url("/")))
    assert moments > 150

"""Readiness is asked without receiving a byte, by poll and by select alike."""

from __future__ import annotations

import gc
import select
import socket
import sys
from collections.abc import Iterator

import pytest

from httpcore_lite.transport.connection import Connection, descriptor_of, readable_now
from httpcore_lite.transport.sending import wait_for_either


@pytest.fixture(params=["poll", "select"])
def pair(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[socket.socket, ...]]:
    if request.param == "select":
        monkeypatch.delattr(select, "poll", raising=False)
    left, right = socket.socketpair()
    with left, right:
        yield left, right


class NoSocket:
    """What test tools put in a socket's place."""

    def fileno(self) -> str:
        return "seven"


def test_a_socket_is_readable_when_bytes_or_the_end_have_come(pair: tuple[socket.socket, ...]) -> None:
    left, right = pair
    readable = readable_now(left)
    assert not readable()
    right.sendall(b"x")
    assert readable()
    assert left.recv(1) == b"x", "nothing was taken"
    assert not readable()
    right.close()
    assert readable()


def test_waiting_for_either_tells_reading_from_writing_and_keeps_its_time(pair: tuple[socket.socket, ...]) -> None:
    left, right = pair
    ask = wait_for_either(left)
    assert ask is not None
    assert ask(1) == (False, True)
    right.sendall(b"x")
    assert ask(1) == (True, True)
    left.recv(1)
    left.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            left.send(b"x" * 65536)
    assert ask(0.01) == (False, False)


def test_a_wait_to_write_only_is_not_woken_by_what_comes(pair: tuple[socket.socket, ...]) -> None:
    left, right = pair
    ask = wait_for_either(left, reads=False)
    assert ask is not None
    right.sendall(b"x")
    assert ask(1) == (False, True)
    left.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            left.send(b"x" * 65536)
    assert ask(0.01) == (False, False)
    right.close()
    assert ask(1)[1], "a write tells that the peer is gone"


def test_an_object_without_a_descriptor_is_never_asked() -> None:
    closed = socket.socket()
    closed.close()
    for thing in (object(), NoSocket(), closed):
        assert descriptor_of(thing) is None
        assert not readable_now(thing)()
        assert wait_for_either(thing) is None


def test_a_connection_that_an_interrupt_ended_in_the_making_says_nothing_when_it_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    Connection.__new__(Connection)
    gc.collect()
    assert said == []

"""The readers of events and of lines, by the words of the standard; and when a stream is connected to again."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from httpcore_lite import Event, Response
from httpcore_lite.sansio.event_stream import MAX_EVENT, MAX_LINE, EventReader, LineReader
from httpcore_lite.sansio.reconnection import FAILURES, MAX_PAUSE, Reconnection


def read(stream: bytes, **settings: int) -> list[Event]:
    return list(EventReader(**settings).read([stream]))


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Event("YHOO\n+2\n10")]),
        (b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
         [Event("first event", id="1"), Event("second event"), Event(" third event")]),
        (b"data\n\ndata\ndata\n\ndata:", [Event(""), Event("\n")]),
        (b"data:test\n\ndata: test\n\n", [Event("test"), Event("test")]),
        (b"event: add\ndata: 1\n\nevent: only\n\ndata: 2\n\n", [Event("1", "add"), Event("2")]),
        (b"retry: 1000\ndata: a\n\nretry: -1\nretry: 1.5\nretry:\ndata: b\n\n", [Event("a", retry=1000), Event("b")]),
        (b"id: 1\nid: 2\0\ndata: a\n\nid: 3", [Event("a", id="1")]),
        ("data: a\u2028b\x0bc\x85d\n\n".encode(), [Event("a\u2028b\x0bc\x85d")]),
        (b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", [Event("a")]),
        (b"data: \xff\n\n", [Event("\ufffd")]),
        (b"Data: a\n data: b\n\n", []),
    ],
)  # fmt: skip
def test_streams_of_the_standard(stream: bytes, events: list[Event]) -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        ended = stream.replace(b"\n", end)
        assert read(ended) == events
        assert list(EventReader().read([ended[at : at + 1] for at in range(len(ended))])) == events
        for at in range(len(ended)):
            assert list(EventReader().read([ended[:at], b"", ended[at:]])) == events


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_is_handed_out_with_the_first_byte_of_its_empty_line(end: bytes) -> None:
    reader = EventReader()
    assert reader.feed(b"data: a" + end) == []
    assert reader.feed(end[:1]) == [Event("a")]
    assert reader.feed(end[1:] + b"data: b" + end + end) == [Event("b")]


def test_the_size_of_an_event_is_that_of_its_lines_with_their_ends() -> None:
    for stream in (b": ab\ndata: c\n\n", b": ab\rdata: c\r\r"):
        assert read(stream, max_size=len(stream)) == [Event("c")]
        assert read(stream, max_size=len(stream) - 1) == []
    stream = b": ab\r\ndata: c\r\n\r\n"
    assert read(stream, max_size=len(stream) - 1) == [Event("c")]  # the last LF comes after the event
    assert read(stream, max_size=len(stream) - 2) == []


def test_an_event_is_a_value() -> None:
    event = Event("a", id="1")
    assert event == copy.copy(event) == pickle.loads(pickle.dumps(event)) == ("a", "message", "1", None)
    assert repr(event) == "Event(data='a', event='message', id='1', retry=None)"


def test_the_bounds_in_the_signatures_are_those_of_the_readers() -> None:
    assert inspect.signature(Response.iter_events).parameters["max_size"].default == MAX_EVENT
    assert inspect.signature(Response.iter_json_lines).parameters["max_size"].default == MAX_LINE


def test_the_last_line_needs_no_end() -> None:
    reader = LineReader()
    assert reader.feed(b"1\n\n2") == [(1, b"1"), (2, b"")]
    assert reader.end() == [(3, b"2")]


def test_a_pause_is_never_longer_than_a_day_whatever_the_server_says() -> None:
    plan = Reconnection(FAILURES)
    plan.retry = 10**300
    plan.stands()
    assert plan.after_end() == MAX_PAUSE
    plan.retry = 60_000
    assert [plan.after_refusal() for _ in range(FAILURES)] == [60.0] * (FAILURES - 1) + [None]


def test_a_retry_of_0_is_obeyed_and_leaves_a_server_time_to_start_again() -> None:
    plan = Reconnection(FAILURES)
    plan.retry = 0
    plan.stands()
    assert plan.after_end() == plan.after_break() == 0.0
    assert [plan.after_refusal() for _ in range(4)] == [0.2, 0.4, 0.8, 1.6]
    plan.stands()
    assert plan.after_end() == 0.0

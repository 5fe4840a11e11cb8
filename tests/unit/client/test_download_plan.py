"""What a download decides, with plain values."""

from __future__ import annotations

import os
from email.utils import formatdate
from typing import Any

import pytest

from httpcore_lite.client.download_plan import (
    AGAIN,
    ANEW,
    COMPLETE,
    CONTINUE,
    Notes,
    Plan,
    key_of,
    notes_of,
    part_names,
    validator_of,
)
from httpcore_lite.exceptions import ChunkedEncodingError, ConnectionError, HTTPError, ReadTimeout
from httpcore_lite.structures import CaseInsensitiveDict

NOW = 1_800_000_000.0


class Head:
    reason = "OK"

    def __init__(self, status_code: int, **fields: object) -> None:
        self.status_code = status_code
        named = {name.replace("_", "-"): str(value) for name, value in fields.items()}
        self.headers: Any = CaseInsensitiveDict(named)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise HTTPError(str(self.status_code), response=self)


def date(age: float) -> str:
    return formatdate(NOW - age, usegmt=True)


@pytest.mark.parametrize(
    ("fields", "validator"),
    [
        ({"ETag": '"a"'}, '"a"'),
        ({"ETag": '""'}, '""'),
        ({"ETag": '"a"', "Last-Modified": date(99)}, '"a"'),
        ({"ETag": 'W/"a"', "Last-Modified": date(99)}, ""),
        ({"ETag": "a"}, ""),
        ({"ETag": '"a", "b"'}, ""),
        ({"ETag": '"a\x00"'}, ""),
        ({"Last-Modified": date(99), "Date": date(0)}, date(99)),
        ({"Last-Modified": date(1), "Date": date(0)}, date(1)),
        ({"Last-Modified": date(0), "Date": date(0)}, ""),
        ({"Last-Modified": date(99), "Date": date(200)}, ""),
        ({"Last-Modified": date(99)}, date(99)),
        ({"Last-Modified": date(-5)}, ""),
        ({"Last-Modified": "yesterday"}, ""),
        ({"Last-Modified": date(99), "Date": "now"}, date(99)),
        ({}, ""),
    ],
)
def test_a_validator_is_a_strong_one(fields: dict[str, str], validator: str) -> None:
    assert validator_of(CaseInsensitiveDict(fields), NOW) == validator


def test_notes_are_read_as_they_were_written() -> None:
    for notes in (Notes("k", '"a"', 5, "gzip"), Notes("k", "\xe9", None), Notes("k", '"\x7f"', 0)):
        read = notes_of(notes.written())
        assert read is not None
        assert read._values() == notes._values()


@pytest.mark.parametrize(
    "written",
    [None, b"", b"\xff", b"[]", b"7", b'"x"', b"{}", b"[" * 100_000,
     Notes("k", "", 5).written(), Notes("k", "v", -1).written(), Notes("k", "v", True).written(),
     Notes("k", "v", 5).written().replace(b'"version": 1', b'"version": 2'),
     Notes("k", "v", 5).written().replace(b'"v"', b"5"), Notes("k", "v", 5).written()[:-1]],
)  # fmt: skip
def test_anything_else_is_no_notes(written: bytes | None) -> None:
    assert notes_of(written) is None


def test_a_url_is_known_again_without_its_login_and_its_fragment() -> None:
    assert key_of("http://u:p@h/a?b=c#d") == key_of("http://h/a?b=c")
    assert (
        len({key_of(url) for url in ("http://h/", "https://h/", "http://h/a", "http://h/?a", "http://h:1/", "h")}) == 6
    )
    assert key_of("http://h/a@b") != key_of("http://b")


def test_the_names_beside_a_file_fit_a_directory_and_differ() -> None:
    assert part_names("f") == ("f.part", "f.part.json")
    names = ["n" * 245, "n" * 246, "n" * 247, "n" * 255, "é" * 127, "日" * 85]
    parts = [part for name in names for part in part_names(name)]
    assert len(set(parts)) == len(parts)
    assert max(len(os.fsencode(part)) for part in parts) <= 255


def kept(**given: Any) -> Plan:
    plan = Plan("k", given.pop("decoded", None))
    plan.found(Notes("k", given.pop("validator", '"a"'), given.pop("length", 100), given.pop("coding", "")), 40)
    assert not given
    return plan


def test_a_request_asks_for_the_rest_only_where_there_is_a_part_of_it() -> None:
    everything = {"Accept-Encoding": "identity", "Range": None, "If-Range": None}
    assert Plan("k").fields() == everything
    assert kept().fields() == {"Accept-Encoding": "identity", "Range": "bytes=40-", "If-Range": '"a"'}
    assert kept(length=39).fields() == everything
    assert kept(coding="gzip").fields() == everything
    assert kept(coding="gzip", decoded=True).fields() == everything
    assert kept(coding="gzip", decoded=False).fields()["Range"] == "bytes=40-"
    other = Plan("other")
    other.found(Notes("k", '"a"', 100), 40)
    assert other.fields() == everything


@pytest.mark.parametrize(
    ("head", "verdict"),
    [
        (Head(206, Content_Range="bytes 40-99/100", ETag='"a"'), CONTINUE),
        (Head(206, Content_Range="BYTES 40-99/100", ETag='"a"', Content_Length=60), CONTINUE),
        (Head(206, Content_Range="bytes 40-99/100", ETag='"a"', Content_Length=61), AGAIN),
        (Head(206, Content_Range="bytes 40-99/100", ETag='W/"a"'), AGAIN),
        (Head(206, Content_Range="bytes 40-99/100"), AGAIN),
        (Head(206, Content_Range="bytes 40-99/100", ETag='"a"', Content_Encoding="gzip"), AGAIN),
        (Head(206, Content_Type="multipart/byteranges; boundary=x", ETag='"a"'), AGAIN),
        (Head(206, Content_Range="bytes ٤٠-99/100", ETag='"a"'), AGAIN),
        (Head(416, Content_Range="bytes */40"), AGAIN),
        (Head(416, Content_Range="bytes */100"), AGAIN),
        (Head(200, ETag='"a"'), ANEW),
        (Head(203), ANEW),
    ],
)
def test_what_a_response_means_for_a_part(head: Head, verdict: str) -> None:
    plan = kept()
    plan.fields()
    assert plan.judge(head, NOW) == verdict
    if verdict == AGAIN:
        assert plan.fields()["Range"] is None
        assert plan.judge(Head(200, ETag='"b"'), NOW) == ANEW
        assert (plan.done, plan.resumed_from) == (0, 0)


def test_416_is_the_end_where_the_whole_is_as_long_as_the_part() -> None:
    for length in (None, 40):
        plan = kept(length=length)
        plan.fields()
        assert plan.judge(Head(416, Content_Range="bytes */40"), NOW) == COMPLETE
        plan.ended()
        assert (plan.done, plan.total, plan.resumed_from) == (40, 40, 40)
    plan = kept(length=40)
    plan.fields()
    assert plan.judge(Head(416, Content_Range="bytes */40", ETag='"b"'), NOW) == AGAIN


@pytest.mark.parametrize("status", [201, 202, 204, 205, 206, 300, 304, 404, 416, 503])
def test_what_is_no_file_is_an_error(status: int) -> None:
    plan = Plan("k")
    plan.fields()
    with pytest.raises(HTTPError, match=str(status)):
        plan.judge(Head(status), NOW)
    assert plan.pause(HTTPError("", response=Head(status))) is None  # type: ignore[arg-type]


def begun(total: int | None = None) -> Plan:
    plan = Plan("k")
    plan.fields()
    fields = {} if total is None else {"Content_Length": total}
    assert plan.judge(Head(200, ETag='"a"', **fields), NOW) == ANEW
    return plan


def test_pauses_double_until_bytes_come_that_were_not_there_before() -> None:
    plan, broken = begun(100), ConnectionError()
    plan.received(10)
    assert [plan.pause(broken) for _ in range(4)] == [1, 2, 4, None]
    plan.received(1)
    assert plan.pause(broken) == 1
    plan.fields()
    plan.judge(Head(200, ETag='"b"', Content_Length=100), NOW)
    plan.received(11)
    assert [plan.pause(broken) for _ in range(3)] == [2, 4, None], "as many as there were"


def test_what_is_no_break_is_not_tried_again() -> None:
    plan = begun(100)
    out = ReadTimeout(type("E", (Exception,), {"phase": "total"})())
    for error in (out, HTTPError(), ValueError()):
        assert plan.pause(error) is None
    assert plan.pause(ReadTimeout()) == 1


def test_a_body_has_the_length_that_was_declared() -> None:
    plan = begun(10)
    plan.received(9)
    with pytest.raises(ChunkedEncodingError):
        plan.ended()
    assert plan.pause(ChunkedEncodingError()) == 1
    with pytest.raises(ChunkedEncodingError):
        plan.received(2)
    assert plan.notes is None
    assert plan.pause(ChunkedEncodingError()) is None

"""verdicts.py: what is remembered of h11's verdicts, what is not, and that it stays small."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import h11
import pytest

from fuzz.targets import MEMORY, memory
from httpcore_lite.sansio.errors import HeadError, InvalidHeader
from httpcore_lite.sansio.http1 import protocol as module
from httpcore_lite.sansio.http1 import verdicts
from httpcore_lite.sansio.http1.protocol import Head, Informational, Protocol
from httpcore_lite.sansio.http1.request_heads import KnownRequest, RequestHeads

OK = b"HTTP/1.1 200 OK\r\n"
FIELDS = b"Date: a\r\nServer: b\r\nConnection: keep-alive\r\n"
PLAIN = OK + FIELDS + b"Content-Length: 0\r\n\r\n"
SENT = [("Accept", "x"), ("Connection", "keep-alive")]


@pytest.fixture(autouse=True)
def empty_memory() -> Iterator[None]:
    with memory():
        yield


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The connections of h11 that were made."""
    made: list[object] = []

    class Connection(h11.Connection):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(module.h11, "Connection", Connection)
    return made


def exchange(data: bytes, *fields: tuple[Any, Any], method: str = "GET", target: str = "/", body: bytes = b"") -> Any:
    """The final head of `data`, as the response to a request on a new connection, which is beside it."""
    protocol = Protocol()
    protocol.start(RequestHeads().build(method, target, list(fields or SENT), "h"), body)
    protocol.request_sent = True
    protocol.receive(data)
    while isinstance(event := protocol.next_event(), Informational):
        pass
    assert isinstance(event, Head)
    return event, protocol


def is_known(data: bytes) -> bool:
    return verdicts.response(data) is not None


# -- what h11 is not asked again ---------------------------------------------------------------------------------


def test_messages_of_a_kind_that_h11_has_judged_are_not_judged_again(asked: list[object]) -> None:
    exchange(PLAIN)
    assert len(asked) == 1
    head, protocol = exchange(
        PLAIN.replace(b"Date: a", b"Date: \xe9  z "), ("Accept", "y"), SENT[1], target="/other?a=b"
    )
    assert len(asked) == 1
    assert head.fields[0] == (b"Date", b"\xe9  z")
    assert (head.status, head.reason, head.version, head.length) == (200, b"OK", 11, 0)
    assert protocol.next_event().trailers == []
    assert protocol.reusable


def test_another_length_and_another_body_are_of_the_same_kind(asked: list[object]) -> None:
    for body in (b"a", b"bcd"):
        data = b"%bContent-Length: %d\r\n\r\n%b" % (OK, len(body), body)
        head, protocol = exchange(data, ("Content-Length", str(len(body))), method="POST", body=body)
        assert (head.length, protocol.next_event()) == (len(body), body)
    assert len(asked) == 1


def test_a_server_that_counts_down_in_keep_alive_is_of_one_kind(asked: list[object]) -> None:
    for left in (100, 99, 98):
        head, _ = exchange(OK + b"Keep-Alive: timeout=%d, max=%d\r\n\r\n" % (left, left))
        assert head.idle_limit == left
    assert len(asked) == 1


def test_names_as_bytes_are_of_the_same_kind_as_text() -> None:
    exchange(PLAIN)
    head, length, goes_on = (
        verdicts.request("GET", "/", [(b"Accept", b"\xe9"), ("Connection", b"keep-alive")], "h") or ()
    )
    assert head == b"GET / HTTP/1.1\r\nHost: h\r\nAccept: \xe9\r\nConnection: keep-alive\r\n\r\n"
    assert (length, goes_on) == (0, True)


def test_a_known_kind_is_judged_on_reuse_as_h11_did() -> None:
    for _ in range(2):
        assert not exchange(OK + b"Connection: x, Close\r\nContent-Length: 0\r\n\r\n")[0].keep_alive
        assert not exchange(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")[0].keep_alive
        assert exchange(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")[0].keep_alive
        assert not exchange(OK + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n")[0].keep_alive
        assert exchange(b"HTTP/1.1 204 None\r\nContent-Length: 0\r\n\r\n")[0].keep_alive
        assert not exchange(b"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\n")[0].keep_alive
        assert not exchange(PLAIN, ("Connection", "close"))[1]._keep_alive
        assert exchange(PLAIN)[1]._keep_alive


# -- what is h11's each time -------------------------------------------------------------------------------------


ODD = {
    "rule 1: a fold": FIELDS + b"\tmore\r\n",
    "rule 1: a fold of a name alone": FIELDS + b" Date: a\r\n",
    "rule 1: a bare LF": FIELDS + b"Date: a\n",
    "rule 1: a bare CR": FIELDS + b"Date: a\rb\r\n",
    "rule 1: CR twice": FIELDS + b"Date: a\r\r\n",
    "rule 2: a new name": FIELDS + b"X-New: a\r\n",
    "rule 2: a name in other case": FIELDS + b"DATE: a\r\n",
    "rule 2: no colon": FIELDS + b"Date\r\n",
    "rule 2: space before the colon": FIELDS + b"Date : a\r\n",
    "rule 2: no name": FIELDS + b": a\r\n",
    "rule 3: NUL": FIELDS + b"Date: a\0\r\n",
    "rule 3: VT": FIELDS + b"Date: \x0ba\r\n",
    "rule 3: FF": FIELDS + b"Date: a\x0c\r\n",
    "rule 3: DEL": FIELDS + b"Date: a\x7f\r\n",
    "rule 3: a control character that h11 lets through": FIELDS + b"Date: a\x01\r\n",
    "rule 4: another Connection": b"Connection: close\r\n",
    "rule 4: Connection twice": FIELDS + b"Connection: keep-alive\r\n",
    "rule 4: no Connection": b"Date: a\r\n",
    "rule 4: Upgrade": FIELDS + b"Upgrade: h2c\r\n",
    "rule 4: Transfer-Encoding in capitals": b"Transfer-Encoding: CHUNKED\r\n",
    "rule 5: a length twice": FIELDS + b"Content-Length: 0\r\n",
    "rule 5: two lengths": FIELDS + b"Content-Length: 5\r\n",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_head_is_h11s_each_time(name: str) -> None:
    for lines in (FIELDS, b"Transfer-Encoding: chunked\r\n"):
        exchange(OK + lines + b"Content-Length: 0\r\n\r\n")
        assert is_known(OK + lines + b"Content-Length: 9\r\n\r\n")
    assert not is_known(OK + ODD[name] + b"Content-Length: 0\r\n\r\n")


class Everything(dict[Any, Any]):
    """A table in which every kind is known."""

    def get(self, kind: Any, default: Any = None) -> Any:
        return next(iter(self.values()))


def test_two_lengths_and_chunks_on_their_way_out_are_not_read_whatever_was_learnt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exchange(PLAIN, *SENT, ("Content-Length", "0"))
    monkeypatch.setattr(verdicts, "_responses", Everything(verdicts._responses))
    monkeypatch.setattr(verdicts, "_requests", Everything(verdicts._requests))
    for lengths in (["0", "0"], ["0", "5"], ["5"]):
        lines = b"".join(b"Content-Length: %b\r\n" % length.encode() for length in lengths)
        assert is_known(OK + lines + b"\r\n") is (len(lengths) == 1)
        fields = [("Content-Length", length) for length in lengths]
        assert (verdicts.request("POST", "/", fields, "h") is not None) is (len(lengths) == 1)  # type: ignore[arg-type]
    verdicts._sent_names["Transfer-Encoding"] = "transfer-encoding"
    assert verdicts.request("POST", "/", [("Transfer-Encoding", "chunked")], "h") is None


def test_another_upgrade_is_another_kind() -> None:
    head = OK + b"Upgrade: %b\r\nContent-Length: 0\r\n\r\n"
    exchange(head % b"h2c")
    assert is_known(head % b"h2c")
    assert not is_known(head % b"h2")


@pytest.mark.parametrize("length", [b"", b"+5", b"-5", b"5,5", b"5, 5", b"5_0", b"0x5", b"\xb2", b"5 5", b"9" * 21])
def test_a_length_that_is_no_plain_number_is_h11s_each_time(length: bytes) -> None:
    exchange(PLAIN)
    assert is_known(PLAIN.replace(b": 0", b":  \t00009 "))
    assert not is_known(PLAIN.replace(b": 0", b": " + length))


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 201 OK\r\n", b"HTTP/1.1 200 Ok\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1  200 OK\r\n", b"\r\n"]
    + [b"HTTP/1.1 200 OK \r\n", b"HTTP/1.1 200\r\n", b"", b"\r\n" + OK, b" HTTP/1.1 200 OK\r\n"],
)
def test_another_status_line_is_another_kind(head: bytes) -> None:
    exchange(PLAIN)
    assert not is_known(head + PLAIN[len(OK) :])
    assert not is_known(head)


def test_informational_heads_are_h11s_each_time_and_do_not_hinder_the_final_one(asked: list[object]) -> None:
    for number in range(1, 4):
        head, _ = exchange(b"HTTP/1.1 103 Early Hints\r\nDate: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + PLAIN)
        assert head.status == 200
        assert len(asked) == number


def test_a_switch_of_protocols_is_h11s_each_time_which_is_told_of_the_same_request() -> None:
    switch = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello"
    for _ in range(2):
        head, protocol = exchange(switch, ("Upgrade", "x"), ("Connection", "upgrade"))
        assert (head.upgraded, protocol.leftover) == (True, b"hello")
        with pytest.raises(HeadError, match="without a pending proposal"):
            exchange(switch)


def test_an_odd_head_after_a_request_of_a_known_kind_is_mended() -> None:
    exchange(PLAIN)
    head, _ = exchange(PLAIN.replace(b"Date:", b"Date :"))
    assert head.notes
    head, _ = exchange(PLAIN.replace(b"Date:", b"Date :"), method="HEAD")
    assert (head.reader.direct, head.fields[0]) == (0, (b"Date", b"a"))
    assert not is_known(PLAIN.replace(b"Date:", b"Date :"))


def test_a_response_before_the_request_was_sent_is_h11s() -> None:
    early = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"
    assert exchange(early)[0].keep_alive
    protocol = Protocol()
    protocol.start(RequestHeads().build("POST", "/", [("Content-Length", "5")], "h"))
    protocol.receive(early)
    assert isinstance(protocol.next_event(), Head)
    protocol.send_data(b"hello")
    protocol.end_request()
    assert not protocol.reusable  # h11 keeps no HTTP/1.0 connection that responded early


Text = type("Text", (str,), {})
BUILT = {
    "rule 2: a new name": ("GET", "/", [("X-New", "a")]),
    "rule 2: a name in other case": ("GET", "/", [("ACCEPT", "a"), SENT[1]]),
    "rule 2: a name that is of another class": ("GET", "/", [(Text("Accept"), "a"), SENT[1]]),
    "rule 3: a control character": ("GET", "/", [("Accept", "a\x7f"), SENT[1]]),
    "rule 3: a line end": ("GET", "/", [("Accept", "a\r\nConnection: close"), SENT[1]]),
    "rule 3: not Latin-1": ("GET", "/", [("Accept", "\u20ac"), SENT[1]]),
    "rule 3: a number": ("GET", "/", [("Accept", 5), SENT[1]]),
    "rule 4: another Connection": ("GET", "/", [("Accept", "x"), ("Connection", "close")]),
    "rule 4: no Connection": ("GET", "/", [("Accept", "x")]),
    "rule 4: Upgrade": ("GET", "/", [*SENT, ("Upgrade", "x")]),
    "rule 4: Expect": ("GET", "/", [*SENT, ("Expect", "100-continue")]),
    "rule 4: Host twice": ("GET", "/", [*SENT, ("Host", "a"), ("host", "a")]),
    "rule 5: a length twice": ("POST", "/", [*SENT, ("Content-Length", "5"), ("Content-Length", "5")]),
    "rule 5: a length of other digits": ("POST", "/", [*SENT, ("Content-Length", "\xb2")]),
    "rule 5: a length with a sign": ("POST", "/", [*SENT, ("Content-Length", "+5")]),
    "rule 5: a length where there was none": ("GET", "/", [*SENT, ("Content-Length", "0")]),
    "rule 5: a length of 21 digits": ("POST", "/", [*SENT, ("Content-Length", "0" * 21)]),
    "rule 6: another method": ("PUT", "/", SENT),
    "rule 6: a target of another class": ("GET", Text("/"), SENT),
    "rule 6: an empty target": ("GET", "", SENT),
    "rule 6: a target with a space": ("GET", "/a b", SENT),
    "rule 6: a target with a tab": ("GET", "/a\tb", SENT),
    "rule 6: a target with DEL": ("GET", "/a\x7fb", SENT),
    "rule 6: a target with a line end": ("GET", "/a\r\nX: y", SENT),
    "rule 6: a target that is not ASCII": ("GET", "/\xe9", SENT),
    "rule 7: chunks": ("POST", "/", [*SENT, ("Transfer-Encoding", "chunked")]),
}


@pytest.mark.parametrize("name", BUILT)
def test_an_odd_request_is_h11s_each_time(name: str) -> None:
    exchange(PLAIN, *SENT, ("Host", "a"))
    exchange(PLAIN, *SENT, ("host", "a"))
    exchange(PLAIN, *SENT, ("Content-Length", "5"), method="POST", body=b"hello")
    exchange(PLAIN, ("Upgrade", "y"), ("Expect", "y"))
    exchange(PLAIN, *SENT, ("Transfer-Encoding", "chunked"), method="POST", body=b"hello")
    assert verdicts.request("GET", "/", [*SENT, ("host", "b")], "h")
    assert verdicts.request("POST", "/", [*SENT, ("Content-Length", "7")], "h")
    assert verdicts.request(*BUILT[name], "h") is None  # type: ignore[arg-type]


def test_connect_is_h11s_each_time() -> None:
    for _ in range(2):
        built = RequestHeads().build("CONNECT", "h:443", [], "h:443")
        assert isinstance(built, h11.Request)
        Protocol().start(built, b"")


def test_a_body_of_another_length_than_declared_is_refused_by_h11_as_ever() -> None:
    exchange(PLAIN, ("Content-Length", "5"), method="POST", body=b"hello")
    for body in (b"", b"hell", b"hello!"):
        built = RequestHeads().build("POST", "/", [("Content-Length", "5")], "h")
        assert isinstance(built, KnownRequest)
        with pytest.raises(InvalidHeader, match="(much|little) data for declared Content-Length"):
            Protocol().start(built, body)
    with pytest.raises(InvalidHeader, match="much data"):
        Protocol().start(RequestHeads().build("GET", "/", SENT, "h"), b"x")


def test_a_known_request_is_told_as_the_event_that_h11_would_have_got() -> None:
    fields: list[Any] = [*SENT, ("Accept", None), ("Host", " a "), ("Accept", b"\xe9")]
    exchange(PLAIN, *fields)
    built = RequestHeads().build("GET", "/a", fields, "h")
    assert isinstance(built, KnownRequest)
    with memory(remembering=False):
        judged = RequestHeads().build("GET", "/a", fields, "h")
        assert built.headers.raw_items() == judged.headers.raw_items()
        assert (built.method, built.target) == (judged.method, judged.target)
        assert Protocol().start(built, b"") == Protocol().start(judged, b"")


# -- the bounds ----------------------------------------------------------------------------------------------------


def test_the_limits_of_a_head_hold_for_known_kinds() -> None:
    exchange(PLAIN)
    for limits in ((len(PLAIN) - 1, 1000), (1000, 3)):
        protocol = Protocol(*limits)
        protocol.start(RequestHeads().build("GET", "/", SENT, "h"), b"")
        protocol.request_sent = True
        protocol.receive(PLAIN)
        with pytest.raises(HeadError, match=r"longer than|more than"):
            protocol.next_event()


def held() -> int:
    """Bytes that the memory holds, its tables included."""
    tables = [getattr(verdicts, name) for name in MEMORY]
    size = sys.getsizeof
    return sum(
        size(table)
        + sum(
            size(key) + size(value) + (sum(map(size, key)) if type(key) is tuple else 0) for key, value in table.items()
        )
        for table in tables
    )


def test_a_flood_of_hostile_names_and_kinds_stays_small_and_keeps_nothing_out(asked: list[object]) -> None:
    for start in range(0, 100_000, 500):
        lines = b"".join(b"X-%060d: a\r\n" % number for number in range(start, start + 500))
        reason = b"%064d" % start
        exchange(b"HTTP/1.1 200 %b\r\nConnection: %b\r\n%b\r\n" % (reason, reason, lines), (f"X-{start:060}", "a"))
        for number in range(start, start + 500, 100):
            exchange(
                OK + b"Connection: %064d\r\n\r\n" % number, ("Upgrade", f"{number:064}"), ("Expect", f"{number:064}")
            )
        assert len(verdicts._received_names) <= verdicts.MAX_NAMES
        assert len(verdicts._responses) <= verdicts.MAX_KINDS
        assert len(verdicts._requests) <= verdicts.MAX_KINDS
        assert held() < 1_000_000
    del asked[:]
    for _ in range(3):
        exchange(PLAIN)
    assert len(asked) == 1  # learnt at the first, and not asked of h11 again


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (OK + b"Y" * 65 + b": a\r\n\r\n", [("Y" * 65, "a")]),
        (OK + b"Connection: " + b"y" * 65 + b"\r\n\r\n", [("Connection", "y" * 65)]),
        (b"HTTP/1.1 200 " + b"y" * 65 + b"\r\n\r\n", [("Upgrade", "y" * 65)]),
        (OK + b"Connection: a\r\n" * 9 + b"\r\n", [("Connection", "a")] * 9),
    ],
)
def test_what_is_longer_than_the_bounds_is_not_kept(data: bytes, fields: list[Any]) -> None:
    exchange(data, *fields)
    assert not is_known(data)
    assert verdicts.request("GET", "/", fields, "h") is None
    assert not verdicts._responses
    assert not verdicts._requests


def test_no_value_is_kept_that_could_be_a_secret_or_identify_a_user() -> None:
    hidden = "hush"
    fields = [
        (name, hidden) for name in ("Authorization", "Cookie", "Proxy-Authorization", "X-Key", "Host", "User-Agent")
    ]
    data = b"".join(b"%b: hush\r\n" % name for name in (b"Set-Cookie", b"ETag", b"Location", b"Keep-Alive", b"Date"))
    for _ in range(2):
        exchange(OK + data + b"Content-Length: 0\r\n\r\n", *fields, target="/" + hidden)
        exchange(OK + data + b"\r\n", *fields, ("Content-Length", "4"), method="POST", body=b"hush")
    kept = repr([getattr(verdicts, name) for name in MEMORY])
    assert "Authorization" in kept
    assert "Set-Cookie" in kept
    assert hidden not in kept


def test_what_is_read_otherwise_than_by_h11_teaches_nothing() -> None:
    request = h11.Request(method="GET", target="/", headers=[("Host", "h")])
    verdicts.learn_request(request, b"GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n", True)
    verdicts.learn_response(PLAIN, (200, b"OK", 11), [(b"Date", b"a")])
    verdicts.learn_response(OK + b"Date: a\r\n\r\n", (200, b"OK", 11), [(b"Date", b"b")])
    assert not verdicts._requests
    assert not verdicts._responses


def test_a_mended_head_teaches_nothing() -> None:
    exchange(OK + b"X-Odd : 1\r\nContent-Length: 0\r\n\r\n")
    assert not verdicts._responses
    assert not verdicts._received_names


def test_many_threads_share_the_memory_while_it_is_emptied_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "MAX_NAMES", 8)
    monkeypatch.setattr(verdicts, "MAX_KINDS", 2)
    wrong: list[object] = []

    def work(seed: int) -> None:
        for number in range(200):
            name = b"X-%d" % ((seed * 7 + number) % 23)
            head, protocol = exchange(OK + name + b": a\r\nConnection: %d\r\nContent-Length: 1\r\n\r\nx" % (number % 5))
            if head.fields[0] != (name, b"a") or head.length != 1 or protocol.next_event() != b"x":
                wrong.append(head.fields)

    crew = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert not wrong
    assert len(verdicts._received_names) <= 8 + len(crew)


# -- the switch ----------------------------------------------------------------------------------------------------


def test_nothing_is_remembered_where_that_is_switched_off(asked: list[object]) -> None:
    with memory(remembering=False):
        for number in range(1, 4):
            exchange(PLAIN)
            assert len(asked) == number
        assert not any(getattr(verdicts, name) for name in MEMORY)


@pytest.mark.parametrize(("value", "on"), [("0", False), ("1", True), (None, True)])
def test_the_environment_switches_it_off(value: str | None, on: bool) -> None:
    code = "from httpcore_lite.sansio.http1 import verdicts; print(verdicts.enabled)"
    environment = {name: kept for name, kept in os.environ.items() if name != "HTTPCORE_LITE_VERDICTS"}
    if value is not None:
        environment["HTTPCORE_LITE_VERDICTS"] = value
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, env=environment)
    assert done.stdout == f"{on}\n", done.stderr

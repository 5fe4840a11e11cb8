"""protocol.py driven with bytes alone: no socket, no clock, no thread."""

from __future__ import annotations

import pytest

from httpcore_lite.sansio.errors import HeadError, IncompleteRead, InvalidHeader, ProtocolError, RemoteDisconnected
from httpcore_lite.sansio.http1 import mending
from httpcore_lite.sansio.http1 import protocol as module
from httpcore_lite.sansio.http1.exchange import may_replay
from httpcore_lite.sansio.http1.protocol import End, Head, Informational, Protocol
from httpcore_lite.sansio.http1.request_heads import RequestHeads

OK = b"HTTP/1.1 200 OK\r\n"


def request(method: str = "GET", *fields: tuple[str, str]) -> object:
    return RequestHeads().build(method, "/", list(fields), "example.org")


def asked(method: str = "GET", *fields: tuple[str, str]) -> Protocol:
    """A protocol whose request has been sent."""
    protocol = Protocol()
    protocol.start(request(method, *fields), b"")  # type: ignore[arg-type]
    protocol.request_sent = True
    return protocol


def events(protocol: Protocol, data: bytes, *, one_by_one: bool = False, eof: bool = False) -> list[object]:
    """Feed `data` and return what was said, with consecutive pieces of the body joined."""
    found: list[object] = []

    def drain() -> None:
        while (event := protocol.next_event()) is not None:
            if isinstance(event, bytes) and found and isinstance(found[-1], bytes):
                found[-1] += event
            else:
                found.append(event)
            if isinstance(event, End):
                return

    for piece in [bytes([byte]) for byte in data] if one_by_one else [data]:
        protocol.receive(piece)
        if not (found and isinstance(found[-1], End)):
            drain()
    if eof:
        protocol.receive(b"")
        drain()
    return found


def described(found: list[object]) -> list[object]:
    return [
        (type(event).__name__, event.status, event.reason, event.fields)
        if isinstance(event, (Head, Informational))
        else event.trailers
        if isinstance(event, End)
        else event
        for event in found
    ]


RESPONSES = {
    "length": (OK + b"Content-Length: 5\r\n\r\nhello", True),
    "no body": (OK + b"Content-Length: 0\r\n\r\n", True),
    "chunked with trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", True),
    "until close": (OK + b"\r\nhello", False),
    "informational first": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
        + OK
        + b"Content-Length: 1\r\n\r\nx",
        True,
    ),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    "not modified with a length": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", True),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", False),
    "HTTP/1.0 with keep-alive": (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", True),
    "the peer closes": (OK + b"Connection: close\r\nContent-Length: 1\r\n\r\nx", False),
    "two framings": (OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", False),
    "bytes behind the body": (OK + b"Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n", False),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_one_byte_at_a_time_says_the_same_as_all_at_once(name: str) -> None:
    data, reusable = RESPONSES[name]
    eof = name == "until close"
    whole, cut = asked(), asked()
    at_once = described(events(whole, data, eof=eof))
    assert at_once == described(events(cut, data, one_by_one=True, eof=eof))
    assert isinstance(at_once[-1], list)  # the end, with its trailers
    assert (whole.reusable, cut.reusable) == (reusable, reusable)


def test_a_reusable_connection_carries_the_next_exchange() -> None:
    protocol = asked()
    events(protocol, OK + b"Content-Length: 1\r\n\r\nx")
    protocol.next_exchange()
    out = protocol.start(request("POST", ("Content-Length", "2")), b"hi")  # type: ignore[arg-type]
    assert out == b"POST / HTTP/1.1\r\nHost: example.org\r\nContent-Length: 2\r\n\r\nhi"
    assert described(events(protocol, OK + b"Content-Length: 1\r\n\r\ny"))[1:] == [b"y", []]


def test_head_and_small_body_are_one_bytes_object() -> None:
    out = Protocol().start(request("POST", ("Content-Length", "2")), b"hi")  # type: ignore[arg-type]
    assert isinstance(out, bytes)
    assert out.endswith(b"\r\n\r\nhi")


def test_a_repeated_request_sends_the_same_bytes_with_its_own_body() -> None:
    for body in (b"", b"hi"):
        protocol, again = Protocol(), request("POST", ("Content-Length", str(len(body))))
        first = protocol.start(again, body)  # type: ignore[arg-type]
        assert first.endswith(b"\r\n\r\n" + body)
        protocol.request_sent = True
        events(protocol, OK + b"Content-Length: 0\r\n\r\n")
        protocol.next_exchange()
        assert protocol.start(again, body) == first  # type: ignore[arg-type]


def test_a_repeated_request_in_chunks_is_framed_again() -> None:
    protocol, again = Protocol(), request("POST", ("Transfer-Encoding", "chunked"))
    first = protocol.start(again, b"hi")  # type: ignore[arg-type]
    assert first.endswith(b"\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
    protocol.request_sent = True
    events(protocol, OK + b"Content-Length: 0\r\n\r\n")
    protocol.next_exchange()
    assert protocol.start(again, b"hi") == first  # type: ignore[arg-type]


def test_an_informational_head_is_a_beginning() -> None:
    protocol = asked()
    assert not protocol.began
    events(protocol, b"HTTP/1.1 103 Early Hints\r\n\r\n")
    assert protocol.began


def test_our_own_connection_close_ends_the_connection() -> None:
    protocol = asked("GET", ("Connection", "close"))
    events(protocol, OK + b"Content-Length: 0\r\n\r\n")
    assert not protocol.reusable


@pytest.mark.parametrize("framing", [("Transfer-Encoding", "chunked"), ("Content-Length", "2")])
def test_bytes_that_were_handed_out_are_not_sent_until_the_sender_says_so(framing: tuple[str, str]) -> None:
    for whole in (True, False):
        protocol = Protocol()
        protocol.start(request("POST", framing), b"hi" if whole else None)  # type: ignore[arg-type]
        if not whole:
            protocol.send_data(b"hi")
            protocol.end_request()
        events(protocol, OK + b"Content-Length: 0\r\n\r\n")
        assert not protocol.reusable
        protocol.request_sent = True
        assert protocol.reusable


def test_a_response_before_the_request_was_sent_leaves_the_connection_unusable() -> None:
    protocol = Protocol()
    protocol.start(request("POST", ("Content-Length", "5")))  # type: ignore[arg-type]
    found = events(protocol, b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
    assert [type(event) for event in found] == [Head, End]
    assert not protocol.reusable


def test_a_head_to_a_HEAD_request_has_no_body_whatever_it_declares() -> None:
    protocol = asked("HEAD")
    assert described(events(protocol, OK + b"Content-Length: 10\r\n\r\n"))[1:] == [[]]
    assert protocol.reusable


def test_an_upload_in_pieces_is_framed_in_chunks() -> None:
    protocol = Protocol()
    protocol.start(request("PUT", ("Transfer-Encoding", "chunked")))  # type: ignore[arg-type]
    assert b"".join(protocol.send_data(b"hello")) == b"5\r\nhello\r\n"
    assert protocol.end_request([(b"X-Sum", b"1")]) == b"0\r\nX-Sum: 1\r\n\r\n"


def test_a_body_longer_than_declared_is_refused_before_it_is_sent() -> None:
    with pytest.raises(InvalidHeader, match="Too much data"):
        Protocol().start(request("PUT", ("Content-Length", "1")), b"ab")  # type: ignore[arg-type]


def test_a_body_in_pieces_that_falls_short_is_an_error() -> None:
    protocol = Protocol()
    protocol.start(request("PUT", ("Content-Length", "3")))  # type: ignore[arg-type]
    protocol.send_data(b"a")
    with pytest.raises(ProtocolError, match="Too little data"):
        protocol.end_request()


def test_a_close_before_the_first_byte_is_told_apart() -> None:
    protocol = asked()
    protocol.receive(b"")
    with pytest.raises(ProtocolError) as caught:
        protocol.next_event()
    assert isinstance(caught.value.__cause__, RemoteDisconnected)
    assert not protocol.began


@pytest.mark.parametrize(
    ("data", "missing"),
    [(OK + b"Content-Length: 5\r\n\r\nhel", 2), (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", 2)],
)
def test_a_close_inside_the_body_says_what_is_missing(data: bytes, missing: int) -> None:
    protocol = asked()
    protocol.receive(data)
    with pytest.raises(IncompleteRead) as caught:
        events(protocol, b"", eof=True)
    assert (caught.value.partial, caught.value.expected) == (3, missing)


def test_the_peers_idle_limit_is_read_from_keep_alive() -> None:
    found = events(asked(), OK + b"Keep-Alive: max=9, timeout=15\r\nContent-Length: 0\r\n\r\n")
    assert isinstance(found[0], Head)
    assert found[0].idle_limit == 15


def test_an_endless_run_of_informational_heads_is_ended() -> None:
    with pytest.raises(HeadError, match="informational"):
        events(asked(), b"HTTP/1.1 102 Processing\r\n\r\n" * (module.MAX_INFORMATIONAL + 1))


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("extra", [b"X-Big: " + b"x" * 2000 + b"\r\n", b"A: b\r\n" * 30])
def test_the_limits_of_a_head_do_not_depend_on_how_it_was_cut(extra: bytes, one_by_one: bool) -> None:
    protocol = Protocol(max_head=1000, max_fields=20)
    protocol.start(request(), b"")  # type: ignore[arg-type]
    with pytest.raises(HeadError):
        events(protocol, OK + extra + b"\r\n", one_by_one=one_by_one)


def test_a_mended_framing_field_ends_the_connection_after_the_response() -> None:
    protocol = asked()
    found = described(events(protocol, OK + b"Content-Length : 1\r\n\r\nx"))
    assert found[1:] == [b"x", []]
    assert not protocol.reusable


def test_what_mending_changed_is_noted() -> None:
    head = events(asked(), OK + b"Content-Length : 1\r\n\r\nx")[0]
    assert isinstance(head, Head)
    assert len(head.notes) == 1
    head = events(asked(), OK + b"Content-Length: 1\r\n\r\nx")[0]
    assert isinstance(head, Head)
    assert not head.notes


def test_what_cannot_be_mended_is_said_to_be_malformed() -> None:
    with pytest.raises(HeadError, match="head is malformed"):
        events(asked(), OK + b"Content-Length: five\r\n\r\n")


def test_a_head_that_h11_refuses_even_mended_is_malformed_in_the_words_of_the_first_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mended = mending.mend(OK + b"X-Odd : 1\r\n\r\n")
    mended.head = b"HTTP/1.1 OK\r\n\r\n"
    monkeypatch.setattr(mending, "mend", lambda raw, *, eof: mended)
    with pytest.raises(HeadError, match="head is malformed: illegal header line"):
        events(asked(), OK + b"X-Odd : 1\r\n\r\n")


def test_another_mended_field_does_not() -> None:
    protocol = asked()
    found = described(events(protocol, OK + b"X-Odd : 1\r\nContent-Length: 1\r\n\r\nx"))
    assert found[1:] == [b"x", []]
    assert protocol.reusable


def test_switching_protocols_hands_over_what_follows() -> None:
    protocol = asked("GET", ("Connection", "Upgrade"), ("Upgrade", "echo"))
    found = events(protocol, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello")
    assert isinstance(found[0], Head)
    assert found[0].upgraded
    assert protocol.leftover == b"hello"
    assert not protocol.reusable


def test_a_tunnel_is_no_body() -> None:
    protocol = Protocol()
    protocol.start(RequestHeads().build("CONNECT", "example.org:443", [], "example.org:443"), b"")
    found = events(protocol, b"HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n")
    assert isinstance(found[0], Head)
    assert found[0].upgraded
    assert not protocol.reusable


@pytest.mark.parametrize(
    ("method", "sent_any", "repeatable", "again"),
    [
        ("GET", True, True, True),
        ("PUT", True, False, False),
        ("PUT", True, True, True),
        ("POST", True, True, False),
        ("POST", False, True, True),
        ("POST", False, False, False),
        ("PATCH", True, True, False),
    ],
)
def test_only_what_cannot_have_happened_twice_is_sent_again(
    method: str, sent_any: bool, repeatable: bool, again: bool
) -> None:
    assert may_replay(method, sent_any, repeatable) is again


# -- outgoing heads ------------------------------------------------------------------------------------------

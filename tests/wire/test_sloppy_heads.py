"""Heads that servers really send and h11 alone would refuse: requests' users receive them, so ours do too."""

from __future__ import annotations

from types import ModuleType

import pytest

from support.scripted import Peer, chunked, close, receive, response, send

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b"Content-Length: 2\r\n\r\nok"
# name -> (what the peer sends, status, reason, a field that must be there or None)
SLOPPY: dict[str, tuple[bytes, int, str, tuple[str, str] | None]] = {
    "space before the colon": (OK + b"X-A : 1\r\n" + BODY, 200, "OK", None),
    "line without a colon": (OK + b"no colon here\r\nX-A: 1\r\n" + BODY, 200, "OK", None),
    "strange field name": (OK + b"X(odd): 1\r\n" + BODY, 200, "OK", None),
    "bare LF": (b"HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\nok", 200, "OK", ("X-A", "1")),
    "empty reason": (b"HTTP/1.1 200 \r\n" + BODY, 200, "", None),
    "no reason": (b"HTTP/1.1 200\r\n" + BODY, 200, "", None),
    "Latin-1 reason": (b"HTTP/1.1 200 Gr\xfc\xdfe\r\n" + BODY, 200, "Grüße", None),
    "tab in the reason": (b"HTTP/1.1 200 a\tb\r\n" + BODY, 200, "a\tb", None),
    "two spaces in the status line": (b"HTTP/1.1  200  OK\r\n" + BODY, 200, "OK", None),
    "identity": (OK + b"Transfer-Encoding: identity\r\n" + BODY, 200, "OK", ("Transfer-Encoding", "identity")),
    "identity until close": (OK + b"Transfer-Encoding: identity\r\n\r\nok", 200, "OK", None),
    "chunked twice": (OK + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n" + chunked(b"ok"), 200, "OK", None),
    "empty Content-Length": (OK + b"Content-Length:\r\n\r\nok", 200, "OK", None),
    "same length twice": (OK + b"Content-Length: 2\r\n" + BODY, 200, "OK", None),
    "same length in a list": (OK + b"Content-Length: 2, 2\r\n\r\nok", 200, "OK", None),
    "folded field": (OK + b"X-A: one\r\n two\r\n" + BODY, 200, "OK", None),
    "Latin-1 value": (OK + b"X-A: gr\xfcn\r\n" + BODY, 200, "OK", ("X-A", "grün")),
    "control characters in a value": (OK + b"X-A: a\x01b\r\n" + BODY, 200, "OK", None),
    "version 1.2": (b"HTTP/1.2 200 OK\r\n" + BODY, 200, "OK", None),
    "length beside chunked": (
        OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"ok"), 200, "OK", None,
    ),
    "leading zeros in a chunk size": (CHUNKED + b"0002\r\nok\r\n00\r\n\r\n", 200, "OK", None),
    "space after a chunk size": (CHUNKED + b"2 \r\nok\r\n0\r\n\r\n", 200, "OK", None),
}  # fmt: skip


@pytest.mark.parametrize("name", SLOPPY)
@pytest.mark.parametrize("pieces", [None, 1], ids=["whole", "bytewise"])
def test_a_sloppy_head_is_understood(either: ModuleType, name: str, pieces: int | None) -> None:
    data, status, reason, field = SLOPPY[name]
    with Peer([receive(), send(data, pieces=pieces), close()]) as peer:
        response = either.get(peer.url("/"), timeout=5)
    assert (response.status_code, response.reason, response.content) == (status, reason, b"ok")
    if field:
        assert response.headers[field[0]] == field[1]


def test_a_head_without_its_last_line_end_is_accepted_where_its_framing_is_named(either: ModuleType) -> None:
    with Peer([receive(), send(OK + b"X-A: 1\r\nContent-Length: 0\r\n"), close()]) as peer:
        response = either.get(peer.url("/"), timeout=5)
    assert (response.status_code, response.headers["X-A"], response.content) == (200, "1", b"")


def test_a_head_cut_within_a_line_is_refused(client: ModuleType) -> None:
    with Peer([receive(), send(OK + b"Content-Length: 0\r\nX-A: tru"), close()]) as peer:
        with pytest.raises(client.ConnectionError):
            client.get(peer.url("/"), timeout=5)


MENDED_FRAMING = {
    "chunked twice": OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + chunked(b"ok"),
    "identity": OK + b"Transfer-Encoding: identity\r\n" + BODY,
    "a space before the colon of Content-Length": OK + b"Content-Length : 2\r\n\r\nok",
}


@pytest.mark.parametrize("data", MENDED_FRAMING.values(), ids=MENDED_FRAMING.keys())
def test_a_head_mended_in_its_framing_never_returns_its_connection(client: ModuleType, data: bytes) -> None:
    session = client.Session()
    with Peer([receive(), send(data)], [receive(), send(response("second"))]) as peer:
        assert session.get(peer.url("/"), timeout=5).content == b"ok"
        assert session.get(peer.url("/"), timeout=5).text == "second"
    assert peer.connections == 2


def test_a_head_mended_elsewhere_keeps_its_connection(client: ModuleType) -> None:
    session = client.Session()
    with Peer([receive(), send(OK + b"no colon\r\n" + BODY), receive(), send(response("second"))]) as peer:
        assert session.get(peer.url("/"), timeout=5).content == b"ok"
        assert session.get(peer.url("/"), timeout=5).text == "second"
    assert peer.connections == 1

"""Promises of sansio/connections/socks.py."""

from __future__ import annotations

import re
from typing import Any

import pytest

from httpcore_lite.sansio.connections.socks import socks4, socks5
from httpcore_lite.sansio.errors import ProxyError


def test_a_socks5_proxy_is_greeted_before_a_name_is_looked_up() -> None:
    asked: list[str] = []

    def resolve() -> str:
        asked.append("example.org")
        return "192.0.2.7"

    handshake = socks5(resolve, 80, None)
    assert next(handshake) == (b"\x05\x01\x00", 2)
    assert asked == []
    assert handshake.send(b"\x05\x00") == (b"\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x50", 4)
    assert asked == ["example.org"]


# -- driving a handshake -----------------------------------------------------------------------------------------


def drive(handshake: Any, *replies: bytes) -> list[tuple[bytes, int]]:
    """Give the replies one after the other; returns what was asked. The handshake must end with the last one."""
    asked = [next(handshake)]
    for index, reply in enumerate(replies):
        assert len(reply) == asked[-1][1], "the test sends as many bytes as were asked for"
        try:
            asked.append(handshake.send(reply))
        except StopIteration:
            assert index == len(replies) - 1, "the handshake ended early"
            return asked
    raise AssertionError(f"the handshake waits for more: {asked[-1]}")


LET_IN = b"\5\0"
BOUND = (b"\5\0\0\1", b"\0" * 6)


# -- SOCKS5 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", b"\1\xc0\0\2\1"),
        ("2001:db8::1", b"\4\x20\1\x0d\xb8" + b"\0" * 11 + b"\1"),
        ("fe80::1%eth0", b"\4\xfe\x80" + b"\0" * 13 + b"\1"),
        ("example.org", b"\3\x0bexample.org"),
    ],
)
def test_socks5_sends_addresses_as_addresses_and_names_as_names(host: str, address: bytes) -> None:
    assert drive(socks5(host, 443, None), LET_IN, *BOUND)[1] == (b"\5\1\0" + address + b"\1\xbb", 4)


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        (b"\5\0\0\1", [b"\0" * 6]),
        (b"\5\0\0\4", [b"\0" * 18]),
        (b"\5\0\0\3", [b"\7", b"example" + b"\0\0"]),
        (b"\5\0\0\3", [b"\0", b"\0\0"]),
    ],
)
def test_socks5_reads_the_bound_address_and_not_a_byte_more(head: bytes, rest: list[bytes]) -> None:
    asked = drive(socks5("a.test", 80, None), LET_IN, head, *rest)
    assert [sent for sent, _ in asked[2:]] == [b""] * len(rest), "the stream is not ours yet: nothing more is sent"


def test_socks5_offers_a_login_only_when_there_is_one() -> None:
    assert next(socks5("a.test", 80, None)) == (b"\5\1\0", 2)
    assert next(socks5("a.test", 80, ("u", "p"))) == (b"\5\2\0\2", 2)


def test_socks5_logs_in_when_the_proxy_asks_for_it() -> None:
    asked = drive(socks5("a.test", 80, ("user", "pässword")), b"\5\2", b"\1\0", *BOUND)
    assert asked[1] == (b"\1\4user\x09p\xc3\xa4ssword", 2)


def test_socks5_keeps_the_login_to_itself_when_the_proxy_does_not_ask() -> None:
    asked = drive(socks5("a.test", 80, ("user", "secret")), LET_IN, *BOUND)
    assert b"secret" not in b"".join(sent for sent, _ in asked)


def test_socks5_takes_an_empty_password_but_no_empty_user() -> None:
    assert drive(socks5("a.test", 80, ("user", "")), b"\5\2", b"\1\0", *BOUND)[1] == (b"\1\4user\0", 2)
    with pytest.raises(ProxyError, match="user name"):
        drive(socks5("a.test", 80, ("", "secret")), b"\5\2", b"\1\0")


@pytest.mark.parametrize("version", [0, 2, 5, 255])
def test_socks5_refuses_a_login_reply_of_the_wrong_version(version: int) -> None:
    # Status zero: only the version tells that this is no yes.
    with pytest.raises(ProxyError, match="RFC 1929"):
        drive(socks5("a.test", 80, ("user", "secret")), b"\5\2", bytes([version, 0]))


@pytest.mark.parametrize("status", [1, 255])
def test_socks5_refuses_a_rejected_login_without_showing_it(status: int) -> None:
    with pytest.raises(ProxyError, match="authentication failed") as caught:
        drive(socks5("a.test", 80, ("user", "secret")), b"\5\2", bytes([1, status]))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("auth", "reply", "words"),
    [
        (None, b"\4\0", "does not speak SOCKS5"),
        (None, b"HT", "does not speak SOCKS5"),
        (None, b"\5\xff", "no authentication method.*user:password@host"),
        (("u", "p"), b"\5\xff", "no authentication method that was offered$"),
        (None, b"\5\2", "method 2, which was not offered"),
        (("u", "p"), b"\5\1", "method 1, which was not offered"),
    ],
)
def test_socks5_refuses_a_greeting_that_it_cannot_go_on_from(
    auth: tuple[str, str] | None, reply: bytes, words: str
) -> None:
    with pytest.raises(ProxyError) as caught:
        drive(socks5("a.test", 80, auth), reply)
    message = str(caught.value.args[0])
    assert re.search(words, message), message


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "general SOCKS server failure"),
        (2, "not allowed by ruleset"),
        (3, "network unreachable"),
        (4, "host unreachable"),
        (5, "connection refused"),
        (6, "TTL expired"),
        (7, "command not supported"),
        (8, "address type not supported"),
        (9, "unknown reply"),
        (255, "unknown reply"),
    ],
)
def test_socks5_says_why_the_proxy_did_not_connect(code: int, words: str) -> None:
    with pytest.raises(ProxyError, match=words) as caught:
        drive(socks5("a.test", 80, None), LET_IN, bytes([5, code, 0, 1]))
    assert f"0x{code:02x}" in str(caught.value)
    assert isinstance(caught.value.original_error, OSError)


def test_socks5_refuses_another_version_and_an_unknown_address_type_in_the_reply() -> None:
    with pytest.raises(ProxyError, match="does not speak SOCKS5"):
        drive(socks5("a.test", 80, None), LET_IN, b"\4\0\0\1")
    with pytest.raises(ProxyError, match="unknown address type 9"):
        drive(socks5("a.test", 80, None), LET_IN, b"\5\0\0\x09")


@pytest.mark.parametrize("name", ["a" * 256, "", "a\0b"])
def test_socks5_sends_no_name_that_does_not_fit(name: str) -> None:
    with pytest.raises(ProxyError, match="host name"):
        drive(socks5(name, 80, None), LET_IN, *BOUND)
    drive(socks5("a" * 255, 80, None), LET_IN, *BOUND)


# -- SOCKS4 and 4a -----------------------------------------------------------------------------------------------

GRANTED = b"\0\x5a" + b"\0" * 6


@pytest.mark.parametrize("by_name", [False, True])
def test_socks4_sends_an_address_as_it_is(by_name: bool) -> None:
    asked = drive(socks4("192.0.2.1", 80, "me", by_name=by_name), GRANTED)
    assert asked == [(b"\4\1\0\x50\xc0\0\2\1me\0", 8)]


def test_socks4a_sends_a_name_for_the_proxy_to_resolve() -> None:
    assert drive(socks4("a.test", 80, None, by_name=True), GRANTED) == [(b"\4\1\0\x50\0\0\0\1\0a.test\0", 8)]


def test_socks4_knows_no_names_and_no_ipv6() -> None:
    with pytest.raises(ProxyError, match="socks4a://"):
        next(socks4("a.test", 80, None, by_name=False))
    for by_name in (False, True):
        with pytest.raises(ProxyError, match="no IPv6"):
            next(socks4("::1", 80, None, by_name=by_name))


@pytest.mark.parametrize(
    ("code", "words"),
    [(91, "rejected"), (92, "cannot reach identd"), (93, "another user"), (0, "unknown reply"), (94, "unknown reply")],
)
def test_socks4_says_why_the_proxy_did_not_connect(code: int, words: str) -> None:
    with pytest.raises(ProxyError, match=words) as caught:
        drive(socks4("192.0.2.1", 80, None, by_name=False), bytes([0, code]) + b"\0" * 6)
    assert f"0x{code:02x}" in str(caught.value)


def test_socks4_refuses_a_reply_that_is_none() -> None:
    with pytest.raises(ProxyError, match="x04.* where a zero byte"):
        drive(socks4("192.0.2.1", 80, None, by_name=False), b"\4\x5a" + b"\0" * 6)


@pytest.mark.parametrize("user", ["a\0b", "u" * 256])
def test_a_zero_byte_or_too_long_a_user_never_reaches_a_socks4_proxy(user: str) -> None:
    with pytest.raises(ProxyError, match="user name"):
        next(socks4("192.0.2.1", 80, user, by_name=False))

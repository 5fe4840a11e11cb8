"""Promises of transport/handshakes.py."""

from __future__ import annotations

from httpcore_lite.transport.handshakes import socks5


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

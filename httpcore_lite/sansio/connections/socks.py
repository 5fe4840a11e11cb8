"""What is said to a SOCKS proxy before the stream is ours: SOCKS4, 4a, 5 and 5h, bytes in and bytes out.

A handshake is a generator. It yields `(send, need)`: send these bytes, then read exactly so many, and give them
back by `.send(...)`. It returns when the proxy has connected us and raises ProxyError when it will not.

    client                         SOCKS5 proxy
    05 n methods            ──▶
                            ◀──    05 method
    01 user password        ──▶    (method 2 only, RFC 1929)
                            ◀──    01 status
    05 01 00 address port   ──▶
                            ◀──    05 reply 00 address port

A pure room. RFC 1928 (SOCKS5), RFC 1929 (user name and password); SOCKS4 and 4a have no RFC. The CONNECT of an HTTP
proxy needs no handshake of its own: it is an exchange like any other, see `proxy.py`.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from ..errors import ProxyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Final

    Handshake = Generator[tuple[bytes, int], bytes, None]

# RFC 1928 section 6
_SOCKS5_REPLIES: Final = {
    1: "general SOCKS server failure",
    2: "connection not allowed by ruleset",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}
_SOCKS4_REPLIES: Final = {
    91: "request rejected or failed",
    92: "the proxy cannot reach identd on the client",
    93: "the client's identd reports another user",
}


def socks4(address: str, port: int, user: str | None, *, by_name: bool) -> Handshake:
    """Ask a SOCKS4 proxy for `address`, an IPv4 address or, with `by_name` (4a), a name for the proxy to resolve."""
    target = _ip(address)
    if isinstance(target, IPv6Address):
        raise _refused(f"SOCKS4 knows no IPv6, so it cannot connect to {address}")
    name = b""
    if target is None:
        if not by_name:
            raise _refused(f"SOCKS4 connects to IPv4 addresses only, not to {address!r}; socks4a:// sends the name")
        packed, name = b"\0\0\0\1", _octets(address, "host name") + b"\0"
    else:
        packed = target.packed
    ident = _octets(user or "", "user name", at_least=0)
    reply = yield b"\4\1" + port.to_bytes(2, "big") + packed + ident + b"\0" + name, 8
    if reply[0] != 0:
        raise _refused(f"the SOCKS4 proxy answered with {reply[:1]!r} where a zero byte belongs")
    if reply[1] != 90:
        raise _refused(f"SOCKS4 error 0x{reply[1]:02x}: {_SOCKS4_REPLIES.get(reply[1], 'unknown reply')}")


def socks5(host: str | Callable[[], str], port: int, auth: tuple[str, str] | None) -> Handshake:
    """Ask a SOCKS5 proxy for `host`, an IP address or a name that it resolves; `auth` is (user, password) or None.

    A callable is asked for the host when the proxy has let us in.
    """
    methods = b"\0\2" if auth else b"\0"
    reply = yield b"\5" + bytes([len(methods)]) + methods, 2
    if reply[0] != 5:
        raise _refused(f"the proxy does not speak SOCKS5: it answered with {reply!r}")
    if reply[1] == 2 and auth:
        yield from _socks5_login(*auth)
    elif reply[1] == 0xFF:
        raise _refused("SOCKS5: the proxy accepts no authentication method that was offered" + _hint(auth))
    elif reply[1] != 0:
        raise _refused(f"SOCKS5: the proxy chose authentication method {reply[1]}, which was not offered")
    host = host if isinstance(host, str) else host()
    target = _ip(host)
    if target is None:
        name = _octets(host, "host name")
        address = b"\3" + bytes([len(name)]) + name
    else:
        address = (b"\1" if target.version == 4 else b"\4") + target.packed
    reply = yield b"\5\1\0" + address + port.to_bytes(2, "big"), 4
    if reply[0] != 5:
        raise _refused(f"the proxy does not speak SOCKS5: it answered with {reply!r}")
    if reply[1] != 0:
        raise _refused(f"SOCKS5 error 0x{reply[1]:02x}: {_SOCKS5_REPLIES.get(reply[1], 'unknown reply')}")
    yield from _skip_bound_address(reply[3])


def _socks5_login(user: str, password: str) -> Handshake:
    name, secret = _octets(user, "user name"), _octets(password, "password", at_least=0)
    reply = yield b"\1" + bytes([len(name)]) + name + bytes([len(secret)]) + secret, 2
    if reply[0] != 1:
        raise _refused(f"SOCKS5: the proxy answered the login with {reply!r}, which is none of RFC 1929's replies")
    if reply[1] != 0:
        raise _refused("SOCKS5 authentication failed: the proxy refused the user name and password")


def _skip_bound_address(kind: int) -> Handshake:
    """Read the address that the proxy uses itself, which is not needed, and the port behind it."""
    if kind == 1:
        size = 4
    elif kind == 4:
        size = 16
    elif kind == 3:
        size = (yield b"", 1)[0]
    else:
        raise _refused(f"SOCKS5: the proxy answered with the unknown address type {kind}")
    yield b"", size + 2


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _octets(text: str, what: str, at_least: int = 1) -> bytes:
    """Return `text` as a field of a SOCKS message. A zero byte would end a SOCKS4 field early, so none is let in."""
    raw = text.encode("utf-8")
    if not at_least <= len(raw) <= 255 or b"\0" in raw:
        raise _refused(f"the {what} for the SOCKS proxy must have {at_least} to 255 bytes, none of them zero")
    return raw


def _hint(auth: tuple[str, str] | None) -> str:
    return "" if auth else "; it may want a user name and password: socks5://user:password@host:port"


def _refused(message: str) -> ProxyError:
    return ProxyError(message, OSError(message))

"""Which addresses a connection may be made to: what `resolve`, `resolver` and `allow_address` have to say.

And which addresses are meant: by an IPv6 address that has an IPv4 one inside, and by a host that is a number. A filter
is worth nothing where another spelling of the same address gets past it. What is ambiguous stands for all that it can
mean, and the filter has to allow each of them.

A pure room. RFC 4291 section 2.5.5 (mapped, compatible), RFC 6052 and RFC 8215 (NAT64), RFC 2765 section 2.1
(translated), RFC 3056 (6to4), RFC 4380 section 4 (Teredo), RFC 5214 section 6.1 (ISATAP); numbers in hosts:
inet_aton of POSIX.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote

from ..errors import NewConnectionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from .routes import SocketOptions

    Address = IPv4Address | IPv6Address
    # What `socket.connect` takes, with the family that it is of.
    SocketAddress = tuple[int, tuple[Any, ...]]

# The prefix of an IPv6 address -> where in its 16 bytes the four of an IPv4 one are.
_INSIDE: Final = (
    (b"\0\x64\xff\x9b" + bytes(8), 12),  # 64:ff9b::/96, NAT64
    (bytes(12), 12),  # ::/96, compatible
    (bytes(8) + b"\xff\xff\0\0", 12),  # ::ffff:0:0:0/96, translated
    (b"\x20\x02", 2),  # 2002::/16, 6to4
    (b"\x20\x01\0\0", 4),  # 2001::/32, the server of Teredo
)
_LOCAL_NAT64: Final = b"\0\x64\xff\x9b\0\1"
_TEREDO: Final = b"\x20\x01\0\0"
# In the interface identifier, under any prefix.
_ISATAP: Final = (b"\0\0\x5e\xfe", b"\2\0\x5e\xfe")
# A part of a host with more digits than this is no number that anything reads.
_MAX_DIGITS: Final = 32


def hosts_to_look_up(host: str, port: int, sockets: SocketOptions) -> list[str]:
    """Return what is looked up in the place of a host: what `resolve` or else `resolver` says, or the host.

    Raises what the resolver raises, and OSError where it names something else than IP addresses.
    """
    meant = dict(sockets.resolve).get(f"{host}:{port}", host)
    if sockets.resolver is None or meant != host or is_address(host):
        return [meant]
    named: Any = sockets.resolver(host, port)
    hosts = [str(name) for name in ([named] if isinstance(named, str) else named)]
    for name in hosts:
        if not is_address(name):
            raise OSError(f"the resolver named {name!r}, which is no IP address")
    return hosts


def is_address(host: str) -> bool:
    """Whether a host is an IP address, with or without a zone id, and not a name."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def allowed(
    found: list[SocketAddress], allow: Callable[[Address], bool], host: str, connector: object
) -> list[SocketAddress]:
    """Return those of the addresses of a host, as (family, socket address), that `allow` lets through.

    Raises NewConnectionError when there are none.
    """
    kept = [entry for entry in found if all(map(allow, effective_addresses(str(entry[1][0]))))]
    if not kept:
        refused = ", ".join(str(entry[1][0]) for entry in found)
        raise NewConnectionError(connector, f"allow_address refused every address of {host}: {refused}")
    return kept


def check_literal_address(host: str, allow: Callable[[Address], bool], connector: object) -> None:
    """Raise NewConnectionError for a host that is an address, in any spelling, which `allow` refuses.

    For hosts that a proxy is asked for; names are the proxy's to look up.
    """
    meant = effective_addresses_of_host(host)
    if meant is not None and not (meant and all(map(allow, meant))):
        raise NewConnectionError(connector, f"allow_address refused the address {host}")


def effective_addresses(address: str) -> tuple[Address, ...]:
    """Return what a filter is to be shown of an address: itself, and the IPv4 addresses that packets may be sent on to.

    Of a mapped one (`::ffff:127.0.0.1`) only the IPv4 address, which is where packets go. ValueError for no address.
    """
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return (found,)
    if found.ipv4_mapped is not None:
        return (found.ipv4_mapped,)
    packed = found.packed
    inner = [packed[at : at + 4] for prefix, at in _INSIDE if packed.startswith(prefix) and int(found) > 1]
    if packed.startswith(_TEREDO):
        inner.append(bytes(byte ^ 0xFF for byte in packed[12:]))  # the client's own
    if packed.startswith(_LOCAL_NAT64):
        inner += _inside_local_nat64(packed)
    if packed[8:12] in _ISATAP:
        inner.append(packed[12:])
    return (found, *map(IPv4Address, inner))


def _inside_local_nat64(packed: bytes) -> list[bytes]:
    """Return what may be inside of an address under 64:ff9b:1::/48, of which any part may be the prefix (RFC 6052)."""
    layouts = ((packed[6:8] + packed[9:11], 11), (packed[7:8] + packed[9:12], 12), (packed[9:13], 13))
    inner = [four for four, end in layouts if not packed[8] and not any(packed[end:])]
    return inner + [packed[12:]] if any(packed[12:]) else inner


def effective_addresses_of_host(host: str) -> tuple[Address, ...] | None:
    """Return the addresses that a host without brackets may be read as; None for a name.

    Nothing for what ends in a number and is no readable address: no name does (RFC 3696 section 2).
    """
    if ":" in host:
        try:
            return effective_addresses(host.partition("%")[0])
        except ValueError:
            return ()
    parts = unquote(host).lower().rstrip(".").split(".")
    last = parts[-1]
    if not (last.isascii() and last.isdigit()) and _number(last, as_c=True) is None:
        return None
    # A leading zero is octal to the C library, and nothing to others.
    numbers = (_ipv4(parts, as_c=True), _ipv4(parts, as_c=False))
    return tuple(dict.fromkeys(IPv4Address(number) for number in numbers if number is not None))


def _ipv4(parts: list[str], *, as_c: bool) -> int | None:
    """Read one to four numbers as inet_aton does: the last one fills all the bytes that are left."""
    numbers = [_number(part, as_c=as_c) for part in parts]
    *first, last = numbers
    if len(numbers) > 4 or last is None or last >= 256 ** (4 - len(first)):
        return None
    for place, number in enumerate(first):
        if number is None or number > 255:
            return None
        last += number << (8 * (3 - place))
    return last


def _number(text: str, *, as_c: bool) -> int | None:
    if not text.isascii() or not text.isalnum() or len(text) > _MAX_DIGITS:
        return None
    base = 10
    if text.startswith("0x"):
        text, base = text[2:] or "0", 16
    elif as_c and text.startswith("0"):
        base = 8
    try:
        return int(text, base)
    except ValueError:
        return None

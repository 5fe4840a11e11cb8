"""Is this the certificate that the caller meant? Fingerprints, and names other than the one asked for.

Names that OpenSSL checks during the handshake are not checked again here; this room is for `assert_hostname` and
`assert_fingerprint`. RFC 6125 section 6.4, RFC 9525 section 6.3: a wildcard stands for one whole leftmost label;
IP addresses match only IP entries. A pure room.
"""

from __future__ import annotations

from ..errors import SSLError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv4Address, IPv6Address
    from typing import Any

    from .routes import TLSSettings

_HEX = frozenset("0123456789abcdef")
_DIGESTS = {32: "md5", 40: "sha1", 64: "sha256"}


def check_peer(settings: TLSSettings, name: str, certificate: Callable[..., Any]) -> None:
    """Check what OpenSSL was not asked to check during the handshake. Raises SSLError.

    `name` is the server's, as it was asked for; `certificate` is called as `SSLSocket.getpeercert`.
    """
    if settings.assert_fingerprint is not None:
        check_fingerprint(certificate(binary_form=True), settings.assert_fingerprint)
        return
    if not settings.verify or settings.assert_hostname is False:
        return
    callers = settings.ssl_context is not None and not settings.ssl_context.check_hostname
    if callers or settings.assert_hostname is not None:
        check_hostname(certificate() or {}, str(settings.assert_hostname or name))


def check_fingerprint(certificate: bytes | None, expected: str) -> None:
    """Raise SSLError unless the DER `certificate` has the digest `expected`: MD5, SHA-1 or SHA-256 in hex."""
    import hashlib
    from hmac import compare_digest

    digest = expected.replace(":", "").lower()
    algorithm = _DIGESTS.get(len(digest))
    if algorithm is None or set(digest) - _HEX:
        raise SSLError(f"Fingerprint of invalid length: {expected!r} is no MD5, SHA-1 or SHA-256 digest in hex")
    if certificate is None:
        raise SSLError("the server showed no certificate to compare a fingerprint with")
    found = hashlib.new(algorithm, certificate, usedforsecurity=False).hexdigest()
    if not compare_digest(found, digest):
        raise SSLError(f'Fingerprints did not match. Expected "{expected}", got "{found}".')


def check_hostname(certificate: Mapping[str, Any], hostname: str) -> None:
    """Raise SSLError unless the certificate (as `SSLSocket.getpeercert()` gives it) is for `hostname`."""
    names = certificate.get("subjectAltName", ())
    wanted = hostname.strip("[]").rstrip(".").lower()
    address = _ip(wanted)
    for kind, name in names:
        if kind == "DNS" and address is None and _matches(name.lower().rstrip("."), wanted):
            return
        if kind == "IP Address" and address is not None and _ip(name.strip()) == address:
            return
    shown = ", ".join(repr(name) for _, name in names) or "no names"
    raise SSLError(f"hostname {hostname!r} doesn't match {shown} of the server's certificate")


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(text)
    except ValueError:
        return None


def _matches(pattern: str, name: str) -> bool:
    if pattern == name:
        return True
    first, _, rest = pattern.partition(".")
    if first != "*" or "." not in rest:
        return False  # no partial wildcard, none for a whole top level
    label, _, name_rest = name.partition(".")
    return bool(label) and name_rest == rest

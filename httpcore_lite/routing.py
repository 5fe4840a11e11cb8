"""Settings in urllib3's words, translated for the routes of the lower floor.

The keywords of `PoolManager(...)` (`cert_reqs`, `ca_certs`, `ssl_version` ...) and what programs patch in urllib3's
modules come in here; `transport.routes` says what becomes of them.
"""

from __future__ import annotations

import sys

from .transport.routes import DEFAULT_PORTS, Route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

_THIN_NAMESPACE: Final = f"{__package__}.packages.urllib3"

# What of the keywords of a pool decides about how to dial, under the names that `Dialling` has, too.
DIALLING_NAMES: Final = ("source_address", "socket_options", "resolver", "resolve", "allow_address", "family", "uds")

# What of the keywords of a pool decides about TLS: urllib3's name -> TLSSettings' name.
TLS_NAMES: Final = {
    "ca_certs": "ca_file",
    "ca_cert_dir": "ca_dir",
    "ca_cert_data": "ca_data",
    "cert_file": "cert_file",
    "key_file": "key_file",
    "key_password": "key_password",
    "ssl_context": "context",
    "server_hostname": "server_hostname",
    "assert_hostname": "assert_hostname",
    "assert_fingerprint": "assert_fingerprint",
    "ssl_minimum_version": "minimum",
    "ssl_maximum_version": "maximum",
    "ssl_version": "version",
    "cert_reqs": "cert_reqs",
    "system_trust": "system",
}


def patched_in_urllib3() -> tuple[Any, ...] | None:
    """Return (address family, socket options, ciphers) as programs set them for all of urllib3; None without one.

    They patch a function or a constant in urllib3, or in our namespace of that name: then those count for us.
    """
    if "urllib3" not in sys.modules and _THIN_NAMESPACE not in sys.modules:
        return None
    from .packages._bridge import default_ciphers, default_socket_options, gai_family

    options = default_socket_options()
    return gai_family(), None if options is None else tuple(options), default_ciphers()


def authority(scheme: str, host: str, port: int | None) -> str:
    return Route(scheme, host, port or DEFAULT_PORTS.get(scheme, 80)).authority


def path_text(path: Any) -> str:
    import os

    return os.fsdecode(path)


def is_pem(value: Any) -> bool:
    """Whether a certificate or a key was given as PEM bytes, and not as the path of a file."""
    return isinstance(value, (bytes, bytearray)) and b"-----BEGIN" in value


def verifies(cert_reqs: Any, context: Any) -> bool:
    """Whether `cert_reqs`, in any of the forms that urllib3 takes, asks for a verified peer."""
    if cert_reqs is None:
        return context is None or context.verify_mode != 0
    if isinstance(cert_reqs, str):
        return cert_reqs.upper().removeprefix("CERT_") != "NONE"
    return int(cert_reqs) != 0


def pinned_version(version: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the bounds that the old `ssl_version=` means: one version of TLS and no other."""
    import ssl

    name = version if isinstance(version, str) else ssl._SSLMethod(version).name
    pinned = {
        "TLSv1": ssl.TLSVersion.TLSv1,
        "TLSv1_1": ssl.TLSVersion.TLSv1_1,
        "TLSv1_2": ssl.TLSVersion.TLSv1_2,
    }.get(name.removeprefix("PROTOCOL_"))
    if pinned is None:
        return {}  # PROTOCOL_TLS and its like: whatever both sides can
    return {"minimum": arguments["minimum"] or pinned, "maximum": arguments["maximum"] or pinned}

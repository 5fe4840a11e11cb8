"""`urllib3.util.ssl_`: contexts for TLS made as urllib3 makes them.

A program widens or narrows the ciphers of every connection by changing `DEFAULT_CIPHERS` here, a name that urllib3
had before its version 2: `DEFAULT_CIPHERS += ":HIGH"`. The names of the standard library's `ssl` that urllib3 has
here are found here too, and `ssl` is loaded when one is used.
"""

from __future__ import annotations

from ..._internal_utils import lazy_names
from ...sansio.connections.peer_checks import check_fingerprint

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from ssl import CERT_NONE as CERT_NONE
    from ssl import CERT_OPTIONAL as CERT_OPTIONAL
    from ssl import CERT_REQUIRED as CERT_REQUIRED
    from ssl import HAS_SNI as HAS_SNI
    from ssl import OP_NO_COMPRESSION as OP_NO_COMPRESSION
    from ssl import OP_NO_TICKET as OP_NO_TICKET
    from ssl import OPENSSL_VERSION as OPENSSL_VERSION
    from ssl import PROTOCOL_TLS as PROTOCOL_TLS
    from ssl import PROTOCOL_TLS_CLIENT as PROTOCOL_TLS_CLIENT
    from ssl import SSLContext as SSLContext
    from ssl import TLSVersion as TLSVersion

_LIBRARY_CIPHERS = "DEFAULT"
# What OpenSSL, or the system's policy for it, selects; in a form that a program can append to.
DEFAULT_CIPHERS = _LIBRARY_CIPHERS
ALPN_PROTOCOLS = ["http/1.1"]
IS_PYOPENSSL = False

_OF_SSL = (
    "CERT_NONE CERT_OPTIONAL CERT_REQUIRED HAS_NEVER_CHECK_COMMON_NAME HAS_SNI OPENSSL_VERSION OP_NO_COMPRESSION"
    " OP_NO_SSLv2 OP_NO_SSLv3 OP_NO_TICKET PROTOCOL_TLS PROTOCOL_TLS_CLIENT SSLContext TLSVersion"
    " VERIFY_X509_PARTIAL_CHAIN VERIFY_X509_STRICT"
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(globals(), {"import": "ssl", "ssl": f"{_OF_SSL} PROTOCOL_SSLv23=PROTOCOL_TLS"})


def chosen_ciphers() -> str | None:
    """Return DEFAULT_CIPHERS if a program changed it, else None."""
    return None if DEFAULT_CIPHERS == _LIBRARY_CIPHERS else DEFAULT_CIPHERS


def assert_fingerprint(cert: bytes | None, fingerprint: str) -> None:
    """Raise SSLError unless the certificate (DER) has this MD5, SHA-1 or SHA-256 fingerprint, in hex."""
    check_fingerprint(cert, fingerprint)


def resolve_cert_reqs(candidate: int | str | None) -> object:
    """Return what `ssl` calls CERT_REQUIRED (also for None), CERT_OPTIONAL or CERT_NONE, given it or its name."""
    import ssl

    return ssl.CERT_REQUIRED if candidate is None else _of_ssl(candidate, "CERT_")


def resolve_ssl_version(candidate: int | str | None) -> object:
    """Return what `ssl` calls PROTOCOL_TLS (also for None) or another protocol, given it or its name."""
    import ssl

    return ssl.PROTOCOL_TLS if candidate is None else _of_ssl(candidate, "PROTOCOL_")


def _of_ssl(candidate: int | str, prefix: str) -> object:
    import ssl

    if not isinstance(candidate, str):
        return candidate
    return getattr(ssl, candidate, None) or getattr(ssl, prefix + candidate.removeprefix(prefix))


def create_urllib3_context(
    ssl_version: int | None = None,
    cert_reqs: ssl.VerifyMode | None = None,
    options: int | None = None,
    ciphers: str | None = None,
    ssl_minimum_version: ssl.TLSVersion | None = None,
    ssl_maximum_version: ssl.TLSVersion | None = None,
    verify_flags: int | None = None,
) -> ssl.SSLContext:
    """Return a context for client connections, with nothing trusted yet.

    TLS 1.2 or newer unless versions are given; `ssl_version` pins one and is deprecated. cert_reqs: CERT_REQUIRED
    by default, which also checks the name. options: instead of no SSLv2, SSLv3, compression and tickets. ciphers:
    in OpenSSL's words. verify_flags: instead of those that `ssl.create_default_context` sets from Python 3.13 on.
    """
    import ssl

    if ssl_version is not None and ssl_version not in (ssl.PROTOCOL_TLS, ssl.PROTOCOL_TLS_CLIENT):
        if ssl_minimum_version is not None or ssl_maximum_version is not None:
            raise ValueError(
                "Can't specify both 'ssl_version' and either 'ssl_minimum_version' or 'ssl_maximum_version'"
            )
        ssl_minimum_version, ssl_maximum_version = _pinned(ssl_version)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2 if ssl_minimum_version is None else ssl_minimum_version
    if ssl_maximum_version is not None:
        context.maximum_version = ssl_maximum_version
    chosen = ciphers or chosen_ciphers()
    if chosen:
        context.set_ciphers(chosen)
    if options is None:
        options = ssl.OP_NO_SSLv2 | ssl.OP_NO_SSLv3 | ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.options |= options
    context.verify_flags |= _default_verify_flags() if verify_flags is None else verify_flags
    context.post_handshake_auth = True
    required = cert_reqs is None or cert_reqs == ssl.CERT_REQUIRED
    context.check_hostname = required  # before the mode: a checked name needs CERT_REQUIRED
    context.verify_mode = ssl.CERT_REQUIRED if cert_reqs is None else cert_reqs
    context.hostname_checks_common_name = False
    _log_keys(context)
    return context


def _pinned(version: int) -> tuple[ssl.TLSVersion, ssl.TLSVersion]:
    import ssl
    import warnings

    from .._settings import pinned_version

    warnings.warn(
        "'ssl_version' is deprecated: say 'ssl_minimum_version', and 'ssl_maximum_version' if it must be",
        FutureWarning,
        stacklevel=3,
    )
    pin = pinned_version(version)
    return (ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.MAXIMUM_SUPPORTED) if pin is None else (pin, pin)


def _default_verify_flags() -> int:
    import ssl
    import sys

    return ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT if sys.version_info >= (3, 13) else 0


def _log_keys(context: ssl.SSLContext) -> None:
    import os

    path = os.path.expandvars(os.environ.get("SSLKEYLOGFILE", ""))
    if path:
        context.keylog_filename = path

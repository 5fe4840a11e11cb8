"""Settings in urllib3's words, translated for the routes of the lower floor.

The keywords of `PoolManager(...)` (`cert_reqs`, `ca_certs`, `ssl_version` ...) and what programs patch in urllib3's
modules come in here; `sansio.connections.routes` says what becomes of them.
"""

from __future__ import annotations

import sys

from .._internal_utils import SHOWN_URLLIB3
from ..sansio.connections.routes import DEFAULT_PORTS, DEFAULT_SOCKETS, ProxyRoute, Route, SocketOptions, TLSSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import Any, Final, Protocol

    from typing_extensions import TypeIs

    from .connectionpool import HTTPConnectionPool
    from .installed.patches import Survey
    from .installed.through import WayThroughUrllib3
    from .mocking import Mocking

    class Settings(Protocol):
        """What has settings in urllib3's words: an HTTPConnectionPool, with an attribute for each of them."""

        proxy: Any
        proxy_config: Any
        proxy_headers: dict[str, str]


class Active:
    """What is active in the place of the network."""

    if TYPE_CHECKING:
        #: The mocks (`mocking.py`); None where there is none.
        mocked: Mocking | None

    mocked = None


active: Final = Active()

# installed.patches.survey, once a program has loaded what it looks at.
_survey: Callable[[], Survey] | None = None

# What of the keywords of a pool decides about how to dial; urllib3 has no word for a connection that is opened for it.
SOCKET_NAMES: Final = tuple([name for name in SocketOptions._fields if name != "opener"])

# What urllib3 says in other ways: PEM bytes in the place of a path, constants of its modules, and `cert_reqs`.
_NO_KEYWORDS: Final = ("verify", "cert_data", "key_data", "ciphers", "options")
# What of the keywords of a pool decides about TLS.
TLS_NAMES: Final = (*[name for name in TLSSettings._fields if name not in _NO_KEYWORDS], "ssl_version", "cert_reqs")


def route_while_mocked(pool: HTTPConnectionPool, target: str) -> Route | WayThroughUrllib3:
    """Return where a request goes, which the mocks say as long as there is one."""
    mocked = active.mocked  # another thread may end it
    return pool._route() if mocked is None else mocked.route_of(pool, target)


def patched_in_urllib3() -> Survey | None:
    """Return what programs have set or replaced for all of urllib3, or in http.client; None where neither is loaded.

    They patch a function or a constant in urllib3, or in our rooms of its names: then those count for us.
    """
    modules = sys.modules
    if "http.client" not in modules and "urllib3" not in modules and SHOWN_URLLIB3 not in modules:
        return None
    global _survey
    if _survey is None:
        from .installed import patches

        _survey = patches.survey
    return _survey()


def sockets_of(pool: Settings, patched: Survey | None) -> SocketOptions:
    """Return how the settings of a pool, and what is patched for all pools, want a connection to be opened."""
    given = {name: value for name in SOCKET_NAMES if (value := getattr(pool, name)) is not None}
    if patched is not None:
        if patched.options:
            given.setdefault("socket_options", patched.options)
        if patched.family:
            given.setdefault("family", patched.family)
        if patched.opener is not None:
            beside = [name for name in ("resolver", "resolve", "family", "uds") if getattr(pool, name) is not None]
            refuse(beside, ("urllib3.util.connection.create_connection",))
            given["opener"] = patched.opener
    if not given:
        return DEFAULT_SOCKETS
    # Parts of a key must be hashable, and programs write lists.
    if "source_address" in given:
        given["source_address"] = tuple(given["source_address"])
    if "socket_options" in given:
        given["socket_options"] = tuple(tuple(option) for option in given["socket_options"])
    return SocketOptions(**given)


def refuse(given: list[str], patched: tuple[str, ...]) -> None:
    """Raise RequestException for options that cannot be kept beside what was replaced; it names both."""
    if not given:
        return
    from ..exceptions import RequestException

    options = ", ".join(f"{name}=" for name in given)
    raise RequestException(
        f"{options} cannot be kept together with what stands in the place of {', '.join(patched)}: "
        "only one of them can say how this request is sent. Nothing was sent."
    )


def tls_arguments_of(pool: Settings) -> dict[str, Any]:
    """Return what the settings of a pool mean as arguments of TLSSettings."""
    arguments = {name: getattr(pool, name) for name in TLS_NAMES}
    arguments["verify"] = verifies(arguments.pop("cert_reqs"), arguments["ssl_context"])
    version = arguments.pop("ssl_version")
    if version is not None:
        pin = pinned_version(version)
        for name in ("ssl_minimum_version", "ssl_maximum_version"):
            arguments[name] = arguments[name] or pin
    patched = patched_in_urllib3()
    if patched is not None and patched.ciphers:
        arguments["ciphers"] = patched.ciphers
    for name in ("cert", "key"):
        value = arguments[f"{name}_file"]
        if is_pem(value):
            arguments[f"{name}_data"], arguments[f"{name}_file"] = bytes(value), None
    for name in ("ca_certs", "ca_cert_dir", "cert_file", "key_file"):
        if arguments[name] is not None:
            arguments[name] = path_text(arguments[name])
    arguments["system_trust"] = bool(arguments["system_trust"])
    return arguments


# Of the origin alone; the proxy is verified for its own name, by the same CAs.
_NOT_FOR_A_PROXY: Final = ("server_hostname", "cert_file", "key_file", "cert_data", "key_data", "key_password")


def proxy_route_of(pool: Settings) -> ProxyRoute:
    """Return the way to the proxy of a pool that has one."""
    proxy, config = pool.proxy, pool.proxy_config
    tls = None
    if proxy.scheme == "https":
        arguments = {name: value for name, value in tls_arguments_of(pool).items() if name not in _NOT_FOR_A_PROXY}
        for name in ("ssl_context", "assert_hostname", "assert_fingerprint"):
            arguments[name] = getattr(config, name, None)
        tls = TLSSettings(**arguments)
    return ProxyRoute(
        proxy.scheme,
        (proxy.host or "").strip("[]"),
        proxy.port or DEFAULT_PORTS.get(proxy.scheme, 1080),
        auth=getattr(config, "auth", None),
        headers=tuple([(name, _comparable(name, value)) for name, value in pool.proxy_headers.items()]),
        tls=tls,
    )


def _comparable(name: str, value: object) -> Any:
    """Return a field's value as what tells routes apart: text, since 1 equals True and a list has no hash."""
    if value is None or isinstance(value, (str, bytes)):
        return value
    from ..sansio.http1.request_heads import field_value

    return field_value(name, value).decode("latin-1")


def authority(scheme: str, host: str, port: int | None) -> str:
    return Route(scheme, host, port or DEFAULT_PORTS.get(scheme, 80)).authority


def without_zone(url: str) -> str:
    """Return a target in absolute form without a zone id, which means something on this machine only (RFC 6874 3)."""
    scheme, slashes, rest = url.partition("://")
    if rest[:1] != "[":
        return url
    address, bracket, behind = rest.partition("]")
    return f"{scheme}{slashes}{address.partition('%')[0]}{bracket}{behind}"


def path_text(path: Any) -> str:
    import os

    return os.fsdecode(path)


def is_pem(value: object) -> bool:
    """Whether a certificate or a key was given as PEM bytes, and not as the path of a file."""
    return isinstance(value, (bytes, bytearray)) and b"-----BEGIN" in value


#: As `verify`: the CAs that the operating system trusts.
SYSTEM_TRUST: Final = "system"


def is_context(verify: object) -> TypeIs[ssl.SSLContext]:
    """Whether `verify` is an `ssl.SSLContext`, or what looks like one, told without loading ssl."""
    return hasattr(verify, "wrap_socket") and hasattr(verify, "verify_mode")


def trust_of(verify: object) -> bool | str | ssl.SSLContext:
    """Return what `verify` asks for: True, False, a path as text, SYSTEM_TRUST, or the context. All levels ask here.

    None is what no level has decided: verified, as True and 1. Only False and 0 ask for no verification. An empty path
    is a path of a bundle that is missing. TypeError for anything else.
    """
    if verify is None or (isinstance(verify, int) and verify in (0, 1)):
        return verify is None or bool(verify)
    if isinstance(verify, str) or is_context(verify):
        return verify
    if isinstance(verify, bytes) or hasattr(verify, "__fspath__"):
        path = path_text(verify)
        return f"./{path}" if path == SYSTEM_TRUST else path
    raise TypeError(
        "verify= takes True, False, the path of a CA bundle or of a directory of CAs, an ssl.SSLContext, or 'system', "
        f"not {verify!r}"
    )


def verifies(cert_reqs: str | int | None, context: ssl.SSLContext | None) -> bool:
    """Whether `cert_reqs`, in any of the forms that urllib3 takes, asks for a verified peer."""
    if cert_reqs is None:
        return context is None or context.verify_mode != 0
    if isinstance(cert_reqs, str):
        return cert_reqs.upper().removeprefix("CERT_") != "NONE"
    return int(cert_reqs) != 0


def pinned_version(version: str | int) -> ssl.TLSVersion | None:
    """Return the version of TLS that the old `ssl_version=` pins; None where it pins none (PROTOCOL_TLS)."""
    import ssl

    name = version if isinstance(version, str) else ssl._SSLMethod(version).name
    name = name.removeprefix("PROTOCOL_")
    return ssl.TLSVersion[name] if name in ("TLSv1", "TLSv1_1", "TLSv1_2") else None

"""What leads to a connection, as values: the key under which a pool keeps connections.

Two requests may share a connection only when their routes are equal, so everything that decides to whom the bytes
go, and who may read them, is part of a route: scheme, host and port, every TLS setting, the proxy with its
credentials and its own TLS settings, and how to dial. A pure room.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterable
    from ipaddress import IPv4Address, IPv6Address

DEFAULT_PORTS = {"http": 80, "https": 443}


class _Value:
    """Compared and hashed by its attributes, in the order of `_fields`; never changed after it was made."""

    __slots__ = ("_hash", "_key")

    _fields: tuple[str, ...] = ()

    def _seal(self) -> None:
        self._key = tuple(getattr(self, name) for name in self._fields)
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self):
            return NotImplemented
        return self._hash == other._hash and self._key == other._key

    def __hash__(self) -> int:
        return self._hash


class TLSSettings(_Value):
    """Everything that decides what a TLS connection accepts and shows.

    verify: whether the peer's certificate and name are checked; ca_file, ca_dir: paths of trusted CAs; ca_data: PEM
    text or DER bytes of trusted CAs, and where all three are None what OpenSSL trusts by itself; system: whether the
    operating system decides whom to trust; cert_file, key_file, key_password: the client's own certificate;
    cert_data, key_data: the same as PEM bytes; context: an `ssl.SSLContext` of the caller's, used as it is;
    server_hostname: the name to ask for and to check, None for the host; assert_hostname: another name to check, or
    False for none; assert_fingerprint: a digest of the peer's certificate in hex; minimum, maximum: an
    `ssl.TLSVersion`; ciphers: an OpenSSL cipher list; options: more `ssl.OP_*` bits.
    """

    __slots__ = _fields = (
        "verify",
        "ca_file",
        "ca_dir",
        "ca_data",
        "system",
        "cert_file",
        "key_file",
        "cert_data",
        "key_data",
        "key_password",
        "context",
        "server_hostname",
        "assert_hostname",
        "assert_fingerprint",
        "minimum",
        "maximum",
        "ciphers",
        "options",
    )

    def __init__(
        self,
        *,
        verify: bool = True,
        ca_file: str | None = None,
        ca_dir: str | None = None,
        ca_data: str | bytes | None = None,
        system: bool = False,
        cert_file: str | None = None,
        key_file: str | None = None,
        cert_data: bytes | None = None,
        key_data: bytes | None = None,
        key_password: str | None = None,
        context: ssl.SSLContext | None = None,
        server_hostname: str | None = None,
        assert_hostname: str | bool | None = None,
        assert_fingerprint: str | None = None,
        minimum: ssl.TLSVersion | None = None,
        maximum: ssl.TLSVersion | None = None,
        ciphers: str | None = None,
        options: int | None = None,
    ) -> None:
        self.verify: bool = verify
        self.ca_file: str | None = ca_file
        self.ca_dir: str | None = ca_dir
        self.ca_data: str | bytes | None = ca_data
        self.system: bool = system
        self.cert_file: str | None = cert_file
        self.key_file: str | None = key_file
        self.cert_data: bytes | None = cert_data
        self.key_data: bytes | None = key_data
        self.key_password: str | None = key_password
        self.context: ssl.SSLContext | None = context
        self.server_hostname: str | None = server_hostname
        self.assert_hostname: str | bool | None = assert_hostname
        self.assert_fingerprint: str | None = assert_fingerprint
        self.minimum: ssl.TLSVersion | None = minimum
        self.maximum: ssl.TLSVersion | None = maximum
        self.ciphers: str | None = ciphers
        self.options: int | None = options
        self._seal()

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name in self._fields
            if name not in ("key_password", "key_data", "cert_data") and getattr(self, name) not in (None, False)
        )
        return f"TLSSettings({shown})"


class Dialling(_Value):
    """How a TCP connection is opened.

    source_address: (ip, port) to bind to; socket_options: (level, name, value) triples, set before use;
    family: an `socket.AF_*` that addresses are limited to, None for any; resolver: a callable `(host, port) -> IP
    addresses`; resolve: ("host:port", "ip") pairs that come before any resolver; allow_address: a callable that is
    shown each address as an `ipaddress` object and says whether it may be connected to; uds: the path of a Unix
    domain socket to connect to instead of the host; opener: a callable that looks up and connects in our place, with
    the arguments of urllib3's `create_connection`.
    """

    __slots__ = _fields = (
        "source_address",
        "socket_options",
        "family",
        "resolver",
        "resolve",
        "allow_address",
        "uds",
        "opener",
    )

    def __init__(
        self,
        *,
        source_address: tuple[str, int] | None = None,
        socket_options: tuple[tuple[int, int, int | bytes], ...] | None = None,
        family: int | None = None,
        resolver: Callable[[str, int], Iterable[str]] | None = None,
        resolve: tuple[tuple[str, str], ...] = (),
        allow_address: Callable[[IPv4Address | IPv6Address], bool] | None = None,
        uds: str | None = None,
        opener: Callable[..., socket.socket] | None = None,
    ) -> None:
        self.source_address: tuple[str, int] | None = source_address
        self.socket_options: tuple[tuple[int, int, int | bytes], ...] | None = socket_options
        self.family: int | None = family
        self.resolver: Callable[[str, int], Iterable[str]] | None = resolver
        self.resolve: tuple[tuple[str, str], ...] = resolve
        self.allow_address: Callable[[IPv4Address | IPv6Address], bool] | None = allow_address
        self.uds: str | None = uds
        self.opener: Callable[..., socket.socket] | None = opener
        self._seal()


DEFAULT_DIALLING = Dialling()


class ProxyRoute(_Value):
    """A proxy: scheme (http, https, socks4, socks4a, socks5, socks5h), host, port, and how to be let in.

    auth: (user, password) or None; headers: fields for the proxy alone, as pairs; tls: of the connection to an
    https proxy.
    """

    __slots__ = _fields = ("scheme", "host", "port", "auth", "headers", "tls")

    def __init__(
        self,
        scheme: str,
        host: str,
        port: int,
        *,
        auth: tuple[str, str] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        tls: TLSSettings | None = None,
    ) -> None:
        self.scheme: str = scheme
        self.host: str = host
        self.port: int = port
        self.auth: tuple[str, str] | None = auth
        self.headers: tuple[tuple[str, str], ...] = headers
        self.tls: TLSSettings | None = tls
        self._seal()

    @property
    def is_socks(self) -> bool:
        return self.scheme.startswith("socks")

    def __repr__(self) -> str:
        return f"{self.scheme}://{_bracketed(self.host)}:{self.port}"


class Route(_Value):
    """The way to an origin: `scheme`, `host` (lower case, without brackets), `port`, and what leads there.

    A request that an HTTP proxy forwards (RFC 9112 section 3.2.2) has the route of the proxy itself, so that
    requests for different origins share its connections; `forwarding` is true then.
    """

    __slots__ = _fields = ("scheme", "host", "port", "tls", "proxy", "dialling", "forwarding")

    def __init__(
        self,
        scheme: str,
        host: str,
        port: int,
        *,
        tls: TLSSettings | None = None,
        proxy: ProxyRoute | None = None,
        dialling: Dialling = DEFAULT_DIALLING,
        forwarding: bool = False,
    ) -> None:
        self.scheme: str = scheme
        self.host: str = host
        self.port: int = port
        self.tls: TLSSettings | None = tls
        self.proxy: ProxyRoute | None = proxy
        self.dialling: Dialling = dialling
        self.forwarding: bool = forwarding
        self._seal()

    @property
    def authority(self) -> str:
        """Host and port for a Host field: brackets around IPv6, no zone id, no default port (RFC 9110 section 7.2)."""
        host = _bracketed(self.host.partition("%")[0])
        return host if DEFAULT_PORTS.get(self.scheme) == self.port else f"{host}:{self.port}"

    @property
    def may_begin_early(self) -> bool:
        """Whether connecting may begin before all that the connection needs is there.

        Not where a proxy, a path or a program's own function leads there, nor where TLS is asked for what may be found
        unusable: then no connection is made.
        """
        tls, dialling = self.tls, self.dialling
        if self.proxy is not None or dialling.uds is not None or dialling.opener is not None:
            return False
        return tls is None or not (tls.cert_file or tls.cert_data or tls.ca_data or tls.ciphers)

    @property
    def origin(self) -> str:
        """Scheme, host and port as people read them."""
        return f"{self.scheme}://{_bracketed(self.host)}:{self.port}"

    def __str__(self) -> str:
        # Errors carry this text; it is the one that programs search logs of requests for.
        return f"{self.scheme.upper()}ConnectionPool(host={self.host!r}, port={self.port})"

    def __repr__(self) -> str:
        via = f" via {self.proxy!r}" if self.proxy else ""
        return f"<Route {self.origin}{via}>"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host

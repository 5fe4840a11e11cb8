"""What leads to a connection, as values: the key under which a pool keeps connections.

Two requests may share a connection only when their routes are equal, so everything that decides where the bytes
go, and what may read them, is part of a route: scheme, host and port, every TLS setting, the proxy with its
credentials and its own TLS settings, and how to dial. A pure room.
"""

from __future__ import annotations

from .. import Key

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterable
    from ipaddress import IPv4Address, IPv6Address

DEFAULT_PORTS = {"http": 80, "https": 443}


class TLSSettings(Key):
    """Everything that decides what a TLS connection accepts and shows, under urllib3's names where it has one.

    Where none of the three that name CAs is given, OpenSSL trusts what it trusts by itself.
    """

    _secret = ("key_password", "key_data", "cert_data")

    #: Whether the peer's certificate and name are checked.
    verify: bool = True
    #: A file of trusted CAs.
    ca_certs: str | None = None
    #: A directory of trusted CAs.
    ca_cert_dir: str | None = None
    #: Trusted CAs as PEM text or DER bytes.
    ca_cert_data: str | bytes | None = None
    #: Whether the operating system decides which CAs are trusted.
    system_trust: bool = False
    #: The client's own certificate, its key, and the password of that: paths.
    cert_file: str | None = None
    key_file: str | None = None
    #: The same as PEM bytes.
    cert_data: bytes | None = None
    key_data: bytes | None = None
    key_password: str | None = None
    #: The caller's own context, used as it is.
    ssl_context: ssl.SSLContext | None = None
    #: The name to ask for (SNI) and to check; None for the host.
    server_hostname: str | None = None
    #: Another name to check, or False for none.
    assert_hostname: str | bool | None = None
    #: A digest of the peer's certificate in hex.
    assert_fingerprint: str | None = None
    ssl_minimum_version: ssl.TLSVersion | None = None
    ssl_maximum_version: ssl.TLSVersion | None = None
    #: An OpenSSL cipher list.
    ciphers: str | None = None
    #: More `ssl.OP_*` bits.
    options: int | None = None


class SocketOptions(Key):
    """How the socket of a connection is found, opened and set up."""

    #: (ip, port) to bind to.
    source_address: tuple[str, int] | None = None
    #: (level, name, value), set before connecting.
    socket_options: tuple[tuple[int, int, int | bytes], ...] | None = None
    #: A `socket.AF_*` that addresses are limited to; None for any.
    family: int | None = None
    #: Looks a name up, in place of the system.
    resolver: Callable[[str, int], Iterable[str]] | None = None
    #: ("host:port", "ip"), asked before any resolver.
    resolve: tuple[tuple[str, str], ...] = ()
    #: Shown each address as an `ipaddress` object, says whether it may be connected to.
    allow_address: Callable[[IPv4Address | IPv6Address], bool] | None = None
    #: The path of a Unix domain socket to connect to instead of the host.
    uds: str | None = None
    #: Looks up and connects in our place, with the arguments of urllib3's `create_connection`.
    opener: Callable[..., socket.socket] | None = None


DEFAULT_SOCKETS = SocketOptions()


class ProxyRoute(Key):
    """A proxy, and how to be let in."""

    #: http, https, socks4, socks4a, socks5 or socks5h.
    scheme: str
    host: str
    port: int
    #: (user, password).
    auth: tuple[str, str] | None = None
    #: Fields for the proxy alone.
    headers: tuple[tuple[str, str], ...] = ()
    #: Of the connection to an https proxy.
    tls: TLSSettings | None = None

    @property
    def is_socks(self) -> bool:
        return self.scheme.startswith("socks")

    def __repr__(self) -> str:
        return f"{self.scheme}://{_bracketed(self.host)}:{self.port}"


class Route(Key):
    """The way to an origin.

    A request that an HTTP proxy forwards (RFC 9112 section 3.2.2) has the route of the proxy itself, so that
    requests for different origins share its connections.
    """

    scheme: str
    #: In lower case, without brackets.
    host: str
    port: int
    tls: TLSSettings | None = None
    proxy: ProxyRoute | None = None
    sockets: SocketOptions = DEFAULT_SOCKETS
    #: Whether this is the route of a proxy that forwards.
    forwarding: bool = False

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
        tls, sockets = self.tls, self.sockets
        if self.proxy is not None or sockets.uds is not None or sockets.opener is not None:
            return False
        return tls is None or not (tls.cert_file or tls.cert_data or tls.ca_cert_data or tls.ciphers)

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


def without_codec(name: str, takes: object, home: str) -> str | bytes:
    """Return an everyday name as bytes where the function that `takes` it is the own one of the module `home`.

    Text goes through a codec for IDNA there. To load that takes a millisecond, and it changes nothing about these. It
    refuses labels that are too long.
    """
    plain = 0 < len(name) < 64 and name.isascii() and ".." not in name and name[0] != "."
    return name.encode("ascii") if plain and getattr(takes, "__module__", "") == home else name

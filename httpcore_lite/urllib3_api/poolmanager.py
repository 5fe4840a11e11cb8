"""Many origins as programs know them from urllib3: PoolManager, ProxyManager, SOCKSProxyManager.

    PoolManager ──connection_from_host──▶ HTTPConnectionPool (connectionpool.py) ──urlopen──▶ transport
       └── one SharedPool (a transport.ConnectionPool), which all of its HTTPConnectionPools share

A manager of an installed urllib3 that a program brings along is taken for its settings (`adopted_manager`).
"""

from __future__ import annotations

import sys

from ..messages.urls import parse_url
from ..sansio import Value
from ..sansio.attempts import redirected
from ..sansio.connections.routes import DEFAULT_PORTS
from ..sansio.errors import LocationParseError, LocationValueError, ProxySchemeUnknown, URLSchemeUnknown
from ._settings import authority
from .connectionpool import (
    DefaultSize,
    HTTPConnectionPool,
    HTTPSConnectionPool,
    RequestMethods,
    SharedPool,
    drained_after,
    limits_of,
    log_redirect,
)
from .util.retry import Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final, TypeAlias

    from ..messages.urls import ParsedURL

    # Of the installed urllib3, or in its shape.
    _Theirs: TypeAlias = Any
    _Keywords: TypeAlias = dict[str, Any]

# Settings objects kept by a manager; each is a few hundred bytes.
_MAX_POOLS: Final = 1024
_PROXY_SCHEMES: Final = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
pool_classes_by_scheme: Final[dict[str, type[HTTPConnectionPool]]] = {
    "http": HTTPConnectionPool,
    "https": HTTPSConnectionPool,
}


class _Pools(dict[object, HTTPConnectionPool]):
    """The HTTPConnectionPools of a manager: a bounded mapping that forgets the oldest entry first."""

    def __setitem__(self, key: object, pool: HTTPConnectionPool) -> None:
        while len(self) >= _MAX_POOLS:
            self.pop(next(iter(self)), None)
        super().__setitem__(key, pool)

    def keys(self) -> _Theirs:
        """Return the keys of now, as urllib3's container does: other threads add pools meanwhile."""
        return list(self)

    def values(self) -> _Theirs:
        """Return the pools of now."""
        return list(super().values())


class PoolManager(RequestMethods):
    """Connections to any origin, with urllib3's constructor.

    Args:
        num_pools: how many origins keep idle connections.
        headers: sent when a request brings none.
        connection_pool_kw: settings of every HTTPConnectionPool (`maxsize`, `block`, `timeout`, `retries`, and the TLS
            and socket settings). They may be changed later and then hold from the next request on.
    """

    if TYPE_CHECKING:
        proxy: ParsedURL | None
        proxy_config: ProxyConfig | None

    proxy = None
    proxy_config = None

    def __init__(
        self,
        num_pools: int = DefaultSize(10),
        headers: Mapping[str, str] | None = None,
        *,
        shared: SharedPool | None = None,
        **connection_pool_kw: Any,
    ) -> None:
        self.headers: Mapping[str, str] = headers or {}
        self.connection_pool_kw = connection_pool_kw
        self.pools: _Pools = _Pools()
        self._settings_seen = dict(connection_pool_kw)
        maxsize, block = connection_pool_kw.get("maxsize", 1), connection_pool_kw.get("block", False)
        self.shared: SharedPool = shared or SharedPool(limits_of(num_pools, maxsize, block))
        self.pool_classes_by_scheme: dict[str, type[HTTPConnectionPool]] = dict(pool_classes_by_scheme)

    def __enter__(self) -> PoolManager:
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Close the idle connections. The manager can be used again."""
        self.pools.clear()
        self.shared.close()

    def connection_from_host(
        self,
        host: str | None,
        port: int | None = None,
        scheme: str | None = "http",
        pool_kwargs: dict[str, object] | None = None,
    ) -> HTTPConnectionPool:
        """Return the HTTPConnectionPool for this origin and these settings.

        `pool_kwargs` come on top of the manager's own; None takes one of those away. Raises LocationValueError,
        URLSchemeUnknown.
        """
        if not host:
            raise LocationValueError("No host specified.")
        settings = self.connection_pool_kw
        if settings != self._settings_seen:
            self.pools.clear()
            self._settings_seen = dict(settings)
        key: object = (scheme, host, port, tuple(pool_kwargs.items()) if pool_kwargs else None)
        try:
            pool = self.pools.get(key)
        except TypeError:  # a setting that is a list or a dict
            key = (scheme, host, port, repr(pool_kwargs))
            pool = self.pools.get(key)
        if pool is None:
            merged = {**settings, **(pool_kwargs or {})}
            merged = {name: value for name, value in merged.items() if value is not None}
            pool = self._new_pool(scheme or "http", host, port, merged)
            self.pools[key] = pool
        return pool

    def _new_pool(self, scheme: str, host: str, port: int | None, settings: _Keywords) -> HTTPConnectionPool:
        kind: _Theirs = self.pool_classes_by_scheme.get(scheme.lower())
        if kind is None:
            raise URLSchemeUnknown(scheme)
        if not (isinstance(kind, type) and issubclass(kind, HTTPConnectionPool)):
            # A program's own class: it knows urllib3's arguments, and over plain HTTP none of those for TLS.
            from .installed.through import foreign_settings

            words = foreign_settings(settings, kind, with_tls=scheme == "https")
            found: HTTPConnectionPool = kind(host, port, **words)
        else:
            found = kind(host, port, shared=self.shared, **settings)
        return found

    def connection_from_url(self, url: str, pool_kwargs: dict[str, object] | None = None) -> HTTPConnectionPool:
        """Return the HTTPConnectionPool for the origin of `url`."""
        parsed = parse_url(url)
        return self.connection_from_host(parsed.host, parsed.port, parsed.scheme or "http", pool_kwargs)

    def connection_from_context(self, request_context: _Keywords) -> HTTPConnectionPool:
        """Return the HTTPConnectionPool for a dict with scheme, host, port and settings."""
        context = dict(request_context)
        host, port, scheme = context.pop("host"), context.pop("port", None), context.pop("scheme", "http")
        return self.connection_from_host(host, port, scheme, context)

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> object:
        """Send a request to any origin and follow its redirects, as `retries` allows."""
        parsed = parse_url(url)
        pool = self.connection_from_host(parsed.host, parsed.port, parsed.scheme or "http")
        kw.setdefault("headers", self.headers)
        target = (parsed.path or "/") + (f"?{parsed.query}" if parsed.query is not None else "")
        if pool._forwards():
            scheme = parsed.scheme or "http"
            target = f"{scheme}://{authority(scheme, (parsed.host or '').strip('[]'), parsed.port)}{target}"
        response = pool.urlopen(method, target, **{**kw, "assert_same_host": False, "redirect": False})
        location = redirect and response.get_redirect_location()
        if not location:
            return response
        return self._follow(pool, response, method, url, location, kw)

    def _follow(
        self, pool: HTTPConnectionPool, response: _Theirs, method: str, url: str, location: str, kw: _Keywords
    ) -> _Theirs:
        from ..messages.url_parts import join

        location = join(url, location)
        method, kw["body"], kw["headers"] = redirected(response.status, method, kw.get("body"), kw["headers"])
        retries = kw.get("retries", response.retries)
        if not hasattr(retries, "increment"):
            retries = Retry.from_int(retries, redirect=True)
        if retries.remove_headers_on_redirect and not pool.is_same_host(location):
            kw["headers"] = {
                name: value
                for name, value in kw["headers"].items()
                if name.lower() not in retries.remove_headers_on_redirect
            }
        kw["retries"] = drained_after(response, retries, method, url, pool, retries.raise_on_redirect)
        if kw["retries"] is None:
            return response
        log_redirect(url, location, by_manager=True)
        return self.urlopen(method, location, redirect=True, **kw)


class ProxyManager(PoolManager):
    """Connections through one proxy, with urllib3's constructor.

    Plain http goes through an HTTP proxy in absolute form, https through a CONNECT tunnel.

    Args:
        proxy_url: http://, https:// or socks4, socks4a, socks5, socks5h.
        proxy_headers: fields for the proxy alone.
    """

    def __init__(
        self,
        proxy_url: str,
        num_pools: int = DefaultSize(10),
        headers: Mapping[str, str] | None = None,
        proxy_headers: Mapping[str, str] | None = None,
        proxy_ssl_context: object = None,
        use_forwarding_for_https: bool = False,
        proxy_assert_hostname: object = None,
        proxy_assert_fingerprint: str | None = None,
        **connection_pool_kw: Any,
    ) -> None:
        proxy = parse_url(proxy_url)
        if proxy.scheme not in _PROXY_SCHEMES:
            raise ProxySchemeUnknown(proxy.scheme)
        if not proxy.port and proxy.scheme in DEFAULT_PORTS:
            proxy = proxy._replace(port=DEFAULT_PORTS[proxy.scheme])  # programs show it, and read it
        self.proxy: ParsedURL | None = proxy
        self.proxy_ssl_context = proxy_ssl_context
        self.proxy_headers: dict[str, str] = dict(proxy_headers or {})
        tls = proxy_ssl_context, use_forwarding_for_https, proxy_assert_hostname, proxy_assert_fingerprint
        self.proxy_config: ProxyConfig | None = ProxyConfig(*tls, credentials_of(proxy))
        super().__init__(num_pools, headers, **connection_pool_kw)

    def _new_pool(self, scheme: str, host: str, port: int | None, settings: _Keywords) -> HTTPConnectionPool:
        proxy = {"_proxy": self.proxy, "_proxy_headers": self.proxy_headers, "_proxy_config": self.proxy_config}
        return super()._new_pool(scheme, host, port, {**settings, **proxy})


class SOCKSProxyManager(ProxyManager):
    """Connections through a SOCKS proxy, with the constructor of urllib3's class of that name."""

    def __init__(
        self,
        proxy_url: str,
        username: str | None = None,
        password: str | None = None,
        num_pools: int = DefaultSize(10),
        headers: Mapping[str, str] | None = None,
        **connection_pool_kw: Any,
    ) -> None:
        super().__init__(proxy_url, num_pools, headers, **connection_pool_kw)
        if TYPE_CHECKING:
            assert self.proxy is not None and self.proxy.scheme is not None and self.proxy_config is not None
        if not self.proxy.scheme.startswith("socks"):
            raise ValueError(f"Unable to determine SOCKS version from {proxy_url}")
        if username is not None:
            self.proxy_config = self.proxy_config.replaced(auth=(username, password or ""))


class ProxyConfig(Value):
    """How a proxy is to be talked to, beside its address; the first four as urllib3's."""

    _secret = ("auth",)

    #: Of TLS with the proxy itself.
    ssl_context: object = None
    #: Whether it forwards requests for https too, instead of opening a tunnel.
    use_forwarding_for_https: bool = False
    #: The name to check in its certificate, or False for none; and a digest of that in hex.
    assert_hostname: object = None
    assert_fingerprint: str | None = None
    #: (user, password).
    auth: tuple[str, str] | None = None
    #: Whether a tunnel is asked for for http too.
    use_tunnel_for_http: bool = False


def proxy_from_url(url: str, **kw: Any) -> ProxyManager:
    """Return a ProxyManager for the proxy at `url`: what stands under that name in urllib3, where it was replaced."""
    for module in (sys.modules.get("urllib3.poolmanager"), sys.modules[__name__]):
        maker: type[ProxyManager] | None = getattr(module, "ProxyManager", None)
        if maker is not None and getattr(maker, "__module__", None) not in ("urllib3.poolmanager", __name__):
            kw.pop("shared", None)
            return maker(proxy_url=url, **kw)
    return ProxyManager(proxy_url=url, **kw)


def adopted_manager(manager: _Theirs) -> object:
    """Return a manager of ours that has the settings of an installed urllib3's, if that is an unchanged one.

    Well-known adapters make a `urllib3.PoolManager` with an `ssl_context` or the like: what they mean is the
    setting. A subclass, or other pool classes in it, mean more than that: such a manager is returned as it is.
    """
    urllib3 = sys.modules.get("urllib3.poolmanager")
    if urllib3 is None or type(manager) not in (urllib3.PoolManager, urllib3.ProxyManager):
        return manager
    if manager.pool_classes_by_scheme != urllib3.pool_classes_by_scheme:
        return manager
    ours = getattr(manager, "_httpcore_lite_twin", None)
    if ours is None:
        if type(manager) is urllib3.PoolManager:
            ours = PoolManager(manager.pools._maxsize, manager.headers, **manager.connection_pool_kw)
        else:
            ours = _adopted_proxy_manager(manager)
        # The same dict, so that a setting changed later counts here too.
        ours.connection_pool_kw = manager.connection_pool_kw
        manager._httpcore_lite_twin = ours
    return ours


def _adopted_proxy_manager(manager: _Theirs) -> ProxyManager:
    settings = {name: value for name, value in manager.connection_pool_kw.items() if not name.startswith("_proxy")}
    sizes = manager.pools._maxsize, manager.headers, manager.proxy_headers
    return ProxyManager(str(manager.proxy), *sizes, *manager.proxy_config[:4], **settings)


def credentials_of(proxy: _Theirs) -> tuple[str, str] | None:
    """Return (user, password) of a proxy's URL, as text or parsed, escapes undone; None without a user.

    A user alone, which is how keys of an API are written, has the empty password (as curl has it, not as requests).
    None for what is no URL, too: whatever asks that proxy says so.
    """
    try:
        parsed = parse_url(proxy) if isinstance(proxy, str) else proxy
    except LocationParseError:
        return None
    user, _, password = (parsed.auth or "").partition(":")
    if not user:
        return None
    from urllib.parse import unquote

    return unquote(user), unquote(password)

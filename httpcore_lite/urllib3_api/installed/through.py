"""The way of a request through a pool that is not ours: of an installed urllib3, or of a program's own making.

Taken where a program has replaced something in urllib3 or http.client (`_installed.py`), and where an adapter's
override returns such a pool. The pool gets requests' arguments and no others. What requests does not have is of
three kinds:

    kept above the pool      Timeouts(total=), max_response_size, max_decode_ratio, on_download, on_retry, retries,
                             rate_limit
    refused                  what only our transport could keep: addresses, pins, Unix sockets, trailers
    absent                   trace, timings, connection_info, on_upload, on_informational, TLS resumption, idle_timeout,
                             max_age, max_connections, credentials for a proxy's challenges
"""

from __future__ import annotations

import sys
from time import monotonic

from ..._internal_utils import load
from ...sansio.options import NO_OPTIONS
from ...sansio.timeouts import Timeouts
from .._settings import active, refuse
from .bounded import BoundedResponse, ran_out
from .in_use import convert_retry, convert_timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, TypeAlias

    from ...sansio.options import ExchangeOptions
    from ...sansio.timeouts import Deadline

    # Of the installed urllib3, or in its shape.
    _Theirs: TypeAlias = Any

# Settings of our pools that decide where a connection leads, which urllib3 has no words for.
_OUR_DIALLING: Final = ("resolver", "resolve", "allow_address", "family", "uds")
_THEIR_DIALLING: Final = ("source_address", "socket_options")
# What urllib3 is told about TLS; files and contexts are dealt with in `_tls_words`.
_TRUST: Final = (
    "ca_certs", "ca_cert_dir", "ca_cert_data", "cert_file", "key_file", "key_password", "ssl_context",
    "ssl_minimum_version", "ssl_maximum_version", "ssl_version",
)  # fmt: skip
_CHECKS: Final = ("server_hostname", "assert_hostname", "assert_fingerprint", "cert_reqs")
#: Among the settings of a pool of ours: the names of those that are options of ours, given to a Session or an adapter.
OPTIONS: Final = "_options"


class WayThroughUrllib3:
    """In the place of a Route: the pool of the installed urllib3 for the settings of one of ours.

    RequestException where a setting could not be kept on this way.
    """

    def __init__(self, pool: _Theirs, patched: tuple[str, ...]) -> None:
        given = [name for name in _OUR_DIALLING if getattr(pool, name) is not None]
        # urllib3's own pin, from a program that speaks to urllib3, is urllib3's to keep.
        given += [name for name in pool.conn_kw.get(OPTIONS, ()) if name == "assert_fingerprint"]
        refuse(given, patched)
        self.origin: str = f"{pool.scheme}://{pool.host}:{pool.port}"
        self.patched: tuple[str, ...] = patched
        self._pool = _pool_of_urllib3(pool)

    def urlopen(self, pool: _Theirs, options: ExchangeOptions, **kw: object) -> _Theirs:
        """Send a request as `HTTPConnectionPool.urlopen` would, through the other pool."""
        if options.trailers:
            refuse(["trailers"], self.patched)
        if kw["body_pos"] is None:
            del kw["body_pos"]
        if kw["headers"] is None:
            kw["headers"] = pool.headers
        return send_through(self._pool, options, **kw)


def way_through(pool: object) -> Callable[..., object]:
    """Return `urlopen` of a pool that is not ours, with two keywords of ours: `timeout` and `options`."""
    if (mocked := active.mocked) is not None:
        mocked.refuse(type(pool))

    def urlopen(*, timeout: object, options: ExchangeOptions = NO_OPTIONS, **kw: object) -> object:
        options = options.replaced(timeouts=Timeouts.of(timeout))
        if options.trailers:
            refuse(["trailers"], (f"HTTPAdapter's pool ({type(pool).__module__}.{type(pool).__qualname__})",))
        return send_through(pool, options, **kw)

    return urlopen


def send_through(pool: _Theirs, options: ExchangeOptions, *, retries: _Theirs, **kw: object) -> object:
    """Send a request through a pool that is not ours, with requests' arguments; what we bound is bounded here.

    Returns its response, or one that wraps it where a body is to be bounded. Raises what the pool raises, and
    ReadTimeoutError once the call's time is over.
    """
    timeout, retries = convert_timeout(options.timeouts), convert_retry(retries)
    deadline = options.deadline
    if deadline is not None:
        timeout = _within(timeout, deadline)
    if deadline is not None or options.on_retry is not None:
        retries = _watched(retries, options)
    if options.timeouts.pool is not None:
        kw["pool_timeout"] = options.timeouts.pool
    bounded = deadline is not None or options.max_response_size or options.max_decode_ratio or options.on_download
    preload = bounded and kw.pop("preload_content")
    if bounded:
        kw["preload_content"] = False
    kw["assert_same_host"] = False
    turn = None
    if options.rate_limit is not None:
        from .limited import counting, first_turn

        turn = first_turn(pool, str(kw.get("url")), options)
        retries = counting(retries, turn)
    raw = pool.urlopen(retries=retries, timeout=timeout, **kw)
    if turn is not None:
        turn.heard(raw)
    if not bounded:
        return raw
    response = BoundedResponse(raw, options)
    if preload:
        response.read(cache_content=True)
    return response


def _pool_of_urllib3(pool: _Theirs) -> object:
    """Return the pool that requests would send through with these settings."""
    room: _Theirs = load("urllib3.poolmanager")
    limits = pool.shared.limits
    sizes = {"num_pools": 1, "maxsize": limits.per_key or limits.idle_per_key, "block": limits.per_key is not None}
    settings = {"headers": pool.headers, **sizes}
    manager = room.PoolManager(**settings) if pool.proxy is None else _proxy_manager(room, pool, settings)
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    return manager.connection_from_host(host, port=pool.port, scheme=pool.scheme, pool_kwargs=words_of(pool))


def _proxy_manager(room: _Theirs, pool: _Theirs, settings: dict[str, object]) -> _Theirs:
    from ...messages.urls import parse_url

    proxy, config = pool.proxy, pool.proxy_config
    url = parse_url(str(proxy))
    if url.scheme and url.scheme.startswith("socks"):
        try:
            socks = load("urllib3.contrib.socks")
        except ImportError as error:
            from ...exceptions import InvalidSchema

            raise InvalidSchema("Missing dependencies for SOCKS support.") from error
        username, password = getattr(config, "auth", None) or (None, None)
        return socks.SOCKSProxyManager(str(proxy), username=username, password=password, **settings)
    words = {
        f"proxy_{name}": getattr(config, name, None)
        for name in ("ssl_context", "assert_hostname", "assert_fingerprint")
    }
    words["use_forwarding_for_https"] = getattr(config, "use_forwarding_for_https", None)
    given = {name: value for name, value in words.items() if value is not None}
    return room.ProxyManager(str(proxy), proxy_headers=pool.proxy_headers, **settings, **given)


def foreign_settings(settings: dict[str, object], maker: object, with_tls: bool = True) -> dict[str, object]:
    """Return the settings of a pool for a manager, or a class of pools, that is not ours, in urllib3's words.

    RequestException for those that it has no word for.
    """
    kind = maker if isinstance(maker, type) else type(maker)
    if (mocked := active.mocked) is not None:
        mocked.refuse(kind)
    name = f"{kind.__module__}.{kind.__qualname__}"
    refuse([word for word in _OUR_DIALLING if word in settings], (f"HTTPAdapter's connections ({name})",))
    dropped = {"system_trust", OPTIONS, *(() if with_tls else (*_TRUST, *_CHECKS))}
    words = {word: value for word, value in settings.items() if word not in dropped}
    if "system_trust" in settings and with_tls:
        from ...sansio.connections.routes import TLSSettings
        from ...transport.connectors.tls import new_context

        words["ssl_context"] = new_context(TLSSettings(system_trust=True))
    return words


def words_of(pool: _Theirs) -> dict[str, object]:
    """Return the settings of a pool of ours in urllib3's words, without those that it knows nothing of."""
    given = {name: getattr(pool, name) for name in (*_THEIR_DIALLING, *_TRUST, *_CHECKS)}
    words = {name: value for name, value in pool.conn_kw.items() if name != OPTIONS}
    words.update({name: value for name, value in given.items() if value is not None})
    if "socket_options" in words:
        # Ours come on top of TCP_NODELAY; urllib3's take its place.
        words["socket_options"] = [(6, 1, 1), *words["socket_options"]]
    settings = pool._tls_settings()
    if settings is not None and (settings.system_trust or settings.cert_data is not None):
        from ...transport.connectors.tls import new_context

        # urllib3 knows paths only: the context has it all.
        words = {name: value for name, value in words.items() if name not in _TRUST}
        words["ssl_context"] = new_context(settings)
    return words


# -- what is kept above the pool ---------------------------------------------------------------------------------


def _within(timeout: _Theirs, deadline: Deadline) -> object:
    """Return a Timeout of urllib3's that leaves each attempt no more than is left of the whole call."""
    room = sys.modules.get("urllib3.util.timeout")
    if room is None or not isinstance(timeout, room.Timeout):
        return timeout

    def clone(self: _Theirs) -> _Theirs:
        # Asked for once an attempt, before it begins.
        left = deadline.remaining(monotonic())
        if left <= 0:
            raise ran_out(deadline)
        return room.Timeout(connect=self._connect, read=self._read, total=left)

    within: _Theirs = type("Within", (room.Timeout,), {"clone": clone})
    return within(connect=timeout._connect, read=timeout._read, total=deadline.seconds)


def _watched(retries: object, options: ExchangeOptions) -> object:
    """Return a Retry that tells `on_retry` of each attempt that failed, and whose pauses keep to the deadline."""
    room = sys.modules.get("urllib3.util.retry")
    if room is None or not isinstance(retries, room.Retry):
        return retries

    theirs: _Theirs = type(retries)

    def sleep(self: _Theirs, response: object = None) -> None:
        if options.on_retry is not None and self.history:
            options.on_retry(self.history[-1])
        deadline = options.deadline
        if deadline is not None:
            asked = self.get_retry_after(response) if response and self.respect_retry_after_header else None
            if (asked or self.get_backoff_time()) >= deadline.remaining(monotonic()):
                raise ran_out(deadline, "The next attempt would come too late.")
        theirs.sleep(self, response)

    watched: _Theirs = object.__new__(type("Watched", (theirs,), {"sleep": sleep}))
    watched.__dict__.update(vars(retries))
    return watched

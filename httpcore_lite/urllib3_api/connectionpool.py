"""One origin as programs know it from urllib3: HTTPConnectionPool, and the story of a request in its `urlopen`.

With `poolmanager.py` and `adapters.py` this is the bridge between the floors. An HTTPConnectionPool here holds settings
and no sockets: the sockets are in a `transport.ConnectionPool`, which all the pools of a manager share, under a route
made from the settings as they are at the moment of the request. So a setting that is changed counts from the next
request on, and never reaches a connection made under other settings.

    fields and body framed ──▶ transport.exchange ──▶ Retry is asked ──▶ the response, or once more
"""

from __future__ import annotations

import sys
from operator import attrgetter
from os import urandom
from time import monotonic

from .._internal_utils import late, lazy_names
from ..messages.urls import parse_url
from ..sansio.attempts import Attempts, is_exhausted, policy_after, redirected, too_late
from ..sansio.connections.ledger import Limits
from ..sansio.connections.routes import DEFAULT_PORTS, Route, TLSSettings
from ..sansio.errors import (
    HostChangedError,
    LocationValueError,
    ProtocolError,
    ProxyError,
    SSLError,
    TimeoutError,
    TransportError,
    URLSchemeUnknown,
)
from ..sansio.http1.headers import text_of
from ..sansio.http1.request_body import OutgoingBody, announced, framed
from ..sansio.options import NO_OPTIONS, ExchangeOptions
from ..sansio.timeouts import NO_LIMITS, Deadline, Timeouts
from ..structures import pairs_of
from ._settings import (
    SOCKET_NAMES,
    TLS_NAMES,
    active,
    authority,
    patched_in_urllib3,
    proxy_route_of,
    route_while_mocked,
    sockets_of,
    tls_arguments_of,
    without_zone,
)
from .util.retry import Retry, sleep_within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from typing_extensions import Self

    from ..messages import url_parts as _url_parts
    from ..sansio.http1 import request_heads as _request_heads
    from ..sansio.http1.headers import GivenFields
    from ..sansio.http1.request_heads import RequestHeads
    from ..transport import pool as _pools
    from ..transport.exchange import EarlyHeads
    from ..transport.response import RawResponse
    from .connection import HTTPConnection as HTTPConnection
    from .connection import HTTPSConnection as HTTPSConnection
    from .installed.patches import Survey
    from .installed.through import WayThroughUrllib3
    from .util.retry import RetryLike
    from .util.timeout import Timeout as Timeout
else:
    _pools = late(".transport.pool")
    _request_heads = late(".sansio.http1.request_heads")
    _url_parts = late(".messages.url_parts")

_DEFAULT: Final[object] = object()
_NO_SCHEME: Any = None
# The settings of a pool that decide how a socket is opened, and about TLS.
_socket_values = attrgetter(*SOCKET_NAMES)
_tls_values = attrgetter(*TLS_NAMES)
# transport.exchange.exchange, once a request was sent.
_exchange: Any = None


class DefaultSize(int):
    """A size that was not asked for: equal to urllib3's and requests' default, and recognisable as one."""


class SharedPool:
    """The connections that the pools of one manager share, opened at the first request.

    h11, sockets and the rooms on top of them take longer to load than all the rest: a program that makes a session
    and sends nothing, or sends it through an adapter of its own, does not pay for them.
    """

    if TYPE_CHECKING:
        _pool: _pools.ConnectionPool | None

    _pool = None

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    @property
    def pool(self) -> _pools.ConnectionPool:
        """The transport's pool: one, however many threads send the first request."""
        pool = self._pool
        if pool is None:
            # One step, so that no lock is needed: of several made at the same time the first one stays.
            pool = self.__dict__.setdefault("_pool", _pools.ConnectionPool(self.limits))
        return pool

    @property
    def is_open(self) -> bool:
        """Whether a request was ever sent."""
        return self._pool is not None

    def close(self) -> None:
        """Close the idle connections."""
        if self._pool is not None:
            self._pool.close()


class RequestMethods:
    """`request`, as pools and managers have it: fields put where the method wants them, then `urlopen`."""

    if TYPE_CHECKING:
        headers: Mapping[str, str]

    def urlopen(self, method: str, url: str, *args: Any, **kw: Any) -> object:
        """Send a request; what a subclass does."""
        raise TypeError(f"{type(self).__name__} does not say how to send a request")

    def request(
        self,
        method: str,
        url: str,
        body: object = None,
        fields: object = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        **urlopen_kw: Any,
    ) -> Any:
        """Send a request with `fields` in the URL or the body, as the method wants it, or with `json`."""
        method = method.upper()
        if json is not None:
            if body is not None:
                raise TypeError("request got values for both 'body' and 'json' parameters which are mutually exclusive")
            import json as codec

            headers = dict(headers if headers is not None else self.headers)
            if not any(name.lower() == "content-type" for name in headers):
                headers["Content-Type"] = "application/json"
            body = codec.dumps(json, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        if body is not None:
            urlopen_kw["body"] = body
        if method in ("DELETE", "GET", "HEAD", "OPTIONS"):
            return self.request_encode_url(method, url, fields=fields, headers=headers, **urlopen_kw)
        return self.request_encode_body(method, url, fields=fields, headers=headers, **urlopen_kw)

    def request_encode_url(
        self, method: str, url: str, fields: Any = None, headers: Mapping[str, str] | None = None, **urlopen_kw: object
    ) -> object:
        """Send a request with `fields` in the query."""
        if fields:
            from urllib.parse import urlencode

            url += ("&" if "?" in url else "?") + urlencode(fields)
        urlopen_kw["headers"] = self.headers if headers is None else headers
        return self.urlopen(method, url, **urlopen_kw)

    def request_encode_body(
        self,
        method: str,
        url: str,
        fields: Any = None,
        headers: Mapping[str, str] | None = None,
        encode_multipart: bool = True,
        multipart_boundary: str | None = None,
        **urlopen_kw: object,
    ) -> object:
        """Send a request with `fields` as a form in the body."""
        sent = dict(self.headers if headers is None else headers)
        if fields:
            if "body" in urlopen_kw:
                raise TypeError("request got values for both 'fields' and 'body', can only specify one.")
            if encode_multipart:
                from ..messages.multipart import encode_multipart_formdata

                body, content_type = encode_multipart_formdata(fields, boundary=multipart_boundary)
            else:
                from urllib.parse import urlencode

                body, content_type = urlencode(fields).encode(), "application/x-www-form-urlencoded"
            urlopen_kw["body"] = body
            sent.setdefault("Content-Type", content_type)
        return self.urlopen(method, url, headers=sent, **urlopen_kw)


class ConnectionPool:
    """What every pool is, whatever its scheme: an origin, closed at the end of a `with`. Only a base class."""

    scheme: str = _NO_SCHEME  # of this base alone
    host: str
    port: int

    def close(self) -> None:
        """Close the idle connections; what a subclass does."""

    def __str__(self) -> str:
        return f"{type(self).__name__}(host={self.host!r}, port={self.port!r})"

    __repr__ = __str__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class HTTPConnectionPool(ConnectionPool, RequestMethods):
    """One origin and the settings to reach it with, in urllib3's words.

    `conn_kw` are further settings: `source_address`, `socket_options`, and for https the names in urllib3's
    documentation (`ca_certs`, `cert_reqs`, `cert_file`, `ssl_context`, `assert_hostname` ...); beside these
    `resolver`, `resolve`, `allow_address`, `family` and `uds` of `sansio.connections.routes.SocketOptions`. They are
    attributes and may be changed.
    """

    scheme = "http"

    if TYPE_CHECKING:
        source_address: tuple[str, int] | None
        socket_options: object
        resolver: object
        resolve: object
        allow_address: object
        family: object
        uds: object

    def __init__(
        self,
        host: str,
        port: int | None = None,
        timeout: object = _DEFAULT,
        maxsize: int = 1,
        block: bool = False,
        headers: Mapping[str, str] | None = None,
        retries: RetryLike | bool | int | None = None,
        _proxy: Any = None,
        _proxy_headers: Mapping[str, str] | None = None,
        _proxy_config: object = None,
        *,
        shared: SharedPool | None = None,
        **conn_kw: object,
    ) -> None:
        if not host:
            raise LocationValueError("No host specified.")
        self.host: str = host.strip("[]").lower()
        self.port: int = port or DEFAULT_PORTS[self.scheme]
        self.timeout: object = None if timeout is _DEFAULT else timeout
        self.block = block
        self.headers: Mapping[str, str] = headers or {}
        self.retries = retries
        self.proxy = _proxy
        self.proxy_headers: dict[str, str] = dict(_proxy_headers or {})
        self.proxy_config = _proxy_config
        self.shared: SharedPool = shared or SharedPool(limits_of(1, maxsize, block))
        for name in (*SOCKET_NAMES, *TLS_NAMES):
            setattr(self, name, conn_kw.pop(name, None))
        self.conn_kw = conn_kw
        self._heads: RequestHeads | None = None
        self._named: tuple[Route | None, str] = (None, "")  # the route of the last request, and its authority
        self._route_made: tuple[tuple[object, ...], Route | WayThroughUrllib3] | None = None

    def close(self) -> None:
        """Close the idle connections of the pool that this one draws from."""
        self._route_made = None
        self.shared.close()

    def is_same_host(self, url: str) -> bool:
        """Whether `url` is a path, or leads to this origin."""
        if url.startswith("/"):
            return True
        parsed = parse_url(url)
        scheme = parsed.scheme or "http"
        port = parsed.port or DEFAULT_PORTS.get(scheme)
        return (scheme, (parsed.host or "").strip("[]"), port) == (self.scheme, self.host, self.port)

    # -- settings to routes --------------------------------------------------------------------------------

    def _route(self) -> Route | WayThroughUrllib3:
        """Return the route that the settings mean now, or a way of its own (`installed/through.py`)."""
        patched = patched_in_urllib3()
        uses_tls = self.scheme == "https" or (self.proxy is not None and self.proxy.scheme == "https")
        settings = (patched, *_socket_values(self), *(_tls_values(self) if uses_tls else ()))
        made = self._route_made
        if made is not None and made[0] == settings:
            return made[1]
        route = self._new_route(patched)
        if made is not None and made[1] == route:
            route = made[1]  # the one that connections are kept under is found without comparing its fields
        self._route_made = (settings, route)
        return route

    def _new_route(self, patched: Survey | None) -> Route | WayThroughUrllib3:
        if patched is not None and patched.patched:
            from .installed.through import WayThroughUrllib3

            return WayThroughUrllib3(self, patched.patched)
        sockets = sockets_of(self, patched)
        proxy = None if self.proxy is None else proxy_route_of(self)
        if proxy is not None and self._forwards():
            tls = proxy.tls if proxy.scheme == "https" else None
            return Route(proxy.scheme, proxy.host, proxy.port, tls=tls, sockets=sockets, forwarding=True)
        return Route(self.scheme, self.host, self.port, tls=self._tls_settings(), proxy=proxy, sockets=sockets)

    def _forwards(self) -> bool:
        """Whether an HTTP proxy forwards the requests, instead of opening a tunnel for them."""
        if self.proxy is None or self.proxy.scheme.startswith("socks"):
            return False
        if self.scheme == "http":
            return not getattr(self.proxy_config, "use_tunnel_for_http", False)
        return bool(getattr(self.proxy_config, "use_forwarding_for_https", False))

    def _tls_settings(self) -> TLSSettings | None:
        return None

    # -- a request -----------------------------------------------------------------------------------------

    def urlopen(
        self,
        method: str,
        url: str,
        body: object = None,
        headers: Mapping[str, object] | None = None,
        retries: RetryLike | bool | int | None = None,
        redirect: bool = True,
        assert_same_host: bool = True,
        timeout: object = _DEFAULT,
        pool_timeout: float | None = None,
        release_conn: bool | None = None,
        chunked: bool = False,
        body_pos: object = None,
        preload_content: bool = True,
        decode_content: bool = True,
        *,
        options: ExchangeOptions = NO_OPTIONS,
        **response_kw: object,
    ) -> RawResponse:
        """Send a request and return its response, after as many attempts as `retries` allows.

        As urllib3's: `url` is the target (absolute when a proxy forwards it), `timeout` a Timeouts or anything that
        requests takes, `retries` a Retry, a number, False, or None for the pool's own. `options` are
        those that urllib3 does not have. Raises MaxRetryError when the attempts are used up, or the error itself where
        Retry says so.
        """
        if not hasattr(retries, "increment"):
            retries = Retry.from_int(retries, redirect=redirect, default=self.retries)
        if assert_same_host and not self.is_same_host(url):
            raise HostChangedError(self, url, retries)
        options = self._timed(options, timeout, pool_timeout)
        route = self._route() if active.mocked is None else route_while_mocked(self, url)
        if not isinstance(route, Route):
            # What a program has put into an installed urllib3 counts, so the request is sent by that one.
            raw: RawResponse = route.urlopen(
                self, options, method=method, url=url, body=body, headers=headers, retries=retries, redirect=redirect,
                chunked=chunked, body_pos=body_pos, preload_content=preload_content, decode_content=decode_content,
            )  # fmt: skip
            return raw
        if route.tls is not None or self.proxy is not None:
            self._warn_if_unverified(route)
        attempts = Attempts(method, url, route, OutgoingBody(body, body_pos), options, retries)
        raw = self._result_of(attempts, headers, chunked)
        raw.decode_content = decode_content
        if preload_content:
            raw.read(cache_content=True)
        if not redirect or not (location := raw.get_redirect_location()):
            return raw
        return self._redirected(
            raw, location, method, url, body, headers, assert_same_host=assert_same_host, timeout=timeout,
            pool_timeout=pool_timeout, chunked=chunked, preload_content=preload_content,
            decode_content=decode_content, options=attempts.options)  # fmt: skip

    def _result_of(self, attempts: Attempts, headers: Mapping[str, object] | None, chunked: bool) -> RawResponse:
        """Frame the request, then send it to the origin or to the proxy that forwards it; returns the response."""
        method, url, body = attempts.method, attempts.target, attempts.body
        fields: list[Any] = pairs_of(self.headers if headers is None else headers)
        if self.proxy is not None:
            fields = self._with_proxy_fields(fields)
        fields = framed(fields, method, body, chunked)
        if attempts.options.trailers:
            fields, trailers = announced(fields, body, attempts.options.trailers)
            attempts.options = attempts.options.replaced(trailers=trailers)
        if self.proxy is not None and self._forwards():
            return self._forwarded(attempts, fields)
        heads = self._heads or self._new_heads()
        return self._sent(heads.build(method, url, fields, self._host(url, attempts.route)), attempts)

    def _new_heads(self) -> RequestHeads | type[EarlyHeads]:
        """Load what sends a request, at the first one, and return what makes heads: it is kept once h11 is loaded."""
        global _exchange
        if _exchange is None:
            from ..transport import exchange

            _exchange = exchange.exchange
            return exchange.EarlyHeads
        heads = self._heads = _request_heads.RequestHeads()
        return heads

    def _timed(self, options: ExchangeOptions, timeout: object, pool_timeout: float | None) -> ExchangeOptions:
        """Return the options of one request with its own timeout or the pool's, and a deadline if that has one."""
        timeouts = Timeouts.of(self.timeout if timeout is _DEFAULT else timeout)
        if pool_timeout is not None:
            kept = {name: getattr(timeouts, name) for name in Timeouts.__slots__}
            timeouts = Timeouts(**{**kept, "pool": pool_timeout})
        deadline = options.deadline
        if deadline is None and timeouts.total is not None:
            deadline = Deadline(timeouts.total, monotonic())
        if options is NO_OPTIONS:
            return ExchangeOptions(timeouts, deadline) if timeouts is not NO_LIMITS else options
        if timeouts is options.timeouts and deadline is options.deadline:
            return options
        return options.replaced(timeouts=timeouts, deadline=deadline)

    def _forwarded(self, attempts: Attempts, fields: GivenFields) -> RawResponse:
        """Send a request to the proxy that forwards it, once more if the proxy asks for credentials that we have."""
        allow: Any = self.allow_address
        if allow is not None and ((mocked := active.mocked) is None or mocked.passes):
            from ..sansio.connections.addresses import check_literal_address

            for host in (self.host, parse_url(attempts.target).host):
                check_literal_address((host or self.host).strip("[]"), allow, self)
        from ..sansio.connections.proxy_auth import Negotiation

        method, body = attempts.method, attempts.body
        attempts.target = url = without_zone(attempts.target)
        host = self._host(url, attempts.route)
        given = [text_of(value) for name, value in fields if value and text_of(name).lower() == "proxy-authorization"]
        login = self.shared.pool.memory.logins.of(proxy_route_of(self))
        own = given[0] if given else None
        negotiation = Negotiation(login, own)
        heads = self._heads or self._new_heads()
        while True:
            said = negotiation.authorization(method, url, urandom(8).hex(), body.data)
            if said is not own:
                fields = [field for field in fields if text_of(field[0]).lower() != "proxy-authorization"]
                fields.append(("Proxy-Authorization", said))
            raw = self._sent(heads.build(method, url, fields, host), attempts)
            if raw.status != 407 or not body.is_repeatable:
                return raw
            if not negotiation.asks_again(raw.status, raw.headers.getlist("proxy-authenticate")):
                return raw
            if negotiation.may_stay(body):
                raw.drain_conn()
            else:
                raw.drop_conn()
            body.rewind()

    def _sent(self, request: object, attempts: Attempts) -> RawResponse:
        """Do the exchange, again as often as the policy says, and return the response that is the result."""
        method, url, route, options = attempts.method, attempts.target, attempts.route, attempts.options
        while True:
            if options.rate_limit is not None:
                turn = options.rate_limit.turn(self.scheme, self.host, self.port, options)
                options = options.replaced(turn=turn)
            try:
                raw: RawResponse = _exchange(self.shared.pool, route, request, method, url, attempts.body, options)
            except (TimeoutError, ProtocolError, SSLError, ProxyError) as error:
                self._pause(attempts, None, error, attempts.after_error(error, self._addressed(route)))
                continue
            raw.retries = retries = attempts.retries
            raw.on_error = _adopt
            if (options.turn is not None and options.turn.heard(raw)) or not attempts.asks_again(raw):
                return raw
            following = drained_after(raw, retries, method, url, self._addressed(route), retries.raise_on_status)
            if following is None:
                return raw
            attempts.retries = following
            self._pause(attempts, raw, None, None)

    def _pause(
        self, attempts: Attempts, raw: RawResponse | None, error: TransportError | None, blamed: TransportError | None
    ) -> None:
        """Sleep before the next attempt and rewind; ReadTimeoutError at once if the call would be over by then."""
        attempts.announce(raw, error)
        retries, deadline = attempts.retries, attempts.options.deadline
        left = None if deadline is None else deadline.remaining(monotonic())
        flag = attempts.options.cancellation
        if flag is not None:
            flag.check()
            in_time = sleep_within(retries, left, raw, flag.pause)
        else:
            ours = hasattr(retries, "sleep_within")  # else one of an installed urllib3
            in_time = retries.sleep_within(left, raw) if ours else sleep_within(retries, left, raw)
        if not in_time:
            assert deadline is not None
            raise too_late(self, attempts.target, deadline)
        if "logging" in sys.modules:
            from ..sansio.urllib3_log import retried

            retried(attempts.target, retries, blamed)
        attempts.body.rewind(error)

    def _redirected(
        self, raw: RawResponse, location: str, method: str, url: str, body: object, headers: Any, **kw: Any
    ) -> RawResponse:
        """Follow a redirect on this origin, as `urlopen` does unless it was told not to."""
        if raw.status == 303 and headers is None:
            headers = self.headers
        method, body, headers = redirected(raw.status, method, body, headers)
        retries = drained_after(raw, raw.retries, method, url, self, raw.retries.raise_on_redirect)
        if retries is None:
            return raw
        deadline = kw["options"].deadline
        if deadline is not None and (retries.get_retry_after(raw) or 0) >= deadline.remaining(monotonic()):
            raise too_late(self, url, deadline)
        retries.sleep_for_retry(raw)
        log_redirect(url, location)
        target = _url_parts.join(url, location)
        return self.urlopen(method, target, body=body, headers=headers, retries=retries, redirect=True, **kw)

    def _addressed(self, route: Route) -> HTTPConnectionPool:
        """Return the pool that an error names: as in urllib3 the proxy's, where that forwards the requests."""
        if not route.forwarding:
            return self
        kind = HTTPSConnectionPool if route.scheme == "https" else HTTPConnectionPool
        return kind(route.host, route.port, shared=self.shared)

    def _host(self, url: str, route: Route) -> str:
        """Return what the Host field says: the origin, also where the target is absolute."""
        if url.startswith("/") or not route.forwarding:
            if route.forwarding:
                return authority(self.scheme, self.host, self.port)
            if self._named[0] is not route:
                self._named = route, route.authority
            return self._named[1]
        parsed = parse_url(url)
        return authority(parsed.scheme or "http", (parsed.host or self.host).strip("[]"), parsed.port)

    def _with_proxy_fields(self, fields: GivenFields) -> GivenFields:
        """Return the fields with those for the proxy, where it reads them; without its credentials, where it does not.

        Inside of a tunnel the origin would read them, and they are none of its business.
        """
        replaced = {name.lower() for name in self.proxy_headers} if self._forwards() else {"proxy-authorization"}
        fields = [field for field in fields if text_of(field[0]).lower() not in replaced]
        return [*fields, *self.proxy_headers.items()] if self._forwards() else fields

    def _warn_if_unverified(self, route: Route) -> None:
        """Warn about TLS without verification, as urllib3 does at each request."""
        tls = route.tls
        if tls is None or tls.verify or tls.assert_fingerprint:
            return
        import warnings

        from .installed.in_use import insecure_request_warning

        warnings.warn(
            f"Unverified HTTPS request is being made to host {route.host!r}. "
            "Adding certificate verification is strongly advised: verify='/path/to/ca.pem'. See docs/tls.md.",
            insecure_request_warning(),
            stacklevel=4,
        )


class HTTPSConnectionPool(HTTPConnectionPool):
    """One https origin."""

    scheme = "https"

    def _tls_settings(self) -> TLSSettings:
        return TLSSettings(**tls_arguments_of(self))


def connection_from_url(url: str, **kw: Any) -> HTTPConnectionPool:
    """Return an HTTPConnectionPool for the origin of `url`."""
    parsed = parse_url(url)
    kind = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}.get(parsed.scheme or "http")
    if kind is None:
        raise URLSchemeUnknown(parsed.scheme)
    return kind(parsed.host or "", parsed.port, **kw)


# Of a session for which nothing else is said. (Values do not change, so that all may have the same one.)
_USUAL_LIMITS: Final = Limits()


def limits_of(num_pools: int, maxsize: int, block: bool, **bounds: Any) -> Limits:
    """Return the bounds that these three numbers mean; a DefaultSize bounds the connections, not the origins.

    `bounds` are bounds of `Limits` itself, which come over what the numbers mean.
    """
    bounded = not isinstance(num_pools, DefaultSize)
    kept = max(1, maxsize)
    if not (bounded or block or bounds) and kept == _USUAL_LIMITS.idle_per_key:
        return _USUAL_LIMITS
    if isinstance(maxsize, DefaultSize):
        # A program that allows more to be open at once wants them kept, too.
        kept = max(kept, bounds.get("per_key") or 0, bounds.get("total") or 0)
    limits = Limits(
        idle=max(256, num_pools * maxsize) if bounded else 256,
        idle_per_key=kept,
        keys=max(1, num_pools) if bounded else None,
        per_key=max(1, maxsize) if block else None,
    )
    return limits.replaced(**bounds) if bounds else limits


def drained_after(raw: RawResponse, retries: Any, method: str, url: str, pool: object, raises: bool) -> Any:
    """Do `policy_after`, and read the rest of a response that is no result: its connection can be used again."""
    try:
        following = policy_after(raw, retries, method, url, pool, raises)
    except Exception as error:
        if is_exhausted(error):
            raw.drain_conn()
        raise
    if following is not None:
        raw.drain_conn()
    return following


def log_redirect(url: str, location: str, *, by_manager: bool = False) -> None:
    """Write the line of a redirect that a pool or its manager follows, where the program has a log."""
    if "logging" in sys.modules:
        from ..sansio.urllib3_log import redirected

        redirected(url, location, by_manager)


def _adopt(error: BaseException) -> None:
    """Make an error that leaves `Response.raw` one of the installed urllib3's too, where a program has loaded that."""
    if "urllib3" in sys.modules:
        from .installed.in_use import adopt

        adopt(error)


# Names that urllib3's module has and ours does not need.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            ".urllib3_api.connection": "HTTPConnection HTTPSConnection",
            ".urllib3_api.util.timeout": "Timeout",
        },
    )

"""The bridge between the floors: a PreparedRequest goes in, a Response comes out.

`HTTPAdapter.send` tells the story; each step of it is a method that programs override, so each is really called
and with requests' arguments only. The pools that it asks for a connection are in `poolmanager.py`; a pool of an
installed urllib3, or of a program's own making, that an override returns is used through its `urlopen` as well.

As requests' module of that name, whose public names are all here.
"""

from __future__ import annotations

import os
import socket  # noqa: F401 - as in requests, where test tools patch it
import sys
from time import monotonic

from ._internal_utils import PACKAGE, late, lazy_names, load, to_native_string
from .client.options import ConnectionOptions, call_of
from .exceptions import (  # noqa: F401 - some are here for programs only, as in requests
    ConnectionError,
    ConnectTimeout,
    InvalidHeader,
    InvalidProxyURL,
    InvalidSchema,
    InvalidURL,
    ProxyError,
    ReadTimeout,
    RequestException,
    RetryError,
    SSLError,
    explained,
)
from .messages.urls import parse_url, requote_uri
from .models import Response, split_of
from .sansio.errors import LocationValueError
from .urllib3_api._settings import SYSTEM_TRUST, active, is_context, is_pem, trust_of
from .urllib3_api.connectionpool import DefaultSize, HTTPConnectionPool, SharedPool, limits_of
from .urllib3_api.poolmanager import PoolManager, SOCKSProxyManager, adopted_manager, credentials_of, proxy_from_url
from .urllib3_api.util.retry import Retry
from .utils import (  # noqa: F401 - one is here for programs only
    get_auth_from_url,
    get_encoding_from_headers,
    prepend_scheme_if_needed,
    select_proxy,
    urldefragauth,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from typing_extensions import Unpack

    from . import _types as _t
    from ._types import is_prepared
    from .client.options import ConnectionKwargs, RetryLike
    from .models import PreparedRequest
    from .transport.pool import ConnectionPool

    _Given = TypeVar("_Given")
    DEFAULT_CA_BUNDLE_PATH: str

DEFAULT_POOLBLOCK = False
DEFAULT_POOLSIZE = 10
DEFAULT_RETRIES = 0
DEFAULT_POOL_TIMEOUT = None
# What stands in for a number that the caller did not give: equal to it, and told apart from one that was given.
_POOLSIZE = DefaultSize(DEFAULT_POOLSIZE)
_RETRIES = DefaultSize(DEFAULT_RETRIES)

if TYPE_CHECKING:
    from .client import verbose as _verbose
else:
    _verbose = late(".client.verbose")
# Loaded once a program has named `settings`, and not looked into before.
_VERBOSE = PACKAGE + ".client.verbose"

# Names that requests' module has and ours does not need.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": "typing warnings",
            ".compat": "basestring",
            ".cookies": "extract_cookies_to_jar",
            # Programs catch these. Of the installed urllib3 where there is one; our errors are instances of both then.
            ".packages.urllib3.exceptions": (
                "ClosedPoolError ConnectTimeoutError MaxRetryError NewConnectionError ProtocolError ReadTimeoutError"
                " ResponseError"
            ),
            ".structures": "CaseInsensitiveDict",
            ".urllib3_api.util.timeout": "TimeoutSauce=Timeout",
            "typing": "Any",
            "urllib.parse": "urlparse",
        },
        fresh={"DEFAULT_CA_BUNDLE_PATH": lambda _: load(".utils").DEFAULT_CA_BUNDLE_PATH},
    )


class BaseAdapter:
    """What sends requests for the URLs that it is mounted for."""

    def __init__(self) -> None:
        super().__init__()

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: _t.TimeoutType = None,
        verify: _t.VerifyType = True,
        cert: _t.CertType = None,
        proxies: dict[str, str] | None = None,
    ) -> Response:
        """Send `request` and return its response. A subclass says how; the arguments are those of HTTPAdapter."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what the adapter holds. A subclass says how."""
        raise NotImplementedError


class HTTPAdapter(BaseAdapter):
    """Sends requests over HTTP and HTTPS, on connections that are kept and reused.

    Args:
        pool_connections: how many origins keep idle connections; left alone, up to 256 idle connections are kept
            whatever their origin.
        pool_maxsize: idle connections kept for each origin.
        max_retries: a number of attempts to connect again, or a `Retry`.
        pool_block: whether at most pool_maxsize connections of each origin are open at once, and a caller that wants
            one more waits.
        options: those that requests does not have (docs/options.md): resolver, resolve, allow_address, source_address,
            socket_options, family, uds, ca_data, cert_password, assert_fingerprint, assert_hostname, server_hostname,
            minimum_version, max_connections, max_per_origin, idle_timeout and max_age (seconds).

    Raises:
        TypeError: there is no such option, or its value makes no sense.
    """

    __attrs__: list[str] = ["max_retries", "config", "_pool_connections", "_pool_maxsize", "_pool_block"]

    # For subclasses that never call our constructor.
    _settings = ConnectionOptions({}, "HTTPAdapter()")
    _own_shared: SharedPool | None = None
    # The adapter whose connections are counted together with ours.
    _shares_with: HTTPAdapter | None = None

    # The file of CA certificates that was asked for last.
    _ca_file: str | None = None

    # The defaults are marked (DefaultSize): what a program did not ask for is what DEFAULT_... says by then.
    def __init__(
        self,
        pool_connections: int = _POOLSIZE,
        pool_maxsize: int = _POOLSIZE,
        max_retries: int | RetryLike = _RETRIES,
        pool_block: bool = DEFAULT_POOLBLOCK,
        **options: Unpack[ConnectionKwargs],
    ) -> None:
        self._settings = ConnectionOptions(options, f"{type(self).__name__}()") if options else HTTPAdapter._settings
        pool_connections = _effective(pool_connections, DEFAULT_POOLSIZE)
        pool_maxsize = _effective(pool_maxsize, DEFAULT_POOLSIZE)
        max_retries = _effective(max_retries, DEFAULT_RETRIES)
        if hasattr(max_retries, "increment"):
            self.max_retries: Retry = max_retries  # type: ignore[assignment]  # or one of the installed urllib3
        elif not max_retries and max_retries is not False:
            self.max_retries = Retry(0, read=False)
        elif not isinstance(max_retries, (int, float)):
            raise TypeError(f"max_retries= takes a number of attempts, or a Retry, not {max_retries!r:.50}")
        else:
            self.max_retries = Retry.from_int(max_retries)
        self.config: dict[str, object] = {}
        self.proxy_manager: dict[str, PoolManager] = {}
        super().__init__()
        pool_block = bool(pool_block or DEFAULT_POOLBLOCK)
        self._pool_connections = pool_connections
        self._pool_maxsize = pool_maxsize
        self._pool_block = pool_block
        self.init_poolmanager(pool_connections, pool_maxsize, block=pool_block)

    def __repr__(self) -> str:
        # Not what is secret, and not what is long.
        given = [
            f"{name}={value!r}"
            for name, value in self._settings.given.items()
            if name not in ("cert_password", "ca_data")
        ]
        shared = self._shared
        pool = repr(shared.pool.stats()) if shared is not None and shared.is_open else "nothing sent yet"
        return f"<{' '.join([type(self).__name__, *given])}: {pool}>"

    def __getstate__(self) -> dict[str, object]:
        # `__attrs__` is requests' list, which programs read; what is ours comes beside it.
        state: dict[str, object] = {name: getattr(self, name, None) for name in self.__attrs__}
        if self._settings.given:
            state["_options"] = self._settings.given
        if self._shares_with is not None:
            state["_shares_with"] = self._shares_with
        return state

    def __setstate__(self, state: _t.Keywords) -> None:
        self.proxy_manager = {}
        self.config = {}
        options = state.pop("_options", None)
        if options:
            self._settings = ConnectionOptions(options, type(self).__name__)
        for name, value in state.items():
            setattr(self, name, value)
        self.init_poolmanager(self._pool_connections, self._pool_maxsize, block=self._pool_block)
        if self._shares_with is not None:
            self._shares_with._share_connections(self)

    # -- pools ---------------------------------------------------------------------------------------------

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = DEFAULT_POOLBLOCK, **pool_kwargs: Any
    ) -> None:
        """Make the PoolManager. Programs override this to pass settings of urllib3's (`ssl_context` ...) on."""
        self._pool_connections = connections
        self._pool_maxsize = maxsize
        self._pool_block = block
        self._own_shared = SharedPool(limits_of(connections, maxsize, block, **self._settings.limits))
        pool_kwargs.setdefault("shared", self._own_shared)
        self.poolmanager: PoolManager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs)

    @property
    def _shared(self) -> SharedPool | None:
        """What holds the connections: of the manager in use, also where a program made it, else our own."""
        shared = getattr(self.__dict__.get("poolmanager"), "shared", None)
        return shared if isinstance(shared, SharedPool) else self._own_shared

    @property
    def pool(self) -> ConnectionPool:
        """The connections of this adapter, those through proxies included.

        `pool.stats()` counts them: open, idle, created, reused, dropped.
        """
        shared = self._shared
        if shared is None:
            raise AttributeError("this adapter has no connection pool of ours")
        return shared.pool

    def _share_connections(self, other: HTTPAdapter) -> None:
        """Count the connections of `other` together with our own, so that a limit holds for both."""
        assert self._own_shared is not None
        other.poolmanager.shared = other._own_shared = self._own_shared
        other._shares_with = self

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> PoolManager:
        """Return the manager of connections through the proxy at this URL, made at its first use."""
        manager = self.proxy_manager.get(proxy)
        if manager is not None:
            return manager
        settings = {
            "num_pools": self._pool_connections,
            "maxsize": self._pool_maxsize,
            "block": self._pool_block,
            **proxy_kwargs,
        }
        through_socks = proxy.lower().startswith("socks")
        maker = SOCKSProxyManager if through_socks else proxy_from_url
        if self._own_shared is not None and getattr(maker, "__module__", None) == PoolManager.__module__:
            # One ledger for all, so that limits count connections through proxies as well.
            settings.setdefault("shared", self._own_shared)
        if through_socks:
            username, password = credentials_of(proxy) or (None, None)
            manager = maker(proxy, username=username, password=password, **settings)
        else:
            manager = maker(proxy, proxy_headers=self.proxy_headers(proxy), **settings)
        self.proxy_manager[proxy] = manager
        return manager

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: _t.VerifyType, cert: _t.CertType = None
    ) -> tuple[_t.Keywords, _t.Keywords]:
        """Return what selects a pool: (scheme, host and port), (the TLS settings in urllib3's words), as two dicts.

        A program that overrides this changes the second one: `ssl_context`, `assert_hostname` ...
        """
        scheme, host, port, _ = split_of(request)
        if verify is not True and verify is not False:
            # `http://` verifies nothing: a setting that makes no sense is refused where TLS is used (cert_verify).
            verify = trust_of(verify) if scheme == "https" else _trust_if_any(verify)
        settings: dict[str, object] = {"cert_reqs": "CERT_NONE" if verify is False else "CERT_REQUIRED"}
        if verify is True or verify is False:
            pass
        elif verify == SYSTEM_TRUST:
            settings["system_trust"] = True
        elif isinstance(verify, str):
            settings[self._kind_of_trust(verify)] = verify
        elif is_context(verify):
            # It says itself what is verified, and is taken at its word.
            settings["cert_reqs"] = "CERT_REQUIRED" if verify.verify_mode else "CERT_NONE"
            settings["ssl_context"] = verify
            if not verify.check_hostname:
                settings["assert_hostname"] = False
        if cert is not None:
            if isinstance(cert, tuple) and len(cert) == 2:
                settings["cert_file"], settings["key_file"] = cert
            else:
                settings["cert_file"] = cert
        return {"scheme": scheme, "host": host, "port": port}, settings

    def _kind_of_trust(self, path: str) -> str:
        """Return what a pool calls this file, or directory, of CA certificates.

        A file is looked at once: whether it is still there is asked where a pool is given it (`cert_verify`).
        """
        if path == self._ca_file:
            return "ca_certs"
        if os.path.isdir(path):
            return "ca_cert_dir"
        if os.path.isfile(path):
            self._ca_file = path
        return "ca_certs"

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: _t.VerifyType,
        proxies: dict[str, str] | None = None,
        cert: _t.CertType = None,
    ) -> HTTPConnectionPool:
        """Return the pool that `request` goes through. Programs override this to return one of their own."""
        try:
            host, settings = self.build_connection_pool_key_attributes(request, verify, cert)
            if self._settings.pool:
                settings = {**settings, **self._settings.pool, "_options": tuple(self._settings.pool)}
                if "ca_cert_data" in settings:
                    # These CAs and no others: not those of `verify`, which may come from the environment.
                    settings.pop("ca_certs", None)
                    settings.pop("ca_cert_dir", None)
            if host["scheme"] == "http+unix":
                host, settings = _over_unix_socket(host, settings)
        except InvalidSchema:
            raise
        except ValueError as error:
            raise InvalidURL(error, request=request) from error
        proxy = select_proxy(str(request.url), proxies) if proxies and "uds" not in settings else None
        manager: Any
        if proxy:
            try:
                manager = self.proxy_manager_for(self._proxy_url(proxy))
            except (RequestException, LocationValueError):
                raise
            except ValueError as error:
                raise _malformed(proxy) from error
        else:
            manager = self.poolmanager
        if manager.__class__ is not PoolManager:
            manager = self._ours(manager)
        if manager.__class__ is not PoolManager and not isinstance(manager, PoolManager):
            from .urllib3_api.installed.through import foreign_settings

            settings = foreign_settings(settings, manager)
        pool: HTTPConnectionPool = manager.connection_from_host(**host, pool_kwargs=settings)
        return pool

    def get_connection(self, url: str, proxies: dict[str, str] | None = None) -> HTTPConnectionPool:
        """Return a pool for `url` without TLS settings. Deprecated, as in requests."""
        import warnings

        warnings.warn(
            "`get_connection` is deprecated: `get_connection_with_tls_context` takes the TLS settings into account.",
            DeprecationWarning,
            stacklevel=2,
        )
        proxy = select_proxy(url, proxies)
        manager = self.proxy_manager_for(self._proxy_url(proxy)) if proxy else self.poolmanager
        pool: HTTPConnectionPool = self._ours(manager).connection_from_url(url)
        return pool

    def _proxy_url(self, proxy: str) -> str:
        try:
            proxy = prepend_scheme_if_needed(proxy, "http")
            if parse_url(proxy).host:
                return proxy
        except (AttributeError, TypeError):  # no text
            raise InvalidProxyURL(f"the URL of a proxy is a {type(proxy).__name__}: it must be text") from None
        raise _malformed(proxy)

    def _ours(self, manager: object) -> Any:
        """Return `manager`, or one of ours with its settings when it is an unchanged one of an installed urllib3."""
        return manager if isinstance(manager, PoolManager) else adopted_manager(manager)

    def close(self) -> None:
        """Close the idle connections. A response that is being read can be read to its end."""
        self.poolmanager.clear()
        for manager in self.proxy_manager.values():
            manager.clear()

    # -- the steps of sending ------------------------------------------------------------------------------

    def cert_verify(self, conn: Any, url: str, verify: _t.VerifyType, cert: _t.CertType) -> None:
        """Enter `verify` and `cert` into the pool `conn`. FileNotFoundError for a file that is missing, as requests.

        `verify` is judged where something is verified: the origin, or an https proxy. TypeError: it is no setting.
        """
        made_with_it = self._settings.pool.get("ca_cert_data")
        # An https proxy in between is verified as an origin is.
        if url[:5].lower() != "https" and getattr(getattr(conn, "proxy", None), "scheme", None) != "https":
            verify = False
        elif verify is not True and verify is not False:
            verify = trust_of(verify)
            made_with_it = made_with_it or verify == SYSTEM_TRUST or is_context(verify)
        if made_with_it:
            pass
        elif verify is not False:
            location = sys.modules[__name__].DEFAULT_CA_BUNDLE_PATH if verify is True else verify
            if TYPE_CHECKING:
                assert not is_context(location)
            # One that was found before is not looked for again: that would cost a look at the disk at each request.
            if getattr(conn, "_trust_entered", None) != location:
                self._enter_trust(conn, location)
        elif getattr(conn, "cert_reqs", None) != "CERT_NONE":
            conn.cert_reqs = "CERT_NONE"
            conn.ca_certs = None
            conn.ca_cert_dir = None
        if cert:
            conn.cert_file, conn.key_file = _certificate_and_key(cert)
            for path, what in ((conn.cert_file, "CERTIFICATE"), (conn.key_file, "KEY")):
                if path and not is_pem(path):
                    _must_exist(path, what)

    @staticmethod
    def _enter_trust(conn: Any, location: str) -> None:
        _must_exist(location, "CA")
        conn.cert_reqs = "CERT_REQUIRED"
        if os.path.isdir(location):
            conn.ca_cert_dir = location
        else:
            conn.ca_certs = location
        # One that a mock let pass is looked for again.
        conn._trust_entered = location if os.path.exists(location) else None

    def request_url(self, request: PreparedRequest, proxies: dict[str, str] | None) -> str:
        """Return the target: path and query, or all of the URL where an HTTP proxy forwards the request."""
        if not proxies or "uds" in self._settings.pool or str(request.url)[:10].lower() == "http+unix:":
            return request.path_url
        proxy = select_proxy(str(request.url), proxies)
        if proxy and split_of(request)[0] != "https":
            scheme = prepend_scheme_if_needed(proxy, "http").partition(":")[0].lower()
            if not scheme.startswith("socks"):
                return urldefragauth(str(request.url))
        return request.path_url

    def add_headers(self, request: PreparedRequest, **kwargs: Any) -> None:
        """Add fields to a request before it is sent. Does nothing here; `kwargs` are those of `send`."""

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """Return the fields that are for the proxy alone: its credentials, from its URL."""
        credentials = credentials_of(proxy)
        if credentials is None:
            return {}
        from .auth import _basic_auth_str

        return {"Proxy-Authorization": _basic_auth_str(*credentials)}

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: _t.TimeoutType = None,
        verify: _t.VerifyType = True,
        cert: _t.CertType = None,
        proxies: dict[str, str] | None = None,
    ) -> Response:
        """Send `request` and return its response, whose body is still to be read.

        timeout: seconds, a (connect, read) tuple of them, `Timeouts` or None; verify: bool, the path of a CA bundle or
        directory, an `ssl.SSLContext`, or "system", None as True; cert: the path of a client certificate, or
        (certificate, key), or PEM bytes in their place. Raises a RequestException; a plain OSError for a file of
        `verify` or `cert`; TypeError: `verify` is no setting.
        """
        if (mocked := active.mocked) is not None and mocked.takes(request):
            return mocked.send(_SEND, self, request, stream, timeout, verify, cert, proxies)
        try:
            conn = self.get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
            if TYPE_CHECKING:
                assert is_prepared(request)
            self.cert_verify(conn, request.url, verify, cert)
            target_of = self.request_url
            url = target_of(request, proxies)
            if getattr(target_of, "__func__", None) is not _REQUEST_URL and url[:1] == "/" and url != request.path_url:
                url = requote_uri(url)  # a program's own target, which may need escapes
            self.add_headers(request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies)
            arguments = self._arguments(request, timeout)
            if _VERBOSE in sys.modules:
                _verbose.tell(request, arguments)
            urlopen = conn.urlopen if isinstance(conn, HTTPConnectionPool) else _way_through(conn)
            began = monotonic()
            # Called from here, since each step more is a frame more in the traceback of what fails.
            try:
                raw = urlopen(url=url, **arguments)
            except RequestException:
                raise  # a Retry of the program's own may raise one
            except Exception as error:
                if not _is_fault(error):
                    raise
                from .client.failures import original, translate

                raise translate(_adopted(error), request, monotonic() - began) from original(error)
        except RequestException as error:
            if error.request is None:
                error.request = request
            raise
        except LocationValueError as error:
            wrong = InvalidURL(error, request=request)
            from .client.failures import explain_exchange

            wrong._explain = explain_exchange
            raise wrong from error
        return self.build_response(request, raw)

    def _arguments(self, request: PreparedRequest, timeout: _t.TimeoutType) -> _t.Keywords:
        """Return what a pool's `urlopen` is called with, the URL aside."""
        retries = self.max_retries
        ours: dict[str, object] = {}
        call = call_of(request)
        if call is not None:
            ours = {"options": call.options}
            if call.options.retries is not None:
                retries = call.options.retries
        return {
            "method": request.method,
            "body": request.body,
            "headers": request.headers,
            "redirect": False,
            "assert_same_host": False,
            "preload_content": False,
            "decode_content": False,
            "retries": retries,
            "timeout": timeout,
            "chunked": not (request.body is None or "Content-Length" in request.headers),
            **ours,
        }

    def build_response(self, req: PreparedRequest, resp: object) -> Response:
        """Return a Response around `resp`, which is ours or anything of the shape of urllib3's HTTPResponse."""
        response = Response()
        response.status_code = getattr(resp, "status", None)  # type: ignore[assignment]  # of a foreign object
        # headers, encoding, reason and cookies are made from this when they are read.
        response.raw = response._source = resp
        if TYPE_CHECKING:
            assert is_prepared(req)
        response.url = to_native_string(req.url, "utf-8")
        response.request = req
        response.connection = self
        return response


_REQUEST_URL = HTTPAdapter.request_url
# What a program has put in its place has run when a mock is asked: once is enough.
_SEND = HTTPAdapter.send


def _effective(given: _Given, default: int) -> _Given | int:
    """Return the number asked for, or the module's default as it is now, marked unless a program changed it."""
    if not isinstance(given, DefaultSize):
        return given
    return given if given == default else default


def _way_through(pool: object) -> Callable[..., object]:
    from .urllib3_api.installed.through import way_through

    return way_through(pool)


def _malformed(proxy: str) -> RequestException:
    from .messages.url_errors import shown

    error = InvalidProxyURL("Please check proxy URL. It is malformed and could be missing the host.")
    return explained(error, f"The proxy's URL is {shown(proxy)[:150]}: write it as http://host:port")


def _trust_if_any(verify: _t.VerifyType) -> _t.VerifyType:
    """Return what `verify` asks for, True where it makes no sense and nothing may depend on it."""
    try:
        return trust_of(verify)
    except TypeError:
        return True


def _over_unix_socket(host: _t.Keywords, settings: _t.Keywords) -> tuple[_t.Keywords, _t.Keywords]:
    """Return what selects the pool for http+unix://: the socket's path stands, percent-encoded, in the host's place.

    InvalidSchema where `allow_address` is set (a program that filters addresses lets others choose URLs, and this has
    no address), and where `uds=` names another socket.
    """
    from .messages.url_parts import unquote

    if "allow_address" in settings:
        raise InvalidSchema(
            "http+unix:// is refused where allow_address is set: a Unix socket has no address to filter"
        )
    path = unquote(host["host"])
    if "uds" in settings and str(settings["uds"]) != path:
        raise InvalidSchema("this http+unix:// URL is refused: it names another Unix socket than uds= does")
    return {"scheme": "http", "host": "localhost", "port": None}, {**settings, "uds": path}


def _certificate_and_key(cert: object) -> tuple[Any, Any]:
    if isinstance(cert, (str, bytes)) or hasattr(cert, "__fspath__"):
        return cert, None
    if isinstance(cert, (tuple, list)) and len(cert) == 2:
        return cert[0], cert[1]
    raise TypeError(f"cert= takes a path, or (certificate, key), not a {type(cert).__name__}")


def _must_exist(path: str | bytes, what: str) -> None:
    mocked = active.mocked
    if not os.path.exists(path) and (mocked is None or mocked.passes):
        from .transport.connectors import tls_files

        raise tls_files.missing(getattr(tls_files, what), path)


def _is_fault(error: BaseException) -> bool:
    """Whether an error ended the exchange, and is not of the program's making: its body, its Retry, its settings."""
    if isinstance(error, OSError):
        return not getattr(error, "of_settings", False)
    from .client.failures import is_transport_error

    return is_transport_error(error)


def _adopted(error: BaseException) -> BaseException:
    """Return the error, which is one of the installed urllib3's too where a program has loaded that."""
    if "urllib3" not in sys.modules:
        return error
    from .urllib3_api.installed.in_use import adopt

    return adopt(error)

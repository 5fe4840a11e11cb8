"""Session: settings, cookies and connections that belong together, and the way of a request through them.

    request() ──▶ prepare_request() ──▶ merge_environment_settings() ──▶ send()
                                                                          ├── get_adapter(url).send(...)
                                                                          ├── hooks
                                                                          └── resolve_redirects() ──▶ send() ...

Programs override each of these steps, so each is really called, with requests' arguments. What is empty (cookies,
hooks, proxies, parameters, authentication) costs one truth test.

As requests' module of that name, whose public names are all here.
"""

from __future__ import annotations

import sys
import time
from collections import OrderedDict

from ._internal_utils import gives_way, has_set_cookie, is_cookiejar, late, lazy_names
from .adapters import HTTPAdapter
from .client import options as _options
from .client.environment import asks_for_no_bundle
from .client.options import merge_hooks as merge_hooks
from .client.options import merge_setting as merge_setting
from .exceptions import InvalidHeader, InvalidSchema, InvalidURL, UnrewindableBodyError, explained
from .hooks import SessionHooks, default_hooks, dispatch_hook, let_go
from .messages.preparing import url_text
from .models import DEFAULT_REDIRECT_LIMIT, PreparedRequest, Request, Response, note_elapsed
from .sansio.options import NO_OPTIONS
from .utils import (
    default_headers,
    environment_for,
    get_environ_proxies,
    get_netrc_auth,
    resolve_proxies,
    select_proxy,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, MutableMapping
    from concurrent.futures import Executor
    from http.cookiejar import CookieJar
    from typing import Any

    from typing_extensions import Self, Unpack

    from . import _types as _t
    from . import auth as _auth
    from . import cookies as _cookies
    from .adapters import BaseAdapter
    from .client import error_status as _error_status
    from .client import hooking as _hooking
    from .client import many as _many
    from .client import reconnecting as _reconnecting
    from .client import redirects as _redirects
    from .client import session_settings as _session_settings
    from .client.options import CallKwargs, SessionKwargs
    from .client.session_settings import ToldOnce
    from .cookies import RequestsCookieJar
    from .messages import url_errors as _url_errors
    from .sansio.event_stream import Event
    from .sansio.options import ExchangeOptions
    from .structures import CaseInsensitiveDict
else:
    _auth = late(".auth")
    _cookies = late(".cookies")
    _error_status = late(".client.error_status")
    _hooking = late(".client.hooking")
    _many = late(".client.many")
    _reconnecting = late(".client.reconnecting")
    _redirects = late(".client.redirects")
    _session_settings = late(".client.session_settings")
    _url_errors = late(".messages.url_errors")

#: The clock that `Response.elapsed` is measured with.
preferred_clock: Callable[[], float] = time.perf_counter if sys.platform == "win32" else time.time


class SessionRedirectMixin:
    """Following redirects. Needs `send`, `max_redirects`, `cookies` and `trust_env` of the class that it is part of."""

    if TYPE_CHECKING:
        max_redirects: int
        trust_env: bool

        @property
        def cookies(self) -> RequestsCookieJar: ...
        @cookies.setter
        def cookies(self, jar: _t.CookiesParamType) -> None: ...

    def send(self, request: PreparedRequest, **kwargs: object) -> Response:
        """Send a request. What the class does that this is part of."""
        raise TypeError(f"{type(self).__name__} follows redirects, but does not say how to send a request")

    def get_redirect_target(self, resp: Response) -> str | None:
        """Return where `resp` leads, None when it leads nowhere."""
        return _redirects.target_of(resp) if resp.is_redirect else None

    def should_strip_auth(self, old_url: str, new_url: str) -> bool:
        """Tell whether credentials for `old_url` must not go to `new_url`: another origin.

        The one exception is requests': http to https on the standard ports of the same host.
        """
        return _redirects.is_other_origin(old_url, new_url)

    def resolve_redirects(
        self,
        resp: Response,
        req: PreparedRequest,
        stream: bool = False,
        timeout: _t.TimeoutType = None,
        verify: _t.VerifyType = True,
        cert: _t.CertType = None,
        proxies: dict[str, str] | None = None,
        yield_requests: bool = False,
        **adapter_kwargs: object,
    ) -> Iterator[Any]:
        """Follow the redirects that begin with `resp`, the response to `req`; yield each response on the way.

        With `yield_requests` nothing is sent: the first request is yielded that would be. TooManyRedirects carries
        the last response.
        """
        history: list[Response] = []
        target = self.get_redirect_target(resp)
        asked = str(req.url)
        while target:
            resp.history = history[:]
            history.append(resp)
            _redirects.leave(resp, self.max_redirects, follow=not yield_requests)
            before, req = req, _redirects.next_request(self, req, resp, _redirects.followed(target, req, resp))
            _cookies.carry_cookies(req, before, resp.raw, self)
            proxies = self.rebuild_proxies(req, proxies)
            self.rebuild_auth(req, resp)
            _redirects.rewind(req, resp)
            if yield_requests:
                yield req
                continue
            resp = self.send(
                req,
                stream=stream,
                timeout=timeout,
                verify=verify,
                cert=_redirects.cert_for(self, cert, asked, req),
                proxies=proxies,
                allow_redirects=False,
                **adapter_kwargs,
            )
            try:
                self._keep_cookies(req, resp.raw)
                target = self.get_redirect_target(resp)
            except BaseException as error:
                let_go(resp, error, stream)
                raise
            yield resp

    def _keep_cookies(self, request: PreparedRequest, raw: object) -> None:
        """Put the cookies that a response sets into `cookies`."""
        jar = self._jar if isinstance(self, Session) else self.cookies
        if has_set_cookie(raw) or (jar is not None and type(jar) is not _cookies.RequestsCookieJar):
            sys.modules[__name__].extract_cookies_to_jar(self.cookies, request, raw)

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Take away credentials that are not for the new URL, and find those that netrc has for it."""
        _redirects.choose_auth(self, prepared_request, response, get_netrc_auth)

    def rebuild_proxies(self, prepared_request: PreparedRequest, proxies: dict[str, str] | None) -> dict[str, str]:
        """Return the proxies for the new URL, and set Proxy-Authorization where an HTTP proxy will read it."""
        headers, url = prepared_request.headers, str(prepared_request.url)
        new_proxies = resolve_proxies(prepared_request, proxies, self.trust_env)
        headers.pop("Proxy-Authorization", None)
        # Of the proxy that the request goes through: another one's are none of its business.
        proxy = select_proxy(url, new_proxies)
        if proxy and (authorization := _auth.proxy_authorization(url, proxy)) is not None:
            headers["Proxy-Authorization"] = authorization
        return new_proxies

    def rebuild_method(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Set the method that the redirect asks for, as browsers have it: 303, 302, and a 301 to POST, mean GET."""
        prepared_request.method = _redirects.method_after(prepared_request.method, response.status_code)


class Session(SessionRedirectMixin):
    """Requests that share settings, cookies and connections.

    headers, params, auth, proxies, hooks, stream, verify, cert, timeout are defaults of every request; cookies are
    kept from response to request; max_redirects (30) bounds a chain of redirects; trust_env says whether proxies, CA
    bundles and netrc of the environment count. All of these, and what requests does not have, are keywords of the
    constructor (docs/sessions.md, docs/options.md), which refuses what makes no sense::

        with Session(base_url="https://example.org/api", raise_for_status=True) as session:
            session.headers["Accept"] = "application/json"
            session.get("items").json()
    """

    __attrs__: list[str] = [
        "headers",
        "cookies",
        "auth",
        "proxies",
        "hooks",
        "params",
        "verify",
        "cert",
        "adapters",
        "stream",
        "trust_env",
        "max_redirects",
    ]

    if TYPE_CHECKING:
        _jar: RequestsCookieJar | None
        _exchange: ExchangeOptions
        _told_once: ToldOnce | None
        timeout: _t.TimeoutType

        @property
        def hooks(self) -> _t.SessionHooks: ...
        @hooks.setter
        def hooks(self, hooks: _t.HooksParamType) -> None: ...
        @property
        def proxies(self) -> dict[str, str] | Any: ...  # also False
        @proxies.setter
        def proxies(self, proxies: _t.ProxiesParamType) -> None: ...

    # The jar, once it was asked for: making one loads http.cookiejar, which takes longer than a request.
    _jar = None
    # The defaults of the exchange options.
    _exchange = NO_OPTIONS
    # What requests has no attribute for, and a subclass may have for something else.
    _told_once = None
    #: What `timeout=None` means: seconds, (connect, read), `Timeouts`, or None for no limit.
    timeout = None

    def __init__(
        self,
        *,
        timeout: _t.TimeoutType = None,
        proxies: _t.ProxiesParamType = None,
        **options: Unpack[SessionKwargs],
    ) -> None:
        _options.check_timeout(timeout)  # what makes no sense is refused here, not by the first request
        connection, exchange, own = _options.session_options(options) if options else ({}, NO_OPTIONS, {})
        self._exchange = exchange
        if timeout is not None:
            self.timeout = timeout
        #: Sent with every request, by name in any case.
        self.headers: CaseInsensitiveDict[str] = default_headers()
        #: (user, password) or a callable.
        self.auth: _t.AuthType = None
        #: Proxy URLs by scheme, or by scheme and host ("http://host"); False for no proxy at all.
        self.proxies = {} if proxies is None else _session_settings.expected("proxies", proxies)
        self.hooks = SessionHooks(default_hooks())
        #: Fields for the query of every request.
        self.params: MutableMapping[str, Any] = {}
        self.stream = False
        #: True, False for no verification, the path of a CA bundle or directory, an `ssl.SSLContext`, or "system".
        self.verify: _t.VerifyType = True
        #: The path of a client certificate, or (certificate, key).
        self.cert: _t.CertType = None
        self.max_redirects = DEFAULT_REDIRECT_LIMIT
        self.trust_env = True
        if own:
            _session_settings.apply(self, own, _cookies)
        self.adapters: MutableMapping[str, BaseAdapter] = OrderedDict()
        secure, plain = HTTPAdapter(**connection), HTTPAdapter(**connection)
        if "max_connections" in connection:
            secure._share_connections(plain)
        self.mount("https://", secure)
        self.mount("http://", plain)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    @property
    def cookies(self) -> RequestsCookieJar:
        """The cookies of this session: a RequestsCookieJar, or any `http.cookiejar.CookieJar` put here."""
        if self._jar is None:
            # In one step: of two threads that come here at once, both must get the jar that stays.
            jar: RequestsCookieJar = self.__dict__.setdefault("_jar", _cookies.cookiejar_from_dict({}))
            return jar
        return self._jar

    @cookies.setter
    def cookies(self, jar: _t.CookiesParamType) -> None:
        if jar is None:
            self.__dict__.pop("_jar", None)
        else:
            self.__dict__["_jar"] = jar  # any jar, and a dict

    # -- making a request ----------------------------------------------------------------------------------

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Return the PreparedRequest for `request`, with this session's settings merged in."""
        url = request.url if self._told_once is None else self._told_once.whole(request.url)
        headers = _options.merged_headers(request.headers, self.headers, merge_setting)
        auth = request.auth
        if self.trust_env and not auth and not self.auth and "Authorization" not in headers:
            auth = get_netrc_auth(url or "")
        if TYPE_CHECKING:
            assert request.method is not None
        prepared = PreparedRequest()
        prepared.prepare(
            method=request.method.upper(),
            url=url,
            files=request.files,
            data=request.data,
            json=request.json,
            headers=headers,
            params=merge_setting(request.params, self.params) if self.params else request.params,
            auth=merge_setting(auth, self.auth),
            cookies=self._cookies_for(request.cookies, url),
            hooks=merge_hooks(request.hooks, self.hooks),
        )
        return prepared

    def _cookies_for(self, own: _t.CookiesParamType, url: _t.UriType | None) -> CookieJar | None:
        """Return a jar with the session's cookies and a request's own over them; None when there are none."""
        kept = self._jar
        if not own and not is_cookiejar(own) and (kept is None or not _cookies.may_send(kept)):
            return None
        return _cookies.jar_of_call(kept, own, url)

    def request(
        self,
        method: str,
        url: _t.UriType,
        params: _t.ParamsType = None,
        data: _t.DataType = None,
        headers: _t.HeadersType = None,
        cookies: _t.CookiesParamType = None,
        files: _t.FilesType = None,
        auth: _t.AuthType = None,
        timeout: _t.TimeoutType = None,
        allow_redirects: bool = True,
        proxies: _t.ProxiesParamType = None,
        hooks: _t.HooksParamType = None,
        stream: bool | None = None,
        verify: _t.VerifyType | None = None,
        cert: _t.CertType = None,
        json: _t.JsonType = None,
        **options: Unpack[CallKwargs],
    ) -> Response:
        """Send a request and return its response.

        Args:
            method: "GET", "POST" ...
            url: the URL, text or bytes.
            params: fields for the query: mapping, pairs, text or bytes.
            data: the body: form fields as mapping or pairs; text, bytes, a file or an iterable as they are.
            headers: more fields; a value of None removes one of the session's.
            cookies: more cookies: a mapping, for this URL's host, or a jar.
            files: files of a multipart form: name -> file, or -> (file name, file, content type, headers).
            auth: (user, password), or a callable that is given the PreparedRequest.
            timeout: seconds to wait for a connection and for each read, a (connect, read) tuple of them, or
                `Timeouts`; None for the session's, and `Timeouts()` for no limit at all.
            allow_redirects: whether redirects are followed.
            proxies: proxy URLs by scheme, or by scheme and host; False for no proxy at all.
            hooks: functions by event; "response" is called with the response (docs/hooks.md).
            stream: whether the body is left to be read later.
            verify: True, False for no verification of TLS, the path of a CA bundle or directory, an
                `ssl.SSLContext`, or "system" for the CAs that the operating system trusts.
            cert: the path of a client certificate, or (certificate, key); or PEM bytes in their place.
            json: the body, as anything that can be JSON.
            options: those that requests does not have, by the names of `CallKwargs` (docs/options.md). None means
                the session's, False none.

        Raises:
            RequestException: one of its subclasses says what went wrong.
            TypeError: there is no such option, or its value makes no sense.
        """
        # In the order of the signature. All of them are what a hook for `args` is handed.
        asked: _t.Keywords = {
            "method": method, "url": url, "params": params, "data": data, "headers": headers, "cookies": cookies,
            "files": files, "auth": auth, "timeout": timeout, "allow_redirects": allow_redirects, "proxies": proxies,
            "stream": stream, "verify": verify, "cert": cert, "json": json, "options": options,
        }  # fmt: skip
        if (hooks and hasattr(hooks, "items") and "args" in hooks) or (self.hooks and "args" in self.hooks):
            asked = _hooking.args_hooked(asked, merge_hooks(hooks, self.hooks))  # type: ignore[arg-type]
        return self._call(asked, hooks)

    def _call(self, asked: _t.Keywords, hooks: _t.HooksParamType) -> Response:
        """Prepare and send what was asked for: arguments of `request`."""
        options = asked["options"]
        raises, exchange = _options.call_options(options) if options else (None, None)
        url, headers, cookies, auth, proxies = map(asked.get, ("url", "headers", "cookies", "auth", "proxies"))
        if self._told_once is not None:
            url = self._told_once.whole(url)
            raises = self._told_once.raise_for_status if raises is None else raises
        try:
            request = Request(
                method=asked["method"].upper(),
                url=url_text(url) if isinstance(url, bytes) else url,
                headers=headers,
                files=asked["files"],
                data=asked["data"] or {},
                json=asked["json"],
                params=asked["params"] or {},
                auth=auth,
                cookies=cookies,
                hooks=hooks,
            )
            prepared = self.prepare_request(request)
            if exchange is not None:
                prepared._options = exchange
            given = proxies if proxies is False else proxies or {}
            settings = self.merge_environment_settings(
                prepared.url or "", given, asked["stream"], asked["verify"], asked["cert"]
            )
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            from .client.failures import refuse_argument

            refuse_argument(error, headers=headers, cookies=cookies, auth=auth, proxies=proxies, hooks=hooks)
            refuse_argument(error, cookies=self.cookies, auth=self.auth, proxies=self.proxies, hooks=self.hooks)
            raise
        settings = {"timeout": asked["timeout"], "allow_redirects": asked["allow_redirects"], **settings}
        response = self.send(prepared, **settings)
        return _error_status.passed(response) if raises else response

    def get(self, url: _t.UriType, params: _t.ParamsType = None, **kwargs: Unpack[_t.GetKwargs]) -> Response:
        """Send a GET request; the arguments are those of `request`."""
        kwargs.setdefault("allow_redirects", True)
        return self.request("GET", url, params=params, **kwargs)

    def options(self, url: _t.UriType, **kwargs: Unpack[_t.RequestKwargs]) -> Response:
        """Send an OPTIONS request; the arguments are those of `request`."""
        kwargs.setdefault("allow_redirects", True)
        return self.request("OPTIONS", url, **kwargs)

    def head(self, url: _t.UriType, **kwargs: Unpack[_t.RequestKwargs]) -> Response:
        """Send a HEAD request; the arguments are those of `request`, but redirects are not followed unless told to."""
        kwargs.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **kwargs)

    def post(
        self, url: _t.UriType, data: _t.DataType = None, json: _t.JsonType = None, **kwargs: Unpack[_t.PostKwargs]
    ) -> Response:
        """Send a POST request; the arguments are those of `request`."""
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url: _t.UriType, data: _t.DataType = None, **kwargs: Unpack[_t.DataKwargs]) -> Response:
        """Send a PUT request; the arguments are those of `request`."""
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url: _t.UriType, data: _t.DataType = None, **kwargs: Unpack[_t.DataKwargs]) -> Response:
        """Send a PATCH request; the arguments are those of `request`."""
        return self.request("PATCH", url, data=data, **kwargs)

    def delete(self, url: _t.UriType, **kwargs: Unpack[_t.RequestKwargs]) -> Response:
        """Send a DELETE request; the arguments are those of `request`."""
        return self.request("DELETE", url, **kwargs)

    @gives_way
    def map(
        self,
        requests: Iterable[object],
        *,
        workers: int | None = None,
        ordered: bool = True,
        return_exceptions: bool = False,
        pairs: bool = False,
        look_ahead: int | None = None,
        executor: Executor | None = None,
        **options: object,
    ) -> Generator[Any, None, None]:
        """Send many `requests` (URLs, Requests, mappings ...) at once and return the iterator of their responses.

        `options` are arguments of `request` for all of them; docs/many.md has the others. TypeError, ValueError.
        """
        how = _many.How(workers, ordered, return_exceptions, pairs, look_ahead, executor)
        return _many.map_requests(self, (Session, Request, PreparedRequest), requests, how, options)

    @gives_way
    def events(
        self,
        url: _t.UriType,
        *,
        method: str = "GET",
        last_event_id: str = "",
        reconnect: int | None = None,
        **kwargs: Unpack[_t.RequestKwargs],
    ) -> Generator[Event, None, None]:
        """Yield the events of a stream, and reconnect when it ends or breaks (docs/event-streams.md).

        `reconnect` limits failures in a row: None means 10 for GET and HEAD, and 0, one connection, for other methods.
        RequestException; HTTPError for each status except 200 and 204; NotAnEventStream; TypeError, ValueError.
        """
        return _reconnecting.events(self, method, url, last_event_id, reconnect, dict(kwargs))

    # -- sending it ----------------------------------------------------------------------------------------

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        """Send a PreparedRequest and return its response; the arguments are those of `HTTPAdapter.send`.

        `allow_redirects` (True) says whether redirects are followed. The exchange options of `request` are taken, too.
        """
        kwargs.setdefault("stream", self.stream)
        if kwargs.get("verify") is None:
            kwargs["verify"] = self.verify
        kwargs.setdefault("cert", self.cert)
        if "proxies" not in kwargs or kwargs["proxies"] is False:
            kwargs["proxies"] = resolve_proxies(request, kwargs.get("proxies", self.proxies), self.trust_env)
        sent: object = request
        if isinstance(sent, Request):
            raise ValueError("You can only send PreparedRequests.")
        if kwargs.get("timeout") is None and "timeout" in self.__dict__:
            kwargs["timeout"] = self.timeout
        allow_redirects = kwargs.pop("allow_redirects", True)
        call = _options.begin_call(request, self._exchange, kwargs)
        if call is None:
            return self._send(request, allow_redirects, kwargs)
        try:
            return self._send(request, allow_redirects, kwargs)
        finally:
            call.over = True

    def _send(self, request: PreparedRequest, allow_redirects: bool, kwargs: _t.Keywords) -> Response:
        """Have the adapter send the request, call the hooks, keep the cookies and follow the redirects."""
        if request.hooks and "pre_request" in request.hooks:
            request = _hooking.request_hooked("pre_request", request, PreparedRequest, kwargs)
        adapter = self.get_adapter(url=str(request.url))
        if not isinstance(adapter, HTTPAdapter):
            adapter = _options.foreign(adapter, request)
        start = preferred_clock()
        r: Response = adapter.send(request, **kwargs)
        note_elapsed(r, preferred_clock() - start)

        try:
            if request.hooks and "post_request" in request.hooks:
                changed = _hooking.request_hooked("post_request", request, PreparedRequest, kwargs)
                r.request = r.request if changed is request else changed
            r = dispatch_hook("response", request.hooks, r, **kwargs)
            if r.history:
                # A hook answered a challenge: what came before its response set cookies too.
                for earlier in r.history:
                    self._keep_cookies(earlier.request, earlier.raw)
            self._keep_cookies(request, r.raw)

            if allow_redirects:
                history = list(self.resolve_redirects(r, request, **kwargs))
                if history:
                    history.insert(0, r)
                    r = history.pop()
                    r.history = history
            else:
                try:
                    r._next = next(self.resolve_redirects(r, request, yield_requests=True, **kwargs))
                except (StopIteration, InvalidHeader, InvalidSchema, InvalidURL, UnrewindableBodyError):
                    pass  # it leads nowhere, or nowhere with this body: as long as it is not followed, no error
            if not kwargs.get("stream"):
                r.content  # noqa: B018 - reading the body is the point
        except BaseException as error:
            let_go(r, error, kwargs.get("stream"))
            raise
        return r

    def merge_environment_settings(
        self,
        url: str,
        proxies: _t.ProxiesParamType,
        stream: bool | None,
        verify: _t.VerifyType | None,
        cert: _t.CertType,
    ) -> _t.Keywords:
        """Return the settings for a call: its own, over the session's, over the environment's.

        Of proxies each key is decided by itself. The environment's CA bundle counts only where neither the call nor
        the session has said anything but True. `None` as a proxy takes one of a lower level away; False for all of
        them means that there is none.
        """
        bundle, merged = environment_for(url, proxies, self.proxies, self.trust_env, get_environ_proxies)
        # Of whatever type a program has put there.
        if bundle is not None and asks_for_no_bundle(verify) and asks_for_no_bundle(self.verify):
            verify = bundle
        return {
            "proxies": merged,
            "stream": merge_setting(stream, self.stream),
            "verify": merge_setting(verify, self.verify),
            "cert": merge_setting(cert, self.cert),
        }

    # -- adapters ------------------------------------------------------------------------------------------

    def get_adapter(self, url: str) -> BaseAdapter:
        """Return the adapter for `url`: the one mounted under its longest prefix. InvalidSchema when there is none."""
        lower = url.lower()
        for prefix, adapter in self.adapters.items():
            if lower.startswith(prefix.lower()):
                return adapter
        if lower.startswith("http+unix://"):
            plain = self.get_adapter("http://")
            if isinstance(plain, HTTPAdapter) and "uds" in plain._settings.pool:
                return plain  # which leads to that socket and no other
        said, words = _url_errors.no_adapter(url)
        raise explained(InvalidSchema(said), words)

    def close(self) -> None:
        """Close the idle connections. The session can be used again."""
        for adapter in self.adapters.values():
            adapter.close()

    def mount(self, prefix: str, adapter: BaseAdapter) -> None:
        """Have `adapter` send the requests whose URL begins with `prefix`. Longer prefixes come first."""
        self.adapters[prefix] = adapter
        for shorter in [key for key in self.adapters if len(key) < len(prefix)]:
            self.adapters[shorter] = self.adapters.pop(shorter)

    def __getstate__(self) -> dict[str, object]:
        return _session_settings.state_of(self)

    def __setstate__(self, state: _t.Keywords) -> None:
        _session_settings.restore(self, state)


def session(**settings: Unpack[_t.SessionSettings]) -> Session:
    """Return a new Session; the arguments are those of `Session`. Deprecated, as in requests: `Session()` does it."""
    return Session(**settings)


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": "os",
            "._internal_utils": "to_native_string",
            ".auth": "_basic_auth_str",
            ".compat": "cookielib",
            ".cookies": "RequestsCookieJar cookiejar_from_dict extract_cookies_to_jar merge_cookies",
            ".exceptions": "ChunkedEncodingError ContentDecodingError TooManyRedirects",
            ".messages.bodies": "rewind_body to_key_val_list",
            ".models": "REDIRECT_STATI",
            ".status_codes": "codes",
            ".structures": "CaseInsensitiveDict",
            ".utils": "DEFAULT_PORTS get_auth_from_url requote_uri should_bypass_proxies",
            "collections.abc": "Generator Mapping MutableMapping",
            "datetime": "timedelta",
            "typing": "Any TYPE_CHECKING cast",
            "urllib.parse": "urljoin urlparse",
        },
    )

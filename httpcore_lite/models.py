"""Request, PreparedRequest and Response: what is asked for, what is sent, what came back.

    Request ──prepare()──▶ PreparedRequest ──adapter.send()──▶ Response

The steps of preparing are methods that programs call one by one and override; the work is done in `preparing.py`,
`multipart.py` and `client/content.py`. What most programs never read of a Response (`headers`, `cookies`, `elapsed`,
`history` ...) is made when it is read and then is a plain attribute.

As requests' module of that name, whose public names are all here.
"""

from __future__ import annotations

from . import utils
from ._internal_utils import (  # noqa: F401 - one is here for programs only
    has_set_cookie,
    is_cookiejar,
    late,
    lazy_names,
    to_native_string,
    unicode_is_ascii,
)
from .client.content import CONTENT_CHUNK_SIZE, ITER_CHUNK_SIZE, Content  # noqa: F401
from .exceptions import (  # noqa: F401 - some are here for programs only, as in requests
    ChunkedEncodingError,
    ConnectionError,
    ContentDecodingError,
    HTTPError,
    InvalidHeader,
    InvalidJSONError,
    InvalidURL,
    MissingSchema,
    StreamConsumedError,
)
from .hooks import RequestHooksMixin, default_hooks
from .messages import preparing
from .messages.urls import parse_url, split_origin  # noqa: F401
from .status_codes import codes
from .structures import CaseInsensitiveDict, fields_of_wire
from .utils import get_auth_from_url, requote_uri, stream_decode_response_unicode  # noqa: F401

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import timedelta
    from http.cookiejar import CookieJar
    from typing import Any, Literal

    from typing_extensions import Self

    from . import _types as _t
    from . import auth as _auth
    from . import cookies as _cookies
    from .cookies import RequestsCookieJar
    from .messages import bodies as _bodies
    from .messages import charsets as _charsets
    from .sansio.http1.exchange import ConnectionInfo, Timings
    from .sansio.http1.protocol import Informational
else:
    _auth = late(".auth")
    _bodies = late(".messages.bodies")
    _charsets = late(".messages.charsets")
    _cookies = late(".cookies")

#: The status codes that redirect: 301, 302, 303, 307, 308.
REDIRECT_STATI = (codes.moved, codes.found, codes.other, codes.temporary_redirect, codes.permanent_redirect)
DEFAULT_REDIRECT_LIMIT = 30

# Empty ones of these are no body; an empty one of another type may be a stream of unknown length.
_NO_STREAMS = frozenset({type(None), str, bytes, list, tuple, dict})


class RequestEncodingMixin:
    """The target of a request, and the encoding of forms."""

    url: str | None

    @property
    def path_url(self) -> str:
        """The target: path and query of the URL, at least "/"."""
        return split_of(self)[3]

    @staticmethod
    def _encode_params(data: _t.EncodableDataType) -> str | bytes | _t.SupportsRead[str | bytes]:
        """Encode form fields: `preparing.encoded_params`."""
        return preparing.encoded_params(data)

    @staticmethod
    def _encode_files(files: _t.FilesType, data: _t.DataType) -> tuple[_t.BodyType, str]:
        """Return (body, Content-Type) of a form with files: `multipart.encode_files`.

        `RequestField` and `encode_multipart_formdata` that a program has put into this module are used.
        """
        from .messages.multipart import encode_files

        put_here = globals()
        return encode_files(files, data, put_here.get("RequestField"), put_here.get("encode_multipart_formdata"))


def split_of(request: RequestEncodingMixin) -> tuple[str, str, int | None, str]:
    """Return (scheme, host, port or None, target) of a prepared request, whose URL is split once as long as it stays.

    LocationParseError: there is no host, or host or port is wrong.
    """
    known: tuple[object, tuple[str, str, int | None, str]] | None = request.__dict__.get("_split")
    if known is None or known[0] is not request.url:
        known = request.__dict__["_split"] = request.url, split_origin(str(request.url))
    return known[1]


class Request(RequestHooksMixin):
    """What a program asks for, as it said it.

    method, url: what is requested; headers: mapping; files: mapping or pairs of name -> file, for a multipart form;
    data: form fields as mapping or pairs, or the body as text, bytes, file or iterable; params: fields for the
    query; auth: (user, password) or a callable; cookies: mapping or jar; hooks: event -> functions; json: anything,
    for a JSON body where there are no data and no files.
    """

    def __init__(
        self,
        method: str | None = None,
        url: _t.UriType | None = None,
        headers: _t.HeadersType = None,
        files: _t.FilesType = None,
        data: _t.DataType = None,
        params: _t.ParamsType = None,
        auth: _t.AuthType = None,
        cookies: _t.CookiesParamType = None,
        hooks: _t.HooksParamType = None,
        json: _t.JsonType = None,
    ) -> None:
        self.hooks: dict[str, list[_t.HookType]] = default_hooks()
        if hooks:
            given: Mapping[str, Any] = hooks
            for event, hook in list(given.items()):
                self.register_hook(event=event, hook=hook)
        self.method: str | None = method
        self.url: _t.UriType | None = url
        self.headers: Mapping[str, str | bytes | None] = {} if headers is None else headers
        self.files: _t.FilesType = [] if files is None else files
        self.data: _t.DataType = [] if data is None else data
        self.json: _t.JsonType = json
        self.params: _t.ParamsType = {} if params is None else params
        self.auth: _t.AuthType = auth
        self.cookies: _t.CookiesParamType = cookies

    def __repr__(self) -> str:
        return f"<Request [{self.method}]>"

    def prepare(self) -> PreparedRequest:
        """Return the PreparedRequest for this, without any settings of a session."""
        prepared = PreparedRequest()
        prepared.prepare(
            method=self.method,
            url=self.url,
            headers=self.headers,
            files=self.files,
            data=self.data,
            json=self.json,
            params=self.params,
            auth=self.auth,
            cookies=self.cookies,
            hooks=self.hooks,
        )
        return prepared


class PreparedRequest(RequestEncodingMixin, RequestHooksMixin):
    """What is sent: method, URL, headers and body as they go out. Everything may be changed until then."""

    if TYPE_CHECKING:
        headers: CaseInsensitiveDict[str | bytes]
        body: _t.BodyType
        _body_position: object
        _options: object  # a Call, or the options of one that has not begun
        _jar: CookieJar | Literal[False] | None

    method: str | None = None
    body = None
    # Where a file stood that is the body, so that it can be sent again from there.
    _body_position = None
    # Our own options of this exchange, which no method of requests has an argument for.
    _options = None
    # The jar that made the Cookie field; False for an empty one that was not asked for yet.
    _jar = None

    def __init__(self) -> None:
        self.url: str | None = None
        self.headers = None  # type: ignore[assignment]  # until they are prepared
        self.hooks: dict[str, list[_t.HookType]] = default_hooks()

    def prepare(
        self,
        method: str | None = None,
        url: _t.UriType | None = None,
        headers: _t.HeadersType = None,
        files: _t.FilesType = None,
        data: _t.DataType = None,
        params: _t.ParamsType = None,
        auth: _t.AuthType = None,
        cookies: _t.CookiesParamType = None,
        hooks: _t.HooksParamType = None,
        json: _t.JsonType = None,
    ) -> None:
        """Prepare everything.

        Authentication comes late, so that it sees the rest; hooks after it, since it may add some.
        """
        self.prepare_method(method)
        self.prepare_url(url, params)
        self.prepare_headers(headers)
        self.prepare_cookies(cookies)
        self.prepare_body(data, files, json)
        self.prepare_auth(auth, url)
        self.prepare_hooks(hooks)

    def __repr__(self) -> str:
        return f"<PreparedRequest [{self.method}]>"

    def __getstate__(self) -> dict[str, object]:
        state = self.__dict__.copy()
        state.pop("_options", None)  # clocks and callbacks mean nothing in another process
        state.pop("_split", None)
        state.pop("req_kwargs", None)  # what a mock notes: contexts of TLS may be in it
        return state

    def copy(self) -> PreparedRequest:
        """Return a copy that can be changed without changing this one; body and hooks are shared."""
        copied = PreparedRequest()
        copied.method = self.method
        copied.url = self.url
        if self.headers is not None:
            copied.headers = self.headers.copy()
        copied._jar = _cookies._copy_cookie_jar(self._jar) if self._jar else self._jar
        copied.body = self.body
        copied.hooks = self.hooks
        copied._body_position = self._body_position
        copied._options = self._options
        return copied

    @property
    def _cookies(self) -> CookieJar | None:
        """The jar that made the Cookie field; None before `prepare_cookies`."""
        if self._jar is False:
            self._jar = _cookies.cookiejar_from_dict({})
        return self._jar

    @_cookies.setter
    def _cookies(self, jar: CookieJar | None) -> None:
        self._jar = jar

    # -- the steps -----------------------------------------------------------------------------------------

    def prepare_method(self, method: str | None) -> None:
        """Set the method, in capitals."""
        try:
            self.method = None if method is None else to_native_string(method.upper())
        except UnicodeDecodeError:
            raise InvalidHeader(f"{method!r} is no request method (RFC 9110 section 9.1)") from None

    @staticmethod
    def _get_idna_encoded_host(host: str) -> str:
        """Return an international host name in ASCII (RFC 5891). UnicodeError when it cannot be one."""
        from .messages.urls import encode_idna

        return encode_idna(host)

    def prepare_url(self, url: _t.UriType | None, params: _t.ParamsType) -> None:
        """Set the URL with `params` in its query. MissingSchema, InvalidURL."""
        self.url = preparing.prepared_url(url, params, self._encode_params)

    def prepare_headers(self, headers: _t.HeadersType) -> None:
        """Set the fields. InvalidHeader."""
        self.headers = preparing.prepared_headers(headers)

    def prepare_body(self, data: _t.DataType, files: _t.FilesType, json: _t.JsonType = None) -> None:
        """Set the body, and the fields that describe it: Content-Length or Transfer-Encoding, and Content-Type."""
        if not data and json is None and not files and type(data) in _NO_STREAMS:
            # Nothing to send, as with most requests: only the length of it may have to be said.
            self.body = None
            self.prepare_content_length(None)
            return
        preparing.prepare_body(self, data, files, json)

    def prepare_content_length(self, body: _t.BodyType) -> None:
        """Say how long the body is; "0" for none where the method could have one (RFC 9110 section 8.6)."""
        if body is not None:
            length = len(body) if type(body) is bytes else _bodies.length_of(body)
            if length:
                self.headers["Content-Length"] = str(length)
        elif self.method not in ("GET", "HEAD") and self.headers.get("Content-Length") is None:
            self.headers["Content-Length"] = "0"

    def prepare_auth(self, auth: _t.AuthType, url: _t.UriType | None = "") -> None:
        """Authenticate: `auth` is (user, password), a callable given this request, or None for the URL's own."""
        if auth is None:
            if self.url is None or "@" not in self.url:
                return
            found = get_auth_from_url(self.url)
            auth = found if any(found) else None
        if not auth:
            return
        if isinstance(auth, tuple) and len(auth) == 2:
            auth = _auth.HTTPBasicAuth(*auth)
        changed = auth(self)  # pyright: ignore[reportCallIssue]  # another tuple is an error
        self.__dict__.update(changed.__dict__)
        self.prepare_content_length(self.body)

    def prepare_cookies(self, cookies: _t.CookiesParamType) -> None:
        """Set the Cookie field from a jar or a mapping. A Cookie field that is there already stays as it is."""
        if is_cookiejar(cookies):  # asked first: whether a jar is empty takes a walk through it
            jar = cookies
        elif cookies:
            jar = _cookies.cookies_for_request(cookies, self.url)
        else:
            self._jar = False
            return
        self._jar = jar
        header = _cookies.get_cookie_header(jar, self)
        if header is not None:
            self.headers["Cookie"] = header

    def prepare_hooks(self, hooks: _t.HooksParamType) -> None:
        """Register hooks, on top of those that are registered."""
        if hooks:
            given: Mapping[str, Any] = hooks
            for event, hook in list(given.items()):
                if hook:
                    self.register_hook(event, hook)


class _Attributes:
    """The dict of an object whose class shows another one, or the same one filled, as `__dict__`."""


#: Return the dict itself.
plain_dict: Callable[[object], dict[str, object]] = _Attributes.__dict__["__dict__"].__get__


class Response(_Attributes, Content):
    """What came back: status, headers and body of one response.

    The body is read when it is asked for (`content`, `text`, `json()`, `iter_content()`, `iter_lines()`), or from
    `raw`, a file-like object. Errors while it is read are RequestExceptions.
    """

    __attrs__: list[str] = [
        "_content",
        "status_code",
        "headers",
        "url",
        "history",
        "encoding",
        "reason",
        "cookies",
        "elapsed",
        "request",
    ]

    # `Response` is subclassed by classes that resolve its annotations (attrs), so these are for type checkers only.
    if TYPE_CHECKING:
        _content: bytes | Literal[False] | None
        _next: PreparedRequest | None
        _source: object
        status_code: int
        url: str
        raw: Any
        request: PreparedRequest
        headers: CaseInsensitiveDict[str]
        encoding: str | None
        history: list[Response]
        reason: str
        cookies: RequestsCookieJar
        elapsed: timedelta
        connection: Any
        connection_info: ConnectionInfo | None

    _next = None
    # Where the lazy attributes come from: the raw response, for one that an adapter has built.
    _source = None
    # Seconds from sending the request to the end of the head.
    _took = 0.0

    if not TYPE_CHECKING:  # what there is before an adapter fills it in
        #: The status code, 404 for example.
        status_code = None
        #: The body as a file-like object.
        raw = None
        #: The URL that this response is from.
        url = None
        #: The PreparedRequest that was answered.
        request = None

    def __init__(self) -> None:
        """Make an empty response, to be filled by an adapter or by hand."""

    if not TYPE_CHECKING:  # or every misspelt name would be an attribute

        def __getattr__(self, name):
            make = _LAZY.get(name)
            if make is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            value = make(self)
            plain_dict(self)[name] = value
            return value

        @property
        def __dict__(self):
            """The attributes, those of requests' Response all among them: what was not made yet is made now."""
            attributes = plain_dict(self)
            for name in _OF_REQUESTS:
                if name not in attributes:
                    attributes[name] = getattr(self, name)
            return attributes

    def __dir__(self) -> list[str]:
        # Nothing is made for this.
        return sorted({*dir(type(self)), *plain_dict(self), *_LAZY, *_OF_REQUESTS})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, object]:
        if not self._content_consumed:
            self.content  # noqa: B018 - a pickled response has its body with it
        state: dict[str, object] = {name: getattr(self, name, None) for name in self.__attrs__}
        if self._failure is not None:
            state["_failure"] = self._failure  # of a redirect's page, that was left at that
        return state

    def __setstate__(self, state: dict[str, object]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self._content_consumed = True
        self.raw = None

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    def __bool__(self) -> bool:
        """Whether the status is below 400: `ok`."""
        return self.ok

    __nonzero__ = __bool__  # Python 2's name of it

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in pieces of 128 bytes."""
        return self.iter_content(128)

    # -- the head ------------------------------------------------------------------------------------------

    @property
    def ok(self) -> bool:
        """Whether `raise_for_status` would not raise: the status is below 400 (or above 599)."""
        try:
            self.raise_for_status()
        except HTTPError:
            return False
        return True

    @property
    def is_redirect(self) -> bool:
        """Whether this response leads elsewhere and says where."""
        return self.status_code in REDIRECT_STATI and "location" in self.headers

    @property
    def is_permanent_redirect(self) -> bool:
        """Whether this response leads elsewhere for good (301, 308)."""
        return self.status_code in (codes.moved_permanently, codes.permanent_redirect) and "location" in self.headers

    @property
    def next(self) -> PreparedRequest | None:
        """The request that would follow this redirect, when redirects were not followed."""
        return self._next

    @property
    def timings(self) -> Timings | None:
        """How long the phases of this exchange took, in seconds: queue, dns, connect, tls, send, wait, receive, total.

        A phase that there was not, or that is not over, is None; so is all of it for a response of another transport.
        """
        return getattr(self._source, "timings", None)

    @property
    def informational(self) -> list[Informational]:
        """The 1xx heads that came before this response, each with status_code, reason and headers."""
        return getattr(self._source, "informational", None) or []

    @property
    def trailers(self) -> CaseInsensitiveDict[str]:
        """The fields behind a chunked body, empty until it was read (RFC 9110 section 6.5)."""
        return CaseInsensitiveDict(getattr(self._source, "trailers", None) or {})

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The Link field, by relation or URL (RFC 8288)."""
        value = self.headers.get("link")
        if not value:
            return {}
        from .messages.fields import parse_header_links

        named = [(link.get("rel") or link.get("url"), link) for link in parse_header_links(value)]
        return {key: link for key, link in named if key is not None}

    def raise_for_status(self) -> None:
        """Raise HTTPError when the status says that something went wrong: 400 to 599."""
        status = self.status_code
        if status is None or not 400 <= status < 600:
            return
        reason: object = self.reason
        if isinstance(reason, bytes):
            # Some servers write it in their own language, in UTF-8 mostly.
            phrase: bytes = reason
            try:
                reason = phrase.decode("utf-8")
            except UnicodeDecodeError:
                reason = phrase.decode("iso-8859-1")
        side = "Client" if status < 500 else "Server"
        from .sansio.redaction import masked_target

        raise HTTPError(f"{status} {side} Error: {reason} for url: {masked_target(str(self.url))}", response=self)

    def close(self) -> None:
        """Let go of the connection: back to its pool when the body was read, closed otherwise."""
        raw = self.raw
        if not self._content_consumed and raw is not None:
            raw.close()
        release_conn = getattr(raw, "release_conn", None)
        if release_conn is not None:
            release_conn()


# -- what of a Response is made when it is read ------------------------------------------------------------------


def _make_headers(response: Response) -> CaseInsensitiveDict[str]:
    fields = getattr(response._source, "wire_fields", None)
    if type(fields) is list:
        return fields_of_wire(fields)
    return CaseInsensitiveDict(getattr(response._source, "headers", None) or {})


# Whether it was replaced is asked: a program's own function sees all fields.
_encoding_of = utils.get_encoding_from_headers


def _make_encoding(response: Response) -> str | None:
    if response._source is None:
        return None
    if utils.get_encoding_from_headers is _encoding_of and "headers" not in plain_dict(response):
        fields = getattr(response._source, "wire_fields", None)
        if type(fields) is list:
            return _charsets.from_wire(fields)  # of all fields it takes one
    return utils.get_encoding_from_headers(response.headers)


def _make_cookies(response: Response) -> RequestsCookieJar:
    jar = _cookies.cookiejar_from_dict({})
    if response._source is not None and has_set_cookie(response._source):
        _cookies.extract_cookies_to_jar(jar, response.request, response._source)
    return jar


def _make_elapsed(response: Response) -> timedelta:
    from datetime import timedelta

    return timedelta(seconds=response._took)


def note_elapsed(response: object, seconds: float) -> None:
    """Note how long an adapter took for the head of a response, which may be of another class than ours."""
    if isinstance(response, Response):
        response._took = seconds
        plain_dict(response).pop("elapsed", None)  # an adapter's own measure
    else:
        from datetime import timedelta

        response.elapsed = timedelta(seconds=seconds)  # type: ignore[attr-defined]  # of an adapter of any kind


# What `vars()` of requests' Response shows.
_OF_REQUESTS = (*Response.__attrs__, "raw", "_content_consumed", "_next")

_LAZY: dict[str, Callable[[Response], object]] = {
    "headers": _make_headers,
    "encoding": _make_encoding,
    "cookies": _make_cookies,
    "elapsed": _make_elapsed,
    "history": lambda response: [],
    # Of our own transport; None where the body comes from somewhere else.
    "connection_info": lambda response: getattr(response._source, "connection_info", None),
    "reason": lambda response: getattr(response._source, "reason", None),
}

# Names that requests' module has and ours does not need, some under another name than where they come from.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": "datetime encodings encodings.idna",
            ".auth": "HTTPBasicAuth",
            ".compat": "JSONDecodeError basestring builtin_str chardet complexjson=json cookielib",
            ".cookies": "cookiejar_from_dict get_cookie_header",
            ".exceptions": "RequestsJSONDecodeError=JSONDecodeError RequestsSSLError=SSLError",
            ".messages.bodies": "guess_filename iter_slices super_len to_key_val_list",
            ".messages.charsets": "guess_json_utf",
            ".messages.fields": "check_header_validity parse_header_links",
            ".messages.multipart": "RequestField encode_multipart_formdata",
            # Of the installed urllib3 where there is one; our errors are instances of both then.
            ".packages.urllib3.exceptions": "DecodeError LocationParseError ProtocolError ReadTimeoutError SSLError",
            "collections.abc": "Callable Generator Iterable Iterator Mapping",
            "io": "UnsupportedOperation",
            "typing": "TYPE_CHECKING Any Final Literal cast overload",
            "urllib.parse": "urlencode urlsplit urlunparse",
        },
    )

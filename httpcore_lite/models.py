"""Request, PreparedRequest and Response: what is asked for, what is sent, what came back.

    Request ──prepare()──▶ PreparedRequest ──adapter.send()──▶ Response

The steps of preparing are methods that programs call one by one and override; the work is done in `preparing.py`,
`multipart.py` and `encodings.py`. What most programs never read of a Response (`headers`, `cookies`, `elapsed`,
`history` ...) is made when it is read and then is a plain attribute.

As requests' module of that name, whose public names are all here.
"""

from __future__ import annotations

from . import compat, utils
from ._internal_utils import (  # noqa: F401 - one is here for programs only
    has_set_cookie,
    is_cookiejar,
    late,
    lazy_names,
    to_native_string,
    unicode_is_ascii,
)
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
    is_transport_error,
    original,
    translate_body,
)
from .hooks import default_hooks
from .messages import charsets as encodings
from .messages import preparing
from .messages.urls import parse_url, split_origin  # noqa: F401
from .sansio.errors import twin_of
from .status_codes import codes
from .structures import CaseInsensitiveDict, fields_of_wire
from .utils import (  # noqa: F401
    check_header_validity,
    get_auth_from_url,
    guess_filename,
    guess_json_utf,
    iter_slices,
    parse_header_links,
    requote_uri,
    stream_decode_response_unicode,
    super_len,
    to_key_val_list,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import timedelta
    from http.cookiejar import CookieJar
    from typing import Any, Literal, overload

    from typing_extensions import Self

    from . import _types as _t
    from . import auth as _auth
    from . import cookies as _cookies
    from .adapters import HTTPAdapter
    from .cookies import RequestsCookieJar
    from .sansio.http1.protocol import Informational
    from .sansio.timings import ConnectionInfo, Timings
else:
    _auth = late(".auth")
    _cookies = late(".cookies")

#: The status codes that redirect: 301, 302, 303, 307, 308.
REDIRECT_STATI = (codes.moved, codes.found, codes.other, codes.temporary_redirect, codes.permanent_redirect)
DEFAULT_REDIRECT_LIMIT = 30
#: Bytes read at a time for `Response.content` and `iter_lines`.
CONTENT_CHUNK_SIZE = 10 * 1024
ITER_CHUNK_SIZE = 512

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


def split_of(request: Any) -> tuple[str, str, int | None, str]:
    """Return (scheme, host, port or None, target) of a prepared request, whose URL is split once as long as it stays.

    LocationParseError: there is no host, or host or port is wrong.
    """
    url, split = request.__dict__.get("_split", _NOT_SPLIT)
    if url is not request.url:
        split = split_origin(request.url)
        request.__dict__["_split"] = request.url, split
    return split  # type: ignore[no-any-return]


_NOT_SPLIT: Any = (object(), None)


class RequestHooksMixin:
    """Functions that are called when something happens to a request."""

    if TYPE_CHECKING:
        hooks: dict[str, list[_t.HookType]]

    def register_hook(self, event: str, hook: Iterable[_t.HookType] | _t.HookType) -> None:
        """Have `hook`, a function or several, called at `event`.

        ValueError when there is no such event, TypeError for what cannot be called.
        """
        if event not in self.hooks:
            raise ValueError(f'Unsupported event specified, with event name "{event}"')
        if callable(hook):
            self.hooks[event].append(hook)
            return
        functions: list[_t.HookType] = list(hook) if hasattr(hook, "__iter__") else [hook]  # type: ignore[list-item]  # or of a wrong type
        for function in functions:
            if function is not None and not callable(function):
                raise TypeError(f"a hook for {event!r} is a function, or a list of them, not {function!r:.50}")
        self.hooks[event].extend(function for function in functions if function is not None)

    def deregister_hook(self, event: str, hook: _t.HookType) -> bool:
        """Undo `register_hook` for one function; returns whether it was registered."""
        try:
            self.hooks[event].remove(hook)
        except ValueError:
            return False
        return True


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
        hooks: _t.HooksInputType | None = None,
        json: _t.JsonType = None,
    ) -> None:
        self.hooks: dict[str, list[_t.HookType]] = default_hooks()
        if hooks:
            for event, hook in list(hooks.items()):
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
    # The jar that made the Cookie field; False for an empty one that nobody has asked for yet.
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
        hooks: _t.HooksInputType | None = None,
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
        return state

    def copy(self) -> PreparedRequest:
        """Return a copy that can be changed without changing this one; body and hooks are shared."""
        copied = PreparedRequest()
        copied.method = self.method
        copied.url = self.url
        if self.headers is not None:
            copied.headers = self.headers.copy()
        if self._jar:
            copied._jar = _cookies._copy_cookie_jar(self._jar)
        else:
            copied._jar = self._jar
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
        body: _t.BodyType = None
        content_type = None
        if not data and json is not None:
            content_type = "application/json"
            body = preparing.json_body(json, self)
        if preparing.is_stream(data):
            self._prepare_stream(data, files)
            return
        if files:
            body, content_type = self._encode_files(files, data)
        elif data:
            body = self._encode_params(data)  # type: ignore[arg-type]  # no stream, so a form, or as it is
            form = not isinstance(data, (str, bytes)) and not hasattr(data, "read")
            content_type = "application/x-www-form-urlencoded" if form else None
        self.prepare_content_length(body)
        if files and not isinstance(body, bytes):
            self._prepare_long_form(body)
        if content_type and "content-type" not in self.headers:
            self.headers["Content-Type"] = content_type
        self.body = body

    def _prepare_stream(self, data: Any, files: _t.FilesType) -> None:
        """Set a body that is sent piece by piece: with its length where it has one, in chunks otherwise."""
        length = preparing.length_of(data)
        self._body_position = preparing.position_of(data)
        if files:
            raise NotImplementedError("Streamed bodies and files are mutually exclusive.")
        if length:
            self.headers["Content-Length"] = str(length)
        elif "Content-Length" not in self.headers or length == 0:
            # A length that the caller declared is believed, and checked while the body is sent.
            self.headers["Transfer-Encoding"] = "chunked"
        self.body = data

    def _prepare_long_form(self, body: _t.BodyType) -> None:
        """Say how a form is framed that is read while it is sent: in chunks where its length is not known."""
        self._body_position = preparing.position_of(body)
        length = getattr(body, "len", None)
        if length is not None:
            self.headers["Content-Length"] = str(length)
        else:
            self.headers["Transfer-Encoding"] = "chunked"

    def prepare_content_length(self, body: _t.BodyType) -> None:
        """Say how long the body is; "0" for none where the method could have one (RFC 9110 section 8.6)."""
        if body is not None:
            length = preparing.length_of(body)
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

    def prepare_hooks(self, hooks: _t.HooksInputType | None) -> None:
        """Register hooks, on top of those that are registered."""
        for event, hook in (hooks or {}).items():
            if hook:
                self.register_hook(event, hook)


class _Attributes:
    """The dict of an object whose class shows another one, or the same one filled, as `__dict__`."""


#: Return the dict itself.
plain_dict: Callable[[object], dict[str, object]] = _Attributes.__dict__["__dict__"].__get__


class Response(_Attributes):
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
        connection: HTTPAdapter
        connection_info: ConnectionInfo | None

    _content = False
    _content_consumed = False
    _next = None
    # What ended the body before its end, as `raw` raised it: such a body never reads as a whole one.
    _failure: Exception | None = None
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

    def __nonzero__(self) -> bool:
        """Python 2's name of `__bool__`."""
        return self.ok

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
        links = {}
        for link in parse_header_links(value):
            key = link.get("rel") or link.get("url")
            if key is not None:
                links[key] = link
        return links

    def raise_for_status(self) -> None:
        """Raise HTTPError when the status says that something went wrong: 400 to 599."""
        status = self.status_code
        if status is None or not 400 <= status < 600:
            return
        reason: Any = self.reason
        if isinstance(reason, bytes):
            # Some servers write it in their own language, in UTF-8 mostly.
            try:
                reason = reason.decode("utf-8")
            except UnicodeDecodeError:
                reason = reason.decode("iso-8859-1")
        side = "Client" if status < 500 else "Server"
        from .sansio.trace import masked_target

        raise HTTPError(f"{status} {side} Error: {reason} for url: {masked_target(str(self.url))}", response=self)

    # -- the body ------------------------------------------------------------------------------------------

    @property
    def apparent_encoding(self) -> str | None:
        """The charset that the body seems to be in."""
        return encodings.apparent(self.content)

    if TYPE_CHECKING:

        @overload
        def iter_content(
            self, chunk_size: int | None = 1, decode_unicode: Literal[False] = False
        ) -> Iterator[bytes]: ...
        @overload
        def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[str | bytes]: ...

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[object]:
        """Yield the body in pieces.

        chunk_size: the size of a piece in bytes. Every piece but the last has it, unless the body is chunked; then
        pieces come as they arrive, none larger. None gives pieces as they arrive, of any size. decode_unicode:
        text in the response's encoding instead of bytes. StreamConsumedError when the body was read already, ValueError
        for pieces of no bytes; a body that has failed raises its error each time.
        """
        return self._pieces(chunk_size, decode_unicode)

    def _pieces(self, chunk_size: int | None, decode_unicode: bool, joined: bool = False) -> Iterator[object]:
        """As `iter_content`; pieces that have arrived together come as one where they are to be `joined`."""
        failed = self._failure is not None and isinstance(self._content, bool)
        if self._content_consumed and isinstance(self._content, bool) and not failed:
            raise StreamConsumedError()
        size: object = chunk_size
        if size is not None and not isinstance(size, int):
            raise TypeError(f"chunk_size must be an int, it is instead a {type(chunk_size)}.")
        if self._content_consumed and not failed:
            pieces: Iterator[Any] = iter_slices(self._content, chunk_size)  # pyright: ignore[reportArgumentType]
        elif size == 0:
            raise ValueError("chunk_size=0 would yield nothing of the body; None yields pieces as they arrive")
        else:
            pieces = self._received(chunk_size, joined)
        return stream_decode_response_unicode(pieces, self) if decode_unicode else pieces

    def _received(self, chunk_size: int | None, joined: bool) -> Iterator[bytes]:
        if self._failure is not None:
            raise self._failed_again()
        raw = self.raw
        try:
            if joined:
                yield from raw.stream_joined()
            elif hasattr(raw, "stream"):
                yield from raw.stream(chunk_size, decode_content=True)
            else:
                while piece := raw.read(chunk_size):
                    yield piece
        except Exception as error:
            if self._is_told_of(error):
                raise translate_body(error, self.request) from original(error)
            raise
        self._content_consumed = True

    def _is_told_of(self, error: Exception) -> bool:
        """Remember what ended the body; tell whether it is a transport's, to be translated, or goes on as it is."""
        self._failure = twin_of(error)
        return is_transport_error(error)

    def _failed_again(self) -> Exception:
        """Return what was raised when the body failed, to be raised once more."""
        error: Exception = twin_of(self._failure)  # type: ignore[assignment, type-var]  # there is one
        if not is_transport_error(error):
            return error
        found = translate_body(error, self.request)
        found.__cause__ = error
        return found

    if TYPE_CHECKING:

        @overload
        def iter_lines(
            self, chunk_size: int = 512, decode_unicode: Literal[False] = False, delimiter: bytes | None = None
        ) -> Iterator[bytes]: ...
        @overload
        def iter_lines(
            self, chunk_size: int = 512, decode_unicode: bool = False, delimiter: str | bytes | None = None
        ) -> Iterator[str | bytes]: ...

    def iter_lines(
        self, chunk_size: int = ITER_CHUNK_SIZE, decode_unicode: bool = False, delimiter: str | bytes | None = None
    ) -> Iterator[object]:
        """Yield the body line by line, the same lines however it arrives: those of `content.splitlines()`.

        With a delimiter they are those of `content.split(delimiter)` without an empty last one. Unless a size is asked
        for, what has arrived is cut into lines as it comes.
        """
        if chunk_size == ITER_CHUNK_SIZE and self._reads_whole():
            # Sooner there than so many bytes, and quicker than in pieces of some lines each.
            pieces: Iterator[object] = self._pieces(None, decode_unicode, joined=True)
        else:
            pieces = self.iter_content(chunk_size, decode_unicode)
        return encodings.iter_lines(pieces, delimiter)

    def _reads_whole(self) -> bool:
        """Tell whether the body is our transport's, and nobody reads it in a way of his own."""
        ours = getattr(self.iter_content, "__func__", None) is Response.iter_content
        return ours and hasattr(type(self.raw), "read_whole")

    @property
    def content(self) -> bytes:
        """The whole body, decoded from its content coding; None when there is none to read."""
        if self._content is False:
            if self._failure is not None:
                raise self._failed_again()
            if self._content_consumed:
                raise RuntimeError("The content for this response was already consumed")
            if self.status_code == 0 or self.raw is None:
                self._content = None
            else:
                self._content = self._read_whole()
        self._content_consumed = True
        return self._content  # type: ignore[return-value]  # or None (as requests)

    def _read_whole(self) -> bytes:
        # Our own raw response reads a body into one buffer; pieces would have to be held twice to be joined.
        if not self._reads_whole():
            return b"".join(self.iter_content(CONTENT_CHUNK_SIZE)) or b""
        try:
            return self.raw.read_whole()  # type: ignore[no-any-return]
        except Exception as error:
            if self._is_told_of(error):
                raise translate_body(error, self.request) from original(error)
            raise

    @property
    def text(self) -> str:
        """The whole body as text, in `encoding`, or where that is None in `apparent_encoding`.

        What does not fit the encoding is replaced, never an error.
        """
        content = self.content
        if not content:
            return ""
        encoding = self.encoding
        if encoding is None:
            encoding = self.apparent_encoding
        try:
            return str(content, encoding or "utf-8", errors="replace")
        except (LookupError, TypeError, ValueError):
            # A misspelt or invented charset.
            return str(content, errors="replace")

    def json(self, **kwargs: object) -> Any:
        """Return the body parsed as JSON; `kwargs` are those of `json.loads`.

        JSONDecodeError (also a ValueError and json's own class) when it is not JSON.
        """
        content = self.content
        if not self.encoding and content and len(content) > 3:
            encoding = guess_json_utf(content)
            if encoding is not None:
                try:
                    return self._loaded(content.decode(encoding), kwargs)
                except UnicodeDecodeError:
                    pass  # in no UTF encoding after all: `text` knows better
        return self._loaded(self.text, kwargs)

    def _loaded(self, text: str, kwargs: _t.Keywords) -> object:
        if text[:1] == "\ufeff":
            text = text[1:]  # a byte order mark, which may be ignored (RFC 8259 section 8.1)
        try:
            return compat.json.loads(text, **kwargs)
        except ValueError as error:
            if not hasattr(error, "pos"):
                raise
            from .exceptions import JSONDecodeError

            failure = JSONDecodeError(error.msg, error.doc, error.pos)  # type: ignore[attr-defined]
            failure._story, failure._body_of = "json", self
            raise failure from error

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
            return encodings.from_wire(fields)  # of all fields it takes one
    return utils.get_encoding_from_headers(response.headers)


def _make_cookies(response: Response) -> RequestsCookieJar:
    jar = _cookies.cookiejar_from_dict({})
    if response._source is not None and has_set_cookie(response._source):
        _cookies.extract_cookies_to_jar(jar, response.request, response._source)
    return jar


def _make_elapsed(response: Response) -> timedelta:
    from datetime import timedelta

    return timedelta(seconds=response._took)


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
            "import": "datetime encodings.idna",
            ".auth": "HTTPBasicAuth",
            ".compat": "JSONDecodeError basestring builtin_str chardet complexjson=json cookielib",
            ".cookies": "cookiejar_from_dict get_cookie_header",
            ".exceptions": "RequestsJSONDecodeError=JSONDecodeError RequestsSSLError=SSLError",
            ".messages.multipart": "RequestField encode_multipart_formdata",
            # Of the installed urllib3 where there is one; our errors are instances of both then.
            ".packages.urllib3.exceptions": "DecodeError LocationParseError ProtocolError ReadTimeoutError SSLError",
            "collections.abc": "Callable Generator Iterable Iterator Mapping",
            "io": "UnsupportedOperation",
            "typing": "TYPE_CHECKING Any Final Literal cast overload",
            "urllib.parse": "urlencode urlsplit urlunparse",
        },
    )

"""Authentication: Basic and Digest, and the base for other ways.

An auth object is called with the prepared request last of all, and returns it with its credentials.
Digest needs the server's challenge first: `HTTPDigestAuth` hangs itself on the response, and responds through the
adapter that brought the challenge. The computing is done in `sansio/connections/digest.py`; here is the state: which
nonce was used last in this thread, and how often.

Nothing that hashes, encodes or locks is imported before a request authenticates.
"""

from __future__ import annotations

from ._internal_utils import has_set_cookie, late, lazy_names
from ._internal_utils import to_native_string as to_native_string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import local
    from typing import Any, TypeAlias

    from . import _types as _t
    from ._types import PreparedRequest, Response, is_prepared
    from .messages import url_parts as _url_parts
    from .sansio.connections import basic as _basic
    from .urllib3_api import poolmanager as _poolmanager

    # What `urls.origin_of` gives: scheme, host, port.
    _Origin: TypeAlias = tuple[str, str, int | None]
else:
    _basic = late(".sansio.connections.basic")
    _poolmanager = late(".urllib3_api.poolmanager")
    _url_parts = late(".messages.url_parts")


__all__ = [
    "CONTENT_TYPE_FORM_URLENCODED",
    "CONTENT_TYPE_MULTI_PART",
    "AuthBase",
    "HTTPBasicAuth",
    "HTTPDigestAuth",
    "HTTPProxyAuth",
]

CONTENT_TYPE_FORM_URLENCODED = "application/x-www-form-urlencoded"
CONTENT_TYPE_MULTI_PART = "multipart/form-data"


# -- Basic (RFC 7617) --------------------------------------------------------------------------------------------


def _basic_auth_str(username: str | bytes, password: str | bytes) -> str:
    """Return the value of an Authorization field for Basic authentication.

    Args:
        username: text, sent as Latin-1 (as requests), or bytes, sent as they are. Anything else is deprecated.
        password: likewise.

    Raises:
        InvalidHeader: a text has characters that Latin-1 has not. Encode it yourself and pass bytes.
    """
    pair = b"%b:%b" % (_latin1(username, "username"), _latin1(password, "password"))
    return _basic.credentials(pair, "latin-1")


def _latin1(value: object, what: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        import warnings

        # A password must not turn up in a log.
        shown = repr(value) if what == "username" else repr(type(value))
        warnings.warn(
            f"Non-string {what}s are deprecated: give a text or bytes instead of {shown}.",
            category=DeprecationWarning,
            stacklevel=4,
        )
        value = str(value)
    try:
        encoded: bytes = value.encode("latin1")
    except UnicodeEncodeError:
        from .exceptions import InvalidHeader

        # Without the cause, whose text would show the password.
        which = "user name" if what == "username" else what
        message = f"the {which} for Basic authentication holds what Latin-1 has not: encode it yourself and give bytes"
        raise InvalidHeader(message) from None
    return encoded


class AuthBase:
    """Base of everything that authenticates: an object that is called with the prepared request and returns it."""

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        raise NotImplementedError("an auth object must be callable: override __call__(self, r)")


class HTTPBasicAuth(AuthBase):
    """Name and password in the Authorization field, readable by everyone on the way: use it with https.

    Args:
        username: text (Latin-1) or bytes.
        password: likewise.
    """

    def __init__(self, username: str | bytes, password: str | bytes) -> None:
        self.username = username
        self.password = password

    def __eq__(self, other: object) -> bool:
        return _same_credentials(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Authorization"] = _basic_auth_str(self.username, self.password)
        return r


def proxy_authorization(url: str, proxy: str) -> str | None:
    """Return the Proxy-Authorization of a request for `url`, None where the proxy's URL has no login.

    None also for https: inside of the tunnel the origin would read it.
    """
    credentials = None if _url_parts.split(url).scheme.startswith("https") else _poolmanager.credentials_of(proxy)
    return None if credentials is None else _basic_auth_str(*credentials)


class HTTPProxyAuth(HTTPBasicAuth):
    """Name and password for a proxy, in the Proxy-Authorization field."""

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Proxy-Authorization"] = _basic_auth_str(self.username, self.password)
        return r


def _same_credentials(one: HTTPBasicAuth | HTTPDigestAuth, other: object) -> bool:
    """Compare names and passwords only, of whatever has them (as requests)."""
    missing = object()
    same = one.username == getattr(other, "username", missing) and one.password == getattr(other, "password", missing)
    return bool(same)


# -- Digest (RFC 7616) -------------------------------------------------------------------------------------------


# A program that asks more origins than this with one object is not answered by those that it asked first.
_MAX_ORIGINS = 1024


class HTTPDigestAuth(AuthBase):
    """Name and password proven by hashes, which are computed with what the server sends in its 401 response.

    The first request goes out bare, is refused with a challenge, and is sent again with the credentials; later
    ones carry them from the start while the server accepts the nonce. MD5, SHA, SHA-256, SHA-512, SHA-512-256 and
    their -sess variants, qop auth and auth-int.

    A challenge is answered only where the object was set on a request by the program, and on https of a host where
    that was http, both on their standard ports: not where a redirect leads else. A nonce is used only for the
    origin that gave it.

    State is kept for each thread, so one object may serve many. Subclasses may override every method; each calls
    the others with requests' arguments.

    Args:
        username: text (UTF-8) or bytes.
        password: likewise.
    """

    if TYPE_CHECKING:
        _thread_local: local

    def __init__(self, username: str | bytes, password: str | bytes) -> None:
        self.username = username
        self.password = password
        self._origins: dict[_Origin, None] = {}
        self._new_thread_local()

    def _new_thread_local(self) -> None:
        from threading import local

        self._thread_local = local()

    def init_per_thread_state(self) -> None:
        """Prepare this thread's state, unless that was done before.

        Its attributes are `last_nonce`, `nonce_count`, `chal` (the challenge's parameters), `pos` (where the body
        began, if it is a file) and `num_401_calls`. The first three are those of `origin`; those of the others wait
        in `spaces`.
        """
        state = self._thread_local
        if not hasattr(state, "init"):
            state.init = True
            state.last_nonce = ""
            state.nonce_count = 0
            state.chal = {}
            state.pos = None
            state.num_401_calls = None
            state.origin = None
            state.spaces = {}

    def _enter(self, origin: _Origin) -> None:
        """Make nonce, count and challenge of `origin` those of this thread, and keep those of the one before."""
        state = self._thread_local
        before = state.origin
        if before == origin:
            return
        if before is not None:
            while len(state.spaces) >= _MAX_ORIGINS:
                del state.spaces[next(iter(state.spaces))]
            state.spaces[before] = state.last_nonce, state.nonce_count, state.chal
            state.last_nonce, state.nonce_count, state.chal = state.spaces.pop(origin, ("", 0, {}))
        state.origin = origin

    def _trust(self, origin: _Origin) -> None:
        """Note an origin for which the program set this object; the oldest of too many is forgotten."""
        origins = self._origins
        if origin not in origins:
            for oldest in list(origins)[: max(0, len(origins) + 1 - _MAX_ORIGINS)]:
                origins.pop(oldest, None)
            origins[origin] = None

    def _may_authenticate(self, origin: _Origin) -> bool:
        """Tell whether name and password may be proven to `origin`: `Session.should_strip_auth`'s rule."""
        scheme, host, port = origin
        return origin in self._origins or ((scheme, port) == ("https", 443) and ("http", host, 80) in self._origins)

    def build_digest_header(self, method: str, url: str) -> str | None:
        """Return the response to this thread's challenge, the value of an Authorization field.

        Args:
            method: the request's method.
            url: the request's URL.

        Returns:
            None if the challenge asks for an algorithm or a quality of protection that is not known here.

        Raises:
            KeyError: the challenge has no realm or no nonce.
        """
        from os import urandom

        from .messages.url_parts import split
        from .sansio.connections import digest

        state = self._thread_local
        parts = split(url)
        nonce = state.chal["nonce"]
        count = state.nonce_count + 1 if nonce == state.last_nonce else 1
        header = digest.credentials(
            state.chal,
            method=method,
            uri=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            username=self.username,
            password=self.password,
            nonce_count=count,
            cnonce=urandom(8).hex(),
            body=_whole_body(getattr(state, "body", None)),
        )
        if header is not None:
            state.nonce_count = count
            state.last_nonce = nonce
        return header

    def handle_redirect(self, r: Response, **kwargs: object) -> None:
        """Response hook: a redirect makes a new request, which may be challenged again."""
        self.init_per_thread_state()
        if r.is_redirect:
            self._thread_local.num_401_calls = 1

    def handle_401(self, r: Response, **kwargs: Any) -> Response:
        """Response hook: respond to a challenge, once.

        Args:
            r: the response.
            kwargs: how the request was sent; it is sent again in the same way, by the same adapter.

        Returns:
            the response to the repeated request, with `r` in its history; or `r` if it is no challenge, or refuses
            credentials, or cannot be answered, or comes from an origin that is not to be answered.

        Raises:
            UnrewindableBodyError: the request must be sent again, but its body was consumed and has no `seek`.
        """
        # The hook may run in another thread than the one that prepared the request.
        self.init_per_thread_state()
        state = self._thread_local
        from .messages.urls import origin_of

        if TYPE_CHECKING:
            assert is_prepared(r.request)
        origin = origin_of(r.request.url)
        if not self._origins:
            self._trust(origin)  # hung on a response without having been called, as GuessAuth does
        if not self._may_authenticate(origin):
            state.num_401_calls = 1
            return r
        challenge = _challenge(r) if 400 <= r.status_code < 500 and (state.num_401_calls or 1) < 2 else None
        if challenge is None:
            state.num_401_calls = 1
            return r

        state.num_401_calls = (state.num_401_calls or 1) + 1
        self._enter(origin)
        state.chal = challenge
        answered = self._answered(r)
        if answered is None:
            # The same request again would get the same response again.
            state.num_401_calls = 1
            return r
        _rewind(r, state.pos)
        # The body of the refusal is read, so that its connection can carry the repeated request.
        r.content  # noqa: B018
        r.close()
        _r: Response = r.connection.send(answered, **kwargs)
        _r.history.append(r)
        _r.request = answered
        return _r

    def _answered(self, r: Response) -> PreparedRequest | None:
        """Return a copy of the refused request with the credentials in it, or None if there are none."""
        prep = r.request.copy()
        if has_set_cookie(r.raw):
            from .cookies import extract_cookies_to_jar

            if TYPE_CHECKING:
                assert prep._cookies is not None
            extract_cookies_to_jar(prep._cookies, r.request, r.raw)
            prep.prepare_cookies(prep._cookies)
        header = self._header_for(prep)
        if not header:
            return None
        prep.headers["Authorization"] = header
        return prep

    def _header_for(self, r: PreparedRequest) -> str | None:
        """Call `build_digest_header`, with the body at hand for qop auth-int."""
        state = self._thread_local
        if TYPE_CHECKING:
            assert is_prepared(r)
        state.body = r.body
        try:
            return self.build_digest_header(r.method, r.url)
        except KeyError:
            if "realm" in state.chal and "nonce" in state.chal:
                raise
            return None  # a challenge that cannot be answered (RFC 7616 section 3.3): the 401 is handed back
        finally:
            state.body = None

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        self.init_per_thread_state()
        state = self._thread_local
        from .messages.urls import origin_of
        from .sansio.http1.request_body import position_of

        if TYPE_CHECKING:
            assert is_prepared(r)
        origin = origin_of(r.url)
        self._trust(origin)
        self._enter(origin)
        if state.last_nonce:
            header = self._header_for(r)
            if header:
                r.headers["Authorization"] = header
        state.pos = position_of(r.body)
        r.register_hook("response", self.handle_401)
        r.register_hook("response", self.handle_redirect)
        state.num_401_calls = 1
        return r

    def __eq__(self, other: object) -> bool:
        return _same_credentials(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __getstate__(self) -> dict[str, object]:
        """Leave the threads' state behind: sessions are pickled and copied with their auth."""
        state = self.__dict__.copy()
        state.pop("_thread_local", None)
        state["_origins"] = dict(self._origins)
        return state

    def __setstate__(self, state: dict[str, object]) -> None:
        self._origins = {}
        self.__dict__.update(state)
        self._new_thread_local()


def _challenge(r: Response) -> dict[str, str] | None:
    """Return the parameters of the Digest challenge in a response, or None."""
    field = r.headers.get("www-authenticate", "")
    if "digest" not in field.lower():
        return None
    from .sansio.connections.digest import choose

    return choose(field)


def _rewind(r: Any, position: Any) -> None:
    """Put the refused request's body back to where it stood before it was sent.

    Texts, bytes and collections need nothing. What was consumed and cannot go back would be sent empty, so that is
    an UnrewindableBodyError (requests sends it).
    """
    from .messages.bodies import is_spent_by_sending
    from .sansio.errors import UnrewindableBodyError as NotRewindable
    from .sansio.http1.request_body import rewind

    body = r.request.body
    if position is None:
        position = getattr(r.request, "_body_position", None)
    if not is_spent_by_sending(body) and not (isinstance(position, int) and hasattr(body, "seek")):
        return
    try:
        rewind(body, position)
    except NotRewindable as error:
        from .exceptions import UnrewindableBodyError

        raise UnrewindableBodyError(
            "the server asks for digest authentication, but the body was consumed and cannot be sent again",
            request=r.request,
            response=r,
        ) from error.__cause__


def _whole_body(body: _t.BodyType) -> bytes | None:
    """Return a body as bytes for auth-int, or None if it would have to be read to be known."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else None


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": "hashlib os re threading time warnings",
            ".compat": "basestring",
            ".cookies": "extract_cookies_to_jar",
            ".messages.fields": "parse_dict_header",
            "base64": "b64encode",
            "builtins": "str",
            "typing": "Any Final cast overload",
            "urllib.parse": "urlparse",
        },
    )

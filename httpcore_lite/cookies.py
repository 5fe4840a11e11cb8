"""Cookies: `http.cookiejar` with the manners of a dict, and what requests and responses need to use it.

The standard library's jar decides what is accepted, kept and sent (its policy, RFC 6265 as far as it goes); this
module shows it our requests and responses in the shape that it knows, and `cookie_rules` says what servers may not
set. Importing it loads `http.cookiejar` and
much behind it, so it is not imported before there is a cookie: the two questions that every request asks stand in
`_internal_utils` (`is_cookiejar`, `has_set_cookie`).

Beyond requests:
- Cookies that a call was given as a dict belong to that call's host. `cookies_for_request` makes them: they look
  like requests' (no domain, path "/"), and carry a note of the host, on any port, and of whether https was used.
  They are not sent elsewhere when the call is redirected.
- What a server sent in quotes is sent back to it byte for byte.
- A cookie that a server set without `Domain` goes back to that host alone, and of an address to that address (RFC 6265
  section 5.4), unless the policy is of a class that decides on sending in its own way.
- `jar_to_send` copies a session's jar for one request, so that its policy and its class are obeyed.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Iterator, MutableMapping
from http import cookiejar as cookielib
from http.cookiejar import Cookie, CookieJar, CookiePolicy

from ._internal_utils import has_set_cookie, is_cookiejar, lazy_names
from .client import cookie_rules
from .messages.cookie_shapes import MockRequest, MockResponse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from http.cookies import Morsel
    from typing import Any, TypeVar, overload

    from typing_extensions import TypeIs

    from .client.cookie_rules import JarRequest, JarResponse
    from .messages.shapes import PreparedRequest

    _JarT = TypeVar("_JarT", bound=CookieJar)
    _MaybeJarT = TypeVar("_MaybeJarT", bound=CookieJar | None)
    _V = TypeVar("_V")

__all__ = [
    "Cookie",
    "CookieConflictError",
    "CookieJar",
    "CookiePolicy",
    "MockRequest",
    "MockResponse",
    "RequestsCookieJar",
    "cookiejar_from_dict",
    "cookielib",
    "cookies_for_request",
    "create_cookie",
    "extract_cookies_to_jar",
    "get_cookie_header",
    "has_set_cookie",
    "is_cookiejar",
    "jar_to_send",
    "merge_cookies",
    "morsel_to_cookie",
    "remove_cookie_by_name",
]

# -- a request, a response and a jar -----------------------------------------------------------------------------------


def extract_cookies_to_jar(jar: CookieJar, request: PreparedRequest, response: object) -> None:
    """Put the cookies that a response sets into a jar, as far as the jar's policy allows.

    Args:
        jar: any cookie jar.
        request: the prepared request that was answered.
        response: the raw response. One without `_original_response` (a body made by hand) sets no cookies.
    """
    original = getattr(response, "_original_response", None)
    if not original:
        return
    # Nearly all responses set no cookie. Only a jar that reads responses in its own way is asked nevertheless.
    if not has_set_cookie(response) and not cookie_rules.has_own_way(
        jar, CookieJar, ("extract_cookies", "make_cookies")
    ):
        return
    fields: JarResponse = cookie_rules.ReadableFields(original.msg, jar, response)
    mock: JarRequest = MockRequest(request)
    if type(jar).extract_cookies is not CookieJar.extract_cookies:
        jar.extract_cookies(fields, mock)
    else:
        cookie_rules.take_cookies(jar, fields, mock)


def get_cookie_header(jar: CookieJar, request: PreparedRequest) -> str | None:
    """Return the Cookie field that the jar wants sent with a prepared request, or None.

    None as well if the request has a Cookie field already.
    """
    mock = MockRequest(request)
    if type(jar) is RequestsCookieJar:
        return jar._field_for(mock)
    shown: JarRequest = mock
    # Cookies that belong to another host; a jar of ours leaves them out by itself.
    ours = isinstance(jar, RequestsCookieJar)
    strangers = [] if ours else [cookie for cookie in jar if not cookie_rules.may_go(cookie, mock)]
    if strangers:
        jar = _copy_cookie_jar(jar)
        for cookie in strangers:
            jar.clear(cookie.domain, cookie.path, cookie.name)
    jar.add_cookie_header(shown)
    return mock.get_new_headers().get("Cookie")


# -- the jar -----------------------------------------------------------------------------------------------------


class CookieConflictError(RuntimeError):
    """Several cookies have the name that was asked for: say which with `get(name, domain=..., path=...)`."""


def remove_cookie_by_name(cookiejar: CookieJar, name: str, domain: str | None = None, path: str | None = None) -> None:
    """Remove the cookies of that name from a jar, from every domain and path unless these are given."""
    for cookie in _matching(list(cookiejar), name, domain, path):
        cookiejar.clear(cookie.domain, cookie.path, cookie.name)


def _matching(cookies: Iterable[Cookie], name: str, domain: str | None, path: str | None) -> Iterator[Cookie]:
    for cookie in cookies:
        if cookie.name == name and domain in (None, cookie.domain) and path in (None, cookie.path):
            yield cookie


class RequestsCookieJar(cookie_rules.OpenJar, MutableMapping[str, "str | None"]):
    """A cookie jar that is also a mapping from names to values, can be copied, and can be pickled.

    As a mapping it knows names only; where one name stands for several cookies, `jar[name]` raises
    CookieConflictError, and `get` and `set` take `domain` and `path`. Every look-up goes through all cookies.
    Iterating gives the Cookie objects (as with every jar), and is safe while other threads add cookies.

    What servers may set has bounds, which can be changed on a jar, None for none; what goes beyond them is dropped, the
    oldest first, and logged. Cookies that the program sets are neither counted nor dropped.
    """

    #: Bytes of a cookie that a server sets: of name and value together, and of its attributes together.
    max_cookie_size: int | None = cookie_rules.BOUNDS["max_cookie_size"]
    #: Cookies that servers have set for one domain.
    max_cookies_per_domain: int | None = cookie_rules.BOUNDS["max_cookies_per_domain"]
    #: Cookies that servers have set in the whole jar.
    max_cookies: int | None = cookie_rules.BOUNDS["max_cookies"]

    # -- reading ---------------------------------------------------------------------------------------------

    def get(  # type: ignore[override]
        self, name: str, default: str | None = None, domain: str | None = None, path: str | None = None
    ) -> str | None:
        """Return the value of the cookie of that name (and domain, and path), or `default`.

        Raises:
            CookieConflictError: there are several.
        """
        try:
            return self._find_no_duplicates(name, domain, path)
        except KeyError:
            return default

    def __getitem__(self, name: str) -> str | None:
        return self._find_no_duplicates(name)

    def __contains__(self, name: object) -> bool:
        return any(cookie.name == name and cookie.value is not None for cookie in self)

    def __iter__(self) -> Iterator[Cookie]:  # type: ignore[override]
        with self._cookies_lock:
            return iter(list(super().__iter__()))

    def iterkeys(self) -> Iterator[str]:
        """Return an iterator over the cookies' names; one name may come several times."""
        return (cookie.name for cookie in self)

    def keys(self) -> list[str]:  # type: ignore[override]
        """Return the cookies' names."""
        return list(self.iterkeys())

    def itervalues(self) -> Iterator[str | None]:
        """Return an iterator over the cookies' values."""
        return (cookie.value for cookie in self)

    def values(self) -> list[str | None]:  # type: ignore[override]
        """Return the cookies' values."""
        return list(self.itervalues())

    def iteritems(self) -> Iterator[tuple[str, str | None]]:
        """Return an iterator over pairs of name and value."""
        return ((cookie.name, cookie.value) for cookie in self)

    def items(self) -> list[tuple[str, str | None]]:  # type: ignore[override]
        """Return pairs of name and value."""
        return list(self.iteritems())

    def list_domains(self) -> list[str]:
        """Return the cookies' domains, each once."""
        return list(dict.fromkeys(cookie.domain for cookie in self))

    def list_paths(self) -> list[str]:
        """Return the cookies' paths, each once."""
        return list(dict.fromkeys(cookie.path for cookie in self))

    def multiple_domains(self) -> bool:
        """Tell whether some domain has several cookies (not what the name says, but what requests returns)."""
        domains = [cookie.domain for cookie in self if cookie.domain is not None]
        return len(domains) != len({*domains})

    def get_dict(self, domain: str | None = None, path: str | None = None) -> dict[str, str | None]:
        """Return a plain dict of names and values, of one domain or path if these are given."""
        return {
            cookie.name: cookie.value
            for cookie in self
            if domain in (None, cookie.domain) and path in (None, cookie.path)
        }

    def _find(self, name: str, domain: str | None = None, path: str | None = None) -> str | None:
        """Return the value of the first cookie that matches. KeyError if there is none."""
        for cookie in _matching(iter(self), name, domain, path):
            return cookie.value
        raise KeyError(f"name={name!r}, domain={domain!r}, path={path!r}")

    def _find_no_duplicates(self, name: str, domain: str | None = None, path: str | None = None) -> str:
        """Return the value of the only cookie that matches. KeyError if there is none, CookieConflictError if more.

        Cookies without a value do not count (as requests).
        """
        found = [cookie.value for cookie in _matching(iter(self), name, domain, path) if cookie.value is not None]
        if len(found) > 1:
            raise CookieConflictError(f"There are multiple cookies with name, {name!r}")
        if not found:
            raise KeyError(f"name={name!r}, domain={domain!r}, path={path!r}")
        return found[0]

    # -- writing ---------------------------------------------------------------------------------------------

    def set(self, name: str, value: str | Morsel[dict[str, str]] | None, **kwargs: Any) -> Cookie | None:
        """Put a cookie into the jar and return it.

        Args:
            name: its name (a Morsel brings its own).
            value: its value, or a Morsel; None removes the cookies of that name.
            kwargs: what `create_cookie` takes; for None only domain and path.
        """
        if value is None:
            remove_cookie_by_name(self, name, domain=kwargs.get("domain"), path=kwargs.get("path"))
            return None
        cookie = morsel_to_cookie(value) if _is_morsel(value) else create_cookie(name, value, **kwargs)
        self.set_cookie(cookie)
        return cookie

    def __setitem__(self, name: str, value: str | Morsel[dict[str, str]] | None) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        remove_cookie_by_name(self, name)

    def set_cookie(self, cookie: Cookie, *args: object, **kwargs: object) -> None:
        """Put a Cookie object into the jar, whatever the policy says."""
        value = cookie.value
        if isinstance(value, str) and value.startswith('"'):
            shown = cookie_rules.shown_value(value)
            if shown != value:
                cookie.__dict__["_received"] = (shown, value)
                cookie.value = shown
        return super().set_cookie(cookie, *args, **kwargs)

    def update(self, other: CookieJar | Mapping[str, str]) -> None:  # type: ignore[override]
        """Add copies of the cookies of another jar, or the pairs of a mapping."""
        if isinstance(other, CookieJar):
            for cookie in other:
                self.set_cookie(copy.copy(cookie))
        else:
            super().update(other)

    def extract_cookies(self, response: JarResponse, request: JarRequest) -> None:
        """Put the cookies of a response into the jar, as far as its policy and the rules of `cookie_rules` allow."""
        cookie_rules.take_cookies(self, response, request)

    # -- sending ---------------------------------------------------------------------------------------------
    # Steps of http.cookiejar's own that stand between all cookies and the Cookie field. It works out the request's host
    # again for each domain in the jar, and several times for each cookie; here that is done once.

    def _field_for(self, mock: MockRequest) -> str | None:
        """Return the Cookie field: what `add_cookie_header` adds, without its search for expired cookies to forget."""
        with self._cookies_lock:
            self._policy._now = self._now = int(time.time())
            attributes = self._cookie_attrs(self._cookies_for_request(mock))
        return "; ".join(attributes) if attributes and not mock.has_header("Cookie") else None

    def _cookies_for_request(self, request: JarRequest) -> list[Cookie]:
        if not isinstance(request, MockRequest):
            return super()._cookies_for_request(request)
        everyday = cookie_rules.is_everyday(self._policy)
        if everyday and type(self)._cookies_for_domain is cookie_rules.OpenJar._cookies_for_domain:
            # What the policy would say of nearly all domains, said without asking it.
            cookies = [each for domain in self._cookies if request.is_in(domain) for each in self._of(domain, request)]
        else:
            cookies = super()._cookies_for_request(request)
        if everyday or cookie_rules.chooses_as_the_library(self._policy):
            cookies = [cookie for cookie in cookies if request.is_host_for(cookie)]
        return [cookie for cookie in cookies if cookie_rules.may_go(cookie, request)]

    def _of(self, domain: str, request: MockRequest) -> list[Cookie]:
        """Return what an everyday policy lets go of the cookies of a domain that the request's host is in."""
        policy = self._policy
        # What is left to ask of the domain are lists that hardly any program sets.
        listed = policy.blocked_domains() or policy.allowed_domains() is not None
        if listed and not policy.domain_return_ok(domain, request):
            return []
        insecure = request.type not in policy.secure_protocols
        now = policy._now
        found: list[Cookie] = []
        for path, named in self._cookies[domain].items():
            if path != "/" and not policy.path_return_ok(path, request):
                continue
            for cookie in named.values():
                if cookie.version != 0 or cookie.port:
                    if policy.return_ok(cookie, request):
                        found.append(cookie)
                elif not (cookie.secure and insecure) and not cookie.is_expired(now) and request.is_in(cookie.domain):
                    found.append(cookie)
        return found

    def _cookie_attrs(self, cookies: list[Cookie]) -> list[str]:
        return super()._cookie_attrs([cookie_rules.as_received(cookie) for cookie in cookies])

    # -- copying ---------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, object]:
        state = self.__dict__.copy()
        # A lock can neither travel nor be shared with a copy.
        state.pop("_cookies_lock", None)
        return state

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        if "_cookies_lock" not in self.__dict__:
            import threading

            self._cookies_lock = threading.RLock()

    def copy(self) -> RequestsCookieJar:
        """Return a jar of the same class with the same policy and copies of the cookies.

        A subclass is not constructed anew, since its constructor is unknown; its other attributes are shared.
        """
        if type(self) is RequestsCookieJar:
            new = _like(self)
        else:
            new = self.__class__.__new__(self.__class__)
            new.__setstate__(self.__getstate__())
            new._cookies = {}
        new.update(self)
        return new

    def get_policy(self) -> CookiePolicy:
        """Return the policy object in use."""
        policy: CookiePolicy = self._policy
        return policy


def _like(jar: CookieJar) -> RequestsCookieJar:
    """Return an empty jar with the policy and the bounds of another one."""
    new = RequestsCookieJar(getattr(jar, "_policy", None))
    if type(jar) is RequestsCookieJar and cookie_rules.BOUNDS.keys().isdisjoint(jar.__dict__):
        return new
    for name, usual in cookie_rules.BOUNDS.items():
        bound = cookie_rules.bound_of(jar, name)
        if bound != usual:
            setattr(new, name, bound)
    return new


def _copy_cookie_jar(jar: _MaybeJarT) -> _MaybeJarT:
    """Return a copy of any cookie jar, or None for None. The cookies are copied too, the policy is shared."""
    if jar is None:
        return jar
    own_way: Callable[[], _MaybeJarT] | None = getattr(jar, "copy", None)
    if own_way is not None:
        return own_way()
    new = copy.copy(jar)
    new.clear()
    for cookie in jar:
        new.set_cookie(copy.copy(cookie))
    return new


# -- making cookies ----------------------------------------------------------------------------------------------


def create_cookie(name: str, value: str, **kwargs: object) -> Cookie:
    """Return a Cookie object; what is not said gets a default.

    Without a domain it goes to every host that the jar is used for, on path "/" and below.

    Args:
        name: its name.
        value: its value, sent as it is.
        kwargs: version, port, domain, path, secure, expires (seconds since 1970), discard, comment, comment_url,
            rest, rfc2109, as http.cookiejar.Cookie has them.

    Raises:
        TypeError: an argument has another name.
    """
    fields: dict[str, Any] = {
        "version": 0,
        "name": name,
        "value": value,
        "port": None,
        "domain": "",
        "path": "/",
        "secure": False,
        "expires": None,
        "discard": True,
        "comment": None,
        "comment_url": None,
        "rest": {"HttpOnly": None},
        "rfc2109": False,
    }
    unknown = sorted(kwargs.keys() - fields.keys())
    if unknown:
        raise TypeError(f"create_cookie() got unexpected keyword arguments: {unknown}")
    fields.update(kwargs)
    return Cookie(
        **fields,
        port_specified=bool(fields["port"]),
        domain_specified=bool(fields["domain"]),
        domain_initial_dot=fields["domain"].startswith("."),
        path_specified=bool(fields["path"]),
    )


def _is_morsel(value: object) -> TypeIs[Morsel[dict[str, str]]]:
    """Tell whether a value is a Morsel. Where http.cookies was never loaded, or is being loaded, there can be none."""
    morsel = getattr(sys.modules.get("http.cookies"), "Morsel", None)
    return morsel is not None and isinstance(value, morsel)


def morsel_to_cookie(morsel: Morsel[dict[str, str]]) -> Cookie:
    """Return a Morsel of http.cookies as a Cookie object.

    Raises:
        TypeError: its max-age is no whole number of seconds, or its expires no text.
        ValueError: its expires is not a date such as "Thu, 01-Jan-1970 00:00:01 GMT".
    """
    expires: int | None = None
    if morsel["max-age"]:
        try:
            expires = int(time.time() + int(morsel["max-age"]))
        except ValueError:
            raise TypeError(f"max-age: {morsel['max-age']} must be integer") from None
    elif morsel["expires"]:
        import calendar

        expires = calendar.timegm(time.strptime(morsel["expires"], "%a, %d-%b-%Y %H:%M:%S GMT"))
    return create_cookie(
        morsel.key,
        morsel.value,
        version=morsel["version"] or 0,
        domain=morsel["domain"],
        path=morsel["path"],
        secure=bool(morsel["secure"]),
        expires=expires,
        discard=False,
        comment=morsel["comment"],
        comment_url=bool(morsel["comment"]),
        rest={"HttpOnly": morsel["httponly"]},
    )


# -- from mappings to jars ---------------------------------------------------------------------------------------

if TYPE_CHECKING:

    @overload
    def cookiejar_from_dict(
        cookie_dict: Mapping[str, str] | None, cookiejar: None = None, overwrite: bool = True
    ) -> RequestsCookieJar: ...
    @overload
    def cookiejar_from_dict(
        cookie_dict: Mapping[str, str] | None, cookiejar: _JarT, overwrite: bool = True
    ) -> _JarT: ...


def cookiejar_from_dict(
    cookie_dict: Mapping[str, str] | None, cookiejar: CookieJar | None = None, overwrite: bool = True
) -> CookieJar:
    """Put the pairs of a mapping into a jar, as cookies of no domain in particular.

    Args:
        cookie_dict: name -> value; None for none.
        cookiejar: the jar; a new RequestsCookieJar if left out.
        overwrite: whether a pair replaces a cookie of its name that is in the jar already.

    Returns:
        the jar.
    """
    jar = RequestsCookieJar() if cookiejar is None else cookiejar
    if cookie_dict:
        present = set() if overwrite else {cookie.name for cookie in jar}
        for name in cookie_dict:
            if name not in present:
                jar.set_cookie(create_cookie(name, cookie_dict[name]))
    return jar


def cookies_for_request(mapping: Mapping[str, str] | None, url: str | bytes | None) -> RequestsCookieJar:
    """Return a jar with the cookies that one call was given as a mapping.

    They are sent to the host of `url` only, on any port; once a request of the call went over https, over https
    only. Otherwise they are what `cookiejar_from_dict` makes, and may be merged into any jar.

    Args:
        mapping: name -> value; None for none.
        url: where the call goes, prepared or as the caller wrote it. None leaves the cookies free to go anywhere.
    """
    jar = cookiejar_from_dict(mapping)
    if url is not None and mapping:
        host = cookie_rules.host_of(url)
        for cookie in jar:
            # Whether https was used is noted when the cookie is sent.
            cookie.__dict__["_bound_to"] = (host, False)
    return jar


# What a jar's class may do in its own way when cookies are sent.
_SENDING = ("add_cookie_header", "_cookies_for_request", "_cookies_for_domain", "_cookie_attrs", "__iter__")


def _in_order(cookies: dict[str, _V]) -> Iterable[tuple[str, _V]]:
    # As the standard library's jars go through themselves, and so as requests copies them.
    return sorted(cookies.items()) if sys.version_info < (3, 11) else cookies.items()


def may_send(jar: object) -> bool:
    """Tell whether a jar may have something to send: one of a class of its own sends cookies in its own way."""
    return type(jar) is not RequestsCookieJar or bool(jar._cookies)


def carry_cookies(request: Any, before: Any, raw: object, session: Any) -> None:
    """Give the request that follows a redirect its cookies: those of `before`, those that `raw` sets, the session's.

    Args:
        request: the PreparedRequest to be sent.
        before: the one that led to the redirect.
        raw: the raw response that redirects.
        session: what has the jar; a Session makes one only where cookies are set.
    """
    kept: CookieJar | None = session._jar if hasattr(session, "_jar") else session.cookies
    sets = has_set_cookie(raw)
    if not request._jar and not sets and (kept is None or not may_send(kept)):
        request.prepare_cookies(None)
        return
    jar = cookiejar_from_dict({}) if request._cookies is None else request._cookies
    if sets:
        extract_cookies_to_jar(jar, before, raw)
    merge_cookies(jar, session.cookies)
    request.prepare_cookies(jar)


def jar_of_call(kept: object, own: CookieJar | Mapping[str, str] | None, url: str | bytes | None) -> CookieJar:
    """Return a jar with the cookies that a session keeps, in a jar or a mapping, and a request's own over them."""
    if isinstance(kept, CookieJar):
        jar = jar_to_send(kept)
    else:
        jar = cookiejar_from_dict(kept or {})  # type: ignore[call-overload]  # programs put a dict in the jar's place
    if own:
        merge_cookies(jar, own if isinstance(own, CookieJar) else cookies_for_request(own, url))
    return jar


def jar_to_send(jar: CookieJar) -> CookieJar:
    """Return a jar for one request, with the cookies of a session's jar.

    It obeys the same policy. It is a RequestsCookieJar, unless the session's jar is of a class that chooses or
    writes cookies in its own way: then it is of that class.
    """
    if isinstance(jar, RequestsCookieJar) and type(jar).copy is not RequestsCookieJar.copy:
        return jar.copy()
    base = RequestsCookieJar if isinstance(jar, RequestsCookieJar) else CookieJar
    if cookie_rules.has_own_way(jar, base, _SENDING):
        return _copy_cookie_jar(jar)
    new = _like(jar)
    if isinstance(jar, RequestsCookieJar):
        # The Cookie objects are the same ones: copying some hundred of them took longer than the request.
        with jar._cookies_lock:
            new._cookies = {
                domain: {path: dict(_in_order(named)) for path, named in _in_order(paths)}
                for domain, paths in _in_order(jar._cookies)
            }
    else:
        new.update(jar)
    return new


def merge_cookies(cookiejar: _JarT, cookies: Mapping[str, str] | CookieJar | None) -> _JarT:
    """Add cookies to a jar and return it.

    Args:
        cookiejar: the jar.
        cookies: another jar, whose cookies replace those of the same domain, path and name; or a dict, whose pairs
            do not replace a cookie of their name.

    Raises:
        ValueError: `cookiejar` is no cookie jar.
    """
    if not isinstance(cookiejar, CookieJar):
        raise ValueError("You can only merge into CookieJar")
    if isinstance(cookies, dict):
        cookiejar_from_dict(cookies, cookiejar=cookiejar, overwrite=False)
    elif isinstance(cookies, CookieJar):
        update = getattr(cookiejar, "update", None)
        if update is not None:
            update(cookies)
        else:
            for cookie in cookies:
                cookiejar.set_cookie(cookie)
    return cookiejar


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": "calendar threading",
            "._internal_utils": "to_native_string",
            "http.cookies": "Morsel",
            "typing": "Any TypeVar overload",
            "urllib.parse": "urlparse urlunparse",
        },
    )

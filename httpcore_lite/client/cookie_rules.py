"""What servers may put into a cookie jar: the rules of RFC 6265 and 6265bis that `http.cookiejar` lacks, and bounds.

    Set-Cookie ──readable()──► http.cookiejar parses ──policy.set_ok──► refusal()? ──► set, replaced or removed
                                                                                        └──► keep_within_bounds()

The jar's policy is asked first; these rules come on top of it. Cookies that the program sets pass none of this.

1. An attribute that makes no sense is ignored, and the cookie is kept (RFC 6265 sections 5.2.2 to 5.2.4).
2. `Domain` for an address names this address (RFC 6265 section 5.1.3).
3. Names that begin with `__Secure-` or `__Host-`, in any case, keep their promise (RFC 6265bis section 4.1.3).
4. A response over http neither replaces, hides nor removes a Secure cookie (RFC 6265bis section 5.7).
5. A removal obeys the same rules as a cookie: `http.cookiejar` removes before it asks its policy.
6. There are bounds for a cookie (`max_cookie_size` bytes), a domain (`max_cookies_per_domain`) and a jar
   (`max_cookies`): attributes of the jar, None for no bound. Beyond them the oldest cookies of servers are dropped.
"""

from __future__ import annotations

import copy
import re
import time
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy

from .._internal_utils import PACKAGE
from ..messages.cookie_shapes import is_address
from ..messages.urls import parse_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message
    from re import Pattern
    from threading import RLock
    from typing import Any, TypeAlias

    from typing_extensions import TypeIs

    from ..messages.cookie_shapes import MockRequest

    # As `http.cookiejar` wants to see them: `urllib.request.Request`, and what `urlopen` returns; or the like.
    JarRequest: TypeAlias = Any
    JarResponse: TypeAlias = Any
    Policy: TypeAlias = Any
    # A cookie as it was parsed: name, value, attributes that are known, and others.
    Parsed: TypeAlias = tuple[str, str | None, dict[str, Any], dict[str, Any]]

    # Of one response: the names of cookies that the log has spoken of, each with what was said.
    Told: TypeAlias = set[tuple[str, str]]

    IPV4_RE: Pattern[str]
    Absent: object

    def eff_request_host(request: JarRequest) -> tuple[str, str]: ...

    class OpenJar(CookieJar):
        """What a `CookieJar` has besides what the standard library documents."""

        _policy: Policy
        _cookies: dict[str, dict[str, dict[str, Cookie]]]
        _cookies_lock: RLock
        _now: int

        def _cookie_from_cookie_tuple(self, tup: Parsed, request: JarRequest) -> Cookie | None: ...
        def _cookies_for_request(self, request: JarRequest) -> list[Cookie]: ...
        def _cookies_for_domain(self, domain: str, request: JarRequest) -> list[Cookie]: ...
        def _cookie_attrs(self, cookies: list[Cookie]) -> list[str]: ...

    def is_open(jar: CookieJar) -> TypeIs[OpenJar]: ...

else:
    from http.cookiejar import Absent, eff_request_host

    OpenJar = CookieJar

    from ..messages.cookie_shapes import MockRequest

#: The bounds of a jar that does not say otherwise.
BOUNDS = {"max_cookie_size": 64 * 1024, "max_cookies_per_domain": 1_000, "max_cookies": 10_000}

# -- what is read ----------------------------------------------------------------------------------------------------

_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SECONDS = re.compile(r"-?[0-9]+")
# About 300 years: a number that every clock can add.
_MAX_SECONDS = "9999999999"
_PORTS = re.compile(r'"?[0-9]+(?:\s*,\s*[0-9]+)*"?')


def readable(values: Iterable[str], bound: int | None, told: Told) -> list[str]:
    """Return the values of Set-Cookie fields that can be kept, without attributes that make no sense (Rules 1 and 6).

    A cookie with a control character could not be sent back (RFC 6265bis section 5.6 step 1).
    """
    kept = []
    for value in values:
        if _CONTROLS.search(value):
            continue
        pair, semicolon, attributes = value.partition(";")
        if bound is not None and (len(pair) - ("=" in pair) > bound or len(attributes) > bound):
            _tell("dropped", pair.partition("=")[0].strip(), f"it is longer than {bound} bytes", told)
            continue
        if semicolon:
            sensible = [_sensible(attribute) for attribute in attributes.split(";")]
            value = ";".join([pair, *[attribute for attribute in sensible if attribute is not None]])
        kept.append(value)
    return kept


def _sensible(attribute: str) -> str | None:
    """Return an attribute as `http.cookiejar` understands it, None for one to ignore."""
    name, equals, value = attribute.partition("=")
    name, value = name.strip().lower(), value.strip()
    if name == "max-age":
        if not _SECONDS.fullmatch(value):
            return None
        if len(value) > len(_MAX_SECONDS):
            return f"Max-Age={0 if value[0] == '-' else _MAX_SECONDS}"
    elif name == "path":
        return attribute if value[:1] == "/" else None
    elif name == "domain":
        return attribute if value.strip(".") else None
    elif name == "version":
        return attribute if value.strip('"') in ("0", "1") else None
    elif name == "port":
        return attribute if not equals or _PORTS.fullmatch(value) else None
    return attribute


class ReadableFields:
    """A response in the shape that jars know, whose Set-Cookie fields are those that can be kept (`readable`).

    `raw` is the response, which is read once for the session's jar and once for its own: what was logged of it is not
    logged again.
    """

    def __init__(self, fields: Message, jar: CookieJar, raw: Any = None) -> None:
        self._fields = fields
        self._bound = bound_of(jar, "max_cookie_size")
        told = getattr(raw, "__dict__", {}).get("_cookies_told")  # not by a `__getattr__`, which looks further
        self.told: Told = told if type(told) is set else set()
        if told is not self.told:
            try:
                raw._cookies_told = self.told
            except AttributeError:
                pass  # none, or one of a program's own with fixed attributes

    def info(self) -> ReadableFields:
        """Return the header fields."""
        return self

    def get_all(self, name: str, default: list[str] | None = None) -> list[str] | None:
        """Return all values of one field."""
        values = self._fields.get_all(name, default)
        return readable(values, self._bound, self.told) if values else values

    def __getattr__(self, name: str) -> object:
        return getattr(self._fields, name)


class ReceivedCookie(Cookie):
    """A cookie that a server has set. `kept_since` (seconds) is not in its `vars`, which programs store and compare."""

    __slots__ = ("kept_since",)
    kept_since: float

    @classmethod
    def of(cls, cookie: Cookie) -> ReceivedCookie:
        """Return the same cookie, received now."""
        received = cls.__new__(cls)
        received.__dict__.update(cookie.__dict__)
        received.kept_since = time.time()
        return received


class _Reader(OpenJar):
    """Parses the fields of one response for another jar. It removes nothing (Rule 5): what expires comes out, too."""

    def _cookie_from_cookie_tuple(self, tup: Parsed, request: JarRequest) -> Cookie | None:
        name, value, standard, rest = tup
        expires = standard.get("expires", Absent)
        if expires is not Absent:
            standard = {key: each for key, each in standard.items() if key != "expires"}
        cookie = super()._cookie_from_cookie_tuple((name, value, standard, rest), request)
        if cookie is not None and expires is not Absent:
            cookie.expires, cookie.discard = expires, bool(standard.get("discard", False))
        return cookie


# -- what is refused -------------------------------------------------------------------------------------------------


def refusal(cookie: Cookie, request: JarRequest, guarded: dict[str, list[Cookie]] | None) -> str | None:
    """Return why a response to `request` may not set this cookie, None when it may (Rules 2 to 4).

    `guarded` are the jar's Secure cookies by name; None over https.
    """
    if cookie.domain_specified:
        host = eff_request_host(request)[0]
        if is_address(host) and cookie.domain.removeprefix(".") != host:
            return f"the address {host} may not set cookies for {cookie.domain}"
    prefix = cookie.name.lower()
    if prefix.startswith(("__secure-", "__host-")):
        if not cookie.secure or guarded is not None:
            return "its prefix wants Secure, and https"
        if prefix.startswith("__host-") and (
            cookie.domain_specified or not cookie.path_specified or cookie.path != "/"
        ):
            return "its prefix wants Path=/ and no Domain"
    if guarded and any(_stands_in_front(cookie, old) for old in guarded.get(cookie.name, ())):
        return "a Secure cookie of that name is not touched from http"
    return None


def _stands_in_front(new: Cookie, old: Cookie) -> bool:
    """Tell whether a cookie would replace or hide an older one: in a domain of its own line, on its path or below."""
    one, other = new.domain.removeprefix("."), old.domain.removeprefix(".")
    if other and one != other and not one.endswith("." + other) and not other.endswith("." + one):
        return False
    path = old.path
    return new.path == path or (new.path.startswith(path) and (path.endswith("/") or new.path[len(path)] == "/"))


def _secure_cookies(jar: OpenJar) -> dict[str, list[Cookie]]:
    found: dict[str, list[Cookie]] = {}
    kept = jar._cookies
    # In one step: iterating over a jar takes a generator for each domain and each path.
    secure = [each for paths in kept.values() for named in paths.values() for each in named.values() if each.secure]
    for cookie in secure:
        found.setdefault(cookie.name, []).append(cookie)
    return found


# -- what is kept ----------------------------------------------------------------------------------------------------


def take_cookies(jar: CookieJar, response: JarResponse, request: JarRequest) -> None:
    """Put the cookies of a response into any jar: what `CookieJar.extract_cookies` does, with the rules above.

    Args:
        jar: the jar; its `_policy` is asked, its `set_cookie` and `clear` are called. Where its class makes cookies in
            its own way, it removes those that expire, too.
        response: has `info()` with the header fields.
        request: what the jar's policy wants to see.
    """
    if TYPE_CHECKING:
        assert is_open(jar)
    policy = jar._policy
    reader = jar if has_own_way(jar, CookieJar, _READING) else _Reader(policy)
    fields: ReadableFields = response if isinstance(response, ReadableFields) else ReadableFields(response.info(), jar)
    with jar._cookies_lock:
        guarded = (
            None if request.type in getattr(policy, "secure_protocols", ("https", "wss")) else _secure_cookies(jar)
        )
        domains = set()
        # What is removed comes first, as in `http.cookiejar`: a cookie that a response removes and sets is set.
        shown: JarResponse = fields
        received = reader.make_cookies(shown, request)
        now = reader._now
        for cookie in sorted(received, key=lambda each: not each.is_expired(now)):
            if not policy.set_ok(cookie, request):
                continue
            why = refusal(cookie, request, guarded)
            if why is not None:
                _tell("refused", cookie.name, why, fields.told)
            elif cookie.is_expired(now):
                _remove(jar, cookie)
            else:
                jar.set_cookie(ReceivedCookie.of(cookie))
                domains.add(cookie.domain.removeprefix("."))
        if domains:
            _keep_within_bounds(jar, domains, fields.told)


def _remove(jar: CookieJar, cookie: Cookie) -> None:
    try:
        jar.clear(cookie.domain, cookie.path, cookie.name)
    except KeyError:
        pass


def bound_of(jar: object, name: str) -> int | None:
    """Return one of the bounds of a jar; jars of other classes may have such an attribute as well."""
    bound: int | None = getattr(jar, name, BOUNDS[name])
    return bound


def _keep_within_bounds(jar: OpenJar, domains: set[str], told: Told) -> None:
    """Drop the oldest cookies of servers from the domains that have just got some, and from the jar (Rule 6)."""
    kept = jar._cookies
    most = bound_of(jar, "max_cookies_per_domain")
    if most is not None:
        for domain in domains:
            named = [each for key in (domain, "." + domain) for each in kept.get(key, {}).values()]
            if sum(map(len, named)) > most:
                cookies = [cookie for each in named for cookie in each.values()]
                _drop_oldest(jar, cookies, most, f"{domain} has more than {most}", told)
    most = bound_of(jar, "max_cookies")
    if most is not None and sum(len(named) for paths in kept.values() for named in paths.values()) > most:
        _drop_oldest(jar, list(jar), most, f"the jar has more than {most}", told)


def _drop_oldest(jar: CookieJar, cookies: list[Cookie], most: int, why: str, told: Told) -> None:
    # What the program has put there has no such note: it is not counted, and never dropped.
    ours = sorted([each for each in cookies if isinstance(each, ReceivedCookie)], key=lambda each: each.kept_since)
    dropped = ours[: max(0, len(ours) - most)]
    for cookie in dropped:
        _remove(jar, cookie)
    if dropped:
        # One line, whatever a server sends.
        more = f", so do {len(dropped) - 1} more of the oldest" if len(dropped) > 1 else ", and it is the oldest"
        _tell("dropped", dropped[0].name, f"{why}{more}", told)


# -- what a jar and its policy do in their own way, and which cookies of a call may go along --------------------

# What a jar's class may do in its own way when it reads a response.
_READING = ("make_cookies", "_cookies_from_attrs_set", "_normalized_cookie_tuples", "_cookie_from_cookie_tuple")


def has_own_way(jar: object, base: type, methods: Iterable[str]) -> bool:
    """Tell whether a jar's class does one of these things in another way than `base`."""
    kind = type(jar)
    return kind is not base and any(getattr(kind, name, None) is not getattr(base, name) for name in methods)


def host_of(url: str | bytes) -> str:
    """Return the host of a URL, in the normal form that preparing the URL gives it; "" if it has none."""
    try:
        text = url.decode() if isinstance(url, bytes) else str(url)
        return parse_url(text.lstrip()).host or ""
    except ValueError:
        return ""


def is_everyday(policy: object) -> bool:
    """Tell whether a policy is the standard library's, with none of the settings that look at more than we do."""
    return (
        type(policy) is DefaultCookiePolicy
        and policy.netscape
        and not policy.strict_ns_unverifiable
        and not policy.strict_ns_domain
        and policy.__dict__.keys().isdisjoint(("return_ok", "domain_return_ok", "path_return_ok"))
    )


def chooses_as_the_library(policy: object) -> bool:
    """Tell whether a policy says of a cookie's domain what the standard library's says."""
    return isinstance(policy, DefaultCookiePolicy) and not has_own_way(
        policy, DefaultCookiePolicy, ("return_ok", "return_ok_domain", "domain_return_ok")
    )


# Where a cookie may go, and how its server wrote it, are notes on the Cookie object: they stay with it when it is
# copied from jar to jar, or pickled.


def may_go(cookie: Cookie, mock: MockRequest) -> bool:
    """Tell whether a cookie that a call was given may go along with this request of the call."""
    bound = getattr(cookie, "_bound_to", None)
    if bound is None:
        return True
    host, https = bound
    secure = mock.type == "https"
    if host != host_of(mock._r.url) or (https and not secure):
        return False
    if secure and not https:
        # https was used now, so a later redirect back to http does not get it.
        cookie.__dict__["_bound_to"] = (host, True)
    return True


def shown_value(value: str) -> str:
    r"""Return what programs see of a cookie's value: `"\"a\""`, which is `"a"` written as a quoted-string, is `"a"`."""
    if len(value) >= 6 and value.startswith('"\\"') and value.endswith('\\""') and value.count('\\"') == 2:
        return '"' + value[3:-3] + '"'
    return value


def as_received(cookie: Cookie) -> Cookie:
    """Return the cookie with the value that its server sent, unless a program has changed it since."""
    received: tuple[str, str] | None = getattr(cookie, "_received", None)
    if received is None or received[0] != cookie.value:
        return cookie
    cookie = copy.copy(cookie)
    cookie.value = received[1]
    return cookie


# -- what is logged --------------------------------------------------------------------------------------------------


def _tell(what: str, name: str, why: str, told: Told) -> None:
    """Log, once for each response, that a cookie is "dropped" (a warning) or "refused"."""
    if (name, why) in told:
        return
    told.add((name, why))
    from logging import INFO, WARNING, getLogger

    getLogger(PACKAGE).log(WARNING if what == "dropped" else INFO, "a cookie is %s, %r: %s", what, name[:100], why)

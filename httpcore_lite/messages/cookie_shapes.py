"""A request and a response as `http.cookiejar` sees them, and the questions about a host that its rules ask.

Nothing of a jar is here, and `http.cookiejar` is not loaded by it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from .._internal_utils import to_native_string
from .urls import split_origin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from email.message import Message
    from http.cookiejar import Cookie

    from .shapes import PreparedRequest

# The beginning of nearly every URL, which `urlsplit` reads just so.
_PLAIN = re.compile(r"https?://([A-Za-z0-9._-]+)(?::[0-9]+)?/")
_PORT = re.compile(r":[0-9]+\Z")


class MockRequest:
    """A prepared request in the shape of `urllib.request.Request`.

    The request is only read. What the jar adds is kept apart and found with `get_new_headers`.
    """

    type: str

    def __init__(self, request: PreparedRequest) -> None:
        self._r = request
        self._new_headers: dict[str, str] = {}
        self._host: str | None = None
        self._is_address = False
        self._full_url: str | None = None
        self.type = _scheme_of(request.url)

    def get_type(self) -> str:
        """Return the URL's scheme."""
        return self.type

    def get_host(self) -> str:
        """Return the URL's host, with its port if it has one."""
        return str(urlsplit(_without_userinfo(self._r.url)).netloc)

    def get_origin_req_host(self) -> str:
        """Return the host that the user asked for, which is the URL's."""
        return self.get_host()

    def get_full_url(self) -> str:
        """Return the URL without userinfo. Where the user set a Host header, that host stands in it."""
        url = self._full_url
        if url is None:  # asked for half a dozen times while one response is looked at
            url = self._full_url = self._url_of_cookies()
        return url

    def _url_of_cookies(self) -> str:
        url = _without_userinfo(self._r.url)
        if not self._r.headers.get("Host"):
            return url
        host = to_native_string(self._r.headers["Host"], encoding="utf-8")
        return str(urlunsplit(urlsplit(url)._replace(netloc=host)))

    def is_unverifiable(self) -> bool:
        """Tell the policy that no user was asked."""
        return True

    def has_header(self, name: str) -> bool:
        """Tell whether the request, or the jar, has set this header."""
        return name in self._r.headers or name in self._new_headers

    def get_header(self, name: str, default: str | None = None) -> str | None:
        """Return a header's value."""
        value: str | None = self._r.headers.get(name, self._new_headers.get(name, default))
        return value

    def add_header(self, key: str, val: str) -> None:
        """Refuse: jars use the other one."""
        raise NotImplementedError("a cookie jar adds its header with add_unredirected_header()")

    def add_unredirected_header(self, name: str, value: str) -> None:
        """Keep a header that the jar wants sent."""
        self._new_headers[name] = value

    def get_new_headers(self) -> dict[str, str]:
        """Return the headers that the jar wants sent."""
        return self._new_headers

    def is_in(self, domain: str) -> bool:
        """Tell whether the request's host is this domain or below it, in the sense of Netscape's cookies."""
        return self._effective_host().endswith(domain if domain[:1] in (".", "") else "." + domain)

    def _effective_host(self) -> str:
        """Return a dot and the host as `http.cookiejar` has it: in lower case, a name without dots with ".local"."""
        if self._host is None:
            url = self.get_full_url()
            plain = _PLAIN.match(url)
            host = plain[1] if plain else _PORT.sub("", urlsplit(url).netloc or self.get_header("Host") or "")
            host = host.lower()
            self._is_address = is_address(host)
            self._host = f".{host}" if "." in host else f".{host}.local"
        return self._host

    def is_host_for(self, cookie: Cookie) -> bool:
        """Tell whether a cookie may go to this very host (RFC 6265 section 5.4).

        One that a server set without `Domain` goes to the host that set it alone, one of an address to this address.
        A cookie that the program made for a domain goes to the hosts below it as well, as in requests.
        """
        domain = cookie.domain
        if not domain:
            return True
        host = self._effective_host()[1:]
        return host == domain.removeprefix(".") or not (self._is_address or not cookie.domain_specified)

    @property
    def unverifiable(self) -> bool:
        """As `is_unverifiable`, in the spelling of later Pythons."""
        return self.is_unverifiable()

    @property
    def origin_req_host(self) -> str:
        """As `get_origin_req_host`, in the spelling of later Pythons."""
        return self.get_origin_req_host()

    @property
    def host(self) -> str:
        """As `get_host`, in the spelling of later Pythons."""
        return self.get_host()


class MockResponse:
    """A response's header fields in the shape of what `urllib.request.urlopen` returns.

    Args:
        headers: something with `get_all(name, default)`, as `email.message.Message` has it.
    """

    def __init__(self, headers: Message) -> None:
        self._headers = headers

    def info(self) -> Message:
        """Return the header fields."""
        return self._headers

    def getheaders(self, name: str) -> list[str]:
        """Return all values of one field."""
        values: list[str] = self._headers.getheaders(name)  # type: ignore[attr-defined]  # of Python 2 (as requests)
        return values


def _scheme_of(url: str) -> str:
    if type(url) is str:
        # As nearly all are written; what begins so, `urlsplit` reads so.
        if url[:7] == "http://":
            return "http"
        if url[:8] == "https://":
            return "https"
    return str(urlsplit(url).scheme)


def _without_userinfo(url: str) -> str:
    """Return a URL whose authority is the host and port that is connected to, and nothing else."""
    authority = url.partition("://")[2].partition("/")[0]
    if "@" not in authority and "\\" not in authority:
        return url
    try:
        scheme, host, port, target = split_origin(url)
    except ValueError:
        return url
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}{'' if port is None else f':{port}'}{target}"


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address: in brackets, or its last label a number (as in the URL standard)."""
    if host[:1] == "[":
        return True
    last = host.rstrip(".").rpartition(".")[2].lower()
    return last.isdecimal() or (last[:2] == "0x" and not last[2:].strip("0123456789abcdef"))

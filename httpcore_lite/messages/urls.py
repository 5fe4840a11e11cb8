"""URLs: taken apart, put into normal form, quoted, joined.

This room turns text into the parts of a URL and back. It opens nothing, looks nothing up, and knows no Session;
everything is a function of its arguments. It stands beside `urllib.parse` because importing that module costs
more than all of this work in a short script, and because programs expect two different views of a URL:

    parse_url(text)      the strict, normalising view that URLs are prepared with (RFC 3986 §6.2.2: case of scheme and
                         host, percent escapes, dot segments; IDNA for hosts). The shape is urllib3's `Url`.
    split(text)          the lenient view of `urllib.parse.urlsplit`, in which nothing is changed: url_parts.py.
    split_origin(text)   what the transport wants to know of a prepared URL: where to connect, what to ask for.

Whose credentials, cookies or proxy go along is decided by the view that connects and by no other: `origin_of` and
`host_of` ask `split_origin`. In `http://a.example:80\\@b.example/` another view sees another host.

Kept: RFC 3986 (§3 components, §5.2 references, §6.2.2 normal forms), RFC 6874 (zone identifiers are written
`%25` in a URL and `%` in an address), RFC 5890 (IDNA, by the `idna` package, imported for non-ASCII hosts only).

Deliberately other than requests and urllib3: a component in which some percent sign starts no escape keeps its
valid escapes (`/%20%zz` becomes `/%20%25zz`; there it becomes `/%2520%25zz`), and a zone identifier survives
a round trip through a prepared URL.
"""

from __future__ import annotations

import re
import sys
from collections import namedtuple

from .._internal_utils import OWN_URLLIB3, late
from ..sansio.connections.routes import DEFAULT_PORTS as DEFAULT_PORTS
from ..sansio.errors import LocationParseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Match
    from typing import NamedTuple

    from typing_extensions import Self

    from . import url_parts as _parts
else:
    _parts = late(".messages.url_parts")

# -- characters (RFC 3986 §2) --------------------------------------------------------------------------------

_UNRESERVED = r"A-Za-z0-9._~\-"
_USERINFO = _UNRESERVED + r"!$&'()*+,;=:"
_PATH = _USERINFO + "@/"
_QUERY = _PATH + "?"

UNRESERVED_SET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# The same as bytes.
_UNRESERVED_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_USERINFO_BYTES = _UNRESERVED_BYTES + b"!$&'()*+,;=:"
_PATH_BYTES = _USERINFO_BYTES + b"@/"
_QUERY_BYTES = _PATH_BYTES + b"?"
_URI_BYTES = _QUERY_BYTES + b"#[]"

# Patterns are kept as text and compiled by the `re` module when they are first used (it remembers them): compiling
# them here would take longer than a short script's other work. What most requests need is done without patterns.
# Those of escapes match only what must be changed: a long query of many escapes is not walked through one by one.
_NO_ESCAPE = "%(?![0-9A-Fa-f]{2})"
LOWER_ESCAPE = "%(?:[a-f][0-9A-Fa-f]|[0-9A-F][a-f])"
_NO_NORMAL_ESCAPE = "%(?![0-9A-F]{2})"
_UNRESERVED_ESCAPE = "%(?:2[DdEe]|3[0-9]|[46][1-9A-Fa-f]|5[0-9AaFf]|7[0-9AaEe])"
_ESCAPE = "%[0-9A-Fa-f]{2}"
_HOST_ESCAPE = "%(?:[0-9A-Fa-f]{2})?"


def _consists_of(text: str, characters: bytes) -> bool:
    return text.isascii() and not text.encode("ascii").translate(None, characters)


# What each byte becomes where some characters may stand as they are: made when it is first needed.
_escaped: dict[bytes, list[str]] = {}


def _quoted(text: str, allowed: bytes) -> str:
    """Return `text` with every character percent-encoded but those allowed and the percent signs of escapes."""
    if not _consists_of(text, allowed + b"%"):
        table = _escaped.get(allowed)
        if table is None:
            table = _escaped[allowed] = [chr(n) if n in allowed + b"%" else f"%{n:02X}" for n in range(256)]
        # A lone surrogate is no text, but what must not raise here must not be sent either: as urllib3 escapes it.
        text = "".join(map(table.__getitem__, text.encode("utf-8", "surrogatepass")))
    return re.sub(_NO_ESCAPE, "%25", text) if "%" in text else text


def _normal(text: str, allowed: bytes) -> str:
    """Return a component quoted, its escapes in capitals (RFC 3986 §6.2.2.1) unless a program wants them kept."""
    text = _quoted(text, allowed)
    if "%" not in text or not re.search(LOWER_ESCAPE, text) or keeps_case():
        return text
    return re.sub(LOWER_ESCAPE, lambda found: found.group().upper(), text)


def keeps_case() -> bool:
    """Whether a program has replaced the pattern by which urllib3 finds escapes to put them into upper case.

    It means that URLs stay as they were signed. Looked at in an installed urllib3, and in our names for it.
    """
    for name in ("urllib3.util.url", f"{OWN_URLLIB3}.util.url"):
        pattern = getattr(sys.modules.get(name), "_PERCENT_RE", None)
        if pattern is not None and getattr(pattern, "pattern", None) != "%[a-fA-F0-9]{2}":
            return True
    return False


def requote_uri(uri: str) -> str:
    """Return `uri` with every character that has no place in a URL percent-encoded, and nothing encoded twice.

    Escapes of unreserved characters are undone (RFC 3986 §6.2.2.2), other escapes stay as they are written, a
    percent sign that starts no escape becomes `%25`. Doing it twice changes nothing. As requests, except that one
    lone percent sign does not make it encode every other one again.
    """
    if _consists_of(uri, _URI_BYTES):
        return uri
    if "[" not in uri:
        return _requoted(uri)
    uri = _requoted(re.sub(_ZONE_IN_URL, r"\1%25", uri, count=1))
    return re.sub(_ZONE_IN_URL, r"\1%25", uri, count=1)  # a zone of what was no character of a URL


def _requoted(uri: str) -> str:
    uri = _quoted(uri, _URI_BYTES)
    # Every percent sign begins an escape by now, and none comes back: one kind after the other is as all at once.
    for escape in set(re.findall(_UNRESERVED_ESCAPE, uri)):
        uri = uri.replace(escape, chr(int(escape[1:], 16)))
    return uri


# An address in brackets whose zone is written with a bare percent sign, as parse_url hands it out.
_ZONE_IN_URL = r"^([A-Za-z][A-Za-z0-9+.\-]*://(?:[^/?#\[\]]*@)?\[[0-9A-Fa-f:.]+)%(?!25)"


# -- hosts ---------------------------------------------------------------------------------------------------

_CONTROL = r"[\x00-\x20\x7f]"
_REG_NAME = r"[^\[\]%:/?#]*(?:%[0-9A-Fa-f]{2}[^\[\]%:/?#]*)*"
# What inet_aton takes for an IPv4 address; its spelling is left alone.
_IPV4_LIKE = r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]+|[0-9]+)){0,3}"
_PORT = "0*([0-9]{1,5})"
_ZONE = rf"(?:[{_UNRESERVED}]|%[0-9A-Fa-f]{{2}})+"


def encode_idna(host: str) -> str:
    """Return a host name as A-labels (UTS 46 mapping, then IDNA 2008). UnicodeError: it is no legal name."""
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise UnicodeError(str(error)) from error


def _idna_label(label: str) -> str:
    import idna

    try:
        return idna.encode(label.lower(), strict=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        raise LocationParseError(f"Name '{label}' is not a valid IDNA label") from None


def _undo_control_free(escape: str, host: str) -> str:
    """The character that an escape in a host stands for, unless it is one that no host may hold."""
    character = chr(int(escape[1:], 16))
    if character < " " or character == "\x7f":
        raise LocationParseError(f"Host {host!r} contains invalid percent-encoded control character {escape!r}")
    return character


def _host_escape_found(found: Match[str]) -> str:
    escape = found.group()
    if escape == "%":
        raise LocationParseError(f"{found.string!r} is not a valid host")
    character = _undo_control_free(escape, found.string)
    return character if character in UNRESERVED_SET else escape.upper()


def _normal_zone(zone: str, host: str) -> str:
    """A zone identifier as an address has it: introduced by a bare percent sign (RFC 4007 §11, RFC 6874 §2)."""
    zone = zone[3:] if zone.startswith("%25") else zone[1:]
    for escape in re.findall(_ESCAPE, zone):
        _undo_control_free(escape, host)
    return "%" + _normal(zone, _UNRESERVED_BYTES)


def _normal_host(host: str) -> str:
    """A host of an http URL in normal form (RFC 3986 §6.2.2.1, §6.2.2.2); `host` is known to be well formed."""
    if host[0] == "[":
        address, percent, zone = host[1:-1].partition("%")
        return "[" + address.lower() + (_normal_zone(percent + zone, host) if percent else "") + "]"
    if re.fullmatch(_IPV4_LIKE, host):
        return host
    if "%" in host:
        host = re.sub(_HOST_ESCAPE, _host_escape_found, host)
    if not host.isascii():
        host = ".".join([label if label.isascii() else _idna_label(label) for label in host.split(".")])
    host = host.lower()
    return re.sub(_ESCAPE, lambda found: found.group().upper(), host) if "%" in host else host


def _bracketed(host: str) -> bool:
    """Is this an IPv6 address in brackets, perhaps with a zone?"""
    if host[-1:] != "]":
        return False
    address, percent, zone = host[1:-1].partition("%")
    if percent and (zone == "25" or re.fullmatch(_ZONE, zone) is None):
        return False  # no zone, or none behind the `%25` that introduces it (RFC 6874 §2)
    return _parts.ipv6_number(address) is not None


def _masked(url: str) -> str:
    from ..sansio.redaction import masked_target

    return masked_target(url)


def _split_host_port(text: str) -> tuple[str, int | None]:
    """Split an authority without userinfo. LocationParseError: host or port is wrong."""
    if text[:1] == "[":
        end = text.find("]") + 1
        host, rest = text[:end], text[end:]
        good = end > 0 and _bracketed(host) and rest[:1] in ("", ":")
        port = rest[1:]
    else:
        host, _, port = text.partition(":")
        good = re.fullmatch(_REG_NAME, host) is not None
    digits = re.fullmatch(_PORT, port) if port else None
    if not good or (port and digits is None):
        text = _masked("//" + text)[2:]  # an escaped `@` in it ends a password that was meant as such
        if control := re.search(_CONTROL, text):
            raise LocationParseError(f"Host {text!r} contains invalid character {control.group()!r}")
        raise LocationParseError(f"{text!r} is not a valid host or port")
    number = int(digits.group(1)) if digits else None
    if number is not None and number > 65535:
        text = _masked("//" + text)[2:]
        error = LocationParseError(text)
        error.detail = f"{text!r} has a port out of range 0-65535"
        raise error
    if control := re.search(_CONTROL, host):
        raise LocationParseError(f"Host {host!r} contains invalid character {control.group()!r}")
    return host, number


# -- the strict view -----------------------------------------------------------------------------------------

if TYPE_CHECKING:

    class _Parts(NamedTuple):
        scheme: str | None
        auth: str | None
        host: str | None
        port: int | None
        path: str | None
        query: str | None
        fragment: str | None
else:
    _Parts = namedtuple("_Parts", "scheme auth host port path query fragment")


class ParsedURL(_Parts):
    """The parts of a URL, a named tuple with the shape of `urllib3.util.Url`.

    `host` keeps the brackets of an IPv6 address; `auth` is percent-encoded. Parts that are absent are None.
    """

    __slots__ = ()

    def __new__(
        cls,
        scheme: str | None = None,
        auth: str | None = None,
        host: str | None = None,
        port: int | None = None,
        path: str | None = None,
        query: str | None = None,
        fragment: str | None = None,
    ) -> Self:
        if path and path[0] != "/":
            path = "/" + path
        if scheme is not None:
            scheme = scheme.lower()
        return super().__new__(cls, scheme, auth, host, port, path, query, fragment)

    def __repr__(self) -> str:
        named = zip(self._fields, self, strict=True)
        return "Url(" + ", ".join([f"{name}={value!r}" for name, value in named]) + ")"

    @property
    def auth_decoded(self) -> tuple[str | None, str | None]:
        """User and password with escapes undone; the password is None when no colon stands in the userinfo."""
        if self.auth is None:
            return None, None
        user, colon, password = self.auth.partition(":")
        return _parts.unquote(user), _parts.unquote(password) if colon else None

    @property
    def auth_decoded_joined(self) -> str | None:
        """`user:password` with escapes undone, as Basic authentication encodes it; None without userinfo."""
        user, password = self.auth_decoded
        return None if user is None else f"{user}:{password or ''}"

    @property
    def hostname(self) -> str | None:
        """The host, under the name that `urllib.parse` has for it."""
        return self.host

    @property
    def request_uri(self) -> str:
        """Path and query: the target of a request in origin form (RFC 9112 §3.2.1)."""
        path = self.path or "/"
        return path if self.query is None else f"{path}?{self.query}"

    @property
    def netloc(self) -> str | None:
        """Host and port, without the userinfo."""
        if self.host is None or self.port is None:
            return self.host
        return f"{self.host}:{self.port}"

    @property
    def authority(self) -> str | None:
        """Userinfo, host and port (RFC 3986 §3.2)."""
        netloc = self.netloc
        return netloc if netloc is None or self.auth is None else f"{self.auth}@{netloc}"

    @property
    def url(self) -> str:
        """The parts put together again."""
        scheme, auth, host, port, path, query, fragment = self
        text = "" if scheme is None else scheme + "://"
        text += "" if auth is None else auth + "@"
        text += host or ""
        text += "" if port is None else f":{port}"
        text += path or ""
        text += "" if query is None else "?" + query
        text += "" if fragment is None else "#" + fragment
        return text

    def __str__(self) -> str:
        return self.url


_HAS_SCHEME = r"[A-Za-z][A-Za-z0-9+\-]*:|/"
_COMPONENTS = r"(?s:(?:([A-Za-z][A-Za-z0-9+.\-]*):)?(?://([^\\/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?)"


def _remove_dot_segments(path: str) -> str:
    """RFC 3986 §5.2.4, with urllib3's reading of paths that are not absolute."""
    if "." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if path[0] == "/" and (not kept or kept[0]):
        kept.insert(0, "")
    if path.endswith(("/.", "/..")):
        kept.append("")
    return "/".join(kept)


# What a URL in normal form has behind its scheme, and in its host.
_PLAIN_BYTES = _URI_BYTES.translate(None, b"[]") + b"%"
_HOST_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789-_."


def _plain(url: str) -> tuple[str, str, str | None, str | None, str | None, str | None] | None:
    """Return the parts of a URL that is in normal form already, None where it is not."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("http", "https") or not _consists_of(rest, _PLAIN_BYTES):
        return None
    if "%" in rest and re.search(_NO_NORMAL_ESCAPE, rest):
        return None
    rest, mark, last = rest.partition("#")
    fragment = last if mark else None
    rest, mark, last = rest.partition("?")
    query = last if mark else None
    authority, mark, last = rest.partition("/")
    path = "/" + last if mark else None
    host, mark, port = authority.partition(":")
    if not host or not _consists_of(host, _HOST_BYTES) or host[0] == "." or ".." in host:
        return None
    if mark and (not port.isdecimal() or len(port) > 5 or port[0] == "0"):
        return None
    if fragment is not None and "#" in fragment:
        return None
    return scheme, host, port or None, path, query, fragment


def parse_url(url: str) -> ParsedURL:
    """Take a URL apart and put its parts into normal form, as `urllib3.util.parse_url` does.

    A URL without a scheme is read as if it began with `//`. Scheme and host come out in lower case, a host outside
    ASCII as A-labels, an IPv6 address in brackets with its zone after a bare `%`; path, query, fragment and
    userinfo percent-encoded, dot segments removed. Schemes other than http and https are only taken apart.
    LocationParseError: host or port is wrong.
    """
    if not url:
        return ParsedURL()
    parts = _plain(url)
    if parts is not None:
        scheme, host, digits, path, query, fragment = parts
        port = int(digits) if digits else None
        if (not path or "/." not in path) and (port is None or port <= 65535):
            if path is None and (query is not None or fragment is not None):
                path = ""
            parsed: ParsedURL = _Parts.__new__(ParsedURL, scheme, None, host, port, path, query, fragment)
            return parsed
    return _parse_any(url)


def _parse_any(url: str) -> ParsedURL:
    if not re.match(_HAS_SCHEME, url):
        url = "//" + url
    found = re.fullmatch(_COMPONENTS, url)
    assert found is not None  # every string has this form
    scheme, authority, path, query, fragment = found.groups()
    if scheme:
        scheme = scheme.lower()
    normalise = scheme in ("http", "https", None)
    auth = host = port = None
    if authority:
        auth, _, host_port = authority.rpartition("@")
        auth = auth or None
        try:
            host, port = _split_host_port(host_port)
        except LocationParseError as error:
            if "@" in f"{path}{query}{fragment}":
                # What is in front of it is the beginning of a password, which no error shows.
                words = "no host and port before '/', '?' or '#'; in a user or password write them as %2F, %3F, %23"
                raise LocationParseError(words) from None
            if not error.detail:
                raise
            # It names the whole URL, as urllib3's does, without what may be secret in it.
            named = LocationParseError(_masked(url))
            named.detail = error.detail
            raise named from None
        if normalise:
            auth = _normal(auth, _USERINFO_BYTES) if auth else auth
            host = _normal_host(host) if host else host
    if normalise:
        path = _normal(_remove_dot_segments(path), _PATH_BYTES) if path else path
        query = _normal(query, _QUERY_BYTES) if query else query
        fragment = _normal(fragment, _QUERY_BYTES) if fragment else fragment
    if not path:
        path = "" if query is not None or fragment is not None else None
    return ParsedURL(scheme, auth, host, port, path, query, fragment)


def unparse(scheme: str, netloc: str, path: str, query: str | None, fragment: str | None) -> str:
    """Write a prepared URL from the parts that `parse_url` gave, quoted; a zone identifier is written with `%25`.

    `netloc` is userinfo, host and port as they shall stand in the URL. Empty and absent query and fragment are the
    same (as requests).
    """
    opening = netloc.rfind("[")
    if opening >= 0 and "%" in netloc[opening:]:
        netloc = netloc[:opening] + netloc[opening:].replace("%", "%25", 1)
    text = f"{scheme}://{netloc}{path}"
    if query:
        text = f"{text}?{query}"
    return requote_uri(f"{text}#{fragment}" if fragment else text)


# -- for the transport ---------------------------------------------------------------------------------------

_ORIGIN = r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#\\]*)"
_ORIGINS: dict[str, tuple[str, str, int | None]] = {}
_MAX_ORIGINS = 1024
_MAX_ORIGIN_LENGTH = 512


def _read_origin(url: str) -> tuple[int, tuple[str, str, int | None]]:
    """Where the authority ends, and (scheme, host, port)."""
    end = url.find("/", 8)
    plain = _plain(url[:end]) if end > 0 else None
    if plain is not None and plain[4] is None and plain[5] is None and int(plain[2] or 0) <= 65535:
        return end, (plain[0], plain[1], int(plain[2]) if plain[2] else None)
    found = re.match(_ORIGIN, url)
    if found is None:
        raise LocationParseError(_masked(url))
    scheme, authority = found.groups()
    scheme = scheme.lower()
    host, port = _split_host_port(authority.rpartition("@")[2])
    if not host:
        raise LocationParseError(_masked(url))
    if scheme in ("http", "https"):
        host = _normal_host(host)
    elif scheme == "http+unix":
        return found.end(), (scheme, host, port)  # the host is a path, percent-encoded
    if host[0] == "[":
        address, percent, zone = host[1:-1].partition("%")
        host = address.lower() + percent + zone
    return found.end(), (scheme, host.lower() if ":" not in host else host, port)


def split_origin(url: str) -> tuple[str, str, int | None, str]:
    """Return (scheme, host, port or None, target) of a prepared URL.

    The host is in lower case and has no brackets; the target is path and query (what `path_url` is), at least `/`.
    Origins are remembered by the text before the path, at most 1,024 of them
    and none that is longer than 512 characters. LocationParseError: there is no host,
    or host or port is wrong.
    """
    end = url.find("/", 8)
    origin = _ORIGINS.get(url[:end]) if end > 0 else None
    if origin is None:
        end, origin = _read_origin(url)
        if end <= _MAX_ORIGIN_LENGTH:
            if len(_ORIGINS) >= _MAX_ORIGINS:
                _ORIGINS.clear()
            _ORIGINS[url[:end]] = origin
    target = url[end:]
    if "#" in target:
        target = target[: target.index("#")]
    if target[-1:] == "?" and target.index("?") == len(target) - 1:
        target = target[:-1]  # an empty query is no query
    if target[:1] != "/":
        target = "/" + target
    return origin[0], origin[1], origin[2], target


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Return (scheme, host, port) of the server that a request for `url`, prepared or as written, is sent to.

    A standard port is filled in. What has no host that can be connected to is an origin of its own: the text.
    """
    try:
        scheme, host, port, _ = split_origin(url.lstrip())
    except LocationParseError:
        return "", url, None
    return scheme, host, DEFAULT_PORTS.get(scheme) if port is None else port


def host_of(url: str) -> str | None:
    """Return the host that a request for `url` is sent to: lower case, no brackets. None when it has none."""
    try:
        return split_origin(url.lstrip())[1]
    except LocationParseError:
        return None


# -- names of `requests.utils` --------------------------------------------------------------------------------


def unquote_unreserved(uri: str) -> str:
    """Return `uri` with the escapes of unreserved characters undone, all others as they are (RFC 3986 §2.3).

    InvalidURL: a percent sign before two letters or digits that are no escape.
    """
    head, *parts = uri.split("%")
    for index, part in enumerate(parts):
        digits = part[:2]
        parts[index] = "%" + part
        if len(digits) == 2 and digits.isalnum():
            try:
                character = bytes.fromhex(digits).decode("latin-1")
            except ValueError:
                from ..exceptions import InvalidURL

                raise InvalidURL(f"Invalid percent-escape sequence: '{digits}'") from None
            if character in UNRESERVED_SET:
                parts[index] = character + part[2:]
    return head + "".join(parts)


def prepend_scheme_if_needed(url: str, new_scheme: str) -> str:
    """Return `url` with `new_scheme`, unless it has a scheme; its parts in normal form (`parse_url`)."""
    scheme, auth, _, _, path, query, fragment = parsed = parse_url(url)
    netloc = parsed.netloc
    if not netloc:
        netloc, path = path, netloc
    netloc = netloc or ""
    if "%" in netloc and netloc[:1] == "[":
        netloc = netloc.replace("%", "%25", 1)  # a zone, as it is written in a URL (RFC 6874)
    if auth:
        netloc = f"{auth}@{netloc}"
    return _parts.unsplit(scheme or new_scheme, netloc, path or "", query or "", fragment or "")


def get_auth_from_url(url: str) -> tuple[str, str]:
    """Return (user, password) of a URL, escapes undone; two empty strings unless it has both."""
    parts = _parts.split(url.partition("\\")[0])  # where a host ends, too (`parse_url`)
    if parts.username is None or parts.password is None:
        return "", ""
    return _parts.unquote(parts.username), _parts.unquote(parts.password)


def urldefragauth(url: str) -> str:
    """Return `url` without its fragment and without its userinfo."""
    scheme, netloc, path, query, _ = _parts.split(url)
    if not netloc:
        netloc, path = path, netloc
    return _parts.unsplit(scheme, netloc.rpartition("@")[2], path, query, "")

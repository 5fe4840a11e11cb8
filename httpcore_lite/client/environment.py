"""What the process environment says about proxies, hosts that need none, credentials and CA certificates.

The room reads `os.environ`, a netrc file and, on Windows and macOS, the system's proxy settings (through
`urllib.request`, imported only there). It never decides for a session: `utils.py` shows these functions under
requests' names, where programs patch them, and hands in what may have been patched.

Every request asks again, and a variable changed in between must count. So what was read is kept together with a
copy of the whole environment it was read from, and used while the two are equal (a comparison of some forty
unchanged strings takes a third of a microsecond; reading one absent variable takes twice that). A netrc file is kept
under its path, modification time, size and inode.

Which variables: `<scheme>_proxy` and `all_proxy`, lower case before upper case, `HTTP_PROXY` ignored in a CGI
program (a request header can set it there, CVE-2016-1000110); `no_proxy`/`NO_PROXY`; `NETRC`;
`REQUESTS_CA_BUNDLE`, then `CURL_CA_BUNDLE`.

NO_PROXY is a list separated by commas or spaces. An entry is one of

    *                        every host
    example.com              the host and everything below it; a dot or `*.` in front changes nothing
    192.0.2.7   2001:db8::1  one address; IPv6 also in brackets
    192.0.2.0/24  fe80::/10  a network (RFC 4632, RFC 4291 §2.3)

and may end in `:port` (IPv6 then in brackets), which the URL's port, written or the scheme's own, must equal.
requests knows neither IPv6 nor ports of addresses; what it matches is matched here too.
"""

from __future__ import annotations

import os
import sys

from .._internal_utils import late
from ..messages.urls import host_of, origin_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from netrc import netrc

    from ..messages import url_parts as _url_parts
else:
    _url_parts = late(".messages.url_parts")

NETRC_FILES = (".netrc", "_netrc")

# Where the system has proxy settings of its own, asked when no variable names a proxy.
_SYSTEM_SETTINGS = sys.platform in ("win32", "darwin")
_MAX_DECISIONS = 1024
_MAX_DECIDED_LENGTH = 2048


class _Reading:
    """What was read from the environment, and the environment it was read from."""

    __slots__ = ("ca_bundle", "data", "decisions", "netrc_paths", "no_proxy", "proxies", "source")

    def __init__(self, source: Mapping[str, str], data: dict[str, str] | dict[bytes, bytes]) -> None:
        self.source = source
        self.data = data
        self.proxies = _read_proxies(source)
        self.no_proxy = source.get("no_proxy") or source.get("NO_PROXY")
        self.ca_bundle = source.get("REQUESTS_CA_BUNDLE") or source.get("CURL_CA_BUNDLE") or None
        # Filled on demand: {(url up to its path, no_proxy as given): go around the proxy?}
        self.decisions: dict[tuple[str, str | None], bool] = {}
        self.netrc_paths: tuple[object, tuple[str, ...], list[str]] | None = None


_reading: _Reading | None = None


def _current() -> _Reading:
    global _reading
    source = os.environ
    # `_data` is the dict behind os.environ, compared as it is because reading through os.environ decodes each
    # name and value. Whatever stands in for os.environ is compared as the mapping it is.
    data = getattr(source, "_data", source)
    reading = _reading
    if reading is not None and reading.source is source and reading.data == data:
        return reading
    _reading = reading = _Reading(source, dict(data))
    return reading


def _read_proxies(source: Mapping[str, str]) -> dict[str, str]:
    found = [(name, source[name]) for name in list(source) if name[-6:].lower() == "_proxy"]
    proxies = {name[:-6].lower(): value for name, value in found if value}
    if "REQUEST_METHOD" in source:
        proxies.pop("http", None)
    for name, value in found:
        # The lower-case spelling wins, and an empty one switches the other spelling off.
        if name.endswith("_proxy"):
            if value:
                proxies[name[:-6].lower()] = value
            else:
                proxies.pop(name[:-6].lower(), None)
    return proxies


def getproxies_environment() -> dict[str, str]:
    """Return {scheme: proxy URL} as the environment's variables say; "all" and "no" are keys like schemes.

    The same as `urllib.request.getproxies_environment`. The dictionary is the caller's own.
    """
    return _current().proxies.copy()


def getproxies() -> dict[str, str]:
    """Return {scheme: proxy URL} from the environment or, when it names none, from the system's settings."""
    proxies = _current().proxies
    if proxies or not _SYSTEM_SETTINGS:
        return proxies.copy()
    from urllib.request import getproxies as getproxies_of_system

    return getproxies_of_system()


def ca_bundle() -> str | None:
    """Return the CA file or directory that `REQUESTS_CA_BUNDLE`, or else `CURL_CA_BUNDLE`, names; None if empty."""
    return _current().ca_bundle


def asks_for_no_bundle(verify: object) -> bool:
    """Tell whether a setting of `verify` leaves open which CAs are trusted: None, True, or 1."""
    return verify is None or verify is True or (type(verify) is int and verify == 1)


# -- hosts that need no proxy --------------------------------------------------------------------------------


def _entry_parts(entry: str) -> tuple[str, str]:
    """An entry of NO_PROXY as (what to match, port or "")."""
    if entry[:1] == "[":
        host, _, rest = entry[1:].partition("]")
        if rest[:1] == "/":
            return host + rest, ""
        return host, rest[1:] if rest[:1] == ":" else ""
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, port
    return entry, ""


def _in_network(number: int, width: int, network: str, parse: Callable[[str], int | None]) -> bool:
    address, _, prefix = network.partition("/")
    base = parse(address)
    if base is None or not (prefix.isascii() and prefix.isdecimal() and len(prefix) <= 3) or int(prefix) > width:
        return False
    shift = width - int(prefix)
    return number >> shift == base >> shift


def _numbers_of(host: str) -> tuple[int | None, int | None]:
    """`host` as a number of 32 bits, and of 128 bits; None where it is no address of that kind."""
    if ":" in host:
        number = _url_parts.ipv6_number(host)
        # An IPv4 address written as IPv6 (RFC 4291 §2.5.5.2) is in the networks of both.
        return (number & 0xFFFFFFFF if number is not None and number >> 32 == 0xFFFF else None), number
    number = _url_parts.ipv4_number(host)
    if number is None and host[:1].isdecimal():
        import socket

        try:  # the short, octal and hexadecimal spellings that the resolver takes
            number = int.from_bytes(socket.inet_aton(host), "big")
        except (OSError, ValueError):
            number = None
    return number, None


def _address_matches(host: str, four: int | None, six: int | None, pattern: str) -> bool:
    if "/" in pattern:
        return (four is not None and _in_network(four, 32, pattern, _url_parts.ipv4_number)) or (
            six is not None and _in_network(six, 128, pattern, _url_parts.ipv6_number)
        )
    if four is not None and _url_parts.ipv4_number(pattern) == four:
        return True
    if six is None or _url_parts.ipv6_number(pattern) != six:
        return False
    zone = pattern.partition("%")[2]
    return not zone or host.partition("%")[2] in (zone, "25" + zone)


def matches(host: str, port: int | None, no_proxy: str) -> bool:
    """Does the list `no_proxy` name this host? The entries are described at the top of this module.

    `host` has no brackets, `port` is the port to be connected to, or None when it is unknown.
    """
    name = host.lower().rstrip(".")
    four, six = _numbers_of(host)
    for entry in no_proxy.replace(",", " ").split():
        if entry == "*":
            return True
        pattern, wanted = _entry_parts(entry)
        if wanted and wanted != str(port):
            continue
        if four is not None or six is not None:
            if _address_matches(host, four, six, pattern):
                return True
            continue
        pattern = pattern.lower().removeprefix("*.").strip(".")
        if pattern and (name == pattern or name.endswith("." + pattern)):
            return True
    return False


def proxy_bypass_environment(host: str, proxies: Mapping[str, str] | None = None) -> bool:
    """Does the environment's list, or `proxies["no"]`, name `host` (with or without a port)?

    The plain text comparison of `urllib.request.proxy_bypass_environment`; `matches` knows more.
    """
    no_proxy = (_current().proxies if proxies is None else proxies).get("no")
    if not no_proxy:
        return False
    if no_proxy == "*":
        return True
    host = host.lower()
    name, colon, port = host.rpartition(":")
    names = (host, name) if colon and (not port or port.isdecimal()) else (host,)
    for entry in no_proxy.split(","):
        entry = entry.strip().lstrip(".").lower()
        if entry and any(text == entry or text.endswith("." + entry) for text in names):
            return True
    return False


if sys.platform == "win32":

    def proxy_bypass_registry(host: str) -> bool:
        """Does the list in the Windows Internet settings name `host`? No name is looked up (as requests)."""
        import re

        try:
            import winreg

            key = winreg.OpenKey(
                winreg.HKEY_CURRENT_USER, r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
            )
            enabled = int(winreg.QueryValueEx(key, "ProxyEnable")[0])  # a number, or the text of one
            entries = winreg.QueryValueEx(key, "ProxyOverride")[0]
        except (ImportError, OSError, ValueError):
            return False
        if not enabled or not entries:
            return False
        for entry in entries.split(";"):
            if entry == "<local>" and "." not in host:
                return True
            pattern = re.escape(entry).replace(r"\*", ".*").replace(r"\?", ".")
            if entry and re.match(pattern, host, re.IGNORECASE):
                return True
        return False


def proxy_bypass(host: str, proxies: Mapping[str, str] | None = None) -> bool:
    """Do the environment's variables or, when they name no proxy, the system's settings exempt `host` from proxies?

    As `urllib.request.proxy_bypass`, but without a name lookup on Windows.
    """
    if not _SYSTEM_SETTINGS or proxies is not None or _current().proxies:
        return proxy_bypass_environment(host, proxies)
    if sys.platform == "win32":
        return proxy_bypass_registry(host)
    from urllib.request import proxy_bypass as bypassed_by_system

    return bool(bypassed_by_system(host))


def _decide(url: str, no_proxy: str | None) -> bool | None:
    """True: the list says to go around. None: it does not, the last word is `proxy_bypass`'s."""
    host = host_of(url) or _url_parts.split(url).hostname
    if host is None:
        return True
    if not no_proxy:
        return None
    return True if matches(host, origin_of(url)[2], no_proxy) else None


def for_url(url: str, no_proxy: str | None, ask: Callable[[str], object]) -> tuple[str | None, dict[str, str]]:
    """Return the CA bundle, or None, and the proxies for a URL, with one look at the environment.

    `no_proxy` and `ask` as for `bypasses`.
    """
    reading = _current()
    if not reading.proxies and not _SYSTEM_SETTINGS:
        return reading.ca_bundle, {}
    return reading.ca_bundle, {} if bypasses(url, no_proxy, ask) else getproxies()


def bypasses(url: str, no_proxy: str | None, ask: Callable[[str], object]) -> bool:
    """Is `url` to be requested without a proxy?

    A URL without a host is. `no_proxy` replaces the environment's list when it is not None. `ask` is what
    `utils.proxy_bypass` is at the moment: it gets the host name and has the last word. Decisions are remembered as
    long as the environment stays as it is, unless `ask` was replaced or the system's settings are asked.
    """
    reading = _current()
    listed = reading.no_proxy if no_proxy is None else no_proxy
    if ask is not proxy_bypass or (_SYSTEM_SETTINGS and not reading.proxies):
        return bool(_decide(url, listed) or _asked(url, no_proxy, ask))
    start = url.find("://") + 3
    end = url.find("/", start) if start > 2 else -1
    key = (url[:end] if end > 0 else url, no_proxy)
    decision = reading.decisions.get(key)
    if decision is None:
        proxies = reading.proxies if no_proxy is None else {"no": no_proxy}
        decision = bool(_decide(url, listed) or proxy_bypass_environment(host_of(url) or "", proxies))
        if len(key[0]) + len(no_proxy or "") <= _MAX_DECIDED_LENGTH:
            if len(reading.decisions) >= _MAX_DECISIONS:
                reading.decisions.clear()
            reading.decisions[key] = decision
    return decision


def _asked(url: str, no_proxy: str | None, ask: Callable[[str], object]) -> bool:
    from contextlib import contextmanager

    # A function of the program's may read the list from the environment: it finds the one of this call there.
    with contextmanager(environ_set)("no_proxy", no_proxy):
        try:
            return bool(ask(host_of(url) or ""))
        except (TypeError, OSError):  # a name that cannot be looked up (socket.gaierror), settings that make no sense
            return False


def environ_set(name: str, value: str | None) -> Iterator[None]:
    """A generator for a context manager: the variable has this value meanwhile; None changes nothing."""
    if value is None:
        yield
        return
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


# -- netrc ---------------------------------------------------------------------------------------------------

# The file that was read last: ((path, mtime_ns, size, inode), the parsed file, or None when it cannot be read).
_netrc: tuple[tuple[str, int, int, int], netrc | None] | None = None


def _netrc_paths(names: tuple[str, ...]) -> list[str]:
    reading = _current()
    kept = reading.netrc_paths
    if kept is not None and kept[0] is os.path.expanduser and kept[1] == names:
        return kept[2]
    named = os.environ.get("NETRC")
    paths = [os.path.expanduser(path) for path in ([f"~/{name}" for name in names] if named is None else [named])]
    reading.netrc_paths = (os.path.expanduser, names, paths)
    return paths


def _find_netrc(names: tuple[str, ...]) -> tuple[str, int, int, int] | None:
    for path in _netrc_paths(names):
        if not os.access(path, os.F_OK):
            continue  # asked at every request, and nearly always missing: a third of what the error would cost
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            continue
        return path, status.st_mtime_ns, status.st_size, status.st_ino
    return None


def netrc_auth(url: str, raise_errors: bool = False, names: tuple[str, ...] = NETRC_FILES) -> tuple[str, str] | None:
    """Return (login, password) for the host of `url` from the netrc file, or None.

    That is the host which a request for `url` is sent to, also where other parsers see another one (CVE-2024-47081).
    The file is the one that `NETRC` names, else the first of `names` that the home directory has. The default entry
    counts; an entry without a login gives its account (as requests). A file that cannot be read or
    parsed counts as empty, unless `raise_errors` (netrc.NetrcParseError, OSError, UnicodeError).
    """
    global _netrc
    key = _find_netrc(names)
    if key is None:
        return None
    host = host_of(url)
    if host is None:
        return None
    if _netrc is None or _netrc[0] != key or (_netrc[1] is None and raise_errors):
        from netrc import NetrcParseError, netrc

        try:
            _netrc = (key, netrc(key[0]))
        except (NetrcParseError, OSError, UnicodeError):
            _netrc = (key, None)
            if raise_errors:
                raise
    entries = _netrc[1]
    found = entries.authenticators(host) if entries is not None else None
    if not found or not any(found):
        return None
    login, account, password = found
    return login or account or "", password or ""

"""The helpers that programs import from `requests.utils`, under those names.

Mostly a face: what a URL is, urls.py knows; what the environment says, environment.py; what charset a text is in,
charsets.py, what is in a body or a header field, bodies.py and fields.py.

Programs replace names of this module, so the functions look each other up when they are called:
`should_bypass_proxies` asks `proxy_bypass`, `get_environ_proxies` asks `should_bypass_proxies` and `getproxies`,
`default_headers` asks `default_user_agent`. Names that are here only because requests has them are resolved when
asked for; two of them are computed: `DEFAULT_CA_BUNDLE_PATH` (each time, from `certs.where()`) and
`DEFAULT_ACCEPT_ENCODING` (once).
"""

from __future__ import annotations

import os
import sys

from .__version__ import REQUESTS_API_LEVEL, __version__
from ._internal_utils import installed_as_requests, late, lazy_names, load, to_native_string
from .client import environment
from .client.environment import NETRC_FILES, getproxies, getproxies_environment, proxy_bypass, proxy_bypass_environment
from .exceptions import FileModeWarning, InvalidHeader, InvalidURL, UnrewindableBodyError
from .messages.urls import (
    DEFAULT_PORTS,
    UNRESERVED_SET,
    get_auth_from_url,
    host_of,
    parse_url,
    prepend_scheme_if_needed,
    requote_uri,
    unquote_unreserved,
    urldefragauth,
)
from .structures import CaseInsensitiveDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    import codecs
    import contextlib
    import io
    import re
    import socket
    import struct
    import tempfile
    import warnings
    import zipfile
    from collections import OrderedDict
    from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
    from contextlib import AbstractContextManager
    from http.cookiejar import CookieJar
    from io import BufferedWriter
    from typing import Any, Literal
    from urllib.parse import quote, unquote, urlparse, urlunparse

    from . import certs
    from .compat import integer_types, is_urllib3_1
    from .cookies import cookiejar_from_dict
    from .messages import charsets as _charsets
    from .messages import url_parts as _url_parts
    from .messages.bodies import (
        dict_to_sequence,
        from_key_val_list,
        guess_filename,
        iter_slices,
        rewind_body,
        super_len,
        to_key_val_list,
    )
    from .messages.charsets import guess_json_utf
    from .messages.fields import (
        check_header_validity,
        parse_dict_header,
        parse_header_links,
        parse_list_header,
        unquote_header_value,
    )
    from .messages.shapes import PreparedRequest, Request, Response
    from .urllib3_api.util.request import make_headers

    DEFAULT_ACCEPT_ENCODING: str
    DEFAULT_CA_BUNDLE_PATH: str
    HEADER_VALIDATORS: dict[type, object]
else:
    _charsets = late(".messages.charsets")
    _url_parts = late(".messages.url_parts")


# fmt: off
__all__ = [
    "CaseInsensitiveDict", "DEFAULT_ACCEPT_ENCODING", "DEFAULT_CA_BUNDLE_PATH", "DEFAULT_PORTS", "FileModeWarning",
    "HEADER_VALIDATORS", "InvalidHeader", "InvalidURL", "Iterable", "Mapping", "NETRC_FILES", "OrderedDict",
    "UNRESERVED_SET", "UnrewindableBodyError", "add_dict_to_cookiejar", "address_in_network", "atomic_open", "bytes",
    "certs", "check_header_validity", "codecs", "contextlib", "cookiejar_from_dict", "default_headers",
    "default_user_agent", "dict_from_cookiejar", "dict_to_sequence", "dotted_netmask", "extract_zipped_paths",
    "from_key_val_list", "get_auth_from_url", "get_encoding_from_headers", "get_encodings_from_content",
    "get_environ_proxies", "get_netrc_auth", "get_unicode_from_response", "getproxies", "getproxies_environment",
    "guess_filename", "guess_json_utf", "integer_types", "io", "is_ipv4_address", "is_urllib3_1", "is_valid_cidr",
    "iter_slices", "make_headers", "os", "parse_dict_header", "parse_header_links", "parse_list_header", "parse_url",
    "prepend_scheme_if_needed", "proxy_bypass", "proxy_bypass_environment", "quote", "re", "requote_uri",
    "resolve_proxies", "rewind_body", "select_proxy", "set_environ", "should_bypass_proxies", "socket", "str",
    "stream_decode_response_unicode", "struct", "super_len", "sys", "tempfile", "to_key_val_list", "to_native_string",
    "unquote", "unquote_header_value", "unquote_unreserved", "urldefragauth", "urlparse", "urlunparse", "warnings",
    "zipfile",
]
# fmt: on

# -- names that are here because requests has them -----------------------------------------------------------


def _of_typing(name: str) -> object:
    """Make what requests has here with the help of the module typing, which is not loaded otherwise."""
    from typing import Protocol, TypeVar, runtime_checkable

    @runtime_checkable
    class _SupportsItems(Protocol):
        def items(self) -> Any: ...

    return _SupportsItems if name == "_SupportsItems" else TypeVar(name)  # pyright: ignore[reportGeneralTypeIssues]


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": ".certs codecs contextlib io re socket struct tempfile warnings zipfile",
            ".messages.bodies": (
                "dict_to_sequence from_key_val_list guess_filename iter_slices rewind_body super_len to_key_val_list"
            ),
            ".messages.charsets": "guess_json_utf",
            ".messages.fields": (
                "_parse_list_header _validate_header_part check_header_validity parse_dict_header parse_header_links "
                "parse_list_header unquote_header_value"
            ),
            "._internal_utils": "HEADER_VALIDATORS _HEADER_VALIDATORS_BYTE _HEADER_VALIDATORS_STR",
            ".compat": "integer_types is_urllib3_1",
            ".cookies": "cookiejar_from_dict",
            ".urllib3_api.util.request": "make_headers",
            "builtins": "bytes str",
            "collections": "OrderedDict",
            "collections.abc": "Generator Iterable Mapping",
            "typing": "Any Final TypeVar cast overload",
            "urllib.parse": "quote unquote urlparse urlunparse",
        },
        {
            "DEFAULT_ACCEPT_ENCODING": lambda _: load(".sansio.http1").accepted_codings(),
            **dict.fromkeys(("_KT", "_SupportsItems", "_VT"), _of_typing),
        },
        {"DEFAULT_CA_BUNDLE_PATH": lambda _: load(".certs").where()},
    )

_null = b"\x00"
_null2 = _null * 2
_null3 = _null * 3

# -- files ---------------------------------------------------------------------------------------------------


def extract_zipped_paths(path: str) -> str:
    """Return `path`, or if it leads into a zip archive, the path of a temporary file with the member's content."""
    if os.path.exists(path):
        return path
    archive, member = os.path.split(path)
    while archive and not os.path.exists(archive):
        archive, name = os.path.split(archive)
        if not name:  # the root, or a share: there is nothing above
            break
        member = f"{name}/{member}"
    if not os.path.isfile(archive):
        return path
    import zipfile

    if not zipfile.is_zipfile(archive):
        return path
    with zipfile.ZipFile(archive) as opened:
        if member not in opened.namelist():
            return path
        content = opened.read(member)
    import tempfile

    descriptor, extracted = tempfile.mkstemp(suffix=os.path.splitext(member.rpartition("/")[2])[1])
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return extracted


def atomic_open(filename: str) -> AbstractContextManager[BufferedWriter]:
    """A context with a file to be written, which takes the place of `filename` at its end, or vanishes on an error."""
    from contextlib import contextmanager

    return contextmanager(_replacing)(filename)


def _replacing(filename: str) -> Iterator[BufferedWriter]:
    import tempfile

    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(filename))
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        os.replace(temporary, filename)
    except BaseException:
        os.remove(temporary)
        raise


# -- the headers of a session ------------------------------------------------------------------------------------------


def default_user_agent(name: str = "python-requests") -> str:
    """Return `name/version`; for requests' own name, the release of requests whose API this is."""
    return f"{name}/{REQUESTS_API_LEVEL if name == 'python-requests' else __version__}"


_default_user_agent = default_user_agent


def default_headers() -> CaseInsensitiveDict[str]:
    """Return the headers that a new session has: User-Agent, Accept-Encoding, Accept, Connection.

    The agent is our own, except where the package is installed as requests or `default_user_agent` was replaced.
    """
    if default_user_agent is _default_user_agent and not installed_as_requests():
        agent = f"{__name__.split('.', 1)[0]}/{__version__}"
    else:
        agent = default_user_agent()
    accepted = sys.modules[__name__].DEFAULT_ACCEPT_ENCODING
    return CaseInsensitiveDict(
        {"User-Agent": agent, "Accept-Encoding": accepted, "Accept": "*/*", "Connection": "keep-alive"}
    )


# -- charsets ------------------------------------------------------------------------------------------------


def _parse_content_type_header(header: str) -> tuple[str, dict[str, str | bool]]:
    """Return media type and parameters of a Content-Type value: `_charsets.content_type_parts`."""
    return _charsets.content_type_parts(header)


def get_encoding_from_headers(headers: object) -> str | None:
    """Return the charset that response headers tell of, or None: `_charsets.from_headers`."""
    return _charsets.from_headers(headers)


def get_encodings_from_content(content: str) -> list[str]:
    """Return the charsets that markup declares (deprecated, as in requests): `charsets.declared_in_text`."""
    _warn_deprecated("get_encodings_from_content")
    return _charsets.declared_in_text(content)


def stream_decode_response_unicode(iterator: Iterable[bytes], r: Response) -> Iterator[object]:
    """Yield the pieces of a response as text in its encoding; as they are when it has none."""
    if r.encoding is None:
        yield from iterator
    else:
        yield from _charsets.decode_stream(iterator, r.encoding)


def get_unicode_from_response(r: Response) -> object:
    """Return a response's content as text in the charset of its headers, or UTF-8 (deprecated, as in requests)."""
    _warn_deprecated("get_unicode_from_response")
    content: bytes | None = r.content
    if content is None:
        return None
    return content.decode(get_encoding_from_headers(r.headers) or "utf-8", "replace")


def _warn_deprecated(name: str) -> None:
    import warnings

    warnings.warn(f"{name} is deprecated, as it is in requests", DeprecationWarning, stacklevel=3)


# -- proxies and credentials of the environment --------------------------------------------------------------


def set_environ(env_name: str, value: str | None) -> AbstractContextManager[None]:
    """A context in which an environment variable has this value; None changes nothing."""
    from contextlib import contextmanager

    return contextmanager(environment.environ_set)(env_name, value)


def should_bypass_proxies(url: str, no_proxy: str | None) -> bool:
    """Is `url` to be requested without a proxy, by `no_proxy` or, when that is None, by the environment?

    The forms that an entry of the list may have are described in environment.py.
    """
    return environment.bypasses(url, no_proxy, proxy_bypass)


def get_environ_proxies(url: str, no_proxy: str | None = None) -> dict[str, str]:
    """Return {scheme: proxy URL} of the environment, empty when `url` is to be requested without a proxy."""
    if should_bypass_proxies(url, no_proxy=no_proxy):
        return {}
    return getproxies()


_ASKED = (get_environ_proxies, should_bypass_proxies, getproxies, proxy_bypass)


def environment_for(
    url: str,
    proxies: Mapping[str, str | None] | Literal[False] | None,
    own: Mapping[str, str | None] | Literal[False],
    trust_env: bool,
    proxies_of: Callable[..., dict[str, str]],
) -> tuple[str | None, object]:
    """Return the environment's CA bundle, or None, and the proxies of a call: its own, the session's and those.

    `own` are the session's. `proxies_of` is what the caller has under the name `get_environ_proxies`. The environment
    is asked once, unless a program has replaced one of the functions that requests asks.
    """
    if proxies is False or own is False:
        return environment.ca_bundle() if trust_env else None, proxies or NoProxies()
    if not trust_env and proxies and not hasattr(proxies, "items"):
        return None, proxies  # as requests, which finds no proxy in it
    given = {**own, **(proxies or {})} if own or proxies else {}
    no_proxy = given.get("no_proxy")
    bundle: str | None = None
    found: dict[str, str] = {}
    if trust_env and (proxies_of, should_bypass_proxies, getproxies, proxy_bypass) == _ASKED:
        bundle, found = environment.for_url(url, no_proxy, proxy_bypass)
    elif trust_env:
        bundle, found = environment.ca_bundle(), proxies_of(url, no_proxy=no_proxy)
    return bundle, CallProxies(given, found) if given or found else proxies or {}


def select_proxy(url: str, proxies: MutableMapping[str, str] | None) -> str | None:
    """Return the proxy for `url`: the one for its scheme and host, its scheme, all schemes and its host, or all.

    A host in a key is in lower case; an IPv6 address may have its brackets or not.
    """
    if not proxies:
        return None
    parts = _url_parts.split(url)
    scheme = parts.scheme
    host = host_of(url) or parts.hostname
    if host is None:
        return proxies.get(scheme, proxies.get("all"))
    hosts = (host, f"[{host}]") if ":" in host else (host,)
    keys = [f"{scheme}://{name}" for name in hosts] + [scheme] + [f"all://{name}" for name in hosts]
    for key in [*keys, "all"]:
        if key in proxies:
            return proxies[key]
    return None


class NoProxies(dict[str, str]):
    """What `proxies=False` becomes: no proxy at all, whatever the session and the environment say.

    Adapters and redirects see an empty dict; our own redirects keep it as it is.
    """


class CallProxies(dict[str, str]):
    """The proxies of a request: those that the program named, over the environment's.

    Behind a redirect the latter are asked for again, since NO_PROXY may name the new host. Adapters see a dict.
    """

    def __init__(self, given: Mapping[str, str | None], environment: Mapping[str, str]) -> None:
        merged = {**environment, **given}
        super().__init__({key: proxy for key, proxy in merged.items() if proxy is not None})
        self._given = dict(given)
        self._merged = dict(self)

    def named(self) -> dict[str, str | None]:
        """Return what the program named: `given`, and what it has changed here since; None takes one away."""
        named = {**self._given, **{key: proxy for key, proxy in self.items() if self._merged.get(key) != proxy}}
        named.update(dict.fromkeys(self._merged.keys() - self.keys()))
        return named

    def copy(self) -> CallProxies:
        """Return a copy that knows the same."""
        copied = CallProxies(self._given, {})
        copied._merged = self._merged
        copied.clear()
        copied.update(self)
        return copied


def resolve_proxies(
    request: Request | PreparedRequest, proxies: dict[str, str] | Literal[False] | None, trust_env: bool = True
) -> dict[str, str]:
    """Return the proxies for a request: those given and, where they have none for its scheme, the environment's.

    `trust_env` False leaves the environment out; so does a NO_PROXY list (`proxies["no_proxy"]` comes first). False
    for `proxies` means none at all. What `CallProxies` has from the environment is asked for anew.
    """
    if proxies is False or isinstance(proxies, NoProxies):
        return NoProxies()
    url: str = request.url
    if isinstance(proxies, CallProxies):
        named = proxies.named()
        return CallProxies(named, get_environ_proxies(url, no_proxy=named.get("no_proxy")) if trust_env else {})
    resolved: dict[str, str] = {} if proxies is None else proxies.copy()
    no_proxy = resolved.get("no_proxy")
    found = {}
    if trust_env and not should_bypass_proxies(url, no_proxy=no_proxy):
        found = get_environ_proxies(url, no_proxy=no_proxy)
    if found:
        scheme = _url_parts.split(url).scheme
        proxy = found.get(scheme, found.get("all"))
        if proxy and scheme not in resolved:
            return CallProxies(resolved, {scheme: proxy})
    return resolved


def get_netrc_auth(url: str | bytes, raise_errors: bool = False) -> tuple[str, str] | None:
    """Return (login, password) for the URL's host from the netrc file, or None: `environment.netrc_auth`."""
    if not isinstance(url, str):
        # Of another library's URL its text. Preparing it says what is wrong with it.
        url = url.decode("utf-8", "replace") if isinstance(url, bytes) else str(url)
    return environment.netrc_auth(url, raise_errors, NETRC_FILES)


# -- cookies -------------------------------------------------------------------------------------------------


def dict_from_cookiejar(cj: CookieJar) -> dict[str, str | None]:
    """Return {name: value} of a jar's cookies; of two cookies with one name, the last."""
    return {cookie.name: cookie.value for cookie in cj}


def add_dict_to_cookiejar(cj: CookieJar, cookie_dict: dict[str, str]) -> CookieJar:
    """Put cookies into a jar and return it."""
    found: CookieJar = sys.modules[__name__].cookiejar_from_dict(cookie_dict, cj)
    return found


# -- addresses -----------------------------------------------------------------------------------------------


def address_in_network(ip: str, net: str) -> bool:
    """Is this IPv4 address in the network, written as `192.0.2.0/24`?"""
    import socket

    address, _, bits = net.partition("/")
    shift = 32 - int(bits)
    first, second = (int.from_bytes(socket.inet_aton(text), "big") for text in (ip, address))
    return first >> shift == second >> shift


def dotted_netmask(mask: int) -> str:
    """Return a prefix length as a dotted mask: 24 is 255.255.255.0."""
    number = 0xFFFFFFFF ^ (1 << 32 - mask) - 1
    return ".".join([str(byte) for byte in number.to_bytes(4, "big")])


def is_ipv4_address(string_ip: str) -> bool:
    """Is this text an IPv4 address, in any spelling that `inet_aton` takes?"""
    import socket

    try:
        socket.inet_aton(string_ip)
    except OSError:
        return False
    return True


def is_valid_cidr(string_network: str) -> bool:
    """Is this text an IPv4 network with a prefix of 1 to 32 bits?"""
    address, _, bits = string_network.partition("/")
    try:
        return 1 <= int(bits) <= 32 and is_ipv4_address(address)
    except ValueError:
        return False


if sys.platform == "win32":
    from .client.environment import proxy_bypass_registry  # noqa: F401

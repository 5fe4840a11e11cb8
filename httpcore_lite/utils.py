"""The helpers that programs import from `requests.utils`, under those names.

Mostly a face: what a URL is, urls.py knows; what the environment says, environment.py; what charset a text is in,
encodings.py. What is written here is about bodies, files and header values, in time linear in its input.

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
from ._internal_utils import installed_as_requests, lazy_names, load, to_native_string
from .client import environment
from .client.environment import getproxies, getproxies_environment, proxy_bypass, proxy_bypass_environment
from .compat import integer_types, is_urllib3_1
from .exceptions import FileModeWarning, InvalidHeader, InvalidURL, UnrewindableBodyError, explained
from .messages import charsets as encodings
from .messages.charsets import guess_json_utf
from .messages.urls import DEFAULT_PORTS, UNRESERVED_SET, host_of, parse_url, requote_uri, split, unsplit
from .messages.urls import unquote as _unquote
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
    from typing import Any, AnyStr, Literal, TypeAlias
    from urllib.parse import quote, unquote, urlparse, urlunparse

    from . import _types as _t
    from . import certs
    from .cookies import cookiejar_from_dict
    from .models import PreparedRequest, Request, Response
    from .urllib3_api.util.request import make_headers

    DEFAULT_ACCEPT_ENCODING: str
    DEFAULT_CA_BUNDLE_PATH: str
    HEADER_VALIDATORS: dict[type, object]

    # What may be a body: whatever has some of the attributes of files and texts.
    _File: TypeAlias = Any

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

NETRC_FILES = (".netrc", "_netrc")

# -- names that are here because requests has them -----------------------------------------------------------


def _of_typing(name: str) -> Any:
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
            "._internal_utils": "HEADER_VALIDATORS _HEADER_VALIDATORS_BYTE _HEADER_VALIDATORS_STR",
            ".cookies": "cookiejar_from_dict",
            ".urllib3_api.util.request": "make_headers",
            "builtins": "bytes str",
            "collections": "OrderedDict",
            "collections.abc": "Generator Iterable Mapping",
            "typing": "Any Final TypeVar cast overload",
            "urllib.parse": "quote unquote urlparse urlunparse",
        },
        {
            "DEFAULT_ACCEPT_ENCODING": lambda _: encodings.accepted_codings(),
            **dict.fromkeys(("_KT", "_SupportsItems", "_VT"), _of_typing),
        },
        {"DEFAULT_CA_BUNDLE_PATH": lambda _: load(".certs").where()},
    )

_null = b"\x00"
_null2 = _null * 2
_null3 = _null * 3

# -- pairs ---------------------------------------------------------------------------------------------------


def dict_to_sequence(d: Any) -> Iterable[tuple[object, object]]:
    """Return the items of what has items, and anything else as it is."""
    pairs: Iterable[tuple[object, object]] = d.items() if hasattr(d, "items") else d
    return pairs


def _refuse_scalars(value: object) -> None:
    if isinstance(value, (str, bytes, bool, int)):
        raise ValueError("cannot encode objects that are not 2-tuples")


def from_key_val_list(value: _t.KVDataType | None) -> OrderedDict[object, object] | None:
    """Return a mapping or pairs as an OrderedDict, None as None. ValueError: text, bytes or a number."""
    if value is None:
        return None
    _refuse_scalars(value)
    from collections import OrderedDict

    return OrderedDict(value)  # type: ignore[arg-type]  # a mapping, or pairs


def to_key_val_list(value: Any) -> Any:
    """Return a mapping or pairs as a list of pairs, None as None. ValueError: text, bytes or a number."""
    if value is None:
        return None
    _refuse_scalars(value)
    return list(value.items() if hasattr(value, "items") else value)


# -- bodies and files ----------------------------------------------------------------------------------------


def super_len(o: _File) -> int:
    """Return how many bytes are left to be read of a body; 0 when that cannot be known.

    Text counts as UTF-8. Asked are `len()`, a `len` attribute, the size of the file behind `fileno()`, the
    position after `seek` to the end, in this order; what `tell()` says was read already is taken off. A file opened in
    text mode is measured in bytes, with a FileModeWarning (as requests).
    """
    total: int | None = None
    position: Any = 0
    if isinstance(o, str):
        o = o.encode("utf-8")
    if hasattr(o, "__len__"):
        total = len(o)
    elif hasattr(o, "len"):
        total = o.len
    elif hasattr(o, "fileno"):
        total = _size_of_file(o)
    if hasattr(o, "tell"):
        try:
            position = o.tell()
        except OSError:
            # A pipe or a terminal: its length is not to be known, and 0 has it sent in chunks.
            position = total if total is not None else 0
        else:
            if total is None and hasattr(o, "seek"):
                total = _size_by_seeking(o, position)
    left: int = (total or 0) - position
    return max(0, left)


def _size_of_file(o: _File) -> int | None:
    try:
        descriptor: int = o.fileno()
    except (OSError, AttributeError, ValueError):
        return None  # io.UnsupportedOperation, a member of a tar archive: they only look like files
    size: int = os.fstat(descriptor).st_size
    if "b" not in o.mode:
        import warnings

        warnings.warn(
            "The length of this body is the size of its file in bytes, but the file was opened in text mode, where "
            "what is read may have another length. Open it in binary mode ('rb').",
            FileModeWarning,
            stacklevel=3,
        )
    return size


def _size_by_seeking(o: _File, position: object) -> int:
    try:
        o.seek(0, 2)
        size: int = o.tell()
        o.seek(position or 0)  # a body that was read in part goes on from there
    except OSError:
        return 0
    return size


def rewind_body(prepared_request: PreparedRequest) -> None:
    """Put a request's body back to where it began, so that it can be sent again.

    UnrewindableBodyError: it cannot seek, or its beginning was never recorded.
    """
    seek = getattr(prepared_request.body, "seek", None)
    position = prepared_request._body_position
    if seek is None or not isinstance(position, integer_types):
        raise UnrewindableBodyError("Unable to rewind request body for redirect.")
    try:
        seek(position)
    except (OSError, ValueError) as error:  # the latter of a file that was closed
        raise UnrewindableBodyError("An error occurred when rewinding request body for redirect.") from error


def guess_filename(obj: object) -> str | None:
    """Return the last part of a file's name, unless it has none or one like `<stdin>`; bytes stay bytes."""
    name = getattr(obj, "name", None)
    if not name or not isinstance(name, (str, bytes)):
        return None
    opening, closing = ("<", ">") if isinstance(name, str) else (b"<", b">")
    if name[:1] == opening or name[-1:] == closing:
        return None
    base: _File = os.path.basename(name)
    found: str | None = base
    return found


def iter_slices(string: AnyStr, slice_length: int | None) -> Iterator[AnyStr]:
    """Yield `string` in slices of this length; in one when it is None or not positive. Nothing for an empty one."""
    step = slice_length if slice_length is not None and slice_length > 0 else len(string) or 1
    for start in range(0, len(string), step):
        yield string[start : start + step]


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


# -- header values -------------------------------------------------------------------------------------------

# A quoted string (it may lack its end), a comma, or a run of anything else.
_LIST_TOKEN = r'(?s:"([^"\\]*(?:\\.[^"\\]*)*)\\?("?)|,|[^",]+)'


def _parse_list_header(s: str) -> list[str]:
    """Split at commas outside quotes; quotes stay, backslashes go (`urllib.request.parse_http_list`)."""
    import re

    items: list[str] = []
    item: list[str] = []
    for token in re.finditer(_LIST_TOKEN, s):
        text = token.group()
        if text == ",":
            items.append("".join(item))
            item.clear()
        elif text[0] == '"':
            inner = token.group(1)
            item.append('"' + (re.sub(r"(?s:\\(.))", r"\1", inner) if "\\" in inner else inner) + token.group(2))
        else:
            item.append(text)
    if last := "".join(item):
        items.append(last)
    return [found.strip() for found in items]


def parse_list_header(value: str) -> list[str]:
    """Return the items of a comma-separated header value, quotes around an item removed (RFC 9110 §5.6.1)."""
    return [
        unquote_header_value(item[1:-1]) if item[:1] == item[-1:] == '"' else item for item in _parse_list_header(value)
    ]


def parse_dict_header(value: str) -> dict[str, str | None]:
    """Return {name: value} of a header value like `a=1, b="2", c`; what has no `=` gets None."""
    found: dict[str, str | None] = {}
    for item in _parse_list_header(value):
        name, equals, text = item.partition("=")
        if not equals:
            found[item] = None
        elif text[:1] == text[-1:] == '"':
            found[name] = unquote_header_value(text[1:-1])
        else:
            found[name] = text
    return found


def unquote_header_value(value: str, is_filename: bool = False) -> str:
    r"""Return what a quoted string means; text without quotes as it is.

    As browsers do it: only `\\` and `\"` are escapes. A file name that begins with two backslashes (a Windows
    share) keeps all of them.
    """
    if value and value[0] == value[-1] == '"':
        value = value[1:-1]
        if not is_filename or value[:2] != "\\\\":
            return value.replace("\\\\", "\\").replace('\\"', '"')
    return value


def parse_header_links(value: str) -> list[dict[str, str]]:
    """Return the links of a Link header, each a dictionary of its parameters and "url" (RFC 8288 §3)."""
    import re

    quotes = " '\""
    value = value.strip(quotes)
    links: list[dict[str, str]] = []
    for part in re.split(", *<", value) if value else ():
        url, _, parameters = part.partition(";")
        link = {"url": url.strip("<> '\"")}
        for parameter in parameters.split(";"):
            name_and_value = parameter.split("=")
            if len(name_and_value) != 2:
                break
            link[name_and_value[0].strip(quotes)] = name_and_value[1].strip(quotes)
        links.append(link)
    return links


def check_header_validity(header: tuple[str | bytes, str | bytes]) -> None:
    """Raise InvalidHeader unless name and value can stand in a field line.

    Neither begins with whitespace or has a line end; the name is not empty and has no colon (as requests).
    """
    name, value = header
    _validate_header_part(header, name, 0)
    _validate_header_part(header, value, 1)


def _validate_header_part(
    header: tuple[str | bytes, str | bytes], header_part: object, header_validator_index: int
) -> None:
    if isinstance(header_part, str):
        legal = "\r" not in header_part and "\n" not in header_part
        colon: Any = ":"
    elif isinstance(header_part, bytes):
        legal = b"\r" not in header_part and b"\n" not in header_part
        colon = b":"
    else:
        raise InvalidHeader(
            f"Header part ({header_part!r}) from {header} must be of type str or bytes, not {type(header_part)}"
        )
    if header_part:
        legal = legal and not header_part[:1].isspace()
    if header_validator_index == 0:
        legal = legal and bool(header_part) and colon not in header_part
    if not legal:
        shown, advice = (repr(header_part), "") if header_validator_index == 0 else _shown(*header)
        kind = "name" if header_validator_index == 0 else "value"
        error = InvalidHeader(
            f"Invalid leading whitespace, reserved character(s), or return character(s) in header {kind}: {shown}"
        )
        raise explained(error, advice)


def _shown(name: str | bytes, value: str | bytes) -> tuple[str, str]:
    """Return how an error shows a field's value, masked where the name speaks of secrets, and what explains it."""
    from .sansio.trace import masked

    shown, said = masked([(name, value)])[0]
    text = repr(value) if said == (value.decode("latin-1") if isinstance(value, bytes) else value) else said
    advice = "It ends in a line end, as what is read from a file does. " if value[-1:] in ("\n", b"\n") else ""
    return text, f"{advice}It is the value of the header {shown[:100]!r}"


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
    """Return media type and parameters of a Content-Type value: `encodings.content_type_parts`."""
    return encodings.content_type_parts(header)


def get_encoding_from_headers(headers: object) -> str | None:
    """Return the charset that response headers tell of, or None: `encodings.from_headers`."""
    return encodings.from_headers(headers)


def get_encodings_from_content(content: str) -> list[str]:
    """Return the charsets that markup declares (deprecated, as in requests): `encodings.declared_in_text`."""
    _warn_deprecated("get_encodings_from_content")
    return encodings.declared_in_text(content)


def stream_decode_response_unicode(iterator: Iterable[bytes], r: Response) -> Iterator[object]:
    """Yield the pieces of a response as text in its encoding; as they are when it has none."""
    if r.encoding is None:
        yield from iterator
    else:
        yield from encodings.decode_stream(iterator, r.encoding)


def get_unicode_from_response(r: Response) -> object:
    """Return a response's content as text in the charset of its headers, or UTF-8 (deprecated, as in requests)."""
    _warn_deprecated("get_unicode_from_response")
    content: _File = r.content
    if content is None:
        return None
    return content.decode(get_encoding_from_headers(r.headers) or "utf-8", "replace")


def _warn_deprecated(name: str) -> None:
    import warnings

    warnings.warn(f"{name} is deprecated, as it is in requests", DeprecationWarning, stacklevel=3)


# -- URLs ----------------------------------------------------------------------------------------------------


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
                raise InvalidURL(f"Invalid percent-escape sequence: '{digits}'") from None
            if character in UNRESERVED_SET:
                parts[index] = character + part[2:]
    return head + "".join(parts)


def prepend_scheme_if_needed(url: str, new_scheme: str) -> str:
    """Return `url` with `new_scheme`, unless it has a scheme; its parts in normal form (`urls.parse_url`)."""
    scheme, auth, _, _, path, query, fragment = parsed = parse_url(url)
    netloc = parsed.netloc
    if not netloc:
        netloc, path = path, netloc
    netloc = netloc or ""
    if "%" in netloc and netloc[:1] == "[":
        netloc = netloc.replace("%", "%25", 1)  # a zone, as it is written in a URL (RFC 6874)
    if auth:
        netloc = f"{auth}@{netloc}"
    return unsplit(scheme or new_scheme, netloc, path or "", query or "", fragment or "")


def get_auth_from_url(url: str) -> tuple[str, str]:
    """Return (user, password) of a URL, escapes undone; two empty strings unless it has both."""
    parts = split(url.partition("\\")[0])  # where a host ends, too (`urls.parse_url`)
    if parts.username is None or parts.password is None:
        return "", ""
    return _unquote(parts.username), _unquote(parts.password)


def urldefragauth(url: str) -> str:
    """Return `url` without its fragment and without its userinfo."""
    scheme, netloc, path, query, _ = split(url)
    if not netloc:
        netloc, path = path, netloc
    return unsplit(scheme, netloc.rpartition("@")[2], path, query, "")


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
    url: str, no_proxy: str | None, proxies_of: Callable[..., dict[str, str]]
) -> tuple[str | None, dict[str, str]]:
    """Return the CA bundle, or None, and the proxies that the environment has for a URL.

    `proxies_of` is what its caller has under the name `get_environ_proxies`. The environment is asked once, unless a
    program has replaced one of the functions that requests asks.
    """
    if (proxies_of, should_bypass_proxies, getproxies, proxy_bypass) == _ASKED:
        return environment.for_url(url, no_proxy, proxy_bypass)
    return environment.ca_bundle(), proxies_of(url, no_proxy=no_proxy)


def select_proxy(url: str, proxies: MutableMapping[str, str] | None) -> str | None:
    """Return the proxy for `url`: the one for its scheme and host, its scheme, all schemes and its host, or all.

    A host in a key is in lower case; an IPv6 address may have its brackets or not.
    """
    if not proxies:
        return None
    parts = split(url)
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
    url: Any = request.url
    if isinstance(proxies, CallProxies):
        named = proxies.named()
        return CallProxies(named, get_environ_proxies(url, no_proxy=named.get("no_proxy")) if trust_env else {})
    resolved: dict[str, str] = {} if proxies is None else proxies.copy()
    no_proxy = resolved.get("no_proxy")
    if trust_env and not should_bypass_proxies(url, no_proxy=no_proxy):
        found = get_environ_proxies(url, no_proxy=no_proxy)
        scheme = split(url).scheme
        proxy = found.get(scheme, found.get("all"))
        if proxy and scheme not in resolved:
            return CallProxies(resolved, {scheme: proxy})
    return resolved


def get_netrc_auth(url: str | bytes, raise_errors: bool = False) -> tuple[str, str] | None:
    """Return (login, password) for the URL's host from the netrc file, or None: `environment.netrc_auth`."""
    if isinstance(url, bytes):
        url = url.decode("utf-8", "replace")  # preparing it says what is wrong with it
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

"""The options that requests does not have: their names, what they take, where they go, and what counts for a call.

Those of a connection are keywords of `HTTPAdapter(...)` and of `Session(...)`, which hands them to the adapters that it
makes. Those of an exchange are keywords of every request method, and of `Session(...)` for the default of all its
requests; there None means the session's, and False none at all. A name or a value that makes no sense is refused at
once. The table of all of them for people is in `docs/options.md`.

A call is everything that one `Session.request` or `Session.send` sets off: redirects, retries and responses to
challenges included. What they share has no place in the arguments of requests' methods: it rides on the
PreparedRequest, in `_options`, which `copy()` keeps and pickling drops. ExchangeOptions until the call begins, then the
Call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from time import monotonic

from .._internal_utils import late
from ..sansio.options import NO_OPTIONS, ExchangeOptions
from ..sansio.timeouts import Timeouts
from ..structures import CaseInsensitiveDict, pairs_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Sequence
    from http.cookiejar import CookieJar
    from ipaddress import IPv4Address, IPv6Address
    from os import PathLike
    from typing import Any, Final, Literal, TypeAlias, TypedDict

    from ..hooks import HookType
    from ..messages.shapes import PreparedRequest
    from ..sansio.http1.protocol import Informational
    from ..sansio.options import RateLimit
    from ..urllib3_api import _settings as _pool_settings
    from ..urllib3_api.util.retry import RequestHistory
    from ..urllib3_api.util.retry import RetryLike as RetryLike

    Check = Callable[[str, object], object]

    # What a program wrote.
    _Value: TypeAlias = Any
    _Hooks: TypeAlias = dict[str, list[HookType]] | None

    class ConnectionKwargs(TypedDict, total=False):
        """Keywords of HTTPAdapter and Session: how connections are opened, and how many there are."""

        resolver: Callable[[str, int], Iterable[str]] | None
        resolve: Mapping[str, str] | None
        allow_address: Callable[[IPv4Address | IPv6Address], bool] | None
        source_address: tuple[str, int] | None
        socket_options: Sequence[tuple[int, int, int | bytes]] | None
        family: int | None
        uds: str | bytes | PathLike[str] | None
        ca_data: str | bytes | None
        cert_password: str | bytes | None
        assert_fingerprint: str | None
        assert_hostname: str | Literal[False] | None
        server_hostname: str | None
        minimum_version: ssl.TLSVersion | None
        max_connections: int | None
        max_per_origin: int | None
        idle_timeout: float | None
        max_age: float | None

    class ExchangeKwargs(TypedDict, total=False):
        """Keywords of the request methods and of Session: what concerns one exchange."""

        trace: Callable[[str, dict[str, Any]], object] | Literal[False] | None
        retries: int | RetryLike | None
        on_retry: Callable[[RequestHistory], object] | Literal[False] | None
        rate_limit: RateLimit | Literal[False] | None
        on_informational: Callable[[Informational], object] | Literal[False] | None
        on_upload: Callable[[int, int | None], object] | Literal[False] | None
        on_download: Callable[[int, int | None], object] | Literal[False] | None
        trailers: Mapping[str, str] | Callable[[], Mapping[str, str]] | Literal[False] | None
        expect_timeout: float | None
        max_response_size: int | Literal[False] | None
        max_decode_ratio: float | Literal[False] | None

    class CallKwargs(ExchangeKwargs, total=False):
        """Keywords of the request methods and of Session: what concerns a call, its exchanges included."""

        raise_for_status: bool | None

    class SessionKwargs(ConnectionKwargs, CallKwargs, total=False):
        """Keywords of Session."""

        pool_connections: int
        pool_maxsize: int
        pool_block: bool
        base_url: str | bytes | None
        headers: Mapping[str, str | bytes | None] | None
        params: Mapping[str, Any] | None
        auth: tuple[str, str] | Callable[[Any], Any] | None
        cookies: CookieJar | Mapping[str, str] | None
        hooks: Mapping[str, Any] | None
        verify: bool | str | bytes | PathLike[str] | PathLike[bytes] | ssl.SSLContext | None
        cert: str | bytes | tuple[str | bytes, str | bytes] | None
        stream: bool | None
        max_redirects: int | None
        trust_env: bool | None
else:
    _pool_settings = late(".urllib3_api._settings")

# CO_VARARGS of the inspect module: the function has *args.
_VARARGS: Final = 0x04


# -- what a value must be ----------------------------------------------------------------------------------------


def _refused(name: str, expected: str, value: object) -> TypeError:
    return TypeError(f"{name}= takes {expected}, not {value!r}")


# What the functions of these options are called with.
_CALLED_WITH: Final = {
    "trace": ("event", "info"),
    "on_retry": ("attempt",),
    "on_informational": ("response",),
    "on_upload": ("sent", "total"),
    "on_download": ("received", "total"),
    "resolver": ("host", "port"),
    "allow_address": ("address",),
    "trailers": (),
}


def _callable(name: str, value: object) -> object:
    if not callable(value):
        raise _refused(name, "something that can be called", value)
    given = _CALLED_WITH[name]
    if not _takes(value, len(given)):
        shown = getattr(value, "__name__", type(value).__name__)
        raise TypeError(f"{name}= is called with ({', '.join(given)}), which {shown} does not take")
    return value


def _takes(function: _Value, count: int) -> bool:
    """Whether a function takes so many arguments; True for what is not written in Python, of which nothing is known."""
    bound = 0
    if hasattr(function, "__func__"):
        function, bound = function.__func__, 1
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__wrapped__"):
        return True
    most = code.co_argcount - bound
    least = most - len(function.__defaults__ or ())
    wanting = code.co_kwonlyargcount > len(function.__kwdefaults__ or ())
    return least <= count and (count <= most or bool(code.co_flags & _VARARGS)) and not wanting


def flag(name: str, value: object) -> object:
    """Return True or False as it is. TypeError: it is neither."""
    if not isinstance(value, bool):
        raise _refused(name, "True or False", value)
    return value


def _is_number(value: object, kinds: type | tuple[type, ...] = (int, float)) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def only(expected: str, is_good: Callable[[_Value], object]) -> Check:
    """Return the check of a value that is taken as it is, if it is good."""

    def check(name: str, value: object) -> object:
        if not is_good(value):
            raise _refused(name, expected, value)
        return value

    return check


_count = only("a number of at least 1", lambda value: _is_number(value, int) and value >= 1)
_number = only("a number of at least 1", lambda value: _is_number(value) and value >= 1)
_text = only("a text", lambda value: isinstance(value, str) and value)
_family = only("socket.AF_INET or socket.AF_INET6", lambda value: _is_number(value, int))
_hostname = only(
    "a host name, or False for no check of the name",
    lambda value: value is False or (isinstance(value, str) and value),
)
_tls_version = only("an ssl.TLSVersion", lambda value: type(value).__name__ == "TLSVersion")


def _seconds(name: str, value: _Value) -> float | None:
    if value is None:
        return None
    if not _is_number(value) or not value > 0:
        raise _refused(name, "a number of seconds above 0, or None for no limit", value)
    return float(value)


def _address(name: str, value: object) -> tuple[object, ...]:
    if isinstance(value, (tuple, list)) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int):
        return tuple(value)
    raise _refused(name, '(ip, port), for example ("192.0.2.1", 0)', value)


def _socket_options(name: str, value: _Value) -> tuple[tuple[object, ...], ...]:
    expected = "a list of (level, name, value)"
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise _refused(name, expected, value)
    options = tuple(tuple(option) if hasattr(option, "__iter__") else (option,) for option in value)
    if any(len(option) not in (3, 4) for option in options):
        raise _refused(name, expected, value)
    return options


def _resolve(name: str, value: _Value) -> tuple[tuple[str, str], ...]:
    """Return the overrides as pairs, which can be part of a key; hosts in lower case, without brackets."""
    from ipaddress import ip_address

    expected = 'a dict of "host:port" to an IP address'
    if not hasattr(value, "items"):
        raise _refused(name, expected, value)
    pairs = []
    for place, address in value.items():
        host, colon, port = place.rpartition(":") if isinstance(place, str) else ("", "", "")
        if not colon or not host or not port.isdecimal():
            raise _refused(name, expected, value)
        try:
            ip_address(str(address).strip("[]").partition("%")[0])
        except ValueError:
            raise _refused(name, expected, value) from None
        pairs.append((f"{host.strip('[]').lower()}:{int(port)}", str(address).strip("[]")))
    return tuple(pairs)


def _path(name: str, value: _Value) -> str:
    import os

    try:
        return os.fsdecode(value)
    except TypeError:
        raise _refused(name, "a path", value) from None


def _ca_data(name: str, value: object) -> str | bytes:
    if not isinstance(value, (str, bytes)) or not value:
        raise _refused(name, "certificates as PEM text or as DER bytes", value)
    if isinstance(value, bytes) and b"-----BEGIN" in value:
        return value.decode("ascii", "replace")  # PEM all the same
    return value


def _password(name: str, value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if not isinstance(value, str):
        raise TypeError(f"{name}= takes a text, not a {type(value).__name__}")  # the value is a secret
    return value


def _fingerprint(name: str, value: object) -> object:
    digits = value.replace(":", "") if isinstance(value, str) else ""
    if len(digits) not in (32, 40, 64) or set(digits.lower()) - set("0123456789abcdef"):
        raise _refused(name, "the SHA-256 of a certificate in hex (SHA-1 and MD5 are known, too)", value)
    return value


def _retries(name: str, value: object) -> object:
    if hasattr(value, "increment"):
        return value
    if not isinstance(value, int) or value is True or value < 0:
        raise _refused(name, "a number of attempts, or a Retry", value)
    from ..urllib3_api.util.retry import Retry

    return Retry(0, read=False) if value is False else Retry.from_int(value)


def _trailers(name: str, value: object) -> object:
    if callable(value):
        return _callable(name, value)
    if not hasattr(value, "items") and not isinstance(value, (list, tuple)):
        raise _refused(name, "a mapping, or a function that returns one once the body was sent", value)
    return value


# -- the table ---------------------------------------------------------------------------------------------------

#: Each option once: name -> (check, where it goes, its name there). What a type checker knows of it is said above.
#: "pool": a setting of the pools, in urllib3's words where it has one; "limits": a field of
#: `sansio.connections.ledger.Limits`; "adapter": an argument of HTTPAdapter that requests has, too; "exchange": a field
#: of `sansio.options.ExchangeOptions`. `timeout` and `proxies` of an exchange are requests' own.
OPTIONS: Final[dict[str, tuple[Check, str, str]]] = {
    "resolver": (_callable, "pool", "resolver"),
    "resolve": (_resolve, "pool", "resolve"),
    "allow_address": (_callable, "pool", "allow_address"),
    "source_address": (_address, "pool", "source_address"),
    "socket_options": (_socket_options, "pool", "socket_options"),
    "family": (_family, "pool", "family"),
    "uds": (_path, "pool", "uds"),
    "ca_data": (_ca_data, "pool", "ca_cert_data"),
    "cert_password": (_password, "pool", "key_password"),
    "assert_fingerprint": (_fingerprint, "pool", "assert_fingerprint"),
    "assert_hostname": (_hostname, "pool", "assert_hostname"),
    "server_hostname": (_text, "pool", "server_hostname"),
    "minimum_version": (_tls_version, "pool", "ssl_minimum_version"),
    "max_connections": (_count, "limits", "total"),
    "max_per_origin": (_count, "limits", "per_key"),
    "idle_timeout": (_seconds, "limits", "idle_timeout"),
    "max_age": (_seconds, "limits", "max_age"),
    "pool_connections": (_count, "adapter", "pool_connections"),
    "pool_maxsize": (_count, "adapter", "pool_maxsize"),
    "pool_block": (lambda _, value: bool(value), "adapter", "pool_block"),
    "trace": (_callable, "exchange", "trace"),
    "retries": (_retries, "exchange", "retries"),
    "on_retry": (_callable, "exchange", "on_retry"),
    "rate_limit": (
        only("a RateLimit, as RateLimit(10)", lambda value: hasattr(value, "turn") and not isinstance(value, type)),
        "exchange",
        "rate_limit",
    ),
    "on_informational": (_callable, "exchange", "on_informational"),
    "on_upload": (_callable, "exchange", "on_upload"),
    "on_download": (_callable, "exchange", "on_download"),
    "trailers": (_trailers, "exchange", "trailers"),
    "expect_timeout": (_seconds, "exchange", "expect_timeout"),
    "max_response_size": (_count, "exchange", "max_response_size"),
    "max_decode_ratio": (_number, "exchange", "max_decode_ratio"),
}

#: The keywords of a request that requests has itself.
REQUEST_NAMES: Final = (
    "params", "data", "headers", "cookies", "files", "auth", "timeout", "allow_redirects", "proxies", "hooks", "stream",
    "verify", "cert", "json",
)  # fmt: skip

CONNECTION_NAMES: Final = tuple([name for name, row in OPTIONS.items() if row[1] in ("pool", "limits")])
EXCHANGE_NAMES: Final = tuple([name for name, row in OPTIONS.items() if row[1] == "exchange"])
#: Options of a call as a whole, and of Session: all but those of its exchanges.
CALL_NAMES: Final = ("raise_for_status",)
#: What a Session is told once beside OPTIONS, and `session_settings` reads; most are attributes of requests' Session.
SESSION_NAMES: Final = (
    "base_url", *CALL_NAMES, "headers", "params", "auth", "cookies", "hooks", "verify", "cert", "stream",
    "max_redirects", "trust_env",
)  # fmt: skip


class ConnectionOptions:
    """The connection options of one adapter, checked.

    Attributes:
        given: what the program wrote, for pickling.
        pool: settings of the pools, in their words.
        limits: fields of `Limits`.
    """

    __slots__ = ("given", "limits", "pool")

    def __init__(self, given: Mapping[str, object], owner: str) -> None:
        self.given: dict[str, object] = dict(given)
        self.pool: dict[str, object] = {}
        self.limits: dict[str, object] = {}
        for name, value in given.items():
            if name not in CONNECTION_NAMES:
                raise unknown(name, owner, CONNECTION_NAMES)
            check, place, word = OPTIONS[name]
            if value is not None or (place == "limits" and check is _seconds):
                (self.limits if place == "limits" else self.pool)[word] = check(name, value)


def exchange_options(given: Mapping[str, object], owner: str, before: ExchangeOptions = NO_OPTIONS) -> ExchangeOptions:
    """Return the exchange options that were given, checked, over those that held `before`.

    None is what was not given; False is none at all.
    """
    checked = {}
    for name, value in given.items():
        if name not in EXCHANGE_NAMES:
            raise unknown(name, owner, (*REQUEST_NAMES, *CALL_NAMES, *EXCHANGE_NAMES))
        check = OPTIONS[name][0]
        if value is not None:
            checked[name] = None if value is False and check is not _retries else check(name, value)
    return before.replaced(**checked) if checked else before


def call_options(given: Mapping[str, object]) -> tuple[bool | None, ExchangeOptions | None]:
    """Return what a request method was given: `raise_for_status`, None for the session's, and those of exchanges."""
    raises = given.get("raise_for_status")
    if raises is not None:
        flag("raise_for_status", raises)
    rest = {name: value for name, value in given.items() if name not in CALL_NAMES}
    return bool(raises) if raises is not None else None, exchange_options(rest, "a request") if rest else None


def pickled_options(state: Mapping[str, Any]) -> ExchangeOptions:
    """Return the exchange options of a Session that was pickled: None in there is none at all."""
    return exchange_options({name: value if value is not None else False for name, value in state.items()}, "Session()")


def session_options(given: Mapping[str, object]) -> tuple[dict[str, Any], ExchangeOptions, dict[str, object]]:
    """Return the options of a Session: those of its adapters, of its exchanges, which are checked, and of itself."""
    connection: dict[str, object] = {}
    exchange: dict[str, object] = {}
    own: dict[str, object] = {}
    for name, value in given.items():
        if name in SESSION_NAMES:
            own[name] = value
            continue
        if name not in OPTIONS:
            raise unknown(name, "Session()", ("timeout", "proxies", *SESSION_NAMES, *OPTIONS))
        check, place, _ = OPTIONS[name]
        if place == "exchange":
            exchange[name] = value
        else:
            connection[name] = check(name, value) if place == "adapter" else value
    return connection, exchange_options(exchange, "Session()"), own


def check_timeout(timeout: object) -> None:
    """Refuse a timeout that makes no sense. ValueError."""
    if timeout is not None:
        Timeouts.of(timeout)


def unknown(name: str, owner: str, known: tuple[str, ...]) -> TypeError:
    """Return the error for an option that `owner` does not have, with those that it has."""
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    message = f"{owner} has no option {name!r}.{meant} Its options are: {', '.join(sorted(known))}"
    if name in CONNECTION_NAMES:
        message += f". {name!r} is an option of Session(...) and HTTPAdapter(...)"
    elif name == "base_url":
        message += f". {name!r} is an option of Session(...)"
    elif name in EXCHANGE_NAMES or name in CALL_NAMES or name == "timeout":
        message += f". {name!r} is an option of Session(...) and of every request method"
    return TypeError(message)


# -- what counts for a call ---------------------------------------------------------------------------------------


def merge_setting(request_setting: object, session_setting: object, dict_class: type = OrderedDict) -> Any:
    """Return the setting that counts for a request: its own, else the session's, and of two mappings both.

    In a merged mapping, a `dict_class`, the request's values come over the session's; None takes a key away.
    """
    if session_setting is None:
        return request_setting
    if request_setting is None:
        return session_setting
    if not (isinstance(session_setting, Mapping) and isinstance(request_setting, Mapping)):
        return request_setting
    merged = dict_class(session_setting.items())
    merged.update(request_setting.items())
    for key in [key for key, value in merged.items() if value is None]:
        del merged[key]
    return merged


def merge_hooks(request_hooks: _Hooks, session_hooks: _Hooks, dict_class: type = OrderedDict) -> _Hooks:
    """Return the hooks that count for a request: for each event its own, and where it has none the session's."""
    if session_hooks is None or (len(session_hooks) == 1 and session_hooks.get("response") == []):
        return request_hooks
    if request_hooks is None or (len(request_hooks) == 1 and request_hooks.get("response") == []):
        return session_hooks
    merged: dict[str, list[HookType]] = dict_class(session_hooks.items())
    for event, functions in request_hooks.items():
        if functions or event not in merged:
            merged[event] = functions
    return merged


def merged_headers(own: object, of_session: object, merge: Callable[[object, object, type], Any]) -> Any:
    """Return the fields of a request, its own over the session's: what `merge`, a `merge_setting`, makes of them.

    It is called where the types are others than usual.
    """
    if type(of_session) is CaseInsensitiveDict:
        if not own:
            for _, value in of_session._store.values():
                if value is None:
                    return merge({}, of_session, CaseInsensitiveDict)
            return of_session
        if type(own) is dict or type(own) is CaseInsensitiveDict:
            merged = of_session.copy()
            store = merged._store
            for name, value in pairs_of(own):
                store[name.lower()] = (name, value)
            for key in [key for key, entry in store.items() if entry[1] is None]:
                del store[key]
            return merged
    return merge(own, of_session, CaseInsensitiveDict)


# -- one call ----------------------------------------------------------------------------------------------------

# What the thread's calls are cancelled by, once `cancellation` is loaded: its `flag_of_thread`.
flag_of_thread: Any = None
# The keywords of requests' adapters.
_OF_ADAPTERS: Final = frozenset({"stream", "timeout", "verify", "cert", "proxies"})


class Call:
    """One call.

    Attributes:
        options: of each of its exchanges; the deadline among them bounds all of the call.
        over: whether it has returned: then it means nothing any more.
    """

    __slots__ = ("options", "over")

    def __init__(self, options: ExchangeOptions) -> None:
        self.options: ExchangeOptions = options
        self.over: bool = False


def call_of(request: PreparedRequest) -> Call | None:
    """Return the call under way that `request` is part of, None when there is none."""
    call = request._options
    return call if isinstance(call, Call) and not call.over else None


def begin_call(request: PreparedRequest, defaults: ExchangeOptions, kwargs: dict[str, object]) -> Call | None:
    """Return the Call that begins here, None when there is nothing to share or it is under way already.

    `defaults` are the session's exchange options; options among `kwargs` are taken out, since adapters know nothing
    of them. TypeError for one that makes no sense.
    """
    options = defaults
    carried = request._options
    if type(carried) is Call:
        if not carried.over:
            return None
    elif type(carried) is ExchangeOptions:
        options = defaults.replaced(**carried.given)
    if not kwargs.keys() <= _OF_ADAPTERS:
        given = {name: kwargs.pop(name) for name in EXCHANGE_NAMES if name in kwargs}
        options = exchange_options(given, "send()", options)
    timeout = kwargs.get("timeout")
    if isinstance(timeout, Timeouts) and timeout.total is not None:
        options = options.replaced(deadline=timeout.deadline(monotonic()))
    if flag_of_thread is not None and flag_of_thread.cancellation is not None:
        options = options.replaced(cancellation=flag_of_thread.cancellation)
    if options is NO_OPTIONS:
        return None
    call = request._options = Call(options)
    return call


def foreign(adapter: Any, request: PreparedRequest) -> Any:
    """Return what sends `request` through an adapter that is none of ours: it, or what keeps the call's rate first.

    ConnectionError: a mock is active, and lets no such request pass.
    """
    if (mocked := _pool_settings.active.mocked) is not None:
        mocked.check_adapter(adapter, str(request.url))
    call = call_of(request)
    if call is None or call.options.rate_limit is None:
        return adapter
    return call.options.rate_limit.limited(adapter, call)

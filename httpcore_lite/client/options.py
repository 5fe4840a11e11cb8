"""The options that requests does not have: their names, what they take, and where they go.

Those of a connection are keywords of `HTTPAdapter(...)` and of `Session(...)`, which hands them to the adapters that it
makes. Those of an exchange are keywords of every request method, and of `Session(...)` for the default of all its
requests; there None means the session's, and False none at all. A name or a value that makes no sense is refused at
once. The table of all of them for people is in `docs/options.md`.
"""

from __future__ import annotations

from ..sansio.timeouts import Timeouts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final, TypeAlias

    Check = Callable[[str, object], object]

    # What a program wrote.
    _Value: TypeAlias = Any

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


def _count(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _refused(name, "a number of at least 1", value)
    return value


def _seconds(name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise _refused(name, "a number of seconds above 0, or None for no limit", value)
    return float(value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _refused(name, "a text", value)
    return value


def _address(name: str, value: object) -> tuple[str, int]:
    if not isinstance(value, (tuple, list)) or len(value) != 2 or not isinstance(value[0], str):
        raise _refused(name, '(ip, port), for example ("192.0.2.1", 0)', value)
    if not isinstance(value[1], int):
        raise _refused(name, '(ip, port), for example ("192.0.2.1", 0)', value)
    return value[0], value[1]


def _socket_options(name: str, value: _Value) -> tuple[tuple[object, ...], ...]:
    expected = "a list of (level, name, value)"
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise _refused(name, expected, value)
    options = tuple(tuple(option) if hasattr(option, "__iter__") else (option,) for option in value)
    if any(len(option) not in (3, 4) for option in options):
        raise _refused(name, expected, value)
    return options


def _family(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refused(name, "socket.AF_INET or socket.AF_INET6", value)
    return value


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


def _fingerprint(name: str, value: _Value) -> str:
    digits = value.replace(":", "") if isinstance(value, str) else ""
    if len(digits) not in (32, 40, 64) or set(digits.lower()) - set("0123456789abcdef"):
        raise _refused(name, "the SHA-256 of a certificate in hex (SHA-1 and MD5 are known, too)", value)
    found: str = value
    return found


def _hostname(name: str, value: object) -> str | bool:
    if value is not False and (not isinstance(value, str) or not value):
        raise _refused(name, "a host name, or False for no check of the name", value)
    return value


def _tls_version(name: str, value: object) -> object:
    if type(value).__name__ != "TLSVersion":
        raise _refused(name, "an ssl.TLSVersion", value)
    return value


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 1:
        raise _refused(name, "a number of at least 1", value)
    return value


def _retries(name: str, value: object) -> object:
    if hasattr(value, "increment"):
        return value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _refused(name, "a number of attempts, or a Retry", value)
    from ..urllib3_api.util.retry import Retry

    return Retry.from_int(value)


def _trailers(name: str, value: object) -> object:
    if callable(value):
        return _callable(name, value)
    if not hasattr(value, "items") and not isinstance(value, (list, tuple)):
        raise _refused(name, "a mapping, or a function that returns one once the body was sent", value)
    return value


def _switch(name: str, value: object) -> bool:
    return bool(value)


# -- the tables --------------------------------------------------------------------------------------------------

#: How a connection is opened: name -> (check, the name of the pools' setting).
_POOL_OPTIONS: Final[dict[str, tuple[Check, str]]] = {
    "resolver": (_callable, "resolver"),
    "resolve": (_resolve, "resolve"),
    "allow_address": (_callable, "allow_address"),
    "source_address": (_address, "source_address"),
    "socket_options": (_socket_options, "socket_options"),
    "family": (_family, "family"),
    "uds": (_path, "uds"),
    "ca_data": (_ca_data, "ca_cert_data"),
    "cert_password": (_password, "key_password"),
    "assert_fingerprint": (_fingerprint, "assert_fingerprint"),
    "assert_hostname": (_hostname, "assert_hostname"),
    "server_hostname": (_text, "server_hostname"),
    "minimum_version": (_tls_version, "ssl_minimum_version"),
}
#: How many connections there are and how long: name -> (check, the name in `sansio.connections.ledger.Limits`).
_LIMITS: Final[dict[str, tuple[Check, str]]] = {
    "max_connections": (_count, "total"),
    "max_per_origin": (_count, "per_key"),
    "idle_timeout": (_seconds, "idle_timeout"),
    "max_age": (_seconds, "max_age"),
}
#: requests' own arguments of HTTPAdapter, which a Session hands on, too.
_ADAPTER: Final[dict[str, Check]] = {"pool_connections": _count, "pool_maxsize": _count, "pool_block": _switch}
#: What concerns one exchange, beside `timeout` and `proxies`, which requests has.
_EXCHANGE: Final[dict[str, Check]] = {
    "trace": _callable,
    "retries": _retries,
    "on_retry": _callable,
    "on_informational": _callable,
    "on_upload": _callable,
    "on_download": _callable,
    "trailers": _trailers,
    "expect_timeout": _seconds,
    "max_response_size": _count,
    "max_decode_ratio": _number,
}

# The keywords of a request that requests has itself.
_REQUESTS: Final = (
    "params", "data", "headers", "cookies", "files", "auth", "timeout", "allow_redirects", "proxies", "hooks", "stream",
    "verify", "cert", "json",
)  # fmt: skip

CONNECTION_NAMES: Final = (*_POOL_OPTIONS, *_LIMITS)
EXCHANGE_NAMES: Final = tuple(_EXCHANGE)


class ConnectionSettings:
    """The connection options of one adapter, checked: `pool` in the pools' words, `limits` in those of the ledger.

    `given` is what the program wrote, for pickling.
    """

    __slots__ = ("given", "limits", "pool")

    def __init__(self, given: Mapping[str, object], owner: str) -> None:
        self.given: dict[str, object] = dict(given)
        self.pool: dict[str, object] = {}
        self.limits: dict[str, object] = {}
        for name, value in given.items():
            if name in _LIMITS:
                check, word = _LIMITS[name]
                if value is not None or check is _seconds:
                    self.limits[word] = check(name, value)
            elif name in _POOL_OPTIONS:
                check, word = _POOL_OPTIONS[name]
                if value is not None:
                    self.pool[word] = check(name, value)
            else:
                raise unknown(name, owner, CONNECTION_NAMES)


def exchange_settings(given: Mapping[str, object], owner: str) -> dict[str, object]:
    """Return the exchange options that were given, checked; what is None is left out, and False is turned into None."""
    checked = {}
    for name, value in given.items():
        check = _EXCHANGE.get(name)
        if check is None:
            raise unknown(name, owner, (*_REQUESTS, *EXCHANGE_NAMES))
        if value is not None:
            checked[name] = None if value is False else check(name, value)
    return checked


def session_settings(given: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, object]]:
    """Return the options of a Session as (those of its adapters, exchange options), the latter checked."""
    connection: dict[str, object] = {}
    exchange: dict[str, object] = {}
    for name, value in given.items():
        if name in _EXCHANGE:
            exchange[name] = value
        elif name in _POOL_OPTIONS or name in _LIMITS:
            connection[name] = value
        elif name in _ADAPTER:
            connection[name] = _ADAPTER[name](name, value)
        else:
            known = ("timeout", "proxies", *EXCHANGE_NAMES, *_ADAPTER, *CONNECTION_NAMES)
            raise unknown(name, "Session()", known)
    return connection, exchange_settings(exchange, "Session()")


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
    elif name in EXCHANGE_NAMES or name == "timeout":
        message += f". {name!r} is an option of Session(...) and of every request method"
    return TypeError(message)

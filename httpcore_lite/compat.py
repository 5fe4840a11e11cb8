"""The names that requests once needed to run on two Pythons, kept because programs import them from here.

Nothing is loaded before it is asked for: every name that belongs to another module is resolved on its first use (PEP
562), then stays here as an attribute that can be read, patched and deleted like any other.

`chardet` is the charset detector that the program's environment has (chardet, else charset_normalizer, else None),
`json` is simplejson where that is installed (as requests).
"""

from __future__ import annotations

import sys

from ._internal_utils import builtin_str, lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    import importlib
    import json
    from collections import OrderedDict
    from collections.abc import Callable, Mapping, MutableMapping
    from http import cookiejar as cookielib
    from http.cookies import Morsel
    from io import StringIO
    from json import JSONDecodeError
    from types import ModuleType
    from urllib.parse import (
        quote,
        quote_plus,
        unquote,
        unquote_plus,
        urldefrag,
        urlencode,
        urljoin,
        urlparse,
        urlsplit,
        urlunparse,
    )
    from urllib.request import parse_http_list

    from .client.environment import getproxies, getproxies_environment, proxy_bypass, proxy_bypass_environment

    chardet: object
    has_simplejson: bool
    urllib3_version: str

__all__ = [
    "Callable",
    "JSONDecodeError",
    "Mapping",
    "ModuleType",
    "Morsel",
    "MutableMapping",
    "OrderedDict",
    "StringIO",
    "basestring",
    "builtin_str",
    "bytes",
    "chardet",
    "cookielib",
    "getproxies",
    "getproxies_environment",
    "has_simplejson",
    "importlib",
    "integer_types",
    "is_py2",
    "is_py3",
    "is_urllib3_1",
    "json",
    "numeric_types",
    "parse_http_list",
    "proxy_bypass",
    "proxy_bypass_environment",
    "quote",
    "quote_plus",
    "str",
    "sys",
    "unquote",
    "unquote_plus",
    "urldefrag",
    "urlencode",
    "urljoin",
    "urllib3_version",
    "urlparse",
    "urlsplit",
    "urlunparse",
]

_ver = sys.version_info
is_py2: bool = _ver[0] == 2
is_py3: bool = _ver[0] == 3

# Our transport has the manners of urllib3 2 (text bodies are UTF-8).
is_urllib3_1 = False

basestring: tuple[type, ...] = (str, bytes)
numeric_types: tuple[type, ...] = (int, float)
integer_types: tuple[type, ...] = (int,)

_lazy, _names = lazy_names(
    globals(),
    {
        "builtins": "bytes str",
        "collections": "OrderedDict",
        "collections.abc": "Callable Mapping MutableMapping",
        "http.cookies": "Morsel",
        "importlib": "importlib",
        "io": "StringIO",
        "types": "ModuleType",
        "urllib.parse": "quote quote_plus unquote unquote_plus urldefrag urlencode urljoin urlparse urlsplit "
        "urlunparse",
        "urllib.request": "parse_http_list",
    },
)
_ENVIRONMENT = ("getproxies", "getproxies_environment", "proxy_bypass", "proxy_bypass_environment")


def _resolve_char_detection() -> ModuleType | None:
    """Return the installed charset detector's module: chardet, else charset_normalizer, else None."""
    for name in ("chardet", "charset_normalizer"):
        try:
            __import__(name)
        except ImportError:
            continue
        return sys.modules[name]
    return None


def _resolve_json() -> dict[str, object]:
    found = False
    try:
        __import__("simplejson")
        found = True
    except ImportError:
        __import__("json")
    module = sys.modules["simplejson" if found else "json"]
    return {"json": module, "has_simplejson": found, "JSONDecodeError": module.JSONDecodeError}


def _resolve_cookielib() -> dict[str, object]:
    from http import cookiejar

    return {"cookielib": cookiejar}


def _resolve_environment() -> dict[str, object]:
    from .client import environment

    return {name: getattr(environment, name) for name in _ENVIRONMENT}


def _resolve_urllib3_version() -> dict[str, object]:
    """The version of the urllib3 that is loaded, else of the one whose names our own namespace has."""
    installed = sys.modules.get("urllib3")
    return {"urllib3_version": getattr(installed, "__version__", None) or "2.8.0"}


_RESOLVERS: dict[str, Callable[[], dict[str, object]]] = {
    "chardet": lambda: {"chardet": _resolve_char_detection()},
    "cookielib": _resolve_cookielib,
    "urllib3_version": _resolve_urllib3_version,
    **dict.fromkeys(("JSONDecodeError", "has_simplejson", "json"), _resolve_json),
    **dict.fromkeys(_ENVIRONMENT, _resolve_environment),
}


if not TYPE_CHECKING:

    def __getattr__(name):
        resolve = _RESOLVERS.get(name)
        if resolve is None:
            return _lazy(name)
        for found, value in resolve().items():
            globals().setdefault(found, value)  # what a program has put here in the meantime stays
        return globals()[name]


def __dir__() -> list[str]:
    return sorted({*_names(), *_RESOLVERS})

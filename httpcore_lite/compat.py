"""The names that requests once needed to run on two Pythons, kept because programs import them from here.

Nothing is loaded before it is asked for: every name that belongs to another module is resolved on its first use (PEP
562), then stays here as an attribute that can be read, patched and deleted like any other.

`chardet` is the charset detector that the program's environment has (chardet, else charset_normalizer, else None),
`json` is simplejson where that is installed (as requests).
"""

from __future__ import annotations

import sys

from .__version__ import URLLIB3_API_LEVEL
from ._internal_utils import builtin_str as builtin_str
from ._internal_utils import lazy_names, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    import importlib as importlib
    import json as json
    from collections import OrderedDict as OrderedDict
    from collections.abc import Callable as Callable
    from collections.abc import Mapping as Mapping
    from collections.abc import MutableMapping as MutableMapping
    from http import cookiejar as _cookiejar
    from http.cookies import Morsel as Morsel
    from io import StringIO as StringIO
    from json import JSONDecodeError as JSONDecodeError
    from types import ModuleType as ModuleType
    from urllib.parse import quote as quote
    from urllib.parse import quote_plus as quote_plus
    from urllib.parse import unquote as unquote
    from urllib.parse import unquote_plus as unquote_plus
    from urllib.parse import urldefrag as urldefrag
    from urllib.parse import urlencode as urlencode
    from urllib.parse import urljoin as urljoin
    from urllib.parse import urlparse as urlparse
    from urllib.parse import urlsplit as urlsplit
    from urllib.parse import urlunparse as urlunparse
    from urllib.request import getproxies as getproxies
    from urllib.request import getproxies_environment as getproxies_environment
    from urllib.request import parse_http_list as parse_http_list
    from urllib.request import proxy_bypass as proxy_bypass

    cookielib = _cookiejar
    proxy_bypass_environment: Callable[..., bool]
    chardet: object
    has_simplejson: bool
    urllib3_version: str

_ver = sys.version_info
is_py2: bool = _ver[0] == 2
is_py3: bool = _ver[0] == 3

# Our transport has the manners of urllib3 2 (text bodies are UTF-8).
is_urllib3_1 = False

basestring: tuple[type, ...] = (str, bytes)
numeric_types: tuple[type, ...] = (int, float)
integer_types: tuple[type, ...] = (int,)


def _resolve_char_detection(_: str = "") -> ModuleType | None:
    """Return the installed charset detector's module: chardet, else charset_normalizer, else None."""
    for name in ("chardet", "charset_normalizer"):
        try:
            return load(name)
        except ImportError:
            continue
    return None


def _resolve_json(name: str) -> object:
    """Return simplejson where it is installed, else json; whether it is; its error."""
    try:
        module, found = load("simplejson"), True
    except ImportError:
        module, found = load("json"), False
    return {"json": module, "has_simplejson": found, "JSONDecodeError": module.JSONDecodeError}[name]


def _urllib3_version(_: str) -> str:
    """The version of the urllib3 that is loaded, else of the one whose names our own namespace has."""
    return getattr(sys.modules.get("urllib3"), "__version__", None) or URLLIB3_API_LEVEL


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": "importlib cookielib=http.cookiejar",
            "builtins": "bytes str",
            "collections": "OrderedDict",
            "collections.abc": "Callable Mapping MutableMapping",
            "http.cookies": "Morsel",
            "io": "StringIO",
            "types": "ModuleType",
            "urllib.parse": "quote quote_plus unquote unquote_plus urldefrag urlencode urljoin urlparse urlsplit "
            "urlunparse",
            "urllib.request": "getproxies getproxies_environment parse_http_list proxy_bypass proxy_bypass_environment",
        },
        {
            "chardet": _resolve_char_detection,
            "urllib3_version": _urllib3_version,
            **dict.fromkeys(("JSONDecodeError", "has_simplejson", "json"), _resolve_json),
        },
    )
    # Of `import *`: all but what this module is made with.
    _MADE_WITH = ("TYPE_CHECKING", "URLLIB3_API_LEVEL", "annotations", "lazy_names", "load")
    __all__ = [name for name in __dir__() if name[0] != "_" and name not in _MADE_WITH]

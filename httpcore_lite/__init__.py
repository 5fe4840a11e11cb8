"""A small HTTP/1.1 client with the API of requests.

    import httpcore_lite as requests

    response = requests.get("https://example.org/api", params={"page": 2}, timeout=5)
    response.raise_for_status()
    print(response.json())

This is the front door. It has every name that `requests` has at its top, and ours beside them (`Retry`, `Timeouts`,
`install_as_requests`, ...), each loaded when it is first used (PEP 562): `_ROWS` below is the one table of what is
where. Importing the package loads three small modules and touches neither network, files nor threads.
"""

from __future__ import annotations

import sys

from . import _alias as _alias
from ._internal_utils import lazy_names, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging as logging
    import ssl as ssl
    import warnings as warnings
    from collections.abc import Callable
    from logging import NullHandler as NullHandler
    from types import ModuleType
    from types import ModuleType as _Module

    from . import _internal_utils as _internal_utils
    from . import _types as _types
    from . import adapters as adapters
    from . import api as api
    from . import auth as auth
    from . import certs as certs
    from . import compat as compat
    from . import cookies as cookies
    from . import exceptions as exceptions
    from . import help as help
    from . import hooks as hooks
    from . import mock as mock
    from . import models as models
    from . import packages as packages
    from . import sessions as sessions
    from . import stand_in as stand_in
    from . import status_codes as status_codes
    from . import structures as structures
    from . import threaded as threaded
    from . import utils as utils
    from .__version__ import __author__ as __author__
    from .__version__ import __author_email__ as __author_email__
    from .__version__ import __cake__ as __cake__
    from .__version__ import __copyright__ as __copyright__
    from .__version__ import __description__ as __description__
    from .__version__ import __license__ as __license__
    from .__version__ import __title__ as __title__
    from .__version__ import __url__ as __url__
    from ._alias import install_as_requests
    from .api import delete, get, head, options, patch, post, put, request
    from .client.rate_waiting import RateLimit
    from .client.verbose import settings as settings
    from .downloads import Downloaded, download
    from .exceptions import (
        ChecksumError,
        ConnectionError,
        ConnectTimeout,
        HTTPError,
        JSONDecodeError,
        NotAnEventStream,
        PoolTimeout,
        RateLimited,
        ReadTimeout,
        RequestException,
        ResponseTooLarge,
        Timeout,
        TooManyRedirects,
        URLRequired,
        WriteTimeout,
    )
    from .exceptions import FileModeWarning as FileModeWarning
    from .exceptions import RequestsDependencyWarning as RequestsDependencyWarning
    from .models import PreparedRequest, Request, Response
    from .sansio.event_stream import Event
    from .sansio.timeouts import Timeouts
    from .sessions import Session, session
    from .status_codes import codes
    from .urllib3_api.exceptions import DependencyWarning as DependencyWarning
    from .urllib3_api.util.retry import Retry

    __version__: str
    __build__: int
    chardet_version: str | None
    charset_normalizer_version: str | None
    urllib3: ModuleType

# What `from httpcore_lite import *` gives: requests' names, then ours.
__all__ = (
    "ConnectionError",
    "ConnectTimeout",
    "HTTPError",
    "JSONDecodeError",
    "PreparedRequest",
    "ReadTimeout",
    "Request",
    "RequestException",
    "Response",
    "Session",
    "Timeout",
    "TooManyRedirects",
    "URLRequired",
    "codes",
    "delete",
    "get",
    "head",
    "options",
    "packages",
    "patch",
    "post",
    "put",
    "request",
    "session",
    "utils",
    "ChecksumError",
    "Downloaded",
    "Event",
    "NotAnEventStream",
    "PoolTimeout",
    "RateLimit",
    "RateLimited",
    "ResponseTooLarge",
    "Retry",
    "Timeouts",
    "WriteTimeout",
    "download",
    "install_as_requests",
)

# Where each name lives, and the modules that are attributes without having been imported, as those of requests are.
_ROWS = {
    "import": (
        "._internal_utils ._types .adapters .api .auth .certs .compat .cookies .exceptions .help .hooks .mock .models"
        " .packages .sessions .stand_in .status_codes .structures .threaded .utils logging ssl warnings"
    ),
    ".__version__": (
        "__author__ __author_email__ __cake__ __copyright__ __description__ __license__ __title__ __url__"
    ),
    "._alias": "install_as_requests",
    ".api": "delete get head options patch post put request",
    ".client.rate_waiting": "RateLimit",
    ".client.verbose": "settings",
    ".downloads": "Downloaded download",
    ".exceptions": (
        "ChecksumError ConnectTimeout ConnectionError FileModeWarning HTTPError JSONDecodeError NotAnEventStream"
        " PoolTimeout RateLimited ReadTimeout RequestException RequestsDependencyWarning ResponseTooLarge Timeout"
        " TooManyRedirects URLRequired WriteTimeout"
    ),
    ".models": "PreparedRequest Request Response",
    ".packages": "urllib3",
    ".sansio.event_stream": "Event",
    ".sansio.timeouts": "Timeouts",
    ".sessions": "Session session",
    ".status_codes": "codes",
    ".urllib3_api.exceptions": "DependencyWarning",
    ".urllib3_api.util.retry": "Retry",
    "logging": "NullHandler",
}


def _installed_version(name: str) -> object:
    try:
        return load(name.removesuffix("_version")).__version__
    except ImportError:
        return None


_MADE: dict[str, Callable[[str], object]] = dict.fromkeys(
    ("chardet_version", "charset_normalizer_version"), _installed_version
)


def _lazy() -> list[str]:
    """Return every name that is loaded when it is first used."""
    return lazy_names({}, _ROWS, _MADE)[1]()


if "_FrontDoor" in globals():  # importlib.reload: what was resolved, or put here by a program, is looked up anew
    for _name in (*_lazy(), "_version", "_build", "_title"):
        globals().pop(_name, None)

if not TYPE_CHECKING:
    __getattr__, _dir = lazy_names(globals(), _ROWS, _MADE)

    def __dir__():
        return sorted({*_dir(), *__all__, "__build__"})


# Shown as `packages.urllib3` where urllib3 is not installed.
_alias.finder.own_urllib3 = f"{__name__}.urllib3_api"


# -- name and version --------------------------------------------------------------------------------------------------


def _shown(name: str) -> object:
    """Return what programs see: of requests and its API while `import requests` means this package, else our own."""
    versions = load(".__version__")
    if sys.modules.get("requests") is not sys.modules.get(__name__):
        own: object = getattr(versions, name)
        return own
    level: str = versions.REQUESTS_API_LEVEL
    # Two digits for each part, read as hexadecimal: 2.34.2 is 0x023402.
    build = int("".join(f"{part:0>2}" for part in level.split(".")), 16)
    return {"__version__": level, "__title__": "requests", "__build__": build}[name]


class _Shown:
    """An attribute of this module that can be replaced, and is what it was when the replacement is deleted.

    Programs' tests of older levels of the API do that (unittest.mock deletes).
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.key = "_" + name.strip("_")

    def __get__(self, module: object, owner: object = None) -> object:
        return globals()[self.key] if self.key in globals() else _shown(self.name)

    def __set__(self, module: object, value: object) -> None:
        # `__version__` is also the name of a submodule. Whenever the import system loads a submodule, under either of
        # our names, it sets it as an attribute of its package: that would hide the text that programs expect.
        if not isinstance(value, type(sys)):
            globals()[self.key] = value

    def __delete__(self, module: object) -> None:
        globals().pop(self.key, None)


if not TYPE_CHECKING:
    _Module = type(sys)


class _FrontDoor(_Module):
    """The module's class, for its name and version, and for `__dict__`, which shows all that requests has there."""

    if not TYPE_CHECKING:
        __version__, __title__, __build__ = map(_Shown, ("__version__", "__title__", "__build__"))

        @property
        def __dict__(self):
            names = globals()
            for name in _lazy():
                if name not in names:
                    try:
                        __getattr__(name)
                    except ImportError:  # a Python without ssl
                        pass
            # Shadows nothing: the attributes above come first where one is read.
            names["__version__"], names["__build__"] = self.__version__, self.__build__
            return names


def check_compatibility(
    urllib3_version: str, chardet_version: str | None, charset_normalizer_version: str | None
) -> None:
    """Check versions as requests does when it is imported: urllib3 from 1.21.1, chardet from 3.0.2 below 8, or
    charset_normalizer from 2.0.0 below 4. Nothing here depends on it; programs call it.

    Raises:
        AssertionError: a version is out of its range.

    Warns:
        RequestsDependencyWarning: there is no charset detector.
    """
    assert urllib3_version != "dev"
    assert tuple(int(part) for part in urllib3_version.split(".")[:2]) >= (1, 21)
    for version, lowest, limit in (
        (chardet_version, (3, 0, 2), (8, 0, 0)),
        (charset_normalizer_version, (2, 0, 0), (4, 0, 0)),
    ):
        if version:
            assert lowest <= tuple(int(part) for part in version.split(".")[:3]) < limit
            return
    import warnings

    from .exceptions import RequestsDependencyWarning

    message = "There is no charset detector (chardet or charset_normalizer) of a known version."
    warnings.warn(message, RequestsDependencyWarning, stacklevel=2)


sys.modules[__name__].__class__ = _FrontDoor

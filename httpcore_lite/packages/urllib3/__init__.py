"""urllib3's names with our implementation behind them, for programs whose machine has no urllib3.

Each module in here stands for urllib3's module of that name and only re-exports; `util/ssl_.py` and
`util/connection.py` hold a little more, because programs set names there and expect it to count.
"""

from __future__ import annotations

from ...urllib3_api._shapes import add_stderr_logger, disable_warnings
from .._lookup import on_first_use

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import connection, connectionpool, exceptions, fields, filepost, poolmanager, response, util  # noqa: F401
    from ._collections import HTTPHeaderDict
    from ._version import __version__  # noqa: F401
    from .connectionpool import (
        HTTPConnectionPool,
        HTTPSConnectionPool,
        connection_from_url,
    )
    from .filepost import encode_multipart_formdata
    from .poolmanager import (
        PoolManager,
        ProxyManager,
        proxy_from_url,
    )
    from .response import BaseHTTPResponse, HTTPResponse
    from .util.request import make_headers
    from .util.retry import Retry
    from .util.timeout import Timeout

__all__ = [
    "BaseHTTPResponse",
    "HTTPConnectionPool",
    "HTTPHeaderDict",
    "HTTPResponse",
    "HTTPSConnectionPool",
    "PoolManager",
    "ProxyManager",
    "Retry",
    "Timeout",
    "add_stderr_logger",
    "connection_from_url",
    "disable_warnings",
    "encode_multipart_formdata",
    "make_headers",
    "proxy_from_url",
    "request",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "_collections": ["HTTPHeaderDict"],
            "_version": ["__version__"],
            "connection": [],
            "connectionpool": ["HTTPConnectionPool", "HTTPSConnectionPool", "connection_from_url"],
            "exceptions": [],
            "fields": [],
            "filepost": ["encode_multipart_formdata"],
            "poolmanager": ["PoolManager", "ProxyManager", "proxy_from_url"],
            "response": ["BaseHTTPResponse", "HTTPResponse"],
            "util": ["Retry", "Timeout", "make_headers"],
        },
    )

_manager: Any = None


def request(method: str, url: str, **kw: object) -> object:
    """Send a request through one PoolManager that the whole program shares. Arguments as PoolManager.request's."""
    global _manager
    if _manager is None:
        from .poolmanager import PoolManager

        _manager = PoolManager()
    kw.setdefault("timeout", 3)
    return _manager.request(method, url, **kw)

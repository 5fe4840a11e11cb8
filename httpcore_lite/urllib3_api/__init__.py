"""urllib3's names, signatures and manners, under urllib3's own file names; the only way down to `transport/`.

Where urllib3 is not installed, these rooms are what `packages.urllib3` shows, and what stands in for it
(`install_as_requests(urllib3=True)`). A module of urllib3 that has no file in here is a row: `urllib3.fields` is
`messages.multipart`. What programs set or replace in these modules counts as it would there. The names that begin with
an underscore, `_version` and `_collections` apart, and `installed/` are not urllib3's.
"""

from __future__ import annotations

from .._internal_utils import PACKAGE, lazy_names
from ..sansio.errors import TransportWarning

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any, TextIO

    from ..messages import multipart as fields  # noqa: F401
    from ..messages import multipart as filepost  # noqa: F401
    from ..messages.multipart import encode_multipart_formdata
    from ..sansio.http1 import headers as _collections  # noqa: F401
    from ..sansio.http1.headers import HTTPHeaderDict
    from . import connection, connectionpool, contrib, exceptions, poolmanager, response, util  # noqa: F401
    from ._version import __version__  # noqa: F401
    from .connectionpool import HTTPConnectionPool, HTTPSConnectionPool, connection_from_url
    from .poolmanager import PoolManager, ProxyManager, proxy_from_url
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
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": (
                ".urllib3_api.connection .urllib3_api.connectionpool .urllib3_api.contrib .urllib3_api.exceptions"
                " .urllib3_api.poolmanager .urllib3_api.response .urllib3_api.util"
                " _collections=.sansio.http1.headers fields=.messages.multipart filepost=.messages.multipart"
            ),
            ".messages.multipart": "encode_multipart_formdata",
            ".sansio.http1.headers": "HTTPHeaderDict",
            ".urllib3_api._version": "__version__",
            ".urllib3_api.connectionpool": "HTTPConnectionPool HTTPSConnectionPool connection_from_url",
            ".urllib3_api.poolmanager": "PoolManager ProxyManager proxy_from_url",
            ".urllib3_api.response": "BaseHTTPResponse HTTPResponse",
            ".urllib3_api.util.request": "make_headers",
            ".urllib3_api.util.retry": "Retry",
            ".urllib3_api.util.timeout": "Timeout",
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


def disable_warnings(category: type[Warning] = TransportWarning) -> None:
    """Silence warnings of a category, all of ours by default."""
    import warnings

    warnings.simplefilter("ignore", category)


def add_stderr_logger(level: int = 10) -> logging.StreamHandler[TextIO]:
    """Show what this package logs, from `level` on (DEBUG by default), on stderr; returns the handler."""
    import logging

    logger = logging.getLogger(PACKAGE)
    handler: logging.StreamHandler[TextIO] = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.debug("Added a stderr logging handler to logger: %s", logger.name)
    return handler

"""`urllib3.util`."""

from __future__ import annotations

from ..._internal_utils import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext

    from .. import response  # noqa: F401
    from ..response import is_fp_closed
    from . import connection, request, retry, ssl_, timeout, url  # noqa: F401
    from .connection import is_connection_dropped
    from .request import SKIP_HEADER, SKIPPABLE_HEADERS, make_headers
    from .retry import Retry
    from .ssl_ import (
        ALPN_PROTOCOLS,
        IS_PYOPENSSL,
        assert_fingerprint,
        create_urllib3_context,
        resolve_cert_reqs,
        resolve_ssl_version,
    )
    from .timeout import Timeout
    from .url import Url, parse_url

__all__ = [
    "ALPN_PROTOCOLS",
    "IS_PYOPENSSL",
    "SKIPPABLE_HEADERS",
    "SKIP_HEADER",
    "Retry",
    "SSLContext",
    "Timeout",
    "Url",
    "assert_fingerprint",
    "create_urllib3_context",
    "is_connection_dropped",
    "is_fp_closed",
    "make_headers",
    "parse_url",
    "resolve_cert_reqs",
    "resolve_ssl_version",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": (
                ".urllib3_api.response .urllib3_api.util.connection .urllib3_api.util.request .urllib3_api.util.retry"
                " .urllib3_api.util.ssl_ .urllib3_api.util.timeout .urllib3_api.util.url"
            ),
            ".urllib3_api.response": "is_fp_closed",
            ".urllib3_api.util.connection": "is_connection_dropped",
            ".urllib3_api.util.request": "SKIPPABLE_HEADERS SKIP_HEADER make_headers",
            ".urllib3_api.util.retry": "Retry",
            ".urllib3_api.util.ssl_": (
                "ALPN_PROTOCOLS IS_PYOPENSSL assert_fingerprint create_urllib3_context resolve_cert_reqs"
                " resolve_ssl_version"
            ),
            ".urllib3_api.util.timeout": "Timeout",
            ".urllib3_api.util.url": "Url parse_url",
            "ssl": "SSLContext",
        },
    )

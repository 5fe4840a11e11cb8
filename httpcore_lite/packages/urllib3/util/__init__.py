"""`urllib3.util`."""

from __future__ import annotations

from ..._lookup import on_first_use

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import connection, request, response, retry, ssl_, timeout, url  # noqa: F401
    from .connection import is_connection_dropped
    from .request import SKIP_HEADER, SKIPPABLE_HEADERS, make_headers
    from .response import is_fp_closed
    from .retry import Retry
    from .ssl_ import (
        ALPN_PROTOCOLS,
        IS_PYOPENSSL,
        SSLContext,
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
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "connection": ["is_connection_dropped"],
            "request": ["SKIPPABLE_HEADERS", "SKIP_HEADER", "make_headers"],
            "response": ["is_fp_closed"],
            "retry": ["Retry"],
            "ssl_": [
                "ALPN_PROTOCOLS",
                "IS_PYOPENSSL",
                "SSLContext",
                "assert_fingerprint",
                "create_urllib3_context",
                "resolve_cert_reqs",
                "resolve_ssl_version",
            ],
            "timeout": ["Timeout"],
            "url": ["Url", "parse_url"],
        },
    )

"""What urllib3 has at its top, and the small rooms of its names: request fields, constants of connections, its log."""

from __future__ import annotations

import logging

import pytest

from httpcore_lite.urllib3_api import ProxyManager, add_stderr_logger
from httpcore_lite.urllib3_api.connection import HTTPConnection
from httpcore_lite.urllib3_api.util.request import make_headers


def test_request_fields_are_made_from_what_is_asked_for() -> None:
    assert make_headers() == {}
    assert make_headers(
        keep_alive=True, accept_encoding=["a", "b"], user_agent="me", basic_auth="u:p", disable_cache=True
    ) == {
        "accept-encoding": "a,b",
        "user-agent": "me",
        "connection": "keep-alive",
        "authorization": "Basic dTpw",
        "cache-control": "no-cache",
    }
    assert make_headers(accept_encoding="x") == {"accept-encoding": "x"}
    assert make_headers(accept_encoding=True)["accept-encoding"].startswith("gzip,deflate")
    assert make_headers(proxy_basic_auth="é:", proxy_basic_auth_encoding="utf-8") == {
        "proxy-authorization": "Basic w6k6"
    }


def test_a_connection_cannot_be_made_by_hand_and_says_so() -> None:
    with pytest.raises(NotImplementedError, match="only a name"):
        HTTPConnection("example.test")


def test_logging_to_stderr_shows_what_the_package_logs() -> None:
    handler = add_stderr_logger(logging.INFO)
    logger = logging.getLogger("httpcore_lite")
    try:
        assert handler in logger.handlers
        assert logger.level == logging.INFO
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def test_every_pool_is_a_connection_pool_and_has_an_end() -> None:
    from httpcore_lite.urllib3_api.connectionpool import ConnectionPool, HTTPSConnectionPool

    with HTTPSConnectionPool("example.org") as pool:
        assert isinstance(pool, ConnectionPool)
    assert str(pool) == "HTTPSConnectionPool(host='example.org', port=443)"
    assert ConnectionPool.scheme is None


def test_a_proxy_s_address_is_shown_with_its_port_and_its_context_can_be_read() -> None:
    """As pip does, which subclasses the adapter to give both legs of a tunnel one context."""
    context = object()
    manager = ProxyManager("https://proxy.example", proxy_ssl_context=context)
    assert manager.proxy_ssl_context is context
    assert str(manager.proxy) == "https://proxy.example:443"
    assert str(ProxyManager("http://proxy.example").proxy) == "http://proxy.example:80"
    assert str(ProxyManager("http://proxy.example:8080").proxy) == "http://proxy.example:8080"
    assert ProxyManager("http://proxy.example").proxy_ssl_context is None

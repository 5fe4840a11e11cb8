"""`urllib3.poolmanager`: connections to any origin."""

from ...managers import (
    HTTPConnectionPool,
    HTTPSConnectionPool,
    PoolManager,
    ProxyManager,
    proxy_from_url,
)

__all__ = ["HTTPConnectionPool", "HTTPSConnectionPool", "PoolManager", "ProxyManager", "proxy_from_url"]

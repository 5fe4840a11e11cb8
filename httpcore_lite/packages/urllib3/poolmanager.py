"""`urllib3.poolmanager`: connections to any origin."""

from ...connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from ...managers import POOL_CLASSES as pool_classes_by_scheme
from ...managers import PoolManager, ProxyManager, proxy_from_url

__all__ = [
    "HTTPConnectionPool",
    "HTTPSConnectionPool",
    "PoolManager",
    "ProxyManager",
    "pool_classes_by_scheme",
    "proxy_from_url",
]

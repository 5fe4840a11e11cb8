"""`urllib3.poolmanager`: connections to any origin."""

from ...urllib3_api.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from ...urllib3_api.poolmanager import POOL_CLASSES, PoolManager, ProxyManager, proxy_from_url

pool_classes_by_scheme = POOL_CLASSES

__all__ = [
    "HTTPConnectionPool",
    "HTTPSConnectionPool",
    "PoolManager",
    "ProxyManager",
    "pool_classes_by_scheme",
    "proxy_from_url",
]

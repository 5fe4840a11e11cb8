"""`urllib3.connectionpool`: connections to one origin."""

from ...urllib3_api._shapes import Timeout
from ...urllib3_api.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from ...urllib3_api.poolmanager import connection_from_url
from ...urllib3_api.util.retry import Retry
from .connection import HTTPConnection, HTTPSConnection

__all__ = [
    "HTTPConnection",
    "HTTPConnectionPool",
    "HTTPSConnection",
    "HTTPSConnectionPool",
    "Retry",
    "Timeout",
    "connection_from_url",
]

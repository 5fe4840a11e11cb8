"""`urllib3.connectionpool`: connections to one origin."""

from ...connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from ...managers import connection_from_url
from ...retries import Retry
from ...urllib3_shapes import Timeout
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

"""`urllib3.connectionpool`: connections to one origin."""

from ...managers import (
    HTTPConnectionPool,
    HTTPSConnectionPool,
    connection_from_url,
)
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

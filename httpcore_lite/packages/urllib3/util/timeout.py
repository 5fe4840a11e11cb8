"""`urllib3.util.timeout`."""

from ....urllib3_api._shapes import Timeout

_DEFAULT_TIMEOUT = Timeout.DEFAULT_TIMEOUT

__all__ = ["Timeout"]

"""`urllib3.util.retry`."""

from ....urllib3_api.util.retry import RequestHistory, Retry

__all__ = ["RequestHistory", "Retry"]

"""`urllib3.util.retry`."""

from ....retries import RequestHistory, Retry

__all__ = ["RequestHistory", "Retry"]

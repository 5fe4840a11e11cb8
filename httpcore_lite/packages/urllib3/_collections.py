"""`urllib3._collections`, of which programs use the header mapping."""

from ...transport.headers import HTTPHeaderDict

__all__ = ["HTTPHeaderDict"]

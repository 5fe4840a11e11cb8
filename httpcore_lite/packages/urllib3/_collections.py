"""`urllib3._collections`, of which programs use the header mapping."""

from ...sansio.http1.headers import HTTPHeaderDict

__all__ = ["HTTPHeaderDict"]

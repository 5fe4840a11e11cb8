"""`urllib3.contrib.socks`: connections through a SOCKS proxy. No further package is needed for it here."""

from ....managers import SOCKSProxyManager

__all__ = ["SOCKSProxyManager"]

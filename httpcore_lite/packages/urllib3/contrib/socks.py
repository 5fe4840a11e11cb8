"""`urllib3.contrib.socks`: connections through a SOCKS proxy. No further package is needed for it here."""

from ....urllib3_api.poolmanager import SOCKSProxyManager

__all__ = ["SOCKSProxyManager"]

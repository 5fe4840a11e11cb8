"""`urllib3.contrib`, of which programs use the SOCKS proxies. No further package is needed for them here."""

from __future__ import annotations

from ..._internal_utils import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .. import poolmanager as socks

__all__ = ["socks"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(globals(), {"import": "socks=.urllib3_api.poolmanager"})

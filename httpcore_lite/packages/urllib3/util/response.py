"""`urllib3.util.response`."""

from ....urllib3_api.response import is_fp_closed

__all__ = ["is_fp_closed"]

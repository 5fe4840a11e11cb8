"""The version of urllib3 whose names these are."""

from ..__version__ import URLLIB3_API_LEVEL as __version__

__all__ = ["__version__"]

version = __version__

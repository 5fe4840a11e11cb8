"""The version of urllib3 whose names these are. Programs compare its first number."""

__version__ = version = "2.8.0"

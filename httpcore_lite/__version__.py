"""Name and version: the only place where the version is written."""

__title__ = "httpcore-lite"
__description__ = "A small HTTP/1.1 client with the API of requests."
__url__ = ""
__version__ = "0.1.0"
#: The version as a number, two hexadecimal digits for each part, as requests counts.
__build__ = 0x000100
__author__ = "The httpcore_lite contributors"
__author_email__ = ""
__license__ = "Apache-2.0"
__copyright__ = "Copyright The httpcore_lite contributors"
__cake__ = "\u2728 \U0001f370 \u2728"

#: The release of requests whose API this package offers.
REQUESTS_API_LEVEL = "2.34.2"
#: The release of urllib3 whose names `urllib3_api` has. Programs compare its first number.
URLLIB3_API_LEVEL = "2.8.0"

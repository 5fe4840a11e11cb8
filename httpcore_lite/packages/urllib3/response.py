"""`urllib3.response`: responses over a connection or any file-like object."""

from ...sansio.http1.headers import HTTPHeaderDict
from ...urllib3_api.response import BaseHTTPResponse, HTTPResponse, is_fp_closed
from .exceptions import (
    BodyNotHttplibCompatible,
    DecodeError,
    HTTPError,
    IncompleteRead,
    InvalidChunkLength,
    InvalidHeader,
    ProtocolError,
    ReadTimeoutError,
    ResponseNotChunked,
    SSLError,
)

__all__ = [
    "BaseHTTPResponse",
    "BodyNotHttplibCompatible",
    "DecodeError",
    "HTTPError",
    "HTTPHeaderDict",
    "HTTPResponse",
    "IncompleteRead",
    "InvalidChunkLength",
    "InvalidHeader",
    "ProtocolError",
    "ReadTimeoutError",
    "ResponseNotChunked",
    "SSLError",
    "is_fp_closed",
]

"""`urllib3.response`: responses over a file-like object. What came over a connection counts as one too."""

from ...sansio.http1.headers import HTTPHeaderDict
from ...transport.response import RawResponse
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

# isinstance(response.raw, HTTPResponse) is a question that programs ask.
HTTPResponse.register(RawResponse)

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

"""`urllib3.response`: responses over a connection or any file-like object, and what is asked of such files."""

from ..transport.file_response import BaseHTTPResponse, HTTPResponse, is_fp_closed

__all__ = ["BaseHTTPResponse", "HTTPResponse", "is_fp_closed"]

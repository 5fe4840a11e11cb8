"""`urllib3.response`: responses over a connection or any file-like object, and what is asked of such files."""

from .._internal_utils import lazy_names
from ..sansio.http1.headers import BaseHTTPResponse
from ..sansio.http1.headers import HTTPHeaderDict as HTTPHeaderDict
from ..transport.file_body import is_fp_closed
from ..transport.file_response import HTTPResponse

__all__ = ["BaseHTTPResponse", "HTTPResponse", "is_fp_closed"]

# Names that urllib3's module has and ours does not need.
TYPE_CHECKING = False
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            ".urllib3_api.exceptions": (
                "BodyNotHttplibCompatible DecodeError HTTPError IncompleteRead InvalidChunkLength InvalidHeader"
                " ProtocolError ReadTimeoutError ResponseNotChunked SSLError"
            )
        },
    )

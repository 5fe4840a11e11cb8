"""`urllib3.fields`: the parts of a multipart form."""

from ...messages.multipart import RequestField, format_multipart_header_param, guess_content_type

__all__ = ["RequestField", "format_multipart_header_param", "guess_content_type"]

"""`urllib3.fields`: the parts of a multipart form."""

from ...multipart import RequestField, guess_content_type

__all__ = ["RequestField", "guess_content_type"]

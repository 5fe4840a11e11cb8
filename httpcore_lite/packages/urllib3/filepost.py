"""`urllib3.filepost`: multipart forms."""

from ...multipart import (
    RequestField,
    choose_boundary,
    encode_multipart_formdata,
)

__all__ = ["RequestField", "choose_boundary", "encode_multipart_formdata"]

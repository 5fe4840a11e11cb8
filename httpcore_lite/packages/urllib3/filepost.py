"""`urllib3.filepost`: multipart forms."""

from ...messages.multipart import (
    RequestField,
    choose_boundary,
    encode_multipart_formdata,
    iter_field_objects,
)

__all__ = ["RequestField", "choose_boundary", "encode_multipart_formdata", "iter_field_objects"]

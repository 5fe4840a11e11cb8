"""`urllib3.connection`: the constants of its connection classes. `default_socket_options` may be set and counts."""

from ...urllib3_api import _shapes as urllib3_shapes

HTTPConnection = urllib3_shapes.HTTPConnection
HTTPSConnection = urllib3_shapes.HTTPSConnection
VerifiedHTTPSConnection = HTTPSConnection  # its older name

port_by_scheme: dict[str, int] = {"http": 80, "https": 443}

__all__ = ["HTTPConnection", "HTTPSConnection", "VerifiedHTTPSConnection", "port_by_scheme"]

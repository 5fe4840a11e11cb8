"""The methods of HTTP as functions, for a request without a session.

Each makes a Session, sends one request with it and closes it. For more than one request to a host use a Session, which
keeps its connections.

The same as requests' module of that name.
"""

from __future__ import annotations

from . import sessions
from .models import Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from . import _types as _t


def request(method: str, url: _t.UriType, **kwargs: Unpack[_t.RequestKwargs]) -> Response:
    """Send a request and return its response.

    The arguments are those of `Session.request`: params, data, json, headers, cookies, files, auth, timeout
    (seconds), allow_redirects, proxies, hooks, stream, verify, cert::

        request("GET", "https://example.org/", params={"q": "h11"}, timeout=10).json()
    """
    # The session is closed, so that no socket is left open and no ResourceWarning is due.
    with sessions.Session() as session:
        return session.request(method=method, url=url, **kwargs)


def get(url: _t.UriType, params: _t.ParamsType = None, **kwargs: Unpack[_t.GetKwargs]) -> Response:
    """Send a GET request; the arguments are those of `request`."""
    return request("get", url, params=params, **kwargs)


def options(url: _t.UriType, **kwargs: Unpack[_t.RequestKwargs]) -> Response:
    """Send an OPTIONS request; the arguments are those of `request`."""
    return request("options", url, **kwargs)


def head(url: _t.UriType, **kwargs: Unpack[_t.RequestKwargs]) -> Response:
    """Send a HEAD request; the arguments are those of `request`, but redirects are not followed unless told to."""
    kwargs.setdefault("allow_redirects", False)
    return request("head", url, **kwargs)


def post(
    url: _t.UriType, data: _t.DataType = None, json: _t.JsonType = None, **kwargs: Unpack[_t.PostKwargs]
) -> Response:
    """Send a POST request; the arguments are those of `request`."""
    return request("post", url, data=data, json=json, **kwargs)


def put(url: _t.UriType, data: _t.DataType = None, **kwargs: Unpack[_t.DataKwargs]) -> Response:
    """Send a PUT request; the arguments are those of `request`."""
    return request("put", url, data=data, **kwargs)


def patch(url: _t.UriType, data: _t.DataType = None, **kwargs: Unpack[_t.DataKwargs]) -> Response:
    """Send a PATCH request; the arguments are those of `request`."""
    return request("patch", url, data=data, **kwargs)


def delete(url: _t.UriType, **kwargs: Unpack[_t.RequestKwargs]) -> Response:
    """Send a DELETE request; the arguments are those of `request`."""
    return request("delete", url, **kwargs)

"""`request`, as urllib3 has it on its pools and managers: a request with its fields put where its method wants them.

Whatever sends is in `urlopen` of the class that inherits this.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class RequestMethods:
    """`request` and its two forms, on top of `urlopen`."""

    if TYPE_CHECKING:
        headers: Mapping[str, str]

    def urlopen(self, method: str, url: str, *args: Any, **kw: Any) -> object:
        """Send a request; what a subclass does."""
        raise TypeError(f"{type(self).__name__} does not say how to send a request")

    def request(
        self,
        method: str,
        url: str,
        body: object = None,
        fields: object = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        **urlopen_kw: Any,
    ) -> Any:
        """Send a request with `fields` in the URL or the body, as the method wants it, or with `json`."""
        method = method.upper()
        if json is not None:
            if body is not None:
                raise TypeError("request got values for both 'body' and 'json' parameters which are mutually exclusive")
            import json as codec

            headers = dict(headers if headers is not None else self.headers)
            if not any(name.lower() == "content-type" for name in headers):
                headers["Content-Type"] = "application/json"
            body = codec.dumps(json, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        if body is not None:
            urlopen_kw["body"] = body
        if method in ("DELETE", "GET", "HEAD", "OPTIONS"):
            return self.request_encode_url(method, url, fields=fields, headers=headers, **urlopen_kw)
        return self.request_encode_body(method, url, fields=fields, headers=headers, **urlopen_kw)

    def request_encode_url(
        self, method: str, url: str, fields: Any = None, headers: Mapping[str, str] | None = None, **urlopen_kw: object
    ) -> object:
        """Send a request with `fields` in the query."""
        if fields:
            from urllib.parse import urlencode

            url += ("&" if "?" in url else "?") + urlencode(fields)
        urlopen_kw["headers"] = self.headers if headers is None else headers
        return self.urlopen(method, url, **urlopen_kw)

    def request_encode_body(
        self,
        method: str,
        url: str,
        fields: Any = None,
        headers: Mapping[str, str] | None = None,
        encode_multipart: bool = True,
        multipart_boundary: str | None = None,
        **urlopen_kw: object,
    ) -> object:
        """Send a request with `fields` as a form in the body."""
        sent = dict(self.headers if headers is None else headers)
        if fields:
            if "body" in urlopen_kw:
                raise TypeError("request got values for both 'fields' and 'body', can only specify one.")
            if encode_multipart:
                from ..messages.multipart import encode_multipart_formdata

                body, content_type = encode_multipart_formdata(fields, boundary=multipart_boundary)
            else:
                from urllib.parse import urlencode

                body, content_type = urlencode(fields).encode(), "application/x-www-form-urlencoded"
            urlopen_kw["body"] = body
            sent.setdefault("Content-Type", content_type)
        return self.urlopen(method, url, headers=sent, **urlopen_kw)

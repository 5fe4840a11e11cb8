"""As much of a request and of a response as a cookie jar needs."""

from __future__ import annotations

import http.client

from httpcore_lite.structures import CaseInsensitiveDict


class Request:
    """As much of a prepared request as a jar needs."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(headers)


class Raw:
    """As much of a raw response as a jar needs."""

    def __init__(self, *set_cookie: str) -> None:
        self._original_response = self
        self.msg = http.client.HTTPMessage()
        for value in set_cookie:
            self.msg["Set-Cookie"] = value

"""httpx, without HTTP/2."""

from __future__ import annotations

import httpx

from .like_httpx import LikeHttpx


class Client(LikeHttpx):
    library = httpx

"""httpx2, which carries httpx on."""

from __future__ import annotations

import httpx2

from .like_httpx import LikeHttpx


class Client(LikeHttpx):
    library = httpx2

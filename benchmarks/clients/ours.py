"""This package, asked exactly as requests is."""

from __future__ import annotations

import httpcore_lite

from .like_requests import LikeRequests


class Client(LikeRequests):
    library = httpcore_lite

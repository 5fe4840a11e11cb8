"""niquests, a fork of requests. It overwrites urllib3, so it lives in an environment of its own."""

from __future__ import annotations

import niquests

from .like_requests import LikeRequests


class Client(LikeRequests):
    library = niquests

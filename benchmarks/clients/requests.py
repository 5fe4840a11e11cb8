"""requests, which everything is held against."""

from __future__ import annotations

import requests

from .like_requests import LikeRequests


class Client(LikeRequests):
    library = requests

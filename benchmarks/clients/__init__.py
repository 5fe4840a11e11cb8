"""The clients that are measured: one module each, in the order of the tables, and with what they are started."""

from __future__ import annotations

import os
import sys

#: Module here to the distribution that it measures. Tables and plots keep this order.
CLIENTS = {
    "ours": "httpcore-lite",
    "h11_floor": "h11",
    "requests": "requests",
    "urllib3": "urllib3",
    "http_client": None,
    "httpcore": "httpcore",
    "httpx": "httpx",
    "httpx2": "httpx2",
    "niquests": "niquests",
    "aiohttp": "aiohttp",
    "pycurl": "pycurl",
    "curl_cffi": "curl_cffi",
    "primp": "primp",
}
#: Those that a quick run measures: what the ratios need, and the nearest neighbours.
QUICK = ("requests", "ours", "h11_floor", "urllib3", "http_client", "pycurl")
#: Those that are handed finished URLs, fields and bodies and give back bytes (`base.Client.finished`). What the others
#: do besides is what a program with these does itself: parameters, cookies, logins, redirects, text.
FINISHED = ("h11_floor", "urllib3", "http_client", "httpcore", "aiohttp", "pycurl")
#: Clients that cannot share an environment with the others, and the folder of their own beside this interpreter's.
_APART = {"niquests": os.path.join(sys.prefix, "niquests", "Scripts" if os.name == "nt" else "bin", "python")}


def interpreter(client: str) -> str:
    """The Python that has this client installed."""
    return _APART.get(client, sys.executable)

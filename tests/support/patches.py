"""Programs that replace something in an installed urllib3 or http.client, each in a process of its own."""

from __future__ import annotations

import textwrap

from .programs import run_program

CLIENTS = {
    "under its own name": "",
    "installed as requests": "client.install_as_requests()\nimport requests as client\n",
    "put into sys.modules": "sys.modules['requests'] = client\nimport requests as client\n",
    "requests": "import requests as client\n",
}
# A session without the environment, and what it has sent.
SESSION = """
import json, warnings
from unittest import mock
session = client.Session()
session.trust_env = False
session.verify = sys.argv[2]


def failure(call):
    try:
        call()
    except Exception as error:
        return error
"""


def run(client: str, source: str, url: str, first: str = "") -> list[str]:
    """Run a program on one of the clients; returns the lines that it printed."""
    program = CLIENTS[client] + SESSION + textwrap.dedent(source)
    return run_program(program, url, first=first, strict=False).splitlines()


# http.client is patched by something that changes nothing; urllib3 is loaded by requests only.
PATCHED = """
import http.client
sent = []
original = http.client.HTTPConnection.putrequest
def putrequest(self, method, target, *args, **kw):
    sent.append((method, target))
    return original(self, method, target, *args, **kw)
http.client.HTTPConnection.putrequest = putrequest
"""

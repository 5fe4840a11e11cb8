"""Hooks that record what is sent, and hooks that change it.

python docs/examples/hooks.py https://example.org
"""

from __future__ import annotations

import sys
from typing import Any

import httpcore_lite as requests

log: list[str] = []


def careful(arguments: dict[str, Any]) -> dict[str, Any]:
    """Give every call a timeout, and name the program in its query."""
    params = {**(arguments["params"] or {}), "client": "example"}
    return {**arguments, "params": params, "timeout": arguments["timeout"] or 10}


def sign(prepared: requests.PreparedRequest, **kwargs: Any) -> None:
    """Sign each request directly before it is sent, those that follow a redirect as well."""
    prepared.headers["X-Signature"] = f"{prepared.method} {prepared.path_url}"


def without_secrets(prepared: requests.PreparedRequest, **kwargs: Any) -> requests.PreparedRequest:
    """Have `response.request` show no credentials."""
    shown = prepared.copy()
    if "Authorization" in shown.headers:
        shown.headers["Authorization"] = "***"
    return shown


def record(response: requests.Response, **kwargs: Any) -> None:
    """Write one line for each response, redirects among them."""
    log.append(f"{response.request.method} {response.request.path_url} {response.status_code}")


def main(base: str) -> None:
    with requests.Session(hooks={"args": careful, "response": record}) as session:
        session.hooks["pre_request"].append(sign)
        session.hooks["post_request"].append(without_secrets)
        response = session.get(f"{base}/redirect/302", params={"to": "/items"}, auth=("user", "password"))
        print(*log, sep="\n")
        print("shown:", response.request.headers["Authorization"])


if __name__ == "__main__":
    main(sys.argv[1])

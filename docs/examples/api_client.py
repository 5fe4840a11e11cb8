"""A client of one API: where it is and how it is spoken to is said once.

python docs/examples/api_client.py https://example.org/api
"""

from __future__ import annotations

import sys

import httpcore_lite as requests


def main(base: str) -> None:
    with requests.Session(
        base_url=base,
        raise_for_status=True,
        headers={"Accept": "application/json"},
        params={"version": "2"},
        timeout=10,
    ) as api:
        print(api.get("items").url)
        print(api.post("/items/7", json={"name": "x"}).status_code)
        try:
            api.get("status/404")
        except requests.HTTPError as error:
            print(error.response.status_code, error.response.text)
        print(api.get("status/404", raise_for_status=False).status_code)
        try:
            api.get("../admin")
        except requests.exceptions.InvalidURL as error:
            print(type(error).__name__, error.explanation)


if __name__ == "__main__":
    main(sys.argv[1])

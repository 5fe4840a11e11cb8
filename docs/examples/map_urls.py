"""Many requests at once: each URL with its response or its error, and the failed ones tried once more.

python docs/examples/map_urls.py https://example.org
"""

from __future__ import annotations

import sys

from httpcore_lite import RequestException, Session


def main(base: str) -> None:
    urls = (f"{base}/items/{number}" for number in range(20))  # any iterable, however long
    failed = []
    with Session(max_per_origin=4) as session:
        for url, outcome in session.map(urls, workers=8, timeout=5, pairs=True, return_exceptions=True):
            if isinstance(outcome, RequestException):
                failed.append(outcome)
            else:
                print(url, outcome.status_code)
        for outcome in session.map((error.request for error in failed), retries=3, return_exceptions=True):
            print("once more:", outcome)


if __name__ == "__main__":
    main(sys.argv[1])

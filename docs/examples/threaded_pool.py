"""A pool of threads from URLs, as with requests-toolbelt, and the failed ones tried again.

python docs/examples/threaded_pool.py https://example.org
"""

from __future__ import annotations

import sys

from httpcore_lite import Response, Session
from httpcore_lite.threaded import pool


def prepare(session: Session) -> Session:
    """Make the session of a thread ready."""
    session.headers["User-Agent"] = "example/1.0"
    return session


def refuse_errors(response: Response, **kwargs: object) -> None:
    """Have a response of 400 to 599 count as failed."""
    response.raise_for_status()


def main(base: str) -> None:
    urls = [f"{base}/items/{number}" for number in range(20)]
    request = {"timeout": 5, "hooks": {"response": refuse_errors}}
    threads = pool.Pool.from_urls(urls, request, num_processes=4, initializer=prepare)
    threads.join_all()
    for response in threads.responses():
        print(response.request_kwargs["url"], response.status_code)

    failed = list(threads.exceptions())
    for error in failed:
        print("failed:", error.request_kwargs["url"], error.message)
    again = pool.Pool.from_exceptions(failed, num_processes=2, initializer=prepare)
    again.join_all()
    print("at the second attempt:", len(list(again.responses())), "of", len(failed))


if __name__ == "__main__":
    main(sys.argv[1])

"""A server that responds with 429 and Retry-After where it is asked too often, and three ways to meet it.

python docs/examples/rate_limits.py https://example.org/busy
"""

from __future__ import annotations

import sys

from tenacity import RetryCallState, retry, retry_if_exception, stop_after_attempt

import httpcore_lite as requests


def by_retries(url: str) -> list[int]:
    """Ask, and where the server says later, ask again then: an option of the call, or of the session."""
    with requests.Session(retries=5) as session:
        return [session.get(url).status_code for _ in range(3)]


def is_busy(error: BaseException) -> bool:
    return isinstance(error, requests.HTTPError) and error.response.status_code == 429


def as_the_server_says(state: RetryCallState) -> float:
    error = state.outcome.exception()
    return float(error.response.headers.get("Retry-After", 1))


@retry(retry=retry_if_exception(is_busy), wait=as_the_server_says, stop=stop_after_attempt(5), reraise=True)
def ask(session: requests.Session, url: str) -> requests.Response:
    return session.get(url, raise_for_status=True)


def by_tenacity(url: str) -> list[int]:
    """The same with tenacity, which a program may have already, and may put around more than one request."""
    with requests.Session() as session:
        return [ask(session, url).status_code for _ in range(3)]


def by_rate_limit(url: str) -> list[int]:
    """Never ask too often: two requests in a second, whatever the number of threads."""
    with requests.Session(rate_limit=requests.RateLimit(2)) as session:
        return [response.status_code for response in session.map([url] * 3)]


if __name__ == "__main__":
    base = sys.argv[1]
    print("retries=   ", by_retries(f"{base}/retries"))
    print("tenacity   ", by_tenacity(f"{base}/tenacity"))
    print("RateLimit  ", by_rate_limit(f"{base}/limit"))

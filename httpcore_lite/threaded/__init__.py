"""Many requests in threads, for programs that are written for `requests_toolbelt.threaded`.

    from httpcore_lite import threaded

    responses, exceptions = threaded.map([{"method": "GET", "url": url} for url in urls])

`pool.Pool` does the same with more to choose. What needs neither a list of all requests nor of all responses, and ends
when the program wants it to, is `Session.map`.
"""

from __future__ import annotations

import queue

from .._internal_utils import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from .._types import Keywords
    from . import pool as pool
    from . import thread as thread

__all__ = ["map", "pool"]


def map(  # noqa: A001 - its name in requests-toolbelt
    requests: Sequence[Keywords], **kwargs: Any
) -> tuple[Iterator[pool.ThreadResponse], Iterator[pool.ThreadException]]:
    """Send requests in threads, and return when all are done.

    Args:
        requests: the keywords of `Session.request` for each.
        kwargs: those of `pool.Pool`, but for `job_queue`.

    Returns:
        the responses and the exceptions, each in the order in which they came.

    Raises:
        ValueError: `requests` is empty, or one of it is no dict.
    """
    if not requests or not all(isinstance(each, dict) for each in requests):
        raise ValueError("map takes a list of dicts, of the keywords of Session.request")
    from . import pool  # not before: another thread may be importing it, and wait for us

    jobs: queue.Queue[Keywords] = queue.Queue()
    for each in requests:
        jobs.put(each)
    kwargs["job_queue"] = jobs
    threads = pool.Pool(**kwargs)
    threads.join_all()
    return threads.responses(), threads.exceptions()


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(globals(), {"import": ".threaded.pool .threaded.thread"})

"""A pool of threads, each with a Session of its own, as requests-toolbelt has it.

    pool = Pool.from_urls(urls, {"timeout": 5}, initializer=login)
    pool.join_all()
    for response in pool.responses():
        print(response.url, response.status_code)
    again = Pool.from_exceptions(pool.exceptions())

The threads begin at once and end when the queue of jobs is empty; responses and exceptions can be taken meanwhile.
"""

from __future__ import annotations

import os
import queue

from ..sessions import Session
from . import thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeAlias

    from typing_extensions import Self

    from .._types import Keywords
    from ..models import Response

    # The session of a thread, of whatever class; what changes it; and what a pool is made with.
    _Session: TypeAlias = Any
    _Given: TypeAlias = Any
    _Changes: TypeAlias = Callable[[_Session], _Session]

__all__ = ["Pool", "ThreadException", "ThreadResponse"]


class Pool:
    """Threads that send the requests of a queue.

    Args:
        job_queue: the keywords of `Session.request` for each request.
        initializer: called with each new session, returns the session to use.
        auth_generator: likewise, after it.
        num_processes: how many threads there are, as many as the machine has cores by default.
        session: called for each thread, returns its session.

    Raises:
        TypeError: an argument makes no sense.
        ValueError: `num_processes` is below 1.
    """

    def __init__(
        self,
        job_queue: queue.Queue[Keywords],
        initializer: _Changes | None = None,
        auth_generator: _Changes | None = None,
        num_processes: int | None = None,
        session: Callable[[], _Session] = Session,
    ) -> None:
        count = (os.cpu_count() or 1) if num_processes is None else num_processes
        if not isinstance(count, int):
            raise TypeError(f"num_processes= is the number of threads, not {count!r}")
        if not callable(session):
            raise TypeError(f"session= is called for each thread, to make its session: a class, not {session!r}")
        if job_queue is not None and not hasattr(job_queue, "get_nowait"):
            raise TypeError(f"job_queue= is a queue.Queue of dicts, not a {type(job_queue).__name__}")
        if count < 1:
            raise ValueError(f"num_processes= is the number of threads, at least 1, not {count!r}")
        self._job_queue = job_queue
        self._response_queue: queue.Queue[tuple[Keywords, Response]] = queue.Queue()
        self._exc_queue: queue.Queue[tuple[Keywords, BaseException]] = queue.Queue()
        self._processes = count
        self._initializer = initializer
        self._auth = auth_generator
        self._session = session
        # All sessions before the first thread: a function that raises leaves nothing running.
        made = [self._new_session() for _ in range(count)]
        self._pool = [
            thread.SessionThread(each, self._job_queue, self._response_queue, self._exc_queue) for each in made
        ]

    def _new_session(self) -> _Session:
        session = self._session()
        for change in (self._initializer, self._auth):
            if change is not None:
                session = change(session)
                if session is None:
                    raise TypeError(
                        f"{getattr(change, '__name__', change)!s} returned None: it must return the session"
                    )
        return session

    @classmethod
    def from_exceptions(cls, exceptions: Iterable[ThreadException], **kwargs: _Given) -> Self:
        """Return a pool that sends the requests once more that failed; `kwargs` are those of the class."""
        return cls._of((each.request_kwargs for each in exceptions), kwargs)

    @classmethod
    def from_urls(cls, urls: Iterable[str | bytes], request_kwargs: Keywords | None = None, **kwargs: _Given) -> Self:
        """Return a pool that gets URLs. `request_kwargs`: more keywords of `Session.request`; kwargs: of the class."""
        given = {"method": "GET", **(request_kwargs or {})}
        return cls._of(({**given, "url": url} for url in urls), kwargs)

    @classmethod
    def _of(cls, jobs: Iterable[Keywords], kwargs: Keywords) -> Self:
        job_queue: queue.Queue[Keywords] = queue.Queue()
        for job in jobs:
            job_queue.put(job)
        return cls(job_queue=job_queue, **kwargs)

    def join_all(self) -> None:
        """Wait until all threads have ended: until every request is done."""
        for each in self._pool:
            each.join()

    def get_response(self) -> ThreadResponse | None:
        """Return a response that has come, None when there is none at this moment."""
        try:
            request_kwargs, response = self._response_queue.get_nowait()
        except queue.Empty:
            return None
        return ThreadResponse(request_kwargs, response)

    def get_exception(self) -> ThreadException | None:
        """Return what one request has failed with, None when there is none at this moment."""
        try:
            request_kwargs, error = self._exc_queue.get_nowait()
        except queue.Empty:
            return None
        return ThreadException(request_kwargs, error)

    def responses(self) -> Iterator[ThreadResponse]:
        """Yield the responses that have come, until there is none at that moment."""
        while (found := self.get_response()) is not None:
            yield found

    def exceptions(self) -> Iterator[ThreadException]:
        """Yield what requests have failed with, until there is none at that moment."""
        while (found := self.get_exception()) is not None:
            yield found


class ThreadResponse:
    """A response, with all its attributes, and the keywords of the request.

    Attributes:
        request_kwargs: as they stood in the queue.
        response: the Response.
    """

    def __init__(self, request_kwargs: Keywords, response: Response) -> None:
        self.request_kwargs = request_kwargs
        self.response = response

    def __repr__(self) -> str:
        return f"<ThreadResponse {self.response!r}>"

    def __getattr__(self, name: str) -> Any:
        return _of_wrapped(self, "response", name)


class ThreadException:
    """What a request failed with, with all its attributes, and the keywords of the request.

    Attributes:
        request_kwargs: as they stood in the queue: `Pool.from_exceptions` sends them once more.
        exception: the exception.
    """

    def __init__(self, request_kwargs: Keywords, exception: BaseException) -> None:
        self.request_kwargs = request_kwargs
        self.exception = exception

    def __repr__(self) -> str:
        return f"<ThreadException {self.exception!r}>"

    def __str__(self) -> str:
        return str(self.exception)

    def __getattr__(self, name: str) -> Any:
        try:
            return _of_wrapped(self, "exception", name)
        except AttributeError:
            if name == "message" and "exception" in vars(self):
                return str(self.exception)  # exceptions have none, and the toolbelt's documentation reads it
            raise


def _of_wrapped(wrapper: object, place: str, name: str) -> Any:
    """Return an attribute of what is wrapped. AttributeError for one that it does not have, or is not there yet."""
    try:
        wrapped = vars(wrapper)[place]
    except KeyError:  # while it is unpickled or copied
        raise AttributeError(name) from None
    return getattr(wrapped, name)

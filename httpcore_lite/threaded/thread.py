"""One thread with a session of its own, over the engine of `Session.map` (`client/lanes`)."""

from __future__ import annotations

import queue

from ..client.lanes import new_thread, outcome_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._types import Keywords
    from ..models import Response


class SessionThread:
    """Sends the requests of a queue until that is empty, and begins at once.

    Args:
        initialized_session: what sends them.
        job_queue: the keywords of `Session.request` for each.
        response_queue: gets (keywords, response).
        exception_queue: gets (keywords, exception): none is lost, of whatever kind it is.
    """

    def __init__(
        self,
        initialized_session: Any,
        job_queue: queue.Queue[Keywords],
        response_queue: queue.Queue[tuple[Keywords, Response]],
        exception_queue: queue.Queue[tuple[Keywords, BaseException]],
    ) -> None:
        self._session = initialized_session
        self._jobs = job_queue
        self._responses = response_queue
        self._exceptions = exception_queue
        self._worker = new_thread(self._make_request)
        self._worker.start()

    def _make_request(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            self._handle_request(job)

    def _handle_request(self, kwargs: Keywords) -> None:
        outcome = outcome_of(lambda given: self._session.request(**given), kwargs)
        try:
            if isinstance(outcome, BaseException):
                self._exceptions.put((kwargs, outcome))
            else:
                self._responses.put((kwargs, outcome))
        finally:
            self._jobs.task_done()

    def is_alive(self) -> bool:
        """Whether the thread still runs."""
        return self._worker.is_alive()

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._worker.join()

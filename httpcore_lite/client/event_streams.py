"""What `Session.events` asks for, and what is made of each outcome: read on, connect again, or end.

    outcome                                              what comes of it
    ---------------------------------------------------------------------------------------------------------
    200 with text/event-stream                           it is read; whatever ends it, after_end or after_break
    204                                                  the end
    429, 5xx                                             HTTPError: a failure, where a stream stood before
    any other status                                     HTTPError
    200 with another Content-Type                        NotAnEventStream
    no connection, it broke off, it was too slow         a failure, where a stream stood before
    any other error; `Timeouts(total=)` has passed       the error

When and after how long, `sansio.reconnection` says. Neither a clock nor a socket is used here; what waits is
`reconnecting`. WHATWG HTML section 9.2, except that a program is told of what it can do nothing about in a browser.
"""

from __future__ import annotations

from difflib import get_close_matches

from ..exceptions import (
    ChunkedEncodingError,
    ConnectionError,
    HTTPError,
    NotAnEventStream,
    ReadTimeout,
    RequestException,
    RetryError,
    Timeout,
)
from ..messages.bodies import is_spent_by_sending
from ..sansio.event_stream import MAX_EVENT, EventReader
from ..sansio.reconnection import FAILURES, Reconnection
from ..sansio.redaction import cut, masked_target
from ..sansio.timeouts import Timeouts, TimeoutsOfMany, misspelt
from ..structures import CaseInsensitiveDict
from .failures import kind_of
from .options import REQUEST_NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, TypeAlias

    from ..sansio.timeouts import Deadline

    # What a program wrote; a response, and arguments of `Session.request`.
    _Given: TypeAlias = Any
    _Response: TypeAlias = Any
    _Keywords: TypeAlias = dict[str, Any]

_TYPE: Final = "text/event-stream"
_OWN: Final = ("method", "last_event_id", "reconnect")
# What EventSource sends.
_FIELDS: Final = {"Accept": _TYPE, "Cache-Control": "no-store"}
# What may be over when it is tried again.
_FAILURES: Final = (ConnectionError, Timeout, ChunkedEncodingError, RetryError)


class EventStream:
    """One call of `Session.events`.

    Args:
        method, url, last_event_id, reconnect: arguments of `Session.events`.
        given: those of `Session.request`.
        timeout: the session's.

    Attributes:
        plan: when it is connected to again.

    Raises:
        TypeError: an argument is of a type that makes no sense, or cannot be sent a second time.
        ValueError: `reconnect` is below 0.
    """

    __slots__ = ("_deadline", "_given", "_headers", "method", "plan", "url")

    def __init__(
        self, method: _Given, url: _Given, last_event_id: _Given, reconnect: _Given, given: _Keywords, timeout: _Given
    ) -> None:
        if not isinstance(method, str):
            raise TypeError(f"method= takes a text, not {kind_of(method)}")
        if not isinstance(last_event_id, str):
            raise TypeError(f"last_event_id= takes the id of an event, a text, not {kind_of(last_event_id)}")
        for name in given:
            if name not in REQUEST_NAMES and get_close_matches(name, _OWN, 1):
                raise misspelt([name], "events", _OWN)
        if "stream" in given:
            raise TypeError("events() has no stream=: the response is always read as it arrives")
        if given.get("raise_for_status") is False:
            raise TypeError("events() raises HTTPError for a status without events, raise_for_status=False or not")
        failures = _failures(method, reconnect)
        if failures:
            _refuse_spent(given)
        headers = given.get("headers")
        if headers is not None and not hasattr(headers, "items"):
            raise TypeError(f"headers= takes a mapping of names to values, not {kind_of(headers)}")
        self.method: str = method
        self.url: _Given = url
        self.plan: Reconnection = Reconnection(failures, last_event_id)
        self._headers: CaseInsensitiveDict[Any] = CaseInsensitiveDict(_FIELDS)
        self._headers.update(headers or {})
        self._given = {name: value for name, value in given.items() if name != "headers"}
        if given.get("timeout") is None:
            self._given["timeout"] = timeout
        self._deadline: Deadline | None = None

    def begin(self, now: float) -> None:
        """Note that the first connection is made now: from here `Timeouts(total=)` counts."""
        limits = self._given["timeout"]
        if isinstance(limits, Timeouts) and (deadline := limits.deadline(now)) is not None:
            self._deadline, self._given["timeout"] = deadline, TimeoutsOfMany(limits, deadline)

    def arguments(self) -> _Keywords:
        """Return the arguments of `Session.request` for the next connection, beside method and URL."""
        headers = self._headers.copy()
        last = self.plan.last_event_id.strip(" \t")  # what is around a field's value is none of it
        if last:
            headers["Last-Event-ID"] = last if last.isascii() else last.encode("utf-8")
        return {**self._given, "headers": headers, "stream": True}

    def opens(self, response: _Response) -> bool:
        """Whether a response is a stream of events; False for the one that says that there are no more, 204.

        Raises:
            HTTPError: its status is another one.
            NotAnEventStream: it is of another type.
        """
        status = response.status_code
        if status == 204:
            return False
        url = masked_target(str(response.url))
        if status != 200:
            response.raise_for_status()
            raise HTTPError(
                f"{status} {response.reason} for url: {url}, which is no stream of events", response=response
            )
        found = response.headers.get("Content-Type")
        if found is None or found.partition(";")[0].strip().lower() != _TYPE:
            shown = "no Content-Type" if found is None else f"Content-Type {cut(found, 60)!r}"
            raise NotAnEventStream(f"The response has {shown}, not {_TYPE!r}, for url: {url}", response=response)
        self.plan.stands()
        return True

    def reader(self) -> EventReader:
        """Return what reads the events of the next response."""
        return EventReader(MAX_EVENT, self.plan.last_event_id)

    def note(self, reader: EventReader) -> None:
        """Note what the reader has seen, now that its response has ended."""
        reader.end()
        if reader.begun:
            self.plan.received()
        self.plan.last_event_id = reader.last_event_id
        if reader.retry is not None:
            self.plan.retry = reader.retry

    def after_error(self, error: RequestException, stood: bool, now: float, asked: float | None = None) -> float | None:
        """Return the seconds to wait after an error, None where it is raised.

        Args:
            error: what was raised.
            stood: whether the stream stood when it was.
            now: the moment, in seconds of `time.monotonic()`.
            asked: seconds that the server asks for (Retry-After).
        """
        if self._deadline is not None and self._deadline.remaining(now) <= 0:
            return None
        if isinstance(error, HTTPError):
            status = getattr(error.response, "status_code", None) or 0
            return self.plan.after_refusal(asked) if status == 429 or 500 <= status < 600 else None
        if not isinstance(error, _FAILURES):
            return None
        return self.plan.after_break() if stood else self.plan.after_refusal()

    def refuse_late(self, pause: float, now: float, request: _Given) -> None:
        """Raise ReadTimeout where the next connection would come too late for `Timeouts(total=)`."""
        deadline = self._deadline
        if deadline is not None and pause >= deadline.remaining(now):
            text = f"The next connection would come too late. (total timeout={deadline.seconds})"
            raise ReadTimeout(text, request=request)


def _failures(method: str, reconnect: _Given) -> int:
    """Return how many failures in a row are borne; 0 for one connection only."""
    if reconnect is None:
        return FAILURES if method.upper() in ("GET", "HEAD") else 0
    if reconnect is True or not isinstance(reconnect, int):
        raise TypeError(f"reconnect= takes a number of failures in a row, or None, not {reconnect!r:.80}")
    if reconnect < 0:
        raise ValueError(f"reconnect= takes a number of at least 0, not {reconnect!r}")
    return int(reconnect)


def _refuse_spent(given: _Keywords) -> None:
    """Raise TypeError for a body that could not be sent with the next connection."""
    data: _Given = given.get("data")
    files: _Given = given.get("files")
    try:
        values: list[_Given] = list(files.values() if hasattr(files, "values") else [pair[1] for pair in files or ()])
    except (IndexError, TypeError):
        return  # which the request tells of
    contents = [value[1] if isinstance(value, (tuple, list)) and len(value) > 1 else value for value in values]
    for name, value in (("data", data), *[("files", content) for content in contents]):
        if value is not None and (
            hasattr(value, "read") or (hasattr(value, "__iter__") and is_spent_by_sending(value))
        ):
            raise TypeError(
                f"{name}= has {kind_of(value)}, which cannot be sent again: events() needs bytes or text to reconnect"
                " with, or reconnect=0"
            )

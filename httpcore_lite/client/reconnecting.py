"""A stream of events over as many connections as it takes: `Session.events`.

Here requests are sent, events yielded and pauses made; what is done when, `event_streams` says. All of it runs in the
program's own thread. When the program leaves the loop, in whatever way, the connection is closed.
"""

from __future__ import annotations

from time import monotonic

from ..exceptions import RequestException
from ..sansio.errors import InvalidHeader
from ..urllib3_api.util import pausing
from ..urllib3_api.util.retry import Retry
from .body_readers import events_of
from .error_status import keep_body
from .event_streams import EventStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, TypeAlias

    from ..sansio.event_stream import Event

    # A Session; its response; what a program wrote.
    _Session: TypeAlias = Any
    _Response: TypeAlias = Any
    _Given: TypeAlias = Any


def events(
    session: _Session, method: _Given, url: _Given, last_event_id: _Given, reconnect: _Given, given: dict[str, Any]
) -> Generator[Event, None, None]:
    """Return the iterator of `Session.events`; its arguments are checked at once. TypeError, ValueError."""
    timeout = getattr(session, "timeout", None)
    return _iterate(session, EventStream(method, url, last_event_id, reconnect, given, timeout))


def _iterate(session: _Session, stream: EventStream) -> Generator[Event, None, None]:
    stream.begin(monotonic())
    while True:
        response: _Response = None
        stood = False
        try:
            response = session.request(stream.method, stream.url, **stream.arguments())
            try:
                stood = stream.opens(response)
            except RequestException:
                keep_body(response, at_once=response.status_code < 400)
                raise
            if not stood:
                return
            reader = stream.reader()
            try:
                yield from events_of(response, response._arriving(), reader)
            finally:
                stream.note(reader)
            pause = stream.plan.after_end()
            if pause is None:
                return
        except RequestException as error:
            pause = stream.after_error(error, stood, monotonic(), _retry_after(error.response))
            if pause is None:
                raise
            stream.refuse_late(pause, monotonic(), error.request)
        finally:
            if response is not None:
                response.close()
        stream.refuse_late(pause, monotonic(), getattr(response, "request", None))
        pausing.pause(pause)


def _retry_after(response: _Response) -> float | None:
    """Return the seconds that a response asks for, None where it does not, or makes no sense."""
    value = None if response is None else response.headers.get("Retry-After")
    try:
        return None if value is None else Retry(0).parse_retry_after(value)
    except InvalidHeader:
        return None

"""`Session.map` over an executor whose workers are other processes, of this machine or of others.

What travels is the prepared request with its settings, and this Session, pickled once for a map. A process keeps the
Sessions that it was sent, by digest: connections stay open from one request to the next. What comes back is the
response with its body, or the exception, with what can be seen of the exchange. Cookies that are set there stay there.
"""

from __future__ import annotations

import pickle
from _thread import allocate_lock

from ..exceptions import RequestException
from ..urllib3_api._settings import active
from .error_status import passed
from .hooking import keywords_hooked
from .items import Items, Job
from .options import merge_hooks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, TypeAlias

    from .items import Keywords, Kinds

    _Session: TypeAlias = Any
    _Request: TypeAlias = Any
    _Response: TypeAlias = Any

#: How many Sessions a process keeps.
MAX_SESSIONS: Final = 4

_sessions: dict[bytes, _Session] = {}
_lock = allocate_lock()


class Seen:
    """What could be seen of an exchange in another process: where `Response` looks for it."""

    def __init__(self, timings: object, connection_info: object) -> None:
        self.timings = timings
        self.connection_info = connection_info


# -- here --------------------------------------------------------------------------------------------------------------


class PackedItems(Items):
    """Items that are sent elsewhere. TypeError: the Session cannot be pickled, or `stream` is asked for."""

    def __init__(self, session: _Session, kinds: Kinds, options: Keywords) -> None:
        super().__init__(session, kinds, options)
        if self.stream:
            raise TypeError(f"{_STREAM}: the connection stays there")
        self._session, self._digest = _pickled_session(session)

    def job(self, item: object, index: int) -> Job:
        """Return what is sent for an item, ready to travel; raises what preparing it raises, too."""
        job = super().job(item, index)
        if self.streams(job):
            raise TypeError(f"item {index}: {_STREAM}: the connection stays there")
        prepared, raises = job.prepared, job.arguments.get("raise_for_status")
        if prepared is None:
            prepared, raises = self._prepared(job)
            job.prepared = prepared
        keywords = self.settings(prepared, job.arguments)
        exchange = prepared._options
        given = {} if exchange is None else exchange.given
        if given.get("rate_limit"):
            raise TypeError(
                f"item {index}: rate_limit= would begin anew in another process with each item, and hold none up: give"
                " it to the Session, which each process keeps"
            )
        mocked = active.mocked
        refused = None if mocked is None else mocked.refusal(_PROCESS, str(prepared.url))
        try:
            job.packed = pickle.dumps((prepared, keywords, given, bool(raises), refused))
        except Exception as error:
            parts = {"its body": prepared.body, "its hooks": prepared.hooks, **keywords, **given}
            raise TypeError(f"item {index} cannot be sent to another process: {_culprit(parts, error)}") from error
        return job

    def _prepared(self, job: Job) -> tuple[_Request, object]:
        """Do here what `Session.request` does before it sends; returns also whether an error status is an error."""
        hooks = merge_hooks(job.arguments.get("hooks"), self.session.hooks)
        if hooks and "args" in hooks:
            job.arguments = keywords_hooked(job.arguments, hooks)
        said = {name: job.arguments[name] for name in _OF_REQUEST if name in job.arguments}
        try:
            prepared = self.session.prepare_request(self.request_class(**said))
        except RequestException as error:
            self.name_request(error, job)
            raise
        raises = job.arguments.get("raise_for_status")
        told = getattr(self.session, "_told_once", None)
        return prepared, (told is not None and told.raise_for_status) if raises is None else raises

    def work(self, job: Job) -> tuple[object, ...]:
        """Return the function that sends it there, and its arguments."""
        return send_here, self._digest, self._session, job.packed


_STREAM: Final = "stream=True cannot be had of an executor that is not known to use threads of this process"
_PROCESS: Final = "another process, in which an executor would send this and no mock is active,"
# Arguments of Session.request that a Request takes.
_OF_REQUEST: Final = (
    "method", "url", "headers", "files", "data", "params", "auth", "cookies", "hooks", "json",
)  # fmt: skip


def _pickled_session(session: _Session) -> tuple[bytes, bytes]:
    """Return a Session pickled, and its digest. TypeError names what cannot be pickled."""
    try:
        data = pickle.dumps(session)
    except Exception as error:
        adapters = {f"the adapter for {prefix!r}": adapter for prefix, adapter in session.adapters.items()}
        others = {f"Session.{name}": value for name, value in session.__getstate__().items() if name != "adapters"}
        raise TypeError(
            f"this Session cannot be sent to another process: {_culprit({**adapters, **others}, error)}"
        ) from error
    from hashlib import sha256

    return data, sha256(data).digest()


def _culprit(parts: Keywords, error: Exception) -> str:
    """Return which of the parts cannot be pickled, and why."""
    for name, value in parts.items():
        try:
            pickle.dumps(value)
        except Exception as why:
            return f"{name} ({type(value).__name__}) cannot be pickled: {why}"
    return f"it cannot be pickled: {error}"


def unpacked(came: tuple[_Response, list[Seen], bool]) -> _Response:
    """Return the outcome that came back, with what was seen of it. HTTPError: its status is to be one."""
    outcome, seen, raises = came
    if seen:
        for response, there in zip((outcome, *outcome.history), seen, strict=True):
            response._source = there
    return passed(outcome) if raises else outcome


# -- there -------------------------------------------------------------------------------------------------------------


def send_here(digest: bytes, session: bytes, packed: bytes) -> tuple[_Response, list[Seen], bool]:
    """Send a request in this process, by the Session of that digest; returns what travels back."""
    prepared, keywords, exchange, raises, refused = pickle.loads(packed)
    try:
        if refused is not None and active.mocked is None:
            raise refused  # a process that was forked may have the mock as well
        response = _session_of(digest, session).send(prepared, **keywords, **exchange)
    except Exception as error:
        return _fit_to_travel(error, prepared), [], False
    chain = (response, *response.history)
    return response, [Seen(each.timings, each.connection_info) for each in chain], raises


def _session_of(digest: bytes, data: bytes) -> _Session:
    """Return the Session of this process: unpickled when it is first needed, the longest unused one let go."""
    with _lock:
        session = _sessions.pop(digest, None)
        if session is None:
            session = pickle.loads(data)
        _sessions[digest] = session
        old = _sessions.pop(next(iter(_sessions))) if len(_sessions) > MAX_SESSIONS else None
    if old is not None:
        old.close()
    return session


def _fit_to_travel(error: Exception, prepared: object) -> Exception:
    """Return the exception, or where it cannot be pickled one that says the same."""
    if isinstance(error, RequestException) and error.request is None:
        error.request = prepared  # type: ignore[assignment]
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        kind = type(error) if isinstance(error, RequestException) else RuntimeError
        try:
            plain = kind(str(error))
        except Exception:
            plain = RuntimeError(f"{type(error).__name__}: {error}")
        if isinstance(plain, RequestException):
            plain.request = prepared  # type: ignore[assignment]
        return plain
    return error

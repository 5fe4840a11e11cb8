"""Downloads: a URL becomes a file, which is whole and verified or not there.

    downloaded = download("https://example.org/data.bin", "data.bin", progress=True)

Which bytes are asked for, what a response means and when to try again is decided in `client/download_plan`; the file is
written by `client/part_file`. Here requests are sent, pieces carried from the one to the other, and pauses made.
"""

from __future__ import annotations

import errno
import os
import time
from collections import namedtuple
from collections.abc import Mapping

from .client import download_plan as _plan
from .client import error_status as _error_status
from .client import file_names as _file_names
from .client import part_file as _part_file
from .client.failures import kind_of
from .client.options import CALL_NAMES, EXCHANGE_NAMES, REQUEST_NAMES, merge_setting, unknown
from .exceptions import ChecksumError, HTTPError, RequestException, StreamConsumedError
from .messages.preparing import url_text
from .models import PreparedRequest
from .sansio.http1.headers import text_of
from .sansio.timeouts import Timeouts, TimeoutsOfMany
from .sessions import Session
from .structures import CaseInsensitiveDict
from .urllib3_api.util import pausing as _pausing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Final, NamedTuple, TypeAlias

    from typing_extensions import Unpack

    from . import _types as _t
    from .models import Response
    from .sansio.timeouts import Deadline

    ProgressType: TypeAlias = Callable[[int, int | None], object]

    class Downloaded(NamedTuple):
        """What `download` returns."""

        path: Path
        size: int
        resumed_from: int
        response: Response
else:

    class Downloaded(namedtuple("Downloaded", "path size resumed_from response")):
        """What `download` returns.

        Attributes:
            path: where the file is, a `pathlib.Path`.
            size: its bytes.
            resumed_from: those of them that an earlier call had left.
            response: the last response.
        """

        __slots__ = ()


__all__ = ["Downloaded", "download"]

# Bytes read at once of a body that comes from another transport, which may take "as it comes" for "all of it".
_PIECE: Final = 64 * 1024


def download(
    url: _t.UriType,
    path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
    *,
    session: Session | None = None,
    resume: bool = True,
    overwrite: bool = False,
    checksum: str | None = None,
    progress: ProgressType | bool | None = None,
    decoded: bool | None = None,
    **kwargs: Unpack[_t.RequestKwargs],
) -> Downloaded:
    """Save what is at `url` to the file `path`, which is complete when it appears, and unchanged until then.

    It is written beside `path` as `<name>.part`. A download whose connection breaks is resumed, and so is a part
    that an earlier call has left: by Range and If-Range, and only if the rest belongs to the same file.

    Args:
        url: the URL.
        path: the file; or a directory, for the name from Content-Disposition or the URL, made safe.
        session: the Session whose `get` sends the requests; a new one by default.
        resume: whether a part that an earlier call has left is continued, and one is left for a later call.
        overwrite: whether a file at `path` is replaced.
        checksum: "sha256:", and the digits that the file must have; also sha512, sha1, md5, blake2b.
        progress: called with the bytes that are there, and those in all or None; True for a bar on standard error, on
            a terminal only.
        decoded: what is saved of a response that is coded although `identity` was asked for: True, what it decodes to;
            False, its bytes as they are sent; None, nothing, it is an error.
        kwargs: arguments of `Session.get`. `Timeouts(total=)` bounds the whole download.

    Returns:
        the path, the size in bytes, how many of them were there before, and the last response.

    Raises:
        FileExistsError: there is a file at `path`, and `overwrite` is not True.
        BlockingIOError: another download writes this file.
        OSError: the file cannot be written.
        HTTPError: the server has no such file.
        ChecksumError: the file is not the one that was expected; its part is removed.
        ContentDecodingError: the response is compressed, and `decoded` does not say what to do.
        RequestException: any other error of a request.
        TypeError, ValueError: an argument makes no sense; nothing was sent.
    """
    name = _checked_path(path)
    _check(session, kwargs, {"resume": resume, "overwrite": overwrite, "decoded": decoded, "progress": progress})
    expected = _plan.checksum_of(checksum)
    used = Session() if session is None else session
    try:
        work = _Download(used, url, kwargs, decoded, _Digest(expected))
        try:
            return work.run(name, resume, overwrite, progress)
        finally:
            work.bar_ends()
    finally:
        if session is None:
            used.close()


def _checked_path(path: object) -> str:
    """Return `path` as text. TypeError, ValueError, NotADirectoryError: it makes no sense."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        hint = "; a body is written to an open file by iter_content" if hasattr(path, "write") else ""
        raise TypeError(f"path takes the name of a file or a directory, not {kind_of(path)}{hint}")
    found: str = os.fsdecode(path)
    if found[:8].lower().startswith(("http://", "https://")):
        raise ValueError("path is a URL: the order is download(url, path)")
    if not found:
        raise ValueError("path is empty: it takes the name of a file or a directory")
    if not os.path.basename(found) and not os.path.isdir(found):
        raise NotADirectoryError(errno.ENOTDIR, "There is no such directory", found)
    return found


def _check(session: object, kwargs: _t.Keywords | _t.RequestKwargs, given: dict[str, object]) -> None:
    """TypeError, ValueError: an argument makes no sense."""
    if isinstance(session, type) or (session is not None and not callable(getattr(session, "request", None))):
        raise TypeError(f"session= takes a Session, not {kind_of(session)}")
    for name, value in given.items():
        is_good = isinstance(value, bool) or (name in ("decoded", "progress") and value is None)
        if not is_good and not (name == "progress" and callable(value)):
            takes = {
                "progress": "True, or a callable (bytes so far, bytes in all or None)",
                "decoded": "a bool or None",
            }
            raise TypeError(f"{name}= takes {takes.get(name, 'True or False')}, not {kind_of(value)}")
    known = tuple([option for option in (*REQUEST_NAMES, *CALL_NAMES, *EXCHANGE_NAMES) if option != "stream"])
    for name in kwargs:
        if name not in known and (session is None or type(session) is Session):
            raise unknown(name, "download()", ("session", "checksum", *given, *known))
    headers: object = kwargs.get("headers") or {}
    if not isinstance(headers, Mapping):
        raise TypeError(f"headers= takes a mapping of names to values, not {kind_of(headers)}")
    for field in map(text_of, headers):
        if field.lower() in ("range", "if-range"):
            raise ValueError(f"download() asks for ranges itself: there can be no {field} among headers=")


class _Digest:
    """The checksum of what is written, where one is expected."""

    def __init__(self, expected: tuple[str, str] | None) -> None:
        self._expected = expected
        self.begin()

    def begin(self) -> None:
        import hashlib

        self._state = None if self._expected is None else hashlib.new(self._expected[0], usedforsecurity=False)

    def add(self, piece: bytes) -> None:
        if self._state is not None:
            self._state.update(piece)

    def read(self, part: _part_file.Part) -> None:
        """Begin with what is in the part."""
        self.begin()
        if self._state is not None:
            for piece in part.pieces():
                self._state.update(piece)

    def check(self, response: Response) -> None:
        """ChecksumError: it is another one than was expected."""
        if self._state is None or self._expected is None:
            return
        algorithm, digits = self._expected
        actual = self._state.hexdigest()
        if actual != digits:
            raise ChecksumError(f"{algorithm}:{digits}", f"{algorithm}:{actual}", response=response)


class _Download:
    """One call of `download`."""

    def __init__(
        self, session: Session, url: _t.UriType, kwargs: _t.RequestKwargs, decoded: bool | None, digest: _Digest
    ) -> None:
        self._session = session
        self._url = url
        self._kwargs = kwargs
        self._digest = digest
        self._asked_url = _asked_url(session, url, kwargs.get("params"))
        self._plan = _plan.Plan(_plan.key_of(self._asked_url), decoded)
        self._tell: ProgressType | None = None
        self.bar_ends: Callable[[], object] = lambda: None
        limits = kwargs.get("timeout") or getattr(session, "timeout", None)
        self._deadline: Deadline | None = None
        self._limits: _t.Keywords = {}
        if isinstance(limits, Timeouts) and (deadline := limits.deadline(time.monotonic())) is not None:
            self._deadline, self._limits = deadline, {"timeout": TimeoutsOfMany(limits, deadline)}

    def run(self, path: str, resume: bool, overwrite: bool, progress: ProgressType | bool | None) -> Downloaded:
        response: Response | None = None
        verdict = ""
        if os.path.isdir(path):
            response, verdict = self._response()
            field = response.headers.get("Content-Disposition")
            path = os.path.join(path, _file_names.file_name(field, self._asked_url, response.url or ""))
        full = os.path.abspath(path)  # the working directory may be another one when it is renamed
        try:
            part = _part_file.Part(full, _plan.part_names(os.path.basename(path)), overwrite)
        except BaseException:
            if response is not None:
                response.close()
            raise
        try:
            if resume and self._continues(part, response):
                response = None
            self._begin_to_tell(progress, os.path.basename(path))
            response = self._save(part, response, verdict)
            part.finish()
        except BaseException as error:
            if response is not None:
                response.close()
            continued = resume and self._plan.notes is not None and not isinstance(error, ChecksumError)
            part.leave(continued or not self._plan.begun)  # what was not touched stays as it was
            raise
        return _downloaded(path, self._plan, response)

    def _continues(self, part: _part_file.Part, response: Response | None) -> bool:
        """Take note of what an earlier call has left; tell whether a response for everything is not needed then."""
        notes = _plan.notes_of(part.notes(_plan.MAX_NOTES_BYTES)) if part.size else None
        if response is None:
            self._plan.found(notes, part.size)
        elif self._plan.found_late(notes, part.size):
            response.close()
        if self._plan.done:
            self._digest.read(part)
        return self._plan.done > 0

    # -- one attempt after the other -----------------------------------------------------------------------

    def _save(self, part: _part_file.Part, response: Response | None, verdict: str) -> Response:
        """Bring all bytes into the part; `response` is the first, where there was one already."""
        while True:
            if response is None:
                response, verdict = self._response()
            try:
                error = self._write(part, response, verdict)
            finally:
                response.close()
            if error is None:
                self._digest.check(response)
                return response
            if not self._pauses(error):
                raise error
            response = None

    def _response(self) -> tuple[Response, str]:
        """Return the next response that brings bytes, and what it means."""
        while True:
            response: Response | None = None
            try:
                response = self._ask()
                verdict = self._plan.judge(response, time.time())
            except BaseException as error:
                if response is not None:
                    if isinstance(error, HTTPError):
                        _error_status.keep_body(response)
                    response.close()
                if not isinstance(error, RequestException) or not self._pauses(error):
                    raise
                continue
            if verdict != _plan.AGAIN:
                return response, verdict
            response.close()

    def _ask(self) -> Response:
        kwargs: _t.Keywords = {**self._kwargs, **self._limits}
        kwargs["headers"] = CaseInsensitiveDict(kwargs.get("headers") or {})
        kwargs["headers"].update(self._plan.fields())
        try:
            return self._session.get(self._url, stream=True, **kwargs)
        except HTTPError as error:
            # Of a session, or a hook, that raises for every error status: this one may say that all is there.
            if error.response is None or error.response.status_code != 416:
                raise
            return error.response

    def _pauses(self, error: RequestException) -> bool:
        """Wait before the next attempt. False: there is none."""
        seconds = self._plan.pause(error)
        if seconds is None or (self._deadline is not None and self._deadline.remaining(time.monotonic()) <= seconds):
            return False
        _pausing.pause(seconds)
        return True

    def _write(self, part: _part_file.Part, response: Response, verdict: str) -> RequestException | None:
        """Write what a response brings behind what is there; return what ended it too early."""
        plan, digest = self._plan, self._digest
        if verdict == _plan.COMPLETE:
            plan.ended()
            self._say()
            return None
        if verdict == _plan.ANEW:
            part.begin(None if plan.notes is None else plan.notes.written())
            digest.begin()
        else:
            part.go_on(plan.done)
        pieces = _pieces(response, plan.coded)
        while True:
            self._say()
            try:
                piece = next(pieces, b"")
                plan.received(len(piece))
                if not piece:
                    plan.ended()
            except RequestException as error:
                return error
            if not piece:
                self._say()
                return None
            part.write(piece)
            digest.add(piece)

    # -- telling -------------------------------------------------------------------------------------------

    def _begin_to_tell(self, progress: ProgressType | bool | None, name: str) -> None:
        if progress is True:
            from .client.progress import Bar

            bar = Bar(self._plan.resumed_from, name)
            self._tell, self.bar_ends = bar, bar.close
        elif progress:
            self._tell = progress

    def _say(self) -> None:
        if self._tell is not None:
            self._tell(self._plan.done, self._plan.total)


def _downloaded(path: str, plan: _plan.Plan, response: Response) -> Downloaded:
    from pathlib import Path

    return Downloaded(Path(path), plan.done, plan.resumed_from, response)


def _asked_url(session: Session, url: _t.UriType, params: _t.ParamsType) -> str:
    """Return the URL that is asked for, as far as it can be known before it is."""
    told = getattr(session, "_told_once", None)
    prepared = PreparedRequest()
    try:
        whole = url if told is None else told.whole(url)
        prepared.prepare_url(whole, merge_setting(params, getattr(session, "params", None)))
    except (RequestException, TypeError, ValueError):
        return url_text(url)  # of a session that makes something else of it; or the request will say what is wrong
    return prepared.url or url_text(url)


def _pieces(response: Response, coded: bool) -> Iterator[bytes]:
    """Yield a body as it arrives; with its content coding where it is saved `coded`.

    Raises:
        StreamConsumedError: a hook has read some of it, or has had it decoded where it is saved as it was sent.
    """
    ours = getattr(response, "_reads_whole", bool)()
    if response._content is False and ours and (response._content_consumed or response.raw.tell()):
        raise StreamConsumedError()
    if coded and response._content is not False:
        raise StreamConsumedError()
    if ours and response._content is False:
        return response._received(None, not coded, not coded)
    return response._received(_PIECE, False, False) if coded else response.iter_content(_PIECE)

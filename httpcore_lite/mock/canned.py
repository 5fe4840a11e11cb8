"""Canned responses: what each is registered for, and what it says.

`Response` says always the same, `CallbackResponse` asks a function, `PassthroughResponse` lets requests through. What
they say is a `Reply`, which is written to the wire by h11 (`sansio/http1/responder`), faults included.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from re import Pattern
from threading import RLock

from ..client.mock_rules import fits_method, fits_url, normal_url, parts_of
from ..sansio import Value
from ..sansio.http1.headers import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Final, Literal, TypeAlias, TypedDict

    from typing_extensions import Unpack

    from ..client.mock_rules import Verdict
    from .matchers import Matcher, SentRequest
    from .record import CallList

    # What a program gives in one of many forms, which are told apart here.
    _Given: TypeAlias = Any
    #: Header fields as a mapping, or as pairs where a name comes more than once.
    HeadersType: TypeAlias = Mapping[str, object] | Iterable[tuple[str, object]] | None
    #: Text, bytes, a file, an iterable of pieces, or the error that is raised.
    BodyType: TypeAlias = _Given
    FaultType: TypeAlias = Literal["refused", "dns", "connect timeout", "read timeout", "reset", "truncated", "tls"]
    #: (status, headers, body), or an error.
    CallbackType: TypeAlias = Callable[[SentRequest], "tuple[int, HeadersType, BodyType] | Exception"]

    class MatchKwargs(TypedDict, total=False):
        """Keywords of every canned response: which requests it is for."""

        match: Iterable[Matcher]
        match_querystring: bool | None
        passthrough: bool

    class ResponseKwargs(MatchKwargs, total=False):
        """Keywords of `Response`: what it says."""

        json: object
        status: int
        headers: HeadersType
        stream: bool | None
        content_type: str | None
        auto_calculate_content_length: bool
        fault: FaultType | None
        raw: bytes | None


#: What `fault=` takes.
FAULTS: Final = ("refused", "dns", "connect timeout", "read timeout", "reset", "truncated", "tls")
#: What is said of the fault "tls" where it makes no sense.
NO_TLS: Final = "fault='tls' is for https:// URLs: there is no TLS on the way to this one"
# In the place of what was not given, where None means something.
_UNSET: Final[_Given] = object()
_OF_FAULTS: Final = ("truncated",)


class Reply(Value):
    """What a canned response says to one request."""

    status: int = 200
    reason: str | None = None
    fields: tuple[tuple[str, object], ...] = ()
    #: Bytes, or what gives them piece by piece.
    body: bytes | Iterable[bytes] = b""
    #: Bytes for the wire in the place of all this.
    raw: bytes | None = None
    fault: str | None = None
    #: Raised in the place of a response.
    error: Exception | None = None


class BaseResponse:
    """What is registered for a method and a URL.

    Args:
        method: of the requests that are meant.
        url: theirs, as text or as a compiled pattern for its beginning. The query counts where this one has a query.
        match_querystring: whether the query counts; deprecated, `matchers.query_param_matcher` says it better.
        match: matchers (`mock/matchers.py`), all of which have to fit.
        passthrough: whether such requests are sent as if there were no mock.

    Raises:
        TypeError: an argument is no such thing.
    """

    passthrough: bool = False

    def __init__(
        self,
        method: str,
        url: str | Pattern[str],
        match_querystring: bool | None = None,
        match: Iterable[Matcher] = (),
        *,
        passthrough: bool = False,
    ) -> None:
        from .record import CallList

        _check_target(method, url)
        if match_querystring is not None:
            _deprecated("match_querystring", "match=[matchers.query_param_matcher(...)]")
        self.method: str = method
        self.url: str | Pattern[str] = normal_url(url) if isinstance(url, str) else url
        self.match_querystring: bool = (
            bool(isinstance(self.url, str) and parts_of(self.url)[1])
            if match_querystring is None
            else match_querystring
        )
        self.match: tuple[Matcher, ...] = _matchers(match)
        self.passthrough = passthrough
        self._calls: CallList = CallList()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BaseResponse) and (self.method, self.url) == (other.method, other.url)

    def __hash__(self) -> int:
        return hash((self.method, self.url))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.method} {self.url})>"

    @property
    def calls(self) -> CallList:
        """The calls that it served."""
        return self._calls

    @property
    def call_count(self) -> int:
        """How many calls it served."""
        return len(self._calls)

    def matches(self, request: SentRequest) -> Verdict:
        """Tell whether a request is meant: (True, ""), or (False, the first rule that failed, and how)."""
        return next(((fits, reason) for fits, reason in self.verdicts(request) if not fits), (True, ""))

    def verdicts(self, request: SentRequest) -> Iterator[Verdict]:
        """Yield what each rule says of a request: method and URL, then matchers up to the first that does not fit."""
        by_method = fits_method(self.method, str(request.method))
        by_url = fits_url(self.url, str(request.url), self.match_querystring)
        yield by_method
        yield by_url
        # A matcher may rely on the method, the URL and the matchers before it: it is not asked where they do not fit.
        for matcher in self.match if by_method[0] and by_url[0] else ():
            said: object = matcher(request)
            if not isinstance(said, tuple) or len(said) != 2:
                name = getattr(matcher, "__qualname__", repr(matcher))
                raise TypeError(f"the matcher {name} has to return (whether it fits, the reason), not {said!r:.100}")
            yield bool(said[0]), str(said[1])
            if not said[0]:
                return

    def get_response(self, request: SentRequest) -> Reply:
        """Return what is said to a request; what a subclass does."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it responds")


class Response(BaseResponse):
    """The same to every request that is meant.

    Args:
        method, url, match, match_querystring, passthrough: as of BaseResponse.
        body: text, bytes, a file, an iterable of pieces; or an error, which is raised as it is.
        json: the body as anything that JSON can say.
        status: 200 to 999.
        headers: a mapping, or pairs.
        stream: without effect, deprecated.
        content_type: None for none; by default that of JSON, or "text/plain".
        auto_calculate_content_length: whether headers say how long the body is; what is sent says so in any case,
            where that is known.
        fault: what happens in the place of a response: "refused", "dns", "connect timeout", "read timeout", "reset",
            "tls"; or to it: "truncated".
        raw: bytes for the wire, as they are, in the place of all this.

    Raises:
        TypeError, ValueError: an argument is no such thing, or does not go with another.
    """

    def __init__(
        self,
        method: str,
        url: str | Pattern[str],
        body: BodyType = "",
        json: object = None,
        status: int = 200,
        headers: HeadersType = None,
        stream: bool | None = None,
        content_type: str | None = _UNSET,
        auto_calculate_content_length: bool = False,
        *,
        fault: FaultType | None = None,
        raw: bytes | None = None,
        **kwargs: Unpack[MatchKwargs],
    ) -> None:
        super().__init__(method, url, **kwargs)
        if stream is not None:
            _deprecated("stream", "stream= of the request")
        if json is not None:
            if not _is_blank(body):
                raise TypeError("a canned response takes body= or json=, not both")
            import json as codec

            body = codec.dumps(json)
            content_type = "application/json" if content_type is _UNSET else content_type
        elif content_type is _UNSET:
            content_type = "text/plain; charset=utf-8" if isinstance(body, str) and not body.isascii() else "text/plain"
        _check_fault(fault, raw, self.url, body, status)
        if isinstance(headers, Iterator):
            headers = list(headers)  # for each time
        fields_of(headers, None)
        if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 999:
            raise ValueError(f"status= takes a number from 200 to 999, not {status!r:.50}; raw= takes any bytes")
        self.body: BodyType = body
        self.status: int = status
        self.headers: HeadersType = headers
        self.content_type: str | None = content_type
        self.auto_calculate_content_length: bool = auto_calculate_content_length
        self.fault: FaultType | None = fault
        self.raw: bytes | None = raw
        # At once: what is registered twice, and threads that ask for it first, share what a file or an iterator gives.
        once = hasattr(body, "read") or isinstance(body, Iterator)
        self._kept: tuple[object, Repeated] | None = (body, Repeated(body)) if once else None

    def __repr__(self) -> str:
        import json

        headers = json.dumps(dict(self.headers) if self.headers is not None else None, default=str)
        fault = f" fault={self.fault!r}" if self.fault else ""
        return (
            f"<Response(url='{self.url if isinstance(self.url, str) else self.url.pattern}' status={self.status} "
            f"content_type={self.content_type!r} headers='{headers}'{fault})>"
        )

    def get_response(self, request: SentRequest) -> Reply:
        """Return what is said to a request. TypeError: the body is nothing that can be sent."""
        if self.raw is not None or (self.fault is not None and self.fault not in _OF_FAULTS):
            return Reply(raw=self.raw, fault=self.fault)
        if (error := error_of(self.body)) is not None:
            return Reply(error=error)
        body: bytes | Iterable[bytes] | None = content_of(self.body)
        if body is None:
            # A file begins at its beginning each time, and what an iterator gave is kept for the next time.
            if self._kept is None or self._kept[0] is not self.body:
                self._kept = self.body, Repeated(self.body)
            body = self._kept[1]
        fields = fields_of(self.headers, self.content_type)
        return Reply(self.status, reason_of(self.status), fields, body, fault=self.fault)


class CallbackResponse(BaseResponse):
    """What a function says: it is called with the request, and returns (status, headers, body), or an error.

    `content_type` counts where the headers have none.
    """

    def __init__(
        self,
        method: str,
        url: str | Pattern[str],
        callback: CallbackType,
        stream: bool | None = None,
        content_type: str | None = "text/plain",
        **kwargs: Unpack[MatchKwargs],
    ) -> None:
        super().__init__(method, url, **kwargs)
        if stream is not None:
            _deprecated("stream", "stream= of the request")
        if not callable(callback):
            raise TypeError(f"callback= takes a function of the request, not {callback!r:.50}")
        self.callback: CallbackType = callback
        self.content_type: str | None = content_type

    def get_response(self, request: SentRequest) -> Reply:
        """Call the function. TypeError: it returned something else."""
        said: _Given = self.callback(request)
        if isinstance(said, Exception):
            return Reply(error=said)
        if not isinstance(said, tuple) or len(said) != 3:
            name = getattr(self.callback, "__qualname__", repr(self.callback))
            raise TypeError(f"the callback {name} has to return (status, headers, body), not {said!r:.100}")
        status, headers, given = said
        if (error := error_of(given)) is not None:
            return Reply(error=error)
        if not isinstance(status, int) or not 200 <= status <= 999:
            raise ValueError(f"the status that a callback returns is a number from 200 to 999, not {status!r:.50}")
        body = content_of(given)
        fields = fields_of(headers, self.content_type)
        if body is None:
            return Reply(status, reason_of(status), fields, (_piece(each) for each in _pieces_of(given)))
        return Reply(status, reason_of(status), fields, body)


class PassthroughResponse(BaseResponse):
    """Lets the requests that are meant through, to be sent as if there were no mock."""

    def __init__(self, method: str, url: str | Pattern[str], **kwargs: Unpack[MatchKwargs]) -> None:
        kwargs["passthrough"] = True
        super().__init__(method, url, **kwargs)


# -- what is checked when it is given ------------------------------------------------------------------------------


def _deprecated(name: str, instead: str) -> None:
    # Of what is outside of this folder, however many steps of ours there are.
    level, frame = 3, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_back.f_globals.get("__package__")) == __package__:
        level, frame = level + 1, frame.f_back
    warnings.warn(f"{name}= of a canned response is deprecated: say {instead}", DeprecationWarning, stacklevel=level)


def _check_target(method: object, url: object) -> None:
    if not isinstance(method, str):
        raise TypeError(f"the method of a canned response is text, as 'GET', not {method!r:.50}")
    if not isinstance(url.pattern if isinstance(url, Pattern) else url, str):
        raise TypeError(f"url= takes text or a compiled pattern of text, not {url!r:.50}")


def _matchers(given: Iterable[Matcher]) -> tuple[Matcher, ...]:
    if callable(given):
        raise TypeError("match= takes a list of matchers: match=[matcher], not the matcher itself")
    found = tuple(given)
    for each in found:
        if not callable(each):
            raise TypeError(f"match= takes functions of the request, not {each!r:.50}")
    return found


def _is_blank(body: object) -> bool:
    return body is None or (isinstance(body, str) and not body)


def _check_fault(fault: object, raw: object, url: object, body: object, status: int) -> None:
    """Refuse a fault that there is not, and what does not go together."""
    if fault is not None and fault not in FAULTS:
        from difflib import get_close_matches

        close = get_close_matches(str(fault), FAULTS, 1)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"fault= takes one of {', '.join(map(repr, FAULTS))}, not {fault!r:.50}.{meant}")
    if raw is not None and not isinstance(raw, bytes):
        raise TypeError(f"raw= takes bytes, as b'HTTP/1.1 200 OK\\r\\n...', not {raw!r:.50}")
    has_response = not _is_blank(body) or status != 200
    if raw is not None and (fault is not None or has_response):
        raise ValueError("raw= is all that is sent: it goes with no status=, body=, json= or fault=")
    if fault is not None and fault not in _OF_FAULTS and has_response:
        raise ValueError(f"fault={fault!r} takes the place of a response: it goes with no status=, body= or json=")
    if fault == "tls" and isinstance(url, str) and url.startswith("http:"):
        raise ValueError(NO_TLS)


# -- what is said --------------------------------------------------------------------------------------------------


def reason_of(status: int) -> str | None:
    """Return the reason phrase of a status, None where it has none."""
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return None


def fields_of(headers: HeadersType, content_type: str | None) -> tuple[tuple[str, object], ...]:
    """Return header fields as pairs, the type of the content among them."""
    given: _Given = headers or ()
    pairs = given.items() if hasattr(given, "items") else given
    try:
        if isinstance(given, (str, bytes)):
            raise TypeError
        fields = [(text_of(name), value) for name, value in pairs if value is not None]
    except (TypeError, ValueError):
        raise TypeError(f"headers= takes a mapping, or pairs of name and value, not {given!r:.100}") from None
    if content_type is not None and not any(name.lower() == "content-type" for name, _ in fields):
        fields.insert(0, ("Content-Type", content_type))
    return tuple(fields)


def error_of(body: object) -> Exception | None:
    """Return the error that a body is, if it is one, or a class of them."""
    if isinstance(body, type) and issubclass(body, Exception):
        return body()
    return body if isinstance(body, Exception) else None


def content_of(body: BodyType) -> bytes | None:
    """Return a body as bytes; None for what gives them piece by piece. TypeError: it is neither."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    if isinstance(body, dict) or not (hasattr(body, "read") or hasattr(body, "__iter__")):
        help_ = ": json= takes it" if isinstance(body, (dict, int, float)) else ""
        raise TypeError(
            f"body= takes text, bytes, a file, an iterable of bytes or an error, not a {type(body).__name__}{help_}"
        )
    return None


#: How much of a file is read at once, in bytes.
PIECE: Final = 64 * 1024


class Repeated:
    """The pieces of a file or an iterable, which can be had more than once: a file from where it stood at first."""

    def __init__(self, source: _Given) -> None:
        self._start: int | None = None
        if hasattr(source, "read"):
            try:
                start = source.tell()
                source.seek(start)
                self._start = start
            except (AttributeError, OSError):
                pass
        self._source = source
        # What an iterator gave so far; an error of its own is the last.
        self._kept: list[bytes | Exception] = []
        self._rest: Iterator[object] | None = None
        # The same thread may come again: an iterator may make requests.
        self._lock = RLock()

    def __iter__(self) -> Iterator[bytes]:
        if self._start is not None:
            yield from map(_piece, self._read_from(self._start))
            return
        taken = 0
        while True:
            with self._lock:
                if taken == len(self._kept) and not self._take():
                    return
            piece = self._kept[taken]
            if isinstance(piece, Exception):
                raise piece
            yield piece
            taken += 1

    def _read_from(self, place: int) -> Iterator[object]:
        while True:
            with self._lock:  # others may be in the middle of it
                self._source.seek(place)
                piece = self._source.read(PIECE)
                place = self._source.tell()
            if not piece:
                return
            yield piece

    def _take(self) -> bool:
        """Keep the next piece of an iterator; false where there is none."""
        if self._rest is None:
            self._rest = _pieces_of(self._source)
        try:
            piece = next(self._rest, None)
            if piece is not None:
                self._kept.append(_piece(piece))
        except Exception as error:
            self._kept.append(error)
            return True
        return piece is not None


def _pieces_of(source: _Given) -> Iterator[object]:
    if hasattr(source, "read"):
        while piece := source.read(PIECE):
            yield piece
    else:
        yield from source


def _piece(piece: object) -> bytes:
    if isinstance(piece, str):
        return piece.encode("utf-8")
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    raise TypeError(f"the pieces of a canned body are bytes or text, not {piece!r:.50}")

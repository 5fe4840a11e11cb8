"""What can go wrong, in the words of requests.

    RequestException (an OSError)
     ├── ConnectionError ── ProxyError, SSLError
     │    ├── ConnectTimeout, WriteTimeout, PoolTimeout (each also a Timeout)
     ├── Timeout ── ReadTimeout
     ├── HTTPError, TooManyRedirects, RetryError, RateLimited, UnrewindableBodyError, URLRequired, NotAnEventStream
     ├── InvalidURL ── InvalidProxyURL;  MissingSchema, InvalidSchema, InvalidHeader, InvalidBody (all also ValueErrors)
     ├── InvalidJSONError ── JSONDecodeError (also the json module's)
     ├── ChunkedEncodingError, ContentDecodingError ── ResponseTooLarge;  ChecksumError
     └── StreamConsumedError (also a TypeError)

The lower floor raises the errors of `sansio/errors.py`; a connection pool that a program brought along raises
those of its urllib3. `client/failures.py` turns both into the classes above.

1. `str(error)` is the text of requests and nothing more. What was tried, and what helps, is `error.explanation`; from
   Python 3.11 on it is also the first of the error's notes, which tracebacks show on a line of its own.
2. It is made when it is read, by what the raising room has left in `_explain`: an error that is caught and forgotten
   costs nothing.
3. Classes that requests does not have carry the explanation in their text, and no note.

PoolTimeout, WriteTimeout, RateLimited, ResponseTooLarge, NotAnEventStream and ChecksumError are ours; requests has no
name for what they say, and a program that catches its classes catches them.
"""

from __future__ import annotations

import sys

from ._internal_utils import lazy_names, load
from .sansio.errors import TransportError as _TransportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from json import JSONDecodeError as _JSONDecodeError
    from typing import Any

    from ._types import PreparedRequest, Request, Response

    CompatJSONDecodeError = _JSONDecodeError

BaseHTTPError = _TransportError


class RequestException(IOError):
    """Root of the tree: a request was not answered as it should have been.

    Args:
        args: what an OSError takes; usually one thing, a text or the error underneath.
        response: keyword only: the response in question, if there is one.
        request: keyword only: the request in question. Left out, it is the response's.
    """

    if TYPE_CHECKING:
        response: Response | None
        request: Request | PreparedRequest | None
        _body_of: object
        _explain: Callable[..., str] | None

    # What makes the `explanation`, called with the error (of the response `_body_of`, where it is about its JSON); or
    # the words themselves, where they are known when the error is made, or travelled with a pickled one.
    _explain = None
    _words: str | None = None
    _body_of = None
    _seconds: float | None = None
    # Rule 3.
    _tells_all: bool = False

    def __init__(self, *args: object, **kwargs: Any) -> None:
        self.response = kwargs.pop("response", None)
        self.request = kwargs.pop("request", None)
        if self.response is not None and not self.request:
            self.request = getattr(self.response, "request", self.request)
        super().__init__(*args, **kwargs)

    @property
    def explanation(self) -> str:
        """What helps, and what was tried: one line of at most 200 characters without secrets, "" if there is none."""
        if self._words is not None:
            return self._words
        return "" if self._explain is None else self._explain(self)

    @explanation.setter
    def explanation(self, words: str) -> None:
        self._words = words

    if sys.version_info >= (3, 11):

        @property
        def __notes__(self) -> list[str]:
            """The explanation, and what `add_note` has added; there is no such attribute where both are missing."""
            notes: list[str] | None = self.__dict__.get("_notes")
            if notes is None:
                words = "" if self._tells_all else self.explanation
                if not words:
                    raise AttributeError(f"{type(self).__name__!r} object has no attribute '__notes__'")
                # Kept, because `add_note` appends to the list that it finds.
                notes = self.__dict__.setdefault("_notes", [words])
            return notes

        @__notes__.setter
        def __notes__(self, notes: list[str]) -> None:
            self.__dict__["_notes"] = notes

        @__notes__.deleter
        def __notes__(self) -> None:
            self.__dict__["_notes"] = []

    def __str__(self) -> str:
        text = super().__str__()
        if not self._tells_all or not (words := self.explanation):
            return text
        return f"{text.rstrip('.')}. {words}"

    def __reduce__(self) -> tuple[object, ...]:
        # The causes that the explanation is read from do not travel.
        made: list[object] = list(super().__reduce__())
        if self._explain is not None:
            made[2] = {**self.__dict__, "_words": self.explanation, "_explain": None}
        return tuple(made)


def explained(error: RequestException, words: str) -> RequestException:
    """Return `error` with its explanation."""
    error._words = words
    return error


# -- the exchange ------------------------------------------------------------------------------------------------


class HTTPError(RequestException):
    """The server answered with a status that means failure."""


class ConnectionError(RequestException):  # noqa: A001 - the name is requests'
    """There was no connection, or it broke."""


class ProxyError(ConnectionError):
    """A proxy could not be reached, refused, or made no sense."""


class SSLError(ConnectionError):
    """TLS failed: an unknown or wrong certificate, no common version, a broken stream."""


class Timeout(RequestException):
    """Something took longer than it was given."""


class ConnectTimeout(ConnectionError, Timeout):
    """No connection was made in time. Nothing was sent, so it is safe to try again."""


class ReadTimeout(Timeout):
    """The server sent nothing in the time given, or the whole exchange ran out of time."""


class WriteTimeout(ConnectionError, Timeout):
    """The server took none of the request's bytes in the time given."""

    _tells_all = True


class PoolTimeout(ConnectionError, Timeout):
    """All connections of a blocking pool stayed in use for the time given. Nothing was sent."""

    _tells_all = True


class TooManyRedirects(RequestException):
    """More redirects than the session allows."""


class RetryError(RequestException):
    """The server's responses used up all attempts."""


class NotAnEventStream(RequestException):
    """The response is none of events: its Content-Type is another one. Raised by `Session.events`."""

    _tells_all = True


class RateLimited(RequestException):
    """The server asked for a longer pause than a `RateLimit` waits for. Nothing was sent.

    Args:
        args: the text.
        origin: keyword only: scheme, host and port of that server.
        seconds: keyword only: of the pause, those that are left.
        kwargs: those of RequestException.
    """

    _tells_all = True

    def __init__(self, *args: object, origin: str = "", seconds: float = 0.0, **kwargs: Any) -> None:
        self.origin: str = origin
        self.seconds: float = seconds
        super().__init__(*args, **kwargs)


class UnrewindableBodyError(RequestException):
    """The body had to be sent once more, but cannot be read from its start again."""


# -- what the program asked for ----------------------------------------------------------------------------------


class URLRequired(RequestException):
    """There is no URL."""


class MissingSchema(RequestException, ValueError):
    """The URL does not say http or https."""


class InvalidSchema(RequestException, ValueError):
    """No adapter is mounted for this URL, or its scheme is unknown."""


class InvalidURL(RequestException, ValueError):
    """The URL makes no sense."""


class InvalidProxyURL(InvalidURL):
    """The proxy's URL makes no sense."""


class InvalidHeader(RequestException, ValueError):
    """A header's name or value cannot be sent."""


class InvalidBody(RequestException, ValueError):
    """The request's body cannot be sent: it holds text that has no bytes, a lone surrogate."""


class StreamConsumedError(RequestException, TypeError):
    """The body was read already, and was not kept."""

    _words = "The body was read as a stream already, and was not kept: read it once, or ask without stream=True"


# -- the body ----------------------------------------------------------------------------------------------------


class InvalidJSONError(RequestException):
    """Something is no JSON."""


class ChunkedEncodingError(RequestException):
    """The body broke off, or its framing is wrong."""


class ContentDecodingError(RequestException, BaseHTTPError):
    """The body does not match its Content-Encoding.

    In requests it is an error of urllib3 as well; here that is so where urllib3 is loaded.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        theirs: Any = sys.modules.get("urllib3.exceptions")
        # Where there is no urllib3, our own module may stand under that name; another thread may still load it.
        base = getattr(theirs, "HTTPError", ContentDecodingError)
        if getattr(theirs, "__name__", "") == "urllib3.exceptions" and not isinstance(self, base):
            # The class itself is changed: programs compare `type(error)` with it, and ask `issubclass`.
            ContentDecodingError.__bases__ = (*ContentDecodingError.__bases__, base)


class ResponseTooLarge(ContentDecodingError):
    """The decoded body is larger, or inflates further, than the program allows."""

    _tells_all = True


class ChecksumError(RequestException):
    """A file that was downloaded is not the one that was expected.

    Args:
        expected: the checksum that was given, "algorithm:digits".
        actual: that of what came.
    """

    _tells_all = True

    def __init__(self, expected: str = "", actual: str = "", **kwargs: Any) -> None:
        self.expected, self.actual = expected, actual
        super().__init__(f"The file has the checksum {actual}, not {expected} as was expected", **kwargs)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.expected, self.actual), {**self.__dict__}


# -- warnings ----------------------------------------------------------------------------------------------------


class RequestsWarning(Warning):
    """Root of the warnings."""


class FileModeWarning(RequestsWarning, DeprecationWarning):
    """A file was opened as text, and its length in bytes was asked for."""


class RequestsDependencyWarning(RequestsWarning):
    """An optional package has a version that was never tried."""


# -- JSONDecodeError, built when it is first named ------------------------------------------------------------------


def _build_json_error(name: str) -> object:
    """Make `JSONDecodeError`, which must derive from the json module's class and therefore needs that module."""
    base: Any = load(".compat").JSONDecodeError

    class JSONDecodeError(InvalidJSONError, base):  # type: ignore[misc]
        """The body is no JSON. It has the attributes of json.JSONDecodeError: msg, doc, pos, lineno, colno."""

        __qualname__ = "JSONDecodeError"

        def __init__(self, *args: object, **kwargs: object) -> None:
            # The json class builds a message out of its three arguments; the OSError must get that message only, or
            # it would take the first two arguments for an error number and its text.
            base.__init__(self, *args)
            InvalidJSONError.__init__(self, *self.args, **kwargs)

        def _in_line(self, number: int) -> None:
            """Say in which line of the body `doc` stands."""
            self.lineno = number
            self.args = (f"{self.msg}: line {number} column {self.colno} (char {self.pos})",)

        def __reduce__(self) -> tuple[object, ...]:
            # OSError's way would pass on the message alone.
            kind, args, *_ = base.__reduce__(self)
            state = {"_words": self.explanation, **({"_notes": self._notes} if "_notes" in vars(self) else {})}
            return kind, args, {**state, "lineno": self.lineno, "args": self.args}

    return JSONDecodeError


if TYPE_CHECKING:

    class JSONDecodeError(InvalidJSONError, CompatJSONDecodeError):
        """The body is no JSON."""

        def __init__(self, *args: object, **kwargs: object) -> None: ...
        def _in_line(self, number: int) -> None: ...


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {".compat": "CompatJSONDecodeError=JSONDecodeError", "typing": "Any"},
        {"JSONDecodeError": _build_json_error},
    )
    # Of `import *`: the classes, those among them that are built when they are first named.
    __all__ = [
        *[name for name, value in globals().items() if isinstance(value, type)],
        "JSONDecodeError",
        "CompatJSONDecodeError",
    ]

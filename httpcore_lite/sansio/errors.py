"""One tree of everything that can go wrong on the wire.

The class names and constructor arguments are the ones that `urllib3.exceptions` made common: programs catch
and build them by name, and the table in `httpcore_lite.exceptions` that turns them into the classes of
`requests` finds them by name, so that it serves an installed urllib3's errors as well.

    TransportError
     ├── PoolError ── RequestError ── MaxRetryError, HostChangedError, ReadTimeoutError (also a timeout)
     │    └── EmptyPoolError
     ├── TimeoutError ── ReadTimeoutError, WriteTimeoutError, ConnectTimeoutError ── NewConnectionError ── ...
     ├── RequestCancelled
     ├── SSLError, ProxyError, InvalidHeader, InvalidBody, UnrewindableBodyError, ResponseError
     ├── DecodeError ── ResponseTooLarge
     ├── ProtocolError ── IncompleteRead, InvalidChunkLength, HeadError, ResponseNotChunked
     └── LocationValueError ── LocationParseError, URLSchemeUnknown ── ProxySchemeUnknown

Every error may carry what was attempted: `method`, `host`, `port`, `phase` (one of "limit", "queue", "dns",
"connect", "tls", "proxy", "send", "wait", "receive", "total") and `seconds` (how long that phase was given).
They are None where the room that raised it did not know. `addresses` are those that a connection was tried to.

What only programs raise, or only urllib3's own parts, is in `urllib3_api/exceptions.py`.

This module imports nothing when it is loaded, so that any room of either floor may import it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    _Error = TypeVar("_Error", bound=BaseException)


class TransportError(Exception):
    """Root of the tree (urllib3's name for it is HTTPError)."""

    method: str | None = None
    host: str | None = None
    port: int | None = None
    addresses: tuple[str, ...] = ()
    phase: str | None = None
    seconds: float | None = None


class TransportWarning(Warning):
    """Root of the warnings (urllib3's name for it is HTTPWarning)."""


def twin_of(error: _Error) -> _Error:
    """Return an error like `error`, to be raised again later: class, arguments, attributes and causes are the same.

    It has no traceback. What is kept for later must not keep the frames alive in which the first one was raised, and
    with them the bodies that they hold.
    """
    kind = type(error)
    try:
        # A class of Python's own may keep its arguments outside of `args`; any other may want more than those.
        twin = kind(*error.args) if kind.__module__ == "builtins" else kind.__new__(kind, *error.args)
    except Exception:
        return error
    twin.__dict__.update({name: _twin_if_error(value) for name, value in vars(error).items()})
    twin.args = tuple([_twin_if_error(value) for value in error.args])
    twin.__cause__ = _twin_if_error(error.__cause__)
    twin.__suppress_context__ = error.__suppress_context__
    return twin


def _twin_if_error(value: object) -> Any:
    return twin_of(value) if isinstance(value, BaseException) else value


# -- pools ---------------------------------------------------------------------------------------------------


class PoolError(TransportError):
    """Something went wrong in, or on behalf of, a connection pool.

    `pool` is the pool as programs know it, or None after pickling: pools do not travel between processes.
    """

    def __init__(self, pool: object, message: str) -> None:
        self.pool = pool
        self._message = message
        super().__init__(f"{pool}: {message}" if pool is not None else message)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (None, self._message)


class RequestError(PoolError):
    """A pool's error that belongs to the request for one `url`."""

    def __init__(self, pool: object, url: str | None, message: str) -> None:
        self.url = url
        super().__init__(pool, message)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (None, self.url, self._message)


class MaxRetryError(RequestError):
    """No attempt is left; `reason` is what ended the last one."""

    def __init__(self, pool: object, url: str | None, reason: BaseException | None = None) -> None:
        from .redaction import masked_target

        self.reason = reason
        # Programs look for these words in the text, so they are kept although there may have been one try only.
        shown = url if url is None else masked_target(url)
        super().__init__(pool, url, f"Max retries exceeded with url: {shown} (Caused by {reason!r})")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (None, self.url, self.reason)


class HostChangedError(RequestError):
    """A pool for one host was asked for a URL on another."""

    def __init__(self, pool: object, url: str, retries: object = 3) -> None:
        from .redaction import masked_target

        self.retries = retries
        super().__init__(pool, url, f"this pool serves another host than the one of {masked_target(url)}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (None, self.url, self.retries)


class EmptyPoolError(PoolError):
    """No connection became free within the time that the caller would wait."""

    phase: str | None = "queue"


class RequestCancelled(TransportError):
    """Another thread has no use for the response any more, so the wait for it was ended (`Session.map`)."""


# -- time ----------------------------------------------------------------------------------------------------


class TimeoutError(TransportError):  # noqa: A001 - urllib3's name; this module never means the builtin
    """A phase of the exchange took longer than it was given."""


class ReadTimeoutError(TimeoutError, RequestError):
    """Nothing arrived from the peer in the time given to a read, or the whole exchange ran out of time."""


class WriteTimeoutError(TimeoutError, RequestError):
    """The peer took none of our bytes in the time given to a write."""


class ConnectTimeoutError(TimeoutError):
    """No connection was established in time."""


# -- connecting ----------------------------------------------------------------------------------------------


class NewConnectionError(ConnectTimeoutError):
    """No connection could be established (refused, unreachable). As in urllib3 it is filed under timeouts."""

    phase: str | None = "connect"

    def __init__(self, conn: object, message: str) -> None:
        self.conn = conn
        self._message = message
        super().__init__(f"{conn}: {message}" if conn is not None else message)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (None, self._message)

    @property
    def pool(self) -> object:
        """The older name of `conn`."""
        return self.conn


class NameResolutionError(NewConnectionError):
    """The host's name has no address, or no name server responded."""

    phase: str | None = "dns"

    def __init__(self, host: str, conn: object, reason: BaseException) -> None:
        self._host = host
        self._reason = reason
        super().__init__(conn, f"Failed to resolve {host!r} ({reason})")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self._host, None, self._reason)


class SSLError(TransportError):
    """The TLS handshake failed, or the encrypted stream broke."""


class ProxyError(TransportError):
    """A proxy could not be reached, refused, or responded with nonsense. `original_error` says which."""

    phase: str | None = "proxy"

    def __init__(self, message: str, error: BaseException | None = None) -> None:
        super().__init__(message, error)
        self.original_error = error


# -- messages ------------------------------------------------------------------------------------------------


class ProtocolError(TransportError):
    """The peer broke HTTP/1.1's rules or the connection in the middle of an exchange."""


class HeadError(ProtocolError):
    """The response's head cannot be read: malformed, ambiguous in its framing, or beyond the limits."""

    phase: str | None = "wait"


class BadStatusLine(Exception):
    """What came in the place of a status line, as text.

    Not part of the tree: it is the cause inside a HeadError, as http.client's class of that name is in requests.
    """


class RemoteDisconnected(ConnectionResetError):
    """The peer closed the connection before the first byte of a response.

    Not part of the tree: it is the cause inside a ProtocolError, as http.client's class of that name is in
    requests. Nothing of a response had arrived, so the request may be safe to repeat.
    """


def peer_is_gone(error: BaseException | None) -> bool:
    """Tell whether what a socket, or the system's way to send a file, raised says that the peer went away."""
    if isinstance(error, ConnectionError) or type(error).__name__ == "SSLEOFError":
        return True
    from errno import ENOTCONN

    # What macOS says of a peer that has gone, from `sendfile` for one. Python has no class for it.
    return isinstance(error, OSError) and error.errno == ENOTCONN


class IncompleteRead(ProtocolError):
    """The body ended before its declared end.

    `partial` is the number of bytes received, `expected` the number still missing, None when unknown
    (a chunked body).
    """

    phase: str | None = "receive"

    def __init__(self, partial: int, expected: int | None) -> None:
        self.partial = partial
        self.expected = expected
        super().__init__(partial, expected)

    def __repr__(self) -> str:
        missing = "an unknown number" if self.expected is None else str(self.expected)
        return f"IncompleteRead({self.partial} bytes read, {missing} more expected)"

    __str__ = __repr__


class InvalidChunkLength(ProtocolError):
    """A chunk's size line is not a hexadecimal number (RFC 9112 section 7.1)."""

    phase: str | None = "receive"

    def __init__(self, response: Any, length: bytes) -> None:
        self.response = response
        self.length = length
        self.partial: int = response.tell() if response is not None else 0
        self.expected: int | None = response.length_remaining if response is not None else None
        super().__init__(response, length)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (None, self.length)

    def __repr__(self) -> str:
        return f"InvalidChunkLength(got length {self.length!r}, {self.partial} bytes read)"

    __str__ = __repr__


class ResponseNotChunked(ProtocolError, ValueError):
    """`read_chunked` was called on a response that is not chunked."""


class BodyNotHttplibCompatible(TransportError):
    """`read_chunked` was called on a body that does not come from a connection."""


class DecodeError(TransportError):
    """The body does not match its Content-Encoding."""

    phase: str | None = "receive"


class ResponseTooLarge(DecodeError):
    """The decoded body is larger, or inflates further, than the caller allows."""


class InvalidHeader(TransportError):
    """A field's name or value, or another part of a head, cannot be sent or understood."""


class InvalidBody(TransportError, ValueError):
    """The request's body cannot be sent: it holds text that has no bytes."""


class UnrewindableBodyError(TransportError):
    """The body must be sent again, but cannot be read from its start again."""


class ResponseError(TransportError):
    """The reason inside a MaxRetryError when responses, not faults, used up the attempts."""

    # Programs compare with these two texts.
    GENERIC_ERROR = "too many error responses"
    SPECIFIC_ERROR = "too many {status_code} error responses"


# -- URLs ----------------------------------------------------------------------------------------------------


class LocationValueError(ValueError, TransportError):
    """A URL, or a part of one, cannot be used."""


class LocationParseError(LocationValueError):
    """A URL, or a part of one, cannot be parsed. `detail` says why, where the text, which is urllib3's, does not."""

    detail = ""

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(f"Failed to parse: {location}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.location,)


class URLSchemeUnknown(LocationValueError):
    """The URL's scheme is not supported."""

    def __init__(self, scheme: str | None) -> None:
        self.scheme = scheme
        super().__init__(f"Not supported URL scheme {scheme}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.scheme,)


class ProxySchemeUnknown(AssertionError, URLSchemeUnknown):
    """The scheme of a proxy's URL is not supported."""

    def __init__(self, scheme: str | None) -> None:
        URLSchemeUnknown.__init__(self, scheme)
        self.args = (f"Proxy URL had unsupported scheme {scheme}, should use http:// or https://",)


# -- warnings ------------------------------------------------------------------------------------------------


class SecurityWarning(TransportWarning):
    """The caller asked for less security than there could be."""


class InsecureRequestWarning(SecurityWarning):
    """A request went over HTTPS without verification of the server."""

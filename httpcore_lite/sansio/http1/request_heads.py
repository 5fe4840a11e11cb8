"""The heads of requests: fields and trailers judged, an `h11.Request` made and remembered.

What cannot be sent is refused here, by InvalidHeader that names it and never shows a secret. No state of a connection
is kept; `protocol` has those.

RFC 9112 section 3; RFC 9110 sections 5 and 6.5.
"""

from __future__ import annotations

import sys

import h11

from ..errors import InvalidHeader
from . import verdicts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, TypeAlias

    from .headers import GivenFields

    Fields = list[tuple[bytes, bytes]]
    Request: TypeAlias = "h11.Request | KnownRequest"

# RFC 9110 section 5.5 allows none of these in a field's value; h11 lets most of them through.
# Sets of bytes: to take them away is as quick as a pattern, and there is nothing to compile.
_CONTROLS: Final = bytes([*range(9), *range(10, 32), 127])
_TOKEN: Final = b"-!#$%&'*+.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TARGET: Final = bytes(range(0x21, 0x7F))
_COMPARABLE: Final = frozenset({str, bytes, type(None)})
# `python -b`: comparing bytes with text, even to find out that they differ, is an error or a warning then.
_BYTES_ARE_WATCHED: Final = bool(sys.flags.bytes_warning)
_MAX_REMEMBERED_LENGTH: Final = 16_384


class KnownRequest:
    """A request of a kind that h11 has sent before, with what `verdicts` knows of it.

    `head` is sent as it is, in front of a body of `length` bytes; `goes_on` is whether the connection does then.
    """

    __slots__ = ("_parts", "goes_on", "head", "length", "method")

    def __init__(
        self, method: str, target: str, fields: GivenFields, host: str,
        known: tuple[bytes, int, bool],
    ) -> None:  # fmt: skip
        self.method: bytes = method.encode("ascii")
        self.head: bytes
        self.length: int
        self.goes_on: bool
        self.head, self.length, self.goes_on = known
        self._parts = (method, target, fields, host)

    @property
    def target(self) -> bytes:
        """The request target."""
        return self._parts[1].encode("ascii")

    @property
    def event(self) -> h11.Request:
        """What h11 is told where it must judge: another body than `length` says, or a response of a new kind."""
        return _validated(*self._parts)

    @property
    def headers(self) -> Any:
        """The fields, as those of an `h11.Request`: of a class that h11 does not export."""
        return self.event.headers


class RequestHeads:
    """Makes the heads of requests for one origin, and remembers the last one.

    What is remembered is validated by value: the same list of fields for the same host gives the same `h11.Headers`,
    which came out of an `h11.Request` made from all of that; the same method and target besides give the same request.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        # One tuple, replaced as a whole: threads may share this.
        self._last: tuple[GivenFields, str, str, str, Request] | None = None

    def build(self, method: str, target: str, fields: GivenFields, host: str) -> Request:
        """Return the request with this head.

        A field whose value is None is absent; Host is `host` unless a field says otherwise. Text is sent as Latin-1,
        an int as its digits (as http.client does), white space around a value is not sent. Raises InvalidHeader that
        names what cannot be sent.
        """
        last = None if _BYTES_ARE_WATCHED else self._last
        if last is not None and (last[0] != fields or last[1] != host):
            last = None
        repeated = last[4] if last is not None and last[2] == method and last[3] == target else None
        if isinstance(repeated, KnownRequest):
            return repeated
        known = verdicts.request(method, target, fields, host)
        request: Request
        if known is not None:
            request = KnownRequest(method, target, fields, host, known)
        elif repeated is not None:
            request = repeated
        elif last is not None:
            request = h11.Request(method=_method(method), target=_target(target), headers=last[4].headers)
        else:
            request = _validated(method, target, fields, host)
        self._last = (fields, host, method, target, request) if _may_be_remembered(request, target, fields) else None
        return request


def _may_be_remembered(request: Request, target: str, fields: GivenFields) -> bool:
    """Tell whether a request is short, and equal fields mean the same bytes.

    They do not where a value is no text: 1 equals True, and a bytearray equals itself whatever it holds.
    """
    if isinstance(request, KnownRequest):
        return len(request.head) <= _MAX_REMEMBERED_LENGTH  # of text and bytes only
    size = len(target)
    for _, value in fields:
        if type(value) not in _COMPARABLE:
            return False
        size += len(value or b"")
    return size <= _MAX_REMEMBERED_LENGTH


# A recipient acts on these before the body, or by them tells where the message ends and where it is from: behind the
# body they come too late, or contradict what was said (RFC 9110 section 6.5.1).
_NOT_IN_TRAILERS: Final = frozenset(
    b"authorization cache-control connection content-encoding content-length content-range content-type cookie expect "
    b"host if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive max-forwards pragma "
    b"proxy-authorization proxy-connection range set-cookie te trailer transfer-encoding upgrade".split()
)


def trailer_fields(trailers: Any) -> Fields:
    """Return the fields to send behind a body, from a mapping or (name, value) pairs. InvalidHeader names a bad one."""
    pairs = trailers.items() if hasattr(trailers, "items") else trailers
    fields = [(_name(name), field_value(name, value)) for name, value in pairs if value is not None]
    for name, _ in fields:
        if name.lower() in _NOT_IN_TRAILERS:
            raise InvalidHeader(
                f"{name.decode('ascii')!r} cannot be sent behind the body, in the trailers (RFC 9110 section 6.5.1)"
            )
    return fields


def _validated(method: str, target: str, fields: GivenFields, host: str) -> h11.Request:
    raw_method, raw_target = _method(method), _target(target)
    headers = [(_name(name), field_value(name, value)) for name, value in fields if value is not None]
    if b"host" not in [name.lower() for name, _ in headers]:
        headers.insert(0, (b"Host", field_value("Host", host)))
    try:
        return h11.Request(method=raw_method, target=raw_target, headers=headers)
    except h11.LocalProtocolError as error:
        raise InvalidHeader(f"this head cannot be sent: {error}") from error


def _name(name: object) -> bytes:
    if isinstance(name, str):
        raw = name.encode("utf-8", "surrogatepass")  # what is not ASCII is refused below, whatever it is
    elif isinstance(name, bytes):
        raw = name
    else:
        raise InvalidHeader(f"the name of a header must be of type str or bytes, not {type(name).__name__}: {name!r}")
    if not raw or raw.translate(None, _TOKEN):
        raise InvalidHeader(f"{name!r} is no name for a header field (RFC 9110 section 5.1)")
    return raw


def field_value(name: str | bytes, value: object) -> bytes:
    """Return a field's value as it is sent. InvalidHeader names what it holds, or is, that cannot be."""
    if isinstance(value, int):
        value = str(value)  # `bytes` would make that many zero bytes of it
    if isinstance(value, str):
        try:
            raw = value.encode("latin-1")
        except UnicodeEncodeError as error:
            culprit = value[error.start]
            raise InvalidHeader(
                f"the value of header {name!r} holds {culprit!r}, which is not Latin-1: {_shown_value(name, value)}"
            ) from None
    elif isinstance(value, (bytes, bytearray, memoryview)):
        raw = bytes(value)
    else:
        raise InvalidHeader(
            f"the value of header {name!r} must be of type str, bytes or int, not {type(value).__name__}: "
            f"{_shown_value(name, repr(value))}"
        )
    raw = raw.strip(b" \t")
    if len(raw.translate(None, _CONTROLS)) != len(raw):
        control = next(raw[place : place + 1] for place in range(len(raw)) if raw[place] in _CONTROLS)
        raise InvalidHeader(
            f"the value of header {name!r} holds the control character {control!r}: {_shown_value(name, value)}"
        )
    return raw


def _shown_value(name: str | bytes, value: str | bytes | bytearray | memoryview) -> str:
    """Return how an error shows a value: not at all where its name speaks of secrets."""
    from ..redaction import MASK, masked

    said = masked([(name, value)])[0][1]
    return said if said == MASK else repr(value)


def _method(method: str) -> bytes:
    raw = method.encode("utf-8", "surrogatepass")
    if not raw or raw.translate(None, _TOKEN):
        raise InvalidHeader(f"{method!r} is no request method (RFC 9110 section 9.1)")
    return raw


def _target(target: str) -> bytes:
    raw = target.encode("utf-8", "surrogatepass")
    if not raw or raw.translate(None, _TARGET):
        raise InvalidHeader(
            f"{target!r} is no request target: it holds what a URL must percent-encode (RFC 9112 section 3.2)"
        )
    return raw

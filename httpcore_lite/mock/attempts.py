"""The small steps of one attempt under a mock: its body at hand, its fault, the error or the response it came to."""

from __future__ import annotations

import errno
import io
import os
from contextlib import contextmanager, suppress

from ..sansio import errors
from ..sansio.http1.headers import HTTPHeaderDict, text_of
from ..urllib3_api.mocking import Given
from ..urllib3_api.response import HTTPResponse
from ..urllib3_api.util import pausing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final, TypeAlias

    from .canned import Reply
    from .matchers import SentRequest

    # The body of a request, or an adapter: of any kind.
    _Given: TypeAlias = Any

# Faults before there is a connection.
_OF_CONNECTING: Final = ("refused", "dns", "connect timeout", "tls")
# How many things inside of an error are looked at.
_MAX_INSIDE: Final = 64
# After these a request may be sent again, its body from its beginning: what follows needs the body itself.
_SENT_AGAIN: Final = (300, 301, 302, 303, 307, 308, 401, 407)


@contextmanager
def at_hand(request: SentRequest) -> Iterator[None]:
    """Have the body of a request that is a file, or has some, be its bytes meanwhile: matchers look at it before."""
    body: _Given = request.body
    if body is not None and not isinstance(body, (bytes, str)):
        with suppress(AttributeError, OSError, ValueError):  # no file, or none that can be read twice
            place = body.tell()
            body.seek(place)  # or what is read would be lost
            content = body.read() if hasattr(body, "read") else body.encode()  # a form that is read while it is sent
            body.seek(place)
            request.body = content if isinstance(content, bytes) else str(content).encode()
    try:
        yield
    finally:
        request.body = body


def settled(request: SentRequest, sent: bytes) -> Callable[[int], None]:
    """Have a body that is used up by being sent be its bytes from now on: callbacks and `calls` look at it.

    Returns what is to be called with the status of the response: where the request may be sent again, its body is what
    it was.
    """
    body: _Given = request.body
    if body is None or isinstance(body, (bytes, str)):
        return lambda status: None
    request.body = sent

    def respond(status: int) -> None:
        if status in _SENT_AGAIN:
            request.body = body

    return respond


def timed_out(seconds: float | None) -> TimeoutError:
    """Return what a socket raises after so many seconds, by which the clock moves on."""
    pausing.skip(seconds or 0.0)
    return TimeoutError("timed out")


def fault_of(fault: str | None, timeout: float | None, *, connecting: bool) -> Exception | None:
    """Return what a socket, or a step of connecting, raises for a fault; None where it is none of that phase."""
    if fault is None or connecting is not (fault in _OF_CONNECTING):
        return None
    if fault.endswith("timeout"):
        return timed_out(timeout)
    if fault == "refused":
        return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    if fault == "reset":
        return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
    if fault == "dns":
        import socket

        return socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _refused_certificate() if fault == "tls" else None


def _refused_certificate() -> errors.SSLError:
    import ssl

    said = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    refused = ssl.SSLCertVerificationError(1, said)
    refused.reason, refused.library = "CERTIFICATE_VERIFY_FAILED", "SSL"
    refused.verify_code, refused.verify_message = 18, "self-signed certificate"  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED
    failure = errors.SSLError(refused)
    failure.phase = "tls"
    failure.__cause__ = refused
    return failure


def forget_raised(error: Exception) -> None:
    """Take off an error, which is raised again and again, what it has from being raised before."""
    error.with_traceback(None)
    told: _Given = error
    if hasattr(getattr(error, "request", None), "req_kwargs"):  # one that a mock has seen
        told.request = None


def on_its_way(error: Exception) -> Exception:
    """Return what is raised for an error that a program gives: itself where `Retry` is to be asked, else a carrier."""
    from ..client.failures import is_transport_error

    if isinstance(error, errors.TransportError):
        return error
    if not is_transport_error(error):
        return Given(error)
    for cls in type(error).__mro__:  # of the installed urllib3
        ours = getattr(errors, cls.__name__, None)
        if isinstance(ours, type) and issubclass(ours, errors.TransportError):
            twin: Exception = ours.__new__(ours, *error.args)
            twin.__dict__.update(vars(error))
            twin.__cause__ = error
            return twin
    return Given(error)


def comes_from(error: BaseException, given: Exception) -> bool:
    """Whether an error is another one, or holds it as a reason or a cause: `Retry` may have been asked in between."""
    waiting: list[object] = [error]
    for _ in range(_MAX_INSIDE):
        each = waiting.pop(0)
        if each is given:
            return True
        if isinstance(each, BaseException):
            waiting += [*each.args, getattr(each, "reason", None), each.__cause__]
        if not waiting:
            break
    return False


def intermediate(adapter: _Given, request: SentRequest, reply: Reply) -> object:
    """Return the response to an attempt that was no result, with its body where that was bytes."""
    body = reply.body if isinstance(reply.body, bytes) else b""
    fields = HTTPHeaderDict([(name, text_of(value)) for name, value in reply.fields])
    raw = HTTPResponse(io.BytesIO(body), fields, reply.status, reason=reply.reason, preload_content=False)
    response = adapter.build_response(request, raw)
    response.content  # noqa: B018 - read it, as that of a result is
    return response

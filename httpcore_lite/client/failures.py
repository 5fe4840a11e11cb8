"""A transport's error becomes one of requests' classes, with what explains it: what helps, what was tried, how far.

Errors are known by the names of their classes, so that neither the transport nor urllib3 is imported to recognise one,
and those of an installed urllib3 are served as well. This room is loaded with the first failure. An explanation:

    Nothing listens on that port: is the server running, and is the port right? GET http://example.org/a, connecting to
    192.0.2.7

1. It is one line of at most MAX_SHOWN characters. What helps stands first; the URL is what is shortened.
2. It never shows a secret: the URL comes without userinfo and with its secret parameters masked.
3. It never fails: an error that is shown must not be hidden by another one.
4. "{peer}" in a text is the end of the connection in question: the server, or the proxy.
"""

from __future__ import annotations

from .. import exceptions as ex
from ..messages.url_errors import MAX_SHOWN
from ..sansio.errors import TransportError, twin_of
from ..sansio.redaction import cut, masked_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, TypeAlias

    # An error, ours or another library's, with what its kind notes on it.
    _Error: TypeAlias = Any
    _Table: TypeAlias = tuple[tuple[str, type[ex.RequestException]], ...]

# -- the classes -----------------------------------------------------------------------------------------------------
# The first row whose name is among the names of the error's class and its bases decides. The order is that of
# requests' `except` clauses: an error that is an OSError as well (ssl.SSLError, for one) counts as an OSError.

_BY_NAME: _Table = (
    ("ProtocolError", ex.ConnectionError),
    ("OSError", ex.ConnectionError),
    # MaxRetryError stands here in requests; it is told apart by its reason, see below.
    ("EmptyPoolError", ex.PoolTimeout),
    ("ClosedPoolError", ex.ConnectionError),
    ("ProxyError", ex.ProxyError),
    ("SSLError", ex.SSLError),
    ("WriteTimeoutError", ex.WriteTimeout),
    ("ReadTimeoutError", ex.ReadTimeout),
    ("InvalidHeader", ex.InvalidHeader),
    ("InvalidBody", ex.InvalidBody),
    # requests lets what follows through as it is. Here it becomes a RequestException like everything else.
    ("NewConnectionError", ex.ConnectionError),
    ("ConnectTimeoutError", ex.ConnectTimeout),
    ("TimeoutError", ex.Timeout),
    ("ResponseError", ex.RetryError),
    ("UnrewindableBodyError", ex.UnrewindableBodyError),
    ("ResponseTooLarge", ex.ResponseTooLarge),
    ("DecodeError", ex.ContentDecodingError),
    ("ProxySchemeUnknown", ex.InvalidProxyURL),
    ("ProxySchemeUnsupported", ex.InvalidProxyURL),
    ("LocationValueError", ex.InvalidURL),
)

# What ended the last attempt decides about a MaxRetryError. A read that timed out is a ConnectionError here,
# although it is a ReadTimeout when no Retry was asked for: programs rely on both.
_BY_REASON: _Table = (
    ("OSError", ex.ConnectionError),
    ("NewConnectionError", ex.ConnectionError),
    ("ConnectTimeoutError", ex.ConnectTimeout),
    ("ResponseError", ex.RetryError),
    ("ProxyError", ex.ProxyError),
    ("SSLError", ex.SSLError),
    ("EmptyPoolError", ex.PoolTimeout),
    ("WriteTimeoutError", ex.WriteTimeout),
)

# While a body is read.
_BY_NAME_IN_BODY: _Table = (
    ("ProtocolError", ex.ChunkedEncodingError),
    ("IncompleteRead", ex.ChunkedEncodingError),  # urllib3's is no ProtocolError, but is wrapped in one on its way out
    ("ResponseTooLarge", ex.ResponseTooLarge),
    ("DecodeError", ex.ContentDecodingError),
    ("ReadTimeoutError", ex.ConnectionError),
    ("OSError", ex.ConnectionError),
    ("SSLError", ex.SSLError),
)

# How many causes are looked into: a chain may bite its own tail.
_MAX_CAUSES: Final = 16


def names_of(error: object) -> set[str]:
    return {cls.__name__ for cls in type(error).__mro__}


def _look_up(names: set[str], table: _Table) -> type[ex.RequestException]:
    for name, found in table:
        if name in names:
            return found
    return ex.ConnectionError


def is_transport_error(error: object) -> bool:
    """Tell whether an error comes from a transport, ours or any copy of urllib3, and so is `translate`'s business.

    OSErrors are none of these: what they mean depends on where they come from. Nor is a RequestException, which
    was translated already.
    """
    if isinstance(error, ex.RequestException):
        return False
    for cls in type(error).__mro__:
        if cls.__name__ == "TransportError" and cls.__module__ == TransportError.__module__:
            return True
        if cls.__name__ == "HTTPError" and cls.__module__.endswith("urllib3.exceptions"):
            return True
    return type(error).__name__ == "ProxySchemeUnsupported"


def translate(error: BaseException, request: Any, seconds: float | None = None) -> ex.RequestException:
    """Return what requests raises for an error that ended an exchange before there was a response.

    Args:
        error: the transport's error, or an OSError.
        request: the prepared request that was to be sent; it becomes the `request` of the result.
        seconds: how long it was tried, which the explanation tells.

    Returns:
        a new exception whose only argument is `error`; the caller raises it `from original(error)`. An unknown
        error becomes a ConnectionError.
    """
    names = names_of(error)
    if "MaxRetryError" in names and "OSError" not in names:
        kind = _look_up(names_of(getattr(error, "reason", None)), _BY_REASON)
    else:
        kind = _look_up(names, _BY_NAME)
    found = kind(error, request=request)
    found._explain, found._seconds = explain_exchange, seconds
    return found


def original(error: BaseException) -> BaseException:
    """Return what `error` of a transport came from: the first that is not of its tree, or else the innermost one.

    A RequestException is raised from that. What is in between is its argument, and in its text; a traceback that
    showed each of them would be four times as long.

    An error of the transport's tree with nothing behind it is a verdict on what the peer did, such as a head that is
    refused. What is returned for it is like it, and its traceback is the one frame in which it was decided: the frames
    between there and the caller are those of every exchange. They are all kept in the `__traceback__` of the error that
    is the argument.
    """
    for _ in range(_MAX_CAUSES):
        cause = error.__cause__
        if cause is None or not is_transport_error(error):
            break
        error = cause
    decided = error.__traceback__
    if decided is None or not is_transport_error(error):
        return error
    while decided.tb_next is not None:
        decided = decided.tb_next

    return twin_of(error).with_traceback(decided)


def translate_body(error: BaseException, request: Any) -> ex.RequestException:
    """Return what requests raises for an error that came while a response's body was read.

    The arguments and the result are those of `translate`; the classes differ, because here a response had begun.
    """
    if getattr(error, "phase", None) == "total":
        # A deadline, which requests does not know, is a Timeout always.
        kind: type[ex.RequestException] = ex.ReadTimeout
    else:
        kind = _look_up(names_of(error), _BY_NAME_IN_BODY)
    found = kind(error, request=request)
    found._explain = explain_body
    return found


# -- the explanation -------------------------------------------------------------------------------------------------

# Whether a fault of this room is hidden from programs (Rule 3); our own tests want to see it.
never_fails = True

_PHASES: Final = {
    "limit": "waiting for the rate limit",
    "queue": "waiting for a connection",
    "dns": "name lookup",
    "connect": "connecting",
    "settings": "TLS settings",
    "tls": "TLS handshake",
    "proxy": "opening the way through the proxy",
    "send": "sending the request",
    "wait": "waiting for the response",
    "receive": "reading the body",
    "early": "sending the request or waiting for the response",
    "total": "total time",
}
# Where it is the proxy that was not reached.
_OF_PROXY: Final = {
    "dns": "name lookup of the proxy",
    "connect": "connecting to the proxy",
    "tls": "TLS handshake with the proxy",
}

# How deep causes are looked into, and how many addresses are named.
_MAX_DEPTH: Final = 8
_MAX_ADDRESSES: Final = 3
# What took less says nothing, in seconds.
_AT_ONCE: Final = 0.05

# What goes wrong with TLS: by OpenSSL's number of what is wrong with a certificate (X509_V_ERR_...), and by its name
# of what is wrong with the handshake.
_FAULTS: Final = {
    2: "authority", 19: "authority", 20: "authority", 21: "authority", 9: "not yet", 10: "expired", 18: "self-signed",
    62: "names", 64: "names",
    "UNSUPPORTED_PROTOCOL": "versions", "TLSV1_ALERT_PROTOCOL_VERSION": "versions",
    "NO_PROTOCOLS_AVAILABLE": "versions", "WRONG_SSL_VERSION": "versions",
    "WRONG_VERSION_NUMBER": "no TLS", "HTTP_REQUEST": "no TLS", "PACKET_LENGTH_TOO_LONG": "no TLS",
    "RECORD_LAYER_FAILURE": "no TLS",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "none shown", "TLSV1_ALERT_UNKNOWN_CA": "refused",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "handshake", "TLSV1_UNRECOGNIZED_NAME": "host",
}  # fmt: skip
_CA: Final = "The {peer}'s certificate is not signed by a trusted authority: pass its CA as verify='/path/to/ca.pem'"
_NAMES: Final = "The {peer}'s certificate is for other names: is the host in the URL right?"
_TLS: Final = {
    "authority": _CA,
    "not yet": "The {peer}'s certificate is not valid yet: is this machine's clock right?",
    "expired": "The {peer}'s certificate has expired, or this machine's clock is wrong",
    "self-signed": "The {peer}'s certificate is self-signed: pass it as verify='/path/to/it.pem' if you trust it",
    "names": _NAMES,
    "versions": "Client and {peer} have no version of TLS in common; ours is TLS 1.2 and newer, or minimum_version=",
    "no TLS": "The {peer} does not speak TLS on this port: is it plain http://?",
    "none shown": "The {peer} wants a client certificate: cert=('client.pem', 'client.key')",
    "refused": "The {peer} does not trust the certificate that was shown to it: is cert= the right one?",
    "handshake": "No cipher in common, or the {peer} wants a client certificate (cert=)",
    "host": "The {peer} knows no host of that name",
}
# By the name of the error's class, or of a base.
_CLASSES: Final = {
    "ConnectionRefusedError": "Nothing listens on that port: is the {peer} running, and is the port right?",
    "gaierror": "Is the host spelled right, and is there a network?",
    "EmptyPoolError": "All connections are in use: read or close responses that are streamed, or allow more of them",
    "WriteTimeoutError": "The {peer} has stopped reading the request",
    "InvalidChunkLength": "What arrived where a chunk's length belongs is no length",
    "IncompleteRead": "The {peer}, or something in between, closed the connection before the body's end",
    "ResponseTooLarge": "",
    "DecodeError": "The header 'Accept-Encoding: identity' asks for a body without a content coding",
}
# By the phase that took too long.
_OF_TIME: Final = {
    "connect": "Is the address right, and does no firewall drop what is sent there?",
    "tls": "Does the {peer} speak TLS on this port?",
    "wait": "The {peer} sent nothing for {seconds}; timeout= can allow more",
    "receive": "The {peer} sent nothing for {seconds}; timeout= can allow more",
}
# What it looks like when the peer just went away, and what that may mean by phase and scheme.
_GONE: Final = {"ConnectionResetError", "BrokenPipeError", "SSLEOFError"}
_OF_SILENCE: Final = {
    ("tls", "https"): "The {peer} closed the connection: does it speak TLS on this port?",
    ("early", "https"): "A server that wants a client certificate (cert=) does that, too",
    ("early", "http"): "A server that wants https:// on this port does that, too",
}
_NO_HTTP: Final = "This is no HTTP {peer}, or not on this port"
_MAIL: Final = "This looks like a mail server"
_UNREACHABLE: Final = "There is no way to that address from here"
# By words in the text, for what has no class of its own.
_WORDS: Final = (
    ("no password was given", "cert_password= opens it"),
    ("client certificate cannot be loaded", "Its key belongs in the same file, or beside it: cert=(certificate, key)"),
    ("does not fit its head", "Content-Length says how many bytes come: leave it out, or send as many"),
    ("doesn't match", _NAMES),
    ("'SSH-", "This is an SSH server"),
    ("'220 ", "This looks like a mail or an FTP server"),
    ("'+OK ", _MAIL),
    ("'* OK ", _MAIL),
    ("'\x15\x03", "The {peer} speaks TLS on this port: the URL begins with https://"),
    (r"'\x15\x03", "The {peer} speaks TLS on this port: the URL begins with https://"),
    ("'\x00\x00", "This may be a server that speaks HTTP/2 only"),
    (r"'\x00\x00", "This may be a server that speaks HTTP/2 only"),
    ("which is not HTTP/1.1", "HTTP/1.1 is what this client speaks"),
    ("BadStatusLine('HTTP/", ""),
    ("BadStatusLine", _NO_HTTP),
    ("status line", _NO_HTTP),
    ("closed within this line: b'HTTP", ""),
    ("closed within this line: b'<", _NO_HTTP),
    ("unsupported scheme", "A proxy's URL begins with http, https, socks4, socks4a, socks5 or socks5h"),
    (": 407 ", "The proxy wants a user and a password that it knows: http://user:password@host:port"),
    ("Tunnel connection failed", "It is the proxy that says so, not the server"),
    ("Network is unreachable", _UNREACHABLE),
    ("No route to host", _UNREACHABLE),
)


def _as_far_as_possible(explain: Callable[[_Error], str]) -> Callable[[_Error], str]:
    """Return `explain`, "" where it fails. Rule 3."""

    def explanation(error: _Error) -> str:
        try:
            return explain(error)
        except Exception:
            if not never_fails:
                raise
            return ""

    return explanation


def _line(help: str, method: object, url: object, tried: str) -> str:  # noqa: A002
    """Put an explanation together. Rule 1."""
    shown_method = str(method) if str(method).isprintable() else repr(method)
    head = help and help + (" " if help[-1] in "?." else ". ")
    head += shown_method[:20] + " "
    room = max(MAX_SHOWN - len(head) - len(tried), 20)
    return f"{head}{cut(masked_target(str(url)), room)}{tried}"[:MAX_SHOWN]


@_as_far_as_possible
def explain_exchange(error: _Error) -> str:
    """Explain what ended an exchange before there was a response."""
    return _of_exchange(error, in_body=False)


@_as_far_as_possible
def explain_body(error: _Error) -> str:
    """Explain what ended the body of a response."""
    return _of_exchange(error, in_body=True)


def _of_exchange(error: _Error, in_body: bool) -> str:
    request = error.request
    method, url = getattr(request, "method", None), getattr(request, "url", None)
    causes = causes_of(error)
    if not url or not causes:
        return ""
    names = [names_of(each) for each in causes]
    at_proxy = any("ProxyError" in found for found in names)
    phase = phase_of(causes, names, at_proxy, in_body)
    tried = ""
    if phase is not None:
        tried = ", " + ((_OF_PROXY.get(phase) if at_proxy else None) or _PHASES[phase])
    if phase == "connect":
        tried += _places(causes, at_proxy)
    if error._seconds is not None and error._seconds >= _AT_ONCE:
        tried += f", {error._seconds:.1f} s"
    help_ = _hint(causes, names, phase, at_proxy, str(url))
    peer = "proxy" if at_proxy or any(_forwarded(each) for each in causes) else "server"
    return _line(help_.replace("{peer}", peer), method, url, tried)


def _places(causes: list[_Error], at_proxy: bool) -> str:
    """Return where a connection was tried to."""
    found = next((each.addresses for each in causes if getattr(each, "addresses", None)), ())
    if not found:
        return ""
    more = len(found) - _MAX_ADDRESSES
    shown_places = ", ".join(found[:_MAX_ADDRESSES]) + (f" and {more} more" if more > 0 else "")
    return (" at " if at_proxy else " to ") + shown_places


def _forwarded(error: _Error) -> bool:
    """Whether an error belongs to a connection on which a proxy forwards requests."""
    return getattr(getattr(error, "pool", None), "forwarding", False) is True


def causes_of(error: _Error) -> list[object]:
    """Return what is inside of an error, from the outermost to the first that went wrong."""
    found: list[object] = []
    waiting = list(error.args[:1])
    while waiting and len(found) < _MAX_DEPTH:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or any(each is known for known in found):
            continue
        found.append(each)
        inner = [getattr(each, "reason", None), getattr(each, "original_error", None), each.__cause__, *each.args]
        waiting += [one for one in inner if isinstance(one, BaseException)]
    return found


def phase_of(causes: list[_Error], names: list[set[str]], at_proxy: bool, in_body: bool) -> str | None:
    """Return the phase that the innermost error knows of; what it took to ask a proxy is no phase of the exchange."""
    phases = [each.phase for each in causes if getattr(each, "phase", None) in _PHASES]
    if at_proxy:
        return next((phase for phase in reversed(phases) if phase in _OF_PROXY), "proxy")
    if phases:
        return str(phases[-1])
    if in_body:
        return "receive"
    return "early" if any(found & {"ProtocolError", "SSLError"} for found in names) else None


def _hint(causes: list[_Error], names: list[set[str]], phase: str | None, at_proxy: bool, url: str) -> str:
    if at_proxy and phase == "tls" and not any("SSLCertVerificationError" in found for found in names):
        return "Does the proxy speak plain HTTP? Then its URL begins with http://, for https requests as well"
    if phase == "connect" and any("UnixConnection(" in str(each) for each in causes):
        return "Is a server running on that socket, and is the path right?"
    for each, found in zip(reversed(causes), reversed(names), strict=True):
        hint = getattr(each, "detail", "") or _TLS.get(tls_fault(each))
        if hint is None:
            hint = next((text for name, text in _CLASSES.items() if name in found), None)
        if hint is None:
            said = repr(each) if "BadStatusLine" in found else str(each)
            hint = next((text for words, text in _WORDS if words in said), None)
        if hint is not None:
            return hint
    for each, found in zip(causes, names, strict=True):
        if "TimeoutError" in found and "NewConnectionError" not in found:
            seconds = getattr(each, "seconds", None)
            return _OF_TIME.get(phase or "", "").replace("{seconds}", f"{seconds:g} s" if seconds else "that long")
    if any(found & _GONE for found in names):
        return _OF_SILENCE.get((str(phase), url.partition(":")[0].lower()), "")
    return ""


def tls_fault(error: object) -> str:
    """Return what is wrong with TLS, as the keys of the texts name it; "" where it is something else."""
    reason = getattr(error, "reason", None)
    return _FAULTS.get(getattr(error, "verify_code", None) or (reason if isinstance(reason, str) else ""), "")


# -- what a server did -------------------------------------------------------------------------------------------------


@_as_far_as_possible
def explain_json(error: _Error) -> str:
    """Say what stands in the place of JSON; its beginning only where that is markup, which is no secret."""
    response = error._body_of
    request = response.request
    length = len(response.content)
    kind = response.headers.get("Content-Type", "without a Content-Type").partition(";")[0]
    said = f"The body of {length} bytes is {cut(kind, 40)}" if length else "The response has no body"
    text = response.content.lstrip()
    if text[:1] == b"<":
        said += f" and begins with {text[:20].decode('latin-1')!r}"
    return _line(said, request.method, request.url, f", status {response.status_code}")


@_as_far_as_possible
def explain_redirects(error: _Error) -> str:
    """Explain a chain of redirects that is too long: where it began, and where it is."""
    response = error.response
    first = response.history[0].request if response.history else response.request
    here, there = (cut(masked_target(url), 40) for url in (response.url, response.headers.get("location", "")))
    said = "Is a cookie or a login missing? Without them servers redirect in a loop"
    return _line(said, first.method, first.url, f", at last from {here} to {there}")


# -- what a program did ------------------------------------------------------------------------------------------------


def refuse_argument(error: Exception, **arguments: Any) -> None:
    """Raise a better `error`, of the same class, for arguments of a request of which one has a wrong type.

    It names the argument and the type, never the value, which may be a secret. Nothing is raised where nothing is wrong
    with them, and where the error says already what is.
    """
    if isinstance(error, OSError):
        return  # a RequestException
    for name, (expected, is_good) in EXPECTED.items():
        value = arguments.get(name)
        if value is not None and not is_good(value):
            cls = TypeError if isinstance(error, LookupError) else type(error)
            raise cls(f"{name}= takes {expected}, not {kind_of(value)}") from error
    for name in arguments.get("headers") or ():
        if not isinstance(name, (str, bytes)):
            raise type(error)(f"the name of a header is {kind_of(name)}: it must be text") from error
    cookies: Any = arguments.get("cookies")
    if hasattr(cookies, "items"):
        for name, value in cookies.items():
            if value is not None and not isinstance(value, str):
                raise type(error)(f"the value of the cookie {name!r} is {kind_of(value)}: it must be text") from error


def kind_of(value: object) -> str:
    """Return what a value is, to be said in an error: "an int", "a tuple of 3"."""
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


#: Arguments of a request: what they take, and whether a value is that.
EXPECTED: Final[dict[str, tuple[str, Callable[[object], bool]]]] = {
    "headers": ("a mapping of names to values", lambda value: hasattr(value, "items")),
    "cookies": ("a mapping or a CookieJar", lambda value: hasattr(value, "items") or hasattr(value, "set_cookie")),
    "auth": (
        "(user, password), or something that can be called with the request",
        lambda value: callable(value) or (isinstance(value, tuple) and len(value) == 2) or not value,
    ),
    "hooks": ("a mapping of events to functions", lambda value: hasattr(value, "items") or not value),
    "proxies": (
        "a mapping of schemes to URLs of proxies, or False",
        lambda value: hasattr(value, "items") or not value,
    ),
}

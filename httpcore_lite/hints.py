"""What an error says beyond the words of the transport: what was tried, how far it got, and what may help.

    Max retries exceeded with url: /a (Caused by ... Connection refused) (GET http://example.org/a, while connecting to
    192.0.2.7. Nobody listens on that port: is the server running, and is it the right one?)

The first part stays as programs know and match it; the parenthesis behind it is for people. It is put together when
the text is asked for, so that an error that is caught and forgotten costs nothing, and never shows a secret: the URL
comes without userinfo and with its secret parameters masked.
"""

from __future__ import annotations

import re

from .transport.journal import masked_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

_PHASES: Final = {
    "queue": "while waiting for a connection",
    "dns": "while looking up the name",
    "connect": "while connecting",
    "settings": "while loading what TLS needs",
    "tls": "in the TLS handshake",
    "proxy": "while asking the proxy for a way",
    "send": "while sending the request",
    "wait": "while waiting for the response",
    "receive": "while reading the body",
    "early": "while sending the request or waiting for the response",
    "total": "whose time as a whole ran out",
}
# Where it is the proxy that was not reached.
_OF_PROXY: Final = {
    "dns": "while looking up the proxy's name",
    "connect": "while connecting to the proxy",
    "tls": "in the TLS handshake with the proxy",
}

# How deep causes are looked into.
_DEEPEST: Final = 8

_CA: Final = (
    "Nobody whom we trust has signed it: pass its CA as verify='/path/to/ca.pem', or verify='system' for those of the "
    "operating system"
)
# By OpenSSL's number of what is wrong with a certificate (X509_V_ERR_...).
_CERTIFICATES: Final = {
    2: _CA,
    9: "Is this machine's clock right?",
    10: "The certificate's time is over, or this machine's clock is wrong",
    18: "The server has signed its certificate itself: pass it as verify='/path/to/it.pem' if you trust it",
    19: _CA,
    20: _CA,
    21: _CA,
    62: "The certificate is for other names: is the host in the URL right?",
    64: "The certificate is for other names: is the host in the URL right?",
}
_VERSIONS: Final = "Client and server have no version of TLS in common; ours is TLS 1.2 and newer, or minimum_version="
_WANTS_CERTIFICATE: Final = "The server wants a client certificate: cert=('client.pem', 'client.key')"
# By what OpenSSL calls it.
_TLS: Final = {
    "UNSUPPORTED_PROTOCOL": _VERSIONS,
    "TLSV1_ALERT_PROTOCOL_VERSION": _VERSIONS,
    "NO_PROTOCOLS_AVAILABLE": _VERSIONS,
    "WRONG_SSL_VERSION": _VERSIONS,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _WANTS_CERTIFICATE,
    "TLSV1_ALERT_UNKNOWN_CA": "The server does not trust the certificate that was shown to it: is cert= the right one?",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "No cipher in common, or the server wants a client certificate (cert=)",
    "TLSV1_UNRECOGNIZED_NAME": "The server knows no host of that name",
}
# By the name of the error's class, or of a base.
_CLASSES: Final = {
    "ConnectionRefusedError": "Nobody listens on that port: is the server running, and is it the right one?",
    "gaierror": "Is the host spelled right, and is there a network?",
    "EmptyPoolError": "All connections are in use: read or close responses that are streamed, or allow more of them",
    "WriteTimeoutError": "The server has stopped taking the request",
    "InvalidChunkLength": "What arrived in the place of a chunk's length is none",
    "IncompleteRead": "The server, or something in between, closed the connection before the body's end",
    "ResponseTooLarge": "",
    "DecodeError": "The header 'Accept-Encoding: identity' asks for a body without a content coding",
}
# By the phase that took too long.
_OF_TIME: Final = {
    "connect": "Is the address right, and does no firewall drop what is sent there?",
    "tls": "Does the server speak TLS on this port?",
    "wait": "The server sent nothing for that long; timeout= can allow more",
    "receive": "The server sent nothing for that long; timeout= can allow more",
}
# What it looks like when the peer just went away, and what that may mean by phase and scheme.
_GONE: Final = {"ConnectionResetError", "BrokenPipeError", "SSLEOFError"}
_OF_SILENCE: Final = {
    ("tls", "https"): "The peer closed the connection: does it speak TLS on this port?",
    ("early", "https"): "A server that wants a client certificate (cert=) does that, too",
    ("early", "http"): "A server that wants https:// on this port does that, too",
}
# By words in the text, for what has no class of its own.
_WORDS: Final = (
    ("no password was given", "cert_password= opens it"),
    ("client certificate cannot be loaded", "Its key belongs in the same file, or beside it: cert=(certificate, key)"),
    ("does not fit its head", "Content-Length says how many bytes come: leave it out, or send as many"),
    ("doesn't match", "The certificate is for other names: is the host in the URL right?"),
    ("b'SSH-", "This is an SSH server"),
    ("b'220 ", "This looks like a mail or an FTP server"),
    ("b'+OK ", "This looks like a mail server"),
    ("b'* OK ", "This looks like a mail server"),
    (r"b'\x15\x03", "The server speaks TLS on this port: the URL begins with https://"),
    (r"b'\x00\x00", "This may be a server that speaks HTTP/2 only"),
    ("which is not HTTP/1.1", "HTTP/1.1 is what we speak"),
    ("status line", "This is no HTTP server, or not on this port"),
    ("closed within this line: b'HTTP", ""),
    ("closed within this line: b'<", "This is no HTTP server, or not on this port"),
    (": 407 ", "The proxy wants a user and a password that it knows: http://user:password@host:port"),
    ("Tunnel connection failed", "It is the proxy that says so, not the server"),
    ("Network is unreachable", "There is no way to that address from here"),
    ("No route to host", "There is no way to that address from here"),
)


def story(error: Any) -> str:
    """Return the parenthesis behind the text of an exception whose `_told` says what it came from, "" for nothing.

    Never fails: whoever shows an error must not get another one instead.
    """
    try:
        if error._told == "json":
            return _of_json(error._body_of)
        if error._told == "redirects":
            return _of_redirects(error.response)
        return _of_exchange(error)
    except Exception:
        return ""


def _of_exchange(error: Any) -> str:
    request = error.request
    method, url = getattr(request, "method", None), getattr(request, "url", None)
    causes = _causes(error)
    if not url or not causes:
        return ""
    in_body = error._told == "body"
    names = [{cls.__name__ for cls in type(each).__mro__} for each in causes]
    at_proxy = any("ProxyError" in found for found in names)
    phase = _phase(causes, names, at_proxy, in_body)
    told = f"{method if str(method).isprintable() else repr(method)} {masked_target(str(url))}"
    if phase is not None:
        words = _OF_PROXY.get(phase) if at_proxy else None
        told += ", " + (words or _PHASES[phase])
    if phase == "connect":
        addresses = next((each.addresses for each in causes if getattr(each, "addresses", None)), ())
        told += (" at " if at_proxy else " to ") + ", ".join(addresses) if addresses else ""
    if error._seconds is not None:
        told += f", after {error._seconds:.1f} s"
    hint = _hint(causes, names, phase, at_proxy, str(url))
    return f" ({told}{'. ' if hint else ''}{hint})"


def _causes(error: Any) -> list[Any]:
    """Return what is inside of an error, from the outermost to the first that went wrong."""
    found: list[Any] = []
    waiting = list(error.args[:1])
    while waiting and len(found) < _DEEPEST:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or any(each is known for known in found):
            continue
        found.append(each)
        inner = [getattr(each, "reason", None), getattr(each, "original_error", None), each.__cause__, *each.args]
        waiting += [one for one in inner if isinstance(one, BaseException)]
    return found


def _phase(causes: list[Any], names: list[set[str]], at_proxy: bool, in_body: bool) -> str | None:
    """Return the phase that the innermost error knows of; what it took to ask a proxy is no phase of the exchange."""
    phases = [each.phase for each in causes if getattr(each, "phase", None) in _PHASES]
    if at_proxy:
        return next((phase for phase in reversed(phases) if phase in _OF_PROXY), "proxy")
    if phases:
        return str(phases[-1])
    if in_body:
        return "receive"
    return "early" if any(found & {"ProtocolError", "SSLError"} for found in names) else None


def _hint(causes: list[Any], names: list[set[str]], phase: str | None, at_proxy: bool, url: str) -> str:
    if at_proxy and phase == "tls" and not any("SSLCertVerificationError" in found for found in names):
        return "Does the proxy speak plain HTTP? Then its URL begins with http://, for https requests as well"
    if phase == "connect" and any("UnixConnection(" in str(each) for each in causes):
        return "Is a server running on that socket, and is the path right?"
    for each, found in zip(reversed(causes), reversed(names), strict=True):
        hint = _of_tls(each)
        if hint is None:
            hint = next((text for name, text in _CLASSES.items() if name in found), None)
        if hint is None:
            hint = next((text for words, text in _WORDS if words in str(each)), None)
        if hint is not None:
            return hint
    if any("TimeoutError" in found and "NewConnectionError" not in found for found in names):
        return _OF_TIME.get(phase or "", "")
    if any(found & _GONE for found in names):
        return _OF_SILENCE.get((str(phase), url.partition(":")[0].lower()), "")
    return ""


def _of_tls(error: Any) -> str | None:
    code = getattr(error, "verify_code", None)
    if code is not None:
        return _CERTIFICATES.get(code)
    reason = getattr(error, "reason", None)
    return _TLS.get(reason) if isinstance(reason, str) else None


# -- what a program did ------------------------------------------------------------------------------------------------


def shown(url: Any) -> str:
    """Return a URL as an error may show it: quoted, and without secrets, also where it lacks its scheme."""
    return repr(masked_target(str(url)))


def no_scheme(text: str) -> str:
    """Return what to say of a URL without a scheme."""
    if text in ("", "None"):
        return f"Invalid URL {text!r}: No scheme supplied. There is no URL: was a setting or a variable left empty?"
    return f"Invalid URL {shown(text)}: No scheme supplied. Perhaps you meant {_mended(text)}?"


def no_host(text: str) -> str:
    """Return what to say of a URL without a host."""
    said = f"Invalid URL {shown(text)}: No host supplied"
    return f"{said}. Perhaps you meant {_mended(text)}?" if _mended(text) != shown(text)[1:-1] else said


def _mended(text: str) -> str:
    found = re.match(r"(https?)(?::/*|/+)([^/].*)", text, re.IGNORECASE | re.DOTALL)
    return shown(f"{found[1]}://{found[2]}" if found else text if "://" in text else "https://" + text.lstrip("/"))[
        1:-1
    ]


def no_adapter(url: str) -> str:
    """Return what to say of a URL that no adapter is mounted for."""
    text = f"No connection adapters were found for {shown(url)}"
    scheme, _, rest = url.partition(":")
    if rest[:1].isdigit():
        return f"{text}. Perhaps you meant http://{shown(url)[1:-1]}?"
    from difflib import get_close_matches

    close = get_close_matches(scheme.strip().lower(), ("https", "http", "http+unix"), 1)
    if close:
        return f"{text}. Perhaps you meant {close[0]}://?"
    return f"{text}: it begins with neither http:// nor https://. Session.mount() adds adapters for others"


def wrong_argument(error: BaseException, arguments: dict[str, Any]) -> BaseException | None:
    """Return a better `error`, of the same class, for arguments of a request of which one has a wrong type.

    It names the argument and the type, never the value, which may be a secret. None where nothing is wrong with them,
    and where the error says already what is.
    """
    if isinstance(error, OSError):
        return None  # a RequestException
    for name, (expected, is_good) in _EXPECTED.items():
        value = arguments.get(name)
        if value is not None and not is_good(value):
            cls = TypeError if isinstance(error, LookupError) else type(error)
            return cls(f"{name}= takes {expected}, not {_kind(value)}")
    for name in arguments.get("headers") or ():
        if not isinstance(name, (str, bytes)):
            return type(error)(f"the name of a header is {_kind(name)}: it must be text")
    cookies = arguments.get("cookies")
    if hasattr(cookies, "items"):
        for name, value in cookies.items():  # type: ignore[union-attr]
            if value is not None and not isinstance(value, str):
                return type(error)(f"the value of the cookie {name!r} is {_kind(value)}: it must be text")
    return None


def _kind(value: Any) -> str:
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


_EXPECTED: Final[dict[str, tuple[str, Any]]] = {
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


# -- what a server did -------------------------------------------------------------------------------------------------


def _of_json(response: Any) -> str:
    """Say what stands in the place of JSON; its beginning only where that is markup, which is no secret."""
    request = response.request
    length = len(response.content)
    kind = response.headers.get("Content-Type", "no Content-Type").partition(";")[0]
    told = f"the body of {length} bytes is {kind}" if length else "there is no body"
    text = response.content.lstrip()
    if text[:1] == b"<":
        told += f" and begins with {text[:20].decode('latin-1')!r}"
    return f" ({request.method} {masked_target(request.url)}, answered with {response.status_code}: {told})"


def _of_redirects(response: Any) -> str:
    first = response.history[0].request if response.history else response.request
    last, here = response.headers.get("location", ""), response.url
    return (
        f" ({first.method} {masked_target(first.url)}, in the end from {masked_target(here)} to {masked_target(last)}. "
        "A server that misses a cookie or a login does that)"
    )

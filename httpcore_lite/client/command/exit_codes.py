"""What a failure is on the command line: an exit code, curl's where curl has one, and one line that says what helps.

Loaded with the first failure. The line begins with what helps, in the command line's own words, and names the host or
the file in question; it has no secret, since no URL is in it. All of the error is for `-v`: `chain`.

Errors are judged by facts: their classes' names, the phase, OpenSSL's numbers. The first rule that holds decides; they
stand in the order in which they are asked.
"""

from __future__ import annotations

from ...exceptions import RequestException
from ...sansio.redaction import cut, masked_target
from ..failures import causes_of, names_of, phase_of, tls_fault
from .reporting import visible
from .table import PROGRAM, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Final, TypeAlias

    # An error, ours or another library's, with what its kind notes on it.
    _Error: TypeAlias = object
    # An exit code and a text.
    Verdict: TypeAlias = tuple[int, str] | None

#: Characters of the line, the program's name included.
MAX_LINE: Final = 120
_MAX_PLACE: Final = 45
_MAX_CHAIN: Final = 16


class CommandError(Exception):
    """What the command line itself refuses, or cannot do."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Failure:
    """What is known of an error: its causes, the names of their classes, the phase, and where it was."""

    def __init__(self, error: BaseException, is_sending: bool = False) -> None:
        self.error = error
        self.is_sending = is_sending
        causes: list[_Error] = [error, *causes_of(error)]
        following = error.__cause__
        while following is not None and len(causes) < _MAX_CHAIN:
            if all(following is not each for each in causes):
                causes.append(following)
            following = following.__cause__
        self.causes = causes
        names = [names_of(each) for each in causes]
        self.names: frozenset[str] = frozenset().union(*names)
        self.at_proxy = any("ProxyError" in found for found in names)
        self.phase = phase_of(causes, names, self.at_proxy, in_body=False)
        # What was asked for, and what a server said, must not be taken for our own words: only errors without a URL.
        told = zip(causes, names, strict=True)
        self.text = " ".join(str(each) for each, found in told if not found & {"RequestException", "RequestError"})
        self.peer = "proxy" if self.at_proxy else "server"
        self.url = str(getattr(getattr(error, "request", None), "url", None) or "")

    @property
    def place(self) -> str:
        """Host and port of the server, or "the proxy"."""
        if self.at_proxy:
            return "the proxy"
        authority = self.url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
        return cut(authority, _MAX_PLACE) or "the server"

    def found(self, name: str) -> object:
        """Return the first value of that name that one of the causes has, or None."""
        return next((value for each in self.causes if (value := getattr(each, name, None)) is not None), None)

    @property
    def seconds(self) -> str:
        """How long the phase was given."""
        seconds = self.found("seconds")
        return f"{seconds:g} s" if isinstance(seconds, (int, float)) else "so long"


_CLOCK: Final = "Is the clock here right? The certificate of {place} "
_AUTHORITY: Final = "--cacert FILE names the authority to trust, -k trusts any: that of {place} is not known"
_OTHER_NAME: Final = "Is the host right? The certificate of {place} is for other names; -k takes it all the same"
# By the faults that `failures` tells apart.
_TLS: Final = {
    "authority": _AUTHORITY,
    "not yet": _CLOCK + "is not valid yet; -k takes it",
    "expired": _CLOCK + "has expired; -k takes it",
    "self-signed": "--cacert FILE trusts it, -k trusts any: {place} has a certificate that it has signed itself",
    "names": _OTHER_NAME,
    "versions": "A newer {peer} helps: {place} has no version of TLS that is spoken here, 1.2 or 1.3",
    "no TLS": "Is it http://? {place} does not speak TLS on this port",
    "none shown": "--cert FILE shows a client certificate: {place} wants one",
    "refused": "Is --cert the right one? {place} does not trust the certificate that it was shown",
    "handshake": "--cert FILE may help: {place} has no cipher in common, or wants a certificate",
    "host": "Is the host right? {place} knows no host of that name",
}


def _of_files(failure: Failure) -> Verdict:
    """Files that TLS is set up from."""
    text = failure.text
    if "SSLError" not in failure.names and not failure.found("of_settings"):
        return None
    if "CA certificate" in text:
        return 77, "Is the file right that --cacert or CURL_CA_BUNDLE names? No authority can be read from it"
    if "no password was given" in text:
        return 58, "--cert FILE:PASSWORD opens the key: it has a password"
    if "client certificate" in text or "TLS certificate file" in text or "TLS key file" in text:
        return 58, "Are --cert and --key the right files? No certificate with its key can be read from them"
    if failure.found("of_settings"):
        return 58, "Is the file right? " + cut(str(failure.error), 80)
    return None


def _of_time(failure: Failure) -> Verdict:
    names = failure.names
    if not names & {"Timeout", "TimeoutError", "ReadTimeoutError"} or "NewConnectionError" in names:
        return None
    if failure.phase == "total":
        return 28, "-m allows more: {place} took more than {seconds} in all"
    if failure.phase in ("connect", "dns", "proxy", "tls"):
        doing = {"tls": "no TLS with", "dns": "no address of"}.get(str(failure.phase), "no connection to")
        return 28, "--connect-timeout allows more, if the URL is right: " + doing + " {place} in {seconds}"
    return 28, "--timeout allows more: {place} sent or took nothing for {seconds}"


def _of_tls(failure: Failure) -> Verdict:
    faults = list(map(tls_fault, failure.causes))
    if isinstance(failure.found("verify_code"), int):
        return 60, next((_TLS[fault] for fault in faults if fault), _AUTHORITY)
    if "SSLError" not in failure.names and failure.phase != "tls":
        return None
    if "Fingerprints did not match" in failure.text:
        return 60, "Is --fingerprint right? {place} has another certificate"
    if "doesn't match" in failure.text:
        return 60, _OTHER_NAME
    known = next((_TLS[fault] for fault in faults if fault), None)
    if failure.phase in ("tls", "settings", "proxy"):
        return 35, known or "Does {place} speak TLS on this port? The handshake failed"
    if failure.phase in ("early", "send", "wait"):
        return 56, known or "Does it want --cert? {place} broke the encrypted connection"
    return 56, known or "Try again, or --retry: {place} broke the encrypted connection"


def _of_proxy(failure: Failure) -> Verdict:
    if not failure.at_proxy or failure.phase == "tls" or isinstance(failure.found("verify_code"), int):
        return None  # of TLS with the proxy there is a rule below
    if "NameResolutionError" in failure.names:
        return 5, "Is -x right? The proxy's name was not found"
    if "NewConnectionError" in failure.names:
        return 7, "Is the proxy running, and is -x right? Nothing listens there"
    if "Tunnel connection failed: 407 " in failure.text:
        return 56, "-U USER:PASSWORD logs in: the proxy wants a user that it knows"
    if "SOCKS" in failure.text and "Tunnel connection failed" not in failure.text:
        return 97, "Is -x right, and -U? " + _innermost(failure)
    return 56, "Is -x right? " + _innermost(failure)


def _innermost(failure: Failure) -> str:
    return str(failure.causes[-1]).replace("\n", " ")


def _of_connecting(failure: Failure) -> Verdict:
    if "NameResolutionError" in failure.names:
        return 6, "Is {place} spelled right, and is there a network? The name was not found"
    if "NewConnectionError" not in failure.names:
        return None
    if "Cannot assign requested address" in failure.text or "No such device" in failure.text:
        return 45, "Is --interface one of this machine? It cannot be connected from"
    if "UnixConnection" in failure.text:
        return 7, "Is a server running on that socket, and is the path of --unix-socket right?"
    if "ConnectionRefusedError" in failure.names:
        return 7, "Is the server running, and the port right? Nothing listens at {place}"
    return 7, "Is {place} right, and is there a network? There is no way to it from here"


def _of_body(failure: Failure) -> Verdict:
    names = failure.names
    if "ResponseTooLarge" in names:
        return 63, "--max-filesize allows more: the body is larger"
    if names & {"DecodeError", "ContentDecodingError"}:
        return 61, "-H 'Accept-Encoding: identity' may help: the body does not fit its content coding"
    if "InvalidChunkLength" in names:
        return 56, "Is that an HTTP {peer}? What stands where a chunk's length belongs is none"
    if "IncompleteRead" in names:
        return 18, "-C - goes on with a file: {place}, or something in between, closed before the body's end"
    return None


def _of_exchange(failure: Failure) -> Verdict:
    names = failure.names
    if failure.is_sending and names & {"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError"}:
        return 55, "Try again, or send less: {place} broke the connection before it had all"
    if "RemoteDisconnected" in names:
        helps = "Does it want --cert?" if failure.url.startswith("https:") else "Does it want https://?"
        return 52, helps + " {place} closed without a response"
    if "\\x15\\x03" in failure.text or "\x15\x03" in failure.text:
        return 1, "Is it https://? {place} speaks TLS on this port"
    if "BadStatusLine" in names:
        return 1, "Is that an HTTP server, and is the port right? What came from {place} is no HTTP"
    if "HeadError" in names:
        return 8, "Is that an HTTP server? " + _innermost(failure)
    if names & {"ConnectionResetError", "BrokenPipeError", "ProtocolError", "ChunkedEncodingError"}:
        return 56, "Try again, or --retry: {place} broke the connection"
    return None


#: A body that had to be sent once more, and cannot be.
SENT_ONCE: Final = (65, "Send a file (-T FILE, -d @-): it had to be sent once more, which a stream cannot be")
_PROXIES: Final = "-x takes http://HOST:PORT, or https, socks4, socks4a, socks5, socks5h: that URL is none"
# By the name of the error's own class, or of a base.
_CLASSES: Final = {
    "TooManyRedirects": (47, "Is a cookie or a login missing (-b, -u)? There are too many redirects in a row"),
    "InvalidProxyURL": (5, _PROXIES),
    "InvalidSchema": (1, "Begin the URL with http:// or https://: no other scheme is spoken here"),
    "MissingSchema": (3, "Write a URL as https://example.org/path: this one has no host"),
    "URLRequired": (3, "Write a URL as https://example.org/path"),
    "UnrewindableBodyError": SENT_ONCE,
}
_RULES: Final[tuple[Callable[[Failure], Verdict], ...]] = (
    _of_files, _of_time, _of_proxy, _of_connecting, _of_tls, _of_body, _of_exchange,
)  # fmt: skip


def judged(error: BaseException, is_sending: bool = False) -> tuple[int, str]:
    """Return the exit code of a failure, and the line that says it, of at most MAX_LINE characters.

    `is_sending` says that some of the body, and not all, has been sent.
    """
    if isinstance(error, (CommandError, UsageError)):
        return getattr(error, "code", 2), line(str(error))
    failure = Failure(error, is_sending)
    for name, (code, text) in _CLASSES.items():
        if name in names_of(error):
            return code, _line(failure, text)
    if "InvalidHeader" in names_of(error):
        return 2, line("Check what -H, -A, -b and -e say: " + _innermost(failure))
    if failure.names & {"ProxySchemeUnknown", "ProxySchemeUnsupported"}:
        return 7, line(_PROXIES)
    if "InvalidURL" in names_of(error) or isinstance(error, UnicodeError):
        text = masked_target(str(error)).replace("Failed to parse: ", "")
        return 3, line("Write a URL as https://example.org/path: " + text)
    for rule in _RULES:
        verdict = rule(failure)
        if verdict is not None:
            return verdict[0], _line(failure, verdict[1])
    if isinstance(error, RequestException):
        return 56, _line(failure, getattr(error, "explanation", "") or masked_target(str(error)))
    return (1 if isinstance(error, OSError) else 2), line(str(error) or type(error).__name__)


def _line(failure: Failure, text: str) -> str:
    text = text.replace("{peer}", failure.peer).replace("{seconds}", failure.seconds)
    return line(text.replace("{place}", failure.place))


def line(text: str) -> str:
    """Return the line that is printed for an error: no control character, and at most MAX_LINE of the others."""
    return cut(f"{PROGRAM}: {visible(' '.join(text.split()))}", MAX_LINE)


def chain(error: BaseException) -> Iterator[str]:
    """Yield a line for an error and for each of its causes, as -v shows them."""
    seen = 0
    following: BaseException | None = error
    while following is not None and seen < _MAX_CHAIN:
        text = visible(" ".join(masked_target(str(following)).split()))
        yield f"{'' if not seen else 'caused by '}{type(following).__name__}: {text}"
        explanation = getattr(following, "explanation", "")
        if explanation and explanation not in text:
            yield f"  {visible(explanation)}"
        seen += 1
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)

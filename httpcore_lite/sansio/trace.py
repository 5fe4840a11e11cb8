"""What happens in an exchange, step by step: told to the program's trace function and to the log.

A step that can take time has two events, `.start` and `.end` (with `seconds`); what merely happens has one:

    queue.start            waiting for a connection of a full pool             queue.end
    connection.reused      an idle connection serves again                     connection.dropped
    dns.start              a name is looked up                                 dns.end
    connect.start          the TCP connection, or the Unix socket's            connect.end
    proxy.start            the tunnel, or the SOCKS handshake                  proxy.end
    tls.start              the TLS handshake                                   tls.end
    send.start             the request                                         send.end
    response.informational a 1xx head          response.head    the final one  response.mended
    response.end           the body's end: `kept` says whether the connection can be used again
    request.replayed       a stale connection had died: the request goes out once more
    request.retried        `Retry` will send it again: attempt number `attempt`, after its pause
    request.redirected     a redirect is followed
    request.failed         an error ends the exchange

`info` is a dict. `route` (scheme, host and port) is in each, once there is a connection its number as `connection`;
the rest is named in `_LINES`. Without a watcher each costs one look at whether there is one.

A pure room: it reads no clock and keeps no time. The log is written by `logging`, if the program has loaded that and
has given the logger `httpcore_lite` a level of its own. The lines of urllib3's logger, which a level of the root shows
as well, are in urllib3_log.py.
"""

from __future__ import annotations

import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final, TypeAlias

    # A logger, once somebody has loaded logging.
    _Logger: TypeAlias = Any

    Watcher = Callable[[str, dict[str, object]], object]

_DEBUG: Final = 10
# Ours, and those whose levels decide: of the package, and urllib3's.
_logger: _Logger = None
_package_logger: _Logger = None
_urllib3_logger: _Logger = None

MASK: Final = "[masked]"
# Fields and query parameters whose values are secrets, or may be.
# (Compiled by `re` at first use, which is when somebody watches.)
_SECRET: Final = (
    r"(?i:authori[sz]ation|cookie|token|secret|passw|api[-_]?key|access[-_]?key|signature|session|credential)"
)
# The one field of whose name that is not true: CORS says "true" in it.
_NO_SECRET: Final = "access-control-allow-credentials"
_URLS: Final = ("location", "content-location", "referer", "refresh", "link", "origin")
_QUERY: Final = r"([?&;#][^=?&;#]*)=([^&;#]*)"
# What stands before the authority of a URL, however it was mistyped. A word and a colon are a scheme where a slash
# follows, else they may be a user.
_OPENING: Final = r"\s*(?:[A-Za-z][A-Za-z0-9+.\-]*:(?=[/\\])|(?i:https?):|(?i:https?)(?=[/\\]{2}))?[/\\]*"
_AUTHORITY: Final = r"[^/?#\\]*"
_HOST_AND_PORT: Final = r"(?:\[[^\[\]]*\]|[\w.%\-]*)(?::[0-9]+)?"
# The userinfo of a URL inside of another one (a parameter, the path of a forwarding service), or of a field's text; and
# what `http:/user:password@host` becomes behind a redirect, a path with a colon before its `@`.
_INNER_USERINFO: Final = r"(?i:(//|%2f%2f)(?:(?!%2f)[^/?#&\s])*(?:@|%40))|(/)[^/?#&\s:]*:[^/?#&\s]*@"

# The text of each event's line in the log.
_LINES: Final = {
    "queue.start": "{route}: the pool is full, waiting for a connection",
    "queue.end": "{route}: waited {seconds} for a connection",
    "connection.reused": "{route}: connection #{connection} serves again, after {exchanges} exchanges",
    "connection.dropped": "{route}: connection #{connection} was found dead, dropped",
    "dns.start": "{route}: looking up {host}",
    "dns.end": "{route}: {host} is at {addresses}, found in {seconds}",
    "connect.start": "{route}: connecting to {addresses}",
    "connect.end": "{route}: connected from {local_address} to {remote_address} in {seconds}",
    "proxy.start": "{route}: asking {proxy} for a way",
    "proxy.end": "{route}: {proxy} has opened a way in {seconds}",
    "tls.start": "{route}: TLS handshake with {server_hostname}",
    "tls.end": "{route}: {version} with {cipher} in {seconds}, resumed: {resumed}",
    "send.start": "{route}: #{connection} > {method} {target} with {headers}",
    "send.end": "{route}: #{connection} > sent in {seconds}",
    "response.informational": "{route}: #{connection} < {status} {reason}",
    "response.head": "{route}: #{connection} < {status} {reason} after {seconds} with {headers}",
    "response.mended": "{route}: #{connection} < mended the head of a response: {note}",
    "response.end": "{route}: #{connection} < {bytes} bytes in {seconds}, connection kept: {kept}",
    "request.replayed": "{route}: #{connection} had died unanswered, {method} {target} is sent once more",
    "request.retried": "{route}: {method} {target} is tried again, attempt {attempt}: {reason}",
    "request.redirected": "{status}: {method} {url} leads to {location}",
    "request.failed": "{route}: {method} {target} failed: {error!r}",
}


def watcher(trace: Watcher | None) -> Watcher | None:
    """Return what is to be told of each step: the program's `trace`, the log, both, or None.

    It is not None either where the lines of urllib3_log.py are wanted.
    """
    global _logger, _package_logger, _urllib3_logger
    if _logger is None:
        logging = sys.modules.get("logging")
        if logging is not None and hasattr(logging, "getLogger"):
            package = __name__.partition(".sansio.")[0]
            _package_logger = logging.getLogger(package)
            _urllib3_logger = logging.getLogger("urllib3.connectionpool")
            _logger = logging.getLogger(package + ".transport")
    if _logger is None or not (_logger.level or _package_logger.level) or not _logger.isEnabledFor(_DEBUG):
        if trace is not None:
            return trace
        if _logger is not None and _urllib3_logger.isEnabledFor(_DEBUG):
            return _ignore
        client = sys.modules.get("http.client")
        if client is not None and getattr(getattr(client, "HTTPConnection", None), "debuglevel", False):
            return _ignore
        return None
    if trace is None:
        return log
    traced = trace

    def both(event: str, info: dict[str, object]) -> None:
        log(event, info)
        traced(event, info)

    return both


def debug_level() -> int:
    """Return what a program has set as `http.client.HTTPConnection.debuglevel`, 0 where that is not loaded."""
    # A module that another thread is loading may lack anything.
    return getattr(getattr(sys.modules.get("http.client"), "HTTPConnection", None), "debuglevel", 0)


def _ignore(event: str, info: dict[str, object]) -> None:
    """Watch without telling: the lines of urllib3_log.py are written elsewhere."""


def log(event: str, info: dict[str, object]) -> None:
    """Write the line of one event."""
    shown = {name: _shown(name, value) for name, value in info.items()}
    _logger.debug("%s", _LINES[event].format_map(shown))


def _shown(name: str, value: Any) -> object:
    if name == "seconds":
        return f"{value * 1000:.1f} ms"
    if name in ("target", "url", "location"):
        return masked_target(value)
    if name == "headers":
        return "; ".join([f"{field}: {content}" for field, content in masked(value)])
    if name == "addresses":
        return ", ".join(map(str, value))
    return value


def masked(fields: Iterable[tuple[object, object]]) -> list[tuple[str, str]]:
    """Return field lines as text, the values that are secrets replaced by MASK."""
    shown = []
    for raw, content in fields:
        name = _text(raw)
        if re.search(_SECRET, name) and name.lower() != _NO_SECRET:
            value = MASK
        else:
            value = _shown_content(name.lower(), _text(content))
        shown.append((name, value))
    return shown


def _shown_content(name: str, content: str) -> str:
    if name not in _URLS:
        return re.sub(_INNER_USERINFO, r"\1\2", content) if "@" in content else content
    if name == "refresh":
        delay, equals, target = content.partition("=")  # 5; url=/there
        return f"{delay}{equals}{masked_target(target)}"
    return ",".join(map(masked_target, content.split(","))) if name == "link" else masked_target(content)


def masked_target(target: str) -> str:
    """Return a target or URL without userinfo, and without the values of parameters whose names speak of secrets.

    The one place that decides what of a URL may be shown. It must hold for what is no valid URL as well, since that
    is what errors are about: a URL without a scheme or with too few slashes, a password with a slash in it.
    """
    if "@" in target or "%40" in target:
        target = re.sub(_INNER_USERINFO, r"\1\2", _without_userinfo(target))
    return re.sub(_QUERY, lambda found: f"{found[1]}={MASK if re.search(_SECRET, found[1]) else found[2]}", target)


def _without_userinfo(target: str) -> str:
    opening = re.match(_OPENING, target)
    start = opening.end() if opening else 0
    found = re.compile(_AUTHORITY).match(target, start)
    assert found is not None  # it matches nothing, too
    end = found.end()
    at = target.rfind("@", start, end)
    if target[:start] == "/":
        return target  # a path
    if at < 0 and not re.fullmatch(_HOST_AND_PORT, target[start:end]):
        # What looks like a port is the beginning of a password.
        at = target.rfind("@")
        if at < 0 and (escaped := target.rfind("%40", start, end)) >= 0:
            at = escaped + 2
    return target[:start] + target[at + 1 :] if at >= 0 else target


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, (bytes, bytearray)) else str(value)

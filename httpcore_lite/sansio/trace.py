"""What happens in an exchange, step by step: told to the program's trace function and to the log.

A step that can take time has two events, `.start` and `.end` (with `seconds`); what merely happens has one:

    limit.start            waiting for its time under a RateLimit              limit.end
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

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, TypeAlias

    # A logger, once logging is loaded.
    _Logger: TypeAlias = Any

    Watcher = Callable[[str, dict[str, object]], object]

_DEBUG: Final = 10
# Ours, and those whose levels decide: of the package, and urllib3's.
_logger: _Logger = None
_package_logger: _Logger = None
_urllib3_logger: _Logger = None

# The text of each event's line in the log.
_LINES: Final = {
    "limit.start": "{route}: waiting for its time under the rate limit",
    "limit.end": "{route}: waited {seconds} for its time",
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
    shown = {name: _shown_info(name, value) for name, value in info.items()}
    _logger.debug("%s", _LINES[event].format_map(shown))


def _shown_info(name: str, value: Any) -> object:
    from .redaction import masked, masked_target

    if name == "seconds":
        return f"{value * 1000:.1f} ms"
    if name in ("target", "url", "location"):
        return masked_target(value)
    if name == "headers":
        return "; ".join([f"{field}: {content}" for field, content in masked(value)])
    if name == "addresses":
        return ", ".join(map(str, value))
    return value

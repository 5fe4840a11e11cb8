"""The lines that programs know from urllib3's log, and from http.client's `debuglevel`.

    urllib3.connectionpool   Starting new HTTP connection (1): host:port
                             Resetting dropped connection: host
                             http://host:port "GET /path HTTP/1.1" 200 32
                             Redirecting /path -> /other
                             Retry: /path           Retrying (...) after connection broken by '...': /path
    urllib3.util.retry       Incremented Retry for (url='/path'): Retry(...)
    standard output          send: b'...'           reply: '...'            header: Name: value

The words, the levels and the names of the loggers are those of urllib3, so that a program's filters and the recipes of
requests' documentation hold. Secrets are masked. This room is loaded once such a line is wanted; trace.py asks.
"""

from __future__ import annotations

import sys

from .redaction import masked, masked_target
from .trace import debug_level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, TypeAlias

    from .connections.routes import Route
    from .http1.request_heads import Request

    # What is written of a response: a `transport.response.RawResponse`, which has its attributes late.
    Response: TypeAlias = Any


_DEBUG: Final = 10
_INFO: Final = 20
_WARNING: Final = 30
# The routes whose connections are numbered at a time.
_MAX_ROUTES: Final = 256


def write(name: str, level: int, message: str, *arguments: object) -> None:
    """Write to the logger `name` of urllib3's, if the program has loaded logging."""
    logging = sys.modules.get("logging")
    if logging is None or not hasattr(logging, "getLogger"):
        return
    root = logging.getLogger("urllib3")
    if not root.handlers:
        # As urllib3 does: without it, warnings would go to standard error where no log was set up.
        root.addHandler(logging.NullHandler())
    logging.getLogger(f"urllib3.{name}").log(level, message, *arguments)


class Counts:
    """How many connections each route has begun, and how many of those urllib3 would open again.

    A connection that a server closed stays an object in urllib3's pool; it is "reset" when it is needed, not new.
    """

    def __init__(self) -> None:
        self._counts: dict[Route, list[int]] = {}

    def _of(self, route: Route) -> list[int]:
        if route not in self._counts and len(self._counts) >= _MAX_ROUTES:
            del self._counts[next(iter(self._counts))]
        return self._counts.setdefault(route, [0, 0])

    def closed(self, route: Route) -> None:
        """Note that a connection was closed at the end of an exchange."""
        self._of(route)[1] += 1

    def opening(self, route: Route, was_dead: bool) -> None:
        """Write the line of a connection about to be opened, in the place of one that was found dead or not."""
        counts = self._of(route)
        if was_dead or counts[1]:
            counts[1] -= not was_dead
            write("connectionpool", _DEBUG, "Resetting dropped connection: %s", route.host)
            return
        counts[0] += 1
        kind = route.scheme.upper()
        write(
            "connectionpool", _DEBUG, "Starting new %s connection (%d): %s:%s", kind, counts[0], route.host, route.port
        )


def responded(route: Route, method: str, target: str, raw: Response) -> None:
    """Write the line of a response whose head was read, and print that as http.client does."""
    if debug_level():
        _print_head(raw)
    write(
        "connectionpool",
        _DEBUG,
        '%s://%s:%s "%s %s %s" %s %s',
        route.scheme,
        route.host,
        route.port,
        method,
        masked_target(target),
        "HTTP/1.1",  # the version of the request
        raw.status,
        raw.length_remaining,
    )


def incremented(target: str | None, retries: object) -> None:
    """Write that `Retry` has counted an attempt."""
    shown = target if target is None else masked_target(target)
    write("util.retry", _DEBUG, "Incremented Retry for (url='%s'): %r", shown, retries)


def redirected(target: str, location: str, by_manager: bool) -> None:
    """Write that a redirect is followed: by a PoolManager, or by a pool on its own origin."""
    name, level = ("poolmanager", _INFO) if by_manager else ("connectionpool", _DEBUG)
    write(name, level, "Redirecting %s -> %s", masked_target(target), masked_target(location))


def converted(given: object, retries: object) -> None:
    """Write that a number was taken for a policy."""
    write("util.retry", _DEBUG, "Converted retries value: %r -> %r", given, retries)


def retried(target: str, retries: object, error: BaseException | None) -> None:
    """Write that a request is sent again: after a response that asked for it, or after an error."""
    if error is None:
        write("connectionpool", _DEBUG, "Retry: %s", masked_target(target))
    else:
        words = "Retrying (%r) after connection broken by '%r': %s"
        write("connectionpool", _WARNING, words, retries, error, masked_target(target))


# -- http.client's debuglevel ------------------------------------------------------------------------------------------


def sending(request: Request) -> None:
    """Print the head of a request as http.client does. Bodies are not printed."""
    if not debug_level():
        return
    method, target = request.method.decode("ascii"), masked_target(request.target.decode("latin-1"))
    lines = [f"{name}: {value}" for name, value in masked(request.headers.raw_items())]
    head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""])
    print("send:", repr(head.encode("latin-1", "replace")))  # noqa: T201


def _print_head(raw: Response) -> None:
    print("reply:", repr(f"{raw.version_string} {raw.status} {raw.reason}\r\n"))  # noqa: T201
    for name, value in masked(raw.headers.items()):
        print("header:", f"{name}:", value)  # noqa: T201

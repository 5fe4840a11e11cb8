"""One exchange: a connection is acquired, a request sent, and the head of its response read.

    acquire ──▶ send ──▶ read the head ──▶ RawResponse
       ▲                       │
       └── a reused connection died before the first byte of the answer, and the request may be sent once more

That repetition happens once and only for connections that were idle: the peer may close one at any time, and that
is not the caller's problem. It is no retry in the sense of `Retry`, which is the upper floor's.
"""

from __future__ import annotations

from time import monotonic

from ..sansio.errors import ProtocolError, SSLError, TransportError
from ..sansio.http1.protocol import may_replay
from ..sansio.trace import watcher
from .connection import is_disconnect
from .response import RawResponse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..sansio.connections.routes import Route
    from ..sansio.http1.request_body import OutgoingBody
    from ..sansio.http1.request_heads import Request
    from ..sansio.options import Terms
    from .connection import Connection
    from .pool import ConnectionPool


def exchange(
    pool: ConnectionPool, route: Route, request: Request, method: str, target: str, body: OutgoingBody, terms: Terms
) -> RawResponse:
    """Send `request` along `route` under `terms` and return its response, whose body is still to be read.

    Raises an error of the tree in `errors.py`, and whatever the body's source raises. On any of them the
    connection is closed.
    """
    watch = watcher(terms.trace)
    began = monotonic()
    replayed = False
    while True:
        connection = pool.acquire(route, terms, watch, fresh=replayed)
        try:
            if watch is not None and connection.exchanges:
                connection.watch = watch
                connection.tell("connection.reused", exchanges=connection.exchanges)
            connection.begin(target, terms, began, watch)
            if watch is None:
                _converse(connection, request, body)
                return RawResponse(connection, pool, method, target)
            return _watched(connection, pool, request, method, target, body)
        except BaseException as error:
            pool.discard(connection)
            if (
                replayed
                or connection.exchanges == 1
                or not isinstance(error, (ProtocolError, SSLError))
                or not is_disconnect(error)
                or not connection.died_unanswered
                or not may_replay(method, connection.sent_any, body.is_repeatable)
            ):
                raise
            from ..sansio.redaction import masked_target

            connection.tell("request.replayed", method=method, target=masked_target(target))
        body.rewind()
        replayed = True


def _watched(
    connection: Connection, pool: ConnectionPool, request: Request, method: str, target: str, body: OutgoingBody
) -> RawResponse:
    """Do the exchange and write the lines that programs know from urllib3."""
    from ..sansio.urllib3_log import responded, sending

    sending(request)
    _converse(connection, request, body)
    raw = RawResponse(connection, pool, method, target)
    responded(connection.route, method, target, raw)
    return raw


def _converse(connection: Connection, request: Request, body: OutgoingBody) -> None:
    try:
        connection.send_request(request, body)
    except ProtocolError as broken:
        if not is_disconnect(broken):
            raise
        # The peer does not read any more. It may have answered before it stopped (RFC 9112 section 9.5).
        try:
            connection.read_head()
        except TransportError:
            raise broken from broken.__cause__
        return
    connection.read_head()

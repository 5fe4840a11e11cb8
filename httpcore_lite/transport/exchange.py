"""One exchange: a connection is acquired, a request sent, and the head of its response read.

    acquire ──▶ send ──▶ read the head ──▶ RawResponse
       ▲                       │
       └── a reused connection died before the first byte of the response, and the request may be sent once more

That repetition happens once and only for connections that were idle: the peer may close one at any time, and that
is not the caller's problem. It is no retry in the sense of `Retry`, which is the upper floor's.

h11, and what is made of responses, take longer to load than many a connection to open. So the first exchange of a
process loads them while its connection is under way, where nothing speaks against beginning that (`connectors`). If
the head is plain (`verdicts.is_plain`) h11 makes and judges it then, too; any other head it has judged before
(`EarlyHeads`).
"""

from __future__ import annotations

from time import monotonic

from .._internal_utils import late
from ..sansio.errors import ProtocolError, TransportError
from ..sansio.http1.request_body import READ_SIZE
from ..sansio.http1.verdicts import is_plain
from ..sansio.trace import watcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..sansio.connections.routes import Route
    from ..sansio.http1.exchange import is_disconnect
    from ..sansio.http1.request_body import OutgoingBody
    from ..sansio.http1.request_heads import Request
    from ..sansio.options import ExchangeOptions, Turn
    from ..sansio.trace import Watcher
    from . import cancelling as _cancelling
    from .connection import Connection
    from .pool import ConnectionPool
    from .response import RawResponse

    Fields = list[tuple[str | bytes, str | bytes | None]]
else:
    _cancelling = late(".transport.cancelling")
    # They come with h11, and are bound by `_load`.
    RawResponse = is_disconnect = None


class EarlyRequest:
    """A request with a plain head, which h11 makes and judges once it is loaded."""

    def __init__(self, method: str, target: str, fields: Fields, host: str) -> None:
        self._parts = (method, target, fields, host)
        self._made: Request | None = None

    def made(self) -> Request:
        """Return the request. InvalidHeader if h11 refuses it after all."""
        if self._made is None:
            from ..sansio.http1.request_heads import RequestHeads

            self._made = RequestHeads().build(*self._parts)
        return self._made


class EarlyHeads:
    """In the place of `RequestHeads` as long as h11 is not loaded: only what is not plain must wait for it."""

    @staticmethod
    def build(method: str, target: str, fields: Fields, host: str) -> Request | EarlyRequest:
        """Return a request with this head. InvalidHeader as of `RequestHeads.build`."""
        request = EarlyRequest(method, target, fields, host)
        return request if is_plain(method, target, fields, host) else request.made()


def _load(request: Request | EarlyRequest) -> None:
    """Load h11 and what reads responses, and have the request made: while the first connection is under way."""
    global RawResponse, is_disconnect
    from ..sansio.http1.exchange import is_disconnect
    from .response import RawResponse

    if isinstance(request, EarlyRequest):
        request.made()


def exchange(
    pool: ConnectionPool,
    route: Route,
    request: Request | EarlyRequest,
    method: str,
    target: str,
    body: OutgoingBody,
    options: ExchangeOptions,
) -> RawResponse:
    """Send `request` along `route` with `options` and return its response, whose body is still to be read.

    Raises an error of the tree in `errors.py`, and whatever the body's source raises. On any of them the
    connection is closed.
    """
    watch = watcher(options.trace)
    began = monotonic()
    replayed = False
    meanwhile = None if RawResponse is not None else lambda early=request: _load(early)
    while True:
        if options.cancellation is not None and options.cancellation.cancelled:
            options.cancellation.check()
        if options.turn is not None:
            options.turn.wait(watch)  # without a connection, which others may use meanwhile
        connection = pool.acquire(route, options, watch, fresh=replayed, meanwhile=meanwhile)
        try:
            if options.turn is not None and _is_given_up(pool, connection, options.turn, watch):
                continue
            ready = request.made() if isinstance(request, EarlyRequest) else request
            connection.begin_exchange(target, options, began, watch)
            if options.cancellation is not None:
                _cancelling.ends_with(options.cancellation, id(connection), connection.sock)
            if watch is None:
                _converse(connection, ready, body)
                return RawResponse(connection, pool, method, target)
            if connection.exchanges > 1:
                connection.exchange.tell("connection.reused", exchanges=connection.exchanges - 1)
            return _watched(connection, pool, ready, method, target, body)
        except BaseException as error:
            pool.discard(connection)
            if replayed or not _is_replayed(connection, error, method, target, body):
                raise
        body.rewind()
        replayed = True


def _is_replayed(connection: Connection, error: BaseException, method: str, target: str, body: OutgoingBody) -> bool:
    """Tell whether a request that failed with `error` is sent once more, on a new connection; the trace is told."""
    done = connection.exchange
    if connection.exchanges == 1 or not done.may_be_replayed(error, method, connection.protocol, body.is_repeatable):
        return False
    from ..sansio.redaction import masked_target

    done.tell("request.replayed", method=method, target=masked_target(target))
    return True


def _is_given_up(pool: ConnectionPool, connection: Connection, turn: Turn, watch: Watcher | None) -> bool:
    """Wait until the request may be sent; return whether not on this connection.

    The peer has closed it meanwhile, or the wait is long and others may need it.
    """
    if not turn.departs(watch) or not (turn.goes_back or connection.is_stale):
        return False
    pool.discard(connection)
    return True


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
    data = body.data
    try:
        if (
            data is not None
            and len(data) <= READ_SIZE
            and not body.expects
            and not connection.exchange.options.trailers
        ):
            connection.send_request(request, data)
        else:
            from .sending import upload  # most requests never need it

            upload(connection, request, body)
    except ProtocolError as broken:
        if not is_disconnect(broken):
            raise
        # The peer does not read any more. It may have responded before it stopped (RFC 9112 section 9.5).
        try:
            connection.read_head()
        except TransportError:
            raise broken from broken.__cause__
        return
    connection.read_head()

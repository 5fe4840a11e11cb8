"""A body goes out that is long, or comes in pieces, or must be asked for, or has trailers.

What is sent, what the peer may say meanwhile and what that means, `sansio.http1.uploading` decides. Here between two
pieces one poll asks whether the socket can be read from or written to, and the limit on a write bounds the time without
progress, not the time for everything.
"""

from __future__ import annotations

import os
from errno import EINVAL, ENOSYS, EOPNOTSUPP
from time import monotonic

from ..sansio.errors import WriteTimeoutError, peer_is_gone
from ..sansio.http1.request_body import READ_SIZE, FileRegion
from ..sansio.http1.uploading import Upload, file_fell_short
from .connection import descriptor_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Final

    from ..sansio.http1.request_body import OutgoingBody
    from ..sansio.http1.request_heads import Request
    from .connection import Connection

    _Wait = Callable[[float | None], tuple[bool, bool]]

_RESPONSE_READ: Final = 16 * 1024


def upload(connection: Connection, request: Request, body: OutgoingBody) -> None:
    """Send `request` and its body over `connection`, piece by piece.

    Ends early, without an error, when the peer refuses meanwhile or is gone; `read_head` tells. Raises
    WriteTimeoutError, ReadTimeoutError, ProtocolError, SSLError, InvalidHeader, and whatever the body's source raises.
    """
    exchange = connection.exchange
    if exchange.watch is not None:
        exchange.tell_request(request)
    outgoing = Upload(exchange, connection.protocol, request, body)
    connection.send(outgoing.head())
    if not body.expects or _may_continue(connection, outgoing):
        push = _pusher(connection, outgoing)
        for piece in outgoing.pieces(regions=_sends_files(connection.sock)):
            if not push(piece):
                break
    exchange.sent = monotonic()
    if exchange.watch is not None:
        exchange.tell("send.end", seconds=exchange.sent - exchange.ready)


def _sends_files(sock: object) -> bool:
    """Whether the system can send a file to `sock`: a plain socket, and not what a program put in its place."""
    import socket

    return type(sock) is socket.socket and hasattr(os, "sendfile")


def _may_continue(connection: Connection, outgoing: Upload) -> bool:
    """Wait for 100, for `expect_timeout` seconds at most; returns false when the response has come instead."""
    outgoing.begin_waiting(monotonic())
    sock = connection.sock
    follows: bool | None = None
    while follows is None:
        limit = outgoing.patience(monotonic())
        if limit == 0.0:
            return True
        sock.settimeout(limit)
        try:
            data = sock.recv(_RESPONSE_READ)
        except TimeoutError:
            outgoing.waited(limit)
            continue  # it was this limit, or the deadline: the next round tells
        except OSError as error:
            raise connection.broken(error) from error
        follows = outgoing.heard(data)
    # The final response may stand right behind it, also in bytes that the system has handed out already.
    pending = getattr(sock, "pending", None)
    if follows and connection.exchange.head is None and pending is not None and pending():
        return not _responded(connection, outgoing) or outgoing.goes_on
    return follows


def _pusher(connection: Connection, outgoing: Upload) -> Callable[[bytes | memoryview | FileRegion], bool]:
    """Return what sends a piece: true when it was sent, false when the peer refused the body meanwhile."""
    ready = wait_for_either(connection.sock, reads=connection.exchange.head is None)
    if ready is None:
        return lambda data: _send_blindly(connection, data)
    wait, exchange = ready, connection.exchange

    def push(data: bytes | memoryview | FileRegion) -> bool:
        nonlocal wait
        region = data if isinstance(data, FileRegion) else None
        view = memoryview(b"" if isinstance(data, FileRegion) else data)
        sent, size = 0, len(data)
        while sent < size:
            limit = connection.write_limit()
            readable, writable = wait(limit)
            if readable and exchange.head is None and _responded(connection, outgoing):
                if not outgoing.goes_on:
                    return False
                # The rest of the response stays with the system until the body is sent: nothing of it is kept here.
                wait = wait_for_either(connection.sock, reads=False) or wait
            elif writable:
                count = _send(connection, view[sent:]) if region is None else _send_region(connection, region, sent)
                if count is not None:
                    sent += count
                elif not _readable(connection, limit):
                    raise exchange.timed_out(WriteTimeoutError, limit)
            elif not readable:
                raise exchange.timed_out(WriteTimeoutError, limit)
        return True

    return push


def _send_blindly(connection: Connection, data: bytes | memoryview | FileRegion) -> bool:
    assert not isinstance(data, FileRegion)  # these are for real sockets only
    connection.send(data)
    return True


def _readable(connection: Connection, limit: float | None) -> bool:
    """Wait until the socket can be read from: TLS has to before it can write, in a renegotiation for one."""
    ready = wait_for_either(connection.sock, writes=False)
    return ready is None or ready(limit)[0]


def _send(connection: Connection, view: memoryview) -> int | None:
    """Send what the socket takes at once; returns how much that was, None when TLS must read before."""
    sock = _not_waiting(connection.sock)
    try:
        return sock.send(view)
    except OSError as error:
        if _would_block(error):
            return None if type(error).__name__ == "SSLWantReadError" else 0
        raise connection.broken(error) from error


def _send_region(connection: Connection, region: FileRegion, sent: int) -> int | None:
    """Have the system send what the socket takes at once of a region, of which `sent` bytes are gone."""
    sock = _not_waiting(connection.sock)
    start, left = region.offset + sent, region.size - sent
    try:
        count = os.sendfile(sock.fileno(), region.descriptor, start, left)
    except OSError as error:
        if _would_block(error):
            return 0
        if error.errno not in (EINVAL, ENOSYS, EOPNOTSUPP):
            raise connection.broken(error) from error
        # A file on a file system that cannot: its bytes are read, then.
        data = os.pread(region.descriptor, min(READ_SIZE, left), start)
        if data:
            return _send(connection, memoryview(data))
        count = 0
    if not count:
        raise file_fell_short(left)
    return count


def _responded(connection: Connection, outgoing: Upload) -> bool:
    """Whether the final response has begun, or the peer is gone, while we are still sending."""
    sock = _not_waiting(connection.sock)
    # Up to the last byte that is there: what TLS in TLS has taken from the system already shows at no descriptor.
    while True:
        try:
            data = sock.recv(_RESPONSE_READ)
        except OSError as error:
            # TLS can be readable without a byte for us: a session ticket, half a record.
            if _would_block(error):
                return False
            if peer_is_gone(error):
                return True
            raise connection.broken(error) from error  # the peer is there, would be waited for
        if outgoing.receive(data):
            return True


def _not_waiting(sock: socket.socket) -> socket.socket:
    # The user can reach the socket, so its own word counts and no remembered value.
    if sock.gettimeout() != 0.0:
        sock.settimeout(0.0)
    return sock


def _would_block(error: OSError) -> bool:
    # The names are ssl's, which a plain connection does not load.
    return isinstance(error, BlockingIOError) or type(error).__name__ in ("SSLWantReadError", "SSLWantWriteError")


def wait_for_either(
    sock: socket.socket, reads: bool = True, writes: bool = True
) -> Callable[[float | None], tuple[bool, bool]] | None:
    """Return a function that waits until `sock` can be read from or written to, None where that cannot be told.

    The function takes the seconds to wait at most (None for ever) and returns (readable, writable), both false when
    the time has passed. Without `reads` it waits for the latter only, without `writes` for the former.
    """
    descriptor = descriptor_of(sock)
    if descriptor is None:
        return None
    import select

    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, (select.POLLIN if reads else 0) | (select.POLLOUT if writes else 0))

        def by_poll(seconds: float | None) -> tuple[bool, bool]:
            # Rounded up: a wait that ends a fraction of a millisecond early would be repeated in a busy loop.
            found = poll.poll(None if seconds is None else int(seconds * 1000) + 1)
            events = found[0][1] if found else 0
            # An error or a hang-up shows when the socket is used.
            return bool(events & ~select.POLLOUT), bool(events & select.POLLOUT or (events and not reads))

        return by_poll

    try:
        select.select([], [descriptor], [], 0)
    except (OSError, ValueError):
        return None  # a number above those that select can be asked about

    def by_select(seconds: float | None) -> tuple[bool, bool]:
        readable, writable, broken = select.select(
            [descriptor] if reads else [], [descriptor] if writes else [], [descriptor], seconds
        )
        return bool(readable or broken), bool(writable or (broken and not reads))

    return by_select

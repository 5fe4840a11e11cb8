"""A body goes out that is long, or comes in pieces, or must be asked for, or has trailers.

While it does, the peer may answer: a final response ends the sending at once (RFC 9112 section 9.5), unless it is a
2xx, which is begun by servers that go on reading. So between two pieces one poll asks whether the socket can be read
from or written to, and the limit on a write bounds the time without progress, not the time for everything.
A request counts as sent when the last byte of its end has left: a connection that owes the peer a part of a body is
never used again.

    head ──▶ may it continue? ──▶ piece, piece, ... ──▶ the end, with the trailers
"""

from __future__ import annotations

import os
from errno import EINVAL, ENOSYS, EOPNOTSUPP
from time import monotonic

from ..sansio.errors import ProtocolError, ReadTimeoutError, WriteTimeoutError, peer_is_gone
from ..sansio.http1.request_body import READ_SIZE, FileRegion
from ..sansio.http1.request_heads import trailer_fields
from .readiness import either

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final

    from ..sansio.http1.request_body import OutgoingBody
    from ..sansio.http1.request_heads import Request
    from .connection import Connection

_ANSWER_READ: Final = 16 * 1024


def upload(connection: Connection, request: Request, body: OutgoingBody) -> None:
    """Send `request` and its body over `connection`, piece by piece.

    Ends early, without an error, when the peer refuses meanwhile or is gone; `read_head` tells. Raises
    WriteTimeoutError, ReadTimeoutError, ProtocolError, SSLError, InvalidHeader, and whatever the body's source raises.
    """
    protocol = connection.protocol
    connection.send(protocol.start(request))
    if body.expects and not _may_continue(connection):
        return
    push = _pusher(connection)
    on_upload = connection.options.on_upload
    total = _declared_length(request)
    sent = 0
    for piece in _pieces(body, connection, total):
        if piece:
            framed = protocol.send_data(piece)
            # A chunk's size, data and end in one write: three small ones would be three packets.
            if not push(framed[0] if len(framed) == 1 else b"".join(framed)):  # type: ignore[arg-type]
                return
            if on_upload is not None:
                sent += len(piece)
                on_upload(sent, total)
    trailers = connection.options.trailers
    end = protocol.end_request(trailer_fields(trailers() if callable(trailers) else trailers) if trailers else ())
    # A part of the end, or none of it, may have left when a response ended the sending.
    protocol.request_sent = not end or push(end)


def _pieces(
    body: OutgoingBody, connection: Connection, length: int | None
) -> Iterator[bytes | memoryview | FileRegion]:
    data = body.data
    if data is None:
        # Between the system and a plain socket nothing has to see the bytes; chunks and TLS wrap them.
        return body.pieces(regions=length is not None and _sends_files(connection.sock))
    view = memoryview(data)
    return (view[start : start + READ_SIZE] for start in range(0, len(view), READ_SIZE))


def _declared_length(request: Request) -> int | None:
    return next((int(value) for name, value in request.headers if name == b"content-length"), None)


def _sends_files(sock: object) -> bool:
    """Whether the system can send a file to `sock`: a plain socket, and not what somebody put in its place."""
    import socket

    return type(sock) is socket.socket and hasattr(os, "sendfile")


def _may_continue(connection: Connection) -> bool:
    """Wait for 100, for `expect_timeout` seconds at most; returns false when the answer has come instead."""
    patience = connection.options.expect_timeout
    ends = None if patience is None else monotonic() + patience
    sock = connection.sock
    while True:
        limit = connection.timeouts.read if ends is None else max(0.0, ends - monotonic())
        if limit == 0.0:
            return True  # a server that never heard of this says nothing, and gets the body all the same
        if connection.deadline is not None:
            limit = connection.left(limit, ReadTimeoutError)
        sock.settimeout(limit)
        try:
            data = sock.recv(_ANSWER_READ)
        except TimeoutError as error:
            if ends is None:
                raise connection.timed_out(ReadTimeoutError, limit) from error
            continue  # it was this limit, or the deadline: the next round tells
        except OSError as error:
            raise connection.broken("Connection aborted.", error) from error
        connection.protocol.receive(data)
        if not data:
            return False
        head = connection.next_head()
        if any(informational.status == 100 for informational in connection.informational):
            # The final response may stand right behind it, also in bytes that the system has handed out already.
            pending = getattr(sock, "pending", None)
            if head is None and (pending is None or not pending() or not _answered(connection)):
                return True
            return _reads_on(connection)
        if head is not None:
            return False


def _pusher(connection: Connection) -> Callable[[bytes | memoryview | FileRegion], bool]:
    """Return what sends a piece: true when it was sent, false when the peer refused the body meanwhile."""
    ready = either(connection.sock, reads=connection.head is None)
    if ready is None:
        return lambda data: _send_blindly(connection, data)
    wait = ready

    def push(data: bytes | memoryview | FileRegion) -> bool:
        nonlocal wait
        region = data if isinstance(data, FileRegion) else None
        view = memoryview(b"" if isinstance(data, FileRegion) else data)
        sent, size = 0, len(data)
        while sent < size:
            limit = connection.write_limit()
            readable, writable = wait(limit)
            if readable and connection.head is None and _answered(connection):
                if not _reads_on(connection):
                    return False
                # The rest of the answer stays with the system until the body is sent: nothing of it is kept here.
                wait = either(connection.sock, reads=False) or wait
            elif writable:
                count = _send(connection, view[sent:]) if region is None else _send_region(connection, region, sent)
                if count is not None:
                    sent += count
                elif not _readable(connection, limit):
                    raise connection.timed_out(WriteTimeoutError, limit)
            elif not readable:
                raise connection.timed_out(WriteTimeoutError, limit)
        return True

    return push


def _send_blindly(connection: Connection, data: bytes | memoryview | FileRegion) -> bool:
    assert not isinstance(data, FileRegion)  # these are for real sockets only
    connection.send(data)
    return True


def _readable(connection: Connection, limit: float | None) -> bool:
    """Wait until the socket can be read from: TLS has to before it can write, in a renegotiation for one."""
    ready = either(connection.sock, writes=False)
    return ready is None or ready(limit)[0]


def _send(connection: Connection, view: memoryview) -> int | None:
    """Send what the socket takes at once; returns how much that was, None when TLS must read before."""
    sock = _not_waiting(connection.sock)
    try:
        found: int | None = sock.send(view)
        return found
    except OSError as error:
        if _would_block(error):
            return None if type(error).__name__ == "SSLWantReadError" else 0
        raise connection.broken("Connection aborted.", error) from error


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
            raise connection.broken("Connection aborted.", error) from error
        # A file on a file system that cannot: its bytes are read, then.
        data = os.pread(region.descriptor, min(READ_SIZE, left), start)
        if data:
            return _send(connection, memoryview(data))
        count = 0
    if not count:
        raise ProtocolError(f"the file that is sent ended {left} bytes before the size it had")
    return count


def _answered(connection: Connection) -> bool:
    """Whether the final response has begun, or the peer is gone, while we are still sending."""
    sock = _not_waiting(connection.sock)
    # Up to the last byte that is there: what TLS in TLS has taken from the system already shows at no descriptor.
    while True:
        try:
            data = sock.recv(_ANSWER_READ)
        except OSError as error:
            # TLS can be readable without a byte for us: a session ticket, half a record.
            if _would_block(error):
                return False
            if peer_is_gone(error):
                return True
            raise connection.broken("Connection aborted.", error) from error  # the peer is there, would be waited for
        if not data:
            return True
        connection.protocol.receive(data)
        if connection.next_head() is not None:
            return True


def _reads_on(connection: Connection) -> bool:
    """Whether the answer that has begun goes on as it reads: a good one that is not complete yet.

    One that is complete, and one that refuses, is the final word. A peer that is gone shows at a write.
    """
    head = connection.head
    return head is not None and 200 <= head.status < 300 and not head.reader.ended


def _not_waiting(sock: Any) -> Any:
    # The user can reach the socket, so its own word counts and no remembered value.
    if sock.gettimeout() != 0.0:
        sock.settimeout(0.0)
    return sock


def _would_block(error: OSError) -> bool:
    # The names are ssl's, which a plain connection does not load.
    return isinstance(error, BlockingIOError) or type(error).__name__ in ("SSLWantReadError", "SSLWantWriteError")

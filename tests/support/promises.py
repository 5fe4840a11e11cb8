"""Rows of the table of promises on framing, and what runs each of them in every way.

A row is what a server sends after a request, how it goes on, and what is promised about it:

    Row(ok("Content-Length: 5", body="hello"), kept("hello"))
    Row(ok(body="until close"), spent("until close"), closes=True)
    Row(ok("Content-Length: +5", body="hello"), refused("ConnectionError", "Content-Length is no number"))

`kept` is a response after which the connection carries the next request too, `spent` one after which it does not,
`refused` an exception. Whatever the promise, `keep` asks once more on the same session and wants the response to that
very request, on the connection that the promise names, and no connection left over.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .scripted import Conversation, Peer, Received, Step, call, half_close, receive, response, send

TINY = 400  # bytes up to which a message is sent byte by byte; a longer one goes in this many pieces
# The timeout of a request that is to run into it, in seconds: what is sent before has arrived by then on any machine.
SILENT = 0.5

# way -> (sent byte by byte, how the body is read)
WAYS = {
    "whole, content": (False, "content"),
    "whole, iter_content": (False, "iter_content"),
    "bytewise, content": (True, "content"),
    "bytewise, iter_content": (True, "iter_content"),
    "bytewise, raw": (True, "raw"),
}

# What `Response.raw` raises, in the words of the transport, where Response raises the class on the left.
RAW_NAMES = {"ChunkedEncodingError": "ProtocolError", "ConnectionError": "ReadTimeoutError"}


@dataclass(frozen=True)
class Promise:
    """What comes out: a body with a status, or the class and a part of the text of an exception."""

    reused: bool
    body: bytes = b""  # of a refused response: what a stream gets before the error
    status: int = 200
    error: str | None = None
    text: str = ""


def kept(body: str | bytes, status: int = 200) -> Promise:
    """The response is read, and the next request goes over the same connection."""
    return Promise(True, _bytes(body), status)


def spent(body: str | bytes, status: int = 200) -> Promise:
    """The response is read, and the connection never carries another request."""
    return Promise(False, _bytes(body), status)


def refused(error: str, text: str, first: str | bytes = b"") -> Promise:
    """An exception of just that class, whose text holds `text`; a stream has given `first` before."""
    return Promise(False, _bytes(first), error=error, text=text)


@dataclass(frozen=True)
class Row:
    """What the server sends, what we make of it, and what surrounds that.

    After the bytes the server says that it has ended its side (`closes`) or stays silent and open: an error that is
    promised for an open connection is raised because of what was sent, not of what was not.
    """

    sent: bytes
    promise: Promise
    closes: bool = False
    method: str = "GET"
    timeout: float = 5.0


def ok(*lines: str, body: str | bytes = b"", version: str = "1.1", status: str = "200 OK") -> bytes:
    """A response's bytes, from the status line to what follows the head."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/{version} {status}", *lines, ""))
    return head.encode("latin-1") + _bytes(body)


def chunks(body: str | bytes) -> bytes:
    """A response whose chunked body is written down as it is on the wire."""
    return ok("Transfer-Encoding: chunked", body=body)


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


def pieces_of(data: bytes) -> int:
    """Return the size of the pieces in which a message is sent byte by byte, or nearly so when it is long."""
    return max(1, len(data) // TINY)


def respond(request: Received) -> bytes:
    """A response that tells which request it is to."""
    return response("the response to " + request.target)


def _sent_or_gone(data: bytes, pieces: int | None, done: threading.Event) -> Step:
    def step(talk: Conversation) -> None:
        try:
            send(data, pieces=pieces)(talk)
        finally:
            done.set()

    return call(step)


def read(response: Any, how: str) -> bytes:
    """Return the body, read as `how` says; what came before an error is in its `got`."""
    if how == "content":
        return bytes(response.content)
    got = b""
    try:
        if how == "iter_content":
            for piece in response.iter_content(1):
                got += piece
        else:
            while piece := response.raw.read(2):
                got += piece
    except Exception as error:
        error.got = got  # type: ignore[attr-defined]
        raise
    return got


@dataclass
class Outcome:
    """What came out of a row."""

    status: int | None
    body: bytes
    error: Exception | None
    next_text: str
    connections: int
    open_after_error: int | None  # connections that the pool counts as open, once the error was raised


def run(client: ModuleType, row: Row, way: str) -> Outcome:
    """Play a row to a session, then ask for something else; the session is closed in the end."""
    bytewise, how = WAYS[way]
    done = threading.Event()
    script: list[Step] = [receive(), _sent_or_gone(row.sent, pieces_of(row.sent) if bytewise else None, done)]
    if row.closes:
        # Only the peer's own side: it still sees that the client closes.
        script.append(half_close())
    elif row.promise.reused:
        script += [receive(), send(respond)]
    status, body, error, open_after = None, b"", None, None
    with Peer(script, [receive(), send(respond)]) as peer, closing(client.Session()) as session:
        session.trust_env = False
        try:
            response = session.request(row.method, peer.url("/row"), timeout=row.timeout, stream=how != "content")
            status = response.status_code
            body = read(response, how)
        except Exception as caught:
            error, body = caught, getattr(caught, "got", b"")
            open_after = _open(session)
        # Bytes behind a response must have come before the next request goes out, whose response it is otherwise.
        assert done.wait(5)
        next_text = session.get(peer.url("/next"), timeout=5).text
        if not row.promise.reused:
            peer.wait_gone(0)
        assert _open(session) in (None, 1)
    return Outcome(status, body, error, next_text, peer.connections, open_after)


def _open(session: Any) -> int | None:
    """Return how many connections a session of ours has open; None for one of requests."""
    pool = getattr(session.get_adapter("http://"), "pool", None)
    return None if pool is None else pool.stats().open


def keep(client: ModuleType, row: Row, ways: Iterable[str] = WAYS) -> None:
    """Fail unless the promise of `row` is kept in each of these ways."""
    if row.timeout == SILENT:
        keep_side_by_side(client, [row], ways)
    else:
        for way in ways:
            _keep_or_tell(client, row, way)


def keep_side_by_side(client: ModuleType, rows: Sequence[Row], ways: Iterable[str]) -> None:
    """The same for rows that only wait: all of them at a time."""
    exchanges = [(row, way) for row in rows for way in ways]
    with ThreadPoolExecutor(len(exchanges)) as threads:
        list(threads.map(lambda exchange: _keep_or_tell(client, *exchange), exchanges))


def _keep_or_tell(client: ModuleType, row: Row, way: str) -> None:
    try:
        _keep(client, row, way)
    except Exception as error:
        raise AssertionError(f"{way}, after {row.sent[:120]!r} of {len(row.sent)} bytes: {error!r}") from error


def _keep(client: ModuleType, row: Row, way: str) -> None:
    promise = row.promise
    outcome = run(client, row, way)
    if promise.error is None:
        assert outcome.error is None, f"{outcome.error!r}"
        assert (outcome.status, outcome.body) == (promise.status, promise.body)
    else:
        _check_error(client, promise, outcome, way)
    assert outcome.next_text == "the response to /next"
    assert outcome.connections == (1 if promise.reused else 2)


def _check_error(client: ModuleType, promise: Promise, outcome: Outcome, way: str) -> None:
    error = outcome.error
    assert error is not None, f"{outcome.status} {outcome.body!r} instead of {promise.error}"
    began, in_raw = outcome.status is not None, way.endswith("raw")
    expected = RAW_NAMES[promise.error or ""] if began and in_raw else promise.error
    assert type(error).__name__ == expected, f"{error!r}"
    assert any(text in str(error) for text in promise.text.split("|")), f"{error}"
    if not (began and in_raw):
        assert isinstance(error, client.RequestException)
        assert error.request.url.endswith("/row")
    if way.endswith("iter_content"):
        assert outcome.body == promise.body  # all that had come, and nothing else
    assert promise.body.startswith(outcome.body)
    assert outcome.open_after_error == 0

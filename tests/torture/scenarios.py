"""What is tortured: requests of every kind, each of which knows the right response.

The servers run in a process of their own (this file as a script), where nothing fails and no descriptor of theirs is
counted as the client's. They print where they are and live until their standard input ends.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

TESTS = Path(__file__).parent.parent
SMALL = b"some bytes " * 40
LARGE = b"".join(b"line %06d of a large body\n" % number for number in range(6000))  # 174,000 bytes: several writes
TIMEOUT = 5


class WrongError(AssertionError):
    """A request has succeeded, with something else than the right response."""


class World(NamedTuple):
    """Where the servers are, and what the scenarios need beside them."""

    http: str
    https: str
    closing: str
    proxy: str
    secure_proxy: str
    socks: str
    ca: str
    file: str  # a file with LARGE in it
    source: Callable[[bytes], Any]  # makes an open file of bytes whose `read` is counted


@dataclass
class Scenario:
    """One request or more. `run` raises WrongError unless the responses are right; `prepare` comes before, uncounted.

    `settings` are those of the session; `origin` is which server the next request goes to.
    """

    name: str
    run: Callable[[Any, World], None]
    prepare: Callable[[Any, World], Any] = lambda session, world: None
    settings: dict[str, Any] = field(default_factory=dict)
    proxies: Callable[[World], dict[str, str]] = lambda world: {}
    origin: str = "http"

    def session(self, client: Any, world: World) -> Any:
        """A session as the scenario wants it."""
        limits = client.Timeouts(connect=TIMEOUT, read=TIMEOUT, write=TIMEOUT, pool=1)  # a lost slot shows
        session = client.Session(timeout=limits, **self.settings)
        session.verify = world.ca
        session.proxies = self.proxies(world)
        session.trust_env = False
        return session

    def next_request(self, session: Any, world: World, number: int) -> None:
        """Another request on the session after one was tortured: it gets its own response."""
        target = f"/next/{number}"
        check(session.get(getattr(world, self.origin) + target), target)


def check(response: Any, target: str, body: bytes = b"", method: str = "GET") -> None:
    """The response is the echo of this very request."""
    told = response.json()
    if (told["target"], told["method"]) != (target, method) or told["body"].encode("latin-1") != body:
        raise WrongError(f"{told['method']} {told['target']} with {len(told['body'])} bytes, not {method} {target}")


def same(found: Any, wanted: Any) -> None:
    """Both are equal."""
    if found != wanted:
        raise WrongError(f"{found!r:.200} is not {wanted!r:.200}")


# -- the scenarios -----------------------------------------------------------------------------------------------


def get(origin: str, target: str = "/x?y=z") -> Callable[[Any, World], None]:
    return lambda session, world: check(session.get(getattr(world, origin) + target), target)


def warm(origin: str) -> Callable[[Any, World], None]:
    return lambda session, world: session.get(getattr(world, origin) + "/warm")


def redirected(origin: str, to: str) -> Callable[[Any, World], None]:
    def run(session: Any, world: World) -> None:
        query = urlencode({"to": getattr(world, to) + "/there"})
        check(session.get(f"{getattr(world, origin)}/redirect/302?{query}"), "/there")

    return run


def streamed(session: Any, world: World) -> None:
    with session.get(world.http + "/bytes/100000", stream=True) as response:
        pieces = list(response.iter_content(10_000))
    same(b"".join(pieces), bytes(index % 251 for index in range(100_000)))


def left_unread(session: Any, world: World) -> None:
    response = session.get(world.http + "/bytes/500000", stream=True)
    try:
        same(response.raw.read(3), b"\0\1\2")
    finally:
        response.close()


def gzipped(session: Any, world: World) -> None:
    same(session.get(world.http + "/gzip").text, "compressed " * 50)


def chunked(session: Any, world: World) -> None:
    with session.get(world.http + "/chunks/30", stream=True) as response:
        same(b"".join(response.iter_content(64)), b"".join(b"piece %03d;" % index for index in range(30)))


def digest(session: Any, world: World) -> None:
    from httpcore_lite.auth import HTTPDigestAuth

    check(session.get(world.http + "/digest/me", auth=HTTPDigestAuth("me", "secret")), "/digest/me")


def upload(origin: str, make: Callable[[World], Any], wanted: bytes) -> Callable[[Any, World], None]:
    def run(session: Any, world: World) -> None:
        data = make(world)
        try:
            check(session.put(f"{getattr(world, origin)}/up", data=data), "/up", wanted, "PUT")
        finally:
            if hasattr(data, "close"):
                data.close()

    return run


def form(session: Any, world: World) -> None:
    with open(world.file, "rb") as file:
        response = session.post(
            world.http + "/form", data={"a": "b"}, files={"f": file, "g": ("g", world.source(SMALL))}
        )
    told = response.json()
    same(told["target"], "/form")
    body = told["body"].encode("latin-1")
    if LARGE not in body or SMALL not in body or not body.rstrip().endswith(b"--"):
        raise WrongError("the form has not arrived whole")


def stale(session: Any, world: World) -> None:
    """The connection that the pool holds was closed by the server, and its end has arrived."""
    with session.get(world.closing + "/warm", stream=True) as response:
        sock = response.raw.connection.sock
        same(response.content, b"once")
    select.select([sock], [], [], TIMEOUT)


def after_stale(session: Any, world: World) -> None:
    same(session.get(world.closing + "/x").content, b"once")


def full(session: Any, world: World) -> None:
    """A pool that lets one connection be open, and one that is in use: the next request waits, in vain."""
    import httpcore_lite as client

    held = session.get(world.http + "/bytes/500000", stream=True)
    try:
        session.get(world.http + "/x", timeout=client.Timeouts(pool=0.005, read=TIMEOUT))
        raise WrongError("there was room where none is")
    except client.PoolTimeout:
        held.raw.drop_conn()
        check(session.get(world.http + "/y"), "/y")
    finally:
        held.close()


def pieces(world: World) -> Iterator[bytes]:
    return iter([LARGE[:1000], LARGE[1000:150_000], LARGE[150_000:]])


def two_addresses(host: str, port: int) -> list[str]:
    return ["127.0.0.2", "127.0.0.1"]  # the first one refuses


def named(origin: str) -> Callable[[Any, World], None]:
    def run(session: Any, world: World) -> None:
        check(session.get(getattr(world, origin).replace("127.0.0.1", "two.test") + "/n"), "/n")

    return run


SCENARIOS = [
    Scenario("plain", get("http")),
    Scenario("TLS", get("https"), origin="https"),
    Scenario("forwarding proxy", get("http"), proxies=lambda world: {"http": world.proxy}),
    Scenario("CONNECT", get("https"), proxies=lambda world: {"https": world.proxy}, origin="https"),
    Scenario("TLS in TLS", get("https"), proxies=lambda world: {"https": world.secure_proxy}, origin="https"),
    Scenario("SOCKS5", get("http"), proxies=lambda world: {"http": world.socks}),
    Scenario("pooled", get("http"), warm("http")),
    Scenario("pooled TLS", get("https"), warm("https"), origin="https"),
    Scenario("stale", after_stale, stale),
    Scenario("full pool", full, settings={"max_connections": 1}),
    Scenario("two addresses", named("http"), settings={"resolver": two_addresses, "source_address": ("127.0.0.1", 0)}),
    Scenario("redirected", redirected("http", "http")),
    Scenario("redirected to TLS", redirected("http", "https")),
    Scenario("digest", digest),
    Scenario("retried", get("http"), settings={"retries": 3}),
    Scenario("streamed", streamed),
    Scenario("left unread", left_unread),
    Scenario("gzip", gzipped),
    Scenario("chunked", chunked),
    Scenario("upload of bytes", upload("http", lambda world: SMALL, SMALL)),
    Scenario("upload of many bytes", upload("http", lambda world: LARGE, LARGE), warm("http")),
    Scenario("upload of a file", upload("http", lambda world: open(world.file, "rb"), LARGE)),  # noqa: SIM115
    Scenario("upload of a reader", upload("http", lambda world: world.source(LARGE), LARGE), warm("http")),
    Scenario("upload of a generator", upload("http", pieces, LARGE)),
    Scenario("upload over TLS", upload("https", lambda world: open(world.file, "rb"), LARGE), origin="https"),  # noqa: SIM115
    Scenario("multipart", form),
]


# -- the servers' process ----------------------------------------------------------------------------------------


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Start the servers; yields the fields of World that they know."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(30)


def socks5(talk: Any) -> None:
    """Step of a script: a SOCKS5 handshake without a password, then the tunnel (RFC 1928)."""
    from support.scripted import _End
    from support.servers import _quietly, _tunnel

    reader, sock = talk.reader, talk.sock
    if not reader.buffer and not reader.fill():
        raise _End
    reader.exactly(reader.exactly(2)[1])
    sock.sendall(b"\5\0")
    kind = reader.exactly(4)[3]
    host = socket.inet_ntoa(reader.exactly(4)) if kind == 1 else reader.exactly(reader.exactly(1)[0]).decode()
    port = int.from_bytes(reader.exactly(2), "big")
    with socket.create_connection((host, port), TIMEOUT) as origin:
        sock.sendall(b"\5\0\0\1\0\0\0\0\0\0")
        _quietly(lambda: _tunnel(sock, origin, talk.peer.over, reader.buffer))
    raise _End


def serve() -> None:
    """Run every server until standard input ends."""
    from support import certificates
    from support.scripted import Peer, close, receive, response, send
    from support.servers import EchoServer, ProxyServer, tls_echo_server

    peers = {
        "http": EchoServer(),
        "https": tls_echo_server(),
        "closing": Peer([receive(), send(response("once")), close()], repeat=True),
        "proxy": ProxyServer(),
        "secure_proxy": ProxyServer(tls=certificates.server_context()),
        "socks": Peer([socks5], repeat=True),
    }
    for peer in peers.values():
        peer.__enter__()
    told = {name: peer.url("", scheme="socks5" if name == "socks" else None) for name, peer in peers.items()}
    print(json.dumps({**told, "ca": certificates.ca_path()}), flush=True)
    sys.stdin.read()
    for peer in peers.values():
        peer.stop()


if __name__ == "__main__":
    serve()

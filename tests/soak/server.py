"""What the soak run talks to, in a process of its own: a server, the same behind TLS, and faulty proxies before both.

    /body/SEED/SIZE  /chunked/SEED/SIZE  /gzip/SEED/SIZE  /close/SEED/SIZE (ended by the close)
    /redirect/TIMES/SEED/SIZE            POST anywhere: what arrived, as digests            /report: the tally

It also takes absolute targets and CONNECT, as a proxy that leads to itself. Prints its ports as one line of JSON and
ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import socket
import ssl
import sys
import threading
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from bodies import body, digest
from faults import FaultyProxy

JSON = b"Content-Type: application/json\r\n"


class Server:
    """The origin. `posts` counts how often each POST arrived, by its X-Id."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.posts: Counter[str] = Counter()
        self.proxies: list[FaultyProxy] = []
        self.tls_port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: some requests long, sometimes closed without a word."""
        try:
            for left in range(self.chance.choice([1, 2, 5, 50, 500]), 0, -1):
                if not await self.respond(reader, writer, left):
                    break
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError):
            pass  # ssl.SSLError is an OSError, an IncompleteReadError an EOFError
        finally:
            writer.close()

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int) -> bool:
        """One exchange; returns whether there may be another."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        method, target, _ = first.split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if method == "CONNECT":
            await self.tunnel(reader, writer)
            return False
        content = await received(reader, fields)
        parts = urlsplit(target).path.strip("/").split("/")
        # Told in advance, or not: then the client finds out at its next request.
        last = left == 1 and self.chance.random() < 0.5
        out, goes_on = self.response(method, parts, fields, content, b"Connection: close\r\n" if last else b"")
        for piece in out:
            writer.write(piece)
            await writer.drain()
        return goes_on and not last

    def response(
        self, method: str, parts: list[str], fields: dict[str, str], content: bytes, more: bytes
    ) -> tuple[list[bytes], bool]:
        """Return the response in pieces, and whether the connection outlives it."""
        if method == "POST":
            self.posts[fields.get("x-id", "")] += 1
            return self.whole(json.dumps(told_of(fields, content)).encode(), JSON + more), True
        if parts[0] == "report":
            return self.whole(json.dumps(self.report()).encode(), JSON), True
        if parts[0] == "redirect":
            times = int(parts[1]) - 1
            where = f"/redirect/{times}/" if times else "/body/"
            location = f"Location: {where}{parts[2]}/{parts[3]}\r\n".encode()
            return self.whole(b"moved", location + more, b"302 Found"), True
        data = body(int(parts[1]), int(parts[2]))
        if parts[0] == "chunked":
            pieces = [data[start : start + 7919] for start in range(0, len(data), 7919)]
            start = b"HTTP/1.1 200 OK\r\n" + more + b"Transfer-Encoding: chunked\r\n\r\n"
            framed = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
            return [start + b"".join(framed[:1]), *framed[1:], b"0\r\nX-Trailer: 1\r\n\r\n"], True
        if parts[0] == "close":
            return [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", data], False
        if parts[0] == "gzip":
            return self.whole(gzip.compress(data, 1, mtime=0), b"Content-Encoding: gzip\r\n" + more), True
        return self.whole(data if method != "HEAD" else b"", more, length=len(data)), True

    @staticmethod
    def whole(data: bytes, fields: bytes, status: bytes = b"200 OK", length: int | None = None) -> list[bytes]:
        count = len(data) if length is None else length
        return [b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, fields, count, data)]

    async def tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """CONNECT: wherever it was asked for, it leads to our own TLS port."""
        back, forth = await asyncio.open_connection("127.0.0.1", self.tls_port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        pipes = [asyncio.ensure_future(copy(reader, forth)), asyncio.ensure_future(copy(back, writer))]
        await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        for pipe in pipes:
            pipe.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)
        forth.close()

    def report(self) -> dict[str, Any]:
        faults: Counter[str] = Counter()
        for proxy in self.proxies:
            faults.update(proxy.done)
        return {"faults": faults, "repeated": [name for name, times in self.posts.items() if times > 1]}


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def received(reader: asyncio.StreamReader, fields: dict[str, str]) -> bytes:
    """The body of a request."""
    if "chunked" not in fields.get("transfer-encoding", ""):
        return await reader.readexactly(int(fields.get("content-length", 0)))
    pieces = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        pieces.append((await reader.readexactly(size + 2))[:-2])
    await reader.readuntil(b"\r\n")
    return b"".join(pieces)


def told_of(fields: dict[str, str], content: bytes) -> dict[str, Any]:
    """The response to a POST: its identity, and what arrived."""
    told: dict[str, Any] = {"id": fields.get("x-id"), "digest": digest(content)}
    _, _, boundary = fields.get("content-type", "").partition("boundary=")
    if boundary:
        sections = content.split(b"--" + boundary.encode())[1:-1]
        told["parts"] = [digest(section.partition(b"\r\n\r\n")[2][:-2]) for section in sections]
    return told


class Quick:
    """Responds to small requests as fast as a thread can: the last part of the path comes back as the body."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            sock, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        rest = b""
        with sock:
            while data := sock.recv(65536):
                rest += data
                while b"\r\n\r\n" in rest:
                    head, _, rest = rest.partition(b"\r\n\r\n")
                    name = head.split(b" ", 2)[1].rpartition(b"/")[2]
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name))


async def main(certificate: str, key: str, seed: int) -> None:
    """Serve until standard input ends."""
    server = Server(seed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    plain = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=1 << 20)
    secure = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=1 << 20, ssl=context)
    ports = {"plain": plain.sockets[0].getsockname()[1], "tls": secure.sockets[0].getsockname()[1]}
    server.tls_port = ports["tls"]
    for index, name in enumerate(("plain", "tls")):
        proxy = FaultyProxy(ports[name], seed + index)
        server.proxies.append(proxy)
        ports[f"faulty {name}"] = await proxy.start()
    ports["quick"] = Quick().port
    print(json.dumps(ports), flush=True)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)  # connections that broke in every possible way
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

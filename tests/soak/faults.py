"""A TCP proxy that spoils what goes through it, in ways that a client can notice.

One fault per connection, chosen by a seeded generator. What no client can notice (other bytes of the same
length in a body over plain TCP) is not done.
"""

from __future__ import annotations

import asyncio
import random
import re
import socket
import struct
from collections import Counter

# How often each is chosen, of 100 connections.
WEIGHTS = {
    "none": 50,
    "reset at once": 3,
    "reset": 8,
    "reset while sending": 5,
    "truncated": 10,
    "stall": 2,
    "drip": 7,
    "corrupt": 10,
    "unasked": 5,
}
FORGED = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"


class FaultyProxy:
    """Forwards connections to `target`, a port on this machine; `done` counts the faults that happened."""

    def __init__(self, target: int, seed: int) -> None:
        self.target = target
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()

    async def start(self) -> int:
        """Listen; returns the port."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client's."""
        fault = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if fault == "reset at once":
            self.done[fault] += 1
            reset(writer)
            return
        back, forth = await asyncio.open_connection("127.0.0.1", self.target)
        link = Link(self, fault, writer)
        pipes = [asyncio.ensure_future(link.upwards(reader, forth)), asyncio.ensure_future(link.downwards(back))]
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)
            for end in (forth, writer):
                end.close()


class Link:
    """One connection through the proxy, with the fault that it gets."""

    def __init__(self, proxy: FaultyProxy, fault: str, client: asyncio.StreamWriter) -> None:
        self.proxy = proxy
        self.fault = fault
        self.client = client
        # Small responses and long ones, the first and later ones of a connection.
        self.left = int(10 ** proxy.chance.uniform(0, 5.5))
        self.skipped = proxy.chance.randrange(4)

    def happened(self) -> None:
        self.proxy.done[self.fault] += 1

    async def upwards(self, reader: asyncio.StreamReader, forth: asyncio.StreamWriter) -> None:
        """From the client to the server."""
        while data := await reader.read(65536):
            if self.fault == "reset while sending":
                self.left -= len(data)
                if self.left < 0:
                    self.happened()
                    reset(self.client)
                    return
            forth.write(data)
            await forth.drain()
        if forth.can_write_eof():
            forth.write_eof()

    async def downwards(self, back: asyncio.StreamReader) -> None:
        """From the server to the client."""
        while data := await back.read(65536):
            if self.fault in ("reset", "truncated", "stall"):
                self.client.write(data[: max(self.left, 0)])
                self.left -= len(data)
                if self.left < 0:
                    await self.break_off()
                    return
            elif self.fault == "drip":
                await self.drip(data)
            else:
                self.client.write(self.spoiled(data))
            await self.client.drain()

    async def break_off(self) -> None:
        self.happened()
        if self.fault == "reset":
            reset(self.client)
        elif self.fault == "stall":
            await asyncio.sleep(30)  # until the client has had enough

    async def drip(self, data: bytes) -> None:
        """The first bytes of each block one by one, each in a segment of its own."""
        self.happened()
        for index in range(min(len(data), 300)):
            self.client.write(data[index : index + 1])
            await self.client.drain()
            await asyncio.sleep(0)
        self.client.write(data[300:])

    def spoiled(self, data: bytes) -> bytes:
        """The block with its fault in it, if it is one in which that fault can be."""
        if self.fault not in ("corrupt", "unasked"):
            return data
        if self.skipped:
            self.skipped -= 1
            return data
        spoiled = data
        if self.fault == "unasked":
            if is_whole_response(data):
                spoiled = data + FORGED
        elif data.startswith(b"HTTP/1."):
            spoiled = self.proxy.chance.choice(CORRUPTIONS)(data)
        elif data[:1] in (b"\x16", b"\x17") and len(data) > 64:
            # TLS: any byte of a record will do; authentication notices.
            spoiled = data[:40] + bytes([data[40] ^ 0x55]) + data[41:]
        if spoiled is not data and spoiled != data:
            self.happened()
        return spoiled


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a TCP reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def is_whole_response(data: bytes) -> bool:
    """Whether a block is a response of known length, and nothing else."""
    head, _, rest = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return data.startswith(b"HTTP/1.1 200") and length is not None and int(length[1]) == len(rest) > 0


def _bad_length(data: bytes) -> bytes:
    return re.sub(rb"(?i)\r\ncontent-length: (\d+)", rb"\r\nContent-Length: \1\r\nContent-Length: 1\1", data, count=1)


def _signed_length(data: bytes) -> bytes:
    return re.sub(rb"(?i)\r\ncontent-length: ", b"\r\nContent-Length: -", data, count=1)


def _bad_chunk(data: bytes) -> bytes:
    head, mark, rest = data.partition(b"\r\n\r\n")
    return head + mark + b"zz" + rest if b"chunked" in head.lower() else _nul(data)


def _nul(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\r\nX-Odd: a\0b\r\n", 1)


def _endless(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\r\n" + b"X-Long: " + b"y" * 500_000 + b"\r\n", 1)


CORRUPTIONS = (
    _bad_length,
    _signed_length,
    _bad_chunk,
    _nul,
    _endless,
    lambda data: b"\x00\x01\x02" + data,
    lambda data: data.replace(b"HTTP/1.1", b"HTTQ/1.1", 1),
    lambda data: data.replace(b"HTTP/1.1 ", b"HTTP/1.1 x", 1),
)

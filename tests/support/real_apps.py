"""What aiohttp and uvicorn serve: `python -m support.real_apps aiohttp [CERTIFICATE]` is a process with one of them.

It listens on a free port of loopback, says which in its first line, and ends when its standard input does. Both know:

    /upload[?rate=BYTES]   reads the body, `rate` bytes a second at most, and responds with what came (see `Arrival`)
    /refuse                responds 413 and reads nothing; a request with Expect is not told to go on
    /early/N               responds 413 after N bytes of the body
    /seen                  every /upload so far, the one under way too: {"port": of the client, "complete": bool, ...}

aiohttp besides: /begun/STATUS (that status at once, and for a 2xx the body read behind it), /form,
/coded/CODINGS, /compressed/CODING, /bomb/CODING/MEGABYTES, /bytes/N, /endless/STATUS, /busy/KEY/TIMES, /socket.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import socket
import sys
import threading
import zlib
from collections.abc import AsyncIterator
from email.utils import formatdate
from time import time
from typing import Any
from urllib.parse import parse_qs

# Small, so that a server that reads slowly is felt by the client at once.
RECEIVE_BUFFER = 128 * 1024
TEXT = b"".join(b"line %06d of a text that is coded\n" % number for number in range(6000))

seen: list[dict[str, Any]] = []


def pattern(size: int) -> bytes:
    """The bytes of /bytes/N."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def encoded(data: bytes, codings: str) -> bytes:
    """`data` with these codings, in the order of a Content-Encoding field."""
    import brotli  # type: ignore[import-untyped]
    import zstandard

    ways = {
        "gzip": lambda data: gzip.compress(data, 9, mtime=0),
        "deflate": lambda data: zlib.compress(data, 6),
        "bare-deflate": lambda data: zlib.compress(data, 6, -15) if sys.version_info >= (3, 11) else _bare(data),
        "br": lambda data: brotli.compress(data, quality=5),
        "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    }
    for coding in codings.split(","):
        data = ways[coding.strip()](data)
    return data


def _bare(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def entry(headers: Any, port: int) -> dict[str, Any]:
    """Take note of an upload that has begun."""
    names = {"length": "content-length", "transfer": "transfer-encoding", "expect": "expect", "type": "content-type"}
    noted: dict[str, Any] = {key: headers.get(name) for key, name in names.items()}
    noted |= {"port": port, "size": 0, "sha256": None, "complete": False}
    seen.append(noted)
    return noted


async def consume(noted: dict[str, Any], pieces: AsyncIterator[bytes], rate: float, most: int | None = None) -> bool:
    """Read the body, all of it or as long as it has no more than `most` bytes; returns whether that was all."""
    digest = hashlib.sha256()
    async for piece in pieces:
        digest.update(piece)
        noted["size"] += len(piece)
        if most is not None and noted["size"] > most:
            return False
        if rate:
            await asyncio.sleep(len(piece) / rate)
    noted |= {"sha256": digest.hexdigest(), "complete": True}
    return True


# -- aiohttp -----------------------------------------------------------------------------------------------------------


def aiohttp_app() -> Any:
    from aiohttp import web

    async def upload(request: Any) -> Any:
        noted = entry(request.headers, request.transport.get_extra_info("peername")[1])
        rate = float(request.query.get("rate", 0))
        await consume(noted, request.content.iter_chunked(16 * 1024), rate)
        return web.json_response(noted)

    async def refuse(request: Any) -> Any:
        raise web.HTTPRequestEntityTooLarge(max_size=1, actual_size=2)

    async def early(request: Any) -> Any:
        noted = entry(request.headers, request.transport.get_extra_info("peername")[1])
        await consume(noted, request.content.iter_chunked(16 * 1024), 0, int(request.match_info["most"]))
        response = web.Response(status=413, text="too large")
        response.force_close()
        return response

    async def begun(request: Any) -> Any:
        noted = entry(request.headers, request.transport.get_extra_info("peername")[1])
        response = web.StreamResponse(status=int(request.match_info["status"]))
        await response.prepare(request)
        await response.write(b" ")
        if response.status < 300:
            await consume(noted, request.content.iter_chunked(16 * 1024), 0)
        await response.write(json.dumps(noted).encode())
        return response

    async def told(request: Any) -> Any:
        return web.json_response(seen)

    async def form(request: Any) -> Any:
        fields = await request.post()
        told = {}
        for name, value in fields.items():
            content = value.file.read() if hasattr(value, "file") else value.encode()
            told[name] = [getattr(value, "filename", None), len(content), hashlib.sha256(content).hexdigest()]
        return web.json_response({"length": request.headers.get("Content-Length"), "fields": told})

    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/upload", upload)
    app.router.add_route("*", "/refuse", refuse, expect_handler=refuse)
    app.router.add_route("*", "/early/{most}", early)
    app.router.add_route("*", "/begun/{status}", begun)
    app.router.add_route("*", "/seen", told)
    app.router.add_route("*", "/form", form)
    for path, handler in _downloads().items():
        app.router.add_route("*", path, handler)
    return app


def _downloads() -> dict[str, Any]:
    from aiohttp import web

    attempts: dict[str, int] = {}
    bombs: dict[tuple[int, str], bytes] = {}

    async def coded(request: Any) -> Any:
        codings = request.match_info["codings"]
        body = encoded(TEXT, codings)
        fields = {"Content-Encoding": codings.replace("bare-", ""), "Content-Type": "text/plain; charset=utf-8"}
        if request.query.get("framing") == "length":
            return web.Response(body=body, headers=fields)
        response = web.StreamResponse(headers=fields)
        await response.prepare(request)
        for at in range(0, len(body), 1000):
            await response.write(body[at : at + 1000])
        return response

    async def compressed(request: Any) -> Any:
        response = web.Response(body=TEXT, content_type="text/plain")
        response.enable_compression(web.ContentCoding(request.match_info["coding"]))
        return response

    async def bomb(request: Any) -> Any:
        size, coding = int(request.match_info["megabytes"]) << 20, request.match_info["coding"]
        if (size, coding) not in bombs:
            bombs[size, coding] = encoded(bytes(size), coding)
        return web.Response(body=bombs[size, coding], headers={"Content-Encoding": coding})

    async def plain(request: Any) -> Any:
        return web.Response(body=pattern(int(request.match_info["size"])))

    async def endless(request: Any) -> Any:
        noted = entry(request.headers, request.transport.get_extra_info("peername")[1])
        response = web.StreamResponse(status=int(request.match_info["status"]), headers=dict(request.query))
        await response.prepare(request)
        while True:
            await response.write(bytes(64 * 1024))
            noted["size"] += 64 * 1024

    async def busy(request: Any) -> Any:
        key = request.match_info["key"]
        attempts[key] = attempts.get(key, 0) + 1
        if attempts[key] <= int(request.match_info["times"]):
            await request.read()
            after = request.query["after"]
            return web.Response(
                status=int(request.query.get("status", 429)),
                headers={"Retry-After": formatdate(time() + 1, usegmt=True) if after == "date" else after},
            )
        body = await request.read()
        return web.json_response({"attempts": attempts[key], "sha256": hashlib.sha256(body).hexdigest()})

    async def websocket(request: Any) -> Any:
        switched = web.WebSocketResponse()
        await switched.prepare(request)
        async for message in switched:
            await switched.send_str(message.data[::-1])
        return switched

    return {
        "/coded/{codings}": coded,
        "/compressed/{coding}": compressed,
        "/bomb/{coding}/{megabytes}": bomb,
        "/bytes/{size}": plain,
        "/endless/{status}": endless,
        "/busy/{key}/{times}": busy,
        "/socket": websocket,
    }


async def serve_aiohttp(listener: socket.socket, certificate: str | None) -> None:
    import ssl

    from aiohttp import web

    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    runner = web.AppRunner(aiohttp_app(), handle_signals=False, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener, ssl_context=context).start()
    await asyncio.Event().wait()


# -- uvicorn, on h11 ---------------------------------------------------------------------------------------------------


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode())
    path, _, rest = scope["path"].lstrip("/").partition("/")

    async def respond(status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        lines = [(b"Content-Length", b"%d" % len(body)), (b"Content-Type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    async def pieces() -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            yield message.get("body", b"")
            more = message.get("more_body", False)

    if path == "upload":
        noted = entry(headers, scope["client"][1])
        try:
            await consume(noted, pieces(), float(query.get("rate", ["0"])[0]))
        except ConnectionResetError:
            return
        await respond(200, noted)
    elif path == "early":
        await consume(entry(headers, scope["client"][1]), pieces(), 0, int(rest))
        # With `Connection: close` it would reset the connection, often before its response was read.
        await respond(413, "too large")
    elif path == "refuse":
        await respond(413, "too large")
    else:
        await respond(200, seen)


async def serve_uvicorn(listener: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(asgi, http="h11", ws="none", lifespan="off", log_level="critical", access_log=False)
    await uvicorn.Server(config).serve(sockets=[listener])


def main(kind: str, certificate: str | None = None) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    # A run that was killed leaves no process behind.
    threading.Thread(target=lambda: (sys.stdin.read(), _end()), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    asyncio.run(serve_aiohttp(listener, certificate) if kind == "aiohttp" else serve_uvicorn(listener))


def _end() -> None:
    import os

    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The bundled server: a thread for each connection, and a response for each path.

It does what nginx cannot (chunks, uploads, two hundred origins), and all the rest where there is no nginx. Run as a
process of its own; it prints its ports as one line of JSON and ends when its standard input is closed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import selectors
import socket
import ssl
import sys
import threading
import time

from . import site_files

ORIGINS = 200


class Responses:
    """What is sent for each path: whole responses for small bodies, heads and files for the long ones."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.whole: dict[str, bytes] = {}
        for path, fields in site_files.SMALL.items():
            head = "".join(f"{name}: {value}\r\n" for name, value in fields)
            length = len(site_files.BODY)
            self.whole[path] = f"HTTP/1.1 200 OK\r\n{head}Content-Length: {length}\r\n\r\n".encode() + site_files.BODY
        chunk = b"64\r\n" + b"x" * site_files.CHUNK_SIZE + b"\r\n"
        # Like /small, but no two heads are the same.
        self.fresh = self.whole["/small"].replace(b"\r\n\r\n", b"\r\nX-Request-Id: %012d\r\n\r\n")
        self.numbers = itertools.count()
        fields = [("Server", "bundled"), ("Date", "{date}"), ("Connection", "keep-alive"), *site_files.VARIED]
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        self.varied = f"HTTP/1.1 200 OK\r\n{head}Content-Length: {len(site_files.BODY)}\r\n\r\n"
        fields = [("Server", "bundled"), ("Date", "{date}"), *site_files.JSON, *site_files.SETS]
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        self.sets = f"HTTP/1.1 200 OK\r\n{head}Content-Length: {len(site_files.BODY)}\r\n\r\n"
        for path, location in site_files.REDIRECTS.items():
            head = f"Location: {location}\r\nContent-Length: 0\r\n\r\n"
            self.whole[path] = f"HTTP/1.1 302 Found\r\n{head}".encode()
        chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.whole["/chunks"] = chunked + chunk * site_files.CHUNKS + b"0\r\n\r\n"

    def send(self, sock: socket.socket, path: str) -> None:
        whole = self.whole.get(path)
        if whole is not None:
            sock.sendall(whole)
            return
        if path == "/fresh":
            sock.sendall(self.fresh % next(self.numbers))
            return
        if path == "/varied" or path == "/cookies" or path.startswith("/api/"):
            number = next(self.numbers)
            date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
            form = self.sets if path == "/cookies" else self.varied
            head = form.format(date=date, id=f"{number:032x}", count=number % 100, time=f"{number}.000")
            sock.sendall(head.encode() + site_files.BODY)
            return
        with open(os.path.join(self.folder, path[1:]), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            fields = "".join(f"{name}: {value}\r\n" for name, value in site_files.FILE_FIELDS.get(path, []))
            sock.sendall(f"HTTP/1.1 200 OK\r\n{fields}Content-Length: {size}\r\n\r\n".encode())
            sock.sendfile(file)


def understand(head: bytes) -> tuple[str, int, bool]:
    """The path of a request, the bytes of its body, and whether it waits for a 100."""
    lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return lines[0].split(" ")[1], int(fields.get("content-length", 0)), "expect" in fields


def talk(sock: socket.socket, responses: Responses) -> None:
    """Respond to every request of one connection. Bodies are read and thrown away."""
    understood: dict[bytes, tuple[str, int, bool]] = {}
    space = bytearray(262144)
    received = b""
    while True:
        while b"\r\n\r\n" not in received:
            data = sock.recv(65536)
            if not data:
                return
            received += data
        head, _, received = received.partition(b"\r\n\r\n")
        known = understood.get(head)
        if known is None:
            if len(understood) > 1000:
                understood.clear()
            known = understood[head] = understand(head)
        path, length, expects = known
        if expects:
            sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        missing = length - len(received)
        received = received[length:]
        while missing > 0:
            count = sock.recv_into(space, min(missing, len(space)))
            if not count:
                return
            missing -= count
        responses.send(sock, path)
        if path == "/close":
            return


def handle(sock: socket.socket, responses: Responses, context: ssl.SSLContext | None) -> None:
    sock.settimeout(120)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        if context is not None:
            sock = context.wrap_socket(sock, server_side=True)
        with sock:
            talk(sock, responses)
    except OSError:
        sock.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where the files are, and certificate.pem beside them")
    folder = parser.parse_args().folder
    responses = Responses(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "certificate.pem"))
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in range(ORIGINS + 2)]
    selector = selectors.DefaultSelector()
    for listener in listeners:
        selector.register(listener, selectors.EVENT_READ, (listener, context if listener is listeners[1] else None))
    ports = [listener.getsockname()[1] for listener in listeners]
    print(json.dumps({"plain": ports[0], "tls": ports[1], "origins": ports[2:]}), flush=True)

    def until_closed() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=until_closed, daemon=True).start()
    while True:
        for key, _ in selector.select():
            listener, secure = key.data
            threading.Thread(target=handle, args=(listener.accept()[0], responses, secure), daemon=True).start()


if __name__ == "__main__":
    main()

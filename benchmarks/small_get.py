"""Small GETs over one kept-alive connection: ours beside those of requests, and beside a bare socket.

All three ask the same server on loopback, in a process of its own, in turns, so that what else the machine does
hits all alike. The bare socket shows what of the time is the server's and the system's, and cannot be saved.
"""

from __future__ import annotations

import argparse
import multiprocessing
import socket
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

BODY = b'{"answer": 42}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


def serve(port: Connection) -> None:
    """Answer every request head on every connection, one connection at a time for each client."""
    import threading

    def talk(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            received = b""
            while data := connection.recv(65536):
                received += data
                while b"\r\n\r\n" in received:
                    received = received.partition(b"\r\n\r\n")[2]
                    connection.sendall(ANSWER)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port.send(listener.getsockname()[1])
        while True:
            threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()


def bare(url: str) -> Callable[[], object]:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80))
    head = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()

    def get() -> object:
        connection.sendall(head)
        received = b""
        while not received.endswith(BODY):
            received += connection.recv(65536)
        return received

    return get


def ours(url: str) -> Callable[[], object]:
    import httpcore_lite

    session = httpcore_lite.Session()
    return lambda: session.get(url).content


def theirs(url: str) -> Callable[[], object]:
    import requests

    session = requests.Session()
    return lambda: session.get(url).content


def measure(rounds: int, size: int) -> dict[str, list[float]]:
    """Microseconds per request, one number for each round."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    server.start()
    try:
        url = f"http://127.0.0.1:{here.recv()}/small"
        clients = {"httpcore_lite": ours(url), "requests": theirs(url), "bare socket": bare(url)}
        for get in clients.values():
            for _ in range(50):
                get()
        times: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(rounds):
            for name, get in clients.items():
                started = time.perf_counter()
                for _ in range(size):
                    get()
                times[name].append((time.perf_counter() - started) / size * 1e6)
        return times
    finally:
        server.terminate()
        server.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--size", type=int, default=100, help="requests in a round (default: %(default)s)")
    options = parser.parse_args()
    times = measure(options.rounds, options.size)
    print(f"{'microseconds per small GET':30}{'median':>10}{'best':>10}{'worst':>10}")
    for name, each in times.items():
        print(f"{name:30}{statistics.median(each):10.0f}{min(each):10.0f}{max(each):10.0f}")
    ratio = statistics.median(times["requests"]) / statistics.median(times["httpcore_lite"])
    print(f"requests takes {ratio:.2f} times as long, by the medians of {options.rounds} rounds of {options.size}")


if __name__ == "__main__":
    main()

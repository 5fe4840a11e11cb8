"""The hot path of ours step by step: a small GET on a kept connection, entered at each floor of the house.

Each step does all of the step before it and one thing more, so what it adds is what that floor costs. Steps take
turns in one process; medians of CPU time. Started by run.py with the servers' addresses as JSON.
"""

from __future__ import annotations

import json
import socket
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from .clients import h11_floor

STEPS = {
    "socket": "one `sendall` of a ready head, one `recv`: the system's share",
    "h11": "h11 judges both heads, the body and the end, and begins the next cycle (`h11_floor`)",
    "pool": "`HTTPConnectionPool.urlopen`: fields checked, a connection lent and tested, limits set, the body read as "
    "`raw`, the connection given back",
    "adapter": "`HTTPAdapter.send`: the pool found, the TLS decision, errors translated, a `Response` around `raw`",
    "session": "`Session.send`: the adapter chosen, hooks, cookies kept, redirects looked for, `elapsed`",
    "get": "`Session.get`: a `Request` made, merged with the session and the environment, prepared",
}


def calls(where: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """One call for each step, with the connection of each open."""
    import httpcore_lite

    url = where["plain"] + "/small"
    authority = url.split("/")[2]
    host, _, port = authority.partition(":")
    sock = socket.create_connection((host, int(port)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = f"GET /small HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()

    def bare() -> Any:
        sock.sendall(head)
        return sock.recv(65536)

    session = httpcore_lite.Session()
    prepared = session.prepare_request(httpcore_lite.Request("GET", url))
    settings = session.merge_environment_settings(url, {}, None, None, None)
    adapter: Any = session.get_adapter(url)
    pool = adapter.get_connection_with_tls_context(prepared, True)
    asked = {"redirect": False, "assert_same_host": False, "preload_content": False, "decode_content": False}

    def through_pool() -> Any:
        return pool.urlopen("GET", "/small", headers=prepared.headers, retries=adapter.max_retries, **asked).read()

    floor = h11_floor.Client(None)
    return {
        "socket": bare,
        "h11": lambda: floor.get(url),
        "pool": through_pool,
        "adapter": lambda: adapter.send(prepared, **settings).content,
        "session": lambda: session.send(prepared, **settings).content,
        "get": lambda: session.get(url).content,
    }


def measure(where: dict[str, Any], rounds: int, count: int) -> dict[str, float]:
    """CPU seconds of each step, those of the steps before it included."""
    all_calls = calls(where)
    found: dict[str, list[float]] = {name: [] for name in all_calls}
    for turn in range(rounds + 1):
        for name, call in all_calls.items():
            began = time.process_time()
            for _ in range(count):
                call()
            if turn:  # the first is to warm up
                found[name].append((time.process_time() - began) / count)
    return {name: statistics.median(several) for name, several in found.items()}


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]), int(sys.argv[2]), 300)))

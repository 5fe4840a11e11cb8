"""The table of workloads: what is done, how often in a round, and what is to be reached.

A workload is a function of a client and the addresses of the servers that makes ready what it needs and returns one
call; a round is `count` of these calls. What the call returns is checked once, before anything is timed.
"""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import threading
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import site_files
from .clients.base import Client, can
from .site_files import MB, MiB

Call = Callable[[], Any]
Prepare = Callable[[Client, dict[str, Any]], Call]
VALUE = {"name": "a small thing", "tags": ["one", "two", "three"], "count": 42, "price": 3.25, "yes": True}
PIECE = 65536


@dataclass(frozen=True)
class Workload:
    """`count` calls make a round of `make bench`; `quick` of `make bench-quick`, where 0 leaves the workload out."""

    name: str
    title: str
    prepare: Prepare
    count: int
    quick: int = 0
    #: What a client must be able to do: a method of `Client`.
    needs: str = "get"
    #: A flag that it must have set: decodes, shared.
    flag: str = ""
    #: Times better than requests by CPU, the promise of the project; 0 where there is none.
    target: float = 0
    #: The work of a call is divided by this many requests.
    requests: int = 1
    #: No more rounds than these.
    rounds: int = 99
    #: The clients that take part, where not all do.
    only: tuple[str, ...] = ()


def able(client: type[Client], workload: Workload) -> bool:
    """Whether the client does by itself what the workload needs."""
    return can(client, workload.needs) and (not workload.flag or bool(getattr(client, workload.flag)))


def expect(size: int, call: Call) -> Call:
    """Refuse a client that does not bring what was asked for; say so before it is timed."""
    found = call()
    if found != size:
        raise ValueError(f"{found} instead of {size} bytes, lines or responses")
    return call


def get(path: str, size: int = len(site_files.BODY), server: str = "plain") -> Prepare:
    """The body of `path` as one bytes object."""

    def prepare(client: Client, where: dict[str, Any]) -> Call:
        url, ask = where[server] + path, client.get
        return expect(size, lambda: len(ask(url)))

    return prepare


def post_json(client: Client, where: dict[str, Any]) -> Call:
    url = where["scripted"] + "/post"
    return expect(len(site_files.BODY), lambda: len(client.post_json(url, VALUE)))


def api_mix(client: Client, where: dict[str, Any]) -> Call:
    """An API's client: other paths, parameters and values each time, a body each second time, what a session brings."""
    url = where["plain"] + "/api/v1/users/"
    client.start_api(
        {"Accept": "application/json", "X-Client": "benchmark/1.0", "X-Tenant": "a-tenant"},
        ("someone", "with a password"),
        {"session": "0123456789abcdef0123456789abcdef", "locale": "en-GB", "consent": "yes"},
    )
    numbers, ask = itertools.count(), client.api

    def call() -> int:
        number = next(numbers)
        value = {"item": number, "name": f"thing {number}", "tags": ["one", "two"]} if number % 2 else None
        return ask(f"{url}{number % 9973}/orders", {"page": number, "sort": "by date"}, value)["answer"]

    return expect(42, call)


def stream(client: Client, where: dict[str, Any]) -> Call:
    url = where["plain"] + "/256m"
    return expect(256 * MiB, lambda: sum(len(piece) for piece in client.stream(url, PIECE)))


def small_pieces(client: Client, where: dict[str, Any]) -> Call:
    """Pieces far shorter than what a receive brings."""
    url = where["plain"] + "/1m"
    return expect(MB, lambda: sum(len(piece) for piece in client.stream(url, 1024)))


def raw_reads(client: Client, where: dict[str, Any]) -> Call:
    """As a parser reads a file: far shorter steps than what a receive brings."""
    url = where["plain"] + "/1m"

    def call() -> int:
        found = 0
        with client.raw(url) as file:
            while piece := file.read(512):
                found += len(piece)
        return found

    return expect(MB, call)


def copy_raw(client: Client, where: dict[str, Any]) -> Call:
    """`shutil.copyfileobj` of a body of known length, to the null device as by `save`."""
    url = where["plain"] + "/256m"

    def length() -> int:
        with client.raw(url) as file:
            return sum(len(piece) for piece in iter(lambda: file.read(PIECE), b""))

    def call() -> None:
        with client.raw(url) as file, open(os.devnull, "wb") as sink:
            shutil.copyfileobj(file, sink)

    expect(256 * MiB, length)
    return call


def save_small(client: Client, where: dict[str, Any]) -> Call:
    """As programs save downloads: in pieces of 8 KiB."""
    url = where["plain"] + "/1m"

    def call() -> int:
        client.save(url, os.devnull, 8192)
        return 1

    return expect(1, call)


def save(client: Client, where: dict[str, Any]) -> Call:
    """To the null device: the client is measured, not the disk."""
    url = where["plain"] + "/256m"

    def call() -> int:
        client.save(url, os.devnull, PIECE)
        return 1

    return expect(1, call)


def lines(client: Client, where: dict[str, Any]) -> Call:
    url = where["plain"] + "/lines"
    return expect(site_files.LINES, lambda: sum(1 for _ in client.lines(url)))


def send_file(method: str, name: str) -> Prepare:
    def prepare(client: Client, where: dict[str, Any]) -> Call:
        url, path = where["scripted"] + "/post", os.path.join(where["folder"], name)
        send = getattr(client, method)
        return expect(len(site_files.BODY), lambda: len(send(url, path)))

    return prepare


def once(client: Client, where: dict[str, Any]) -> Call:
    url = where["plain"] + "/small"
    return expect(len(site_files.BODY), lambda: len(client.once(url)))


def once_tls(client: Client, where: dict[str, Any]) -> Call:
    """A handshake each: what one call knows of the server no other one uses."""
    url = where["tls"] + "/small"
    return expect(len(site_files.BODY), lambda: len(client.once_tls(url)))


def origins(client: Client, where: dict[str, Any]) -> Call:
    """One request to the next origin. All are visited once before anything is timed."""
    turn = itertools.cycle([origin + "/small" for origin in where["origins"]])
    for _ in where["origins"]:
        client.get(next(turn))
    return expect(len(site_files.BODY), lambda: len(client.get(next(turn))))


def cookies(domains: int) -> Prepare:
    """A small GET with 500 cookies in the jar, equally many for each of `domains`; one of these is asked."""

    def prepare(client: Client, where: dict[str, Any]) -> Call:
        names = ["127.0.0.1", *(f"host{number}.example" for number in range(1, domains))]
        client.fill_jar((f"name{number}", f"value{number}", names[number % domains]) for number in range(500))
        return get("/small", server="scripted")(client, where)

    return prepare


def set_cookie(client: Client, where: dict[str, Any]) -> Call:
    """Two cookies are set each time, sent each time, and one has a new value each time. Only clients with a jar."""
    client.fill_jar([])
    return get("/cookies")(client, where)


def follow(client: Client, where: dict[str, Any]) -> Call:
    url = where["plain"] + "/redirect/5"
    return expect(len(site_files.BODY), lambda: len(client.follow(url)))


def text_detect(client: Client, where: dict[str, Any]) -> Call:
    url = where["plain"] + "/uncharted"
    return expect(len(site_files.UNCHARTED), lambda: len(client.text(url)))


def json_document(client: Client, where: dict[str, Any]) -> Call:
    url = where["plain"] + "/json"
    return expect(len(site_files.DOCUMENT["items"]), lambda: len(client.json(url)["items"]))


def refused(client: Client, where: dict[str, Any]) -> Call:
    """A connection that is refused, and the error caught, as by what waits for a server to come up."""
    url, ask = where["refused"] + "/small", client.get

    def call() -> int:
        try:
            ask(url)
        except Exception as error:
            return int("connect" in f"{type(error)} {error}".lower())
        return 0

    return expect(1, call)


def new(client: Client, where: dict[str, Any]) -> Call:
    return client.new


def idle(client: Client, where: dict[str, Any]) -> Call:
    """One connection to each origin, all idle: what each of them holds, by tracemalloc. The CPU time says nothing."""
    first, *urls = [origin + "/varied" for origin in where["origins"]]
    client.bound(len(urls) + 1, 1)
    for _ in range(3):
        client.get(first)  # what is loaded and remembered once for all

    def call() -> dict[str, float]:
        gc.collect()
        tracemalloc.start()
        for url in urls:
            client.get(url)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return {"idle": held / len(urls)}

    return call


def threads(number: int, each: int, connections: int = 0) -> Prepare:
    """`number` threads on one client, `each` requests a thread; with `connections`, no more than so many are open.

    The call returns slowest to fastest thread's rate, and of the times of single requests the median and the 99th
    percentile, in seconds.
    """

    def prepare(client: Client, where: dict[str, Any]) -> Call:
        url = where["plain"] + "/small"
        if connections:
            client.bound(1, connections)
        expect(len(site_files.BODY), lambda: len(client.get(url)))

        def call() -> dict[str, float]:
            start = threading.Barrier(number)
            spent: list[float] = []
            times: list[float] = []
            failures: list[Exception] = []

            def work() -> None:
                start.wait(30)
                began = time.perf_counter()
                before = began
                try:
                    for _ in range(each):
                        client.get(url)
                        now = time.perf_counter()
                        times.append(now - before)
                        before = now
                except Exception as error:
                    failures.append(error)
                spent.append(before - began)

            crew = [threading.Thread(target=work, daemon=True) for _ in range(number)]
            for one in crew:
                one.start()
            end = time.monotonic() + 30
            for one in crew:
                one.join(max(0, end - time.monotonic()))
            if failures:
                raise ValueError(f"a thread failed: {failures[0]!r}")
            if len(spent) < number:
                raise ValueError("a thread waited for ever")
            times.sort()
            part = {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}
            return {"fairness": min(spent) / max(spent), **part}

        return call

    return prepare


PURE = ("requests", "urllib3", "httpx", "h11_floor", "ours")
#: What real programs do comes first; heads that are equal to the byte, and long bodies, after it.
REAL = [
    Workload("toplevel_tls", "top-level get over TLS", once_tls, 60, 25, needs="once_tls"),
    Workload("small_varied", "small GET, 13 fields, six differ", get("/varied"), 1000, 500, target=4.0),
    Workload("api_mix", "an API's client: paths, parameters, JSON", api_mix, 600, 300, needs="api", target=2.8),
    Workload("redirects_5", "small GET behind 5 redirects", follow, 150, 80, needs="follow", target=3.6),
    Workload("set_cookie", "small GET that sets two cookies", set_cookie, 400, 200, needs="fill_jar", target=2.8),
    Workload("iter_1k", "1 MB in pieces of 1 KiB", small_pieces, 20, 10, needs="stream", target=2.8),
    Workload("raw_512", "1 MB by raw.read(512)", raw_reads, 20, 10, needs="raw", target=2.8),
    Workload("text_detect", "text of 13 kB, no charset", text_detect, 300, 150, needs="text", target=3.5),
    Workload("json_100k", "100 kB of JSON, decoded", json_document, 100, 50),
    Workload("refused", "connection refused, error caught", refused, 300, 200, target=3.3),
    Workload("pool_4_of_16", "16 threads, 4 connections", threads(16, 30, 4), 1, 1, "bound", "shared", 4.0, 480),
    Workload("save_1m", "1 MB to a file, in pieces of 8 KiB", save_small, 50, 25, needs="save"),
    Workload("session_new", "a new session, no request", new, 300, 300, needs="new", target=1.0),
    Workload("idle_200", "200 idle connections", idle, 1, needs="bound", rounds=1),
]  # fmt: skip
WORKLOADS = [
    *REAL,
    Workload("small_get", "small GET, connection kept", get("/small"), 1000, 800, target=4.6),
    Workload("fresh_get", "small GET, every head another one", get("/fresh", server="scripted"), 1000, 800),
    Workload("headers60", "60 response headers", get("/headers60"), 400, 300, target=5.8),
    Workload("json_post", "small JSON POST", post_json, 500, 300, needs="post_json", target=4.3),
    Workload("tls_get", "small GET over TLS, connection kept", get("/small", server="tls"), 500, 300, target=4.4),
    Workload("tls_new", "a new TLS connection each", get("/close", server="tls"), 60, 25, target=2.6),
    Workload("get_1k", "GET 1 kB", get("/1k", 1_000), 300),
    Workload("get_10k", "GET 10 kB", get("/10k", 10_000), 500, 300, target=4.0),
    Workload("get_100k", "GET 100 kB", get("/100k", 100_000), 200),
    Workload("get_1m", "GET 1 MB", get("/1m", MB), 100, 50, target=9),
    Workload("get_10m", "GET 10 MB", get("/10m", 10 * MB), 10),
    Workload("gzip_1m", "GET 1 MB of text, gzip", get("/gzip", MB), 40, 20, flag="decodes", target=1.45),
    Workload("content_256m", "256 MiB at once", get("/256m", 256 * MiB), 1, 1, target=3.8, rounds=3),
    Workload("iter_256m", "256 MiB in pieces of 64 KiB", stream, 1, 1, needs="stream", target=1.8, rounds=3),
    Workload("copy_raw_256m", "256 MiB by copyfileobj of raw", copy_raw, 1, 1, needs="raw", target=0.95, rounds=3),
    Workload("save_256m", "256 MiB to a file", save, 1, needs="save", rounds=3),
    Workload("chunks", "20,000 chunks of 100 bytes", get("/chunks", 2_000_000, "scripted"), 5, 3, target=2.4),
    Workload("lines", "40,000 short lines", lines, 5, 3, needs="lines", target=3.0),
    Workload("upload_200m", "upload of 200 MB", send_file("upload", "upload200"), 1, 1, "upload", target=1.6, rounds=3),
    Workload(
        "multipart_100m", "multipart of 100 MB", send_file("multipart", "upload100"), 1, 1, "multipart", target=2.4,
        rounds=3,
    ),
    Workload("threads8", "8 threads, one session", threads(8, 50), 1, needs="get", flag="shared", requests=400),
    Workload("threads32", "32 threads, one session", threads(32, 20), 1, 1, "get", "shared", 4.8, requests=640),
    Workload("once", "top-level get", once, 100, 40, needs="once", target=2.5),
    Workload("origins200", "200 origins in turn", origins, 400, 200, target=5.0),
    Workload("cookies500", "500 cookies in 50 domains", cookies(50), 40, 20, needs="fill_jar", target=13),
    Workload("cookies500_one", "500 cookies, all sent", cookies(1), 20, needs="fill_jar"),
    Workload("growth", "50,000 small GETs, growth", get("/small"), 50_000, rounds=1, only=PURE),
]  # fmt: skip
#: Targets that other Pythons have instead of those above.
TARGETS_BY_PYTHON = {
    "3.10": {"small_get": 3.3, "small_varied": 3.0, "api_mix": 2.1},
    "3.13": {"small_get": 3.6, "small_varied": 3.1, "api_mix": 2.5},
}
#: What an idle connection of ours may hold, in bytes.
IDLE_AT_MOST = 8_500
BY_NAME = {workload.name: workload for workload in WORKLOADS}

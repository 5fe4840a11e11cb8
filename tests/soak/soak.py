"""Mixed traffic with faults for some minutes, then, if asked for, very many small requests: does anything grow?

    python tests/soak/soak.py --minutes 1 --requests 0 --small 0

Prints the requests made, the faults survived, the errors by class, resident memory and descriptors. Exits with 1 on
an exception that is not ours, wrong data, a POST that arrived twice, a call that outlived its deadline, and growth.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import json
import os
import random
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from bodies import body, digest  # noqa: E402

import httpcore_lite as client  # noqa: E402
from support import certificates  # noqa: E402
from support.scripted import closed_port  # noqa: E402

# Seconds: of a wait, of a whole call, and how late a busy machine may be.
WAIT, TOTAL, SLACK = 1.0, 8.0, 10.0
TIMEOUT = client.Timeouts(connect=WAIT, read=WAIT, write=WAIT, pool=TOTAL, total=TOTAL)
# What may stay after the first requests have filled every cache, in MiB and descriptors.
MEMORY, DESCRIPTORS = 16.0, 0


class WrongData(Exception):
    """A body that is not the one that was asked for."""


def expect(found: Any, wanted: Any, what: str) -> None:
    if found == wanted:
        return
    if isinstance(found, bytes) and isinstance(wanted, bytes):
        alike = len(os.path.commonprefix([found, wanted]))
        raise WrongData(f"{what}: {len(found)} bytes and not {len(wanted)}, of which the first {alike} are alike")
    raise WrongData(f"{what}: {found!r:.200} and not {wanted!r:.200}")


def resident() -> float:
    """Resident memory in MiB, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def descriptors() -> int:
    """Open descriptors, 0 where the system does not tell."""
    try:
        return len(os.listdir("/proc/self/fd")) - 1
    except OSError:
        return 0


class Servers:
    """The process of `server.py`."""

    def __init__(self, seed: int) -> None:
        folder = Path(certificates.ca_path()).parent
        leaf = certificates.authority().issue_cert("127.0.0.1", "localhost")
        chain, key = folder / "soak.pem", folder / "soak.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        command = [sys.executable, str(HERE / "server.py"), str(chain), str(key), str(seed)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ports: dict[str, int] = json.loads(self.process.stdout.readline())
        self.ports["closed"] = closed_port()

    def url(self, where: str, path: str) -> str:
        scheme = "https" if where.endswith("tls") else "http"
        return f"{scheme}://127.0.0.1:{self.ports[where]}{path}"

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


class Tally:
    """What happened, counted by all threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests = 0
        self.kinds: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.problems: list[str] = []
        self.longest = 0.0

    def note(self, kind: str, error: str | None, seconds: float) -> None:
        with self.lock:
            self.requests += 1
            self.kinds[kind] += 1
            self.longest = max(self.longest, seconds)
            if error is not None:
                self.errors[error] += 1

    def problem(self, text: str) -> None:
        with self.lock:
            self.problems.append(text)


class Traffic:
    """One thread's requests. Every kind checks all that it gets against what is known beforehand."""

    def __init__(self, servers: Servers, sessions: list[client.Session], seed: int, file: Path, only: str = "") -> None:
        self.servers = servers
        self.sessions = sessions
        self.chance = random.Random(seed)
        self.file = file
        self.name = f"{seed}"
        self.count = 0
        self.kinds = {name[3:]: getattr(self, name) for name in dir(self) if name.startswith(f"do_{only}")}

    def one(self, tally: Tally) -> None:
        """Make one request of some kind."""
        self.count += 1
        kind = self.chance.choice(list(self.kinds))
        began = time.monotonic()
        error: str | None = None
        try:
            self.kinds[kind](self.chance.choice(self.sessions))
        except client.RequestException as failure:
            error = type(failure).__name__
            if failure.request is None:
                tally.problem(f"{kind}: {failure!r} has no request")
        except Exception as failure:
            error = type(failure).__name__
            tally.problem(f"{kind}: " + "".join(traceback.format_exception(failure)))
        seconds = time.monotonic() - began
        if seconds > TOTAL + SLACK:
            tally.problem(f"{kind}: took {seconds:.1f} s of at most {TOTAL}")
        tally.note(kind, error, seconds)

    # -- where to, and what ----------------------------------------------------------------------------------

    def where(self) -> str:
        return self.chance.choices(["faulty plain", "faulty tls", "plain", "tls", "closed"], [55, 25, 10, 9, 1])[0]

    def size(self) -> int:
        return int(10 ** self.chance.uniform(0, 5.3))

    def ask(self, session: client.Session, method: str, path: str, where: str = "", **more: Any) -> client.Response:
        return session.request(method, self.servers.url(where or self.where(), path), timeout=TIMEOUT, **more)

    def fetch(self, session: client.Session, path: str, where: str = "", **more: Any) -> None:
        seed, size = self.chance.randrange(10**6), self.size()
        response = self.ask(session, "GET", f"{path}/{seed}/{size}", where, **more)
        expect(response.status_code, 200, path)
        expect(response.content, body(seed, size), path)

    def upload(self, session: client.Session, content: bytes, parts: bool = False, **more: Any) -> None:
        name = f"{self.name}-{self.count}"
        response = self.ask(session, "POST", f"/post/{name}", headers={"X-Id": name}, **more)
        told = response.json()
        expect(told["id"], name, "identity")
        expect(told["parts"] if parts else told["digest"], [digest(content)] if parts else digest(content), "upload")

    # -- the kinds -------------------------------------------------------------------------------------------

    def do_get(self, session: client.Session) -> None:
        self.fetch(session, "/body")

    def do_small(self, session: client.Session) -> None:
        seed = self.chance.randrange(10**6)
        expect(self.ask(session, "GET", f"/body/{seed}/10").content, body(seed, 10), "small")

    def do_chunked(self, session: client.Session) -> None:
        self.fetch(session, "/chunked")

    def do_gzip(self, session: client.Session) -> None:
        self.fetch(session, "/gzip")

    def do_redirect(self, session: client.Session) -> None:
        self.fetch(session, f"/redirect/{self.chance.randint(1, 4)}")

    def do_until_close(self, session: client.Session) -> None:
        # Where a cut cannot be told from an end, nothing is cut: over plain TCP only on the straight way.
        self.fetch(session, "/close", self.chance.choice(["plain", "tls", "faulty tls"]))

    def do_head(self, session: client.Session) -> None:
        size = self.size()
        response = self.ask(session, "HEAD", f"/body/1/{size}")
        expect((response.status_code, response.content), (200, b""), "HEAD")
        expect(response.headers["Content-Length"], str(size), "HEAD")

    def do_streamed(self, session: client.Session) -> None:
        seed, size, path = self.chance.randrange(10**6), self.size(), self.chance.choice(["body", "chunked", "gzip"])
        with self.ask(session, "GET", f"/{path}/{seed}/{size}", stream=True) as response:
            amount = self.chance.choice([None, 512, 10_000])
            expect(b"".join(response.iter_content(amount)), body(seed, size), f"streamed by {amount}, {response.url}")

    def do_half_read(self, session: client.Session) -> None:
        seed, size = self.chance.randrange(10**6), self.size()
        with self.ask(session, "GET", f"/body/{seed}/{size}", stream=True) as response:
            piece = next(response.iter_content(size // 2 + 1))
            expect(piece, body(seed, size)[: len(piece)], "half read")

    def do_forgotten(self, session: client.Session) -> None:
        self.ask(session, "GET", f"/body/1/{self.size()}", stream=True)

    def do_post(self, session: client.Session) -> None:
        data = body(self.count, self.size())
        self.upload(session, data, data=data)

    def do_file(self, session: client.Session) -> None:
        with self.file.open("rb") as file:
            self.upload(session, self.file.read_bytes(), data=file)

    def do_generator(self, session: client.Session) -> None:
        data = body(self.count, self.size())
        self.upload(session, data, data=(data[start : start + 5000] for start in range(0, len(data), 5000)))

    def do_multipart(self, session: client.Session) -> None:
        data = body(self.count, self.size())
        self.upload(session, data, parts=True, files={"file": ("name.bin", data)})

    def do_by_proxy(self, session: client.Session) -> None:
        proxy = f"http://127.0.0.1:{self.servers.ports['faulty plain']}"
        self.fetch(session, "/body", self.chance.choice(["plain", "tls"]), proxies={"http": proxy, "https": proxy})


def sessions() -> list[client.Session]:
    """A plain one, one with a bounded pool, and one that tries again."""
    made = [client.Session() for _ in range(3)]
    for session, adapter in zip(
        made[1:],
        [
            {"pool_maxsize": 3, "pool_block": True},
            {"max_retries": client.Retry(total=2, connect=2, read=2, backoff_factor=0.01)},
        ],
        strict=True,
    ):
        for scheme in ("http://", "https://"):
            session.mount(scheme, client.adapters.HTTPAdapter(**adapter))
    for session in made:
        session.verify = certificates.ca_path()
        session.trust_env = False
    return made


class Run:
    """The mixed traffic: threads that make requests until time or number is up."""

    def __init__(self, minutes: float, requests: int, threads: int, seed: int, only: str) -> None:
        self.until = time.monotonic() + minutes * 60
        self.requests = requests or sys.maxsize
        # Caches fill, the allocator takes its arenas: growth is counted from here.
        self.warm = min(2000, self.requests // 4)
        self.threads = threads
        self.seed = seed
        self.only = only
        self.tally = Tally()
        self.memory = (resident(), 0.0)

    def over(self) -> bool:
        tally = self.tally
        return time.monotonic() > self.until or tally.requests >= self.requests or len(tally.problems) > 9

    def go(self, servers: Servers, file: Path) -> None:
        """Warm up, measure, run, measure again."""
        shared = sessions()
        self.open = descriptors()
        stop = self.warm

        def work(traffic: Traffic) -> None:
            while self.tally.requests < stop and not self.over():
                traffic.one(self.tally)

        everyone = [
            Traffic(servers, shared, self.seed * 1000 + index, file, self.only) for index in range(self.threads)
        ]
        for stop in (self.warm, self.requests):  # noqa: B007 - `work` reads it
            running = [threading.Thread(target=work, args=(traffic,), daemon=True) for traffic in everyone]
            for thread in running:
                thread.start()
            for thread in running:
                thread.join(max(1.0, self.until - time.monotonic()) + TOTAL + SLACK)
                if thread.is_alive():
                    self.tally.problem("a thread hangs")
                    faulthandler.dump_traceback()
                    return
            gc.collect()
            self.memory = (self.memory[1] or resident(), resident())
        for session in shared:
            self.count(session)
            session.close()
        gc.collect()
        self.left = descriptors()
        if self.left > self.open + DESCRIPTORS:
            self.tally.problem(f"{self.left} descriptors are open, {self.open} were")
        grown = self.memory[1] - self.memory[0]
        if grown > MEMORY:
            self.tally.problem(f"memory grew by {grown:.1f} MiB")

    def count(self, session: client.Session) -> None:
        """With nothing under way, every open connection is idle."""
        for adapter in {id(adapter): adapter for adapter in session.adapters.values()}.values():
            stats = adapter.pool.stats()
            if stats.open != stats.idle:
                self.tally.problem(f"nothing is under way, and the pool says {stats}")


def report(run: Run, servers: Servers) -> None:
    with client.Session() as session:
        told = session.get(servers.url("plain", "/report"), timeout=TIMEOUT).json()
    for name in told["repeated"]:
        run.tally.problem(f"the POST {name} arrived twice")
    tally = run.tally
    print(f"requests   {tally.requests}: " + listed(tally.kinds))
    print(f"faults     {sum(told['faults'].values())}: " + listed(told["faults"]))
    print(f"errors     {sum(tally.errors.values())}: " + listed(tally.errors))
    print(f"longest    {tally.longest:.2f} s")
    print(f"memory     {run.memory[0]:.1f} MiB after {run.warm} requests, {run.memory[1]:.1f} MiB at the end")
    print(f"open files {run.open} at the start, {run.left} at the end", flush=True)


def listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]))


def small_requests(servers: Servers, count: int, problems: list[str]) -> None:
    """So many small requests on one session, one after another, and what memory does meanwhile."""
    warm, step = min(10_000, count // 10), max(1, count // 10)
    began = time.monotonic()
    before = (0.0, 0)
    with client.Session() as session:
        session.trust_env = False
        start = servers.url("quick", "/")
        for number in range(count):
            if number == warm:
                gc.collect()
                before = (resident(), descriptors())
            if session.get(f"{start}{number}", timeout=10).content != b"%d" % number:
                problems.append(f"the response to small request {number} is another's")
                return
            if number % step == step - 1:
                rate = (number + 1) / (time.monotonic() - began)
                print(f"small      {number + 1}: {resident():.2f} MiB, {rate:.0f} a second", flush=True)
        gc.collect()
        after = (resident(), descriptors())
        connections = session.get_adapter(start).pool.stats().created
    print(f"small      memory {before[0]:.2f} -> {after[0]:.2f} MiB, open files {before[1]} -> {after[1]},", end=" ")
    print(f"{connections} connections", flush=True)
    if after[0] - before[0] > 2.0 or after[1] > before[1]:
        problems.append("small requests make it grow")


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long the mixed traffic goes on")
    parser.add_argument(
        "--requests", type=int, default=0, help="how many requests at most; 0: as many as there is time"
    )
    parser.add_argument("--small", type=int, default=0, help="how many small requests after that")
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only this kind of request: get, streamed, post ...")
    given = parser.parse_args()
    servers = Servers(given.seed)
    file = Path(certificates.ca_path()).parent / "upload.bin"
    file.write_bytes(body(7, 300_000))
    run = Run(given.minutes, given.requests, given.threads, given.seed, given.only)
    try:
        if given.minutes:
            run.go(servers, file)
            if not run.tally.problems or not run.tally.problems[-1].startswith("a thread hangs"):
                report(run, servers)
        if given.small:
            small_requests(servers, given.small, run.tally.problems)
    finally:
        servers.stop()
    for problem in run.tally.problems:
        print(f"PROBLEM    {problem}")
    print("soak: " + (f"{len(run.tally.problems)} problems" if run.tally.problems else "nothing grew, nothing leaked"))
    return 1 if run.tally.problems else 0


if __name__ == "__main__":
    sys.exit(main())

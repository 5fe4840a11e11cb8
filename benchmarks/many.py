"""Many small GETs by 16 workers: `Session.map`, beside the thread pool of requests-toolbelt with requests.

    python -m benchmarks.many                    10,000 and 100,000 of them, three rounds in turns

Each run is a process of its own. CPU time and throughput are medians, and ratios to requests-toolbelt; memory is by how
much the peak of the process grows while the requests go out, from after the first one on. What is promised stands in
TARGETS, and the exit code is 1 where it is not kept.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from .servers import ROOT, Servers, clean_environment

WORKERS = 16
COUNTS = (10_000, 100_000)
#: CPU time a request, throughput, both as ratios to requests-toolbelt's; memory in megabytes: by how much the peak
#: grows for the first of COUNTS, and by how much more for the second.
TARGETS = {"cpu": 0.30, "throughput": 3.5, "memory": 8.0, "more memory": 2.0}


def urls(base: str, count: int) -> Iterator[str]:
    """So many URLs, made as they are asked for."""
    return (f"{base}/small?{number}" for number in range(count))


def peak() -> float:
    """The most memory that this process has used so far, in megabytes."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
    except OSError:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1024 / (1024 if sys.platform == "darwin" else 1)


def by_map(base: str, count: int) -> int:
    """Send them by `Session.map`; returns how many there were."""
    from httpcore_lite import Session

    with Session() as session:
        responses = session.map(urls(base, count), workers=WORKERS)
        return sum(response.ok and bool(response.content) for response in responses)


def by_threaded(base: str, count: int) -> int:
    """Send them by the pool of `httpcore_lite.threaded`."""
    from httpcore_lite.threaded.pool import Pool

    return _pooled(Pool, base, count)


def by_toolbelt(base: str, count: int) -> int:
    """Send them by the pool of requests-toolbelt."""
    from requests_toolbelt.threaded.pool import Pool

    return _pooled(Pool, base, count)


def _pooled(pool_class: Any, base: str, count: int) -> int:
    pool = pool_class.from_urls(urls(base, count), num_processes=WORKERS)
    pool.join_all()
    return sum(response.ok and bool(response.content) for response in pool.responses())


WAYS: dict[str, Callable[[str, int], int]] = {"map": by_map, "threaded": by_threaded, "toolbelt": by_toolbelt}


def measure(way: str, base: str, count: int) -> dict[str, float]:
    """Do it in this process; returns seconds, and megabytes."""
    send = WAYS[way]
    send(base, WORKERS)  # loads what is loaded once
    before = peak()
    wall, cpu = time.perf_counter(), time.process_time()
    done = send(base, count)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # A thread of requests-toolbelt may begin before it has its queues, and loses a job.
    assert done > count - WORKERS, f"{done} of {count} were right"
    return {"wall": wall, "cpu": cpu, "memory": peak() - before}


def measured(way: str, base: str, count: int) -> dict[str, float]:
    """Do it in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.many", "--way", way, "--base", base, "--counts", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(counts: list[int], rounds: int, ways: list[str]) -> bool:
    """Measure all ways in turns and print what came of it; returns whether what is promised is kept."""
    kept = True
    memory: list[float] = []
    with Servers() as servers:
        print(f"{WORKERS} workers, {servers.name}, Python {sys.version.split()[0]}")
        for count in counts:
            runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
            for _ in range(rounds):
                for way in ways:
                    runs[way].append(measured(way, servers.plain, count))
            found = {
                way: {name: statistics.median(run[name] for run in of_way) for name in of_way[0]}
                for way, of_way in runs.items()
            }
            for way, medians in found.items():
                cpu = medians["cpu"] / found["toolbelt"]["cpu"]
                throughput = found["toolbelt"]["wall"] / medians["wall"]
                print(
                    f"{count:>9,} {way:<9} {medians['cpu'] / count * 1e6:6.0f} µs CPU a request ({cpu:.2f} x)"
                    f" {count / medians['wall']:8,.0f} a second ({throughput:.1f} x) {medians['memory']:8.1f} MB more"
                )
                if way == "map":
                    memory.append(medians["memory"])
                    kept &= cpu <= TARGETS["cpu"] and throughput >= TARGETS["throughput"]
    kept &= memory[0] <= TARGETS["memory"] and memory[-1] - memory[0] < TARGETS["more memory"]
    print("kept" if kept else f"NOT kept: {TARGETS}")
    return kept


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=lambda text: [int(part) for part in text.split(",")], default=list(COUNTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", type=lambda text: text.split(","), default=list(WAYS))
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--base", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        print(json.dumps(measure(given.way, given.base, given.counts[0])))
        return 0
    return 0 if compare(given.counts, given.rounds, given.ways) else 1


if __name__ == "__main__":
    sys.exit(main())

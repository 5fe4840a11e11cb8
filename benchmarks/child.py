"""One client in a process of its own: it prepares a workload, then runs rounds of it as it is told.

Lines of JSON go both ways: `{"count": N}` asks for a round of N calls, `{"latency": N}` for the times of N single
calls. The result of a round has wall and CPU seconds and bytes of memory.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9)


def resident() -> int:
    """Bytes of memory that this process holds now; 0 where /proc is missing."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def peak() -> int:
    """Bytes of memory that this process has held at most; 0 where the system does not say."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0


def forget_peak() -> None:
    """Let the peak begin at what is held now (Linux); without it, earlier peaks count too."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        return


def measure(call: Callable[[], Any], count: int, bare: int) -> dict[str, Any]:
    """One round. `growth` is what it left behind, `peak` what was held at most beyond `bare`, before any request.

    `notes` is what the last call found besides, by name, where it found something.
    """
    gc.collect()
    forget_peak()
    held = resident()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        last = call()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    notes = last if isinstance(last, dict) else {}
    most = max(0, peak() - bare)
    return {"wall": wall, "cpu": cpu, "growth": resident() - held, "peak": most, "notes": notes}


def latency(call: Callable[[], Any], count: int) -> dict[str, Any]:
    """Percentiles of the wall time of single calls, in seconds."""
    clock = time.perf_counter
    times = []
    for _ in range(count):
        began = clock()
        call()
        times.append(clock() - began)
    times.sort()
    return {"latency": {str(part): times[min(count - 1, int(count * part / 100))] for part in PERCENTILES}}


def main() -> None:
    client_name, workload_name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    where = json.loads(sys.argv[4])
    client = importlib.import_module(f".clients.{client_name}", __package__).Client(where["ca"])
    from . import workloads

    bare = resident()
    call = workloads.BY_NAME[workload_name].prepare(client, where)
    for _ in range(min(count - 1, 50)):
        call()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        result = latency(call, task["latency"]) if "latency" in task else measure(call, task["count"], bare)
        print(json.dumps(result), flush=True)
    client.close()


if __name__ == "__main__":
    main()

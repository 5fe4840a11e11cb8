"""Run the workloads: each client in a process of its own, their rounds in turns, medians and ratios.

    python -m benchmarks.run --quick --out results.json --only small_get,lines --clients requests,ours

The rounds of a workload go client by client, so that whatever else the machine does hits all alike. What counts are
the ratios to requests, to the floor that h11 allows and to pycurl, by the client's CPU time; wall time is told too.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
from importlib import metadata
from typing import Any

from . import report, start_up
from .clients import CLIENTS, QUICK, interpreter
from .servers import ROOT, Servers, clean_environment
from .workloads import BY_NAME, REAL, WORKLOADS, Workload

# Seconds after which a child that says nothing is given up.
PATIENCE = 90
ASK = """
import json
from importlib import metadata
from benchmarks.clients.{name} import Client
from benchmarks.workloads import WORKLOADS, able
names = [one.name for one in WORKLOADS if able(Client, one)]
print(json.dumps([names, metadata.version({distribution!r}) if {distribution!r} else "of Python"]))
"""


class GaveUp(Exception):
    """A client could not do a workload, or took too long."""


class Child:
    """The process of one client and one workload."""

    def __init__(self, client: str, workload: str, count: int, where: dict[str, Any]) -> None:
        command = [interpreter(client), "-m", "benchmarks.child", client, workload, str(count), json.dumps(where)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=clean_environment(), cwd=ROOT
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._tasks, self._results = self._process.stdin, self._process.stdout
        self._read()

    def _read(self) -> dict[str, Any]:
        watch = threading.Timer(PATIENCE, self._process.kill)
        watch.start()
        line = self._results.readline()
        watch.cancel()
        if not line:
            self._process.kill()
            said = self._process.communicate()[1].strip()
            raise GaveUp(said.rpartition("\n")[2] or f"nothing within {PATIENCE} seconds")
        return json.loads(line)

    def ask(self, **task: int) -> dict[str, Any]:
        self._tasks.write(json.dumps(task) + "\n")
        self._tasks.flush()
        return self._read()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def find_clients(names: list[str], left_out: list[str]) -> dict[str, dict[str, Any]]:
    """The clients that are installed, with what they can do and their versions."""
    found = {}
    for name in names:
        command = [interpreter(name), "-c", ASK.format(name=name, distribution=CLIENTS[name])]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, cwd=ROOT)
        except (OSError, subprocess.SubprocessError) as error:
            reason = (getattr(error, "stderr", None) or str(error)).strip().rpartition("\n")[2]
            left_out.append(f"{name}: {reason}")
            continue
        able, version = json.loads(done.stdout)
        found[name] = {"able": able, "version": version}
    return found


def measure(workload: Workload, clients: list[str], count: int, rounds: int, where: Any, left_out: list[str]) -> Any:
    """All rounds of a workload, the clients in turns."""
    children: dict[str, Child] = {}
    measured: dict[str, list[dict[str, Any]]] = {}
    results: dict[str, Any] = {}
    try:
        for name in clients:
            try:
                children[name] = Child(name, workload.name, count, where)
            except GaveUp as error:
                left_out.append(f"{name} in {workload.name}: {error}")
        for _ in range(rounds):
            for name in list(children):
                try:
                    measured.setdefault(name, []).append(children[name].ask(count=count))
                except GaveUp as error:
                    left_out.append(f"{name} in {workload.name}: {error}")
                    children.pop(name).close()
                    measured.pop(name, None)
        for name, several in measured.items():
            results[name] = summary(several, count * workload.requests)
            if workload.name == "small_get":
                results[name] |= children[name].ask(latency=2 * count)
    finally:
        for child in children.values():
            child.close()
    return results


def measure_steps(where: dict[str, Any], rounds: int, left_out: list[str]) -> dict[str, float]:
    """The steps of our hot path, measured in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.steps", json.dumps(where), str(rounds)]
    environment = clean_environment()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=True, env=environment, cwd=ROOT
        )
    except subprocess.SubprocessError as error:
        left_out.append(f"steps: {(getattr(error, 'stderr', None) or str(error)).strip().rpartition(chr(10))[2]}")
        return {}
    return json.loads(done.stdout)


def summary(several: list[dict[str, Any]], requests: int) -> dict[str, Any]:
    """Medians for one request: seconds of wall and CPU; the growth and the peak of a round in bytes."""
    found = {name: statistics.median(one[name] for one in several) / requests for name in ("wall", "cpu")}
    found |= {name: max(one[name] for one in several) for name in ("growth", "peak")}
    notes = several[0]["notes"]
    return found | {name: statistics.median(one["notes"][name] for one in several) for name in notes}


def machine() -> dict[str, Any]:
    """What the figures belong to."""
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            processor = next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {"processor": processor, "cores": os.cpu_count(), "system": platform.system(), "python": python}


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer workloads, clients, rounds: two to three minutes")
    parser.add_argument("--rounds", type=int, help="rounds of each workload (5; 3 of the longest)")
    parser.add_argument("--only", help="names of workloads, with commas between; start_up, steps; real: the first ones")
    parser.add_argument("--clients", help=f"of {', '.join(CLIENTS)}")
    parser.add_argument("--out", help="write the results here, as JSON")
    options = parser.parse_args(arguments)
    unknown = {*(options.clients or "").split(",")} - {*CLIENTS, ""}
    unknown |= {*(options.only or "").split(",")} - {*BY_NAME, "real", "start_up", "steps", ""}
    if unknown:
        parser.error(
            f"unknown: {', '.join(sorted(unknown))}; workloads are {', '.join(BY_NAME)}, start_up, steps, real"
        )
    return options


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure what the options say; the results as they are written."""
    left_out: list[str] = []
    names = options.clients.split(",") if options.clients else list(QUICK if options.quick else CLIENTS)
    wanted = options.only.split(",") if options.only else [*BY_NAME, "start_up", "steps"]
    if "real" in wanted:
        wanted += [workload.name for workload in REAL]
    clients = find_clients(names, left_out)
    rounds = options.rounds or 5
    results: dict[str, Any] = {}
    with Servers() as servers:
        where = servers.describe()
        for workload in WORKLOADS:
            count = workload.quick if options.quick else workload.count
            if options.only:
                count = count or workload.count
            if workload.name not in wanted or not count:
                continue
            taking_part = [
                name
                for name, about in clients.items()
                if workload.name in about["able"] and (not workload.only or name in workload.only)
            ]
            print(f"{workload.title} ...", file=sys.stderr, flush=True)
            results[workload.name] = measure(
                workload, taking_part, count, min(rounds, workload.rounds), where, left_out
            )
        begins = None
        if "start_up" in wanted:
            print("start-up ...", file=sys.stderr, flush=True)
            begins = start_up.measure(list(clients), where, 5 if options.quick else 15, left_out)
        steps = measure_steps(where, 3 * rounds, left_out) if "steps" in wanted else {}
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "date": now.strftime("%Y-%m-%d %H:%M UTC"),
        "command": " ".join(["python -m benchmarks.run", *sys.argv[1:]])
        if options.only
        else f"make bench{'-quick' * options.quick}",
        "machine": machine(),
        "server": servers.name,
        "versions": {name: about["version"] for name, about in clients.items()} | {"h11": metadata.version("h11")},
        "rounds": rounds,
        "left_out": left_out,
        "workloads": results,
        "start_up": begins,
        "steps": steps,
    }


def main() -> None:
    options = parse()
    results = run(options)
    if options.out:
        os.makedirs(os.path.dirname(os.path.abspath(options.out)), exist_ok=True)
        with open(options.out, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
    print(report.text(results))


if __name__ == "__main__":
    main()

"""The end of the tour: start-up and CPU beside requests, where that is installed. Measured now, on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec

from screen import bar, heading, note

ROUNDS = 3
START = "import {lib}"
WORK = """
import sys, time, {lib} as requests
with requests.Session() as session:
    session.trust_env = False
    session.get(sys.argv[1])
    began = time.process_time()
    for number in range(200):
        session.get(sys.argv[1] + "?" + str(number)).json()
    print(time.process_time() - began)
"""


def beside(url: str) -> None:
    """Compare with requests, by processes of both in turns."""
    if find_spec("requests") is None:
        pip = f"{os.path.relpath(sys.executable)} -m pip"
        note(f"requests is not installed here: nothing to compare with. `{pip} install requests` and run this again.")
        return
    heading("Beside requests, on this machine, now")
    names = {"requests": "requests", "httpcore_lite": "httpcore_lite"}
    start: dict[str, list[float]] = {name: [] for name in names}
    work: dict[str, list[float]] = {name: [] for name in names}
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    for _ in range(ROUNDS):
        for name, lib in names.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", START.format(lib=lib)], check=True, env=environment)
            start[name].append(time.perf_counter() - began)
    for name, lib in names.items():
        command = [sys.executable, "-c", WORK.format(lib=lib), url]
        done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True, timeout=30)
        work[name].append(float(done.stdout))
    for what, figures in (("python -c 'import ...'", start), ("CPU of 200 GETs, warm", work)):
        print("\n" + what)
        most = max(min(values) for values in figures.values())
        for name, values in figures.items():
            bar(name, min(values), most, f"{1000 * min(values):.0f} ms", "32" if name == "httpcore_lite" else "33")
    note("The whole comparison, with other clients: docs/performance.md, or `make bench`.")

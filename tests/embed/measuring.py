"""Wall time, CPU time and peak memory of whole processes, the contenders in turns.

As a program (`python -I -S measuring.py`, the rounds and commands as JSON on standard input) it measures; it is small,
because a process begins with the peak memory of the one that started it.
"""

from __future__ import annotations

import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def measured(
    commands: Mapping[str, Sequence[object]], environment: Mapping[str, str], rounds: int = 9
) -> dict[str, dict[str, float]]:
    """Run commands some times over; returns the medians: `wall` and `cpu` (seconds), `peak` (bytes resident).

    A first round, which fills the caches of the disk and of byte code, does not count. AssertionError when one fails.
    """
    import subprocess

    task = {"rounds": rounds, "commands": {name: list(map(str, command)) for name, command in commands.items()}}
    done = subprocess.run(
        [sys.executable, "-I", "-S", __file__],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        env=dict(environment),
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found


def write_app(path: Path, client: str) -> Path:
    """Write the program that is measured: one GET of the URL that it is given, by the default settings."""
    path.write_text(
        f"import sys\nimport {client} as requests\n"
        "response = requests.get(sys.argv[1], timeout=20)\n"
        'assert response.json()["method"] == "GET", response\n',
        encoding="utf-8",
    )
    return path


def _once(command: list[str]) -> dict[str, float]:
    began = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - began
    if status:
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * unit}


def main() -> None:
    """Measure what standard input says, and print the medians."""
    task = json.load(sys.stdin)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in task["commands"]}
    for turn in range(task["rounds"] + 1):
        for name, command in task["commands"].items():
            once = _once(command)
            if turn:
                runs[name].append(once)
    middle = task["rounds"] // 2
    print(json.dumps({n: {k: sorted(r[k] for r in runs[n])[middle] for k in runs[n][0]} for n in runs}))


if __name__ == "__main__":
    main()

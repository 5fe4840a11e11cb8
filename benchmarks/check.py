"""The regression check: a quick run beside the committed results, by ratios alone.

It fails when a CPU ratio of ours, to requests or to h11_floor, is worse than the committed one by more than a quarter.
What seems to be worse is measured once more and counts only if it is worse again: machines have hiccups.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from . import report, run

#: How many times worse a ratio may be.
LEEWAY = 1.25
AGAINST = ("requests", "h11_floor")


def rows(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The figures by workload, and by case of start-up."""
    begins = (results["start_up"] or {}).get("times", {})
    return results["workloads"] | {f"start_up {case}": figures for case, figures in begins.items()}


def compare(now: dict[str, Any], committed: dict[str, Any]) -> tuple[int, dict[str, list[str]]]:
    """The number of ratios that both have, and the workloads that are worse with a line for each ratio."""
    compared = 0
    worse: dict[str, list[str]] = {}
    before = rows(committed)
    for name, figures in rows(now).items():
        for against in AGAINST:
            was = report.ratio(before.get(name, {}), "ours", against)
            found = report.ratio(figures, "ours", against)
            if was is None or found is None:
                continue
            compared += 1
            if found * LEEWAY < was:
                worse.setdefault(name, []).append(f"{name}: {found:.2f} of {against}, {was:.2f} is committed")
    return compared, worse


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("committed", help="the committed results, JSON")
    parser.add_argument("--only", help="names of workloads, with commas between")
    options = parser.parse_args()
    with open(options.committed, encoding="utf-8") as file:
        committed = json.load(file)
    flags = ["--quick", "--clients", "requests,ours,h11_floor"]
    now = run.run(run.parse(flags + (["--only", options.only] if options.only else [])))
    print(report.text(now))
    compared, worse = compare(now, committed)
    if worse:
        print("Once more, since these seem to be worse:\n" + "\n".join(sum(worse.values(), [])), flush=True)
        again = ",".join(sorted({name.partition(" ")[0] for name in worse}))
        second = compare(run.run(run.parse([*flags, "--only", again])), committed)[1]
        worse = {name: lines for name, lines in second.items() if name in worse}
    missing = [line for line in now["left_out"] if line.startswith(("ours", *AGAINST))]
    if worse or missing or not compared:
        found = [*sum(worse.values(), []), *missing] or ["nothing to compare"]
        sys.exit("Worse than committed:\n" + "\n".join(found))
    print(f"{compared} ratios are no worse than committed, with {LEEWAY - 1:.0%} of leeway.")


if __name__ == "__main__":
    main()

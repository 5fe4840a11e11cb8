"""Results as tables in Markdown, the same on the screen and in the documentation."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from .clients import CLIENTS, FINISHED
from .start_up import CASES, H11_PARTS, TARGETS
from .steps import STEPS
from .workloads import BY_NAME, IDLE_AT_MOST, TARGETS_BY_PYTHON

#: Measured by something else than time.
NOT_TIMED = ("idle_200",)
#: What ours is told beside, besides requests, and how it is called there.
BESIDE = {"h11_floor": "floor", "pycurl": "pycurl"}
THREADS = ("threads8", "threads32", "pool_4_of_16")


def ratio(figures: dict[str, Any], client: str, against: str, what: str = "cpu") -> float | None:
    """How many times less `client` needs than `against`; None where one of them is missing."""
    if client not in figures or against not in figures:
        return None
    return figures[against][what] / max(figures[client][what], 1e-12)


def _number(value: float | None, unit: str = "") -> str:
    return "" if value is None else f"{value:.2f}{unit}" if value < 100 else f"{value:.0f}{unit}"


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs" if seconds < 0.01 else f"{seconds * 1e3:.0f} ms"


def _table(head: list[str], rows: list[list[str]]) -> str:
    line = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, line, *rows]) + "\n"


def _work(clients: Sequence[str]) -> list[str]:
    """What each client's figures stand for: all that a session does, or bytes for a request that is finished."""
    return ["bytes" if name in FINISHED else "all" for name in clients]


WORK = "*which clients do all of a session's work, and which only get bytes for finished requests*"


def _ratios(
    figures: dict[str, dict[str, Any]], titles: dict[str, str], targets: dict[str, float], tell_work: bool = False
) -> str:
    """One row for each workload: what requests needs, and how many times less the others need, by CPU time.

    With `targets`, which are for developers, a column says whether each is reached.
    """
    clients = [name for name in CLIENTS if name != "requests" and any(name in row for row in figures.values())]
    beside = {name: short for name, short in BESIDE.items() if name in clients}
    rows: list[list[str]] = []
    if tell_work:
        rows.append([WORK, "all", *[""] * bool(targets), *_work(clients), *[""] * (1 + len(beside))])
    for name, row in figures.items():
        if name in NOT_TIMED:
            continue
        target = targets.get(name, 0)
        reached = ratio(row, "ours", "requests")
        mark = "" if not target or reached is None else " ✓" if reached >= target else " ✗"
        rows.append(
            [
                titles[name],
                _time(row["requests"]["cpu"]) if "requests" in row else "",
                *([f"{target:g}{mark}" if target else ""] if targets else []),
                *(_number(ratio(row, client, "requests")) for client in clients),
                _number(ratio(row, "ours", "requests", "wall")),
                *(_number(ratio(row, "ours", against)) for against in beside),
            ]
        )
    told = ["target"] if targets else []
    head = ["workload", "requests", *told, *clients, "ours, wall", *(f"ours : {short}" for short in beside.values())]
    return _table(head, rows)


def _memory(figures: dict[str, dict[str, Any]]) -> str:
    """How much memory a round took at its peak, and how fair threads were, where that matters."""
    big = ("content_256m", "iter_256m", "upload_200m", "multipart_100m", "growth")
    clients = [name for name in CLIENTS if any(name in row for row in figures.values())]
    rows = []
    for name in (name for name in big if name in figures):
        what = "growth" if name == "growth" else "peak"
        cells = [f"{figures[name][one][what] / 2**20:.1f}" if one in figures[name] else "" for one in clients]
        title = f"{BY_NAME[name].title}, MiB" + ", at the end" * (name == "growth")
        rows.append([title, *cells])
    if "idle_200" in figures:
        cells = [f"{figures['idle_200'][one]['idle']:.0f}" if one in figures["idle_200"] else "" for one in clients]
        title = f"an idle connection to an origin of its own, bytes (tracemalloc); ours: at most {IDLE_AT_MOST:,}"
        rows.append([title, *cells])
    return _table(["memory at most, beyond that before the first request", *clients], rows) if rows else ""


def _threads(figures: dict[str, dict[str, Any]]) -> str:
    """How fair threads were to each other, and how long their requests took."""
    clients = [name for name in CLIENTS if any(name in figures.get(one, {}) for one in THREADS)]
    rows = []
    for name in (name for name in THREADS if name in figures):
        for what, title, form in (
            ("fairness", "slowest : fastest thread", _number),
            ("p50", "median of a request", _time),
            ("p99", "99th percentile", _time),
        ):
            found = [figures[name].get(one, {}).get(what) for one in clients]
            if any(one is not None for one in found):
                rows.append([f"{BY_NAME[name].title}: {title}", *("" if one is None else form(one) for one in found)])
    return _table(["threads (wall time)", *clients], rows) if rows else ""


def _other_pythons(several: list[dict[str, Any]]) -> str:
    """Ours beside requests and urllib3 on each Python that was measured: ratios differ between them."""
    titles = {name: one.title for name, one in BY_NAME.items() if name not in NOT_TIMED}
    known = [name for name in titles if sum("ours" in one["workloads"].get(name, {}) for one in several) > 1]
    rows = [[WORK, *_work(["ours", "urllib3"] * len(several))]]
    for name in known:
        cells = []
        for one in several:
            figures = one["workloads"].get(name, {})
            cells += [_number(ratio(figures, "ours", "requests")), _number(ratio(figures, "urllib3", "requests"))]
        rows.append([titles[name], *cells])
    pythons = [one["machine"]["python"].rpartition(" ")[2] for one in several]
    head = [f"{stack}, {python}" for python in pythons for stack in ("ours", "urllib3")]
    return _table(["times better than requests, by Python", *head], rows) if known else ""


def _one_python(found: dict[str, Any], tell_targets: bool) -> str:
    """The main tables for another Python."""
    python = found["machine"]["python"]
    version = ".".join(python.rpartition(" ")[2].split(".")[:2])
    titles = {name: one.title for name, one in BY_NAME.items()}
    figures = found["workloads"]
    head = f"On {python}, `{found['command']}`, {found['date']}; medians of {found['rounds']} rounds:\n"
    ratios = _ratios(figures, titles, TARGETS_BY_PYTHON.get(version, {}) if tell_targets else {}, True)
    left_out = "Left out there:\n\n" + "\n".join(f"- {line}" for line in found["left_out"]) + "\n"
    parts = [head, ratios, _memory(figures), _threads(figures), left_out if found["left_out"] else ""]
    return "\n".join(part for part in parts if part)


def _start_up(found: dict[str, Any], tell_targets: bool) -> str:
    """Start-up as ratios, then modules, memory and what is installed."""
    parts = [_ratios(found["times"], CASES, TARGETS if tell_targets else {})]
    held, installed = found["held"], found["installed"]
    clients = ["bare", *(name for name in CLIENTS if name in held["import"])]
    bare = held["import"]["bare"]

    def row(title: str, case: str, what: str, unit: float = 1, form: str = "{:.0f}") -> list[str]:
        cells = [
            form.format((held[case][one][what] - bare[what] * (one != "bare")) / unit) if one in held[case] else ""
            for one in clients
        ]
        return [title, *cells]

    rows = [row(f"modules: {CASES[case]}", case, "modules") for case in CASES]
    rows += [row(f"MiB: {CASES[case]}", case, "memory", 2**20, "{:.1f}") for case in CASES]
    for title, form in (("distributions", "{distributions}"), ("installed, MB", "{megabytes:.2f}")):
        cells = []
        for name in clients:
            about = installed.get(name)
            values = about and {"distributions": len(about["distributions"]), "megabytes": about["bytes"] / 1e6}
            cells.append(form.format(**values) if values else "")
        rows.append([title, *cells])
    parts.append(_table(["beyond the bare interpreter", *clients], rows))
    imports = [[H11_PARTS[name][1], f"{1e3 * seconds:.1f}"] for name, seconds in found["import_of_h11"].items()]
    parts.append(_table(["what importing h11 costs", "ms"], imports))
    return "\n".join(parts)


def _steps(found: dict[str, float]) -> str:
    """What each step of the hot path adds, and what all up to it come to."""
    rows, before = [], 0.0
    for name, title in STEPS.items():
        rows.append([title, f"{1e6 * (found[name] - before):.1f}", f"{1e6 * found[name]:.1f}"])
        before = found[name]
    return _table(["step", "adds, µs", "all so far, µs"], rows)


def text(results: dict[str, Any], others: Sequence[dict[str, Any]] = (), tell_targets: bool = True) -> str:
    """The whole report; `others` are the results of other Pythons. Without targets it is for the documentation."""
    about = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    parts = [
        f"`{results['command']}`, {results['date']}: {about['python']} on {about['system']}, {about['cores']} × "
        f"{about['processor']}; {results['server']}; medians of {results['rounds']} rounds.\n\n{versions}.\n",
        "Times better than requests by the client's CPU time, and what requests needs for one request:\n",
    ]
    figures = results["workloads"]
    if figures:
        titles = {name: one.title for name, one in BY_NAME.items()}
        targets = {name: one.target for name, one in BY_NAME.items()} if tell_targets else {}
        parts.append(_ratios(figures, titles, targets, True))
        parts.append(_other_pythons([results, *others]))
        parts.append(_memory(figures))
        parts.append(_threads(figures))
    if results["start_up"]:
        parts.append("Whole processes, from nothing:\n")
        parts.append(_start_up(results["start_up"], tell_targets))
    if results["steps"]:
        parts.append("A small GET of ours step by step, CPU time:\n")
        parts.append(_steps(results["steps"]))
    parts += [_one_python(other, tell_targets) for other in others]
    if results["left_out"]:
        parts.append("Left out:\n\n" + "\n".join(f"- {line}" for line in results["left_out"]) + "\n")
    return "\n".join(part for part in parts if part)


#: The clients of the summary, as they are called there.
SUMMARY = {"ours": "httpcore_lite", "requests": "requests", "urllib3": "urllib3", "httpx": "httpx",
           "niquests": "niquests", "aiohttp": "aiohttp"}  # fmt: skip
_BEGIN, _END = "<!-- figures: made by benchmarks.plots -->\n", "<!-- end of the figures -->\n"


def summary(results: dict[str, Any]) -> str:
    """What README shows: what a user of each client pays, in few rows."""
    work, times, held = results["workloads"], results["start_up"]["times"], results["start_up"]["held"]
    installed = results["start_up"]["installed"]
    bare = held["import"]["bare"]["memory"]
    rows = [
        ("CPU: a script with one GET", times["http"], "cpu"),
        ("CPU: the same over https, a CA file", times["https_ca"], "cpu"),
        ("CPU: small GET, heads that differ", work["small_varied"], "cpu"),
        ("CPU: call of a JSON API", work["api_mix"], "cpu"),
        ("CPU: GET of 1 MiB", work["get_1m"], "cpu"),
        ("memory after a GET, beyond Python", held["http"], "memory"),
        ("installed, without byte code", installed, "bytes"),
        ("distributions installed", installed, "distributions"),
    ]

    def cell(row: dict[str, Any], what: str) -> str:
        if what == "cpu":
            return _time(row[what])
        if what == "distributions":
            return str(len(row[what]))
        return f"{(row[what] - bare * (what == 'memory')) / 1e6:.1f} MB"

    cells = [[title, *(cell(row[one], what) if one in row else "" for one in SUMMARY)] for title, row, what in rows]
    about = results["machine"]
    told = (
        f"{about['python']} on {about['system']}, {about['cores']} × {about['processor']}, {results['date'][:10]}; "
        f"medians. `{results['command']}` measures all of it anew."
    )
    return _table(["", *SUMMARY.values()], cells) + "\n" + told + "\n"


def with_summary(page: str, results: dict[str, Any]) -> str:
    """Return `page`, Markdown, with the summary of `results` between its marks."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{summary(results)}\n{_END}{after}"


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(text(json.load(file)))

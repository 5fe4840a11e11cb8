"""Plots of the results as SVG, and their tables for the documentation.

    python -m benchmarks.plots docs/benchmarks/results.json

writes overview.svg, ratios.svg, sizes.svg, latency.svg, start-up.svg and tables.inc beside the results, and
the figures into README.md. The results of other Pythons, python-*.json there, are a table of their own.
"""

from __future__ import annotations

import glob
import json
import os
import sys
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt

from . import report, site_files
from .clients import CLIENTS, FINISHED
from .start_up import CASES
from .workloads import BY_NAME

#: One colour for each client, the same in all plots; what we stand between is the darkest.
COLOURS = {
    "ours": "#d1495b",
    "h11_floor": "#444444",
    "requests": "#2e6f9e",
    "urllib3": "#66a182",
    "http_client": "#8d96a3",
    "httpcore": "#c9a227",
    "httpx": "#edae49",
    "httpx2": "#f4d06f",
    "niquests": "#7a5195",
    "aiohttp": "#00798c",
    "pycurl": "#000000",
    "curl_cffi": "#a0785a",
    "primp": "#b0413e",
}
#: The clients of the bars, few enough to be told apart.
BARS = ("ours", "h11_floor", "urllib3", "httpx", "pycurl")
SIZES = {"small_get": len(site_files.BODY)} | {
    f"get_{name}": site_files.SIZES[name] for name in ("1k", "10k", "100k", "1m", "10m")
}


#: What the first plot of README and documentation compares, and the colours of its text by light and dark.
OVERVIEW = ("requests", "httpx", "niquests", "ours")
LIGHT_TEXT, DARK_TEXT = "#1f2328", "#e6edf3"

SKIPPED = ("growth", *report.NOT_TIMED)


def _clients(figures: Any, among: Any = CLIENTS) -> list[str]:
    return [name for name in among if any(name in row for row in figures)]


#: Text follows the reader's colour scheme; as text, so that it is small, sharp and found by a search.
_SCHEMES = f"""<style>
text {{ font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif !important }}
@media (prefers-color-scheme: dark) {{ text {{ fill: {DARK_TEXT} !important }} }}
</style>
<defs>"""


def _finish(figure: Any, folder: str, name: str, transparent: bool = False) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    path = os.path.join(folder, name)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None}, transparent=transparent)
    plt.close(figure)
    if transparent:
        with open(path, encoding="utf-8") as file:
            drawn = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(drawn.replace("<defs>", _SCHEMES, 1))


def _questions(results: dict[str, Any]) -> dict[str, tuple[dict[str, float], str]]:
    """What a newcomer asks: the title, what each client of OVERVIEW needs, and how a figure is written."""
    start_up, work = results["start_up"], results["workloads"]
    held = start_up["held"]
    bare = held["import"]["bare"]["memory"]
    milliseconds, microseconds, size = "{:.0f} ms", "{:.0f} µs", "{:.1f} MB"
    return {
        "a script with one GET: CPU": (
            {one: 1e3 * start_up["times"]["http"][one]["cpu"] for one in OVERVIEW},
            milliseconds,
        ),
        "small GET, varied heads: CPU": (
            {one: 1e6 * work["small_varied"][one]["cpu"] for one in OVERVIEW},
            microseconds,
        ),
        "API client, JSON: CPU": ({one: 1e6 * work["api_mix"][one]["cpu"] for one in OVERVIEW}, microseconds),
        "memory after a GET: beyond Python": (
            {one: (held["http"][one]["memory"] - bare) / 1e6 for one in OVERVIEW},
            size,
        ),
        "installed": ({one: start_up["installed"][one]["bytes"] / 1e6 for one in OVERVIEW}, size),
    }


def overview(results: dict[str, Any], folder: str) -> None:
    """Bars, five questions: how many times less than requests each client needs. Legible in light, dark and small."""
    known = {**_questions(results)}
    figure, axes = plt.subplots(figsize=(5, 5.4))
    height = 0.8 / len(OVERVIEW)
    for at, (figures, form) in enumerate(known.values()):
        for place, client in enumerate(OVERVIEW):
            better = figures["requests"] / figures[client]
            y = at + place * height
            axes.barh(y, better, height * 0.92, color=COLOURS[client], label=client if at == 0 else None)
            axes.text(better + 0.06, y, f"{better:.1f}×  " * (client != "requests") + form.format(figures[client]),
                      va="center", fontsize=11, fontweight="bold" if client == "ours" else "normal")  # fmt: skip
    axes.set_yticks([at + 0.4 - height / 2 for at in range(len(known))], [title.replace(": ", "\n") for title in known])
    axes.tick_params(axis="y", length=0, labelsize=12)
    axes.set_xticks([])
    axes.set_xlim(0, 1.5 * max(figures["requests"] / figures["ours"] for figures, _ in known.values()))
    axes.invert_yaxis()
    axes.spines[["bottom", "left"]].set_visible(False)
    axes.set_title("Times better than requests. Longer is better.", fontsize=13, loc="right", pad=28)
    handles, _ = axes.get_legend_handles_labels()
    names = ["httpcore_lite" if client == "ours" else client for client in OVERVIEW]
    axes.legend(handles, names, loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False, fontsize=11,
                handlelength=1, columnspacing=1, borderpad=0)  # fmt: skip
    _finish(figure, folder, "overview.svg", transparent=True)


def ratios(results: dict[str, Any], folder: str) -> None:
    """Bars: how many times less CPU than requests, workload by workload."""
    figures = {name: row for name, row in results["workloads"].items() if "requests" in row and name not in SKIPPED}
    clients = _clients(figures.values(), BARS)
    figure, axes = plt.subplots(figsize=(8, 1 + 0.5 * len(figures)))
    height = 0.8 / len(clients)
    for place, client in enumerate(clients):
        points = [(at, report.ratio(row, client, "requests")) for at, row in enumerate(figures.values())]
        known = [(at + place * height, value) for at, value in points if value is not None]
        widths = [value - 1 for _, value in known]  # from 1, so that worse points to the left
        label = client + " (bytes)" * (client in FINISHED)
        axes.barh([at for at, _ in known], widths, height, left=1, label=label, color=COLOURS[client])
    axes.axvline(1, color=COLOURS["requests"], lw=1)
    axes.set_xscale("log")
    axes.set_xticks([0.25, 0.5, 1, 2, 4, 8, 16], ["¼", "½", "1", "2", "4", "8", "16"])
    axes.set_xlim(0.2, None)  # one bar that is far worse must not take the room of all others
    axes.margins(y=0.01)
    axes.set_yticks([at + 0.4 - height / 2 for at in range(len(figures))], [BY_NAME[name].title for name in figures])
    axes.invert_yaxis()
    axes.set_xlabel(
        "times less CPU than requests: longer is better (bytes: handed finished requests, gives back bytes)"
    )
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncols=len(clients), frameon=False)
    _finish(figure, folder, "ratios.svg")


def sizes(results: dict[str, Any], folder: str) -> None:
    """Lines: requests for a second of CPU against the size of the response."""
    figures = {name: row for name, row in results["workloads"].items() if name in SIZES}
    figure, axes = plt.subplots(figsize=(8, 5))
    for client in _clients(figures.values()):
        points = [(SIZES[name], 1 / row[client]["cpu"]) for name, row in figures.items() if client in row]
        width = 2.5 if client == "ours" else 1.2
        axes.loglog(*zip(*points, strict=True), marker="o", ms=3, lw=width, label=client, color=COLOURS[client])
    axes.set_xlabel("bytes of the response's body")
    axes.set_ylabel("requests for a second of the client's CPU")
    axes.grid(which="major", lw=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    _finish(figure, folder, "sizes.svg")


def latency(results: dict[str, Any], folder: str) -> None:
    """Lines: what part of the small GETs took no longer than this."""
    row = {name: one for name, one in results["workloads"].get("small_get", {}).items() if "latency" in one}
    figure, axes = plt.subplots(figsize=(8, 4.5))
    for client in _clients([row]):
        parts = [(float(part), 1e6 * seconds) for part, seconds in row[client]["latency"].items()]
        width = 2.5 if client == "ours" else 1.2
        axes.plot(*zip(*((us, part) for part, us in parts), strict=True), lw=width, label=client, color=COLOURS[client])
    axes.set_xscale("log")
    axes.set_xlabel("µs for a small GET (wall)")
    axes.set_ylabel("% of the requests")
    axes.grid(which="major", lw=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    _finish(figure, folder, "latency.svg")


def start_up(results: dict[str, Any], folder: str) -> None:
    """Bars: CPU of whole processes, and what they hold beyond the bare interpreter."""
    times, held = results["start_up"]["times"], results["start_up"]["held"]
    cases = ("import", "http", "https_ca")
    clients = _clients(times.values())
    bare = held["import"]["bare"]["memory"]
    figure, panels = plt.subplots(2, len(cases), figsize=(11, 7), sharey=True, sharex="row")
    for column, case in enumerate(cases):
        known = [name for name in clients if name in times[case]]
        for panel, values in (
            (panels[0][column], [1e3 * times[case][name]["cpu"] for name in known]),
            (panels[1][column], [(held[case][name]["memory"] - bare) / 2**20 for name in known]),
        ):
            bars = panel.barh(known, values, color=[COLOURS[name] for name in known])
            panel.bar_label(bars, fmt="%.0f", padding=2, fontsize=8)
        panels[0][column].set_title(CASES[case], fontsize=10)
        panels[0][column].axvline(1e3 * times["import"]["bare"]["cpu"], color="black", lw=1, ls=":")
        panels[0][column].set_xlabel("ms of CPU, whole process")
        panels[1][column].set_xlabel("MiB beyond the bare interpreter")
    panels[0][0].invert_yaxis()
    figure.tight_layout()
    _finish(figure, folder, "start-up.svg")


def main() -> None:
    path = sys.argv[1]
    folder = os.path.dirname(os.path.abspath(path))
    with open(path, encoding="utf-8") as file:
        results = json.load(file)
    others = []
    for other in sorted(glob.glob(os.path.join(folder, "python-*.json"))):
        with open(other, encoding="utf-8") as file:
            others.append(json.load(file))
    # The same results give the same bytes.
    plt.rcParams.update({"svg.hashsalt": "benchmarks", "font.size": 9})
    with plt.rc_context({"svg.fonttype": "none", "text.color": LIGHT_TEXT, "ytick.labelcolor": LIGHT_TEXT}):
        overview(results, folder)
    for plot in (ratios, sizes, latency, start_up):
        plot(results, folder)
    with open(os.path.join(folder, "tables.inc"), "w", encoding="utf-8") as file:
        file.write(report.text(results, others, tell_targets=False))
    readme = os.path.join(folder, "..", "..", "README.md")
    if os.path.exists(readme):
        with open(readme, encoding="utf-8") as file:
            page = report.with_summary(file.read(), results)
        with open(readme, "w", encoding="utf-8") as file:
            file.write(page)


if __name__ == "__main__":
    main()

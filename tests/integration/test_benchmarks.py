"""The benchmarks: every workload brings what it asks for, and tables, Makefile and clients agree with each other."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report, run
from benchmarks.clients import CLIENTS, FINISHED, QUICK
from benchmarks.servers import ROOT, Servers
from benchmarks.workloads import BY_NAME, REAL, WORKLOADS, able

MODULES = Path(ROOT, "benchmarks", "clients")
#: Hundreds of megabytes or connections each; their clients and servers are those of the others.
LONG = {name for name in BY_NAME if name.endswith(("00m", "256m", "200"))}
TRIED = {name: importlib.import_module(f"benchmarks.clients.{name}").Client for name in ("ours", "requests", "urllib3")}


@pytest.fixture(scope="module")
def where() -> Iterator[dict[str, Any]]:
    with Servers() as servers:
        yield servers.describe()


@pytest.mark.parametrize(
    ("name", "workload"),
    [
        pytest.param(name, workload.name, id=f"{name}-{workload.name}")
        for name, client in TRIED.items()
        for workload in WORKLOADS
        if workload.name not in LONG and able(client, workload)
    ],
)
def test_a_workload_brings_what_it_asks_for(name: str, workload: str, where: dict[str, Any]) -> None:
    client = TRIED[name](where["ca"])
    BY_NAME[workload].prepare(client, where)
    client.close()


def test_ours_and_requests_can_do_every_workload() -> None:
    assert all(able(TRIED[name], workload) for name in ("ours", "requests") for workload in WORKLOADS)


def test_a_client_runs_in_a_process_of_its_own_and_tells_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    options = run.parse(["--quick", "--rounds", "1", "--clients", "requests,ours", "--only", "json_100k"])
    results = run.run(options)
    assert not results["left_out"]
    assert set(results["workloads"]["json_100k"]) == {"requests", "ours"}
    assert BY_NAME["json_100k"].title in report.text(results)


def test_what_real_programs_do_comes_first() -> None:
    names = (
        "toplevel_tls small_varied api_mix redirects_5 set_cookie iter_1k raw_512 text_detect json_100k refused "
        "pool_4_of_16 save_1m session_new idle_200"
    )
    assert [one.name for one in REAL] == names.split()
    assert WORKLOADS[: len(REAL)] == REAL
    assert len(BY_NAME) == len(WORKLOADS)


def test_every_client_has_a_module_and_those_that_finish_requests_themselves_are_told_apart() -> None:
    sources = {path.stem: path.read_text(encoding="utf-8") for path in MODULES.glob("*.py")}
    assert set(CLIENTS) == {
        name for name, text in sources.items() if re.search(r"^class Client\(", text, re.MULTILINE)
    } - {"base"}
    assert set(FINISHED) == {name for name in CLIENTS if "self.finished(" in sources[name]}
    assert set(QUICK) < set(CLIENTS)


def test_the_table_says_which_client_does_which_work_and_whether_a_target_is_reached() -> None:
    figures = {name: {"cpu": seconds, "wall": seconds} for name, seconds in (("requests", 4e-4), ("urllib3", 2e-4))}
    workloads = {
        "small_varied": figures | {"ours": {"cpu": 1e-4, "wall": 1e-4}},
        "small_get": figures | {"ours": {"cpu": 2e-4, "wall": 2e-4}},
        "idle_200": {"ours": {"idle": 5000}},
    }
    found = {
        "command": "make bench", "date": "today", "server": "nginx", "versions": {}, "rounds": 5, "left_out": [],
        "machine": {"python": "CPython 3.11.7", "system": "Linux", "cores": 2, "processor": "a fast one"},
        "workloads": workloads, "start_up": None, "steps": {},
    }  # fmt: skip
    other = found | {"machine": found["machine"] | {"python": "CPython 3.13.0"}, "left_out": ["ours: nothing"]}
    lines = report.text(found, [other]).splitlines()
    assert f"| {report.WORK} | all |  | all | bytes |  |" in lines
    assert f"| {report.WORK} | all | bytes | all | bytes |" in lines
    assert f"| {BY_NAME['small_varied'].title} | 400 µs | 4 ✓ | 4.00 | 2.00 | 4.00 |" in lines
    assert f"| {BY_NAME['small_get'].title} | 400 µs | 4.6 ✗ | 2.00 | 2.00 | 2.00 |" in lines
    there = lines[lines.index(next(line for line in lines if line.startswith("On CPython 3.13.0"))) :]
    assert f"| {BY_NAME['small_varied'].title} | 400 µs | 3.1 ✓ | 4.00 | 2.00 | 4.00 |" in there
    assert "- ours: nothing" in there
    assert any("at most 8,500 | 5000 |" in line for line in lines)


def test_the_makefile_asks_other_pythons_for_workloads_that_there_are() -> None:
    makefile = Path(ROOT, "Makefile").read_text(encoding="utf-8")
    asked = re.search(r"^BY_PYTHON := (.*)$", makefile, re.MULTILINE)
    assert asked is not None
    names = asked[1].split(",")
    assert names[0] == "real"
    assert set(names[1:]) <= set(BY_NAME)


@pytest.mark.parametrize("pieces", ["1", "256", "mixed"])
def test_events_are_the_same_as_those_of_sseclient_py(pieces: str) -> None:
    pytest.importorskip("sseclient")
    from benchmarks import events

    assert len(events.measure(0.2, pieces, 1)) == 2  # it compares them

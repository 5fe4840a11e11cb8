"""The harness judges honestly, and keeps the suites that it runs on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`run.py` with a list of its own: in suite "responses", test b is not applicable."""
    spec = importlib.util.spec_from_file_location("upstream_run", HERE / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "upstream_run", module)
    spec.loader.exec_module(module)
    listed = tmp_path / "not_applicable.json"
    listed.write_text(json.dumps({"responses": {"everywhere": {"for a reason": ["b"]}}}))
    monkeypatch.setattr(module, "NOT_APPLICABLE", listed)
    return module


def judged(harness: ModuleType, complete: bool = False, **outcomes: str) -> tuple[str, bool]:
    line, well = harness.judge("responses", "urllib3", harness.Run([], outcomes, 1.0), complete=complete)
    return line, well


def test_an_applicable_test_that_fails_makes_the_run_fail(
    harness: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    line, well = judged(harness, a="failed", b="passed")
    assert not well
    assert "1 passed, 1 failed, 0 skipped, 0 not applicable" in line
    assert "FAILED: a" in capsys.readouterr().out


def test_a_listed_test_may_fail(harness: ModuleType) -> None:
    line, well = judged(harness, a="passed", b="failed")
    assert well
    assert "1 passed, 0 failed, 0 skipped, 1 not applicable" in line


def test_a_listed_test_that_passes_is_reported(harness: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert judged(harness, a="passed", b="passed")[1]
    assert "LISTED AS NOT APPLICABLE, BUT PASSES: b" in capsys.readouterr().out


def test_a_listed_test_that_does_not_exist_is_reported(harness: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    judged(harness, complete=True, a="passed")
    assert "NO SUCH TEST: b" in capsys.readouterr().out


def test_a_run_that_collected_nothing_or_too_little_is_no_success(harness: ModuleType) -> None:
    assert not judged(harness)[1]
    assert not judged(harness, complete=True, a="passed")[1]


def test_every_test_that_is_listed_has_a_reason_and_a_suite() -> None:
    listed = json.loads((HERE / "not_applicable.json").read_text())
    text = (HERE / "run.py").read_text()
    for suite, groups in listed.items():
        assert f'    "{suite}": Suite(' in text
        for group, reasons in groups.items():
            assert group in ("everywhere", "without the real requests") or f'    "{group}": Environment(' in text
            for reason, tests in reasons.items():
                assert len(reason) > 20
                # A file where it cannot even be imported.
                assert tests and all("::" in test or test.endswith(".py") for test in tests)


def inside(program: str) -> str:
    """Run a program in which the plugin is loaded; return what it printed."""
    variables = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[2])]),
        "UPSTREAM_REQUESTS": "ours",
        "UPSTREAM_OUTCOMES": os.devnull,
    }
    program = "import socket, upstream_plugin\n" + textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=variables, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_test_of_theirs_reaches_the_network() -> None:
    program = """
        for attempt in (
            lambda: socket.getaddrinfo("example.org", 80),
            lambda: socket.create_connection(("10.255.255.1", 80), timeout=1),
            lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9)),
        ):
            try:
                attempt()
            except OSError as error:
                print(type(error).__name__)
    """
    assert inside(program).split() == ["gaierror", "OSError", "OSError"]


def test_requests_is_ours_from_the_first_moment() -> None:
    program = """
        import requests
        print(requests.Session.__module__)
    """
    assert inside(program) == "httpcore_lite.sessions"


@pytest.mark.skipif(sys.platform != "linux", reason="how the queue of a listening socket fills differs elsewhere")
def test_connecting_to_the_black_hole_takes_for_ever() -> None:
    program = """
        hole = upstream_plugin._BlackHole()
        try:
            socket.create_connection(hole.address, timeout=0.1)
        except TimeoutError:
            print("timed out")
    """
    assert inside(program) == "timed out"

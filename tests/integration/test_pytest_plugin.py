"""`pytest -p httpcore_lite.pytest_plugin` puts us in requests' place before other plugins import that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import httpcore_lite

pytest.importorskip("requests")
OURS = str(Path(httpcore_lite.__file__).parents[1])
EARLY = "import requests\n\ndef pytest_report_header():\n    return requests.Session.__module__\n"
CONFTEST = "from requests import Session\n\ndef pytest_configure(config):\n    assert Session.__module__ == {!r}\n"
TEST = """
import requests, sys
from requests.adapters import HTTPAdapter

def test_which():
    print("it is", requests.Session.__module__)
    assert requests.Session.__module__ == {!r}
    assert HTTPAdapter.__module__.partition(".")[0] == requests.Session.__module__.partition(".")[0]
"""


def pytest_in(folder: Path, *words: str, installed: bool = False) -> subprocess.CompletedProcess[str]:
    """Run pytest on what is in a folder, with plugins that are named or, as well, `installed`, which take long."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    environ |= {} if installed else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environ["PYTHONPATH"] = os.pathsep.join([str(folder), OURS])
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", str(folder / "pytest.ini"), *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=50)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose tests expect us in requests' place."""
    ours = httpcore_lite.Session.__module__
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "early.py").write_text(EARLY)
    (tmp_path / "conftest.py").write_text(CONFTEST.format(ours))
    (tmp_path / "test_it.py").write_text(TEST.format(ours))
    return tmp_path


def test_it_comes_before_other_plugins_and_conftest(project: Path) -> None:
    done = pytest_in(project, "-p", "httpcore_lite.pytest_plugin", "-p", "early", installed=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "httpcore_lite.sessions" in done.stdout


def test_it_may_stand_in_addopts_and_reaches_the_workers_of_xdist(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\naddopts = -p httpcore_lite.pytest_plugin -p early\n")
    for words in ([], ["-p", "xdist.plugin", "-n", "2"]):
        done = pytest_in(project, *words)
        assert done.returncode == 0, done.stdout + done.stderr


def test_without_it_an_installed_package_of_ours_leaves_requests_alone(project: Path) -> None:
    (project / "conftest.py").write_text(CONFTEST.format("requests.sessions"))
    (project / "test_it.py").write_text("import httpcore_lite\n" + TEST.format("requests.sessions"))
    done = pytest_in(project, "-p", "early", installed=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_where_it_comes_too_late_the_error_names_the_way(project: Path) -> None:
    done = pytest_in(project, "-p", "early", "-p", "httpcore_lite.pytest_plugin")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.startswith("ERROR: another requests is already loaded (")
    assert done.stderr.rstrip().endswith(
        "; in a test run, put -p httpcore_lite.pytest_plugin first: it comes before other plugins and conftest.py"
    )


def test_the_error_of_a_conftest_that_comes_too_late_names_the_way(project: Path) -> None:
    (project / "conftest.py").write_text("import httpcore_lite\n\nhttpcore_lite.install_as_requests()\n")
    done = pytest_in(project, "-p", "early")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "put -p httpcore_lite.pytest_plugin first" in done.stderr + done.stdout
    assert pytest_in(project).returncode == 0  # where no plugin has imported it, conftest.py is early enough


def test_outside_of_a_test_run_the_error_does_not_speak_of_tests() -> None:
    code = "import requests, httpcore_lite; httpcore_lite.install_as_requests()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, cwd=OURS)
    assert "another requests is already loaded" in done.stderr
    assert "pytest" not in done.stderr

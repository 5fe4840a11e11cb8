"""The pytest plugin with the fixture `http_mock`, in test runs of its own."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

import httpcore_lite

ROOT = Path(httpcore_lite.__file__).parents[1]


def run(folder: Path, source: str, ini: str = "", *arguments: str, plugin: bool = True) -> str:
    """What pytest says of a file of tests, run in an empty folder."""
    (folder / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
    (folder / "test_it.py").write_text(source)
    known = ["-p", "httpcore_lite.mock_fixture"] if plugin else []
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *known, *arguments, "test_it.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    if plugin and not arguments:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # others take longer to load than the tests take
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=50)
    return done.stdout + done.stderr


USED = """
import httpcore_lite as client

def test_it(http_mock):
    http_mock.get("http://api.test/", json=[1])
    assert client.get("http://api.test/").json() == [1]

def test_nothing_is_left(http_mock):
    assert http_mock.registered() == []
"""
UNFIRED = """
def test_it(http_mock):
    http_mock.get("http://api.test/unfired")
"""
OWN = """
import pytest

@pytest.fixture
def http_mock():
    return object()

def test_it(http_mock):
    raise KeyError("its own")
"""
SET_UP = """
import pytest

@pytest.fixture
def api(http_mock):
    http_mock.get("http://api.test/unfired")
    raise KeyError("its own")

def test_it(api):
    pass
"""
WRAPPED = """
import pytest

@pytest.fixture
def http_mock(http_mock):
    http_mock.get("http://api.test/unfired")

def test_it(http_mock):
    raise KeyError("its own")
"""
FAILED = (
    UNFIRED
    + """
    raise KeyError("its own")
"""
)


def test_the_fixture_is_an_active_mock_for_one_test(tmp_path: Path) -> None:
    assert "2 passed" in run(tmp_path, USED)


def test_what_was_never_asked_for_fails_the_test_unless_the_project_says_otherwise(tmp_path: Path) -> None:
    said = run(tmp_path, UNFIRED)
    assert "Not all requests have been executed [('GET', 'http://api.test/unfired')]" in said and "1 error" in said
    assert "1 passed" in run(tmp_path, UNFIRED, "http_mock_assert_all_requests_are_fired = false")


def test_a_test_that_fails_by_its_own_error_is_told_of_the_unfired_in_a_note(tmp_path: Path) -> None:
    said = run(tmp_path, FAILED)
    assert "KeyError: 'its own'" in said and "Not all requests have been executed" in said
    assert "1 failed" in said and "1 error" not in said


@pytest.mark.parametrize(("source", "counted"), [(SET_UP, "1 error"), (WRAPPED, "1 failed")])
def test_so_is_a_fixture_that_fails_and_a_test_whose_fixture_is_made_of_it(
    tmp_path: Path, source: str, counted: str
) -> None:
    said = run(tmp_path, source)
    assert "KeyError: 'its own'" in said and "Not all requests have been executed" in said
    assert f"{counted} in " in said  # and nothing beside it


def test_a_fixture_of_a_project_s_own_with_its_name_is_left_alone(tmp_path: Path) -> None:
    said = run(tmp_path, OWN)
    assert "KeyError: 'its own'" in said and "note_unfired" not in said


def test_it_is_known_by_its_entry_point_and_by_its_name_at_once(tmp_path: Path) -> None:
    points = [
        point
        for point in importlib.metadata.entry_points(group="pytest11")
        if point.value == "httpcore_lite.mock_fixture"
    ]
    written = (ROOT / "pyproject.toml").read_text()
    assert '"httpcore_lite.mock_fixture" = "httpcore_lite.mock_fixture"' in written
    if not points:
        pytest.skip("the package was installed before it had the entry point")
    assert "2 passed" in run(tmp_path, USED, plugin=False)
    assert "2 passed" in run(tmp_path, USED)


@pytest.mark.parametrize("plugin", [True, False], ids=["by its name", "installed"])
def test_it_imports_nothing_but_pytest_and_leaves_requests_alone(tmp_path: Path, plugin: bool) -> None:
    source = """
import sys

LOADED = [name for name in sys.modules if name.startswith("httpcore_lite.")]

def test_it():
    assert set(LOADED) <= {"httpcore_lite._alias", "httpcore_lite._internal_utils", "httpcore_lite.mock_fixture"}
    assert "requests" not in sys.modules
    import requests
    assert requests.__name__ == "requests" and "httpcore_lite" not in requests.__file__
"""
    assert "1 passed" in run(tmp_path, source, "", "-p", "no:httpbin", "-p", "no:pytest_httpbin", plugin=plugin)


def test_what_has_two_names_is_one_module_where_pytest_rewrites_the_package(tmp_path: Path) -> None:
    pytest.importorskip("urllib3")
    source = """
import sys

def test_it():
    assert "_pytest" in type(sys.meta_path[1]).__module__
    import requests.packages.urllib3.util.retry as shown
    import urllib3.util.retry
    import httpcore_lite.sessions, requests.sessions
    assert shown is urllib3.util.retry and requests.sessions is httpcore_lite.sessions
"""
    (tmp_path / "test_it.py").write_text(source)
    program = """
import httpcore_lite, sys
httpcore_lite.install_as_requests()
import pytest

class Marks:
    def pytest_load_initial_conftests(self, early_config):
        early_config.pluginmanager.rewrite_hook.mark_rewrite("httpcore_lite")

arguments = ["-q", "-p", "no:cacheprovider", "-p", "httpcore_lite.mock_fixture", "test_it.py"]
sys.exit(pytest.main(arguments, plugins=[Marks()]))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=50)
    assert "1 passed" in done.stdout, done.stdout + done.stderr

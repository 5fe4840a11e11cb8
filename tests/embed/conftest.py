"""What the proofs share: servers, a folder with every distribution, and the figures that they leave."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.certificates import ca_path
from support.servers import EchoServer, tls_echo_server

from .vendoring import DEPENDENCIES, OURS, compiled, copied

# The whole suite leaves this folder out: it builds for minutes, and asks the package index.
collect_ignore_glob = [] if os.environ.get("EMBED") else ["test_*.py"]

#: The environment as it was: pip's settings may lie in the home directory.
AS_GIVEN = dict(os.environ)
#: name -> figures, written when all is done.
FIGURES: dict[str, object] = {}
_BEGAN = time.monotonic()
_FAILED: list[str] = []
_LEFT_OUT: list[str] = []


@pytest.fixture(scope="session")
def server() -> Iterator[EchoServer]:
    with tls_echo_server() as one:
        yield one


@pytest.fixture(scope="session")
def plain() -> Iterator[EchoServer]:
    with EchoServer() as one:
        yield one


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with us and all that we need, and nothing else; certifi's bundle has the tests' authority too.

    Byte code is beside the sources, as installers put it there.
    """
    return compiled(copied(tmp_path_factory.mktemp("packages"), [OURS.name, *DEPENDENCIES], ca_path()))


@pytest.fixture(scope="session")
def requests_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of the real requests."""
    names = ["requests", "urllib3", "certifi", "idna", "charset_normalizer"]
    return compiled(copied(tmp_path_factory.mktemp("requests-packages"), names, ca_path()))


@pytest.fixture(scope="session")
def pip() -> list[str]:
    """How to call pip as this machine has it set up."""
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def new_venv(folder: Path) -> Path:
    """Make a virtual environment with pip in `folder`; returns its Python."""
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def has_index(pip: list[str]) -> bool:
    """Whether the package index of this machine's settings serves us."""
    done = subprocess.run([*pip, "index", "versions", "h11"], env=AS_GIVEN, capture_output=True, check=False)
    return done.returncode == 0


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        _FAILED.append(report.nodeid)
    elif report.skipped:
        name = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _LEFT_OUT.append(f"{name} ({why.removeprefix('Skipped: ')})")


def pytest_sessionfinish(session: pytest.Session) -> None:
    out = os.environ.get("EMBED_FIGURES")
    if out and FIGURES and not _FAILED:
        about = {
            "date": time.strftime("%Y-%m-%d"),
            "machine": f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "seconds": round(time.monotonic() - _BEGAN),
            "left out": _LEFT_OUT,
            "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        }
        Path(out).write_text(json.dumps({"about": about, **FIGURES}, indent=1) + "\n", encoding="utf-8")

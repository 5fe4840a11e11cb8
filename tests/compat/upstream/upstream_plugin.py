"""Puts our package in the place of requests inside another project's test run (pytest's `-p upstream_plugin`).

Loaded by `run.py` before any conftest and any test module of the suite. It does four things:

- `import requests` means our package from the first moment, and this is proven: where the module comes from, that no
  distribution named requests could have been tested instead, and after each test that it is still ours.
- No packet leaves this machine: an audit hook resolves names that are not this machine's to "unknown name" and
  addresses that are not loopback with "network unreachable". The suites so give the same results on every machine.
- Tests that need an address where connecting takes for ever find one on loopback.
- The outcome of every test is written to a file, which `run.py` holds against the list of what is not applicable.

Settings come in environment variables: UPSTREAM_REQUESTS ("ours", "ours+urllib3" or "real"), UPSTREAM_PACKAGE (the
name that we are imported by), UPSTREAM_OUTCOMES (file), UPSTREAM_INSTEAD ("their.package=our.package": ours is what is
tested under that name, with all its modules).
"""

from __future__ import annotations

import errno
import importlib
import importlib.metadata
import ipaddress
import json
import os
import pkgutil
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

_WHICH = os.environ["UPSTREAM_REQUESTS"]
_PACKAGE = os.environ.get("UPSTREAM_PACKAGE", "httpcore_lite")
_LOCAL_NAMES = {"", "localhost", "localhost.localdomain", socket.gethostname().lower()}


def _is_local(host: object) -> bool:
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name.lower().rstrip(".") in _LOCAL_NAMES
    return address.is_loopback or address.is_unspecified


def _is_number(host: object) -> bool:
    try:
        ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return True


def _keep_inside(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook. What it raises comes out of the call that would have reached the network."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        if not _is_local(arguments[0]) and not _is_number(arguments[0]):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    elif event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise OSError(errno.ENETUNREACH, "Network is unreachable (this test run stays on loopback)")


sys.addaudithook(_keep_inside)


# -- which requests ----------------------------------------------------------------------------------------------------

if _WHICH != "real":
    importlib.import_module(_PACKAGE).install_as_requests(urllib3=_WHICH == "ours+urllib3")


def _put_in_place(theirs: str, ours: str) -> None:
    """Have `import theirs`, and of each of its modules, mean ours."""
    package = importlib.import_module(ours)
    for each in pkgutil.iter_modules(package.__path__):
        sys.modules[f"{theirs}.{each.name}"] = importlib.import_module(f"{ours}.{each.name}")
    sys.modules[theirs] = package
    parent, _, name = theirs.rpartition(".")
    if parent:
        setattr(importlib.import_module(parent), name, package)
    # Some keep their tests in the package itself: these, and what only they need, are theirs still.
    package.__path__.append(str(Path.cwd() / theirs.replace(".", "/")))


if os.environ.get("UPSTREAM_INSTEAD"):
    _put_in_place(*os.environ["UPSTREAM_INSTEAD"].split("="))


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _prove() -> list[str]:
    """Say which requests this run tests, and fail if it is not the one that was asked for.

    Raises:
        pytest.UsageError: another requests, or another urllib3, would be tested.
    """
    import requests
    import requests.sessions

    installed = _version("requests")
    home = requests.Session.__module__.removesuffix(".sessions")
    if _WHICH == "real":
        if home != "requests" or installed is None:
            raise pytest.UsageError("the real requests is not what would be tested")
    elif home != _PACKAGE or requests is not sys.modules[_PACKAGE]:
        raise pytest.UsageError(f"not ours: requests is {requests.__file__}")
    elif requests.sessions is not sys.modules[f"{_PACKAGE}.sessions"] or installed is not None:
        raise pytest.UsageError(f"a real requests {installed} could be tested in this environment instead of ours")
    lines = [
        f"requests under test: {requests.__file__}",
        f"    requests.Session is {requests.Session.__module__}.Session, requests.__version__ is"
        f" {requests.__version__}, distribution installed: {installed or 'none'}",
    ]
    if _WHICH == "ours+urllib3" and _version("urllib3") is not None:
        raise pytest.UsageError("this environment must not have urllib3")
    import urllib3

    if _WHICH == "ours+urllib3" and not urllib3.__name__.startswith(f"{_PACKAGE}."):
        raise pytest.UsageError(f"urllib3 is not ours: {urllib3.__file__}")
    lines.append(f"    urllib3 is {urllib3.__name__}, distribution installed: {_version('urllib3') or 'none'}")
    lines.append(f"    charset_normalizer: {_version('charset_normalizer') or 'none'}")
    return lines


_proof: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    # In every worker process too: a wrong one ends the run.
    _proof.extend(_prove())


def pytest_runtest_teardown(item: pytest.Item) -> None:
    if _WHICH != "real":
        assert sys.modules["requests"] is sys.modules[_PACKAGE], "this test left another requests behind"


# -- the black hole ----------------------------------------------------------------------------------------------------


class _BlackHole:
    """A port on loopback that takes no connection and refuses none: its queue is full, and nothing accepts."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.address = self._listener.getsockname()
        self._waiting: list[socket.socket] = []
        for _ in range(64):
            client = socket.socket()
            client.settimeout(0.2)
            self._waiting.append(client)
            try:
                client.connect(self.address)
            except TimeoutError:
                return
        raise RuntimeError("the queue of a listening socket does not fill on this system")


_black_hole: _BlackHole | None = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    global _black_hole
    modules = {getattr(item, "module", None) for item in items}
    for module in modules:
        if hasattr(module, "TARPIT"):
            _black_hole = _black_hole or _BlackHole()
            module.TARPIT = "http://{}:{}".format(*_black_hole.address)


# -- outcomes ----------------------------------------------------------------------------------------------------------

_outcomes: dict[str, str] = {}
_WORST_FIRST = ("failed", "passed against expectation", "skipped", "passed")


def _note(test: str, outcome: str) -> None:
    known = _outcomes.get(test, "passed")
    _outcomes[test] = min(known, outcome, key=_WORST_FIRST.index)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    outcome: str = report.outcome
    if hasattr(report, "wasxfail") and outcome == "passed":
        outcome = "passed against expectation"
    if report.when == "call" or outcome != "passed":
        _note(report.nodeid, outcome)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _note(report.nodeid, "failed")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["UPSTREAM_OUTCOMES"]).write_text(json.dumps({"proof": _proof, "tests": _outcomes}, indent=1))

"""What needs the packages of the group `others`: `make others` installs them into an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

import pytest

from httpcore_lite import stand_in
from support.servers import EchoServer
from support.wheels import Environment, wheel_of_installed, wheel_of_ours

_INSTALLED = True
for _name in ("requests-cache", "betamax", "opentelemetry-instrumentation-requests", "dnspython", "uv"):
    try:
        version(_name)
    except PackageNotFoundError:
        _INSTALLED = False

collect_ignore_glob = [] if _INSTALLED else ["test_*"]


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with EchoServer() as running:
        yield running


@pytest.fixture(scope="session")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that is installed here as wheels, the stand-in in the place of requests."""
    folder = tmp_path_factory.mktemp("links")
    for each in distributions():
        if each.metadata["Name"].lower() not in ("httpcore-lite", "requests", "requests-kerberos", "pip", "uv", "mypy"):
            wheel_of_installed(folder, each.metadata["Name"])
    wheel_of_ours(folder)
    stand_in.write(folder)
    return folder


@pytest.fixture(scope="session")
def with_stand_in(links: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with packages that need requests, and the stand-in instead of it."""
    made = Environment(tmp_path_factory.mktemp("environment"))
    made.install(
        links, "responses", "requests-mock", "vcrpy", "pook", "betamax", "requests-cache", "sentry-sdk",
        "opentelemetry-instrumentation-requests", "opentelemetry-sdk", "requests-ratelimiter",
    )  # fmt: skip
    return made

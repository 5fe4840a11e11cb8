"""The stand-in with packages of the index: what they find of requests, and uv."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import uv

from httpcore_lite import stand_in
from support.servers import EchoServer
from support.wheels import Environment, write_wheel


def test_no_requests_comes_and_the_installer_is_content(links: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "environment")
    environment.install(links, "requests-ratelimiter", "opentelemetry-instrumentation-requests", "opentelemetry-sdk")
    installed = environment.versions()
    assert installed["requests"] == stand_in.VERSION
    assert not {"urllib3", "charset-normalizer"} & installed.keys()
    assert "No broken requirements" in environment.pip("check").stdout
    with EchoServer() as server:
        assert environment.run(LIMITED.format(server.url("/x"))) == "5 True"
        assert environment.run(SPANS.format(server.url("/x"))) == "['GET'] True"


LIMITED = """
import time
from requests_ratelimiter import LimiterSession
session = LimiterSession(per_second=4)  # the fifth waits for the second in which four were sent to be over
began = time.monotonic()
responses = [session.get({0!r}, timeout=5) for _ in range(5)]
print(len([each for each in responses if each.ok]), time.monotonic() - began > 0.7)
"""
SPANS = """
import requests
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
kept, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
RequestsInstrumentor().instrument(tracer_provider=provider)
requests.get({0!r}, timeout=5)
print([span.name for span in kept.get_finished_spans()], "httpcore_lite" in requests.__file__)
"""


def test_where_requests_is_not_installed_at_all_opentelemetry_refuses_unless_told_not_to_look(
    links: Path, tmp_path: Path
) -> None:
    environment = Environment(tmp_path / "environment")
    environment.install(links, "httpcore-lite", "opentelemetry-instrumentation-requests", "opentelemetry-sdk")
    install = "import httpcore_lite; httpcore_lite.install_as_requests()\n"
    told = install + SPANS.replace("instrument(tracer", "instrument(skip_dep_check=True, tracer")
    with EchoServer() as server:
        assert environment.run((install + SPANS).format(server.url("/x"))) == "[] True"
        assert environment.run(told.format(server.url("/x"))) == "['GET'] True"


# -- uv ----------------------------------------------------------------------------------------------------------------


def run_uv(folder: Path, *words: str | Path, check: bool = True) -> str:
    """Run uv in a folder; returns what it said."""
    options = ["--offline", "--no-config"] if words[0] == "pip" else ["--offline"]
    command = [uv.find_uv_bin(), *words, *options, "--no-cache"]
    variables = {"PATH": str(folder), "HOME": str(folder), "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=50)
    assert (done.returncode == 0) is check, done.stderr
    return done.stderr + done.stdout


@pytest.mark.parametrize("need", ["requests>=2.28", "requests==2.34.2", "requests<3", "requests[socks]"])
def test_uv_takes_it_for_what_packages_need(need: str, links: Path, tmp_path: Path) -> None:
    write_wheel(tmp_path, "needs", "1.0", {"needs.py": b""}, (need,))
    environment = Environment(tmp_path / "environment")
    run_uv(
        tmp_path, "pip", "install", "--python", environment.python, "--no-index", "--find-links", links,
        "--find-links", tmp_path, "needs",
    )  # fmt: skip
    assert environment.versions().keys() == {"needs", "requests", "httpcore-lite", "h11", "certifi", "idna"}
    assert "compatible" in run_uv(tmp_path, "pip", "check", "--python", environment.python)


def test_uv_takes_a_newer_requests_but_for_a_constraint(links: Path, tmp_path: Path) -> None:
    write_wheel(tmp_path, "needs", "1.0", {"needs.py": b""}, ("requests>=2.28",))
    write_wheel(tmp_path, "requests", "2.99", {"requests/__init__.py": b""})
    environment = Environment(tmp_path / "environment")
    constraint = tmp_path / "constraints.txt"
    constraint.write_text(f"requests=={stand_in.VERSION}\n")
    install = [
        "pip", "install", "--python", environment.python, "--no-index", "--find-links", links, "--find-links", tmp_path,
    ]  # fmt: skip
    run_uv(tmp_path, *install, "--constraint", constraint, "needs")
    assert environment.versions()["requests"] == stand_in.VERSION
    run_uv(tmp_path, *install, "--upgrade", "needs")
    assert environment.versions()["requests"] == "2.99"


PROJECT = """
[project]
name = "program"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["needs", "requests"]

[tool.uv]
no-index = true
find-links = [{links!r}, {more!r}]

[tool.uv.sources]
requests = {{ path = {wheel!r} }}
"""


def test_a_project_of_uv_names_it_as_the_source_of_requests(links: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    write_wheel(more, "needs", "1.0", {"needs.py": b""}, ("requests>=2.28",))
    write_wheel(more, "requests", "2.99", {"requests/__init__.py": b""})
    wheel = stand_in.write(tmp_path / "wheels")
    text = PROJECT.format(links=str(links), more=str(more), wheel=f"wheels/{wheel.name}")
    (tmp_path / "pyproject.toml").write_text(text.replace("'", '"'))
    environment = Environment(tmp_path / ".venv")
    run_uv(tmp_path, "sync", "--python", environment.python)
    assert environment.versions()["requests"] == stand_in.VERSION
    assert stand_in.VERSION in (tmp_path / "uv.lock").read_text()
    assert environment.run("import needs, requests; print(requests.Session.__module__)") == "httpcore_lite.sessions"

"""Runs the test suites of requests and of packages that build on it against our package in requests' place.

    python tests/compat/upstream/run.py                 all of it (make compat)
    python tests/compat/upstream/run.py requests        one suite, in every environment it runs in
    python tests/compat/upstream/run.py --real          the baseline: the same suites on the real requests
    python tests/compat/upstream/run.py requests --env bare -- -k digest -x     the rest goes to pytest

Nothing of those projects is kept here: their source distributions are fetched with pip, once, into `build/upstream/`
(ignored by git), where the environments live too. An environment is made again when pyproject.toml or what it
needs has changed. Our package goes in as an editable install; requests itself is in none but the baseline's.

A test is *not applicable* when `not_applicable.json` names it, with the reason. Everything else has to pass: the exit
code is 1 otherwise. A test that is named there and passes all the same is reported, so that the list stays honest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = ROOT / "build" / "upstream"
NOT_APPLICABLE = HERE / "not_applicable.json"

_PYTEST = ["pytest>=8.4,<10", "pytest-timeout>=2.4", "pytest-xdist>=3.6", "pytest-mock"]
_FOR_REQUESTS = ["pytest-httpbin==2.1.0", "httpbin~=0.10.0", "trustme", "PySocks"]
_FOR_RESPONSES = ["pyyaml", "tomli; python_version < '3.11'", "tomli-w", "pytest-asyncio", "pytest-httpserver"]
_FOR_TOOLBELT = ["pyopenssl"]
_FOR_CACHES = [
    "attrs>=21.2", "cattrs>=22.2", "platformdirs>=2.5", "url-normalize>=2", "time-machine", "rich", "psutil",
    "tenacity", "cherrypy", "msgpack<2", "filelock", "redis", "mock",
]  # fmt: skip
_ALL = [*_PYTEST, *_FOR_REQUESTS, *_FOR_RESPONSES, *_FOR_TOOLBELT]
# What is installed without its own requirements, because requests is one of them.
_ALONE = ["betamax==0.9.0"]
_ALONE_FOR_CACHES = ["requests-mock==1.12.1", "responses==0.26.3"]


@dataclass(frozen=True)
class Environment:
    """A virtual environment.

    Attributes:
        needs: what is installed in it.
        needs_alone: what is installed without its own requirements, because requests is one of them.
        requests: what `import requests` shall mean, as `upstream_plugin.py` understands it.
        package: the name that we are imported by there; one with dots is a copy inside another package.
        like: an environment with the same in it, which is used instead of making another.
    """

    needs: list[str]
    needs_alone: list[str]
    requests: str
    package: str = "httpcore_lite"
    like: str = ""


ENVIRONMENTS = {
    # What most users have around us.
    "urllib3": Environment(
        [*_ALL, *_FOR_CACHES, "urllib3>=2.3", "charset_normalizer<4"], [*_ALONE, *_ALONE_FOR_CACHES], "ours"
    ),
    # Neither urllib3 nor a charset detector: our own namespace stands in for urllib3.
    "bare": Environment(_ALL, _ALONE, "ours+urllib3"),
    # The same, with us vendored, and our own dependencies beside us (`make embed`).
    "vendored": Environment(_ALL, _ALONE, "ours+urllib3", "other._vendor.httpcore_lite", like="bare"),
    # The baseline.
    "real": Environment([*_ALL, *_FOR_CACHES, "requests[socks]==2.34.2", *_ALONE], _ALONE_FOR_CACHES, "real"),
}


@dataclass(frozen=True)
class Suite:
    """The tests of a project.

    Attributes:
        source: the source distribution, pinned so that the list of what is not applicable stays true.
        at_least: that many tests must pass; fewer means that something was not even collected.
        arguments: for pytest, in the root of the source distribution.
        without: environments that lack what the suite needs.
        instead: a package of theirs, and one of ours that is tested in its place.
    """

    source: str
    at_least: int
    arguments: list[str]
    without: tuple[str, ...] = ()
    instead: str = ""


SUITES = {
    "requests": Suite("requests==2.34.2", 613, ["tests"]),
    "responses": Suite("responses==0.26.3", 233, ["-c", "tox.ini", "--asyncio-mode=auto", "responses"]),
    # Its own tests on our module of canned responses, which is written in its working style.
    "mock": Suite(
        "responses==0.26.3",
        215,
        ["-c", "tox.ini", "--asyncio-mode=auto", "--continue-on-collection-errors", "responses"],
        without=("real",),
        instead="responses=httpcore_lite.mock",
    ),
    "requests-toolbelt": Suite("requests-toolbelt==1.0.0", 150, ["-c", "tox.ini", "tests"]),
    "threaded": Suite(
        "requests-toolbelt==1.0.0",
        23,
        ["-c", "tox.ini", "tests/threaded"],
        without=("real",),
        instead="requests_toolbelt.threaded=httpcore_lite.threaded",
    ),
    # The two subclass urllib3's own classes. Those of requests-cache that are left out need services (httpbin, redis,
    # MongoDB, DynamoDB); those of CacheControl come with no later source distribution.
    "requests-cache": Suite("requests-cache==1.3.3", 427, ["tests/unit", "tests/compat"], without=("bare",)),
    "CacheControl": Suite("CacheControl==0.14.3", 101, ["tests"], without=("bare",)),
}

# Settings of this machine that must not reach the tests.
_UNWANTED = {
    "ALL_PROXY", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SOCKS_PROXY",
    "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "SSLKEYLOGFILE", "NETRC",
    "PYTEST_ADDOPTS", "PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS",
}  # fmt: skip


def make_environment(name: str) -> Path:
    """Make the environment if it is missing or out of date; return its Python."""
    name = ENVIRONMENTS[name].like or name
    environment = ENVIRONMENTS[name]
    home = BUILD / f"venv-{name}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    facts = [environment.needs, environment.needs_alone, sys.version, str(ROOT)]
    stamp = hashlib.sha256(json.dumps(facts).encode() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    made = home / ".made"
    if made.exists() and made.read_text() == stamp:
        return python
    print(f"making the environment {name!r} (once)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *environment.needs], check=True)
    if environment.needs_alone:
        subprocess.run([*install, "--no-deps", *environment.needs_alone], check=True)
    if environment.requests != "real":
        subprocess.run([*install, "--editable", ROOT], check=True)
    made.write_text(stamp)
    return python


def vendor(package: str, python: Path) -> Path:
    """Copy us as `package`, with dots in its name; returns the folder to import from."""
    home = BUILD / "vendored"
    shutil.rmtree(home, ignore_errors=True)
    parent = package.rpartition(".")[0]
    folder = home / Path(*parent.split("."))
    folder.mkdir(parents=True)
    for each in (folder, *folder.parents[: parent.count(".")]):
        (each / "__init__.py").touch()
    code = "import sys; from embed.vendoring import copy_in, Path; copy_in(Path(sys.argv[1]), sys.argv[2])"
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    subprocess.run([python, "-c", code, folder, parent], env=variables, check=True)
    return home


def fetch(source: str, python: Path) -> Path:
    """Fetch and unpack a source distribution if that was not done before; return its root."""
    home = BUILD / "sources" / source.replace("==", "-")
    if (home / ".fetched").exists():
        return Path((home / ".fetched").read_text())
    print(f"fetching the source distribution of {source} (once)", flush=True)
    pip = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-binary", source.partition("==")[0], "--dest", home, source], check=True)
    (archive,) = home.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(home, filter="data")
        else:
            tar.extractall(home)
    (root,) = (path.parent for path in home.glob("*/PKG-INFO"))
    (home / ".fetched").write_text(str(root))
    return root


@dataclass(frozen=True)
class Run:
    """What came of one suite in one environment.

    Attributes:
        proof: which requests was tested, in sentences.
        outcomes: test id -> "passed", "failed", "skipped" or "passed against expectation".
        seconds: how long it took.
    """

    proof: list[str]
    outcomes: dict[str, str]
    seconds: float


def run_suite(name: str, environment: str, jobs: str, more: list[str]) -> Run:
    """Run one suite in one environment."""
    suite = SUITES[name]
    python = make_environment(environment)
    root = fetch(suite.source, python)
    written = BUILD / f"outcomes-{name}-{environment}.json"
    written.unlink(missing_ok=True)
    package = ENVIRONMENTS[environment].package
    path = [str(HERE), *([str(vendor(package, python))] if "." in package else [])]
    empty_home = BUILD / "home"
    empty_home.mkdir(exist_ok=True)
    variables = {key: value for key, value in os.environ.items() if key.upper() not in _UNWANTED}
    variables |= {
        "HOME": str(empty_home),
        "USERPROFILE": str(empty_home),
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "UPSTREAM_REQUESTS": ENVIRONMENTS[environment].requests,
        "UPSTREAM_PACKAGE": package,
        "UPSTREAM_OUTCOMES": str(written),
        "UPSTREAM_INSTEAD": suite.instead,
    }
    print(f"\n=== the tests of {suite.source}, environment {environment!r} ===", flush=True)
    started = time.monotonic()
    command = [python, "-m", "pytest", "-p", "upstream_plugin", "-p", "no:cacheprovider", "--rootdir=.", "-q"]
    command += ["--tb=short", "--disable-warnings", "--timeout=60", "-n", jobs, *suite.arguments, *more]
    subprocess.run(command, cwd=root, env=variables, check=False)
    seconds = time.monotonic() - started
    if not written.exists():
        return Run([], {}, seconds)
    found = json.loads(written.read_text())
    return Run(found["proof"], found["tests"], seconds)


def not_applicable(name: str, environment: str) -> dict[str, str]:
    """Return the tests of a suite that need not pass in an environment, each with the reason.

    The file has for each suite the groups "everywhere" (the baseline fails too), "without the real requests" and the
    names of environments; in each group the reasons, and under each reason the ids of its tests.
    """
    listed = json.loads(NOT_APPLICABLE.read_text())[name]
    groups = [listed.get("everywhere", {})]
    if environment != "real":
        groups.append(listed.get("without the real requests", {}))
    groups.append(listed.get(ENVIRONMENTS[environment].like or environment, {}))
    return {test: reason for group in groups for reason, tests in group.items() for test in tests}


def judge(name: str, environment: str, run: Run, complete: bool) -> tuple[str, bool]:
    """Hold a run against the list; print what is to be seen to.

    Returns:
        A line for the table at the end, and whether all is well.
    """
    excused = not_applicable(name, environment)
    count = dict.fromkeys(("passed", "failed", "skipped", "not applicable"), 0)
    for line in run.proof:
        print(line)
    well = bool(run.outcomes)
    for test, outcome in sorted(run.outcomes.items()):
        if outcome == "passed against expectation":  # as pytest judges it where xfail is not strict
            outcome = "passed"
        if test in excused:
            if outcome == "passed":
                print(f"LISTED AS NOT APPLICABLE, BUT PASSES: {test}")
            else:
                outcome = "not applicable"
        elif outcome == "failed":
            print(f"FAILED: {test}")
            well = False
        count[outcome] += 1
    if complete:
        for test in sorted(set(excused) - set(run.outcomes)):
            print(f"LISTED AS NOT APPLICABLE, BUT THERE IS NO SUCH TEST: {test}")
        if count["passed"] < SUITES[name].at_least:
            print(f"TOO FEW: {count['passed']} passed, at least {SUITES[name].at_least} have to")
            well = False
    figures = ", ".join(f"{number} {outcome}" for outcome, number in count.items())
    return f"{name:18} {environment:8} {figures}, {run.seconds:.0f} s", well


def main() -> int:
    arguments = sys.argv[1:]
    more = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"one of {', '.join(SUITES)} (default: all)")
    parser.add_argument("--env", action="append", choices=sorted(ENVIRONMENTS), help="only in this environment")
    parser.add_argument("--real", action="store_true", help="the baseline: on the real requests")
    parser.add_argument("-n", dest="jobs", default="2", help="worker processes of each run (default: %(default)s)")
    options = parser.parse_args([each for each in arguments[: len(arguments) - len(more)] if each != "--"])
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    BUILD.mkdir(parents=True, exist_ok=True)
    table, well = [], True
    for environment in options.env or (["real"] if options.real else ["urllib3", "bare"]):
        for name in options.suites or SUITES:
            if environment in SUITES[name].without:
                continue
            run = run_suite(name, environment, options.jobs, more)
            line, good = judge(name, environment, run, complete=not more)
            table.append(line if good else f"{line}   <- NOT WELL")
            well = well and good
    print("\n" + "\n".join(table))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

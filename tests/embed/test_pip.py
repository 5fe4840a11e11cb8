"""pip with us for its requests and urllib3: what it does over HTTPS, beside what the same pip does on its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.certificates import ca_path
from support.servers import ProxyServer, tls_echo_server

from .conftest import AS_GIVEN, FIGURES, has_index
from .index import Index
from .measuring import measured
from .vendoring import STAND_IN, copy_in, size_of

pytestmark = pytest.mark.timeout(240)

#: Runs pip and leaves a list of the modules that were loaded.
RUN = """
import atexit, runpy, sys
found = sys.argv.pop(1)
atexit.register(lambda: open(found, "w").write("\\n".join(sys.modules)))
sys.path.insert(0, sys.argv.pop(1))
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
#: Variables with a file of authorities, the one that counts most last.
AUTHORITIES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
#: Small, pure Python, with dependencies of dependencies.
WANTED = "httpx==0.28.1"
TREE = {"anyio", "certifi", "h11", "httpcore", "httpx", "idna"}


@dataclass(frozen=True)
class Pip:
    """A pip in a folder, for the virtual environment of `python`."""

    folder: Path
    python: Path
    home: Path
    settings: dict[str, str]

    def run(self, *arguments: object, fails: bool = False, **environ: str) -> str:
        """Run pip; returns what it said. AssertionError if it fails, or does not although it should."""
        loaded = self.home / "loaded"
        command = [self.python, "-I", "-c", RUN, loaded, self.folder, *arguments, "--no-input"]
        variables = {**self.settings, "PIP_CACHE_DIR": str(self.home / "cache"), **environ}
        done = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, timeout=120, env=variables, check=False
        )
        said = done.stdout + done.stderr
        assert bool(done.returncode) == fails, said
        assert "Traceback" not in said and "ResourceWarning" not in said, said
        modules = loaded.read_text().split()
        assert not {"requests", "urllib3", "httpcore_lite", "h11"} & set(modules), "something from outside was loaded"
        if (self.folder / "pip" / "_vendor" / "httpcore_lite").exists():
            assert "pip._vendor.requests.sessions" not in modules or "pip._vendor.httpcore_lite.sessions" in modules
            assert not (self.folder / "pip" / "_vendor" / "urllib3").exists()
        return said


@pytest.fixture(scope="module")
def settings(pip: list[str]) -> dict[str, str]:
    """The environment, with what this machine says of its index, and without folders that would be asked instead."""
    done = subprocess.run([*pip, "config", "list"], env=AS_GIVEN, capture_output=True, text=True, check=True)
    pairs = (line.partition("=") for line in done.stdout.splitlines())
    said = {name.rpartition(".")[2]: value.strip("'") for name, _, value in pairs}
    if not said.get("index-url", "https:").startswith("https:"):
        pytest.skip("the configured index is not reached over HTTPS")
    kept = {name: value for name, value in AS_GIVEN.items() if not name.startswith(("PIP_", *AUTHORITIES))}
    # requests would take these before what --cert says.
    kept |= dict(("PIP_CERT", AS_GIVEN[name]) for name in AUTHORITIES if AS_GIVEN.get(name))  # noqa: C402
    for name in ("cert", "client-cert", "index-url", "proxy", "trusted-host"):
        if name in said:
            kept["PIP_" + name.upper().replace("-", "_")] = said[name]
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@pytest.fixture(scope="module")
def folders(pip: list[str], settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with the newest pip: as it is, and with us in it."""
    if not has_index(pip):
        pytest.skip("the package index is out of reach")
    home = tmp_path_factory.mktemp("pip")
    subprocess.run([*pip, "download", "--no-deps", "--dest", home, "pip"], env=settings, check=True)
    (wheel,) = home.glob("*.whl")
    folders = {}
    for name in ("its own", "ours"):
        folders[name] = home / name
        with zipfile.ZipFile(wheel) as file:
            file.extractall(folders[name])
    vendor = folders["ours"] / "pip" / "_vendor"
    for name in ("requests", "urllib3"):
        shutil.rmtree(vendor / name)
        (vendor / f"{name}.py").write_text(STAND_IN)
    copy_in(vendor, "pip._vendor", ["h11"])
    return folders


@pytest.fixture
def theirs(folders: dict[str, Path], settings: dict[str, str], tmp_path: Path) -> Pip:
    return made(folders["its own"], tmp_path / "theirs", settings)


@pytest.fixture
def ours(folders: dict[str, Path], settings: dict[str, str], tmp_path: Path) -> Pip:
    return made(folders["ours"], tmp_path / "ours", settings)


def made(folder: Path, home: Path, settings: dict[str, str]) -> Pip:
    venv.create(home / "venv", with_pip=False, symlinks=True)
    return Pip(folder, home / "venv" / "bin" / "python", home, settings)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def report(pip: Pip, *wanted: object) -> dict[str, tuple[str, str]]:
    """What pip would install: name -> (version, digest)."""
    written = pip.home / "report.json"
    pip.run("install", "--dry-run", "--ignore-installed", "--quiet", "--report", written, *wanted)
    found = json.loads(written.read_text())["install"]
    return {
        each["metadata"]["name"].lower(): (
            each["metadata"]["version"],
            each["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for each in found
    }


def test_it_installs_from_the_index_what_it_resolved(ours: Pip) -> None:
    ours.run("install", WANTED)
    code = "import httpx, anyio; print(httpx.__version__)"
    said = subprocess.run([ours.python, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == WANTED.partition("==")[2]
    assert {each["name"] for each in json.loads(ours.run("list", "--format=json"))} >= TREE


def test_it_resolves_and_downloads_what_its_own_requests_does(ours: Pip, theirs: Pip) -> None:
    found = report(ours, WANTED)
    assert found == report(theirs, WANTED)
    assert found.keys() >= TREE
    ours.run("download", "--dest", ours.home / "got", WANTED)
    assert len(names(ours.home / "got")) == len(found)
    for path in (ours.home / "got").iterdir():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert digest in {sha for _, sha in found.values()}, path


def test_it_backtracks_and_says_what_cannot_be_had_together(ours: Pip, theirs: Pip) -> None:
    wanted = ["httpx==0.28.1", "httpcore<1"]
    for pip in (ours, theirs):
        assert "ResolutionImpossible" in pip.run("install", "--dry-run", *wanted, fails=True)
    older = ["httpx<0.28", "httpcore<1.0.1"]  # which the newest of these do not go together with
    assert report(ours, *older) == report(theirs, *older)


def test_it_takes_what_has_the_hash_that_is_asked_for_and_nothing_else(ours: Pip, tmp_path: Path) -> None:
    found = report(ours, WANTED)
    right, wrong = tmp_path / "right.txt", tmp_path / "wrong.txt"
    lines = [f"{name}=={version} --hash=sha256:{sha}\n" for name, (version, sha) in found.items()]
    right.write_text("".join(lines))
    wrong.write_text("".join(lines).replace(found["idna"][1], "0" * 64))
    assert "DO NOT MATCH THE HASHES" in ours.run("install", "--require-hashes", "-r", wrong, fails=True)
    ours.run("install", "--require-hashes", "-r", right)


def from_index(pip: Pip, index: Index, *arguments: object) -> Path:
    """Download the index's package into a folder of its own; returns the file."""
    folder = pip.home / f"got-{len(index.asked)}"
    pip.run("download", "--index-url", index.url, "--cert", ca_path(), "--dest", folder, *arguments, "sample")
    (path,) = folder.iterdir()
    return path


def test_its_cache_is_asked_first_and_the_index_only_whether_it_has_changed(ours: Pip, theirs: Pip) -> None:
    for pip in (theirs, ours):
        with Index() as index:
            assert from_index(pip, index).read_bytes() == from_index(pip, index).read_bytes() == index.wheel
        assert [status for *_, status in index.asked] == [200, 200, 304]


def test_it_reads_the_metadata_of_a_wheel_by_ranges(ours: Pip, theirs: Pip) -> None:
    counts = []
    for pip in (theirs, ours):
        with Index() as index:
            install = ["install", "--dry-run", "--use-feature=fast-deps", "--no-cache-dir"]
            pip.run(*install, "--index-url", index.url, "--cert", ca_path(), "sample")
        counts.append([(method, status, asked) for method, _, asked, status in index.asked])
    assert counts[0] == counts[1]
    assert any(status == 206 for _, status, _ in counts[1])


def test_it_asks_a_busy_index_again(ours: Pip) -> None:
    with Index(busy=2) as index:
        from_index(ours, index)
    assert [status for *_, status in index.asked] == [503, 503, 200, 200]


def test_it_goes_on_where_a_download_was_cut(ours: Pip, theirs: Pip) -> None:
    for pip in (theirs, ours):
        with Index(cut=1) as index:
            assert from_index(pip, index, "--no-cache-dir").read_bytes() == index.wheel
        assert [status for *_, status in index.asked] == [200, 200, 206]
        assert index.asked[-1][2] == f"bytes={len(index.wheel) // 2}-"


def test_it_goes_through_a_proxy(ours: Pip) -> None:
    with ProxyServer() as proxy:
        ours.run("download", "--no-deps", "--no-cache-dir", "--dest", ours.home, "--proxy", proxy.url(), "idna")
        assert any(path.name.startswith("idna-") for path in ours.home.iterdir())
        assert {request.method for request in proxy.requests} == {"CONNECT"}


def test_a_server_with_a_wrong_certificate_is_not_trusted_and_pip_says_so(ours: Pip, theirs: Pip) -> None:
    with tls_echo_server() as server:
        wanted = ["download", "--no-deps", "--retries=0", "--index-url", server.url("/simple/"), "idna"]
        for pip in (ours, theirs):
            said = pip.run(*wanted, "--dest", pip.home, fails=True)
            assert "problem confirming the ssl certificate" in said or "secure connection to 127.0.0.1" in said, said


def test_both_are_measured(ours: Pip, theirs: Pip) -> None:
    pips = {"ours": ours, "its own requests": theirs}
    with Index() as index:
        wanted = ["--isolated", "download", "--quiet", "--no-cache-dir", "--index-url", index.url, "--cert", ca_path()]
        commands = {
            name: [one.python, "-I", "-c", RUN, os.devnull, one.folder, *wanted, "--dest", one.home, "sample"]
            for name, one in pips.items()
        }
        found = measured(commands, ours.settings, rounds=3)
    about = next(ours.folder.glob("pip-*.dist-info"))
    FIGURES["pip version"] = about.name[len("pip-") : -len(".dist-info")]
    FIGURES["pip"] = {name: {"size": size_of(one.folder), **found[name]} for name, one in pips.items()}

"""The wheel that stands in for requests: what installers, metadata and programs make of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from httpcore_lite import stand_in
from httpcore_lite.cli import main
from support.servers import EchoServer
from support.wheels import FOLDER, Environment, wheel_of_installed, wheel_of_ours, write_wheel

NEEDS = {"plain": "requests>=2.28", "exact": "requests==2.34.2", "below": "requests<3", "socks": "requests[socks]"}
CHECKED = """
import importlib.metadata, importlib.util, sys
print(importlib.metadata.version("requests"), importlib.util.find_spec("requests.adapters") is not None)
import requests, httpcore_lite
from requests.adapters import HTTPAdapter
import requests.sessions
print(requests is httpcore_lite, requests.sessions is httpcore_lite.sessions, HTTPAdapter.__module__)
print(requests.__version__, requests.utils.default_user_agent())
import urllib3
print(urllib3.__name__)
"""


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What can be installed: us, what we need, the stand-in, and packages that need requests."""
    folder = tmp_path_factory.mktemp("links")
    wheel_of_ours(folder)
    for name in ("h11", "certifi", "idna"):
        wheel_of_installed(folder, name)
    stand_in.write(folder)
    write_wheel(folder, "chardet", "5.0", {"chardet/__init__.py": b"__version__ = '5.0'\n"})
    code = b"import requests\n\ndef get(url):\n    return requests.get(url, timeout=5).text\n"
    for name, need in NEEDS.items():
        write_wheel(folder, f"needs-{name}", "1.0", {f"needs_{name}.py": code}, (need,))
    return folder


@pytest.fixture(scope="module")
def newer(links: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that has a newer requests as well."""
    folder = tmp_path_factory.mktemp("newer")
    for wheel in links.iterdir():
        (folder / wheel.name).write_bytes(wheel.read_bytes())
    write_wheel(folder, "requests", "2.99", {"requests/__init__.py": b"__version__ = '2.99'\n"})
    return folder


@pytest.fixture(scope="module")
def installed(links: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with a package that needs requests, for which there is the stand-in."""
    made = Environment(tmp_path_factory.mktemp("environment"))
    made.install(links, *(f"needs-{name}" for name in NEEDS))
    return made


def test_a_package_that_needs_requests_is_satisfied_and_no_requests_comes(installed: Environment) -> None:
    expected = {"requests", "httpcore-lite", "h11", "certifi", "idna", *(f"needs-{name}" for name in NEEDS)}
    assert installed.versions().keys() == expected
    assert "No broken requirements" in installed.pip("check").stdout


def test_metadata_modules_and_version_are_those_of_requests(installed: Environment) -> None:
    assert installed.run(CHECKED).splitlines() == [
        "2.34.2+httpcore.lite True",
        "True True httpcore_lite.adapters",
        "2.34.2 python-requests/2.34.2",
        "httpcore_lite.urllib3_api",
    ]


def test_a_package_that_needs_requests_works(installed: Environment) -> None:
    with EchoServer() as server:
        code = f"import needs_plain; print(needs_plain.get({server.url('/bytes/3')!r}) != '')"
        assert installed.run(code) == "True"
        assert server.requests[0].get("User-Agent") == "python-requests/2.34.2"


THREADS = """
import sys, threading
from unittest import mock
found, started = [], threading.Barrier(16)
def by_package():
    started.wait()
    import requests
    from requests import get, exceptions
    from requests.sessions import Session
    found.append((requests, get.__module__, requests.Session is Session, exceptions.__name__))
def by_module():
    started.wait()
    import requests.exceptions
    from requests.sessions import Session
    import requests.api
    found.append((requests, requests.get.__module__, requests.Session is Session, requests.exceptions.__name__))
sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=each) for each in (by_package, by_module) * 8]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found), {each[1:] for each in found})
import httpcore_lite
for module, *_ in found:
    with mock.patch.object(module, "get", None):
        assert httpcore_lite.get is None
    assert httpcore_lite.get and vars(module) is vars(httpcore_lite)
for name in [name for name in sys.modules if name.startswith("requests.")]:
    assert sys.modules[name] is sys.modules["httpcore_lite." + name[9:]], name
"""


def test_threads_that_import_it_at_once_all_find_us(installed: Environment) -> None:
    assert installed.run(THREADS) == "16 {('httpcore_lite.api', True, 'httpcore_lite.exceptions')}"


def test_it_replaces_the_real_one_and_leaves_nothing_behind(links: Path, newer: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "environment")
    library = Path(environment.run("import sysconfig; print(sysconfig.get_path('purelib'))"))
    environment.install(newer, "httpcore-lite", "requests")
    assert environment.run("import requests; print(requests.__version__)") == "2.99"
    wheel = stand_in.write(tmp_path / "stand_in")
    environment.install(links, f"requests @ {wheel.as_uri()}")
    assert environment.versions()["requests"] == stand_in.VERSION
    assert environment.run(CHECKED).splitlines()[1] == "True True httpcore_lite.adapters"
    environment.pip("uninstall", "--quiet", "--yes", "requests")
    assert not [path for path in library.glob("*") if "requests" in path.name]
    assert environment.run("import importlib.util; print(importlib.util.find_spec('requests'))") == "None"


def test_a_newer_requests_wins_but_for_a_constraint(newer: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "environment")
    constraint = tmp_path / "constraints.txt"
    constraint.write_text(f"requests=={stand_in.VERSION}\n")
    environment.install(newer, "--constraint", constraint, "needs-plain", "needs-socks")
    assert environment.versions()["requests"] == stand_in.VERSION
    environment.install(newer, "--upgrade", "requests")
    assert environment.versions()["requests"] == "2.99"


def test_what_the_stand_in_is_too_old_for_is_not_installed_and_its_extras_are(links: Path, tmp_path: Path) -> None:
    write_wheel(tmp_path, "needs-new", "1.0", {"needs_new.py": b""}, ("requests>=2.35",))
    environment = Environment(tmp_path / "environment")
    done = environment.install(links, "--find-links", tmp_path, "needs-new", check=False)
    assert done.returncode
    assert "requests>=2.35" in done.stderr
    done = environment.install(links, "requests[socks,use_chardet_on_py3]")
    assert "does not provide the extra" not in done.stderr + done.stdout
    assert environment.versions().keys() == {"requests", "chardet", "httpcore-lite", "h11", "certifi", "idna"}


def test_a_lock_file_with_the_hash_of_the_real_one_refuses_it_and_one_with_its_own_takes_it(
    links: Path, tmp_path: Path
) -> None:
    environment = Environment(tmp_path / "environment")
    hashes = {
        wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest()
        for wheel in links.iterdir()
        if not wheel.name.startswith("needs")
    }
    lines = [f"{name.split('-')[0]}=={name.split('-')[1]} --hash=sha256:{digest}" for name, digest in hashes.items()]
    lock = tmp_path / "lock.txt"
    wrong = [f"requests==2.34.2 --hash=sha256:{'0' * 64}" if line.startswith("requests") else line for line in lines]
    lock.write_text("\n".join(wrong))
    done = environment.install(links, "--require-hashes", "--requirement", lock, check=False)
    assert done.returncode
    assert "requests" not in environment.versions()
    lock.write_text("\n".join(lines))
    environment.install(links, "--require-hashes", "--requirement", lock)
    assert environment.versions()["requests"] == stand_in.VERSION


# -- the file ----------------------------------------------------------------------------------------------------------


def test_the_file_is_small_and_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = stand_in.write(tmp_path / "made" / "on the way")
    assert first.name == "requests-2.34.2+httpcore.lite-py3-none-any.whl"
    content = first.read_bytes()
    assert len(content) < 10_000
    assert stand_in.write(str(first.parent)).read_bytes() == content
    assert stand_in.write(tmp_path).read_bytes() == content
    assert [path.name for path in first.parent.iterdir()] == [first.name]


def test_it_holds_a_module_of_three_lines_for_each_of_requests(tmp_path: Path) -> None:
    requests = pytest.importorskip("requests")
    public = {
        path.stem for path in Path(requests.__file__).parent.glob("*.py") if not path.stem.startswith("_")
    }  # fmt: skip
    with zipfile.ZipFile(stand_in.write(tmp_path)) as wheel:
        assert wheel.testzip() is None
        modules = {name for name in wheel.namelist() if name.endswith(".py")}
        assert modules == {f"requests/{name}.py" for name in {"__init__", *public}}
        assert all(len(wheel.read(f"requests/{name}.py").splitlines()) == 3 for name in public)
        assert "requests/py.typed" in wheel.namelist()
        metadata = wheel.read(f"requests-{stand_in.VERSION}.dist-info/METADATA").decode()
    assert "Classifier: Private :: Do Not Upload" in metadata  # which indexes refuse


def test_where_it_cannot_be_written_the_error_is_that_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        stand_in.write(tmp_path / "file")
    with pytest.raises(OSError, match="file"):
        stand_in.write(tmp_path / "file" / "below")


def test_the_command_line_writes_it_and_prints_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stand-in", str(tmp_path / "wheels")]) == 0
    assert Path(capsys.readouterr().out.strip()) == tmp_path / "wheels" / stand_in.WHEEL_NAME
    (tmp_path / "file").write_text("")
    for words, code, text in (
        (["--stand-in"], 2, "httpcore-lite: --stand-in needs a value: --stand-in DIRECTORY"),
        (["--stand-in", "--help"], 2, "httpcore-lite: name a directory: --stand-in DIRECTORY"),
        (["--stand-in", str(tmp_path / "file")], 23, "httpcore-lite: Is the path right? File exists"),
    ):
        assert main(words) == code
        assert text in capsys.readouterr().err
    assert main(["http://127.0.0.1:1/", "--stand-in", str(tmp_path)]) == 2
    assert "write --stand-in DIRECTORY alone" in capsys.readouterr().err


def test_modules_of_requests_can_be_run_by_their_names(installed: Environment) -> None:
    told = json.loads(subprocess.check_output([installed.python, "-I", "-m", "requests.help"], text=True))
    assert told["requests"]["version"] == "2.34.2"
    assert subprocess.check_output([installed.python, "-I", "-m", "requests.certs"], text=True).endswith(".pem\n")


PARTS = """
import sys, types
raw = types.ModuleType("requests")
source = open(sys.argv[1]).read()
sys.modules["requests"] = raw
exec(compile(source, "requests/__init__.py", "exec"), vars(raw))
import requests, httpcore_lite
assert requests is httpcore_lite and raw is not requests
assert raw.Session is requests.Session and raw.exceptions is requests.exceptions and dir(raw) == dir(requests)
raw.patched = 1
assert requests.patched
del raw.patched
assert not hasattr(requests, "patched")
module = types.ModuleType("requests.sessions")
sys.modules["requests.sessions"] = module
exec(compile(open(sys.argv[1].replace("__init__", "sessions")).read(), "requests/sessions.py", "exec"), vars(module))
assert sys.modules["requests.sessions"] is httpcore_lite.sessions
try:
    raw.nothing
except AttributeError as error:
    print(error)
"""


def test_a_thread_that_found_the_file_s_own_module_finds_and_patches_ours_in_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(stand_in.write(tmp_path)) as wheel:
        wheel.extract("requests/sessions.py", tmp_path)
        file = wheel.extract("requests/__init__.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", PARTS, file], capture_output=True, text=True, timeout=30, cwd=FOLDER.parent
    )
    assert done.stdout.strip() == "module 'httpcore_lite' has no attribute 'nothing'", done.stderr


def test_an_isolated_python_finds_the_modules_that_it_would_find_without_us(
    installed: Environment, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys, requests\nprint(requests.__version__, sys.path)\n")
    (tmp_path / "json.py").write_text("raise ImportError('of the program folder')\n")
    shown = [
        subprocess.run(
            [installed.python, "-I", *words, program], capture_output=True, text=True, timeout=30, cwd=tmp_path
        ).stdout
        for words in ([], ["-m", "httpcore_lite", "--as-requests"])
    ]
    assert shown[0].startswith("2.34.2 [") and shown[0] == shown[1]


def test_what_imports_it_while_we_are_loaded_does_not_find_the_file_s_own_module(tmp_path: Path) -> None:
    with zipfile.ZipFile(stand_in.write(tmp_path)) as wheel:
        wheel.extractall(tmp_path)
    (tmp_path / "httpcore_lite.py").write_text(
        "import sys\nseen = 'requests' in sys.modules\n"
        "def install_as_requests(urllib3): sys.modules['requests'] = sys.modules[__name__]\n"
    )
    found = "import requests; print(requests.__name__, requests.seen)"
    done = subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, timeout=30, cwd=tmp_path)
    assert done.stdout.strip() == "httpcore_lite False", done.stderr


def test_freezers_find_our_modules_through_those_of_the_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(stand_in.write(tmp_path)) as wheel:
        wheel.extractall(tmp_path)
    program = tmp_path / "program.py"
    program.write_text("from requests.adapters import HTTPAdapter\nfrom requests import exceptions\n")
    finder = ModuleFinder([str(tmp_path), str(FOLDER.parent)])
    finder.run_script(str(program))
    assert {"requests.adapters", "httpcore_lite.adapters", "requests.exceptions", "httpcore_lite.sessions"} <= set(
        finder.modules
    )

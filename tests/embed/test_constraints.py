"""Where a process has less than usual: no ssl, no zlib, no home, nothing to write, little memory, few descriptors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from support.servers import EchoServer

from .conftest import FIGURES

posix_only = pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc or mount namespaces")

#: Requests of several kinds on one session: small, long, a form with a file, line by line; then some by themselves.
USE = """
import httpcore_lite as requests

def use(url):
    with requests.Session() as session:
        assert session.get(url, params={"a": "é"}, timeout=20).json()["method"] == "GET"
        assert len(session.get(url + "bytes/100000", timeout=20).content) == 100000
        body = session.post(url, data={"a": "b"}, files={"f": ("name", b"x" * 50000)}, timeout=20).json()
        assert body["method"] == "POST", body
        for line in session.get(url, stream=True, timeout=20).iter_lines():
            assert line
    try:
        requests.get(url, verify=__file__, timeout=20)
    except (OSError, requests.exceptions.RequestException):
        pass
    else:
        raise AssertionError("a file without certificates was taken for an authority")
    assert requests.get(url, timeout=20).status_code == 200
"""


def program(folder: Path, source: str, before: str = "") -> Path:
    """Write a program that may call `use(url)`, and has what `before` does done before anything is imported."""
    path = folder / "program.py"
    path.write_text("\n".join([textwrap.dedent(before), "import sys", USE, textwrap.dedent(source)]))
    return path


def ended(command: list[object], environ: dict[str, str]) -> str:
    """Run a command that must end well and say nothing on standard error; returns what it printed."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=50, env=environ, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout
    return done.stdout


def run(packages: Path, path: Path, *arguments: object, flags: tuple[str, ...] = ("-S",)) -> str:
    """Run a program that finds the packages and the standard library alone; returns what it printed."""
    return ended([sys.executable, *flags, path, *arguments], {**os.environ, "PYTHONPATH": str(packages)})


def test_without_ssl_http_works_and_https_says_what_is_missing(
    packages: Path, plain: EchoServer, server: EchoServer, tmp_path: Path
) -> None:
    source = """
        assert requests.get(sys.argv[1], timeout=20).json()["method"] == "GET"
        try:
            requests.get(sys.argv[2], timeout=20)
        except requests.exceptions.SSLError as error:
            assert "SSL module is not available" in str(error), error
            print("said")
    """
    first = "import sys; sys.modules['ssl'] = sys.modules['_ssl'] = None"
    assert run(packages, program(tmp_path, source, first), plain.url("/"), server.url("/")) == "said\n"


def test_without_zlib_requests_work_and_offer_no_coding_that_needs_it(
    packages: Path, server: EchoServer, tmp_path: Path
) -> None:
    source = """
        use(sys.argv[1])
        print(requests.get(sys.argv[1], timeout=20).json()["headers"])
    """
    first = "import sys; sys.modules['zlib'] = sys.modules['gzip'] = None"
    said = run(packages, program(tmp_path, source, first), server.url("/"))
    assert "gzip" not in said and "deflate" not in said


def unshared(*options: str) -> list[str]:
    """How to run a command in name spaces of its own; the test is skipped where this machine allows no such thing."""
    command = ["unshare", *options]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip(f"{' '.join(command)} is not allowed on this machine, or not there")
    return command


@linux_only
def test_without_a_home_and_without_a_name_for_the_user(packages: Path, server: EchoServer, tmp_path: Path) -> None:
    source = """
        import os, pwd
        assert os.getuid() == 54321 and "HOME" not in os.environ
        try:
            pwd.getpwuid(54321)
        except KeyError:
            use(sys.argv[1])
            print("used")
    """
    user = unshared("--user", "--map-user=54321", "--map-group=54321")
    command: list[object] = [*user, sys.executable, "-S", program(tmp_path, source), server.url("/")]
    environ = {"PYTHONPATH": str(packages), "PATH": os.environ["PATH"]}
    assert ended(command, environ) == "used\n"


@linux_only
def test_on_a_file_system_where_nothing_can_be_written(packages: Path, server: EchoServer, tmp_path: Path) -> None:
    own = unshared("--mount") if os.geteuid() == 0 else unshared("--map-root-user", "--mount")
    # Every mount that can be is made read-only, in a name space of this process alone; /proc and /sys are the kernel's.
    script = (
        "awk '$2 !~ \"^/(proc|sys)\" {print $2}' /proc/self/mounts | while read at; do"
        ' mount -o remount,bind,ro "$at" 2>/dev/null; done; exec "$@"'
    )
    source = """
        import os
        for folder in ("/", "/tmp", "/dev/shm", os.path.dirname(__file__), os.environ["HOME"]):
            try:
                open(os.path.join(folder, "written"), "w").close()
            except OSError:
                continue
            raise AssertionError(f"{folder} can be written to")
        use(sys.argv[1])
        print("used")
    """
    path = program(tmp_path, source)
    command: list[object] = [*own, "sh", "-c", script, "sh", sys.executable, "-S", path, server.url("/")]
    environ = {**os.environ, "PYTHONPATH": str(packages)}
    assert ended(command, environ) == "used\n"


@linux_only
def test_with_48_mebibytes_of_address_space_above_the_interpreter(
    packages: Path, server: EchoServer, tmp_path: Path
) -> None:
    first = """
        import resource
        with open("/proc/self/statm") as file:
            held = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + (48 << 20), -1))
    """
    source = """
        use(sys.argv[1])
        with open("/proc/self/status") as file:
            peak = next(int(line.split()[1]) << 10 for line in file if line.startswith("VmPeak"))
        print(peak - held)
    """
    peak = int(run(packages, program(tmp_path, source, first), server.url("/")))
    FIGURES["address space above the interpreter"] = peak
    assert peak <= 48 << 20


@posix_only
def test_with_16_descriptors(packages: Path, server: EchoServer, tmp_path: Path) -> None:
    first = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))"
    source = """
        use(sys.argv[1])
        for number in range(40):  # each dials anew and leaves nothing open
            requests.get(f"{sys.argv[1]}?{number}", timeout=20).json()
        with requests.Session() as session:
            wanted = [requests.Request("GET", f"{sys.argv[1]}?{number}") for number in range(40)]
            responses = session.map(wanted, workers=4, timeout=20)
            assert [response.status_code for response in responses] == [200] * 40
        print("used")
    """
    assert run(packages, program(tmp_path, source, first), server.url("/")) == "used\n"


@posix_only
def test_with_closed_standard_streams(packages: Path, server: EchoServer, tmp_path: Path) -> None:
    source = """
        import logging, traceback
        with open(sys.argv[2], "w") as file:
            try:
                assert sys.stdin is sys.stdout is sys.stderr is None
                use(sys.argv[1])
                logging.basicConfig(level=1)
                requests.get(sys.argv[1], timeout=20)
                file.write("used")
            except BaseException:
                traceback.print_exc(file=file)
    """
    path, found = program(tmp_path, source), tmp_path / "found"
    command: list[object] = [
        "sh",
        "-c",
        'exec "$@" <&- >&- 2>&-',
        "sh",
        sys.executable,
        "-S",
        path,
        server.url("/"),
        found,
    ]
    environ = {**os.environ, "PYTHONPATH": str(packages)}
    ended(command, environ)
    assert found.read_text() == "used"


def test_in_a_subinterpreter(packages: Path, server: EchoServer, tmp_path: Path) -> None:
    source = f"""
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        code = f"import sys; sys.argv = {{sys.argv!r}}; __file__ = {{__file__!r}}" + {USE!r} + "use(sys.argv[1])"
        for _ in range(2):
            one = interpreters.create()
            failed = interpreters.run_string(one, code)
            assert failed is None, failed
            interpreters.destroy(one)
        use(sys.argv[1])  # and beside them, in the main one
        print("used")
    """
    assert run(packages, program(tmp_path, source), server.url("/")) == "used\n"


def test_isolated_without_site_packages_and_without_docstrings_and_asserts(
    packages: Path, server: EchoServer, tmp_path: Path
) -> None:
    source = """
        import httpcore_lite.sessions
        if httpcore_lite.sessions.Session.get.__doc__ is not None:
            raise RuntimeError("docstrings are there")
        response = requests.get(sys.argv[1], timeout=20)
        if response.json()["method"] != "GET":
            raise RuntimeError("a wrong response")
        use(sys.argv[1])
        print(sys.flags.isolated, sys.flags.no_site, sys.flags.optimize)
    """
    first = f"import sys; sys.path.insert(0, {str(packages)!r})"
    path = program(tmp_path, source, first)
    assert run(packages, path, server.url("/"), flags=("-I", "-S", "-OO")) == "1 1 2\n"

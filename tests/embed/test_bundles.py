"""One file, one folder, one layer: what ships the package along with a program, and what each costs beside requests."""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import zipapp
import zipfile
from pathlib import Path

import pytest

from support.servers import EchoServer

from .conftest import AS_GIVEN, FIGURES, has_index, new_venv
from .measuring import measured, write_app
from .vendoring import compiled, copy_in, size_of

pytestmark = [pytest.mark.skipif(not hasattr(os, "wait4"), reason="measured with wait4"), pytest.mark.timeout(240)]

CLIENTS = {"ours": "httpcore_lite", "requests": "requests"}
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
BYTE_CODE = ", byte code inside"
WITHOUT_APP = shutil.ignore_patterns("__pycache__", "app.py")


def noted(form: str, sizes: dict[str, int], figures: dict[str, dict[str, float]]) -> None:
    """Keep the figures of a form for the results file."""
    FIGURES[form] = {name: {"size": sizes.get(name, 0), **found} for name, found in figures.items()}


def test_installed_packages_are_the_measure_of_the_rest(
    packages: Path, requests_packages: Path, server: EchoServer, tmp_path: Path
) -> None:
    (tmp_path / "bare.py").write_text("")
    commands: dict[str, list[object]] = {"bare interpreter": [sys.executable, "-S", tmp_path / "bare.py"]}
    sizes = {}
    for (name, client), folder in zip(CLIENTS.items(), (packages, requests_packages), strict=True):
        write_app(folder / "app.py", client)
        sizes[name] = size_of(folder)
        commands[name] = [sys.executable, "-S", folder / "app.py", server.url("/")]
    noted("installed", sizes, measured(commands, os.environ))


def compiled_beside(folder: Path) -> None:
    """Put byte code beside every module, where it is found in a zip too, and never compared with the source's time."""
    assert compileall.compile_dir(folder, quiet=2, legacy=True, invalidation_mode=UNCHECKED)


def test_a_zipapp_with_the_dependencies_inside_makes_an_https_request(
    packages: Path, requests_packages: Path, server: EchoServer, tmp_path: Path
) -> None:
    commands, sizes = {}, {}
    for (name, client), folder in zip(CLIENTS.items(), (packages, requests_packages), strict=True):
        source = tmp_path / name
        shutil.copytree(folder, source, ignore=WITHOUT_APP)
        write_app(source / "__main__.py", client)
        for kind in (name, name + BYTE_CODE):
            if kind != name:
                compiled_beside(source)
            target = tmp_path / f"{kind}.pyz"
            zipapp.create_archive(source, target, compressed=True)
            sizes[kind] = size_of(target)
            commands[kind] = [sys.executable, "-I", "-S", target, server.url("/")]
    noted("zipapp", sizes, measured(commands, os.environ))


def test_a_vendored_copy_makes_an_https_request_and_loads_nothing_from_outside(
    server: EchoServer, packages: Path, tmp_path: Path
) -> None:
    vendored = tmp_path / "other" / "_vendor"
    vendored.mkdir(parents=True)
    for folder in (tmp_path / "other", vendored):
        (folder / "__init__.py").touch()
    copy_in(vendored, "other._vendor")
    shutil.copy(packages / "certifi" / "cacert.pem", vendored / "certifi")
    write_app(tmp_path / "app.py", "other._vendor.httpcore_lite")
    with (tmp_path / "app.py").open("a") as app:
        app.write('names = {name.partition(".")[0] for name in sys.modules}\n')
        app.write('assert not names & {"httpcore_lite", "h11", "certifi", "idna"}, names\n')
    command = [sys.executable, "-S", compiled(tmp_path) / "app.py", server.url("/")]
    noted("vendored", {"ours": size_of(tmp_path)}, measured({"ours": command}, os.environ))


def test_a_layer_starts_cold_in_less_time_than_that_of_requests(
    packages: Path, requests_packages: Path, server: EchoServer, tmp_path: Path
) -> None:
    """A zip with `python/` in it, unpacked where nothing can be written, as AWS Lambda does with a layer in /opt."""
    commands, sizes = {}, {}
    for (name, client), folder in zip(CLIENTS.items(), (packages, requests_packages), strict=True):
        for kind in (name, name + BYTE_CODE):
            build, opt = tmp_path / "build" / kind, tmp_path / "opt" / kind
            shutil.copytree(folder, build / "python", ignore=WITHOUT_APP)
            if kind != name:
                compileall.compile_dir(build / "python", quiet=2, invalidation_mode=UNCHECKED)
            layer = Path(shutil.make_archive(str(tmp_path / kind), "zip", build))
            with zipfile.ZipFile(layer) as file:
                file.extractall(opt)
            handler = write_app(tmp_path / f"{kind}.py", client)
            sizes[kind] = size_of(layer)
            start = f"import runpy, sys; sys.path.append({str(opt / 'python')!r}); sys.argv.pop(0); "
            start += 'runpy.run_path(sys.argv[0], run_name="__main__")'
            commands[kind] = [sys.executable, "-I", "-S", "-B", "-c", start, handler, server.url("/")]
    found = measured(commands, os.environ)
    noted("layer", sizes, found)
    for kind in ("", BYTE_CODE):
        assert found["ours" + kind]["cpu"] < found["requests" + kind]["cpu"]


def test_a_pyinstaller_program_in_one_file_makes_an_https_request(
    pip: list[str], packages: Path, requests_packages: Path, server: EchoServer, tmp_path: Path
) -> None:
    if not has_index(pip):
        pytest.skip("PyInstaller comes from the package index, which is out of reach")
    python = new_venv(tmp_path / "venv")
    subprocess.run([python, *pip[1:], "install", "pyinstaller"], env=AS_GIVEN, check=True)
    commands, sizes = {}, {}
    for (name, client), folder in zip(CLIENTS.items(), (packages, requests_packages), strict=True):
        work = tmp_path / name
        (work / "source").mkdir(parents=True)
        app = write_app(work / "source" / "app.py", client)
        options = [
            "--onefile",
            "--log-level=ERROR",
            "--paths",
            folder,
            "--distpath",
            work,
            "--workpath",
            work / "build",
        ]
        command = [python, "-m", "PyInstaller", *options, "--specpath", work, app]
        subprocess.run(list(map(str, command)), env=AS_GIVEN, check=True)
        sizes[name] = size_of(work / "app")
        commands[name] = [work / "app", server.url("/")]
    noted("PyInstaller", sizes, measured(commands, os.environ, rounds=5))

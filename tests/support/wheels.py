"""Wheels that are made on the spot, and environments that they are installed in: no index, no network."""

from __future__ import annotations

import base64
import email.message
import hashlib
import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import httpcore_lite

FOLDER = Path(httpcore_lite.__file__).parent


def write_wheel(folder: Path, name: str, version: str, files: dict[str, bytes], requires: tuple[str, ...] = ()) -> Path:
    """Write a wheel of pure Python; `files` by their names in it."""
    stem = f"{name.replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata = "\n".join([*lines, *(f"Requires-Dist: {each}" for each in requires), "", ""])
    return _pack(folder / f"{stem}-py3-none-any.whl", {**files, f"{stem}.dist-info/METADATA": metadata.encode()}, stem)


def _pack(path: Path, files: dict[str, bytes], stem: str) -> Path:
    tag = path.name.removesuffix(".whl").split("-", 2)[2]
    files[f"{stem}.dist-info/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    record = "".join(f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in files.items())
    files[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
    return path


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def wheel_of_ours(folder: Path) -> Path:
    """Write a wheel of the package that is tested, which may be installed as a link to its source."""
    files = {
        path.relative_to(FOLDER.parent).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }
    version = sys.modules["httpcore_lite.__version__"].__version__ if "httpcore_lite.__version__" in sys.modules else ""
    return write_wheel(folder, "httpcore-lite", version or "0.1.0", files, ("h11>=0.16", "certifi", "idna>=3.7"))


def wheel_of_installed(folder: Path, name: str) -> Path:
    """Write a wheel of what is installed beside us, its metadata as they are. Only for this Python on this machine."""
    found = distribution(name)
    metadata: email.message.Message = found.metadata  # type: ignore[assignment]
    stem = f"{str(metadata['Name']).replace('-', '_').replace('.', '_').lower()}-{found.version}"
    files = {}
    for entry in found.files or []:
        inside = entry.as_posix()
        if inside.startswith("..") or inside.endswith(".pyc"):
            continue
        top, slash, rest = inside.partition("/")
        if top.endswith(".dist-info"):
            if rest in ("RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json"):
                continue
            inside = f"{stem}.dist-info/{rest}"
        files[inside] = Path(str(entry.locate())).read_bytes()
    return _pack(folder / f"{stem}-py3-none-any.whl", files, stem)


class Environment:
    """A virtual environment without pip; ours installs into it, from files alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=120)
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def pip(self, *words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run pip on the environment."""
        command = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--python", self.python]
        return self._done([*command, *words], check)

    def install(self, links: Path, *words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Install from the wheels in `links`."""
        options = ["--quiet", "--no-index", "--no-cache-dir", "--no-compile", "--find-links", links]
        return self.pip("install", *options, *words, check=check)

    def run(self, code: str, check: bool = True) -> str:
        """Run a program there; returns what it printed."""
        return self._done([self.python, "-I", "-c", code], check).stdout.strip()

    def versions(self) -> dict[str, str]:
        """Return what is installed."""
        code = "import importlib.metadata as m; print(*[f'{d.name}=={d.version}' for d in m.distributions()])"
        return dict(each.lower().split("==") for each in self.run(code).split())

    def _done(self, command: list[str | Path], check: bool) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "PYTHON"))}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=120, check=False)
        assert done.returncode == 0 or not check, done.stderr + done.stdout
        return done

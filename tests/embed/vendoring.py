"""Copies the package and its dependencies: side by side, or into another package, as tools that vendor do."""

from __future__ import annotations

import compileall
import importlib.util
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import httpcore_lite

OURS = Path(httpcore_lite.__file__).parent
DEPENDENCIES = ("h11", "certifi", "idna")
#: What stands in the place of requests and of urllib3 in a package that vendors both.
STAND_IN = """from . import httpcore_lite

httpcore_lite.install_as_requests(urllib3=True, under=__package__)
"""
_NO_BYTE_CODE = shutil.ignore_patterns("__pycache__")


def folder_of(name: str) -> Path:
    """Where the installed package of this name lies."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None, f"{name} is not installed"
    return Path(spec.origin).parent


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder, byte code left out."""
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file() and each.suffix != ".pyc")


def copied(target: Path, names: Iterable[str], authority: str = "") -> Path:
    """Copy installed packages into a folder, with an authority (a PEM file) added to certifi's bundle."""
    for name in names:
        shutil.copytree(folder_of(name), target / name, ignore=_NO_BYTE_CODE)
    if authority:
        with (target / "certifi" / "cacert.pem").open("ab") as bundle:
            bundle.write(b"\n" + Path(authority).read_bytes())
    return target


def compiled(folder: Path) -> Path:
    """Put byte code where imports find it; returns the folder."""
    assert compileall.compile_dir(folder, quiet=2)
    return folder


def rewritten(source: str, parent: str, names: Iterable[str] = DEPENDENCIES) -> str:
    """A module's text in which what is imported by one of `names` is imported from below `parent`."""
    for name in names:
        source = re.sub(rf"(?m)^(\s*)import {name}(?=\s|$)", rf"\1from {parent} import {name}", source)
        source = re.sub(rf"(?m)^(\s*)from {name}(?=[.\s])", rf"\1from {parent}.{name}", source)
        source = source.replace(f'files("{name}")', f'files("{parent}.{name}")')
        source = source.replace(f'get_path("{name}"', f'get_path("{parent}.{name}"')
    return source


def copy_in(
    target: Path, parent: str, dependencies: Iterable[str] = DEPENDENCIES, beside: Iterable[str] = DEPENDENCIES
) -> None:
    """Copy us and `dependencies` into the folder `target`, which is the package called `parent`.

    What they import of `beside` is imported from there.
    """
    copied(target, [OURS.name, *dependencies])
    for name in (OURS.name, *dependencies):
        for path in (target / name).rglob("*.py"):
            path.write_text(rewritten(path.read_text(encoding="utf-8"), parent, beside), encoding="utf-8")

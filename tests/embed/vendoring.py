"""Puts the package and its dependencies into another package, as tools that vendor do: copied, imports rewritten."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import httpcore_lite

OURS = Path(httpcore_lite.__file__).parent
DEPENDENCIES = ("h11", "certifi", "idna")
#: What stands in the place of requests and of urllib3 in a package that vendors both.
STAND_IN = """from . import httpcore_lite

httpcore_lite.install_as_requests(urllib3=True, under=__package__)
"""


def folder_of(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


def rewritten(source: str, parent: str, names: tuple[str, ...] = DEPENDENCIES) -> str:
    """A module's text in which what is imported by one of `names` is imported from below `parent`."""
    for name in names:
        source = re.sub(rf"(?m)^(\s*)import {name}(?=\s|$)", rf"\1from {parent} import {name}", source)
        source = re.sub(rf"(?m)^(\s*)from {name}(?=[.\s])", rf"\1from {parent}.{name}", source)
    return source


def copy_in(target: Path, parent: str, dependencies: tuple[str, ...] = DEPENDENCIES) -> None:
    """Copy us and `dependencies` into the folder `target`, the package called `parent`."""
    sources = {"httpcore_lite": OURS} | {name: folder_of(name) for name in dependencies}
    for name, folder in sources.items():
        shutil.copytree(folder, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (target / name).rglob("*.py"):
            path.write_text(rewritten(path.read_text(encoding="utf-8"), parent), encoding="utf-8")

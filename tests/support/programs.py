"""Small programs run by an interpreter of their own: for what ends a process, forks it, or patches it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import httpcore_lite

from .certificates import ca_path

ROOT = Path(__file__).resolve().parents[2]
# Stands for a machine on which urllib3 and requests are not installed.
WITHOUT_THEM = """
import sys
from importlib.machinery import PathFinder

class Hiding:
    def find_spec(self, name, path=None, target=None):
        hidden = name.partition(".")[0] in ("urllib3", "requests")
        return None if hidden else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding()
"""
START = """
import os, sys, threading
import httpcore_lite as client

url = sys.argv[1]


def new_session(**adapter):
    session = client.Session()
    session.trust_env = False
    session.verify = sys.argv[2]
    for scheme in ("http://", "https://") if adapter else ():
        session.mount(scheme, client.adapters.HTTPAdapter(**adapter))
    return session


def descriptors():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def stats(session):
    return session.get_adapter(url).pool.stats()
"""


def run_code(code: str, *path: str) -> str:
    """Run code in an interpreter of its own that imports from `path` and from where we do; returns what it printed."""
    ours = str(Path(httpcore_lite.__file__).parents[1])
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join([*path, ours]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def run_program(source: str, url: str, *, first: str = "", seconds: float = 40, strict: bool = True) -> str:
    """Run a program that may use the names of START; returns what it printed.

    `first` comes before all imports. With `strict` every warning is an error and the interpreter is in development
    mode. AssertionError when it fails, takes longer than `seconds`, or writes anything to standard error.
    """
    program = "\n".join([textwrap.dedent(first), START, textwrap.dedent(source)])
    paths = [path for path in [os.environ.get("PYTHONPATH")] if path]
    flags = ["-X", "dev", "-W", "error"] if strict else []
    done = subprocess.run(
        [sys.executable, *flags, "-c", program, url, ca_path()],
        capture_output=True,
        text=True,
        timeout=seconds,
        # Not measured for coverage: an interrupt at any moment, or a fork, is more than its own locks can bear.
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("COV")},
            "PYTHONPATH": os.pathsep.join([*paths, str(ROOT)]),
        },
        cwd=ROOT / "tests",
        check=False,
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.stderr == "", done.stderr
    return done.stdout

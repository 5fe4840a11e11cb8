"""Builds what a release is made of, and tries it where nothing else is installed (`make dist`).

    python tests/dist/check.py            builds into dist/, checks, installs, and runs the smoke test

1. The source distribution, and the wheel from it; a second wheel, from the checkout, has to be the same byte for byte.
2. twine, check-wheel-contents and pyroma judge them. All that may be missing is what needs a public address.
3. The contents: no tests in the wheel, all of them in the source distribution; the sizes, held against their limits.
4. Each goes into an environment of its own, where the smoke test runs: names, types, a GET over http and https, the
   command line.

The exit code is 1 if anything is wrong, and all that is wrong is printed.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
BUILD = ROOT / "build" / "dist"
#: Bytes.
MAX_WHEEL = 360_000
MAX_INSTALLED = 1_750_000
#: pyroma's words for what needs a public address, which there is none of yet.
NEEDS_AN_ADDRESS = ("author-email", "'url' field")
#: What must be in the source distribution, beside the package.
IN_SOURCE = (
    "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CITATION.cff", "LICENSE",
    "Makefile", "docs/index.md", "tests/conftest.py", "benchmarks/run.py", ".ci/run",
)  # fmt: skip

sys.path.insert(0, str(ROOT / "tests"))

_wrong: list[str] = []


def wrong(said: str) -> None:
    """Note, and show, that something is wrong."""
    _wrong.append(said)
    print(f"   WRONG: {said}", flush=True)


def run(*command: object, must: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command in the root; what it says is shown if it fails and must not."""
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    if must and done.returncode:
        print(done.stdout + done.stderr)
        wrong(f"{' '.join(map(str, command[:4]))} ... ended with {done.returncode}")
    return done


def build() -> tuple[Path, Path]:
    """Build both distributions; returns (source distribution, wheel)."""
    print("== building the source distribution, and the wheel from it", flush=True)
    for old in DIST.glob("*"):
        old.unlink()
    run(sys.executable, "-m", "build", "--outdir", DIST)
    run(sys.executable, "-m", "build", "--wheel", "--outdir", BUILD / "from-checkout")
    ((sdist,), (wheel,)) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    if wheel.read_bytes() != (BUILD / "from-checkout" / wheel.name).read_bytes():
        wrong("the wheel from the source distribution is not the one from the checkout")
    return sdist, wheel


# -- what others judge -------------------------------------------------------------------------------------------------


def judge(sdist: Path, wheel: Path) -> None:
    """Have twine, check-wheel-contents and pyroma look at the distributions."""
    print("== twine, check-wheel-contents, pyroma", flush=True)
    run(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel)
    run(sys.executable, "-m", "check_wheel_contents", wheel)
    for line in run(sys.executable, "-m", "pyroma", sdist).stdout.splitlines():
        if line.startswith(("Your ", "You ", "Specifying", "The ")):
            if any(words in line for words in NEEDS_AN_ADDRESS):
                print(f"   pyroma, as long as there is no public address: {line}")
            else:
                wrong(f"pyroma: {line}")


def metadata(wheel: Path) -> None:
    """Hold the metadata against the tests' Pythons and the extras against the page of the documentation."""
    with zipfile.ZipFile(wheel) as file:
        (name,) = (each for each in file.namelist() if each.endswith(".dist-info/METADATA"))
        about = Parser().parsestr(file.read(name).decode())
    print(f"   {about['Name']} {about['Version']}, Python {about['Requires-Python']}, {about['License-Expression']}")
    print(f"   needs {', '.join(r for r in about.get_all('Requires-Dist', []) if 'extra' not in r)}")
    print(f"   extras {', '.join(about.get_all('Provides-Extra', []))}")
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    for extra in about.get_all("Provides-Extra", []):
        if f"[{extra}]" not in source and extra != "all":
            wrong(f"no page of the documentation says what the extra {extra!r} is for")


# -- contents and sizes ------------------------------------------------------------------------------------------------


_MANUAL = ".data/data/share/man/man1/httpcore-lite.1"


def contents(sdist: Path, wheel: Path) -> None:
    """Look at what the distributions hold."""
    print("== contents and sizes", flush=True)
    with zipfile.ZipFile(wheel) as file:
        # The manual page is the one file that is not the package's.
        inside = {each for each in file.namelist() if ".dist-info/" not in each and not each.endswith(_MANUAL)}
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "httpcore_lite").rglob("*") if path.is_file()}
    here = {each for each in here if not each.endswith((".pyc", ".pyo"))}
    if inside != here:
        wrong(f"the wheel and the package differ: {sorted(inside ^ here)}")
    with tarfile.open(sdist) as file:
        names = {each.partition("/")[2] for each in file.getnames()}
    if missing := [each for each in (*IN_SOURCE, *sorted(here)) if each not in names]:
        wrong(f"the source distribution lacks {missing}")
    if stray := sorted(each for each in names if "__pycache__" in each or each.startswith(("build/", "docs/_build/"))):
        wrong(f"the source distribution has {stray[:5]}")
    print(f"   source distribution: {sdist.stat().st_size:,} bytes, {len(names)} files")
    limit("wheel", wheel.stat().st_size, MAX_WHEEL)


def limit(what: str, size: int, most: int) -> None:
    """Print a size and what is left below its limit."""
    print(f"   {what}: {size:,} bytes; at most {most:,}: {most - size:,} left", flush=True)
    if size > most:
        wrong(f"too large by {size - most:,} bytes: the {what}")


# -- installed ---------------------------------------------------------------------------------------------------------

_INSTALLED = """
import sys
from importlib import metadata
size = 0
names = [each.name for each in metadata.distributions() if each.name not in ("pip", "setuptools")]
for name in names:
    for file in metadata.files(name) or ():
        path = file.locate()
        if path.suffix != ".pyc" and not str(file).startswith("..") and path.exists():
            size += path.stat().st_size
print(size, *sorted(names))
"""


def install(distribution: Path) -> None:
    """Install one distribution into an environment of its own, and run the smoke test there."""
    kind = "wheel" if distribution.suffix == ".whl" else "source distribution"
    print(f"== the {kind}, installed where nothing else is", flush=True)
    home = BUILD / f"venv-{kind.partition(' ')[0]}"
    venv.create(home, with_pip=True, clear=True, symlinks=os.name != "nt")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", distribution)
    size, *names = run(python, "-I", "-c", _INSTALLED).stdout.split()
    print(f"   installed: {', '.join(names)}")
    if sorted(names) != ["certifi", "h11", "httpcore-lite", "idna"]:
        wrong("more, or less, was installed than what the package needs")
    if kind == "wheel":
        limit("four distributions, installed, byte code not counted", int(size), MAX_INSTALLED)
    from support.certificates import ca_path
    from support.servers import EchoServer, tls_echo_server

    with EchoServer() as plain, tls_echo_server() as tls:
        smoke = ROOT / "tests" / "dist" / "smoke.py"
        done = run(python, "-I", "-W", "error", smoke, plain.url("/"), tls.url("/"), ca_path())
        print(f"   {done.stdout.strip() or 'the smoke test said nothing'}")
        script = python.with_name("httpcore-lite" + python.suffix)
        if '"method"' not in run(script, plain.url("/")).stdout:
            wrong("the command httpcore-lite does not work")


def main() -> int:
    """Do it all."""
    for tool in ("build", "twine", "check_wheel_contents", "pyroma"):
        if importlib.util.find_spec(tool) is None:
            print(f"{tool} is not installed: run `make dist`")
            return 1
    sdist, wheel = build()
    judge(sdist, wheel)
    metadata(wheel)
    contents(sdist, wheel)
    for distribution in (wheel, sdist):
        install(distribution)
    print("\n" + "\n".join(f"WRONG: {each}" for each in _wrong) if _wrong else f"\nall is well: {DIST}")
    return 1 if _wrong else 0


if __name__ == "__main__":
    sys.exit(main())

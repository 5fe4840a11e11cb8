"""Lets atheris (libFuzzer) look for bytes that break what `targets.py` says: `make fuzz SECONDS=60`.

    python tests/fuzz/run.py [--seconds 60] [TARGET ...]

The time is shared out among the targets. What is found to reach new code goes to build/fuzz/TARGET, to be begun with
the next time; what breaks something goes to build/fuzz/broken-TARGET-*, and the run fails. A file of either kind that
is copied to tests/fuzz/corpus/TARGET is replayed by every `make test`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "fuzz"
NAMES = ("protocol", "verdicts", "decoders", "urls")
NO_ATHERIS = """\
atheris is not installed for this Python ({version}). It has wheels for Linux on x86-64, Python 3.10 to 3.14:
    make fuzz PYTHON=python3.12 VENV=build/fuzz/venv
The inputs that were found so far are replayed without it: make test ARGS=tests/fuzz"""
#: For libFuzzer: most bytes of an input, seconds that one may take, megabytes of memory in all.
LIMITS = ["-max_len=4096", "-timeout=10", "-rss_limit_mb=1500"]


def fuzz(name: str, seconds: int) -> None:
    """Drive one target for so many seconds; does not return."""
    import atheris

    sys.path.insert(0, str(HERE.parent))
    sys.path.insert(0, str(HERE.parent.parent))
    with atheris.instrument_imports(include=["httpcore_lite", "h11"]):
        from fuzz.targets import TARGETS

        target = TARGETS[name]
        for seed in sorted((HERE / "corpus" / name).iterdir()):
            target(seed.read_bytes())  # so that all that is imported on demand is instrumented as well
    own = BUILD / name
    own.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={BUILD}/broken-{name}-",
        "-print_final_stats=1",
        *LIMITS,
    ]
    words = HERE / "words" / f"{name}.txt"
    atheris.Setup([sys.argv[0], *options, f"-dict={words}", str(own), str(HERE / "corpus" / name)], target)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"some of {', '.join(NAMES)}; all if none is named"
    )
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together (60)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.targets) - set(NAMES):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    if given.here:
        fuzz(given.targets[0], given.seconds)
    try:
        import atheris  # noqa: F401
    except ImportError:
        print(NO_ATHERIS.format(version=sys.version.split()[0]), file=sys.stderr)
        return 2
    names = given.targets or NAMES
    broken = []
    for name in names:
        share = str(max(1, given.seconds // len(names)))
        print(f"-- {name}: {share} seconds", flush=True)
        # libFuzzer ends the process, so each target has one of its own.
        if subprocess.run([sys.executable, __file__, "--here", "--seconds", share, name]).returncode:
            broken.append(name)
    print(f"broken: {', '.join(broken)}; see {BUILD}" if broken else "nothing was broken")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())

"""What mypy and pyright say of the package and of the programs here, and how much of the public API has a type.

    python tests/types/check.py

Both must find every mistake of `mistakes.py` that is marked `# expect-error`, and nothing else there; nothing in
`right.py` and in the package. The same holds for `stood_in.py`, with the stand-in for requests and nothing else of that
name on the path. The interpreter must have the dependency group "lint".
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MARK = "# expect-error"
#: Of the public symbols, how many must have a known type, in percent.
COMPLETE = 95.0


def _run(*command: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def of_mypy(path: Path, config: Path = ROOT / "pyproject.toml") -> set[int]:
    """Return the lines where mypy finds an error; everything counts that its strict mode asks for."""
    done = _run("mypy", "--config-file", str(config), "--no-error-summary", str(path), cwd=config.parent)
    found = re.findall(r"^(.+?):(\d+):(?:\d+:)? error:", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1):
        raise SystemExit(f"mypy could not be run:\n{done.stdout}{done.stderr}")
    return {int(line) for name, line in found if Path(name).name == path.name}


def of_pyright(path: Path, folder: Path = ROOT) -> set[int]:
    """Return the lines where pyright finds an error."""
    report = pyright("--outputjson", str(path), folder=folder)
    return {
        each["range"]["start"]["line"] + 1
        for each in report["generalDiagnostics"]
        if each["severity"] == "error" and Path(each["file"]) == path
    }


def pyright(*arguments: str, folder: Path = ROOT) -> dict[str, list[dict[str, dict[str, dict[str, int]]]]]:
    """Run pyright on this interpreter's packages and return its report."""
    done = _run("pyright", "--pythonpath", sys.executable, *arguments, cwd=folder)
    try:
        return json.loads(done.stdout)  # type: ignore[no-any-return]
    except ValueError:
        raise SystemExit(f"pyright could not be run:\n{done.stdout}{done.stderr}") from None


def stood_in() -> tuple[Path, set[int], set[int]]:
    """Return the program on requests, and where mypy and pyright find errors in it with the stand-in on the path."""
    program = HERE / "stood_in.py"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        shutil.copytree(ROOT / "httpcore_lite", folder / "httpcore_lite")
        _run("httpcore_lite", "--stand-in", str(folder), cwd=ROOT).check_returncode()
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(folder)
        copy = folder / program.name
        shutil.copy(program, copy)
        config = folder / "mypy.ini"
        config.write_text("[mypy]\nstrict = true\nfollow_imports = silent\n")
        return program, of_mypy(copy, config), of_pyright(copy, folder)


def complete() -> float:
    """Return the percentage of public symbols whose type is known (`pyright --verifytypes`).

    It looks at installed packages only, so it is shown a copy that is on the path as one.
    """
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "httpcore_lite", Path(folder, "httpcore_lite"))
        environment = {**os.environ, "PYTHONPATH": folder}
        done = _run(
            "pyright", "--pythonpath", sys.executable, "--verifytypes", "httpcore_lite", "--ignoreexternal",
            cwd=HERE, env=environment,
        )  # fmt: skip
    found = re.search(r"Type completeness score: ([\d.]+)%", done.stdout)
    if found is None:
        raise SystemExit(f"pyright could not be run:\n{done.stdout}{done.stderr}")
    for line in re.findall(r"^ .* error: .*", done.stdout, re.MULTILINE) if float(found[1]) < COMPLETE else ():
        print(line)
    return float(found[1])


def main() -> int:
    """Run all checks, tell what is wrong, and return the exit code."""
    wrong = 0
    found_in = [(path, of_mypy(path), of_pyright(path)) for path in (HERE / "mistakes.py", HERE / "right.py")]
    for path, by_mypy, by_pyright in [*found_in, stood_in()]:
        lines = path.read_text(encoding="utf-8").splitlines()
        expected = {number for number, line in enumerate(lines, 1) if line.endswith(MARK)}
        for name, found in (("mypy", by_mypy), ("pyright", by_pyright)):
            for number in sorted(found ^ expected):
                wrong += 1
                said = "finds no error in" if number in expected else "finds an error in"
                print(f"{path.relative_to(ROOT)}:{number}: {name} {said}: {lines[number - 1].strip()}")
            print(f"{name}, {path.name}: {len(found & expected)} of {len(expected)} mistakes found")
    score = complete()
    print(f"public symbols with a known type: {score} %, at least {COMPLETE} % are asked for")
    return 1 if wrong or score < COMPLETE else 0


if __name__ == "__main__":
    sys.exit(main())

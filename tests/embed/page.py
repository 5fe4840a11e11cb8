"""Writes the tables of docs/embedding.md from what `make embed` has measured: page.py RESULTS TABLES."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

#: Form -> what the table calls it.
FORMS = {
    "installed": "installed",
    "vendored": "vendored",
    "zipapp": "zipapp",
    "layer": "layer for AWS Lambda",
    "PyInstaller": "PyInstaller, one file",
    "pip": "`pip download` of one package",
}
HEAD = """| form | of | size, MB | start-up: wall, ms | CPU, ms | peak memory, MB |
|---|---|---|---|---|---|
"""


def row(form: str, name: str, found: dict[str, float]) -> str:
    size = f"{found['size'] / 1e6:.2f}" if found["size"] else ""
    return (
        f"| {form} | {name.replace('ours', 'httpcore_lite')} | {size} | {found['wall'] * 1000:.0f} "
        f"| {found['cpu'] * 1000:.0f} | {found['peak'] / 1e6:.1f} |\n"
    )


def table(results: dict[str, Any]) -> str:
    """The results as a table, and what was measured where."""
    about = results["about"]
    text = HEAD
    for form, called in FORMS.items():
        for name, found in results.get(form, {}).items():
            text += row(called, name, found)
    text += f"\nMeasured on {about['date']}, {about['machine']}, Python {about['python']}"
    text += f", load {about['load']}" if about["load"] is not None else ""
    text += ". Byte code is not counted in the sizes of folders."
    if (peak := results.get("address space above the interpreter")) is not None:
        text += f" Requests of every kind over TLS took {peak / 2**20:.1f} MiB of address space above the interpreter."
    if about.get("left out"):
        text += f" Left out: {'; '.join(about['left out'])}."
    if version := results.get("pip version"):
        text += f" The pip was {version}."
    return text + "\n"


def main() -> None:
    """Write the table file."""
    results, tables = map(Path, sys.argv[1:])
    tables.write_text(table(json.loads(results.read_text(encoding="utf-8"))), encoding="utf-8")
    print(tables.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

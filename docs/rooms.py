"""Write the tables of rooms in architecture.md anew, from the first line of each module's docstring.

    python docs/rooms.py

A test of the house fails while the page is out of date.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PACKAGE = ROOT / "httpcore_lite"
BEGIN, END = "<!-- rooms of {} -->", "<!-- end -->"
FOLDERS = (".", "mock", "threaded", "client", "urllib3_api", "messages", "transport", "sansio")


def first_line(path: Path) -> str:
    """The first line of a module's docstring, without its full stop."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.split("\n", 1)[0].removesuffix(".").replace("|", "\\|")


def table(folder: str) -> str:
    """One row for each room of a folder and of the folders in it: its name, and what it says of itself."""
    top = PACKAGE / folder
    paths = sorted(top.glob("*.py")) if folder == "." else sorted(top.rglob("*.py"))
    rows = ["| room | what it is for |", "| --- | --- |"]
    for path in paths:
        name = path.relative_to(top).with_suffix("").as_posix().removesuffix("/__init__")
        if name != "__init__" or folder == ".":
            rows.append(f"| `{name}` | {first_line(path)} |")
    return "\n".join(rows)


def with_tables(text: str) -> str:
    """Return the page with each table as it must be now."""
    for folder in FOLDERS:
        begin = BEGIN.format("the top" if folder == "." else folder)
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(END)
        text = f"{before}{begin}\n\n{table(folder)}\n\n{END}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

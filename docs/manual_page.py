"""Write the manual page of the command line, and the tables of command-line.md, from the table of its options.

    python docs/manual_page.py

A test fails while they are out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
PAGE, MANUAL = DOCS / "command-line.md", DOCS / "httpcore-lite.1"
BEGIN, END = "<!-- {} -->", "<!-- end -->"


def pages() -> dict[Path, str]:
    """Each page, and its text as it must be now."""
    sys.path.insert(0, str(DOCS.parent))
    from httpcore_lite.__version__ import __version__
    from httpcore_lite.client.command.manual import manual_page, tables

    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables().items():
        before, _, rest = text.partition(BEGIN.format(name))
        _, _, after = rest.partition(END)
        text = f"{before}{BEGIN.format(name)}\n\n{table}\n\n{END}{after}"
    return {PAGE: text, MANUAL: manual_page(__version__)}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")

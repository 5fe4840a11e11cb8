"""`python -m httpcore_lite`: the door of the command line, which is `cli.py`."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())

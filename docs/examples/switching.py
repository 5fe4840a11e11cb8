"""Two ways of switching that a program takes itself, and what a library sees of each.

python docs/examples/switching.py https://example.org
"""

from __future__ import annotations

import sys

# The first way: this program's own import line. What it imports is ours from here on.
import httpcore_lite as requests


def main(base: str) -> None:
    print("own requests:", requests.get(f"{base}/items", timeout=10).request.headers["User-Agent"].partition("/")[0])

    # The second way: for libraries that import requests, and before they do.
    requests.install_as_requests()
    import requests as found_by_libraries

    print("a library's:", found_by_libraries.get(f"{base}/items", timeout=10).request.headers["User-Agent"])
    print("the same package:", found_by_libraries is requests)


if __name__ == "__main__":
    main(sys.argv[1])

"""The line of `settings.verbose`, and both logs: urllib3's lines, which programs on requests know, and our steps.

python docs/examples/verbose.py https://example.org
"""

from __future__ import annotations

import logging
import sys

import httpcore_lite as requests


def main(base: str) -> None:
    # One line for each request that leaves, as requests 0.6 wrote it.
    requests.settings.verbose = sys.stdout
    with requests.Session() as session:
        session.get(f"{base}/redirect/302", params={"to": "/items", "token": "secret"})
    requests.settings.verbose = None

    # What requests' users know: the lines of urllib3's loggers.
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(name)s: %(message)s")
    with requests.Session() as session:
        session.get(f"{base}/items")

    # Each step with its time: where our logger was given a level itself.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    logging.getLogger("httpcore_lite").setLevel(logging.DEBUG)
    with requests.Session() as session:
        session.get(f"{base}/items")


if __name__ == "__main__":
    main(sys.argv[1])

"""A guided tour: the client against a real server on this machine. `make run` starts it.

Each step shows the lines that a program would have, runs those very lines, and shows what came back. If something is
not as it should be, the tour says so and ends with exit code 1.
"""

from __future__ import annotations

import time
from tempfile import TemporaryDirectory

BEGAN = time.perf_counter()

from screen import heading, note, paint  # noqa: E402 - the clock comes first

import httpcore_lite as requests  # noqa: E402


def main() -> None:
    print(
        paint("1", f"httpcore_lite {requests.__version__}"),
        "- a tour against a demo server on this machine",
        flush=True,
    )
    from beside import beside
    from beyond import beyond
    from everyday import everyday
    from server import FILM, FILM_SHA256, demo

    with demo() as site, TemporaryDirectory(prefix="tour-") as folder, requests.Session() as session:
        session.verify = site.ca
        session.trust_env = False  # no proxy between this machine and itself
        everyday({"requests": requests, "url": site.https, "session": session})
        print()
        note(f"so far: {time.perf_counter() - BEGAN:.2f} seconds")
        known = {"requests": requests, "url": site.https, "http": site.http, "session": session, "server": site.server}
        beyond({**known, "folder": folder, "sha256": FILM_SHA256, "size": len(FILM)})
        beside(site.http + "/hello")
    heading("That was the tour")
    note("A URL of your own: make run URL=https://...   Next: README.md, docs/quickstart.md")


if __name__ == "__main__":
    main()

"""A download by hand: the size asked for by HEAD, the body written in chunks, and how far it is on each.

python docs/examples/download_chunks.py https://example.org/archive.tar archive.tar
"""

from __future__ import annotations

import sys

import httpcore_lite as requests


def main(url: str, path: str) -> None:
    with requests.Session(raise_for_status=True, timeout=10) as session:
        plain = {"Accept-Encoding": "identity"}  # so that Content-Length counts what is written
        size = int(session.head(url, headers=plain, allow_redirects=True).headers.get("Content-Length", 0))
        done = 0
        with session.get(url, headers=plain, stream=True) as response, open(path, "wb") as file:
            for chunk in response.iter_content(256 * 1024):
                done += file.write(chunk)
                print(f"{done} of {size} bytes, {100 * done // max(size, done, 1)} %")


if __name__ == "__main__":
    main(*sys.argv[1:])

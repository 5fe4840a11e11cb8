"""A download that is continued where it was broken off, and verified.

python docs/examples/download_file.py https://example.org/archive.tar archive.tar sha256:...
"""

from __future__ import annotations

import sys

from httpcore_lite import ChecksumError, RequestException, Timeouts, download


def main(url: str, path: str, checksum: str) -> int:
    try:
        found = download(url, path, checksum=checksum, progress=True, timeout=Timeouts(connect=5, read=30))
    except FileExistsError:
        print(f"{path} is there already")
    except ChecksumError as error:
        print(f"not the file that was expected: {error.actual}")
        return 1
    except RequestException as error:  # what has come is kept: the next run continues it
        print(f"broken off: {error}")
        return 1
    else:
        print(f"{found.path}: {found.size} bytes, {found.resumed_from} of them from before")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

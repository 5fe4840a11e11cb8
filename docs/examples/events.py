"""A stream of events that goes on where it broke off: what the server sends, over as many connections as it takes.

python docs/examples/events.py https://example.org/events
"""

from __future__ import annotations

import sys

from httpcore_lite import HTTPError, Session, Timeouts


def main(url: str) -> None:
    with Session() as session:
        try:
            # Without a byte for 60 seconds the connection counts as broken; after an hour, enough is enough.
            for event in session.events(url, timeout=Timeouts(connect=5, read=60, total=3600)):
                print(event.id, event.event, event.data)
        except HTTPError as error:
            print("no more:", error)


if __name__ == "__main__":
    main(sys.argv[1])

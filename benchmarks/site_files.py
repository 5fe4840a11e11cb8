"""What the servers serve: small responses, and files of every size, the same from nginx and from the bundled server."""

from __future__ import annotations

import gzip
import json
import os
import random

MB = 1_000_000
MiB = 1 << 20

BODY = b'{"answer": 42}'
JSON = [("Content-Type", "application/json")]
#: Paths whose body is BODY, and the fields that they bring. `/close` ends the connection.
SMALL = {
    "/small": JSON,
    "/close": [*JSON, ("Connection", "close")],
    "/headers60": [*JSON, *((f"X-Field-{number:02}", f"the value of field {number}") for number in range(57))],
    "/post": JSON,
}
#: `/varied`, and every path below `/api/`, has BODY and these fields, as a CDN sends them; thirteen with those of every
#: response. What stands in braces is another one each time, and Date each second: six of the fields.
VARIED = [
    *JSON,
    ("Cache-Control", "public, max-age=60"),
    ("X-Cache", "HIT"),
    ("Via", "1.1 varnish"),
    ("ETag", '"{id}"'),
    ("X-Request-Id", "{id}"),
    ("CF-Ray", "{id}-FRA"),
    ("Age", "{count}"),
    ("X-Timer", "S{time},VS0,VE1"),
]
#: `/cookies` has BODY and these: one that differs each time, and one that does not.
SETS = [
    ("Set-Cookie", "session={id}; Path=/; HttpOnly; SameSite=Lax"),
    ("Set-Cookie", "locale=en-GB; Path=/; Max-Age=86400"),
]
#: `/redirect/5` leads to `/redirect/4`, and so on to `/small`.
REDIRECTS = {f"/redirect/{left}": f"/redirect/{left - 1}" if left > 1 else "/small" for left in range(1, 6)}
CHUNKS, CHUNK_SIZE = 20_000, 100
LINES = 40_000
#: Files of zeros; they are sparse, so that they cost no disk.
SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000, "1m": MB, "10m": 10 * MB, "256m": 256 * MiB}
UPLOADS = {"upload200": 200 * MB, "upload100": 100 * MB}
#: The fields that a file needs.
FILE_FIELDS = {
    "/gzip": [("Content-Type", "text/plain; charset=utf-8"), ("Content-Encoding", "gzip")],
    "/json": JSON,
    "/lines": [("Content-Type", "text/plain; charset=utf-8")],
    "/uncharted": [("Content-Type", "application/xml")],
}


def text(size: int) -> bytes:
    """Words that compress as prose does, always the same."""
    chance = random.Random(42)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(2000)]
    return " ".join(chance.choices(words, k=size // 4)).encode()[:size]


#: What `/json` is: a document of some 100 kB, as an API lists things.
DOCUMENT = {
    "items": [
        {
            "id": number,
            "name": f"thing {number} of Müller & Söhne",
            "price": number / 4,
            "tags": ["one", "two", "three"],
            "in_stock": number % 3 == 0,
            "supplier": None,
        }
        for number in range(717)
    ]
}
#: What `/uncharted` is: some 13 kB of UTF-8 that no field names as such.
UNCHARTED = (
    "<p>Grüße aus Köln, où l'été fut très beau; Привет, Ελλάδα, 日本語 — and a good deal of plain text.</p>\n" * 115
)


def write(folder: str) -> None:
    """Write all files into `folder`."""
    for name, size in (SIZES | UPLOADS).items():
        with open(os.path.join(folder, name), "wb") as file:
            file.truncate(size)
    with open(os.path.join(folder, "gzip"), "wb") as file:
        file.write(gzip.compress(text(MB), mtime=0))
    with open(os.path.join(folder, "uncharted"), "w", encoding="utf-8", newline="") as file:
        file.write(UNCHARTED)
    with open(os.path.join(folder, "json"), "w", encoding="utf-8") as file:
        json.dump(DOCUMENT, file, ensure_ascii=False)
    with open(os.path.join(folder, "lines"), "wb") as file:
        file.write(b"".join(b"line %d of many\n" % number for number in range(LINES)))

"""Where we differ from requests on purpose, with the reason; a test fails when one of these no longer differs.

The paths are prefixes of where the difference shows in the notes of a run; all else must still be equal.
"""

from __future__ import annotations

from support.differential import Difference

OUTCOME = ("raised", "result")
FRAMING = "what endangers framing is an error, where http.client reads on or until close (RFC 9112 §2.2, §6.3, §7.1)"
REPEATED = "an idempotent request on a kept connection that died unanswered is sent once more (RFC 9110 §9.2.2)"
INTERIM = "an interim response is never the final one (RFC 9110 §15.2)"

DIFFERENCES: dict[str, Difference] = {
    **{
        f"{how}: {name}": Difference(FRAMING, OUTCOME)
        for how in ("fault", "fault in a stream")
        for name in (
            "a chunk size of 0x3",
            "a chunk size of +3",
            "a NUL in a value",
            "a bare CR in a value",
            "Content-Length: +2",
            "Content-Length: -2",
            "Content-Length: 2x",
            "Content-Length: 0x2",
        )
    },
    "fault: a negative chunk size": Difference(
        "a bare ValueError leaves requests; ours is a RequestException", ("raised",)
    ),
    "fault: closed in the head": Difference("a head cut within a line is no response", ("raised",)),
    "fault in a stream: closed in the head": Difference("a head cut within a line is no response", OUTCOME),
    "a GET on a connection that dies under it": Difference(REPEATED, ("raised", "result", "wire", "connections")),
    "leftover bytes after the response": Difference(
        "bytes after a response end its connection, and are never read as the next one (RFC 9112 §9.2)",
        ("raised", "result", "wire", "connections"),
    ),
    "sloppy: 103 before the response": Difference(INTERIM, ("result",)),
    "sloppy: 102 twice before the response": Difference(INTERIM, ("result",)),
    "netrc beside an own Authorization header": Difference(
        "an explicit Authorization is not replaced by netrc", ("wire", "result")
    ),
    "iter_lines with a delimiter": Difference(
        "lines do not depend on how the bytes were cut: no final empty item", ("result",)
    ),
}

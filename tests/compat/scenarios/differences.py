"""Where we differ from requests on purpose, with the reason; a test fails when one of these no longer differs.

The paths are prefixes of where the difference shows in the notes of a run; all else must still be equal.
"""

from __future__ import annotations

from collections.abc import Iterable

from support.differential import Difference

DIFFERENCES: dict[str, Difference] = {}


def _differ(reason: str, paths: Iterable[str], *names: str, always: bool = True) -> None:
    for name in names:
        known = DIFFERENCES.get(name)
        reasons = f"{known.reason}; {reason}" if known else reason
        merged = (*(known.paths if known else ()), *(path for path in paths if not known or path not in known.paths))
        DIFFERENCES[name] = Difference(reasons, merged, always)


def _faults(reason: str, *names: str) -> None:
    """Faults that show as an error instead of a result, read at once and as a stream."""
    _differ(reason, ("raised", "result"), *(f"fault: {name}" for name in names))
    _differ(reason, ("result",), *(f"fault in a stream: {name}" for name in names))


ECHOED = ("result.headers", "result.content", "result.text", "wire")

# Errors

_faults(
    "what endangers framing is an error, where http.client reads on or until close (RFC 9112 §2.2, §6.3, §7.1)",
    "a chunk size of 0x3",
    "a chunk size of +3",
    "a NUL in a value",
    "a bare CR in a value",
    "Content-Length: +2",
    "Content-Length: -2",
    "Content-Length: 2x",
    "Content-Length: 0x2",
)
_differ(
    "a missing certificate file is an SSLError, which is an OSError too and knows its request",
    ("raised",),
    "verify= a path that is not there is an OSError",
    "cert= a path that is not there is an OSError",
)
_differ("an error of the settings knows its request, too", ("raised.request",), "a malformed proxy")
_differ(
    "a stream hands out what came before a fault, also where that is less than the size that was asked for",
    ("result",),
    "fault in a stream: a truncated body",
    "fault in a stream: reset in the body",
    always=False,  # a reset takes away what was not read
)
_faults("a compressed body that breaks off is an error, not a shorter body", "truncated gzip data")
_differ(
    "an error while the body is read knows its request, too",
    ("raised.request",),
    "fault: a truncated body",
    "fault: a truncated chunk",
    "fault: a missing last chunk",
    "fault: closed after the chunk size",
    "fault: reset in the body",
    "fault: a chunk size of junk",
    "fault: a chunk that ends late",
    "fault: an empty chunk size",
    "fault: bad gzip data",
    "broken gzip",
    "a read timeout in the body",
    "a read timeout in a chunk",
    "sloppy: chunk lines ended by LF",
)
_differ(
    "an error while the body is read knows its request, too",
    ("result[1].request",),
    "fault in a stream: a truncated body",
    "fault in a stream: a truncated chunk",
    "fault in a stream: a missing last chunk",
    "fault in a stream: closed after the chunk size",
    "fault in a stream: reset in the body",
    "fault in a stream: a chunk size of junk",
    "fault in a stream: a chunk that ends late",
    "fault in a stream: an empty chunk size",
    "fault in a stream: bad gzip data",
)
_differ(
    "bytes of a chunk that came are handed out before the error", ("result[0]",), "fault in a stream: a truncated chunk"
)
_differ("a bare ValueError leaves requests; ours is a RequestException", ("raised",), "fault: a negative chunk size")
_differ(
    "a bare ValueError leaves requests; ours is a RequestException",
    ("result[1]",),
    "fault in a stream: a negative chunk size",
)
_differ("a head cut within a line is no response", ("raised",), "fault: closed in the head")
_differ("a head cut within a line is no response", ("result",), "fault in a stream: closed in the head")
_differ(
    "urllib3's LocationParseError leaves requests; ours is an InvalidURL", ("raised",), "a host label that is too long"
)
_differ(
    "what is no legal field is an InvalidHeader before connecting",
    ("raised",),
    "a header value beyond Latin-1",
)

# Connections

_differ(
    "an idempotent request on a kept connection that died unanswered is sent once more (RFC 9110 §9.2.2)",
    ("raised", "result", "wire", "connections"),
    "a GET on a connection that dies under it",
)
_differ(
    "bytes after a response end its connection, and are never read as the next one (RFC 9112 §9.2)",
    ("raised", "result", "wire", "connections"),
    "leftover bytes after the response",
)
_differ(
    "CONNECT is HTTP/1.1 and has a Host (RFC 9110 §9.3.6); http.client does so since Python 3.12",
    ("wire[0].head",),
    "CONNECT through a proxy",
    "CONNECT refused with 407",
    always=False,
)

# Responses

_differ(
    "an interim response is never the final one (RFC 9110 §15.2)",
    ("result",),
    "sloppy: 103 before the response",
    "sloppy: 102 twice before the response",
)
_differ(
    "field values come as h11 reads them: trimmed, equal lengths folded into one, chunked in lower case",
    ("result.headers",),
    "sloppy: Chunked with a capital",
    "sloppy: the same length twice",
    "sloppy: the same length in a list",
    "sloppy: spaces around a value",
)
_differ(
    "a field with a strange name is dropped; the fields after a sloppy line are kept, which http.client loses",
    ("result.headers",),
    "sloppy: a space before the colon",
    "sloppy: a line without a colon",
    "sloppy: a strange field name",
)
_differ(
    "a mended framing field is shown as it was understood",
    ("result.headers",),
    "sloppy: chunked twice",
    "sloppy: chunked twice in a list",
    "sloppy: an empty Content-Length",
)
_differ(
    "lines do not depend on how the bytes were cut: no final empty item", ("result",), "iter_lines with a delimiter"
)
_differ(
    "a pickled response still answers `next`",
    ("result[0].next", "result[0].history[0].next"),
    "a pickled response keeps what it had",
)

# Requests

_differ(
    "fields that were not set are not sent: http.client adds Accept-Encoding: identity, urllib3 its own User-Agent",
    ("wire[0].head",),
    "hooks are registered and taken back",
)
_differ(
    "fields that were not set are not sent: http.client adds Accept-Encoding: identity, urllib3 its own User-Agent",
    ECHOED,
    "a header set to None is taken out of the session's",
    "the order of header fields is session first, then call",
)
_differ(
    "fields that were not set are not sent: http.client adds Accept-Encoding: identity, urllib3 its own User-Agent",
    ("result[0].headers", "result[0].content", "result[0].text", "wire"),
    "a PreparedRequest filled step by step",
)
_differ(
    "fields that were not set are not sent: http.client adds Accept-Encoding: identity, urllib3 its own User-Agent",
    ("result[2].headers", "result[2].content", "result[2].text", "wire"),
    "a copy is independent",
)
_differ("valid percent escapes are not encoded twice", ("result[5]",), "prepare_url alone")
_differ(
    "valid percent escapes are not encoded twice",
    (*ECHOED, "result.url", "result.request.url"),
    "the path /%zz%41",
)
_differ(
    "an explicit Authorization is not replaced by netrc", ("wire", "result"), "netrc beside an own Authorization header"
)
_differ("a challenge that cannot be answered is given back, not tried again", ("wire", "result"), "digest by UNKNOWN")
_differ("quoted cookie values survive intact", ("wire", "result"), "a quoted cookie")
_differ(
    "DEFAULT_RETRIES set by a program is honoured; requests has bound the old value by then",
    ("result[0]",),
    "DEFAULT_RETRIES set before a session is made",
)

# Redirects

_differ(
    "where the method is kept the body goes along (RFC 9110 §15.4.2); requests sends PUT with an empty one",
    ("result.headers", "result.content", "result.text", "result.request", "wire"),
    "PUT through 301",
)

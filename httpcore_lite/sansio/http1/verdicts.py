"""h11's verdicts, remembered by kind: a message of a kind that h11 has judged before need not be judged again.

Most heads differ from the last one in values only: a date, an ETag, a path. h11's verdict does not depend on these, as
long as they are values at all. So this room reads a head itself, more strictly than h11; if every part on which the
verdict depends was in messages that h11 accepted, the verdict of then is given again. Anything else (new, odd, folded,
doubled, in chunks on its way out) is h11's, and after a refusal `mending`'s, as if this room did not exist.

Why the verdict cannot differ. h11 reads a head line by line, and looks at

1. *the lines.* It splits at LF and takes one CR away; a line that begins with white space continues the one before.
   Read here: every CR and LF belongs to a CRLF; no line begins with what is no name. Then both see the same lines.
2. *names.* Each must be a token, behind which the first colon stands. It depends on the name's bytes alone: read here
   are names that h11 has accepted, byte for byte, and a line without a colon is not read.
3. *values.* h11 takes what holds neither NUL nor white space but HTAB and SP, and takes HTAB and SP away at both ends.
   Read here: HTAB, SP, visible ASCII and obs-text (RFC 9110 section 5.5), nothing else, with the same ends taken away.
   No value but those of rule 4 is looked at further, by h11 or here.
4. *fields that it acts on.* In a response: Transfer-Encoding, Connection, and Upgrade, which it may come to act on; in
   a request: Connection, Upgrade and Expect. Their values, in their order, are part of the kind, byte for byte.
   Host must be in a request once and is written first; two are not read here. Keep-Alive counts down with many
   servers; h11 does not look at it, `protocol` reads it in each head, and so it is no part of a kind.
5. *Content-Length.* Of one plain number (one to twenty ASCII digits) h11 takes the value as it is; that there is one is
   part of the kind. Two, a list, a sign or anything else is not read here.
6. *the first line.* Status lines are part of the kind, byte for byte. So is a request's method; its target must be
   visible ASCII, as h11 has it.
7. *the state.* A final response may come whenever the request has been sent, whatever that was: `Protocol` asks here
   only then. 1xx depend on more (100 comes again, 101 must have been asked for) and are never remembered; nor is
   CONNECT. After a request whose body is as long as its head says, h11's state tells one thing, whether the connection
   goes on; it depends on the method and the fields of rule 4 only, and is what is remembered of a request's kind.
   A body in chunks, or one of another length than declared, is h11's.

A kind is learnt when h11 has accepted a message, and this room, reading the same bytes, comes to the same fields (of a
response) or the same bytes (of a request). What was mended is never learnt, and no table of verdicts is shipped.

8. *What is kept*, for the whole process: names (64 bytes at most each), methods, status lines with reason phrases of 64
   bytes at most, and the values of the fields of rule 4, 64 bytes at most each. No other value is kept: no secret, and
   nothing that tells two users apart. Number and size are bounded (`MAX_NAMES`, `MAX_KINDS`, `MAX_PARTS`), below a
   megabyte in all; a full table is emptied, so that a hostile peer can cost others a judgement, but not keep them out.

No lock is needed: each step is one operation on one dictionary, what is stored never changes, and what was emptied
meanwhile is asked of h11 again. Threads, forked processes and free-threaded builds may share it.

`HTTPCORE_LITE_VERDICTS=0` in the environment, read when this room is loaded, has h11 judge everything.

`is_plain` asks the same of a request that h11 has not seen, with any token in the place of a name that was accepted: by
rules 1 to 6 h11 accepts what is plain. It remembers nothing and spares h11 nothing; it lets the first connection of a
process begin while h11 is still being loaded (`exchange`).

A pure room, which only `protocol` and `exchange` know. RFC 9112 sections 2 to 6.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final, TypeVar

    _Key = TypeVar("_Key")
    _Value = TypeVar("_Value")

    import h11

    AnyFields = Iterable[tuple[str | bytes, str | bytes | None]]
    Fields = list[tuple[bytes, bytes]]

MAX_NAMES: Final = 1024  # in each direction
MAX_KINDS: Final = 256  # in each direction
MAX_PARTS: Final = 8  # of a kind: its first line, and the names and values of three fields or four
MAX_PART: Final = 64  # bytes of a name, a value, a method, a reason phrase

#: Whether anything is remembered.
enabled: bool = os.environ.get("HTTPCORE_LITE_VERDICTS") != "0"

# Rules 1 and 3: what may be left of a head when these are taken away is its line ends.
_ALLOWED: Final = bytes([9, *range(0x20, 0x7F), *range(0x80, 0x100)])
_MAX_STATUS_LINE: Final = len(b"HTTP/1.1 200 ") + MAX_PART

# The fields of a response that `protocol` reads: by name in lower case, under which they are handed out.
_READ_NAMES: Final = (
    b"content-length transfer-encoding connection upgrade keep-alive content-encoding set-cookie set-cookie2"
)
_READ: Final = {name: name for name in _READ_NAMES.split()}
_READ_LENGTHS: Final = frozenset(map(len, _READ))
_FRAMING: Final = frozenset((b"transfer-encoding", b"connection", b"upgrade"))  # rule 4
_CONTENT_LENGTH: Final = b"content-length"
# The fields of a request that h11 acts on.
_ACTED_ON: Final = {
    name: name for name in ("host", "content-length", "transfer-encoding", "connection", "upgrade", "expect")
}

# Names that h11 has accepted -> the name as in _READ or _ACTED_ON, empty where it is not in there.
_received_names: dict[bytes, bytes] = {}
_sent_names: dict[str, str] = {}
# RFC 9110 section 5.6.2
_TOKEN: Final = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
# Kinds that h11 has accepted: of responses -> (status, reason phrase, 10 or 11); of requests -> does the connection go
# on? A kind is the first line, then the lower-case name and the value of each field of rule 4, "content-length" alone.
_responses: dict[tuple[bytes, ...], tuple[int, bytes, int]] = {}
_requests: dict[tuple[str, ...], bool] = {}


# -- responses -------------------------------------------------------------------------------------------------------


def telling(fields: Fields) -> Fields:
    """Return those of a response's fields that say something to `protocol`, by name in lower case."""
    read, lengths = _READ, _READ_LENGTHS
    return [
        (lower, value)
        for name, value in fields
        # Most fields are passed over without lower-casing.
        if len(name) in lengths and (lower := read.get(name.lower(), b""))
    ]


def response(raw: bytes) -> tuple[tuple[int, bytes, int], Fields, Fields] | None:
    """Return ((status, reason phrase, version 10 or 11), the fields, the telling ones), or None: ask h11.

    `raw` is a response's head from its first byte to its empty line, of a response to a request that was sent whole.
    """
    read = _read_response(raw) if enabled else None
    if read is None:
        return None
    kind, fields, told = read
    verdict = _responses.get(kind)
    return None if verdict is None else (verdict, fields, told)


def learn_response(raw: bytes, verdict: tuple[int, bytes, int], fields: Fields) -> None:
    """Remember that h11 has read `raw`, as it came, as a final response with this first line and these fields."""
    if not enabled or verdict[0] < 200:  # rule 7
        return
    for name, _ in fields:
        if len(name) <= MAX_PART and name not in _received_names:
            _remember(_received_names, name, _READ.get(name.lower(), b""), MAX_NAMES)
    read = _read_response(raw)
    if read is not None and read[1] == fields and _is_small(read[0], _MAX_STATUS_LINE):
        _remember(_responses, read[0], verdict, MAX_KINDS)


def _read_response(raw: bytes) -> tuple[tuple[bytes, ...], Fields, Fields] | None:
    """Return the kind of a head, its fields and the telling ones; None where it is not plain, or a name is new."""
    lines = raw.split(b"\r\n")
    if raw.translate(None, _ALLOWED) != b"\r\n" * (len(lines) - 1):  # rules 1 and 3
        return None
    names = _received_names
    kind = [lines[0]]  # rule 6
    fields: Fields = []
    told: Fields = []
    try:
        for line in lines[1:-2]:
            name, value = line.split(b":", 1)
            value = value.strip()  # only HTAB and SP are left to be taken away
            lower = names[name]  # rule 2
            fields.append((name, value))
            if lower:
                told.append((lower, value))
                if lower == _CONTENT_LENGTH:  # rule 5
                    if len(value) > 20 or not value.isdigit() or lower in kind:
                        return None
                    kind.append(lower)
                elif lower in _FRAMING:  # rule 4
                    kind += (lower, value)
    except (KeyError, ValueError):
        return None
    return tuple(kind), fields, told


# -- requests --------------------------------------------------------------------------------------------------------


def request(method: str, target: str, fields: AnyFields, host: str) -> tuple[bytes, int, bool] | None:
    """Return (a request's head, the length of the body it needs, does the connection go on behind it?), or None.

    None: ask h11. A field whose value is None is absent; Host is `host` unless a field says otherwise.
    """
    read = _read_request(method, target, fields, host) if enabled else None
    if read is None:
        return None
    kind, head, length = read
    goes_on = _requests.get(kind)
    return None if goes_on is None else (head, length, goes_on)


def learn_request(sent: h11.Request, head: bytes, goes_on: bool) -> None:
    """Remember that h11 made `head` of this request, and sent all of its body as it is, of the declared length."""
    if not enabled or sent.method == b"CONNECT":  # rule 7
        return
    method = sent.method.decode("ascii")
    fields = [(name.decode("ascii"), value.decode("latin-1")) for name, value in sent.headers.raw_items()]
    for name, _ in fields:
        if len(name) <= MAX_PART and name not in _sent_names:
            _remember(_sent_names, name, _ACTED_ON.get(name.lower(), ""), MAX_NAMES)
    read = _read_request(method, sent.target.decode("ascii"), fields, "")
    if read is not None and read[1] == head and _is_small(read[0], MAX_PART):
        _remember(_requests, read[0], goes_on, MAX_KINDS)


class _Tokens(dict[str, str]):
    """In the place of the names that h11 has accepted: every name that it would accept."""

    def __missing__(self, name: str) -> str:
        if not name or not _TOKEN.issuperset(name):
            raise KeyError(name)
        return _ACTED_ON.get(name.lower(), "")


def is_plain(method: str, target: str, fields: AnyFields, host: str) -> bool:
    """Whether h11 will accept this head, without asking it. False: it may, or may not."""
    if method == "CONNECT" or not method or not _TOKEN.issuperset(method):
        return False
    return _read_request(method, target, fields, host, _Tokens()) is not None


def _read_request(
    method: str, target: str, fields: AnyFields, host: str, names: dict[str, str] | None = None
) -> tuple[tuple[str, ...], bytes, int] | None:
    """Return the kind of a request, its head and the length of its body; None where it is not plain, or a name new."""
    if not type(method) is type(target) is type(host) is str:
        return None  # a subclass may be another text when it is written
    if not target or not target.isascii() or not target.isprintable() or " " in target:  # rule 6
        return None
    if names is None:
        names = _sent_names
    lines = [f"{method} {target} HTTP/1.1", ""]
    kind = [method]
    length = -1
    try:
        for name, value in fields:
            if value is None:
                continue
            if type(name) is not str or type(value) is not str:
                name, value = _as_text(name), _as_text(value)
            lower = names[name]  # rule 2
            value = value.strip(" \t")
            if lower:
                if lower == "content-length":  # rule 5
                    if length >= 0 or len(value) > 20 or not value.isascii() or not value.isdigit():
                        return None
                    length = int(value)
                    kind.append(lower)
                elif lower == "host":  # rule 4
                    if lines[1]:
                        return None
                    lines[1] = f"{name}: {value}"
                    continue
                elif lower == "transfer-encoding":  # rule 7
                    return None
                else:
                    kind += (lower, value)
            lines.append(f"{name}: {value}")
        if not lines[1]:
            lines[1] = "Host: " + host.strip(" \t")
        lines.append("\r\n")
        head = "\r\n".join(lines).encode("latin-1")
    except (KeyError, TypeError, UnicodeError):
        return None
    if head.translate(None, _ALLOWED) != b"\r\n" * len(lines):  # rules 1 and 3
        return None
    return tuple(kind), head, max(length, 0)


def _as_text(part: str | bytes) -> str:
    """Return a name or value as text. TypeError for all but plain text and bytes: h11 takes more than is read here."""
    if type(part) is bytes:
        return part.decode("latin-1")
    if type(part) is not str:
        raise TypeError
    return part


# -- the bounds (rule 8) ---------------------------------------------------------------------------------------------


def _is_small(kind: tuple[bytes | str, ...], first: int) -> bool:
    return len(kind) <= MAX_PARTS and len(kind[0]) <= first and max(map(len, kind[1:]), default=0) <= MAX_PART


def _remember(table: dict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    """Put what was learnt into a table. A full one is emptied: it is never closed to what comes after a flood."""
    if len(table) >= most:
        table.clear()
    table[key] = value

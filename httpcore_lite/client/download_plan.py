"""A download as decisions: which bytes are asked for, what a response means, and whether to go on after a break.

    Plan.fields() ──▶ request ──▶ judge(response) ──▶ CONTINUE   the bytes behind those that are there
                         ▲            │               ANEW       all bytes, over those that are there
                         │            │               COMPLETE   none: all were there
                         │            └── AGAIN ──────────────▶  (ask once more, for all bytes)
                         └── pause(error) ◀── break ◀── received(), ended()

Pure: what is kept on the disk, and the moment, are handed in. Kept: RFC 9110 sections 8.8 (validators), 13.1.5
(If-Range), 14.2 to 14.4 and 15.3.7 (ranges), 15.5.17 (416).

1. Bytes of two representations never meet in a file. A part is continued for the URL that it was begun for, and only
   where the server says by a strong validator that the rest is of the same representation.
2. What a server says of a range is compared with what it was asked for. A server that lies is asked for everything.
3. Bytes that were not there before are progress, however many attempts it takes. Attempts without any are counted.
"""

from __future__ import annotations

import re

from ..exceptions import (
    ChunkedEncodingError,
    ConnectionError,
    ContentDecodingError,
    HTTPError,
    ReadTimeout,
    RetryError,
    Timeout,
)
from ..sansio import Value
from ..sansio.http1 import accepted_codings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final, Protocol

    class Head(Protocol):
        """What is read of a response."""

        status_code: int
        reason: str

        @property
        def headers(self) -> Mapping[str, str]: ...
        def raise_for_status(self) -> None: ...


CONTINUE: Final = "continue"
ANEW: Final = "anew"
COMPLETE: Final = "complete"
AGAIN: Final = "again"

#: Attempts in a row that bring nothing, after the first break. The pause before each is twice that of the one before.
MAX_FAILURES: Final = 3
_FIRST_PAUSE: Final = 1.0
#: Bytes of what is kept beside a part: no URL and no entity tag that a server sent makes it longer.
MAX_NOTES_BYTES: Final = 65_536
_VERSION: Final = 1

# What a server may send in the place of a range while it restarts, or is asked too often.
_PASSING: Final = (429, 500, 502, 503, 504)
_FILES: Final = (200, 203)
_STRONG_TAG: Final = '"[\x21\x23-\x7e\x80-\xff]*"'
_CONTENT_RANGE: Final = r"(?i:bytes)\s+(?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]{1,18})"


class Notes(Value):
    """What is kept beside a part: of which representation of which URL its bytes are."""

    url: str  #: The SHA-256 of the URL in hex: URLs have secrets.
    validator: str  #: A strong ETag, or a Last-Modified that is one.
    length: int | None = None  #: Bytes of the whole.
    coding: str = ""  #: The content coding that the bytes have.

    @property
    def field(self) -> str:
        """The name of the field that the validator is the value of."""
        return "ETag" if self.validator[:1] == '"' else "Last-Modified"

    def written(self) -> bytes:
        """Return what is kept on the disk."""
        import json

        return json.dumps({"version": _VERSION, **{name: getattr(self, name) for name in self._fields}}).encode()


def notes_of(written: bytes | None) -> Notes | None:
    """Return the notes that were `written`, None for anything else."""
    import json

    try:
        said = json.loads(written or b"")
        notes = Notes(**{name: said[name] for name in Notes._fields})
        texts = isinstance(notes.url, str) and isinstance(notes.validator, str) and isinstance(notes.coding, str)
        counted = notes.length is None or (type(notes.length) is int and notes.length >= 0)
        known = said["version"] == _VERSION and texts and counted and notes.validator != ""
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return notes if known else None


def key_of(url: str) -> str:
    """Return what a part is kept for in the place of its URL, whose fragment and userinfo do not count."""
    from hashlib import sha256

    scheme, found, rest = url.partition("#")[0].partition("://")
    if found:
        authority, slash, path = rest.partition("/")
        rest = authority.rpartition("@")[2] + slash + path
    return sha256(f"{scheme}{found}{rest}".encode("utf-8", "surrogatepass")).hexdigest()


def part_names(name: str) -> tuple[str, str]:
    """Return the names of the part and of the notes that stand beside a file called `name`.

    A name so long that theirs would have more than 255 bytes is cut, and told apart by its digest.
    """
    import os
    from hashlib import sha256

    octets = os.fsencode(name)
    if len(octets) > 255 - len(".part.json"):
        digest = sha256(octets).hexdigest()[:16]
        name = f"{os.fsdecode(octets[:200]).encode('utf-8', 'ignore').decode('utf-8', 'ignore')}~{digest}"
    return f"{name}.part", f"{name}.part.json"


# -- checksums -------------------------------------------------------------------------------------------------------

#: Algorithms of a checksum, with the digits that it has.
ALGORITHMS: Final = {"sha256": 64, "sha512": 128, "sha1": 40, "md5": 32, "blake2b": 128}


def checksum_of(given: object) -> tuple[str, str] | None:
    """Return (algorithm, hexadecimal digits in lower case) of what a program gave as a checksum, None for None.

    Raises:
        TypeError: it is no text.
        ValueError: the algorithm is unknown, or these are not its digits.
    """
    if given is None:
        return None
    if not isinstance(given, str):
        raise TypeError(f"checksum= takes text like 'sha256:...', not {type(given).__name__}")
    algorithm, colon, digits = given.strip().partition(":")
    algorithm, digits = algorithm.strip().lower(), digits.strip().lower()
    length = ALGORITHMS.get(algorithm)
    if not colon or length is None:
        raise ValueError(f"checksum= takes 'sha256:...' (or {', '.join([*ALGORITHMS][1:])}), not {given[:100]!r}")
    if not re.fullmatch(f"[0-9a-f]{{{length}}}", digits):
        raise ValueError(f"the checksum of {algorithm} has {length} hexadecimal digits, not {digits[:150]!r}")
    return algorithm, digits


# -- validators ------------------------------------------------------------------------------------------------------


def validator_of(fields: Mapping[str, str], received: float) -> str:
    """Return what If-Range may say of a representation, "" where it has nothing strong.

    Args:
        fields: the head of its response.
        received: when that came, in seconds since the epoch; counts where there is no Date (RFC 9110 section 6.6.1).

    An entity tag that is weak lets the date not count either (section 13.1.5). A date is strong where the response is
    from a later second (section 8.8.2.2): within one second a file may change twice.
    """
    tag = fields.get("ETag")
    if tag is not None:
        return tag if re.fullmatch(_STRONG_TAG, tag) else ""
    modified = fields.get("Last-Modified", "")
    then, now = _seconds_of(modified), _seconds_of(fields.get("Date", ""))
    return modified if then is not None and then + 1 <= (received if now is None else now) else ""


def _seconds_of(date: str) -> float | None:
    from email.utils import mktime_tz, parsedate_tz

    try:
        parsed = parsedate_tz(date)
        return None if parsed is None else mktime_tz(parsed)
    except (ValueError, OverflowError, IndexError):
        return None


def _coding_of(fields: Mapping[str, str]) -> str:
    codings = [each.strip().lower() for each in fields.get("Content-Encoding", "").split(",")]
    return ", ".join([each for each in codings if each not in ("", "identity")])


def _length_of(fields: Mapping[str, str]) -> int | None:
    said = fields.get("Content-Length", "")
    framed = "Transfer-Encoding" not in fields
    return int(said) if framed and re.fullmatch("[0-9]{1,18}", said) else None


# -- the plan --------------------------------------------------------------------------------------------------------


class Plan:
    """One download, of however many attempts.

    Args:
        key: of its URL, see `key_of`.
        decoded: whether a content coding is taken off, None where there must be none.

    Attributes:
        done: bytes that are there.
        total: bytes in all, None where that is not known.
        notes: what must be kept beside the bytes, None where they cannot be continued.
        resumed_from: bytes that were there before, and counted.
    """

    def __init__(self, key: str, decoded: bool | None = None) -> None:
        self._key = key
        self._decoded = decoded
        self.done = 0
        self.total: int | None = None
        self.notes: Notes | None = None
        self.resumed_from = 0
        self.begun = False  # whether a response has counted
        self.coded = False  # whether its bytes are saved in a content coding
        self._asked = False
        self._lied = False
        self._furthest = 0
        self._failures = 0

    def found(self, notes: Notes | None, size: int) -> None:
        """Take note of a part that was kept: it counts where it is this URL's, and not longer than the whole."""
        if notes is None or notes.url != self._key or not size or (notes.length is not None and size > notes.length):
            return
        if bool(notes.coding) and self._decoded is not False:
            return
        self.notes, self.total, self.coded = notes, notes.length, bool(notes.coding)
        self.done = self.resumed_from = self._furthest = size

    def fields(self) -> dict[str, str | None]:
        """Return the fields of the next request; None for those that it must not have."""
        asked = self._asked = self.notes is not None and self.done > 0 and not self._lied
        self._lied = False
        return {
            "Accept-Encoding": "identity",
            "Range": f"bytes={self.done}-" if asked else None,
            "If-Range": self.notes.validator if asked and self.notes is not None else None,
        }

    def found_late(self, notes: Notes | None, size: int) -> bool:
        """As `found`, after a response to a request for everything: tell whether the part is of what that brings."""
        if notes is None or self.notes is None or notes.written() != self.notes.written():
            return False
        self.found(notes, size)
        return self.done > 0

    def judge(self, response: Head, received: float) -> str:
        """Return what a response means for the bytes that are there: one of the constants above.

        Args:
            response: the response to a request with `fields`.
            received: the moment, in seconds since the epoch.

        Raises:
            HTTPError: it brings no file.
            ContentDecodingError: it is coded, and it was not said what to do then.
        """
        verdict = self._verdict(response, received)
        if verdict == ANEW:
            self._begin(response.headers, received)
        elif verdict == AGAIN:
            self._lied = True
        if verdict != AGAIN:
            self.begun = True
        return verdict

    def _verdict(self, response: Head, received: float) -> str:
        status, notes = response.status_code, self.notes
        if self._asked and notes is not None and status in (206, 416):
            if status == 416:
                return COMPLETE if self._is_complete(response.headers, notes) else AGAIN
            length = self._length_with_rest(response.headers, notes)
            self.total = self.total if length is None else length
            return AGAIN if length is None else CONTINUE
        if status in _FILES:
            return ANEW
        response.raise_for_status()
        what = f"{status} {response.reason or ''}".strip()
        raise HTTPError(f"{what}: the response brings no whole file", response=response)

    def _length_with_rest(self, fields: Mapping[str, str], notes: Notes) -> int | None:
        """Return the length of the whole where a 206 has all of the rest, of the same representation (Rule 2)."""
        said = re.fullmatch(_CONTENT_RANGE, fields.get("Content-Range", "").strip())
        if said is None or said[1] is None:
            return None
        first, last, length = int(said[1]), int(said[2]), int(said[3])
        is_rest = (
            (first, last + 1) == (self.done, length)
            and notes.length in (None, length)
            and _length_of(fields) in (None, length - first)
            and fields.get(notes.field) == notes.validator
            and notes.coding == _coding_of(fields)
        )
        return length if is_rest else None

    def _is_complete(self, fields: Mapping[str, str], notes: Notes) -> bool:
        """Tell whether a 416 says that there is nothing behind what is there."""
        said = re.fullmatch(_CONTENT_RANGE, fields.get("Content-Range", "").strip())
        return (
            said is not None
            and said[1] is None
            and int(said[3]) == self.done
            and notes.length in (None, self.done)
            and fields.get(notes.field, notes.validator) == notes.validator
        )

    def _begin(self, fields: Mapping[str, str], received: float) -> None:
        coding = _coding_of(fields)
        if coding and self._decoded is None:
            raise ContentDecodingError(
                f"The response has Content-Encoding: {coding[:50]}, although identity was asked for. "
                "decoded=True saves what it decodes to, decoded=False the bytes as they are sent"
            )
        self.coded = bool(coding) and self._decoded is False
        decodes = bool(coding) and not self.coded
        unknown = set(coding.split(", ")) - {*accepted_codings().split(", "), "x-gzip"} if decodes else ()
        if unknown:
            raise ContentDecodingError(
                f"The response has Content-Encoding: {coding[:50]}, which cannot be decoded here. "
                "decoded=False saves the bytes as they are sent"
            )
        validator = "" if decodes else validator_of(fields, received)
        self.total = None if decodes else _length_of(fields)
        self.notes = Notes(self._key, validator, self.total, coding) if validator else None
        self.done = self.resumed_from = 0

    def received(self, count: int) -> None:
        """Note that `count` bytes more have come. ChunkedEncodingError: they are more than there are."""
        self.done += count
        if self.total is not None and self.done > self.total:
            self.notes = None  # none of it can be trusted
            raise ChunkedEncodingError(f"The body has more than the {self.total} bytes that were declared")

    def ended(self) -> None:
        """Note that a body has ended as it should. ChunkedEncodingError: it is shorter than was declared."""
        if self.total is not None and self.done != self.total:
            raise ChunkedEncodingError(f"The body has {self.done} bytes where {self.total} were declared")
        self.total = self.done

    def pause(self, error: Exception) -> float | None:
        """Return the seconds to wait before the next attempt, None where there is none and the error is raised.

        Args:
            error: what ended the last one.
        """
        if self.total is not None and self.done > self.total:
            return None
        if not (is_break(error) if self.begun else _broke_before_the_head(error)) and not self._passes(error):
            return None
        if self.done > self._furthest:
            self._furthest, self._failures = self.done, 0
        if self._failures == MAX_FAILURES:
            return None
        self._failures += 1
        return _FIRST_PAUSE * (1 << (self._failures - 1))

    def _passes(self, error: Exception) -> bool:
        """Tell whether an error status, after bytes had come, is one of a server that is about to be back.

        A RetryError is that of such statuses as the program has named.
        """
        status = getattr(getattr(error, "response", None), "status_code", None)
        passes = isinstance(error, RetryError) or (isinstance(error, HTTPError) and status in _PASSING)
        return self.begun and passes


def is_break(error: Exception) -> bool:
    """Tell whether an error says that a connection broke, or fell silent, rather than what came over it was wrong."""
    return isinstance(error, (ConnectionError, ChunkedEncodingError, Timeout)) and not _ran_out(error)


def _ran_out(error: Exception) -> bool:
    """Tell whether it was the time of the whole call that has passed."""
    return isinstance(error, ReadTimeout) and getattr(_inner(error), "phase", None) == "total"


def _inner(error: Exception) -> object:
    return error.args[0] if error.args else None


def _broke_before_the_head(error: Exception) -> bool:
    """Tell whether a connection stood, and broke before there was a response: what was never there does not resume."""
    names = [kind.__name__ for kind in type(_inner(error)).__mro__]
    return type(error) is ConnectionError and "ProtocolError" in names and "HeadError" not in names

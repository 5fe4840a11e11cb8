"""What a canned response wants of a request, and what a miss says of those that did not fit.

A pure room: texts and requests in, a verdict and its reason out. A reason says what was wanted and what came, its
secrets masked (`sansio/redaction`).
"""

from __future__ import annotations

import re
from re import Pattern

from ..exceptions import RequestException
from ..messages.preparing import prepared_url
from ..sansio.redaction import MASK, cut, masked, masked_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final, TypeAlias

    #: What a rule says of a request: whether it fits, and why not.
    Verdict: TypeAlias = tuple[bool, str]
    #: The query of a request by name; a list for a name that comes more than once.
    Params: TypeAlias = dict[str, "str | list[str]"]

#: How many of the registered responses a miss lists, and how long a line of it is.
MAX_LISTED: Final = 20
MAX_LINE: Final = 2000


# -- URLs ----------------------------------------------------------------------------------------------------------


def normal_url(url: str) -> str:
    """Return a URL in the form in which it is requested, or as it is where it is none."""
    try:
        return prepared_url(url, None, str)
    except (RequestException, ValueError):
        return url


def parts_of(url: str) -> tuple[str, str, str]:
    """Return what stands before the query of a URL, its query, and its fragment."""
    rest, _, fragment = url.partition("#")
    base, _, query = rest.partition("?")
    return base, query, fragment


def pairs_of(query: str) -> list[tuple[str, str]]:
    """Return the pairs of a query, names without a value included."""
    from urllib.parse import parse_qsl

    return parse_qsl(query, keep_blank_values=True)


def params_of(url: str) -> Params:
    """Return the query of a URL by name."""
    found: Params = {}
    for name, value in pairs_of(parts_of(url)[1]):
        before = found.get(name)
        if before is None:
            found[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[name] = [before, value]
    return found


def fits_url(wanted: str | Pattern[str], came: str, with_query: bool) -> Verdict:
    """Tell whether a request for the URL `came` is meant by `wanted`: a normal URL, or a pattern for its beginning.

    Of a URL the fragment does not count, and the query, in any order, only `with_query`.
    """
    if not isinstance(wanted, str):
        if wanted.match(came):
            return True, ""
        return False, f"URL does not match: wanted what {shown_url(wanted)} matches, came {masked_target(came)}"
    base, query, _ = parts_of(wanted)
    base_came, query_came, _ = parts_of(came)
    if base != base_came:
        shown, shown_came = masked_target(base), masked_target(base_came)
        but = " with another user or password" if shown == shown_came else ""
        return False, f"URL does not match: wanted {shown}, came {shown_came}{but}"
    if with_query and sorted(pairs_of(query)) != sorted(pairs_of(query_came)):
        shown, shown_came = (masked_target("?" + each) for each in (query, query_came))
        return False, f"URL does not match: wanted the query {shown}, came {shown_came}"
    return True, ""


def begins(prefix: str, url: str) -> bool:
    """Tell whether a URL begins so: where `prefix` ends with a host, with that very host, at any port."""
    if not url.startswith(prefix):
        return False
    is_host = prefix.count("/") == 2 and not prefix.endswith("/")
    return not is_host or re.match(r"(?::[0-9]*)?/", url[len(prefix) :]) is not None


def fits_method(wanted: str, came: str) -> Verdict:
    """Tell whether the method is the one that is meant."""
    if wanted.upper() == came.upper():
        return True, ""
    return False, f"Method does not match: wanted {wanted}, came {came}"


# -- what is shown -------------------------------------------------------------------------------------------------


def _is_secret(name: object) -> bool:
    # A message signature (RFC 9421) is made to be seen.
    return masked([(str(name).lower().replace("signature", ""), "")])[0][1] == MASK


def shown(value: object) -> object:
    """Return a value without its secrets: those of mappings, in any depth, whose names speak of them."""
    if isinstance(value, dict):
        return {name: MASK if each and _is_secret(name) else shown(each) for name, each in value.items()}
    if isinstance(value, bytes):
        return f"{len(value)} bytes"  # a certificate, or its key
    if isinstance(value, str) and "://" in value:
        return masked_target(value)
    if isinstance(value, (list, tuple)):
        inside = [shown(each) for each in value]
        return inside if isinstance(value, list) else tuple(inside)
    return value


def shown_url(url: str | Pattern[str]) -> str:
    """Return a URL, or a pattern for some, without its secrets."""
    return masked_target(url) if isinstance(url, str) else f"re.compile({masked_target(url.pattern)!r})"


def shown_text(text: str) -> str:
    """Return a body as a miss shows it: the secrets of JSON or a form masked, and not all of it where it is long."""
    if text[:2] == "--" and "form-data" in text:
        return str(shown_form(text.encode()))
    if text.lstrip()[:1] in ("{", "["):
        import json

        try:
            return cut(json.dumps(shown(json.loads(text))), MAX_LINE)
        except ValueError:
            pass
    if "\n" in text:
        return cut("\n".join(map(shown_text, text.split("\n"))), MAX_LINE)
    return cut(masked_target("?" + text)[1:] if "=" in text else text, MAX_LINE)


def shown_form(body: object) -> object:
    """Return the body of a multipart form as a miss shows it: the values of its secret fields masked."""
    if not isinstance(body, bytes):
        return body
    parts = body.split(b"\r\n--")
    for place, part in enumerate(parts):
        head, blank, _ = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0]
        if blank and _is_secret(name.decode("utf-8", "replace")):
            parts[place] = head + blank + MASK.encode()
    return b"\r\n--".join(parts)[:MAX_LINE]


# -- a miss --------------------------------------------------------------------------------------------------------


class Candidate:
    """A registered response that did not fit a request.

    Attributes:
        method, url: what it is registered for.
        reason: why it did not fit.
        nearness: how much of it did, to be sorted by; the greatest is the nearest. `rules` are its verdicts: on the
            method, on the URL, and of its matchers.
    """

    __slots__ = ("method", "nearness", "reason", "url")

    def __init__(self, method: str, url: str | Pattern[str], reason: str, rules: Sequence[bool], came: str) -> None:
        from difflib import SequenceMatcher

        self.method = method
        self.url = url
        self.reason = reason
        text = url if isinstance(url, str) else url.pattern
        alike = SequenceMatcher(None, text, came).ratio() if len(text) + len(came) < MAX_LINE else 0.0
        by_method, by_url, *others = rules
        self.nearness: tuple[bool, bool, int, float] = (by_url, by_method, sum(others), alike)


def miss(method: str, url: str, candidates: Iterable[Candidate], passing: Sequence[str | Pattern[str]]) -> str:
    """Return what is said of a request that no registered response fits, the nearest of them first."""
    ordered = sorted(candidates, key=lambda each: each.nearness, reverse=True)
    lines = [f"No canned response fits this request: {method} {masked_target(url)}"]
    if not ordered:
        lines.append("Nothing is registered, or all of it was used")
    else:
        lines.append(f"Registered, the nearest first ({len(ordered)}):")
    listed = ordered[:MAX_LISTED]
    lines += [cut(f"- {each.method} {shown_url(each.url)} {each.reason}", MAX_LINE) for each in listed]
    if len(ordered) > MAX_LISTED:
        lines.append(f"  and {len(ordered) - MAX_LISTED} more")
    if passing:
        lines.append("Passthru prefixes:")
        lines += [f"- {shown_url(each)}" for each in passing]
    return "\n".join(lines)

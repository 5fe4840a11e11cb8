"""Nothing that is appended to a base URL leaves it, however it is written and whichever server reads it."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from httpcore_lite.exceptions import InvalidURL
from httpcore_lite.messages.base_url import checked_base, joined
from httpcore_lite.messages.preparing import prepared_url

PIECES = [
    "..",
    ".",
    "/",
    "\\",
    "%2e",
    "%2E",
    "%5c",
    "%5C",
    "%",
    "2e",
    "x",
    "api",
    "apis",
    ":",
    "@",
    "//",
    " ",
    "\t",
    "é",
    "%25",
]
BASES = ["https://h/api", "https://h/api/", "https://h/a/api", "https://u:p@h:81/api", "mock://h/api"]


def without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            kept[-1:] = []
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def read_by_servers(path: str) -> list[str]:
    """The path as servers read it: escapes undone once, a backslash a slash or not, empty segments kept or dropped."""
    decoded = unquote(path, errors="replace")
    both = (decoded, decoded.replace("\\", "/"))
    return [without_dots(merged) for text in both for merged in (text, re.sub("/+", "/", text))]


@given(st.sampled_from(BASES), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("https://h/api", "x//%2e%2e/%2e%2e/admin")
@example("https://h/api", "x\\..\\..")
def test_nothing_leaves_the_base(base: str, url: str) -> None:
    try:
        whole = joined(checked_base(base), url)
    except InvalidURL:
        return
    if re.match("[^/?#]*://", url.lstrip()):
        assert whole is url  # absolute
        return
    sent = urlsplit(prepared_url(whole, None, str))
    parts = urlsplit(base)
    assert (sent.scheme, sent.netloc) == (parts.scheme, parts.netloc)
    below = parts.path.rstrip("/")
    for path in read_by_servers(sent.path):
        assert path == below or path.startswith(below + "/"), (sent.path, path)


@given(st.lists(st.sampled_from(["x", "y-1", "a:b", "c@d", "é", "~"]), min_size=1, max_size=5))
def test_plain_segments_are_appended_as_they_are(segments: list[str]) -> None:
    for base in ("https://h/api", "https://h/api/"):
        for url in ("/".join(segments), "/" + "/".join(segments)):
            assert joined(base, url) == "https://h/api/" + "/".join(segments)

"""URLs of every kind: the room agrees with the standard library, and its normal forms are fixed points."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import httpcore_lite as client
from httpcore_lite.messages import url_parts, urls
from httpcore_lite.sansio.errors import LocationParseError

PIECES = st.sampled_from(
    [
        "a",
        "B",
        "example.com",
        "1.2.3.4",
        "..",
        ".",
        "/",
        "//",
        "?",
        "#",
        ";",
        ":",
        "@",
        "&",
        "=",
        "%41",
        "%2f",
        "%zz",
        "%",
        " ",
    ]
    + ["é", "日本", "\\", "|", "~", "+", "80", "\u3002", "%25", "_", "-"]
)
TEXT = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=20)
AUTHORITY = st.sampled_from(["h", "H.example:80", "u:p@h", "[::1]", "[fe80::1%25x]:8", "1.2.3.4:1", ""])
HTTP = st.builds(
    lambda scheme, authority, rest: f"{scheme}://{authority}/{rest}",
    st.sampled_from(["http", "https"]),
    AUTHORITY,
    TEXT,
)
ANY = HTTP | TEXT


@given(ANY)
@example("http:///x")
@example("//a@b@c")
def test_splitting_agrees_with_the_standard_library(url: str) -> None:
    # Which brackets are an error, and whether a scheme may begin with a digit, differs from version to version.
    assume("[" not in url and "]" not in url and not re.match(r"[\x00-\x20\s]*[0-9+.-]+[a-zA-Z0-9+.\s-]*:", url))
    try:
        expected = urlsplit(url)
    except ValueError:
        return
    mine = url_parts.split(url)
    assert tuple(mine) == tuple(expected)
    assert (mine.username, mine.password) == (expected.username, expected.password)
    if "%" not in url:
        assert mine.hostname == expected.hostname


@given(HTTP, ANY)
def test_joining_agrees_with_the_standard_library(base: str, reference: str) -> None:
    assume("[" not in reference and "]" not in reference and "://[" not in base)
    assume(urlsplit(base).netloc and not reference.lstrip().startswith(("//", "/\t", "/\n", "/\r")))
    try:
        expected = urljoin(base, reference)
    except ValueError:
        return
    assume(not re.match("https?:(?!//)", expected) and not re.match(r"[\x00-\x20]*[0-9+.-][^/?#]*:", reference))
    assert url_parts.join(base, reference) == expected


@given(st.text(max_size=40) | TEXT)
def test_unquoting_agrees_with_the_standard_library(text: str) -> None:
    assert url_parts.unquote(text) == unquote(text)


@given(ANY)
@example("http://[fe80::\xd11%25eth0]/x")
@example("http://[fe\udcd1]/")
def test_requoting_is_idempotent_and_leaves_only_legal_characters(url: str) -> None:
    quoted = urls.requote_uri(url)
    assert urls.requote_uri(quoted) == quoted
    assert re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{2})*", quoted)


@given(HTTP)
def test_the_normal_form_is_a_fixed_point(url: str) -> None:
    try:
        parsed = urls.parse_url(url)
    except LocationParseError:
        return
    assume(parsed.host is None or "%" not in parsed.host)
    again = urls.parse_url(parsed.url)
    assert again == parsed


@given(HTTP)
def test_the_short_way_of_clean_urls_gives_what_the_long_way_gives(url: str) -> None:
    try:
        expected = urls._parse_any(url)
    except LocationParseError:
        expected = None
    try:
        assert urls.parse_url(url) == expected
    except LocationParseError:
        assert expected is None


@given(HTTP)
def test_the_origin_of_a_prepared_url_is_what_was_parsed(url: str) -> None:
    try:
        parsed = urls.parse_url(url)
    except LocationParseError:
        return
    if not parsed.host:
        return
    prepared = urls.unparse(
        parsed.scheme or "", parsed.authority or "", parsed.path or "/", parsed.query, parsed.fragment
    )
    scheme, host, port, target = urls.split_origin(prepared)
    assert (scheme, host, port) == (parsed.scheme, parsed.host.strip("[]"), parsed.port)
    assert target == urls.requote_uri((parsed.path or "/") + ("?" + parsed.query if parsed.query else ""))


@given(st.integers(0, 2**128 - 1))
def test_addresses_read_as_the_numbers_they_are(number: int) -> None:
    import ipaddress

    six = ipaddress.IPv6Address(number)
    assert url_parts.ipv6_number(str(six)) == url_parts.ipv6_number(six.exploded) == number
    four = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    assert url_parts.ipv4_number(str(four)) == int(four)
    assert url_parts.ipv6_number(f"::ffff:{four}") == 0xFFFF << 32 | int(four)


@given(st.text(alphabet="0123456789abcdefg:.%", max_size=24))
def test_what_is_no_ipv6_address_is_not_taken_for_one(text: str) -> None:
    import ipaddress

    assume("%" not in text)
    try:
        expected = int(ipaddress.IPv6Address(text))
    except ValueError:
        expected = None
    assume(
        not re.search(r"(^|[.:])0[0-9]+\.", text) and not re.search(r"\.0[0-9]", text)
    )  # octal or not: a matter of taste
    assert url_parts.ipv6_number(text) == expected


@pytest.mark.parametrize("url", ["http://]", "//[", "foo://]", "foo://]@:", "mailto://[", "httpfoo://[@x"])
def test_brackets_that_hold_nothing_are_an_error_of_ours(url: str) -> None:
    with client.Session() as session, pytest.raises(client.RequestException):
        session.get(url)


@given(st.lists(PIECES | st.sampled_from(["http://", "https://", "\t", "[::1]", "user:pw@"]), max_size=9).map("".join))
@example("http://evil.test:80\\@secret.test/")
def test_the_host_of_a_url_as_written_is_the_one_that_is_connected_to(text: str) -> None:
    url = "http://" + text
    try:
        prepared = client.Request("GET", url).prepare().url
    except client.RequestException:
        return
    assert prepared is not None
    scheme, host, port, _ = urls.split_origin(prepared)
    assert urls.host_of(url) == urls.host_of(prepared) == host
    assert urls.origin_of(url) == urls.origin_of(prepared) == (scheme, host, port or 80)

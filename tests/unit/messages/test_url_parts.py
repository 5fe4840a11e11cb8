"""The lenient view of a URL: nothing is changed, references mean what RFC 3986 says."""

from __future__ import annotations

import pytest

from httpcore_lite.messages import url_parts


def test_unquoting_decodes_utf8_and_leaves_what_is_no_escape() -> None:
    assert url_parts.unquote("a%20b%C3%A9%zz%") == "a bé%zz%"
    assert url_parts.unquote("%ff") == "\ufffd"


def test_splitting_changes_no_part() -> None:
    parts = url_parts.split(" HTTP://U:P@[FE80::1%25Eth0]:80/a;b?c\n=d#e")
    assert tuple(parts) == ("http", "U:P@[FE80::1%25Eth0]:80", "/a;b", "c=d", "e")
    assert (parts.username, parts.password, parts.hostname) == ("U", "P", "fe80::1%25Eth0")
    assert url_parts.unsplit(*parts) == "http://U:P@[FE80::1%25Eth0]:80/a;b?c=d#e"
    assert url_parts.split("file:///x").hostname is None
    assert url_parts.split("http://H:x/").hostname == "h"


@pytest.mark.parametrize("url", ["http://[::1/", "http://::1]/", "http://[x]/", "http://a[::1]/", "http://e\u2100x/"])
def test_an_authority_that_could_be_misread_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match=r"IPv6|NFKC"):
        url_parts.split(url)


@pytest.mark.parametrize(
    ("reference", "result"),
    [
        # RFC 3986 §5.4.1 and §5.4.2, where the standard library agrees with it.
        ("g:h", "g:h"),
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"),
        ("g#s", "http://a/b/c/g#s"),
        (";x", "http://a/b/c/;x"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../..", "http://a/"),
        ("../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("g..", "http://a/b/c/g.."),
        ("./../g", "http://a/b/g"),
        ("http://other/x", "http://other/x"),
        ("https:g", "https:g"),
    ],
)
def test_a_reference_means_what_rfc_3986_says(reference: str, result: str) -> None:
    assert url_parts.join("http://a/b/c/d;p?q", reference) == result


def test_bases_that_are_no_http_urls_join_as_in_the_standard_library() -> None:
    assert url_parts.join("", "x") == "x"
    assert url_parts.join("ftp://h/a/b", "c") == "ftp://h/a/c"
    assert url_parts.join("mailto:a", "b") == "b"

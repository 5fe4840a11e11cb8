"""What `base_url` makes of a URL, and what leaves it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from httpcore_lite.exceptions import InvalidURL
from httpcore_lite.messages.base_url import checked_base, joined
from httpcore_lite.messages.preparing import prepared_url

API, SLASHED = "https://h/api", "https://h/api/"
SECRET = "hush"


def sent(base: str | bytes, url: Any) -> str:
    """The URL as it is requested."""
    return prepared_url(joined(checked_base(base), url), None, str)


@pytest.mark.parametrize(
    ("base", "url", "whole"),
    [
        *[(base, url, "https://h/api/items") for base in (API, SLASHED) for url in
          ("items", "/items", "./items", "x/../items", "../api/items", " items", "\n items", b"items", b" /items")],
        (API, "?page=2", "https://h/api?page=2"),
        (SLASHED, "?page=2", "https://h/api/?page=2"),
        (API, "#part", "https://h/api#part"),
        (API, "", "https://h/api"),
        (API, "/", "https://h/api/"),
        (SLASHED, "", "https://h/api/"),
        (SLASHED, "/", "https://h/api/"),
        (API, ".", "https://h/api/"),
        (API, "x/..", "https://h/api/"),
        (API, "items?to=../../x://y", "https://h/api/items?to=../../x://y"),
        (API, "items?to=http://other/", "https://h/api/items?to=http://other/"),
        (API, "items#../..", "https://h/api/items#../.."),
        ("https://h/images/", "sha256:102ab", "https://h/images/sha256:102ab"),
        (API, "localhost:8080/x", "https://h/api/localhost:8080/x"),
        (API, "http:/other/x", "https://h/api/http:/other/x"),
        (API, "@other/x", "https://h/api/@other/x"),
        (API, "a\\b", "https://h/api/a%5Cb"),
        (API, "\\items", "https://h/api/%5Citems"),
        (API, "x/%2e%2e/items", "https://h/api/x/../items"),
        (API, "x//items", "https://h/api/x//items"),
        (API, "100%", "https://h/api/100%25"),
        (API, "%zz", "https://h/api/%25zz"),
        (API, "%252e%252e/x", "https://h/api/%252e%252e/x"),
        (API, "größe", "https://h/api/gr%C3%B6%C3%9Fe"),
        ("https://h", "items", "https://h/items"),
        ("https://h", "@other/x", "https://h/@other/x"),
        ("https://h", "", "https://h/"),
        ("https://h", "?a=1", "https://h/?a=1"),
        ("https://h", "../x", "https://h/x"),
        ("HTTPS://H/a/../api", "items", "https://h/api/items"),
        (" https://h/api\n", "items", "https://h/api/items"),
        (b"https://h/api", "items", "https://h/api/items"),
        ("https://h/größe", "x", "https://h/gr%C3%B6%C3%9Fe/x"),
        ("https://h/a%20b", "x/../y", "https://h/a%20b/y"),
        ("https://u:p@h/api", "items", "https://u:p@h/api/items"),
        ("https://h:8443/api", "items", "https://h:8443/api/items"),
        ("mock://h/api", "x/../items", "mock://h/api/items"),
        ("http+unix://%2Frun%2Fs.sock/v1", "items", "http+unix://%2Frun%2Fs.sock/v1/items"),
    ],
)  # fmt: skip
def test_all_but_an_absolute_url_is_appended_to_the_path(base: str, url: str | bytes, whole: str) -> None:
    assert sent(base, url) == whole


@pytest.mark.parametrize("base", [API, SLASHED, "http://h", "mock://h/x"])
@pytest.mark.parametrize("url", ["http://other/x", "HTTP://other/x", " http://other/x", b"http://other/x"])
def test_an_absolute_url_is_taken_as_it_is(base: str, url: str | bytes) -> None:
    assert joined(checked_base(base), url) is url
    assert sent(base, url) == "http://other/x"


@pytest.mark.parametrize("base", [API, SLASHED, "https://h/a/api", "mock://h/api", "https://u:hush@h/api"])
@pytest.mark.parametrize(
    "url",
    [
        "../admin", "/../admin", "%2e%2e/admin", "%2E%2E/admin", ".%2e/admin", "..\\admin", "..%5Cadmin", "..%5cadmin",
        "%2e%2e%5cadmin", "x/../../admin", "x/%2e%2e/%2e%2e/admin", "x//%2e%2e/%2e%2e/admin", "x\\..\\..\\admin",
        "./../admin", "\\../admin", "..", "../", "..?a=1", "..#a", "../apis", "../API/items", "x/..\\../api",
        b"../admin", " ../admin", "\t..%2fx/../../admin",
    ],
)  # fmt: skip
def test_what_leaves_the_base_is_refused(base: str, url: str | bytes) -> None:
    with pytest.raises(InvalidURL, match=r"leads out of base_url '") as caught:
        joined(checked_base(base), url)
    assert "is appended to the path of base_url" in caught.value.explanation
    assert SECRET not in f"{caught.value}{caught.value.explanation}"


@pytest.mark.parametrize("base", [API, "https://h", "https://h/"])
@pytest.mark.parametrize(
    "url", ["//other/x", "///x", "\\\\other", "/\\other/x", "\\/other", "%5C%5Cother", "/%5cother"]
)
def test_a_host_without_a_scheme_is_refused(base: str, url: str) -> None:
    with pytest.raises(InvalidURL, match="names a host, but no scheme"):
        joined(checked_base(base), url)


@pytest.mark.parametrize(
    "base",
    [
        "", "api", "/api", "//h/api", "https:h", "https://", "https:///x", "://h", "1://h", "https://h?x=1",
        "https://h/api?", "https://h/#", "https://:80", "https://u:hush@", "https://h:99999/", "https://[::1/",
        "https://*.h/", b"\xff",
    ],
)  # fmt: skip
def test_a_base_that_is_none_is_a_value_error(base: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^base_url= takes a scheme, a host and perhaps a path") as caught:
        checked_base(base)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("base", [5, object(), ["https://h"], True])
def test_a_base_that_is_no_text_is_a_type_error(base: object) -> None:
    with pytest.raises(TypeError, match="base_url= takes a URL"):
        checked_base(base)


def test_a_long_url_takes_linear_time() -> None:
    base = checked_base(API)
    started = time.process_time()
    for text in ("../" * 100_000, "x:/" * 100_000, "%2e%2e/" * 50_000, "\\" + "a\\" * 100_000, ":" * 300_000):
        try:
            joined(base, text)
        except InvalidURL:
            pass
    assert time.process_time() - started < 10

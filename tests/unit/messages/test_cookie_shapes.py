"""A request as `http.cookiejar` sees it: its host is that of the standard library."""

from __future__ import annotations

from http.cookiejar import eff_request_host  # type: ignore[attr-defined]
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.client import cookie_rules
from httpcore_lite.messages.cookie_shapes import MockRequest
from support.cookies import Request

ODD_URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "HTTP://", "http:", "ws://", "http:/\t/", ""]),
    st.sampled_from(["", "user:secret@", "\t", "a\\@", "/", "?@"]),
    st.sampled_from(["a", "a.example", "A.example:80", "[::1]:8", "127.0.0.1", "", "a\nb", "a b"]),
    st.sampled_from(["", "/", "/x://y/", "?x/", "#/", "/\t/b"]),
)


@given(ODD_URLS, st.sampled_from([None, "other.example", "other.example:8", "u@other", "a/b", ""]))
def test_the_host_of_a_request_is_that_of_the_standard_library(url: str, host: str | None) -> None:
    request = Request(url) if host is None else Request(url, Host=host)
    mock = MockRequest(request)
    expected = eff_request_host(mock)[1]
    assert mock._effective_host() == "." + expected
    assert mock._is_address == cookie_rules.is_address(expected.removesuffix(".local"))
    assert mock.type == urlsplit(url).scheme

"""What may be shown of URLs and fields: everything but what identifies a user, also where the URL is none."""

from __future__ import annotations

import pytest

from httpcore_lite.sansio import redaction


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        # Userinfo, with a scheme and without, with too many slashes and too few.
        ("http://user:hush@h/x", "http://h/x"),
        ("http://hush@h", "http://h"),
        # Short names count as a whole only.
        ("/x?key=hush&sort_key=2&sig=hush&signal=3", "/x?key=[masked]&sort_key=2&sig=[masked]&signal=3"),
        ("http://user:hush@h:80/a@b?c=d@e", "http://h:80/a@b?c=d@e"),
        ("http://user:hu@sh@h/", "http://h/"),
        ("http://user:hush@[::1]:80/", "http://[::1]:80/"),
        ("//user:hush@h/x", "//h/x"),
        ("///user:hush@h/x", "///h/x"),
        ("http:/user:hush@h", "http:/h"),
        ("http:user:hush@h", "http:h"),
        ("HTTPS:user:hush@h", "HTTPS:h"),
        ("http:\\\\user:hush@h", "http:\\\\h"),
        ("user:hush@h", "h"),
        ("/user:hush@h/x", "/h/x"),
        ("hush@h:8080/x", "h:8080/x"),
        ("  http://user:hush@h", "  http://h"),
        ("socks5h://user:hush@h:1080", "socks5h://h:1080"),
        # A password that was not percent-encoded.
        ("http://user:hu/sh@h/x", "http://h/x"),
        ("http://user:hu?sh@h/x", "http://h/x"),
        ("http://user:hu#sh@h/x", "http://h/x"),
        ("http://user:h\\ush@h/x", "http://h/x"),
        ("user:hu/sh@h/x", "h/x"),
        # An escaped `@`, which leaves no port that is one.
        ("http://user:hush%40h:zz/", "http://h:zz/"),
        ("//user:hush%40h:99999", "//h:99999"),
        ("user:hush%40h:zz", "h:zz"),
        ("user:hu%40sh%40h:80/x%40y", "h:80/x%40y"),
        ("h:80/a%40b", "h:80/a%40b"),
        # URLs inside of URLs.
        ("/fetch?url=http://user:hush@h/x", "/fetch?url=http://h/x"),
        ("/fetch?url=http%3A%2F%2Fuser%3Ahush%40h%2Fx", "/fetch?url=http%3A%2F%2Fh%2Fx"),
        ("http://archive/2020/https://user:hush@h/x", "http://archive/2020/https://h/x"),
        # Parameters, in the fragment as well.
        ("/x?token=hush&b=c", "/x?token=[masked]&b=c"),
        ("/x?b=c#access_token=hush&d=e", "/x?b=c#access_token=[masked]&d=e"),
        ("/x?to=/y?token=hush&b=c", "/x?to=/y?token=[masked]&b=c"),
        ("/x?token=hush;hush?hush;b=c;password=hush?a=hush", "/x?token=[masked];b=c;password=[masked]"),
        ("/x?private_key=hush&passphrase=hush&auth-key=hush", None),
        # What is no userinfo stays.
        ("/@scope/package", "/@scope/package"),
        ("/mail@here?b=c", "/mail@here?b=c"),
        ("http://h/p@th", "http://h/p@th"),
        ("http://h:80/p@th", "http://h:80/p@th"),
        ("http://[::1]/p@th", "http://[::1]/p@th"),
        ("page/me@here", "page/me@here"),
        ("?mail=me@here", "?mail=me@here"),
        ("*", "*"),
        ("", ""),
        ("h:443", "h:443"),
    ],
)
def test_a_target_is_shown_without_secrets_also_where_it_is_no_url(target: str, shown: str | None) -> None:
    found = redaction.masked_target(target)
    assert "hush" not in found
    assert shown is None or found == shown
    assert redaction.masked_target(found) == found


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Location", "//user:hush@h/x", "//h/x"),
        ("Location", "/x?token=hush", "/x?token=[masked]"),
        ("Refresh", "5; url=http://user:hush@h/x?token=hush", "5; url=http://h/x?token=[masked]"),
        ("Refresh", "5;URL=//user:hush@h/", "5;URL=//h/"),
        ("Link", "<https://user:hush@h/2>; rel=next, <https://hush@h/1>; rel=prev", None),
        ("Origin", "http://user:hush@h", "http://h"),
        ("Content-Security-Policy", "default-src https://user:hush@h/", "default-src https://h/"),
        ("From", "me@example.com", "me@example.com"),
        ("Link", "</a>; rel=next", "</a>; rel=next"),
    ],
)
def test_a_field_is_shown_without_the_userinfo_of_its_urls(name: str, value: str, shown: str | None) -> None:
    for raw in (value, value.encode()):
        text = redaction.masked([(name, raw)])[0][1]
        assert "hush" not in text
        assert shown is None or text == shown

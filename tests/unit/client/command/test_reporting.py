"""The variables of -w, the table of --timings, the lines of -v, HAR, files of cookies, and the manual page."""

from __future__ import annotations

import json
import re
import sys
from http.cookiejar import MozillaCookieJar
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite
from httpcore_lite.client.command import manual
from httpcore_lite.client.command.cookie_files import read_cookies, written_cookies
from httpcore_lite.client.command.har import MAX_BODY, Body, archive, masked_body
from httpcore_lite.client.command.reporting import Measured, Verbose, timings_table, written_out
from httpcore_lite.client.command.table import SECTIONS
from support.servers import EchoServer

DOCS = Path(httpcore_lite.__file__).parent.parent / "docs"


def measured(**given: object) -> Measured:
    return Measured("http://user:secret@h/?token=secret", "GET", None, 2.0, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        (r"\n\t\r\\n\q", "\n\t\r" + r"\\n\q"),
        ("100%% %{exitcode}%", "100% 7%"),
        ("%{http_code} %{response_code}", "000 000"),
        ("%{url} %{url_effective}", "http://h/?token=secret http://h/?token=secret"),
        ("%{time_total} %{speed_download} %{size_download}", "2.000000 50 100"),
        ("%{content_type}|%{remote_ip}|%{errormsg}", "||what helps"),
        ("%{open", "%{open"),
    ],
)
def test_w_knows_curls_variables_and_escapes(template: str, text: str) -> None:
    assert written_out(template, measured(code=7, error="what helps", received=100)) == (text, [])


@pytest.mark.parametrize("end", ["", "/a@b", "?a=b@c", "#a@b", "\\\\@b"])
def test_w_prints_urls_as_they_are_but_for_user_and_password(end: str) -> None:
    found = Measured("http://me:p@ss@h:80" + end, "GET", None, 1.0).variables()
    assert (found["url"], found["url_effective"]) == ("http://h:80" + end,) * 2


def test_w_tells_of_variables_that_there_are_not_and_has_json_of_all() -> None:
    assert written_out("a%{certs}b%{nothing}", measured()) == ("ab", ["certs", "nothing"])
    promised = (
        "http_code response_code method url_effective num_redirects content_type size_download speed_download "
        "time_namelookup time_connect time_appconnect time_starttransfer time_total remote_ip remote_port local_ip "
        "http_version"
    )
    assert json.loads(written_out("%{json}", measured())[0]).keys() >= set(promised.split())


def test_the_table_of_timings_has_a_column_for_each_exchange() -> None:
    with EchoServer() as server:
        response = httpcore_lite.get(server.url("/redirect/302?to=/text"))
    table = timings_table([*response.history, response])
    assert table[0].split() == ["302", "200"]
    assert [row[:26].strip() for row in table[1:]] == [
        "name lookup", "connecting", "sending the request", "waiting for the response", "receiving the body", "in all",
    ]  # fmt: skip
    assert all(len(row.split(" ms")) > 1 for row in table[1:])


def test_the_lines_of_v_have_no_control_character() -> None:
    info = {"version": 10, "status": 200, "reason": "\x1b[31m", "headers": [("a", "b\nc\x9b")]}
    lines = Verbose().lines("response.head", info)
    assert lines == ["< HTTP/1.0 200 \\x1b[31m", "< a: b c\\x9b", "<"]
    assert Verbose().lines("queue.start", {}) == []


# -- HAR ---------------------------------------------------------------------------------------------------------------


def test_har_has_every_exchange_and_no_secret() -> None:
    with EchoServer() as server, httpcore_lite.Session() as session:
        url = server.url("/redirect/307?to=/cookies/set&token=hidden1&Set-Cookie=id=hidden2")
        response = session.post(
            url + "&password=hidden3",
            json={"name": "Ada", "password": "hidden4", "tokens": ["hidden5"]},
            headers={"Authorization": "hidden6", "X-Api-Key": "hidden7"},
            cookies={"session": "hidden8"},
        )
        body = Body()
        body.add(response.content)
        found = archive([*response.history, response], body, 0.0, "1.0")
    text = json.dumps(found)
    assert re.findall(r"hidden\d", text) == []
    log = json.loads(text)["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "httpcore-lite")
    assert [entry["response"]["status"] for entry in log["entries"]] == [307, 200]
    first = log["entries"][0]
    assert json.loads(first["request"]["postData"]["text"])["name"] == "Ada"
    assert first["startedDateTime"] == "1970-01-01T00:00:00.000Z"
    required = {"startedDateTime", "time", "request", "response", "cache", "timings"}
    assert first.keys() >= required
    assert first["request"].keys() >= {
        "method",
        "url",
        "httpVersion",
        "cookies",
        "headers",
        "queryString",
        "headersSize",
    }
    assert first["response"].keys() >= {"status", "statusText", "content", "redirectURL", "headersSize", "bodySize"}
    assert first["timings"].keys() == {"blocked", "dns", "connect", "ssl", "send", "wait", "receive"}


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (b'{"a": {"api_key": "s"}}', "application/json", '{"a": {"api_key": "[masked]"}}'),
        (b'{ "a" :1}', "application/json", '{ "a" :1}'),
        (b'{"a": 1, "token" : "\\"s", "b', "application/json", '{"a": 1, "token" : [masked]'),
        (b'{"a": {"token": 1}, "a": [1.50]}', "application/json", '{"a": [1.5]}'),
        (b'{"token": 1}\n{"a":1}\n', "application/x-ndjson", '{"token": "[masked]"}\n{"a":1}\n'),
        (b' {"token": "s"}', "application/x-www-form-urlencoded", '{"token": "[masked]"}'),
        (b"[" * 100_000, "application/json", "[" * 100_000),
        (b"a=1&password=s", "application/x-www-form-urlencoded", "a=1&password=[masked]"),
        (b"pass%77ord=s;t#u?v&a=b;c", "application/x-www-form-urlencoded", "pass%77ord=[masked]&a=b;c"),
        (b"text", "text/plain", "text"),
        (b"\xff\x00", "image/png", None),
        (b"--x", "multipart/form-data; boundary=x", None),
    ],
)
def test_a_body_is_kept_without_its_secrets(content: bytes, kind: str, text: str | None) -> None:
    assert masked_body(content, kind) == text


def test_a_long_body_is_counted_and_not_kept() -> None:
    body = Body()
    for _ in range(3):
        body.add(b"x" * (MAX_BODY // 2))
    assert (body.content, body.size, body.pieces) == (None, 3 * (MAX_BODY // 2), [])


# -- cookies -----------------------------------------------------------------------------------------------------------

FILE = (
    "# Netscape HTTP Cookie File\n\n"
    "example.org\tFALSE\t/\tFALSE\t0\ta\t1\n"
    "#HttpOnly_.example.org\tTRUE\t/x\tTRUE\t4102444800\tb\t2\n"
)


def test_cookies_come_back_from_a_file_as_they_were(tmp_path: Path) -> None:
    jar = httpcore_lite.cookies.RequestsCookieJar()
    for name, value, words in read_cookies(FILE + "# a comment\nno cookie\nx\ty\n"):
        jar.set(name, value, **words)
    assert {(each.name, each.value, each.domain, each.path, each.secure, each.expires) for each in jar} == {
        ("a", "1", "example.org", "/", False, None),
        ("b", "2", ".example.org", "/x", True, 4102444800),
    }
    text = written_cookies(jar)
    assert sorted(text.splitlines()[3:]) == sorted(FILE.splitlines()[2:])
    (tmp_path / "jar").write_text(text)
    theirs = MozillaCookieJar()
    theirs.load(str(tmp_path / "jar"), ignore_discard=True, ignore_expires=True)
    assert {each.name for each in theirs} == {"a", "b"}


def test_a_cookie_that_would_be_two_lines_is_not_written() -> None:
    jar = httpcore_lite.cookies.RequestsCookieJar()
    jar.set("a", "1\nexample.org\tFALSE\t/\tFALSE\t0\tevil\t1", domain="h")
    assert "evil" not in written_cookies(jar)


def test_a_line_of_a_cookie_file_ends_with_a_line_feed_and_in_nothing_else() -> None:
    # UTF-8's bytes of some letters are line ends of Latin-1, and int() knows digits that are none of ASCII.
    lines = [
        "h\tFALSE\t/\tFALSE\t0\ta\t\xc3\x85x\r\n",
        "h\tFALSE\t/\tFALSE\t\xb2\tb\t1\n",
        "h\tFALSE\t/\tFALSE\t0\tc\t1",
    ]
    assert [(name, value) for name, value, _ in read_cookies("".join(lines))] == [("a", "\xc3\x85x"), ("c", "1")]


# -- the manual page ---------------------------------------------------------------------------------------------------


def the_maker_of_pages() -> Any:
    if not DOCS.exists():
        pytest.skip("the pages are not beside an installed package")
    sys.path.insert(0, str(DOCS))
    try:
        import manual_page  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(DOCS))
    return manual_page


def test_help_the_manual_page_and_the_docs_name_every_option() -> None:
    maker = the_maker_of_pages()
    text, page, table = manual.help_text(), maker.manual_page("1"), maker.tables()["options"]
    assert all(len(line) <= 100 for line in text.splitlines())
    for _, rows in SECTIONS:
        for row in rows:
            assert f"--{row[1]}" in text and f"`{manual.names_of(row)}`" in table
            assert "\\-\\-" + row[1].replace("-", "\\-") in page


def test_the_pages_are_those_that_the_table_makes() -> None:
    for path, text in the_maker_of_pages().pages().items():
        assert path.read_text(encoding="utf-8") == text, "run python docs/manual_page.py"

"""The name under which a body is saved: what servers say of it, and what is made safe."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.client.file_names import MAX_NAME_BYTES, NAMELESS, file_name, name_of_disposition, safe_name

# The cases of RFC 6266 section 5, of its test suite (greenbytes.de/tech/tc2231), and of servers.
DISPOSITIONS = {
    "attachment": "",
    "": "",
    "inline": "",
    'attachment; filename="foo.html"': "foo.html",
    'inline; filename="foo.html"': "foo.html",
    "attachment; filename=foo.html": "foo.html",
    'Attachment; FileName="foo.html"': "foo.html",
    "attachment;filename=foo bar.html": "foo bar.html",
    'attachment; filename = "foo.html" ; size=12': "foo.html",
    'attachment; foo="a;filename=b"; filename=c': "c",
    'attachment; filename="a;b\\"c\\\\d"': 'a;b"c\\d',
    'attachment; filename="C:\\dir\\new.txt"': "C:\\dir\\new.txt",
    'attachment; filename="foo': "foo",
    'attachment; filename="': "",
    'filename="foo.html"': "foo.html",
    "attachment; filename=first; filename=second": "first",
    "attachment; filename*=UTF-8''%e2%82%ac%20rates": "€ rates",
    "attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates": "€ rates",
    "attachment; filename*=utf-8''%e2%82%ac%20rates; filename=\"EURO rates\"": "€ rates",
    "attachment; filename*=iso-8859-1'en'%A3%20rates": "£ rates",
    "attachment; filename*=\"UTF-8''foo-%c3%a4.html\"": "foo-ä.html",
    # Malformed or unknown: what is plain counts.
    "attachment; filename=plain; filename*=UTF-8''%e2%82": "plain",
    "attachment; filename=plain; filename*=UTF-8''%zz": "plain",
    "attachment; filename=plain; filename*=koi8-r''%c1": "plain",
    "attachment; filename=plain; filename*=UTF-8%c1": "plain",
    "attachment; filename*=UTF-8''%e2%82": "",
    # Bytes of UTF-8, read as Latin-1 like every field; and what is no UTF-8.
    'attachment; filename="' + "Grüße.txt".encode().decode("latin-1") + '"': "Grüße.txt",
    'attachment; filename="Gr\xfc.txt"': "Gr\xfc.txt",
    "attachment; filename=a%20b.txt": "a%20b.txt",
}


@pytest.mark.parametrize("value", DISPOSITIONS)
def test_a_field_gives_the_name_that_browsers_read_in_it(value: str) -> None:
    assert name_of_disposition(value) == DISPOSITIONS[value]


SAFE = {
    "report.pdf": "report.pdf",
    "../../etc/passwd": "passwd",
    "/etc/passwd": "passwd",
    "..\\..\\windows\\system.ini": "system.ini",
    "C:\\dir\\new.txt": "new.txt",
    "C:new.txt": "C_new.txt",
    "new.txt:stream": "new.txt_stream",
    "a/b/": "",
    "..": "",
    ".": "",
    "": "",
    " . . ": "",
    ".bashrc": "bashrc",
    "...x": "x",
    "x.exe. . ": "x.exe",
    "a\x00b\r\n\x1b[31m\x7f\x9bc": "ab[31mc",
    "txt.\u202eexe": "txt.exe",
    "a\u200bb\u2028c\ufeff": "abc",
    "a\xa0b\u3000c": "a b c",
    "\ud800x": "x",
    'what?<>|"*': "what______",
    "CON": "",
    "con.txt": "txt",
    "nul.tar.gz": "tar.gz",
    "Lpt1 .txt": "txt",
    "COM\xb9.log": "log",
    "con.aux.nul": "",
    "console.txt": "console.txt",
    "日本語.txt": "日本語.txt",
    "a.tar.part": "a.tar_part",
    "a.PART.Json": "a_PART.Json",
    "a.part1.rar": "a.part1.rar",
}


@pytest.mark.parametrize("name", SAFE)
def test_a_name_is_one_segment_that_no_system_reads_as_something_else(name: str) -> None:
    assert safe_name(name) == SAFE[name]


@given(st.text(max_size=60) | st.text(alphabet='./\\: conCONul123"\x00', max_size=40))
def test_whatever_is_said_the_name_is_safe_and_stays_as_it_is(name: str) -> None:
    found = safe_name(name)
    assert safe_name(found) == found
    assert not set(found) & set('/\\<>:"|?*\x00')
    assert not found or (found.isprintable() and found[0] not in ". " and found[-1] not in ". ")


@pytest.mark.parametrize(
    ("name", "ending"), [("a" * 300 + ".tar", ".tar"), ("é" * 300, "é"), ("x." + "y" * 300, "y"), ("." * 300, "")]
)
def test_a_long_name_is_cut_and_keeps_a_short_extension(name: str, ending: str) -> None:
    found = safe_name(name)
    assert len(found.encode()) <= MAX_NAME_BYTES
    assert found.endswith(ending)


def test_the_field_comes_before_the_urls_and_there_is_always_a_name() -> None:
    urls = ("http://h/a/", "http://h/b/c%20d.txt?x=/y#z")
    assert file_name("attachment; filename=n.txt", *urls) == "n.txt"
    assert file_name("attachment; filename=..", *urls) == "c d.txt"
    assert file_name(None, *urls) == "c d.txt"
    assert file_name(None, "http://h/%2e%2e%2f%2e%2e%2fetc%2fpasswd") == "passwd"
    assert file_name(None, "http://h") == file_name("attachment", "http://h/..") == file_name(None) == NAMELESS


@pytest.mark.parametrize("piece", ["con.", ";", '"', '\\"', '"a', "a=", ". ", "%e2", "../"])
def test_it_takes_time_in_proportion_to_the_length(piece: str) -> None:
    value = "attachment; filename*=UTF-8''" + piece * (200_000 // len(piece))
    before = time.process_time()
    file_name(value, value)
    file_name("attachment; filename=" + piece * (200_000 // len(piece)))
    assert time.process_time() - before < 2

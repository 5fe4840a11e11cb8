"""HTTPie's items, as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.client.command.item_syntax import parse_items, split_item
from httpcore_lite.client.command.table import UsageError

FILES = {"text": b"gr\xc3\xbc\xc3\x9fe\n", "json": b'{"b": [1]}', "binary": b"\xff\x00"}


@pytest.mark.parametrize(
    ("word", "split"),
    [
        ("Name:value", ("Name", ":", "value")),
        ("Name:", ("Name", ":", "")),
        ("Name;", ("Name", ";", "")),
        ("q==v", ("q", "==", "v")),
        ("field=v", ("field", "=", "v")),
        ("field=a=b", ("field", "=", "a=b")),
        ("field=a:b", ("field", "=", "a:b")),
        ("raw:=[1]", ("raw", ":=", "[1]")),
        ("field=@file", ("field", "=@", "file")),
        ("raw:=@file", ("raw", ":=@", "file")),
        ("file@path", ("file", "@", "path")),
        ("q==@file", ("q", "==@", "file")),
        ("Name:@file", ("Name", ":@", "file")),
        ("a===b", ("a", "==", "=b")),
        # Rule 1: the separator that comes first.
        ("X-Forwarded-Host:a=b", ("X-Forwarded-Host", ":", "a=b")),
        ("a=b:=c", ("a", "=", "b:=c")),
        ("mail=me@example.org", ("mail", "=", "me@example.org")),
        # Rule 2.
        (r"a\:b=c", ("a:b", "=", "c")),
        (r"a\=b:c", ("a=b", ":", "c")),
        (r"a\==b", ("a=", "=", "b")),
        (r"a:\=b", ("a", ":", "=b")),
        (r"a\b=c\d", (r"a\b", "=", r"c\d")),
        (r"a=c:\dir", ("a", "=", r"c:\dir")),
        (r"path\@x@y", ("path@x", "@", "y")),
        ("a=b\\", ("a", "=", "b\\")),
    ],
)
def test_an_item_is_split_as_by_httpie(word: str, split: tuple[str, str, str]) -> None:
    assert split_item(word) == split


@pytest.mark.parametrize(
    "word", ["word", "", "=value", ":value", "@path", "==", r"a\=b", "Name;value", "http://other/"]
)
def test_what_is_no_item_is_refused_in_one_line(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_items([word], FILES.__getitem__)
    assert len(str(caught.value)) <= 105


def test_items_say_headers_parameters_fields_and_files() -> None:
    words = [
        "X-A: 1 ", "X-B:", "X-C;", "X-D:@text", "q==1 2", "p==@text", "a=1", "b:=1.50", "c=@text", "d:=@json",
        "e@path;type=text/csv", "f@path",
    ]  # fmt: skip
    items = parse_items(words, FILES.__getitem__)
    assert items.headers == [("X-A", "1"), ("X-B", None), ("X-C", ""), ("X-D", "grüße")]
    assert items.parameters == [("q", "1 2"), ("p", "grüße")]
    assert items.fields == [("a", "1"), ("b", 1.5), ("c", "grüße\n"), ("d", {"b": [1]})]
    assert items.files == [("e", "path", "text/csv"), ("f", "path", "")]


@pytest.mark.parametrize("word", ["password:=secret", "password:=@text", "password=@binary"])
def test_what_an_item_names_must_be_json_or_text_and_no_value_is_shown(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_items([word], FILES.__getitem__)
    assert "secret" not in str(caught.value)
    assert str(caught.value).startswith(("write JSON behind password:=, or password=", "send the file with password@"))


@given(st.text(st.sampled_from("ab:;=@\\"), max_size=12))
def test_splitting_loses_nothing_but_backslashes(word: str) -> None:
    try:
        name, separator, value = split_item(word)
    except UsageError:
        return
    assert name
    assert (name + separator + value).replace("\\", "") == word.replace("\\", "")

"""HTTPHeaderDict beside urllib3's class of that name."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import urllib3

from httpcore_lite.sansio.http1.headers import HTTPHeaderDict

PAIRS = [("Set-Cookie", "a=1"), ("X", "one"), ("set-cookie", "b=2"), ("Empty", "")]


@pytest.fixture(params=[HTTPHeaderDict, urllib3.HTTPHeaderDict])
def fields(request: pytest.FixtureRequest) -> Any:
    return request.param(PAIRS)


def test_a_field_received_twice_is_joined_and_can_be_had_apart(fields: Any) -> None:
    assert fields["SET-COOKIE"] == "a=1, b=2"
    for name in ("getlist", "getheaders", "get_all", "iget", "getallmatchingheaders"):
        assert getattr(fields, name)("set-Cookie") == ["a=1", "b=2"]
    assert fields.getlist("none") == []
    assert fields.getlist("none", None) is None
    assert fields["empty"] == ""


def test_order_and_first_spelling_are_kept(fields: Any) -> None:
    assert list(fields) == ["Set-Cookie", "X", "Empty"]
    assert len(fields) == 3
    assert list(fields.items()) == [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X", "one"), ("Empty", "")]
    assert list(fields.itermerged())[0] == ("Set-Cookie", "a=1, b=2")
    assert len(fields.items()) == 4
    assert ("x", "one") in fields.items()


def test_setting_replaces_and_adding_does_not(fields: Any) -> None:
    fields["set-cookie"] = "c=3"
    assert fields.getlist("Set-Cookie") == ["c=3"]
    fields.add("X", "two")
    fields.add("x", "three", combine=True)
    assert fields.getlist("x") == ["one", "two, three"]
    fields.discard("x")
    fields.discard("x")
    assert "X" not in fields
    with pytest.raises(KeyError):
        del fields["x"]


def test_equality_ignores_the_case_of_names_only(fields: Any) -> None:
    assert fields == type(fields)([(name.upper(), value) for name, value in PAIRS])
    assert fields != type(fields)([(name, value.upper()) for name, value in PAIRS])
    assert fields != 5


def test_a_name_is_found_in_any_case_and_nothing_but_a_text_is_a_name(fields: Any) -> None:
    assert "set-COOKIE" in fields
    assert "y" not in fields
    assert 5 not in fields
    assert ("x", "two") not in fields.items()
    assert "x" not in fields.items()


def test_keyword_arguments_are_fields_besides_the_first_argument() -> None:
    for kind in (HTTPHeaderDict, urllib3.HTTPHeaderDict):
        assert list(kind({"a": "1"}, b="2").items()) == [("a", "1"), ("b", "2")]


def test_setdefault_gives_what_is_there_and_else_puts_what_is_given(fields: Any) -> None:
    assert fields.setdefault("x", "two") == "one"
    assert fields.setdefault("y", "two") == "two"
    assert fields["Y"] == "two"


def test_setdefault_of_nothing_is_empty() -> None:
    assert HTTPHeaderDict().setdefault("y") == ""


def test_combining_onto_an_absent_field_adds_it(fields: Any) -> None:
    fields.add("y", "one", combine=True)
    assert fields.getlist("y") == ["one"]


class OnlyLikeAMapping:
    """What has `keys` and `[]` and is of no class that says so."""

    def keys(self) -> list[str]:
        return ["x"]

    def __getitem__(self, key: str) -> str:
        return {"x": "two"}[key]


def test_what_is_only_like_a_mapping_merges_and_compares(fields: Any) -> None:
    assert (fields | OnlyLikeAMapping()).getlist("X") == ["one", "two"]
    assert (OnlyLikeAMapping() | fields).getlist("X") == ["two", "one"]
    assert type(fields)(x="two") == OnlyLikeAMapping()
    fields |= OnlyLikeAMapping()
    assert fields.getlist("X") == ["one", "two"]
    with pytest.raises(TypeError):
        fields |= 5
    with pytest.raises(TypeError):
        5 | fields


def test_merging_adds_and_leaves_the_operands_alone(fields: Any) -> None:
    assert (fields | {"x": "two"}).getlist("X") == ["one", "two"]
    assert ({"x": "two"} | fields).getlist("X") == ["two", "one"]
    assert fields.getlist("X") == ["one"]
    with pytest.raises(TypeError):
        fields | 5


def test_copies_are_independent() -> None:
    fields = HTTPHeaderDict(PAIRS)  # copy.copy() of urllib3's shares its lists
    for again in (fields.copy(), copy.copy(fields), pickle.loads(pickle.dumps(fields))):
        assert again == fields
        again.add("X", "more")
        assert fields.getlist("X") == ["one"]


def test_bytes_of_the_wire_are_read_as_latin_1() -> None:
    found = HTTPHeaderDict.from_wire([(b"X", b"\xfc"), (b"x", b"2")])
    assert list(found.items()) == [("X", "ü"), ("X", "2")]

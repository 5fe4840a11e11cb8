"""Promises of CaseInsensitiveDict and LookupDict."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from collections.abc import Mapping, MutableMapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.client.options import merge_setting, merged_headers
from httpcore_lite.sansio.http1.headers import HTTPHeaderDict
from httpcore_lite.structures import CaseInsensitiveDict, LookupDict, fields_of_wire


@pytest.mark.parametrize("key", ["content-type", "CONTENT-TYPE", "Content-Type", "cOnTeNt-TyPe"])
def test_a_field_is_found_deleted_and_contained_in_any_case(key: str) -> None:
    fields = CaseInsensitiveDict({"Content-Type": "text/plain"})
    assert fields[key] == "text/plain"
    assert fields.get(key) == "text/plain"
    assert key in fields
    del fields[key]
    assert key not in fields
    assert fields.get(key) is None
    assert fields.get(key, "other") == "other"
    assert len(fields) == 0


def test_the_last_spelling_is_kept_and_the_place_of_the_first() -> None:
    fields = CaseInsensitiveDict([("Accept", "a"), ("Host", "h")])
    fields["ACCEPT"] = "b"
    assert list(fields.items()) == [("ACCEPT", "b"), ("Host", "h")]
    assert list(fields.lower_items()) == [("accept", "b"), ("host", "h")]
    assert list(fields) == list(fields.keys()) == ["ACCEPT", "Host"]


def test_names_that_differ_in_case_only_are_one_name() -> None:
    for given_fields in ({"A": 1, "b": 2, "a": 3}, [("A", 1), ("b", 2), ("a", 3)]):
        assert list(CaseInsensitiveDict(given_fields).items()) == [("a", 3), ("b", 2)]


def test_it_is_made_of_mappings_pairs_keywords_and_nothing() -> None:
    assert dict(CaseInsensitiveDict()) == {}
    assert dict(CaseInsensitiveDict(None, Accept="x")) == {"Accept": "x"}
    assert dict(CaseInsensitiveDict({"A": 1}, b=2)) == {"A": 1, "b": 2}
    assert dict(CaseInsensitiveDict([("A", 1)])) == {"A": 1}
    assert dict(CaseInsensitiveDict(CaseInsensitiveDict(A=1))) == {"A": 1}


def test_equality_ignores_case_and_order_and_knows_strangers() -> None:
    fields = CaseInsensitiveDict({"A": 1, "B": 2})
    assert fields == {"b": 2, "a": 1}
    assert fields == CaseInsensitiveDict(a=1, b=2)
    assert fields != {"a": 1}
    assert (fields == None) is False  # noqa: E711
    assert fields != [("A", 1), ("B", 2)]
    with pytest.raises(TypeError):
        hash(fields)


def test_repr_is_that_of_a_dict() -> None:
    assert repr(CaseInsensitiveDict({"Accept": "x"})) == str(CaseInsensitiveDict({"Accept": "x"})) == "{'Accept': 'x'}"


def test_a_copy_is_apart_and_of_the_plain_class() -> None:
    class Sub(CaseInsensitiveDict[str]):
        pass

    first = Sub(A="1")
    second = first.copy()
    second["A"] = "2"
    assert type(second) is CaseInsensitiveDict
    assert first["a"] == "1"
    assert copy.copy(first) == first
    assert copy.deepcopy(first) == first


def test_pickle_keeps_class_case_and_order() -> None:
    fields = CaseInsensitiveDict([("B", "1"), ("a", "2")])
    again = pickle.loads(pickle.dumps(fields))
    assert type(again) is CaseInsensitiveDict
    assert list(again.items()) == [("B", "1"), ("a", "2")]


def test_the_rest_of_a_mutable_mapping_works() -> None:
    fields = CaseInsensitiveDict(A="1")
    assert isinstance(fields, MutableMapping)
    assert fields.setdefault("a", "9") == "1"
    assert fields.pop("A") == "1"
    assert fields.pop("A", None) is None
    with pytest.raises(KeyError):
        fields["A"]
    fields.update({"X": "1"}, y="2")
    assert list(fields.values()) == ["1", "2"]
    fields.clear()
    assert not fields
    with pytest.raises(AttributeError):
        fields[3] = "no text"  # type: ignore[index]


def test_a_subclass_that_reads_keys_its_own_way_is_asked_by_every_method() -> None:
    class Underscored(CaseInsensitiveDict[str]):
        def __getitem__(self, key: str) -> str:
            return super().__getitem__(key.replace("_", "-"))

    fields = Underscored({"Content-Type": "x"})
    assert fields["content_type"] == "x"
    assert fields.get("content_type") == "x"
    assert "content_type" in fields

    class WithDefault(CaseInsensitiveDict[str]):
        def __missing__(self, key: str) -> str:
            return "never asked"

        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            return "mine"

        def __getitem__(self, key: str) -> str:
            return "item"

    assert WithDefault().get("a") == "mine"
    assert "a" in WithDefault()


def test_a_subclass_that_writes_keys_its_own_way_is_asked_by_the_constructor() -> None:
    class Shouting(CaseInsensitiveDict[str]):
        def __setitem__(self, key: str, value: str) -> None:
            super().__setitem__(key, value.upper())

    assert Shouting({"a": "x"}, b="y") == {"a": "X", "b": "Y"}


def test_the_class_takes_a_type_argument() -> None:
    assert CaseInsensitiveDict[str]


def test_the_store_may_be_replaced() -> None:
    fields: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    fields._store = OrderedDict(b=("B", "1"), a=("A", "2"))
    assert list(fields) == ["B", "A"]


NAMES = st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=5)


@given(st.lists(st.tuples(st.sampled_from(["set", "delete"]), NAMES, st.integers())))
def test_it_behaves_like_a_dict_of_lower_cased_names(steps: list[tuple[str, str, int]]) -> None:
    fields: CaseInsensitiveDict[int] = CaseInsensitiveDict()
    model: dict[str, int] = {}
    for step, name, value in steps:
        if step == "set":
            fields[name] = value
            model[name.lower()] = value
        else:
            assert fields.pop(name, None) == model.pop(name.lower(), None)
        assert dict(fields.lower_items()) == model
        assert len(fields) == len(model)
        assert fields == model
        assert fields.get(name.upper()) == model.get(name.lower())


def test_a_lookup_gives_none_for_a_key_and_raises_for_an_attribute() -> None:
    names = LookupDict(name="colours")
    names.red = 3
    assert names["red"] == names.get("red") == names.red == 3
    assert names["blue"] is None
    assert names.get("blue", 7) == 7
    assert not hasattr(names, "blue")
    with pytest.raises(AttributeError, match="blue"):
        names.blue  # noqa: B018
    assert repr(names) == "<lookup 'colours'>"
    assert isinstance(names, dict)
    assert isinstance(names, Mapping)
    assert len(names) == 0


def test_names_that_requests_has_by_accident_are_there_too() -> None:
    import typing

    from httpcore_lite import structures

    assert structures.OrderedDict is OrderedDict
    assert structures.Generic is typing.Generic  # type: ignore[attr-defined]
    assert {"OrderedDict", "CaseInsensitiveDict", "overload"} <= set(dir(structures))
    with pytest.raises(AttributeError, match="nothing_like_it"):
        structures.nothing_like_it  # noqa: B018


# -- the short ways give what the long ones give ------------------------------------------------------------------

FIELDS = st.lists(st.tuples(st.sampled_from([b"A", b"a", b"B", b"b-c", b"\xe9"]), st.binary(max_size=3)), max_size=6)


@given(FIELDS)
def test_fields_read_from_the_wire_are_those_of_the_raw_response(fields: list[tuple[bytes, bytes]]) -> None:
    assert list(fields_of_wire(fields).items()) == list(CaseInsensitiveDict(HTTPHeaderDict.from_wire(fields)).items())


PAIRS = st.dictionaries(st.sampled_from(["A", "a", "B", "b", "C"]), st.sampled_from(["1", "2", None]))


@given(PAIRS, PAIRS, st.sampled_from([dict, CaseInsensitiveDict, OrderedDict]))
def test_fields_of_a_call_come_over_those_of_its_session(of_session: dict, own: dict, kind: type) -> None:  # type: ignore[type-arg]
    session = CaseInsensitiveDict(of_session)
    merged = merged_headers(kind(own), session, merge_setting)
    expected = merge_setting(kind(own), session, dict_class=CaseInsensitiveDict)
    assert list(merged.items()) == list(expected.items())
    assert session == CaseInsensitiveDict(of_session)

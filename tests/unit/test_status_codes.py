"""Promises of the status codes' names."""

from __future__ import annotations

import pytest

from httpcore_lite import status_codes
from httpcore_lite.status_codes import codes


@pytest.mark.parametrize(
    ("name", "code"),
    [("ok", 200), ("OK", 200), ("okay", 200), ("not_found", 404), ("IM_A_TEAPOT", 418), ("NONE", 444), ("-O-", 404)],
)
def test_a_name_gives_its_number_as_attribute_and_as_key(name: str, code: int) -> None:
    assert getattr(codes, name) == codes[name] == codes.get(name) == code


def test_drawings_have_no_capitals() -> None:
    assert codes["\\o/"] == 200
    assert codes["/o\\"] == 500
    assert codes["\\O/"] is None
    assert codes["/O\\"] is None


def test_a_name_claimed_twice_belongs_to_the_higher_number() -> None:
    assert codes.uri_too_long == 414
    assert codes.request_uri_too_long == 122


def test_unknown_names() -> None:
    assert codes["no_such_thing"] is None
    with pytest.raises(AttributeError):
        codes.no_such_thing  # noqa: B018


def test_the_table_maps_numbers_to_names_and_every_name_is_in_codes() -> None:
    for code, names in status_codes._codes.items():
        assert 100 <= code <= 599
        assert codes[names[0]] == (414 if code == 122 else code)
    assert repr(codes) == "<lookup 'status_codes'>"

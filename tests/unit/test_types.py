"""The types of the API's parameters, where a program uses them at run time."""

from __future__ import annotations

from httpcore_lite import _types


def test_the_protocols_work_at_run_time() -> None:
    import io

    assert isinstance(io.BytesIO(), _types.SupportsRead)
    assert isinstance({}, _types.SupportsItems)
    assert not isinstance([], _types.SupportsItems)
    assert _types.is_prepared(object())  # type: ignore[arg-type]

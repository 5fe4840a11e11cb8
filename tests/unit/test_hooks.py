"""Promises of the hooks."""

from __future__ import annotations

from typing import Any

from httpcore_lite import hooks


def test_default_hooks_are_new_every_time() -> None:
    first = hooks.default_hooks()
    assert first == {"response": []}
    first["response"].append(print)
    assert hooks.default_hooks() == {"response": []}


def test_a_new_event_gets_its_list(monkeypatch: Any) -> None:
    monkeypatch.setattr(hooks, "HOOKS", ["response", "request"])
    assert hooks.default_hooks() == {"response": [], "request": []}


def test_one_function_or_many_and_each_sees_what_the_one_before_returned() -> None:
    def shorter(text: str, **kwargs: Any) -> str:
        return text[1:]

    assert hooks.dispatch_hook("response", {"response": shorter}, "Data") == "ata"
    assert hooks.dispatch_hook("response", {"response": [shorter, lambda text: None, shorter]}, "Data") == "ta"


def test_no_hooks_leave_the_data_alone() -> None:
    data = object()
    for given in (None, {}, {"response": []}, {"response": None}, {"other": [print]}):
        assert hooks.dispatch_hook("response", given, data) is data  # type: ignore[arg-type]


def test_keywords_reach_the_functions() -> None:
    seen: list[Any] = []
    hooks.dispatch_hook(
        "response", {"response": [lambda data, **kw: seen.append((data, kw))]}, 1, timeout=3, stream=True
    )
    assert seen == [(1, {"timeout": 3, "stream": True})]


def test_a_falsy_result_replaces_the_data_unless_it_is_none() -> None:
    assert hooks.dispatch_hook("response", {"response": lambda data: 0}, 5) == 0

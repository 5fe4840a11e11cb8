"""Every public name of every module of the installed requests exists here too, with the same shape.

Found by introspection, so that nothing is forgotten: names of modules, members of classes, parameters of functions
with their order and defaults, bases of exceptions, values of constants. Ours may have more.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import types
from typing import Any

import pytest

from support.differential import base_name

pytest.importorskip("requests")

MODULES = [
    "", ".adapters", ".api", ".auth", ".certs", ".compat", ".cookies", ".exceptions", ".help", ".hooks", ".models",
    ".packages", ".sessions", ".status_codes", ".structures", ".utils", "._internal_utils", "._types", ".__version__",
]  # fmt: skip

# (module, name) that need not exist or need not be alike, each with its reason. "*" stands for any.
TOLERATED: dict[tuple[str, str], str] = {
    ("*", "annotations"): "a leftover of `from __future__ import annotations`",
    ("*", "TYPE_CHECKING"): "a leftover of typing's import",
    ("*", "Self"): "a leftover of typing's import",
    (".packages", "mod"): "a loop variable left behind",
    (".packages", "package"): "a loop variable left behind",
    (".packages", "target"): "a loop variable left behind",
    (".packages", "imported_mod"): "a loop variable left behind",
}
# Names imported only to annotate: no program looks for them there.
ANNOTATION_ONLY = {"typing", "typing_extensions", "collections.abc", "_typeshed"}
# Constants whose value is ours to choose.
OWN_VALUES = {"__version__", "__build__", "__title__", "__description__", "__url__", "__author__", "__author_email__",
              "__copyright__", "__license__", "__cake__", "requests_version",
              "DEFAULT_CA_BUNDLE_PATH", "DEFAULT_SOCKET_OPTION"}  # fmt: skip


def _theirs(module: str) -> types.ModuleType:
    return importlib.import_module("requests" + module)


def _ours(module: str) -> types.ModuleType:
    return importlib.import_module("httpcore_lite" + module)


def _tolerated(module: str, name: str) -> bool:
    return (module, name) in TOLERATED or ("*", name) in TOLERATED


def _for_annotations(value: Any) -> bool:
    return getattr(value, "__module__", "") in ANNOTATION_ONLY or type(value).__module__ == "typing"


def _names(module: str) -> list[str]:
    names = [name for name in dir(_theirs(module)) if not name.startswith("_")]
    if module in ("", ".__version__"):
        names += [name for name in dir(_theirs(module)) if name in OWN_VALUES]
    return names


PAIRS = [
    (module, name)
    for module in MODULES
    for name in dict.fromkeys(_names(module))
    if not _tolerated(module, name) and (module == "._types" or not _for_annotations(getattr(_theirs(module), name)))
]
CLASSES = [
    (module, name)
    for module, name in PAIRS
    if inspect.isclass(getattr(_theirs(module), name))
    and getattr(_theirs(module), name).__module__ == "requests" + module
    and module != "._types"
]
FUNCTIONS = [
    (module, name)
    for module, name in PAIRS
    if inspect.isfunction(getattr(_theirs(module), name))
    and getattr(_theirs(module), name).__module__.startswith("requests")
]
MEMBERS = [
    (module, name, member)
    for module, name in CLASSES
    for member in dir(getattr(_theirs(module), name))
    if not member.startswith("_") or member in ("__attrs__", "__getstate__", "__setstate__", "__enter__", "__iter__")
]


def _kind(value: Any) -> str:
    if inspect.ismodule(value):
        return "module"
    if inspect.isclass(value):
        return "class"
    return "callable" if callable(value) else "value"


@pytest.mark.parametrize(("module", "name"), PAIRS, ids=lambda part: part or "requests")
def test_a_public_name_exists_and_is_of_the_same_kind(module: str, name: str) -> None:
    theirs = getattr(_theirs(module), name)
    assert hasattr(_ours(module), name)
    ours = getattr(_ours(module), name)
    if module == "._types":
        return
    assert _kind(ours) == _kind(theirs)
    plain = isinstance(theirs, int | str | tuple | list) and not isinstance(theirs, enum.Enum)
    if plain and name not in OWN_VALUES:
        assert ours == theirs


def _shape(function: Any) -> list[tuple[str, str, str]]:
    """Parameters as (name, kind, default)."""
    shown = []
    for parameter in inspect.signature(function).parameters.values():
        default = "" if parameter.default is parameter.empty else repr(parameter.default)
        shown.append((parameter.name, parameter.kind.name, default.partition(" at 0x")[0]))
    return shown


def _assert_same_parameters(theirs: Any, ours: Any) -> None:
    try:
        wanted = _shape(theirs)
    except (TypeError, ValueError):
        return
    got = _shape(ours)
    names = {name for name, _, _ in wanted}
    extra = [each for each in got if each[0] not in names]
    assert [each for each in got if each[0] in names] == wanted
    assert all(kind in ("KEYWORD_ONLY", "VAR_KEYWORD") for _, kind, _ in extra)


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_a_function_takes_the_same_parameters(module: str, name: str) -> None:
    _assert_same_parameters(getattr(_theirs(module), name), getattr(_ours(module), name))


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_a_class_is_made_with_the_same_parameters(module: str, name: str) -> None:
    theirs, ours = getattr(_theirs(module), name), getattr(_ours(module), name)
    if theirs.__init__ is not object.__init__ and not issubclass(theirs, BaseException):
        _assert_same_parameters(theirs.__init__, ours.__init__)


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_a_class_has_the_same_bases_by_name(module: str, name: str) -> None:
    theirs, ours = getattr(_theirs(module), name), getattr(_ours(module), name)
    wanted = [base_name(base) for base in theirs.__mro__ if base.__module__ != "typing"]
    got = [base_name(base) for base in ours.__mro__]
    assert [base for base in wanted if base not in got] == []


@pytest.mark.parametrize(("module", "name", "member"), MEMBERS)
def test_a_class_member_exists_and_takes_the_same_parameters(module: str, name: str, member: str) -> None:
    theirs, ours = getattr(_theirs(module), name), getattr(_ours(module), name)
    assert hasattr(ours, member)
    mine, other = inspect.getattr_static(ours, member), inspect.getattr_static(theirs, member)
    if inspect.isfunction(other):
        _assert_same_parameters(getattr(theirs, member), getattr(ours, member))
    elif isinstance(other, list | tuple | int | str):
        assert (
            [each for each in [mine] if each == other] == [other]
            if not isinstance(other, list)
            else set(other) <= set(mine)
        )


def test_attributes_of_instances_exist() -> None:
    import requests

    import httpcore_lite

    for make in ("Session", "Response", "Request", "PreparedRequest"):
        theirs, ours = getattr(requests, make)(), getattr(httpcore_lite, make)()
        missing = [name for name in vars(theirs) if not hasattr(ours, name)]
        assert missing == [], make
    theirs, ours = requests.adapters.HTTPAdapter(), httpcore_lite.adapters.HTTPAdapter()
    assert [name for name in vars(theirs) if not hasattr(ours, name)] == []


def test_every_star_name_of_requests_is_a_star_name_of_ours() -> None:
    theirs: dict[str, Any] = {}
    ours: dict[str, Any] = {}
    exec("from requests import *", theirs)
    exec("from httpcore_lite import *", ours)
    missing = {name for name in theirs if name not in ours and not name.startswith("__")}
    assert {name for name in missing if not _tolerated("", name)} <= {
        "urllib3",
        "chardet",
        "chardet_version",
        "warnings",
    }


def test_the_tolerance_list_is_short_and_reasoned() -> None:
    assert len(TOLERATED) < 30
    assert all(TOLERATED.values())

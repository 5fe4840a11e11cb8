"""Promises of the helpers that cost nothing to have."""

from __future__ import annotations

import http.client
import io
import subprocess
import sys
from http.cookiejar import CookieJar, LWPCookieJar
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite
from httpcore_lite import _internal_utils as utils


def test_native_strings() -> None:
    assert utils.to_native_string(b"ascii") == utils.to_native_string("ascii") == "ascii"
    assert utils.to_native_string(b"\xc3\xa9", "utf-8") == "\u00e9"
    with pytest.raises(UnicodeDecodeError):
        utils.to_native_string(b"\xc3\xa9")


def test_ascii() -> None:
    assert utils.unicode_is_ascii("plain") is True
    assert utils.unicode_is_ascii("\u00e9") is False
    with pytest.raises(AssertionError):
        utils.unicode_is_ascii(b"bytes")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "good"),
    [("X-Ok", True), ("a b", True), ("", False), (" a", False), ("a:b", False), ("a\n", False), ("a\rb", False)],
)
def test_the_name_validator(name: str, good: bool) -> None:
    assert bool(utils.HEADER_VALIDATORS[str][0].match(name)) is good
    assert bool(utils.HEADER_VALIDATORS[bytes][0].match(name.encode())) is good


@pytest.mark.parametrize(
    ("value", "good"),
    [("", True), ("a: b ", True), ("x" * 9, True), (" a", False), ("\ta", False), ("a\n", False), ("\n", False)],
)
def test_the_value_validator(value: str, good: bool) -> None:
    assert bool(utils.HEADER_VALIDATORS[str][1].match(value)) is good
    assert bool(utils.HEADER_VALIDATORS[bytes][1].match(value.encode())) is good


def test_unknown_names_are_unknown() -> None:
    for name in ("nothing", "_VALID_HEADER_NOTHING"):
        with pytest.raises(AttributeError, match=name):
            getattr(utils, name)
    assert "HEADER_VALIDATORS" in dir(utils)


def test_jars_are_told_from_everything_else() -> None:
    assert utils.is_cookiejar(CookieJar())
    assert utils.is_cookiejar(LWPCookieJar())
    for other in (None, {}, "jar", CookieJar):
        assert not utils.is_cookiejar(other)


def test_asking_whether_something_is_a_jar_loads_nothing() -> None:
    code = (
        "import sys; from httpcore_lite import _internal_utils as u; before = set(sys.modules);"
        "assert not u.is_cookiejar({}); assert not u.has_set_cookie(None);"
        "assert set(sys.modules) == before; assert 'http.cookiejar' not in before; assert 're' not in before"
    )
    root = str(Path(utils.__file__).parent.parent)
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env={"PYTHONPATH": root})


class Original:
    def __init__(self, *fields: tuple[str, str]) -> None:
        self.msg = http.client.HTTPMessage()
        for name, value in fields:
            self.msg[name] = value


class Raw:
    def __init__(self, original: Any) -> None:
        self._original_response = original


def test_a_response_that_sets_cookies_is_told_from_one_that_does_not() -> None:
    assert utils.has_set_cookie(Raw(Original(("set-cookie", "a=b"))))
    assert utils.has_set_cookie(Raw(Original(("Set-Cookie2", "a=b"))))
    assert not utils.has_set_cookie(Raw(Original(("Content-Type", "a=b"))))
    for raw in (None, io.BytesIO(), Raw(None), Raw(object())):
        assert not utils.has_set_cookie(raw)


def test_names_that_are_made_are_kept_and_fresh_ones_are_asked_for_each_time() -> None:
    namespace: dict[str, Any] = {"__name__": "some.module"}
    numbers = iter(range(9))
    kept, fresh = (lambda name: f"{name} {next(numbers)}"), (lambda name: f"{name} {next(numbers)}")
    resolve, names = utils.lazy_names(namespace, {}, {"kept": kept}, {"fresh": fresh})
    assert set(names()) == {"__name__", "kept", "fresh"}
    assert resolve("kept") == "kept 0" == namespace["kept"]
    assert (resolve("fresh"), resolve("fresh")) == ("fresh 1", "fresh 2")
    assert "fresh" not in namespace


def test_specs_are_found_without_an_import() -> None:
    assert utils.find_spec("wsgiref.util") is not None
    assert utils.find_spec("no_such_module") is None
    assert utils.find_spec("no_such_module.below") is None
    assert utils.find_spec("os.path") is None, "a module is no package"
    code = "import sys; from httpcore_lite._internal_utils import find_spec; find_spec('wsgiref.util'); "
    code += "print('wsgiref' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout.strip() == "False"


def test_lazy_names_are_resolved_once_and_kept() -> None:
    namespace: dict[str, Any] = {"__name__": "some.module"}
    rows = {"import": "os.path stack=httpcore_lite .hooks", "collections": "OrderedDict deque", "os.path": "link=join"}
    resolve, names = utils.lazy_names(namespace, rows)
    assert {"OrderedDict", "deque", "path", "stack", "hooks", "link", "__name__"} == set(names())
    import collections
    import os

    assert resolve("deque") is collections.deque
    assert namespace["deque"] is collections.deque
    assert resolve("path") is os.path
    assert resolve("link") is os.path.join
    assert resolve("stack") is httpcore_lite and resolve("hooks") is httpcore_lite.hooks
    namespace["OrderedDict"] = dict
    assert resolve("OrderedDict") is dict, "what a program has put there in the meantime stays"
    with pytest.raises(AttributeError, match=r"'some\.module' has no attribute 'other'"):
        resolve("other")


def test_a_late_room_is_loaded_once_and_its_names_are_those_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    load = utils.load
    monkeypatch.setattr(utils, "load", lambda name: (loaded.append(name), load(name))[1])
    room = utils.late("io")
    assert not loaded
    assert room.StringIO is io.StringIO
    monkeypatch.setattr(io, "StringIO", "another")
    assert room.StringIO == "another"
    assert loaded == ["io"]
    assert utils.late(".hooks").default_hooks is httpcore_lite.hooks.default_hooks
    with pytest.raises(AttributeError, match="nothing"):
        room.nothing  # noqa: B018


@pytest.mark.parametrize("name", ["http.cookiejar", "http.cookies", "http.client", "logging", "urllib3.exceptions"])
def test_a_module_that_another_thread_is_still_loading_has_nothing_yet(name: str) -> None:
    """It stands in `sys.modules` from its first line on."""
    code = f"""
import sys, types
import httpcore_lite
assert not httpcore_lite._internal_utils.is_cookiejar(dict())
half = sys.modules["{name}"] = types.ModuleType("{name}")
assert not httpcore_lite._internal_utils.is_cookiejar(dict())
from httpcore_lite import exceptions
from httpcore_lite.sansio import trace, urllib3_log
exceptions.ContentDecodingError("text")
trace.watcher(None)
trace.debug_level()
urllib3_log.write("connectionpool", 10, "text")
if "{name}" == "http.cookies":
    httpcore_lite.Request("GET", "http://example.org", cookies=dict(a="b")).prepare()
    httpcore_lite.cookies.RequestsCookieJar().set("a", "b")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stderr, done.returncode) == ("", 0)

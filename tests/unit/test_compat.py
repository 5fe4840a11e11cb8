"""requests.compat: every name, each loaded when it is first asked for."""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import Any

import pytest

from httpcore_lite import compat
from support.programs import run_code


def test_every_name_can_be_imported_and_listed() -> None:
    space: dict[str, Any] = {}
    exec("from httpcore_lite.compat import *", space)
    assert set(compat.__all__) <= set(space)
    assert set(compat.__all__) <= set(dir(compat))


def test_names_of_the_standard_library_are_its_objects() -> None:
    import http.cookiejar
    import urllib.parse
    import urllib.request
    from collections import OrderedDict
    from http.cookies import Morsel

    assert compat.urljoin is urllib.parse.urljoin
    assert compat.cookielib is http.cookiejar
    assert compat.Morsel is Morsel
    assert compat.OrderedDict is OrderedDict
    assert compat.getproxies is urllib.request.getproxies
    assert compat.basestring == (str, bytes)
    assert compat.builtin_str is compat.str is str
    assert compat.bytes is bytes
    assert compat.numeric_types == (int, float)
    assert compat.integer_types == (int,)
    assert compat.is_py3
    assert not compat.is_py2
    assert compat.is_urllib3_1 is False
    assert int(compat.urllib3_version.split(".")[0]) >= 1
    with pytest.raises(AttributeError):
        _ = compat.no_such_name  # type: ignore[attr-defined]


def test_simplejson_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = ModuleType("simplejson")
    stand_in.JSONDecodeError = type("JSONDecodeError", (ValueError,), {})  # type: ignore[attr-defined]
    names = ("json", "has_simplejson", "JSONDecodeError")
    for name in names:
        monkeypatch.delitem(compat.__dict__, name, raising=False)
    monkeypatch.setitem(sys.modules, "simplejson", stand_in)
    try:
        assert compat.json is stand_in
        assert compat.has_simplejson
        assert compat.JSONDecodeError is stand_in.JSONDecodeError
        for name in names:
            del compat.__dict__[name]
        monkeypatch.setitem(sys.modules, "simplejson", None)
        assert compat.json is json
        assert not compat.has_simplejson
    finally:
        for name in names:
            compat.__dict__.pop(name, None)


def test_chardet_goes_before_charset_normalizer(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = ModuleType("chardet"), ModuleType("charset_normalizer")
    monkeypatch.setitem(sys.modules, "chardet", one)
    monkeypatch.setitem(sys.modules, "charset_normalizer", other)
    assert compat._resolve_char_detection() is one
    monkeypatch.setitem(sys.modules, "chardet", None)
    assert compat._resolve_char_detection() is other


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "import httpcore_lite.compat, httpcore_lite.utils, httpcore_lite.certs, httpcore_lite.help\n"
        "heavy = 'ssl http.cookiejar urllib.parse urllib.request email idna certifi netrc socket tempfile '\n"
        "heavy += 'zipfile json typing contextlib platform chardet charset_normalizer'\n"
        "print(sorted(set(heavy.split()) & (set(sys.modules) - before)))"
    )
    assert run_code(code) == "[]"

"""compat, certs, help and _types: every name of requests, loaded when it is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from httpcore_lite import (
    _types,
    certs,
    compat,
    help,
)

HERE = str(Path(certs.__file__).parents[1])


def run(code: str, *path: str) -> str:
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join([*path, HERE]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# -- compat ------------------------------------------------------------------------------------------------


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
    assert run(code) == "[]"


# -- certs -------------------------------------------------------------------------------------------------


def test_the_bundle_is_certifis_and_certifi_is_not_imported() -> None:
    import certifi

    code = "import sys; from httpcore_lite import certs; print(certs.where(), 'certifi' in sys.modules)"
    assert run(code) == f"{certifi.where()} False"
    assert certs.where() == certifi.where()


def test_a_replaced_where_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import certifi

    monkeypatch.setattr(certifi, "where", lambda: "/elsewhere")
    assert certs.where() == "/elsewhere"


FAKE = "def where():\n    return {!r}\n"


def fake_certifi(folder: Path, source: str, bundle: bool) -> Path:
    package = folder / "certifi"
    package.mkdir()
    (package / "__init__.py").write_text("from .core import where\n")
    (package / "core.py").write_text(source)
    if bundle:
        (package / "cacert.pem").write_text("")
    return package


@pytest.mark.parametrize(
    ("source", "bundle"),
    [
        (FAKE.format("/distribution/ca.crt"), True),
        ('NAME = "cacert.pem"\n' + FAKE.format("/etc/ssl/certs/ca-certificates.crt"), True),
        ('NAME = "cacert.pem"\n' + FAKE.format("elsewhere"), False),
    ],
)
def test_a_certifi_that_a_distribution_changed_is_asked(tmp_path: Path, source: str, bundle: bool) -> None:
    fake_certifi(tmp_path, source, bundle)
    out = run(
        "import sys; from httpcore_lite import certs; print(certs.where(), 'certifi' in sys.modules)", str(tmp_path)
    )
    assert out.endswith(" True")
    assert out.split()[0] in source


def test_a_certifi_in_an_archive_is_asked(tmp_path: Path) -> None:
    archive = tmp_path / "site.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("certifi/__init__.py", 'NAME = "cacert.pem"\n' + FAKE.format("out of the archive"))
    assert run("from httpcore_lite import certs; print(certs.where())", str(archive)) == "out of the archive"


def test_a_certifi_that_an_import_hook_changes_is_asked(tmp_path: Path) -> None:
    fake_certifi(tmp_path, 'NAME = "cacert.pem"\n' + FAKE.format("unpatched"), True)
    code = (
        "import sys\n"
        "from importlib.machinery import PathFinder, SourceFileLoader\n"
        "class Loader(SourceFileLoader):\n"
        "    def exec_module(self, module):\n"
        "        super().exec_module(module); module.where = lambda: 'patched'\n"
        "class Hook:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'certifi':\n"
        "            spec = PathFinder.find_spec(name, path)\n"
        "            spec.loader = Loader(name, spec.origin)\n"
        "            return spec\n"
        "sys.meta_path.insert(0, Hook())\n"
        "from httpcore_lite import certs\n"
        "print(certs.where())"
    )
    assert run(code, str(tmp_path)) == "patched"


def test_the_module_is_a_command() -> None:
    assert run("import runpy; runpy.run_module('httpcore_lite.certs', run_name='__main__')") == certs.where()


# -- help --------------------------------------------------------------------------------------------------


def test_info_has_requests_keys_and_ours() -> None:
    info = help.info()
    expected = "platform implementation system_ssl using_pyopenssl using_charset_normalizer pyOpenSSL urllib3 chardet "
    expected += "charset_normalizer cryptography idna requests httpcore_lite h11 certifi ssl"
    assert set(info) == set(expected.split())
    assert info["system_ssl"]["version"]
    assert info["implementation"]["version"]
    json.dumps(info)


class Package:
    def __init__(self, version: str) -> None:
        self.__version__ = version


def test_modules_are_looked_up_where_programs_patch_them() -> None:
    with mock.patch("httpcore_lite.help.idna", new=None):
        assert help.info()["idna"] == {"version": ""}
    with mock.patch("httpcore_lite.help.idna", new=Package("2.6")):
        assert help.info()["idna"] == {"version": "2.6"}
    with mock.patch("httpcore_lite.help.chardet", new=Package("5")):
        assert help.info()["chardet"] == {"version": "5"}
        assert help.info()["using_charset_normalizer"] is False


def test_a_platform_that_cannot_be_told_is_unknown() -> None:
    with mock.patch("platform.system", side_effect=OSError):
        assert help.info()["platform"] == {"system": "Unknown", "release": "Unknown"}
    with mock.patch("platform.python_implementation", return_value="Other"):
        assert help._implementation() == {"name": "Other", "version": "Unknown"}


def test_main_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    help.main()
    assert json.loads(capsys.readouterr().out)["implementation"]["name"]


# -- _types ------------------------------------------------------------------------------------------------


def test_the_protocols_work_at_run_time() -> None:
    import io

    assert isinstance(io.BytesIO(), _types.SupportsRead)
    assert isinstance({}, _types.SupportsItems)
    assert not isinstance([], _types.SupportsItems)
    assert _types.is_prepared(object())  # type: ignore[arg-type]

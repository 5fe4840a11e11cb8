"""The front door: requests' names, each loaded on first use."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

import httpcore_lite

FOLDER = Path(httpcore_lite.__file__).parent
HEAVY = {"ssl", "http.cookiejar", "idna", "certifi", "json", "zlib", "email", "netrc", "logging", "socket", "h11",
         "threading", "typing", "urllib.parse", "re"}  # fmt: skip


def fresh(code: str, *flags: str) -> str:
    """Run code in an interpreter of its own and return what it printed."""
    done = subprocess.run([sys.executable, *flags, "-c", code], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(statement: str) -> set[str]:
    """The modules that a bare interpreter loads for a statement."""
    # -S leaves out what site loads; the package is found by the path handed on.
    code = f"import sys; sys.path.insert(0, {str(FOLDER.parent)!r}); before = set(sys.modules); {statement}; "
    return set(fresh(code + "print(*sorted(set(sys.modules) - before))", "-S", "-E").split())


def test_importing_the_package_loads_three_small_modules_of_ours_and_nothing_else() -> None:
    loaded = loaded_by("import httpcore_lite")
    assert loaded == {"__future__", "httpcore_lite", "httpcore_lite._alias", "httpcore_lite._internal_utils"}


def test_catching_an_exception_class_loads_no_machinery() -> None:
    loaded = loaded_by("import httpcore_lite; httpcore_lite.Timeout; httpcore_lite.codes.ok")
    assert loaded & HEAVY == set()


def test_making_a_session_does_not_load_what_only_a_request_needs() -> None:
    loaded = loaded_by("import httpcore_lite; httpcore_lite.Session()")
    assert loaded & {"ssl", "http.cookiejar", "idna", "certifi", "json", "email", "netrc", "urllib.request"} == set()


def test_names_are_attributes_without_having_been_imported() -> None:
    code = "import httpcore_lite as r; print(r.adapters.HTTPAdapter.__name__, r.exceptions.Timeout.__name__)"
    assert fresh(code).split() == ["HTTPAdapter", "Timeout"]


def test_star_import_gives_every_public_name() -> None:
    names: dict[str, object] = {}
    exec("from httpcore_lite import *", names)
    assert set(httpcore_lite.__all__) <= set(names)


def test_dir_shows_what_can_be_had() -> None:
    shown = dir(httpcore_lite)
    assert set(httpcore_lite.__all__) <= set(shown)
    for name in shown:
        getattr(httpcore_lite, name)


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = httpcore_lite.no_such_name
    with pytest.raises(ImportError):
        exec("from httpcore_lite import no_such_name")


def test_a_name_assigned_by_a_program_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    marker = object()
    monkeypatch.setattr(httpcore_lite, "get", marker)
    assert httpcore_lite.get is marker
    monkeypatch.undo()
    assert httpcore_lite.get is httpcore_lite.api.get


def test_what_type_checkers_are_told_is_what_the_table_resolves() -> None:
    """The imports under TYPE_CHECKING and the table of lazy names are two lists of one truth."""
    tree = ast.parse(Path(httpcore_lite.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    told = set()
    for node in block.body:
        if isinstance(node, ast.ImportFrom) and node.level:
            told |= {(f".{node.module}", alias.name) if node.module else ("import", f".{alias.name}")
                     for alias in node.names}  # fmt: skip
    table = {(module, name) for module, names in httpcore_lite._ROWS.items() for name in names.split()}
    foreign = {("import", name) for name in ("logging", "ssl", "warnings")} | {("logging", "NullHandler")}
    assert told == table - foreign - {(".packages", "urllib3")}


def test_no_module_has_the_name_of_something_at_the_front_door() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} | {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    names = {name for key, text in httpcore_lite._ROWS.items() if key != "import" for name in text.split()}
    assert modules & names == set()


def test_the_version_is_a_text_whatever_is_imported_under_its_name() -> None:
    assert httpcore_lite.__version__ == importlib.import_module("httpcore_lite.__version__").__version__
    importlib.reload(sys.modules["httpcore_lite.__version__"])
    assert isinstance(httpcore_lite.__version__, str)
    assert isinstance(httpcore_lite.__build__, int)


def test_a_program_may_assign_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpcore_lite, "__version__", "9.9")
    assert httpcore_lite.__version__ == "9.9"


@pytest.mark.parametrize(("name", "value"), [("__version__", "2.3.0"), ("__build__", 0x020300)])
def test_version_and_build_can_be_patched_and_are_put_back(name: str, value: object) -> None:
    own = getattr(httpcore_lite, name)
    with mock.patch.object(httpcore_lite, name, value):
        assert getattr(httpcore_lite, name) == value
    assert getattr(httpcore_lite, name) == own


def test_compatibility_can_be_checked_as_requests_checks_it() -> None:
    httpcore_lite.check_compatibility("2.8.0", None, "3.4.0")
    httpcore_lite.check_compatibility("1.26", "5.2.0", None)
    for wrong in (("1.20", None, "3.4.0"), ("2.8.0", "2.0.0", None), ("2.8.0", None, "4.0.0"), ("dev", None, None)):
        with pytest.raises(AssertionError):
            httpcore_lite.check_compatibility(*wrong)
    with pytest.warns(httpcore_lite.RequestsDependencyWarning):
        httpcore_lite.check_compatibility("2.8.0", None, None)


def test_every_name_at_the_top_of_requests_is_here() -> None:
    requests = pytest.importorskip("requests")
    here = set(dir(httpcore_lite))
    missing = {name for name in vars(requests) if name not in here and not name.startswith("_")}
    assert missing <= {"annotations"}
    assert inspect.ismodule(httpcore_lite.urllib3)


def test_vars_shows_the_public_names_and_what_is_put_there_counts() -> None:
    # requests_unixsocket.monkeypatch() goes this way.
    code = """
import sys, httpcore_lite as requests
before = len(sys.modules)
requests.codes
assert "httpcore_lite.sessions" not in sys.modules
names = vars(requests)
assert set(requests.__all__) <= set(names), set(requests.__all__) - set(names)
assert {"adapters", "sessions", "urllib3", "logging", "ssl", "__version__", "__build__"} <= set(names)
assert names["__version__"] == requests.__version__ and names["get"] is requests.get
names["get"] = "theirs"
assert requests.get == "theirs" and vars(requests)["get"] == "theirs"
assert requests.__dict__ is names
print("well")
"""
    assert fresh(code) == "well\n"


def test_the_title_is_that_of_requests_where_the_package_stands_in_for_it() -> None:
    code = (
        "import httpcore_lite as r\n"
        "assert r.__title__ == 'httpcore-lite'\n"
        "r.install_as_requests()\n"
        "import requests\n"
        "assert requests.__title__ == 'requests'\n"
        "from requests import __title__; assert __title__ == 'requests'\n"
        "requests.__title__ = 'mine'; assert requests.__title__ == 'mine'\n"
        "del requests.__title__; assert requests.__title__ == 'requests'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)

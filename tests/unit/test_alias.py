"""One package under two names."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import httpcore_lite
from support.programs import WITHOUT_THEM

ROOT = Path(httpcore_lite.__file__).parent.parent


def fresh(code: str, *arguments: str) -> str:
    """Run code in an interpreter of its own and return what it printed."""
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_package_does_not_take_the_name_of_requests() -> None:
    assert fresh("import sys, httpcore_lite; print('requests' in sys.modules)") == "False"


def test_after_install_import_requests_is_this_package() -> None:
    code = """
        import httpcore_lite
        httpcore_lite.install_as_requests()
        import requests, requests.exceptions
        from requests.adapters import HTTPAdapter
        assert requests is httpcore_lite
        assert requests.exceptions.ConnectionError is httpcore_lite.exceptions.ConnectionError
        assert HTTPAdapter is httpcore_lite.adapters.HTTPAdapter
        print("one")
    """
    assert fresh(code) == "one"


@pytest.mark.parametrize("first", ["httpcore_lite", "requests"])
@pytest.mark.parametrize("how", ["httpcore_lite.install_as_requests()", "sys.modules['requests'] = httpcore_lite"])
def test_a_submodule_is_one_object_whichever_name_was_imported_first(how: str, first: str) -> None:
    code = f"""
        import importlib, sys, httpcore_lite
        {how}
        rooms = ["adapters", "api", "auth", "certs", "compat", "cookies", "exceptions", "help", "hooks", "models",
                 "packages", "sessions", "status_codes", "structures", "utils", "_internal_utils", "_types",
                 "__version__", "sansio.errors", "packages.urllib3", "packages.urllib3.util.retry"]
        names = ["httpcore_lite", "requests"] if {first == "httpcore_lite"} else ["requests", "httpcore_lite"]
        for room in rooms:
            one, other = (importlib.import_module(name + "." + room) for name in names)
            assert one is other, room
            assert sys.modules["requests." + room] is sys.modules["httpcore_lite." + room]
        print("one")
    """
    assert fresh(code) == "one"


def test_a_submodule_loaded_before_the_install_is_the_same_afterwards() -> None:
    code = """
        import httpcore_lite.sessions as before, httpcore_lite
        httpcore_lite.install_as_requests()
        import requests.sessions
        print(requests.sessions is before)
    """
    assert fresh(code) == "True"


def test_a_submodule_keeps_its_own_name_and_spec() -> None:
    code = """
        import httpcore_lite
        httpcore_lite.install_as_requests()
        import requests.structures as room
        print(room.__name__, room.__spec__.name, room.__package__, room.CaseInsensitiveDict.__module__)
    """
    assert fresh(code) == "httpcore_lite.structures httpcore_lite.structures httpcore_lite httpcore_lite.structures"


def test_the_alias_is_lazy() -> None:
    code = """
        import sys, httpcore_lite
        httpcore_lite.install_as_requests()
        import requests
        print(sorted(name for name in sys.modules if name.startswith(("requests.", "httpcore_lite."))))
    """
    assert fresh(code) == "['httpcore_lite._alias', 'httpcore_lite._internal_utils']"


def test_installing_twice_does_nothing() -> None:
    code = """
        import sys, httpcore_lite
        httpcore_lite.install_as_requests()
        path = list(sys.meta_path)
        import requests
        requests.install_as_requests()
        print(requests is httpcore_lite, path == sys.meta_path)
    """
    assert fresh(code) == "True True"


def test_the_version_is_that_of_the_api_only_while_installed() -> None:
    code = """
        import sys, httpcore_lite
        own = httpcore_lite.__version__
        httpcore_lite.install_as_requests()
        import requests.__version__
        print(requests.__version__, hex(requests.__build__))
        del sys.modules["requests"]
        print(httpcore_lite.__version__ == own)
    """
    assert fresh(code).split() == ["2.34.2", "0x23402", "True"]


def test_the_user_agent_is_that_of_requests_only_while_installed() -> None:
    code = """
        import httpcore_lite
        own = httpcore_lite.utils.default_headers()["User-Agent"]
        httpcore_lite.install_as_requests()
        print(own.partition("/")[0], httpcore_lite.utils.default_headers()["User-Agent"])
    """
    assert fresh(code).split() == ["httpcore_lite", "python-requests/2.34.2"]


def test_a_submodule_that_does_not_exist_is_missing_under_the_name_that_was_asked_for() -> None:
    code = """
        import httpcore_lite, importlib.util
        httpcore_lite.install_as_requests()
        print(importlib.util.find_spec("requests.no_such_room"))
        try:
            import requests.no_such_room
        except ModuleNotFoundError as error:
            print(error.name)
    """
    assert fresh(code).split() == ["None", "requests.no_such_room"]


def test_a_real_requests_that_is_loaded_is_not_replaced_unasked() -> None:
    pytest.importorskip("requests")
    code = """
        import requests, httpcore_lite
        try:
            httpcore_lite.install_as_requests()
        except RuntimeError as error:
            print("force=True" in str(error), requests.__file__ in str(error))
        import requests.sessions
        print(requests is httpcore_lite)
    """
    assert fresh(code).split() == ["True", "True", "False"]


def test_force_replaces_a_real_requests_with_all_its_submodules() -> None:
    pytest.importorskip("requests")
    code = """
        import requests.sessions as theirs, httpcore_lite
        httpcore_lite.install_as_requests(force=True)
        import requests.sessions
        print(requests is httpcore_lite, requests.sessions is httpcore_lite.sessions, requests.sessions is theirs)
    """
    assert fresh(code).split() == ["True", "True", "False"]


def test_the_real_requests_is_found_as_ever_when_nothing_was_installed() -> None:
    pytest.importorskip("requests")
    code = """
        import httpcore_lite, requests, requests.adapters
        print(requests.adapters.__name__, requests.adapters is httpcore_lite.adapters)
    """
    assert fresh(code).split() == ["requests.adapters", "False"]


def test_names_below_packages_have_aliases_too() -> None:
    code = """
        import httpcore_lite
        httpcore_lite.install_as_requests()
        from requests.packages.urllib3.util.retry import Retry
        from requests.packages.urllib3.exceptions import InsecureRequestWarning
        import requests.packages.urllib3.util.retry as room
        print(room is httpcore_lite.packages.urllib3.util.retry, room.Retry is Retry)
    """
    assert fresh(code).split() == ["True", "True"]


def test_without_urllib3_our_names_stand_in_for_it_when_asked_to() -> None:
    code = WITHOUT_THEM + textwrap.dedent("""
        import httpcore_lite
        httpcore_lite.install_as_requests()
        try:
            import urllib3
        except ModuleNotFoundError:
            print("missing")
        httpcore_lite.install_as_requests(urllib3=True)
        import urllib3, urllib3.util.retry
        from urllib3.exceptions import MaxRetryError
        import requests
        print(urllib3 is requests.packages.urllib3, urllib3.util.retry is requests.packages.urllib3.util.retry)
        print(urllib3.__name__)
    """)
    assert fresh(code).split() == ["missing", "True", "True", "httpcore_lite.urllib3_api"]


def test_an_installed_urllib3_is_never_replaced() -> None:
    pytest.importorskip("urllib3")
    code = """
        import httpcore_lite
        httpcore_lite.install_as_requests(urllib3=True)
        import urllib3.util.retry, requests
        print(urllib3.util.retry.__name__, requests.packages.urllib3 is urllib3)
    """
    assert fresh(code).split() == ["urllib3.util.retry", "True"]


def test_the_command_line_runs_a_script_with_the_package_in_requests_place(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    (tmp_path / "beside.py").write_text("import requests\n")
    script.write_text("import sys, beside, requests.models\nprint(__name__, requests.models.__name__, *sys.argv[1:])\n")
    command = [sys.executable, "-m", "httpcore_lite", "--as-requests", str(script), "-v", "--as", "x y"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, cwd=ROOT)
    assert done.stdout.strip() == "__main__ httpcore_lite.models -v --as x y", done.stderr


def test_the_command_line_runs_a_module_too(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import sys, requests\nprint(requests.__version__, *sys.argv[1:])\n")
    command = [sys.executable, "-m", "httpcore_lite", "--as-requests", "-m", "program", "a"]
    environment = {"PYTHONPATH": f"{ROOT}:{tmp_path}"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, env=environment)
    assert done.stdout.strip() == "2.34.2 a", done.stderr


def test_two_copies_keep_out_of_each_others_way(tmp_path: Path) -> None:
    import shutil

    vendored = tmp_path / "other" / "_vendor" / "httpcore_lite"
    shutil.copytree(ROOT / "httpcore_lite", vendored, ignore=shutil.ignore_patterns("__pycache__"))
    code = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import httpcore_lite
        from other._vendor import httpcore_lite as vendored
        assert vendored is not httpcore_lite
        vendored.install_as_requests()
        import requests.structures
        print(requests.structures.__name__)
        try:
            httpcore_lite.install_as_requests()
        except RuntimeError:
            httpcore_lite.install_as_requests(force=True)
        import requests.structures
        print(requests.structures.__name__)
    """
    assert fresh(code).split() == ["other._vendor.httpcore_lite.structures", "httpcore_lite.structures"]


# -- below another package, which has us for its own requests ----------------------------------------------------------

VENDORS = {
    "__init__.py": "",
    "_vendor/__init__.py": "",
    "_vendor/requests.py": "from . import httpcore_lite\n"
    "httpcore_lite.install_as_requests(urllib3=True, under=__package__)\n",
}


def vendor(folder: Path) -> None:
    import shutil

    shutil.copytree(
        ROOT / "httpcore_lite", folder / "other/_vendor/httpcore_lite", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name, source in (VENDORS | {"_vendor/urllib3.py": VENDORS["_vendor/requests.py"]}).items():
        (folder / "other" / name).write_text(source)


@pytest.mark.parametrize("first", ["requests.adapters", "urllib3.util.retry", "urllib3", "requests"])
def test_a_package_that_vendors_requests_and_urllib3_has_us_under_both_names(tmp_path: Path, first: str) -> None:
    vendor(tmp_path)
    code = f"""
        import importlib, sys
        sys.path.insert(0, {str(tmp_path)!r})
        importlib.import_module("other._vendor.{first}")
        from other import _vendor
        from other._vendor import httpcore_lite, requests, urllib3
        import other._vendor.requests.packages.urllib3
        from other._vendor.requests.adapters import HTTPAdapter
        from other._vendor.urllib3.exceptions import ProtocolError
        from other._vendor.urllib3.fields import RequestField
        from other._vendor.urllib3._collections import HTTPHeaderDict
        import other._vendor.urllib3.util.ssl_ as ssl_
        assert requests is _vendor.requests is httpcore_lite
        assert HTTPAdapter is httpcore_lite.adapters.HTTPAdapter
        assert ProtocolError is httpcore_lite.urllib3_api.exceptions.ProtocolError
        assert urllib3.Retry is httpcore_lite.urllib3_api.util.retry.Retry
        assert RequestField.__module__ == "other._vendor.httpcore_lite.messages.multipart"
        assert ssl_.__name__ == "other._vendor.httpcore_lite.urllib3_api.util.ssl_"
        for name in ("requests.none", "urllib3.none", "urllib3.util.none"):
            try:
                importlib.import_module("other._vendor." + name)
            except ModuleNotFoundError as error:
                assert error.name == "other._vendor." + name, error.name
            else:
                raise AssertionError(name)
        print("requests" in sys.modules, "urllib3" in sys.modules, "httpcore_lite" in sys.modules)
    """
    assert fresh(code) == "False False False"


def test_what_was_below_the_names_of_a_package_that_vendors_is_gone_when_we_take_its_place(tmp_path: Path) -> None:
    vendor(tmp_path)
    code = f"""
        import sys, types
        sys.path.insert(0, {str(tmp_path)!r})
        from other._vendor import httpcore_lite
        sys.modules["other._vendor.requests"] = types.ModuleType("other._vendor.requests")
        sys.modules["other._vendor.requests.sessions"] = types.ModuleType("other._vendor.requests.sessions")
        for _ in range(2):
            httpcore_lite.install_as_requests(under="other._vendor")
            import other._vendor.requests.sessions
            assert sys.modules["other._vendor.requests.sessions"] is httpcore_lite.sessions
        assert "other._vendor.urllib3" not in sys.modules
        print(httpcore_lite.__version__, httpcore_lite.utils.default_user_agent())
    """
    assert fresh(code)


@pytest.mark.parametrize("under", ["pip._vendor.", "pip/_vendor", True, Path("pip")])
def test_a_place_to_vendor_that_is_no_package_s_name_is_refused(under: str) -> None:
    with pytest.raises(ValueError, match="takes the name of the package that vendors requests, as 'pip._vendor', not"):
        httpcore_lite.install_as_requests(under=under)


def test_a_package_in_the_place_of_a_switch_is_refused_with_the_name_of_its_place() -> None:
    with pytest.raises(TypeError, match="urllib3= takes True or False, not 'pip._vendor'.*goes to under="):
        httpcore_lite.install_as_requests("pip._vendor")  # type: ignore[arg-type]

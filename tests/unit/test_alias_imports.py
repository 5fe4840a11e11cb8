"""Imports under two names in the order, and from as many threads, as programs make them."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

import httpcore_lite
from support.programs import WITHOUT_THEM

ROOT = Path(httpcore_lite.__file__).parent.parent
WAYS = {
    "install": "import httpcore_lite; httpcore_lite.install_as_requests()",
    "install with urllib3": "import httpcore_lite; httpcore_lite.install_as_requests(urllib3=True)",
    "sys.modules": "import sys, httpcore_lite; sys.modules['requests'] = httpcore_lite",
    "command line": "",
}
# urllib3's modules that have no file of their own in our `urllib3_api`.
ROWS = {
    "fields": "messages.multipart",
    "filepost": "messages.multipart",
    "_collections": "sansio.http1.headers",
    "util.response": "urllib3_api.response",
    "contrib.socks": "urllib3_api.poolmanager",
}
THREADS = 8
IN_THREADS = """
import sys, threading
sys.setswitchinterval(1e-5)
rooms, firsts = [name.split("=") for name in {aliases!r}], {firsts!r}
names_of = {names_of!r}
found, errors = {{}}, []
barrier = threading.Barrier({threads})

def go(number):
    for alias, real in rooms:
        name = real if firsts and number % 2 else alias
        parent, _, last = name.rpartition(".")
        barrier.wait(20)
        try:
            space = {{}}
            exec(f"from {{name}} import {{names_of[real][0]}}", space)
            exec(f"import {{name}} as imported", space)
            exec(f"from {{parent}} import {{last}} as taken" if parent else "", space)
            module = sys.modules[name]
            found.setdefault(real, set()).add(id(module))
            if last != "__version__":  # a text at the top
                found[real] |= {{id(space["imported"]), id(space.get("taken", module))}}
            if module.__name__ != real:
                errors.append((name, module.__name__))
            for public in names_of[real]:
                exec(f"from {{name}} import {{public}}", space)
        except BaseException as error:
            errors.append((name, repr(error)))

threads = [threading.Thread(target=go, args=(number,)) for number in range({threads})]
for each in threads: each.start()
for each in threads: each.join(40)
assert not errors, errors[:5]
assert all(len(objects) == 1 for objects in found.values()), [name for name in found if len(found[name]) > 1]
assert sorted(found) == sorted({{real for _, real in rooms}})
for alias, real in rooms:
    assert sys.modules[alias] is sys.modules[real] and sys.modules[real].__spec__.name == real, alias
print("right")
"""


@cache
def names_of_rooms() -> dict[str, list[str]]:
    """Every module of ours, what is imported by others before them: own name -> names that can be imported from it."""
    package = ROOT / "httpcore_lite"
    parts = [path.relative_to(package).with_suffix("").parts for path in sorted(package.rglob("*.py"))]
    names = [".".join(part[:-1] if part[-1] == "__init__" else part) for part in parts]
    code = """
        import importlib, json, sys
        for name in sys.argv[1:]:
            importlib.import_module("httpcore_lite." + name)
        rooms = [(name, module) for name, module in sys.modules.items() if name.startswith("httpcore_lite.")]
        print(json.dumps({name: [*getattr(module, "__all__", []), "__doc__", *vars(module)][:12]
                          for name, module in reversed(rooms)}))
    """
    listed = [name for name in names if name not in ("", "__main__")]
    command = [sys.executable, "-c", WITHOUT_THEM + textwrap.dedent(code), *listed]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, cwd=ROOT, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def aliases(urllib3: bool) -> list[str]:
    """Return "alias=own name" of our modules, or of those that stand for urllib3's under its names."""
    if not urllib3:
        return [f"{name.replace('httpcore_lite', 'requests', 1)}={name}" for name in names_of_rooms()]
    own, shown = "httpcore_lite.urllib3_api", "requests.packages.urllib3"
    pairs = [f"{name.replace(own, shown, 1)}={name}" for name in names_of_rooms() if name.startswith(own)]
    return pairs + [f"{shown}.{alias}=httpcore_lite.{name}" for alias, name in ROWS.items()]


def in_threads(pairs: list[str], firsts: bool = False) -> str:
    names = {real: names_of_rooms().get(real, ["__doc__"]) for real in (pair.split("=")[1] for pair in pairs)}
    return IN_THREADS.format(aliases=pairs, firsts=firsts, threads=THREADS, names_of=names)


def fresh(code: str, way: str, folder: Path) -> str:
    """Run a program in an interpreter of its own, the package in requests' place in one of the WAYS."""
    program = folder / "program.py"
    program.write_text(textwrap.dedent(code))
    if way == "command line":
        runner = "import sys; sys.argv[1:1] = ['--as-requests']; from httpcore_lite.cli import main; sys.exit(main())"
    else:
        runner = f"import runpy, sys\n{WAYS[way]}\nrunpy.run_path(sys.argv[1], run_name='__main__')"
    before = WITHOUT_THEM if code.startswith("# without") else ""
    done = subprocess.run(
        [sys.executable, "-c", f"{before}\n{runner}", str(program)],
        capture_output=True,
        text=True,
        timeout=50,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.strip()


@pytest.mark.parametrize("firsts", [False, True], ids=["all say requests", "half say httpcore_lite"])
@pytest.mark.parametrize("way", WAYS)
def test_every_alias_can_be_imported_from_eight_threads_at_once(way: str, firsts: bool, tmp_path: Path) -> None:
    small_ones_first = aliases(urllib3=False)
    assert fresh(in_threads(small_ones_first, firsts), way, tmp_path) == "right"
    assert fresh(in_threads(small_ones_first[::-1], firsts), way, tmp_path) == "right"


@pytest.mark.parametrize("room", ["sessions", "exceptions", "adapters", "models", "packages", "transport.pool"])
def test_a_room_can_be_the_first_that_eight_threads_import(room: str, tmp_path: Path) -> None:
    assert fresh(in_threads([f"requests.{room}=httpcore_lite.{room}"]), "install", tmp_path) == "right"


@pytest.mark.parametrize("way", WAYS)
def test_other_packages_can_be_imported_by_our_names_from_eight_threads_at_once(way: str, tmp_path: Path) -> None:
    rooms = ["idna", "idna.core", "charset_normalizer", "charset_normalizer.api"]
    pairs = [f"requests.packages.{room}={room}" for room in rooms] + aliases(urllib3=True)
    if way in ("install with urllib3", "command line"):
        pairs += [pair.replace("requests.packages.", "", 1) for pair in aliases(urllib3=True)]
    assert fresh("# without\n" + in_threads(pairs), way, tmp_path) == "right"
    rooms = ["urllib3", "urllib3.exceptions", "urllib3.util", "urllib3.util.retry", "urllib3.connectionpool"]
    pairs = [f"requests.packages.{room}={room}" for room in rooms]
    assert fresh(in_threads(pairs, True), way, tmp_path) == "right"
    # All by one name: urllib3 imports its own rooms in a circle, where threads that begin at different ends of it
    # get in each other's way without us as well.
    assert fresh(in_threads(pairs[::-1]), way, tmp_path) == "right"


ORDERED = ("urllib3", "urllib3.util.retry", "requests.packages.urllib3", "requests.packages.urllib3.util")
WHOLE = """
import importlib, sys
import requests
for name in {order!r}:
    importlib.import_module(name)
import urllib3
from urllib3 import HTTPResponse, PoolManager, Retry
from urllib3.util.retry import Retry as again
from requests.packages.urllib3.util.retry import Retry as third
from requests.packages.urllib3.util import Timeout
assert Retry is again is third
assert urllib3 is requests.packages.urllib3 is sys.modules["httpcore_lite.packages.urllib3"]
assert urllib3.util is requests.packages.urllib3.util is sys.modules["httpcore_lite.packages.urllib3.util"]
assert importlib.import_module("requests.packages.urllib3.fields") is urllib3.fields
assert urllib3.__file__ and urllib3.__spec__.name == urllib3.__name__ == {name!r}, urllib3
assert urllib3.util.retry.__spec__.name == urllib3.util.retry.__name__
assert "urllib3" not in sys.modules or sys.modules["urllib3"] is urllib3
assert importlib.import_module("requests.packages.urllib3.exceptions").HTTPError is urllib3.exceptions.HTTPError
print("whole")
"""


@pytest.mark.parametrize("installed", [True, False], ids=["urllib3 installed", "no urllib3"])
@pytest.mark.parametrize("way", ["install with urllib3", "command line"])
def test_urllib3_is_whole_and_one_whatever_is_imported_first(way: str, installed: bool, tmp_path: Path) -> None:
    def run(order: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        folder = tmp_path / "-".join(str(ORDERED.index(name)) for name in order)
        folder.mkdir()
        code = WHOLE.format(order=order, name="urllib3" if installed else "httpcore_lite.urllib3_api")
        try:
            return order, fresh(code if installed else "# without\n" + code, way, folder)
        except AssertionError as error:
            return order, str(error)

    orders = list(itertools.permutations(ORDERED))
    with ThreadPoolExecutor(2) as pool:
        failed = [(order, said) for order, said in pool.map(run, orders) if said != "whole"]
    assert not failed, failed[0]


RELOADED = """
    import importlib, pickle, sys
    import httpcore_lite
    own = httpcore_lite.__version__
    {install}
    import {name}
    before, level, get = {name}.__version__, {name}.__build__, {name}.get
    {name}.get = {name}.__version__ = {name}.__build__ = None
    for _ in range(2):
        again = importlib.reload({name})
        assert again is {name} is httpcore_lite is sys.modules["httpcore_lite"]
        assert (again.__version__, again.__build__) == (before, level), again.__version__
        assert again.get is get is again.api.get and again.Session is again.sessions.Session
        assert again.exceptions.Timeout is again.Timeout and importlib.import_module("{name}.models") is again.models
        assert sum(type(finder).__name__ == "AliasFinder" for finder in sys.meta_path) == 1
    importlib.import_module("{name}.__version__")
    assert again.__version__ == before
    sys.modules.pop("requests", None)
    assert httpcore_lite.__version__ == own
    print("right")
"""


@pytest.mark.parametrize("way", ["", "httpcore_lite.install_as_requests()"], ids=["itself", "as requests"])
def test_the_package_can_be_reloaded_and_is_as_new_afterwards(way: str, tmp_path: Path) -> None:
    code = RELOADED.format(install=way, name="requests" if way else "httpcore_lite")
    assert fresh(
        "import sys; sys.modules.pop('requests', None)\n" + textwrap.dedent(code), "sys.modules", tmp_path
    ) == ("right")


def test_every_submodule_can_be_reloaded_under_either_name(tmp_path: Path) -> None:
    code = f"""
        import importlib, importlib.util, sys
        import requests
        for alias, real in [pair.split("=") for pair in {aliases(False) + aliases(True)!r}]:
            spec = importlib.util.find_spec(alias)
            assert spec is not None and spec.name in (alias, real), alias
        for alias, real in [pair.split("=") for pair in {aliases(False) + aliases(True)!r}]:
            module = importlib.import_module(alias)
            assert importlib.util.find_spec(alias).name == real == module.__spec__.name == module.__name__
            assert importlib.reload(module) is module is sys.modules[real] is sys.modules[alias], alias
            assert module.__spec__.name == real
        finders = [type(finder).__name__ for finder in sys.meta_path if hasattr(finder, "find_spec")]
        assert finders.count("AliasFinder") == 1, finders
        import requests.sessions
        assert requests.sessions is sys.modules["httpcore_lite.sessions"]
        print("right")
    """
    assert fresh("# without\n" + textwrap.dedent(code), "install with urllib3", tmp_path) == "right"


def test_what_was_pickled_under_one_name_is_read_under_the_other(tmp_path: Path) -> None:
    code = """
        import pickle, sys
        import requests
        error = requests.exceptions.Timeout("late")
        data = pickle.dumps([requests.Session(), requests.sessions.Session, error])
        session, cls, late = pickle.loads(data)
        assert cls is requests.Session and type(session) is cls and type(late) is requests.Timeout
        assert pickle.loads(b"crequests.sessions\\nSession\\n.") is cls
        print("right")
    """
    assert fresh(textwrap.dedent(code), "install", tmp_path) == "right"

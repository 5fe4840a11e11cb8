"""The walls of the house: which room may know which, and what each room may load.

`lint-imports` keeps the floors; here is what it cannot say: circles between modules, what a pure room loads when it is
really imported, and that the package works under any name.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import httpcore_lite
from httpcore_lite._internal_utils import load

FOLDER = Path(httpcore_lite.__file__).parent
SOURCES = sorted(FOLDER.rglob("*.py"))

BLOCKING = ("socket", "ssl", "select", "selectors", "threading")
# Folders whose rooms only decide: bytes, text, values, time and chance are handed in.
PURE = ("messages", "sansio")
# What a pure room must not even mention: clocks, chance, everything that blocks.
NOT_PURE = {*BLOCKING, "_socket", "_ssl", "_thread", "time", "random", "secrets", "asyncio", "subprocess"}


def module_name(path: Path) -> str:
    """The module's name below the package, "" for the front door itself."""
    parts = path.relative_to(FOLDER).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def statements(tree: ast.AST, lazy: bool) -> list[ast.Import | ast.ImportFrom]:
    """Import statements that can run, those inside functions only when `lazy`."""
    found: list[ast.Import | ast.ImportFrom] = []
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        if is_type_checking(node):
            assert isinstance(node, ast.If)
            pending.extend(node.orelse)
        elif lazy or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return found


@cache
def tree_of(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def names() -> frozenset[str]:
    return frozenset(map(module_name, SOURCES))


def rows(path: Path) -> Iterator[tuple[str, str]]:
    """(module, names in it) of the tables of `lazy_names` in a module."""
    assigned = {}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned[node.targets[0].id] = node.value
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "lazy_names":
            table = node.args[1]
            table = assigned[table.id] if isinstance(table, ast.Name) else table
            assert isinstance(table, ast.Dict)
            yield from (
                (ast.literal_eval(key), text(value, assigned))
                for key, value in zip(table.keys, table.values, strict=True)
            )


def text(node: ast.AST, assigned: dict[str, ast.expr]) -> str:
    """The text of a row, whose parts may be the module's own constants."""
    if not isinstance(node, ast.JoinedStr):
        return str(ast.literal_eval(node))
    parts = [part.value for part in node.values if isinstance(part, ast.Constant | ast.FormattedValue)]
    return "".join(text(assigned[part.id], assigned) if isinstance(part, ast.Name) else str(part) for part in parts)


def rows_of_ours(path: Path) -> set[str]:
    """The modules of ours that a module takes by a name in a string."""
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call) and node.args]
    given = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("late", "load")]
    found = {str(name.value)[1:] for name in given if isinstance(name, ast.Constant) and str(name.value)[0] == "."}
    for module, taken in rows(path):
        modules = [entry.rpartition("=")[2] for entry in taken.split()] if module == "import" else [module]
        found |= {name[1:] for name in modules if name.startswith(".")}
    # What programs reach through `packages` is whatever urllib3 there is.
    return {name if name in names() else "packages" for name in found}


def imports_of_ours(path: Path, type_checking: bool = False) -> set[str]:
    """The modules of ours that a module imports, lazily, by a name in a string, or not; for type checkers if asked."""
    return (rows_of_ours(path) | stated(path, type_checking)) - {module_name(path)}


def stated(path: Path, type_checking: bool) -> set[str]:
    """The modules of ours in a module's import statements."""
    here = module_name(path).split(".") if path.stem == "__init__" else module_name(path).split(".")[:-1]
    here = [part for part in here if part]
    found = set()
    tree = tree_of(path)
    for node in ast.walk(tree) if type_checking else statements(tree, lazy=True):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = here[: len(here) - node.level + 1] + (node.module.split(".") if node.module else [])
        for alias in node.names:
            whole = ".".join([*base, alias.name])
            found.add(whole if whole in names() else ".".join(base))
    return found


def foreign_imports(path: Path, lazy: bool = True) -> set[str]:
    found = set()
    for node in statements(tree_of(path), lazy):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif not node.level:
            found.add(node.module or "")
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected groups of more than one module (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            group = stack[at:]
            del stack[at:]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


# -- floors and circles ------------------------------------------------------------------------------------------------


def test_no_circle_of_imports_anywhere_lazy_ones_counted() -> None:
    graph = {module_name(path): imports_of_ours(path) for path in SOURCES}
    del graph[""]  # the front door, which knows every room; none but `_alias` knows it
    assert circles(graph) == []


#: From above. What is on one line may not know its neighbours of other names, nor anything above.
FLOORS = [
    "__main__", "cli", "",
    "pytest_plugin stand_in", "api threaded downloads mock mock_fixture", "sessions", "adapters _types", "models",
    "utils", "auth help", "cookies", "client", "urllib3_api", "messages", "transport exceptions status_codes",
    "sansio structures hooks certs compat packages", "_internal_utils _alias __version__",
]  # fmt: skip
#: Read by type checkers only: the public signatures and attributes of these name requests' classes as requests does. An
#: `AuthBase` that took any shape of a request would make errors of the subclasses that programs write.
FOR_CHECKERS = {("auth", "_types"), ("exceptions", "_types"), ("models", "_types")}


def floor(module: str) -> int:
    top = module.partition(".")[0]
    return next(number for number, line in enumerate(FLOORS) if top in (line.split() or [""]))


def test_no_module_knows_one_above_it_names_in_strings_and_for_type_checkers_counted() -> None:
    arrows = {(module_name(path), known) for path in SOURCES for known in imports_of_ours(path, type_checking=True)}
    assert {(here, known) for here, known in arrows if floor(known) < floor(here)} == FOR_CHECKERS
    assert not FOR_CHECKERS & {(module_name(path), known) for path in SOURCES for known in imports_of_ours(path)}


def test_every_module_is_named_by_an_import_statement_so_that_freezers_find_it() -> None:
    named = set()
    for path in SOURCES:
        for known in stated(path, type_checking=True):
            parts = known.split(".")
            named |= {".".join(parts[: count + 1]) for count in range(len(parts))}
    assert names() - named == {"", "__main__", "pytest_plugin"}  # pytest is told to import the last one, by its user


def test_every_name_in_a_table_of_lazy_names_resolves() -> None:
    tables = 0
    for path in SOURCES:
        if module_name(path) == "pytest_plugin":
            continue  # which acts on being imported
        module = importlib.import_module(f"httpcore_lite.{module_name(path)}".rstrip("."))
        for source, taken in rows(path):
            for entry in taken.split():
                name, _, given = entry.rpartition("=")
                home = given if source == "import" else source
                if home.startswith("."):
                    assert home[1:] in names() or home.startswith(".packages."), home
                found = load(home) if source == "import" else getattr(load(home), given)
                here = name or given.rpartition(".")[2]
                if here in dir(module):
                    assert getattr(module, here) == found, (module, entry)  # equal: a test may have reloaded the home
                tables += 1
    assert tables > 200


def test_modules_of_ours_are_imported_by_relative_imports_only() -> None:
    for path in SOURCES:
        assert not {name for name in foreign_imports(path) if name.partition(".")[0] == FOLDER.name}, path.name


def test_nothing_imports_requests_or_urllib3() -> None:
    for path in SOURCES:
        used = {name.partition(".")[0] for name in foreign_imports(path)}
        assert not used & {"requests", "urllib3"}, path.name


def test_only_public_names_of_h11_are_used() -> None:
    for path in SOURCES:
        assert not re.search(r"\bh11\._|from h11\._|from h11 import [^\n]*\b_", path.read_text(encoding="utf-8")), (
            path.name
        )


def test_no_module_loads_typing_at_run_time() -> None:
    for path in SOURCES:
        if module_name(path) == "_types":
            continue  # its names are typing's; nothing of ours loads it
        for node in statements(tree_of(path), lazy=False):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            assert module not in ("typing", "typing_extensions"), module_name(path)


def test_external_packages_are_the_declared_ones_and_optional_ones() -> None:
    declared = {"h11", "certifi", "idna"}
    optional = {"brotli", "brotlicffi", "zstandard", "backports", "compression", "chardet", "charset_normalizer",
                "simplejson", "rich", "truststore"}  # fmt: skip
    optional |= {"_typeshed", "pytest"}
    for path in SOURCES:
        used = {name.partition(".")[0] for name in foreign_imports(path)}
        used -= set(sys.stdlib_module_names) | declared | optional
        assert used == set(), module_name(path)


# -- pure rooms --------------------------------------------------------------------------------------------------------


def pure_rooms() -> list[str]:
    return sorted(name for name in names() if name.partition(".")[0] in PURE)


@pytest.mark.parametrize("room", pure_rooms())
def test_a_pure_room_mentions_nothing_that_waits(room: str) -> None:
    path = next(path for path in SOURCES if module_name(path) == room)
    assert {name.partition(".")[0] for name in foreign_imports(path)} & NOT_PURE == set()


def test_pure_rooms_load_where_nothing_that_blocks_can_be_imported() -> None:
    imports = "\n".join(f"import httpcore_lite.{room}" for room in pure_rooms())
    code = f"import sys\nfor name in {BLOCKING!r}: sys.modules[name] = None\n{imports}\nprint('loaded')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, cwd=FOLDER.parent)
    assert done.stdout.strip() == "loaded", done.stderr


# -- the package as a whole --------------------------------------------------------------------------------------------


def test_the_package_is_typed_and_has_its_version_in_one_place() -> None:
    assert (FOLDER / "py.typed").exists()
    places = [
        path for path in SOURCES if re.search(r'^__version__ = "\d', path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert [path.name for path in places] == ["__version__.py"]


def test_a_copy_inside_another_package_works_under_its_own_name(tmp_path: Path) -> None:
    vendored = tmp_path / "other" / "_vendor" / "httpcore_lite"
    shutil.copytree(FOLDER, vendored, ignore=shutil.ignore_patterns("__pycache__"))
    code = f"""
import importlib, sys
sys.path.insert(0, {str(tmp_path)!r})
for name in {sorted(names() - {"__main__", "pytest_plugin"})!r}:
    importlib.import_module(("other._vendor.httpcore_lite." + name).rstrip("."))
from other._vendor import httpcore_lite as requests
prepared = requests.Request("GET", "http://example.org/", params={{"a": "b"}}).prepare()
print(prepared.url, requests.Session.__module__, [n for n in sys.modules if n.startswith("httpcore_lite")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, cwd=tmp_path)
    assert done.stdout.split() == ["http://example.org/?a=b", "other._vendor.httpcore_lite.sessions", "[]"], done.stderr


@cache
def tokens_of(path: Path) -> list[tokenize.TokenInfo]:
    with path.open("rb") as file:
        return list(tokenize.tokenize(file.readline))


def code_lines(path: Path) -> set[int]:
    """The numbers of a module's lines of code: without docstrings, comments and blank lines."""
    tokens = [token for token in tokens_of(path) if token.type not in NO_CODE]
    lines = {number for token in tokens for number in range(token.start[0], token.end[0] + 1)}
    for node in documented(path):
        lines -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return lines


def documented(path: Path) -> list[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, kinds) and ast.get_docstring(node)]


NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
    tokenize.ENCODING,
}  # fmt: skip
MAX_LINES_OF_FILE = 650
MAX_LINES_OF_FUNCTION = 45


def test_every_module_says_what_it_is_for_and_is_short_enough_to_read() -> None:
    modules = {node for path in SOURCES for node in documented(path) if isinstance(node, ast.Module)}
    assert modules == {tree_of(path) for path in SOURCES}
    lengths = {module_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES_OF_FILE} == {}


def test_every_function_is_short_enough_to_read() -> None:
    lengths = {}
    for path in SOURCES:
        code = code_lines(path)
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = code & set(range(node.lineno, (node.end_lineno or 0) + 1))
                lengths[module_name(path), node.name, node.lineno] = len(lines)
    assert {name: length for name, length in lengths.items() if length > MAX_LINES_OF_FUNCTION} == {}


# These only ever become less.
MAX_ANY = 400
MAX_IGNORED = 20


def test_few_types_are_left_open() -> None:
    tokens = [token for path in SOURCES for token in tokens_of(path)]
    assert sum(token.type == tokenize.NAME and token.string == "Any" for token in tokens) <= MAX_ANY
    ignored = [token for token in tokens if token.type == tokenize.COMMENT and "type: ignore" in token.string]
    assert len(ignored) <= MAX_IGNORED


#: Words for people, and the one for what HTTP calls a response. Names are taken apart at their underscores.
NOT_OUR_WORDS = re.compile(
    r"(?<![^\W_])(?:who|whoever|whom|nobody|somebody|anybody|everybody|he|his|him|answers?)(?![^\W_])", re.IGNORECASE
)
#: (module, line) that has such a word all the same, and why.
THEIR_WORDS: dict[tuple[str, str], str] = {}


def test_things_are_not_spoken_of_as_people_and_a_response_is_called_that() -> None:
    found = {
        (module_name(path), line.strip())
        for path in SOURCES
        for line in path.read_text(encoding="utf-8").splitlines()
        if NOT_OUR_WORDS.search(line)
    }
    assert found == THEIR_WORDS.keys()


def test_the_page_of_architecture_names_every_room_as_it_says_itself() -> None:
    spec = importlib.util.spec_from_file_location("rooms", FOLDER.parent / "docs" / "rooms.py")
    assert spec is not None and spec.loader is not None
    rooms = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rooms)
    page = rooms.PAGE.read_text(encoding="utf-8")
    assert rooms.with_tables(page) == page, "run python docs/rooms.py"


def test_a_folder_s_own_module_imports_nothing_of_its_folder() -> None:
    # Two threads that import the folder and a room of it would each hold the lock that the other one waits for.
    for path in SOURCES:
        name = module_name(path)
        if path.stem == "__init__" and name:
            eager = {
                room
                for node in statements(tree_of(path), lazy=False)
                if isinstance(node, ast.ImportFrom) and node.level == 1
                for room in [node.module or "", *(alias.name for alias in node.names)]
                if (path.parent / f"{room.partition('.')[0]}.py").exists()
            }
            assert eager == set(), name

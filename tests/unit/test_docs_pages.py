"""The documentation and the code name the same things; every link inside leads somewhere; every page can be found."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import re
from functools import cache
from http import cookiejar
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import exceptions
from httpcore_lite.client import options
from support import pages

pytestmark = pytest.mark.skipif(not pages.DOCS.exists(), reason="the pages are not beside an installed package")

PAGES = pages.pages() if pages.DOCS.exists() else []
PACKAGE = Path(client.__file__).parent
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
#: What stands in front of a dot in the text, and what it is an example of.
MADE = {
    "requests": client,
    "httpcore_lite": client,
    "session": client.Session(),
    "Session": client.Session(),
    "response": client.Response(),
    "Response": client.Response(),
    "request": client.Request("GET", "http://example.org/"),
    "Request": client.Request("GET", "http://example.org/"),
    "prepared": client.PreparedRequest(),
    "PreparedRequest": client.PreparedRequest(),
    "HTTPAdapter": client.adapters.HTTPAdapter(),
    "Timeouts": client.Timeouts(),
    "Retry": client.Retry(),
    "jar": client.cookies.RequestsCookieJar(),
}
#: (page, name): what another library has, or had, and the page says so.
THEIRS = {
    ("in-place-of-requests", "requests.async.map"),
    ("many", "requests.async.map"),
    # A canned response, which is no Response.
    ("testing", "response.call_count"),
    ("testing", "response.calls"),
}
OF_OTHERS = {"coming-from-httpx"}
#: Keywords that are said of something else than a call of ours.
OTHER_KEYWORDS = {"skip_dep_check", "target", "real_adapter_send"}


def named(path: Path) -> str:
    return path.relative_to(pages.ROOT).with_suffix("").as_posix().removeprefix("docs/")


def spans(path: Path) -> list[str]:
    """What stands between backticks; in a table that sets another library beside ours, our side of it."""
    text = pages.prose(text_of(path))
    if named(path) in OF_OTHERS:
        text = re.sub(r"^\|[^|]*\|", "|", text, flags=re.MULTILINE)
    return SPAN.findall(text)


@cache
def text_of(path: Path) -> str:
    return path.read_text("utf-8")


# -- links and contents --------------------------------------------------------------------------------------------


def leads_somewhere(path: Path, link: str) -> bool:
    target, _, anchor = link.partition("#")
    led_to = (path.parent / target).resolve() if target else path
    return led_to.exists() and (not anchor or anchor in anchors_of(led_to))


@cache
def anchors_of(path: Path) -> set[str]:
    return pages.anchors(text_of(path)) if path.suffix == ".md" else set()


def test_every_link_inside_leads_somewhere() -> None:
    for path in PAGES:
        inside = [link for link in pages.links(text_of(path)) if not re.match(r"[a-z]+:", link)]
        assert [link for link in inside if not leads_somewhere(path, link)] == [], named(path)


def test_every_page_is_in_the_contents_once() -> None:
    listed: list[Path] = []
    for path in PAGES:
        for block in pages.blocks(text_of(path)):
            if block.kind == "{toctree}":
                lines = [line.strip() for line in block.text.splitlines()]
                listed += [(path.parent / f"{line}.md").resolve() for line in lines if line and line[0] != ":"]
    wanted = [path for path in PAGES if path.parent != pages.ROOT and path != pages.DOCS / "index.md"]
    assert sorted(listed) == sorted(wanted)


def test_every_picture_and_drawing_is_shown() -> None:
    shown = "\n".join(map(text_of, PAGES))
    for folder in ("drawings", "benchmarks"):
        for picture in (pages.DOCS / folder).glob("*.svg"):
            assert f"{folder}/{picture.name}" in shown, picture.name


# -- what the pages name exists ------------------------------------------------------------------------------------


def has(value: Any, name: str) -> bool:
    """Whether an attribute is there, of the value or of what a value of that name has."""
    if isinstance(value, client.Request):
        return any(has_one(one, name) or is_event(value, name) for one in (value, client.PreparedRequest()))
    return has_one(value, name) or is_event(value, name)


def is_event(value: object, name: str) -> bool:
    """Whether it is one of `trace`."""
    return f'"{type(value).__name__.lower()}.{name}"' in sources()


@cache
def sources() -> str:
    return "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))


def has_one(value: Any, name: str) -> bool:
    for part in name.split("."):
        if isinstance(inspect.getattr_static(value, part, None), property):
            return True
        found = getattr(value, part, None)
        if found is None and not hasattr(value, part):
            module = f"{value.__name__}.{part}" if inspect.ismodule(value) else ""
            if module.endswith(".pytest_plugin"):
                return True  # it acts on being imported; its own test runs it
            try:
                found = importlib.import_module(module) if module else None
            except ImportError:
                return False
            if found is None:
                return False
        value = found
        if value is None:
            return True  # an attribute that a new object has not filled yet
    return True


def test_every_attribute_that_a_page_names_exists() -> None:
    pattern = re.compile(rf"(?<![\w./\"'-])({'|'.join(MADE)})\.([A-Za-z_][\w.]*[\w])")
    for path in PAGES:
        missing = []
        for owner, name in pattern.findall("\n".join(spans(path))):
            if not re.search(r"\.(md|py|org|example)$", name) and (named(path), f"{owner}.{name}") not in THEIRS:
                missing += [f"{owner}.{name}"] if not has(MADE[owner], name) else []
        assert missing == [], named(path)


def keywords() -> set[str]:
    """Every keyword that something public takes."""
    names = {*options.OPTIONS, *options.SESSION_NAMES, *options.REQUEST_NAMES, *options.CALL_NAMES}
    public = [getattr(client, name) for name in client.__all__]
    public += [client.Session, client.Session.map, client.Session.send, client.Response, client.adapters.HTTPAdapter]
    owners = [*public, client.cookies, client.auth, client.utils, client.Retry, client.threaded.pool.Pool]
    owners += [client.cookies.RequestsCookieJar, client.adapters, client.structures]
    owners += [cookiejar.Cookie, cookiejar.DefaultCookiePolicy, client.urllib3.response.HTTPResponse]
    if mock := getattr(client, "mock", None):
        owners += [mock, mock.RequestsMock, mock.Response]
    for owner in owners:
        members = [member for _, member in inspect.getmembers(owner) if callable(member)]
        for member in [owner, *members]:
            try:
                names.update(inspect.signature(member).parameters)
            except (TypeError, ValueError):
                continue
    return names


def test_every_keyword_that_a_page_names_is_taken_by_something() -> None:
    known = keywords() | OTHER_KEYWORDS
    for path in PAGES:
        said = {name for span in spans(path) for name in re.findall(r"(?:^|[( ,])([a-z][a-z_]+)=(?!=)", span)}
        assert sorted(said - known) == [], named(path)


def test_every_exception_that_a_page_names_exists() -> None:
    known = {name for name in dir(exceptions) if name[0].isupper()} | set(dir(builtins))
    tree = text_of(pages.DOCS / "errors.md").partition("## The tree")[2].partition("```text")[2].partition("```")[0]
    assert set(re.findall(r"[A-Z]\w+(?:Error|Exception|Timeout|Warning)", tree)) <= known


# -- what there is stands on a page --------------------------------------------------------------------------------


def test_the_tree_of_exceptions_is_the_tree() -> None:
    tree = text_of(pages.DOCS / "errors.md").partition("## The tree")[2].partition("```text\n")[2].partition("```")[0]
    parents: dict[str, set[str]] = {}
    above: list[tuple[int, str]] = []
    for line in tree.splitlines():
        found = re.match(r"^([│├└─ ]*)(.+)$", line)
        if not found:
            continue
        depth, said = len(found[1]), found[2]
        above = [pair for pair in above if pair[0] < depth]
        first = re.match(r"\w+(?:, \w+)*", said)
        assert first, line
        assert "(see above)" in said or first[0] not in parents, line
        for name in first[0].split(", "):
            parents.setdefault(name, set()).update({above[-1][1]} if above else set())
            parents[name].update(re.findall(r"\(also an? (?:json\.\w+, a )?(\w+)\)", said))
        above.append((depth, first[0]))
    kinds = {name: kind for name, kind in vars(exceptions).items() if isinstance(kind, type)}
    kinds["JSONDecodeError"] = exceptions.JSONDecodeError
    ours = {name for name, kind in kinds.items() if issubclass(kind, client.RequestException | Warning)}
    assert set(parents) == ours - {"Warning"}
    for name, above_it in parents.items():
        for parent in above_it:
            assert issubclass(kinds[name], kinds.get(parent) or getattr(builtins, parent)), (name, parent)


def names_on(page: str) -> str:
    return text_of(pages.DOCS / page)


def test_every_name_of_the_front_door_is_on_the_page_of_the_api() -> None:
    page = names_on("api.md")
    documented = set(re.findall(r"^\.\. auto\w+:: ([\w.]+)$", page, re.MULTILINE))
    modules = {name for name in documented if inspect.ismodule(resolved(name))}
    lacking = []
    for name in client.__all__:
        value = getattr(client, name)
        home = getattr(value, "__module__", "")
        listed = any(resolved(one) is value for one in documented)
        if not listed and home not in modules and name not in {"codes", "packages", "utils"}:
            lacking.append(name)
    assert lacking == []


@pytest.mark.parametrize("module", ["adapters", "api", "auth", "certs", "cookies", "exceptions", "structures", "utils"])
def test_every_function_and_class_of_a_public_module_is_on_the_page_of_the_api(module: str) -> None:
    page = names_on("api.md")
    documented = re.findall(r"^\.\. auto\w+:: ([\w.]+)$", page, re.MULTILINE)
    home = importlib.import_module(f"{client.__name__}.{module}")
    lacking = []
    for name, value in vars(home).items():
        if name.startswith("_") or not (inspect.isfunction(value) or inspect.isclass(value)):
            continue
        made_here = value.__module__ == home.__name__
        public = name in getattr(home, "__all__", [name])
        if public and (made_here or (module == "utils" and value.__module__.startswith(client.__name__))):
            shown = value.__module__ in documented and bool(value.__doc__)
            if not shown and not any(resolved(one) is value for one in documented):
                lacking.append(name)
    assert lacking == []


def resolved(name: str) -> object:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            value = getattr(value, part)
        return value
    raise LookupError(name)


CLASSES = ("Session", "Response", "Request", "PreparedRequest", "HTTPAdapter", "Retry", "Timeouts")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_public_attribute_of_a_class_is_on_the_page_of_the_api(kind: str) -> None:
    page, owner = names_on("api.md"), MADE[kind]
    with_inherited = f".{kind}\n   :inherited-members:" in page
    named_there = {*SPAN.findall(page), *inspect.signature(type(owner)).parameters}
    lacking = []
    for name in dir(owner):
        shown = inspect.getattr_static(type(owner), name, None)
        has_words = (
            bool(re.search(rf"#: [^\n]*\n\s+(?:self\.)?{name}\b", sources()))
            or bool(getattr(shown, "__doc__", None))
            and (name in vars(type(owner)) or with_inherited)
        )
        if not name.startswith("_") and not name.isupper() and not has_words and name not in named_there:
            lacking.append(name)
    assert lacking == []


def test_every_row_of_the_page_of_options_is_an_option_or_an_attribute_of_a_jar() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", names_on("options.md"), re.MULTILINE)
    known = {*options.OPTIONS, *options.SESSION_NAMES, *options.CALL_NAMES, "timeout", "proxies", "verify", "cert"}
    jar = {name for name in rows if hasattr(MADE["jar"], name)}
    assert set(rows) - known - jar == set()
    assert len(rows) == len(set(rows))


def test_every_environment_variable_that_is_read_is_on_the_page_and_the_other_way_round() -> None:
    read = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in READ_BY_NAME:
                read.add(str(node.value))
            if isinstance(node, ast.Call) and "environ.get" in ast.unparse(node.func):
                first = node.args[0]
                read |= {first.value} if isinstance(first, ast.Constant) else set()
    said = set(re.findall(r"^\| (.+?) \|", names_on("environment.md"), re.MULTILINE))
    on_the_page = {name for cell in said for name in re.findall(r"`([A-Z_]+)`", cell)}
    assert read <= on_the_page
    assert on_the_page <= read | READ_ELSEWHERE


#: Read through a mapping, or made of parts ("http" + "_proxy").
READ_BY_NAME = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC", "REQUEST_METHOD", "NO_PROXY", "SSLKEYLOGFILE"}
READ_ELSEWHERE = {
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "HOME", "USERPROFILE", "NO_COLOR",
    "FORCE_COLOR",
}  # fmt: skip


# -- the language --------------------------------------------------------------------------------------------------

NOT_OUR_WORDS = re.compile(
    r"(?<![\w-])(?:who|whoever|whom|nobody|somebody|anybody|everybody|he|his|him|answers?)(?![\w])", re.IGNORECASE
)


def test_a_page_speaks_of_things_as_things_and_of_responses_as_responses() -> None:
    for path in [path for path in PAGES if path.parent != pages.ROOT]:  # those at the root speak of readers, too
        bare = re.sub(r"`[^`\n]*`", "", pages.prose(text_of(path)))
        assert [found[0] for found in NOT_OUR_WORDS.finditer(bare)] == [], named(path)


def test_no_page_names_a_place_of_this_machine() -> None:
    for path in PAGES:
        found = re.findall(r"/(?:root|work|home/\w+)/\w+", text_of(path))
        assert found == [], path.name

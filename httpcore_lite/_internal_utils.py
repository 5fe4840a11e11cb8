"""Small things that every module may need, and that must cost nothing to have.

This room imports only `sys`. Three kinds of things live here: the helpers that programs find under this name in
requests (`to_native_string`, `unicode_is_ascii`, `HEADER_VALIDATORS`); the questions that the way of every request asks
without loading what they are about (is this object a cookie jar, did this response set a cookie); and the ways to load
a module, or a name of it, when it is first used (`late`, `lazy_names`).
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.cookiejar import CookieJar
    from importlib.machinery import ModuleSpec
    from re import Pattern
    from types import ModuleType
    from typing import TypeVar

    from typing_extensions import TypeIs

    _Function = TypeVar("_Function")
    re: ModuleType
    HEADER_VALIDATORS: dict[type, tuple[Pattern[str], Pattern[str]] | tuple[Pattern[bytes], Pattern[bytes]]]

builtin_str = str

# Our whole package, which may have been copied into another one.
PACKAGE = __name__.rpartition(".")[0]
# Our rooms of urllib3's names, and the name under which programs reach them, or the urllib3 that is installed.
OWN_URLLIB3 = PACKAGE + ".urllib3_api"
SHOWN_URLLIB3 = PACKAGE + ".packages.urllib3"


def to_native_string(string: str | bytes, encoding: str = "ascii") -> str:
    """Return `string` as text; bytes are decoded as `encoding`.

    Raises:
        UnicodeDecodeError: the bytes are not in that encoding.
    """
    return string if isinstance(string, builtin_str) else string.decode(encoding)


def installed_as_requests() -> bool:
    """Tell whether programs know this package as `requests` (`install_as_requests`, or an alias in `sys.modules`)."""
    requests = sys.modules.get("requests")
    return requests is not None and requests is sys.modules.get(__package__ or "")


def unicode_is_ascii(u_string: str) -> bool:
    """Tell whether a text consists of ASCII characters only. Anything but text is an AssertionError (as requests)."""
    assert isinstance(u_string, str)
    return u_string.isascii()


# -- cookies, asked without loading http.cookiejar ---------------------------------------------------------------


def is_cookiejar(obj: object) -> TypeIs[CookieJar]:
    """Tell whether `obj` is an `http.cookiejar.CookieJar`.

    Where that module was never loaded, or another thread is still loading it, there can be no jar.
    """
    jar = getattr(sys.modules.get("http.cookiejar"), "CookieJar", None)
    return jar is not None and isinstance(obj, jar)


def has_set_cookie(raw: object) -> bool:
    """Tell whether a response's raw head carries something that a cookie jar would look at.

    Looks where `http.cookiejar` will look: at `raw._original_response.msg` (RFC 6265 section 4.1 and the older
    `Set-Cookie2`). An object without those, such as a `BytesIO` put in a response by hand, sets no cookies.
    """
    told = getattr(raw, "sets_cookie", None)
    if type(told) is bool and "_original_response" not in raw.__dict__:
        return told  # our own raw response: nothing is built to find out that nearly all set no cookie
    original = getattr(raw, "_original_response", None)
    if not original:
        return False
    msg = getattr(original, "msg", None)
    if msg is None:
        return False
    return bool(msg.get_all("Set-Cookie", ()) or msg.get_all("Set-Cookie2", ()))


if TYPE_CHECKING:

    def gives_way(function: _Function) -> _Function: ...

else:

    class gives_way:
        """A method that requests' class of that name does not have.

        Where a program's class has a method of that name from another of its bases, behind ours (docker's client has
        `events`), that one is meant: with requests there is no other.
        """

        def __init__(self, function):
            self._function = function
            self.__doc__ = function.__doc__

        def __set_name__(self, owner, name):
            self._owner, self._name = owner, name

        def __get__(self, instance, owner):
            kinds = owner.__mro__
            for kind in kinds[kinds.index(self._owner) + 1 :]:
                if self._name in vars(kind):
                    return vars(kind)[self._name].__get__(instance, owner)
            return self._function.__get__(instance, owner)


# -- modules and names that are loaded when they are first used --------------------------------------------------------
# A module's name that begins with a dot is one of ours, below the whole package, wherever it was copied to; any other
# is of the standard library or installed. tests/unit/test_house.py counts these names as imports and resolves them all.


def load(name: str) -> ModuleType:
    """Import a module by its name and return it."""
    if name[0] == ".":
        name = PACKAGE + name
    # The import system's own door: importlib the package is not loaded for this.
    __import__(name)
    return sys.modules[name]


def find_spec(name: str) -> ModuleSpec | None:
    """Return the spec with which a module would be imported, or None; the module itself is not imported.

    Asks the finders in the order of the import system. (`importlib.util` does the same and takes 3 ms to load.)
    """
    parent, _, _ = name.rpartition(".")
    path = None
    if parent:
        around = find_spec(parent)
        if around is None or around.submodule_search_locations is None:
            return None
        path = list(around.submodule_search_locations)
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find(name, path) if find is not None else None
        if spec is not None:
            return spec
    return None


class late:
    """A module, loaded when one of its names is first asked for: `_cookies = late(".cookies")`.

    An import statement inside of a function runs the import system at each call, and `from .x import y` asks the
    module for its `__path__` as well, which runs its `__getattr__` to the AttributeError. What a second request runs
    through has no such statement (tests/unit/test_second_requests.py). Names are looked up at each use: what a program
    puts into the module counts at once.
    """

    __slots__ = ("_module", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: object = None

    def __getattr__(self, name: str) -> object:
        module = self._module
        if module is None:
            module = self._module = load(self._name)  # the import waits until another thread has loaded it
        return getattr(module, name)


def lazy_names(
    namespace: dict[str, object],
    rows: dict[str, str],
    made: Mapping[str, Callable[[str], object]] = {},
    fresh: Mapping[str, Callable[[str], object]] = {},
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return a module's `__getattr__` and `__dir__` (PEP 562) for names that are loaded when they are first used::

        __getattr__, __dir__ = lazy_names(
            globals(),
            {"import": "os .cookies", "typing": "Any cast", ".compat": "cookielib complexjson=json"},
        )

    means `import os`, `from <our package> import cookies`, `from typing import Any, cast` and
    `from <our package>.compat import cookielib, json as complexjson`.

    Args:
        namespace: the module's `globals()`. What was found is stored there, and what a program has put there in the
            meantime stays.
        rows: module -> the names taken from it, separated by spaces, `name=attribute` where they differ. Under the key
            "import" stand modules, which have the last part of their own name here unless another is given.
        made: name -> what makes its value, called with the name; the value is kept.
        fresh: likewise, but asked each time.
    """
    origin: dict[str, tuple[str, str]] = {}
    for module, names in rows.items():
        for entry in names.split():
            name, given = entry.split("=") if "=" in entry else (entry, entry)
            if module == "import":
                origin[name.rpartition(".")[2]] = given, ""
            else:
                origin[name] = module, given

    def __getattr__(name: str) -> object:
        if name in origin:
            module, attribute = origin[name]
            value = getattr(load(module), attribute) if attribute else load(module)
        elif name in made:
            value = made[name](name)
        elif name in fresh:
            return fresh[name](name)
        else:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        return namespace.setdefault(name, value)

    def __dir__() -> list[str]:
        return sorted({*namespace, *origin, *made, *fresh})

    return __getattr__, __dir__


# -- header validators -------------------------------------------------------------------------------------------------
# Compiled when they are first asked for: four patterns cost more than all else in this module.

_PATTERNS = {
    "_VALID_HEADER_NAME_RE": r"[^:\s][^:\r\n]*\Z",
    "_VALID_HEADER_VALUE_RE": r"(?:\S[^\r\n]*)?\Z",
}
_VALIDATORS = (
    "re HEADER_VALIDATORS _HEADER_VALIDATORS_STR _HEADER_VALIDATORS_BYTE _VALID_HEADER_NAME_RE_STR"
    " _VALID_HEADER_NAME_RE_BYTE _VALID_HEADER_VALUE_RE_STR _VALID_HEADER_VALUE_RE_BYTE"
)


def _build_validators(wanted: str) -> object:
    """Compile the patterns for field names and values, each for text and for bytes (as requests), and keep them all.

    They are used with `match`. A name has no colon, no line end, and does not begin with whitespace; a value is
    empty, or has no line end and does not begin with whitespace.
    """
    import re

    built: dict[str, object] = {"re": re}
    for name, pattern in _PATTERNS.items():
        built[name + "_STR"] = re.compile(pattern)
        built[name + "_BYTE"] = re.compile(pattern.encode())
    for kind in ("STR", "BYTE"):
        built["_HEADER_VALIDATORS_" + kind] = tuple(built[f"{name}_{kind}"] for name in _PATTERNS)
    built["HEADER_VALIDATORS"] = {bytes: built["_HEADER_VALIDATORS_BYTE"], str: built["_HEADER_VALIDATORS_STR"]}
    for name, value in built.items():
        globals().setdefault(name, value)
    return globals()[wanted]


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(globals(), {}, dict.fromkeys(_VALIDATORS.split(), _build_validators))

"""One module under several names.

    httpcore_lite.sessions  ─┐
                             ├─ one module object, whichever name was imported first
    requests.sessions       ─┘   while sys.modules["requests"] is our package

A program puts our package under the name `requests`, by `install_as_requests()` or by assigning to `sys.modules`.
Left alone, the import system would then load `requests.sessions` from our own directory a second time: classes
would exist twice, and `except requests.exceptions.Timeout` would miss. The finder in here is asked first and hands out
the module that the package's own name has; submodules are found when they are imported, not before. What it shows:

    requests.X               our X, while our package is what `requests` means
    <ours>.packages.X        the installed X (urllib3, idna, chardet), with its submodules
    <ours>.packages.urllib3  where urllib3 is not installed: our rooms of its names (the front door says which)
    urllib3.X                the same, if `install_as_requests(urllib3=True)` was called and urllib3 is not installed
    <under>.requests.X       our X, and our rooms of urllib3's names under <under>.urllib3, for a program that vendors
                             them: `install_as_requests(urllib3=True, under="other._vendor")`
    <ours>.X                 the room that an earlier version called X, for the pickles that name it

A process has one urllib3: which one `packages.urllib3` shows is decided when it is first imported. Of our own,
`urllib3.X` is the module `urllib3_api.X` if there is one, else the module that `urllib3_api` has as its attribute X:
its rows say where `urllib3.fields` and the like are. For any other name the finder is silent and costs nothing.
"""

from __future__ import annotations

import sys

from ._internal_utils import PACKAGE, find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType
    from typing import Any, TypeGuard

__all__ = ["AliasFinder", "AliasLoader", "install_as_requests", "installed_as", "is_ours", "other_installed"]

_PACKAGES = PACKAGE + ".packages."

# Name below `packages` -> what is installed under these names, the first that is.
INSTALLED = {
    "urllib3": ("urllib3",),
    "idna": ("idna",),
    "chardet": ("chardet", "charset_normalizer"),
    "charset_normalizer": ("charset_normalizer",),
}

# Rooms by the names that stand in pickles of earlier versions -> where they lie now.
MOVED = {
    f"{PACKAGE}.{name}": f"{PACKAGE}.{home}"
    for name, home in (
        ("connectionpool", "urllib3_api.connectionpool"),
        ("retries", "urllib3_api.util.retry"),
        ("transport.errors", "sansio.errors"),
        ("transport.headers", "sansio.http1.headers"),
        ("transport.insight", "sansio.http1.exchange"),
        ("transport.timeouts", "sansio.timeouts"),
    )
}


def _ours() -> ModuleType:
    return sys.modules[PACKAGE]


def install_as_requests(urllib3: bool = False, force: bool = False, under: str = "") -> None:
    """Let `import requests` mean this package, for the whole process.

    Every submodule is the same object under both names, and as lazy as before. Modules that have already imported
    the real requests keep it. Doing it again does nothing.

    Args:
        urllib3: let `import urllib3` mean our names of urllib3 too, if urllib3 is not installed.
        force: replace a real requests that is already loaded, instead of refusing.
        under: a package that vendors requests, such as "pip._vendor": the names are then those below it
            (`pip._vendor.requests`, and with `urllib3` also `pip._vendor.urllib3`), whatever is there or installed,
            and the names requests and urllib3 are left alone. With `urllib3` our names of it are also what
            `packages.urllib3` shows, if that was not imported before.

    Raises:
        RuntimeError: another package is already loaded under the name requests, and neither `force` nor `under` is set.
        ValueError: `under` is no name of a package.
        TypeError: `urllib3` or `force` is neither True nor False.
    """
    for name, given in (("urllib3", urllib3), ("force", force)):
        if not isinstance(given, bool):
            raise TypeError(
                f"{name}= takes True or False, not {given!r}; a package that vendors requests goes to under="
            )
    package = _ours()
    if under:
        _install_under(under, package, urllib3)
        return
    present = sys.modules.get("requests")
    if present is not None and present is not package:
        if not force:
            where = getattr(present, "__file__", None) or repr(present)
            raise RuntimeError(
                f"another requests is already loaded ({where}): call install_as_requests() before anything "
                "imports requests, or pass force=True to replace it for what is imported from now on" + _way_of_tests()
            )
        for name in [name for name in sys.modules if name.startswith("requests.")]:
            del sys.modules[name]
    sys.modules["requests"] = package
    if urllib3:
        finder.urllib3 = True


def _install_under(under: str, package: ModuleType, urllib3: bool) -> None:
    if not isinstance(under, str) or not all(part.isidentifier() for part in under.split(".")):
        raise ValueError(f"under= takes the name of the package that vendors requests, as 'pip._vendor', not {under!r}")
    names = {f"{under}.requests": package}
    if urllib3 and finder.own_urllib3 is not None:
        __import__(finder.own_urllib3)
        names[f"{under}.urllib3"] = sys.modules[finder.own_urllib3]
    parent = sys.modules.get(under)
    for name, module in names.items():
        # What is there may be the very module that called this. Its submodules would be other classes than ours.
        for each in [each for each in sys.modules if each.startswith(name + ".")]:
            if not is_ours(sys.modules[each]):
                del sys.modules[each]
        sys.modules[name] = module
        if parent is not None:
            setattr(parent, name.rpartition(".")[2], module)
    finder.under = {*finder.under, *(name + "." for name in names)}


def _way_of_tests() -> str:
    """Return what helps under pytest, whose plugins are loaded before any conftest.py."""
    if "_pytest" not in sys.modules:
        return ""
    return f"; in a test run, put -p {PACKAGE}.pytest_plugin first: it comes before other plugins and conftest.py"


# -- what is installed -----------------------------------------------------------------------------------------------


def is_ours(module: object) -> TypeGuard[ModuleType]:
    """Return whether `module` is one of this package's, whatever name it was imported by."""
    return str(getattr(module, "__name__", "")).startswith(PACKAGE + ".")


def other_installed(name: str) -> bool:
    """Return whether a module of this name could be imported that is not ours standing in for it."""
    if name in sys.modules:
        module = sys.modules[name]
        return module is not None and not is_ours(module)
    for each in sys.meta_path:
        if each is finder or not hasattr(each, "find_spec"):
            continue  # the alias that shows us under other names would only ask us again
        spec = each.find_spec(name, None)
        if spec is not None:
            return spec.origin is not None  # an empty directory of that name is no package
    return False


def installed_as(name: str) -> str | None:
    """Return the name of the installed package that `packages` shows as `name`, None if there is none."""
    return next((each for each in INSTALLED.get(name, ()) if other_installed(each)), None)


# -- the import system's protocol ------------------------------------------------------------------------------------


class AliasFinder:
    """Finds modules when they are imported under a name that is not their own."""

    #: Whether our rooms of urllib3's names may stand in for it.
    urllib3 = False
    #: The module that is `packages.urllib3` where urllib3 is not installed.
    own_urllib3: str | None = None
    #: Names, each with a dot behind it, below which another package has us for its own requests and urllib3.
    under: Collection[str] = ()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to find `fullname`, None if it is no second name of anything (the import system's protocol)."""
        real_name = MOVED.get(fullname)
        if fullname.startswith(_PACKAGES):
            real_name = self._below_packages(fullname, path)
        elif fullname.startswith("requests.") and sys.modules.get("requests") is _ours():
            own_name = PACKAGE + fullname[len("requests") :]
            real_name = own_name if self._exists(own_name, path) else None
        elif self.urllib3 and (fullname == "urllib3" or fullname.startswith("urllib3.")):
            own_name = _PACKAGES + fullname
            real_name = own_name if self._stands_in() and self._exists(own_name, path) else None
        elif self.under:
            real_name = self._vendored(fullname, path)
        if real_name is None:
            return None
        # The class that importlib.machinery calls ModuleSpec, without loading importlib.
        make_spec: Any = type(_ours().__spec__)
        spec: ModuleSpec = make_spec(fullname, AliasLoader(real_name))
        return spec

    def _stands_in(self) -> bool:
        known = sys.modules.get(_PACKAGES + "urllib3")
        return is_ours(known) if known is not None else not other_installed("urllib3")

    def _exists(self, name: str, path: Sequence[str] | None) -> bool:
        """Tell whether there is a module of ours of this name; `path` is its package's, the same under every name."""
        if name in sys.modules:
            return True
        if name.startswith(_PACKAGES):
            return self._below_packages(name, path) is not None
        others = [each for each in sys.meta_path if each is not self and hasattr(each, "find_spec")]
        return any(each.find_spec(name, path) is not None for each in others)

    def _below_packages(self, name: str, path: Sequence[str] | None) -> str | None:
        """Return the own name of the module that is shown as `name`, None if there is none."""
        parent, _, last = name.rpartition(".")
        if parent + "." == _PACKAGES:
            vendored = any(each.endswith(".urllib3.") for each in self.under)
            own = self.own_urllib3 if last == "urllib3" else None
            return own if own and vendored else installed_as(last) or own
        __import__(parent)  # which loads nothing, but where a program took it out of sys.modules
        return self._below(sys.modules[parent], last, path)

    def _vendored(self, name: str, path: Sequence[str] | None) -> str | None:
        """Return the own name of the module that a package which vendors us knows as `name`, None if there is none."""
        parent, _, last = name.rpartition(".")
        if not any(name.startswith(each) for each in self.under) or parent not in sys.modules:
            return None
        return self._below(sys.modules[parent], last, path)

    def _below(self, home: ModuleType, last: str, path: Sequence[str] | None) -> str | None:
        """Return the own name of the module that is `last` in the module `home`, None if there is none."""
        real_name = f"{home.__name__}.{last}"
        if (home is not _ours() and not is_ours(home)) or self._exists(real_name, path):
            return real_name
        shown = getattr(home, last, None)
        return shown.__name__ if is_ours(shown) else None


class AliasLoader:
    """Hands out the module that has the name `real_name`, untouched: its `__name__` and `__spec__` stay its own.

    The real module is what `sys.modules` shows under the other name from the first moment. A stand-in that is
    replaced in the end would be seen by others: by threads that import the same name meanwhile and keep what they
    found, and by whatever asks what is installed under that name.
    """

    def __init__(self, real_name: str) -> None:
        self.real_name = real_name
        self.own_spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Load the real module and return it. The import system is about to replace its `__spec__` by `spec`."""
        __import__(self.real_name)
        module = sys.modules[self.real_name]
        own = module.__spec__
        # Another thread may be at the same point under a third name.
        loader = getattr(own, "loader", None)
        self.own_spec = loader.own_spec if isinstance(loader, AliasLoader) else own
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own `__spec__` back; it ran when it was loaded under its own name."""
        module.__spec__ = self.own_spec

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the real module's code, for `python -m requests.help`."""
        loader: Any = getattr(find_spec(self.real_name), "loader", None)
        code: CodeType | None = loader.get_code(self.real_name)
        return code


if "finder" not in globals():  # importlib.reload keeps the one there is
    finder = AliasFinder()
    # Before the finder of files, which would load submodules a second time.
    sys.meta_path.insert(0, finder)


def come_first() -> None:
    """Put the finder before all others again.

    One that was put before it since then, as pytest's, finds our modules' files under their second names as well.
    """
    if sys.meta_path[0] is not finder:
        sys.meta_path[:] = [finder, *[each for each in sys.meta_path if each is not finder]]

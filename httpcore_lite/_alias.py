"""The name `requests`: one package that answers to two names.

    httpcore_lite.sessions  ─┐
                             ├─ one module object, whichever name was imported first
    requests.sessions       ─┘   while sys.modules["requests"] is our package

A program puts our package under the name `requests`, by `install_as_requests()` or by assigning to `sys.modules`.
Left alone, the import system would then load `requests.sessions` from our own directory a second time: classes
would exist twice, and `except requests.exceptions.Timeout` would miss. The finder in here answers first and hands out
the module that the package's own name has; submodules are found when somebody imports them, not before. It acts
while our package is what `requests` means and is silent otherwise, so that it costs nothing and changes nothing.

With `install_as_requests(urllib3=True)` it does the same for `urllib3`, where that is not installed: the module of that
name below `packages/` stands in for it then.

This room imports only `sys`; the front door loads it.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__ = ["AliasFinder", "AliasLoader", "install_as_requests", "is_ours", "other_installed", "thin_module"]

# Our whole package, which may have been copied into another one.
_PACKAGE = __name__.rpartition(".")[0]
_PACKAGES = _PACKAGE + ".packages."


def _ours() -> ModuleType:
    return sys.modules[_PACKAGE]


def install_as_requests(urllib3: bool = False, force: bool = False) -> None:
    """Let `import requests` mean this package, for the whole process.

    Every submodule is the same object under both names, and as lazy as before. Modules that have already imported
    the real requests keep it. Doing it again does nothing.

    Args:
        urllib3: let `import urllib3` mean our names of urllib3 too, if urllib3 is not installed.
        force: replace a real requests that is already loaded, instead of refusing.

    Raises:
        RuntimeError: another package is already loaded under the name requests, and `force` is not set.
    """
    package = _ours()
    present = sys.modules.get("requests")
    if present is not None and present is not package:
        if not force:
            where = getattr(present, "__file__", None) or repr(present)
            raise RuntimeError(
                f"another requests is already loaded ({where}): call install_as_requests() before anything "
                "imports requests, or pass force=True to replace it for what is imported from now on"
            )
        for name in [name for name in sys.modules if name.startswith("requests.")]:
            del sys.modules[name]
    sys.modules["requests"] = package
    if urllib3:
        finder.urllib3 = True


# -- urllib3, installed or not --------------------------------------------------------------------------------------


def thin_module(name: str) -> ModuleType | None:
    """Return our module that stands for the module `name` ("urllib3", "urllib3.util.retry") of urllib3.

    None when we have no such module, and when urllib3 is installed: a process has one urllib3.
    """
    if name != "urllib3" and not name.startswith("urllib3."):
        return None
    if not is_ours(sys.modules.get(_PACKAGES + "urllib3")) and other_installed("urllib3"):
        return None
    try:
        __import__(_PACKAGES + name)
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith(_PACKAGES):
            raise
        return None
    module = sys.modules[_PACKAGES + name]
    return module if is_ours(module) else None


def is_ours(module: object) -> bool:
    return module is not None and str(getattr(module, "__name__", "")).startswith(_PACKAGES)


def other_installed(name: str) -> bool:
    """Return whether a module of this name could be imported that is not ours standing in for it."""
    if name in sys.modules:
        module = sys.modules[name]
        return module is not None and not is_ours(module)
    for finder in sys.meta_path:
        owner = getattr(finder, "__module__", "") or ""
        if owner == _PACKAGE or owner.startswith(_PACKAGE + "."):
            continue  # the alias that shows us under other names would only ask us again
        find_spec = getattr(finder, "find_spec", None)
        spec = find_spec(name, None) if find_spec is not None else None
        if spec is not None:
            return spec.origin is not None  # an empty directory of that name is no package
    return False


# -- the import system's protocol ------------------------------------------------------------------------------------


class AliasFinder:
    """Finds our modules when they are imported under the name `requests` (or `urllib3`, when it is asked to)."""

    def __init__(self) -> None:
        self.urllib3 = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to find `fullname`, None if it is not ours to find (the import system's protocol)."""
        if fullname.startswith("requests.") and sys.modules.get("requests") is _ours():
            real_name = _PACKAGE + fullname[len("requests") :]
            if real_name not in sys.modules and not self._exists(real_name, path, target):
                return None
        elif self.urllib3 and (fullname == "urllib3" or fullname.startswith("urllib3.")):
            module = thin_module(fullname)
            if module is None:
                return None
            real_name = module.__name__
        else:
            return None
        # The class that importlib.machinery calls ModuleSpec, without loading importlib.
        make_spec: Any = type(_ours().__spec__)
        spec: ModuleSpec = make_spec(fullname, AliasLoader(real_name))
        return spec

    def _exists(self, name: str, path: Sequence[str] | None, target: ModuleType | None) -> bool:
        """Tell whether any other finder knows the module; `path` is its package's, which is one under both names."""
        others = [each for each in sys.meta_path if each is not self and hasattr(each, "find_spec")]
        return any(each.find_spec(name, path, target) is not None for each in others)


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
        loader: Any = getattr(own, "loader", None)
        self.own_spec = loader.own_spec if isinstance(loader, AliasLoader) else own
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own `__spec__` back; it ran when it was loaded under its own name."""
        module.__spec__ = self.own_spec


if "finder" not in globals():  # importlib.reload keeps the one there is
    finder = AliasFinder()
    # Before the finder of files, which would load our submodules a second time.
    sys.meta_path.insert(0, finder)

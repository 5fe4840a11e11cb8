"""What programs reach through `requests.packages`: urllib3, idna, chardet.

    requests.packages.urllib3       the installed urllib3 if there is one, else our own names (`urllib3/` in here)
    requests.packages.idna          the installed idna
    requests.packages.chardet       the installed chardet, else the installed charset_normalizer

Nothing is looked for before a program asks. What is installed is handed out as it is, under both names one module
object, submodules included: `requests.packages.urllib3.util.retry is urllib3.util.retry`. The import system is told
so by one finder, which acts only on names below this package's own.

`urllib3/` holds names with our implementation behind them, module by module where programs import them from. With
`install_as_requests(urllib3=True)` it also stands in for a urllib3 that is not installed; `thin_module` is what the
alias asks for. `_bridge.py` is the other direction: what the rest of the package must know of a urllib3 in use.
"""

from __future__ import annotations

import sys

from .._alias import AliasLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

_PREFIX = __name__ + "."
# The name of our whole package, which may have been copied into another one.
_ROOT = __name__.rpartition(".")[0]

# Name in here -> what is installed under these names, the first that is.
_OTHERS = {
    "idna": ("idna",),
    "chardet": ("chardet", "charset_normalizer"),
    "charset_normalizer": ("charset_normalizer",),
}


def __getattr__(name: str) -> Any:
    if name == "urllib3" or name in _OTHERS:
        from importlib import import_module

        try:
            return import_module(_PREFIX + name)
        except ModuleNotFoundError as error:
            if error.name != _PREFIX + name:
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), "urllib3", *(name for name in _OTHERS if _name_of_installed(name))])


def thin_module(name: str) -> ModuleType | None:
    """Return our module that stands for the module `name` ("urllib3", "urllib3.util.retry") of urllib3.

    None when we have no such module, and when urllib3 is installed: a process has one urllib3.
    """
    if name != "urllib3" and not name.startswith("urllib3."):
        return None
    if not _is_ours(sys.modules.get(_PREFIX + "urllib3")) and _installed("urllib3"):
        return None
    from importlib import import_module

    try:
        module = import_module(_PREFIX + name)
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith(_PREFIX):
            raise
        return None
    return module if _is_ours(module) else None


def _is_ours(module: Any) -> bool:
    return module is not None and str(getattr(module, "__name__", "")).startswith(_PREFIX)


def _installed(name: str) -> bool:
    """Return whether a module of this name could be imported that is not ours standing in for it."""
    if name in sys.modules:
        module = sys.modules[name]
        return module is not None and not _is_ours(module)
    for finder in sys.meta_path:
        owner = getattr(finder, "__module__", "") or ""
        if owner == _ROOT or owner.startswith(_ROOT + "."):
            continue  # the alias that shows us under other names would only ask us again
        find_spec = getattr(finder, "find_spec", None)
        spec = find_spec(name, None) if find_spec is not None else None
        if spec is not None:
            return spec.origin is not None  # an empty directory of that name is no package
    return False


def _name_of_installed(name: str) -> str | None:
    return next((candidate for candidate in _OTHERS[name] if _installed(candidate)), None)


class _Finder:
    """Finds the names below this package that stand for installed packages."""

    @staticmethod
    def find_spec(fullname: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if not fullname.startswith(_PREFIX):
            return None
        top, _, rest = fullname[len(_PREFIX) :].partition(".")
        installed: str | None = None
        if top == "urllib3":
            # Decided when the package itself is imported; its submodules come from where it came from.
            known = sys.modules.get(_PREFIX + top)
            if (known is not None and not _is_ours(known)) or (known is None and _installed(top)):
                installed = top
        elif top in _OTHERS:
            installed = _name_of_installed(top)
        if installed is None:
            return None
        from importlib.machinery import ModuleSpec

        loader: Any = AliasLoader(f"{installed}.{rest}" if rest else installed)
        return ModuleSpec(fullname, loader)


# Before the finder of files, which would load a second copy of an installed package's submodules.
sys.meta_path.insert(0, _Finder)

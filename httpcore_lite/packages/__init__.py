"""What programs reach through `requests.packages`: urllib3, idna, chardet.

    requests.packages.urllib3       the installed urllib3 if there is one, else our own names (`urllib3/` in here)
    requests.packages.idna          the installed idna
    requests.packages.chardet       the installed chardet, else the installed charset_normalizer

Nothing is looked for before a program asks. What is installed is handed out as it is, under both names one module
object, submodules included: `requests.packages.urllib3.util.retry is urllib3.util.retry`. The import system is told
so by one finder, which acts only on names below this package's own.

`urllib3/` holds names with our implementation behind them, module by module where programs import them from. With
`install_as_requests(urllib3=True)` it also stands in for a urllib3 that is not installed; `thin_module` is what the
alias asks for. `urllib3_api/installed/` is the other direction: what the rest of the package must know of a urllib3 in
use.
"""

from __future__ import annotations

import sys

from .._alias import AliasLoader, is_ours, other_installed, thin_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any

_PREFIX = __name__ + "."

__all__ = ["thin_module"]

# Name in here -> what is installed under these names, the first that is.
_OTHERS = {
    "idna": ("idna",),
    "chardet": ("chardet", "charset_normalizer"),
    "charset_normalizer": ("charset_normalizer",),
}


if not TYPE_CHECKING:

    def __getattr__(name):
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


def _name_of_installed(name: str) -> str | None:
    return next((candidate for candidate in _OTHERS[name] if other_installed(candidate)), None)


class _Finder:
    """Finds the names below this package that stand for installed packages."""

    @staticmethod
    def find_spec(fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        if not fullname.startswith(_PREFIX):
            return None
        top, _, rest = fullname[len(_PREFIX) :].partition(".")
        installed: str | None = None
        if top == "urllib3":
            # Decided when the package itself is imported; its submodules come from where it came from.
            known = sys.modules.get(_PREFIX + top)
            if (known is not None and not is_ours(known)) or (known is None and other_installed(top)):
                installed = top
        elif top in _OTHERS:
            installed = _name_of_installed(top)
        if installed is None:
            return None
        from importlib.machinery import ModuleSpec

        loader: Any = AliasLoader(f"{installed}.{rest}" if rest else installed)
        return ModuleSpec(fullname, loader)


if "_finder" not in globals():  # importlib.reload keeps the one there is
    _finder = _Finder()
    # Before the finder of files, which would load a second copy of an installed package's submodules.
    sys.meta_path.insert(0, _finder)

"""Names of a module that are looked up when they are first used (PEP 562)."""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def on_first_use(
    package: str, names: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for `package`, given its modules and the names to take from each.

    The modules themselves are attributes too, imported or not. A name is kept once it was used.
    """
    module_of = {name: module for module, taken in names.items() for name in taken}

    def look_up(name: str) -> object:
        if name in module_of:
            value = getattr(import_module(f"{package}.{module_of[name]}"), name)
        elif name in names:
            return import_module(f"{package}.{name}")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, value)
        return value

    def all_names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of, *(module for module in names if "." not in module)})

    return look_up, all_names

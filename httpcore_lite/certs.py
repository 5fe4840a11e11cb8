"""Where the default CA certificates are: the bundle of the `certifi` package.

    python -m httpcore_lite.certs       prints the path

Importing certifi costs some 18 ms (it loads `importlib.resources`), finding its file does not. The file is taken
without the import when it is certain that `certifi.where()` would name it:

- certifi was not imported (else its `where` is asked each time: programs and plug-ins replace it),
- an ordinary source loader will load it (import hooks patch certifi on import; a zip has no path),
- its `core.py` names `cacert.pem` and no path of the system (distributions patch `where` to return their own bundle,
  and then `certifi.where()` is what administrators expect to count),
- the file is there.

Otherwise certifi is imported and asked. A copy of this package inside another one takes the certifi that lies beside
it, if one does: there tools that vendor have put it, and rewritten the import below. A packager of this library may
replace `where()` in this module (as in requests): everything here asks it when it needs the path.
"""

from __future__ import annotations

import os
import sys

from ._internal_utils import PACKAGE, find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

__all__ = ["where"]

_AROUND = PACKAGE.rpartition(".")[0]
_CERTIFI = f"{_AROUND}.certifi" if _AROUND and find_spec(f"{_AROUND}.certifi") is not None else "certifi"
# What the search found, with the import path and the import hooks it was made with.
_found: tuple[tuple[str, ...], tuple[object, ...], str | None] | None = None


def _bundle_of(spec: ModuleSpec | None) -> str | None:
    """The file beside certifi's modules, if that is what its `where()` returns; else None."""
    # The loader's class is compared by its name and home: importing importlib.machinery for it takes longer.
    loader = type(spec.loader) if spec is not None else None
    if spec is None or loader is None or not spec.origin:
        return None
    if (loader.__module__, loader.__name__) != ("_frozen_importlib_external", "SourceFileLoader"):
        return None
    folder = os.path.dirname(spec.origin)
    bundle = os.path.join(folder, "cacert.pem")
    try:
        with open(os.path.join(folder, "core.py"), "rb") as file:
            source = file.read()
    except OSError:
        return None
    if b'"cacert.pem"' not in source or b"/etc/" in source or b"/usr/" in source:
        return None
    return bundle if os.path.isfile(bundle) else None


def where() -> str:
    """Return the path of the default CA bundle (PEM), as `certifi.where()` does.

    ImportError: certifi is not installed.
    """
    global _found
    if _CERTIFI not in sys.modules:
        path, hooks = tuple(sys.path), tuple(sys.meta_path)
        if _found is None or _found[:2] != (path, hooks):
            _found = (path, hooks, _bundle_of(find_spec(_CERTIFI)))
        if _found[2] is not None:
            return _found[2]
    from certifi import where as where_of_certifi

    return where_of_certifi()


if __name__ == "__main__":
    print(where())  # noqa: T201 - the module is a command

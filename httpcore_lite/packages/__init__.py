"""What programs reach through `requests.packages`: urllib3, idna, chardet.

    requests.packages.urllib3       the installed urllib3 if there is one, else our rooms of its names (`urllib3_api/`)
    requests.packages.idna          the installed idna
    requests.packages.chardet       the installed chardet, else the installed charset_normalizer

Nothing is looked for before a program asks. What is installed is handed out as it is, under both names one module
object, submodules included: `requests.packages.urllib3.util.retry is urllib3.util.retry`. The finder in `_alias.py`
tells the import system so. `urllib3_api/installed/` is the other direction: what the rest of the package must know of
a urllib3 in use.
"""

from __future__ import annotations

import sys  # noqa: F401 - a name that requests has here

from .._alias import INSTALLED, installed_as
from .._internal_utils import load

TYPE_CHECKING = False


if not TYPE_CHECKING:

    def __getattr__(name):
        if name in INSTALLED:
            try:
                return load(f".packages.{name}")
            except ModuleNotFoundError as error:
                if not (error.name or "").endswith(f".packages.{name}"):
                    raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "urllib3", *filter(installed_as, INSTALLED)})

"""A wheel that stands in for requests where a package cannot do without that name.

A package that depends on `requests` makes an installer fetch it, whatever the program imports. The wheel that is
written here satisfies such a dependency: for installers and for `importlib.metadata` it is requests, of the release
whose API this package offers, with a local version that no index can have; what it installs is a package `requests`
that is `install_as_requests()`. It is meant for the environment of its user, and indexes refuse to take it. The bytes
are the same wherever one version of this package writes them, so that a lock file may name their hash.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from pathlib import Path

from .__version__ import REQUESTS_API_LEVEL, __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["VERSION", "WHEEL_NAME", "write"]

#: What `importlib.metadata.version("requests")` is where the wheel is installed.
VERSION: Final = f"{REQUESTS_API_LEVEL}+httpcore.lite"
#: The name of the file that is written.
WHEEL_NAME: Final = f"requests-{VERSION}-py3-none-any.whl"

# What programs import below requests. Once the package is imported, none of these files is read: the finder of
# _alias.py shows our modules. They are there for what looks at files, as type checkers and freezers do, and for threads
# that import one while the package is imported: such a file waits for that, and gives way to our module.
_SUBMODULES: Final = (
    "adapters api auth certs compat cookies exceptions help hooks models packages sessions status_codes structures"
    " utils"
)

_METADATA: Final = f"""\
Metadata-Version: 2.1
Name: requests
Version: {VERSION}
Summary: httpcore_lite in the place of requests, for the environment that it was written for
License: Apache-2.0
Classifier: Private :: Do Not Upload
Classifier: Typing :: Typed
Requires-Python: >=3.10
Requires-Dist: httpcore-lite
Provides-Extra: security
Provides-Extra: socks
Provides-Extra: use-chardet-on-py3
Requires-Dist: chardet<8,>=3.0.2; extra == "use-chardet-on-py3"

This is not requests. It was written by `python -m httpcore_lite --stand-in`, so that packages that depend on requests
are satisfied by httpcore_lite, which has its API. It is not for an index.
"""

_WHEEL: Final = f"""\
Wheel-Version: 1.0
Generator: httpcore_lite {__version__}
Root-Is-Purelib: true
Tag: py3-none-any
"""

# Under its own name this module is seen until its first line has run, and by other threads that import it at that
# moment: they keep this one, which is ours to look at and to patch. Those that come later wait, and find ours.
_PACKAGE: Final = '''\
"""httpcore_lite in the place of requests; `pip uninstall requests` takes it away."""

import sys

_here = sys.modules.pop(__name__)

import httpcore_lite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from httpcore_lite import *

    {submodules}

    __version__: str
else:

    class Ours(type(sys)):
        def __getattribute__(self, name):
            return getattr(httpcore_lite, name)

        def __setattr__(self, name, value):
            setattr(httpcore_lite, name, value)

        def __delattr__(self, name):
            delattr(httpcore_lite, name)

    _here.__class__ = Ours

httpcore_lite.install_as_requests(urllib3=True)
'''

_SUBMODULE: Final = '''\
"""httpcore_lite.{name}, under its name in requests."""
from httpcore_lite.{name} import *
import sys as _sys, requests as _requests; _sys.modules[__name__] = _sys.modules["httpcore_lite.{name}"]
'''


def write(directory: str | os.PathLike[str]) -> Path:
    """Write the wheel that stands in for requests, and return the path of its file.

    Args:
        directory: where to; made if it is missing. A wheel of the same name is replaced.

    Raises:
        OSError: it cannot be written there; NotADirectoryError or FileExistsError where the path is that of a file.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / WHEEL_NAME
    # An installer must never find half a wheel.
    half = folder / f".{WHEEL_NAME}.{os.getpid()}"
    try:
        with zipfile.ZipFile(half, "w") as wheel:
            for name, text in _files().items():
                # Neither the moment nor the machine nor its zlib shows in the bytes.
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.create_system = 3
                entry.external_attr = 0o100644 << 16
                wheel.writestr(entry, text.encode())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path


def _files() -> dict[str, str]:
    """Return the files of the wheel, by their names, with the list of them and of their hashes at the end."""
    names = _SUBMODULES.split()
    shown = "\n    ".join(f"from . import {name} as {name}" for name in names)
    files = {"requests/__init__.py": _PACKAGE.format(submodules=shown), "requests/py.typed": ""}
    files |= {f"requests/{name}.py": _SUBMODULE.format(name=name) for name in names}
    records = f"requests-{VERSION}.dist-info"
    files |= {f"{records}/METADATA": _METADATA, f"{records}/WHEEL": _WHEEL}
    lines = [f"{name},{_hash(text)},{len(text.encode())}" for name, text in files.items()]
    files[f"{records}/RECORD"] = "\n".join([*lines, f"{records}/RECORD,,", ""])
    return files


def _hash(text: str) -> str:
    """Return the hash of a file as the list of a wheel's files has it (PEP 427)."""
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

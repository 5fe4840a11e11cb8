"""What a bug report should say about the machine: `python -m httpcore_lite.help` prints it as JSON.

The keys are requests' (a program may read them) and, after them, those that tell about this library. Modules
are looked up as attributes of this module when `info` runs, loaded on first use, and may be patched.
"""

from __future__ import annotations

import sys

from .__version__ import REQUESTS_API_LEVEL, __title__, __version__
from ._internal_utils import installed_as_requests, lazy_names, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["info", "main"]

# Attributes that are modules where they are installed, else None. `pyopenssl` is urllib3's plug-in in requests.
_MODULES = (
    "OpenSSL",
    "certifi",
    "chardet",
    "charset_normalizer",
    "cryptography",
    "h11",
    "idna",
    "json",
    "platform",
    "pyopenssl",
    "ssl",
)


def _installed(name: str) -> ModuleType | None:
    try:
        if name == "cryptography":
            load("OpenSSL")  # as in requests, which asks for the one with the other only
        return load("OpenSSL" if name == "pyopenssl" else name)
    except ImportError:
        return None


def _requests_version(_: str) -> str:
    """What `requests.__version__` is to programs: our version, or the API level when installed as requests."""
    return REQUESTS_API_LEVEL if installed_as_requests() else __version__


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {".packages": "urllib3", "typing": "Any"},
        dict.fromkeys(_MODULES, _installed),
        {"requests_version": _requests_version},
    )


def _module(name: str) -> Any:
    """The attribute of this module, patched or not."""
    return getattr(sys.modules[__name__], name)


def _installed_version(distribution: str) -> str | None:
    """The version of a distribution that we do not use, and so do not import."""
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _version(name: str, missing: str | None = None) -> dict[str, str | None]:
    return {"version": getattr(_module(name), "__version__", missing)}


def _implementation() -> dict[str, str]:
    """Return name and version of the Python implementation."""
    platform = _module("platform")
    name = platform.python_implementation()
    version = "Unknown"
    if name == "PyPy":
        pypy = vars(sys)["pypy_version_info"]
        version = f"{pypy.major}.{pypy.minor}.{pypy.micro}"
        version += "" if pypy.releaselevel == "final" else pypy.releaselevel
    elif name in ("CPython", "GraalVM", "IronPython", "Jython"):
        version = platform.python_version()
    return {"name": name, "version": version}


def _platform() -> dict[str, str]:
    platform = _module("platform")
    try:
        return {"system": platform.system(), "release": platform.release()}
    except OSError:
        return {"system": "Unknown", "release": "Unknown"}


def info() -> dict[str, object]:
    """Return what a bug report should say: platform, Python, TLS library, versions of what we stand on."""
    ssl = _module("ssl")
    openssl = _module("OpenSSL")
    system_ssl = getattr(ssl, "OPENSSL_VERSION_NUMBER", None)
    pyopenssl = {"version": getattr(openssl, "__version__", None), "openssl_version": ""}
    if number := getattr(getattr(openssl, "SSL", None), "OPENSSL_VERSION_NUMBER", None):
        pyopenssl["openssl_version"] = f"{number:x}"
    return {
        "platform": _platform(),
        "implementation": _implementation(),
        "system_ssl": {"version": f"{system_ssl:x}" if system_ssl is not None else ""},
        "using_pyopenssl": False,
        "using_charset_normalizer": _module("chardet") is None and _module("charset_normalizer") is not None,
        "pyOpenSSL": pyopenssl,
        "urllib3": {"version": _installed_version("urllib3")},
        "chardet": _version("chardet"),
        "charset_normalizer": _version("charset_normalizer"),
        "cryptography": _version("cryptography", ""),
        "idna": _version("idna", ""),
        "requests": {"version": _module("requests_version")},
        __title__.replace("-", "_"): {"version": __version__},
        "h11": _version("h11"),
        "certifi": _version("certifi"),
        "ssl": {"version": getattr(ssl, "OPENSSL_VERSION", "")},
    }


def main() -> None:
    """Print the information as JSON."""
    print(_module("json").dumps(info(), sort_keys=True, indent=2))  # noqa: T201 - the module is a command


if __name__ == "__main__":
    main()

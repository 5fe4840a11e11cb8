"""What is wrong with a file that TLS is set up from: CA certificates, a client certificate, its key.

Such an error is the program's or the machine's, not the network's: it is a plain OSError, as in requests, and never a
RequestException, so that nothing tries again what cannot succeed. It is loaded when there is something to complain
about.
"""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CA = "a suitable TLS CA certificate bundle"
CERTIFICATE = "the TLS certificate file"
KEY = "the TLS key file"


class _FileError(OSError):
    """An OSError with errno, strerror and filename whose text is that of requests."""

    of_settings = True  # the mark by which the adapter lets it through as it is
    _text = ""

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[object, ...]:
        return _made, (self._text, self.errno, self.filename)


class _MissingFile(_FileError, FileNotFoundError):
    """There is no such file."""


class _DirectoryAsFile(_FileError, IsADirectoryError):
    """It is a directory."""


class _UnreadableFile(_FileError, PermissionError):
    """It may not be read."""


_KINDS = {errno.ENOENT: _MissingFile, errno.EISDIR: _DirectoryAsFile, errno.EACCES: _UnreadableFile}


def missing(what: str, path: object) -> OSError:
    """Return the error for a file that is not there; `what` is CA, CERTIFICATE or KEY."""
    return _made(f"Could not find {what}, invalid path: {path}", errno.ENOENT, path)


def unusable(files: Iterable[tuple[str, str | None]]) -> OSError | None:
    """Return the error for the first of the (what, path) that cannot be opened, None when all can be."""
    for what, path in files:
        if path is None:
            continue
        try:
            with open(path, "rb"):
                pass
        except FileNotFoundError:
            return missing(what, path)
        except OSError as error:
            return _made(f"Could not read {what}, invalid path: {path} ({error.strerror})", error.errno or 0, path)
    return None


def _made(text: str, code: int, path: object) -> OSError:
    error = _KINDS.get(code, _FileError)(code, os.strerror(code), path)
    error._text = text
    return error

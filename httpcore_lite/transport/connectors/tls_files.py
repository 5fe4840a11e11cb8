"""Files that TLS is set up from: what is wrong with one, and how bytes get a path that OpenSSL takes.

CA certificates, a client certificate, its key. An error of theirs is the program's or the machine's, not the network's:
it is a plain OSError, as in requests, and never a RequestException, so that nothing tries again what cannot succeed.
Loaded when there is something to complain about, or bytes in a file's place.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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


@contextmanager
def as_file(data: bytes) -> Iterator[str]:
    """Give bytes a path for as long as OpenSSL reads them: in memory where the system can, never for others to read."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, data)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    from tempfile import mkstemp

    descriptor, path = mkstemp()
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        yield path
    finally:
        os.unlink(path)

"""Where a body goes: a file that `-o` names, one that `-O` has a name for; and from where on (`-C`).

1. `-O` and `-J` make a file in the working directory, and never open one that is there, nor follow a link. With `-C -`
   the one of that name is continued.
2. A file is opened once there is a response to write to it.
3. What `-C` continues is continued only by the bytes that were asked for (RFC 9110 section 14.4).
"""

from __future__ import annotations

import os
from stat import S_ISREG

from ..file_names import file_name
from .exit_codes import CommandError
from .table import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, TypeAlias

    # A Response: this room is below the one that has the class.
    _Response: TypeAlias = Any


class Target:
    """The file that a body is written to.

    Args:
        settings: what the command line says.
        url: that was asked for.
    """

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings = settings
        self._url = url
        #: Its path, "" until it is known.
        self.path = settings.output or ""
        self.is_continued = settings.resume is not None
        #: Where it is continued, in bytes.
        self.offset = 0
        self._file: BinaryIO | None = None
        self._kept = 0
        if settings.remote_name and not settings.header_name:
            self.path = file_name(None, url)
            if not self.is_continued and os.path.lexists(self.path):
                raise _exists(self.path)
        if self.is_continued:
            self.offset = self._size() if settings.resume == "-" else int(settings.resume or 0)

    def _size(self) -> int:
        try:
            found = os.lstat(self.path) if self._settings.remote_name else os.stat(self.path)
            if not S_ISREG(found.st_mode) and self._settings.remote_name:
                raise _exists(self.path)  # Rule 1
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return found.st_size

    @property
    def fields(self) -> dict[str, str]:
        """What is asked for, to continue."""
        if not self.is_continued:
            return {}
        # A range of a coded body would be a range of other bytes.
        return {**({"Range": f"bytes={self.offset}-"} if self.offset else {}), "Accept-Encoding": "identity"}

    def is_complete(self, response: _Response) -> bool:
        """Whether the file is whole already. CommandError: the server does not continue where it ends. Rule 3."""
        if not self.offset:
            return False
        status, said = response.status_code, response.headers.get("Content-Range", "").strip().lower()
        if status == 206 and said.startswith(f"bytes {self.offset}-"):
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise CommandError(33, "Begin anew without -C: the server sends the rest compressed")
            return False
        if status == 416:
            length = said.partition("/")[2].strip()
            if not length.isdigit() or int(length) == self.offset:
                return True
        if 200 <= status < 300 and response.headers.get("Content-Length", "") == str(self.offset):
            return True
        if status >= 400 and status != 416:
            raise CommandError(33, f"Is the URL right? The server responded {status} to the request for the rest")
        raise CommandError(33, f"Begin anew without -C: the server does not continue at byte {self.offset}")

    def opened(self, response: _Response) -> BinaryIO:
        """Return the file, open for writing, of an earlier attempt, too. CommandError: it cannot be."""
        if self._file is not None:
            return self._file
        if self._settings.header_name:
            self.path = file_name(response.headers.get("Content-Disposition"), self._url)
        self._file = self._opened()
        self._kept = os.fstat(self._file.fileno()).st_size
        return self._file

    def emptied(self) -> bool:
        """Take out what an attempt has written. False: that cannot be, since the file is a pipe or the like."""
        try:
            if self._file is not None and self.path != os.devnull:
                self._file.truncate(self._kept)
                self._file.seek(0, os.SEEK_END)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the file, if there is one. CommandError: the system says only now that it is not written."""
        try:
            if self._file is not None:
                self._file.close()
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _opened(self) -> BinaryIO:
        try:
            if self._settings.remote_name:
                flags = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
                if self.is_continued and os.path.lexists(self.path):
                    return open(os.open(self.path, flags | os.O_APPEND), "ab")
                return open(os.open(self.path, flags | os.O_CREAT | os.O_EXCL, 0o666), "wb")
            return open(self.path, "ab" if self.offset else "wb")
        except FileExistsError:
            raise _exists(self.path) from None
        except (OSError, UnicodeError) as error:
            raise _unwritable(self.path, error) from error


def _exists(path: str) -> CommandError:
    return CommandError(23, f"-o {path} writes over it, -C - -O goes on with it: {path} is there already")


def _unwritable(path: str, error: OSError | UnicodeError) -> CommandError:
    said = getattr(error, "strerror", None) or "this system has no place for its letters"
    made = CommandError(23, f"Is the path right? {said}: {path}")
    made.__cause__ = error
    return made


class Throttle:
    """`--limit-rate`: how long to pause, by what has been transferred and the time that went by.

    Args:
        rate: bytes a second.
        began: seconds of any clock.
    """

    def __init__(self, rate: int, began: float) -> None:
        self.rate = rate
        self._began = began

    def pause_after(self, count: int, now: float) -> float:
        """Return the seconds to pause once `count` bytes have been transferred."""
        return max(0.0, self._began + count / self.rate - now)

    @property
    def piece(self) -> int:
        """Bytes to ask for at once, so that the pauses are short."""
        return max(1, min(65_536, self.rate // 8))

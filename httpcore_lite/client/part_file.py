"""The file that a download is written to, beside the one that it becomes: created, locked, flushed, renamed.

What a process that was killed leaves behind is a part, with its notes beside it; the file itself is there from the
moment in which it is whole. Nothing here decides what a part is worth.

1. A part has one writer. A lock of the operating system says so, which ends with the process: a file that said it would
   survive a kill. It counts once the part is found under its name again, because a writer that was ready meanwhile has
   renamed it; and the part becomes the file, or is removed, only where it is found there still.
2. Where there are no locks (a file system, or a Python, without them) a part gets a name that no other process knows,
   and is not kept.
3. Notes are written when the part is empty, before its first byte: a part with bytes has its own notes, or none.
4. No link is followed, and nothing is written to a file that has a second name, or another owner.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

_READ: Final = 1 << 20
# How often a part is opened anew that another process has renamed, or removed, in this very moment.
_TURNS: Final = 16
# Which byte is locked on Windows, where a lock keeps others from reading it. It need not exist.
_LOCKED_BYTE: Final = 0x7FFFFFF0
_FLAGS: Final = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_HELD: Final = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_NO_SUCH_THING: Final = tuple(
    getattr(errno, name, -1) for name in ("ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EINVAL", "ENOLCK", "EPERM", "EMLINK")
)


class Part:
    """An open part, which this process alone writes.

    Args:
        path: of the file that it becomes.
        names: the names of the part and of its notes, in the same directory.
        overwrite: whether a file at `path` is replaced.

    Raises:
        FileExistsError: there is something at `path`; or something that is no file at the part's name.
        BlockingIOError: another download writes it.
        OSError: it cannot be opened.
    """

    def __init__(self, path: str, names: tuple[str, str], overwrite: bool) -> None:
        folder = os.path.dirname(path)
        self.path = path
        self._folder = folder
        self._overwrite = overwrite
        self.name, self._notes = (os.path.join(folder, name) for name in names)
        self._mode = check_free(path, overwrite)
        self.kept = True  # Rule 2
        self._fd = -1
        self.size = 1  # for what is interrupted before it is known: what may have bytes is kept
        try:
            self._open_and_lock()
            self.size = os.fstat(self._fd).st_size
            check_free(path, overwrite)  # it may have been written between the two
        except BaseException:
            self.leave(True)
            raise

    # -- opening it ----------------------------------------------------------------------------------------

    def _open_and_lock(self) -> None:
        for _ in range(_TURNS):
            fd = None
            try:
                fd, is_new = self._open()
                if fd is None:
                    continue
                held = _lock(fd) if self.kept else True
                if held is None:
                    self._without_locks(is_new)
                elif not held:
                    raise BlockingIOError(errno.EWOULDBLOCK, "Another download writes this file", self.path)
                elif self._is_found(fd):  # Rule 1
                    # What was created just now is, also on a mount that shows other owners than there are.
                    if is_new or self._is_ours(fd):
                        self._fd, fd = fd, None
                        return
                    os.unlink(self.name)  # Rule 4
            finally:
                if fd is not None:
                    os.close(fd)
        raise BlockingIOError(errno.EWOULDBLOCK, "Other downloads write this file", self.path)

    def _open(self) -> tuple[int | None, bool]:
        """Return a descriptor of the part, and whether it was created; None where it was there and is gone."""
        try:
            # It may be continued, also where the file that it replaces must not be written.
            return os.open(self.name, _FLAGS | os.O_CREAT | os.O_EXCL, self._mode | 0o600), True
        except FileExistsError:
            pass
        except FileNotFoundError:
            hint = " (~ is not expanded, os.path.expanduser does that)" if "~" in self._folder else ""
            raise FileNotFoundError(errno.ENOENT, f"There is no such directory{hint}", self._folder) from None
        try:
            if not stat.S_ISREG(os.lstat(self.name).st_mode):
                raise FileExistsError(errno.EEXIST, "Not a file, but it is where the download is written", self.name)
            return os.open(self.name, _FLAGS | getattr(os, "O_NONBLOCK", 0)), False
        except FileNotFoundError:
            return None, False

    def _without_locks(self, is_new: bool) -> None:
        if is_new:
            os.unlink(self.name)
        from secrets import token_hex

        stem = os.path.basename(self.name).removesuffix(".part")
        stem = stem[:-9] if len(os.fsencode(stem)) > 200 else stem  # where the other fits, this one does
        self.name = os.path.join(self._folder, f"{stem}.{token_hex(4)}.part")
        self._notes, self.kept = f"{self.name}.json", False

    def _is_found(self, fd: int) -> bool:
        if sys.platform == "win32":
            return True  # what is open can neither be renamed nor removed there
        else:
            try:
                return os.path.samestat(os.lstat(self.name), os.fstat(fd))
            except FileNotFoundError:
                return False

    def _is_ours(self, fd: int) -> bool:
        found = os.fstat(fd)
        return stat.S_ISREG(found.st_mode) and found.st_nlink <= 1 and _is_owned(found)

    # -- what is in it -------------------------------------------------------------------------------------

    def notes(self, limit: int) -> bytes | None:
        """Return what was written as notes, None where there are none, or more than `limit` bytes, or not ours."""
        try:
            fd = os.open(self._notes, _FLAGS & ~os.O_RDWR | os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except OSError:
            return None
        with open(fd, "rb") as file:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode) or not _is_owned(found) or found.st_size > limit:
                return None
            return file.read(limit)

    def pieces(self) -> Iterator[bytes]:
        """Yield what is in the part, from its beginning."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        while piece := os.read(self._fd, _READ):
            yield piece

    def go_on(self, size: int) -> None:
        """Have what comes now be written behind the first `size` bytes."""
        os.ftruncate(self._fd, size)
        os.lseek(self._fd, size, os.SEEK_SET)
        self.size = size

    def begin(self, notes: bytes | None) -> None:
        """Empty the part, and write its notes (Rule 3), None where it has none."""
        self.go_on(0)
        os.fsync(self._fd)
        _remove(self._notes)
        if notes is None or not self.kept:
            return
        with open(os.open(self._notes, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(notes)
            file.flush()
            os.fsync(file.fileno())

    def write(self, piece: bytes) -> None:
        """Write `piece` behind what is there. OSError: there is no room, for one."""
        view = memoryview(piece)
        try:
            while view:
                count = os.write(self._fd, view)
                self.size += count
                view = view[count:]
        except OSError as error:
            if error.filename is None:
                error.filename = self.name
            raise

    # -- the end -------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Make the part the file at `path`, in one step.

        Raises:
            FileExistsError: there is one by now, and it is not to be replaced.
            OSError: it could not be flushed, or not be renamed; or it is not what was written: another size, another
                file under its name.
        """
        mode = check_free(self.path, self._overwrite)
        found = os.fstat(self._fd)
        if found.st_size != self.size or not self._is_found(self._fd):
            raise OSError(errno.EIO, "Something else has written to this file, or replaced it", self.name)
        if self._overwrite and os.path.lexists(self.path) and hasattr(os, "fchmod") and mode != found.st_mode & 0o777:
            os.fchmod(self._fd, mode)
        os.fsync(self._fd)
        if sys.platform == "win32":
            self._close()  # what is open cannot be renamed there
        if self._overwrite:
            os.replace(self.name, self.path)
        else:
            _rename_new(self.name, self.path)
        self._close()
        _remove(self._notes)
        _flush_folder(self._folder)

    def leave(self, keep: bool) -> None:
        """Close the part; remove it unless it is another one, or to be kept and has bytes. Nothing behind `finish`."""
        if self._fd < 0:
            return
        keep = (keep and self.kept and self.size > 0) or not self._is_found(self._fd)
        if sys.platform == "win32":
            self._close()
        if not keep:
            _remove(self._notes)
            _remove(self.name)
        self._close()

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            _unlock(fd)
            os.close(fd)


def check_free(path: str, overwrite: bool) -> int:
    """Return the permissions of a file that is written at `path`: those of the one that it replaces.

    Raises:
        FileExistsError: there is a file that is not to be replaced, or something that is no file.
    """
    try:
        found = os.lstat(path)
        if overwrite and stat.S_ISLNK(found.st_mode):
            found = os.stat(path)
    except FileNotFoundError:
        return 0o666
    if not overwrite:
        raise FileExistsError(errno.EEXIST, "The file exists, and overwrite=True was not given", path)
    if not stat.S_ISREG(found.st_mode):
        raise FileExistsError(errno.EEXIST, "Not a file, so it is not overwritten", path)
    return stat.S_IMODE(found.st_mode) & 0o777


def _is_owned(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _lock(fd: int) -> bool | None:
    """Lock a file; tell whether that was possible, None where there are no locks (Rule 2)."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return _held_or_none(error)
    else:
        try:
            from fcntl import LOCK_EX, LOCK_NB, flock
        except ImportError:
            return None
        try:
            # Not `lockf`, whose locks are the process's: two threads would share one.
            flock(fd, LOCK_EX | LOCK_NB)
        except OSError as error:
            return _held_or_none(error)
    return True


def _held_or_none(error: OSError) -> bool | None:
    if error.errno in _HELD:
        return False
    if error.errno in _NO_SUCH_THING:
        return None
    raise error


def _unlock(fd: int) -> None:
    """Give the lock back: a child process that was forked meanwhile has the descriptor, too."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
        else:
            from fcntl import LOCK_UN, flock

            flock(fd, LOCK_UN)
    except (ImportError, OSError):
        pass


def _rename_new(old: str, new: str) -> None:
    """Rename a file to a name that is free, in one step. FileExistsError: it is not."""
    if sys.platform == "win32":
        os.rename(old, new)
    else:
        try:
            os.link(old, new)
        except (OSError, AttributeError) as error:
            # A file system, or a system (Android says EACCES), without hard links.
            if isinstance(error, OSError) and error.errno not in (*_NO_SUCH_THING, errno.EACCES):
                raise
            _rename_without_links(old, new)
        else:
            os.unlink(old)


def _rename_without_links(old: str, new: str) -> None:
    """The same by the system's own call; where there is none either, the name is looked at just before."""
    import ctypes

    before, after = os.fsencode(old), os.fsencode(new)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            failed = library.renamex_np(before, after, 4)
        else:
            failed = library.renameat2(-100, before, -100, after, 1)
    except (OSError, AttributeError, TypeError):
        failed, number = -1, errno.ENOSYS
    else:
        number = ctypes.get_errno()
    if failed == 0:
        return
    if number not in _NO_SUCH_THING:
        raise OSError(number, os.strerror(number), new)
    check_free(new, overwrite=False)
    os.rename(old, new)


def _flush_folder(folder: str) -> None:
    """Have the new name survive a loss of power, where a directory can be flushed."""
    try:
        fd = os.open(folder or os.curdir, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(fd)
    except OSError:
        pass
    finally:
        os.close(fd)

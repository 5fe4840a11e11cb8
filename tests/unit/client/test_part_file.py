"""A part: one writer, no link, a name that is free to the end, where a system has less than ours as well."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from httpcore_lite.client import part_file
from httpcore_lite.client.download_plan import part_names
from httpcore_lite.client.part_file import Part

NAMES = ("f.part", "f.part.json")


def part_of(folder: Path, overwrite: bool = False) -> Part:
    return Part(str(folder / "f"), NAMES, overwrite)


def test_a_part_becomes_the_file(tmp_path: Path) -> None:
    part = part_of(tmp_path)
    part.begin(b"notes")
    part.write(b"one")
    part.write(b"two")
    assert sorted(os.listdir(tmp_path)) == ["f.part", "f.part.json"]
    part.finish()
    part.leave(False)
    assert os.listdir(tmp_path) == ["f"]
    assert (tmp_path / "f").read_bytes() == b"onetwo"


def test_a_part_is_left_with_its_notes_or_removed(tmp_path: Path) -> None:
    for keep, size in ((True, 3), (True, 0), (False, 3)):
        part = part_of(tmp_path)
        part.begin(b"notes")
        part.write(b"x" * size)
        part.leave(keep)
        assert sorted(os.listdir(tmp_path)) == ([*NAMES] if keep and size else [])
    part = part_of(tmp_path)
    part.begin(b"notes")
    part.write(b"abcdef")
    part.leave(True)
    part = part_of(tmp_path)
    assert (part.size, part.notes(100), part.notes(3)) == (6, b"notes", None)
    part.go_on(4)
    part.write(b"X")
    assert b"".join(part.pieces()) == b"abcdX"
    part.leave(False)


def test_one_process_writes_a_part_at_a_time(tmp_path: Path) -> None:
    part = part_of(tmp_path)
    with pytest.raises(BlockingIOError):
        part_of(tmp_path)
    code = "import sys; from httpcore_lite.client.part_file import Part; Part(sys.argv[1], ('f.part', 'n'), False)"
    environment = {**os.environ, "PYTHONPATH": str(Path(part_file.__file__).parents[2])}
    command = [sys.executable, "-c", code, str(tmp_path / "f")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, env=environment, check=False)
    assert "BlockingIOError" in done.stderr
    part.leave(False)
    part_of(tmp_path).leave(False)


def test_an_interrupt_at_any_line_while_it_is_opened_gives_the_lock_back_and_keeps_what_is_there(
    tmp_path: Path,
) -> None:
    left = lines = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != part_file.__file__:
            return None
        left -= event == "line"
        if not left:
            raise KeyboardInterrupt
        return trace

    part = part_of(tmp_path)
    part.write(b"abc")
    part.leave(True)

    def opened() -> Part | None:
        sys.settrace(trace)
        try:
            return part_of(tmp_path)
        except KeyboardInterrupt:
            return None
        finally:
            sys.settrace(None)

    found: Part | None = None
    while found is None:
        lines += 1
        left = lines
        # In a thread of its own: what a trace function raises may stay what its thread handles (CPython 3.11).
        with ThreadPoolExecutor(1) as thread:
            found = thread.submit(opened).result()
    assert lines > 20
    assert found.size == 3
    found.leave(False)


def test_a_part_that_was_renamed_before_the_lock_was_ours_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f.part").write_bytes(b"whole")
    real = part_file._lock

    def late(fd: int) -> bool | None:
        # The other writer was ready just now.
        if (tmp_path / "f.part").exists() and not (tmp_path / "f").exists():
            os.rename(tmp_path / "f.part", tmp_path / "f")
        return real(fd)

    monkeypatch.setattr(part_file, "_lock", late)
    part = part_of(tmp_path, overwrite=True)
    assert part.size == 0
    part.begin(None)
    part.write(b"new")
    assert (tmp_path / "f").read_bytes() == b"whole"
    part.leave(False)


def test_a_file_that_appears_while_the_part_is_opened_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = part_file._lock

    def late(fd: int) -> bool | None:
        (tmp_path / "f").write_bytes(b"theirs")
        return real(fd)

    monkeypatch.setattr(part_file, "_lock", late)
    with pytest.raises(FileExistsError):
        part_of(tmp_path)
    assert os.listdir(tmp_path) == ["f"]


def test_where_there_are_no_locks_a_part_has_a_name_of_its_own_and_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_file, "_lock", lambda fd: None)
    (tmp_path / "f.part").write_bytes(b"of another process")
    one, two = part_of(tmp_path), part_of(tmp_path)
    assert len(os.listdir(tmp_path)) == 3
    for part, text in ((one, b"one"), (two, b"two")):
        assert part.size == 0
        part.begin(b"notes")
        part.write(text)
    one.finish()
    with pytest.raises(FileExistsError):
        two.finish()
    two.leave(True)
    assert sorted(os.listdir(tmp_path)) == ["f", "f.part"]
    assert (tmp_path / "f").read_bytes() == b"one"


@pytest.mark.parametrize("name", ["f", "n" * 200, "n" * 246, "n" * 255, "é" * 123])
def test_a_name_of_its_own_is_in_the_same_folder_and_not_too_long(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_file, "_lock", lambda fd: None)
    folder = tmp_path / ("d" * 220)
    folder.mkdir()
    part = part_file.Part(str(folder / name), part_names(name), False)
    assert os.path.dirname(part.name) == str(folder)
    assert len(os.fsencode(os.path.basename(part._notes))) <= 255
    part.finish()
    assert os.listdir(folder) == [name]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL])
def test_a_file_system_without_locks_is_known(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(fcntl, "flock", refuse)
    part = part_of(tmp_path)
    assert not part.kept
    part.leave(True)
    assert os.listdir(tmp_path) == []
    monkeypatch.setitem(sys.modules, "fcntl", None)  # a Python without it
    assert not part_of(tmp_path).kept


@pytest.mark.skipif(sys.platform == "win32", reason="it renames there")
@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES])
@pytest.mark.parametrize("has_call", [True, False])
def test_where_there_are_no_hard_links_a_name_is_taken_all_the_same_and_never_over_a_file(
    has_call: bool, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(number, "no")

    monkeypatch.setattr(os, "link", refuse)
    if not has_call:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    part = part_of(tmp_path)
    part.begin(None)
    part.write(b"x")
    part.finish()
    assert os.listdir(tmp_path) == ["f"]
    (tmp_path / "f").unlink()
    part = part_of(tmp_path)
    part.write(b"y")
    monkeypatch.setattr(part_file, "check_free", lambda *_, **__: 0o666) if has_call else None
    (tmp_path / "f").write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        part.finish()
    part.leave(False)
    assert (tmp_path / "f").read_bytes() == b"theirs"


def test_a_part_of_another_user_is_not_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "geteuid"):
        pytest.skip("no users")
    path = tmp_path / "f.part"
    path.write_bytes(b"prepared")
    before = path.stat().st_ino
    monkeypatch.setattr(part_file, "_is_owned", lambda found: found.st_ino != before)
    keep_inode = path.open("rb")  # so that the new file cannot have it
    part = part_of(tmp_path)
    assert part.size == 0
    part.leave(False)
    keep_inode.close()


def test_a_disk_that_takes_a_piece_in_parts_gets_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = part_of(tmp_path)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data[:2])))
    part.write(b"abcde")
    part.finish()
    assert (tmp_path / "f").read_bytes() == b"abcde"


def test_a_disk_that_is_full_is_named_and_what_fitted_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = part_of(tmp_path)
    real, left = os.write, [3, 0]

    def write(fd: int, data: Any) -> int:
        room = left.pop(0)
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, bytes(data[:room]))

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match=r"No space left.*f\.part"):
        part.write(b"abcde")
    part.leave(True)
    assert (tmp_path / "f.part").read_bytes() == b"abc"


def test_what_others_have_written_to_a_part_is_seen(tmp_path: Path) -> None:
    part = part_of(tmp_path)
    part.write(b"abc")
    with (tmp_path / "f.part").open("ab") as other:
        other.write(b"d")
    with pytest.raises(OSError, match="Something else"):
        part.finish()
    part.leave(False)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="what is open cannot be removed there")
def test_a_part_in_whose_place_there_is_another_one_becomes_no_file_and_leaves_that_alone(tmp_path: Path) -> None:
    one = part_of(tmp_path)
    one.begin(b"notes")
    one.write(b"abc")
    (tmp_path / "f.part").unlink()  # by hand, and begun again
    other = part_of(tmp_path)
    other.begin(b"other")
    other.write(b"xyz")
    with pytest.raises(OSError, match="Something else"):
        one.finish()
    one.leave(False)
    assert sorted(os.listdir(tmp_path)) == [*NAMES]
    other.write(b"!")
    other.finish()
    assert (tmp_path / "f").read_bytes() == b"xyz!"


def test_a_new_part_is_ours_whatever_owner_its_mount_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_file, "_is_owned", lambda found: False)
    for text in (b"kept, and not ours", b"new"):
        part = part_of(tmp_path)
        assert part.size == 0
        part.begin(b"notes")
        part.write(text)
        part.leave(True) if text != b"new" else part.finish()
    assert (tmp_path / "f").read_bytes() == b"new"


@pytest.mark.skipif(sys.platform == "win32", reason="no permissions")
def test_the_part_of_a_file_that_must_not_be_written_can_be_continued(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"before")
    (tmp_path / "f").chmod(0o444)
    for text in (b"one", b"two"):
        part = part_of(tmp_path, overwrite=True)
        assert (tmp_path / "f.part").stat().st_mode & 0o600 == 0o600
        part.go_on(part.size)
        part.write(text)
        part.leave(True) if text == b"one" else part.finish()
    assert (tmp_path / "f").read_bytes() == b"onetwo"
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o444


def test_the_steps_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock is one of a byte, and an open file is neither renamed nor removed; both are played by this system's."""
    fcntl = pytest.importorskip("fcntl")
    positions = []

    class Msvcrt:
        LK_NBLCK, LK_UNLCK = fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_UN

        @staticmethod
        def locking(fd: int, mode: int, count: int) -> None:
            positions.append(os.lseek(fd, 0, os.SEEK_CUR))
            try:
                fcntl.flock(fd, mode)
            except BlockingIOError:
                raise PermissionError(errno.EACCES, "held") from None

    closed: list[int] = []
    real = {name: getattr(os, name) for name in ("close", "rename", "unlink")}

    def step(name: str) -> Any:
        def run(*args: Any) -> None:
            if name == "close":
                closed.append(args[0])
            elif str(args[0]).endswith(".part"):
                assert closed, "it is still open"
            real[name](*args)

        return run

    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt)
    monkeypatch.setattr(part_file, "sys", type("Sys", (), {"platform": "win32"}))
    for name in real:
        monkeypatch.setattr(os, name, step(name))
    part = part_of(tmp_path)
    with pytest.raises(BlockingIOError):
        part_of(tmp_path)
    part.begin(b"notes")
    part.write(b"abc")
    assert b"".join(part.pieces()) == b"abc"
    closed.clear()
    part.finish()
    assert (tmp_path / "f").read_bytes() == b"abc"
    closed.clear()
    part = part_of(tmp_path, overwrite=True)
    part.write(b"x")
    part.leave(False)
    assert os.listdir(tmp_path) == ["f"]
    assert set(positions) == {part_file._LOCKED_BYTE}

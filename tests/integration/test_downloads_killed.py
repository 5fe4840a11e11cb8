"""A download is killed, at random moments and at each of its steps, and started again: no file is ever a wrong one."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import httpcore_lite as client
from support.file_server import FileServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

KILLS = 50
SIZE = 400_000

# Has a child for each line: url, path, "new" or "over", the step at which that ends itself by SIGKILL, and the seconds
# after which it is killed; 0 for none. A step is what changes or reads the disk: before it, and behind it.
PROGRAM = """
import os, signal, sys, time
import httpcore_lite
from httpcore_lite.client import part_file
httpcore_lite.download
count = 0

class Steps:
    def __getattr__(self, name):
        found = getattr(os, name)
        if name not in ("open", "write", "read", "fsync", "ftruncate", "link", "replace", "unlink", "fchmod", "close"):
            return found
        def step(*args, **kwargs):
            self.count()
            try:
                return found(*args, **kwargs)
            finally:
                self.count()
        return step
    def count(self):
        global count
        count += 1
        if count == int(at):
            os.kill(os.getpid(), signal.SIGKILL)

part_file.os = Steps()
for line in sys.stdin:
    url, path, over, at, seconds = line.split()
    if "requests" not in globals():
        requests = httpcore_lite.head(url)  # what a first request loads is there
    child = os.fork()
    if not child:
        try:
            httpcore_lite.download(url, path, overwrite=over == "over")
        except BaseException:
            count = 0
        finally:
            os._exit(min(count, 255))
    if float(seconds):
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    print(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0, flush=True)
"""


class Program:
    """Downloads, each in a process of its own."""

    def __init__(self, url: str, path: Path, over: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(client.__file__).parents[1])}
        self._words = f"{url} {path} {over}"
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def run(self, at: int = 0, seconds: float = 0) -> int:
        """Download, killed at a step or after so many seconds. Returns its steps, 0 where it was killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{self._words} {at} {seconds}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class Watch:
    """Looks at a file all the time, and keeps what is wrong with it."""

    def __init__(self, path: Path, right: set[bytes]) -> None:
        self.path, self.right = path, right
        self.wrong: list[int] = []
        self.looks = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def look(self) -> bytes | None:
        try:
            found = self.path.read_bytes()
        except FileNotFoundError:
            return None
        if found not in self.right:
            self.wrong.append(len(found))
        return found

    def _look(self) -> None:
        while not self._over.wait(0.002):
            self.look()
            self.looks += 1

    def end(self) -> None:
        self._over.set()
        self._thread.join(10)


def timed(program: Program, path: Path) -> float:
    """Let a download come to its end, and take the file away again; returns the seconds."""
    began = time.monotonic()
    assert program.run()
    path.unlink()
    return time.monotonic() - began


@pytest.mark.parametrize("over", ["new", "over"])
def test_a_download_killed_at_random_moments_ends_in_the_right_file(over: str, tmp_path: Path) -> None:
    chance = random.Random(over)
    bodies = [chance.randbytes(SIZE) for _ in range(3)]
    path = tmp_path / "f"
    right = {*bodies}
    if over == "over":
        path.write_bytes(b"before")
        right.add(b"before")
    never = threading.Event()
    with FileServer(bodies[0]) as server, Program(server.url, path, over) as program:
        server.piece, server.on_piece = 10_000, lambda: never.wait(0.004)
        # What a download takes on this machine, as busy as it is; the first one loads what it needs.
        whole = min(timed(program, path) for _ in range(3))
        if over == "over":
            path.write_bytes(b"before")
        watch = Watch(path, right)
        for number in range(KILLS):
            if number in (17, 34):  # the file changes, and has the same length
                server.body, server.etag = bodies[number // 17], f'"{number}"'
            program.run(seconds=chance.uniform(0.001, 0.75 * whole))
            if watch.look() is not None and over == "new":
                path.unlink()
        assert program.run()
        watch.end()
        assert path.read_bytes() == server.body
        assert watch.wrong == []
        assert watch.looks > 100
        assert os.listdir(tmp_path) == ["f"]
        assert len({asked for asked in server.ranges if asked}) > 5, "it was resumed"


@pytest.mark.parametrize(("part", "over"), [("none", "new"), ("none", "over"), ("kept", "new"), ("of another", "over")])
def test_a_download_killed_at_each_of_its_steps_ends_in_the_right_file(part: str, over: str, tmp_path: Path) -> None:
    body = random.Random(1).randbytes(200_000)
    path = tmp_path / "f"
    with FileServer(body) as server, Program(server.url, path, over) as program:
        at, steps = 0, 0
        while not steps:
            for entry in tmp_path.iterdir():
                entry.unlink()
            if over == "over":
                path.write_bytes(b"before")
            if part != "none":
                prepare(server, tmp_path, part)
            at += 1
            steps = program.run(at)
            assert not path.exists() or path.read_bytes() in (body, b"before"), at
            # What is left spoils neither the file that is there by now nor the next one.
            if path.exists() and path.read_bytes() == body:
                server.body, server.etag = body[::-1], '"other"'
                client.download(server.url, path, overwrite=True)
                assert path.read_bytes() == server.body
                server.body, server.etag = body, '"1"'
            client.download(server.url, path, overwrite=path.exists())
            assert path.read_bytes() == body, at
            assert os.listdir(tmp_path) == ["f"]
        assert steps >= 20


def prepare(server: FileServer, folder: Path, part: str) -> None:
    """Have an earlier process be killed in the middle."""
    body, etag = server.body, server.etag
    if part == "of another":
        server.body, server.etag = body[::-1], '"another"'
    server.cuts = [30_000]

    def stop(done: int, _: object) -> None:
        if done >= 30_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.download(server.url, folder / "f", overwrite=True, progress=stop)
    server.body, server.etag, server.cuts = body, etag, []

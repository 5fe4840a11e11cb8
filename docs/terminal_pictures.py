"""Take the pictures of command-line.md: the command line is run on a real terminal, and its screen is drawn.

    pip install pyte rich
    python docs/terminal_pictures.py

pyte is the terminal, rich draws it as SVG. A server on port 3000 of this machine is what is asked.
"""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import shlex
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyte
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
COLUMNS, ROWS = 92, 40

ADA = {"name": "Ada Lovelace", "born": 1815, "fields": ["mathematics", "computing"], "knighted": False, "note": None}
#: name of the picture -> the words, and after how many seconds it is taken (None: at the end).
PICTURES: dict[str, tuple[list[str], float | None]] = {
    "json": ([":3000/people/ada"], None),
    "items": (["PUT", ":3000/people/ada", "born:=1815", "name=Ada Lovelace", "X-Token:abc", "notify==yes"], None),
    "harmless": ([":3000/evil"], None),
    "progress": (["-o", os.devnull, ":3000/large"], 1.5),
    "errors": ([":3001/"], None),
    "timings": (["--body", "--timings", ":3000/moved"], None),
}


class Handler(BaseHTTPRequestHandler):
    """What is asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/moved":
            self._send("", "text/plain", 302, {"Location": "/people/ada"})
        elif self.path == "/evil":
            self._send(
                "An escape: \x1b[2J, a bell: \x07\nA name that runs backwards: photo\u202egnp.exe\n", "text/plain"
            )
        elif self.path == "/large":
            self.send_response(200)
            self.send_header("Content-Length", "40000000")
            self.end_headers()
            try:
                for _ in range(80):
                    self.wfile.write(bytes(500_000))
                    time.sleep(0.05)
            except OSError:
                pass
        else:
            self._send(json.dumps(ADA), "application/json")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = {
            "you asked": f"{self.command} {self.path}",
            "X-Token": self.headers["X-Token"],
            "body": json.loads(body),
        }
        self._send(json.dumps(said), "application/json")

    def _send(self, text: str, kind: str, status: int = 200, more: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(text.encode())), **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Be silent."""


def screen_of(words: list[str], seconds: float | None) -> pyte.Screen:
    """Run the command line, and return the screen with what it has written."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    stream.feed(f"$ httpcore-lite {shlex.join(words)}\r\n".encode())
    child, descriptor = pty.fork()
    if child == 0:
        # Where rich looks for the terminal's size and colours.
        size = {"COLUMNS": str(COLUMNS), "LINES": str(ROWS), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment = {**os.environ, **size, "PYTHONPATH": str(ROOT)}
        os.execve(sys.executable, [sys.executable, "-m", "httpcore_lite", *words], environment)
    until = time.monotonic() + (20 if seconds is None else seconds)
    while time.monotonic() < until:
        if not select.select([descriptor], [], [], 0.1)[0]:
            continue
        try:
            stream.feed(os.read(descriptor, 65536))
        except OSError:  # it has ended
            break
    os.close(descriptor)  # hangs up
    os.waitpid(child, 0)
    return screen


def drawn(screen: pyte.Screen) -> str:
    """Return the screen as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in range(max(number for number in range(ROWS) if screen.display[number].strip()) + 1):
        text = Text()
        for column in range(COLUMNS):
            cell = screen.buffer[line][column]
            colour = {"default": "", "brown": "yellow"}.get(cell.fg, cell.fg)
            colour = f"#{colour}" if re.fullmatch("[0-9a-f]{6}", colour) else colour
            text.append(cell.data, ("bold " if cell.bold else "") + colour)
        text.rstrip()
        console.print(text, soft_wrap=True)
    svg = console.export_svg(title="httpcore-lite", unique_id="picture")
    # Nothing is loaded from anywhere.
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def main() -> None:
    """Take all of them."""
    server = ThreadingHTTPServer(("127.0.0.1", 3000), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    FOLDER.mkdir(exist_ok=True)
    for name, (words, seconds) in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(drawn(screen_of(words, seconds)), encoding="utf-8")
    server.shutdown()


if __name__ == "__main__":
    main()

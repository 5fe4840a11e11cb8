"""The first GET of a fresh process over a connection that takes its time to open, for two checkouts side by side.

On loopback a connection opens at once, and what is loaded while it is under way does not show. Here the server is
behind a network interface of this program's own (a TUN device in a network namespace), which holds each packet up, so
that a round trip takes `--delay` milliseconds. Needs Linux, `unshare`, `ip` and the right to make such a device.

    python -m benchmarks.slow_connect --against ../before
"""

from __future__ import annotations

import argparse
import fcntl
import os
import queue
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import trustme

from . import start_up
from .servers import ROOT

CASES = ("http", "https_ca", "https")
OURS, THEIRS = "10.99.0.1", "10.99.0.2"
_INSIDE = "SLOW_CONNECT_INSIDE"
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


def _enter(arguments: list[str]) -> int:
    """Run this program once more, in a namespace of its own."""
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *rights, "--net", sys.executable, "-m", "benchmarks.slow_connect", *arguments]
    return subprocess.run(command, env={**os.environ, _INSIDE: "1"}, check=False).returncode


def open_slow_way(one_way: float) -> None:
    """Lead what is sent to THEIRS back to us, as if it came from there, each packet `one_way` seconds late."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", b"slow", _IFF_TUN | _IFF_NO_PI))
    for command in (
        ["link", "set", "lo", "up"],
        ["addr", "add", f"{OURS}/24", "dev", "slow"],
        ["link", "set", "slow", "up"],
    ):
        subprocess.run(["ip", *command], check=True)
    under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def take() -> None:
        while True:
            packet = os.read(device, 65536)
            if packet[0] >> 4 == 4:
                # Source and destination change places, which no checksum notices.
                under_way.put((time.monotonic() + one_way, packet[:12] + packet[16:20] + packet[12:16] + packet[20:]))

    def give() -> None:
        while True:
            due, packet = under_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            os.write(device, packet)

    for work in (take, give):
        threading.Thread(target=work, daemon=True).start()


def serve(context: ssl.SSLContext | None) -> int:
    """Respond to one GET on each connection; returns the port."""
    server = socket.create_server((OURS, 0))

    def respond(sock: socket.socket) -> None:
        try:
            if context is not None:
                sock = context.wrap_socket(sock, server_side=True)
            with sock:
                while sock.recv(65536):
                    sock.sendall(_RESPONSE)
        except OSError:
            pass

    def accept() -> None:
        while True:
            threading.Thread(target=respond, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(server.getsockname()[1])


def measure(trees: dict[str, str], rounds: int, folder: str) -> dict[str, dict[str, list[float]]]:
    """Return case -> name of a tree -> the wall milliseconds of its processes, which took turns."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(THEIRS).configure_cert(context)
    authority.cert_pem.write_to_path(os.path.join(folder, "ca.pem"))
    where: dict[str, Any] = {
        "folder": folder,
        "ca": os.path.join(folder, "ca.pem"),
        "plain": f"http://{THEIRS}:{serve(None)}",
        "tls": f"https://{THEIRS}:{serve(context)}",
    }
    environment = start_up._environment(where)
    found: dict[str, dict[str, list[float]]] = {case: {name: [] for name in trees} for case in CASES}
    for case in CASES:
        code = start_up._fill(start_up.CODE["ours"][case], case, where)
        for turn in range(rounds + 1):
            for name, tree in trees.items():
                paths = os.pathsep.join([tree, environment["PYTHONPATH"]])
                once = start_up._run(sys.executable, code, environment | {"PYTHONPATH": paths})
                if turn:  # the first fills the caches of bytecode and of the disk
                    found[case][name].append(1000 * once["wall"])
    return found


def main() -> int:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", help="another checkout, to be measured in turns with this one")
    parser.add_argument("--delay", type=float, default=30, help="milliseconds that a connection takes to open")
    parser.add_argument("--rounds", type=int, default=30, help="processes of each checkout and case")
    options = parser.parse_args()
    if _INSIDE not in os.environ:
        return _enter(sys.argv[1:])
    open_slow_way(options.delay / 2000)
    trees = {"here": ROOT}
    if options.against:
        trees = {"before": os.path.abspath(options.against), **trees}
    print(f"wall ms of a process with one GET, medians of {options.rounds}; a round trip takes {options.delay} ms")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # `python -c` looks into the working directory before PYTHONPATH
        for case, times in measure(trees, options.rounds, folder).items():
            medians = {name: statistics.median(several) for name, several in times.items()}
            shown = "  ".join(f"{name} {median:7.1f}" for name, median in medians.items())
            gained = f"  gained {medians['before'] - medians['here']:6.1f}" if options.against else ""
            print(f"{start_up.CASES[case]:38}{shown}{gained}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

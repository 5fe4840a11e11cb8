"""Proxies that other people wrote, each a process of its own on a free port of loopback.

    with running(WAYS["squid-digest"]) as proxy:
        client.get(url, proxies={"all": proxy.url()})

proxy.py and pproxy are among the tests' own packages; tiny-proxy, squid, danted and tinyproxy are used where they are
installed.
"""

from __future__ import annotations

import getpass
import glob
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote

from .scripted import closed_port

# Seconds until a proxy must have its port open. The package's own code is never waited for so long.
PATIENCE = 20.0
START = Callable[["Way", str, int], list[str]]


@dataclass(frozen=True)
class Way:
    """A way through a proxy.

    name: of the program and what is special about the way; scheme: of its URL; start: makes the command line out of
    the way, a folder for the program's files, and the port; login: (user, password) if it lets in no other;
    needs: a program, or a module, that must be installed; early: it says that the origin was reached before it has
    tried; careless: it hands the login on to the origin, but for the first request of a connection; refusal: the
    status for a wrong login.
    """

    name: str
    scheme: str
    start: START
    login: tuple[str, str] | None = None
    needs: str | None = None
    early: bool = False
    careless: bool = False
    refusal: int = 407

    @property
    def socks(self) -> bool:
        return self.scheme.startswith("socks")

    @property
    def installed(self) -> bool:
        if self.needs == "squid" and self.login and not squid_helper():
            return False
        return self.needs is None or bool(shutil.which(self.needs) or importlib.util.find_spec(self.needs))


@dataclass(frozen=True)
class Proxy:
    """A proxy that is running."""

    way: Way
    port: int

    def url(self, login: tuple[str, str] | None = None) -> str:
        """Its URL with `login`, or the one that it accepts; what is special in it is percent-encoded."""
        login = login or self.way.login
        user = ":".join(quote(part, safe="") for part in login) + "@" if login else ""
        return f"{self.way.scheme}://{user}127.0.0.1:{self.port}"


def _written(folder: str, name: str, *lines: str) -> str:
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def proxy_py(way: Way, folder: str, port: int) -> list[str]:
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", str(port), "--data-dir", folder]
    command += ["--num-acceptors", "1", "--num-workers", "1", "--log-level", "ERROR"]
    return [*command, "--basic-auth", ":".join(way.login)] if way.login else command


def pproxy(way: Way, folder: str, port: int) -> list[str]:
    # It speaks 4a only where the client sends an address, which is then the same as 4.
    address = f"{way.scheme.rstrip('ah')}://127.0.0.1:{port}"
    if way.login:
        # A SOCKS4 client sends a user and nothing else.
        login = ":".join(way.login) if "5" in way.scheme else way.login[0]
        _written(folder, "users", login)
        address += "##users"  # relative: a path may have two underlines in a row, which part one URL from the next
    # Without --auth one good login opens the door to everybody on the same machine.
    return [sys.executable, "-W", "ignore", "-m", "pproxy", "-l", address, "--auth=-1"]


def squid_helper() -> str | None:
    """The program that knows Digest passwords for squid."""
    return next(iter(sorted(glob.glob("/usr/lib*/squid*/digest_file_auth"))), None)


def squid(way: Way, folder: str, port: int) -> list[str]:
    lines = [f"http_port 127.0.0.1:{port}", "pid_filename none", "cache deny all", "access_log none"]
    lines += ["cache_log /dev/null", "netdb_filename none", f"coredump_dir {folder}", "visible_hostname proxy.test"]
    lines += ["shutdown_lifetime 0 seconds"]
    if way.login:
        user, password = way.login
        response = hashlib.md5(f"{user}:realm:{password}".encode()).hexdigest()
        users = _written(folder, "users", f"{user}:realm:{response}")
        lines += [f"auth_param digest program {squid_helper()} -c {users}", "auth_param digest realm realm"]
        lines += ["auth_param digest children 1", "acl known proxy_auth REQUIRED", "http_access allow known"]
        lines += ["http_access deny all"]
    else:
        lines += ["http_access allow all"]
    return ["squid", "-N", "-f", _written(folder, "squid.conf", *lines)]


def danted(way: Way, folder: str, port: int) -> list[str]:
    me = getpass.getuser() if os.getuid() else "root"
    rule = "pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }"
    lines = ["logoutput: /dev/null", f"internal: 127.0.0.1 port = {port}", "external: 127.0.0.1"]
    lines += ["clientmethod: none", "socksmethod: none", f"user.privileged: {me}", f"user.unprivileged: {me}"]
    config = _written(folder, "danted.conf", *lines, f"client {rule}", f"socks {rule}")
    return ["danted", "-f", config, "-p", os.path.join(folder, "pid")]


def tinyproxy(way: Way, folder: str, port: int) -> list[str]:
    lines = [f"Port {port}", "Listen 127.0.0.1", "Timeout 20", "LogLevel Critical"]
    if way.login:
        lines.append("BasicAuth {} {}".format(*way.login))
    return ["tinyproxy", "-d", "-c", _written(folder, "tinyproxy.conf", *lines)]


def tiny_proxy(way: Way, folder: str, port: int) -> list[str]:
    user, password = way.login or (None, None)
    login = f"{user!r}, {password!r}" if way.scheme == "socks5h" else repr(user)
    program = f"""
import anyio, tiny_proxy
async def main():
    handler = tiny_proxy.{way.scheme.rstrip("ah").title()}ProxyHandler({login})
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port={port})
    await listener.serve(handler.handle)
anyio.run(main)
"""
    return [sys.executable, "-c", program]


# Whatever a URL gives a meaning to.
ODD = ("us@r /x", 'p@ss:w/rd%25 +#?&[]"\\')

WAYS = {
    way.name: way
    for way in [
        Way("proxy.py", "http", proxy_py),
        Way("proxy.py-basic", "http", proxy_py, ODD, careless=True),
        Way("pproxy-socks4", "socks4", pproxy, early=True),
        Way("pproxy-socks4-user", "socks4", pproxy, ODD, early=True),
        Way("pproxy-socks4a", "socks4a", pproxy, early=True),
        Way("pproxy-socks5", "socks5", pproxy, early=True),
        Way("pproxy-socks5h", "socks5h", pproxy, early=True),
        Way("pproxy-socks5-login", "socks5", pproxy, ODD, early=True),
        Way("squid", "http", squid, needs="squid"),
        Way("squid-digest", "http", squid, ODD, needs="squid"),
        Way("danted-socks4", "socks4", danted, needs="danted"),
        Way("danted-socks5h", "socks5h", danted, needs="danted"),
        Way("tinyproxy", "http", tinyproxy, needs="tinyproxy"),
        Way("tinyproxy-basic", "http", tinyproxy, ("user", "pa55word"), needs="tinyproxy", refusal=401),
        Way("tiny-proxy-socks4a", "socks4a", tiny_proxy, ("us@r /x", ""), needs="tiny_proxy"),
        Way("tiny-proxy-socks5h-login", "socks5h", tiny_proxy, ODD, needs="tiny_proxy"),
    ]
}


@contextmanager
def running(way: Way) -> Iterator[Proxy]:
    """Start the proxy and end it, and whatever it has started, by its own process group."""
    folder = tempfile.mkdtemp(prefix="proxy-")
    # Programs that give up root's rights must still find their files.
    os.chmod(folder, 0o755)
    try:
        for _ in range(3):
            port = closed_port()
            env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": folder}
            # Another program may have taken the port since it was free.
            with started(way.start(way, folder, port), port, env, folder) as listens:
                if listens:
                    yield Proxy(way, port)
                    return
        raise RuntimeError(f"{way.name} does not start")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(
    command: list[str], port: int, env: dict[str, str] | None = None, folder: str | None = None
) -> Iterator[bool]:
    """Run a program in a process group of its own; yields whether it listens. Behind the block it has ended."""
    silent = subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=folder, env=env, stdin=silent, stdout=silent, stderr=silent, start_new_session=True
    )
    try:
        yield _listening(process, port)
    finally:
        _end(process)


def _listening(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the port opened while the process lived."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process.poll() is None
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            return False
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(3)
    # Children that outlive their parent are still in its group.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait(PATIENCE)

"""The servers on loopback that are measured against: nginx where it is installed, and the bundled one.

nginx serves plain, TLS and static files; chunks, uploads and the two hundred origins are the bundled server's. Where
nginx is missing the bundled server does everything, and the report says so.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import trustme

from . import site_files

#: Where processes start, so that they find this package.
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOST = "127.0.0.1"
CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log crit; {user}
events {{ worker_connections 1024; }}
http {{
    access_log off; server_tokens off; sendfile on; tcp_nodelay on; keepalive_requests 100000000;
    default_type application/octet-stream; {temporary}
    server {{
        listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl; root {folder};
        ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/certificate.pem;
        ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets on;
        {locations}
    }}
}}
"""


def _locations() -> str:
    """What nginx serves where: the small responses from memory, the fields of the files that need some."""
    places = []
    body = site_files.BODY.decode()
    for path, fields in site_files.SMALL.items():
        added = "".join(f' add_header {name} "{value}";' for name, value in fields if name.startswith("X-"))
        closing = " keepalive_timeout 0;" if path == "/close" else ""
        places.append(f"location = {path} {{ default_type application/json;{added}{closing} return 200 '{body}'; }}")
    variables = {"id": "$request_id", "count": "$connection_requests", "time": "$msec"}
    added = "".join(f" add_header {name} '{value.format_map(variables)}';" for name, value in site_files.VARIED[1:])
    varied = f"default_type application/json;{added} return 200 '{body}';"
    places += [f"location = /varied {{ {varied} }}", f"location /api/ {{ {varied} }}"]
    sets = "".join(f" add_header {name} '{value.format_map(variables)}';" for name, value in site_files.SETS)
    places.append(f"location = /cookies {{ default_type application/json;{sets} return 200 '{body}'; }}")
    places += [f"location = {path} {{ return 302 {next_one}; }}" for path, next_one in site_files.REDIRECTS.items()]
    for path, fields in site_files.FILE_FIELDS.items():
        added = "".join(f" add_header {name} {value};" for name, value in fields if name != "Content-Type")
        places.append(f"location = {path} {{ default_type '{dict(fields)['Content-Type']}';{added} }}")
    return "\n        ".join(places)


def clean_environment() -> dict[str, str]:
    """The environment without what sends clients elsewhere or has them trust others, and with bytecode kept."""
    unwanted = ("_proxy", "_ca_bundle", "ssl_cert_file", "ssl_cert_dir", "pythondontwritebytecode")
    return {name: value for name, value in os.environ.items() if not name.lower().endswith(unwanted)}


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def find_nginx() -> str | None:
    """Where nginx is; Debian has it where only root looks."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def cores() -> list[int]:
    """The cores that this process may run on; none where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class Servers:
    """All servers, from `with` to its end. `name` says which server serves the plain and the TLS requests.

    They have the first core for themselves, and what is started later the others, where the system can do that. Left to
    chance, rounds differ by more than what is measured; always on another core is what comes nearest to a server
    elsewhere.
    """

    def __enter__(self) -> Servers:
        self._cores = cores()
        if len(self._cores) > 1:
            os.sched_setaffinity(0, self._cores[:1])
        self.folder = tempfile.mkdtemp(prefix="benchmarks-")
        self._processes: list[subprocess.Popen[str]] = []
        # Bound but not listening: what connects is refused, and no other program gets this port.
        self._refusing = socket.socket()
        self._refusing.bind((HOST, 0))
        self.refused = f"http://{HOST}:{self._refusing.getsockname()[1]}"
        try:
            site_files.write(self.folder)
            authority = trustme.CA()
            self.ca = os.path.join(self.folder, "ca.pem")
            authority.cert_pem.write_to_path(self.ca)
            certificate = authority.issue_cert(HOST)
            certificate.private_key_and_cert_chain_pem.write_to_path(os.path.join(self.folder, "certificate.pem"))
            self._start_bundled()
            nginx = find_nginx()
            if nginx is not None:
                self._start_nginx(nginx)
        except BaseException:
            self.__exit__()
            raise
        if len(self._cores) > 1:
            os.sched_setaffinity(0, self._cores[1:])
            self.name += " on a core of its own"
        return self

    def _start_bundled(self) -> None:
        command = [sys.executable, "-m", "benchmarks.scripted", self.folder]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self._processes.append(process)
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        self.name = f"the bundled server on Python {sys.version.split()[0]}"
        self.plain = self.scripted = f"http://127.0.0.1:{ports['plain']}"
        self.tls = f"https://{HOST}:{ports['tls']}"
        self.origins = [f"http://127.0.0.1:{port}" for port in ports["origins"]]

    def _start_nginx(self, nginx: str) -> None:
        plain, tls = _free_ports(2)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        text = CONFIGURATION.format(
            folder=self.folder,
            plain=plain,
            tls=tls,
            locations=_locations(),
            temporary=" ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds),
            user="user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else "",
        )
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        version = subprocess.run([nginx, "-v"], capture_output=True, text=True, timeout=10).stderr
        process = subprocess.Popen([nginx, "-c", path, "-p", self.folder, "-e", f"{self.folder}/nginx.log"], text=True)
        self._processes.append(process)
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", plain), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"nginx does not start; see {path}") from None
                time.sleep(0.02)
        self.name = version.strip().rpartition(" ")[2]
        self.plain, self.tls = f"http://127.0.0.1:{plain}", f"https://{HOST}:{tls}"

    def describe(self) -> dict[str, object]:
        """What a client's process must know."""
        names = ("plain", "tls", "scripted", "origins", "refused", "ca", "folder")
        return {name: getattr(self, name) for name in names}

    def __exit__(self, *_: object) -> None:
        self._refusing.close()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
        if len(self._cores) > 1:
            os.sched_setaffinity(0, self._cores)

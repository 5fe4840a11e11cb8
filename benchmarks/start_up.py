"""What a script pays before its first response: import, cold requests, memory, modules, and what is installed.

Each figure is of a whole process, the interpreter's own start included, since that is what the user of a script waits
for. The processes of all clients take turns; medians are told. The default bundle is certifi's with our authority
added, in a copy of the certifi package that only these processes see, so that what is measured is the default way.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from typing import Any

from .clients import CLIENTS, interpreter
from .servers import clean_environment

# Seconds that one process may take.
PATIENCE = 30

#: Client to the code for an import, a session, a request, one that trusts a file, one with the default bundle.
#: URL and CA are put in as literals. A client without a session or a default way leaves it out.
_REQUESTS = {
    "import": "import LIB",
    "session": "import LIB; LIB.Session()",
    "http": "import LIB; assert LIB.get(URL).content",
    "https_ca": "import LIB; assert LIB.get(URL, verify=CA).content",
    "https": "import LIB; assert LIB.get(URL).content",
}
_HTTPX = {
    "import": "import LIB",
    "session": "import LIB; LIB.Client()",
    "http": "import LIB; assert LIB.get(URL).content",
    "https_ca": "import LIB, ssl; assert LIB.get(URL, verify=ssl.create_default_context(cafile=CA)).content",
    "https": "import LIB; assert LIB.get(URL).content",
}
_HTTP_CLIENT = """
import http.client, ssl
c = http.client.HTTPSConnection(URL.split("/")[2], context=ssl.create_default_context(cafile=FILE))
c.request("GET", "/small"); assert c.getresponse().read()
"""
_FLOOR = """
import socket, h11
host, _, port = URL.split("/")[2].partition(":")
s = socket.create_connection((host, int(port)))
WRAP
c = h11.Connection(h11.CLIENT)
r = h11.Request(method="GET", target="/small", headers=[("Host", host + ":" + port)])
s.sendall(c.send(r) + c.send(h11.EndOfMessage()))
c.receive_data(s.recv(65536))
body = b""
while type(event := c.next_event()) is not h11.EndOfMessage:
    if event is h11.NEED_DATA:
        c.receive_data(s.recv(65536))
    elif type(event) is h11.Data:
        body += event.data
assert body
"""
_WRAP = "import ssl; s = ssl.create_default_context(cafile=FILE).wrap_socket(s, server_hostname=host)"
_CERTIFI = "import certifi; FILE = certifi.where()"
CODE: dict[str, dict[str, str]] = {
    "requests": {case: code.replace("LIB", "requests") for case, code in _REQUESTS.items()},
    "niquests": {case: code.replace("LIB", "niquests") for case, code in _REQUESTS.items()},
    "ours": {case: code.replace("LIB", "httpcore_lite") for case, code in _REQUESTS.items()},
    "httpx": {case: code.replace("LIB", "httpx") for case, code in _HTTPX.items()},
    "httpx2": {case: code.replace("LIB", "httpx2") for case, code in _HTTPX.items()},
    "urllib3": {
        "import": "import urllib3",
        "session": "import urllib3; urllib3.PoolManager()",
        "http": "import urllib3; assert urllib3.request('GET', URL).data",
        "https_ca": "import urllib3; assert urllib3.PoolManager(ca_certs=CA).request('GET', URL).data",
    },
    "httpcore": {
        "import": "import httpcore",
        "session": "import httpcore; httpcore.ConnectionPool()",
        "http": "import httpcore; assert httpcore.request('GET', URL).content",
    },
    "http_client": {
        "import": "import http.client",
        "http": "import http.client; c = http.client.HTTPConnection(URL.split('/')[2]); c.request('GET', '/small'); "
        "assert c.getresponse().read()",
        "https_ca": _HTTP_CLIENT.replace("FILE", "CA"),
        "https": _CERTIFI + _HTTP_CLIENT,
    },
    "h11_floor": {
        "import": "import socket, h11",
        "http": _FLOOR.replace("WRAP", ""),
        "https_ca": _FLOOR.replace("WRAP", _WRAP.replace("FILE", "CA")),
        "https": _CERTIFI + _FLOOR.replace("WRAP", _WRAP),
    },
    "aiohttp": {"import": "import aiohttp"},
    "pycurl": {
        "import": "import pycurl",
        "session": "import pycurl; pycurl.Curl()",
        "http": "import pycurl; c = pycurl.Curl(); c.setopt(c.URL, URL); assert c.perform_rb()",
        "https_ca": "import pycurl; c = pycurl.Curl(); c.setopt(c.URL, URL); c.setopt(c.CAINFO, CA); "
        "assert c.perform_rb()",
    },
    "curl_cffi": {
        "import": "import curl_cffi.requests",
        "session": "from curl_cffi import requests; requests.Session()",
        "http": "from curl_cffi import requests; assert requests.get(URL).content",
        "https_ca": "from curl_cffi import requests; assert requests.get(URL, verify=CA).content",
    },
    "primp": {
        "import": "import primp",
        "session": "import primp; primp.Client()",
        "http": "import primp; assert primp.get(URL).content",
        "https_ca": "import primp; assert primp.Client(ca_cert_file=CA).get(URL).content",
    },
}
CODE["bare"] = {"import": "pass"}
CASES = {
    "import": "import",
    "session": "import and a session",
    "http": "cold GET over http",
    "https_ca": "cold GET over https, CA file",
    "https": "cold GET over https, default bundle",
}
#: Times better than requests, as promised.
TARGETS = {"import": 10.0, "session": 3.0, "http": 2.0, "https_ca": 1.7, "https": 1.6}
_HELD = """
import sys
modules = len(sys.modules)
try:
    import os
    held = int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
except OSError:
    held = 0
print(modules, held)
"""
_INSTALLED = """
import json, os, sys
from importlib import metadata
from packaging.requirements import Requirement
seen, todo, size = set(), [sys.argv[1]], 0
while todo:
    name = todo.pop().lower().replace("_", "-")
    if name in seen:
        continue
    seen.add(name)
    about = metadata.distribution(name)
    paths = [str(about.locate_file(file)) for file in about.files or () if not str(file).startswith("..")]
    direct = json.loads(about.read_text("direct_url.json") or "{}")
    if direct.get("dir_info", {}).get("editable"):
        folder = os.path.join(direct["url"][len("file://"):], name.replace("-", "_"))
        paths += [os.path.join(place, file) for place, _, files in os.walk(folder) for file in files]
    size += sum(os.path.getsize(path) for path in paths if not path.endswith(".pyc") and os.path.exists(path))
    for line in about.requires or ():
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            todo.append(needed.name)
print(json.dumps({"distributions": sorted(seen), "bytes": size}))
"""


def _environment(where: dict[str, Any]) -> dict[str, str]:
    """The processes' environment: no proxies, and a certifi whose bundle has our authority too."""
    place = os.path.join(where["folder"], "path")
    spec = find_spec("certifi")
    if not os.path.isdir(place) and spec is not None and spec.origin:
        shutil.copytree(os.path.dirname(spec.origin), os.path.join(place, "certifi"))
        with open(where["ca"], "rb") as own, open(os.path.join(place, "certifi", "cacert.pem"), "ab") as bundle:
            bundle.write(b"\n" + own.read())
    return clean_environment() | {"PYTHONPATH": place}


def _fill(code: str, case: str, where: dict[str, Any]) -> str:
    url = where["plain" if case == "http" else "tls"] + "/small"
    return f"URL = {url!r}; CA = {where['ca']!r}\n{code}" if case not in ("import", "session") else code


def _run(python: str, code: str, environment: dict[str, str]) -> dict[str, float]:
    """Wall and CPU seconds of one process. RuntimeError with the last line it said when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen([python, "-c", code], stderr=subprocess.PIPE, text=True, env=environment)
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    assert process.stderr is not None
    said = process.stderr.read()
    cpu = 0.0
    if hasattr(os, "wait4"):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
    wall = time.perf_counter() - began
    watch.cancel()
    process.stderr.close()
    if process.wait():
        raise RuntimeError(said.strip().rpartition("\n")[2] or "ended without a word")
    return {"wall": wall, "cpu": cpu or wall}


def _ask(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True, env=environment)
    return done.stdout


#: Parts of the import of h11: the module, whether what it imports counts too, and what to call it.
H11_PARTS = {
    "h11": (True, "all of h11"),
    "typing": (True, "`typing`, with `re` and the rest that it imports"),
    "dataclasses": (True, "`dataclasses`, with `inspect`"),
    "h11._events": (False, "making the seven dataclasses of `h11._events`"),
}


def import_of_h11(environment: dict[str, str], rounds: int) -> dict[str, float]:
    """Wall seconds of the parts of h11's import, which no user of h11 can avoid; by `-X importtime`."""
    found: dict[str, list[float]] = {name: [] for name in H11_PARTS}
    for _ in range(rounds):
        command = [sys.executable, "-X", "importtime", "-c", "import h11"]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=True, env=environment)
        for line in done.stderr.splitlines():
            own, _, rest = line.partition(":")[2].partition("|")
            whole, _, name = rest.partition("|")
            if (part := name.strip()) in H11_PARTS:
                found[part].append(int(whole if H11_PARTS[part][0] else own) / 1e6)
    return {name: statistics.median(times) for name, times in found.items() if times}


def measure(names: list[str], where: dict[str, Any], rounds: int, left_out: list[str]) -> dict[str, Any]:
    """All figures of start-up, for the bare interpreter and the named clients."""
    environment = _environment(where)
    names = ["bare", *(name for name in names if name in CODE)]
    python = {name: interpreter(name) for name in names}
    times: dict[str, dict[str, Any]] = {}
    held: dict[str, dict[str, Any]] = {}
    for case in CASES:
        code = {name: _fill(CODE[name][case], case, where) for name in names if case in CODE[name]}
        several: dict[str, list[dict[str, float]]] = {name: [] for name in code}
        for turn in range(rounds + 1):
            for name in list(several):
                try:
                    once = _run(python[name], code[name], environment)
                except RuntimeError as error:
                    left_out.append(f"{name} in {CASES[case]}: {error}")
                    del several[name]
                    continue
                if turn:  # the first fills the caches of bytecode and of the disk
                    several[name].append(once)
        times[case] = {
            name: {what: statistics.median(one[what] for one in runs) for what in ("wall", "cpu")}
            for name, runs in several.items()
        }
        held[case] = {}
        for name in several:
            modules, size = _ask([python[name], "-c", code[name] + "\n" + _HELD], environment).split()
            held[case][name] = {"modules": int(modules), "memory": int(size)}
    installed = {}
    for name in names:
        if distribution := CLIENTS.get(name):
            try:
                listing = _ask([python[name], "-c", _INSTALLED, distribution], environment)
                installed[name] = json.loads(listing)
            except subprocess.SubprocessError as error:
                left_out.append(f"{name}, installed size: {error}")
    parts = import_of_h11(environment, rounds)
    return {"times": times, "held": held, "installed": installed, "import_of_h11": parts}

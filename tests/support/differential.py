"""The same scenario through two libraries, and what differs.

    scenario("a form keeps its order", 11, lambda requests, server: requests.post(server.url("/f"), data=[("b", 1)]))

A scenario gets a library under the name `requests` and a fresh recording server. `observe` runs it and takes down
everything a program could notice, in plain values: bytes on the wire, connections, the result (responses, prepared
requests, jars and exceptions in full), warnings. `differences` compares two such notes path by path.

What is evened out before comparing, and why:

- the product name in User-Agent: it is the one thing that must differ;
- the server's port, multipart boundaries, the client nonce of digest and what is computed from it: chosen anew in
  each run;
- the place of Host among the header fields: ours comes first always (the rule of h11, and RFC 9112 §3.2's advice).
"""

from __future__ import annotations

import dataclasses
import http.cookiejar
import importlib
import re
import ssl
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .messages import Received
from .scripted import Peer, Step
from .servers import EchoServer, Routes

Run = Callable[[Any, Any], Any]
SCENARIOS: dict[str, Scenario] = {}
MISSING = "(absent)"


@dataclass(frozen=True)
class Scenario:
    """One program, to be run with either library."""

    name: str
    groups: tuple[int, ...]  # the lines of IDIOMS.md it stands for
    run: Run
    scripts: Callable[[], Sequence[Sequence[Step]]] | None = None
    tls: Callable[[], ssl.SSLContext] | None = None


@dataclass(frozen=True)
class Difference:
    """A deliberate difference: why, and at which paths of the notes it shows (prefixes)."""

    reason: str
    paths: tuple[str, ...] = field(default=())
    always: bool = True  # False: only beside some versions of Python or urllib3


def scenario(
    name: str,
    group: int | tuple[int, ...],
    run: Run | None = None,
    *,
    script: Callable[[], Sequence[Sequence[Step]]] | None = None,
    tls: Callable[[], ssl.SSLContext] | None = None,
) -> Any:
    """Add a scenario; without `run`, a decorator.

    `script` makes the scripts of a `Peer` (one list of steps per connection) that stands in for the echo server.
    """

    def add(function: Run) -> Run:
        if name in SCENARIOS:
            raise ValueError(f"two scenarios are called {name!r}")
        groups = group if isinstance(group, tuple) else (group,)
        SCENARIOS[name] = Scenario(name, groups, function, script, tls)
        return function

    return add if run is None else add(run)


_VOLATILE = [
    (re.compile(r"(?i)(User-Agent['\"]?[:,]\s*[\"']?)(?:python-requests|httpcore[-_]lite)/[\w.+-]+"), r"\1PRODUCT"),
    (re.compile(r"^(?:python-requests|httpcore[-_]lite)/[\w.+-]+$"), "PRODUCT"),
    (re.compile(r"cnonce=\\?\"[0-9a-f]+\\?\""), "cnonce=C"),
    (re.compile(r"response=\\?\"[0-9a-f]+\\?\""), "response=R"),
    (re.compile(r"\b(?:requests|httpcore_lite)(?=\.\w)"), "LIBRARY"),
    (re.compile(r" at 0x[0-9a-f]+"), " at 0x"),
    (re.compile(r"boundary=[\"']?([\w-]+)"), "boundary=BOUNDARY"),
]


class Evener:
    """Replaces what may differ by fixed words, the same ones throughout one run."""

    def __init__(self, port: int) -> None:
        self.port = str(port)
        self.boundaries: set[str] = set()

    def text(self, value: str) -> str:
        self.boundaries.update(re.findall(r"boundary=[\"']?([\w-]+)", value))
        for boundary in self.boundaries:
            value = value.replace(boundary, "BOUNDARY")
        value = re.sub(rf"(?<!\d){self.port}(?!\d)", "PORT", value)
        value = re.sub(r"(?<=127\.0\.0\.1:)\d+", "PORT", value)
        for pattern, word in _VOLATILE:
            value = pattern.sub(word, value)
        return value

    def data(self, value: bytes) -> bytes:
        return self.text(value.decode("latin-1")).encode("latin-1")

    def head(self, head: bytes) -> list[str]:
        """A request's head by lines, Host second."""
        first, *lines = self.text(head.decode("latin-1")).removesuffix("\r\n\r\n").split("\r\n")
        return [first, *sorted(lines, key=lambda line: not line.lower().startswith("host:"))]


class EvenRoutes(Routes):
    """The echo server's routes; what they echo is evened out, so that lengths compare too."""

    def __init__(self) -> None:
        self.evener: Evener | None = None

    def echo(self, request: Received) -> bytes:
        assert self.evener is not None
        text = self.evener.text
        headers = [(name, text(f"{name}: {value}").partition(": ")[2]) for name, value in request.headers]
        headers.sort(key=lambda pair: pair[0].lower() != "host")
        payload, target = self.evener.data(request.payload), text(request.target)
        return super().echo(dataclasses.replace(request, headers=headers, payload=payload, target=target))


def observe(library: str, item: Scenario) -> dict[str, Any]:
    """Run a scenario with the library of that import name; the notes, as plain values."""
    module = importlib.import_module(library)
    routes = EvenRoutes()
    tls = item.tls() if item.tls else None
    server = Peer(*item.scripts(), tls=tls) if item.scripts else EchoServer(routes, tls=tls)
    evener = routes.evener = Evener(server.port)
    describe = Describer(evener)
    notes: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with server:
            try:
                notes["result"] = describe(item.run(module, server))
            except Exception as error:
                notes["raised"] = describe(error)
    notes["warnings"] = sorted({w.category.__name__ for w in caught if w.category is not ResourceWarning})
    notes["wire"] = [
        {
            "connection": each.connection,
            "head": evener.head(each.head),
            "body": evener.text(each.body.decode("latin-1")),
        }
        for each in server.requests
    ]
    notes["connections"] = server.connections
    return notes


class Describer:
    """Turns what a scenario returned into plain values."""

    def __init__(self, evener: Evener) -> None:
        self.even = evener

    def __call__(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return "PORT" if str(value) == self.even.port else int(value)
        if isinstance(value, str):
            return self.even.text(str(value))
        if isinstance(value, bytes | bytearray):
            return self.even.data(bytes(value))
        if isinstance(value, BaseException):
            return self.error(value)
        if isinstance(value, http.cookiejar.CookieJar):
            return [self.cookie(each) for each in value]
        if isinstance(value, http.cookiejar.Cookie):
            return self.cookie(value)
        if hasattr(value, "status_code") and hasattr(value, "history"):
            return self.response(value)
        if hasattr(value, "path_url"):
            return self.request(value)
        return self.other(value)

    def other(self, value: Any) -> Any:
        if isinstance(value, type):
            return f"class {value.__name__}"
        if isinstance(value, Mapping) or hasattr(value, "lower_items"):
            return {str(self(key)): self(item) for key, item in value.items()}
        if isinstance(value, list | tuple | types.GeneratorType):
            return [self(item) for item in value]
        if isinstance(value, set | frozenset):
            return sorted(map(str, value))
        return f"a {type(value).__name__}"

    def cookie(self, cookie: http.cookiejar.Cookie) -> dict[str, Any]:
        names = (
            "name",
            "value",
            "domain",
            "path",
            "secure",
            "expires",
            "discard",
            "domain_specified",
            "port",
            "version",
        )
        return {name: self(getattr(cookie, name)) for name in names} | {"rest": self(cookie._rest)}  # type: ignore[attr-defined]

    def fields(self, headers: Any) -> Any:
        """Header fields in order; Host's place is not compared."""
        if headers is None:
            return None
        pairs = [
            [self(name), self.even.text(f"{name}: {self(value)}").partition(": ")[2]] for name, value in headers.items()
        ]
        return sorted(pairs, key=lambda pair: str(pair[0]).lower() != "host")

    def request(self, request: Any) -> dict[str, Any]:
        body = request.body
        return {
            "method": self(request.method),
            "url": self(request.url),
            "headers": self.fields(request.headers),
            "body": self(body) if isinstance(body, str | bytes | None) else "a stream",
        }

    def response(self, response: Any) -> dict[str, Any]:
        notes: dict[str, Any] = {}
        for name in (
            "status_code reason url encoding ok is_redirect is_permanent_redirect links apparent_encoding cookies"
        ).split():
            notes[name] = self.attempt(response, name)
        notes["headers"] = self.fields(response.headers)
        notes["content"] = self.attempt(response, "content")
        notes["text"] = self.attempt(response, "text")
        notes["history"] = self.attempt(response, "history")
        notes["next"] = self.attempt(response, "next")
        notes["request"] = self.attempt(response, "request")
        return notes

    def attempt(self, thing: Any, name: str) -> Any:
        try:
            return self(getattr(thing, name))
        except Exception as error:
            return {"raised": self.error(error)}

    def error(self, error: BaseException) -> dict[str, Any]:
        """An exception by its class, its bases' names and what it carries; never by its words."""
        request, response = getattr(error, "request", None), getattr(error, "response", None)
        return {
            "class": type(error).__name__,
            "bases": sorted({base_name(base) for base in type(error).__mro__}),
            "request": None if request is None else self(getattr(request, "url", "?")),
            "response": None if response is None else response.status_code,
        }


def base_name(kind: type) -> str:
    """A base class by its name; urllib3's classes and those of our transport are one family."""
    inner = kind.__module__.startswith("urllib3") or kind.__module__.endswith(".sansio.errors")
    return "(of the transport)" if inner else kind.__name__


def differences(theirs: Any, ours: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Where two notes differ: path -> (theirs, ours)."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        found: dict[str, tuple[Any, Any]] = {}
        for key in [*theirs, *(key for key in ours if key not in theirs)]:
            found |= differences(theirs.get(key, MISSING), ours.get(key, MISSING), f"{path}.{key}".lstrip("."))
        return found
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        found = {}
        for index, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            found |= differences(one, other, f"{path}[{index}]")
        return found
    same = type(theirs) is type(ours) and theirs == ours
    return {} if same else {path: (theirs, ours)}

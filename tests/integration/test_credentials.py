"""What is secret reaches nobody but the origin for which it was given, whatever redirects say; as seen by servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

import httpcore_lite as client
from support.certificates import ca_path
from support.servers import EchoServer, tls_echo_server

KINDS = ["authorization", "cookie header", "basic", "digest", "netrc", "userinfo", "session cookies", "cookies"]
ROUTES = ["same origin", "other port", "other host", "http to https", "https to http", "there and back"]
# Cookies have no port, and those without a domain go wherever the session goes; netrc speaks of hosts.
BOUND_TO_ORIGIN = {"authorization", "basic", "digest", "userinfo"}


class World:
    """Three servers, two of them without TLS."""

    def __init__(self, stack: ExitStack) -> None:
        self.home = stack.enter_context(EchoServer())
        self.other = stack.enter_context(EchoServer())
        self.tls = stack.enter_context(tls_echo_server())

    def way(self, route: str, last: str) -> tuple[list[tuple[EchoServer, str]], str]:
        """The servers in the order in which they are asked, under which host, and the first URL."""
        home, other = (self.home, "127.0.0.1"), (self.other, "127.0.0.1")
        stops = {
            "same origin": [home, home],
            "other port": [home, other],
            "other host": [home, (self.other, "localhost")],
            "http to https": [home, (self.tls, "127.0.0.1")],
            "https to http": [(self.tls, "127.0.0.1"), other],
            "there and back": [home, other, home],
        }[route]
        server, host = stops[-1]
        url = server.url(last, host=host)
        for server, host in reversed(stops[:-1]):
            url = server.url("/redirect/302?to=" + quote(url, safe=""), host=host)
        return stops, url


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


def seen(server: EchoServer) -> list[tuple[str, str]]:
    """Every secret that a server was sent: the field, and its kind or value."""
    found = []
    for request in server.requests:
        for name in ("Authorization", "Cookie"):
            for value in request.getlist(name):
                # An answer to a digest challenge is never the same twice.
                found += [(name, value.split()[0] if value.startswith("Digest") else value)]
    return found


def ask(library: Any, kind: str, route: str, world: World, netrc: Path) -> tuple[Any, list[list[tuple[str, str]]]]:
    last = "/digest/user" if kind == "digest" else "/last"
    stops, url = world.way(route, last)
    with library.Session() as session:
        session.verify = ca_path()
        given: dict[str, Any] = {}
        if kind == "authorization":
            given["headers"] = {"Authorization": "Bearer s3cret"}
        elif kind == "cookie header":
            given["headers"] = {"Cookie": "hand=s3cret"}
        elif kind == "basic":
            given["auth"] = ("user", "s3cret")
        elif kind == "digest":
            given["auth"] = library.auth.HTTPDigestAuth("user", "s3cret")
        elif kind == "netrc":
            netrc.write_text("machine 127.0.0.1 login user password s3cret\n")
        elif kind == "userinfo":
            url = url.replace("://", "://user:s3cret@", 1)
        elif kind == "session cookies":
            session.cookies.set("kept", "s3cret", domain="127.0.0.1", path="/")
        else:
            given["cookies"] = {"once": "s3cret"}
        final = session.get(url, timeout=5, **given)
    return final, [seen(server) for server in (world.home, world.other, world.tls)]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", KINDS)
def test_secrets_reach_no_other_origin_and_nobody_whom_requests_would_not_tell(
    kind: str, route: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(netrc))
    final, ours = ask(client, kind, route, world, netrc)
    assert final.history
    with ExitStack() as stack:
        theirs = ask(requests, kind, route, World(stack), netrc)[1]
    for mine, allowed in zip(ours, theirs, strict=True):
        assert set(mine) <= set(allowed)
    if kind in BOUND_TO_ORIGIN:
        first = world.tls if route == "https to http" else world.home
        for server, secrets in zip((world.home, world.other, world.tls), ours, strict=True):
            assert server is first or not secrets
    if kind in ("netrc", "session cookies") and route == "other host":
        assert ours[1] == []
    if kind == "digest":
        assert final.status_code == (200 if route in ("same origin", "there and back") else 401)
    elif kind != "netrc":
        assert any(ours)  # the first server was told

"""`settings.verbose`: one line before each request that leaves."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import httpcore_lite as client
from httpcore_lite.client.verbose import line_of, settings
from support.certificates import ca_path, server_context
from support.messages import response
from support.patches import run
from support.scripted import Peer, close, receive, send
from support.servers import EchoServer, ProxyServer

LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})   ([A-Z]+)   (\S+)\n")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(client.settings, "verbose", stream)
    return stream


def lines(stream: io.StringIO) -> list[tuple[str, str]]:
    found = LINE.findall(stream.getvalue())
    assert stream.getvalue() == "".join(f"{moment}   {method}   {url}\n" for moment, method, url in found)
    now = datetime.now()
    for moment, _, _ in found:
        assert now - timedelta(minutes=1) <= datetime.fromisoformat(moment) <= now  # local time
    return [(method, url) for _, method, url in found]


def test_each_request_has_its_line_and_so_has_each_redirect(told: io.StringIO) -> None:
    with EchoServer() as server:
        client.get(server.url("/redirect/302?to=%2Fitems"), params={"page": 1})
        client.post(server.url("/items"), data={"a": "b"})
        assert lines(told) == [
            ("GET", server.url("/redirect/302?to=%2Fitems&page=1")),
            ("GET", server.url("/items")),
            ("POST", server.url("/items")),
        ]


def test_the_line_comes_before_the_request(told: io.StringIO) -> None:
    with pytest.raises(client.ConnectionError):
        client.get("http://127.0.0.1:1/never")
    assert lines(told) == [("GET", "http://127.0.0.1:1/never")]


def test_what_retry_sends_again_has_a_line_for_each_attempt_after_its_pause(told: io.StringIO) -> None:
    wait = response("", 503, "Slow Down", [("Retry-After", "1")])
    seen: list[int] = []
    with Peer([receive(), send(wait), receive(), send(response("x"))]) as peer:
        retry = client.Retry(1, status_forcelist=[503])
        trace = lambda event, info: seen.append(len(lines(told))) if event.startswith("re") else None  # noqa: E731
        assert client.get(peer.url("/a"), retries=retry, trace=trace).text == "x"
        assert lines(told) == [("GET", peer.url("/a"))] * 2
    first, second = (datetime.fromisoformat(line.split()[0]) for line in told.getvalue().splitlines())
    assert second - first >= timedelta(seconds=0.95)
    assert (seen[0], seen[-1]) == (1, 2)


def test_a_digest_has_a_line_for_both_of_its_requests(told: io.StringIO) -> None:
    challenge = [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')]
    with Peer([receive(), send(response("", 401, "Unauthorized", challenge)), receive(), send(response(""))]) as peer:
        client.get(peer.url("/"), auth=client.auth.HTTPDigestAuth("u", "p"))
        assert lines(told) == [("GET", peer.url("/"))] * 2


def test_what_a_proxy_has_asked_credentials_for_has_a_line_for_both_of_its_requests(told: io.StringIO) -> None:
    challenge = [("Proxy-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')]
    refused = response("", 407, "Proxy Authentication Required", challenge)
    with Peer([receive(), send(refused), receive(), send(response("x"))]) as peer:
        proxy = peer.url("/").replace("//", "//u:p@", 1)
        assert client.get("http://api.test/x", proxies={"http": proxy}).text == "x"
    assert lines(told) == [("GET", "http://api.test/x")] * 2


def test_the_tunnel_to_a_proxy_is_no_request_of_the_program_s(told: io.StringIO) -> None:
    with EchoServer(tls=server_context()) as server, ProxyServer() as proxy:
        client.get(server.url("/x"), proxies={"https": proxy.url("/")}, verify=ca_path())
        assert lines(told) == [("GET", server.url("/x"))]


def test_a_request_that_is_sent_once_more_on_a_new_connection_has_two(told: io.StringIO) -> None:
    with Peer([receive(), send(response("")), receive(), close()], [receive(), send(response(""))]) as peer:
        with client.Session() as session:
            session.get(peer.url("/1"))
            session.get(peer.url("/2"))
            assert lines(told) == [("GET", peer.url("/1")), ("GET", peer.url("/2")), ("GET", peer.url("/2"))]


def test_secrets_are_masked(told: io.StringIO) -> None:
    with EchoServer() as server:
        url = server.url("/x?token=t0p&page=1").replace("//", "//user:passw0rd@", 1)
        client.get(url)
        assert lines(told) == [("GET", server.url("/x?token=[masked]&page=1"))]


def test_none_is_off_and_the_next_request_sees_it(told: io.StringIO) -> None:
    with EchoServer() as server, client.Session() as session:
        session.get(server.url("/1"))
        settings.verbose = None
        session.get(server.url("/2"))
        settings.verbose = told
        session.get(server.url("/3"))
        assert lines(told) == [("GET", server.url("/1")), ("GET", server.url("/3"))]


@pytest.mark.parametrize("wrong", ["stderr", True, 2, object()])
def test_what_cannot_be_written_to_is_a_type_error_at_the_next_request(
    wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "verbose", wrong)
    with EchoServer() as server:
        with pytest.raises(TypeError, match=r"settings\.verbose takes what has a write method, such as sys\.stderr"):
            client.get(server.url("/"))
        assert server.requests == []
    monkeypatch.undo()
    assert settings.verbose is None


@pytest.mark.parametrize("name", ["timeout", "proxies", "Verbose", "base_headers"])
def test_other_names_are_attribute_errors_that_tell_the_known_ones(name: str) -> None:
    for use in (lambda: getattr(settings, name), lambda: setattr(settings, name, None)):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'.*: verbose"):
            use()


def test_the_settings_are_one_object_and_the_front_door_makes_it_when_it_is_named() -> None:
    assert client.settings is settings
    assert repr(settings) == "<settings verbose=None>"
    assert not list(Path(client.__file__).parent.glob("settings*")), "a module of that name would hide the object"
    code = """
import sys, httpcore_lite
httpcore_lite.Session()
print("httpcore_lite.client.verbose" in sys.modules)
httpcore_lite.settings.verbose = sys.stderr
httpcore_lite.install_as_requests()
import requests
print("httpcore_lite.client.verbose" in sys.modules, requests.settings.verbose is sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["False", "True", "True"]


def test_a_moment_without_microseconds_has_the_same_form() -> None:
    request = client.Request("GET", "http://host/path").prepare()
    assert line_of(datetime(2026, 11, 21, 3, 4, 23), request) == "2026-11-21T03:04:23.000000   GET   http://host/path\n"
    assert line_of(datetime(2026, 11, 21, 3, 4, 23, 380175), request)[:26] == "2026-11-21T03:04:23.380175"


PATCHED = """
import io, urllib3
client.settings.verbose = text = io.StringIO()
urlopen = urllib3.HTTPConnectionPool.urlopen
changed = lambda self, *args, **kw: urlopen(self, *args, **kw)
with mock.patch.object(urllib3.HTTPConnectionPool, "urlopen", changed):
    session.get(url)
print(text.getvalue().split()[1:])
"""


def test_a_request_that_goes_through_a_patched_urllib3_has_its_line() -> None:
    with EchoServer() as server:
        assert run("under its own name", PATCHED, server.url("/")) == [f"['GET', '{server.url('/')}']"]

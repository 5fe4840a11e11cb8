"""The log, and `http.client.HTTPConnection.debuglevel`, show what they show with requests, line by line."""

from __future__ import annotations

import http.client
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import urllib3

import httpcore_lite
from httpcore_lite.sansio import redaction
from support import certificates
from support.messages import response
from support.scripted import Peer, close, closed_port, half_close, notify, receive, send
from support.servers import EchoServer, ProxyServer

HEADERS = {"User-Agent": "same"}
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
NOWHERE = closed_port()


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.name} {record.levelname} {record.getMessage()}"
        self.lines.append(re.sub(r"(?<=127\.0\.0\.1:)\d+|(?<=port=)\d+", "PORT", line))


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The root logger at DEBUG, as `logging.basicConfig(level=DEBUG)` has it, and no trace of other tests."""
    handler = Lines()
    before: dict[str, int] = {}
    for name in ("urllib3", "urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "propagate", True)
        monkeypatch.setattr(logger, "disabled", False)
        before[name] = logger.level
        logger.setLevel(logging.NOTSET)
    disabled = logging.root.manager.disable
    logging.disable(logging.NOTSET)
    logging.root.addHandler(handler)
    before["root"] = logging.root.level
    logging.root.setLevel(logging.DEBUG)
    yield handler
    logging.root.removeHandler(handler)
    for name, level in before.items():
        (logging.root if name == "root" else logging.getLogger(name)).setLevel(level)
    logging.disable(disabled)


def everyday(library: Any) -> None:
    with EchoServer() as server, library.Session() as session:
        session.headers.update(HEADERS)
        session.get(server.url("/get?a=b"))
        session.post(server.url("/post"), data="a")
        session.head(server.url("/"))
        library.get(server.url("/"), headers=HEADERS)


def three_at_once(library: Any) -> None:
    with EchoServer() as server, library.Session() as session:
        for response in [session.get(server.url("/bytes/100000"), stream=True) for _ in range(3)]:
            response.content  # noqa: B018
        session.get(server.url("/bytes/5"))


def connections_that_end(library: Any) -> None:
    moved = b"HTTP/1.1 302 F\r\nLocation: /r\r\nContent-Length: 0\r\n\r\n"
    old = b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na"
    first = [receive(), send(CHUNKED), receive(), send(b"HTTP/1.1 204 No Content\r\n\r\n")]
    scripts = [
        [*first, receive(), send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"), close()],
        [receive(), send(old), close()],
        [receive(), send(moved), receive(), send(response("r"))],
    ]
    with Peer(*scripts) as peer, library.Session() as session:
        for path in ("/chunked", "/empty", "/last", "/old", "/moved"):
            session.get(peer.url(path))


def one_that_ends_and_two_at_once(library: Any) -> None:
    last = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"
    scripts = [[receive(), send(last), close()], *[[receive(), send(response("a"))]] * 2]
    with Peer(*scripts) as peer, library.Session() as session:
        session.get(peer.url("/last"))
        for received in [session.get(peer.url("/"), stream=True) for _ in range(2)]:
            received.content  # noqa: B018


def retried(library: Any) -> None:
    retry: Any = urllib3.Retry if library is requests else httpcore_lite.Retry
    with EchoServer() as server, library.Session() as session:
        session.mount("http://", library.adapters.HTTPAdapter(max_retries=retry(2, status_forcelist=[503])))
        with pytest.raises(library.exceptions.RetryError):
            session.get(server.url("/status/503"))


def refused(library: Any) -> None:
    with library.Session() as session:
        session.mount("http://", library.adapters.HTTPAdapter(max_retries=2))
        with pytest.raises(library.ConnectionError):
            session.get(f"http://127.0.0.1:{NOWHERE}/")


def broken(library: Any) -> None:
    with Peer([receive(), close()], [receive(), send(response("a"))]) as peer, library.Session() as session:
        with pytest.raises(library.ConnectionError):
            session.get(peer.url("/"))
        session.get(peer.url("/"))


def through_proxies(library: Any) -> None:
    script = [receive(), send(response("a"))]
    with ProxyServer() as proxy, EchoServer() as server, library.Session() as session:
        session.headers.update(HEADERS)
        session.get(server.url("/get"), proxies={"http": proxy.url("")})
        with Peer(script, tls=certificates.server_context()) as peer:
            given = {"https": proxy.url("")}
            session.get(peer.url("/", scheme="https"), verify=certificates.ca_path(), proxies=given)


STORIES: list[Callable[[Any], None]] = [
    everyday,
    three_at_once,
    connections_that_end,
    one_that_ends_and_two_at_once,
    retried,
    refused,
    broken,
    through_proxies,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_root_logger_at_debug_shows_what_it_shows_with_requests(story: Callable[[Any], None], root: Lines) -> None:
    story(requests)
    theirs, root.lines = root.lines, []
    story(httpcore_lite)
    assert root.lines == theirs
    assert any(line.startswith("urllib3.connectionpool DEBUG Starting new HTTP") for line in theirs)


def test_a_connection_that_was_found_dead_is_reset_as_in_urllib3(root: Lines) -> None:
    lines = []
    for library in (requests, httpcore_lite):
        root.lines = []
        closed = threading.Event()
        first = [receive(), send(response("a")), half_close(), notify(closed)]
        with Peer(first, [receive(), send(response("b"))]) as peer, library.Session() as session:
            session.get(peer.url("/"))
            assert closed.wait(10)
            session.get(peer.url("/"))
        lines.append(root.lines)
    assert lines[1] == lines[0]
    assert "urllib3.connectionpool DEBUG Resetting dropped connection: 127.0.0.1" in lines[0]


def test_the_recipe_of_the_documentation_shows_the_lines_and_a_level_quietens_them(root: Lines) -> None:
    logging.getLogger().setLevel(logging.WARNING)
    logger = logging.getLogger("urllib3")
    try:
        logger.setLevel(logging.DEBUG)
        everyday(httpcore_lite)
        assert len(root.lines) == 6
        logging.getLogger().setLevel(logging.DEBUG)
        logger.setLevel(logging.WARNING)
        root.lines = []
        everyday(httpcore_lite)
        assert root.lines == []
    finally:
        logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize("name", ["httpcore_lite", "httpcore_lite.transport"])
def test_our_own_lines_are_written_where_our_logger_has_a_level_of_its_own(name: str, root: Lines) -> None:
    everyday(httpcore_lite)
    assert not any(line.startswith("httpcore_lite") for line in root.lines)
    try:
        logging.getLogger(name).setLevel(logging.DEBUG)
        everyday(httpcore_lite)
    finally:
        logging.getLogger(name).setLevel(logging.NOTSET)
    assert any(
        line.startswith("httpcore_lite.transport DEBUG http://127.0.0.1:PORT: connecting") for line in root.lines
    )


def test_no_line_shows_a_secret(
    root: Lines, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with EchoServer() as server:
        url = server.url("/get?token=hush", host="user:hush@127.0.0.1")
        httpcore_lite.get(url, headers={"X-Api-Key": "hush"}, cookies={"a": "hush"})
    shown = capsys.readouterr().out + "".join(root.lines)
    assert "hush" not in shown
    assert "/get?token=[masked]" in shown
    assert "dXNlcjpodXNo" not in shown


def test_the_debug_level_of_http_client_prints_the_heads_as_with_requests(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    printed = []
    for library in (requests, httpcore_lite):
        everyday(library)
        connections_that_end(library)
        lines = re.sub(r"127\.0\.0\.1:\d+|User-Agent: [\w./-]+", "X", capsys.readouterr().out).splitlines()
        printed.append([line for line in lines if line != "send: b'a'"])  # a body, which may be a secret
    assert printed[1] == printed[0]
    assert printed[0][0].startswith("send: b'GET /get?a=b HTTP/1.1\\r\\n")


def test_nothing_is_asked_where_neither_logging_nor_http_client_is_loaded() -> None:
    code = (
        "import sys; import httpcore_lite.sansio.trace as j\n"
        "assert j.watcher(None) is None\n"
        "assert not {'logging', 'http.client'} & sys.modules.keys()\n"
        "import logging; assert j.watcher(None) is None\n"
        "logging.getLogger('urllib3').setLevel('DEBUG'); assert j.watcher(None) is j._ignore\n"
        "assert 'httpcore_lite.sansio.urllib3_log' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_a_warning_goes_nowhere_where_no_log_was_set_up() -> None:
    code = (
        "import logging, httpcore_lite as r\n"
        "s = r.Session(); s.mount('http://', r.adapters.HTTPAdapter(max_retries=1))\n"
        f"try: s.get('http://127.0.0.1:{NOWHERE}/', proxies=False)\n"
        "except r.ConnectionError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=30, capture_output=True)
    assert done.stderr == b""


def test_a_field_of_cors_that_only_sounds_secret_is_shown() -> None:
    name = "Access-Control-Allow-Credentials"
    assert redaction.masked([(name, "true"), ("X-Credentials", "hush")]) == [
        (name, "true"),
        ("X-Credentials", redaction.MASK),
    ]

"""Each fault of a canned response raises what a real server with that fault makes of it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import trustme

import httpcore_lite as client
from httpcore_lite import Retry, mock
from httpcore_lite.mock.canned import FAULTS
from support.scripted import Peer, close, closed_port, receive, reset, send

LIMIT = 0.2


@contextmanager
def refused() -> Iterator[str]:
    yield f"http://127.0.0.1:{closed_port()}/x"


@contextmanager
def unknown_name() -> Iterator[str]:
    yield "http://there-is-no-such-host.invalid/x"


@contextmanager
def full_queue() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(64):
            one = socket.socket()
            one.settimeout(0.1)
            waiting.append(one)
            try:
                one.connect(listener.getsockname())
            except TimeoutError:
                break
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        for one in waiting:
            one.close()


@contextmanager
def scripted(*steps: Any) -> Iterator[str]:
    with Peer(list(steps), repeat=True) as peer:
        yield peer.url("/x")


@contextmanager
def unknown_authority() -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Peer([receive(), send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")], repeat=True, tls=context) as peer:
        yield f"https://127.0.0.1:{peer.port}/x"


CUT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n01234"
REAL: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "refused": refused,
    "dns": unknown_name,
    "connect timeout": full_queue,
    "read timeout": lambda: scripted(receive()),
    "reset": lambda: scripted(receive(), reset()),
    "truncated": lambda: scripted(receive(), send(CUT), close()),
    "tls": unknown_authority,
}


def seen(url: str, retries: Any = None) -> tuple[list[str], list[str]]:
    """The classes of an error from the outside in, and those of the attempts that were repeated."""
    repeated: list[str] = []
    with client.Session(trust_env=False) as session, pytest.raises(client.RequestException) as raised:
        session.get(
            url, timeout=LIMIT, retries=retries, on_retry=lambda attempt: repeated.append(type(attempt.error).__name__)
        )
    assert raised.value.request is not None and raised.value.request.url == url
    found: list[str] = []
    error: Any = raised.value
    while isinstance(error, BaseException):
        found.append(type(error).__name__)
        error = next(
            (each for each in (getattr(error, "reason", None), *error.args) if isinstance(each, BaseException)), None
        )
    found.append(str(getattr(raised.value.__cause__, "phase", None)))
    return found, repeated


@pytest.mark.parametrize("retries", [None, 2], ids=["once", "with Retry"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_raises_what_a_real_server_with_it_makes_of_it(
    fault: Any, retries: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup = socket.getaddrinfo

    def unknown(host: Any, *args: Any, **kw: Any) -> Any:
        if b"invalid" in (host if isinstance(host, bytes) else host.encode()):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return lookup(host, *args, **kw)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with REAL[fault]() as url:
        real = seen(url, retries)
    body = {"body": "0123456789"} if fault == "truncated" else {}
    with mock.RequestsMock() as canned:
        canned.get(url, fault=fault, **body)
        assert seen(url, retries) == real
        assert len(canned.calls) == len(real[1]) + 1
        assert isinstance(canned.calls[-1].response, client.Response if fault == "truncated" else Exception)


def test_no_fault_waits_in_real_time_and_the_deadline_goes_on() -> None:
    with mock.RequestsMock() as canned:
        canned.get("http://a.test/", fault="read timeout")
        limits = client.Timeouts(read=30.0, total=100.0)
        with pytest.raises(client.Timeout, match="total timeout=100.0"):
            client.get("http://a.test/", timeout=limits, retries=Retry(50))
        assert 4 <= len(canned.calls) <= 5
        with pytest.raises(client.ConnectTimeout):
            canned.get("http://b.test/", fault="connect timeout")
            client.get("http://b.test/", timeout=600)


def test_bytes_are_sent_as_they_are() -> None:
    with mock.RequestsMock() as canned:
        canned.get("http://a.test/", raw=b"HTTP/1.0 207 Odd\r\nX: 1\r\n\r\nto the end")
        canned.get("http://b.test/", raw=b"SSH-2.0-OpenSSH\r\n\r\n")
        canned.get("http://c.test/", raw=b"")
        response = client.get("http://a.test/")
        assert (response.status_code, response.reason, response.headers["x"], response.text) == (
            207,
            "Odd",
            "1",
            "to the end",
        )
        with pytest.raises(client.ConnectionError, match="BadStatusLine"):
            client.get("http://b.test/")
        with pytest.raises(client.ConnectionError, match="RemoteDisconnected"):
            client.get("http://c.test/")

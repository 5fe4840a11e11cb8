"""`str(error)` is the text of requests, scenario by scenario, and an uncaught error is short.

What is evened out: the port, and how the object that connects is shown (urllib3's connection, our connector).
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

import httpcore_lite
from support import certificates
from support.messages import response
from support.scripted import Peer, Step, close, closed_port, receive, receive_bytes, reset, send, stall
from support.servers import EchoServer, ProxyServer

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LOOP = b"HTTP/1.1 302 F\r\nLocation: /x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

Then = Callable[[Any], Any]


def read(response: Any) -> Any:
    return response.content


#: the scripts of a server, arguments of the request, what is done with the response
FAULTS: dict[str, tuple[list[list[Step]], dict[str, Any], Then]] = {
    "reset": ([[receive(), reset()]], {}, read),
    "closed": ([[receive(), close()]], {}, read),
    "cut body": ([[receive(), send(OK + b"Content-Length: 10\r\n\r\nabc"), close()]], {}, read),
    "cut chunk": ([[receive(), send(CHUNKED + b"5\r\nabc"), close()]], {}, read),
    "cut between chunks": ([[receive(), send(CHUNKED + b"5\r\nabcde\r\n"), close()]], {}, read),
    "reset body": ([[receive(), send(OK + b"Content-Length: 10\r\n\r\nabc"), reset()]], {}, read),
    "bad chunk": ([[receive(), send(CHUNKED + b"xyz\r\nabc\r\n")]], {}, read),
    "late": ([[receive(), stall()]], {"timeout": (5, 0.1)}, read),
    "late, whole seconds": ([[receive(), stall()]], {"timeout": 1}, read),
    "late body": ([[receive(), send(OK + b"Content-Length: 10\r\n\r\nabc"), stall()]], {"timeout": (5, 0.6)}, read),
    "SSH": ([[receive(), send(b"SSH-2.0-OpenSSH_9.6\r\n"), close()]], {}, read),
    "HTML": ([[receive(), send(b"<html>hello</html>"), close()]], {}, read),
    "TLS": ([[receive(), send(b"\x15\x03\x01\x00\x02\x02\x46"), close()]], {}, read),
    "a status of letters": ([[receive(), send(b"HTTP/1.1 abc OK\r\n\r\n"), close()]], {}, read),
    "two lengths": ([[receive(), send(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok")]], {}, read),
    "no gzip": ([[receive(), send(response(b"plain", headers=[("Content-Encoding", "gzip")]))]], {}, read),
    "no deflate": ([[receive(), send(response(b"plain", headers=[("Content-Encoding", "deflate")]))]], {}, read),
    "no JSON": ([[receive(), send(response(b"<p>no"))]], {}, lambda response: response.json()),
    "empty JSON": ([[receive(), send(response(b""))]], {}, lambda response: response.json()),
    "404": ([[receive(), send(response(b"", 404, "Not Found"))]], {}, lambda response: response.raise_for_status()),
    "599": ([[receive(), send(response(b"", 599, ""))]], {}, lambda response: response.raise_for_status()),
    "read twice": (
        [[receive(), send(response(b"abc"))]],
        {"stream": True},
        lambda response: (list(response.iter_content(2)), list(response.iter_content(2))),
    ),
    "a loop": ([[receive(), send(LOOP), close()]] * 31, {}, read),
    "to nowhere": ([[receive(), send(response(b"", 302, "F", [("Location", "ftp://a/b")]))]], {}, read),
    "to no host": (
        [[receive(), send(response(b"", 302, "F", [("Location", "http://")]))]],
        {"timeout": (5, 0.6)},
        read,
    ),
}
#: the steps of a server for https, its settings, arguments of the request
TLS: dict[str, tuple[list[Step], dict[str, Any], dict[str, Any]]] = {
    "plain HTTP": ([receive_bytes(5), send(b"HTTP/1.1 400 Bad Request\r\n\r\n")], {}, {}),
    "unknown authority": ([receive()], {"names": ()}, {}),
    "another name": ([receive()], {"names": ("other.example",)}, {"verify": True}),
    "a close": ([receive_bytes(5), close()], {}, {}),
    "a reset": ([receive_bytes(5), reset()], {}, {}),
}
NOWHERE = closed_port()
PLAIN: dict[str, Callable[[Any], object]] = {
    "refused": lambda library: library.get(f"http://127.0.0.1:{NOWHERE}/path?a=b", timeout=5),
    "refused, session": lambda library: library.Session().get(f"https://127.0.0.1:{NOWHERE}/path", timeout=5),
    "unknown name": lambda library: library.get("http://name.invalid/path", timeout=5),
    "proxy refused": lambda library: library.get("http://a.test/x", proxies={"http": f"http://127.0.0.1:{NOWHERE}"}),
    "proxy refused, tunnel": lambda library: library.get(
        "https://a.test/x", proxies={"https": f"http://127.0.0.1:{NOWHERE}"}
    ),
    "proxy's name": lambda library: library.get("http://a.test/x", proxies={"http": "http://name.invalid:1"}),
    "proxy without a host": lambda library: library.get("http://a.test/x", proxies={"http": "http://"}),
    "proxy's port out of range": lambda library: library.get("http://a.test/x", proxies={"http": "http://proxy:70000"}),
    "proxy's port": lambda library: library.get("http://a.test/x", proxies={"http": "http://proxy:port"}),
    "proxy's scheme": lambda library: library.get("http://a.test/x", proxies={"http": "htp://proxy:1"}),
    **{
        f"URL {url!r}": lambda library, url=url: library.get(url)  # type: ignore[misc]
        for url in (
            "example.org/path",
            "//example.org/path",
            None,
            "",
            5,
            5.5,
            ["http://a/"],
            {"a": 1},
            "http://",
            "http:/example.org/",
            "localhost:8080/path",
            "htp://a/",
            "ftp://a/",
            "http://example.org:80a/",
            "http://example.org:99999/path?a=b",
            "http://exam ple.org/",
            "http://*.example.org/",
            "http://[::1/",
        )
    },
    **{
        f"header {headers!r}": lambda library, headers=headers: library.get("http://a/", headers=headers)  # type: ignore[misc]
        for headers in ({"X": 5}, {"X": "a\n"}, {"X": " a"}, {"X:": "a"}, {"": "a"})
    },
    **{
        f"timeout {value!r}": lambda library, value=value: library.get("http://127.0.0.1:9/", timeout=value)  # type: ignore[misc]
        for value in ((1, 2, 3), "5", 0, -1, True, (1, 0), (1, "a"))
    },
    "NaN": lambda library: library.post("http://a/", json=float("nan")),
    "a number as the body": lambda library: library.post("http://127.0.0.1:9/", data=5),
    "a request that is not prepared": lambda library: library.Session().send(library.Request("GET", "http://a/")),
}


def evened(text: str, port: int | None) -> str:
    text = re.sub(r"<(?:\w+\.)*HTTPS?Connection object at 0x[0-9a-f]+>", "CONNECTION", text)
    text = re.sub(r"HTTPS?Connection\(host='[^']*', port=\d+\)", "CONNECTION", text)
    return text if port is None else text.replace(str(port), "PORT")


def failing(library: Any, run: Callable[[Any], object]) -> Exception:
    try:
        run(library)
    except Exception as error:
        return error
    raise AssertionError(f"{library.__name__} raised nothing")


def same(theirs: Exception, ours: Exception, ports: tuple[int | None, int | None] = (None, None)) -> None:
    assert evened(str(ours), ports[1]) == evened(str(theirs), ports[0])
    assert type(ours).__name__ == type(theirs).__name__
    frames = frames_shown(ours)
    if isinstance(ours, httpcore_lite.ConnectionError | httpcore_lite.Timeout):
        assert frames <= 12
        assert "explanation" in dir(ours)
        assert ours.explanation


def frames_shown(error: BaseException) -> int:
    """How many of our frames the traceback of an error shows that nothing has caught."""
    folder = str(Path(httpcore_lite.__file__).parent)
    return "".join(traceback.format_exception(error)).count(f'File "{folder}')


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_server_has_the_text_of_requests(name: str) -> None:
    scripts, given, then = FAULTS[name]
    found = []
    for library in (requests, httpcore_lite):
        with Peer(*scripts) as peer:
            run = lambda library: then(library.get(peer.url("/path"), **{"timeout": 5, **given}))  # noqa: E731
            found.append((failing(library, run), peer.port))
    same(found[0][0], found[1][0], (found[0][1], found[1][1]))


@pytest.mark.parametrize("name", TLS)
def test_a_fault_of_tls_has_the_text_of_requests(name: str) -> None:
    steps, settings, given = TLS[name]
    given = {**given, **({"verify": certificates.ca_path()} if given else {})}
    found = []
    for library in (requests, httpcore_lite):
        served = {"tls": certificates.server_context(*settings["names"])} if settings else {}
        with Peer(steps, **served) as peer:
            run = lambda library: library.get(peer.url("/path", scheme="https"), timeout=5, **given)  # noqa: E731
            found.append((failing(library, run), peer.port))
    same(found[0][0], found[1][0], (found[0][1], found[1][1]))


@pytest.mark.parametrize("name", PLAIN)
def test_what_fails_without_a_server_has_the_text_of_requests(name: str) -> None:
    same(failing(requests, PLAIN[name]), failing(httpcore_lite, PLAIN[name]))


@pytest.mark.parametrize("settings", [{"credentials": "user:other"}, {"dead": True}], ids=["407", "502"])
def test_a_tunnel_that_is_refused_has_the_text_of_requests(settings: dict[str, Any]) -> None:
    with ProxyServer(**settings) as proxy:
        run = lambda library: library.get("https://a.test/", proxies={"https": proxy.url("")}, timeout=5)  # noqa: E731
        same(failing(requests, run), failing(httpcore_lite, run))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("steps", [[receive_bytes(5), send(b"HTTP/1.1 400 Bad\r\n\r\n")], [receive_bytes(5), close()]])
def test_a_proxy_without_tls_has_the_text_of_requests(scheme: str, steps: list[Step]) -> None:
    found = []
    for library in (requests, httpcore_lite):
        with Peer(steps) as proxy:
            given = {"all": f"https://{proxy.address}"}
            run = lambda library: library.get(f"{scheme}://a.test/", proxies=given, timeout=5)  # noqa: B023, E731
            found.append((failing(library, run), proxy.port))
    same(found[0][0], found[1][0], (found[0][1], found[1][1]))


def test_retries_that_are_used_up_have_the_text_of_requests() -> None:
    import urllib3

    def run(library: Any) -> object:
        retry: Any = urllib3.Retry if library is requests else httpcore_lite.Retry
        session = library.Session()
        session.mount("http://", library.adapters.HTTPAdapter(max_retries=retry(2, status_forcelist=[503])))
        return session.get(server.url("/status/503"), timeout=5)

    with EchoServer() as server:
        same(failing(requests, run), failing(httpcore_lite, run))


def test_through_a_dead_proxy_the_pool_of_the_error_is_the_proxys() -> None:
    for library in (requests, httpcore_lite):
        error: Any = failing(library, PLAIN["proxy refused"])
        assert (error.args[0].pool.host, error.args[0].pool.port) == ("127.0.0.1", NOWHERE)


def test_a_pool_that_is_full_is_a_short_error_too() -> None:
    with EchoServer() as server, httpcore_lite.Session(max_connections=1) as session:
        with session.get(server.url("/bytes/100000"), stream=True, timeout=5):
            error = failing(session, lambda s: s.get(server.url("/"), timeout=httpcore_lite.Timeouts(pool=0.05)))
    assert frames_shown(error) <= 12

"""Promises of the steps by which a session follows redirects: each is called, and overriding it takes effect."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

import pytest

import httpcore_lite as client
from support.messages import response
from support.scripted import Peer, forever, receive, send
from support.servers import EchoServer, ProxyServer


class Watching(client.Session):
    """Notes which steps are called, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []

    def get_redirect_target(self, resp: Any) -> Any:
        self.steps.append("target")
        return super().get_redirect_target(resp)

    def rebuild_method(self, prepared_request: Any, response: Any) -> None:
        self.steps.append("method")
        assert response.is_redirect
        prepared_request.method = "PUT"

    def rebuild_proxies(self, prepared_request: Any, proxies: Any) -> Any:
        self.steps.append("proxies")
        return super().rebuild_proxies(prepared_request, proxies)

    def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
        self.steps.append("auth")
        prepared_request.headers["X-Auth"] = response.request.url


def test_every_step_of_a_redirect_is_called_and_may_be_overridden() -> None:
    with EchoServer() as server, Watching() as session:
        response = session.get(server.url("/redirect/302?to=/last"), timeout=5)
    assert {"target", "method", "proxies", "auth"} <= set(session.steps)
    assert server.requests[1].method == response.request.method == "PUT"
    assert server.requests[1].get("X-Auth") == server.url("/redirect/302?to=/last")


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirected_post_keeps_its_body_only_with_its_method(status: int, method: str) -> None:
    with EchoServer() as server, client.Session() as session:
        session.post(server.url(f"/redirect/{status}?to=/last"), data=b"body", timeout=5)
    last = server.requests[1]
    assert (last.method, last.payload) == (method, b"body" if method == "POST" else b"")


def test_too_many_redirects_carry_the_last_response_and_its_request() -> None:
    with EchoServer() as server, client.Session() as session:
        session.max_redirects = 2
        with pytest.raises(client.TooManyRedirects) as caught:
            session.get(server.url("/loop"), timeout=5)
    assert len(server.requests) == 3
    assert caught.value.response.status_code == 302
    assert caught.value.request is caught.value.response.request


def test_not_following_shows_the_next_request() -> None:
    with EchoServer() as server, client.Session() as session:
        response = session.get(server.url("/redirect/302?to=/last"), timeout=5, allow_redirects=False)
        assert response.next is not None
        assert response.next.url == server.url("/last")
    assert len(server.requests) == 1


# -- the body ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PURGE"])
def test_the_body_goes_along_exactly_where_the_method_was_kept(status: int, method: str) -> None:
    keeps = status > 303 or method in ("GET", "HEAD") or (status == 301 and method != "POST")
    fields = dict.fromkeys(("Content-Language", "Content-Location", "Digest", "Content-Digest", "Repr-Digest"), "x")
    fields |= {"Content-Type": "text/x", "Content-Encoding": "x", "X-Own": "x"}
    with EchoServer() as server, client.Session() as session:
        url = server.url(f"/redirect/{status}?to=/last")
        session.request(method, url, data=b"body", headers=fields, timeout=5, allow_redirects=True)
        session.get(server.url("/next"), timeout=5)
    _, last, following = server.requests
    assert (last.method, last.payload) == ((method, b"body") if keeps else ("GET", b""))
    told = {name.lower() for name, _ in last.headers}
    of_content = {name.lower() for name in fields if name != "X-Own"}
    assert "x-own" in told
    assert of_content <= told if keeps else not told & (of_content | {"content-length", "transfer-encoding"})
    assert following.target == "/next"


class OnlyRead:
    """A body with `read` and nothing else."""

    def __init__(self, data: bytes) -> None:
        self.read = io.BytesIO(data).read

    def __iter__(self) -> Any:
        raise AssertionError("it is read")


class Unseekable(io.BytesIO):
    def seek(self, *args: Any) -> int:
        raise OSError("no")


def _closing(file: io.BytesIO) -> Any:
    def hook(response: Any, **settings: Any) -> None:
        file.close()

    return hook


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"data": OnlyRead(b"body")},
        lambda: {"data": iter([b"bo", b"dy"])},
        lambda: {"data": (piece for piece in [b"body"])},
        lambda: {"data": Unseekable(b"body")},
        lambda: {"files": {"f": ("x", iter([b"body"]))}},
        lambda: {"data": (file := io.BytesIO(b"body")), "hooks": {"response": _closing(file)}},
    ],
    ids=["read", "iterator", "generator", "no seek", "form of a generator", "closed file"],
)
@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_body_that_was_used_up_is_an_error_and_never_sent_empty(status: int, make: Any) -> None:
    with EchoServer() as server, client.Session(max_connections=1) as session:
        with pytest.raises(client.exceptions.UnrewindableBodyError) as caught:
            session.put(server.url(f"/redirect/{status}?to=/last"), timeout=5, **make())
        assert caught.value.request.url == server.url("/last")
        assert caught.value.response.status_code == status
        response = session.put(server.url(f"/redirect/{status}?to=/last"), timeout=5, allow_redirects=False, **make())
        assert response.status_code == status
        assert response.next is None
        assert session.get(server.url("/next"), timeout=5).json()["target"] == "/next"
    assert [each.target[:5] for each in server.requests] == ["/redi", "/redi", "/next"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"data": io.BytesIO(b"body")},
        lambda: {"data": b"body"},
        lambda: {"data": "body"},
        lambda: {"data": bytearray(b"body")},
        lambda: {"json": "body"},
        lambda: {"files": {"f": io.BytesIO(b"body")}},
    ],
)
def test_a_body_that_can_be_sent_twice_is(make: Any) -> None:
    with EchoServer() as server, client.Session() as session:
        session.put(server.url("/redirect/301?to=" + quote("/redirect/307?to=/last")), timeout=5, **make())
    first, second, last = server.requests
    assert b"body" in first.payload
    assert first.payload == second.payload == last.payload


def test_a_file_is_sent_again_from_where_it_stood() -> None:
    file = io.BytesIO(b"skipped body")
    file.seek(8)
    with EchoServer() as server:
        client.patch(server.url("/redirect/301?to=/last"), data=file, timeout=5)
    assert [each.payload for each in server.requests] == [b"body", b"body"]


def test_a_method_that_is_changed_back_and_forth_loses_its_body_once() -> None:
    with EchoServer() as server:
        to = "/redirect/307?to=/last"
        client.post(server.url("/redirect/303?to=" + quote(to)), json={"a": 1}, timeout=5)
    assert [(each.method, each.payload) for each in server.requests[1:]] == [("GET", b""), ("GET", b"")]


# -- where it leads ----------------------------------------------------------------------------------------------------


def redirecting(*locations: str, status: int = 302) -> Peer:
    moved = response("moved", status, "Found", [("Location", each) for each in locations])
    return Peer([receive(), send(moved), forever(receive(), send(response("there")))])


def test_two_places_are_an_error_that_names_both() -> None:
    with redirecting("/a?password=s3cret", "http://u:s3cret@h/b") as peer, client.Session(max_connections=1) as session:
        with pytest.raises(client.exceptions.InvalidHeader, match="/a.* and .*h/b") as caught:
            session.get(peer.url("/"), timeout=5, stream=True)
        assert "s3cret" not in str(caught.value)
        assert caught.value.response.status_code == 302
        caught.value.response.close()
        assert len(peer.requests) == 1


def test_after_an_invalid_redirect_the_connection_is_used_again() -> None:
    with redirecting("/a", "/b") as peer, client.Session(max_connections=1) as session:
        with pytest.raises(client.exceptions.InvalidHeader):
            session.get(peer.url("/"), timeout=5)
        assert session.get(peer.url("/next"), timeout=5).text == "there"
        assert peer.connections == 1


def test_a_caller_that_does_not_follow_is_shown_what_came() -> None:
    with redirecting("/a", "/b") as peer:
        response = client.get(peer.url("/"), timeout=5, allow_redirects=False)
    assert (response.status_code, response.text, response.next) == (302, "moved", None)
    assert response.headers["Location"] == "/a, /b"


@pytest.mark.parametrize("locations", [("/a,b",), ("/a,b", "/a,b"), ("/a", "/a")])
def test_the_same_place_said_twice_is_one(locations: tuple[str, ...]) -> None:
    with redirecting(*locations) as peer:
        assert client.get(peer.url("/"), timeout=5).text == "there"
    assert peer.requests[1].target == locations[0]


def test_a_place_that_a_hook_has_put_there_is_followed() -> None:
    def hook(response: Any, **settings: Any) -> None:
        if "location" in response.headers:
            response.headers["location"] = "/mine, too"

    with redirecting("/a", "/b") as peer:
        client.get(peer.url("/"), timeout=5, hooks={"response": hook})
    assert peer.requests[1].target == "/mine,%20too"


# -- the Host field ----------------------------------------------------------------------------------------------------


def test_a_host_field_of_the_program_stays_on_its_host_and_port() -> None:
    with EchoServer() as server, EchoServer() as other, client.Session() as session:
        session.headers["Host"] = "virtual.test"
        back = server.url("/back")
        away = other.url(f"/redirect/302?to={quote(back, safe='')}")
        for to in ("/same", server.url("/far", host="localhost"), away):
            session.get(server.url("/redirect/302?to=" + quote(to, safe="")), timeout=5)
    own = f"127.0.0.1:{server.port}"
    hosts = [each.get("Host") for each in server.requests]
    assert hosts == ["virtual.test"] * 3 + [f"localhost:{server.port}", "virtual.test", own]
    assert [each.get("Host") for each in other.requests] == [f"127.0.0.1:{other.port}"]


@pytest.mark.parametrize(
    ("start", "to", "kept"),
    [
        ("http://h.test/", "http://H.test:80/x", True),
        ("http://h.test/", "http://h.test:81/", False),
        ("http://h.test/", "http://h.test./", False),
        ("http://h.test/", "https://h.test/", True),
        ("http://h.test:81/", "https://h.test/", False),
        ("https://h.test/", "http://h.test/", False),
        ("http://h.test/", "http://h.test@g.test/", False),
    ],
)
def test_which_hosts_and_ports_are_the_same(start: str, to: str, kept: bool) -> None:
    session = client.Session()
    prepared = session.prepare_request(client.Request("GET", start, headers={"Host": "virtual.test"}))
    response = client.Response()
    response.status_code, response.url, response.request = 302, start, prepared
    response.headers["Location"], response._content = to, b""
    following = next(session.resolve_redirects(response, prepared, yield_requests=True, proxies={}))
    assert ("Host" in following.headers) is kept


def test_cookies_follow_the_host_that_is_asked_once_the_field_is_gone() -> None:
    with EchoServer() as server, client.Session() as session:
        session.cookies.set("virtual", "1", domain="virtual.test")
        session.cookies.set("own", "1", domain="localhost.local")
        to = quote(server.url("/last", host="localhost"), safe="")
        session.get(server.url(f"/redirect/302?to={to}"), headers={"Host": "virtual.test"}, timeout=5)
    assert [each.get("Cookie") for each in server.requests] == ["virtual=1", "own=1"]


def test_chains_of_any_kind_end_where_requests_ends() -> None:
    requests = pytest.importorskip("requests")
    with EchoServer() as one, EchoServer() as two, ProxyServer():
        for first in (301, 302, 303, 307, 308):
            for second in (301, 302, 303, 307, 308):
                for method in ("GET", "HEAD", "POST"):
                    seen = []
                    for library in (requests, client):
                        one.requests.clear()
                        two.requests.clear()
                        to = quote(two.url(f"/redirect/{second}?to=" + quote(one.url("/end"), safe="")), safe="")
                        with library.Session() as session:
                            body = None if method != "POST" else b"x=1"
                            url = one.url(f"/redirect/{first}?to={to}")
                            response = session.request(method, url, data=body, timeout=5, allow_redirects=True)
                        asked = [*one.requests, *two.requests]
                        seen.append((response.url, [(each.method, each.payload) for each in asked]))
                    assert seen[0] == seen[1], (first, second, method)

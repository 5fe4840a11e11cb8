"""PoolManager and its pools used as urllib3's are, against a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from httpcore_lite.sansio.errors import HostChangedError, MaxRetryError, ResponseError, UnrewindableBodyError
from httpcore_lite.urllib3_api.poolmanager import PoolManager, ProxyManager
from httpcore_lite.urllib3_api.util.retry import Retry
from support.messages import Received, response
from support.servers import EchoServer, ProxyServer, echo


class Site:
    """Redirects, a server that is busy at first, and otherwise an echo."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, request: Received) -> bytes:
        self.asked.append(request.target)
        if request.target.startswith("/to"):
            return response("", 302, "Found", [("Location", request.target[3:])])
        if request.target == "/see":
            return response("", 303, "See Other", [("Location", "/seen")])
        if request.target.startswith("/busy") and self.asked.count(request.target) < 3:
            return response("busy", 503, "Busy", [("Retry-After", "0")])
        return response(json.dumps(echo(request)))


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site) -> Iterator[EchoServer]:
    with EchoServer(site) as server:
        yield server


def names(headers: list[list[str]]) -> list[str]:
    return [name for name, _ in headers]


def test_fields_go_into_the_query_of_a_get_and_into_the_body_of_a_post(server: EchoServer) -> None:
    manager = PoolManager()
    assert manager.request("GET", server.url("/x"), fields={"a": "1"}).json()["target"] == "/x?a=1"
    form = manager.request("POST", server.url("/x"), fields={"a": "1"}, encode_multipart=False).json()
    assert form["body"] == "a=1"
    assert "Content-Type" in names(form["headers"])


def test_json_is_sent_compactly_with_its_type(server: EchoServer) -> None:
    sent = PoolManager().request("POST", server.url("/x"), json={"a": "b"}).json()
    assert sent["body"] == '{"a":"b"}'
    assert ["Content-Type", "application/json"] in sent["headers"]


def test_requests_of_one_manager_share_a_connection(server: EchoServer) -> None:
    manager = PoolManager()
    for _ in range(5):
        manager.request("GET", server.url("/"))
    assert server.connections == 1


def test_redirects_are_followed_and_stand_in_the_history(server: EchoServer) -> None:
    response = PoolManager().request("GET", server.url("/to/to/end"))
    assert (response.status, response.json()["target"]) == (200, "/end")
    assert [entry.redirect_location for entry in response.retries.history] == ["/to/end", "/end"]


def test_redirect_false_gives_the_redirect(server: EchoServer) -> None:
    assert PoolManager().request("GET", server.url("/to/end"), redirect=False).status == 302


def test_too_many_redirects_are_an_error_unless_the_policy_says_otherwise(server: EchoServer) -> None:
    with pytest.raises(MaxRetryError) as caught:
        PoolManager().request("GET", server.url("/to/to/to/end"), retries=Retry(redirect=2))
    assert isinstance(caught.value.reason, ResponseError)
    lenient = Retry(redirect=0, raise_on_redirect=False)
    assert PoolManager().request("GET", server.url("/to/end"), retries=lenient).status == 302


def test_a_303_turns_a_post_into_a_get_without_a_body(server: EchoServer) -> None:
    echo = PoolManager().request("POST", server.url("/see"), body=b"x", headers={"Content-Type": "text/x"}).json()
    assert (echo["method"], echo["target"], echo["body"]) == ("GET", "/seen", "")
    assert "Content-Type" not in names(echo["headers"])


def test_credentials_do_not_follow_to_another_host(server: EchoServer) -> None:
    with EchoServer(lambda request: response("", 302, "Found", [("Location", server.url("/there"))])) as first:
        echo = PoolManager().request("GET", first.url("/"), headers={"Authorization": "secret", "X-A": "1"}).json()
    assert "Authorization" not in names(echo["headers"])
    assert "X-A" in names(echo["headers"])


def test_a_busy_server_is_asked_again_as_often_as_the_policy_says(server: EchoServer, site: Site) -> None:
    response = PoolManager().request("GET", server.url("/busy"), retries=Retry(5, status_forcelist=[503]))
    assert response.status == 200
    assert [entry.status for entry in response.retries.history] == [503, 503]
    with pytest.raises(MaxRetryError):
        PoolManager().request("GET", server.url("/busy2"), retries=Retry(1, status_forcelist=[503]))


def test_a_generator_is_not_sent_again_empty(server: EchoServer) -> None:
    policy = Retry(5, status_forcelist=[503], allowed_methods=None)
    with pytest.raises(UnrewindableBodyError):
        PoolManager().request("POST", server.url("/busy"), body=iter([b"once"]), retries=policy)


def test_a_pool_serves_its_own_host_only(server: EchoServer) -> None:
    pool = PoolManager().connection_from_url(server.url("/"))
    assert pool.request("GET", "/x").json()["target"] == "/x"
    with pytest.raises(HostChangedError):
        pool.request("GET", "http://other.test/")


def test_a_stream_is_left_to_be_read(server: EchoServer) -> None:
    response = PoolManager().request("GET", server.url("/x"), preload_content=False)
    assert json.loads(b"".join(response.stream(7)))["target"] == "/x"


def test_a_setting_changed_later_counts_from_the_next_request_on(server: EchoServer) -> None:
    manager = PoolManager()
    before = manager.connection_from_url(server.url("/"))
    manager.connection_pool_kw["source_address"] = ("127.0.0.1", 0)
    after = manager.connection_from_url(server.url("/"))
    assert (before.source_address, after.source_address) == (None, ("127.0.0.1", 0))
    assert manager.request("GET", server.url("/")).status == 200


def test_plain_http_goes_through_a_proxy_in_absolute_form(server: EchoServer) -> None:
    with ProxyServer() as proxy:
        manager = ProxyManager(proxy.url(), proxy_headers={"X-Proxy": "1"})
        echo = manager.request("GET", server.url("/x")).json()
    assert echo["target"] == "/x"

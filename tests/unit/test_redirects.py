"""Promises of the steps by which a session follows redirects: each is called, and overriding it takes effect."""

from __future__ import annotations

from typing import Any

import pytest

import httpcore_lite as client
from support.servers import EchoServer


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
        answer = session.get(server.url("/redirect/302?to=/last"), timeout=5)
    assert {"target", "method", "proxies", "auth"} <= set(session.steps)
    assert server.requests[1].method == answer.request.method == "PUT"
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
        answer = session.get(server.url("/redirect/302?to=/last"), timeout=5, allow_redirects=False)
        assert answer.next is not None
        assert answer.next.url == server.url("/last")
    assert len(server.requests) == 1

"""`base_url` and `raise_for_status` in whole programs: what is sent, what is raised, and what comes next."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite.client.error_status import MAX_ERROR_BODY
from support.scripted import Peer, close, receive, response, send
from support.servers import EchoServer


@pytest.fixture(scope="module")
def server() -> Iterator[EchoServer]:
    with EchoServer() as running:
        yield running


def in_use(session: client.Session) -> int:
    adapter: Any = session.get_adapter("http://h")
    stats = adapter.poolmanager.shared.pool.stats()
    return int(stats.open - stats.idle)


# -- base_url ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "options", "head", "post", "put", "patch", "delete"])
def test_every_method_appends_to_the_base(server: EchoServer, method: str) -> None:
    with client.Session(base_url=server.url("/api")) as session:
        found = getattr(session, method)("items", params={"a": "1"})
        assert found.url == server.url("/api/items?a=1")
        assert server.requests[-1].target == "/api/items?a=1"
        assert session.request(method, b"/x/../more").url == server.url("/api/more")


def test_prepare_request_adapters_and_canned_responses_see_whole_urls(server: EchoServer) -> None:
    seen: list[object] = []

    class Own(client.Session):
        def prepare_request(self, request: client.Request) -> client.PreparedRequest:
            seen.append(request.url)
            return super().prepare_request(request)

        def get_adapter(self, url: str) -> Any:
            seen.append(url)
            return super().get_adapter(url)

    with Own(base_url=server.url("/api/")) as session:
        session.mount(server.url("/api/special"), client.adapters.HTTPAdapter())
        session.get("/special?q")
    whole = server.url("/api/special?q")
    assert seen == [whole, whole]


def test_a_request_that_is_prepared_by_the_session_has_a_whole_url_and_stays_as_it_is(server: EchoServer) -> None:
    session = client.Session(base_url=server.url("/api"))
    request = client.Request("GET", "items", cookies={"a": "b"})
    prepared = session.prepare_request(request)
    assert (prepared.url, request.url) == (server.url("/api/items"), "items")
    assert session.send(prepared).json()["target"] == "/api/items"
    assert prepared.headers["Cookie"] == "a=b"
    with pytest.raises(client.exceptions.MissingSchema):
        session.get(None)  # type: ignore[arg-type]


def test_a_prepared_request_is_never_joined(server: EchoServer) -> None:
    prepared = client.Request("GET", server.url("/elsewhere")).prepare()
    with client.Session(base_url=server.url("/api")) as session:
        assert session.send(prepared).json()["target"] == "/elsewhere"
        prepared.url = "/items"
        with pytest.raises(client.exceptions.InvalidSchema):
            session.send(prepared)


@pytest.mark.parametrize("to", ["/elsewhere", "//{host}/elsewhere", "../../elsewhere", "http://{host}/elsewhere"])
def test_a_redirect_may_leave_the_base(server: EchoServer, to: str) -> None:
    with client.Session(base_url=server.url("/redirect")) as session:
        found = session.get("302", params={"to": to.format(host=server.address)})
        assert found.json()["target"] == "/elsewhere"
        assert found.history[0].url.startswith(server.url("/redirect/302?to="))


def test_what_leaves_the_base_is_refused_before_anything_is_sent(server: EchoServer) -> None:
    before = len(server.requests)
    with client.Session(base_url=server.url("/api")) as session:
        for url in ("../admin", "%2e%2e/admin", "..\\admin", "//other/x"):
            with pytest.raises(client.exceptions.InvalidURL):
                session.get(url)
        assert len(server.requests) == before
        assert session.get("ok").ok


def test_netrc_and_cookies_of_a_call_are_looked_up_by_the_whole_url(
    server: EchoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(client.sessions, "get_netrc_auth", lambda url, *rest: asked.append(url))
    session = client.Session(base_url=server.url("/api"))
    session.prepare_request(client.Request("GET", "items"))
    sent = session.get("items", cookies={"a": "b"}).json()["headers"]
    assert asked == [server.url("/api/items")] * 2
    assert ["Cookie", "a=b"] in sent


def test_toolbelts_session_with_a_base_url_works_beside_ours(server: EchoServer) -> None:
    class BaseUrlSession(client.Session):  # as requests-toolbelt has it
        base_url: str | None = None

        def __init__(self, base_url: str | None = None) -> None:
            if base_url:
                self.base_url = base_url
            super().__init__()

        def request(self, method: str, url: Any, *args: Any, **kwargs: Any) -> client.Response:
            return super().request(method, self.create_url(url), *args, **kwargs)

        def prepare_request(self, request: client.Request, *args: Any, **kwargs: Any) -> client.PreparedRequest:
            request.url = self.create_url(request.url)
            return super().prepare_request(request, *args, **kwargs)

        def create_url(self, url: Any) -> str:
            from urllib.parse import urljoin

            return urljoin(str(self.base_url), url)

    session = BaseUrlSession(server.url("/resource/"))
    assert session.get("sub/").json()["target"] == "/resource/sub/"
    assert session.get("/sub").json()["target"] == "/sub"
    assert session.get("../sub").json()["target"] == "/sub"


def test_a_client_that_keeps_its_address_and_time_in_attributes_works(server: EchoServer) -> None:
    class APIClient(client.Session):  # as docker has it
        def __init__(self, base_url: str, timeout: float) -> None:
            super().__init__()
            self.base_url, self.timeout, self.headers["User-Agent"] = base_url, timeout, "tinydocker"

        def _url(self, path: str) -> str:
            return f"{self.base_url}/v1.44{path}"

        def raise_for_status(self, found: client.Response) -> None:
            found.raise_for_status()

        def inspect(self, name: str) -> Any:
            found = self.get(self._url(f"/containers/{name}/json"))
            self.raise_for_status(found)
            return found.json()

    assert APIClient(server.url("").rstrip("/"), 60).inspect("x")["target"] == "/v1.44/containers/x/json"


# -- raise_for_status --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 499, 500, 599])
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_status_is_raised_with_its_body_and_the_next_request_works(
    server: EchoServer, status: int, stream: bool
) -> None:
    with client.Session(raise_for_status=True) as session:
        session.get(server.url("/"))
        before = server.connections
        with pytest.raises(client.HTTPError) as caught:
            session.get(server.url(f"/status/{status}"), stream=stream)
        error = caught.value
        assert (error.response.status_code, error.response.content) == (status, b"body")
        assert error.request is error.response.request and str(status) in str(error)
        assert in_use(session) == 0
        assert session.get(server.url("/")).ok and server.connections == before
        assert pickle.loads(pickle.dumps(error.response)).content == b"body"


@pytest.mark.parametrize("status", [200, 204, 304, 399, 600])
def test_no_other_status_is_raised(server: EchoServer, status: int) -> None:
    with client.Session(raise_for_status=True) as session:
        assert session.get(server.url(f"/status/{status}")).status_code == status


@pytest.mark.parametrize("of_session", [None, False, True])
@pytest.mark.parametrize("of_call", [None, False, True])
@pytest.mark.parametrize("method", ["get", "options", "head", "post", "put", "patch", "delete"])
def test_none_is_the_sessions_and_false_not(
    server: EchoServer, method: str, of_call: bool | None, of_session: bool | None
) -> None:
    with client.Session(raise_for_status=of_session) as session:
        try:
            getattr(session, method)(server.url("/status/404"), raise_for_status=of_call)
            raised = False
        except client.HTTPError:
            raised = True
    assert raised is bool(of_session if of_call is None else of_call)


@pytest.mark.parametrize("method", ["get", "options", "head", "post", "put", "patch", "delete"])
def test_the_functions_take_it_too(server: EchoServer, method: str) -> None:
    with pytest.raises(client.HTTPError):
        getattr(client, method)(server.url("/status/500"), raise_for_status=True)
    with pytest.raises(client.HTTPError):
        client.request(method, server.url("/status/500"), raise_for_status=True)
    with pytest.raises(TypeError, match="raise_for_status= takes True or False, not 'yes'"):
        getattr(client, method)(server.url("/status/500"), raise_for_status="yes")


def test_send_is_never_affected(server: EchoServer) -> None:
    with client.Session(raise_for_status=True, base_url=server.url("/")) as session:
        prepared = session.prepare_request(client.Request("GET", "status/404"))
        assert session.send(prepared).status_code == 404


def test_only_the_final_response_counts_after_redirects_and_digest(server: EchoServer) -> None:
    with client.Session(raise_for_status=True) as session:
        digest = client.auth.HTTPDigestAuth("user", "password")
        assert session.get(server.url("/digest/user"), auth=digest).ok
        found = session.get(server.url(f"/redirect/302?to={server.url('/ok')}"))
        assert found.ok and found.history[0].status_code == 302
        with pytest.raises(client.HTTPError) as caught:
            session.get(server.url(f"/redirect/302?to={server.url('/status/404')}"))
        assert [earlier.status_code for earlier in caught.value.response.history] == [302]
        assert session.get(server.url("/redirect/302?to=/x"), allow_redirects=False).status_code == 302


def test_only_the_last_attempt_counts() -> None:
    retries = client.Retry(2, status_forcelist=[503], raise_on_status=False, backoff_factor=0)
    busy = [receive(), send(response("busy", 503, "Unavailable"))]
    with Peer([*busy, receive(), send(response("fine"))]) as peer, client.Session(raise_for_status=True) as session:
        assert session.get(peer.url("/"), retries=retries).text == "fine"
    with Peer(busy * 3) as peer, client.Session(raise_for_status=True) as session:
        with pytest.raises(client.HTTPError) as caught:
            session.get(peer.url("/"), retries=retries)
        assert caught.value.response.text == "busy" and len(peer.requests) == 3


def test_hooks_come_before(server: EchoServer) -> None:
    order: list[object] = []

    def calm(found: client.Response, **kwargs: object) -> None:
        order.append(found.status_code)
        found.status_code = 200

    with client.Session(raise_for_status=True, hooks={"response": calm}) as session:
        assert session.get(server.url("/status/404")).status_code == 200
        with pytest.raises(client.HTTPError):
            session.get(server.url("/status/404"), hooks={"response": lambda found, **kwargs: order.append("own")})
    assert order == [404, "own"]


def test_a_subclass_that_overrides_send_or_the_response_is_asked(server: EchoServer) -> None:
    class Calm(client.Response):
        def raise_for_status(self) -> None:
            raise LookupError("the program's own")

    class Own(client.Session):
        def send(self, request: client.PreparedRequest, **kwargs: Any) -> client.Response:
            found = super().send(request, **kwargs)
            found.__class__ = Calm
            return found

    with Own(raise_for_status=True) as session, pytest.raises(LookupError):
        session.get(server.url("/"))


# -- bodies that are streamed ------------------------------------------------------------------------------------------

SIZES = [0, 1, MAX_ERROR_BODY - 1, MAX_ERROR_BODY, MAX_ERROR_BODY + 1, 3 * MAX_ERROR_BODY]


def body(size: int) -> bytes:
    return bytes(index % 251 for index in range(size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("how", ["length", "chunked", "gzip", "until the end"])
def test_of_a_streamed_error_64_kib_are_read_and_what_comes_next_works(size: int, how: str) -> None:
    import gzip

    from support.messages import chunked_response

    whole = body(size)
    data = {
        "length": lambda: response(whole, 500, "Broken"),
        "chunked": lambda: chunked_response(*[whole[at : at + 1000] for at in range(0, size, 1000)]).replace(
            b"200 OK", b"500 Broken", 1
        ),
        "gzip": lambda: response(gzip.compress(whole), 500, "Broken", [("Content-Encoding", "gzip")]),
        "until the end": lambda: response(whole, 500, "Broken", length=False),
    }[how]()
    longer = size > MAX_ERROR_BODY
    again = [receive(), send(response("next"))]
    script = [receive(), send(data), *([close()] if how == "until the end" else again)]
    with Peer(script, again) as peer, client.Session(raise_for_status=True) as session:
        with pytest.raises(client.HTTPError) as caught:
            session.get(peer.url("/"), stream=True)
        found = caught.value.response
        assert found.content == b"".join(found.iter_content(1000)) == whole[:MAX_ERROR_BODY]
        assert in_use(session) == 0
        assert session.get(peer.url("/")).text == "next"
        if (
            not longer or how == "length" or (how == "chunked" and size > MAX_ERROR_BODY + 1)
        ):  # else it may be read whole
            assert peer.connections == (2 if longer or how == "until the end" else 1)


def test_a_body_that_breaks_off_is_an_http_error_all_the_same() -> None:
    cut = response(b"x" * 100, 500, "Broken")[:-50]
    with Peer([receive(), send(cut), close()], [receive(), send(response("next"))]) as peer:
        with client.Session(raise_for_status=True) as session:
            with pytest.raises(client.HTTPError) as caught:
                session.get(peer.url("/"), stream=True)
            for _ in range(2):
                with pytest.raises(client.exceptions.ChunkedEncodingError):
                    caught.value.response.content  # noqa: B018
            assert session.get(peer.url("/")).text == "next"


def test_a_body_that_a_hook_has_read_is_left_as_it_is(server: EchoServer) -> None:
    def read(found: client.Response, **kwargs: object) -> None:
        list(found.iter_content(3))

    with client.Session(raise_for_status=True) as session:
        with pytest.raises(client.HTTPError) as caught:
            session.get(server.url("/status/404"), stream=True, hooks={"response": read})
        with pytest.raises(RuntimeError):
            caught.value.response.content  # noqa: B018
        assert in_use(session) == 0


def test_copies_of_a_session_raise_and_join_too(server: EchoServer) -> None:
    session = client.Session(base_url=server.url("/status"), raise_for_status=True)
    for again in (copy.copy(session), pickle.loads(pickle.dumps(session))):
        with pytest.raises(client.HTTPError) as caught:
            again.get("404")
        assert caught.value.response.url == server.url("/status/404")


def test_a_map_joins_and_raises_as_each_of_its_requests_would(server: EchoServer) -> None:
    with client.Session(base_url=server.url("/status")) as session:
        items: list[Any] = ["200", {"url": "404", "raise_for_status": True}, client.Request("GET", "404")]
        found = list(session.map(items, return_exceptions=True))
        assert isinstance(found[1], client.HTTPError) and [found[0].status_code, found[2].status_code] == [200, 404]
        with pytest.raises(client.HTTPError):
            list(session.map(["404"], raise_for_status=True))

"""While a mock is active nothing leaves, whatever else a program has put in the way."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import mock
from httpcore_lite.adapters import BaseAdapter, HTTPAdapter
from httpcore_lite.urllib3_api._settings import active
from httpcore_lite.urllib3_api.poolmanager import PoolManager
from support.certificates import client_certificate
from support.programs import run_program
from support.servers import EchoServer

URL = "https://api.test/v1"
ROOT = Path(client.__file__).parents[1]


@pytest.mark.parametrize(
    "options",
    [
        {"uds": "/nowhere.sock"},
        {"resolver": lambda host, port: ["192.0.2.1"]},
        {"resolve": {"api.test:443": "192.0.2.1"}},
        {"allow_address": lambda address: False},
        {"assert_fingerprint": "00" * 32},
        {"assert_hostname": "other.test"},
        {"source_address": ("192.0.2.1", 0)},
        {"cert": ("nowhere.pem", "nowhere.key")},
        {"verify": "/no/such/bundle.pem"},
        {"verify": ssl.create_default_context()},
    ],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_it_responds_whatever_says_where_connections_lead(options: dict[str, Any], scheme: str) -> None:
    with mock.RequestsMock() as canned, client.Session(**options) as session:
        canned.get(f"{scheme}://api.test/v1", body="canned")
        assert session.get(f"{scheme}://api.test/v1").text == "canned"


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:1", "https://u:p@127.0.0.1:1", "socks5h://127.0.0.1:1", "http://[::1]:1"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_it_responds_with_a_proxy_set(proxy: str, scheme: str) -> None:
    with mock.RequestsMock() as canned, client.Session(allow_address=lambda address: False) as session:
        canned.get(f"{scheme}://192.0.2.1/v1", body="canned")
        assert session.get(f"{scheme}://192.0.2.1/v1", proxies={"all": proxy}).text == "canned"
        assert canned.calls[0].request.req_kwargs["proxies"] == {"all": proxy}


def test_it_serves_every_adapter_ours_or_subclassed() -> None:
    class Signed(HTTPAdapter):
        def add_headers(self, request: Any, **kwargs: Any) -> None:
            request.headers["X-Signed"] = "yes"

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=ssl.create_default_context(), **kwargs)

        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            response = super().send(request, *args, **kwargs)
            response.headers["X-Seen"] = "yes"
            return response

    with mock.RequestsMock() as canned, client.Session() as session:
        session.mount("https://", Signed())
        canned.get(URL)
        assert session.get(URL).headers["X-Seen"] == "yes"
        assert canned.calls[0].request.headers["X-Signed"] == "yes"


def test_a_client_certificate_of_this_machine_is_not_loaded(tmp_path: Any) -> None:
    with mock.RequestsMock() as canned:
        canned.get(URL)
        client.get(URL, cert=client_certificate())
        assert canned.calls[0].request.req_kwargs["cert"] == client_certificate()


# -- what is refused ---------------------------------------------------------------------------------------------------


def foreign_manager() -> type[HTTPAdapter]:
    urllib3 = pytest.importorskip("urllib3")

    class OwnManager(urllib3.PoolManager):  # type: ignore[misc, name-defined]
        pass

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kw: Any) -> None:
            self.poolmanager = OwnManager(num_pools=connections, maxsize=maxsize, block=block, **kw)

    return Adapter


def foreign_pool() -> type[HTTPAdapter]:
    urllib3 = pytest.importorskip("urllib3")

    class Adapter(HTTPAdapter):
        def get_connection_with_tls_context(self, *args: Any, **kw: Any) -> Any:
            return urllib3.HTTPConnectionPool("127.0.0.1", 1)

    return Adapter


class OwnAdapter(BaseAdapter):
    def send(self, *args: Any, **kw: Any) -> Any:
        raise AssertionError("it was sent")

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("made", "name"),
    [(foreign_manager, "OwnManager"), (foreign_pool, "HTTPConnectionPool"), (lambda: OwnAdapter, "OwnAdapter")],
    ids=["manager", "pool", "adapter"],
)
def test_what_is_a_program_s_own_is_refused_by_its_name(made: Any, name: str) -> None:
    with mock.RequestsMock(assert_all_requests_are_fired=False) as canned, client.Session() as session:
        session.mount("http://", made()())
        canned.get("http://127.0.0.1:1/x")
        with pytest.raises(client.ConnectionError, match=name) as refused:
            session.get("http://127.0.0.1:1/x?token=secret")
        assert "add_passthru" in str(refused.value) and "secret" not in str(refused.value)
        assert refused.value.request is not None or name == "OwnAdapter"


def test_a_pool_of_our_own_that_is_used_without_an_adapter_is_refused_too() -> None:
    with EchoServer() as server, mock.RequestsMock() as canned, PoolManager() as manager:
        with pytest.raises(client.ConnectionError, match="used without an adapter"):
            manager.request("GET", server.url("/x"))
        assert server.connections == 0
        canned.add_passthru(server.url("/"))
        assert manager.request("GET", server.url("/x")).status == 200


@pytest.mark.parametrize("made", [foreign_manager, lambda: HTTPAdapter], ids=["a manager of its own", "ours"])
def test_what_is_passed_through_is_sent_as_usual(made: Any) -> None:
    with EchoServer() as server, client.Session(trust_env=False) as session:
        session.mount("http://", made()())
        with mock.RequestsMock() as canned:
            canned.add_passthru(server.url("/"))
            canned.get(server.url("/canned"), body="canned")
            assert session.get(server.url("/real")).json()["target"] == "/real"
            if made is not foreign_manager:
                assert session.get(server.url("/canned")).text == "canned"
            else:
                with pytest.raises(client.ConnectionError, match="OwnManager"):
                    session.get(server.url("/canned"))


def test_a_passthrough_response_counts_as_a_call_with_the_real_response() -> None:
    with EchoServer() as server, mock.RequestsMock() as canned:
        registered = canned.add(mock.PassthroughResponse("GET", server.url("/x")))
        response = client.get(server.url("/x"))
        assert response.json()["target"] == "/x" and server.connections == 1
        assert canned.calls[0].response is response and registered.call_count == 1


def test_pauses_of_what_is_passed_through_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    seen: list[int] = []

    def respond(request: Any) -> bytes:
        seen.append(1)
        busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"
        return busy if len(seen) == 1 else b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    with EchoServer(respond) as server, mock.RequestsMock() as canned:
        canned.add_passthru(server.url("/"))
        assert client.get(server.url("/"), retries=2).status_code == 200
        assert (slept, canned.pauses) == ([3], [])


# -- beside what programs put into urllib3 and http.client -----------------------------------------------------------


SENTRY = """
import sentry_sdk
from httpcore_lite import mock

class Nowhere(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope): pass
    def flush(self, *args, **kw): pass
    def kill(self): pass

sentry_sdk.init(dsn="http://key@127.0.0.1:1/1", traces_sample_rate=1.0, transport=Nowhere)
import http.client
assert http.client.HTTPConnection.putrequest.__module__.startswith("sentry_sdk")
with mock.RequestsMock() as canned, sentry_sdk.start_transaction(name="t"):
    canned.get("https://api.test/", body="canned")
    resolver = lambda host, port: ["192.0.2.1"]
    for options in ({}, {"uds": "/nowhere"}, {"resolver": resolver}, {"assert_fingerprint": "00" * 32}):
        print(client.Session(**options).get("https://api.test/").text)
"""

PATCHED_URLLIB3 = """
import urllib3.connectionpool, urllib3.util.connection
from httpcore_lite import mock

def refuse(*args, **kw): raise AssertionError("it went through urllib3")

urllib3.connectionpool.HTTPConnectionPool.urlopen = refuse
urllib3.util.connection.create_connection = refuse
with mock.RequestsMock() as canned:
    canned.get("https://api.test/", body="canned")
    print(client.get("https://api.test/").text, client.Session(uds="/nowhere").get("https://api.test/").text)
"""


@pytest.mark.parametrize(("program", "printed"), [(SENTRY, "canned\n" * 4), (PATCHED_URLLIB3, "canned canned\n")])
def test_it_responds_where_urllib3_or_http_client_is_patched(program: str, printed: str) -> None:
    pytest.importorskip("sentry_sdk")
    assert run_program(program, "", strict=False) == printed


def test_a_request_loads_nothing_of_the_mock() -> None:
    program = """
    session = new_session()
    assert session.get(url).ok
    late = ("httpcore_lite.mock", "httpcore_lite.urllib3_api.mocking", "httpcore_lite.urllib3_api.util.pausing")
    print([name for name in sys.modules if name.startswith(late)])
    """
    with EchoServer() as server:
        assert run_program(program, server.url("/"), strict=False) == "[]\n"


def test_what_a_program_puts_in_the_place_of_send_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    send, urls = HTTPAdapter.send, []

    def counted(self: HTTPAdapter, request: Any, **kw: Any) -> client.Response:
        urls.append(request.url)
        return send(self, request, **kw)

    monkeypatch.setattr(HTTPAdapter, "send", counted)
    with mock.RequestsMock() as canned:
        canned.get(URL)
        client.get(URL)
    assert urls == [URL]


def test_bytes_are_never_compared_with_text() -> None:
    program = "from httpcore_lite import mock\nwith mock.RequestsMock(False) as m: m.get('http://a.test/', body=b'x')"
    subprocess.run([sys.executable, "-bb", "-c", program], cwd=ROOT, check=True, timeout=30)


def test_an_error_of_a_matcher_stands_alone() -> None:
    with mock.RequestsMock(False) as canned:
        canned.get(URL, match=[lambda request: (1 // 0, "")])
        with pytest.raises(ZeroDivisionError) as raised:
            client.get(URL)
    assert raised.value.__context__ is None


# -- when it ends --------------------------------------------------------------------------------------------------


def test_a_block_ends_its_mock_though_it_was_stopped_and_started_inside() -> None:
    with mock.RequestsMock() as canned:
        canned.stop()
        canned.start()
    assert active.mocked is None


def test_tasks_side_by_side_leave_the_mock_s_settings_as_they_were() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    @mock.activate(real_time=True, assert_all_requests_are_fired=True)
    async def first() -> None:
        began.set()
        await ended.wait()

    @mock.activate
    async def second() -> None:
        await began.wait()
        ended.set()
        for _ in range(5):
            await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(first(), second())

    asyncio.run(both())
    assert (mock.mock.real_time, mock.mock.assert_all_requests_are_fired, active.mocked) == (False, False, None)


def test_an_async_generator_gets_what_is_thrown_into_it() -> None:
    @asynccontextmanager
    @mock.activate
    async def block() -> AsyncGenerator[None, None]:
        with pytest.raises(KeyError):
            yield

    @mock.activate
    async def doubled() -> AsyncGenerator[int, int]:
        yield 2 * (yield 0)

    async def run() -> int:
        async with block():
            raise KeyError("inside")
        numbers = doubled()
        await numbers.asend(None)  # type: ignore[arg-type]
        return await numbers.asend(21)

    assert asyncio.run(run()) == 42


def test_another_thread_s_request_is_served_and_a_nested_mock_counts() -> None:
    with mock.RequestsMock() as outer:
        outer.get(URL, body="outer")
        with mock.RequestsMock() as inner:
            inner.get(URL, body="inner")
            assert client.get(URL).text == "inner"
        assert client.get(URL).text == "outer"
    assert "httpcore_lite.mock" in sys.modules

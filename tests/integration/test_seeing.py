"""What can be seen of an exchange: timings, the connection, each step by trace, each line in the log."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Timeouts
from httpcore_lite.sansio import redaction
from httpcore_lite.sansio import trace as journal
from httpcore_lite.sansio.http1.exchange import Exchange
from httpcore_lite.sansio.options import NO_OPTIONS
from support.certificates import ca_path
from support.messages import response
from support.scripted import Peer, Step, closed_port, forever, receive, reset, send
from support.servers import EchoServer, ProxyServer, tls_echo_server

OK = response("ok")


class Trace(list[tuple[str, dict[str, Any]]]):
    """A trace function that keeps what it is told."""

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.append((event, info))

    @property
    def events(self) -> list[str]:
        return [event for event, _ in self]

    def info(self, event: str) -> dict[str, Any]:
        return next(info for name, info in self if name == event)


@pytest.fixture
def trace() -> Trace:
    return Trace()


OPENED = ["dns.start", "dns.end", "connect.start", "connect.end"]
EXCHANGED = ["send.start", "send.end", "response.head", "response.end"]


# -- trace -------------------------------------------------------------------------------------------------------------


def test_each_step_of_a_first_and_of_a_second_request_is_told(trace: Trace) -> None:
    with EchoServer() as server, client.Session(trace=trace) as session:
        session.get(server.url("/one"), timeout=10)
        assert trace.events == OPENED + EXCHANGED
        first = trace.info("send.start")["connection"]
        trace.clear()
        session.get(server.url("/two"), timeout=10)
        assert trace.events == ["connection.reused", *EXCHANGED]
        assert trace.info("connection.reused")["connection"] == first
        assert trace.info("send.start")["target"] == "/two"
        assert trace.info("response.head")["status"] == 200
        assert trace.info("response.end")["kept"] is True
        assert all(info["route"] == f"http://{server.address}" for _, info in trace)


def test_tls_and_a_tunnel_are_told_with_version_and_resumption(trace: Trace) -> None:
    with tls_echo_server() as server, ProxyServer() as proxy, client.Session() as session:
        for resumed in (False, True):
            trace.clear()
            session.get(server.url("/"), proxies={"https": proxy.url()}, verify=ca_path(), timeout=10, trace=trace)
            session.close()
            steps = [*OPENED, "proxy.start", "proxy.end", "tls.start", "tls.end"]
            assert [event for event in trace.events if event not in EXCHANGED] == steps
            assert trace.info("tls.end")["version"] == "TLSv1.3"
            assert trace.info("tls.end")["resumed"] is resumed
            assert trace.info("proxy.start")["proxy"] == f"http://{proxy.address}"


def test_a_replayed_request_and_a_retried_one_are_told(trace: Trace) -> None:
    busy = response("busy", 503, "Busy", [("Retry-After", "0")])
    with Peer([receive(), send(OK), receive(), reset()], [receive(), send(busy), receive(), send(OK)]) as peer:
        with client.Session(trace=trace) as session:
            session.mount("http://", client.adapters.HTTPAdapter(max_retries=client.Retry(3, status_forcelist=[503])))
            session.get(peer.url("/"), timeout=5)
            trace.clear()
            assert session.get(peer.url("/"), timeout=5).text == "ok"
    assert "request.replayed" in trace.events
    assert trace.info("request.retried")["reason"] == "status 503"


def test_a_redirect_and_a_failure_are_told(trace: Trace) -> None:
    port = closed_port()
    with EchoServer() as server, pytest.raises(client.ConnectionError):
        client.get(server.url(f"/redirect/302?to=http://127.0.0.1:{port}/x"), timeout=5, trace=trace)
    assert trace.info("request.redirected")["location"] == f"http://127.0.0.1:{port}/x"
    assert trace.events[-1] == "request.failed"
    assert "refused" in str(trace.info("request.failed")["error"])


def test_informational_and_mended_heads_are_told(trace: Trace) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    odd = b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 0\r\n\r\n"
    with Peer([receive(), send(early + odd)]) as peer:
        client.get(peer.url("/"), timeout=5, trace=trace)
    assert trace.info("response.informational")["status"] == 103
    assert "response.mended" in trace.events


def test_the_calls_trace_beats_the_sessions_and_false_is_none(trace: Trace) -> None:
    own = Trace()
    with EchoServer() as server, client.Session(trace=trace) as session:
        session.get(server.url("/"), trace=own, timeout=10)
        assert own.events
        assert not trace
        session.get(server.url("/"), trace=False, timeout=10)
        assert not trace
        prepared = session.prepare_request(client.Request("GET", server.url("/")))
        own.clear()
        session.send(prepared, trace=own, timeout=10)
        assert own.events
        session.send(prepared, timeout=10)
        assert trace.events
        own.clear()
        session.send(prepared, trace=own)
        assert own.events


def test_secrets_are_masked_in_what_is_told(trace: Trace) -> None:
    with EchoServer() as server:
        client.get(
            server.url("/?access_token=hush&x=1").replace("//", "//user:hush@"),
            cookies={"session": "hush"},
            headers={"X-Api-Key": "hush", "X-Plain": "shown"},
            timeout=10,
            trace=trace,
        )
    headers = dict(trace.info("send.start")["headers"])
    assert headers["X-Plain"] == "shown"
    assert headers["Authorization"] == headers["Cookie"] == headers["X-Api-Key"] == redaction.MASK


@pytest.mark.parametrize(
    "event", ["dns.start", "dns.end", "connect.end", "send.start", "send.end", "response.head", "response.end"]
)
def test_an_error_of_the_trace_function_reaches_the_program_and_loses_no_slot(event: str) -> None:
    def fails(name: str, info: dict[str, Any]) -> None:
        if name == event:
            raise LookupError(name)

    with EchoServer() as server, client.Session(max_connections=1) as session:
        for _ in range(3):
            with pytest.raises(LookupError):
                session.get(server.url("/"), trace=fails, timeout=5)
            session.close()
        # With a slot lost, this would wait until the limit.
        assert session.get(server.url("/"), timeout=Timeouts(pool=2, read=5)).status_code == 200
        assert session.get_adapter("http://").pool.stats().open == 1


def test_an_error_of_the_trace_function_while_waiting_for_a_connection_loses_no_place() -> None:
    def fails(name: str, info: dict[str, Any]) -> None:
        if name.startswith("queue"):
            raise LookupError(name)

    with EchoServer() as server, client.Session(max_connections=1) as session:
        held = session.get(server.url("/bytes/100000"), stream=True, timeout=5)
        with pytest.raises(LookupError):
            session.get(server.url("/"), trace=fails, timeout=5)
        held.close()
        assert session.get(server.url("/"), timeout=Timeouts(pool=2, read=5)).status_code == 200


# -- timings -----------------------------------------------------------------------------------------------------------


def wait(seconds: float, after: threading.Event) -> Step:
    """So long from when the client says that the phase has begun, which it may do late."""

    def step(talk: object) -> None:
        assert after.wait(10)
        time.sleep(seconds)  # the peer's slowness is what is measured

    return step


def test_timings_tell_the_phases_apart() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    begun = {"send.end": threading.Event(), "response.head": threading.Event()}

    def told(event: str, info: dict[str, Any]) -> None:
        begun.get(event, threading.Event()).set()

    waits, receives = wait(0.1, begun["send.end"]), wait(0.15, begun["response.head"])
    with Peer([receive(), waits, send(head), receives, send(b"ok"), receive(), send(OK)]) as peer:
        with client.Session(trace=told) as session:
            first = session.get(peer.url("/"), timeout=5).timings
            second = session.get(peer.url("/"), timeout=5).timings
    assert first is not None
    assert second is not None
    assert first.dns is not None
    assert first.connect is not None
    assert first.tls is None
    assert first.queue is None
    assert first.wait >= 0.099
    assert first.receive is not None
    assert first.receive >= 0.149
    assert first.total is not None
    assert first.total >= first.wait + first.receive, "each second is counted once"
    assert (first.reused, second.reused) == (False, True)
    assert second.dns is second.connect is None


def test_the_wait_for_a_connection_is_in_queue() -> None:
    with EchoServer() as server, client.Session(max_connections=1) as session:
        held = session.get(server.url("/bytes/1000"), stream=True, timeout=5)
        timer = threading.Timer(0.1, held.close)
        timer.start()
        timings = session.get(server.url("/"), timeout=5).timings
        timer.join()
        assert timings is not None
        assert timings.queue is not None
        assert 0 < timings.queue < timings.total


def test_a_body_that_was_not_read_has_no_end_yet() -> None:
    with EchoServer() as server:
        response = client.get(server.url("/bytes/1000000"), stream=True, timeout=5)
        assert response.timings is not None
        assert response.timings.total is None
        response.content  # noqa: B018
        assert response.timings.total is not None


def test_tls_has_its_own_time_and_its_connection_is_described() -> None:
    with tls_echo_server() as server, client.Session() as session:
        session.verify = ca_path()
        response = session.get(server.url("/"), timeout=5)
        info, timings = response.connection_info, response.timings
        assert info is not None
        assert timings is not None
        assert timings.tls is not None
        assert info.tls_version == "TLSv1.3"
        assert info.cipher
        assert info.certificate is not None
        assert ("IP Address", "127.0.0.1") in info.certificate["subjectAltName"]
        assert info.remote_address == ("127.0.0.1", server.port)
        assert info.local_address[0] == "127.0.0.1"
        assert info.proxy is None
        session.close()
        again = session.get(server.url("/"), timeout=5).connection_info
        assert again is not None
        assert (info.resumed, again.resumed) == (False, True)
        assert again.certificate == info.certificate
        again.certificate.clear()  # what a program does to one is not seen in another
        session.close()
        assert session.get(server.url("/"), timeout=5).connection_info.certificate == info.certificate
        session.close()
        with pytest.warns(Warning, match="Unverified"):
            unverified = session.get(server.url("/"), timeout=5, verify=False).connection_info
        assert unverified is not None
        assert unverified.certificate == {}
        assert again.number != info.number


def test_a_proxy_is_named_without_its_credentials() -> None:
    with tls_echo_server() as secure, EchoServer() as plain, ProxyServer(credentials="user:hush") as proxy:
        url = proxy.url("", host="user:hush@127.0.0.1")
        for server in (secure, plain):
            response = client.get(server.url("/"), proxies={"all": url}, verify=ca_path(), timeout=5)
            assert response.connection_info is not None
            assert response.connection_info.proxy == f"http://{proxy.address}"


def test_a_response_made_by_hand_has_neither() -> None:
    assert client.Response().timings is None
    assert client.Response().connection_info is None


def test_a_server_that_responds_early_never_makes_a_negative_wait() -> None:
    exchange = Exchange(None, "/", NO_OPTIONS, 1.0, 2.0)
    exchange.sent, exchange.responded = 5.0, 4.0
    assert exchange.timings(6.0).wait == 0.0


# -- the log -----------------------------------------------------------------------------------------------------------


def test_the_log_has_a_line_for_each_step_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    moved = response("", 302, "Found", [("Location", "/there?token=hush"), ("Set-Cookie", "a=hush")])
    with Peer([receive(), send(moved), receive(), send(OK)]) as peer:
        with caplog.at_level(logging.DEBUG, logger="httpcore_lite"):
            url = peer.url("/here?api_key=hush", host="user:hush@127.0.0.1")
            client.get(url, headers={"Cookie": "a=hush"}, timeout=10)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("httpcore_lite")]
    assert any("> GET /here?api_key=[masked]" in line for line in lines)
    assert any("< 302 Found" in line for line in lines)
    assert any("connecting to 127.0.0.1" in line for line in lines)
    assert not any("hush" in line or "dXNlcjpodXNo" in line for line in lines)
    assert all("\n" not in line for line in lines)


def test_every_event_has_a_line() -> None:
    for event, text in journal._LINES.items():
        assert f"{event.partition('.')[0]}." in journal.__doc__ if journal.__doc__ else False, event
        assert text.startswith("{")


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/x?token=a&b=c", "/x?token=[masked]&b=c"),
        ("/x?b=c", "/x?b=c"),
        ("http://u:p@h/x", "http://h/x"),
        ("http://u:p@h", "http://h"),
        ("/mail@here?password=", "/mail@here?password=[masked]"),
    ],
)
def test_targets_are_shown_without_secrets(target: str, shown: str) -> None:
    assert redaction.masked_target(target) == shown


def test_a_request_without_a_log_handler_loads_no_logging() -> None:
    program = (
        "import sys, httpcore_lite as r\n"
        "from httpcore_lite.sansio.trace import watcher\n"
        "assert watcher(None) is None\n"
        "assert 'logging' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


@pytest.mark.parametrize(
    "location",
    [
        "//user:hush@127.0.0.1:1/x",
        "http:/user:hush@127.0.0.1:1/x",
        "user:hush@127.0.0.1:1/x",
        "http://user:hu/sh@127.0.0.1:1/x?token=hush",
        "ftp://user:hush@h/",
        "//user:hush@[::1",
        "http://h\u2100st/",
        "?next=http%3A%2F%2Fuser:hush%40h/",
    ],
)
def test_no_secret_of_a_location_is_seen_wherever_it_leads(location: str, caplog: pytest.LogCaptureFixture) -> None:
    told: list[Any] = []
    moved = response("", 302, "Found", [("Location", location.encode("utf-8").decode("latin-1"))])
    with (
        Peer([forever(receive(), send(moved))], repeat=True) as peer,
        caplog.at_level(logging.DEBUG, logger="httpcore_lite"),
    ):
        try:
            with client.Session(trace=lambda *step: told.append(step)) as session:
                session.max_redirects = 3
                session.get(peer.url("/"), timeout=5)
        except client.RequestException as error:
            told += [error, str(error), error.__cause__, error.__context__]
    seen = repr(told) + "".join(record.getMessage() for record in caplog.records)
    assert "Location" in seen
    assert "hush" not in seen and "hu/sh" not in seen


def test_what_is_dropped_or_refused_of_one_response_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    fields = ["a=1", "big=" + "x" * 70_000, "__Host-b=2"]
    sent = response(b"", headers=[("Set-Cookie", field) for field in fields])
    with Peer([receive(), send(sent)] * 2) as peer, client.Session() as session:
        with caplog.at_level(logging.INFO, "httpcore_lite"):
            for _ in range(2):
                received = session.get(peer.url("/"), timeout=5)
                assert len(received.cookies) == len(session.cookies) == 1
                lines = [record.getMessage() for record in caplog.records if "cookie" in record.getMessage()]
                assert [line.partition(":")[0] for line in lines] == [
                    "a cookie is dropped, 'big'",
                    "a cookie is refused, '__Host-b'",
                ]
                caplog.clear()


def test_what_only_the_response_s_own_jar_drops_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    sent = response(b"", headers=[("Set-Cookie", "big=" + "x" * 70_000)])
    with Peer([receive(), send(sent)]) as peer, client.Session() as session:
        session.cookies.max_cookie_size = None
        received = session.get(peer.url("/"), timeout=5)
        with caplog.at_level(logging.INFO, "httpcore_lite"):
            assert received.cookies.keys() == [] and session.cookies.keys() == ["big"]
    assert caplog.text.count("a cookie is dropped, 'big'") == 1

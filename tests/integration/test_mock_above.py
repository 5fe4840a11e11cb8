"""Above a mock everything is the real thing: Retry, pauses, redirects, cookies, hooks, decoding, limits, streams."""

from __future__ import annotations

import gzip
import io
import pickle
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Retry, Timeouts, mock
from httpcore_lite.adapters import HTTPAdapter
from httpcore_lite.urllib3_api import exceptions as errors
from support.certificates import server_context
from support.servers import EchoServer

URL = "https://api.test/v1"


@pytest.fixture
def canned() -> Iterator[mock.RequestsMock]:
    with mock.RequestsMock(assert_all_requests_are_fired=False) as active:
        yield active


# -- Retry and pauses --------------------------------------------------------------------------------------------------


def test_retry_after_and_backoff_are_noted_and_not_waited_for(canned: mock.RequestsMock) -> None:
    canned.get(URL, status=429, headers={"Retry-After": "7"})
    canned.get(URL, status=503)
    canned.get(URL, fault="reset")
    canned.get(URL, json={"ok": True})
    told: list[object] = []
    began = time.monotonic()
    policy = Retry(5, backoff_factor=10, status_forcelist=[503])
    response = client.get(URL, retries=policy, on_retry=told.append)
    assert response.json() == {"ok": True} and len(told) == 3
    assert canned.pauses == mock.pauses == [7, 20.0, 40.0]
    assert time.monotonic() - began < 30
    seen = [getattr(call.response, "status_code", type(call.response)) for call in canned.calls]
    assert seen == [429, 503, ConnectionResetError, 200]
    assert canned.calls[0].response.headers["Retry-After"] == "7"
    assert all(call.request is response.request for call in canned.calls)


def test_the_clock_of_a_deadline_moves_on_by_the_pauses(canned: mock.RequestsMock) -> None:
    canned.get(URL, status=503, headers={"Retry-After": "10"})
    with pytest.raises(client.Timeout, match="total timeout=25"):
        client.get(URL, retries=Retry(9), timeout=Timeouts(total=25))
    assert canned.pauses == [10, 10]
    canned.replace("GET", URL, body="there is time again")
    assert client.get(URL, timeout=Timeouts(total=25)).text == "there is time again"


def test_a_pause_of_another_thread_takes_no_time_of_this_one(canned: mock.RequestsMock) -> None:
    canned.get("http://slow.test/", status=503, headers={"Retry-After": "100"})
    canned.get("http://slow.test/", body="slow")
    canned.get("http://quick.test/", body=iter([b"a", b"b"]))
    with client.get("http://quick.test/", stream=True, timeout=Timeouts(total=30)) as response:
        with ThreadPoolExecutor(1) as executor:
            assert executor.submit(client.get, "http://slow.test/", retries=3).result().text == "slow"
        assert response.text == "ab"


def test_real_time_waits_and_notes() -> None:
    @mock.activate(real_time=True)
    def run() -> float:
        mock.get(URL, status=503, headers={"Retry-After": "1"})
        mock.get(URL)
        began = time.monotonic()
        client.get(URL, retries=1)
        assert mock.pauses == [1]
        return time.monotonic() - began

    assert run() >= 0.9
    assert mock.mock.real_time is False


def test_pauses_of_an_installed_urllib3_s_retry_are_noted_too(canned: mock.RequestsMock) -> None:
    policy = pytest.importorskip("urllib3").Retry(3, status_forcelist=[500], backoff_factor=30, raise_on_status=False)
    canned.get(URL, status=500)
    session = client.Session()
    session.mount("https://", HTTPAdapter(max_retries=policy))
    assert session.get(URL).status_code == 500
    assert len(canned.calls) == 4 and canned.pauses == [60.0, 120.0]


def test_retry_is_asked_of_transport_errors_only_and_the_object_itself_reaches_the_caller(
    canned: mock.RequestsMock,
) -> None:
    lost = errors.ProtocolError("Connection aborted.", ConnectionResetError(104, "gone"))
    for given, attempts in (
        (lost, 3),
        (errors.NewConnectionError(None, "no way"), 3),
        (client.ConnectionError("as it is"), 1),
        (ConnectionResetError("as it is"), 1),
        (ValueError("as it is"), 1),
        (pytest.importorskip("urllib3").exceptions.ReadTimeoutError(None, "/", "late"), 3),
    ):
        canned.reset()
        canned.get(URL, body=given)
        with pytest.raises(type(given)) as raised:
            client.get(URL, retries=2)
        assert raised.value is given
        assert len(canned.calls) == attempts
        assert canned.calls[-1].response is given
    assert client.ConnectionError("x").request is None


def test_a_call_that_runs_out_of_time_between_two_given_errors_is_a_timeout(canned: mock.RequestsMock) -> None:
    canned.get(URL, body=errors.ProtocolError("Connection aborted.", ConnectionResetError(104, "gone")))
    with pytest.raises(client.Timeout, match="total timeout=25"):
        client.get(URL, retries=Retry(9, backoff_factor=5), timeout=Timeouts(total=25))
    assert canned.pauses == [10.0]


def test_an_error_whose_attributes_cannot_be_set_stays_the_one_that_is_raised() -> None:
    @dataclass(frozen=True)
    class Frozen(Exception):
        number: int

    given = Frozen(1)
    with pytest.raises(Frozen) as raised:
        with mock.RequestsMock() as canned:
            canned.get(URL, body=given)
            canned.post(URL)
            for _ in range(2):
                with pytest.raises(Frozen):
                    client.get(URL)
            raise given
    assert raised.value is given


def test_an_error_that_a_callback_raises_or_returns_is_the_same_one_too(canned: mock.RequestsMock) -> None:
    for given in (OSError("raised"), KeyError("raised")):

        def callback(request: Any, given: Exception = given) -> Any:
            raise given

        canned.reset()
        canned.add_callback("GET", URL, callback)
        with pytest.raises(type(given)) as raised:
            client.get(URL, retries=3)
        assert raised.value is given and raised.value.__context__ is None


# -- sessions ----------------------------------------------------------------------------------------------------------


def test_redirects_cookies_and_hooks_are_the_session_s(canned: mock.RequestsMock) -> None:
    canned.post(URL, status=303, headers={"Location": "http://other.test/b", "Set-Cookie": "k=v; Path=/"})
    canned.get("http://other.test/b", body="there", headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    seen: list[int] = []
    with client.Session() as session:
        session.hooks["response"].append(lambda response, **kw: seen.append(response.status_code))
        response = session.post(URL, data={"x": "1"}, headers={"Authorization": "secret"})
        assert response.text == "there" and [each.status_code for each in response.history] == [303]
        assert seen == [303, 200]
        assert session.cookies.get_dict() == {"k": "v", "a": "1", "b": "2"}
        assert canned.calls[1].request.method == "GET"
        assert "Authorization" not in canned.calls[1].request.headers
        canned.get(URL)
        session.get(URL)
        assert canned.calls[-1].request.headers["Cookie"] == "k=v"


def test_a_digest_challenge_is_met_with_a_body_from_a_file(canned: mock.RequestsMock) -> None:
    challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'
    canned.post(URL, status=401, headers={"WWW-Authenticate": challenge})
    canned.post(URL, body="in")
    body = io.BytesIO(b"from a file")
    response = client.post(URL, data=body, auth=client.auth.HTTPDigestAuth("u", "p"))
    assert response.text == "in" and canned.calls[1].request.headers["Authorization"].startswith("Digest ")
    assert canned.calls[1].request.body == b"from a file"


def test_bodies_are_decoded_and_limits_hold(canned: mock.RequestsMock) -> None:
    canned.get(URL, body=gzip.compress(b"0" * 100_000), headers={"Content-Encoding": "gzip"})
    assert client.get(URL).content == b"0" * 100_000
    with pytest.raises(client.ResponseTooLarge):
        client.get(URL, max_response_size=1000)
    progress: list[tuple[int, int | None]] = []
    canned.replace("GET", URL, body=b"x" * 300_000)
    client.get(URL, on_download=lambda got, total: progress.append((got, total)))
    assert progress[-1] == (300_000, 300_000)


def test_a_streamed_body_comes_as_it_is_made(canned: mock.RequestsMock) -> None:
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            made.append(number)
            yield b"%d\n" % number

    canned.get(URL, body=pieces())
    with client.get(URL, stream=True) as response:
        lines = response.iter_lines(chunk_size=2)
        assert next(lines) == b"0"
        assert made[-1] < 2
        assert list(lines) == [b"1", b"2"]
    assert client.get(URL).content == b"0\n1\n2\n"  # the last one is repeated, an iterator's pieces too


def test_the_generator_of_a_callback_ends_with_the_response(canned: mock.RequestsMock) -> None:
    ended: list[bool] = []

    def pieces() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(1000)
        finally:
            ended.append(True)

    canned.add_callback("GET", URL, lambda request: (200, {}, pieces()))
    with client.get(URL, stream=True) as response:
        assert len(next(response.iter_content(10))) == 10
        assert not ended
    assert ended


def test_an_error_out_of_a_generator_breaks_the_body_off_as_a_socket_s_would(canned: mock.RequestsMock) -> None:
    def broken(error: Exception) -> Iterator[bytes]:
        yield b"begun"
        raise error

    for error, seen in (
        (ConnectionResetError(104, "gone"), client.exceptions.ChunkedEncodingError),
        (TimeoutError(), client.ConnectionError),
        (ValueError("mine"), ValueError),
    ):
        canned.upsert("GET", URL, body=broken(error))
        with pytest.raises(seen):
            client.get(URL, timeout=3)


def test_an_error_out_of_a_generator_comes_each_time_and_never_less_than_the_body(canned: mock.RequestsMock) -> None:
    def broken() -> Iterator[object]:
        yield b"begun"
        yield 1

    canned.get(URL, body=broken())
    for _ in range(2):
        with pytest.raises(TypeError, match="pieces of a canned body"):
            client.get(URL)


@pytest.mark.parametrize("kind", [io.BytesIO, lambda data: io.TextIOWrapper(io.BytesIO(data), "latin-1", newline="")])
def test_responses_from_one_file_that_are_read_side_by_side_are_each_whole(
    canned: mock.RequestsMock, kind: Any
) -> None:
    content = bytes(range(128)) * 3000
    canned.get(URL, body=kind(content))
    first, second = (client.get(URL, stream=True).iter_content(50_000) for _ in range(2))
    pairs = list(zip(first, second, strict=True))
    assert [b"".join(pieces) for pieces in zip(*pairs, strict=True)] == [content, content]


def test_the_pieces_of_an_iterator_serve_a_response_that_is_registered_twice(canned: mock.RequestsMock) -> None:
    twice = mock.Response("GET", URL, body=iter([b"a", b"b"]))
    canned.add(twice)
    canned.add(twice)
    assert [client.get(URL).content for _ in range(3)] == [b"ab"] * 3


def test_a_body_may_ask_for_itself_without_a_hang(canned: mock.RequestsMock) -> None:
    def pieces() -> Iterator[bytes]:
        yield client.get(URL).content

    canned.get(URL, body=pieces())
    with pytest.raises(ValueError, match="already executing"):
        client.get(URL)


def test_uploads_arrive_as_they_were_sent(canned: mock.RequestsMock) -> None:
    came: list[object] = []

    def callback(request: Any) -> tuple[int, dict[str, str], str]:
        came.append(request.body)
        return 200, {}, "ok"

    canned.add_callback("POST", URL, callback)
    client.post(URL, data=io.BytesIO(b"a file"))
    client.post(URL, data=(piece for piece in (b"in ", b"pieces")))
    client.post(URL, data=b"asked for", headers={"Expect": "100-continue"})
    client.post(URL, data=b"x" * 1_000_000)
    assert came[:3] == [b"a file", b"in pieces", b"asked for"] and came[3] == b"x" * 1_000_000
    assert [call.request.body for call in canned.calls][:2] == [b"a file", b"in pieces"]


def test_a_form_too_long_for_the_memory_is_matched_before_it_is_sent(canned: mock.RequestsMock, tmp_path: Path) -> None:
    file = tmp_path / "long.bin"
    file.write_bytes(b"long " * 500_000)
    form = mock.matchers.multipart_matcher({"f": ("long.bin", file.read_bytes())}, {"k": "v"})
    canned.post(URL, match=[form])
    with file.open("rb") as opened:
        assert client.post(URL, data={"k": "v"}, files={"f": opened}).ok
    assert file.read_bytes() in canned.calls[0].request.body  # type: ignore[operator]
    with pytest.raises(client.ConnectionError, match="Request body differs"):
        client.post(URL, data={"k": "v"}, files={"f": ("long.bin", b"other" * 500_000)})


def test_a_file_is_matched_before_it_is_sent_and_can_follow_a_redirect(canned: mock.RequestsMock) -> None:
    canned.put(URL, match=[mock.matchers.body_matcher("content")], status=307, headers={"Location": "/v2"})
    canned.put("https://api.test/v2", body="done")
    assert client.put(URL, data=io.BytesIO(b"content")).text == "done"
    assert canned.calls[1].request.body == b"content"
    with pytest.raises(client.exceptions.UnrewindableBodyError):
        canned.put(URL, status=307, headers={"Location": "/v2"})
        client.put(URL, data=(each for each in [b"once"]))


def test_the_trace_and_the_timings_are_there(canned: mock.RequestsMock) -> None:
    canned.get(URL)
    events: list[str] = []
    response = client.get(URL, trace=lambda event, info: events.append(event))
    assert events == ["connect.start", "connect.end", "send.start", "send.end", "response.head", "response.end"]
    assert response.timings.total is not None and response.elapsed.total_seconds() >= 0


# -- threads -----------------------------------------------------------------------------------------------------------


def test_eight_threads_get_each_response_once(canned: mock.RequestsMock) -> None:
    for number in range(80):
        canned.get(URL, body=str(number))
    canned.get(URL, body="last")
    gate = threading.Barrier(8)

    def ask() -> list[str]:
        gate.wait()
        return [client.get(URL).text for _ in range(10)]

    with ThreadPoolExecutor(8) as executor:
        texts = [text for asked in [executor.submit(ask) for _ in range(8)] for text in asked.result()]
    assert sorted(map(int, texts)) == list(range(80))
    assert len(canned.calls) == 80


def test_session_map_is_served_and_its_pauses_are_noted(canned: mock.RequestsMock) -> None:
    for number in range(20):
        canned.get(f"{URL}/{number}", status=503, headers={"Retry-After": "60"})
        canned.get(f"{URL}/{number}", body=str(number))
    with client.Session(retries=2) as session:
        texts = [each.text for each in session.map([f"{URL}/{number}" for number in range(20)], workers=8)]
    assert texts == [str(number) for number in range(20)]
    assert canned.pauses == [60] * 20


# -- the pool ----------------------------------------------------------------------------------------------------------


def test_no_connection_of_before_serves_while_a_mock_is_active_and_none_of_its_own_afterwards() -> None:
    with EchoServer() as server, client.Session(trust_env=False) as session:
        url = server.url("/x")
        session.get(url)
        with mock.RequestsMock() as canned:
            canned.get(url, body="canned")
            assert session.get(url).text == session.get(url).text == "canned"
            assert server.connections == 1 and len(server.requests) == 1
        assert session.get(url).json()["target"] == "/x"
        assert server.connections == 1 and len(server.requests) == 2
        stats = session.get_adapter(url).pool.stats()
        assert (stats.open, stats.idle) == (1, 1)


def test_a_response_of_a_mock_can_be_pickled(canned: mock.RequestsMock) -> None:
    canned.get(URL, body="kept")
    response = client.get(URL, verify=ssl.create_default_context())
    twin = pickle.loads(pickle.dumps(response))
    assert (twin.text, twin.request.url) == ("kept", URL)


def test_a_callback_may_make_requests_of_its_own(canned: mock.RequestsMock) -> None:
    canned.get("http://inner.test/", body="inner")
    canned.add_callback("GET", URL, lambda request: (200, {}, "outer, " + client.get("http://inner.test/").text))
    assert client.get(URL).text == "outer, inner"
    assert [call.request.url for call in canned.calls] == [URL, "http://inner.test/"]


def test_a_bundle_that_is_missing_is_missed_again_afterwards() -> None:
    with EchoServer(tls=server_context()) as server, client.Session(verify="/no/such/bundle.pem") as session:
        with mock.RequestsMock() as canned:
            canned.get(server.url("/"))
            session.get(server.url("/"))
        with pytest.raises(OSError, match="bundle"):
            session.get(server.url("/"))
        assert server.connections == 0


# -- a rate --------------------------------------------------------------------------------------------------------


def test_the_waits_of_a_rate_limit_are_noted_and_eight_threads_keep_to_it(canned: mock.RequestsMock) -> None:
    canned.get(URL)
    began = time.monotonic()
    with client.Session(rate_limit=client.RateLimit(1)) as session, ThreadPoolExecutor(8) as executor:
        assert all(executor.map(lambda _: session.get(URL).ok, range(40)))
        waited = sum(canned.pauses)
        session.get(URL)
    seconds = time.monotonic() - began
    assert waited > 39 - seconds and len(canned.calls) == 41  # each thread's own pauses
    assert seconds < 30


def test_after_a_mock_the_clock_of_a_rate_is_one_for_all_threads() -> None:
    with (
        EchoServer() as server,
        client.Session(rate_limit=client.RateLimit(100)) as session,
        ThreadPoolExecutor(1) as executor,
    ):
        executor.submit(session.get, server.url()).result()  # a thread that was there before
        with mock.RequestsMock() as canned:
            canned.get(URL, status=503, headers={"Retry-After": "20"})
            canned.get(URL)
            client.get(URL, retries=1)
        began = time.monotonic()
        session.get(server.url())
        executor.submit(session.get, server.url()).result()
        assert time.monotonic() - began < 10


def test_a_429_is_waited_for_once_by_retry_and_the_rate_together(canned: mock.RequestsMock) -> None:
    canned.get(URL, status=429, headers={"Retry-After": "30"})
    canned.get(URL, body="ok")
    with client.Session(rate_limit=client.RateLimit(100), retries=3) as session:
        assert session.get(URL, timeout=Timeouts(total=60)).text == "ok"
        assert 30 <= sum(canned.pauses) < 31


# -- what pauses beside Retry --------------------------------------------------------------------------------------


def test_a_stream_of_events_connects_again_without_waiting_within_its_deadline(canned: mock.RequestsMock) -> None:
    canned.get(URL, body="data: 1\n\n", content_type="text/event-stream", headers={"Cache-Control": "no-store"})
    began = time.monotonic()
    with client.Session() as session:
        seen: list[str] = []
        with pytest.raises(client.Timeout):
            seen.extend(event.data for event in session.events(URL, timeout=Timeouts(total=100)))
    assert len(seen) > 2 and canned.pauses and sum(canned.pauses) <= 100
    assert time.monotonic() - began < 5


def test_a_download_goes_on_without_waiting(canned: mock.RequestsMock, tmp_path: Path) -> None:
    canned.get(URL, body=b"0123456789", fault="truncated", headers={"ETag": '"a"', "Accept-Ranges": "bytes"})
    rest = {"ETag": '"a"', "Content-Range": "bytes 5-9/10"}
    canned.get(URL, body=b"56789", status=206, headers=rest)
    began = time.monotonic()
    client.download(URL, str(tmp_path / "file"), timeout=Timeouts(total=60))
    assert (tmp_path / "file").read_bytes() == b"0123456789"
    assert canned.calls[1].request.headers["Range"] == "bytes=5-"
    assert time.monotonic() - began < 5

"""`Session.events`: streams over real connections, how they are connected to again, and what is left in the pool."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Event, Session, Timeouts
from httpcore_lite.client.event_streams import EventStream
from httpcore_lite.urllib3_api.util import pausing
from support.certificates import ca_path, server_context
from support.messages import chunked_response, response
from support.scripted import Peer, Step, close, closed_port, receive, reset, send, stall

STREAM = [("Content-Type", "text/event-stream")]
OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"  # until the connection ends
CUT = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
OVER: list[Step] = [receive(), send(response(status=204, reason="No Content", length=False)), close()]
ERROR: list[Step] = [receive(), send(response("busy", 503, "Unavailable")), close()]


def stream(body: bytes, *then: Step) -> list[Step]:
    """The script of a connection that has a stream and ends it in order."""
    return [receive(), send(OPEN + body), *(then or [close()])]


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited for: nothing is, really."""
    noted: list[float] = []
    monkeypatch.setattr(pausing, "pause", noted.append)
    return noted


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as made:
        yield made


def idle(session: Session) -> tuple[int, int]:
    """(open, idle) connections of the session."""
    stats = [session.adapters[prefix].pool.stats() for prefix in ("http://", "https://")]  # type: ignore[attr-defined]
    return sum(each.open for each in stats), sum(each.idle for each in stats)


def test_a_stream_goes_on_with_the_id_of_the_last_event(session: Session, pauses: list[float]) -> None:
    scripts = [stream(b"id: 7\ndata: a\n\nid: 8\ndata: cut off"), stream(b"data: b\n\nid\n\n"), stream(b""), OVER]
    with Peer(*scripts) as peer:
        assert list(session.events(peer.url("/"), headers={"X-Mine": "1"})) == [Event("a", id="7"), Event("b", id="7")]
    assert [request.get("Last-Event-ID") for request in peer.requests] == [None, "7", None, None]
    assert {request.get("Accept") for request in peer.requests} == {"text/event-stream"}
    assert {(request.get("Cache-Control"), request.get("X-Mine")) for request in peer.requests} == {("no-store", "1")}
    assert pauses == [3.0, 3.0, 3.0]
    assert idle(session) == (1, 1)  # that of the 204


def test_the_first_id_and_the_fields_are_the_programs_where_it_says_them(session: Session) -> None:
    with Peer(stream(b"data: a\n\n"), OVER) as peer:
        assert list(session.events(peer.url("/"), last_event_id="é", headers={"accept": "*/*"})) == [Event("a", id="é")]
    assert [request.get("Last-Event-ID") for request in peer.requests] == ["é".encode().decode("latin-1")] * 2
    assert [request.get("Accept") for request in peer.requests] == ["*/*"] * 2


@pytest.mark.parametrize(("last", "sent"), [("7", "7"), ("é", "é".encode())])
def test_hooks_and_matchers_see_a_plain_id_as_text(last: str, sent: str | bytes) -> None:
    stream = EventStream("GET", "http://example.org/", last, None, {}, None)
    assert stream.arguments()["headers"]["Last-Event-ID"] == sent


def test_the_pause_is_the_servers_also_of_an_event_cut_off(session: Session, pauses: list[float]) -> None:
    scripts = [stream(b"retry: 10\ndata: a\n\n"), stream(b"retry: 20\ndata: b"), stream(b"retry: 1x\n\n"), OVER]
    with Peer(*scripts) as peer:
        assert list(session.events(peer.url("/"))) == [Event("a", retry=10)]
    assert pauses == [0.01, 0.02, 0.02]


def test_the_pause_is_doubled_while_no_stream_comes(session: Session, pauses: list[float]) -> None:
    with Peer(stream(b"data: a\n\n"), *[ERROR] * 5, stream(b"data: b\n\n"), ERROR, OVER) as peer:
        assert [event.data for event in session.events(peer.url("/"))] == ["a", "b"]
    assert pauses == [3.0, 6.0, 12.0, 24.0, 30.0, 30.0, 3.0, 6.0]


def test_so_many_failures_in_a_row_and_no_more(session: Session, pauses: list[float]) -> None:
    with Peer(stream(b"data: a\n\n"), [receive(), reset()], ERROR, [receive(), close()]) as peer:
        found = session.events(peer.url("/"), reconnect=3)
        assert next(found).data == "a"
        with pytest.raises(client.ConnectionError):
            next(found)
    assert peer.connections == 4
    assert pauses == [3.0, 6.0, 12.0]


def test_a_stream_that_breaks_off_with_something_is_no_failure_one_with_nothing_is(session: Session) -> None:
    scripts = [[receive(), send(CUT + chunk(b": here\n")), close()]] * 4 + [[receive(), send(CUT), close()]] * 2
    with Peer(*scripts) as peer, pytest.raises(client.exceptions.ChunkedEncodingError):
        list(session.events(peer.url("/"), reconnect=2))
    assert peer.connections == 6


@pytest.mark.parametrize(
    ("scripts", "error"),
    [
        ([ERROR], client.HTTPError),
        (
            [[receive(), send(response("slow down", 429, "Too Many", [("Retry-After", "1")])), close()]],
            client.HTTPError,
        ),
        ([[receive(), close()]], client.ConnectionError),
    ],
)
def test_the_first_connection_is_made_once(
    scripts: list[list[Step]], error: type[Exception], session: Session, pauses: list[float]
) -> None:
    with Peer(*scripts) as peer, pytest.raises(error) as caught:
        list(session.events(peer.url("/")))
    assert pauses == []
    assert peer.connections == 1
    if isinstance(caught.value, client.HTTPError):
        assert caught.value.response is not None
        assert caught.value.response.content in (b"busy", b"slow down")


def test_a_refused_first_connection_is_an_error_at_once(session: Session, pauses: list[float]) -> None:
    with pytest.raises(client.ConnectionError):
        list(session.events(f"http://127.0.0.1:{closed_port()}/"))
    assert pauses == []


def test_retry_after_is_waited_for(session: Session, pauses: list[float]) -> None:
    busy = [receive(), send(response("", 429, "Too Many", [("Retry-After", "20")])), close()]
    odd = [receive(), send(response("", 503, "Unavailable", [("Retry-After", "soon")])), close()]
    with Peer(stream(b"data: a\n\n"), busy, odd, OVER) as peer:
        assert [event.data for event in session.events(peer.url("/"))] == ["a"]
    assert pauses == [3.0, 20.0, 12.0]


@pytest.mark.parametrize("status", [201, 206, 304, 400, 404])
def test_any_other_status_is_an_error_also_after_events(status: int, session: Session) -> None:
    bodyless = status == 304
    other = [
        receive(),
        send(response(b"" if bodyless else b"page", status, "Odd", STREAM, length=not bodyless)),
        close(),
    ]
    with Peer(stream(b"data: a\n\n"), other) as peer:
        found = session.events(peer.url("/"))
        assert next(found).data == "a"
        with pytest.raises(client.HTTPError, match=str(status)) as caught:
            next(found)
    assert caught.value.response is not None
    assert caught.value.response.status_code == status
    assert caught.value.request is not None


@pytest.mark.parametrize("fields", [[], [("Content-Type", "text/html")], [("Content-Type", "text/event-streams")]])
def test_another_type_is_no_stream_of_events(fields: list[tuple[str, str]], session: Session) -> None:
    script: list[Step] = [receive(), send(response("<p>sign in</p>", headers=fields)), receive()]
    with Peer(script) as peer, pytest.raises(client.NotAnEventStream) as caught:
        list(session.events(peer.url("/")))
    assert caught.value.response is not None
    assert caught.value.response.text == "<p>sign in</p>"
    assert caught.value.request is caught.value.response.request
    assert "text/event-stream" in str(caught.value)
    assert idle(session) == (0, 0) or idle(session) == (1, 1)


def test_a_stream_of_another_type_that_never_ends_is_an_error_at_once(session: Session) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
    scripts = [
        [receive(), send(head + b"\r\n{}\n"), stall()],
        [receive(), send(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"{}\n")), stall()],
    ]
    with Peer(*scripts) as peer:
        for _ in scripts:
            with pytest.raises(client.exceptions.NotAnEventStream) as caught:
                list(session.events(peer.url("/"), timeout=20))
            assert caught.value.response is not None
            assert caught.value.response.content == b"{}\n"
            assert idle(session) == (0, 0)


@pytest.mark.parametrize("written", [b" 5", b"5\t "])
def test_spaces_around_an_id_are_none_of_the_field(written: bytes, session: Session) -> None:
    with Peer(stream(b"id: " + written + b"\ndata: a\n\n"), stream(b"id:  \n\n"), OVER) as peer:
        assert [event.id for event in session.events(peer.url("/"))] == [written.decode()]
    assert [request.get("Last-Event-ID") for request in peer.requests] == [None, "5", None]


def test_parameters_and_capitals_make_no_other_type(session: Session) -> None:
    script: list[Step] = [receive(), send(response("data: é\n\n".encode(), headers=[
        ("Content-Type", "Text/Event-Stream ; charset=latin-1")])), *OVER]  # fmt: skip
    with Peer(script) as peer:
        assert list(session.events(peer.url("/"))) == [Event("é")]


@pytest.mark.parametrize("leave", ["break", "close", "raise", "forget"])
def test_leaving_the_loop_closes_the_connection(leave: str, session: Session) -> None:
    with Peer([receive(), send(OPEN + b"data: a\n\ndata: b\n\n"), stall()]) as peer:
        kept: list[client.Response] = []
        found = session.events(peer.url("/"), hooks={"response": lambda response, **_: kept.append(response)})
        if leave == "raise":
            with pytest.raises(ZeroDivisionError):
                for _ in session.events(peer.url("/")):
                    raise ZeroDivisionError
        else:
            for event in found:
                assert event.data == "a"
                break
        if leave == "close":
            found.close()
        del found
        assert idle(session) == (0, 0)


def test_a_stream_that_ends_in_order_gives_its_connection_back(session: Session) -> None:
    steps: list[Step] = [receive(), send(chunked_response(b"data: a\n", b"\n", headers=STREAM))]
    with Peer([*steps, *steps, receive(), send(response(status=204, reason="No Content", length=False))]) as peer:
        assert [event.data for event in session.events(peer.url("/"))] == ["a", "a"]
        assert idle(session) == (1, 1)
    assert peer.connections == 1


def test_a_post_is_not_repeated_unless_that_is_asked_for(session: Session, pauses: list[float]) -> None:
    with Peer(stream(b"data: a\n\n")) as peer:
        assert [event.data for event in session.events(peer.url("/"), method="POST", json={"q": 1})] == ["a"]
    assert peer.connections == 1
    assert pauses == []
    with Peer([receive(), send(CUT + chunk(b"data: a\n\n")), close()]) as peer:
        found = session.events(peer.url("/"), method="post", data=b"q")
        assert next(found).data == "a"
        with pytest.raises(client.exceptions.ChunkedEncodingError):
            next(found)
    with Peer(stream(b"data: a\n\n"), OVER) as peer:
        assert [event.data for event in session.events(peer.url("/"), method="POST", data=b"q", reconnect=1)] == ["a"]
    assert [request.body for request in peer.requests] == [b"q", b"q"]


def test_reconnect_0_is_one_connection(session: Session) -> None:
    with Peer(stream(b"data: a\n\n")) as peer:
        assert [event.data for event in session.events(peer.url("/"), reconnect=0)] == ["a"]
    assert peer.connections == 1


def test_the_deadline_bounds_all_connections(session: Session) -> None:
    with Peer(stream(b"data: a\n\n")) as peer:
        found = session.events(peer.url("/"), timeout=Timeouts(total=2.5))
        assert next(found).data == "a"
        with pytest.raises(client.ReadTimeout, match=r"total timeout=2.5"):
            next(found)  # the pause would be longer
    with Peer(stream(b"retry: 0\ndata: a\n\n"), [receive(), send(OPEN), stall()]) as peer:
        session.timeout = Timeouts(total=1.5)
        found = session.events(peer.url("/"))
        assert next(found).data == "a"
        with pytest.raises(client.ReadTimeout, match=r"total timeout=1.5"):
            next(found)
    assert peer.connections == 2
    assert idle(session) == (0, 0)


def test_the_connections_of_a_stream_share_one_deadline() -> None:
    stream = EventStream("GET", "/", "", None, {}, Timeouts(connect=1, total=5))
    stream.begin(100.0)
    for now in (100.0, 104.0):
        limits = stream.arguments()["timeout"]
        assert limits.deadline(now).at == 105.0
        assert limits == Timeouts(connect=1, total=5)


def test_a_silent_stream_is_connected_to_again(session: Session) -> None:
    with Peer([receive(), send(OPEN + b"data: a\n\n"), stall()], OVER) as peer:
        assert [event.data for event in session.events(peer.url("/"), timeout=(5, 0.6))] == ["a"]
    assert peer.connections == 2


def test_a_compressed_stream_is_decoded_as_it_arrives(session: Session) -> None:
    import zlib

    packer = zlib.compressobj(wbits=31)
    first = packer.compress(b"data: a\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    head = CUT.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    with Peer([receive(), send(head + chunk(first)), stall()]) as peer:
        found = session.events(peer.url("/"))
        assert next(found).data == "a"  # though nothing more comes
        found.close()
    broken = [receive(), send(response(gzip.compress(b"data: a\n\n")[:-4] + b"oops", headers=[
        *STREAM, ("Content-Encoding", "gzip")])), close()]  # fmt: skip
    with Peer(broken) as peer, pytest.raises(client.exceptions.ContentDecodingError):
        list(session.events(peer.url("/")))
    assert peer.connections == 1


def test_an_event_that_is_too_large_ends_it_all(session: Session) -> None:
    with Peer([receive(), send(OPEN + b"data: a\n\ndata: " + b"x" * 1_048_600), stall()]) as peer:
        found = session.events(peer.url("/"))
        assert next(found).data == "a"
        with pytest.raises(client.ResponseTooLarge, match="1048576"):
            next(found)
        assert idle(session) == (0, 0)


def test_cookies_login_and_redirects_are_those_of_any_request(session: Session) -> None:
    moved = response(status=302, reason="Found", headers=[("Location", "/there"), ("Set-Cookie", "seen=1; Path=/")])
    script: list[Step] = [receive(), send(moved), receive(), send(chunked_response(b"data: a\n\n", headers=STREAM))] * 2
    with Peer([*script, *OVER]) as peer:
        found = session.events(peer.url("/here"), auth=("user", "secret"), params={"p": "1"})
        assert [event.data for event in found] == ["a", "a"]
    assert [request.target for request in peer.requests] == ["/here?p=1", "/there", "/here?p=1", "/there", "/here?p=1"]
    assert [request.get("Cookie") for request in peer.requests] == [None] + ["seen=1"] * 4
    assert {request.get("Authorization") for request in peer.requests} == {"Basic dXNlcjpzZWNyZXQ="}


def test_a_stream_over_tls() -> None:
    with Peer(stream(b"data: a\n\n"), OVER, tls=server_context()) as peer, Session(verify=ca_path()) as session:
        assert [event.data for event in session.events(peer.url("/"))] == ["a"]


MISTAKES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"method": None}, TypeError, "method= takes a text"),
    ({"last_event_id": 7}, TypeError, "last_event_id= takes the id of an event, a text, not an int"),
    ({"reconnect": True}, TypeError, "reconnect= takes a number"),
    ({"reconnect": "3"}, TypeError, "reconnect= takes a number"),
    ({"reconnect": -1}, ValueError, "at least 0"),
    ({"reconect": 3}, TypeError, "Did you mean 'reconnect'"),
    ({"stream": True}, TypeError, "has no stream="),
    ({"raise_for_status": False}, TypeError, "events.. raises HTTPError"),
    ({"headers": ["Accept"]}, TypeError, "headers= takes a mapping"),
    ({"data": iter([b"x"])}, TypeError, "cannot be sent again"),
    ({"files": {"a": ("name", open(os.devnull, "rb"))}}, TypeError, "cannot be sent again"),  # noqa: SIM115
]


@pytest.mark.parametrize(("arguments", "error", "said"), MISTAKES)
def test_a_mistake_is_told_at_the_call(
    arguments: dict[str, Any], error: type[Exception], said: str, session: Session
) -> None:
    with pytest.raises(error, match=said):
        session.events("http://127.0.0.1:9/", **arguments)


# -- iter_events and iter_json_lines --------------------------------------------------------------------------------


def test_the_events_of_a_response_come_as_they_arrive(session: Session) -> None:
    with Peer([receive(), send(OPEN + b"data: a\r\n\r"), stall()]) as peer:
        got = session.get(peer.url("/"), stream=True)
        assert next(got.iter_events()) == Event("a")
        got.close()


def test_errors_while_events_are_read_are_those_of_iter_content(session: Session) -> None:
    with Peer([receive(), send(CUT + chunk(b"data: a\n\n")), close()]) as peer:
        got = session.get(peer.url("/"), stream=True)
        found = got.iter_events()
        assert next(found).data == "a"
        with pytest.raises(client.exceptions.ChunkedEncodingError):
            next(found)
        with pytest.raises(client.exceptions.ChunkedEncodingError):
            next(got.iter_content())
    with Peer([receive(), send(OPEN + b"data: abcdefgh\n\n"), stall()]) as peer:
        got = session.get(peer.url("/"), stream=True)
        with pytest.raises(client.ResponseTooLarge, match="max_size=10"):
            list(got.iter_events(max_size=10))
        assert idle(session) == (0, 0)
        with pytest.raises(client.ResponseTooLarge):
            list(got.iter_events())


def test_a_body_that_was_read_whole_has_events_and_lines_too(session: Session) -> None:
    with Peer(
        [receive(), send(response(b'data: 1\n\n"x"\n')), receive(), send(response(b"1\n\n[2]\r\n\t\n3")), *OVER]
    ) as peer:
        got = session.get(peer.url("/"))
        assert list(got.iter_events()) == list(got.iter_events()) == [Event("1")]
        assert list(session.get(peer.url("/")).iter_json_lines()) == [1, [2], 3]
        got = session.get(peer.url("/"), stream=True)
        assert list(got.iter_json_lines()) == []
        with pytest.raises(client.exceptions.StreamConsumedError):
            got.iter_json_lines()


def test_a_byte_order_mark_alone_is_no_line(session: Session) -> None:
    with Peer([receive(), send(response(b"\xef\xbb\xbf"))]) as peer:
        assert list(session.get(peer.url("/"), stream=True).iter_json_lines()) == []


def test_a_line_that_is_no_json_says_which_it_is(session: Session) -> None:
    import pickle

    body = b'{"a":\xe2\x80\xa8}\n'.replace(b"\xe2\x80\xa8", b'"\xe2\x80\xa8"') + b"\n{oops}\n"
    with Peer([receive(), send(response(body)), receive(), send(response(b'1\n"\xff"\n')), *OVER]) as peer:
        lines = session.get(peer.url("/"), stream=True).iter_json_lines()
        assert next(lines) == {"a": "\u2028"}
        with pytest.raises(client.JSONDecodeError, match=r": line 3 column 2 \(char 1\)") as caught:
            next(lines)
        assert caught.value.lineno == pickle.loads(pickle.dumps(caught.value)).lineno == 3
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
        assert caught.value.doc == "{oops}"
        assert "Line 3 of the body" in caught.value.explanation
        assert caught.value.request is not None
        with pytest.raises(client.JSONDecodeError, match=r"No UTF-8 .*line 2 column 2"):
            list(session.get(peer.url("/")).iter_json_lines())


@pytest.mark.parametrize(("size", "error"), [(0, ValueError), ("1", TypeError), (True, TypeError), (None, TypeError)])
def test_a_bound_that_makes_no_sense_is_refused_at_once(size: Any, error: type[Exception]) -> None:
    response = client.Response()
    for read in (response.iter_events, response.iter_json_lines):
        with pytest.raises(error, match="max_size="):
            read(max_size=size)


@pytest.mark.parametrize("line", [b"[" * 100_000, b"9" * 5_000])
def test_a_line_that_python_cannot_read_says_which_it_is(line: bytes, session: Session) -> None:
    with Peer([receive(), send(response(b"1\n" + line + b"\n")), close()]) as peer:
        values = session.get(peer.url("/"), stream=True).iter_json_lines()
        assert next(values) == 1
        with pytest.raises(client.JSONDecodeError) as caught:
            list(values)
    assert caught.value.lineno == 2
    assert isinstance(caught.value, client.RequestException)


def test_a_line_that_is_too_long_is_an_error(session: Session) -> None:
    with Peer([receive(), send(response(b'1\n"' + b"x" * 100)), *OVER]) as peer:
        lines = session.get(peer.url("/"), stream=True).iter_json_lines(max_size=20)
        assert next(lines) == 1
        with pytest.raises(client.ResponseTooLarge, match="line 2"):
            next(lines)


# -- adapters of a program's own -------------------------------------------------------------------------------------


class Filled(client.adapters.BaseAdapter):
    """Responds without a network, with bodies that are filled by hand."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = list(bodies)
        self.ids: list[object] = []

    def send(self, request: client.PreparedRequest, *args: Any, **kwargs: Any) -> client.Response:
        made = client.Response()
        made.status_code, made.request, made.url = 200 if self.bodies else 204, request, str(request.url)
        made.headers["Content-Type"] = "text/event-stream"
        made._content = self.bodies.pop(0) if self.bodies else b""
        self.ids.append(request.headers.get("Last-Event-ID"))
        return made

    def close(self) -> None:
        """Nothing is held."""


def test_events_come_through_an_adapter_that_fills_its_responses(session: Session, pauses: list[float]) -> None:
    adapter = Filled(b"id: 1\ndata: a\n\n", b"data: b\n\n")
    session.mount("own://", adapter)
    assert [event.data for event in session.events("own://h/")] == ["a", "b"]
    assert adapter.ids == [None, "1", "1"]


# -- the example -----------------------------------------------------------------------------------------------------


def test_the_example_of_a_stream_with_reconnection() -> None:
    examples = Path(client.__file__).parents[1] / "docs" / "examples"
    if not examples.exists():
        pytest.skip("the pages are not beside an installed package")
    gone: list[Step] = [receive(), send(response("gone", 410, "Gone")), close()]
    first = [receive(), send(CUT + chunk(b"retry: 10\nid: 1\ndata: one\n\n")), close()]
    with Peer(first, ERROR, stream(b"event: last\nid: 2\ndata: two\n\n"), gone) as peer:
        environment = {**os.environ, "PYTHONPATH": str(examples.parents[1])}
        command = [sys.executable, str(examples / "events.py"), peer.url("/")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "1 message one", "2 last two", f"no more: 410 Client Error: Gone for url: {peer.url('/')}",
    ]  # fmt: skip
    assert [request.get("Last-Event-ID") for request in peer.requests] == [None, "1", "1", "2"]

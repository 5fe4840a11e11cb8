"""Bodies out, and trying again: with servers that other people wrote."""

from __future__ import annotations

import io
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Retry, Timeouts
from support.real_apps import TEXT, pattern
from support.real_servers import WHOLE, WHOLE_SIZE, H11Server, Nginx, Server, digest, servers

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="the servers are ended by their process groups")


# -- bodies out --------------------------------------------------------------------------------------------------------


class Unsized:
    """What can be read, and nothing else."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._file


def a_file(folder: Path, data: bytes) -> Any:
    path = folder / "body"
    path.write_bytes(data)
    return path.open("rb")


def half_read_file(folder: Path, data: bytes) -> Any:
    file = a_file(folder, b"skipped" + data)
    file.seek(7)
    return file


# What a program may give, and whether its length is known before.
BODIES: dict[str, tuple[Callable[[Path, bytes], Any], bool]] = {
    "bytes": (lambda folder, data: data, True),
    "text": (lambda folder, data: data.decode("latin-1"), True),
    "file": (a_file, True),
    "half read file": (half_read_file, True),
    "file in memory": (lambda folder, data: io.BytesIO(data), True),
    "generator": (lambda folder, data: (data[at : at + 50_000] for at in range(0, len(data), 50_000)), False),
    "small pieces": (lambda folder, data: iter([data[at : at + 9] for at in range(0, 900, 9)] + [data[900:]]), False),
    "unsized": (lambda folder, data: Unsized(data), False),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_arrives_whole_with_its_length_or_in_chunks(
    server: Server, session: client.Session, body: str, tmp_path: Path
) -> None:
    make, known = BODIES[body]
    given = make(tmp_path, WHOLE)
    sent = given.encode() if isinstance(given, str) else WHOLE
    steps: list[tuple[int, int | None]] = []
    response = session.put(server.upload(), data=given, on_upload=lambda done, total: steps.append((done, total)))
    arrival = server.arrival(response)
    assert (arrival.size, arrival.sha256) == (len(sent), digest(sent))
    assert (arrival.length, arrival.transfer) == ((str(len(sent)), None) if known else (None, "chunked"))
    assert steps[-1] == (len(sent), len(sent) if known else None)
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    # The connection is good for another one.
    second = server.arrival(session.put(server.upload(), data=b"second"))
    assert (second.sha256, second.port) == (digest(b"second"), arrival.port)


@pytest.mark.parametrize("body", [b"", None, iter([]), iter([b"", b""])], ids=["bytes", "none", "chunks", "empty"])
def test_an_empty_body_is_one(server: Server, session: client.Session, body: Any) -> None:
    assert server.arrival(session.put(server.upload(), data=body)).size == 0


def test_json_and_short_forms_arrive_as_such(server: Server, session: client.Session) -> None:
    value = {"a": [1, None, "ü"]}
    arrival = server.arrival(session.put(server.upload(), json=value))
    assert arrival.sha256 == digest(json.dumps(value, allow_nan=False).encode())
    response = session.put(server.upload(), files={"f": ("n", b"content")}, data={"a": "b"})
    arrival = server.arrival(response)
    assert (arrival.sha256, arrival.length) == (digest(response.request.body), str(arrival.size))


@servers("aiohttp", "aiohttp-tls")
@pytest.mark.parametrize("known", [True, False], ids=["file", "unsized"])
def test_a_long_form_is_read_while_it_is_sent_and_understood(
    server: Server, session: client.Session, known: bool, tmp_path: Path
) -> None:
    file = a_file(tmp_path, WHOLE) if known else ("body", Unsized(WHOLE))
    response = session.post(server.url("/form"), files={"f": file, "g": ("g.txt", "small")}, data={"a": "ü"})
    told = response.json()
    fields = {"a": [None, "ü".encode()], "f": ["body", WHOLE], "g": ["g.txt", b"small"]}
    assert told["fields"] == {name: [title, len(data), digest(data)] for name, (title, data) in fields.items()}
    assert told["length"] == (str(response.request.body.len) if known else None)


@servers("h11")
@pytest.mark.parametrize("body", BODIES)
def test_trailers_are_sent_behind_the_body(
    server: H11Server, session: client.Session, body: str, tmp_path: Path
) -> None:
    given = BODIES[body][0](tmp_path, WHOLE)
    sent = given.encode() if isinstance(given, str) else WHOLE
    steps: list[int] = []

    def trailers() -> dict[str, str]:
        return {"X-Sum": str(steps[-1])}

    response = session.put(
        server.upload(), data=given, trailers=trailers, on_upload=lambda done, total: steps.append(done)
    )
    arrival = server.arrival(response)
    assert (arrival.sha256, arrival.length, arrival.transfer) == (digest(sent), None, "chunked")
    assert arrival.trailers == {"x-sum": str(len(sent))}
    assert server.arrival(session.put(server.upload(), data=b"next")).port == arrival.port


@pytest.mark.parametrize("body", ["bytes", "generator"])
def test_servers_that_care_for_no_trailers_get_the_body(
    server: Server, session: client.Session, body: str, tmp_path: Path
) -> None:
    given = BODIES[body][0](tmp_path, WHOLE)
    arrival = server.arrival(session.put(server.upload(), data=given, trailers={"X-Sum": "7"}))
    assert (arrival.sha256, arrival.transfer) == (digest(WHOLE), "chunked")
    assert server.arrival(session.put(server.upload(), data=b"next")).port == arrival.port


@servers("aiohttp")
@pytest.mark.parametrize("body", ["file", "generator"])
def test_a_long_upload_outlasts_its_timeout_as_long_as_it_goes_on(server: Server, body: str, tmp_path: Path) -> None:
    make, _ = BODIES[body]
    small = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)]  # so that what is sent is what the server has read
    with client.Session(socket_options=small) as session:
        began = time.monotonic()
        response = session.put(server.url("/upload?rate=1500000"), data=make(tmp_path, WHOLE * 2), timeout=1.3)
        assert time.monotonic() - began > 1.5
    assert server.arrival(response).sha256 == digest(WHOLE * 2)


@servers("aiohttp")
def test_the_deadline_of_a_call_ends_an_upload_that_goes_on(server: Server, session: client.Session) -> None:
    with pytest.raises(client.Timeout, match="total timeout=0.5"):
        session.put(server.url("/upload?rate=1000000"), data=WHOLE * 10, timeout=Timeouts(read=5, total=0.5))


class Liar:
    """A file that is longer or shorter than it says."""

    def __init__(self, said: int, given: int) -> None:
        self.said = said
        self._file = io.BytesIO(pattern(given))

    def __len__(self) -> int:
        return self.said

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._file


def file_of_other_length(folder: Path, said: int, given: int) -> tuple[Any, Callable[[], None]]:
    file = a_file(folder, pattern(said))

    def change() -> None:
        os.truncate(folder / "body", min(said, given))
        with (folder / "body").open("ab") as longer:
            longer.write(pattern(max(0, given - said)))

    return file, change


@pytest.mark.parametrize(("said", "given"), [(1000, 999), (1000, 1001), (1000, 0), (900_000, 300), (65_536, 131_072)])
@pytest.mark.parametrize("kind", ["file", "object"])
def test_a_body_of_another_length_than_declared_is_an_error_and_the_connection_is_closed(
    server: Server, session: client.Session, said: int, given: int, kind: str, tmp_path: Path
) -> None:
    body, change = file_of_other_length(tmp_path, said, given) if kind == "file" else (Liar(said, given), lambda: None)
    prepared = session.prepare_request(client.Request("PUT", server.upload(), data=body))
    assert prepared.headers["Content-Length"] == str(said)
    before = server.arrival(session.put(server.upload(), data=b"before"))
    change()
    with pytest.raises(client.RequestException) as caught:
        session.send(prepared, timeout=5)
    assert caught.value.request is prepared
    assert not isinstance(caught.value, client.Timeout)  # it is not the server that must find out
    # Had the next request gone out on the same connection, it would be read as the rest of that body.
    after = server.arrival(session.put(server.upload(), data=b"after"))
    assert (after.sha256, after.complete) == (digest(b"after"), True)
    assert after.port != before.port
    if isinstance(server, H11Server):
        server.wait_over(before.port)
        # The thread of that connection may be later than that of the next one.
        lied = [arrival for arrival in server.seen[-3:] if arrival.port == before.port][-1]
        assert not lied.complete or lied.size == said < given


@pytest.mark.parametrize("kind", ["chunks", "length", "form"])
def test_an_error_of_the_source_reaches_the_program_and_no_server_takes_the_half_for_the_whole(
    server: Server, session: client.Session, kind: str
) -> None:
    class Breaks(Liar):
        def read(self, size: int = -1) -> bytes:
            if self._file.tell() >= 200_000:
                raise LookupError
            return super().read(size)

        def __iter__(self) -> Iterator[bytes]:
            while piece := self.read(50_000):
                yield piece

    source = Breaks(WHOLE_SIZE, WHOLE_SIZE)
    given = {"chunks": {"data": iter(source)}, "length": {"data": source}, "form": {"files": {"f": source}}}[kind]
    before = server.arrival(session.put(server.upload(), data=b"before"))
    with pytest.raises(LookupError):
        session.put(server.upload(), **given)
    after = server.arrival(session.put(server.upload(), data=b"after"))
    assert (after.sha256, after.port != before.port) == (digest(b"after"), True)
    if isinstance(server, H11Server):
        server.wait_over(before.port)
        assert [arrival.complete for arrival in server.seen[-3:] if arrival.port == before.port] == [True, False]


# -- asking first ------------------------------------------------------------------------------------------------------

EXPECT = {"Expect": "100-continue"}


def test_a_server_that_is_asked_says_go_on(server: Server, session: client.Session) -> None:
    began = time.monotonic()
    response = session.put(server.upload(), data=WHOLE, headers=EXPECT, expect_timeout=30)
    assert time.monotonic() - began < 20
    arrival = server.arrival(response)
    assert (arrival.sha256, arrival.expect) == (digest(WHOLE), "100-continue")
    assert [head.status_code for head in response.informational] == [100]
    assert server.arrival(session.put(server.upload(), data=b"next")).complete


def refusing(server: Server) -> str:
    return server.url("/small/file" if isinstance(server, Nginx) else "/refuse")


@pytest.mark.parametrize("body", ["bytes", "file", "generator"])
def test_a_server_that_refuses_before_the_body_does_not_get_it(
    server: Server, session: client.Session, body: str, tmp_path: Path
) -> None:
    if isinstance(server, Nginx) and body == "generator":
        pytest.skip("nginx has no length to refuse, and says go on")
    made = BODIES[body][0](tmp_path, WHOLE)
    steps: list[int] = []
    response = session.put(
        refusing(server), data=made, headers=EXPECT, expect_timeout=30, on_upload=lambda done, total: steps.append(done)
    )
    assert response.status_code == 413
    assert steps == []
    if body == "file":
        assert made.tell() == 0
    assert server.arrival(session.put(server.upload(), data=b"next")).complete
    if isinstance(server, Nginx):
        refused = next(line for line in reversed(server.log()) if line[2] == "/small/file")
        assert refused[3] == "413" and int(refused[4]) < 1000
    if isinstance(server, H11Server):
        refused_by = next(arrival for arrival in reversed(server.seen) if not arrival.complete)
        server.wait_over(refused_by.port)
        assert server.bytes[refused_by.port] < 1000


@pytest.mark.parametrize("body", ["bytes", "file", "generator"])
@pytest.mark.parametrize("expect", [{}, EXPECT], ids=["", "asked"])
def test_a_response_during_the_upload_ends_it_and_the_connection(
    server: Server, session: client.Session, body: str, expect: dict[str, str], tmp_path: Path
) -> None:
    if isinstance(server, Nginx) and expect:
        pytest.skip("nginx responds before the body")
    whole = WHOLE * 10
    path = "/small/file" if isinstance(server, Nginx) else "/early/100000"
    port = server.arrival(session.put(server.upload(), data=b"before")).port
    steps: list[int] = []
    response = session.put(
        server.url(path),
        data=BODIES[body][0](tmp_path, whole),
        headers=expect,
        on_upload=lambda done, total: steps.append(done),
    )
    assert response.status_code == 413
    assert not steps or steps[-1] < len(whole)
    assert server.arrival(session.put(server.upload(), data=b"after")).port != port


@servers("aiohttp", "aiohttp-tls")
@pytest.mark.parametrize("body", ["bytes", "file", "generator"])
def test_a_server_that_begins_a_good_response_and_reads_on_gets_all_of_the_body(
    server: Server, session: client.Session, body: str, tmp_path: Path
) -> None:
    whole = WHOLE * 5
    response = session.put(server.url("/begun/200"), data=BODIES[body][0](tmp_path, whole))
    arrival = server.arrival(response)
    assert (arrival.size, arrival.sha256) == (len(whole), digest(whole))
    assert server.arrival(session.put(server.upload(), data=b"next")).port == arrival.port
    # One that begins a response of another kind has not read a byte.
    refused = session.put(server.url("/begun/403"), data=BODIES[body][0](tmp_path, whole))
    assert (refused.status_code, refused.json()["size"]) == (403, 0)


# -- trying again ------------------------------------------------------------------------------------------------------


@servers("aiohttp")
@pytest.mark.parametrize(
    ("after", "status", "least"), [("0", 429, 0.0), ("1", 429, 0.95), ("date", 429, 0.0), ("0", 503, 0.0)]
)
def test_a_busy_server_is_asked_again_when_it_says(
    server: Server, session: client.Session, after: str, status: int, least: float, tmp_path: Path
) -> None:
    times = 3 if after == "0" else 1
    url = server.url(f"/busy/{after}-{status}/{times}?after={after}&status={status}")
    seen: list[int | None] = []
    began = time.monotonic()
    response = session.put(
        url, data=a_file(tmp_path, WHOLE), retries=5, on_retry=lambda attempt: seen.append(attempt.status)
    )
    assert least <= time.monotonic() - began < 20
    assert response.json() == {"attempts": times + 1, "sha256": digest(WHOLE)}
    assert seen == [status] * times == [attempt.status for attempt in response.raw.retries.history]


@servers("aiohttp")
def test_a_post_is_tried_again_only_where_that_was_said(server: Server, session: client.Session) -> None:
    url = server.url("/busy/post/1?after=0")
    assert session.post(url, data=b"x", retries=3).status_code == 429
    url = server.url("/busy/any/2?after=0")
    response = session.post(url, data=b"x", retries=Retry(3, allowed_methods=None))
    assert response.json()["attempts"] == 3


@servers("aiohttp")
def test_attempts_end_in_an_error_or_in_the_last_response(server: Server, session: client.Session) -> None:
    url = server.url("/busy/always/1000?after=0")
    # Retries for Retry-After end with the last response, as with urllib3; those for a named status with an error.
    last = session.get(url, retries=2)
    assert (last.status_code, len(last.raw.retries.history)) == (429, 2)
    with pytest.raises(client.exceptions.RetryError):
        session.get(url, retries=Retry(2, status_forcelist=[429]))
    assert session.get(url, retries=Retry(2, status_forcelist=[429], raise_on_status=False)).status_code == 429
    with pytest.raises(client.exceptions.UnrewindableBodyError):
        session.put(url, data=iter([b"once"]), retries=2)


@servers("nginx")
def test_a_rate_limit_of_nginx_is_waited_for(server: Nginx, session: client.Session) -> None:
    server.file("text", TEXT)
    began = time.monotonic()
    responses = [session.get(server.url("/limited"), retries=3) for _ in range(2)]
    assert [response.content == TEXT for response in responses] == [True, True]
    assert [[attempt.status for attempt in response.raw.retries.history] for response in responses] == [[], [429]]
    assert 0.9 < time.monotonic() - began < 20

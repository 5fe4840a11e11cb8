"""Downloads over real connections: whatever servers, networks and disks do, the file is right or not there."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import Downloaded, Timeouts, download, exceptions
from httpcore_lite.client import download_plan
from httpcore_lite.urllib3_api.util import pausing
from support.file_server import YEAR, FileServer
from support.scripted import Peer, receive, send, stall

BODY = random.Random(18).randbytes(300_000)
SHA = f"sha256:{hashlib.sha256(BODY).hexdigest()}"


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer(BODY) as server:
        yield server


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    made: list[float] = []
    monkeypatch.setattr(pausing, "pause", made.append)
    return made


def leave_a_part(server: FileServer, path: Path, size: int = 100_000, **given: Any) -> None:
    """Have a download be interrupted behind `size` bytes."""

    def stop(done: int, _: object) -> None:
        if done >= size:
            raise KeyboardInterrupt

    server.piece, before = size, server.piece
    server.cuts.insert(0, size)
    with pytest.raises(KeyboardInterrupt):
        download(server.url, path, progress=stop, **given)
    assert path.with_name(path.name + ".part").stat().st_size == size
    server.piece, server.cuts = before, []
    server.requests.clear()
    server.statuses_sent.clear()


def check(found: Downloaded, path: Path, body: bytes = BODY, resumed_from: int = 0) -> None:
    assert path.read_bytes() == body
    assert (found.path, found.size, found.resumed_from) == (path, len(body), resumed_from)
    assert found.response.ok or found.response.status_code == 416
    assert [entry.name for entry in path.parent.iterdir()] == [path.name], "nothing else is left"


# -- a whole file ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"x", BODY])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_is_what_the_server_has(body: bytes, chunked: bool, tmp_path: Path) -> None:
    with FileServer(body) as server:
        server.chunked = chunked
        path = tmp_path / "f.bin"
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        check(download(server.url, path, checksum=digest), path, body)
        assert [request["accept-encoding"] for request in server.requests] == ["identity"]


@pytest.mark.parametrize("kind", [str, os.fsencode, Path])
def test_a_path_is_of_any_kind(kind: Any, server: FileServer, tmp_path: Path) -> None:
    check(download(server.url, kind(tmp_path / "f.bin")), tmp_path / "f.bin")


def test_a_path_without_a_folder_is_in_the_working_directory(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert download(server.url, "f.bin").path == Path("f.bin")
    assert (tmp_path / "f.bin").read_bytes() == BODY


def test_a_change_of_the_working_directory_changes_nothing(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = download(server.url.encode(), "f.bin", progress=lambda done, total: os.chdir("/"))
    assert found.path == Path("f.bin")
    check(found._replace(path=tmp_path / "f.bin"), tmp_path / "f.bin")


@pytest.mark.parametrize("name", ["accept-encoding", b"Accept-Encoding"])
def test_a_session_sends_the_requests_with_all_that_it_was_told(name: Any, server: FileServer, tmp_path: Path) -> None:
    base = server.url.removesuffix("files/data.bin")
    session = client.Session(base_url=base, params={"k": "1"}, auth=("u", "p"), stream=True, raise_for_status=True)
    session.headers.update({"X-Own": "1", "Range": "bytes=7-", "Accept-Encoding": "gzip"})
    given: Any = {"params": {"q": "2"}, "headers": {"X-Call": "1", name: "br"}}
    check(download("files/data.bin", tmp_path / "f", session=session, **given), tmp_path / "f")
    (request,) = server.requests
    assert (request["x-own"], request["x-call"], request["accept-encoding"]) == ("1", "1", "identity")
    assert request["authorization"].startswith("Basic ")
    assert "range" not in request
    assert server.paths == ["/files/data.bin?k=1&q=2"]
    assert session.get("files/data.bin", headers={"Range": None}).content == BODY, "it is still open"


# -- what is in the place of the file --------------------------------------------------------------------------------


def test_a_file_that_is_there_stays_and_nothing_is_sent(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"before")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        download(server.url, path)
    assert path.read_bytes() == b"before"
    assert server.requests == []


def test_a_file_that_appears_meanwhile_stays(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    with pytest.raises(FileExistsError):
        download(server.url, path, progress=lambda done, total: path.write_bytes(b"theirs"))
    assert path.read_bytes() == b"theirs"
    server.requests.clear()
    check(download(server.url, path, overwrite=True), path, resumed_from=len(BODY))
    assert server.statuses_sent[-1] == 416


def test_a_file_is_replaced_when_the_new_one_is_whole_and_keeps_its_permissions(
    server: FileServer, tmp_path: Path
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"before")
    path.chmod(0o600)
    seen = set()
    check(download(server.url, path, overwrite=True, progress=lambda *_: seen.add(path.read_bytes())), path)
    assert seen == {b"before"}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("status", [404, 500, 204, 304, 206])
def test_what_brings_no_file_is_an_error_and_changes_nothing(status: int, server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"before")
    server.statuses = [status]
    with pytest.raises(client.HTTPError, match=str(status)) as caught:
        download(server.url, path, overwrite=True)
    assert caught.value.response.status_code == status
    assert status < 400 or caught.value.response.text == "oops"
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["f"]


def test_a_response_that_is_no_file_and_never_ends_is_an_error_at_once(tmp_path: Path) -> None:
    head = b"HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    with Peer([receive(), send(head), stall()]) as peer, pytest.raises(client.HTTPError) as caught:
        download(peer.url("/f"), tmp_path / "f", timeout=10)
    assert caught.value.response is not None
    assert caught.value.response.content == b"abc"


def test_a_redirect_that_is_not_followed_is_no_file(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [302]
    with pytest.raises(client.HTTPError, match="302"):
        download(server.url, tmp_path / "f", allow_redirects=False)


@pytest.mark.skipif(not hasattr(os, "symlink") or sys.platform == "win32", reason="no links")
def test_no_link_is_followed(server: FileServer, tmp_path: Path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "d" / "f"
    path.parent.mkdir()
    victim.write_bytes(b"precious")
    part = path.with_name("f.part")
    part.symlink_to(victim)
    with pytest.raises(FileExistsError, match=r"f\.part"):
        download(server.url, path)
    part.unlink()
    part.hardlink_to(victim) if hasattr(part, "hardlink_to") else os.link(victim, part)
    path.with_name("f.part.json").symlink_to(victim)
    check(download(server.url, path), path)
    path.unlink()
    path.symlink_to(victim)
    check(download(server.url, path, overwrite=True), path)
    assert victim.read_bytes() == b"precious"
    assert not path.is_symlink()
    path.unlink()
    path.symlink_to("/dev/null")
    with pytest.raises(FileExistsError, match="Not a file"):
        download(server.url, path, overwrite=True)


@pytest.mark.skipif(not hasattr(os, "symlink") or sys.platform == "win32", reason="no links")
def test_a_path_behind_a_link_is_where_the_system_finds_it(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "there" / "deep")
    monkeypatch.chdir(tmp_path)
    assert download(server.url, "link/../f").path.read_bytes() == BODY
    assert sorted(os.listdir(tmp_path / "there")) == ["deep", "f"]


@pytest.mark.parametrize("odd", ["mkdir", "mkfifo"])
def test_what_is_no_file_is_no_part(odd: str, server: FileServer, tmp_path: Path) -> None:
    if not hasattr(os, odd):
        pytest.skip("none here")
    getattr(os, odd)(tmp_path / "f.part")
    with pytest.raises(FileExistsError, match=r"f\.part"):
        download(server.url, tmp_path / "f")
    assert server.requests == []


def test_a_directory_takes_the_name_that_the_server_or_the_url_gives(server: FileServer, tmp_path: Path) -> None:
    found = download(server.url, tmp_path)
    check(found, tmp_path / "data.bin")
    server.extra = {"Content-Disposition": 'attachment; filename="../../.n\\"ame.txt"'}
    assert download(server.url, f"{tmp_path}{os.sep}").path == tmp_path / "n_ame.txt"
    with pytest.raises(FileExistsError):
        download(server.url, tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["data.bin", "n_ame.txt"]
    server.requests.clear()
    with pytest.raises(NotADirectoryError):
        download(server.url, f"{tmp_path}/none/")
    assert server.requests == []


def test_no_server_writes_the_part_of_another_download(server: FileServer, tmp_path: Path) -> None:
    notes = download_plan.Notes(download_plan.key_of(server.url), str(server.etag), len(BODY))
    for ending, body in (("part", b"evil"), ("part.json", notes.written())):
        with FileServer(body) as other:
            other.extra = {"Content-Disposition": f"attachment; filename=data.bin.{ending}"}
            assert download(other.url, tmp_path).path.name == f"data.bin_{ending}"
    found = download(server.url, tmp_path)
    assert (found.resumed_from, found.path.read_bytes()) == (0, BODY)


def test_a_part_in_a_directory_is_continued(server: FileServer, tmp_path: Path) -> None:
    leave_a_part(server, tmp_path / "data.bin")
    check(download(server.url, tmp_path, checksum=SHA), tmp_path / "data.bin", resumed_from=100_000)
    assert server.ranges == [None, "bytes=100000-"]
    (tmp_path / "data.bin").unlink()
    leave_a_part(server, tmp_path / "data.bin")
    server.etag = '"2"'
    check(download(server.url, tmp_path, checksum=SHA), tmp_path / "data.bin")
    assert server.ranges == [None]


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "n" * 246, "n" * 245])
def test_a_name_may_be_as_long_as_the_system_takes(name: str, server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / name
    server.cuts = [1000]
    with pytest.raises(ZeroDivisionError):
        download(server.url, path, progress=lambda done, total: 1 / (1000 - done))
    check(download(server.url, path), path, resumed_from=1000)


def test_a_folder_that_cannot_be_written_is_an_error_before_anything_is_sent(
    server: FileServer, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no such directory: .*none'$"):
        download(server.url, tmp_path / "none" / "f")
    with pytest.raises(FileNotFoundError, match="~ is not expanded"):
        download(server.url, "~/none/f")
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(PermissionError):
            download(server.url, tmp_path / "f")
        tmp_path.chmod(0o700)
    assert server.requests == []


# -- resuming --------------------------------------------------------------------------------------------------------


def test_an_interrupted_download_is_continued(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    seen: list[tuple[int, int | None]] = []
    check(download(server.url, path, checksum=SHA, progress=lambda *now: seen.append(now)), path, resumed_from=100_000)
    assert server.statuses_sent == [206]
    assert (server.requests[0]["range"], server.requests[0]["if-range"]) == ("bytes=100000-", '"1"')
    assert seen[0] == (100_000, len(BODY))
    assert seen[-1] == (len(BODY), len(BODY))


def test_what_lies_beside_a_part_has_no_secrets(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    url = server.url.replace("//", "//user:hush@") + "?token=hush"
    server.cuts = [1000]
    with pytest.raises(ZeroDivisionError):
        download(url, path, auth=("u", "hush"), progress=lambda done, total: 1 / (1000 - done))
    assert b"hush" not in path.with_name("f.part.json").read_bytes()
    check(download(server.url + "?token=hush", path), path, resumed_from=1000)


def test_a_date_that_is_old_enough_is_a_validator(tmp_path: Path) -> None:
    with FileServer(BODY, etag=None, modified=time.time() - YEAR) as server:
        leave_a_part(server, tmp_path / "f")
        check(download(server.url, tmp_path / "f"), tmp_path / "f", resumed_from=100_000)
        assert server.requests[0]["if-range"] == server.modified


@pytest.mark.parametrize(
    ("etag", "age"), [('W/"1"', None), ('W/"1"', YEAR), (None, None), (None, -10), ("1", YEAR), ('"1', None)]
)
def test_a_part_with_a_weak_validator_is_not_continued_and_not_kept(
    etag: str | None, age: float | None, tmp_path: Path
) -> None:
    with FileServer(BODY, etag, None if age is None else time.time() - age) as server:
        server.cuts = [1000]
        path = tmp_path / "f"
        with pytest.raises(ZeroDivisionError):
            download(server.url, path, progress=lambda done, total: 1 / (1000 - done))
        assert os.listdir(tmp_path) == []
        server.cuts = [1000]
        check(download(server.url, path, checksum=SHA), path)
        assert server.ranges == [None, None, None]


def test_a_part_is_continued_for_its_own_url_only(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    check(download(server.url + "?other", path), path)
    assert server.ranges == [None]


@pytest.mark.parametrize("notes", [None, b"", b"{", b"[]", b"null", b'{"version": 2}', b"x" * 100_000])
def test_a_part_without_its_notes_is_begun_anew(notes: bytes | None, server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.with_name("f.part").write_bytes(b"of something else")
    if notes is not None:
        path.with_name("f.part.json").write_bytes(notes)
    check(download(server.url, path), path)
    assert server.ranges == [None]


@pytest.mark.parametrize("resume", [True, False])
def test_an_error_before_the_first_byte_leaves_a_part_as_it_was(
    resume: bool, server: FileServer, tmp_path: Path
) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    for url in (server.url, server.url + "?other"):
        server.statuses = [404]
        with pytest.raises(client.HTTPError):
            download(url, path, resume=resume)
    server.extra = {"Content-Encoding": "gzip"}
    with pytest.raises(exceptions.ContentDecodingError):
        download(server.url + "?other", path, resume=resume)
    server.extra = {}
    check(download(server.url, path), path, resumed_from=100_000)


def test_a_part_that_is_longer_than_the_file_is_begun_anew(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    with path.with_name("f.part").open("ab") as file:
        file.write(BODY)
    check(download(server.url, path), path)
    assert server.ranges == [None]


def test_a_server_that_ignores_ranges_is_read_from_the_beginning(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    server.ignores_range = True
    check(download(server.url, path, checksum=SHA), path)
    assert server.statuses_sent == [200]


def test_a_file_that_has_changed_is_read_from_the_beginning(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    server.body, server.etag = BODY[::-1], '"2"'
    check(download(server.url, path), path, BODY[::-1])
    assert server.statuses_sent == [200]


@pytest.mark.parametrize("same_tag", [False, True])
def test_a_changed_file_of_a_server_that_ignores_if_range_is_seen(
    same_tag: bool, server: FileServer, tmp_path: Path
) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    server.ignores_if_range = True
    # Another tag of the same length, or a tag that lies and another length.
    server.body, server.etag = (BODY + b"more", '"1"') if same_tag else (BODY[::-1], '"2"')
    check(download(server.url, path), path, server.body)
    assert server.statuses_sent == [206, 200]
    assert server.ranges == ["bytes=100000-", None]


LIES = {
    "none": lambda first, size: None,
    "another beginning": lambda first, size: f"bytes {first + 1}-{size - 1}/{size}",
    "the beginning": lambda first, size: f"bytes 0-{size - 1}/{size}",
    "not to the end": lambda first, size: f"bytes {first}-{size - 2}/{size}",
    "beyond the end": lambda first, size: f"bytes {first}-{size}/{size}",
    "another length": lambda first, size: f"bytes {first}-{size}/{size + 1}",
    "no length": lambda first, size: f"bytes {first}-{size - 1}/*",
    "other units": lambda first, size: f"items {first}-{size - 1}/{size}",
    "unsatisfied": lambda first, size: f"bytes */{size}",
    "nonsense": lambda first, size: "bytes",
    "two": lambda first, size: f"bytes {first}-{size - 1}/{size}, bytes {first}-{size - 1}/{size}",
    "endless digits": lambda first, size: f"bytes {first}-{'9' * 5000}/{'9' * 5000}",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_range_that_is_not_the_one_that_was_asked_for_does_not_count(
    lie: str, server: FileServer, tmp_path: Path
) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    server.content_range = LIES[lie]
    check(download(server.url, path, checksum=SHA), path)
    assert server.statuses_sent == [206, 200]


def test_a_range_without_the_validator_does_not_count(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    server.says_etag_in_206 = False
    check(download(server.url, path, checksum=SHA), path)
    assert server.statuses_sent == [206, 200]


def test_a_range_of_another_coding_does_not_count(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    server.extra = {"Content-Encoding": "gzip"}
    with pytest.raises(client.exceptions.ContentDecodingError):
        download(server.url, path, checksum=SHA)
    assert server.statuses_sent == [206, 200]


def test_416_means_that_all_is_there(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path, len(BODY))
    found = download(server.url, path, checksum=SHA)
    check(found, path, resumed_from=len(BODY))
    assert server.statuses_sent == [416]
    assert found.response.status_code == 416


@pytest.mark.parametrize("raises", ["the session", "a hook"])
def test_416_means_the_same_where_error_statuses_raise(raises: str, server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path, len(BODY))
    session = client.Session(raise_for_status=raises == "the session")
    if raises == "a hook":
        session.hooks["response"].append(lambda response, **_: response.raise_for_status())
    check(download(server.url, path, session=session), path, resumed_from=len(BODY))


@pytest.mark.parametrize("says", [None, "bytes */7", "bytes 0-1/300000", "nonsense"])
def test_416_means_begin_anew_where_it_does_not_say_that_all_is_there(
    says: str | None, server: FileServer, tmp_path: Path
) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path, len(BODY))
    server.of_416 = lambda size: says
    check(download(server.url, path, checksum=SHA), path)
    assert server.statuses_sent == [416, 200]


def test_416_to_a_request_for_everything_is_an_error(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [416]
    with pytest.raises(client.HTTPError, match="416"):
        download(server.url, tmp_path / "f")


def test_without_resume_a_part_is_neither_continued_nor_left(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    check(download(server.url, path, resume=False), path)
    assert server.ranges == [None]
    path.unlink()
    server.cuts = [1000]
    with pytest.raises(ZeroDivisionError):
        download(server.url, path, resume=False, progress=lambda done, total: 1 / (1000 - done))
    assert os.listdir(tmp_path) == []


# -- connections that break ------------------------------------------------------------------------------------------


def test_a_connection_that_breaks_goes_on_while_bytes_come(
    server: FileServer, tmp_path: Path, pauses: list[float]
) -> None:
    server.cuts = [50_000] * 5
    check(download(server.url, tmp_path / "f", checksum=SHA), tmp_path / "f")
    assert server.ranges == [None, *[f"bytes={n}-" for n in range(50_000, 300_000, 50_000)]]
    assert pauses == [1] * 5


def test_three_attempts_without_a_byte_are_the_end(server: FileServer, tmp_path: Path, pauses: list[float]) -> None:
    path = tmp_path / "f"
    server.cuts = [50_000, 0, 0, 10, 0, 0, 0]
    with pytest.raises((exceptions.ConnectionError, exceptions.ChunkedEncodingError)):
        download(server.url, path)
    assert pauses == [1, 2, 4, 1, 2, 4]
    assert path.with_name("f.part").stat().st_size == 50_010
    check(download(server.url, path, checksum=SHA), path, resumed_from=50_010)


def test_a_server_without_ranges_that_always_breaks_at_the_same_place_is_left(
    server: FileServer, tmp_path: Path, pauses: list[float]
) -> None:
    server.ignores_range, server.cuts = True, [50_000] * 100
    with pytest.raises((exceptions.ConnectionError, exceptions.ChunkedEncodingError)):
        download(server.url, tmp_path / "f")
    assert server.statuses_sent == [200] * 4
    assert pauses == [1, 2, 4]


def test_a_server_that_restarts_is_waited_for_after_bytes_have_come(
    server: FileServer, tmp_path: Path, pauses: list[float]
) -> None:
    server.cuts, server.statuses = [50_000], [0, 503, 429]
    check(download(server.url, tmp_path / "f", checksum=SHA), tmp_path / "f")
    assert pauses == [1, 2, 4]
    assert server.statuses_sent == [200, 503, 429, 206]


def test_a_server_at_which_retries_gave_up_is_waited_for_after_bytes_have_come(
    server: FileServer, tmp_path: Path, pauses: list[float]
) -> None:
    server.cuts, server.statuses = [50_000], [0, 503, 503]
    session = client.Session(retries=client.Retry(1, status_forcelist=[503]))
    check(download(server.url, tmp_path / "f", session=session, checksum=SHA), tmp_path / "f")
    assert pauses == [1, 2]
    server.statuses = [503, 503]
    with pytest.raises(client.exceptions.RetryError):
        download(server.url, tmp_path / "g", session=session)


def test_a_connection_that_broke_before_the_response_is_made_again(
    server: FileServer, tmp_path: Path, pauses: list[float]
) -> None:
    server.statuses = [-1, -1, -1]
    check(download(server.url, tmp_path / "f"), tmp_path / "f")
    assert pauses[:1] == [1]


def test_what_was_never_there_is_an_error_at_once(tmp_path: Path, pauses: list[float]) -> None:
    with FileServer(b"") as gone:
        url = gone.url
    for bad in (url, "http://does-not-exist.invalid/x"):
        with pytest.raises(exceptions.ConnectionError):
            download(bad, tmp_path / "f")
    assert pauses == []
    assert os.listdir(tmp_path) == []


def test_a_file_that_changes_between_two_connections_is_one_of_both(server: FileServer, tmp_path: Path) -> None:
    def change(count: int) -> None:
        if count == 2:
            server.body, server.etag = BODY[::-1], '"2"'

    server.before, server.cuts = change, [50_000]
    check(download(server.url, tmp_path / "f"), tmp_path / "f", BODY[::-1])
    assert server.statuses_sent == [200, 200]


@pytest.mark.parametrize("declared", [len(BODY) + 1, len(BODY) - 1])
def test_a_length_that_is_not_the_declared_one_is_an_error(
    declared: int, server: FileServer, tmp_path: Path, pauses: list[float]
) -> None:
    server.chunked = True
    path = tmp_path / "f"
    leave_a_part(server, path)
    server.content_range = lambda first, size: f"bytes {first}-{declared - 1}/{declared}"
    server.ignores_if_range = server.says_etag_in_206 = True
    path.with_name("f.part.json").write_bytes(path.with_name("f.part.json").read_bytes().replace(b"300000", b"null"))
    with pytest.raises(exceptions.ChunkedEncodingError, match="declared"):
        download(server.url, path)
    assert not path.exists()


def test_the_total_time_bounds_all_of_it(server: FileServer, tmp_path: Path, pauses: list[float]) -> None:
    server.cuts = [10] * 100
    with pytest.raises(exceptions.RequestException):
        download(server.url, tmp_path / "f", timeout=Timeouts(total=0.9))
    assert pauses == [], "a second is more than what is left"
    wait = threading.Event()
    server.cuts, server.piece, server.on_piece = [], 1000, lambda: wait.wait(5)
    before = time.monotonic()
    with pytest.raises(exceptions.ReadTimeout):
        download(server.url, tmp_path / "f", session=client.Session(timeout=Timeouts(total=0.5)))
    assert time.monotonic() - before < 4.5, "the server's next piece comes after five"
    wait.set()
    assert pauses == []


def test_an_error_behind_a_break_names_the_time_of_the_whole(server: FileServer, tmp_path: Path) -> None:
    wait = threading.Event()
    server.cuts, server.before = [10], lambda count: count == 2 and wait.wait(5)
    with pytest.raises(exceptions.ReadTimeout, match=r"\(total timeout=2\.25\)"):
        download(server.url, tmp_path / "f", timeout=Timeouts(total=2.25))
    wait.set()


def test_an_error_of_the_program_s_own_progress_is_its_own(server: FileServer, tmp_path: Path) -> None:
    def broken(done: int, total: int | None) -> None:
        raise exceptions.ConnectionError("mine")

    with pytest.raises(exceptions.ConnectionError, match="mine"):
        download(server.url, tmp_path / "f", progress=broken)
    assert len(server.requests) == 1


# -- checksums -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1", "md5", "blake2b"])
def test_each_algorithm_is_known(algorithm: str, server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    digits = hashlib.new(algorithm, BODY).hexdigest()
    check(download(server.url, path, checksum=f"{algorithm.upper()}:{digits.upper()}"), path, resumed_from=100_000)


def test_a_wrong_checksum_removes_the_part_and_shows_both(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"before")
    with pytest.raises(client.ChecksumError) as caught:
        download(server.url, path, checksum="sha256:" + "0" * 64, overwrite=True)
    assert (caught.value.expected, caught.value.actual) == ("sha256:" + "0" * 64, SHA)
    assert caught.value.response is not None
    assert str(caught.value) == f"The file has the checksum {SHA}, not sha256:{'0' * 64} as was expected"
    assert os.listdir(tmp_path) == ["f"]
    assert path.read_bytes() == b"before"


def test_a_part_that_was_tampered_with_does_not_pass_the_checksum(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    leave_a_part(server, path)
    with path.with_name("f.part").open("r+b") as file:
        file.write(b"other")
    with pytest.raises(client.ChecksumError):
        download(server.url, path, checksum=SHA)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("checksum", ["sha3:00", "00" * 32, "sha256:", "sha256:xyz", "md5:" + "0" * 33, "", ":"])
def test_an_unknown_checksum_is_refused_before_anything_is_sent(
    checksum: str, server: FileServer, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="checksum"):
        download(server.url, tmp_path / "f", checksum=checksum)
    assert server.requests == []


# -- content codings -------------------------------------------------------------------------------------------------


def test_a_coded_response_is_an_error_that_names_the_ways_out(tmp_path: Path) -> None:
    with FileServer(gzip.compress(BODY)) as server:
        server.extra = {"Content-Encoding": "gzip"}
        with pytest.raises(exceptions.ContentDecodingError, match=r"gzip.*decoded=True.*decoded=False"):
            download(server.url, tmp_path / "f")
        assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("coding", ["compress", "gzip, x-own"])
def test_a_coding_that_is_not_known_is_no_file_that_it_was_taken_off(coding: str, tmp_path: Path) -> None:
    with FileServer(BODY) as server:
        server.extra = {"Content-Encoding": coding}
        with pytest.raises(exceptions.ContentDecodingError, match=rf"{coding}.*decoded=False"):
            download(server.url, tmp_path / "f", decoded=True)
        check(download(server.url, tmp_path / "f", decoded=False), tmp_path / "f")


def test_what_a_coded_response_decodes_to_is_saved_and_never_continued(tmp_path: Path) -> None:
    with FileServer(gzip.compress(BODY)) as server:
        server.extra = {"Content-Encoding": "gzip"}
        server.cuts = [1000]
        totals = set()
        found = download(
            server.url, tmp_path / "f", decoded=True, checksum=SHA, progress=lambda done, total: totals.add(total)
        )
        check(found, tmp_path / "f")
        assert server.ranges == [None, None]
        assert totals == {None, len(BODY)}


def test_the_bytes_of_a_coded_response_are_saved_as_sent_and_continued(tmp_path: Path) -> None:
    coded = gzip.compress(BODY)
    with FileServer(coded) as server:
        server.extra = {"Content-Encoding": "gzip"}
        server.cuts = [1000]
        check(download(server.url, tmp_path / "f", decoded=False), tmp_path / "f", coded)
        assert server.ranges == [None, "bytes=1000-"]


@pytest.mark.parametrize("into", ["", "data.bin"])
def test_the_bytes_of_a_coded_response_are_continued_by_a_later_call(into: str, tmp_path: Path) -> None:
    coded = gzip.compress(BODY)
    with FileServer(coded) as server:
        server.extra = {"Content-Encoding": "gzip"}
        leave_a_part(server, tmp_path / "data.bin", 1000, decoded=False)
        found = download(server.url, tmp_path / into, decoded=False)
    check(found, tmp_path / "data.bin", coded, resumed_from=1000)


def test_a_body_that_a_hook_has_read_is_saved(server: FileServer, tmp_path: Path) -> None:
    hooks: Any = {"response": lambda response, **_: response.content and None}
    check(download(server.url, tmp_path / "f", hooks=hooks), tmp_path / "f")
    for eat in (lambda r, **_: r.raw.read(10) and None, lambda r, **_: [*r.iter_content(1 << 20)] and None):
        with pytest.raises(exceptions.StreamConsumedError):
            download(server.url, tmp_path / "g", hooks={"response": eat})
    coded = gzip.compress(BODY)
    server.body, server.extra = coded, {"Content-Encoding": "gzip"}
    with pytest.raises(exceptions.StreamConsumedError):
        download(server.url, tmp_path / "g", hooks=hooks, decoded=False)


# -- two at once, full disks, kills ----------------------------------------------------------------------------------


def test_a_second_download_to_the_same_path_at_the_same_time_is_an_error(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    refused: list[BaseException] = []

    def second(done: int, total: int | None) -> None:
        if not refused:
            with pytest.raises(BlockingIOError, match="Another download") as caught:
                download(server.url, path)
            refused.append(caught.value)

    check(download(server.url, path, progress=second), path)
    assert len(server.requests) == 1


def test_many_downloads_to_one_path_leave_one_whole_file(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    outcomes: list[object] = []

    def run() -> None:
        try:
            outcomes.append(download(server.url, path).size)
        except OSError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(len(BODY)) == 1
    assert {*outcomes} <= {len(BODY), FileExistsError, BlockingIOError}
    assert path.read_bytes() == BODY
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_full_disk_is_the_system_s_error_and_leaves_a_part(server: FileServer, tmp_path: Path) -> None:
    code = (
        "import resource, sys, httpcore_lite as r\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: r.download(sys.argv[1], sys.argv[2])\n"
        "except OSError as error: print(type(error).__name__, error.errno, error.filename)\n"
    )
    path = tmp_path / "f"
    done = run(code, server.url, str(path))
    assert done.stdout.startswith("OSError 27 ")
    assert done.stdout.strip().endswith("f.part")
    check(download(server.url, path, checksum=SHA), path, resumed_from=100_000)


def run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    folder = str(Path(client.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": folder}
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=True)


def test_a_lock_ends_with_the_process(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "f"
    code = (
        "import os, sys, httpcore_lite as r\n"
        "r.download(sys.argv[1], sys.argv[2], progress=lambda done, total: done and os._exit(0))\n"
    )
    run(code, server.url, str(path))
    assert path.with_name("f.part").exists()
    found = download(server.url, path, checksum=SHA)
    assert found.resumed_from > 0
    check(found, path, resumed_from=found.resumed_from)


def test_downloads_leave_their_connection_to_be_used_again(server: FileServer, tmp_path: Path) -> None:
    with client.Session() as session:
        for name in "abc":
            download(server.url, tmp_path / name, session=session)
        assert len(server.peers) == 1


def test_a_bar_is_shown_on_a_terminal(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    download(server.url, tmp_path / "f", progress=True)
    assert "100%  300 kB of 300 kB" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")
    monkeypatch.setattr("sys.stderr", plain := io.StringIO())
    download(server.url, tmp_path / "g", progress=True)
    assert plain.getvalue() == ""


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"path": 3}, TypeError, "path takes the name of a file or a directory, not an int"),
        ({"path": io.BytesIO()}, TypeError, "iter_content"),
        ({"path": ""}, ValueError, "empty"),
        ({"path": "https://h/x"}, ValueError, "the order is"),
        ({"session": client.Session}, TypeError, "session= takes a Session, not a type"),
        ({"headers": "x"}, TypeError, "headers= takes a mapping of names to values, not a str"),
        ({"path": "a\0b"}, ValueError, "null"),
        ({"resume": "yes"}, TypeError, "resume= takes True or False, not a str"),
        ({"overwrite": None}, TypeError, "overwrite="),
        ({"decoded": 1}, TypeError, "decoded="),
        ({"progress": 5}, TypeError, "progress="),
        ({"checksum": b"sha256:"}, TypeError, "checksum="),
        ({"session": {}}, TypeError, "session= takes a Session, not a dict"),
        ({"stream": True}, TypeError, "stream"),
        ({"headers": {"range": "bytes=0-"}}, ValueError, "range"),
        ({"check_sum": "x"}, TypeError, "Did you mean 'checksum'"),
        ({"timeot": 3}, TypeError, "timeot"),
    ],
)
def test_a_mistake_is_named_before_anything_is_sent(
    given: dict[str, Any], kind: type[Exception], words: str, server: FileServer, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=words):
        download(server.url, **{"path": tmp_path / "f", **given})
    assert server.requests == []
    assert os.listdir(tmp_path) == []

"""An uncaught error that a server caused is short: at most 12 frames of ours, and the one in which it was decided."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite
from support.messages import response
from support.scripted import Peer, close, receive, send

FOLDER = str(Path(httpcore_lite.__file__).parent)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MOST = 12

#: what a server sends before it closes -> the function that refuses it
HEADS = {
    "too long": (OK + b"X: " + b"a" * 300_000 + b"\r\n\r\n", "check_head"),
    "too long and unfinished": (OK + b"X: " + b"a" * 300_000, "check_head"),
    "too many fields": (OK + b"X: a\r\n" * 2_000 + b"\r\n", "check_head"),
    "cut within a line": (OK + b"X: a", "_cut_by_eof"),
    "cut behind a line": (OK + b"X: a\r\n", "_cut_by_eof"),
    "a NUL": (OK + b"X: a\0b\r\n\r\n", "_lines"),
    "two lengths": (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "_content_length"),
    "an unknown coding": (OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n", "_kind_of_coding"),
    "no end of interim responses": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 200, "_told"),
}
BODIES = {
    "chunk size": (CHUNKED + b"zz\r\n", "_start_chunk"),
    "second chunk's size": (CHUNKED + b"5\r\nhello\r\n-5\r\n", "_start_chunk"),
    "chunk's end": (CHUNKED + b"5\r\nhelloworld", "_receive_chunk_end"),
    "cut chunk": (CHUNKED + b"5\r\nhel", "receive_eof"),
    "long trailers": (CHUNKED + b"0\r\nX: " + b"a" * 70_000, "_receive_trailers"),
    "cut body": (OK + b"Content-Length: 10\r\n\r\nabc", ""),
}
WAYS: dict[str, Callable[[str], Any]] = {
    "get": lambda url: httpcore_lite.get(url, timeout=5),
    "post": lambda url: httpcore_lite.post(url, data=b"abc", timeout=5),
    "proxy": lambda url: httpcore_lite.get("http://a.test/", proxies={"http": url}, timeout=5),
    "stream": lambda url: list(httpcore_lite.get(url, stream=True, timeout=5).iter_content(10)),
    "lines": lambda url: list(httpcore_lite.get(url, stream=True, timeout=5).iter_lines()),
}


def failure(sent: bytes, way: Callable[[str], Any]) -> Any:
    with Peer([receive(), send(sent), close()]) as peer, pytest.raises(httpcore_lite.RequestException) as caught:
        way(peer.url("/"))
    return caught.value


def ours(error: BaseException) -> list[str]:
    """The names of our functions whose frames a traceback of `error` shows, with its causes."""
    shown = traceback.TracebackException.from_exception(error)
    names: list[str] = []
    while shown is not None:
        names[:0] = [frame.name for frame in shown.stack if frame.filename.startswith(FOLDER)]
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)  # type: ignore[assignment]
    return names


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*HEADS, *BODIES])
def test_what_a_server_sent_wrong_is_a_short_traceback(name: str, way: str) -> None:
    sent, place = {**HEADS, **BODIES}[name]
    error = failure(sent, WAYS[way])
    names = ours(error)
    assert len(names) <= MOST
    assert not place or place in names


@pytest.mark.parametrize("name", HEADS)
def test_so_it_is_where_attempts_were_used_up(name: str) -> None:
    sent, place = HEADS[name]
    session = httpcore_lite.Session()
    session.mount("http://", httpcore_lite.adapters.HTTPAdapter(max_retries=1))
    with Peer(*[[receive(), send(sent), close()]] * 2) as peer, pytest.raises(httpcore_lite.RequestException) as caught:
        session.get(peer.url("/"), timeout=5)
    names = ours(caught.value)
    assert place in names
    assert len(names) <= MOST


@pytest.mark.parametrize("name", HEADS)
def test_no_frame_is_lost_to_those_who_look_for_them(name: str) -> None:
    sent, place = HEADS[name]
    error = failure(sent, WAYS["get"])
    [whole] = error.args
    assert type(error.__cause__) is type(whole)
    assert str(error.__cause__) == str(whole)
    assert error.__context__ is whole
    names = [frame.name for frame in traceback.extract_tb(whole.__traceback__)]
    assert {"send", "exchange", "read_head", place} <= set(names)


def test_the_next_request_of_a_session_whose_response_was_refused_gets_its_own() -> None:
    scripts = [[receive(), send(HEADS["too many fields"][0]), close()], [receive(), send(response(b"fine"))]]
    with Peer(*scripts) as peer, httpcore_lite.Session() as session:
        with pytest.raises(httpcore_lite.ConnectionError):
            session.get(peer.url("/"), timeout=5)
        assert session.get(peer.url("/"), timeout=5).content == b"fine"

"""What a second request runs through has no import statement: the rooms that it needs are bound by then."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from support.messages import response
from support.scripted import Peer, receive, send

TEXT = "Grüße aus der größten Stadt. " * 10
PLAIN = response("hello")
COOKIE = response("hello", headers=[("Set-Cookie", "a=b; Path=/; Max-Age=100")])
REDIRECT = response("", status="302 Found", headers=[("Location", "/there"), ("Set-Cookie", "c=d")])
JSON = response('{"a": 1}', headers=[("Content-Type", "application/json")])
UTF8 = response(TEXT, headers=[("Content-Type", "application/octet-stream")])


def _api(session: client.Session, url: str) -> Any:
    return session.post(
        url,
        params={"page": 1, "sort": "by date"},
        json={"a": 1},
        headers={"X-Request-Id": "1"},
        auth=("user", "secret"),
        cookies={"own": "1"},
    ).json()


USES: dict[str, tuple[list[bytes], Callable[[client.Session, str], Any]]] = {
    "a plain get": ([PLAIN], lambda session, url: session.get(url).content),
    "the fields": ([PLAIN], lambda session, url: session.get(url).headers["content-length"]),
    "a form": ([PLAIN], lambda session, url: session.post(url, data={"name": "a value"}).text),
    "a cookie that is set and sent": ([COOKIE], lambda session, url: session.get(url).cookies["a"]),
    "a redirect": ([REDIRECT, PLAIN], lambda session, url: session.get(url).history[0].url),
    "an API's client": ([JSON], _api),
    "text without a charset": ([UTF8], lambda session, url: session.get(url).text),
    "a session of its own": ([PLAIN], lambda session, url: client.get(url).content),
}


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The imports that functions of ours run from now on."""
    found: list[str] = []
    real = builtins.__import__

    def noticed(name: str, *args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(1)
        if str(caller.f_globals.get("__name__")).startswith(client.__name__):
            found.append(f"{caller.f_globals['__name__']}:{caller.f_lineno} imports {name}")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", noticed)
    return found


@pytest.mark.parametrize("use", USES)
def test_a_second_request_runs_no_import_statement(use: str, imported: list[str]) -> None:
    responses, ask = USES[use]
    steps = [step for _ in range(3) for response in responses for step in (receive(), send(response))]
    with Peer(steps, repeat=True) as peer, client.Session() as session:
        for _ in range(2):
            ask(session, peer.url("/"))
        imported.clear()
        ask(session, peer.url("/"))
        assert not imported


def test_a_file_of_ca_certificates_is_looked_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("")
    looked: list[object] = []
    real = os.path.isdir
    monkeypatch.setattr(os.path, "isdir", lambda path: looked.append(path) or real(path))
    adapter = client.adapters.HTTPAdapter()
    request = client.Request("GET", "https://a.example/").prepare()

    def kind(path: Path) -> set[str]:
        found = adapter.build_connection_pool_key_attributes(request, str(path))[1]
        return found.keys() - {"cert_reqs"}

    assert [kind(file), kind(file), kind(tmp_path), kind(tmp_path)] == 2 * [{"ca_certs"}] + 2 * [{"ca_cert_dir"}]
    assert looked == [str(file), str(tmp_path), str(tmp_path)]


def test_a_file_of_ca_certificates_that_vanishes_is_an_error_for_the_next_origin(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("")
    with client.Session() as session:
        adapter = session.get_adapter("https://")
        request = client.Request("GET", "https://a.example/").prepare()
        adapter.build_connection_pool_key_attributes(request, str(file))
        file.unlink()
        with pytest.raises(OSError, match=r"ca\.pem"):
            session.get("https://127.0.0.1:9/", verify=str(file))

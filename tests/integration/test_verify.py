"""What `verify` may be, at each of its levels: nothing but False and 0 ever switches verification off."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from support.certificates import ca_path, server_context
from support.messages import response
from support.scripted import Peer, receive, send
from support.servers import EchoServer, ProxyServer, tls_echo_server


def by_call(url: str, verify: Any, **more: Any) -> client.Response:
    with client.Session() as session:
        return session.get(url, verify=verify, timeout=10, **more)


def by_session(url: str, verify: Any, **more: Any) -> client.Response:
    with client.Session() as session:
        session.verify = verify  # not judged here
        return session.get(url, timeout=10, **more)


def by_send(url: str, verify: Any, **more: Any) -> client.Response:
    with client.Session() as session:
        prepared = session.prepare_request(client.Request("GET", url))
        return session.send(prepared, verify=verify, timeout=10, **more)


def by_adapter(url: str, verify: Any, **more: Any) -> client.Response:
    adapter = client.adapters.HTTPAdapter()
    try:
        return adapter.send(client.Request("GET", url).prepare(), verify=verify, timeout=10, **more)
    finally:
        adapter.close()


LEVELS = pytest.mark.parametrize("ask", [by_call, by_session, by_send, by_adapter])
Ask = Callable[..., client.Response]


def kind(value: Any) -> str:
    return type(value).__name__


class PathLike:
    def __init__(self, path: str | bytes) -> None:
        self.path = path

    def __fspath__(self) -> str | bytes:
        return self.path


# Empty paths are those of a bundle that is missing; all else is none of what is accepted.
MISSING = ["", b"", PathLike(""), PathLike(b""), "/no/such.pem", b"/no/such.pem", Path("/no/such.pem"), "a\0b"]
WRONG = [[], {}, (), set(), 0.0, 1.0, 5.0, 2, -1, object(), ["x"], ("a", "b"), bytearray(), ssl, lambda: True]


@LEVELS
@pytest.mark.parametrize("verify", WRONG, ids=kind)
def test_what_is_no_setting_of_verify_is_a_type_error_that_names_what_is(ask: Ask, verify: Any) -> None:
    with tls_echo_server() as server, pytest.raises(TypeError, match=r"verify= takes True, False, the path .*'system'"):
        ask(server.url("/"), verify)
    assert not server.requests


@LEVELS
@pytest.mark.parametrize("verify", MISSING, ids=kind)
def test_an_empty_path_is_a_bundle_that_is_missing(ask: Ask, verify: Any) -> None:
    with (
        tls_echo_server() as server,
        pytest.raises(OSError, match="Could not find a suitable TLS CA certificate bundle"),
    ):
        ask(server.url("/"), verify)
    assert not server.requests


@LEVELS
@pytest.mark.parametrize("verify", [False, 0])
def test_false_and_zero_switch_verification_off_and_warn(ask: Ask, verify: Any) -> None:
    with tls_echo_server() as server, pytest.warns(Warning, match="[Uu]nverified|not verified"):
        assert ask(server.url("/"), verify).status_code == 200


@LEVELS
@pytest.mark.parametrize("verify", [True, 1, None], ids=kind)
def test_true_one_and_at_the_last_level_none_verify(ask: Ask, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with tls_echo_server() as server:
        with pytest.raises(client.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(server.url("/"), verify)
        if ask is not by_adapter:  # the environment is the session's business
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
            with pytest.raises(client.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
                ask(server.url("/"), verify)
        if ask in (by_call, by_session):
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_path())
            assert ask(server.url("/"), verify).status_code == 200


@LEVELS
@pytest.mark.parametrize("form", [str, str.encode, Path, PathLike, lambda path: PathLike(path.encode())])
def test_a_path_may_be_text_bytes_or_path_like_and_may_be_a_directory(ask: Ask, form: Any, tmp_path: Path) -> None:
    (tmp_path / "system").write_bytes(Path(ca_path()).read_bytes())
    with tls_echo_server() as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ask(server.url("/"), form(ca_path())).status_code == 200
        with pytest.raises(client.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(server.url("/"), form(str(tmp_path)))  # a directory without hashed names: no authority is trusted


def test_a_path_object_of_the_name_system_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("system").write_bytes(Path(ca_path()).read_bytes())
    with tls_echo_server() as server:
        assert by_call(server.url("/"), Path("system")).status_code == 200


@LEVELS
@pytest.mark.parametrize("verify", [*MISSING, *WRONG], ids=kind)
def test_for_http_nothing_is_judged(ask: Ask, verify: Any) -> None:
    with EchoServer() as server:
        assert ask(server.url("/"), verify).status_code == 200


@pytest.mark.parametrize("ask", [by_call, by_session, by_send])
@pytest.mark.parametrize(("verify", "error"), [("", OSError), ([], TypeError), ({}, TypeError), (5.0, TypeError)])
def test_https_behind_a_redirect_from_http_is_judged(ask: Ask, verify: Any, error: type[Exception]) -> None:
    with tls_echo_server() as server:
        moved = response("", 302, "Found", [("Location", server.url("/there"))])
        with Peer([receive(), send(moved)]) as peer, pytest.raises(error):
            ask(peer.url("/"), verify)
        assert not server.requests


@LEVELS
def test_an_https_proxy_of_an_http_target_is_judged_and_verified(ask: Ask) -> None:
    with EchoServer() as server, ProxyServer(tls=server_context()) as proxy:
        given = {"proxies": {"http": proxy.url("")}}
        for verify, error in (
            ("", OSError), ([], TypeError), ({}, TypeError), (5.0, TypeError), (None, OSError), (True, OSError),
        ):  # fmt: skip
            with pytest.raises(error):
                ask(server.url("/"), verify, **given)
        assert not server.requests
        assert ask(server.url("/"), ca_path().encode(), **given).status_code == 200


@pytest.mark.parametrize("call", [None, True, 1, ca_path, "", [], 0, False], ids=kind)
@pytest.mark.parametrize("session", [None, True, 1, ca_path, "", [], 0, False], ids=kind)
@pytest.mark.parametrize("environment", ["", ca_path, "/no/such.pem"], ids=kind)
def test_the_levels_are_asked_in_order(
    call: Any, session: Any, environment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, session, environment = (each() if each is ca_path else each for each in (call, session, environment))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", environment)
    decides = session if call is None else call
    if environment and decides in (None, True) and session in (None, True) and not isinstance(decides, list):
        decides = environment
    with client.Session() as asked:
        asked.verify = session
        merged = asked.merge_environment_settings("https://h/", {}, None, call, None)["verify"]
        assert merged is decides or merged == decides
        asked_for = client.Request("GET", "https://127.0.0.1:9/").prepare()
        try:
            conn = asked.adapters["https://"].get_connection_with_tls_context(asked_for, merged)
            asked.adapters["https://"].cert_verify(conn, "https://127.0.0.1:9/", merged, None)
        except (OSError, TypeError) as error:
            assert decides in ("", [], "/no/such.pem"), error
        else:
            off = isinstance(decides, int) and not decides
            assert conn.cert_reqs == ("CERT_NONE" if off else "CERT_REQUIRED")


def test_what_fails_leaves_the_session_as_it_was() -> None:
    with tls_echo_server() as server, client.Session() as session:
        for verify in ("", [], b"", 5.0):
            with pytest.raises((OSError, TypeError)):
                session.get(server.url("/"), verify=verify, timeout=10)
            assert session.get(server.url("/"), verify=ca_path(), timeout=10).status_code == 200
            with pytest.raises(client.exceptions.SSLError):
                session.get(server.url("/"), timeout=10)


@pytest.mark.parametrize("verify", ["", b"", [], {}, (), 0.0, None])
def test_the_attributes_of_a_pool_never_ask_for_no_verification_but_by_false_and_zero(verify: Any) -> None:
    adapter = client.adapters.HTTPAdapter()
    for url in ("http://h/", "https://h/"):
        try:
            _, settings = adapter.build_connection_pool_key_attributes(client.Request("GET", url).prepare(), verify)
        except TypeError:
            assert url == "https://h/" and not isinstance(verify, (str, bytes))
        else:
            assert settings["cert_reqs"] == "CERT_REQUIRED"


def test_the_warning_about_unverified_https_says_what_to_do() -> None:
    with Peer([receive(), send(response("a"))], tls=server_context()) as peer:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            client.get(peer.url("/", scheme="https"), verify=False)
    text = str(caught[0].message)
    assert text.startswith(
        "Unverified HTTPS request is being made to host '127.0.0.1'. Adding certificate verification"
    )
    assert "verify='/path/to/ca.pem'" in text

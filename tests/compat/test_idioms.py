"""Lines 1 to 16 of IDIOMS.md, as programs write them; the number in a test's name is the line's.

These, and the lines in test_idioms_of_libraries.py, run twice: with `import httpcore_lite as requests`, and once more
in a process of its own in which `install_as_requests()` was called, so that the module names are used as written.
"""

from __future__ import annotations

import copy
import datetime
import importlib
import io
import json
import os
import pickle
import shutil
import socket
import ssl
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from support import certificates
from support.idioms import NAME, module, requests, sent
from support.scripted import Peer, receive, response, send
from support.servers import EchoServer

# Sessions and adapters


def test_01_sessions_are_made_in_three_ways(server: EchoServer) -> None:
    assert requests.Session().get(server.url()).ok
    assert requests.session().get(server.url()).ok
    with requests.Session() as s:
        assert s.get(server.url()).ok


@pytest.mark.parametrize("method", ["request", "send", "prepare_request", "merge_environment_settings", "get_adapter",
                                    "rebuild_auth", "should_strip_auth", "get_redirect_target", "resolve_redirects",
                                    "rebuild_proxies", "rebuild_method"])  # fmt: skip
def test_01_an_overridden_session_method_is_called(server: EchoServer, method: str) -> None:
    calls = []

    def spy(self: Any, *args: Any, **kw: Any) -> Any:
        calls.append(method)
        return getattr(super(Spied, self), method)(*args, **kw)

    Spied = type("Spied", (requests.Session,), {method: spy})
    assert Spied().get(server.url("/redirect/302?to=/x"), auth=("u", "p")).ok
    assert calls


def _retry(source: str) -> Any:
    if source == "adapters":
        return requests.adapters.Retry
    if source == "packages":
        return module("packages.urllib3.util.retry").Retry
    return importlib.import_module(source).Retry


@pytest.mark.parametrize("source", ["adapters", "packages", "urllib3.util.retry", "urllib3"])
def test_02_a_mounted_retry_is_honoured(source: str) -> None:
    if source.startswith("urllib3"):
        pytest.importorskip("urllib3")
    retry = _retry(source)(total=5, backoff_factor=0, status_forcelist=[500, 502], allowed_methods=["GET"])
    s = requests.Session()
    s.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
    with Peer([receive(), send(response("", 500)), receive(), send(response("well"))]) as peer:
        assert s.get(peer.url(), timeout=5).text == "well"


def test_02_method_whitelist_and_a_urllib3_timeout_are_taken(server: EchoServer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            retry = requests.adapters.Retry(total=1, method_whitelist=["GET"])
        except TypeError:  # an installed urllib3 2 no longer knows it
            retry = requests.adapters.Retry(total=1)
    assert retry.total == 1
    assert requests.get(server.url(), timeout=module("packages.urllib3").util.Timeout(connect=1, read=2)).ok


def test_03_init_poolmanager_builds_its_own_manager(tls: EchoServer) -> None:
    manager = module("packages.urllib3.poolmanager").PoolManager

    class Own(requests.adapters.HTTPAdapter):  # type: ignore[misc,name-defined]
        def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kw: Any) -> None:
            context = ssl.create_default_context(cafile=certificates.ca_path())
            self.poolmanager = manager(num_pools=connections, maxsize=maxsize, block=block, ssl_context=context)

    s = requests.Session()
    s.mount("https://", Own())
    assert s.get(tls.url(), timeout=5).ok


@pytest.mark.parametrize("settings", [
    {"socket_options": [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]}, {"source_address": ("127.0.0.1", 0)},
    {"assert_hostname": False}, {"ssl_minimum_version": ssl.TLSVersion.TLSv1_2},
])  # fmt: skip
def test_03_init_poolmanager_takes_a_setting(tls: EchoServer, settings: dict[str, Any]) -> None:
    class Set(requests.adapters.HTTPAdapter):  # type: ignore[misc,name-defined]
        def init_poolmanager(self, *args: Any, **kw: Any) -> None:
            super().init_poolmanager(*args, **kw, **settings)

        def proxy_manager_for(self, *args: Any, **kw: Any) -> Any:
            return super().proxy_manager_for(*args, **kw, **settings)

    s = requests.Session()
    s.mount("https://", Set())
    assert s.get(tls.url(), timeout=5, verify=certificates.ca_path()).ok


@pytest.mark.parametrize("method", ["send", "cert_verify", "build_response", "get_connection_with_tls_context",
                                    "build_connection_pool_key_attributes", "add_headers", "request_url"])  # fmt: skip
def test_04_an_overridden_adapter_method_is_called(server: EchoServer, method: str) -> None:
    calls = []

    def spy(self: Any, *args: Any, **kw: Any) -> Any:
        calls.append(method)
        return getattr(super(Spied, self), method)(*args, **kw)

    Spied = type("Spied", (requests.adapters.HTTPAdapter,), {method: spy})
    s = requests.Session()
    s.mount("http://", Spied())
    assert s.get(server.url()).ok
    assert calls == [method]


def test_04_proxy_headers_are_asked_for_and_a_base_adapter_needs_no_network(server: EchoServer) -> None:
    class Tagged(requests.adapters.HTTPAdapter):  # type: ignore[misc,name-defined]
        def proxy_headers(self, proxy: str) -> dict[str, str]:
            return {"X-Tag": proxy}

    class Local(requests.adapters.BaseAdapter):  # type: ignore[misc,name-defined]
        def send(self, request: Any, **kw: Any) -> Any:
            made = requests.Response()
            made.status_code, made.request, made.url, made._content = 200, request, request.url, b"local"
            made.raw = mock.Mock(_original_response=None, headers={})
            return made

        def close(self) -> None: ...

    s = requests.Session()
    s.mount("http://", Tagged())
    s.mount("local://", Local())
    proxy = f"http://{server.address}"
    assert sent(s.get("http://a.test/", proxies={"http": proxy}))["X-Tag"] == proxy
    assert s.get("local://x").text == "local"
    assert isinstance(s.get_adapter("local://x"), Local)
    assert "local://" in s.adapters


def test_05_extended_attrs_are_pickled_and_sessions_copied(server: EchoServer) -> None:
    s = requests.Session()
    s.headers["X"] = "1"
    for other in (pickle.loads(pickle.dumps(s)), copy.copy(s), copy.deepcopy(s)):
        assert sent(other.get(server.url()))["X"] == "1"
    with mock.patch.object(requests.Session, "__attrs__", [*requests.Session.__attrs__, "mine"]):
        s.mine = "kept"
        assert pickle.loads(pickle.dumps(s)).mine == "kept"
    assert "max_retries" in requests.adapters.HTTPAdapter.__attrs__


def test_06_settings_on_a_session_are_used(server: EchoServer) -> None:
    seen: list[int] = []
    s = requests.Session()
    s.trust_env, s.max_redirects, s.verify, s.cert, s.stream, s.keep_alive = False, 3, True, None, False, False
    s.params, s.auth = {"p": "1"}, ("u", "p")
    s.proxies.update({"https": "http://nobody:1"})
    s.headers.update({"X": "1"})
    s.hooks["response"].append(lambda response, *a, **k: seen.append(response.status_code))
    received = s.get(server.url("/a"))
    assert received.json()["target"] == "/a?p=1"
    assert sent(received)["X"] == "1"
    assert sent(received)["Authorization"] == "Basic dTpw"
    assert seen == [200]


def test_07_merged_settings_go_to_send(server: EchoServer) -> None:
    s = requests.Session()
    prepared = s.prepare_request(requests.Request("GET", server.url()))
    settings = s.merge_environment_settings(prepared.url, {}, None, None, None)
    assert set(settings) == {"proxies", "stream", "verify", "cert"}
    assert s.send(prepared, **settings).ok


def test_08_defaults_of_the_adapters_module_are_taken_when_sessions_are_made() -> None:
    with mock.patch.object(requests.adapters, "DEFAULT_RETRIES", 5):
        assert requests.adapters.HTTPAdapter(max_retries=5).max_retries is not None
    assert (requests.adapters.DEFAULT_POOLSIZE, requests.adapters.DEFAULT_POOLBLOCK) == (10, False)


# Requests and bodies


def test_09_requests_are_prepared_whole_and_in_steps(server: EchoServer) -> None:
    p = requests.Request("GET", server.url("/x"), params={"a": "1"}).prepare()
    assert p.path_url == "/x?a=1"
    p.register_hook("response", print)
    assert p.deregister_hook("response", print)
    q = requests.PreparedRequest()
    q.prepare_method("POST")
    q.prepare_url(server.url("/y"), {"b": 2})
    q.prepare_headers({"X": "1"})
    q.prepare_cookies({"c": "3"})
    q.prepare_body("body", None)
    q.prepare_auth(("u", "p"))
    q.prepare_content_length(q.body)
    echo = requests.Session().send(q.copy()).json()
    assert (echo["method"], echo["target"], echo["body"]) == ("POST", "/y?b=2", "body")


def test_10_files_in_every_form_arrive(server: EchoServer) -> None:
    for files in (
        {"f": io.BytesIO(b"1")},
        {"f": ("n", io.BytesIO(b"1"), "text/plain", {"H": "v"})},
        [("f", ("a", b"1")), ("f", ("b", b"2"))],
    ):
        response = requests.post(server.url(), files=files, data={"k": "v"})
        assert sent(response)["Content-Type"].startswith("multipart/form-data; boundary=")
        assert response.json()["body"].count("form-data") == len(files) + 1


def test_11_data_json_and_params_in_every_form_arrive(server: EchoServer) -> None:
    def body(**kw: Any) -> Any:
        return requests.post(server.url(), **kw).json()["body"]

    assert body(data={"a": 1}) == body(data=[("a", 1)]) == "a=1"
    assert body(data=b"x") == body(data="x") == body(data=io.BytesIO(b"x")) == body(data=iter([b"x"])) == "x"
    assert json.loads(body(json={"a": None})) == {"a": None}
    for params, query in (({"a": [1, 2], "n": None}, "a=1&a=2"), ([("a", 1)], "a=1"), (b"a=1", "a=1"), ("a=1", "a=1")):
        assert requests.get(server.url("/p"), params=params).json()["target"] == f"/p?{query}"


def test_12_auth_in_every_form_is_used(server: EchoServer) -> None:
    class Own(requests.auth.AuthBase):  # type: ignore[misc,name-defined]
        def __call__(self, request: Any) -> Any:
            request.headers["X-Own"] = "1"
            return request

    auth = requests.auth
    assert sent(requests.get(server.url(), auth=("u", "p")))["Authorization"] == auth._basic_auth_str("u", "p")
    assert sent(requests.get(server.url(), auth=auth.HTTPBasicAuth("u", "p")))["Authorization"] == "Basic dTpw"
    assert sent(requests.get(server.url(), auth=auth.HTTPProxyAuth("u", "p")))["Proxy-Authorization"] == "Basic dTpw"
    assert sent(requests.get(server.url(), auth=Own()))["X-Own"] == "1"
    assert sent(requests.get(server.url(), auth=lambda request: Own()(request)))["X-Own"] == "1"
    assert requests.get(server.url("/digest/u"), auth=auth.HTTPDigestAuth("u", "p")).status_code == 200


@pytest.mark.parametrize("timeout", [3, (3.05, None), (3.05, 27), None])
def test_13_timeouts_in_every_form_are_taken(server: EchoServer, timeout: Any) -> None:
    assert requests.get(server.url(), timeout=timeout).ok


@pytest.mark.parametrize("key", ["http", "http://a.test", "all"])
def test_13_proxies_under_every_key_are_taken(server: EchoServer, key: str) -> None:
    response = requests.get("http://a.test/x", proxies={key: f"http://{server.address}"})
    assert response.json()["target"] == "http://a.test/x"


def test_13_verify_cert_redirects_and_hooks_are_taken(tls: EchoServer, server: EchoServer) -> None:
    assert requests.get(tls.url(), verify=certificates.ca_path(), cert=certificates.client_certificate()).ok
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert requests.get(tls.url(), verify=False, proxies={"http": None}).ok
    assert requests.get(server.url("/redirect/302?to=/x"), allow_redirects=False).status_code == 302
    seen: list[int] = []
    hook = lambda response, **kw: seen.append(response.status_code)  # noqa: E731
    requests.get(server.url(), hooks={"response": hook})
    requests.get(server.url(), hooks={"response": [hook, hook]})
    assert seen == [200] * 3


# Responses


def test_14_a_response_is_read_in_every_way(server: EchoServer) -> None:
    with requests.get(server.url("/lines"), stream=True) as response:
        assert response.ok
        assert bool(response)
        assert list(response.iter_lines(decode_unicode=True)) == ["one", "two", "three", "", "five"]
    assert (
        b"".join(requests.get(server.url("/bytes/600"), stream=True)) == requests.get(server.url("/bytes/600")).content
    )
    response = requests.get(server.url("/redirect/301?to=/links"))
    assert response.links["next"]["url"] == "http://example.org/?page=2"
    assert [each.status_code for each in response.history] == [301]
    assert (response.is_redirect, response.history[0].is_redirect, response.history[0].is_permanent_redirect) == (
        False,
        True,
        True,
    )
    assert (response.reason, response.url, response.request.headers["Accept"]) == ("OK", server.url("/links"), "*/*")
    assert response.elapsed.total_seconds() >= 0
    assert isinstance(response.elapsed, datetime.timedelta)
    response.encoding = response.apparent_encoding
    assert response.text == "links"
    assert b"".join(response.iter_content(chunk_size=None)) == b"links"
    lines = requests.get(server.url("/chunks/2")).iter_lines(delimiter=b";")
    assert [line for line in lines if line] == [b"piece 000", b"piece 001"]
    assert requests.get(server.url("/redirect/302?to=/y"), allow_redirects=False).next.url == server.url("/y")
    with pytest.raises(requests.HTTPError):
        requests.get(server.url("/status/404")).raise_for_status()


def test_15_raw_is_read_in_every_way(server: EchoServer) -> None:
    def raw(path: str = "/bytes/20") -> Any:
        return requests.get(server.url(path), stream=True).raw

    zipped = raw("/gzip")
    zipped.decode_content = True
    out = io.BytesIO()
    shutil.copyfileobj(zipped, out)
    assert out.getvalue() == b"compressed " * 50
    assert raw("/gzip").read(decode_content=True) == out.getvalue()
    body = bytes(range(20))
    one = raw()
    assert (one.read(3), one.tell(), one.data or one.read()) == (body[:3], 3, body[3:])
    buffer = bytearray(4)
    assert raw().readinto(buffer) == 4
    assert b"".join(raw().stream(6)) == body
    last = raw("/headers?Set-Cookie=a%3D1&Set-Cookie=b%3D2")
    assert last.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    assert (last.version, last.reason, last.status, last.isclosed()) == (11, "OK", 200, False)
    assert "Set-Cookie" in dict(last.getheaders())
    last.release_conn()
    last.close()
    assert last.closed


def test_16_the_connection_below_can_be_reached(tls: EchoServer) -> None:
    response = requests.get(tls.url("/bytes/20"), stream=True, verify=certificates.ca_path())
    sock = response.raw._connection.sock
    assert sock.getpeername()[1] == tls.port
    assert sock.getsockname()[0] == "127.0.0.1"
    assert sock.getpeercert()["subjectAltName"]
    assert response.raw.connection is response.raw._connection
    assert response.raw._original_response is not None
    assert response.raw._fp is not None


def test_16_the_socket_under_fp_can_be_reached(server: EchoServer) -> None:
    response = requests.get(server.url("/bytes/20"), stream=True)
    assert response.raw._fp.fp.raw._sock.getpeername()[1] == server.port


# The other name


@pytest.mark.skipif(NAME == "requests", reason="is such a process")
def test_26_every_idiom_works_under_the_name_requests() -> None:
    code = (
        "import sys, httpcore_lite; httpcore_lite.install_as_requests(); import pytest;"
        "sys.exit(pytest.main(['-q', '-x', '-p', 'no:cacheprovider', '-p', 'no:randomly', *sys.argv[1:]]))"
    )
    files = [str(path) for path in Path(__file__).parent.glob("test_idioms*.py")]
    environment = {**os.environ, "IDIOMS_AS": "requests"}
    done = subprocess.run(
        [sys.executable, "-c", code, *files], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]

"""Lines 17 to 35 of IDIOMS.md: responses made by hand, errors, helpers, and what libraries on top reach into.

As with test_idioms.py, it runs under both names.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import io
import json
import logging
import os
import pickle
import socket
import subprocess
import sys
from typing import Any
from unittest import mock

import pytest

from support.idioms import NAME, module, requests, sent
from support.scripted import Peer, close, closed_port, receive, response, send
from support.servers import EchoServer


def test_17_a_response_is_filled_by_hand() -> None:
    response = requests.Response()
    response.status_code, response._content, response.encoding, response.url = 200, b"[1]", "utf-8", "http://x/"
    assert response.json() == [1]
    assert pickle.loads(pickle.dumps(response)).content == b"[1]"
    s = requests.Response()
    s.raw = io.BytesIO(b"raw")
    assert s.content == b"raw"


def test_17_a_urllib3_response_is_a_raw() -> None:
    urllib3 = pytest.importorskip("urllib3")
    response = requests.Response()
    response.raw = urllib3.HTTPResponse(body=io.BytesIO(b"raw"), preload_content=False)
    assert response.content == b"raw"


# Errors


ERRORS = ("RequestException HTTPError ConnectionError ProxyError SSLError Timeout ConnectTimeout ReadTimeout "
          "URLRequired TooManyRedirects MissingSchema InvalidSchema InvalidURL InvalidHeader InvalidProxyURL "
          "ChunkedEncodingError ContentDecodingError StreamConsumedError RetryError UnrewindableBodyError "
          "InvalidJSONError").split()  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_18_an_exception_is_an_ioerror_and_pickles(name: str) -> None:
    kind = getattr(requests.exceptions, name)
    assert issubclass(kind, OSError)
    assert getattr(requests, name, kind) is kind
    request = requests.Request("GET", "http://x/").prepare()
    again = pickle.loads(pickle.dumps(kind("words", request=request)))
    assert type(again) is kind
    assert again.args == ("words",)


def test_18_errors_tell_what_happened(server: EchoServer) -> None:
    with pytest.raises(requests.RequestException) as caught:
        requests.get(f"http://127.0.0.1:{(port := closed_port())}/")
    error = caught.value
    assert error.response is None
    assert error.request.url == f"http://127.0.0.1:{port}/"
    assert "127.0.0.1" in str(error)
    assert str(port) in str(error)
    assert error.args[0].reason is not None
    assert issubclass(requests.ConnectTimeout, requests.ConnectionError)
    assert issubclass(requests.ConnectTimeout, requests.Timeout)
    with pytest.raises(json.JSONDecodeError) as bad:
        requests.get(server.url("/lines")).json()
    assert isinstance(bad.value, requests.JSONDecodeError)
    assert pickle.loads(pickle.dumps(bad.value)).msg == bad.value.msg


# The names around


def test_19_codes_and_structures() -> None:
    assert requests.codes.ok == requests.codes.OK == requests.codes["ok"] == 200
    assert requests.codes["temporary_redirect"] == 307
    assert requests.codes.not_found == 404
    assert requests.status_codes._codes[418]

    class Mine(requests.structures.CaseInsensitiveDict):  # type: ignore[misc,name-defined]
        pass

    assert Mine({"A": 1})["a"] == 1
    assert requests.structures.LookupDict(name="x")["nothing"] is None


def test_20_cookies() -> None:
    c = requests.cookies
    jar = c.cookiejar_from_dict({"a": "1"})
    jar.set_cookie(c.create_cookie("b", "2", domain="x.test"))
    assert c.merge_cookies(c.RequestsCookieJar(), jar).get_dict() == {"a": "1", "b": "2"}
    c.remove_cookie_by_name(jar, "a")
    request = requests.Request("GET", "http://x.test/").prepare()
    assert c.get_cookie_header(jar, request) is None or "a=1" not in str(c.get_cookie_header(jar, request))
    for name in "extract_cookies_to_jar morsel_to_cookie MockRequest MockResponse CookieConflictError".split():
        assert hasattr(c, name)


def test_20_a_plain_cookiejar_is_kept(server: EchoServer) -> None:
    s = requests.Session()
    s.cookies = http.cookiejar.LWPCookieJar()
    s.get(server.url("/cookies/set?a=1"))
    assert sent(s.get(server.url()))["Cookie"] == "a=1"


def test_21_utils() -> None:
    u = requests.utils
    assert u.quote("a b") == "a%20b"
    assert u.unquote("a%20b") == "a b"
    assert u.urlparse("http://a/b").path == "/b"
    assert u.requote_uri("http://a/b c%20d") == "http://a/b%20c%20d"
    assert u.super_len(io.BytesIO(b"abc")) == 3
    assert u.parse_dict_header('a="1", b=2') == {"a": "1", "b": "2"}
    assert u.parse_list_header('a, "b, c"') == ["a", "b, c"]
    assert u.parse_header_links("<x>; rel=y") == [{"url": "x", "rel": "y"}]
    assert u.dict_from_cookiejar(u.cookiejar_from_dict({"a": "1"})) == {"a": "1"}
    assert u.get_auth_from_url("http://u:p%20w@h/") == ("u", "p w")
    assert u.get_encoding_from_headers({"content-type": "text/plain; charset=x"}) == "x"
    assert u.guess_json_utf(b"[]") == "utf-8"
    assert list(u.iter_slices("abcd", 3)) == ["abc", "d"]
    assert u.urldefragauth("http://u:p@h/x#f") == "http://h/x"
    assert u.address_in_network("192.168.1.1", "192.168.1.0/24")
    assert u.dotted_netmask(24) == "255.255.255.0"
    assert u.is_ipv4_address("1.2.3.4")
    assert u.is_valid_cidr("1.2.3.0/24")
    assert "/" in u.default_headers()["User-Agent"]
    assert u.default_user_agent("mine").startswith("mine/")
    assert u.select_proxy("http://h/", {"http": "p"}) == "p"
    assert u.prepend_scheme_if_needed("example.org/x", "http") == "http://example.org/x"
    assert u.should_bypass_proxies("http://h/", "h")
    assert os.path.exists(u.DEFAULT_CA_BUNDLE_PATH)


def test_22_compat() -> None:
    c = requests.compat
    assert c.urljoin("http://a/b", "c") == "http://a/c"
    assert c.urlparse("http://a/b").path == "/b"
    assert c.urlencode({"a": "b c"}) == "a=b+c"
    assert c.quote_plus("a b") == "a+b"
    assert (c.is_py3, c.basestring, c.str, c.bytes) == (True, (str, bytes), str, bytes)
    assert c.cookielib is http.cookiejar
    assert c.json.loads("1") == 1
    for name in "unquote builtin_str JSONDecodeError Morsel OrderedDict Mapping chardet".split():
        assert hasattr(c, name) or name == "Mapping"


def test_23_the_smaller_modules(server: EchoServer) -> None:
    assert os.path.exists(requests.certs.where())
    assert requests.hooks.default_hooks() == {"response": []}
    assert requests.hooks.dispatch_hook("response", {}, 1) == 1
    m = requests.models
    assert (m.CONTENT_CHUNK_SIZE, m.ITER_CHUNK_SIZE, m.REDIRECT_STATI) == (10240, 512, (301, 302, 303, 307, 308))
    assert requests.sessions.HTTPAdapter is requests.adapters.HTTPAdapter
    assert requests.sessions.merge_setting({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}
    assert requests.api.get(server.url()).ok
    assert "platform" in module("help").info()
    assert isinstance(requests.__version__, str)
    assert isinstance(requests.__build__, int)
    assert requests.__title__
    names: dict[str, Any] = {}
    exec(f"from {NAME} import *", names)
    assert names["get"] is requests.get
    assert module("_types")


def test_24_the_packages_namespace() -> None:
    urllib3 = requests.packages.urllib3
    urllib3.disable_warnings()
    urllib3.disable_warnings(module("packages.urllib3.exceptions").InsecureRequestWarning)
    ciphers = urllib3.util.ssl_
    with mock.patch.object(ciphers, "DEFAULT_CIPHERS", getattr(ciphers, "DEFAULT_CIPHERS", "ALL"), create=True):
        ciphers.DEFAULT_CIPHERS += ":HIGH"
    assert urllib3.util.connection.allowed_gai_family() in (socket.AF_INET, socket.AF_INET6, socket.AF_UNSPEC)
    assert urllib3.util.connection.HAS_IPV6 in (True, False)
    for path, name in (("util.retry", "Retry"), ("util", "Timeout"), ("poolmanager", "PoolManager"),
                       ("response", "HTTPResponse"), ("_collections", "HTTPHeaderDict")):  # fmt: skip
        assert hasattr(module(f"packages.urllib3.{path}"), name)
    assert requests.packages.idna
    assert hasattr(requests.packages, "chardet")


def test_25_logging_and_debuglevel_do_no_harm(server: EchoServer) -> None:
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    logging.getLogger("requests.packages.urllib3").propagate = True
    with mock.patch.object(http.client.HTTPConnection, "debuglevel", 1):
        assert requests.get(server.url()).ok


def test_26_the_module_in_sys_modules_brings_its_submodules() -> None:
    code = (
        "import sys, httpcore_lite; sys.modules['requests'] = httpcore_lite;"
        "import requests.adapters, requests.exceptions; from requests.packages.urllib3.util.retry import Retry;"
        "assert requests.exceptions.ConnectionError is httpcore_lite.exceptions.ConnectionError;"
        "assert requests.adapters is httpcore_lite.adapters;"
        "assert sys.modules['requests.adapters'] is requests.adapters"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


# What libraries on top of requests reach into


@pytest.mark.parametrize("path", ["", ".exceptions", ".util", ".util.retry", ".util.timeout", ".util.ssl_",
                                  ".util.connection",
                                  ".poolmanager", ".connection", ".connectionpool", "._collections", ".response",
                                  ".fields", ".filepost"])  # fmt: skip
def test_27_a_module_below_packages_urllib3_imports(path: str) -> None:
    assert module(f"packages.urllib3{path}")


def test_28_names_that_libraries_import() -> None:
    assert requests.adapters.MaxRetryError
    assert requests.adapters.Retry.from_int(3).total == 3
    assert requests.adapters.DEFAULT_RETRIES == 0
    assert requests.models.CaseInsensitiveDict is requests.structures.CaseInsensitiveDict
    assert requests.models.urlencode
    assert requests.sessions.SessionRedirectMixin
    assert requests.compat.is_urllib3_1 in (True, False)
    assert module("_internal_utils").unicode_is_ascii("a")
    assert requests.utils._parse_content_type_header("a/b; c=d") == ("a/b", {"c": "d"})


def test_29_methods_replaced_by_assignment_are_called(server: EchoServer) -> None:
    for owner, name in (
        (requests.adapters.HTTPAdapter, "send"), (requests.adapters.HTTPAdapter, "build_response"),
        (requests.Session, "send"), (requests.Session, "get_adapter"),
    ):  # fmt: skip
        with mock.patch.object(owner, name, autospec=True, side_effect=getattr(owner, name)) as spy:
            assert requests.get(server.url()).ok
        assert spy.call_count == 1, name
    with (
        mock.patch.object(requests.sessions, "Session", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        requests.get(server.url())


def test_30_raw_offers_what_libraries_take(server: EchoServer) -> None:
    raw = requests.get(server.url("/chunks/2"), stream=True).raw
    names = ("status headers reason version version_string decode_content chunked chunk_left length_remaining closed "
             "_fp _original_response _request_url enforce_content_length read stream read_chunked "
             "release_conn drain_conn close isclosed tell getheaders getheader url connection "
             "auto_close read1 readable readline readlines "
             "supports_chunked_reads get_redirect_location geturl info json shutdown retries")  # fmt: skip
    assert [name for name in names.split() if not hasattr(raw, name)] == []
    assert [name for name in "getlist add items extend".split() if not hasattr(raw.headers, name)] == []
    raw.version, raw.reason, raw.enforce_content_length = 10, "mine", True
    assert (raw.version, raw.reason, raw.data) == (10, "mine", b"piece 000;piece 001;")


def test_31_a_pool_that_an_override_returns_is_used_through_urlopen() -> None:
    calls = []

    class Pool:
        def urlopen(self, method: str, url: str, **kw: Any) -> Any:
            calls.append((method, url, sorted(kw)))
            return mock.Mock(status=200, headers={"X": "1"}, reason="Made", _original_response=None,
                             stream=lambda *a, **k: iter([b"made"]))  # fmt: skip

    class Foreign(requests.adapters.HTTPAdapter):  # type: ignore[misc,name-defined]
        def get_connection_with_tls_context(self, *args: Any, **kw: Any) -> Any:
            return Pool()

    s = requests.Session()
    s.mount("http://", Foreign())
    assert s.get("http://nowhere.test/x?y").text == "made"
    assert calls[0][:2] == ("GET", "/x?y")
    assert {"body", "headers", "retries", "timeout", "preload_content", "decode_content", "redirect"} <= set(
        calls[0][2]
    )


def test_32_a_retry_subclass_is_asked() -> None:
    calls = []

    class Mine(requests.adapters.Retry):  # type: ignore[misc,name-defined]
        def increment(self, *args: Any, **kw: Any) -> Any:
            calls.append(args[:2])
            return super().increment(*args, **kw)

    s = requests.Session()
    s.mount("http://", requests.adapters.HTTPAdapter(max_retries=Mine(total=2, status_forcelist=[503])))
    with Peer([receive(), send(response("", 503)), receive(), send(response("well"))]) as peer:
        received = s.get(peer.url("/r"), timeout=5)
    assert received.text == "well"
    assert calls == [("GET", "/r")]
    assert len(received.raw.retries.history) == 1


def test_33_the_adapters_insides_and_a_second_send_on_the_same_connection(server: EchoServer) -> None:
    s = requests.Session()
    response = s.get(server.url("/bytes/3"), stream=True)
    assert response.content
    response.raw.release_conn()
    again = response.connection.send(response.request.copy())
    assert again.status_code == 200
    assert server.connections == 1
    adapter = s.get_adapter("http://")
    assert (adapter._pool_connections, adapter._pool_maxsize, adapter._pool_block) == (10, 10, False)
    assert (adapter.config, adapter.proxy_manager) == ({}, {})
    assert adapter.poolmanager.connection_pool_kw
    assert len(adapter.poolmanager.pools) >= 1
    adapter.poolmanager.clear()


def test_34_what_is_pickled_keeps_its_names() -> None:
    for kind in (requests.Session, requests.adapters.HTTPAdapter, requests.Response):
        assert isinstance(kind.__attrs__, list)
        assert pickle.loads(pickle.dumps(kind)) is kind
    response = requests.Response()
    assert (response._content_consumed, response._next) == (False, None)
    p = requests.Request("GET", "http://x/").prepare()
    assert p._body_position is None
    assert len(p._cookies) == 0


def test_35_digest_auth_can_be_subclassed(server: EchoServer) -> None:
    calls = []

    class Mine(requests.auth.HTTPDigestAuth):  # type: ignore[misc,name-defined]
        def handle_401(self, response: Any, **kw: Any) -> Any:
            calls.append(response.status_code)
            return super().handle_401(response, **kw)

        def build_digest_header(self, method: str, url: str) -> Any:
            calls.append(method)
            return super().build_digest_header(method, url)

    auth = Mine("u", "p")
    auth.init_per_thread_state()
    assert auth._thread_local.num_401_calls is None
    assert requests.get(server.url("/digest/u"), auth=auth).status_code == 200
    assert calls[:2] == [401, "GET"]
    assert callable(auth.handle_redirect)


class FakeSocket:
    """A socket without a descriptor, as tests of other people's programs make them."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        self.response = io.BytesIO(response("fake"))

    def __getattr__(self, name: str) -> Any:
        return mock.Mock(return_value=None)

    def recv(self, size: int, *flags: int) -> bytes:
        return self.response.read(size)

    def recv_into(self, buffer: Any, size: int = 0, *flags: int) -> int:
        return self.response.readinto(buffer)

    def makefile(self, *args: Any, **kw: Any) -> Any:
        return self.response

    def gettimeout(self) -> Any:
        return None

    def send(self, data: Any, *flags: int) -> int:
        return len(data)


def test_35_a_faked_socket_is_used() -> None:
    with mock.patch("socket.socket", FakeSocket), mock.patch("socket.create_connection", FakeSocket):
        assert requests.get("http://127.0.0.1:9/").text == "fake"


def test_a_connection_that_closes_early_is_still_an_error() -> None:
    with Peer([receive(), close()]) as peer, pytest.raises(requests.ConnectionError):
        requests.get(peer.url())
